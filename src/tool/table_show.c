/*
 * tool/table_show.c - mixgate table lint, query, dump and diff: what is wrong with a set of tables, which rules a key meets,
 * what a set says, and how two sets differ.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr/px.h"
#include "addr/rfc822.h"
#include "addr/tables.h"
#include "base/json.h"
#include "base/str.h"
#include "tool/table.h"

/* ---- lint ---- */

struct lint {
	struct tool *t;
	struct json *json;
	bool notes;
};

static void print_finding(void *context, const struct addr_finding *f)
{
	static const char *const severity[] = {"error", "warning", "note"};
	struct lint *l = context;

	if (f->severity == ADDR_NOTE && !l->notes)
		return;
	if (l->json == NULL) {
		stream_printf(l->t->out, "%s: %s %s: %s; %s\n", f->where, severity[f->severity], f->id, f->text, f->advice);
		return;
	}
	json_object(l->json, NULL);
	json_string(l->json, "at", f->where);
	json_string(l->json, "severity", severity[f->severity]);
	json_string(l->json, "id", f->id);
	json_string(l->json, "text", f->text);
	json_string(l->json, "action", f->advice);
	json_end_object(l->json);
}

int table_lint(struct tool *t, int argc, char **argv)
{
	bool notes = false;
	const struct tool_option own[] = {{"--notes", NULL, &notes}};
	int n = tool_options(t, own, ARRAY_LEN(own), argc, argv), rc;
	struct json j = JSON_INIT(t->out);
	struct lint l = {t, t->json ? &j : NULL, notes};
	struct addr_findings found = {.report = print_finding, .context = &l};
	struct addr_tables_source src;
	struct addr_tables *tables;
	struct err e = {0};

	if (n < 0 || n > 1)
		return n < 0 ? TOOL_USAGE : tool_usage("table", "lint takes at most one word: \"mapping2 LINE ; gate2 LINE\"");
	l.notes = notes;
	if (n == 0 && tool_source(t, &src, &e) != 0)
		return tool_fail("table lint", &e, TOOL_TROUBLE);
	if (t->json)
		json_array(&j, NULL);
	rc = n == 1 ? addr_tables_lint_text(t->arena, argv[0], &found, &e) : addr_tables_check(t->arena, &src, &found, &tables, &e);
	if (t->json)
		json_end_array(&j);
	else
		stream_printf(t->out, "%zu errors, %zu warnings, %zu notes\n", found.errors, found.warnings, found.notes);
	if (rc != 0 && found.errors == 0)
		return tool_fail("table lint", &e, TOOL_TROUBLE);
	return found.errors + found.warnings > 0 ? TOOL_NO : TOOL_OK;
}

/* ---- query ---- */

/* The rules of one table that a key meets. */
struct candidates {
	struct tool *t;
	struct json *j;
	enum addr_table which;
	bool asked; /* false: a mapping rule has been found, so gateway rules are not asked for (A-191) */
	size_t n;
};

static void print_candidate(struct candidates *c, const char *key, const struct addr_hit *hit)
{
	const char *use = !c->asked ? "not asked" : c->n == 0 ? "used" : "candidate";
	char *rule = arena_printf(c->t->arena, c->which == ADDR_ROUTES ? "%s : %s" : "%s#%s#", key, hit->value);

	c->n++;
	if (!c->t->json) {
		stream_printf(c->t->out, "%-8s %-9s %d  %s  (%s)\n", addr_table_names[c->which], use, hit->depth, rule, hit->where);
		return;
	}
	json_object(c->j, NULL);
	json_string(c->j, "table", addr_table_names[c->which]);
	json_string(c->j, "use", use);
	json_int(c->j, "depth", hit->depth);
	json_string(c->j, "rule", rule);
	json_string(c->j, "at", hit->where);
	json_end_object(c->j);
}

/* The last labels of a domain. */
static const char *last_labels(const char *domain, int labels)
{
	const char *s = domain + strlen(domain);

	while (s > domain && (s[-1] != '.' || --labels > 0))
		s--;
	return s;
}

static const char *first_levels(struct tool *t, const struct addr_node *node, int depth)
{
	struct addr_node part = *node;

	part.depth = depth;
	return depth == 0 ? "default" : addr_node_rule(t->arena, &part);
}

/* Every rule of the text tables, longest first. */
static void query_text_domain(struct candidates *c, const char *domain)
{
	struct addr_hit hit;

	while (*domain != '\0' && addr_find_domain(c->t->arena, c->t->tables, c->which, domain, &hit)) {
		const char *key = last_labels(domain, hit.depth);

		print_candidate(c, key, &hit);
		domain = strchr(key, '.') == NULL ? "" : strchr(key, '.') + 1;
	}
}

static void query_text_node(struct candidates *c, struct addr_node node)
{
	struct addr_hit hit;

	while (addr_find_node(c->t->arena, c->t->tables, c->which, &node, &hit)) {
		print_candidate(c, first_levels(c->t, &node, hit.depth), &hit);
		node.depth = hit.depth - 1;
		if (node.depth < 0)
			break;
	}
}

/* All sources in order; DNS and LDAP say their longest rule alone. */
static int query_sources(struct candidates *c, const struct addr_query *q, struct err *e)
{
	struct addr_sources list = addr_tables_sources(c->t->tables);
	struct addr_hit hit;

	for (size_t i = 0; i < list.count; i++) {
		const struct addr_source *s = &list.items[i];
		enum addr_answer answer = s->find == NULL ? ADDR_NO_RULE : s->find(s->context, c->t->arena, q, &hit, e);

		if (answer == ADDR_NO_ANSWER)
			return -1;
		if (answer == ADDR_FOUND)
			print_candidate(c, q->domain != NULL ? last_labels(q->domain, hit.depth) : first_levels(c->t, q->node, hit.depth), &hit);
		else if (s->find == NULL && q->domain != NULL)
			query_text_domain(c, q->domain);
		else if (s->find == NULL)
			query_text_node(c, *q->node);
	}
	return 0;
}

/* A mapping table, then its gateway table. */
static int query_pair(struct tool *t, struct json *j, struct addr_query q, enum addr_table gateway, size_t *found, struct err *e)
{
	struct candidates mapping = {t, j, q.table, true, 0}, gate = {t, j, gateway, true, 0};

	TRY(query_sources(&mapping, &q, e));
	gate.asked = mapping.n == 0;
	q.table = gateway;
	TRY(query_sources(&gate, &q, e));
	*found += mapping.n + gate.n;
	return 0;
}

/* "O$x.PRMD$y.ADMD$ .C$XA" or an O/R address as text. */
static int read_node(struct tool *t, const char *text, struct addr_node *out, struct err *e)
{
	struct or_address o;
	const char *reason;

	if (strchr(text, '$') != NULL && strchr(text, '=') == NULL)
		return addr_node_parse(t->arena, text, ADDR_NODE_MAPPING, out, &reason, e);
	TRY(addr_parse_or(t->arena, text, &o, e));
	addr_node_of(t->arena, &o, out);
	return 0;
}

static int query(struct tool *t, struct json *j, const char *key, size_t *found, struct err *e)
{
	const char *at = strrchr(key, '@');
	struct candidates routes = {t, j, ADDR_ROUTES, true, 0};
	struct addr_node node;

	if (at != NULL && addr_is_domain(at + 1))
		key = at + 1;
	if (addr_is_domain(key))
		return query_pair(t, j, (struct addr_query){.table = ADDR_MAPPING2, .domain = key}, ADDR_GATE2, found, e);
	TRY(read_node(t, key, &node, e));
	TRY(query_pair(t, j, (struct addr_query){.table = ADDR_MAPPING1, .node = &node}, ADDR_GATE1, found, e));
	query_text_node(&routes, node);
	*found += routes.n;
	return 0;
}

int table_query(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv), rc = 0;
	struct json j = JSON_INIT(t->out);
	size_t found = 0;
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("table", "query needs one key: a domain, or O/R attributes as O$x.PRMD$y.ADMD$ .C$XA or /O=x/PRMD=y/ADMD= /C=XA/");
	if (tool_setup(t, &e) != 0)
		return tool_fail("table query", &e, TOOL_TROUBLE);
	if (t->json)
		json_array(&j, NULL);
	rc = query(t, &j, argv[0], &found, &e);
	if (t->json)
		json_end_array(&j);
	if (rc != 0)
		return tool_fail("table query", &e, TOOL_USAGE);
	return found > 0 ? TOOL_OK : TOOL_NO;
}

/* ---- all rules of a set in order ---- */

struct line {
	enum addr_table table;
	const char *key, *value, *rule, *file;
	uint32_t number;
	bool one_way, published; /* published: may stand in DNS */
};
struct lines {
	struct line *items;
	size_t count, capacity;
};

static int compare(const void *x, const void *y)
{
	const struct line *a = x, *b = y;

	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return str_icmp(a->key, b->key);
}

static void collect(struct arena *a, const struct addr_tables *t, struct lines *out)
{
	struct addr_rule r;
	size_t at = 0;

	while (addr_tables_next(t, a, &at, &r) == 0) {
		const char *node = r.node.depth == 0 ? "default" : addr_node_rule(a, &r.node);
		bool by_domain = r.table == ADDR_MAPPING2 || r.table == ADDR_GATE2;
		const char *value = r.table == ADDR_MAPPING2 ? node : r.text;

		*ARENA_PUSH(a, out) = (struct line){r.table, by_domain ? r.domain : node, value, addr_rule_text(a, &r), r.file, r.line,
		                                    r.one_way, addr_px_published(&r)};
	}
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), compare);
}

/* Behind a rule that says that it has no inverse. */
static const char *mark(const struct line *l)
{
	return l->one_way ? " !oneway" : "";
}

/* ---- dump ---- */

static void dump_line(struct tool *t, struct json *j, const struct line *l, bool prefix, bool origin)
{
	if (t->json) {
		json_object(j, NULL);
		json_string(j, "table", addr_table_names[l->table]);
		json_string(j, "rule", l->rule);
		json_bool(j, "oneway", l->one_way);
		json_string(j, "at", arena_printf(t->arena, "%s:%u", l->file, l->number));
		json_end_object(j);
		return;
	}
	if (origin)
		stream_printf(t->out, "# %s:%u\n", l->file, l->number);
	if (prefix)
		stream_printf(t->out, "%s ", addr_table_names[l->table]);
	stream_printf(t->out, "%s%s\n", l->rule, mark(l));
}

/* RFC 2163: a rule as a wildcard, and at the name itself, for which the wildcard does not answer (A-231). */
static int zone_line(struct tool *t, const struct line *l, struct err *e)
{
	char *record;

	if (!l->published)
		return 0;
	TRY(addr_px_record(t->arena, l->table, l->rule, &record, e));
	stream_printf(t->out, "%s\n%s\n", record, str_istarts(record, "*.") ? record + 2 : record);
	return 0;
}

static int table_of(const char *name)
{
	for (int i = 0; i < ADDR_TABLE_COUNT; i++)
		if (str_eq(name, addr_table_names[i]))
			return i;
	return -1;
}

int table_dump(struct tool *t, int argc, char **argv)
{
	bool origin = false, zone = false, missing = false;
	const struct tool_option own[] = {{"--origin", NULL, &origin}, {"--zone", NULL, &zone}};
	int n = tool_options(t, own, ARRAY_LEN(own), argc, argv), which = n == 1 ? table_of(argv[0]) : -1;
	struct json j = JSON_INIT(t->out);
	struct lines lines = {0};
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (n > 1 || (n == 1 && which < 0))
		return tool_usage("table", "dump takes one table: mapping1, mapping2, gate1, gate2 or routes");
	if (zone && (t->json || origin))
		return tool_usage("table", "dump --zone goes with neither --json nor --origin");
	if (tool_setup(t, &e) != 0)
		return tool_fail("table dump", &e, TOOL_TROUBLE);
	collect(t->arena, t->tables, &lines);
	if (t->json)
		json_array(&j, NULL);
	for (size_t i = 0; i < lines.count; i++) {
		const struct line *l = &lines.items[i];

		if (which >= 0 && l->table != (enum addr_table)which)
			continue;
		if (!zone) {
			dump_line(t, &j, l, which < 0, origin);
		} else if (zone_line(t, l, &e) != 0) {
			missing = true;
			stream_printf(t->out, "; %s:%u cannot be published: %s\n", l->file, l->number, e.detail);
		}
	}
	if (t->json)
		json_end_array(&j);
	return missing ? TOOL_NO : TOOL_OK;
}

/* ---- diff ---- */

/* A folder of tables, a compiled file, or a mixgate.conf. */
static int load_any(struct tool *t, const char *path, struct addr_tables **out, struct err *e)
{
	struct addr_tables_source src;
	const struct config *c;
	struct stat st;

	if (stat(path, &st) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	if (S_ISDIR(st.st_mode))
		return addr_tables_load_dir(t->arena, path, out, e);
	if (addr_tables_open(t->arena, path, out, e) == 0)
		return 0;
	TRY(config_load(t->arena, path, &c, e));
	addr_tables_source_config(c, &src);
	src.keep_compiled = false;
	return addr_tables_load(t->arena, &src, out, e);
}

static void print_change(struct tool *t, struct json *j, const char *sign, const struct line *old, const struct line *now)
{
	const struct line *l = now != NULL ? now : old;
	static const char *const words[] = {"removed", "added", "changed"};

	if (t->json) {
		json_object(j, NULL);
		json_string(j, "change", words[*sign == '-' ? 0 : *sign == '+' ? 1 : 2]);
		json_string(j, "table", addr_table_names[l->table]);
		if (old != NULL)
			json_string(j, "old", arena_printf(t->arena, "%s%s", old->rule, mark(old)));
		if (now != NULL)
			json_string(j, "new", arena_printf(t->arena, "%s%s", now->rule, mark(now)));
		json_end_object(j);
		return;
	}
	stream_printf(t->out, "%s %s %s%s", sign, addr_table_names[l->table], l->rule, mark(l));
	if (old != NULL && now != NULL)
		stream_printf(t->out, "  (was %s%s)", old->rule, mark(old));
	stream_puts(t->out, "\n");
}

static size_t diff(struct tool *t, struct json *j, const struct lines *old, const struct lines *now)
{
	size_t i = 0, k = 0, changes = 0;

	while (i < old->count || k < now->count) {
		const struct line *x = i < old->count ? &old->items[i] : NULL, *y = k < now->count ? &now->items[k] : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : compare(x, y);

		i += order <= 0;
		k += order >= 0;
		if (order == 0 && str_eq(x->value, y->value) && x->one_way == y->one_way)
			continue;
		print_change(t, j, order < 0 ? "-" : order > 0 ? "+" : "~", order > 0 ? NULL : x, order < 0 ? NULL : y);
		changes++;
	}
	return changes;
}

int table_diff(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv);
	struct json j = JSON_INIT(t->out);
	struct addr_tables *tables[2];
	struct lines lines[2] = {0};
	size_t changes;
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (n != 2)
		return tool_usage("table", "diff needs two sets: folders of tables, compiled files or files like mixgate.conf");
	for (int i = 0; i < 2; i++) {
		if (load_any(t, argv[i], &tables[i], &e) != 0)
			return tool_fail("table diff", &e, TOOL_TROUBLE);
		collect(t->arena, tables[i], &lines[i]);
	}
	if (t->json)
		json_array(&j, NULL);
	changes = diff(t, &j, &lines[0], &lines[1]);
	if (t->json)
		json_end_array(&j);
	return changes > 0 ? TOOL_NO : TOOL_OK;
}
