/*
 * milter/dry_run.h - a whole message shown to a worker over lmtp.screen, where nothing is ever handed over.
 */
#ifndef MIXGATE_MILTER_DRY_RUN_H
#define MIXGATE_MILTER_DRY_RUN_H

#include "base/blob.h"
#include "smtp/client.h"

struct dry_run {
	const char *socket;   /* lmtp.screen */
	const char *hostname; /* LHLO name */
	int timeout;          /* seconds for all of it */
	const char *client;   /* address of the sending client, NULL: not known */
	const char *queue_id; /* of the MTA, NULL: not known */
};

/* *refusal is NULL when the message may go, else the first of the 5xx replies that every recipient got: a message that one
 * recipient can have must not be refused for another's sake.  Fails when the worker could not be asked. */
int dry_run(struct arena *a, const struct dry_run *d, const struct smtp_envelope *env, const struct blob *message, const struct smtp_reply **refusal,
            struct err *e) MUST_USE;

#endif
