/*
 * msg/dump.h - the canonical text of a central message: golden tests, `mixgate dump` and the debug log are one text.
 *
 * One element a line, "path: value", elements in the order and with the names of X.411 and X.420 (msg/fields.c), absent
 * ones left out.  The text is complete: mx_parse makes the same message of it, and its dump is the same text.  Octets are
 * hex, a text is in double quotes with \xHH for what is not printable; long values go on in further lines of the same path.
 */
#ifndef MIXGATE_MSG_DUMP_H
#define MIXGATE_MSG_DUMP_H

#include "base/stream.h"
#include "msg/msg.h"
#include "msg/octets.h"

struct mx_dump_options {
	bool json;        /* one JSON object */
	bool as_received; /* with what tells how the octets came, and the octets of content and body parts */
	uint64_t cut;     /* octets shown of a long value, for people (then mx_parse refuses the text); 0: all */
};
void mx_dump_with(struct arena *a, const struct mx_message *m, const struct mx_dump_options *options, struct stream *out);
void mx_dump_octets(struct arena *a, const struct mx_octets *o, const struct mx_dump_options *options, struct stream *out);
void mx_dump(struct arena *a, const struct mx_message *m, struct stream *out);

struct mx_parse_limits {
	size_t memory;    /* octets of structs and strings; attachments go to a temporary file */
	unsigned nesting; /* messages in messages, values in values */
};
#define MX_PARSE_LIMITS_DEFAULT ((struct mx_parse_limits){(size_t)256 << 20, 64})

/* Where a parser is in a text that may hold several dumps. */
struct mx_source {
	const char *name; /* for messages: "name:line:column: ..." */
	struct octets text;
	size_t at, line;
	const char *dir; /* for the temporary file; NULL: TMPDIR or /tmp */
};
/* What a dump was of: one of the two. */
struct mx_dumped {
	struct mx_message *message;
	struct mx_octets *octets;
};
/* The next dump of the text; 1: there is none.  It ends before the next line "kind: ...". */
int mx_parse(struct arena *a, struct mx_source *s, const struct mx_parse_limits *limits, struct mx_dumped *out, struct err *e) MUST_USE;
/* One line into a message that is there ("heading.subject: \"x\""); what it has already is replaced. */
int mx_parse_line(struct arena *a, struct mx_message *m, const char *line, struct err *e) MUST_USE;

#endif
