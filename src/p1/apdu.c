/*
 * p1/apdu.c - MTS-APDU (X.411 12.2): message, report and probe as a whole.  See p1.h.
 */
#include "ber/rope.h"
#include "p1/content.h"
#include "p1/downgrade.h"
#include "p1/envelope.h"
#include "p1/external.h"
#include "p1/flatten.h"
#include "p1/p1.h"
#include "p1/report.h"

/* MTS-APDU */
#define MESSAGE BER_C(0)
#define REPORT BER_C(1)
#define PROBE BER_C(2)

/* ---- reading ---- */

/* How many elements the field of envelope has, before generated code makes a struct for each. */
static int check_recipients(const struct ber_tlv *envelope, uint32_t field, unsigned most, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(envelope->value), list;
	struct ber_tlv t;
	unsigned n = 0;

	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &t, e));
		for (list = ber_cursor_over(t.value); t.tag == field && t.constructed && !ber_cursor_end(&list);) {
			struct ber_tlv one;
			TRY(ber_cursor_next(&list, &one, e));
			if (++n > most)
				return ERR(e, ERR_P1_RECIPIENTS, "more than %u", most);
		}
	}
	return 0;
}

static int message_read(struct arena *a, const struct ber_tlv *apdu, const struct p1_limits *limits, struct mx_message *out,
                        struct err *content_error, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(apdu->value);
	struct ber_tlv envelope, content;

	TRY(ber_cursor_expect(&c, BER_U(BER_SET), &envelope, e));
	TRY(ber_cursor_expect(&c, BER_U(BER_OCTET_STRING), &content, e));
	TRY(check_recipients(&envelope, BER_C(2), limits->recipients, e));
	TRY(p1_message_envelope_read(a, envelope.whole, out, e));
	TRY(p1_flatten(a, &content, &out->content_octets, e));
	if (!p1_content_is_interpersonal(&out->envelope))
		return 0;
	if (p22_decode(a, &out->content_octets, limits, out, content_error) != 0)
		out->content = MX_CONTENT_OPAQUE;
	return 0;
}

static int report_read(struct arena *a, const struct ber_tlv *apdu, const struct p1_limits *limits, struct mx_message *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(apdu->value);
	struct ber_tlv envelope, content;

	TRY(ber_cursor_expect(&c, BER_U(BER_SET), &envelope, e));
	TRY(ber_cursor_expect(&c, BER_U(BER_SET), &content, e));
	TRY(check_recipients(&content, BER_C(0), limits->recipients, e));
	TRY(p1_report_envelope_read(a, envelope.whole, out, e));
	return p1_report_content_read(a, content.whole, &out->report, e);
}

static int probe_read(struct arena *a, const struct ber_tlv *apdu, const struct p1_limits *limits, struct mx_message *out, struct err *e)
{
	TRY(check_recipients(apdu, BER_C(2), limits->recipients, e));
	return p1_probe_envelope_read(a, apdu->whole, out, e);
}

int p1_decode(struct arena *a, const struct blob *apdu, const struct p1_limits *limits, struct mx_message **out,
              struct err *content_error, struct err *e)
{
	struct p1_external x;
	struct octets in;
	struct ber_tlv t;

	TRY(blob_map(a, apdu, &in, e));
	TRY(ber_gate(a, in, &limits->ber, &in, e));
	TRY(ber_tlv_read(in, &t, e));
	/* RTSE in normal mode hands over the EXTERNAL that X.228 7.2 puts around */
	if (t.tag == BER_U(BER_EXTERNAL)) {
		TRY(p1_external_read(a, &t, &x, e));
		TRY(p1_external_value(a, &x, &limits->ber, &t, e));
	}
	switch (t.tag) {
	case MESSAGE:
		*out = mx_message_new(a, MX_MESSAGE);
		return message_read(a, &t, limits, *out, content_error, e);
	case REPORT:
		*out = mx_message_new(a, MX_REPORT);
		return report_read(a, &t, limits, *out, e);
	case PROBE:
		*out = mx_message_new(a, MX_PROBE);
		return probe_read(a, &t, limits, *out, e);
	default:
		return ERR(e, ERR_P1_KIND, "tag %u", BER_NUMBER_OF(t.tag));
	}
}

/* ---- writing ---- */

static int message_write(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct ber_rope *out, struct err *e)
{
	struct ber_rope content = {0};
	struct octets envelope;

	TRY(p1_message_envelope_write(a, m, options, &envelope, e));
	TRY(p1_content_write(a, m, options, &content, e));
	ber_rope_wrap(a, &content, BER_U(BER_OCTET_STRING), false);
	ber_rope_octets(a, out, envelope);
	ber_rope_append(out, &content);
	ber_rope_wrap(a, out, MESSAGE, true);
	return 0;
}

static int report_write(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct ber_rope *out, struct err *e)
{
	struct octets envelope;

	TRY(p1_report_envelope_write(a, m, options, &envelope, e));
	ber_rope_octets(a, out, envelope);
	TRY(p1_report_content_write(a, &m->report, options, out, e));
	ber_rope_wrap(a, out, REPORT, true);
	return 0;
}

int p1_encode(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct stream *out, struct err *e)
{
	struct ber_rope r = {0};
	struct octets probe;

	TRY(p1_downgrade(a, m, options, &m, e));
	switch (m->kind) {
	case MX_MESSAGE:
		TRY(message_write(a, m, options, &r, e));
		break;
	case MX_REPORT:
		TRY(report_write(a, m, options, &r, e));
		break;
	case MX_PROBE:
		TRY(p1_probe_envelope_write(a, m, options, &probe, e));
		ber_rope_octets(a, &r, probe);
		break;
	}
	ber_rope_write(&r, out);
	return 0;
}

/* ---- looking ---- */

enum p1_guess p1_guess(struct octets in)
{
	struct ber_head outer, inner = {0};

	/* TPKT: version 3, reserved 0, a length of at least a COTP header */
	if (in.len >= 7 && in.p[0] == 3 && in.p[1] == 0 && (in.p[2] << 8 | in.p[3]) >= 7)
		return P1_IS_TPKT;
	if (ber_head_read(in, &outer, NULL) != 0 || !outer.constructed)
		return P1_IS_UNKNOWN;
	if (outer.tag == BER_U(BER_EXTERNAL))
		return P1_IS_APDU;
	if (ber_head_read((struct octets){in.p + outer.size, in.len - outer.size}, &inner, NULL) != 0)
		return P1_IS_UNKNOWN;
	/* message: [0] { SET {[APPLICATION 4] MTS-identifier or any other application tag; IPM: [0] { SET { [APPLICATION 11] ... */
	if (outer.tag == REPORT && inner.tag == BER_U(BER_SET))
		return P1_IS_APDU;
	if (outer.tag == PROBE)
		return P1_IS_APDU;
	if (outer.tag == BER_C(1))
		return P1_IS_CONTENT; /* IPN: a SET of its own */
	if (outer.tag != BER_C(0) || inner.tag != BER_U(BER_SET))
		return P1_IS_UNKNOWN;
	if (!outer.indefinite && !inner.indefinite) {
		/* what stands behind the SET tells: content OCTET STRING or body SEQUENCE */
		uint64_t at = outer.size + inner.size + inner.length;
		if (at < in.len)
			return in.p[at] == 0x30 ? P1_IS_CONTENT : P1_IS_APDU;
	}
	if (ber_head_read((struct octets){in.p + outer.size + inner.size, in.len - outer.size - inner.size}, &inner, NULL) != 0)
		return P1_IS_UNKNOWN;
	return inner.tag == BER_A(11) ? P1_IS_CONTENT : P1_IS_APDU;
}
