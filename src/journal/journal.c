/*
 * journal/journal.c - what the journal stores and finds (DESIGN 4); the contract is in journal.h.
 *
 * Writes fail outside a transaction: relay's journal writer opens one for many requests and answers them only after the
 * commit.  Reads may stand alone.
 */
#include "journal/journal.h"

#include <string.h>

#include "journal/sql.h"

static const char *const state_names[] = {
	[JOURNAL_NEW] = "new",
	[JOURNAL_IN_FLIGHT] = "in-flight",
	[JOURNAL_SENT] = "sent",
	[JOURNAL_CONFIRMED] = "confirmed",
	[JOURNAL_REFUSED] = "refused",
	[JOURNAL_REPORTED] = "reported",
};

const char *journal_state_name(enum journal_state s)
{
	return (size_t)s < ARRAY_LEN(state_names) ? state_names[s] : "?";
}

/* ---- finding ---- */

static void read_recipient(struct arena *a, sqlite3_stmt *s, struct journal_recipient *r)
{
	r->row = sqlite3_column_int64(s, 0);
	r->number = sqlite3_column_int(s, 1);
	r->x400 = sql_text(a, s, 2);
	r->rfc822 = sql_text(a, s, 3);
	r->peer = sql_text(a, s, 4);
	r->notify = (unsigned)sqlite3_column_int(s, 5);
	r->orcpt_type = sql_text(a, s, 6);
	r->orcpt = sql_text(a, s, 7);
	r->originator_report = sqlite3_column_int(s, 8);
	r->rn_requested = sqlite3_column_int(s, 9) != 0;
	r->nrn_requested = sqlite3_column_int(s, 10) != 0;
	sql_digest(s, 11, r->identity);
	r->state = (enum journal_state)sqlite3_column_int(s, 12);
}

static void read_message(struct arena *a, sqlite3_stmt *s, struct journal_message *m)
{
	m->row = sqlite3_column_int64(s, 0);
	m->direction = (enum journal_direction)sqlite3_column_int(s, 1);
	m->mts_id = sql_text(a, s, 2);
	m->local_id = sql_text(a, s, 3);
	m->ipm_id = sql_text(a, s, 4);
	m->message_id = sql_text(a, s, 5);
	m->envid = sql_text(a, s, 6);
	m->queue_id = sql_text(a, s, 7);
	m->originator_x400 = sql_text(a, s, 8);
	m->originator_822 = sql_text(a, s, 9);
	m->content_identifier = sql_text(a, s, 10);
	m->content_correlator = sql_text(a, s, 11);
	m->subject = sql_text(a, s, 12);
	m->content_type = sqlite3_column_int(s, 13);
	m->ret = sqlite3_column_int(s, 14);
	m->size = sqlite3_column_int64(s, 15);
	sql_digest(s, 16, m->digest);
	m->header = sql_text(a, s, 17);
	m->received = (struct when){.seconds = sqlite3_column_int64(s, 18), .offset = sqlite3_column_int(s, 19), .set = true};
}

int journal_load(struct journal *j, struct arena *a, int64_t row, struct journal_message *out, struct err *e)
{
	sqlite3_stmt *s;
	int more;

	*out = (struct journal_message){0};
	TRY(sql_bind(j, SQL_LOAD_MESSAGE, &s, e, "i", row));
	more = sql_step(j, s, e);
	if (more <= 0)
		return more < 0 ? -1 : ERR(e, ERR_JOURNAL_SQL, "%s: no message %lld", j->path, (long long)row);
	read_message(a, s, out);
	TRY(sql_run(j, s, e));
	TRY(sql_bind(j, SQL_LOAD_RECIPIENTS, &s, e, "i", row));
	while ((more = sql_step(j, s, e)) > 0)
		read_recipient(a, s, ARENA_PUSH(a, &out->recipients));
	return more;
}

/* The bound statement gives at most one row number of a message. */
static int load_found(struct journal *j, struct arena *a, sqlite3_stmt *s, struct journal_message *out, bool *found, struct err *e)
{
	int64_t row;
	int more = sql_step(j, s, e);

	*found = more > 0;
	if (more <= 0)
		return more;
	row = sqlite3_column_int64(s, 0);
	TRY(sql_run(j, s, e));
	return journal_load(j, a, row, out, e);
}

int journal_find_identity(struct journal *j, struct arena *a, const uint8_t identity[32], struct journal_message *out, bool *found, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_bind(j, SQL_FIND_IDENTITY, &s, e, "d", identity));
	return load_found(j, a, s, out, found, e);
}

int journal_find_mts_id(struct journal *j, struct arena *a, enum journal_direction d, const char *mts_id, struct journal_message *out, bool *found,
                        struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_bind(j, SQL_FIND_MTS_ID, &s, e, "is", (int64_t)d, mts_id));
	return load_found(j, a, s, out, found, e);
}

int journal_find_envid(struct journal *j, struct arena *a, enum journal_direction d, const char *envid, struct journal_message *out, bool *found,
                       struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_bind(j, SQL_FIND_ENVID, &s, e, "is", (int64_t)d, envid));
	return load_found(j, a, s, out, found, e);
}

/* Newest first.  People copy a Message-ID with or without its <>. */
int journal_find_any(struct journal *j, struct arena *a, const char *id, int64_t **rows, size_t *count, struct err *e)
{
	struct {
		int64_t *items;
		size_t count, capacity;
	} found = {0};
	sqlite3_stmt *s;
	int more;

	TRY(sql_bind(j, SQL_FIND_ANY, &s, e, "ss", id, arena_printf(a, "<%s>", id)));
	while ((more = sql_step(j, s, e)) > 0)
		*ARENA_PUSH(a, &found) = sqlite3_column_int64(s, 0);
	*rows = found.items;
	*count = found.count;
	return more;
}

int journal_events(struct journal *j, struct arena *a, int64_t message, struct journal_event **out, size_t *count, struct err *e)
{
	struct {
		struct journal_event *items;
		size_t count, capacity;
	} events = {0};
	sqlite3_stmt *s;
	int more;

	TRY(sql_bind(j, SQL_LOAD_EVENTS, &s, e, "i", message));
	while ((more = sql_step(j, s, e)) > 0) {
		struct journal_event *ev = ARENA_PUSH(a, &events);

		ev->message = message;
		ev->recipient = sqlite3_column_int64(s, 0);
		ev->what = sql_text(a, s, 1);
		ev->peer = sql_text(a, s, 2);
		ev->reason = sqlite3_column_int(s, 3);
		ev->diagnostic = sqlite3_column_int(s, 4);
		ev->status = sql_text(a, s, 5);
		ev->text = sql_text(a, s, 6);
		ev->time = (struct when){.seconds = sqlite3_column_int64(s, 7), .offset = sqlite3_column_int(s, 8), .set = true};
	}
	*out = events.items;
	*count = events.count;
	return more;
}

/* ---- writing ---- */

static int insert_recipient(struct journal *j, int64_t message, struct journal_recipient *r, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_bind(j, SQL_INSERT_RECIPIENT, &s, e, "iisssissiiidi", message, (int64_t)r->number, r->x400, r->rfc822, r->peer, (int64_t)r->notify,
	             r->orcpt_type, r->orcpt, (int64_t)r->originator_report, (int64_t)r->rn_requested, (int64_t)r->nrn_requested, r->identity,
	             (int64_t)r->state));
	TRY(sql_run(j, s, e));
	r->row = sqlite3_last_insert_rowid(j->db);
	return 0;
}

int journal_insert(struct journal *j, struct journal_message *m, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_INSERT_MESSAGE, &s, e, "isssssssssssiiidsii", (int64_t)m->direction, m->mts_id, m->local_id, m->ipm_id, m->message_id,
	             m->envid, m->queue_id, m->originator_x400, m->originator_822, m->content_identifier, m->content_correlator, m->subject,
	             (int64_t)m->content_type, (int64_t)m->ret, m->size, m->digest, m->header, m->received.seconds, (int64_t)m->received.offset));
	TRY(sql_run(j, s, e));
	m->row = sqlite3_last_insert_rowid(j->db);
	for (size_t i = 0; i < m->recipients.count; i++)
		TRY(insert_recipient(j, m->row, &m->recipients.items[i], e));
	return 0;
}

/* One row must change: a number that is not there is the caller's mistake, not a success. */
static int run_update(struct journal *j, sqlite3_stmt *s, struct err *e)
{
	TRY(sql_run(j, s, e));
	return sqlite3_changes(j->db) == 1 ? 0 : ERR(e, ERR_JOURNAL_SQL, "%s: no such row", j->path);
}

int journal_set_state(struct journal *j, int64_t recipient, enum journal_state state, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_SET_STATE, &s, e, "ii", recipient, (int64_t)state));
	return run_update(j, s, e);
}

int journal_release_in_flight(struct journal *j, int64_t *released, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_RELEASE, &s, e, ""));
	TRY(sql_run(j, s, e));
	*released = sqlite3_changes(j->db);
	return 0;
}

int journal_set_queue_id(struct journal *j, int64_t message, const char *queue_id, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_SET_QUEUE_ID, &s, e, "is", message, queue_id));
	return run_update(j, s, e);
}

int journal_add_event(struct journal *j, const struct journal_event *ev, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_INSERT_EVENT, &s, e, "iissiissii", ev->message, ev->recipient, ev->what, ev->peer, (int64_t)ev->reason,
	             (int64_t)ev->diagnostic, ev->status, ev->text, ev->time.seconds, (int64_t)ev->time.offset));
	return sql_run(j, s, e);
}

/* The one number that a RETURNING statement gives. */
static int run_returning(struct journal *j, sqlite3_stmt *s, int64_t *out, struct err *e)
{
	int more = sql_step(j, s, e);

	if (more <= 0)
		return more < 0 ? -1 : ERR(e, ERR_JOURNAL_SQL, "%s: nothing returned", j->path);
	*out = sqlite3_column_int64(s, 0);
	return sql_run(j, s, e);
}

int journal_next(struct journal *j, const char *counter, uint64_t *out, struct err *e)
{
	sqlite3_stmt *s;
	int64_t value;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_NEXT, &s, e, "s", counter));
	TRY(run_returning(j, s, &value, e));
	*out = (uint64_t)value;
	return 0;
}

int journal_count_attempt(struct journal *j, const uint8_t digest[32], const char *kind, unsigned *count, struct err *e)
{
	sqlite3_stmt *s;
	int64_t value;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_ATTEMPT, &s, e, "dsi", digest, kind, clock_now().seconds));
	TRY(run_returning(j, s, &value, e));
	*count = (unsigned)value;
	return 0;
}

/* Recipients and events go with their message (ON DELETE CASCADE). */
int journal_prune(struct journal *j, struct when before, int64_t *removed, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_in_transaction(j, e));
	TRY(sql_bind(j, SQL_PRUNE_MESSAGES, &s, e, "i", before.seconds));
	TRY(sql_run(j, s, e));
	*removed = sqlite3_changes(j->db);
	TRY(sql_bind(j, SQL_PRUNE_ATTEMPTS, &s, e, "i", before.seconds));
	return sql_run(j, s, e);
}
