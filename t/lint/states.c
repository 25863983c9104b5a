/*
 * t/lint/states.c - prints the state tables of COTP, session and RTSE, from the tables themselves.
 *
 * Without arguments it is a test: section 9 of ARCHITECTURE must hold what the tables say.  --text prints that section's
 * text, --dot NAME one table for Graphviz (`make states` writes all).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "osi/table.h"
#include "t/lib/tap.h"

static void put(struct buf *b, const char *text) { buf_put(b, text, strlen(text)); }

static const char *any(const char *name) { return strstr(name, "_ANY") != NULL ? "(any)" : name; }

/* "EVENT [predicate]" */
static void trigger(const struct table_names *n, char *out, size_t size)
{
	bool plain = str_eq(n->predicate, "always");

	snprintf(out, size, "%s%s%s%s", any(n->event), plain ? "" : " [", plain ? "" : n->predicate, plain ? "" : "]");
}

static bool seen_before(const struct table *t, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (str_eq(t->names(i)->state, t->names(row)->state))
			return true;
	return false;
}

static void text_state(struct buf *b, const struct table *t, const char *state)
{
	char line[200], what[100];

	snprintf(line, sizeof line, "\n    %s\n", any(state));
	put(b, line);
	for (size_t i = 0; i < t->count; i++) {
		const struct table_names *n = t->names(i);

		if (!str_eq(n->state, state))
			continue;
		trigger(n, what, sizeof what);
		snprintf(line, sizeof line, "      --%-48s / %-26s --> %s\n", what, n->action, str_eq(n->next, n->state) ? "." : n->next);
		put(b, line);
	}
}

static void text(struct buf *b)
{
	const struct table *t;

	for (size_t k = 0; (t = osi_table(k)) != NULL; k++) {
		char line[100];

		snprintf(line, sizeof line, "%s%s (%s), %zu rows\n", k > 0 ? "\n" : "", t->name, t->clause, t->count);
		put(b, line);
		for (size_t i = 0; i < t->count; i++)
			if (!seen_before(t, i))
				text_state(b, t, t->names(i)->state);
	}
}

/* One edge for all rows between two states. */
static void dot_edge(const struct table *t, size_t row)
{
	const struct table_names *n = t->names(row);
	char what[100];

	for (size_t i = 0; i < row; i++)
		if (str_eq(t->names(i)->state, n->state) && str_eq(t->names(i)->next, n->next))
			return;
	printf("\t\"%s\" -> \"%s\" [label=\"", any(n->state), n->next);
	for (size_t i = row; i < t->count; i++) {
		if (!str_eq(t->names(i)->state, n->state) || !str_eq(t->names(i)->next, n->next))
			continue;
		trigger(t->names(i), what, sizeof what);
		printf("%s / %s\\l", what, t->names(i)->action);
	}
	printf("\"];\n");
}

static int dot(const char *name)
{
	const struct table *t;

	for (size_t k = 0; (t = osi_table(k)) != NULL; k++) {
		if (!str_eq(t->name, name))
			continue;
		printf("digraph %s {\n\tnode [shape=box, fontname=Helvetica];\n\tedge [fontname=Helvetica, fontsize=9];\n", t->name);
		for (size_t i = 0; i < t->count; i++)
			dot_edge(t, i);
		printf("}\n");
		return 0;
	}
	fprintf(stderr, "no table %s\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	char *architecture;

	if (argc == 3 && str_eq(argv[1], "--dot"))
		return dot(argv[2]);
	text(&b);
	buf_putc(&b, '\0');
	if (argc == 2 && str_eq(argv[1], "--text")) {
		fputs((const char *)b.p, stdout);
		buf_free(&b);
		return 0;
	}
	architecture = tap_read_file("ARCHITECTURE", NULL);
	if (!ok(strstr(architecture, (const char *)b.p) != NULL, "ARCHITECTURE shows the state tables as they are"))
		diag("put the output of `t/lint/states.t --text` into its section 9");
	free(architecture);
	buf_free(&b);
	return tap_done();
}
