/*
 * addr/explain.h - all that can be said about the mapping of one address: for `mixgate addr`.
 */
#ifndef MIXGATE_ADDR_EXPLAIN_H
#define MIXGATE_ADDR_EXPLAIN_H

#include "addr/addr.h"

/* A rule of the tables that was not used, and why. */
struct addr_alternative {
	const char *table, *where, *value, *why;
};

struct addr_explanation {
	const char *input, *result; /* result NULL: err says why */
	bool to_x400;
	enum addr_use use;
	struct or_address x400; /* the O/R address, whichever side it is on */
	enum addr_how how;
	struct addr_trace trace;
	struct addr_route route;
	const char *reverse; /* the result mapped back; NULL: reverse_err says why that fails */
	bool exact;          /* and it is the input again */
	struct addr_alternative *alternatives;
	size_t alternatives_count, alternatives_capacity;
	struct err err, reverse_err;
};

/* 0, or -1 when the address cannot be mapped; *out says all there is to say in both cases. */
int addr_explain(struct arena *a, const struct addr_tables *t, const char *input, bool to_x400, enum addr_use use,
                 struct addr_explanation *out) MUST_USE;

#endif
