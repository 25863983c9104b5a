/*
 * p1/bodypart_media.c - see bodypart_media.h.  A reader that fails leaves the part to be kept as octets.
 */
#include "p1/bodypart_media.h"

#include <string.h>

#include "base/str.h"
#include "ber/gate.h"
#include "ber/writer.h"
#include "p1/flatten.h"
#include "p1/values.h"

static struct ber_rope rope_of(struct arena *a, const struct ber_writer *w)
{
	struct ber_rope r = {0};

	ber_rope_octets(a, &r, ber_writer_octets(w));
	return r;
}

/* ---- id-mime-bp-data: SEQUENCE { type/subtype, SEQUENCE OF { name, value }, SEQUENCE OF other fields } ---- */

static int media_parameter(struct arena *a, const struct ber_tlv *t, struct mx_media *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv name, value;

	TRY(ber_cursor_next(&c, &name, NULL));
	TRY(ber_cursor_next(&c, &value, NULL));
	*ARENA_PUSH(a, &out->parameters) = arena_printf(a, "%s=%s", p1_text(a, name.value), p1_text(a, value.value));
	return 0;
}

int p1_media_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(parts->parameters.value), k;
	struct ber_tlv type, list, t;

	if (!parts->has_parameters || parts->parameters.tag != BER_U(BER_SEQUENCE) || parts->data.tag != BER_U(BER_OCTET_STRING))
		return -1;
	TRY(ber_cursor_expect(&c, BER_U(BER_IA5_STRING), &type, NULL));
	out->media.type = p1_text(r->a, type.value);
	if (!ber_cursor_end(&c)) {
		TRY(ber_cursor_expect(&c, BER_U(BER_SEQUENCE), &list, NULL));
		for (k = ber_cursor_over(list.value); !ber_cursor_end(&k);) {
			TRY(ber_cursor_expect(&k, BER_U(BER_SEQUENCE), &t, NULL));
			TRY(media_parameter(r->a, &t, &out->media));
		}
	}
	if (!ber_cursor_end(&c)) {
		TRY(ber_cursor_expect(&c, BER_U(BER_SEQUENCE), &list, NULL));
		for (k = ber_cursor_over(list.value); !ber_cursor_end(&k);) {
			TRY(ber_cursor_next(&k, &t, NULL));
			*ARENA_PUSH(r->a, &out->media.fields) = p1_text(r->a, t.value);
		}
	}
	return p1_flatten(r->a, &parts->data, &out->data, NULL);
}

int p1_octets_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                    struct ber_rope *parameters UNUSED, struct ber_rope *data, struct err *e UNUSED)
{
	*data = (struct ber_rope){0};
	ber_rope_blob(a, data, in->data);
	ber_rope_wrap(a, data, BER_U(BER_OCTET_STRING), false);
	return 0;
}

int p1_media_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                   struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	size_t i, mark;

	for (i = in->media.fields.count; i-- > 0;)
		ber_put_text(&w, BER_U(BER_IA5_STRING), in->media.fields.items[i]);
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	mark = ber_mark(&w);
	for (i = in->media.parameters.count; i-- > 0;) {
		const char *item = in->media.parameters.items[i];
		size_t name = strcspn(item, "="), one = ber_mark(&w);

		ber_put_text(&w, BER_U(BER_IA5_STRING), item[name] == '=' ? item + name + 1 : "");
		ber_put_octets(&w, BER_U(BER_IA5_STRING), item, name);
		ber_close(&w, BER_U(BER_SEQUENCE), one);
	}
	ber_close(&w, BER_U(BER_SEQUENCE), mark);
	ber_put_text(&w, BER_U(BER_IA5_STRING), in->media.type != NULL ? in->media.type : "application/octet-stream");
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	*parameters = rope_of(a, &w);
	return p1_octets_write(a, in, options, parameters, data, e);
}

/* ---- JPEG, GIF, PostScript: OCTET STRING alone ---- */

static int octets_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	if (parts->data.tag != BER_U(BER_OCTET_STRING))
		return -1;
	return p1_flatten(r->a, &parts->data, &out->data, NULL);
}

int p1_octets_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	return parts->has_parameters ? -1 : octets_read(r, parts, out);
}

/* ---- ODA: SET { [0] OBJECT IDENTIFIER, [1] INTEGER }, and the data ---- */

int p1_oda_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(parts->parameters.value);
	struct ber_tlv m;
	int64_t v;

	out->oda_class = MX_ABSENT;
	while (parts->has_parameters && !ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, NULL));
		if (m.tag == BER_C(0)) {
			out->oda_profile = p1_oid(r->a, m.value);
		} else if (m.tag == BER_C(1)) {
			TRY(ber_tlv_integer(&m, &v, NULL));
			if (v < 0 || v > 2)
				return -1;
			out->oda_class = (int)v;
		}
	}
	return octets_read(r, parts, out);
}

int p1_oda_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                 struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);

	if (in->oda_class != MX_ABSENT)
		ber_put_integer(&w, BER_C(1), in->oda_class);
	if (in->oda_profile.der.p != NULL)
		ber_put_octets(&w, BER_C(0), in->oda_profile.der.p, in->oda_profile.der.len);
	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	return p1_octets_write(a, in, options, parameters, data, e);
}

/* ---- g3-facsimile: SET { [0] number-of-pages, [1] non-basic-parameters }, SEQUENCE OF BIT STRING ---- */

int p1_g3_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_cursor c;
	struct ber_tlv m;

	if (parts->data.tag != BER_U(BER_SEQUENCE))
		return -1;
	for (c = ber_cursor_over(parts->parameters.value); parts->has_parameters && !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &m, NULL));
		if (m.tag == BER_C(1))
			TRY(ber_tlv_bits(&m, &out->g3_parameters, NULL, NULL));
	}
	for (c = ber_cursor_over(parts->data.value); !ber_cursor_end(&c);) {
		struct mx_page *page = ARENA_PUSH(r->a, &out->pages);

		TRY(ber_cursor_next(&c, &m, NULL));
		if (m.tag != BER_U(BER_BIT_STRING) || m.constructed || m.value.len == 0 || m.value.p[0] > 7 ||
		    (m.value.len == 1 && m.value.p[0] != 0))
			return -1;
		page->unused = m.value.p[0];
		page->bits = blob_mem(m.value.p + 1, m.value.len - 1);
	}
	return 0;
}

int p1_g3_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED, struct ber_rope *parameters,
                struct ber_rope *data, struct err *e UNUSED)
{
	struct ber_writer w = ber_writer_in(a);
	unsigned bits = 0;

	while (bits < 32 && in->g3_parameters >> bits != 0)
		bits++;
	if (bits > 0)
		ber_put_bits(&w, BER_C(1), in->g3_parameters, bits);
	ber_put_integer(&w, BER_C(0), (int64_t)in->pages.count);
	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	*data = (struct ber_rope){0};
	for (size_t i = 0; i < in->pages.count; i++) {
		uint8_t *unused = arena_alloc(a, 1);
		struct ber_rope page = {0};

		*unused = (uint8_t)in->pages.items[i].unused;
		ber_rope_octets(a, &page, (struct octets){unused, 1});
		ber_rope_blob(a, &page, in->pages.items[i].bits);
		ber_rope_wrap(a, &page, BER_U(BER_BIT_STRING), false);
		ber_rope_append(data, &page);
	}
	ber_rope_wrap(a, data, BER_U(BER_SEQUENCE), true);
	return 0;
}

/* ---- iso6937-text: SET, SEQUENCE OF [0] OCTET STRING, one a line (ISO DIS 10021 of 1984) ---- */

int p1_iso6937_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_cursor c = ber_cursor_over(parts->data.value);
	struct buf *b = buf_in(r->a, 2 * parts->data.value.len + 16);
	struct ber_tlv line;

	if (parts->data.tag != BER_U(BER_SEQUENCE))
		return octets_read(r, parts, out);
	for (bool first = true; !ber_cursor_end(&c); first = false) {
		TRY(ber_cursor_next(&c, &line, NULL));
		if (line.constructed)
			return -1;
		buf_puts(b, first ? "" : "\r\n");
		buf_put(b, line.value.p, line.value.len);
	}
	if (!buf_ok(b))
		return -1;
	out->data = blob_mem(b->len > 0 ? b->p : (const uint8_t *)"", b->len);
	return 0;
}

int p1_iso6937_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options UNUSED,
                     struct ber_rope *parameters, struct ber_rope *data, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	struct octets text;

	ber_close(&w, BER_U(BER_SET), 0);
	*parameters = rope_of(a, &w);
	*data = (struct ber_rope){0};
	TRY(blob_map(a, &in->data, &text, e));
	for (size_t i = 0, n; i < text.len; i += n) {
		const uint8_t *nl = memchr(text.p + i, '\n', text.len - i);
		struct ber_rope line = {0};
		size_t end;

		n = nl != NULL ? (size_t)(nl - text.p) - i + 1 : text.len - i;
		for (end = n; end > 0 && (text.p[i + end - 1] == '\n' || text.p[i + end - 1] == '\r'); end--)
			;
		ber_rope_octets(a, &line, (struct octets){text.p + i, end});
		ber_rope_wrap(a, &line, BER_C(0), false);
		ber_rope_append(data, &line);
	}
	ber_rope_wrap(a, data, BER_U(BER_SEQUENCE), true);
	return 0;
}

/* ---- forwarded contents ---- */

int p1_forwarded_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out)
{
	struct ber_tlv t = parts->data;
	struct mx_message *m;
	struct octets inside;
	int result;

	if (t.tag == BER_U(BER_OCTET_STRING)) {
		struct blob b;

		TRY(p1_flatten(r->a, &t, &b, NULL));
		inside = (struct octets){b.mem, (size_t)b.len};
		TRY(ber_gate(r->a, inside, &r->limits->ber, &inside, NULL));
		TRY(ber_tlv_read(inside, &t, NULL));
	}
	if (t.tag != BER_C(0) || r->depth >= r->limits->nesting) /* an IPM */
		return -1;
	m = mx_message_new(r->a, MX_MESSAGE);
	r->depth++;
	result = p1_ipm_read(r, &t, &m->ipm, NULL);
	r->depth--;
	if (result != 0)
		return -1;
	m->content = MX_CONTENT_IPM;
	out->message = m;
	return 0;
}
