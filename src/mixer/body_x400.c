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
#include "mixer/body_text.h"
#include "mixer/body_types.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define IN_MEMORY 65536 /* smaller bodies are decoded in memory */
#define DEPTH_DEFAULT 20

struct walk {
	struct arena *a;
	const struct mixer_context *c;
	struct mx_message *m;
	struct stream *file; /* temporary file of this message, NULL: none yet */
	uint64_t file_end;
	unsigned depth, max_depth;
	unsigned generated; /* IPM identifiers made for multiparts */
	bool recode;        /* conversion is allowed */
};

/* One entity on its way into ipm; sole: it is the whole body of its message. */
struct job {
	const struct mime_entity *entity;
	struct mx_ipm *ipm;
	bool sole;
};

struct row {
	struct rule rule;
	bool (*matches)(const struct walk *w, const struct job *j);
	/* 0 made, 1 not after all (the next row is asked), -1 error */
	int (*make)(struct walk *w, const struct job *j, struct err *e);
};

static int part_to_x400(struct walk *w, const struct job *j, struct err *e);
static int message_body(struct walk *w, const struct mime_entity *mail, struct mx_ipm *ipm, struct err *e);

/* ---- octets ---- */

/* Where octets go next: the end of the temporary file, at which the next slice starts. */
static int open_file(struct walk *w, struct err *e)
{
	int fd;

	if (w->file != NULL)
		return 0;
	TRY(blob_tempfile(w->a, w->c->settings->tmpdir, &fd, e));
	w->file = stream_to_fd(w->a, fd, 0);
	return 0;
}

static int close_slice(struct walk *w, struct blob *out, struct err *e)
{
	TRY(stream_finish(w->file, e));
	*out = blob_file(w->file->fd, (off_t)w->file_end, w->file->written - w->file_end);
	w->file_end = w->file->written;
	return 0;
}

static int decode_body(struct walk *w, const struct mime_entity *m, struct blob *out, struct err *e)
{
	if (m->body.len <= IN_MEMORY) {
		struct buf *b = buf_in(w->a, 2 * IN_MEMORY);
		struct stream *s = stream_to_buf(w->a, b);

		TRY(mime_decode_body(w->a, m, s, e));
		TRY(stream_finish(s, e));
		*out = blob_mem(buf_str(b), b->len);
		return 0;
	}
	TRY(open_file(w, e));
	TRY(mime_decode_body(w->a, m, w->file, e));
	return close_slice(w, out, e);
}

static int scan_is_7bit(const struct blob *b, bool *clean, struct err *e)
{
	uint8_t piece[8192];
	size_t got;

	*clean = true;
	for (uint64_t off = 0; off < b->len && *clean; off += got) {
		TRY(blob_read(b, off, piece, sizeof(piece), &got, e));
		if (got == 0)
			break;
		*clean = text_is_ia5((struct octets){piece, got});
	}
	return 0;
}

static struct mx_body_part *add_part(struct walk *w, const struct job *j, enum mx_body_kind kind)
{
	return mx_add_body_part(w->a, j->ipm, kind);
}

static void add_eit(struct walk *w, const char *dotted)
{
	struct mx_oid oid = mx_oid_parse(w->a, dotted);

	w->m->envelope.original_eits.set = true;
	forms_add_eit(w->a, &w->m->envelope.original_eits, &oid);
}

static void add_eit_bit(struct walk *w, uint32_t bit)
{
	w->m->envelope.original_eits.set = true;
	w->m->envelope.original_eits.built_in |= bit;
}

static void add_ia5(struct walk *w, const struct job *j, struct blob data)
{
	add_part(w, j, MX_BODY_IA5)->data = data;
	add_eit_bit(w, MX_EIT_IA5_TEXT);
}

/* ---- files (2.3, 3.1.1, 6.4) ---- */

/* Control characters become blanks, at most 255 octets, the extension kept (B-238, B-323). */
static char *clean_name(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);
	size_t n = strlen(s);

	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	if (n > 255) {
		const char *dot = strrchr(s, '.');
		size_t tail = dot != NULL && strlen(dot) <= 16 ? strlen(dot) : 0;
		size_t keep = 255 - tail;

		while (keep > 0 && ((unsigned char)s[keep] & 0xc0) == 0x80)
			keep--;
		memmove(s + keep, s + n - tail, tail + 1);
	}
	return s;
}

static const char *param_of(const struct mime_entity *m, bool disposition, const char *name)
{
	for (size_t i = 0; i < (disposition ? m->disposition_params.count : m->params.count); i++) {
		const struct mime_param *p = disposition ? &m->disposition_params.items[i] : &m->params.items[i];

		if (str_eq(p->name, name))
			return p->value;
	}
	return NULL;
}

static const char *file_name(const struct mime_entity *m)
{
	const char *name = param_of(m, true, "filename");

	return name != NULL ? name : param_of(m, false, "name");
}

static void file_date(const struct mime_entity *m, const char *param, struct when *out)
{
	const char *value = param_of(m, true, param);
	struct when w;

	if (value != NULL && mime_parse_date(value, &w) == 0)
		*out = w;
}

/* B-233: which fields of the part have no slot of their own. */
static bool is_kept_field(const struct job *j, const char *name, bool with_type)
{
	if (str_ieq(name, "Content-Type"))
		return with_type;
	if (str_ieq(name, "Content-Disposition")) /* only "attachment" comes back by itself (B-223) */
		return j->entity->disposition != NULL && !str_eq(j->entity->disposition, "attachment");
	if (str_ieq(name, "Content-Transfer-Encoding") || str_ieq(name, "Content-Description") || str_ieq(name, "MIME-Version"))
		return false;
	return !j->sole || str_istarts(name, "Content-");
}

static void keep_fields(struct walk *w, const struct job *j, struct mx_file *f, bool with_type)
{
	for (size_t i = 0; i < j->entity->fields.count; i++) {
		const struct mime_field *field = &j->entity->fields.items[i];
		const char *item = is_kept_field(j, field->name, with_type) ? field_list_item(w->a, field->name, field->value) : NULL;

		if (item != NULL)
			*ARENA_PUSH(w->a, &f->rfc_822_fields) = item;
	}
	if (with_type && !j->entity->has_content_type)
		*ARENA_PUSH(w->a, &f->rfc_822_fields) =
			arena_printf(w->a, "Content-Type: %s/%s", j->entity->type, j->entity->subtype);
}

static void add_file(struct walk *w, const struct job *j, const char *reference, bool with_type, struct blob data)
{
	const struct mime_entity *m = j->entity;
	struct mx_body_part *part = add_part(w, j, MX_BODY_FILE_TRANSFER);
	struct mx_file *f = &part->file;

	part->extended = true;
	part->data = data;
	f->octet_aligned = true; /* B-210 */
	f->application_reference = mx_oid_parse(w->a, reference);
	f->contents_type = mx_oid_parse(w->a, BODY_UNSTRUCTURED_BINARY);
	f->pathname = file_name(m) != NULL ? clean_name(w->a, file_name(m)) : NULL;
	f->user_visible_string = m->description;
	f->object_size = param_of(m, true, "size") != NULL && data.len <= INT32_MAX ? (int64_t)data.len : MX_ABSENT; /* B-232 */
	file_date(m, "creation-date", &f->creation);
	file_date(m, "modification-date", &f->last_modification);
	file_date(m, "read-date", &f->last_read_access);
	if (m->id != NULL)
		f->message_reference = addr_ascii_to_printable(w->a, m->id);
	keep_fields(w, j, f, with_type);
	add_eit(w, BODY_EIT_FILE_TRANSFER);
}

/* ---- matching ---- */

static bool is_type(const struct mime_entity *m, const char *type, const char *subtype)
{
	return str_eq(m->type, type) && (subtype == NULL || str_eq(m->subtype, subtype));
}

static bool is_too_deep(const struct walk *w, const struct job *j)
{
	return j->entity->too_deep || (w->depth >= w->max_depth && (is_type(j->entity, "multipart", NULL) || j->entity->children.count > 0));
}

static bool is_security_multipart(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "multipart", "signed") || is_type(j->entity, "multipart", "encrypted");
}

static bool is_external_body(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "message", "external-body");
}

static bool is_multipart(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "multipart", NULL);
}

static bool is_message(const struct walk *w, const struct job *j)
{
	(void)w;
	return (is_type(j->entity, "message", "rfc822") || is_type(j->entity, "message", "global")) && j->entity->children.count == 1;
}

static bool is_x400_bp(const struct walk *w, const struct job *j)
{
	/* raw BER out of the Internet goes into an IPM only when its sender is believed (mixer-body 8) */
	return w->c->read_body_part != NULL && w->c->trusted && is_type(j->entity, "application", "x400-bp");
}

static bool is_unknown_encoding(const struct walk *w, const struct job *j)
{
	(void)w;
	return j->entity->encoding == MIME_UNKNOWN_ENCODING;
}

static bool is_x_ftbp(const struct walk *w, const struct job *j)
{
	(void)w;
	return str_eq(j->entity->type, "application") && str_istarts(j->entity->subtype, "x-ftbp.");
}

static bool is_report_text(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "text", "rfc822-headers") || is_type(j->entity, "message", "delivery-status") ||
	       is_type(j->entity, "message", "disposition-notification");
}

/* B-305: a text that is a file, by what its sender says of it. */
static bool is_text_file(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "text", "plain") && j->entity->disposition != NULL && str_eq(j->entity->disposition, "attachment") &&
	       file_name(j->entity) != NULL;
}

static bool is_plain_text(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "text", "plain");
}

static bool is_octet_stream(const struct walk *w, const struct job *j)
{
	(void)w;
	return is_type(j->entity, "application", "octet-stream");
}

static bool is_bp14(const struct walk *w, const struct job *j)
{
	return w->c->settings->octet_stream_bp14 && is_octet_stream(w, j);
}

static bool is_known_file(const struct walk *w, const struct job *j)
{
	(void)w;
	return body_reference_of(j->entity->type, j->entity->subtype) != NULL;
}

static bool is_anything(const struct walk *w, const struct job *j)
{
	(void)w;
	(void)j;
	return true;
}

/* ---- making ---- */

/* The header octets of an entity, Content-* fields alone, as they were written (B-331). */
static struct octets content_header(struct walk *w, const struct mime_entity *m, struct err *e, bool *failed)
{
	struct blob head = blob_slice(&m->raw, 0, m->raw.len - m->body.len);
	struct buf *b = buf_in(w->a, (size_t)head.len + 16);
	struct octets in;
	bool keep = false;

	*failed = blob_map(w->a, &head, &in, e) != 0;
	for (size_t i = 0; !*failed && i < in.len;) {
		const uint8_t *nl = memchr(in.p + i, '\n', in.len - i);
		size_t n = nl != NULL ? (size_t)(nl - in.p) - i + 1 : in.len - i;
		size_t text = n;

		while (text > 0 && (in.p[i + text - 1] == '\n' || in.p[i + text - 1] == '\r'))
			text--;
		if (text > 0 && in.p[i] != ' ' && in.p[i] != '\t')
			keep = text > 8 && str_ieqn((const char *)in.p + i, "content-", 8);
		if (keep && text > 0) {
			buf_put(b, in.p + i, text);
			buf_puts(b, "\r\n");
		}
		i += n;
	}
	return buf_octets(b);
}

/* B-264: the entity as text, octets of its body unchanged.  1: it is not 7bit. */
static int make_harpoon(struct walk *w, const struct job *j, struct err *e)
{
	static const char version[] = "MIME-Version: 1.0 (generated by mixgate)\r\n";
	bool clean, failed;
	struct octets head = content_header(w, j->entity, e, &failed);
	struct blob data;

	if (failed)
		return -1;
	TRY(scan_is_7bit(&j->entity->body, &clean, e));
	if (!clean || !text_is_ia5(head))
		return 1;
	TRY(open_file(w, e));
	stream_put(w->file, version, sizeof(version) - 1);
	stream_put(w->file, head.p, head.len);
	stream_puts(w->file, "\r\n");
	stream_blob(w->file, &j->entity->body);
	TRY(close_slice(w, &data, e));
	add_ia5(w, j, data);
	return 0;
}

/* The whole entity as a file: its body as received, its Content-Type beside it. */
static int make_raw_file(struct walk *w, const struct job *j, struct err *e)
{
	(void)e;
	add_file(w, j, BODY_MIME_FTBP_DATA, true, j->entity->body);
	return 0;
}

static int make_encapsulated(struct walk *w, const struct job *j, struct err *e)
{
	struct blob data;

	if (is_multipart(w, j) || j->entity->children.count > 0)
		return make_raw_file(w, j, e);
	TRY(decode_body(w, j->entity, &data, e));
	add_file(w, j, BODY_MIME_FTBP_DATA, true, data);
	return 0;
}

/* B-301: octets of an unknown transfer encoding, which stays named. */
static int make_undecoded(struct walk *w, const struct job *j, struct err *e)
{
	const char *cte = mime_get(j->entity, "Content-Transfer-Encoding");
	struct mx_file *f;

	TRY(make_raw_file(w, j, e));
	f = &j->ipm->body.items[j->ipm->body.count - 1].file;
	if (cte != NULL && (cte = field_list_item(w->a, "Content-Transfer-Encoding", cte)) != NULL)
		*ARENA_PUSH(w->a, &f->rfc_822_fields) = cte;
	return 0;
}

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
static void keep_multipart_type(struct walk *w, const struct mime_entity *m, struct mx_heading *h)
{
	struct buf *b = buf_in(w->a, 8192);
	const char *item;

	for (size_t i = 0; i < m->params.count; i++)
		if (!str_eq(m->params.items[i].name, "boundary"))
			buf_printf(b, "; %s=\"%s\"", m->params.items[i].name, m->params.items[i].value);
	if (b->len == 0)
		return;
	item = field_list_item(w->a, "Content-Type", arena_printf(w->a, "multipart/%s%s", m->subtype, buf_str(b)));
	if (item != NULL)
		*ARENA_PUSH(w->a, &h->rfc_822_fields) = item;
}

/* The children of a multipart into ipm; at least one part comes of it (B-414). */
static int add_children(struct walk *w, const struct mime_entity *m, struct mx_ipm *ipm, struct err *e)
{
	for (size_t i = 0; i < m->children.count; i++)
		TRY(part_to_x400(w, &(struct job){m->children.items[i], ipm, false}, e));
	if (m->children.count == 0)
		add_ia5(w, &(struct job){m, ipm, true}, blob_mem("", 0));
	return 0;
}

static struct mx_message *add_forwarded(struct walk *w, const struct job *j)
{
	struct mx_body_part *part = add_part(w, j, MX_BODY_MESSAGE);

	part->message = mx_message_new(w->a, MX_MESSAGE);
	part->message->content = MX_CONTENT_IPM;
	mx_heading_init(&part->message->ipm.heading);
	return part->message;
}

static int make_nested_multipart(struct walk *w, const struct job *j, struct err *e)
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
static int make_message(struct walk *w, const struct job *j, struct err *e)
{
	const struct mime_entity *mail = j->entity->children.items[0];
	size_t before = j->ipm->body.count;
	struct mx_message *inner = add_forwarded(w, j);
	struct err why;
	int result;

	if (heading_of_ipm_to_x400(w->a, w->c, mail, &inner->ipm.heading, &why) != 0) {
		j->ipm->body.count = before;
		return make_raw_file(w, j, e);
	}
	w->depth++;
	result = message_body(w, mail, &inner->ipm, e);
	w->depth--;
	return result;
}

static int make_x400_bp(struct walk *w, const struct job *j, struct err *e)
{
	const char *type = mime_get_param(j->entity, "bp-type");
	struct mx_body_part *part;
	struct blob data;
	struct err why;
	bool fits;

	TRY(decode_body(w, j->entity, &data, e));
	part = add_part(w, j, MX_BODY_OTHER);
	if (w->c->read_body_part(w->a, &data, part, &why) != 0) {
		j->ipm->body.count--;
		mx_note_loss(w->a, w->m, "B-262", "application/x400-bp", arena_strdup(w->a, why.detail));
		return 1;
	}
	fits = type != NULL && (part->type.der.p != NULL ? str_eq(mx_oid_text(w->a, &part->type), type)
	                                                 : part->tag == MX_ABSENT || str_eq(arena_printf(w->a, "%d", part->tag), type));
	if (!fits || part->kind == MX_BODY_MESSAGE) { /* a hidden message would pass no check of its content */
		j->ipm->body.count--;
		return 1;
	}
	part->raw = data;
	add_eit_bit(w, MX_EIT_UNKNOWN);
	return 0;
}

static int make_x_ftbp(struct walk *w, const struct job *j, struct err *e)
{
	struct mx_oid oid;
	struct blob data;

	if (mx_oid_parse_text(w->a, j->entity->subtype + strlen("x-ftbp."), &oid) != 0)
		return 1;
	TRY(decode_body(w, j->entity, &data, e));
	add_file(w, j, mx_oid_text(w->a, &oid), false, data);
	return 0;
}

static int make_file(struct walk *w, const struct job *j, struct err *e)
{
	struct blob data;

	TRY(decode_body(w, j->entity, &data, e));
	add_file(w, j, body_reference_of(j->entity->type, j->entity->subtype), false, data);
	return 0;
}

static int make_bp14(struct walk *w, const struct job *j, struct err *e)
{
	struct blob data;

	TRY(decode_body(w, j->entity, &data, e));
	add_part(w, j, MX_BODY_BILATERAL)->data = data;
	add_eit_bit(w, MX_EIT_UNKNOWN);
	return 0;
}

static void add_general(struct walk *w, const struct job *j, const struct text_choice *t)
{
	struct mx_body_part *part = add_part(w, j, MX_BODY_GENERAL_TEXT);

	part->extended = true;
	part->data = blob_mem(t->out.p, t->out.len);
	for (size_t i = 0; i < t->count; i++) {
		*ARENA_PUSH(w->a, &part->character_sets) = t->sets[i];
		add_eit(w, arena_printf(w->a, "1.0.10021.7.1.0.%d", t->sets[i])); /* B-145 */
	}
}

/* B-100 to B-147. */
static int make_text_of(struct walk *w, const struct job *j, const struct blob *data, const char *charset, struct err *e)
{
	struct text_choice t;
	struct octets in;
	bool clean;

	if (data->len > BODY_TEXT_MAX) {
		TRY(scan_is_7bit(data, &clean, e));
		if (!clean)
			return 1;
		add_ia5(w, j, *data);
		return 0;
	}
	TRY(blob_map(w->a, data, &in, e));
	text_to_x400(w->a, in, charset, w->recode, &t);
	if (t.fate == TEXT_ENCAPSULATE)
		return 1;
	if (t.fate == TEXT_IA5)
		add_ia5(w, j, blob_mem(t.out.p, t.out.len));
	else
		add_general(w, j, &t);
	return 0;
}

/* B-109: the text stays fixed, only the blank that protects a line goes. */
static struct blob unstuff(struct walk *w, const struct blob *data)
{
	uint8_t *p = arena_alloc(w->a, (size_t)data->len + 1);
	size_t n = 0;

	for (size_t i = 0; i < data->len; i++)
		if (data->mem[i] != ' ' || (i > 0 && data->mem[i - 1] != '\n'))
			p[n++] = data->mem[i];
	return blob_mem(p, n);
}

static int make_text(struct walk *w, const struct job *j, struct err *e)
{
	const char *format = mime_get_param(j->entity, "format");
	struct blob data;

	TRY(decode_body(w, j->entity, &data, e));
	if (format != NULL && str_ieq(format, "flowed") && data.mem != NULL)
		data = unstuff(w, &data);
	return make_text_of(w, j, &data, mime_get_param(j->entity, "charset"), e);
}

static int make_report_text(struct walk *w, const struct job *j, struct err *e)
{
	struct blob data;

	TRY(decode_body(w, j->entity, &data, e));
	return make_text_of(w, j, &data, NULL, e);
}

#define ROW(id, section, field, element, matches, make)                                                                \
	{{id, section, RULE_TO_X400, field, element, "-", "-", "-", "B-208"}, matches, make}

static const struct row rows[] = {
	ROW("B-320", "-", "deeper than limits.nesting", "file-transfer, octets as received", is_too_deep, make_raw_file),
	ROW("B-272", "2157 7.3", "multipart/signed, multipart/encrypted", "ia5-text, HARPOON", is_security_multipart, make_harpoon),
	ROW("B-274", "2157 7.4", "multipart/encrypted, signed with 8-bit octets", "file-transfer, octets as received", is_security_multipart,
	    make_raw_file),
	ROW("B-270", "2157 7.1", "message/external-body", "ia5-text, HARPOON", is_external_body, make_harpoon),
	ROW("B-403", "2157 6.6", "multipart/*", "message [9], multipart-message-v2 isAMessage FALSE", is_multipart, make_nested_multipart),
	ROW("B-400", "2157 6.5", "message/rfc822, message/global", "message [9]", is_message, make_message),
	ROW("B-301", "2045", "unknown Content-Transfer-Encoding", "file-transfer", is_unknown_encoding, make_undecoded),
	ROW("B-262", "2157 3.2", "application/x400-bp", "the body part itself", is_x400_bp, make_x400_bp),
	ROW("B-206", "2157 3.3", "application/x-ftbp.OID", "file-transfer, application-reference OID", is_x_ftbp, make_x_ftbp),
	ROW("B-418", "2157 6.5", "text/rfc822-headers, message/delivery-status", "ia5-text", is_report_text, make_report_text),
	ROW("B-305", "2183", "text/plain, attachment with a name", "file-transfer", is_text_file, make_encapsulated),
	ROW("B-100", "2157 6.1, 6.2", "text/plain", "ia5-text, general-text", is_plain_text, make_text),
	ROW("B-200", "2157 6.3", "application/octet-stream, bodies.octet_stream bp14", "bilaterally-defined", is_bp14, make_bp14),
	ROW("B-203", "2157 6.4", "application/octet-stream", "file-transfer, EMA unknown", is_octet_stream, make_file),
	ROW("B-252", "2160, 2158", "application/postscript, image/jpeg, image/gif", "file-transfer, reference of the type", is_known_file,
	    make_file),
	ROW("B-208", "2157 3.1.1", "*", "file-transfer, id-mime-ftbp-data", is_anything, make_encapsulated),
};
const struct rule_table body_to_x400_rules = RULE_TABLE("MIME to body part", rows);

static int part_to_x400(struct walk *w, const struct job *j, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int made;

		if (!rule_active(&rows[i].rule) || !rows[i].matches(w, j))
			continue;
		made = rows[i].make(w, j, e);
		if (made <= 0)
			return made;
	}
	return make_encapsulated(w, j, e);
}

/* B-001, B-003, B-004: no MIME-Version and no Content-Type is plain text. */
static int plain_message(struct walk *w, const struct job *j, struct err *e)
{
	int made = make_text_of(w, j, &j->entity->body, NULL, e);

	return made == 1 ? make_raw_file(w, j, e) : made;
}

/* The body of a message: an outermost multipart gives its parts (B-402), anything else one. */
static int message_body(struct walk *w, const struct mime_entity *mail, struct mx_ipm *ipm, struct err *e)
{
	struct job j = {mail, ipm, true};

	if (!mail->has_mime_version && (w->c->settings->strict_mixer || !mail->has_content_type))
		return plain_message(w, &j, e);
	if (!is_multipart(w, &j) || is_security_multipart(w, &j) || is_too_deep(w, &j))
		return part_to_x400(w, &j, e);
	if (!str_eq(mail->subtype, "mixed"))
		ipm->heading.multipart_subtype = mail->subtype;
	if (!str_eq(mail->subtype, "mixed") && !str_eq(mail->subtype, "alternative"))
		keep_multipart_type(w, mail, &ipm->heading);
	return add_children(w, mail, ipm, e);
}

int body_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e)
{
	struct walk w = {.a = a, .c = c, .m = m,
	                 .max_depth = c->settings->max_depth != 0 ? c->settings->max_depth : DEPTH_DEFAULT,
	                 .recode = !m->envelope.implicit_conversion_prohibited};

	return message_body(&w, mail, &m->ipm, e);
}
