/*
 * rule.h - how a rule of RFC 2156 (or 2157, 3464 ...) describes itself.
 *
 * Every rule is a row with the id of our digests (H-107, A-029, B-...).  A table of rules puts struct rule first in its
 * rows; `mixgate rules` prints them, tests name them, and a build with --enable-row-switch takes one out when
 * MIXGATE_ROW_OFF names it, so that a test can show that the row is needed.
 */
#ifndef MIXGATE_BASE_RULE_H
#define MIXGATE_BASE_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum rule_direction { RULE_TO_X400, RULE_TO_822, RULE_BOTH };

struct rule {
	const char *id;      /* "H-107" */
	const char *section; /* "2156 5.1.3" */
	enum rule_direction direction;
	const char *field;        /* header or SMTP element, "-" if none */
	const char *element;      /* X.411/X.420 element, "-" if none */
	const char *codec;        /* how a value is written: "or_descriptor", "utctime", "-" */
	const char *multiplicity; /* "single", "list", "merge", "-" */
	const char *bound;        /* "ub-subject-field-length 128", "-" */
	const char *on_failure;   /* "heading-extension", "drop", "reject 1/0", "-" */
};

/* False when this row is switched off by MIXGATE_ROW_OFF (always true without --enable-row-switch). */
bool rule_active(const struct rule *r);
#ifdef MIXGATE_ROW_SWITCH
bool rule_id_active(const char *id);
#else /* mapping asks some forty times an address: no call */
static inline bool rule_id_active(const char *id)
{
	(void)id;
	return true;
}
#endif

/* The ids, with blanks between, of the rules that carry out this one (rule_carried.def); NULL: it is no such rule.  Switching
 * it off switches those off. */
const char *rule_carried_by(const char *id);

/* Modules offer their tables to `mixgate rules` as a list of these. */
struct rule_table {
	const char *name;       /* "heading" */
	const struct rule *first; /* first row; rows are stride octets apart and count many */
	size_t stride;
	size_t count;
};

#endif
