/*
 * osi/presentation.c - see presentation.h.  Called by association.c.
 *
 * Contexts that nobody here knows are answered with a provider rejection each, never with a refusal of the connection
 * (X.226 6.2.3).  In X.410 mode a PPDU holds the members of an RTSE APDU without its tag (X.226 8.4.3); the generated type
 * is one with and without it, so that the APDU is read around its tag and put in, taken out and written around it.
 */
#include "osi/presentation.h"

#include <string.h>

#include "asn1gen/PS-Abort-PPDU.h"
#include "asn1gen/PS-CP-type.h"
#include "asn1gen/PS-CPA-type.h"
#include "asn1gen/PS-CPR-PPDU.h"
#include "asn1gen/RT-RTAB.h"
#include "asn1gen/RT-RTOAC.h"
#include "asn1gen/RT-RTORJ.h"
#include "asn1gen/RT-RTORQ.h"
#include "base/str.h"
#include "ber/codec.h"

enum { MODE_X410 = 0, MODE_NORMAL = 1 };
enum { REASON_NOT_SPECIFIED = 0, REASON_ABSTRACT_SYNTAX = 1, REASON_TRANSFER_SYNTAX = 2, REASON_LOCAL_LIMIT = 3 };

/* Object identifiers as contents octets. */
static const uint8_t oid_acse[] = {0x52, 0x01, 0x00, 0x01};  /* 2.2.1.0.1 */
static const uint8_t oid_rtse[] = {0x56, 0x00, 0x02, 0x0c};  /* 2.6.0.2.12 id-as-mta-rtse */
static const uint8_t oid_mtse[] = {0x56, 0x00, 0x02, 0x07};  /* 2.6.0.2.7 id-as-mtse */
static const uint8_t oid_ber[] = {0x51, 0x01};               /* 2.1.1 */
static const struct {
	const char *name;
	const uint8_t *oid;
	size_t len;
} uses[PS_USES] = {
	[PS_ACSE] = {"ACSE 2.2.1.0.1", oid_acse, sizeof oid_acse},
	[PS_RTSE] = {"mta-rtse 2.6.0.2.12", oid_rtse, sizeof oid_rtse},
	[PS_MTSE] = {"mtse 2.6.0.2.7", oid_mtse, sizeof oid_mtse},
};
static uint8_t version_1_bits[] = {0x80};

const char *presentation_use_name(enum presentation_use u) { return uses[u].name; }

const char *presentation_reason_name(int reason)
{
	static const char *const names[] = {
		"reason not specified", "temporary congestion", "local limit exceeded", "called presentation address unknown",
		"protocol version not supported", "default context not supported", "user data not readable", "no PSAP available",
	};
	return reason >= 0 && (size_t)reason < ARRAY_LEN(names) ? names[reason] : "refused by the user above presentation";
}

/* ---- building and reading generated structs ---- */

static void octet_string(OCTET_STRING_t *s, struct octets v)
{
	s->buf = (uint8_t *)(uintptr_t)v.p; /* encoders only read */
	s->size = (int)v.len;
}
static OCTET_STRING_t *new_octet_string(struct arena *a, struct octets v)
{
	OCTET_STRING_t *s = v.p == NULL ? NULL : NEW(a, OCTET_STRING_t);

	if (s != NULL)
		octet_string(s, v);
	return s;
}
static struct octets octets_of(const OCTET_STRING_t *s)
{
	static const uint8_t nothing[1];

	if (s == NULL)
		return (struct octets){0};
	return (struct octets){s->buf != NULL ? s->buf : nothing, (size_t)s->size};
}
static long *new_long(struct arena *a, long v)
{
	long *p = NEW(a, long);

	*p = v;
	return p;
}
static BIT_STRING_t *version_1(struct arena *a)
{
	BIT_STRING_t *b = NEW(a, BIT_STRING_t);

	b->buf = version_1_bits;
	b->size = 1;
	b->bits_unused = 7;
	return b;
}
static bool oid_is(const OBJECT_IDENTIFIER_t *o, const uint8_t *p, size_t n)
{
	return o->size == (int)n && memcmp(o->buf, p, n) == 0;
}

static struct PS_User_data *user_data(struct arena *a, long context, struct octets value)
{
	struct PS_User_data *u = NEW(a, struct PS_User_data);
	struct PS_PDV_list *pdv = NEW(a, struct PS_PDV_list);
	PS_PDV_list_t **array = arena_array(a, 1, sizeof *array);

	pdv->presentation_context_identifier = context;
	pdv->presentation_data_values.present = PS_PDVs_PR_single_ASN1_type;
	octet_string((OCTET_STRING_t *)&pdv->presentation_data_values.choice.single_ASN1_type, value);
	array[0] = pdv;
	u->present = PS_User_data_PR_fully_encoded_data;
	u->choice.fully_encoded_data.list.array = (void *)array;
	u->choice.fully_encoded_data.list.count = u->choice.fully_encoded_data.list.size = 1;
	return u;
}

/* The first PDV; more than one is not used before the data phase. */
static int read_user_data(const struct PS_User_data *u, long *context, struct octets *value, struct err *e)
{
	const struct PS_PDV_list *pdv;

	if (u == NULL || u->present != PS_User_data_PR_fully_encoded_data || u->choice.fully_encoded_data.list.count < 1)
		return ERR(e, ERR_OSI_PRESENTATION, "no fully encoded user data");
	pdv = u->choice.fully_encoded_data.list.array[0];
	*context = pdv->presentation_context_identifier;
	if (pdv->presentation_data_values.present == PS_PDVs_PR_single_ASN1_type)
		*value = octets_of((const OCTET_STRING_t *)&pdv->presentation_data_values.choice.single_ASN1_type);
	else if (pdv->presentation_data_values.present == PS_PDVs_PR_octet_aligned)
		*value = octets_of(&pdv->presentation_data_values.choice.octet_aligned);
	else
		return ERR(e, ERR_OSI_PRESENTATION, "user data are not BER (arbitrary bits)");
	return 0;
}

/* The gate's and the runtime's words, under this layer's row. */
static int decode(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e)
{
	struct ber_limits limits = OSI_BER_LIMITS;
	struct err why = {0};

	if (in.p == NULL || in.len == 0)
		return ERR(e, ERR_OSI_PRESENTATION, "no %s: no octets", type->name);
	if (ber_gate_decode_type(a, type, in, &limits, out, &why) != 0)
		return ERR(e, ERR_OSI_PRESENTATION, "%s: %s", type->name, why.detail);
	return 0;
}

/* ---- initiator ---- */

static PS_Context_t *context_definition(struct arena *a, long id, struct octets oid)
{
	PS_Context_t *c = NEW(a, PS_Context_t);
	PS_Transfer_syntax_t **array = arena_array(a, 1, sizeof *array);

	array[0] = NEW(a, PS_Transfer_syntax_t);
	octet_string((OCTET_STRING_t *)array[0], (struct octets){oid_ber, sizeof oid_ber});
	c->presentation_context_identifier = id;
	octet_string((OCTET_STRING_t *)&c->abstract_syntax_name, oid);
	c->transfer_syntax_name_list.list.array = (void *)array;
	c->transfer_syntax_name_list.list.count = c->transfer_syntax_name_list.list.size = 1;
	return c;
}

static struct PS_Context_list *context_list(struct arena *a, struct presentation *p)
{
	struct PS_Context_list *l = NEW(a, struct PS_Context_list);
	size_t n = PS_USES + p->n_further;
	struct PS_Context **array = arena_array(a, n, sizeof *array);
	long id = 1; /* odd numbers are the initiator's (X.226 6.2.3.1) */

	for (size_t i = 0; i < n; i++, id += 2) {
		struct octets oid = i < PS_USES ? (struct octets){uses[i].oid, uses[i].len} : p->further[i - PS_USES];

		array[i] = context_definition(a, id, oid);
		if (i < PS_USES)
			p->context[i] = id;
	}
	l->list.array = array;
	l->list.count = l->list.size = (int)n;
	p->count = n;
	return l;
}

int presentation_encode_cp(struct arena *a, struct presentation *p, struct octets user, struct octets *out, struct err *e)
{
	PS_CP_type_t *cp = NEW(a, PS_CP_type_t);
	struct PS_CP_normal *n = NEW(a, struct PS_CP_normal);

	if (p->x410) {
		cp->mode_selector.mode_value = MODE_X410;
		TRY(decode(a, &asn_DEF_RT_RTORQ, user, (void **)&cp->x410_mode_parameters, e));
		return ber_encode_type(a, &asn_DEF_PS_CP_type, cp, out, e);
	}
	if (p->n_further > PRESENTATION_CONTEXTS - PS_USES)
		return ERR(e, ERR_BUG_INTERNAL, "%zu contexts to offer", p->n_further);
	cp->mode_selector.mode_value = MODE_NORMAL;
	cp->normal_mode_parameters = n;
	n->protocol_version = version_1(a);
	n->calling_presentation_selector = new_octet_string(a, p->calling);
	n->called_presentation_selector = new_octet_string(a, p->called);
	n->presentation_context_definition_list = context_list(a, p);
	n->user_data = user_data(a, p->context[PS_ACSE], user);
	return ber_encode_type(a, &asn_DEF_PS_CP_type, cp, out, e);
}

static int take_results(struct presentation *p, const struct PS_Result_list *l, struct err *e)
{
	if (l == NULL || (size_t)l->list.count != p->count)
		return ERR(e, ERR_OSI_PRESENTATION, "%d context results for %zu contexts offered", l == NULL ? 0 : l->list.count, p->count);
	for (int i = 0; i < PS_USES; i++) {
		const PS_Result_t *r = l->list.array[i];

		p->usable[i] = r->result == PS_ACCEPTANCE;
		if (!p->usable[i])
			return ERR(e, ERR_OSI_CONTEXT, "peer rejects the context of %s: result %ld, reason %ld", uses[i].name,
			           r->result, r->provider_reason == NULL ? -1L : *r->provider_reason);
	}
	return 0;
}

int presentation_decode_cpa(struct arena *a, struct presentation *p, struct octets in, struct octets *user, struct err *e)
{
	PS_CPA_type_t *cpa;
	long context;

	TRY(decode(a, &asn_DEF_PS_CPA_type, in, (void **)&cpa, e));
	if (cpa->mode_selector.mode_value != (p->x410 ? MODE_X410 : MODE_NORMAL) ||
	    (p->x410 ? (void *)cpa->x410_mode_parameters : (void *)cpa->normal_mode_parameters) == NULL)
		return ERR(e, ERR_OSI_PRESENTATION, "CPA in mode %ld; we asked for %s mode", cpa->mode_selector.mode_value,
		           p->x410 ? "X.410-1984" : "normal");
	if (p->x410)
		return ber_encode_type(a, &asn_DEF_RT_RTOAC, cpa->x410_mode_parameters, user, e);
	TRY(take_results(p, cpa->normal_mode_parameters->presentation_context_definition_result_list, e));
	TRY(read_user_data(cpa->normal_mode_parameters->user_data, &context, user, e));
	if (context != p->context[PS_ACSE])
		return ERR(e, ERR_OSI_PRESENTATION, "CPA's user data are in context %ld; ACSE has %ld", context, p->context[PS_ACSE]);
	return 0;
}

int presentation_decode_cpr(struct arena *a, struct octets in, int *reason, struct octets *user, struct err *e)
{
	PS_CPR_PPDU_t *cpr;
	const PS_CPR_normal_t *n;
	long context;

	*user = (struct octets){0};
	*reason = CPR_USER;
	TRY(decode(a, &asn_DEF_PS_CPR_PPDU, in, (void **)&cpr, e));
	if (cpr->present == PS_CPR_PPDU_PR_x410_mode_parameters)
		return ber_encode_type(a, &asn_DEF_RT_RTORJ, &cpr->choice.x410_mode_parameters, user, e);
	n = &cpr->choice.normal_mode_parameters;
	if (n->provider_reason != NULL)
		*reason = (int)*n->provider_reason;
	if (n->user_data != NULL)
		TRY(read_user_data(n->user_data, &context, user, e));
	return 0;
}

/* ---- responder ---- */

static bool offers_ber(const PS_Context_t *c)
{
	for (int i = 0; i < c->transfer_syntax_name_list.list.count; i++)
		if (oid_is((const OBJECT_IDENTIFIER_t *)c->transfer_syntax_name_list.list.array[i], oid_ber, sizeof oid_ber))
			return true;
	return false;
}

/* One context of the definition list: whose it is, and the answer. */
static void answer_context(struct presentation *p, size_t at, const PS_Context_t *c)
{
	p->results[at].result = PS_PROVIDER_REJECTION;
	p->results[at].reason = REASON_ABSTRACT_SYNTAX;
	for (int u = 0; u < PS_USES; u++) {
		if (p->usable[u] || !oid_is(&c->abstract_syntax_name, uses[u].oid, uses[u].len))
			continue;
		p->results[at].reason = REASON_TRANSFER_SYNTAX;
		if (!offers_ber(c))
			continue;
		p->results[at].result = PS_ACCEPTANCE;
		p->usable[u] = true;
		p->context[u] = c->presentation_context_identifier;
	}
}

static bool defined_twice(const struct PS_Context_list *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (l->list.array[i]->presentation_context_identifier == l->list.array[at]->presentation_context_identifier)
			return true;
	return false;
}

static int answer_contexts(struct presentation *p, const struct PS_Context_list *l, int *reason, struct err *e)
{
	*reason = CPR_LOCAL_LIMIT;
	if (l == NULL || l->list.count > PRESENTATION_CONTEXTS)
		return ERR(e, ERR_OSI_CONTEXT, "%d contexts offered; 1 to %d are taken", l == NULL ? 0 : l->list.count, PRESENTATION_CONTEXTS);
	*reason = CPR_NOT_SPECIFIED;
	for (p->count = 0; p->count < (size_t)l->list.count; p->count++) {
		long id = l->list.array[p->count]->presentation_context_identifier;

		if (id < 1 || id > 32767)
			return ERR(e, ERR_OSI_CONTEXT, "presentation context %ld is not 1 to 32767", id);
		if (defined_twice(l, p->count))
			return ERR(e, ERR_OSI_CONTEXT, "presentation context %ld is defined twice", id);
		answer_context(p, p->count, l->list.array[p->count]);
	}
	for (int u = 0; u < PS_USES; u++)
		if (!p->usable[u])
			return ERR(e, ERR_OSI_CONTEXT, "peer offers no context for %s with transfer syntax 2.1.1", uses[u].name);
	return 0;
}

int presentation_decode_cp(struct arena *a, struct presentation *p, struct octets in, struct presentation_cp *cp, int *reason,
                           struct err *e)
{
	PS_CP_type_t *t;
	const struct PS_CP_normal *n;
	const struct octets *own = &p->called;
	char theirs[64], ours[64];
	long context;

	*cp = (struct presentation_cp){0};
	*reason = CPR_UNREADABLE;
	TRY(decode(a, &asn_DEF_PS_CP_type, in, (void **)&t, e));
	*reason = CPR_NOT_SPECIFIED;
	n = t->normal_mode_parameters;
	p->x410 = t->mode_selector.mode_value == MODE_X410;
	if (p->x410 && t->x410_mode_parameters != NULL)
		return ber_encode_type(a, &asn_DEF_RT_RTORQ, t->x410_mode_parameters, &cp->user, e);
	if (t->mode_selector.mode_value != MODE_NORMAL || n == NULL)
		return ERR(e, ERR_OSI_PRESENTATION, "CP in mode %ld without what belongs to it", t->mode_selector.mode_value);
	cp->calling = octets_of(n->calling_presentation_selector);
	cp->called = octets_of(n->called_presentation_selector);
	if (own->p != NULL && (cp->called.len != own->len || (own->len > 0 && memcmp(cp->called.p, own->p, own->len) != 0))) {
		str_printable(theirs, sizeof theirs, cp->called.p, cp->called.len);
		str_printable(ours, sizeof ours, own->p, own->len);
		*reason = CPR_ADDRESS_UNKNOWN;
		return ERR(e, ERR_OSI_SELECTOR, "peer called PSEL \"%s\", ours is \"%s\": refused with CPR reason 3", theirs, ours);
	}
	TRY(answer_contexts(p, n->presentation_context_definition_list, reason, e));
	*reason = CPR_UNREADABLE;
	TRY(read_user_data(n->user_data, &context, &cp->user, e));
	if (context != p->context[PS_ACSE])
		return ERR(e, ERR_OSI_PRESENTATION, "CP's user data are in context %ld; ACSE has %ld", context, p->context[PS_ACSE]);
	return 0;
}

static struct PS_Result_list *result_list(struct arena *a, const struct presentation *p)
{
	struct PS_Result_list *l = NEW(a, struct PS_Result_list);
	struct PS_Result **array = arena_array(a, p->count, sizeof *array);

	for (size_t i = 0; i < p->count; i++) {
		array[i] = NEW(a, struct PS_Result);
		array[i]->result = p->results[i].result;
		if (p->results[i].result == PS_ACCEPTANCE) {
			array[i]->transfer_syntax_name = NEW(a, OBJECT_IDENTIFIER_t);
			octet_string((OCTET_STRING_t *)array[i]->transfer_syntax_name, (struct octets){oid_ber, sizeof oid_ber});
		} else {
			array[i]->provider_reason = new_long(a, p->results[i].reason);
		}
	}
	l->list.array = array;
	l->list.count = l->list.size = (int)p->count;
	return l;
}

int presentation_encode_cpa(struct arena *a, const struct presentation *p, struct octets responding, struct octets user,
                            struct octets *out, struct err *e)
{
	PS_CPA_type_t *cpa = NEW(a, PS_CPA_type_t);
	struct PS_CPA_normal *n = NEW(a, struct PS_CPA_normal);

	if (p->x410) {
		cpa->mode_selector.mode_value = MODE_X410;
		TRY(decode(a, &asn_DEF_RT_RTOAC, user, (void **)&cpa->x410_mode_parameters, e));
		return ber_encode_type(a, &asn_DEF_PS_CPA_type, cpa, out, e);
	}
	cpa->mode_selector.mode_value = MODE_NORMAL;
	cpa->normal_mode_parameters = n;
	n->protocol_version = version_1(a);
	n->responding_presentation_selector = new_octet_string(a, responding);
	n->presentation_context_definition_result_list = result_list(a, p);
	n->user_data = user_data(a, p->context[PS_ACSE], user);
	return ber_encode_type(a, &asn_DEF_PS_CPA_type, cpa, out, e);
}

int presentation_encode_cpr(struct arena *a, const struct presentation *p, int reason, struct octets user, struct octets *out,
                            struct err *e)
{
	PS_CPR_PPDU_t *cpr = NEW(a, PS_CPR_PPDU_t);
	PS_CPR_normal_t *n = &cpr->choice.normal_mode_parameters;
	RT_RTORJ_t *rtorj;

	if (p->x410) {
		TRY(decode(a, &asn_DEF_RT_RTORJ, user, (void **)&rtorj, e));
		cpr->present = PS_CPR_PPDU_PR_x410_mode_parameters;
		cpr->choice.x410_mode_parameters = *rtorj;
		return ber_encode_type(a, &asn_DEF_PS_CPR_PPDU, cpr, out, e);
	}
	cpr->present = PS_CPR_PPDU_PR_normal_mode_parameters;
	n->protocol_version = version_1(a);
	if (p->count > 0)
		n->presentation_context_definition_result_list = result_list(a, p);
	if (reason != CPR_USER)
		n->provider_reason = new_long(a, reason);
	if (user.p != NULL)
		n->user_data = user_data(a, p->context[PS_ACSE], user);
	return ber_encode_type(a, &asn_DEF_PS_CPR_PPDU, cpr, out, e);
}

/* ---- both ---- */

int presentation_encode_user_data(struct arena *a, const struct presentation *p, enum presentation_use use, struct octets value,
                                  struct octets *out, struct err *e)
{
	*out = value;
	return p->x410 ? 0 : ber_encode_type(a, &asn_DEF_PS_User_data, user_data(a, p->context[use], value), out, e);
}

int presentation_decode_user_data(struct arena *a, const struct presentation *p, struct octets in, struct octets *value, struct err *e)
{
	struct PS_User_data *u;
	long context;

	*value = in;
	if (p->x410)
		return 0;
	TRY(decode(a, &asn_DEF_PS_User_data, in, (void **)&u, e));
	return read_user_data(u, &context, value, e);
}

int presentation_encode_aru(struct arena *a, const struct presentation *p, struct octets user, struct octets *out, struct err *e)
{
	PS_Abort_PPDU_t *t = NEW(a, PS_Abort_PPDU_t);
	struct PS_ARU_normal *n = &t->choice.aru_normal;
	struct PS_Context_ids *l = NEW(a, struct PS_Context_ids);
	struct PS_Context_id **array = arena_array(a, PS_USES, sizeof *array);
	RT_RTAB_t *rtab;

	if (p->x410) {
		TRY(decode(a, &asn_DEF_RT_RTAB, user, (void **)&rtab, e));
		t->present = PS_Abort_PPDU_PR_aru_x410;
		t->choice.aru_x410 = *rtab;
		return ber_encode_type(a, &asn_DEF_PS_Abort_PPDU, t, out, e);
	}
	t->present = PS_Abort_PPDU_PR_aru_normal;
	for (int u = 0; u < PS_USES; u++) {
		array[u] = NEW(a, struct PS_Context_id);
		array[u]->presentation_context_identifier = p->context[u];
		octet_string((OCTET_STRING_t *)&array[u]->transfer_syntax_name, (struct octets){oid_ber, sizeof oid_ber});
	}
	l->list.array = array;
	l->list.count = l->list.size = PS_USES;
	n->presentation_context_identifier_list = l;
	n->user_data = user_data(a, p->context[PS_ACSE], user);
	return ber_encode_type(a, &asn_DEF_PS_Abort_PPDU, t, out, e);
}

int presentation_encode_arp(struct arena *a, int reason, int event, struct octets *out, struct err *e)
{
	PS_Abort_PPDU_t *t = NEW(a, PS_Abort_PPDU_t);

	t->present = PS_Abort_PPDU_PR_arp;
	t->choice.arp.provider_reason = new_long(a, reason);
	if (event >= 0)
		t->choice.arp.event_identifier = new_long(a, event);
	return ber_encode_type(a, &asn_DEF_PS_Abort_PPDU, t, out, e);
}

int presentation_decode_abort(struct arena *a, struct octets in, struct presentation_abort *out, struct err *e)
{
	PS_Abort_PPDU_t *t;
	long context;

	*out = (struct presentation_abort){.reason = -1, .event = -1};
	TRY(decode(a, &asn_DEF_PS_Abort_PPDU, in, (void **)&t, e));
	if (t->present == PS_Abort_PPDU_PR_arp) {
		out->provider = true;
		if (t->choice.arp.provider_reason != NULL)
			out->reason = (int)*t->choice.arp.provider_reason;
		if (t->choice.arp.event_identifier != NULL)
			out->event = (int)*t->choice.arp.event_identifier;
	} else if (t->present == PS_Abort_PPDU_PR_aru_normal && t->choice.aru_normal.user_data != NULL) {
		TRY(read_user_data(t->choice.aru_normal.user_data, &context, &out->user, e));
	} else if (t->present == PS_Abort_PPDU_PR_aru_x410) {
		return ber_encode_type(a, &asn_DEF_RT_RTAB, &t->choice.aru_x410, &out->user, e);
	}
	return 0;
}
