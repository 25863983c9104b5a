/*
 * errors.t - each row of err.def in the languages of both sides: the LMTP reply, the P1 report that comes of it (over the DSN
 * that mixgate owes, read back as it comes through LMTP), the line of the log, and where the mail is then.  What is
 * expected stands in t/vectors/errors.tsv; t/lint/errors.t looks for the test that meets the failure itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/parts.h"
#include "smtp/server.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

#define DETAIL "seen here"

struct expected {
	char *id, *smtp, *status, *p1, *where;
};

/* "451 4.4.1 text: seen here" */
static const char *reply_of(struct arena *a, const struct err *e)
{
	static const char dialogue[] = "LHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n";
	struct smtp_server_options o = {.hostname = "gw.example", .size_max = 1000, .rcpt_max = 10, .dsn = true};
	struct smtp_server *s = smtp_server_new(a, &o);
	const uint8_t *p = (const uint8_t *)dialogue;
	size_t n = sizeof(dialogue) - 1, used;
	enum smtp_event event;
	struct err why;
	char *all, *last;

	smtp_server_transaction(s, a);
	while (n > 0) {
		if (smtp_server_input(s, p, n, &used, &event, &why) != 0)
			return NULL;
		p += used;
		n -= used;
		if (event == SMTP_EV_MAIL)
			smtp_server_reply(s, 250, "2.1.0", "Ok");
		else if (event == SMTP_EV_RCPT)
			smtp_server_reply_err(s, e);
	}
	all = arena_strndup(a, (const char *)smtp_server_out(s)->p, smtp_server_out(s)->len);
	last = strstr(all, "2.1.0 Ok\r\n");
	if (last == NULL)
		return NULL;
	last += strlen("2.1.0 Ok\r\n");
	last[strcspn(last, "\r")] = '\0';
	return last;
}

static struct mx_message *message_of_bob(struct arena *a)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_recipient *r;

	m->envelope.id.domain.country.printable = "GB";
	m->envelope.id.domain.admd.printable = "ACME";
	m->envelope.id.domain.prmd.printable = "WIDGET";
	m->envelope.id.local = "240305-0042";
	m->envelope.content_type = 22;
	mixer_setup_or(a, "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/", &m->envelope.originator.address);
	r = mx_add_recipient(a, m);
	mixer_setup_or(a, "/RFC-822=alice(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/", &r->name.address);
	r->number = 1;
	return m;
}

/* "reason/diagnostic", "-" for an absent diagnostic, of the P1 report that the owed DSN comes back as. */
static const char *report_of(struct arena *a, const struct err *why)
{
	struct mixer_outcome outcome = {.recipient = 0, .action = "failed", .err = *why};
	struct smtp_envelope env = {.mail_from = "", .size = -1};
	const struct mx_report_recipient *r;
	struct mixer_setup s;
	struct mixer_mail dsn;
	struct mx_message *m;
	struct err e = {0};
	char *text;
	size_t n;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-1", "mg1-2");
	if (mixer_own_dsn(a, &s.context, message_of_bob(a), &outcome, 1, &dsn, &e) != 0)
		return "no DSN";
	text = mixer_setup_write(a, dsn.entity, &n);
	ARENA_PUSH(a, &env.rcpt)->address = "Bob.Jones@sales.widget.example";
	if (mixer_to_x400(a, &s.context, mixer_setup_parse(a, text, n), &env, NULL, &m, &e) != 0 || m->kind != MX_REPORT || m->report.recipients.count != 1)
		return "no report";
	r = &m->report.recipients.items[0];
	if (r->delivered)
		return "delivered";
	return r->diagnostic == MX_ABSENT ? arena_printf(a, "%d/-", r->reason) : arena_printf(a, "%d/%d", r->reason, r->diagnostic);
}

/* log writes to stderr: into a pipe for one line. */
static char *log_of(struct arena *a, const struct err *e)
{
	int pair[2], saved = dup(2);
	char line[2048];
	ssize_t n;

	if (saved < 0 || pipe(pair) != 0)
		exit(1);
	dup2(pair[1], 2);
	log_open("errors.t", LOG_TO_STDERR, LOG_LEVEL_INFO);
	log_err(LOG_LEVEL_WARN, "not-delivered", e, "rcpt", "b@y.example", NULL);
	dup2(saved, 2);
	close(pair[1]);
	n = read(pair[0], line, sizeof(line));
	close(pair[0]);
	close(saved);
	return arena_strndup(a, line, n > 0 ? (size_t)n : 0);
}

/* A 4xx leaves the mail with whoever has it, who comes again; 5xx gives it back to its sender. */
static const char *whereabouts(const struct err *e)
{
	switch (err_class_of(e)) {
	case ERR_PERMANENT:
		return "returned";
	case ERR_PROTOCOL:
		return "connection ends";
	default:
		return "kept";
	}
}

static enum err_id find(const char *name)
{
	for (int id = 1; id < ERR_COUNT; id++)
		if (str_eq(err_row((enum err_id)id)->name, name))
			return (enum err_id)id;
	return ERR_NONE;
}

static void judge(const struct expected *x, enum err_id id)
{
	struct arena *a = arena_new(0);
	const char *text = err_row(id)->text;
	struct err e = {0};
	char *log;

	(void)ERR(&e, id, "%s", DETAIL);
	is(reply_of(a, &e), arena_printf(a, "%s %s %s: " DETAIL, x->smtp, x->status, text), "%s: SMTP", x->id);
	is(report_of(a, &e), x->p1, "%s: P1", x->id);
	log = log_of(a, &e);
	ok(strstr(log, arena_printf(a, "not-delivered error=%s text=\"%s: " DETAIL "\" rcpt=b@y.example", x->id, text)) != NULL, "%s: log", x->id);
	is(whereabouts(&e), x->where, "%s: the mail", x->id);
	ok((x->smtp[0] == '5') == (x->status[0] == '5') || err_class_of(&e) == ERR_PROTOCOL, "%s: reply and enhanced code agree", x->id);
	arena_free(a);
}

int main(void)
{
	size_t n, seen = 0;
	char *text = tap_read_file("t/vectors/errors.tsv", &n), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		struct expected x;
		char *at = line;
		enum err_id id;

		if (*line == '#')
			continue;
		x.id = strsep(&at, "\t");
		x.smtp = strsep(&at, "\t");
		x.status = strsep(&at, "\t");
		x.p1 = strsep(&at, "\t");
		x.where = strsep(&at, "\t");
		id = find(x.id);
		if (!ok(id != ERR_NONE && x.where != NULL, "%s is a row", x.id))
			continue;
		seen++;
		judge(&x, id);
	}
	is_int((long long)seen, ERR_COUNT - 1, "each row of err.def stands in errors.tsv");
	free(text);
	return tap_done();
}
