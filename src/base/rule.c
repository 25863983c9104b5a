/* rule.c - see rule.h. */
#include "base/rule.h"

#ifdef MIXGATE_ROW_SWITCH
#include <stdlib.h>
#include <string.h>

bool rule_id_active(const char *id)
{
	const char *off = getenv("MIXGATE_ROW_OFF");

	return off == NULL || strcmp(off, id) != 0;
}
#endif

bool rule_active(const struct rule *r) { return rule_id_active(r->id); }
