/*
 * mixgate-source.c - P1 generator (mixgate-source(1)): the X.400 twin of Postfix's smtp-source, for trials, tests and
 * benchmarks.  Opens associations as an initiator and sends messages that it makes, or one APDU from a file.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "p1/p1.h"
#include "relay/dial.h"
#include "relay/twin.h"

#define SESSIONS_MAX 256
#define TEXT_MAX (200L << 20)
#define RETRY_MS 100

/* What all sessions count, in shared memory. */
struct counts {
	uint64_t sent, failed;
};

struct source {
	struct twin twin;
	const char *host;
	int port;
	long messages, sessions, length, recipients, report;
	bool counter, keep_going;
	const char *from, *to, *subject, *file;
	struct blob text;
	struct counts *counts;
};

static int complain(const struct source *s, const struct err *e) { return twin_complain(&s->twin, e); }

/* ---- the message ---- */

/* Lines of 72 characters, like smtp-source's. */
static void fill_text(uint8_t *p, size_t at, size_t n, size_t total)
{
	for (size_t i = at; i < at + n; i++) {
		size_t column = i % 74;

		if (i + 2 >= total)
			p[i - at] = i + 1 == total ? '\n' : '\r';
		else
			p[i - at] = column == 72 ? '\r' : column == 73 ? '\n' : (uint8_t)('A' + (i / 74 + column) % 26);
	}
}

/* The text is made once, in a file: the sessions share it, and no size of it needs memory. */
static int make_text(struct source *s, struct err *e)
{
	uint8_t piece[65536];
	struct stream *out;
	int fd;

	TRY(blob_tempfile(s->twin.arena, NULL, &fd, e));
	out = stream_to_fd(s->twin.arena, fd, 0);
	for (size_t at = 0; at < (size_t)s->length; at += sizeof(piece)) {
		size_t n = MIN_OF(sizeof(piece), (size_t)s->length - at);
		fill_text(piece, at, n, (size_t)s->length);
		stream_put(out, piece, n);
	}
	TRY(stream_finish(out, e));
	s->text = blob_file(fd, 0, (uint64_t)s->length);
	return 0;
}

static int add_recipient(struct arena *a, const struct source *s, long n, struct mx_message *m, struct err *e)
{
	struct mx_recipient *r = mx_add_recipient(a, m);
	struct mx_recipient_specifier *to = ARENA_PUSH(a, &m->ipm.heading.primary_recipients);

	TRY(addr_parse_or(a, s->to, &r->name.address, e));
	if (s->recipients > 1)
		or_set(a, &r->name.address, OR_S,
		       arena_printf(a, "%s%ld", or_has(&r->name.address, OR_S) ? r->name.address.v[OR_S].printable : "r", n));
	r->number = (int)n;
	r->responsibility = true;
	r->originator_report = (int)s->report;
	r->mta_report = s->report == 2 ? 2 : 1;
	to->recipient.has_formal_name = true;
	to->recipient.formal_name = r->name;
	return 0;
}

static int make_message(struct arena *a, const struct source *s, const char *id, struct mx_message **out, struct err *e)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_body_part *part;

	twin_stamp(a, &s->twin, m, id);
	TRY(addr_parse_or(a, s->from, &m->envelope.originator.address, e));
	m->envelope.content_type = MX_CONTENT_P22;
	m->envelope.original_eits = (struct mx_eits){.set = true, .built_in = MX_EIT_IA5_TEXT};
	m->envelope.alternate_recipient_allowed = true;
	m->content = MX_CONTENT_IPM;
	mx_heading_init(&m->ipm.heading);
	m->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .has_user = true, .user = m->envelope.originator, .user_relative = id};
	m->ipm.heading.has_originator = true;
	m->ipm.heading.originator.has_formal_name = true;
	m->ipm.heading.originator.formal_name = m->envelope.originator;
	m->ipm.heading.subject.utf8 = s->subject != NULL ? s->subject : id;
	for (long n = 1; n <= s->recipients; n++)
		TRY(add_recipient(a, s, n, m, e));
	part = mx_add_body_part(a, &m->ipm, MX_BODY_IA5);
	part->repertoire = 5;
	part->data = s->text;
	*out = m;
	return 0;
}

/* A small APDU in memory, a large one in a temporary file. */
static int make_apdu(struct arena *a, const struct source *s, const char *id, struct blob *out, struct err *e)
{
	bool large = s->length > 1L << 20;
	struct mx_message *m;
	struct p1_options o = {0};
	struct stream *stream;
	struct buf *b = NULL;
	int fd = -1;

	TRY(make_message(a, s, id, &m, e));
	if (large) {
		TRY(blob_tempfile(a, NULL, &fd, e));
		stream = stream_to_fd(a, fd, 0);
	} else {
		b = buf_in(a, (2UL << 20) + (size_t)s->recipients * 4096);
		stream = stream_to_buf(a, b);
	}
	TRY(p1_encode(a, m, &o, stream, e));
	TRY(stream_finish(stream, e));
	*out = large ? blob_file(fd, 0, stream->written) : blob_mem(b->p, b->len);
	return 0;
}

static int read_apdu(struct arena *a, const char *path, struct blob *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	arena_close_fd(a, fd);
	if (fstat(fd, &st) != 0 || st.st_size == 0)
		return ERR(e, ERR_SYSTEM, "%s: empty", path);
	*out = blob_file(fd, 0, (uint64_t)st.st_size);
	return 0;
}

/* ---- sending ---- */

static void count(struct source *s, bool good)
{
	uint64_t n = __atomic_add_fetch(good ? &s->counts->sent : &s->counts->failed, 1, __ATOMIC_RELAXED);

	if (s->counter && good)
		fprintf(stderr, "\r%" PRIu64, n);
}

/* One attempt; opens the association when there is none. */
static int attempt(struct source *s, struct link *l, const struct blob *apdu, struct err *e)
{
	err_clear(e);
	if (l->fd < 0)
		twin_tap(s->twin.arena, &s->twin, l);
	if (l->fd < 0)
		TRY(dial_open(s->twin.arena, s->host, s->port, &s->twin.osi, l, e));
	return dial_send(l, apdu, e);
}

static int send_one(struct source *s, struct link *l, long n, struct err *e)
{
	struct arena *a = arena_new(0);
	/* Unique among all runs: the second, our process, the place in it. */
	const char *id = arena_printf(a, "src-%lld-%ld-%ld", (long long)clock_now().seconds, (long)getpid(), n);
	struct blob apdu;
	int status = s->file != NULL ? read_apdu(a, s->file, &apdu, e) : make_apdu(a, s, id, &apdu, e);

	if (status == 0)
		status = attempt(s, l, &apdu, e);
	/* As an MTA does with its queue: the same message, a little later. */
	while (status != 0 && s->keep_going) {
		count(s, false);
		poll(NULL, 0, RETRY_MS);
		status = attempt(s, l, &apdu, e);
	}
	arena_free(a);
	return status;
}

static int run_session(struct source *s, long session)
{
	long share = s->messages / s->sessions + (session < s->messages % s->sessions);
	struct link l = {.fd = -1};
	struct err e = {0};
	int status = EX_OK;

	for (long n = 0; n < share && status == EX_OK; n++) {
		if (send_one(s, &l, n, &e) == 0) {
			count(s, true);
		} else {
			count(s, false);
			status = complain(s, &e);
		}
	}
	dial_release(&l);
	return status;
}

static int run(struct source *s)
{
	int64_t start = clock_monotonic_ms(), ms;
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
	ms = MAX_OF(clock_monotonic_ms() - start, 1);
	if (s->counter)
		fputc('\n', stderr);
	printf("%" PRIu64 " confirmed, %" PRIu64 " attempts failed, %lld.%03lld s, %lld messages/s\n", s->counts->sent, s->counts->failed,
	       (long long)ms / 1000, (long long)ms % 1000, (long long)s->counts->sent * 1000 / (long long)ms);
	return s->counts->sent > 0 && worst != EX_OK ? 1 : worst;
}

/* ---- options ---- */

#define TAKE(name) static int name(struct twin *t, const char *value, struct err *e)
static struct source *source_of(struct twin *t) { return (struct source *)t; } /* its first member */

TAKE(take_messages) { return twin_number(value, 1, 1000000000, &source_of(t)->messages, e); }
TAKE(take_sessions) { return twin_number(value, 1, SESSIONS_MAX, &source_of(t)->sessions, e); }
TAKE(take_length) { return twin_number(value, 0, TEXT_MAX, &source_of(t)->length, e); }
TAKE(take_recipients) { return twin_number(value, 1, 32767, &source_of(t)->recipients, e); }
TAKE(take_report) { return twin_number(value, 0, 2, &source_of(t)->report, e); }
TAKE(take_counter) { return (void)value, (void)e, source_of(t)->counter = true, 0; }
TAKE(take_keep_going) { return (void)value, (void)e, source_of(t)->keep_going = true, 0; }
TAKE(take_from) { return (void)e, source_of(t)->from = value, 0; }
TAKE(take_to) { return (void)e, source_of(t)->to = value, 0; }
TAKE(take_subject) { return (void)e, source_of(t)->subject = value, 0; }

static const struct twin_option options[] = {
	{NULL, 'm', "N", "messages in all (1)", take_messages},
	{NULL, 's', "N", "sessions: associations at the same time (1)", take_sessions},
	{NULL, 'l', "N", "octets of text in a message (2000)", take_length},
	{NULL, 'r', "N", "recipients of a message (1); their surnames are numbered", take_recipients},
	{NULL, 'c', NULL, "show a counter", take_counter},
	{NULL, 'f', "O/R", "originator (/G=source/S=test/O=twin/PRMD=SOURCE/ADMD= /C=XX/)", take_from},
	{NULL, 't', "O/R", "recipient (/S=sink/O=twin/PRMD=SINK/ADMD= /C=XX/)", take_to},
	{NULL, 'S', "TEXT", "subject", take_subject},
	{"report-request", 'R', "N", "0 none, 1 non-delivery (default), 2 delivery too", take_report},
	{NULL, 'k', NULL, "keep at it: what was not confirmed is sent again, octet by octet, until it is", take_keep_going},
	{0},
};

static int run_program(struct source *s, int argc, char **argv)
{
	static const char usage[] = "[options] HOST:PORT [APDU-FILE]";
	static const char notes[] = "An APDU-FILE holds the octets of one MTS-APDU, sent as it is.\n"
	                            "Exit status: 0 all confirmed, 1 some were not, 64 wrong use, 69 no association.\n";
	struct err e = {0};
	int first, status;

	s->from = "/G=source/S=test/O=twin/PRMD=SOURCE/ADMD= /C=XX/";
	s->to = "/S=sink/O=twin/PRMD=SINK/ADMD= /C=XX/";
	if (twin_init(&s->twin, "mixgate-source", true, "SOURCE", "/PRMD=SOURCE/ADMD= /C=XX/", &e) != 0)
		return complain(s, &e);
	status = twin_options(&s->twin, options, usage, notes, argc, argv, &first, &e);
	if (status > 0)
		return EX_OK;
	if (status == 0 && (first >= argc || argc - first > 2))
		status = ERR(&e, ERR_CONFIG, "HOST:PORT is wanted; --help shows the options");
	if (status == 0)
		status = twin_host_port(s->twin.arena, argv[first], &s->host, &s->port, &e);
	if (status != 0)
		return complain(s, &e);
	s->file = argc - first == 2 ? argv[first + 1] : NULL;
	if (*s->host == '\0')
		s->host = "localhost";
	if (make_text(s, &e) != 0)
		return complain(s, &e);
	s->counts = mmap(NULL, sizeof(*s->counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return s->counts == MAP_FAILED ? EX_OSERR : run(s);
}

int main(int argc, char **argv)
{
	struct source s = {.messages = 1, .sessions = 1, .length = 2000, .recipients = 1, .report = 1};
	int status;

	log_open("mixgate-source", LOG_TO_STDERR, LOG_LEVEL_WARN);
	status = run_program(&s, argc, argv);
	arena_free(s.twin.arena);
	return status;
}
