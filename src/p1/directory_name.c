/*
 * p1/directory_name.c - a directory name (X.501 Name, the optional part of an O/R name) as the text of RFC 4514.
 *
 * RFC 2156 4.5 gives it to people in a comment and to nothing else, so it is read here and never made.  mixer sees no
 * ASN.1 and gets this function through its context.  The octets are a peer's: every length is checked by the cursor, the
 * number of values and the length of the text are bounded, and what cannot be read is no text at all.
 */
#include <string.h>

#include "ber/cursor.h"
#include "base/charset.h"
#include "base/str.h"
#include "p1/p1.h"
#include "p1/values.h"

#define TEXT_MAX 1024 /* a comment that people read */
#define RDNS_MAX 64

/* RFC 4514 3, then those of RFC 4519 that stand in names of people and machines. */
static const struct {
	const char *oid, *keyword;
} types[] = {
	{"2.5.4.3", "CN"},
	{"2.5.4.7", "L"},
	{"2.5.4.8", "ST"},
	{"2.5.4.10", "O"},
	{"2.5.4.11", "OU"},
	{"2.5.4.6", "C"},
	{"2.5.4.9", "STREET"},
	{"0.9.2342.19200300.100.1.25", "DC"},
	{"0.9.2342.19200300.100.1.1", "UID"},
	{"2.5.4.4", "SN"},
	{"2.5.4.5", "serialNumber"},
	{"2.5.4.12", "title"},
	{"2.5.4.42", "givenName"},
	{"2.5.4.43", "initials"},
	{"2.5.4.44", "generationQualifier"},
};

static const char *keyword_of(const char *oid)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(types[i].oid, oid))
			return types[i].keyword;
	return NULL;
}

/* A value of a string type as UTF-8; NULL: of no such type. */
static char *value_text(struct arena *a, const struct ber_tlv *v)
{
	const char *charset;
	size_t lost;
	char *out;

	switch (v->tag) {
	case BER_U(BER_PRINTABLE_STRING):
	case BER_U(BER_NUMERIC_STRING):
	case BER_U(BER_IA5_STRING):
	case BER_U(BER_VISIBLE_STRING):
		return p1_text(a, v->value);
	case BER_U(BER_TELETEX_STRING):
		return charset_t61_to_utf8(a, v->value);
	case BER_U(BER_UTF8_STRING):
		charset = "UTF-8";
		break;
	case BER_U(BER_BMP_STRING):
		charset = "UTF-16BE";
		break;
	case BER_U(BER_UNIVERSAL_STRING):
		charset = "UTF-32BE";
		break;
	default:
		return NULL;
	}
	return charset_to_utf8(a, charset, v->value, &out, &lost, NULL) == 0 && lost == 0 ? out : NULL;
}

/* RFC 4514 2.4: special characters behind a backslash, controls as two hexadecimal digits. */
static void put_text(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		bool edge = (i == 0 && (s[i] == ' ' || s[i] == '#')) || (i == n - 1 && s[i] == ' ');
		unsigned char c = (unsigned char)s[i];

		if (c < 32 || c == 127) {
			buf_printf(b, "\\%02X", c);
			continue;
		}
		if (edge || strchr("\"+,;<>\\", c) != NULL)
			buf_putc(b, '\\');
		buf_putc(b, c);
	}
}

/* "CN=Jo Doe"; a type without a name, or a value that is no text, as "1.2.3=#0c03.." (RFC 4514 2.3, 2.4). */
static int put_attribute(struct arena *a, struct buf *b, const struct ber_tlv *attribute, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(attribute->value);
	struct ber_tlv type, value;
	const char *dotted, *keyword;
	struct mx_oid oid;
	char *text;

	TRY(ber_cursor_expect(&c, BER_U(BER_OID), &type, e));
	TRY(ber_cursor_next(&c, &value, e));
	oid = p1_oid(a, type.value);
	dotted = mx_oid_text(a, &oid);
	keyword = keyword_of(dotted);
	text = keyword == NULL ? NULL : value_text(a, &value);
	buf_printf(b, "%s=", keyword != NULL ? keyword : dotted);
	if (text != NULL) {
		put_text(b, text);
		return 0;
	}
	buf_putc(b, '#');
	for (size_t i = 0; i < value.whole.len; i++)
		buf_printf(b, "%02x", value.whole.p[i]);
	return 0;
}

static int put_rdn(struct arena *a, struct buf *b, const struct ber_tlv *rdn, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(rdn->value);
	struct ber_tlv attribute;

	for (bool first = true; !ber_cursor_end(&c); first = false) {
		TRY(ber_cursor_expect(&c, BER_U(BER_SEQUENCE), &attribute, e));
		if (!first)
			buf_putc(b, '+');
		TRY(put_attribute(a, b, &attribute, e));
	}
	return 0;
}

char *p1_directory_name(struct arena *a, struct octets name)
{
	struct buf *b = buf_in(a, TEXT_MAX);
	struct ber_tlv rdns[RDNS_MAX], whole;
	struct ber_cursor c;
	struct err e;
	size_t n = 0;

	if (name.len == 0 || ber_tlv_read(name, &whole, &e) != 0 || whole.tag != BER_U(BER_SEQUENCE))
		return NULL;
	for (c = ber_cursor_over(whole.value); !ber_cursor_end(&c); n++)
		if (n == RDNS_MAX || ber_cursor_expect(&c, BER_U(BER_SET), &rdns[n], &e) != 0)
			return NULL;
	/* Text begins with the part that X.500 has last. */
	while (n-- > 0) {
		if (put_rdn(a, b, &rdns[n], &e) != 0)
			return NULL;
		if (n > 0)
			buf_putc(b, ',');
	}
	return buf_ok(b) && b->len > 0 ? arena_strdup(a, buf_str(b)) : NULL;
}
