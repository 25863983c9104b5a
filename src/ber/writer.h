/*
 * ber/writer.h - writing small BER values by hand, definite lengths, one pass from the last octet to the first.
 *
 * Because it grows towards the front, the length of a value is known when its head is due: write the members of a
 * constructed value last member first, then close it.  Values live in the arena.  Large octets never go through it:
 * write their head alone (ber_head_write) and stream them.
 */
#ifndef MIXGATE_BER_WRITER_H
#define MIXGATE_BER_WRITER_H

#include "base/arena.h"
#include "ber/cursor.h"

struct ber_writer {
	struct arena *arena;
	uint8_t *p;      /* capacity octets; used are the last len */
	size_t capacity;
	size_t len;
};

static inline struct ber_writer ber_writer_in(struct arena *a) { return (struct ber_writer){.arena = a}; }
/* What has been written. */
struct octets ber_writer_octets(const struct ber_writer *w);
/* Where the writer stands; given to ber_close. */
static inline size_t ber_mark(const struct ber_writer *w) { return w->len; }
/* Puts a head before all that was written since mark; ber_close a constructed one. */
void ber_put_head(struct ber_writer *w, uint32_t tag, bool constructed, size_t mark);
void ber_close(struct ber_writer *w, uint32_t tag, size_t mark);
/* Octets as they are, e.g. a ready value. */
void ber_put_raw(struct ber_writer *w, struct octets in);
void ber_put_octets(struct ber_writer *w, uint32_t tag, const void *p, size_t n);
void ber_put_text(struct ber_writer *w, uint32_t tag, const char *s);
void ber_put_integer(struct ber_writer *w, uint32_t tag, int64_t value);
/* The content octets of an INTEGER alone. */
void ber_put_integer_octets(struct ber_writer *w, int64_t value);
void ber_put_boolean(struct ber_writer *w, uint32_t tag, bool value);
void ber_put_null(struct ber_writer *w, uint32_t tag);
/* count bits, bit n of value (1u << n) being bit n of the string. */
void ber_put_bits(struct ber_writer *w, uint32_t tag, uint32_t value, unsigned count);
/* A head alone, in out; gives its size (at most BER_HEAD_MAX). */
#define BER_HEAD_MAX 16
size_t ber_head_write(uint8_t out[static BER_HEAD_MAX], uint32_t tag, bool constructed, uint64_t length) MUST_USE;
/* The size that a head will have. */
size_t ber_head_size(uint32_t tag, uint64_t length) MUST_USE;

#endif
