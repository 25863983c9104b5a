/*
 * mixer/envelope_822.c - the P1 envelope becomes an SMTP envelope and X400- fields, RFC 2156 4.6.2, 5.3.6, 5.3.7 and
 * appendix A 3.2 (E-201..E-296, X-402, X-403, X-510).
 *
 * Recipients are judged one by one; what is critical and has no counterpart stops the recipients concerned (1/18), what
 * is not critical is dropped and named (E-290).
 */
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"
#include "msg/value.h"

#define MAX_ENVID 100 /* RFC 3461 4.4, in xtext */
#define MAX_ORCPT 500

struct out_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_message *m;
	struct mixer_mail *mail;
	const char *mail_from;
	const char **addresses; /* of m->recipients, NULL: no RFC 822 form */
	struct buf *discarded;  /* the value of Discarded-X400-MTS-Extensions */
	const char *label;      /* SIO-Label */
};

#define ROW(id, section, element, field, codec, multiplicity, failure)                                                 \
	{                                                                                                                  \
		id, section, RULE_TO_822, field, element, codec, multiplicity, "-", failure                                    \
	}

/* ---- extensions without a member of their own ---- */

enum extension_action {
	EXTENSION_UNSERVED, /* critical: not delivered; else dropped and named */
	EXTENSION_COMMENT,  /* shown beside the recipient (recipient_comment), handled */
	EXTENSION_LABEL,    /* SIO-Label */
	EXTENSION_IGNORED   /* of no concern here */
};
struct extension_row {
	struct rule rule;
	int number;
	enum extension_action action;
	/* EXTENSION_COMMENT: the comment, NULL for a default value */
	char *(*comment)(struct arena *a, struct octets value);
};

/* Names of the set numbers, "a, b"; unknown ones by number. */
static char *names_of(struct arena *a, const char *what, const char *const *names, size_t count, const int64_t *numbers,
					  size_t n)
{
	struct buf *b = buf_in(a, 4096);

	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i > 0 ? ", " : " ");
		if (numbers[i] >= 0 && (size_t)numbers[i] < count)
			buf_puts(b, names[numbers[i]]);
		else
			buf_printf(b, "%lld", (long long)numbers[i]);
	}
	return arena_printf(a, "%s%s", what, buf_str(b));
}

static char *comment_delivery_method(struct arena *a, struct octets value)
{
	static const char *const names[] = {"any-delivery-method",   "mhs-delivery",          "physical-delivery",
										"telex-delivery",        "teletex-delivery",      "g3-facsimile-delivery",
										"g4-facsimile-delivery", "ia5-terminal-delivery", "videotex-delivery",
										"telephone-delivery"};
	int64_t numbers[16];
	size_t count;

	if (mx_value_integers(value, numbers, ARRAY_LEN(numbers), &count) != 0 || count == 0 ||
		(count == 1 && numbers[0] == 0))
		return NULL;
	return names_of(a, "Requested Delivery Method", names, ARRAY_LEN(names), numbers, count);
}

static char *comment_delivery_modes(struct arena *a, struct octets value)
{
	static const char *const names[] = {"ordinary-mail",
										"special-delivery",
										"express-mail",
										"counter-collection",
										"counter-collection-with-telephone-advice",
										"counter-collection-with-telex-advice",
										"counter-collection-with-teletex-advice",
										"bureau-fax-delivery"};
	uint32_t bits;
	int64_t numbers[32];
	size_t count = 0;

	if (mx_value_bits(value, &bits) != 0 || (bits & ~1u) == 0)
		return NULL;
	for (int i = 0; i < 32; i++)
		if (bits & (1u << i))
			numbers[count++] = i;
	return names_of(a, "Physical Delivery Modes", names, ARRAY_LEN(names), numbers, count);
}

/* An enumeration whose value 0 is the default. */
static char *comment_if_set(struct arena *a, struct octets value, const char *text)
{
	int64_t n;

	return mx_value_integer(value, &n) == 0 && n != 0 ? arena_strdup(a, text) : NULL;
}

static char *comment_no_forwarding(struct arena *a, struct octets value)
{
	return comment_if_set(a, value, "Physical Forwarding Prohibited");
}

static char *comment_forwarding_address(struct arena *a, struct octets value)
{
	return comment_if_set(a, value, "Physical Forwarding Address Requested");
}

static char *comment_registered(struct arena *a, struct octets value)
{
	int64_t n;

	if (mx_value_integer(value, &n) != 0 || n == 0)
		return NULL;
	return arena_strdup(a, n == 2 ? "Registered Mail To Addressee In Person" : "Registered Mail");
}

static char *comment_advice_number(struct arena *a, struct octets value)
{
	char *text;

	return mx_value_string(a, value, &text) == 0 ? arena_printf(a, "Recipient Number For Advice %s", text) : NULL;
}

static char *comment_rendition(struct arena *a, struct octets value)
{
	struct mx_oid oid;

	if (mx_value_oid(value, &oid) != 0 || mx_oid_is(&oid, "2.6.2.5.0"))
		return NULL;
	return arena_printf(a, "Physical Rendition Attributes %s", forms_oid(a, &oid));
}

static char *comment_delivery_report(struct arena *a, struct octets value)
{
	return comment_if_set(a, value, "Physical Delivery Report Requested");
}

static char *comment_proof_of_delivery(struct arena *a, struct octets value)
{
	return comment_if_set(a, value, "Proof of Delivery Requested");
}

#define EXTENSION(id, section, element, number, action, comment)                                                       \
	{                                                                                                                  \
		ROW(id, section, element,                                                                                      \
			action == EXTENSION_COMMENT ? "X400-Recipients comment" : "Discarded-X400-MTS-Extensions", "extension",    \
			"-", action == EXTENSION_UNSERVED ? "non-delivery 1/18 when critical" : "-"),                              \
			number, action, comment                                                                                    \
	}
static const struct extension_row extension_rows[] = {
	EXTENSION("E-226", "2156 5.3.6", "requested-delivery-method", 6, EXTENSION_COMMENT, comment_delivery_method),
	EXTENSION("E-227", "2156 4.6.2.2", "physical-forwarding-prohibited", 7, EXTENSION_COMMENT, comment_no_forwarding),
	EXTENSION("E-228", "2156 4.6.2.2", "physical-forwarding-address-request", 8, EXTENSION_COMMENT,
			  comment_forwarding_address),
	EXTENSION("E-229", "2156 4.6.2.2", "physical-delivery-modes", 9, EXTENSION_COMMENT, comment_delivery_modes),
	EXTENSION("E-231", "2156 4.6.2.2", "registered-mail-type", 10, EXTENSION_COMMENT, comment_registered),
	EXTENSION("E-232", "2156 4.6.2.2", "recipient-number-for-advice", 11, EXTENSION_COMMENT, comment_advice_number),
	EXTENSION("E-233", "2156 4.6.2.2", "physical-rendition-attributes", 12, EXTENSION_COMMENT, comment_rendition),
	EXTENSION("E-234", "2156 4.6.2.2", "physical-delivery-report-request", 14, EXTENSION_COMMENT,
			  comment_delivery_report),
	EXTENSION("E-238", "2156 5.3.6", "originator-certificate", 15, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-239", "2156 5.3.6", "message-token", 16, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-240", "2156 5.3.6", "content-confidentiality-algorithm-identifier", 17, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-241", "2156 5.3.6", "content-integrity-check", 18, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-242", "2156 5.3.6", "message-origin-authentication-check", 19, EXTENSION_UNSERVED, NULL),
	EXTENSION("X-510", "7444 4", "message-security-label", 20, EXTENSION_LABEL, NULL),
	EXTENSION("E-243", "2156 5.3.6", "message-security-label", 20, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-254", "2156 5.3.6", "proof-of-submission-request", 21, EXTENSION_IGNORED, NULL),
	EXTENSION("E-235", "2156 5.3.6", "proof-of-delivery-request", 22, EXTENSION_UNSERVED, comment_proof_of_delivery),
	EXTENSION("E-255", "modern", "recipient-certificate", 28, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-255", "modern", "multiple-originator-certificates", 40, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-257", "modern", "dl-exempted-recipients", 42, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-258", "modern", "body-part-encryption-token", 43, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-258", "modern", "forwarded-content-token", 44, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-255", "modern", "certificate-selectors", 45, EXTENSION_UNSERVED, NULL),
	EXTENSION("E-255", "modern", "certificate-selectors-override", 46, EXTENSION_UNSERVED, NULL),
};
const struct rule_table envelope_extension_rules = RULE_TABLE("envelope", extension_rows);

/* E-290: everything else. */
static const struct extension_row other_extension =
	EXTENSION("E-290", "2156 5.3.6", "any other extension", -1, EXTENSION_UNSERVED, NULL);
const struct rule_table envelope_other_rules = {"envelope", &other_extension.rule, sizeof other_extension, 1};

/* Base64 of a short value. */
static char *base64(struct arena *a, struct octets v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_alloc(a, v.len / 3 * 4 + 5), *p = out;

	for (size_t i = 0; i < v.len; i += 3) {
		uint32_t w =
			(uint32_t)v.p[i] << 16 | (i + 1 < v.len ? (uint32_t)v.p[i + 1] << 8 : 0) | (i + 2 < v.len ? v.p[i + 2] : 0);
		*p++ = digits[w >> 18];
		*p++ = digits[w >> 12 & 63];
		*p++ = i + 1 < v.len ? digits[w >> 6 & 63] : '=';
		*p++ = i + 2 < v.len ? digits[w & 63] : '=';
	}
	return out;
}

/* X-510, RFC 7444: the label as it came; the marking for people. */
static char *sio_label(struct arena *a, const struct mixer_context *c, struct octets value)
{
	static const char *const names[] = {"UNMARKED",     "UNCLASSIFIED", "RESTRICTED",
										"CONFIDENTIAL", "SECRET",       "TOP SECRET"};
	struct mx_security_label label;
	const char *marking;

	if (c->settings->strict_mixer || mx_value_label(a, value, &label) != 0)
		return NULL;
	marking = label.privacy_mark;
	if (marking == NULL && label.classification >= 0 && label.classification < (int)ARRAY_LEN(names))
		marking = names[label.classification];
	char *text = arena_printf(a, "type=\":x411\"; label=\"%s\"", base64(a, value));
	if (marking == NULL || !str_is_printable_ascii(marking))
		return text;
	return arena_printf(a, "marking=%s; %s", forms_quoted(a, marking), text);
}

/* The first active row of x; a label that RFC 7444 cannot write is E-243's. */
static const struct extension_row *find_extension(const struct out_walk *w, const struct mx_extension *x)
{
	for (size_t i = 0; i < ARRAY_LEN(extension_rows); i++) {
		const struct extension_row *row = &extension_rows[i];
		if (x->number < 0 || x->oid.der.p != NULL || row->number != x->number || !rule_active(&row->rule))
			continue;
		if (row->action != EXTENSION_LABEL || sio_label(w->a, w->c, x->value) != NULL)
			return row;
	}
	return rule_active(&other_extension.rule) ? &other_extension : NULL;
}

static void name_discarded(struct out_walk *w, const struct mx_extension *x, const struct extension_row *row)
{
	const char *name = x->oid.der.p != NULL
						   ? forms_oid(w->a, &x->oid)
						   : forms_labelled(w->a, row->number >= 0 ? row->rule.element : NULL, x->number);

	if (strstr(buf_str(w->discarded), name) == NULL)
		buf_printf(w->discarded, "%s%s", w->discarded->len > 0 ? ", " : "", name);
}

/* G-003: the extensions of one scope; -1 with e when one must be served and cannot. */
static int judge_extensions(struct out_walk *w, const struct mx_extension *items, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct mx_extension *x = &items[i];
		const struct extension_row *row = find_extension(w, x);
		bool critical = (x->criticality & (MX_CRITICAL_TRANSFER | MX_CRITICAL_DELIVERY)) != 0;

		if (row == NULL || row->action == EXTENSION_IGNORED)
			continue;
		if (row->action == EXTENSION_COMMENT && row->comment(w->a, x->value) != NULL)
			continue;
		if (row->action == EXTENSION_LABEL) {
			w->label = sio_label(w->a, w->c, x->value);
			continue;
		}
		if (critical && row->action != EXTENSION_COMMENT)
			return x->oid.der.p != NULL ? ERR(e, ERR_MIXER_CRITICAL, "extension %s", mx_oid_text(w->a, &x->oid))
										: ERR(e, ERR_MIXER_CRITICAL, "extension %s",
											  forms_labelled(w->a, forms_extension_label(x->number), x->number));
		if (row->action != EXTENSION_COMMENT)
			name_discarded(w, x, row);
	}
	return 0;
}

/* ---- the SMTP envelope ---- */

struct recipient_out {
	struct out_walk *w;
	const struct mx_recipient *r;
	struct smtp_rcpt *to;
};
struct recipient_out_row {
	struct rule rule;
	void (*map)(struct recipient_out *x);
};

/* E-218, E-219, E-220: each row speaks for its own value of the report request. */
static void notify_report(struct recipient_out *x)
{
	if (x->r->originator_report == 2)
		x->to->notify =
			x->w->c->settings->strict_mixer ? SMTP_NOTIFY_SUCCESS : SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE;
}

static void notify_non_delivery(struct recipient_out *x)
{
	if (x->r->originator_report == 1)
		x->to->notify = SMTP_NOTIFY_FAILURE;
}

static void notify_none(struct recipient_out *x)
{
	if (x->r->originator_report == 0)
		x->to->notify = SMTP_NOTIFY_NEVER;
}

static void notify_mta(struct recipient_out *x)
{
	if (x->r->originator_report == 0 && x->r->mta_report > 0 && !x->w->c->settings->strict_mixer)
		x->to->notify = SMTP_NOTIFY_FAILURE;
}

/* E-221. */
static void original_recipient(struct recipient_out *x)
{
	if (!or_has(&x->r->original.address, OR_C))
		return;
	char *text = addr_print_or(x->w->a, &x->r->original.address);
	if (strlen(smtp_xtext_encode(x->w->a, text)) + strlen("x400;") > MAX_ORCPT)
		return;
	x->to->orcpt_type = "x400";
	x->to->orcpt = text;
}

static const struct recipient_out_row recipient_rows[] = {
	{ROW("E-219", "3461 4.1", "originator-report report", "NOTIFY=SUCCESS,FAILURE", "notify", "single", "-"),
	 notify_report},
	{ROW("E-218", "2156 appendix A 3.2", "originator-report non-delivery-report", "NOTIFY=FAILURE", "notify", "single",
		 "-"),
	 notify_non_delivery},
	{ROW("E-218", "2156 appendix A 3.2", "originator-report no-report", "NOTIFY=NEVER", "notify", "single", "-"),
	 notify_none},
	{ROW("E-220", "X.411", "originating-MTA-report", "NOTIFY=FAILURE", "notify", "single", "-"), notify_mta},
	{ROW("E-221", "2156 appendix A 3.2", "originally-intended-recipient-name", "ORCPT", "std_or", "single", "drop"),
	 original_recipient},
};
const struct rule_table envelope_recipient_rules = RULE_TABLE("envelope", recipient_rows);

/* E-204, E-295. */
static void set_mail_from(struct out_walk *w)
{
	char *text;
	enum addr_how how;
	struct err err = {0};

	w->mail_from = w->c->settings->postmaster;
	if (rule_id_active("E-204") && addr_to_822(w->a, w->c->tables, &w->m->envelope.originator.address, ADDR_ORIGINATOR,
											   &text, &how, NULL, &err) == 0)
		w->mail_from = text;
	w->mail->envelope.mail_from = w->mail_from;
}

/* E-222, E-223: the short key; the letter of 1998 where it fits. */
static void set_envid(struct out_walk *w)
{
	char *text = arena_printf(w->a, "X400-MTS-Identifier: %s", mx_mts_id_text(w->a, &w->m->envelope.id));

	w->mail->envelope.envid = w->c->id.envid;
	if (w->c->settings->strict_mixer && rule_id_active("E-222") && strlen(smtp_xtext_encode(w->a, text)) <= MAX_ENVID)
		w->mail->envelope.envid = text;
}

/* E-224. */
static void set_ret(struct out_walk *w)
{
	w->mail->envelope.ret = w->m->envelope.content_return_request && !w->c->settings->never_return ? SMTP_RET_FULL : SMTP_RET_HDRS;
}

struct out_row {
	struct rule rule;
	void (*give)(struct out_walk *w);
};
static const struct out_row smtp_rows[] = {
	{ROW("E-295", "2156 5.3.2", "originator-name", "MAIL FROM", "address", "single", "postmaster"), set_mail_from},
	{ROW("E-223", "3461 4.4", "message-identifier", "ENVID", "key", "single", "-"), set_envid},
	{ROW("E-224", "2156 appendix A 3.2", "content-return-request", "RET", "ret", "single", "-"), set_ret},
};
const struct rule_table envelope_smtp_rules = RULE_TABLE("envelope", smtp_rows);

static void run_rows(const struct out_row *rows, size_t count, struct out_walk *w)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].give != NULL && rule_active(&rows[i].rule))
			rows[i].give(w);
}

/* What stops every recipient alike. */
static int judge_message(struct out_walk *w, struct err *e)
{
	const struct mx_envelope *env = &w->m->envelope;

	/* E-251 */
	if (env->latest_delivery_time.set && rule_id_active("E-251") &&
		env->latest_delivery_time.seconds <= w->c->now.seconds)
		return ERR(e, ERR_MIXER_EXPIRED, "latest delivery %s", forms_date(w->a, &env->latest_delivery_time));
	return judge_extensions(w, env->extensions.items, env->extensions.count, e);
}

static int map_recipient(struct out_walk *w, size_t i, struct err *e)
{
	const struct mx_recipient *r = &w->m->recipients.items[i];
	struct recipient_out x = {w, r, NULL};
	char *address;
	enum addr_how how;

	TRY(addr_to_822(w->a, w->c->tables, &r->name.address, ADDR_RECIPIENT, &address, &how, NULL, e));
	/* what X.400 could not deliver either would only come back from our own domain. */
	if (how == ADDR_GATEWAY_LHS && rule_id_active("A-149"))
		TRY(addr_check_or(&r->name.address, e));
	w->addresses[i] = address;
	TRY(judge_extensions(w, r->extensions.items, r->extensions.count, e));
	x.to = ARENA_PUSH(w->a, &w->mail->envelope.rcpt);
	x.to->address = address;
	for (size_t k = 0; k < ARRAY_LEN(recipient_rows); k++)
		if (rule_active(&recipient_rows[k].rule))
			recipient_rows[k].map(&x);
	return 0;
}

/* E-208: those we are responsible for; the others are only known for E-209. */
static void map_recipients(struct out_walk *w)
{
	struct err all = {0};
	bool refused = judge_message(w, &all) != 0;

	w->addresses = arena_array(w->a, w->m->recipients.count + 1, sizeof *w->addresses);
	for (size_t i = 0; i < w->m->recipients.count; i++) {
		if (!w->m->recipients.items[i].responsibility) {
			char *address;
			enum addr_how how;
			struct err err = {0};
			if (addr_to_822(w->a, w->c->tables, &w->m->recipients.items[i].name.address, mixer_header_use(w->c), &address, &how,
							NULL, &err) == 0)
				w->addresses[i] = address;
			continue;
		}
		struct mixer_verdict *v = ARENA_PUSH(w->a, &w->mail->verdicts);
		v->recipient = i;
		v->rcpt = -1;
		if (refused)
			v->err = all;
		else if (map_recipient(w, i, &v->err) == 0)
			v->rcpt = (int)w->mail->envelope.rcpt.count - 1;
	}
}

/* ---- the fields ---- */

static void add(struct out_walk *w, const char *name, const char *value)
{
	mime_add_field(w->a, w->mail->entity, name, value);
}

static void add_date(struct out_walk *w, const char *name, const struct when *t)
{
	if (t->set)
		add(w, name, forms_date(w->a, t));
}

/* E-213. */
static void give_date(struct out_walk *w)
{
	const struct mx_envelope *env = &w->m->envelope;

	add_date(w, "Date", env->trace.count > 0 ? &env->trace.items[0].arrival_time : &w->c->now);
}

static void give_originator(struct out_walk *w)
{
	add(w, "X400-Originator", arena_printf(w->a, "%s%s", w->mail_from, directory_comment(w->a, w->c, &w->m->envelope.originator)));
}

/* E-211: " (Originally To: a Redirected on D To: R b Redirected Again on D To: R)". */
static char *redirection_comment(struct out_walk *w, const struct mx_recipient *r)
{
	static const char *const reasons[] = {"Recipient Assigned Alternate Recipient",
										  "Originator Requested Alternate Recipient",
										  "Recipient MD Assigned Alternate Recipient", "Directory Look Up", "Alias"};
	struct buf *b = buf_in(w->a, 65536);

	for (size_t i = 0; i < r->redirection_history.count; i++) {
		const struct mx_redirection *step = &r->redirection_history.items[i];
		struct mx_or_descriptor d = {.has_formal_name = true, .formal_name = step->name};
		buf_printf(b, "%s%s %s", i == 0 ? "Originally To: " : " ", descriptor_to_822(w->a, w->c, &d),
				   i == 0 ? "Redirected" : "Redirected Again");
		if (step->time.set)
			buf_printf(b, " on %s", forms_date(w->a, &step->time));
		buf_printf(b, " To: %s",
				   step->reason >= 0 && step->reason < (int)ARRAY_LEN(reasons) ? reasons[step->reason] : "unknown");
	}
	return b->len > 0 ? arena_strdup(w->a, buf_str(b)) : NULL;
}

static void put_comment(struct out_walk *w, struct buf *b, const char *text)
{
	if (text != NULL)
		buf_printf(b, " (%s)", mime_encode_words(w->a, forms_comment(w->a, text)));
}

/* E-210, E-211, E-226..E-235, E-249. */
static void put_recipient(struct out_walk *w, size_t i, struct buf *b)
{
	const struct mx_recipient *r = &w->m->recipients.items[i];

	buf_printf(b, "%s%s", b->len > 0 ? ", " : "", w->addresses[i]);
	if (rule_id_active("E-210"))
		buf_puts(b, directory_comment(w->a, w->c, &r->name));
	if (rule_id_active("E-211"))
		put_comment(w, b, redirection_comment(w, r));
	for (size_t k = 0; k < r->extensions.count; k++) {
		const struct extension_row *row = find_extension(w, &r->extensions.items[k]);
		if (row != NULL && row->comment != NULL)
			put_comment(w, b, row->comment(w->a, r->extensions.items[k].value));
	}
	if (or_has(&r->originator_requested_alternate.address, OR_C) && rule_id_active("E-249")) {
		struct mx_or_descriptor d = {.has_formal_name = true, .formal_name = r->originator_requested_alternate};
		put_comment(w, b, arena_printf(w->a, "Alternate Recipient %s", descriptor_to_822(w->a, w->c, &d)));
	}
}

/* E-209: all of them where disclosure is allowed; the only one of ours where it is not. */
static void give_recipients(struct out_walk *w)
{
	struct buf *b = buf_in(w->a, 0x400000);
	bool all = w->m->envelope.disclosure_of_other_recipients;
	bool passed;

	if (!all && w->mail->envelope.rcpt.count != 1)
		return;
	for (size_t i = 0; i < w->m->recipients.count; i++) {
		passed = false;
		for (size_t k = 0; k < w->mail->verdicts.count; k++)
			passed = passed || (w->mail->verdicts.items[k].recipient == i && w->mail->verdicts.items[k].rcpt >= 0);
		if (w->addresses[i] != NULL && (all || passed))
			put_recipient(w, i, b);
	}
	if (b->len > 0)
		add(w, "X400-Recipients", buf_str(b));
}

static void give_mts_id(struct out_walk *w)
{
	add(w, "X400-MTS-Identifier", mx_mts_id_text(w->a, &w->m->envelope.id));
}

static void give_eits(struct out_walk *w)
{
	char *text = forms_eits(w->a, &w->m->envelope.original_eits);

	if (*text != '\0')
		add(w, "Original-Encoded-Information-Types", text);
}

static void give_content_type(struct out_walk *w)
{
	add(w, "X400-Content-Type",
		forms_content_type(w->a, w->m->envelope.content_type, &w->m->envelope.content_type_oid));
}

static void give_content_identifier(struct out_walk *w)
{
	if (w->m->envelope.content_identifier != NULL)
		add(w, "X400-Content-Identifier", w->m->envelope.content_identifier);
}

/* E-206: normal is the default of both sides. */
static void give_priority(struct out_walk *w)
{
	if (w->m->envelope.priority != MX_NORMAL)
		add(w, "Priority", w->m->envelope.priority == MX_URGENT ? "urgent" : "non-urgent");
}

/* whether the next hop offers MT-PRIORITY is not known here, so the field. */
static void give_mt_priority(struct out_walk *w)
{
	if (w->m->envelope.priority != MX_NORMAL && !w->c->settings->strict_mixer)
		add(w, "MT-Priority", w->m->envelope.priority == MX_URGENT ? "4" : "-4");
}

static void give_conversion(struct out_walk *w)
{
	if (w->m->envelope.implicit_conversion_prohibited)
		add(w, "Conversion", "Prohibited");
}

static void give_conversion_with_loss(struct out_walk *w)
{
	if (w->m->envelope.conversion_with_loss_prohibited)
		add(w, "Conversion-With-Loss", "Prohibited");
}

static void give_deferred(struct out_walk *w)
{
	add_date(w, "Deferred-Delivery", &w->m->envelope.deferred_delivery_time);
}

static void give_latest(struct out_walk *w)
{
	add_date(w, "Latest-Delivery-Time", &w->m->envelope.latest_delivery_time);
}

static void give_return_address(struct out_walk *w)
{
	struct mx_or_descriptor d = {.has_formal_name = true, .formal_name = w->m->envelope.originator_return_address};

	if (or_has(&d.formal_name.address, OR_C))
		add(w, "Originator-Return-Address", descriptor_to_822(w->a, w->c, &d));
}

/* E-245: the most recent expansion on top. */
static void give_dl_history(struct out_walk *w)
{
	for (size_t i = w->m->envelope.dl_history.count; i > 0; i--) {
		const struct mx_dl_history *dl = &w->m->envelope.dl_history.items[i - 1];
		struct mx_or_descriptor d = {.has_formal_name = true, .formal_name = dl->dl};
		add(w, "DL-Expansion-History",
			arena_printf(w->a, "%s; %s;", descriptor_to_822(w->a, w->c, &d), forms_date(w->a, &dl->time)));
	}
}

static void give_label(struct out_walk *w)
{
	if (w->label != NULL)
		add(w, "SIO-Label", w->label);
}

static void give_discarded(struct out_walk *w)
{
	if (w->discarded->len > 0)
		add(w, "Discarded-X400-MTS-Extensions", buf_str(w->discarded));
}

static const struct out_row field_rows[] = {
	{ROW("E-213", "2156 5.3.6", "trace-information[0] arrival-time", "Date", "date", "single", "now"), give_date},
	{ROW("E-204", "2156 5.3.6", "originator-name", "X400-Originator", "address", "single", "postmaster"),
	 give_originator},
	{ROW("E-209", "2156 4.6.2.2", "recipient-name", "X400-Recipients", "address", "list", "-"), give_recipients},
	{ROW("E-210", "2156 4.6.2.2", "recipient-name directory-name", "X400-Recipients comment", "text", "single", "-"), NULL},
	{ROW("E-201", "2156 5.3.6", "message-identifier", "X400-MTS-Identifier", "mts_id", "single", "-"), give_mts_id},
	{ROW("E-205", "2156 5.3.6", "original-encoded-information-types", "Original-Encoded-Information-Types", "eits",
		 "single", "-"),
	 give_eits},
	{ROW("E-203", "2156 5.3.6", "content-type", "X400-Content-Type", "labelled", "single", "-"), give_content_type},
	{ROW("E-214", "2156 5.3.6", "content-identifier", "X400-Content-Identifier", "printable", "single", "-"),
	 give_content_identifier},
	{ROW("E-206", "2156 5.3.6", "priority", "Priority", "keyword", "single", "-"), give_priority},
	{ROW("X-403", "6710", "priority", "MT-Priority", "number", "single", "-"), give_mt_priority},
	{ROW("E-207", "2156 5.3.6", "implicit-conversion-prohibited", "Conversion", "prohibition", "single", "-"),
	 give_conversion},
	{ROW("E-244", "2156 5.3.6", "conversion-with-loss-prohibited", "Conversion-With-Loss", "prohibition", "single",
		 "-"),
	 give_conversion_with_loss},
	{ROW("E-215", "2156 5.3.7", "deferred-delivery-time", "Deferred-Delivery", "date", "single", "-"), give_deferred},
	{ROW("E-250", "2156 5.3.7", "latest-delivery-time", "Latest-Delivery-Time", "date", "single", "-"), give_latest},
	{ROW("E-236", "2156 5.3.6", "originator-return-address", "Originator-Return-Address", "address", "single", "-"),
	 give_return_address},
	{ROW("E-245", "2156 5.3.6", "dl-expansion-history", "DL-Expansion-History", "dl_expansion", "list", "-"),
	 give_dl_history},
	{ROW("X-510", "7444 4", "message-security-label", "SIO-Label", "label", "single", "E-243"), give_label},
	{ROW("E-290", "2156 5.3.6", "other extensions", "Discarded-X400-MTS-Extensions", "extension", "list", "-"),
	 give_discarded},
};
const struct rule_table envelope_to_822_rules = RULE_TABLE("envelope", field_rows);

int envelope_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out,
					struct err *e)
{
	struct out_walk w = {.a = a, .c = c, .m = m, .mail = out, .discarded = buf_in(a, 65536)};

	(void)e;
	run_rows(smtp_rows, ARRAY_LEN(smtp_rows), &w);
	map_recipients(&w);
	if (out->envelope.rcpt.count > 0)
		run_rows(field_rows, ARRAY_LEN(field_rows), &w);
	return 0;
}
