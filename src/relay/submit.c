/*
 * relay/submit.c - the SMTP client of a worker: hands mail to the dedicated port (smtp_out) and keeps the connection for
 * the next message (see worker.h).
 *
 * A connection that was kept may have been closed by the server meanwhile: before the first reply to MAIL that is no
 * failure, a new one is tried once.  A server that cannot be reached is reported to the parent, which lets peers know.
 */
#include "relay/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/pack.h"
#include "relay/sockets.h"

#define READ_SIZE 16384
#define FLUSH_OVER 262144 /* data octets that wait in memory */

static void tell_state(struct worker *w, bool up)
{
	struct buf b = BUF_INIT(64);

	pack_int(&b, up);
	(void)!ipc_send(w->control, W_SMTP, &b, NULL, 0, NULL);
	buf_free(&b);
}

static int64_t deadline_of(const struct worker *w)
{
	int server = smtp_client_timeout(w->smtp.client);

	return clock_monotonic_ms() + 1000LL * MIN_OF(server, w->setup->config->smtp_out.timeout);
}

void submit_close(struct worker *w)
{
	if (w->smtp.arena == NULL)
		return;
	if (w->smtp.fd >= 0) {
		smtp_client_quit(w->smtp.client);
		(void)!sockets_flush(w->smtp.fd, smtp_client_out(w->smtp.client), clock_monotonic_ms(), NULL);
		close(w->smtp.fd);
	}
	arena_free(w->smtp.arena);
	w->smtp.arena = NULL;
	w->smtp.fd = -1;
	w->smtp.client = NULL;
}

static int write_out(struct worker *w, struct err *e)
{
	return sockets_flush(w->smtp.fd, smtp_client_out(w->smtp.client), deadline_of(w), e);
}

/* Sends what is to be sent and reads until the wanted event (or the end). */
static int run_until(struct worker *w, enum smtp_client_event want, enum smtp_client_event also, struct err *e)
{
	enum smtp_client_event event = SMTP_CLIENT_NEED_INPUT;
	uint8_t octets[READ_SIZE];
	size_t got, used, at;

	for (;;) {
		TRY(write_out(w, e));
		TRY(sockets_read(w->smtp.fd, octets, sizeof(octets), deadline_of(w), &got, e));
		if (got == 0)
			return ERR(e, ERR_RELAY_LOST, "the SMTP server closed the connection");
		for (at = 0; at < got; at += used) {
			used = 0;
			TRY(smtp_client_input(w->smtp.client, octets + at, got - at, &used, &event, e));
			if (event == want || event == also)
				return 0; /* the server speaks only when asked: nothing stands behind */
			if (event == SMTP_CLIENT_CLOSED)
				return ERR(e, ERR_RELAY_SMTP_TEMPORARY, "421");
			if (used == 0)
				break;
		}
	}
}

static int connect_server(struct worker *w, struct err *e)
{
	const struct config *c = w->setup->config;
	struct smtp_client_options o = {.hostname = c->smtp_out.helo[0] != '\0' ? c->smtp_out.helo : c->local.domain};

	w->smtp.arena = arena_new(0);
	w->smtp.client = smtp_client_new(w->smtp.arena, &o);
	w->smtp.fresh = true;
	if (sockets_connect(c->smtp_out.host, c->smtp_out.port, clock_monotonic_ms() + 1000LL * MIN_OF(c->smtp_out.timeout, 30),
	                    &w->smtp.fd, e) != 0 ||
	    run_until(w, SMTP_CLIENT_READY, SMTP_CLIENT_READY, e) != 0) {
		submit_close(w);
		log_err(LOG_LEVEL_WARN, "smtp-down", e, "host", c->smtp_out.host, "port", log_num(c->smtp_out.port), NULL);
		tell_state(w, false);
		return -1;
	}
	if (board_smtp_down(w->setup->board, clock_monotonic_ms()))
		tell_state(w, true);
	return 0;
}

int submit_envelope(struct worker *w, struct arena *a, const struct smtp_envelope *env, struct err *e)
{
	for (;;) {
		bool kept = w->smtp.arena != NULL;

		if (!kept)
			TRY(connect_server(w, e));
		if (smtp_client_send(w->smtp.client, a, env, e) != 0)
			return -1; /* about the envelope: the connection is as before */
		if (run_until(w, SMTP_CLIENT_RCPT_DONE, SMTP_CLIENT_RCPT_DONE, e) == 0)
			return 0;
		submit_close(w);
		if (!kept)
			return -1;
		err_clear(e);
	}
}

/* A stream whose octets go into the SMTP client. */
struct data_stream {
	struct stream base; /* first: the callback gets its address */
	struct worker *w;
};

static int write_data(struct stream *s, const void *p, size_t n, struct err *e)
{
	struct worker *w = ((struct data_stream *)s)->w;

	smtp_client_data_octets(w->smtp.client, p, n);
	return smtp_client_out(w->smtp.client)->len > FLUSH_OVER ? write_out(w, e) : 0;
}

static int send_data(struct worker *w, struct arena *a, const struct mime_entity *m, struct err *e)
{
	struct data_stream *d = NEW(a, struct data_stream);

	d->base = *stream_to_nothing(a);
	d->base.write = write_data;
	d->w = w;
	TRY(mime_write(a, m, &d->base, e));
	return stream_finish(&d->base, e);
}

int submit_message(struct worker *w, struct arena *a, const struct mime_entity *m, const struct smtp_reply **reply, struct err *e)
{
	*reply = NULL;
	smtp_client_data(w->smtp.client);
	if (run_until(w, SMTP_CLIENT_SEND_DATA, SMTP_CLIENT_DONE, e) != 0) {
		submit_close(w);
		return -1;
	}
	*reply = smtp_client_final_reply(w->smtp.client, 0);
	if (*reply != NULL && (*reply)->code >= 400)
		return 0; /* DATA itself was refused */
	/* A message that cannot be written whole must not be ended by a dot: the connection is cut instead. */
	if (send_data(w, a, m, e) != 0) {
		close(w->smtp.fd);
		w->smtp.fd = -1;
		submit_close(w);
		return -1;
	}
	smtp_client_data_end(w->smtp.client);
	if (run_until(w, SMTP_CLIENT_DONE, SMTP_CLIENT_DONE, e) != 0) {
		submit_close(w);
		return -1;
	}
	*reply = smtp_client_final_reply(w->smtp.client, 0);
	return *reply != NULL ? 0 : ERR(e, ERR_RELAY_SMTP_TEMPORARY, "no final reply");
}

void submit_reset(struct worker *w)
{
	struct err e;

	smtp_client_reset(w->smtp.client);
	if (run_until(w, SMTP_CLIENT_READY, SMTP_CLIENT_DONE, &e) != 0)
		submit_close(w);
}

void submit_reply_error(const struct smtp_reply *r, struct err *e)
{
	enum err_id id = r->code >= 500 ? ERR_RELAY_SMTP_REFUSED : ERR_RELAY_SMTP_TEMPORARY;

	ERR(e, id, "%d %s %s", r->code, r->status, r->text != NULL ? r->text : "");
}

char *submit_queue_id(struct arena *a, const struct smtp_reply *r)
{
	const char *p = r->text != NULL ? strstr(r->text, "queued as ") : NULL;
	size_t n;

	if (p == NULL)
		return NULL;
	p += 10;
	n = strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	return n > 0 && n < 64 ? arena_strndup(a, p, n) : NULL;
}

int submit_mail(struct worker *w, struct arena *a, const struct mixer_mail *mail, const char **queue_id, struct err *e)
{
	const struct smtp_reply *r;

	TRY(submit_envelope(w, a, &mail->envelope, e));
	r = smtp_client_mail_reply(w->smtp.client);
	for (size_t i = 0; r != NULL && r->code < 400 && i < mail->envelope.rcpt.count; i++)
		r = smtp_client_rcpt_reply(w->smtp.client, i);
	if (r != NULL && r->code < 400) {
		TRY(submit_message(w, a, mail->entity, &r, e));
		if (r->code < 400) {
			if (queue_id != NULL)
				*queue_id = submit_queue_id(a, r);
			return 0;
		}
	} else {
		submit_reset(w);
	}
	if (r == NULL)
		return ERR(e, ERR_RELAY_SMTP_TEMPORARY, "no reply");
	submit_reply_error(r, e);
	return -1;
}
