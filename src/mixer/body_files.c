/*
 * mixer/body_files.c - files and capsules: MIME entities that become file-transfer, bilaterally-defined, id-mime-bp-data or
 * a text with a MIME header (HARPOON) (RFC 2157 2.3, 3.1, 4.1, 5.5, 6.3, 6.4).  See body_walk.h.
 */
#include <string.h>

#include "base/str.h"
#include "mime/codec.h"
#include "mixer/body_types.h"
#include "mixer/body_walk.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define IN_MEMORY 65536 /* smaller bodies are decoded in memory */

/* ---- octets ---- */

/* Where octets go next: the end of the temporary file, at which the next slice starts. */
int body_open_file(struct body_walk *w, struct err *e)
{
	int fd;

	if (w->file != NULL)
		return 0;
	TRY(blob_tempfile(w->a, w->c->settings->tmpdir, &fd, e));
	w->file = stream_to_fd(w->a, fd, 0);
	return 0;
}

int body_close_slice(struct body_walk *w, struct blob *out, struct err *e)
{
	TRY(stream_finish(w->file, e));
	*out = blob_file(w->file->fd, (off_t)w->file_end, w->file->written - w->file_end);
	w->file_end = w->file->written;
	return 0;
}

int body_decode(struct body_walk *w, const struct mime_entity *m, struct blob *out, struct err *e)
{
	if (m->body.len <= IN_MEMORY) {
		struct buf *b = buf_in(w->a, 2 * IN_MEMORY);
		struct stream *s = stream_to_buf(w->a, b);

		TRY(mime_decode_body(w->a, m, s, e));
		TRY(stream_finish(s, e));
		*out = blob_mem(buf_str(b), b->len);
		return 0;
	}
	TRY(body_open_file(w, e));
	TRY(mime_decode_body(w->a, m, w->file, e));
	return body_close_slice(w, out, e);
}

int body_is_7bit(const struct blob *b, bool *clean, struct err *e)
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

struct mx_body_part *body_add_part(struct body_walk *w, const struct body_job *j, enum mx_body_kind kind)
{
	return mx_add_body_part(w->a, j->ipm, kind);
}

void body_add_eit_oid(struct body_walk *w, const struct mx_oid *oid)
{
	if (!rule_id_active("B-015"))
		return;
	w->m->envelope.original_eits.set = true;
	forms_add_eit(w->a, &w->m->envelope.original_eits, oid);
}

void body_add_eit(struct body_walk *w, const char *dotted)
{
	struct mx_oid oid = mx_oid_parse(w->a, dotted);

	body_add_eit_oid(w, &oid);
}

void body_add_eit_bit(struct body_walk *w, uint32_t bit)
{
	w->m->envelope.original_eits.set = true;
	w->m->envelope.original_eits.built_in |= bit;
}

void body_add_ia5(struct body_walk *w, const struct body_job *j, struct blob data)
{
	body_add_part(w, j, MX_BODY_IA5)->data = data;
	body_add_eit_bit(w, MX_EIT_IA5_TEXT);
}

bool body_is_type(const struct mime_entity *m, const char *type, const char *subtype)
{
	return str_eq(m->type, type) && (subtype == NULL || str_eq(m->subtype, subtype));
}

bool body_is_multipart(const struct mime_entity *m) { return str_eq(m->type, "multipart"); }

/* ---- files (2.3, 3.1.1, 6.4) ---- */

/* Control characters become blanks, at most 255 octets, the extension kept (B-238, B-323). */
static char *clean_name(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);
	size_t n = strlen(s);

	for (char *p = s; *p != '\0' && rule_id_active("B-238"); p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	if (n > 255 && rule_id_active("B-323")) {
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

const char *body_file_name(const struct mime_entity *m)
{
	const char *name = param_of(m, true, "filename");

	return name != NULL ? name : param_of(m, false, "name");
}

static void file_date(const struct mime_entity *m, const char *param, struct when *out)
{
	const char *value = param_of(m, true, param);
	struct when w;

	if (value != NULL && rule_id_active("B-231") && mime_parse_date(value, &w) == 0)
		*out = w;
}

#define WISH_FIELD "Wanted-X400-Conversion"
/* Taken as a wish, so it does not go on (B-180). */
static bool is_wish(const char *name) { return str_ieq(name, WISH_FIELD); }

/* B-233: which fields of the part have no slot of their own. */
static bool is_kept_field(const struct body_job *j, const char *name, bool with_type)
{
	if (str_ieq(name, "Content-Type"))
		return with_type;
	if (str_ieq(name, "Content-Disposition")) /* only "attachment" comes back by itself */
		return rule_id_active("B-223") && j->entity->disposition != NULL && !str_eq(j->entity->disposition, "attachment");
	if (str_ieq(name, "Content-Transfer-Encoding") || str_ieq(name, "Content-Description") || str_ieq(name, "MIME-Version"))
		return false;
	return !is_wish(name) && (!j->sole || str_istarts(name, "Content-"));
}

static void keep_fields(struct body_walk *w, const struct body_job *j, struct mx_file *f, bool with_type)
{
	for (size_t i = 0; i < j->entity->fields.count && rule_id_active("B-233"); i++) {
		const struct mime_field *field = &j->entity->fields.items[i];
		const char *item = is_kept_field(j, field->name, with_type) ? field_list_item(w->a, field->name, field->value) : NULL;

		if (item != NULL)
			*ARENA_PUSH(w->a, &f->rfc_822_fields) = item;
	}
	if (with_type && !j->entity->has_content_type)
		*ARENA_PUSH(w->a, &f->rfc_822_fields) =
			arena_printf(w->a, "Content-Type: %s/%s", j->entity->type, j->entity->subtype);
}

static void add_file(struct body_walk *w, const struct body_job *j, const char *reference, bool with_type, struct blob data)
{
	const struct mime_entity *m = j->entity;
	struct mx_body_part *part = body_add_part(w, j, MX_BODY_FILE_TRANSFER);
	struct mx_file *f = &part->file;

	part->extended = true;
	part->data = data;
	f->octet_aligned = true; /* B-210 */
	f->application_reference = mx_oid_parse(w->a, reference);
	f->contents_type = mx_oid_parse(w->a, BODY_UNSTRUCTURED_BINARY);
	f->pathname = body_file_name(m) != NULL && rule_id_active("B-225") ? clean_name(w->a, body_file_name(m)) : NULL;
	f->user_visible_string = rule_id_active("B-222") ? m->description : NULL;
	f->object_size = param_of(m, true, "size") != NULL && rule_id_active("B-232") && data.len <= INT32_MAX ? (int64_t)data.len : MX_ABSENT;
	file_date(m, "creation-date", &f->creation);
	file_date(m, "modification-date", &f->last_modification);
	file_date(m, "read-date", &f->last_read_access);
	if (m->id != NULL && rule_id_active("B-220"))
		f->message_reference = addr_ascii_to_printable(w->a, m->id);
	keep_fields(w, j, f, with_type);
	body_add_eit(w, BODY_EIT_FILE_TRANSFER);
}

/* ---- capsules ---- */

/* The header octets of an entity, Content-* fields alone, as they were written (B-331); encoded: its transfer encoding will
 * be another. */
static struct octets content_header(struct body_walk *w, const struct mime_entity *m, bool encoded, struct err *e, bool *failed)
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
			keep = text > 8 && str_ieqn((const char *)in.p + i, "content-", 8) &&
			       !(encoded && text > 26 && str_ieqn((const char *)in.p + i, "content-transfer-encoding:", 26));
		if (keep && text > 0) {
			buf_put(b, in.p + i, text);
			buf_puts(b, "\r\n");
		}
		i += n;
	}
	return buf_octets(b);
}


/* A leaf that is not 7bit, encoded again. */
static int put_encoded(struct body_walk *w, const struct mime_entity *m, const struct blob *data, struct err *e)
{
	enum mime_encoding encoding;
	struct octets in;

	TRY(mime_choose_encoding(data, str_eq(m->type, "text"), &encoding, e));
	TRY(blob_map(w->a, data, &in, e));
	if (encoding == MIME_QUOTED_PRINTABLE) {
		stream_puts(w->file, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		if (!mime_qp_encode(in, true, w->file))
			stream_puts(w->file, "=\r\n");
	} else {
		stream_puts(w->file, "Content-Transfer-Encoding: base64\r\n\r\n");
		mime_base64_encode(in, w->file);
	}
	return 0;
}

/* B-264: the entity as text, octets of its body unchanged where they are 7bit.  1: it cannot be one. */
int body_make_harpoon(struct body_walk *w, const struct body_job *j, struct err *e)
{
	static const char version[] = "MIME-Version: 1.0 (generated by mixgate)\r\n";
	const struct mime_entity *m = j->entity;
	bool leaf = m->children.count == 0 && !body_is_multipart(m) && !str_eq(m->type, "message"), clean, failed;
	struct octets head;
	struct blob data;

	TRY(body_is_7bit(&m->body, &clean, e));
	head = content_header(w, m, !clean, e, &failed);
	if (failed)
		return -1;
	if ((!clean && !leaf) || !text_is_ia5(head) || !rule_id_active("B-264"))
		return 1;
	if (!clean) /* what it decodes into comes first, so that the slice is in one piece */
		TRY(body_decode(w, m, &data, e));
	TRY(body_open_file(w, e));
	stream_put(w->file, version, sizeof(version) - 1);
	stream_put(w->file, head.p, head.len);
	if (!m->has_content_type)
		stream_printf(w->file, "Content-Type: %s/%s\r\n", m->type, m->subtype);
	if (clean) {
		stream_puts(w->file, "\r\n");
		stream_blob(w->file, &m->body);
	} else {
		TRY(put_encoded(w, m, &data, e));
	}
	TRY(body_close_slice(w, &data, e));
	body_add_ia5(w, j, data);
	return 0;
}

/* The whole entity as a file: its body as received, its Content-Type beside it. */
int body_make_raw_file(struct body_walk *w, const struct body_job *j, struct err *e)
{
	int made = w->b->no_file_transfer ? body_make_harpoon(w, j, e) : 1;

	if (made == 1 && w->b->no_file_transfer)
		made = body_make_bp15(w, j, e);
	if (made <= 0)
		return made;
	if (w->b->no_file_transfer)
		return body_make_bp14(w, j, e);
	add_file(w, j, BODY_MIME_FTBP_DATA, true, j->entity->body);
	return 0;
}

/* B-301: octets of an unknown transfer encoding, which stays named. */
int body_make_undecoded(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *cte = mime_get(j->entity, "Content-Transfer-Encoding");
	struct mx_file *f;

	TRY(body_make_raw_file(w, j, e));
	if (w->b->no_file_transfer)
		return 0;
	f = &j->ipm->body.items[j->ipm->body.count - 1].file;
	if (cte != NULL && (cte = field_list_item(w->a, "Content-Transfer-Encoding", cte)) != NULL)
		*ARENA_PUSH(w->a, &f->rfc_822_fields) = cte;
	return 0;
}

/* ---- media in parts of their own ---- */

/* Quotes of a parameter's value as they stood in the field; NULL: it has none. */
static bool was_quoted(const struct mime_entity *m, const char *name)
{
	const char *field = mime_get(m, "Content-Type"), *p = field;
	size_t n = strlen(name);

	for (; p != NULL && (p = strchr(p, ';')) != NULL;) {
		p++;
		p += strspn(p, " \t");
		if (str_ieqn(p, name, n)) {
			const char *v = p + n;

			v += strspn(v, " \t");
			if (*v == '=')
				return v[1 + strspn(v + 1, " \t")] == '"';
		}
	}
	return false;
}

static const char *media_parameter(struct arena *a, const struct mime_entity *m, const struct mime_param *p)
{
	if (!str_is_printable_ascii(p->value))
		return NULL;
	return arena_printf(a, "%s=%s", p->name, was_quoted(m, p->name) ? forms_quoted(a, p->value) : p->value);
}

/* B-250: id-mime-bp-data. */
int body_make_bp15(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const struct mime_entity *m = j->entity;
	struct mx_body_part *part;
	struct blob data;

	if (w->b->no_extended || !rule_id_active("B-250"))
		return 1;
	if (body_is_multipart(m) || m->children.count > 0)
		data = m->body;
	else
		TRY(body_decode(w, m, &data, e));
	part = body_add_part(w, j, MX_BODY_MEDIA);
	part->extended = true;
	part->data = data;
	part->media.type = arena_printf(w->a, "%s/%s", m->type, m->subtype);
	for (size_t i = 0; i < m->params.count; i++) {
		const char *item = media_parameter(w->a, m, &m->params.items[i]);

		if (item != NULL)
			*ARENA_PUSH(w->a, &part->media.parameters) = item;
	}
	for (size_t i = 0; i < m->fields.count; i++) {
		const struct mime_field *f = &m->fields.items[i];
		const char *item = NULL;

		if (!str_ieq(f->name, "Content-Type") && !str_ieq(f->name, "Content-Transfer-Encoding") && !str_ieq(f->name, "MIME-Version") &&
		    !is_wish(f->name) && (!j->sole || str_istarts(f->name, "Content-")))
			item = field_list_item(w->a, f->name, f->value);
		if (item != NULL)
			*ARENA_PUSH(w->a, &part->media.fields) = item;
	}
	body_add_eit(w, BODY_MIME_BP_DATA);
	return 0;
}

static int add_octets(struct body_walk *w, const struct body_job *j, const struct mx_oid *type, struct err *e)
{
	struct mx_body_part *part;
	struct blob data;

	TRY(body_decode(w, j->entity, &data, e));
	part = body_add_part(w, j, MX_BODY_OCTETS);
	part->extended = true;
	part->type = *type;
	part->data = data;
	body_add_eit_oid(w, type);
	return 0;
}

/* B-252, B-254, B-256: an extended body part of the type's own. */
int body_make_octets(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *own = body_part_of(j->entity->type, j->entity->subtype);
	struct mx_oid type;

	if (own == NULL || w->b->no_extended)
		return 1;
	type = mx_oid_parse(w->a, own);
	return add_octets(w, j, &type, e);
}

int body_make_bp14(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *name = body_file_name(j->entity);
	struct blob data;

	TRY(body_decode(w, j->entity, &data, e));
	if (name != NULL && str_eq(w->b->name_part, "on")) {
		char *line = arena_printf(w->a, "%s\r\n", clean_name(w->a, name));

		if (text_is_ia5((struct octets){(const uint8_t *)line, strlen(line)}))
			body_add_ia5(w, j, blob_mem(line, strlen(line)));
	}
	if (name != NULL)
		mx_note_loss(w->a, w->m, "B-200", "filename", name);
	body_add_part(w, j, MX_BODY_BILATERAL)->data = data;
	body_add_eit_bit(w, MX_EIT_UNKNOWN);
	return 0;
}

/* ---- what has no body part of its own (3.1) ---- */

const char *body_unknown(const struct body_walk *w)
{
	const char *as = w->b->unknown;

	if (str_eq(as, "ftbp") && w->b->no_file_transfer)
		as = w->b->no_extended ? "harpoon" : "bp15";
	else if (str_eq(as, "bp15") && w->b->no_extended)
		as = w->b->no_file_transfer ? "harpoon" : "ftbp";
	return as;
}

static int make_ftbp(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct blob data;

	if (body_is_multipart(j->entity) || j->entity->children.count > 0)
		return body_make_raw_file(w, j, e);
	TRY(body_decode(w, j->entity, &data, e));
	add_file(w, j, BODY_MIME_FTBP_DATA, true, data);
	return 0;
}

int body_drop(struct body_walk *w, const struct body_job *j, const char *why, struct err *e)
{
	const struct mime_entity *m = j->entity;
	const char *name = body_file_name(m);
	struct blob data;
	char *text;

	if (!w->text.loss)
		return ERR(e, ERR_MIXER_LOSS, "%s/%s would be left out", m->type, m->subtype);
	TRY(body_decode(w, m, &data, e));
	text = arena_printf(w->a, "[part removed: %s/%s%s%s%s, %llu octets, reason %s]\r\n", m->type, m->subtype, name != NULL ? " \"" : "",
	                    name != NULL ? name : "", name != NULL ? "\"" : "", (unsigned long long)data.len, why);
	if (!text_is_ia5((struct octets){(const uint8_t *)text, strlen(text)}))
		text = arena_printf(w->a, "[part removed, %llu octets, reason %s]\r\n", (unsigned long long)data.len, why);
	mx_note_loss(w->a, w->m, "B-334", "body part", text);
	body_add_ia5(w, j, blob_mem(text, strlen(text)));
	return 0;
}

int body_make_encapsulated(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const struct {
		const char *as;
		int (*make)(struct body_walk *w, const struct body_job *j, struct err *e);
	} ways[] = {{"ftbp", make_ftbp}, {"bp15", body_make_bp15}, {"harpoon", body_make_harpoon}, {rule_id_active("B-268") ? "bp14" : "", body_make_bp14}};
	const char *as = body_unknown(w);

	if (str_eq(as, "reject") && !w->text.recode && body_is_type(j->entity, "text", "plain")) /* it could have been recoded */
		return ERR(e, ERR_MIXER_CONVERSION, "text/plain; charset=%s", mime_get_param(j->entity, "charset"));
	if (str_eq(as, "reject"))
		return ERR(e, ERR_MIXER_BODY_REFUSED, "%s/%s", j->entity->type, j->entity->subtype);
	if (str_eq(as, "drop"))
		return body_drop(w, j, "policy", e);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int made = str_eq(ways[i].as, as) ? ways[i].make(w, j, e) : 1;

		if (made <= 0)
			return made;
	}
	return w->b->no_file_transfer ? body_make_bp14(w, j, e) : make_ftbp(w, j, e);
}

int body_make_x_ftbp(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct mx_oid oid;
	struct blob data;

	if (w->b->no_file_transfer || mx_oid_parse_text(w->a, j->entity->subtype + strlen("x-ftbp."), &oid) != 0)
		return 1;
	TRY(body_decode(w, j->entity, &data, e));
	add_file(w, j, mx_oid_text(w->a, &oid), false, data);
	return 0;
}

int body_make_file(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct blob data;

	if (w->b->no_file_transfer)
		return 1;
	TRY(body_decode(w, j->entity, &data, e));
	add_file(w, j, body_reference_of(j->entity->type, j->entity->subtype), false, data);
	return 0;
}

/* B-259: the maker's reference, and the Content-Type beside it. */
int body_make_vendor_file(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct blob data;

	if (w->b->no_file_transfer)
		return 1;
	TRY(body_decode(w, j->entity, &data, e));
	add_file(w, j, body_vendor_reference_of(j->entity->type, j->entity->subtype), true, data);
	return 0;
}

/* ---- wishes of the sender (4.1) ---- */

/* The next word, comments passed over; "" at the end. */
static const char *wish_word(struct arena *a, const char **p)
{
	size_t n;

	while (**p == ' ' || **p == '\t' || **p == '(') {
		if (**p != '(') {
			(*p)++;
			continue;
		}
		for (unsigned depth = 0; **p != '\0'; (*p)++) {
			depth += **p == '(';
			if (**p == ')' && --depth == 0) {
				(*p)++;
				break;
			}
		}
	}
	n = strcspn(*p, " \t(");
	*p += n;
	return arena_strndup(a, *p - n, n);
}

/* B-180; NULL: not that syntax. */
static struct wanted *parse_wish(struct arena *a, const char *value)
{
	static const char *const encodings[] = {[WANTED_BP14] = "bp14", [WANTED_BP15] = "bp15", [WANTED_FTBP] = "ftbp", [WANTED_IA5] = "ia5"};
	struct wanted *out = NEW(a, struct wanted);
	const char *word = wish_word(a, &value);
	size_t i = 0;

	if (str_ieq(word, "from")) {
		out->from = wish_word(a, &value);
		word = wish_word(a, &value);
	}
	if (str_ieq(word, "to")) {
		word = wish_word(a, &value);
		if (!str_ieq(word, "tunnel") && mx_oid_parse_text(a, word, &out->to) != 0)
			return NULL;
		word = wish_word(a, &value);
	}
	if (!str_ieq(word, "in"))
		return NULL;
	word = wish_word(a, &value);
	while (i < ARRAY_LEN(encodings) && !str_ieq(encodings[i], word))
		i++;
	if (i == ARRAY_LEN(encodings) || *wish_word(a, &value) != '\0')
		return NULL;
	out->in = (enum wanted_encoding)i;
	return out;
}

static bool wishes_count(const struct body_walk *w) { return str_eq(w->b->wanted_conversion, "on") && w->c->trusted; }

const struct wanted *body_wishes(struct body_walk *w, const struct mime_entity *m, const struct wanted *list)
{
	const char *value;

	for (size_t i = 0; wishes_count(w) && (value = mime_get_nth(m, WISH_FIELD, i)) != NULL; i++) {
		struct wanted *wish = parse_wish(w->a, value);

		if (wish == NULL) {
			mx_note_loss(w->a, w->m, "B-180", WISH_FIELD, value);
		} else if (wish->from != NULL) {
			wish->next = list;
			list = wish;
		}
	}
	return list;
}

const struct wanted *body_wanted(struct body_walk *w, const struct mime_entity *m)
{
	const char *value = wishes_count(w) ? mime_get(m, WISH_FIELD) : NULL;
	const struct wanted *own = value != NULL ? parse_wish(w->a, value) : NULL;

	if (own != NULL && own->from == NULL)
		return own;
	for (const struct wanted *i = w->wanted; i != NULL; i = i->next)
		if (str_ieq(i->from, arena_printf(w->a, "%s/%s", m->type, m->subtype)))
			return i;
	return NULL;
}

int body_make_wanted(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const struct wanted *wish = body_wanted(w, j->entity);
	struct blob data;

	switch (wish->in) {
	case WANTED_BP14:
		return body_make_bp14(w, j, e);
	case WANTED_IA5:
		return body_make_harpoon(w, j, e);
	case WANTED_BP15:
		return w->b->no_extended ? 1 : wish->to.der.p != NULL ? add_octets(w, j, &wish->to, e) : body_make_bp15(w, j, e);
	case WANTED_FTBP:
		break;
	}
	if (w->b->no_file_transfer)
		return 1;
	TRY(body_decode(w, j->entity, &data, e));
	add_file(w, j, wish->to.der.p != NULL ? mx_oid_text(w->a, &wish->to) : BODY_MIME_FTBP_DATA, wish->to.der.p == NULL, data);
	return 0;
}
