/*
 * addr/levels.h - the O/R hierarchy that MCGAMs and routes work on: C, ADMD, PRMD, O, OU1 .. OU4 (A-009).
 */
#ifndef MIXGATE_ADDR_LEVELS_H
#define MIXGATE_ADDR_LEVELS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "msg/oraddr.h"

enum { ADDR_LEVELS = 8 };

/* The attribute of level i. */
extern const enum or_attribute addr_level_attribute[ADDR_LEVELS];

/* A node of the O/R tree. */
struct addr_node {
	const char *level[ADDR_LEVELS]; /* text of values (A-036), most significant first; NULL: omitted, "@" */
	int depth;                      /* levels named, omitted ones included */
	bool gap;                       /* a level was left out of the text (A-205) */
	struct or_address *other;       /* gate tables: attributes outside the hierarchy; NULL: none */
};

enum addr_node_kind { ADDR_NODE_MAPPING, ADDR_NODE_GATE };
/* "OU$cs.O$tech.PRMD$uni.ADMD$ .C$XA" (A-203 .. A-206); *reason is a word for what is wrong. */
int addr_node_parse(struct arena *a, const char *text, enum addr_node_kind kind, struct addr_node *out, const char **reason,
                    struct err *e) MUST_USE;
/* The same; *at is the octet of text that is wrong. */
int addr_node_parse_at(struct arena *a, const char *text, enum addr_node_kind kind, struct addr_node *out, const char **reason,
                       size_t *at, struct err *e) MUST_USE;
/* Two letters or three digits. */
bool addr_is_country(const char *s);
/* Octets of the "key$value" part at s: up to the next full stop without a backslash. */
size_t addr_part_length(const char *s);
/* "OU=cs;O=tech;..;C=XA", "@" for omitted, "~type=value" for DDAs. */
char *addr_node_text(struct arena *a, const struct addr_node *n) MUST_USE;
/* "OU$cs.O$tech...", the notation of tables. */
char *addr_node_rule(struct arena *a, const struct addr_node *n) MUST_USE;
/* The attributes of n; a country without ADMD gets one blank (A-138). */
int addr_node_to_or(struct arena *a, const struct addr_node *n, struct or_address *out, struct err *e) MUST_USE;
/* The levels of an address, with "@" for absent ones above the lowest and, when anything stands below, down to O (A-184);
 * blanks collapsed (A-177), empty ADMD one blank (A-178). */
void addr_node_of(struct arena *a, const struct or_address *o, struct addr_node *out);

#endif
