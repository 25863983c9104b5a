/*
 * mixgate-sink.c - P1 listener (mixgate-sink(1)): the X.400 twin of Postfix's smtp-sink, for trials, tests and benchmarks.
 *
 * Accepts associations, writes each APDU to a file before it confirms it, and can return delivery or non-delivery reports
 * over an association of its own.  One process an association, so that a slow one slows nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "relay/dial.h"
#include "relay/sockets.h"
#include "relay/twin.h"

enum report_kind { REPORT_NONE, REPORT_DELIVERY, REPORT_NONDELIVERY };

struct sink {
	struct twin twin;
	const char *host;
	int port;
	const char *dir; /* NULL: octets are counted and forgotten */
	bool counter, verbose, sync;
	long wait, stop_after;
	enum report_kind report;
	int reason, diagnostic;
	const char *report_host;
	int report_port;
	uint64_t *count; /* shared */
};

/* One association. */
struct session {
	struct sink *s;
	struct link link;
	struct arena *arena; /* of the APDU that comes in */
	struct stream *out;
	int fd;
	char *path, *temporary;
	long number;
	struct link report; /* for our reports, opened when the first one is due */
};

static volatile sig_atomic_t stop;

static int complain(const struct sink *s, const struct err *e) { return twin_complain(&s->twin, e); }

/* ---- receiving ---- */

static void drop(struct session *n)
{
	if (n->temporary != NULL)
		unlink(n->temporary);
	arena_free(n->arena);
	n->arena = NULL;
	n->temporary = n->path = NULL;
	n->out = NULL;
}

static void begin(struct session *n)
{
	struct err e;

	drop(n);
	n->arena = arena_new(0);
	if (n->s->dir == NULL) {
		if (blob_tempfile(n->arena, NULL, &n->fd, &e) == 0)
			n->out = stream_to_fd(n->arena, n->fd, 0);
		return;
	}
	n->path = arena_printf(n->arena, "%s/%lld-%ld-%ld.p1", n->s->dir, (long long)clock_now().seconds, (long)getpid(), ++n->number);
	n->temporary = arena_printf(n->arena, "%s.part", n->path);
	n->fd = open(n->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (n->fd < 0) {
		perror(n->temporary);
		return;
	}
	arena_close_fd(n->arena, n->fd);
	n->out = stream_to_fd(n->arena, n->fd, 0);
}

/* The file has its name before the confirm goes out. */
static int keep(struct session *n, struct err *e)
{
	if (n->out == NULL)
		return ERR(e, ERR_SYSTEM, "no file");
	TRY(stream_finish(n->out, e));
	if (n->s->sync && fsync(n->fd) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "fsync");
	if (n->temporary != NULL && rename(n->temporary, n->path) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", n->path);
	n->temporary = NULL;
	return 0;
}

/* ---- reports ---- */

static bool wanted(const struct sink *s, const struct mx_recipient *r)
{
	if (!r->responsibility)
		return false;
	if (s->report == REPORT_DELIVERY)
		return r->originator_report == 2 || r->mta_report >= 2;
	return r->originator_report >= 1 || r->mta_report >= 1;
}

static void add_report_recipient(struct arena *a, const struct sink *s, const struct mx_recipient *r, struct mx_message *report)
{
	struct mx_report_recipient *rr = mx_add_report_recipient(a, report);

	rr->actual_recipient = r->name;
	rr->number = r->number;
	rr->responsibility = true;
	rr->originator_report = r->originator_report;
	rr->mta_report = r->mta_report;
	rr->delivered = s->report == REPORT_DELIVERY;
	rr->delivery_time = clock_now();
	rr->delivery_time.z = true;
	rr->reason = s->reason;
	rr->diagnostic = s->diagnostic;
	rr->last_trace = report->envelope.trace.items[0];
}

/* NULL: nobody asked. */
static struct mx_message *make_report(struct arena *a, const struct session *n, const struct mx_message *m)
{
	struct mx_message *report = mx_message_new(a, MX_REPORT);

	twin_stamp(a, &n->s->twin, report,
	           arena_printf(a, "rep-%lld-%ld-%ld", (long long)clock_now().seconds, (long)getpid(), n->number));
	report->envelope.originator = m->envelope.originator;
	report->report.subject_identifier = m->envelope.id;
	report->report.content_type = m->envelope.content_type;
	report->report.content_type_oid = m->envelope.content_type_oid;
	report->report.content_identifier = m->envelope.content_identifier;
	report->report.content_correlator = m->envelope.content_correlator;
	report->report.original_eits = m->envelope.original_eits;
	for (size_t i = 0; i < m->recipients.count; i++)
		if (wanted(n->s, &m->recipients.items[i]))
			add_report_recipient(a, n->s, &m->recipients.items[i], report);
	return report->report.recipients.count > 0 ? report : NULL;
}

static int send_report(struct session *n, const struct mx_message *m, struct err *e)
{
	struct mx_message *report = make_report(n->arena, n, m);
	struct p1_options o = {0};
	struct buf *b = buf_in(n->arena, 64 << 20);
	struct stream *out = stream_to_buf(n->arena, b);
	struct osi_options osi = n->s->twin.osi;
	struct blob apdu;

	if (report == NULL)
		return 0;
	TRY(p1_encode(n->arena, report, &o, out, e));
	TRY(stream_finish(out, e));
	apdu = blob_mem(b->p, b->len);
	osi.initiator = true;
	if (n->report.fd < 0)
		TRY(dial_open(n->s->twin.arena, n->s->report_host, n->s->report_port, &osi, &n->report, e));
	return dial_send(&n->report, &apdu, e);
}

/* After the confirm: what was asked to be shown or reported. */
static void look_at(struct session *n)
{
	struct blob apdu = blob_file(n->fd, 0, n->out->written);
	struct mx_message *m;
	struct err e = {0};
	struct stream *out;

	if (!n->s->verbose && n->s->report == REPORT_NONE)
		return;
	if (p1_decode(n->arena, &apdu, &P1_LIMITS_DEFAULT, &m, NULL, &e) != 0) {
		complain(n->s, &e);
		return;
	}
	if (n->s->verbose) {
		out = stream_to_fd(n->arena, STDOUT_FILENO, 0);
		mx_dump(n->arena, m, out);
		stream_puts(out, "\n");
		if (stream_finish(out, &e) != 0)
			complain(n->s, &e);
	}
	if (n->s->report != REPORT_NONE && m->kind == MX_MESSAGE && send_report(n, m, &e) != 0)
		complain(n->s, &e);
}

/* ---- the association ---- */

static void count(struct sink *s)
{
	uint64_t n = __atomic_add_fetch(s->count, 1, __ATOMIC_RELAXED);

	if (s->counter)
		fprintf(stderr, "\r%" PRIu64, n);
	if (s->stop_after > 0 && n >= (uint64_t)s->stop_after)
		kill(getppid(), SIGTERM);
}

static void end_of_transfer(struct session *n)
{
	const struct fault *refusal;
	struct err e = {0};

	if (n->s->wait > 0)
		sleep((unsigned)n->s->wait);
	refusal = faults_take(&n->s->twin.faults, FAULT_REFUSE_TRANSFER);
	if (refusal != NULL || keep(n, &e) != 0) {
		if (e.id != ERR_NONE)
			complain(n->s, &e);
		osi_transfer_refuse(n->link.osi, refusal == NULL ? OSI_REFUSE_TEMPORARY : (enum osi_refusal)refusal->number, clock_monotonic_ms());
		drop(n);
		return;
	}
	osi_transfer_confirm(n->link.osi, clock_monotonic_ms());
}

static void answer_bind(struct session *n)
{
	const struct fault *refusal = faults_take(&n->s->twin.faults, FAULT_REFUSE_BIND);

	if (refusal != NULL)
		osi_bind_refuse(n->link.osi, (enum osi_bind_error)refusal->number, clock_monotonic_ms());
	else
		osi_bind_accept(n->link.osi, &n->s->twin.osi.local, clock_monotonic_ms());
}

/* False: it is over. */
static bool take_event(struct session *n, const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		answer_bind(n);
		return true;
	case OSI_EV_TRANSFER_START:
		begin(n);
		return true;
	case OSI_EV_TRANSFER_DATA:
		if (n->out != NULL)
			stream_put(n->out, ev->data.p, ev->data.len);
		return true;
	case OSI_EV_TRANSFER_END:
		end_of_transfer(n);
		return true;
	case OSI_EV_TRANSFER_DROPPED:
		drop(n);
		return true;
	case OSI_EV_REFUSED:
	case OSI_EV_ABORTED:
		complain(n->s, &ev->err);
		return false;
	case OSI_EV_RELEASED:
		return false;
	default:
		return true;
	}
}

static int serve(struct sink *s, int fd)
{
	struct session n = {.s = s, .link = {.fd = fd}, .report = {.fd = -1}};
	struct osi_event ev;
	bool on = true;

	n.link.osi = osi_new(s->twin.arena, &s->twin.osi, clock_monotonic_ms());
	twin_tap(s->twin.arena, &s->twin, &n.link);
	while (on) {
		if (link_next(&n.link, &ev, -1, INT64_MAX) != LINK_EVENT)
			continue;
		on = take_event(&n, &ev);
		if (ev.kind == OSI_EV_TRANSFER_END && n.out != NULL) {
			/* The confirm goes out first: the report comes after it, as in a real MTA. */
			link_flush(&n.link, clock_monotonic_ms() + 1000);
			look_at(&n);
			count(s);
			drop(&n);
		}
	}
	drop(&n);
	dial_release(&n.report);
	link_close(&n.link, clock_monotonic_ms() + 1000);
	return 0;
}

static void on_signal(int number)
{
	(void)number;
	stop = 1;
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
		while (waitpid(-1, NULL, WNOHANG) > 0) {
		}
		if (poll(p, n, 1000) <= 0)
			continue;
		for (nfds_t i = 0; i < n; i++) {
			char source[64];
			int fd = p[i].revents != 0 ? sockets_accept(p[i].fd, source, sizeof(source)) : -1;

			if (fd < 0)
				continue;
			if (fork() == 0) {
				signal(SIGTERM, SIG_DFL);
				signal(SIGINT, SIG_DFL);
				_exit(serve(s, fd));
			}
			close(fd);
		}
	}
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM); /* our process group: the associations */
	while (wait(NULL) > 0) {
	}
	if (s->counter)
		fputc('\n', stderr);
	printf("%" PRIu64 " APDUs\n", *s->count);
	return EX_OK;
}

/* ---- options ---- */

#define TAKE(name) static int name(struct twin *t, const char *value, struct err *e)
static struct sink *sink_of(struct twin *t) { return (struct sink *)t; } /* its first member */

TAKE(take_store) { return (void)e, sink_of(t)->dir = value, 0; }
TAKE(take_counter) { return (void)value, (void)e, sink_of(t)->counter = true, 0; }
TAKE(take_verbose) { return (void)value, (void)e, sink_of(t)->verbose = true, 0; }
TAKE(take_sync) { return (void)value, (void)e, sink_of(t)->sync = true, 0; }
TAKE(take_stop_after) { return twin_number(value, 1, 1000000000, &sink_of(t)->stop_after, e); }
TAKE(take_wait) { return twin_number(value, 0, 86400, &sink_of(t)->wait, e); }
TAKE(take_report_to) { return twin_host_port(t->arena, value, &sink_of(t)->report_host, &sink_of(t)->report_port, e); }

/* delivery, nondelivery, nondelivery:1/0 */
TAKE(take_report)
{
	const char *colon = strchr(value, ':'), *slash = colon != NULL ? strchr(colon, '/') : NULL;
	struct sink *s = sink_of(t);
	char reason[16] = "";
	long n;

	s->report = str_istarts(value, "nondelivery") ? REPORT_NONDELIVERY : REPORT_DELIVERY;
	s->reason = 1;
	s->diagnostic = 0;
	if (s->report == REPORT_DELIVERY && !str_ieq(value, "delivery"))
		return ERR(e, ERR_CONFIG, "--report %s: delivery or nondelivery[:REASON[/DIAGNOSTIC]]", value);
	if (colon == NULL)
		return 0;
	strncat(reason, colon + 1, slash != NULL ? MIN_OF((size_t)(slash - colon - 1), sizeof(reason) - 1) : sizeof(reason) - 1);
	TRY(twin_number(reason, 0, 32767, &n, e));
	s->reason = (int)n;
	s->diagnostic = MX_ABSENT;
	if (slash != NULL) {
		TRY(twin_number(slash + 1, 0, 32767, &n, e));
		s->diagnostic = (int)n;
	}
	return 0;
}

static const struct twin_option options[] = {
	{"store", 'd', "DIR", "write each APDU to DIR/TIME-PID-N.p1", take_store},
	{NULL, 'c', NULL, "show a counter", take_counter},
	{NULL, 'v', NULL, "print each message in the standards' words", take_verbose},
	{NULL, 'm', "N", "end after N messages", take_stop_after},
	{NULL, 'w', "SECONDS", "wait before each confirm", take_wait},
	{"sync", 0, NULL, "fsync each file before the confirm", take_sync},
	{"report", 0, "KIND", "delivery or nondelivery[:REASON[/DIAGNOSTIC]]: return the reports that a\nmessage asks for", take_report},
	{"report-to", 0, "HOST:PORT", "where they go, over an association of their own", take_report_to},
	{0},
};

static int run_program(struct sink *s, int argc, char **argv)
{
	static const char usage[] = "[options] [HOST:]PORT", notes[] = "Exit status: 0 ended by -m or SIGTERM, 64 wrong use, 69 cannot listen.\n";
	struct sigaction act = {.sa_handler = on_signal};
	struct err e = {0};
	int first, status;

	if (twin_init(&s->twin, "mixgate-sink", false, "SINK", "/PRMD=SINK/ADMD= /C=XX/", &e) != 0)
		return complain(s, &e);
	status = twin_options(&s->twin, options, usage, notes, argc, argv, &first, &e);
	if (status > 0)
		return EX_OK;
	if (status == 0 && (argc - first != 1 || (s->report != REPORT_NONE && s->report_host == NULL)))
		status = ERR(&e, ERR_CONFIG, argc - first != 1 ? "one port is wanted; --help shows the options" : "--report needs --report-to");
	if (status == 0)
		status = twin_host_port(s->twin.arena, argv[first], &s->host, &s->port, &e);
	if (status != 0)
		return complain(s, &e);
	s->count = mmap(NULL, sizeof(*s->count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->count == MAP_FAILED)
		return EX_OSERR;
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	setpgid(0, 0);
	return listen_loop(s);
}

int main(int argc, char **argv)
{
	struct sink s = {0};
	int status;

	log_open("mixgate-sink", LOG_TO_STDERR, LOG_LEVEL_WARN);
	status = run_program(&s, argc, argv);
	arena_free(s.twin.arena);
	return status;
}
