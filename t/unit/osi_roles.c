/*
 * t/unit/osi_roles.c - what can happen to a transfer, in each mode and with either side as its sender: both ends stand here,
 * joined through memory.  Several transfers, discard, interrupt, exception, abort, what crosses with what, turns, checkpoints
 * and window as negotiated (X.228 7 and 8, X.225 annex A).
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "osi/association.h"
#include "t/lib/tap.h"

static const char *const mode_names[OSI_MODES] = {"normal", "x410-1988", "x410-1984"};
static const char *const event_names[] = {"NONE", "BIND", "OPEN", "REFUSED", "START", "DATA", "END", "DROPPED", "MORE",
                                          "CONFIRMED", "NOT-CONFIRMED", "PLEASE", "GIVEN", "RELEASED", "ABORTED"};

struct side {
	struct arena *arena;
	struct osi_association *a;
	char said[256]; /* events since last asked, BIND, DATA and MORE left out */
	struct err why; /* of the last one that has it */
	int number;
	uint64_t came;
	bool mute; /* what it sends stays in its out */
};
struct pair {
	struct side initiator, responder;
	struct side *sender, *receiver;
	char name[64];
	uint64_t total, given, limit; /* of the transfer; no more than limit is given */
	bool hold;                    /* nobody answers the end */
	int refusal;                  /* at the end, 0: confirmed */
};

static void give(struct pair *p)
{
	static const uint8_t octets[4096];
	size_t room;

	while (p->given < p->limit && (room = osi_transfer_room(p->sender->a)) > 0) {
		size_t n = (size_t)MIN_OF(MIN_OF((uint64_t)room, (uint64_t)sizeof(octets)), p->limit - p->given);

		osi_transfer_data(p->sender->a, octets, n, 1);
		p->given += n;
		if (p->given == p->total)
			osi_transfer_end(p->sender->a, 1);
	}
}

static void answer_end(struct pair *p, struct side *s)
{
	if (p->hold)
		return;
	if (p->refusal != 0)
		osi_transfer_refuse(s->a, (enum osi_refusal)p->refusal, 1);
	else
		osi_transfer_confirm(s->a, 1);
}

static void take(struct pair *p, struct side *s, const struct osi_event *ev)
{
	if (ev->kind != OSI_EV_BIND && ev->kind != OSI_EV_TRANSFER_DATA && ev->kind != OSI_EV_SEND_MORE) {
		size_t at = strlen(s->said);

		snprintf(s->said + at, sizeof(s->said) - at, "%s%s", at > 0 ? " " : "", event_names[ev->kind]);
		s->number = ev->number;
	}
	if (ev->err.id != ERR_NONE)
		s->why = ev->err;
	if (ev->kind == OSI_EV_BIND)
		osi_bind_accept(s->a, &(struct osi_mta){.name = "b"}, 1);
	else if (ev->kind == OSI_EV_TRANSFER_START)
		s->came = 0;
	else if (ev->kind == OSI_EV_TRANSFER_DATA)
		s->came += ev->data.len;
	else if (ev->kind == OSI_EV_SEND_MORE)
		give(p);
	else if (ev->kind == OSI_EV_TRANSFER_END)
		answer_end(p, s);
}

static void events(struct pair *p, struct side *s)
{
	struct osi_event ev;

	for (osi_next_event(s->a, &ev); ev.kind != OSI_EV_NONE; osi_next_event(s->a, &ev))
		take(p, s, &ev);
}

static bool move(struct pair *p, struct side *from, struct side *to)
{
	struct buf *out = osi_out(from->a);
	bool any = out->len > 0 && !from->mute;

	if (any) {
		osi_input(to->a, out->p, out->len, 1);
		buf_consume(out, out->len);
	}
	events(p, to);
	return any;
}

/* Until nobody has anything to say. */
static void run(struct pair *p)
{
	bool more = true;

	events(p, &p->initiator);
	events(p, &p->responder);
	while (more) {
		more = move(p, &p->initiator, &p->responder);
		more |= move(p, &p->responder, &p->initiator);
	}
}

/* What a side has said since the last time. */
static void said(struct pair *p, struct side *s, const char *want, const char *what)
{
	if (!ok(strcmp(s->said, want) == 0, "%s, %s: %s", p->name, s == p->sender ? "sender" : "receiver", what))
		diag("said \"%s\", expected \"%s\": %s", s->said, want, s->why.detail);
	s->said[0] = '\0';
}

static void both(struct pair *p, const char *sender, const char *receiver, const char *what)
{
	said(p, p->sender, sender, what);
	said(p, p->receiver, receiver, what);
}

static void because(struct pair *p, struct side *s, enum err_id id, const char *words)
{
	if (!ok(s->why.id == id && strstr(s->why.detail, words) != NULL, "%s, %s: because: %s", p->name,
	        s == p->sender ? "sender" : "receiver", words))
		diag("%s: %s", err_row(s->why.id)->name, s->why.detail);
	err_clear(&s->why);
}

static void start(struct pair *p, uint64_t total, uint64_t limit)
{
	struct err e = {0};

	p->total = total;
	p->limit = limit;
	p->given = 0;
	if (osi_transfer_start(p->sender->a, total, 1, &e) != 0)
		ok(false, "%s: start: %s", p->name, e.detail);
	run(p);
}

/* The association stands and carries a whole transfer. */
static void still_good(struct pair *p, const char *after)
{
	ok(osi_idle(p->sender->a) && osi_idle(p->receiver->a), "%s: idle after %s", p->name, after);
	start(p, 5000, 5000);
	both(p, "CONFIRMED", "START END", after);
	is_int((long long)p->receiver->came, 5000, "%s: whole after %s", p->name, after);
}

static void open_pair(struct pair *p, enum osi_mode mode, bool responder_sends)
{
	struct osi_options o = {.initiator = true, .mode = mode, .local = {.name = "a"}, .twa = true, .checkpoint = 63, .window = 5};

	*p = (struct pair){.sender = responder_sends ? &p->responder : &p->initiator, .receiver = responder_sends ? &p->initiator : &p->responder};
	snprintf(p->name, sizeof(p->name), "%s, %s sends", mode_names[mode], responder_sends ? "responder" : "initiator");
	p->initiator.arena = arena_new(0);
	p->initiator.a = osi_new(p->initiator.arena, &o, 1);
	o.initiator = false;
	o.modes = OSI_MODE_BIT(mode);
	o.checkpoint = 2;
	o.window = 2;
	p->responder.arena = arena_new(0);
	p->responder.a = osi_new(p->responder.arena, &o, 1);
	osi_connected(p->initiator.a, 1);
	run(p);
	both(p, "OPEN", "OPEN", "open");
	if (!responder_sends)
		return;
	osi_turn_give(p->initiator.a, 1);
	run(p);
	both(p, "GIVEN", "", "the turn is given");
}

static void close_pair(struct pair *p)
{
	arena_free(p->initiator.arena);
	arena_free(p->responder.arena);
}

/* ---- what ends a transfer ---- */

static void test_several(struct pair *p)
{
	for (int i = 0; i < 3; i++)
		start(p, 5000, 5000);
	both(p, "CONFIRMED CONFIRMED CONFIRMED", "START END START END START END", "several transfers");
}

static void test_taken_back(struct pair *p)
{
	start(p, 40000, 5000);
	osi_transfer_discard(p->sender->a, 1);
	run(p);
	both(p, "NOT-CONFIRMED", "START DROPPED", "discard");
	because(p, p->sender, ERR_CANCELLED, "discarded by our side");
	because(p, p->receiver, ERR_OSI_DISCARDED, "discarded the activity");
	still_good(p, "a discard");
	start(p, 40000, 5000);
	osi_transfer_interrupt(p->sender->a, 1);
	run(p);
	both(p, "NOT-CONFIRMED", "START DROPPED", "interrupt");
	because(p, p->sender, ERR_CANCELLED, "interrupted by our side");
	because(p, p->receiver, ERR_OSI_DISCARDED, "interrupted the activity");
	still_good(p, "an interrupt");
}

static void test_exceptions(struct pair *p)
{
	start(p, 40000, 5000);
	osi_transfer_refuse(p->receiver->a, OSI_REFUSE_TOO_LARGE, 1);
	run(p);
	both(p, "NOT-CONFIRMED", "START", "exception in mid-transfer");
	because(p, p->sender, ERR_OSI_TRANSFER_REFUSED, "reason 5 (local SS-user error), in mid-transfer");
	still_good(p, "an exception in mid-transfer");
	p->refusal = OSI_REFUSE_TEMPORARY;
	start(p, 5000, 5000);
	p->refusal = 0;
	both(p, "NOT-CONFIRMED", "START END", "exception at the end");
	because(p, p->sender, ERR_OSI_TRANSFER_REFUSED, "reason 1 (temporarily unable to go on), after the whole APDU");
	still_good(p, "an exception at the end");
}

/* ---- collisions: both sides speak before either hears ---- */

static void test_collisions(struct pair *p)
{
	start(p, 40000, 5000);
	osi_transfer_discard(p->sender->a, 1);
	osi_transfer_refuse(p->receiver->a, OSI_REFUSE_TEMPORARY, 1);
	run(p);
	both(p, "NOT-CONFIRMED", "START", "discard crosses exception");
	because(p, p->sender, ERR_CANCELLED, "discarded by our side");
	still_good(p, "discard that crossed an exception");
	start(p, 40000, 5000);
	osi_transfer_interrupt(p->sender->a, 1);
	osi_transfer_refuse(p->receiver->a, OSI_REFUSE_TEMPORARY, 1);
	run(p);
	both(p, "NOT-CONFIRMED", "START", "interrupt crosses exception");
	still_good(p, "interrupt that crossed an exception");
	start(p, 40000, 5000);
	p->limit = p->total;
	give(p);
	ok(osi_turn_please(p->receiver->a, 1, 1), "%s: turn please inside a transfer", p->name);
	run(p);
	both(p, "PLEASE CONFIRMED", "START END", "turn please crosses the data and the end");
	p->hold = true;
	start(p, 5000, 5000);
	osi_transfer_discard(p->sender->a, 1);
	osi_transfer_confirm(p->receiver->a, 1);
	run(p);
	p->hold = false;
	both(p, "CONFIRMED", "START END", "discard behind the end changes nothing");
	still_good(p, "collisions");
}

/* ---- aborts ---- */

static void test_abort(enum osi_mode mode, bool responder_sends)
{
	struct pair p;

	open_pair(&p, mode, responder_sends);
	start(&p, 40000, 5000);
	osi_abort(p.receiver->a, 1);
	run(&p);
	osi_disconnected(p.receiver->a, 1); /* the sender stands inside a packet: no AA, the end of TCP is the answer */
	run(&p);
	both(&p, "ABORTED", "START ABORTED", "the receiver aborts");
	because(&p, p.sender, ERR_OSI_ABORTED, "by its RTSE: reason 6 (user error)");
	because(&p, p.receiver, ERR_OSI_CLOSED, "aborted by our side");
	close_pair(&p);
	open_pair(&p, mode, responder_sends);
	p.hold = true;
	start(&p, 5000, 5000);
	osi_abort(p.sender->a, 1);
	run(&p);
	both(&p, "ABORTED", "START END ABORTED", "the sender aborts");
	because(&p, p.receiver, ERR_OSI_ABORTED, "by its RTSE: reason 6 (user error)");
	close_pair(&p);
	open_pair(&p, mode, responder_sends);
	p.hold = true;
	start(&p, 5000, 5000);
	osi_abort(p.sender->a, 1);
	osi_abort(p.receiver->a, 1);
	run(&p);
	both(&p, "ABORTED", "START END ABORTED", "abort crosses abort");
	close_pair(&p);
	open_pair(&p, mode, responder_sends);
	start(&p, 400000, 100);
	osi_abort(p.sender->a, 1);
	run(&p);
	osi_disconnected(p.receiver->a, 1);
	run(&p);
	both(&p, "ABORTED", "START ABORTED", "the sender aborts inside a packet, which ends with TCP");
	because(&p, p.receiver, ERR_OSI_TRANSPORT_CLOSED, "TCP ended");
	close_pair(&p);
}

/* ---- figures and turns ---- */

static void test_figures(struct pair *p)
{
	struct osi_progress i, r;

	osi_progress(p->initiator.a, &i);
	osi_progress(p->responder.a, &r);
	ok(i.checkpoint == 2 && i.window == 2, "%s: 63 and 5 offered, 2 and 2 answered", p->name);
	ok(r.checkpoint == 2 && r.window == 2, "%s: which both know", p->name);
	p->receiver->mute = true;
	start(p, 100000, 100000);
	ok(p->given < 100000 && p->receiver->came > 2048 && p->receiver->came <= 4096,
	   "%s: without a confirm no more than the window goes out (%llu octets)", p->name, (unsigned long long)p->receiver->came);
	p->receiver->mute = false;
	run(p);
	both(p, "CONFIRMED", "START END", "with confirms all of it does");
	is_int((long long)p->receiver->came, 100000, "%s: every octet", p->name);
}

static void test_turns(struct pair *p)
{
	ok(osi_has_turn(p->sender->a) && !osi_has_turn(p->receiver->a), "%s: one side has the turn", p->name);
	for (int i = 0; i < 2; i++) {
		struct side *had = p->sender;

		ok(osi_turn_please(p->receiver->a, 3, 1), "%s: the other asks for it", p->name);
		run(p);
		is_int(had->number, osi_mode_of(had->a) == OSI_MODE_NORMAL ? 3 : had->number, "%s: with a priority", p->name);
		osi_turn_give(had->a, 1);
		run(p);
		both(p, "PLEASE", "GIVEN", "turn please, turn give");
		p->sender = p->receiver;
		p->receiver = had;
		still_good(p, "the turn has changed");
	}
}

static void test_release(struct pair *p)
{
	if (p->sender == &p->initiator)
		(void)!osi_turn_please(p->responder.a, 1, 1); /* crosses with the release */
	osi_release(p->initiator.a, 1);
	run(p);
	if (p->sender == &p->initiator) {
		both(p, "RELEASED", "RELEASED", "release crosses turn please");
		return;
	}
	said(p, p->sender, "PLEASE", "a release asks for the turn first");
	osi_turn_give(p->responder.a, 1);
	run(p);
	said(p, p->sender, "RELEASED", "and then ends");
	ok(strstr(p->initiator.said, "RELEASED") != NULL, "%s: for both", p->name);
}

int main(void)
{
	struct pair p;

	for (enum osi_mode mode = 0; mode < OSI_MODES; mode++)
		for (int responder_sends = 0; responder_sends < 2; responder_sends++) {
			open_pair(&p, mode, responder_sends != 0);
			test_several(&p);
			test_taken_back(&p);
			test_exceptions(&p);
			test_collisions(&p);
			test_figures(&p);
			test_turns(&p);
			test_release(&p);
			close_pair(&p);
			test_abort(mode, responder_sends != 0);
		}
	return tap_done();
}
