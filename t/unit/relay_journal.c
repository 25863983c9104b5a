/*
 * t/unit/relay_journal.c - workers and the journal writer (relay/journal_client.h, relay/journal_writer.c) as real
 * processes over real channels: identities, claims, group commit, a writer that is killed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/ipc.h"
#include "relay/journal_client.h"
#include "relay/processes.h"
#include "relay/protocol.h"
#include "t/lib/tap.h"

static struct {
	struct setup setup;
	struct config config;
	int channel;
	pid_t pid;
} writer;

static void start_writer(void)
{
	int pair[2];
	struct ipc_message m;

	if (ipc_pair(pair, NULL) != 0)
		exit(1);
	writer.pid = fork();
	if (writer.pid == 0) {
		close(pair[0]);
		_exit(journal_main(&writer.setup, pair[1]));
	}
	close(pair[1]);
	writer.channel = pair[0];
	ok(ipc_receive(pair[0], clock_monotonic_ms() + 5000, &m) == IPC_MESSAGE && m.type == J_READY, "the writer is ready");
	ipc_done(&m);
}

static void stop_writer(int number)
{
	if (number == 0)
		close(writer.channel);
	else
		kill(writer.pid, number);
	waitpid(writer.pid, NULL, 0);
	if (number != 0)
		close(writer.channel);
}

/* What the parent does for a worker. */
static int give_channel(void *owner, int64_t deadline)
{
	int pair[2];

	(void)owner;
	(void)deadline;
	if (ipc_pair(pair, NULL) != 0 || ipc_send(writer.channel, J_CLIENT, NULL, &pair[0], 1, NULL) != 0)
		return -1;
	close(pair[0]);
	return pair[1];
}

static void make_message(struct arena *a, struct journal_message *m, const char *mts_id, const char *identities)
{
	*m = (struct journal_message){.direction = JOURNAL_TO_X400, .mts_id = mts_id, .local_id = "local-1", .originator_822 = "a@b.example",
	                              .received = clock_now()};
	for (const char *p = identities; *p != '\0'; p++) {
		struct journal_recipient *r = ARENA_PUSH(a, &m->recipients);

		r->number = (int)(p - identities) + 1;
		r->rfc822 = "x@y.example";
		r->peer = "peer";
		memset(r->identity, *p, sizeof(r->identity));
	}
}

static void test_reserve(struct arena *a, struct journal_client *one, struct journal_client *two)
{
	struct journal_message m;
	struct journal_place p[3], q[3];
	struct journal_change change = {.state = JOURNAL_CONFIRMED};
	struct err e = {0};
	bool other;

	make_message(a, &m, "[/C=XX/;1]", "AB");
	journal_client_begin(one, a);
	journal_client_begin(two, a);
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && !other, "two new recipients");
	ok(p[0].fresh && p[1].fresh && p[0].row != p[1].row && !p[0].busy, "inserted, each with its row");
	is(p[1].mts_id, "[/C=XX/;1]", "under the new identifier");

	make_message(a, &m, "[/C=XX/;2]", "BC");
	ok(journal_client_reserve(two, &m, q, &other, &e) == 0, "another worker has one of them and a new one");
	ok(q[0].busy && q[0].row == p[1].row && !q[0].fresh, "the first is in flight elsewhere");
	is(q[0].mts_id, "[/C=XX/;1]", "under the identifier of its first attempt");
	is_int(q[0].number, 2, "and with its number");
	ok(q[1].fresh && !q[1].busy, "the other is new");
	is(q[1].mts_id, "[/C=XX/;2]", "with the new identifier");

	change.row = p[1].row;
	ok(journal_client_change(one, &change, 1, &e) == 0, "it is confirmed");
	journal_client_end(one);
	journal_client_begin(one, a);
	ok(journal_client_reserve(two, &m, q, &other, &e) == 0 && !q[0].busy && q[0].state == JOURNAL_CONFIRMED,
	   "a retry finds it confirmed");
	journal_client_end(two);
	journal_client_begin(two, a);
}

static void test_dead_worker(struct arena *a, struct journal_client *one, struct journal_client *two)
{
	struct journal_message m;
	struct journal_place p[1];
	struct err e = {0};
	bool other, busy = true;

	make_message(a, &m, "[/C=XX/;3]", "D");
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && p[0].fresh, "a worker has a message");
	close(one->fd); /* it dies */
	one->fd = -1;
	for (int i = 0; i < 100 && busy; i++) {
		ok(journal_client_reserve(two, &m, p, &other, &e) == 0, "the retry asks");
		busy = p[0].busy;
	}
	ok(!busy && !p[0].fresh, "its mark ended with its channel");
	is_int(p[0].state, JOURNAL_IN_FLIGHT, "nobody knows whether it was sent: send again");
	journal_client_end(two);
	journal_client_begin(one, a);
	journal_client_begin(two, a);
}

static void test_other_content(struct arena *a, struct journal_client *one)
{
	struct journal_message m;
	struct journal_place p[1];
	struct err e = {0};
	bool other;

	make_message(a, &m, "[/C=XX/;p1]", "E");
	m.direction = JOURNAL_TO_822;
	memset(m.digest, 1, sizeof(m.digest));
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && !other && p[0].fresh, "from P1: new");
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && !other && !p[0].fresh, "the same again");
	memset(m.digest, 2, sizeof(m.digest));
	memset(m.recipients.items[0].identity, 'F', 32);
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && other, "the same MTS-identifier with other content");
}

static void test_finds(struct arena *a, struct journal_client *one)
{
	struct journal_message m = {0};
	struct err e = {0};
	uint64_t x = 0, y = 0;
	unsigned n = 0;
	uint8_t digest[32] = {7};
	bool found;

	(void)a;
	ok(journal_client_find(one, JOURNAL_FIND_MTS_ID, JOURNAL_TO_X400, "[/C=XX/;1]", &m, &found, &e) == 0 && found, "found by MTS-identifier");
	is_int((long long)m.recipients.count, 2, "whole");
	ok(journal_client_find(one, JOURNAL_FIND_MTS_ID, JOURNAL_TO_X400, "[/C=XX/;none]", &m, &found, &e) == 0 && !found, "or not found");
	ok(journal_client_next(one, "local_id", &x, &e) == 0 && journal_client_next(one, "local_id", &y, &e) == 0 && y == x + 1, "a counter counts");
	ok(journal_client_attempt(one, digest, "worker-died", &n, &e) == 0 && n == 1, "first attempt");
	ok(journal_client_attempt(one, digest, "worker-died", &n, &e) == 0 && n == 2, "second attempt");
}

static void test_killed_writer(struct arena *a, struct journal_client *one, struct journal_client *two)
{
	struct journal_message m;
	struct journal_place p[1], q[1];
	struct err e = {0};
	bool other;

	make_message(a, &m, "[/C=XX/;9]", "K");
	ok(journal_client_reserve(one, &m, p, &other, &e) == 0 && p[0].fresh, "reserved, then the writer is killed");
	stop_writer(SIGKILL);
	start_writer();
	ok(journal_client_change(one, &(struct journal_change){.row = p[0].row, .state = -1, .event = {.message = p[0].message, .what = "noted", .reason = MX_ABSENT, .diagnostic = MX_ABSENT, .time = clock_now()}}, 1, &e) == 0,
	   "the client finds the new writer by itself");
	ok(journal_client_reserve(two, &m, q, &other, &e) == 0 && !q[0].fresh && q[0].busy,
	   "what was reserved is durable, and still marked as the first worker's");
	is_int(q[0].row, p[0].row, "the same row");
}

/* Many workers at once: every one gets its own answer. */
static void test_many(void)
{
	enum { WORKERS = 8, EACH = 25 };
	int good = 0, status;

	for (int w = 0; w < WORKERS; w++)
		if (fork() == 0) {
			struct arena *a = arena_new(0);
			struct journal_client c = {.fd = -1, .connect = give_channel};
			struct journal_place p[1];
			struct journal_message m;
			struct err e;
			bool other, right = true;

			for (int i = 0; i < EACH && right; i++) {
				char id[48];

				snprintf(id, sizeof(id), "[/C=XX/;w%d-%d]", w, i);
				journal_client_begin(&c, a);
				make_message(a, &m, id, "Z");
				m.recipients.items[0].identity[0] = (uint8_t)w;
				m.recipients.items[0].identity[1] = (uint8_t)i;
				right = journal_client_reserve(&c, &m, p, &other, &e) == 0 && p[0].fresh && strcmp(p[0].mts_id, id) == 0 &&
				        journal_client_change(&c, &(struct journal_change){.row = p[0].row, .state = JOURNAL_CONFIRMED}, 1, &e) == 0;
				journal_client_end(&c);
			}
			_exit(right ? 0 : 1);
		}
	for (int w = 0; w < WORKERS; w++)
		good += wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	is_int(good, WORKERS, "eight workers, 25 messages each, all answers right");
}

int main(void)
{
	char dir[] = "/tmp/mixgate-journal.XXXXXX";
	struct arena *a = arena_new(0);
	struct journal_client one = {.fd = -1, .connect = give_channel}, two = one;

	if (mkdtemp(dir) == NULL)
		return 1;
	log_open("relay_journal.t", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	writer.config.journal.path = arena_printf(a, "%s/journal.db", dir);
	writer.setup.config = &writer.config;
	start_writer();
	test_reserve(a, &one, &two);
	test_dead_worker(a, &one, &two);
	test_other_content(a, &one);
	test_finds(a, &one);
	test_killed_writer(a, &one, &two);
	test_many();
	close(one.fd);
	close(two.fd);
	stop_writer(0);
	for (size_t i = 0; i < 4; i++)
		unlink(arena_printf(a, "%s/journal.db%s", dir, ((const char *[]){"", "-wal", "-shm", ".lock"})[i]));
	rmdir(dir);
	arena_free(a);
	return tap_done();
}
