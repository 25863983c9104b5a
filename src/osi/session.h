/*
 * osi/session.h - the session protocol machine of X.225 with the functional units that RTS needs: kernel, half-duplex,
 * minor synchronize, activity management, exceptions.
 *
 * TSDU pieces and SS-user requests in, S-primitives out, SPDUs down to cotp.  Connect data are bounded; the user
 * information of DT is never kept but handed on piece by piece.  The three tokens always move together: "the turn".
 */
#ifndef MIXGATE_OSI_SESSION_H
#define MIXGATE_OSI_SESSION_H

#include "osi/cotp.h"
#include "osi/session_pdu.h"

/* X.225 annex A, table A.5: the states that these functional units reach. */
enum session_state {
	STA01,   /* idle, no transport connection */
	STA01A,  /* awaiting AA */
	STA01C,  /* idle, transport connected */
	STA02A,  /* awaiting AC */
	STA03,   /* awaiting DN */
	STA04B,  /* awaiting AEA */
	STA05B,  /* awaiting AIA */
	STA05C,  /* awaiting ADA */
	STA08,   /* awaiting S-CONNECT response */
	STA09,   /* awaiting S-RELEASE response */
	STA10B,  /* awaiting S-ACTIVITY-END response */
	STA11B,  /* awaiting S-ACTIVITY-INTERRUPT response */
	STA11C,  /* awaiting S-ACTIVITY-DISCARD response */
	STA16,   /* awaiting T-DISCONNECT indication */
	STA18,   /* awaiting GTA */
	STA19,   /* awaiting recovery initiation by our SS-user (ED or ER received) */
	STA20,   /* awaiting recovery SPDU (ED sent) */
	STA713,  /* data transfer */
	SESSION_STATES,
	STA_ANY = SESSION_STATES /* in the table: every state */
};

/* Events of the table: every SPDU, then what our SS-user asks for. */
enum session_request {
	S_CONNECT_REQUEST = SPDU_KINDS, /* data: presentation's CP */
	S_CONNECT_ACCEPT,               /* data: CPA */
	S_CONNECT_REJECT,               /* number: reason, data */
	S_SYNC_MINOR_REQUEST,
	S_SYNC_MINOR_RESPONSE,          /* number: serial */
	S_ACTIVITY_START_REQUEST,       /* data: activity identifier */
	S_ACTIVITY_END_REQUEST,
	S_ACTIVITY_END_RESPONSE,
	S_ACTIVITY_DISCARD_REQUEST,     /* number: reason */
	S_ACTIVITY_DISCARD_RESPONSE,
	S_ACTIVITY_INTERRUPT_REQUEST,   /* number: reason */
	S_ACTIVITY_INTERRUPT_RESPONSE,
	S_U_EXCEPTION_REQUEST,          /* number: reason */
	S_TOKEN_PLEASE_REQUEST,         /* data */
	S_CONTROL_GIVE_REQUEST,
	S_RELEASE_REQUEST,              /* data */
	S_RELEASE_RESPONSE,             /* data */
	S_U_ABORT_REQUEST,              /* data */
	S_INVALID,                      /* not a request: octets that are no SPDU of ours */
	S_TOO_LONG,                     /* the same: longer than we take */
	SESSION_EVENTS,
	S_ANY = SESSION_EVENTS          /* in the table: every event */
};

enum session_kind {
	S_NONE,
	S_CONNECT_INDICATION, /* spdu: CN */
	S_CONNECT_CONFIRM,    /* spdu: AC */
	S_CONNECT_REFUSED,    /* number: reason; data of the SS-user */
	S_DATA,               /* data: a piece of the SSDU; first, end */
	S_SYNC_MINOR_INDICATION, /* number */
	S_SYNC_MINOR_CONFIRM,    /* number */
	S_ACTIVITY_START_INDICATION, /* data: activity identifier; p NULL: the peer left it out */
	S_ACTIVITY_RESUME_INDICATION,
	S_ACTIVITY_END_INDICATION,
	S_ACTIVITY_END_CONFIRM,
	S_ACTIVITY_DISCARD_INDICATION, /* number: reason */
	S_ACTIVITY_DISCARD_CONFIRM,
	S_ACTIVITY_INTERRUPT_INDICATION,
	S_ACTIVITY_INTERRUPT_CONFIRM,
	S_EXCEPTION_INDICATION, /* ED or ER; number: reason */
	S_TOKEN_PLEASE_INDICATION, /* data */
	S_CONTROL_GIVE_INDICATION, /* we have the turn */
	S_CONTROL_GIVE_CONFIRM,    /* the peer has the turn */
	S_RELEASE_INDICATION, /* data */
	S_RELEASE_CONFIRM,    /* data */
	S_U_ABORT_INDICATION, /* data */
	S_P_ABORT_INDICATION, /* err of the session */
	S_REJECTED,           /* our SPM has refused the peer's CN; err says why */
	S_CLOSED,             /* nothing more comes: TCP may be closed */
	SESSION_KINDS
};
struct session_primitive {
	enum session_kind kind;
	struct octets data;
	bool first, end;
	unsigned number;
	struct spdu spdu;
};

struct session_options {
	bool initiator;
	struct octets calling, called; /* SSELs; responder: called is our own, p NULL: any */
	bool busy;                     /* responder: RF 1 */
	bool turn_to_responder;        /* initiator: all tokens to the other side */
	unsigned versions;             /* PI 22 of CN; 0: 03, or 02 when the connect data are long */
	struct octets reference;       /* PI 10 of CN */
	struct octets common;          /* PI 11 of CN */
};

struct session {
	struct session_options o;
	enum session_state state;
	struct cotp *cotp;
	struct buf *scratch;  /* for building one SPDU */
	bool turn;            /* we own data, minor and activity token */
	bool vact;            /* an activity is in progress */
	unsigned vm, va;      /* X.225 V(M), V(A) */
	unsigned version;     /* 1 or 2, agreed */
	unsigned tsdu_max;    /* largest TSDU that the peer takes, 0: no limit */
	struct spdu connect;  /* the peer's CN or AC; slices point into connect_tsdu */
	struct buf *connect_tsdu;
	/* TSDU that is coming in */
	struct buf *tsdu;
	enum { TSDU_START, TSDU_HEAD, TSDU_STREAM, TSDU_DISCARD } in;
	bool ssdu_open, ssdu_end; /* DT with enclosure: the SSDU goes on in the next TSDU */
	struct session_primitive next; /* of a PT that stood before another SPDU */
	struct err err;
};

void session_init(struct session *s, const struct session_options *o, struct cotp *c, struct arena *a);
/* T-CONNECT indication or confirm. */
void session_transport_open(struct session *s);
/* T-DISCONNECT. */
void session_transport_closed(struct session *s, const struct err *why, struct session_primitive *out);
/* A piece of a TSDU: at most one primitive. */
void session_tsdu(struct session *s, struct octets piece, bool end, struct session_primitive *out);
/* The second primitive of the last TSDU; false: none.  To be asked for before the next TSDU. */
bool session_more(struct session *s, struct session_primitive *out);
/* What our SS-user asks for.  A request that the state does not allow is our own bug: the session is aborted. */
void session_request(struct session *s, enum session_request r, struct octets data, unsigned number,
                     struct session_primitive *out);
/* S-DATA request: an SSDU of length octets, whose octets follow in portions through cotp_data_put. */
void session_data_begin(struct session *s, uint64_t length);
/* Ends everything because our side found a protocol error: AB, then wait for AA (S-P-ABORT). */
void session_provider_abort(struct session *s, struct session_primitive *out);
/* TIM ran out. */
void session_tim(struct session *s, struct session_primitive *out);
/* Responder, between S-CONNECT indication and response: version 1, if the peer knows it. */
void session_prefer_version_1(struct session *s);
const char *session_state_name(enum session_state s);

#endif
