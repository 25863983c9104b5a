/*
 * ber/cursor.c - see cursor.h.
 */
#include "ber/cursor.h"

#include <string.h>

static int read_tag(struct octets in, struct ber_head *h, struct err *e)
{
	uint32_t number = in.p[0] & 0x1F;
	size_t n = 1;

	if (number == 0x1F) {
		number = 0;
		do {
			if (n >= in.len)
				return ERR(e, ERR_BER_SYNTAX, "identifier octets end too early");
			if (n == 1 && in.p[n] == 0x80)
				return ERR(e, ERR_BER_SYNTAX, "tag number with leading zeros");
			if (number >> 21 != 0)
				return ERR(e, ERR_BER_SYNTAX, "tag number over 2^28");
			number = number << 7 | (in.p[n] & 0x7F);
		} while ((in.p[n++] & 0x80) != 0);
		if (number < 0x1F)
			return ERR(e, ERR_BER_SYNTAX, "tag number %u in the long form", number);
	}
	h->tag = BER_TAG(in.p[0] >> 6, number);
	h->constructed = (in.p[0] & 0x20) != 0;
	h->tag_size = n;
	return 0;
}

/* The length octets at n; leading zeros are legal (X.690 8.1.3.5 note 2), values over 2^63 are nobody's. */
static int read_length(struct octets in, size_t n, struct ber_head *h, struct err *e)
{
	unsigned first, k;

	if (n >= in.len)
		return ERR(e, ERR_BER_SYNTAX, "length octets end too early");
	first = in.p[n++];
	h->indefinite = first == 0x80;
	h->length = first < 0x80 ? first : 0;
	k = first > 0x80 ? first & 0x7F : 0;
	if (first == 0xFF)
		return ERR(e, ERR_BER_SYNTAX, "reserved length octet FF");
	for (; k > 0; k--, n++) {
		if (n >= in.len)
			return ERR(e, ERR_BER_SYNTAX, "length octets end too early");
		if (h->length >> 55 != 0)
			return ERR(e, ERR_BER_SYNTAX, "length over 2^63");
		h->length = h->length << 8 | in.p[n];
	}
	h->size = n;
	if (h->indefinite && !h->constructed)
		return ERR(e, ERR_BER_SYNTAX, "primitive value of indefinite length");
	return 0;
}

int ber_head_read(struct octets in, struct ber_head *out, struct err *e)
{
	if (in.len == 0)
		return ERR(e, ERR_BER_SYNTAX, "a value is missing");
	TRY(read_tag(in, out, e));
	return read_length(in, out->tag_size, out, e);
}

int ber_cursor_next(struct ber_cursor *c, struct ber_tlv *out, struct err *e)
{
	struct ber_head h;

	TRY(ber_head_read(c->left, &h, e));
	if (h.indefinite)
		return ERR(e, ERR_BER_SYNTAX, "indefinite length behind the gate");
	if (h.length > c->left.len - h.size)
		return ERR(e, ERR_BER_SYNTAX, "value of %llu octets where %zu are left", (unsigned long long)h.length,
		           c->left.len - h.size);
	out->tag = h.tag;
	out->constructed = h.constructed;
	out->value = (struct octets){c->left.p + h.size, (size_t)h.length};
	out->whole = (struct octets){c->left.p, h.size + (size_t)h.length};
	c->left.p += out->whole.len;
	c->left.len -= out->whole.len;
	return 0;
}

static const char *const class_names[] = {"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "};

int ber_cursor_expect(struct ber_cursor *c, uint32_t tag, struct ber_tlv *out, struct err *e)
{
	TRY(ber_cursor_next(c, out, e));
	if (out->tag != tag)
		return ERR(e, ERR_BER_TYPE, "[%s%u] where [%s%u] belongs", class_names[BER_CLASS_OF(out->tag)],
		           BER_NUMBER_OF(out->tag), class_names[BER_CLASS_OF(tag)], BER_NUMBER_OF(tag));
	return 0;
}

bool ber_cursor_at(const struct ber_cursor *c, uint32_t tag)
{
	struct ber_head h;

	return c->left.len > 0 && ber_head_read(c->left, &h, NULL) == 0 && h.tag == tag;
}

int ber_cursor_optional(struct ber_cursor *c, uint32_t tag, struct ber_tlv *out, bool *found, struct err *e)
{
	*found = ber_cursor_at(c, tag);
	return *found ? ber_cursor_next(c, out, e) : 0;
}

int ber_tlv_read(struct octets in, struct ber_tlv *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(in);

	TRY(ber_cursor_next(&c, out, e));
	return ber_cursor_end(&c) ? 0 : ERR(e, ERR_BER_SYNTAX, "%zu octets behind a value", c.left.len);
}

int ber_tlv_inner(const struct ber_tlv *outer, struct ber_tlv *out, struct err *e)
{
	if (!outer->constructed)
		return ERR(e, ERR_BER_TYPE, "explicit tag without a value in it");
	return ber_tlv_read(outer->value, out, e);
}

int ber_tlv_integer(const struct ber_tlv *t, int64_t *out, struct err *e)
{
	uint64_t v;
	size_t i;

	if (t->constructed || t->value.len == 0 || t->value.len > 8)
		return ERR(e, ERR_BER_TYPE, "INTEGER of %zu octets", t->value.len);
	v = (t->value.p[0] & 0x80) != 0 ? UINT64_MAX : 0;
	for (i = 0; i < t->value.len; i++)
		v = v << 8 | t->value.p[i];
	memcpy(out, &v, sizeof(v));
	return 0;
}

int ber_tlv_boolean(const struct ber_tlv *t, bool *out, struct err *e)
{
	if (t->constructed || t->value.len != 1)
		return ERR(e, ERR_BER_TYPE, "BOOLEAN of %zu octets", t->value.len);
	*out = t->value.p[0] != 0;
	return 0;
}

int ber_bits(struct octets content, uint32_t *out, unsigned *count, struct err *e)
{
	uint64_t bits, i;

	if (content.len == 0 || content.p[0] > 7 || (content.len == 1 && content.p[0] != 0))
		return ERR(e, ERR_BER_TYPE, "BIT STRING without a sound first octet");
	bits = (uint64_t)(content.len - 1) * 8 - content.p[0];
	*out = 0;
	for (i = 0; i < bits && i < 32; i++) {
		if ((content.p[1 + i / 8] >> (7 - i % 8) & 1) != 0)
			*out |= UINT32_C(1) << i;
	}
	if (count != NULL)
		*count = (unsigned)(bits < UINT32_MAX ? bits : UINT32_MAX);
	return 0;
}
