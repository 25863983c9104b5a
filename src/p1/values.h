/*
 * p1/values.h - small values between the generated structs and the central message: strings, times, bits, OIDs, lists.
 *
 * Structs that are built for encoding live in the arena alone; the runtime never frees them.
 */
#ifndef MIXGATE_P1_VALUES_H
#define MIXGATE_P1_VALUES_H

#include "ber/cursor.h"
#include "ber/writer.h"
#include "msg/msg.h"

struct OCTET_STRING;
struct BIT_STRING_s;
struct ANY;
struct ASN__PRIMITIVE_TYPE_s;
struct X4_EncodedInformationTypes;

/* Text of a PrintableString, NumericString, IA5String ...: ASCII as it is, other octets read as Latin-1, NUL as a blank
 * (nothing downstream may see half a value), so that it is always UTF-8 without NUL. */
char *p1_text(struct arena *a, struct octets in) MUST_USE;
char *p1_string_text(struct arena *a, const struct OCTET_STRING *s) MUST_USE; /* NULL for NULL */
struct octets p1_string_octets(const struct OCTET_STRING *s) MUST_USE;
struct octets p1_any_octets(const struct ANY *any) MUST_USE;
struct octets p1_oid_octets(const struct ASN__PRIMITIVE_TYPE_s *oid) MUST_USE;
struct mx_oid p1_oid(struct arena *a, struct octets content) MUST_USE;
/* TeletexString as text for people, its octets kept. */
struct mx_text p1_teletex_text(struct arena *a, struct octets in) MUST_USE;
/* The octets to write for it. */
struct octets p1_teletex_octets(struct arena *a, const struct mx_text *text) MUST_USE;

/* For encoding: fill *out (or make one) with octets that stay where they are. */
void p1_set_octets(struct OCTET_STRING *out, struct octets in);
void p1_set_text(struct OCTET_STRING *out, const char *s);
struct OCTET_STRING *p1_new_text(struct arena *a, const char *s) MUST_USE;   /* NULL for NULL */
struct OCTET_STRING *p1_new_octets(struct arena *a, struct octets in) MUST_USE;
struct ANY *p1_new_any(struct arena *a, struct octets tlv) MUST_USE;
void p1_set_oid(struct ASN__PRIMITIVE_TYPE_s *out, struct octets content);
struct ASN__PRIMITIVE_TYPE_s *p1_new_oid(struct arena *a, struct octets content) MUST_USE;
long *p1_new_long(struct arena *a, long value) MUST_USE;
int *p1_new_boolean(struct arena *a, bool value) MUST_USE;

/* A BIT STRING without trailing zero bits (X.680 22.7 for named bits). */
#define P1_BITS_TRIMMED 0
/* count bits; P1_BITS_TRIMMED: up to the last one that is set. */
void p1_set_bits(struct arena *a, struct BIT_STRING_s *out, uint32_t bits, unsigned count);
struct BIT_STRING_s *p1_new_bits(struct arena *a, uint32_t bits, unsigned count) MUST_USE;
/* bits and (NULL allowed) their number; a missing string is no bits. */
void p1_bits(const struct BIT_STRING_s *s, uint32_t *bits, unsigned *count);

/* UTCTime.  A peer's unreadable time is an error. */
int p1_time_decode(struct octets in, struct when *out, struct err *e) MUST_USE;
int p1_string_time(const struct OCTET_STRING *s, struct when *out, struct err *e) MUST_USE; /* NULL: absent */
void p1_set_time(struct arena *a, struct OCTET_STRING *out, const struct when *w);
struct OCTET_STRING *p1_new_time(struct arena *a, const struct when *w) MUST_USE; /* NULL when not set */
/* GeneralizedTime "YYYYMMDDhhmmss[.f][Z|+hhmm]". */
int p1_generalized_decode(struct octets in, struct when *out, struct err *e) MUST_USE;
char *p1_generalized_text(struct arena *a, const struct when *w) MUST_USE;

void p1_eits_decode(struct arena *a, const struct X4_EncodedInformationTypes *in, struct mx_eits *out);
struct X4_EncodedInformationTypes *p1_eits_encode(struct arena *a, const struct mx_eits *in) MUST_USE; /* NULL when not set */

/* Appends to a generated SEQUENCE OF or SET OF; list is its .list member's address. */
void p1_list_add(struct arena *a, void *list, void *item);

#endif
