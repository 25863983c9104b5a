/*
 * p1/heading.c - see heading.h.
 */
#include "p1/heading.h"

#include "asn1gen/IPM-Heading.h"
#include "asn1gen/IPM-ORDescriptor.h"
#include "asn1gen/IPM-RecipientSpecifier.h"
#include "base/str.h"
#include "ber/codec.h"
#include "p1/heading_extensions.h"
#include "p1/names.h"
#include "p1/values.h"

/* NotificationRequests (X.420 7.1.2) */
#define REQUEST_RN (1u << 0)
#define REQUEST_NRN (1u << 1)
#define REQUEST_IPM_RETURN (1u << 2)
#define REQUEST_AN_SUPPORTED (1u << 3)
#define REQUEST_SUPPRESS_AN (1u << 4)

/* ---- shared parts ---- */

int p1_ipm_id_decode(struct arena *a, const IPM_IPMIdentifier_t *in, struct mx_ipm_id *out, struct err *e)
{
	if (in == NULL)
		return 0;
	out->set = true;
	out->user_relative = p1_string_text(a, &in->user_relative_identifier);
	if (in->user == NULL)
		return 0;
	out->has_user = true;
	if (in->user->present == IPM_User_PR_or_name)
		return p1_name_decode(a, &in->user->choice.or_name, &out->user, e);
	return p1_address_decode(a, &in->user->choice.or_address, &out->user.address, e);
}

int p1_ipm_id_encode(struct arena *a, const struct mx_ipm_id *in, IPM_IPMIdentifier_t *out, struct err *e)
{
	p1_set_text(&out->user_relative_identifier, in->user_relative != NULL ? in->user_relative : "");
	if (!in->has_user)
		return 0;
	out->user = NEW(a, IPM_User_t);
	out->user->present = IPM_User_PR_or_name;
	return p1_name_encode(a, &in->user, &out->user->choice.or_name, e);
}

int p1_descriptor_decode(struct arena *a, const IPM_ORDescriptor_t *in, struct mx_or_descriptor *out, struct err *e)
{
	if (in->free_form_name != NULL)
		out->free_form_name = p1_teletex_text(a, p1_string_octets(in->free_form_name));
	out->telephone = p1_string_text(a, in->telephone_number);
	if (in->formal_name == NULL)
		return 0;
	out->has_formal_name = true;
	return p1_name_decode(a, in->formal_name, &out->formal_name, e);
}

int p1_descriptor_encode(struct arena *a, const struct mx_or_descriptor *in, IPM_ORDescriptor_t *out, struct err *e)
{
	if (in->free_form_name.utf8 != NULL || in->free_form_name.t61.p != NULL)
		out->free_form_name = p1_new_octets(a, p1_teletex_octets(a, &in->free_form_name));
	out->telephone_number = p1_new_text(a, in->telephone);
	if (!in->has_formal_name)
		return 0;
	out->formal_name = NEW(a, X4_ORName_t);
	return p1_name_encode(a, &in->formal_name, out->formal_name, e);
}

/* ---- reading ---- */

/* The vectors of msg.h are anonymous structs of one shape. */
struct descriptors {
	struct mx_or_descriptor *items;
	size_t count, capacity;
};

struct specifiers {
	struct mx_recipient_specifier *items;
	size_t count, capacity;
};

struct ids {
	struct mx_ipm_id *items;
	size_t count, capacity;
};
#define MOVE(to, from) ((to).items = (from).items, (to).count = (from).count, (to).capacity = (from).capacity)

static int descriptors_decode(struct arena *a, const IPM_ORDescriptors_t *in, struct descriptors *out, struct err *e)
{
	int i;

	*out = (struct descriptors){0};
	for (i = 0; in != NULL && i < in->list.count; i++)
		TRY(p1_descriptor_decode(a, in->list.array[i], ARENA_PUSH(a, out), e));
	return 0;
}

static int specifiers_decode(struct arena *a, const IPM_RecipientSpecifiers_t *in, struct specifiers *out, struct err *e)
{
	uint32_t bits;
	int i, k;

	*out = (struct specifiers){0};
	for (i = 0; in != NULL && i < in->list.count; i++) {
		const IPM_RecipientSpecifier_t *x = in->list.array[i];
		struct mx_recipient_specifier *s = ARENA_PUSH(a, out);
		TRY(p1_descriptor_decode(a, &x->recipient, &s->recipient, e));
		p1_bits(x->notification_requests, &bits, NULL);
		s->rn = (bits & REQUEST_RN) != 0;
		s->nrn = (bits & REQUEST_NRN) != 0;
		s->ipm_return = (bits & REQUEST_IPM_RETURN) != 0;
		s->an_supported = (bits & REQUEST_AN_SUPPORTED) != 0;
		s->suppress_an = (bits & REQUEST_SUPPRESS_AN) != 0;
		s->reply_requested = x->reply_requested != NULL && *x->reply_requested;
		for (k = 0; x->recipient_extensions != NULL && k < x->recipient_extensions->list.count; k++)
			*ARENA_PUSH(a, &s->extensions) = p1_ipms_extension_decode(a, x->recipient_extensions->list.array[k]);
	}
	return 0;
}

static int ids_decode(struct arena *a, const IPM_IPMIdentifiers_t *in, struct ids *out, struct err *e)
{
	int i;

	*out = (struct ids){0};
	for (i = 0; in != NULL && i < in->list.count; i++)
		TRY(p1_ipm_id_decode(a, in->list.array[i], ARENA_PUSH(a, out), e));
	return 0;
}

static int people_decode(struct arena *a, const IPM_Heading_t *in, struct mx_heading *out, struct err *e)
{
	struct descriptors d;
	struct specifiers s;

	if (in->originator != NULL) {
		out->has_originator = true;
		TRY(p1_descriptor_decode(a, in->originator, &out->originator, e));
	}
	TRY(descriptors_decode(a, in->authorizing_users, &d, e));
	MOVE(out->authorizing_users, d);
	TRY(specifiers_decode(a, in->primary_recipients, &s, e));
	MOVE(out->primary_recipients, s);
	TRY(specifiers_decode(a, in->copy_recipients, &s, e));
	MOVE(out->copy_recipients, s);
	TRY(specifiers_decode(a, in->blind_copy_recipients, &s, e));
	MOVE(out->blind_copy_recipients, s);
	TRY(descriptors_decode(a, in->reply_recipients, &d, e));
	MOVE(out->reply_recipients, d);
	return 0;
}

static int references_decode(struct arena *a, const IPM_Heading_t *in, struct mx_heading *out, struct err *e)
{
	struct ids ids;

	TRY(p1_ipm_id_decode(a, &in->this_IPM, &out->this_ipm, e));
	TRY(p1_ipm_id_decode(a, in->replied_to_IPM, &out->replied_to_ipm, e));
	TRY(ids_decode(a, in->obsoleted_IPMs, &ids, e));
	MOVE(out->obsoleted_ipms, ids);
	TRY(ids_decode(a, in->related_IPMs, &ids, e));
	MOVE(out->related_ipms, ids);
	return 0;
}

int p1_heading_read(struct arena *a, struct octets in, struct mx_heading *out, struct err *e)
{
	const IPM_Heading_t *h;
	void *decoded;

	TRY(ber_decode_type(a, &asn_DEF_IPM_Heading, in, &decoded, e));
	h = decoded;
	TRY(references_decode(a, h, out, e));
	TRY(people_decode(a, h, out, e));
	if (h->subject != NULL)
		out->subject = p1_teletex_text(a, p1_string_octets(h->subject));
	TRY(p1_string_time(h->expiry_time, &out->expiry_time, e));
	TRY(p1_string_time(h->reply_time, &out->reply_time, e));
	/* values of later editions are as good as absent */
	if (h->importance != NULL && *h->importance >= MX_IMPORTANCE_LOW && *h->importance <= MX_IMPORTANCE_HIGH)
		out->importance = (int)*h->importance;
	if (h->sensitivity != NULL && *h->sensitivity >= MX_PERSONAL && *h->sensitivity <= MX_COMPANY_CONFIDENTIAL)
		out->sensitivity = (int)*h->sensitivity;
	out->has_auto_forwarded = h->auto_forwarded != NULL;
	out->auto_forwarded = h->auto_forwarded != NULL && *h->auto_forwarded;
	p1_heading_extensions_decode(a, h->extensions, out);
	return 0;
}

/* ---- writing ---- */

static int descriptors_encode(struct arena *a, const struct mx_or_descriptor *in, size_t count, IPM_ORDescriptors_t **out, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		IPM_ORDescriptor_t *d = NEW(a, IPM_ORDescriptor_t);
		if (*out == NULL)
			*out = NEW(a, IPM_ORDescriptors_t);
		TRY(p1_descriptor_encode(a, &in[i], d, e));
		p1_list_add(a, &(*out)->list, d);
	}
	return 0;
}

static int specifier_encode(struct arena *a, const struct mx_recipient_specifier *in, IPM_RecipientSpecifier_t *out, struct err *e)
{
	uint32_t bits = (in->rn ? REQUEST_RN : 0) | (in->nrn ? REQUEST_NRN : 0) | (in->ipm_return ? REQUEST_IPM_RETURN : 0) |
	                (in->an_supported ? REQUEST_AN_SUPPORTED : 0) | (in->suppress_an ? REQUEST_SUPPRESS_AN : 0);
	size_t i;

	TRY(p1_descriptor_encode(a, &in->recipient, &out->recipient, e));
	if (bits != 0)
		out->notification_requests = p1_new_bits(a, bits, P1_BITS_TRIMMED);
	if (in->reply_requested)
		out->reply_requested = p1_new_boolean(a, true);
	for (i = 0; i < in->extensions.count; i++) {
		if (out->recipient_extensions == NULL)
			out->recipient_extensions = NEW(a, IPM_RecipientExtensions_t);
		p1_list_add(a, &out->recipient_extensions->list, p1_ipms_extension_encode(a, &in->extensions.items[i]));
	}
	return 0;
}

static int specifiers_encode(struct arena *a, const struct mx_recipient_specifier *in, size_t count, IPM_RecipientSpecifiers_t **out,
                             struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		IPM_RecipientSpecifier_t *s = NEW(a, IPM_RecipientSpecifier_t);
		if (*out == NULL)
			*out = NEW(a, IPM_RecipientSpecifiers_t);
		TRY(specifier_encode(a, &in[i], s, e));
		p1_list_add(a, &(*out)->list, s);
	}
	return 0;
}

static int ids_encode(struct arena *a, const struct mx_ipm_id *in, size_t count, IPM_IPMIdentifiers_t **out, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		IPM_IPMIdentifier_t *id = NEW(a, IPM_IPMIdentifier_t);
		if (*out == NULL)
			*out = NEW(a, IPM_IPMIdentifiers_t);
		TRY(p1_ipm_id_encode(a, &in[i], id, e));
		p1_list_add(a, &(*out)->list, id);
	}
	return 0;
}

static int people_encode(struct arena *a, const struct mx_heading *in, IPM_Heading_t *out, struct err *e)
{
	if (in->has_originator) {
		out->originator = NEW(a, IPM_ORDescriptor_t);
		TRY(p1_descriptor_encode(a, &in->originator, out->originator, e));
	}
	TRY(descriptors_encode(a, in->authorizing_users.items, in->authorizing_users.count, &out->authorizing_users, e));
	TRY(specifiers_encode(a, in->primary_recipients.items, in->primary_recipients.count, &out->primary_recipients, e));
	TRY(specifiers_encode(a, in->copy_recipients.items, in->copy_recipients.count, &out->copy_recipients, e));
	TRY(specifiers_encode(a, in->blind_copy_recipients.items, in->blind_copy_recipients.count, &out->blind_copy_recipients, e));
	return descriptors_encode(a, in->reply_recipients.items, in->reply_recipients.count, &out->reply_recipients, e);
}

static int references_encode(struct arena *a, const struct mx_heading *in, IPM_Heading_t *out, struct err *e)
{
	if (!in->this_ipm.set)
		return ERR(e, ERR_P1_MISSING, "this-IPM");
	TRY(p1_ipm_id_encode(a, &in->this_ipm, &out->this_IPM, e));
	if (in->replied_to_ipm.set) {
		out->replied_to_IPM = NEW(a, IPM_IPMIdentifier_t);
		TRY(p1_ipm_id_encode(a, &in->replied_to_ipm, out->replied_to_IPM, e));
	}
	TRY(ids_encode(a, in->obsoleted_ipms.items, in->obsoleted_ipms.count, &out->obsoleted_IPMs, e));
	return ids_encode(a, in->related_ipms.items, in->related_ipms.count, &out->related_IPMs, e);
}

int p1_heading_write(struct arena *a, const struct mx_heading *in, const struct p1_options *options, struct octets *out, struct err *e)
{
	IPM_Heading_t h = {0};

	TRY(references_encode(a, in, &h, e));
	TRY(people_encode(a, in, &h, e));
	if (in->subject.utf8 != NULL || in->subject.t61.p != NULL)
		h.subject = p1_new_octets(a, p1_teletex_octets(a, &in->subject));
	h.expiry_time = p1_new_time(a, &in->expiry_time);
	h.reply_time = p1_new_time(a, &in->reply_time);
	if (in->importance != MX_ABSENT)
		h.importance = p1_new_long(a, in->importance);
	if (in->sensitivity != MX_ABSENT)
		h.sensitivity = p1_new_long(a, in->sensitivity);
	if (in->has_auto_forwarded)
		h.auto_forwarded = p1_new_boolean(a, in->auto_forwarded);
	if (!options->no_heading_extensions)
		p1_heading_extensions_encode(a, in, options, &h.extensions);
	return ber_encode_type(a, &asn_DEF_IPM_Heading, &h, out, e);
}
