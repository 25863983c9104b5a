/* base_charset.c - conversions and T.61 (G-011) against t/vectors/charset. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/charset.h"
#include "t/lib/tap.h"

static void put_char(char *out, unsigned c)
{
	if (c < 0x80) {
		snprintf(out, 5, "%c", (int)c);
	} else if (c < 0x800) {
		snprintf(out, 5, "%c%c", (int)(0xC0 | c >> 6), (int)(0x80 | (c & 63)));
	} else {
		snprintf(out, 5, "%c%c%c", (int)(0xE0 | c >> 12), (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
	}
}

static size_t hex_octets(const char *s, uint8_t *out)
{
	size_t n = 0;

	for (; s[0] != '\0' && s[1] != '\0' && s[0] != '-'; s += 2) {
		char two[3] = {s[0], s[1], '\0'};
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

/* Column n (from 0) of a tab-separated line. */
static const char *column(const char *line, int n, char *out, size_t size)
{
	while (n-- > 0)
		line = strchr(line, '\t') + 1;
	snprintf(out, size, "%.*s", (int)strcspn(line, "\t\n"), line);
	return out;
}

/* What only Latin-1 can mean: T.61 leaves these places empty. */
static bool is_empty_place(const uint8_t *p, size_t n) { return n == 1 && (p[0] == 0xC0 || (p[0] >= 0xD8 && p[0] <= 0xDB) || p[0] == 0xE5); }

static void test_t61_table(void)
{
	char *text = tap_read_file("t/vectors/charset/t61.tsv", NULL), *save = NULL, field[100], want[8];
	struct arena *a = arena_new(0);
	uint8_t octets[8];
	int rows = 0;

	strtok_r(text, "\n", &save);
	for (char *line; (line = strtok_r(NULL, "\n", &save)) != NULL; rows++) {
		size_t n = hex_octets(column(line, 0, field, sizeof field), octets);
		column(line, 3, field, sizeof field);
		if (field[0] == '-') {
			ok(is_empty_place(octets, n), "%.4s has no character in T.61", line);
			put_char(want, octets[0]);
		} else {
			put_char(want, (unsigned)strtoul(field + 2, NULL, 16));
		}
		is(charset_t61_to_utf8(a, (struct octets){octets, n}), want, "G-011 T.61 %.4s", line);
	}
	is_int(rows, 341, "rows of t61.tsv");
	free(text);
	arena_free(a);
}

static bool has_ascii_octet(unsigned c) { return c == '`' || c == '\\' || c == '^' || (c >= '{' && c <= '~'); }

static void test_t61_encode(void)
{
	char *text = tap_read_file("t/vectors/charset/t61-encode.tsv", NULL), *save = NULL, field[100], in[8];
	struct arena *a = arena_new(0);
	uint8_t want[8];
	size_t lost;

	strtok_r(text, "\n", &save);
	for (char *line; (line = strtok_r(NULL, "\n", &save)) != NULL;) {
		unsigned c = (unsigned)strtoul(column(line, 0, field, sizeof field) + 2, NULL, 16);
		size_t n = hex_octets(column(line, 2, field, sizeof field), want);
		struct octets got;
		put_char(in, c);
		got = charset_utf8_to_t61(a, in, &lost);
		if (c == '$' || c == '#' || has_ascii_octet(c)) { /* peers read them where ASCII has them */
			want[0] = (uint8_t)c;
			n = 1;
		} else if (c == 0x0110) {
			want[0] = 0xE2;
			n = 1;
		} else if (n == 0) {
			want[0] = '?';
			n = 1;
			is_int((long long)lost, 1, "%.6s is lost", line);
		}
		is_octets(got.p, got.len, want, n, "G-011 %.6s to T.61", line);
	}
	free(text);
	arena_free(a);
}

static const char *t61(struct arena *a, const char *s, size_t n) { return charset_t61_to_utf8(a, (struct octets){(const uint8_t *)s, n}); }

static void test_t61_text(void)
{
	struct arena *a = arena_new(0);
	struct octets o;
	size_t lost;

	is(t61(a, "Gr\xC8u\xFB" "e\r\n", 8), "Gr\xC3\xBC\xC3\x9F" "e\r\n", "floating accent");
	is(t61(a, "M\xC9uller", 7), "M\xC3\xBCller", "the second diaeresis");
	is(t61(a, "Gr\xFC\xDF" "e \xC4rger", 11), "Gr\xC3\xBC\xC3\x9F" "e \xC3\x84rger", "Latin-1 shows itself by an accent that fits no letter");
	is(t61(a, "\x1B\x2D\x41Gr\xFC\xDF" "e", 8), "Gr\xC3\xBC\xC3\x9F" "e", "Latin-1 by designation");
	is(t61(a, "\x1B\x2D\x41\xFC\x1B\x29\x76\xFB", 8), "\xC3\xBC\xC3\x9F", "and back to T.61");
	is(t61(a, "a\0b", 3), "a\xEF\xBF\xBD" "b", "NUL is shown, nothing is cut");
	is(t61(a, "a\x1B", 2), "a\x1B", "an escape without sequence is left");
	is(t61(a, "", 0), "", "empty");
	o = charset_utf8_to_t61(a, "e\xCC\x81 \xC3\xA9", &lost);
	is_octets(o.p, o.len, "\xC2" "e \xC2" "e", 5, "combining characters and composites are the same");
	is_int((long long)lost, 0, "nothing lost");
	o = charset_utf8_to_t61(a, "a\x1B$\xE2\x82\xAC\xFF", &lost);
	is_octets(o.p, o.len, "a?$??", 5, "what has no octet is '?'; no escape gets in");
	is_int((long long)lost, 3, "and counted");
	arena_free(a);
}

static const char *to_utf8(struct arena *a, const char *charset, const char *s, size_t n, size_t *lost)
{
	char *out;
	struct err e;

	if (charset_to_utf8(a, charset, (struct octets){(const uint8_t *)s, n}, &out, lost, &e) != 0)
		return err_row(e.id)->name;
	return out;
}

static void test_iconv(void)
{
	struct arena *a = arena_new(0);
	struct octets o;
	struct err e;
	size_t lost;

	is(to_utf8(a, "iso-8859-1", "gr\xFCn", 4, &lost), "gr\xC3\xBCn", "ISO 8859-1");
	is_int((long long)lost, 0, "nothing lost");
	is(to_utf8(a, "us-ascii", "a\xFCz", 3, &lost), "a\xEF\xBF\xBDz", "8-bit in US-ASCII");
	is_int((long long)lost, 1, "is counted");
	is(to_utf8(a, "UTF-8", "a\xC0\x80\xED\xA0\x80z", 7, &lost), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz", "overlong and surrogate");
	is_int((long long)lost, 5, "an octet each");
	is(to_utf8(a, "utf-8", "a\0b", 3, &lost), "a\xEF\xBF\xBD" "b", "NUL");
	is(to_utf8(a, "utf-16", "\xFF\xFE" "a\0", 4, &lost), "a", "UTF-16 with a mark");
	is(to_utf8(a, "utf-16", "\0a", 2, &lost), "a", "UTF-16 without is big-endian");
	is(to_utf8(a, "iso-2022-jp", "\x1B$B\x46\x7C\x1B(B", 8, &lost), "\xE6\x97\xA5", "ISO-2022-JP");
	is(to_utf8(a, "no-such", "x", 1, &lost), "ERR_CHARSET", "an unknown name");
	is(to_utf8(a, "UTF-8//TRANSLIT", "x", 1, &lost), "ERR_CHARSET", "no options by name");
	is(to_utf8(a, "", "x", 1, &lost), "ERR_CHARSET", "an empty name");
	is(to_utf8(a, "Teletex", "\xC8u", 2, &lost), "\xC3\xBC", "Teletex is T.61");
	ok(charset_known("KOI8-R") && charset_known("utf8") && charset_known("t.61") && !charset_known("x-none"), "charset_known");
	ok(charset_from_utf8(a, "iso-8859-1", "gr\xC3\xBCn \xE2\x82\xAC", &o, &lost, &e) == 0, "to ISO 8859-1");
	is_octets(o.p, o.len, "gr\xFCn ?", 6, "with a replacement");
	is_int((long long)lost, 1, "for one character");
	ok(charset_from_utf8(a, "iso-2022-jp", "\xE6\x97\xA5", &o, &lost, &e) == 0, "to ISO-2022-JP");
	is_octets(o.p, o.len, "\x1B$B\x46\x7C\x1B(B", 8, "the shift state is closed");
	ok(charset_from_utf8(a, "iso-2022-jp", "\xE6\x97\xA5\xF0\x9F\x98\x80\xE6\x97\xA5", &o, &lost, &e) == 0 && lost == 1, "a loss inside shifted text");
	is_octets(o.p, o.len, "\x1B$B\x46\x7C\x1B(B?\x1B$B\x46\x7C\x1B(B", 17, "the replacement stands in ASCII");
	arena_free(a);
}

static void test_large(void)
{
	struct arena *a = arena_new(0);
	size_t n = 3000000, lost;
	char *in = arena_alloc(a, n + 1);
	const char *out;

	memset(in, '\xE9', n);
	out = to_utf8(a, "iso-8859-1", in, n, &lost);
	ok(strlen(out) == 2 * n && lost == 0, "3 MB of Latin-1");
	out = to_utf8(a, "us-ascii", in, n, &lost);
	ok(strlen(out) == 3 * n && lost == n, "3 MB without meaning");
	arena_free(a);
}

int main(void)
{
	test_t61_table();
	test_t61_encode();
	test_t61_text();
	test_iconv();
	test_large();
	return tap_done();
}
