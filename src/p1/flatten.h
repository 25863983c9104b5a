/*
 * p1/flatten.h - octets of a string that came in segments under an implicit tag, which the gate cannot know for one.
 */
#ifndef MIXGATE_P1_FLATTEN_H
#define MIXGATE_P1_FLATTEN_H

#include "base/arena.h"
#include "ber/cursor.h"
#include "base/blob.h"

/* t: an OCTET STRING or character string under any tag, past the gate.  Primitive: a slice of it.  Constructed: its
 * segments joined, large ones in an unlinked temporary file. */
int p1_flatten(struct arena *a, const struct ber_tlv *t, struct blob *out, struct err *e) MUST_USE;

#endif
