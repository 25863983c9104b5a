/*
 * addr/std_or.h - std-or-address-input and encoded-pn of RFC 2156 4.1, for the mapping to X.400.
 */
#ifndef MIXGATE_ADDR_STD_OR_H
#define MIXGATE_ADDR_STD_OR_H

#include "base/arena.h"
#include "base/err.h"
#include "msg/oraddr.h"

/* What stage I does next depends on how a text fails. */
enum std_failure {
	STD_OK,
	STD_SYNTAX, /* no std-or-address-input: may be a personal name */
	STD_VALUE   /* a value does not fit the coding of its key: encapsulate */
};

int addr_std_or_parse(struct arena *a, const char *text, struct or_address *out, enum std_failure *why, struct err *e) MUST_USE;
/* The same text with its plain OUs the other way round, when O stands left of one of them; else -1. */
int addr_std_or_parse_inverted(struct arena *a, const char *text, struct or_address *out) MUST_USE;
/* "Marshall.M.T.Rose" into G, I and S of out. */
int addr_pn_parse(struct arena *a, const char *text, struct or_address *out, struct err *e) MUST_USE;
/* The short form of a personal name, or NULL when its rules do not allow one. */
char *addr_pn_build(struct arena *a, const struct or_address *o) MUST_USE;
/* may the attribute have a teletex form? */
bool addr_has_teletex_form(enum or_attribute i);
/* Is each form of the value one that its coding has? */
bool addr_fits_coding(enum or_attribute i, const struct or_value *v);
/* One attribute by its keyword, for gate tables: 0, or -1 when the word names no single attribute. */
int addr_set_by_keyword(struct arena *a, struct or_address *o, const char *word, const char *value, struct err *e) MUST_USE;

#endif
