/*
 * addr/table_import.h - mapping tables of other gateways, read into ours (`mixgate table import`).
 */
#ifndef MIXGATE_ADDR_TABLE_IMPORT_H
#define MIXGATE_ADDR_TABLE_IMPORT_H

#include "addr/tables.h"

enum addr_dialect {
	ADDR_DIALECT_AUTO,
	ADDR_DIALECT_RFC1327,  /* OU$x.O$y.PRMD$z.ADMD$ .C$XA#domain#, and the other way round */
	ADDR_DIALECT_PP,       /* the same with ":" and no end mark; "\:" in a value */
	ADDR_DIALECT_EAN,      /* P=z; A=y; C=XA; # domain, and the other way round */
	ADDR_DIALECT_EXCHANGE, /* as RFC 1327, lower-case keys, both directions in one file */
	ADDR_DIALECT_PMDF,     /* domain, blanks, /O=y/PRMD=z/ADMD= /C=XA/, and the other way round; comments with "!" */
	ADDR_DIALECTS
};
extern const char *const addr_dialect_names[ADDR_DIALECTS]; /* "auto", "rfc1327", ... */

/* The dialect that most lines of a text are in; ADDR_DIALECT_AUTO: none. */
enum addr_dialect addr_import_detect(const char *text, size_t n);
/* One line: 0 *rule is a line of *table (mapping 1 or 2), 1 comment or empty, -1 not understood. */
int addr_import_line(struct arena *a, enum addr_dialect dialect, const char *line, enum addr_table *table, char **rule, struct err *e)
	MUST_USE;

#endif
