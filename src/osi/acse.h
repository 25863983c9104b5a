/*
 * osi/acse.h - the APDUs of the association control protocol (X.227), whose user information is one RTSE APDU.
 */
#ifndef MIXGATE_OSI_ACSE_H
#define MIXGATE_OSI_ACSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { ACSE_ACCEPTED = 0, ACSE_REJECTED_PERMANENT = 1, ACSE_REJECTED_TRANSIENT = 2 };
enum { ACSE_SOURCE_USER = 1, ACSE_SOURCE_PROVIDER = 2 };
enum { ACSE_NULL = 0, ACSE_NO_REASON = 1, ACSE_CONTEXT_NOT_SUPPORTED = 2 };

struct acse_aarq {
	struct octets context_name; /* OID contents */
	long rtse_context;          /* presentation context of the user information; decoded: 0 when it has none */
	struct octets information;  /* RTORQ; p NULL: none */
};
int acse_encode_aarq(struct arena *a, const struct acse_aarq *in, struct octets *out, struct err *e) MUST_USE;
int acse_decode_aarq(struct arena *a, struct octets in, struct acse_aarq *out, struct err *e) MUST_USE;

struct acse_aare {
	struct octets context_name;
	int result, source, diagnostic;
	long rtse_context;
	struct octets information; /* RTOAC or RTORJ; p NULL: none */
};
int acse_encode_aare(struct arena *a, const struct acse_aare *in, struct octets *out, struct err *e) MUST_USE;
int acse_decode_aare(struct arena *a, struct octets in, struct acse_aare *out, struct err *e) MUST_USE;
/* In words: "rejected (permanent): application context name not supported". */
const char *acse_result_name(int result);
const char *acse_diagnostic_name(int source, int diagnostic);

/* Release: reason normal. */
int acse_encode_rlrq(struct arena *a, struct octets *out, struct err *e) MUST_USE;
int acse_encode_rlre(struct arena *a, struct octets *out, struct err *e) MUST_USE;

/* ABRT of the user, around an RTAB. */
int acse_encode_abrt(struct arena *a, long rtse_context, struct octets rtab, struct octets *out, struct err *e) MUST_USE;
int acse_decode_abrt(struct arena *a, struct octets in, int *source, struct octets *rtab, struct err *e) MUST_USE;

#endif
