/*
 * tables.c - sets of mapping, gate and route tables: loading, and longest-match look-ups (RFC 2156 4.2, appendix F).
 *
 * All tables of a set are one base/table (addr/table_image.h).  It is compiled once and then mapped by every process; the
 * compiled file names the texts it was made of with size, time and inode, and is used only while they fit.  A set is read
 * whole or not at all (A-214): the caller keeps the old one when this fails.
 */
#include "addr/tables.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "addr/table_set.h"
#include "base/log.h"
#include "base/str.h"

#define WARNINGS_LOGGED 20
#define SUFFIXES 32 /* looked up at the same time */

static struct octets text_octets(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

/* ---- what a set has beside its rules ---- */

/* "990:XA 991:XB" */
static int set_countries(struct arena *a, const char *text, struct addr_tables *t, struct err *e)
{
	while (text != NULL && *(text += strspn(text, " ,")) != '\0') {
		struct addr_country *c;

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
	t->inversion = src->inversion;
	if (*t->local_or_text != '\0')
		TRY(addr_parse_or(a, t->local_or_text, &t->local_or, e));
	return set_countries(a, src->numeric_country, t, e);
}

/* ---- compiled tables ---- */

/* Where the compiled form of the set is. */
static const char *compiled_path(struct arena *a, const struct addr_tables_source *src, const struct addr_files *files)
{
	if (files->count == 0)
		return NULL;
	if (src->compiled != NULL && *src->compiled != '\0')
		return src->compiled;
	return arena_printf(a, "%s.tbl", files->items[0].path);
}

/* The compiled table if it was made of just these texts. */
static bool is_current(const struct table *t, const char *sources)
{
	struct octets value;

	return table_find(t, text_octets(ADDR_SOURCES_KEY), &value) == 0 && value.len == strlen(sources) &&
	       memcmp(value.p, sources, value.len) == 0;
}

static const struct table *open_compiled(struct arena *a, const char *path, const char *sources)
{
	struct table *t;

	if (path == NULL || access(path, F_OK) != 0)
		return NULL;
	if (table_open(a, path, &t, NULL) == 0 && is_current(t, sources))
		return t;
	log_event(LOG_LEVEL_INFO, "table-compiled-stale", "file", path, "action", "reading the text", NULL);
	return NULL;
}

static struct addr_tables *new_tables(struct arena *a, const struct table *table)
{
	struct addr_tables *t = NEW(a, struct addr_tables);
	struct octets value;

	t->table = table;
	t->local_domain = t->local_or_text = "";
	if (table_find(table, text_octets(ADDR_SOURCES_KEY), &value) == 0)
		addr_files_names(a, arena_strndup(a, (const char *)value.p, value.len), t);
	return t;
}

int addr_tables_open(struct arena *a, const char *path, struct addr_tables **out, struct err *e)
{
	struct table *table;

	TRY(table_open(a, path, &table, e));
	*out = new_tables(a, table);
	return 0;
}

/* ---- the set ---- */

/* The texts in a writer, checked as a whole; the caller frees it. */
static int read_texts(struct addr_reader *r, struct err *e)
{
	r->w = table_writer_new(addr_files_rules(&r->files));
	TRY(addr_reader_read(r, e));
	addr_reader_lint(r);
	return addr_reader_result(r, e);
}

int addr_tables_check(struct arena *a, const struct addr_tables_source *src, struct addr_findings *found, struct addr_tables **out,
                      struct err *e)
{
	struct addr_reader r = {.a = a, .found = found};
	int rc;

	addr_files_list(a, src, &r.files);
	rc = read_texts(&r, e);
	if (rc == 0)
		*out = new_tables(a, table_from_writer(a, r.w));
	table_writer_free(r.w);
	return rc == 0 ? set_local(a, src, *out, e) : -1;
}

static void log_findings(const struct addr_findings *found, bool quiet)
{
	size_t logged = 0;

	for (size_t i = 0; i < found->count && logged < WARNINGS_LOGGED; i++) {
		const struct addr_finding *f = &found->items[i];

		if (f->severity == ADDR_NOTE || (quiet && f->severity != ADDR_ERROR))
			continue;
		logged++;
		log_event(f->severity == ADDR_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "table", "at", f->where, "finding", f->id, "text",
		          f->text, "action", f->advice, NULL);
	}
	if (found->errors + (quiet ? 0 : found->warnings) > logged)
		log_event(LOG_LEVEL_WARN, "table-findings", "errors", log_num((long long)found->errors), "warnings",
		          log_num((long long)found->warnings), "see", "mixgate table lint", NULL);
}

/* Nobody can change it any more, neither can its size become another under those who map it. */
static int seal(int fd, struct err *e)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "F_ADD_SEALS");
	return 0;
}

static int to_memory_file(struct table_writer *w, int *fd, struct err *e)
{
	int rc;

	*fd = memfd_create("mixgate-tables", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "memfd_create");
	rc = table_write_fd(w, *fd, "tables", e);
	if (rc == 0)
		rc = seal(*fd, e);
	if (rc != 0)
		(void)close(*fd);
	return rc;
}

/* The compiled file where it may be kept, else memory. */
static int keep(struct addr_reader *r, const struct addr_tables_source *src, int *fd, struct err *e)
{
	const char *path = src->keep_compiled ? compiled_path(r->a, src, &r->files) : NULL;
	struct err why = {0};

	if (path != NULL && table_write(r->w, path, &why) == 0 && (*fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0)
		return 0;
	if (path != NULL)
		log_event(LOG_LEVEL_INFO, "table-not-kept", "file", path, "text", why.detail, NULL);
	return to_memory_file(r->w, fd, e);
}

static int build_from_texts(struct arena *a, const struct addr_tables_source *src, const struct addr_files *files, int *fd,
                            struct err *e)
{
	struct addr_findings found = {0};
	struct addr_reader r = {.a = a, .files = *files, .found = &found};
	int rc = read_texts(&r, e);

	log_findings(&found, src->quiet);
	if (rc == 0)
		rc = keep(&r, src, fd, e);
	table_writer_free(r.w);
	return rc;
}

int addr_tables_build(const struct addr_tables_source *src, int *fd, struct err *e)
{
	struct arena *a = arena_new(0);
	struct addr_files files = {0};
	const char *path;
	char *sources;
	int rc;

	*fd = -1;
	addr_files_list(a, src, &files);
	path = compiled_path(a, src, &files);
	rc = addr_files_describe(a, &files, &sources, e);
	if (rc == 0 && open_compiled(a, path, sources) != NULL)
		*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (rc == 0 && *fd < 0)
		rc = build_from_texts(a, src, &files, fd, e);
	arena_free(a);
	return rc;
}

int addr_tables_map(struct arena *a, const struct addr_tables_source *src, int fd, struct addr_tables **out, struct err *e)
{
	struct table *table;

	/* The helper has just made or read it. */
	TRY(table_open_fd(a, fd, "tables", true, &table, e));
	*out = new_tables(a, table);
	return set_local(a, src, *out, e);
}

int addr_tables_load(struct arena *a, const struct addr_tables_source *src, struct addr_tables **out, struct err *e)
{
	int fd, rc;

	TRY(addr_tables_build(src, &fd, e));
	rc = addr_tables_map(a, src, fd, out, e);
	(void)close(fd);
	return rc;
}

int addr_tables_compile(struct arena *a, const struct addr_tables_source *src, struct err *e)
{
	struct addr_findings found = {0};
	struct addr_reader r = {.a = a, .found = &found};
	const char *path;
	int rc;

	addr_files_list(a, src, &r.files);
	path = compiled_path(a, src, &r.files);
	if (path == NULL)
		return ERR(e, ERR_CONFIG, "no tables to compile");
	rc = read_texts(&r, e);
	if (rc == 0)
		rc = table_write(r.w, path, e);
	table_writer_free(r.w);
	return rc;
}

/* ---- a small set as text ---- */

/* The pseudo-file of a table; all lines of a table stand in one. */
static size_t file_of(struct addr_reader *r, enum addr_table which)
{
	for (size_t i = 0; i < r->files.count; i++)
		if (r->files.items[i].which == which)
			return i;
	*ARENA_PUSH(r->a, &r->files) = (struct addr_file){addr_table_names[which], addr_table_names[which], which, false};
	return r->files.count - 1;
}

/* One "TABLE LINE". */
static int lint_one(struct addr_reader *r, const char *s, size_t n, struct err *e)
{
	for (int i = 0; i < ADDR_TABLE_COUNT; i++) {
		size_t name = strlen(addr_table_names[i]);

		if (n > name && str_ieqn(s, addr_table_names[i], name) && s[name] == ' ') {
			n -= name + 1;
			addr_reader_lines(r, file_of(r, (enum addr_table)i), arena_strndup(r->a, s + name + 1, n), n);
			return 0;
		}
	}
	return ERR(e, ERR_TABLE_SYNTAX, "no table name: %.*s", (int)MIN_OF(n, (size_t)100), s);
}

int addr_tables_lint_text(struct arena *a, const char *text, struct addr_findings *found, struct err *e)
{
	struct addr_reader r = {.a = a, .w = table_writer_new(0), .found = found};
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		const char *end = strstr(text, " ; ");
		size_t n = end == NULL ? strlen(text) : (size_t)(end - text);

		rc = lint_one(&r, text, n, e);
		text += n + (end == NULL ? 0 : 3);
	}
	if (rc == 0) {
		addr_reader_lint(&r);
		rc = addr_reader_result(&r, e);
	}
	table_writer_free(r.w);
	return rc;
}

/* ---- look-up ---- */

/* "file:line", without printf: every address asks. */
static const char *place(struct arena *a, const char *file, uint32_t line)
{
	size_t n = strlen(file);
	char digits[12], *out;
	int i = sizeof(digits);

	do
		digits[--i] = (char)('0' + line % 10);
	while ((line /= 10) > 0);
	out = arena_alloc(a, n + 1 + sizeof(digits) - (size_t)i + 1);
	memcpy(out, file, n);
	out[n] = ':';
	memcpy(out + n + 1, digits + i, sizeof(digits) - (size_t)i);
	return out;
}

static const char *file_name(const struct addr_tables *t, uint16_t file)
{
	return file < t->files.count ? t->files.items[file] : "?";
}

static bool fill_hit(struct arena *a, const struct addr_tables *t, enum addr_table which, int depth, struct octets value,
                     struct addr_hit *hit)
{
	struct addr_value v;

	if (!addr_value_read(value, &v))
		return false;
	*hit = (struct addr_hit){.value = v.text, .where = place(a, file_name(t, v.file), v.line), .depth = depth};
	if (which == ADDR_MAPPING2)
		hit->node = arena_memdup(a, &v.node, sizeof(v.node));
	return true;
}

/* Ends of the domain from the right, at most SUFFIXES of them; the longest is first. */
static size_t suffixes(const struct addr_key *k, size_t from, size_t out[SUFFIXES])
{
	size_t n = 0;

	out[n++] = from;
	for (size_t i = from; i < k->len && n < SUFFIXES; i++)
		if (k->p[i] == '.')
			out[n++] = i + 1;
	return n;
}

static int count_labels(const struct addr_key *k, size_t from)
{
	int n = 1;

	for (size_t i = from; i < k->len; i++)
		n += k->p[i] == '.';
	return n;
}

bool addr_find_domain(struct arena *a, const struct addr_tables *t, enum addr_table which, const char *domain, struct addr_hit *hit)
{
	struct addr_key key;
	uint32_t hash[SUFFIXES];
	size_t from[SUFFIXES], n;
	struct octets value;

	addr_key_of_domain(&key, which, domain);
	if (key.len == 0)
		return false;
	from[0] = 0;
	do {
		n = suffixes(&key, from[0], from);
		for (size_t i = 0; i < n; i++)
			hash[i] = table_hash(t->table, (struct octets){key.p + from[i], key.len - from[i]});
		for (size_t i = 0; i < n; i++) {
			if (table_find_hash(t->table, hash[i], (struct octets){key.p + from[i], key.len - from[i]}, &value) == 0)
				return fill_hit(a, t, which, count_labels(&key, from[i]), value, hit);
			if (!rule_id_active("A-130"))
				return false;
		}
		from[0] = from[n - 1]; /* only a full batch goes on; its last one is asked again */
	} while (n == SUFFIXES);
	return false;
}

bool addr_find_node(struct arena *a, const struct addr_tables *t, enum addr_table which, const struct addr_node *n, struct addr_hit *hit)
{
	int least = which == ADDR_ROUTES ? 0 : 1;
	uint32_t hash[ADDR_LEVELS + 1];
	struct addr_key key;
	struct octets value;

	addr_key_of_node(&key, which, n, n->depth);
	if (key.len == 0)
		return false;
	for (int depth = n->depth; depth >= least; depth--)
		hash[depth] = table_hash(t->table, (struct octets){key.p, key.ends[depth]});
	for (int depth = n->depth; depth >= least; depth--) {
		if (table_find_hash(t->table, hash[depth], (struct octets){key.p, key.ends[depth]}, &value) == 0)
			return fill_hit(a, t, which, depth, value, hit);
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

void addr_tables_set_watch(struct addr_tables *t, const struct addr_watch *w)
{
	t->watch = w;
}

const struct addr_watch *addr_tables_watch(const struct addr_tables *t)
{
	return rule_id_active("A-296") ? t->watch : NULL;
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

bool addr_tables_inversion(const struct addr_tables *t)
{
	return t->inversion;
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

/* ---- all rules ---- */

int addr_tables_next(const struct addr_tables *t, struct arena *a, size_t *at, struct addr_rule *out)
{
	struct octets key, value;
	struct addr_value v;

	while (table_next(t->table, at, &key, &value) == 0) {
		*out = (struct addr_rule){0};
		if (!addr_key_table(key, &out->table) || !addr_value_read(value, &v))
			continue;
		out->node = v.node;
		out->text = v.text;
		out->one_way = v.one_way;
		out->file = file_name(t, v.file);
		out->line = v.line;
		if (addr_table_by_domain(out->table))
			out->domain = arena_strndup(a, (const char *)key.p, key.len - 1);
		else if (out->table != ADDR_ROUTES)
			out->domain = v.text;
		return 0;
	}
	return 1;
}

char *addr_rule_text(struct arena *a, const struct addr_rule *r)
{
	const char *node = r->node.depth == 0 ? "default" : addr_node_rule(a, &r->node);

	if (r->table == ADDR_ROUTES)
		return arena_printf(a, "%s : %s", node, r->text);
	if (r->table == ADDR_GATE2)
		return arena_printf(a, "%s#%s#", r->domain, r->text);
	if (r->table == ADDR_MAPPING2)
		return arena_printf(a, "%s#%s#", r->domain, node);
	return arena_printf(a, "%s#%s#", node, r->domain);
}

void addr_each_domain(struct arena *a, const struct addr_tables *t,
                      void (*fn)(void *context, const char *domain, const struct or_address *o), void *context)
{
	struct addr_rule r;
	size_t at = 0;

	while (addr_tables_next(t, a, &at, &r) == 0) {
		struct or_address o;

		if (r.table == ADDR_MAPPING2 && addr_node_to_or(a, &r.node, &o, NULL) == 0)
			fn(context, r.domain, &o);
	}
}
