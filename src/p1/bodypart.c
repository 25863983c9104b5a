/*
 * p1/bodypart.c - see bodypart.h.
 */
#include "p1/bodypart.h"

#include <stdio.h>
#include <string.h>

#include "base/stream.h"
#include "p1/bodypart_media.h"
#include "p1/delivery.h"
#include "p1/external.h"
#include "p1/filetransfer.h"
#include "p1/flatten.h"
#include "p1/values.h"

#define EXTENDED BER_C(15)
#define ID_ET "2.6.1.4"
#define ID_EP "2.6.1.11"
#define MIXER_DATA "1.3.6.1.7.1.2.1"
#define FORM_FEED 0x0C

/* A type of body part (X.420 7.3, 7.4): its tag as a basic one, its number below id-et (2.6.1.4) and id-ep (2.6.1.11) as an
 * extended one.  Those without read are kept as octets. */
struct row {
	const char *name;
	enum mx_body_kind kind;
	int tag, id; /* -1: none */
	bool bare;   /* basic: the value itself, not SEQUENCE { parameters, data } */
	int (*read)(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out);
	int (*write)(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
	             struct ber_rope *data, struct err *e);
	const char *data_oid, *parameters_oid; /* extended ones that stand elsewhere */
};
#define NONE (-1)

/* ---- reading ---- */

/* SET { repertoire [0] INTEGER DEFAULT ia5 } */
static int ia5_parameters(const struct ber_tlv *set, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(set->value);
	struct ber_tlv m;
	int64_t v;

	out->repertoire = 5;
	if (set->tag != BER_U(BER_SET))
		return -1;
	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, NULL));
		if (m.tag != BER_C(0))
			continue;
		TRY(ber_tlv_integer(&m, &v, NULL));
		out->repertoire = v == 2 ? 2 : 5;
	}
	return 0;
}

static int ia5_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	out->repertoire = 5;
	if (parts->has_parameters)
		TRY(ia5_parameters(&parts->parameters, out));
	/* some write other strings here: text is text */
	if (BER_CLASS_OF(parts->data.tag) != BER_UNIVERSAL || parts->data.constructed)
		return -1;
	return p1_flatten(r->a, &parts->data, &out->data, NULL);
}

/* Pages, each followed by a form feed. */
static int teletex_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	static const uint8_t ff = FORM_FEED;
	const struct ber_tlv *t = &parts->data;
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv page;
	struct stream *s;
	struct octets o;
	struct buf *b = NULL;
	int fd = -1;

	if (t->tag != BER_U(BER_SEQUENCE))
		return -1;
	if (t->value.len <= (size_t)1 << 20) {
		b = buf_in(r->a, ((size_t)1 << 20) + 1);
		s = stream_to_buf(r->a, b);
	} else {
		TRY(blob_tempfile(r->a, NULL, &fd, NULL));
		s = stream_to_fd(r->a, fd, 0);
	}
	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &page, NULL));
		if (page.tag != BER_U(BER_TELETEX_STRING) || page.constructed)
			return -1;
		stream_put(s, page.value.p, page.value.len);
		stream_put(s, &ff, 1);
	}
	TRY(stream_finish(s, NULL));
	out->data = b != NULL ? blob_mem(b->p, b->len) : blob_file(fd, 0, s->written);
	TRY(blob_map(r->a, &out->data, &o, NULL));
	out->data = blob_mem(o.p, o.len);
	return 0;
}

/* MessageParameters SET { delivery-time [0], delivery-envelope [1] } */
static int message_parameters(struct p1_reader *r, const struct ber_tlv *set, struct mx_body_part *out)
{
	struct ber_cursor c;
	struct ber_tlv t;

	if (set->tag != BER_U(BER_SET))
		return -1;
	for (c = ber_cursor_over(set->value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &t, NULL));
		if (t.tag == BER_C(0))
			TRY(p1_time_decode(t.value, &out->delivery_time, NULL));
		/* what it says is of interest, not of need */
		if (t.tag == BER_C(1) && p1_delivery_read(r->a, &t, &out->delivery, NULL) != 0)
			out->delivery = NULL;
	}
	return 0;
}

static int message_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	const struct ber_tlv *data = &parts->data;
	struct mx_message *m;
	int result;

	if (parts->has_parameters)
		TRY(message_parameters(r, &parts->parameters, out));
	if (data->tag != BER_U(BER_SEQUENCE) || r->depth >= r->limits->nesting)
		return -1;
	m = mx_message_new(r->a, MX_MESSAGE);
	r->depth++;
	result = p1_ipm_read(r, data, &m->ipm, NULL);
	r->depth--;
	if (result != 0)
		return -1;
	m->content = MX_CONTENT_IPM;
	m->content_octets = blob_mem(data->whole.p, data->whole.len);
	out->message = m;
	return 0;
}

/* OCTET STRING, in the basic form under an implicit [14] */
static int bilateral_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	if (parts->data.tag != BER_U(BER_OCTET_STRING) && BER_CLASS_OF(parts->data.tag) != BER_CONTEXT)
		return -1;
	return p1_flatten(r->a, &parts->data, &out->data, NULL);
}

static int national_read(struct p1_reader *r UNUSED, const struct p1_parts *parts, struct mx_body_part *out)
{
	if (!parts->data.constructed)
		return -1;
	out->data = blob_mem(parts->data.value.p, parts->data.value.len);
	return 0;
}

/* SET OF INTEGER; absent means {1, 6} (RFC 2157 6.2), which the reader of the text assumes */
static int general_text_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(parts->parameters.value);
	struct ber_tlv m;
	int64_t v;

	while (parts->has_parameters && !ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, NULL));
		TRY(ber_tlv_integer(&m, &v, NULL));
		if (v < 1 || v > 32767)
			return -1;
		*ARENA_PUSH(r->a, &out->character_sets) = (int)v;
	}
	if (parts->data.tag != BER_U(BER_GENERAL_STRING) && parts->data.tag != BER_U(BER_OCTET_STRING))
		return -1;
	return p1_flatten(r->a, &parts->data, &out->data, NULL);
}

static int file_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct octets parameters = {NULL, 0};

	if (parts->has_parameters)
		parameters = parts->parameters.whole;
	return p1_file_read(r, parameters, &parts->data, out, NULL);
}

/* ---- writing what is built here ---- */

static struct ber_rope rope_of(struct arena *a, const struct ber_writer *w)
{
	struct ber_rope r = {0};

	ber_rope_octets(a, &r, ber_writer_octets(w));
	return r;
}

static struct ber_rope string_write(struct arena *a, const struct blob *data, uint32_t tag)
{
	struct ber_rope r = {0};

	ber_rope_blob(a, &r, *data);
	ber_rope_wrap(a, &r, tag, false);
	return r;
}

/* SET {} or SET { repertoire [0] } */
static int ia5_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED, struct ber_rope *parameters,
                     struct ber_rope *data, struct err *e UNUSED)
{
	struct ber_writer w = ber_writer_in(a);

	if (in->repertoire == 2)
		ber_put_integer(&w, BER_C(0), 2);
	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	*data = string_write(a, &in->data, BER_U(BER_IA5_STRING));
	return 0;
}

/* The form feeds end pages and are not sent. */
static int teletex_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                         struct ber_rope *parameters, struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	struct ber_rope page;
	struct octets text;
	size_t start = 0, i;
	struct blob slice;

	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	TRY(blob_map(a, &in->data, &text, e));
	for (i = 0; i <= text.len; i++) {
		if (i < text.len ? text.p[i] != FORM_FEED : start == i && start > 0)
			continue;
		slice = blob_slice(&in->data, start, i - start);
		page = string_write(a, &slice, BER_U(BER_TELETEX_STRING));
		ber_rope_append(data, &page);
		start = i + 1;
	}
	ber_rope_wrap(a, data, BER_U(BER_SEQUENCE), true);
	return 0;
}

static int message_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                         struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	struct octets delivery;
	char time[20];

	if (in->message == NULL || in->message->content != MX_CONTENT_IPM)
		return ERR(e, ERR_P1_MISSING, "the message of a forwarded message");
	if (in->delivery != NULL) {
		TRY(p1_delivery_write(a, in->delivery, options, &delivery, e));
		ber_put_raw(&w, delivery);
	}
	if (in->delivery_time.set) {
		clock_format_utctime(&in->delivery_time, time);
		ber_put_text(&w, BER_C(0), time);
	}
	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	if (in->message->content_octets.len == 0)
		return p1_ipm_write(a, &in->message->ipm, options, BER_U(BER_SEQUENCE), data, e);
	ber_rope_blob(a, data, in->message->content_octets);
	return 0;
}

static int general_text_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                              struct ber_rope *parameters, struct ber_rope *data, struct err *e UNUSED)
{
	struct ber_writer w = ber_writer_in(a);
	size_t i;

	for (i = in->character_sets.count; i-- > 0;)
		ber_put_integer(&w, BER_U(BER_INTEGER), in->character_sets.items[i]);
	if (in->character_sets.count > 0) {
		ber_close(&w, BER_U(BER_SET), 0);
		*parameters = rope_of(a, &w);
	}
	*data = string_write(a, &in->data, BER_U(BER_GENERAL_STRING));
	return 0;
}

static int file_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED, struct ber_rope *parameters,
                      struct ber_rope *data, struct err *e)
{
	struct octets p;

	TRY(p1_file_write(a, in, &p, data, e));
	ber_rope_octets(a, parameters, p);
	return 0;
}

static int bilateral_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                           struct ber_rope *parameters UNUSED, struct ber_rope *data, struct err *e UNUSED)
{
	*data = string_write(a, &in->data, in->extended ? BER_U(BER_OCTET_STRING) : BER_C(14));
	return 0;
}

/* ANY DEFINED BY country: explicit tag */
static int national_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                          struct ber_rope *parameters UNUSED, struct ber_rope *data, struct err *e UNUSED)
{
	ber_rope_blob(a, data, in->data);
	ber_rope_wrap(a, data, BER_C(7), true);
	return 0;
}

/* ---- the types ---- */

static const struct row rows[] = {
	{"ia5-text", MX_BODY_IA5, 0, 0, false, ia5_read, ia5_write, NULL, NULL},                         /* X.420 7.3.1 */
	{"telex", MX_BODY_OTHER, 1, NONE, false, NULL, NULL, NULL, NULL},                                /* 1984 */
	{"voice", MX_BODY_OTHER, 2, NONE, false, NULL, NULL, NULL, NULL},                                /* 1984 */
	{"g3-facsimile", MX_BODY_G3, 3, 2, false, p1_g3_read, p1_g3_write, NULL, NULL},                  /* 7.3.2 */
	{"g4-class1", MX_BODY_OTHER, 4, 3, true, NULL, NULL, NULL, NULL},                                /* 7.3.3; 1984: tif.0 */
	{"teletex", MX_BODY_TELETEX, 5, 4, false, teletex_read, teletex_write, NULL, NULL},              /* 7.3.5 */
	{"videotex", MX_BODY_OTHER, 6, 5, false, NULL, NULL, NULL, NULL},                                /* 7.3.6 */
	{"nationally-defined", MX_BODY_NATIONALLY_DEFINED, 7, NONE, true, national_read, national_write, NULL, NULL}, /* 7.3.10 */
	{"encrypted", MX_BODY_OTHER, 8, 6, false, NULL, NULL, NULL, NULL},                               /* 7.3.7 */
	{"message", MX_BODY_MESSAGE, 9, 7, false, message_read, message_write, NULL, NULL},              /* 7.3.8 */
	{"simple-formattable-document", MX_BODY_OTHER, 10, NONE, false, NULL, NULL, NULL, NULL},         /* 1984 */
	{"mixed-mode", MX_BODY_OTHER, 11, 8, true, NULL, NULL, NULL, NULL},                              /* 7.3.4; 1984: tif.1 */
	{"iso6937-text", MX_BODY_ISO6937, 13, NONE, false, p1_iso6937_read, p1_iso6937_write, NULL, NULL}, /* ISO DIS 10021, 1984 */
	{"bilaterally-defined", MX_BODY_BILATERAL, 14, 9, true, bilateral_read, bilateral_write, NULL, NULL}, /* 7.3.9 */
	{"nationally-defined", MX_BODY_OTHER, 7, 10, true, NULL, NULL, NULL, NULL},                      /* 7.3.10, the extended form */
	{"general-text", MX_BODY_GENERAL_TEXT, NONE, 11, false, general_text_read, general_text_write, NULL, NULL}, /* 7.4.11 */
	{"file-transfer", MX_BODY_FILE_TRANSFER, NONE, 12, false, file_read, file_write, NULL, NULL},    /* 7.4.12 */
	{"content, P2", MX_BODY_MESSAGE, NONE, NONE, false, p1_forwarded_read, NULL, ID_ET ".17.2.6.1.10.0", NULL},  /* 7.4.17 */
	{"content, P22", MX_BODY_MESSAGE, NONE, NONE, false, p1_forwarded_read, NULL, ID_ET ".17.2.6.1.10.1", NULL}, /* 7.4.17 */
	{"mime", MX_BODY_MEDIA, NONE, NONE, false, p1_media_read, p1_media_write, MIXER_DATA ".1", "1.3.6.1.7.1.2.2.1"}, /* RFC 2157 3.1.2 */
	{"postscript", MX_BODY_OCTETS, NONE, NONE, false, p1_octets_read, p1_octets_write, MIXER_DATA ".2", NULL}, /* RFC 2160 */
	{"jpeg", MX_BODY_OCTETS, NONE, NONE, false, p1_octets_read, p1_octets_write, MIXER_DATA ".3", NULL},       /* RFC 2158 */
	{"gif", MX_BODY_OCTETS, NONE, NONE, false, p1_octets_read, p1_octets_write, MIXER_DATA ".4", NULL},        /* RFC 2158 */
	{"oda", MX_BODY_ODA, NONE, NONE, false, p1_oda_read, p1_oda_write, "2.8.1.0.1", "2.8.1.0.1"},              /* RFC 2161 */
};

static const struct row *row_by_tag(uint32_t tag)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].tag != NONE && tag == BER_C(rows[i].tag))
			return &rows[i];
	}
	return NULL;
}

static const struct row *row_by_oid(const struct mx_oid *type)
{
	char oid[24];
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(oid, sizeof(oid), ID_ET ".%d", rows[i].id);
		if (rows[i].data_oid != NULL ? mx_oid_is(type, rows[i].data_oid) : rows[i].id != NONE && mx_oid_is(type, oid))
			return &rows[i];
	}
	return NULL;
}

static bool is_forwarded_content(const struct mx_oid *type)
{
	const struct row *row = row_by_oid(type);

	return row != NULL && row->read == p1_forwarded_read;
}

static const struct row *row_by_kind(enum mx_body_kind kind)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].kind == kind && rows[i].write != NULL)
			return &rows[i];
	}
	return NULL;
}

/* ---- reading a whole one ---- */

static int basic_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out)
{
	const struct row *row = row_by_tag(t->tag);
	struct p1_parts parts = {.has_parameters = true, .data = *t};
	struct ber_cursor c = ber_cursor_over(t->value);

	if (row == NULL || row->read == NULL)
		return -1;
	if (!row->bare) {
		if (!t->constructed)
			return -1;
		TRY(ber_cursor_next(&c, &parts.parameters, NULL));
		TRY(ber_cursor_next(&c, &parts.data, NULL));
		if (!ber_cursor_end(&c))
			return -1;
	}
	out->kind = row->kind;
	return row->read(r, &parts, out);
}

/* ---- extended body parts: SEQUENCE { parameters [0] EXTERNAL OPTIONAL, data EXTERNAL } ---- */

/* What is certain of any extended body part. */
static int extended_split(struct p1_reader *r, const struct ber_tlv *t, struct ber_tlv *parameters, bool *has_parameters,
                          struct p1_external *data)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv external;

	if (t->tag != EXTENDED || !t->constructed)
		return -1;
	TRY(ber_cursor_optional(&c, BER_C(0), parameters, has_parameters, NULL));
	TRY(ber_cursor_expect(&c, BER_U(BER_EXTERNAL), &external, NULL));
	if (!ber_cursor_end(&c))
		return -1;
	TRY(p1_external_read(r->a, &external, data, NULL));
	return data->oid.p != NULL ? 0 : -1;
}

static int parts_read(struct p1_reader *r, const struct ber_tlv *parameters, bool has_parameters, const struct p1_external *data,
                      struct p1_parts *out)
{
	struct p1_external p;

	*out = (struct p1_parts){.has_parameters = has_parameters};
	/* octet-aligned, and not the BER of one value: the octets themselves (B-129, B-211) */
	if (p1_external_value(r->a, data, &r->limits->ber, &out->data, NULL) != 0 && data->form == P1_OCTET_ALIGNED)
		out->data = (struct ber_tlv){.tag = BER_U(BER_OCTET_STRING), .value = data->value, .whole = data->value};
	else if (out->data.whole.p == NULL)
		return -1;
	if (!has_parameters)
		return 0;
	TRY(p1_external_read(r->a, parameters, &p, NULL));
	return p1_external_value(r->a, &p, &r->limits->ber, &out->parameters, NULL);
}

static int extended_known(struct p1_reader *r, const struct ber_tlv *parameters, bool has_parameters, const struct p1_external *data,
                          struct mx_body_part *out)
{
	const struct row *row = row_by_oid(&out->type);
	struct p1_parts parts;

	if (row == NULL || row->read == NULL)
		return -1;
	TRY(parts_read(r, parameters, has_parameters, data, &parts));
	out->kind = row->kind;
	return row->read(r, &parts, out);
}

static int extended_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out)
{
	struct mx_body_part plain;
	struct p1_external data;
	struct ber_tlv parameters;
	bool has_parameters;

	TRY(extended_split(r, t, &parameters, &has_parameters, &data));
	out->extended = true;
	out->type = p1_oid(r->a, data.oid);
	if (has_parameters)
		out->parameters = parameters.whole;
	plain = *out;
	if (extended_known(r, &parameters, has_parameters, &data, out) == 0)
		return 0;
	*out = plain;
	out->kind = MX_BODY_EXTENDED;
	out->data = blob_mem(data.value.p, data.value.len);
	out->data_form = (int)data.form;
	return 0;
}

int p1_body_part_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out, struct err *e)
{
	struct mx_body_part empty = *out;

	if (++r->body_parts > r->limits->body_parts)
		return ERR(e, ERR_P1_BODY_PARTS, "more than %u", r->limits->body_parts);
	if (BER_CLASS_OF(t->tag) != BER_CONTEXT)
		return ERR(e, ERR_P1_CONTENT, "a body part with tag %u of class %u", BER_NUMBER_OF(t->tag), BER_CLASS_OF(t->tag));
	out->tag = MX_ABSENT;
	if (basic_read(r, t, out) != 0 && extended_read(r, t, out) != 0) {
		*out = empty;
		out->kind = MX_BODY_OTHER;
		out->tag = (int)BER_NUMBER_OF(t->tag);
		out->data = blob_mem(t->whole.p, t->whole.len);
	}
	out->raw = blob_mem(t->whole.p, t->whole.len);
	return 0;
}

int p1_read_body_part(struct arena *a, const struct blob *part, struct mx_body_part *out, struct err *e)
{
	static const struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct p1_reader r = {.a = a, .limits = &limits};
	struct octets in;
	struct ber_tlv t;

	TRY(blob_map(a, part, &in, e));
	TRY(ber_gate(a, in, &limits.ber, &in, e));
	TRY(ber_tlv_read(in, &t, e));
	return p1_body_part_read(&r, &t, out, e);
}

/* ---- writing a whole one ---- */

/* [15] around parameters (empty: none) and data, each in its EXTERNAL. */
static void extended_wrap(struct arena *a, struct ber_rope *parameters, const char *parameters_oid, struct ber_rope *data,
                          struct octets data_oid, enum p1_external_form form, struct ber_rope *out)
{
	p1_external_wrap(a, data, BER_U(BER_EXTERNAL), data_oid, form);
	if (parameters->len > 0 && parameters_oid != NULL)
		p1_external_wrap(a, parameters, BER_C(0), mx_oid_parse(a, parameters_oid).der, P1_SINGLE_ASN1_TYPE);
	ber_rope_append(parameters, data);
	ber_rope_wrap(a, parameters, EXTENDED, true);
	ber_rope_append(out, parameters);
}

/* Parameters, if there are any, as BER that somebody else made. */
static int generic_write(struct arena *a, const struct mx_body_part *in, struct ber_rope *data, enum p1_external_form form,
                         struct ber_rope *out, struct err *e)
{
	struct ber_rope parameters = {0};
	struct ber_tlv t;

	if (in->type.der.p == NULL)
		return ERR(e, ERR_P1_MISSING, "the type of an extended body part");
	if (in->parameters.len > 0) {
		TRY(ber_tlv_read(in->parameters, &t, e));
		if (t.tag != BER_C(0) && t.tag != BER_U(BER_EXTERNAL))
			return ERR(e, ERR_P1_VALUE, "parameters of an extended body part");
		ber_rope_octets(a, &parameters, t.value);
		ber_rope_wrap(a, &parameters, BER_C(0), true);
	}
	extended_wrap(a, &parameters, NULL, data, in->type.der, form, out);
	return 0;
}

/* A forwarded content (X.420:1999 7.4.17) keeps its type. */
static int forwarded_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *out,
                           struct err *e)
{
	struct ber_rope data = {0};

	TRY(p1_ipm_write(a, &in->message->ipm, options, BER_C(0), &data, e));
	ber_rope_wrap(a, &data, BER_U(BER_OCTET_STRING), false);
	return generic_write(a, in, &data, P1_SINGLE_ASN1_TYPE, out, e);
}

int p1_body_part_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *out,
                       struct err *e)
{
	const struct row *row = row_by_kind(in->kind);
	struct ber_rope parameters = {0}, data = {0};

	if (in->raw.len > 0 || in->kind == MX_BODY_OTHER) {
		ber_rope_blob(a, out, in->raw.len > 0 ? in->raw : in->data);
		return 0;
	}
	if (in->kind == MX_BODY_EXTENDED) {
		ber_rope_blob(a, &data, in->data);
		return generic_write(a, in, &data, (enum p1_external_form)in->data_form, out, e);
	}
	if (in->kind == MX_BODY_MESSAGE && in->message != NULL && is_forwarded_content(&in->type))
		return forwarded_write(a, in, options, out, e);
	if (row == NULL)
		return ERR(e, ERR_BUG_INTERNAL, "body part kind %d", (int)in->kind);
	TRY(row->write(a, in, options, &parameters, &data, e));
	if (row->data_oid != NULL) {
		extended_wrap(a, &parameters, row->parameters_oid, &data,
		              row->kind == MX_BODY_OCTETS ? in->type.der : mx_oid_parse(a, row->data_oid).der, P1_SINGLE_ASN1_TYPE, out);
		return 0;
	}
	if (row->tag == NONE || (in->extended && row->id != NONE)) {
		extended_wrap(a, &parameters, arena_printf(a, ID_EP ".%d", row->id), &data,
		              mx_oid_parse(a, arena_printf(a, ID_ET ".%d", row->id)).der, P1_SINGLE_ASN1_TYPE, out);
		return 0;
	}
	ber_rope_append(&parameters, &data);
	if (!row->bare)
		ber_rope_wrap(a, &parameters, BER_C(row->tag), true);
	ber_rope_append(out, &parameters);
	return 0;
}

/* ---- the basic twin of an extended body part ---- */

int p1_body_part_basic(struct arena *a, const struct mx_body_part *in, struct mx_body_part *out)
{
	static const struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct p1_reader r = {.a = a, .limits = &limits};
	const struct row *row = row_by_oid(&in->type);
	struct ber_rope twin = {0};
	struct p1_external data;
	struct ber_tlv t, parameters;
	struct p1_parts parts;
	struct octets o;
	bool has_parameters;
	struct buf *b;
	struct stream *s;

	if ((in->kind != MX_BODY_EXTENDED && in->kind != MX_BODY_G3) || in->raw.len == 0 || row == NULL || row->tag == NONE)
		return -1;
	TRY(blob_map(a, &in->raw, &o, NULL));
	TRY(ber_tlv_read(o, &t, NULL));
	TRY(extended_split(&r, &t, &parameters, &has_parameters, &data));
	TRY(parts_read(&r, &parameters, has_parameters, &data, &parts));
	if (!row->bare) {
		ber_rope_octets(a, &twin, has_parameters ? parts.parameters.whole : (struct octets){(const uint8_t *)"\x31", 2});
		ber_rope_octets(a, &twin, parts.data.whole);
	} else {
		ber_rope_octets(a, &twin, row->tag == 7 ? parts.data.whole : parts.data.value);
	}
	ber_rope_wrap(a, &twin, BER_C(row->tag), true);
	b = buf_in(a, twin.len);
	s = stream_to_buf(a, b);
	ber_rope_write(&twin, s);
	TRY(stream_finish(s, NULL));
	*out = *in;
	out->kind = MX_BODY_OTHER;
	out->tag = row->tag;
	out->extended = false;
	out->data = out->raw = blob_mem(b->p, b->len);
	return 0;
}
