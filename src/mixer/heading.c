/*
 * mixer/heading.c - the header of a mail becomes the heading of an IPM, RFC 2156 5.1.2, 5.1.3 and 5.1.7 (H-101..H-149).
 *
 * One walk over the header: each field goes to the hook of its row, here or in envelope.c and trace.c; a field without a
 * row goes into the rfc-822-field-list (H-130).  Then the rows that need several fields run once.
 */
#include <string.h>

#include "base/str.h"
#include "mime/digest.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_SUBJECT     128
#define MAX_REFERENCES 100

/* ---- fields ---- */

static enum field_fate take_from(struct field_walk *w, const char *value)
{
	return mime_parse_mailboxes(w->a, value, &w->from, NULL) == 0 && w->from.count > 0 ? FIELD_DONE : FIELD_KEEP;
}

static enum field_fate take_sender(struct field_walk *w, const char *value)
{
	return mime_parse_mailboxes(w->a, value, &w->sender, NULL) == 0 && w->sender.count > 0 ? FIELD_DONE : FIELD_KEEP;
}

/* H-114..H-116: appends to a list of recipient specifiers. */
static enum field_fate take_recipients(struct field_walk *w, const char *value, struct mixer_recipients *list)
{
	struct mixer_recipients more = {0};

	if (addresses_to_x400(w->a, w->c, value, &more, NULL) != 0)
		return FIELD_KEEP;
	for (size_t i = 0; i < more.count; i++)
		*ARENA_PUSH(w->a, list) = more.items[i];
	return FIELD_DONE;
}

/* The lists of struct mx_heading are unnamed types of the same shape. */
#define TAKE_RECIPIENTS(name, member)                                                                                  \
	static enum field_fate name(struct field_walk *w, const char *value)                                               \
	{                                                                                                                  \
		struct mixer_recipients list = {w->h->member.items, w->h->member.count, w->h->member.capacity};                \
		enum field_fate fate = take_recipients(w, value, &list);                                                       \
		w->h->member.items = list.items;                                                                               \
		w->h->member.count = list.count;                                                                               \
		w->h->member.capacity = list.capacity;                                                                         \
		return fate;                                                                                                   \
	}
TAKE_RECIPIENTS(take_to, primary_recipients)
TAKE_RECIPIENTS(take_cc, copy_recipients)
TAKE_RECIPIENTS(take_bcc_list, blind_copy_recipients)

/* H-117: old user agents choke on an empty sequence. */
static enum field_fate take_bcc(struct field_walk *w, const char *value)
{
	if (*value != '\0' || !rule_id_active("H-117"))
		return take_bcc_list(w, value);
	forms_text(w->a, "BCC", 64, &ARENA_PUSH(w->a, &w->h->blind_copy_recipients)->recipient.free_form_name);
	return FIELD_DONE;
}

/* H-113: a reply address must be an address. */
static enum field_fate take_reply_to(struct field_walk *w, const char *value)
{
	struct mixer_recipients list = {0};

	if (addresses_to_x400(w->a, w->c, value, &list, NULL) != 0)
		return FIELD_KEEP;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].recipient.has_formal_name)
			*ARENA_PUSH(w->a, &w->h->reply_recipients) = list.items[i].recipient;
	return FIELD_DONE;
}

/* Does the identifier come back as it is?  Else the field must be kept (G-024). */
static bool id_returns(struct field_walk *w, const struct mx_ipm_id *id, const char *text)
{
	const char *back = ipm_id_to_822(w->a, w->c, id);

	return back != NULL && str_eq(back, text);
}

/* H-103, H-107; G-036: only the first one counts. */
static enum field_fate take_message_id(struct field_walk *w, const char *value)
{
	struct mime_msgids ids = {0};
	struct mx_ipm_id id;

	mime_parse_msgids(w->a, value, &ids);
	if (w->h->this_ipm.set || ids.count == 0 || ids.items[0].id == NULL ||
		ipm_id_to_x400(w->a, w->c, ids.items[0].id, &id) != 0)
		return FIELD_KEEP;
	w->h->this_ipm = id;
	return id_returns(w, &id, ids.items[0].id) ? FIELD_DONE : FIELD_COPY;
}

static enum field_fate take_in_reply_to(struct field_walk *w, const char *value)
{
	size_t before = w->in_reply_to.count;
	struct mime_msgids ids = {0};

	mime_parse_msgids(w->a, value, &ids);
	for (size_t i = 0; i < ids.count; i++)
		*ARENA_PUSH(w->a, &w->in_reply_to) = ids.items[i];
	return w->in_reply_to.count > before ? FIELD_DONE : FIELD_KEEP;
}

/* One identifier or phrase as an IPMIdentifier; false when it does not return as it was. */
static bool map_reference(struct field_walk *w, const struct mime_msgid *ref, struct mx_ipm_id *out)
{
	const char *text = ref->id != NULL ? ref->id : ref->phrase;

	return ipm_id_to_x400(w->a, w->c, text, out) == 0 && id_returns(w, out, text);
}

/* H-120; long threads keep the first and the last 99. */
static enum field_fate take_references(struct field_walk *w, const char *value)
{
	struct mime_msgids ids = {0};
	bool whole = true;

	mime_parse_msgids(w->a, value, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		struct mx_ipm_id id;
		if (i > 0 && i + MAX_REFERENCES <= ids.count) {
			whole = false;
			continue;
		}
		if (!map_reference(w, &ids.items[i], &id))
			whole = false;
		if (id.set)
			*ARENA_PUSH(w->a, &w->h->related_ipms) = id;
	}
	if (ids.count == 0)
		return FIELD_KEEP;
	return whole ? FIELD_DONE : FIELD_COPY;
}

/* H-136, H-137. */
static enum field_fate take_supersedes(struct field_walk *w, const char *value)
{
	struct mime_msgids ids = {0};
	size_t taken = 0;

	mime_parse_msgids(w->a, value, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		struct mx_ipm_id id;
		if (ids.items[i].id == NULL || ipm_id_to_x400(w->a, w->c, ids.items[i].id, &id) != 0)
			continue;
		*ARENA_PUSH(w->a, &w->h->obsoleted_ipms) = id;
		taken++;
	}
	return taken > 0 ? FIELD_DONE : FIELD_KEEP;
}

/* H-123; G-024 keeps what was cut. */
static enum field_fate take_subject(struct field_walk *w, const char *value)
{
	if (w->h->subject.utf8 != NULL)
		return FIELD_KEEP;
	if (*value == '\0')
		return FIELD_DONE;
	return forms_text(w->a, mime_decode_words(w->a, value), UB_SUBJECT, &w->h->subject) ? FIELD_DONE : FIELD_COPY;
}

static enum field_fate take_date_into(struct when *to, const char *value)
{
	struct when at = {0};

	if (to->set || mime_parse_date(value, &at) != 0)
		return FIELD_KEEP;
	*to = at;
	return FIELD_DONE;
}

static enum field_fate take_expires(struct field_walk *w, const char *value)
{
	return take_date_into(&w->h->expiry_time, value);
}

static enum field_fate take_reply_by(struct field_walk *w, const char *value)
{
	return take_date_into(&w->h->reply_time, value);
}

static enum field_fate take_importance(struct field_walk *w, const char *value)
{
	static const char *const names[] = {"low", "normal", "high"};

	for (int i = 0; i < (int)ARRAY_LEN(names); i++)
		if (str_ieq(value, names[i])) {
			w->h->importance = i;
			return FIELD_DONE;
		}
	return FIELD_KEEP;
}

static enum field_fate take_sensitivity(struct field_walk *w, const char *value)
{
	static const char *const names[] = {[1] = "personal", [2] = "private", [3] = "company-confidential"};

	for (int i = 1; i < (int)ARRAY_LEN(names); i++)
		if (str_ieq(value, names[i])) {
			w->h->sensitivity = i;
			return FIELD_DONE;
		}
	return FIELD_KEEP;
}

static enum field_fate take_autoforwarded(struct field_walk *w, const char *value)
{
	if (!str_ieq(value, "true") && !str_ieq(value, "false"))
		return FIELD_KEEP;
	w->h->has_auto_forwarded = true;
	w->h->auto_forwarded = str_ieq(value, "true");
	return FIELD_DONE;
}

static enum field_fate take_incomplete_copy(struct field_walk *w, const char *value)
{
	(void)value;
	w->h->incomplete_copy = true;
	return FIELD_DONE;
}

static bool is_language_tag(const char *tag)
{
	size_t primary = 0;

	while (str_lower(tag[primary]) >= 'a' && str_lower(tag[primary]) <= 'z')
		primary++;
	return primary >= 2 && primary <= 8 && (tag[primary] == '\0' || tag[primary] == '-');
}

/* H-128: two letters a tag; H-129: a longer primary tag is another language and is not cut. */
static enum field_fate take_languages(struct field_walk *w, const char *value)
{
	const char *rest = mime_strip_comments(w->a, value);
	bool whole = strchr(value, '(') == NULL;
	size_t taken = 0;
	char *tag;

	while ((tag = forms_next_item(w->a, &rest, ',')) != NULL) {
		if (*tag == '\0')
			continue;
		whole = whole && strlen(tag) == 2;
		bool longer = tag[0] != '\0' && tag[1] != '\0' && tag[2] != '\0' && tag[2] != '-';
		if (!is_language_tag(tag) || (longer && !w->c->settings->strict_mixer && rule_id_active("H-129")))
			continue;
		*ARENA_PUSH(w->a, &w->h->languages) = arena_strndup(w->a, tag, 2);
		taken++;
	}
	if (taken == 0)
		return FIELD_KEEP;
	return whole ? FIELD_DONE : FIELD_COPY;
}

/* H-148; Auto-Submitted wins when both are there (H-223).  H-149: auto-forwarded has no value in X.420. */
static enum field_fate take_autosubmitted(struct field_walk *w, const char *value)
{
	static const char *const names[] = {"not-auto-submitted", "auto-generated", "auto-replied"};

	for (int i = 0; i < (int)ARRAY_LEN(names); i++)
		if (str_ieq(value, names[i])) {
			if (!w->auto_submitted_seen)
				w->h->auto_submitted = i;
			return FIELD_DONE;
		}
	if (str_ieq(value, "auto-forwarded") && rule_id_active("H-149"))
		w->h->has_auto_forwarded = w->h->auto_forwarded = true;
	return FIELD_KEEP;
}

static enum field_fate take_auto_submitted(struct field_walk *w, const char *value)
{
	static const struct {
		const char *name;
		int number;
		enum field_fate fate;
	} values[] = {{"no", 0, FIELD_DONE},
				  {"auto-generated", 1, FIELD_DONE},
				  {"auto-replied", 2, FIELD_DONE},
				  {"auto-notified", 1, FIELD_COPY}};
	const char *rest = mime_strip_comments(w->a, value);
	const char *word = forms_next_item(w->a, &rest, ';');

	for (size_t i = 0; !w->c->settings->strict_mixer && word != NULL && i < ARRAY_LEN(values); i++)
		if (str_ieq(word, values[i].name)) {
			w->auto_submitted_seen = true;
			w->h->auto_submitted = values[i].number;
			return rest != NULL ? FIELD_COPY : values[i].fate;
		}
	return FIELD_KEEP;
}

/* N-301 is worked out by the envelope; off, the field is kept like any other. */
static enum field_fate take_mdn_request(struct field_walk *w, const char *value)
{
	(void)value;
	return w->m != NULL && w->c->settings->mdn_requests && !w->c->settings->strict_mixer ? FIELD_DONE : FIELD_KEEP;
}

/* Rows whose field has no element: the list, by the row's own word and not by H-130's. */
static enum field_fate keep_field(struct field_walk *w, const char *value)
{
	(void)w, (void)value;
	return FIELD_KEEP;
}

/* Resent-Date and the like also count elsewhere; here each stays (H-127). */
#define ROW(id, section, field, element, codec, multiplicity, bound, failure)                                          \
	{                                                                                                                  \
		id, section, RULE_TO_X400, field, element, codec, multiplicity, bound, failure                                 \
	}
#define LISTED(id, section, field)                                                                                     \
	{                                                                                                                  \
		ROW(id, section, field, "rfc-822-field", "field", "list", "-", "-"), keep_field                                \
	}
#define DROPPED(id, section, field)                                                                                    \
	{                                                                                                                  \
		ROW(id, section, field, "-", "drop", "-", "-", "drop"), NULL                                                   \
	}

static const struct field_row field_rows[] = {
	{ROW("H-103", "2156 5.1.3", "Message-ID", "this-IPM", "ipm_id", "first", "ub-local-ipm-identifier 64", "H-105"),
	 take_message_id},
	{ROW("H-109", "2156 5.1.3", "From", "originator or authorizing-users", "or_descriptor", "merge", "-", "list"),
	 take_from},
	{ROW("H-112", "2156 5.1.3", "Sender", "originator", "or_descriptor", "first", "-", "list"), take_sender},
	{ROW("H-113", "2156 5.1.3", "Reply-To", "reply-recipients", "or_descriptor", "merge", "-", "list"), take_reply_to},
	{ROW("H-114", "2156 5.1.3", "To", "primary-recipients", "recipient_specifier", "merge", "-", "list"), take_to},
	{ROW("H-115", "2156 5.1.3", "Cc", "copy-recipients", "recipient_specifier", "merge", "-", "list"), take_cc},
	{ROW("H-116", "2156 5.1.3", "Bcc", "blind-copy-recipients", "recipient_specifier", "merge", "-", "list"), take_bcc},
	{ROW("H-118", "2156 5.1.3", "In-Reply-To", "replied-to-IPM", "ipm_id", "merge", "-", "list"), take_in_reply_to},
	{ROW("H-120", "2156 5.1.3", "References", "related-IPMs", "ipm_id", "merge", "100", "list"), take_references},
	LISTED("H-122", "2156 5.1.3", "Keywords"),
	{ROW("H-123", "2156 5.1.3", "Subject", "subject", "text", "first", "ub-subject-field 128", "truncate and list"),
	 take_subject},
	LISTED("H-125", "2156 5.1.3", "Comments"),
	LISTED("H-126", "2156 5.1.3", "Encrypted"),
	LISTED("H-127", "2156 5.1.3", "Resent-Date"),
	LISTED("H-127", "2156 5.1.3", "Resent-From"),
	LISTED("H-127", "2156 5.1.3", "Resent-Sender"),
	LISTED("H-127", "2156 5.1.3", "Resent-To"),
	LISTED("H-127", "2156 5.1.3", "Resent-Cc"),
	LISTED("H-127", "2156 5.1.3", "Resent-Bcc"),
	LISTED("H-127", "2156 5.1.3", "Resent-Reply-To"),
	LISTED("H-127", "2156 5.1.3", "Resent-Message-ID"),
	{ROW("H-128", "2156 5.1.3", "Content-Language", "languages", "language", "merge", "2", "list"), take_languages},
	DROPPED("H-131", "2156 5.1.3, 2157", "MIME-Version"),
	DROPPED("H-132", "2156 5.1.3, 2157", "Content-Transfer-Encoding"),
	DROPPED("H-133", "2156 5.1.3, 2157", "Content-Type"),
	DROPPED("H-134", "2156 5.1.3, 2157", "Content-ID"),
	DROPPED("H-135", "2156 5.1.3, 2157", "Content-Description"),
	{ROW("H-136", "2156 5.1.7", "Supersedes", "obsoleted-IPMs", "ipm_id", "merge", "-", "list"), take_supersedes},
	{ROW("H-137", "2156 5.3.4", "Obsoletes", "obsoleted-IPMs", "ipm_id", "merge", "-", "list"), take_supersedes},
	{ROW("H-138", "2156 5.1.7", "Expires", "expiry-time", "utctime", "first", "-", "list"), take_expires},
	{ROW("H-139", "2156 5.3.4", "Expiry-Date", "expiry-time", "utctime", "first", "-", "list"), take_expires},
	{ROW("H-140", "2156 5.1.7", "Reply-By", "reply-time", "utctime", "first", "-", "list"), take_reply_by},
	{ROW("H-141", "2156 5.1.7", "Importance", "importance", "keyword", "last", "-", "list"), take_importance},
	{ROW("H-142", "2156 5.1.7", "Sensitivity", "sensitivity", "keyword", "last", "-", "list"), take_sensitivity},
	{ROW("H-143", "2156 5.1.7", "Autoforwarded", "auto-forwarded", "boolean", "last", "-", "list"), take_autoforwarded},
	{ROW("H-143", "2156 5.1.7", "Auto-Forwarded", "auto-forwarded", "boolean", "last", "-", "list"),
	 take_autoforwarded},
	{ROW("H-144", "2156 5.1.7", "Incomplete-Copy", "incomplete-copy", "null", "-", "-", "-"), take_incomplete_copy},
	{ROW("H-145", "4021", "Language", "languages", "language", "merge", "2", "list"), take_languages},
	DROPPED("H-146", "2156 5.1.7", "Message-Type"),
	DROPPED("H-147", "2156 5.1.7", "Discarded-X400-IPMS-Extensions"),
	{ROW("H-148", "2156 5.1.7", "Autosubmitted", "auto-submitted", "keyword", "last", "-", "list"), take_autosubmitted},
	{ROW("H-223", "3834", "Auto-Submitted", "auto-submitted", "keyword", "last", "-", "list"), take_auto_submitted},
	{ROW("N-301", "8098 2.1", "Disposition-Notification-To", "notification-requests", "or_descriptor", "single", "-",
		 "list"),
	 take_mdn_request},
	DROPPED("X-420", "modern", "Return-Path"),
	DROPPED("X-422", "modern", "Authentication-Results"),
	DROPPED("X-425", "modern", "DKIM-Signature"),
	DROPPED("X-425", "modern", "ARC-Seal"),
	DROPPED("X-425", "modern", "ARC-Message-Signature"),
	DROPPED("X-425", "modern", "ARC-Authentication-Results"),
	DROPPED("X-428", "modern", "Delivered-To"),
};
const struct rule_table heading_field_rules = RULE_TABLE("heading", field_rows);

/* ---- rows that need the whole header ---- */

static void or_descriptor_of(struct field_walk *w, const struct mime_mailbox *mailbox, struct mx_or_descriptor *out)
{
	struct mx_recipient_specifier r;

	mailbox_to_x400(w->a, w->c, mailbox, &r);
	*out = r.recipient;
}

/* H-112: a Sender that is the only author says nothing. */
static void after_same_sender(struct field_walk *w)
{
	if (w->sender.count > 0 && w->from.count == 1 && str_ieq(w->sender.items[0].addr_spec, w->from.items[0].addr_spec))
		w->sender.count = 0;
}

static void after_sender(struct field_walk *w)
{
	if (w->sender.count == 0)
		return;
	w->h->has_originator = true;
	or_descriptor_of(w, &w->sender.items[0], &w->h->originator);
}

static void after_authors(struct field_walk *w)
{
	for (size_t i = 0; w->sender.count > 0 && i < w->from.count; i++)
		or_descriptor_of(w, &w->from.items[i], ARENA_PUSH(w->a, &w->h->authorizing_users));
}

static void after_from(struct field_walk *w)
{
	if (w->sender.count > 0 || w->from.count == 0)
		return;
	w->h->has_originator = true;
	or_descriptor_of(w, &w->from.items[0], &w->h->originator);
}

/* H-110: the RFC wants a Sender here; without one the first author is the originator. */
static void after_several_authors(struct field_walk *w)
{
	if (w->sender.count > 0 || w->from.count < 2)
		return;
	for (size_t i = 1; i < w->from.count; i++)
		or_descriptor_of(w, &w->from.items[i], ARENA_PUSH(w->a, &w->h->authorizing_users));
	for (size_t n = 0; mime_get_nth(w->mail, "From", n) != NULL; n++)
		*ARENA_PUSH(w->a, &w->copies) = field_list_item(w->a, "From", mime_get_nth(w->mail, "From", n));
}

/* H-105: this-IPM is mandatory; the identifier of the transfer is unique already. */
static void after_no_message_id(struct field_walk *w)
{
	if (!w->h->this_ipm.set && w->m != NULL)
		(void)!ipm_id_to_x400(w->a, w->c, arena_printf(w->a, "<%s@%s>", w->c->id.local_id, w->c->settings->host_name),
							  &w->h->this_ipm);
}

static void after_one_reply(struct field_walk *w)
{
	if (w->in_reply_to.count == 1 && !map_reference(w, &w->in_reply_to.items[0], &w->h->replied_to_ipm))
		w->in_reply_to_copied = true;
}

static bool has_related(struct field_walk *w, const struct mx_ipm_id *id)
{
	for (size_t i = 0; i < w->h->related_ipms.count; i++) {
		const struct mx_ipm_id *other = &w->h->related_ipms.items[i];
		if (!other->has_user && !id->has_user && str_eq(other->user_relative, id->user_relative))
			return true;
	}
	return false;
}

/* H-119: replied-to-IPM has one value; several join the related ones. */
static void after_several_replies(struct field_walk *w)
{
	for (size_t i = 0; w->in_reply_to.count > 1 && i < w->in_reply_to.count; i++) {
		struct mx_ipm_id id;
		(void)map_reference(w, &w->in_reply_to.items[i], &id);
		if (id.set && !has_related(w, &id))
			*ARENA_PUSH(w->a, &w->h->related_ipms) = id;
		w->in_reply_to_copied = true;
	}
}

/* G-024: In-Reply-To that does not return from its element. */
static void after_reply_copy(struct field_walk *w)
{
	for (size_t n = 0; w->in_reply_to_copied && mime_get_nth(w->mail, "In-Reply-To", n) != NULL; n++)
		*ARENA_PUSH(w->a, &w->copies) = field_list_item(w->a, "In-Reply-To", mime_get_nth(w->mail, "In-Reply-To", n));
}

struct after_row {
	struct rule rule;
	void (*run)(struct field_walk *w);
};
static const struct after_row after_rows[] = {
	{ROW("H-112", "2156 5.1.3", "Sender = From", "-", "drop", "-", "-", "-"), after_same_sender},
	{ROW("H-112", "2156 5.1.3", "Sender", "originator", "or_descriptor", "first", "-", "-"), after_sender},
	{ROW("H-111", "2156 5.1.3", "From, Sender present", "authorizing-users", "or_descriptor", "list", "-", "-"),
	 after_authors},
	{ROW("H-109", "2156 5.1.3", "From", "originator", "or_descriptor", "first", "-", "-"), after_from},
	{ROW("H-110", "modern", "From, several, no Sender", "originator, authorizing-users", "or_descriptor", "list", "-",
		 "-"),
	 after_several_authors},
	{ROW("H-105", "2156 5.1.3", "Message-ID missing", "this-IPM", "ipm_id", "single", "-", "-"), after_no_message_id},
	{ROW("H-118", "2156 5.1.3", "In-Reply-To, one", "replied-to-IPM", "ipm_id", "single", "-", "-"), after_one_reply},
	{ROW("H-119", "2156 5.1.3", "In-Reply-To, several", "related-IPMs", "ipm_id", "list", "-", "-"),
	 after_several_replies},
	{ROW("G-024", "modern", "In-Reply-To", "rfc-822-field", "field", "list", "-", "-"), after_reply_copy},
};
const struct rule_table heading_after_rules = RULE_TABLE("heading", after_rows);

/* ---- the rfc-822-field-list ---- */

static const struct rule list_rows[] = {
	ROW("H-130", "2156 5.1.3", "any other field", "rfc-822-field", "field", "list", "-", "drop"),
	ROW("G-032", "modern", "field with 8-bit text", "rfc-822-field", "encoded-words", "list", "-", "drop"),
};
const struct rule_table heading_list_rules = {"heading", list_rows, sizeof list_rows[0], ARRAY_LEN(list_rows)};

char *field_list_item(struct arena *a, const char *name, const char *value)
{
	if (!str_is_printable_ascii(value) && strpbrk(value, "\t") == NULL && rule_id_active("G-032"))
		value = mime_encode_words(a, mime_decode_words(a, value));

	char *item = arena_printf(a, *value != '\0' ? "%s: %s" : "%s:%s", name, value);
	for (char *p = item; *p != '\0'; p++) {
		if (*p == '\t')
			*p = ' ';
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			return NULL;
	}
	return item;
}

static void keep(struct field_walk *w, const char *name, const char *value, bool behind)
{
	char *item = field_list_item(w->a, name, value);

	if (item == NULL && w->m != NULL)
		mx_note_loss(w->a, w->m, "G-032", name, "octets that an IA5String cannot hold");
	else if (item != NULL && behind)
		*ARENA_PUSH(w->a, &w->copies) = item;
	else if (item != NULL)
		*ARENA_PUSH(w->a, &w->h->rfc_822_fields) = item;
}

/* ---- the walk ---- */

#define INDEX_SIZE 512
static const struct field_row *name_index[INDEX_SIZE];

static unsigned name_hash(const char *name)
{
	unsigned h = 5381;

	for (; *name != '\0'; name++)
		h = h * 33 + (unsigned char)str_lower(*name);
	return h % INDEX_SIZE;
}

static void index_table(const struct rule_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct field_row *row = (const void *)((const char *)t->first + i * t->stride);
		unsigned at = name_hash(row->rule.field);
		while (name_index[at] != NULL && !str_ieq(name_index[at]->rule.field, row->rule.field))
			at = (at + 1) % INDEX_SIZE;
		if (name_index[at] == NULL)
			name_index[at] = row;
	}
}

/* Built once a process, at the first message; the rows are constant. */
static void build_index(void)
{
	static bool built;

	if (built)
		return;
	index_table(&heading_field_rules);
	index_table(&envelope_field_rules);
	index_table(&trace_field_rules);
	built = true;
}

const struct field_row *field_row_find(const char *name)
{
	build_index();
	for (unsigned at = name_hash(name); name_index[at] != NULL; at = (at + 1) % INDEX_SIZE)
		if (str_ieq(name_index[at]->rule.field, name))
			return rule_active(&name_index[at]->rule) ? name_index[at] : NULL;
	return NULL;
}

static void walk_field(struct field_walk *w, const struct mime_field *f)
{
	const struct field_row *row = field_row_find(f->name);
	enum field_fate fate;

	if (row == NULL) {
		if (rule_active(&list_rows[0]))
			keep(w, f->name, f->value, false);
		return;
	}
	fate = row->take != NULL ? row->take(w, f->value) : FIELD_DONE;
	if (fate != FIELD_DONE)
		keep(w, f->name, f->value, fate == FIELD_COPY);
}

static void walk_header(struct field_walk *w)
{
	for (size_t i = 0; i < w->mail->fields.count; i++)
		walk_field(w, &w->mail->fields.items[i]);
	for (size_t i = 0; i < ARRAY_LEN(after_rows); i++)
		if (rule_active(&after_rows[i].rule))
			after_rows[i].run(w);
	for (size_t i = 0; i < w->copies.count; i++)
		if (w->copies.items[i] != NULL)
			*ARENA_PUSH(w->a, &w->h->rfc_822_fields) = w->copies.items[i];
}

int heading_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
					struct mx_message *m, struct err *e)
{
	struct field_walk w = {.a = a, .c = c, .mail = mail, .m = m, .h = &m->ipm.heading};

	(void)e;
	walk_header(&w);
	return 0;
}

/* H-105 inside a message: a digest of the header, so that a second passage gives the same identifier. */
static int name_forwarded(struct field_walk *w)
{
	struct buf *b = buf_in(w->a, 0x200000);
	uint8_t digest[20];
	char hex[41];

	for (size_t i = 0; i < w->mail->fields.count; i++)
		buf_printf(b, "%s:%s\n", w->mail->fields.items[i].name, w->mail->fields.items[i].value);
	mime_sha1(buf_str(b), b->len, digest);
	str_hex(hex, digest, 12);
	return ipm_id_to_x400(w->a, w->c, arena_printf(w->a, "<%s@%s>", hex, w->c->settings->host_name), &w->h->this_ipm);
}

int heading_of_ipm_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
						   struct mx_heading *h, struct err *e)
{
	struct field_walk w = {.a = a, .c = c, .mail = mail, .h = h};

	walk_header(&w);
	if (!h->this_ipm.set)
		TRY(name_forwarded(&w));
	(void)e;
	return 0;
}
