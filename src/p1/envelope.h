/*
 * p1/envelope.h - transfer envelopes of messages, probes and reports, and the content of a report (X.411 12.2.1).
 */
#ifndef MIXGATE_P1_ENVELOPE_H
#define MIXGATE_P1_ENVELOPE_H

#include "msg/msg.h"
#include "p1/p1.h"

struct X4_ContentType;

/* in: the envelope's octets, past the gate, with tag. */
int p1_message_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e) MUST_USE;
int p1_probe_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e) MUST_USE;
int p1_report_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e) MUST_USE;
int p1_message_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                              struct err *e) MUST_USE;
int p1_probe_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                            struct err *e) MUST_USE;
int p1_report_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                             struct err *e) MUST_USE;

/* Whether the members of a SET stood in the order of their tags. */
bool p1_in_order_of_tags(struct octets set) MUST_USE;

/* PerRecipientIndicators. */
struct BIT_STRING_s;
void p1_indicators_encode(struct arena *a, uint32_t bits, unsigned received, struct BIT_STRING_s *out);
uint32_t p1_indicators(bool responsibility, int mta_report, int originator_report) MUST_USE;
void p1_indicators_read(uint32_t bits, bool *responsibility, int *mta_report, int *originator_report);

int p1_content_type_decode(struct arena *a, const struct X4_ContentType *in, int *type, struct mx_oid *oid, struct err *e) MUST_USE;
int p1_content_type_encode(int type, const struct mx_oid *oid, struct X4_ContentType *out, struct err *e) MUST_USE;

#endif
