/*
 * mapped.c - see mapped.h.
 *
 * A recipient is mapped at RCPT and again with the message, and a sender stands in the envelope and in From: the second
 * line would say nothing new.  What has been told is remembered by a hash; where two fall together a line comes twice.
 */
#include "relay/mapped.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"

#define TOLD 1024

struct mapped {
	struct addr_watch watch;
	bool headings;
	uint64_t told[TOLD];
};

static uint64_t add(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

static bool is_new(struct mapped *m, const struct addr_mapped *x)
{
	uint64_t h = add(add(14695981039346656037u, x->from), x->to) | 1;
	uint64_t *slot = &m->told[h / 2 % TOLD];

	if (*slot == h)
		return false;
	*slot = h;
	return true;
}

static void tell(void *context, const struct addr_mapped *x)
{
	static const char *const uses[] = {"recipient", "originator", "heading", "heading"};
	struct mapped *m = context;
	bool heading = x->use == ADDR_HEADER || x->use == ADDR_HEADER_LATE;

	if ((heading && !m->headings) || !is_new(m, x))
		return;
	log_event(heading ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "mapped", "as", uses[x->use], "from", x->from, "to", x->to, "how",
	          addr_how_name(x->how), "rule", x->rule, "at", x->where, NULL);
}

void mapped_open(struct arena *a, const struct config *c, struct addr_tables *t, struct mapped **out)
{
	struct mapped *m = *out = NEW(a, struct mapped);

	m->headings = str_ieq(c->log.level, "debug");
	m->watch = (struct addr_watch){tell, m};
	addr_tables_set_watch(t, m->headings || str_ieq(c->log.level, "info") ? &m->watch : NULL);
}

void mapped_begin(struct mapped *m)
{
	memset(m->told, 0, sizeof m->told);
}
