/* stream.c - see stream.h. */
#include "base/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

#define HOLD 65536

static int write_fd(struct stream *s, const void *p, size_t n, struct err *e)
{
	const char *from = p;

	while (n > 0) {
		ssize_t r = write(s->fd, from, n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ERR_ERRNO(e, errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_NO_SPACE : ERR_SYSTEM,
			                 "writing a temporary file");
		from += r;
		n -= (size_t)r;
	}
	return 0;
}

static int write_buf(struct stream *s, const void *p, size_t n, struct err *e)
{
	buf_put(s->buf, p, n);
	return buf_ok(s->buf) ? 0 : ERR(e, ERR_BER_SIZE, "more than %zu octets", s->buf->max);
}

static int write_nothing(struct stream *s UNUSED, const void *p UNUSED, size_t n UNUSED, struct err *e UNUSED) { return 0; }

static struct stream *stream_new(struct arena *a, int (*fn)(struct stream *, const void *, size_t, struct err *))
{
	struct stream *s = NEW(a, struct stream);

	s->write = fn;
	s->fd = -1;
	return s;
}

struct stream *stream_to_fd(struct arena *a, int fd, uint64_t max)
{
	struct stream *s = stream_new(a, write_fd);

	s->fd = fd;
	s->max = max;
	s->hold = arena_alloc(a, HOLD);
	return s;
}

struct stream *stream_to_buf(struct arena *a, struct buf *b)
{
	struct stream *s = stream_new(a, write_buf);

	s->buf = b;
	return s;
}

struct stream *stream_to_nothing(struct arena *a) { return stream_new(a, write_nothing); }

void stream_fail(struct stream *s, const struct err *e)
{
	if (s->err.id == ERR_NONE)
		s->err = *e;
}

static void flush(struct stream *s)
{
	if (s->held > 0 && s->err.id == ERR_NONE)
		(void)!s->write(s, s->hold, s->held, &s->err);
	s->held = 0;
}

void stream_put(struct stream *s, const void *p, size_t n)
{
	if (s->err.id != ERR_NONE || n == 0)
		return;
	if (s->max != 0 && n > s->max - s->written) {
		ERR(&s->err, ERR_BER_SIZE, "more than %llu octets", (unsigned long long)s->max);
		return;
	}
	s->written += n;
	if (s->hold != NULL && n < HOLD / 2) {
		if (s->held + n > HOLD)
			flush(s);
		memcpy(s->hold + s->held, p, n);
		s->held += n;
		return;
	}
	flush(s);
	if (s->err.id == ERR_NONE)
		(void)!s->write(s, p, n, &s->err);
}

void stream_puts(struct stream *s, const char *text) { stream_put(s, text, strlen(text)); }

void stream_printf(struct stream *s, const char *fmt, ...)
{
	struct buf b = BUF_INIT(1u << 20);
	char text[512];
	va_list ap;
	int n;
	uint8_t *to;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof text) {
		stream_put(s, text, (size_t)n);
		return;
	}
	if (n < 0 || (to = buf_reserve(&b, (size_t)n)) == NULL) {
		ERR(&s->err, ERR_BER_SIZE, "formatted text too long");
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	stream_put(s, to, (size_t)n);
	buf_free(&b);
}

void stream_blob(struct stream *s, const struct blob *b)
{
	uint8_t block[65536];
	uint64_t off = 0;

	if (b->mem != NULL) {
		const size_t piece = (size_t)1 << 20;
		size_t mark = 0;

		for (size_t at = 0; at < b->len; at += piece) {
			stream_put(s, b->mem + at, MIN_OF(piece, (size_t)b->len - at));
			blob_passed((struct octets){b->mem, (size_t)b->len}, &mark, at);
		}
		return;
	}
	while (off < b->len && s->err.id == ERR_NONE) {
		size_t got;
		struct err e;
		if (blob_read(b, off, block, sizeof block, &got, &e) != 0) {
			stream_fail(s, &e);
			return;
		}
		stream_put(s, block, got);
		off += got;
	}
}

int stream_finish(struct stream *s, struct err *e)
{
	flush(s);
	if (s->err.id == ERR_NONE)
		return 0;
	if (e != NULL)
		*e = s->err;
	return -1;
}
