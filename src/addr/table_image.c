/*
 * table_image.c - keys and values of compiled tables (addr/table_image.h); called for every rule that is read and for every
 * look-up, so nothing here allocates.
 */
#include "addr/table_image.h"

#include <string.h>

#include "base/rule.h"
#include "base/str.h"

/* The letter of each table in the keys. */
static const char letters[ADDR_TABLE_COUNT] = {'1', '2', 'g', 'h', 'r'};
#define LEVEL_END 0x1f
#define OMITTED 0x02 /* a level of "@": neither can be in a value's text */

struct head {
	uint32_t line;
	uint16_t file;
	uint8_t flags, depth;
};
enum { FLAG_ONE_WAY = 1, FLAG_GAP = 2 };

/* ---- keys ---- */

void addr_key_of_domain(struct addr_key *k, enum addr_table which, const char *domain)
{
	bool fold = rule_id_active("A-131");
	size_t n = 0;

	k->len = 0;
	for (; domain[n] != '\0'; n++) {
		if (n + 1 >= sizeof(k->p))
			return;
		k->p[n] = (uint8_t)(fold ? str_lower(domain[n]) : domain[n]);
	}
	k->p[n] = (uint8_t)letters[which];
	k->len = n + 1;
}

void addr_key_of_node(struct addr_key *k, enum addr_table which, const struct addr_node *n, int depth)
{
	bool fold = rule_id_active("A-179");
	/* A-015: an omitted level is not an empty or blank one. */
	const char omitted[] = {rule_id_active("A-015") ? OMITTED : ' ', '\0'};
	size_t at = 0;

	k->len = 0;
	k->p[at++] = (uint8_t)letters[which];
	k->ends[0] = at;
	for (int i = 0; i < depth; i++) {
		for (const char *s = n->level[i] == NULL ? omitted : n->level[i]; *s != '\0'; s++) {
			if (at + 2 >= sizeof(k->p))
				return;
			k->p[at++] = (uint8_t)(fold ? str_lower(*s) : *s);
		}
		k->p[at++] = LEVEL_END;
		k->ends[i + 1] = at;
	}
	k->len = at;
}

bool addr_key_table(struct octets key, enum addr_table *which)
{
	if (key.len == 0 || key.p[0] == '#')
		return false;
	for (int i = 0; i < ADDR_TABLE_COUNT; i++)
		if ((char)key.p[addr_table_by_domain((enum addr_table)i) ? key.len - 1 : 0] == letters[i] &&
		    (addr_table_by_domain((enum addr_table)i) || key.len == 1 || key.p[key.len - 1] == LEVEL_END)) {
			*which = (enum addr_table)i;
			return true;
		}
	return false;
}

/* ---- values: head, levels, text, each text with a NUL behind it ---- */

static void put_text(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s) + 1);
}

void addr_value_put(struct buf *b, enum addr_table which, const struct addr_line *line, size_t file, size_t number)
{
	const struct addr_node *n = &line->node;
	struct head h = {.line = (uint32_t)number,
	                 .file = (uint16_t)file,
	                 .flags = (uint8_t)((line->one_way ? FLAG_ONE_WAY : 0) | (n->gap ? FLAG_GAP : 0)),
	                 .depth = (uint8_t)n->depth};

	buf_reset(b);
	buf_put(b, &h, sizeof(h));
	for (int i = 0; i < n->depth; i++)
		put_text(b, n->level[i] == NULL ? "@" : n->level[i]);
	put_text(b, which == ADDR_ROUTES ? line->action : addr_table_by_domain(which) ? line->node_text : line->domain);
}

bool addr_value_read(struct octets v, struct addr_value *out)
{
	const char *s = (const char *)v.p + sizeof(struct head), *end = (const char *)v.p + v.len;
	struct head h;

	/* The last octet is NUL, so that no text can run out of the value. */
	if (v.len <= sizeof(h) || end[-1] != '\0')
		return false;
	memcpy(&h, v.p, sizeof(h));
	if (h.depth > ADDR_LEVELS)
		return false;
	*out = (struct addr_value){.line = h.line, .file = h.file, .one_way = (h.flags & FLAG_ONE_WAY) != 0};
	for (int i = 0; i < h.depth; i++) {
		if (s[0] != '@' || s[1] != '\0')
			out->node.level[i] = s;
		s += strlen(s) + 1;
		if (s >= end)
			return false;
	}
	out->node.depth = h.depth;
	out->node.gap = (h.flags & FLAG_GAP) != 0;
	out->text = s;
	return true;
}
