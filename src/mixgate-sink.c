/*
 * mixgate-sink.c - P1 listener (mixgate-sink(1)): the X.400 twin of Postfix's smtp-sink, for trials, tests and benchmarks.
 *
 * Accepts associations, writes each APDU to a file before it confirms it, and can return delivery or non-delivery reports
 * and messages of its own, over an association of its own or on the turn.  One process an association, so that a slow one
 * slows nobody.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/dial.h"
#include "relay/exchange.h"
#include "relay/sockets.h"
#include "relay/twin_make.h"

struct sink {
	struct twin twin;
	const char *host;
	int port;
	bool counter;
	long stop_after;
	struct twin_store_options store;
	const char *report_host; /* NULL: reports go on the turn */
	int report_port;
	long send;     /* messages of its own in an association */
	long per_turn; /* messages and reports on a turn, 0: all there are */
	long turn_priority;
	struct twin_make make;
};

/* One association. */
struct session {
	struct sink *s;
	struct exchange x;
	struct link report; /* for our reports, opened when the first one is due */
	struct {
		struct blob *items;
		size_t count, capacity;
	} reports; /* that wait for the turn */
	size_t reports_sent;
	struct buf *room; /* for messages of our own */
	long sent;
};

static volatile sig_atomic_t stop;

static int complain(const struct sink *s, const struct err *e) { return twin_complain(&s->twin, e); }

/* ---- what comes in ---- */

static int send_report(struct session *n, const struct blob *apdu, struct err *e)
{
	struct osi_options osi = n->s->twin.osi;

	osi.initiator = true;
	osi.twa = false;
	osi.checkpoint = 0;
	osi.window = 3;
	if (n->report.fd < 0)
		TRY(dial_open(n->x.arena, n->s->report_host, n->s->report_port, &osi, &n->report, e));
	return dial_send(&n->report, apdu, e);
}

static void received(struct exchange *x, const struct blob *report)
{
	struct session *n = x->owner;
	uint64_t so_far = __atomic_load_n(&n->s->twin.counts->received, __ATOMIC_RELAXED);
	struct err e = {0};

	if (report->len > 0 && n->s->report_host == NULL)
		*ARENA_PUSH(x->arena, &n->reports) = *report;
	else if (report->len > 0 && send_report(n, report, &e) != 0)
		complain(n->s, &e);
	if (n->s->counter)
		fprintf(stderr, "\r%" PRIu64, so_far);
	if (n->s->stop_after > 0 && so_far >= (uint64_t)n->s->stop_after)
		kill(getppid(), SIGTERM);
}

/* ---- what goes out ---- */

static bool has_more(const struct session *n) { return n->reports_sent < n->reports.count || n->sent < n->s->send; }

static int send_next(struct session *n, struct err *e)
{
	struct arena *a = arena_new(0);
	struct blob apdu;
	int status = 0;

	if (n->reports_sent < n->reports.count)
		apdu = n->reports.items[n->reports_sent++];
	else
		status = twin_make_apdu(a, &n->s->twin, &n->s->make, osi_mode_of(n->x.link.osi), n->sent++, n->room, &apdu, e);
	if (status == 0)
		status = exchange_send(&n->x, &apdu, e);
	__atomic_add_fetch(status == 0 ? &n->s->twin.counts->confirmed : &n->s->twin.counts->failed, 1, __ATOMIC_RELAXED);
	arena_free(a);
	return status;
}

/* The turn is ours: what we have goes out, then the turn back. */
static void use_turn(struct session *n)
{
	struct err e = {0};

	for (long i = 0; has_more(n) && !n->x.over && (n->s->per_turn == 0 || i < n->s->per_turn); i++)
		if (send_next(n, &e) != 0)
			complain(n->s, &e);
	if (exchange_has_turn(&n->x))
		osi_turn_give(n->x.link.osi, clock_monotonic_ms());
}

static void turns(struct session *n)
{
	struct exchange *x = &n->x;

	if (!x->open || x->over || !osi_idle(x->link.osi))
		return;
	if (exchange_has_turn(x)) {
		use_turn(n);
	} else if (has_more(n) && !x->wanted && osi_twa(x->link.osi)) {
		x->wanted = true;
		osi_turn_please(x->link.osi, (int)n->s->turn_priority, clock_monotonic_ms());
	}
}

static int serve(struct sink *s, int fd)
{
	struct session n = {.s = s, .report = {.fd = -1}, .room = twin_make_room(s->twin.arena)};

	exchange_init(&n.x, &s->twin, &s->store);
	n.x.received = received;
	n.x.owner = &n;
	exchange_accept(&n.x, fd);
	while (!n.x.over) {
		exchange_step(&n.x, INT64_MAX);
		turns(&n);
	}
	if (n.x.why.id != ERR_NONE)
		complain(s, &n.x.why);
	dial_release(&n.report);
	exchange_close(&n.x);
	return 0;
}

/* ---- listening ---- */

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

static void accept_one(struct sink *s, int listener)
{
	char source[64];
	int fd = sockets_accept(listener, source, sizeof(source));

	if (fd < 0)
		return;
	if (fork() == 0) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		_exit(serve(s, fd));
	}
	close(fd);
}

static int listen_loop(struct sink *s)
{
	struct sockets_list list = {0};
	struct pollfd p[8];
	struct err e = {0};
	nfds_t n = 0;

	if (sockets_listen_tcp(s->twin.arena, s->host, s->port, &list, &e) != 0)
		return complain(s, &e);
	for (size_t i = 0; i < list.count && n < ARRAY_LEN(p); i++)
		p[n++] = (struct pollfd){.fd = list.items[i], .events = POLLIN};
	while (!stop) {
		reap();
		if (poll(p, n, 1000) <= 0)
			continue;
		for (nfds_t i = 0; i < n; i++)
			if (p[i].revents != 0)
				accept_one(s, p[i].fd);
	}
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM); /* our process group: the associations */
	while (wait(NULL) > 0) {
	}
	if (s->counter)
		fputc('\n', stderr);
	twin_statistics(&s->twin, arena_printf(s->twin.arena, "%" PRIu64 " APDUs", s->twin.counts->received));
	return EX_OK;
}

/* ---- options ---- */

#define TAKE(name) static int name(struct twin *t, const char *value, struct err *e)
static struct sink *sink_of(struct twin *t) { return (struct sink *)t; } /* its first member */

TAKE(take_store) { return (void)e, sink_of(t)->store.dir = value, 0; }
TAKE(take_counter) { return (void)value, (void)e, sink_of(t)->counter = true, 0; }
TAKE(take_sync) { return (void)value, (void)e, sink_of(t)->store.sync = true, 0; }
TAKE(take_stop_after) { return twin_number(value, 1, 1000000000, &sink_of(t)->stop_after, e); }
TAKE(take_wait) { return faults_add(t->arena, &t->faults, "delay", arena_printf(t->arena, "aea=%s", value), e); }
TAKE(take_report) { return twin_report_parse(value, &sink_of(t)->store.report, e); }
TAKE(take_send) { return t->osi.twa = true, twin_number(value, 1, 1000000000, &sink_of(t)->send, e); }
TAKE(take_per_turn) { return twin_number(value, 1, 1000000000, &sink_of(t)->per_turn, e); }
TAKE(take_length) { return twin_make_length(&sink_of(t)->make, value, e); }
TAKE(take_turn_priority) { return twin_number(value, 0, 255, &sink_of(t)->turn_priority, e); }

TAKE(take_report_to)
{
	if (str_ieq(value, "turn")) {
		t->osi.twa = true;
		sink_of(t)->report_host = NULL;
		return 0;
	}
	return twin_host_port(t->arena, value, &sink_of(t)->report_host, &sink_of(t)->report_port, e);
}

TAKE(take_send_from)
{
	struct sink *s = sink_of(t);

	TRY(twin_make_files(t, &s->make, value, e));
	t->osi.twa = true;
	s->send = (long)s->make.files.count;
	return 0;
}

static const struct twin_option options[] = {
	{"store", 'd', "DIR", "write each APDU to DIR/TIME-PID-N.p1", take_store},
	{"sync", 0, NULL, "fsync each file before the confirm", take_sync},
	{NULL, 'c', NULL, "show a counter", take_counter},
	{NULL, 'm', "N", "end after N messages", take_stop_after},
	{NULL, 'w', "SECONDS", "wait before each confirm", take_wait},
	{"report", 0, "KIND", "delivery or nondelivery[:REASON[/DIAGNOSTIC]]: return the reports that a\nmessage or probe asks for", take_report},
	{"report-to", 0, "HOST:PORT", "where they go, over an association of their own; turn: on the turn", take_report_to},
	{"send", 0, "N", "messages of our own in each association, on the turn", take_send},
	{"send-from", 0, "FILE", "octets of one MTS-APDU, or a folder of such files, sent on the turn", take_send_from},
	{"per-turn", 0, "N", "messages and reports on a turn at most", take_per_turn},
	{NULL, 'l', "N[-M]", "octets of text in a message of our own (2000)", take_length},
	{"turn-priority", 0, "N", "priority of turn please (1); 0 is the highest", take_turn_priority},
	{0},
};

static int check(struct sink *s, int argc, char **argv, int first, struct err *e)
{
	if (argc - first != 1)
		return ERR(e, ERR_CONFIG, "one port is wanted; --help shows the options");
	if (s->store.report.kind != TWIN_REPORT_NONE && s->report_host == NULL && !s->twin.osi.twa)
		return ERR(e, ERR_CONFIG, "--report needs --report-to");
	if (s->twin.osi.modes == 0)
		s->twin.osi.modes = OSI_MODE_BIT(OSI_MODES) - 1;
	TRY(twin_host_port(s->twin.arena, argv[first], &s->host, &s->port, e));
	TRY(twin_make_prepare(&s->twin, &s->make, e));
	return twin_start(&s->twin, e);
}

static int run_program(struct sink *s, int argc, char **argv)
{
	static const char usage[] = "[options] [HOST:]PORT", notes[] = "Exit status: 0 ended by -m or SIGTERM, 64 wrong use, 69 cannot listen.\n";
	struct sigaction act = {.sa_handler = on_signal};
	struct err e = {0};
	int first, status;

	status = twin_init(&s->twin, "mixgate-sink", false, "SINK", "/PRMD=SINK/ADMD= /C=XX/", &e);
	if (status == 0)
		status = twin_options(&s->twin, options, usage, notes, argc, argv, &first, &e);
	if (status == 0)
		status = check(s, argc, argv, first, &e);
	if (status != 0)
		return status > 0 ? EX_OK : complain(s, &e);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	setpgid(0, 0);
	return listen_loop(s);
}

int main(int argc, char **argv)
{
	struct sink s = {.turn_priority = 1, .make = TWIN_MAKE_DEFAULT};
	int status;

	s.make.from = "/S=sink/O=twin/PRMD=SINK/ADMD= /C=XX/";
	s.make.to = "/G=source/S=test/O=twin/PRMD=SOURCE/ADMD= /C=XX/";
	log_open("mixgate-sink", LOG_TO_STDERR, LOG_LEVEL_WARN);
	status = run_program(&s, argc, argv);
	arena_free(s.twin.arena);
	return status;
}
