/*
 * buf.h - a growing octet buffer whose maximum is fixed at birth.
 *
 * A buffer that would pass its maximum becomes "failed": it takes nothing more and every later call keeps it failed, so
 * a writer may check once at the end with buf_ok.  Memory is the heap's; buf_free or, made with buf_in, the arena's.
 */
#ifndef MIXGATE_BASE_BUF_H
#define MIXGATE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct arena;

/* Octets that somebody else owns. */
struct octets {
	const uint8_t *p;
	size_t len;
};

struct buf {
	uint8_t *p;      /* not NUL terminated, but see buf_str */
	size_t len;      /* octets in use */
	size_t capacity; /* octets allocated */
	size_t max;      /* never longer than this */
	bool failed;     /* something did not fit */
	bool lent;       /* p is the arena's: as long as the contents are short, no heap is needed */
};

#define BUF_INIT(maximum) ((struct buf){.max = (maximum)})

/* A buffer that is freed with the arena. */
struct buf *buf_in(struct arena *a, size_t max) MUST_USE;
void buf_free(struct buf *b);
/* Room for n more octets at the end (not counted in len yet); NULL when that would pass max. */
uint8_t *buf_reserve(struct buf *b, size_t n) MUST_USE;
void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, unsigned char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Removes n octets from the front. */
void buf_consume(struct buf *b, size_t n);
/* Empties the buffer, keeps its memory, forgets failure. */
void buf_reset(struct buf *b);
/* The contents as a NUL-terminated string (the NUL is not counted); "" when empty or failed. */
const char *buf_str(struct buf *b);
static inline bool buf_ok(const struct buf *b) { return !b->failed; }
static inline struct octets buf_octets(const struct buf *b) { return (struct octets){b->p, b->len}; }

#endif
