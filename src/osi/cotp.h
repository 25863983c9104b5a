/*
 * osi/cotp.h - transport class 0 (X.224) over TPKT: connection, TSDUs cut into DT TPDUs and joined again.
 *
 * Octets in, T-primitives out, octets to send into a buffer.  A TSDU is never kept: its pieces are handed up as slices of
 * the input as they come, and going down its length is said first and its octets follow in any portions, so that a TSDU
 * of any length passes in constant memory and every TPDU is filled.
 */
#ifndef MIXGATE_OSI_COTP_H
#define MIXGATE_OSI_COTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "osi/tpkt.h"

#define COTP_TPDU_MAX (TPKT_MAX - TPKT_HEADER) /* 65531: class 0 over RFC 1006 without a size parameter */
#define COTP_DT_HEAD  3
#define COTP_SEL_MAX  64

/* X.224 table A.1: the states that class 0 has. */
enum cotp_state { COTP_CLOSED, COTP_WFNC, COTP_WFCC, COTP_OPEN, COTP_CLOSING, COTP_STATES, COTP_ANY = COTP_STATES };

enum cotp_kind { T_NONE, T_CONNECT_INDICATION, T_CONNECT_CONFIRM, T_DATA, T_DISCONNECT };
struct cotp_primitive {
	enum cotp_kind kind;
	struct octets data; /* T_DATA: a piece of the TSDU, a slice of the input */
	bool end;           /* T_DATA: the TSDU ends here */
};

struct cotp_options {
	bool initiator;
	struct octets calling, called; /* responder: called is our own TSEL, p NULL: any */
	bool busy;                     /* responder: DR 1 */
	unsigned size;                 /* exponent 7..16, 0: no parameter */
	uint16_t reference;            /* our SRC-REF */
};

struct cotp {
	struct cotp_options o;
	enum cotp_state state;
	struct buf *out;
	uint16_t remote;       /* the peer's reference */
	size_t tpdu_max;       /* largest TPDU we may send */
	unsigned exponent;     /* what was said in CC, 0: nothing */
	bool has_calling, has_called;
	uint8_t calling[COTP_SEL_MAX], called[COTP_SEL_MAX]; /* what the peer's CR said */
	size_t calling_len, called_len;
	/* receiving */
	uint8_t head[TPKT_HEADER + 256];
	size_t held;   /* octets of the packet in head */
	size_t length; /* of the whole packet, 0: header not complete */
	size_t left;   /* payload octets of a DT still to come */
	bool in_dt, eot;
	/* sending */
	uint64_t tsdu_left; /* octets of the TSDU still to be given */
	size_t tpdu_left;   /* octets that the TPDU just begun still takes */
	bool refused;       /* T_DISCONNECT: by DR or ER, the peer's or ours, before it was open */
	struct err err;     /* why T_DISCONNECT */
};

void cotp_init(struct cotp *c, const struct cotp_options *o, struct buf *out);
/* N-CONNECT confirm: TCP is open (initiator: CR goes out). */
void cotp_connected(struct cotp *c);
/* N-DISCONNECT: TCP is gone.  Gives T_DISCONNECT unless the connection was closed already. */
void cotp_disconnected(struct cotp *c, struct cotp_primitive *prim);
/* Takes octets until a primitive is complete; returns how many were used. */
size_t cotp_input(struct cotp *c, const uint8_t *p, size_t n, struct cotp_primitive *prim) MUST_USE;
/* T-DATA request, whole or in portions: begin says the length, put gives that many octets. */
void cotp_data_begin(struct cotp *c, uint64_t length);
void cotp_data_put(struct cotp *c, const void *p, size_t n);
void cotp_data(struct cotp *c, const void *p, size_t n);
/* True when a TSDU was begun and not ended: nothing else can be sent now. */
static inline bool cotp_in_tsdu(const struct cotp *c) { return c->tsdu_left > 0; }
/* Octets on the wire for n octets of TSDU, at most. */
uint64_t cotp_cost(const struct cotp *c, uint64_t n);
const char *cotp_state_name(enum cotp_state s);

#endif
