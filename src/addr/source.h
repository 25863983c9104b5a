/*
 * addr/source.h - the one look-up behind which mapping and gateway rules stand (RFC 2156 4.2): text tables, DNS (RFC 2163)
 * and LDAP (RFC 2164) each answer it.
 *
 * addr itself asks nobody: text tables are part of struct addr_tables, any other source is a callback that the program
 * hands in with addr_tables_set_sources.  The list is in order of precedence: the first source with a rule of the kind
 * asked for decides, and those behind it are not asked.  A mapping rule of any source comes before a gateway rule of any
 * source (A-191).  A source that holds both kinds in one tree (DNS, LDAP) answers with its longest rule of either kind
 * when that is of the kind asked for, else with ADDR_NO_RULE (U10).
 */
#ifndef MIXGATE_ADDR_SOURCE_H
#define MIXGATE_ADDR_SOURCE_H

#include "addr/addr.h"
#include "addr/levels.h"
#include "base/arena.h"
#include "base/err.h"

enum addr_table { ADDR_MAPPING1, ADDR_MAPPING2, ADDR_GATE1, ADDR_GATE2, ADDR_ROUTES, ADDR_TABLE_COUNT };

/* What is asked: the rule with the longest key that the domain ends in (A-130, A-210), or that the levels begin with
 * (A-180).  Case does not count (A-131, A-179). */
struct addr_query {
	enum addr_table table;        /* ADDR_MAPPING1 .. ADDR_GATE2: kind and direction in one */
	const char *domain;           /* mapping 2: every label is legal (A-133); gate 2: any domain */
	const struct addr_node *node; /* mapping 1, gate 1: country first, a NULL level is "@"; blanks are collapsed (A-177) */
};

struct addr_hit {
	const char *value;            /* mapping 2, gate 2: O/R side in the notation of tables, "O$x.PRMD$y.ADMD$ .C$XA", gate
	                                 rules with "~type$value"; mapping 1, gate 1: domain */
	const struct addr_node *node; /* value read already, for sources that keep it so; NULL: value is to be read */
	const char *where;            /* origin: "mapping2.rfc2or:12", "dns:*.net2.it", "ldap:DC=net2,DC=it,.." */
	int depth;                    /* labels or levels of the key that matched */
};

enum addr_answer {
	ADDR_FOUND,    /* *hit is set */
	ADDR_NO_RULE,  /* there is none, for certain */
	ADDR_NO_ANSWER /* nobody could say (time-out, server failure): *e is set and is temporary (A-016) */
};

struct addr_source {
	const char *name; /* "table", "dns", "ldap" */
	/* Everything in *hit belongs to a.  NULL: the text tables of the set. */
	enum addr_answer (*find)(void *context, struct arena *a, const struct addr_query *q, struct addr_hit *hit, struct err *e);
	void *context;
};
struct addr_sources {
	const struct addr_source *items;
	size_t count;
};

/* One user with an address on each side: asked for before any rule, in both directions. */
struct addr_user {
	const char *rfc822;             /* addr-spec */
	struct or_address x400;
	const char *where;              /* origin: "users:12", "ldap:CN=..." */
	int64_t size_max;               /* octets that the user takes, 0: not said */
	const char *const *body_types;  /* words as the origin has them, NULL-terminated; NULL: not said */
};
struct addr_users {
	/* ADDR_NO_RULE with *unknown: whoever is not listed here does not exist (recipient validation). */
	enum addr_answer (*by_822)(void *context, struct arena *a, const char *addr_spec, struct addr_user *out, bool *unknown, struct err *e);
	enum addr_answer (*by_x400)(void *context, struct arena *a, const struct or_address *o, struct addr_user *out, bool *unknown,
	                            struct err *e);
	void *context;
};
/* The entries that a set consults; u must live as long as t. */
void addr_tables_set_users(struct addr_tables *t, const struct addr_users *u);
/* Asks them for an address of that use: without entries ADDR_NO_RULE.  A recipient that is known not to exist is
 * ADDR_NO_ANSWER too, with a permanent error. */
enum addr_answer addr_find_user_822(struct arena *a, const struct addr_tables *t, enum addr_use use, const char *addr_spec,
                                    struct addr_user *out, struct err *e) MUST_USE;
enum addr_answer addr_find_user_x400(struct arena *a, const struct addr_tables *t, enum addr_use use, const struct or_address *o,
                                     struct addr_user *out, struct err *e) MUST_USE;

/* Replaces the sources of a set, which are its text tables alone until then; the list must live as long as t. */
void addr_tables_set_sources(struct addr_tables *t, struct addr_sources list);
/* Asks the sources in order; ADDR_NO_ANSWER of one ends the search. */
enum addr_answer addr_find(struct arena *a, const struct addr_tables *t, const struct addr_query *q, struct addr_hit *hit,
                           struct err *e) MUST_USE;
/* addr_find for an address: what nobody answers counts as no rule for ADDR_HEADER_LATE (A-018). */
enum addr_answer addr_find_for(struct arena *a, const struct addr_tables *t, enum addr_use use, const struct addr_query *q,
                               struct addr_hit *hit, struct err *e) MUST_USE;

#endif
