/*
 * dir/directory.h - mapping rules and users out of an LDAP directory (RFC 2164, 2294): connection and searches.
 */
#ifndef MIXGATE_DIR_DIRECTORY_H
#define MIXGATE_DIR_DIRECTORY_H

#include "base/config.h"
#include "dir/rule.h"

struct directory;

/* Asks nobody yet. */
int directory_open(struct arena *a, const struct config *c, struct directory **out, struct err *e) MUST_USE;
/* The longest rule of either kind under any of mapping.ldap.bases; deadline by clock_monotonic_ms. */
enum addr_answer directory_find(struct directory *d, struct arena *a, const struct addr_query *q, int64_t deadline,
                                struct dir_rule *out, struct err *e);
/* The user with that mail address, or (mail NULL) with that O/R address. */
enum addr_answer directory_user(struct directory *d, struct arena *a, const char *mail, const struct or_address *o, int64_t deadline,
                                struct addr_user *out, struct err *e);

#endif
