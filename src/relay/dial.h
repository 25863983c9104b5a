/*
 * relay/dial.h - the initiator's side in blocking calls: open an association, send one APDU, release.
 *
 * For the assoc process (opening), mixgate-source, the reports of mixgate-sink, and `mixgate ping`.  Every wait ends by
 * the deadlines of the association.
 */
#ifndef MIXGATE_RELAY_DIAL_H
#define MIXGATE_RELAY_DIAL_H

#include "relay/link.h"

/* TCP alone; then everything above it.  On failure l->fd is -1, e says which layer refused, and l->osi, once it was made, can
 * still be asked how far it came. */
int dial_connect(const char *host, int port, const struct osi_options *o, struct link *l, struct err *e) MUST_USE;
int dial_bind(struct arena *a, const struct osi_options *o, struct link *l, struct err *e) MUST_USE;
/* Both. */
int dial_open(struct arena *a, const char *host, int port, const struct osi_options *o, struct link *l, struct err *e) MUST_USE;
/* Returns when the peer has secured the APDU. */
int dial_send(struct link *l, const struct blob *apdu, struct err *e) MUST_USE;
/* Orderly release; closes in any case.  dial_end tells when it was not orderly. */
int dial_end(struct link *l, struct err *e) MUST_USE;
void dial_release(struct link *l);

#endif
