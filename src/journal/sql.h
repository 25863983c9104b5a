/*
 * sql.h - SQLite behind the journal: prepared statements by number, binding, columns, and its errors in our words.
 *
 * Private to src/journal.  Every statement is prepared once for a connection and kept; sql_run and sql_row reset it, so
 * no read transaction stays open behind a tool's back (it would keep the WAL from being checkpointed).
 */
#ifndef MIXGATE_JOURNAL_SQL_H
#define MIXGATE_JOURNAL_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "journal/journal.h"

enum sql_id {
#define SQL(id, text) id,
#include "journal/statements.def"
#undef SQL
	SQL_COUNT
};

struct journal {
	sqlite3 *db;
	const char *path;
	bool writer;
	bool disk_failed; /* an fsync or write failed: what is on disk is unknown, nothing more is promised until reopened */
	int lock_fd;
	sqlite3_stmt *statements[SQL_COUNT];
};

/* The failure that SQLite just reported, with what to do about it. */
int sql_fail(struct journal *j, int rc, const char *what, struct err *e);
/* Prepares (once) and binds: types has a letter an argument: i int64_t, s text (NULL: NULL), d 32 octets. */
int sql_bind(struct journal *j, enum sql_id id, sqlite3_stmt **out, struct err *e, const char *types, ...) MUST_USE;
/* Steps: 1 a row is there, 0 done (and reset), -1. */
int sql_step(struct journal *j, sqlite3_stmt *s, struct err *e) MUST_USE;
/* Runs a bound statement that gives no rows. */
int sql_run(struct journal *j, sqlite3_stmt *s, struct err *e) MUST_USE;
/* A text column copied to the arena, NULL for NULL. */
const char *sql_text(struct arena *a, sqlite3_stmt *s, int column);
void sql_digest(sqlite3_stmt *s, int column, uint8_t out[32]);
/* Fails unless a transaction of this writer is open: SQLite ends one by itself when the disk is full, and what is written
 * then would be committed alone. */
int sql_in_transaction(struct journal *j, struct err *e) MUST_USE;

#endif
