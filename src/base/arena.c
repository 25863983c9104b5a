/*
 * arena.c - see arena.h.  Blocks are taken from the heap, doubling up to 1 MiB; a large request gets its own block.
 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ALIGNMENT 16
#define FIRST_BLOCK 4096
#define LARGEST_BLOCK (1u << 20)

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGNMENT) unsigned char data[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *blocks; /* newest first */
	struct cleanup *cleanups;
	size_t used, max, next_size;
};

/* Memory is gone or the arena's limit is reached: one line, and the process ends; the sender still has the message. */
static void NORETURN give_up(const char *why)
{
	static const char text[] = "event=out_of_memory text=\"";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0 || write(STDERR_FILENO, why, strlen(why)) < 0 ||
	    write(STDERR_FILENO, "\"\n", 2) < 0)
		_exit(EX_TEMPFAIL);
	_exit(EX_TEMPFAIL);
}

struct arena *arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof *a);

	if (a == NULL)
		give_up("arena_new");
	a->max = max;
	a->next_size = FIRST_BLOCK;
	return a;
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	for (struct cleanup *c = a->cleanups; c != NULL; c = c->next)
		c->fn(c->p);
	while (a->blocks != NULL) {
		struct block *b = a->blocks;
		a->blocks = b->next;
		free(b);
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	struct cleanup *c = a->cleanups;

	a->cleanups = NULL; /* they stand in the blocks, which are still whole */
	for (; c != NULL; c = c->next)
		c->fn(c->p);
	while (a->blocks != NULL && a->blocks->next != NULL) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	if (a->blocks != NULL && a->blocks->size > LARGEST_BLOCK) {
		free(a->blocks);
		a->blocks = NULL;
	}
	if (a->blocks != NULL)
		a->blocks->used = 0;
	a->used = 0;
}

static struct block *add_block(struct arena *a, size_t size)
{
	size_t want = size > a->next_size ? size : a->next_size;
	struct block *b;

	if (want > SIZE_MAX - sizeof *b)
		give_up("request too large");
	b = malloc(sizeof *b + want);
	if (b == NULL)
		give_up("heap exhausted");
	b->size = want;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	if (a->next_size < LARGEST_BLOCK)
		a->next_size *= 2;
	return b;
}

void *arena_alloc_raw(struct arena *a, size_t size)
{
	struct block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX - ALIGNMENT)
		give_up("request too large");
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (size == 0)
		size = ALIGNMENT;
	a->used += size;
	if (a->max != 0 && a->used > a->max)
		give_up("arena limit reached");
	if (b == NULL || b->size - b->used < size)
		b = add_block(a, size);
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size) { return memset(arena_alloc_raw(a, size), 0, size); }

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		give_up("array too large");
	return arena_alloc(a, total);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		give_up("request too large");
	copy = arena_alloc_raw(a, n + 1);
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s) { return arena_memdup(a, s, strlen(s)); }

char *arena_strndup(struct arena *a, const char *s, size_t n) { return arena_memdup(a, s, strnlen(s, n)); }

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char text[256];
	va_list again;
	int n;
	char *s;

	va_copy(again, ap);
	n = vsnprintf(text, sizeof text, fmt, again);
	va_end(again);
	if (n < 0)
		give_up("format");
	if ((size_t)n < sizeof text)
		return arena_memdup(a, text, (size_t)n);
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

char *arena_join(struct arena *a, const char *left, char between, const char *right)
{
	size_t n = strlen(left), m = strlen(right);
	char *s = arena_alloc_raw(a, n + m + 2);

	memcpy(s, left, n);
	s[n] = between;
	memcpy(s + n + 1, right, m + 1);
	return s;
}

void *arena_grow(struct arena *a, void **items, size_t *count, size_t *capacity, size_t size)
{
	if (*count == *capacity) {
		size_t bigger = *capacity == 0 ? 4 : *capacity * 2;
		void *moved = arena_array(a, bigger, size);

		if (*count > 0)
			memcpy(moved, *items, *count * size);
		*items = moved;
		*capacity = bigger;
	}
	return memset((char *)*items + *count * size, 0, size);
}

void arena_cleanup(struct arena *a, void (*fn)(void *), void *p)
{
	struct cleanup *c = NEW(a, struct cleanup);

	*c = (struct cleanup){.next = a->cleanups, .fn = fn, .p = p};
	a->cleanups = c;
}

static void close_fd(void *p) { close((int)(intptr_t)p); }

void arena_close_fd(struct arena *a, int fd) { arena_cleanup(a, close_fd, (void *)(intptr_t)fd); }

size_t arena_used(const struct arena *a) { return a->used; }
