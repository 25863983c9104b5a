/* msgid.c - message-ids with the phrases between them (References of RFC 822; H-rows of RFC 2156 need both). */
#include <string.h>

#include "mime/field.h"
#include "mime/mime.h"

/* Behind "<...>": quoted local parts may hold '>' and blanks.  NULL when it does not end. */
static const char *skip_id(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '"')
			p = mime_skip_quoted(p, NULL) - 1;
		else if (*p == '>')
			return p + 1;
	}
	return NULL;
}

/* Folding inside an id (RFC 5322 4.5.4) is no part of it; what is quoted stays. */
static const char *copy_id(struct arena *a, const char *p, const char *end)
{
	char *id = arena_alloc(a, (size_t)(end - p) + 1), *to = id;

	while (p < end) {
		const char *next = *p == '"' ? mime_skip_quoted(p, NULL) : p + 1;
		if (!mime_is_blank(*p))
			for (const char *c = p; c < next && c < end; c++)
				*to++ = *c;
		p = next;
	}
	return id;
}

static void add_phrase(struct arena *a, struct buf *text, struct mime_msgids *out)
{
	const char *s = buf_str(text);
	size_t n = strlen(s);

	while (n > 0 && mime_is_blank(s[n - 1]))
		n--;
	if (n > 0)
		ARENA_PUSH(a, out)->phrase = mime_decode_words(a, arena_strndup(a, s, n));
	buf_reset(text);
}

void mime_parse_msgids(struct arena *a, const char *value, struct mime_msgids *out)
{
	struct buf *text = buf_in(a, strlen(value) + 1);
	const char *p = value;
	bool unclosed = false; /* one scan for a missing '>' is enough */

	for (;;) {
		const char *next = mime_skip_cfws(p), *end;
		if (next > p && text->len > 0)
			buf_putc(text, ' ');
		p = next;
		if (*p == '\0')
			break;
		if (*p == '<' && !unclosed && (end = skip_id(p)) != NULL) {
			add_phrase(a, text, out);
			ARENA_PUSH(a, out)->id = copy_id(a, p, end);
			p = end;
			continue;
		}
		unclosed = unclosed || *p == '<';
		if (*p == '"') {
			p = mime_skip_quoted(p, text);
		} else if (*p == ',') { /* some senders separate ids by commas */
			add_phrase(a, text, out);
			p++;
		} else {
			buf_putc(text, (unsigned char)*p++);
		}
	}
	add_phrase(a, text, out);
}
