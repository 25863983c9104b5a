/*
 * Transport class 0: TSDUs cut and joined at every TPDU size, every TPDU filled, pieces of the input at any border.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "osi/cotp.h"
#include "t/lib/tap.h"

static void pair(struct arena *a, struct cotp *from, struct cotp *to, unsigned size)
{
	struct cotp_primitive prim;
	struct buf *x = buf_in(a, 2000000), *y = buf_in(a, 2000000);

	cotp_init(from, &(struct cotp_options){.initiator = true, .size = size, .reference = 1}, x);
	cotp_init(to, &(struct cotp_options){.reference = 2}, y);
	cotp_connected(from);
	is_int((long long)cotp_input(to, x->p, x->len, &prim), (long long)x->len, "CR is taken whole");
	is_int(prim.kind, T_CONNECT_INDICATION, "T-CONNECT indication, size 2^%u", size);
	is_int((long long)cotp_input(from, y->p, y->len, &prim), (long long)y->len, "CC is taken whole");
	is_int(prim.kind, T_CONNECT_CONFIRM, "T-CONNECT confirm");
	buf_reset(x);
	buf_reset(y);
}

/* Every TPDU but the last has the full size, and none is empty. */
static void check_filled(const struct buf *b, size_t tpdu_max, size_t length)
{
	size_t at = 0, count = 0, wrong = 0;

	while (at < b->len) {
		size_t n = (size_t)b->p[at + 2] << 8 | b->p[at + 3];
		bool last = at + n == b->len;

		wrong += (b->p[at + 6] == 0x80) != last || (!last && n != tpdu_max + TPKT_HEADER) || n <= TPKT_MIN;
		at += n;
		count++;
	}
	is_int((long long)wrong, 0, "%zu octets in %zu TPDUs, all filled, EOT on the last", length, count);
	is_int((long long)at, (long long)b->len, "packets end with the output");
}

static void tsdu(unsigned size, size_t length, size_t given, size_t piece)
{
	struct arena *arena = arena_new(0);
	struct cotp from, to;
	uint8_t *sent = malloc(length), *came = malloc(length + 1);
	size_t n = 0, ends = 0, at = 0;

	pair(arena, &from, &to, size);
	for (size_t i = 0; i < length; i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	cotp_data_begin(&from, length);
	for (size_t i = 0; i < length; i += given)
		cotp_data_put(&from, sent + i, length - i < given ? length - i : given);
	ok(!cotp_in_tsdu(&from), "the TSDU is ended by its length");
	check_filled(from.out, from.tpdu_max, length);
	while (at < from.out->len) {
		size_t border = at + piece < from.out->len ? at + piece : from.out->len;

		while (at < border) {
			struct cotp_primitive prim;

			at += cotp_input(&to, from.out->p + at, border - at, &prim);
			if (prim.kind == T_DATA && n + prim.data.len <= length) {
				memcpy(came + n, prim.data.p, prim.data.len);
				n += prim.data.len;
				ends += prim.end;
			}
		}
	}
	is_octets(came, n, sent, length, "TPDU 2^%u: %zu octets given %zu, taken %zu at a time", size, length, given, piece);
	is_int((long long)ends, 1, "one end");
	free(sent);
	free(came);
	arena_free(arena);
}

/* Every wrong head ends the connection, whatever the cut. */
static void refused(const char *what, const uint8_t *p, size_t n, enum err_id id)
{
	size_t wrong = 0;

	for (size_t piece = 1; piece <= n; piece++) {
		struct arena *arena = arena_new(0);
		struct cotp c;
		struct cotp_primitive prim = {0};

		cotp_init(&c, &(struct cotp_options){.reference = 2}, buf_in(arena, 1000));
		for (size_t at = 0; at < n && prim.kind == T_NONE; at += piece) {
			size_t used = 0, have = n - at < piece ? n - at : piece;

			while (used < have && prim.kind == T_NONE)
				used += cotp_input(&c, p + at + used, have - used, &prim);
		}
		wrong += prim.kind != T_DISCONNECT || c.err.id != id;
		arena_free(arena);
	}
	is_int((long long)wrong, 0, "%s", what);
}

static void packets(void)
{
	unsigned wrong = 0;
	size_t n;
	struct err e;

	for (unsigned version = 0; version < 256; version++)
		wrong += (tpkt_decode((uint8_t[4]){(uint8_t)version, 0, 0, 7}, &n, &e) == 0) != (version == 3);
	for (unsigned length = 0; length < 65536; length++)
		wrong += (tpkt_decode((uint8_t[4]){3, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)length}, &n, &e) == 0) != (length >= 7) ||
		         (length >= 7 && n != length);
	is_int(wrong, 0, "REL-025: version 3 and lengths of 7 to 65535 alone are packets; the reserved octet is not looked at");
}

int main(void)
{
	packets();
	static const uint8_t version[] = {4, 0, 0, 7, 2, 0xf0, 0x80}, shorter[] = {3, 0, 0, 3}, code[] = {3, 0, 0, 7, 2, 0x30, 0x80},
	                     li[] = {3, 0, 0, 11, 9, 0xe0, 0, 0, 0, 1, 0}, li_ff[] = {3, 0, 0, 11, 255, 0xe0, 0, 0, 0, 1, 0},
	                     low[] = {3, 0, 0, 7, 2, 0xe0, 0}, cc[] = {3, 0, 0, 11, 6, 0xd0, 0, 1, 0, 2, 0},
	                     dt_li[] = {3, 0, 0, 9, 4, 0xf0, 0x80, 0, 0};

	for (unsigned size = 7; size <= 16; size++) {
		tsdu(size, 1, 1, 1);
		tsdu(size, 125, 7, 3);
		tsdu(size, 126, 126, 1000);
		tsdu(size, 70001, 977, 1013);
	}
	tsdu(0, COTP_TPDU_MAX - COTP_DT_HEAD, 65536, 65536);
	tsdu(0, COTP_TPDU_MAX - COTP_DT_HEAD + 1, 65536, 65536);
	tsdu(0, 1000000, 65536, 4093);
	refused("TPKT version 4", version, sizeof version, ERR_OSI_TPKT);
	refused("TPKT length 3", shorter, sizeof shorter, ERR_OSI_TPKT);
	refused("unknown TPDU code", code, sizeof code, ERR_OSI_TRANSPORT);
	refused("LI longer than the packet", li, sizeof li, ERR_OSI_TRANSPORT);
	refused("LI 255", li_ff, sizeof li_ff, ERR_OSI_TRANSPORT);
	refused("LI shorter than the fixed part", low, sizeof low, ERR_OSI_TRANSPORT);
	refused("CC at the responder", cc, sizeof cc, ERR_OSI_TRANSPORT);
	refused("DT of another class", dt_li, sizeof dt_li, ERR_OSI_TRANSPORT);
	return tap_done();
}
