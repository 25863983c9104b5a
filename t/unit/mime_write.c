/* mime_write.c - what the writer promises: folding, encodings, parameters, boundaries, nothing foreign as protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mime/mime.h"
#include "t/lib/tap.h"

static const char *written(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 26);
	struct err e;

	if (mime_write(a, m, stream_to_buf(a, b), &e) != 0)
		return e.detail[0] != '\0' ? arena_strdup(a, e.detail) : "failed";
	return buf_str(b);
}

static struct mime_entity *parse(struct arena *a, const char *text)
{
	struct blob in = blob_mem(text, strlen(text));
	struct mime_entity *m;
	struct err e;

	return mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) == 0 ? m : NULL;
}

static struct mime_entity *leaf(struct arena *a, const char *type, const char *content, enum mime_encoding encoding)
{
	return mime_new_leaf(a, type, blob_mem(content, strlen(content)), encoding);
}

static struct octets decoded(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 26);
	struct err e;

	if (mime_decode_body(a, m, stream_to_buf(a, b), &e) != 0)
		ok(false, "body not decoded");
	return buf_octets(b);
}

/* The longest line, and whether every line ends in CRLF and no other CR or LF stands anywhere. */
static size_t longest_line(const char *s, bool *clean)
{
	size_t longest = 0;

	*clean = true;
	while (*s != '\0') {
		size_t n = strcspn(s, "\r\n");
		longest = MAX_OF(longest, n);
		if (s[n] != '\r' || s[n + 1] != '\n')
			*clean = *clean && s[n] == '\0';
		s += n + (s[n] == '\0' ? 0 : s[n] == '\r' && s[n + 1] == '\n' ? 2 : 1);
	}
	return longest;
}

static void test_simple(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = leaf(a, "text/plain", "one\ntwo\r\nthree", MIME_7BIT);

	mime_add_field(a, m, "Subject", "hello");
	mime_set_param(a, m, "charset", "us-ascii");
	m->description = "gr\xC3\xBCn";
	m->id = "a@b";
	m->disposition = "inline";
	mime_set_disposition_param(a, m, "filename", "a b.txt");
	is(written(a, m),
	   "Subject: hello\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-ID: <a@b>\r\n"
	   "Content-Description: =?UTF-8?B?Z3LDvG4=?=\r\nContent-Disposition: inline; filename=\"a b.txt\"\r\n\r\none\r\ntwo\r\nthree\r\n",
	   "a text with all members, lines ended by CRLF");
	arena_free(a);
}

static void test_injection(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = leaf(a, "text/plain", "x", MIME_7BIT);
	const char *out;
	bool clean;

	mime_add_field(a, m, "Subject", "a\r\nBcc: evil@x\r\n\r\nbody");
	mime_add_field(a, m, "X-N\r\nEvil: 1", "v\x01\x7F");
	mime_add_field(a, m, "", "no name");
	mime_set_param(a, m, "name\r\nX: y", "a\r\nb: c\"");
	m->type = "text\r\nX-Evil: y";
	m->subtype = "pl ain";
	m->id = "x>\r\nEvil: 2";
	m->location = "http://x\r\nEvil: 3";
	m->disposition = "inline\r\nEvil: 4";
	m->description = "d\r\nEvil: 5";
	out = written(a, m);
	m = parse(a, out);
	is_int((long long)m->fields.count, 9, "as many fields as were given:\n%s", out);
	ok(mime_get(m, "Bcc") == NULL && mime_get(m, "Evil") == NULL && mime_get(m, "X") == NULL, "no value became a field (I6)");
	is(mime_get(m, "Subject"), "aBcc: evil@xbody", "line ends are gone");
	longest_line(out, &clean);
	ok(clean, "no bare CR or LF");
	arena_free(a);
}

static void test_folding(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = leaf(a, "text/plain", "x", MIME_7BIT);
	struct buf *b = buf_in(a, 1u << 20);
	const char *out;
	bool clean;

	for (int i = 0; i < 200; i++)
		buf_printf(b, "%s<%d.abc@example.org>", i == 0 ? "" : " ", i);
	mime_add_field(a, m, "References", buf_str(b));
	out = written(a, m);
	ok(longest_line(out, &clean) <= 78 && clean, "folded at 78");
	is(mime_get(parse(a, out), "References"), buf_str(b), "and unfolded the same");
	m->fields.count = 0;
	mime_add_field(a, m, "X-Blanks", "a  b   c                                                                                             d");
	is(mime_get(parse(a, written(a, m)), "X-Blanks"), m->fields.items[0].value, "blanks are kept");
	buf_reset(b);
	for (int i = 0; i < 3000; i++)
		buf_puts(b, "x");
	m->fields.count = 0;
	mime_add_field(a, m, "X-Long", buf_str(b));
	ok(longest_line(written(a, m), &clean) <= 998, "a run of 3,000 is cut before 998");
	m->fields.count = 0;
	mime_add_field(a, m, "Subject", "r\xC3\xA4w 8-bit");
	is(mime_get(parse(a, written(a, m)), "Subject"), "=?UTF-8?Q?r=C3=A4w?= 8-bit", "8-bit in a value is encoded");
	arena_free(a);
}

static void test_params(void)
{
	static const char *const values[] = {"plain", "two words", "q\"uo\\te", "gr\xC3\xBCn.pdf", "a\r\nb", "", "x=y;z", "100%",
	                                     "a very long file name of more than sixty octets that goes on and on until it is "
	                                     "really long \xE2\x82\xAC and then a bit longer still, with sections.pdf"};
	struct arena *a = arena_new(0);
	bool clean;

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct mime_entity *m = leaf(a, "application/pdf", "x", MIME_BASE64);
		const char *out;
		mime_set_param(a, m, "name", "replaced");
		mime_set_param(a, m, "NAME", values[i]);
		m->disposition = "attachment";
		mime_set_disposition_param(a, m, "filename", values[i]);
		out = written(a, m);
		ok(longest_line(out, &clean) <= 78 && clean, "short lines");
		m = parse(a, out);
		is(mime_get_param(m, "name"), values[i], "parameter there and back");
		is(m->disposition_params.items[0].value, values[i], "in the disposition as well");
	}
	arena_free(a);
}

static void test_boundaries(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = mime_new(a, "multipart/mixed"), *inner = mime_new(a, "multipart/alternative"), *got;
	const char *out;

	mime_set_param(a, m, "boundary", "b42");
	mime_add(a, m, leaf(a, "text/plain", "x\r\n--=_b42_0_\r\n--=_b42.1_0_--", MIME_7BIT));
	mime_add(a, m, inner);
	for (int i = 0; i < 12; i++)
		mime_add(a, inner, leaf(a, "text/plain", "y", MIME_7BIT));
	out = written(a, m);
	got = parse(a, out);
	ok(strstr(out, "boundary=\"=_b42.2_0_\"") != NULL, "the seed, changed until no line begins with it");
	is_int((long long)got->children.count, 2, "two parts");
	is_int((long long)got->children.items[1]->children.count, 12, "the inner multipart whole");
	is_octets(got->children.items[0]->body.mem, got->children.items[0]->body.len, "x\r\n--=_b42_0_\r\n--=_b42.1_0_--", 29, "content untouched");
	is(written(a, m), out, "written twice it is the same");
	arena_free(a);
}

static void test_encodings(void)
{
	struct arena *a = arena_new(0);
	uint8_t all[2000];
	struct mime_entity *m;
	struct blob content;
	enum mime_encoding enc;
	struct err e;
	bool clean;

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n < 130; n++) {
		struct octets o;
		m = parse(a, written(a, mime_new_leaf(a, "application/octet-stream", blob_mem(all, n), MIME_BASE64)));
		o = decoded(a, m);
		if (o.len != n || (n > 0 && memcmp(o.p, all, n) != 0))
			ok(false, "base64 of %zu octets", n);
		m = parse(a, written(a, mime_new_leaf(a, "application/octet-stream", blob_mem(all, n), MIME_QUOTED_PRINTABLE)));
		o = decoded(a, m);
		if (o.len != n || (n > 0 && memcmp(o.p, all, n) != 0))
			ok(false, "quoted-printable of %zu octets", n);
	}
	m = parse(a, written(a, mime_new_leaf(a, "application/octet-stream", blob_mem(all, sizeof all), MIME_BINARY)));
	ok(m->encoding == MIME_BASE64, "binary content does not travel as it is");
	is_octets(decoded(a, m).p, decoded(a, m).len, all, sizeof all, "and comes out the same");
	m = parse(a, written(a, leaf(a, "text/plain", "From x\n.\ntab\t\nblank \ngr\xC3\xBCn\n=\n", MIME_QUOTED_PRINTABLE)));
	is_octets(decoded(a, m).p, decoded(a, m).len, "From x\r\n.\r\ntab\t\r\nblank \r\ngr\xC3\xBCn\r\n=\r\n", 35, "quoted-printable text");
	ok(longest_line(written(a, mime_new_leaf(a, "text/plain", blob_mem(all, sizeof all), MIME_QUOTED_PRINTABLE)), &clean) <= 76, "lines of 76");
	m = parse(a, written(a, leaf(a, "text/plain", "a\nb\n", MIME_BASE64)));
	is_octets(decoded(a, m).p, decoded(a, m).len, "a\r\nb\r\n", 6, "text in base64 is canonical first");
	m = parse(a, written(a, leaf(a, "text/plain", "gr\xC3\xBCn\n", MIME_7BIT)));
	ok(m->encoding != MIME_7BIT, "8-bit does not go as 7bit");
	content = blob_mem("abc\r\ndef\r\n", 10);
	ok(mime_choose_encoding(&content, true, &enc, &e) == 0 && enc == MIME_7BIT, "ASCII: 7bit");
	content = blob_mem("gr\xC3\xBCn und mehr Text\r\n", 21);
	ok(mime_choose_encoding(&content, true, &enc, &e) == 0 && enc == MIME_QUOTED_PRINTABLE, "some 8-bit: quoted-printable");
	content = blob_mem("\xE6\x97\xA5\xE6\x9C\xAC\r\n", 8);
	ok(mime_choose_encoding(&content, true, &enc, &e) == 0 && enc == MIME_BASE64, "mostly 8-bit: base64");
	content = blob_mem(all, sizeof all);
	ok(mime_choose_encoding(&content, false, &enc, &e) == 0 && enc == MIME_BASE64, "octets: base64");
	arena_free(a);
}

static void test_containers(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = mime_new(a, "multipart/report"), *msg = mime_new(a, "message/rfc822"), *in = leaf(a, "text/plain", "gr\xC3\xBCn\r\n", MIME_8BIT), *got;
	const char *out;

	mime_add_field(a, in, "Subject", "inner");
	mime_set_param(a, m, "report-type", "delivery-status");
	mime_add(a, msg, in);
	mime_add(a, m, leaf(a, "text/plain", "human\r\n", MIME_7BIT));
	mime_add(a, m, leaf(a, "message/delivery-status", "Reporting-MTA: dns; x\r\n", MIME_7BIT));
	mime_add(a, m, msg);
	out = written(a, m);
	got = parse(a, out);
	is_int((long long)got->children.count, 3, "a report of three parts");
	is(mime_get_param(got, "report-type"), "delivery-status", "its type");
	is(mime_get(got, "Content-Transfer-Encoding"), "8bit", "8bit inside is said outside");
	is(mime_get(got->children.items[2], "Content-Transfer-Encoding"), "8bit", "at every level");
	is(mime_get(got->children.items[2]->children.items[0], "Subject"), "inner", "the message inside");
	is(mime_get(got->children.items[2]->children.items[0], "MIME-Version"), "1.0", "is a MIME message itself");
	ok(mime_get(got->children.items[0], "MIME-Version") == NULL, "a part is not");
	m = mime_new(a, "multipart/mixed");
	mime_add(a, m, got->children.items[2]);
	got = parse(a, written(a, m));
	is(mime_get(got->children.items[0]->children.items[0], "Subject"), "inner", "a parsed message goes into another one");
	m = mime_new(a, "multipart/mixed");
	out = written(a, m);
	ok(strstr(out, "boundary=") != NULL && parse(a, out)->children.count == 0, "a multipart without parts is still well-formed");
	arena_free(a);
}

int main(void)
{
	test_simple();
	test_injection();
	test_folding();
	test_params();
	test_boundaries();
	test_encodings();
	test_containers();
	return tap_done();
}
