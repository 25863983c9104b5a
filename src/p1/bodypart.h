/*
 * p1/bodypart.h - BodyPart of X.420 (7.3, 7.4).
 *
 * Body octets are sliced, never decoded.  A part that is not what its tag or OID promises stays what the encoding at
 * least is: MX_BODY_EXTENDED or MX_BODY_OTHER with its octets; only broken BER is an error.
 */
#ifndef MIXGATE_P1_BODYPART_H
#define MIXGATE_P1_BODYPART_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/content.h"

int p1_body_part_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out, struct err *e) MUST_USE;
int p1_body_part_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *out,
                       struct err *e) MUST_USE;
/* An extended body part of a type that has a basic form too (RFC 1496 3.1), in that form, kept as octets.  -1: it is none. */
int p1_body_part_basic(struct arena *a, const struct mx_body_part *in, struct mx_body_part *out) MUST_USE;

#endif
