/*
 * relay/journal_writer.c - the one process that writes the journal: group commit for all workers.
 *
 * All requests that stand in the channels are carried out in one transaction, then committed once, then answered: under
 * load one flush of the disk serves many messages.  Each request has its own savepoint, so that a bad one fails alone;
 * when the commit itself fails, all hear it.
 */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/archive.h"
#include "relay/claims.h"
#include "relay/ipc.h"
#include "relay/journal_client.h"
#include "relay/journal_pack.h"
#include "relay/processes.h"
#include "relay/protocol.h"
#include "relay/sockets.h"

#define CLIENTS_MAX 1024
#define BATCH_MAX 128
#define PRUNE_FIRST_MS 60000
#define PRUNE_EVERY_MS 3600000

struct client {
	int fd; /* -1: free */
};

struct task {
	struct client *from;
	struct ipc_message request;
	struct buf answer;
	bool silent; /* no answer is wanted */
	struct err err;
};

struct writer {
	struct arena *arena;
	struct arena *batch_arena;
	struct journal *journal;
	struct claims *claims;
	struct client clients[CLIENTS_MAX];
	struct task tasks[BATCH_MAX];
	size_t task_count;
	int control;
	bool closing;     /* the parent is gone: serve who is left, then end */
	const struct setup *setup;
	int64_t next_prune;
	bool disk_failed; /* the journal must be opened again */
};

/* ---- requests ---- */

static struct journal_recipient *same_identity(const struct journal_message *m, const uint8_t identity[32])
{
	for (size_t i = 0; i < m->recipients.count; i++)
		if (memcmp(m->recipients.items[i].identity, identity, 32) == 0)
			return &m->recipients.items[i];
	return NULL;
}

/* What is known of the recipients of jm; those that are not known go to fresh. */
static int find_places(struct writer *w, const struct journal_message *jm, struct journal_place *places,
                       struct journal_message *fresh, struct err *e)
{
	struct journal_message old = {0};
	bool found;

	for (size_t i = 0; i < jm->recipients.count; i++) {
		const uint8_t *identity = jm->recipients.items[i].identity;
		struct journal_recipient *r = same_identity(&old, identity);

		if (r == NULL) {
			TRY(journal_find_identity(w->journal, w->batch_arena, identity, &old, &found, e));
			r = found ? same_identity(&old, identity) : NULL;
			if (!found)
				old = (struct journal_message){0};
		}
		if (r != NULL)
			places[i] = (struct journal_place){old.row, r->row, r->number, r->state, false, false, old.mts_id, old.local_id};
		else
			*ARENA_PUSH(w->batch_arena, &fresh->recipients) = jm->recipients.items[i];
	}
	return 0;
}

static int insert_fresh(struct writer *w, const struct journal_message *jm, struct journal_place *places,
                        struct journal_message *fresh, struct err *e)
{
	size_t next = 0;
	struct journal_event ev = {.what = "received", .reason = MX_ABSENT, .diagnostic = MX_ABSENT, .time = jm->received};

	if (fresh->recipients.count == 0)
		return 0;
	for (size_t i = 0; i < fresh->recipients.count; i++)
		fresh->recipients.items[i].state = JOURNAL_IN_FLIGHT;
	TRY(journal_insert(w->journal, fresh, e));
	for (size_t i = 0; i < jm->recipients.count; i++) {
		const struct journal_recipient *r;

		if (places[i].row != 0)
			continue;
		r = &fresh->recipients.items[next++];
		places[i] = (struct journal_place){fresh->row, r->row, r->number, JOURNAL_NEW, false, true, jm->mts_id, jm->local_id};
	}
	ev.message = fresh->row;
	return journal_add_event(w->journal, &ev, e);
}

/* An old recipient that is to be sent again is in flight again. */
static int claim_place(struct writer *w, struct client *from, struct journal_place *p, struct err *e)
{
	p->busy = !claims_take(w->claims, p->row, from);
	if (p->busy || p->fresh || p->state == JOURNAL_IN_FLIGHT || p->state >= JOURNAL_CONFIRMED)
		return 0;
	return journal_set_state(w->journal, p->row, JOURNAL_IN_FLIGHT, e);
}

/* The same MTS-identifier with other content (DESIGN 4)? */
static int check_content(struct writer *w, const struct journal_message *jm, bool *other, struct err *e)
{
	struct journal_message old;
	bool found;

	*other = false;
	if (jm->direction != JOURNAL_TO_822)
		return 0;
	TRY(journal_find_mts_id(w->journal, w->batch_arena, JOURNAL_TO_822, jm->mts_id, &old, &found, e));
	*other = found && memcmp(old.digest, jm->digest, sizeof(old.digest)) != 0;
	return 0;
}

static void pack_place(struct buf *b, const struct journal_place *p)
{
	pack_int(b, p->message);
	pack_int(b, p->row);
	pack_int(b, p->number);
	pack_int(b, p->state);
	pack_int(b, p->busy);
	pack_int(b, p->fresh);
	pack_str(b, p->mts_id);
	pack_str(b, p->local_id);
}

static int do_reserve(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	struct journal_message jm, fresh;
	struct journal_place *places;
	bool other;

	if (unpack_journal_message(w->batch_arena, u, &jm) != 0)
		return ERR(e, ERR_RELAY_IPC, "message cannot be read");
	places = arena_array(w->batch_arena, MAX_OF(jm.recipients.count, 1), sizeof(*places));
	fresh = jm;
	fresh.recipients.items = NULL;
	fresh.recipients.count = fresh.recipients.capacity = 0;
	TRY(check_content(w, &jm, &other, e));
	pack_int(&t->answer, other);
	if (other)
		return 0;
	TRY(find_places(w, &jm, places, &fresh, e));
	TRY(insert_fresh(w, &jm, places, &fresh, e));
	for (size_t i = 0; i < jm.recipients.count; i++) {
		TRY(claim_place(w, t->from, &places[i], e));
		pack_place(&t->answer, &places[i]);
	}
	return 0;
}

static int do_change(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	int64_t n;

	t->silent = unpack_int(u) == 0;
	n = unpack_int(u);
	for (int64_t i = 0; i < n && !u->bad; i++) {
		int64_t row = unpack_int(u);
		int64_t state = unpack_int(u);
		struct journal_event ev;

		unpack_journal_event(w->batch_arena, u, &ev);
		if (u->bad)
			break;
		if (state >= 0) {
			TRY(journal_set_state(w->journal, row, (enum journal_state)state, e));
			if (state >= JOURNAL_CONFIRMED)
				claims_drop(w->claims, row, t->from);
		}
		if (ev.what != NULL)
			TRY(journal_add_event(w->journal, &ev, e));
	}
	return u->bad ? ERR(e, ERR_RELAY_IPC, "changes cannot be read") : 0;
}

static int do_find(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	enum journal_find how = (enum journal_find)unpack_int(u);
	enum journal_direction d = (enum journal_direction)unpack_int(u);
	const char *key = unpack_str(w->batch_arena, u);
	struct journal_message m = {0};
	int64_t *rows;
	size_t count = 0;
	bool found = false;

	if (u->bad || key == NULL)
		return ERR(e, ERR_RELAY_IPC, "key cannot be read");
	if (how == JOURNAL_FIND_MTS_ID) {
		TRY(journal_find_mts_id(w->journal, w->batch_arena, d, key, &m, &found, e));
	} else if (how == JOURNAL_FIND_ENVID) {
		TRY(journal_find_envid(w->journal, w->batch_arena, d, key, &m, &found, e));
	} else {
		TRY(journal_find_any(w->journal, w->batch_arena, key, &rows, &count, e));
		for (size_t i = 0; i < count && !found; i++) {
			TRY(journal_load(w->journal, w->batch_arena, rows[i], &m, e));
			found = m.direction == d;
		}
	}
	pack_int(&t->answer, found);
	if (found)
		pack_journal_message(&t->answer, &m);
	return 0;
}

static int do_next(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	const char *counter = unpack_str(w->batch_arena, u);
	uint64_t n;

	if (counter == NULL)
		return ERR(e, ERR_RELAY_IPC, "counter cannot be read");
	TRY(journal_next(w->journal, counter, &n, e));
	pack_int(&t->answer, (int64_t)n);
	return 0;
}

static int do_attempt(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	struct octets digest = unpack_octets(u);
	const char *kind = unpack_str(w->batch_arena, u);
	unsigned count;

	if (digest.len != 32 || kind == NULL)
		return ERR(e, ERR_RELAY_IPC, "attempt cannot be read");
	TRY(journal_count_attempt(w->journal, digest.p, kind, &count, e));
	pack_int(&t->answer, count);
	return 0;
}

static int do_queue_id(struct writer *w, struct task *t, struct unpack *u, struct err *e)
{
	int64_t message = unpack_int(u);
	const char *id = unpack_str(w->batch_arena, u);

	t->silent = true;
	return u->bad || id == NULL ? 0 : journal_set_queue_id(w->journal, message, id, e);
}

/* Requests about the marks alone need no transaction; true: this was one. */
static bool do_marks(struct writer *w, struct client *from, const struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	int64_t n;

	if (m->type == J_RELEASE)
		claims_drop_all(w->claims, from);
	if (m->type != J_CLAIM)
		return m->type == J_RELEASE;
	n = unpack_int(&u);
	for (int64_t i = 0; i < n && !u.bad; i++)
		(void)claims_take(w->claims, unpack_int(&u), from);
	return true;
}

static int do_task(struct writer *w, struct task *t, struct err *e)
{
	struct unpack u = unpack_of(t->request.body);

	t->answer = BUF_INIT(IPC_BODY_MAX);
	switch ((enum relay_type)t->request.type) {
	case J_RESERVE:
		return do_reserve(w, t, &u, e);
	case J_CHANGE:
		return do_change(w, t, &u, e);
	case J_NEXT:
		return do_next(w, t, &u, e);
	case J_FIND:
		return do_find(w, t, &u, e);
	case J_ATTEMPT:
		return do_attempt(w, t, &u, e);
	case J_QUEUE_ID:
		return do_queue_id(w, t, &u, e);
	default:
		return ERR(e, ERR_RELAY_IPC, "request %u", (unsigned)t->request.type);
	}
}

/* ---- batches ---- */

static void drop_client(struct writer *w, struct client *c)
{
	claims_drop_all(w->claims, c);
	close(c->fd);
	c->fd = -1;
}

static void answer(struct writer *w, struct task *t, const struct err *failure)
{
	struct buf b = BUF_INIT(4096);
	int status = 0;

	if (failure != NULL) {
		log_err(LOG_LEVEL_ERROR, "journal-failed", failure, "request", log_num(t->request.type), NULL);
		pack_err(&b, failure);
	}
	if (!t->silent && t->from->fd >= 0)
		status = failure != NULL ? ipc_send(t->from->fd, J_FAILED, &b, NULL, 0, NULL)
		                         : ipc_send(t->from->fd, J_ANSWER, &t->answer, NULL, 0, NULL);
	if (status != 0)
		drop_client(w, t->from);
	buf_free(&b);
}

/* Each task by itself inside the transaction: one that fails is undone alone. */
static int run_tasks(struct writer *w, struct err *e)
{
	TRY(journal_begin(w->journal, e));
	for (size_t i = 0; i < w->task_count; i++) {
		struct task *t = &w->tasks[i];

		TRY(journal_savepoint(w->journal, e));
		if (do_task(w, t, &t->err) != 0)
			journal_undo(w->journal);
		else
			TRY(journal_keep(w->journal, e));
	}
	return journal_commit(w->journal, e);
}

static void end_task(struct writer *w, struct task *t)
{
	buf_free(&t->answer);
	ipc_done(&t->request);
	if (t->from->fd < 0)
		claims_drop_all(w->claims, t->from); /* it died while its request stood here */
}

static void run_batch(struct writer *w)
{
	struct err e = {0};
	int status;

	w->batch_arena = arena_new(0);
	status = run_tasks(w, &e);
	if (status != 0)
		journal_rollback(w->journal);
	for (size_t i = 0; i < w->task_count; i++) {
		struct task *t = &w->tasks[i];

		answer(w, t, status != 0 ? &e : t->err.id != ERR_NONE ? &t->err : NULL);
	}
	for (size_t i = 0; i < w->task_count; i++)
		end_task(w, &w->tasks[i]);
	w->task_count = 0;
	arena_free(w->batch_arena);
	w->batch_arena = NULL;
	if (status != 0 && e.id == ERR_JOURNAL_IO) {
		log_err(LOG_LEVEL_ERROR, "journal-failed", &e, "alarm", "journal", NULL);
		w->disk_failed = true;
	}
}

/* ---- channels ---- */

static void read_client(struct writer *w, struct client *c)
{
	while (w->task_count < BATCH_MAX) {
		struct task *t = &w->tasks[w->task_count];
		enum ipc_result r = ipc_receive(c->fd, 0, &t->request);

		if (r == IPC_TIMEOUT)
			return;
		if (r == IPC_CLOSED) {
			/* Its last requests may stand in this batch: they are carried out, and nobody reads the answers. */
			drop_client(w, c);
			return;
		}
		if (do_marks(w, c, &t->request)) {
			ipc_done(&t->request);
			continue;
		}
		t->from = c;
		t->silent = false;
		t->answer = BUF_INIT(0);
		err_clear(&t->err);
		w->task_count++;
	}
}

static void add_client(struct writer *w, int fd)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (w->clients[i].fd < 0) {
			w->clients[i].fd = fd;
			return;
		}
	close(fd);
}

static void read_control(struct writer *w)
{
	struct ipc_message m;

	for (;;) {
		enum ipc_result r = ipc_receive(w->control, 0, &m);

		if (r == IPC_TIMEOUT)
			return;
		if (r == IPC_CLOSED) {
			w->closing = true;
			return;
		}
		if (m.type == J_CLIENT && m.fd_count == 1)
			add_client(w, ipc_take_fd(&m, 0));
		ipc_done(&m);
	}
}

/* Takes away what is older than journal.keep_days, a little at a time, when nobody waits; archived messages after
 * archive.keep_days. */
static void prune(struct writer *w)
{
	struct when before = clock_now(), archived = before;
	struct err e = {0};
	int64_t removed = 0, files = 0;

	archived.seconds -= w->setup->config->archive.keep_days * 86400LL;
	if (archive_prune(w->setup->config, archived, &files, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "prune-failed", &e, NULL);
		files = 0;
	}

	before.seconds -= w->setup->config->journal.keep_days * 86400LL;
	if (journal_begin(w->journal, &e) != 0 || journal_prune(w->journal, before, &removed, &e) != 0 ||
	    journal_commit(w->journal, &e) != 0) {
		journal_rollback(w->journal);
		log_err(LOG_LEVEL_WARN, "prune-failed", &e, NULL);
		removed = 0;
	}
	if (removed > 0 || files > 0)
		log_event(LOG_LEVEL_INFO, "pruned", "messages", log_num(removed), "files", log_num(files), NULL);
	else
		w->next_prune = clock_monotonic_ms() + PRUNE_EVERY_MS;
}

static void serve(struct writer *w)
{
	for (;;) {
		struct pollfd fds[CLIENTS_MAX + 1];
		struct client *who[CLIENTS_MAX + 1];
		nfds_t n = 0;

		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (w->clients[i].fd >= 0) {
				who[n] = &w->clients[i];
				fds[n++] = (struct pollfd){.fd = w->clients[i].fd, .events = POLLIN};
			}
		if (!w->closing)
			fds[n] = (struct pollfd){.fd = w->control, .events = POLLIN};
		else if (n == 0)
			return;
		if (poll(fds, w->closing ? n : n + 1, sockets_poll_ms(w->next_prune, clock_monotonic_ms())) == 0)
			prune(w);
		for (nfds_t i = 0; i < n; i++)
			if (fds[i].revents != 0)
				read_client(w, who[i]);
		if (w->task_count > 0)
			run_batch(w);
		if (w->disk_failed)
			return; /* what is on disk is unknown: the parent starts a writer that reads it anew (E-90) */
		if (!w->closing && fds[n].revents != 0)
			read_control(w);
	}
}

/* Whatever an earlier writer left in flight was sent, or not: nobody knows. */
static int release_in_flight(struct writer *w, struct err *e)
{
	int64_t released;

	TRY(journal_begin(w->journal, e));
	if (journal_release_in_flight(w->journal, &released, e) != 0) {
		journal_rollback(w->journal);
		return -1;
	}
	return journal_commit(w->journal, e);
}

int journal_main(const struct setup *s, int channel)
{
	struct arena *a = arena_new(0);
	struct writer *w = NEW(a, struct writer);
	struct err e = {0};

	w->arena = a;
	w->control = channel;
	w->claims = claims_new(a);
	w->setup = s;
	w->next_prune = clock_monotonic_ms() + PRUNE_FIRST_MS;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		w->clients[i].fd = -1;
	if (journal_open(a, s->config->journal.path, true, &w->journal, &e) != 0 || release_in_flight(w, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "journal-failed", &e, "alarm", "journal", "path", s->config->journal.path, NULL);
		return 1;
	}
	if (ipc_send(channel, J_READY, NULL, NULL, 0, NULL) == 0)
		serve(w);
	journal_close(w->journal);
	return w->disk_failed ? 1 : 0;
}
