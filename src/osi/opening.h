/*
 * osi/opening.h - RT-OPEN with the MTA bind: the PDUs of presentation, ACSE, RTSE and bind one inside the other, as they
 * travel in CN, AC and RF (X.228 8.1, X.419 10).  In X.410-1984 mode there is no ACSE between.
 *
 * Octets that come out live in the arena that is given and may go when they are sent; what the association needs later
 * stays in struct opening and its arena keep.
 */
#ifndef MIXGATE_OSI_OPENING_H
#define MIXGATE_OSI_OPENING_H

#include "osi/association.h"
#include "osi/presentation.h"
#include "osi/rtse_pdu.h"

struct opening {
	const struct osi_options *o;
	struct arena *keep;
	enum osi_mode mode;
	long application_protocol;  /* responder, X.410 mode: as it came, -1: none */
	struct presentation ps;
	struct rtse_open agreed;    /* checkpoint, window, dialogue */
	struct octets context_name; /* responder: AARQ's, goes back in AARE */
	struct octets calling_psel; /* responder: the peer's */
	struct osi_mta peer;
};

void opening_init(struct opening *p, const struct osi_options *o, struct arena *keep);
/* Initiator: what CN carries; what AC brought, 0 when everything fits. */
int opening_request(struct opening *p, struct arena *a, struct octets *cp, struct err *e) MUST_USE;
int opening_confirm(struct opening *p, struct arena *a, struct octets cpa, struct err *e) MUST_USE;
/* Responder: what CN brought: 0, or -1 with why and what RF must carry (p NULL: nothing). */
int opening_indication(struct opening *p, struct arena *a, struct octets cp, struct octets *cpr, struct err *e) MUST_USE;
/* What AC carries; negotiates. */
int opening_accept(struct opening *p, struct arena *a, const struct osi_mta *local, struct octets *cpa, struct err *e) MUST_USE;
/* What AB carries: RTAB in ABRT in ARU; in X.410 mode RTAB alone (p NULL: nothing yet). */
int opening_abort(const struct opening *p, struct arena *a, enum rtab_reason reason, struct octets *aru, struct err *e) MUST_USE;
/* What RF carries when the bind is refused. */
struct octets opening_refuse(const struct opening *p, struct arena *a, enum osi_bind_error error);

#endif
