/*
 * write.c - entities to octets: fields folded, Content-* fields from the members, bodies encoded, CRLF everywhere.
 *
 * Nothing foreign becomes protocol here (invariant I6): no value holds CR, LF or NUL, no line of ours passes 998, no
 * boundary occurs in a body that is written as it is.
 */
#include <string.h>

#include "base/str.h"
#include "mime/codec.h"
#include "mime/field.h"
#include "mime/mime.h"
#include "mime/param.h"

#define FOLD 78
#define LINE_MAX_LEN 998
#define BLOCK 49152

struct writer {
	struct arena *a;
	struct stream *out;
	struct err *e;
	const char *seed; /* beginning of every boundary we make */
	unsigned multiparts;
};

/* ---- fields ---- */

/* The end of the next piece: blanks, then what follows them up to the next blank. */
static size_t piece_len(const char *p)
{
	size_t n = strspn(p, " \t");

	return n + strcspn(p + n, " \t");
}

/* One field, folded before blanks; a run too long for a line is cut, since a line over 998 would lose the message. */
static void put_field(struct writer *w, const char *name, const char *value)
{
	size_t column = strlen(name) + 2, n = strlen(value);
	bool first = true;

	while (n > 0 && mime_is_blank(value[n - 1]))
		n--;
	stream_puts(w->out, name);
	stream_puts(w->out, ": ");
	while (n > 0) {
		size_t len = MIN_OF(piece_len(value), n);
		if (!first && column + len > FOLD && (*value == ' ' || *value == '\t')) {
			stream_puts(w->out, "\r\n");
			column = 0;
		}
		if (column + len > LINE_MAX_LEN - 8) {
			if (column > FOLD) {
				stream_puts(w->out, "\r\n ");
				column = 1;
			}
			len = MIN_OF(len, LINE_MAX_LEN - 8 - column);
		}
		stream_put(w->out, value, len);
		column += len;
		value += len;
		n -= len;
		first = false;
	}
	stream_puts(w->out, "\r\n");
}

/* A value that may be written: one line, no NUL; text outside ASCII as encoded-words. */
static const char *safe_value(struct arena *a, const char *value)
{
	char *copy = arena_strdup(a, value), *to = copy;
	bool ascii = true;

	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '\r' || *p == '\n')
			continue;
		*to = (unsigned char)*p < 32 && *p != '\t' ? '?' : *p == 127 ? '?' : *p;
		ascii = ascii && (unsigned char)*to < 128;
		to++;
	}
	*to = '\0';
	return ascii ? copy : mime_encode_words(a, copy);
}

/* A field name is visible ASCII without colon; other octets are left out. */
static const char *safe_name(struct arena *a, const char *name)
{
	char *copy = arena_strdup(a, name), *to = copy;

	for (const char *p = name; *p != '\0' && to - copy < 900; p++)
		if (*p > 32 && *p < 127 && *p != ':')
			*to++ = *p;
	*to = '\0';
	return *copy == '\0' ? "X-Unnamed" : copy;
}

static bool is_own_field(const struct mime_entity *m, const char *name)
{
	return str_ieq(name, "MIME-Version") || str_ieq(name, "Content-Type") || str_ieq(name, "Content-Transfer-Encoding") ||
	       (str_ieq(name, "Content-Disposition") && m->disposition != NULL) || (str_ieq(name, "Content-ID") && m->id != NULL) ||
	       (str_ieq(name, "Content-Description") && m->description != NULL) ||
	       (str_ieq(name, "Content-Location") && m->location != NULL);
}

static void put_fields(struct writer *w, const struct mime_entity *m)
{
	for (size_t i = 0; i < m->fields.count; i++) {
		const char *name = safe_name(w->a, m->fields.items[i].name);
		if (!is_own_field(m, name))
			put_field(w, name, safe_value(w->a, m->fields.items[i].value));
	}
}

/* ---- parameters ---- */

static bool is_token(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 32 || *s >= 127 || strchr("()<>@,;:\\\"/[]?=", *s) != NULL)
			return false;
	return true;
}

static bool is_attribute_char(char c)
{
	return c > 32 && c < 127 && strchr("*'%()<>@,;:\\\"/[]?=", c) == NULL;
}

/* RFC 2231: sections of at most 60 octets, so that each stands on a line of its own. */
static void put_extended(struct buf *b, const char *name, const char *value)
{
	bool sections = strlen(value) * 3 + strlen(name) > 60;
	const char *p = value;

	for (unsigned n = 0; n == 0 || *p != '\0'; n++) {
		size_t column = 0;
		buf_puts(b, "; ");
		buf_puts(b, name);
		if (sections)
			buf_printf(b, "*%u", n);
		buf_puts(b, n == 0 ? "*=utf-8''" : "*=");
		while (*p != '\0' && (!sections || column < 40)) {
			column += is_attribute_char(*p) ? 1 : 3;
			if (is_attribute_char(*p))
				buf_putc(b, (unsigned char)*p++);
			else
				buf_printf(b, "%%%02X", (unsigned char)*p++);
		}
	}
}

static void put_param(struct buf *b, struct arena *a, const char *name, const char *value)
{
	/* a name that is none: repaired it might be "boundary", so it goes */
	for (const char *p = name; *p != '\0' || p == name; p++)
		if (!is_attribute_char(*p) || p - name > 100)
			return;
	if (strlen(value) > 60 || !str_is_printable_ascii(value)) {
		put_extended(b, name, mime_text_to_utf8(a, (struct octets){(const uint8_t *)value, strlen(value)}));
		return;
	}
	buf_printf(b, "; %s=", name);
	if (is_token(value)) {
		buf_puts(b, value);
		return;
	}
	buf_putc(b, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)*value);
	}
	buf_putc(b, '"');
}

static const char *token_or(const char *s, const char *otherwise) { return s != NULL && is_token(s) ? s : otherwise; }

static void put_content_type(struct writer *w, const struct mime_entity *m, const char *boundary)
{
	struct buf *b = buf_in(w->a, 1u << 24);

	buf_printf(b, "%s/%s", token_or(m->type, "application"), token_or(m->subtype, "octet-stream"));
	for (size_t i = 0; i < m->params.count; i++)
		if (boundary == NULL || !str_ieq(m->params.items[i].name, "boundary"))
			put_param(b, w->a, m->params.items[i].name, m->params.items[i].value);
	if (boundary != NULL)
		buf_printf(b, "; boundary=\"%s\"", boundary);
	put_field(w, "Content-Type", buf_str(b));
}

static const char *const encoding_names[] = {
	[MIME_7BIT] = "7bit",
	[MIME_8BIT] = "8bit",
	[MIME_BINARY] = "binary",
	[MIME_QUOTED_PRINTABLE] = "quoted-printable",
	[MIME_BASE64] = "base64",
};

static void put_content_fields(struct writer *w, const struct mime_entity *m, enum mime_encoding encoding)
{
	/* 7bit is the default, and in a multipart no other name says anything */
	if (encoding == MIME_UNKNOWN_ENCODING && mime_get(m, "Content-Transfer-Encoding") != NULL)
		put_field(w, "Content-Transfer-Encoding", safe_value(w->a, mime_get(m, "Content-Transfer-Encoding")));
	else if (encoding != MIME_7BIT && encoding != MIME_UNKNOWN_ENCODING)
		put_field(w, "Content-Transfer-Encoding", encoding_names[encoding]);
	if (m->id != NULL)
		put_field(w, "Content-ID", safe_value(w->a, arena_printf(w->a, "<%s>", m->id)));
	if (m->description != NULL)
		put_field(w, "Content-Description", safe_value(w->a, mime_encode_words(w->a, m->description)));
	if (m->location != NULL)
		put_field(w, "Content-Location", safe_value(w->a, m->location));
	if (m->disposition != NULL) {
		struct buf *b = buf_in(w->a, 1u << 24);
		buf_puts(b, token_or(m->disposition, "attachment"));
		for (size_t i = 0; i < m->disposition_params.count; i++)
			put_param(b, w->a, m->disposition_params.items[i].name, m->disposition_params.items[i].value);
		put_field(w, "Content-Disposition", buf_str(b));
	}
}

/* ---- bodies ---- */

static bool is_text(const struct mime_entity *m)
{
	const char *charset = mime_get_param(m, "charset");

	if (!str_eq(m->type, "text"))
		return false;
	/* line ends of two or four octets are not ours to repair */
	return charset == NULL || !(str_istarts(charset, "utf-16") || str_istarts(charset, "utf-32") || str_istarts(charset, "iso-10646"));
}

/* Octets with every line end as CRLF; a CR of its own stays. */
static void put_lines(struct stream *out, struct octets o)
{
	const uint8_t *p = o.p, *end = o.p + o.len;
	size_t mark = 0;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));

		blob_passed(o, &mark, (size_t)(p - o.p));
		if (eol == NULL) {
			stream_put(out, p, (size_t)(end - p));
			return;
		}
		if (eol > p && eol[-1] == '\r') {
			stream_put(out, p, (size_t)(eol + 1 - p));
		} else {
			stream_put(out, p, (size_t)(eol - p));
			stream_puts(out, "\r\n");
		}
		p = eol + 1;
	}
}

static bool has_bare_lf(struct octets o)
{
	const uint8_t *p = o.p, *end = o.p + o.len, *eol;

	for (; p < end && (eol = memchr(p, '\n', (size_t)(end - p))) != NULL; p = eol + 1)
		if (eol == o.p || eol[-1] != '\r')
			return true;
	return false;
}

/* Canonical text into base64 (RFC 2045 6.8): line ends are CRLF before they are encoded. */
static int put_text_base64(struct writer *w, struct octets o)
{
	int fd;
	struct stream *s;
	struct octets canonical;
	struct blob b;

	if (!has_bare_lf(o)) {
		mime_base64_encode(o, w->out);
		return 0;
	}
	TRY(blob_tempfile(w->a, NULL, &fd, w->e));
	s = stream_to_fd(w->a, fd, 0);
	put_lines(s, o);
	TRY(stream_finish(s, w->e));
	b = blob_file(fd, 0, s->written);
	TRY(blob_map(w->a, &b, &canonical, w->e));
	mime_base64_encode(canonical, w->out);
	return 0;
}

struct content_facts {
	uint64_t high, controls;
	size_t longest;
	bool nul, bare_cr, bare_lf;
};

static void look_at_line(const uint8_t *p, size_t n, struct content_facts *f)
{
	if (n > f->longest)
		f->longest = n;
	for (size_t i = 0; i < n; i++) {
		f->high += p[i] >> 7;
		if (p[i] < 32 && p[i] != '\t' && p[i] != '\f') {
			f->controls++;
			f->nul = f->nul || p[i] == 0;
			f->bare_cr = f->bare_cr || p[i] == '\r';
		}
	}
}

static struct content_facts look_at(struct octets o)
{
	struct content_facts f = {0};
	const uint8_t *p = o.p, *end = o.p + o.len;
	size_t mark = 0;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p)), *stop = eol == NULL ? end : eol;
		bool cr = eol != NULL && stop > p && stop[-1] == '\r';
		f.bare_lf = f.bare_lf || (eol != NULL && !cr);
		look_at_line(p, (size_t)(stop - p) - cr, &f);
		p = stop + 1;
		blob_passed(o, &mark, (size_t)(stop - o.p));
	}
	return f;
}

static enum mime_encoding choose(struct octets o, bool text)
{
	struct content_facts f = look_at(o);

	if (f.high == 0 && !f.nul && !f.bare_cr && f.longest <= LINE_MAX_LEN && (text || (!f.bare_lf && f.controls == 0)))
		return MIME_7BIT;
	return text && !f.nul && (f.high + f.controls) < o.len / 4 ? MIME_QUOTED_PRINTABLE : MIME_BASE64;
}

int mime_choose_encoding(const struct blob *content, bool text, enum mime_encoding *out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct octets o;
	int r = blob_map(a, content, &o, e);

	if (r == 0)
		*out = choose(o, text);
	arena_free(a);
	return r;
}

/* What was asked for, unless the content cannot travel like that. */
static enum mime_encoding possible_encoding(const struct mime_entity *m, struct octets o)
{
	struct content_facts f;

	if (m->encoding == MIME_QUOTED_PRINTABLE || m->encoding == MIME_BASE64)
		return m->encoding;
	f = look_at(o);
	if (f.nul || f.bare_cr || f.longest > LINE_MAX_LEN || (f.bare_lf && !is_text(m)) || (f.high > 0 && m->encoding == MIME_7BIT))
		return choose(o, is_text(m)) == MIME_QUOTED_PRINTABLE ? MIME_QUOTED_PRINTABLE : MIME_BASE64;
	return m->encoding == MIME_8BIT && f.high > 0 ? MIME_8BIT : MIME_7BIT;
}

/* Written from its children; a multipart that came in and was not opened is written as it was. */
static bool is_container(const struct mime_entity *m)
{
	/* a multipart that has a body instead of parts is written as it is */
	return m->children.count > 0 || (str_eq(m->type, "multipart") && !m->decoded && m->raw.len == 0 && m->body.len == 0);
}

static bool is_as_received(const struct mime_entity *m)
{
	if (m->decoded || (m->raw.mem == NULL && m->raw.len == 0))
		return false;
	return !is_container(m) || (str_eq(m->type, "multipart") && (str_eq(m->subtype, "signed") || str_eq(m->subtype, "encrypted")));
}

static int put_as_received(struct writer *w, const struct mime_entity *m, bool top)
{
	struct octets o;

	TRY(blob_map(w->a, &m->raw, &o, w->e));
	if (m->encoding == MIME_BINARY)
		stream_put(w->out, o.p, o.len);
	else
		put_lines(w->out, o);
	if (top && (o.len == 0 || o.p[o.len - 1] != '\n'))
		stream_puts(w->out, "\r\n");
	return 0;
}

static int put_leaf_body(struct writer *w, const struct mime_entity *m, enum mime_encoding encoding, struct octets o, bool top)
{
	bool ended = o.len == 0 || o.p[o.len - 1] == '\n';

	if (!m->decoded || (encoding != MIME_QUOTED_PRINTABLE && encoding != MIME_BASE64)) {
		put_lines(w->out, o);
	} else if (encoding == MIME_QUOTED_PRINTABLE) {
		ended = mime_qp_encode(o, is_text(m), w->out);
		if (!ended && top) {
			stream_puts(w->out, "=\r\n");
			ended = true;
		}
	} else if (is_text(m)) {
		ended = true;
		TRY(put_text_base64(w, o));
	} else {
		mime_base64_encode(o, w->out);
		ended = true;
	}
	if (!ended && top)
		stream_puts(w->out, "\r\n");
	return 0;
}

/* ---- boundaries ---- */

static bool occurs_in_octets(struct octets o, const char *boundary)
{
	size_t n = strlen(boundary), mark = 0;
	const uint8_t *p = o.p, *end = o.p + o.len;

	while ((size_t)(end - p) >= n + 2) {
		const uint8_t *eol;

		blob_passed(o, &mark, (size_t)(p - o.p));
		if (p[0] == '-' && p[1] == '-' && memcmp(p + 2, boundary, n) == 0)
			return true;
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			return false;
		p = eol + 1;
	}
	return false;
}

/* 1 when some body that is written as it is has a line that begins so, 0, or -1. */
static int occurs_in(struct writer *w, const struct mime_entity *m, const char *boundary)
{
	struct octets o;
	int r = 0;

	if (is_as_received(m)) {
		TRY(blob_map(w->a, &m->raw, &o, w->e));
		return occurs_in_octets(o, boundary);
	}
	for (size_t i = 0; i < m->children.count && r == 0; i++)
		r = occurs_in(w, m->children.items[i], boundary);
	if (is_container(m) || (m->decoded && (m->encoding == MIME_QUOTED_PRINTABLE || m->encoding == MIME_BASE64)))
		return r;
	TRY(blob_map(w->a, &m->body, &o, w->e));
	return occurs_in_octets(o, boundary);
}

static const char boundary_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=.+-";

/* "=_seed_12_", one that we wrote, back to "=_seed": written again a message stays as it is. */
static const char *without_number(struct arena *a, const char *boundary)
{
	size_t n = strlen(boundary), i = n - 1;

	if (boundary[i] != '_')
		return boundary;
	while (i > 2 && str_is_digit(boundary[i - 1]))
		i--;
	return i > 3 && i < n - 1 && boundary[i - 1] == '_' ? arena_strndup(a, boundary, i - 1) : boundary;
}

/* The seed of all boundaries: the boundary that the outermost multipart was given, or ours, changed until it is free.
 * "=_" in it occurs in no quoted-printable and no base64 (RFC 2046 5.1.1), so only other bodies need a look. */
static int find_seed(struct writer *w, const struct mime_entity *m)
{
	const char *given = mime_get_param(m, "boundary"), *base = given;
	int r = 1;

	if (base == NULL || *base == '\0' || strlen(base) > 48 || strspn(base, boundary_chars) != strlen(base))
		base = "mixgate";
	base = str_istarts(base, "=_") ? without_number(w->a, base) : arena_printf(w->a, "=_%s", base);
	w->seed = base;
	for (unsigned n = 1; (r = occurs_in(w, m, w->seed)) == 1; n++)
		w->seed = arena_printf(w->a, "%s.%u", base, n);
	return r;
}

/* Every boundary begins with the seed, which is free, and none is the beginning of another. */
static const char *next_boundary(struct writer *w) { return arena_printf(w->a, "%s_%u_", w->seed, w->multiparts++); }

/* ---- entities ---- */

static int write_entity(struct writer *w, const struct mime_entity *m, bool top, bool message);

/* What a container's children need of the transport. */
static enum mime_encoding needed_encoding(const struct mime_entity *m)
{
	enum mime_encoding worst = MIME_7BIT;

	for (size_t i = 0; i < m->children.count; i++) {
		const struct mime_entity *c = m->children.items[i];
		enum mime_encoding n = is_container(c) ? needed_encoding(c) : c->encoding;
		if ((n == MIME_8BIT && worst == MIME_7BIT) || n == MIME_BINARY)
			worst = n;
	}
	return worst;
}

static int write_container(struct writer *w, const struct mime_entity *m, bool typed)
{
	bool multipart = str_eq(m->type, "multipart");
	const char *boundary = NULL;

	if (multipart && w->seed == NULL)
		TRY(find_seed(w, m));
	if (multipart)
		boundary = next_boundary(w);
	if (typed)
		put_content_type(w, m, boundary);
	put_content_fields(w, m, needed_encoding(m));
	stream_puts(w->out, "\r\n");
	if (!multipart)
		return write_entity(w, m->children.items[0], false, true);
	for (size_t i = 0; i < m->children.count; i++) {
		stream_printf(w->out, i == 0 ? "--%s\r\n" : "\r\n--%s\r\n", boundary);
		TRY(write_entity(w, m->children.items[i], false, false));
	}
	stream_printf(w->out, "\r\n--%s--\r\n", boundary);
	return 0;
}

static int write_leaf(struct writer *w, const struct mime_entity *m, bool top, bool typed)
{
	enum mime_encoding encoding = m->encoding;
	struct octets o;

	TRY(blob_map(w->a, &m->body, &o, w->e));
	if (m->decoded)
		encoding = possible_encoding(m, o);
	if (typed)
		put_content_type(w, m, NULL);
	put_content_fields(w, m, encoding);
	stream_puts(w->out, "\r\n");
	return put_leaf_body(w, m, encoding, o, top);
}

static int write_entity(struct writer *w, const struct mime_entity *m, bool top, bool message)
{
	/* a plain RFC 822 message stays one; a part without a type has its container's default */
	bool typed = m->has_content_type || m->decoded || is_container(m) || !str_eq(m->type, "text");

	if (is_as_received(m))
		return put_as_received(w, m, top);
	put_fields(w, m);
	if ((top || message) && (m->has_mime_version || typed))
		stream_puts(w->out, "MIME-Version: 1.0\r\n");
	if (is_container(m))
		return write_container(w, m, typed);
	return write_leaf(w, m, top, typed);
}

int mime_write(struct arena *a, const struct mime_entity *m, struct stream *out, struct err *e)
{
	struct writer w = {.a = a, .out = out, .e = e};

	TRY(write_entity(&w, m, true, true));
	return stream_finish(out, e);
}
