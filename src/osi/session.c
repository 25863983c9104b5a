/*
 * osi/session.c - see session.h.  Called by association.c and rtse.c.
 *
 * The table below is X.225 annex A (tables A.6 to A.10) for the functional units of RTS.  A row is state, event,
 * predicate, action, next state; the first row of a state and event whose predicate holds is taken; where there is none
 * the event is a protocol error and ends in AB (X.225 A.4.1.2).  Actions have the names of what they send or indicate.
 */
#include "osi/session.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "osi/table.h"

/* PI 17 */
enum { TC_RELEASE = 0x01, TC_USER_ABORT = 0x02, TC_PROTOCOL_ERROR = 0x04 };
/* PI 50 of RF */
enum { RF_USER_CONGESTION = 1, RF_USER_DATA = 2, RF_SSEL_UNKNOWN = 129, RF_VERSION = 132, RF_SPM_REJECT = 133, RF_RESTRICTION = 134 };
/* PI 26, without the release token, which is not available */
#define ABORT_DATA_MAX_1 9
enum { TOKENS_INITIATOR = 0x00, TOKENS_RESPONDER = 0x15, TOKENS_CHOICE = 0x2a, TOKENS_MASK = 0x3f };

struct input {
	const struct spdu *spdu;
	struct octets data;
	unsigned number;
};

static const char *const state_names[SESSION_STATES] = {
	"STA01", "STA01A", "STA01C", "STA02A", "STA03", "STA04B", "STA05B", "STA05C", "STA08",
	"STA09", "STA10B", "STA11B", "STA11C", "STA16", "STA18", "STA19", "STA20", "STA713",
};

const char *session_state_name(enum session_state s) { return state_names[s]; }

/* ---- sending ---- */

static struct octets octet(const uint8_t *v) { return (struct octets){v, 1}; }

static void send(struct session *s, const struct spdu *p)
{
	buf_reset(s->scratch);
	spdu_encode(s->scratch, p);
	cotp_data(s->cotp, s->scratch->p, s->scratch->len);
}

static void send_plain(struct session *s, enum spdu_kind k)
{
	struct spdu p = {.kind = k};

	send(s, &p);
}

static void send_serial(struct session *s, enum spdu_kind k, unsigned n)
{
	char digits[12];
	struct spdu p = {.kind = k};

	p.p[SP_SERIAL] = (struct octets){(const uint8_t *)digits, (size_t)snprintf(digits, sizeof digits, "%u", n)};
	send(s, &p);
}

static void send_reason(struct session *s, enum spdu_kind k, unsigned reason)
{
	uint8_t r = (uint8_t)reason;
	struct spdu p = {.kind = k};

	p.p[SP_REASON] = octet(&r);
	send(s, &p);
}

static void send_abort(struct session *s, uint8_t tc, struct octets data)
{
	struct spdu p = {.kind = SPDU_AB};

	p.p[SP_TC_DISCONNECT] = octet(&tc);
	/* version 1 takes 9 octets: an ARU does not fit, the RTAB of X.410 mode does (X.225 8.3.9.4) */
	if (data.len > 0 && (s->version != 1 || data.len <= ABORT_DATA_MAX_1))
		p.p[SP_USER_DATA] = data;
	send(s, &p);
}

static void send_refuse(struct session *s, unsigned reason, struct octets data)
{
	static const uint8_t tc = TC_RELEASE;
	uint8_t version = s->version == 1 ? SPDU_VERSION_1 : SPDU_VERSION_2;
	struct spdu p = {.kind = SPDU_RF};
	uint8_t value[SPDU_CONNECT_DATA_MAX + 1] = {(uint8_t)reason};

	data.len = MIN_OF(data.len, (size_t)SPDU_CONNECT_DATA_MAX);
	if (data.len > 0)
		memcpy(value + 1, data.p, data.len);
	p.p[SP_TC_DISCONNECT] = octet(&tc);
	p.p[SP_VERSION] = octet(&version);
	p.p[SP_REASON] = (struct octets){value, 1 + data.len};
	send(s, &p);
}

/* ---- predicates ---- */

static bool is_initiator(const struct session *s, const struct input *i) { return (void)i, s->o.initiator; }
static bool is_responder(const struct session *s, const struct input *i) { return !is_initiator(s, i); }
static bool is_busy(const struct session *s, const struct input *i) { return (void)i, s->o.busy; }
static bool inside_tsdu(const struct session *s, const struct input *i) { return (void)i, cotp_in_tsdu(s->cotp); }
static bool has_session(const struct session *s, const struct input *i) { return (void)i, s->state != STA01C; }
static bool sender(const struct session *s, const struct input *i) { return (void)i, s->turn && s->vact; }
static bool receiver(const struct session *s, const struct input *i) { return (void)i, !s->turn && s->vact; }
static bool idle_with_turn(const struct session *s, const struct input *i) { return (void)i, s->turn && !s->vact; }
static bool idle_without_turn(const struct session *s, const struct input *i) { return (void)i, !s->turn && !s->vact; }
static bool without_turn(const struct session *s, const struct input *i) { return (void)i, !s->turn; }
static bool with_turn(const struct session *s, const struct input *i) { return (void)i, s->turn; }

static bool serial_is_next(const struct session *s, const struct input *i)
{
	return receiver(s, i) && spdu_serial(i->spdu->p[SP_SERIAL]) == s->vm;
}
static bool serial_is_pending(const struct session *s, const struct input *i)
{
	unsigned n = spdu_serial(i->spdu->p[SP_SERIAL]);

	return sender(s, i) && n >= s->va && n < s->vm;
}
static bool serial_is_end(const struct session *s, const struct input *i)
{
	return spdu_serial(i->spdu->p[SP_SERIAL]) == s->vm;
}

static unsigned cn_versions(const struct input *i) { return spdu_number(i->spdu->p[SP_VERSION], SPDU_VERSION_1); }
static bool version_unknown(const struct session *s, const struct input *i)
{
	(void)s;
	return (cn_versions(i) & (SPDU_VERSION_1 | SPDU_VERSION_2)) == 0;
}
static bool ssel_unknown(const struct session *s, const struct input *i)
{
	const struct octets *own = &s->o.called, *got = &i->spdu->p[SP_CALLED_SSEL];

	return own->p != NULL && (got->len != own->len || (own->len > 0 && memcmp(got->p, own->p, own->len) != 0));
}
/* Connect data beyond 10240 octets would follow in CDO (X.225 8.3.2.14), or stand here against the rules. */
static bool cn_too_long(const struct session *s, const struct input *i)
{
	(void)s;
	return i->spdu->p[SP_OVERFLOW].p != NULL || i->spdu->p[SP_EXTENDED_DATA].len > SPDU_CONNECT_DATA_MAX;
}
static unsigned requirements(const struct input *i) { return spdu_number(i->spdu->p[SP_REQUIREMENTS], 0x0349); }
static unsigned token_setting(const struct input *i) { return spdu_number(i->spdu->p[SP_TOKEN_SETTING], 0) & TOKENS_MASK; }
static bool cn_not_rts(const struct session *s, const struct input *i)
{
	unsigned t = token_setting(i);

	(void)s;
	return s->o.initiator || (requirements(i) & SPDU_RTS_REQUIREMENTS) != SPDU_RTS_REQUIREMENTS ||
	       (t != TOKENS_INITIATOR && t != TOKENS_RESPONDER && t != TOKENS_CHOICE);
}
static unsigned tokens_said(const struct session *s) { return s->o.turn_to_responder ? TOKENS_RESPONDER : TOKENS_INITIATOR; }
static bool ac_not_rts(const struct session *s, const struct input *i)
{
	unsigned v = cn_versions(i);

	return (requirements(i) & SPDU_RTS_REQUIREMENTS) != SPDU_RTS_REQUIREMENTS || token_setting(i) != tokens_said(s) ||
	       (v != SPDU_VERSION_1 && v != SPDU_VERSION_2);
}

/* ---- actions ---- */

struct row {
	enum session_state state;
	unsigned event; /* enum spdu_kind or enum session_request */
	bool (*predicate)(const struct session *s, const struct input *i);
	void (*action)(struct session *s, const struct input *i, struct session_primitive *out);
	enum session_state next;
	struct table_names names;
};
#define ROW(state, event, predicate, action, next) \
	{state, event, predicate, action, next, {#state, #event, #predicate, #action, #next}}
#define ACTION(name) static void name(struct session *s, const struct input *i, struct session_primitive *out)

ACTION(ignore) { (void)s, (void)i, (void)out; }

ACTION(send_cn)
{
	static const uint8_t options = 0, rts[2] = {SPDU_RTS_REQUIREMENTS >> 8, SPDU_RTS_REQUIREMENTS & 0xff};
	/* long connect data exist in version 2 alone: then nothing else is offered (X.225 7.1.1, as ISODE does) */
	bool extended = i->data.len > SPDU_SMALL_DATA_MAX;
	uint8_t versions = extended ? SPDU_VERSION_2 : s->o.versions != 0 ? (uint8_t)s->o.versions : SPDU_VERSION_1 | SPDU_VERSION_2;
	uint8_t tokens = (uint8_t)tokens_said(s);
	struct spdu p = {.kind = SPDU_CN};

	(void)out;
	p.p[SP_CALLING_REF] = s->o.reference;
	p.p[SP_COMMON_REF] = s->o.common;
	p.p[SP_OPTIONS] = octet(&options);
	p.p[SP_VERSION] = octet(&versions);
	p.p[SP_TOKEN_SETTING] = octet(&tokens);
	p.p[SP_REQUIREMENTS] = (struct octets){rts, 2};
	p.p[SP_CALLING_SSEL] = s->o.calling;
	p.p[SP_CALLED_SSEL] = s->o.called;
	p.p[extended ? SP_EXTENDED_DATA : SP_USER_DATA] = i->data;
	s->turn = !s->o.turn_to_responder;
	send(s, &p);
}

/* Keeps the peer's CN or AC beyond the TSDU: rejecting, accepting and osi_peer need it. */
static void keep_connect(struct session *s)
{
	struct err e;

	buf_reset(s->connect_tsdu);
	buf_put(s->connect_tsdu, s->tsdu->p, s->tsdu->len);
	if (spdu_decode(buf_octets(s->connect_tsdu), &s->connect, &e) != 0)
		s->connect = (struct spdu){0}; /* cannot be: it was decoded a moment ago */
}

/* Halves of PI 21: initiator to responder, then back; 0 is no limit. */
static unsigned tsdu_limit(const struct spdu *p, bool from_initiator)
{
	const struct octets *v = &p->p[SP_TSDU_MAX];

	if (v->p == NULL || v->len != 4)
		return 0;
	return from_initiator ? (unsigned)(v->p[0] << 8 | v->p[1]) : (unsigned)(v->p[2] << 8 | v->p[3]);
}

ACTION(connect_indication)
{
	keep_connect(s);
	s->version = (cn_versions(i) & SPDU_VERSION_2) != 0 ? 2 : 1;
	s->tsdu_max = tsdu_limit(&s->connect, false);
	out->kind = S_CONNECT_INDICATION;
	out->spdu = s->connect;
}

ACTION(connect_confirm)
{
	keep_connect(s);
	s->version = cn_versions(i) == SPDU_VERSION_2 ? 2 : 1;
	s->tsdu_max = tsdu_limit(&s->connect, true);
	out->kind = S_CONNECT_CONFIRM;
	out->spdu = s->connect;
}

/* Nobody up there knows of the session yet: it is refused without asking. */
static void reject(struct session *s, unsigned reason, struct session_primitive *out)
{
	send_refuse(s, reason, (struct octets){0});
	out->kind = S_REJECTED;
}

ACTION(refuse_version)
{
	reject(s, RF_VERSION, out);
	(void)ERR(&s->err, ERR_OSI_SESSION, "peer offers session versions %02x, we know 1 and 2: refused with RF 132", cn_versions(i));
}

ACTION(refuse_ssel)
{
	char theirs[64], ours[256];

	reject(s, RF_SSEL_UNKNOWN, out);
	str_printable(theirs, sizeof theirs, i->spdu->p[SP_CALLED_SSEL].p, i->spdu->p[SP_CALLED_SSEL].len);
	str_printable(ours, sizeof ours, s->o.called.p, s->o.called.len);
	(void)ERR(&s->err, ERR_OSI_SELECTOR, "peer called SSEL \"%s\", ours is \"%s\": refused with RF 129", theirs, ours);
}

ACTION(refuse_long)
{
	(void)i;
	reject(s, RF_RESTRICTION, out);
	(void)ERR(&s->err, ERR_OSI_SESSION, "peer's connect data are longer than %d octets: refused with RF 134", SPDU_CONNECT_DATA_MAX);
}

ACTION(refuse_busy)
{
	(void)i;
	reject(s, RF_USER_CONGESTION, out);
	(void)ERR(&s->err, ERR_OSI_BUSY, "refused with RF 1");
}

/* Names the units that are missing: the operator of the other side has to switch them on. */
static void missing_units(const struct input *i, char out[static 96])
{
	static const struct {
		unsigned bit;
		const char *name;
	} units[] = {{0x0001, "half-duplex"}, {0x0008, "minor synchronize"}, {0x0040, "activity management"}, {0x0200, "exceptions"}};
	size_t n = 0;

	out[0] = '\0';
	for (size_t k = 0; k < ARRAY_LEN(units); k++)
		if ((requirements(i) & units[k].bit) == 0)
			n += (size_t)snprintf(out + n, 96 - n, "%s%s", n == 0 ? " without " : ", ", units[k].name);
}

ACTION(refuse_requirements)
{
	char missing[96];

	missing_units(i, missing);
	reject(s, RF_SPM_REJECT, out);
	(void)ERR(&s->err, ERR_OSI_SESSION,
	          "peer's session requirements %04x%s, tokens %02x; needed are %04x and all tokens on one side: refused with RF 133",
	          requirements(i), missing, token_setting(i), SPDU_RTS_REQUIREMENTS);
}

ACTION(send_ac)
{
	static const uint8_t options = 0, rts[2] = {SPDU_RTS_REQUIREMENTS >> 8, SPDU_RTS_REQUIREMENTS & 0xff};
	struct input cn = {.spdu = &s->connect};
	uint8_t version = s->version == 2 ? SPDU_VERSION_2 : SPDU_VERSION_1;
	uint8_t tokens = token_setting(&cn) == TOKENS_RESPONDER ? TOKENS_RESPONDER : TOKENS_INITIATOR;
	struct spdu p = {.kind = SPDU_AC};

	(void)out;
	/* X.228's SessionConnectionIdentifier is the initiator's: it goes back as it came */
	p.p[SP_CALLED_REF] = s->connect.p[SP_CALLING_REF];
	p.p[SP_COMMON_REF] = s->connect.p[SP_COMMON_REF];
	p.p[SP_OPTIONS] = octet(&options);
	p.p[SP_VERSION] = octet(&version);
	p.p[SP_TOKEN_SETTING] = octet(&tokens);
	p.p[SP_REQUIREMENTS] = (struct octets){rts, 2};
	p.p[SP_CALLED_SSEL] = s->connect.p[SP_CALLED_SSEL];
	p.p[SP_USER_DATA] = i->data;
	s->turn = tokens == TOKENS_RESPONDER;
	send(s, &p);
}

ACTION(send_rf)
{
	(void)out;
	send_refuse(s, i->number, i->data);
}

ACTION(connect_refused)
{
	const struct octets *r = &i->spdu->p[SP_REASON];

	out->kind = S_CONNECT_REFUSED;
	out->number = r->len > 0 ? r->p[0] : 0;
	if (r->len > 1)
		out->data = (struct octets){r->p + 1, r->len - 1};
	(void)s;
}

static void provider_abort(struct session *s, const struct input *i, struct session_primitive *out);

ACTION(refuse_ac)
{
	(void)ERR(&s->err, ERR_OSI_SESSION_UNITS, "peer accepts requirements %04x, tokens %02x, version %02x; ours are %04x, 00, one of 03",
	          requirements(i), token_setting(i), cn_versions(i), SPDU_RTS_REQUIREMENTS);
	provider_abort(s, i, out);
}

ACTION(data_indication)
{
	out->kind = S_DATA;
	(void)s, (void)i;
}

ACTION(send_as)
{
	struct spdu p = {.kind = SPDU_AS};

	(void)out;
	p.p[SP_ACTIVITY_ID] = i->data;
	s->vact = true;
	s->vm = s->va = 1;
	send(s, &p);
}

ACTION(start_indication)
{
	out->data = i->spdu->p[SP_ACTIVITY_ID];
	s->vact = true;
	s->ssdu_open = false;
	s->vm = s->va = 1;
	out->kind = S_ACTIVITY_START_INDICATION;
}

ACTION(resume_indication)
{
	(void)i;
	s->vact = true;
	s->ssdu_open = false;
	s->vm = s->va = 1;
	out->kind = S_ACTIVITY_RESUME_INDICATION;
}

ACTION(send_mip)
{
	(void)i, (void)out;
	send_serial(s, SPDU_MIP, s->vm++);
}

ACTION(minor_indication)
{
	(void)i;
	out->kind = S_SYNC_MINOR_INDICATION;
	out->number = s->vm++;
}

ACTION(send_mia)
{
	(void)out;
	s->va = i->number + 1;
	send_serial(s, SPDU_MIA, i->number);
}

ACTION(minor_confirm)
{
	out->kind = S_SYNC_MINOR_CONFIRM;
	out->number = spdu_serial(i->spdu->p[SP_SERIAL]);
	s->va = out->number + 1;
}

ACTION(send_ae)
{
	(void)i, (void)out;
	send_serial(s, SPDU_AE, s->vm);
}

ACTION(end_indication)
{
	(void)s, (void)i;
	out->kind = S_ACTIVITY_END_INDICATION;
}

ACTION(send_aea)
{
	(void)i, (void)out;
	s->vact = false;
	send_serial(s, SPDU_AEA, s->vm);
}

ACTION(end_confirm)
{
	(void)i;
	s->vact = false;
	out->kind = S_ACTIVITY_END_CONFIRM;
}

ACTION(send_ad)
{
	(void)out;
	send_reason(s, SPDU_AD, i->number);
}

static unsigned reason_of(const struct input *i) { return spdu_number(i->spdu->p[SP_REASON], 0); }

ACTION(discard_indication)
{
	(void)s;
	out->kind = S_ACTIVITY_DISCARD_INDICATION;
	out->number = reason_of(i);
}

ACTION(interrupt_indication)
{
	(void)s;
	out->kind = S_ACTIVITY_INTERRUPT_INDICATION;
	out->number = reason_of(i);
}

ACTION(send_ai)
{
	(void)out;
	send_reason(s, SPDU_AI, i->number);
}

ACTION(interrupt_confirm)
{
	(void)i;
	s->vact = false;
	out->kind = S_ACTIVITY_INTERRUPT_CONFIRM;
}

ACTION(send_ada)
{
	(void)i, (void)out;
	s->vact = false;
	send_plain(s, SPDU_ADA);
}

ACTION(send_aia)
{
	(void)i, (void)out;
	s->vact = false;
	send_plain(s, SPDU_AIA);
}

ACTION(discard_confirm)
{
	(void)i;
	s->vact = false;
	out->kind = S_ACTIVITY_DISCARD_CONFIRM;
}

ACTION(send_ed)
{
	(void)out;
	send_reason(s, SPDU_ED, i->number);
}

ACTION(exception_indication)
{
	(void)s;
	out->kind = S_EXCEPTION_INDICATION;
	out->number = reason_of(i);
}

ACTION(send_pt)
{
	static const uint8_t token = 0x01; /* data: ISODE and PP ask for this one and get all */
	struct spdu p = {.kind = SPDU_PT};

	(void)out;
	p.p[SP_TOKEN_ITEM] = octet(&token);
	p.p[SP_USER_DATA] = i->data;
	send(s, &p);
}

ACTION(please_indication)
{
	(void)s;
	out->kind = S_TOKEN_PLEASE_INDICATION;
	out->data = i->spdu->p[SP_USER_DATA];
}

ACTION(send_gtc)
{
	(void)i, (void)out;
	send_plain(s, SPDU_GTC);
}

ACTION(take_turn)
{
	(void)i;
	send_plain(s, SPDU_GTA);
	s->turn = true;
	out->kind = S_CONTROL_GIVE_INDICATION;
}

ACTION(turn_given)
{
	(void)i;
	s->turn = false;
	out->kind = S_CONTROL_GIVE_CONFIRM;
}

ACTION(send_fn)
{
	static const uint8_t tc = TC_RELEASE;
	struct spdu p = {.kind = SPDU_FN};

	(void)out;
	p.p[SP_TC_DISCONNECT] = octet(&tc);
	p.p[SP_USER_DATA] = i->data;
	send(s, &p);
}

ACTION(release_indication)
{
	(void)s;
	out->kind = S_RELEASE_INDICATION;
	out->data = i->spdu->p[SP_USER_DATA];
}

ACTION(send_dn)
{
	struct spdu p = {.kind = SPDU_DN};

	(void)out;
	p.p[SP_USER_DATA] = i->data;
	send(s, &p);
}

ACTION(release_confirm)
{
	(void)s;
	out->kind = S_RELEASE_CONFIRM;
	out->data = i->spdu->p[SP_USER_DATA];
}

ACTION(abort_indication)
{
	unsigned tc = spdu_number(i->spdu->p[SP_TC_DISCONNECT], TC_RELEASE);

	if (!cotp_in_tsdu(s->cotp))
		send_plain(s, SPDU_AA);
	out->kind = (tc & TC_USER_ABORT) != 0 ? S_U_ABORT_INDICATION : S_P_ABORT_INDICATION;
	out->data = i->spdu->p[SP_USER_DATA];
	if (out->kind == S_P_ABORT_INDICATION)
		(void)ERR(&s->err, ERR_OSI_ABORTED, "peer's session provider aborted%s in our state %s",
		          (tc & TC_PROTOCOL_ERROR) != 0 ? " for a protocol error" : "", state_names[s->state]);
}

ACTION(send_ab)
{
	(void)out;
	send_abort(s, TC_RELEASE | TC_USER_ABORT, i->data);
}

static void provider_abort(struct session *s, const struct input *i, struct session_primitive *out)
{
	(void)i;
	if (!cotp_in_tsdu(s->cotp))
		send_abort(s, TC_RELEASE | TC_PROTOCOL_ERROR, (struct octets){0});
	out->kind = S_P_ABORT_INDICATION;
}

ACTION(closed)
{
	(void)s, (void)i;
	out->kind = S_CLOSED;
}

static const struct row table[] = {
	/* connection (table A.6) */
	ROW(STA01C, S_CONNECT_REQUEST, is_initiator, send_cn, STA02A),
	ROW(STA01C, SPDU_CN, version_unknown, refuse_version, STA16),
	ROW(STA01C, SPDU_CN, cn_too_long, refuse_long, STA16),
	ROW(STA01C, S_TOO_LONG, is_responder, refuse_long, STA16),
	ROW(STA01C, SPDU_CN, cn_not_rts, refuse_requirements, STA16),
	ROW(STA01C, SPDU_CN, ssel_unknown, refuse_ssel, STA16),
	ROW(STA01C, SPDU_CN, is_busy, refuse_busy, STA16),
	ROW(STA01C, SPDU_CN, always, connect_indication, STA08),
	ROW(STA01C, S_U_ABORT_REQUEST, always, closed, STA16),
	ROW(STA02A, SPDU_AC, ac_not_rts, refuse_ac, STA01A),
	ROW(STA02A, SPDU_AC, always, connect_confirm, STA713),
	ROW(STA02A, SPDU_RF, always, connect_refused, STA16),
	ROW(STA08, S_CONNECT_ACCEPT, always, send_ac, STA713),
	ROW(STA08, S_CONNECT_REJECT, always, send_rf, STA16),
	/* data and minor synchronization (A.7, A.8).  S-DATA outside an activity is handed up: presentation refuses it */
	ROW(STA713, SPDU_DT, without_turn, data_indication, STA713),
	ROW(STA713, S_SYNC_MINOR_REQUEST, sender, send_mip, STA713),
	ROW(STA713, SPDU_MIP, serial_is_next, minor_indication, STA713),
	ROW(STA713, S_SYNC_MINOR_RESPONSE, receiver, send_mia, STA713),
	ROW(STA713, SPDU_MIA, serial_is_pending, minor_confirm, STA713),
	ROW(STA04B, SPDU_MIA, serial_is_pending, minor_confirm, STA04B),
	/* activities (A.9) */
	ROW(STA713, S_ACTIVITY_START_REQUEST, idle_with_turn, send_as, STA713),
	ROW(STA713, SPDU_AS, idle_without_turn, start_indication, STA713),
	ROW(STA713, SPDU_AR, idle_without_turn, resume_indication, STA713),
	ROW(STA713, S_ACTIVITY_END_REQUEST, sender, send_ae, STA04B),
	ROW(STA713, SPDU_AE, serial_is_next, end_indication, STA10B),
	ROW(STA04B, SPDU_AEA, serial_is_end, end_confirm, STA713),
	ROW(STA10B, S_ACTIVITY_END_RESPONSE, always, send_aea, STA713),
	ROW(STA713, S_ACTIVITY_DISCARD_REQUEST, sender, send_ad, STA05C),
	ROW(STA19, S_ACTIVITY_DISCARD_REQUEST, always, send_ad, STA05C),
	ROW(STA713, SPDU_AD, receiver, discard_indication, STA11C),
	ROW(STA713, SPDU_AD, idle_without_turn, send_ada, STA713), /* crossed with our AEA */
	ROW(STA10B, SPDU_AD, always, discard_indication, STA11C),
	ROW(STA20, SPDU_AD, always, discard_indication, STA11C),
	ROW(STA11C, S_ACTIVITY_DISCARD_RESPONSE, always, send_ada, STA713),
	ROW(STA713, S_ACTIVITY_INTERRUPT_REQUEST, sender, send_ai, STA05B),
	ROW(STA713, SPDU_AI, receiver, interrupt_indication, STA11B),
	ROW(STA713, SPDU_AI, idle_without_turn, send_aia, STA713), /* crossed with our AEA */
	ROW(STA10B, SPDU_AI, always, interrupt_indication, STA11B),
	ROW(STA20, SPDU_AI, always, interrupt_indication, STA11B),
	ROW(STA11B, S_ACTIVITY_INTERRUPT_RESPONSE, always, send_aia, STA713),
	ROW(STA05C, SPDU_ADA, always, discard_confirm, STA713),
	ROW(STA05C, SPDU_MIA, always, ignore, STA05C),
	ROW(STA05C, SPDU_ED, always, ignore, STA05C),
	ROW(STA05C, SPDU_ER, always, ignore, STA05C),
	ROW(STA05C, SPDU_PT, always, please_indication, STA05C),
	ROW(STA05B, SPDU_AIA, always, interrupt_confirm, STA713),
	ROW(STA05B, SPDU_MIA, always, ignore, STA05B),
	ROW(STA05B, SPDU_ED, always, ignore, STA05B),
	ROW(STA05B, SPDU_ER, always, ignore, STA05B),
	ROW(STA05B, SPDU_PT, always, please_indication, STA05B),
	/* exceptions (A.8): after ED all but AD, AI and AB is dropped; data have been cut off by session_tsdu */
	ROW(STA713, S_U_EXCEPTION_REQUEST, receiver, send_ed, STA20),
	ROW(STA10B, S_U_EXCEPTION_REQUEST, always, send_ed, STA20),
	ROW(STA20, SPDU_DT, always, ignore, STA20),
	ROW(STA20, SPDU_MIP, always, ignore, STA20),
	ROW(STA20, SPDU_AE, always, ignore, STA20),
	ROW(STA20, SPDU_GT, always, ignore, STA20),
	ROW(STA713, SPDU_ED, sender, exception_indication, STA19),
	ROW(STA713, SPDU_ER, sender, exception_indication, STA19),
	ROW(STA04B, SPDU_ED, always, exception_indication, STA19),
	ROW(STA04B, SPDU_ER, always, exception_indication, STA19),
	ROW(STA19, SPDU_PT, always, please_indication, STA19),
	/* the turn (A.7) */
	ROW(STA713, S_TOKEN_PLEASE_REQUEST, without_turn, send_pt, STA713),
	ROW(STA10B, S_TOKEN_PLEASE_REQUEST, always, send_pt, STA10B),
	ROW(STA713, SPDU_PT, with_turn, please_indication, STA713),
	ROW(STA04B, SPDU_PT, always, please_indication, STA04B),
	ROW(STA713, S_CONTROL_GIVE_REQUEST, idle_with_turn, send_gtc, STA18),
	ROW(STA713, SPDU_GTC, idle_without_turn, take_turn, STA713),
	ROW(STA18, SPDU_GTA, always, turn_given, STA713),
	ROW(STA18, SPDU_PT, always, ignore, STA18),
	/* release (A.7) */
	ROW(STA713, S_RELEASE_REQUEST, idle_with_turn, send_fn, STA03),
	ROW(STA713, SPDU_FN, idle_without_turn, release_indication, STA09),
	ROW(STA09, S_RELEASE_RESPONSE, always, send_dn, STA16),
	ROW(STA03, SPDU_DN, always, release_confirm, STA16),
	ROW(STA03, SPDU_PT, always, ignore, STA03),
	/* abort (A.6), and where nothing is heard any more */
	ROW(STA01A, SPDU_AA, always, closed, STA01),
	ROW(STA01A, SPDU_AB, always, closed, STA01),
	ROW(STA01A, S_ANY, always, ignore, STA01A),
	ROW(STA01, S_ANY, always, ignore, STA01),
	ROW(STA16, S_ANY, always, ignore, STA16),
	ROW(STA_ANY, SPDU_AB, has_session, abort_indication, STA16),
	ROW(STA_ANY, S_U_ABORT_REQUEST, inside_tsdu, closed, STA16), /* AB cannot overtake the TSDU that was begun */
	ROW(STA_ANY, S_U_ABORT_REQUEST, always, send_ab, STA01A),
};

static void protocol_error(struct session *s, struct session_primitive *out)
{
	if (s->state == STA01C) {
		out->kind = S_P_ABORT_INDICATION; /* no session yet: T-DISCONNECT is all there is */
		s->state = STA16;
		return;
	}
	session_provider_abort(s, out);
}

static const struct row *find(const struct session *s, unsigned event, const struct input *i)
{
	for (size_t k = 0; k < ARRAY_LEN(table); k++) {
		const struct row *r = &table[k];

		if ((r->state == s->state || r->state == STA_ANY) && (r->event == event || r->event == S_ANY) &&
		    (r->predicate == NULL || r->predicate(s, i))) {
			table_taken(&session_table, k);
			return r;
		}
	}
	return NULL;
}

static void run(struct session *s, unsigned event, const struct input *i, struct session_primitive *out)
{
	const struct row *row = find(s, event, i);

	if (row != NULL) {
		row->action(s, i, out);
		s->state = row->next;
		return;
	}
	if (event < SPDU_KINDS)
		(void)ERR(&s->err, ERR_OSI_SESSION, "%s in state %s (turn %s, activity %s, serial %u, next is %u)",
		          spdu_name((enum spdu_kind)event), state_names[s->state], s->turn ? "ours" : "theirs",
		          s->vact ? "open" : "none", spdu_serial(i->spdu->p[SP_SERIAL]), s->vm);
	else if (event < S_INVALID) /* of what cannot be read s->err tells already */
		(void)ERR(&s->err, ERR_BUG_INTERNAL, "session request %u in state %s", event - SPDU_KINDS, state_names[s->state]);
	protocol_error(s, out);
}

static const struct table_names *names(size_t row) { return &table[row].names; }
const struct table session_table = {"session", "X.225 annex A", ARRAY_LEN(table), names};

/* ---- interface ---- */

void session_request(struct session *s, enum session_request r, struct octets data, unsigned number, struct session_primitive *out)
{
	struct input i = {.data = data, .number = number};

	*out = (struct session_primitive){0};
	run(s, r, &i, out);
}

void session_provider_abort(struct session *s, struct session_primitive *out)
{
	bool mid = cotp_in_tsdu(s->cotp);

	provider_abort(s, NULL, out);
	s->state = mid || s->state == STA01C ? STA16 : STA01A;
}

void session_prefer_version_1(struct session *s)
{
	struct input cn = {.spdu = &s->connect};

	if ((cn_versions(&cn) & SPDU_VERSION_1) != 0)
		s->version = 1;
}

void session_transport_open(struct session *s) { s->state = STA01C; }

void session_transport_closed(struct session *s, const struct err *why, struct session_primitive *out)
{
	bool quiet = s->state == STA01 || s->state == STA16 || s->state == STA01A;

	*out = (struct session_primitive){.kind = quiet ? S_CLOSED : S_P_ABORT_INDICATION};
	if (!quiet)
		s->err = *why;
	s->state = STA01;
}

void session_tim(struct session *s, struct session_primitive *out)
{
	*out = (struct session_primitive){.kind = S_CLOSED};
	s->state = STA01;
}

void session_data_begin(struct session *s, uint64_t length)
{
	static const uint8_t gt_dt[4] = {1, 0, 1, 0};

	cotp_data_begin(s->cotp, sizeof gt_dt + length);
	cotp_data_put(s->cotp, gt_dt, sizeof gt_dt);
}

/* The head of a DT is there: the table says whether its data are delivered or dropped. */
static void begin_dt(struct session *s, const struct spdu *p, struct session_primitive *out)
{
	struct input i = {.spdu = p};
	unsigned enclosure = spdu_number(p->p[SP_ENCLOSURE], SPDU_ENCLOSURE_BEGIN | SPDU_ENCLOSURE_END);
	bool first = (enclosure & SPDU_ENCLOSURE_BEGIN) != 0;

	if (p->prefix == SPDU_GT) /* tokens given along with data: RTS gives them by GTC alone */
		run(s, SPDU_GT, &i, out);
	else
		run(s, SPDU_DT, &i, out);
	s->in = out->kind == S_DATA ? TSDU_STREAM : TSDU_DISCARD;
	if (out->kind == S_DATA && first == s->ssdu_open) {
		*out = (struct session_primitive){0};
		(void)ERR(&s->err, ERR_OSI_SESSION, "DT with enclosure %02x while %s SSDU is open", enclosure, first ? "an" : "no");
		session_provider_abort(s, out);
		s->in = TSDU_DISCARD;
		return;
	}
	s->ssdu_end = (enclosure & SPDU_ENCLOSURE_END) != 0;
	s->ssdu_open = !s->ssdu_end;
	out->first = first;
}

static void whole(struct session *s, struct session_primitive *out)
{
	struct spdu p;
	struct input i = {.spdu = &p};

	if (spdu_decode(buf_octets(s->tsdu), &p, &s->err) != 0) {
		run(s, S_INVALID, NULL, out);
		return;
	}
	run(s, p.kind, &i, out);
	if (p.prefix == SPDU_KINDS)
		return;
	/* a PT or GT that says something acts after the SPDU that it stands before (X.225 6.3.7) */
	p.p[SP_TOKEN_ITEM] = p.prefix_tokens;
	p.p[SP_USER_DATA] = p.prefix_data;
	run(s, p.prefix, &i, &s->next);
	if (out->kind == S_NONE)
		(void)session_more(s, out);
}

bool session_more(struct session *s, struct session_primitive *out)
{
	*out = s->next;
	s->next = (struct session_primitive){0};
	return out->kind != S_NONE;
}

/* Octets of the head are collected one by one; a DT comes with its head in one piece nearly always, which the caller
 * has tried first. Returns how many octets of the piece belong to the head. */
static size_t collect_head(struct session *s, struct octets piece, struct session_primitive *out)
{
	struct spdu p;
	size_t head, used = 0;
	int r = 2;

	while (r == 2 && used < piece.len) {
		buf_putc(s->tsdu, piece.p[used++]);
		r = spdu_decode_dt_head(buf_octets(s->tsdu), &p, &head, &s->err);
	}
	if (r == 1) {
		begin_dt(s, &p, out);
	} else if (r == 0) {
		s->in = TSDU_HEAD; /* not a DT: wait for its end */
		buf_put(s->tsdu, piece.p + used, piece.len - used);
		used = piece.len;
	} else if (r < 0) {
		run(s, S_INVALID, NULL, out);
		s->in = TSDU_DISCARD;
	}
	return used;
}

static size_t start(struct session *s, struct octets piece, struct session_primitive *out)
{
	struct spdu p;
	size_t head;
	struct err e;

	if (s->tsdu->len == 0 && !s->tsdu->failed && spdu_decode_dt_head(piece, &p, &head, &e) == 1) {
		begin_dt(s, &p, out);
		return head;
	}
	return collect_head(s, piece, out);
}

void session_tsdu(struct session *s, struct octets piece, bool end, struct session_primitive *out)
{
	size_t used = 0;

	*out = (struct session_primitive){0};
	if (s->in == TSDU_START)
		used = start(s, piece, out);
	else if (s->in == TSDU_HEAD)
		buf_put(s->tsdu, piece.p, piece.len);
	if (!buf_ok(s->tsdu) && s->in != TSDU_DISCARD) {
		(void)ERR(&s->err, ERR_OSI_SESSION, "SPDU longer than %d octets", SPDU_MAX);
		run(s, S_TOO_LONG, NULL, out);
		s->in = TSDU_DISCARD;
	}
	if (s->in == TSDU_STREAM) {
		/* an abort or an ED of ours may have come in between */
		if (s->state == STA713) {
			out->kind = S_DATA;
			out->data = (struct octets){piece.p + used, piece.len - used};
			out->end = end && s->ssdu_end;
		}
	} else if (end && s->in != TSDU_DISCARD) {
		whole(s, out);
	}
	if (end) {
		s->in = TSDU_START;
		buf_reset(s->tsdu);
	}
}

void session_init(struct session *s, const struct session_options *o, struct cotp *c, struct arena *a)
{
	*s = (struct session){.o = *o, .cotp = c, .state = STA01, .scratch = buf_in(a, SPDU_MAX + 512),
	                      .tsdu = buf_in(a, SPDU_MAX), .connect_tsdu = buf_in(a, SPDU_MAX)};
}
