/*
 * p1/external.c - see external.h.
 */
#include "p1/external.h"

#include "ber/writer.h"
#include "p1/flatten.h"

int p1_external_read(struct arena *a, const struct ber_tlv *t, struct p1_external *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv m, inner;
	struct blob b;

	*out = (struct p1_external){0};
	if (!t->constructed)
		return ERR(e, ERR_BER_TYPE, "EXTERNAL without members");
	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &m, e));
		switch (m.tag) {
		case BER_U(BER_OID):
			out->oid = m.value;
			break;
		case BER_U(BER_INTEGER): /* indirect-reference: a presentation context */
		case BER_U(7):           /* data-value-descriptor */
			break;
		case BER_C(0):
			TRY(ber_tlv_inner(&m, &inner, e));
			out->form = P1_SINGLE_ASN1_TYPE;
			out->value = inner.whole;
			return 0;
		case BER_C(1):
		case BER_C(2):
			TRY(p1_flatten(a, &m, &b, e));
			out->form = m.tag == BER_C(1) ? P1_OCTET_ALIGNED : P1_ARBITRARY;
			out->value = (struct octets){b.mem, (size_t)b.len};
			return 0;
		default:
			return ERR(e, ERR_BER_TYPE, "tag %u in EXTERNAL", BER_NUMBER_OF(m.tag));
		}
	}
	return ERR(e, ERR_BER_TYPE, "EXTERNAL without encoding");
}

int p1_external_value(struct arena *a, const struct p1_external *x, const struct ber_limits *limits, struct ber_tlv *out,
                      struct err *e)
{
	struct octets o = x->value;

	if (x->form == P1_ARBITRARY)
		return ERR(e, ERR_BER_TYPE, "EXTERNAL with bits");
	if (x->form == P1_OCTET_ALIGNED)
		TRY(ber_gate(a, o, limits, &o, e));
	return ber_tlv_read(o, out, e);
}

void p1_external_wrap(struct arena *a, struct ber_rope *value, uint32_t tag, struct octets oid, enum p1_external_form form)
{
	struct ber_writer w = ber_writer_in(a);
	struct ber_rope all = {0};

	ber_rope_wrap(a, value, BER_C(form), form == P1_SINGLE_ASN1_TYPE);
	ber_put_octets(&w, BER_U(BER_OID), oid.p, oid.len);
	ber_rope_octets(a, &all, ber_writer_octets(&w));
	ber_rope_append(&all, value);
	ber_rope_wrap(a, &all, tag, true);
	*value = all;
}
