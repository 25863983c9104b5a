/*
 * mixer/heading_822.c - the heading of an IPM becomes the header of a mail, RFC 2156 5.3.2 and 5.3.4 (H-201..H-329).
 *
 * Rows run in order, and that is the order of the fields.  The rfc-822-field-list comes last and under guard: an X.400
 * sender must not write fields that a gateway owns or a receiver trusts (G-031).
 */
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"
#include "msg/value.h"

#define MAX_LIST_ITEM 16384

struct out_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_message *m; /* NULL: a forwarded IPM */
	const struct mx_heading *h;
	struct mime_entity *mail;
	struct buf *discarded; /* the value of Discarded-X400-IPMS-Extensions */
	size_t made;           /* fields before the list */
};
struct out_row {
	struct rule rule;
	void (*give)(struct out_walk *w);
};

#define ROW(id, section, element, field, codec, multiplicity, failure)                                                 \
	{                                                                                                                  \
		id, section, RULE_TO_822, field, element, codec, multiplicity, "-", failure                                    \
	}

static void add(struct out_walk *w, const char *name, const char *value)
{
	mime_add_field(w->a, w->mail, name, value);
}

/* Joins non-NULL texts with sep into one field; none: no field. */
struct joined {
	struct out_walk *w;
	struct buf *text;
	const char *sep;
};

static struct joined join(struct out_walk *w, const char *sep)
{
	return (struct joined){w, buf_in(w->a, 0x400000), sep};
}

static void join_add(struct joined *j, const char *text)
{
	if (text != NULL)
		buf_printf(j->text, "%s%s", j->text->len > 0 ? j->sep : "", text);
}

static void join_give(struct joined *j, const char *name)
{
	if (j->text->len > 0)
		add(j->w, name, buf_str(j->text));
}

/* ---- addresses ---- */

static char *smtp_originator(struct out_walk *w)
{
	char *text;
	enum addr_how how;
	struct err err = {0};

	if (w->m == NULL || addr_to_822(w->a, w->c->tables, &w->m->envelope.originator.address, ADDR_ORIGINATOR, &text,
									&how, NULL, &err) != 0)
		return arena_strdup(w->a, w->c->settings->postmaster);
	return text;
}

/* A From must have an address: one that has none keeps its name before the address of the transfer (G-037). */
static char *author(struct out_walk *w, const struct mx_or_descriptor *d)
{
	char *text = descriptor_to_822(w->a, w->c, d);

	if (strstr(text, ":;") == NULL)
		return text;
	return arena_printf(
		w->a, "%s <%s>",
		mime_encode_phrase(w->a, d->free_form_name.utf8 != NULL ? d->free_form_name.utf8 : "X.400 user"),
		smtp_originator(w));
}

/* H-202. */
static void give_from(struct out_walk *w)
{
	if (w->h->has_originator && w->h->authorizing_users.count == 0)
		add(w, "From", author(w, &w->h->originator));
}

/* H-204. */
static void give_authors(struct out_walk *w)
{
	struct joined j = join(w, ", ");

	for (size_t i = 0; i < w->h->authorizing_users.count; i++)
		join_add(&j, author(w, &w->h->authorizing_users.items[i]));
	join_give(&j, "From");
}

/* H-203. */
static void give_sender(struct out_walk *w)
{
	if (w->h->has_originator && w->h->authorizing_users.count > 0)
		add(w, "Sender", author(w, &w->h->originator));
}

/* H-205, G-037. */
static void give_invented_from(struct out_walk *w)
{
	if (!w->h->has_originator && w->h->authorizing_users.count == 0)
		add(w, "From", arena_printf(w->a, "\"X.400 originator\" <%s>", smtp_originator(w)));
}

static void give_list(struct out_walk *w, const char *name, const struct mx_recipient_specifier *items, size_t count)
{
	struct joined j = join(w, ", ");

	for (size_t i = 0; i < count; i++)
		join_add(&j, recipient_to_822(w->a, w->c, &items[i]));
	join_give(&j, name);
}

static void give_to(struct out_walk *w)
{
	give_list(w, "To", w->h->primary_recipients.items, w->h->primary_recipients.count);
}

static void give_cc(struct out_walk *w)
{
	give_list(w, "Cc", w->h->copy_recipients.items, w->h->copy_recipients.count);
}

/* H-208; H-117 made the name BCC of an empty field. */
static void give_bcc(struct out_walk *w)
{
	const struct mx_recipient_specifier *first = w->h->blind_copy_recipients.items;

	if (w->h->blind_copy_recipients.count == 1 && !first->recipient.has_formal_name &&
		first->recipient.free_form_name.utf8 != NULL && str_ieq(first->recipient.free_form_name.utf8, "BCC"))
		add(w, "Bcc", "");
	else
		give_list(w, "Bcc", first, w->h->blind_copy_recipients.count);
}

/* G-037: at least one recipient field. */
static void give_no_recipients(struct out_walk *w)
{
	if (w->h->primary_recipients.count + w->h->copy_recipients.count + w->h->blind_copy_recipients.count == 0)
		add(w, "To", "list:;");
}

static void give_reply_to(struct out_walk *w)
{
	struct joined j = join(w, ", ");

	for (size_t i = 0; i < w->h->reply_recipients.count; i++)
		join_add(&j, descriptor_to_822(w->a, w->c, &w->h->reply_recipients.items[i]));
	join_give(&j, "Reply-To");
}

/* ---- identifiers ---- */

static void give_message_id(struct out_walk *w)
{
	char *id = ipm_id_to_822(w->a, w->c, &w->h->this_ipm);

	if (id != NULL)
		add(w, "Message-ID", id);
}

static void give_in_reply_to(struct out_walk *w)
{
	char *id = ipm_reference_to_822(w->a, w->c, &w->h->replied_to_ipm);

	if (id != NULL)
		add(w, "In-Reply-To", id);
}

/* H-212; H-210: user agents thread on References alone. */
static void give_references(struct out_walk *w)
{
	struct joined j = join(w, " ");
	char *reply = w->h->replied_to_ipm.set ? ipm_reference_to_822(w->a, w->c, &w->h->replied_to_ipm) : NULL;

	for (size_t i = 0; i < w->h->related_ipms.count; i++) {
		char *id = ipm_reference_to_822(w->a, w->c, &w->h->related_ipms.items[i]);
		if (id != NULL && reply != NULL && str_eq(id, reply))
			reply = NULL;
		join_add(&j, id);
	}
	if (!w->c->settings->strict_mixer && rule_id_active("H-210"))
		join_add(&j, reply);
	join_give(&j, "References");
}

static void give_supersedes(struct out_walk *w)
{
	struct joined j = join(w, " ");

	for (size_t i = 0; i < w->h->obsoleted_ipms.count; i++)
		join_add(&j, ipm_id_to_822(w->a, w->c, &w->h->obsoleted_ipms.items[i]));
	join_give(&j, "Supersedes");
}

/* ---- the rest of the heading ---- */

/* Text on one line: line breaks are folding points (H-213). */
static char *one_line(struct arena *a, const char *text)
{
	char *line = arena_strdup(a, text);

	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return line;
}

/* X.420:1999 extended-subject, H-261. */
static char *extended_subject(struct out_walk *w)
{
	char *text;

	for (size_t i = 0; i < w->h->extensions.count; i++)
		if (mx_oid_is(&w->h->extensions.items[i].oid, "2.6.1.5.8") && rule_id_active("H-261") &&
			mx_value_universal(w->a, w->h->extensions.items[i].value, &text) == 0)
			return text;
	return NULL;
}

static void give_subject(struct out_walk *w)
{
	const char *text = extended_subject(w);

	if (text == NULL)
		text = w->h->subject.utf8;
	if (text != NULL)
		add(w, "Subject", mime_encode_words(w->a, one_line(w->a, text)));
}

static void give_expires(struct out_walk *w)
{
	if (w->h->expiry_time.set)
		add(w, "Expires", forms_date(w->a, &w->h->expiry_time));
}

static void give_reply_by(struct out_walk *w)
{
	if (w->h->reply_time.set)
		add(w, "Reply-By", forms_date(w->a, &w->h->reply_time));
}

/* H-217: normal is the default of both sides. */
static void give_importance(struct out_walk *w)
{
	if (w->h->importance == MX_IMPORTANCE_LOW || w->h->importance == MX_IMPORTANCE_HIGH)
		add(w, "Importance", w->h->importance == MX_IMPORTANCE_HIGH ? "high" : "low");
}

static void give_sensitivity(struct out_walk *w)
{
	static const char *const names[] = {[1] = "Personal", [2] = "Private", [3] = "Company-Confidential"};

	if (w->h->sensitivity >= 1 && w->h->sensitivity < (int)ARRAY_LEN(names))
		add(w, "Sensitivity", names[w->h->sensitivity]);
}

static void give_autoforwarded(struct out_walk *w)
{
	if (w->h->auto_forwarded)
		add(w, "Autoforwarded", "TRUE");
}

static void give_incomplete_copy(struct out_walk *w)
{
	if (w->h->incomplete_copy)
		add(w, "Incomplete-Copy", "");
}

static bool is_tag(const char *s)
{
	size_t n = 0;

	while (str_lower(s[n]) >= 'a' && str_lower(s[n]) <= 'z')
		n++;
	if (n < 2 || (s[n] != '\0' && s[n] != '-'))
		return false;
	for (; s[n] != '\0'; n++)
		if (s[n] != '-' && !str_is_digit(s[n]) && !(str_lower(s[n]) >= 'a' && str_lower(s[n]) <= 'z'))
			return false;
	return true;
}

static void discard(struct out_walk *w, const struct mx_oid *oid)
{
	const char *name = forms_oid(w->a, oid);

	if (strstr(buf_str(w->discarded), name) == NULL)
		buf_printf(w->discarded, "%s%s", w->discarded->len > 0 ? ", " : "", name);
}

static void discard_named(struct out_walk *w, const char *dotted)
{
	struct mx_oid oid = mx_oid_parse(w->a, dotted);

	discard(w, &oid);
}

/* H-221. */
static void give_languages(struct out_walk *w)
{
	struct joined j = join(w, ", ");

	for (size_t i = 0; i < w->h->languages.count; i++) {
		if (is_tag(w->h->languages.items[i]))
			join_add(&j, w->h->languages.items[i]);
		else
			discard_named(w, "2.6.1.5.1");
	}
	join_give(&j, "Content-Language");
}

static void give_autosubmitted(struct out_walk *w)
{
	static const char *const names[] = {"not-auto-submitted", "auto-generated", "auto-replied"};

	if (w->h->auto_submitted >= 0 && w->h->auto_submitted < (int)ARRAY_LEN(names))
		add(w, "Autosubmitted", names[w->h->auto_submitted]);
}

/* H-223: what vacation programs read. */
static void give_auto_submitted(struct out_walk *w)
{
	static const char *const names[] = {"no", "auto-generated", "auto-replied"};

	if (!w->c->settings->strict_mixer && w->h->auto_submitted >= 0 && w->h->auto_submitted < (int)ARRAY_LEN(names))
		add(w, "Auto-Submitted", names[w->h->auto_submitted]);
}

static bool asks_ours(const struct out_walk *w, const struct mx_recipient_specifier *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; items[i].rn && items[i].recipient.has_formal_name && k < w->m->recipients.count; k++)
			if (w->m->recipients.items[k].responsibility &&
				or_equal(&w->m->recipients.items[k].name.address, &items[i].recipient.formal_name.address))
				return true;
	return false;
}

/* N-302: to the originator, of whom RFC 8098 2.1 wants the address alone. */
static void give_mdn_request(struct out_walk *w)
{
	const struct mx_heading *h = w->h;

	if (w->m == NULL || !w->c->settings->mdn_requests || w->c->settings->strict_mixer)
		return;
	if (asks_ours(w, h->primary_recipients.items, h->primary_recipients.count) ||
		asks_ours(w, h->copy_recipients.items, h->copy_recipients.count) ||
		asks_ours(w, h->blind_copy_recipients.items, h->blind_copy_recipients.count))
		add(w, "Disposition-Notification-To", smtp_originator(w));
}

/* H-239. */
static void give_recipient_extensions(struct out_walk *w)
{
	struct {
		const struct mx_recipient_specifier *items;
		size_t count;
	} lists[] = {{w->h->primary_recipients.items, w->h->primary_recipients.count},
				 {w->h->copy_recipients.items, w->h->copy_recipients.count},
				 {w->h->blind_copy_recipients.items, w->h->blind_copy_recipients.count}};

	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l].count; i++)
			for (size_t k = 0; k < lists[l].items[i].extensions.count; k++)
				discard(w, &lists[l].items[i].extensions.items[k].oid);
}

/* H-225, H-260..H-269; H-227: a user's wish about conversion that we do not know is named too. */
static void give_other_extensions(struct out_walk *w)
{
	for (size_t i = 0; i < w->h->extensions.count; i++) {
		const struct mx_oid *oid = &w->h->extensions.items[i].oid;
		if (!mx_oid_is(oid, "2.6.1.5.8") || extended_subject(w) == NULL)
			discard(w, oid);
	}
}

/* ---- the rfc-822-field-list ---- */

/* G-031: names that the list may never make; a '*' at the end stands for any rest. */
static const char *const guarded[] = {
	"Received",
	"X400-*",
	"Return-Path",
	"Delivered-To",
	"Authentication-Results",
	"ARC-*",
	"DKIM-*",
	"DomainKey-Signature",
	"From",
	"Sender",
	"To",
	"Cc",
	"Bcc",
	"Date",
	"MIME-Version",
	"Content-Type",
	"Content-Transfer-Encoding",
	"Content-ID",
	"Content-Description",
	"Content-Disposition",
	"SIO-Label*",
	"MMHS-*",
	"Disposition-Notification-*",
	"DL-Expansion-History",
	"Discarded-X400-*",
	"MT-Priority",
	"Original-Encoded-Information-Types",
	"Message-Type",
	"Received-SPF",
	"Apparently-To",
	"Return-Receipt-To",
};
/* Inside a forwarded message nobody acts on them: only what the body writes itself. */
static const char *const guarded_inside[] = {"MIME-Version",
											 "Content-Type",
											 "Content-Transfer-Encoding",
											 "Content-ID",
											 "Content-Description",
											 "Content-Disposition",
											 "From",
											 "Sender",
											 "To",
											 "Cc",
											 "Bcc"};

static bool is_guarded(const struct out_walk *w, const char *name)
{
	const char *const *list = w->m != NULL ? guarded : guarded_inside;
	size_t count = w->m != NULL ? ARRAY_LEN(guarded) : ARRAY_LEN(guarded_inside);

	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(list[i]);
		if (list[i][n - 1] == '*' ? str_ieqn(name, list[i], n - 1) : str_ieq(name, list[i]))
			return true;
	}
	return false;
}

/* "Name: value" that is a field of RFC 5322 and nothing else; false when it is not. */
static bool split_item(struct arena *a, const char *item, char **name, const char **value)
{
	const char *colon = strchr(item, ':');

	if (colon == NULL || colon == item || strlen(item) > MAX_LIST_ITEM)
		return false;
	for (const char *p = item; p < colon; p++)
		if (*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	for (const char *p = colon; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 ? *p != '\t' : (unsigned char)*p >= 0x7f)
			return false;
	*name = arena_strndup(a, item, (size_t)(colon - item));
	for (colon++; *colon == ' '; colon++)
		;
	*value = colon;
	return true;
}

static struct mime_field *find_made(struct out_walk *w, const char *name)
{
	for (size_t i = 0; i < w->made; i++)
		if (str_ieq(w->mail->fields.items[i].name, name))
			return &w->mail->fields.items[i];
	return NULL;
}

/* H-224: would this text, mapped again, give the element that is there?  Then it is the original that was cut. */
static bool same_subject(struct out_walk *w, const char *value)
{
	struct mx_text cut = {0};

	(void)forms_text(w->a, mime_decode_words(w->a, value), 128, &cut);
	return w->h->subject.utf8 != NULL && str_eq(cut.utf8, w->h->subject.utf8);
}

static bool same_id(struct out_walk *w, const char *text, const struct mx_ipm_id *id)
{
	struct mx_ipm_id again;

	return text != NULL && id->set && ipm_id_to_x400(w->a, w->c, text, &again) == 0 && again.has_user == id->has_user &&
		   str_ieq(again.user_relative, id->user_relative) &&
		   (!id->has_user || or_equal(&again.user.address, &id->user.address));
}

static bool same_message_id(struct out_walk *w, const char *value)
{
	struct mime_msgids ids = {0};

	mime_parse_msgids(w->a, value, &ids);
	return ids.count > 0 && same_id(w, ids.items[0].id, &w->h->this_ipm);
}

static bool same_in_reply_to(struct out_walk *w, const char *value)
{
	struct mime_msgids ids = {0};

	mime_parse_msgids(w->a, value, &ids);
	return ids.count == 1 &&
		   same_id(w, ids.items[0].id != NULL ? ids.items[0].id : ids.items[0].phrase, &w->h->replied_to_ipm);
}

/* The first and the last identifier must agree; between them the element may have been cut (H-120). */
static bool same_references(struct out_walk *w, const char *value)
{
	struct mime_msgids ids = {0};
	size_t n = w->h->related_ipms.count;

	mime_parse_msgids(w->a, value, &ids);
	return ids.count > 0 && n > 0 && ids.count >= n &&
		   same_id(w, ids.items[0].id != NULL ? ids.items[0].id : ids.items[0].phrase, &w->h->related_ipms.items[0]) &&
		   (n == 1 || ids.count != n || same_id(w, ids.items[n - 1].id, &w->h->related_ipms.items[n - 1]));
}

static bool same_languages(struct out_walk *w, const char *value)
{
	const char *rest = mime_strip_comments(w->a, value);
	size_t n = 0;
	char *tag;

	while ((tag = forms_next_item(w->a, &rest, ',')) != NULL)
		if (n < w->h->languages.count && str_ieqn(tag, w->h->languages.items[n], 2))
			n++;
	return n == w->h->languages.count;
}

static const struct {
	const char *name;
	bool (*same)(struct out_walk *w, const char *value);
} originals[] = {{"Subject", same_subject},
				 {"Message-ID", same_message_id},
				 {"In-Reply-To", same_in_reply_to},
				 {"References", same_references},
				 {"Content-Language", same_languages}};

/* H-224: a field that the heading made already: the list's copy stands only where it is the same thing in full. */
static void restore_made(struct out_walk *w, struct mime_field *made, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(originals); i++)
		if (str_ieq(originals[i].name, made->name) && originals[i].same(w, value))
			made->value = arena_strdup(w->a, value);
}

static void restore(struct out_walk *w, const char *item)
{
	char *name;
	const char *value;

	if (!split_item(w->a, item, &name, &value)) {
		discard_named(w, FORMS_OID_RFC_822_FIELD);
		return;
	}
	struct mime_field *made = find_made(w, name);
	if (made != NULL)
		restore_made(w, made, value);
	else if (rule_id_active("G-031") && is_guarded(w, name))
		discard_named(w, FORMS_OID_RFC_822_FIELD);
	else
		add(w, name, value);
}

/* G-030. */
static void give_field_list(struct out_walk *w)
{
	w->made = w->mail->fields.count;
	for (size_t i = 0; i < w->h->rfc_822_fields.count; i++)
		restore(w, w->h->rfc_822_fields.items[i]);
}

static void give_discarded(struct out_walk *w)
{
	if (w->discarded->len > 0)
		add(w, "Discarded-X400-IPMS-Extensions", buf_str(w->discarded));
}

static const struct out_row rows[] = {
	{ROW("H-202", "2156 5.3.4", "originator", "From", "or_descriptor", "single", "-"), give_from},
	{ROW("H-204", "2156 5.3.4", "authorizing-users", "From", "or_descriptor", "list", "-"), give_authors},
	{ROW("H-203", "2156 5.3.4", "originator, authorizing-users present", "Sender", "or_descriptor", "single", "-"),
	 give_sender},
	{ROW("H-205", "2156 5.3.2", "originator absent", "From", "or_descriptor", "single", "-"), give_invented_from},
	{ROW("H-201", "2156 5.3.4", "this-IPM", "Message-ID", "ipm_id", "single", "-"), give_message_id},
	{ROW("H-206", "2156 5.3.4", "primary-recipients", "To", "recipient_specifier", "list", "-"), give_to},
	{ROW("H-207", "2156 5.3.4", "copy-recipients", "Cc", "recipient_specifier", "list", "-"), give_cc},
	{ROW("H-208", "2156 5.3.4", "blind-copy-recipients", "Bcc", "recipient_specifier", "list", "-"), give_bcc},
	{ROW("G-037", "2156 5.3.2", "no recipients", "To", "list:;", "single", "-"), give_no_recipients},
	{ROW("H-209", "2156 5.3.4", "replied-to-IPM", "In-Reply-To", "ipm_id", "single", "-"), give_in_reply_to},
	{ROW("H-212", "2156 5.3.4", "related-IPMs", "References", "ipm_id", "list", "-"), give_references},
	{ROW("H-211", "2156 5.3.4", "obsoleted-IPMs", "Supersedes", "ipm_id", "list", "-"), give_supersedes},
	{ROW("H-213", "2156 5.3.4", "subject", "Subject", "text", "single", "-"), give_subject},
	{ROW("H-214", "2156 5.3.4", "expiry-time", "Expires", "date", "single", "-"), give_expires},
	{ROW("H-215", "2156 5.3.4", "reply-time", "Reply-By", "date", "single", "-"), give_reply_by},
	{ROW("H-216", "2156 5.3.4", "reply-recipients", "Reply-To", "or_descriptor", "list", "-"), give_reply_to},
	{ROW("H-217", "2156 5.3.4", "importance", "Importance", "keyword", "single", "-"), give_importance},
	{ROW("H-218", "2156 5.3.4", "sensitivity", "Sensitivity", "keyword", "single", "-"), give_sensitivity},
	{ROW("H-219", "2156 5.3.4", "auto-forwarded", "Autoforwarded", "boolean", "single", "-"), give_autoforwarded},
	{ROW("H-220", "2156 5.3.4", "incomplete-copy", "Incomplete-Copy", "null", "single", "-"), give_incomplete_copy},
	{ROW("H-221", "2156 5.3.4", "languages", "Content-Language", "language", "list", "drop"), give_languages},
	{ROW("H-222", "2156 5.3.4", "auto-submitted", "Autosubmitted", "keyword", "single", "-"), give_autosubmitted},
	{ROW("H-223", "3834", "auto-submitted", "Auto-Submitted", "keyword", "single", "-"), give_auto_submitted},
	{ROW("N-302", "8098 2.1", "notification-requests rn", "Disposition-Notification-To", "address", "single", "-"),
	 give_mdn_request},
	{ROW("H-239", "modern", "recipient-extensions", "Discarded-X400-IPMS-Extensions", "oid", "list", "-"),
	 give_recipient_extensions},
	{ROW("H-225", "2156 5.3.4", "any other heading extension", "Discarded-X400-IPMS-Extensions", "oid", "list", "-"),
	 give_other_extensions},
	{ROW("H-224", "2156 5.3.4", "rfc-822-field", "any field", "field", "list", "G-031"), give_field_list},
	{ROW("H-328", "2156 5.3.4", "discarded extensions", "Discarded-X400-IPMS-Extensions", "oid", "list", "-"),
	 give_discarded},
};
const struct rule_table heading_to_822_rules = RULE_TABLE("heading", rows);

/* Rules that other rows apply inside. */
static const struct rule inner_rows[] = {
	ROW("H-210", "modern", "replied-to-IPM", "References", "ipm_id", "single", "-"),
	ROW("H-261", "modern", "extended-subject", "Subject", "text", "single", "H-213"),
	ROW("G-031", "modern", "rfc-822-field", "guarded fields", "field", "list", "drop"),
};
const struct rule_table heading_inner_rules = {"heading", inner_rows, sizeof inner_rows[0], ARRAY_LEN(inner_rows)};

static int give_heading(struct out_walk *w)
{
	w->discarded = buf_in(w->a, 65536);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rule_active(&rows[i].rule))
			rows[i].give(w);
	return 0;
}

int heading_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mime_entity *mail,
				   struct err *e)
{
	struct out_walk w = {.a = a, .c = c, .m = m, .h = &m->ipm.heading, .mail = mail};

	(void)e;
	return give_heading(&w);
}

int heading_of_ipm_to_822(struct arena *a, const struct mixer_context *c, const struct mx_heading *h,
						  struct mime_entity *mail, struct err *e)
{
	struct out_walk w = {.a = a, .c = c, .h = h, .mail = mail};

	(void)e;
	return give_heading(&w);
}
