/*
 * osi/pdata.c - see pdata.h.  Called by rtse.c.
 *
 * Reading is tolerant as BER is: indefinite and constructed forms, a transfer syntax name, several PDVs in one SSDU,
 * octet-aligned instead of single-ASN1-type.  Constructed RTTRs nest to the depth of the reader, no deeper.
 */
#include "osi/pdata.h"

#include <string.h>

#include "ber/writer.h"

enum { TAG_OID = 0x06, TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_OCTETS_C = 0x24, TAG_DESCRIPTOR = 0x07, TAG_EXTERNAL = 0x28,
	   TAG_SEQUENCE = 0x30, TAG_USER_DATA = 0x61, TAG_SINGLE = 0xa0, TAG_ALIGNED = 0x81 };
enum { IN_USER_DATA = 1, IN_PDV, IN_VALUE, IN_RTTR };

void pdata_start(struct pdata *d, long context) { *d = (struct pdata){.context = context}; }

static int enter(struct pdata *d, const struct tlv_head *h, uint8_t kind, struct err *e)
{
	if (!tlv_enter(&d->tlv, h, kind))
		return ERR(e, ERR_OSI_PRESENTATION, "RTTR nested deeper than %d", TLV_DEPTH);
	return 0;
}

static void contents(struct pdata *d, const struct tlv_head *h, int what)
{
	d->contents = h->length;
	d->in = h->length > 0 ? what : PDATA_NO_CONTENTS;
}

static int unexpected(const struct tlv_head *h, const char *where, struct err *e)
{
	return ERR(e, ERR_OSI_PRESENTATION, "tag %02x in %s of P-DATA", h->tag, where);
}

static int in_pdv(struct pdata *d, const struct tlv_head *h, struct err *e)
{
	if (h->tag == TAG_OID) {
		contents(d, h, PDATA_SKIP);
		return 0;
	}
	if (h->tag == TAG_INTEGER && h->length >= 1 && h->length <= 4) {
		d->number = 0;
		d->seen = true;
		contents(d, h, PDATA_CONTEXT);
		return 0;
	}
	if (h->tag != TAG_SINGLE && h->tag != TAG_ALIGNED)
		return unexpected(h, "a PDV", e);
	if (!d->seen || d->number != d->context)
		return ERR(e, ERR_OSI_CONTEXT, "P-DATA in presentation context %ld; mta-rtse has %ld", d->seen ? d->number : 0L, d->context);
	/* octet-aligned contents are the encoding of the same value */
	return enter(d, h, IN_VALUE, e);
}

static int take_head(struct pdata *d, const struct tlv_head *h, struct err *e)
{
	switch (d->tlv.depth == 0 ? 0 : d->tlv.frame[d->tlv.depth - 1].kind) {
	case 0:
		return h->tag == TAG_USER_DATA && !d->any ? enter(d, h, IN_USER_DATA, e) : unexpected(h, "the front", e);
	case IN_USER_DATA:
		d->seen = false;
		return h->tag == TAG_SEQUENCE ? enter(d, h, IN_PDV, e) : unexpected(h, "User-data", e);
	case IN_PDV:
		return in_pdv(d, h, e);
	default: /* IN_VALUE, IN_RTTR */
		if (h->tag == TAG_OCTETS) {
			contents(d, h, PDATA_RTTR);
			return 0;
		}
		return h->tag == TAG_OCTETS_C ? enter(d, h, IN_RTTR, e) : unexpected(h, "RTTR", e);
	}
}

/* Contents of a primitive value; true: data is a slice of RTTR. */
static bool take_contents(struct pdata *d, struct octets *in, struct octets *data)
{
	uint64_t n = MIN_OF(d->contents, (uint64_t)in->len);
	bool rttr = d->in == PDATA_RTTR;

	*data = (struct octets){in->p, (size_t)n};
	if (d->in == PDATA_CONTEXT)
		for (uint64_t i = 0; i < n; i++)
			d->number = d->number << 8 | in->p[i];
	tlv_skip(&d->tlv, in, n);
	d->contents -= n;
	if (d->contents == 0)
		d->in = PDATA_NO_CONTENTS;
	return rttr;
}

int pdata_next(struct pdata *d, struct octets *in, struct octets *data, struct err *e)
{
	if (d->context == 0) {
		*data = *in;
		*in = (struct octets){in->p + in->len, 0};
		return data->len > 0;
	}
	for (;;) {
		struct tlv_head h;
		uint8_t kind;

		if (d->in != PDATA_NO_CONTENTS) {
			if (in->len == 0)
				return 0;
			if (take_contents(d, in, data))
				return 1;
			continue;
		}
		switch (tlv_next(&d->tlv, in, &h, &kind)) {
		case TLV_MORE:
			return 0;
		case TLV_HEAD:
			TRY(take_head(d, &h, e));
			break;
		case TLV_CLOSED:
			d->any |= kind == IN_USER_DATA;
			break;
		case TLV_BAD:
			return ERR(e, ERR_OSI_PRESENTATION, "P-DATA is not BER at octet %llu", (unsigned long long)d->tlv.at);
		}
	}
}

int pdata_end(const struct pdata *d, struct err *e)
{
	if (d->context == 0)
		return 0;
	if (d->tlv.depth > 0 || d->tlv.held > 0 || d->in != PDATA_NO_CONTENTS || !d->any)
		return ERR(e, ERR_OSI_PRESENTATION, "P-DATA ends early, at octet %llu", (unsigned long long)d->tlv.at);
	return 0;
}

/* ---- EXTERNAL ---- */

void external_start(struct external *x, long context) { *x = (struct external){.context = context}; }

/* A value before the encoding: 1 read over, 0 more octets, -1 not one that we know. */
static int preliminary(struct octets *in, long *context)
{
	struct tlv_head h;
	int r = tlv_head_read(*in, &h);

	if (r <= 0)
		return r;
	if ((h.tag != TAG_OID && h.tag != TAG_INTEGER && h.tag != TAG_DESCRIPTOR) || (h.tag == TAG_INTEGER && (h.length < 1 || h.length > 4)))
		return -1;
	if (in->len - h.size < h.length)
		return 0;
	if (h.tag == TAG_INTEGER)
		for (*context = 0; h.length > 0; h.length--, h.size++)
			*context = *context << 8 | in->p[h.size];
	in->p += h.size + h.length;
	in->len -= (size_t)(h.size + h.length);
	return 1;
}

/* Everything from 28 to the head of the encoding: 1 there, 0 more octets, -1 pass it as it is. */
static int read_external_head(struct external *x, long *context)
{
	struct octets in = {x->head, x->held};
	struct tlv_head outer, inner;
	uint64_t before;
	int r = tlv_head_read(in, &outer);

	if (r <= 0)
		return r;
	in.p += outer.size;
	in.len -= outer.size;
	while (in.len > 0 && in.p[0] != TAG_SINGLE && in.p[0] != TAG_ALIGNED)
		if ((r = preliminary(&in, context)) <= 0)
			return r;
	r = tlv_head_read(in, &inner);
	if (r <= 0)
		return r;
	before = x->held - outer.size; /* octets of the EXTERNAL before the APDU */
	x->tail = (outer.indefinite ? 2u : 0u) + (inner.indefinite ? 2u : 0u);
	x->in = EXTERNAL_DEFINITE;
	if (!inner.indefinite) {
		x->left = inner.length;
		return outer.indefinite || outer.length == before + inner.length ? 1 : -1;
	}
	if (outer.indefinite) {
		x->in = EXTERNAL_OPEN;
		return 1;
	}
	if (outer.length < before + 2)
		return -1;
	x->left = outer.length - before - 2;
	return 1;
}

static int take_external_head(struct external *x, struct octets *in, struct octets *data, struct err *e)
{
	long context = x->context;
	int r = 0;

	while (r == 0 && in->len > 0 && x->held < sizeof x->head) {
		x->head[x->held++] = *in->p++;
		in->len--;
		r = read_external_head(x, &context);
	}
	if (r == 0 && x->held < sizeof x->head)
		return 0;
	if (r > 0 && context != x->context)
		return ERR(e, ERR_OSI_CONTEXT, "EXTERNAL refers to presentation context %ld; mtse has %ld", context, x->context);
	if (r > 0)
		return 0;
	x->in = EXTERNAL_BARE; /* a form of EXTERNAL that we do not take apart */
	*data = (struct octets){x->head, x->held};
	return 1;
}

/* The APDU's end is not known before the activity's: zero octets at the end may be end-of-contents. */
static int take_open(struct external *x, struct octets *in, struct octets *data)
{
	static const uint8_t zeros[4];
	unsigned z = 0;

	while (z < x->tail && z < in->len && in->p[in->len - 1 - z] == 0)
		z++;
	if (z == in->len) { /* nothing but zeros: the oldest go, tail of them stay */
		unsigned all = x->zeros + z, go = all > x->tail ? all - x->tail : 0;

		*data = (struct octets){zeros, go};
		x->zeros = all - go;
		*in = (struct octets){in->p + in->len, 0};
		return go > 0;
	}
	if (x->zeros > 0) {
		*data = (struct octets){zeros, x->zeros};
		x->zeros = 0;
		return 1;
	}
	*data = (struct octets){in->p, in->len - z};
	x->zeros = z;
	*in = (struct octets){in->p + in->len, 0};
	return 1;
}

static int take_tail(struct external *x, struct octets *in, struct err *e)
{
	for (; in->len > 0; in->p++, in->len--)
		if (*in->p != 0 || x->zeros++ == x->tail)
			return ERR(e, ERR_OSI_RTSE, "octets behind the EXTERNAL of the APDU");
	return 0;
}

int external_next(struct external *x, struct octets *in, struct octets *data, struct err *e)
{
	while (in->len > 0) {
		int r;

		switch (x->in) {
		case EXTERNAL_START:
			x->in = x->context != 0 && in->p[0] == TAG_EXTERNAL ? EXTERNAL_HEAD : EXTERNAL_BARE;
			break;
		case EXTERNAL_HEAD:
			r = take_external_head(x, in, data, e);
			if (r != 0)
				return r;
			break;
		case EXTERNAL_DEFINITE:
			*data = (struct octets){in->p, (size_t)MIN_OF((uint64_t)in->len, x->left)};
			in->p += data->len;
			in->len -= data->len;
			x->left -= data->len;
			if (x->left == 0)
				x->in = EXTERNAL_TAIL;
			if (data->len > 0)
				return 1;
			break;
		case EXTERNAL_OPEN:
			if (take_open(x, in, data))
				return 1;
			break;
		case EXTERNAL_TAIL:
			TRY(take_tail(x, in, e));
			break;
		case EXTERNAL_BARE:
			*data = *in;
			*in = (struct octets){in->p + in->len, 0};
			return 1;
		}
	}
	return 0;
}

int external_end(const struct external *x, struct err *e)
{
	bool whole = x->in == EXTERNAL_BARE || ((x->in == EXTERNAL_OPEN || x->in == EXTERNAL_TAIL) && x->zeros == x->tail);

	if (!whole)
		return ERR(e, ERR_OSI_RTSE, "the activity ends inside the APDU%s", x->in == EXTERNAL_START ? ": it is empty" : "'s EXTERNAL");
	return 0;
}

/* ---- writing ---- */

static size_t put_context(uint8_t *out, long context)
{
	size_t n = context > 0x7f ? 2 : 1;

	out[0] = TAG_INTEGER;
	out[1] = (uint8_t)n;
	if (n == 2)
		out[2] = (uint8_t)(context >> 8);
	out[1 + n] = (uint8_t)context;
	return 2 + n;
}

/* Writes heads from the innermost out; each is put before the others. */
static size_t before(uint8_t *out, size_t have, uint32_t tag, bool constructed, uint64_t length)
{
	uint8_t head[BER_HEAD_MAX];
	size_t n = ber_head_write(head, tag, constructed, length);

	memmove(out + n, out, have);
	memcpy(out, head, n);
	return have + n;
}

size_t pdata_head(uint8_t out[static PDATA_HEAD_MAX], long context, uint64_t n)
{
	uint8_t number[4];
	size_t have = before(out, 0, BER_U(BER_OCTET_STRING), false, n), len = put_context(number, context);

	if (context == 0)
		return 0;
	have = before(out, have, BER_C(0), true, have + n);
	memmove(out + len, out, have);
	memcpy(out, number, len);
	have += len;
	have = before(out, have, BER_U(BER_SEQUENCE), true, have + n);
	return before(out, have, BER_A(1), true, have + n);
}

size_t external_head(uint8_t out[static EXTERNAL_HEAD_MAX], long context, uint64_t n)
{
	uint8_t number[4];
	size_t have = before(out, 0, BER_C(0), true, n), len = put_context(number, context);

	if (context == 0)
		return 0;
	memmove(out + len, out, have);
	memcpy(out, number, len);
	have += len;
	return before(out, have, BER_U(BER_EXTERNAL), true, have + n);
}
