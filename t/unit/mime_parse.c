/* mime_parse.c - structure, slices, limits, bodies and field groups. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mime/mime.h"
#include "t/lib/tap.h"

static struct mime_entity *parse(struct arena *a, const char *text, size_t n)
{
	struct mime_entity *m = NULL;
	struct blob in = blob_mem(text, n);
	struct err e;

	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) != 0) {
		diag("%s: %s", err_row(e.id)->name, e.detail);
		return NULL;
	}
	return m;
}

static enum err_id refused(struct arena *a, const char *text, size_t n, const struct mime_limits *l)
{
	struct mime_entity *m;
	struct blob in = blob_mem(text, n);
	struct err e = {0};

	return mime_parse(a, &in, l, &m, &e) == 0 ? ERR_NONE : e.id;
}

static const char *body(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 26);
	struct err e;

	if (mime_decode_body(a, m, stream_to_buf(a, b), &e) != 0)
		return NULL;
	return buf_str(b);
}

static void is_blob(const struct blob *b, const char *want, const char *what)
{
	is_octets(b->mem, b->len, want, strlen(want), "%s", what);
}

static const char two_parts[] =
	"Subject: a\r\n folded\r\n\t line\r\nX-Empty:\r\nsubject : again\r\n"
	"MIME-Version: 1.0\r\nContent-Type: Multipart/Mixed; boundary=\"b b\"\r\n\r\npreamble\r\n--b b \r\n"
	"\r\nfirst\r\n\r\n--b b\r\nContent-Type: application/octet-stream; name*=utf-8''%C3%A9.bin\r\n"
	"Content-Transfer-Encoding: Base64\r\nContent-Disposition: attachment; filename=\"=?utf-8?q?=C3=A9?=.bin\"\r\n"
	"Content-ID: <x@y>\r\n\r\nAAEC\r\n--b b--\r\nepilogue\r\n";

static void test_tree(void)
{
	struct arena *a = arena_new(0);
	struct mime_entity *m = parse(a, two_parts, sizeof two_parts - 1), *part;

	is(mime_get(m, "SUBJECT"), "a folded\t line", "a folded field is one line");
	is(mime_get_nth(m, "subject", 1), "again", "the second field of a name, blank before the colon");
	is(mime_get(m, "X-Empty"), "", "an empty value");
	is_int((long long)m->fields.count, 5, "all fields in order");
	is(m->type, "multipart", "type is lower case");
	is_int((long long)m->children.count, 2, "two parts");
	part = m->children.items[0];
	is_blob(&part->raw, "\r\nfirst\r\n", "raw slice of a part without fields");
	is_blob(&part->body, "first\r\n", "the line end before a delimiter belongs to it");
	ok(!part->has_content_type && strcmp(part->subtype, "plain") == 0, "default type");
	part = m->children.items[1];
	is_blob(&part->body, "AAEC", "body of the second part");
	is(mime_get_param(part, "NAME"), "\xC3\xA9.bin", "RFC 2231 parameter");
	is(part->disposition_params.items[0].value, "\xC3\xA9.bin", "RFC 2047 in quotes");
	is(part->disposition, "attachment", "disposition");
	is(part->id, "x@y", "Content-ID");
	arena_free(a);
}

static void test_lf_and_ends(void)
{
	static const char lf[] = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Type: message/rfc822\n\n"
	                         "Subject: in\n\ninner\n--x--\n";
	static const char open[] = "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
	                           "--i\r\n\r\nx\r\n--o\r\n\r\ny";
	struct arena *a = arena_new(0);
	struct mime_entity *m = parse(a, lf, sizeof lf - 1), *inner;

	is_blob(&m->children.items[0]->body, "a", "LF message: body");
	inner = m->children.items[1]->children.items[0];
	is_blob(&inner->raw, "Subject: in\n\ninner", "message in a message");
	is(mime_get(inner, "subject"), "in", "its field");
	m = parse(a, open, sizeof open - 1);
	is_int((long long)m->children.count, 2, "an outer delimiter ends an inner multipart");
	is_blob(&m->children.items[0]->children.items[0]->body, "x", "the inner part");
	is_blob(&m->children.items[1]->body, "y", "a part without close-delimiter reaches to the end");
	m = parse(a, "", 0);
	ok(m != NULL && m->fields.count == 0 && m->body.len == 0, "an empty message");
	m = parse(a, "Subject: x", 10);
	is(mime_get(m, "Subject"), "x", "a header without end");
	m = parse(a, "no field here\r\nSubject: x\r\n", 27);
	ok(m != NULL && m->fields.count == 0 && m->body.len == 27, "a line that is no field begins the body");
	m = parse(a, "From a@b Mon\r\nSubject: x\r\n\r\n", 28);
	is(mime_get(m, "Subject"), "x", "a mailbox line is skipped");
	m = parse(a, "A: 1\r\nB\0: 2\r\nC: x\0y\r\n\r\nz", 24);
	is(mime_get(m, "A"), "1", "a NUL in a name ends the header, nothing is lost");
	m = parse(a, "C: x\0y\r\n\r\nz", 11);
	is(mime_get(m, "C"), "x?y", "a NUL in a value is shown");
	arena_free(a);
}

static void test_signed(void)
{
	static const char text[] =
		"Content-Type: multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n"
		"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n a \t\r\n--i--\r\nepi \r\n\r\n--s\r\n"
		"Content-Type: application/pkcs7-signature\r\n\r\nxx\r\n--s--\r\n";
	struct arena *a = arena_new(0);
	struct mime_entity *m = parse(a, text, sizeof text - 1), *again;
	struct buf *b = buf_in(a, 1u << 16);
	struct err e;

	ok(!m->signed_region && m->children.items[0]->signed_region && m->children.items[0]->children.items[0]->signed_region,
	   "what is inside multipart/signed is marked");
	is_blob(&m->children.items[0]->raw, "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n a \t\r\n--i--\r\nepi \r\n",
	        "the signed octets, epilogue and blanks included (RFC 1847 2.1)");
	again = mime_new(a, "multipart/mixed");
	mime_add(a, again, m->children.items[0]);
	ok(mime_write(a, m, stream_to_buf(a, b), &e) == 0, "written");
	is_octets(b->p, b->len, text, sizeof text - 1, "a signed message is written as received");
	arena_free(a);
}

static void test_depth(void)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_in(a, 1u << 24);
	struct mime_entity *m;
	int depth = 0;

	for (int i = 0; i < 20000; i++)
		buf_printf(b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	m = parse(a, (const char *)b->p, b->len);
	for (; m != NULL && m->children.count > 0; m = m->children.items[0])
		depth++;
	is_int(depth, 20, "20,000 nested multiparts are mapped to depth 20");
	ok(m != NULL && m->too_deep && m->body.len > 100000, "the rest stays one entity");
	buf_reset(b);
	for (int i = 0; i < 20000; i++)
		buf_puts(b, "Content-Type: message/rfc822\r\n\r\n");
	m = parse(a, (const char *)b->p, b->len);
	for (depth = 0; m != NULL && m->children.count > 0; m = m->children.items[0])
		depth++;
	is_int(depth, 20, "20,000 nested messages as well");
	arena_free(a);
}

static void test_limits(void)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_in(a, 1u << 25);
	struct mime_limits l = MIME_LIMITS_DEFAULT;

	buf_puts(b, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(b, "--b\r\n\r\nx\r\n");
	is(err_row(refused(a, (const char *)b->p, b->len, &l))->name, "ERR_MIME_PARTS", "100,000 parts");
	ok(arena_used(a) < 8u << 20, "and little memory: %zu", arena_used(a));
	buf_reset(b);
	for (int i = 0; i < 5001; i++)
		buf_puts(b, "To: a@b\r\n");
	is(err_row(refused(a, (const char *)b->p, b->len, &l))->name, "ERR_MIME_HEADER_FIELDS", "5,001 fields");
	is_int(refused(a, (const char *)b->p, b->len - 9, &l), ERR_NONE, "5,000 fields pass");
	buf_reset(b);
	buf_puts(b, "Subject: ");
	while (b->len < 1200000)
		buf_puts(b, "xxxxxxxxxx");
	is(err_row(refused(a, (const char *)b->p, b->len, &l))->name, "ERR_MIME_HEADER_SIZE", "a field over 1 MiB");
	buf_reset(b);
	buf_puts(b, "Content-Type: text/plain");
	for (int i = 0; i < 501; i++)
		buf_printf(b, ";\r\n p%d=v", i);
	is(err_row(refused(a, (const char *)b->p, b->len, &l))->name, "ERR_MIME_PARAMS", "501 parameters");
	l.size = 10;
	is(err_row(refused(a, "Subject: x\r\n", 12, &l))->name, "ERR_MIME_SIZE", "message size");
	arena_free(a);
}

static void test_two_readers(void)
{
	/* GMime takes the last of two boundaries, we the first: nobody knows what the sender's filter saw */
	static const char text[] = "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\n1\r\n--b\r\n\r\n2\r\n--a--\r\n--b--\r\n";
	struct arena *a = arena_new(0);
	struct mime_entity *m = parse(a, text, sizeof text - 1);

	ok(m != NULL && (m->too_deep ? m->children.count == 0 : m->children.count == 1),
	   "two boundary parameters: one reading or none (%zu parts)", m == NULL ? 0 : m->children.count);
	arena_free(a);
}

static void test_groups(void)
{
	static const char text[] = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\nX: a\r\n b\r\n\r\n\r\n"
	                           "Final-Recipient: rfc822; y\r\nAction: failed\r\n\r\nFinal-Recipient: rfc822; z\r\n";
	struct arena *a = arena_new(0);
	struct mime_entity *m = parse(a, text, sizeof text - 1);
	struct mime_field_groups g = {0};
	struct err e;

	ok(mime_parse_field_groups(a, m, &g, &e) == 0, "groups of a delivery status");
	is_int((long long)g.count, 3, "one a message and one a recipient, doubled empty lines do not count");
	is(g.items[0].items[1].value, "a b", "unfolded");
	is(g.items[2].items[0].value, "rfc822; z", "the last one");
	arena_free(a);
}

/* Defects of GMime 3.2.13 that must not show through (HACKING). */
static void test_defects(void)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_in(a, 1u << 25), *out = buf_in(a, 1u << 25);
	struct mime_mailboxes boxes;
	struct mime_entity *m;
	struct err e;

	m = parse(a, "Subject: =?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=\r\n\r\nx\r\n", 58);
	is(mime_decode_words(a, mime_get(m, "Subject")), "Hello world", "defect 1: words after a padded word");
	m = parse(a, "Content-Transfer-Encoding: base64\r\n\r\nVkk=\r\nUlVTISE=\r\n", 53);
	is(body(a, m), "VIRUS!!", "defect 2: base64 in padded pieces");
	buf_puts(b, "Content-Type: multipart/mixed;\n ");
	for (int i = 0; i < 36; i++)
		buf_puts(b, "\xd1\x9c");
	buf_puts(b, "=\"\xd1\x9c\";\n\nx\n");
	m = parse(a, (const char *)b->p, b->len);
	m->raw = (struct blob){0};
	ok(m != NULL && mime_write(a, m, stream_to_buf(a, out), &e) == 0, "defect 3: 8-bit parameter name, read and written");
	buf_reset(b);
	for (int i = 0; i < 51000; i++)
		buf_puts(b, "g:");
	buf_puts(b, " a@example.org;");
	ok(mime_parse_mailboxes(a, buf_str(b), &boxes, &e) != 0, "defect 4: 51,000 nested groups");
	is(err_row(e.id)->name, "ERR_MIME_ADDRESS", "are refused as what they are");
	buf_reset(b);
	buf_puts(b, "To: ");
	for (int i = 0; i < 51000; i++)
		buf_puts(b, "g:");
	buf_puts(b, " a@b;\r\n\r\nx\r\n");
	ok(parse(a, (const char *)b->p, b->len) != NULL, "and GMime never sees them");
	/* defect 5, memory for many parts: test_limits */
	arena_free(a);
}

/* Every sample parses, and written again it is the same tree. */
static bool same_tree(struct arena *a, const struct mime_entity *x, const struct mime_entity *y)
{
	if (strcmp(x->type, y->type) != 0 || strcmp(x->subtype, y->subtype) != 0 || x->children.count != y->children.count)
		return false;
	for (size_t i = 0; i < x->children.count; i++)
		if (!same_tree(a, x->children.items[i], y->children.items[i]))
			return false;
	/* SMTP ends a message with a line end, whether it had one or not */
	return x->children.count > 0 || strcmp(body(a, x), body(a, y)) == 0 ||
	       strcmp(arena_printf(a, "%s\r\n", body(a, x)), body(a, y)) == 0;
}

static bool stable(struct arena *a, const char *path)
{
	size_t n;
	char *text = tap_read_file(path, &n);
	struct mime_entity *m = parse(a, text, n), *again;
	struct buf *one = buf_in(a, 1u << 24), *two = buf_in(a, 1u << 24);
	struct err e;
	bool good;

	if (m == NULL || mime_write(a, m, stream_to_buf(a, one), &e) != 0)
		return false;
	again = parse(a, (const char *)one->p, one->len);
	good = again != NULL && mime_write(a, again, stream_to_buf(a, two), &e) == 0 && same_tree(a, m, again) &&
	       one->len == two->len && memcmp(one->p, two->p, one->len) == 0;
	free(text);
	return good;
}

static int not_dot(const struct dirent *d) { return d->d_name[0] != '.'; }

static void test_samples(void)
{
	char path[4096];
	struct dirent **names;
	int n;

	snprintf(path, sizeof path, "%s/t/vectors/mime/samples", tap_srcdir());
	n = scandir(path, &names, not_dot, alphasort);
	ok(n > 90, "%d sample messages", n);
	for (int i = 0; i < n; i++) {
		struct arena *a = arena_new(0);
		snprintf(path, sizeof path, "t/vectors/mime/samples/%s", names[i]->d_name);
		ok(stable(a, path), "%s: parse, write, parse, write", names[i]->d_name);
		free(names[i]);
		arena_free(a);
	}
	free(names);
}

int main(void)
{
	test_tree();
	test_lf_and_ends();
	test_signed();
	test_depth();
	test_limits();
	test_two_readers();
	test_groups();
	test_defects();
	test_samples();
	return tap_done();
}
