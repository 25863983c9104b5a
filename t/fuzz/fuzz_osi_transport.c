/*
 * TPKT and COTP: any octets in uneven pieces against either role.  The first octet chooses role, size and busy.  What comes
 * up is a slice of what went in, and after T-DISCONNECT nothing comes any more.
 */
#include <stdint.h>
#include <stdlib.h>

#include "osi/cotp.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT(1 << 20);
	struct cotp_primitive prim;
	struct cotp c;
	unsigned pieces = n > 0 ? p[0] : 0;
	bool over = false;

	cotp_init(&c, &(struct cotp_options){.initiator = (pieces & 1) != 0, .size = (pieces & 2) != 0 ? 7 + (pieces >> 2) % 10 : 0, .busy = pieces > 250, .reference = 1}, &out);
	cotp_connected(&c);
	for (size_t at = MIN_OF(n, (size_t)1); at < n;) {
		size_t piece, used;

		pieces = pieces * 1664525u + 1013904223u;
		piece = MIN_OF((size_t)(1 + (pieces >> 8) % 300), n - at);
		used = cotp_input(&c, p + at, piece, &prim);
		if (used > piece || (used == 0 && prim.kind == T_NONE) || (over && prim.kind != T_NONE))
			abort();
		if (prim.kind == T_DATA && (prim.data.p < p + at || prim.data.p + prim.data.len > p + at + used))
			abort();
		over |= prim.kind == T_DISCONNECT;
		if (prim.kind == T_DATA)
			cotp_data(&c, prim.data.p, prim.data.len);
		at += used;
		buf_reset(&out);
	}
	cotp_disconnected(&c, &prim);
	if ((prim.kind == T_DISCONNECT) == over && c.state != COTP_CLOSING)
		abort();
	buf_free(&out);
	return 0;
}
