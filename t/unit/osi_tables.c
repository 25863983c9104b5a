/*
 * The state tables from the other side: every state meets every event.  Where a row is taken (table_hook tells) the
 * conversations of t/replay say what must happen; where none is, the cell is empty and must end in the layer's protocol
 * error: T-DISCONNECT, AB with "protocol error", RTSE's fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "osi/rtse.h"
#include "osi/session.h"
#include "osi/table.h"
#include "t/lib/tap.h"

static unsigned rows_taken;
static const struct table *watched;

static void count(const struct table *t, size_t row)
{
	(void)row;
	rows_taken += t == watched;
}

struct numbers {
	unsigned cells, empty, wrong;
};

static void tell(const char *what, const struct numbers *n)
{
	ok(n->empty > 0 && n->wrong == 0, "%s: %u meetings of state and event, %u in empty cells, all of them protocol errors", what, n->cells, n->empty);
	if (n->wrong > 0)
		diag("%u are not", n->wrong);
}

/* ---- COTP ---- */

static void transport(void)
{
	static const struct {
		const char *name;
		size_t n;
		uint8_t octets[16];
	} tpdus[] = {
		{"CR", 11, {3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 1, 0}},  {"CC", 11, {3, 0, 0, 11, 6, 0xd0, 0, 1, 0, 1, 0}},
		{"DR", 11, {3, 0, 0, 11, 6, 0x80, 0, 1, 0, 1, 0}},  {"DT", 8, {3, 0, 0, 8, 2, 0xf0, 0x80, 1}},
		{"ER", 9, {3, 0, 0, 9, 4, 0x70, 0, 1, 0}},          {"ED", 10, {3, 0, 0, 10, 5, 0x10, 0, 1, 0x80, 1}},
		{"AK", 9, {3, 0, 0, 9, 4, 0x60, 0, 1, 0}},          {"a CR that is cut", 11, {3, 0, 0, 11, 9, 0xe0, 0, 0, 0, 1, 0}},
	};
	struct numbers n = {0};
	struct buf out = BUF_INIT(100000);

	watched = &cotp_table;
	for (unsigned state = 0; state < COTP_STATES; state++)
		for (size_t i = 0; i < ARRAY_LEN(tpdus); i++) {
			struct cotp c;
			struct cotp_primitive p;

			cotp_init(&c, &(struct cotp_options){.reference = 1}, &out);
			c.state = (enum cotp_state)state;
			rows_taken = 0;
			(void)!cotp_input(&c, tpdus[i].octets, tpdus[i].n, &p);
			n.cells++;
			if (rows_taken > 0 || state == COTP_CLOSING)
				continue;
			n.empty++;
			if (p.kind != T_DISCONNECT || c.state != COTP_CLOSING || c.err.id != ERR_OSI_TRANSPORT) {
				diag("%s in %s", tpdus[i].name, cotp_state_name((enum cotp_state)state));
				n.wrong++;
			}
		}
	buf_free(&out);
	tell("cotp", &n);
}

/* ---- session ---- */

struct stand {
	struct arena *arena;
	struct buf *out;
	struct cotp cotp;
	struct session s;
};

static void set_up(struct stand *t, unsigned bits, enum session_state state)
{
	t->arena = arena_new(0);
	t->out = buf_in(t->arena, 100000);
	cotp_init(&t->cotp, &(struct cotp_options){.initiator = (bits & 1) != 0}, t->out);
	t->cotp.state = COTP_OPEN;
	session_init(&t->s, &(struct session_options){.initiator = (bits & 1) != 0}, &t->cotp, t->arena);
	t->s.state = state;
	t->s.turn = (bits & 2) != 0;
	t->s.vact = (bits & 4) != 0;
	t->s.vm = t->s.va = 1;
	t->s.version = 2;
	rows_taken = 0;
}

static struct octets spdu(struct arena *a, enum spdu_kind k, const char *serial)
{
	struct buf *b = buf_in(a, 1000);
	struct spdu p = {.kind = k};

	if (k == SPDU_MIP || k == SPDU_MIA || k == SPDU_AE || k == SPDU_AEA)
		p.p[SP_SERIAL] = (struct octets){(const uint8_t *)serial, strlen(serial)};
	if (k == SPDU_DT)
		buf_put(b, "\x01\x00\x01\x00x", 5);
	else
		spdu_encode(b, &p);
	return buf_octets(b);
}

/* AB: behind TPKT and DT comes 19, PI 17 says protocol error. */
static bool aborted(const struct stand *t, const struct session_primitive *p)
{
	static const uint8_t ab[] = {0x19, 3, 0x11, 1, 5};

	if (t->s.state == STA16)
		return p->kind == S_P_ABORT_INDICATION && t->out->len == 0; /* there was no session that could be aborted */
	return p->kind == S_P_ABORT_INDICATION && t->s.state == STA01A && t->out->len == 7 + sizeof ab && memcmp(t->out->p + 7, ab, sizeof ab) == 0;
}

static void session(const char *serial)
{
	struct numbers n = {0};

	watched = &session_table;
	for (unsigned state = 0; state < SESSION_STATES; state++)
		for (unsigned k = 0; k < SPDU_KINDS; k++)
			for (unsigned bits = 0; bits < 8; bits++) {
				struct stand t;
				struct session_primitive p;

				set_up(&t, bits, (enum session_state)state);
				session_tsdu(&t.s, spdu(t.arena, (enum spdu_kind)k, serial), true, &p);
				n.cells++;
				if (rows_taken == 0) {
					n.empty++;
					if (!aborted(&t, &p) || t.s.err.id != ERR_OSI_SESSION) {
						diag("%s in %s, bits %u", spdu_name((enum spdu_kind)k), session_state_name((enum session_state)state), bits);
						n.wrong++;
					}
				}
				arena_free(t.arena);
			}
	tell(*serial == '1' ? "session, serials in order" : "session, serials out of order", &n);
}

/* ---- RTSE ---- */

static void transfer(void)
{
	struct numbers n = {0};

	watched = &rtse_table;
	for (unsigned state = 0; state < RTSE_STATES; state++)
		for (unsigned kind = S_DATA; kind <= S_CONTROL_GIVE_CONFIRM; kind++) {
			struct stand t;
			struct rtse r;
			struct osi_event ev = {0};
			struct session_primitive p = {.kind = (enum session_kind)kind, .first = true, .end = true};

			set_up(&t, 0, STA713);
			rtse_init(&r, &t.s, &(struct rtse_options){.twa = true, .keep_turn = true, .context_rtse = 3, .context_mtse = 5});
			r.state = (enum rtse_state)state;
			rtse_primitive(&r, &p, &ev);
			n.cells++;
			if (rows_taken == 0) {
				n.empty++;
				n.wrong += r.fault != RTSE_FAULT_PROTOCOL || r.err.id != ERR_OSI_RTSE || ev.kind != OSI_EV_NONE;
			}
			arena_free(t.arena);
		}
	tell("rtse", &n);
}

/* Requests of the owner where there is no row do nothing at all. */
static void requests(void)
{
	unsigned empty = 0, wrong = 0;

	for (unsigned state = 0; state < RTSE_STATES; state++)
		for (unsigned q = RT_TRANSFER_REQUEST; q < RTSE_EVENTS; q++) {
			struct stand t;
			struct rtse r;
			struct err why = {0};

			set_up(&t, 0, STA713);
			rtse_init(&r, &t.s, &(struct rtse_options){.context_rtse = 3, .context_mtse = 5});
			r.state = (enum rtse_state)state;
			r.total = r.given = 1;
			if (!rtse_request(&r, (enum rtse_request)q, &(struct rtse_input){.why = &why, .total = 1})) {
				empty++;
				wrong += rows_taken > 0 || t.out->len > 0 || r.state != (enum rtse_state)state || r.fault != RTSE_NO_FAULT;
			}
			arena_free(t.arena);
		}
	ok(empty > 0 && wrong == 0, "rtse: %u requests of the owner in states without a row for them do nothing", empty);
}

int main(void)
{
	table_hook = count;
	transport();
	session("1");
	session("7");
	transfer();
	requests();
	return tap_done();
}
