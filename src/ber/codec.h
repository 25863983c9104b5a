/*
 * ber/codec.h - the only door to the asn1c runtime: gated octets to a generated struct and back.
 *
 * The runtime gets its own stack limit, must take all octets, and whatever it allocated is freed with the arena, on
 * failure too.  Structs for encoding may be built from arena memory: nothing here frees them.  SET members and SET OF
 * elements are written in the order of the module and of the list (BER).
 */
#ifndef MIXGATE_BER_CODEC_H
#define MIXGATE_BER_CODEC_H

#include "base/arena.h"
#include "ber/gate.h"

struct asn_TYPE_descriptor_s;

/* Octets for generated code end here: contents and bodies do not go through it. */
#define BER_TYPED_MAX ((size_t)16 << 20)

/* in has passed the gate and is exactly one value of this type. */
int ber_decode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e) MUST_USE;
/* ber_gate, then ber_decode_type. */
int ber_gate_decode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in,
                         const struct ber_limits *limits, void **out, struct err *e) MUST_USE;
/* One pass (encode.c).  The octets live in the arena. */
enum ber_order {
	BER_ORDER_OF_MODULE, /* members of a SET as the module has them */
	BER_ORDER_OF_TAGS    /* as X.690 10.3 has them (DER) */
};
int ber_encode_ordered(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, enum ber_order order, struct octets *out,
                       struct err *e) MUST_USE;
/* In the order of the module. */
int ber_encode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, struct octets *out, struct err *e) MUST_USE;

#endif
