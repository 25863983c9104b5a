/*
 * p1/external.h - EXTERNAL (X.690 8.18), which asn1c 0.9.28 cannot compile: body parts and RTSE wrap values in it.
 */
#ifndef MIXGATE_P1_EXTERNAL_H
#define MIXGATE_P1_EXTERNAL_H

#include "ber/gate.h"
#include "ber/rope.h"

enum p1_external_form { P1_SINGLE_ASN1_TYPE, P1_OCTET_ALIGNED, P1_ARBITRARY };

struct p1_external {
	struct octets oid;          /* direct-reference content octets; p NULL: none */
	enum p1_external_form form;
	struct octets value;        /* single-ASN1-type: the value with its tag; else the octets */
};

/* t: the EXTERNAL under its own or an implicit tag. */
int p1_external_read(struct arena *a, const struct ber_tlv *t, struct p1_external *out, struct err *e) MUST_USE;
/* The ASN.1 value inside, whichever way it came: octet-aligned octets pass the gate first. */
int p1_external_value(struct arena *a, const struct p1_external *x, const struct ber_limits *limits, struct ber_tlv *out,
                      struct err *e) MUST_USE;
/* Puts an EXTERNAL with this tag around the whole of value: a BER value, or the octets (behind the count of unused bits). */
void p1_external_wrap(struct arena *a, struct ber_rope *value, uint32_t tag, struct octets oid, enum p1_external_form form);

#endif
