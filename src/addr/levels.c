/*
 * levels.c - nodes of the O/R tree: the right-hand notation of RFC 2156 appendix F ("PRMD$UK\.AC.ADMD$GOLD 400.C$GB"),
 * the levels of an address, and the key both are compared by (A-009, A-177 .. A-184, A-203 .. A-207).
 */
#include "addr/levels.h"

#include <string.h>

#include "addr/coding.h"
#include "addr/std_or.h"
#include "base/rule.h"
#include "base/str.h"

const enum or_attribute addr_level_attribute[ADDR_LEVELS] = {OR_C,   OR_ADMD, OR_PRMD, OR_O,
                                                             OR_OU1, OR_OU2,  OR_OU3,  OR_OU4};

static int fail(const char **reason, const char *word, const char *text, struct err *e)
{
	*reason = word;
	return ERR(e, ERR_TABLE_SYNTAX, "%s: %.200s", word, text);
}

/* ---- reading the notation of tables ---- */

size_t addr_part_length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && s[n] != '.')
		n += s[n] == '\\' && s[n + 1] != '\0' ? 2 : 1;
	return n;
}

/* Takes "\." to "."; no other escape exists (A-203). */
static int unescape(char *s, const char **reason, struct err *e)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '\\') {
			if (p[1] != '.' || !rule_id_active("A-203"))
				return fail(reason, "bad-escape", s, e);
			p++;
		} else if (!str_is_ps_char((unsigned char)*p) && strchr("{}*@", *p) == NULL) {
			return fail(reason, "bad-char", s, e);
		}
		*to++ = *p;
	}
	*to = '\0';
	return 0;
}

static int level_of(const char *word, int above)
{
	for (int i = 0; i < 4; i++)
		if (str_ieq(word, or_rows[addr_level_attribute[i]].keyword))
			return i;
	if (str_ieq(word, "OU"))
		return MAX_OF(above + 1, 4);
	return -1;
}

bool addr_is_country(const char *s)
{
	size_t n = strlen(s);

	if (n == 3)
		return s[strspn(s, "0123456789")] == '\0';
	return n == 2 && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* A-206: what may stand at a level. */
static int check_level(struct arena *a, int i, const char *value, const char **reason, struct err *e)
{
	enum or_attribute at = addr_level_attribute[i];
	struct or_value v;

	if (str_eq(value, "@"))
		return i == 0 || i > 3 ? fail(reason, "omitted-not-allowed", or_rows[at].keyword, e) : 0;
	if (addr_value_parse(a, value, &v, NULL) != 0 || (i < 3 && v.teletex.p != NULL))
		return fail(reason, "bad-char", value, e);
	if (i == 0 && !addr_is_country(value))
		return fail(reason, "bad-country", value, e);
	if ((v.printable != NULL && strlen(v.printable) > (size_t)or_rows[at].ub) || v.teletex.len > (size_t)or_rows[at].ub)
		return fail(reason, "upper-bound", value, e);
	return 0;
}

static int set_level(struct arena *a, int i, const char *value, struct addr_node *out, const char **reason, struct err *e)
{
	if (rule_id_active("A-206"))
		TRY(check_level(a, i, value, reason, e));
	if (i > out->depth)
		out->gap = true;
	out->depth = i + 1;
	if (str_eq(value, "@"))
		out->level[i] = NULL;
	else /* A-211: only the blank of ADMD counts. */
		out->level[i] = i == 1 && value[strspn(value, " ")] == '\0' ? " " : addr_collapse(a, value);
	return 0;
}

/* "~type$value" and keys outside the hierarchy: gate tables only (A-204, A-207). */
static int set_other(struct arena *a, const char *word, const char *value, struct addr_node *out, const char **reason, struct err *e)
{
	if (*word == '~' && word[1] != '\0') {
		struct or_dda *d = ARENA_PUSH(a, &out->other.dda);

		if (addr_value_parse(a, word + 1, &d->type, NULL) == 0 && addr_value_parse(a, value, &d->value, NULL) == 0)
			return 0;
		return fail(reason, "bad-char", value, e);
	}
	if (addr_set_by_keyword(a, &out->other, word, value, NULL) != 0)
		return fail(reason, "unknown-key", word, e);
	return 0;
}

static int set_part(struct arena *a, char *part, enum addr_node_kind kind, struct addr_node *out, const char **reason, struct err *e)
{
	char *dollar = strchr(part, '$');
	int i;

	if (dollar == NULL)
		return fail(reason, "no-dollar", part, e);
	*dollar = '\0';
	TRY(unescape(dollar + 1, reason, e));
	if (*part == '~')
		TRY(unescape(part + 1, reason, e));
	i = level_of(part, out->depth - 1);
	if (i < 0 && kind == ADDR_NODE_GATE)
		return set_other(a, part, dollar + 1, out, reason, e);
	if (i < 0)
		return fail(reason, "attribute-not-allowed", part, e);
	if (i >= ADDR_LEVELS)
		return fail(reason, "too-many-ou", part, e);
	if (out->depth == 0 && i > 0)
		return fail(reason, "no-country", part, e);
	if (i < out->depth)
		return fail(reason, "order", part, e);
	return set_level(a, i, dollar + 1, out, reason, e);
}

int addr_node_parse(struct arena *a, const char *text, enum addr_node_kind kind, struct addr_node *out, const char **reason,
                    struct err *e)
{
	char *copy = arena_strdup(a, text), *parts[64];
	size_t count = 0;

	*out = (struct addr_node){0};
	for (char *s = copy;; s++) {
		size_t n = addr_part_length(s);

		if (count == ARRAY_LEN(parts))
			return fail(reason, "too-many-parts", text, e);
		parts[count++] = s;
		s += n;
		if (*s == '\0')
			break;
		*s = '\0';
	}
	/* Most significant first: the text is read from its end (A-216). */
	while (count-- > 0)
		TRY(set_part(a, parts[count], kind, out, reason, e));
	return out->depth == 0 ? fail(reason, "no-country", text, e) : 0;
}

/* ---- writing ---- */

static const char *keyword_of(int level)
{
	return or_rows[addr_level_attribute[level]].keyword;
}

char *addr_node_text(struct arena *a, const struct addr_node *n)
{
	struct buf *b = buf_in(a, 65536);

	for (size_t i = n->other.dda.count; i-- > 0;)
		buf_printf(b, "~%s=%s;", or_value_text(a, &n->other.dda.items[i].type), or_value_text(a, &n->other.dda.items[i].value));
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (or_has(&n->other, (enum or_attribute)i))
			buf_printf(b, "%s=%s;", or_rows[i].keyword, or_value_text(a, &n->other.v[i]));
	for (int i = n->depth; i-- > 0;)
		buf_printf(b, "%s=%s%s", keyword_of(i), n->level[i] == NULL ? "@" : n->level[i], i > 0 ? ";" : "");
	return arena_strdup(a, buf_str(b));
}

char *addr_node_rule(struct arena *a, const struct addr_node *n)
{
	struct buf *b = buf_in(a, 65536);

	for (int i = n->depth; i-- > 0;) {
		buf_printf(b, "%s$", keyword_of(i));
		for (const char *s = n->level[i] == NULL ? "@" : n->level[i]; *s != '\0'; s++) {
			if (*s == '.')
				buf_putc(b, '\\');
			buf_putc(b, (unsigned char)*s);
		}
		if (i > 0)
			buf_putc(b, '.');
	}
	return arena_strdup(a, buf_str(b));
}

int addr_node_to_or(struct arena *a, const struct addr_node *n, struct or_address *out, struct err *e)
{
	or_copy(a, out, &n->other);
	for (int i = 0; i < n->depth; i++) {
		enum or_attribute at = addr_level_attribute[i];

		if (n->level[i] == NULL)
			continue;
		if (i < 3)
			or_set(a, out, at, n->level[i]);
		else
			TRY(addr_value_parse(a, n->level[i], &out->v[at], e));
	}
	if (or_has(out, OR_C) && !or_has(out, OR_ADMD) && rule_id_active("A-138"))
		or_set(a, out, OR_ADMD, " ");
	return 0;
}

/* ---- addresses as nodes ---- */

/* Anything outside the hierarchy? */
static bool has_more(const struct or_address *o)
{
	if (o->dda.count > 0 || o->postal_lines.count > 0)
		return true;
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++) {
		bool level = false;

		for (int j = 0; j < ADDR_LEVELS; j++)
			level = level || (int)addr_level_attribute[j] == i;
		if (!level && or_has(o, (enum or_attribute)i))
			return true;
	}
	return false;
}

void addr_node_of(struct arena *a, const struct or_address *o, struct addr_node *out)
{
	*out = (struct addr_node){0};
	for (int i = 0; i < ADDR_LEVELS; i++) {
		enum or_attribute at = addr_level_attribute[i];

		if (!or_has(o, at))
			continue;
		out->level[i] = addr_collapse(a, or_value_text(a, &o->v[at]));
		if (i == 1 && out->level[i][0] == '\0')
			out->level[i] = " ";
		out->depth = i + 1;
	}
	/* A-184: levels above OU that are absent take part as "@" when anything lower is present. */
	if (out->depth < 4 && has_more(o) && rule_id_active("A-184"))
		out->depth = 4;
}

void addr_node_key(struct buf *b, const struct addr_node *n, int depth)
{
	for (int i = 0; i < depth; i++) {
		/* 1F ends a level, 02 is an omitted one: neither can be in a value's text. */
		if (n->level[i] == NULL)
			buf_putc(b, 2);
		else
			for (const char *s = n->level[i]; *s != '\0'; s++)
				buf_putc(b, (unsigned char)(rule_id_active("A-179") ? str_lower(*s) : *s));
		buf_putc(b, 0x1f);
	}
}
