/*
 * mime/field.h - header blocks to fields, and the lexical ground of RFC 5322 3.2 that all structured values share.
 */
#ifndef MIXGATE_MIME_FIELD_H
#define MIXGATE_MIME_FIELD_H

#include "mime/mime.h"

/* True when the line begins a field: a name of visible ASCII, perhaps blanks, and a colon. */
bool mime_is_field(struct octets line);
/* Appends the fields of a header block in order, unfolded, octets as received (NUL as '?', a string could not hold it). */
void mime_read_fields(struct arena *a, struct octets block, struct mime_fields *out);
/* Behind white space, folding and comments; comments end with the value.  Nesting costs nothing. */
const char *mime_skip_cfws(const char *p);
/* Behind the comment that starts at p. */
const char *mime_skip_comment(const char *p);
/* Behind the quoted-string that starts at p; its text without quotes is appended to text (may be NULL). */
const char *mime_skip_quoted(const char *p, struct buf *text);
/* Letters, digits and the marks of RFC 5322 atext; octets over 7F count as well (RFC 6532, and what is sent without it). */
bool mime_is_atext(char c);
static inline bool mime_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
/* What mail may contain as text without being declared: UTF-8 if it is, else ISO 8859-1. */
char *mime_text_to_utf8(struct arena *a, struct octets in) MUST_USE;

#endif
