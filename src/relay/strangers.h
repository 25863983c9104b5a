/*
 * relay/strangers.h - callers that have not bound, by source: how many lines of the log they may fill, and which sources are
 * known because a peer has bound from there.
 *
 * A source's first refusals of a minute are told one by one, the rest as a number.  Sources beyond the table share one entry,
 * so that all addresses of the world together fill no more than so many lines a minute.  The parent's; called by doors.c,
 * broker.c and parent.c.  Nothing here looks at a clock.
 */
#ifndef MIXGATE_RELAY_STRANGERS_H
#define MIXGATE_RELAY_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRANGERS_SOURCES 64
#define STRANGERS_TOLD    10    /* lines of a source in */
#define STRANGERS_MS      60000 /* this time */
#define STRANGERS_KNOWN   256

struct stranger {
	char source[64]; /* "": a free entry */
	int64_t since;
	unsigned tries, untold;
};
struct strangers {
	struct stranger entry[STRANGERS_SOURCES + 1]; /* the last one is everybody else's */
	char known[STRANGERS_KNOWN][64];
	size_t known_next;
};

/* A caller has come, who may be refused: true when that is not to be told in a line of its own. */
bool strangers_came(struct strangers *s, const char *source, int64_t now);
/* He has bound: he is none, and whoever comes from there is known; quiet is what strangers_came said. */
void strangers_bound(struct strangers *s, const char *source, bool quiet);
bool strangers_known(const struct strangers *s, const char *source);
/* Tells the numbers of all whose time is over. */
void strangers_tell(struct strangers *s, int64_t now);
/* When there is something to tell, INT64_MAX: never. */
int64_t strangers_deadline(const struct strangers *s);

#endif
