/*
 * json.h - writes JSON (RFC 8259) to a stream: for --json of every tool.  Writing only, nothing is ever parsed.
 */
#ifndef MIXGATE_BASE_JSON_H
#define MIXGATE_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"

struct json {
	struct stream *out;
	int depth;
	bool comma[256]; /* a value was written at this depth */
	bool compact;    /* all on one line, for JSON lines */
};

#define JSON_INIT(stream) ((struct json){.out = (stream)})
/* key is NULL inside arrays and at the top. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
/* Octets that are not UTF-8 are written as \u00XX of each octet. NULL is null. */
void json_string(struct json *j, const char *key, const char *value);
void json_string_n(struct json *j, const char *key, const void *p, size_t n);
/* Octets as a string of hexadecimal digits. */
void json_hex(struct json *j, const char *key, const uint8_t *p, size_t n);
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
