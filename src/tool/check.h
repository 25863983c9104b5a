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
};
void check_finding(struct findings *f, bool error, const char *what, const char *text);

/* mixgate check --mta: settings of the MTA against ours.  dir NULL: the MTA's own place.  Each finding says what to change;
 * a setting of the MTA that does not fit is an error, whatever harm it does. */
int check_postfix(struct findings *f, const char *dir, struct err *e) MUST_USE;
int check_sendmail(struct findings *f, const char *dir, struct err *e) MUST_USE;

/* "unix:/p" as "FILE /p", "inet:port@host" as "TCP [host] port": the A= of a mailer. */
const char *check_sendmail_address(struct arena *a, const char *spec);

/* Domains that the MTA must bring to us: those of mapping 2 that are not routed to SMTP, and our own. */
void check_x400_domains(struct findings *f, struct check_domains *out);
/* Has name been looked at?  Few are there. */
bool check_seen(struct check_domains *done, struct arena *a, const char *name);
/* "5m"; unit: what a bare number is. */
long long check_seconds(char unit, const char *v);
/* The next word of a list with blanks and commas; false: there is none. */
bool check_next_word(struct arena *a, const char **list, const char **word);

#endif
