/*
 * osi/opening.c - see opening.h.  Called by association.c.
 */
#include "osi/opening.h"

#include <string.h>

#include "base/str.h"
#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/session_pdu.h"

/* X.419 12.1, 13.1: applicationProtocol.  One peer's 12 comes with its octets swapped; 1 is X.410's default. */
static const struct {
	enum osi_mode mode;
	long number, swapped;
} protocols[] = {
	{OSI_MODE_X410_1988, 12, 3072},
	{OSI_MODE_X410_1984, 1, 256},
};
#define PROTOCOL_DEFAULT 1

static const uint8_t oid_mts_transfer[] = {0x56, 0x00, 0x01, 0x06}; /* 2.6.0.1.6 */

void opening_init(struct opening *p, const struct osi_options *o, struct arena *keep)
{
	*p = (struct opening){.o = o,
	                      .keep = keep,
	                      .mode = o->mode,
	                      .application_protocol = -1,
	                      .ps = {.calling = o->calling.psel,
	                             .called = o->called.psel,
	                             .x410 = o->initiator && o->mode != OSI_MODE_NORMAL,
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
	if (said == NULL)
		return ERR(e, ERR_OSI_BIND_REFUSED, "peer gives no MTA name; expected is \"%s\"", want);
	return ERR(e, ERR_OSI_BIND_REFUSED, "peer is MTA \"%s\"%s; expected is \"%s\"", said,
	           strcmp(said, want) == 0 ? " with another password" : "", want);
}

/* ---- initiator ---- */

static long protocol_said(const struct osi_options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].mode == o->mode)
			return o->protocol_swapped ? protocols[i].swapped : protocols[i].number;
	return -1; /* normal mode: the application context name says it */
}

int opening_request(struct opening *p, struct arena *a, struct octets *cp, struct err *e)
{
	const struct osi_options *o = p->o;
	struct rtse_open rt = {.checkpoint = o->checkpoint,
	                       .window = o->window,
	                       .dialogue = o->twa ? RT_TWA : RT_MONOLOGUE,
	                       .application_protocol = protocol_said(o)};
	struct acse_aarq aarq = {.context_name = own_context_name(p), .rtse_context = 2 * PS_RTSE + 1};
	struct octets user;

	TRY(bind_encode_argument(a, &o->local, o->password_octets, p->ps.x410, &rt.data, e));
	TRY(rtse_encode_rtorq(a, &rt, &aarq.information, e));
	user = aarq.information;
	if (!p->ps.x410)
		TRY(acse_encode_aarq(a, &aarq, &user, e));
	TRY(presentation_encode_cp(a, &p->ps, user, cp, e));
	if (cp->len > SPDU_CONNECT_DATA_MAX)
		return ERR(e, ERR_BUG_INTERNAL, "connect data of %zu octets; %d can be sent", cp->len, SPDU_CONNECT_DATA_MAX);
	return 0;
}

static int take_aare(struct arena *a, struct octets in, struct octets *rtoac, struct err *e)
{
	struct acse_aare aare;

	TRY(acse_decode_aare(a, in, &aare, e));
	if (aare.result != ACSE_ACCEPTED)
		return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "AARE %s inside an accepted presentation connection", acse_result_name(aare.result));
	if (aare.information.p == NULL)
		return ERR(e, ERR_OSI_ACSE, "AARE without RTOAC");
	*rtoac = aare.information;
	return 0;
}

/* The answer may be lower, never higher (X.218 8.1.1).  0 offered is a limit for some and none for others: ISODE answers it with
 * what its SSDUs hold, and as the sender of checkpoints we can do as it says.  Without checkpoints there is no window. */
static int check_figures(const struct osi_options *o, const struct rtse_open *said, struct err *e)
{
	if (o->checkpoint != 0 && said->checkpoint > o->checkpoint)
		return ERR(e, ERR_OSI_RTSE, "peer answers checkpoint size %u to %u offered", said->checkpoint, o->checkpoint);
	if (said->checkpoint != 0 && said->window > o->window)
		return ERR(e, ERR_OSI_RTSE, "peer answers window %u to %u offered", said->window, o->window);
	return 0;
}

int opening_confirm(struct opening *p, struct arena *a, struct octets cpa, struct err *e)
{
	struct octets user, rtoac;

	TRY(presentation_decode_cpa(a, &p->ps, cpa, &user, e));
	rtoac = user;
	if (!p->ps.x410)
		TRY(take_aare(a, user, &rtoac, e));
	TRY(rtse_decode_rtoac(a, rtoac, &p->agreed, e));
	p->agreed.dialogue = p->o->twa ? RT_TWA : RT_MONOLOGUE;
	TRY(check_figures(p->o, &p->agreed, e));
	TRY(bind_decode_result(a, p->agreed.data, p->ps.x410, p->keep, &p->peer, e));
	p->agreed.data = (struct octets){0};
	return check_peer(p, e);
}

/* ---- responder ---- */

/* Why we refuse, in the words of each layer: a row is one refusal (X.228 8.1, X.227 9.2, X.411 12.1.1). */
enum refusal { REFUSE_BUSY, REFUSE_AUTHENTICATION, REFUSE_DIALOGUE, REFUSE_SECURITY_CONTEXT, REFUSE_RECOVER, REFUSE_UNREADABLE, REFUSE_CONTEXT_NAME };
static const struct {
	int result, diagnostic;   /* AARE */
	int bind_error;           /* RTORJ in AARE, -1: no RTORJ */
	enum rtorj_reason reason; /* X.410 mode: CPR */
} refusals[] = {
	[REFUSE_BUSY] = {ACSE_REJECTED_TRANSIENT, ACSE_NO_REASON, OSI_BIND_BUSY, RTORJ_BUSY},
	[REFUSE_AUTHENTICATION] = {ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, OSI_BIND_AUTHENTICATION, RTORJ_VALIDATION_FAILURE},
	[REFUSE_DIALOGUE] = {ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, OSI_BIND_DIALOGUE, RTORJ_DIALOGUE_MODE},
	[REFUSE_SECURITY_CONTEXT] = {ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, OSI_BIND_SECURITY_CONTEXT, RTORJ_VALIDATION_FAILURE},
	[REFUSE_RECOVER] = {ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, -1, RTORJ_CANNOT_RECOVER},
	[REFUSE_UNREADABLE] = {ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, -1, RTORJ_VALIDATION_FAILURE},
	[REFUSE_CONTEXT_NAME] = {ACSE_REJECTED_PERMANENT, ACSE_CONTEXT_NOT_SUPPORTED, -1, RTORJ_VALIDATION_FAILURE},
};

/* What the presentation user says in CPR: AARE around RTORJ; in X.410 mode RTORJ. */
static int refusal_apdu(const struct opening *p, struct arena *a, enum refusal r, struct octets *out, struct err *e)
{
	struct acse_aare aare = {.context_name = p->context_name,
	                         .result = refusals[r].result,
	                         .source = ACSE_SOURCE_USER,
	                         .diagnostic = refusals[r].diagnostic,
	                         .rtse_context = p->ps.context[PS_RTSE]};
	struct octets data;

	if (p->ps.x410)
		return rtse_encode_rtorj(a, refusals[r].reason, (struct octets){0}, out, e);
	if (refusals[r].bind_error >= 0) {
		TRY(bind_encode_error(a, refusals[r].bind_error, &data, e));
		TRY(rtse_encode_rtorj(a, RTORJ_NONE, data, &aare.information, e));
	}
	return acse_encode_aare(a, &aare, out, e);
}

static struct octets refuse(const struct opening *p, struct arena *a, enum refusal r)
{
	struct octets apdu, cpr;
	struct err e;

	if (refusal_apdu(p, a, r, &apdu, &e) != 0 || presentation_encode_cpr(a, &p->ps, CPR_USER, apdu, &cpr, &e) != 0)
		return (struct octets){0};
	return cpr;
}

/* The presentation provider refuses; in X.410 mode it has no words of its own. */
static struct octets refuse_presentation(struct opening *p, struct arena *a, int reason)
{
	struct octets cpr;
	struct err e;

	if (p->ps.x410)
		return refuse(p, a, REFUSE_UNREADABLE);
	if (reason == CPR_ADDRESS_UNKNOWN)
		p->ps.count = 0; /* nothing was looked at */
	return presentation_encode_cpr(a, &p->ps, reason, (struct octets){0}, &cpr, &e) == 0 ? cpr : (struct octets){0};
}

struct octets opening_refuse(const struct opening *p, struct arena *a, enum osi_bind_error error)
{
	for (enum refusal r = REFUSE_BUSY; r < REFUSE_RECOVER; r++)
		if (refusals[r].bind_error == (int)error)
			return refuse(p, a, r);
	return refuse(p, a, REFUSE_AUTHENTICATION);
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

/* X.410 mode: which of its two; -1: a protocol that is not P1 (P3 is 3), or not taken. */
static int take_protocol(struct opening *p, struct err *e)
{
	long said = p->agreed.application_protocol, number = said < 0 ? PROTOCOL_DEFAULT : said;

	p->application_protocol = said;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (number == protocols[i].number || number == protocols[i].swapped) {
			p->mode = protocols[i].mode;
			if ((p->o->modes & OSI_MODE_BIT(p->mode)) != 0)
				return 0;
		}
	return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "peer opens in X.410-1984 mode with application protocol %ld, which is not taken from it", number);
}

static bool normal_taken(const struct opening *p)
{
	return p->o->modes == 0 || (p->o->modes & OSI_MODE_BIT(OSI_MODE_NORMAL)) != 0;
}

/* RTORQ and bind of the peer; on -1 *why is the refusal. */
static int check_rtorq(struct opening *p, struct arena *a, struct octets rtorq, enum refusal *why, struct err *e)
{
	*why = REFUSE_UNREADABLE;
	TRY(rtse_decode_rtorq(a, rtorq, &p->agreed, e));
	if (p->ps.x410)
		TRY(take_protocol(p, e));
	*why = REFUSE_RECOVER;
	if (p->agreed.recover)
		return ERR(e, ERR_OSI_RTSE, "peer wants to recover an association; a new one and a full transfer is all there is");
	*why = REFUSE_DIALOGUE;
	if (p->agreed.dialogue != RT_MONOLOGUE && (p->agreed.dialogue != RT_TWA || p->o->monologue_only))
		return ERR(e, ERR_OSI_RTSE, "peer wants dialogue mode %d; %s", p->agreed.dialogue,
		           p->o->monologue_only ? "monologue (0) alone is taken" : "0 and 1 are known");
	*why = REFUSE_UNREADABLE;
	TRY(bind_decode_argument(a, p->agreed.data, p->ps.x410, p->keep, &p->peer, e));
	p->agreed.data = (struct octets){0};
	*why = REFUSE_AUTHENTICATION;
	return check_peer(p, e);
}

/* ACSE between presentation and RTSE, in normal mode alone. */
static int take_aarq(struct opening *p, struct arena *a, struct octets in, struct octets *rtorq, int *reason, struct err *e)
{
	struct acse_aarq aarq;

	*reason = CPR_NOT_SPECIFIED;
	if (!normal_taken(p))
		return ERR(e, ERR_OSI_PRESENTATION, "peer opens in normal mode, which is not taken from it");
	*reason = CPR_UNREADABLE;
	TRY(acse_decode_aarq(a, in, &aarq, e));
	*reason = CPR_USER;
	p->context_name = keep(p, aarq.context_name);
	*rtorq = aarq.information;
	return check_context_name(p, e);
}

int opening_indication(struct opening *p, struct arena *a, struct octets in, struct octets *cpr, struct err *e)
{
	struct presentation_cp cp;
	struct octets rtorq;
	enum refusal why;
	int reason;

	p->mode = OSI_MODE_NORMAL;
	if (presentation_decode_cp(a, &p->ps, in, &cp, &reason, e) != 0) {
		*cpr = refuse_presentation(p, a, reason);
		return -1;
	}
	p->calling_psel = keep(p, cp.calling);
	p->ps.called = keep(p, cp.called); /* goes back as responding PSEL */
	rtorq = cp.user;
	if (!p->ps.x410 && take_aarq(p, a, cp.user, &rtorq, &reason, e) != 0) {
		*cpr = reason == CPR_USER ? refuse(p, a, REFUSE_CONTEXT_NAME) : refuse_presentation(p, a, reason);
		return -1;
	}
	if (check_rtorq(p, a, rtorq, &why, e) == 0)
		return 0;
	*cpr = refuse(p, a, why);
	return -1;
}

int opening_accept(struct opening *p, struct arena *a, const struct osi_mta *local, struct octets *cpa, struct err *e)
{
	struct acse_aare aare = {.context_name = p->context_name, .source = ACSE_SOURCE_USER, .rtse_context = p->ps.context[PS_RTSE]};
	struct rtse_open rt;
	struct octets user;

	/* never more than was offered; offered 0 stays 0 (X.218 8.1.1) */
	p->agreed.checkpoint = MIN_OF(p->agreed.checkpoint, p->o->checkpoint);
	p->agreed.window = MIN_OF(p->agreed.window, p->o->window);
	rt = p->agreed;
	TRY(bind_encode_result(a, local, p->o->password_octets, p->ps.x410, &rt.data, e));
	TRY(rtse_encode_rtoac(a, &rt, &aare.information, e));
	user = aare.information;
	if (!p->ps.x410)
		TRY(acse_encode_aare(a, &aare, &user, e));
	return presentation_encode_cpa(a, &p->ps, p->ps.called, user, cpa, e);
}

/* ---- both ---- */

int opening_abort(const struct opening *p, struct arena *a, enum rtab_reason reason, struct octets *aru, struct err *e)
{
	struct octets user;

	*aru = (struct octets){0};
	if (!p->ps.x410 && !p->ps.usable[PS_ACSE])
		return 0;
	TRY(rtse_encode_rtab(a, reason, &user, e));
	if (!p->ps.x410)
		TRY(acse_encode_abrt(a, p->ps.context[PS_RTSE], user, &user, e));
	return presentation_encode_aru(a, &p->ps, user, aru, e);
}
