/*
 * p1/extensions.h - ExtensionField of X.411 (8.1.2), and the extensions that have members in the central message.
 *
 * Order, criticality and octets of what is not changed go out as they came in.
 * A field's type is written [0] IMPLICIT INTEGER by X.411:1999 and [0] EXPLICIT INTEGER by X.411:1988 and all who follow
 * it; both are read.  An extension whose value is not what X.411 says stays raw, with its criticality, as one that has no
 * member does.
 */
#ifndef MIXGATE_P1_EXTENSIONS_H
#define MIXGATE_P1_EXTENSIONS_H

#include "ber/writer.h"
#include "msg/msg.h"
#include "p1/p1.h"

struct X4_ExtensionFields;

/* X.411 standard extensions that this code names (figure 2 and annex A). */
enum p1_extension {
	P1_RECIPIENT_REASSIGNMENT_PROHIBITED = 1,
	P1_ORIGINATOR_REQUESTED_ALTERNATE_RECIPIENT = 2,
	P1_DL_EXPANSION_PROHIBITED = 3,
	P1_CONVERSION_WITH_LOSS_PROHIBITED = 4,
	P1_LATEST_DELIVERY_TIME = 5,
	P1_ORIGINATOR_RETURN_ADDRESS = 13,
	P1_CONTENT_CORRELATOR = 23,
	P1_REDIRECTION_HISTORY = 25,
	P1_DL_EXPANSION_HISTORY = 26,
	P1_ORIGINATOR_AND_DL_EXPANSION_HISTORY = 30,
	P1_REPORTING_DL_NAME = 31,
	P1_INTERNAL_TRACE_INFORMATION = 38,
	/* private ones that have a member: numbers of ours for struct mx_extension_mark */
	P1_FIRST_PRIVATE = 65536,
	P1_DSN_HEADER_LIST = P1_FIRST_PRIVATE,
	P1_DSN_FIELD_LIST
};

/* RFC 2156 appendix D: the private extensions of reports. */
#define P1_OID_DSN_HEADER_LIST "1.3.6.1.7.1.3.3"
#define P1_OID_DSN_FIELD_LIST "1.3.6.1.7.1.3.4"

/* Where the fields stood. */
int p1_envelope_extensions_decode(struct arena *a, const struct X4_ExtensionFields *in, struct mx_envelope *out, struct err *e) MUST_USE;
int p1_recipient_extensions_decode(struct arena *a, const struct X4_ExtensionFields *in, struct mx_recipient *out, struct err *e) MUST_USE;
int p1_report_extensions_decode(struct arena *a, const struct X4_ExtensionFields *in, struct mx_report *out, struct err *e) MUST_USE;
int p1_report_recipient_extensions_decode(struct arena *a, const struct X4_ExtensionFields *in, struct mx_report_recipient *out,
                                          struct err *e) MUST_USE;
/* The texts of reporting-DL-name and originator-and-DL-expansion-history of a report's envelope, for people. */
void p1_dl_names_decode(struct arena *a, const struct mx_envelope *envelope, struct mx_report *out);

/* *out NULL: there are none. */
int p1_envelope_extensions_encode(struct arena *a, const struct mx_envelope *in, const struct p1_options *options,
                                  struct X4_ExtensionFields **out, struct err *e) MUST_USE;
int p1_recipient_extensions_encode(struct arena *a, const struct mx_recipient *in, const struct p1_options *options,
                                   struct X4_ExtensionFields **out, struct err *e) MUST_USE;
int p1_report_extensions_encode(struct arena *a, const struct mx_report *in, const struct p1_options *options,
                                struct X4_ExtensionFields **out, struct err *e) MUST_USE;
int p1_report_recipient_extensions_encode(struct arena *a, const struct mx_report_recipient *in, const struct p1_options *options,
                                          struct X4_ExtensionFields **out, struct err *e) MUST_USE;

/* A place where none has a member. */
int p1_extensions_decode(struct arena *a, const struct X4_ExtensionFields *in, struct mx_extensions *out, struct err *e) MUST_USE;
void p1_extensions_encode(struct arena *a, const struct mx_extensions *in, const struct p1_options *options, struct X4_ExtensionFields **out);

/* SEQUENCE OF IA5String (RFC 2156 RFC822FieldList and its relatives). */
int p1_field_list_read(struct arena *a, struct octets tlv, const char ***items, size_t *count, struct err *e) MUST_USE;
struct octets p1_field_list_write(struct arena *a, const char *const *items, size_t count) MUST_USE;

#endif
