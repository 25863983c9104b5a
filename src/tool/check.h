/*
 * tool/check.h - findings of `mixgate check`, and the part of it that looks at the MTA.
 */
#ifndef MIXGATE_TOOL_CHECK_H
#define MIXGATE_TOOL_CHECK_H

#include "base/json.h"
#include "tool/tool.h"

struct check_domains {
	const char **items;
	size_t count, capacity;
};
struct findings {
	struct tool *t;
	struct json *json;
	int errors, warnings;
	struct check_domains *domains; /* being collected: those that the MTA must bring to us */
};
void check_finding(struct findings *f, bool error, const char *what, const char *text);

/* mixgate check --mta: settings of the MTA against ours.  dir NULL: the MTA's own place.  Each finding says what to change;
 * a setting of the MTA that does not fit is an error, whatever harm it does. */
int check_postfix(struct findings *f, const char *dir, struct err *e) MUST_USE;

#endif
