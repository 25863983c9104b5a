/*
 * mixer/address.c - mailboxes of the heading <-> O/R descriptors, RFC 2156 4.7.1 and 4.7.2 (H-150..H-158, H-230..H-239, G-060).
 *
 * Each direction is a list of rows that run in order over one address.  A heading never rejects a message: what cannot be
 * mapped keeps its text as free-form-name, or as an empty group.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_FREE_FORM_NAME 64
#define UB_TELEPHONE      32

/* ---- to X.400 ---- */

struct in_address {
	struct arena *a;
	const struct mixer_context *c;
	const char *addr_spec; /* NULL: a group */
	const char *phrase;
	const char *comments; /* each in its parentheses */
	struct mx_recipient_specifier *out;
};
struct address_in_row {
	struct rule rule;
	void (*take)(struct in_address *x);
};

/* H-158: UTF-8 in an address cannot become a DDA; its text remains. */
static void take_eai(struct in_address *x)
{
	if (x->addr_spec == NULL || str_is_printable_ascii(x->addr_spec))
		return;
	x->phrase = x->phrase != NULL ? arena_printf(x->a, "%s <%s>", x->phrase, x->addr_spec) : x->addr_spec;
	x->addr_spec = NULL;
}

/* H-151. */
static void take_formal_name(struct in_address *x)
{
	enum addr_how how;
	struct err err = {0};

	if (x->addr_spec == NULL)
		return;
	x->out->recipient.has_formal_name = addr_to_x400(x->a, x->c->tables, x->addr_spec, mixer_header_use(x->c),
													 &x->out->recipient.formal_name.address, &how, NULL, &err) == 0;
}

/* G-060: our own comments become the elements that they came from. */
static void take_known_comments(struct in_address *x)
{
	struct buf *rest;
	const char *p = x->comments;

	if (p == NULL || x->c->settings->strict_mixer)
		return;
	rest = buf_in(x->a, 65536);
	while (*p != '\0') {
		const char *end = p + strcspn(p, ")");
		size_t n = (size_t)(end - p);
		if (str_istarts(p, "(Tel ") && n - 5 <= UB_TELEPHONE && *end == ')' && memchr(p + 1, '(', n - 1) == NULL)
			x->out->recipient.telephone = arena_strndup(x->a, p + 5, n - 5);
		else if (n == strlen("(Reply requested") && str_istarts(p, "(Reply requested"))
			x->out->reply_requested = true;
		else
			buf_printf(rest, "%s%.*s", rest->len > 0 ? " " : "", (int)(n + (*end == ')')), p);
		p = end + (*end == ')');
		while (*p == ' ')
			p++;
	}
	x->comments = rest->len > 0 ? arena_strdup(x->a, buf_str(rest)) : NULL;
}

/* H-152: phrase and comments for people. */
static void take_free_form(struct in_address *x)
{
	const char *text = x->phrase;

	if (x->comments != NULL)
		text = text != NULL ? arena_printf(x->a, "%s %s", text, x->comments) : x->comments;
	if (text != NULL && *text != '\0')
		forms_text(x->a, text, UB_FREE_FORM_NAME, &x->out->recipient.free_form_name);
}

/* H-157: the text of an address that has no O/R form. */
static void take_unencodable(struct in_address *x)
{
	struct mx_or_descriptor *d = &x->out->recipient;

	if (!d->has_formal_name && d->free_form_name.utf8 == NULL && x->addr_spec != NULL)
		forms_text(x->a, x->addr_spec, UB_FREE_FORM_NAME, &d->free_form_name);
}

#define IN(id, section, field, element, codec, bound, failure)                                                         \
	{                                                                                                                  \
		id, section, RULE_TO_X400, field, element, codec, "single", bound, failure                                     \
	}
static const struct address_in_row in_rows[] = {
	/* the reader of addresses keeps a route apart, so that addr-spec never has one */
	{IN("H-150", "2156 4.7.1", "mailbox route", "-", "none", "-", "-"), NULL},
	{IN("H-158", "modern", "mailbox UTF-8", "free-form-name", "text", "-", "free-form-name"), take_eai},
	{IN("H-151", "2156 4.7.1", "mailbox addr-spec", "formal-name", "or_address", "-", "H-157"), take_formal_name},
	{IN("G-060", "modern", "mailbox comments", "telephone-number, reply-requested", "text", "ub-telephone-number 32",
		"H-152"),
	 take_known_comments},
	{IN("H-152", "2156 4.7.1", "mailbox phrase, comments", "free-form-name", "text", "ub-free-form-name 64",
		"truncate"),
	 take_free_form},
	{IN("H-157", "2156 4.3.4", "mailbox", "free-form-name", "text", "ub-free-form-name 64", "truncate"),
	 take_unencodable},
	{IN("H-153", "2156 4.7.1", "-", "telephone-number", "none", "-", "not-generated"), NULL},
	{IN("H-154", "2156 4.7.1", "-", "reply-requested, notification-requests", "none", "-", "not-generated"), NULL},
	{IN("H-155", "2156 4.7.1", "group", "free-form-name", "text", "ub-free-form-name 64", "truncate"), NULL},
	{IN("H-156", "2156 4.7.1", "empty group", "free-form-name", "text", "ub-free-form-name 64", "truncate"), NULL},
};
const struct rule_table address_to_x400_rules = RULE_TABLE("address", in_rows);

static void run_in_rows(struct in_address *x)
{
	for (size_t i = 0; i < ARRAY_LEN(in_rows); i++)
		if (in_rows[i].take != NULL && rule_active(&in_rows[i].rule))
			in_rows[i].take(x);
}

void mailbox_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_mailbox *mailbox,
					 struct mx_recipient_specifier *out)
{
	struct in_address x = {a, c, mailbox->addr_spec, mailbox->display_name, mailbox->comments, out};

	*out = (struct mx_recipient_specifier){0};
	run_in_rows(&x);
}

static void add_group(struct arena *a, const struct mixer_context *c, const char *name, struct mixer_recipients *out)
{
	struct in_address x = {a, c, NULL, name, NULL, ARENA_PUSH(a, out)};

	run_in_rows(&x);
}

/* Is m the first, or the last, of the members of its group? */
static bool is_group_edge(const struct mime_mailbox *m, const struct mime_mailbox *neighbour)
{
	return m->group != NULL && (neighbour == NULL || neighbour->group == NULL || !str_eq(m->group, neighbour->group));
}

int addresses_to_x400(struct arena *a, const struct mixer_context *c, const char *value, struct mixer_recipients *out,
					  struct err *e)
{
	struct mime_mailboxes list = {0};
	/* H-155: the group itself is one entry, where a reader looks for it; A-261: behind its members, as 4.7.1 counts them. */
	bool behind = c->settings->strict_mixer && rule_id_active("A-261");

	TRY(mime_parse_mailboxes(a, value, &list, e));
	for (size_t i = 0; i < list.count; i++) {
		const struct mime_mailbox *m = &list.items[i];
		if (!behind && is_group_edge(m, i > 0 ? m - 1 : NULL) && rule_id_active("H-155"))
			add_group(a, c, m->group, out);
		mailbox_to_x400(a, c, m, ARENA_PUSH(a, out));
		if (behind && is_group_edge(m, i + 1 < list.count ? m + 1 : NULL) && rule_id_active("H-155"))
			add_group(a, c, m->group, out);
	}
	if (list.empty_group != NULL && rule_id_active("H-156"))
		add_group(a, c, list.empty_group, out);
	return 0;
}

/* ---- to RFC 822 ---- */

struct out_address {
	struct arena *a;
	const struct mixer_context *c;
	const struct mx_or_descriptor *d;
	const struct mx_recipient_specifier *r; /* NULL: not a recipient */
	char *addr_spec;                        /* NULL: a group */
	char *phrase;
	struct buf *comments;
};
struct address_out_row {
	struct rule rule;
	void (*give)(struct out_address *x);
};

/* H-230. */
static void give_formal_name(struct out_address *x)
{
	enum addr_how how;
	struct err err = {0};

	if (x->d->has_formal_name &&
		addr_to_822(x->a, x->c->tables, &x->d->formal_name.address, mixer_header_use(x->c), &x->addr_spec, &how, NULL, &err) != 0)
		x->addr_spec = NULL;
}

/* H-231. */
static void give_phrase(struct out_address *x)
{
	if (x->d->free_form_name.utf8 != NULL && x->addr_spec != NULL)
		x->phrase = mime_encode_phrase(x->a, x->d->free_form_name.utf8);
}

/* H-238: the name of a group without members; an address that has no RFC 822 form keeps its std-or text there. */
static void give_group(struct out_address *x)
{
	if (x->addr_spec != NULL)
		return;
	const char *name = x->d->free_form_name.utf8;
	if (name == NULL && x->d->has_formal_name)
		name = addr_print_or(x->a, &x->d->formal_name.address);
	x->phrase = mime_encode_phrase(x->a, name != NULL ? name : "unknown");
}

/* H-233. */
static void give_telephone(struct out_address *x)
{
	if (x->d->telephone != NULL)
		buf_printf(x->comments, " (Tel %s)", forms_comment(x->a, x->d->telephone));
}

const char *directory_comment(struct arena *a, const struct mixer_context *c, const struct or_name *n)
{
	char *text = NULL;

	if (n->directory_name.len > 0 && c->directory_name != NULL && rule_id_active("A-020"))
		text = c->directory_name(a, n->directory_name);
	return text == NULL ? "" : arena_printf(a, " (%s)", mime_encode_words(a, forms_comment(a, text)));
}

/* H-234. */
static void give_directory_name(struct out_address *x)
{
	if (x->d->has_formal_name)
		buf_puts(x->comments, directory_comment(x->a, x->c, &x->d->formal_name));
}

/* H-237. */
static void give_reply_requested(struct out_address *x)
{
	if (x->r != NULL && x->r->reply_requested)
		buf_puts(x->comments, " (Reply requested)");
}

#define OUT(id, section, element, field, failure)                                                                      \
	{                                                                                                                  \
		id, section, RULE_TO_822, field, element, "text", "single", "-", failure                                       \
	}
static const struct address_out_row out_rows[] = {
	{OUT("H-230", "2156 4.7.2", "formal-name", "mailbox addr-spec", "H-238"), give_formal_name},
	{OUT("H-231", "2156 4.7.2", "free-form-name", "mailbox phrase", "-"), give_phrase},
	{OUT("H-238", "2156 4.7.2", "free-form-name alone", "empty group", "-"), give_group},
	{OUT("H-233", "2156 4.7.2", "telephone-number", "comment", "-"), give_telephone},
	{OUT("H-234", "2156 4.5, 4.7.2", "formal-name directory-name", "comment", "-"), give_directory_name},
	{OUT("H-235", "2156 4.7.2", "notification-requests", "-", "not-generated"), NULL},
	{OUT("H-236", "modern", "notification-requests an-supported, suppress-an", "-", "not-generated"), NULL},
	{OUT("H-237", "2156 4.7.2", "reply-requested", "comment", "-"), give_reply_requested},
};
const struct rule_table address_to_822_rules = RULE_TABLE("address", out_rows);

static char *give_address(struct arena *a, const struct mixer_context *c, const struct mx_or_descriptor *d,
						  const struct mx_recipient_specifier *r)
{
	struct out_address x = {a, c, d, r, NULL, NULL, buf_in(a, 4096)};

	for (size_t i = 0; i < ARRAY_LEN(out_rows); i++)
		if (out_rows[i].give != NULL && rule_active(&out_rows[i].rule))
			out_rows[i].give(&x);
	if (x.addr_spec == NULL)
		return arena_printf(a, "%s:;%s", x.phrase != NULL ? x.phrase : "unknown", buf_str(x.comments));
	/* H-232: no phrase, bare address */
	if (x.phrase == NULL || *x.phrase == '\0')
		return arena_printf(a, "%s%s", x.addr_spec, buf_str(x.comments));
	return arena_printf(a, "%s <%s>%s", x.phrase, x.addr_spec, buf_str(x.comments));
}

char *descriptor_to_822(struct arena *a, const struct mixer_context *c, const struct mx_or_descriptor *d)
{
	return give_address(a, c, d, NULL);
}

char *recipient_to_822(struct arena *a, const struct mixer_context *c, const struct mx_recipient_specifier *r)
{
	return give_address(a, c, &r->recipient, r);
}
