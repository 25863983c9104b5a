/*
 * osi/association.c - the layers put together: see association.h for the contract.
 *
 * Octets are kept as they came and read when the owner asks for events, one primitive at a time, so that at most one
 * event arises at once and TRANSFER_DATA is a slice of the input.  A PDU that opens or ends is built and read in an arena
 * of its own; the association's arena grows by the bind alone.  Every phase has a deadline, counted from the last progress.
 */
#include "osi/association.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/cotp.h"
#include "osi/presentation.h"
#include "osi/rtse.h"
#include "osi/rtse_pdu.h"
#include "osi/session.h"

#define OUT_DATA  ((size_t)262144) /* data are taken until this stands in out: four full TPDUs a writev */
#define OUT_SLACK ((size_t)262144) /* room for SPDUs and padding beside; a peer that asks and never reads ends here */
#define IN_MAX    ((size_t)4 << 20) /* the owner gives less at a time */
#define PDU_ARENA ((size_t)4 << 20)

enum phase {
	PHASE_NEW,        /* initiator: TCP not open yet */
	PHASE_CONNECTING, /* initiator: CR sent, CC awaited; responder: CR awaited */
	PHASE_OPENING,    /* initiator: CN sent, AC awaited; responder: CN awaited */
	PHASE_ASKING,     /* responder: BIND told, the owner's word awaited */
	PHASE_OPEN,
	PHASE_RELEASING,  /* FN sent, DN awaited */
	PHASE_ABORTING,   /* AB sent, AA awaited */
	PHASE_ENDED
};

struct osi_association {
	struct arena *arena;
	struct osi_options o;
	enum phase phase;
	struct cotp cotp;
	struct session session;
	struct presentation ps;
	struct rtse rtse;
	struct rtse_open agreed;
	struct octets context_name; /* responder: AARQ's, goes back in AARE */
	struct buf *in, *out;
	size_t in_at;
	bool lost;           /* TCP ended; input before it is still read */
	bool want_release, want_turn;
	struct osi_mta peer;
	struct osi_selectors peer_selectors;
	struct osi_event pending;
	struct err why;      /* for ABORTED */
	int64_t since, now;  /* last progress; last time seen */
	enum phase timed;    /* phase and state that since belongs to */
	enum rtse_state timed_state;
};

static const uint8_t oid_mts_transfer[] = {0x56, 0x00, 0x01, 0x06}; /* 2.6.0.1.6 */

static void tell(struct osi_association *s, enum osi_event_kind kind, const struct err *e)
{
	if (s->pending.kind != OSI_EV_NONE && s->pending.kind != OSI_EV_SEND_MORE)
		return; /* an end is told once */
	s->pending = (struct osi_event){.kind = kind};
	if (e != NULL)
		s->pending.err = *e;
}

static void end(struct osi_association *s, enum osi_event_kind kind, const struct err *e)
{
	s->phase = PHASE_ENDED;
	s->pending.kind = OSI_EV_NONE;
	tell(s, kind, e);
}

/* ---- aborts ---- */

/* After an abort of ours was handed to the session. */
static void aborted_by_us(struct osi_association *s, const struct err *why)
{
	s->why = *why;
	s->pending.kind = OSI_EV_NONE;
	if (s->session.state == STA01A) {
		s->phase = PHASE_ABORTING;
	} else {
		/* no AB could go out: what stands in out is half a TSDU that nobody should see completed */
		end(s, OSI_EV_ABORTED, why);
	}
}

/* RT-U-ABORT and RT-P-ABORT: AB with ARU, ABRT, RTAB (X.228 8.6, 8.7). */
static void abort_rtab(struct osi_association *s, enum rtab_reason reason, const struct err *why)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets rtab, abrt, aru = {0};
	struct err e;

	if (s->ps.usable[PS_ACSE] && (rtse_encode_rtab(a, reason, &rtab, &e) != 0 ||
	                              acse_encode_abrt(a, s->ps.context[PS_RTSE], rtab, &abrt, &e) != 0 ||
	                              presentation_encode_aru(a, &s->ps, abrt, &aru, &e) != 0))
		aru = (struct octets){0};
	session_request(&s->session, S_U_ABORT_REQUEST, aru, 0, &prim);
	arena_free(a);
	aborted_by_us(s, why);
}

/* P-P-ABORT: AB with ARP (X.226 6.4.4). */
static void abort_arp(struct osi_association *s, int reason, int event, const struct err *why)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets arp = {0};
	struct err e;

	if (presentation_encode_arp(a, reason, event, &arp, &e) != 0)
		arp = (struct octets){0};
	session_request(&s->session, S_U_ABORT_REQUEST, arp, 0, &prim);
	arena_free(a);
	aborted_by_us(s, why);
}

static void take_fault(struct osi_association *s)
{
	struct err e = s->rtse.err;
	enum rtse_fault f = s->rtse.fault;

	s->rtse.fault = RTSE_NO_FAULT;
	if (f == RTSE_FAULT_TD_OUTSIDE)
		abort_arp(s, ARP_UNEXPECTED_PPDU, ARP_TD_PPDU, &e);
	else if (f == RTSE_FAULT_PRESENTATION)
		abort_arp(s, ARP_UNRECOGNISED_PPDU, -1, &e);
	else
		abort_rtab(s, RTAB_PROTOCOL_ERROR, &e);
}

/* What the AB of the peer says, in words. */
static void explain_abort(struct octets data, struct err *e)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct presentation_abort p;
	struct octets rtab;
	struct err unread;
	int source, reason;

	if (data.len == 0 || presentation_decode_abort(a, data, &p, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "user abort without data that can be read");
	else if (p.provider)
		(void)ERR(e, ERR_OSI_ABORTED, "by its presentation provider: ARP reason %d, event %d", p.reason, p.event);
	else if (p.acse.p == NULL || acse_decode_abrt(a, p.acse, &source, &rtab, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "by its presentation user");
	else if (rtab.p == NULL || rtse_decode_rtab(a, rtab, &reason, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "by its ACSE, source %s", source == 0 ? "user" : "provider");
	else
		(void)ERR(e, ERR_OSI_ABORTED, "by its RTSE: reason %d (%s)", reason, rtse_abort_name(reason));
	arena_free(a);
}

/* ---- opening, initiator ---- */

static struct octets context_name(const struct osi_association *s)
{
	if (s->o.application_context.p != NULL)
		return s->o.application_context;
	return (struct octets){oid_mts_transfer, sizeof oid_mts_transfer};
}

static int build_cn(struct osi_association *s, struct arena *a, struct octets *cp, struct err *e)
{
	struct rtse_open rt = {.checkpoint = s->o.checkpoint, .window = s->o.window, .dialogue = s->o.twa ? RT_TWA : RT_MONOLOGUE};
	struct acse_aarq aarq = {.context_name = context_name(s), .rtse_context = 2 * PS_RTSE + 1};
	struct octets pdu;

	TRY(bind_encode_argument(a, &s->o.local, s->o.password_octets, &rt.data, e));
	TRY(rtse_encode_rtorq(a, &rt, &aarq.information, e));
	TRY(acse_encode_aarq(a, &aarq, &pdu, e));
	TRY(presentation_encode_cp(a, &s->ps, pdu, cp, e));
	if (cp->len > SPDU_CONNECT_DATA_MAX)
		return ERR(e, ERR_BUG_INTERNAL, "connect data of %zu octets; %d can be sent", cp->len, SPDU_CONNECT_DATA_MAX);
	return 0;
}

static void open_request(struct osi_association *s)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets cp;
	struct err e;

	session_transport_open(&s->session);
	if (build_cn(s, a, &cp, &e) != 0)
		end(s, OSI_EV_ABORTED, &e);
	else
		session_request(&s->session, S_CONNECT_REQUEST, cp, 0, &prim);
	if (s->phase != PHASE_ENDED)
		s->phase = PHASE_OPENING;
	arena_free(a);
}

static void begin_transfers(struct osi_association *s, const struct rtse_open *agreed)
{
	struct rtse_options o = {
		.checkpoint = agreed->checkpoint,
		.window = agreed->window,
		.twa = agreed->dialogue == RT_TWA,
		.keep_turn = s->o.twa || s->o.initiator,
		.fragment = s->o.fragment,
		.apdu_max = s->o.apdu_max,
		.context_rtse = s->ps.context[PS_RTSE],
		.context_mtse = s->ps.context[PS_MTSE],
	};

	rtse_init(&s->rtse, &s->session, &o);
	s->phase = PHASE_OPEN;
	tell(s, OSI_EV_OPEN, NULL);
	if (!o.keep_turn && s->session.turn)
		rtse_turn_give(&s->rtse, &s->pending); /* the initiator offered the first turn: nobody here wants it */
}

static int check_aare(struct osi_association *s, struct arena *a, struct octets acse, struct rtse_open *rt, struct err *e)
{
	struct acse_aare aare;

	TRY(acse_decode_aare(a, acse, &aare, e));
	if (aare.result != ACSE_ACCEPTED)
		return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "AARE %s inside an accepted presentation connection", acse_result_name(aare.result));
	if (aare.information.p == NULL)
		return ERR(e, ERR_OSI_ACSE, "AARE without RTOAC");
	TRY(rtse_decode_rtoac(a, aare.information, rt, e));
	TRY(bind_decode_result(a, rt->data, s->arena, &s->peer, e));
	if (!bind_matches(&s->peer, &s->o.expected))
		return ERR(e, ERR_OSI_BIND_REFUSED, "peer is MTA \"%s\"%s; expected is \"%s\"", s->peer.name == NULL ? "" : s->peer.name,
		           s->peer.name != NULL && strcmp(s->peer.name, s->o.expected.name) == 0 ? " with another password" : "", s->o.expected.name);
	return 0;
}

static struct octets connect_data(const struct spdu *p)
{
	return p->p[SP_USER_DATA].p != NULL ? p->p[SP_USER_DATA] : p->p[SP_EXTENDED_DATA];
}

static void open_confirm(struct osi_association *s, const struct spdu *ac)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct rtse_open rt;
	struct octets acse;
	struct err e = {0};

	if (presentation_decode_cpa(a, &s->ps, connect_data(ac), &acse, &e) != 0 || check_aare(s, a, acse, &rt, &e) != 0) {
		abort_rtab(s, e.id == ERR_OSI_BIND_REFUSED ? RTAB_USER_ERROR : RTAB_PROTOCOL_ERROR, &e);
	} else {
		rt.dialogue = s->o.twa ? RT_TWA : RT_MONOLOGUE;
		begin_transfers(s, &rt);
	}
	arena_free(a);
}

static const char *refuse_name(unsigned reason)
{
	switch (reason) {
	case 0:
		return "by its SS-user";
	case 1:
		return "SS-user congested";
	case 129:
		return "SSEL unknown";
	case 130:
		return "SS-user not attached to SSAP";
	case 131:
		return "SPM congested at connect time";
	case 132:
		return "proposed protocol versions not supported";
	case 133:
		return "rejected by its SPM";
	case 134:
		return "rejected by its SPM, implementation restriction";
	default:
		return "?";
	}
}

/* RTORJ in an AARE: the MTA's own answer. */
static int explain_rtorj(struct arena *a, const struct osi_association *s, struct octets rtorj, struct err *e)
{
	struct octets data;
	int reason, error;

	TRY(rtse_decode_rtorj(a, rtorj, &reason, &data, e));
	if (data.p == NULL)
		return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "RTORJ without a bind error, reason %d", reason);
	TRY(bind_decode_error(a, data, &error, e));
	return ERR(e, error == OSI_BIND_BUSY ? ERR_OSI_BUSY : ERR_OSI_BIND_REFUSED, "bind error %d (%s); we are MTA \"%s\"", error,
	           bind_error_name(error), s->o.local.name == NULL ? "" : s->o.local.name);
}

/* Fills e in any case. */
static int explain_cpr(struct arena *a, const struct osi_association *s, struct octets cpr, struct err *e)
{
	struct acse_aare aare;
	struct octets acse;
	char psel[3 * 32];
	int reason;

	TRY(presentation_decode_cpr(a, cpr, &reason, &acse, e));
	if (acse.p == NULL) {
		str_printable(psel, sizeof psel, s->o.called.psel.p, s->o.called.psel.len);
		return ERR(e, ERR_OSI_PRESENTATION_REFUSED, "CPR reason %d (%s); we called PSEL \"%s\"", reason,
		           presentation_reason_name(reason), psel);
	}
	TRY(acse_decode_aare(a, acse, &aare, e));
	if (aare.information.p != NULL && aare.information.len > 0 && aare.information.p[0] == 0xb2)
		return explain_rtorj(a, s, aare.information, e);
	return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "AARE %s: %s", acse_result_name(aare.result),
	           acse_diagnostic_name(aare.source, aare.diagnostic));
}

static void open_refused(struct osi_association *s, unsigned reason, struct octets data)
{
	struct arena *a = arena_new(PDU_ARENA);
	char ssel[3 * 32];
	struct err e = {0};

	str_printable(ssel, sizeof ssel, s->o.called.ssel.p, s->o.called.ssel.len);
	if (data.len == 0 || explain_cpr(a, s, data, &e) == 0)
		(void)ERR(&e, ERR_OSI_SESSION_REFUSED, "RF reason %u (%s); we called SSEL \"%s\"", reason, refuse_name(reason), ssel);
	end(s, OSI_EV_REFUSED, &e);
	arena_free(a);
}

/* ---- opening, responder ---- */

static void reject(struct osi_association *s, struct octets cpr, const struct err *why)
{
	struct session_primitive prim;

	session_request(&s->session, S_CONNECT_REJECT, cpr, cpr.p != NULL ? 2 : 0, &prim);
	end(s, OSI_EV_REFUSED, why);
}

static void reject_presentation(struct osi_association *s, struct arena *a, int reason, const struct err *why)
{
	struct octets cpr;
	struct err e;

	if (reason == CPR_ADDRESS_UNKNOWN)
		s->ps.count = 0; /* nothing was looked at */
	if (presentation_encode_cpr(a, &s->ps, reason, (struct octets){0}, &cpr, &e) != 0)
		cpr = (struct octets){0};
	reject(s, cpr, why);
}

/* CPR with an AARE that rejects; rtorj p NULL: none. */
static void reject_association(struct osi_association *s, struct arena *a, int result, int diagnostic, struct octets rtorj,
                               const struct err *why)
{
	struct acse_aare aare = {.context_name = s->context_name,
	                         .result = result,
	                         .source = ACSE_SOURCE_USER,
	                         .diagnostic = diagnostic,
	                         .rtse_context = s->ps.context[PS_RTSE],
	                         .information = rtorj};
	struct octets pdu, cpr;
	struct err e;

	if (aare.context_name.p == NULL)
		aare.context_name = context_name(s);
	if (acse_encode_aare(a, &aare, &pdu, &e) != 0 || presentation_encode_cpr(a, &s->ps, CPR_USER, pdu, &cpr, &e) != 0)
		cpr = (struct octets){0};
	reject(s, cpr, why);
}

static void reject_bind(struct osi_association *s, struct arena *a, enum osi_bind_error error, const struct err *why)
{
	struct octets data, rtorj = {0};
	struct err e;

	if (bind_encode_error(a, error, &data, &e) != 0 || rtse_encode_rtorj(a, data, &rtorj, &e) != 0)
		rtorj = (struct octets){0};
	reject_association(s, a, error == OSI_BIND_BUSY ? ACSE_REJECTED_TRANSIENT : ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, rtorj, why);
}

static struct octets keep(struct osi_association *s, struct octets v)
{
	return v.p == NULL ? v : (struct octets){arena_memdup(s->arena, v.p, v.len), v.len};
}

static int check_context_name(const struct osi_association *s, struct octets name, struct err *e)
{
	struct octets own = context_name(s);
	char hex[65] = "", ours[65] = "";

	if (name.len == own.len && memcmp(name.p, own.p, own.len) == 0)
		return 0;
	str_hex(hex, name.p, MIN_OF(name.len, (size_t)32));
	str_hex(ours, own.p, MIN_OF(own.len, (size_t)32));
	return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "peer's application context is OID %s, ours is %s: refused with diagnostic 2", hex, ours);
}

/* RTORQ and bind of the peer; on -1 *error is what the bind error must say, -1: no RTORJ. */
static int check_rtorq(struct osi_association *s, struct arena *a, struct octets rtorq, int *error, struct err *e)
{
	*error = -1;
	TRY(rtse_decode_rtorq(a, rtorq, &s->agreed, e));
	if (s->agreed.recover)
		return ERR(e, ERR_OSI_RTSE, "peer wants to recover an association; a new one and a full transfer is all there is");
	if (s->agreed.dialogue != RT_MONOLOGUE && s->agreed.dialogue != RT_TWA) {
		*error = OSI_BIND_DIALOGUE;
		return ERR(e, ERR_OSI_RTSE, "dialogue mode %d; 0 and 1 are known", s->agreed.dialogue);
	}
	TRY(bind_decode_argument(a, s->agreed.data, s->arena, &s->peer, e));
	if (bind_matches(&s->peer, &s->o.expected))
		return 0;
	*error = OSI_BIND_AUTHENTICATION;
	return ERR(e, ERR_OSI_BIND_REFUSED, "peer says it is MTA \"%s\"%s; expected is \"%s\"", s->peer.name == NULL ? "" : s->peer.name,
	           s->peer.name != NULL && strcmp(s->peer.name, s->o.expected.name) == 0 ? " with another password" : "", s->o.expected.name);
}

static void keep_selectors(struct osi_association *s, const struct spdu *cn, const struct presentation_cp *cp)
{
	if (s->cotp.has_calling)
		s->peer_selectors.tsel = (struct octets){s->cotp.calling, s->cotp.calling_len};
	s->peer_selectors.ssel = keep(s, cn->p[SP_CALLING_SSEL]);
	s->peer_selectors.psel = keep(s, cp->calling);
	s->ps.called = keep(s, cp->called); /* goes back as responding PSEL */
}

static void open_indication(struct osi_association *s, const struct spdu *cn)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct presentation_cp cp;
	struct acse_aarq aarq;
	struct err e = {0};
	int reason, error;

	if (presentation_decode_cp(a, &s->ps, connect_data(cn), &cp, &reason, &e) != 0) {
		reject_presentation(s, a, reason, &e);
	} else if (acse_decode_aarq(a, cp.acse, &aarq, &e) != 0) {
		reject_presentation(s, a, CPR_UNREADABLE, &e);
	} else {
		keep_selectors(s, cn, &cp);
		s->context_name = keep(s, aarq.context_name);
		if (check_context_name(s, aarq.context_name, &e) != 0) {
			reject_association(s, a, ACSE_REJECTED_PERMANENT, ACSE_CONTEXT_NOT_SUPPORTED, (struct octets){0}, &e);
		} else if (check_rtorq(s, a, aarq.information, &error, &e) != 0) {
			if (error >= 0)
				reject_bind(s, a, (enum osi_bind_error)error, &e);
			else
				reject_association(s, a, ACSE_REJECTED_PERMANENT, ACSE_NO_REASON, (struct octets){0}, &e);
		} else {
			s->phase = PHASE_ASKING;
			tell(s, OSI_EV_BIND, NULL);
		}
	}
	arena_free(a);
}

/* What RTOAC says: never more than was offered; offered 0 stays 0 (X.218 8.1.1). */
static void negotiate(struct osi_association *s)
{
	s->agreed.checkpoint = MIN_OF(s->agreed.checkpoint, s->o.checkpoint);
	s->agreed.window = MIN_OF(s->agreed.window, s->o.window);
}

static int build_ac(struct osi_association *s, struct arena *a, const struct osi_mta *local, struct octets *cpa, struct err *e)
{
	struct rtse_open rt = s->agreed;
	struct acse_aare aare = {.context_name = s->context_name, .source = ACSE_SOURCE_USER, .rtse_context = s->ps.context[PS_RTSE]};
	struct octets pdu;

	TRY(bind_encode_result(a, local, s->o.password_octets, &rt.data, e));
	TRY(rtse_encode_rtoac(a, &rt, &aare.information, e));
	TRY(acse_encode_aare(a, &aare, &pdu, e));
	return presentation_encode_cpa(a, &s->ps, s->ps.called, pdu, cpa, e);
}

/* ---- time ---- */

static void seen(struct osi_association *s, int64_t now)
{
	s->now = MAX_OF(s->now, now);
}

static void progress(struct osi_association *s) { s->since = s->now; }

/* Each phase and each state of the transfer counts from its beginning. */
static void watch(struct osi_association *s)
{
	if (s->phase == s->timed && s->rtse.state == s->timed_state)
		return;
	s->timed = s->phase;
	s->timed_state = s->rtse.state;
	progress(s);
}

static unsigned allowed_seconds(const struct osi_association *s)
{
	const struct osi_timeouts *t = &s->o.timeouts;

	switch (s->phase) {
	case PHASE_CONNECTING:
	case PHASE_OPENING:
		return s->o.initiator ? t->connect : t->bind;
	case PHASE_ASKING:
		return t->bind;
	case PHASE_RELEASING:
		return t->connect;
	case PHASE_ABORTING:
		return t->abort;
	case PHASE_OPEN:
		switch (s->rtse.state) {
		case RT_IDLE:
			/* the initiator releases; a responder gives it time to, and ends what was forgotten */
			return s->o.initiator ? t->idle : t->idle > UINT_MAX / 4 ? UINT_MAX : 4 * t->idle;
		case RT_ENDING:
			return t->confirm;
		case RT_SECURING: /* the owner's time, which it bounds itself */
			return 0;
		default:
			return t->data;
		}
	default:
		return 0;
	}
}

static bool more_due(const struct osi_association *s)
{
	return s->phase == PHASE_OPEN && !s->rtse.told && osi_transfer_room(s) > 0;
}

int64_t osi_deadline(const struct osi_association *s)
{
	unsigned seconds = allowed_seconds(s);

	if (s->pending.kind != OSI_EV_NONE || more_due(s))
		return s->now;
	return seconds == 0 ? INT64_MAX : s->since + (int64_t)seconds * 1000;
}

static const char *waiting_for(const struct osi_association *s)
{
	static const char *const transfer[RTSE_STATES] = {
		[RT_IDLE] = "an activity", [RT_SENDING] = "the peer to take data", [RT_ENDING] = "the confirm of a transfer",
		[RT_DISCARDING] = "the answer to a discard", [RT_RECEIVING] = "data", [RT_SECURING] = "us",
		[RT_REFUSING] = "the discard of a refused transfer", [RT_GIVING] = "the turn to be taken",
	};

	switch (s->phase) {
	case PHASE_CONNECTING:
		return s->o.initiator ? "CC" : "CR";
	case PHASE_OPENING:
		return s->o.initiator ? "AC" : "CN";
	case PHASE_ASKING:
		return "us to answer the bind";
	case PHASE_RELEASING:
		return "DN";
	case PHASE_OPEN:
		return transfer[s->rtse.state];
	default:
		return "the end";
	}
}

static void release_now(struct osi_association *s);

static void timed_out(struct osi_association *s)
{
	struct session_primitive prim;
	struct err e = {0};

	(void)ERR(&e, ERR_OSI_TIMEOUT, "waited %u seconds for %s", allowed_seconds(s), waiting_for(s));
	switch (s->phase) {
	case PHASE_OPEN:
		if (s->o.initiator && s->rtse.state == RT_IDLE && s->session.turn)
			release_now(s);
		else
			abort_rtab(s, RTAB_TEMPORARY_PROBLEM, &e);
		break;
	case PHASE_ABORTING:
		session_tim(&s->session, &prim);
		end(s, OSI_EV_ABORTED, &s->why);
		break;
	case PHASE_OPENING:
		if (s->o.initiator)
			abort_rtab(s, RTAB_TEMPORARY_PROBLEM, &e);
		else
			end(s, OSI_EV_ABORTED, &e);
		break;
	case PHASE_ASKING:
	case PHASE_RELEASING:
		abort_rtab(s, RTAB_TEMPORARY_PROBLEM, &e);
		break;
	default:
		end(s, OSI_EV_ABORTED, &e);
		break;
	}
}

void osi_tick(struct osi_association *s, int64_t now_ms)
{
	unsigned seconds = allowed_seconds(s);

	seen(s, now_ms);
	if (seconds != 0 && s->now >= s->since + (int64_t)seconds * 1000)
		timed_out(s);
	watch(s);
}

/* ---- release ---- */

static void release_now(struct osi_association *s)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets rlrq, data = {0};
	struct err e;

	if (acse_encode_rlrq(a, &rlrq, &e) == 0 && presentation_encode_user_data(a, s->ps.context[PS_ACSE], rlrq, &data, &e) == 0)
		session_request(&s->session, S_RELEASE_REQUEST, data, 0, &prim);
	s->want_release = false;
	s->phase = PHASE_RELEASING;
	arena_free(a);
}

static void release_indication(struct osi_association *s)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets rlre, data = {0};
	struct err e;

	if (acse_encode_rlre(a, &rlre, &e) == 0 && presentation_encode_user_data(a, s->ps.context[PS_ACSE], rlre, &data, &e) == 0)
		session_request(&s->session, S_RELEASE_RESPONSE, data, 0, &prim);
	end(s, OSI_EV_RELEASED, NULL);
	arena_free(a);
}

void osi_turn_please(struct osi_association *s, int priority, int64_t now_ms)
{
	struct arena *a;
	struct session_primitive prim;
	struct octets rttp, data;
	struct err e;

	seen(s, now_ms);
	if (s->phase != PHASE_OPEN || !s->rtse.o.twa || s->session.turn || s->session.state != STA713 || cotp_in_tsdu(&s->cotp))
		return;
	a = arena_new(PDU_ARENA);
	if (rtse_encode_rttp(a, priority, &rttp, &e) == 0 && presentation_encode_user_data(a, s->ps.context[PS_RTSE], rttp, &data, &e) == 0) {
		s->want_turn = true;
		session_request(&s->session, S_TOKEN_PLEASE_REQUEST, data, 0, &prim);
	}
	arena_free(a);
}

void osi_turn_give(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		rtse_turn_give(&s->rtse, &s->pending);
	watch(s);
}

/* What was asked for and could not be done at once. */
static void do_wanted(struct osi_association *s)
{
	if (s->phase != PHASE_OPEN || !s->want_release || s->rtse.state != RT_IDLE || s->session.state != STA713)
		return;
	if (s->session.turn)
		release_now(s);
	else if (!s->want_turn)
		osi_turn_please(s, 0, s->now); /* priority 0 is for release (X.228 8.5) */
}

void osi_release(struct osi_association *s, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	if (s->o.initiator && s->phase == PHASE_OPEN) {
		s->want_release = true;
		do_wanted(s);
	} else if (s->phase != PHASE_RELEASING && s->phase != PHASE_ENDED) {
		(void)ERR(&e, ERR_OSI_CLOSED, "release asked for %s", s->o.initiator ? "before the association was open" : "by the responder");
		abort_rtab(s, RTAB_USER_ERROR, &e);
	}
	watch(s);
}

void osi_abort(struct osi_association *s, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	if (s->phase != PHASE_ENDED && s->phase != PHASE_ABORTING) {
		(void)ERR(&e, ERR_OSI_CLOSED, "aborted by our side");
		if (s->phase == PHASE_NEW || s->phase == PHASE_CONNECTING)
			end(s, OSI_EV_ABORTED, &e);
		else
			abort_rtab(s, RTAB_USER_ERROR, &e);
	}
	watch(s);
}

/* ---- input ---- */

static unsigned please_priority(struct octets data)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct octets value;
	struct err e;
	long context;
	int priority = 255;

	if (data.p != NULL && presentation_decode_user_data(a, data, &context, &value, &e) == 0 && rtse_decode_rttp(a, value, &priority, &e) != 0)
		priority = 255;
	arena_free(a);
	return (unsigned)priority;
}

/* A session that ended: by the peer, by its or our provider, or with TCP. */
static void session_ended(struct osi_association *s, const struct session_primitive *p)
{
	struct err e = {0};

	if (s->phase == PHASE_ABORTING) {
		end(s, OSI_EV_ABORTED, &s->why);
		return;
	}
	if (p->kind == S_U_ABORT_INDICATION) {
		explain_abort(p->data, &e);
		end(s, OSI_EV_ABORTED, &e);
	} else if (s->session.state == STA01A) { /* our SPM found the fault and has sent AB */
		aborted_by_us(s, &s->session.err);
	} else {
		bool selector = s->session.err.id == ERR_OSI_SELECTOR;

		end(s, selector ? OSI_EV_REFUSED : OSI_EV_ABORTED, &s->session.err);
	}
}

static void transfer_primitive(struct osi_association *s, struct session_primitive *p)
{
	if (s->phase != PHASE_OPEN)
		return;
	if (p->kind == S_TOKEN_PLEASE_INDICATION)
		p->number = please_priority(p->data);
	if (p->kind == S_CONTROL_GIVE_INDICATION)
		s->want_turn = false;
	rtse_primitive(&s->rtse, p, &s->pending);
	if (s->rtse.fault != RTSE_NO_FAULT)
		take_fault(s);
}

static void session_primitive(struct osi_association *s, struct session_primitive *p)
{
	switch (p->kind) {
	case S_NONE:
		return;
	case S_CONNECT_INDICATION:
		open_indication(s, &p->spdu);
		break;
	case S_CONNECT_CONFIRM:
		open_confirm(s, &p->spdu);
		break;
	case S_CONNECT_REFUSED:
		open_refused(s, p->number, p->data);
		break;
	case S_RELEASE_INDICATION:
		release_indication(s);
		break;
	case S_RELEASE_CONFIRM:
		end(s, OSI_EV_RELEASED, NULL);
		break;
	case S_U_ABORT_INDICATION:
	case S_P_ABORT_INDICATION:
	case S_CLOSED:
		session_ended(s, p);
		break;
	default:
		transfer_primitive(s, p);
		break;
	}
}

static void transport_primitive(struct osi_association *s, const struct cotp_primitive *t)
{
	struct session_primitive p = {0};

	switch (t->kind) {
	case T_NONE:
		return;
	case T_CONNECT_CONFIRM:
		open_request(s);
		break;
	case T_CONNECT_INDICATION:
		session_transport_open(&s->session);
		s->phase = PHASE_OPENING;
		s->timed = PHASE_OPENING; /* the time for the bind began with the first octet */
		break;
	case T_DATA:
		session_tsdu(&s->session, t->data, t->end, &p);
		session_primitive(s, &p);
		break;
	case T_DISCONNECT:
		if (s->phase <= PHASE_CONNECTING) {
			bool refused = s->cotp.err.id == ERR_OSI_TRANSPORT_REFUSED || s->cotp.err.id == ERR_OSI_SELECTOR;

			end(s, refused ? OSI_EV_REFUSED : OSI_EV_ABORTED, &s->cotp.err);
			break;
		}
		session_transport_closed(&s->session, &s->cotp.err, &p);
		if (p.kind == S_CLOSED && s->phase != PHASE_ABORTING)
			s->session.err = s->cotp.err;
		session_primitive(s, &p);
		break;
	}
}

/* One step: a primitive of the transport, or what is left of the last one.  False: nothing to do. */
static bool step(struct osi_association *s)
{
	struct cotp_primitive t;

	if (s->phase == PHASE_OPEN && rtse_continue(&s->rtse, &s->pending)) {
		if (s->rtse.fault != RTSE_NO_FAULT)
			take_fault(s);
		return true;
	}
	if (s->in_at < s->in->len) {
		s->in_at += cotp_input(&s->cotp, s->in->p + s->in_at, s->in->len - s->in_at, &t);
		transport_primitive(s, &t);
		return true;
	}
	if (s->lost) {
		s->lost = false;
		cotp_disconnected(&s->cotp, &t);
		transport_primitive(s, &t);
		return true;
	}
	return false;
}

void osi_next_event(struct osi_association *s, struct osi_event *ev)
{
	struct err e = {0};

	while (s->pending.kind == OSI_EV_NONE && s->phase != PHASE_ENDED && step(s))
		do_wanted(s);
	if (!buf_ok(s->out) && s->phase != PHASE_ENDED) {
		(void)ERR(&e, ERR_OSI_TIMEOUT, "%zu octets wait for a peer that does not read", s->out->len);
		end(s, OSI_EV_ABORTED, &e);
	}
	if (s->pending.kind == OSI_EV_NONE && more_due(s)) {
		s->rtse.told = true;
		tell(s, OSI_EV_SEND_MORE, NULL);
	}
	watch(s);
	*ev = s->pending;
	s->pending = (struct osi_event){0};
}

void osi_input(struct osi_association *s, const void *p, size_t n, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	if (s->phase == PHASE_ENDED)
		return;
	if (s->in_at == s->in->len)
		buf_reset(s->in);
	else
		buf_consume(s->in, s->in_at);
	s->in_at = 0;
	buf_put(s->in, p, n);
	if (!buf_ok(s->in)) {
		(void)ERR(&e, ERR_BUG_INTERNAL, "%zu octets given and not read", n);
		end(s, OSI_EV_ABORTED, &e);
	}
	/* silence of the peer is what ends a transfer; all other waits are for one certain answer */
	if (s->phase == PHASE_OPEN && (s->rtse.state == RT_SENDING || s->rtse.state == RT_RECEIVING))
		progress(s);
}

void osi_connected(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_NEW)
		s->phase = PHASE_CONNECTING;
	cotp_connected(&s->cotp);
	watch(s);
}

void osi_disconnected(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	s->lost = true;
}

/* ---- the owner's requests ---- */

void osi_bind_accept(struct osi_association *s, const struct osi_mta *local, int64_t now_ms)
{
	struct arena *a;
	struct session_primitive prim;
	struct octets cpa;
	struct err e;

	seen(s, now_ms);
	if (s->phase != PHASE_ASKING)
		return;
	a = arena_new(PDU_ARENA);
	negotiate(s);
	if (build_ac(s, a, local, &cpa, &e) != 0) {
		abort_rtab(s, RTAB_LOCAL_SYSTEM_PROBLEM, &e);
	} else {
		session_request(&s->session, S_CONNECT_ACCEPT, cpa, 0, &prim);
		begin_transfers(s, &s->agreed);
	}
	arena_free(a);
	watch(s);
}

void osi_bind_refuse(struct osi_association *s, enum osi_bind_error error, int64_t now_ms)
{
	struct arena *a;
	struct err e = {0};

	seen(s, now_ms);
	if (s->phase != PHASE_ASKING)
		return;
	a = arena_new(PDU_ARENA);
	(void)ERR(&e, error == OSI_BIND_BUSY ? ERR_OSI_BUSY : ERR_OSI_BIND_REFUSED, "MTA \"%s\" refused by us: bind error %d (%s)",
	          s->peer.name == NULL ? "" : s->peer.name, (int)error, bind_error_name((int)error));
	reject_bind(s, a, error, &e);
	arena_free(a);
	watch(s);
}

int osi_transfer_start(struct osi_association *s, uint64_t total, int64_t now_ms, struct err *e)
{
	seen(s, now_ms);
	if (s->phase != PHASE_OPEN || s->want_release)
		return ERR(e, ERR_OSI_BUSY, "the association is not open");
	TRY(rtse_transfer_start(&s->rtse, total, e));
	watch(s);
	return 0;
}

size_t osi_transfer_room(const struct osi_association *s)
{
	if (s->phase != PHASE_OPEN || s->out->len >= OUT_DATA)
		return 0;
	return rtse_room(&s->rtse, OUT_DATA - s->out->len);
}

void osi_transfer_data(struct osi_association *s, const void *p, size_t n, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase != PHASE_OPEN)
		return;
	rtse_transfer_data(&s->rtse, p, n);
	progress(s);
}

void osi_transfer_end(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		rtse_transfer_end(&s->rtse);
	watch(s);
}

void osi_transfer_discard(struct osi_association *s, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	(void)ERR(&e, ERR_CANCELLED, "transfer discarded by our side");
	if (s->phase == PHASE_OPEN && !rtse_transfer_discard(&s->rtse, &e))
		abort_rtab(s, RTAB_USER_ERROR, &e);
	watch(s);
}

void osi_transfer_confirm(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		rtse_transfer_confirm(&s->rtse);
	watch(s);
}

void osi_transfer_refuse(struct osi_association *s, enum osi_refusal reason, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		(void)rtse_transfer_refuse(&s->rtse, reason);
	watch(s);
}

/* ---- state ---- */

struct buf *osi_out(struct osi_association *s) { return s->out; }
const struct osi_mta *osi_peer(const struct osi_association *s) { return &s->peer; }
const struct osi_selectors *osi_peer_selectors(const struct osi_association *s) { return &s->peer_selectors; }
bool osi_has_turn(const struct osi_association *s) { return s->phase == PHASE_OPEN && s->session.turn; }
bool osi_idle(const struct osi_association *s)
{
	return s->phase == PHASE_OPEN && s->rtse.state == RT_IDLE && s->session.state == STA713;
}

static void default_timeout(unsigned *t, unsigned seconds)
{
	if (*t == 0)
		*t = seconds;
}

static void default_options(struct osi_options *o)
{
	default_timeout(&o->timeouts.connect, 60);
	default_timeout(&o->timeouts.bind, 60);
	default_timeout(&o->timeouts.confirm, 600);
	default_timeout(&o->timeouts.idle, 300);
	default_timeout(&o->timeouts.abort, 30);
	default_timeout(&o->timeouts.data, 120);
	if (o->window == 0)
		o->window = 3;
	if (o->reference == 0)
		o->reference = 1;
	if (o->ss_reference == NULL)
		o->ss_reference = o->local.name;
}

/* References are BER values inside their PI, as X.228 and all implementations have them; at most 64 octets. */
static struct octets reference(struct arena *a, uint8_t tag, const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);
	uint8_t *p;

	if (n == 0)
		return (struct octets){0};
	n = MIN_OF(n, (size_t)62);
	p = arena_alloc(a, n + 2);
	p[0] = tag;
	p[1] = (uint8_t)n;
	memcpy(p + 2, text, n);
	return (struct octets){p, n + 2};
}

struct osi_association *osi_new(struct arena *a, const struct osi_options *options, int64_t now_ms)
{
	struct osi_association *s = NEW(a, struct osi_association);
	const struct osi_options *o = &s->o;

	s->arena = a;
	s->o = *options;
	default_options(&s->o);
	s->in = buf_in(a, IN_MAX);
	s->out = buf_in(a, OUT_DATA + OUT_SLACK);
	cotp_init(&s->cotp,
	          &(struct cotp_options){.initiator = o->initiator,
	                                 .calling = o->calling.tsel,
	                                 .called = o->called.tsel,
	                                 .size = o->tpdu_size,
	                                 .reference = o->reference},
	          s->out);
	session_init(&s->session,
	             &(struct session_options){.initiator = o->initiator,
	                                       .calling = o->calling.ssel,
	                                       .called = o->called.ssel,
	                                       .versions = o->session_versions,
	                                       .reference = reference(a, 0x14, o->ss_reference),
	                                       .common = reference(a, 0x17, o->common_reference)},
	             &s->cotp, a);
	s->ps = (struct presentation){.calling = o->calling.psel,
	                              .called = o->called.psel,
	                              .further = o->further_contexts,
	                              .n_further = o->n_further_contexts};
	s->phase = o->initiator ? PHASE_NEW : PHASE_CONNECTING;
	s->rtse.session = &s->session;
	s->timed = s->phase;
	s->since = s->now = now_ms;
	return s;
}
