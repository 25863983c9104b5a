/*
 * p1/envelope.c - see envelope.h.
 *
 * Message and probe envelopes are two generated structs with the same members; struct shared points at them, so that
 * each rule stands once.
 */
#include "p1/envelope.h"

#include <limits.h>

#include "asn1gen/X4-MessageTransferEnvelope.h"
#include "asn1gen/X4-PerRecipientMessageTransferFields.h"
#include "asn1gen/X4-ProbeTransferEnvelope.h"
#include "asn1gen/X4-ReportTransferEnvelope.h"
#include "ber/codec.h"
#include "p1/extensions.h"
#include "p1/names.h"
#include "p1/trace.h"
#include "p1/values.h"

/* PerMessageIndicators (X.411 8.2.1.1.1) */
#define DISCLOSURE_OF_OTHER_RECIPIENTS (1u << 0)
#define IMPLICIT_CONVERSION_PROHIBITED (1u << 1)
#define ALTERNATE_RECIPIENT_ALLOWED (1u << 2)
#define CONTENT_RETURN_REQUEST (1u << 3)
#define RESERVED (1u << 4)
#define NOTIFICATION_TYPE_HIGH (1u << 5)
#define NOTIFICATION_TYPE_LOW (1u << 6)
#define SERVICE_MESSAGE (1u << 7)

struct shared {
	X4_MTSIdentifier_t *identifier;
	X4_ORName_t *originator;
	struct X4_EncodedInformationTypes **eits;
	X4_ContentType_t *content_type;
	X4_ContentIdentifier_t **content_identifier;
	X4_PerMessageIndicators_t **indicators;
	struct X4_BilateralInformation **bilateral;
	X4_TraceInformation_t *trace;
	struct X4_ExtensionFields **extensions;
	X4_PerRecipientMessageTransferFieldsList_t *recipients;
};
#define SHARED(t, id)                                                                                                  \
	(struct shared){&(t)->id, &(t)->originator_name, &(t)->original_encoded_information_types, &(t)->content_type,     \
	                &(t)->content_identifier, &(t)->per_message_indicators, &(t)->per_domain_bilateral_information,    \
	                &(t)->trace_information, &(t)->extensions, &(t)->per_recipient_fields}

/* ---- small parts ---- */

/* responsibility(0), originating-MTA-report(1,2), originator-report(3,4), a two-bit number's higher bit first */
uint32_t p1_indicators(bool responsibility, int mta_report, int originator_report)
{
	return (responsibility ? 1u : 0) | (mta_report & 2 ? 1u << 1 : 0) | (mta_report & 1 ? 1u << 2 : 0) |
	       (originator_report & 2 ? 1u << 3 : 0) | (originator_report & 1 ? 1u << 4 : 0);
}

/* X.411 wants 8 bits; who sent fewer gets fewer, if they are enough. */
void p1_indicators_encode(struct arena *a, uint32_t bits, unsigned received, BIT_STRING_t *out)
{
	p1_set_bits(a, out, bits, received > 0 && received < 8 && bits >> received == 0 ? received : 8);
}

void p1_indicators_read(uint32_t bits, bool *responsibility, int *mta_report, int *originator_report)
{
	*responsibility = (bits & 1u) != 0;
	*mta_report = (bits >> 1 & 1u ? 2 : 0) | (bits >> 2 & 1u ? 1 : 0);
	*originator_report = (bits >> 3 & 1u ? 2 : 0) | (bits >> 4 & 1u ? 1 : 0);
}

int p1_content_type_decode(struct arena *a, const X4_ContentType_t *in, int *type, struct mx_oid *oid, struct err *e)
{
	*type = MX_ABSENT;
	if (in->present == X4_ContentType_PR_extended) {
		*oid = p1_oid(a, p1_oid_octets(&in->choice.extended));
		return oid->der.len > 0 ? 0 : ERR(e, ERR_P1_VALUE, "a content type of no octets");
	}
	if (in->choice.built_in < 0 || in->choice.built_in > INT_MAX)
		return ERR(e, ERR_P1_VALUE, "content type %ld", in->choice.built_in);
	*type = (int)in->choice.built_in;
	return 0;
}

int p1_content_type_encode(int type, const struct mx_oid *oid, X4_ContentType_t *out, struct err *e)
{
	if (oid->der.p != NULL) {
		out->present = X4_ContentType_PR_extended;
		p1_set_oid(&out->choice.extended, oid->der);
		return 0;
	}
	if (type == MX_ABSENT)
		return ERR(e, ERR_P1_MISSING, "content-type");
	out->present = X4_ContentType_PR_built_in;
	out->choice.built_in = type;
	return 0;
}

static void indicators_decode(const BIT_STRING_t *in, struct mx_envelope *out)
{
	unsigned count;
	uint32_t bits;

	p1_bits(in, &bits, &count);
	out->disclosure_of_other_recipients = (bits & DISCLOSURE_OF_OTHER_RECIPIENTS) != 0;
	out->implicit_conversion_prohibited = (bits & IMPLICIT_CONVERSION_PROHIBITED) != 0;
	out->alternate_recipient_allowed = (bits & ALTERNATE_RECIPIENT_ALLOWED) != 0;
	out->content_return_request = (bits & CONTENT_RETURN_REQUEST) != 0;
	out->reserved_indicator = (bits & RESERVED) != 0;
	out->notification_type = (bits & NOTIFICATION_TYPE_HIGH ? 2 : 0) | (bits & NOTIFICATION_TYPE_LOW ? 1 : 0);
	out->service_message = (bits & SERVICE_MESSAGE) != 0;
	out->as_received.no_indicators = in == NULL;
	out->as_received.indicator_bits = (uint8_t)MIN_OF(count, 32u);
}

static BIT_STRING_t *indicators_encode(struct arena *a, const struct mx_envelope *in)
{
	uint32_t bits = (in->disclosure_of_other_recipients ? DISCLOSURE_OF_OTHER_RECIPIENTS : 0) |
	                (in->implicit_conversion_prohibited ? IMPLICIT_CONVERSION_PROHIBITED : 0) |
	                (in->alternate_recipient_allowed ? ALTERNATE_RECIPIENT_ALLOWED : 0) |
	                (in->content_return_request ? CONTENT_RETURN_REQUEST : 0) | (in->reserved_indicator ? RESERVED : 0) |
	                (in->notification_type & 2 ? NOTIFICATION_TYPE_HIGH : 0) |
	                (in->notification_type & 1 ? NOTIFICATION_TYPE_LOW : 0) | (in->service_message ? SERVICE_MESSAGE : 0);
	unsigned count = in->as_received.indicator_bits;

	if (bits == 0 && in->as_received.no_indicators)
		return NULL;
	/* as many as came, or up to the last one that is set, but at least one: some peers choke on an empty string */
	if (count < 32 && bits >> count != 0)
		count = P1_BITS_TRIMMED;
	return p1_new_bits(a, bits, count == P1_BITS_TRIMMED && bits == 0 ? 1 : count);
}

/* The elements one after another; they are copied because the runtime holds them apart. */
static int bilateral_decode(struct arena *a, const X4_BilateralInformation_t *in, struct octets *out)
{
	struct buf *b = buf_in(a, BER_TYPED_MAX);
	int i;

	if (in == NULL)
		return 0;
	for (i = 0; i < in->list.count; i++) {
		struct octets o = p1_any_octets(in->list.array[i]);
		buf_put(b, o.p, o.len);
	}
	*out = buf_octets(b);
	return 0;
}

static int bilateral_encode(struct arena *a, struct octets in, X4_BilateralInformation_t **out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(in);
	struct ber_tlv t;

	if (in.len == 0)
		return 0;
	*out = NEW(a, X4_BilateralInformation_t);
	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &t, e));
		p1_list_add(a, &(*out)->list, p1_new_any(a, t.whole));
	}
	return 0;
}

/* ---- recipients ---- */

static int recipient_decode(struct arena *a, const X4_PerRecipientMessageTransferFields_t *in, struct mx_recipient *out, struct err *e)
{
	uint32_t bits;
	unsigned count;

	TRY(p1_name_decode(a, &in->recipient_name, &out->name, e));
	if (in->originally_specified_recipient_number < 1 || in->originally_specified_recipient_number > 32767)
		return ERR(e, ERR_P1_VALUE, "recipient number %ld", in->originally_specified_recipient_number);
	out->number = (int)in->originally_specified_recipient_number;
	p1_bits(&in->per_recipient_indicators, &bits, &count);
	out->indicator_bits = (uint8_t)MIN_OF(count, 32u);
	p1_indicators_read(bits, &out->responsibility, &out->mta_report, &out->originator_report);
	out->explicit_conversion = MX_ABSENT;
	if (in->explicit_conversion != NULL && *in->explicit_conversion >= 0 && *in->explicit_conversion <= INT_MAX)
		out->explicit_conversion = (int)*in->explicit_conversion;
	return p1_recipient_extensions_decode(a, in->extensions, out, e);
}

static int recipient_encode(struct arena *a, const struct mx_recipient *in, const struct p1_options *options,
                            X4_PerRecipientMessageTransferFields_t *out, struct err *e)
{
	TRY(p1_name_encode(a, &in->name, &out->recipient_name, e));
	out->originally_specified_recipient_number = in->number;
	p1_indicators_encode(a, p1_indicators(in->responsibility, in->mta_report, in->originator_report), in->indicator_bits,
	                     &out->per_recipient_indicators);
	if (in->explicit_conversion != MX_ABSENT)
		out->explicit_conversion = p1_new_long(a, in->explicit_conversion);
	return p1_recipient_extensions_encode(a, in, options, &out->extensions, e);
}

/* ---- message and probe ---- */

static int shared_decode(struct arena *a, const struct shared *in, struct mx_message *out, struct err *e)
{
	struct mx_envelope *env = &out->envelope;
	struct p1_traces trace = {0};
	int i;

	p1_mts_id_decode(a, in->identifier, &env->id);
	TRY(p1_name_decode(a, in->originator, &env->originator, e));
	p1_eits_decode(a, *in->eits, &env->original_eits);
	TRY(p1_content_type_decode(a, in->content_type, &env->content_type, &env->content_type_oid, e));
	env->content_identifier = p1_string_text(a, *in->content_identifier);
	indicators_decode(*in->indicators, env);
	TRY(bilateral_decode(a, *in->bilateral, &env->per_domain_bilateral));
	p1_trace_decode(a, in->trace, &trace);
	env->trace.items = trace.items;
	env->trace.count = trace.count;
	env->trace.capacity = trace.capacity;
	TRY(p1_envelope_extensions_decode(a, *in->extensions, env, e));
	for (i = 0; i < in->recipients->list.count; i++)
		TRY(recipient_decode(a, in->recipients->list.array[i], mx_add_recipient(a, out), e));
	if (out->recipients.count == 0)
		return ERR(e, ERR_P1_NO_RECIPIENT, "per-recipient-fields is empty");
	return 0;
}

static int shared_encode(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct shared *out, struct err *e)
{
	const struct mx_envelope *env = &in->envelope;
	size_t i;

	TRY(p1_mts_id_encode(a, &env->id, out->identifier, e));
	TRY(p1_name_encode(a, &env->originator, out->originator, e));
	*out->eits = p1_eits_encode(a, &env->original_eits);
	TRY(p1_content_type_encode(env->content_type, &env->content_type_oid, out->content_type, e));
	*out->content_identifier = p1_new_text(a, env->content_identifier);
	*out->indicators = indicators_encode(a, env);
	TRY(bilateral_encode(a, env->per_domain_bilateral, out->bilateral, e));
	if (env->trace.count == 0)
		return ERR(e, ERR_P1_MISSING, "trace-information");
	TRY(p1_trace_encode(a, env->trace.items, env->trace.count, out->trace, e));
	TRY(p1_envelope_extensions_encode(a, env, options, out->extensions, e));
	if (in->recipients.count == 0)
		return ERR(e, ERR_P1_NO_RECIPIENT, "per-recipient-fields is empty");
	for (i = 0; i < in->recipients.count; i++) {
		X4_PerRecipientMessageTransferFields_t *x = NEW(a, X4_PerRecipientMessageTransferFields_t);
		TRY(recipient_encode(a, &in->recipients.items[i], options, x, e));
		p1_list_add(a, &out->recipients->list, x);
	}
	return 0;
}

/* In what order did the members stand?  X.411's own starts with [APPLICATION 4] before [APPLICATION 0], which no order of
 * tags does. */
bool p1_in_order_of_tags(struct octets set)
{
	struct ber_cursor c;
	struct ber_tlv t;
	uint32_t last = 0;

	if (ber_tlv_read(set, &t, NULL) != 0)
		return false;
	for (c = ber_cursor_over(t.value); ber_cursor_next(&c, &t, NULL) == 0; last = t.tag) {
		if (t.tag < last)
			return false;
	}
	return true;
}

static void order_read(struct octets in, struct mx_as_received *out)
{
	struct ber_cursor c;
	struct ber_tlv t;
	bool recipients = false;

	out->der = p1_in_order_of_tags(in);
	if (ber_tlv_read(in, &t, NULL) != 0)
		return;
	for (c = ber_cursor_over(t.value); ber_cursor_next(&c, &t, NULL) == 0;) {
		out->recipients_first |= t.tag == BER_C(3) && recipients;
		recipients |= t.tag == BER_C(2);
	}
}

static enum ber_order order_of(const struct mx_as_received *in)
{
	return in->der ? BER_ORDER_OF_TAGS : BER_ORDER_OF_MODULE;
}

/* The generated encoder writes X.411's order, extensions and then recipients as the last members; this swaps them. */
static int swap_last(struct arena *a, struct octets *set, struct err *e)
{
	struct ber_tlv whole, t, extensions = {0};
	struct ber_cursor c;
	uint8_t *p;

	TRY(ber_tlv_read(*set, &whole, e));
	for (c = ber_cursor_over(whole.value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &t, e));
		if (t.tag == BER_C(3))
			extensions = t;
	}
	if (extensions.whole.p == NULL)
		return 0;
	p = arena_memdup(a, set->p, set->len);
	p += extensions.whole.p - set->p;
	for (size_t i = 0; i < t.whole.len; i++)
		*p++ = t.whole.p[i];
	for (size_t i = 0; i < extensions.whole.len; i++)
		*p++ = extensions.whole.p[i];
	set->p = p - set->len;
	return 0;
}

static int write_in_order(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, const struct mx_as_received *order,
                          struct octets *out, struct err *e)
{
	TRY(ber_encode_ordered(a, type, value, order_of(order), out, e));
	return order->recipients_first && !order->der ? swap_last(a, out, e) : 0;
}

int p1_message_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e)
{
	X4_MessageTransferEnvelope_t *t;
	struct shared s;
	void *decoded;

	TRY(ber_decode_type(a, &asn_DEF_X4_MessageTransferEnvelope, in, &decoded, e));
	t = decoded;
	s = SHARED(t, message_identifier);
	TRY(shared_decode(a, &s, out, e));
	TRY(p1_string_time(t->deferred_delivery_time, &out->envelope.deferred_delivery_time, e));
	if (t->priority != NULL) {
		if (*t->priority < MX_NORMAL || *t->priority > MX_URGENT)
			return ERR(e, ERR_P1_VALUE, "priority %ld", *t->priority);
		out->envelope.priority = (enum mx_priority) * t->priority;
	}
	order_read(in, &out->envelope.as_received);
	return 0;
}

int p1_message_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                              struct err *e)
{
	X4_MessageTransferEnvelope_t t = {0};
	struct shared s = SHARED(&t, message_identifier);

	TRY(shared_encode(a, in, options, &s, e));
	t.deferred_delivery_time = p1_new_time(a, &in->envelope.deferred_delivery_time);
	if (in->envelope.priority != MX_NORMAL)
		t.priority = p1_new_long(a, in->envelope.priority);
	return write_in_order(a, &asn_DEF_X4_MessageTransferEnvelope, &t, &in->envelope.as_received, out, e);
}

/* A probe is [2] IMPLICIT ProbeTransferEnvelope, so in has that tag; the type wants SET. */
int p1_probe_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e)
{
	X4_ProbeTransferEnvelope_t *t;
	struct shared s;
	void *decoded;
	uint8_t *copy;

	if (in.len > BER_TYPED_MAX)
		return ERR(e, ERR_BER_SIZE, "probe of %zu octets", in.len);
	copy = arena_memdup(a, in.p, in.len);
	copy[0] = 0x31;
	TRY(ber_decode_type(a, &asn_DEF_X4_ProbeTransferEnvelope, (struct octets){copy, in.len}, &decoded, e));
	t = decoded;
	s = SHARED(t, probe_identifier);
	TRY(shared_decode(a, &s, out, e));
	out->envelope.content_length = t->content_length != NULL ? *t->content_length : MX_ABSENT;
	order_read(in, &out->envelope.as_received);
	return 0;
}

int p1_probe_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                            struct err *e)
{
	X4_ProbeTransferEnvelope_t t = {0};
	struct shared s = SHARED(&t, probe_identifier);
	uint8_t *copy;

	TRY(shared_encode(a, in, options, &s, e));
	if (in->envelope.content_length != MX_ABSENT)
		t.content_length = p1_new_long(a, (long)in->envelope.content_length);
	TRY(write_in_order(a, &asn_DEF_X4_ProbeTransferEnvelope, &t, &in->envelope.as_received, out, e));
	copy = arena_memdup(a, out->p, out->len);
	copy[0] = 0xA2;
	out->p = copy;
	return 0;
}

/* ---- report ---- */

int p1_report_envelope_read(struct arena *a, struct octets in, struct mx_message *out, struct err *e)
{
	struct mx_envelope *env = &out->envelope;
	const X4_ReportTransferEnvelope_t *t;
	struct p1_traces trace = {0};
	void *decoded;

	TRY(ber_decode_type(a, &asn_DEF_X4_ReportTransferEnvelope, in, &decoded, e));
	t = decoded;
	p1_mts_id_decode(a, &t->report_identifier, &env->id);
	TRY(p1_name_decode(a, &t->report_destination_name, &env->originator, e));
	p1_trace_decode(a, &t->trace_information, &trace);
	env->trace.items = trace.items;
	env->trace.count = trace.count;
	env->trace.capacity = trace.capacity;
	TRY(p1_envelope_extensions_decode(a, t->extensions, env, e));
	p1_dl_names_decode(a, env, &out->report);
	order_read(in, &env->as_received);
	return 0;
}

int p1_report_envelope_write(struct arena *a, const struct mx_message *in, const struct p1_options *options, struct octets *out,
                             struct err *e)
{
	const struct mx_envelope *env = &in->envelope;
	X4_ReportTransferEnvelope_t t = {0};

	TRY(p1_mts_id_encode(a, &env->id, &t.report_identifier, e));
	TRY(p1_name_encode(a, &env->originator, &t.report_destination_name, e));
	if (env->trace.count == 0)
		return ERR(e, ERR_P1_MISSING, "trace-information of a report");
	TRY(p1_trace_encode(a, env->trace.items, env->trace.count, &t.trace_information, e));
	TRY(p1_envelope_extensions_encode(a, env, options, &t.extensions, e));
	return ber_encode_ordered(a, &asn_DEF_X4_ReportTransferEnvelope, &t, order_of(&env->as_received), out, e);
}
