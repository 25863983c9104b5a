/*
 * mixer/body_delivery.c - what a forwarded message says of its delivery: MessageParameters of the message body part (X.420
 * 7.3.8) and the fields that RFC 2156 5.3.6 makes of the same elements of an envelope (RFC 2157 6.5).
 *
 * Called for each forwarded message.  To X.400 the fields are taken where all that X.411 demands is there; else they stay
 * fields of the heading.  Only fields of a trusted sender count: they claim what an MTS has said.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

struct delivery_walk {
	struct arena *a;
	const struct mixer_context *c;
	struct mx_delivery *d;
};

struct delivery_row {
	struct rule rule;
	/* Adds fields to mail. */
	void (*give)(const struct delivery_walk *w, struct mime_entity *mail, const char *name);
	/* Takes the value of the field; -1: it cannot be read. */
	int (*take)(const struct delivery_walk *w, const char *value);
};

/* ---- names ---- */

static const char *name_text(const struct delivery_walk *w, const struct or_name *n)
{
	char *text;
	enum addr_how how;
	struct err e;

	return addr_to_822(w->a, w->c->tables, &n->address, mixer_header_use(w->c), &text, &how, NULL, &e) == 0 ? text : NULL;
}

static int take_name(const struct delivery_walk *w, const char *addr_spec, struct or_name *out)
{
	enum addr_how how;
	struct err e;

	return addr_to_x400(w->a, w->c->tables, addr_spec, mixer_header_use(w->c), &out->address, &how, NULL, &e);
}

static void give_originator(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	const char *text = name_text(w, &w->d->originator);

	if (text != NULL)
		mime_add_field(w->a, mail, name, text);
}

static int take_originator(const struct delivery_walk *w, const char *value)
{
	struct mime_mailboxes boxes = {0};

	return mime_parse_mailboxes(w->a, value, &boxes, NULL) == 0 && boxes.count == 1
	               ? take_name(w, boxes.items[0].addr_spec, &w->d->originator)
	               : -1;
}

/* Whom it was delivered to, and the others. */
static void give_recipients(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	struct buf *b = buf_in(w->a, 1u << 20);
	const char *text = name_text(w, &w->d->this_recipient);

	if (text == NULL)
		return;
	buf_puts(b, text);
	for (size_t i = 0; i < w->d->other_recipients.count; i++)
		if ((text = name_text(w, &w->d->other_recipients.items[i])) != NULL)
			buf_printf(b, ", %s", text);
	mime_add_field(w->a, mail, name, buf_str(b));
}

static int take_recipients(const struct delivery_walk *w, const char *value)
{
	struct mime_mailboxes boxes = {0};

	if (mime_parse_mailboxes(w->a, value, &boxes, NULL) != 0 || boxes.count == 0)
		return -1;
	TRY(take_name(w, boxes.items[0].addr_spec, &w->d->this_recipient));
	for (size_t i = 1; i < boxes.count; i++)
		TRY(take_name(w, boxes.items[i].addr_spec, ARENA_PUSH(w->a, &w->d->other_recipients)));
	return 0;
}

/* ---- small elements ---- */

static void give_eits(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	char *text = forms_eits(w->a, &w->d->original_eits);

	if (w->d->original_eits.set && *text != '\0')
		mime_add_field(w->a, mail, name, text);
}

static int take_eits(const struct delivery_walk *w, const char *value)
{
	w->d->original_eits.set = true;
	forms_parse_eits(w->a, value, &w->d->original_eits);
	return 0;
}

static void give_content_type(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	mime_add_field(w->a, mail, name, forms_content_type(w->a, w->d->content_type, &w->d->content_type_oid));
}

static int take_content_type(const struct delivery_walk *w, const char *value)
{
	return forms_parse_labelled(value, &w->d->content_type);
}

static void give_content_identifier(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	if (w->d->content_identifier != NULL)
		mime_add_field(w->a, mail, name, w->d->content_identifier);
}

static int take_content_identifier(const struct delivery_walk *w, const char *value)
{
	if (strlen(value) > 16 || !str_is_printable_string(value))
		return -1;
	w->d->content_identifier = arena_strdup(w->a, value);
	return 0;
}

static void give_priority(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	if (w->d->priority != MX_NORMAL)
		mime_add_field(w->a, mail, name, w->d->priority == MX_URGENT ? "urgent" : "non-urgent");
}

static int take_priority(const struct delivery_walk *w, const char *value)
{
	w->d->priority = str_ieq(value, "urgent") ? MX_URGENT : str_ieq(value, "non-urgent") ? MX_NON_URGENT : MX_NORMAL;
	return 0;
}

static void give_conversion(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	if (w->d->implicit_conversion_prohibited)
		mime_add_field(w->a, mail, name, "Prohibited");
}

static int take_conversion(const struct delivery_walk *w, const char *value)
{
	w->d->implicit_conversion_prohibited = str_ieq(value, "prohibited");
	return 0;
}

static void give_submission_time(const struct delivery_walk *w, struct mime_entity *mail, const char *name)
{
	if (w->d->submission_time.set)
		mime_add_field(w->a, mail, name, forms_date(w->a, &w->d->submission_time));
}

static int take_submission_time(const struct delivery_walk *w, const char *value)
{
	return mime_parse_date(value, &w->d->submission_time);
}

#define ROW(field, element, codec)                                                                                     \
	{                                                                                                                  \
		"B-401", "2157 6.5", RULE_BOTH, field, "delivery-envelope " element, codec, "single", "-", "-"                    \
	}
static const struct delivery_row rows[] = {
	{ROW("Date", "message-submission-time", "date"), give_submission_time, take_submission_time},
	{ROW("X400-Originator", "originator-name", "address"), give_originator, take_originator},
	{ROW("X400-Recipients", "this-recipient-name, other-recipient-names", "address"), give_recipients, take_recipients},
	{ROW("Original-Encoded-Information-Types", "original-encoded-information-types", "eits"), give_eits, take_eits},
	{ROW("X400-Content-Type", "content-type", "labelled-integer"), give_content_type, take_content_type},
	{ROW("X400-Content-Identifier", "content-identifier", "text"), give_content_identifier, take_content_identifier},
	{ROW("Priority", "priority", "keyword"), give_priority, take_priority},
	{ROW("Conversion", "implicit-conversion-prohibited", "prohibition"), give_conversion, take_conversion},
};
const struct rule_table body_delivery_rules = RULE_TABLE("delivery of a forwarded message", rows);

void delivery_to_822(struct arena *a, const struct mixer_context *c, const struct mx_body_part *p, struct mime_entity *mail)
{
	const struct delivery_walk w = {a, c, p->delivery};

	if (p->delivery_time.set)
		mime_add_field(a, mail, "Delivery-Date", forms_date(a, &p->delivery_time));
	for (size_t i = 0; p->delivery != NULL && i < ARRAY_LEN(rows); i++)
		if (rule_active(&rows[i].rule) && mime_get(mail, rows[i].rule.field) == NULL)
			rows[i].give(&w, mail, rows[i].rule.field);
}

static void remove_field(struct mx_heading *h, const char *name)
{
	size_t n = strlen(name), kept = 0;

	for (size_t i = 0; i < h->rfc_822_fields.count; i++)
		if (!str_istarts(h->rfc_822_fields.items[i], name) || h->rfc_822_fields.items[i][n] != ':')
			h->rfc_822_fields.items[kept++] = h->rfc_822_fields.items[i];
	h->rfc_822_fields.count = kept;
}

void delivery_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_body_part *out)
{
	struct mx_heading *h = &out->message->ipm.heading;
	struct mx_delivery *d = NEW(a, struct mx_delivery);
	const struct delivery_walk w = {a, c, d};
	const char *value = mime_get(mail, "Delivery-Date");
	struct when t;

	if (value != NULL && mime_parse_date(value, &t) == 0) {
		out->delivery_time = t;
		remove_field(h, "Delivery-Date");
	}
	d->content_type = MX_CONTENT_P22;
	value = mime_get(mail, "Date");
	if (!c->trusted || value == NULL || mime_get(mail, "X400-Originator") == NULL || mime_get(mail, "X400-Recipients") == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		value = mime_get(mail, rows[i].rule.field);
		if (value != NULL && rule_active(&rows[i].rule) && rows[i].take(&w, value) != 0)
			return;
	}
	out->delivery = d;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		remove_field(h, rows[i].rule.field);
}
