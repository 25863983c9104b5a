/*
 * smtp_server.c - runs the dialogues of t/vectors/smtp/server-*.txt against smtp/server, whole at once, in two octets
 * and octet by octet.
 *
 * C: what the client sends.  S: what the server must have said, in order.  E: the events that must come.  R: answers to
 * them, in order ("250 2.1.5 Ok", "err ERR_NAME", "-" for the default; behind the last one the default: 250 or 354).
 * D: lines that the data stream must hold.  X: the name of the error that ends the connection.  O: options.
 */
#include "smtp/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/dialogue.h"
#include "../lib/tap.h"
#include "base/str.h"

struct run {
	const struct dialogue *d;
	size_t answers;          /* where the next R: is looked for */
	struct smtp_server *s;
	struct arena *connection, *transaction;
	struct buf out, events, data;
	size_t whole;            /* of data: what belongs to messages that came to their end */
	struct stream *stream;
	struct err e;
	bool failed;
};

static void describe_rcpt(struct buf *b, const struct smtp_rcpt *r)
{
	struct arena *a = arena_new(0);

	buf_printf(b, "RCPT %s\n", smtp_format_rcpt(a, r, true) + strlen("RCPT TO:"));
	arena_free(a);
}

static void describe_mail(struct run *r, const struct smtp_envelope *env)
{
	const char *x = smtp_server_xforward(r->s, "ADDR"), *id = smtp_server_xforward(r->s, "IDENT");
	struct arena *a = arena_new(0);

	buf_printf(&r->events, "MAIL %s", smtp_format_mail(a, env, true) + strlen("MAIL FROM:"));
	if (x != NULL)
		buf_printf(&r->events, " xforward.addr=%s", x);
	if (id != NULL)
		buf_printf(&r->events, " xforward.ident=%s", id);
	buf_putc(&r->events, '\n');
	arena_free(a);
}

static void answer_text(struct run *r, const char *text)
{
	char status[12] = "";
	int code = 0, n = 0;

	if (str_istarts(text, "err ")) {
		struct err why = {0};

		for (int i = 1; i < ERR_COUNT; i++)
			if (str_eq(err_row((enum err_id)i)->name, text + 4))
				ERR(&why, (enum err_id)i, "from the script");
		smtp_server_reply_err(r->s, &why);
		return;
	}
	if (sscanf(text, "%d %11s %n", &code, status, &n) < 2)
		printf("Bail out! bad answer %s\n", text);
	smtp_server_reply(r->s, code, status, "%s", text + n);
}

static void answer(struct run *r, enum smtp_event event)
{
	const struct dialogue_line *line = dialogue_next(r->d, 'R', &r->answers);

	if (line != NULL && !str_eq(line->text, "-"))
		answer_text(r, line->text);
	else if (event != SMTP_EV_DATA)
		smtp_server_reply(r->s, 250, event == SMTP_EV_MAIL ? "2.1.0" : event == SMTP_EV_RCPT ? "2.1.5" : "2.0.0", "Ok");
	else
		r->data.len = r->whole, smtp_server_data(r->s, r->stream = stream_to_buf(r->transaction, &r->data));
}

static void next_transaction(struct run *r)
{
	arena_free(r->transaction);
	r->transaction = arena_new(0);
	smtp_server_transaction(r->s, r->transaction);
}

static void on_event(struct run *r, enum smtp_event event)
{
	const struct smtp_envelope *env = smtp_server_envelope(r->s);
	size_t count = env->rcpt.count;
	struct err e;

	switch (event) {
	case SMTP_NEED_INPUT: break;
	case SMTP_EV_MAIL:
		describe_mail(r, env);
		answer(r, event);
		break;
	case SMTP_EV_RCPT:
		describe_rcpt(&r->events, &env->rcpt.items[count - 1]);
		answer(r, event);
		break;
	case SMTP_EV_DATA:
		buf_printf(&r->events, "DATA %zu\n", count);
		answer(r, event);
		break;
	case SMTP_EV_MESSAGE:
		buf_printf(&r->events, "MESSAGE %zu\n", count);
		ok(stream_finish(r->stream, &e) == 0, "%s: the data stream is whole", r->d->title);
		r->whole = r->data.len;
		for (size_t i = 0; i < count; i++)
			answer(r, event);
		next_transaction(r);
		break;
	case SMTP_EV_RESET:
		buf_puts(&r->events, "RESET\n");
		next_transaction(r);
		break;
	case SMTP_EV_QUIT: buf_puts(&r->events, "QUIT\n"); break;
	}
}

/* Feeds octets in pieces of at most step; stops when the server ends the connection. */
static void feed(struct run *r, const char *p, size_t n, size_t step)
{
	enum smtp_event event = SMTP_NEED_INPUT;

	for (size_t off = 0; off < n && event != SMTP_EV_QUIT && !r->failed;) {
		size_t used = 0;

		r->failed = smtp_server_input(r->s, p + off, MIN_OF(step, n - off), &used, &event, &r->e) != 0;
		off += used;
		if (!r->failed)
			on_event(r, event);
		buf_put(&r->out, smtp_server_out(r->s)->p, smtp_server_out(r->s)->len);
		buf_consume(smtp_server_out(r->s), smtp_server_out(r->s)->len);
	}
}

static void compare(struct run *r, size_t step)
{
	const struct dialogue_line *x;
	size_t n, at = 0;
	char *want = dialogue_join(r->d, 'S', &n);
	struct buf events = BUF_INIT(1 << 20);

	if (!is_octets(r->out.p, r->out.len, want, n, "%s: what the server said (pieces of %zu)", r->d->title, step)) {
		diag("said:");
		for (char *line = strtok((char *)(uintptr_t)buf_str(&r->out), "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
			diag("S: %s", line);
	}
	free(want);
	for (const struct dialogue_line *l; (l = dialogue_next(r->d, 'E', &at)) != NULL;)
		buf_printf(&events, "%s\n", l->text);
	is(buf_str(&r->events), buf_str(&events), "%s: the events (pieces of %zu)", r->d->title, step);
	buf_free(&events);
	want = dialogue_join(r->d, 'D', &n);
	is_octets(r->data.p, r->whole, want, n, "%s: the data (pieces of %zu)", r->d->title, step);
	free(want);
	at = 0;
	x = dialogue_next(r->d, 'X', &at);
	is(r->failed ? err_row(r->e.id)->name : "", x == NULL ? "" : x->text, "%s: the end (pieces of %zu)", r->d->title, step);
}

static struct smtp_server_options options(const struct dialogue *d)
{
	struct smtp_server_options o = {.hostname = "gw.example.net", .size_max = 1000000, .rcpt_max = 100, .dsn = true};
	const struct dialogue_line *l;
	size_t at = 0;

	while ((l = dialogue_next(d, 'O', &at)) != NULL) {
		if (str_istarts(l->text, "size "))
			o.size_max = strtoull(l->text + 5, NULL, 10);
		if (str_istarts(l->text, "rcpt "))
			o.rcpt_max = (unsigned)strtoul(l->text + 5, NULL, 10);
		if (str_eq(l->text, "nodsn"))
			o.dsn = false;
	}
	return o;
}

static void run(const struct dialogue *d, size_t step)
{
	struct run r = {.d = d, .out = BUF_INIT(1 << 24), .events = BUF_INIT(1 << 20), .data = BUF_INIT(1 << 24)};
	struct smtp_server_options o = options(d);
	size_t n;
	char *input = dialogue_join(d, 'C', &n);

	r.connection = arena_new(0);
	r.s = smtp_server_new(r.connection, &o);
	next_transaction(&r);
	feed(&r, input, n, step);
	compare(&r, step);
	arena_free(r.transaction);
	arena_free(r.connection);
	buf_free(&r.out);
	buf_free(&r.events);
	buf_free(&r.data);
	free(input);
}

/* A greeting of 421 in place of 220 (DESIGN 6: a peer that is down greets so that Postfix throttles it alone). */
static void test_refuse(void)
{
	struct arena *a = arena_new(0);
	struct smtp_server_options o = {.hostname = "gw.example.net", .size_max = 10, .rcpt_max = 1, .dsn = true};
	struct smtp_server *s = smtp_server_new(a, &o);
	enum smtp_event event;
	struct err e;
	size_t used;

	smtp_server_refuse(s, "4.4.1", "peer viat is down");
	is(buf_str(smtp_server_out(s)), "421 4.4.1 peer viat is down\r\n", "a refusal takes the greeting's place");
	ok(smtp_server_input(s, "LHLO x\r\n", 8, &used, &event, &e) == 0 && event == SMTP_EV_QUIT && used == 8, "and is the end");
	is(buf_str(smtp_server_out(s)), "421 4.4.1 peer viat is down\r\n", "nothing is said after it");
	arena_free(a);
}

/* An event that was not answered must not be run over. */
static void test_unanswered(void)
{
	struct arena *a = arena_new(0);
	struct smtp_server_options o = {.hostname = "gw", .size_max = 10, .rcpt_max = 1, .dsn = true};
	struct smtp_server *s = smtp_server_new(a, &o);
	const char *in = "LHLO x\r\nMAIL FROM:<a@b>\r\n";
	enum smtp_event event = SMTP_NEED_INPUT;
	struct err e;
	size_t used;

	smtp_server_transaction(s, a);
	ok(smtp_server_input(s, in, strlen(in), &used, &event, &e) == 0 && event == SMTP_EV_MAIL, "MAIL is an event");
	ok(smtp_server_input(s, "NOOP\r\n", 6, &used, &event, &e) == -1 && e.id == ERR_BUG_INTERNAL, "input before the answer is a bug");
	arena_free(a);
}

int main(void)
{
	dialogue_run("t/vectors/smtp/server-dialogue.txt", run);
	dialogue_run("t/vectors/smtp/server-hostile.txt", run);
	test_refuse();
	test_unanswered();
	return tap_done();
}
