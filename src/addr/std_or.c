/*
 * std_or.c - reads O/R addresses in text form: std-or-address-input (RFC 2156 4.1.3) and encoded-pn (4.1.2), A-046 .. A-099.
 *
 * "/" and ";" separate, a separator at either end may be missing but one must be somewhere (A-082), "$" quotes the next
 * character.  Bounds are not looked at here (A-099).  Called by addr_parse_or, stage I of the mapping to X.400, tables
 * and identifiers.  The text that is written is or_text's.
 */
#include "addr/std_or.h"

#include <string.h>

#include "addr/addr.h"
#include "addr/coding.h"
#include "addr/labels.h"
#include "base/str.h"

#define MAX_OU 4
#define MAX_PD_LINES 6
#define MAX_ORDERED_DD 4

enum coding { CODING_PT, CODING_P, CODING_N, CODING_UPA, CODING_I, CODING_X };

/* What a keyword stands for. */
enum kind { KIND_ATTRIBUTE, KIND_OU, KIND_OU_N, KIND_PN, KIND_DD, KIND_DD_N, KIND_RFC822, KIND_PD_LINE, KIND_ISDN };

struct keyword {
	const char *word;
	size_t length;
	enum kind kind;
	int which; /* attribute, or number of an ordered keyword */
	const char *rule;
};

#define WORD(s) s, sizeof(s) - 1
static const struct keyword keywords[] = {
	/* A-046: the keys that are generated. */
	{WORD("C"), KIND_ATTRIBUTE, OR_C, "A-046"},
	{WORD("ADMD"), KIND_ATTRIBUTE, OR_ADMD, "A-046"},
	{WORD("PRMD"), KIND_ATTRIBUTE, OR_PRMD, "A-046"},
	{WORD("X121"), KIND_ATTRIBUTE, OR_X121, "A-046"},
	{WORD("T-ID"), KIND_ATTRIBUTE, OR_T_ID, "A-046"},
	{WORD("O"), KIND_ATTRIBUTE, OR_O, "A-046"},
	{WORD("OU"), KIND_OU, 0, "A-046"},
	{WORD("UA-ID"), KIND_ATTRIBUTE, OR_UA_ID, "A-046"},
	{WORD("S"), KIND_ATTRIBUTE, OR_S, "A-046"},
	{WORD("G"), KIND_ATTRIBUTE, OR_G, "A-046"},
	{WORD("I"), KIND_ATTRIBUTE, OR_I, "A-046"},
	{WORD("GQ"), KIND_ATTRIBUTE, OR_GQ, "A-046"},
	{WORD("DD"), KIND_DD, 0, "A-046"},
	{WORD("CN"), KIND_ATTRIBUTE, OR_CN, "A-046"},
	{WORD("PD-SERVICE"), KIND_ATTRIBUTE, OR_PD_SYSTEM, "A-046"},
	{WORD("PD-C"), KIND_ATTRIBUTE, OR_PD_C, "A-046"},
	{WORD("PD-CODE"), KIND_ATTRIBUTE, OR_POSTCODE, "A-046"},
	{WORD("PD-OFFICE"), KIND_ATTRIBUTE, OR_PD_OFFICE, "A-046"},
	{WORD("PD-OFFICE-NUM"), KIND_ATTRIBUTE, OR_PD_OFFICE_NUM, "A-046"},
	{WORD("PD-EXT-ADDRESS"), KIND_ATTRIBUTE, OR_PD_EXT_D, "A-046"},
	{WORD("PD-PN"), KIND_ATTRIBUTE, OR_PD_PN, "A-046"},
	{WORD("PD-O"), KIND_ATTRIBUTE, OR_PD_O, "A-046"},
	{WORD("PD-EXT-DELIVERY"), KIND_ATTRIBUTE, OR_PD_EXT_LOC, "A-046"},
	{WORD("PD-ADDRESS"), KIND_ATTRIBUTE, OR_PD_ADDRESS, "A-046"},
	{WORD("PD-STREET"), KIND_ATTRIBUTE, OR_PD_STREET, "A-046"},
	{WORD("PD-BOX"), KIND_ATTRIBUTE, OR_PD_BOX, "A-046"},
	{WORD("PD-RESTANTE"), KIND_ATTRIBUTE, OR_PD_RESTANTE, "A-046"},
	{WORD("PD-UNIQUE"), KIND_ATTRIBUTE, OR_PD_UNIQUE, "A-046"},
	{WORD("PD-LOCAL"), KIND_ATTRIBUTE, OR_PD_LOCAL, "A-046"},
	{WORD("NET-NUM"), KIND_ATTRIBUTE, OR_NET_NUM, "A-046"},
	{WORD("NET-SUB"), KIND_ATTRIBUTE, OR_NET_SUB, "A-046"},
	{WORD("NET-PSAP"), KIND_ATTRIBUTE, OR_NET_PSAP, "A-046"},
	{WORD("T-TY"), KIND_ATTRIBUTE, OR_T_TY, "A-046"},
	{WORD("RFC-822"), KIND_RFC822, 0, "A-088"},
	{WORD("PN"), KIND_PN, 0, "A-063"},
	/* A-054: alternatives of F.401, read but never written. */
	{WORD("A"), KIND_ATTRIBUTE, OR_ADMD, "A-054"},
	{WORD("P"), KIND_ATTRIBUTE, OR_PRMD, "A-054"},
	{WORD("Q"), KIND_ATTRIBUTE, OR_GQ, "A-054"},
	{WORD("X.121"), KIND_ATTRIBUTE, OR_X121, "A-054"},
	{WORD("N-ID"), KIND_ATTRIBUTE, OR_UA_ID, "A-054"},
	{WORD("PD-OFFICE NUMBER"), KIND_ATTRIBUTE, OR_PD_OFFICE_NUM, "A-054"},
	{WORD("PD-OFN"), KIND_ATTRIBUTE, OR_PD_OFFICE_NUM, "A-054"},
	{WORD("PD-EA"), KIND_ATTRIBUTE, OR_PD_EXT_D, "A-054"},
	{WORD("PD-ED"), KIND_ATTRIBUTE, OR_PD_EXT_LOC, "A-054"},
	{WORD("PD-OF"), KIND_ATTRIBUTE, OR_PD_OFFICE, "A-054"},
	{WORD("PD-S"), KIND_ATTRIBUTE, OR_PD_STREET, "A-054"},
	{WORD("PD-U"), KIND_ATTRIBUTE, OR_PD_UNIQUE, "A-054"},
	{WORD("PD-L"), KIND_ATTRIBUTE, OR_PD_LOCAL, "A-054"},
	{WORD("PD-R"), KIND_ATTRIBUTE, OR_PD_RESTANTE, "A-054"},
	{WORD("PD-B"), KIND_ATTRIBUTE, OR_PD_BOX, "A-054"},
	{WORD("PD-PC"), KIND_ATTRIBUTE, OR_POSTCODE, "A-054"},
	{WORD("PD-SN"), KIND_ATTRIBUTE, OR_PD_SYSTEM, "A-054"},
	{WORD("DDA"), KIND_DD, 0, "A-054"},
	{WORD("E.164"), KIND_ATTRIBUTE, OR_NET_NUM, "A-054"},
	{WORD("PSAP"), KIND_ATTRIBUTE, OR_NET_PSAP, "A-054"},
	{WORD("PD-A"), KIND_ATTRIBUTE, OR_PD_ADDRESS, "A-054"},
	{WORD("OU1"), KIND_OU_N, 1, "A-057"},
	{WORD("OU2"), KIND_OU_N, 2, "A-057"},
	{WORD("OU3"), KIND_OU_N, 3, "A-057"},
	{WORD("OU4"), KIND_OU_N, 4, "A-057"},
	{WORD("PD-A1"), KIND_PD_LINE, 1, "A-058"},
	{WORD("PD-A2"), KIND_PD_LINE, 2, "A-058"},
	{WORD("PD-A3"), KIND_PD_LINE, 3, "A-058"},
	{WORD("PD-A4"), KIND_PD_LINE, 4, "A-058"},
	{WORD("PD-A5"), KIND_PD_LINE, 5, "A-058"},
	{WORD("PD-A6"), KIND_PD_LINE, 6, "A-058"},
	{WORD("DD1"), KIND_DD_N, 1, "A-059"},
	{WORD("DD2"), KIND_DD_N, 2, "A-059"},
	{WORD("DD3"), KIND_DD_N, 3, "A-059"},
	{WORD("DD4"), KIND_DD_N, 4, "A-059"},
	{WORD("ISDN"), KIND_ISDN, OR_NET_NUM, "A-060"},
};

/* One address while it is read. */
struct reader {
	struct arena *a;
	const char *text;
	struct or_address *o;
	struct {
		struct or_value *items;
		size_t count, capacity;
	} ou; /* in order of text */
	struct {
		struct or_dda *items;
		size_t count, capacity;
	} dd;                                /* in order of text */
	struct or_value *ou_n[MAX_OU];       /* OU1 .. OU4 */
	struct or_dda *dd_n[MAX_ORDERED_DD]; /* DD1 .. DD4 */
	const char *pd_line[MAX_PD_LINES];
	bool pd_address, personal_name, separated;
	bool inverted, o_before_ou; /* A-114: the OUs are wanted the other way round; O stands left of one */
	enum std_failure why;
	struct err *e;
};

static int fail(struct reader *r, enum std_failure why, const char *what)
{
	r->why = why;
	return ERR(r->e, why == STD_SYNTAX ? ERR_OR_SYNTAX : ERR_OR_VALUE, "%s in %.200s", what, r->text);
}

/* A-047: coding of a key's value. */
static enum coding coding_of(enum or_attribute i)
{
	switch ((int)i) {
	case OR_C:
	case OR_ADMD:
	case OR_PRMD:
	case OR_T_ID:
	case OR_PD_SYSTEM:
	case OR_PD_C:
	case OR_POSTCODE:
		return CODING_P;
	case OR_X121:
	case OR_UA_ID:
	case OR_NET_NUM:
	case OR_NET_SUB:
		return CODING_N;
	case OR_PD_ADDRESS:
		return CODING_UPA;
	case OR_T_TY:
		return CODING_I;
	case OR_NET_PSAP:
		return CODING_X;
	default:
		return CODING_PT;
	}
}

bool addr_has_teletex_form(enum or_attribute i)
{
	return coding_of(i) == CODING_PT || coding_of(i) == CODING_UPA;
}

bool addr_fits_coding(enum or_attribute i, const struct or_value *v)
{
	bool numeric = coding_of(i) == CODING_N || coding_of(i) == CODING_I;

	if (v->teletex.p != NULL && !addr_has_teletex_form(i))
		return false;
	if (v->printable == NULL)
		return true;
	return numeric ? addr_is_numeric_text(v->printable) : str_is_printable_string(v->printable);
}

/* ---- values ---- */

/* A-061: a number with or without label, or one of the six labels alone as users of F.401 write them. */
static int set_terminal_type(struct reader *r, const char *value)
{
	static const struct {
		const char *label, *number;
	} known[] = {{"tlx", "3"}, {"ttx", "4"}, {"g3fax", "5"}, {"g4fax", "6"}, {"ia5", "7"}, {"vtx", "8"}};
	long n;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_ieq(value, known[i].label) && rule_id_active("A-061")) {
			or_set(r->a, r->o, OR_T_TY, known[i].number);
			return 0;
		}
	if (addr_labelled_integer(value, &n, NULL) != 0)
		return fail(r, STD_VALUE, "T-TY");
	or_set(r->a, r->o, OR_T_TY, arena_printf(r->a, "%ld", n));
	return 0;
}

/* A-056: printable lines with "|" between, then "*" and teletex. */
static int set_postal(struct reader *r, const char *value)
{
	size_t n = strcspn(value, "*");
	const char *rest = value;

	if (!rule_id_active("A-056"))
		return fail(r, STD_VALUE, "PD-ADDRESS");
	while (n > 0 && rest <= value + n) {
		size_t line = strcspn(rest, "|*");
		char *s = arena_strndup(r->a, rest, line);

		if (!str_is_printable_string(s))
			return fail(r, STD_VALUE, "PD-ADDRESS");
		*ARENA_PUSH(r->a, &r->o->postal_lines) = s;
		rest += line + 1;
	}
	if (value[n] == '*' && addr_teletex_parse(r->a, value + n + 1, &r->o->v[OR_PD_ADDRESS].teletex, NULL) != 0)
		return fail(r, STD_VALUE, "PD-ADDRESS");
	if (n == 0 && value[n] != '*')
		*ARENA_PUSH(r->a, &r->o->postal_lines) = "";
	return 0;
}

static int set_attribute(struct reader *r, enum or_attribute i, const char *value)
{
	switch (coding_of(i)) {
	case CODING_P:
	case CODING_X:
		if (!str_is_printable_string(value) && rule_id_active("A-047"))
			return fail(r, STD_VALUE, or_rows[i].keyword);
		or_set(r->a, r->o, i, value);
		return 0;
	case CODING_N:
		if (!addr_is_numeric_text(value) && rule_id_active("A-038"))
			return fail(r, STD_VALUE, or_rows[i].keyword);
		or_set(r->a, r->o, i, value);
		return 0;
	case CODING_I:
		return set_terminal_type(r, value);
	case CODING_UPA:
		return set_postal(r, value);
	case CODING_PT:
		break;
	}
	if (addr_value_parse(r->a, value, &r->o->v[i], NULL) != 0)
		return fail(r, STD_VALUE, or_rows[i].keyword);
	return 0;
}

/* A-092: a second value is an error, also through another keyword. */
static int set_once(struct reader *r, enum or_attribute i, const char *value)
{
	bool there = i == OR_PD_ADDRESS ? r->pd_address : or_has(r->o, i);

	if (there && rule_id_active("A-092"))
		return fail(r, STD_SYNTAX, "repeated attribute");
	if (i == OR_PD_ADDRESS)
		r->pd_address = true;
	return set_attribute(r, i, value);
}

/* A-087: type and value in the same coding. */
static int parse_dda(struct reader *r, const char *type, const char *value, struct or_dda *d)
{
	if (*type == '\0')
		return fail(r, STD_SYNTAX, "DDA without type");
	if (addr_value_parse(r->a, type, &d->type, NULL) != 0 || addr_value_parse(r->a, value, &d->value, NULL) != 0)
		return fail(r, STD_VALUE, "DDA");
	if ((d->type.printable == NULL || *d->type.printable == '\0') && d->type.teletex.len == 0)
		return fail(r, STD_SYNTAX, "DDA without type");
	if ((d->type.printable != NULL) != (d->value.printable != NULL) && rule_id_active("A-087"))
		return fail(r, STD_VALUE, "DDA type and value differ in coding");
	if ((d->type.teletex.p != NULL) != (d->value.teletex.p != NULL) && rule_id_active("A-087"))
		return fail(r, STD_VALUE, "DDA type and value differ in coding");
	return 0;
}

static int add_dda(struct reader *r, const struct keyword *k, const char *type, const char *value)
{
	struct or_dda *d;

	if (k->kind != KIND_DD_N)
		return parse_dda(r, type, value, ARENA_PUSH(r->a, &r->dd));
	if (r->dd_n[k->which - 1] != NULL)
		return fail(r, STD_SYNTAX, "repeated attribute");
	r->dd_n[k->which - 1] = d = NEW(r->a, struct or_dda);
	return parse_dda(r, type, value, d);
}

static int add_ou(struct reader *r, const struct keyword *k, const char *value)
{
	struct or_value *v;

	if (k->kind == KIND_OU) {
		r->o_before_ou = r->o_before_ou || or_has(r->o, OR_O);
		v = ARENA_PUSH(r->a, &r->ou);
	} else {
		if (r->ou_n[k->which - 1] != NULL)
			return fail(r, STD_SYNTAX, "repeated attribute");
		r->ou_n[k->which - 1] = v = NEW(r->a, struct or_value);
	}
	return addr_value_parse(r->a, value, v, NULL) != 0 ? fail(r, STD_VALUE, "OU") : 0;
}

/* A-063, A-086: PN fills S, G and I, which may then not come by themselves. */
static int set_personal_name(struct reader *r, const char *value)
{
	struct or_value v;
	struct or_address pn = {0};

	if ((r->personal_name || or_has(r->o, OR_S) || or_has(r->o, OR_G) || or_has(r->o, OR_I)) && rule_id_active("A-086"))
		return fail(r, STD_SYNTAX, "repeated attribute");
	r->personal_name = true;
	if (addr_value_parse(r->a, value, &v, NULL) != 0)
		return fail(r, STD_VALUE, "PN");
	/* The dotted form is read in the printable variant; a name that is teletex alone is a surname. */
	if (v.printable == NULL) {
		r->o->v[OR_S] = v;
		return 0;
	}
	if (v.teletex.p != NULL || addr_pn_parse(r->a, v.printable, &pn, NULL) != 0)
		return fail(r, STD_VALUE, "PN");
	for (int i = OR_I; i <= OR_S; i++)
		r->o->v[i] = pn.v[i];
	return 0;
}

/* ---- elements ---- */

/* A-089 */
static bool same_word(const char *x, const char *y, size_t n)
{
	return rule_id_active("A-089") ? str_ieqn(x, y, n) : memcmp(x, y, n) == 0;
}

static const struct keyword *find_keyword(const char *word, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (keywords[i].length == n && str_lower(keywords[i].word[0]) == str_lower(word[0]) && rule_id_active(keywords[i].rule) &&
		    same_word(keywords[i].word, word, n))
			return &keywords[i];
	return NULL;
}

static int take_pair(struct reader *r, const char *key, const char *value)
{
	const struct keyword *k = find_keyword(key, strlen(key));
	size_t n = strcspn(key, ".:");

	if (k == NULL && key[n] != '\0' && (key[n] == '.' || rule_id_active("A-085"))) {
		/* A-085: DD.type, DDA:type; the type may hold further full stops. */
		k = find_keyword(key, n);
		if (k != NULL && (k->kind == KIND_DD || k->kind == KIND_DD_N))
			return add_dda(r, k, key + n + 1, value);
		k = NULL;
	}
	if (k == NULL)
		return rule_id_active("A-084") ? fail(r, STD_SYNTAX, "unknown keyword") : 0;
	switch (k->kind) {
	case KIND_ATTRIBUTE:
	case KIND_ISDN:
		return set_once(r, (enum or_attribute)k->which, value);
	case KIND_OU:
	case KIND_OU_N:
		return add_ou(r, k, value);
	case KIND_PN:
		return set_personal_name(r, value);
	case KIND_RFC822:
		return add_dda(r, k, "RFC-822", value);
	case KIND_PD_LINE:
		if (r->pd_line[k->which - 1] != NULL)
			return fail(r, STD_SYNTAX, "repeated attribute");
		r->pd_line[k->which - 1] = value;
		return 0;
	case KIND_DD:
	case KIND_DD_N:
		break;
	}
	return fail(r, STD_SYNTAX, "DDA without type");
}

/* A-123: std-char, "|" of PD-ADDRESS included (U3). */
static bool is_std_char(char c)
{
	return (str_is_ps_char((unsigned char)c) && c != '/' && c != '=') ||
	       (c != '\0' && strchr(rule_id_active("A-123") ? "{}*|" : "", c) != NULL);
}

/* Takes characters up to an unquoted stop character or the end, without their quoting (A-090). */
static int take_string(struct reader *r, const char **s, char **out)
{
	char *to = *out = arena_alloc_raw(r->a, strlen(*s) + 1);

	for (; **s != '\0' && **s != '=' && **s != '/' && **s != ';'; (*s)++) {
		if (**s == '$' && str_is_ps_char((unsigned char)(*s)[1]) && rule_id_active("A-090"))
			(*s)++;
		else if (!is_std_char(**s))
			return fail(r, STD_SYNTAX, "character that is not allowed");
		*to++ = **s;
	}
	*to = '\0';
	return 0;
}

static bool is_separator(char c)
{
	return c == '/' || (c == ';' && rule_id_active("A-081"));
}

static const char *skip_blanks(const char *s)
{
	return rule_id_active("A-083") ? s + strspn(s, " ") : s;
}

static int take_elements(struct reader *r)
{
	const char *s = skip_blanks(r->text);

	if (is_separator(*s)) {
		r->separated = true;
		s = skip_blanks(s + 1);
	} else if (!rule_id_active("A-082")) {
		return fail(r, STD_SYNTAX, "no leading separator");
	}
	do {
		char *key, *value;

		TRY(take_string(r, &s, &key));
		if (*s != '=' || *key == '\0')
			return fail(r, STD_SYNTAX, "element without keyword or \"=\"");
		s++;
		TRY(take_string(r, &s, &value));
		if (*s != '\0' && !is_separator(*s))
			return fail(r, STD_SYNTAX, "\"=\" or separator in a value");
		TRY(take_pair(r, key, value));
		if (*s != '\0') {
			r->separated = true;
			s = skip_blanks(s + 1);
		}
	} while (*s != '\0');
	/* A-082: without any separator it is left to the personal-name parse. */
	return r->separated ? 0 : fail(r, STD_SYNTAX, "no separator");
}

/* ---- putting the ordered things together ---- */

/* A-057, A-110: OU1 is most significant; in a row of plain OU the rightmost is. */
static int place_ous(struct reader *r)
{
	static const enum or_attribute order[MAX_OU] = {OR_OU1, OR_OU2, OR_OU3, OR_OU4};
	size_t n = r->ou.count;
	bool ended = false;

	for (size_t i = 0; i < MAX_OU; i++) {
		if (r->ou_n[i] != NULL && (n > 0 || ended))
			return fail(r, STD_SYNTAX, n > 0 ? "OU beside OU1" : "gap before an ordered OU");
		ended = r->ou_n[i] == NULL;
		if (!ended)
			r->o->v[order[i]] = *r->ou_n[i];
	}
	if (n > MAX_OU)
		return fail(r, STD_VALUE, "more than four OUs");
	for (size_t i = 0; i < n; i++)
		r->o->v[order[i]] = r->ou.items[rule_id_active("A-110") && !r->inverted ? n - 1 - i : i];
	return 0;
}

/* A-059, A-111 */
static int place_ddas(struct reader *r)
{
	size_t n = r->dd.count;

	for (size_t i = 0; i < MAX_ORDERED_DD; i++) {
		if (r->dd_n[i] == NULL)
			continue;
		if (n > 0 || (i > 0 && r->dd_n[i - 1] == NULL))
			return fail(r, STD_SYNTAX, n > 0 ? "DD beside DD1" : "gap before an ordered DD");
		*ARENA_PUSH(r->a, &r->o->dda) = *r->dd_n[i];
	}
	for (size_t i = 0; i < n; i++)
		*ARENA_PUSH(r->a, &r->o->dda) = r->dd.items[rule_id_active("A-111") ? n - 1 - i : i];
	return 0;
}

/* A-058 */
static int place_lines(struct reader *r)
{
	for (size_t i = 0; i < MAX_PD_LINES; i++) {
		if (r->pd_line[i] == NULL)
			continue;
		if (r->pd_address || (i > 0 && r->pd_line[i - 1] == NULL))
			return fail(r, STD_SYNTAX, r->pd_address ? "PD-ADDRESS beside PD-A1" : "gap before a PD-A line");
		if (!str_is_printable_string(r->pd_line[i]))
			return fail(r, STD_VALUE, "PD-A line");
		*ARENA_PUSH(r->a, &r->o->postal_lines) = r->pd_line[i];
	}
	return 0;
}

/* A-094, A-095: a country without ADMD, or an ADMD without value, means one blank. */
static void default_admd(struct reader *r)
{
	const char *admd = r->o->v[OR_ADMD].printable;

	if ((admd == NULL && or_has(r->o, OR_C) && rule_id_active("A-094")) ||
	    (admd != NULL && *admd == '\0' && rule_id_active("A-095")))
		or_set(r->a, r->o, OR_ADMD, " ");
}

static int read_all(struct reader *r)
{
	*r->o = (struct or_address){0};
	TRY(take_elements(r));
	TRY(place_ous(r));
	TRY(place_ddas(r));
	TRY(place_lines(r));
	default_admd(r);
	return 0;
}

int addr_std_or_parse(struct arena *a, const char *text, struct or_address *out, enum std_failure *why, struct err *e)
{
	struct reader r = {.a = a, .text = text, .o = out, .e = e};
	int rc;

	/* The usual mail address: nothing in it can be an element. */
	if (strchr(text, '=') == NULL) {
		*out = (struct or_address){0};
		rc = fail(&r, STD_SYNTAX, "element without keyword or \"=\"");
	} else {
		rc = read_all(&r);
	}
	*why = r.why;
	return rc;
}

int addr_std_or_parse_inverted(struct arena *a, const char *text, struct or_address *out)
{
	struct reader r = {.a = a, .text = text, .o = out, .inverted = true};

	return read_all(&r) == 0 && r.o_before_ou ? 0 : -1;
}

int addr_set_by_keyword(struct arena *a, struct or_address *o, const char *word, const char *value, struct err *e)
{
	const struct keyword *k = find_keyword(word, strlen(word));
	struct reader r = {.a = a, .text = word, .o = o, .e = e};

	if (k == NULL || k->kind != KIND_ATTRIBUTE)
		return ERR(e, ERR_OR_SYNTAX, "unknown key %s", word);
	return set_once(&r, (enum or_attribute)k->which, value);
}

int addr_parse_or(struct arena *a, const char *text, struct or_address *out, struct err *e)
{
	enum std_failure why;

	return addr_std_or_parse(a, text, out, &why, e);
}

char *addr_print_or(struct arena *a, const struct or_address *o)
{
	return or_text(a, o);
}

/* ---- personal names ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int addr_pn_parse(struct arena *a, const char *text, struct or_address *out, struct err *e)
{
	char *initials = arena_alloc(a, strlen(text) + 1), *to = initials;
	size_t n = strcspn(text, ".");
	const char *s = text;

	/* A-077: of PrintableString anything goes, "/" and "=" too. */
	if (!rule_id_active("A-077") && text[strcspn(text, "/=()")] != '\0')
		return ERR(e, ERR_OR_SYNTAX, "no personal name: %.200s", text);
	if (!str_is_printable_string(text) && rule_id_active("A-079"))
		return ERR(e, ERR_OR_SYNTAX, "no personal name: %.200s", text);
	if (n >= 2 && s[n] == '.' && rule_id_active("A-073")) {
		or_set(a, out, OR_G, arena_strndup(a, s, n));
		s += n + 1;
	}
	for (; is_letter(s[0]) && s[1] == '.' && rule_id_active("A-074"); s += 2)
		*to++ = s[0];
	if (*s == '\0' && rule_id_active("A-075"))
		return ERR(e, ERR_OR_SYNTAX, "no surname: %.200s", text);
	if (to > initials)
		or_set(a, out, OR_I, initials);
	or_set(a, out, OR_S, s);
	return 0;
}

/* A-071, on printable values; NULL is absent. */
static bool short_form_allowed(const char *given, const char *initials, const char *surname)
{
	if (surname == NULL || *surname == '\0')
		return false;
	if (initials != NULL && (*initials == '\0' || initials[strspn(initials, "abcdefghijklmnopqrstuvwxyz"
	                                                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0'))
		return false;
	if (given != NULL && (strlen(given) < 2 || strchr(given, '.') != NULL))
		return false;
	if (surname[0] == '.' || surname[1] == '.')
		return false;
	return given != NULL || initials != NULL || strchr(surname, '.') == NULL;
}

static bool same_name(const struct or_address *x, const struct or_address *y)
{
	for (int i = OR_GQ; i <= OR_S; i++)
		if (or_has(x, (enum or_attribute)i) != or_has(y, (enum or_attribute)i) || !or_value_equal(&x->v[i], &y->v[i]))
			return false;
	return true;
}

/* Would stage I take it for an O/R address, if only for a wrong one?  There is none without "=". */
static bool could_be_std_or(struct arena *a, const char *text)
{
	enum std_failure why;

	return strchr(text, '=') != NULL && (addr_std_or_parse(a, text, &(struct or_address){0}, &why, NULL) == 0 || why != STD_SYNTAX);
}

char *addr_pn_build(struct arena *a, const struct or_address *o)
{
	const char *part[3] = {0};
	static const enum or_attribute which[3] = {OR_G, OR_I, OR_S};
	struct buf *b = buf_in(a, (size_t)1024 * 1024);
	struct or_address again = {0};

	/* A-194: what is not printable never becomes a short name. */
	for (int i = 0; i < 3; i++)
		if (or_has(o, which[i]) && (part[i] = or_value_printable(a, &o->v[which[i]])) == NULL)
			return NULL;
	if (or_has(o, OR_GQ) || !rule_id_active("A-070") || (!short_form_allowed(part[0], part[1], part[2]) && rule_id_active("A-071")))
		return NULL;
	if (part[0] != NULL) {
		buf_puts(b, part[0]);
		buf_putc(b, '.');
	}
	for (const char *s = part[1]; s != NULL && *s != '\0'; s++) {
		buf_putc(b, (unsigned char)*s);
		if (rule_id_active("A-072"))
			buf_putc(b, '.');
	}
	buf_puts(b, part[2] != NULL ? part[2] : "");
	/* A-076: it must be read back as the same name, std-or first as stage I does. */
	if (rule_id_active("A-076") &&
	    (could_be_std_or(a, buf_str(b)) || addr_pn_parse(a, buf_str(b), &again, NULL) != 0 || !same_name(o, &again)))
		return NULL;
	return arena_strdup(a, buf_str(b));
}
