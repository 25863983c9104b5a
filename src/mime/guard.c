/* guard.c - see guard.h. */
#include "mime/guard.h"

#include <string.h>

#include "base/rule.h"

int mime_guard_message(const struct mime_guard *g, uint64_t size, struct err *e)
{
	if (size <= g->limits->size)
		return 0;
	return ERR(e, ERR_MIME_SIZE, "%llu octets, the limit is %llu", (unsigned long long)size,
	           (unsigned long long)g->limits->size);
}

/* Lines that do not begin with white space: the number of fields, or one more. */
static size_t count_fields(struct octets block)
{
	const uint8_t *p = block.p, *end = block.p + block.len;
	size_t n = 0;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		n += *p != ' ' && *p != '\t';
		if (eol == NULL)
			break;
		p = eol + 1;
	}
	return n;
}

int mime_guard_header(struct mime_guard *g, struct octets block, struct err *e)
{
	const struct mime_limits *l = g->limits;
	size_t fields;

	if (block.len > l->header_size)
		return ERR(e, ERR_MIME_HEADER_SIZE, "%zu octets, the limit is %zu", block.len, l->header_size);
	fields = count_fields(block);
	if (fields > l->header_fields)
		return ERR(e, ERR_MIME_HEADER_FIELDS, "%zu fields, the limit is %u", fields, l->header_fields);
	g->header_octets += block.len;
	g->fields += fields;
	if (g->header_octets > (uint64_t)l->header_size * MIME_GUARD_ALL_HEADERS)
		return ERR(e, ERR_MIME_HEADER_SIZE, "the headers of %u parts together", g->parts);
	if (g->fields > (uint64_t)l->header_fields * MIME_GUARD_ALL_FIELDS)
		return ERR(e, ERR_MIME_HEADER_FIELDS, "the headers of %u parts together", g->parts);
	return 0;
}

int mime_guard_part(struct mime_guard *g, struct err *e)
{
	if (++g->parts <= g->limits->parts || !rule_id_active("B-321"))
		return 0;
	return ERR(e, ERR_MIME_PARTS, "the limit is %u", g->limits->parts);
}

int mime_guard_params(const char *value, struct err *e)
{
	size_t n = 0;

	for (; (value = strchr(value, ';')) != NULL; value++)
		if (++n > 4 * MIME_GUARD_PARAMS) /* semicolons may stand in quotes; the reader counts exactly */
			return ERR(e, ERR_MIME_PARAMS, "more than %d parameters", MIME_GUARD_PARAMS);
	return 0;
}
