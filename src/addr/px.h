/*
 * addr/px.h - mapping rules in DNS (RFC 2163): O/R texts as domain names, PX resource records.
 */
#ifndef MIXGATE_ADDR_PX_H
#define MIXGATE_ADDR_PX_H

#include "addr/tables.h"

/* "O$ACME Inc\..PRMD$x.." to "O-ACME-b-Inc-d.PRMD-x.." and back (A-223 .. A-227). */
int addr_px_encode(struct arena *a, const char *rule, char **out, struct err *e) MUST_USE;
int addr_px_decode(struct arena *a, const char *labels, char **out, struct err *e) MUST_USE;
/* The name to ask for: encoded parts without C, then X42D and the country. */
int addr_px_name(struct arena *a, const char *rule, char **out, struct err *e) MUST_USE;
/* MAPX400 of an answer: a last label "G" makes it a gate rule. */
int addr_px_rdata(struct arena *a, const char *labels, bool *gate, char **out, struct err *e) MUST_USE;
/* A table line as a PX record with wildcard owner and preference 50. */
int addr_px_record(struct arena *a, enum addr_table which, const char *line, char **out, struct err *e) MUST_USE;

/* Rules of an overlay ("mapping2.local") are ours alone and stay out of DNS; routes have no place there. */
bool addr_px_published(const struct addr_rule *r);

#endif
