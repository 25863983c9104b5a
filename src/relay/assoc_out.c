/*
 * relay/assoc_out.c - the initiator: opens an association with a peer and sends one APDU after another (see assoc.h).
 *
 * The commit point of a transfer is our S-ACTIVITY-END request: before it a deadline, or a worker that has gone away,
 * discards the activity and nothing is delivered; after it only the peer's answer counts, however long it takes.
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/dial.h"
#include "relay/options.h"
#include "relay/pack.h"

#define JOB_WAIT_MS 10000   /* grant to JOB_SEND: the worker is already waiting for us */
#define DISCARD_WAIT_MS 30000

struct job {
	int channel; /* -1: the worker is gone */
	int apdu;
	uint64_t size, sent;
	int64_t deadline;
	char name[160]; /* MTS-identifier, for the log */
	bool ended;     /* the commit point was passed */
};

static void tell(struct job *j, enum relay_type type, const struct err *why)
{
	struct buf b = BUF_INIT(1024);

	if (j->channel < 0)
		return;
	if (why != NULL)
		pack_err(&b, why);
	if (ipc_send(j->channel, type, &b, NULL, 0, NULL) != 0) {
		close(j->channel);
		j->channel = -1;
	}
	buf_free(&b);
}

static void drop_job(struct job *j)
{
	if (j->channel >= 0)
		close(j->channel);
	if (j->apdu >= 0)
		close(j->apdu);
	*j = (struct job){.channel = -1, .apdu = -1};
}

/* ---- opening ---- */

static int open_association(struct assoc *s, struct err *e)
{
	struct osi_options o;

	TRY(options_initiator(s->arena, s->setup->config, s->peer, &o, e));
	TRY(dial_open(s->arena, s->peer->host, s->peer->port, &o, &s->link, e));
	return options_check_answer(s->peer, osi_peer(s->link.osi), e);
}

/* ---- one transfer ---- */

/* Takes the worker's order; false: it thought better of it. */
static bool read_job(struct job *j)
{
	struct ipc_message m;
	struct unpack u;
	bool good;

	if (ipc_receive(j->channel, clock_monotonic_ms() + JOB_WAIT_MS, &m) != IPC_MESSAGE)
		return false;
	u = unpack_of(m.body);
	j->apdu = ipc_take_fd(&m, 0);
	j->size = (uint64_t)unpack_int(&u);
	j->deadline = unpack_int(&u);
	unpack_text(&u, j->name, sizeof(j->name));
	good = m.type == JOB_SEND && !u.bad && j->apdu >= 0;
	ipc_done(&m);
	return good;
}

/* Nothing will be delivered: waits until the association can be used again. */
static bool discard(struct assoc *s)
{
	struct osi_event ev;
	int64_t deadline = clock_monotonic_ms() + DISCARD_WAIT_MS;

	osi_transfer_discard(s->link.osi, clock_monotonic_ms());
	while (!osi_idle(s->link.osi)) {
		if (link_next(&s->link, &ev, -1, deadline) == LINK_DEADLINE) {
			osi_abort(s->link.osi, clock_monotonic_ms());
			return false;
		}
		if (ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_RELEASED)
			return false;
	}
	return true;
}

/* More octets; when all are there, the commit point. */
static int send_more(struct assoc *s, struct job *j, struct err *e)
{
	struct blob apdu = blob_file(j->apdu, 0, j->size);

	TRY(link_send_apdu(&s->link, &apdu, &j->sent, e));
	if (j->sent < j->size || j->ended)
		return 0;
	/* The worker must know before a single octet of the request can be on the wire: it takes "lost" for "not
	 * delivered" until it has heard this. */
	j->ended = true;
	tell(j, JOB_END, NULL);
	osi_transfer_end(s->link.osi, clock_monotonic_ms());
	return 0;
}

/* The worker's channel is readable: it can only be its end. */
static bool worker_gone(struct job *j)
{
	close(j->channel);
	j->channel = -1;
	return !j->ended;
}

enum step { STEP_ON, STEP_DONE, STEP_OVER }; /* over: the association has ended too */

static enum step take_event(struct assoc *s, struct job *j, const struct osi_event *ev)
{
	struct err e = {0};

	switch (ev->kind) {
	case OSI_EV_SEND_MORE:
		if (send_more(s, j, &e) == 0)
			return STEP_ON;
		tell(j, JOB_FAILED, &e);
		return discard(s) ? STEP_DONE : STEP_OVER;
	case OSI_EV_CONFIRMED:
		tell(j, JOB_CONFIRMED, NULL);
		if (j->channel < 0)
			log_event(LOG_LEVEL_WARN, "confirmed-late", "mts_id", j->name, NULL);
		return STEP_DONE;
	case OSI_EV_NOT_CONFIRMED:
		tell(j, JOB_FAILED, &ev->err);
		return STEP_DONE;
	case OSI_EV_ABORTED:
	case OSI_EV_RELEASED:
		e = ev->err;
		if (e.id == ERR_NONE)
			ERR(&e, ERR_RELAY_LOST, "association ended inside a transfer");
		tell(j, JOB_LOST, &e);
		assoc_end(s, "lost", &e);
		return STEP_OVER;
	default:
		return STEP_ON;
	}
}

/* True: the association is free for the next one. */
static bool transfer(struct assoc *s, struct job *j)
{
	struct osi_event ev;
	struct err e = {0};
	enum step step = STEP_ON;

	if (osi_transfer_start(s->link.osi, j->size, clock_monotonic_ms(), &e) != 0 || send_more(s, j, &e) != 0) {
		tell(j, JOB_FAILED, &e);
		return osi_idle(s->link.osi) || discard(s);
	}
	if (!j->ended)
		tell(j, JOB_STARTED, NULL);
	while (step == STEP_ON) {
		enum link_result r = link_next(&s->link, &ev, j->channel, j->ended ? INT64_MAX : j->deadline);

		if (r == LINK_EVENT) {
			step = take_event(s, j, &ev);
		} else if (r == LINK_OTHER) {
			if (worker_gone(j))
				return discard(s);
		} else if (!j->ended) {
			ERR(&e, ERR_RELAY_DEADLINE, "%llu of %llu octets sent", (unsigned long long)j->sent, (unsigned long long)j->size);
			tell(j, JOB_FAILED, &e);
			return discard(s);
		}
	}
	return step == STEP_DONE;
}

/* ---- the life of the association ---- */

static void release(struct assoc *s)
{
	struct osi_event ev;
	int64_t deadline = clock_monotonic_ms() + DISCARD_WAIT_MS;

	osi_release(s->link.osi, clock_monotonic_ms());
	while (link_next(&s->link, &ev, -1, deadline) == LINK_EVENT)
		if (ev.kind == OSI_EV_RELEASED || ev.kind == OSI_EV_ABORTED)
			break;
	assoc_end(s, "stopping", NULL);
}

/* Waits for the next job; false: it is over. When nothing comes for peers.lifetime, osi releases by itself. */
static bool next_job(struct assoc *s, struct job *j)
{
	struct osi_event ev;

	for (;;) {
		assoc_read_parent(s, &j->channel);
		if (j->channel >= 0)
			return true;
		if (s->stop) {
			release(s);
			return false;
		}
		if (link_next(&s->link, &ev, s->channel, INT64_MAX) != LINK_EVENT)
			continue;
		if (ev.kind == OSI_EV_RELEASED || ev.kind == OSI_EV_ABORTED) {
			assoc_end(s, "by the peer or idle", &ev.err);
			return false;
		}
	}
}

static int fail_open(struct assoc *s, struct job *j, const struct err *e)
{
	if (j->channel >= 0)
		tell(j, JOB_FAILED, e);
	drop_job(j);
	assoc_tell(s, A_DOWN, e);
	if (s->link.osi != NULL)
		link_close(&s->link, clock_monotonic_ms() + 1000);
	return 0;
}

int assoc_out(struct assoc *s)
{
	struct job j = {.channel = -1, .apdu = -1};
	struct err e = {0};

	/* The first job stands in the channel since we were forked. */
	assoc_read_parent(s, &j.channel);
	if (open_association(s, &e) != 0)
		return fail_open(s, &j, &e);
	log_event(LOG_LEVEL_INFO, "association-open", "mta", osi_peer(s->link.osi)->name, NULL);
	assoc_tell(s, A_OPEN, NULL);
	for (;;) {
		if (j.channel >= 0 && read_job(&j) && !transfer(s, &j)) {
			drop_job(&j);
			return 0;
		}
		drop_job(&j);
		if (!s->stop)
			assoc_tell(s, A_IDLE, NULL);
		if (!next_job(s, &j))
			return 0;
	}
}
