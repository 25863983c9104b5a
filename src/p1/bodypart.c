/*
 * p1/bodypart.c - see bodypart.h.
 */
#include "p1/bodypart.h"

#include <string.h>

#include "base/stream.h"
#include "p1/external.h"
#include "p1/filetransfer.h"
#include "p1/flatten.h"
#include "p1/values.h"

/* Context tags of BodyPart. */
enum basic { IA5_TEXT = 0, TELETEX = 5, NATIONALLY_DEFINED = 7, MESSAGE = 9, BILATERALLY_DEFINED = 14, EXTERNALLY_DEFINED = 15 };

#define FORM_FEED 0x0C

/* ---- reading what basic and extended forms share: parameters and data ---- */

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

static int ia5_data(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out)
{
	/* some write other strings here: text is text */
	if (BER_CLASS_OF(t->tag) != BER_UNIVERSAL || t->constructed)
		return -1;
	return p1_flatten(r->a, t, &out->data, NULL);
}

/* Pages, each followed by a form feed. */
static int teletex_data(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out)
{
	static const uint8_t ff = FORM_FEED;
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

/* SEQUENCE { parameters SET, data IPM }, MessageParameters SET { delivery-time [0], delivery-envelope [1] } */
static int message_data(struct p1_reader *r, const struct ber_tlv *parameters, const struct ber_tlv *data, struct mx_body_part *out)
{
	struct mx_message *m;
	struct ber_cursor c;
	struct ber_tlv t;
	int result;

	if (parameters != NULL) {
		if (parameters->tag != BER_U(BER_SET))
			return -1;
		for (c = ber_cursor_over(parameters->value); !ber_cursor_end(&c);) {
			TRY(ber_cursor_next(&c, &t, NULL));
			if (t.tag == BER_C(0))
				TRY(p1_time_decode(t.value, &out->delivery_time, NULL));
		}
	}
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

/* ---- basic body parts ---- */

static int with_parameters(const struct ber_tlv *t, struct ber_tlv *parameters, struct ber_tlv *data)
{
	struct ber_cursor c = ber_cursor_over(t->value);

	if (!t->constructed)
		return -1;
	TRY(ber_cursor_next(&c, parameters, NULL));
	TRY(ber_cursor_next(&c, data, NULL));
	return ber_cursor_end(&c) ? 0 : -1;
}

static int basic_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out)
{
	struct ber_tlv parameters, data;

	switch (t->tag) {
	case BER_C(IA5_TEXT):
		out->kind = MX_BODY_IA5;
		TRY(with_parameters(t, &parameters, &data));
		TRY(ia5_parameters(&parameters, out));
		return ia5_data(r, &data, out);
	case BER_C(TELETEX):
		out->kind = MX_BODY_TELETEX;
		TRY(with_parameters(t, &parameters, &data));
		return teletex_data(r, &data, out);
	case BER_C(MESSAGE):
		out->kind = MX_BODY_MESSAGE;
		TRY(with_parameters(t, &parameters, &data));
		return message_data(r, &parameters, &data, out);
	case BER_C(BILATERALLY_DEFINED):
		out->kind = MX_BODY_BILATERAL;
		return p1_flatten(r->a, t, &out->data, NULL);
	case BER_C(NATIONALLY_DEFINED):
		out->kind = MX_BODY_NATIONALLY_DEFINED;
		out->data = blob_mem(t->value.p, t->value.len);
		return 0;
	default:
		return -1;
	}
}

/* ---- extended body parts: SEQUENCE { parameters [0] EXTERNAL OPTIONAL, data EXTERNAL } ---- */

struct extended {
	bool has_parameters;
	struct ber_tlv parameters; /* the value inside the EXTERNAL */
	struct ber_tlv data;
};

static int read_ia5(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	out->repertoire = 5;
	if (x->has_parameters)
		TRY(ia5_parameters(&x->parameters, out));
	return ia5_data(r, &x->data, out);
}

static int read_teletex(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	return teletex_data(r, &x->data, out);
}

static int read_message(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	return message_data(r, x->has_parameters ? &x->parameters : NULL, &x->data, out);
}

static int read_octets(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	if (x->data.tag != BER_U(BER_OCTET_STRING))
		return -1;
	return p1_flatten(r->a, &x->data, &out->data, NULL);
}

/* SET OF INTEGER; absent means {1, 6} (RFC 2157 6.2), which the reader of the text assumes */
static int read_general_text(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(x->parameters.value);
	struct ber_tlv m;
	int64_t v;

	while (x->has_parameters && !ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, NULL));
		TRY(ber_tlv_integer(&m, &v, NULL));
		if (v < 1 || v > 32767)
			return -1;
		*ARENA_PUSH(r->a, &out->character_sets) = (int)v;
	}
	if (x->data.tag != BER_U(BER_GENERAL_STRING))
		return -1;
	return p1_flatten(r->a, &x->data, &out->data, NULL);
}

static int read_file(struct p1_reader *r, const struct extended *x, struct mx_body_part *out)
{
	struct octets parameters = {NULL, 0};

	if (x->has_parameters)
		parameters = x->parameters.whole;
	return p1_file_read(r, parameters, &x->data, out, NULL);
}

static const struct {
	const char *oid;
	enum mx_body_kind kind;
	int (*read)(struct p1_reader *r, const struct extended *x, struct mx_body_part *out);
} extended_rows[] = {
	{"2.6.1.4.0", MX_BODY_IA5, read_ia5},
	{"2.6.1.4.4", MX_BODY_TELETEX, read_teletex},
	{"2.6.1.4.7", MX_BODY_MESSAGE, read_message},
	{"2.6.1.4.9", MX_BODY_BILATERAL, read_octets},
	{"2.6.1.4.11", MX_BODY_GENERAL_TEXT, read_general_text},
	{P1_OID_ET_FILE_TRANSFER, MX_BODY_FILE_TRANSFER, read_file},
};

/* What is certain of any extended body part. */
static int extended_split(struct p1_reader *r, const struct ber_tlv *t, struct ber_tlv *parameters, bool *has_parameters,
                          struct p1_external *data)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv external;

	if (t->tag != BER_C(EXTERNALLY_DEFINED) || !t->constructed)
		return -1;
	TRY(ber_cursor_optional(&c, BER_C(0), parameters, has_parameters, NULL));
	TRY(ber_cursor_expect(&c, BER_U(BER_EXTERNAL), &external, NULL));
	if (!ber_cursor_end(&c))
		return -1;
	TRY(p1_external_read(r->a, &external, data, NULL));
	return data->oid.p != NULL ? 0 : -1;
}

static int extended_known(struct p1_reader *r, const struct ber_tlv *parameters, bool has_parameters, const struct p1_external *data,
                          struct mx_body_part *out)
{
	struct extended x = {.has_parameters = has_parameters};
	struct p1_external p;
	size_t i;

	for (i = 0; i < ARRAY_LEN(extended_rows) && !mx_oid_is(&out->type, extended_rows[i].oid); i++)
		;
	if (i == ARRAY_LEN(extended_rows))
		return -1;
	TRY(p1_external_value(r->a, data, &r->limits->ber, &x.data, NULL));
	if (has_parameters) {
		TRY(p1_external_read(r->a, parameters, &p, NULL));
		TRY(p1_external_value(r->a, &p, &r->limits->ber, &x.parameters, NULL));
	}
	out->kind = extended_rows[i].kind;
	return extended_rows[i].read(r, &x, out);
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

/* ---- writing ---- */

static struct ber_rope rope_of(struct arena *a, const struct ber_writer *w)
{
	struct ber_rope r = {0};

	ber_rope_octets(a, &r, ber_writer_octets(w));
	return r;
}

/* SET {} or SET { repertoire [0] } */
static struct ber_rope ia5_parameters_write(struct arena *a, const struct mx_body_part *in)
{
	struct ber_writer w = ber_writer_in(a);

	if (in->repertoire == 2)
		ber_put_integer(&w, BER_C(0), 2);
	ber_close(&w, BER_U(BER_SET), 0);
	return rope_of(a, &w);
}

static struct ber_rope string_write(struct arena *a, const struct blob *data, uint32_t tag)
{
	struct ber_rope r = {0};

	ber_rope_blob(a, &r, *data);
	ber_rope_wrap(a, &r, tag, false);
	return r;
}

/* The form feeds end pages and are not sent. */
static int teletex_write(struct arena *a, const struct mx_body_part *in, struct ber_rope *out, struct err *e)
{
	struct ber_rope page;
	struct octets text;
	size_t start = 0, i;
	struct blob slice;

	TRY(blob_map(a, &in->data, &text, e));
	*out = (struct ber_rope){0};
	for (i = 0; i <= text.len; i++) {
		if (i < text.len ? text.p[i] != FORM_FEED : start == i && start > 0)
			continue;
		slice = blob_slice(&in->data, start, i - start);
		page = string_write(a, &slice, BER_U(BER_TELETEX_STRING));
		ber_rope_append(out, &page);
		start = i + 1;
	}
	ber_rope_wrap(a, out, BER_U(BER_SEQUENCE), true);
	return 0;
}

static int message_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                         struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	char time[20];

	if (in->message == NULL || in->message->content != MX_CONTENT_IPM)
		return ERR(e, ERR_P1_MISSING, "the message of a forwarded message");
	if (in->delivery_time.set) {
		clock_format_utctime(&in->delivery_time, time);
		ber_put_text(&w, BER_C(0), time);
	}
	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	if (in->message->content_octets.len > 0) {
		*data = (struct ber_rope){0};
		ber_rope_blob(a, data, in->message->content_octets);
		return 0;
	}
	*data = (struct ber_rope){0};
	return p1_ipm_write(a, &in->message->ipm, options, BER_U(BER_SEQUENCE), data, e);
}

static struct ber_rope general_text_parameters(struct arena *a, const struct mx_body_part *in)
{
	struct ber_writer w = ber_writer_in(a);
	size_t i;

	if (in->character_sets.count == 0)
		return rope_of(a, &w);
	for (i = in->character_sets.count; i-- > 0;)
		ber_put_integer(&w, BER_U(BER_INTEGER), in->character_sets.items[i]);
	ber_close(&w, BER_U(BER_SET), 0);
	return rope_of(a, &w);
}

/* [15] around parameters (empty: none) and data, each in its EXTERNAL. */
static void extended_wrap(struct arena *a, struct ber_rope *parameters, const char *parameters_oid, struct ber_rope *data,
                          struct octets data_oid, struct ber_rope *out)
{
	p1_external_wrap(a, data, BER_U(BER_EXTERNAL), data_oid);
	if (parameters->len > 0 && parameters_oid != NULL)
		p1_external_wrap(a, parameters, BER_C(0), mx_oid_parse(a, parameters_oid).der);
	ber_rope_append(parameters, data);
	ber_rope_wrap(a, parameters, BER_C(EXTERNALLY_DEFINED), true);
	ber_rope_append(out, parameters);
}

static void basic_wrap(struct arena *a, struct ber_rope *parameters, struct ber_rope *data, enum basic tag, struct ber_rope *out)
{
	ber_rope_append(parameters, data);
	ber_rope_wrap(a, parameters, BER_C(tag), true);
	ber_rope_append(out, parameters);
}

static void put_known(struct arena *a, const struct mx_body_part *in, struct ber_rope *parameters, struct ber_rope *data, enum basic tag,
                      int extended_id, struct ber_rope *out)
{
	if (!in->extended) {
		basic_wrap(a, parameters, data, tag, out);
		return;
	}
	extended_wrap(a, parameters, arena_printf(a, "2.6.1.11.%d", extended_id), data,
	              mx_oid_parse(a, arena_printf(a, "2.6.1.4.%d", extended_id)).der, out);
}

/* The value and, if there are any, the parameters as BER that somebody else made. */
static int generic_write(struct arena *a, const struct mx_body_part *in, struct ber_rope *out, struct err *e)
{
	struct ber_rope parameters = {0}, data = {0};
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
	ber_rope_blob(a, &data, in->data);
	extended_wrap(a, &parameters, NULL, &data, in->type.der, out);
	return 0;
}

static int file_write(struct arena *a, const struct mx_body_part *in, struct ber_rope *out, struct err *e)
{
	struct ber_rope parameters = {0}, data = {0};
	struct octets p;

	TRY(p1_file_write(a, in, &p, &data, e));
	ber_rope_octets(a, &parameters, p);
	extended_wrap(a, &parameters, P1_OID_EP_FILE_TRANSFER, &data, mx_oid_parse(a, P1_OID_ET_FILE_TRANSFER).der, out);
	return 0;
}

int p1_body_part_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *out,
                       struct err *e)
{
	struct ber_rope parameters = {0}, data = {0};
	struct ber_writer w = ber_writer_in(a);

	if (in->raw.len > 0) {
		ber_rope_blob(a, out, in->raw);
		return 0;
	}
	switch (in->kind) {
	case MX_BODY_IA5:
		parameters = ia5_parameters_write(a, in);
		data = string_write(a, &in->data, BER_U(BER_IA5_STRING));
		put_known(a, in, &parameters, &data, IA5_TEXT, 0, out);
		return 0;
	case MX_BODY_TELETEX:
		ber_close(&w, BER_U(BER_SET), 0);
		parameters = rope_of(a, &w);
		TRY(teletex_write(a, in, &data, e));
		put_known(a, in, &parameters, &data, TELETEX, 4, out);
		return 0;
	case MX_BODY_MESSAGE:
		TRY(message_write(a, in, options, &parameters, &data, e));
		put_known(a, in, &parameters, &data, MESSAGE, 7, out);
		return 0;
	case MX_BODY_GENERAL_TEXT:
		parameters = general_text_parameters(a, in);
		data = string_write(a, &in->data, BER_U(BER_GENERAL_STRING));
		extended_wrap(a, &parameters, "2.6.1.11.11", &data, mx_oid_parse(a, "2.6.1.4.11").der, out);
		return 0;
	case MX_BODY_FILE_TRANSFER:
		return file_write(a, in, out, e);
	case MX_BODY_BILATERAL:
		data = string_write(a, &in->data, in->extended ? BER_U(BER_OCTET_STRING) : BER_C(BILATERALLY_DEFINED));
		if (in->extended)
			extended_wrap(a, &parameters, NULL, &data, mx_oid_parse(a, "2.6.1.4.9").der, out);
		else
			ber_rope_append(out, &data);
		return 0;
	case MX_BODY_NATIONALLY_DEFINED: /* ANY DEFINED BY country: explicit tag */
		ber_rope_blob(a, &data, in->data);
		ber_rope_wrap(a, &data, BER_C(NATIONALLY_DEFINED), true);
		ber_rope_append(out, &data);
		return 0;
	case MX_BODY_EXTENDED:
		return generic_write(a, in, out, e);
	case MX_BODY_OTHER:
		ber_rope_blob(a, out, in->data);
		return 0;
	}
	return ERR(e, ERR_BUG_INTERNAL, "body part kind %d", (int)in->kind);
}
