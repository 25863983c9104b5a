/*
 * journal/open.c - opens, creates and migrates the journal's file; begins and commits (DESIGN 4).
 *
 * Mode WAL with synchronous=FULL: each commit is an fsync of the WAL.  Measured with this schema's shape on a virtual disk
 * (ext4, SQLite 3.40, one row with two indexes a commit): WAL 2,556 durable commits a second, rollback journal 675
 * (DELETE), 683 (TRUNCATE), 789 (PERSIST); with 32 rows a commit 12,638 rows a second against 6,600 to 8,100.  A rollback
 * journal costs at least two fsyncs more a commit and shuts readers out while it commits; `mixgate track` must not hold
 * up mail.  The price, two files beside it (-wal, -shm), is kept from hurting by leaving them there after the last close:
 * a reader that may not write the folder could not open a WAL file without them.
 *
 * One writer: an flock on PATH.lock, because SQLite's own lock is held only inside transactions and two daemons on one
 * journal must be told apart at start.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/schema.sql.h"
#include "journal/sql.h"

#define APPLICATION_ID 0x4d584a31 /* "MXJ1" in the file's header: file(1) and we know it again */

static int exec(struct journal *j, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(j->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(j, rc, sql, e);
}

/* The one number that a pragma or a SELECT gives. */
static int get_number(struct journal *j, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(j->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		sql_fail(j, rc, sql, e);
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : -1;
}

static int take_lock(struct arena *a, struct journal *j, struct err *e)
{
	const char *path = arena_printf(a, "%s.lock", j->path);

	j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (j->lock_fd < 0)
		return ERR_ERRNO(e, errno == ENOENT ? ERR_JOURNAL_MISSING : errno == ENOSPC ? ERR_JOURNAL_FULL : ERR_JOURNAL_READ_ONLY,
		                 "%s: check that the folder exists and belongs to mixgate", path);
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return ERR(e, ERR_JOURNAL_LOCKED, "%s: another mixgated runs with this journal", path);
	return 0;
}

/* Subjects and addresses of other people's mail: not for everybody's eyes.  -wal and -shm take the file's mode over. */
static int create_file(const struct journal *j, struct err *e)
{
	int fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return ERR_ERRNO(e, errno == EROFS || errno == EACCES ? ERR_JOURNAL_READ_ONLY : ERR_JOURNAL_MISSING, "%s: check owner and mode", j->path);
	close(fd);
	return 0;
}

static int open_database(struct journal *j, const char *name, int flags, struct err *e)
{
	int rc = sqlite3_open_v2(name, &j->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc != SQLITE_OK)
		return sql_fail(j, rc, "open", e);
	sqlite3_busy_timeout(j->db, 5000);
	return exec(j, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON", e);
}

/* An unlocked WAL file without -wal and -shm in a folder that the reader may not write: nobody has it open, so it can be
 * read as it lies there. */
static int open_immutable(struct arena *a, struct journal *j, struct err *e)
{
	struct buf name = BUF_INIT(8192);
	int result;

	if (access(arena_printf(a, "%s-wal", j->path), F_OK) == 0)
		return -1;
	buf_puts(&name, "file:");
	for (const char *p = j->path; *p != '\0'; p++) {
		if (strchr("?#%", *p) != NULL)
			buf_printf(&name, "%%%02X", (unsigned char)*p);
		else
			buf_putc(&name, (unsigned char)*p);
	}
	buf_puts(&name, "?immutable=1");
	sqlite3_close(j->db);
	j->db = NULL;
	result = open_database(j, buf_str(&name), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, e);
	buf_free(&name);
	return result;
}

static int check_version(struct journal *j, int64_t *version, struct err *e)
{
	int64_t application, objects;

	TRY(get_number(j, "PRAGMA user_version", version, e));
	TRY(get_number(j, "PRAGMA application_id", &application, e));
	TRY(get_number(j, "SELECT count(*) FROM sqlite_schema", &objects, e));
	if (objects > 0 && application != APPLICATION_ID)
		return ERR(e, ERR_JOURNAL_VERSION, "%s: a database of something else; give another journal.path", j->path);
	if (*version > (int64_t)ARRAY_LEN(schema_steps))
		return ERR(e, ERR_JOURNAL_VERSION, "%s: version %lld is newer than this mixgate (%zu); install the newer one again", j->path,
		           (long long)*version, ARRAY_LEN(schema_steps));
	return 0;
}

/* All steps in one transaction: a kill in the middle leaves the old version. */
static int migrate(struct journal *j, int64_t from, struct err *e)
{
	char sql[160];

	TRY(exec(j, "BEGIN EXCLUSIVE", e));
	for (size_t v = (size_t)from; v < ARRAY_LEN(schema_steps); v++) {
		TRY(exec(j, schema_steps[v], e));
		sqlite3_snprintf(sizeof sql, sql, "INSERT INTO migration VALUES(%d, unixepoch()); PRAGMA user_version = %d; PRAGMA application_id = %d",
		                 (int)v + 1, (int)v + 1, APPLICATION_ID);
		TRY(exec(j, sql, e));
	}
	return exec(j, "COMMIT", e);
}

static int open_writer(struct arena *a, struct journal *j, struct err *e)
{
	int64_t version;
	int keep = 1;

	TRY(take_lock(a, j, e));
	TRY(create_file(j, e));
	TRY(open_database(j, j->path, SQLITE_OPEN_READWRITE, e));
	TRY(check_version(j, &version, e));
	TRY(exec(j, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864", e));
	sqlite3_file_control(j->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	return version == (int64_t)ARRAY_LEN(schema_steps) ? 0 : migrate(j, version, e);
}

static int open_reader(struct arena *a, struct journal *j, struct err *e)
{
	int64_t version;

	if (access(j->path, F_OK) != 0)
		return ERR_ERRNO(e, ERR_JOURNAL_MISSING, "%s: mixgated makes it when it first runs", j->path);
	if (open_database(j, j->path, SQLITE_OPEN_READONLY, e) != 0 || check_version(j, &version, e) != 0) {
		if (e == NULL || (e->id != ERR_JOURNAL_MISSING && e->id != ERR_JOURNAL_READ_ONLY))
			return -1;
		TRY(open_immutable(a, j, e));
		TRY(check_version(j, &version, e));
	}
	if (version != (int64_t)ARRAY_LEN(schema_steps))
		return ERR(e, ERR_JOURNAL_VERSION, "%s: version %lld; mixgated brings it to %zu at its next start", j->path, (long long)version,
		           ARRAY_LEN(schema_steps));
	return 0;
}

static void close_cleanup(void *j) { journal_close(j); }

int journal_open(struct arena *a, const char *path, bool writer, struct journal **out, struct err *e)
{
	struct journal *j = NEW(a, struct journal);
	struct err own = {0};
	int result;

	j->path = arena_strdup(a, path);
	j->writer = writer;
	j->lock_fd = -1;
	arena_cleanup(a, close_cleanup, j);
	result = writer ? open_writer(a, j, &own) : open_reader(a, j, &own);
	if (result != 0) {
		journal_close(j);
		if (e != NULL)
			*e = own;
		return -1;
	}
	*out = j;
	return 0;
}

void journal_close(struct journal *j)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(j->statements[i]);
		j->statements[i] = NULL;
	}
	sqlite3_close(j->db);
	j->db = NULL;
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	j->lock_fd = -1;
}

static int run_plain(struct journal *j, enum sql_id id, struct err *e)
{
	sqlite3_stmt *s;

	TRY(sql_bind(j, id, &s, e, ""));
	return sql_run(j, s, e);
}

int journal_begin(struct journal *j, struct err *e)
{
	return run_plain(j, j->writer ? SQL_BEGIN : SQL_BEGIN_READ, e);
}

/* A failed commit promises nothing: it is rolled back, so that the answer "not accepted" is true. */
int journal_commit(struct journal *j, struct err *e)
{
	if (sqlite3_get_autocommit(j->db))
		return ERR(e, ERR_JOURNAL_SQL, "%s: no transaction is open (it ended with the failure before)", j->path);
	if (run_plain(j, SQL_COMMIT, e) == 0)
		return 0;
	journal_rollback(j);
	return -1;
}

void journal_rollback(struct journal *j)
{
	if (!sqlite3_get_autocommit(j->db))
		sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
}

int journal_savepoint(struct journal *j, struct err *e)
{
	TRY(sql_in_transaction(j, e));
	return run_plain(j, SQL_SAVEPOINT, e);
}

int journal_keep(struct journal *j, struct err *e)
{
	TRY(sql_in_transaction(j, e));
	return run_plain(j, SQL_KEEP, e);
}

void journal_undo(struct journal *j)
{
	if (!sqlite3_get_autocommit(j->db))
		sqlite3_exec(j->db, "ROLLBACK TO request; RELEASE request", NULL, NULL, NULL);
}
