/*
 * relay/broker.c - who needs something and who is free (see parent.h).
 *
 * Outbound: a worker asks for an association with a peer and gets the end of a job channel, whose other end an idle or a
 * new assoc process holds; or it waits, at most until its deadline, because the peer has its max_assoc; or it hears at
 * once that the peer is down.  Inbound: an APDU is passed to an idle worker, or waits for one.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/pack.h"
#include "relay/parent.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 60000
#define SMTP_BACKOFF_MS 5000

bool broker_tell(struct child *to, enum relay_type type, const struct buf *body, const int *fds, size_t n)
{
	struct err e = {0};

	if (to->channel < 0)
		return false;
	if (ipc_send(to->channel, type, body, fds, n, &e) == 0)
		return true;
	/* It does not read: it hangs, or it is dead already. Its death brings everything in order. */
	log_err(LOG_LEVEL_WARN, "child-stuck", &e, "pid", log_num(to->pid), NULL);
	kill(to->pid, SIGKILL);
	return false;
}

static struct peer_state *peer_state(struct parent *p, const char *name, const struct config_peer **config)
{
	int i = setup_find_peer(p->setup, name);

	if (i < 0)
		return NULL;
	*config = &p->setup->config->peers.items[i];
	return &p->peers[i];
}

/* ---- workers ---- */

size_t broker_reserve(const struct parent *p)
{
	int workers = p->setup->config->lmtp.workers;

	return workers > 1 ? (size_t)MAX_OF(1, workers / 4) : 0;
}

struct child *broker_idle_worker(struct parent *p, size_t reserve)
{
	struct child *found = NULL;
	size_t idle = 0;

	for (struct child *c = p->children; c != NULL; c = c->next) {
		if (c->kind != CHILD_WORKER || !c->idle)
			continue;
		idle++;
		found = c;
	}
	return idle > reserve ? found : NULL;
}

static void free_delivery(struct parent *p, struct delivery *d)
{
	close(d->apdu);
	close(d->answer);
	d->next = p->free_deliveries;
	p->free_deliveries = d;
}

void broker_deliver(struct parent *p)
{
	while (p->deliveries != NULL) {
		struct delivery *d = p->deliveries;
		struct child *worker = broker_idle_worker(p, 0);
		struct buf b = BUF_INIT(1024);

		if (worker == NULL)
			return;
		pack_str(&b, d->peer);
		pack_int(&b, d->size);
		pack_int(&b, d->died);
		if (broker_tell(worker, W_APDU, &b, (int[]){d->apdu, d->answer}, 2)) {
			worker->apdu_of = d->assoc->pid;
			d->assoc->worker_killed = false;
			p->deliveries = d->next;
			free_delivery(p, d);
		}
		worker->idle = false;
		buf_free(&b);
	}
}

static void take_delivery(struct parent *p, struct child *from, struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	struct delivery *d = p->free_deliveries, **at = &p->deliveries;

	if (d == NULL)
		d = NEW(p->arena, struct delivery);
	else
		p->free_deliveries = d->next;
	*d = (struct delivery){.assoc = from, .apdu = ipc_take_fd(m, 0), .answer = ipc_take_fd(m, 1)};
	unpack_text(&u, d->peer, sizeof(d->peer));
	d->size = unpack_int(&u);
	d->died = unpack_int(&u);
	if (d->died > 0)
		d->died = from->worker_killed ? DIED_KILLED : DIED_ITSELF;
	while (*at != NULL)
		at = &(*at)->next;
	*at = d;
	broker_deliver(p);
}

static void give_journal(struct parent *p, struct child *worker)
{
	struct child *journal = p->children;
	int pair[2];

	while (journal != NULL && (journal->kind != CHILD_JOURNAL || journal->channel < 0))
		journal = journal->next;
	if (journal == NULL || !p->journal_ready || ipc_pair(pair, NULL) != 0) {
		broker_tell(worker, W_JOURNAL, NULL, NULL, 0);
		return;
	}
	broker_tell(journal, J_CLIENT, NULL, &pair[0], 1);
	broker_tell(worker, W_JOURNAL, NULL, &pair[1], 1);
	close(pair[0]);
	close(pair[1]);
}

/* ---- associations ---- */

static void grant(const struct request *r, struct child *assoc, bool fresh)
{
	int pair[2];
	struct buf b = BUF_INIT(64);

	if (ipc_pair(pair, NULL) != 0)
		return; /* the worker's own deadline ends its wait */
	assoc->idle = false;
	assoc->urgent = r->urgent;
	broker_tell(assoc, A_JOB, NULL, &pair[0], 1);
	pack_int(&b, r->id);
	pack_int(&b, fresh);
	broker_tell(r->worker, W_GRANTED, &b, &pair[1], 1);
	buf_free(&b);
	close(pair[0]);
	close(pair[1]);
}

static void deny(const struct request *r, const struct err *why)
{
	struct buf b = BUF_INIT(1024);

	pack_int(&b, r->id);
	pack_err(&b, why);
	broker_tell(r->worker, W_DENIED, &b, NULL, 0);
	buf_free(&b);
}

static struct child *idle_assoc(struct parent *p, const char *peer)
{
	for (struct child *c = p->children; c != NULL; c = c->next)
		if (c->kind == CHILD_ASSOC && c->idle && str_eq(c->peer, peer))
			return c;
	return NULL;
}

/* The peer has called us, and what is sent to it may go there: two-way-alternate. */
static bool calls_in(const struct parent *p, const char *peer)
{
	for (const struct child *c = p->children; c != NULL; c = c->next)
		if (c->kind == CHILD_ASSOC && !c->outbound && c->open && c->channel >= 0 && !c->stopping && str_eq(c->peer, peer))
			return true;
	return false;
}

static unsigned count_assoc(const struct parent *p, const char *peer, bool outbound, bool open_only)
{
	unsigned n = 0;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		n += c->kind == CHILD_ASSOC && c->channel >= 0 && c->outbound == outbound && !c->stopping && str_eq(c->peer, peer) &&
		     (c->open || !open_only);
	return n;
}

static struct request *new_request(struct parent *p)
{
	struct request *r = p->free_requests;

	if (r == NULL)
		return NEW(p->arena, struct request);
	p->free_requests = r->next;
	return r;
}

static void enqueue(struct parent *p, const struct request *r)
{
	struct request *q = new_request(p), **at = &p->requests;

	*q = *r;
	while (*at != NULL && ((*at)->urgent || !r->urgent)) /* urgent ones first */
		at = &(*at)->next;
	q->next = *at;
	*at = q;
}

/* Takes the request out of the queue; gives the place where the next one stands. */
static void dequeue(struct parent *p, struct request **at)
{
	struct request *r = *at;

	*at = r->next;
	r->next = p->free_requests;
	p->free_requests = r;
}

/* One association of several is for urgent messages (peers.urgent_assoc): others leave it alone, idle or not yet open. */
static bool is_kept_for_urgent(const struct parent *p, const struct request *r, const struct config_peer *config, unsigned limit)
{
	unsigned all = (config->host[0] != '\0' ? limit : 0) + count_assoc(p, r->peer, false, true), busy = 0;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		busy += c->kind == CHILD_ASSOC && c->channel >= 0 && !c->idle && !c->urgent && !c->stopping && str_eq(c->peer, r->peer) &&
		        (c->outbound || c->open);
	return !r->urgent && all > 1 && busy + (unsigned)MIN_OF(config->urgent_assoc, (int)all - 1) >= all;
}

/* Grants, denies, or returns false: the request must wait. */
static bool try_request(struct parent *p, const struct request *r)
{
	const struct config_peer *config = NULL;
	struct peer_state *state = peer_state(p, r->peer, &config);
	struct child *assoc = idle_assoc(p, r->peer);
	struct err e = {0};
	unsigned limit = state == NULL ? 0 : state->limit > 0 ? state->limit : (unsigned)config->max_assoc;

	if (state == NULL) {
		ERR(&e, ERR_RELAY_PEER_UNKNOWN, "%s", r->peer);
	} else if (is_kept_for_urgent(p, r, config, limit) && clock_monotonic_ms() >= state->down_until) {
		return false;
	} else if (assoc != NULL) {
		grant(r, assoc, false);
		return true;
	} else if ((config->host[0] == '\0' || clock_monotonic_ms() < state->down_until) && calls_in(p, r->peer)) {
		return false;
	} else if (config->host[0] == '\0') {
		ERR(&e, ERR_RELAY_PEER_DOWN, "%s only calls in (peers.host is empty)", r->peer);
	} else if (clock_monotonic_ms() < state->down_until) {
		ERR(&e, ERR_RELAY_PEER_DOWN, "%s: %s: %s", r->peer, err_row(state->why.id)->text, state->why.detail);
	} else {
		if (count_assoc(p, r->peer, true, false) >= limit)
			return false;
		assoc = children_fork(p, CHILD_ASSOC, r->peer);
		if (assoc == NULL)
			return false;
		grant(r, assoc, true);
		return true;
	}
	deny(r, &e);
	return true;
}

static void serve_queue(struct parent *p, const char *peer)
{
	struct request **at = &p->requests;

	while (*at != NULL) {
		if (str_eq((*at)->peer, peer) && try_request(p, *at))
			dequeue(p, at);
		else
			at = &(*at)->next;
	}
}

static void take_request(struct parent *p, struct child *from, const struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	struct request r = {.worker = from};

	r.id = unpack_int(&u);
	unpack_text(&u, r.peer, sizeof(r.peer));
	r.deadline = unpack_int(&u);
	r.urgent = unpack_int(&u) != 0;
	if (!try_request(p, &r))
		enqueue(p, &r);
}

static void peer_failed(struct parent *p, struct child *from, const struct err *why)
{
	const struct config_peer *config;
	struct peer_state *state = peer_state(p, from->peer, &config);
	int64_t now = clock_monotonic_ms(), pause = BACKOFF_MIN_MS;
	unsigned open;

	log_err(LOG_LEVEL_WARN, "peer-down", why, "alarm", "peer", "peer", from->peer, NULL);
	if (state == NULL || now < state->down_until)
		return;
	open = count_assoc(p, from->peer, true, true);
	if (open > 0) {
		/* Others stand: the peer has enough of us, it is not down. */
		state->limit = open;
		return;
	}
	for (unsigned i = 0; i < state->failures && pause < BACKOFF_MAX_MS; i++)
		pause *= 2;
	state->failures++;
	state->why = *why;
	state->down_until = now + MIN_OF(pause, BACKOFF_MAX_MS);
	board_set_peer(p->setup->board, (size_t)(state - p->peers), state->down_until);
	serve_queue(p, from->peer);
}

static void assoc_open(struct parent *p, struct child *from)
{
	const struct config_peer *config;
	struct peer_state *state = peer_state(p, from->peer, &config);

	if (state != NULL && (state->failures > 0 || state->down_until > 0)) {
		log_event(LOG_LEVEL_INFO, "peer-up", "peer", from->peer, NULL);
		state->failures = 0;
		state->down_until = 0;
		board_set_peer(p->setup->board, (size_t)(state - p->peers), 0);
	}
	from->open = true;
}

static void assoc_idle(struct parent *p, struct child *from)
{
	if (!from->outbound && !from->open)
		assoc_open(p, from); /* two-way-alternate: the peer can be reached */
	from->idle = !from->stopping;
	serve_queue(p, from->peer);
}

/* Of one peer, or of all. */
static size_t count_bound(const struct parent *p, const char *peer)
{
	size_t n = 0;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		n += c->kind == CHILD_ASSOC && c->channel >= 0 && !c->outbound && c->peer[0] != '\0' && (peer == NULL || str_eq(c->peer, peer));
	return n;
}

/* One peer may have half of the places: another finds one, whatever the first does. */
static bool has_place(const struct parent *p, const char *peer)
{
	const struct config *c = p->setup->config;
	size_t max = (size_t)c->listen.max_assoc, share = c->peers.count > 1 ? MAX_OF(max / 2, 1) : max;

	return count_bound(p, NULL) < max && count_bound(p, peer) < share;
}

/* Whoever comes to this is no stranger; that he is told "busy" counts for his name, not for his address. */
static void take_bind(struct parent *p, struct child *from, const struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	struct buf b = BUF_INIT(64);
	char name[PEER_NAME_MAX];
	bool room;

	unpack_text(&u, name, sizeof(name));
	if (from->peer[0] == '\0')
		strangers_bound(&p->strangers, from->source, from->quiet);
	room = has_place(p, name) && !p->stopping && !board_smtp_down(p->setup->board, clock_monotonic_ms());
	memcpy(from->peer, name, sizeof(from->peer));
	if (!room)
		pack_int(&b, strangers_came(&p->strangers, name, clock_monotonic_ms()));
	broker_tell(from, room ? A_BIND_OK : A_BIND_BUSY, &b, NULL, 0);
	buf_free(&b);
}

static void take_smtp(struct parent *p, const struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	bool up = unpack_int(&u) != 0;

	board_set_smtp(p->setup->board, up ? 0 : clock_monotonic_ms() + SMTP_BACKOFF_MS);
}

static void take_mail(struct child *from, struct unpack *u)
{
	struct octets digest = unpack_octets(u);

	from->reading = digest.len == sizeof(from->mail);
	if (from->reading)
		memcpy(from->mail, digest.p, digest.len);
}

void broker_message(struct parent *p, struct child *from, struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	struct err e;

	switch ((enum relay_type)m->type) {
	case A_OPEN:
		assoc_open(p, from);
		break;
	case A_IDLE:
		assoc_idle(p, from);
		break;
	case A_NO_TURN:
		from->open = false;
		serve_queue(p, from->peer);
		break;
	case A_DOWN:
		unpack_err(&u, &e);
		from->stopping = true;
		peer_failed(p, from, &e);
		break;
	case A_BIND:
		take_bind(p, from, m);
		break;
	case A_WORK:
		if (m->fd_count == 2)
			take_delivery(p, from, m);
		break;
	case W_IDLE:
		from->reading = false;
		from->idle = !from->stopping;
		broker_deliver(p);
		break;
	case W_MAIL:
		take_mail(from, &u);
		break;
	case W_ASSOC:
		from->reading = false; /* what it dies of now is not the translation */
		take_request(p, from, m);
		break;
	case W_WANT_JOURNAL:
		give_journal(p, from);
		break;
	case W_SMTP:
		take_smtp(p, m);
		break;
	case J_READY:
		p->journal_ready = true;
		break;
	case T_READY:
		parent_take_tables(p, ipc_take_fd(m, 0), ipc_take_fd(m, 1));
		break;
	case T_FAILED:
		unpack_err(&u, &e);
		parent_refuse_tables(p, &e);
		break;
	default:
		log_event(LOG_LEVEL_ERROR, "unknown-message", "pid", log_num(from->pid), "type", log_num(m->type), NULL);
	}
}

void broker_forget(struct parent *p, struct child *c)
{
	struct request **r = &p->requests;
	struct delivery **d = &p->deliveries;

	while (*r != NULL)
		if ((*r)->worker == c)
			dequeue(p, r);
		else
			r = &(*r)->next;
	while (*d != NULL)
		if ((*d)->assoc == c) {
			struct delivery *gone = *d;

			*d = gone->next;
			free_delivery(p, gone);
		} else {
			d = &(*d)->next;
		}
	if (c->kind == CHILD_ASSOC && (c->outbound || c->open))
		serve_queue(p, c->peer); /* there is room for another one now */
}

void broker_tick(struct parent *p, int64_t now)
{
	struct request **at = &p->requests;
	struct err e = {0};

	while (*at != NULL) {
		if ((*at)->deadline > now) {
			at = &(*at)->next;
			continue;
		}
		ERR(&e, ERR_RELAY_PEER_BUSY, "%s", (*at)->peer);
		deny(*at, &e);
		dequeue(p, at);
	}
}

int64_t broker_deadline(const struct parent *p)
{
	int64_t d = INT64_MAX;

	for (const struct request *r = p->requests; r != NULL; r = r->next)
		d = MIN_OF(d, r->deadline);
	return d;
}
