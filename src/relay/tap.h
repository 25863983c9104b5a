/*
 * relay/tap.h - sits between the octets of an association and its socket, reads the PDUs that pass in both directions and
 * does the faults of fault.h, so that src/osi need not know how to do wrong.
 *
 * For trials alone (mixgate-source, mixgate-sink); it blocks where a fault waits.  Called by link.c.
 */
#ifndef MIXGATE_RELAY_TAP_H
#define MIXGATE_RELAY_TAP_H

#include "osi/cotp.h"
#include "osi/presentation.h"
#include "relay/fault.h"

enum tap_verdict { TAP_GO_ON, TAP_DROP, TAP_CLOSE, TAP_RESET };

struct tap_side {
	struct buf *raw;     /* octets that came and are no whole packet yet */
	struct buf *ready;   /* what may go further */
	struct buf *packets; /* of the TSDU that is coming, as they came */
	struct buf *tsdu;    /* its payload */
	bool open, dt;       /* inside a TSDU; it is a DT */
	uint64_t octets;     /* user data of the activity */
};
struct tap {
	struct arena *arena;
	const struct faults *faults;
	uint64_t slow;  /* octets a second, 0: as fast as it goes */
	/* the tap's own */
	bool begun, blind; /* blind: not TPKT: everything passes */
	struct tap_side in, out;
	uint64_t passed[POINTS];
	struct cotp cotp;  /* cuts what we send ourselves */
	struct presentation ps; /* contexts, as CN offered them */
	struct octets called;   /* PSEL */
};

struct tap *tap_new(struct arena *a, const struct faults *f, uint64_t slow) MUST_USE;
/* Takes all that stands in from; *ready is what may be sent. */
enum tap_verdict tap_outgoing(struct tap *t, int fd, struct buf *from, struct buf **ready);
/* Octets that came; *ready is what the association may have. */
enum tap_verdict tap_incoming(struct tap *t, int fd, const void *p, size_t n, struct buf **ready);
/* Octets that may be read or written at once. */
size_t tap_portion(const struct tap *t, size_t most);

#endif
