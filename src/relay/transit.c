/*
 * relay/transit.c - peers.relay: what came from one X.400 peer and is for another (see inbound.h, X.411 14.3).
 *
 * The content goes on as it is, octet by octet, and may be of any type.  The envelope gets a trace element of ours, and each
 * peer is responsible for its own recipients alone.  Nothing is kept here: the peer that brought it waits for the confirm of
 * the one that gets it, and the journal knows which recipients have been confirmed when it comes again.  Reports go the same
 * way back: by their destination.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "p1/p1.h"
#include "relay/inbound.h"
#include "relay/options.h"

struct transit_unit {
	int peer;
	struct hand_over job;
};

static const struct config_peer *peer_at(const struct inbound *in, int peer)
{
	return &in->w->setup->config->peers.items[peer];
}

int transit_peer(const struct inbound *in, const struct addr_route *route, struct err *e)
{
	int next = setup_find_peer(in->w->setup, route->peer);

	if (in->peer == NULL || !in->peer->relay || (next >= 0 && peer_at(in, next) == in->peer))
		return ERR(e, ERR_RELAY_NOT_TRANSIT, "%s leads to %s", route->where, route->peer);
	if (next < 0)
		return ERR(e, ERR_RELAY_PEER_UNKNOWN, "%s (%s)", route->peer, route->where);
	return next;
}

/* X.411 14.3.1: a trace with too much of us in it is a loop. */
static int check_loop(const struct inbound *in, struct err *e)
{
	const struct mixer_settings *s = &in->w->setup->settings;
	const struct mx_envelope *env = &in->m->envelope;
	unsigned ours = 0;

	for (size_t i = 0; i < env->trace.count; i++)
		ours += mx_domain_equal(&env->trace.items[i].domain, &s->domain);
	if (ours > s->max_passages)
		return ERR(e, ERR_MIXER_LOOP, "%u trace elements are ours", ours);
	return env->trace.count < s->max_received ? 0 : ERR(e, ERR_MIXER_HOPS, "%zu trace elements", env->trace.count);
}

/* A copy of the message as peer gets it. */
static struct mx_message *message_for(struct inbound *in, int peer)
{
	struct mx_message *m = NEW(in->a, struct mx_message);
	struct mx_trace *t;

	*m = *in->m;
	m->envelope.trace.items = arena_memdup(in->a, m->envelope.trace.items, m->envelope.trace.count * sizeof(*m->envelope.trace.items));
	m->envelope.trace.capacity = m->envelope.trace.count;
	t = ARENA_PUSH(in->a, &m->envelope.trace);
	*t = (struct mx_trace){.domain = in->w->setup->settings.domain, .arrival_time = in->c.now};
	if (m->kind == MX_REPORT)
		return m;
	m->recipients.items = arena_memdup(in->a, m->recipients.items, m->recipients.count * sizeof(*m->recipients.items));
	m->recipients.capacity = m->recipients.count;
	for (size_t i = 0; i < m->recipients.count; i++)
		m->recipients.items[i].responsibility = false;
	for (size_t i = 0; i < in->count; i++)
		m->recipients.items[in->rcpt[i].index].responsibility = in->rcpt[i].next == peer && in->rcpt[i].err.id == ERR_NONE;
	return m;
}

static int encode(struct inbound *in, int peer, struct hand_over *job, struct err *e)
{
	const struct config_peer *c = peer_at(in, peer);
	struct p1_options o = options_p1(c);
	struct stream *out;
	int apdu;

	TRY(check_loop(in, e));
	TRY(blob_tempfile(in->a, setup_tmpdir(in->w->setup), &apdu, e));
	out = stream_to_fd(in->a, apdu, 0);
	TRY(p1_encode(in->a, message_for(in, peer), &o, out, e));
	TRY(stream_finish(out, e));
	if (out->written > (uint64_t)c->size_max)
		return ERR(e, ERR_RELAY_TOO_LARGE, "%llu octets, %s takes %lld", (unsigned long long)out->written, c->name, (long long)c->size_max);
	*job = (struct hand_over){
		.peer = c->name,
		.mts_id = in->mts_id,
		.apdu = apdu,
		.size = out->written,
		.priority = hand_over_priority(in->m->envelope.priority),
	};
	return 0;
}

static bool wanted(const struct inbound *in, int peer)
{
	for (size_t i = 0; i < in->count; i++)
		if (in->rcpt[i].next == peer && in->rcpt[i].err.id == ERR_NONE && !inbound_done(&in->rcpt[i]))
			return true;
	return false;
}

int transit_prepare(struct inbound *in, struct err *e)
{
	size_t peers = in->w->setup->config->peers.count;

	in->units = arena_array(in->a, MAX_OF(peers, 1), sizeof(*in->units));
	for (int p = 0; p < (int)peers; p++) {
		struct err why = {0};

		if (!wanted(in, p))
			continue;
		in->units[in->unit_count].peer = p;
		if (encode(in, p, &in->units[in->unit_count].job, &why) == 0) {
			in->unit_count++;
			continue;
		}
		if (err_class_of(&why) != ERR_PERMANENT) {
			*e = why;
			return -1;
		}
		for (size_t i = 0; i < in->count; i++)
			if (in->rcpt[i].next == p)
				inbound_failed(in, i, &why, NULL);
	}
	return 0;
}

/* The peer that brought it waits as long for us as we wait for others. */
static int64_t patience(const struct inbound *in)
{
	const struct config *c = in->w->setup->config;

	return clock_monotonic_ms() + 1000LL * MIN_OF(c->lmtp.answer_within, c->listen.confirm_timeout) * 9 / 10;
}

static void wait_for(struct inbound *in, struct hand_over *jobs, size_t n)
{
	int64_t deadline = patience(in);
	struct err late = {0};
	bool open = true;

	for (size_t i = 0; i < n; i++)
		jobs[i].deadline = deadline;
	ERR(&late, ERR_RELAY_DEADLINE, "the other peer has not answered");
	hand_over_start(in->w, jobs, n);
	while (open && clock_monotonic_ms() < deadline) {
		open = false;
		for (size_t i = 0; i < n; i++)
			open = open || !hand_over_done(&jobs[i]);
		if (open)
			hand_over_wait(in->w, deadline);
	}
	for (size_t i = 0; i < n; i++)
		if (!hand_over_done(&jobs[i]))
			jobs[i].err = late;
	hand_over_finish(in->w);
}

static void log_passed(const struct hand_over *job)
{
	log_event(LOG_LEVEL_INFO, "passed-on", "to", job->peer, "size", log_num((long long)job->size), NULL);
}

/* Nothing below the message is permanent (see to_x400.c). */
static int not_passed(const struct hand_over *job, struct err *e)
{
	*e = job->err;
	if (e->id == ERR_NONE || err_row(e->id)->smtp >= 500)
		ERR(e, ERR_RELAY_NOT_CONFIRMED, "%s: %s", job->peer, job->err.detail);
	return -1;
}

int transit_send(struct inbound *in, struct err *e)
{
	struct hand_over *jobs = arena_array(in->a, MAX_OF(in->unit_count, 1), sizeof(*jobs));
	struct err lost = {0};
	size_t n = 0;
	int status = 0;

	for (size_t i = 0; i < in->count; i++)
		in->rcpt[i].sent = false;
	for (size_t i = 0; i < in->unit_count; i++)
		if (wanted(in, in->units[i].peer)) {
			in->units[n].peer = in->units[i].peer;
			jobs[n++] = in->units[i].job;
		}
	if (n == 0)
		return 0;
	wait_for(in, jobs, n);
	for (size_t k = 0; k < n; k++) {
		if (jobs[k].state != HAND_CONFIRMED) {
			status = not_passed(&jobs[k], e);
			continue;
		}
		log_passed(&jobs[k]);
		for (size_t i = 0; i < in->count; i++)
			in->rcpt[i].sent = in->rcpt[i].sent || (in->rcpt[i].next == in->units[k].peer && in->rcpt[i].err.id == ERR_NONE);
	}
	if (inbound_change_state(in, false, JOURNAL_CONFIRMED, "confirmed", &lost) != 0)
		log_err(LOG_LEVEL_ERROR, "confirmed-not-noted", &lost, "alarm", "journal", NULL);
	return status;
}

int transit_report(struct inbound *in, struct err *e)
{
	struct journal_place place = {0};
	struct hand_over job = {0};
	struct addr_route route = {0};
	struct err why = {0};
	int peer;

	if (in->peer == NULL || !in->peer->relay || in->w->setup->config->routes[0] == '\0')
		return 0;
	addr_route(in->a, in->w->setup->tables, &in->m->envelope.originator.address, &route);
	if (route.kind != ADDR_ROUTE_PEER)
		return 0;
	peer = transit_peer(in, &route, &why);
	if (peer < 0 || encode(in, peer, &job, &why) != 0) {
		if (why.id != ERR_NONE && err_class_of(&why) != ERR_PERMANENT) {
			*e = why;
			return -1;
		}
		log_err(LOG_LEVEL_WARN, "report-dropped", &why, NULL); /* there is no report about a report */
		return 1;
	}
	TRY(inbound_reserve_report(in, NULL, job.peer, &place, e));
	if (place.state >= JOURNAL_CONFIRMED) {
		log_event(LOG_LEVEL_INFO, "duplicate", "report", in->mts_id, NULL);
		return 1;
	}
	wait_for(in, &job, 1);
	if (job.state != HAND_CONFIRMED)
		return not_passed(&job, e);
	log_passed(&job);
	if (journal_client_change(&in->w->journal, &(struct journal_change){.row = place.row, .state = JOURNAL_CONFIRMED}, 1, &why) != 0)
		log_err(LOG_LEVEL_ERROR, "confirmed-not-noted", &why, "alarm", "journal", NULL);
	return 1;
}
