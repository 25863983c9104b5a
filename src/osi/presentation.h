/*
 * osi/presentation.h - X.226: the PPDUs that open, refuse and abort, and User-data around everything else.
 *
 * "The user's APDU" is ACSE's in normal mode; in X.410-1984 mode, which has neither contexts nor ACSE, it is RTSE's.
 * Context numbers are the initiator's choice; struct presentation remembers them.  P-DATA is not here (pdata.h).
 * Results live in the arena that is given, which may go right after use.
 */
#ifndef MIXGATE_OSI_PRESENTATION_H
#define MIXGATE_OSI_PRESENTATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "ber/gate.h"

/* What every PDU decoder of this module asks of the gate: connect data are short. */
#define OSI_BER_LIMITS ((struct ber_limits){.size = 16384, .depth = 64, .count = 4096})

/* The three abstract syntaxes of P1 in normal mode (X.419 10.2). */
enum presentation_use { PS_ACSE, PS_RTSE, PS_MTSE, PS_USES };

#define PRESENTATION_CONTEXTS 128 /* more in a definition list are refused */
enum { PS_ACCEPTANCE = 0, PS_USER_REJECTION = 1, PS_PROVIDER_REJECTION = 2 };
enum { CPR_NOT_SPECIFIED = 0, CPR_LOCAL_LIMIT = 2, CPR_ADDRESS_UNKNOWN = 3, CPR_VERSION = 4, CPR_DEFAULT_CONTEXT = 5, CPR_UNREADABLE = 6, CPR_USER = -1 };
enum { ARP_NOT_SPECIFIED = 0, ARP_UNRECOGNISED_PPDU = 1, ARP_UNEXPECTED_PPDU = 2, ARP_TD_PPDU = 7 };

struct presentation {
	bool x410;                     /* X.410-1984 mode; responder: what CP said */
	struct octets calling, called; /* PSELs: initiator: what we say; responder: called is our own, p NULL: any */
	const struct octets *further;  /* initiator: abstract syntaxes offered beside ours (OID contents), for trials */
	size_t n_further;
	long context[PS_USES];         /* numbers in use */
	bool usable[PS_USES];          /* accepted */
	struct {
		uint8_t result, reason;
	} results[PRESENTATION_CONTEXTS]; /* responder: the answer to each context offered */
	size_t count;
};

const char *presentation_use_name(enum presentation_use u);
/* Initiator. */
int presentation_encode_cp(struct arena *a, struct presentation *p, struct octets user, struct octets *out, struct err *e) MUST_USE;
int presentation_decode_cpa(struct arena *a, struct presentation *p, struct octets in, struct octets *user, struct err *e) MUST_USE;
/* CPR: *reason is CPR_USER when the user above refused; *user (p NULL: none) is its APDU: AARE, in X.410 mode RTORJ. */
int presentation_decode_cpr(struct arena *a, struct octets in, int *reason, struct octets *user, struct err *e) MUST_USE;
const char *presentation_reason_name(int reason);

/* Responder.  CP: on -1 *reason says what CPR must say; *calling and *called are the PSELs (p NULL: absent). */
struct presentation_cp {
	struct octets calling, called, user;
};
int presentation_decode_cp(struct arena *a, struct presentation *p, struct octets in, struct presentation_cp *cp, int *reason, struct err *e) MUST_USE;
int presentation_encode_cpa(struct arena *a, const struct presentation *p, struct octets responding, struct octets user, struct octets *out, struct err *e) MUST_USE;
int presentation_encode_cpr(struct arena *a, const struct presentation *p, int reason, struct octets user, struct octets *out, struct err *e) MUST_USE;

/* User-data with one PDV; in FN, DN and PT.  In X.410 mode the value stands alone. */
int presentation_encode_user_data(struct arena *a, const struct presentation *p, enum presentation_use use, struct octets value,
                                  struct octets *out, struct err *e) MUST_USE;
int presentation_decode_user_data(struct arena *a, const struct presentation *p, struct octets in, struct octets *value,
                                  struct err *e) MUST_USE;

/* Aborts: ARU around ABRT (X.410 mode: RTAB); ARP. */
int presentation_encode_aru(struct arena *a, const struct presentation *p, struct octets user, struct octets *out, struct err *e) MUST_USE;
int presentation_encode_arp(struct arena *a, int reason, int event, struct octets *out, struct err *e) MUST_USE;
struct presentation_abort {
	bool provider;
	int reason, event;  /* ARP; -1: absent */
	struct octets user; /* ARU: ABRT, in X.410 mode RTAB */
};
int presentation_decode_abort(struct arena *a, struct octets in, struct presentation_abort *out, struct err *e) MUST_USE;

#endif
