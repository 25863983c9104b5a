/*
 * mixer/notification.c - interpersonal notifications (IPN) and disposition notifications (MDN): RFC 2156 5.3.5, RFC 8098,
 * rows N-101 to N-325.
 *
 * RFC 2156 knows only text; the default is the text inside an MDN, so that a user agent understands it (N-201).  The
 * other way RFC 2156 has no rule: an MDN becomes an IPN only when the journal shows that its subject came from X.400 and
 * asked this recipient for one, else it is an ordinary message (N-303).
 */
#include <string.h>

#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_SUPPL_RECEIPT_INFO 256

/* ---- IPN to mail ---- */

struct out_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_message *m;
	const struct mx_ipn *ipn;
	struct mime_entity *mail;
	struct dsn_text text, machine;
	const char *originator; /* addr-spec of the ipn-originator */
};

enum place { OUTER, PEOPLE, MACHINE };
struct out_row {
	struct rule rule;
	enum place place;
	void (*write)(struct out_walk *w);
};

static const char *mailbox_of(struct out_walk *w, const struct or_address *o)
{
	enum addr_how how;
	char *out;

	return addr_to_822(w->a, w->c->tables, o, mixer_header_use(w->c), &out, &how, NULL, NULL) == 0 ? out : w->c->settings->postmaster;
}

static const struct or_address *originator_of(const struct out_walk *w)
{
	return w->ipn->has_ipn_originator && w->ipn->ipn_originator.has_formal_name ? &w->ipn->ipn_originator.formal_name.address
	                                                                             : &w->m->envelope.originator.address;
}

static char *from_of(struct out_walk *w)
{
	return w->ipn->has_ipn_originator ? descriptor_to_822(w->a, w->c, &w->ipn->ipn_originator) : arena_strdup(w->a, w->originator);
}

static void write_from(struct out_walk *w)
{
	mime_add_field(w->a, w->mail, "From", from_of(w));
}

static void write_to(struct out_walk *w)
{
	const struct mx_recipient *r = w->m->recipients.count > 0 ? &w->m->recipients.items[0] : NULL;
	const struct or_address *o = NULL;

	if (r != NULL)
		o = or_has(&r->original.address, OR_C) ? &r->original.address : &r->name.address;
	if (o != NULL)
		mime_add_field(w->a, w->mail, "To", mailbox_of(w, o));
}

static void write_subject(struct out_walk *w)
{
	mime_add_field(w->a, w->mail, "Subject",
	               w->ipn->receipt || w->ipn->other ? "X.400 Inter-Personal Notification" : "X.400 Inter-Personal Notification (failure)");
}

static void write_message_id(struct out_walk *w)
{
	char *local = arena_strdup(w->a, w->m->envelope.id.local != NULL ? w->m->envelope.id.local : "unknown");

	for (char *p = local; *p != '\0'; p++)
		if (!str_is_digit(*p) && !(str_lower(*p) >= 'a' && str_lower(*p) <= 'z') && *p != '-')
			*p = '-';
	mime_add_field_printf(w->a, w->mail, "Message-ID", "<%s.ipn.%s@%s>", local, w->c->id.received_id, w->c->settings->host_name);
}

static void write_message_type(struct out_walk *w)
{
	mime_add_field(w->a, w->mail, "Message-Type", "InterPersonal Notification");
}

static void write_references(struct out_walk *w)
{
	mime_add_field(w->a, w->mail, "References", ipm_id_to_822(w->a, w->c, &w->ipn->subject_ipm));
}

static void write_auto_submitted(struct out_walk *w)
{
	mime_add_field(w->a, w->mail, "Auto-Submitted", "auto-replied");
}

static void write_intended(struct out_walk *w)
{
	dsn_line(&w->text, "Your message to: %s",
	         w->ipn->has_ipm_preferred_recipient ? descriptor_to_822(w->a, w->c, &w->ipn->ipm_preferred_recipient) : from_of(w));
}

static void write_receipt_time(struct out_walk *w)
{
	if (w->ipn->receipt)
		dsn_line(&w->text, "was received at %s\r\n\r\n", forms_date(w->a, &w->ipn->receipt_time));
}

static void write_acknowledgment(struct out_walk *w)
{
	if (w->ipn->receipt)
		dsn_line(&w->text, "This notification was generated %s", w->ipn->acknowledgment_mode == 1 ? "Automatically" : "Manually");
}

static void write_suppl_info(struct out_walk *w)
{
	if (w->ipn->receipt && w->ipn->suppl_receipt_info != NULL && w->ipn->suppl_receipt_info[0] != '\0')
		dsn_line(&w->text, "The following extra information was given:\r\n%s", w->ipn->suppl_receipt_info);
}

static void write_non_receipt(struct out_walk *w)
{
	static const char *const reasons[] = {"Expired", "Obsoleted", "User Subscription Terminated", "IPM Deleted"};
	int reason = w->ipn->discard_reason;

	if (w->ipn->receipt)
		return;
	if (w->ipn->other) /* X.420 (1999) 8.4: advice of absence or of a new address */
		dsn_line(&w->text, "was answered with an advice notification that has no counterpart in Internet mail.");
	else if (w->ipn->non_receipt_reason == 1)
		dsn_line(&w->text, "was automatically forwarded.");
	else
		dsn_line(&w->text, "was discarded for the following reason: %s",
		         reason >= 0 && (size_t)reason < ARRAY_LEN(reasons) ? reasons[reason] : "unspecified");
}

static void write_forward_comment(struct out_walk *w)
{
	if (!w->ipn->receipt && w->ipn->auto_forward_comment != NULL && w->ipn->auto_forward_comment[0] != '\0')
		dsn_line(&w->text, "The following comment was made:\r\n%s", w->ipn->auto_forward_comment);
}

static void write_conversion(struct out_walk *w)
{
	if (w->ipn->conversion_eits.set)
		dsn_line(&w->text, "The following information types were converted: %s", forms_eits(w->a, &w->ipn->conversion_eits));
}

static void write_returned(struct out_walk *w)
{
	if (!w->ipn->receipt && !w->ipn->other)
		dsn_line(&w->text, "\r\nThe Original Message is not available");
}

static void write_gateway(struct out_walk *w)
{
	dsn_field_printf(&w->machine, "MDN-Gateway", "dns; %s", w->c->settings->host_name);
}

static void write_original_recipient(struct out_walk *w)
{
	const struct mixer_subject *s = w->c->subject;

	for (size_t i = 0; s != NULL && s->found && i < s->recipients.count; i++) {
		const struct mixer_subject_recipient *r = &s->recipients.items[i];

		if (r->orcpt != NULL && r->rfc822 != NULL && str_ieq(r->rfc822, w->originator)) {
			dsn_field_printf(&w->machine, "Original-Recipient", "%s;%s", r->orcpt_type, r->orcpt);
			return;
		}
	}
	if (w->ipn->has_ipm_preferred_recipient && w->ipn->ipm_preferred_recipient.has_formal_name)
		dsn_field_printf(&w->machine, "Original-Recipient", "x400; %s",
		                 or_text(w->a, &w->ipn->ipm_preferred_recipient.formal_name.address));
}

static void write_final_recipient(struct out_walk *w)
{
	dsn_field_printf(&w->machine, "Final-Recipient", "rfc822; %s", w->originator);
}

static void write_original_message_id(struct out_walk *w)
{
	dsn_field(&w->machine, "Original-Message-ID", ipm_id_to_822(w->a, w->c, &w->ipn->subject_ipm));
}

static void write_disposition(struct out_walk *w)
{
	const char *value;

	if (w->ipn->receipt)
		value = w->ipn->acknowledgment_mode == 1 ? "automatic-action/MDN-sent-automatically; processed"
		                                         : "manual-action/MDN-sent-manually; displayed";
	else if (w->ipn->other)
		value = "automatic-action/MDN-sent-automatically; processed";
	else
		value = w->ipn->non_receipt_reason == 1 ? "automatic-action/MDN-sent-automatically; dispatched"
		                                        : "automatic-action/MDN-sent-automatically; deleted";
	dsn_field(&w->machine, "Disposition", value);
}

static void write_x400_fields(struct out_walk *w)
{
	static const char *const reasons[] = {"ipm-expired", "ipm-obsoleted", "user-subscription-terminated", "ipm-deleted"};
	int reason = w->ipn->discard_reason;

	if (w->ipn->receipt) {
		dsn_field(&w->machine, "X400-Receipt-Time", forms_date(w->a, &w->ipn->receipt_time));
		dsn_field(&w->machine, "X400-Suppl-Receipt-Info", w->ipn->suppl_receipt_info);
	} else {
		if (reason != MX_ABSENT)
			dsn_field(&w->machine, "X400-Discard-Reason",
			          forms_labelled(w->a, reason >= 0 && (size_t)reason < ARRAY_LEN(reasons) ? reasons[reason] : NULL, reason));
		dsn_field(&w->machine, "X400-Auto-Forward-Comment", w->ipn->auto_forward_comment);
	}
	if (w->ipn->conversion_eits.set)
		dsn_field(&w->machine, "X400-Conversion-EITs", forms_eits(w->a, &w->ipn->conversion_eits));
}

#define OUT(id, section, field, element, place, write)                                                                 \
	{{id, section, RULE_TO_822, field, element, "-", "-", "-", "-"}, place, write}

static const struct out_row out_rows[] = {
	OUT("N-101", "2156 5.3.5", "-", "ipn", OUTER, NULL),
	OUT("N-102", "2156 5.3.5", "From", "ipn-originator", OUTER, write_from),
	OUT("N-103", "2156 5.3.5", "To", "recipient-name", OUTER, write_to),
	OUT("N-104", "2156 5.3.5", "Subject", "-", OUTER, write_subject),
	OUT("N-105", "2156 5.3.5", "Subject", "spelling by the rule, not by the example", OUTER, NULL),
	OUT("N-109", "2156 5.3.5", "Message-ID", "message-identifier", OUTER, write_message_id),
	OUT("N-106", "2156 5.3.5", "Message-Type", "-", OUTER, write_message_type),
	OUT("N-107", "2156 5.3.5", "References", "subject-ipm", OUTER, write_references),
	OUT("N-202", "8098 3", "Auto-Submitted, MAIL FROM:<>, NOTIFY=NEVER", "-", OUTER, write_auto_submitted),
	OUT("N-108", "2156 5.3.5", "Date", "as E-213", OUTER, NULL),
	OUT("N-109", "2156 5.3.5, 5.3.6", "X400-*", "as the E and T rows", OUTER, NULL),
	OUT("N-110", "2156 5.3.5", "text", "ipm-intended-recipient", PEOPLE, write_intended),
	OUT("N-111", "2156 5.3.5", "text", "receipt-time", PEOPLE, write_receipt_time),
	OUT("N-114", "2156 5.3.5", "text", "non-receipt-reason, discard-reason", PEOPLE, write_non_receipt),
	OUT("N-115", "2156 5.3.5", "text", "discard-reason", PEOPLE, NULL),
	OUT("N-112", "2156 5.3.5", "text", "acknowledgment-mode", PEOPLE, write_acknowledgment),
	OUT("N-113", "2156 5.3.5", "text", "suppl-receipt-info", PEOPLE, write_suppl_info),
	OUT("N-116", "2156 5.3.5", "text", "auto-forward-comment", PEOPLE, write_forward_comment),
	OUT("N-117", "2156 5.3.5", "text", "conversion-eits", PEOPLE, write_conversion),
	OUT("N-118", "2156 5.3.5", "text", "returned-ipm", PEOPLE, write_returned),
	OUT("N-119", "2156 5.3.5", "Discarded-X400-IPMS-Extensions", "notification extensions", OUTER, NULL),
	OUT("N-201", "8098", "Content-Type", "MDN around the text", MACHINE, NULL),
	OUT("N-203", "8098 3.2.2", "MDN-Gateway", "-", MACHINE, write_gateway),
	OUT("N-204", "8098 3.2.1", "Reporting-UA", "not known", MACHINE, NULL),
	OUT("N-205", "8098 3.2.3", "Original-Recipient", "ipm-intended-recipient", MACHINE, write_original_recipient),
	OUT("N-206", "8098 3.2.4", "Final-Recipient", "ipn-originator", MACHINE, write_final_recipient),
	OUT("N-207", "8098 3.2.5", "Original-Message-ID", "subject-ipm", MACHINE, write_original_message_id),
	OUT("N-208", "8098 3.2.6", "Disposition", "receipt, acknowledgment-mode", MACHINE, write_disposition),
	OUT("N-209", "8098 3.2.6", "Disposition", "non-receipt-reason", MACHINE, NULL),
	OUT("N-210", "8098 3.3", "X400-Receipt-Time and others", "the element of that name", MACHINE, write_x400_fields),
};
const struct rule_table notification_to_822_rules = RULE_TABLE("IPN to MDN", out_rows);

static void write_rows(struct out_walk *w, enum place place)
{
	for (size_t i = 0; i < ARRAY_LEN(out_rows); i++)
		if (out_rows[i].place == place && out_rows[i].write != NULL && rule_active(&out_rows[i].rule))
			out_rows[i].write(w);
}

/* N-202: nobody is told of a notification that does not arrive. */
static void silence_envelope(struct smtp_envelope *env)
{
	env->mail_from = "";
	env->ret = SMTP_RET_ABSENT;
	env->envid = NULL;
	for (size_t i = 0; i < env->rcpt.count; i++)
		env->rcpt.items[i].notify = SMTP_NOTIFY_NEVER;
}

int notification_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e)
{
	struct out_walk w = {.a = a, .c = c, .m = m, .ipn = &m->ipn, .text = dsn_text_new(a), .machine = dsn_text_new(a)};

	w.mail = out->entity = mime_new(a, "text/plain");
	w.originator = mailbox_of(&w, originator_of(&w));
	TRY(trace_to_822(a, c, m, w.mail, e));
	TRY(envelope_to_822(a, c, m, out, e));
	if (out->envelope.rcpt.count == 0) {
		out->entity = NULL;
		return 0;
	}
	silence_envelope(&out->envelope);
	write_rows(&w, OUTER);
	write_rows(&w, PEOPLE);
	if (c->settings->strict_mixer || !rule_id_active("N-201")) {
		w.mail->body = blob_mem(buf_str(w.text.buf), w.text.buf->len);
		w.mail->decoded = true;
		mime_set_param(a, w.mail, "charset", "us-ascii");
		return 0;
	}
	write_rows(&w, MACHINE);
	dsn_fill(a, c, w.mail, "disposition-notification", &w.text, &w.machine);
	return 0;
}

/* ---- MDN to IPN ---- */

struct in_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mime_entity *mail;
	const struct mime_fields *fields;
	struct mx_message *m;
	struct mx_ipn *ipn;
	enum { RN, NRN_FORWARDED, NRN_DISCARDED } kind;
	bool automatic;
};
struct in_row {
	struct rule rule;
	int (*make)(struct in_walk *w, struct err *e);
};

static const struct {
	const char *type;
	int kind;
} dispositions[] = {{"displayed", RN}, {"processed", RN}, {"dispatched", NRN_FORWARDED}, {"deleted", NRN_DISCARDED}};

/* "manual-action/MDN-sent-manually; displayed/error"; false: nothing that an IPN can say. */
static bool read_disposition(struct in_walk *w)
{
	const char *value = dsn_get(w->fields, "Disposition");
	char *modes, *type, *slash;

	if (value == NULL || !dsn_split(w->a, mime_strip_comments(w->a, value), &modes, &type))
		return false;
	if ((slash = strchr(type, '/')) != NULL) {
		if (str_istarts(slash + 1, "error") || str_istarts(slash + 1, "failure"))
			return false; /* N-310 */
		*slash = '\0';
	}
	w->automatic = str_istarts(modes, "automatic-action");
	for (size_t i = 0; i < ARRAY_LEN(dispositions); i++)
		if (str_ieq(type, dispositions[i].type)) {
			w->kind = dispositions[i].kind;
			return true;
		}
	return false;
}

/* Whose notification it is: the one whose address it names, or the only one there is. */
static const struct mixer_subject_recipient *asked_recipient(struct in_walk *w)
{
	const struct mixer_subject *s = w->c->subject;
	const char *final = dsn_get(w->fields, "Final-Recipient"), *original = dsn_get(w->fields, "Original-Recipient");
	char *type, *rest;

	for (size_t i = 0; i < s->recipients.count; i++) {
		const struct mixer_subject_recipient *r = &s->recipients.items[i];

		if (r->rfc822 != NULL && ((dsn_split(w->a, final, &type, &rest) && str_ieq(rest, r->rfc822)) ||
		                          (dsn_split(w->a, original, &type, &rest) && str_ieq(rest, r->rfc822))))
			return r;
	}
	return s->recipients.count == 1 ? &s->recipients.items[0] : NULL;
}

bool notification_is_ipn(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env)
{
	struct in_walk w = {.a = a, .c = c, .mail = mail};
	struct mime_field_groups groups;
	const struct mixer_subject_recipient *r;
	const char *id;
	struct mx_ipm_id ipm;

	if (c->settings->strict_mixer || c->subject == NULL || !c->subject->found || env->rcpt.count != 1 ||
	    !dsn_read(a, mail, "disposition-notification", &groups))
		return false;
	w.fields = &groups.items[0];
	if (!read_disposition(&w) || (r = asked_recipient(&w)) == NULL || !(w.kind == RN ? r->rn_requested : r->nrn_requested))
		return false;
	id = dsn_get(w.fields, "Original-Message-ID");
	return id != NULL && ipm_id_to_x400(a, c, id, &ipm) == 0; /* N-305 */
}

static int make_subject_ipm(struct in_walk *w, struct err *e)
{
	if (ipm_id_to_x400(w->a, w->c, dsn_get(w->fields, "Original-Message-ID"), &w->ipn->subject_ipm) != 0)
		return ERR(e, ERR_MIXER_REPORT_SUBJECT, "Original-Message-ID cannot be an IPM identifier");
	return 0;
}

static int make_originator(struct in_walk *w, struct err *e)
{
	struct mx_recipient_specifier from = {0};
	struct mime_mailboxes boxes = {0};
	const char *value = mime_get(w->mail, "From");

	TRY(mime_parse_mailboxes(w->a, value != NULL ? value : "", &boxes, e));
	if (boxes.count == 0)
		return ERR(e, ERR_MIXER_REPORT_RECIPIENT, "a notification without From");
	mailbox_to_x400(w->a, w->c, &boxes.items[0], &from);
	if (!from.recipient.has_formal_name)
		return ERR(e, ERR_MIXER_REPORT_RECIPIENT, "From cannot be an O/R address");
	w->ipn->ipn_originator = from.recipient;
	w->ipn->has_ipn_originator = true;
	return 0;
}

static int make_intended(struct in_walk *w, struct err *e)
{
	const char *original = dsn_get(w->fields, "Original-Recipient");
	struct mx_or_descriptor *d = &w->ipn->ipm_preferred_recipient;

	(void)e;
	if (original == NULL || dsn_address_to_x400(w->a, w->c, original, &d->formal_name.address) != 0 ||
	    or_equal(&d->formal_name.address, &w->ipn->ipn_originator.formal_name.address))
		return 0;
	d->has_formal_name = true;
	w->ipn->has_ipm_preferred_recipient = true;
	return 0;
}

static int make_times(struct in_walk *w, struct err *e)
{
	const char *time = dsn_get(w->fields, "X400-Receipt-Time");

	(void)e;
	w->ipn->receipt = w->kind == RN;
	if (time == NULL)
		time = mime_get(w->mail, "Date");
	if (time == NULL || mime_parse_date(time, &w->ipn->receipt_time) != 0)
		w->ipn->receipt_time = w->c->now;
	w->ipn->acknowledgment_mode = w->automatic ? 1 : 0;
	return 0;
}

/* The text for people, as one line of PrintableString, at most 256 characters. */
static char *printable_line(struct arena *a, const uint8_t *p, size_t n)
{
	struct buf *b = buf_in(a, UB_SUPPL_RECEIPT_INFO);

	for (size_t i = 0; i < n && b->len < UB_SUPPL_RECEIPT_INFO; i++) {
		char one[2] = {(char)p[i], '\0'};
		bool blank = p[i] <= ' ';

		if (blank && (b->len == 0 || b->p[b->len - 1] == ' '))
			continue;
		buf_putc(b, blank ? ' ' : str_is_printable_string(one) ? p[i] : '?');
	}
	while (b->len > 0 && b->p[b->len - 1] == ' ')
		b->len--;
	return arena_strdup(a, buf_str(b));
}

static int make_suppl_info(struct in_walk *w, struct err *e)
{
	const char *given = dsn_get(w->fields, "X400-Suppl-Receipt-Info");
	struct buf *b = buf_in(w->a, 65536);
	struct stream *s = stream_to_buf(w->a, b);

	(void)e;
	if (w->kind != RN)
		return 0;
	if (given != NULL)
		buf_puts(b, given);
	else if (!str_eq(w->mail->children.items[0]->type, "text") || w->mail->children.items[0]->body.len > 16384 ||
	         mime_decode_body(w->a, w->mail->children.items[0], s, NULL) != 0 || stream_finish(s, NULL) != 0)
		return 0;
	if (b->len > 0)
		w->ipn->suppl_receipt_info = printable_line(w->a, b->p, b->len);
	return 0;
}

static int make_non_receipt(struct in_walk *w, struct err *e)
{
	const char *reason = dsn_get(w->fields, "X400-Discard-Reason");

	(void)e;
	w->ipn->discard_reason = MX_ABSENT;
	if (w->kind == RN)
		return 0;
	w->ipn->non_receipt_reason = w->kind == NRN_FORWARDED ? 1 : 0;
	if (w->kind == NRN_DISCARDED && (reason == NULL || forms_parse_labelled(reason, &w->ipn->discard_reason) != 0))
		w->ipn->discard_reason = 3; /* ipm-deleted */
	if (w->kind == NRN_FORWARDED)
		w->ipn->auto_forward_comment = dsn_get(w->fields, "X400-Auto-Forward-Comment");
	return 0;
}

static int make_conversion_eits(struct in_walk *w, struct err *e)
{
	const char *eits = dsn_get(w->fields, "X400-Conversion-EITs");

	(void)e;
	if (eits != NULL) {
		w->ipn->conversion_eits.set = true;
		forms_parse_eits(w->a, eits, &w->ipn->conversion_eits);
	}
	return 0;
}

/* N-310: MAIL FROM is <>, so the originator is the one who notifies; no report about it, hence nothing that a report would
 * bring back, and the indicators have their defaults. */
static int make_envelope(struct in_walk *w, struct err *e)
{
	struct mx_envelope *env = &w->m->envelope;

	(void)e;
	env->originator = w->ipn->ipn_originator.formal_name;
	env->content_identifier = env->content_correlator = NULL;
	env->alternate_recipient_allowed = env->content_return_request = false;
	for (size_t i = 0; i < w->m->recipients.count; i++) {
		w->m->recipients.items[i].mta_report = 1;
		w->m->recipients.items[i].originator_report = 0;
	}
	return 0;
}

#define IN(id, section, field, element, make) {{id, section, RULE_TO_X400, field, element, "-", "-", "-", "N-303"}, make}

static const struct in_row in_rows[] = {
	IN("N-303", "2156 5.1.8", "MDN without a request", "ipm", NULL),
	IN("N-304", "8098 8.2", "Disposition", "ipn", NULL),
	IN("N-305", "8098", "Original-Message-ID", "subject-ipm", make_subject_ipm),
	IN("N-306", "8098", "From", "ipn-originator", make_originator),
	IN("N-306", "8098", "Original-Recipient", "ipm-intended-recipient", make_intended),
	IN("N-307", "8098", "Date, X400-Receipt-Time, Disposition", "receipt-time, acknowledgment-mode", make_times),
	IN("N-308", "8098", "text", "suppl-receipt-info", make_suppl_info),
	IN("N-323", "-", "Disposition, X400-Discard-Reason", "non-receipt-reason, discard-reason", make_non_receipt),
	IN("N-321", "-", "X400-Conversion-EITs", "conversion-eits", make_conversion_eits),
	IN("N-310", "8098", "MAIL FROM:<>", "originator-name, originator-report-request", make_envelope),
	IN("N-309", "8098", "third part", "returned-ipm, not made", NULL),
	IN("N-311", "X.420", "-", "one IPN a recipient: the journal's", NULL),
	IN("N-322", "-", "-", "notification extensions, not generated", NULL),
	IN("N-324", "-", "-", "other-notification-type-fields, not generated", NULL),
	IN("N-325", "-", "-", "ipn-security-response, not generated", NULL),
};
const struct rule_table notification_to_x400_rules = RULE_TABLE("MDN to IPN", in_rows);

int notification_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e)
{
	struct in_walk w = {.a = a, .c = c, .mail = mail, .m = m, .ipn = &m->ipn};
	struct mime_field_groups groups;

	if (!dsn_read(a, mail, "disposition-notification", &groups))
		return ERR(e, ERR_MIXER_REPORT_SUBJECT, "not a disposition notification");
	w.fields = &groups.items[0];
	if (!read_disposition(&w))
		return ERR(e, ERR_MIXER_REPORT_SUBJECT, "a disposition that no IPN has");
	for (size_t i = 0; i < ARRAY_LEN(in_rows); i++)
		if (in_rows[i].make != NULL && rule_active(&in_rows[i].rule))
			TRY(in_rows[i].make(&w, e));
	return 0;
}
