/*
 * oraddr.c - O/R addresses as plain data: set, copy, compare, and the one canonical text (msg/oraddr.h).
 *
 * The text is the std-or-address of RFC 2156 4.1.3, because dumps, the journal and the left-hand side of mail addresses
 * must show the same thing; reading it is addr/std_or.c.  Called by all modules that see the central message.
 */
#include "msg/oraddr.h"

#include <string.h>

#include "base/rule.h"
#include "base/str.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

const struct or_row or_rows[OR_ATTRIBUTE_COUNT] = {
#define OR_ROW(id, keyword, ub, x411, section) [id] = {keyword, ub, x411, section},
#include "msg/oraddr.def"
#undef OR_ROW
};

static struct octets text_octets(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

/* NumericString if and only if there are digits and nothing else. */
static bool choose_numeric(enum or_attribute i, const char *s)
{
	if (i != OR_C && i != OR_ADMD && i != OR_PRMD && i != OR_PD_C && i != OR_POSTCODE)
		return false;
	return *s != '\0' && s[strspn(s, rule_id_active("A-049") ? "0123456789" : "0123456789 ")] == '\0';
}

void or_set(struct arena *a, struct or_address *o, enum or_attribute i, const char *printable)
{
	o->v[i].printable = arena_strdup(a, printable);
	o->v[i].numeric = choose_numeric(i, printable);
}

void or_add_dda(struct arena *a, struct or_address *o, const char *type, const char *value)
{
	struct or_dda *d = ARENA_PUSH(a, &o->dda);

	d->type.printable = arena_strdup(a, type);
	d->value.printable = arena_strdup(a, value);
}

static bool type_is(const struct or_value *type, const char *name)
{
	if (type->printable != NULL)
		return str_ieq(type->printable, name);
	return type->teletex.p != NULL && type->teletex.len == strlen(name) &&
	       str_ieqn((const char *)type->teletex.p, name, type->teletex.len);
}

const struct or_dda *or_find_dda(const struct or_address *o, const char *type)
{
	for (size_t i = 0; i < o->dda.count; i++)
		if (type_is(&o->dda.items[i].type, type))
			return &o->dda.items[i];
	return NULL;
}

static void copy_value(struct arena *a, struct or_value *to, const struct or_value *from)
{
	*to = *from;
	if (from->printable != NULL)
		to->printable = arena_strdup(a, from->printable);
	if (from->teletex.p != NULL)
		to->teletex.p = arena_memdup(a, from->teletex.p, from->teletex.len);
	if (from->universal != NULL)
		to->universal = arena_strdup(a, from->universal);
	if (from->language != NULL)
		to->language = arena_strdup(a, from->language);
}

void or_copy(struct arena *a, struct or_address *to, const struct or_address *from)
{
	struct or_address o = *from;

	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (or_has(from, (enum or_attribute)i))
			copy_value(a, &o.v[i], &from->v[i]);
	o.dda.items = NULL;
	o.dda.count = o.dda.capacity = 0;
	for (size_t i = 0; i < from->dda.count; i++) {
		struct or_dda *d = ARENA_PUSH(a, &o.dda);

		copy_value(a, &d->type, &from->dda.items[i].type);
		copy_value(a, &d->value, &from->dda.items[i].value);
	}
	o.postal_lines.items = NULL;
	o.postal_lines.count = o.postal_lines.capacity = 0;
	for (size_t i = 0; i < from->postal_lines.count; i++)
		*ARENA_PUSH(a, &o.postal_lines) = arena_strdup(a, from->postal_lines.items[i]);
	if (from->raw.p != NULL)
		o.raw.p = arena_memdup(a, from->raw.p, from->raw.len);
	*to = o;
}

/* ---- comparison ---- */

/* The next character of s after *i without case, runs of blanks as one, none at the ends; -1 at the end. */
static int next_char(struct octets s, size_t *i)
{
	size_t from = *i;

	while (*i < s.len && s.p[*i] == ' ')
		(*i)++;
	if (*i == s.len)
		return -1;
	if (*i > from && from > 0)
		return ' ';
	return (unsigned char)str_lower((char)s.p[(*i)++]);
}

static bool same_text(struct octets x, struct octets y)
{
	size_t i = 0, j = 0;
	int c;

	while ((c = next_char(x, &i)) == next_char(y, &j))
		if (c < 0)
			return true;
	return false;
}

/* The printable form, or teletex octets that could be one. */
static bool printable_octets(const struct or_value *v, struct octets *out)
{
	if (v->printable != NULL)
		*out = text_octets(v->printable);
	else if (v->teletex.p != NULL)
		*out = v->teletex;
	else
		return false;
	return true;
}

bool or_value_equal(const struct or_value *x, const struct or_value *y)
{
	struct octets p, q;

	if (x->printable != NULL && y->printable != NULL)
		return same_text(text_octets(x->printable), text_octets(y->printable));
	if (x->teletex.p != NULL && y->teletex.p != NULL)
		return same_text(x->teletex, y->teletex);
	if (x->universal != NULL && y->universal != NULL)
		return same_text(text_octets(x->universal), text_octets(y->universal));
	if (printable_octets(x, &p) && printable_octets(y, &q))
		return same_text(p, q);
	if (x->universal != NULL && printable_octets(y, &q))
		return same_text(text_octets(x->universal), q);
	if (y->universal != NULL && printable_octets(x, &p))
		return same_text(p, text_octets(y->universal));
	/* Absent on both sides. */
	return x->printable == NULL && x->teletex.p == NULL && x->universal == NULL && y->printable == NULL &&
	       y->teletex.p == NULL && y->universal == NULL;
}

static bool same_postal(const struct or_address *x, const struct or_address *y)
{
	if (x->postal_lines.count != y->postal_lines.count)
		return false;
	for (size_t i = 0; i < x->postal_lines.count; i++)
		if (!same_text(text_octets(x->postal_lines.items[i]), text_octets(y->postal_lines.items[i])))
			return false;
	return true;
}

bool or_equal(const struct or_address *x, const struct or_address *y)
{
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (!or_value_equal(&x->v[i], &y->v[i]))
			return false;
	if (x->dda.count != y->dda.count || !same_postal(x, y))
		return false;
	for (size_t i = 0; i < x->dda.count; i++)
		if (!or_value_equal(&x->dda.items[i].type, &y->dda.items[i].type) ||
		    !or_value_equal(&x->dda.items[i].value, &y->dda.items[i].value))
			return false;
	/* Attributes that we cannot read can only be compared by their octets. */
	if (x->unsupported_attributes || y->unsupported_attributes)
		return x->raw.len == y->raw.len && x->raw.len > 0 && memcmp(x->raw.p, y->raw.p, x->raw.len) == 0;
	return true;
}

/* ---- text ---- */

/* An attribute is left alone by its neighbours: after an escape sequence (27) everything stays in one pair of braces,
 * because a designation ends at the closing brace. */
void or_put_teletex(struct buf *b, struct octets t61)
{
	bool open = false, escaped = false;

	for (size_t i = 0; i < t61.len; i++) {
		uint8_t c = t61.p[i];

		escaped = (escaped || c == 27) && rule_id_active("A-033");
		if (str_is_ps_char(c) && !escaped && rule_id_active("A-030")) {
			if (open)
				buf_putc(b, '}');
			open = false;
			buf_putc(b, c);
			continue;
		}
		/* neighbours share a pair of braces. */
		if (open && !rule_id_active("A-031"))
			buf_puts(b, "}{");
		else if (!open)
			buf_putc(b, '{');
		open = true;
		buf_printf(b, "%03u", c);
	}
	if (open)
		buf_putc(b, '}');
}

const char *or_value_printable(struct arena *a, const struct or_value *v)
{
	const char *p = v->printable;

	if (p != NULL && !str_is_printable_string(p))
		return NULL;
	if (v->teletex.p == NULL)
		return p != NULL || v->universal == NULL || !str_is_printable_string(v->universal) ? p : v->universal;
	if (p != NULL) {
		if (!rule_id_active("A-051"))
			return NULL;
		return v->teletex.len == strlen(p) && memcmp(v->teletex.p, p, v->teletex.len) == 0 ? p : NULL;
	}
	if (!rule_id_active("A-050") || !str_is_ps(v->teletex.p, v->teletex.len))
		return NULL;
	return arena_strndup(a, (const char *)v->teletex.p, v->teletex.len);
}

/* The forms of a value as they are, none hidden. A printable form with characters outside its repertoire, which peers
 * do send, is shown in the teletex place: braces are the only notation for such octets. */
static void put_forms(struct buf *b, const struct or_value *v)
{
	bool printable = v->printable != NULL && str_is_printable_string(v->printable);

	if (printable)
		buf_puts(b, v->printable);
	if (v->teletex.p != NULL || (v->printable != NULL && !printable))
		buf_putc(b, '*');
	if (v->teletex.p != NULL)
		or_put_teletex(b, v->teletex);
	else if (v->printable != NULL && !printable)
		or_put_teletex(b, text_octets(v->printable));
	if (v->universal != NULL && v->printable == NULL && v->teletex.p == NULL) {
		buf_putc(b, '^');
		or_put_teletex(b, text_octets(v->universal));
	}
}

/* The text itself where the value has it. */
static const char *value_text(struct arena *a, const struct or_value *v)
{
	const char *p = or_value_printable(a, v);

	return p != NULL ? p : or_value_text(a, v);
}

char *or_value_text(struct arena *a, const struct or_value *v)
{
	const char *p = or_value_printable(a, v);
	struct buf *b;

	if (p != NULL)
		return arena_strdup(a, p);
	b = buf_in(a, TEXT_MAX);
	put_forms(b, v);
	return arena_strdup(a, buf_str(b));
}

/* '$' before '/' and '=' and nothing else. */
static void put_quoted(struct buf *b, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "/=");

		buf_put(b, s, n);
		s += n;
		if (*s == '\0')
			return;
		if (rule_id_active("A-091"))
			buf_putc(b, '$');
		buf_putc(b, (unsigned char)*s++);
	}
}

static bool misprinted(const struct or_value *v) { return v->printable != NULL && !str_is_printable_string(v->printable); }

/* One side of a DDA; in the teletex place when the other side has to stand there, so that it reads back. */
static const char *dda_side(struct arena *a, const struct or_value *v, bool teletex)
{
	struct or_value moved = *v;
	struct buf *b = buf_in(a, TEXT_MAX);

	if (teletex && v->printable != NULL && v->teletex.p == NULL) {
		moved.teletex = text_octets(v->printable);
		moved.printable = NULL;
	}
	put_forms(b, &moved);
	return buf_str(b);
}

/* Type and value have one coding, so they are reduced to printable together or not at all. */
static void put_dda(struct arena *a, struct buf *b, const struct or_dda *d)
{
	const char *type = or_value_printable(a, &d->type), *value = or_value_printable(a, &d->value);

	if (type != NULL && value != NULL) {
		if (str_ieq(type, "RFC-822") && rule_id_active("A-088")) {
			buf_puts(b, "/RFC-822");
		} else {
			buf_puts(b, "/DD.");
			put_quoted(b, type);
		}
	} else {
		bool teletex = misprinted(&d->type) || misprinted(&d->value);

		buf_puts(b, "/DD.");
		put_quoted(b, dda_side(a, &d->type, teletex));
		value = dda_side(a, &d->value, teletex);
	}
	buf_putc(b, '=');
	put_quoted(b, value);
}

/* lines joined by "|", then the teletex form. */
static void put_postal(struct arena *a, struct buf *b, const struct or_address *o)
{
	for (size_t i = 0; i < o->postal_lines.count; i++) {
		if (i > 0)
			buf_putc(b, '|');
		put_quoted(b, o->postal_lines.items[i]);
	}
	if (or_has(o, OR_PD_ADDRESS)) {
		struct or_value v = o->v[OR_PD_ADDRESS];

		v.printable = NULL;
		if (v.teletex.p != NULL || o->postal_lines.count == 0) {
			struct buf *t = buf_in(a, TEXT_MAX);

			put_forms(t, &v);
			put_quoted(b, buf_str(t));
		}
	}
}

/* the labels of X.411's terminal types. */
static void put_terminal_type(struct buf *b, const char *number)
{
	static const char *const labels[] = {[3] = "tlx", [4] = "ttx", [5] = "g3fax", [6] = "g4fax", [7] = "ia5", [8] = "vtx"};
	long n;

	if (rule_id_active("A-065") && str_to_long(number, 3, 8, &n) == 0)
		buf_puts(b, labels[n]);
	buf_printf(b, "(%s)", number);
}

char *or_text(struct arena *a, const struct or_address *o)
{
	struct buf *b = buf_in(a, TEXT_MAX);

	for (size_t i = o->dda.count; i-- > 0;)
		put_dda(a, b, &o->dda.items[i]);
	for (int k = 0; k < OR_ATTRIBUTE_COUNT; k++) {
		/* the order of oraddr.def, in identifiers too. */
		const char *printable;
		int i = rule_id_active("A-112") ? k : OR_ATTRIBUTE_COUNT - 1 - k;

		if (!or_has(o, (enum or_attribute)i) && !(i == OR_PD_ADDRESS && o->postal_lines.count > 0))
			continue;
		/* */
		buf_putc(b, rule_id_active("A-080") ? '/' : ';');
		buf_puts(b, or_rows[i].keyword);
		buf_putc(b, '=');
		if (i == OR_PD_ADDRESS)
			put_postal(a, b, o);
		else if (i == OR_T_TY && o->v[i].printable != NULL)
			put_terminal_type(b, o->v[i].printable);
		else if ((printable = or_value_printable(a, &o->v[i])) != NULL)
			put_quoted(b, printable);
		else
			put_quoted(b, value_text(a, &o->v[i]));
	}
	if (o->unsupported_attributes)
		buf_puts(b, "/^=");
	if (b->len > 0)
		buf_putc(b, '/');
	return arena_memdup(a, b->p, b->failed ? 0 : b->len);
}
