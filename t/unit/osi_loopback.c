/*
 * Two associations joined in memory: initiator and responder of our own, TPDU sizes from 128 to 65531, checkpoints, odd
 * pieces; a thousand small APDUs and one of 50 MB pass unchanged, and no buffer grows with them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osi/association.h"
#include "t/lib/tap.h"

struct end {
	struct osi_association *a;
	struct arena *arena;
	size_t in_piece; /* octets given to osi_input at once */
};
struct wire {
	struct end from, to; /* initiator, responder */
	int64_t now;
	uint64_t seed;
	/* what is being sent, what has come */
	uint64_t total, given, came;
	uint64_t sum_sent, sum_came;
	unsigned confirmed, received;
	size_t most_out, most_in;
	bool open, ended, failed;
};

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t add(uint64_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

/* As fast as it can be and still different at every octet: for the long one. */
static uint64_t add_long(uint64_t sum, uint64_t at, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)p[i] * (at + i + 1);
	return sum;
}

/* Octets of the APDU at a position: BER-like enough, many zeros, ends in zeros. */
static void fill(uint8_t *p, uint64_t at, size_t n, uint64_t total)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t where = at + i;

		p[i] = where == 0 ? 0xa0 : total - where <= 7 ? 0 : (where >> 9) % 3 == 0 ? 0 : (uint8_t)(where * 31 + total);
	}
}

static void give(struct wire *w)
{
	uint8_t octets[40000];
	size_t room;

	while (w->given < w->total && (room = osi_transfer_room(w->from.a)) > 0) {
		size_t n = 1 + (size_t)(next(&w->seed) % sizeof octets);

		n = n < room ? n : room;
		if (n > w->total - w->given)
			n = (size_t)(w->total - w->given);
		fill(octets, w->given, n, w->total);
		w->sum_sent = w->total > 1000000 ? add_long(w->sum_sent, w->given, octets, n) : add(w->sum_sent, octets, n);
		osi_transfer_data(w->from.a, octets, n, w->now);
		w->given += n;
		if (w->given == w->total)
			osi_transfer_end(w->from.a, w->now);
	}
}

static void take_event(struct wire *w, struct osi_association *a, const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		osi_bind_accept(a, &(struct osi_mta){.name = "b"}, w->now);
		break;
	case OSI_EV_OPEN:
		w->open = true;
		break;
	case OSI_EV_SEND_MORE:
		give(w);
		break;
	case OSI_EV_TRANSFER_START:
		w->came = 0;
		w->sum_came = 0;
		break;
	case OSI_EV_TRANSFER_DATA:
		w->sum_came = w->total > 1000000 ? add_long(w->sum_came, w->came, ev->data.p, ev->data.len)
		                                 : add(w->sum_came, ev->data.p, ev->data.len);
		w->came += ev->data.len;
		break;
	case OSI_EV_TRANSFER_END:
		w->received++;
		if (w->came != w->total || w->sum_came != w->sum_sent) {
			diag("%" PRIu64 " of %" PRIu64 " octets came, sums %" PRIx64 " %" PRIx64, w->came, w->total, w->sum_came, w->sum_sent);
			w->failed = true;
		}
		osi_transfer_confirm(a, w->now);
		break;
	case OSI_EV_CONFIRMED:
		w->confirmed++;
		break;
	case OSI_EV_RELEASED:
		w->ended = true;
		break;
	default:
		diag("event %d: %s", ev->kind, ev->err.detail);
		w->failed = true;
		break;
	}
}

static void events(struct wire *w, struct osi_association *a)
{
	struct osi_event ev;

	do {
		osi_next_event(a, &ev);
		if (ev.kind != OSI_EV_NONE)
			take_event(w, a, &ev);
	} while (ev.kind != OSI_EV_NONE && !w->failed);
}

/* Moves what stands in one's out to the other; false: nothing moved. */
static bool move(struct wire *w, struct end *from, struct end *to)
{
	struct buf *out = osi_out(from->a);
	size_t n = out->len;

	if (n > w->most_out)
		w->most_out = n;
	for (size_t at = 0; at < n; at += to->in_piece) {
		size_t piece = n - at < to->in_piece ? n - at : to->in_piece;

		osi_input(to->a, out->p + at, piece, w->now);
		events(w, to->a);
	}
	buf_consume(out, n);
	return n > 0;
}

static void run(struct wire *w)
{
	bool moved = true;

	while (moved && !w->failed) {
		events(w, w->from.a);
		events(w, w->to.a);
		moved = move(w, &w->from, &w->to);
		moved |= move(w, &w->to, &w->from);
		moved |= osi_deadline(w->from.a) <= w->now;
	}
}

struct shape {
	unsigned from_size, to_size, checkpoint, window;
	uint64_t fragment;
	size_t piece;
};

static void open_wire(struct wire *w, const struct shape *s)
{
	struct osi_options o = {.initiator = true, .local = {.name = "a"}, .tpdu_size = s->from_size, .checkpoint = s->checkpoint,
	                        .window = s->window, .fragment = s->fragment};

	*w = (struct wire){.now = 1, .seed = 88172645463325252u};
	w->from.arena = arena_new(0);
	w->to.arena = arena_new(0);
	w->from.in_piece = w->to.in_piece = s->piece;
	w->from.a = osi_new(w->from.arena, &o, w->now);
	o.initiator = false;
	o.tpdu_size = s->to_size;
	o.reference = 7;
	w->to.a = osi_new(w->to.arena, &o, w->now);
	osi_connected(w->from.a, w->now);
	osi_connected(w->to.a, w->now);
	run(w);
}

static void transfer(struct wire *w, uint64_t total)
{
	struct err e = {0};

	w->total = total;
	w->given = 0;
	w->sum_sent = 0;
	if (osi_transfer_start(w->from.a, total, w->now, &e) != 0) {
		diag("%s", e.detail);
		w->failed = true;
		return;
	}
	run(w);
}

static void close_wire(struct wire *w)
{
	osi_release(w->from.a, w->now);
	run(w);
	arena_free(w->from.arena);
	arena_free(w->to.arena);
}

static void many(const struct shape *s, unsigned count, uint64_t long_one)
{
	struct wire w;
	size_t used;

	open_wire(&w, s);
	ok(w.open && !w.failed, "open: TPDU 2^%u to 2^%u, checkpoint %u, window %u, pieces of %zu", s->from_size, s->to_size,
	   s->checkpoint, s->window, s->piece);
	used = arena_used(w.from.arena) + arena_used(w.to.arena);
	for (unsigned i = 0; i < count && !w.failed; i++)
		transfer(&w, 1 + next(&w.seed) % (i % 10 == 0 ? 5000 : 300));
	is_int(w.confirmed, count, "%u small APDUs are confirmed", count);
	is_int(w.received, count, "and were received, octet for octet");
	if (long_one > 0) {
		transfer(&w, long_one);
		is_int(w.confirmed, count + 1, "an APDU of %" PRIu64 " octets is confirmed", long_one);
		is_int(w.received, count + 1, "and was received");
	}
	ok(w.most_out <= 300000, "at most %zu octets stood in out", w.most_out);
	is_int((long long)(arena_used(w.from.arena) + arena_used(w.to.arena)), (long long)used, "transfers take nothing of the arenas");
	close_wire(&w);
	ok(w.ended && !w.failed, "released");
}

/* The value of AS's PI 41 in what goes out now (X.225 8.3.11.1, a BER INTEGER), -1: there is no AS. */
static long activity_identifier(const struct buf *out)
{
	for (size_t i = 0; i + 6 <= out->len; i++) {
		const uint8_t *p = out->p + i;
		long n = 0;

		if (p[0] != 0x2d || p[2] != 0x29 || p[4] != 0x02 || p[1] != p[3] + 2 || p[3] != p[5] + 2 || i + 6 + p[5] > out->len)
			continue;
		for (unsigned k = 0; k < p[5]; k++)
			n = n * 256 + (k == 0 ? (int8_t)p[6] : p[6 + k]);
		return n;
	}
	return -1;
}

/* One association counts its activities upwards past each length of the INTEGER, none negative. */
static void identifiers(unsigned count)
{
	static const struct shape plain = {0, 0, 0, 0, 0, 65536};
	struct err e = {0};
	struct wire w;
	unsigned wrong = 0;

	open_wire(&w, &plain);
	for (unsigned i = 1; i <= count && !w.failed; i++) {
		w.total = 1;
		w.given = w.sum_sent = 0;
		if (osi_transfer_start(w.from.a, 1, w.now, &e) != 0)
			break;
		wrong += activity_identifier(osi_out(w.from.a)) != (long)i;
		run(&w);
	}
	is_int(w.confirmed, count, "%u activities of one association", count);
	is_int(wrong, 0, "each one's identifier is the next number");
	close_wire(&w);
}

/* An abort by the owner before there is a connection: nothing goes out, and the end is told once. */
static void abort_early(bool connected)
{
	struct arena *a = arena_new(0);
	struct osi_association *s = osi_new(a, &(struct osi_options){.initiator = true, .local = {.name = "a"}}, 1);
	struct osi_event ev;
	size_t before;

	if (connected)
		osi_connected(s, 1);
	before = osi_out(s)->len;
	osi_abort(s, 2);
	osi_next_event(s, &ev);
	is_int(ev.kind, OSI_EV_ABORTED, "an abort %s", connected ? "before CC" : "before TCP is there");
	is_int((long long)osi_out(s)->len, (long long)before, "says nothing to a peer that has no session");
	osi_abort(s, 3);
	osi_next_event(s, &ev);
	is_int(ev.kind, OSI_EV_NONE, "and is told once");
	arena_free(a);
}

int main(void)
{
	static const struct shape shapes[] = {
		{7, 0, 0, 0, 0, 1},         {7, 7, 1, 1, 0, 3},        {8, 7, 0, 0, 700, 129},   {9, 11, 2, 3, 0, 1000},
		{0, 10, 1, 2, 0, 4096},     {11, 11, 0, 0, 0, 13},     {12, 13, 63, 3, 0, 65536}, {13, 0, 0, 0, 65000, 7777},
		{16, 16, 3, 40, 1000, 257},
	};
	static const struct shape fast = {0, 0, 0, 0, 0, 65536}, checked = {0, 0, 63, 3, 0, 100000};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		many(&shapes[i], 80, 300000);
	many(&fast, 280, 50000000);
	many(&checked, 0, 5000000);
	identifiers(33000);
	abort_early(false);
	abort_early(true);
	return tap_done();
}
