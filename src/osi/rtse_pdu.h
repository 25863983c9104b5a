/*
 * osi/rtse_pdu.h - the APDUs of reliable transfer (X.228 clause 9) but RTTR, which is sliced (pdata.h).
 */
#ifndef MIXGATE_OSI_RTSE_PDU_H
#define MIXGATE_OSI_RTSE_PDU_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { RT_MONOLOGUE = 0, RT_TWA = 1 };
enum rtab_reason {
	RTAB_LOCAL_SYSTEM_PROBLEM, RTAB_INVALID_PARAMETER, RTAB_UNRECOGNISED_ACTIVITY, RTAB_TEMPORARY_PROBLEM,
	RTAB_PROTOCOL_ERROR, RTAB_PERMANENT_PROBLEM, RTAB_USER_ERROR, RTAB_TRANSFER_COMPLETED
};
/* RTORQ and RTOAC; dialogue and application protocol are RTORQ's alone.  Decoded with the defaults filled in. */
struct rtse_open {
	unsigned checkpoint; /* units of 1024 octets, 0: none */
	unsigned window;
	int dialogue;
	long application_protocol; /* X.410 mode; -1: absent */
	bool recover;        /* "recover" instead of "open" */
	struct octets data;  /* open: one BER value */
};
int rtse_encode_rtorq(struct arena *a, const struct rtse_open *in, struct octets *out, struct err *e) MUST_USE;
int rtse_decode_rtorq(struct arena *a, struct octets in, struct rtse_open *out, struct err *e) MUST_USE;
int rtse_encode_rtoac(struct arena *a, const struct rtse_open *in, struct octets *out, struct err *e) MUST_USE;
int rtse_decode_rtoac(struct arena *a, struct octets in, struct rtse_open *out, struct err *e) MUST_USE;
/* X.228 9.2: refuse reasons, of X.410 mode alone; normal mode has data, the bind error (p NULL: none). */
enum rtorj_reason { RTORJ_NONE = -1, RTORJ_BUSY = 0, RTORJ_CANNOT_RECOVER = 1, RTORJ_VALIDATION_FAILURE = 2, RTORJ_DIALOGUE_MODE = 3 };
const char *rtse_refuse_name(int reason);
int rtse_encode_rtorj(struct arena *a, enum rtorj_reason reason, struct octets data, struct octets *out, struct err *e) MUST_USE;
int rtse_decode_rtorj(struct arena *a, struct octets in, int *reason, struct octets *data, struct err *e) MUST_USE;
int rtse_encode_rtab(struct arena *a, enum rtab_reason reason, struct octets *out, struct err *e) MUST_USE;
int rtse_decode_rtab(struct arena *a, struct octets in, int *reason, struct err *e) MUST_USE;
const char *rtse_abort_name(int reason);
/* RTTP: the priority, an INTEGER. */
int rtse_encode_rttp(struct arena *a, int priority, struct octets *out, struct err *e) MUST_USE;
int rtse_decode_rttp(struct arena *a, struct octets in, int *priority, struct err *e) MUST_USE;

#endif
