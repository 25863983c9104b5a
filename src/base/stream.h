/*
 * stream.h - where encoders write: a buffer, a file, or a counter, without knowing which.
 *
 * Output is buffered (64 KiB), checked against a maximum, and the first failure sticks: writers return nothing and the
 * owner asks once, with stream_finish.
 */
#ifndef MIXGATE_BASE_STREAM_H
#define MIXGATE_BASE_STREAM_H

#include <stdint.h>

#include "base/blob.h"
#include "base/buf.h"
#include "base/err.h"

struct stream {
	int (*write)(struct stream *s, const void *p, size_t n, struct err *e); /* raw write of a full buffer */
	struct buf *buf;  /* target of stream_to_buf */
	int fd;           /* target of stream_to_fd */
	uint64_t written; /* octets taken so far, buffered ones included */
	uint64_t max;     /* 0: no limit */
	size_t held;
	struct err err; /* first failure */
	uint8_t *hold;
};

struct arena;

struct stream *stream_to_fd(struct arena *a, int fd, uint64_t max) MUST_USE;
struct stream *stream_to_buf(struct arena *a, struct buf *b) MUST_USE;
/* Takes octets and only counts them. */
struct stream *stream_to_nothing(struct arena *a) MUST_USE;
void stream_put(struct stream *s, const void *p, size_t n);
void stream_puts(struct stream *s, const char *text);
void stream_printf(struct stream *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Copies a blob; a file goes piece by piece. */
void stream_blob(struct stream *s, const struct blob *b);
/* Records e as the stream's failure if it has none yet. */
void stream_fail(struct stream *s, const struct err *e);
/* Writes what is held; 0, or -1 with the first failure. */
int stream_finish(struct stream *s, struct err *e) MUST_USE;

#endif
