/*
 * relay/link.h - ties a struct osi_association to a TCP socket: the pump between the two.
 *
 * Used by the assoc process, mixgate-source, mixgate-sink and `mixgate ping`.  Octets go out many TPDUs a write; the
 * association's own deadlines are ticked here, so whoever waits in link_next can never wait for ever.
 */
#ifndef MIXGATE_RELAY_LINK_H
#define MIXGATE_RELAY_LINK_H

#include "base/blob.h"
#include "osi/association.h"

struct tap;

struct link {
	int fd; /* -1: closed */
	struct osi_association *osi;
	struct tap *tap; /* for trials: what passes goes through it; NULL: none */
};

enum link_result {
	LINK_EVENT,   /* *ev is the next event of the association */
	LINK_OTHER,   /* other_fd is readable */
	LINK_DEADLINE /* nothing happened until deadline */
};

/* Waits for whatever comes first; other_fd -1: none. */
enum link_result link_next(struct link *l, struct osi_event *ev, int other_fd, int64_t deadline);
/* Sends what stands in out, until deadline. */
void link_flush(struct link *l, int64_t deadline);
/* The same, and closes the socket. */
void link_close(struct link *l, int64_t deadline);
/* Gives octets of an APDU to the association as long as it wants them; *at tells how many it has had. */
int link_send_apdu(struct link *l, const struct blob *apdu, uint64_t *at, struct err *e) MUST_USE;

#endif
