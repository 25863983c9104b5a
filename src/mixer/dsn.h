/*
 * mixer/dsn.h - the shape of a delivery status or disposition notification (RFC 6522, 3464, 8098), for report,
 * notification and own_dsn: a multipart/report with a text for people and groups of fields for machines.
 */
#ifndef MIXGATE_MIXER_DSN_H
#define MIXGATE_MIXER_DSN_H

#include "mixer/mixer.h"

/* The field groups of the second part, or lines of text, as they grow. */
struct dsn_text {
	struct arena *a;
	struct buf *buf;
};
struct dsn_text dsn_text_new(struct arena *a);
/* "Name: value", folded at 78; what is not printable ASCII becomes '?'.  value NULL: nothing. */
void dsn_field(struct dsn_text *t, const char *name, const char *value);
void dsn_field_printf(struct dsn_text *t, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The empty line between groups. */
void dsn_end_group(struct dsn_text *t);
/* A line (or more, each ended by LF or CRLF) of text for people. */
void dsn_line(struct dsn_text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* multipart/report with report-type ("delivery-status"), the text part and the machine part "message/report-type";
 * fields that m has stay. */
void dsn_fill(struct arena *a, const struct mixer_context *c, struct mime_entity *m, const char *report_type, struct dsn_text *text,
              struct dsn_text *machine);
/* Third part: header lines as text/rfc822-headers. */
void dsn_add_headers(struct arena *a, struct mime_entity *m, const char *header);
/* MAIL FROM:<> and one RCPT with NOTIFY=NEVER (R-255, N-202). */
void dsn_envelope(struct arena *a, struct smtp_envelope *env, const char *to);
/* A value in saved header lines ("Date" in "Date: ..CRLF.."), unfolded; NULL: none. */
char *dsn_saved_field(struct arena *a, const char *header, const char *name);

/* The first group and those behind it; false when mail is not a report of that type. */
bool dsn_read(struct arena *a, const struct mime_entity *mail, const char *report_type, struct mime_field_groups *out);
const char *dsn_get(const struct mime_fields *group, const char *name);
/* "type; value" to both, white space removed round them; comments are not.  type lower case. */
bool dsn_split(struct arena *a, const char *value, char **type, char **rest);
/* A recipient as std-or or addr-spec, whatever its type says. */
int dsn_address_to_x400(struct arena *a, const struct mixer_context *c, const char *value, struct or_address *out) MUST_USE;
/* "x400; Reason 1 (unable-to-transfer); Diagnostic 0 (unrecognised-OR-name)" and back; false: not of that
 * type. */
char *dsn_x400_diagnostic(struct arena *a, int reason, int diagnostic) MUST_USE;
bool dsn_parse_x400_diagnostic(struct arena *a, const char *value, int *reason, int *diagnostic);

#endif
