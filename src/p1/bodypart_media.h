/*
 * p1/bodypart_media.h - body parts of X.400 that carry what mail has: those of RFC 2157 3.1.2, 2158, 2160 and 2161,
 * g3-facsimile, iso6937-text and forwarded contents.  For the rows of bodypart.c alone.
 */
#ifndef MIXGATE_P1_BODYPART_MEDIA_H
#define MIXGATE_P1_BODYPART_MEDIA_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/content.h"

/* What basic and extended forms have in common. */
struct p1_parts {
	bool has_parameters;
	struct ber_tlv parameters; /* of an extended body part: the values inside the EXTERNALs */
	struct ber_tlv data;
};

int p1_media_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;
int p1_octets_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;
int p1_oda_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;
int p1_g3_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;
int p1_iso6937_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;
/* A forwarded P2 or P22 content (X.420:1999 7.4.17): InformationObject, in an OCTET STRING or not. */
int p1_forwarded_read(struct p1_reader *r, const struct p1_parts *parts, struct mx_body_part *out) MUST_USE;

int p1_media_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                   struct ber_rope *data, struct err *e) MUST_USE;
int p1_octets_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                    struct ber_rope *data, struct err *e) MUST_USE;
int p1_oda_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                 struct ber_rope *data, struct err *e) MUST_USE;
int p1_g3_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                struct ber_rope *data, struct err *e) MUST_USE;
int p1_iso6937_write(struct arena *a, const struct mx_body_part *in, const struct p1_options *options, struct ber_rope *parameters,
                     struct ber_rope *data, struct err *e) MUST_USE;

#endif
