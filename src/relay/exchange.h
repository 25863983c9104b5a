/*
 * relay/exchange.h - one association of mixgate-source or mixgate-sink, in either role, with messages in both directions.
 *
 * Blocking: a call returns when what it is for has happened or the association is over.
 */
#ifndef MIXGATE_RELAY_EXCHANGE_H
#define MIXGATE_RELAY_EXCHANGE_H

#include "relay/twin_store.h"

struct exchange {
	const struct twin *twin;
	struct arena *arena; /* of the association */
	struct link link;
	struct twin_store in;
	bool open, over;
	bool asked;     /* the peer wants the turn */
	bool wanted;    /* we have asked for the turn and not got it */
	bool back;      /* the turn that we gave has come back */
	bool answered;  /* the transfer that we send was confirmed or not */
	struct err why; /* how the last transfer or the association ended; id 0: well */
	/* for the owner: after each confirm that we gave, with the report that was asked for, len 0: none (NULL: nobody cares) */
	void (*received)(struct exchange *x, const struct blob *report);
	void *owner;
};

void exchange_init(struct exchange *x, const struct twin *t, const struct twin_store_options *o);
/* Initiator: connects and binds. */
int exchange_open(struct exchange *x, const char *host, int port, struct err *e) MUST_USE;
/* Responder. */
void exchange_accept(struct exchange *x, int fd);
/* Waits for the next event and serves it; false: none until deadline (monotonic ms). */
bool exchange_step(struct exchange *x, int64_t deadline);
/* Sends an APDU and waits for the confirm.  The turn is ours. */
int exchange_send(struct exchange *x, const struct blob *apdu, struct err *e) MUST_USE;
/* Gives the turn away and serves the peer until it is back, the association is over or the deadline has come. */
void exchange_give_turn(struct exchange *x, int64_t deadline);
bool exchange_has_turn(const struct exchange *x);
/* Releases (initiator) and closes in any case; may be opened again. */
void exchange_close(struct exchange *x);

#endif
