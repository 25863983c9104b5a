/* base.c - arena, buf, str, blob, stream, clock, err, json. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/stream.h"
#include "t/lib/tap.h"

static int cleaned;
static void clean(void *p) { cleaned = cleaned * 10 + *(int *)p; }

static void test_arena(void)
{
	struct arena *a = arena_new(0);
	struct {
		int *items;
		size_t count, capacity;
	} v = {0};
	static int one = 1, two = 2;
	char *big;

	for (int i = 0; i < 1000; i++)
		*ARENA_PUSH(a, &v) = i;
	ok(v.count == 1000 && v.items[0] == 0 && v.items[999] == 999, "a vector grows in the arena");
	big = arena_alloc(a, 3u << 20);
	ok(big[0] == 0 && big[(3u << 20) - 1] == 0, "a large piece is zeroed");
	ok(((uintptr_t)arena_alloc(a, 1) & 15) == 0, "pieces are aligned");
	is(arena_printf(a, "%s-%d", "x", 7), "x-7", "arena_printf");
	arena_cleanup(a, clean, &one);
	arena_cleanup(a, clean, &two);
	arena_free(a);
	is_int(cleaned, 21, "clean-ups run newest first");
}

static void test_buf(void)
{
	struct buf b = BUF_INIT(10);

	buf_puts(&b, "12345");
	buf_printf(&b, "%s", "67890");
	is(buf_str(&b), "1234567890", "a buffer takes its maximum");
	buf_putc(&b, 'x');
	ok(!buf_ok(&b) && b.len == 10, "and fails beyond it, unchanged");
	buf_reset(&b);
	buf_puts(&b, "abcdef");
	buf_consume(&b, 2);
	is(buf_str(&b), "cdef", "octets are taken from the front");
	buf_free(&b);
}

static void test_str(void)
{
	char out[64];
	long n;

	ok(str_ieq("Received", "rECEIVED") && !str_ieq("To", "Too"), "comparison without case");
	ok(str_to_long("12", 0, 20, &n) == 0 && n == 12, "a number");
	ok(str_to_long("12x", 0, 20, &n) != 0 && str_to_long("21", 0, 20, &n) != 0 && str_to_long("", 0, 1, &n) != 0 &&
	       str_to_long("+1", 0, 9, &n) != 0,
	   "not a number, too large, empty, signed");
	str_printable(out, sizeof out, "a\r\nb\x1b[1m\\", 9);
	is(out, "a\\x0D\\x0Ab\\x1B[1m\\x5C", "control characters are spelled out");
	str_printable(out, sizeof out, "gr\xc3\xbc\xc3\x9f\xc2\x85", 8);
	is(out, "gr\xc3\xbc\xc3\x9f\\xC2\\x85", "UTF-8 stays, C1 controls do not");
	str_printable(out, sizeof out, "\xfc\xff", 2);
	is(out, "\\xFC\\xFF", "octets that are not UTF-8 are hex");
	str_printable(out, 8, "abc\n\n", 5);
	is(out, "abc\\x0A", "cut at a whole escape");
	ok(!str_is_utf8("\xed\xa0\x80", 3) && !str_is_utf8("\xc0\xaf", 2) && str_is_utf8("\xf0\x9f\x93\xa8", 4), "RFC 3629");
	ok(str_is_printable_string("A z09 '()+,-./:=?") && !str_is_printable_string("a@b"), "G-009 PrintableString");
}

static void test_blob(void)
{
	struct arena *a = arena_new(0);
	struct err e;
	int fd;
	struct blob b, s;
	struct octets o;
	struct stream *out;
	struct buf buf = BUF_INIT(100);

	ok(blob_tempfile(a, NULL, &fd, &e) == 0, "temporary file");
	out = stream_to_fd(a, fd, 0);
	for (int i = 0; i < 20000; i++)
		stream_printf(out, "%05d", i);
	ok(stream_finish(out, &e) == 0 && out->written == 100000, "stream to file");
	b = blob_file(fd, 0, out->written);
	s = blob_slice(&b, 50000, 10);
	ok(blob_map(a, &s, &o, &e) == 0 && memcmp(o.p, "1000010001", 10) == 0, "a slice off the page border is mapped");
	out = stream_to_buf(a, &buf);
	stream_blob(out, &s);
	ok(stream_finish(out, &e) == 0, "blob to stream");
	is(buf_str(&buf), "1000010001", "its octets");
	s = blob_slice(&b, 99999, 50);
	is_int((long long)s.len, 1, "a slice ends where its blob ends");
	s = blob_file(fd, 99990, 100);
	ok(blob_map(a, &s, &o, &e) != 0, "a slice beyond the file is an error, not a signal");
	out = stream_to_fd(a, fd, 10);
	stream_puts(out, "12345678901");
	ok(stream_finish(out, &e) == -1 && e.id == ERR_BER_SIZE, "a stream has a maximum");
	buf_free(&buf);
	arena_free(a);
}

static void check_utc(const char *in, const char *rfc, const char *again)
{
	struct when w;
	char out[40], utc[20];

	if (!ok(clock_parse_utctime(in, strlen(in), &w) == 0, "G-013 UTCTime %s", in))
		return;
	clock_format_rfc5322(&w, out);
	is(out, rfc, "G-013 %s as date-time", in);
	clock_format_utctime(&w, utc);
	is(utc, again, "G-014 and back");
}

static void test_clock(void)
{
	struct when w;
	char iso[32];
	static const char *const bad[] = {"9105301820", "910530182026+01", "911330182026Z", "91053018202Z", "910532182026Z", ""};

	check_utc("910530182026+0100", "Thu, 30 May 1991 18:20:26 +0100", "910530182026+0100");
	check_utc("790101000000Z", "Sun, 01 Jan 2079 00:00:00 +0000", "790101000000Z");
	check_utc("800101000000Z", "Tue, 01 Jan 1980 00:00:00 +0000", "800101000000Z");
	check_utc("2403050915-0530", "Tue, 05 Mar 2024 09:15:00 -0530", "2403050915-0530");
	check_utc("20240305091500Z", "Tue, 05 Mar 2024 09:15:00 +0000", "240305091500Z");
	check_utc("240229235960+0000", "Fri, 01 Mar 2024 00:00:00 +0000", "240301000000+0000");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(clock_parse_utctime(bad[i], strlen(bad[i]), &w) != 0, "not a UTCTime: '%s'", bad[i]);
	ok(clock_parse_iso("2024-03-05T09:15:20+01:00", &w) == 0 && w.offset == 60, "ISO 8601");
	clock_format_iso(&w, iso);
	is(iso, "2024-03-05T09:15:20+01:00", "and back");
}

static void test_err(void)
{
	struct err e;
	char text[100];

	ok(ERR(&e, ERR_BER_SYNTAX, "at octet %d\n", 7) == -1, "err_set fails");
	err_text(&e, text, sizeof text);
	is(text, "octets are not BER: at octet 7\\x0A", "text and printable detail");
	for (int i = 1; i < ERR_COUNT; i++) {
		const struct err_row *r = err_row((enum err_id)i);
		int first = r->smtp / 100;
		ok(r->status[0] == '0' + first && r->status[1] == '.' && *r->text != '\0' && *r->section != '\0' &&
		       (first == 4 || first == 5) && (first == 5) == (r->class == ERR_PERMANENT || (r->class == ERR_PROTOCOL && first == 5)) &&
		       r->reason >= 0 && r->reason <= 8 && r->diagnostic >= -1 && r->diagnostic <= 78,
		   "%s: its two languages agree", r->name);
	}
}

static void test_json(void)
{
	struct arena *a = arena_new(0);
	struct buf b = BUF_INIT(1000);
	struct stream *s = stream_to_buf(a, &b);
	struct json j = JSON_INIT(s);

	json_object(&j, NULL);
	json_string(&j, "k", "a\"\\\n\x01");
	json_array(&j, "l");
	json_int(&j, NULL, -5);
	json_bool(&j, NULL, true);
	json_end_array(&j);
	json_string_n(&j, "raw", "\xff", 1);
	json_end_object(&j);
	is(buf_str(&b), "{\n  \"k\": \"a\\\"\\\\\\n\\u0001\",\n  \"l\": [\n    -5,\n    true\n  ],\n  \"raw\": \"\\u00ff\"\n}\n", "JSON");
	buf_free(&b);
	arena_free(a);
}

int main(void)
{
	test_arena();
	test_buf();
	test_str();
	test_blob();
	test_clock();
	test_err();
	test_json();
	return tap_done();
}
