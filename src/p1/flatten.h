/*
 * p1/flatten.h - large octets taken out of what generated code reads: a string that came in segments under an implicit tag,
 * which the gate cannot know for one, and members of a SET that are sliced by hand.
 */
#ifndef MIXGATE_P1_FLATTEN_H
#define MIXGATE_P1_FLATTEN_H

#include "base/arena.h"
#include "ber/cursor.h"
#include "base/blob.h"

/* A SET (of any tag) without the members of these tags, as a small universal SET for generated code; they are in taken
 * (whole.p NULL: absent); one that stands twice is an error. */
int p1_split_set(struct arena *a, struct octets in, const uint32_t *tags, size_t n, struct ber_tlv *taken, struct octets *small,
                 struct err *e) MUST_USE;

/* t: an OCTET STRING or character string under any tag, past the gate.  Primitive: a slice of it.  Constructed: its
 * segments joined, large ones in an unlinked temporary file. */
int p1_flatten(struct arena *a, const struct ber_tlv *t, struct blob *out, struct err *e) MUST_USE;

#endif
