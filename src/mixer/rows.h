/*
 * mixer/rows.h - the row tables of mixer and the field walk that heading, envelope and trace share.
 *
 * A field of the incoming header belongs to one row, found by its name in an index over all tables.  The row's hook maps
 * it or says what becomes of it; a field without an active row is H-130's (the rfc-822-field-list).
 */
#ifndef MIXGATE_MIXER_ROWS_H
#define MIXGATE_MIXER_ROWS_H

#include "mixer/mixer.h"

#define RULE_TABLE(name, rows)                                                                                         \
	{                                                                                                                  \
		name, &(rows)[0].rule, sizeof(rows)[0], sizeof(rows) / sizeof((rows)[0])                                       \
	}

/* What a field's hook says. */
enum field_fate {
	FIELD_DONE, /* mapped, or not carried */
	FIELD_COPY, /* mapped, and kept whole behind the others in the rfc-822-field-list, because the mapping lost something */
	FIELD_KEEP /* not mapped: into the rfc-822-field-list where it stood */
};

/* One walk over the header of a message, or of a forwarded one (m NULL: there is no envelope). */
struct field_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct mime_entity *mail;
	struct mx_message *m;
	struct mx_heading *h;
	/* gathered over all fields, used by the rows that follow the walk */
	struct mime_mailboxes from, sender;
	struct mime_msgids in_reply_to;
	bool in_reply_to_copied;
	bool mt_priority_seen, auto_submitted_seen;
	MIME_LIST(const char *) copies;
};

struct field_row {
	struct rule rule;                                                 /* rule.field is the name that the index finds */
	enum field_fate (*take)(struct field_walk *w, const char *value); /* NULL: the field is dropped */
};

/* Tables of field rows, by file. */
extern const struct rule_table heading_field_rules, envelope_field_rules, trace_field_rules;
/* The row of a field name, NULL: none (or switched off). */
const struct field_row *field_row_find(const char *name);
/* "Name: value" as an IA5String of the rfc-822-field-list (G-029, G-032); NULL when it cannot be one. */
char *field_list_item(struct arena *a, const char *name, const char *value);

/* "by [mta M in] GDI; ...; date" (T-112); 0, or -1 when it is not that. */
int trace_parse(struct arena *a, const char *value, struct mx_trace *out) MUST_USE;

/* Every file's tables; mixer_rules lists them. */
extern const struct rule_table heading_after_rules, heading_list_rules, heading_to_822_rules, heading_inner_rules,
	address_to_x400_rules, address_to_822_rules, ids_to_x400_rules, ids_to_822_rules, envelope_message_rules,
	envelope_recipient_in_rules, envelope_finish_rules, envelope_smtp_rules, envelope_recipient_rules,
	envelope_to_822_rules, envelope_extension_rules, envelope_other_rules, trace_to_x400_rules, trace_to_822_rules,
	trace_text_rules, translate_rules, absent_rules;

#endif
