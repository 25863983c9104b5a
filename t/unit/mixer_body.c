/*
 * mixer_body.t - bodies: every case of t/vectors/mixer/body.txt from MIME to X.400 as a dump and back to MIME, and the
 * forms that only one side can send.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/iso2022.h"
#include "base/str.h"
#include "mixer/parts.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

static struct mixer_setup *setup_of(struct arena *a)
{
	struct mixer_setup *s = NEW(a, struct mixer_setup);

	mixer_setup(a, s, "2024-03-05T10:30:25+00:00", "GW", "mg1-00004721");
	return s;
}

static struct mx_message *to_x400(struct arena *a, struct mixer_setup *s, const struct mime_entity *mail)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct err e = {0};

	m->content = MX_CONTENT_IPM;
	if (body_to_x400(a, &s->context, mail, m, &e) == 0)
		return m;
	diag("%s %s", err_row(e.id)->name, e.detail);
	return NULL;
}

static char *to_822(struct arena *a, struct mixer_setup *s, const struct mx_message *m, size_t *n)
{
	struct mime_entity *out = mime_new(a, "text/plain");
	struct err e = {0};

	out->has_content_type = false;
	if (body_to_822(a, &s->context, m, &m->ipm, out, &e) != 0) {
		diag("%s %s", err_row(e.id)->name, e.detail);
		return NULL;
	}
	return mixer_setup_write(a, out, n);
}

static char *octets_of(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;
	char *hex;

	if (mime_decode_body(a, m, s, &e) != 0 || stream_finish(s, &e) != 0)
		exit(1);
	hex = arena_alloc(a, 2 * b->len + 1);
	str_hex(hex, b->p, b->len);
	return hex;
}

/* The tree as text: types, names and octets; what a passage must not change. */
static void describe(struct arena *a, const struct mime_entity *m, int depth, struct buf *b)
{
	const char *name = NULL, *charset = mime_get_param(m, "charset");

	for (size_t i = 0; i < m->disposition_params.count; i++)
		if (str_eq(m->disposition_params.items[i].name, "filename"))
			name = m->disposition_params.items[i].value;
	buf_printf(b, "%*s%s/%s", depth, "", m->type, m->subtype);
	if (charset != NULL && !str_ieq(charset, "us-ascii"))
		buf_printf(b, " %s", charset);
	if (name != NULL)
		buf_printf(b, " \"%s\"", name);
	if (m->id != NULL)
		buf_printf(b, " <%s>", m->id);
	if (m->description != NULL)
		buf_printf(b, " (%s)", m->description);
	if (m->children.count == 0)
		buf_printf(b, " %s", octets_of(a, m));
	buf_puts(b, "\n");
	for (size_t i = 0; i < m->children.count; i++)
		describe(a, m->children.items[i], depth + 1, b);
}

static char *description(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 22);

	describe(a, m, 0, b);
	return arena_strdup(a, buf_str(b));
}

/* A case: "== name rows [back=same|file]", then the dump, up to an empty line. */
static void run_case(char *head, const char *want)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	char *save = NULL, *name = strtok_r(head, " ", &save);
	bool lossy = strstr(save, "back=differs") != NULL;
	struct mime_entity *mail = mixer_setup_mail(a, arena_printf(a, "t/vectors/body/%s.mime", name));
	struct mx_message *m = to_x400(a, s, mail);
	struct mx_message shown;
	char *back;
	size_t n;

	if (!ok(m != NULL, "%s is mapped (%s)", name, save))
		goto end;
	shown = *m;
	shown.envelope = mx_message_new(a, MX_MESSAGE)->envelope; /* envelope.txt is about that */
	is(mixer_setup_dump(a, &shown), want, "%s (%s)", name, save);
	back = to_822(a, s, m, &n);
	if (!lossy && back != NULL)
		is(description(a, mixer_setup_parse(a, back, n)), description(a, mail), "%s there and back", name);
	ok(back != NULL, "%s back", name);
end:
	arena_free(a);
}

static void run_table(void)
{
	char *text = tap_read_file("t/vectors/mixer/body.txt", NULL), *p = text;

	while ((p = strstr(p, "== ")) != NULL) {
		char *head = p + 3, *want = strchr(head, '\n'), *end;

		*want++ = '\0';
		end = strstr(want, "\n\n");
		if (end != NULL)
			end[1] = '\0';
		run_case(head, want);
		if (end == NULL)
			break;
		p = end + 2;
	}
	free(text);
}

/* ---- X.400 to MIME: forms that peers send ---- */

static struct mx_message *ipm_of(struct arena *a)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	return m;
}

static struct mx_body_part *add(struct arena *a, struct mx_message *m, enum mx_body_kind kind, const char *data, size_t n)
{
	struct mx_body_part *p = mx_add_body_part(a, &m->ipm, kind);

	p->data = blob_mem(data, n);
	p->tag = MX_ABSENT;
	p->file.object_size = MX_ABSENT;
	return p;
}

static void test_general(void)
{
	static const struct {
		const char *data;
		size_t n;
		int sets[4];
		const char *want, *rows;
	} cases[] = {
		{"\x1b(B\x1b-AGr\xfc\xdf" "e", 11, {1, 6, 100}, "text/plain iso-8859-1 4772fcdf65\n", "B-123"},
		{"\x1b(B\x1b-A\x1b!A\x1b~Gr\xfc\xdf" "e", 16, {6, 100}, "text/plain iso-8859-1 4772fcdf65\n", "B-126 C0 designator and LS1R"},
		{"Gr\xfc\xdf" "e", 5, {1, 6, 100}, "text/plain iso-8859-1 4772fcdf65\n", "B-128 nothing designated"},
		{"Hello", 5, {1, 6, 100}, "text/plain 48656c6c6f\n", "B-144"},
		{"\x1b(B\x1b-AGr\x0e\x7c\x5f\x0f" "e", 13, {1, 6, 100}, "text/plain iso-8859-1 4772fcdf65\n", "B-125 SO and SI"},
		{"\x1b(B\x1b.A" "a\x8e\xfc" "b\x1bN\x7c", 13, {1, 6, 100}, "text/plain iso-8859-1 61fc62fc\n", "B-125 SS2"},
		{"\x1b(B\x1b-A\xfc\x1b-L\xd8", 11, {1, 6, 100}, "text/plain utf-8 c3bcd0b8\n", "B-123 two sets"},
		{"\x1b%G\xe2\x82\xac\x1b%@", 9, {1, 196}, "text/plain utf-8 e282ac\n", "B-134"},
		{"\x1b%/G\xe2\x82\xac", 7, {1, 190}, "text/plain utf-8 e282ac\n", "B-134 no return"},
		{"\x1b$BF|K\\\x1b(B", 10, {1, 6, 14, 87}, "text/plain iso-2022-jp 1b2442467c4b5c1b2842\n", "B-123 Japanese"},
		{"", 0, {1, 6, 100}, "text/plain \n", "B-147"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		struct mixer_setup *s = setup_of(a);
		struct mx_message *m = ipm_of(a);
		struct mx_body_part *p = add(a, m, MX_BODY_GENERAL_TEXT, cases[i].data, cases[i].n);
		char *mail;
		size_t n;

		for (size_t k = 0; k < 4 && cases[i].sets[k] != 0; k++)
			*ARENA_PUSH(a, &p->character_sets) = cases[i].sets[k];
		mail = to_822(a, s, m, &n);
		/* the writer ends the last line */
		if (cases[i].n > 0 && mail[n - 1] == '\n' && strstr(cases[i].want, "0d0a") == NULL && strstr(mail, "quoted-printable") == NULL)
			n -= 2;
		is(description(a, mixer_setup_parse(a, mail, n)), cases[i].want, "%s", cases[i].rows);
		arena_free(a);
	}
}

static void test_unmapped(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	struct mx_message *m = ipm_of(a);
	struct mx_body_part *p = add(a, m, MX_BODY_GENERAL_TEXT, "\x1b-~\xe1", 4);
	char *mail;
	size_t n;

	p->raw = blob_mem("\xaf\x02\x05\x00", 4);
	mail = to_822(a, s, m, &n);
	ok(strstr(mail, "Content-Type: application/x400-bp; bp-type=2.6.1.4.11\r\n") != NULL && strstr(mail, "rwIFAA==") != NULL, "B-124 unknown set: x400-bp");
	m = ipm_of(a);
	p = add(a, m, MX_BODY_FILE_TRANSFER, "x", 1);
	p->file.irreducible = true;
	p->raw = blob_mem("\xaf\x00", 2);
	mail = to_822(a, s, m, &n);
	ok(strstr(mail, "bp-type=2.6.1.4.12\r\n") != NULL, "B-207 not one plain file: x400-bp");
	m = ipm_of(a);
	p = add(a, m, MX_BODY_OTHER, "", 0);
	p->tag = 200;
	p->raw = blob_mem("\xbf\x81\x48\x00", 4);
	mail = to_822(a, s, m, &n);
	ok(strstr(mail, "bp-type=200\r\n") != NULL, "B-326 unknown tag");
	arena_free(a);
}

static void test_ipm_forms(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	struct mx_message *m = ipm_of(a);
	struct mx_body_part *p;
	char *mail;
	size_t n;

	is(to_822(a, s, m, &n), "\r\n", "B-013 no body part: an empty text");
	add(a, m, MX_BODY_IA5, "RFC-822-HEADERS:\r\nX-Foo: bar\r\nBcc: victim@x\r\nReceived: forged\r\n\r\n", 66);
	add(a, m, MX_BODY_IA5, "Hello\r\n", 7);
	is(to_822(a, s, m, &n), "X-Foo: bar\r\n\r\nHello\r\n", "B-007, B-008 a part of header fields, hostile ones dropped");
	m = ipm_of(a);
	add(a, m, MX_BODY_IA5, "RFC-822-Headers:\r\nX-Foo: bar\r\n", 30);
	is(to_822(a, s, m, &n), "\r\nRFC-822-Headers:\r\nX-Foo: bar\r\n", "B-007 alone it is text");
	m = ipm_of(a);
	add(a, m, MX_BODY_IA5, "mime-version: 1.0\nContent-Type: text/html\n\n<p>", 46);
	is(to_822(a, s, m, &n), "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>\r\n", "B-009 HARPOON, any case, LF lines");
	m = ipm_of(a);
	add(a, m, MX_BODY_IA5, "MIME-Version: 1.0\r\nis not what it looks like", 44);
	is(to_822(a, s, m, &n), "\r\nMIME-Version: 1.0\r\nis not what it looks like\r\n", "B-009 false HARPOON is text");
	m = ipm_of(a);
	add(a, m, MX_BODY_IA5, "Gr\xfc\xdf" "e\r\n", 7);
	ok(strstr(to_822(a, s, m, &n), "charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n") != NULL, "B-103 high octets in IA5");
	m = ipm_of(a);
	add(a, m, MX_BODY_TELETEX, "Gr\xc8u\xfb" "e\r\n\x0cpage 2\x0c", 16);
	ok(strstr(to_822(a, s, m, &n), "charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n") != NULL, "B-161 teletex");
	m = ipm_of(a);
	for (int i = 0; i < 2; i++) {
		p = add(a, m, MX_BODY_MESSAGE, "", 0);
		p->message = ipm_of(a);
		add(a, p->message, MX_BODY_IA5, "x", 1);
	}
	ok(strstr(to_822(a, s, m, &n), "multipart/digest") != NULL, "B-408 messages alone make a digest");
	m->ipm.heading.multipart_subtype = "a b";
	ok(strstr(to_822(a, s, m, &n), "multipart/mixed") != NULL, "B-412 a subtype that is no token");
	m = ipm_of(a);
	p = add(a, m, MX_BODY_FILE_TRANSFER, "x", 1);
	p->file.pathname = "a\r\nBcc: x";
	p->file.application_reference = mx_oid_parse(a, "1.3.6.1.4.1.99999.1");
	mail = to_822(a, s, m, &n);
	ok(strstr(mail, "application/x-ftbp.1.3.6.1.4.1.99999.1\r\n") != NULL, "B-205 unknown application reference");
	ok(strstr(mail, "\nBcc:") == NULL && strstr(mail, "filename=\"a  Bcc: x\"") != NULL, "B-238 no header from a file name");
	arena_free(a);
}

/* ---- limits ---- */

static void test_depth(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	struct buf *b = buf_in(a, 1u << 20);
	struct mx_message *m;
	const struct mx_ipm *ipm;
	int levels = 0;
	char *mail;
	size_t n;

	for (int i = 0; i < 30; i++)
		buf_printf(b, "Subject: %d\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n", i);
	buf_puts(b, "Subject: last\r\n\r\nHello\r\n");
	s->settings.max_depth = 5;
	m = to_x400(a, s, mixer_setup_parse(a, b->p, b->len));
	for (ipm = &m->ipm; ipm->body.items[0].kind == MX_BODY_MESSAGE; ipm = &ipm->body.items[0].message->ipm)
		levels++;
	is_int(levels, 5, "B-320 five levels are mapped");
	is_int(ipm->body.items[0].kind, MX_BODY_FILE_TRANSFER, "B-320 the rest is one file");
	mail = to_822(a, s, m, &n);
	ok(mail != NULL && strstr(mail, "Subject: last\r\n\r\nHello\r\n") != NULL, "B-320 and comes back as it was");
	arena_free(a);
}

/* What a mail of a thousand levels, or of ten thousand parts, costs. */
static void test_scale(void)
{
	static const char *const types[] = {"message/rfc822", "multipart/mixed; boundary=b"};
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mime_entity *mail;
	struct err e = {0};

	for (int type = 0; type < 2; type++) {
		struct arena *a = arena_new(0);
		struct mixer_setup *s = setup_of(a);
		struct buf *b = buf_in(a, 1u << 20);
		struct blob in;
		struct mx_message *m;
		size_t before;

		for (int i = 0; i < 1000; i++)
			if (type == 1)
				buf_printf(b, "MIME-Version: 1.0\r\nContent-Type: %s%d\r\n\r\n--b%d\r\n", types[type], i, i);
			else
				buf_printf(b, "MIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n", types[type]);
		buf_puts(b, "\r\nHello\r\n");
		in = blob_mem(b->p, b->len);
		before = arena_used(a);
		ok(mime_parse(a, &in, &limits, &mail, &e) == 0 && (m = to_x400(a, s, mail)) != NULL && m->ipm.body.count == 1,
		   "B-320 a thousand levels of %s", types[type]);
		ok(arena_used(a) - before < 2u << 20, "in %zu octets of memory for %zu", arena_used(a) - before, b->len);
		arena_free(a);
	}
	{
		struct arena *a = arena_new(0);
		struct buf *b = buf_in(a, 1u << 20);
		struct blob in;

		buf_puts(b, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
		for (int i = 0; i < 10000; i++)
			buf_puts(b, "--b\r\n\r\nx\r\n");
		in = blob_mem(b->p, b->len);
		ok(mime_parse(a, &in, &limits, &mail, &e) != 0 && e.id == ERR_MIME_PARTS, "B-321 ten thousand parts are refused");
		is(err_status(&e), "5.6.0", "B-321 with a status of their own");
		arena_free(a);
	}
}

/* A large attachment goes through the temporary file: no memory but the arena's small change. */
static void test_large(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	static const char head[] = "MIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
	static const char line[] = "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r\n";
	struct mime_entity *mail;
	struct mx_message *m;
	struct stream *out;
	struct blob in;
	struct err e;
	size_t before;
	int fd;

	if (blob_tempfile(a, NULL, &fd, &e) != 0)
		exit(1);
	out = stream_to_fd(a, fd, 0);
	stream_puts(out, head);
	for (int i = 0; i < 300000; i++)
		stream_puts(out, line);
	if (stream_finish(out, &e) != 0)
		exit(1);
	in = blob_file(fd, 0, out->written);
	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &mail, &e) != 0)
		exit(1);
	before = arena_used(a);
	m = to_x400(a, s, mail);
	ok(m != NULL && m->ipm.body.items[0].data.mem == NULL && m->ipm.body.items[0].data.len == 300000u * 54, "the data is a slice of a file");
	ok(arena_used(a) - before < 1u << 20, "%zu octets of memory for 16 MB of data", arena_used(a) - before);
	arena_free(a);
}

static void test_prohibited(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	struct mime_entity *mail = mixer_setup_mail(a, "t/vectors/body/koi8.mime");
	struct config_bodies bodies;
	struct mx_message *m = ipm_of(a);
	struct err e;

	m->envelope.implicit_conversion_prohibited = true;
	ok(body_to_x400(a, &s->context, mail, m, &e) == 0 && m->ipm.body.items[0].kind == MX_BODY_FILE_TRANSFER, "B-139 koi8-r is not recoded but carried");
	m = ipm_of(a);
	m->envelope.implicit_conversion_prohibited = true;
	mail = mixer_setup_mail(a, "t/vectors/body/gt-latin1.mime");
	ok(body_to_x400(a, &s->context, mail, m, &e) == 0 && m->ipm.body.items[0].kind == MX_BODY_GENERAL_TEXT, "B-139 packaging is no conversion");
	bodies = *config_bodies_default();
	bodies.octet_stream = "bp14";
	s->settings.bodies = &bodies;
	m = to_x400(a, s, mixer_setup_mail(a, "t/vectors/body/bp14.mime"));
	ok(m != NULL && m->ipm.body.items[0].kind == MX_BODY_BILATERAL, "B-200 octet-stream as bilaterally-defined");
	arena_free(a);
}

/* B-262: raw octets go in only for a trusted sender, and only when they are what they say. */
static int read_g4(struct arena *a, const struct blob *ber, struct mx_body_part *out, struct err *e)
{
	(void)a;
	if (ber->len < 2 || ber->mem[0] != 0xa4)
		return ERR(e, ERR_BER_SYNTAX, "not [4]");
	out->kind = MX_BODY_OTHER;
	out->tag = 4;
	return 0;
}

static void test_x400_bp(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup *s = setup_of(a);
	struct mime_entity *mail = mixer_setup_mail(a, "t/vectors/body/bp-g4.mime");
	struct mx_message *m;

	s->context.read_body_part = read_g4;
	m = to_x400(a, s, mail);
	ok(m->ipm.body.items[0].kind == MX_BODY_OTHER && m->ipm.body.items[0].raw.len == 4, "B-262 the part itself");
	s->context.trusted = false;
	m = to_x400(a, s, mail);
	is_int(m->ipm.body.items[0].kind, MX_BODY_FILE_TRANSFER, "B-262 of a stranger: a file");
	s->context.trusted = true;
	m = to_x400(a, s, mixer_setup_mail(a, "t/vectors/body/unknown15.mime"));
	is_int(m->ipm.body.items[0].kind, MX_BODY_FILE_TRANSFER, "B-262 octets that do not fit: a file");
	arena_free(a);
}

int main(void)
{
	run_table();
	test_general();
	test_unmapped();
	test_ipm_forms();
	test_depth();
	test_scale();
	test_large();
	test_prohibited();
	test_x400_bp();
	return tap_done();
}
