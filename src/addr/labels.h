/*
 * addr/labels.h - labelled-integer and object-identifier texts of RFC 2156 3.3.6, 3.3.7.
 */
#ifndef MIXGATE_ADDR_LABELS_H
#define MIXGATE_ADDR_LABELS_H

#include "base/arena.h"
#include "base/err.h"

/* "g3fax(5)", "(5)" or "ia5 (7)": the number. */
int addr_labelled_integer(const char *text, long *out, struct err *e) MUST_USE;
/* "joint-iso-ccitt(2) mhs (6)" to "2.6". */
int addr_oid_from_text(struct arena *a, const char *text, char **out, struct err *e) MUST_USE;

#endif
