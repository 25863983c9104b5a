/*
 * p1/downgrade.c - see downgrade.h.
 *
 * It works on a copy of the central message, so that the encoders know one edition only.  An extension that is critical
 * for transfer or delivery must not be lost (X.419 B.3); prohibitions that 1984 has in a stricter form become that one.
 */
#include "p1/downgrade.h"

#include <strings.h>

#include "p1/bodypart.h"
#include "p1/names.h"

#define COPY_LIST(a, list)                                                                                             \
	((list).count > 0 ? (void)((list).items = arena_memdup((a), (list).items, (list).count * sizeof(*(list).items)),     \
	                           (list).capacity = (list).count)                                                         \
	                  : (void)0)

/* ---- names ---- */

/* Attributes of 1984 (X.411-1984 3.3.3.2), in printable form. */
static bool of_1984(enum or_attribute i)
{
	static const enum or_attribute known[] = {OR_C, OR_ADMD, OR_PRMD, OR_X121, OR_T_ID, OR_UA_ID, OR_O, OR_OU1, OR_OU2, OR_OU3, OR_OU4, OR_S,
	                                          OR_G, OR_I, OR_GQ};
	size_t k;

	for (k = 0; k < ARRAY_LEN(known); k++) {
		if (known[k] == i)
			return true;
	}
	return false;
}

static int address_84(struct arena *a, struct or_address *o, struct err *e)
{
	struct or_value cn = o->v[OR_CN];
	size_t k;
	int i;

	if (o->unsupported_attributes)
		return ERR(e, ERR_P1_DOWNGRADE, "an address with attributes that are not known");
	o->v[OR_CN] = (struct or_value){0};
	for (i = 0; i < OR_ATTRIBUTE_COUNT; i++) {
		if (!or_has(o, i))
			continue;
		if (!of_1984(i) || o->v[i].printable == NULL)
			return ERR(e, ERR_P1_DOWNGRADE, "%s in an address", or_rows[i].x411);
		o->v[i].teletex = (struct octets){NULL, 0};
		o->v[i].universal = NULL;
	}
	COPY_LIST(a, o->dda);
	for (k = 0; k < o->dda.count; k++) {
		struct or_dda *d = &o->dda.items[k];
		if (d->type.printable == NULL || d->value.printable == NULL)
			return ERR(e, ERR_P1_DOWNGRADE, "a domain-defined attribute that is not printable");
		d->type = (struct or_value){.printable = d->type.printable};
		d->value = (struct or_value){.printable = d->value.printable};
	}
	if (o->postal_lines.count > 0)
		return ERR(e, ERR_P1_DOWNGRADE, "a postal address");
	if (cn.printable == NULL && (cn.teletex.p != NULL || cn.universal != NULL))
		return ERR(e, ERR_P1_DOWNGRADE, "a common-name that is not printable");
	if (cn.printable != NULL) { /* RFC 1328 3.2 */
		if (o->dda.count >= 4)
			return ERR(e, ERR_P1_DOWNGRADE, "common-name beside four domain-defined attributes");
		or_add_dda(a, o, "Common", cn.printable);
	}
	return 0;
}

static int name_84(struct arena *a, struct or_name *n, struct err *e)
{
	n->directory_name = (struct octets){NULL, 0};
	return address_84(a, &n->address, e);
}

static int names_84(struct arena *a, struct or_name *const *names, size_t count, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++)
		TRY(name_84(a, names[i], e));
	return 0;
}

/* ---- small parts ---- */

static void eits_84(struct mx_eits *x)
{
	if (x->extended.count > 0)
		x->built_in |= MX_EIT_UNKNOWN; /* X.419 B.2: something that has no bit */
	x->extended.count = 0;
}

static int extensions_84(struct mx_extensions *x, struct mx_extension_marks *marks, struct err *e)
{
	size_t i;

	for (i = 0; i < x->count; i++) {
		if ((x->items[i].criticality & (MX_CRITICAL_TRANSFER | MX_CRITICAL_DELIVERY)) != 0)
			return ERR(e, ERR_P1_DOWNGRADE, "critical extension %d", x->items[i].number);
	}
	x->count = 0;
	marks->count = 0;
	return 0;
}

static void traces_84(struct mx_trace *items, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		items[i].redirected = items[i].dl_operation = false; /* other-actions */
		eits_84(&items[i].converted);
	}
}

/* ---- envelopes ---- */

static int envelope_84(struct arena *a, struct mx_envelope *env, struct err *e)
{
	struct or_name *const names[] = {&env->originator};

	TRY(names_84(a, names, ARRAY_LEN(names), e));
	if (env->content_type_oid.der.p != NULL)
		return ERR(e, ERR_P1_DOWNGRADE, "content type %s", mx_oid_text(a, &env->content_type_oid));
	if (env->dl_expansion_prohibited)
		return ERR(e, ERR_P1_DOWNGRADE, "dl-expansion-prohibited");
	if (env->latest_delivery_time.set)
		return ERR(e, ERR_P1_DOWNGRADE, "latest-delivery-time");
	TRY(extensions_84(&env->extensions, &env->extension_marks, e));
	env->implicit_conversion_prohibited |= env->conversion_with_loss_prohibited;
	env->alternate_recipient_allowed &= !env->recipient_reassignment_prohibited;
	env->conversion_with_loss_prohibited = env->recipient_reassignment_prohibited = false;
	env->originator_return_address = (struct or_name){0};
	env->content_correlator = NULL;
	env->internal_trace.count = env->dl_history.count = 0;
	env->notification_type = 0;
	env->service_message = false;
	eits_84(&env->original_eits);
	COPY_LIST(a, env->trace);
	traces_84(env->trace.items, env->trace.count);
	return 0;
}

static int recipients_84(struct arena *a, struct mx_message *m, struct err *e)
{
	size_t i;

	COPY_LIST(a, m->recipients);
	for (i = 0; i < m->recipients.count; i++) {
		struct mx_recipient *r = &m->recipients.items[i];
		TRY(name_84(a, &r->name, e));
		TRY(extensions_84(&r->extensions, &r->extension_marks, e));
		r->originator_requested_alternate = (struct or_name){0};
		r->redirection_history.count = 0;
	}
	return 0;
}

/* Reasons 0 to 2 and diagnostics 0 to 11 are those of 1984. */
static int reported_84(struct arena *a, struct mx_report_recipient *r, struct err *e)
{
	struct or_name *const names[] = {&r->actual_recipient, &r->originally_intended_recipient};

	TRY(names_84(a, names, ARRAY_LEN(names), e));
	TRY(extensions_84(&r->extensions, &r->extension_marks, e));
	r->redirection_history.count = r->dsn_fields.count = 0;
	eits_84(&r->converted);
	if (r->reason > 2)
		r->reason = 1;
	if (r->diagnostic > 11)
		r->diagnostic = MX_ABSENT;
	if (r->type_of_user > 1)
		r->type_of_user = 0;
	return 0;
}

static int report_84(struct arena *a, struct mx_report *r, struct err *e)
{
	size_t i;

	TRY(extensions_84(&r->extensions, &r->extension_marks, e));
	r->original_eits = (struct mx_eits){0};
	r->content_type = MX_ABSENT;
	r->content_type_oid = (struct mx_oid){{NULL, 0}};
	r->content_correlator = NULL;
	r->dsn_header_list.count = r->dsn_fields.count = 0;
	COPY_LIST(a, r->subject_intermediate_trace);
	traces_84(r->subject_intermediate_trace.items, r->subject_intermediate_trace.count);
	COPY_LIST(a, r->recipients);
	for (i = 0; i < r->recipients.count; i++)
		TRY(reported_84(a, &r->recipients.items[i], e));
	return 0;
}

/* ---- contents ---- */

/* RFC 2156 appendix B: the fields that have no heading element in 1984, as a body part of their own before the others. */
static int headers_part(struct arena *a, struct mx_ipm *ipm, struct err *e)
{
	const struct mx_heading *h = &ipm->heading;
	struct buf *b = buf_in(a, (size_t)1 << 20);
	struct mx_ipm with = {.heading = *h};
	size_t i;
	bool typed = h->multipart_subtype == NULL || h->multipart_not_a_message;

	for (i = 0; i < h->rfc_822_fields.count; i++)
		typed = typed || strncasecmp(h->rfc_822_fields.items[i], "Content-Type:", 13) == 0;
	if (h->rfc_822_fields.count == 0 && typed)
		return 0;
	buf_puts(b, "RFC-822-Headers:\r\n");
	if (!typed) /* RFC 2157 6.6 */
		buf_printf(b, "Content-Type: multipart/%s\r\n", h->multipart_subtype);
	for (i = 0; i < h->rfc_822_fields.count; i++)
		buf_printf(b, "%s\r\n", h->rfc_822_fields.items[i]);
	if (!buf_ok(b))
		return ERR(e, ERR_P1_DOWNGRADE, "header fields of more than 1 MiB");
	mx_add_body_part(a, &with, MX_BODY_IA5)->data = blob_mem(b->p, b->len);
	for (i = 0; i < ipm->body.count; i++)
		*mx_add_body_part(a, &with, MX_BODY_OTHER) = ipm->body.items[i];
	*ipm = with;
	return 0;
}

static bool is_ascii(struct arena *a, const struct blob *data)
{
	struct octets o;
	size_t i;

	if (blob_map(a, data, &o, NULL) != 0)
		return false;
	for (i = 0; i < o.len; i++) {
		if (o.p[i] >= 0x80 || o.p[i] == 0x1B || o.p[i] == 0x0E || o.p[i] == 0x0F)
			return false;
	}
	return true;
}

static int ipm_p2(struct arena *a, struct mx_ipm *ipm, struct err *e);

static int body_part_p2(struct arena *a, struct mx_body_part *p, struct err *e)
{
	struct mx_message *inner;

	switch (p->kind) {
	case MX_BODY_GENERAL_TEXT:
		if (!is_ascii(a, &p->data))
			return ERR(e, ERR_P1_DOWNGRADE, "general-text");
		p->kind = MX_BODY_IA5;
		break;
	case MX_BODY_FILE_TRANSFER:
		if (p->file.irreducible)
			return ERR(e, ERR_P1_DOWNGRADE, "file-transfer");
		p->kind = MX_BODY_BILATERAL;
		break;
	case MX_BODY_MEDIA:
	case MX_BODY_OCTETS:
	case MX_BODY_ODA:
		return ERR(e, ERR_P1_DOWNGRADE, "an extended body part");
	case MX_BODY_G3:
		if (p->extended && p->raw.len > 0 && p1_body_part_basic(a, p, p) != 0)
			return ERR(e, ERR_P1_DOWNGRADE, "g3-facsimile");
		p->extended = false;
		return 0;
	case MX_BODY_EXTENDED:
		if (p1_body_part_basic(a, p, p) != 0)
			return ERR(e, ERR_P1_DOWNGRADE, "body part %s", mx_oid_text(a, &p->type));
		return 0;
	case MX_BODY_MESSAGE:
		inner = NEW(a, struct mx_message);
		*inner = *p->message;
		TRY(ipm_p2(a, &inner->ipm, e));
		inner->content_octets.len = 0;
		p->message = inner;
		p->delivery = NULL; /* 1984 has delivery information of another kind, which may be left out */
		break;
	default:
		if (!p->extended)
			return 0;
	}
	p->extended = false;
	p->raw.len = 0;
	return 0;
}

static int descriptors_84(struct arena *a, struct mx_or_descriptor *items, size_t count, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (items[i].has_formal_name)
			TRY(name_84(a, &items[i].formal_name, e));
	}
	return 0;
}

static int specifiers_84(struct arena *a, struct mx_recipient_specifier *items, size_t count, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		TRY(descriptors_84(a, &items[i].recipient, 1, e));
		items[i].an_supported = items[i].suppress_an = false;
		items[i].extensions.count = 0;
	}
	return 0;
}

static int ids_84(struct arena *a, struct mx_ipm_id *items, size_t count, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++)
		TRY(name_84(a, &items[i].user, e));
	return 0;
}

static int heading_84(struct arena *a, struct mx_heading *h, struct err *e)
{
	COPY_LIST(a, h->authorizing_users);
	COPY_LIST(a, h->primary_recipients);
	COPY_LIST(a, h->copy_recipients);
	COPY_LIST(a, h->blind_copy_recipients);
	COPY_LIST(a, h->obsoleted_ipms);
	COPY_LIST(a, h->related_ipms);
	COPY_LIST(a, h->reply_recipients);
	TRY(ids_84(a, &h->this_ipm, 1, e));
	TRY(ids_84(a, &h->replied_to_ipm, 1, e));
	TRY(ids_84(a, h->obsoleted_ipms.items, h->obsoleted_ipms.count, e));
	TRY(ids_84(a, h->related_ipms.items, h->related_ipms.count, e));
	TRY(descriptors_84(a, &h->originator, 1, e));
	TRY(descriptors_84(a, h->authorizing_users.items, h->authorizing_users.count, e));
	TRY(descriptors_84(a, h->reply_recipients.items, h->reply_recipients.count, e));
	TRY(specifiers_84(a, h->primary_recipients.items, h->primary_recipients.count, e));
	TRY(specifiers_84(a, h->copy_recipients.items, h->copy_recipients.count, e));
	return specifiers_84(a, h->blind_copy_recipients.items, h->blind_copy_recipients.count, e);
}

static int ipm_p2(struct arena *a, struct mx_ipm *ipm, struct err *e)
{
	struct mx_heading *h = &ipm->heading;
	size_t i;

	TRY(headers_part(a, ipm, e));
	TRY(heading_84(a, h, e));
	h->extensions.count = h->languages.count = h->rfc_822_fields.count = 0;
	h->incomplete_copy = false;
	h->multipart_subtype = NULL;
	h->auto_submitted = MX_ABSENT;
	COPY_LIST(a, ipm->body);
	for (i = 0; i < ipm->body.count; i++)
		TRY(body_part_p2(a, &ipm->body.items[i], e));
	return 0;
}

static int ipn_p2(struct arena *a, struct mx_ipn *n, struct err *e)
{
	if (n->other)
		return ERR(e, ERR_P1_DOWNGRADE, "a notification that is neither of receipt nor of non-receipt");
	TRY(ids_84(a, &n->subject_ipm, 1, e));
	TRY(descriptors_84(a, &n->ipn_originator, 1, e));
	TRY(descriptors_84(a, &n->ipm_preferred_recipient, 1, e));
	eits_84(&n->conversion_eits);
	n->extensions.count = n->kind_extensions.count = 0;
	return 0;
}

int p1_downgrade(struct arena *a, const struct mx_message *in, const struct p1_options *options, const struct mx_message **out,
                 struct err *e)
{
	struct mx_message *m;

	*out = in;
	if (!options->p1_84 && !options->content_p2)
		return 0;
	m = arena_memdup(a, in, sizeof(*in));
	*out = m;
	if (options->content_p2 && m->content_octets.len == 0 && m->content != MX_CONTENT_OPAQUE) {
		TRY(m->content == MX_CONTENT_IPM ? ipm_p2(a, &m->ipm, e) : ipn_p2(a, &m->ipn, e));
		m->envelope.content_type = MX_CONTENT_P2;
		m->envelope.content_type_oid = (struct mx_oid){{NULL, 0}};
	}
	if (!options->p1_84)
		return 0;
	TRY(envelope_84(a, &m->envelope, e));
	TRY(recipients_84(a, m, e));
	return m->kind == MX_REPORT ? report_84(a, &m->report, e) : 0;
}
