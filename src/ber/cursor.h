/*
 * ber/cursor.h - reading BER values one after another (X.690 8.1): tag, length, value, nothing copied.
 *
 * For octets that have passed the gate (definite lengths), and for the gate itself, which alone meets indefinite ones.
 * osi and p1 use it where generated code is too much or must not go: extension values, contents, body parts.
 */
#ifndef MIXGATE_BER_CURSOR_H
#define MIXGATE_BER_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum ber_class { BER_UNIVERSAL = 0, BER_APPLICATION = 1, BER_CONTEXT = 2, BER_PRIVATE = 3 };

/* Universal tag numbers (X.680 8.4) that the code names. */
enum ber_universal {
	BER_BOOLEAN = 1, BER_INTEGER = 2, BER_BIT_STRING = 3, BER_OCTET_STRING = 4, BER_NULL = 5, BER_OID = 6,
	BER_EXTERNAL = 8, BER_ENUMERATED = 10, BER_UTF8_STRING = 12, BER_SEQUENCE = 16, BER_SET = 17,
	BER_NUMERIC_STRING = 18, BER_PRINTABLE_STRING = 19, BER_TELETEX_STRING = 20, BER_VIDEOTEX_STRING = 21,
	BER_IA5_STRING = 22, BER_UTC_TIME = 23, BER_GENERALIZED_TIME = 24, BER_GRAPHIC_STRING = 25,
	BER_VISIBLE_STRING = 26, BER_GENERAL_STRING = 27, BER_UNIVERSAL_STRING = 28, BER_BMP_STRING = 30
};

/* A tag as one number, for comparisons and switch labels: class, then number (below 2^28). */
#define BER_TAG(class, number) ((uint32_t)(class) << 28 | (uint32_t)(number))
#define BER_U(number) BER_TAG(BER_UNIVERSAL, (number))
#define BER_A(number) BER_TAG(BER_APPLICATION, (number))
#define BER_C(number) BER_TAG(BER_CONTEXT, (number))
#define BER_P(number) BER_TAG(BER_PRIVATE, (number))
#define BER_NUMBER_OF(tag) ((tag) & 0x0FFFFFFFu)
#define BER_CLASS_OF(tag) ((tag) >> 28)

/* Identifier and length octets. */
struct ber_head {
	uint32_t tag; /* BER_TAG */
	bool constructed;
	bool indefinite;
	size_t tag_size; /* identifier octets */
	size_t size;     /* identifier and length octets */
	uint64_t length; /* of the value; 0 when indefinite */
};
/* Reads a head; that the value fits behind it is the caller's check. */
int ber_head_read(struct octets in, struct ber_head *out, struct err *e) MUST_USE;

/* One value: whole is tag, length and value. */
struct ber_tlv {
	uint32_t tag;
	bool constructed;
	struct octets value;
	struct octets whole;
};

struct ber_cursor {
	struct octets left;
};

static inline struct ber_cursor ber_cursor_over(struct octets in) { return (struct ber_cursor){in}; }
static inline bool ber_cursor_end(const struct ber_cursor *c) { return c->left.len == 0; }
/* The next value; an error at the end. */
int ber_cursor_next(struct ber_cursor *c, struct ber_tlv *out, struct err *e) MUST_USE;
/* The next value, which must have this tag. */
int ber_cursor_expect(struct ber_cursor *c, uint32_t tag, struct ber_tlv *out, struct err *e) MUST_USE;
/* True when the next value has this tag (false at the end and on octets that are no head). */
bool ber_cursor_at(const struct ber_cursor *c, uint32_t tag);
/* When the next value has this tag: takes it, *found true; else *found false and nothing is taken. */
int ber_cursor_optional(struct ber_cursor *c, uint32_t tag, struct ber_tlv *out, bool *found, struct err *e) MUST_USE;
/* The one value that in consists of. */
int ber_tlv_read(struct octets in, struct ber_tlv *out, struct err *e) MUST_USE;
/* The one value inside an explicit tag. */
int ber_tlv_inner(const struct ber_tlv *outer, struct ber_tlv *out, struct err *e) MUST_USE;
/* INTEGER or ENUMERATED content octets, at most 64 bits. */
int ber_tlv_integer(const struct ber_tlv *t, int64_t *out, struct err *e) MUST_USE;
/* BOOLEAN content octets. */
int ber_tlv_boolean(const struct ber_tlv *t, bool *out, struct err *e) MUST_USE;
/* BIT STRING content octets as bits: bit n (0 first on the wire) is 1u << n of *out; bits over 31 are dropped.
 * *count (NULL allowed) is the number of bits sent. */
int ber_bits(struct octets content, uint32_t *out, unsigned *count, struct err *e) MUST_USE;
static inline int ber_tlv_bits(const struct ber_tlv *t, uint32_t *out, unsigned *count, struct err *e)
{
	return ber_bits(t->value, out, count, e);
}

#endif
