/*
 * relay/assoc.h - the association process: OSI only, moves APDU files between the network and a worker.
 *
 * assoc.c has what both roles share, assoc_out.c the initiator, assoc_in.c the responder.  An association that goes wrong
 * costs itself; the message it carried is still with its sender.
 */
#ifndef MIXGATE_RELAY_ASSOC_H
#define MIXGATE_RELAY_ASSOC_H

#include "relay/ipc.h"
#include "relay/link.h"
#include "relay/protocol.h"
#include "relay/setup.h"

struct assoc {
	struct arena *arena; /* lives as long as the association */
	const struct setup *setup;
	const struct config_peer *peer; /* NULL: not bound yet */
	int channel;                    /* to the parent */
	struct link link;
	const char *source;
	bool stop;   /* the parent wants us to end, or is gone */
};

int assoc_out(struct assoc *s);
int assoc_in(struct assoc *s);
/* Reads what the parent said, without waiting; *job gets the descriptor of an A_JOB, or stays. */
void assoc_read_parent(struct assoc *s, int *job);
/* Ends: says why in the log, sends what is left, closes. */
void assoc_end(struct assoc *s, const char *how, const struct err *why);
void assoc_tell(struct assoc *s, enum relay_type type, const struct err *why);

#endif
