/*
 * p1/content.c - see content.h.
 */
#include "p1/content.h"

#include "p1/bodypart.h"
#include "p1/downgrade.h"
#include "p1/heading.h"
#include "p1/notification.h"

/* InformationObject: IPM [0], IPN [1] */
#define IPM BER_C(0)
#define IPN BER_C(1)

bool p1_content_is_interpersonal(const struct mx_envelope *envelope)
{
	return envelope->content_type == MX_CONTENT_P2 || envelope->content_type == MX_CONTENT_P22 ||
	       (envelope->content_type == MX_ABSENT &&
	        (mx_oid_is(&envelope->content_type_oid, "2.6.1.10.0") || mx_oid_is(&envelope->content_type_oid, "2.6.1.10.1")));
}

/* ---- reading ---- */

int p1_ipm_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_ipm *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(t->value), parts;
	struct ber_tlv heading, body, part;

	if (!t->constructed)
		return ERR(e, ERR_P1_CONTENT, "an IPM without members");
	TRY(ber_cursor_expect(&c, BER_U(BER_SET), &heading, e));
	TRY(ber_cursor_expect(&c, BER_U(BER_SEQUENCE), &body, e));
	TRY(p1_heading_read(r->a, heading.whole, &out->heading, e));
	for (parts = ber_cursor_over(body.value); !ber_cursor_end(&parts);) {
		TRY(ber_cursor_next(&parts, &part, e));
		TRY(p1_body_part_read(r, &part, mx_add_body_part(r->a, out, MX_BODY_OTHER), e));
	}
	return 0;
}

static int object_read(struct arena *a, struct octets in, const struct p1_limits *limits, struct mx_message *m, struct err *e)
{
	struct p1_reader r = {.a = a, .limits = limits};
	struct ber_tlv t;

	TRY(ber_tlv_read(in, &t, e));
	if (t.tag == IPM) {
		TRY(p1_ipm_read(&r, &t, &m->ipm, e));
		m->content = MX_CONTENT_IPM;
		return 0;
	}
	if (t.tag != IPN)
		return ERR(e, ERR_P1_CONTENT, "tag %u instead of IPM or IPN", BER_NUMBER_OF(t.tag));
	TRY(p1_ipn_read(a, t.whole, &m->ipn, e));
	m->content = MX_CONTENT_IPN;
	return 0;
}

int p22_decode(struct arena *a, const struct blob *content, const struct p1_limits *limits, struct mx_message *m, struct err *e)
{
	const struct mx_message *fresh = mx_message_new(a, m->kind);
	struct err why = {0};
	struct octets in;

	TRY(blob_map(a, content, &in, e));
	if (ber_gate(a, in, &limits->ber, &in, &why) == 0 && object_read(a, in, limits, m, &why) == 0)
		return 0;
	m->content = MX_CONTENT_OPAQUE;
	m->ipm = fresh->ipm;
	m->ipn = fresh->ipn;
	/* whatever is wrong with the octets of a content is a content-syntax-error to its originator */
	if (err_row(why.id)->diagnostic == 14)
		return ERR(e, ERR_P1_CONTENT, "%s: %s", err_row(why.id)->text, why.detail);
	if (e != NULL)
		*e = why;
	return -1;
}

int p1_read_content(struct arena *a, const struct blob *content, struct mx_message *m, struct err *e)
{
	return p22_decode(a, content, &P1_LIMITS_DEFAULT, m, e);
}

/* ---- writing ---- */

int p1_ipm_write(struct arena *a, const struct mx_ipm *in, const struct p1_options *options, uint32_t tag, struct ber_rope *out,
                 struct err *e)
{
	struct ber_rope body = {0}, ipm = {0};
	struct octets heading;
	size_t i;

	TRY(p1_heading_write(a, &in->heading, options, &heading, e));
	for (i = 0; i < in->body.count; i++)
		TRY(p1_body_part_write(a, &in->body.items[i], options, &body, e));
	ber_rope_wrap(a, &body, BER_U(BER_SEQUENCE), true);
	ber_rope_octets(a, &ipm, heading);
	ber_rope_append(&ipm, &body);
	ber_rope_wrap(a, &ipm, tag, true);
	ber_rope_append(out, &ipm);
	return 0;
}

int p1_content_write(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct ber_rope *out,
                     struct err *e)
{
	if (m->content_octets.len > 0) {
		ber_rope_blob(a, out, m->content_octets);
		return 0;
	}
	switch (m->content) {
	case MX_CONTENT_IPM:
		return p1_ipm_write(a, &m->ipm, options, IPM, out, e);
	case MX_CONTENT_IPN:
		return p1_ipn_write(a, &m->ipn, out, e);
	case MX_CONTENT_OPAQUE:
		break;
	}
	return ERR(e, ERR_P1_MISSING, "a message without content");
}

int p22_encode(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct stream *out, struct err *e)
{
	const struct p1_options content_only = {.content_p2 = options->content_p2};
	struct ber_rope r = {0};

	TRY(p1_downgrade(a, m, &content_only, &m, e));
	TRY(p1_content_write(a, m, options, &r, e));
	ber_rope_write(&r, out);
	return 0;
}
