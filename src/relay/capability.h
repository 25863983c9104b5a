/*
 * relay/capability.h - what a user's own entry says that the user can take (mixgate-directory(7), X.402 annex C): the size of
 * a message and the kinds of body.  Who cannot take a message does not get it, in either direction.
 */
#ifndef MIXGATE_RELAY_CAPABILITY_H
#define MIXGATE_RELAY_CAPABILITY_H

#include "msg/msg.h"
#include "relay/setup.h"

struct capability {
	int64_t size_max;              /* octets, 0: not said */
	const char *const *body_types; /* NULL: not said */
	const char *text;              /* whose, for errors */
};

/* Those of the entry with that mail address; none: everything.  -1: nobody can say. */
int capability_of(const struct setup *s, struct arena *a, const char *address, struct capability *out, struct err *e) MUST_USE;
int capability_judge_size(const struct capability *c, int64_t size, struct err *e) MUST_USE;
int capability_judge_bodies(struct arena *a, const struct capability *c, const struct mx_eits *eits, struct err *e) MUST_USE;

#endif
