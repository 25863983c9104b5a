/* param.c - see param.h. */
#include "mime/param.h"

#include <string.h>

#include "base/charset.h"
#include "base/str.h"
#include "mime/field.h"
#include "mime/guard.h"

/* A parameter as written: "filename*0*=utf-8''%C3" is base filename, section 0, extended. */
struct piece {
	const char *base;
	long section; /* -1: no continuation */
	bool extended;
	struct octets value;
	bool used;
};
struct pieces {
	struct piece *items;
	size_t count, capacity;
};

static bool is_token(char c) { return (unsigned char)c > 32 && c != 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL; }

static const char *lower(struct arena *a, const char *p, size_t n)
{
	char *s = arena_strndup(a, p, n);

	for (char *c = s; *c != '\0'; c++)
		*c = str_lower(*c);
	return s;
}

static void split_name(struct arena *a, const char *p, size_t n, struct piece *out)
{
	char *name = arena_strndup(a, p, n), *star;

	out->section = -1;
	for (char *c = name; *c != '\0'; c++)
		*c = str_lower(*c);
	out->base = name;
	if (n > 1 && name[n - 1] == '*') {
		out->extended = true;
		name[--n] = '\0';
	}
	star = strrchr(name, '*');
	if (star != NULL && star != name && str_to_long(star + 1, 0, MIME_GUARD_PARAMS, &out->section) == 0)
		*star = '\0';
	else
		out->section = -1;
}

/* An unquoted value.  Senders forget quotes ("name=my file.pdf"), so what follows a blank belongs to it, up to the next
 * semicolon; a comment does not.  Not in a boundary: there a guess would be a second reading of the message. */
static const char *read_plain_value(const char *p, bool strict, struct octets *out)
{
	const char *from = p, *end;

	while (*p != '\0' && *p != ';' && !mime_is_blank(*p))
		p++;
	end = p;
	for (;;) {
		p = mime_skip_cfws(p);
		if (*p == '\0' || *p == ';' || strict)
			break;
		while (*p != '\0' && *p != ';' && !mime_is_blank(*p) && *p != '(')
			p++;
		end = p;
	}
	*out = (struct octets){(const uint8_t *)from, (size_t)(end - from)};
	return p;
}

static const char *read_value(struct arena *a, const char *p, bool strict, struct octets *out)
{
	struct buf *text;

	if (*p != '"')
		return read_plain_value(p, strict, out);
	text = buf_in(a, strlen(p) + 1);
	p = mime_skip_quoted(p, text);
	*out = (struct octets){(const uint8_t *)buf_str(text), text->len};
	return p;
}

static int read_pieces(struct arena *a, const char *p, struct pieces *out, struct err *e)
{
	while ((p = mime_skip_cfws(p)), *p != '\0') {
		const char *from = p;
		struct piece *piece;
		if (*p == ';') {
			p++;
			continue;
		}
		while (*p != '\0' && *p != '=' && *p != ';' && !mime_is_blank(*p) && *p != '(')
			p++;
		size_t n = (size_t)(p - from);
		p = mime_skip_cfws(p);
		if (*p != '=' || n == 0) { /* no parameter: on to the next semicolon */
			p = strchr(p, ';');
			if (p == NULL)
				return 0;
			continue;
		}
		if (out->count >= MIME_GUARD_PARAMS)
			return ERR(e, ERR_MIME_PARAMS, "more than %d parameters", MIME_GUARD_PARAMS);
		piece = ARENA_PUSH(a, out);
		split_name(a, from, n, piece);
		p = read_value(a, mime_skip_cfws(p + 1), str_eq(piece->base, "boundary"), &piece->value);
	}
	return 0;
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void put_percent(struct buf *b, struct octets v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '%' && i + 2 < v.len && hex(v.p[i + 1]) >= 0 && hex(v.p[i + 2]) >= 0) {
			buf_putc(b, (uint8_t)(hex(v.p[i + 1]) << 4 | hex(v.p[i + 2])));
			i += 2;
		} else {
			buf_putc(b, v.p[i]);
		}
	}
}

/* "charset'language'rest": the charset, and v set to the rest. */
static const char *take_charset(struct arena *a, struct octets *v)
{
	const uint8_t *q1 = v->len > 0 ? memchr(v->p, '\'', v->len) : NULL, *q2;
	const char *charset;

	if (q1 == NULL || (q2 = memchr(q1 + 1, '\'', v->len - (size_t)(q1 + 1 - v->p))) == NULL)
		return "";
	charset = arena_strndup(a, (const char *)v->p, (size_t)(q1 - v->p));
	v->len -= (size_t)(q2 + 1 - v->p);
	v->p = q2 + 1;
	return charset;
}

static const struct piece *find_piece(const struct pieces *all, const char *base, long section, bool extended)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].section == section && all->items[i].extended == extended && str_eq(all->items[i].base, base))
			return &all->items[i];
	return NULL;
}

/* All sections from 0 without a gap, or the one "name*". */
static char *join(struct arena *a, const struct pieces *all, const char *base, bool sections)
{
	struct buf *b = buf_in(a, 1u << 21);
	const char *charset = "";
	char *out;
	size_t lost;

	for (long n = sections ? 0 : -1;; n++) {
		const struct piece *piece = find_piece(all, base, n, true);
		struct octets v;
		bool percent = piece != NULL;
		if (piece == NULL && (!sections || (piece = find_piece(all, base, n, false)) == NULL))
			break;
		v = piece->value;
		if (percent && n <= 0)
			charset = take_charset(a, &v);
		if (percent)
			put_percent(b, v);
		else
			buf_put(b, v.p, v.len);
		if (!sections)
			break;
	}
	if (*charset != '\0' && charset_to_utf8(a, charset, buf_octets(b), &out, &lost, NULL) == 0)
		return out;
	return mime_text_to_utf8(a, buf_octets(b));
}

static const char *plain_text(struct arena *a, struct octets v)
{
	const char *s = arena_strndup(a, (const char *)v.p, v.len);

	return strstr(s, "=?") != NULL ? mime_decode_words(a, s) : mime_text_to_utf8(a, v);
}

int mime_read_params(struct arena *a, const char *p, struct mime_params *out, struct err *e)
{
	struct pieces all = {0};

	TRY(mime_guard_params(p, e));
	TRY(read_pieces(a, p, &all, e));
	for (size_t i = 0; i < all.count; i++) {
		const char *base = all.items[i].base;
		const struct piece *plain = find_piece(&all, base, -1, false);
		struct mime_param *param;
		bool seen = false;
		for (size_t k = 0; k < out->count && !seen; k++)
			seen = str_eq(out->items[k].name, base);
		if (seen)
			continue;
		param = ARENA_PUSH(a, out);
		param->name = base;
		if (find_piece(&all, base, -1, true) != NULL)
			param->value = join(a, &all, base, false);
		else if (find_piece(&all, base, 0, true) != NULL || find_piece(&all, base, 0, false) != NULL)
			param->value = join(a, &all, base, true);
		else if (plain != NULL)
			param->value = plain_text(a, plain->value);
		else
			param->value = plain_text(a, all.items[i].value); /* a section without its first */
	}
	return 0;
}

/* "type/subtype"; what is not that is text/plain (RFC 2045 5.2).  Returns the place behind it. */
static const char *read_type(struct arena *a, const char *p, struct mime_entity *m)
{
	const char *from, *slash, *end;

	from = p = mime_skip_cfws(p);
	while (is_token(*p))
		p++;
	slash = p;
	p = mime_skip_cfws(p);
	if (slash == from || *p != '/')
		return strchr(from, ';') == NULL ? "" : strchr(from, ';');
	end = p = mime_skip_cfws(p + 1);
	while (is_token(*p))
		p++;
	if (p == end)
		return p;
	m->type = lower(a, from, (size_t)(slash - from));
	m->subtype = lower(a, end, (size_t)(p - end));
	return p;
}

static const struct {
	const char *name;
	enum mime_encoding encoding;
} encodings[] = {
	{"7bit", MIME_7BIT},     {"8bit", MIME_8BIT},
	{"binary", MIME_BINARY}, {"quoted-printable", MIME_QUOTED_PRINTABLE},
	{"base64", MIME_BASE64}, {"7-bit", MIME_7BIT},
	{"8-bit", MIME_8BIT},
};

static enum mime_encoding read_encoding(struct arena *a, const char *value)
{
	const char *s = mime_strip_comments(a, value);

	for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
		if (str_ieq(s, encodings[i].name))
			return encodings[i].encoding;
	return *s == '\0' ? MIME_7BIT : MIME_UNKNOWN_ENCODING;
}

static const char *read_id(struct arena *a, const char *value)
{
	const char *s = mime_strip_comments(a, value);
	size_t n = strlen(s);

	return n > 1 && s[0] == '<' && s[n - 1] == '>' ? arena_strndup(a, s + 1, n - 2) : s;
}

static int read_disposition(struct arena *a, struct mime_entity *m, const char *value, struct err *e)
{
	const char *from = mime_skip_cfws(value), *p = from;
	struct mime_params params = {0};

	while (is_token(*p))
		p++;
	if (p == from)
		return 0;
	m->disposition = lower(a, from, (size_t)(p - from));
	TRY(mime_read_params(a, p, &params, e));
	m->disposition_params.items = params.items;
	m->disposition_params.count = params.count;
	m->disposition_params.capacity = params.capacity;
	return 0;
}

int mime_read_content_fields(struct arena *a, struct mime_entity *m, bool in_digest, struct err *e)
{
	const char *value;
	struct mime_params params = {0};

	m->type = in_digest ? "message" : "text";
	m->subtype = in_digest ? "rfc822" : "plain";
	m->has_mime_version = mime_get(m, "MIME-Version") != NULL;
	value = mime_get(m, "Content-Type");
	m->has_content_type = value != NULL;
	if (value != NULL) {
		TRY(mime_read_params(a, read_type(a, value, m), &params, e));
		m->params.items = params.items;
		m->params.count = params.count;
		m->params.capacity = params.capacity;
	}
	if ((value = mime_get(m, "Content-Disposition")) != NULL)
		TRY(read_disposition(a, m, value, e));
	if ((value = mime_get(m, "Content-Transfer-Encoding")) != NULL)
		m->encoding = read_encoding(a, value);
	if ((value = mime_get(m, "Content-ID")) != NULL)
		m->id = read_id(a, value);
	if ((value = mime_get(m, "Content-Description")) != NULL)
		m->description = mime_decode_words(a, value);
	if ((value = mime_get(m, "Content-Location")) != NULL)
		m->location = mime_strip_comments(a, value);
	return 0;
}

bool mime_is_message_type(const struct mime_entity *m)
{
	static const char *const subtypes[] = {"rfc822", "global", "news", "rfc2822"};

	if (!str_eq(m->type, "message"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(subtypes); i++)
		if (str_eq(m->subtype, subtypes[i]))
			return true;
	return false;
}
