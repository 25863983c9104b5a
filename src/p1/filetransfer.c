/*
 * p1/filetransfer.c - see filetransfer.h.
 *
 * Only what RFC 2157 2.3 maps is looked into; the parameters are kept as they came beside it.  File names and
 * descriptions are GraphicStrings, text in the technique of ISO 2022.
 */
#include "p1/filetransfer.h"

#include <inttypes.h>
#include <string.h>

#include "asn1gen/IPM-FileTransferParameters.h"
#include "asn1gen/IPM-IPMSExtension.h"
#include "base/iso2022.h"
#include "base/rule.h"
#include "base/str.h"
#include "ber/codec.h"
#include "p1/extensions.h"
#include "p1/external.h"
#include "p1/flatten.h"
#include "p1/heading_extensions.h"
#include "p1/values.h"

#define OID_UNSTRUCTURED_BINARY "1.0.8571.5.3" /* document type FTAM-3 */
#define OID_UNSTRUCTURED_BINARY_ABSTRACT "1.0.8571.2.4"
#define OID_RFC_822_FIELD_LIST "1.3.6.1.7.1.3.2"
/* RFC 2157 2.3.2: marks a message-reference that is a Content-ID */
#define MIME_BODY_PART "Internet MIME Body Part"

/* ---- reading ---- */

static char *graphic_text(struct arena *a, struct octets in)
{
	struct iso2022_used used;
	char *text;

	if (!rule_id_active("B-228") || iso2022_to_utf8(a, in, NULL, 0, 0, &text, &used, NULL) != 0)
		return p1_text(a, in);
	return text;
}

static const char *strings_join(struct arena *a, const IPM_GraphicStrings_t *in, const char *between)
{
	struct buf *b = buf_in(a, 65536);
	int i;

	for (i = 0; i < in->list.count; i++) {
		buf_puts(b, i > 0 ? between : "");
		buf_puts(b, graphic_text(a, p1_string_octets(in->list.array[i])));
	}
	return in->list.count > 0 ? arena_strdup(a, buf_str(b)) : NULL;
}

static void time_decode(const IPM_DateAndTimeAttribute_t *in, struct when *out)
{
	struct when w = {0};

	/* an attribute for people: an unreadable one is as good as absent */
	if (in != NULL && in->present == IPM_DateAndTimeAttribute_PR_actual_values &&
	    p1_generalized_decode(p1_string_octets(&in->choice.actual_values), &w, NULL) == 0)
		*out = w;
}

static void attributes_decode(struct arena *a, const IPM_FileAttributes_t *in, struct mx_file *out)
{
	if (in->pathname != NULL) {
		const IPM_GraphicStrings_t *s = in->pathname->present == IPM_PathnameAttribute_PR_incomplete_pathname
		                                        ? &in->pathname->choice.incomplete_pathname
		                                : in->pathname->present == IPM_PathnameAttribute_PR_complete_pathname
		                                        ? &in->pathname->choice.complete_pathname
		                                        : &in->pathname->choice.complete_pathname_ftam;
		out->pathname = strings_join(a, s, "/");
	}
	time_decode(in->date_and_time_of_creation, &out->creation);
	time_decode(in->date_and_time_of_last_modification, &out->last_modification);
	time_decode(in->date_and_time_of_last_read_access, &out->last_read_access);
	if (in->object_size != NULL && in->object_size->present == IPM_ObjectSizeAttribute_PR_actual_values &&
	    in->object_size->choice.actual_values >= 0)
		out->object_size = in->object_size->choice.actual_values;
}

/* RelatedStoredFile: SET OF SEQUENCE { [1] cross-reference { [0] octets, [1] message-reference { [1] identifier } },
 * [1] descriptive-relationship { GraphicString } } */
static int reference_decode(struct arena *a, struct octets in, const char **out)
{
	struct ber_tlv file, m, inner, id;
	struct ber_cursor c, k;
	bool found;

	TRY(ber_tlv_read(in, &file, NULL));
	c = ber_cursor_over(file.value);
	TRY(ber_cursor_expect(&c, BER_C(1), &m, NULL));
	k = ber_cursor_over(m.value);
	TRY(ber_cursor_optional(&k, BER_C(0), &inner, &found, NULL));
	TRY(ber_cursor_expect(&k, BER_C(1), &inner, NULL));
	for (k = ber_cursor_over(inner.value), found = false; !ber_cursor_end(&k) && !found;) {
		TRY(ber_cursor_next(&k, &id, NULL));
		found = id.tag == BER_C(1);
	}
	TRY(ber_cursor_expect(&c, BER_C(1), &m, NULL));
	TRY(ber_tlv_inner(&m, &inner, NULL));
	if (!found || inner.value.len != strlen(MIME_BODY_PART) || memcmp(inner.value.p, MIME_BODY_PART, inner.value.len) != 0)
		return -1;
	*out = p1_text(a, id.value);
	return 0;
}

static void parameters_decode(struct arena *a, const IPM_FileTransferParameters_t *in, struct mx_file *out)
{
	const IPM_EnvironmentParameter_t *env = in->environment;
	const char **items;
	size_t count, k;
	int i;

	for (i = 0; in->related_stored_file != NULL && i < in->related_stored_file->list.count; i++) {
		if (reference_decode(a, p1_any_octets(in->related_stored_file->list.array[i]), &out->message_reference) == 0)
			break;
	}
	if (in->contents_type != NULL) {
		if (in->contents_type->present == IPM_ContentsTypeParameter_PR_document_type)
			out->contents_type = p1_oid(a, p1_oid_octets(&in->contents_type->choice.document_type.document_type_name));
		out->irreducible |= !mx_oid_is(&out->contents_type, OID_UNSTRUCTURED_BINARY);
	}
	out->irreducible |= in->compression != NULL;
	if (env != NULL && env->application_reference != NULL &&
	    env->application_reference->present == IPM_GeneralIdentifier_PR_registered_identifier)
		out->application_reference = p1_oid(a, p1_oid_octets(&env->application_reference->choice.registered_identifier));
	if (env != NULL && env->user_visible_string != NULL)
		out->user_visible_string = strings_join(a, env->user_visible_string, " ");
	if (in->file_attributes != NULL)
		attributes_decode(a, in->file_attributes, out);
	for (i = 0; in->extensions != NULL && i < in->extensions->list.count; i++) {
		struct mx_extension x = p1_ipms_extension_decode(a, in->extensions->list.array[i]);
		if (!mx_oid_is(&x.oid, OID_RFC_822_FIELD_LIST) || p1_field_list_read(a, x.value, &items, &count, NULL) != 0)
			continue;
		for (k = 0; k < count; k++)
			*ARENA_PUSH(a, &out->rfc_822_fields) = items[k];
	}
}

/* One FileTransferData. */
static int data_decode(struct p1_reader *r, const struct ber_tlv *t, struct mx_body_part *out, struct err *e)
{
	struct p1_external x;
	struct ber_tlv string;

	TRY(p1_external_read(r->a, t, &x, e));
	out->file.octet_aligned = x.form == P1_OCTET_ALIGNED;
	if (x.form == P1_OCTET_ALIGNED) {
		out->data = blob_mem(x.value.p, x.value.len);
		return 0;
	}
	TRY(p1_external_value(r->a, &x, &r->limits->ber, &string, e));
	if (string.tag != BER_U(BER_OCTET_STRING))
		return ERR(e, ERR_BER_TYPE, "file data with tag %u", BER_NUMBER_OF(string.tag));
	return p1_flatten(r->a, &string, &out->data, e);
}

int p1_file_read(struct p1_reader *r, struct octets parameters, const struct ber_tlv *data, struct mx_body_part *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(data->value);
	struct ber_tlv t;
	void *decoded;
	size_t n;

	out->file.object_size = MX_ABSENT;
	if (data->tag != BER_U(BER_SEQUENCE))
		return ERR(e, ERR_BER_TYPE, "file data with tag %u", BER_NUMBER_OF(data->tag));
	if (parameters.len > 0) {
		TRY(ber_decode_type(r->a, &asn_DEF_IPM_FileTransferParameters, parameters, &decoded, e));
		parameters_decode(r->a, decoded, &out->file);
		out->file.parameters = parameters;
	}
	out->data = blob_mem("", 0);
	for (n = 0; !ber_cursor_end(&c); n++) {
		TRY(ber_cursor_next(&c, &t, e));
		if (n == 0)
			TRY(data_decode(r, &t, out, e));
	}
	out->file.irreducible |= n > 1;
	return 0;
}

/* ---- writing ---- */

/* ASCII as it is; else with designations, in the first right half of ISO 8859 that has all characters. */
static struct octets graphic_octets(struct arena *a, const char *s)
{
	static const int halves[] = {100, 101, 109, 110, 144, 127, 126, 138, 148, 203};
	struct octets o, first = {NULL, 0};
	size_t lost, i;

	for (i = 0; s[i] != '\0' && (unsigned char)s[i] < 0x80; i++)
		;
	if (s[i] == '\0')
		return (struct octets){(const uint8_t *)s, i};
	for (i = 0; i < ARRAY_LEN(halves); i++) {
		if (iso2022_from_utf8(a, s, halves[i], &o, &lost, NULL) != 0)
			continue;
		if (lost == 0)
			return o;
		if (first.p == NULL)
			first = o;
	}
	return first.p != NULL ? first : (struct octets){(const uint8_t *)s, strlen(s)};
}

static void strings_add(struct arena *a, IPM_GraphicStrings_t *list, const char *s)
{
	p1_list_add(a, &list->list, p1_new_octets(a, graphic_octets(a, s)));
}

static IPM_DateAndTimeAttribute_t *time_encode(struct arena *a, const struct when *w)
{
	IPM_DateAndTimeAttribute_t *out;

	if (!w->set)
		return NULL;
	out = NEW(a, IPM_DateAndTimeAttribute_t);
	out->present = IPM_DateAndTimeAttribute_PR_actual_values;
	p1_set_text(&out->choice.actual_values, p1_generalized_text(a, w));
	return out;
}

/* One component: a '/' in a file name that came by mail is no path (B-238). */
static IPM_PathnameAttribute_t *pathname_encode(struct arena *a, const char *pathname)
{
	IPM_PathnameAttribute_t *out = NEW(a, IPM_PathnameAttribute_t);

	out->present = IPM_PathnameAttribute_PR_incomplete_pathname;
	strings_add(a, &out->choice.incomplete_pathname, pathname);
	return out;
}

static IPM_FileAttributes_t *attributes_encode(struct arena *a, const struct mx_file *in)
{
	IPM_FileAttributes_t *out;

	if (in->pathname == NULL && !in->creation.set && !in->last_modification.set && !in->last_read_access.set &&
	    in->object_size == MX_ABSENT)
		return NULL;
	out = NEW(a, IPM_FileAttributes_t);
	if (in->pathname != NULL)
		out->pathname = pathname_encode(a, in->pathname);
	out->date_and_time_of_creation = time_encode(a, &in->creation);
	out->date_and_time_of_last_modification = time_encode(a, &in->last_modification);
	out->date_and_time_of_last_read_access = time_encode(a, &in->last_read_access);
	if (in->object_size != MX_ABSENT) {
		out->object_size = NEW(a, IPM_ObjectSizeAttribute_t);
		out->object_size->present = IPM_ObjectSizeAttribute_PR_actual_values;
		out->object_size->choice.actual_values = (long)in->object_size;
	}
	return out;
}

static IPM_RelatedStoredFile_t *reference_encode(struct arena *a, const char *id)
{
	IPM_RelatedStoredFile_t *out = NEW(a, IPM_RelatedStoredFile_t);
	struct ber_writer w = ber_writer_in(a);
	size_t mark;

	ber_put_text(&w, BER_U(BER_GRAPHIC_STRING), MIME_BODY_PART);
	ber_close(&w, BER_C(1), 0);
	mark = ber_mark(&w);
	ber_put_text(&w, BER_C(1), id);
	ber_close(&w, BER_C(1), mark);
	ber_put_octets(&w, BER_C(0), "", 0); /* application-cross-reference */
	ber_close(&w, BER_C(1), mark);
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	p1_list_add(a, &out->list, p1_new_any(a, ber_writer_octets(&w)));
	return out;
}

static IPM_EnvironmentParameter_t *environment_encode(struct arena *a, const struct mx_file *in)
{
	IPM_EnvironmentParameter_t *out;

	if (in->application_reference.der.p == NULL && in->user_visible_string == NULL)
		return NULL;
	out = NEW(a, IPM_EnvironmentParameter_t);
	if (in->application_reference.der.p != NULL) {
		out->application_reference = NEW(a, IPM_GeneralIdentifier_t);
		out->application_reference->present = IPM_GeneralIdentifier_PR_registered_identifier;
		p1_set_oid(&out->application_reference->choice.registered_identifier, in->application_reference.der);
	}
	if (in->user_visible_string != NULL) {
		out->user_visible_string = NEW(a, IPM_GraphicStrings_t);
		strings_add(a, out->user_visible_string, in->user_visible_string);
	}
	return out;
}

static int parameters_encode(struct arena *a, const struct mx_file *in, struct octets *out, struct err *e)
{
	IPM_FileTransferParameters_t p = {0};
	struct mx_extension fields = {.number = -1};
	struct mx_oid type = in->contents_type;

	if (type.der.p == NULL)
		type = mx_oid_parse(a, OID_UNSTRUCTURED_BINARY);
	if (in->message_reference != NULL)
		p.related_stored_file = reference_encode(a, in->message_reference);
	p.contents_type = NEW(a, IPM_ContentsTypeParameter_t);
	p.contents_type->present = IPM_ContentsTypeParameter_PR_document_type;
	p1_set_oid(&p.contents_type->choice.document_type.document_type_name, type.der);
	p.environment = environment_encode(a, in);
	p.file_attributes = attributes_encode(a, in);
	if (in->rfc_822_fields.count > 0) {
		fields.oid = mx_oid_parse(a, OID_RFC_822_FIELD_LIST);
		fields.value = p1_field_list_write(a, in->rfc_822_fields.items, in->rfc_822_fields.count);
		p.extensions = NEW(a, IPM_FileExtensions_t);
		p1_list_add(a, &p.extensions->list, p1_ipms_extension_encode(a, &fields));
	}
	return ber_encode_type(a, &asn_DEF_IPM_FileTransferParameters, &p, out, e);
}

/* FileTransferData goes out octet-aligned: it is what all read, and large data need no second head. */
int p1_file_write(struct arena *a, const struct mx_body_part *in, struct octets *parameters, struct ber_rope *data, struct err *e)
{
	struct mx_oid abstract = mx_oid_parse(a, OID_UNSTRUCTURED_BINARY_ABSTRACT);
	struct ber_writer w = ber_writer_in(a);
	struct ber_rope file = {0};

	TRY(parameters_encode(a, &in->file, parameters, e));
	ber_rope_blob(a, &file, in->data);
	ber_rope_wrap(a, &file, BER_C(1), false);
	ber_put_octets(&w, BER_U(BER_OID), abstract.der.p, abstract.der.len);
	*data = (struct ber_rope){0};
	ber_rope_octets(a, data, ber_writer_octets(&w));
	ber_rope_append(data, &file);
	ber_rope_wrap(a, data, BER_U(BER_EXTERNAL), true);
	ber_rope_wrap(a, data, BER_U(BER_SEQUENCE), true);
	return 0;
}
