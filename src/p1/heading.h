/*
 * p1/heading.h - Heading of X.420 (7.2), and the parts of it that notifications share.
 */
#ifndef MIXGATE_P1_HEADING_H
#define MIXGATE_P1_HEADING_H

#include "ber/writer.h"
#include "msg/msg.h"
#include "p1/p1.h"

struct IPM_IPMIdentifier;
struct IPM_ORDescriptor;

/* in: the heading's octets, past the gate, with tag. */
int p1_heading_read(struct arena *a, struct octets in, struct mx_heading *out, struct err *e) MUST_USE;
int p1_heading_write(struct arena *a, const struct mx_heading *in, const struct p1_options *options, struct octets *out, struct err *e) MUST_USE;

int p1_ipm_id_decode(struct arena *a, const struct IPM_IPMIdentifier *in, struct mx_ipm_id *out, struct err *e) MUST_USE;
int p1_ipm_id_encode(struct arena *a, const struct mx_ipm_id *in, struct IPM_IPMIdentifier *out, struct err *e) MUST_USE;
int p1_descriptor_decode(struct arena *a, const struct IPM_ORDescriptor *in, struct mx_or_descriptor *out, struct err *e) MUST_USE;
int p1_descriptor_encode(struct arena *a, const struct mx_or_descriptor *in, struct IPM_ORDescriptor *out, struct err *e) MUST_USE;

#endif
