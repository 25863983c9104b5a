/*
 * milter/dialogue.h - a whole message shown to a worker: over lmtp.screen, where nothing is ever handed over, or over
 * lmtp.carry, where it is.
 */
#ifndef MIXGATE_MILTER_DIALOGUE_H
#define MIXGATE_MILTER_DIALOGUE_H

#include "base/blob.h"
#include "smtp/client.h"

struct dialogue {
	const char *socket;   /* lmtp.screen or lmtp.carry */
	const char *hostname; /* LHLO name */
	int timeout;          /* seconds for all of it */
	const char *client;   /* address of the sending client, NULL: not known */
	const char *queue_id; /* of the MTA, NULL: not known */
	void (*waiting)(void *ctx); /* called every few seconds while there is nothing to read */
	void *ctx;
};

/* As far as the dialogue went. */
struct dialogue_end {
	bool whole;                       /* the worker may have seen the final dot, and may act on it */
	const struct smtp_reply **reply;  /* per recipient; code 0: there was none */
	size_t count;
};

/* Fails when the worker could not be asked or did not answer all; *end holds in any case. */
int dialogue_run(struct arena *a, const struct dialogue *d, const struct smtp_envelope *env, const struct blob *message,
                 struct dialogue_end *end, struct err *e) MUST_USE;

/* NULL, or the first of the 5xx replies that every recipient got: a message that one recipient can have must not be refused
 * for another's sake. */
const struct smtp_reply *dialogue_refusal(const struct dialogue_end *end);

#endif
