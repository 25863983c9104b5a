/* json.c - see json.h. */
#include "base/json.h"

#include <string.h>

#include "base/str.h"

static void put_text(struct stream *out, const uint8_t *p, size_t n)
{
	bool utf8 = str_is_utf8(p, n);

	stream_put(out, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' || p[i] == '\\')
			stream_printf(out, "\\%c", p[i]);
		else if (p[i] == '\n')
			stream_puts(out, "\\n");
		else if (p[i] < 0x20 || p[i] == 0x7f || (p[i] >= 0x80 && !utf8))
			stream_printf(out, "\\u%04x", p[i]);
		else
			stream_put(out, p + i, 1);
	}
	stream_put(out, "\"", 1);
}

/* Comma, indentation and key of the next value. */
static void begin(struct json *j, const char *key)
{
	if (j->depth > 0) {
		if (j->comma[j->depth])
			stream_puts(j->out, ",");
		if (!j->compact)
			stream_puts(j->out, "\n");
		j->comma[j->depth] = true;
		for (int i = 0; i < j->depth && !j->compact; i++)
			stream_puts(j->out, "  ");
	}
	if (key != NULL) {
		put_text(j->out, (const uint8_t *)key, strlen(key));
		stream_puts(j->out, j->compact ? ":" : ": ");
	}
}

static void open_level(struct json *j, const char *key, const char *bracket)
{
	begin(j, key);
	stream_puts(j->out, bracket);
	if (j->depth < (int)(sizeof j->comma / sizeof j->comma[0]) - 1)
		j->depth++;
	j->comma[j->depth] = false;
}

static void close_level(struct json *j, const char *bracket)
{
	bool any = j->comma[j->depth];

	j->depth--;
	if (any && !j->compact) {
		stream_puts(j->out, "\n");
		for (int i = 0; i < j->depth; i++)
			stream_puts(j->out, "  ");
	}
	stream_puts(j->out, bracket);
	if (j->depth == 0)
		stream_puts(j->out, "\n");
}

void json_object(struct json *j, const char *key) { open_level(j, key, "{"); }
void json_array(struct json *j, const char *key) { open_level(j, key, "["); }
void json_end_object(struct json *j) { close_level(j, "}"); }
void json_end_array(struct json *j) { close_level(j, "]"); }

void json_string_n(struct json *j, const char *key, const void *p, size_t n)
{
	begin(j, key);
	put_text(j->out, p, n);
}

void json_string(struct json *j, const char *key, const char *value)
{
	begin(j, key);
	if (value == NULL)
		stream_puts(j->out, "null");
	else
		put_text(j->out, (const uint8_t *)value, strlen(value));
}

void json_hex(struct json *j, const char *key, const uint8_t *p, size_t n)
{
	char hex[2 * 512 + 1];

	begin(j, key);
	stream_put(j->out, "\"", 1);
	for (size_t off = 0; off < n; off += MIN_OF(n - off, (size_t)512)) {
		str_hex(hex, p + off, MIN_OF(n - off, (size_t)512));
		stream_puts(j->out, hex);
	}
	stream_put(j->out, "\"", 1);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	begin(j, key);
	stream_printf(j->out, "%lld", (long long)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	stream_puts(j->out, value ? "true" : "false");
}
