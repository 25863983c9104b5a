/* mime_hostile.c - input that is made to cost: each case is a megabyte or more and must be linear work and little memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mime/mime.h"
#include "t/lib/tap.h"

#define MEGABYTE 1000000

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The sanitizers are slow, and a shared machine is as well: a quadratic case takes minutes. */
#define LIMIT 8.0

static char *repeat(struct arena *a, const char *head, const char *piece, size_t size)
{
	struct buf *b = buf_in(a, size + 1000);

	buf_puts(b, head);
	while (b->len < size)
		buf_puts(b, piece);
	return arena_strdup(a, buf_str(b));
}

static void use_value(struct arena *a, const char *s)
{
	struct mime_mailboxes boxes;
	struct mime_msgids ids = {0};
	struct when w;
	struct err e;

	(void)!mime_parse_mailboxes(a, s, &boxes, &e);
	mime_parse_msgids(a, s, &ids);
	(void)!mime_parse_date(s, &w);
	if (strlen(mime_decode_words(a, s)) > 8 * strlen(s) || strlen(mime_strip_comments(a, s)) > strlen(s))
		ok(false, "a value grew");
	if (mime_encode_words(a, s) == NULL || mime_encode_phrase(a, s) == NULL)
		ok(false, "not encoded");
}

static void test_values(void)
{
	static const struct {
		const char *head, *piece;
	} cases[] = {
		{"", "("},          {"", "(a) "},        {"", "\""},          {"", "\\"},           {"", "<"},
		{"", "a@b,"},       {"", "a:"},          {"", "a:;"},         {"", "@a,"},          {"<", "@a,"},
		{"", "=?"},         {"", "=?a?q?"},      {"", "=?a?q?" "?="},    {"", "=?utf-8?q?x?= "}, {"", "=?iso-8859-1?q?x?= =?utf-8?q?y?= "},
		{"", "=?no-1?q?x?= =?no-2?q?y?= "},      {"", "=?utf-8?b?w6TDtsO8?= "},             {"", "<a@b> "},
		{"", "<\""},        {"", "a b "},        {"", "\xC3\xBC"},    {"", "\xFF "},        {"", "[a"},
		{"a@[", "a"},       {"", ".a"},          {"", "x "},          {"", "\"a\" <b@c> (d), "}, {"", "       "},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		double t = cpu();
		use_value(a, repeat(a, cases[i].head, cases[i].piece, MEGABYTE));
		t = cpu() - t;
		ok(t < LIMIT, "1 MB of \"%s%s\": %.3f s", cases[i].head, cases[i].piece, t);
		arena_free(a);
	}
}

static void read_and_write(const char *what, const char *text, size_t n)
{
	struct arena *a = arena_new(0);
	struct blob in = blob_mem(text, n);
	struct mime_entity *m;
	struct err e = {0};
	double t = cpu();
	int r = mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e);

	if (r == 0)
		r = mime_write(a, m, stream_to_nothing(a), &e);
	t = cpu() - t;
	ok(t < LIMIT && arena_used(a) < n + (8u << 20), "%s: %s, %.3f s, %zu kB of arena", what, r == 0 ? "passed" : err_row(e.id)->name, t,
	   arena_used(a) / 1024);
	arena_free(a);
}

static void test_messages(void)
{
	static const struct {
		const char *name, *head, *piece;
		size_t size;
	} cases[] = {
		{"many headers", "", "X-H: v\r\n", MEGABYTE},
		{"many To fields", "", "To: u@example.org\r\n", MEGABYTE},
		{"one long header", "Subject: ", "x", 10 * MEGABYTE},
		{"folded header", "Subject:", "\r\n x", MEGABYTE},
		{"plain parameters", "Content-Type: text/plain", ";\r\n p=v", MEGABYTE},
		{"quoted semicolons", "Content-Type: text/plain; x=\"", ";", MEGABYTE},
		{"RFC 2231 sections", "Content-Type: text/plain", ";\r\n name*1*=%41", MEGABYTE},
		{"many parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", MEGABYTE},
		{"delimiters without parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n", 10 * MEGABYTE},
		{"a preamble of 40 MB", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "preamble\r\n", 40 * MEGABYTE},
		{"lines of dashes", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n", "--bX\r\n", 10 * MEGABYTE},
		{"nested multiparts", "", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", MEGABYTE},
		{"nested messages", "", "Content-Type: message/rfc822\r\n\r\n", MEGABYTE},
		{"base64 in one line", "Content-Transfer-Encoding: base64\r\n\r\n", "QUJD", 20 * MEGABYTE},
		{"no line end", "", "a", 20 * MEGABYTE},
		{"soft line breaks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n", 10 * MEGABYTE},
		{"nested address groups", "To: ", "g:", MEGABYTE},
		{"blank lines", "\r\n", "\r\n", 10 * MEGABYTE},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		const char *text = repeat(a, cases[i].head, cases[i].piece, cases[i].size);
		read_and_write(cases[i].name, text, strlen(text));
		arena_free(a);
	}
}

static void decode_attachment(struct arena *a, const struct mime_entity *m)
{
	struct stream *s = stream_to_nothing(a);
	struct err e;

	ok(mime_decode_body(a, m, s, &e) == 0 && s->written == 48000000, "the attachment has 48 MB");
}

static void test_large_file(void)
{
	static const char head[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n";
	struct arena *a = arena_new(0);
	struct mime_entity *m;
	struct stream *s;
	struct blob in;
	struct err e;
	long before = tap_memory(), after;
	int fd;

	if (blob_tempfile(a, NULL, &fd, &e) != 0)
		ok(false, "temporary file: %s", e.detail);
	s = stream_to_fd(a, fd, 0);
	stream_puts(s, head);
	for (int i = 0; i < 1000000; i++)
		stream_puts(s, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n");
	stream_puts(s, "--b--\r\n");
	if (stream_finish(s, &e) != 0)
		ok(false, "writing: %s", e.detail);
	in = blob_file(fd, 0, s->written);
	ok(mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) == 0 && m->children.count == 2, "a message of 66 MB in a file");
	decode_attachment(a, m->children.items[1]);
	m->raw.len = 0;
	ok(mime_write(a, m, stream_to_nothing(a), &e) == 0, "written again");
	after = tap_memory();
	ok(arena_used(a) < 1u << 20, "arena: %zu kB", arena_used(a) / 1024);
	ok(before < 0 || after - before < 20000, "anonymous memory grew by %ld kB", after - before);
	arena_free(a);
}

int main(void)
{
	test_large_file();
	test_values();
	test_messages();
	return tap_done();
}
