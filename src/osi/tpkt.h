/*
 * osi/tpkt.h - the packet header that RFC 1006 puts before each TPDU on TCP.
 */
#ifndef MIXGATE_OSI_TPKT_H
#define MIXGATE_OSI_TPKT_H

#include "base/buf.h"
#include "base/err.h"

#define TPKT_HEADER 4
#define TPKT_MIN    7     /* header, LI, code and one octet: the shortest TPDU there is */
#define TPKT_MAX    65535

/* Length of the whole packet, header included (RFC 1006 section 6). */
int tpkt_decode(const uint8_t head[static TPKT_HEADER], size_t *length, struct err *e) MUST_USE;
/* Appends the header of a packet that carries a TPDU of tpdu octets. */
void tpkt_encode(struct buf *out, size_t tpdu);

#endif
