/*
 * msg/value.h - the few extension values that have no member of their own and are still read by a mapping: the BER octets
 * of struct mx_extension to plain C.
 *
 * Values arrive behind the gate of ber/ (definite lengths, checked depth); here every length is checked again.
 */
#ifndef MIXGATE_MSG_VALUE_H
#define MIXGATE_MSG_VALUE_H

#include "base/arena.h"
#include "base/macros.h"
#include "msg/msg.h"

/* SecurityLabel (X.411 figure 2): each component may be absent. */
struct mx_security_label {
	struct mx_oid policy;
	int classification; /* 0 unmarked .. 5 top-secret; MX_ABSENT */
	const char *privacy_mark;
	struct octets categories; /* BER, p NULL: none */
};
int mx_value_label(struct arena *a, struct octets value, struct mx_security_label *out) MUST_USE;
/* INTEGER, ENUMERATED or BOOLEAN. */
int mx_value_integer(struct octets value, int64_t *out) MUST_USE;
/* BIT STRING: bit n is 1u << n, the first 32. */
int mx_value_bits(struct octets value, uint32_t *out) MUST_USE;
/* SEQUENCE OF INTEGER into at most max numbers. */
int mx_value_integers(struct octets value, int64_t *out, size_t max, size_t *count) MUST_USE;
/* TeletexString, PrintableString, NumericString or IA5String to UTF-8. */
int mx_value_string(struct arena *a, struct octets value, char **out) MUST_USE;
/* OBJECT IDENTIFIER. */
int mx_value_oid(struct octets value, struct mx_oid *out) MUST_USE;
/* UniversalOrBMPString to UTF-8. */
int mx_value_universal(struct arena *a, struct octets value, char **out) MUST_USE;

#endif
