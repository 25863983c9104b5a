/*
 * osi/tpkt.c - see tpkt.h.  Called by cotp.c alone.  The reserved octet is written 0 and not looked at (RFC 1006 6);
 * version and length are checked before anything is stored, so that a stray HTTP or TLS client ends at four octets.
 */
#include "osi/tpkt.h"

int tpkt_decode(const uint8_t head[static TPKT_HEADER], size_t *length, struct err *e)
{
	size_t n = (size_t)head[2] << 8 | head[3];

	if (head[0] != 3)
		return ERR(e, ERR_OSI_TPKT, "version octet is %u, not 3: this is not RFC 1006", head[0]);
	if (n < TPKT_MIN)
		return ERR(e, ERR_OSI_TPKT, "length %zu is below %d", n, TPKT_MIN);
	*length = n;
	return 0;
}

void tpkt_encode(struct buf *out, size_t tpdu)
{
	size_t n = tpdu + TPKT_HEADER;
	uint8_t head[TPKT_HEADER] = {3, 0, (uint8_t)(n >> 8), (uint8_t)n};

	buf_put(out, head, sizeof head);
}
