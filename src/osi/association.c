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
#include "osi/explain.h"
#include "osi/opening.h"
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
	struct opening opening;
	struct rtse rtse;
	struct buf *in, *out;
	size_t in_at;
	bool lost;           /* TCP ended; input before it is still read */
	bool want_release, want_turn;
	struct osi_selectors peer_selectors;
	struct osi_event pending;
	struct err why;      /* for ABORTED */
	int64_t since, now;  /* last progress; last time seen */
	enum phase timed;    /* phase and state that since belongs to */
	enum rtse_state timed_state;
	struct osi_progress progress; /* what is not kept elsewhere */
};

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
	struct octets aru;
	struct err e;

	if (opening_abort(&s->opening, a, reason, &aru, &e) != 0)
		aru = (struct octets){0};
	session_request(&s->session, S_U_ABORT_REQUEST, aru, 0, &prim);
	arena_free(a);
	aborted_by_us(s, why);
}

/* P-P-ABORT: AB with ARP (X.226 6.4.4); X.410 mode has the RTAB alone. */
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

/* RTSE cannot go on. */
static void take_fault(struct osi_association *s)
{
	struct err e = s->rtse.err;
	enum rtse_fault f = s->rtse.fault;

	s->rtse.fault = RTSE_NO_FAULT;
	if (f == RTSE_FAULT_USER)
		abort_rtab(s, RTAB_USER_ERROR, &e);
	else if (f == RTSE_FAULT_PROTOCOL || s->opening.ps.x410)
		abort_rtab(s, RTAB_PROTOCOL_ERROR, &e);
	else if (f == RTSE_FAULT_TD_OUTSIDE)
		abort_arp(s, ARP_UNEXPECTED_PPDU, ARP_TD_PPDU, &e);
	else
		abort_arp(s, ARP_UNRECOGNISED_PPDU, -1, &e);
}

/* ---- opening, initiator ---- */

static void open_request(struct osi_association *s)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets cp;
	struct err e;

	session_transport_open(&s->session);
	if (opening_request(&s->opening, a, &cp, &e) != 0) {
		end(s, OSI_EV_ABORTED, &e);
	} else {
		session_request(&s->session, S_CONNECT_REQUEST, cp, 0, &prim);
		s->phase = PHASE_OPENING;
	}
	arena_free(a);
}

static void begin_transfers(struct osi_association *s)
{
	const struct rtse_open *agreed = &s->opening.agreed;
	const struct presentation *ps = &s->opening.ps;
	struct rtse_options o = {
		.checkpoint = agreed->checkpoint,
		.window = agreed->window,
		.twa = agreed->dialogue == RT_TWA,
		.keep_turn = s->o.twa || s->o.initiator,
		.fragment = s->o.fragment,
		.apdu_max = s->o.apdu_max,
		.context_rtse = ps->context[PS_RTSE], /* 0 in X.410 mode */
		.context_mtse = ps->context[PS_MTSE],
	};

	rtse_init(&s->rtse, &s->session, &o);
	s->phase = PHASE_OPEN;
	tell(s, OSI_EV_OPEN, NULL);
	if (!o.keep_turn && s->session.turn)
		(void)rtse_request(&s->rtse, RT_TURN_GIVE_REQUEST, NULL); /* the initiator offered the first turn: nobody here wants it */
}

static struct octets connect_data(const struct spdu *p)
{
	return p->p[SP_USER_DATA].p != NULL ? p->p[SP_USER_DATA] : p->p[SP_EXTENDED_DATA];
}

static void open_confirm(struct osi_association *s, const struct spdu *ac)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct err e = {0};

	s->progress.answered = s->now;
	if (opening_confirm(&s->opening, a, connect_data(ac), &e) == 0)
		begin_transfers(s);
	else
		abort_rtab(s, e.id == ERR_OSI_BIND_REFUSED ? RTAB_USER_ERROR : RTAB_PROTOCOL_ERROR, &e);
	arena_free(a);
}

static void open_refused(struct osi_association *s, unsigned reason, struct octets data)
{
	struct err e = {0};

	s->progress.answered = s->now;
	s->progress.refused = true;
	s->progress.refusal = reason;
	explain_refusal(&s->o, reason, data, &e);
	end(s, OSI_EV_REFUSED, &e);
}

/* ---- opening, responder ---- */

static void reject(struct osi_association *s, struct octets cpr, const struct err *why)
{
	struct session_primitive prim;

	session_request(&s->session, S_CONNECT_REJECT, cpr, cpr.p != NULL ? 2 : 0, &prim);
	end(s, OSI_EV_REFUSED, why);
}

static void open_indication(struct osi_association *s, const struct spdu *cn)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct octets cpr, ssel = cn->p[SP_CALLING_SSEL];
	struct err e = {0};

	if (opening_indication(&s->opening, a, connect_data(cn), &cpr, &e) != 0) {
		reject(s, cpr, &e);
	} else {
		if (s->opening.ps.x410)
			session_prefer_version_1(&s->session);
		if (s->cotp.has_calling)
			s->peer_selectors.tsel = (struct octets){s->cotp.calling, s->cotp.calling_len};
		if (ssel.p != NULL)
			s->peer_selectors.ssel = (struct octets){arena_memdup(s->arena, ssel.p, ssel.len), ssel.len};
		s->peer_selectors.psel = s->opening.calling_psel;
		s->phase = PHASE_ASKING;
		tell(s, OSI_EV_BIND, NULL);
	}
	arena_free(a);
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

static void ask_release(struct osi_association *s);

static void timed_out(struct osi_association *s)
{
	struct session_primitive prim;
	struct err e = {0};

	(void)ERR(&e, ERR_OSI_TIMEOUT, "waited %u seconds for %s", allowed_seconds(s), waiting_for(s));
	switch (s->phase) {
	case PHASE_OPEN:
		if (s->o.initiator && s->rtse.state == RT_IDLE && !s->want_release)
			ask_release(s);
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

/* FN and DN carry RLRQ and RLRE; in X.410 mode nothing. */
static void release_with(struct osi_association *s, enum session_request r, int (*encode)(struct arena *a, struct octets *out, struct err *e))
{
	struct arena *a = arena_new(PDU_ARENA);
	struct session_primitive prim;
	struct octets apdu, data;
	struct err e;

	if (s->opening.ps.x410 || encode(a, &apdu, &e) != 0 ||
	    presentation_encode_user_data(a, &s->opening.ps, PS_ACSE, apdu, &data, &e) != 0)
		data = (struct octets){0};
	session_request(&s->session, r, data, 0, &prim);
	arena_free(a);
}

static void release_now(struct osi_association *s)
{
	release_with(s, S_RELEASE_REQUEST, acse_encode_rlrq);
	s->want_release = false;
	s->phase = PHASE_RELEASING;
}

static void release_indication(struct osi_association *s)
{
	release_with(s, S_RELEASE_RESPONSE, acse_encode_rlre);
	end(s, OSI_EV_RELEASED, NULL);
}

bool osi_turn_please(struct osi_association *s, int priority, int64_t now_ms)
{
	struct arena *a;
	struct octets rttp, data;
	struct err e;
	bool asked = false;

	seen(s, now_ms);
	if (s->phase != PHASE_OPEN)
		return false;
	a = arena_new(PDU_ARENA);
	if (rtse_encode_rttp(a, priority, &rttp, &e) == 0 && presentation_encode_user_data(a, &s->opening.ps, PS_RTSE, rttp, &data, &e) == 0)
		asked = rtse_request(&s->rtse, RT_TURN_PLEASE_REQUEST, &(struct rtse_input){.data = data});
	s->want_turn |= asked;
	arena_free(a);
	return asked;
}

void osi_turn_give(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		(void)rtse_request(&s->rtse, RT_TURN_GIVE_REQUEST, NULL);
	watch(s);
}

static void abort_unreleasable(struct osi_association *s)
{
	struct err e = {0};

	s->want_release = false;
	(void)ERR(&e, ERR_OSI_CLOSED, "release asked for in a monologue of the peer's");
	abort_rtab(s, RTAB_USER_ERROR, &e);
}

/* What was asked for and could not be done at once. */
static void do_wanted(struct osi_association *s)
{
	if (s->phase != PHASE_OPEN || !s->want_release || s->rtse.state != RT_IDLE || s->session.state != STA713)
		return;
	if (s->session.turn)
		release_now(s);
	else if (!s->rtse.o.twa)
		abort_unreleasable(s);
	else if (!s->want_turn)
		(void)osi_turn_please(s, 0, s->now); /* priority 0 is for release (X.228 8.5) */
}

/* At once with the turn; else when the peer has given it, for which it has the time of one more wait. */
static void ask_release(struct osi_association *s)
{
	s->want_release = true;
	do_wanted(s);
	progress(s);
}

void osi_release(struct osi_association *s, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	if (s->o.initiator && s->phase == PHASE_OPEN) {
		ask_release(s);
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

static unsigned please_priority(const struct osi_association *s, struct octets data)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct octets value;
	struct err e;
	int priority = 255;

	if (data.p != NULL && presentation_decode_user_data(a, &s->opening.ps, data, &value, &e) == 0 && rtse_decode_rttp(a, value, &priority, &e) != 0)
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
		end(s, OSI_EV_ABORTED, &s->session.err);
	}
}

static void transfer_primitive(struct osi_association *s, struct session_primitive *p)
{
	if (s->phase != PHASE_OPEN)
		return;
	if (p->kind == S_TOKEN_PLEASE_INDICATION)
		p->number = please_priority(s, p->data);
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
	case S_REJECTED:
		end(s, OSI_EV_REFUSED, &s->session.err);
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
		s->progress.transport = s->now;
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
			end(s, s->cotp.refused ? OSI_EV_REFUSED : OSI_EV_ABORTED, &s->cotp.err);
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
	struct session_primitive p;

	if (s->phase == PHASE_OPEN && rtse_continue(&s->rtse, &s->pending)) {
		if (s->rtse.fault != RTSE_NO_FAULT)
			take_fault(s);
		return true;
	}
	if (session_more(&s->session, &p)) {
		session_primitive(s, &p);
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

/* The transfer may still read slices of the input (an owner that gives more before it has asked for all events). */
static void take_input(struct osi_association *s, const void *p, size_t n)
{
	const uint8_t *before;

	if (!s->rtse.piece_open) {
		buf_consume(s->in, s->in_at);
		s->in_at = 0;
	}
	before = s->in->p;
	buf_put(s->in, p, n);
	if (s->rtse.piece_open && s->in->p != before)
		rtse_input_moved(&s->rtse, before, s->in->p);
}

void osi_input(struct osi_association *s, const void *p, size_t n, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	if (s->phase == PHASE_ENDED)
		return;
	s->progress.received = true;
	take_input(s, p, n);
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
	s->progress.connected = s->now;
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
	if (opening_accept(&s->opening, a, local, &cpa, &e) != 0) {
		abort_rtab(s, RTAB_LOCAL_SYSTEM_PROBLEM, &e);
	} else {
		session_request(&s->session, S_CONNECT_ACCEPT, cpa, 0, &prim);
		s->progress.answered = s->now;
		begin_transfers(s);
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
	          s->opening.peer.name == NULL ? "" : s->opening.peer.name, (int)error, bind_error_name((int)error));
	reject(s, opening_refuse(&s->opening, a, error), &e);
	arena_free(a);
	watch(s);
}

int osi_transfer_start(struct osi_association *s, uint64_t total, int64_t now_ms, struct err *e)
{
	seen(s, now_ms);
	if (s->phase != PHASE_OPEN || s->want_release)
		return ERR(e, ERR_OSI_BUSY, "the association is not open");
	if (total == 0)
		return ERR(e, ERR_BUG_INTERNAL, "an APDU of no octets");
	if (!rtse_request(&s->rtse, RT_TRANSFER_REQUEST, &(struct rtse_input){.total = total}))
		return ERR(e, ERR_OSI_BUSY, "session state %s, turn %s", session_state_name(s->session.state),
		           s->session.turn ? "ours" : "the peer's");
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
		(void)rtse_request(&s->rtse, RT_TRANSFER_END, NULL);
	watch(s);
}

/* Behind the commit point there is nothing to stop: then nothing is done. */
static void stop_transfer(struct osi_association *s, enum rtse_request how, const char *words, int64_t now_ms)
{
	struct err e = {0};

	seen(s, now_ms);
	(void)ERR(&e, ERR_CANCELLED, "transfer %s by our side", words);
	if (s->phase == PHASE_OPEN)
		(void)rtse_request(&s->rtse, how, &(struct rtse_input){.why = &e});
	if (s->rtse.fault != RTSE_NO_FAULT)
		take_fault(s);
	watch(s);
}

void osi_transfer_discard(struct osi_association *s, int64_t now_ms)
{
	stop_transfer(s, RT_DISCARD_REQUEST, "discarded", now_ms);
}

void osi_transfer_interrupt(struct osi_association *s, int64_t now_ms)
{
	stop_transfer(s, RT_INTERRUPT_REQUEST, "interrupted", now_ms);
}

void osi_transfer_confirm(struct osi_association *s, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		(void)rtse_request(&s->rtse, RT_TRANSFER_RESPONSE, NULL);
	watch(s);
}

void osi_transfer_refuse(struct osi_association *s, enum osi_refusal reason, int64_t now_ms)
{
	seen(s, now_ms);
	if (s->phase == PHASE_OPEN)
		(void)rtse_request(&s->rtse, RT_REFUSE_REQUEST, &(struct rtse_input){.number = reason});
	watch(s);
}

/* ---- state ---- */

struct buf *osi_out(struct osi_association *s) { return s->out; }
const struct osi_mta *osi_peer(const struct osi_association *s) { return &s->opening.peer; }
const struct osi_selectors *osi_peer_selectors(const struct osi_association *s) { return &s->peer_selectors; }
enum osi_mode osi_mode_of(const struct osi_association *s) { return s->opening.mode; }
bool osi_twa(const struct osi_association *s) { return s->opening.agreed.dialogue == RT_TWA; }
long osi_application_protocol(const struct osi_association *s) { return s->opening.application_protocol; }
void osi_progress(const struct osi_association *s, struct osi_progress *out)
{
	bool open = s->progress.answered != 0 && !s->progress.refused;

	*out = s->progress;
	out->tpdu_size = s->progress.transport != 0 ? s->cotp.tpdu_max : 0;
	out->session_version = open ? s->session.version : 0;
	out->checkpoint = open ? s->opening.agreed.checkpoint : 0;
	out->window = open ? s->opening.agreed.window : 0;
}

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

/* X.410-1984 mode knows version 1 alone; 0: as the length of the connect data allows. */
static unsigned session_versions(const struct osi_options *o)
{
	return o->mode == OSI_MODE_NORMAL ? 0 : SPDU_VERSION_1;
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
	                                 .busy = o->busy == OSI_BUSY_TRANSPORT,
	                                 .reference = o->reference},
	          s->out);
	session_init(&s->session,
	             &(struct session_options){.initiator = o->initiator,
	                                       .calling = o->calling.ssel,
	                                       .called = o->called.ssel,
	                                       .versions = o->session_versions != 0 ? o->session_versions : session_versions(o),
	                                       .turn_to_responder = o->turn_to_responder,
	                                       .busy = o->busy == OSI_BUSY_SESSION,
	                                       .reference = reference(a, 0x14, o->ss_reference),
	                                       .common = reference(a, 0x17, o->common_reference)},
	             &s->cotp, a);
	opening_init(&s->opening, o, a);
	s->phase = o->initiator ? PHASE_NEW : PHASE_CONNECTING;
	s->rtse.session = &s->session;
	s->timed = s->phase;
	s->since = s->now = now_ms;
	return s;
}
