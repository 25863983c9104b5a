/*
 * p1/notification.c - see notification.h.
 */
#include "p1/notification.h"

#include "asn1gen/IPM-IPN.h"
#include "ber/codec.h"
#include "p1/heading.h"
#include "p1/heading_extensions.h"
#include "p1/values.h"

static void extensions_decode(struct arena *a, const IPM_ExtensionsField_t *in, struct mx_ipn *out)
{
	int i;

	for (i = 0; in != NULL && i < in->list.count; i++)
		*ARENA_PUSH(a, &out->extensions) = p1_ipms_extension_decode(a, in->list.array[i]);
}

static int choice_decode(struct arena *a, const IPM_IPNChoice_t *in, struct mx_ipn *out, struct err *e)
{
	const IPM_NonReceiptFields_t *n = &in->choice.non_receipt_fields;
	const IPM_ReceiptFields_t *r = &in->choice.receipt_fields;

	out->discard_reason = MX_ABSENT;
	if (in->present == IPM_IPNChoice_PR_receipt_fields) {
		out->receipt = true;
		out->acknowledgment_mode = r->acknowledgment_mode != NULL ? (int)*r->acknowledgment_mode : 0;
		out->suppl_receipt_info = p1_string_text(a, r->suppl_receipt_info);
		extensions_decode(a, r->rn_extensions, out);
		return p1_string_time(&r->receipt_time, &out->receipt_time, e);
	}
	out->non_receipt_reason = (int)n->non_receipt_reason;
	if (n->discard_reason != NULL)
		out->discard_reason = (int)*n->discard_reason;
	out->auto_forward_comment = p1_string_text(a, n->auto_forward_comment);
	extensions_decode(a, n->nrn_extensions, out);
	return 0;
}

/* returned-ipm [3] may be a whole message, so that the generated type does not know it and skips it: here it is only
 * looked for, at IPN / choice [0] / non-receipt-fields [0]. */
static bool has_returned_ipm(struct octets in)
{
	static const uint32_t path[] = {BER_C(0), BER_C(0), BER_C(3)};
	struct ber_tlv t;
	size_t i;

	if (ber_tlv_read(in, &t, NULL) != 0)
		return false;
	for (i = 0; i < ARRAY_LEN(path); i++) {
		struct ber_cursor c = ber_cursor_over(t.value);
		do {
			if (ber_cursor_next(&c, &t, NULL) != 0)
				return false;
		} while (t.tag != path[i]);
	}
	return true;
}

int p1_ipn_read(struct arena *a, struct octets in, struct mx_ipn *out, struct err *e)
{
	const IPM_IPN_t *n;
	void *decoded;
	uint8_t *set;

	if (in.len == 0 || in.len > BER_TYPED_MAX)
		return ERR(e, ERR_BER_SIZE, "notification of %zu octets", in.len);
	set = arena_memdup(a, in.p, in.len);
	set[0] = 0x31; /* the type has a tag of its own, SET */
	TRY(ber_decode_type(a, &asn_DEF_IPM_IPN, (struct octets){set, in.len}, &decoded, e));
	n = decoded;
	TRY(p1_ipm_id_decode(a, &n->subject_ipm, &out->subject_ipm, e));
	if (n->ipn_originator != NULL) {
		out->has_ipn_originator = true;
		TRY(p1_descriptor_decode(a, n->ipn_originator, &out->ipn_originator, e));
	}
	if (n->ipm_preferred_recipient != NULL) {
		out->has_ipm_preferred_recipient = true;
		TRY(p1_descriptor_decode(a, n->ipm_preferred_recipient, &out->ipm_preferred_recipient, e));
	}
	p1_eits_decode(a, n->conversion_eits, &out->conversion_eits);
	TRY(choice_decode(a, &n->choice, out, e));
	extensions_decode(a, n->notification_extensions, out);
	out->has_returned_ipm = !out->receipt && has_returned_ipm(in);
	return 0;
}

static void choice_encode(struct arena *a, const struct mx_ipn *in, IPM_IPNChoice_t *out)
{
	IPM_NonReceiptFields_t *n = &out->choice.non_receipt_fields;
	IPM_ReceiptFields_t *r = &out->choice.receipt_fields;

	if (in->receipt) {
		out->present = IPM_IPNChoice_PR_receipt_fields;
		p1_set_time(a, &r->receipt_time, &in->receipt_time);
		r->acknowledgment_mode = p1_new_long(a, in->acknowledgment_mode);
		r->suppl_receipt_info = p1_new_text(a, in->suppl_receipt_info);
		return;
	}
	out->present = IPM_IPNChoice_PR_non_receipt_fields;
	n->non_receipt_reason = in->non_receipt_reason;
	if (in->discard_reason != MX_ABSENT)
		n->discard_reason = p1_new_long(a, in->discard_reason);
	n->auto_forward_comment = p1_new_text(a, in->auto_forward_comment);
}

int p1_ipn_write(struct arena *a, const struct mx_ipn *in, struct octets *out, struct err *e)
{
	IPM_IPN_t n = {0};
	uint8_t *tagged;
	size_t i;

	if (!in->subject_ipm.set)
		return ERR(e, ERR_P1_MISSING, "subject-ipm of a notification");
	TRY(p1_ipm_id_encode(a, &in->subject_ipm, &n.subject_ipm, e));
	if (in->has_ipn_originator) {
		n.ipn_originator = NEW(a, IPM_ORDescriptor_t);
		TRY(p1_descriptor_encode(a, &in->ipn_originator, n.ipn_originator, e));
	}
	if (in->has_ipm_preferred_recipient) {
		n.ipm_preferred_recipient = NEW(a, IPM_ORDescriptor_t);
		TRY(p1_descriptor_encode(a, &in->ipm_preferred_recipient, n.ipm_preferred_recipient, e));
	}
	n.conversion_eits = p1_eits_encode(a, &in->conversion_eits);
	choice_encode(a, in, &n.choice);
	for (i = 0; i < in->extensions.count; i++) {
		if (n.notification_extensions == NULL)
			n.notification_extensions = NEW(a, IPM_ExtensionsField_t);
		p1_list_add(a, &n.notification_extensions->list, p1_ipms_extension_encode(a, &in->extensions.items[i]));
	}
	TRY(ber_encode_type(a, &asn_DEF_IPM_IPN, &n, out, e));
	tagged = arena_memdup(a, out->p, out->len);
	tagged[0] = 0xA1;
	out->p = tagged;
	return 0;
}
