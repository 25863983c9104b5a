/*
 * relay/assoc_in.c - the responder: answers a bind, receives APDUs and has each one secured by a worker (see assoc.h).
 *
 * S-ACTIVITY-END is answered only after a worker's WORK_CONFIRM; that answer is what makes the message ours no more than
 * the Internet side's (ARCHITECTURE, "Custody").  A worker that dies over an APDU is replaced, and the next one is told.
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/options.h"
#include "relay/pack.h"
#include "sec/digest.h"

#define BIND_WAIT_MS 10000
#define LEAVE_IDLE_MS 700
#define LEAVE_LAST_MS 5000
#define TRIES_MAX 20 /* with those that were gone before they had begun */
#define BREATHE_MS 500
#define DEATHS_MAX 3 /* the third worker only archives and reports; when it dies too, the peer keeps the message */

struct receipt {
	struct arena *arena; /* of this APDU; NULL: none is being received */
	struct stream *out;
	int fd;
	struct err err;
};

/* ---- bind ---- */

static bool password_matches(const struct config_peer *p, const struct octets *said)
{
	const char *want = p->rpass != NULL ? p->rpass : "";

	return digest_same_octets(want, __builtin_strlen(want), said->p != NULL ? said->p : (const uint8_t *)"", said->len);
}

/* The peer with that MTA-name and password.  Every peer is looked at, so that the time tells nothing. */
static const struct config_peer *authenticate(const struct assoc *s, const struct osi_mta *said)
{
	const struct config_peer *found = NULL;
	const struct config *c = s->setup->config;

	for (size_t i = 0; i < c->peers.count; i++) {
		const struct config_peer *p = &c->peers.items[i];
		bool password = password_matches(p, &said->password);
		bool name = said->name != NULL && str_eq(said->name, p->rmta);

		if (name && password)
			found = p;
	}
	return found;
}

/* May this peer have one more association? */
static bool ask_parent(struct assoc *s)
{
	struct ipc_message m;
	struct buf b = BUF_INIT(256);
	int64_t deadline = clock_monotonic_ms() + BIND_WAIT_MS;
	bool granted = false, answered = false;

	pack_str(&b, s->peer->name);
	if (ipc_send(s->channel, A_BIND, &b, NULL, 0, NULL) != 0)
		answered = true;
	/* A reload may say A_STOP just now; the answer comes behind it, and the peer may send what it has come for. */
	while (!answered && ipc_receive(s->channel, deadline, &m) == IPC_MESSAGE) {
		granted = m.type == A_BIND_OK;
		answered = m.type != A_STOP;
		s->stop = s->stop || m.type == A_STOP;
		ipc_done(&m);
	}
	buf_free(&b);
	return granted;
}

static void take_bind(struct assoc *s)
{
	const struct osi_mta *said = osi_peer(s->link.osi);
	struct osi_mta local;
	struct err e = {0};

	s->peer = authenticate(s, said);
	if (s->peer == NULL) {
		ERR(&e, ERR_RELAY_BIND, "MTA-name %s", said->name != NULL ? said->name : "(none)");
		log_err(LOG_LEVEL_WARN, "bind-refused", &e, "alarm", "authentication", NULL);
		osi_bind_refuse(s->link.osi, OSI_BIND_AUTHENTICATION, clock_monotonic_ms());
		return;
	}
	log_context("role", "responder", "peer", s->peer->name, "source", s->source, NULL);
	if (!ask_parent(s)) {
		log_event(LOG_LEVEL_WARN, "bind-refused", "why", "busy", NULL);
		osi_bind_refuse(s->link.osi, OSI_BIND_BUSY, clock_monotonic_ms());
		return;
	}
	local = options_local_mta(s->peer);
	osi_bind_accept(s->link.osi, &local, clock_monotonic_ms());
}

/* ---- receiving ---- */

static void drop(struct receipt *r)
{
	arena_free(r->arena);
	*r = (struct receipt){.fd = -1};
}

static void begin(struct assoc *s, struct receipt *r)
{
	drop(r);
	r->arena = arena_new(0);
	if (blob_tempfile(r->arena, setup_tmpdir(s->setup), &r->fd, &r->err) == 0)
		r->out = stream_to_fd(r->arena, r->fd, (uint64_t)s->setup->config->limits.message_size);
}

/* ---- securing ---- */

/* NOT_TAKEN: the channel ended before the worker had begun; WAITING: no verdict yet */
enum verdict { CONFIRM, REFUSE, DIED, NOT_TAKEN, WAITING, OVER };

static enum verdict take_answer(int answer, bool *taken, int *reason)
{
	struct ipc_message m;
	struct unpack u;
	struct err e;
	enum verdict v = DIED;

	if (ipc_receive(answer, 0, &m) != IPC_MESSAGE)
		return *taken ? DIED : NOT_TAKEN;
	if (m.type == WORK_TAKEN) {
		*taken = true;
		v = WAITING;
	} else if (m.type == WORK_CONFIRM) {
		v = CONFIRM;
	} else if (m.type == WORK_REFUSE) {
		u = unpack_of(m.body);
		*reason = (int)unpack_int(&u);
		unpack_err(&u, &e);
		log_err(LOG_LEVEL_WARN, "transfer-refused", &e, NULL);
		v = REFUSE;
	}
	ipc_done(&m);
	return v;
}

/* One worker's attempt; the association goes on ticking meanwhile. */
static enum verdict ask_worker(struct assoc *s, const struct receipt *r, int died, int *reason)
{
	struct buf b = BUF_INIT(256);
	struct osi_event ev;
	int pair[2], status;
	enum verdict v = WAITING;
	bool taken = false;

	if (ipc_pair(pair, NULL) != 0)
		return REFUSE;
	pack_str(&b, s->peer->name);
	pack_int(&b, (int64_t)r->out->written);
	pack_int(&b, died);
	status = ipc_send(s->channel, A_WORK, &b, (int[]){r->fd, pair[1]}, 2, NULL);
	close(pair[1]);
	buf_free(&b);
	while (status == 0 && v == WAITING) {
		enum link_result l = link_next(&s->link, &ev, pair[0], INT64_MAX);

		if (l == LINK_OTHER)
			v = take_answer(pair[0], &taken, reason);
		else if (l == LINK_EVENT && (ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_RELEASED))
			v = OVER;
	}
	close(pair[0]);
	if (v == OVER)
		assoc_end(s, "lost while an APDU was being secured", &ev.err);
	return status == 0 ? v : REFUSE;
}

/* Whatever ends workers may be about to end the next one too: waits a little.  False: the association has ended. */
static bool breathe(struct assoc *s)
{
	struct osi_event ev;
	int64_t deadline = clock_monotonic_ms() + BREATHE_MS;

	while (link_next(&s->link, &ev, -1, deadline) == LINK_EVENT)
		if (ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_RELEASED) {
			assoc_end(s, "lost while an APDU was being secured", &ev.err);
			return false;
		}
	return true;
}

/* False: the association has ended. */
static bool secure(struct assoc *s, struct receipt *r)
{
	int reason = OSI_REFUSE_TEMPORARY;
	enum verdict v = REFUSE;

	if (r->out != NULL && stream_finish(r->out, &r->err) == 0) {
		v = NOT_TAKEN;
		for (int died = 0, tries = 0; died < DEATHS_MAX && tries < TRIES_MAX && (v == DIED || v == NOT_TAKEN); tries++) {
			v = ask_worker(s, r, died, &reason);
			died += v == DIED;
			if ((v == DIED || v == NOT_TAKEN) && !breathe(s))
				v = OVER;
		}
	} else {
		log_err(LOG_LEVEL_ERROR, "transfer-refused", &r->err, NULL);
	}
	drop(r);
	if (v == OVER)
		return false;
	if (v == CONFIRM)
		osi_transfer_confirm(s->link.osi, clock_monotonic_ms());
	else
		osi_transfer_refuse(s->link.osi, (enum osi_refusal)reason, clock_monotonic_ms());
	return true;
}

/* ---- the life of the association ---- */

/* False: it is over. */
static bool take_event(struct assoc *s, struct receipt *r, const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		take_bind(s);
		return true;
	case OSI_EV_OPEN:
		log_event(LOG_LEVEL_INFO, "association-open", "mta", osi_peer(s->link.osi)->name, NULL);
		return true;
	case OSI_EV_TRANSFER_START:
		begin(s, r);
		return true;
	case OSI_EV_TRANSFER_DATA:
		if (r->out != NULL)
			stream_put(r->out, ev->data.p, ev->data.len);
		return true;
	case OSI_EV_TRANSFER_END:
		return secure(s, r);
	case OSI_EV_TRANSFER_DROPPED:
		drop(r);
		return true;
	case OSI_EV_RELEASED:
		assoc_end(s, "released", NULL);
		return false;
	case OSI_EV_ABORTED:
	case OSI_EV_REFUSED:
		assoc_end(s, "aborted", &ev->err);
		return false;
	default:
		return true;
	}
}

/* Told to stop (end or reload): an APDU that is coming in may still come.  Only the initiator can release, so ours is an
 * abort, and one that crosses the start of the next APDU costs the peer a try; so we wait for a pause of the peer, but not
 * for ever. */
struct leave {
	int64_t idle, last;
};

static bool may_leave(struct leave *l)
{
	int64_t now = clock_monotonic_ms();

	if (l->last == 0)
		*l = (struct leave){now + LEAVE_IDLE_MS, now + LEAVE_LAST_MS};
	return now >= MIN_OF(l->idle, l->last);
}

int assoc_in(struct assoc *s)
{
	struct osi_options o;
	struct osi_event ev;
	struct err e = {0};
	struct receipt r = {.fd = -1};
	struct leave leave = {0};
	bool on = true;

	if (options_responder(s->arena, s->setup->config, &o, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "association-failed", &e, NULL);
		return 1;
	}
	s->link.osi = osi_new(s->arena, &o, clock_monotonic_ms());
	while (on) {
		if (s->stop && r.arena == NULL && may_leave(&leave)) {
			osi_abort(s->link.osi, clock_monotonic_ms());
			assoc_end(s, "stopping", NULL);
			break;
		}
		switch (link_next(&s->link, &ev, s->stop ? -1 : s->channel, s->stop && r.arena == NULL ? leave.idle : INT64_MAX)) {
		case LINK_OTHER:
			assoc_read_parent(s, NULL);
			break;
		case LINK_EVENT:
			leave.idle = clock_monotonic_ms() + LEAVE_IDLE_MS;
			on = take_event(s, &r, &ev);
			break;
		case LINK_DEADLINE:
			break;
		}
	}
	drop(&r);
	return 0;
}
