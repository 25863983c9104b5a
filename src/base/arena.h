/*
 * arena.h - memory that lives as long as one message (or one association).
 *
 * An arena is the first argument of every function that makes something: the result belongs to the arena and is never
 * freed by itself.  Memory is zeroed.  When the arena's limit or the machine's memory is used up the process ends with
 * EX_TEMPFAIL (75): a worker holds one message, whose sender still has it (ARCHITECTURE, "Custody").
 */
#ifndef MIXGATE_BASE_ARENA_H
#define MIXGATE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct arena;

/* A new arena that gives out at most max octets (0: no limit of its own).  Freed by arena_free. */
struct arena *arena_new(size_t max) MUST_USE;
/* Runs the clean-ups, newest first, and frees everything.  NULL is allowed. */
void arena_free(struct arena *a);
/* As arena_free and arena_new, but keeps a block for what comes next: for work in many small steps. */
void arena_reset(struct arena *a);
/* size zeroed octets, aligned for any type.  Never NULL. */
void *arena_alloc(struct arena *a, size_t size) MUST_USE __attribute__((malloc, returns_nonnull));
/* The same, not zeroed: for what is written at once. */
void *arena_alloc_raw(struct arena *a, size_t size) MUST_USE __attribute__((malloc, returns_nonnull));
/* count * size zeroed octets, checked for overflow. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_USE __attribute__((malloc, returns_nonnull));
/* A copy of n octets, with a NUL behind it that is not counted. */
void *arena_memdup(struct arena *a, const void *p, size_t n) MUST_USE __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) MUST_USE __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_USE __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;
/* left, an octet, right: "local@domain" without the cost of a format. */
char *arena_join(struct arena *a, const char *left, char between, const char *right) MUST_USE;
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0) MUST_USE;
/* Makes room for one more element at the end of a growing array in the arena: *items is moved when it is full
 * (capacity doubles), *count is not changed.  Returns the address of element *count, zeroed. */
void *arena_grow(struct arena *a, void **items, size_t *count, size_t *capacity, size_t size) MUST_USE;
/* fn(p) is called by arena_free: closes a descriptor, drops a GObject. */
void arena_cleanup(struct arena *a, void (*fn)(void *), void *p);
/* Closes descriptor fd when the arena is freed. */
void arena_close_fd(struct arena *a, int fd);
/* Octets given out so far. */
size_t arena_used(const struct arena *a);

/* ARENA_PUSH(a, v) appends a zeroed element to a vector of the form struct { T *items; size_t count, capacity; } (v is a
 * pointer to it) and gives its address. */
#define ARENA_PUSH(a, v)                                                                                               \
	({                                                                                                                 \
		__typeof__(v) vector_ = (v);                                                                                   \
		void *items_ = vector_->items;                                                                                 \
		void *element_ =                                                                                               \
			arena_grow((a), &items_, &vector_->count, &vector_->capacity, sizeof(*vector_->items));                    \
		vector_->items = items_;                                                                                       \
		vector_->count++;                                                                                              \
		(__typeof__(vector_->items))element_;                                                                          \
	})
/* A zeroed struct. */
#define NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
