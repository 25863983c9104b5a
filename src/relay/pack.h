/*
 * relay/pack.h - values of one process written for another one of the same program.
 *
 * Writer and reader are forks of one executable on one machine, so numbers are in host order.  The reader still checks
 * every length: a child that went wrong must not take the parent or the journal writer with it (invariant I4).  A read
 * beyond the end gives 0 or NULL and sets bad, which the caller looks at once, at the end.
 */
#ifndef MIXGATE_RELAY_PACK_H
#define MIXGATE_RELAY_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

void pack_int(struct buf *b, int64_t v);
/* NULL stays NULL. */
void pack_str(struct buf *b, const char *s);
void pack_octets(struct buf *b, const void *p, size_t n);
void pack_err(struct buf *b, const struct err *e);

struct unpack {
	const uint8_t *p;
	size_t len;
	bool bad;
};
static inline struct unpack unpack_of(struct octets o) { return (struct unpack){o.p, o.len, false}; }
int64_t unpack_int(struct unpack *u);
/* The octets stay where they are. */
struct octets unpack_octets(struct unpack *u);
/* Exactly n octets, or zeros and bad. */
void unpack_exact(struct unpack *u, void *out, size_t n);
char *unpack_str(struct arena *a, struct unpack *u);
/* Cut to size, always NUL terminated. */
void unpack_text(struct unpack *u, char *out, size_t size);
/* err.where points to a constant: addresses are not carried from process to process. */
void unpack_err(struct unpack *u, struct err *e);

#endif
