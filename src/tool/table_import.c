/*
 * tool/table_import.c - mixgate table import: mapping tables of other gateways as ours, with a report of what was not
 * understood (addr/table_import.h).
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "addr/table_import.h"
#include "base/blob.h"
#include "base/json.h"
#include "base/str.h"
#include "tool/table.h"

struct import {
	struct tool *t;
	const char *path;
	enum addr_dialect dialect;
	bool gate;
	FILE *out[ADDR_TABLE_COUNT]; /* NULL: standard output, with the name of the table before the rule */
	size_t rules[ADDR_TABLE_COUNT], bad;
};

static int find_dialect(const char *name)
{
	for (int i = 0; i < ADDR_DIALECTS; i++)
		if (str_eq(name, addr_dialect_names[i]))
			return i;
	return -1;
}

static void take_line(struct import *im, struct arena *a, size_t number, const char *line, size_t n)
{
	enum addr_table which;
	char *rule;
	struct err e = {0};
	int rc = memchr(line, '\0', n) != NULL ? ERR(&e, ERR_TABLE_SYNTAX, "NUL octet")
	                                       : addr_import_line(a, im->dialect, arena_strndup(a, line, n), &which, &rule, &e);

	if (rc > 0)
		return;
	if (rc < 0) {
		im->bad++;
		fprintf(stderr, "%s:%zu: not understood: %s\n", im->path, number, e.detail);
		return;
	}
	if (im->gate)
		which = which == ADDR_MAPPING1 ? ADDR_GATE1 : ADDR_GATE2;
	im->rules[which]++;
	if (im->out[which] != NULL)
		fprintf(im->out[which], "%s\n", rule);
	else
		stream_printf(im->t->out, "%s %s\n", addr_table_names[which], rule);
}

static void take_text(struct import *im, const char *s, size_t n)
{
	struct arena *scratch = arena_new(0);

	for (size_t number = 1; n > 0; number++) {
		const char *end = memchr(s, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - s);

		take_line(im, scratch, number, s, length);
		arena_reset(scratch);
		s += length + (end != NULL);
		n -= length + (end != NULL);
	}
	arena_free(scratch);
}

/* The tables that the rules go to, in a folder. */
static int open_files(struct import *im, const char *dir, struct err *e)
{
	for (int i = im->gate ? ADDR_GATE1 : ADDR_MAPPING1; i <= (im->gate ? ADDR_GATE2 : ADDR_MAPPING2); i++) {
		const char *path = arena_printf(im->t->arena, "%s/%s", dir, addr_table_names[i]);

		im->out[i] = fopen(path, "wxe"); /* never over tables that are there */
		if (im->out[i] == NULL)
			return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
		fprintf(im->out[i], "!version 1\n# %s, read from %s as %s\n", addr_table_names[i], im->path, addr_dialect_names[im->dialect]);
	}
	return 0;
}

static int close_files(struct import *im, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < ADDR_TABLE_COUNT; i++)
		if (im->out[i] != NULL && (fflush(im->out[i]) != 0 || fclose(im->out[i]) != 0))
			rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", addr_table_names[i]);
	return rc;
}

int table_import(struct tool *t, int argc, char **argv)
{
	const char *from = "auto", *dir = NULL;
	struct import im = {.t = t};
	const struct tool_option own[] = {{"--from", &from, NULL}, {"--out", &dir, NULL}, {"--gate", NULL, &im.gate}};
	int n = tool_options(t, own, ARRAY_LEN(own), argc, argv), dialect = n == 1 ? find_dialect(from) : -1;
	struct octets text = {0};
	struct blob blob;
	struct err e = {0};
	int rc = 0;

	if (n < 0)
		return TOOL_USAGE;
	if (dialect < 0)
		return tool_usage("table", "import needs one file; --from is rfc1327, pp, ean, exchange, pmdf or auto");
	if (tool_read(t, argv[0], &blob, &e) != 0 || blob_map(t->arena, &blob, &text, &e) != 0)
		return tool_fail("table import", &e, TOOL_TROUBLE);
	im.path = argv[0];
	im.dialect = dialect != ADDR_DIALECT_AUTO ? (enum addr_dialect)dialect : addr_import_detect((const char *)text.p, text.len);
	if (im.dialect == ADDR_DIALECT_AUTO)
		return tool_usage("table", "import: the text is in no dialect that is known; say --from");
	if (dir != NULL)
		rc = open_files(&im, dir, &e);
	if (rc == 0)
		take_text(&im, (const char *)text.p, text.len);
	if (close_files(&im, &e) != 0 || rc != 0)
		return tool_fail("table import", &e, TOOL_TROUBLE);
	fprintf(stderr, "%s: %s, %zu rules by O/R address, %zu by domain, %zu lines not understood\n", im.path, addr_dialect_names[im.dialect],
	        im.rules[ADDR_MAPPING1] + im.rules[ADDR_GATE1], im.rules[ADDR_MAPPING2] + im.rules[ADDR_GATE2], im.bad);
	return im.bad > 0 ? TOOL_NO : TOOL_OK;
}
