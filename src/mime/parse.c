/* parse.c - mime_parse and the field groups of reports (RFC 3464 2.1, RFC 8098 3). */
#include <string.h>

#include "base/str.h"
#include "mime/field.h"
#include "mime/guard.h"
#include "mime/mime.h"
#include "mime/second.h"
#include "mime/structure.h"

int mime_parse(struct arena *a, const struct blob *in, const struct mime_limits *limits, struct mime_entity **out, struct err *e)
{
	struct octets o;

	TRY(blob_map(a, in, &o, e));
	TRY(mime_find_structure(a, in, o, limits, out, e));
	mime_confirm_structure(a, *out);
	return 0;
}

static bool is_empty_line(const uint8_t *p, size_t n)
{
	while (n > 0 && mime_is_blank((char)*p)) {
		p++;
		n--;
	}
	return n == 0;
}

int mime_parse_field_groups(struct arena *a, const struct mime_entity *part, struct mime_field_groups *out, struct err *e)
{
	struct buf *b = buf_in(a, MIME_LIMITS_DEFAULT.header_size);
	struct stream *s = stream_to_buf(a, b);
	struct mime_guard guard = {.limits = &MIME_LIMITS_DEFAULT};
	const uint8_t *p, *end;

	if (part->body.len / 2 > MIME_LIMITS_DEFAULT.header_size)
		return ERR(e, ERR_MIME_HEADER_SIZE, "%llu octets of report fields", (unsigned long long)part->body.len);
	TRY(mime_decode_body(a, part, s, e));
	TRY(stream_finish(s, e));
	if (b->len == 0)
		return 0;
	for (p = b->p, end = b->p + b->len; p < end;) {
		const uint8_t *from = p, *eol;
		while (p < end) {
			eol = memchr(p, '\n', (size_t)(end - p));
			eol = eol == NULL ? end : eol + 1;
			if (is_empty_line(p, (size_t)(eol - p)))
				break;
			p = eol;
		}
		if (p > from) {
			struct octets block = {from, (size_t)(p - from)};
			struct mime_fields fields = {0};
			TRY(mime_guard_header(&guard, block, e));
			mime_read_fields(a, block, &fields);
			if (fields.count > 0)
				*ARENA_PUSH(a, out) = fields;
		}
		eol = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		p = eol == NULL ? end : eol + 1;
	}
	return 0;
}
