/*
 * relay/assoc_receive.c - one APDU from the peer, in either role (see assoc.h).
 *
 * S-ACTIVITY-END is answered only after a worker's WORK_CONFIRM; that answer is what makes the message ours no more than
 * the Internet side's (ARCHITECTURE, "Custody").  A worker that dies over an APDU is replaced, and the next one is told.
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/pack.h"
#include "relay/sockets.h"

#define TRIES_MAX 20 /* with those that were gone before they had begun */
#define BREATHE_MS 500
#define DEATHS_MAX 3 /* the third worker only archives and reports; when it dies too, the peer keeps the message */

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

/* NOT_TAKEN: the channel ended before the worker had begun; WAITING: no verdict yet; TAKEN_BACK: the peer discarded or
 * interrupted the activity behind its S-ACTIVITY-END */
enum verdict { CONFIRM, REFUSE, DIED, NOT_TAKEN, WAITING, TAKEN_BACK, OVER };

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

/* What an event of the association means for an APDU that is being secured. */
static enum verdict judge_event(const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_ABORTED:
	case OSI_EV_RELEASED:
		return OVER;
	case OSI_EV_TRANSFER_DROPPED:
		return TAKEN_BACK;
	default:
		return WAITING;
	}
}

/* The worker may have delivered it already, and the sender's next try is recognised.  Nothing more is read from the peer
 * before the worker has ended: the next activity may stand behind the discard, and its APDU must neither be missed nor be
 * confirmed by a verdict about this one. */
static void wait_out(struct assoc *s, int answer, bool *taken)
{
	int reason;

	log_event(LOG_LEVEL_WARN, "taken-back", NULL);
	link_flush(&s->link, clock_monotonic_ms() + BREATHE_MS);
	while (sockets_wait(answer, SOCKETS_READ, INT64_MAX) && take_answer(answer, taken, &reason) == WAITING) {
	}
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
		else if (l == LINK_EVENT)
			v = judge_event(&ev);
	}
	if (v == TAKEN_BACK)
		wait_out(s, pair[0], &taken);
	close(pair[0]);
	if (v == OVER)
		assoc_end(s, "lost while an APDU was being secured", &ev.err);
	return status == 0 ? v : REFUSE;
}

/* Whatever ends workers may be about to end the next one too: waits a little.  WAITING, or why there is no next one. */
static enum verdict breathe(struct assoc *s)
{
	struct osi_event ev;
	int64_t deadline = clock_monotonic_ms() + BREATHE_MS;
	enum verdict v = WAITING;

	while (v == WAITING && link_next(&s->link, &ev, -1, deadline) == LINK_EVENT)
		v = judge_event(&ev);
	if (v == OVER)
		assoc_end(s, "lost while an APDU was being secured", &ev.err);
	return v;
}

/* The verdict of the first worker that lives to give one. */
static enum verdict ask_workers(struct assoc *s, const struct receipt *r, int *reason)
{
	enum verdict v = NOT_TAKEN, pause;

	for (int died = 0, tries = 0; died < DEATHS_MAX && tries < TRIES_MAX; tries++) {
		v = ask_worker(s, r, died, reason);
		if (v != DIED && v != NOT_TAKEN)
			return v;
		died += v == DIED;
		pause = breathe(s);
		if (pause != WAITING)
			return pause;
	}
	return v;
}

/* False: the association has ended. */
static bool secure(struct assoc *s, struct receipt *r)
{
	int reason = OSI_REFUSE_TEMPORARY;
	enum verdict v = REFUSE;

	if (r->out != NULL && stream_finish(r->out, &r->err) == 0) {
		v = ask_workers(s, r, &reason);
	} else {
		log_err(LOG_LEVEL_ERROR, "transfer-refused", &r->err, NULL);
	}
	drop(r);
	if (v == OVER)
		return false;
	if (v == CONFIRM)
		osi_transfer_confirm(s->link.osi, clock_monotonic_ms());
	else if (v != TAKEN_BACK)
		osi_transfer_refuse(s->link.osi, (enum osi_refusal)reason, clock_monotonic_ms());
	return true;
}

bool assoc_receive(struct assoc *s, const struct osi_event *ev)
{
	struct receipt *r = &s->receipt;

	switch (ev->kind) {
	case OSI_EV_TRANSFER_START:
		if (ev->err.id != ERR_NONE && !s->told_odd)
			log_err(LOG_LEVEL_WARN, "peer-odd", &ev->err, NULL);
		s->told_odd = s->told_odd || ev->err.id != ERR_NONE;
		if (s->leaving && s->initiator) /* it has not yet seen that we ask for the turn to release */
			osi_transfer_refuse(s->link.osi, OSI_REFUSE_TEMPORARY, clock_monotonic_ms());
		else
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
	default:
		return true;
	}
}
