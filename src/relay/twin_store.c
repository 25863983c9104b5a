/*
 * relay/twin_store.c - see twin_store.h.  Called by exchange.c and twin_make.c.
 */
#include "relay/twin_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "msg/dump.h"
#include "p1/p1.h"

/* ---- the file ---- */

void twin_store_drop(struct twin_store *s)
{
	if (s->temporary != NULL)
		unlink(s->temporary);
	arena_free(s->arena);
	s->arena = NULL;
	s->temporary = s->path = NULL;
	s->out = NULL;
}

/* Is the APDU to be read once it is there? */
static bool looks(const struct twin_store *s) { return s->twin->verbose || s->o->report.kind != TWIN_REPORT_NONE; }

void twin_store_begin(struct twin_store *s)
{
	struct err e;

	twin_store_drop(s);
	s->arena = arena_new(0);
	if (s->o->dir == NULL) {
		if (!looks(s))
			s->out = stream_to_nothing(s->arena);
		else if (blob_tempfile(s->arena, NULL, &s->fd, &e) == 0)
			s->out = stream_to_fd(s->arena, s->fd, 0);
		return;
	}
	s->path = arena_printf(s->arena, "%s/%lld-%ld-%ld.p1", s->o->dir, (long long)clock_now().seconds, (long)getpid(), ++s->number);
	s->temporary = arena_printf(s->arena, "%s.part", s->path);
	s->fd = open(s->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (s->fd < 0) {
		perror(s->temporary);
		return;
	}
	arena_close_fd(s->arena, s->fd);
	s->out = stream_to_fd(s->arena, s->fd, 0);
}

void twin_store_put(struct twin_store *s, const void *p, size_t n)
{
	if (s->out != NULL)
		stream_put(s->out, p, n);
}

int twin_store_keep(struct twin_store *s, struct err *e)
{
	if (s->out == NULL)
		return ERR(e, ERR_SYSTEM, "no file");
	TRY(stream_finish(s->out, e));
	if (s->o->sync && s->path != NULL && fsync(s->fd) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "fsync");
	if (s->temporary != NULL && rename(s->temporary, s->path) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", s->path);
	s->temporary = NULL;
	return 0;
}

/* ---- reports ---- */

int twin_report_parse(const char *text, struct twin_report *out, struct err *e)
{
	const char *colon = strchr(text, ':'), *slash = colon != NULL ? strchr(colon, '/') : NULL;
	size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);
	char reason[16] = "";
	long number;

	*out = (struct twin_report){.kind = TWIN_REPORT_NONDELIVERY, .reason = 1};
	if (colon == NULL && str_ieq(text, "delivery")) {
		out->kind = TWIN_REPORT_DELIVERY;
		return 0;
	}
	if (n != strlen("nondelivery") || !str_ieqn(text, "nondelivery", n))
		return ERR(e, ERR_CONFIG, "%s: delivery or nondelivery[:REASON[/DIAGNOSTIC]]", text);
	if (colon == NULL)
		return 0;
	strncat(reason, colon + 1, slash != NULL ? MIN_OF((size_t)(slash - colon - 1), sizeof(reason) - 1) : sizeof(reason) - 1);
	TRY(twin_number(reason, 0, 32767, &number, e));
	out->reason = (int)number;
	out->diagnostic = MX_ABSENT;
	if (slash != NULL) {
		TRY(twin_number(slash + 1, 0, 32767, &number, e));
		out->diagnostic = (int)number;
	}
	return 0;
}

static bool wanted(const struct twin_report *o, const struct mx_recipient *r)
{
	if (!r->responsibility)
		return false;
	if (o->kind == TWIN_REPORT_DELIVERY)
		return r->originator_report == 2 || r->mta_report >= 2;
	return r->originator_report >= 1 || r->mta_report >= 1;
}

void twin_report_add(struct arena *a, const struct twin_report *o, const struct mx_recipient *about, struct mx_message *report)
{
	struct mx_report_recipient *rr = mx_add_report_recipient(a, report);

	rr->actual_recipient = about->name;
	rr->number = about->number;
	rr->responsibility = true;
	rr->originator_report = about->originator_report;
	rr->mta_report = about->mta_report;
	rr->delivered = o->kind == TWIN_REPORT_DELIVERY;
	rr->delivery_time = clock_now();
	rr->delivery_time.z = true;
	rr->reason = o->reason;
	rr->diagnostic = o->diagnostic;
	rr->last_trace = report->envelope.trace.items[0];
}

struct mx_message *twin_report_about(struct arena *a, const struct twin *t, const char *id, const struct mx_message *m)
{
	struct mx_message *report = mx_message_new(a, MX_REPORT);

	twin_stamp(a, t, report, id);
	report->envelope.originator = m->envelope.originator;
	report->report.subject_identifier = m->envelope.id;
	report->report.content_type = m->envelope.content_type;
	report->report.content_type_oid = m->envelope.content_type_oid;
	report->report.content_identifier = m->envelope.content_identifier;
	report->report.content_correlator = m->envelope.content_correlator;
	report->report.original_eits = m->envelope.original_eits;
	return report;
}

static int make_report(const struct twin_store *s, struct arena *a, enum osi_mode mode, const struct mx_message *m, struct blob *out, struct err *e)
{
	const char *id = arena_printf(a, "rep-%lld-%ld-%ld", (long long)clock_now().seconds, (long)getpid(), s->number);
	struct mx_message *report = twin_report_about(a, s->twin, id, m);
	struct p1_options o = twin_p1(s->twin, mode);
	struct buf *b = buf_in(a, 64 << 20);
	struct stream *to = stream_to_buf(a, b);

	for (size_t i = 0; i < m->recipients.count; i++)
		if (wanted(&s->o->report, &m->recipients.items[i]))
			twin_report_add(a, &s->o->report, &m->recipients.items[i], report);
	if (report->report.recipients.count == 0)
		return 0;
	TRY(p1_encode(a, report, &o, to, e));
	TRY(stream_finish(to, e));
	*out = blob_mem(b->p, b->len);
	return 0;
}

int twin_store_look(struct twin_store *s, struct arena *a, enum osi_mode mode, struct blob *report, struct err *e)
{
	struct mx_message *m;
	struct blob apdu;
	struct stream *out;

	*report = (struct blob){.fd = -1};
	if (!looks(s) || s->out == NULL)
		return 0;
	apdu = blob_file(s->fd, 0, s->out->written);
	s->number += s->path == NULL;
	TRY(p1_decode(s->arena, &apdu, &P1_LIMITS_DEFAULT, &m, NULL, e));
	if (s->twin->verbose) {
		out = stream_to_fd(s->arena, STDOUT_FILENO, 0);
		mx_dump(s->arena, m, out);
		stream_puts(out, "\n");
		TRY(stream_finish(out, e));
	}
	/* a probe is answered like the message it stands for; reports are not reported */
	if (s->o->report.kind == TWIN_REPORT_NONE || m->kind == MX_REPORT)
		return 0;
	return make_report(s, a, mode, m, report, e);
}
