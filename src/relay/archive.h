/*
 * relay/archive.h - octets that are kept as they came: what nobody could read, and with archive.enabled everything.
 *
 * Workers write, before they answer anybody; the journal writer and `mixgate prune` remove what is old.
 */
#ifndef MIXGATE_RELAY_ARCHIVE_H
#define MIXGATE_RELAY_ARCHIVE_H

#include "relay/setup.h"

/* archive.dir/bad gets what no worker survived or nobody can read; *path names the file. */
int archive_bad(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *name, char **path, struct err *e) MUST_USE;
/* With archive.enabled: archive.dir/YYYY-MM-DD/name, once a day however often it comes; else *path is NULL. */
int archive_message(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *name, char **path, struct err *e) MUST_USE;
/* Removes some of what was archived on days before that of before; call again until *removed is 0.  Not archive/bad. */
int archive_prune(const struct config *c, struct when before, int64_t *removed, struct err *e) MUST_USE;

#endif
