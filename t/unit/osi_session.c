/*
 * Session: the SPDU codec against the recorded SPDUs, and the state table cell by cell from outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "osi/session.h"
#include "t/lib/hex.h"
#include "t/lib/tap.h"

/* Session SPDUs of the recorded flows: decoded and encoded again they are the same octets. */
static const char *const recorded[] = {
	"mono-03-CN-CP-AARQ-RTORQ-MTABindArgument", "mono-04-AC-CPA-AARE-RTOAC-MTABindResult", "mono-05-AS-activity-start",
	"mono-09-AE-activity-end", "mono-10-AEA-activity-end-ack", "mono-21-FN-RLRQ", "mono-22-DN-RLRE", "normal-07-MIP-1",
	"normal-08-MIA-1", "normal-11-PT-RTTP-turn-please-prio1", "normal-12-GTC-turn-give", "normal-13-GTA-turn-give-ack",
	"special-08-ED-local-SS-user-error", "special-09-AI-interrupt", "special-10-AIA", "special-16-AD-discard", "special-17-ADA",
	"special-18-AB-ARU-ABRT-RTAB", "special-19-AA", "extud-03-CN-ext-user-data-segmented-TPDU", "extud-04-AC",
	"reject-ssel-04-RF-ssel-unknown", "reject-bind-04-RF-CPR-AARE-RTORJ-binderror",
};

static void codec(const char *name)
{
	char path[200];
	size_t n;
	uint8_t *p;
	struct buf out = BUF_INIT(20000);
	struct spdu s;
	struct err e = {0};
	int r;

	snprintf(path, sizeof path, "t/vectors/osi/%s.hex", name);
	p = hex_file(path, &n);
	r = spdu_decode((struct octets){p + 7, n - 7}, &s, &e);
	if (ok(r == 0, "%s is read as %s", name, r == 0 ? spdu_name(s.kind) : e.detail)) {
		spdu_encode(&out, &s);
		is_octets(out.p, out.len, p + 7, n - 7, "%s is written as it was", name);
	}
	buf_free(&out);
	free(p);
}

/* One session object whose output goes into a buffer. */
struct stand {
	struct arena *arena;
	struct buf *out;
	struct cotp cotp;
	struct session s;
	struct session_primitive got;
};

static void set_up(struct stand *t, bool initiator, enum session_state state, bool turn, bool vact)
{
	t->arena = arena_new(0);
	t->out = buf_in(t->arena, 100000);
	cotp_init(&t->cotp, &(struct cotp_options){.initiator = initiator}, t->out);
	t->cotp.state = COTP_OPEN;
	session_init(&t->s, &(struct session_options){.initiator = initiator}, &t->cotp, t->arena);
	t->s.state = state;
	t->s.turn = turn;
	t->s.vact = vact;
	t->s.vm = t->s.va = 1;
	t->s.version = 2;
}

/* Each line: state, turn, activity, SPDU, then the state and the primitive that must follow (S_P_ABORT: empty cell). */
static const struct cell {
	enum session_state state;
	bool turn, vact;
	const char *spdu;
	enum session_state next;
	enum session_kind kind;
	const char *sent; /* SI octets of what goes out, "" nothing */
} cells[] = {
	{STA713, false, false, "01 00 2d 03 29 01 01", STA713, S_ACTIVITY_START_INDICATION, ""},
	{STA713, true, false, "01 00 2d 03 29 01 01", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, true, "01 00 2d 03 29 01 01", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, false, "01 00 1d 03 29 01 01", STA713, S_ACTIVITY_RESUME_INDICATION, ""},
	{STA713, false, false, "02 00 1d 03 29 01 01", STA713, S_ACTIVITY_RESUME_INDICATION, ""},
	{STA713, false, true, "01 00 31 03 2a 01 31", STA713, S_SYNC_MINOR_INDICATION, ""},
	{STA713, false, true, "01 00 31 06 0f 01 01 2a 01 31", STA713, S_SYNC_MINOR_INDICATION, ""},
	{STA713, false, true, "01 00 31 03 2a 01 32", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, true, "01 00 31 03 2a 01 41", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, false, "01 00 31 03 2a 01 31", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, true, "01 00 29 03 2a 01 31", STA10B, S_ACTIVITY_END_INDICATION, ""},
	{STA713, true, true, "01 00 29 03 2a 01 31", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, true, "01 00 39 03 32 01 00", STA11C, S_ACTIVITY_DISCARD_INDICATION, ""},
	{STA713, false, false, "01 00 39 03 32 01 00", STA713, S_NONE, "3a"},
	{STA713, true, false, "01 00 39 03 32 01 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA10B, false, true, "01 00 39 00", STA11C, S_ACTIVITY_DISCARD_INDICATION, ""},
	{STA20, false, true, "01 00 39 00", STA11C, S_ACTIVITY_DISCARD_INDICATION, ""},
	{STA20, false, true, "01 00 19 00", STA11B, S_ACTIVITY_INTERRUPT_INDICATION, ""},
	{STA20, false, true, "01 00 29 03 2a 01 31", STA20, S_NONE, ""},
	{STA20, false, true, "01 00 31 03 2a 01 31", STA20, S_NONE, ""},
	{STA20, false, true, "09 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, true, true, "02 00 30 03 32 01 05", STA19, S_EXCEPTION_INDICATION, ""},
	{STA713, true, true, "02 00 00 00", STA19, S_EXCEPTION_INDICATION, ""},
	{STA04B, true, true, "02 00 30 03 32 01 05", STA19, S_EXCEPTION_INDICATION, ""},
	{STA713, false, true, "02 00 30 03 32 01 05", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA04B, true, true, "02 00 2a 03 2a 01 31", STA713, S_ACTIVITY_END_CONFIRM, ""},
	{STA04B, true, true, "02 00 2a 03 2a 01 32", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, true, true, "02 00 2a 03 2a 01 31", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA05C, true, true, "02 00 3a 00", STA713, S_ACTIVITY_DISCARD_CONFIRM, ""},
	{STA05C, true, true, "02 00 32 03 2a 01 31", STA05C, S_NONE, ""},
	{STA713, false, false, "15 00", STA713, S_CONTROL_GIVE_INDICATION, "16"},
	{STA713, true, false, "15 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, true, "15 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA18, true, false, "16 00", STA713, S_CONTROL_GIVE_CONFIRM, ""},
	{STA713, true, false, "02 03 10 01 01", STA713, S_TOKEN_PLEASE_INDICATION, ""},
	{STA713, false, false, "02 03 10 01 01", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, false, false, "09 03 11 01 01", STA09, S_RELEASE_INDICATION, ""},
	{STA713, false, true, "09 03 11 01 01", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, true, false, "09 03 11 01 01", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA03, true, false, "0a 00", STA16, S_RELEASE_CONFIRM, ""},
	{STA03, true, false, "02 03 10 01 01", STA03, S_NONE, ""},
	{STA713, true, false, "19 03 11 01 03", STA16, S_U_ABORT_INDICATION, "1a"},
	{STA713, true, false, "19 03 11 01 05", STA16, S_P_ABORT_INDICATION, "1a"},
	{STA02A, true, false, "19 00", STA16, S_P_ABORT_INDICATION, "1a"},
	{STA01A, true, false, "1a 00", STA01, S_CLOSED, ""},
	{STA01A, true, false, "0a 00", STA01A, S_NONE, ""},
	{STA01A, true, false, "19 00", STA01, S_CLOSED, ""},
	{STA713, true, false, "1a 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA16, true, false, "09 00", STA16, S_NONE, ""},
	{STA02A, true, false, "0c 03 32 01 81", STA16, S_CONNECT_REFUSED, ""},
	{STA713, true, false, "08 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA713, true, false, "3d 00", STA01A, S_P_ABORT_INDICATION, "19"},
	{STA01C, false, false, "0e 00", STA16, S_P_ABORT_INDICATION, ""},
};

static void cell(const struct cell *c)
{
	struct stand t;
	uint8_t in[64];
	size_t n = hex_decode(c->spdu, in);

	set_up(&t, true, c->state, c->turn, c->vact);
	session_tsdu(&t.s, (struct octets){in, n}, true, &t.got);
	ok(t.s.state == c->next && t.got.kind == c->kind, "%s, turn %s, activity %s: %s gives %s", session_state_name(c->state),
	   c->turn ? "ours" : "theirs", c->vact ? "open" : "none", c->spdu, session_state_name(c->next));
	if (t.s.state != c->next || t.got.kind != c->kind)
		diag("state %s, primitive %d: %s", session_state_name(t.s.state), t.got.kind, t.s.err.detail);
	if (*c->sent == '\0')
		is_int((long long)t.out->len, 0, "nothing goes out");
	else
		ok(t.out->len > 8 && (t.out->p[7] == strtoul(c->sent, NULL, 16) || t.out->p[9] == strtoul(c->sent, NULL, 16)), "%s goes out", c->sent);
	arena_free(t.arena);
}

/* No request of ours is possible in a state that has no cell for it. */
static void requests(void)
{
	struct stand t;
	unsigned sent = 0, wrong = 0;

	for (unsigned state = 0; state < SESSION_STATES; state++)
		for (unsigned r = SPDU_KINDS; r < SESSION_EVENTS; r++) {
			set_up(&t, true, (enum session_state)state, true, false);
			session_request(&t.s, (enum session_request)r, (struct octets){0}, 1, &t.got);
			wrong += t.s.err.id != ERR_NONE && t.s.err.id != ERR_BUG_INTERNAL;
			/* whatever happens, the machine ends in a state that it has and a request that is a bug aborts */
			wrong += t.s.err.id == ERR_BUG_INTERNAL && t.got.kind != S_P_ABORT_INDICATION;
			sent += t.out->len > 0;
			arena_free(t.arena);
		}
	is_int(wrong, 0, "requests in every state: done, or an abort that says it is our bug");
	ok(sent > 0, "some are sent");
}

int main(void)
{
	for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++)
		codec(recorded[i]);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		cell(&cells[i]);
	requests();
	return tap_done();
}
