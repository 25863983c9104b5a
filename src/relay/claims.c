/*
 * relay/claims.c - see claims.h.  A hash with chains; members are recycled.
 */
#include "relay/claims.h"

#include <stddef.h>

#define BUCKETS 4096

struct claim {
	struct claim *next;
	int64_t row;
	const void *owner;
};
struct claims {
	struct arena *arena;
	struct claim *bucket[BUCKETS], *unused;
};

struct claims *claims_new(struct arena *a)
{
	struct claims *c = NEW(a, struct claims);

	c->arena = a;
	return c;
}

static struct claim **find(struct claims *c, int64_t row)
{
	struct claim **at = &c->bucket[(uint64_t)row % BUCKETS];

	while (*at != NULL && (*at)->row != row)
		at = &(*at)->next;
	return at;
}

static void drop(struct claims *c, struct claim **at)
{
	struct claim *gone = *at;

	*at = gone->next;
	gone->next = c->unused;
	c->unused = gone;
}

bool claims_take(struct claims *c, int64_t row, const void *owner)
{
	struct claim **at = find(c, row), *fresh;

	if (*at != NULL)
		return (*at)->owner == owner;
	fresh = c->unused;
	if (fresh != NULL)
		c->unused = fresh->next;
	else
		fresh = NEW(c->arena, struct claim);
	*fresh = (struct claim){NULL, row, owner};
	*at = fresh;
	return true;
}

void claims_drop(struct claims *c, int64_t row, const void *owner)
{
	struct claim **at = find(c, row);

	if (*at != NULL && (*at)->owner == owner)
		drop(c, at);
}

void claims_drop_all(struct claims *c, const void *owner)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct claim **at = &c->bucket[i];

		while (*at != NULL)
			if ((*at)->owner == owner)
				drop(c, at);
			else
				at = &(*at)->next;
	}
}
