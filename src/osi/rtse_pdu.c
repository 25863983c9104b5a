/*
 * osi/rtse_pdu.c - see rtse_pdu.h.  Called by association.c.
 */
#include "osi/rtse_pdu.h"

#include "asn1gen/RT-RTAB.h"
#include "asn1gen/RT-RTOAC.h"
#include "asn1gen/RT-RTORJ.h"
#include "asn1gen/RT-RTORQ.h"
#include "asn1gen/RT-RTTP.h"
#include "ber/codec.h"
#include "osi/presentation.h"

#define CHECKPOINT_DEFAULT 0
#define WINDOW_DEFAULT     3
#define NUMBER_MAX         (1 << 20)

static int decode(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e)
{
	struct ber_limits limits = OSI_BER_LIMITS;
	struct err why = {0};

	if (in.p == NULL || in.len == 0)
		return ERR(e, ERR_OSI_RTSE, "no %s: no octets", type->name);
	if (ber_gate_decode_type(a, type, in, &limits, out, &why) != 0)
		return ERR(e, ERR_OSI_RTSE, "%s: %s", type->name, why.detail);
	return 0;
}

static long *number(struct arena *a, long v)
{
	long *p = NEW(a, long);

	*p = v;
	return p;
}

static struct RT_ConnectionData *open_data(struct arena *a, struct octets v)
{
	static const uint8_t null[2] = {5, 0};
	struct RT_ConnectionData *d = NEW(a, struct RT_ConnectionData);

	if (v.p == NULL)
		v = (struct octets){null, sizeof null};
	d->present = RT_ConnectionData_PR_open;
	d->choice.open.buf = (uint8_t *)(uintptr_t)v.p; /* encoders only read */
	d->choice.open.size = (int)v.len;
	return d;
}

/* Sizes from the peer: what is beyond use is brought down to a gigabyte, a window of nothing up to one. */
static int take_numbers(const long *checkpoint, const long *window, struct rtse_open *out, struct err *e)
{
	long c = checkpoint == NULL ? CHECKPOINT_DEFAULT : *checkpoint, w = window == NULL ? WINDOW_DEFAULT : *window;

	if (c < 0 || w < 0)
		return ERR(e, ERR_OSI_RTSE, "checkpoint size %ld, window %ld", c, w);
	out->checkpoint = (unsigned)MIN_OF(c, (long)NUMBER_MAX);
	out->window = (unsigned)MAX_OF(MIN_OF(w, (long)NUMBER_MAX), 1L);
	return 0;
}

static void take_data(const struct RT_ConnectionData *d, struct rtse_open *out)
{
	if (d == NULL)
		return;
	if (d->present == RT_ConnectionData_PR_recover)
		out->recover = true;
	else if (d->present == RT_ConnectionData_PR_open)
		out->data = (struct octets){d->choice.open.buf, (size_t)d->choice.open.size};
}

int rtse_encode_rtorq(struct arena *a, const struct rtse_open *in, struct octets *out, struct err *e)
{
	RT_RTORQ_t *t = NEW(a, RT_RTORQ_t);

	t->checkpointSize = number(a, (long)in->checkpoint);
	t->windowSize = number(a, (long)in->window);
	t->dialogueMode = number(a, in->dialogue);
	t->connectionDataRQ = open_data(a, in->data);
	if (in->application_protocol >= 0)
		t->applicationProtocol = number(a, in->application_protocol);
	return ber_encode_type(a, &asn_DEF_RT_RTORQ, t, out, e);
}

int rtse_decode_rtorq(struct arena *a, struct octets in, struct rtse_open *out, struct err *e)
{
	RT_RTORQ_t *t;

	*out = (struct rtse_open){0};
	TRY(decode(a, &asn_DEF_RT_RTORQ, in, (void **)&t, e));
	TRY(take_numbers(t->checkpointSize, t->windowSize, out, e));
	out->dialogue = t->dialogueMode == NULL ? RT_MONOLOGUE : (int)*t->dialogueMode;
	out->application_protocol = t->applicationProtocol == NULL ? -1 : *t->applicationProtocol;
	take_data(t->connectionDataRQ, out);
	return 0;
}

int rtse_encode_rtoac(struct arena *a, const struct rtse_open *in, struct octets *out, struct err *e)
{
	RT_RTOAC_t *t = NEW(a, RT_RTOAC_t);

	t->checkpointSize = number(a, (long)in->checkpoint);
	t->windowSize = number(a, (long)in->window);
	t->connectionDataAC = open_data(a, in->data);
	return ber_encode_type(a, &asn_DEF_RT_RTOAC, t, out, e);
}

int rtse_decode_rtoac(struct arena *a, struct octets in, struct rtse_open *out, struct err *e)
{
	RT_RTOAC_t *t;

	*out = (struct rtse_open){0};
	TRY(decode(a, &asn_DEF_RT_RTOAC, in, (void **)&t, e));
	TRY(take_numbers(t->checkpointSize, t->windowSize, out, e));
	take_data(t->connectionDataAC, out);
	return 0;
}

int rtse_encode_rtorj(struct arena *a, enum rtorj_reason reason, struct octets data, struct octets *out, struct err *e)
{
	RT_RTORJ_t *t = NEW(a, RT_RTORJ_t);

	if (reason != RTORJ_NONE)
		t->refuseReason = number(a, reason);
	if (data.p != NULL) {
		t->userDataRJ = NEW(a, ANY_t);
		t->userDataRJ->buf = (uint8_t *)(uintptr_t)data.p;
		t->userDataRJ->size = (int)data.len;
	}
	return ber_encode_type(a, &asn_DEF_RT_RTORJ, t, out, e);
}

int rtse_decode_rtorj(struct arena *a, struct octets in, int *reason, struct octets *data, struct err *e)
{
	RT_RTORJ_t *t;

	*reason = -1;
	*data = (struct octets){0};
	TRY(decode(a, &asn_DEF_RT_RTORJ, in, (void **)&t, e));
	if (t->refuseReason != NULL)
		*reason = (int)*t->refuseReason;
	if (t->userDataRJ != NULL)
		*data = (struct octets){t->userDataRJ->buf, (size_t)t->userDataRJ->size};
	return 0;
}

int rtse_encode_rtab(struct arena *a, enum rtab_reason reason, struct octets *out, struct err *e)
{
	RT_RTAB_t *t = NEW(a, RT_RTAB_t);

	t->abortReason = number(a, reason);
	return ber_encode_type(a, &asn_DEF_RT_RTAB, t, out, e);
}

int rtse_decode_rtab(struct arena *a, struct octets in, int *reason, struct err *e)
{
	RT_RTAB_t *t;
	/* ISODE's provider abort leaves the members in a universal SET instead of [22] */
	bool set = in.len > 0 && in.p[0] == 0x31;

	*reason = -1;
	TRY(decode(a, set ? &asn_DEF_RT_RTAB_members : &asn_DEF_RT_RTAB, in, (void **)&t, e));
	if (t->abortReason != NULL)
		*reason = (int)*t->abortReason;
	return 0;
}

const char *rtse_refuse_name(int reason)
{
	static const char *const names[] = {"busy", "cannot recover", "validation failure", "unacceptable dialogue mode"};

	return reason >= 0 && (size_t)reason < ARRAY_LEN(names) ? names[reason] : "no reason given";
}

const char *rtse_abort_name(int reason)
{
	static const char *const names[] = {
		"local system problem", "invalid parameter", "unrecognised activity", "temporary problem",
		"protocol error", "permanent problem", "user error", "transfer completed",
	};
	return reason >= 0 && (size_t)reason < ARRAY_LEN(names) ? names[reason] : "no reason given";
}

int rtse_encode_rttp(struct arena *a, int priority, struct octets *out, struct err *e)
{
	long value = priority;

	return ber_encode_type(a, &asn_DEF_RT_RTTP, &value, out, e);
}

int rtse_decode_rttp(struct arena *a, struct octets in, int *priority, struct err *e)
{
	long *value;

	TRY(decode(a, &asn_DEF_RT_RTTP, in, (void **)&value, e));
	*priority = *value < 0 || *value > 255 ? 255 : (int)*value;
	return 0;
}
