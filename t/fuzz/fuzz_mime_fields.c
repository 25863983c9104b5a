/* fuzz_mime_fields.c - values: addresses, dates, words, message-ids, T.61; what we encode decodes to itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/charset.h"
#include "base/str.h"
#include "mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(256u << 20);
	const char *s = arena_strndup(a, (const char *)data, size), *text;
	struct mime_mailboxes boxes, one;
	struct mime_msgids ids = {0};
	struct when w;
	struct err e;
	size_t lost;

	if (mime_parse_mailboxes(a, s, &boxes, &e) == 0)
		for (size_t i = 0; i < boxes.count; i++)
			if (boxes.items[i].addr_spec == NULL || boxes.items[i].domain == NULL)
				abort();
	if (mime_parse_date(s, &w) == 0 && !w.set)
		abort();
	mime_parse_msgids(a, s, &ids);
	text = mime_decode_words(a, s);
	if (!str_is_utf8(text, strlen(text)))
		abort();
	if (strlen(mime_strip_comments(a, s)) > strlen(s))
		abort();
	text = charset_t61_to_utf8(a, (struct octets){data, size});
	if (!str_is_utf8(text, strlen(text)))
		abort();
	if (charset_utf8_to_t61(a, text, &lost).len > 2 * strlen(text))
		abort();
	if (str_is_utf8(s, strlen(s)) && !has_control(s)) {
		const char *words = mime_encode_words(a, s);
		if (strcmp(mime_decode_words(a, words), s) != 0 || !str_is_printable_ascii(words))
			abort();
		words = arena_printf(a, "%s <a@b>", mime_encode_phrase(a, s));
		if (*s != '\0' && (mime_parse_mailboxes(a, words, &one, &e) != 0 || one.count != 1 || strcmp(one.items[0].display_name, s) != 0))
			abort();
	}
	arena_free(a);
	return 0;
}
