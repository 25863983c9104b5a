/*
 * tool/body_vectors.h - `mixgate vectors FOLDER`: bodies of RFC 2157 by a manifest, in both directions.
 */
#ifndef MIXGATE_TOOL_BODY_VECTORS_H
#define MIXGATE_TOOL_BODY_VECTORS_H

#include "tool/tool.h"

/* FOLDER/manifest.tsv: name, direction (both, x2m, m2x), knobs, expectation in prose.  NAME.ipm.ber and NAME.mime are compared
 * where they are, the assertions of body_assertions.def count where they are not.  pending (NULL: none) lists what need not
 * pass yet.  TAP on t->out; the number that failed, or -1. */
int tool_body_vectors(struct tool *t, const char *folder, const char *pending, struct err *e) MUST_USE;

/* What an entry without a file to compare with has to give: lines of the dump (to X.400) or of the description (to mail), each
 * with + (it is there) or - (it is not) before it. */
struct body_assertion {
	const char *name, *direction, *lines;
};
extern const struct body_assertion body_assertions[];
extern const size_t body_assertions_count;

#endif
