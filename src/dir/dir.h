/*
 * dir/dir.h - look-ups that need the network or a store: mapping rules in DNS and LDAP, users in text files and LDAP.
 *
 * The programs open it once for a set of tables; from then on addr asks through it (addr/source.h).  What has been asked
 * is remembered for the message at hand, or for a moment, no longer: caching is left to the resolver and to the directory
 * server, which all processes share.  Safe for threads.
 */
#ifndef MIXGATE_DIR_DIR_H
#define MIXGATE_DIR_DIR_H

#include "addr/source.h"
#include "base/config.h"

struct dir;

/* Makes the sources and users of t what mapping.sources, .dns, .ldap and .users say; asks no server yet.  The files of
 * users are read here, unless users is what dir_build_users of another process gave.  All of it ends with the arena. */
int dir_open(struct arena *a, const struct config *c, struct addr_tables *t, int users, struct dir **out, struct err *e) MUST_USE;
/* Reads the files of users into an open file; -1 when there are none. */
int dir_build_users(const struct config *c, int *fd, struct err *e) MUST_USE;

/* A message begins: what was remembered is forgotten, and all its look-ups together may take mapping.deadline seconds.
 * For processes with one message at a time; without it every look-up has the time of its source alone. */
void dir_begin(struct dir *d);
/* Counts from here what nobody answers ... */
void dir_watch(struct dir *d);
/* ... so many look-ups; the first error in *e when there are any. */
size_t dir_unanswered(const struct dir *d, struct err *e);

/* The entry of a user, for what addr does not look at (size, body types): ADDR_NO_RULE: none. */
enum addr_answer dir_user(struct dir *d, struct arena *a, const char *addr_spec, struct addr_user *out, struct err *e);

#endif
