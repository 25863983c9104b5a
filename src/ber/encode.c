/*
 * ber/encode.c - generated structs to octets in one pass (X.690 8), from the last octet to the first; see codec.h.
 *
 * The runtime's own encoder asks each level for its length by encoding all that is below once more, so that its time is
 * size times depth.  This one walks the same type descriptors backwards with struct ber_writer: when a head is due, its
 * length is known.  SET members and SET OF elements stand in the order of the module and of the list.  The runtime's
 * encoder functions are used here only to tell what kind of type a descriptor describes.
 */
#include "ber/codec.h"

#include "asn1gen/ANY.h"
#include "asn1gen/BIT_STRING.h"
#include "asn1gen/BOOLEAN.h"
#include "asn1gen/INTEGER.h"
#include "asn1gen/NULL.h"
#include "asn1gen/NativeInteger.h"
#include "asn1gen/asn_SET_OF.h"
#include "asn1gen/constr_CHOICE.h"
#include "asn1gen/constr_SEQUENCE.h"
#include "asn1gen/constr_SEQUENCE_OF.h"
#include "asn1gen/constr_SET.h"
#include "asn1gen/constr_SET_OF.h"
#include "ber/writer.h"

typedef const struct asn_TYPE_descriptor_s type_desc;

struct pass {
	struct ber_writer writer;
	enum ber_order order;
};

/* How a type is tagged where it stands: td->tags alone (mode 0), its first one replaced (-1, IMPLICIT), or one more (+1). */
struct place {
	int mode;
	ber_tlv_tag_t tag;
};

static int put(struct pass *w, type_desc *td, const void *value, struct place place, struct err *e);

static uint32_t tag_of(ber_tlv_tag_t t)
{
	return BER_TAG(BER_TAG_CLASS(t), BER_TAG_VALUE(t));
}

/* The heads before what was written since mark; only the innermost one may be primitive. */
static void put_tags(struct pass *w, type_desc *td, struct place place, bool constructed, size_t mark)
{
	int i, first = place.mode == -1 && td->tags_count > 0 ? 1 : 0;

	for (i = td->tags_count - 1; i >= first; i--) {
		ber_put_head(&w->writer, tag_of(td->tags[i]), constructed, mark);
		constructed = true;
	}
	if (place.mode != 0)
		ber_put_head(&w->writer, tag_of(place.tag), constructed, mark);
}

static int missing(type_desc *td, const char *member, struct err *e)
{
	return ERR(e, ERR_BER_ENCODE, "%s in %s", member, td->name);
}

/* *out NULL: an optional member that is absent. */
static int member_of(type_desc *td, const asn_TYPE_member_t *m, const void *value, const void **out, struct err *e)
{
	const char *at = (const char *)value + m->memb_offset;

	*out = m->flags & ATF_POINTER ? *(const void *const *)at : at;
	return *out != NULL || m->optional ? 0 : missing(td, m->name, e);
}

/* The members of a SET by their tags: an untagged CHOICE is known by several, of which the chosen one counts. */
static int put_sorted(struct pass *w, type_desc *td, const void *value, struct err *e)
{
	const asn_SET_specifics_t *s = td->specifics;
	const void *member;
	int i;

	for (i = s->tag2el_count - 1; i >= 0; i--) {
		const asn_TYPE_member_t *m = &td->elements[s->tag2el[i].el_no];
		TRY(member_of(td, m, value, &member, e));
		if (member != NULL && asn_TYPE_outmost_tag(m->type, member, m->tag_mode, m->tag) == s->tag2el[i].el_tag)
			TRY(put(w, m->type, member, (struct place){m->tag_mode, m->tag}, e));
	}
	return 0;
}

static int put_members(struct pass *w, type_desc *td, const void *value, struct err *e)
{
	const void *member;
	int i;

	if (w->order == BER_ORDER_OF_TAGS && td->der_encoder == SET_encode_der)
		return put_sorted(w, td, value, e);
	for (i = td->elements_count - 1; i >= 0; i--) {
		const asn_TYPE_member_t *m = &td->elements[i];
		TRY(member_of(td, m, value, &member, e));
		if (member != NULL)
			TRY(put(w, m->type, member, (struct place){m->tag_mode, m->tag}, e));
	}
	return 0;
}

static int put_list(struct pass *w, type_desc *td, const void *value, struct err *e)
{
	const asn_anonymous_set_ *list = _A_CSET_FROM_VOID(value);
	const asn_TYPE_member_t *m = &td->elements[0];
	int i;

	for (i = list->count - 1; i >= 0; i--) {
		if (list->array[i] != NULL)
			TRY(put(w, m->type, list->array[i], (struct place){m->tag_mode, m->tag}, e));
	}
	return 0;
}

static int put_choice(struct pass *w, type_desc *td, const void *value, struct err *e)
{
	const asn_CHOICE_specifics_t *s = td->specifics;
	int present = *(const int *)((const char *)value + s->pres_offset);
	const asn_TYPE_member_t *m;
	const void *member;

	if (present <= 0 || present > td->elements_count)
		return missing(td, "the chosen member", e);
	m = &td->elements[present - 1];
	TRY(member_of(td, m, value, &member, e));
	return member != NULL ? put(w, m->type, member, (struct place){m->tag_mode, m->tag}, e) : 0;
}

static void put_string(struct pass *w, const OCTET_STRING_t *s)
{
	if (s->size > 0)
		ber_put_raw(&w->writer, (struct octets){s->buf, (size_t)s->size});
}

static void put_bits(struct pass *w, const BIT_STRING_t *s)
{
	uint8_t unused = s->size > 0 ? (uint8_t)(s->bits_unused & 7) : 0, last;

	if (s->size > 0) {
		/* X.690 11.2.1: unused bits are zero */
		last = (uint8_t)(s->buf[s->size - 1] & (0xFF << unused));
		ber_put_raw(&w->writer, (struct octets){&last, 1});
		ber_put_raw(&w->writer, (struct octets){s->buf, (size_t)s->size - 1});
	}
	ber_put_raw(&w->writer, (struct octets){&unused, 1});
}

/* A value with a tag of its own: its content, then put_tags.  false: not such a type. */
static bool put_primitive(struct pass *w, type_desc *td, const void *value)
{
	const asn_OCTET_STRING_specifics_t *s = td->specifics;

	if (td->der_encoder == OCTET_STRING_encode_der && s != NULL && s->subvariant == ASN_OSUBV_BIT)
		put_bits(w, value);
	else if (td->der_encoder == OCTET_STRING_encode_der || td->der_encoder == der_encode_primitive ||
	         td->der_encoder == INTEGER_encode_der)
		put_string(w, value); /* all of them { buf, size } */
	else if (td->der_encoder == NativeInteger_encode_der)
		ber_put_integer_octets(&w->writer, *(const long *)value);
	else if (td->der_encoder == BOOLEAN_encode_der)
		ber_put_raw(&w->writer, (struct octets){(const uint8_t *)(*(const BOOLEAN_t *)value ? "\xFF" : "\0"), 1});
	else if (td->der_encoder != NULL_encode_der)
		return false;
	return true;
}

static bool is_any(type_desc *td)
{
	return td->der_encoder == OCTET_STRING_encode_der && td->specifics != NULL &&
	       ((const asn_OCTET_STRING_specifics_t *)td->specifics)->subvariant == ASN_OSUBV_ANY;
}

static int put(struct pass *w, type_desc *td, const void *value, struct place place, struct err *e)
{
	size_t mark = ber_mark(&w->writer);
	bool constructed = true;

	if (td->der_encoder == SEQUENCE_encode_der || td->der_encoder == SET_encode_der) {
		TRY(put_members(w, td, value, e));
	} else if (td->der_encoder == SEQUENCE_OF_encode_der || td->der_encoder == SET_OF_encode_der) {
		TRY(put_list(w, td, value, e));
	} else if (td->der_encoder == CHOICE_encode_der) {
		TRY(put_choice(w, td, value, e));
		if (place.mode == -1) /* X.680 31.2.7: a tag on a CHOICE is explicit */
			place.mode = td->tags_count > 0 ? -1 : 1;
	} else if (is_any(td)) {
		put_string(w, value);
	} else if (put_primitive(w, td, value)) {
		constructed = false;
	} else {
		/* A type that is another one by a new name takes over that one's functions when it is first used. */
		der_type_encoder_f *before = td->der_encoder;
		td->free_struct((asn_TYPE_descriptor_t *)(uintptr_t)td, NULL, 0);
		if (td->der_encoder == before)
			return missing(td, "a type that is not known", e);
		return put(w, td, value, place, e);
	}
	put_tags(w, td, place, constructed, mark);
	return 0;
}

int ber_encode_ordered(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, enum ber_order order, struct octets *out,
                       struct err *e)
{
	struct pass w = {ber_writer_in(a), order};

	TRY(put(&w, type, value, (struct place){0, 0}, e));
	if (w.writer.len > BER_TYPED_MAX)
		return ERR(e, ERR_BER_SIZE, "%s", type->name);
	*out = ber_writer_octets(&w.writer);
	return 0;
}

int ber_encode_type(struct arena *a, struct asn_TYPE_descriptor_s *type, const void *value, struct octets *out, struct err *e)
{
	return ber_encode_ordered(a, type, value, BER_ORDER_OF_MODULE, out, e);
}
