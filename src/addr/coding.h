/*
 * addr/coding.h - the character codings of RFC 2156 chapter 3 for address values.
 */
#ifndef MIXGATE_ADDR_CODING_H
#define MIXGATE_ADDR_CODING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "msg/oraddr.h"

/* Digits and blanks, A-038. */
bool addr_is_numeric_text(const char *s);
/* text with {ddd} groups to octets. */
int addr_teletex_parse(struct arena *a, const char *text, struct octets *out, struct err *e) MUST_USE;
/* octets to text. */
char *addr_teletex_text(struct arena *a, struct octets t61) MUST_USE;
/* "[printable][*teletex]" to a value. */
int addr_value_parse(struct arena *a, const char *text, struct or_value *out, struct err *e) MUST_USE;
/* the decoded string, or the whole string unaltered when it cannot be decoded. */
char *addr_printable_to_ascii_lenient(struct arena *a, const char *ps) MUST_USE;
/* outer blanks away, runs of blanks to one; s itself when there is nothing to do. */
const char *addr_collapse(struct arena *a, const char *s) MUST_USE;

#endif
