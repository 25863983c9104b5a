/*
 * addr/to_x400.h - the two variants of the mapping to X.400 that a set of tables may ask for, by hand (vectors).
 */
#ifndef MIXGATE_ADDR_TO_X400_H
#define MIXGATE_ADDR_TO_X400_H

#include "addr/addr.h"

struct addr_to_x400_options {
	bool keep_route; /* A-117 instead of A-118 */
	bool x400_1984;  /* */
	bool inversion;  /* */
};

int addr_to_x400_with(struct arena *a, const struct addr_tables *t, const char *address, enum addr_use use,
                      const struct addr_to_x400_options *options, struct or_address *out, enum addr_how *how, struct addr_trace *trace,
                      struct err *e) MUST_USE;

#endif
