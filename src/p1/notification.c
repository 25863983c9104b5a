/*
 * p1/notification.c - see notification.h.
 */
#include "p1/notification.h"

#include "asn1gen/IPM-IPN.h"
#include "asn1gen/IPM-NonReceiptFields.h"
#include "asn1gen/IPM-ReceiptFields.h"
#include "ber/codec.h"
#include "p1/flatten.h"
#include "p1/heading.h"
#include "p1/heading_extensions.h"
#include "p1/values.h"

/* The choice of an IPN, and its kinds inside */
#define CHOICE BER_C(0)
#define NON_RECEIPT BER_C(0)
#define RECEIPT BER_C(1)
#define OTHER BER_C(2)
#define RETURNED_IPM BER_C(3) /* of the non-receipt fields */

static void extensions_decode(struct arena *a, const IPM_ExtensionsField_t *in, struct mx_extensions *out)
{
	int i;

	for (i = 0; in != NULL && i < in->list.count; i++)
		*ARENA_PUSH(a, out) = p1_ipms_extension_decode(a, in->list.array[i]);
}

static IPM_ExtensionsField_t *extensions_encode(struct arena *a, const struct mx_extensions *in)
{
	IPM_ExtensionsField_t *out = NULL;
	size_t i;

	for (i = 0; i < in->count; i++) {
		if (out == NULL)
			out = NEW(a, IPM_ExtensionsField_t);
		p1_list_add(a, &out->list, p1_ipms_extension_encode(a, &in->items[i]));
	}
	return out;
}

/* ---- reading ---- */

static int non_receipt_read(struct arena *a, const struct ber_tlv *t, struct mx_ipn *out, struct err *e)
{
	static const uint32_t apart[] = {RETURNED_IPM};
	const IPM_NonReceiptFields_t *n;
	struct ber_tlv returned;
	struct octets small;
	void *decoded;

	TRY(p1_split_set(a, t->whole, apart, 1, &returned, &small, e));
	TRY(ber_decode_type(a, &asn_DEF_IPM_NonReceiptFields, small, &decoded, e));
	n = decoded;
	out->non_receipt_reason = (int)n->non_receipt_reason;
	if (n->discard_reason != NULL)
		out->discard_reason = (int)*n->discard_reason;
	out->auto_forward_comment = p1_string_text(a, n->auto_forward_comment);
	extensions_decode(a, n->nrn_extensions, &out->kind_extensions);
	out->has_returned_ipm = returned.whole.p != NULL;
	if (out->has_returned_ipm)
		out->returned_ipm = blob_mem(returned.value.p, returned.value.len);
	return 0;
}

static int receipt_read(struct arena *a, const struct ber_tlv *t, struct mx_ipn *out, struct err *e)
{
	const IPM_ReceiptFields_t *r;
	struct octets small;
	void *decoded;

	TRY(p1_split_set(a, t->whole, NULL, 0, NULL, &small, e));
	TRY(ber_decode_type(a, &asn_DEF_IPM_ReceiptFields, small, &decoded, e));
	r = decoded;
	out->receipt = true;
	out->acknowledgment_mode = r->acknowledgment_mode != NULL ? (int)*r->acknowledgment_mode : 0;
	out->suppl_receipt_info = p1_string_text(a, r->suppl_receipt_info);
	extensions_decode(a, r->rn_extensions, &out->kind_extensions);
	return p1_string_time(&r->receipt_time, &out->receipt_time, e);
}

static int other_read(struct arena *a, const struct ber_tlv *t, struct mx_ipn *out, struct err *e)
{
	struct octets small;
	void *decoded;

	TRY(p1_split_set(a, t->whole, NULL, 0, NULL, &small, e));
	TRY(ber_decode_type(a, &asn_DEF_IPM_ExtensionsField, small, &decoded, e));
	out->other = true;
	extensions_decode(a, decoded, &out->other_fields);
	return 0;
}

static int kind_read(struct arena *a, const struct ber_tlv *choice, struct mx_ipn *out, struct err *e)
{
	struct ber_tlv t;

	out->discard_reason = MX_ABSENT;
	if (choice->whole.p == NULL)
		return ERR(e, ERR_P1_MISSING, "the kind of a notification");
	TRY(ber_tlv_inner(choice, &t, e));
	switch (t.tag) {
	case NON_RECEIPT:
		return non_receipt_read(a, &t, out, e);
	case RECEIPT:
		return receipt_read(a, &t, out, e);
	case OTHER:
		return other_read(a, &t, out, e);
	default:
		return ERR(e, ERR_P1_VALUE, "a notification of kind %u", BER_NUMBER_OF(t.tag));
	}
}

int p1_ipn_read(struct arena *a, struct octets in, struct mx_ipn *out, struct err *e)
{
	static const uint32_t apart[] = {CHOICE};
	struct ber_tlv choice;
	const IPM_IPN_t *n;
	struct octets small;
	void *decoded;

	TRY(p1_split_set(a, in, apart, 1, &choice, &small, e));
	TRY(ber_decode_type(a, &asn_DEF_IPM_IPN, small, &decoded, e));
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
	extensions_decode(a, n->notification_extensions, &out->extensions);
	return kind_read(a, &choice, out, e);
}

/* ---- writing ---- */

/* The members of a SET that ber_encode_type has written, for one of another tag. */
static int members_of(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, struct ber_rope *out, struct err *e)
{
	struct octets set;
	struct ber_tlv t;

	TRY(ber_encode_type(a, type, value, &set, e));
	TRY(ber_tlv_read(set, &t, e));
	ber_rope_octets(a, out, t.value);
	return 0;
}

static int non_receipt_write(struct arena *a, const struct mx_ipn *in, struct ber_rope *out, struct err *e)
{
	IPM_NonReceiptFields_t n = {.non_receipt_reason = in->non_receipt_reason};
	struct ber_rope returned = {0}, last = {0};
	struct ber_writer w = ber_writer_in(a);
	IPM_ExtensionsField_t *extensions = extensions_encode(a, &in->kind_extensions);
	struct octets o;
	struct ber_tlv t;

	if (in->discard_reason != MX_ABSENT)
		n.discard_reason = p1_new_long(a, in->discard_reason);
	n.auto_forward_comment = p1_new_text(a, in->auto_forward_comment);
	TRY(members_of(a, &asn_DEF_IPM_NonReceiptFields, &n, out, e));
	if (in->returned_ipm.len > 0) {
		ber_rope_blob(a, &returned, in->returned_ipm);
		ber_rope_wrap(a, &returned, RETURNED_IPM, true);
		ber_rope_append(out, &returned);
	}
	if (extensions != NULL) { /* nrn-extensions [4] */
		TRY(ber_encode_type(a, &asn_DEF_IPM_ExtensionsField, extensions, &o, e));
		TRY(ber_tlv_read(o, &t, e));
		ber_put_raw(&w, t.value);
		ber_close(&w, BER_C(4), 0);
		ber_rope_octets(a, &last, ber_writer_octets(&w));
		ber_rope_append(out, &last);
	}
	ber_rope_wrap(a, out, NON_RECEIPT, true);
	return 0;
}

static int receipt_write(struct arena *a, const struct mx_ipn *in, struct ber_rope *out, struct err *e)
{
	IPM_ReceiptFields_t r = {0};

	p1_set_time(a, &r.receipt_time, &in->receipt_time);
	r.acknowledgment_mode = p1_new_long(a, in->acknowledgment_mode);
	r.suppl_receipt_info = p1_new_text(a, in->suppl_receipt_info);
	r.rn_extensions = extensions_encode(a, &in->kind_extensions);
	TRY(members_of(a, &asn_DEF_IPM_ReceiptFields, &r, out, e));
	ber_rope_wrap(a, out, RECEIPT, true);
	return 0;
}

static int other_write(struct arena *a, const struct mx_ipn *in, struct ber_rope *out, struct err *e)
{
	IPM_ExtensionsField_t *fields = extensions_encode(a, &in->other_fields);

	TRY(members_of(a, &asn_DEF_IPM_ExtensionsField, fields != NULL ? fields : NEW(a, IPM_ExtensionsField_t), out, e));
	ber_rope_wrap(a, out, OTHER, true);
	return 0;
}

int p1_ipn_write(struct arena *a, const struct mx_ipn *in, struct ber_rope *out, struct err *e)
{
	struct ber_rope ipn = {0}, kind = {0};
	IPM_IPN_t n = {0};

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
	n.notification_extensions = extensions_encode(a, &in->extensions);
	TRY(members_of(a, &asn_DEF_IPM_IPN, &n, &ipn, e));
	if (in->other)
		TRY(other_write(a, in, &kind, e));
	else if (in->receipt)
		TRY(receipt_write(a, in, &kind, e));
	else
		TRY(non_receipt_write(a, in, &kind, e));
	ber_rope_wrap(a, &kind, CHOICE, true);
	ber_rope_append(&ipn, &kind);
	ber_rope_wrap(a, &ipn, BER_C(1), true); /* InformationObject: IPN */
	ber_rope_append(out, &ipn);
	return 0;
}
