/*
 * mixer/report_822.c - an X.400 report to a delivery status notification (RFC 2156 5.3.8, RFC 3464), rows.
 *
 * Called by mixer_to_822 with a decoded report and what the journal knows of its subject.  The rows stand in the order of
 * the output: outer header, text for people, fields of the message, fields of a recipient; a row without a hook is one
 * that says why nothing is written.  A report that nobody asked for gives no mail: out->entity stays NULL.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define RETURN_MAX 51200 /* a longer content goes back as header fields */
#define ENVID_PREFIX "SMTP/NOTARY ENVID: "

/* One report on its way. */
struct walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_message *m;
	const struct mx_report *report;
	struct mime_entity *mail;
	struct dsn_text text, machine;
	const char *to;
	struct reported *recipients; /* those that are reported */
	size_t count;
	size_t failures;
	bool returned; /* the original message, or its header, follows */
};
/* One recipient with what the journal and the mapping say of it. */
struct reported {
	const struct mx_report_recipient *r;
	const struct mixer_subject_recipient *stored; /* NULL: not known */
	const char *actual, *intended;                /* mailboxes; intended NULL: none */
	const char *shown;                            /* for people */
};

enum place { OUTER, PEOPLE, PER_MESSAGE, PER_RECIPIENT };
struct row {
	struct rule rule;
	enum place place;
	void (*write)(struct walk *w, const struct reported *r); /* r NULL outside recipients */
};

static const char *mailbox_of(struct walk *w, const struct or_name *n)
{
	enum addr_how how;
	char *out;

	if (addr_to_822(w->a, w->c->tables, &n->address, mixer_header_use(w->c), &out, &how, NULL, NULL) != 0)
		out = arena_printf(w->a, "\"%s\"@%s", or_text(w->a, &n->address), w->c->settings->host_name);
	return out;
}

/* ---- outer header ---- */

static void write_date(struct walk *w, const struct reported *r)
{
	const struct mx_envelope *env = &w->m->envelope;

	(void)r;
	if (mime_get(w->mail, "Date") == NULL)
		mime_add_field(w->a, w->mail, "Date", forms_date(w->a, env->trace.count > 0 ? &env->trace.items[0].arrival_time : &w->c->now));
}

static void write_from(struct walk *w, const struct reported *r)
{
	(void)r;
	mime_add_field_printf(w->a, w->mail, "From", "\"MIXER gateway\" <%s>", w->c->settings->postmaster);
}

static void write_to(struct walk *w, const struct reported *r)
{
	(void)r;
	mime_add_field(w->a, w->mail, "To", w->to);
}

/* The MTA that made the report, when it says so: report-point of 5.3.8.1. */
static char *report_point(struct walk *w)
{
	const struct mx_envelope *env = &w->m->envelope;
	const struct mx_global_domain *domain = env->trace.count > 0 ? &env->trace.items[0].domain : &env->id.domain;
	const char *mta = env->internal_trace.count > 0 ? env->internal_trace.items[0].mta_name : NULL;

	return mta != NULL ? arena_printf(w->a, "mta %s in %s", forms_word(w->a, mta), mx_domain_text(w->a, domain))
	                   : mx_domain_text(w->a, domain);
}

static void write_subject(struct walk *w, const struct reported *r)
{
	const char *status = w->failures == 0 ? "success" : w->failures == w->count ? "failure" : "success and failures";
	const struct mx_envelope *env = &w->m->envelope;
	const char *destination = "";

	(void)r;
	if (w->count == 1)
		destination = arena_printf(w->a, " for %s", w->recipients[0].shown);
	else if (env->internal_trace.count > 0 && env->internal_trace.items[0].mta_name != NULL)
		destination = arena_printf(w->a, " for MTA %s", forms_word(w->a, env->internal_trace.items[0].mta_name));
	mime_add_field_printf(w->a, w->mail, "Subject", "Delivery Report (%s)%s", status, destination);
}

static void write_message_id(struct walk *w, const struct reported *r)
{
	char *local = arena_strdup(w->a, w->m->envelope.id.local != NULL ? w->m->envelope.id.local : "unknown");

	(void)r;
	for (char *p = local; *p != '\0'; p++)
		if (!str_is_digit(*p) && !(str_lower(*p) >= 'a' && str_lower(*p) <= 'z') && *p != '-')
			*p = '-';
	mime_add_field_printf(w->a, w->mail, "Message-ID", "<%s.report.%s@%s>", local, w->c->id.received_id, w->c->settings->host_name);
}

static void write_message_type(struct walk *w, const struct reported *r)
{
	(void)r;
	mime_add_field(w->a, w->mail, "Message-Type", "Delivery Report");
}

static void write_auto_submitted(struct walk *w, const struct reported *r)
{
	(void)r;
	mime_add_field(w->a, w->mail, "Auto-Submitted", "auto-replied");
}

static void write_report_identifier(struct walk *w, const struct reported *r)
{
	(void)r;
	mime_add_field(w->a, w->mail, "X400-MTS-Identifier", mx_mts_id_text(w->a, &w->m->envelope.id));
}

static void write_outer_content_identifier(struct walk *w, const struct reported *r)
{
	(void)r;
	if (w->report->content_identifier != NULL)
		mime_add_field(w->a, w->mail, "X400-Content-Identifier", w->report->content_identifier);
}

/* ---- text ---- */

static bool is_envid_form(const char *correlator)
{
	return correlator != NULL && str_istarts(correlator, ENVID_PREFIX);
}

static char *subject_date(struct walk *w)
{
	const struct mixer_subject *s = w->c->subject;

	if (w->report->subject_intermediate_trace.count > 0)
		return forms_date(w->a, &w->report->subject_intermediate_trace.items[0].arrival_time);
	return s != NULL && s->header != NULL ? dsn_saved_field(w->a, s->header, "Date") : NULL;
}

static void write_summary(struct walk *w, const struct reported *r)
{
	const char *title = w->report->content_correlator, *date = subject_date(w);

	(void)r;
	if (title == NULL || is_envid_form(title))
		title = w->report->content_identifier;
	dsn_line(&w->text, "This report relates to your message:");
	while (title != NULL && *title != '\0') { /* a correlator may have several lines */
		size_t n = strcspn(title, "\r\n");

		dsn_line(&w->text, "  %.*s", (int)n, title);
		title += n + strspn(title + n, "\r\n");
	}
	dsn_line(&w->text, "%s", "");
	if (date != NULL)
		dsn_line(&w->text, "of %s\r\n\r\n", date);
}

static void write_people_delivered(struct walk *w, const struct reported *r)
{
	(void)r;
	for (size_t i = 0; i < w->count; i++) {
		if (!w->recipients[i].r->delivered)
			continue;
		dsn_line(&w->text, "Your message was successfully delivered to:\r\n  %s", w->recipients[i].shown);
		dsn_line(&w->text, "at %s\r\n\r\n", forms_date(w->a, &w->recipients[i].r->delivery_time));
	}
}

static void write_people_failed(struct walk *w, const struct reported *r)
{
	(void)r;
	for (size_t i = 0; i < w->count; i++) {
		const struct mx_report_recipient *f = w->recipients[i].r;

		if (f->delivered)
			continue;
		dsn_line(&w->text, "Your message was not delivered to:\r\n  %s", w->recipients[i].shown);
		dsn_line(&w->text, "for the following reason: %s.", status_explain(w->a, f->reason, f->diagnostic));
		if (f->supplementary_information != NULL)
			dsn_line(&w->text, "  %s", f->supplementary_information);
		dsn_line(&w->text, "%s", "");
	}
}

static void write_people_end(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_line(&w->text, "%s", w->returned ? "The Original Message follows:" : "The Original Message is not available");
}

/* ---- fields of the message ---- */

static void write_envelope_id(struct walk *w, const struct reported *r)
{
	const struct mixer_subject *s = w->c->subject;
	const char *correlator = w->report->content_correlator;

	(void)r;
	if (is_envid_form(correlator))
		dsn_field(&w->machine, "Original-Envelope-Id", correlator + strlen(ENVID_PREFIX));
	else if (s != NULL && s->found && s->envid != NULL)
		dsn_field(&w->machine, "Original-Envelope-Id", s->envid);
	else if (w->c->settings->strict_mixer || s == NULL || !s->found) /* RFC 3461: a client that gave none gets none */
		dsn_field(&w->machine, "Original-Envelope-Id", mx_mts_id_text(w->a, &w->report->subject_identifier));
}

static void write_reporting_mta(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_field_printf(&w->machine, "Reporting-MTA", "x400; %s", report_point(w));
}

static void write_gateway(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_field_printf(&w->machine, "DSN-Gateway", "dns; %s", w->c->settings->host_name);
}

static void write_arrival_date(struct walk *w, const struct reported *r)
{
	(void)r;
	if (w->recipients[0].r->last_trace.arrival_time.set)
		dsn_field(&w->machine, "Arrival-Date", forms_date(w->a, &w->recipients[0].r->last_trace.arrival_time));
}

static void write_conversion_date(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_field(&w->machine, "X400-Conversion-Date", forms_date(w->a, &w->c->now));
}

static void write_subject_identifier(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_field(&w->machine, "X400-Subject-Submision-Identifier", mx_mts_id_text(w->a, &w->report->subject_identifier));
}

static void write_content_identifier(struct walk *w, const struct reported *r)
{
	(void)r;
	dsn_field(&w->machine, "X400-Content-Identifier", w->report->content_identifier);
}

static void write_content_type(struct walk *w, const struct reported *r)
{
	(void)r;
	if (w->report->content_type != MX_ABSENT || w->report->content_type_oid.der.p != NULL)
		dsn_field(&w->machine, "X400-Content-Type", forms_content_type(w->a, w->report->content_type, &w->report->content_type_oid));
}

static void write_original_eits(struct walk *w, const struct reported *r)
{
	(void)r;
	if (w->report->original_eits.set)
		dsn_field(&w->machine, "X400-Original-Encoded-Information-Types", forms_eits(w->a, &w->report->original_eits));
}

static void write_reporting_dl(struct walk *w, const struct reported *r)
{
	(void)r;
	for (size_t i = 0; i < w->report->dl_history_names.count; i++)
		dsn_field(&w->machine, "X400-Reporting-DL-Name", w->report->dl_history_names.items[i]);
}

static void write_correlator(struct walk *w, const struct reported *r)
{
	struct buf *b;

	(void)r;
	if (w->report->content_correlator == NULL || is_envid_form(w->report->content_correlator))
		return;
	b = buf_in(w->a, 4096);
	for (const char *p = w->report->content_correlator; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");

		buf_put(b, p, n);
		p += n;
		p += strspn(p, "\r\n");
		if (*p != '\0')
			buf_puts(b, "; ");
	}
	dsn_field(&w->machine, "X400-Content-Correlator", buf_str(b));
}

static void write_subject_trace(struct walk *w, const struct reported *r)
{
	(void)r;
	for (size_t i = w->report->subject_intermediate_trace.count; i > 0; i--)
		dsn_field(&w->machine, "X400-Subject-Intermediate-Trace-Information",
		          trace_text(w->a, &w->report->subject_intermediate_trace.items[i - 1]));
}

/* Extensions that RFC 2156 does not map, for one X400-Discarded-DR-Extensions field. */
static void write_discarded(struct walk *w, const struct mx_extension *items, size_t count)
{
	struct buf *b = buf_in(w->a, 65536);

	for (size_t i = 0; i < count; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "",
		           items[i].number >= 0 ? forms_labelled(w->a, forms_extension_label(items[i].number), items[i].number)
		                                : forms_oid(w->a, &items[i].oid));
	if (count > 0)
		dsn_field(&w->machine, "X400-Discarded-DR-Extensions", buf_str(b));
}

static void write_discarded_message(struct walk *w, const struct reported *r)
{
	(void)r;
	write_discarded(w, w->report->extensions.items, w->report->extensions.count);
}

/* ---- fields of a recipient ---- */

/* RFC 3464's meaning of the two fields unless strict. */
static void write_original_recipient(struct walk *w, const struct reported *r)
{
	if (w->c->settings->strict_mixer)
		return;
	if (r->stored != NULL && r->stored->orcpt != NULL)
		dsn_field_printf(&w->machine, "Original-Recipient", "%s;%s", r->stored->orcpt_type, r->stored->orcpt);
	else if (r->shown != NULL)
		dsn_field_printf(&w->machine, "Original-Recipient", "rfc822; %s", r->shown);
}

/* std-or text, and the directory name behind it (2156 5.3.8.1, A-262). */
static char *named(struct walk *w, const struct or_name *n)
{
	return arena_printf(w->a, "%s%s", or_text(w->a, &n->address), directory_comment(w->a, w->c, n));
}

static void write_final_recipient(struct walk *w, const struct reported *r)
{
	if (!w->c->settings->strict_mixer)
		dsn_field_printf(&w->machine, "Final-Recipient", "x400; %s", named(w, &r->r->actual_recipient));
}

static void write_strict_recipient(struct walk *w, const struct reported *r)
{
	if (!w->c->settings->strict_mixer || r->intended != NULL)
		return;
	dsn_field_printf(&w->machine, "Original-Recipient", "rfc822; %s", r->actual);
	dsn_field_printf(&w->machine, "Final-Recipient", "x400; %s", named(w, &r->r->actual_recipient));
}

static void write_redirect_recipient(struct walk *w, const struct reported *r)
{
	if (r->intended == NULL)
		return;
	dsn_field_printf(&w->machine, "X400-Mapped-Redirect-Recipient", "rfc822; %s", r->actual);
	dsn_field_printf(&w->machine, "X400-Redirect-Recipient", "x400; %s", named(w, &r->r->actual_recipient));
}

static void write_strict_intended(struct walk *w, const struct reported *r)
{
	if (!w->c->settings->strict_mixer || r->intended == NULL)
		return;
	dsn_field_printf(&w->machine, "Final-Recipient", "rfc822; %s", r->intended);
	dsn_field_printf(&w->machine, "Original-Recipient", "x400; %s", named(w, &r->r->originally_intended_recipient));
}

static void write_delivered(struct walk *w, const struct reported *r)
{
	static const char *const users[] = {"public", "private", "ms", "dl", "pdau", "physical-recipient", "other"};
	int user = r->r->type_of_user;

	if (!r->r->delivered)
		return;
	dsn_field(&w->machine, "Action", "delivered");
	dsn_field(&w->machine, "Status", "2.0.0");
	if (r->r->delivery_time.set)
		dsn_field(&w->machine, "X400-Delivery-Time", forms_date(w->a, &r->r->delivery_time));
	dsn_field(&w->machine, "X400-Type-of-MTS-User",
	          forms_labelled(w->a, user >= 0 && (size_t)user < ARRAY_LEN(users) ? users[user] : NULL, user));
}

static void write_failed(struct walk *w, const struct reported *r)
{
	if (r->r->delivered)
		return;
	dsn_field(&w->machine, "Action", "failed"); /* whatever the class of the status */
	dsn_field(&w->machine, "Status", status_to_822(r->r->reason, r->r->diagnostic, NULL));
	dsn_field(&w->machine, "Diagnostic-Code", dsn_x400_diagnostic(w->a, r->r->reason, r->r->diagnostic));
}

static void write_converted_eits(struct walk *w, const struct reported *r)
{
	if (r->r->converted.set)
		dsn_field_printf(&w->machine, "X400-Converted-EITs", "%s;", forms_eits(w->a, &r->r->converted));
}

static void write_last_trace(struct walk *w, const struct reported *r)
{
	const struct mx_trace *t = &r->r->last_trace;

	if (t->arrival_time.set)
		dsn_field_printf(&w->machine, "X400-Last-Trace", "%s%s%s", t->converted.set ? forms_eits(w->a, &t->converted) : "",
		                 t->converted.set ? " " : "", forms_date(w->a, &t->arrival_time));
}

static void write_supplementary(struct walk *w, const struct reported *r)
{
	char *text;

	if (r->r->supplementary_information == NULL)
		return;
	text = arena_strdup(w->a, r->r->supplementary_information);
	for (char *p = text; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	dsn_field_printf(&w->machine, "X400-Supplementary-Info", "\"%s\";", text);
}

static void write_redirection(struct walk *w, const struct reported *r)
{
	static const char *const reasons[] = {"Recipient Assigned Alternate Recipient", "Originator Requested Alternate Recipient",
	                                      "Recipient MD Assigned Alternate Recipient", "Directory Look Up", "Alias"};

	for (size_t i = 0; i < r->r->redirection_history.count; i++) {
		const struct mx_redirection *h = &r->r->redirection_history.items[i];
		const char *reason = h->reason >= 0 && (size_t)h->reason < ARRAY_LEN(reasons) ? reasons[h->reason] : "Unknown Reason";
		const char *when = h->time.set ? arena_printf(w->a, " on %s", forms_date(w->a, &h->time)) : "";

		dsn_field_printf(&w->machine, "X400-Redirection-History", "intended recipient %s redirected to %s%s", mailbox_of(w, &h->name),
		                 reason, when);
	}
}

static void write_number(struct walk *w, const struct reported *r)
{
	dsn_field_printf(&w->machine, "X400-Originally-Specified-Recipient-Number", "%d", r->r->number);
}

static void write_discarded_recipient(struct walk *w, const struct reported *r)
{
	write_discarded(w, r->r->extensions.items, r->r->extensions.count);
}

#define ROW(id, section, field, element, place, write)                                                                 \
	{{id, section, RULE_TO_822, field, element, "-", "-", "-", "-"}, place, write}

static const struct row rows[] = {
	ROW("R-207", "2156 5.3.8.3", "Date", "trace-information", OUTER, write_date),
	ROW("R-202", "2156 5.3.8.1", "From", "-", OUTER, write_from),
	ROW("R-203", "2156 5.3.8.1, 5.3.8.3", "To", "report-destination-name", OUTER, write_to),
	ROW("R-205", "2156 5.3.8.1", "Subject", "report-type", OUTER, write_subject),
	ROW("R-206", "2156 5.3.8.1", "Subject", "\"Delivery Report\" with a space, as all examples have it", OUTER, NULL),
	ROW("R-208", "2156 5.3.8.3", "Message-ID", "report-identifier", OUTER, write_message_id),
	ROW("R-204", "2156 5.3.8.1", "Message-Type", "-", OUTER, write_message_type),
	ROW("R-210", "3834", "Auto-Submitted", "-", OUTER, write_auto_submitted),
	ROW("R-209", "2156 5.3.8.3", "X400-MTS-Identifier", "report-identifier", OUTER, write_report_identifier),
	ROW("R-223", "2156 5.3.8.1", "X400-Content-Identifier", "content-identifier", OUTER, write_outer_content_identifier),

	ROW("R-211", "2156 5.3.8.1", "text", "content-correlator, content-identifier", PEOPLE, write_summary),
	ROW("R-212", "2156 5.3.8.1", "text", "report-type delivery", PEOPLE, write_people_delivered),
	ROW("R-213", "2156 5.3.8.1", "text", "report-type non-delivery", PEOPLE, write_people_failed),
	ROW("R-214", "2156 5.3.8.1", "text", "returned-content", PEOPLE, write_people_end),

	ROW("R-220", "2156 5.3.8.1", "Original-Envelope-Id", "subject-identifier", PER_MESSAGE, NULL),
	ROW("R-221", "2156 5.3.8.1", "Original-Envelope-Id", "content-correlator SMTP/NOTARY ENVID", PER_MESSAGE, NULL),
	ROW("R-222", "2156 5.3.8.1", "Original-Envelope-Id", "which of R-220 and R-221", PER_MESSAGE, write_envelope_id),
	ROW("R-215", "2156 5.3.8.1", "Reporting-MTA", "trace-information", PER_MESSAGE, write_reporting_mta),
	ROW("R-216", "2156 5.3.8.1", "Reporting-MTA", "\"mta\" before the name, by the EBNF", PER_MESSAGE, NULL),
	ROW("R-218", "2156 5.3.8.1", "DSN-Gateway", "-", PER_MESSAGE, write_gateway),
	ROW("R-217", "2156 5.3.8.1", "Arrival-Date", "last-trace-information.arrival-time", PER_MESSAGE, write_arrival_date),
	ROW("R-219", "2156 5.3.8.1", "X400-Conversion-Date", "-", PER_MESSAGE, write_conversion_date),
	ROW("R-222", "2156 5.3.8.1", "X400-Subject-Submision-Identifier", "subject-identifier", PER_MESSAGE, write_subject_identifier),
	ROW("R-223", "2156 5.3.8.1", "X400-Content-Identifier", "content-identifier", PER_MESSAGE, write_content_identifier),
	ROW("R-224", "2156 5.3.8.1", "X400-Content-Type", "content-type", PER_MESSAGE, write_content_type),
	ROW("R-225", "2156 5.3.8.1", "X400-Original-Encoded-Information-Types", "original-encoded-information-types", PER_MESSAGE,
	    write_original_eits),
	ROW("R-226", "2156 5.3.8.1", "X400-Originator-and-DL-Expansion-History", "originator-and-DL-expansion-history (30)", PER_MESSAGE,
	    NULL), /* kept raw by p1: named by R-230 */
	ROW("R-227", "2156 5.3.8.1", "X400-Reporting-DL-Name", "reporting-DL-name (31)", PER_MESSAGE, write_reporting_dl),
	ROW("R-228", "2156 5.3.8.1", "X400-Content-Correlator", "content-correlator", PER_MESSAGE, write_correlator),
	ROW("R-233", "2156 5.3.8.3", "X400-Subject-Intermediate-Trace-Information", "subject-intermediate-trace-information",
	    PER_MESSAGE, write_subject_trace),
	ROW("R-229", "2156 5.3.8.1", "X400-Discarded-DR-Extensions", "message-security-label (20), certificates, checks", PER_MESSAGE, NULL),
	ROW("R-230", "2156 5.3.8.1", "X400-Discarded-DR-Extensions", "any other extension of the report", PER_MESSAGE,
	    write_discarded_message),
	ROW("R-231", "X.411:1999", "X400-Discarded-DR-Extensions", "reporting-MTA-name (39)", PER_MESSAGE, NULL),
	ROW("R-232", "-", "X400-Discarded-DR-Extensions", "redirection-history (25) of the report", PER_MESSAGE, NULL),
	ROW("R-234", "X.411", "-", "additional-information", PER_MESSAGE, NULL),

	ROW("R-241", "3461 6.3, 3464 2.3", "Original-Recipient", "stored ORCPT, else actual or intended recipient", PER_RECIPIENT,
	    write_original_recipient),
	ROW("R-241", "3461 6.3, 3464 2.3", "Final-Recipient", "actual-recipient-name", PER_RECIPIENT, write_final_recipient),
	ROW("R-238", "2156 5.3.8.1", "Original-Recipient, Final-Recipient", "actual-recipient-name (strict)", PER_RECIPIENT,
	    write_strict_recipient),
	ROW("R-240", "2156 5.3.8.1", "Final-Recipient, Original-Recipient", "originally-intended-recipient-name (strict)", PER_RECIPIENT,
	    write_strict_intended),
	ROW("R-242", "2156 5.3.8.1", "Action, Status", "report-type delivery", PER_RECIPIENT, write_delivered),
	ROW("R-243", "2156 5.3.8.1", "Action, Status, Diagnostic-Code", "report-type non-delivery", PER_RECIPIENT, write_failed),
	ROW("R-490", "2156 5.3.8.2", "Action", "4.x.x never makes it delayed", PER_RECIPIENT, NULL),
	ROW("R-239", "2156 5.3.8.1", "X400-Mapped-Redirect-Recipient, X400-Redirect-Recipient", "actual-recipient-name, redirected",
	    PER_RECIPIENT, write_redirect_recipient),
	ROW("R-244", "2156 5.3.8.1", "X400-Converted-EITs", "converted-encoded-information-types", PER_RECIPIENT, write_converted_eits),
	ROW("R-252", "2156 5.3.8.3", "X400-Last-Trace", "last-trace-information", PER_RECIPIENT, write_last_trace),
	ROW("R-245", "2156 5.3.8.1", "X400-Supplementary-Info", "supplementary-information", PER_RECIPIENT, write_supplementary),
	ROW("R-246", "2156 5.3.8.1", "X400-Redirection-History", "redirection-history (25)", PER_RECIPIENT, write_redirection),
	ROW("R-251", "2156 5.3.8.1", "X400-Originally-Specified-Recipient-Number", "originally-specified-recipient-number", PER_RECIPIENT,
	    write_number),
	ROW("R-247", "2156 5.3.8.1", "X400-Physical-Forwarding-Address", "physical-forwarding-address (27)", PER_RECIPIENT,
	    NULL), /* kept raw by p1: named by R-250 */
	ROW("R-248", "2156 5.3.8.1", "X400-Discarded-DR-Extensions", "recipient-certificate (28)", PER_RECIPIENT, NULL),
	ROW("R-249", "2156 5.3.8.1", "X400-Discarded-DR-Extensions", "proof-of-delivery (29)", PER_RECIPIENT, NULL),
	ROW("R-250", "2156 5.3.8.1", "X400-Discarded-DR-Extensions", "any other extension of a recipient", PER_RECIPIENT,
	    write_discarded_recipient),
	ROW("R-253", "2156 5.3.8.1", "X400-Recipient-Info", "never written: its syntax is not defined", PER_RECIPIENT, NULL),
	ROW("R-256", "3464 2.3.6", "Remote-MTA, Received-From-MTA, Will-Retry-Until, Final-Log-ID", "no such data in a report", PER_RECIPIENT,
	    NULL),
};
const struct rule_table report_to_822_rules = RULE_TABLE("report to DSN", rows);

static void write_rows(struct walk *w, enum place place, const struct reported *r)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].place == place && rows[i].write != NULL && rule_active(&rows[i].rule))
			rows[i].write(w, r);
}

/* ---- who is reported, and to whom ---- */

/* The number is the key (E-151); an address is compared where a peer numbers anew. */
static const struct mixer_subject_recipient *find_stored(struct walk *w, const struct mx_report_recipient *r, const char *mailbox)
{
	const struct mixer_subject *s = w->c->subject;
	const struct mixer_subject_recipient *by_number = NULL;

	if (s == NULL || !s->found)
		return NULL;
	for (size_t i = 0; i < s->recipients.count; i++) {
		const struct mixer_subject_recipient *k = &s->recipients.items[i];

		if (k->rfc822 != NULL && mailbox != NULL && str_ieq(k->rfc822, mailbox) && k->number == r->number)
			return k;
		if (k->number == r->number && by_number == NULL)
			by_number = k;
	}
	return by_number;
}

/* does the sender want to hear of this? */
static bool is_wanted(const struct reported *r)
{
	unsigned notify = r->stored != NULL ? r->stored->notify : 0;

	if (!rule_id_active("R-115"))
		return true;
	if (r->stored == NULL)
		return r->r->originator_report != 0; /* for the originating MTA only */
	if (notify == 0)
		notify = SMTP_NOTIFY_FAILURE;
	return (notify & (r->r->delivered ? SMTP_NOTIFY_SUCCESS : SMTP_NOTIFY_FAILURE)) != 0 && (notify & SMTP_NOTIFY_NEVER) == 0;
}

static void gather(struct walk *w)
{
	w->recipients = arena_array(w->a, w->report->recipients.count + 1, sizeof(*w->recipients));
	for (size_t i = 0; i < w->report->recipients.count; i++) {
		struct reported *r = &w->recipients[w->count];

		*r = (struct reported){.r = &w->report->recipients.items[i]};
		r->actual = mailbox_of(w, &r->r->actual_recipient);
		if (or_has(&r->r->originally_intended_recipient.address, OR_C))
			r->intended = mailbox_of(w, &r->r->originally_intended_recipient);
		r->shown = r->intended != NULL ? r->intended : r->actual;
		r->stored = find_stored(w, r->r, r->shown);
		if (r->stored != NULL && r->stored->rfc822 != NULL)
			r->shown = r->stored->rfc822;
		if (!is_wanted(r))
			continue;
		w->failures += !r->r->delivered;
		w->count++;
	}
}

/* The destination; an unmappable one may still be known.  NULL: nobody to tell (a null sender, E-102). */
static int find_destination(struct walk *w, struct err *e)
{
	const struct mixer_subject *s = w->c->subject;
	enum addr_how how;
	char *to;

	if (s != NULL && s->found && s->mail_from != NULL && s->mail_from[0] == '\0')
		return 0;
	if (addr_to_822(w->a, w->c->tables, &w->m->envelope.originator.address, ADDR_RECIPIENT, &to, &how, NULL, e) == 0)
		w->to = to;
	else if (s != NULL && s->found && s->mail_from != NULL)
		w->to = s->mail_from;
	else
		return -1;
	return 0;
}

/* ---- returned content ---- */

static int add_returned_message(struct walk *w, struct err *e)
{
	struct mx_message *m = mx_message_new(w->a, MX_MESSAGE);
	struct mime_entity *inner = mime_new(w->a, "text/plain"), *part;
	struct err why;

	if (w->c->read_content == NULL || w->c->read_content(w->a, &w->report->returned_content, m, &why) != 0 || m->content != MX_CONTENT_IPM) {
		mime_add(w->a, w->mail, mime_new_leaf(w->a, "application/octet-stream", w->report->returned_content, MIME_BASE64)); /* */
		return 0;
	}
	part = mime_new(w->a, "message/rfc822");
	TRY(heading_of_ipm_to_822(w->a, w->c, &m->ipm.heading, inner, e));
	TRY(body_to_822(w->a, w->c, m, &m->ipm, inner, e));
	mime_add(w->a, part, inner);
	mime_add(w->a, w->mail, part);
	return 0;
}

/* the message for a failure when it is there and short, else its header when that is known. */
static int add_returned(struct walk *w, bool whole, struct err *e)
{
	const struct mixer_subject *s = w->c->subject;

	if (whole)
		return add_returned_message(w, e);
	if (s != NULL && s->header != NULL)
		dsn_add_headers(w->a, w->mail, s->header);
	return 0;
}

static bool return_whole(const struct walk *w)
{
	const struct mixer_subject *s = w->c->subject;

	return w->failures > 0 && !w->c->settings->never_return && w->report->returned_content.len > 0 && w->report->returned_content.len <= RETURN_MAX &&
	       !(s != NULL && s->found && s->ret == SMTP_RET_HDRS);
}

int report_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e)
{
	struct walk w = {.a = a, .c = c, .m = m, .report = &m->report, .text = dsn_text_new(a), .machine = dsn_text_new(a)};
	bool whole;

	out->entity = NULL;
	TRY(find_destination(&w, e));
	gather(&w);
	if (w.to == NULL || w.count == 0)
		return 0;
	whole = return_whole(&w);
	w.returned = whole || (c->subject != NULL && c->subject->header != NULL);
	w.mail = mime_new(a, "multipart/report");
	TRY(trace_to_822(a, c, m, w.mail, e));
	write_rows(&w, OUTER, NULL);
	write_rows(&w, PEOPLE, NULL);
	write_rows(&w, PER_MESSAGE, NULL);
	for (size_t i = 0; i < w.count; i++) {
		dsn_end_group(&w.machine);
		write_rows(&w, PER_RECIPIENT, &w.recipients[i]);
	}
	dsn_fill(a, c, w.mail, "delivery-status", &w.text, &w.machine);
	TRY(add_returned(&w, whole, e));
	dsn_envelope(a, &out->envelope, w.to);
	out->entity = w.mail;
	return 0;
}
