/*
 * msg/value.c - see value.h.  A cursor over definite-length TLVs; anything else is an error.
 */
#include "msg/value.h"

#include "base/charset.h"

struct tlv {
	uint8_t tag; /* identifier octet; high tag numbers are an error */
	struct octets content;
};

/* Takes one TLV off the front of *in. */
static int take(struct octets *in, struct tlv *out)
{
	size_t len, head = 2;

	if (in->len < 2 || (in->p[0] & 0x1f) == 0x1f)
		return -1;
	len = in->p[1];
	if (len & 0x80) {
		size_t n = len & 0x7f;
		if (n == 0 || n > 3 || in->len < 2 + n)
			return -1;
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | in->p[2 + i];
		head += n;
	}
	if (in->len - head < len)
		return -1;
	*out = (struct tlv){in->p[0], {in->p + head, len}};
	in->p += head + len;
	in->len -= head + len;
	return 0;
}

static int only(struct octets value, struct tlv *out)
{
	return take(&value, out) == 0 && value.len == 0 ? 0 : -1;
}

static int integer_of(struct octets content, int64_t *out)
{
	if (content.len == 0 || content.len > 8)
		return -1;
	uint64_t n = content.p[0] & 0x80 ? ~(uint64_t)0 : 0;
	for (size_t i = 0; i < content.len; i++)
		n = n << 8 | content.p[i];
	*out = (int64_t)n;
	return 0;
}

int mx_value_integer(struct octets value, int64_t *out)
{
	struct tlv t;

	return only(value, &t) == 0 && (t.tag == 0x01 || t.tag == 0x02 || t.tag == 0x0a) ? integer_of(t.content, out) : -1;
}

int mx_value_bits(struct octets value, uint32_t *out)
{
	struct tlv t;

	if (only(value, &t) != 0 || t.tag != 0x03 || t.content.len == 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < 32 && i / 8 + 1 < t.content.len; i++)
		if (t.content.p[1 + i / 8] & (0x80 >> (i % 8)))
			*out |= 1u << i;
	return 0;
}

int mx_value_integers(struct octets value, int64_t *out, size_t max, size_t *count)
{
	struct tlv t, item;

	if (only(value, &t) != 0 || t.tag != 0x30)
		return -1;
	for (*count = 0; t.content.len > 0; ++*count)
		if (*count == max || take(&t.content, &item) != 0 || item.tag != 0x02 ||
			integer_of(item.content, &out[*count]) != 0)
			return -1;
	return 0;
}

int mx_value_string(struct arena *a, struct octets value, char **out)
{
	struct tlv t;

	if (only(value, &t) != 0 || (t.tag != 0x14 && t.tag != 0x13 && t.tag != 0x12 && t.tag != 0x16))
		return -1;
	*out = charset_t61_to_utf8(a, t.content);
	return 0;
}

int mx_value_oid(struct octets value, struct mx_oid *out)
{
	struct tlv t;

	if (only(value, &t) != 0 || t.tag != 0x06 || t.content.len == 0)
		return -1;
	out->der = t.content;
	return 0;
}

/* SecurityLabel ::= SET { policy OBJECT IDENTIFIER, classification INTEGER, privacy-mark PrintableString, categories SET }. */
int mx_value_label(struct arena *a, struct octets value, struct mx_security_label *out)
{
	struct tlv t, item;
	int64_t n;

	*out = (struct mx_security_label){.classification = MX_ABSENT};
	if (only(value, &t) != 0 || t.tag != 0x31)
		return -1;
	while (t.content.len > 0) {
		if (take(&t.content, &item) != 0)
			return -1;
		switch (item.tag) {
		case 0x06:
			out->policy.der = item.content;
			break;
		case 0x02:
			if (integer_of(item.content, &n) != 0 || n < 0 || n > 256)
				return -1;
			out->classification = (int)n;
			break;
		case 0x13:
		case 0x0c:
			out->privacy_mark = arena_strndup(a, (const char *)item.content.p, item.content.len);
			break;
		case 0x31:
			out->categories = item.content;
			break;
		default:
			return -1;
		}
	}
	return 0;
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80)
		return out[0] = (char)c, 1;
	if (c < 0x800)
		return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f)), 2;
	if (c < 0x10000)
		return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3f)),
			   out[2] = (char)(0x80 | (c & 0x3f)), 3;
	return out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 0x3f)),
		   out[2] = (char)(0x80 | (c >> 6 & 0x3f)), out[3] = (char)(0x80 | (c & 0x3f)), 4;
}

/* Big-endian characters of width 2 (UTF-16 pairs accepted) or 4. */
static int wide_to_utf8(struct arena *a, struct octets in, size_t width, char **out)
{
	char *text = arena_alloc(a, in.len * 2 + 1);
	size_t n = 0;

	if (in.len % width != 0)
		return -1;
	for (size_t i = 0; i < in.len; i += width) {
		uint32_t c = 0;
		for (size_t k = 0; k < width; k++)
			c = c << 8 | in.p[i + k];
		if (width == 2 && c >= 0xd800 && c < 0xdc00 && i + 4 <= in.len && (in.p[i + 2] & 0xfc) == 0xdc) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (((uint32_t)in.p[i + 2] & 3) << 8 | in.p[i + 3]);
			i += 2;
		}
		if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			c = 0xfffd;
		n += put_utf8(text + n, c);
	}
	text[n] = '\0';
	*out = text;
	return 0;
}

/* UniversalOrBMPString ::= SET { CHOICE { BMPString, UniversalString }, iso-639-language-code PrintableString OPTIONAL }. */
int mx_value_universal(struct arena *a, struct octets value, char **out)
{
	struct tlv t, item;

	if (only(value, &t) != 0)
		return -1;
	if (t.tag == 0x1e || t.tag == 0x1c)
		return wide_to_utf8(a, t.content, t.tag == 0x1e ? 2 : 4, out);
	if (t.tag != 0x31)
		return -1;
	while (t.content.len > 0) {
		if (take(&t.content, &item) != 0)
			return -1;
		if (item.tag == 0x1e || item.tag == 0x1c)
			return wide_to_utf8(a, item.content, item.tag == 0x1e ? 2 : 4, out);
	}
	return -1;
}
