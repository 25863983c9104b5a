/*
 * osi/table.h - what the state tables of COTP, session and RTSE have in common: each row knows its names as they are
 * written in the source, so that the tables can be printed (ARCHITECTURE) and their rows counted by the tests.
 *
 * A row is state, event, predicate, action, next state.  Of the rows of a state and event, or of ANY, the first whose
 * predicate holds is taken.
 */
#ifndef MIXGATE_OSI_TABLE_H
#define MIXGATE_OSI_TABLE_H

#include <stddef.h>

struct table_names {
	const char *state, *event, *predicate, *action, *next;
};
struct table {
	const char *name, *clause;
	size_t count;
	const struct table_names *(*names)(size_t row);
};

/* The predicate that always holds.  (The tables' ROW stringifies its arguments itself: one macro more and this is gone.) */
#define always NULL

/* The tables, from below; NULL behind the last. */
const struct table *osi_table(size_t i);
extern const struct table cotp_table, session_table, rtse_table;
/* For tests: called with each row that is taken; NULL: nobody counts. */
extern void (*table_hook)(const struct table *t, size_t row);
static inline void table_taken(const struct table *t, size_t row)
{
	if (table_hook != NULL)
		table_hook(t, row);
}

#endif
