/*
 * tables.c - loads mapping, gate and route tables and answers longest-match look-ups (RFC 2156 4.2, appendix F).
 *
 * All tables of a set are one base/table: keys start with a letter for the table, domains are in lower case, O/R nodes
 * level by level.  A set of a million rules is compiled once (addr_tables_compile) and then mapped by every process; a
 * small set is read from its text.  The compiled file names the texts it was made of with size and time, and is used
 * only while they fit.  A set is read whole or not at all (A-214): the caller keeps the old one when this fails.
 */
#include "addr/tables.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/table.h"

#define FINDINGS_KEPT 1000
#define WARNINGS_LOGGED 20
#define LINES_PER_ARENA 2000
#define KEY_MAX 65536

/* The letter of each table in the keys, and "#" for what the set says about itself. */
static const char table_letter[ADDR_TABLE_COUNT] = {'1', '2', 'g', 'h', 'r'};
static const char *const table_name[ADDR_TABLE_COUNT] = {"mapping1", "mapping2", "gate1", "gate2", "routes"};
#define SOURCES_KEY "#sources"

struct country {
	const char *numeric, *alpha;
};

struct addr_tables {
	struct table *table;
	struct {
		const char **items;
		size_t count, capacity;
	} files; /* names for messages, by number */
	struct {
		struct country *items;
		size_t count, capacity;
	} countries;
	const char *local_domain, *local_or_text;
	struct or_address local_or;
	bool keep_routes, x400_1984;
	struct addr_sources sources;
	const struct addr_users *users;
};

/* A text file while the set is read. */
struct file {
	const char *path, *name;
	enum addr_table which;
};
struct files {
	struct file *items;
	size_t count, capacity;
};
struct loader {
	struct arena *a;
	struct table_writer *w;
	struct files *files;
	struct addr_findings *found;
};

static struct octets octets_of(const struct buf *b)
{
	return (struct octets){b->p, b->len};
}

static struct octets text_octets(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

/* ---- keys ---- */

static void domain_key(struct buf *b, enum addr_table which, const char *domain)
{
	buf_reset(b);
	buf_putc(b, (unsigned char)table_letter[which]);
	for (; *domain != '\0'; domain++)
		buf_putc(b, (unsigned char)(rule_id_active("A-131") ? str_lower(*domain) : *domain));
}

static void node_key(struct buf *b, enum addr_table which, const struct addr_node *n, int depth)
{
	buf_reset(b);
	buf_putc(b, (unsigned char)table_letter[which]);
	addr_node_key(b, n, depth);
}

static void line_key(struct buf *b, enum addr_table which, const struct addr_line *line)
{
	if (which == ADDR_MAPPING2 || which == ADDR_GATE2)
		domain_key(b, which, line->domain);
	else
		node_key(b, which, &line->node, line->node.depth);
}

/* "file:line\ttext": where a rule stands and what it gives; "!" before the text marks a one-way rule. */
static void line_value(struct buf *b, enum addr_table which, const struct addr_line *line, size_t file, size_t number)
{
	buf_reset(b);
	buf_printf(b, "%zu:%zu\t", file, number);
	if (line->one_way)
		buf_putc(b, '!');
	if (which == ADDR_ROUTES)
		buf_puts(b, line->action);
	else if (which == ADDR_MAPPING2 || which == ADDR_GATE2)
		buf_puts(b, line->node_text);
	else
		buf_puts(b, line->domain);
}

struct place {
	size_t file, line;
	bool one_way;
	const char *text;
};

static struct place read_value(struct arena *a, struct octets v)
{
	char *s = arena_strndup(a, (const char *)v.p, v.len), *colon = strchr(s, ':'), *tab = strchr(s, '\t');
	struct place p = {0};
	long n;

	if (colon == NULL || tab == NULL || colon > tab)
		return (struct place){.text = ""};
	*colon = *tab = '\0';
	if (str_to_long(s, 0, 100000, &n) == 0)
		p.file = (size_t)n;
	if (str_to_long(colon + 1, 0, 2147483647, &n) == 0)
		p.line = (size_t)n;
	p.one_way = tab[1] == '!';
	p.text = tab + 1 + p.one_way;
	return p;
}

/* ---- findings ---- */

static void report(struct loader *l, bool error, const char *where, const char *text)
{
	struct addr_findings *f = l->found;

	if (error)
		f->errors++;
	else
		f->warnings++;
	if (f->count < FINDINGS_KEPT || (error && f->errors == 1)) {
		struct addr_finding *x = ARENA_PUSH(l->a, f);

		*x = (struct addr_finding){error, arena_strdup(l->a, where), arena_strdup(l->a, text)};
	}
}

static const char *where_of(struct arena *a, const char *name, size_t line)
{
	return arena_printf(a, "%s:%zu", name, line);
}

/* ---- reading text ---- */

/* Adds a rule; a second one with its key is an error, in a later file too (one rule per key, A-206). */
static void add_rule(struct loader *l, struct arena *scratch, size_t file, size_t number, const struct addr_line *line)
{
	const struct file *f = &l->files->items[file];
	struct buf *key = buf_in(scratch, KEY_MAX), *value = buf_in(scratch, KEY_MAX);
	struct err e;

	line_key(key, f->which, line);
	line_value(value, f->which, line, file, number);
	if (table_add(l->w, octets_of(key), octets_of(value), &e) != 0)
		report(l, true, where_of(scratch, f->name, number),
		       e.id == ERR_TABLE_DUPLICATE ? "a rule with this key was there before" : e.detail);
	if (line->node.gap && rule_id_active("A-205"))
		report(l, false, where_of(scratch, f->name, number), "a level is left out, read as omitted, @ (A-205)");
}

static void read_line(struct loader *l, struct arena *scratch, size_t file, size_t number, const char *s, size_t n)
{
	struct addr_line line;
	const char *reason;
	struct err e;
	int rc;

	if (memchr(s, '\0', n) != NULL) {
		report(l, true, where_of(scratch, l->files->items[file].name, number), "NUL octet");
		return;
	}
	err_clear(&e);
	rc = addr_line_parse(scratch, l->files->items[file].which, arena_strndup(scratch, s, n), &line, &reason, &e);
	if (rc == 0)
		add_rule(l, scratch, file, number, &line);
	else if (rc < 0)
		report(l, true, where_of(scratch, l->files->items[file].name, number), e.detail);
}

static void read_lines(struct loader *l, size_t file, const char *s, size_t n)
{
	struct arena *scratch = arena_new(0);
	size_t number = 0;

	while (n > 0) {
		const char *end = memchr(s, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - s);

		/* The memory of lines is given back in steps: a million of them must not stay. */
		if (++number % LINES_PER_ARENA == 0) {
			arena_free(scratch);
			scratch = arena_new(0);
		}
		read_line(l, scratch, file, number, s, length);
		s += length + (end != NULL);
		n -= length + (end != NULL);
	}
	arena_free(scratch);
}

static int read_file(struct loader *l, size_t file, struct err *e)
{
	const char *path = l->files->items[file].path;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return ERR(e, ERR_CONFIG, "%s: not a file", path);
	}
	if (st.st_size == 0)
		return close(fd) == 0 ? 0 : ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	read_lines(l, file, map, (size_t)st.st_size);
	(void)munmap(map, (size_t)st.st_size);
	return 0;
}

/* ---- the list of texts, and the compiled file that fits them ---- */

static void list_add(struct arena *a, struct files *list, const char *const *paths, enum addr_table which)
{
	for (; paths != NULL && *paths != NULL; paths++) {
		struct file *f = ARENA_PUSH(a, list);
		const char *slash = strrchr(*paths, '/');

		*f = (struct file){*paths, slash == NULL ? *paths : slash + 1, which};
	}
}

static void list_files(struct arena *a, const struct addr_tables_source *src, struct files *list)
{
	const char *const routes[2] = {src->routes, NULL};

	list_add(a, list, src->mapping1, ADDR_MAPPING1);
	list_add(a, list, src->mapping2, ADDR_MAPPING2);
	list_add(a, list, src->gate1, ADDR_GATE1);
	list_add(a, list, src->gate2, ADDR_GATE2);
	list_add(a, list, routes, ADDR_ROUTES);
}

/* One line a text: table, path, size, time of change. */
static int describe(struct arena *a, const struct files *list, char **out, struct err *e)
{
	struct buf *b = buf_in(a, (size_t)1024 * 1024);

	for (size_t i = 0; i < list->count; i++) {
		const struct file *f = &list->items[i];
		struct stat st;

		if (stat(f->path, &st) != 0)
			return ERR_ERRNO(e, ERR_CONFIG, "%s", f->path);
		buf_printf(b, "%s %lld %lld.%09ld %s\n", table_name[f->which], (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		           st.st_mtim.tv_nsec, f->path);
	}
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

/* Where the compiled form of the set is. */
static const char *compiled_path(struct arena *a, const struct addr_tables_source *src, const struct files *files)
{
	if (src->compiled != NULL || files->count == 0)
		return src->compiled;
	return arena_printf(a, "%s.tbl", files->items[0].path);
}

/* The compiled table if it is there and was made of just these texts. */
static struct table *open_compiled(struct arena *a, const char *path, const char *sources)
{
	struct octets value;
	struct table *t;

	if (path == NULL || access(path, F_OK) != 0)
		return NULL;
	if (table_open(a, path, &t, NULL) != 0 || table_find(t, text_octets(SOURCES_KEY), &value) != 0 ||
	    value.len != strlen(sources) || memcmp(value.p, sources, value.len) != 0) {
		log_event(LOG_LEVEL_INFO, "table-compiled-stale", "file", path, "action", "reading the text", NULL);
		return NULL;
	}
	return t;
}

/* ---- lint of a whole set ---- */

static int find(const struct table *t, const struct buf *key, struct octets *value)
{
	return table_find(t, octets_of(key), value);
}

/* A-209: not in a mapping and in a gate table; A-191: a gate rule below a mapping is never reached. */
static void lint_gate(struct loader *l, const struct table *t, struct arena *scratch, struct octets key, const struct place *p)
{
	const char *where = where_of(scratch, l->files->items[p->file].name, p->line);
	struct buf *k = buf_in(scratch, KEY_MAX);
	struct octets v;

	buf_put(k, key.p, key.len);
	k->p[0] = (uint8_t)(key.p[0] == 'g' ? '1' : '2');
	if (find(t, k, &v) == 0 && rule_id_active("A-209")) {
		report(l, true, where, "key is in a mapping table too (A-209)");
		return;
	}
	while (k->len > 1) {
		if (key.p[0] == 'g') {
			for (k->len--; k->len > 1 && k->p[k->len - 1] != 0x1f;)
				k->len--;
		} else {
			const uint8_t *dot = memchr(k->p, '.', k->len);

			if (dot == NULL)
				break;
			buf_consume(k, (size_t)(dot - k->p));
			k->p[0] = '2';
		}
		if (k->len > 1 && find(t, k, &v) == 0) {
			report(l, false, where, "gate rule below a mapping rule, which is used instead (A-191)");
			return;
		}
	}
}

/* A-101, A-213: a rule whose way back gives something else, unless it is marked !oneway. */
static void lint_inverse(struct loader *l, const struct table *t, struct arena *scratch, struct octets key, const struct place *p)
{
	const char *where = where_of(scratch, l->files->items[p->file].name, p->line);
	struct buf *k = buf_in(scratch, KEY_MAX);
	struct octets v;

	if (p->one_way || !rule_id_active("A-213"))
		return;
	if (key.p[0] == '1') {
		domain_key(k, ADDR_MAPPING2, p->text);
		if (strchr(p->text, '.') == NULL)
			report(l, false, where, "domain of one label: only of use with a further one (A-187)");
	} else {
		struct addr_node n;
		const char *reason;

		if (addr_node_parse(scratch, p->text, ADDR_NODE_MAPPING, &n, &reason, NULL) != 0)
			return;
		node_key(k, ADDR_MAPPING1, &n, n.depth);
	}
	if (find(t, k, &v) != 0)
		report(l, false, where, "no rule the other way; \"!oneway\" behind the rule says that this is meant (A-101)");
}

static void lint(struct loader *l, const struct table *t)
{
	struct arena *scratch = arena_new(0);
	struct octets key, value;

	for (size_t i = 0; table_entry(t, i, &key, &value) == 0; i++) {
		struct place p = read_value(scratch, value);

		if (key.len > 0 && p.file < l->files->count) {
			if (key.p[0] == 'g' || key.p[0] == 'h')
				lint_gate(l, t, scratch, key, &p);
			else if (key.p[0] == '1' || key.p[0] == '2')
				lint_inverse(l, t, scratch, key, &p);
		}
		if (i % LINES_PER_ARENA == LINES_PER_ARENA - 1) {
			arena_free(scratch);
			scratch = arena_new(0);
		}
	}
	arena_free(scratch);
}

/* ---- the set ---- */

static int first_error(const struct addr_findings *found, struct err *e)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].error)
			return ERR(e, ERR_TABLE_SYNTAX, "%s: %s", found->items[i].where, found->items[i].text);
	return 0;
}

/* All texts into one writer; -1 when one cannot be read. Wrong lines are findings. */
static int read_texts(struct loader *l, const char *sources, struct err *e)
{
	for (size_t i = 0; i < l->files->count; i++)
		TRY(read_file(l, i, e));
	return table_add(l->w, text_octets(SOURCES_KEY), text_octets(sources), e);
}

/* "990:XA 991:XB" */
static int set_countries(struct arena *a, const char *text, struct addr_tables *t, struct err *e)
{
	while (text != NULL && *(text += strspn(text, " ,")) != '\0') {
		struct country *c;

		if (strspn(text, "0123456789") != 3 || text[3] != ':' || strcspn(text + 4, " ,") != 2)
			return ERR(e, ERR_CONFIG, "numeric country: %s", text);
		c = ARENA_PUSH(a, &t->countries);
		c->numeric = arena_strndup(a, text, 3);
		c->alpha = arena_strndup(a, text + 4, 2);
		text += 6;
	}
	return 0;
}

static int set_local(struct arena *a, const struct addr_tables_source *src, struct addr_tables *t, struct err *e)
{
	t->local_domain = src->local_domain == NULL ? "" : arena_strdup(a, src->local_domain);
	t->local_or_text = src->local_or == NULL ? "" : arena_strdup(a, src->local_or);
	t->keep_routes = src->keep_routes;
	t->x400_1984 = src->x400_1984;
	if (*t->local_or_text != '\0')
		TRY(addr_parse_or(a, t->local_or_text, &t->local_or, e));
	return set_countries(a, src->numeric_country, t, e);
}

static int build(struct arena *a, struct addr_findings *found, struct table_writer *w, struct files *files, struct table **out,
                 struct err *e)
{
	struct loader l = {.a = a, .w = w, .files = files, .found = found};
	char *sources;

	TRY(describe(a, files, &sources, e));
	TRY(read_texts(&l, sources, e));
	/* A set that is compiled is checked too, but from the image that is then written. */
	*out = table_from_writer(a, w);
	lint(&l, *out);
	return first_error(found, e);
}

int addr_tables_check(struct arena *a, const struct addr_tables_source *src, struct addr_findings *found, struct addr_tables **out,
                      struct err *e)
{
	struct addr_tables *t = NEW(a, struct addr_tables);
	struct files files = {0};
	struct table_writer *w = table_writer_new();
	int rc;

	list_files(a, src, &files);
	rc = build(a, found, w, &files, &t->table, e);
	table_writer_free(w);
	TRY(rc);
	for (size_t i = 0; i < files.count; i++)
		*ARENA_PUSH(a, &t->files) = arena_strdup(a, files.items[i].name);
	TRY(set_local(a, src, t, e));
	*out = t;
	return 0;
}

static int load_compiled(struct arena *a, const struct addr_tables_source *src, struct addr_tables **out, struct err *e)
{
	struct addr_tables *t = NEW(a, struct addr_tables);
	struct files files = {0};
	char *sources;

	*out = NULL;
	list_files(a, src, &files);
	TRY(describe(a, &files, &sources, e));
	t->table = open_compiled(a, compiled_path(a, src, &files), sources);
	if (t->table == NULL)
		return 0;
	for (size_t i = 0; i < files.count; i++)
		*ARENA_PUSH(a, &t->files) = arena_strdup(a, files.items[i].name);
	TRY(set_local(a, src, t, e));
	*out = t;
	return 0;
}

int addr_tables_load(struct arena *a, const struct addr_tables_source *src, struct addr_tables **out, struct err *e)
{
	struct addr_findings found = {0};
	size_t logged = 0;
	int rc;

	TRY(load_compiled(a, src, out, e));
	if (*out != NULL)
		return 0;
	rc = addr_tables_check(a, src, &found, out, e);
	for (size_t i = 0; i < found.count && logged < WARNINGS_LOGGED; i++, logged++)
		log_event(found.items[i].error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "table", "at", found.items[i].where, "text",
		          found.items[i].text, NULL);
	if (found.errors + found.warnings > logged)
		log_event(LOG_LEVEL_WARN, "table-findings", "errors", log_num((long long)found.errors), "warnings",
		          log_num((long long)found.warnings), "see", "mixgate check", NULL);
	return rc;
}

int addr_tables_compile(struct arena *a, const struct addr_tables_source *src, struct err *e)
{
	struct addr_findings found = {0};
	struct table_writer *w = table_writer_new();
	struct files files = {0};
	struct table *t;
	const char *path;
	int rc;

	list_files(a, src, &files);
	path = compiled_path(a, src, &files);
	rc = path == NULL ? ERR(e, ERR_CONFIG, "no tables to compile") : build(a, &found, w, &files, &t, e);
	if (rc == 0)
		rc = table_write(w, path, e);
	table_writer_free(w);
	return rc;
}

/* One "TABLE LINE" of addr_tables_lint_text. */
static int lint_one(struct loader *l, const char *s, size_t n, struct err *e)
{
	for (int i = 0; i < ADDR_TABLE_COUNT; i++) {
		size_t name = strlen(table_name[i]);

		if (n > name && str_ieqn(s, table_name[i], name) && s[name] == ' ') {
			struct file *f = ARENA_PUSH(l->a, l->files);

			*f = (struct file){table_name[i], table_name[i], (enum addr_table)i};
			read_lines(l, l->files->count - 1, s + name + 1, n - name - 1);
			return 0;
		}
	}
	return ERR(e, ERR_TABLE_SYNTAX, "no table name: %.*s", (int)MIN_OF(n, (size_t)100), s);
}

int addr_tables_lint_text(struct arena *a, const char *text, struct addr_findings *found, struct err *e)
{
	struct files files = {0};
	struct loader l = {.a = a, .w = table_writer_new(), .files = &files, .found = found};
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		const char *end = strstr(text, " ; ");
		size_t n = end == NULL ? strlen(text) : (size_t)(end - text);

		rc = lint_one(&l, text, n, e);
		text += n + (end == NULL ? 0 : 3);
	}
	if (rc == 0) {
		lint(&l, table_from_writer(a, l.w));
		rc = first_error(found, e);
	}
	table_writer_free(l.w);
	return rc;
}

/* ---- look-up ---- */

static bool fill_hit(struct arena *a, const struct addr_tables *t, struct octets value, struct addr_hit *hit)
{
	struct place p = read_value(a, value);

	hit->value = p.text;
	hit->where = where_of(a, p.file < t->files.count ? t->files.items[p.file] : "?", p.line);
	return true;
}

static int count_labels(const char *domain)
{
	int n = 1;

	for (; *domain != '\0'; domain++)
		n += *domain == '.';
	return n;
}

bool addr_find_domain(struct arena *a, const struct addr_tables *t, enum addr_table which, const char *domain, struct addr_hit *hit)
{
	struct buf *key = buf_in(a, KEY_MAX);
	struct octets value;

	for (const char *s = domain;;) {
		const char *dot;

		domain_key(key, which, s);
		if (buf_ok(key) && find(t->table, key, &value) == 0) {
			*hit = (struct addr_hit){.depth = count_labels(s)};
			return fill_hit(a, t, value, hit);
		}
		dot = strchr(s, '.');
		if (dot == NULL || !rule_id_active("A-130"))
			return false;
		s = dot + 1;
	}
}

bool addr_find_node(struct arena *a, const struct addr_tables *t, enum addr_table which, const struct addr_node *n, struct addr_hit *hit)
{
	struct buf *key = buf_in(a, KEY_MAX);
	struct octets value;

	for (int depth = n->depth; depth >= (which == ADDR_ROUTES ? 0 : 1); depth--) {
		node_key(key, which, n, depth);
		if (buf_ok(key) && find(t->table, key, &value) == 0) {
			*hit = (struct addr_hit){.depth = depth};
			return fill_hit(a, t, value, hit);
		}
		if (!rule_id_active("A-180"))
			return false;
	}
	return false;
}

struct addr_sources addr_tables_sources(const struct addr_tables *t)
{
	static const struct addr_source text = {.name = "table"};

	return t->sources.count > 0 ? t->sources : (struct addr_sources){&text, 1};
}

void addr_tables_set_sources(struct addr_tables *t, struct addr_sources list)
{
	t->sources = list;
}

const struct addr_users *addr_tables_users(const struct addr_tables *t)
{
	return t->users;
}

void addr_tables_set_users(struct addr_tables *t, const struct addr_users *u)
{
	t->users = u;
}

const char *addr_alpha_country(const struct addr_tables *t, const char *numeric)
{
	for (size_t i = 0; i < t->countries.count; i++)
		if (str_eq(t->countries.items[i].numeric, numeric) && rule_id_active("A-181"))
			return t->countries.items[i].alpha;
	return NULL;
}

bool addr_keep_routes(const struct addr_tables *t)
{
	return t->keep_routes;
}

bool addr_tables_1984(const struct addr_tables *t)
{
	return t->x400_1984;
}

const char *addr_local_domain(const struct addr_tables *t)
{
	return t->local_domain;
}

const char *addr_local_or_text(const struct addr_tables *t)
{
	return t->local_or_text;
}

const struct or_address *addr_local_or(const struct addr_tables *t)
{
	return &t->local_or;
}

void addr_each_domain(struct arena *a, const struct addr_tables *t,
                      void (*fn)(void *context, const char *domain, const struct or_address *o), void *context)
{
	struct octets key, value;

	for (size_t i = 0; table_entry(t->table, i, &key, &value) == 0; i++) {
		struct addr_node n;
		struct or_address o;
		const char *reason;

		if (key.len < 2 || key.p[0] != (uint8_t)table_letter[ADDR_MAPPING2])
			continue;
		if (addr_node_parse(a, read_value(a, value).text, ADDR_NODE_MAPPING, &n, &reason, NULL) == 0 &&
		    addr_node_to_or(a, &n, &o, NULL) == 0)
			fn(context, arena_strndup(a, (const char *)key.p + 1, key.len - 1), &o);
	}
}
