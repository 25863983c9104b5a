/* steps.c - see addr/steps.h. */
#include "addr/steps.h"

#include <stdarg.h>

void addr_step_put(struct arena *a, struct addr_trace *trace, const char *rule, const char *fmt, ...)
{
	struct addr_step *s;
	va_list ap;

	/* */
	if (!rule_id_active("A-297"))
		return;
	s = ARENA_PUSH(a, trace);
	va_start(ap, fmt);
	*s = (struct addr_step){rule, arena_vprintf(a, fmt, ap)};
	va_end(ap);
}
