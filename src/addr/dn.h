/*
 * addr/dn.h - mapping rules in the directory (RFC 2164, 2294): names of entries to look up.
 */
#ifndef MIXGATE_ADDR_DN_H
#define MIXGATE_ADDR_DN_H

#include "addr/levels.h"

/* The entry of a node in the O/R subtree below base. */
char *addr_dn_of_node(struct arena *a, const struct addr_node *n, const char *base) MUST_USE;
/* The entry of a domain in the domain subtree below base. */
char *addr_dn_of_domain(struct arena *a, const char *domain, const char *base) MUST_USE;
/* An O/R address as a name by itself; NULL: it has attributes that RFC 2294 gives no name. */
char *addr_dn_of_or(struct arena *a, const struct or_address *o) MUST_USE;

#endif
