/*
 * osi/explain.c - see explain.h.  Called by association.c when the association is over; what cannot be read is said to be so.
 */
#include "osi/explain.h"

#include "base/str.h"
#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/presentation.h"
#include "osi/rtse_pdu.h"

#define PDU_ARENA ((size_t)4 << 20)

enum { RF_CONGESTED = 1, RF_SPM_CONGESTED = 131 };
enum { TAG_RTORJ = 0xb2, TAG_RTAB = 0xb6 };

/* What the AB of the peer says, in words. */
void explain_abort(struct octets data, struct err *e)
{
	struct arena *a = arena_new(PDU_ARENA);
	struct presentation_abort p;
	struct octets rtab;
	struct err unread;
	int source, reason;

	if (data.len == 0 || presentation_decode_abort(a, data, &p, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "user abort without data that can be read");
	else if (p.provider)
		(void)ERR(e, ERR_OSI_ABORTED, "by its presentation provider: ARP reason %d, event %d", p.reason, p.event);
	else if (p.user.p != NULL && p.user.len > 0 && p.user.p[0] == TAG_RTAB && rtse_decode_rtab(a, p.user, &reason, &unread) == 0)
		(void)ERR(e, ERR_OSI_ABORTED, "by its RTSE: reason %d (%s)", reason, rtse_abort_name(reason));
	else if (p.user.p == NULL || acse_decode_abrt(a, p.user, &source, &rtab, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "by its presentation user");
	else if (rtab.p == NULL || rtse_decode_rtab(a, rtab, &reason, &unread) != 0)
		(void)ERR(e, ERR_OSI_ABORTED, "by its ACSE, source %s", source == 0 ? "user" : "provider");
	else
		(void)ERR(e, ERR_OSI_ABORTED, "by its RTSE: reason %d (%s)", reason, rtse_abort_name(reason));
	arena_free(a);
}

static const char *refuse_name(unsigned reason)
{
	switch (reason) {
	case 0:
		return "by its SS-user";
	case 1:
		return "SS-user congested";
	case 129:
		return "SSEL unknown";
	case 130:
		return "SS-user not attached to SSAP";
	case 131:
		return "SPM congested at connect time";
	case 132:
		return "proposed protocol versions not supported";
	case 133:
		return "rejected by its SPM";
	case 134:
		return "rejected by its SPM, implementation restriction";
	default:
		return "?";
	}
}

/* RTORJ in an AARE or, in X.410 mode, in CPR: the MTA's own answer. */
static int explain_rtorj(struct arena *a, const struct osi_options *o, struct octets rtorj, struct err *e)
{
	struct octets data;
	int reason, error;

	TRY(rtse_decode_rtorj(a, rtorj, &reason, &data, e));
	if (data.p == NULL)
		return ERR(e, reason == RTORJ_BUSY ? ERR_OSI_BUSY : ERR_OSI_BIND_REFUSED, "refuse reason %d (%s); we are MTA \"%s\"%s", reason,
		           rtse_refuse_name(reason), o->local.name == NULL ? "" : o->local.name,
		           o->mode == OSI_MODE_NORMAL ? ", in normal mode" : "");
	TRY(bind_decode_error(a, data, &error, e));
	return ERR(e, error == OSI_BIND_BUSY ? ERR_OSI_BUSY : ERR_OSI_BIND_REFUSED, "bind error %d (%s); we are MTA \"%s\"", error,
	           bind_error_name(error), o->local.name == NULL ? "" : o->local.name);
}

/* Fills e in any case. */
static int explain_cpr(struct arena *a, const struct osi_options *o, struct octets cpr, struct err *e)
{
	struct acse_aare aare;
	struct octets user;
	char psel[3 * 32];
	int reason;

	TRY(presentation_decode_cpr(a, cpr, &reason, &user, e));
	if (user.p != NULL && user.len > 0 && user.p[0] == TAG_RTORJ)
		return explain_rtorj(a, o, user, e);
	if (user.p == NULL) {
		str_printable(psel, sizeof psel, o->called.psel.p, o->called.psel.len);
		return ERR(e, ERR_OSI_PRESENTATION_REFUSED, "CPR reason %d (%s); we called PSEL \"%s\"", reason,
		           presentation_reason_name(reason), psel);
	}
	TRY(acse_decode_aare(a, user, &aare, e));
	if (aare.information.p != NULL && aare.information.len > 0 && aare.information.p[0] == TAG_RTORJ)
		return explain_rtorj(a, o, aare.information, e);
	return ERR(e, ERR_OSI_ASSOCIATION_REFUSED, "AARE %s: %s", acse_result_name(aare.result),
	           acse_diagnostic_name(aare.source, aare.diagnostic));
}

void explain_refusal(const struct osi_options *o, unsigned reason, struct octets data, struct err *e)
{
	struct arena *a = arena_new(PDU_ARENA);
	char ssel[3 * 32];

	str_printable(ssel, sizeof ssel, o->called.ssel.p, o->called.ssel.len);
	if (data.len == 0 || explain_cpr(a, o, data, e) == 0)
		(void)ERR(e, reason == RF_CONGESTED || reason == RF_SPM_CONGESTED ? ERR_OSI_BUSY : ERR_OSI_SESSION_REFUSED, "RF reason %u (%s); we called SSEL \"%s\"", reason, refuse_name(reason), ssel);
	arena_free(a);
}
