/*
 * relay/assoc_send.c - one APDU of a worker's to the peer, in either role (see assoc.h).
 *
 * The commit point of a transfer is our S-ACTIVITY-END request: before it a deadline, or a worker that has gone away,
 * discards the activity and nothing is delivered; after it only the peer's answer counts, however long it takes.
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/pack.h"

#define JOB_WAIT_MS 10000   /* grant to JOB_SEND: the worker is already waiting for us */
#define DISCARD_WAIT_MS 30000

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

void assoc_drop_job(struct assoc *s, const struct err *why)
{
	if (why != NULL)
		tell(&s->job, JOB_FAILED, why);
	if (s->job.channel >= 0)
		close(s->job.channel);
	if (s->job.apdu >= 0)
		close(s->job.apdu);
	s->job = (struct job){.channel = -1, .apdu = -1};
}

bool assoc_read_job(struct assoc *s)
{
	struct job *j = &s->job;
	struct ipc_message m;
	struct unpack u;
	bool good;

	if (ipc_receive(j->channel, clock_monotonic_ms() + JOB_WAIT_MS, &m) != IPC_MESSAGE) {
		assoc_drop_job(s, NULL);
		return false;
	}
	u = unpack_of(m.body);
	j->apdu = ipc_take_fd(&m, 0);
	j->size = (uint64_t)unpack_int(&u);
	j->deadline = unpack_int(&u);
	j->priority = (int)unpack_int(&u);
	unpack_text(&u, j->name, sizeof(j->name));
	good = m.type == JOB_SEND && !u.bad && j->apdu >= 0;
	ipc_done(&m);
	if (!good)
		assoc_drop_job(s, NULL);
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
		s->wanted = s->wanted || ev.kind == OSI_EV_TURN_PLEASE;
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
	case OSI_EV_TURN_PLEASE:
		s->wanted = true; /* after this transfer */
		return STEP_ON;
	default:
		return STEP_ON;
	}
}

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

bool assoc_transfer(struct assoc *s)
{
	bool free = transfer(s, &s->job);

	assoc_drop_job(s, NULL);
	return free;
}
