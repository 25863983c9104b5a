/*
 * fuzz_dump_parse.c - any text as a dump: a message or an error with its place, in bounded memory; any octets as APDU or
 * content: what can be shown is read back from its dump, and the second dump is the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg/dump.h"
#include "msg/fields.h"
#include "p1/p1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mx_parse_limits parse_limits = {.memory = (size_t)64 << 20, .nesting = 20};

static struct octets dump_of(struct arena *a, const struct mx_message *m, bool as_received)
{
	struct buf *b = buf_in(a, (size_t)256 << 20);
	struct stream *s = stream_to_buf(a, b);

	mx_dump_with(a, m, &(struct mx_dump_options){.as_received = as_received}, s);
	if (stream_finish(s, NULL) != 0)
		abort();
	return buf_octets(b);
}

static void there_and_back(struct arena *a, const struct mx_message *m, bool as_received)
{
	struct octets first = dump_of(a, m, as_received), second;
	struct mx_source s = {.name = "dump", .text = first};
	struct mx_dumped d;
	struct err e = {0};

	if (mx_parse(a, &s, &MX_PARSE_LIMITS_DEFAULT, &d, &e) != 0) {
		fprintf(stderr, "%s\n", e.detail);
		abort();
	}
	second = dump_of(a, d.message, as_received);
	if (first.len != second.len || memcmp(first.p, second.p, first.len) != 0 ||
	    !mx_equal(&mx_message_table, m, d.message, as_received))
		abort();
	mx_dump_with(a, m, &(struct mx_dump_options){.json = true, .as_received = as_received}, stream_to_nothing(a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct p1_limits limits = {{1 << 20, 4096, 100000}, 100, 100, 20};
	struct arena *a = arena_new((size_t)1 << 30);
	struct mx_source s = {.name = "fuzz", .text = {data, size}};
	struct blob b = blob_mem(data, size);
	struct err e = {0}, content_error = {0};
	struct mx_message *m;
	struct mx_dumped d;

	while (mx_parse(a, &s, &parse_limits, &d, &e) == 0) {
		if (d.message != NULL)
			there_and_back(a, d.message, true);
		else
			mx_dump_octets(a, d.octets, &(struct mx_dump_options){0}, stream_to_nothing(a));
	}
	if (p1_decode(a, &b, &limits, &m, &content_error, &e) == 0) {
		there_and_back(a, m, true);
		there_and_back(a, m, false);
	}
	m = mx_message_new(a, MX_MESSAGE);
	if (p22_decode(a, &b, &limits, m, &e) == 0)
		there_and_back(a, m, true);
	arena_free(a);
	return 0;
}
