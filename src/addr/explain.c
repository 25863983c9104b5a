/*
 * explain.c - maps an address, maps the result back, and lists the rules that came second (addr/explain.h).
 */
#include "addr/explain.h"

#include <string.h>

#include "addr/rfc822.h"
#include "addr/source.h"
#include "base/str.h"

static const char *const table_names[ADDR_TABLE_COUNT] = {"mapping1", "mapping2", "gate1", "gate2", "routes"};

static void add_alternative(struct arena *a, struct addr_explanation *x, enum addr_table table, const struct addr_hit *hit,
                            const char *why)
{
	void *items = x->alternatives;
	struct addr_alternative *slot =
		arena_grow(a, &items, &x->alternatives_count, &x->alternatives_capacity, sizeof *x->alternatives);

	x->alternatives = items;
	x->alternatives_count++;
	*slot = (struct addr_alternative){table_names[table], hit->where, hit->value, why};
}

/* Why a rule of table that matches was not the one. */
static const char *why_not(const struct addr_explanation *x, enum addr_table table, bool decided_by_table)
{
	bool gate = table == ADDR_GATE1 || table == ADDR_GATE2;

	if (x->how == ADDR_EXPLICIT)
		return "the address is complete, the domain is not used (A-126)";
	if (x->how == ADDR_DECAPSULATED)
		return "the RFC-822 attribute says it all (A-170)";
	if (x->how == ADDR_PERSONAL)
		return "the user has an entry";
	if (table == ADDR_GATE2 && x->use == ADDR_ORIGINATOR && x->trace.where == NULL)
		return "a return path leads to this gateway (A-161)";
	if (gate && !decided_by_table)
		return "a mapping rule comes before a gateway rule (A-191)";
	return "shorter than the rule that was used (A-011)";
}

/* Rules for domain and what it ends in, longest first. */
static void list_by_domain(struct arena *a, const struct addr_tables *t, enum addr_table table, const char *domain,
                           struct addr_explanation *x)
{
	struct addr_query q = {.table = table, .domain = domain};
	struct addr_hit hit;
	bool used = false;

	while (q.domain != NULL && addr_is_domain(q.domain) && addr_find(a, t, &q, &hit, NULL) == ADDR_FOUND) {
		int labels = 1;

		if (x->trace.where != NULL && str_eq(x->trace.where, hit.where))
			used = true;
		else
			add_alternative(a, x, table, &hit, why_not(x, table, used));
		for (const char *s = q.domain; *s != '\0'; s++)
			labels += *s == '.';
		/* behind the first label of the key */
		for (; q.domain != NULL && labels >= hit.depth; labels--)
			if ((q.domain = strchr(q.domain, '.')) != NULL)
				q.domain++;
	}
}

static void list_by_node(struct arena *a, const struct addr_tables *t, enum addr_table table, const struct or_address *o,
                         struct addr_explanation *x)
{
	struct addr_node n;
	struct addr_query q = {.table = table, .node = &n};
	struct addr_hit hit;
	bool used = false;

	addr_node_of(a, o, &n);
	while (n.depth > 0 && addr_find(a, t, &q, &hit, NULL) == ADDR_FOUND) {
		if (x->trace.where != NULL && str_eq(x->trace.where, hit.where))
			used = true;
		else
			add_alternative(a, x, table, &hit, why_not(x, table, used));
		n.depth = hit.depth - 1;
	}
}

static void list_alternatives(struct arena *a, const struct addr_tables *t, struct addr_explanation *x)
{
	struct addr_822 addr;

	if (!x->to_x400) {
		list_by_node(a, t, ADDR_MAPPING1, &x->x400, x);
		list_by_node(a, t, ADDR_GATE1, &x->x400, x);
	} else if (addr_822_parse(a, x->input, &addr, NULL) == 0) {
		list_by_domain(a, t, ADDR_MAPPING2, addr.domain, x);
		list_by_domain(a, t, ADDR_GATE2, addr.domain, x);
	}
}

/* Two mail addresses that no mail system tells apart: quotes and the case of the domain do not count. */
static bool same_822(struct arena *a, const char *x, const char *y)
{
	struct addr_822 p, q;

	return addr_822_parse(a, x, &p, NULL) == 0 && addr_822_parse(a, y, &q, NULL) == 0 && p.route_first == NULL &&
	       q.route_first == NULL && str_eq(p.unquoted, q.unquoted) && str_ieq(p.domain, q.domain);
}

static void map_back(struct arena *a, const struct addr_tables *t, struct addr_explanation *x)
{
	struct or_address o = {0};
	enum addr_how how;
	char *text;

	if (x->to_x400 && addr_to_822(a, t, &x->x400, x->use, &text, &how, NULL, &x->reverse_err) == 0) {
		x->reverse = text;
		x->exact = same_822(a, x->input, text);
	} else if (!x->to_x400 && addr_to_x400(a, t, x->result, x->use, &o, &how, NULL, &x->reverse_err) == 0) {
		x->reverse = addr_print_or(a, &o);
		x->exact = or_equal(&x->x400, &o);
	}
}

static int map(struct arena *a, const struct addr_tables *t, struct addr_explanation *x)
{
	char *text;

	if (x->to_x400) {
		TRY(addr_to_x400(a, t, x->input, x->use, &x->x400, &x->how, &x->trace, &x->err));
		x->result = addr_print_or(a, &x->x400);
		return 0;
	}
	TRY(addr_parse_or(a, x->input, &x->x400, &x->err));
	TRY(addr_to_822(a, t, &x->x400, x->use, &text, &x->how, &x->trace, &x->err));
	x->result = text;
	return 0;
}

int addr_explain(struct arena *a, const struct addr_tables *t, const char *input, bool to_x400, enum addr_use use,
                 struct addr_explanation *out)
{
	*out = (struct addr_explanation){.input = input, .to_x400 = to_x400, .use = use};
	TRY(map(a, t, out));
	addr_route(a, t, &out->x400, &out->route);
	list_alternatives(a, t, out);
	map_back(a, t, out);
	return 0;
}
