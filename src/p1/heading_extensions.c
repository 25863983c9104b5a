/*
 * p1/heading_extensions.c - see heading_extensions.h.
 *
 * A row per OID.  Several rows may read into one member (the RFC 822 field list went by three OIDs in its life); the
 * first row of a member writes it.  A value that is not what its OID promises stays raw.
 */
#include "p1/heading_extensions.h"

#include "asn1gen/IPM-ExtensionsField.h"
#include "asn1gen/IPM-IPMSExtension.h"
#include "base/str.h"
#include "p1/extensions.h"
#include "p1/values.h"

struct mx_extension p1_ipms_extension_decode(struct arena *a, const IPM_IPMSExtension_t *in)
{
	struct octets value = p1_any_octets(in->value);
	struct mx_extension x = {.number = -1, .oid = p1_oid(a, p1_oid_octets(&in->type))};

	if (value.p != NULL)
		x.value = (struct octets){arena_memdup(a, value.p, value.len), value.len};
	return x;
}

IPM_IPMSExtension_t *p1_ipms_extension_encode(struct arena *a, const struct mx_extension *in)
{
	IPM_IPMSExtension_t *x = NEW(a, IPM_IPMSExtension_t);

	p1_set_oid(&x->type, in->oid.der);
	if (in->value.len > 0)
		x->value = p1_new_any(a, in->value);
	return x;
}

struct row {
	const char *oid;
	int (*read)(struct arena *a, struct octets value, struct mx_heading *out);
	/* false: absent.  NULL: a row for reading only */
	bool (*write)(struct arena *a, const struct mx_heading *in, struct octets *value);
};

/* languages: SET OF PrintableString */
static int languages_read(struct arena *a, struct octets value, struct mx_heading *out)
{
	struct ber_tlv t, m;
	struct ber_cursor c;

	TRY(ber_tlv_read(value, &t, NULL));
	if (!t.constructed)
		return -1;
	for (c = ber_cursor_over(t.value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &m, NULL));
		*ARENA_PUSH(a, &out->languages) = p1_text(a, m.value);
	}
	return 0;
}

static bool languages_write(struct arena *a, const struct mx_heading *in, struct octets *value)
{
	struct ber_writer w = ber_writer_in(a);
	size_t i;

	for (i = in->languages.count; i-- > 0;)
		ber_put_text(&w, BER_U(BER_PRINTABLE_STRING), in->languages.items[i]);
	ber_close(&w, BER_U(BER_SET), 0);
	*value = ber_writer_octets(&w);
	return in->languages.count > 0;
}

static int auto_submitted_read(struct arena *a UNUSED, struct octets value, struct mx_heading *out)
{
	struct ber_tlv t;
	int64_t v;

	TRY(ber_tlv_read(value, &t, NULL));
	TRY(ber_tlv_integer(&t, &v, NULL));
	if (v < 0 || v > 2)
		return -1;
	out->auto_submitted = (int)v;
	return 0;
}

static bool auto_submitted_write(struct arena *a, const struct mx_heading *in, struct octets *value)
{
	struct ber_writer w = ber_writer_in(a);

	ber_put_integer(&w, BER_U(BER_ENUMERATED), in->auto_submitted);
	*value = ber_writer_octets(&w);
	return in->auto_submitted != MX_ABSENT;
}

/* incomplete-copy: NULL, which is the default of value */
static int incomplete_copy_read(struct arena *a UNUSED, struct octets value UNUSED, struct mx_heading *out)
{
	out->incomplete_copy = true;
	return 0;
}

static bool incomplete_copy_write(struct arena *a UNUSED, const struct mx_heading *in, struct octets *value)
{
	*value = (struct octets){NULL, 0};
	return in->incomplete_copy;
}

static int fields_read(struct arena *a, struct octets value, struct mx_heading *out)
{
	const char **items;
	size_t count, i;

	TRY(p1_field_list_read(a, value, &items, &count, NULL));
	for (i = 0; i < count; i++)
		*ARENA_PUSH(a, &out->rfc_822_fields) = items[i];
	return 0;
}

static bool fields_write(struct arena *a, const struct mx_heading *in, struct octets *value)
{
	*value = p1_field_list_write(a, in->rfc_822_fields.items, in->rfc_822_fields.count);
	return in->rfc_822_fields.count > 0;
}

/* multipart-message-v2: SEQUENCE { subtype IA5String, isAMessage BOOLEAN DEFAULT TRUE } */
static int multipart_read(struct arena *a, struct octets value, struct mx_heading *out)
{
	struct ber_tlv t, m;
	struct ber_cursor c;
	bool found, message = true;

	TRY(ber_tlv_read(value, &t, NULL));
	c = ber_cursor_over(t.value);
	TRY(ber_cursor_expect(&c, BER_U(BER_IA5_STRING), &m, NULL));
	TRY(ber_cursor_optional(&c, BER_U(BER_BOOLEAN), &t, &found, NULL));
	if (found)
		TRY(ber_tlv_boolean(&t, &message, NULL));
	out->multipart_subtype = p1_text(a, m.value);
	out->multipart_not_a_message = !message;
	return 0;
}

static bool multipart_write(struct arena *a, const struct mx_heading *in, struct octets *value)
{
	struct ber_writer w = ber_writer_in(a);

	if (in->multipart_subtype == NULL)
		return false;
	if (in->multipart_not_a_message)
		ber_put_boolean(&w, BER_U(BER_BOOLEAN), false);
	ber_put_text(&w, BER_U(BER_IA5_STRING), in->multipart_subtype);
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	*value = ber_writer_octets(&w);
	return true;
}

/* multipart-message, the first form: ENUMERATED */
static int multipart_old_read(struct arena *a UNUSED, struct octets value, struct mx_heading *out)
{
	static const char *const subtypes[] = {NULL, "mixed", "alternative", "digest", "parallel"};
	struct ber_tlv t;
	int64_t v;

	TRY(ber_tlv_read(value, &t, NULL));
	TRY(ber_tlv_integer(&t, &v, NULL));
	if (v < 1 || v >= (int64_t)ARRAY_LEN(subtypes))
		return -1;
	out->multipart_subtype = subtypes[v];
	return 0;
}

#define OID_FIELDS_1327 "0.9.2342.234219200300.200.1"

static const struct row rows[] = {
	{"2.6.1.5.1", languages_read, languages_write},
	{"2.6.1.5.2", auto_submitted_read, auto_submitted_write},
	{"2.6.1.5.0", incomplete_copy_read, incomplete_copy_write},
	{"1.3.6.1.7.1.1.3", multipart_read, multipart_write},
	{"1.3.6.1.7.1.1.2", multipart_old_read, NULL},
	{"1.3.6.1.7.1.3.2", fields_read, fields_write},
	{OID_FIELDS_1327, fields_read, NULL}, /* RFC 1327 */
	{"0.9.2342.2290966316.200.1", fields_read, NULL},   /* the same as PP writes it: an arc cut to 32 bits */
};

void p1_heading_extensions_decode(struct arena *a, const IPM_ExtensionsField_t *in, struct mx_heading *out)
{
	size_t r;
	int i;

	for (i = 0; in != NULL && i < in->list.count; i++) {
		struct mx_extension x = p1_ipms_extension_decode(a, in->list.array[i]);
		for (r = 0; r < ARRAY_LEN(rows); r++) {
			if (mx_oid_is(&x.oid, rows[r].oid) && rows[r].read(a, x.value, out) == 0)
				break;
		}
		if (r == ARRAY_LEN(rows))
			*ARENA_PUSH(a, &out->extensions) = x;
	}
}

static void add(struct arena *a, IPM_ExtensionsField_t **out, const struct mx_extension *x)
{
	if (*out == NULL)
		*out = NEW(a, IPM_ExtensionsField_t);
	p1_list_add(a, &(*out)->list, p1_ipms_extension_encode(a, x));
}

void p1_heading_extensions_encode(struct arena *a, const struct mx_heading *in, const struct p1_options *options, IPM_ExtensionsField_t **out)
{
	struct mx_extension x = {.number = -1};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].write == NULL || !rows[i].write(a, in, &x.value))
			continue;
		x.oid = mx_oid_parse(a, rows[i].write == fields_write && options->fields_1327 ? OID_FIELDS_1327 : rows[i].oid);
		add(a, out, &x);
	}
	for (i = 0; i < in->extensions.count; i++)
		add(a, out, &in->extensions.items[i]);
}
