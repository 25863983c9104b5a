/*
 * relay/inbound.h - one APDU on its way to SMTP: what to_822.c (messages) and to_822_report.c (reports, probes) share.
 */
#ifndef MIXGATE_RELAY_INBOUND_H
#define MIXGATE_RELAY_INBOUND_H

#include "relay/worker.h"

/* The only reason we give a peer: everything permanent is confirmed and reported instead. The number is that of
 * enum osi_refusal, which the worker does not see. */
#define OSI_REFUSAL_TEMPORARY 1

struct inbound_recipient {
	size_t index; /* in m->recipients */
	int rcpt;     /* in mail.envelope.rcpt, -1: failed */
	struct err err; /* ERR_NONE: to be delivered */
	const char *smtp_reply;
	int next;  /* peers.relay: the peer of config.peers that it goes on to; -1: to SMTP */
	bool sent; /* in a transaction that the SMTP server took, in this attempt */
	struct journal_place place;
};

struct inbound {
	struct worker *w;
	struct arena *a;
	int apdu;
	uint64_t size;
	const struct config_peer *peer; /* where it came from; NULL: no longer configured */
	struct mx_message *m;
	struct mixer_context c;
	uint8_t apdu_digest[32], digest[32]; /* all octets; the content */
	const char *mts_id;
	char *id; /* our envelope id for it */
	struct mixer_mail mail;
	struct err content_err; /* why the content could not be read; ERR_NONE: it could */
	struct inbound_recipient *rcpt; /* those that we are responsible for */
	size_t count;
	struct transit_unit *units;
	size_t unit_count;
};

/* 0: confirm; -1: refuse for now, e says why. */
int inbound_report(struct inbound *in, struct err *e) MUST_USE;
int inbound_probe(struct inbound *in, struct err *e) MUST_USE;
/* The message that a notification speaks of goes into the context. */
int inbound_find_subject(struct inbound *in, struct err *e) MUST_USE;
/* Does the user with that address take a message of that size and of these types?  1: no, *why says it; -1: nobody can say. */
int inbound_judge_capability(struct inbound *in, const char *address, int64_t size, struct err *why, struct err *e) MUST_USE;
/* Is there anything more to do for it? */
static inline bool inbound_done(const struct inbound_recipient *r)
{
	return r->place.state == JOURNAL_CONFIRMED || r->place.state == JOURNAL_REFUSED || r->place.state == JOURNAL_REPORTED;
}
/* All recipients that have failed, or that the next hop has taken, get the state, durably. */
int inbound_change_state(struct inbound *in, bool failed, enum journal_state state, const char *what, struct err *e) MUST_USE;

/* The journal's entry of a report itself, so that a repeated APDU is not passed on twice; to NULL: nobody by SMTP. */
int inbound_reserve_report(struct inbound *in, const char *to, const char *peer, struct journal_place *place, struct err *e) MUST_USE;

/* transit.c: what goes on to other X.400 peers (peers.relay). */
/* Encodes it for each; recipients for which that cannot be done have failed.  -1: not now. */
int transit_prepare(struct inbound *in, struct err *e) MUST_USE;
/* Hands it over and waits; recipients whose peer has confirmed are noted.  -1: somebody has not, e says why. */
int transit_send(struct inbound *in, struct err *e) MUST_USE;
/* The report goes on when its destination is behind another peer: 1; 0: it is for us; -1: not now. */
int transit_report(struct inbound *in, struct err *e) MUST_USE;
/* May what in came from go on there?  The index of the peer, or -1 and e. */
int transit_peer(const struct inbound *in, const struct addr_route *route, struct err *e) MUST_USE;

void inbound_failed(struct inbound *in, size_t i, const struct err *e, const char *smtp_reply);
/* A DSN of our own to the originator; -1: only for a temporary failure. */
int inbound_send_dsn(struct inbound *in, const struct mixer_outcome *o, size_t n, struct mixer_mail *dsn, struct err *e) MUST_USE;

#endif
