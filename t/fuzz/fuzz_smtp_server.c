/*
 * fuzz_smtp_server.c - the LMTP server against any octets.  The first octet chooses the answers.  The same input whole and
 * octet by octet must lead to the same replies, and every reply is a clean line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct smtp_server *s;
	struct arena *connection, *transaction;
	struct buf out, data;
	struct stream *stream;
	unsigned answers, count;
	bool over;
};

static void next_transaction(struct run *r)
{
	arena_free(r->transaction);
	r->transaction = arena_new(0);
	r->stream = NULL;
	smtp_server_transaction(r->s, r->transaction);
}

static void answer(struct run *r)
{
	bool no = (r->answers >> (r->count++ % 8) & 1) != 0;

	smtp_server_reply(r->s, no ? 550 : 250, no ? "5.1.1" : "2.0.0", "answer %u", r->count);
}

static void on_event(struct run *r, enum smtp_event event)
{
	size_t n = smtp_server_envelope(r->s)->rcpt.count;

	if (event == SMTP_EV_MAIL || event == SMTP_EV_RCPT) {
		answer(r);
	} else if (event == SMTP_EV_DATA) {
		if (n == 0)
			abort(); /* RFC 2033 4.2 */
		r->stream = stream_to_buf(r->transaction, &r->data);
		smtp_server_data(r->s, r->stream);
	} else if (event == SMTP_EV_MESSAGE) {
		struct err e;

		if (stream_finish(r->stream, &e) != 0)
			abort();
		for (size_t i = 0; i < n; i++)
			answer(r);
		next_transaction(r);
	} else if (event == SMTP_EV_RESET) {
		next_transaction(r);
	} else if (event == SMTP_EV_QUIT) {
		r->over = true;
	}
}

static void feed(struct run *r, const uint8_t *p, size_t n, size_t step)
{
	while (n > 0 && !r->over) {
		enum smtp_event event = SMTP_NEED_INPUT;
		struct err e;
		size_t used = 0, take = n < step ? n : step;

		if (smtp_server_input(r->s, p, take, &used, &event, &e) != 0) {
			if (e.id == ERR_BUG_INTERNAL)
				abort();
			r->over = true;
		} else {
			if (used == 0)
				abort();
			p += used;
			n -= used;
			on_event(r, event);
		}
		buf_put(&r->out, smtp_server_out(r->s)->p, smtp_server_out(r->s)->len);
		buf_consume(smtp_server_out(r->s), smtp_server_out(r->s)->len);
	}
}

static void run(struct run *r, const uint8_t *p, size_t n, size_t step)
{
	struct smtp_server_options o = {.hostname = "gw", .size_max = 2000, .rcpt_max = 5, .dsn = (p[0] & 1) == 0};

	r->out = BUF_INIT(16 << 20);
	r->data = BUF_INIT(16 << 20);
	r->answers = p[0];
	r->connection = arena_new(0);
	r->s = smtp_server_new(r->connection, &o);
	next_transaction(r);
	feed(r, p + 1, n - 1, step);
}

static void end(struct run *r)
{
	arena_free(r->transaction);
	arena_free(r->connection);
	buf_free(&r->out);
	buf_free(&r->data);
}

static void check_lines(const struct buf *out)
{
	size_t start = 0;

	for (size_t i = 0; i < out->len; i++) {
		if (out->p[i] == '\n') {
			if (i == start || out->p[i - 1] != '\r' || i + 1 - start > 512)
				abort();
			start = i + 1;
		} else if (out->p[i] != '\r' && (out->p[i] < 0x20 || out->p[i] > 0x7e)) {
			abort();
		}
	}
	if (start != out->len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = {0}, pieces = {0};

	if (size < 2)
		return 0;
	run(&whole, data, size, SIZE_MAX);
	run(&pieces, data, size, 1);
	check_lines(&whole.out);
	if (whole.out.len != pieces.out.len || (whole.out.len > 0 && memcmp(whole.out.p, pieces.out.p, whole.out.len) != 0))
		abort();
	end(&whole);
	end(&pieces);
	return 0;
}
