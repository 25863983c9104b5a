/*
 * smtp_client.c - runs the dialogues of t/vectors/smtp/client-*.txt against smtp/client, whole at once, in two octets and
 * octet by octet.
 *
 * S: what the server sends.  C: what the client must have sent, in order.  E: the events, with the replies that they
 * brought.  A: what the caller does, one after the other; after "send", "data", "end", "reset" and "quit" the next event
 * is waited for; "forward" is XFORWARD.  "from MAIL .." and "to RCPT .." build the envelope, "octets .." are data, "lost .." breaks the line.
 * X: the name of the error that ends the connection.  O: lmtp.
 */
#include "smtp/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/dialogue.h"
#include "../lib/tap.h"
#include "base/str.h"

struct run {
	const struct dialogue *d;
	size_t actions; /* where the next A: is looked for */
	struct smtp_client *c;
	struct arena *connection, *transaction;
	struct smtp_envelope env;
	struct buf out, events;
	struct err e;
	bool failed;
};

static void take_out(struct run *r)
{
	struct buf *out = smtp_client_out(r->c);

	buf_put(&r->out, out->p, out->len);
	buf_consume(out, out->len);
}

static void describe(struct run *r, const char *label, const struct smtp_reply *reply)
{
	buf_printf(&r->events, " %s=%d/%s/%s", label, reply->code, reply->status, reply->text);
}

static void describe_event(struct run *r, enum smtp_client_event event)
{
	static const char *const names[] = {"NEED_INPUT", "READY", "RCPT_DONE", "SEND_DATA", "DONE", "CLOSED"};

	buf_puts(&r->events, names[event]);
	if (event == SMTP_CLIENT_RCPT_DONE)
		describe(r, "mail", smtp_client_mail_reply(r->c));
	for (size_t i = 0; i < r->env.rcpt.count && r->env.rcpt.count <= 10; i++) {
		if (event == SMTP_CLIENT_RCPT_DONE)
			describe(r, "rcpt", smtp_client_rcpt_reply(r->c, i));
		if (event == SMTP_CLIENT_DONE || event == SMTP_CLIENT_CLOSED)
			describe(r, "final", smtp_client_final_reply(r->c, i));
	}
	buf_putc(&r->events, '\n');
}

static void new_envelope(struct run *r, const char *mail)
{
	struct err e = {0};

	arena_free(r->transaction);
	r->transaction = arena_new(0);
	if (str_istarts(mail, "RAW "))
		r->env = (struct smtp_envelope){.mail_from = arena_strdup(r->transaction, mail + 4), .size = -1};
	else if (smtp_parse_mail(r->transaction, mail, &r->env, &e) != 0)
		printf("Bail out! %s: %s\n", mail, e.detail);
}

static void add_recipient(struct run *r, const char *line)
{
	struct smtp_rcpt *rcpt = ARENA_PUSH(r->transaction, &r->env.rcpt);
	struct err e = {0};

	if (str_istarts(line, "RAW "))
		*rcpt = (struct smtp_rcpt){.address = arena_strdup(r->transaction, line + 4)};
	else if (smtp_parse_rcpt(r->transaction, line, rcpt, &e) != 0)
		printf("Bail out! %s: %s\n", line, e.detail);
}

/* True when the next event is to be waited for. */
static bool act(struct run *r, const struct dialogue_line *line)
{
	const char *text = line->text;
	struct err e = {0};

	if (str_istarts(text, "from ")) {
		new_envelope(r, text + 5);
	} else if (str_istarts(text, "to ")) {
		add_recipient(r, text + 3);
	} else if (str_istarts(text, "many ")) {
		for (long n = strtol(text + 5, NULL, 10); n > 0; n--)
			add_recipient(r, "RCPT TO:<r@x.example>");
	} else if (str_istarts(text, "octets ")) {
		smtp_client_data_octets(r->c, text + 7, line->len - 7);
	} else if (str_eq(text, "forward")) {
		return smtp_client_forward(r->c, r->transaction, "192.0.2.1", "q+1");
	} else if (str_istarts(text, "lost ")) {
		smtp_client_lost(r->c, text + 5);
		describe_event(r, SMTP_CLIENT_CLOSED);
	} else if (str_eq(text, "send")) {
		if (smtp_client_send(r->c, r->transaction, &r->env, &e) == 0)
			return true;
		buf_printf(&r->events, "%s\n", err_row(e.id)->name);
	} else {
		if (str_eq(text, "data"))
			smtp_client_data(r->c);
		else if (str_eq(text, "end"))
			smtp_client_data_end(r->c);
		else if (str_eq(text, "reset"))
			smtp_client_reset(r->c);
		else if (str_eq(text, "quit"))
			smtp_client_quit(r->c);
		else
			printf("Bail out! unknown action %s\n", text);
		return true;
	}
	return false;
}

static void on_event(struct run *r, enum smtp_client_event event)
{
	const struct dialogue_line *line;

	if (event == SMTP_CLIENT_NEED_INPUT)
		return;
	describe_event(r, event);
	while ((line = dialogue_next(r->d, 'A', &r->actions)) != NULL && !act(r, line))
		;
}

static void feed(struct run *r, const char *p, size_t n, size_t step)
{
	enum smtp_client_event event = SMTP_CLIENT_NEED_INPUT;

	for (size_t off = 0; off < n && event != SMTP_CLIENT_CLOSED && !r->failed;) {
		size_t used = 0;

		r->failed = smtp_client_input(r->c, p + off, MIN_OF(step, n - off), &used, &event, &r->e) != 0;
		off += used;
		if (!r->failed)
			on_event(r, event);
		take_out(r);
	}
}

static void compare(struct run *r, size_t step)
{
	const struct dialogue_line *x;
	struct buf events = BUF_INIT(1 << 20);
	size_t n, at = 0;
	char *want = dialogue_join(r->d, 'C', &n);

	if (!is_octets(r->out.p, r->out.len, want, n, "%s: what the client said (pieces of %zu)", r->d->title, step))
		diag("said: %s", buf_str(&r->out));
	free(want);
	for (const struct dialogue_line *l; (l = dialogue_next(r->d, 'E', &at)) != NULL;)
		buf_printf(&events, "%s\n", l->text);
	is(buf_str(&r->events), buf_str(&events), "%s: the events (pieces of %zu)", r->d->title, step);
	buf_free(&events);
	at = 0;
	x = dialogue_next(r->d, 'X', &at);
	is(r->failed ? err_row(r->e.id)->name : "", x == NULL ? "" : x->text, "%s: the end (pieces of %zu)", r->d->title, step);
	if (r->failed)
		ok(err_row(r->e.id)->class != ERR_PERMANENT, "%s: a server's fault bounces no mail", r->d->title);
}

static void run(const struct dialogue *d, size_t step)
{
	struct run r = {.d = d, .out = BUF_INIT(1 << 24), .events = BUF_INIT(1 << 20), .env = {.size = -1}};
	size_t n, at = 0;
	char *input = dialogue_join(d, 'S', &n);
	const struct dialogue_line *o = dialogue_next(d, 'O', &at);

	r.connection = arena_new(0);
	r.transaction = arena_new(0);
	r.c = smtp_client_new(r.connection, &(struct smtp_client_options){.lmtp = o != NULL && str_eq(o->text, "lmtp"), .hostname = "gw.example.net"});
	feed(&r, input, n, step);
	compare(&r, step);
	arena_free(r.transaction);
	arena_free(r.connection);
	buf_free(&r.out);
	buf_free(&r.events);
	free(input);
}

/* Data in any pieces gives the same octets: a dot or a CR at the edge of a piece is no special case. */
static void test_data_pieces(void)
{
	static const char greeting[] = "220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n";
	static const char data[] = "..a\r\n.\r\n\r\n.b\nc\rd\r\r\ne.\r\n.";
	static const char want[] = "...a\r\n..\r\n\r\n..b\r\nc\r\nd\r\n\r\ne.\r\n..\r\n.\r\n";

	for (size_t step = 1; step < sizeof data; step++) {
		struct arena *a = arena_new(0);
		struct smtp_client *c = smtp_client_new(a, &(struct smtp_client_options){.hostname = "x"});
		struct smtp_envelope env;
		struct err e;

		if (smtp_parse_mail(a, "MAIL FROM:<>", &env, &e) != 0 || smtp_parse_rcpt(a, "RCPT TO:<a@b>", ARENA_PUSH(a, &env.rcpt), &e) != 0)
			abort();
		for (size_t off = 0; off < sizeof greeting - 1;) {
			enum smtp_client_event event;
			size_t used;

			if (smtp_client_input(c, greeting + off, sizeof greeting - 1 - off, &used, &event, &e) != 0)
				abort();
			off += used;
			if (event == SMTP_CLIENT_READY && smtp_client_send(c, a, &env, &e) != 0)
				abort();
			if (event == SMTP_CLIENT_RCPT_DONE)
				smtp_client_data(c);
		}
		buf_reset(smtp_client_out(c));
		for (size_t off = 0; off < sizeof data - 1; off += step)
			smtp_client_data_octets(c, data + off, MIN_OF(step, sizeof data - 1 - off));
		smtp_client_data_end(c);
		is_octets(smtp_client_out(c)->p, smtp_client_out(c)->len, want, sizeof want - 1, "data in pieces of %zu", step);
		arena_free(a);
	}
}

int main(void)
{
	dialogue_run("t/vectors/smtp/client-dialogue.txt", run);
	dialogue_run("t/vectors/smtp/client-hostile.txt", run);
	test_data_pieces();
	return tap_done();
}
