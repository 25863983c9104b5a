/*
 * mixer/report_x400.c - a delivery status notification to an X.400 report (RFC 2156 5.1.8, RFC 3464), rows.
 *
 * Called by mixer_to_x400 for a DSN that report_is_for_x400 takes.  What the journal knows of the subject message
 * (identifier, numbers, requests, content) goes before what the DSN says, because a DSN has forgotten most of it.  The
 * rows stand in the order of the report; whatever has no place in it travels in the two private extensions.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_SUPPLEMENTARY 256

enum action { ACTION_FAILED, ACTION_DELIVERED, ACTION_RELAYED, ACTION_EXPANDED, ACTION_DELAYED, ACTION_UNKNOWN };

struct walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mime_entity *mail;
	const struct smtp_envelope *env;
	struct mx_message *m;
	struct mx_report *report;
	const struct mime_fields *per_message;
	struct when date, arrival;
};
struct recipient {
	const struct mime_fields *fields;
	enum action action;
	int place; /* 1, 2, 3 ... in the DSN */
	struct mx_report_recipient *r;
	const struct mixer_subject_recipient *stored;
};

enum place {
	WHOLE,           /* make is called once */
	MESSAGE_FIELD,   /* make says true: the field goes into the per-report list */
	RECIPIENT,       /* make is called for each recipient */
	RECIPIENT_FIELD, /* as MESSAGE_FIELD, list of the recipient */
	NOT_MADE
};
struct row {
	struct rule rule;
	enum place place;
	int (*make)(struct walk *w, struct recipient *r, struct err *e); /* WHOLE, RECIPIENT; NULL: part of another row */
	bool listed;                                                     /* ..._FIELD: kept in the dsn-field-list */
};

/* ---- recognition ---- */

static const struct {
	const char *word;
	enum action action;
} actions[] = {{"failed", ACTION_FAILED},     {"failure", ACTION_FAILED},    {"delivered", ACTION_DELIVERED},
               {"relayed", ACTION_RELAYED},   {"expanded", ACTION_EXPANDED}, {"delayed", ACTION_DELAYED}};

static enum action action_of(struct arena *a, const struct mime_fields *g)
{
	const char *value = dsn_get(g, "Action");
	char *word = value != NULL ? mime_strip_comments(a, value) : NULL;

	for (size_t i = 0; word != NULL && i < ARRAY_LEN(actions); i++)
		if (str_ieq(word, actions[i].word))
			return actions[i].action;
	return ACTION_UNKNOWN;
}

/* what becomes an entry of the report. */
static bool is_reported(const struct mixer_context *c, enum action action)
{
	return action == ACTION_FAILED || action == ACTION_DELIVERED ||
	       (!c->settings->strict_mixer && (action == ACTION_RELAYED || action == ACTION_EXPANDED));
}

/* "[/PRMD=x/ADMD=y/C=gb/;local-id]" anywhere behind a prefix. */
static bool parse_mts_id(struct arena *a, const char *value, struct mx_mts_id *out)
{
	const char *open = value != NULL ? strchr(value, '[') : NULL, *close = open != NULL ? strrchr(open, ']') : NULL;
	const char *semicolon = open != NULL ? strchr(open, ';') : NULL;

	if (close == NULL || semicolon == NULL || semicolon > close)
		return false;
	if (forms_parse_domain(a, arena_strndup(a, open + 1, (size_t)(semicolon - open - 1)), &out->domain) != 0)
		return false;
	out->local = arena_strndup(a, semicolon + 1, (size_t)(close - semicolon - 1));
	return strlen(out->local) > 0 && strlen(out->local) <= 32;
}

static bool find_subject_identifier(struct arena *a, const struct mixer_context *c, const struct mime_fields *g, struct mx_mts_id *out)
{
	if (c->subject != NULL && c->subject->found && c->subject->mts_id.local != NULL) {
		*out = c->subject->mts_id;
		return true;
	}
	return parse_mts_id(a, dsn_get(g, "X400-Subject-Submision-Identifier"), out) ||
	       parse_mts_id(a, dsn_get(g, "X400-Subject-Submission-Identifier"), out) ||
	       parse_mts_id(a, dsn_get(g, "Original-Envelope-Id"), out);
}

bool report_is_for_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail)
{
	struct mime_field_groups groups;
	struct mx_mts_id id;

	if (!dsn_read(a, mail, "delivery-status", &groups) || !find_subject_identifier(a, c, &groups.items[0], &id))
		return false;
	for (size_t i = 1; i < groups.count; i++)
		if (is_reported(c, action_of(a, &groups.items[i])))
			return true;
	return false;
}

/* ---- the report as a whole ---- */

static int make_identifier(struct walk *w, struct recipient *r, struct err *e)
{
	(void)r;
	(void)e;
	w->m->envelope.id.domain = w->c->settings->domain;
	w->m->envelope.id.local = w->c->id.local_id;
	return 0;
}

static int make_destination(struct walk *w, struct recipient *r, struct err *e)
{
	enum addr_how how;

	(void)r;
	if (w->env->rcpt.count == 0)
		return ERR(e, ERR_BUG_INTERNAL, "a report without a recipient");
	return addr_to_x400(w->a, w->c->tables, w->env->rcpt.items[0].address, ADDR_RECIPIENT, &w->m->envelope.originator.address, &how,
	                    NULL, e);
}

static int make_trace(struct walk *w, struct recipient *r, struct err *e)
{
	struct mx_oid mixer = mx_oid_parse(w->a, FORMS_EIT_MIXER);
	int result;

	(void)r;
	/* a report has no original EITs; here they tell the gateway's trace element what a DSN is made of */
	w->m->envelope.original_eits = (struct mx_eits){.set = true, .built_in = MX_EIT_IA5_TEXT};
	forms_add_eit(w->a, &w->m->envelope.original_eits, &mixer);
	result = trace_to_x400(w->a, w->c, w->mail, w->m, e);
	w->m->envelope.original_eits = (struct mx_eits){0};
	return result;
}

static int make_subject_identifier(struct walk *w, struct recipient *r, struct err *e)
{
	(void)r;
	if (!find_subject_identifier(w->a, w->c, w->per_message, &w->report->subject_identifier))
		return ERR(e, ERR_MIXER_REPORT_SUBJECT, "no identifier of the subject message");
	return 0;
}

static int make_copied(struct walk *w, struct recipient *r, struct err *e)
{
	const struct mixer_subject *s = w->c->subject;

	(void)r;
	(void)e;
	if (s == NULL || !s->found)
		return 0;
	w->report->content_type = s->content_type;
	w->report->content_identifier = s->content_identifier;
	w->report->content_correlator = s->content_correlator;
	w->report->original_eits = s->original_eits;
	return 0;
}

static int make_returned_content(struct walk *w, struct recipient *r, struct err *e)
{
	(void)r;
	(void)e;
	if (w->c->subject != NULL && w->c->subject->found && !w->c->settings->never_return)
		w->report->returned_content = w->c->subject->content;
	return 0;
}

/* Fields of the outer header that the report carries elsewhere, or that are the frame of the DSN itself. */
static bool is_frame_field(const char *name)
{
	static const char *const frame[] = {"Received", "X400-Received", "Return-Path", "Delivered-To", "Date",
	                                    "From", "To", "Message-ID", "MIME-Version"};

	for (size_t i = 0; i < ARRAY_LEN(frame); i++)
		if (str_ieq(name, frame[i]))
			return true;
	return str_istarts(name, "Content-");
}

static bool is_trace_field(const char *name)
{
	return str_ieq(name, "Received") || str_ieq(name, "X400-Received") || str_ieq(name, "Return-Path");
}

static int make_header_list(struct walk *w, struct recipient *r, struct err *e)
{
	(void)r;
	(void)e;
	for (size_t i = 0; i < w->mail->fields.count; i++) {
		const struct mime_field *f = &w->mail->fields.items[i];
		const char *item;

		if (w->c->settings->strict_mixer ? is_trace_field(f->name) : is_frame_field(f->name))
			continue;
		if ((item = field_list_item(w->a, f->name, f->value)) != NULL)
			*ARENA_PUSH(w->a, &w->report->dsn_header_list) = item;
	}
	return 0;
}

/* ---- a recipient ---- */

static bool same_mailbox(struct arena *a, const char *value, const char *addr_spec)
{
	char *type, *rest;

	return addr_spec != NULL && dsn_split(a, value, &type, &rest) && str_eq(type, "rfc822") && str_ieq(rest, addr_spec);
}

static bool same_x400(struct arena *a, const char *value, const char *std_or)
{
	struct or_address x = {0}, y = {0};
	char *type, *rest;

	return std_or != NULL && dsn_split(a, value, &type, &rest) && str_eq(type, "x400") && addr_parse_or(a, rest, &x, NULL) == 0 &&
	       addr_parse_or(a, std_or, &y, NULL) == 0 && or_equal(&x, &y);
}

static const struct mixer_subject_recipient *find_by_address(struct walk *w, const char *value)
{
	const struct mixer_subject *s = w->c->subject;

	for (size_t i = 0; value != NULL && i < s->recipients.count; i++)
		if (same_mailbox(w->a, value, s->recipients.items[i].rfc822) || same_x400(w->a, value, s->recipients.items[i].x400))
			return &s->recipients.items[i];
	return NULL;
}

/* the number that a gateway wrote, else the addresses; one recipient alone is meant whatever its address is now. */
static int make_number(struct walk *w, struct recipient *r, struct err *e)
{
	const struct mixer_subject *s = w->c->subject;
	const char *number = dsn_get(r->fields, "X400-Originally-Specified-Recipient-Number");
	long n = r->place;
	bool written = number != NULL && str_to_long(number, 1, 32767, &n) == 0;

	(void)e;
	r->r->number = (int)n;
	if (s == NULL || !s->found)
		return 0;
	for (size_t i = 0; written && i < s->recipients.count; i++)
		if (s->recipients.items[i].number == n)
			r->stored = &s->recipients.items[i];
	if (r->stored == NULL)
		r->stored = find_by_address(w, dsn_get(r->fields, "Original-Recipient"));
	if (r->stored == NULL)
		r->stored = find_by_address(w, dsn_get(r->fields, "Final-Recipient"));
	if (r->stored == NULL && s->recipients.count == 1)
		r->stored = &s->recipients.items[0];
	if (r->stored != NULL)
		r->r->number = r->stored->number;
	return 0;
}

static int make_actual_recipient(struct walk *w, struct recipient *r, struct err *e)
{
	const char *final = dsn_get(r->fields, "Final-Recipient");

	/* the address of the transfer itself, where it is the same mailbox: the originating MTA compares */
	if (r->stored != NULL && r->stored->x400 != NULL && (final == NULL || same_mailbox(w->a, final, r->stored->rfc822)))
		return addr_parse_or(w->a, r->stored->x400, &r->r->actual_recipient.address, e);
	if (final != NULL && dsn_address_to_x400(w->a, w->c, final, &r->r->actual_recipient.address) == 0)
		return 0;
	if (r->stored != NULL && r->stored->x400 != NULL)
		return addr_parse_or(w->a, r->stored->x400, &r->r->actual_recipient.address, e);
	return ERR(e, ERR_MIXER_REPORT_RECIPIENT, "Final-Recipient \"%s\" cannot be an O/R address", final != NULL ? final : "");
}

static int make_intended_recipient(struct walk *w, struct recipient *r, struct err *e)
{
	const char *original = dsn_get(r->fields, "Original-Recipient");
	struct or_address o = {0};
	bool known = false;

	(void)e;
	if (r->stored != NULL && r->stored->x400 != NULL)
		known = addr_parse_or(w->a, r->stored->x400, &o, NULL) == 0;
	else if (original != NULL)
		known = dsn_address_to_x400(w->a, w->c, original, &o) == 0;
	if (known && !or_equal(&o, &r->r->actual_recipient.address)) /* */
		r->r->originally_intended_recipient.address = o;
	return 0;
}

static int make_report_type(struct walk *w, struct recipient *r, struct err *e)
{
	(void)w;
	(void)e;
	r->r->delivered = r->action != ACTION_FAILED;
	r->r->mta_report = r->r->delivered ? 2 : 1;
	return 0;
}

/* bits 3 and 4 repeat what the user asked for. */
static int make_indicators(struct walk *w, struct recipient *r, struct err *e)
{
	(void)w;
	(void)e;
	r->r->originator_report = 1;
	if (r->stored != NULL && r->stored->originator_report != MX_ABSENT)
		r->r->originator_report = r->stored->originator_report;
	return 0;
}

static int make_last_trace(struct walk *w, struct recipient *r, struct err *e)
{
	(void)e;
	r->r->last_trace.arrival_time = w->arrival;
	return 0;
}

static int make_delivery(struct walk *w, struct recipient *r, struct err *e)
{
	const char *attempt = dsn_get(r->fields, "Last-Attempt-Date");
	struct when t;

	(void)e;
	if (!r->r->delivered)
		return 0;
	r->r->type_of_user = r->action == ACTION_RELAYED ? 6 : r->action == ACTION_EXPANDED ? 3 : 0;
	if (w->c->settings->strict_mixer)
		r->r->delivery_time = w->arrival;
	else if (attempt != NULL && mime_parse_date(attempt, &t) == 0)
		r->r->delivery_time = t;
	else
		r->r->delivery_time = w->date;
	return 0;
}

static int make_reason(struct walk *w, struct recipient *r, struct err *e)
{
	const char *status = dsn_get(r->fields, "Status");

	(void)e;
	if (r->r->delivered)
		return 0;
	if (!dsn_parse_x400_diagnostic(w->a, dsn_get(r->fields, "Diagnostic-Code"), &r->r->reason, &r->r->diagnostic))
		status_to_x400(status, w->c->settings->strict_mixer, &r->r->reason, &r->r->diagnostic, NULL);
	return 0;
}

/* letters that PrintableString lacks are written so that people still read them; at most 256. */
static char *readable(struct arena *a, const char *text)
{
	static const struct {
		char c;
		const char *out;
	} letters[] = {{'@', "(a)"}, {'<', ""}, {'>', ""}, {'_', "(u)"}, {'%', "(p)"}, {'!', "(b)"}, {'"', "'"},
	               {'[', "("},   {']', ")"}, {';', ","}, {'&', "+"}, {'*', ""}, {'#', ""}, {'\t', " "}};
	struct buf *b = buf_in(a, UB_SUPPLEMENTARY);

	for (const char *p = text; *p != '\0' && b->len < UB_SUPPLEMENTARY; p++) {
		char one[2] = {*p, '\0'};
		const char *out = str_is_printable_string(one) ? one : " ";

		for (size_t i = 0; i < ARRAY_LEN(letters); i++)
			if (letters[i].c == *p)
				out = letters[i].out;
		if (b->len + strlen(out) > UB_SUPPLEMENTARY)
			break;
		buf_puts(b, out);
	}
	return arena_strdup(a, buf_str(b));
}

static const char *quoted_info(struct arena *a, const char *value)
{
	const char *first = value != NULL ? strchr(value, '"') : NULL, *last = first != NULL ? strrchr(value, '"') : NULL;

	return last != NULL && last > first ? arena_strndup(a, first + 1, (size_t)(last - first - 1)) : NULL;
}

static int make_supplementary(struct walk *w, struct recipient *r, struct err *e)
{
	const char *text = quoted_info(w->a, dsn_get(r->fields, "X400-Supplementary-Info"));
	char *type, *rest;

	(void)e;
	if (text == NULL && dsn_split(w->a, dsn_get(r->fields, "Diagnostic-Code"), &type, &rest) && !str_eq(type, "x400"))
		text = rest;
	if (text == NULL && r->action == ACTION_RELAYED)
		text = "Relayed to a system without delivery reports";
	if (text == NULL && r->action == ACTION_EXPANDED)
		text = "Delivered to a distribution list";
	if (text != NULL && *text != '\0')
		r->r->supplementary_information = readable(w->a, text);
	return 0;
}

#define RULE(id, section, field, element, codec, failure)                                                              \
	{id, section, RULE_TO_X400, field, element, codec, "-", "-", failure}
#define MADE(id, section, field, element, place, make) {RULE(id, section, field, element, "-", "-"), place, make, false}
#define LISTED(id, section, field, place) {RULE(id, section, field, "dsn-field-list (1.3.6.1.7.1.3.4)", "IA5String", "-"), place, NULL, true}
#define MAPPED(id, section, field, place) {RULE(id, section, field, "see the row of its element", "-", "-"), place, NULL, false}
#define NEVER(id, section, element) {RULE(id, section, "-", element, "-", "not generated"), NOT_MADE, NULL, false}

static const struct row rows[] = {
	MADE("R-101", "2156 5.1, 5.1.8", "Content-Type", "recognition of a DSN", WHOLE, NULL),
	MADE("R-102", "2156 5.1.8.3", "Action", "report or message", WHOLE, NULL),
	MADE("R-103", "-", "Action: relayed, expanded", "delivery report, user other(6) or dl(3)", WHOLE, NULL),
	MADE("R-104", "2156 5.1.8.3", "-", "report-identifier", WHOLE, make_identifier),
	MADE("R-105", "2156 5.1.8.3", "RCPT TO", "report-destination-name", WHOLE, make_destination),
	MADE("R-106", "2156 5.1.8.3", "Received, Date", "trace-information", WHOLE, make_trace),
	MADE("R-110", "2156 5.1.8.3", "Original-Envelope-Id", "subject-identifier", WHOLE, NULL),
	MADE("R-111", "-", "-", "subject-identifier", WHOLE, make_subject_identifier),
	MADE("R-139", "-", "-", "content-type, content-identifier, content-correlator, original-encoded-information-types", WHOLE, make_copied),
	MADE("R-109", "-", "-", "returned-content", WHOLE, make_returned_content),
	MADE("R-107", "2156 5.1.8.2, 5.1.8.3", "outer header", "dsn-header-list (1.3.6.1.7.1.3.3)", WHOLE, make_header_list),
	LISTED("R-112", "2156 5.1.8.3", "Original-Envelope-Id", MESSAGE_FIELD),
	LISTED("R-113", "2156 5.1.8.3", "Reporting-MTA", MESSAGE_FIELD),
	LISTED("R-114", "2156 5.1.8.3", "DSN-Gateway", MESSAGE_FIELD),
	LISTED("R-116", "2156 5.1.8.3", "Received-From-MTA", MESSAGE_FIELD),
	LISTED("R-117", "2156 5.1.8.3", "Arrival-Date", MESSAGE_FIELD),
	MAPPED("R-111", "-", "X400-Subject-Submision-Identifier", MESSAGE_FIELD),
	LISTED("R-118", "2156 5.1.8.3", "*", MESSAGE_FIELD),
	MADE("R-119", "2156 5.1.8.3", "-", "originally-specified-recipient-number", RECIPIENT, NULL),
	MADE("R-120", "-", "X400-Originally-Specified-Recipient-Number", "originally-specified-recipient-number", RECIPIENT, make_number),
	MADE("R-123", "2156 5.1.8.3", "Final-Recipient", "actual-recipient-name", RECIPIENT, make_actual_recipient),
	MADE("R-121", "2156 5.1.8.3", "Original-Recipient", "originally-intended-recipient-name", RECIPIENT, make_intended_recipient),
	MADE("R-122", "X.411", "Original-Recipient", "originally-intended-recipient-name, if it differs", RECIPIENT, NULL),
	MADE("R-124", "2156 5.1.8.3", "Action", "report-type, per-recipient-indicators bits 1, 2", RECIPIENT, make_report_type),
	MADE("R-125", "X.411", "-", "per-recipient-indicators bits 3, 4", RECIPIENT, make_indicators),
	MADE("R-117", "2156 5.1.8.3", "Arrival-Date", "last-trace-information.arrival-time", RECIPIENT, make_last_trace),
	MADE("R-126", "2156 5.1.8.3", "-", "message-delivery-time, type-of-MTS-user", RECIPIENT, NULL),
	MADE("R-127", "-", "Last-Attempt-Date", "message-delivery-time, type-of-MTS-user", RECIPIENT, make_delivery),
	MADE("R-130", "3464 App. B", "Diagnostic-Code: x400", "non-delivery-reason-code, non-delivery-diagnostic-code", RECIPIENT, make_reason),
	MADE("R-133", "-", "Diagnostic-Code", "supplementary-information", RECIPIENT, make_supplementary),
	LISTED("R-128", "2156 5.1.8.3", "Status", RECIPIENT_FIELD),
	LISTED("R-131", "2156 5.1.8.3", "Remote-MTA", RECIPIENT_FIELD),
	LISTED("R-132", "2156 5.1.8.3", "Diagnostic-Code", RECIPIENT_FIELD),
	LISTED("R-134", "2156 5.1.8.3", "Last-Attempt-Date", RECIPIENT_FIELD),
	LISTED("R-135", "2156 5.1.8.3", "Will-Retry-Until", RECIPIENT_FIELD),
	LISTED("R-136", "3464", "Final-Log-ID", RECIPIENT_FIELD),
	MAPPED("R-121", "2156 5.1.8.3", "Original-Recipient", RECIPIENT_FIELD),
	MAPPED("R-123", "2156 5.1.8.3", "Final-Recipient", RECIPIENT_FIELD),
	MAPPED("R-124", "2156 5.1.8.3", "Action", RECIPIENT_FIELD),
	MAPPED("R-120", "-", "X400-Originally-Specified-Recipient-Number", RECIPIENT_FIELD),
	MAPPED("R-133", "-", "X400-Supplementary-Info", RECIPIENT_FIELD),
	LISTED("R-137", "2156 5.1.8.3", "*", RECIPIENT_FIELD),
	NEVER("R-151", "2156 5.1.8.3", "message-security-label (20)"),
	NEVER("R-152", "2156 5.1.8.3", "redirection-history (25)"),
	NEVER("R-153", "2156 5.1.8.3", "physical-forwarding-address (27)"),
	NEVER("R-154", "2156 5.1.8.3", "recipient-certificate (28)"),
	NEVER("R-155", "2156 5.1.8.3", "proof-of-delivery (29)"),
	NEVER("R-156", "2156 5.1.8.3", "originator-and-DL-expansion-history (30)"),
	NEVER("R-157", "2156 5.1.8.3", "reporting-DL-name (31)"),
	NEVER("R-158", "2156 5.1.8.3", "reporting-MTA-certificate (32)"),
	NEVER("R-159", "2156 5.1.8.3", "report-origin-authentication-check (33)"),
	NEVER("R-160", "2156 5.1.8.3", "reporting-MTA-name (39)"),
	NEVER("R-161", "2156 5.1.8.3", "additional-information"),
	NEVER("R-162", "2156 5.1.8.3", "converted-encoded-information-types"),
};
const struct rule_table report_to_x400_rules = RULE_TABLE("DSN to report", rows);

static int make_rows(struct walk *w, enum place place, struct recipient *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].place == place && rows[i].make != NULL && rule_active(&rows[i].rule))
			TRY(rows[i].make(w, r, e));
	return 0;
}

/* The row of a field; "*" is the last of its place and takes all others. */
static bool is_listed(enum place place, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].place == place && (str_ieq(rows[i].rule.field, name) || str_eq(rows[i].rule.field, "*")))
			return rows[i].listed && rule_active(&rows[i].rule);
	return false;
}

static int make_recipient(struct walk *w, const struct mime_fields *fields, int place)
{
	struct recipient r = {.fields = fields, .action = action_of(w->a, fields), .place = place};
	struct err why = {0}, *e = &why;

	if (!is_reported(w->c, r.action)) {
		mx_note_loss(w->a, w->m, "R-102", "Action", "a recipient that is only delayed stands in no report");
		return 0;
	}
	r.r = mx_add_report_recipient(w->a, w->m);
	if (make_rows(w, RECIPIENT, &r, e) != 0) { /* one that cannot be named does not stop the others */
		w->report->recipients.count--;
		mx_note_loss(w->a, w->m, "R-123", "actual-recipient-name", arena_strdup(w->a, why.detail));
		return 0;
	}
	for (size_t i = 0; i < fields->count; i++) {
		const char *item = NULL;

		if (is_listed(RECIPIENT_FIELD, fields->items[i].name))
			item = field_list_item(w->a, fields->items[i].name, fields->items[i].value);
		if (item != NULL)
			*ARENA_PUSH(w->a, &r.r->dsn_fields) = item;
	}
	return 0;
}

static void read_dates(struct walk *w)
{
	const char *date = mime_get(w->mail, "Date"), *arrival = dsn_get(w->per_message, "Arrival-Date");

	if (date == NULL || mime_parse_date(date, &w->date) != 0)
		w->date = w->c->now;
	if (arrival == NULL || mime_parse_date(arrival, &w->arrival) != 0)
		w->arrival = w->date;
}

int report_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                   struct mx_message *m, struct err *e)
{
	struct walk w = {.a = a, .c = c, .mail = mail, .env = env, .m = m, .report = &m->report};
	struct mime_field_groups groups;

	if (!dsn_read(a, mail, "delivery-status", &groups))
		return ERR(e, ERR_MIXER_REPORT_SUBJECT, "not a delivery status notification");
	w.per_message = &groups.items[0];
	read_dates(&w);
	TRY(make_rows(&w, WHOLE, NULL, e));
	for (size_t i = 0; i < w.per_message->count; i++) {
		const struct mime_field *f = &w.per_message->items[i];
		const char *item = is_listed(MESSAGE_FIELD, f->name) ? field_list_item(a, f->name, f->value) : NULL;

		if (item != NULL)
			*ARENA_PUSH(a, &w.report->dsn_fields) = item;
	}
	for (size_t i = 1; i < groups.count; i++)
		TRY(make_recipient(&w, &groups.items[i], (int)i));
	if (w.report->recipients.count == 0)
		return ERR(e, ERR_MIXER_REPORT_RECIPIENT, "no recipient is left for the report");
	return 0;
}
