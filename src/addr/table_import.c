/*
 * table_import.c - lines of other gateways' mapping tables as lines of ours (RFC 1327 appendix F, RFC 1506 3.6 and 2.4, and
 * what Exchange and PMDF made of them).
 *
 * A line has two sides, a domain and an O/R node; which stands first is the direction.  Nodes are written key$value or
 * key=value, in either order of the hierarchy, with short keywords and without levels that are not there; ours have every
 * level, "@" for one that is missing.  What comes out has passed the reader of our own tables.
 */
#include "addr/table_import.h"

#include <string.h>

#include "addr/rfc822.h"
#include "base/str.h"

const char *const addr_dialect_names[ADDR_DIALECTS] = {"auto", "rfc1327", "pp", "ean", "exchange", "pmdf"};

#define OUS 4
#define DETECT_LINES 1000

/* The levels of a node as they are read. */
struct parts {
	const char *level[ADDR_LEVELS]; /* "@": omitted; OUs in the order of the text until the end */
	const char *ou[OUS];
	size_t ous;
	bool country_first;
};

/* ---- cutting ---- */

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

/* The first c that has no backslash before it. */
static char *find_plain(char *s, char c)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == c)
			return s;
	}
	return NULL;
}

static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

/* ---- nodes ---- */

static int level_of(const char *word)
{
	static const struct {
		const char *word;
		int level;
	} words[] = {{"C", 0}, {"ADMD", 1}, {"A", 1}, {"PRMD", 2}, {"P", 2}, {"O", 3}, {"OU", 4}, {"OU1", 5}, {"OU2", 6}, {"OU3", 7}, {"OU4", 8}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_ieq(word, words[i].word))
			return words[i].level;
	return -1;
}

/* OU1 is the most significant; plain OUs are put in order when the country is known to be first or last. */
static int put_part(struct parts *p, const char *word, const char *value, struct err *e)
{
	int level = level_of(word);

	if (level < 0)
		return ERR(e, ERR_TABLE_SYNTAX, "attribute %.100s is not part of the hierarchy", word);
	if (level > 4) {
		if (p->level[level - 1] != NULL || p->ous > 0)
			return ERR(e, ERR_TABLE_SYNTAX, "OU twice or in two ways");
		p->level[level - 1] = value;
		return 0;
	}
	if (level == 4) {
		if (p->ous == OUS || p->level[4] != NULL)
			return ERR(e, ERR_TABLE_SYNTAX, "too many OUs");
		p->ou[p->ous++] = value;
		return 0;
	}
	if (p->level[level] != NULL)
		return ERR(e, ERR_TABLE_SYNTAX, "%s twice", word);
	p->level[level] = value;
	return 0;
}

/* key-sign-value: an empty or blank ADMD is one blank; any other empty value is a level that is not there. */
static int take_part(struct parts *p, char *part, char sign, bool first, struct err *e)
{
	char *value = strchr(part, sign);

	if (value == NULL)
		return ERR(e, ERR_TABLE_SYNTAX, "no %c in %.100s", sign, part);
	*value++ = '\0';
	part = trim(part);
	unescape(value);
	if (first && level_of(part) == 0)
		p->country_first = true;
	value = trim(value);
	return put_part(p, part, *value != '\0' ? value : level_of(part) == 1 ? " " : "@", e);
}

static int take_parts(struct parts *p, char *text, char separator, char sign, struct err *e)
{
	bool first = true;

	while (text != NULL) {
		char *next = find_plain(text, separator);

		if (next != NULL)
			*next++ = '\0';
		if (text[strspn(text, " \t")] != '\0') {
			TRY(take_part(p, text, sign, first, e));
			first = false;
		}
		text = next;
	}
	return 0;
}

/* Plain OUs into the levels: most significant first when the country is. */
static void place_ous(struct parts *p)
{
	for (size_t i = 0; i < p->ous; i++)
		p->level[4 + i] = p->country_first ? p->ou[i] : p->ou[p->ous - 1 - i];
}

static const char *notation(struct arena *a, const struct parts *p)
{
	struct addr_node n = {0};

	for (int i = 0; i < ADDR_LEVELS; i++)
		if (p->level[i] != NULL) {
			n.depth = i + 1;
			n.level[i] = str_eq(p->level[i], "@") ? NULL : p->level[i];
		}
	return addr_node_rule(a, &n);
}

/* PMDF writes "$" before "=", "$" and "/" in a value; the others have a backslash there. */
static void quote_as_others(char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '$' && s[1] != '\0')
			*s++ = '\\';
}

/* One side as an O/R node in our notation. */
static int read_node(struct arena *a, char *text, const char **out, struct err *e)
{
	struct parts p = {0};

	if (*text == '/')
		quote_as_others(text);
	if (*text != '/' && strchr(text, '$') != NULL)
		TRY(take_parts(&p, text, '.', '$', e));
	else
		TRY(take_parts(&p, text, *text == '/' ? '/' : ';', '=', e));
	place_ous(&p);
	if (p.level[0] == NULL)
		return ERR(e, ERR_TABLE_SYNTAX, "no country");
	*out = notation(a, &p);
	return 0;
}

/* ---- lines ---- */

static bool is_node(const char *s)
{
	return strpbrk(s, "$=") != NULL;
}

/* Two columns, an address in slash form and a domain, which has no blanks. */
static char *between_columns(char *line)
{
	char *at = trim(line);

	if (*at != '/')
		at += strcspn(at, " \t");
	else
		for (char *s = at; *s != '\0'; s++)
			if (*s == ' ' || *s == '\t')
				at = s;
	return *at == ' ' || *at == '\t' ? at : NULL;
}

/* Cuts the line into its two sides; false: there are not two. */
static bool cut(enum addr_dialect dialect, char *line, char *side[2], bool *one_way)
{
	static const char separators[ADDR_DIALECTS] = {0, '#', ':', '#', '#', '#'};
	bool columns = dialect == ADDR_DIALECT_PMDF && strchr(line, '#') == NULL;
	char *at, *end;

	if (dialect == ADDR_DIALECT_PP && !rule_id_active("A-215"))
		return false;
	at = columns ? between_columns(line) : find_plain(line, separators[dialect]);
	if (at == NULL)
		return false;
	*at = '\0';
	side[0] = trim(line);
	side[1] = at + 1;
	if (!columns && dialect != ADDR_DIALECT_PP && (end = find_plain(side[1], '#')) != NULL) {
		*end = '\0';
		*one_way = str_ieq(trim(end + 1), "!oneway"); /* our own tables come through here too */
	}
	side[1] = trim(side[1]);
	return true;
}

static bool is_comment(enum addr_dialect dialect, const char *line)
{
	return line[strspn(line, " \t\r\n")] == '\0' || *line == '#' || *line == '!' || (dialect == ADDR_DIALECT_PP && *line == ';');
}

int addr_import_line(struct arena *a, enum addr_dialect dialect, const char *line, enum addr_table *table, char **rule, struct err *e)
{
	char *copy, *side[2];
	const char *node = "", *reason;
	struct addr_line checked;
	bool node_first, one_way = false;

	if (is_comment(dialect, line))
		return 1;
	copy = arena_strdup(a, line);
	copy[strcspn(copy, "\r\n")] = '\0';
	if (!cut(dialect, copy, side, &one_way))
		return ERR(e, ERR_TABLE_SYNTAX, "not two sides as %s has them", addr_dialect_names[dialect]);
	node_first = is_node(side[0]);
	if (node_first == is_node(side[1]))
		return ERR(e, ERR_TABLE_SYNTAX, "not a domain on one side and an O/R address on the other");
	if (!addr_is_domain(side[node_first ? 1 : 0]))
		return ERR(e, ERR_TABLE_SYNTAX, "no domain: %.100s", side[node_first ? 1 : 0]);
	TRY(read_node(a, side[node_first ? 0 : 1], &node, e));
	*table = node_first ? ADDR_MAPPING1 : ADDR_MAPPING2;
	*rule = arena_printf(a, "%s#%s#%s", node_first ? node : side[0], node_first ? side[1] : node, one_way ? " !oneway" : "");
	return addr_line_parse(a, *table, *rule, &checked, &reason, e) == 0 ? 0 : -1;
}

/* What a line looks like. */
static enum addr_dialect look(const char *line)
{
	size_t n = strlen(line);

	while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL)
		n--;
	if (strchr(line, '#') == NULL && strchr(line, '=') != NULL && (*line == '/' || strstr(line, " /") != NULL || strstr(line, "\t/") != NULL))
		return ADDR_DIALECT_PMDF;
	if (strchr(line, '$') != NULL) {
		if (n > 0 && line[n - 1] != '#' && strchr(line, '#') == NULL)
			return ADDR_DIALECT_PP;
		/* Exchange's own files have their keys in lower case. */
		return strstr(line, "c$") != NULL ? ADDR_DIALECT_EXCHANGE : ADDR_DIALECT_RFC1327;
	}
	return strchr(line, '#') != NULL && strchr(line, '=') != NULL ? ADDR_DIALECT_EAN : ADDR_DIALECT_AUTO;
}

enum addr_dialect addr_import_detect(const char *text, size_t n)
{
	size_t votes[ADDR_DIALECTS] = {0}, lines = 0;
	enum addr_dialect best = ADDR_DIALECT_AUTO;

	while (n > 0 && lines < DETECT_LINES) {
		const char *end = memchr(text, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - text);
		char line[1024];

		memcpy(line, text, MIN_OF(length, sizeof(line) - 1));
		line[MIN_OF(length, sizeof(line) - 1)] = '\0';
		if (!is_comment(ADDR_DIALECT_AUTO, line)) {
			lines++;
			votes[look(line)]++;
		}
		text += length + (end != NULL);
		n -= length + (end != NULL);
	}
	for (int i = 1; i < ADDR_DIALECTS; i++)
		if (votes[i] > (best == ADDR_DIALECT_AUTO ? 0 : votes[best]))
			best = (enum addr_dialect)i;
	return best;
}
