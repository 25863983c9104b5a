/* buf.c - see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define LENT 256

static void free_buf(void *p) { buf_free(p); }

struct buf *buf_in(struct arena *a, size_t max)
{
	struct buf *b = NEW(a, struct buf);

	b->max = max;
	b->lent = true;
	b->capacity = max >= LENT ? LENT : max + 1;
	b->p = arena_alloc_raw(a, b->capacity);
	arena_cleanup(a, free_buf, b);
	return b;
}

void buf_free(struct buf *b)
{
	if (b->lent) {
		buf_reset(b);
		return;
	}
	free(b->p);
	*b = (struct buf){.max = b->max};
}

/* Doubles up to max; one octet more than asked, so that buf_str always has room for its NUL. */
static bool grow(struct buf *b, size_t need)
{
	size_t capacity = b->capacity < 256 ? 256 : b->capacity;
	uint8_t *p;

	while (capacity < need + 1)
		capacity = capacity > SIZE_MAX / 2 ? need + 1 : capacity * 2;
	if (capacity > b->max + 1)
		capacity = b->max + 1;
	p = b->lent ? malloc(capacity) : realloc(b->p, capacity);
	if (p == NULL)
		return false;
	if (b->lent) {
		memcpy(p, b->p, b->len);
		b->lent = false;
	}
	b->p = p;
	b->capacity = capacity;
	return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	if (b->failed || b->max == SIZE_MAX || n > b->max - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->len + n + 1 > b->capacity && !grow(b, b->len + n)) {
		b->failed = true;
		return NULL;
	}
	return b->p + b->len;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *to;

	if (n == 0 || (to = buf_reserve(b, n)) == NULL)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void buf_puts(struct buf *b, const char *s) { buf_put(b, s, strlen(s)); }

void buf_putc(struct buf *b, unsigned char c) { buf_put(b, &c, 1); }

void buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->failed || b->p == NULL ? 0 : b->capacity - b->len;
	va_list ap, again;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room > 0 ? (char *)b->p + b->len : NULL, room, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n < room)
		b->len += (size_t)n;
	else if (n >= 0 && (to = buf_reserve(b, (size_t)n)) != NULL) {
		vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
		b->len += (size_t)n;
	}
	va_end(ap);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

const char *buf_str(struct buf *b)
{
	if (b->failed || b->p == NULL)
		return "";
	b->p[b->len] = '\0';
	return (const char *)b->p;
}
