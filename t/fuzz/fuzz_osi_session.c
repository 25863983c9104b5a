/*
 * Session: TSDUs of any octets, in pieces, in every state, with requests of the SS-user between them.  The input is a list
 * of commands: an octet below 0xe0 is a TSDU of that many octets (the state before it is what came of the last), one from
 * 0xe0 a request.  The first two octets set state, role, turn and activity.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "osi/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(const struct session *s, const struct session_primitive *prim)
{
	if (s->state >= SESSION_STATES || prim->kind >= SESSION_KINDS)
		abort();
	if (prim->kind == S_P_ABORT_INDICATION && s->state != STA01A && s->state != STA16)
		abort(); /* what was aborted is over */
}

static void tsdu(struct session *s, const uint8_t *p, size_t n, size_t piece)
{
	struct session_primitive prim;

	for (size_t at = 0; at < n || at == 0; at += piece) {
		size_t take = MIN_OF(piece, n - at);

		session_tsdu(s, (struct octets){p + at, take}, at + take == n, &prim);
		check(s, &prim);
		if (prim.kind == S_DATA && prim.data.len > 0 && (prim.data.p < p || prim.data.p + prim.data.len > p + n))
			abort();
		if (session_more(s, &prim))
			check(s, &prim);
		if (n == 0)
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a;
	struct cotp cotp;
	struct session s;
	struct session_primitive prim;

	if (n < 2)
		return 0;
	a = arena_new(0);
	cotp_init(&cotp, &(struct cotp_options){.initiator = (p[1] & 1) != 0}, buf_in(a, 1 << 20));
	cotp.state = COTP_OPEN;
	session_init(&s, &(struct session_options){.initiator = (p[1] & 1) != 0, .turn_to_responder = (p[1] & 8) != 0, .busy = (p[1] & 16) != 0}, &cotp, a);
	session_transport_open(&s);
	if (p[0] != 0xff) {
		s.state = (enum session_state)(p[0] % SESSION_STATES);
		s.turn = (p[1] & 2) != 0;
		s.vact = (p[1] & 4) != 0;
		s.vm = s.va = 1;
		s.version = 2;
	}
	for (size_t at = 2; at < n;) {
		unsigned command = p[at++];

		if (command >= 0xe0) {
			session_request(&s, (enum session_request)(SPDU_KINDS + command % (S_INVALID - SPDU_KINDS)), (struct octets){0}, 1, &prim);
			check(&s, &prim);
			continue;
		}
		command = (unsigned)MIN_OF((size_t)command, n - at);
		tsdu(&s, p + at, command, 1 + (size_t)(p[1] >> 5) * 40);
		at += command;
		buf_reset(cotp.out);
	}
	arena_free(a);
	return 0;
}
