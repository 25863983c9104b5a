/*
 * osi/acse.c - see acse.h.  Called by association.c.  Titles, qualifiers and authentication values are read over: peers
 * are known by their MTA name.
 */
#include "osi/acse.h"

#include "asn1gen/AC-AARE.h"
#include "asn1gen/AC-AARQ.h"
#include "asn1gen/AC-ABRT.h"
#include "asn1gen/AC-Association-information.h"
#include "asn1gen/AC-RLRE.h"
#include "asn1gen/AC-RLRQ.h"
#include "ber/codec.h"
#include "osi/presentation.h"

static struct octets contents(const void *string)
{
	const OCTET_STRING_t *s = string;

	return (struct octets){s->buf, s->buf == NULL ? 0 : (size_t)s->size};
}
static void set_contents(void *string, struct octets v)
{
	OCTET_STRING_t *s = string;

	s->buf = (uint8_t *)(uintptr_t)v.p; /* encoders only read */
	s->size = (int)v.len;
}

static struct AC_Association_information *information(struct arena *a, long context, struct octets value)
{
	struct AC_Association_information *l;
	struct PS_External **array;
	long *reference;

	if (value.p == NULL)
		return NULL;
	l = NEW(a, struct AC_Association_information);
	array = arena_array(a, 1, sizeof *array);
	reference = NEW(a, long);
	*reference = context;
	array[0] = NEW(a, struct PS_External);
	array[0]->indirect_reference = reference;
	array[0]->encoding.present = PS_External_encoding_PR_single_ASN1_type;
	set_contents(&array[0]->encoding.choice.single_ASN1_type, value);
	l->list.array = array;
	l->list.count = l->list.size = 1;
	return l;
}

static void read_information(const struct AC_Association_information *l, long *context, struct octets *value)
{
	const struct PS_External *x;

	*context = 0;
	*value = (struct octets){0};
	if (l == NULL || l->list.count < 1)
		return;
	x = l->list.array[0];
	if (x->indirect_reference != NULL)
		*context = *x->indirect_reference;
	if (x->encoding.present == PS_External_encoding_PR_single_ASN1_type)
		*value = contents(&x->encoding.choice.single_ASN1_type);
	else if (x->encoding.present == PS_External_encoding_PR_octet_aligned)
		*value = contents(&x->encoding.choice.octet_aligned);
	else if (x->encoding.present == PS_External_encoding_PR_arbitrary && x->encoding.choice.arbitrary.bits_unused == 0)
		*value = (struct octets){x->encoding.choice.arbitrary.buf, (size_t)x->encoding.choice.arbitrary.size};
}

static int decode(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e)
{
	struct ber_limits limits = OSI_BER_LIMITS;
	struct err why = {0};

	if (in.p == NULL || in.len == 0)
		return ERR(e, ERR_OSI_ACSE, "no %s: no octets", type->name);
	if (ber_gate_decode_type(a, type, in, &limits, out, &why) != 0)
		return ERR(e, ERR_OSI_ACSE, "%s: %s", type->name, why.detail);
	return 0;
}

int acse_encode_aarq(struct arena *a, const struct acse_aarq *in, struct octets *out, struct err *e)
{
	AC_AARQ_t *t = NEW(a, AC_AARQ_t);

	set_contents(&t->application_context_name, in->context_name);
	t->user_information = information(a, in->rtse_context, in->information);
	return ber_encode_type(a, &asn_DEF_AC_AARQ, t, out, e);
}

int acse_decode_aarq(struct arena *a, struct octets in, struct acse_aarq *out, struct err *e)
{
	AC_AARQ_t *t;

	*out = (struct acse_aarq){0};
	TRY(decode(a, &asn_DEF_AC_AARQ, in, (void **)&t, e));
	out->context_name = contents(&t->application_context_name);
	read_information(t->user_information, &out->rtse_context, &out->information);
	return 0;
}

int acse_encode_aare(struct arena *a, const struct acse_aare *in, struct octets *out, struct err *e)
{
	AC_AARE_t *t = NEW(a, AC_AARE_t);

	set_contents(&t->application_context_name, in->context_name);
	t->result = in->result;
	if (in->source == ACSE_SOURCE_PROVIDER) {
		t->result_source_diagnostic.present = AC_Source_diagnostic_PR_acse_service_provider;
		t->result_source_diagnostic.choice.acse_service_provider = in->diagnostic;
	} else {
		t->result_source_diagnostic.present = AC_Source_diagnostic_PR_acse_service_user;
		t->result_source_diagnostic.choice.acse_service_user = in->diagnostic;
	}
	t->user_information = information(a, in->rtse_context, in->information);
	return ber_encode_type(a, &asn_DEF_AC_AARE, t, out, e);
}

int acse_decode_aare(struct arena *a, struct octets in, struct acse_aare *out, struct err *e)
{
	AC_AARE_t *t;

	*out = (struct acse_aare){0};
	TRY(decode(a, &asn_DEF_AC_AARE, in, (void **)&t, e));
	out->context_name = contents(&t->application_context_name);
	out->result = (int)t->result;
	if (t->result_source_diagnostic.present == AC_Source_diagnostic_PR_acse_service_provider) {
		out->source = ACSE_SOURCE_PROVIDER;
		out->diagnostic = (int)t->result_source_diagnostic.choice.acse_service_provider;
	} else {
		out->source = ACSE_SOURCE_USER;
		out->diagnostic = (int)t->result_source_diagnostic.choice.acse_service_user;
	}
	read_information(t->user_information, &out->rtse_context, &out->information);
	return 0;
}

const char *acse_result_name(int result)
{
	static const char *const names[] = {"accepted", "rejected (permanent)", "rejected (transient)"};

	return result >= 0 && (size_t)result < ARRAY_LEN(names) ? names[result] : "rejected";
}

const char *acse_diagnostic_name(int source, int diagnostic)
{
	static const char *const user[] = {
		"no diagnostic", "no reason given", "application context name not supported", "calling AP title not recognized",
		"calling AP invocation identifier not recognized", "calling AE qualifier not recognized",
		"calling AE invocation identifier not recognized", "called AP title not recognized",
		"called AP invocation identifier not recognized", "called AE qualifier not recognized",
		"called AE invocation identifier not recognized", "authentication mechanism name not recognized",
		"authentication mechanism name required", "authentication failure", "authentication required",
	};
	static const char *const provider[] = {"no diagnostic", "no reason given", "no common ACSE version"};

	if (diagnostic < 0 || (size_t)diagnostic >= (source == ACSE_SOURCE_PROVIDER ? ARRAY_LEN(provider) : ARRAY_LEN(user)))
		return "unknown diagnostic";
	return source == ACSE_SOURCE_PROVIDER ? provider[diagnostic] : user[diagnostic];
}

int acse_encode_rlrq(struct arena *a, struct octets *out, struct err *e)
{
	AC_RLRQ_t *t = NEW(a, AC_RLRQ_t);

	t->reason = NEW(a, long); /* normal 0 */
	return ber_encode_type(a, &asn_DEF_AC_RLRQ, t, out, e);
}

int acse_encode_rlre(struct arena *a, struct octets *out, struct err *e)
{
	AC_RLRE_t *t = NEW(a, AC_RLRE_t);

	t->reason = NEW(a, long); /* normal 0 */
	return ber_encode_type(a, &asn_DEF_AC_RLRE, t, out, e);
}

int acse_encode_abrt(struct arena *a, long rtse_context, struct octets rtab, struct octets *out, struct err *e)
{
	AC_ABRT_t *t = NEW(a, AC_ABRT_t);

	t->user_information = information(a, rtse_context, rtab);
	return ber_encode_type(a, &asn_DEF_AC_ABRT, t, out, e);
}

int acse_decode_abrt(struct arena *a, struct octets in, int *source, struct octets *rtab, struct err *e)
{
	AC_ABRT_t *t;
	long context;

	*rtab = (struct octets){0};
	TRY(decode(a, &asn_DEF_AC_ABRT, in, (void **)&t, e));
	*source = (int)t->abort_source;
	read_information(t->user_information, &context, rtab);
	return 0;
}
