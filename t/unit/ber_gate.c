/*
 * ber_gate.c - the gate against t/vectors/ber/gate.txt, its limits, and large input that must not cost memory.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/str.h"
#include "base/stream.h"
#include "ber/gate.h"
#include "ber/writer.h"
#include "t/lib/tap.h"

static const struct ber_limits limits = BER_LIMITS_DEFAULT;

static struct octets unhex(struct arena *a, const char *s)
{
	uint8_t *p = arena_alloc(a, strlen(s) + 1);
	size_t n = 0;

	while (*s != '\0') {
		unsigned v;
		if (sscanf(s, " %2x", &v) != 1)
			break;
		p[n++] = (uint8_t)v;
		s += strspn(s, " ") + 2;
	}
	return (struct octets){p, n};
}

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t");
}

static void run_vector(const char *name, const char *in_hex, const char *want)
{
	struct arena *a = arena_new(0);
	struct octets in = unhex(a, in_hex), out = {0};
	struct err e = {0};
	uint8_t *exact = malloc(in.len + 1);
	int r;

	/* an exact heap copy, so that a sanitizer sees a read beyond it */
	memcpy(exact, in.p, in.len);
	in.p = exact;
	r = ber_gate(a, in, &limits, &out, &e);
	if (strncmp(want, "ERR_", 4) == 0) {
		is(r == 0 ? "passed" : err_row(e.id)->name, want, "%s is refused", name);
	} else if (ok(r == 0, "%s passes%s%s", name, r != 0 ? ": " : "", e.detail)) {
		struct octets w = str_eq(want, "=") ? in : unhex(a, want), again;
		is_octets(out.p, out.len, w.p, w.len, "%s: definite form", name);
		if (str_eq(want, "="))
			ok(out.p == in.p, "%s is not copied", name);
		ok(ber_gate(a, out, &limits, &again, &e) == 0 && again.p == out.p, "%s: nothing is left to do", name);
	}
	free(exact);
	arena_free(a);
}

static void vectors(void)
{
	size_t n;
	char *text = tap_read_file("t/vectors/ber/gate.txt", &n), *line, *save;

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *in = strchr(line, '|'), *want = in != NULL ? strchr(in + 1, '|') : NULL;
		if (*line == '#' || want == NULL)
			continue;
		*in++ = *want++ = '\0';
		run_vector(trim(line), trim(in), trim(want));
	}
	free(text);
}

static void limit(const char *what, struct octets in, struct ber_limits l, enum err_id want)
{
	struct arena *a = arena_new(0);
	struct octets out;
	struct err e = {0};
	int r = ber_gate(a, in, &l, &out, &e);

	is(r == 0 ? "ERR_NONE" : err_row(e.id)->name, want == ERR_NONE ? "ERR_NONE" : err_row(want)->name, "%s", what);
	arena_free(a);
}

static void limits_hold(void)
{
	struct arena *a = arena_new(0);
	struct ber_writer w = ber_writer_in(a);
	struct octets deep, many;
	uint8_t *hostile = arena_alloc(a, 2000000);
	int i;

	ber_put_null(&w, BER_U(BER_NULL));
	for (i = 0; i < 99; i++)
		ber_close(&w, BER_C(0), 0);
	deep = ber_writer_octets(&w);
	limit("depth 99 of 99", deep, (struct ber_limits){1000, 99, 1000}, ERR_NONE);
	limit("depth 99 of 98", deep, (struct ber_limits){1000, 98, 1000}, ERR_BER_DEPTH);
	limit("count 100 of 100", deep, (struct ber_limits){1000, 99, 100}, ERR_NONE);
	limit("count 100 of 99", deep, (struct ber_limits){1000, 99, 99}, ERR_BER_COUNT);
	many = (struct octets){deep.p, deep.len};
	limit("size", many, (struct ber_limits){deep.len - 1, 4096, 1000}, ERR_BER_SIZE);
	memset(hostile, 0x80, 2000000);
	for (i = 0; i < 2000000; i += 2)
		hostile[i] = 0x24;
	limit("a million open strings", (struct octets){hostile, 2000000}, limits, ERR_BER_DEPTH);
	arena_free(a);
}

static void prefix(void)
{
	static const uint8_t in[] = {0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00, 0xFF, 0xFF};
	struct arena *a = arena_new(0);
	struct octets out;
	struct err e = {0};
	size_t used = 0;

	ok(ber_gate_prefix(a, (struct octets){in, sizeof(in)}, &limits, &out, &used, &e) == 0, "a value with octets behind it");
	is_int((long long)used, 7, "how long it was");
	is_octets(out.p, out.len, "\x30\x03\x02\x01\x05", 5, "its definite form");
	arena_free(a);
}

/* 60 MB of content in segments of 1 KB, indefinite, in a file, as RTSE hands it over. */
static void large(void)
{
	struct arena *a = arena_new(0);
	uint8_t piece[1024] = {0};
	struct octets in, out = {0};
	struct blob file;
	struct stream *s;
	struct err e = {0};
	struct ber_tlv t;
	long before, after;
	int fd, i;

	if (!ok(blob_tempfile(a, NULL, &fd, &e) == 0, "temporary file"))
		return;
	s = stream_to_fd(a, fd, 0);
	stream_put(s, "\x30\x80\x24\x80", 4);
	for (i = 0; i < 60000; i++) {
		stream_put(s, "\x04\x82\x04\x00", 4);
		piece[0] = (uint8_t)i;
		stream_put(s, piece, sizeof(piece));
	}
	stream_put(s, "\0\0\0\0", 4);
	ok(stream_finish(s, &e) == 0, "60 MB in segments written");
	file = blob_file(fd, 0, s->written);
	ok(blob_map(a, &file, &in, &e) == 0, "mapped");
	before = tap_memory();
	ok(ber_gate(a, in, &limits, &out, &e) == 0, "60 MB in segments pass");
	after = tap_memory();
	ok(ber_tlv_read(out, &t, &e) == 0 && ber_tlv_read(t.value, &t, &e) == 0 && t.tag == BER_U(BER_OCTET_STRING) &&
	           !t.constructed && t.value.len == UINT64_C(60000) * 1024, "one octet string");
	ok(t.value.len > 1024 * 300 && t.value.p[1024 * 299] == (299 & 0xFF), "with its octets");
#ifdef __SANITIZE_ADDRESS__
	(void)before, (void)after;
#else
	ok(after - before < 4096, "no memory for it (%ld KiB)", after - before);
#endif
	arena_free(a);
}

int main(void)
{
	vectors();
	limits_hold();
	prefix();
	large();
	return tap_done();
}
