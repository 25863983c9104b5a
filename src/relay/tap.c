/*
 * relay/tap.c - see tap.h.  Called by link.c.
 *
 * Whole packets are looked at; a TSDU other than DT is held until it is complete, so that its SPDU can be changed or
 * answered.  A fault that answers in our name (DR, RF, AB) sends, waits a little for the peer's last word, and closes.
 */
#include "relay/tap.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "osi/acse.h"
#include "osi/rtse_pdu.h"
#include "relay/sockets.h"

#define TAP_BUFFER ((size_t)4 << 20)
#define LAST_WORD_MS 5000
#define PDU_ARENA ((size_t)4 << 20)
#define DT_AT (TPKT_HEADER + COTP_DT_HEAD)
enum { TPDU_CR = 0xe0, TPDU_CC = 0xd0, TPDU_DT = 0xf0, TPDU_DR = 0x80 };

static void flush(struct tap *t, int fd)
{
	struct err e;

	/* a peer that is gone is found out by whoever reads or writes next */
	(void)!sockets_flush(fd, t->out.ready, clock_monotonic_ms() + 60000, &e);
}

/* Reads and forgets until the peer closes. */
static void listen_to_the_end(int fd, int64_t deadline)
{
	uint8_t octets[4096];

	while (sockets_wait(fd, SOCKETS_READ, deadline) && recv(fd, octets, sizeof(octets), 0) > 0) {
	}
}

static enum tap_verdict last_word(struct tap *t, int fd)
{
	flush(t, fd);
	shutdown(fd, SHUT_WR);
	listen_to_the_end(fd, clock_monotonic_ms() + LAST_WORD_MS);
	return TAP_CLOSE;
}

/* ---- PDUs of our own ---- */

static struct octets octet(const uint8_t *v) { return (struct octets){v, 1}; }

static void put_spdu(struct tap *t, struct buf *to, const struct spdu *s)
{
	struct buf *b = buf_in(t->arena, SPDU_MAX * 2);

	spdu_encode(b, s);
	t->cotp.out = to;
	cotp_data(&t->cotp, b->p, b->len);
	buf_free(b);
}

static enum tap_verdict refuse_transport(struct tap *t, int fd, const struct octets *cr, long reason)
{
	const uint8_t dr[] = {6, TPDU_DR, cr->p[8], cr->p[9], 0, 0, (uint8_t)reason};

	tpkt_encode(t->out.ready, sizeof(dr));
	buf_put(t->out.ready, dr, sizeof(dr));
	return last_word(t, fd);
}

static enum tap_verdict refuse_session(struct tap *t, int fd, long reason, struct octets data)
{
	static const uint8_t tc = 1;
	uint8_t version = t->ps.x410 ? SPDU_VERSION_1 : SPDU_VERSION_2;
	struct spdu rf = {.kind = SPDU_RF};
	uint8_t value[SPDU_CONNECT_DATA_MAX + 1] = {(uint8_t)reason};

	data.len = MIN_OF(data.len, (size_t)SPDU_CONNECT_DATA_MAX);
	if (data.len > 0)
		memcpy(value + 1, data.p, data.len);
	rf.p[SP_TC_DISCONNECT] = octet(&tc);
	rf.p[SP_VERSION] = octet(&version);
	rf.p[SP_REASON] = (struct octets){value, 1 + data.len};
	put_spdu(t, t->out.ready, &rf);
	return last_word(t, fd);
}

static struct octets connect_data(const struct spdu *s)
{
	return s->p[SP_USER_DATA].p != NULL ? s->p[SP_USER_DATA] : s->p[SP_EXTENDED_DATA];
}

/* What the user above presentation says in CPR, len 0: nothing, the provider refuses.  X.410 mode has neither ACSE nor words
 * of presentation's own: RTORJ with that reason. */
static struct octets refusing_apdu(const struct tap *t, struct arena *a, const struct fault *f, struct octets cp_user)
{
	struct acse_aare aare = {.result = (int)f->number, .source = ACSE_SOURCE_USER, .diagnostic = (int)f->second, .rtse_context = t->ps.context[PS_RTSE]};
	struct octets pdu = {0};
	struct acse_aarq aarq;
	struct err e;
	int status = 0;

	if (t->ps.x410) {
		status = rtse_encode_rtorj(a, (enum rtorj_reason)f->number, (struct octets){0}, &pdu, &e);
	} else if (f->action == FAULT_REFUSE_ACSE) {
		if (acse_decode_aarq(a, cp_user, &aarq, &e) == 0)
			aare.context_name = aarq.context_name;
		status = acse_encode_aare(a, &aare, &pdu, &e);
	}
	return status == 0 ? pdu : (struct octets){0};
}

static enum tap_verdict refuse_presentation(struct tap *t, int fd, const struct fault *f, const struct spdu *cn)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct presentation_cp cp = {0};
	struct presentation ps = {0};
	struct octets pdu, cpr = {0};
	enum tap_verdict v;
	struct err e;
	int reason;

	(void)!presentation_decode_cp(a, &ps, connect_data(cn), &cp, &reason, &e);
	pdu = refusing_apdu(t, a, f, cp.user);
	if (presentation_encode_cpr(a, &ps, pdu.len > 0 ? CPR_USER : (int)f->number, pdu, &cpr, &e) != 0)
		cpr = (struct octets){0};
	v = refuse_session(t, fd, 2, cpr);
	arena_free(a);
	return v;
}

/* RTAB: inside ABRT and ARU, in X.410 mode inside ARU alone. */
static int encode_user_abort(const struct tap *t, struct arena *a, long reason, struct octets *out, struct err *e)
{
	struct octets pdu;

	TRY(rtse_encode_rtab(a, (enum rtab_reason)reason, &pdu, e));
	if (!t->ps.x410)
		TRY(acse_encode_abrt(a, t->ps.context[PS_RTSE], pdu, &pdu, e));
	return presentation_encode_aru(a, &t->ps, pdu, out, e);
}

static enum tap_verdict send_abort(struct tap *t, int fd, const struct fault *f)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct spdu ab = {.kind = SPDU_AB};
	uint8_t tc = f->action == FAULT_ABORT_PROVIDER ? (uint8_t)f->number : 3;
	struct octets data = {0};
	struct err e;

	if (f->action == FAULT_ABORT_PRESENTATION && presentation_encode_arp(a, (int)f->number, -1, &data, &e) != 0)
		data = (struct octets){0};
	if (f->action == FAULT_ABORT_USER && encode_user_abort(t, a, f->number, &data, &e) != 0)
		data = (struct octets){0};
	ab.p[SP_TC_DISCONNECT] = octet(&tc);
	ab.p[SP_USER_DATA] = data;
	put_spdu(t, t->out.ready, &ab);
	flush(t, fd);
	listen_to_the_end(fd, clock_monotonic_ms() + LAST_WORD_MS); /* AA, and the peer closes */
	arena_free(a);
	return TAP_CLOSE;
}

/* ---- changes ---- */

/* Parameter codes of the SPDUs that are worth a change. */
static const struct {
	long code;
	enum spdu_parameter place;
} settable[] = {
	{9, SP_CALLED_REF}, {10, SP_CALLING_REF}, {11, SP_COMMON_REF}, {16, SP_TOKEN_ITEM}, {17, SP_TC_DISCONNECT}, {19, SP_OPTIONS},
	{20, SP_REQUIREMENTS}, {21, SP_TSDU_MAX}, {22, SP_VERSION}, {26, SP_TOKEN_SETTING}, {41, SP_ACTIVITY_ID}, {42, SP_SERIAL},
	{50, SP_REASON}, {51, SP_CALLING_SSEL}, {52, SP_CALLED_SSEL}, {193, SP_USER_DATA},
};

static void set_parameter(struct spdu *s, const struct fault *f)
{
	for (size_t i = 0; i < ARRAY_LEN(settable); i++)
		if (settable[i].code == f->number)
			s->p[settable[i].place] = f->to;
}

static void replace(struct buf *b, const struct fault *f)
{
	for (size_t at = 0; at + f->from.len <= b->len; at++)
		if (memcmp(b->p + at, f->from.p, f->from.len) == 0)
			memcpy(b->p + at, f->to.p, f->to.len);
}

/* The RTOAC inside AC gets other figures; in X.410 mode there is no AARE around it. */
static int write_figures(struct tap *t, struct arena *a, struct spdu *ac, const struct fault *f, struct err *e)
{
	struct acse_aare aare;
	struct rtse_open rt;
	struct octets pdu;

	TRY(presentation_decode_cpa(a, &t->ps, connect_data(ac), &pdu, e));
	if (!t->ps.x410) {
		TRY(acse_decode_aare(a, pdu, &aare, e));
		pdu = aare.information;
	}
	TRY(rtse_decode_rtoac(a, pdu, &rt, e));
	rt.checkpoint = (unsigned)f->number;
	rt.window = (unsigned)f->second;
	TRY(rtse_encode_rtoac(a, &rt, &pdu, e));
	if (!t->ps.x410) {
		aare.rtse_context = t->ps.context[PS_RTSE];
		aare.information = pdu;
		TRY(acse_encode_aare(a, &aare, &pdu, e));
	}
	return presentation_encode_cpa(a, &t->ps, t->called, pdu, &ac->p[SP_USER_DATA], e);
}

static void agree(struct tap *t, struct arena *a, struct spdu *ac, const struct fault *f)
{
	struct err e;

	if (write_figures(t, a, ac, f, &e) == 0)
		ac->p[SP_EXTENDED_DATA] = (struct octets){0};
}

/* ---- a point is reached ---- */

struct passing {
	unsigned point;
	uint64_t octets, before; /* POINT_DATA: of this packet, and before it */
	struct buf *packets;     /* what passes; may be changed */
	const struct octets *cr; /* POINT_CR */
	struct spdu *spdu;       /* POINT_SPDU */
	bool changed;            /* spdu is not what packets holds */
};

static bool meant(const struct tap *t, const struct fault *f, const struct passing *p, bool after)
{
	if (f->action >= FAULT_REFUSE_BIND || f->point != p->point || f->after != after)
		return false;
	if (p->point != POINT_DATA)
		return f->nth == 0 || f->nth == t->passed[p->point];
	return f->nth == 0 || (p->before < f->nth && p->before + p->octets >= f->nth);
}

static enum tap_verdict wait_a_while(struct tap *t, int fd, int64_t ms)
{
	flush(t, fd);
	poll(NULL, 0, (int)ms);
	return TAP_GO_ON;
}

static enum tap_verdict silence(struct tap *t, int fd)
{
	flush(t, fd);
	listen_to_the_end(fd, INT64_MAX);
	return TAP_CLOSE;
}

static enum tap_verdict leave(struct tap *t, int fd, enum tap_verdict how)
{
	flush(t, fd);
	return how;
}

static enum tap_verdict strike(struct tap *t, int fd, const struct fault *f, struct passing *p)
{
	switch (f->action) {
	case FAULT_DELAY:
		return wait_a_while(t, fd, f->ms);
	case FAULT_SILENCE:
		return silence(t, fd);
	case FAULT_CLOSE:
		return leave(t, fd, TAP_CLOSE);
	case FAULT_RESET:
		return leave(t, fd, TAP_RESET);
	case FAULT_DROP:
		return TAP_DROP;
	case FAULT_ABORT_USER:
	case FAULT_ABORT_PRESENTATION:
	case FAULT_ABORT_PROVIDER:
		return send_abort(t, fd, f);
	case FAULT_REFUSE_TRANSPORT:
		return p->cr != NULL ? refuse_transport(t, fd, p->cr, f->number) : TAP_GO_ON;
	case FAULT_REFUSE_SESSION:
		return refuse_session(t, fd, f->number, (struct octets){0});
	case FAULT_REFUSE_PRESENTATION:
	case FAULT_REFUSE_ACSE:
		return p->spdu != NULL ? refuse_presentation(t, fd, f, p->spdu) : TAP_GO_ON;
	case FAULT_SET:
		if (p->spdu != NULL)
			set_parameter(p->spdu, f);
		p->changed |= p->spdu != NULL;
		return TAP_GO_ON;
	case FAULT_REPLACE:
		if (p->packets != NULL)
			replace(p->packets, f);
		return TAP_GO_ON;
	case FAULT_AGREE:
		if (p->spdu != NULL)
			agree(t, t->arena, p->spdu, f);
		p->changed |= p->spdu != NULL;
		return TAP_GO_ON;
	default:
		return TAP_GO_ON;
	}
}

static enum tap_verdict strike_all(struct tap *t, int fd, struct passing *p, bool after)
{
	for (size_t i = 0; i < t->faults->count; i++) {
		const struct fault *f = &t->faults->items[i];
		enum tap_verdict v = meant(t, f, p, after) && fault_strikes(f) ? strike(t, fd, f, p) : TAP_GO_ON;

		if (v != TAP_GO_ON)
			return v;
	}
	return TAP_GO_ON;
}

static enum tap_verdict pass(struct tap *t, int fd, struct tap_side *side, struct passing *p)
{
	enum tap_verdict v;

	t->passed[p->point]++;
	v = strike_all(t, fd, p, false);
	if (v == TAP_GO_ON) {
		if (p->changed)
			put_spdu(t, side->ready, p->spdu);
		else if (p->packets != NULL)
			buf_put(side->ready, p->packets->p, p->packets->len);
	}
	if (v == TAP_GO_ON || v == TAP_DROP)
		v = strike_all(t, fd, p, true);
	return v == TAP_DROP ? TAP_GO_ON : v;
}

/* ---- reading the packets ---- */

/* X.224 13.3.4: the size that CR offers and CC settles. */
static void learn_size(struct tap *t, struct octets packet)
{
	size_t li = packet.p[4];

	t->cotp.tpdu_max = COTP_TPDU_MAX;
	for (size_t at = 11; at + 2 < packet.len && at < li + 5; at += 2 + (size_t)packet.p[at + 1])
		if (packet.p[at] == 0xc0 && packet.p[at + 2] < 16)
			t->cotp.tpdu_max = (size_t)1 << packet.p[at + 2];
}

static void learn_contexts(struct tap *t, const struct spdu *cn)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct presentation_cp cp;
	int reason;
	struct err e;

	t->ps = (struct presentation){0};
	if (presentation_decode_cp(a, &t->ps, connect_data(cn), &cp, &reason, &e) == 0 && cp.called.p != NULL)
		t->called = (struct octets){arena_memdup(t->arena, cp.called.p, cp.called.len), cp.called.len};
	arena_free(a);
}

static enum tap_verdict pass_spdu(struct tap *t, int fd, struct tap_side *side)
{
	struct spdu s;
	struct passing p = {.packets = side->packets, .spdu = &s};
	struct err e;

	if (spdu_decode(buf_octets(side->tsdu), &s, &e) != 0) {
		buf_put(side->ready, side->packets->p, side->packets->len);
		return TAP_GO_ON;
	}
	if (s.kind == SPDU_CN)
		learn_contexts(t, &s);
	if (s.kind == SPDU_AS || s.kind == SPDU_AR)
		t->in.octets = t->out.octets = 0;
	p.point = POINT_SPDU + s.kind;
	return pass(t, fd, side, &p);
}

static enum tap_verdict pass_data(struct tap *t, int fd, struct tap_side *side, size_t octets)
{
	struct passing p = {.point = POINT_DATA, .octets = octets, .before = side->octets, .packets = side->packets};

	side->octets += octets;
	return pass(t, fd, side, &p);
}

static enum tap_verdict take_dt(struct tap *t, int fd, struct tap_side *side, struct octets packet)
{
	struct octets payload = {packet.p + DT_AT, packet.len - DT_AT};
	bool end = (packet.p[DT_AT - 1] & 0x80) != 0;
	enum tap_verdict v = TAP_GO_ON;
	struct spdu s;
	struct err e;
	size_t head = 0;

	if (!side->open) {
		side->dt = spdu_decode_dt_head(payload, &s, &head, &e) == 1;
		buf_reset(side->packets);
		buf_reset(side->tsdu);
	}
	side->open = !end;
	if (side->dt) {
		buf_reset(side->packets);
		buf_put(side->packets, packet.p, packet.len);
		return pass_data(t, fd, side, payload.len - head);
	}
	buf_put(side->packets, packet.p, packet.len);
	buf_put(side->tsdu, payload.p, payload.len);
	if (end)
		v = pass_spdu(t, fd, side);
	return v;
}

static enum tap_verdict take_packet(struct tap *t, int fd, struct tap_side *side, struct octets packet)
{
	unsigned code = packet.p[5] & 0xf0;
	struct passing p = {.point = code == TPDU_CR ? POINT_CR : POINT_CC, .packets = side->packets, .cr = &packet};

	if (code == TPDU_DT && packet.len >= DT_AT && packet.p[4] == 2)
		return take_dt(t, fd, side, packet);
	if ((code != TPDU_CR && code != TPDU_CC) || packet.len < 11) {
		buf_put(side->ready, packet.p, packet.len);
		return TAP_GO_ON;
	}
	learn_size(t, packet);
	buf_reset(side->packets);
	buf_put(side->packets, packet.p, packet.len);
	return pass(t, fd, side, &p);
}

static enum tap_verdict take_packets(struct tap *t, int fd, struct tap_side *side)
{
	enum tap_verdict v = TAP_GO_ON;
	size_t at = 0, length;
	struct err e;

	while (v == TAP_GO_ON && !t->blind && side->raw->len - at >= TPKT_HEADER) {
		if (tpkt_decode(side->raw->p + at, &length, &e) != 0)
			t->blind = true;
		else if (side->raw->len - at < length)
			break;
		else {
			v = take_packet(t, fd, side, (struct octets){side->raw->p + at, length});
			at += length;
		}
	}
	if (t->blind) {
		buf_put(side->ready, side->raw->p + at, side->raw->len - at);
		at = side->raw->len;
	}
	buf_consume(side->raw, at);
	return v;
}

static enum tap_verdict begin(struct tap *t, int fd)
{
	struct passing p = {.point = POINT_ACCEPTED};

	if (t->begun)
		return TAP_GO_ON;
	t->begun = true;
	return pass(t, fd, &t->out, &p);
}

size_t tap_portion(const struct tap *t, size_t most)
{
	return t == NULL || t->slow == 0 ? most : (size_t)MIN_OF((uint64_t)most, t->slow / 10 + 1);
}

static void slow_down(const struct tap *t, size_t n)
{
	if (t->slow > 0)
		poll(NULL, 0, (int)((uint64_t)n * 1000 / t->slow));
}

enum tap_verdict tap_outgoing(struct tap *t, int fd, struct buf *from, struct buf **ready)
{
	enum tap_verdict v = begin(t, fd);

	*ready = t->out.ready;
	if (v != TAP_GO_ON || from->len == 0)
		return v;
	buf_put(t->out.raw, from->p, from->len);
	slow_down(t, from->len);
	buf_consume(from, from->len);
	return take_packets(t, fd, &t->out);
}

enum tap_verdict tap_incoming(struct tap *t, int fd, const void *p, size_t n, struct buf **ready)
{
	*ready = t->in.ready;
	buf_put(t->in.raw, p, n);
	slow_down(t, n);
	return take_packets(t, fd, &t->in);
}

static void side_init(struct tap_side *s, struct arena *a)
{
	s->raw = buf_in(a, TAP_BUFFER);
	s->ready = buf_in(a, TAP_BUFFER);
	s->packets = buf_in(a, TAP_BUFFER);
	s->tsdu = buf_in(a, TAP_BUFFER);
}

struct tap *tap_new(struct arena *a, const struct faults *f, uint64_t slow)
{
	struct tap *t = NEW(a, struct tap);

	t->arena = a;
	t->faults = f;
	t->slow = slow;
	cotp_init(&t->cotp, &(struct cotp_options){0}, NULL);
	side_init(&t->in, a);
	side_init(&t->out, a);
	return t;
}
