/*
 * relay/strangers.c - see strangers.h.
 */
#include "relay/strangers.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/sockets.h"

static void copy(char out[static 64], const char *source)
{
	out[0] = '\0';
	strncat(out, source, 63);
}

static struct stranger *others(struct strangers *s) { return &s->entry[STRANGERS_SOURCES]; }

static struct stranger *find(struct strangers *s, const char *source)
{
	struct stranger *spare = NULL;

	for (size_t i = 0; i < STRANGERS_SOURCES; i++) {
		struct stranger *t = &s->entry[i];

		if (t->source[0] != '\0' && sockets_same_source(t->source, source))
			return t;
		if (t->source[0] == '\0' && spare == NULL)
			spare = t;
	}
	return spare != NULL ? spare : others(s);
}

bool strangers_came(struct strangers *s, const char *source, int64_t now)
{
	struct stranger *t;
	bool quiet;

	strangers_tell(s, now);
	t = find(s, source);
	if (t->source[0] == '\0') {
		*t = (struct stranger){.since = now};
		copy(t->source, t == others(s) ? "others" : source);
	}
	quiet = t->tries++ >= STRANGERS_TOLD;
	t->untold += quiet;
	return quiet;
}

void strangers_bound(struct strangers *s, const char *source, bool quiet)
{
	struct stranger *t = find(s, source);

	/* the entry may be a new one by now, or everybody's */
	t->tries -= t->tries > 0;
	t->untold -= quiet && t->untold > 0;
	if (!strangers_known(s, source)) {
		copy(s->known[s->known_next], source);
		s->known_next = (s->known_next + 1) % STRANGERS_KNOWN;
	}
}

bool strangers_known(const struct strangers *s, const char *source)
{
	for (size_t i = 0; i < STRANGERS_KNOWN && s->known[i][0] != '\0'; i++)
		if (sockets_same_source(s->known[i], source))
			return true;
	return false;
}

void strangers_tell(struct strangers *s, int64_t now)
{
	for (size_t i = 0; i <= STRANGERS_SOURCES; i++) {
		struct stranger *t = &s->entry[i];

		if (t->source[0] == '\0' || now < t->since + STRANGERS_MS)
			continue;
		if (t->untold > 0)
			log_event(LOG_LEVEL_WARN, "more-refused", "source", t->source, "count", log_num(t->untold), NULL);
		t->source[0] = '\0';
	}
}

int64_t strangers_deadline(const struct strangers *s)
{
	int64_t d = INT64_MAX;

	for (size_t i = 0; i <= STRANGERS_SOURCES; i++)
		if (s->entry[i].source[0] != '\0' && s->entry[i].untold > 0 && s->entry[i].since + STRANGERS_MS < d)
			d = s->entry[i].since + STRANGERS_MS;
	return d;
}
