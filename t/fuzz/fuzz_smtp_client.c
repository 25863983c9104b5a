/*
 * fuzz_smtp_client.c - the SMTP and LMTP client against a server that says anything.  The first octet chooses LMTP and what
 * the caller does.  The same input whole and octet by octet must lead to the same commands and replies; what is sent has
 * no bare CR or LF, what was said is printable.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECIPIENTS 3
#define TRANSACTIONS_MAX 5

struct run {
	struct smtp_client *c;
	struct arena *connection, *transaction;
	struct smtp_envelope env;
	struct buf out, seen;
	unsigned what, transactions;
	bool over;
};

static void note(struct run *r, const struct smtp_reply *reply)
{
	for (const char *p = reply->text; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			abort();
	if (reply->code != 0 && (reply->code < 200 || reply->code > 599))
		abort();
	buf_printf(&r->seen, "%d %s %s\n", reply->code, reply->status, reply->text);
}

static void begin(struct run *r)
{
	struct err e;

	if (r->transactions++ >= TRANSACTIONS_MAX)
		return; /* the last one's replies may still be asked for */
	arena_free(r->transaction);
	r->transaction = arena_new(0);
	r->env = (struct smtp_envelope){.mail_from = "a@b.example", .ret = SMTP_RET_HDRS, .envid = "x y", .size = 100, .body_8bit = true};
	for (int i = 0; i < RECIPIENTS; i++)
		*ARENA_PUSH(r->transaction, &r->env.rcpt) =
			(struct smtp_rcpt){.address = "\"/G=a/S=b/\"@c.example", .notify = SMTP_NOTIFY_SUCCESS, .orcpt_type = "x400", .orcpt = "/C=GB/"};
	if (smtp_client_send(r->c, r->transaction, &r->env, &e) != 0)
		r->over = true;
}

static void on_event(struct run *r, enum smtp_client_event event)
{
	switch (event) {
	case SMTP_CLIENT_NEED_INPUT:
		break;
	case SMTP_CLIENT_READY:
		begin(r);
		break;
	case SMTP_CLIENT_RCPT_DONE:
		note(r, smtp_client_mail_reply(r->c));
		for (size_t i = 0; i < RECIPIENTS; i++)
			note(r, smtp_client_rcpt_reply(r->c, i));
		if ((r->what & 2) != 0)
			smtp_client_reset(r->c);
		else
			smtp_client_data(r->c);
		break;
	case SMTP_CLIENT_SEND_DATA:
		smtp_client_data_octets(r->c, ".\r\n..\n\r.x", 9);
		smtp_client_data_end(r->c);
		break;
	case SMTP_CLIENT_DONE:
	case SMTP_CLIENT_CLOSED:
		for (size_t i = 0; r->transaction != NULL && i < RECIPIENTS; i++)
			note(r, smtp_client_final_reply(r->c, i));
		r->over = event == SMTP_CLIENT_CLOSED;
		if (!r->over && (r->what & 4) != 0)
			smtp_client_quit(r->c);
		else if (!r->over)
			begin(r);
		break;
	}
}

static void feed(struct run *r, const uint8_t *p, size_t n, size_t step)
{
	while (n > 0 && !r->over) {
		enum smtp_client_event event = SMTP_CLIENT_NEED_INPUT;
		struct err e;
		size_t used = 0, take = n < step ? n : step;

		if (smtp_client_input(r->c, p, take, &used, &event, &e) != 0) {
			if (err_row(e.id)->class == ERR_PERMANENT || e.id == ERR_BUG_INTERNAL)
				abort();
			buf_puts(&r->seen, err_row(e.id)->name);
			r->over = true;
		} else {
			if (used == 0)
				abort();
			p += used;
			n -= used;
			on_event(r, event);
		}
		buf_put(&r->out, smtp_client_out(r->c)->p, smtp_client_out(r->c)->len);
		buf_consume(smtp_client_out(r->c), smtp_client_out(r->c)->len);
	}
}

static void run(struct run *r, const uint8_t *p, size_t n, size_t step)
{
	r->out = BUF_INIT(16 << 20);
	r->seen = BUF_INIT(16 << 20);
	r->what = p[0];
	r->connection = arena_new(0);
	r->c = smtp_client_new(r->connection, &(struct smtp_client_options){.lmtp = (p[0] & 1) != 0, .hostname = "gw"});
	feed(r, p + 1, n - 1, step);
}

static void end(struct run *r)
{
	arena_free(r->transaction);
	arena_free(r->connection);
	buf_free(&r->out);
	buf_free(&r->seen);
}

static bool same(const struct buf *x, const struct buf *y)
{
	return x->len == y->len && (x->len == 0 || memcmp(x->p, y->p, x->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = {0}, pieces = {0};

	if (size < 2)
		return 0;
	run(&whole, data, size, SIZE_MAX);
	run(&pieces, data, size, 1);
	if (!same(&whole.out, &pieces.out) || !same(&whole.seen, &pieces.seen))
		abort();
	for (size_t i = 0; i < whole.out.len; i++)
		if (whole.out.p[i] == '\n' ? i == 0 || whole.out.p[i - 1] != '\r' : whole.out.p[i] == '\r' && (i + 1 == whole.out.len || whole.out.p[i + 1] != '\n'))
			abort();
	end(&whole);
	end(&pieces);
	return 0;
}
