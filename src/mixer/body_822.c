/*
 * mixer/body_822.c - X.400 body parts to MIME (RFC 2157 2.2 to 7, rows B-...), one row a kind of body part.
 *
 * Called by mixer_to_822 and for returned contents.  A part without a mapping, deeper than the limit, or of a form that
 * the mapping cannot express goes out whole as application/x400-bp, so nothing is lost and nothing fails.
 */
#include <string.h>

#include "base/str.h"
#include "mime/codec.h"
#include "mixer/body_types.h"
#include "mixer/body_walk.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define DEPTH_DEFAULT 20
#define HEADER_MAX 65536 /* RFC-822-Headers: and HARPOON headers are short */

struct walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct config_bodies *b;
	struct text_rules text;
	unsigned depth, max_depth;
};

struct row {
	struct rule rule;
	bool (*matches)(const struct walk *w, const struct mx_body_part *p);
	/* Gives m its content: 0 made, 1 not after all (the next row is asked), -1 error.  sole: m is the message itself. */
	int (*make)(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e);
};

static int ipm_body(struct walk *w, const struct mx_ipm *ipm, struct mime_entity *mail, bool nested_multipart, struct err *e);

/* ---- entities ---- */

static void set_type(struct walk *w, struct mime_entity *m, const char *type)
{
	const struct mime_entity *t = mime_new(w->a, type);

	m->type = t->type;
	m->subtype = t->subtype;
	m->has_content_type = true;
}

static void set_content(struct mime_entity *m, struct blob content, enum mime_encoding encoding)
{
	m->body = content;
	m->encoding = encoding;
	m->decoded = true;
}

/* B-300: a text of single octets stays readable; one with control characters that mail software might change is
 * protected too (B-011). */
static int text_encoding(const struct blob *content, const char *charset, enum mime_encoding *out, struct err *e)
{
	bool octets = rule_id_active("B-300") && (str_eq(charset, "us-ascii") || str_istarts(charset, "iso-8859-")), controls = false, nul = false;

	TRY(mime_choose_encoding(content, true, out, e));
	for (uint64_t i = 0; octets && content->mem != NULL && i < content->len; i++) {
		uint8_t c = content->mem[i];

		nul = nul || c == 0;
		controls = controls || (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f;
	}
	if (octets && content->mem != NULL && !nul && (*out == MIME_BASE64 || controls))
		*out = MIME_QUOTED_PRINTABLE;
	return 0;
}

/* B-108: a CR or LF that is no line end of mail. */
static bool has_odd_line_ends(struct octets o)
{
	for (size_t i = 0; i < o.len; i++)
		if ((o.p[i] == '\n' && (i == 0 || o.p[i - 1] != '\r')) || (o.p[i] == '\r' && (i + 1 == o.len || o.p[i + 1] != '\n')))
			return true;
	return false;
}

/* Every CR and LF is an octet like others. */
static int protect_line_ends(struct walk *w, struct mime_entity *m, struct octets o, struct err *e)
{
	struct buf *b = buf_in(w->a, 4 * o.len + 64);
	struct stream *s = stream_to_buf(w->a, b);

	if (!mime_qp_encode(o, false, s))
		stream_puts(s, "=\r\n");
	TRY(stream_finish(s, e));
	m->body = blob_mem(b->p, b->len);
	m->encoding = MIME_QUOTED_PRINTABLE;
	m->decoded = false;
	return 0;
}

/* A text; charset us-ascii in a message of its own needs no Content-Type (B-101). */
static int set_text(struct walk *w, struct mime_entity *m, struct blob content, const char *charset, bool sole, struct err *e)
{
	enum mime_encoding encoding;

	TRY(text_encoding(&content, charset, &encoding, e));
	set_type(w, m, "text/plain");
	mime_set_param(w->a, m, "charset", charset);
	set_content(m, content, encoding);
	if (content.mem != NULL && encoding != MIME_BASE64 && rule_id_active("B-108") &&
	    has_odd_line_ends((struct octets){content.mem, (size_t)content.len}))
		return protect_line_ends(w, m, (struct octets){content.mem, (size_t)content.len}, e);
	if (sole && encoding == MIME_7BIT && str_eq(charset, "us-ascii")) {
		m->has_content_type = m->has_mime_version = m->decoded = false;
		m->params.count = 0;
	}
	return 0;
}

/* The boundary is the caller's seed; the writer makes all others from it. */
static void set_multipart(struct walk *w, struct mime_entity *m, const char *subtype)
{
	set_type(w, m, arena_printf(w->a, "multipart/%s", subtype));
	mime_set_param(w->a, m, "boundary", w->c->id.boundary);
}

static bool starts_with(const struct blob *b, const char *prefix)
{
	char head[32] = "";
	size_t got;

	return strlen(prefix) < sizeof(head) && blob_read(b, 0, head, strlen(prefix), &got, NULL) == 0 && got == strlen(prefix) &&
	       str_ieqn(head, prefix, got);
}

/* ---- matching ---- */

static bool is_ia5(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_IA5;
}

static bool is_harpoon(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_IA5 && starts_with(&p->data, "MIME-Version:");
}

static bool is_general(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_GENERAL_TEXT && p->data.len <= BODY_TEXT_MAX;
}

static bool is_teletex(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_TELETEX && p->data.len <= BODY_TEXT_MAX;
}

static bool is_bilateral(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_BILATERAL;
}

static bool is_file(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_FILE_TRANSFER && (!p->file.irreducible || !rule_id_active("B-207") || p->raw.len == 0);
}

static bool is_media(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_MEDIA && strchr(p->media.type, '/') != NULL;
}

static bool is_octets(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_OCTETS && body_type_of_part(&p->type) != NULL;
}

static bool is_oda(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_ODA && (p->oda_profile.der.p != NULL || p->raw.len == 0);
}

static bool is_g3(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	return p->kind == MX_BODY_G3 && p->pages.count > 0;
}

static bool is_iso6937(const struct walk *w, const struct mx_body_part *p)
{
	return p->kind == MX_BODY_ISO6937 && p->data.len <= BODY_TEXT_MAX && (w->text.recode || p->raw.len == 0);
}

static bool is_pkcs7(const struct walk *w, const struct mx_body_part *p)
{
	return p->kind == MX_BODY_EXTENDED && mx_oid_is(&p->type, "2.6.1.4.18") && str_eq(w->b->pkcs7_bp, "pkcs7-mime");
}

static bool is_unwanted(const struct walk *w, const struct mx_body_part *p)
{
	(void)p;
	return !str_eq(w->b->unknown_x400, "x400-bp");
}

static bool is_multipart(const struct mx_body_part *p)
{
	return p->kind == MX_BODY_MESSAGE && p->message != NULL && p->message->content == MX_CONTENT_IPM &&
	       p->message->ipm.heading.multipart_subtype != NULL && p->message->ipm.heading.multipart_not_a_message;
}

static bool is_nested_multipart(const struct walk *w, const struct mx_body_part *p)
{
	return is_multipart(p) && (w->depth < w->max_depth || p->raw.len == 0);
}

static bool is_message(const struct walk *w, const struct mx_body_part *p)
{
	return p->kind == MX_BODY_MESSAGE && p->message != NULL && p->message->content == MX_CONTENT_IPM &&
	       (w->depth < w->max_depth || p->raw.len == 0);
}

static bool is_anything(const struct walk *w, const struct mx_body_part *p)
{
	(void)w;
	(void)p;
	return true;
}

/* ---- texts ---- */

/* B-101, B-103, B-108. */
static int make_ia5(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	struct octets in;

	if (p->data.len > BODY_TEXT_MAX) { /* not looked at in memory; the transfer encoding takes care of odd octets */
		enum mime_encoding encoding;

		TRY(mime_choose_encoding(&p->data, true, &encoding, e));
		return set_text(w, m, p->data, encoding == MIME_7BIT ? "us-ascii" : "unknown-8bit", sole, e);
	}
	TRY(blob_map(w->a, &p->data, &in, e));
	in = text_crlf(w->a, in);
	return set_text(w, m, blob_mem(in.p, in.len), rule_id_active("B-103") ? text_8bit_charset(in, w->b->ia5_8bit_charset) : "us-ascii",
	                sole, e);
}

static int make_general(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	const char *charset;
	struct octets in, out;

	TRY(blob_map(w->a, &p->data, &in, e));
	if (!text_general_to_822(w->a, in, p->character_sets.items, p->character_sets.count, &w->text, &out, &charset))
		return 1;
	out = text_crlf(w->a, out);
	return set_text(w, m, blob_mem(out.p, out.len), charset, sole, e);
}

static int make_teletex(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	const char *charset;
	struct octets in, out;

	TRY(blob_map(w->a, &p->data, &in, e));
	text_teletex_to_822(w->a, in, &w->text, &out, &charset);
	TRY(set_text(w, m, blob_mem(out.p, out.len), charset, sole, e));
	if (str_eq(charset, "Teletex")) /* its line ends are octets like others */
		m->encoding = MIME_QUOTED_PRINTABLE;
	return 0;
}

static int make_iso6937(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	const char *charset;
	struct octets in, out;

	TRY(blob_map(w->a, &p->data, &in, e));
	text_iso6937_to_822(w->a, in, &out, &charset);
	return set_text(w, m, blob_mem(out.p, out.len), charset, sole, e);
}

static bool has_slot(const char *name)
{
	static const char *const slots[] = {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Description",
	                                    "Content-ID", "Content-Location", "MIME-Version"};

	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		if (str_ieq(name, slots[i]))
			return true;
	return false;
}

/* The entity found inside a text takes the place of the part; its body stays as it is encoded. */
static void adopt(struct walk *w, struct mime_entity *m, const struct mime_entity *inner)
{
	m->type = inner->type;
	m->subtype = inner->subtype;
	m->has_content_type = inner->has_content_type;
	m->params = inner->params;
	m->disposition = inner->disposition;
	m->disposition_params = inner->disposition_params;
	m->id = inner->id;
	m->description = inner->description;
	m->location = inner->location;
	m->encoding = inner->encoding;
	m->body = inner->body;
	for (size_t i = 0; i < inner->fields.count; i++)
		if (!has_slot(inner->fields.items[i].name))
			mime_add_field(w->a, m, inner->fields.items[i].name, inner->fields.items[i].value);
}

/* The header syntax must hold to an empty line; else the text only looks like an entity. */
static bool has_whole_header(const struct mime_entity *m)
{
	uint64_t n = m->raw.len - m->body.len;
	char end[3] = "";
	size_t got;

	if (n < 4 || blob_read(&m->raw, n - 3, end, sizeof(end), &got, NULL) != 0 || got != sizeof(end))
		return false;
	return end[2] == '\n' && (end[1] == '\n' || (end[1] == '\r' && end[0] == '\n'));
}

/* B-009, B-010, B-265: the text is a MIME entity; anything else than Content-* in its header makes it plain text. */
static int make_harpoon(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mime_entity *inner;

	(void)e;
	limits.depth = 0;
	if (mime_parse(w->a, &p->data, &limits, &inner, NULL) != 0 || inner->fields.count == 0 || !has_whole_header(inner))
		return 1;
	for (size_t i = 0; i < inner->fields.count; i++)
		if (!str_ieq(inner->fields.items[i].name, "MIME-Version") && !str_istarts(inner->fields.items[i].name, "Content-"))
			return 1;
	(void)sole;
	adopt(w, m, inner);
	return 0;
}

/* ---- octets and files ---- */

/* PE-03: what an interchange starts with. */
static const char *bilateral_type(const struct walk *w, const struct mx_body_part *p)
{
	static const struct {
		const char *start, *type;
	} starts[] = {{"UNA", "application/EDIFACT"}, {"UNB+", "application/EDIFACT"}, {"ISA*", "application/EDI-X12"}};

	for (size_t i = 0; str_eq(w->b->edi_sniff, "on") && i < ARRAY_LEN(starts); i++)
		if (starts_with(&p->data, starts[i].start))
			return starts[i].type;
	return "application/octet-stream";
}

static int make_bilateral(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	(void)sole;
	(void)e;
	set_type(w, m, bilateral_type(w, p));
	set_content(m, p->data, MIME_BASE64);
	return 0;
}

/* The fields that came in the extensions, as an entity without a body. */
static struct mime_entity *kept_fields(struct walk *w, const struct mx_file *f, bool sole)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct buf *b = buf_in(w->a, limits.header_size);
	struct mime_entity *m;
	struct blob text;

	for (size_t i = 0; i < f->rfc_822_fields.count && rule_id_active("B-234"); i++) {
		const char *item = f->rfc_822_fields.items[i];

		if (strpbrk(item, "\r\n") == NULL && (!sole || str_istarts(item, "Content-")))
			buf_printf(b, "%s\r\n", item);
	}
	buf_puts(b, "\r\n");
	text = blob_mem(b->p, b->len);
	return mime_parse(w->a, &text, &limits, &m, NULL) == 0 ? m : mime_new(w->a, "text/plain");
}

static void file_type(struct walk *w, const struct mx_file *f, const struct mime_entity *kept, struct mime_entity *m)
{
	const char *known = f->application_reference.der.p != NULL ? body_type_of(&f->application_reference) : "application/octet-stream";

	if (mx_oid_is(&f->application_reference, BODY_MIME_FTBP_DATA) && kept->has_content_type && rule_id_active("B-209")) {
		m->type = kept->type;
		m->subtype = kept->subtype;
		m->params = kept->params;
		m->has_content_type = true;
	} else if (mx_oid_is(&f->application_reference, BODY_MIME_FTBP_DATA)) {
		set_type(w, m, "application/octet-stream");
	} else if (known != NULL) {
		set_type(w, m, known);
	} else { /* B-205 */
		set_type(w, m, arena_printf(w->a, "application/x-ftbp.%s", mx_oid_text(w->a, &f->application_reference)));
	}
}

static void date_param(struct walk *w, struct mime_entity *m, const char *name, const struct when *when)
{
	if (when->set && rule_id_active("B-231"))
		mime_set_disposition_param(w->a, m, name, forms_date(w->a, when));
}

/* No CR, LF or other control gets into a header (B-238). */
static const char *clean(struct arena *a, const char *text)
{
	char *s = arena_strdup(a, text);

	for (char *p = s; *p != '\0' && rule_id_active("B-238"); p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return s;
}

/* No folders, and none of the characters that turn the direction of writing (B-238). */
static const char *base_name(struct arena *a, const char *name)
{
	const char *p = name;
	char *copy, *to;

	for (const char *q = name; *q != '\0'; q++)
		if ((*q == '/' || *q == '\\') && q[1] != '\0')
			p = q + 1;
	to = copy = arena_strdup(a, p);
	for (; *p != '\0'; p++) {
		const unsigned char *u = (const unsigned char *)p;

		if (u[0] == 0xe2 && ((u[1] == 0x80 && u[2] >= 0xaa && u[2] <= 0xae) || (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)))
			p += 2;
		else
			*to++ = *p;
	}
	*to = '\0';
	return copy;
}

/* B-308: RFC 2231 is the writer's; mail software that knows encoded-words alone finds them in name=. */
static void set_name(struct walk *w, struct mime_entity *m, const char *name)
{
	if (str_eq(w->b->filename_sanitise, "basename"))
		name = base_name(w->a, name);
	if (!str_eq(w->b->filename_encoding, "rfc2231") && !str_is_printable_ascii(name)) {
		mime_set_param(w->a, m, "name", mime_encode_words(w->a, name));
		if (str_eq(w->b->filename_encoding, "rfc2047"))
			return;
	}
	mime_set_disposition_param(w->a, m, "filename", name);
}

/* B-224 to B-232. */
static void file_disposition(struct walk *w, const struct mx_file *f, const struct mime_entity *kept, struct mime_entity *m)
{
	const char *name = rule_id_active("B-226") ? f->pathname : NULL;

	/* some agents put the name into the description (B-227) */
	if (name == NULL && rule_id_active("B-227") && str_eq(w->b->ftbp_name_from_description, "on") && f->user_visible_string != NULL && strchr(f->user_visible_string, '.') != NULL &&
	    strchr(f->user_visible_string, ' ') == NULL)
		name = f->user_visible_string;
	m->disposition = kept->disposition;
	if (m->disposition == NULL && rule_id_active("B-224") && (name != NULL || f->creation.set || f->last_modification.set || f->last_read_access.set || f->object_size >= 0))
		m->disposition = "attachment";
	if (name != NULL)
		set_name(w, m, clean(w->a, name));
	date_param(w, m, "creation-date", &f->creation);
	date_param(w, m, "modification-date", &f->last_modification);
	date_param(w, m, "read-date", &f->last_read_access);
	if (f->object_size >= 0 && f->object_size <= INT32_MAX && rule_id_active("B-232"))
		mime_set_disposition_param(w->a, m, "size", arena_printf(w->a, "%lld", (long long)f->object_size));
}

static void file_content_id(struct walk *w, const struct mx_file *f, const struct mime_entity *kept, struct mime_entity *m)
{
	char *id;

	if (!rule_id_active("B-220"))
		return;
	if (kept->id != NULL) { /* the literal field is exact, the message-reference is PrintableString (B-221) */
		m->id = kept->id;
		return;
	}
	if (f->message_reference == NULL)
		return;
	if (addr_printable_to_ascii(w->a, f->message_reference, &id, NULL) != 0)
		id = arena_strdup(w->a, f->message_reference);
	if (strpbrk(id, "<> \t\r\n") == NULL)
		m->id = id;
}

/* A composite that was kept whole (B-274, B-320) has its own encodings inside and may have no other (B-415). */
static int set_composite(struct mime_entity *m, const struct blob *data, struct err *e)
{
	enum mime_encoding encoding;

	TRY(mime_choose_encoding(data, true, &encoding, e));
	m->decoded = false;
	m->encoding = encoding == MIME_7BIT ? MIME_7BIT : MIME_8BIT;
	return 0;
}

static int make_file(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	const struct mx_file *f = &p->file;
	const struct mime_entity *kept = kept_fields(w, f, sole);
	const char *description = f->user_visible_string != NULL ? f->user_visible_string : f->content_description;
	enum mime_encoding encoding = MIME_BASE64;

	file_type(w, f, kept, m);
	if (str_eq(m->type, "text"))
		TRY(mime_choose_encoding(&p->data, true, &encoding, e));
	set_content(m, p->data, encoding);
	if (str_eq(m->type, "multipart") || str_eq(m->type, "message"))
		TRY(set_composite(m, &p->data, e));
	m->description = description != NULL && rule_id_active("B-222") ? clean(w->a, description) : NULL;
	file_disposition(w, f, kept, m);
	file_content_id(w, f, kept, m);
	for (size_t i = 0; i < kept->fields.count; i++)
		if (!has_slot(kept->fields.items[i].name))
			mime_add_field(w->a, m, kept->fields.items[i].name, kept->fields.items[i].value);
	return 0;
}

/* ---- media in parts of their own ---- */

/* B-251: type, parameters and fields as they were in mail. */
static int make_media(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct buf *b = buf_in(w->a, limits.header_size);
	enum mime_encoding encoding = MIME_BASE64;
	struct mime_entity *kept;
	struct blob text;

	buf_printf(b, "Content-Type: %s", clean(w->a, p->media.type));
	for (size_t i = 0; i < p->media.parameters.count; i++) {
		const char *item = clean(w->a, p->media.parameters.items[i]);
		size_t name = strcspn(item, "=");
		const char *value = item[name] == '=' ? item + name + 1 : "";

		buf_printf(b, "; %.*s=%s", (int)name, item, *value == '"' ? value : forms_word(w->a, value));
	}
	buf_puts(b, "\r\n");
	for (size_t i = 0; i < p->media.fields.count; i++) {
		const char *item = p->media.fields.items[i];

		if (strpbrk(item, "\r\n") == NULL && !str_istarts(item, "Content-Type:") && !str_istarts(item, "Content-Transfer-Encoding:") &&
		    !str_istarts(item, "MIME-Version:") && (!sole || str_istarts(item, "Content-")))
			buf_printf(b, "%s\r\n", item);
	}
	buf_puts(b, "\r\n");
	text = blob_mem(b->p, b->len);
	if (!buf_ok(b) || mime_parse(w->a, &text, &limits, &kept, NULL) != 0)
		return 1;
	adopt(w, m, kept);
	m->has_content_type = true;
	if (str_eq(m->type, "text"))
		TRY(mime_choose_encoding(&p->data, true, &encoding, e));
	set_content(m, p->data, encoding);
	return str_eq(m->type, "multipart") || str_eq(m->type, "message") ? set_composite(m, &p->data, e) : 0;
}

static int make_octets(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	(void)sole;
	(void)e;
	set_type(w, m, body_type_of_part(&p->type));
	set_content(m, p->data, MIME_BASE64);
	return 0;
}

static int make_oda(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	(void)sole;
	(void)e;
	set_type(w, m, "application/oda");
	media_oda(w->a, p, m);
	set_content(m, p->data, MIME_BASE64);
	return 0;
}

/* B-174; image/tiff is another form of the same lines, so it is a conversion. */
static int make_g3(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	struct octets out;
	struct blob tiff;

	(void)sole;
	(void)e;
	if (str_eq(w->b->fax, "tiff") && w->text.recode && media_tiff(w->a, p, w->c->settings->tmpdir, &tiff)) {
		set_type(w, m, "image/tiff");
		mime_set_param(w->a, m, "application", "faxbw");
		set_content(m, tiff, MIME_BASE64);
		return 0;
	}
	set_type(w, m, "image/g3fax");
	media_g3fax(w->a, p, m, &out);
	set_content(m, blob_mem(out.p, out.len), MIME_BASE64);
	return 0;
}

/* B-421: the kind of ContentInfo is the last arc of its first OBJECT IDENTIFIER, 1.2.840.113549.1.7.n. */
static int make_pkcs7(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	static const char pkcs7[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
	static const char *const kinds[] = {[2] = "signed-data", [3] = "enveloped-data"};
	char head[32];
	size_t got;

	(void)sole;
	TRY(blob_read(&p->data, 0, head, sizeof(head), &got, e));
	set_type(w, m, "application/pkcs7-mime");
	for (size_t i = 0; i + sizeof(pkcs7) <= got; i++) {
		unsigned char kind = (unsigned char)head[i + sizeof(pkcs7) - 1];

		if (memcmp(head + i, pkcs7, sizeof(pkcs7) - 1) == 0 && (kind == 2 || kind == 3)) {
			mime_set_param(w->a, m, "smime-type", kinds[kind]);
			break;
		}
	}
	mime_set_param(w->a, m, "name", "smime.p7m");
	set_content(m, p->data, MIME_BASE64);
	return 0;
}

/* ---- messages ---- */

static int make_message(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	struct mime_entity *inner = mime_new(w->a, "text/plain");
	struct err why;
	int result;

	(void)sole;
	if (heading_of_ipm_to_822(w->a, w->c, &p->message->ipm.heading, inner, &why) != 0)
		return 1; /* never stops the message around it (B-423) */
	delivery_to_822(w->a, w->c, p, inner);
	w->depth++;
	result = ipm_body(w, &p->message->ipm, inner, false, e);
	w->depth--;
	if (result != 0)
		return -1;
	set_type(w, m, "message/rfc822");
	mime_add(w->a, m, inner);
	return 0;
}

static int make_multipart(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	int result;

	(void)sole;
	w->depth++;
	result = ipm_body(w, &p->message->ipm, m, true, e);
	w->depth--;
	return result;
}

/* B-261: the whole part, tag and all. */
static int make_x400_bp(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	static const struct {
		enum mx_body_kind kind;
		const char *type;
	} basic[] = {{MX_BODY_IA5, "0"}, {MX_BODY_G3, "3"}, {MX_BODY_TELETEX, "5"}, {MX_BODY_ISO6937, "13"}, {MX_BODY_NATIONALLY_DEFINED, "7"}, {MX_BODY_MESSAGE, "9"},
	             {MX_BODY_BILATERAL, "14"}, {MX_BODY_GENERAL_TEXT, "2.6.1.4.11"}, {MX_BODY_FILE_TRANSFER, BODY_FILE_TRANSFER}};
	const char *type = p->type.der.p != NULL ? mx_oid_text(w->a, &p->type) : arena_printf(w->a, "%d", p->tag);

	(void)sole;
	(void)e;
	for (size_t i = 0; p->type.der.p == NULL && p->tag == MX_ABSENT && i < ARRAY_LEN(basic); i++)
		if (basic[i].kind == p->kind)
			type = basic[i].type;
	set_type(w, m, "application/x400-bp");
	mime_set_param(w->a, m, "bp-type", type);
	set_content(m, p->raw.len > 0 ? p->raw : p->data, MIME_BASE64);
	return 0;
}

/* bodies.unknown_x400: refused, or a text in its place (B-334). */
static int make_nothing(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	const char *type = p->type.der.p != NULL ? mx_oid_text(w->a, &p->type) : arena_printf(w->a, "%d", p->tag);
	char *text;

	if (str_eq(w->b->unknown_x400, "reject"))
		return ERR(e, ERR_MIXER_BODY_REFUSED, "body part %s", type);
	if (!w->text.loss)
		return ERR(e, ERR_MIXER_LOSS, "body part %s would be left out", type);
	text = arena_printf(w->a, "[part removed: body part %s, %llu octets, reason policy]\r\n", type, (unsigned long long)p->data.len);
	return set_text(w, m, blob_mem(text, strlen(text)), "us-ascii", sole, e);
}

#define ROW(id, section, element, field, matches, make)                                                                \
	{{id, section, RULE_TO_822, field, element, "-", "-", "-", "B-261"}, matches, make}

static const struct row rows[] = {
	ROW("B-265", "2157 3.1.3", "ia5-text starting with MIME-Version:", "the MIME entity inside", is_harpoon, make_harpoon),
	ROW("B-101", "2157 6.1", "ia5-text", "text/plain; charset=us-ascii", is_ia5, make_ia5),
	ROW("B-123", "2157 6.2", "general-text", "text/plain; charset by the sets used", is_general, make_general),
	ROW("B-160", "2157 6.7", "teletex", "text/plain", is_teletex, make_teletex),
	ROW("B-166", "-", "iso6937-text [13]", "text/plain", is_iso6937, make_iso6937),
	ROW("B-174", "2159 3", "g3-facsimile", "image/g3fax, image/tiff", is_g3, make_g3),
	ROW("B-201", "2157 6.3", "bilaterally-defined", "application/octet-stream", is_bilateral, make_bilateral),
	ROW("B-205", "2157 3.3, 6.4, 3.1.1", "file-transfer", "type by its application-reference", is_file, make_file),
	ROW("B-251", "2157 3.1.2", "extended id-mime-bp-data", "the media type in its parameters", is_media, make_media),
	ROW("B-255", "2158, 2160", "extended JPEG, GIF, PostScript", "image/jpeg, image/gif, application/postscript", is_octets, make_octets),
	ROW("B-177", "2161", "extended oda", "application/oda", is_oda, make_oda),
	ROW("B-421", "X.420 7.4.18", "extended pkcs7, bodies.pkcs7_bp", "application/pkcs7-mime", is_pkcs7, make_pkcs7),
	ROW("B-404", "2157 6.6", "message, isAMessage FALSE", "multipart/subtype", is_nested_multipart, make_multipart),
	ROW("B-401", "2157 6.5", "message", "message/rfc822", is_message, make_message),
	ROW("B-334", "2157 3", "*, bodies.unknown_x400 drop, reject", "text/plain", is_unwanted, make_nothing),
	ROW("B-261", "2157 3.2", "*", "application/x400-bp", is_anything, make_x400_bp),
};
const struct rule_table body_to_822_rules = RULE_TABLE("body part to MIME", rows);

static int part_to_822(struct walk *w, const struct mx_body_part *p, struct mime_entity *m, bool sole, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int made;

		if (!rule_active(&rows[i].rule) || !rows[i].matches(w, p))
			continue;
		made = rows[i].make(w, p, m, sole, e);
		if (made <= 0)
			return made;
	}
	return ERR(e, ERR_MIXER_BODY_REFUSED, "body part %d", p->tag);
}

/* ---- the body as a whole ---- */

/* B-008: what the reverse direction could have put there, and nothing that the mapping itself has written. */
static bool is_allowed_field(const struct walk *w, const struct mime_entity *mail, const char *name)
{
	static const char *const owned[] = {"Received", "X400-Received", "Return-Path", "Delivered-To", "Authentication-Results", "Bcc",
	                                    "From", "Sender", "Message-ID", "MIME-Version", "MT-Priority", "Disposition-Notification-To"};
	static const char *const prefixes[] = {"DKIM-", "ARC-", "Content-", "SIO-Label", "MMHS-", "Resent-"};

	bool filter = str_eq(w->b->hdrpart_filter, "on") && rule_id_active("B-008");

	for (size_t i = 0; i < ARRAY_LEN(owned) && filter; i++)
		if (str_ieq(name, owned[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(prefixes) && filter; i++)
		if (str_istarts(name, prefixes[i]))
			return false;
	return !str_istarts(name, "Content-") && !str_ieq(name, "MIME-Version") && mime_get(mail, name) == NULL;
}

/* B-007: a first part "RFC-822-Headers:" of several is header.  false: it is not such a part. */
static bool take_headers(struct walk *w, const struct mx_body_part *p, struct mime_entity *mail, const char **subtype)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct octets text;
	struct mime_entity *fields;
	struct blob lines;
	const uint8_t *nl;

	if (!rule_id_active("B-007") || p->kind != MX_BODY_IA5 || p->data.len > HEADER_MAX || !starts_with(&p->data, "RFC-822-Headers:") ||
	    blob_map(w->a, &p->data, &text, NULL) != 0 || (nl = memchr(text.p, '\n', text.len)) == NULL)
		return false;
	lines = blob_slice(&p->data, (uint64_t)(nl + 1 - text.p), p->data.len);
	if (mime_parse(w->a, &lines, &limits, &fields, NULL) != 0)
		return true;
	for (size_t i = 0; i < fields->fields.count; i++) {
		const struct mime_field *f = &fields->fields.items[i];

		if (is_allowed_field(w, mail, f->name))
			mime_add_field(w->a, mail, f->name, f->value);
	}
	if (str_eq(fields->type, "multipart") && rule_id_active("B-407")) {
		*subtype = fields->subtype;
		for (size_t i = 0; i < fields->params.count; i++)
			if (!str_eq(fields->params.items[i].name, "boundary"))
				mime_set_param(w->a, mail, fields->params.items[i].name, fields->params.items[i].value);
	}
	return true;
}

/* B-412 */
static bool is_subtype(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 64)
		return false;
	if (!rule_id_active("B-412"))
		return true;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("()<>@,;:\\\"/[]?=", *s) != NULL)
			return false;
	return true;
}

static const char *subtype_of(const struct mx_ipm *ipm, size_t first, const char *downgraded)
{
	bool all = true;

	if (ipm->heading.multipart_subtype != NULL)
		return is_subtype(ipm->heading.multipart_subtype) ? ipm->heading.multipart_subtype : "mixed";
	if (downgraded != NULL && is_subtype(downgraded))
		return downgraded;
	for (size_t i = first; i < ipm->body.count; i++)
		all = all && ipm->body.items[i].kind == MX_BODY_MESSAGE && !is_multipart(&ipm->body.items[i]);
	return all && rule_id_active("B-408") ? "digest" : "mixed";
}

/* B-411: the parameters that travelled in the field list; boundary is ours. */
static void take_parameters(struct walk *w, const struct mx_heading *h, struct mime_entity *m)
{
	for (size_t i = 0; i < h->rfc_822_fields.count; i++) {
		struct mime_limits limits = MIME_LIMITS_DEFAULT;
		struct mime_entity *t;
		struct blob text;
		const char *item = h->rfc_822_fields.items[i];

		if (!str_istarts(item, "Content-Type:"))
			continue;
		item = arena_printf(w->a, "%s\r\n\r\n", clean(w->a, item));
		text = blob_mem(item, strlen(item));
		if (mime_parse(w->a, &text, &limits, &t, NULL) != 0 || !str_eq(t->type, "multipart") || !str_ieq(t->subtype, m->subtype))
			continue;
		for (size_t k = 0; k < t->params.count; k++)
			if (!str_eq(t->params.items[k].name, "boundary"))
				mime_set_param(w->a, m, t->params.items[k].name, t->params.items[k].value);
	}
}

static int several_parts(struct walk *w, const struct mx_ipm *ipm, size_t first, const char *downgraded, struct mime_entity *mail,
                         struct err *e)
{
	set_multipart(w, mail, subtype_of(ipm, first, downgraded));
	take_parameters(w, &ipm->heading, mail);
	for (size_t i = first; i < ipm->body.count; i++) {
		struct mime_entity *m = mime_new(w->a, "text/plain");

		TRY(part_to_822(w, &ipm->body.items[i], m, false, e));
		mime_add(w->a, mail, m);
	}
	return 0;
}

/* B-007 to B-013, B-402. */
static int ipm_body(struct walk *w, const struct mx_ipm *ipm, struct mime_entity *mail, bool nested_multipart, struct err *e)
{
	const char *downgraded = NULL;
	size_t first = !nested_multipart && ipm->body.count > 1 && take_headers(w, &ipm->body.items[0], mail, &downgraded) ? 1 : 0;
	size_t count = ipm->body.count - first;

	if (count == 0 && rule_id_active("B-013"))
		return set_text(w, mail, blob_mem("", 0), "us-ascii", true, e);
	if (count == 1 && ipm->heading.multipart_subtype == NULL && downgraded == NULL)
		return part_to_822(w, &ipm->body.items[first], mail, true, e);
	return several_parts(w, ipm, first, downgraded, mail, e);
}

int body_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, const struct mx_ipm *ipm,
                struct mime_entity *mail, struct err *e)
{
	const struct config_bodies *b = c->settings->bodies != NULL ? c->settings->bodies : config_bodies_default();
	struct walk w = {.a = a, .c = c, .b = b, .max_depth = c->settings->max_depth != 0 ? c->settings->max_depth : DEPTH_DEFAULT,
	                 .text = {.b = b, .charset_default = b->charset_default, .recode = !m->envelope.implicit_conversion_prohibited,
	                          .loss = !m->envelope.conversion_with_loss_prohibited}};

	return ipm_body(&w, ipm, mail, false, e);
}
