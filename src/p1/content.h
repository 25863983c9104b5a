/*
 * p1/content.h - InformationObject of X.420: IPM or IPN, and IPMs inside body parts.
 */
#ifndef MIXGATE_P1_CONTENT_H
#define MIXGATE_P1_CONTENT_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/p1.h"

/* What the readers of one content share. */
struct p1_reader {
	struct arena *a;
	const struct p1_limits *limits;
	unsigned body_parts; /* met so far, at any depth */
	unsigned depth;      /* of forwarded messages */
};

/* t: an IPM, SEQUENCE { heading, body } under any tag. */
int p1_ipm_read(struct p1_reader *r, const struct ber_tlv *t, struct mx_ipm *out, struct err *e) MUST_USE;
/* Appends SEQUENCE { heading, body } under this tag. */
int p1_ipm_write(struct arena *a, const struct mx_ipm *in, const struct p1_options *options, uint32_t tag, struct ber_rope *out,
                 struct err *e) MUST_USE;
/* The whole content of m as a rope. */
int p1_content_write(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct ber_rope *out,
                     struct err *e) MUST_USE;
/* True for the content types whose content is an InformationObject. */
bool p1_content_is_interpersonal(const struct mx_envelope *envelope) MUST_USE;

#endif
