/*
 * osi/table.c - see table.h.  Called by the three state machines, by the tests and by what prints the tables.
 */
#include "osi/table.h"

#include "base/buf.h"

void (*table_hook)(const struct table *t, size_t row);

const struct table *osi_table(size_t i)
{
	static const struct table *const tables[] = {&cotp_table, &session_table, &rtse_table};

	return i < ARRAY_LEN(tables) ? tables[i] : NULL;
}
