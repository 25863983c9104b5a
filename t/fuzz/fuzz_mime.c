/* fuzz_mime.c - a message read, every body decoded, written, read again: no crash, and what we wrote has one reading. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(struct arena *a, const struct mime_entity *m)
{
	struct mime_field_groups groups = {0};
	struct err e;
	size_t n = 1;

	if (m->children.count == 0) {
		(void)!mime_decode_body(a, m, stream_to_nothing(a), &e);
		if (strcmp(m->type, "message") == 0)
			(void)!mime_parse_field_groups(a, m, &groups, &e);
	}
	for (size_t i = 0; i < m->children.count; i++)
		n += walk(a, m->children.items[i]);
	return n;
}

/* Forces the writer to compose instead of copying octets; what it composes must have the same number of entities. */
static void forget_raw(struct mime_entity *m)
{
	if (m->children.count > 0)
		m->raw = (struct blob){.fd = -1};
	for (size_t i = 0; i < m->children.count; i++)
		forget_raw(m->children.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(256u << 20);
	struct mime_limits limits = {10u << 20, 500, 65536, 8, 200}, wide = {100u << 20, 5000, 1u << 20, 20, 1000};
	struct blob in = blob_mem(data, size), again;
	struct mime_entity *m, *second;
	struct buf *out = buf_in(a, 64u << 20);
	struct err e;

	if (mime_parse(a, &in, &limits, &m, &e) == 0) {
		size_t n = walk(a, m);
		forget_raw(m);
		if (mime_write(a, m, stream_to_buf(a, out), &e) == 0) {
			again = blob_mem(out->p, out->len);
			if (mime_parse(a, &again, &wide, &second, &e) != 0 || walk(a, second) < n)
				abort(); /* a part was lost on the way */
		}
	}
	arena_free(a);
	return 0;
}
