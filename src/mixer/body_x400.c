/*
 * mixer/body_x400.c - MIME entities to X.400 body parts (RFC 2157, rows B-...), one row a kind of entity.
 *
 * Called by mixer_to_x400 behind envelope.c (which has set the conversion prohibitions).  The first active row that
 * matches makes the part; the last row matches everything, so that nothing is lost: what has no body part of its own
 * travels as a file with its Content-Type beside it (3.1.1).  Attachments of any size are decoded into one unlinked
 * temporary file and stay slices of it.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/body_types.h"
#include "mixer/body_walk.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define DEPTH_DEFAULT 20

struct row {
	struct rule rule;
	bool (*matches)(const struct body_walk *w, const struct body_job *j);
	/* 0 made, 1 not after all (the next row is asked), -1 error */
	int (*make)(struct body_walk *w, const struct body_job *j, struct err *e);
};

static int make_signed(struct body_walk *w, const struct body_job *j, struct err *e);
static int part_to_x400(struct body_walk *w, const struct body_job *j, struct err *e);
static int message_body(struct body_walk *w, const struct mime_entity *mail, struct mx_ipm *ipm, struct err *e);

/* ---- matching ---- */

static bool is_too_deep(const struct body_walk *w, const struct body_job *j)
{
	return j->entity->too_deep || (w->depth >= w->max_depth && (body_is_type(j->entity, "multipart", NULL) || j->entity->children.count > 0));
}

static bool is_security_multipart(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "multipart", "signed") || body_is_type(j->entity, "multipart", "encrypted");
}

static bool is_external_body(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "message", "external-body");
}

static bool is_multipart(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_multipart(j->entity);
}

static bool is_message(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return (body_is_type(j->entity, "message", "rfc822") || body_is_type(j->entity, "message", "global")) && j->entity->children.count == 1;
}

static bool is_wanted(const struct body_walk *w, const struct body_job *j)
{
	struct body_walk copy = *w;

	return !is_multipart(w, j) && j->entity->children.count == 0 && body_wanted(&copy, j->entity) != NULL;
}

static bool is_signed(const struct body_walk *w, const struct body_job *j)
{
	return body_is_type(j->entity, "multipart", "signed") && !str_eq(w->b->signed_parts, "harpoon") && w->text.loss &&
	       j->entity->children.count == 2;
}

static bool is_signed_8bit(const struct body_walk *w, const struct body_job *j)
{
	return is_security_multipart(w, j) && str_eq(w->b->signed_8bit, "reject");
}

/* B-414: a multipart in which there is no delimiter: what is there is text, and lost otherwise. */
static bool is_broken_multipart(const struct body_walk *w, const struct body_job *j)
{
	const struct mime_entity *m = j->entity;
	const char *boundary = mime_get_param(m, "boundary");
	struct octets o;
	size_t n;

	if (!is_multipart(w, j) || m->children.count > 0 || m->too_deep || m->body.len > BODY_TEXT_MAX || blob_map(w->a, &m->body, &o, NULL) != 0)
		return false;
	n = boundary != NULL ? strlen(boundary) : 0;
	for (size_t i = 0; n > 0 && i + n + 2 <= o.len; i++)
		if (o.p[i] == '-' && o.p[i + 1] == '-' && memcmp(o.p + i + 2, boundary, n) == 0)
			return false;
	for (size_t i = 0; i < o.len; i++)
		if (o.p[i] > ' ')
			return true;
	return false;
}

/* A heading extension says that such a message is a multipart; a peer of 1984 has none. */
static bool is_multipart_84(const struct body_walk *w, const struct body_job *j)
{
	return is_multipart(w, j) && w->b->no_extended;
}

static bool is_g3fax(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "image", "g3fax");
}

static bool is_tiff_fax(const struct body_walk *w, const struct body_job *j)
{
	return body_is_type(j->entity, "image", "tiff") && str_eq(w->b->fax, "tiff") && w->text.recode;
}

static bool is_oda(const struct body_walk *w, const struct body_job *j)
{
	return body_is_type(j->entity, "application", "oda") && !w->b->no_extended;
}

/* Types of interchanges (RFC 1767). */
static bool is_edi(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "application", "edifact") || body_is_type(j->entity, "application", "edi-x12") ||
	       body_is_type(j->entity, "application", "edi-consent");
}

static bool is_own_extended(const struct body_walk *w, const struct body_job *j)
{
	const char *as = str_eq(j->entity->type, "image") ? w->b->image : w->b->postscript;

	return body_part_of(j->entity->type, j->entity->subtype) != NULL && (str_eq(as, "bp15") || w->b->no_file_transfer);
}

static bool is_vendor_file(const struct body_walk *w, const struct body_job *j)
{
	return str_eq(w->b->vendor_types, "on") && body_vendor_reference_of(j->entity->type, j->entity->subtype) != NULL;
}

/* B-303: a text that other parts refer to. */
static bool is_referenced_text(const struct body_walk *w, const struct body_job *j)
{
	return body_is_type(j->entity, "text", "plain") && j->entity->id != NULL && str_eq(w->b->keep_part_headers, "ftbp");
}

static bool is_x400_bp(const struct body_walk *w, const struct body_job *j)
{
	/* raw BER out of the Internet goes into an IPM only when its sender is believed (mixer-body 8) */
	return w->c->read_body_part != NULL && w->c->trusted && body_is_type(j->entity, "application", "x400-bp");
}

static bool is_unknown_encoding(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return j->entity->encoding == MIME_UNKNOWN_ENCODING;
}

static bool is_x_ftbp(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return str_eq(j->entity->type, "application") && str_istarts(j->entity->subtype, "x-ftbp.");
}

static bool is_report_text(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "text", "rfc822-headers") || body_is_type(j->entity, "message", "delivery-status") ||
	       body_is_type(j->entity, "message", "disposition-notification");
}

/* B-305: a text that is a file, by what its sender says of it. */
static bool is_text_file(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "text", "plain") && j->entity->disposition != NULL && str_eq(j->entity->disposition, "attachment") &&
	       body_file_name(j->entity) != NULL;
}

static bool is_plain_text(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "text", "plain");
}

static bool is_octet_stream(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_is_type(j->entity, "application", "octet-stream");
}

static bool is_bp14(const struct body_walk *w, const struct body_job *j)
{
	/* with a name it would come back without one; the entity as text keeps it */
	return is_octet_stream(w, j) &&
	       (str_eq(w->b->octet_stream, "bp14") || (w->b->no_file_transfer && body_file_name(j->entity) == NULL));
}

static bool is_known_file(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	return body_reference_of(j->entity->type, j->entity->subtype) != NULL;
}

static bool is_anything(const struct body_walk *w, const struct body_job *j)
{
	(void)w;
	(void)j;
	return true;
}

/* ---- making ---- */

static const char *multipart_subject(struct arena *a, const char *subtype)
{
	static const struct {
		const char *subtype, *subject;
	} subjects[] = {{"mixed", "Multipart Message"},
	                {"alternative", "Alternative Body Parts containing the same information"},
	                {"digest", "Message Digest"},
	                {"parallel", "Body Parts interpreted in parallel"}};

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
		if (str_eq(subjects[i].subtype, subtype))
			return subjects[i].subject;
	return arena_printf(a, "Multipart Message (%s)", subtype);
}

/* B-411: type=, start=, report-type= and the like live only in the literal field. */
static void keep_multipart_type(struct body_walk *w, const struct mime_entity *m, struct mx_heading *h)
{
	struct buf *b = buf_in(w->a, 8192);
	const char *item;

	for (size_t i = 0; i < m->params.count && rule_id_active("B-411"); i++)
		if (!str_eq(m->params.items[i].name, "boundary"))
			buf_printf(b, "; %s=\"%s\"", m->params.items[i].name, m->params.items[i].value);
	if (b->len == 0)
		return;
	item = field_list_item(w->a, "Content-Type", arena_printf(w->a, "multipart/%s%s", m->subtype, buf_str(b)));
	if (item != NULL)
		*ARENA_PUSH(w->a, &h->rfc_822_fields) = item;
}

/* Has this form of an alternative a body part of its own? */
static bool maps_well(const struct body_walk *w, const struct mime_entity *m)
{
	return body_is_type(m, "text", "plain") || body_reference_of(m->type, m->subtype) != NULL || body_is_type(m, "image", "g3fax") ||
	       (body_is_multipart(m) && m->children.count > 0 && maps_well(w, m->children.items[0]));
}

/* B-410: the one form that goes, NULL: all do. */
static const struct mime_entity *chosen_form(struct body_walk *w, const struct mime_entity *m)
{
	const struct mime_entity *found = NULL;
	bool text = str_eq(w->b->alternative, "text");

	if (!rule_id_active("B-410") || !str_eq(m->subtype, "alternative") || str_eq(w->b->alternative, "all") || !w->text.loss || !w->text.recode)
		return NULL;
	for (size_t i = 0; i < m->children.count && !(text && found != NULL); i++) /* the last that fits is the richest */
		if (text ? body_is_type(m->children.items[i], "text", "plain") : maps_well(w, m->children.items[i]))
			found = m->children.items[i];
	return found;
}

/* The children of a multipart into ipm; at least one part comes of it (B-414). */
static int add_children(struct body_walk *w, const struct mime_entity *m, struct mx_ipm *ipm, struct err *e)
{
	const struct wanted *before = w->wanted;
	const struct mime_entity *only = chosen_form(w, m);

	w->wanted = body_wishes(w, m, before);
	if (only != NULL && m->children.count > 1)
		mx_note_loss(w->a, w->m, "B-410", "multipart/alternative", "the other forms are left out");
	for (size_t i = 0; i < m->children.count; i++)
		if (only == NULL || only == m->children.items[i])
			TRY(part_to_x400(w, &(struct body_job){m->children.items[i], ipm, false}, e));
	if (m->children.count == 0 && rule_id_active("B-414"))
		body_add_ia5(w, &(struct body_job){m, ipm, true}, blob_mem("", 0));
	w->wanted = before;
	return 0;
}

static struct mx_message *add_forwarded(struct body_walk *w, const struct body_job *j)
{
	struct mx_body_part *part = body_add_part(w, j, MX_BODY_MESSAGE);

	part->message = mx_message_new(w->a, MX_MESSAGE);
	part->message->content = MX_CONTENT_IPM;
	mx_heading_init(&part->message->ipm.heading);
	return part->message;
}

static int make_nested_multipart(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct mx_heading *h;
	struct mx_message *inner;
	int result;

	inner = add_forwarded(w, j);
	h = &inner->ipm.heading;
	h->this_ipm.set = true;
	h->this_ipm.user_relative = arena_printf(w->a, "%s.%u", w->c->id.local_id, ++w->generated);
	h->subject.utf8 = multipart_subject(w->a, j->entity->subtype);
	h->multipart_subtype = j->entity->subtype;
	h->multipart_not_a_message = true;
	keep_multipart_type(w, j->entity, h);
	w->depth++;
	result = add_children(w, j->entity, &inner->ipm, e);
	w->depth--;
	return result;
}

/* B-400.  A heading that cannot be mapped makes it a file; it never stops the message (B-423). */
static int make_message(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const struct mime_entity *mail = j->entity->children.items[0];
	size_t before = j->ipm->body.count;
	struct mx_message *inner = add_forwarded(w, j);
	struct err why;
	int result;

	if (heading_of_ipm_to_x400(w->a, w->c, mail, &inner->ipm.heading, &why) != 0) {
		j->ipm->body.count = before;
		return body_make_raw_file(w, j, e);
	}
	delivery_to_x400(w->a, w->c, mail, &j->ipm->body.items[before]);
	w->depth++;
	result = message_body(w, mail, &inner->ipm, e);
	w->depth--;
	return result;
}

/* B-015: a basic part sets its bit, an extended one adds its type. */
static void add_eit_of(struct body_walk *w, const struct mx_body_part *p)
{
	static const struct {
		int tag;
		uint32_t bit;
	} bits[] = {{0, MX_EIT_IA5_TEXT}, {2, MX_EIT_VOICE}, {3, MX_EIT_G3}, {4, MX_EIT_G4}, {5, MX_EIT_TELETEX}, {6, MX_EIT_VIDEOTEX},
	            {10, MX_EIT_SFD}, {11, MX_EIT_MIXED_MODE}};
	static const struct {
		enum mx_body_kind kind;
		uint32_t bit;
	} kinds[] = {{MX_BODY_IA5, MX_EIT_IA5_TEXT}, {MX_BODY_TELETEX, MX_EIT_TELETEX}, {MX_BODY_G3, MX_EIT_G3}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == p->kind)
			return body_add_eit_bit(w, kinds[i].bit);
	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if (p->type.der.p == NULL && bits[i].tag == p->tag)
			return body_add_eit_bit(w, bits[i].bit);
	if (p->kind == MX_BODY_FILE_TRANSFER)
		body_add_eit(w, BODY_EIT_FILE_TRANSFER);
	else if (p->type.der.p != NULL)
		body_add_eit_oid(w, &p->type);
	else
		body_add_eit_bit(w, MX_EIT_UNKNOWN);
}

static int make_x400_bp(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *type = mime_get_param(j->entity, "bp-type");
	struct mx_body_part *part;
	struct blob data;
	struct err why;
	bool fits;

	TRY(body_decode(w, j->entity, &data, e));
	part = body_add_part(w, j, MX_BODY_OTHER);
	if (w->c->read_body_part(w->a, &data, part, &why) != 0) {
		j->ipm->body.count--;
		mx_note_loss(w->a, w->m, "B-262", "application/x400-bp", arena_strdup(w->a, why.detail));
		return 1;
	}
	fits = type != NULL && (part->type.der.p != NULL ? str_eq(mx_oid_text(w->a, &part->type), type)
	                                                 : part->tag == MX_ABSENT || str_eq(arena_printf(w->a, "%d", part->tag), type));
	if (!fits || part->kind == MX_BODY_MESSAGE || (part->extended && w->b->no_extended)) { /* a hidden message would pass no check of its content */
		j->ipm->body.count--;
		return 1;
	}
	part->raw = data;
	add_eit_of(w, part);
	return 0;
}

/* ---- texts ---- */

static void add_text(struct body_walk *w, const struct body_job *j, const struct text_choice *t)
{
	static const enum mx_body_kind kinds[] = {
		[TEXT_IA5] = MX_BODY_IA5, [TEXT_GENERAL] = MX_BODY_GENERAL_TEXT, [TEXT_TELETEX] = MX_BODY_TELETEX, [TEXT_ISO6937] = MX_BODY_ISO6937};
	struct mx_body_part *part = body_add_part(w, j, kinds[t->fate]);

	part->data = blob_mem(t->out.p, t->out.len);
	part->extended = t->fate == TEXT_GENERAL;
	for (size_t i = 0; i < t->count; i++) {
		*ARENA_PUSH(w->a, &part->character_sets) = t->sets[i];
		if (rule_id_active("B-145"))
			body_add_eit(w, arena_printf(w->a, "1.0.10021.7.1.0.%d", t->sets[i]));
	}
	if (t->fate != TEXT_GENERAL)
		body_add_eit_bit(w, t->fate == TEXT_IA5 ? MX_EIT_IA5_TEXT : t->fate == TEXT_TELETEX ? MX_EIT_TELETEX : MX_EIT_UNKNOWN);
	if (t->lost > 0)
		mx_note_loss(w->a, w->m, "B-141", "text", arena_printf(w->a, "%zu characters were replaced", t->lost));
}

/* A text that no character set of the peer carries: 1, and the row says how it is wrapped, or -1. */
static int no_character_set(struct body_walk *w, const struct body_job *j, const struct text_choice *t, struct err *e)
{
	if (!t->no_set || str_eq(w->b->text_utf8, "ftbp"))
		return 1;
	if (str_eq(w->b->text_utf8, "bp15"))
		return body_make_bp15(w, j, e);
	if (str_eq(w->b->text_utf8, "transliterate") && rule_id_active("B-140")) /* it was prohibited */
		return ERR(e, ERR_MIXER_LOSS, "%s/%s: %s", j->entity->type, j->entity->subtype, t->why);
	return ERR(e, ERR_CHARSET, "%s/%s: %s", j->entity->type, j->entity->subtype, t->why);
}

/* B-100 to B-147. */
static int make_text_of(struct body_walk *w, const struct body_job *j, const struct blob *data, const char *charset, struct err *e)
{
	struct text_choice t;
	struct octets in;
	bool clean;

	if (data->len > BODY_TEXT_MAX) {
		TRY(body_is_7bit(data, &clean, e));
		if (!clean)
			return 1;
		body_add_ia5(w, j, *data);
		return 0;
	}
	TRY(blob_map(w->a, data, &in, e));
	text_to_x400(w->a, in, charset, &w->text, &t);
	if (t.fate == TEXT_ENCAPSULATE)
		return no_character_set(w, j, &t, e);
	if (t.fate == TEXT_IA5 && w->b->wrap_ia5 > 0 && w->text.loss && rule_id_active("B-107"))
		t.out = text_wrap(w->a, t.out, (size_t)w->b->wrap_ia5);
	add_text(w, j, &t);
	return 0;
}

static int make_text(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *format = mime_get_param(j->entity, "format"), *delsp = mime_get_param(j->entity, "delsp");
	struct octets in;
	struct blob data;

	TRY(body_decode(w, j->entity, &data, e));
	if (format != NULL && str_ieq(format, "flowed") && data.len <= BODY_TEXT_MAX && rule_id_active("B-109")) {
		TRY(blob_map(w->a, &data, &in, e));
		in = text_unflow(w->a, in, str_eq(w->b->flowed, "unwrap") && w->text.loss, delsp != NULL && str_ieq(delsp, "yes"));
		data = blob_mem(in.len > 0 ? in.p : (const uint8_t *)"", in.len);
	}
	return make_text_of(w, j, &data, mime_get_param(j->entity, "charset"), e);
}

static int make_report_text(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct blob data;

	TRY(body_decode(w, j->entity, &data, e));
	return make_text_of(w, j, &data, NULL, e);
}

/* Interchanges: their octets, in what body part the peer reads them. */
static int make_edi(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct blob data;
	bool clean;

	if (str_eq(w->b->edi, "ftbp"))
		return 1;
	TRY(body_decode(w, j->entity, &data, e));
	TRY(body_is_7bit(&data, &clean, e));
	if (str_eq(w->b->edi, "bp14") || !clean)
		return body_make_bp14(w, j, e);
	body_add_ia5(w, j, data);
	return 0;
}

static int make_raw_text(struct body_walk *w, const struct body_job *j, struct err *e)
{
	return make_text_of(w, j, &j->entity->body, NULL, e);
}

/* ---- signed messages taken apart (B-273) ---- */

static int make_signed(struct body_walk *w, const struct body_job *j, struct err *e)
{
	static const char note[] = "[The signature of this message is in a part of its own; it does not fit the message any more.]\r\n";
	const struct mime_entity *m = j->entity;
	bool whole = str_eq(w->b->signed_parts, "content+harpoon");
	size_t before = j->ipm->body.count;

	if (!whole) {
		body_add_ia5(w, j, blob_mem(note, sizeof(note) - 1));
		mx_note_loss(w->a, w->m, "B-273", "multipart/signed", "taken apart");
	}
	TRY(part_to_x400(w, &(struct body_job){m->children.items[0], j->ipm, false}, e));
	if (whole) {
		int made = body_make_harpoon(w, j, e);

		if (made == 1)
			j->ipm->body.count = before;
		return made;
	}
	return part_to_x400(w, &(struct body_job){m->children.items[1], j->ipm, false}, e);
}

static int refuse_signed(struct body_walk *w, const struct body_job *j, struct err *e)
{
	(void)w;
	return ERR(e, ERR_MIXER_BODY_REFUSED, "%s/%s with octets of eight bits", j->entity->type, j->entity->subtype);
}

#define ROW(id, section, field, element, matches, make)                                                                \
	{{id, section, RULE_TO_X400, field, element, "-", "-", "-", "B-208"}, matches, make}

static const struct row rows[] = {
	ROW("B-320", "-", "deeper than limits.nesting", "file-transfer, octets as received", is_too_deep, body_make_raw_file),
	ROW("B-180", "2157 4.1", "Wanted-X400-Conversion, bodies.wanted_conversion", "as asked", is_wanted, body_make_wanted),
	ROW("B-273", "2480", "multipart/signed, bodies.signed", "content and signature apart", is_signed, make_signed),
	ROW("B-272", "2157 7.3", "multipart/signed, multipart/encrypted", "ia5-text, HARPOON", is_security_multipart, body_make_harpoon),
	ROW("B-273", "2480", "multipart/signed, eight bits, bodies.signed_8bit reject", "-", is_signed_8bit, refuse_signed),
	ROW("B-274", "2157 7.4", "multipart/encrypted, signed with 8-bit octets", "file-transfer, octets as received", is_security_multipart,
	    body_make_raw_file),
	ROW("B-270", "2157 7.1", "message/external-body", "ia5-text, HARPOON", is_external_body, body_make_harpoon),
	ROW("B-414", "2046 5.1.1", "multipart/* without a delimiter", "ia5-text, general-text", is_broken_multipart, make_raw_text),
	ROW("B-266", "1496 3.1", "multipart/*, inside another, to 1984", "ia5-text, HARPOON", is_multipart_84, body_make_harpoon),
	ROW("B-403", "2157 6.6", "multipart/*", "message [9], multipart-message-v2 isAMessage FALSE", is_multipart, make_nested_multipart),
	ROW("B-400", "2157 6.5", "message/rfc822, message/global", "message [9]", is_message, make_message),
	ROW("B-301", "2045", "unknown Content-Transfer-Encoding", "file-transfer", is_unknown_encoding, body_make_undecoded),
	ROW("B-262", "2157 3.2", "application/x400-bp", "the body part itself", is_x400_bp, make_x400_bp),
	ROW("B-206", "2157 3.3", "application/x-ftbp.OID", "file-transfer, application-reference OID", is_x_ftbp, body_make_x_ftbp),
	ROW("B-175", "2159 3", "image/g3fax", "g3-facsimile", is_g3fax, body_make_g3fax),
	ROW("B-175", "2306", "image/tiff, bodies.fax tiff", "g3-facsimile", is_tiff_fax, body_make_tiff),
	ROW("B-176", "2161", "application/oda", "oda", is_oda, body_make_oda),
	ROW("PE-01", "1767", "application/EDIFACT, EDI-X12, EDI-consent", "bilaterally-defined, ia5-text", is_edi, make_edi),
	ROW("B-418", "2157 6.5", "text/rfc822-headers, message/delivery-status", "ia5-text", is_report_text, make_report_text),
	ROW("B-305", "2183", "text/plain, attachment with a name", "file-transfer", is_text_file, body_make_encapsulated),
	ROW("B-303", "2157 2.4", "text/plain with Content-ID, bodies.keep_part_headers", "file-transfer", is_referenced_text,
	    body_make_encapsulated),
	ROW("B-100", "2157 6.1, 6.2", "text/plain", "ia5-text, general-text", is_plain_text, make_text),
	ROW("B-200", "2157 6.3", "application/octet-stream, bodies.octet_stream bp14", "bilaterally-defined", is_bp14, body_make_bp14),
	ROW("B-203", "2157 6.4", "application/octet-stream", "file-transfer, EMA unknown", is_octet_stream, body_make_file),
	ROW("B-252", "2160, 2158", "application/postscript, image/jpeg, image/gif, bodies.image bp15", "extended, type of its own", is_own_extended,
	    body_make_octets),
	ROW("B-252", "2160, 2158", "application/postscript, image/jpeg, image/gif", "file-transfer, reference of the type", is_known_file,
	    body_make_file),
	ROW("B-259", "-", "bodies.vendor_types on", "file-transfer, reference of the maker", is_vendor_file, body_make_vendor_file),
	ROW("B-208", "2157 3.1.1", "*", "file-transfer, id-mime-ftbp-data", is_anything, body_make_encapsulated),
};
const struct rule_table body_to_x400_rules = RULE_TABLE("MIME to body part", rows);

static int part_to_x400(struct body_walk *w, const struct body_job *j, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int made;

		if (!rule_active(&rows[i].rule) || !rows[i].matches(w, j))
			continue;
		made = rows[i].make(w, j, e);
		if (made <= 0)
			return made;
	}
	return ERR(e, ERR_MIXER_BODY_REFUSED, "%s/%s", j->entity->type, j->entity->subtype);
}

/* B-001, B-003, B-004: no MIME-Version and no Content-Type is plain text. */
static int plain_message(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct body_walk without = *w;
	int made;

	w->text.charset_default = w->b->nomime_8bit;
	made = make_text_of(w, j, &j->entity->body, NULL, e);
	w->text.charset_default = without.text.charset_default;
	return made == 1 ? body_make_raw_file(w, j, e) : made;
}

/* The body of a message: an outermost multipart gives its parts (B-402), anything else one. */
static int message_body(struct body_walk *w, const struct mime_entity *mail, struct mx_ipm *ipm, struct err *e)
{
	bool strict = w->c->settings->strict_mixer || str_eq(w->b->mime_without_version, "strict") || !rule_id_active("B-004");
	struct body_job j = {mail, ipm, true};

	if (!mail->has_mime_version && (strict || !mail->has_content_type))
		return plain_message(w, &j, e);
	if (!is_multipart(w, &j) || !rule_id_active("B-402") || is_broken_multipart(w, &j) || is_security_multipart(w, &j) || is_too_deep(w, &j))
		return part_to_x400(w, &j, e);
	if (!str_eq(mail->subtype, "mixed"))
		ipm->heading.multipart_subtype = mail->subtype;
	if (!str_eq(mail->subtype, "mixed") && !str_eq(mail->subtype, "alternative"))
		keep_multipart_type(w, mail, &ipm->heading);
	return add_children(w, mail, ipm, e);
}

/* A wish has been granted, or not; it does not go on (B-180). */
static void remove_wishes(struct mx_heading *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->rfc_822_fields.count; i++)
		if (!str_istarts(h->rfc_822_fields.items[i], "Wanted-X400-Conversion:"))
			h->rfc_822_fields.items[kept++] = h->rfc_822_fields.items[i];
	h->rfc_822_fields.count = kept;
}

int body_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e)
{
	const struct config_bodies *b = c->settings->bodies != NULL ? c->settings->bodies : config_bodies_default();
	struct body_walk w = {.a = a, .c = c, .b = b, .m = m,
	                      .max_depth = c->settings->max_depth != 0 ? c->settings->max_depth : DEPTH_DEFAULT,
	                      .text = {.b = b, .charset_default = b->charset_default, .recode = !m->envelope.implicit_conversion_prohibited,
	                               .loss = !m->envelope.conversion_with_loss_prohibited}};

	w.wanted = body_wishes(&w, mail, NULL);
	if (str_eq(b->wanted_conversion, "on") && c->trusted)
		remove_wishes(&m->ipm.heading);
	return message_body(&w, mail, &m->ipm, e);
}
