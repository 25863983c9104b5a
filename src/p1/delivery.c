/*
 * p1/delivery.c - see delivery.h.
 */
#include "p1/delivery.h"

#include <limits.h>

#include "asn1gen/X4-ORName.h"
#include "asn1gen/X4-OtherMessageDeliveryFields.h"
#include "asn1gen/X4-OtherRecipientNames.h"
#include "ber/codec.h"
#include "p1/extensions.h"
#include "p1/flatten.h"
#include "p1/names.h"
#include "p1/values.h"

#define DELIVERY_ENVELOPE BER_C(1)
/* DeliveryFlags */
#define IMPLICIT_CONVERSION_PROHIBITED (1u << 1)

/* ---- reading ---- */

static int content_type_decode(struct arena *a, const X4_DeliveredContentType_t *in, struct mx_delivery *out, struct err *e)
{
	out->content_type = MX_ABSENT;
	if (in->present == X4_DeliveredContentType_PR_extended) {
		out->content_type_oid = p1_oid(a, p1_oid_octets(&in->choice.extended));
		return 0;
	}
	if (in->choice.built_in < 0 || in->choice.built_in > INT_MAX)
		return ERR(e, ERR_P1_VALUE, "content type %ld", in->choice.built_in);
	out->content_type = (int)in->choice.built_in;
	return 0;
}

static int names_decode(struct arena *a, const X4_OtherMessageDeliveryFields_t *in, struct mx_delivery *out, struct err *e)
{
	int i;

	TRY(p1_name_decode(a, &in->originator_name, &out->originator, e));
	TRY(p1_name_decode(a, &in->this_recipient_name, &out->this_recipient, e));
	if (in->originally_intended_recipient_name != NULL)
		TRY(p1_name_decode(a, in->originally_intended_recipient_name, &out->originally_intended_recipient, e));
	for (i = 0; in->other_recipient_names != NULL && i < in->other_recipient_names->list.count; i++)
		TRY(p1_name_decode(a, in->other_recipient_names->list.array[i], ARENA_PUSH(a, &out->other_recipients), e));
	return 0;
}

int p1_delivery_read(struct arena *a, const struct ber_tlv *t, struct mx_delivery **result, struct err *e)
{
	struct mx_delivery *out = NEW(a, struct mx_delivery);
	const X4_OtherMessageDeliveryFields_t *in;
	struct octets set;
	uint32_t flags;
	void *decoded;

	TRY(p1_split_set(a, t->whole, NULL, 0, NULL, &set, e));
	TRY(ber_decode_type(a, &asn_DEF_X4_OtherMessageDeliveryFields, set, &decoded, e));
	in = decoded;
	TRY(content_type_decode(a, &in->content_type, out, e));
	TRY(names_decode(a, in, out, e));
	p1_eits_decode(a, in->original_encoded_information_types, &out->original_eits);
	p1_eits_decode(a, in->converted_encoded_information_types, &out->converted_eits);
	if (in->priority != NULL && *in->priority >= MX_NORMAL && *in->priority <= MX_URGENT)
		out->priority = (enum mx_priority) * in->priority;
	p1_bits(in->delivery_flags, &flags, NULL);
	out->implicit_conversion_prohibited = (flags & IMPLICIT_CONVERSION_PROHIBITED) != 0;
	TRY(p1_string_time(&in->message_submission_time, &out->submission_time, e));
	out->content_identifier = p1_string_text(a, in->content_identifier);
	TRY(p1_extensions_decode(a, in->extensions, &out->extensions, e));
	out->raw = t->whole;
	*result = out;
	return 0;
}

/* ---- writing ---- */

static X4_ORName_t *new_name(struct arena *a, const struct or_name *in, int *result, struct err *e)
{
	X4_ORName_t *out = NEW(a, X4_ORName_t);

	*result = p1_name_encode(a, in, out, e);
	return out;
}

static int names_encode(struct arena *a, const struct mx_delivery *in, X4_OtherMessageDeliveryFields_t *out, struct err *e)
{
	int result = 0;
	size_t i;

	TRY(p1_name_encode(a, &in->originator, &out->originator_name, e));
	TRY(p1_name_encode(a, &in->this_recipient, &out->this_recipient_name, e));
	if (p1_name_given(&in->originally_intended_recipient))
		out->originally_intended_recipient_name = new_name(a, &in->originally_intended_recipient, &result, e);
	if (in->other_recipients.count > 0)
		out->other_recipient_names = NEW(a, X4_OtherRecipientNames_t);
	for (i = 0; i < in->other_recipients.count && result == 0; i++)
		p1_list_add(a, &out->other_recipient_names->list, new_name(a, &in->other_recipients.items[i], &result, e));
	return result;
}

int p1_delivery_write(struct arena *a, const struct mx_delivery *in, const struct p1_options *options, struct octets *out, struct err *e)
{
	struct ber_writer w = ber_writer_in(a);
	X4_OtherMessageDeliveryFields_t t = {0};
	struct octets set;
	struct ber_tlv v;

	if (in->raw.p != NULL) {
		*out = in->raw;
		return 0;
	}
	if (!in->submission_time.set)
		return ERR(e, ERR_P1_MISSING, "message-submission-time of a delivery-envelope");
	t.content_type.present = in->content_type_oid.der.p != NULL ? X4_DeliveredContentType_PR_extended : X4_DeliveredContentType_PR_built_in;
	if (in->content_type_oid.der.p != NULL)
		p1_set_oid(&t.content_type.choice.extended, in->content_type_oid.der);
	else
		t.content_type.choice.built_in = in->content_type;
	TRY(names_encode(a, in, &t, e));
	t.original_encoded_information_types = p1_eits_encode(a, &in->original_eits);
	t.converted_encoded_information_types = p1_eits_encode(a, &in->converted_eits);
	if (in->priority != MX_NORMAL)
		t.priority = p1_new_long(a, in->priority);
	if (in->implicit_conversion_prohibited)
		t.delivery_flags = p1_new_bits(a, IMPLICIT_CONVERSION_PROHIBITED, P1_BITS_TRIMMED);
	p1_set_time(a, &t.message_submission_time, &in->submission_time);
	t.content_identifier = p1_new_text(a, in->content_identifier);
	p1_extensions_encode(a, &in->extensions, options, &t.extensions);
	TRY(ber_encode_type(a, &asn_DEF_X4_OtherMessageDeliveryFields, &t, &set, e));
	TRY(ber_tlv_read(set, &v, e));
	ber_put_raw(&w, v.value);
	ber_close(&w, DELIVERY_ENVELOPE, 0);
	*out = ber_writer_octets(&w);
	return 0;
}
