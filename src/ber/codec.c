/*
 * ber/codec.c - see codec.h.
 */
#include "ber/codec.h"

#include "asn1gen/asn_application.h"
#include "base/str.h"

struct decoded {
	struct asn_TYPE_descriptor_s *type;
	void *value;
};

static void decoded_free(void *p)
{
	struct decoded *d = p;

	ASN_STRUCT_FREE(*d->type, d->value);
}

int ber_decode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e)
{
	/* The runtime's default of 30,000 octets refuses sound values in a sanitizer build; 200,000 are 200 levels. */
	asn_codec_ctx_t ctx = {.max_stack_size = 200000};
	struct decoded *d = NEW(a, struct decoded);
	asn_dec_rval_t r;

	*out = NULL;
	if (in.len > BER_TYPED_MAX)
		return ERR(e, ERR_BER_SIZE, "%s of %zu octets", type->name, in.len);
	d->type = type;
	arena_cleanup(a, decoded_free, d);
	r = ber_decode(&ctx, type, &d->value, in.p, in.len);
	if (r.code != RC_OK)
		return ERR(e, ERR_BER_TYPE, "no %s (%s at octet %zu)", type->name,
		           r.code == RC_WMORE ? "cut short" : "wrong value", r.consumed);
	if (r.consumed != in.len)
		return ERR(e, ERR_BER_TYPE, "%zu octets behind %s", in.len - r.consumed, type->name);
	*out = d->value;
	return 0;
}

int ber_gate_decode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in,
                         const struct ber_limits *limits, void **out, struct err *e)
{
	*out = NULL;
	TRY(ber_gate(a, in, limits, &in, e));
	return ber_decode_type(a, type, in, out, e);
}
