/*
 * osi/cotp.c - X.224 class 0, see cotp.h.  Called by association.c (input) and session.c (T-DATA requests).
 *
 * The state table is X.224 table A.2 reduced to class 0; an event that has no row in a state is a protocol error.  Class 0 has no DR after CC: the release is
 * the end of TCP (X.224 6.7.1), yet real peers send one, so DR in OPEN is taken as a T-DISCONNECT.
 */
#include "osi/cotp.h"

#include <string.h>

#include "base/str.h"
#include "osi/table.h"

enum tpdu_code { TPDU_CR = 0xe0, TPDU_CC = 0xd0, TPDU_DR = 0x80, TPDU_DT = 0xf0, TPDU_ER = 0x70 };
enum cotp_parameter { P_TPDU_SIZE = 0xc0, P_CALLING_TSAP = 0xc1, P_CALLED_TSAP = 0xc2, P_ALTERNATIVE_CLASS = 0xc7, P_INVALID_TPDU = 0xc1 };
enum cotp_event { EV_NCONCONF, EV_NDISIND, EV_CR, EV_CC, EV_DR, EV_DT, EV_ER, EV_INVALID, COTP_EVENTS, EV_ANY = COTP_EVENTS };
enum dr_reason { DR_UNSPECIFIED = 0, DR_CONGESTION = 1, DR_ADDRESS_UNKNOWN = 3 };
enum er_cause { ER_PARAMETER_VALUE = 3 };

/* A TPDU taken apart. */
struct tpdu {
	uint8_t code;
	uint16_t dst_ref, src_ref;
	uint8_t class_option, reason;
	bool has_size, alternative_0, long_selector;
	uint8_t size;
	struct octets calling, called;
	struct octets header; /* all of it, for ER */
};

struct row {
	enum cotp_state state;
	enum cotp_event event;
	bool (*predicate)(const struct cotp *c, const struct tpdu *t);
	void (*action)(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim);
	enum cotp_state next;
	struct table_names names;
};
#define ROW(state, event, predicate, action, next) \
	{state, event, predicate, action, next, {#state, #event, #predicate, #action, #next}}

static const char *const state_names[COTP_STATES] = {"CLOSED", "WFNC", "WFCC", "OPEN", "CLOSING"};
static const char *const event_names[COTP_EVENTS] = {"NCONconf", "NDISind", "CR", "CC", "DR", "DT", "ER", "invalid TPDU"};

const char *cotp_state_name(enum cotp_state s) { return state_names[s]; }

/* Octets that a TPDU of this exponent may have; class 0 over TPKT never more than 65531. */
static size_t size_of(unsigned exponent)
{
	return exponent == 0 || exponent >= 16 ? COTP_TPDU_MAX : (size_t)1 << exponent;
}

static void put_parameter(uint8_t *tpdu, size_t *n, uint8_t code, const void *p, size_t len)
{
	tpdu[(*n)++] = code;
	tpdu[(*n)++] = (uint8_t)len;
	memcpy(tpdu + *n, p, len);
	*n += len;
}

static void send_tpdu(struct cotp *c, uint8_t *tpdu, size_t n)
{
	tpdu[0] = (uint8_t)(n - 1);
	tpkt_encode(c->out, n);
	buf_put(c->out, tpdu, n);
}

/* CR and CC differ in code and references only. */
static void send_connect(struct cotp *c, uint8_t code, uint16_t dst, unsigned exponent, struct octets calling,
                         struct octets called)
{
	uint8_t t[16 + 2 * COTP_SEL_MAX] = {0, code, (uint8_t)(dst >> 8), (uint8_t)dst, (uint8_t)(c->o.reference >> 8),
	                                    (uint8_t)c->o.reference, 0};
	size_t n = 7;
	uint8_t size = (uint8_t)exponent;

	if (exponent != 0)
		put_parameter(t, &n, P_TPDU_SIZE, &size, 1);
	if (calling.p != NULL)
		put_parameter(t, &n, P_CALLING_TSAP, calling.p, calling.len);
	if (called.p != NULL)
		put_parameter(t, &n, P_CALLED_TSAP, called.p, called.len);
	send_tpdu(c, t, n);
}

static void send_dr(struct cotp *c, uint16_t dst, uint8_t reason)
{
	uint8_t t[7] = {0, TPDU_DR, (uint8_t)(dst >> 8), (uint8_t)dst, 0, 0, reason};

	send_tpdu(c, t, sizeof t);
}

/* ---- predicates ---- */

static bool class_is_0(const struct cotp *c, const struct tpdu *t)
{
	(void)c;
	return t->class_option >> 4 == 0 || t->alternative_0;
}
static bool class_unknown(const struct cotp *c, const struct tpdu *t) { return !class_is_0(c, t); }
static bool size_bad(const struct cotp *c, const struct tpdu *t)
{
	(void)c;
	return t->has_size && (t->size < 7 || t->size > 16);
}
static bool tsel_unknown(const struct cotp *c, const struct tpdu *t)
{
	const struct octets *own = &c->o.called;

	return t->long_selector || (own->p != NULL && (t->called.len != own->len || (own->len > 0 && memcmp(t->called.p, own->p, own->len) != 0)));
}
static bool is_busy(const struct cotp *c, const struct tpdu *t) { return (void)t, c->o.busy; }
static bool cc_fits(const struct cotp *c, const struct tpdu *t)
{
	/* the responder may lower the size, never raise it (X.224 6.5.4) */
	return t->dst_ref == c->o.reference && t->class_option >> 4 == 0 && !size_bad(c, t) &&
	       (!t->has_size || size_of(t->size) <= size_of(c->o.size));
}

/* ---- actions ---- */

static void nothing(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	(void)c, (void)t, (void)prim;
}

static void send_cr(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	(void)t, (void)prim;
	send_connect(c, TPDU_CR, 0, c->o.size, c->o.calling, c->o.called);
}

static size_t keep_selector(uint8_t *to, struct octets from)
{
	if (from.len > 0)
		memcpy(to, from.p, from.len);
	return from.len;
}

static void accept_cr(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	unsigned exponent = t->has_size ? t->size : 0;

	if (c->o.size != 0 && size_of(c->o.size) < size_of(exponent))
		exponent = c->o.size;
	c->exponent = exponent;
	c->tpdu_max = size_of(exponent);
	c->remote = t->src_ref;
	c->has_calling = t->calling.p != NULL;
	c->has_called = t->called.p != NULL;
	c->calling_len = keep_selector(c->calling, t->calling);
	c->called_len = keep_selector(c->called, t->called);
	send_connect(c, TPDU_CC, t->src_ref, exponent, t->calling, t->called);
	prim->kind = T_CONNECT_INDICATION;
}

static void take_cc(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	/* no parameter in CC: what we offered stands; it cannot have become more */
	c->exponent = t->has_size ? t->size : c->o.size;
	c->tpdu_max = size_of(c->exponent);
	c->remote = t->src_ref;
	prim->kind = T_CONNECT_CONFIRM;
}

static void wrong_cc(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT, "CC answers reference %04x class %u size 2^%u; our CR had %04x class 0 size 2^%u",
	          t->dst_ref, t->class_option >> 4, t->size, c->o.reference, c->o.size);
}

static void printable_selector(char *out, size_t size, struct octets s)
{
	if (s.p == NULL)
		(void)strncpy(out, "(none)", size);
	else
		str_printable(out, size, s.p, s.len);
}

static void refuse_tsel(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	char theirs[3 * COTP_SEL_MAX], ours[3 * COTP_SEL_MAX];

	send_dr(c, t->src_ref, DR_ADDRESS_UNKNOWN);
	printable_selector(theirs, sizeof theirs, t->called);
	printable_selector(ours, sizeof ours, c->o.called);
	c->refused = true;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_SELECTOR, "peer called TSEL \"%s\", ours is \"%s\": refused with DR 3", theirs, ours);
}

static void refuse_busy(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	send_dr(c, t->src_ref, DR_CONGESTION);
	c->refused = true;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_BUSY, "refused with DR 1");
}

static void refuse_class(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	send_dr(c, t->src_ref, DR_UNSPECIFIED);
	c->refused = true;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT, "peer wants transport class %u without alternative 0: refused with DR 0", t->class_option >> 4);
}

static void refuse_size(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	uint8_t er[8 + 254] = {0, TPDU_ER, (uint8_t)(t->src_ref >> 8), (uint8_t)t->src_ref, ER_PARAMETER_VALUE};
	size_t n = 5;

	/* C1 is mandatory in class 0 (X.224 13.12.4); the header is cut so that LI stays legal */
	put_parameter(er, &n, P_INVALID_TPDU, t->header.p, MIN_OF(t->header.len, 240));
	send_tpdu(c, er, n);
	c->refused = true;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT, "TPDU size exponent %u in CR is not 7..16: refused with ER 3", t->size);
}

static void refused_by_dr(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	static const char *const reasons[] = {"reason not specified", "congestion at TSAP", "session entity not attached to TSAP", "address unknown"};
	unsigned reason = t->reason & 0x7f;
	char called[3 * COTP_SEL_MAX];

	printable_selector(called, sizeof called, c->o.called);
	c->refused = true;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, reason == DR_CONGESTION ? ERR_OSI_BUSY : ERR_OSI_TRANSPORT_REFUSED, "DR reason %u (%s); we called TSEL \"%s\"", t->reason,
	          reason < ARRAY_LEN(reasons) ? reasons[reason] : "?", called);
}

static void disconnected_by_dr(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT_CLOSED, "peer sent DR reason %u", t->reason);
}

static void error_by_er(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT, "peer sent ER cause %u in state %s", t->reason, state_names[c->state]);
}

/* What answers a CR with a CR is no transport entity but something that sends back what it gets. */
static void own_octets(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	(void)t;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_ECHO, "CR in answer to our CR");
}

static void closed_by_network(struct cotp *c, const struct tpdu *t, struct cotp_primitive *prim)
{
	(void)t;
	prim->kind = T_DISCONNECT;
	(void)ERR(&c->err, ERR_OSI_TRANSPORT_CLOSED, "TCP ended in transport state %s", state_names[c->state]);
}

static void protocol_error(struct cotp *c, enum cotp_event event, struct cotp_primitive *prim)
{
	prim->kind = T_DISCONNECT;
	if (c->err.id == ERR_NONE)
		(void)ERR(&c->err, ERR_OSI_TRANSPORT, "%s in transport state %s", event_names[event], state_names[c->state]);
	c->state = COTP_CLOSING;
}

static const struct row table[] = {
	ROW(COTP_WFNC, EV_NCONCONF, always, send_cr, COTP_WFCC),
	ROW(COTP_WFCC, EV_CC, cc_fits, take_cc, COTP_OPEN),
	ROW(COTP_WFCC, EV_CC, always, wrong_cc, COTP_CLOSING),
	ROW(COTP_WFCC, EV_DR, always, refused_by_dr, COTP_CLOSING),
	ROW(COTP_WFCC, EV_ER, always, error_by_er, COTP_CLOSING),
	ROW(COTP_WFCC, EV_CR, always, own_octets, COTP_CLOSING),
	ROW(COTP_CLOSED, EV_NCONCONF, always, nothing, COTP_CLOSED),
	ROW(COTP_CLOSED, EV_CR, size_bad, refuse_size, COTP_CLOSING),
	ROW(COTP_CLOSED, EV_CR, class_unknown, refuse_class, COTP_CLOSING),
	ROW(COTP_CLOSED, EV_CR, tsel_unknown, refuse_tsel, COTP_CLOSING),
	ROW(COTP_CLOSED, EV_CR, is_busy, refuse_busy, COTP_CLOSING),
	ROW(COTP_CLOSED, EV_CR, always, accept_cr, COTP_OPEN),
	ROW(COTP_OPEN, EV_DT, always, nothing, COTP_OPEN),
	ROW(COTP_OPEN, EV_DR, always, disconnected_by_dr, COTP_CLOSING),
	ROW(COTP_OPEN, EV_ER, always, error_by_er, COTP_CLOSING),
	ROW(COTP_CLOSING, EV_ANY, always, nothing, COTP_CLOSING),
	ROW(COTP_ANY, EV_NDISIND, always, closed_by_network, COTP_CLOSING),
};

static void run(struct cotp *c, enum cotp_event event, const struct tpdu *t, struct cotp_primitive *prim)
{
	for (size_t k = 0; k < ARRAY_LEN(table); k++) {
		const struct row *r = &table[k];

		if ((r->state != c->state && r->state != COTP_ANY) || (r->event != event && r->event != EV_ANY) ||
		    (r->predicate != NULL && !r->predicate(c, t)))
			continue;
		table_taken(&cotp_table, k);
		r->action(c, t, prim);
		c->state = r->next;
		return;
	}
	protocol_error(c, event, prim);
}

static const struct table_names *names(size_t row) { return &table[row].names; }
const struct table cotp_table = {"cotp", "X.224 annex A, class 0", ARRAY_LEN(table), names};

/* ---- receiving ---- */

static int take_parameter(struct tpdu *t, uint8_t code, struct octets value, struct err *e)
{
	if (t->code != TPDU_CR && t->code != TPDU_CC)
		return 0;
	switch (code) {
	case P_TPDU_SIZE:
		if (value.len != 1)
			return ERR(e, ERR_OSI_TRANSPORT, "TPDU size parameter of %zu octets", value.len);
		t->has_size = true;
		t->size = value.p[0];
		break;
	case P_CALLING_TSAP:
	case P_CALLED_TSAP:
		if (value.len > COTP_SEL_MAX) {
			t->long_selector |= t->code == TPDU_CR && code == P_CALLED_TSAP;
			value = (struct octets){0}; /* nobody's name, and nothing that CC could say again */
		}
		*(code == P_CALLING_TSAP ? &t->calling : &t->called) = value;
		break;
	case P_ALTERNATIVE_CLASS:
		for (size_t i = 0; i < value.len; i++)
			t->alternative_0 |= value.p[i] >> 4 == 0;
		break;
	default: /* X.224 13.3.4: ignored in CR; lenient in CC */
		break;
	}
	return 0;
}

/* Fixed part and parameters of CR, CC, DR, ER (X.224 13.3 to 13.5, 13.12); user data behind LI is not looked at. */
static int decode_tpdu(struct octets in, struct tpdu *t, struct err *e)
{
	size_t li = in.p[0], at = in.len > 1 && in.p[1] == TPDU_ER ? 5 : 7;

	t->code = in.p[1] & 0xf0;
	t->header = in;
	if (li + 1 > in.len || li + 1 < at || li == 255)
		return ERR(e, ERR_OSI_TRANSPORT, "TPDU %02x with LI %zu in %zu octets", in.p[1], li, in.len);
	t->dst_ref = (uint16_t)(in.p[2] << 8 | in.p[3]);
	if (at == 5) {
		t->reason = in.p[4];
	} else {
		t->src_ref = (uint16_t)(in.p[4] << 8 | in.p[5]);
		t->class_option = t->reason = in.p[6];
	}
	while (at < li + 1) {
		if (at + 2 > li + 1 || at + 2 + in.p[at + 1] > li + 1)
			return ERR(e, ERR_OSI_TRANSPORT, "parameter %02x of TPDU %02x passes the header's end", in.p[at], in.p[1]);
		TRY(take_parameter(t, in.p[at], (struct octets){in.p + at + 2, in.p[at + 1]}, e));
		at += 2 + (size_t)in.p[at + 1];
	}
	return 0;
}

static void whole_tpdu(struct cotp *c, struct cotp_primitive *prim)
{
	struct tpdu t = {0};
	enum cotp_event event = EV_INVALID;

	if (decode_tpdu((struct octets){c->head + TPKT_HEADER, c->length - TPKT_HEADER}, &t, &c->err) == 0)
		switch (t.code) {
		case TPDU_CR:
			event = EV_CR;
			break;
		case TPDU_CC:
			event = EV_CC;
			break;
		case TPDU_DR:
			event = EV_DR;
			break;
		case TPDU_ER:
			event = EV_ER;
			break;
		}
	run(c, event, &t, prim);
	c->held = c->length = 0;
}

/* Takes from the input until head holds want octets; false when the input ended before. */
static bool fill_head(struct cotp *c, size_t want, const uint8_t *p, size_t n, size_t *used)
{
	size_t take = MIN_OF(want - c->held, n - *used);

	memcpy(c->head + c->held, p + *used, take);
	c->held += take;
	*used += take;
	return c->held == want;
}

/* The fixed part of a DT is complete in head: 4 + LI 2, F0, EOT. */
static bool begin_dt(struct cotp *c)
{
	if (c->head[4] != 2 || c->head[5] != TPDU_DT)
		return false;
	c->in_dt = true;
	c->eot = (c->head[6] & 0x80) != 0;
	c->left = c->length - TPKT_MIN;
	return true;
}

static void payload(struct cotp *c, const uint8_t *p, size_t n, size_t *used, struct cotp_primitive *prim)
{
	size_t take = MIN_OF(c->left, n - *used);
	struct tpdu t = {.code = TPDU_DT};
	bool was_open = c->state == COTP_OPEN;

	run(c, EV_DT, &t, prim);
	if (was_open) {
		prim->data = (struct octets){p + *used, take};
		prim->end = c->eot && take == c->left;
		if (take > 0 || prim->end)
			prim->kind = T_DATA;
	}
	*used += take;
	c->left -= take;
	if (c->left == 0) {
		c->in_dt = false;
		c->held = c->length = 0;
	}
}

size_t cotp_input(struct cotp *c, const uint8_t *p, size_t n, struct cotp_primitive *prim)
{
	size_t used = 0;

	*prim = (struct cotp_primitive){0};
	while (prim->kind == T_NONE && (used < n || (c->in_dt && c->left == 0))) {
		if (c->state == COTP_CLOSING)
			return n;
		if (c->in_dt) {
			payload(c, p, n, &used, prim);
		} else if (c->length == 0) {
			if (fill_head(c, TPKT_HEADER, p, n, &used) && tpkt_decode(c->head, &c->length, &c->err) != 0)
				protocol_error(c, EV_INVALID, prim);
		} else if (c->held < TPKT_MIN) {
			if (fill_head(c, TPKT_MIN, p, n, &used) && !begin_dt(c)) {
				if (c->length > sizeof c->head) {
					(void)ERR(&c->err, ERR_OSI_TRANSPORT, "TPDU %02x of %zu octets", c->head[5], c->length - TPKT_HEADER);
					protocol_error(c, EV_INVALID, prim);
				} else if (c->held == c->length) {
					whole_tpdu(c, prim);
				}
			}
		} else if (fill_head(c, c->length, p, n, &used)) {
			whole_tpdu(c, prim);
		}
	}
	return used;
}

void cotp_disconnected(struct cotp *c, struct cotp_primitive *prim)
{
	*prim = (struct cotp_primitive){0};
	run(c, EV_NDISIND, NULL, prim);
}

void cotp_connected(struct cotp *c)
{
	struct cotp_primitive prim = {0};

	run(c, EV_NCONCONF, NULL, &prim);
}

/* ---- sending ---- */

void cotp_data_begin(struct cotp *c, uint64_t length)
{
	c->tsdu_left = length;
	c->tpdu_left = 0;
}

void cotp_data_put(struct cotp *c, const void *p, size_t n)
{
	const uint8_t *from = p;

	n = (size_t)MIN_OF((uint64_t)n, c->tsdu_left);
	while (n > 0) {
		size_t take;

		if (c->tpdu_left == 0) {
			uint8_t head[COTP_DT_HEAD] = {2, TPDU_DT, 0x80};

			c->tpdu_left = (size_t)MIN_OF(c->tsdu_left, (uint64_t)(c->tpdu_max - COTP_DT_HEAD));
			if (c->tpdu_left < c->tsdu_left)
				head[2] = 0;
			tpkt_encode(c->out, COTP_DT_HEAD + c->tpdu_left);
			buf_put(c->out, head, sizeof head);
		}
		take = MIN_OF(n, c->tpdu_left);
		buf_put(c->out, from, take);
		from += take;
		n -= take;
		c->tpdu_left -= take;
		c->tsdu_left -= take;
	}
}

void cotp_data(struct cotp *c, const void *p, size_t n)
{
	cotp_data_begin(c, n);
	cotp_data_put(c, p, n);
}

uint64_t cotp_cost(const struct cotp *c, uint64_t n)
{
	size_t payload_max = c->tpdu_max - COTP_DT_HEAD;

	return n + (n / payload_max + 2) * (TPKT_HEADER + COTP_DT_HEAD);
}

void cotp_init(struct cotp *c, const struct cotp_options *o, struct buf *out)
{
	*c = (struct cotp){.o = *o, .out = out, .state = o->initiator ? COTP_WFNC : COTP_CLOSED, .tpdu_max = COTP_TPDU_MAX};
}
