/*
 * osi/opening.c - see opening.h.  Called by association.c.
 */
#include "osi/opening.h"

#include <string.h>

#include "base/str.h"
#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/session_pdu.h"

static const uint8_t oid_mts_transfer[] = {0x56, 0x00, 0x01, 0x06}; /* 2.6.0.1.6 */

void opening_init(struct opening *p, const struct osi_options *o, struct arena *keep)
{
	*p = (struct opening){.o = o,
	                      .keep = keep,
	                      .mode = o->mode,
	                      .application_protocol = -1,
	                      .ps = {.calling = o->calling.psel,
	                             .called = o->called.psel,
	                             .further = o->further_contexts,
	                             .n_further = o->n_further_contexts}};
}

static struct octets own_context_name(const struct opening *p)
{
	if (p->o->application_context.p != NULL)
		return p->o->application_context;
	return (struct octets){oid_mts_transfer, sizeof oid_mts_transfer};
}

static struct octets keep(const struct opening *p, struct octets v)
{
	return v.p == NULL ? v : (struct octets){arena_memdup(p->keep, v.p, v.len), v.len};
}

static int check_peer(const struct opening *p, struct err *e)
{
	const char *said = p->peer.name, *want = p->o->expected.name;

	if (bind_matches(&p->peer, &p->o->expected))
		return 0;
	return ERR(e, ERR_OSI_BIND_REFUSED, "peer is MTA \"%s\"%s; expected is \"%s\"", said == NULL ? "" : said,
	           said != NULL && strcmp(said, want) == 0 ? " with another password" : "", want);
}

/* ---- initiator ---- */

int opening_request(struct opening *p, struct arena *a, struct octets *cp, struct err *e)
{
	const struct osi_options *o = p->o;
	struct rtse_open rt = {.checkpoint = o->checkpoint, .window = o->window, .dialogue = o->twa ? RT_TWA : RT_MONOLOGUE};
	struct acse_aarq aarq = {.context_name = own_context_name(p), .rtse_context = 2 * PS_RTSE + 1};
	struct octets pdu;

	TRY(bind_encode_argument(a, &o->local, o->password_octets, &rt.data, e));
	TRY(rtse_encode_rtorq(a, &rt, &aarq.information, e));
	TRY(acse_encode_aarq(a, &aarq, &pdu, e));
	TRY(presentation_encode_cp(a, &p->ps, pdu, cp, e));
	if (cp->len > SPDU_CONNECT_DATA_MAX)
		return ERR(e, ERR_BUG_INTERNAL, "connect data of %zu octets; %d can be sent", cp->len, SPDU_CONNECT_DATA_MAX);
	return 0;
}

int opening_confirm(struct opening *p, struct arena *a, struct octets cpa, struct err *e)
{
	struct acse_aare aare;
	struct octets acse;

	TRY(presentation_decode_cpa(a, &p->ps, cpa, &acse, e));
	TRY(acse_decode_aare(a, acse, &aare, e));
	if (aare.result != ACSE_ACCEPTED)
		return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "AARE %s inside an accepted presentation connection", acse_result_name(aare.result));
	if (aare.information.p == NULL)
		return ERR(e, ERR_OSI_ACSE, "AARE without RTOAC");
	TRY(rtse_decode_rtoac(a, aare.information, &p->agreed, e));
	p->agreed.dialogue = p->o->twa ? RT_TWA : RT_MONOLOGUE;
	TRY(bind_decode_result(a, p->agreed.data, p->keep, &p->peer, e));
	p->agreed.data = (struct octets){0};
	return check_peer(p, e);
}

/* ---- responder ---- */

static struct octets refuse_presentation(struct opening *p, struct arena *a, int reason)
{
	struct octets cpr;
	struct err e;

	if (reason == CPR_ADDRESS_UNKNOWN)
		p->ps.count = 0; /* nothing was looked at */
	return presentation_encode_cpr(a, &p->ps, reason, (struct octets){0}, &cpr, &e) == 0 ? cpr : (struct octets){0};
}

/* CPR with an AARE that rejects; rtorj p NULL: none. */
static struct octets refuse_association(const struct opening *p, struct arena *a, int result, int diagnostic, struct octets rtorj)
{
	struct acse_aare aare = {.context_name = p->context_name,
	                         .result = result,
	                         .source = ACSE_SOURCE_USER,
	                         .diagnostic = diagnostic,
	                         .rtse_context = p->ps.context[PS_RTSE],
	                         .information = rtorj};
	struct octets pdu, cpr;
	struct err e;

	if (acse_encode_aare(a, &aare, &pdu, &e) != 0 || presentation_encode_cpr(a, &p->ps, CPR_USER, pdu, &cpr, &e) != 0)
		return (struct octets){0};
	return cpr;
}

struct octets opening_refuse(const struct opening *p, struct arena *a, enum osi_bind_error error)
{
	struct octets data, rtorj = {0};
	struct err e;

	if (bind_encode_error(a, (int)error, &data, &e) != 0 || rtse_encode_rtorj(a, data, &rtorj, &e) != 0)
		rtorj = (struct octets){0};
	return refuse_association(p, a, error == OSI_BIND_BUSY ? ACSE_REJECTED_TRANSIENT : ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, rtorj);
}

static int check_context_name(const struct opening *p, struct err *e)
{
	struct octets own = own_context_name(p), name = p->context_name;
	char hex[65] = "", ours[65] = "";

	if (name.len == own.len && memcmp(name.p, own.p, own.len) == 0)
		return 0;
	str_hex(hex, name.p, MIN_OF(name.len, (size_t)32));
	str_hex(ours, own.p, MIN_OF(own.len, (size_t)32));
	return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "peer's application context is OID %s, ours is %s: refused with diagnostic 2", hex, ours);
}

/* RTORQ and bind of the peer; on -1 *error is what the bind error must say, -1: no RTORJ. */
static int check_rtorq(struct opening *p, struct arena *a, struct octets rtorq, int *error, struct err *e)
{
	*error = -1;
	TRY(rtse_decode_rtorq(a, rtorq, &p->agreed, e));
	if (p->agreed.recover)
		return ERR(e, ERR_OSI_RTSE, "peer wants to recover an association; a new one and a full transfer is all there is");
	if (p->agreed.dialogue != RT_MONOLOGUE && p->agreed.dialogue != RT_TWA) {
		*error = OSI_BIND_DIALOGUE;
		return ERR(e, ERR_OSI_RTSE, "dialogue mode %d; 0 and 1 are known", p->agreed.dialogue);
	}
	TRY(bind_decode_argument(a, p->agreed.data, p->keep, &p->peer, e));
	p->agreed.data = (struct octets){0};
	*error = OSI_BIND_AUTHENTICATION;
	return check_peer(p, e);
}

int opening_indication(struct opening *p, struct arena *a, struct octets in, struct octets *cpr, struct err *e)
{
	struct presentation_cp cp;
	struct acse_aarq aarq;
	int reason, error;

	if (presentation_decode_cp(a, &p->ps, in, &cp, &reason, e) != 0) {
		*cpr = refuse_presentation(p, a, reason);
		return -1;
	}
	if (acse_decode_aarq(a, cp.acse, &aarq, e) != 0) {
		*cpr = refuse_presentation(p, a, CPR_UNREADABLE);
		return -1;
	}
	p->calling_psel = keep(p, cp.calling);
	p->ps.called = keep(p, cp.called); /* goes back as responding PSEL */
	p->context_name = keep(p, aarq.context_name);
	if (check_context_name(p, e) != 0) {
		*cpr = refuse_association(p, a, ACSE_REJECTED_PERMANENT, ACSE_CONTEXT_NOT_SUPPORTED, (struct octets){0});
		return -1;
	}
	if (check_rtorq(p, a, aarq.information, &error, e) == 0)
		return 0;
	*cpr = error >= 0 ? opening_refuse(p, a, (enum osi_bind_error)error)
	                  : refuse_association(p, a, ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, (struct octets){0});
	return -1;
}

int opening_accept(struct opening *p, struct arena *a, const struct osi_mta *local, struct octets *cpa, struct err *e)
{
	struct acse_aare aare = {.context_name = p->context_name, .source = ACSE_SOURCE_USER, .rtse_context = p->ps.context[PS_RTSE]};
	struct rtse_open rt;
	struct octets pdu;

	/* never more than was offered; offered 0 stays 0 (X.218 8.1.1) */
	p->agreed.checkpoint = MIN_OF(p->agreed.checkpoint, p->o->checkpoint);
	p->agreed.window = MIN_OF(p->agreed.window, p->o->window);
	rt = p->agreed;
	TRY(bind_encode_result(a, local, p->o->password_octets, &rt.data, e));
	TRY(rtse_encode_rtoac(a, &rt, &aare.information, e));
	TRY(acse_encode_aare(a, &aare, &pdu, e));
	return presentation_encode_cpa(a, &p->ps, p->ps.called, pdu, cpa, e);
}
