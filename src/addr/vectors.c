/*
 * vectors.c - runs address vectors and prints TAP (addr/vectors.h).
 *
 * The product has the runner itself, so that an operator can put questions and expected answers for his own tables into a
 * file and ask after every change.
 */
#include "addr/vectors.h"

#include <string.h>

#include "addr/directions.h"
#include "base/blob.h"
#include "base/str.h"

enum column { COL_ID, COL_DIRECTION, COL_SET, COL_INPUT, COL_EXPECTED, COL_SOURCE, COL_NOTE, COL_COUNT };

/* A table set, loaded when first asked for. */
struct set {
	const char *name;
	struct addr_tables *tables;
	struct err err;
};

struct run {
	struct arena *a;
	const struct addr_vectors_options *options;
	const char *tables_dir;
	struct octets pending;
	struct {
		struct set *items;
		size_t count, capacity;
	} sets;
	struct stream *out;
	struct addr_vectors_count *count;
};

/* Takes the next line of text without its end; false at the end of text. */
static bool next_line(struct octets *text, struct octets *line)
{
	const uint8_t *nl;

	if (text->len == 0)
		return false;
	nl = memchr(text->p, '\n', text->len);
	*line = (struct octets){text->p, nl == NULL ? text->len : (size_t)(nl - text->p)};
	text->p += line->len + (nl != NULL);
	text->len -= line->len + (nl != NULL);
	return true;
}

/* C escapes, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '\\' || s[1] == '\0') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && str_hex_digit(s[1]) >= 0 && str_hex_digit(s[2]) >= 0) {
			*to++ = (char)(str_hex_digit(s[1]) * 16 + str_hex_digit(s[2]));
			s += 2;
		} else {
			*to++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s;
		}
	}
	*to = '\0';
}

static const struct addr_direction *find_direction(const struct run *r, const char *name)
{
	for (size_t i = 0; i < addr_directions_count; i++)
		if (str_eq(addr_directions[i].name, name))
			return &addr_directions[i];
	for (size_t i = 0; i < r->options->more_count; i++)
		if (str_eq(r->options->more[i].name, name))
			return &r->options->more[i];
	return NULL;
}

static const struct set *find_set(struct run *r, const char *name)
{
	struct set *s;

	for (size_t i = 0; i < r->sets.count; i++)
		if (str_eq(r->sets.items[i].name, name))
			return &r->sets.items[i];
	s = ARENA_PUSH(r->a, &r->sets);
	s->name = arena_strdup(r->a, name);
	/* "-" is no tables at all. */
	if (str_eq(name, "-")) {
		if (addr_tables_load(r->a, &(struct addr_tables_source){0}, &s->tables, &s->err) != 0)
			s->tables = NULL;
	} else if (strchr(name, '/') != NULL)
		ERR(&s->err, ERR_CONFIG, "name of a table set: %s", name);
	else if (addr_tables_load_dir(r->a, arena_printf(r->a, "%s/%s", r->tables_dir, name), &s->tables, &s->err) != 0)
		s->tables = NULL;
	return s;
}

/* The reason why id is pending, or NULL. */
static const char *pending_reason(struct run *r, struct arena *a, const char *id)
{
	struct octets text = r->pending, line;

	while (next_line(&text, &line)) {
		size_t n = strlen(id);

		if (line.len > n && memcmp(line.p, id, n) == 0 && line.p[n] == '\t')
			return arena_strndup(a, (const char *)line.p + n + 1, line.len - n - 1);
	}
	return NULL;
}

static const char *shown(struct arena *a, const char *s)
{
	size_t n = strlen(s) * 4 + 1;
	char *out = arena_alloc(a, n);

	str_printable(out, n, s, strlen(s));
	return out;
}

/* "ok 3 - V-0001 asc2ps A-021 ..." and, when it is not, what was and what should be. */
static void print_result(struct run *r, struct arena *a, char *const *col, bool good, const char *got)
{
	const char *why = pending_reason(r, a, col[COL_ID]);

	stream_printf(r->out, "%s %zu - %s %s %s %s%s%s\n", good ? "ok" : "not ok", ++r->count->run, col[COL_ID], col[COL_DIRECTION], col[COL_SET],
	              col[COL_SOURCE], why == NULL ? "" : " # TODO ", why == NULL ? "" : why);
	if (good == (why != NULL))
		r->count->failed++;
	if (good)
		return;
	stream_printf(r->out, "# input    %s\n", shown(a, col[COL_INPUT]));
	stream_printf(r->out, "# expected %s\n", shown(a, col[COL_EXPECTED]));
	stream_printf(r->out, "# got      %s\n", shown(a, got));
}

static char *answer(struct run *r, struct arena *a, char *const *col, struct err *e)
{
	const struct addr_direction *d = find_direction(r, col[COL_DIRECTION]);
	const struct set *s = NULL;

	if (d == NULL) {
		ERR(e, ERR_CONFIG, "unknown direction %s", col[COL_DIRECTION]);
		return NULL;
	}
	if (d->tables) {
		s = find_set(r, col[COL_SET]);
		if (s->tables == NULL) {
			*e = s->err;
			return NULL;
		}
	}
	return d->run(a, s == NULL ? NULL : s->tables, col[COL_INPUT], e);
}

static void run_one(struct run *r, struct arena *a, char **col)
{
	struct err e = {0};
	char text[512];
	char *got;
	bool good;

	unescape(col[COL_INPUT]);
	unescape(col[COL_EXPECTED]);
	got = answer(r, a, col, &e);
	if (got == NULL) {
		err_text(&e, text, sizeof(text));
		/* A missing direction or table set is never what a vector expects. */
		good = str_istarts(col[COL_EXPECTED], "ERROR") && e.id != ERR_CONFIG;
		got = arena_printf(a, "ERROR %s", text);
	} else {
		good = str_eq(got, col[COL_EXPECTED]);
	}
	print_result(r, a, col, good, got);
}

static void run_line(struct run *r, struct octets line)
{
	struct arena *a = arena_new(0);
	char *copy = arena_strndup(a, (const char *)line.p, line.len), *col[COL_COUNT];
	size_t n = 0;

	if (line.len > 0 && copy[line.len - 1] == '\r')
		copy[line.len - 1] = '\0';
	while (n < COL_COUNT) {
		size_t length = strcspn(copy, "\t");
		bool last = copy[length] == '\0';

		copy[length] = '\0';
		col[n++] = copy;
		copy += length + !last;
	}
	if (*col[COL_ID] != '\0' && *col[COL_ID] != '#' && !str_eq(col[COL_ID], "id"))
		run_one(r, a, col);
	arena_free(a);
}

/* "tables" beside the file. */
static const char *default_tables(struct arena *a, const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash == NULL ? "tables" : arena_printf(a, "%.*s/tables", (int)(slash - file), file);
}

int addr_run_vectors_with(const char *file, const struct addr_vectors_options *options, struct stream *out,
                          struct addr_vectors_count *count, struct err *e)
{
	struct run r = {.a = arena_new(0), .options = options, .out = out, .count = count};
	struct octets text = {0}, line;
	int rc = blob_map_path(r.a, file, &text, e);

	r.tables_dir = options->tables != NULL ? options->tables : default_tables(r.a, file);
	if (rc == 0 && options->pending != NULL)
		rc = blob_map_path(r.a, options->pending, &r.pending, e);
	while (rc == 0 && next_line(&text, &line))
		run_line(&r, line);
	arena_free(r.a);
	return rc;
}

int addr_run_vectors(const char *file, const struct addr_vectors_options *options, struct stream *out, struct err *e)
{
	struct addr_vectors_count count = {0};

	TRY(addr_run_vectors_with(file, options, out, &count, e));
	stream_printf(out, "1..%zu\n", count.run);
	return (int)count.failed;
}
