/*
 * relay/assoc.c - the life of an open association, in both roles and both directions (see assoc.h).
 *
 * Who has the turn sends; who wants it asks (PT) and gets it when the activity at hand is over.  The order of custody is in
 * assoc_send.c and assoc_receive.c and does not depend on the role.
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/options.h"
#include "relay/pack.h"
#include "relay/processes.h"

#define CLOSE_MS 5000
#define RELEASE_MS 30000
#define LEAVE_IDLE_MS 700
#define LEAVE_LAST_MS 5000
#define SPARE_MS 200 /* the next job, if there is one, comes at once */
#define LOOK_MS  500

void assoc_read_parent(struct assoc *s)
{
	struct ipc_message m;

	while (s->job.channel < 0) {
		enum ipc_result r = ipc_receive(s->channel, 0, &m);

		if (r == IPC_TIMEOUT)
			return;
		if (r == IPC_CLOSED) {
			s->stop = true;
			return;
		}
		if (m.type == A_STOP)
			s->stop = true;
		else if (m.type == A_JOB)
			s->job.channel = ipc_take_fd(&m, 0);
		ipc_done(&m);
	}
}

void assoc_tell(struct assoc *s, enum relay_type type, const struct err *why)
{
	struct buf b = BUF_INIT(1024);

	if (why != NULL)
		pack_err(&b, why);
	if (ipc_send(s->channel, type, &b, NULL, 0, NULL) != 0)
		s->stop = true;
	buf_free(&b);
}

enum log_level assoc_refusal_level(const struct assoc *s)
{
	return s->quiet && !s->open ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN;
}

void assoc_end(struct assoc *s, const char *how, const struct err *why)
{
	if (why != NULL && why->id != ERR_NONE)
		log_err(assoc_refusal_level(s), "association-closed", why, "how", how, NULL);
	else
		log_event(LOG_LEVEL_INFO, "association-closed", "how", how, NULL);
	link_close(&s->link, clock_monotonic_ms() + CLOSE_MS);
}

/* ---- the turn ---- */

static int64_t now_ms(void) { return clock_monotonic_ms(); }

static void give_turn(struct assoc *s)
{
	s->wanted = false;
	s->until = 0;
	osi_turn_give(s->link.osi, now_ms());
}

/* A job waits and the turn is the peer's: asks once; when the peer is idle and keeps it, the job fails, and for as long as it
 * does so no other is taken.  False: the association has ended. */
static bool wait_for_turn(struct assoc *s)
{
	int64_t now = now_ms();
	struct err e = {0};

	if (!s->asked && osi_turn_please(s->link.osi, s->job.priority, now)) {
		s->asked = true;
		s->asked_at = now;
		s->asked_in_transfer = s->receipt.arena != NULL;
	}
	s->asked_in_transfer = s->asked_in_transfer && s->receipt.arena != NULL;
	if (s->asked_in_transfer)
		s->asked_at = now; /* the transfer at hand may end first */
	if (now < s->job.deadline && (!s->asked || now < s->asked_at + 1000LL * s->setup->config->listen.data_timeout))
		return true;
	ERR(&e, ERR_RELAY_DEADLINE, "the peer does not give the turn");
	log_err(LOG_LEVEL_WARN, "turn-not-given", &e, "mts_id", s->job.name, NULL);
	assoc_drop_job(s, &e);
	s->sends = false;
	if (!s->initiator) {
		assoc_tell(s, A_NO_TURN, NULL); /* it may go on sending */
		return true;
	}
	osi_abort(s->link.osi, now);
	assoc_end(s, "the turn was not given", &e);
	return false;
}

/* The turn came back, or was never away: jobs are welcome. */
static void ready(struct assoc *s)
{
	s->sends = true;
	if (!s->stop)
		assoc_tell(s, A_IDLE, NULL);
}

/* ---- the life of an open association ---- */

static void opened(struct assoc *s)
{
	const struct osi_association *o = s->link.osi;
	bool same = osi_mode_of(o) == options_mode(s->peer);
	long protocol = osi_application_protocol(o);

	s->open = true;
	s->two_way = osi_twa(o) && s->peer->twa && same;
	log_event(LOG_LEVEL_INFO, "association-open", "mta", osi_peer(o)->name, "dialogue", osi_twa(o) ? "two-way-alternate" : "monologue", NULL);
	if (protocol == 256 || protocol == 3072)
		log_event(LOG_LEVEL_WARN, "protocol-swapped", "protocol", log_num(protocol), NULL);
	if (s->initiator)
		return;
	if (!same)
		log_event(LOG_LEVEL_WARN, "other-mode", "mode", s->peer->mode, NULL);
	if (s->two_way)
		ready(s);
}

/* False: it is over. */
static bool take_event(struct assoc *s, const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		assoc_take_bind(s);
		return true;
	case OSI_EV_OPEN:
		opened(s);
		return true;
	case OSI_EV_TURN_PLEASE:
		s->wanted = true;
		return true;
	case OSI_EV_TURN_GIVEN:
		s->asked = false;
		if (!s->sends && s->two_way)
			ready(s);
		return true;
	case OSI_EV_RELEASED:
		assoc_end(s, "released", &ev->err);
		return false;
	case OSI_EV_ABORTED:
	case OSI_EV_REFUSED:
		assoc_end(s, "aborted", &ev->err);
		return false;
	default:
		return assoc_receive(s, ev);
	}
}

/* A responder keeps a turn that it has no use for as long as the parent needs to find another job. */
static bool spare_turn(struct assoc *s)
{
	if (s->initiator)
		return false;
	if (s->until == 0)
		s->until = now_ms() + SPARE_MS;
	return now_ms() >= s->until;
}

/* Told to stop (end or reload): an activity that runs may end; then an initiator releases.  Only it can, so ours as responder
 * is an abort, and one that crosses the start of the next APDU costs the peer a try: so we wait for a pause of the peer, but
 * not for ever.  False: the association has ended. */
static bool stop_now(struct assoc *s)
{
	struct err e = {0};

	if (s->job.channel >= 0) {
		ERR(&e, ERR_CANCELLED, "mixgated stops");
		assoc_drop_job(s, &e);
	}
	if (!s->leaving) {
		s->leaving = true;
		s->until = now_ms() + (s->initiator ? RELEASE_MS : LEAVE_IDLE_MS);
		s->last = now_ms() + (s->initiator ? RELEASE_MS : LEAVE_LAST_MS);
		if (s->initiator)
			osi_release(s->link.osi, now_ms());
	}
	if (now_ms() < MIN_OF(s->until, s->last))
		return true;
	osi_abort(s->link.osi, now_ms());
	assoc_end(s, "stopping", NULL);
	return false;
}

enum step { STEP_WAIT, STEP_AGAIN, STEP_OVER };

/* What is due before the next wait. */
static enum step next_step(struct assoc *s)
{
	bool turn = osi_idle(s->link.osi) && osi_has_turn(s->link.osi), job;

	if (s->job.channel >= 0 && s->job.apdu < 0 && !assoc_read_job(s)) {
		ready(s);
		return STEP_AGAIN;
	}
	job = s->job.channel >= 0;
	if (turn && s->wanted && !s->leaving) {
		give_turn(s);
	} else if (turn && job && !s->leaving) {
		s->until = 0;
		if (!assoc_transfer(s))
			return STEP_OVER;
		ready(s);
		return STEP_AGAIN;
	} else if (s->stop && s->receipt.arena == NULL) {
		return stop_now(s) ? STEP_WAIT : STEP_OVER;
	} else if (job && !turn) {
		return wait_for_turn(s) ? STEP_WAIT : STEP_OVER;
	} else if (turn && !job && spare_turn(s)) {
		give_turn(s);
	}
	return STEP_WAIT;
}

/* While a job waits for the turn its channel is watched, for its worker may go away; the parent is asked now and then. */
static enum link_result wait_event(struct assoc *s, struct osi_event *ev)
{
	int64_t deadline = s->until != 0 ? s->until : INT64_MAX;

	if (s->job.channel >= 0)
		return link_next(&s->link, ev, s->job.channel, MIN_OF(deadline, now_ms() + LOOK_MS));
	return link_next(&s->link, ev, s->stop ? -1 : s->channel, deadline);
}

int assoc_life(struct assoc *s, const struct osi_event *first)
{
	struct osi_event ev;
	enum step step;

	if (first != NULL)
		(void)take_event(s, first);
	for (;;) {
		assoc_read_parent(s);
		step = next_step(s);
		if (step == STEP_AGAIN)
			continue;
		if (step == STEP_OVER)
			break;
		switch (wait_event(s, &ev)) {
		case LINK_EVENT:
			if (s->leaving && !s->initiator)
				s->until = now_ms() + LEAVE_IDLE_MS;
			if (!take_event(s, &ev))
				step = STEP_OVER;
			break;
		case LINK_OTHER:
			if (s->job.channel >= 0) { /* its worker is gone */
				assoc_drop_job(s, NULL);
				ready(s);
			}
			break;
		case LINK_DEADLINE:
			break;
		}
		if (step == STEP_OVER)
			break;
	}
	assoc_drop_job(s, NULL);
	arena_free(s->receipt.arena);
	link_close(&s->link, now_ms() + CLOSE_MS);
	return 0;
}

static struct assoc new_assoc(const struct setup *setup, int channel, int socket)
{
	return (struct assoc){.arena = arena_new(0),
	                      .setup = setup,
	                      .channel = channel,
	                      .link = {.fd = socket},
	                      .initiator = socket < 0,
	                      .job = {.channel = -1, .apdu = -1},
	                      .receipt = {.fd = -1}};
}

int assoc_inbound_main(const struct setup *setup, int channel, int socket, const char *source, bool quiet)
{
	struct assoc s = new_assoc(setup, channel, socket);

	s.source = source;
	s.quiet = quiet;
	log_context("role", "responder", "source", source, NULL);
	return assoc_in(&s);
}

int assoc_main(const struct setup *setup, int channel, const char *peer)
{
	struct assoc s = new_assoc(setup, channel, -1);
	int i = setup_find_peer(setup, peer);

	if (i < 0)
		return 1;
	s.peer = &setup->config->peers.items[i];
	log_context("role", "initiator", "peer", peer, NULL);
	return assoc_out(&s);
}
