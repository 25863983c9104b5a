/*
 * osi/rtse.h - the transfer phase of reliable transfer (X.228 clause 8.3 ff., normal mode): sending, receiving, the turn.
 *
 * S-primitives and the owner's requests in, at most one event of association.h out.  Opening, release and abort are
 * association.c's.  Nothing of an APDU is kept: octets go down as they are given and come up as slices of the input.
 */
#ifndef MIXGATE_OSI_RTSE_H
#define MIXGATE_OSI_RTSE_H

#include "osi/association.h"
#include "osi/pdata.h"
#include "osi/session.h"

enum rtse_state {
	RT_IDLE,      /* bound, no activity */
	RT_SENDING,   /* activity started by us */
	RT_ENDING,    /* AE sent, waiting for AEA: the peer secures the APDU */
	RT_DISCARDING,/* AD sent, waiting for ADA */
	RT_RECEIVING, /* activity started by the peer */
	RT_SECURING,  /* AE came, the owner secures the APDU */
	RT_REFUSING,  /* ED sent, waiting for AD or AI */
	RT_GIVING,    /* GTC sent, waiting for GTA */
	RTSE_STATES
};

/* Events of the table: the S-primitives, then what the owner asks for. */
enum rtse_request {
	RT_TRANSFER_REQUEST = SESSION_KINDS, /* total */
	RT_TRANSFER_END,                     /* all octets were given */
	RT_DISCARD_REQUEST,                  /* why */
	RT_INTERRUPT_REQUEST,                /* why */
	RT_TRANSFER_RESPONSE,                /* the APDU is secured */
	RT_REFUSE_REQUEST,                   /* number: reason of ED */
	RT_TURN_GIVE_REQUEST,
	RT_TURN_PLEASE_REQUEST,              /* data: user data of PT */
	RTSE_EVENTS
};
struct rtse_input {
	const struct session_primitive *p; /* S-primitives */
	uint64_t total;
	unsigned number;
	struct octets data;
	const struct err *why;
};

struct rtse_options {
	unsigned checkpoint; /* agreed: units of 1024 octets, 0: none */
	unsigned window;     /* agreed: MIPs without MIA */
	bool twa;            /* agreed */
	bool keep_turn;      /* the owner wants the turn when it comes; else it goes back at once */
	uint64_t fragment;   /* no RTTR longer than this, 0: no limit */
	uint64_t apdu_max;   /* 0: no limit */
	long context_rtse, context_mtse;
};

/* How the association ends: for a fault of the peer's, or because our user wants an end that nothing else can give. */
enum rtse_fault { RTSE_NO_FAULT, RTSE_FAULT_PRESENTATION, RTSE_FAULT_TD_OUTSIDE, RTSE_FAULT_PROTOCOL, RTSE_FAULT_USER };

struct rtse {
	struct rtse_options o;
	enum rtse_state state;
	struct session *session;
	/* sending */
	uint64_t total, given; /* octets of the APDU */
	uint64_t stream_left;  /* octets of EXTERNAL and APDU not yet given down */
	uint64_t piece_left;   /* of the RTTR that was begun */
	unsigned unconfirmed;  /* MIPs without MIA */
	unsigned activity;     /* number of the last activity of ours */
	bool told;             /* SEND_MORE is on its way */
	int please;            /* priority of a turn request that waits, -1: none */
	struct err why;        /* NOT_CONFIRMED after ADA */
	/* receiving */
	struct pdata pdata;
	struct external external;
	uint64_t received;
	struct octets piece;   /* what is left of the S-DATA indication that is being read */
	struct octets inner;   /* what is left of its RTTR octets that are being read */
	bool piece_open, piece_end;
	/* fault */
	enum rtse_fault fault;
	struct err err;
};

void rtse_init(struct rtse *r, struct session *s, const struct rtse_options *o);
/* A primitive of the transfer phase. */
void rtse_primitive(struct rtse *r, const struct session_primitive *p, struct osi_event *ev);
/* Goes on with the S-DATA indication at hand: true while there is more to do before new input. */
bool rtse_continue(struct rtse *r, struct osi_event *ev);
/* The input that S-DATA indications are slices of moved in memory. */
void rtse_input_moved(struct rtse *r, const uint8_t *from, const uint8_t *to);
/* The owner's requests; false: not in this state, nothing was done. */
bool rtse_request(struct rtse *r, enum rtse_request q, const struct rtse_input *i);
/* Octets that may be given, when wire_room octets of output may still be made. */
size_t rtse_room(const struct rtse *r, size_t wire_room);
void rtse_transfer_data(struct rtse *r, const void *p, size_t n);

#endif
