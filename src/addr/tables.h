/*
 * addr/tables.h - look-up in the mapping, gate and route tables, for the mappings.
 */
#ifndef MIXGATE_ADDR_TABLES_H
#define MIXGATE_ADDR_TABLES_H

#include "addr/addr.h"
#include "addr/levels.h"
#include "addr/source.h"

/* ---- the text tables of a set as a source ---- */

/* The rule whose key is the longest suffix of domain (A-130, A-210). */
bool addr_find_domain(struct arena *a, const struct addr_tables *t, enum addr_table which, const char *domain, struct addr_hit *hit);
/* The rule with the longest key among the first levels of n (A-180). */
bool addr_find_node(struct arena *a, const struct addr_tables *t, enum addr_table which, const struct addr_node *n, struct addr_hit *hit);
/* In order of precedence; the text tables alone when nobody has set others. */
struct addr_sources addr_tables_sources(const struct addr_tables *t);
/* NULL: none. */
const struct addr_users *addr_tables_users(const struct addr_tables *t);
const struct addr_watch *addr_tables_watch(const struct addr_tables *t);
/* A-181: two letters for a numeric country, or NULL. */
const char *addr_alpha_country(const struct addr_tables *t, const char *numeric);
bool addr_keep_routes(const struct addr_tables *t);
bool addr_tables_inversion(const struct addr_tables *t);
bool addr_tables_1984(const struct addr_tables *t);
const char *addr_local_or_text(const struct addr_tables *t);

/* One line of a table (A-200, A-201): 0 a rule, 1 comment or empty, -1 wrong. */
struct addr_line {
	const char *domain;     /* mapping and gate tables */
	struct addr_node node;
	const char *node_text;
	const char *action;     /* routes: behind the ":" */
	bool one_way;           /* "!oneway" behind the rule */
	size_t column;          /* of what is wrong, from 1 */
};
int addr_line_parse(struct arena *a, enum addr_table which, const char *line, struct addr_line *out, const char **reason,
                    struct err *e) MUST_USE;

#define ADDR_OVERLAY ".local" /* behind the name of a file: one beside it whose rules win */
extern const char *const addr_table_names[ADDR_TABLE_COUNT]; /* "mapping1", ... */

/* A rule as it stands in a set. */
struct addr_rule {
	enum addr_table table;
	const char *domain;    /* mapping and gate tables, keys in lower case */
	struct addr_node node; /* levels as written, blanks collapsed */
	const char *text;      /* what the rule gives: O/R side as written, domain, or action of a route */
	bool one_way;
	const char *file;
	uint32_t line;
};
/* All rules of a set in the order of the texts: *at is 0 at first and moved; 0, or 1 at the end. */
int addr_tables_next(const struct addr_tables *t, struct arena *a, size_t *at, struct addr_rule *out) MUST_USE;
/* "domain#node#" and so on, as a line of the table; one_way is not shown. */
char *addr_rule_text(struct arena *a, const struct addr_rule *r) MUST_USE;
/* Compiled tables alone, without the texts they were made of and without the names of a gateway. */
int addr_tables_open(struct arena *a, const char *path, struct addr_tables **out, struct err *e) MUST_USE;

/* Kinds of findings; their ids do not change. */
struct addr_finding_kind {
	const char *id; /* "T-201" */
	enum addr_severity severity;
	const char *title;
	const char *advice; /* what to do */
};
extern const struct addr_finding_kind addr_finding_kinds[];
extern const size_t addr_finding_kinds_count;

/* The findings of a small set written as "mapping2 LINE ; gate2 LINE" (for `mixgate table lint -` and vectors). */
int addr_tables_lint_text(struct arena *a, const char *text, struct addr_findings *found, struct err *e) MUST_USE;

#endif
