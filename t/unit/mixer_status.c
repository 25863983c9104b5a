/*
 * mixer_status.t - every row of t/vectors/mixer/status.tsv.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "t/lib/tap.h"

static char *next_column(char **rest)
{
	char *start = *rest, *tab = strchr(start, '\t');

	if (tab != NULL)
		*tab++ = '\0';
	*rest = tab != NULL ? tab : start + strlen(start);
	return start;
}

static const char *pair(struct arena *a, int reason, int diagnostic)
{
	return diagnostic == MX_ABSENT ? arena_printf(a, "%d/-", reason) : arena_printf(a, "%d/%d", reason, diagnostic);
}

static void check_line(struct arena *a, char *line)
{
	char *id = next_column(&line), *direction = next_column(&line), *input = next_column(&line), *want = next_column(&line);
	const char *strict = next_column(&line), *row = NULL;
	int reason, diagnostic;

	if (str_eq(direction, "code")) {
		status_to_x400(input, false, &reason, &diagnostic, &row);
		is(pair(a, reason, diagnostic), want, "%s Status %s", id, input);
		is(row, id, "%s is the row that decided", id);
		status_to_x400(input, true, &reason, &diagnostic, NULL);
		is(pair(a, reason, diagnostic), str_eq(strict, "-") ? want : strict, "%s Status %s, strict", id, input);
		return;
	}
	reason = (int)strtol(input, &input, 10);
	diagnostic = input[1] == '-' ? MX_ABSENT : (int)strtol(input + 1, NULL, 10);
	is(status_to_822(reason, diagnostic, &row), want, "%s reason %d diagnostic %d", id, reason, diagnostic);
	if (!str_eq(id, "R-489"))
		is(row, id, "%s is the row that decided", id);
	ok(strlen(status_explain(a, reason, diagnostic)) > 10, "%s has a text for people", id);
}

int main(void)
{
	struct arena *a = arena_new(0);
	char *text = tap_read_file("t/vectors/mixer/status.tsv", NULL), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (line[0] != '#')
			check_line(a, line);
	is(reason_text(1), "unable-to-transfer", "name of a reason");
	is(reason_text(99), "unknown", "name of a reason that X.411 does not have");
	is(diagnostic_text(0), "unrecognised-OR-name", "name of a diagnostic");
	is(status_explain(a, 1, 0), "Unable to transfer: address not recognised", "R-213 text");
	is_int((long long)(status_code_rules.count + status_reason_rules.count + status_diagnostic_rules.count), 71 + 9 + 79, "all rows are there");
	free(text);
	arena_free(a);
	return tap_done();
}
