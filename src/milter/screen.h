/*
 * milter/screen.h - what the milter says to senders and recipients (ARCHITECTURE, "The milter"): addresses only.
 *
 * Called by milter/session.c in whatever thread libmilter chose; a set is read-only, so nothing here needs a lock but
 * the set's own count.
 */
#ifndef MIXGATE_MILTER_SCREEN_H
#define MIXGATE_MILTER_SCREEN_H

#include "addr/addr.h"
#include "base/config.h"
#include "dir/dir.h"

/* Settings and tables of one load; stays while a message uses it. */
struct screen_set {
	struct arena *arena;
	const struct config *config;
	struct addr_tables *tables;
	struct dir *dir;
	int references;
};

int screen_set_load(const char *path, struct screen_set **out, struct err *e) MUST_USE;
/* Makes set the one that later screen_set_get give; the one before goes with its last user. */
void screen_set_use(struct screen_set *set);
struct screen_set *screen_set_get(void);
void screen_set_put(struct screen_set *set);

/* Does mail for rcpt go to X.400? */
bool screen_is_x400(const struct screen_set *set, struct arena *a, const char *rcpt);
/* MAIL: a sender inside X.400 address space is for trusted clients alone.  "" passes. */
int screen_sender(const struct screen_set *set, struct arena *a, const char *sender, bool trusted, struct err *e) MUST_USE;
/* First X.400 RCPT: can a report reach the sender?  "" passes. */
int screen_reports(const struct screen_set *set, struct arena *a, const char *sender, struct err *e) MUST_USE;
/* RCPT: mapped and routed to a peer; temporary errors are ours. */
int screen_recipient(const struct screen_set *set, struct arena *a, const char *rcpt, struct err *e) MUST_USE;
/* From the tables' point of view: is address in one of milter.trusted? */
bool screen_is_trusted(const struct screen_set *set, const char *address);

#endif
