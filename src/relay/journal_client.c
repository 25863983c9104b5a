/*
 * relay/journal_client.c - see journal_client.h.
 */
#include "relay/journal_client.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/ipc.h"
#include "relay/journal_pack.h"
#include "relay/protocol.h"

#define ANSWER_MS 30000
#define AGAIN_MS 50

void journal_client_begin(struct journal_client *c, struct arena *a)
{
	c->arena = a;
	c->claims.items = NULL;
	c->claims.count = c->claims.capacity = 0;
}

static void hang_up(struct journal_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* Asks for a channel; a writer that was started again must hear what is in our hands. */
static bool connect_once(struct journal_client *c, int64_t deadline)
{
	struct buf b = BUF_INIT(IPC_BODY_MAX);
	bool good = true;

	c->fd = c->connect(c->owner, deadline);
	if (c->fd < 0)
		return false;
	if (c->claims.count > 0) {
		pack_int(&b, (int64_t)c->claims.count);
		for (size_t i = 0; i < c->claims.count; i++)
			pack_int(&b, c->claims.items[i]);
		good = ipc_send(c->fd, J_CLAIM, &b, NULL, 0, NULL) == 0;
	}
	buf_free(&b);
	if (!good)
		hang_up(c);
	return good;
}

static int open_channel(struct journal_client *c, int64_t deadline, struct err *e)
{
	while (c->fd < 0 && !connect_once(c, deadline)) {
		if (clock_monotonic_ms() >= deadline)
			return ERR(e, ERR_RELAY_JOURNAL, "no channel to it");
		poll(NULL, 0, AGAIN_MS);
	}
	return 0;
}

/* One request and its answer, again with a new writer if need be.  The answer is in *m until ipc_done. */
static int ask(struct journal_client *c, enum relay_type type, const struct buf *body, struct ipc_message *m, struct err *e)
{
	int64_t deadline = clock_monotonic_ms() + ANSWER_MS;
	struct unpack u;

	for (;;) {
		TRY(open_channel(c, deadline, e));
		if (ipc_send(c->fd, type, body, NULL, 0, NULL) == 0 && ipc_receive(c->fd, deadline, m) == IPC_MESSAGE)
			break;
		hang_up(c);
		if (clock_monotonic_ms() >= deadline)
			return ERR(e, ERR_RELAY_JOURNAL, "no answer within %d ms", ANSWER_MS);
	}
	if (m->type == J_ANSWER)
		return 0;
	u = unpack_of(m->body);
	if (e != NULL)
		unpack_err(&u, e);
	ipc_done(m);
	return -1;
}

static int unreadable(struct err *e) { return ERR(e, ERR_RELAY_IPC, "journal writer: answer cannot be read"); }

/* A request without an answer; when it is lost, only a remark is lost. */
static void say(struct journal_client *c, enum relay_type type, const struct buf *body)
{
	if (c->fd >= 0 && ipc_send(c->fd, type, body, NULL, 0, NULL) != 0)
		hang_up(c);
}

void journal_client_end(struct journal_client *c)
{
	if (c->claims.count > 0)
		say(c, J_RELEASE, NULL);
	journal_client_begin(c, NULL);
}

static int read_places(struct journal_client *c, struct ipc_message *m, size_t n, struct journal_place *places, bool *other)
{
	struct unpack u = unpack_of(m->body);

	*other = unpack_int(&u) != 0;
	for (size_t i = 0; i < n && !*other; i++) {
		struct journal_place *p = &places[i];

		p->message = unpack_int(&u);
		p->row = unpack_int(&u);
		p->number = (int)unpack_int(&u);
		p->state = (enum journal_state)unpack_int(&u);
		p->busy = unpack_int(&u) != 0;
		p->fresh = unpack_int(&u) != 0;
		p->mts_id = unpack_str(c->arena, &u);
		p->local_id = unpack_str(c->arena, &u);
		if (!p->busy && !u.bad)
			*ARENA_PUSH(c->arena, &c->claims) = p->row;
	}
	return u.bad ? -1 : 0;
}

int journal_client_reserve(struct journal_client *c, const struct journal_message *jm, struct journal_place *places,
                           bool *other_content, struct err *e)
{
	struct buf b = BUF_INIT(IPC_BODY_MAX);
	struct ipc_message m;
	int status;

	pack_journal_message(&b, jm);
	status = ask(c, J_RESERVE, &b, &m, e);
	buf_free(&b);
	if (status != 0)
		return -1;
	status = read_places(c, &m, jm->recipients.count, places, other_content);
	ipc_done(&m);
	return status == 0 ? 0 : unreadable(e);
}

static void pack_changes(struct buf *b, bool wait, const struct journal_change *changes, size_t n)
{
	pack_int(b, wait);
	pack_int(b, (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		pack_int(b, changes[i].row);
		pack_int(b, changes[i].state);
		pack_journal_event(b, &changes[i].event);
	}
}

int journal_client_change(struct journal_client *c, const struct journal_change *changes, size_t n, struct err *e)
{
	struct buf b = BUF_INIT(IPC_BODY_MAX);
	struct ipc_message m;
	int status;

	pack_changes(&b, true, changes, n);
	status = ask(c, J_CHANGE, &b, &m, e);
	buf_free(&b);
	if (status == 0)
		ipc_done(&m);
	return status;
}

void journal_client_note(struct journal_client *c, const struct journal_change *changes, size_t n)
{
	struct buf b = BUF_INIT(IPC_BODY_MAX);

	pack_changes(&b, false, changes, n);
	say(c, J_CHANGE, &b);
	buf_free(&b);
}

void journal_client_queue_id(struct journal_client *c, int64_t message, const char *queue_id)
{
	struct buf b = BUF_INIT(4096);

	pack_int(&b, message);
	pack_str(&b, queue_id);
	say(c, J_QUEUE_ID, &b);
	buf_free(&b);
}

/* A request whose answer is one number; frees body. */
static int ask_number(struct journal_client *c, enum relay_type type, struct buf *body, int64_t *out, struct err *e)
{
	struct ipc_message m;
	struct unpack u;
	int status = ask(c, type, body, &m, e);

	buf_free(body);
	if (status != 0)
		return -1;
	u = unpack_of(m.body);
	*out = unpack_int(&u);
	ipc_done(&m);
	return u.bad ? unreadable(e) : 0;
}

int journal_client_next(struct journal_client *c, const char *counter, uint64_t *out, struct err *e)
{
	struct buf b = BUF_INIT(4096);
	int64_t n;

	pack_str(&b, counter);
	TRY(ask_number(c, J_NEXT, &b, &n, e));
	*out = (uint64_t)n;
	return 0;
}

int journal_client_find(struct journal_client *c, enum journal_find how, enum journal_direction d, const char *key,
                        struct journal_message *out, bool *found, struct err *e)
{
	struct buf b = BUF_INIT(65536);
	struct ipc_message m;
	struct unpack u;
	int status;

	pack_int(&b, how);
	pack_int(&b, d);
	pack_str(&b, key);
	status = ask(c, J_FIND, &b, &m, e);
	buf_free(&b);
	if (status != 0)
		return -1;
	u = unpack_of(m.body);
	*found = unpack_int(&u) != 0;
	if (*found)
		status = unpack_journal_message(c->arena, &u, out);
	ipc_done(&m);
	return status == 0 ? 0 : unreadable(e);
}

int journal_client_attempt(struct journal_client *c, const uint8_t digest[32], const char *kind, unsigned *count, struct err *e)
{
	struct buf b = BUF_INIT(4096);
	int64_t n;

	pack_octets(&b, digest, 32);
	pack_str(&b, kind);
	TRY(ask_number(c, J_ATTEMPT, &b, &n, e));
	*count = (unsigned)n;
	return 0;
}
