/*
 * mixer/envelope.c - the SMTP envelope and the fields that stand for envelope elements become the P1 envelope,
 * RFC 2156 4.6.1, 5.1.5, 5.1.7 and appendix A (E-101..E-166, X-401..X-428), with RFC 3461 and RFC 6710.
 *
 * The hooks of the fields run in the walk of heading.c; then envelope_to_x400 applies what SMTP said, which overrides;
 * envelope_finish_to_x400 adds what only the finished body can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"
#include "msg/value.h"

#define UB_CONTENT_IDENTIFIER    16
#define UB_CONTENT_CORRELATOR    512
#define MAX_DL_HISTORY           100
#define REASON_ALIAS             4
#define EXTENSION_SECURITY_LABEL 20

/* ---- fields ---- */

/* G-055: MIXER fields act only when the sender is trusted; else they stay text. */
static bool believed(const struct field_walk *w)
{
	return w->m != NULL && w->c->trusted;
}

/* E-108; urgent costs others, so it wants trust. */
static enum field_fate take_priority(struct field_walk *w, const char *value)
{
	static const struct {
		const char *name;
		enum mx_priority priority;
	} values[] = {
		{"normal", MX_NORMAL}, {"non-urgent", MX_NON_URGENT}, {"nonurgent", MX_NON_URGENT}, {"urgent", MX_URGENT}};

	for (size_t i = 0; w->m != NULL && i < ARRAY_LEN(values); i++)
		if (str_ieq(value, values[i].name)) {
			if (values[i].priority == MX_URGENT && !believed(w))
				return FIELD_KEEP;
			if (!w->mt_priority_seen)
				w->m->envelope.priority = values[i].priority;
			return FIELD_DONE;
		}
	return FIELD_KEEP;
}

/* RFC 6710 policy MIXER. */
static enum mx_priority priority_of(long mt)
{
	return mt <= -4 ? MX_NON_URGENT : mt <= 0 ? MX_NORMAL : MX_URGENT;
}

/* */
static enum field_fate take_mt_priority(struct field_walk *w, const char *value)
{
	long mt;

	if (w->m == NULL)
		return FIELD_KEEP;
	if (w->c->settings->strict_mixer || str_to_long(mime_strip_comments(w->a, value), -9, 9, &mt) != 0 ||
		(mt > 0 && !w->c->trusted) || mime_get_nth(w->mail, "MT-Priority", 1) != NULL)
		return FIELD_DONE;
	w->mt_priority_seen = true;
	w->m->envelope.priority = priority_of(mt);
	return FIELD_DONE;
}

/* A field whose value is Prohibited or Allowed (RFC 2156 5.3.6). */
static enum field_fate take_prohibition(struct field_walk *w, const char *value, bool *prohibited)
{
	if (!believed(w) || (!str_ieq(value, "prohibited") && !str_ieq(value, "allowed")))
		return FIELD_KEEP;
	*prohibited = str_ieq(value, "prohibited");
	return FIELD_DONE;
}

static enum field_fate take_conversion(struct field_walk *w, const char *value)
{
	return w->m == NULL ? FIELD_KEEP : take_prohibition(w, value, &w->m->envelope.implicit_conversion_prohibited);
}

static enum field_fate take_conversion_with_loss(struct field_walk *w, const char *value)
{
	return w->m == NULL ? FIELD_KEEP : take_prohibition(w, value, &w->m->envelope.conversion_with_loss_prohibited);
}

static enum field_fate take_time(struct field_walk *w, const char *value, struct when *to)
{
	struct when at = {0};

	if (!believed(w) || mime_parse_date(value, &at) != 0)
		return FIELD_KEEP;
	*to = at;
	return FIELD_DONE;
}

static enum field_fate take_deferred(struct field_walk *w, const char *value)
{
	return w->m == NULL ? FIELD_KEEP : take_time(w, value, &w->m->envelope.deferred_delivery_time);
}

static enum field_fate take_latest(struct field_walk *w, const char *value)
{
	return w->m == NULL ? FIELD_KEEP : take_time(w, value, &w->m->envelope.latest_delivery_time);
}

/* The first mailbox of value as an O/R address. */
static int one_address(struct field_walk *w, const char *value, struct or_address *out)
{
	struct mime_mailboxes list = {0};
	enum addr_how how;
	struct err err = {0};

	if (mime_parse_mailboxes(w->a, value, &list, NULL) != 0 || list.count == 0 || list.items[0].addr_spec == NULL)
		return -1;
	return addr_to_x400(w->a, w->c->tables, list.items[0].addr_spec, mixer_header_use(w->c), out, &how, NULL, &err);
}

static enum field_fate take_return_address(struct field_walk *w, const char *value)
{
	struct or_address o = {0};

	if (!believed(w) || one_address(w, value, &o) != 0)
		return FIELD_KEEP;
	w->m->envelope.originator_return_address.address = o;
	return FIELD_DONE;
}

/* E-125: fields stand newest on top, the element oldest first. */
static enum field_fate take_dl_history(struct field_walk *w, const char *value)
{
	const char *rest = value;
	const char *list = forms_next_item(w->a, &rest, ';');
	const char *date = forms_next_item(w->a, &rest, ';');
	struct mx_dl_history dl = {0};

	if (!believed(w) || w->m->envelope.dl_history.count >= MAX_DL_HISTORY || list == NULL || date == NULL ||
		one_address(w, list, &dl.dl.address) != 0 || mime_parse_date(date, &dl.time) != 0)
		return FIELD_KEEP;
	(void)ARENA_PUSH(w->a, &w->m->envelope.dl_history);
	memmove(w->m->envelope.dl_history.items + 1, w->m->envelope.dl_history.items,
			(w->m->envelope.dl_history.count - 1) * sizeof dl);
	w->m->envelope.dl_history.items[0] = dl;
	return FIELD_DONE;
}

/* E-128: added when the body has set the types (envelope_finish_to_x400). */
static enum field_fate take_eits(struct field_walk *w, const char *value)
{
	(void)value;
	return believed(w) ? FIELD_DONE : FIELD_KEEP;
}

static bool is_content_identifier(const char *value)
{
	return *value != '\0' && strlen(value) <= UB_CONTENT_IDENTIFIER && str_is_printable_string(value);
}

static enum field_fate take_content_identifier(struct field_walk *w, const char *value)
{
	if (!believed(w) || !is_content_identifier(value))
		return FIELD_KEEP;
	w->m->envelope.content_identifier = value;
	return FIELD_DONE;
}

/* E-107: the name of RFC 1327 clashes with MIME, so only where X400- fields stand. */
static enum field_fate take_old_content_identifier(struct field_walk *w, const char *value)
{
	for (size_t i = 0; i < w->mail->fields.count; i++)
		if (str_istarts(w->mail->fields.items[i].name, "X400-"))
			return take_content_identifier(w, value);
	return FIELD_KEEP;
}

/* Base64 of a label, at most max octets; 0, or -1. */
static int label_octets(struct arena *a, const char *text, struct octets *out)
{
	size_t n = strlen(text), have = 0;
	uint8_t *p = arena_alloc(a, n + 1);
	uint32_t word = 0;
	unsigned bits = 0;

	for (const char *c = text; *c != '\0' && *c != '='; c++) {
		static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		const char *at = strchr(digits, *c);
		if (*c == ' ' || *c == '\t')
			continue;
		if (at == NULL)
			return -1;
		word = word << 6 | (uint32_t)(at - digits);
		bits += 6;
		if (bits >= 8)
			p[have++] = (uint8_t)(word >> (bits -= 8));
	}
	*out = (struct octets){p, have};
	return have > 0 ? 0 : -1;
}

/* The value of a parameter of SIO-Label; long ones come in pieces (label*0, label*1; RFC 7444 4). */
static char *label_parameter(struct arena *a, const char *value, const char *name)
{
	struct buf *b = buf_in(a, 65536);
	const char *rest = value;
	char *item;
	bool found = false;

	while ((item = forms_next_item(a, &rest, ';')) != NULL) {
		char *equals = strchr(item, '=');
		size_t n = strlen(name);
		if (equals == NULL || !str_ieqn(item, name, n) || (item[n] != '=' && item[n] != '*' && item[n] != ' '))
			continue;
		for (equals++; *equals == ' '; equals++)
			;
		buf_puts(b, forms_unword(a, equals));
		found = true;
	}
	return found ? arena_strdup(a, buf_str(b)) : NULL;
}

/* a label of X.411 goes into its extension; of two nobody knows which holds (envelope_to_x400 refuses). */
static enum field_fate take_label(struct field_walk *w, const char *value)
{
	const char *type = label_parameter(w->a, value, "type"), *text = label_parameter(w->a, value, "label");
	struct mx_security_label label;
	struct octets octets;

	if (!believed(w) || w->c->settings->strict_mixer || type == NULL || !str_ieq(type, ":x411") || text == NULL ||
		label_octets(w->a, text, &octets) != 0 || mx_value_label(w->a, octets, &label) != 0)
		return FIELD_KEEP; /* */
	struct mx_extension *x = ARENA_PUSH(w->a, &w->m->envelope.extensions);
	x->number = EXTENSION_SECURITY_LABEL;
	x->criticality = MX_CRITICAL_DELIVERY;
	x->value = octets;
	return FIELD_DONE;
}

/* E-145: off by default, so text. */
static enum field_fate take_appendix_c(struct field_walk *w, const char *value)
{
	(void)w, (void)value;
	return FIELD_KEEP;
}

#define ROW(id, section, field, element, codec, multiplicity, bound, failure)                                          \
	{                                                                                                                  \
		id, section, RULE_TO_X400, field, element, codec, multiplicity, bound, failure                                 \
	}
#define DROPPED(id, section, field)                                                                                    \
	{                                                                                                                  \
		ROW(id, section, field, "-", "drop", "-", "-", "drop"), NULL                                                   \
	}
#define APPENDIX_C(id, field)                                                                                          \
	{                                                                                                                  \
		ROW(id, "2156 appendix C", field, "rfc-822-field", "field", "list", "-", "-"), take_appendix_c                 \
	}
static const struct field_row field_rows[] = {
	{ROW("E-106", "2156 5.1.7", "X400-Content-Identifier", "content-identifier", "printable", "last", "16", "list"),
	 take_content_identifier},
	{ROW("E-107", "2156 5.3.6", "Content-Identifier", "content-identifier", "printable", "last", "16", "list"),
	 take_old_content_identifier},
	{ROW("E-108", "2156 5.1.7", "Priority", "priority", "keyword", "last", "-", "list"), take_priority},
	{ROW("X-404", "6710", "MT-Priority", "priority", "number", "only", "-9..9", "drop"), take_mt_priority},
	{ROW("E-110", "2156 5.1.7", "Conversion", "implicit-conversion-prohibited", "prohibition", "last", "-", "list"),
	 take_conversion},
	{ROW("E-115", "2156 5.1.7", "Deferred-Delivery", "deferred-delivery-time", "utctime", "last", "-", "list"),
	 take_deferred},
	{ROW("E-122", "2156 5.1.7", "Conversion-With-Loss", "conversion-with-loss-prohibited", "prohibition", "last", "-",
		 "list"),
	 take_conversion_with_loss},
	{ROW("E-123", "2156 5.1.7", "Latest-Delivery-Time", "latest-delivery-time", "utctime", "last", "-", "list"),
	 take_latest},
	{ROW("E-124", "2156 5.1.7", "Originator-Return-Address", "originator-return-address", "or_address", "last", "-",
		 "list"),
	 take_return_address},
	{ROW("E-125", "2156 5.1.7", "DL-Expansion-History", "dl-expansion-history", "dl_expansion", "list", "100", "list"),
	 take_dl_history},
	{ROW("E-128", "2156 5.1.7", "Original-Encoded-Information-Types", "original-encoded-information-types", "eits",
		 "merge", "-", "list"),
	 take_eits},
	{ROW("X-511", "7444 4", "SIO-Label", "message-security-label", "label", "only", "-", "list"), take_label},
	DROPPED("E-131", "2156 5.1.7", "Discarded-X400-MTS-Extensions"),
	DROPPED("E-134", "2156 5.1.7", "X400-Content-Type"),
	DROPPED("E-135", "2156 5.1.7", "X400-Originator"),
	DROPPED("E-136", "2156 5.1.7", "X400-Recipients"),
	DROPPED("E-137", "2156 5.1.7", "X400-MTS-Identifier"),
	APPENDIX_C("E-140", "Prevent-NonDelivery-Report"),
	APPENDIX_C("E-141", "Generate-Delivery-Report"),
	APPENDIX_C("E-142", "Alternate-Recipient"),
	APPENDIX_C("E-143", "Disclose-Recipients"),
	APPENDIX_C("E-144", "X400-Content-Return"),
	APPENDIX_C("E-144", "Content-Return"),
};
const struct rule_table envelope_field_rules = RULE_TABLE("envelope", field_rows);

/* ---- what SMTP says, and the defaults ---- */

struct smtp_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mime_entity *mail;
	const struct smtp_envelope *env;
	struct mx_message *m;
	/* one recipient */
	const struct smtp_rcpt *rcpt;
	int number;
	struct mx_recipient *r;
};

static bool null_sender(const struct smtp_walk *w)
{
	return w->env->mail_from == NULL || *w->env->mail_from == '\0';
}

/* E-101. */
static int set_originator(struct smtp_walk *w, struct err *e)
{
	enum addr_how how;

	if (null_sender(w))
		return 0;
	return addr_to_x400(w->a, w->c->tables, w->env->mail_from, ADDR_ORIGINATOR, &w->m->envelope.originator.address,
						&how, NULL, e);
}

/* E-102: P1 needs an originator; reports to it are switched off per recipient. */
static int set_null_originator(struct smtp_walk *w, struct err *e)
{
	enum addr_how how;

	if (!null_sender(w))
		return 0;
	return addr_to_x400(w->a, w->c->tables, w->c->settings->postmaster, ADDR_ORIGINATOR,
						&w->m->envelope.originator.address, &how, NULL, e);
}

/* E-118: the domain is ours and the number too; from a Message-ID neither would be (E-117 off). */
static int set_identifier(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->m->envelope.id.domain = w->c->settings->domain;
	w->m->envelope.id.local = w->c->id.local_id;
	return 0;
}

/* E-105: the head of the subject, never half an escape of 3.4. */
static int set_content_identifier(struct smtp_walk *w, struct err *e)
{
	const char *subject = mime_get(w->mail, "Subject");

	(void)e;
	if (w->m->envelope.content_identifier != NULL || subject == NULL || *subject == '\0')
		return 0;
	char *text = mime_decode_words(w->a, subject), *to = text;
	for (const char *p = text; *p != '\0'; p++) /* one question mark a character */
		if ((*p & 0xc0) != 0x80)
			*to++ = (unsigned char)*p >= 0x80 || (unsigned char)*p < 0x20 ? '?' : *p;
	*to = '\0';
	char *ps = addr_ascii_to_printable(w->a, text);
	if (strlen(ps) > UB_CONTENT_IDENTIFIER) {
		size_t keep = UB_CONTENT_IDENTIFIER - 3;
		for (size_t i = 0; i < keep; i++)
			if (ps[i] == '(' && i + strcspn(ps + i, ")") >= keep)
				keep = i;
		ps = arena_printf(w->a, "%.*s...", (int)keep, ps);
	}
	w->m->envelope.content_identifier = ps;
	return 0;
}

/* who may ask for speed is the MTA's business (RFC 6710 4.1), known here as trust. */
static int set_priority(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->env->has_mt_priority && !w->c->settings->strict_mixer && (w->env->mt_priority <= 0 || w->c->trusted))
		w->m->envelope.priority = priority_of(w->env->mt_priority);
	return 0;
}

/* E-111. */
static int allow_alternate(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->m->envelope.alternate_recipient_allowed = true;
	return 0;
}

/* E-112. */
static int request_content(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->m->envelope.content_return_request = !w->c->settings->never_return;
	return 0;
}

/* E-113. */
static int apply_ret(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->env->ret == SMTP_RET_HDRS && w->c->settings->header_store && !w->c->settings->strict_mixer)
		w->m->envelope.content_return_request = false;
	return 0;
}

/* E-160, E-161, E-162: with an ENVID the correlator is its. */
static int correlate_envid(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->env->envid != NULL && *w->env->envid != '\0' && strlen(w->env->envid) <= 400)
		w->m->envelope.content_correlator = arena_printf(w->a, "SMTP/NOTARY ENVID: %s", w->env->envid);
	return 0;
}

/* E-119. */
static int correlate_header(struct smtp_walk *w, struct err *e)
{
	static const char *const names[] = {"Subject", "Message-ID", "Date", "To"};
	struct buf *b = buf_in(w->a, 0x200000);

	(void)e;
	if (w->m->envelope.content_correlator != NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = mime_get(w->mail, names[i]);
		const char *line = value != NULL ? field_list_item(w->a, names[i], value) : NULL;
		if (line != NULL)
			buf_printf(b, "%s%s", b->len > 0 ? "\r\n" : "", line);
	}
	if (b->len > 0)
		w->m->envelope.content_correlator = arena_strndup(w->a, buf_str(b), MIN_OF(b->len, UB_CONTENT_CORRELATOR));
	return 0;
}

/* never guess a label. */
static int refuse_two_labels(struct smtp_walk *w, struct err *e)
{
	if (mime_get_nth(w->mail, "SIO-Label", 1) != NULL && !w->c->settings->strict_mixer)
		return ERR(e, ERR_MIXER_LABEL, "two SIO-Label fields");
	return 0;
}

struct smtp_row {
	struct rule rule;
	int (*map)(struct smtp_walk *w, struct err *e);
};
static const struct smtp_row message_rows[] = {
	{ROW("X-514", "7444 4", "SIO-Label, two", "-", "refuse", "only", "-", "reject 5.7.0"), refuse_two_labels},
	{ROW("E-101", "2156 4.6.1", "MAIL FROM", "originator-name", "or_address", "single", "-", "reject"), set_originator},
	{ROW("E-102", "5321 4.5.5", "MAIL FROM:<>", "originator-name", "or_address", "single", "-", "-"),
	 set_null_originator},
	{ROW("E-118", "modern", "-", "message-identifier", "mts_id", "single", "32", "-"), set_identifier},
	{ROW("E-105", "2156 5.1.5", "Subject", "content-identifier", "printable", "single", "16", "truncate"),
	 set_content_identifier},
	{ROW("X-401", "6710", "MT-PRIORITY", "priority", "number", "single", "-9..9", "-"), set_priority},
	{ROW("E-111", "2156 5.1.5", "-", "alternate-recipient-allowed", "true", "-", "-", "-"), allow_alternate},
	{ROW("E-112", "2156 5.2", "-", "content-return-request", "true", "-", "-", "-"), request_content},
	{ROW("E-113", "3461 5.2.4", "RET", "content-return-request", "ret", "single", "-", "-"), apply_ret},
	{ROW("E-160", "2156 appendix A 3.1", "ENVID", "content-correlator", "ia5", "single", "512", "E-119"),
	 correlate_envid},
	{ROW("E-119", "2156 5.1.5", "Subject, Message-ID, Date, To", "content-correlator", "ia5", "single", "512",
		 "truncate"),
	 correlate_header},
};

/* E-150. */
static int set_name(struct smtp_walk *w, struct err *e)
{
	return mixer_recipient_to_x400(w->a, w->c, w->rcpt->address, &w->r->name.address, e);
}

/* E-151: relay numbers across the groups of one transaction. */
static int set_number(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->r->number = w->number;
	return 0;
}

/* E-152. */
static int set_responsibility(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->r->responsibility = true;
	return 0;
}

/* E-154, E-155, E-156, E-157: each row speaks for its own NOTIFY. */
static int notify_absent(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->rcpt->notify == 0)
		w->r->originator_report = 1;
	return 0;
}

static int notify_never(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->rcpt->notify & SMTP_NOTIFY_NEVER)
		w->r->originator_report = 0;
	return 0;
}

static int notify_success(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (w->rcpt->notify & SMTP_NOTIFY_SUCCESS)
		w->r->originator_report = 2;
	return 0;
}

static int notify_failure(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if ((w->rcpt->notify & (SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY)) && !(w->rcpt->notify & SMTP_NOTIFY_SUCCESS))
		w->r->originator_report = 1;
	return 0;
}

/* E-102: nobody is there to read a report. */
static int notify_nobody(struct smtp_walk *w, struct err *e)
{
	(void)e;
	if (null_sender(w))
		w->r->originator_report = 0;
	return 0;
}

/* E-153: X.411 wants the MTA level at least as high as the user's. */
static int set_mta_report(struct smtp_walk *w, struct err *e)
{
	(void)e;
	w->r->mta_report = w->r->originator_report == 2 ? 2 : 1;
	return 0;
}

/* E-159: an ORCPT that is not the recipient is a redirection before us, reason alias. */
static int set_redirection(struct smtp_walk *w, struct err *e)
{
	struct or_address o = {0};
	enum addr_how how;
	struct err err = {0};
	const char *type = w->rcpt->orcpt_type;

	(void)e;
	if (type == NULL || w->rcpt->orcpt == NULL)
		return 0;
	if (!(str_ieq(type, "rfc822") &&
		  addr_to_x400(w->a, w->c->tables, w->rcpt->orcpt, ADDR_RECIPIENT, &o, &how, NULL, &err) == 0) &&
		!(str_ieq(type, "x400") && addr_parse_or(w->a, w->rcpt->orcpt, &o, &err) == 0))
		return 0;
	if (or_equal(&o, &w->r->name.address))
		return 0;
	struct mx_redirection *redirection = ARENA_PUSH(w->a, &w->r->redirection_history);
	redirection->name.address = w->r->original.address = o;
	redirection->time = w->c->now;
	redirection->reason = REASON_ALIAS;
	return 0;
}

/* N-301, RFC 8098 2.1: only the sender may ask, and only of those who get this message. */
static int set_receipt_request(struct smtp_walk *w, struct err *e)
{
	struct mime_mailboxes list = {0};
	const char *value = mime_get(w->mail, "Disposition-Notification-To");
	struct mx_heading *h = &w->m->ipm.heading;

	(void)e;
	if (value == NULL || !w->c->settings->mdn_requests || w->c->settings->strict_mixer ||
		mime_parse_mailboxes(w->a, value, &list, NULL) != 0 || list.count != 1 || list.items[0].addr_spec == NULL ||
		!str_ieq(list.items[0].addr_spec, w->env->mail_from))
		return 0;
	struct {
		struct mx_recipient_specifier *items;
		size_t count;
	} lists[] = {{h->primary_recipients.items, h->primary_recipients.count},
				 {h->copy_recipients.items, h->copy_recipients.count},
				 {h->blind_copy_recipients.items, h->blind_copy_recipients.count}};
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < lists[k].count; i++)
			if (lists[k].items[i].recipient.has_formal_name &&
				or_equal(&lists[k].items[i].recipient.formal_name.address, &w->r->name.address))
				lists[k].items[i].rn = lists[k].items[i].nrn = true;
	return 0;
}

static const struct smtp_row recipient_rows[] = {
	{ROW("E-150", "2156 4.6.1", "RCPT TO", "recipient-name", "or_address", "single", "-", "reject 553"), set_name},
	{ROW("E-151", "X.411", "RCPT TO", "originally-specified-recipient-number", "number", "single", "-", "-"),
	 set_number},
	{ROW("E-152", "X.411", "RCPT TO", "responsibility", "true", "-", "-", "-"), set_responsibility},
	{ROW("E-154", "3461 5.2.4", "no NOTIFY", "originator-report", "non-delivery-report", "-", "-", "-"), notify_absent},
	{ROW("E-155", "2156 appendix A 3.1", "NOTIFY=NEVER", "originator-report", "default", "-", "-", "-"), notify_never},
	{ROW("E-156", "2156 appendix A 3.1", "NOTIFY=SUCCESS", "originator-report", "report", "-", "-", "-"),
	 notify_success},
	{ROW("E-157", "2156 appendix A 3.1", "NOTIFY=FAILURE", "originator-report", "non-delivery-report", "-", "-", "-"),
	 notify_failure},
	{ROW("E-102", "5321 4.5.5", "MAIL FROM:<>", "originator-report", "no-report", "-", "-", "-"), notify_nobody},
	{ROW("E-153", "X.411", "NOTIFY", "originating-MTA-report", "report level", "-", "-", "-"), set_mta_report},
	{ROW("E-159", "2156 appendix A 3.1", "ORCPT", "redirection-history", "redirection", "single", "-", "-"),
	 set_redirection},
	{ROW("N-301", "8098 2.1", "Disposition-Notification-To", "notification-requests", "rn, nrn", "-", "-", "-"),
	 set_receipt_request},
};
const struct rule_table envelope_message_rules = RULE_TABLE("envelope", message_rows);
const struct rule_table envelope_recipient_in_rules = RULE_TABLE("envelope", recipient_rows);

static int run_rows(const struct smtp_row *rows, size_t count, struct smtp_walk *w, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (rule_active(&rows[i].rule))
			TRY(rows[i].map(w, e));
	return 0;
}

int mixer_recipient_to_x400(struct arena *a, const struct mixer_context *c, const char *addr_spec,
							struct or_address *out, struct err *e)
{
	enum addr_how how;

	/* a UTF-8 local part has no place in a DDA */
	if (!str_is_printable_ascii(addr_spec))
		return ERR(e, ERR_MIXER_EAI, "%s", addr_spec);
	TRY(addr_to_x400(a, c->tables, addr_spec, ADDR_RECIPIENT, out, &how, NULL, e));
	/* not one that would only be carried back to us */
	return addr_check_recipient(c->tables, addr_spec, how, e);
}

int envelope_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
					 const struct smtp_envelope *env, const int *numbers, struct mx_message *m, struct err *e)
{
	struct smtp_walk w = {.a = a, .c = c, .mail = mail, .env = env, .m = m};

	TRY(run_rows(message_rows, ARRAY_LEN(message_rows), &w, e));
	for (size_t i = 0; i < env->rcpt.count; i++) {
		w.rcpt = &env->rcpt.items[i];
		w.number = numbers != NULL ? numbers[i] : (int)i + 1;
		w.r = mx_add_recipient(a, m);
		TRY(run_rows(recipient_rows, ARRAY_LEN(recipient_rows), &w, e));
	}
	return 0;
}

/* ---- after the body ---- */

struct finish_row {
	struct rule rule;
	void (*run)(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m);
};

/* E-128. */
static void finish_stated_eits(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
							   struct mx_message *m)
{
	const char *stated;

	for (size_t n = 0; c->trusted && (stated = mime_get_nth(mail, "Original-Encoded-Information-Types", n)) != NULL;
		 n++)
		forms_parse_eits(a, stated, &m->envelope.original_eits);
}

/* E-103, G-027. */
static void finish_eit_mixer(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
							 struct mx_message *m)
{
	struct mx_oid mixer = mx_oid_parse(a, FORMS_EIT_MIXER);

	(void)c, (void)mail;
	if (m->content == MX_CONTENT_IPM)
		forms_add_eit(a, &m->envelope.original_eits, &mixer);
}

/* E-104, G-034: what 1984 knows goes as P2. */
static void finish_content_type(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
								struct mx_message *m)
{
	const struct mx_heading *h = &m->ipm.heading;
	bool p22 = h->incomplete_copy || h->languages.count > 0 || h->auto_submitted != MX_ABSENT ||
			   h->rfc_822_fields.count > 0 || h->extensions.count > 0 || m->content != MX_CONTENT_IPM;

	(void)a, (void)c, (void)mail;
	for (size_t i = 0; i < m->ipm.body.count; i++) {
		const struct mx_body_part *part = &m->ipm.body.items[i];
		p22 = p22 || part->extended || part->kind == MX_BODY_GENERAL_TEXT || part->kind == MX_BODY_FILE_TRANSFER ||
			  part->kind == MX_BODY_EXTENDED || part->kind == MX_BODY_MESSAGE;
	}
	m->envelope.content_type = p22 ? MX_CONTENT_P22 : MX_CONTENT_P2;
}

static const struct finish_row finish_rows[] = {
	{ROW("E-128", "2156 5.1.7", "Original-Encoded-Information-Types", "original-encoded-information-types", "eits",
		 "merge", "-", "-"),
	 finish_stated_eits},
	{ROW("E-103", "2156 5.1.5", "-", "original-encoded-information-types", "eit-mixer", "single", "-", "-"),
	 finish_eit_mixer},
	{ROW("E-104", "2156 5.1.5", "-", "content-type", "number", "single", "-", "-"), finish_content_type},
};
const struct rule_table envelope_finish_rules = RULE_TABLE("envelope", finish_rows);

void envelope_finish_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
							 struct mx_message *m)
{
	for (size_t i = 0; i < ARRAY_LEN(finish_rows); i++)
		if (rule_active(&finish_rows[i].rule))
			finish_rows[i].run(a, c, mail, m);
}
