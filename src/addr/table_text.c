/*
 * table_text.c - one line of a table text: mapping1, mapping2, gate1, gate2 of RFC 2156 appendix F, and routes
 * (mixgate-tables(5)); A-200 .. A-208.
 *
 * Called by the loader and by the line vectors.  Every wrong line has a word for its reason; nothing is guessed except
 * a gap between levels, which RFC 2156's own example has (A-205).
 */
#include <string.h>

#include "addr/rfc822.h"
#include "addr/tables.h"
#include "base/str.h"

#define DOMAIN_MAX 255 /* RFC 1035 2.3.4 */

struct reader {
	struct arena *a;
	enum addr_table which;
	const char *line; /* the copy that is cut up */
	struct addr_line *out;
	const char **reason;
	struct err *e;
};

static int fail(struct reader *r, const char *word, const char *text)
{
	*r->reason = word;
	r->out->column = (size_t)(text - r->line) + 1;
	return ERR(r->e, ERR_TABLE_SYNTAX, "%s: %.200s", word, text);
}

static int parse_node(struct reader *r, const char *text, enum addr_node_kind kind)
{
	size_t at;
	int rc = addr_node_parse_at(r->a, text, kind, &r->out->node, r->reason, &at, r->e);

	r->out->node_text = text;
	r->out->column = rc == 0 ? 0 : (size_t)(text - r->line) + at + 1;
	return rc;
}

/* Behind the second "#": nothing, or "!oneway". */
static int parse_trailer(struct reader *r, const char *s)
{
	s += strspn(s, " \t");
	if (*s == '\0')
		return 0;
	if (!str_istarts(s, "!oneway") || s[7 + strspn(s + 7, " \t")] != '\0')
		return fail(r, "text-behind-rule", s);
	r->out->one_way = true;
	return 0;
}

static int parse_rule(struct reader *r, char *line)
{
	bool by_domain = (r->which == ADDR_MAPPING2 || r->which == ADDR_GATE2) == rule_id_active("A-200");
	char *first = strchr(line, '#'), *second = first == NULL ? NULL : strchr(first + 1, '#');

	if (first == NULL)
		return fail(r, "no-separator", line);
	if (second == NULL && rule_id_active("A-201"))
		return fail(r, "no-final-separator", line);
	if (second == NULL)
		second = first + strlen(first);
	else
		TRY(parse_trailer(r, second + 1));
	*first = *second = '\0';
	r->out->domain = by_domain ? line : first + 1;
	if (!addr_is_domain(r->out->domain) && rule_id_active("A-010"))
		return fail(r, "bad-domain", r->out->domain);
	if (second - first > DOMAIN_MAX + 1 && !by_domain)
		return fail(r, "upper-bound", r->out->domain);
	if (first - line > DOMAIN_MAX && by_domain)
		return fail(r, "upper-bound", r->out->domain);
	return parse_node(r, by_domain ? first + 1 : line, r->which == ADDR_GATE2 ? ADDR_NODE_GATE : ADDR_NODE_MAPPING);
}

/* ".1" to ".999"; NULL: not one. */
static const char *skip_code(const char *s)
{
	size_t n = *s == '.' ? strspn(s + 1, "0123456789") : 0;

	return n >= 1 && n <= 3 ? s + 1 + n : NULL;
}

/* "5.1.2 text" (RFC 3463 2) */
static bool is_status(const char *s)
{
	const char *p = *s == '4' || *s == '5' ? skip_code(s + 1) : NULL;

	p = p != NULL ? skip_code(p) : NULL;
	return p != NULL && *p == ' ';
}

static bool is_action(const char *s)
{
	return str_eq(s, "smtp") || (str_istarts(s, "peer=") && s[5] != '\0' && strchr(s, ' ') == NULL) ||
	       (str_istarts(s, "reject ") && is_status(s + 7));
}

/* "PRMD$x.ADMD$ .C$DE : peer=viat", "default : smtp". A colon may be in a value, so the action decides. */
static int parse_route(struct reader *r, char *line)
{
	size_t n = strlen(line);
	char *colon = strstr(line, " : ");

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		line[--n] = '\0';
	while (colon != NULL && !is_action(colon + 3 + strspn(colon + 3, " ")))
		colon = strstr(colon + 1, " : ");
	if (colon == NULL)
		return fail(r, "no-action", line);
	*colon = '\0';
	r->out->action = colon + 3 + strspn(colon + 3, " ");
	if (!str_ieq(line, "default"))
		return parse_node(r, line, ADDR_NODE_MAPPING);
	r->out->node_text = line;
	return 0;
}

int addr_line_parse(struct arena *a, enum addr_table which, const char *line, struct addr_line *out, const char **reason,
                    struct err *e)
{
	struct reader r = {.a = a, .which = which, .out = out, .reason = reason, .e = e};
	char *copy;
	size_t n;

	*out = (struct addr_line){0};
	*reason = "";
	/* "!version 1" and the like at the head of a file are for people. */
	if (*line == '#' || *line == '!' || line[strspn(line, " \t\r\n")] == '\0')
		return 1;
	r.line = copy = arena_strdup(a, line);
	n = strlen(copy);
	while (n > 0 && (copy[n - 1] == '\r' || copy[n - 1] == '\n'))
		copy[--n] = '\0';
	return which == ADDR_ROUTES ? parse_route(&r, copy) : parse_rule(&r, copy);
}
