/* sql.c - see sql.h. */
#include "journal/sql.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char *const texts[] = {
#define SQL(id, text) text,
#include "journal/statements.def"
#undef SQL
};

/* SQLite's primary result codes, what they are for us, and what the operator does. */
static const struct {
	int rc;
	enum err_id id;
	const char *advice;
} failures[] = {
	{SQLITE_BUSY, ERR_JOURNAL_LOCKED, "another process writes to it; see: fuser"},
	{SQLITE_LOCKED, ERR_JOURNAL_LOCKED, "another statement writes to it"},
	{SQLITE_CORRUPT, ERR_JOURNAL_CORRUPT, "stop mixgated; salvage with: sqlite3 OLD .recover | sqlite3 NEW; or move it away: mail in transit may then go twice"},
	{SQLITE_NOTADB, ERR_JOURNAL_CORRUPT, "it is no SQLite file; put the right one back, or move it away: mail in transit may then go twice"},
	{SQLITE_FULL, ERR_JOURNAL_FULL, "free space on its disk; mixgate goes on by itself"},
	{SQLITE_READONLY, ERR_JOURNAL_READ_ONLY, "check owner and mode of the file and its folder, and the mount"},
	{SQLITE_PERM, ERR_JOURNAL_READ_ONLY, "check owner and mode of the file and its folder"},
	{SQLITE_CANTOPEN, ERR_JOURNAL_MISSING, "check that the folder exists and may be entered and written"},
	{SQLITE_IOERR, ERR_JOURNAL_IO, "see the kernel's log; the writer opens it again"},
	{SQLITE_NOMEM, ERR_JOURNAL_IO, "out of memory"},
};

/* The errno of the last failed call on one of the database's files: the WAL or the file itself. */
static int file_errno(struct journal *j)
{
	sqlite3_file *wal = NULL;
	int number = 0;

	if (j->db == NULL)
		return 0;
	sqlite3_file_control(j->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (wal != NULL && wal->pMethods != NULL)
		wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &number);
	if (number == 0)
		sqlite3_file_control(j->db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
	return number != 0 ? number : sqlite3_system_errno(j->db);
}

int sql_fail(struct journal *j, int rc, const char *what, struct err *e)
{
	int system = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN ? file_errno(j) : 0;

	/* SQLite says "full" for ENOSPC in some places only; a quota or a file size limit goes away like it. */
	if ((rc & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT || system == EFBIG))
		rc = SQLITE_FULL;
	if ((rc & 0xff) == SQLITE_IOERR && j->writer)
		j->disk_failed = true;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].rc == (rc & 0xff))
			return ERR(e, failures[i].id, "%s: %s (%s, %s%s%s)", j->path, failures[i].advice, what,
			           j->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(j->db), system == 0 ? "" : ", ", system == 0 ? "" : strerror(system));
	return ERR(e, ERR_JOURNAL_SQL, "%s: %s: %d %s", j->path, what, rc, j->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(j->db));
}

static int prepare(struct journal *j, enum sql_id id, struct err *e)
{
	int rc;

	if (j->disk_failed)
		return ERR(e, ERR_JOURNAL_IO, "%s: an earlier write failed; it must be opened again", j->path);
	if (j->statements[id] != NULL)
		return 0;
	rc = sqlite3_prepare_v3(j->db, texts[id], -1, SQLITE_PREPARE_PERSISTENT, &j->statements[id], NULL);
	return rc == SQLITE_OK ? 0 : sql_fail(j, rc, texts[id], e);
}

int sql_bind(struct journal *j, enum sql_id id, sqlite3_stmt **out, struct err *e, const char *types, ...)
{
	sqlite3_stmt *s;
	va_list ap;
	int rc = SQLITE_OK;

	TRY(prepare(j, id, e));
	s = j->statements[id];
	va_start(ap, types);
	for (int i = 1; *types != '\0' && rc == SQLITE_OK; types++, i++) {
		if (*types == 'i')
			rc = sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
		else if (*types == 's')
			rc = sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		else
			rc = sqlite3_bind_blob(s, i, va_arg(ap, const uint8_t *), 32, SQLITE_TRANSIENT);
	}
	va_end(ap);
	*out = s;
	return rc == SQLITE_OK ? 0 : sql_fail(j, rc, texts[id], e);
}

int sql_step(struct journal *j, sqlite3_stmt *s, struct err *e)
{
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		sql_fail(j, rc, sqlite3_sql(s), e);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? 0 : -1;
}

int sql_run(struct journal *j, sqlite3_stmt *s, struct err *e)
{
	int rc;

	while ((rc = sql_step(j, s, e)) > 0)
		;
	return rc;
}

const char *sql_text(struct arena *a, sqlite3_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	return text == NULL ? NULL : arena_strdup(a, (const char *)text);
}

void sql_digest(sqlite3_stmt *s, int column, uint8_t out[32])
{
	const void *p = sqlite3_column_blob(s, column);
	int n = sqlite3_column_bytes(s, column);

	memset(out, 0, 32);
	if (p != NULL)
		memcpy(out, p, (size_t)MIN_OF(n, 32));
}

int sql_in_transaction(struct journal *j, struct err *e)
{
	if (!j->writer)
		return ERR(e, ERR_JOURNAL_READ_ONLY, "%s: opened for reading", j->path);
	if (sqlite3_get_autocommit(j->db))
		return ERR(e, ERR_JOURNAL_SQL, "%s: no transaction is open (it ended with the failure before)", j->path);
	return 0;
}
