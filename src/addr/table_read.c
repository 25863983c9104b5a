/*
 * table_read.c - the texts of a set of tables into one base/table (mixgate-tables(5); A-200 .. A-216).
 *
 * Called by tables.c, in a helper process where it matters.  Files come in order of precedence: overlays, then the files as
 * they are listed; of two rules with one key the first counts.  A set is read whole or not at all, and a text that
 * changes while it is read is not taken.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/table_set.h"
#include "base/rule.h"
#include "base/str.h"

#define FINDINGS_KEPT 1000
#define BATCH 16
#define LINE_MAX_OCTETS 10000
#define RULE_OCTETS 56 /* a usual line, to guess how many there are */

const char *const addr_table_names[ADDR_TABLE_COUNT] = {"mapping1", "mapping2", "gate1", "gate2", "routes"};

/* ---- the list of texts ---- */

static void add_file(struct arena *a, struct addr_files *list, const char *path, enum addr_table which, bool overlay)
{
	const char *slash = strrchr(path, '/');

	*ARENA_PUSH(a, list) = (struct addr_file){path, slash == NULL ? path : slash + 1, which, overlay};
}

static bool is_overlay(const char *path)
{
	size_t n = strlen(path), m = strlen(ADDR_OVERLAY);

	return n > m && str_eq(path + n - m, ADDR_OVERLAY);
}

static void list_add(struct arena *a, struct addr_files *list, const char *const *paths, enum addr_table which)
{
	for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
		const char *local = arena_printf(a, "%s%s", paths[i], ADDR_OVERLAY);

		if (is_overlay(paths[i]))
			add_file(a, list, paths[i], which, true);
		else if (access(local, F_OK) == 0)
			add_file(a, list, local, which, true);
	}
	for (size_t i = 0; paths != NULL && paths[i] != NULL; i++)
		if (!is_overlay(paths[i]))
			add_file(a, list, paths[i], which, false);
}

void addr_files_list(struct arena *a, const struct addr_tables_source *src, struct addr_files *out)
{
	const char *const routes[2] = {src->routes, NULL};

	list_add(a, out, src->mapping1, ADDR_MAPPING1);
	list_add(a, out, src->mapping2, ADDR_MAPPING2);
	list_add(a, out, src->gate1, ADDR_GATE1);
	list_add(a, out, src->gate2, ADDR_GATE2);
	list_add(a, out, routes, ADDR_ROUTES);
}

/* One line a text: all that changes when the text does.  The name is last, for it may have blanks. */
int addr_files_describe(struct arena *a, const struct addr_files *files, char **out, struct err *e)
{
	struct buf *b = buf_in(a, (size_t)1024 * 1024);

	for (size_t i = 0; i < files->count; i++) {
		const struct addr_file *f = &files->items[i];
		struct stat st;

		if (stat(f->path, &st) != 0)
			return ERR_ERRNO(e, ERR_CONFIG, "%s", f->path);
		buf_printf(b, "%s %lld %lld.%09ld %lld.%09ld %llu %s\n", addr_table_names[f->which], (long long)st.st_size,
		           (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
		           (unsigned long long)st.st_ino, f->path);
	}
#ifdef MIXGATE_ROW_SWITCH
	buf_printf(b, "%s\n", getenv("MIXGATE_ROW_OFF") == NULL ? "" : getenv("MIXGATE_ROW_OFF"));
#endif
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

void addr_files_names(struct arena *a, const char *description, struct addr_tables *t)
{
	while (*description != '\0') {
		size_t n = strcspn(description, "\n");
		char *line = arena_strndup(a, description, n), *path = line;

		for (int i = 0; i < 5 && path != NULL; i++)
			if ((path = strchr(path, ' ')) != NULL)
				path++;
		if (path != NULL)
			*ARENA_PUSH(a, &t->files) = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
		description += n + (description[n] == '\n');
	}
}

size_t addr_files_rules(const struct addr_files *files)
{
	uint64_t octets = 0;
	struct stat st;

	for (size_t i = 0; i < files->count; i++)
		if (stat(files->items[i].path, &st) == 0)
			octets += (uint64_t)st.st_size;
	return (size_t)(octets / RULE_OCTETS);
}

/* ---- findings ---- */

void addr_reader_report(struct addr_reader *r, enum addr_finding_id id, size_t file, size_t line, size_t column, const char *text)
{
	const struct addr_finding_kind *kind = &addr_finding_kinds[id];
	struct addr_findings *f = r->found;
	const char *name = file < r->files.count ? r->files.items[file].name : "?";
	struct arena *a = f->report != NULL ? arena_new(0) : r->a;
	bool first = kind->severity == ADDR_ERROR && f->errors++ == 0;
	struct addr_finding x = {.severity = kind->severity, .id = kind->id, .advice = kind->advice};

	f->warnings += kind->severity == ADDR_WARNING;
	f->notes += kind->severity == ADDR_NOTE;
	if (first || f->report != NULL || f->count < FINDINGS_KEPT) {
		x.where = column > 0 ? arena_printf(a, "%s:%zu:%zu", name, line, column) : arena_printf(a, "%s:%zu", name, line);
		x.text = arena_strdup(a, text);
		if (first) {
			r->first_where = arena_strdup(r->a, x.where);
			r->first_text = arena_strdup(r->a, text);
		}
		if (f->report != NULL)
			f->report(f->context, &x);
		else
			*ARENA_PUSH(a, f) = x;
	}
	if (a != r->a)
		arena_free(a);
}

int addr_reader_result(const struct addr_reader *r, struct err *e)
{
	/* a set with an error is not used at all. */
	if (r->found->errors == 0 || !rule_id_active("A-214"))
		return 0;
	return ERR(e, ERR_TABLE_SYNTAX, "%s: %s", r->first_where, r->first_text);
}

/* The kind of finding behind the word that a wrong line gets. */
static enum addr_finding_id kind_of(const char *reason, const char *detail)
{
	static const char *const values[] = {"bad-char", "bad-escape", "bad-country", "bad-domain", "omitted-not-allowed"};

	if (str_eq(reason, "upper-bound"))
		return FINDING_LENGTH;
	if (str_eq(reason, "bad-country") && strlen(detail) > 15 && strchr(detail, ' ') != NULL &&
	    strspn(strchr(detail, ' ') + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") >= 3)
		return FINDING_TLD_CODE;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (str_eq(reason, values[i]))
			return FINDING_VALUE;
	return FINDING_SYNTAX;
}

/* ---- rules ---- */

/* One rule a key in a file; an overlay stands for the rules it has, and a file for those of the files behind it. */
static void report_second(struct addr_reader *r, struct arena *scratch, const struct addr_key *key, size_t file, size_t number)
{
	struct addr_value first;
	struct octets v;
	const char *text;

	if (table_find(table_of_writer(r->w), addr_key_octets(key), &v) != 0 || !addr_value_read(v, &first))
		return;
	text = arena_printf(scratch, "a rule with this key stands in %s:%u", r->files.items[first.file].name, first.line);
	if (first.file == file)
		addr_reader_report(r, FINDING_DUPLICATE, file, number, 1, text);
	else if (!r->files.items[first.file].overlay)
		addr_reader_report(r, FINDING_SHADOWED, file, number, 1, text);
}

/* Two-letter codes that are top-level domains and not the code of a country in ISO 3166. */
static bool is_tld_like(const char *country)
{
	static const char *const codes[] = {"UK", "EU", "AC", "SU"};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (str_ieq(country, codes[i]))
			return true;
	return false;
}

static void check_rule(struct addr_reader *r, size_t file, size_t number, const struct addr_line *line)
{
	const struct addr_node *n = &line->node;

	if (n->gap && rule_id_active("A-205"))
		addr_reader_report(r, FINDING_GAP, file, number, 1, "a level is left out, read as omitted, @ (A-205)");
	if (n->depth > 0 && n->level[0] != NULL && is_tld_like(n->level[0]))
		addr_reader_report(r, FINDING_TLD_LIKE, file, number, 1, "the country is a top-level domain, but no code of ISO 3166 (A-206)");
	if (n->depth > 1 && n->level[1] == NULL && !n->gap)
		addr_reader_report(r, FINDING_NO_ADMD, file, number, 1, "ADMD$@: an X.400 address always has an ADMD, if only a blank (A-213)");
}

/* A rule that was read and waits for its slot of the table to come from memory. */
struct parsed {
	struct addr_line line;
	size_t number;
	struct addr_key key;
	uint32_t hash;
};
struct lines {
	struct addr_reader *r;
	size_t file;
	struct arena *scratch;
	struct buf value;
	struct parsed *batch;
	size_t count;
};

static void add_rule(struct lines *l, const struct parsed *p)
{
	struct addr_reader *r = l->r;
	struct err e;

	addr_value_put(&l->value, r->files.items[l->file].which, &p->line, l->file, p->number);
	if (p->key.len == 0 || !buf_ok(&l->value))
		addr_reader_report(r, FINDING_LENGTH, l->file, p->number, 1, "key or value too long");
	else if (table_add_hash(r->w, p->hash, addr_key_octets(&p->key), buf_octets(&l->value), &e) == 0)
		check_rule(r, l->file, p->number, &p->line);
	else if (e.id == ERR_TABLE_DUPLICATE)
		report_second(r, l->scratch, &p->key, l->file, p->number);
	else
		addr_reader_report(r, FINDING_LENGTH, l->file, p->number, 0, e.detail);
}

static void flush(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		add_rule(l, &l->batch[i]);
	l->count = 0;
	arena_reset(l->scratch);
}

static void put_rule(struct lines *l, struct parsed *p)
{
	enum addr_table which = l->r->files.items[l->file].which;

	if (addr_table_by_domain(which))
		addr_key_of_domain(&p->key, which, p->line.domain);
	else
		addr_key_of_node(&p->key, which, &p->line.node, p->line.node.depth);
	p->hash = table_hash(table_of_writer(l->r->w), addr_key_octets(&p->key));
	if (++l->count == BATCH)
		flush(l);
}

static void read_line(struct lines *l, size_t number, const char *s, size_t n)
{
	struct parsed *p = &l->batch[l->count];
	const char *reason, *nul = memchr(s, '\0', n);
	struct err e;
	int rc;

	if (nul != NULL) {
		flush(l); /* findings come in the order of the lines */
		addr_reader_report(l->r, FINDING_OCTETS, l->file, number, (size_t)(nul - s) + 1, "NUL octet");
		return;
	}
	if (n > LINE_MAX_OCTETS) {
		flush(l);
		addr_reader_report(l->r, FINDING_LENGTH, l->file, number, LINE_MAX_OCTETS, "line of more than 10,000 octets");
		return;
	}
	p->number = number;
	rc = addr_line_parse(l->scratch, l->r->files.items[l->file].which, s, &p->line, &reason, &e);
	if (rc == 0) {
		put_rule(l, p);
	} else if (rc < 0) {
		flush(l);
		addr_reader_report(l->r, kind_of(reason, e.detail), l->file, number, p->line.column, e.detail);
	}
}

void addr_reader_lines(struct addr_reader *r, size_t file, char *s, size_t n)
{
	struct lines l = {.r = r, .file = file, .scratch = arena_new(0), .value = BUF_INIT(ADDR_KEY_MAX * 2)};

	l.batch = arena_array(r->a, BATCH, sizeof(*l.batch));
	for (size_t number = 1; n > 0; number++) {
		char *end = memchr(s, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - s);

		s[length] = '\0'; /* the newline, or the octet that the caller left behind the text */
		read_line(&l, number, s, length);
		s += length + (end != NULL);
		n -= length + (end != NULL);
	}
	flush(&l);
	buf_free(&l.value);
	arena_free(l.scratch);
}

/* ---- files ---- */

static int read_octets(int fd, const char *path, struct buf *out, struct err *e)
{
	for (;;) {
		uint8_t *to = buf_reserve(out, 1 << 20);
		ssize_t n = to == NULL ? 0 : read(fd, to, 1 << 20);

		if (to == NULL)
			return ERR(e, ERR_CONFIG, "%s: too large", path);
		if (n < 0)
			return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
	}
}

static int read_file(struct addr_reader *r, size_t file, struct buf *text, struct err *e)
{
	const char *path = r->files.items[file].path;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;
	size_t mark;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = ERR(e, ERR_CONFIG, "%s: not a file", path);
	else
		rc = read_octets(fd, path, text, e);
	(void)close(fd);
	TRY(rc);
	mark = text->len >= 3 && memcmp(text->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* some editors leave it */
	(void)buf_str(text); /* a NUL behind the last line */
	addr_reader_lines(r, file, (char *)text->p + mark, text->len - mark);
	return 0;
}

int addr_reader_read(struct addr_reader *r, struct err *e)
{
	struct buf text = BUF_INIT((size_t)8 << 30);
	char *before, *after;
	int rc = 0;

	TRY(addr_files_describe(r->a, &r->files, &before, e));
	for (size_t i = 0; i < r->files.count && rc == 0; i++) {
		buf_reset(&text);
		rc = read_file(r, i, &text, e);
	}
	buf_free(&text);
	TRY(rc);
	TRY(addr_files_describe(r->a, &r->files, &after, e));
	if (!str_eq(before, after))
		return ERR(e, ERR_CONFIG, "%s changed while it was read", r->files.count > 0 ? r->files.items[0].path : "a table");
	return table_add(r->w, (struct octets){(const uint8_t *)ADDR_SOURCES_KEY, strlen(ADDR_SOURCES_KEY)},
	                 (struct octets){(const uint8_t *)before, strlen(before)}, e);
}
