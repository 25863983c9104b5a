/* journal.c - the journal over SQLite: what it stores and finds, and what it says when its file or disk is bad
 * (reliability E-89, E-90, E-94, E-95). */
#include "journal/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/tap.h"

static char folder[] = "/tmp/mixgate-journal-XXXXXX";

static const char *in_folder(struct arena *a, const char *name) { return arena_printf(a, "%s/%s", folder, name); }

static struct journal *open_ok(struct arena *a, const char *path, bool writer)
{
	struct journal *j = NULL;
	struct err e = {0};
	char text[512];

	if (journal_open(a, path, writer, &j, &e) != 0) {
		err_text(&e, text, sizeof text);
		printf("Bail out! %s\n", text);
		exit(1);
	}
	return j;
}

static struct journal_message sample(struct arena *a, int n)
{
	struct journal_message m = {
		.direction = JOURNAL_TO_X400,
		.mts_id = arena_printf(a, "[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-%04d]", n),
		.local_id = arena_printf(a, "240305-%04d", n),
		.ipm_id = arena_printf(a, "IPM%d", n),
		.message_id = arena_printf(a, "<m%d@widget.example>", n),
		.envid = arena_printf(a, "ENV%d", n),
		.originator_x400 = "/S=Jones/C=GB/",
		.originator_822 = "jones@widget.example",
		.content_identifier = "ci",
		.content_correlator = arena_printf(a, "cc%d", n),
		.subject = "Gr\xc3\xbc\xc3\x9f\x65",
		.content_type = MX_CONTENT_P22,
		.ret = 2,
		.size = 5000000000,
		.header = "Subject: x\r\n",
		.received = {.seconds = 1000 + n, .offset = 60, .set = true},
	};

	memset(m.digest, n, sizeof m.digest);
	for (int i = 1; i <= 2; i++) {
		struct journal_recipient *r = ARENA_PUSH(a, &m.recipients);

		*r = (struct journal_recipient){.number = i, .x400 = "/S=Blow/C=DE/", .rfc822 = "blow@x.example", .peer = "viat", .notify = 6,
		                                .orcpt_type = "rfc822", .orcpt = "Blow+x@x.example", .originator_report = 2, .rn_requested = i == 1,
		                                .nrn_requested = i == 2, .state = JOURNAL_NEW};
		memset(r->identity, 16 * n + i, sizeof r->identity);
	}
	return m;
}

/* Stores sample n in a transaction of its own. */
static struct journal_message store(struct arena *a, struct journal *j, int n)
{
	struct journal_message m = sample(a, n);
	struct err e = {0};

	if (!ok(journal_begin(j, &e) == 0 && journal_insert(j, &m, &e) == 0 && journal_commit(j, &e) == 0, "message %d is stored", n))
		diag("%s", e.detail);
	return m;
}

static void test_round_trip(void)
{
	struct arena *a = arena_new(0);
	struct journal *j = open_ok(a, in_folder(a, "round"), true);
	struct journal_message m = store(a, j, 1), back;
	bool found = false;
	struct err e;

	ok(journal_find_identity(j, a, m.recipients.items[1].identity, &back, &found, &e) == 0 && found, "found by a recipient's identity");
	is_int(back.row, m.row, "the row");
	is(back.mts_id, m.mts_id, "mts_id");
	is(back.local_id, m.local_id, "local_id");
	is(back.ipm_id, m.ipm_id, "ipm_id");
	is(back.message_id, m.message_id, "message_id");
	is(back.envid, m.envid, "envid");
	is(back.queue_id, NULL, "queue_id is absent");
	is(back.originator_x400, m.originator_x400, "originator_x400");
	is(back.originator_822, m.originator_822, "originator_822");
	is(back.content_identifier, m.content_identifier, "content_identifier");
	is(back.content_correlator, m.content_correlator, "content_correlator");
	is(back.subject, m.subject, "subject");
	is_int(back.content_type, MX_CONTENT_P22, "content_type");
	is_int(back.ret, 2, "ret");
	is_int(back.size, 5000000000, "size over 32 bits");
	is_octets(back.digest, 32, m.digest, 32, "digest");
	is(back.header, m.header, "header");
	ok(back.received.set && back.received.seconds == 1001 && back.received.offset == 60, "received with its zone");
	is_int((long long)back.recipients.count, 2, "all recipients come along");
	for (size_t i = 0; i < back.recipients.count; i++) {
		const struct journal_recipient *r = &back.recipients.items[i], *w = &m.recipients.items[i];

		ok(r->row == w->row && r->number == w->number && r->notify == 6 && r->originator_report == 2 && r->state == JOURNAL_NEW,
		   "recipient %zu: numbers", i);
		ok(r->rn_requested == w->rn_requested && r->nrn_requested == w->nrn_requested, "recipient %zu: receipt requests", i);
		is(r->x400, w->x400, "recipient %zu: x400", i);
		is(r->rfc822, w->rfc822, "recipient %zu: rfc822", i);
		is(r->peer, w->peer, "recipient %zu: peer", i);
		is(r->orcpt_type, w->orcpt_type, "recipient %zu: orcpt type", i);
		is(r->orcpt, w->orcpt, "recipient %zu: orcpt", i);
		is_octets(r->identity, 32, w->identity, 32, "recipient %zu: identity", i);
	}
	arena_free(a);
}

static void test_find(void)
{
	static const char *const ids[] = {"[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0002]", "240305-0002", "IPM2", "<m2@widget.example>",
	                                  "m2@widget.example", "ENV2", "4ZqK3z", "cc2"};
	struct arena *a = arena_new(0);
	struct journal *j = open_ok(a, in_folder(a, "find"), true);
	struct journal_message m, back, first = store(a, j, 1);
	uint8_t none[32] = {255};
	int64_t *rows;
	size_t count;
	bool found = true;
	struct err e;

	m = store(a, j, 2);
	ok(journal_begin(j, &e) == 0 && journal_set_queue_id(j, m.row, "4ZqK3z", &e) == 0 && journal_commit(j, &e) == 0, "a queue id is set");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ok(journal_find_any(j, a, ids[i], &rows, &count, &e) == 0 && count == 1 && rows[0] == m.row, "found by %s", ids[i]);
	ok(journal_find_any(j, a, "' OR 1=1 --", &rows, &count, &e) == 0 && count == 0, "nothing found by an odd id");
	ok(journal_find_identity(j, a, none, &back, &found, &e) == 0 && !found, "an unknown identity is not found");
	ok(journal_find_mts_id(j, a, JOURNAL_TO_X400, m.mts_id, &back, &found, &e) == 0 && found && back.row == m.row, "by MTS-identifier");
	ok(journal_find_mts_id(j, a, JOURNAL_TO_822, m.mts_id, &back, &found, &e) == 0 && !found, "not in the other direction");
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, "ENV1", &back, &found, &e) == 0 && found && back.row == first.row, "by ENVID");
	m = store(a, j, 2);
	ok(journal_find_mts_id(j, a, JOURNAL_TO_X400, m.mts_id, &back, &found, &e) == 0 && found && back.row == m.row, "of two the newer one");
	ok(journal_find_any(j, a, "ENV2", &rows, &count, &e) == 0 && count == 2 && rows[0] == m.row, "both are tracked, newest first");
	ok(journal_load(j, a, 99999, &back, &e) == -1 && e.id == ERR_JOURNAL_SQL, "a row that is not there cannot be loaded");
	arena_free(a);
}

static void test_life(void)
{
	struct arena *a = arena_new(0);
	struct journal *j = open_ok(a, in_folder(a, "life"), true);
	struct journal_message m = store(a, j, 3), back;
	int64_t r1 = m.recipients.items[0].row, r2 = m.recipients.items[1].row, n;
	struct journal_event ev = {.message = m.row, .recipient = r1, .what = "refused", .peer = "viat", .reason = 1, .diagnostic = 0, .status = "5.1.1",
	                           .text = "unrecognised-OR-name", .time = {.seconds = 77, .offset = -300, .set = true}};
	struct journal_event whole = {.message = m.row, .what = "received", .reason = MX_ABSENT, .diagnostic = MX_ABSENT};
	struct journal_event *events;
	size_t count;
	struct err e;

	ok(journal_set_state(j, r1, JOURNAL_SENT, &e) == -1 && e.id == ERR_JOURNAL_SQL, "no writing outside a transaction");
	ok(journal_begin(j, &e) == 0 && journal_add_event(j, &whole, &e) == 0 && journal_add_event(j, &ev, &e) == 0 &&
	       journal_set_state(j, r1, JOURNAL_REFUSED, &e) == 0 && journal_set_state(j, r2, JOURNAL_IN_FLIGHT, &e) == 0 && journal_commit(j, &e) == 0,
	   "events and states");
	ok(journal_events(j, a, m.row, &events, &count, &e) == 0 && count == 2, "both events come back in order");
	ok(events[0].recipient == 0 && events[0].reason == MX_ABSENT && events[0].peer == NULL, "the one of the whole message");
	ok(events[1].recipient == r1 && events[1].reason == 1 && events[1].diagnostic == 0 && events[1].time.seconds == 77 &&
	       events[1].time.offset == -300,
	   "the recipient's");
	is(events[1].text, "unrecognised-OR-name", "its text");
	is(events[1].status, "5.1.1", "its status");
	ok(journal_begin(j, &e) == 0 && journal_release_in_flight(j, &n, &e) == 0 && n == 1 && journal_commit(j, &e) == 0, "in flight is released");
	ok(journal_load(j, a, m.row, &back, &e) == 0 && back.recipients.items[0].state == JOURNAL_REFUSED && back.recipients.items[1].state == JOURNAL_SENT,
	   "to sent; what was decided stays");
	ok(journal_begin(j, &e) == 0 && journal_set_state(j, 4711, JOURNAL_SENT, &e) == -1, "a recipient that is not there");
	journal_rollback(j);
	is(journal_state_name(JOURNAL_IN_FLIGHT), "in-flight", "a state has a name");
	arena_free(a);
}

static void test_counters(void)
{
	struct arena *a = arena_new(0);
	struct journal *j = open_ok(a, in_folder(a, "count"), true);
	uint8_t x[32] = {1}, y[32] = {2};
	uint64_t n1 = 0, n2 = 0, n3 = 0;
	unsigned c1 = 0, c2 = 0, c3 = 0;
	struct err e;

	ok(journal_begin(j, &e) == 0 && journal_next(j, "local_id", &n1, &e) == 0 && journal_next(j, "local_id", &n2, &e) == 0 &&
	       journal_next(j, "other", &n3, &e) == 0 && journal_commit(j, &e) == 0,
	   "numbers are drawn");
	ok(n1 == 1 && n2 == 2 && n3 == 1, "each counter by itself");
	ok(journal_begin(j, &e) == 0 && journal_count_attempt(j, x, "worker-died", &c1, &e) == 0 && journal_count_attempt(j, x, "worker-died", &c2, &e) == 0 &&
	       journal_count_attempt(j, y, "worker-died", &c3, &e) == 0 && journal_commit(j, &e) == 0,
	   "attempts are counted");
	ok(c1 == 1 && c2 == 2 && c3 == 1, "by digest and kind");
	ok(journal_begin(j, &e) == 0 && journal_savepoint(j, &e) == 0 && journal_next(j, "local_id", &n1, &e) == 0, "a request in a transaction");
	journal_undo(j);
	ok(journal_savepoint(j, &e) == 0 && journal_next(j, "local_id", &n2, &e) == 0 && journal_keep(j, &e) == 0 && journal_commit(j, &e) == 0, "and another");
	ok(n1 == 3 && n2 == 3, "the first was undone, the second kept");
	journal_close(j);
	j = open_ok(a, in_folder(a, "count"), true);
	ok(journal_begin(j, &e) == 0 && journal_next(j, "local_id", &n1, &e) == 0 && n1 == 4, "counters survive a close");
	journal_rollback(j);
	arena_free(a);
}

static void test_prune(void)
{
	struct arena *a = arena_new(0);
	struct journal *j = open_ok(a, in_folder(a, "prune"), true);
	struct journal_event ev = {.what = "received"};
	struct journal_event *events;
	struct journal_message m, back;
	int64_t removed = -1;
	size_t count;
	bool found;
	struct err e;

	m = store(a, j, 1);
	ev.message = m.row;
	ok(journal_begin(j, &e) == 0 && journal_add_event(j, &ev, &e) == 0 && journal_commit(j, &e) == 0, "with an event");
	store(a, j, 2);
	ok(journal_begin(j, &e) == 0 && journal_prune(j, (struct when){.seconds = 1002, .set = true}, &removed, &e) == 0 && journal_commit(j, &e) == 0,
	   "prune what is older than the second");
	is_int(removed, 1, "one message went");
	ok(journal_find_identity(j, a, m.recipients.items[0].identity, &back, &found, &e) == 0 && !found, "its recipients with it");
	ok(journal_events(j, a, m.row, &events, &count, &e) == 0 && count == 0, "and its events");
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, "ENV2", &back, &found, &e) == 0 && found, "the other stayed");
	arena_free(a);
}

/* kill -9: a child commits one message, leaves a second uncommitted and dies without closing. */
static void test_crash(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_folder(a, "crash");
	struct journal_message back;
	struct journal *j;
	bool found = false;
	struct err e;
	pid_t child = fork();

	if (child == 0) {
		struct journal_message one = sample(a, 1), two = sample(a, 2);

		j = open_ok(a, path, true);
		if (journal_begin(j, &e) != 0 || journal_insert(j, &one, &e) != 0 || journal_commit(j, &e) != 0 || journal_begin(j, &e) != 0 ||
		    journal_insert(j, &two, &e) != 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	int status = 0;

	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status), "the writer was killed inside a transaction");
	j = open_ok(a, path, true);
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, "ENV1", &back, &found, &e) == 0 && found && back.recipients.count == 2, "what was committed is there");
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, "ENV2", &back, &found, &e) == 0 && !found, "what was not is not");
	store(a, j, 3);
	arena_free(a);
}

static void test_reader(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_folder(a, "reader");
	struct journal *w = open_ok(a, path, true), *r, *second;
	struct journal_message m, back;
	bool found;
	struct err e;

	store(a, w, 1);
	m = sample(a, 2);
	ok(journal_begin(w, &e) == 0 && journal_insert(w, &m, &e) == 0, "the writer is inside a transaction");
	r = open_ok(a, path, false);
	ok(journal_find_envid(r, a, JOURNAL_TO_X400, "ENV1", &back, &found, &e) == 0 && found, "a reader sees what was committed");
	ok(journal_find_envid(r, a, JOURNAL_TO_X400, "ENV2", &back, &found, &e) == 0 && !found, "and not what is under way");
	ok(journal_commit(w, &e) == 0, "the reader does not hold up the commit");
	ok(journal_find_envid(r, a, JOURNAL_TO_X400, "ENV2", &back, &found, &e) == 0 && found, "then it sees it too");
	ok(journal_set_state(r, 1, JOURNAL_SENT, &e) == -1 && e.id == ERR_JOURNAL_READ_ONLY, "a reader does not write");
	ok(journal_begin(r, &e) == 0 && journal_commit(r, &e) == 0, "a reader may hold a snapshot");
	ok(journal_open(a, path, true, &second, &e) == -1 && e.id == ERR_JOURNAL_LOCKED, "E-95 a second writer is refused at start");
	diag("%s", e.detail);
	arena_free(a);
}

static void write_file(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	sqlite3_close(db);
}

static void expect_failure(const char *path, bool writer, enum err_id id, const char *what)
{
	struct arena *a = arena_new(0);
	struct journal *j;
	struct err e = {0};
	int result = journal_open(a, path, writer, &j, &e);

	if (!ok(result == -1 && e.id == id && err_row(e.id)->class == ERR_TEMPORARY, "%s: %s", what, err_row(id)->name))
		diag("got %d %s", result, err_row(e.id)->name);
	diag("%s", e.detail);
	arena_free(a);
}

static void test_bad_files(void)
{
	struct arena *a = arena_new(0);
	struct journal *j;
	char junk[8192];

	memset(junk, 'x', sizeof junk);
	write_file(in_folder(a, "junk"), junk, sizeof junk);
	expect_failure(in_folder(a, "junk"), true, ERR_JOURNAL_CORRUPT, "no database at all");
	expect_failure(in_folder(a, "junk"), false, ERR_JOURNAL_CORRUPT, "the same for a reader");
	write_file(in_folder(a, "empty"), "", 0);
	expect_failure(in_folder(a, "empty"), false, ERR_JOURNAL_VERSION, "an empty file for a reader");
	j = open_ok(a, in_folder(a, "empty"), true);
	store(a, j, 1);
	journal_close(j);
	sql(in_folder(a, "foreign"), "CREATE TABLE message(x)");
	expect_failure(in_folder(a, "foreign"), true, ERR_JOURNAL_VERSION, "somebody else's database");
	sql(in_folder(a, "empty"), "PRAGMA user_version = 99");
	expect_failure(in_folder(a, "empty"), true, ERR_JOURNAL_VERSION, "a newer version");
	expect_failure(in_folder(a, "none/journal"), true, ERR_JOURNAL_MISSING, "no such folder");
	expect_failure(in_folder(a, "none"), false, ERR_JOURNAL_MISSING, "no file for a reader");
	arena_free(a);
}

/* Pages overwritten behind the header: found when they are read, and said as such. */
static void test_corrupt_page(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_folder(a, "pages");
	struct journal *j = open_ok(a, path, true);
	struct journal_message back;
	char junk[4096];
	bool found;
	struct err e = {0};
	int fd;

	for (int n = 1; n <= 5; n++)
		store(a, j, n);
	journal_close(j);
	sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
	memset(junk, 0xa5, sizeof junk);
	fd = open(path, O_WRONLY);
	for (off_t page = 2; page < 20; page++)
		if (pwrite(fd, junk, sizeof junk, page * 4096) < 0)
			abort();
	close(fd);
	j = open_ok(a, path, true);
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, "ENV1", &back, &found, &e) == -1 && e.id == ERR_JOURNAL_CORRUPT, "E-94 damaged pages are found when read");
	diag("%s", e.detail);
	arena_free(a);
}

/* E-89: a write fails for lack of space, nothing was promised, and it goes on when there is space again. */
static void test_full(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_folder(a, "full");
	struct journal *j = open_ok(a, path, true);
	struct rlimit old, small = {.rlim_cur = 400000};
	struct journal_message m, back;
	enum err_id id = ERR_NONE;
	int stored = 0;
	bool found = true;
	struct err e = {0};

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int n = 1; n <= 200 && id == ERR_NONE; n++) {
		m = sample(a, n);
		if (journal_begin(j, &e) != 0 || journal_insert(j, &m, &e) != 0 || journal_commit(j, &e) != 0) {
			id = e.id;
			journal_rollback(j);
		} else {
			stored = n;
		}
	}
	ok(id == ERR_JOURNAL_FULL && stored > 0, "a full disk is said as such after %d messages", stored);
	diag("%s", e.detail);
	setrlimit(RLIMIT_FSIZE, &old);
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, arena_printf(a, "ENV%d", stored + 1), &back, &found, &e) == 0 && !found, "the one that failed is not there");
	ok(journal_find_envid(j, a, JOURNAL_TO_X400, arena_printf(a, "ENV%d", stored), &back, &found, &e) == 0 && found, "the last promised one is");
	store(a, j, 500);
	arena_free(a);
}

/* As a user who may not write: run in a child, root may everything. */
static void test_read_only(void)
{
	struct arena *a = arena_new(0);
	const char *dir = in_folder(a, "ro"), *path = arena_printf(a, "%s/journal", dir);
	struct journal *j;
	pid_t child;
	int status = 0;

	if (mkdir(dir, 0755) != 0)
		abort();
	j = open_ok(a, path, true);
	store(a, j, 1);
	journal_close(j);
	if (chmod(path, 0644) != 0 || chmod(dir, 0555) != 0 || chmod(folder, 0755) != 0)
		abort();
	child = fork();
	if (child == 0) {
		struct journal_message back;
		bool found = false;
		struct err e = {0};
		struct arena *b = arena_new(0);
		bool as_other = geteuid() != 0 || setuid(65534) == 0;

		if (!as_other)
			_exit(9);
		if (journal_open(b, path, true, &j, &e) == 0 || e.id != ERR_JOURNAL_READ_ONLY)
			_exit(1);
		if (journal_open(b, path, false, &j, &e) != 0)
			_exit(2);
		_exit(journal_find_envid(j, b, JOURNAL_TO_X400, "ENV1", &back, &found, &e) == 0 && found ? 0 : 3);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "E-98 who may only read cannot open for writing, and can read (exit %d)", WEXITSTATUS(status));
	ok(unlink(arena_printf(a, "%s-wal", path)) == 0 && unlink(arena_printf(a, "%s-shm", path)) == 0, "the files beside it are kept at close");
	child = fork();
	if (child == 0) {
		struct err e = {0};

		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(9);
		_exit(journal_open(arena_new(0), path, false, &j, &e) == 0 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a reader does without them");
	if (chmod(dir, 0755) != 0)
		abort();
	arena_free(a);
}

static void test_mode_and_pragmas(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_folder(a, "mode");
	struct stat st;

	umask(022);
	open_ok(a, path, true);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640, "the journal is not for everybody (mode %o)", st.st_mode & 07777u);
	ok(stat(arena_printf(a, "%s-wal", path), &st) == 0 && (st.st_mode & 07777) == 0640, "nor is its WAL");
	arena_free(a);
}

int main(void)
{
	char command[200];

	if (mkdtemp(folder) == NULL)
		return 1;
	test_round_trip();
	test_find();
	test_life();
	test_counters();
	test_prune();
	test_crash();
	test_reader();
	test_bad_files();
	test_corrupt_page();
	test_full();
	test_read_only();
	test_mode_and_pragmas();
	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		diag("%s is left", folder);
	return tap_done();
}
