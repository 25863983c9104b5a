/*
 * mixgate-source.c - P1 generator (mixgate-source(1)): the X.400 twin of Postfix's smtp-source, for trials, tests and
 * benchmarks.  Opens associations as an initiator and sends messages, probes and reports that it makes, or APDUs from files.
 * One process an association.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/exchange.h"
#include "relay/twin_make.h"

#define SESSIONS_MAX 256
#define RETRY_MS 100

struct source {
	struct twin twin;
	const char *host;
	int port;
	long messages, sessions;
	long rate;         /* messages a second in all, 0: as fast as it goes */
	long at_once;      /* transfers an association, 0: all */
	long give, linger; /* the turn is given after so many messages; seconds that we stay */
	bool counter, keep_going;
	struct twin_make make;
	struct twin_store_options store;
};

static int complain(const struct source *s, const struct err *e) { return twin_complain(&s->twin, e); }

/* ---- sending ---- */

static void count(const struct source *s, bool good)
{
	uint64_t n = __atomic_add_fetch(good ? &s->twin.counts->confirmed : &s->twin.counts->failed, 1, __ATOMIC_RELAXED);

	if (s->counter && good)
		fprintf(stderr, "\r%" PRIu64, n);
}

/* The peer's turn: when it asked for it, when it is due, or until the turn is back. */
static void give_turn(const struct source *s, struct exchange *x, long sent)
{
	if (s->twin.osi.twa && (x->asked || (s->give > 0 && sent % s->give == 0)))
		exchange_give_turn(x, clock_monotonic_ms() + 1000LL * s->twin.osi.timeouts.idle);
}

/* The first turn may be the peer's. */
static void await_turn(const struct source *s, struct exchange *x)
{
	int64_t deadline = clock_monotonic_ms() + 1000LL * s->twin.osi.timeouts.idle;

	while (!x->over && !osi_idle(x->link.osi) && exchange_step(x, deadline)) {
	}
	while (!x->over && !exchange_has_turn(x) && exchange_step(x, deadline)) {
	}
}

/* One attempt; opens the association when there is none. */
static int attempt(const struct source *s, struct exchange *x, const struct blob *apdu, struct err *e)
{
	err_clear(e);
	if (x->over)
		exchange_close(x);
	if (!x->open)
		TRY(exchange_open(x, s->host, s->port, e));
	await_turn(s, x);
	return exchange_send(x, apdu, e);
}

static int send_one(const struct source *s, struct exchange *x, long n, struct buf *room, struct err *e)
{
	struct arena *a = arena_new(0);
	struct blob apdu;
	int status = twin_make_apdu(a, &s->twin, &s->make, s->twin.osi.mode, n, room, &apdu, e);

	if (status == 0)
		status = attempt(s, x, &apdu, e);
	/* As an MTA does with its queue: the same message, a little later. */
	while (status != 0 && s->keep_going) {
		count(s, false);
		poll(NULL, 0, RETRY_MS);
		status = attempt(s, x, &apdu, e);
	}
	arena_free(a);
	return status;
}

static void keep_pace(const struct source *s, int64_t start, long n)
{
	int64_t due = s->rate == 0 ? 0 : start + (int64_t)n * s->sessions * 1000 / s->rate, now = clock_monotonic_ms();

	if (due > now)
		poll(NULL, 0, (int)(due - now));
}

/* After the last message: what the peer still has for us. */
static void linger(const struct source *s, struct exchange *x)
{
	int64_t deadline = clock_monotonic_ms() + 1000LL * s->linger;

	while (x->open && !x->over && clock_monotonic_ms() < deadline) {
		give_turn(s, x, 1);
		exchange_step(x, deadline);
	}
}

static int run_session(const struct source *s, long session)
{
	long share = s->messages / s->sessions + (session < s->messages % s->sessions);
	struct buf *room = twin_make_room(s->twin.arena);
	struct exchange x;
	struct err e = {0};
	int status = EX_OK;

	exchange_init(&x, &s->twin, &s->store);
	for (long n = 0; n < share && status == EX_OK; n++) {
		keep_pace(s, s->twin.start, n);
		if (send_one(s, &x, n, room, &e) == 0) {
			count(s, true);
			give_turn(s, &x, n + 1);
		} else {
			count(s, false);
			status = complain(s, &e);
		}
		if (s->at_once > 0 && (n + 1) % s->at_once == 0)
			exchange_close(&x);
	}
	linger(s, &x);
	exchange_close(&x);
	return status;
}

static int run(struct source *s)
{
	const struct twin_counts *c = s->twin.counts;
	int worst = EX_OK, status;

	for (long i = 0; i < s->sessions; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(run_session(s, i));
		if (pid < 0)
			worst = EX_OSERR;
	}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			worst = MAX_OF(worst, WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE);
	if (s->counter)
		fputc('\n', stderr);
	twin_statistics(&s->twin, arena_printf(s->twin.arena, "%" PRIu64 " confirmed, %" PRIu64 " attempts failed", c->confirmed, c->failed));
	return c->confirmed > 0 && worst != EX_OK ? 1 : worst;
}

/* ---- options ---- */

#define TAKE(name) static int name(struct twin *t, const char *value, struct err *e)
static struct source *source_of(struct twin *t) { return (struct source *)t; } /* its first member */
static struct twin_make *make_of(struct twin *t) { return &source_of(t)->make; }

TAKE(take_messages) { return twin_number(value, 1, 1000000000, &source_of(t)->messages, e); }
TAKE(take_sessions) { return twin_number(value, 1, SESSIONS_MAX, &source_of(t)->sessions, e); }
TAKE(take_rate) { return twin_number(value, 1, 1000000, &source_of(t)->rate, e); }
TAKE(take_at_once) { return twin_number(value, 1, 1000000000, &source_of(t)->at_once, e); }
TAKE(take_give) { return twin_number(value, 1, 1000000000, &source_of(t)->give, e); }
TAKE(take_linger) { return twin_number(value, 0, 86400, &source_of(t)->linger, e); }
TAKE(take_counter) { return (void)value, (void)e, source_of(t)->counter = true, 0; }
TAKE(take_keep_going) { return (void)value, (void)e, source_of(t)->keep_going = true, 0; }
TAKE(take_store) { return (void)e, source_of(t)->store.dir = value, 0; }
TAKE(take_first_turn) { return (void)value, (void)e, t->osi.twa = t->osi.turn_to_responder = true, 0; }
TAKE(take_length) { return twin_make_length(make_of(t), value, e); }
TAKE(take_recipients) { return twin_number(value, 1, 32767, &make_of(t)->recipients, e); }
TAKE(take_report_request) { return twin_number(value, 0, 2, &make_of(t)->report_request, e); }
TAKE(take_priority) { return twin_make_priority(make_of(t), value, e); }
TAKE(take_from) { return (void)e, make_of(t)->from = value, 0; }
TAKE(take_to) { return (void)e, make_of(t)->to = value, 0; }
TAKE(take_subject) { return (void)e, make_of(t)->subject = value, 0; }
TAKE(take_apdu) { return twin_make_files(t, make_of(t), value, e); }
TAKE(take_probe) { return (void)value, (void)e, make_of(t)->kind = MX_PROBE, 0; }
TAKE(take_about) { return (void)e, make_of(t)->about = value, 0; }

TAKE(take_report)
{
	make_of(t)->kind = MX_REPORT;
	return twin_report_parse(value, &make_of(t)->report, e);
}

static const struct twin_option options[] = {
	{NULL, 'm', "N", "messages in all (1)", take_messages},
	{NULL, 's', "N", "sessions: associations at the same time (1)", take_sessions},
	{"per-association", 0, "N", "transfers, then a new association", take_at_once},
	{"rate", 0, "N", "messages a second in all", take_rate},
	{NULL, 'c', NULL, "show a counter", take_counter},
	{NULL, 'k', NULL, "keep at it: what was not confirmed is sent again, octet by octet, until it is", take_keep_going},
	{"give", 0, "N", "with --twa: give the turn after every N messages, and not only when asked", take_give},
	{"linger", 0, "SECONDS", "stay after the last message, for what the peer has for us", take_linger},
	{"first-turn", 0, NULL, "two-way alternate, and the first turn is the peer's", take_first_turn},
	{"store", 0, "DIR", "write each APDU that comes in to DIR/TIME-PID-N.p1", take_store},
	{NULL, 0, NULL, "The messages:", NULL},
	{NULL, 'l', "N[-M]", "octets of text in a message (2000), at random from N to M", take_length},
	{NULL, 'r', "N", "recipients of a message (1); their surnames are numbered", take_recipients},
	{NULL, 'f', "O/R", "originator (/G=source/S=test/O=twin/PRMD=SOURCE/ADMD= /C=XX/)", take_from},
	{NULL, 't', "O/R", "recipient (/S=sink/O=twin/PRMD=SINK/ADMD= /C=XX/)", take_to},
	{NULL, 'S', "TEXT", "subject", take_subject},
	{"priority", 0, "PRIORITY", "normal, non-urgent or urgent", take_priority},
	{"report-request", 'R', "N", "0 none, 1 non-delivery (default), 2 delivery too", take_report_request},
	{"probe", 0, NULL, "probes instead of messages", take_probe},
	{"report", 0, "KIND", "reports: delivery or nondelivery[:REASON[/DIAGNOSTIC]]", take_report},
	{"about", 0, "ID", "the report's subject: local identifier of a message of --domain", take_about},
	{"apdu", 0, "FILE", "octets of one MTS-APDU, or a folder of such files, sent as they are", take_apdu},
	{0},
};

static int check(struct source *s, int argc, char **argv, int first, struct err *e)
{
	if (first >= argc)
		return ERR(e, ERR_CONFIG, "HOST:PORT is wanted; --help shows the options");
	TRY(twin_host_port(s->twin.arena, argv[first], &s->host, &s->port, e));
	if (*s->host == '\0')
		s->host = "localhost";
	while (++first < argc)
		TRY(twin_make_files(&s->twin, &s->make, argv[first], e));
	TRY(twin_make_prepare(&s->twin, &s->make, e));
	return twin_start(&s->twin, e);
}

static int run_program(struct source *s, int argc, char **argv)
{
	static const char usage[] = "[options] HOST:PORT [APDU-FILE ...]";
	static const char notes[] = "Exit status: 0 all confirmed, 1 some were not, 64 wrong use, 69 no association.\n";
	struct err e = {0};
	int first, status;

	status = twin_init(&s->twin, "mixgate-source", true, "SOURCE", "/PRMD=SOURCE/ADMD= /C=XX/", &e);
	if (status == 0)
		status = twin_options(&s->twin, options, usage, notes, argc, argv, &first, &e);
	if (status == 0)
		status = check(s, argc, argv, first, &e);
	return status > 0 ? EX_OK : status < 0 ? complain(s, &e) : run(s);
}

int main(int argc, char **argv)
{
	struct source s = {.messages = 1, .sessions = 1, .make = TWIN_MAKE_DEFAULT};
	int status;

	log_open("mixgate-source", LOG_TO_STDERR, LOG_LEVEL_WARN);
	status = run_program(&s, argc, argv);
	arena_free(s.twin.arena);
	return status;
}
