/*
 * osi/association.h - one association: TPKT, COTP class 0, session, presentation, ACSE, RTSE and the MTA bind in one
 * sans-IO object (X.224, X.225, X.226, X.227, X.228, X.419).
 *
 * The owner (relay's assoc process, ping, source, sink, replay tests) feeds octets and time and sends what stands in
 * out; primitives come out as events.  Nothing here opens a socket, a file or looks at a clock.  A peer's mistake ends in
 * OSI_EV_ABORTED with an err that names layer, value and what to change; mail is never at stake here.
 */
#ifndef MIXGATE_OSI_ASSOCIATION_H
#define MIXGATE_OSI_ASSOCIATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct osi_association;

/* How RTSE travels, and which application protocol (X.419 clauses 11 to 13). */
enum osi_mode {
	OSI_MODE_NORMAL,    /* mts-transfer: ACSE, presentation contexts */
	OSI_MODE_X410_1988, /* mts-transfer-protocol: X.410-1984 mode, application protocol 12 */
	OSI_MODE_X410_1984, /* mts-transfer-protocol-1984: X.410-1984 mode, application protocol 1: the 1984 P1 */
	OSI_MODES
};
#define OSI_MODE_BIT(mode) (1u << (mode))

struct osi_selectors {
	struct octets tsel, ssel, psel; /* p NULL: absent */
};
struct osi_mta {
	const char *name;       /* IA5String, ub 32; NULL: unauthenticated bind */
	struct octets password; /* p NULL: none */
	bool octets;            /* the password as OCTET STRING even when it is ASCII; of a peer: that is how it came */
};

/* Seconds; each wait has one.  0: the figure in parentheses. */
struct osi_timeouts {
	unsigned connect; /* TCP open to CC, CN to AC (60) */
	unsigned bind;    /* responder: first octet to CN (60) */
	unsigned confirm; /* S-ACTIVITY-END to its confirm (600) */
	unsigned idle;    /* no activity: release as initiator (300) */
	unsigned abort;   /* TIM after AB (30) */
	unsigned data;    /* inside an activity, silence of the peer (120) */
};

struct osi_options {
	bool initiator;
	enum osi_mode mode;        /* initiator: opens in this one */
	unsigned modes;            /* responder: OSI_MODE_BITs of those it takes, 0: normal mode alone */
	bool protocol_swapped;     /* initiator, X.410 mode: application protocol 3072 for 12 and 256 for 1, as PP wants it */
	struct osi_selectors calling, called;
	struct osi_mta local;      /* what we say */
	struct osi_mta expected;   /* what the peer must say; name NULL: anything (the owner checks OSI_EV_BIND) */
	unsigned tpdu_size;        /* exponent offered, 7..16; 0: leave out (65531) */
	unsigned checkpoint;       /* units of 1024 octets, 0: none */
	unsigned window;           /* default 3 */
	bool twa;                  /* initiator: asks for two-way-alternate; responder: keeps the turn when it comes */
	bool monologue_only;       /* responder: two-way-alternate is refused with bind error 3 (X.410 mode: refuse reason 3) */
	bool turn_to_responder;    /* initiator: the first turn is the responder's */
	const char *ss_reference;  /* calling SS-user reference, T.61 text; NULL: MTA name; "": none */
	const char *common_reference; /* UTCTime text; NULL: none */
	struct osi_timeouts timeouts;
	uint64_t apdu_max;         /* received APDU larger than this: refused by ED 5 */
	uint64_t fragment;         /* cut RTTRs to this many octets, 0: X.228's way, at checkpoints alone */
	bool password_octets;      /* password as OCTET STRING; default: IA5String when it is ASCII */
	uint16_t reference;        /* transport reference, 0: 1 */
	unsigned session_versions; /* PI 22 of CN, 0: 1 and 2 as the length of the connect data allows */
	struct octets application_context; /* contents of an OID; p NULL: mts-transfer 2.6.0.1.6 */
	const struct octets *further_contexts; /* abstract syntaxes (OID contents) offered beside ours, for trials */
	size_t n_further_contexts;
	enum osi_busy { OSI_BUSY_NOT, OSI_BUSY_TRANSPORT, OSI_BUSY_SESSION } busy; /* responder: everybody is refused by DR 1, RF 1 */
};

enum osi_event_kind {
	OSI_EV_NONE,             /* nothing more now: wait for octets or the deadline */
	OSI_EV_BIND,             /* responder: MTA bind indication: osi_peer tells names; answer osi_bind_accept/refuse */
	OSI_EV_OPEN,             /* bound: RT-OPEN confirm (initiator) or our acceptance is on its way (responder) */
	OSI_EV_REFUSED,          /* RT-OPEN refused, by the peer or by us; err has layer and reason: close TCP after out is sent */
	OSI_EV_TRANSFER_START,   /* receiving: activity started; err: what was wrong with it and did no harm */
	OSI_EV_TRANSFER_DATA,    /* receiving: data octets of the APDU, in event.data (valid until the next call) */
	OSI_EV_TRANSFER_END,     /* receiving: S-ACTIVITY-END indication: secure it, then osi_transfer_confirm or _refuse */
	OSI_EV_TRANSFER_DROPPED, /* receiving: peer discarded or interrupted: drop what came */
	OSI_EV_SEND_MORE,        /* sending: window and out have room: osi_transfer_data */
	OSI_EV_CONFIRMED,        /* sending: RT-TRANSFER confirm: the peer has secured it */
	OSI_EV_NOT_CONFIRMED,    /* sending: exception report; discarded; err says why; nothing was delivered */
	OSI_EV_TURN_PLEASE,      /* the peer wants the turn (priority in event.number) */
	OSI_EV_TURN_GIVEN,
	OSI_EV_RELEASED,         /* orderly end: close TCP after out is sent */
	OSI_EV_ABORTED           /* end: close TCP after out is sent */
};
struct osi_event {
	enum osi_event_kind kind;
	struct octets data;
	int number;
	struct err err;
};

struct osi_association *osi_new(struct arena *a, const struct osi_options *o, int64_t now_ms) MUST_USE;
/* Octets to send; the owner consumes what it has sent (several TPDUs a writev). */
struct buf *osi_out(struct osi_association *s);
/* Initiator: TCP is open. */
void osi_connected(struct osi_association *s, int64_t now_ms);
/* Octets from TCP; all are taken. */
void osi_input(struct osi_association *s, const void *p, size_t n, int64_t now_ms);
/* TCP was closed or failed. */
void osi_disconnected(struct osi_association *s, int64_t now_ms);
/* The next event; call until OSI_EV_NONE after every input, tick or request. */
void osi_next_event(struct osi_association *s, struct osi_event *ev);
/* When osi_tick must be called at the latest (monotonic ms), or INT64_MAX.  It is in the past as soon as the owner has
 * taken so much from out that OSI_EV_SEND_MORE is due. */
int64_t osi_deadline(const struct osi_association *s);
void osi_tick(struct osi_association *s, int64_t now_ms);
/* What the peer said in bind (responder: before accept; initiator: after OPEN). */
const struct osi_mta *osi_peer(const struct osi_association *s);
const struct osi_selectors *osi_peer_selectors(const struct osi_association *s);
/* From BIND (responder) or OPEN on: the mode in use, and whether turns change. */
enum osi_mode osi_mode_of(const struct osi_association *s);
bool osi_twa(const struct osi_association *s);
/* Responder, X.410 mode: applicationProtocol as the peer sent it; 3072 and 256 are 12 and 1 with their octets swapped and
 * worth a line in the log.  -1: none (it counts as 1). */
long osi_application_protocol(const struct osi_association *s);

/* How far it came and what was agreed on the way, for whoever explains it; stays readable when the association is over. */
struct osi_progress {
	int64_t connected, transport, answered; /* when TCP was open, CC came, AC or RF came (responder: AC went); 0: never */
	bool received;            /* any octet at all */
	bool refused;             /* answered by RF, whose reason is */
	unsigned refusal;
	size_t tpdu_size;         /* octets of a TPDU of ours, head included */
	unsigned session_version; /* agreed, 0: not yet */
	unsigned checkpoint, window;
};
void osi_progress(const struct osi_association *s, struct osi_progress *out);

/* Responder. */
enum osi_bind_error { OSI_BIND_BUSY = 0, OSI_BIND_AUTHENTICATION = 2, OSI_BIND_DIALOGUE = 3, OSI_BIND_SECURITY_CONTEXT = 4 };
void osi_bind_accept(struct osi_association *s, const struct osi_mta *local, int64_t now_ms);
void osi_bind_refuse(struct osi_association *s, enum osi_bind_error error, int64_t now_ms);

/* Sending (needs the turn). total is the length of the APDU without EXTERNAL; the EXTERNAL wrapper is made here. */
int osi_transfer_start(struct osi_association *s, uint64_t total, int64_t now_ms, struct err *e) MUST_USE;
/* How many APDU octets are wanted now (0: wait); give at most that many. */
size_t osi_transfer_room(const struct osi_association *s);
void osi_transfer_data(struct osi_association *s, const void *p, size_t n, int64_t now_ms);
/* All total octets were given: S-ACTIVITY-END request.  The commit point: before it osi_transfer_discard delivers
 * nothing. */
void osi_transfer_end(struct osi_association *s, int64_t now_ms);
void osi_transfer_discard(struct osi_association *s, int64_t now_ms);
/* The same by S-ACTIVITY-INTERRUPT, for trials: what was interrupted is never resumed. */
void osi_transfer_interrupt(struct osi_association *s, int64_t now_ms);
bool osi_has_turn(const struct osi_association *s);
bool osi_idle(const struct osi_association *s); /* open and no activity */

/* Receiving. */
void osi_transfer_confirm(struct osi_association *s, int64_t now_ms);
enum osi_refusal { OSI_REFUSE_TEMPORARY = 1, OSI_REFUSE_TOO_LARGE = 5, OSI_REFUSE_UNRECOVERABLE = 6 };
void osi_transfer_refuse(struct osi_association *s, enum osi_refusal reason, int64_t now_ms);

/* Two-way-alternate: ask for the turn (0 is the highest priority; false: it cannot be asked for now), give it. */
bool osi_turn_please(struct osi_association *s, int priority, int64_t now_ms);
void osi_turn_give(struct osi_association *s, int64_t now_ms);

/* Orderly end, by the association's initiator alone (a responder aborts instead); inside a transfer it waits for its
 * end. */
void osi_release(struct osi_association *s, int64_t now_ms);
/* AB goes out; OSI_EV_ABORTED follows when the peer has answered, or after timeouts.abort. */
void osi_abort(struct osi_association *s, int64_t now_ms);

#endif
