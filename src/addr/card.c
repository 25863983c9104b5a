/*
 * card.c - an O/R address as people write it on paper (RFC 1685 2, F.401): "G=Andy; S=Wharol; O=MMNY; P=x; C=US".
 *
 * Read by std_or.c like any other text, but never written into mail.  Called by `mixgate addr`.
 */
#include "addr/addr.h"

#include <string.h>

#include "base/str.h"

#define CARD_MAX ((size_t)1024 * 1024)

/* "$" before what would end the value. */
static void put_quoted(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '/' || *s == '=' || *s == ';')
			buf_putc(b, '$');
		buf_putc(b, (unsigned char)*s);
	}
}

static void put(struct arena *a, struct buf *b, const char *key, const char *type, const struct or_value *v)
{
	if (b->len > 0)
		buf_puts(b, "; ");
	buf_puts(b, key);
	put_quoted(b, type);
	buf_putc(b, '=');
	put_quoted(b, or_value_text(a, v));
}

static bool is_blank(const struct or_value *v)
{
	return v->printable != NULL && v->printable[strspn(v->printable, " ")] == '\0';
}

/* "" when there is something that only the other text form can say. */
char *addr_print_card(struct arena *a, const struct or_address *o)
{
	static const struct {
		enum or_attribute attribute;
		const char *key;
	} order[] = {{OR_G, "G"},      {OR_I, "I"},      {OR_S, "S"},      {OR_GQ, "Q"},     {OR_CN, "CN"},      {OR_O, "O"},
	             {OR_OU1, "OU1"},  {OR_OU2, "OU2"},  {OR_OU3, "OU3"},  {OR_OU4, "OU4"},  {OR_X121, "X.121"}, {OR_UA_ID, "N-ID"},
	             {OR_T_ID, "T-ID"}, {OR_PRMD, "P"}, {OR_ADMD, "A"}, {OR_C, "C"}};
	struct buf *b = buf_in(a, CARD_MAX);
	size_t count = 0;

	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		count += or_has(o, (enum or_attribute)i);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (!or_has(o, order[i].attribute))
			continue;
		count--;
		/* A blank ADMD is left out. */
		if (order[i].attribute != OR_ADMD || !is_blank(&o->v[OR_ADMD]) || !rule_id_active("A-288"))
			put(a, b, order[i].key, "", &o->v[order[i].attribute]);
	}
	/* The rightmost is the first. */
	for (size_t i = o->dda.count; i-- > 0;) {
		/* Both in teletex or both printable: for people the latter. */
		if (or_value_printable(a, &o->dda.items[i].type) == NULL || or_value_printable(a, &o->dda.items[i].value) == NULL)
			return arena_strdup(a, "");
		put(a, b, "DDA:", or_value_text(a, &o->dda.items[i].type), &o->dda.items[i].value);
	}
	/* Without any separator it would be read as a name. */
	if (b->len > 0 && memchr(b->p, ';', b->len) == NULL)
		buf_putc(b, ';');
	return count > 0 || o->postal_lines.count > 0 ? arena_strdup(a, "") : arena_strdup(a, buf_str(b));
}
