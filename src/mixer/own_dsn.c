/*
 * mixer/own_dsn.c - the delivery status notifications that mixgate itself owes (RFC 3464; ARCHITECTURE, "Custody").
 *
 * mixer_own_dsn is for the originator of an X.400 message: it goes to Postfix with MAIL FROM:<>, comes back through LMTP
 * and becomes a P1 report there (report_x400.c), so its fields say everything that the report needs: the MTS-identifier,
 * the recipient numbers, reason and diagnostic.  mixer_own_dsn_822 is for an SMTP sender.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/forms.h"
#include "mixer/parts.h"

static struct mime_entity *new_report(struct arena *a, const struct mixer_context *c, const char *to, const char *subject)
{
	struct mime_entity *m = mime_new(a, "multipart/report");

	mime_add_field(a, m, "Date", forms_date(a, &c->now));
	mime_add_field_printf(a, m, "From", "\"MIXER gateway\" <%s>", c->settings->postmaster);
	mime_add_field(a, m, "To", to);
	mime_add_field(a, m, "Subject", subject);
	mime_add_field_printf(a, m, "Message-ID", "<%s.dsn@%s>", c->id.received_id, c->settings->host_name);
	mime_add_field(a, m, "Auto-Submitted", "auto-replied");
	return m;
}

static const char *status_word(size_t failures, size_t count)
{
	return failures == 0 ? "success" : failures == count ? "failure" : "success and failures";
}

/* "550 5.1.1 user unknown": the enhanced code behind the reply code; NULL: none. */
static char *enhanced_code(struct arena *a, const char *reply)
{
	const char *p = reply, *start;

	while (str_is_digit(*p))
		p++;
	if (p - reply != 3 || (*p != ' ' && *p != '-'))
		return NULL;
	start = ++p;
	while (str_is_digit(*p) || *p == '.')
		p++;
	return p - start >= 5 && (*start == '4' || *start == '5') && start[1] == '.' ? arena_strndup(a, start, (size_t)(p - start)) : NULL;
}

/* ---- for an X.400 originator ---- */

struct own {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_message *m;
	struct dsn_text text, machine;
};

static void write_message(struct own *w)
{
	const struct mx_envelope *env = &w->m->envelope;
	char *id = mx_mts_id_text(w->a, &env->id);

	dsn_line(&w->text, "This report relates to your message:");
	if (env->content_identifier != NULL)
		dsn_line(&w->text, "  %s", env->content_identifier);
	dsn_line(&w->text, "%s", "");
	dsn_field_printf(&w->machine, "Original-Envelope-Id", "X400-MTS-Identifier: %s", id);
	dsn_field_printf(&w->machine, "Reporting-MTA", "dns; %s", w->c->settings->host_name);
	dsn_field(&w->machine, "Arrival-Date", forms_date(w->a, &w->c->now));
	dsn_field(&w->machine, "X400-Subject-Submision-Identifier", id);
	dsn_field(&w->machine, "X400-Content-Identifier", env->content_identifier);
	if (env->content_type != MX_ABSENT || env->content_type_oid.der.p != NULL)
		dsn_field(&w->machine, "X400-Content-Type", forms_content_type(w->a, env->content_type, &env->content_type_oid));
}

/* What the next hop said, or what we say: an x400 Diagnostic-Code makes reason and diagnostic exact. */
static void write_failure(struct own *w, const struct mixer_outcome *o)
{
	const struct err_row *row = err_row(o->err.id);
	int diagnostic = row->diagnostic == ERR_NO_DIAGNOSTIC ? MX_ABSENT : row->diagnostic;
	char why[512], *code;

	if (o->smtp_reply != NULL) {
		code = enhanced_code(w->a, o->smtp_reply);
		dsn_field(&w->machine, "Status", code != NULL ? code : "5.0.0");
		dsn_field_printf(&w->machine, "Diagnostic-Code", "smtp; %s", o->smtp_reply);
		dsn_line(&w->text, "for the following reason: %s\r\n\r\n", o->smtp_reply);
		return;
	}
	err_text(&o->err, why, sizeof(why));
	dsn_field(&w->machine, "Status", err_status(&o->err));
	if (o->err.status[0] != '\0') /* reason and diagnostic come from the status then */
		dsn_field_printf(&w->machine, "Diagnostic-Code", "smtp; %d %s %s", err_smtp(&o->err), err_status(&o->err), why);
	else
		dsn_field(&w->machine, "Diagnostic-Code", dsn_x400_diagnostic(w->a, row->reason, diagnostic));
	dsn_field_printf(&w->machine, "X400-Supplementary-Info", "\"%s\";", why);
	dsn_line(&w->text, "for the following reason: %s\r\n\r\n", why);
}

static void write_outcome(struct own *w, const struct mixer_outcome *o)
{
	const struct mx_recipient *r = &w->m->recipients.items[o->recipient];
	char *address = or_text(w->a, &r->name.address);

	dsn_end_group(&w->machine);
	if (or_has(&r->original.address, OR_C))
		dsn_field_printf(&w->machine, "Original-Recipient", "x400; %s", or_text(w->a, &r->original.address));
	dsn_field_printf(&w->machine, "Final-Recipient", "x400; %s", address);
	dsn_field(&w->machine, "Action", o->action);
	if (str_eq(o->action, "failed")) {
		dsn_line(&w->text, "Your message was not delivered to:\r\n  %s", address);
		write_failure(w, o);
	} else {
		dsn_line(&w->text, "Your message was %s to:\r\n  %s\r\n\r\n",
		         str_eq(o->action, "relayed") ? "passed on, without further reports," : "successfully delivered", address);
		dsn_field(&w->machine, "Status", "2.0.0");
	}
	dsn_field_printf(&w->machine, "X400-Originally-Specified-Recipient-Number", "%d", r->number);
}

int mixer_own_dsn(struct arena *a, const struct mixer_context *c, const struct mx_message *m, const struct mixer_outcome *outcomes,
                  size_t count, struct mixer_mail *out, struct err *e)
{
	struct own w = {.a = a, .c = c, .m = m, .text = dsn_text_new(a), .machine = dsn_text_new(a)};
	size_t failures = 0;
	enum addr_how how;
	char *to;

	*out = (struct mixer_mail){.envelope = {.size = -1}};
	TRY(addr_to_822(a, c->tables, &m->envelope.originator.address, ADDR_ORIGINATOR, &to, &how, NULL, e));
	write_message(&w);
	for (size_t i = 0; i < count; i++) {
		failures += str_eq(outcomes[i].action, "failed");
		write_outcome(&w, &outcomes[i]);
	}
	out->entity = new_report(a, c, to, arena_printf(a, "Delivery Report (%s)", status_word(failures, count)));
	dsn_fill(a, c, out->entity, "delivery-status", &w.text, &w.machine);
	dsn_envelope(a, &out->envelope, to);
	return 0;
}

/* ---- for an SMTP sender ---- */

/* RFC 3461 4.1, R-115: did the sender ask for this?  Without NOTIFY a failure alone is told. */
static bool is_wanted(const struct smtp_rcpt *r, const char *action)
{
	unsigned bit = str_eq(action, "failed") ? SMTP_NOTIFY_FAILURE : str_eq(action, "delayed") ? SMTP_NOTIFY_DELAY : SMTP_NOTIFY_SUCCESS;

	return ((r->notify == 0 ? SMTP_NOTIFY_FAILURE : r->notify) & bit) != 0;
}

static void write_smtp_outcome(struct dsn_text *text, struct dsn_text *machine, const struct smtp_rcpt *r, const struct mixer_smtp_outcome *o)
{
	char why[512];

	dsn_end_group(machine);
	if (r->orcpt != NULL)
		dsn_field_printf(machine, "Original-Recipient", "%s;%s", r->orcpt_type, r->orcpt);
	dsn_field_printf(machine, "Final-Recipient", "rfc822; %s", r->address);
	dsn_field(machine, "Action", o->action);
	if (!str_eq(o->action, "failed")) {
		dsn_field(machine, "Status", "2.0.0");
		dsn_line(text, "Your message was passed on to an X.400 system that sends no reports:\r\n  %s\r\n\r\n", r->address);
		return;
	}
	err_text(&o->err, why, sizeof(why));
	dsn_field(machine, "Status", err_status(&o->err));
	dsn_field_printf(machine, "Diagnostic-Code", "smtp; %d %s %s", err_smtp(&o->err), err_status(&o->err), why);
	dsn_line(text, "Your message was not delivered to:\r\n  %s\r\nfor the following reason: %s\r\n\r\n", r->address, why);
}

/* RFC 3461 4.3: the whole message for a failure unless RET=HDRS; its header otherwise. */
static int add_original(struct arena *a, const struct mime_entity *mail, struct mime_entity *report, bool whole, struct err *e)
{
	struct blob header = blob_slice(&mail->raw, 0, mail->raw.len - mail->body.len);
	struct mime_entity *part;
	struct octets text;

	if (whole) {
		part = mime_new_leaf(a, "message/rfc822", mail->raw, MIME_8BIT);
		mime_add(a, report, part);
		return 0;
	}
	TRY(blob_map(a, &header, &text, e));
	dsn_add_headers(a, report, arena_strndup(a, (const char *)text.p, text.len));
	return 0;
}

int mixer_own_dsn_822(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                      const struct mixer_smtp_outcome *outcomes, size_t count, struct mixer_mail *out, struct err *e)
{
	struct dsn_text text = dsn_text_new(a), machine = dsn_text_new(a);
	size_t told = 0, failures = 0;

	*out = (struct mixer_mail){.envelope = {.size = -1}};
	if (env->mail_from == NULL || env->mail_from[0] == '\0') /* a report about a report is never sent */
		return 0;
	dsn_field(&machine, "Original-Envelope-Id", env->envid);
	dsn_field_printf(&machine, "Reporting-MTA", "dns; %s", c->settings->host_name);
	dsn_field(&machine, "Arrival-Date", forms_date(a, &c->now));
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(&env->rcpt.items[outcomes[i].rcpt], outcomes[i].action))
			continue;
		told++;
		failures += str_eq(outcomes[i].action, "failed");
		write_smtp_outcome(&text, &machine, &env->rcpt.items[outcomes[i].rcpt], &outcomes[i]);
	}
	if (told == 0)
		return 0;
	out->entity = new_report(a, c, env->mail_from, arena_printf(a, "Delivery Report (%s)", status_word(failures, told)));
	dsn_fill(a, c, out->entity, "delivery-status", &text, &machine);
	TRY(add_original(a, mail, out->entity, failures > 0 && env->ret != SMTP_RET_HDRS && !c->settings->never_return, e));
	dsn_envelope(a, &out->envelope, env->mail_from);
	return 0;
}
