/*
 * osi/tlv.h - BER heads out of a stream that comes in pieces: for the data path, where values are longer than memory.
 *
 * The reader keeps the open constructed values on a stack of fixed depth and checks that each fits its parent; contents
 * of primitive values are the caller's (tlv_skip says how much it took).
 */
#ifndef MIXGATE_OSI_TLV_H
#define MIXGATE_OSI_TLV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define TLV_DEPTH    12
#define TLV_HEAD_MAX 10 /* tag and a length of up to eight octets */

struct tlv_head {
	uint8_t tag; /* low tag numbers alone */
	bool indefinite;
	uint64_t length;
	size_t size; /* octets of the head itself */
};
/* 1 complete, 0 more octets are needed, -1 no head that we take. */
int tlv_head_read(struct octets in, struct tlv_head *out);

struct tlv_frame {
	uint8_t kind; /* the caller's name for it */
	bool indefinite;
	uint64_t limit; /* no octet of it lies behind this position */
};
struct tlv_reader {
	struct tlv_frame frame[TLV_DEPTH];
	unsigned depth;
	uint64_t at; /* octets read so far */
	uint8_t head[TLV_HEAD_MAX];
	size_t held;
};
enum tlv_event {
	TLV_MORE,  /* the input is used up */
	TLV_HEAD,  /* a head; it fits */
	TLV_CLOSED, /* the innermost value ended; *kind says which it was */
	TLV_BAD
};
enum tlv_event tlv_next(struct tlv_reader *r, struct octets *in, struct tlv_head *head, uint8_t *kind) MUST_USE;
/* The value of the head just read is constructed and its members are to be read. */
bool tlv_enter(struct tlv_reader *r, const struct tlv_head *head, uint8_t kind) MUST_USE;
/* The caller took n octets of contents from in. */
void tlv_skip(struct tlv_reader *r, struct octets *in, uint64_t n);

#endif
