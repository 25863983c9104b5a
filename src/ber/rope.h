/*
 * ber/rope.h - values that are too large to be put together in memory: pieces in a row, each octets or a slice of a file.
 *
 * The total length is always known, so a head can be put in front when the value is complete; the whole goes out in one
 * pass at the end.  Pieces refer to their octets, they do not copy them.
 */
#ifndef MIXGATE_BER_ROPE_H
#define MIXGATE_BER_ROPE_H

#include "base/arena.h"
#include "base/stream.h"
#include "ber/cursor.h"

struct ber_rope_piece {
	struct blob blob;
	struct ber_rope_piece *next;
};

struct ber_rope {
	struct ber_rope_piece *first, *last;
	uint64_t len;
};

void ber_rope_blob(struct arena *a, struct ber_rope *r, struct blob b);
void ber_rope_octets(struct arena *a, struct ber_rope *r, struct octets o);
/* Moves all of other to the end of r. */
void ber_rope_append(struct ber_rope *r, struct ber_rope *other);
/* Puts a head before the whole. */
void ber_rope_wrap(struct arena *a, struct ber_rope *r, uint32_t tag, bool constructed);
void ber_rope_write(const struct ber_rope *r, struct stream *out);

#endif
