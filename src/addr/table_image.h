/*
 * addr/table_image.h - how rules stand in a compiled table (base/table.h): their keys and values.
 *
 * The keys of all tables are in one space.  An O/R key is the letter of its table and the levels, country first, each with
 * 1F behind it; a domain key is the domain with the letter behind.  Both are in lower case, so that octets compare.
 */
#ifndef MIXGATE_ADDR_TABLE_IMAGE_H
#define MIXGATE_ADDR_TABLE_IMAGE_H

#include "addr/tables.h"
#include "base/buf.h"

#define ADDR_KEY_MAX 4096
#define ADDR_SOURCES_KEY "#sources" /* what the set says about itself */

struct addr_key {
	uint8_t p[ADDR_KEY_MAX];
	size_t len;                   /* 0: too long to be in a table */
	size_t ends[ADDR_LEVELS + 1]; /* node keys: where the key of the first so many levels ends */
};

static inline struct octets addr_key_octets(const struct addr_key *k) { return (struct octets){k->p, k->len}; }
void addr_key_of_domain(struct addr_key *k, enum addr_table which, const char *domain);
void addr_key_of_node(struct addr_key *k, enum addr_table which, const struct addr_node *n, int depth);
/* The table that a key belongs to; false: none. */
bool addr_key_table(struct octets key, enum addr_table *which);
static inline bool addr_table_by_domain(enum addr_table which) { return which == ADDR_MAPPING2 || which == ADDR_GATE2; }

struct addr_value {
	uint32_t line;
	uint16_t file;
	bool one_way;
	struct addr_node node; /* the O/R side; of gate 2 only the levels */
	const char *text;
};
void addr_value_put(struct buf *b, enum addr_table which, const struct addr_line *line, size_t file, size_t number);
/* What points, points into v.  False: it is not a value of ours. */
bool addr_value_read(struct octets v, struct addr_value *out);

#endif
