/*
 * osi/rtse.c - see rtse.h.  Called by association.c.
 *
 * Length of an RTTR: X.228 cuts the APDU at checkpoints, so without checkpoints the whole APDU is one RTTR in one SSDU,
 * which needs no memory here, since its length is known before its first octet.  rtse_options.fragment cuts it all the
 * same for a peer that wants shorter SSDUs, and so does the largest TSDU that the peer's SPM names.
 * Window: data go out while fewer MIPs than the window stand unconfirmed, which suits those who count >= and those who
 * count >.  MIPs of the peer are answered at once, wherever they stand.
 * Resume is refused without harm: AR is answered by ED 6, the peer discards and sends the whole APDU again.
 */
#include "osi/rtse.h"

#include <string.h>

#include "osi/table.h"

#define CHECKPOINT_UNIT 1024
#define PADDING_MAX     65536 /* a discard may fill up an RTTR by as much */

enum { REASON_TEMPORARILY_UNABLE = 1, REASON_UNRECOVERABLE = 6 };

struct row {
	enum rtse_state state;
	unsigned event; /* enum session_kind or enum rtse_request */
	bool (*predicate)(const struct rtse *r);
	void (*action)(struct rtse *r, const struct rtse_input *i, struct osi_event *ev);
	enum rtse_state next;
	struct table_names names;
};
#define ROW(state, event, predicate, action, next) \
	{state, event, predicate, action, next, {#state, #event, #predicate, #action, #next}}
#define ACTION(name) static void name(struct rtse *r, const struct rtse_input *i, struct osi_event *ev)

static void request(struct rtse *r, enum session_request q, struct octets data, unsigned number)
{
	struct session_primitive out;

	session_request(r->session, q, data, number, &out);
	if (out.kind == S_P_ABORT_INDICATION) {
		r->fault = RTSE_FAULT_PROTOCOL;
		r->err = r->session->err;
	}
}

static void plain_request(struct rtse *r, enum session_request q, unsigned number)
{
	request(r, q, (struct octets){0}, number);
}

/* ---- sending ---- */

static uint64_t piece_max(const struct rtse *r)
{
	uint64_t n = r->o.checkpoint != 0 ? (uint64_t)r->o.checkpoint * CHECKPOINT_UNIT : UINT64_MAX;

	if (r->o.fragment != 0)
		n = MIN_OF(n, r->o.fragment);
	if (r->session->tsdu_max != 0) {
		/* PI 21 of the peer: GT, DT and the heads of User-data count */
		uint64_t heads = 4 + 32;

		n = MIN_OF(n, r->session->tsdu_max > heads + 64 ? r->session->tsdu_max - heads : 64);
	}
	return n;
}

/* Activity identifier: a BER INTEGER that counts, as the others send it (PI 41, at most 6 octets). */
static size_t activity_identifier(uint8_t out[static 6], unsigned n)
{
	size_t len = n < 0x80 ? 1 : n < 0x8000 ? 2 : n < 0x800000 ? 3 : 4;

	out[0] = 0x02;
	out[1] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		out[2 + i] = (uint8_t)(n >> (8 * (len - 1 - i)));
	return 2 + len;
}

ACTION(start_sending)
{
	uint8_t id[6], head[EXTERNAL_HEAD_MAX];
	size_t n;

	(void)ev;
	r->activity = r->activity % 0x7fffff + 1;
	n = activity_identifier(id, r->activity);
	request(r, S_ACTIVITY_START_REQUEST, (struct octets){id, n}, 0);
	r->total = i->total;
	r->given = 0;
	r->stream_left = external_head(head, r->o.context_mtse, i->total) + i->total;
	r->piece_left = 0;
	r->unconfirmed = 0;
	r->told = false;
}

static void begin_piece(struct rtse *r)
{
	uint8_t head[PDATA_HEAD_MAX];
	uint64_t n = MIN_OF(piece_max(r), r->stream_left);
	size_t len = pdata_head(head, r->o.context_rtse, n);

	session_data_begin(r->session, len + n);
	cotp_data_put(r->session->cotp, head, len);
	r->piece_left = n;
}

/* MIPs stand between RTTRs, none after the last (X.228 8.3.1.3).  Pieces cut shorter than the checkpoint have theirs too:
 * the size is the most that may lie between two. */
static void end_piece(struct rtse *r)
{
	if (r->stream_left == 0 || r->o.checkpoint == 0)
		return;
	r->unconfirmed++;
	plain_request(r, S_SYNC_MINOR_REQUEST, 0);
}

static void put(struct rtse *r, const uint8_t *p, size_t n)
{
	while (n > 0 && r->stream_left > 0) {
		size_t take;

		if (r->piece_left == 0)
			begin_piece(r);
		take = (size_t)MIN_OF((uint64_t)n, r->piece_left);
		cotp_data_put(r->session->cotp, p, take);
		p += take;
		n -= take;
		r->piece_left -= take;
		r->stream_left -= take;
		if (r->piece_left == 0)
			end_piece(r);
	}
}

void rtse_transfer_data(struct rtse *r, const void *p, size_t n)
{
	uint8_t head[EXTERNAL_HEAD_MAX];

	if (r->state != RT_SENDING || n == 0)
		return;
	if (r->given == 0)
		put(r, head, external_head(head, r->o.context_mtse, r->total));
	n = (size_t)MIN_OF((uint64_t)n, r->total - r->given);
	r->given += n;
	put(r, p, n);
	r->told = false;
}

/* Octets of the stream that the window lets through now. */
static uint64_t window_room(const struct rtse *r)
{
	uint64_t piece = piece_max(r), pieces;
	unsigned window = r->o.window == 0 ? 1 : r->o.window;

	if (r->o.checkpoint == 0)
		return UINT64_MAX;
	if (r->unconfirmed >= window)
		return r->piece_left;
	pieces = window - r->unconfirmed;
	return r->piece_left > 0 ? r->piece_left + (pieces - 1) * piece : pieces * piece;
}

size_t rtse_room(const struct rtse *r, size_t wire_room)
{
	size_t payload = r->session->cotp->tpdu_max - COTP_DT_HEAD;
	uint64_t n = wire_room, piece = piece_max(r), allowed = window_room(r), left = r->total - r->given;

	if (r->state != RT_SENDING || left == 0)
		return 0;
	/* what the heads of TPDUs take, then those of RTTRs and the MIPs between them */
	n = n < 512 ? 0 : (n - 512) * payload / (payload + TPKT_HEADER + COTP_DT_HEAD);
	if (piece < UINT64_MAX / 2)
		n = n * piece / (piece + 128);
	if (r->given == 0)
		allowed = allowed > EXTERNAL_HEAD_MAX ? allowed - EXTERNAL_HEAD_MAX : 0;
	/* no dribble: wait until the owner has sent a good part of what stands in out */
	if (n < 32768 && n < left && n < allowed)
		return 0;
	return (size_t)MIN_OF(MIN_OF(n, allowed), left);
}

ACTION(end_sending)
{
	(void)i, (void)ev;
	plain_request(r, S_ACTIVITY_END_REQUEST, 0);
}

/* AD cannot stand inside an SSDU: a short rest of the RTTR is filled up, which nobody will look at. */
static void end_activity(struct rtse *r, enum session_request q, unsigned reason)
{
	static const uint8_t padding[4096];

	while (r->piece_left > 0) {
		size_t n = (size_t)MIN_OF((uint64_t)sizeof padding, r->piece_left);

		cotp_data_put(r->session->cotp, padding, n);
		r->piece_left -= n;
	}
	plain_request(r, q, reason);
}

ACTION(discard)
{
	(void)ev;
	r->why = *i->why;
	end_activity(r, S_ACTIVITY_DISCARD_REQUEST, 0);
}

ACTION(interrupt)
{
	(void)ev;
	r->why = *i->why;
	end_activity(r, S_ACTIVITY_INTERRUPT_REQUEST, REASON_TEMPORARILY_UNABLE);
}

/* ---- receiving ---- */

static void drop_piece(struct rtse *r)
{
	r->piece = r->inner = (struct octets){0};
	r->piece_open = false;
}

static void fault(struct rtse *r, enum rtse_fault f, const struct err *e)
{
	drop_piece(r);
	r->fault = f;
	r->err = *e;
}

/* The rest of the RTTR that stands open is too long to be filled up: nothing but an abort ends it. */
ACTION(abort_sending)
{
	(void)ev;
	fault(r, RTSE_FAULT_USER, i->why);
}

ACTION(confirm)
{
	(void)i, (void)ev;
	plain_request(r, S_ACTIVITY_END_RESPONSE, 0);
}

ACTION(refuse)
{
	(void)ev;
	drop_piece(r);
	plain_request(r, S_U_EXCEPTION_REQUEST, i->number);
}

static void too_large(struct rtse *r, struct osi_event *ev)
{
	ev->kind = OSI_EV_TRANSFER_DROPPED;
	(void)ERR(&ev->err, ERR_OSI_TOO_LARGE, "more than %llu octets came: refused with ED 5", (unsigned long long)r->o.apdu_max);
	(void)rtse_request(r, RT_REFUSE_REQUEST, &(struct rtse_input){.number = OSI_REFUSE_TOO_LARGE});
}

/* A slice of the APDU. */
static void deliver(struct rtse *r, struct octets data, struct osi_event *ev)
{
	r->received += data.len;
	if (r->o.apdu_max != 0 && r->received > r->o.apdu_max) {
		too_large(r, ev);
		return;
	}
	ev->kind = OSI_EV_TRANSFER_DATA;
	ev->data = data;
}

bool rtse_continue(struct rtse *r, struct osi_event *ev)
{
	struct err e = {0};
	int got;

	while (r->piece_open && ev->kind == OSI_EV_NONE && r->fault == RTSE_NO_FAULT) {
		struct octets data;

		got = external_next(&r->external, &r->inner, &data, &e);
		if (got > 0) {
			deliver(r, data, ev);
		} else if (got < 0) {
			fault(r, RTSE_FAULT_PROTOCOL, &e);
		} else if ((got = pdata_next(&r->pdata, &r->piece, &r->inner, &e)) < 0) {
			fault(r, RTSE_FAULT_PRESENTATION, &e);
		} else if (got == 0) {
			r->piece_open = false;
			if (r->piece_end && pdata_end(&r->pdata, &e) != 0)
				fault(r, RTSE_FAULT_PRESENTATION, &e);
		}
	}
	return ev->kind != OSI_EV_NONE || r->fault != RTSE_NO_FAULT;
}

static const uint8_t *moved(const uint8_t *p, const uint8_t *from, const uint8_t *to)
{
	/* from is freed: only its number counts */
	return p == NULL ? NULL : to + ((uintptr_t)p - (uintptr_t)from);
}

void rtse_input_moved(struct rtse *r, const uint8_t *from, const uint8_t *to)
{
	r->piece.p = moved(r->piece.p, from, to);
	r->inner.p = moved(r->inner.p, from, to);
}

/* ---- S-primitives ---- */

/* PI 41 is mandatory in ACTIVITY START (X.225 8.3), but nothing hangs on it here: in RTSE it serves resumption alone (X.228
 * 7.8.3), which is refused in any case.  An abort would leave the message hanging in the peer's queue for ever. */
ACTION(start_receiving)
{
	if (i->p->data.p == NULL)
		(void)ERR(&ev->err, ERR_OSI_SESSION, "AS without an activity identifier (PI 41): taken all the same");
	external_start(&r->external, r->o.context_mtse);
	r->received = 0;
	drop_piece(r);
	ev->kind = OSI_EV_TRANSFER_START;
}

ACTION(refuse_resume)
{
	(void)i, (void)ev;
	plain_request(r, S_U_EXCEPTION_REQUEST, REASON_UNRECOVERABLE);
}

ACTION(take_data)
{
	if (i->p->first)
		pdata_start(&r->pdata, r->o.context_rtse);
	r->piece = i->p->data;
	r->inner = (struct octets){0};
	r->piece_open = true;
	r->piece_end = i->p->end;
	(void)rtse_continue(r, ev);
}

ACTION(data_outside)
{
	struct err e = {0};

	(void)i, (void)ev;
	(void)ERR(&e, ERR_OSI_PRESENTATION, "P-DATA outside an activity: aborted with ARP reason 2, event 7");
	fault(r, RTSE_FAULT_TD_OUTSIDE, &e);
}

ACTION(answer_checkpoint)
{
	(void)ev;
	plain_request(r, S_SYNC_MINOR_RESPONSE, i->p->number);
}

ACTION(end_receiving)
{
	struct err e = {0};

	(void)i;
	if (external_end(&r->external, &e) != 0) {
		fault(r, RTSE_FAULT_PROTOCOL, &e);
		return;
	}
	ev->kind = OSI_EV_TRANSFER_END;
}

static void dropped(struct osi_event *ev, const char *how, unsigned reason)
{
	ev->kind = OSI_EV_TRANSFER_DROPPED;
	(void)ERR(&ev->err, ERR_OSI_DISCARDED, "peer %s the activity, reason %u", how, reason);
}

ACTION(discarded)
{
	drop_piece(r);
	plain_request(r, S_ACTIVITY_DISCARD_RESPONSE, 0);
	dropped(ev, "discarded", i->p->number);
}

ACTION(interrupted)
{
	drop_piece(r);
	plain_request(r, S_ACTIVITY_INTERRUPT_RESPONSE, 0);
	dropped(ev, "interrupted", i->p->number);
}

ACTION(discarded_after_refusal)
{
	(void)i, (void)ev;
	plain_request(r, S_ACTIVITY_DISCARD_RESPONSE, 0);
}

ACTION(interrupted_after_refusal)
{
	(void)i, (void)ev;
	plain_request(r, S_ACTIVITY_INTERRUPT_RESPONSE, 0);
}

ACTION(checkpoint_confirmed)
{
	(void)ev;
	/* MIA n confirms all up to n; vm is the next serial */
	r->unconfirmed = r->session->vm - 1 - i->p->number;
}

ACTION(confirmed)
{
	(void)r, (void)i;
	ev->kind = OSI_EV_CONFIRMED;
}

static const char *exception_name(unsigned reason)
{
	switch (reason) {
	case 0:
		return "no reason";
	case 1:
		return "temporarily unable to go on";
	case 3:
		return "sequence error";
	case 5:
		return "local SS-user error";
	case 6:
		return "unrecoverable procedural error";
	default:
		return "?";
	}
}

static void exception_words(struct rtse *r, const struct rtse_input *i)
{
	(void)ERR(&r->why, ERR_OSI_TRANSFER_REFUSED, "exception report, reason %u (%s), %s", i->p->number, exception_name(i->p->number),
	          r->state == RT_ENDING ? "after the whole APDU" : "in mid-transfer");
}

ACTION(exception)
{
	(void)ev;
	exception_words(r, i);
	end_activity(r, S_ACTIVITY_DISCARD_REQUEST, 0);
}

/* With much of an RTTR still to go the rest would be for nobody: the association ends. */
ACTION(exception_in_long_piece)
{
	(void)ev;
	exception_words(r, i);
	fault(r, RTSE_FAULT_PROTOCOL, &r->why);
}

ACTION(not_confirmed)
{
	(void)i;
	ev->kind = OSI_EV_NOT_CONFIRMED;
	ev->err = r->why;
}

ACTION(please)
{
	(void)i;
	r->please = i->p->number == 0 ? 0 : (int)i->p->number;
	if (r->o.twa) {
		ev->kind = OSI_EV_TURN_PLEASE;
		ev->number = r->please;
	}
}

ACTION(have_turn)
{
	(void)r, (void)i;
	ev->kind = OSI_EV_TURN_GIVEN;
}

ACTION(ask_turn)
{
	(void)ev;
	request(r, S_TOKEN_PLEASE_REQUEST, i->data, 0);
}

ACTION(give_turn)
{
	(void)i, (void)ev;
	plain_request(r, S_CONTROL_GIVE_REQUEST, 0);
}

ACTION(gave_turn) { (void)i, (void)ev, r->please = -1; }

/* ---- the table ---- */

static bool turn_free(const struct rtse *r) { return r->session->turn && r->session->state == STA713; }
static bool may_ask(const struct rtse *r)
{
	return r->o.twa && !r->session->turn && (r->session->state == STA713 || r->session->state == STA10B);
}
static bool all_given(const struct rtse *r) { return r->given == r->total; }
static bool short_rest(const struct rtse *r) { return r->piece_left <= PADDING_MAX; }
static bool keeps_turn(const struct rtse *r) { return r->o.keep_turn; }

static const struct row table[] = {
	ROW(RT_IDLE, RT_TRANSFER_REQUEST, turn_free, start_sending, RT_SENDING),
	ROW(RT_IDLE, S_ACTIVITY_START_INDICATION, always, start_receiving, RT_RECEIVING),
	ROW(RT_IDLE, S_ACTIVITY_RESUME_INDICATION, always, refuse_resume, RT_REFUSING),
	ROW(RT_IDLE, S_DATA, always, data_outside, RT_IDLE),
	ROW(RT_IDLE, S_TOKEN_PLEASE_INDICATION, always, please, RT_IDLE),
	ROW(RT_IDLE, S_CONTROL_GIVE_INDICATION, keeps_turn, have_turn, RT_IDLE),
	ROW(RT_IDLE, S_CONTROL_GIVE_INDICATION, always, give_turn, RT_GIVING), /* nobody wants it; the peer would wait for ever */
	ROW(RT_IDLE, RT_TURN_PLEASE_REQUEST, may_ask, ask_turn, RT_IDLE),
	ROW(RT_IDLE, RT_TURN_GIVE_REQUEST, turn_free, give_turn, RT_GIVING),
	ROW(RT_GIVING, S_CONTROL_GIVE_CONFIRM, always, gave_turn, RT_IDLE),
	ROW(RT_RECEIVING, S_DATA, always, take_data, RT_RECEIVING),
	ROW(RT_RECEIVING, S_SYNC_MINOR_INDICATION, always, answer_checkpoint, RT_RECEIVING),
	ROW(RT_RECEIVING, S_ACTIVITY_END_INDICATION, always, end_receiving, RT_SECURING),
	ROW(RT_RECEIVING, S_ACTIVITY_DISCARD_INDICATION, always, discarded, RT_IDLE),
	ROW(RT_RECEIVING, S_ACTIVITY_INTERRUPT_INDICATION, always, interrupted, RT_IDLE),
	ROW(RT_RECEIVING, RT_REFUSE_REQUEST, always, refuse, RT_REFUSING),
	ROW(RT_RECEIVING, RT_TURN_PLEASE_REQUEST, may_ask, ask_turn, RT_RECEIVING),
	ROW(RT_SECURING, RT_TRANSFER_RESPONSE, always, confirm, RT_IDLE),
	ROW(RT_SECURING, RT_REFUSE_REQUEST, always, refuse, RT_REFUSING),
	ROW(RT_SECURING, S_ACTIVITY_DISCARD_INDICATION, always, discarded, RT_IDLE),
	ROW(RT_SECURING, S_ACTIVITY_INTERRUPT_INDICATION, always, interrupted, RT_IDLE),
	ROW(RT_SECURING, RT_TURN_PLEASE_REQUEST, may_ask, ask_turn, RT_SECURING),
	ROW(RT_REFUSING, S_ACTIVITY_DISCARD_INDICATION, always, discarded_after_refusal, RT_IDLE),
	ROW(RT_REFUSING, S_ACTIVITY_INTERRUPT_INDICATION, always, interrupted_after_refusal, RT_IDLE),
	ROW(RT_SENDING, RT_TRANSFER_END, all_given, end_sending, RT_ENDING),
	ROW(RT_SENDING, RT_DISCARD_REQUEST, short_rest, discard, RT_DISCARDING),
	ROW(RT_SENDING, RT_DISCARD_REQUEST, always, abort_sending, RT_SENDING),
	ROW(RT_SENDING, RT_INTERRUPT_REQUEST, short_rest, interrupt, RT_DISCARDING),
	ROW(RT_SENDING, RT_INTERRUPT_REQUEST, always, abort_sending, RT_SENDING),
	ROW(RT_SENDING, S_SYNC_MINOR_CONFIRM, always, checkpoint_confirmed, RT_SENDING),
	ROW(RT_SENDING, S_EXCEPTION_INDICATION, short_rest, exception, RT_DISCARDING),
	ROW(RT_SENDING, S_EXCEPTION_INDICATION, always, exception_in_long_piece, RT_SENDING),
	ROW(RT_SENDING, S_TOKEN_PLEASE_INDICATION, always, please, RT_SENDING),
	ROW(RT_ENDING, S_SYNC_MINOR_CONFIRM, always, checkpoint_confirmed, RT_ENDING),
	ROW(RT_ENDING, S_ACTIVITY_END_CONFIRM, always, confirmed, RT_IDLE),
	ROW(RT_ENDING, S_EXCEPTION_INDICATION, always, exception, RT_DISCARDING),
	ROW(RT_ENDING, S_TOKEN_PLEASE_INDICATION, always, please, RT_ENDING),
	ROW(RT_DISCARDING, S_ACTIVITY_DISCARD_CONFIRM, always, not_confirmed, RT_IDLE),
	ROW(RT_DISCARDING, S_ACTIVITY_INTERRUPT_CONFIRM, always, not_confirmed, RT_IDLE),
	ROW(RT_DISCARDING, S_TOKEN_PLEASE_INDICATION, always, please, RT_DISCARDING),
};

static const struct table_names *names(size_t row) { return &table[row].names; }
const struct table rtse_table = {"rtse", "X.228", ARRAY_LEN(table), names};

/* False: no row. */
static bool run(struct rtse *r, unsigned event, const struct rtse_input *in, struct osi_event *ev)
{
	for (size_t k = 0; k < ARRAY_LEN(table); k++) {
		enum rtse_state before = r->state;

		if (table[k].state != r->state || table[k].event != event || (table[k].predicate != NULL && !table[k].predicate(r)))
			continue;
		table_taken(&rtse_table, k);
		table[k].action(r, in, ev);
		/* an action that refused what it was given has set its own state */
		if (r->state == before)
			r->state = table[k].next;
		return true;
	}
	return false;
}

void rtse_primitive(struct rtse *r, const struct session_primitive *p, struct osi_event *ev)
{
	struct err e = {0};

	if (run(r, p->kind, &(struct rtse_input){.p = p}, ev))
		return;
	(void)ERR(&e, ERR_OSI_RTSE, "S-primitive %d in state %d of the transfer", p->kind, r->state);
	fault(r, RTSE_FAULT_PROTOCOL, &e);
}

bool rtse_request(struct rtse *r, enum rtse_request q, const struct rtse_input *i)
{
	struct osi_event none = {0}; /* requests tell nothing: what follows is told by primitives */

	return run(r, q, i, &none);
}

void rtse_init(struct rtse *r, struct session *s, const struct rtse_options *o)
{
	*r = (struct rtse){.o = *o, .session = s, .please = -1};
}
