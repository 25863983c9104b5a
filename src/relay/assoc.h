/*
 * relay/assoc.h - the association process: OSI only, moves APDU files between the network and a worker.
 *
 * assoc.c has the life of an open association, assoc_out.c how it is opened, assoc_in.c how a caller is let in, assoc_send.c
 * one transfer to the peer, assoc_receive.c one from it.  In monologue only the initiator sends; with two-way-alternate both
 * do, whoever opened it, one activity after the other.  An association that goes wrong costs itself; the message it carried is
 * still with its sender.
 */
#ifndef MIXGATE_RELAY_ASSOC_H
#define MIXGATE_RELAY_ASSOC_H

#include "base/log.h"
#include "base/stream.h"
#include "relay/ipc.h"
#include "relay/link.h"
#include "relay/protocol.h"
#include "relay/setup.h"

/* An APDU of a worker's that is to be sent. */
struct job {
	int channel; /* -1: none, or the worker is gone */
	int apdu;
	uint64_t size, sent;
	int64_t deadline;
	int priority;
	char name[160]; /* MTS-identifier, for the log */
	bool ended;     /* the commit point was passed */
};

/* An APDU that comes in. */
struct receipt {
	struct arena *arena; /* NULL: none */
	struct stream *out;
	int fd;
	struct err err;
};

struct assoc {
	struct arena *arena; /* lives as long as the association */
	const struct setup *setup;
	const struct config_peer *peer; /* NULL: not bound yet */
	int channel;                    /* to the parent */
	struct link link;
	const char *source;
	bool initiator;
	bool quiet;     /* the log has enough of this source's refusals */
	bool open;      /* it was bound */
	bool stop;      /* the parent wants us to end, or is gone */
	bool leaving;   /* and so we do */
	struct job job;
	struct receipt receipt;
	/* the turn */
	bool two_way;   /* it changes, and we may use it */
	bool sends;     /* the parent gives us jobs */
	bool wanted;    /* the peer asks for the turn */
	bool asked;     /* we ask for it; since: */
	int64_t asked_at;
	bool told_odd;  /* the log has what the peer does against the standard */
	bool asked_in_transfer; /* the peer was sending then */
	int64_t until; /* 0, or when a turn without use goes back; leaving: when we end, which an active peer puts off */
	int64_t last;  /* until then */
};

int assoc_out(struct assoc *s);
int assoc_in(struct assoc *s);
/* From bind or open to the end; the exit status of the process.  first: the event that has been taken already. */
int assoc_life(struct assoc *s, const struct osi_event *first);
/* The responder's answer to a bind; the names and the mode of an association that is open. */
void assoc_take_bind(struct assoc *s);
/* Takes the worker's order from job.channel; false: it thought better of it, and the job is gone. */
bool assoc_read_job(struct assoc *s);
/* Sends it; false: the association has ended. */
bool assoc_transfer(struct assoc *s);
/* Tells the worker that nothing was delivered; why NULL: just forgets the job. */
void assoc_drop_job(struct assoc *s, const struct err *why);
/* TRANSFER_START, _DATA, _END and _DROPPED; false: the association has ended. */
bool assoc_receive(struct assoc *s, const struct osi_event *ev);
/* Reads what the parent said, without waiting, up to a job. */
void assoc_read_parent(struct assoc *s);
/* Ends: says why in the log, sends what is left, closes. */
void assoc_end(struct assoc *s, const char *how, const struct err *why);
/* Of what is told about an association that was not let in. */
enum log_level assoc_refusal_level(const struct assoc *s);
void assoc_tell(struct assoc *s, enum relay_type type, const struct err *why);

#endif
