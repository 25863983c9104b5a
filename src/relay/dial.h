/*
 * relay/dial.h - the initiator's side in blocking calls: open an association, send one APDU, release.
 *
 * For the assoc process (opening), mixgate-source, the reports of mixgate-sink, and `mixgate ping`.  Every wait ends by
 * the deadlines of the association.
 */
#ifndef MIXGATE_RELAY_DIAL_H
#define MIXGATE_RELAY_DIAL_H

#include "relay/link.h"

/* Connects, opens and binds. On failure l->fd is -1 and e says which layer refused. */
int dial_open(struct arena *a, const char *host, int port, const struct osi_options *o, struct link *l, struct err *e) MUST_USE;
/* Returns when the peer has secured the APDU. */
int dial_send(struct link *l, const struct blob *apdu, struct err *e) MUST_USE;
/* Orderly release; closes in any case. */
void dial_release(struct link *l);

#endif
