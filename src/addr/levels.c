/*
 * levels.c - nodes of the O/R tree: the right-hand notation of RFC 2156 appendix F ("PRMD$UK\.AC.ADMD$GOLD 400.C$GB"),
 * the levels of an address (A-009, A-177 .. A-184, A-203 .. A-207).
 */
#include "addr/levels.h"

#include <string.h>

#include "addr/coding.h"
#include "addr/std_or.h"
#include "base/rule.h"
#include "base/str.h"

const enum or_attribute addr_level_attribute[ADDR_LEVELS] = {OR_C,   OR_ADMD, OR_PRMD, OR_O,
                                                             OR_OU1, OR_OU2,  OR_OU3,  OR_OU4};

/* Where a text is wrong and how. */
struct reader {
	struct arena *a;
	enum addr_node_kind kind;
	struct addr_node *out;
	const char **reason;
	const char *at;
	struct err *e;
};

static int fail(struct reader *r, const char *word, const char *text)
{
	*r->reason = word;
	r->at = text;
	return ERR(r->e, ERR_TABLE_SYNTAX, "%s: %.200s", word, text);
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
static int unescape(struct reader *r, char *s)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '\\') {
			if (p[1] != '.' || !rule_id_active("A-203"))
				return fail(r, "bad-escape", p);
			p++;
		} else if (!str_is_ps_char((unsigned char)*p) && strchr("{}*@", *p) == NULL) {
			return fail(r, "bad-char", p);
		}
		*to++ = *p;
	}
	*to = '\0';
	return 0;
}

static int level_of(const char *word, int above)
{
	size_t n = strlen(word);

	if (n == 2 && str_ieqn(word, "OU", 2))
		return MAX_OF(above + 1, 4);
	for (int i = 0; i < 4; i++) {
		const char *keyword = or_rows[addr_level_attribute[i]].keyword;

		if (str_lower(word[0]) == str_lower(keyword[0]) && n == strlen(keyword) && str_ieqn(word, keyword, n))
			return i;
	}
	return -1;
}

static bool is_letter(char c)
{
	return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

bool addr_is_country(const char *s)
{
	if (is_letter(s[0]))
		return is_letter(s[1]) && s[2] == '\0';
	return str_is_digit(s[0]) && str_is_digit(s[1]) && str_is_digit(s[2]) && s[3] == '\0';
}

/* A-206: what may stand at a level. */
static int check_level(struct reader *r, int i, const char *value)
{
	bool plain = str_is_printable_string(value);
	enum or_attribute at = addr_level_attribute[i];
	struct or_value v = {.printable = value};

	if (value[0] == '@' && value[1] == '\0')
		return i == 0 || i > 3 ? fail(r, "omitted-not-allowed", value) : 0;
	if (!plain && (addr_value_parse(r->a, value, &v, NULL) != 0 || (i < 3 && v.teletex.p != NULL)))
		return fail(r, "bad-char", value);
	if (i == 0 && !addr_is_country(value))
		return fail(r, "bad-country", value);
	if ((v.printable != NULL && strlen(v.printable) > (size_t)or_rows[at].ub) || v.teletex.len > (size_t)or_rows[at].ub)
		return fail(r, "upper-bound", value);
	return 0;
}

static int set_level(struct reader *r, int i, const char *value)
{
	struct addr_node *out = r->out;

	if (rule_id_active("A-206"))
		TRY(check_level(r, i, value));
	if (i > out->depth)
		out->gap = true;
	out->depth = i + 1;
	if (str_eq(value, "@"))
		out->level[i] = NULL;
	else /* A-211: only the blank of ADMD counts. */
		out->level[i] = i == 1 && value[strspn(value, " ")] == '\0' && rule_id_active("A-211") ? " " : addr_collapse(r->a, value);
	return 0;
}

/* "~type$value" and keys outside the hierarchy: gate tables only (A-204, A-207). */
static int set_other(struct reader *r, const char *word, const char *value)
{
	if (r->out->other == NULL)
		r->out->other = NEW(r->a, struct or_address);
	if (*word == '~' && word[1] != '\0' && rule_id_active("A-207")) {
		struct or_dda *d = ARENA_PUSH(r->a, &r->out->other->dda);

		if (addr_value_parse(r->a, word + 1, &d->type, NULL) == 0 && addr_value_parse(r->a, value, &d->value, NULL) == 0)
			return 0;
		return fail(r, "bad-char", value);
	}
	if (addr_set_by_keyword(r->a, r->out->other, word, value, NULL) != 0)
		return fail(r, "unknown-key", word);
	return 0;
}

static int set_part(struct reader *r, char *part)
{
	char *dollar = strchr(part, '$');
	int i;

	if (dollar == NULL)
		return fail(r, "no-dollar", part);
	*dollar = '\0';
	TRY(unescape(r, dollar + 1));
	if (*part == '~')
		TRY(unescape(r, part + 1));
	i = level_of(part, r->out->depth - 1);
	if (i < 0 && (r->kind == ADDR_NODE_GATE || !rule_id_active("A-204")))
		return set_other(r, part, dollar + 1);
	if (i < 0)
		return fail(r, "attribute-not-allowed", part);
	if (i >= ADDR_LEVELS)
		return fail(r, "too-many-ou", part);
	if (r->out->depth == 0 && i > 0)
		return fail(r, "no-country", part);
	if (i < r->out->depth && rule_id_active("A-216"))
		return fail(r, "order", part);
	return set_level(r, i, dollar + 1);
}

/* Most significant first: the text is read from its end (A-216). */
static int parse_node(struct reader *r, char *text)
{
	char *parts[64];
	size_t count = 0;

	for (char *s = text;; s++) {
		if (count == ARRAY_LEN(parts))
			return fail(r, "too-many-parts", s);
		parts[count++] = s;
		s += addr_part_length(s);
		if (*s == '\0')
			break;
		*s = '\0';
	}
	while (count-- > 0)
		TRY(set_part(r, parts[count]));
	return r->out->depth == 0 ? fail(r, "no-country", text) : 0;
}

int addr_node_parse_at(struct arena *a, const char *text, enum addr_node_kind kind, struct addr_node *out, const char **reason,
                       size_t *at, struct err *e)
{
	char *copy = arena_strdup(a, text);
	struct reader r = {.a = a, .kind = kind, .out = out, .reason = reason, .at = copy, .e = e};
	int rc;

	*out = (struct addr_node){0};
	rc = parse_node(&r, copy);
	*at = (size_t)(r.at - copy);
	return rc;
}

int addr_node_parse(struct arena *a, const char *text, enum addr_node_kind kind, struct addr_node *out, const char **reason,
                    struct err *e)
{
	size_t at;

	return addr_node_parse_at(a, text, kind, out, reason, &at, e);
}

/* ---- writing ---- */

static const char *keyword_of(int level)
{
	return or_rows[addr_level_attribute[level]].keyword;
}

static void put_other(struct arena *a, struct buf *b, const struct or_address *o)
{
	for (size_t i = o->dda.count; i-- > 0;)
		buf_printf(b, "~%s=%s;", or_value_text(a, &o->dda.items[i].type), or_value_text(a, &o->dda.items[i].value));
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (or_has(o, (enum or_attribute)i))
			buf_printf(b, "%s=%s;", or_rows[i].keyword, or_value_text(a, &o->v[i]));
}

char *addr_node_text(struct arena *a, const struct addr_node *n)
{
	struct buf *b = buf_in(a, 65536);

	if (n->other != NULL)
		put_other(a, b, n->other);
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
	if (n->other != NULL)
		or_copy(a, out, n->other);
	else
		*out = (struct or_address){0};
	for (int i = 0; i < n->depth; i++) {
		enum or_attribute at = addr_level_attribute[i];

		if (n->level[i] == NULL && rule_id_active("A-134"))
			continue;
		if (n->level[i] == NULL)
			or_set(a, out, at, "-");
		else if (i < 3)
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
	static const bool is_level[OR_ATTRIBUTE_COUNT] = {[OR_C] = true, [OR_ADMD] = true, [OR_PRMD] = true, [OR_O] = true,
	                                                  [OR_OU1] = true, [OR_OU2] = true, [OR_OU3] = true, [OR_OU4] = true};

	if (o->dda.count > 0 || o->postal_lines.count > 0)
		return true;
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (!is_level[i] && or_has(o, (enum or_attribute)i))
			return true;
	return false;
}

void addr_node_of(struct arena *a, const struct or_address *o, struct addr_node *out)
{
	*out = (struct addr_node){0};
	for (int i = 0; i < ADDR_LEVELS; i++) {
		enum or_attribute at = addr_level_attribute[i];

		if (!or_has(o, at))
			continue;
		const char *plain = or_value_printable(a, &o->v[at]);

		out->level[i] = addr_collapse(a, plain != NULL ? plain : or_value_text(a, &o->v[at]));
		if (i == 1 && out->level[i][0] == '\0')
			out->level[i] = " ";
		out->depth = i + 1;
	}
	/* A-184: levels above OU that are absent take part as "@" when anything lower is present. */
	if (out->depth < 4 && has_more(o) && rule_id_active("A-184"))
		out->depth = 4;
}
