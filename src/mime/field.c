/* field.c - see field.h; also the look-ups of mime.h. */
#include "mime/field.h"

#include <string.h>

#include "base/charset.h"
#include "base/str.h"

bool mime_is_field(struct octets line)
{
	size_t i = 0;

	while (i < line.len && line.p[i] > 32 && line.p[i] < 127 && line.p[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t')) /* RFC 5322 4.5: obs-optional */
		i++;
	return i < line.len && line.p[i] == ':';
}

/* Copies a value without the line ends of folding and without outer blanks. */
static char *unfold(struct arena *a, const uint8_t *p, size_t n)
{
	char *out, *to;

	while (n > 0 && mime_is_blank((char)*p)) {
		p++;
		n--;
	}
	while (n > 0 && mime_is_blank((char)p[n - 1]))
		n--;
	out = to = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n'))
			continue;
		*to++ = p[i] == 0 ? '?' : (char)p[i];
	}
	return out;
}

static void read_field(struct arena *a, const uint8_t *p, size_t n, struct mime_fields *out)
{
	const uint8_t *colon = memchr(p, ':', n);
	struct mime_field *f;
	size_t name;

	if (colon == NULL)
		return;
	for (name = (size_t)(colon - p); name > 0 && (p[name - 1] == ' ' || p[name - 1] == '\t'); name--)
		;
	f = ARENA_PUSH(a, out);
	f->name = arena_strndup(a, (const char *)p, name);
	f->value = unfold(a, colon + 1, n - (size_t)(colon + 1 - p));
}

void mime_read_fields(struct arena *a, struct octets block, struct mime_fields *out)
{
	const uint8_t *p = block.p, *end = block.p + block.len;

	while (p < end) {
		const uint8_t *from = p;
		do {
			const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
			p = eol == NULL ? end : eol + 1;
		} while (p < end && (*p == ' ' || *p == '\t'));
		read_field(a, from, (size_t)(p - from), out);
	}
}

const char *mime_get_nth(const struct mime_entity *m, const char *name, size_t n)
{
	for (size_t i = 0; i < m->fields.count; i++)
		if (str_ieq(m->fields.items[i].name, name) && n-- == 0)
			return m->fields.items[i].value;
	return NULL;
}

const char *mime_get(const struct mime_entity *m, const char *name) { return mime_get_nth(m, name, 0); }

const char *mime_get_param(const struct mime_entity *m, const char *name)
{
	for (size_t i = 0; i < m->params.count; i++)
		if (str_ieq(m->params.items[i].name, name))
			return m->params.items[i].value;
	return NULL;
}

const char *mime_skip_comment(const char *p)
{
	size_t depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
		} else if (*p == '(') {
			depth++;
		} else if (*p == ')' && --depth == 0) {
			return p + 1;
		}
	}
	return p;
}

const char *mime_skip_cfws(const char *p)
{
	for (;;) {
		if (*p == '(')
			p = mime_skip_comment(p);
		else if (mime_is_blank(*p))
			p++;
		else
			return p;
	}
}

const char *mime_skip_quoted(const char *p, struct buf *text)
{
	for (p++; *p != '\0' && *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (text != NULL)
			buf_putc(text, (unsigned char)*p);
	}
	return *p == '"' ? p + 1 : p;
}

bool mime_is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

char *mime_strip_comments(struct arena *a, const char *value)
{
	char *out = arena_alloc(a, strlen(value) + 1), *to = out;
	const char *p = value;

	while (*p != '\0') {
		const char *from = p;
		if (*p == '(') {
			p = mime_skip_comment(p);
			continue;
		}
		p = *p == '"' ? mime_skip_quoted(p, NULL) : p + 1;
		memcpy(to, from, (size_t)(p - from));
		to += p - from;
	}
	while (to > out && mime_is_blank(to[-1]))
		to--;
	*to = '\0';
	while (mime_is_blank(*out))
		out++;
	return out;
}

char *mime_text_to_utf8(struct arena *a, struct octets in)
{
	size_t lost;
	char *out;

	if (charset_to_utf8(a, str_is_utf8(in.p, in.len) ? "UTF-8" : "ISO-8859-1", in, &out, &lost, NULL) != 0)
		return arena_strdup(a, "");
	return out;
}
