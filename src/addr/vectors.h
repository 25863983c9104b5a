/*
 * addr/vectors.h - address vectors as TAP: `mixgate vectors FILE --tables DIR` and the unit test.
 *
 * A vector is a line "id direction table-set input expected source note" with tabs between and C escapes (\\ \t \r \n \xHH) in
 * input and expected; the first line is a heading.  "ERROR reason" expects a failure, whatever its reason.  Table sets are
 * folders below one folder; "-" is none.
 */
#ifndef MIXGATE_ADDR_VECTORS_H
#define MIXGATE_ADDR_VECTORS_H

#include "addr/addr.h"
#include "base/stream.h"

/* One direction; tables is NULL for the set "-".  Returns the outcome as text, or NULL with e set. */
struct addr_direction {
	const char *name;
	bool tables; /* needs a table set */
	char *(*run)(struct arena *a, const struct addr_tables *t, const char *input, struct err *e);
};

struct addr_vectors_options {
	const char *tables;                /* folder of the table sets; NULL: beside the file, "tables" */
	const char *pending;               /* file "id<tab>reason" of vectors that may fail, and must; NULL: none */
	const struct addr_direction *more; /* directions of other modules */
	size_t more_count;
};

struct addr_vectors_count {
	size_t run, failed; /* failed: did not do what they should; one that passes though it is pending included */
};

/* Prints the TAP lines of a file and adds to *count, so that several files make one test; the plan line ("1..N") is the
 * caller's.  -1: a file could not be read. */
int addr_run_vectors_with(const char *file, const struct addr_vectors_options *options, struct stream *out,
                          struct addr_vectors_count *count, struct err *e) MUST_USE;
/* One file with its plan line; how many failed, or -1. */
int addr_run_vectors(const char *file, const struct addr_vectors_options *options, struct stream *out, struct err *e) MUST_USE;

#endif
