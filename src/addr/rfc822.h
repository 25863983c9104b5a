/*
 * addr/rfc822.h - the EBNF.822-address of RFC 2156 chapter 4: [route] local-part "@" domain (RFC 822 6.1).
 */
#ifndef MIXGATE_ADDR_RFC822_H
#define MIXGATE_ADDR_RFC822_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct addr_822 {
	const char *text;        /* all of it, as received */
	const char *route_first; /* first domain of the source route, NULL: none */
	const char *addr_spec;   /* without the route */
	const char *local;       /* as received, quotes and all */
	const char *unquoted;    /* without quoted-string syntax (A-121) */
	const char *domain;
};

/* A-120, A-029: anything that is not a valid address is an error. */
int addr_822_parse(struct arena *a, const char *text, struct addr_822 *out, struct err *e) MUST_USE;
/* The local part as it must stand in an address: as it is when it is a list of atoms, else one quoted-string (A-192). */
char *addr_822_quote(struct arena *a, const char *local) MUST_USE;
/* RFC 822 atom. */
bool addr_822_is_atom(const char *s);
/* A-010 and A-221: letter or digit, then letters, digits, hyphens, not ending in a hyphen; at most 63 octets. */
bool addr_is_label(const char *s);
/* Labels with full stops between. */
bool addr_is_domain(const char *s);

#endif
