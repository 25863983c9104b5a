/*
 * p1/values.c - see values.h.
 */
#include "p1/values.h"

#include <stdio.h>
#include <string.h>

#include "asn1gen/ANY.h"
#include "asn1gen/X4-EncodedInformationTypes.h"
#include "asn1gen/X4-Raw.h"
#include "asn1gen/asn_SEQUENCE_OF.h"
#include "base/charset.h"
#include "base/str.h"

char *p1_text(struct arena *a, struct octets in)
{
	size_t i, n = 0;
	char *out;

	for (i = 0; i < in.len; i++)
		n += in.p[i] >= 0x80 ? 2 : 1;
	out = arena_alloc(a, n + 1);
	for (i = n = 0; i < in.len; i++) {
		if (in.p[i] >= 0x80) {
			out[n++] = (char)(0xC0 | in.p[i] >> 6);
			out[n++] = (char)(0x80 | (in.p[i] & 0x3F));
		} else {
			out[n++] = in.p[i] == 0 ? ' ' : (char)in.p[i];
		}
	}
	return out;
}

struct octets p1_string_octets(const OCTET_STRING_t *s)
{
	if (s == NULL)
		return (struct octets){NULL, 0};
	return (struct octets){s->buf != NULL ? s->buf : (const uint8_t *)"", s->buf != NULL && s->size > 0 ? (size_t)s->size : 0};
}

char *p1_string_text(struct arena *a, const OCTET_STRING_t *s)
{
	return s != NULL ? p1_text(a, p1_string_octets(s)) : NULL;
}

struct octets p1_any_octets(const ANY_t *any)
{
	if (any == NULL || any->buf == NULL || any->size <= 0)
		return (struct octets){NULL, 0};
	return (struct octets){any->buf, (size_t)any->size};
}

struct octets p1_oid_octets(const struct ASN__PRIMITIVE_TYPE_s *oid)
{
	if (oid == NULL || oid->buf == NULL || oid->size <= 0)
		return (struct octets){NULL, 0};
	return (struct octets){oid->buf, (size_t)oid->size};
}

struct mx_oid p1_oid(struct arena *a, struct octets content)
{
	return (struct mx_oid){{arena_memdup(a, content.p != NULL ? content.p : (const uint8_t *)"", content.len), content.len}};
}

struct mx_text p1_teletex_text(struct arena *a, struct octets in)
{
	struct octets kept = {arena_memdup(a, in.p, in.len), in.len};

	return (struct mx_text){charset_t61_to_utf8(a, kept), kept};
}

struct octets p1_teletex_octets(struct arena *a, const struct mx_text *text)
{
	size_t lost;

	if (text->t61.p != NULL)
		return text->t61;
	return charset_utf8_to_t61(a, text->utf8 != NULL ? text->utf8 : "", &lost);
}

/* The runtime's structs lack const; encoding only reads. */
static uint8_t *unconst(const void *p)
{
	return (uint8_t *)(uintptr_t)p;
}

void p1_set_octets(OCTET_STRING_t *out, struct octets in)
{
	out->buf = unconst(in.p != NULL ? in.p : (const uint8_t *)"");
	out->size = (int)in.len;
}

void p1_set_text(OCTET_STRING_t *out, const char *s)
{
	p1_set_octets(out, (struct octets){(const uint8_t *)s, s != NULL ? strlen(s) : 0});
}

OCTET_STRING_t *p1_new_text(struct arena *a, const char *s)
{
	return s != NULL ? p1_new_octets(a, (struct octets){(const uint8_t *)s, strlen(s)}) : NULL;
}

OCTET_STRING_t *p1_new_octets(struct arena *a, struct octets in)
{
	OCTET_STRING_t *s = NEW(a, OCTET_STRING_t);

	p1_set_octets(s, in);
	return s;
}

ANY_t *p1_new_any(struct arena *a, struct octets tlv)
{
	ANY_t *any = NEW(a, ANY_t);

	any->buf = unconst(tlv.p);
	any->size = (int)tlv.len;
	return any;
}

void p1_set_oid(struct ASN__PRIMITIVE_TYPE_s *out, struct octets content)
{
	out->buf = unconst(content.p);
	out->size = (int)content.len;
}

struct ASN__PRIMITIVE_TYPE_s *p1_new_oid(struct arena *a, struct octets content)
{
	struct ASN__PRIMITIVE_TYPE_s *oid = NEW(a, struct ASN__PRIMITIVE_TYPE_s);

	p1_set_oid(oid, content);
	return oid;
}

long *p1_new_long(struct arena *a, long value)
{
	long *p = NEW(a, long);

	*p = value;
	return p;
}

int *p1_new_boolean(struct arena *a, bool value)
{
	int *p = NEW(a, int);

	*p = value;
	return p;
}

void p1_set_bits(struct arena *a, BIT_STRING_t *out, uint32_t bits, unsigned count)
{
	unsigned i;

	if (count == P1_BITS_TRIMMED) {
		while (count < 32 && bits >> count != 0)
			count++;
	}
	count = MIN_OF(count, 32u);
	out->buf = arena_alloc(a, 4);
	out->size = (int)(count + 7) / 8;
	out->bits_unused = (int)((8 - count % 8) % 8);
	for (i = 0; i < count; i++) {
		if ((bits >> i & 1) != 0)
			out->buf[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
}

BIT_STRING_t *p1_new_bits(struct arena *a, uint32_t bits, unsigned count)
{
	BIT_STRING_t *s = NEW(a, BIT_STRING_t);

	p1_set_bits(a, s, bits, count);
	return s;
}

void p1_bits(const BIT_STRING_t *s, uint32_t *bits, unsigned *count)
{
	unsigned n = 0, i;

	*bits = 0;
	if (s != NULL && s->buf != NULL && s->size > 0)
		n = (unsigned)s->size * 8 - (unsigned)s->bits_unused;
	for (i = 0; i < n && i < 32; i++) {
		if ((s->buf[i / 8] >> (7 - i % 8) & 1) != 0)
			*bits |= UINT32_C(1) << i;
	}
	if (count != NULL)
		*count = n;
}

int p1_time_decode(struct octets in, struct when *out, struct err *e)
{
	char shown[48];

	if (clock_parse_utctime((const char *)in.p, in.len, out) == 0)
		return 0;
	str_printable(shown, sizeof(shown), in.p, in.len);
	return ERR(e, ERR_P1_VALUE, "\"%s\" is no time", shown);
}

int p1_string_time(const OCTET_STRING_t *s, struct when *out, struct err *e)
{
	if (s == NULL)
		return 0;
	return p1_time_decode(p1_string_octets(s), out, e);
}

void p1_set_time(struct arena *a, OCTET_STRING_t *out, const struct when *w)
{
	char *text = arena_alloc(a, 20);

	clock_format_utctime(w, text);
	p1_set_text(out, text);
}

OCTET_STRING_t *p1_new_time(struct arena *a, const struct when *w)
{
	OCTET_STRING_t *s = NEW(a, OCTET_STRING_t);

	if (!w->set)
		return NULL;
	p1_set_time(a, s, w);
	return s;
}

static int digits(const uint8_t *p, int n, int *out)
{
	*out = 0;
	for (; n > 0; n--, p++) {
		if (!str_is_digit((char)*p))
			return -1;
		*out = *out * 10 + (*p - '0');
	}
	return 0;
}

/* Minutes and seconds may be left out (X.680 46.2); a time without zone is taken as UTC. */
int p1_generalized_decode(struct octets in, struct when *out, struct err *e)
{
	int f[6] = {0}, i, zone = 0, hours, minutes;
	size_t at = 4;

	if (in.len < 10 || digits(in.p, 4, &f[0]) != 0)
		return ERR(e, ERR_P1_VALUE, "no GeneralizedTime");
	for (i = 1; i < 6 && at + 2 <= in.len && str_is_digit((char)in.p[at]); i++, at += 2) {
		if (digits(in.p + at, 2, &f[i]) != 0)
			return ERR(e, ERR_P1_VALUE, "no GeneralizedTime");
	}
	if (i < 4 || f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > 31 || f[3] > 23 || f[4] > 59 || f[5] > 60)
		return ERR(e, ERR_P1_VALUE, "no GeneralizedTime");
	if (at < in.len && (in.p[at] == '.' || in.p[at] == ',')) {
		for (at++; at < in.len && str_is_digit((char)in.p[at]); at++)
			;
	}
	*out = (struct when){.set = true};
	out->z = at < in.len && in.p[at] == 'Z';
	if (at + 5 <= in.len && (in.p[at] == '+' || in.p[at] == '-') && digits(in.p + at + 1, 2, &hours) == 0 &&
	    digits(in.p + at + 3, 2, &minutes) == 0 && hours < 24 && minutes < 60)
		zone = (hours * 60 + minutes) * (in.p[at] == '-' ? -1 : 1);
	out->offset = zone;
	out->seconds = clock_from_civil(f[0], f[1], f[2], f[3], f[4], f[5]) - zone * 60;
	return 0;
}

char *p1_generalized_text(struct arena *a, const struct when *w)
{
	char iso[32];
	int y, m, d, h, min, s;

	clock_format_iso(w, iso);
	if (sscanf(iso, "%d-%d-%dT%d:%d:%d", &y, &m, &d, &h, &min, &s) != 6)
		return arena_strdup(a, "19700101000000Z");
	if (w->offset == 0)
		return arena_printf(a, "%04d%02d%02d%02d%02d%02dZ", y, m, d, h, min, s);
	return arena_printf(a, "%04d%02d%02d%02d%02d%02d%c%02d%02d", y, m, d, h, min, s, w->offset < 0 ? '-' : '+',
	                    (w->offset < 0 ? -w->offset : w->offset) / 60, (w->offset < 0 ? -w->offset : w->offset) % 60);
}

static void put_raw_list(struct ber_writer *w, const X4_Raw_t *in, uint32_t tag)
{
	size_t mark = ber_mark(w);
	int i;

	if (in == NULL)
		return;
	for (i = in->list.count - 1; i >= 0; i--)
		ber_put_raw(w, p1_any_octets(in->list.array[i]));
	ber_close(w, tag, mark);
}

/* NonBasicParameters as BER, last one first */
static struct octets non_basic_read(struct arena *a, const X4_EncodedInformationTypes_t *in)
{
	struct ber_writer w = ber_writer_in(a);
	uint32_t bits;
	unsigned count;

	put_raw_list(&w, in->g4_class_1_and_mixed_mode, BER_C(3));
	put_raw_list(&w, in->teletex, BER_C(2));
	if (in->g3_facsimile != NULL) {
		p1_bits(in->g3_facsimile, &bits, &count);
		ber_put_bits(&w, BER_C(1), bits, count);
	}
	return w.len > 0 ? ber_writer_octets(&w) : (struct octets){NULL, 0};
}

static X4_Raw_t *raw_list(struct arena *a, const struct ber_tlv *t)
{
	X4_Raw_t *out = NEW(a, X4_Raw_t);
	struct ber_cursor c;
	struct ber_tlv m;

	for (c = ber_cursor_over(t->value); ber_cursor_next(&c, &m, NULL) == 0;)
		p1_list_add(a, &out->list, p1_new_any(a, m.whole));
	return out;
}

static void non_basic_write(struct arena *a, struct octets in, X4_EncodedInformationTypes_t *out)
{
	struct ber_cursor c;
	struct ber_tlv t;
	uint32_t bits;
	unsigned count;

	for (c = ber_cursor_over(in); ber_cursor_next(&c, &t, NULL) == 0;) {
		if (t.tag == BER_C(1) && ber_tlv_bits(&t, &bits, &count, NULL) == 0)
			out->g3_facsimile = p1_new_bits(a, bits, count);
		else if (t.tag == BER_C(2))
			out->teletex = raw_list(a, &t);
		else if (t.tag == BER_C(3))
			out->g4_class_1_and_mixed_mode = raw_list(a, &t);
	}
}

void p1_eits_decode(struct arena *a, const X4_EncodedInformationTypes_t *in, struct mx_eits *out)
{
	int i;

	if (in == NULL)
		return;
	out->set = true;
	p1_bits(&in->built_in_encoded_information_types, &out->built_in, NULL);
	out->non_basic_parameters = non_basic_read(a, in);
	if (in->extended_encoded_information_types == NULL)
		return;
	for (i = 0; i < in->extended_encoded_information_types->list.count; i++)
		*ARENA_PUSH(a, &out->extended) = p1_oid(a, p1_oid_octets(in->extended_encoded_information_types->list.array[i]));
}

X4_EncodedInformationTypes_t *p1_eits_encode(struct arena *a, const struct mx_eits *in)
{
	X4_EncodedInformationTypes_t *out;
	size_t i;

	if (!in->set)
		return NULL;
	out = NEW(a, X4_EncodedInformationTypes_t);
	p1_set_bits(a, &out->built_in_encoded_information_types, in->built_in, P1_BITS_TRIMMED);
	non_basic_write(a, in->non_basic_parameters, out);
	if (in->extended.count == 0)
		return out;
	out->extended_encoded_information_types = NEW(a, X4_ExtendedEncodedInformationTypes_t);
	for (i = 0; i < in->extended.count; i++)
		p1_list_add(a, &out->extended_encoded_information_types->list, p1_new_oid(a, in->extended.items[i].der));
	return out;
}

void p1_list_add(struct arena *a, void *list, void *item)
{
	A_SEQUENCE_OF(void) *l = list;
	void **bigger;

	if (l->count == l->size) {
		l->size = l->size > 0 ? l->size * 2 : 4;
		bigger = arena_array(a, (size_t)l->size, sizeof(void *));
		if (l->count > 0)
			memcpy(bigger, l->array, (size_t)l->count * sizeof(void *));
		l->array = bigger;
	}
	l->array[l->count++] = item;
}
