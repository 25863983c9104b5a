/*
 * osi/pdata.h - the data path: User-data with RTTR (X.226 8.4.2, X.228 9) and the EXTERNAL around the MTS-APDU, written
 * as heads only and read piece by piece; octets of the APDU are never copied here.  Context 0 means X.410-1984 mode: the
 * APDU has nothing around it there (X.226 8.4.3.2).
 */
#ifndef MIXGATE_OSI_PDATA_H
#define MIXGATE_OSI_PDATA_H

#include "base/err.h"
#include "osi/tlv.h"

/* Reads SSDUs: what comes out are the octets inside RTTR, in slices of the input. */
struct pdata {
	struct tlv_reader tlv;
	long context;       /* that of mta-rtse */
	uint64_t contents;  /* octets of the primitive value that is being read */
	enum { PDATA_NO_CONTENTS, PDATA_RTTR, PDATA_CONTEXT, PDATA_SKIP } in;
	long number;        /* context read so far */
	bool seen;          /* this PDV has said its context */
	bool any;           /* a value was complete in this SSDU */
};
void pdata_start(struct pdata *d, long context);
/* 1: data is the next slice (not empty); 0: in is used up; -1: not User-data with RTTR in our context. */
int pdata_next(struct pdata *d, struct octets *in, struct octets *data, struct err *e) MUST_USE;
/* The SSDU ended here: was it whole? */
int pdata_end(const struct pdata *d, struct err *e) MUST_USE;

/* Takes the EXTERNAL off the stream of RTTR contents, in definite and indefinite forms; an APDU without one, and one in a
 * form that cannot be taken off without looking into it, passes as it is (p1_decode accepts both). */
struct external {
	enum { EXTERNAL_START, EXTERNAL_HEAD, EXTERNAL_DEFINITE, EXTERNAL_OPEN, EXTERNAL_TAIL, EXTERNAL_BARE } in;
	long context;     /* of mtse */
	uint8_t head[48]; /* octets before the APDU */
	size_t held;
	uint64_t left;    /* DEFINITE: octets of the APDU still to come */
	unsigned tail;    /* end-of-contents octets behind the APDU */
	unsigned zeros;   /* OPEN: zero octets held back because they may be these; TAIL: seen */
};
void external_start(struct external *x, long context);
int external_next(struct external *x, struct octets *in, struct octets *data, struct err *e) MUST_USE;
int external_end(const struct external *x, struct err *e) MUST_USE;

/* Heads that go before n octets; gives their size. */
#define PDATA_HEAD_MAX    64
#define EXTERNAL_HEAD_MAX 32
size_t pdata_head(uint8_t out[static PDATA_HEAD_MAX], long context, uint64_t n);
size_t external_head(uint8_t out[static EXTERNAL_HEAD_MAX], long context, uint64_t n);

#endif
