/*
 * relay/lmtp.c - one LMTP connection (RFC 2033): the MTA's side of the way to X.400, and the milter's dry run.
 *
 * smtp/server.h reads and writes the protocol; here are the socket, the deadlines and the answers.  Replies go out as they
 * become known, so that the MTA marks recipients as delivered even when a later one takes its time.
 */
#include "relay/worker.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/carry.h"
#include "relay/sockets.h"

#define READ_SIZE 65536
#define WRITE_MS 60000
#define RECYCLE_AT_LAST 10 /* times lmtp.recycle */
#define PAUSE_MS 1000      /* a client that is silent so long, between messages, does not mind */

struct session {
	struct worker *w;
	int fd;
	enum relay_door door;
	const char *source;
	struct arena *arena;
	struct smtp_server *server;
	struct transaction t;
	bool over; /* close after what stands in out */
	bool mail; /* MAIL was taken: a transaction is open */
};

static bool flush(struct session *s)
{
	struct err e = {0};

	if (sockets_flush(s->fd, smtp_server_out(s->server), clock_monotonic_ms() + WRITE_MS, &e) == 0)
		return true;
	s->over = true;
	return false;
}

static void end_transaction(struct session *s)
{
	s->mail = false;
	arena_free(s->t.arena);
	s->t = (struct transaction){.arena = arena_new(0), .data_fd = -1, .dry = s->door == DOOR_SCREEN, .carry = s->door == DOOR_CARRY};
	smtp_server_transaction(s->server, s->t.arena);
	setup_begin_message(s->w->setup);
	log_context("source", s->source, NULL);
}

/* MIXER fields are believed from clients in lmtp.trusted, as XFORWARD names them (G-055). */
static bool is_trusted(const struct session *s)
{
	return trust_contains(&s->w->setup->config->lmtp.trusted, smtp_server_xforward(s->server, "ADDR"));
}

static void take_rcpt(struct session *s)
{
	const struct smtp_envelope *env = smtp_server_envelope(s->server);
	const struct smtp_rcpt *r = &env->rcpt.items[env->rcpt.count - 1];
	struct target target = {0};
	struct err e = {0};

	if (to_x400_recipient(s->w, &s->t, r, env->size, &target, &e) != 0) {
		if (s->t.carry)
			carry_doubt(&e);
		log_err(LOG_LEVEL_INFO, "rcpt-refused", &e, "from", env->mail_from, "rcpt", r->address, NULL);
		smtp_server_reply_err(s->server, &e);
		return;
	}
	*ARENA_PUSH(s->t.arena, &s->t.targets) = target;
	smtp_server_reply(s->server, 250, "2.1.5", "Ok");
}

static void take_data(struct session *s)
{
	struct err e = {0};

	if (blob_tempfile(s->t.arena, setup_tmpdir(s->w->setup), &s->t.data_fd, &e) != 0) {
		smtp_server_reply_err(s->server, &e);
		return;
	}
	s->t.data = stream_to_fd(s->t.arena, s->t.data_fd, (uint64_t)s->w->setup->config->limits.message_size);
	smtp_server_data(s->server, s->t.data);
}

static void answer(void *ctx, size_t rcpt UNUSED, const struct err *e)
{
	struct session *s = ctx;

	if (e->id == ERR_NONE)
		smtp_server_reply(s->server, 250, "2.1.5", s->t.dry ? "Ok, could be delivered" : "Ok, the X.400 peer has it");
	else
		smtp_server_reply_err(s->server, e);
	flush(s);
}

static void take_message(struct session *s)
{
	struct to_x400_answers answers = {answer, s};
	const char *id = smtp_server_xforward(s->server, "IDENT");

	s->t.envelope = *smtp_server_envelope(s->server);
	s->t.trusted = is_trusted(s);
	s->t.queue_id = id != NULL && *id != '\0' ? arena_strdup(s->t.arena, id) : NULL;
	s->w->served++;
	worker_limit_cpu(s->w);
	to_x400_message(s->w, &s->t, &answers);
	end_transaction(s);
	/* A busy session is not cut at lmtp.recycle: clients take a 421 between two messages for a failure.  It is when the
	 * client pauses, on request, or at last. */
	if (s->w->stop || s->w->served >= s->w->setup->config->lmtp.recycle * RECYCLE_AT_LAST) {
		smtp_server_refuse(s->server, "4.3.2", "this session has served its time, come again");
		s->over = true;
	}
}

static void take_event(struct session *s, enum smtp_event event)
{
	switch (event) {
	case SMTP_EV_MAIL:
		s->mail = true;
		smtp_server_reply(s->server, 250, "2.1.0", "Ok");
		break;
	case SMTP_EV_RCPT:
		take_rcpt(s);
		break;
	case SMTP_EV_DATA:
		take_data(s);
		break;
	case SMTP_EV_MESSAGE:
		take_message(s);
		break;
	case SMTP_EV_RESET:
		end_transaction(s);
		break;
	case SMTP_EV_QUIT:
		s->over = true;
		break;
	case SMTP_NEED_INPUT:
		break;
	}
}

static void take_octets(struct session *s, const uint8_t *p, size_t n)
{
	struct err e = {0};

	while (n > 0 && !s->over) {
		enum smtp_event event = SMTP_NEED_INPUT;
		size_t used = 0;

		if (smtp_server_input(s->server, p, n, &used, &event, &e) != 0) {
			log_err(LOG_LEVEL_WARN, "lmtp-closed", &e, NULL);
			s->over = true;
			return;
		}
		p += used;
		n -= used;
		take_event(s, event);
	}
}

/* A client in the middle of a transaction may finish it although we are to stop, and one that is about to begin need not
 * hear of a reload: a 421 there is a failure for it. */
static bool wait_for_client(struct session *s, int64_t now, int64_t deadline)
{
	bool tired = s->w->served >= s->w->setup->config->lmtp.recycle && !s->mail;

	if (worker_wait(s->w, s->fd, tired ? now + PAUSE_MS : deadline))
		return true;
	return s->w->stop && sockets_wait(s->fd, SOCKETS_READ, s->mail ? deadline : now + PAUSE_MS);
}

/* Waits for octets: false: the client is gone, silent, or we are to stop. */
static bool read_some(struct session *s)
{
	uint8_t octets[READ_SIZE];
	struct err e = {0};
	size_t got;
	int64_t now = clock_monotonic_ms(), deadline = now + 1000LL * s->w->setup->config->lmtp.timeout;

	if (!wait_for_client(s, now, deadline)) {
		smtp_server_refuse(s->server, "4.3.2", s->w->stop ? "stopping" : "this session has lasted long enough, come again");
		return false;
	}
	if (sockets_read(s->fd, octets, sizeof(octets), deadline, &got, &e) != 0 || got == 0)
		return false;
	take_octets(s, octets, got);
	return !s->over;
}

void lmtp_serve(struct worker *w, int fd, enum relay_door door, const char *peer UNUSED, const char *source)
{
	struct session s = {.w = w, .fd = fd, .door = door, .source = source, .arena = arena_new(0)};
	struct smtp_server_options o = {
		.hostname = w->setup->config->local.domain,
		.size_max = (uint64_t)w->setup->config->limits.message_size,
		.rcpt_max = (unsigned)w->setup->config->limits.recipients,
		.dsn = true,
	};

	s.server = smtp_server_new(s.arena, &o);
	end_transaction(&s);
	while (flush(&s) && read_some(&s)) {
	}
	flush(&s);
	close(fd);
	arena_free(s.t.arena);
	arena_free(s.arena);
	log_context(NULL, NULL);
}
