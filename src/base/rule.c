/* rule.c - see rule.h. */
#include "base/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static const struct {
	const char *id, *by;
} carried[] = {
#define RULE_CARRIED(id, by, section, direction, field, element) {id, by},
#include "base/rule_carried.def"
#undef RULE_CARRIED
};

const char *rule_carried_by(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(carried); i++)
		if (strcmp(carried[i].id, id) == 0)
			return carried[i].by;
	return NULL;
}

#ifdef MIXGATE_ROW_SWITCH
/* Is id a word of list? */
static bool is_listed(const char *list, const char *id)
{
	size_t n = strlen(id);

	for (const char *s = strstr(list, id); s != NULL; s = strstr(s + 1, id))
		if ((s == list || s[-1] == ' ') && (s[n] == '\0' || s[n] == ' '))
			return true;
	return false;
}

bool rule_id_active(const char *id)
{
	const char *off = getenv("MIXGATE_ROW_OFF"), *by = off == NULL ? NULL : rule_carried_by(off);

	return off == NULL || (strcmp(off, id) != 0 && (by == NULL || !is_listed(by, id)));
}
#endif

bool rule_active(const struct rule *r) { return rule_id_active(r->id); }
