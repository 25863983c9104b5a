/*
 * dialogue.h - scripted dialogues for state machines that take and give octets (t/vectors/smtp/).
 *
 * A file holds dialogues, each begun by "== title".  A line is "X: text" with one capital letter; '#' starts a comment
 * line.  C: and S: are lines of the wire and end in CRLF unless the text ends in a backslash.  Escapes: \r \n \t \0 \\
 * \xHH, and \*N,c for N times the character c.
 */
#ifndef MIXGATE_T_DIALOGUE_H
#define MIXGATE_T_DIALOGUE_H

#include <stddef.h>

struct dialogue_line {
	char tag;
	char *text; /* unescaped, with CRLF where it applies; NUL behind it */
	size_t len;
	int number; /* of the line in the file */
};
struct dialogue {
	const char *title;
	struct dialogue_line *lines;
	size_t count;
};

/* Calls run for every dialogue of the file, its octets to be given whole (step SIZE_MAX), in pairs and one by one; ends the test
 * on a bad script. */
void dialogue_run(const char *path, void (*run)(const struct dialogue *d, size_t step));
/* All lines of one tag, joined. */
char *dialogue_join(const struct dialogue *d, char tag, size_t *len);
/* The next line of a tag at or after *at, or NULL; *at moves behind it. */
const struct dialogue_line *dialogue_next(const struct dialogue *d, char tag, size_t *at);

#endif
