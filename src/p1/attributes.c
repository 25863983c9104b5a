/*
 * p1/attributes.c - extension attributes of an O/R address: X.411 8.5.5.2, figure 2.
 *
 * The values are open types, so they are read and written here with the cursor, by their number.  A row says which
 * attribute of oraddr.def a number fills and in which form; several numbers may fill one attribute (common-name,
 * teletex-common-name, universal-common-name).
 */
#include "p1/attributes.h"

#include <string.h>

#include "base/charset.h"
#include "base/str.h"
#include "base/rule.h"
#include "p1/psap.h"
#include "p1/values.h"

struct row {
	int number;
	enum or_attribute attribute; /* the first of a group */
	int (*decode)(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out);
	/* writes nothing when the address has none */
	void (*encode)(struct arena *a, struct ber_writer *w, enum or_attribute i, const struct or_address *in);
};

/* ---- printable and teletex strings ---- */

static int printable_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	if (t->constructed)
		return -1;
	out->v[i].printable = p1_text(a, t->value);
	out->v[i].numeric = t->tag == BER_U(BER_NUMERIC_STRING);
	return 0;
}

static void printable_encode(struct arena *a UNUSED, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	if (in->v[i].printable != NULL)
		ber_put_text(w, BER_U(BER_PRINTABLE_STRING), in->v[i].printable);
}

/* physical-delivery-country-name, postal-code: a choice of NumericString and PrintableString */
static void choice_encode(struct arena *a UNUSED, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	if (in->v[i].printable != NULL)
		ber_put_text(w, BER_U(in->v[i].numeric ? BER_NUMERIC_STRING : BER_PRINTABLE_STRING), in->v[i].printable);
}

static struct octets copy(struct arena *a, struct octets in)
{
	return (struct octets){arena_memdup(a, in.len > 0 ? in.p : (const uint8_t *)"", in.len), in.len};
}

static int teletex_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	if (t->constructed)
		return -1;
	out->v[i].teletex = copy(a, t->value);
	return 0;
}

static void teletex_encode(struct arena *a UNUSED, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	if (in->v[i].teletex.p != NULL)
		ber_put_octets(w, BER_U(BER_TELETEX_STRING), in->v[i].teletex.p, in->v[i].teletex.len);
}

/* ---- UniversalOrBMPString ---- */

/* SET { character-encoding CHOICE, iso-639-language-code PrintableString OPTIONAL }, in any order.  Octets that are no
 * characters make it a value that is not known: kept raw, not mended. */
static int universal_read(struct arena *a, const struct ber_tlv *t, struct or_value *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct or_value v = *out;
	struct ber_tlv s;
	size_t lost;
	char *text;

	v.universal = v.language = NULL;
	if (!t->constructed)
		return -1;
	while (!ber_cursor_end(&c)) {
		const char *charset;
		TRY(ber_cursor_next(&c, &s, NULL));
		if (s.constructed)
			return -1;
		if (s.tag == BER_U(BER_PRINTABLE_STRING)) {
			v.language = p1_text(a, s.value);
			continue;
		}
		charset = s.tag == BER_U(BER_BMP_STRING) ? "UTF-16BE" : s.tag == BER_U(BER_UNIVERSAL_STRING) ? "UTF-32BE" : NULL;
		if (charset == NULL || charset_to_utf8(a, charset, s.value, &text, &lost, NULL) != 0 || lost > 0)
			return -1;
		v.universal = text;
	}
	if (v.universal == NULL)
		return -1;
	*out = v;
	return 0;
}

static void put_universal(struct arena *a, struct ber_writer *w, uint32_t tag, const struct or_value *v)
{
	const char *text = v->universal != NULL ? v->universal : v->printable != NULL ? v->printable : "";
	size_t mark = ber_mark(w), lost = 0;
	struct octets o;

	if (v->universal != NULL && v->language != NULL)
		ber_put_text(w, BER_U(BER_PRINTABLE_STRING), v->language);
	/* X.411: two-octets where it is enough */
	if (charset_from_utf8(a, "UCS-2BE", text, &o, &lost, NULL) == 0 && lost == 0)
		ber_put_octets(w, BER_U(BER_BMP_STRING), o.p, o.len);
	else if (charset_from_utf8(a, "UTF-32BE", text, &o, &lost, NULL) == 0)
		ber_put_octets(w, BER_U(BER_UNIVERSAL_STRING), o.p, o.len);
	ber_close(w, tag, mark);
}

static int universal_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	return universal_read(a, t, &out->v[i]);
}

static void universal_encode(struct arena *a, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	if (in->v[i].universal != NULL)
		put_universal(a, w, BER_U(BER_SET), &in->v[i]);
}

/* ---- personal names: SET { surname [0], given-name [1], initials [2], generation-qualifier [3] } ---- */

static const enum or_attribute personal[] = {OR_S, OR_G, OR_I, OR_GQ};

static int personal_decode(struct arena *a, const struct ber_tlv *t, bool universal, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv m;

	if (!t->constructed)
		return -1;
	while (!ber_cursor_end(&c)) {
		uint32_t n;
		if (ber_cursor_next(&c, &m, NULL) != 0 || BER_CLASS_OF(m.tag) != BER_CONTEXT)
			return -1;
		n = BER_NUMBER_OF(m.tag);
		if (n >= ARRAY_LEN(personal))
			return -1;
		if (universal ? universal_read(a, &m, &out->v[personal[n]]) != 0
		              : teletex_decode(a, &m, personal[n], out) != 0)
			return -1;
	}
	return 0;
}

static int teletex_personal_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return personal_decode(a, t, false, out);
}

static int universal_personal_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return personal_decode(a, t, true, out);
}

static void personal_encode(struct arena *a, struct ber_writer *w, const struct or_address *in, bool universal)
{
	size_t mark = ber_mark(w), n;
	bool any = false;

	for (n = ARRAY_LEN(personal); n-- > 0;) {
		const struct or_value *v = &in->v[personal[n]];
		if (universal ? v->universal == NULL : v->teletex.p == NULL)
			continue;
		any = true;
		if (universal)
			put_universal(a, w, BER_C(n), v);
		else
			ber_put_octets(w, BER_C(n), v->teletex.p, v->teletex.len);
	}
	if (any)
		ber_close(w, BER_U(BER_SET), mark);
}

static void teletex_personal_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	personal_encode(a, w, in, false);
}

static void universal_personal_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	personal_encode(a, w, in, true);
}

/* ---- organizational units: SEQUENCE OF, the most significant first ---- */

static const enum or_attribute units[] = {OR_OU1, OR_OU2, OR_OU3, OR_OU4};

static int units_decode(struct arena *a, const struct ber_tlv *t, bool universal, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv m;
	size_t n;

	if (!t->constructed)
		return -1;
	for (n = 0; !ber_cursor_end(&c); n++) {
		if (n >= ARRAY_LEN(units) || ber_cursor_next(&c, &m, NULL) != 0)
			return -1;
		if (universal ? universal_read(a, &m, &out->v[units[n]]) != 0 : teletex_decode(a, &m, units[n], out) != 0)
			return -1;
	}
	return 0;
}

static int teletex_units_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return units_decode(a, t, false, out);
}

static int universal_units_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return units_decode(a, t, true, out);
}

/* The position is the level, so a unit without this form before one that has it goes out in its printable form. */
static void units_encode(struct arena *a, struct ber_writer *w, const struct or_address *in, bool universal)
{
	size_t mark = ber_mark(w), n;
	bool any = false;

	for (n = ARRAY_LEN(units); n-- > 0;) {
		const struct or_value *v = &in->v[units[n]];
		const char *fill = v->printable != NULL ? v->printable : "";
		if (universal ? v->universal != NULL : v->teletex.p != NULL)
			any = true;
		if (!any)
			continue;
		if (universal)
			put_universal(a, w, BER_U(BER_SET), v);
		else if (v->teletex.p != NULL)
			ber_put_octets(w, BER_U(BER_TELETEX_STRING), v->teletex.p, v->teletex.len);
		else
			ber_put_text(w, BER_U(BER_TELETEX_STRING), fill);
	}
	if (any)
		ber_close(w, BER_U(BER_SEQUENCE), mark);
}

static void teletex_units_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	units_encode(a, w, in, false);
}

static void universal_units_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	units_encode(a, w, in, true);
}

/* ---- domain-defined attributes: SEQUENCE OF SEQUENCE { type, value } ---- */

/* The printable form of a DDA may have come before: same place in the list, as X.411 orders them alike. */
static int dda_decode(struct arena *a, const struct ber_tlv *t, bool universal, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value), d;
	struct ber_tlv m, type, value;
	size_t n;

	if (!t->constructed)
		return -1;
	for (n = 0; !ber_cursor_end(&c); n++) {
		struct or_dda *dda;
		if (ber_cursor_next(&c, &m, NULL) != 0 || !m.constructed)
			return -1;
		d = ber_cursor_over(m.value);
		if (ber_cursor_next(&d, &type, NULL) != 0 || ber_cursor_next(&d, &value, NULL) != 0)
			return -1;
		dda = n < out->dda.count ? &out->dda.items[n] : ARENA_PUSH(a, &out->dda);
		if (!universal) {
			dda->type.teletex = copy(a, type.value);
			dda->value.teletex = copy(a, value.value);
		} else if (universal_read(a, &type, &dda->type) != 0 || universal_read(a, &value, &dda->value) != 0) {
			return -1;
		}
	}
	return 0;
}

static int teletex_dda_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return dda_decode(a, t, false, out);
}

static int universal_dda_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	return dda_decode(a, t, true, out);
}

static void put_teletex_or(struct ber_writer *w, const struct or_value *v)
{
	if (v->teletex.p != NULL)
		ber_put_octets(w, BER_U(BER_TELETEX_STRING), v->teletex.p, v->teletex.len);
	else
		ber_put_text(w, BER_U(BER_TELETEX_STRING), v->printable != NULL ? v->printable : "");
}

static void dda_encode(struct arena *a, struct ber_writer *w, const struct or_address *in, bool universal)
{
	size_t mark = ber_mark(w), n, one;
	bool any = false;

	for (n = in->dda.count; n-- > 0;) {
		const struct or_dda *d = &in->dda.items[n];
		if (universal ? d->type.universal != NULL || d->value.universal != NULL : d->type.teletex.p != NULL || d->value.teletex.p != NULL)
			any = true;
		if (!any)
			continue;
		one = ber_mark(w);
		if (universal) {
			put_universal(a, w, BER_U(BER_SET), &d->value);
			put_universal(a, w, BER_U(BER_SET), &d->type);
		} else {
			put_teletex_or(w, &d->value);
			put_teletex_or(w, &d->type);
		}
		ber_close(w, BER_U(BER_SEQUENCE), one);
	}
	if (any)
		ber_close(w, BER_U(BER_SEQUENCE), mark);
}

static void teletex_dda_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	dda_encode(a, w, in, false);
}

static void universal_dda_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	dda_encode(a, w, in, true);
}

/* ---- physical delivery ---- */

/* PDSParameter: SET { PrintableString OPTIONAL, TeletexString OPTIONAL } */
static int pds_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv m;

	if (!t->constructed)
		return -1;
	while (!ber_cursor_end(&c)) {
		if (ber_cursor_next(&c, &m, NULL) != 0)
			return -1;
		if (m.tag == BER_U(BER_PRINTABLE_STRING) ? printable_decode(a, &m, i, out) != 0
		    : m.tag != BER_U(BER_TELETEX_STRING) || teletex_decode(a, &m, i, out) != 0)
			return -1;
	}
	return 0;
}

static void pds_encode(struct arena *a, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	size_t mark = ber_mark(w);

	if (in->v[i].printable == NULL && in->v[i].teletex.p == NULL)
		return;
	/* both forms in one attribute */
	if (rule_id_active("A-052"))
		teletex_encode(a, w, i, in);
	printable_encode(a, w, i, in);
	ber_close(w, BER_U(BER_SET), mark);
}

/* SET { SEQUENCE OF PrintableString OPTIONAL, TeletexString OPTIONAL } */
static int unformatted_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value), lines;
	struct ber_tlv m, line;

	if (!t->constructed)
		return -1;
	while (!ber_cursor_end(&c)) {
		if (ber_cursor_next(&c, &m, NULL) != 0)
			return -1;
		if (m.tag == BER_U(BER_TELETEX_STRING)) {
			TRY(teletex_decode(a, &m, i, out));
			continue;
		}
		if (m.tag != BER_U(BER_SEQUENCE))
			return -1;
		for (lines = ber_cursor_over(m.value); !ber_cursor_end(&lines);) {
			TRY(ber_cursor_next(&lines, &line, NULL));
			*ARENA_PUSH(a, &out->postal_lines) = p1_text(a, line.value);
		}
	}
	return 0;
}

static void unformatted_encode(struct arena *a, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	size_t mark = ber_mark(w), lines, n;

	if (in->postal_lines.count == 0 && in->v[i].teletex.p == NULL)
		return;
	teletex_encode(a, w, i, in);
	if (in->postal_lines.count > 0) {
		lines = ber_mark(w);
		for (n = in->postal_lines.count; n-- > 0;)
			ber_put_text(w, BER_U(BER_PRINTABLE_STRING), in->postal_lines.items[n]);
		ber_close(w, BER_U(BER_SEQUENCE), lines);
	}
	ber_close(w, BER_U(BER_SET), mark);
}

/* ---- networks and terminals ---- */

/* CHOICE { e163-4-address SEQUENCE { number [0], sub-address [1] OPTIONAL }, psap-address [0] PresentationAddress } */
static int network_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i UNUSED, struct or_address *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv m;

	if (t->tag == BER_C(0)) {
		out->v[OR_NET_PSAP].printable = p1_psap_text(a, t->value);
		return out->v[OR_NET_PSAP].printable != NULL ? 0 : -1;
	}
	if (t->tag != BER_U(BER_SEQUENCE))
		return -1;
	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, NULL));
		if (m.tag != BER_C(0) && m.tag != BER_C(1))
			return -1;
		TRY(printable_decode(a, &m, m.tag == BER_C(0) ? OR_NET_NUM : OR_NET_SUB, out));
	}
	return 0;
}

static void network_encode(struct arena *a, struct ber_writer *w, enum or_attribute i UNUSED, const struct or_address *in)
{
	size_t mark = ber_mark(w);

	if (in->v[OR_NET_NUM].printable != NULL) {
		if (in->v[OR_NET_SUB].printable != NULL)
			ber_put_text(w, BER_C(1), in->v[OR_NET_SUB].printable);
		ber_put_text(w, BER_C(0), in->v[OR_NET_NUM].printable);
		ber_close(w, BER_U(BER_SEQUENCE), mark);
	} else if (in->v[OR_NET_PSAP].printable != NULL && p1_psap_write(a, w, in->v[OR_NET_PSAP].printable)) {
		ber_close(w, BER_C(0), mark);
	}
}

static int terminal_decode(struct arena *a, const struct ber_tlv *t, enum or_attribute i, struct or_address *out)
{
	int64_t v;

	TRY(ber_tlv_integer(t, &v, NULL));
	out->v[i].printable = arena_printf(a, "%lld", (long long)v);
	return 0;
}

static void terminal_encode(struct arena *a UNUSED, struct ber_writer *w, enum or_attribute i, const struct or_address *in)
{
	long v;

	if (in->v[i].printable != NULL && str_to_long(in->v[i].printable, 0, 1000000, &v) == 0)
		ber_put_integer(w, BER_U(BER_INTEGER), v);
}

/* ---- the table ---- */

static const struct row rows[] = {
	{1, OR_CN, printable_decode, printable_encode},
	{2, OR_CN, teletex_decode, teletex_encode},
	{3, OR_O, teletex_decode, teletex_encode},
	{4, OR_S, teletex_personal_decode, teletex_personal_encode},
	{5, OR_OU1, teletex_units_decode, teletex_units_encode},
	{6, OR_CN, teletex_dda_decode, teletex_dda_encode},
	{7, OR_PD_SYSTEM, printable_decode, printable_encode},
	{8, OR_PD_C, printable_decode, choice_encode},
	{9, OR_POSTCODE, printable_decode, choice_encode},
	{10, OR_PD_OFFICE, pds_decode, pds_encode},
	{11, OR_PD_OFFICE_NUM, pds_decode, pds_encode},
	{12, OR_PD_EXT_D, pds_decode, pds_encode},
	{13, OR_PD_PN, pds_decode, pds_encode},
	{14, OR_PD_O, pds_decode, pds_encode},
	{15, OR_PD_EXT_LOC, pds_decode, pds_encode},
	{16, OR_PD_ADDRESS, unformatted_decode, unformatted_encode},
	{17, OR_PD_STREET, pds_decode, pds_encode},
	{18, OR_PD_BOX, pds_decode, pds_encode},
	{19, OR_PD_RESTANTE, pds_decode, pds_encode},
	{20, OR_PD_UNIQUE, pds_decode, pds_encode},
	{21, OR_PD_LOCAL, pds_decode, pds_encode},
	{22, OR_NET_NUM, network_decode, network_encode},
	{23, OR_T_TY, terminal_decode, terminal_encode},
	{24, OR_CN, universal_decode, universal_encode},
	{25, OR_O, universal_decode, universal_encode},
	{26, OR_S, universal_personal_decode, universal_personal_encode},
	{27, OR_OU1, universal_units_decode, universal_units_encode},
	{28, OR_CN, universal_dda_decode, universal_dda_encode},
	{29, OR_PD_OFFICE, universal_decode, universal_encode},
	{30, OR_PD_OFFICE_NUM, universal_decode, universal_encode},
	{31, OR_PD_EXT_D, universal_decode, universal_encode},
	{32, OR_PD_PN, universal_decode, universal_encode},
	{33, OR_PD_O, universal_decode, universal_encode},
	{34, OR_PD_EXT_LOC, universal_decode, universal_encode},
	{35, OR_PD_ADDRESS, universal_decode, universal_encode},
	{36, OR_PD_STREET, universal_decode, universal_encode},
	{37, OR_PD_BOX, universal_decode, universal_encode},
	{38, OR_PD_RESTANTE, universal_decode, universal_encode},
	{39, OR_PD_UNIQUE, universal_decode, universal_encode},
	{40, OR_PD_LOCAL, universal_decode, universal_encode},
};

void p1_attribute_decode(struct arena *a, int64_t number, struct octets value, struct or_address *out, bool *known)
{
	struct or_address trial = *out;
	struct ber_tlv t;

	*known = false;
	if (number < 1 || number > (int64_t)ARRAY_LEN(rows) || ber_tlv_read(value, &t, NULL) != 0)
		return;
	if (rows[number - 1].decode(a, &t, rows[number - 1].attribute, &trial) != 0)
		return;
	*out = trial;
	*known = true;
}

bool p1_attribute_encode(struct arena *a, const struct or_address *in, size_t index, long *number, struct octets *value)
{
	struct ber_writer w = ber_writer_in(a);

	if (index >= ARRAY_LEN(rows))
		return false;
	rows[index].encode(a, &w, rows[index].attribute, in);
	*number = rows[index].number;
	*value = ber_writer_octets(&w);
	return true;
}
