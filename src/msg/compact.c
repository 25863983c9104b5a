/*
 * compact.c - see fields.h: O/R names, domains and MTS-identifiers as one line, the way people know them.
 *
 * The text is that of or_text (RFC 2156 4.1.3), which shortens: a line is only written when the reader here makes the
 * same thing of it, else the dump lists the members.  So these readers need not know every form (addr has one that does).
 */
#include <string.h>

#include "base/str.h"
#include "msg/fields.h"

/* ---- values: "printable", "printable*teletex", "*teletex", "^universal" ---- */

/* The octets of or_put_teletex: characters as they are, {ddd ddd} the others. */
static int coded_octets(struct arena *a, const char *s, struct octets *out)
{
	struct buf *b = buf_in(a, strlen(s) + 1);
	bool open = false;
	long v;

	while (*s != '\0') {
		if (*s == '{' || *s == '}') {
			if (open == (*s == '{'))
				return -1;
			open = !open;
			s++;
		} else if (open) {
			char ddd[4] = {s[0], s[1], s[1] == '\0' ? '\0' : s[2], '\0'};
			if (strlen(ddd) != 3 || str_to_long(ddd, 0, 255, &v) != 0)
				return -1;
			buf_putc(b, (unsigned char)v);
			s += 3;
		} else {
			buf_putc(b, (unsigned char)*s++);
		}
	}
	*out = (struct octets){b->p != NULL ? b->p : (const uint8_t *)"", b->len};
	return 0;
}

static int value_parse(struct arena *a, char *s, struct or_value *out)
{
	char *star = strchr(s, '*');
	struct octets o;

	if (*s == '^') {
		TRY(coded_octets(a, s + 1, &o));
		out->universal = arena_strndup(a, (const char *)o.p, o.len);
		return 0;
	}
	if (star != NULL) {
		TRY(coded_octets(a, star + 1, &out->teletex));
		*star = '\0';
	}
	if (star == NULL || star > s)
		out->printable = arena_strdup(a, s);
	return 0;
}

/* ---- "/DD.x=y/G=Bob/S=Jones/.../C=GB/" ---- */

/* Ends the piece at *s before the first end that no '$' quotes, takes the '$' away; *s moves behind it. */
static char *take_piece(char **s, char end)
{
	char *start = *s, *to = *s, *from;

	for (from = *s; *from != end; from++) {
		if (*from == '\0')
			return NULL;
		if (from[0] == '$' && (from[1] == '/' || from[1] == '='))
			from++;
		*to++ = *from;
	}
	*s = from + 1;
	*to = '\0';
	return start;
}

static int find_keyword(const char *keyword)
{
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (str_eq(or_rows[i].keyword, keyword))
			return i;
	return -1;
}

static void take_lines(struct arena *a, struct or_address *o, char *value)
{
	for (char *line = value, *next; line != NULL; line = next) {
		next = strchr(line, '|');
		if (next != NULL)
			*next++ = '\0';
		*ARENA_PUSH(a, &o->postal_lines) = arena_strdup(a, line);
	}
}

static int take_attribute(struct arena *a, struct or_address *o, const char *keyword, char *value)
{
	int i = find_keyword(keyword);
	struct or_value v = {0};

	if (i < 0 || or_has(o, (enum or_attribute)i))
		return -1;
	if (i == OR_PD_ADDRESS && strchr(value, '*') == NULL) {
		take_lines(a, o, value);
		return 0;
	}
	if (i == OR_T_TY && strchr(value, '(') != NULL && value[strlen(value) - 1] == ')') {
		value[strlen(value) - 1] = '\0';
		value = strchr(value, '(') + 1;
	}
	TRY(value_parse(a, value, &v));
	if (v.printable != NULL)
		or_set(a, o, (enum or_attribute)i, v.printable);
	o->v[i].teletex = v.teletex;
	o->v[i].universal = v.universal;
	return 0;
}

/* The text has the last DDA first, and organizational units 4 to 1 under one keyword. */
struct backwards {
	struct or_dda *items;
	size_t count, capacity;
	char *units[4];
	size_t unit_count;
};

static int take_dda(struct arena *a, struct backwards *b, char *type, char *value)
{
	struct or_dda *d = ARENA_PUSH(a, b);

	TRY(value_parse(a, type, &d->type));
	return value_parse(a, value, &d->value);
}

static int take_one(struct arena *a, struct or_address *o, struct backwards *b, char *keyword, char *value)
{
	if (strncmp(keyword, "DD.", 3) == 0)
		return take_dda(a, b, keyword + 3, value);
	if (str_eq(keyword, "RFC-822"))
		return take_dda(a, b, keyword, value);
	if (!str_eq(keyword, "OU"))
		return take_attribute(a, o, keyword, value);
	if (b->unit_count == ARRAY_LEN(b->units))
		return -1;
	b->units[b->unit_count++] = value;
	return 0;
}

static int take_backwards(struct arena *a, struct or_address *o, const struct backwards *b)
{
	static const enum or_attribute units[] = {OR_OU1, OR_OU2, OR_OU3, OR_OU4};

	for (size_t i = b->count; i-- > 0;)
		*ARENA_PUSH(a, &o->dda) = b->items[i];
	for (size_t i = 0; i < b->unit_count; i++)
		TRY(value_parse(a, b->units[b->unit_count - 1 - i], &o->v[units[i]]));
	return 0;
}

static int address_parse(struct arena *a, const char *text, struct or_address *o)
{
	struct backwards b = {0};
	char *s = arena_strdup(a, text);

	if (*s == '\0')
		return 0;
	if (*s++ != '/')
		return -1;
	while (*s != '\0') {
		char *keyword = take_piece(&s, '='), *value = keyword == NULL ? NULL : take_piece(&s, '/');
		if (value == NULL)
			return -1;
		TRY(take_one(a, o, &b, keyword, value));
	}
	return take_backwards(a, o, &b);
}

char *mx_or_name_format(struct arena *a, const void *object) { return or_text(a, &((const struct or_name *)object)->address); }

int mx_or_name_parse(struct arena *a, const char *text, void *object)
{
	return address_parse(a, text, &((struct or_name *)object)->address);
}

/* ---- "/PRMD=WIDGET/ADMD=ACME/C=GB/", "[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]" ---- */

char *mx_domain_format(struct arena *a, const void *object) { return mx_domain_text(a, object); }

int mx_domain_parse(struct arena *a, const char *text, void *object)
{
	struct mx_global_domain *d = object;
	struct or_address o = {0};

	TRY(address_parse(a, text, &o));
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (i != OR_C && i != OR_ADMD && i != OR_PRMD && or_has(&o, (enum or_attribute)i))
			return -1;
	if (o.dda.count > 0 || o.postal_lines.count > 0)
		return -1;
	d->country = o.v[OR_C];
	d->admd = o.v[OR_ADMD];
	d->prmd = o.v[OR_PRMD];
	return 0;
}

char *mx_mts_id_format(struct arena *a, const void *object) { return mx_mts_id_text(a, object); }

int mx_mts_id_parse(struct arena *a, const char *text, void *object)
{
	struct mx_mts_id *id = object;
	const char *local = strchr(text, ';');
	size_t n = strlen(text);

	if (n < 3 || text[0] != '[' || text[n - 1] != ']' || local == NULL)
		return -1;
	TRY(mx_domain_parse(a, arena_strndup(a, text + 1, (size_t)(local - text) - 1), &id->domain));
	id->local = arena_strndup(a, local + 1, n - 2 - (size_t)(local - text));
	return 0;
}
