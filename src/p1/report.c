/*
 * p1/report.c - see report.h.
 */
#include "p1/report.h"

#include <limits.h>

#include "asn1gen/X4-PerRecipientReportTransferFields.h"
#include "asn1gen/X4-ReportTransferContent.h"
#include "ber/codec.h"
#include "p1/envelope.h"
#include "p1/extensions.h"
#include "p1/flatten.h"
#include "p1/names.h"
#include "p1/trace.h"
#include "p1/values.h"

#define RETURNED_CONTENT BER_C(1)
#define ADDITIONAL_INFORMATION BER_C(2)

/* ---- reading ---- */

static int report_type_decode(const X4_ReportType_t *in, struct mx_report_recipient *out, struct err *e)
{
	out->diagnostic = MX_ABSENT;
	if (in->present == X4_ReportType_PR_delivery) {
		out->delivered = true;
		out->type_of_user_absent = in->choice.delivery.type_of_MTS_user == NULL;
		if (!out->type_of_user_absent)
			out->type_of_user = (int)*in->choice.delivery.type_of_MTS_user;
		return p1_string_time(&in->choice.delivery.message_delivery_time, &out->delivery_time, e);
	}
	out->reason = (int)in->choice.non_delivery.non_delivery_reason_code;
	if (in->choice.non_delivery.non_delivery_diagnostic_code != NULL)
		out->diagnostic = (int)*in->choice.non_delivery.non_delivery_diagnostic_code;
	return 0;
}

static int recipient_decode(struct arena *a, const X4_PerRecipientReportTransferFields_t *in, struct mx_report_recipient *out, struct err *e)
{
	const X4_LastTraceInformation_t *last = &in->last_trace_information;
	uint32_t bits;
	unsigned count;

	TRY(p1_name_decode(a, &in->actual_recipient_name, &out->actual_recipient, e));
	if (in->originally_specified_recipient_number < 1 || in->originally_specified_recipient_number > 32767)
		return ERR(e, ERR_P1_VALUE, "recipient number %ld", in->originally_specified_recipient_number);
	out->number = (int)in->originally_specified_recipient_number;
	p1_bits(&in->per_recipient_indicators, &bits, &count);
	out->indicator_bits = (uint8_t)MIN_OF(count, 32u);
	p1_indicators_read(bits, &out->responsibility, &out->mta_report, &out->originator_report);
	p1_arrival_decode(a, &last->arrival_time, &out->last_trace);
	p1_eits_decode(a, last->converted_encoded_information_types, &out->converted);
	TRY(report_type_decode(&last->report_type, out, e));
	if (in->originally_intended_recipient_name != NULL)
		TRY(p1_name_decode(a, in->originally_intended_recipient_name, &out->originally_intended_recipient, e));
	out->supplementary_information = p1_string_text(a, in->supplementary_information);
	return p1_report_recipient_extensions_decode(a, in->extensions, out, e);
}

int p1_report_content_read(struct arena *a, struct octets in, struct mx_report *out, struct err *e)
{
	static const uint32_t apart[] = {RETURNED_CONTENT, ADDITIONAL_INFORMATION};
	const X4_ReportTransferContent_t *t;
	struct ber_tlv taken[ARRAY_LEN(apart)];
	struct p1_traces trace = {0};
	struct octets small;
	void *decoded;
	int i;

	TRY(p1_split_set(a, in, apart, ARRAY_LEN(apart), taken, &small, e));
	if (taken[0].whole.p != NULL)
		TRY(p1_flatten(a, &taken[0], &out->returned_content, e));
	/* whatever it is: X.411 asks nobody to understand it */
	if (taken[1].whole.p != NULL)
		out->additional_information = (struct octets){arena_memdup(a, taken[1].whole.p, taken[1].whole.len), taken[1].whole.len};
	out->der = p1_in_order_of_tags(in);
	TRY(ber_decode_type(a, &asn_DEF_X4_ReportTransferContent, small, &decoded, e));
	t = decoded;
	p1_mts_id_decode(a, &t->subject_identifier, &out->subject_identifier);
	if (t->subject_intermediate_trace_information != NULL)
		p1_trace_decode(a, t->subject_intermediate_trace_information, &trace);
	out->subject_intermediate_trace.items = trace.items;
	out->subject_intermediate_trace.count = trace.count;
	out->subject_intermediate_trace.capacity = trace.capacity;
	p1_eits_decode(a, t->original_encoded_information_types, &out->original_eits);
	out->content_type = MX_ABSENT;
	if (t->content_type != NULL)
		TRY(p1_content_type_decode(a, t->content_type, &out->content_type, &out->content_type_oid, e));
	out->content_identifier = p1_string_text(a, t->content_identifier);
	TRY(p1_report_extensions_decode(a, t->extensions, out, e));
	for (i = 0; i < t->per_recipient_fields.list.count; i++)
		TRY(recipient_decode(a, t->per_recipient_fields.list.array[i], ARENA_PUSH(a, &out->recipients), e));
	return out->recipients.count > 0 ? 0 : ERR(e, ERR_P1_NO_RECIPIENT, "a report about nobody");
}

/* ---- writing ---- */

static void report_type_encode(struct arena *a, const struct mx_report_recipient *in, X4_ReportType_t *out)
{
	if (in->delivered) {
		out->present = X4_ReportType_PR_delivery;
		p1_set_time(a, &out->choice.delivery.message_delivery_time, &in->delivery_time);
		if (!in->type_of_user_absent || in->type_of_user != 0)
			out->choice.delivery.type_of_MTS_user = p1_new_long(a, in->type_of_user);
		return;
	}
	out->present = X4_ReportType_PR_non_delivery;
	out->choice.non_delivery.non_delivery_reason_code = in->reason;
	if (in->diagnostic != MX_ABSENT)
		out->choice.non_delivery.non_delivery_diagnostic_code = p1_new_long(a, in->diagnostic);
}

static int recipient_encode(struct arena *a, const struct mx_report_recipient *in, const struct p1_options *options,
                            X4_PerRecipientReportTransferFields_t *out, struct err *e)
{
	X4_LastTraceInformation_t *last = &out->last_trace_information;

	TRY(p1_name_encode(a, &in->actual_recipient, &out->actual_recipient_name, e));
	out->originally_specified_recipient_number = in->number;
	p1_indicators_encode(a, p1_indicators(in->responsibility, in->mta_report, in->originator_report), in->indicator_bits,
	                     &out->per_recipient_indicators);
	p1_arrival_encode(a, &in->last_trace, &last->arrival_time);
	last->converted_encoded_information_types = p1_eits_encode(a, &in->converted);
	report_type_encode(a, in, &last->report_type);
	if (p1_name_given(&in->originally_intended_recipient)) {
		out->originally_intended_recipient_name = NEW(a, X4_ORName_t);
		TRY(p1_name_encode(a, &in->originally_intended_recipient, out->originally_intended_recipient_name, e));
	}
	out->supplementary_information = p1_new_text(a, in->supplementary_information);
	return p1_report_recipient_extensions_encode(a, in, options, &out->extensions, e);
}

static int content_encode(struct arena *a, const struct mx_report *in, const struct p1_options *options, struct octets *out, struct err *e)
{
	X4_ReportTransferContent_t t = {0};
	size_t i;

	TRY(p1_mts_id_encode(a, &in->subject_identifier, &t.subject_identifier, e));
	if (in->subject_intermediate_trace.count > 0) {
		t.subject_intermediate_trace_information = NEW(a, X4_TraceInformation_t);
		TRY(p1_trace_encode(a, in->subject_intermediate_trace.items, in->subject_intermediate_trace.count,
		                    t.subject_intermediate_trace_information, e));
	}
	t.original_encoded_information_types = p1_eits_encode(a, &in->original_eits);
	if (in->content_type != MX_ABSENT || in->content_type_oid.der.p != NULL) {
		t.content_type = NEW(a, X4_ContentType_t);
		TRY(p1_content_type_encode(in->content_type, &in->content_type_oid, t.content_type, e));
	}
	t.content_identifier = p1_new_text(a, in->content_identifier);
	TRY(p1_report_extensions_encode(a, in, options, &t.extensions, e));
	if (in->recipients.count == 0)
		return ERR(e, ERR_P1_NO_RECIPIENT, "a report about nobody");
	for (i = 0; i < in->recipients.count; i++) {
		X4_PerRecipientReportTransferFields_t *x = NEW(a, X4_PerRecipientReportTransferFields_t);
		TRY(recipient_encode(a, &in->recipients.items[i], options, x, e));
		p1_list_add(a, &t.per_recipient_fields.list, x);
	}
	return ber_encode_ordered(a, &asn_DEF_X4_ReportTransferContent, &t, in->der ? BER_ORDER_OF_TAGS : BER_ORDER_OF_MODULE, out, e);
}

/* returned-content and additional-information stand before the extensions [3] and, in X.411's order, the recipients [0]. */
int p1_report_content_write(struct arena *a, const struct mx_report *in, const struct p1_options *options, struct ber_rope *out,
                            struct err *e)
{
	struct ber_rope set = {0}, returned = {0};
	struct octets small, rest;
	struct ber_cursor c;
	struct ber_tlv t;

	TRY(content_encode(a, in, options, &small, e));
	TRY(ber_tlv_read(small, &t, e));
	c = ber_cursor_over(t.value);
	rest = c.left;
	while (!ber_cursor_end(&c) && !ber_cursor_at(&c, BER_C(3)) && (in->der || !ber_cursor_at(&c, BER_C(0)))) {
		TRY(ber_cursor_next(&c, &t, e));
		rest = c.left;
		ber_rope_octets(a, &set, t.whole);
	}
	if (in->returned_content.len > 0) {
		ber_rope_blob(a, &returned, in->returned_content);
		ber_rope_wrap(a, &returned, RETURNED_CONTENT, false);
		ber_rope_append(&set, &returned);
	}
	if (in->additional_information.p != NULL)
		ber_rope_octets(a, &set, in->additional_information);
	ber_rope_octets(a, &set, rest);
	ber_rope_wrap(a, &set, BER_U(BER_SET), true);
	ber_rope_append(out, &set);
	return 0;
}
