/*
 * osi/session_pdu.h - the session protocol data units of X.225 clause 8, taken apart and put together.
 */
#ifndef MIXGATE_OSI_SESSION_PDU_H
#define MIXGATE_OSI_SESSION_PDU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Kinds in the order of the state table; SI values differ by context (1 is GT or DT, 25 AB or AI). */
enum spdu_kind {
	SPDU_CN, SPDU_AC, SPDU_RF, SPDU_FN, SPDU_DN, SPDU_AB, SPDU_AA, SPDU_DT, SPDU_GT, SPDU_PT, SPDU_GTC, SPDU_GTA,
	SPDU_MIP, SPDU_MIA, SPDU_AS, SPDU_AR, SPDU_AI, SPDU_AIA, SPDU_AD, SPDU_ADA, SPDU_AE, SPDU_AEA, SPDU_ED, SPDU_ER,
	SPDU_KINDS
};

/* Parameters, by place in struct spdu; the codes are in session_pdu.c. */
enum spdu_parameter {
	SP_CALLED_REF, SP_CALLING_REF, SP_COMMON_REF, SP_ADDITIONAL_REF, SP_SYNC_TYPE, SP_TOKEN_ITEM, SP_TC_DISCONNECT,
	SP_OPTIONS, SP_REQUIREMENTS, SP_TSDU_MAX, SP_VERSION, SP_INITIAL_SERIAL, SP_ENCLOSURE, SP_TOKEN_SETTING,
	SP_ACTIVITY_ID, SP_SERIAL, SP_MIA_DATA, SP_REFLECT, SP_REASON, SP_CALLING_SSEL, SP_CALLED_SSEL, SP_OVERFLOW,
	SP_USER_DATA, SP_EXTENDED_DATA, SP_PARAMETERS
};

struct spdu {
	enum spdu_kind kind;
	enum spdu_kind prefix; /* SPDU_GT or SPDU_PT before it with tokens, which acts after it; SPDU_KINDS: none */
	struct octets prefix_tokens, prefix_data;
	struct octets p[SP_PARAMETERS]; /* p NULL: absent */
};

/* X.225 8.3.x bits and values */
#define SPDU_RTS_REQUIREMENTS 0x0249 /* half-duplex, minor synchronize, activity management, exceptions */
#define SPDU_VERSION_1        0x01
#define SPDU_VERSION_2        0x02
#define SPDU_ENCLOSURE_BEGIN  0x01
#define SPDU_ENCLOSURE_END    0x02
#define SPDU_CONNECT_DATA_MAX 10240
#define SPDU_SMALL_DATA_MAX   512
#define SPDU_MAX              12288 /* any SPDU but DT that we take */
#define SPDU_HEAD_MAX         520   /* GT and DT without user information */

const char *spdu_name(enum spdu_kind k);
/* A whole TSDU that is not a DT: prefix if any, SPDU, parameters.  Slices point into tsdu. */
int spdu_decode(struct octets tsdu, struct spdu *out, struct err *e) MUST_USE;
/* What is at hand of a TSDU: 1 it is a DT whose head ends at *head (out is filled, without information), 0 it is
 * another SPDU (wait for its end and spdu_decode), 2 more octets are needed to tell, -1 not SPDUs. */
int spdu_decode_dt_head(struct octets in, struct spdu *out, size_t *head, struct err *e) MUST_USE;
/* Appends prefix (category 2) and SPDU to a buffer. */
void spdu_encode(struct buf *out, const struct spdu *s);
/* Numbers in parameters: one to four octets, most significant first. */
uint32_t spdu_number(struct octets p, uint32_t absent);
/* PI 42: digits to a number, 0 if it is none; the maximum is 999999. */
unsigned spdu_serial(struct octets p);

#endif
