/*
 * body_1984.t - bodies for a peer of 1984 (RFC 1496, rows B-163, B-264, B-266, B-407): each mail goes out in basic body parts
 * alone, as P2 that holds no extension, and what comes back is the mail that went out.
 *
 * Whole means: mapped for a peer of today, the mail that came back gives the same message as the one that was sent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

#define MIXED "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n"
#define END "\r\n--b--\r\n"

static const struct {
	const char *name, *mail;
	int parts; /* of the message of 1984 */
} cases[] = {
	{"a text", "Subject: x\r\n\r\nHello\r\n", 1},
	{"a text of Latin-1 as teletex", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n", 1},
	{"a text of Greek", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-7\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=E5=E9=DC\r\n", 1},
	{"a text of UTF-8", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xF0\x9F\x98\x80\r\n", 1},
	{"HTML", "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E2=82=AC</p>\r\n", 1},
	{"a PDF with a name", MIXED "Content-Type: application/pdf; name=\"a b.pdf\"\r\nContent-Disposition: attachment; filename=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=" END, 2},
	{"octets with a name", MIXED "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC" END, 2},
	{"an image", MIXED "Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlh" END, 2},
	{"an image of eight bits", MIXED "Content-Type: image/gif\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGIF89a\xff" END, 2},
	{"an attached text", MIXED "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\ntext" END, 2},
	{"an x-ftbp", MIXED "Content-Type: application/x-ftbp.1.2.3\r\n\r\nx" END, 2},
	{"another body part", MIXED "Content-Type: application/x400-bp; bp-type=1.3.6.1.4.1.99999.7\r\nContent-Transfer-Encoding: base64\r\n\r\nrxMoEQYJKwYBBAGGjR8HoAQEAgEC" END, 2},
	{"a multipart in a multipart", MIXED "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c--" END, 2},
	{"an alternative", "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c--\r\n", 3},
	{"a related", "MIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=c\r\n\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c\r\nContent-Type: image/png\r\nContent-ID: <a@b>\r\n\r\nx\r\n--c--\r\n", 3},
	{"signed", "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=c; protocol=\"application/x-sig\"\r\n\r\n--c\r\n\r\none  \r\n--c\r\nContent-Type: application/x-sig\r\n\r\nx\r\n--c--\r\n", 1},
	{"a message", MIXED "Content-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\nDate: Tue, 05 Mar 2024 10:15:00 +0100\r\nTo: b@example.com\r\nSubject: inner\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>" END, 2},
	{"octets without a name", MIXED "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC" END, 2},
	{"a facsimile", MIXED "Content-Type: image/g3fax; resolution=Fine\r\nContent-Transfer-Encoding: base64\r\n\r\nAB8AEAEAEAEAEAE=" END, 2},
};

static struct mx_message *to_x400(struct arena *a, struct mixer_setup *s, const char *text, size_t n)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct err e = {0};

	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm.set = true;
	m->ipm.heading.this_ipm.user_relative = "1";
	if (body_to_x400(a, &s->context, mixer_setup_parse(a, text, n), m, &e) == 0)
		return m;
	diag("%s %s", err_row(e.id)->name, e.detail);
	return NULL;
}

static bool is_basic(const struct mx_ipm *ipm)
{
	for (size_t i = 0; i < ipm->body.count; i++)
		if (ipm->body.items[i].extended || ipm->body.items[i].kind == MX_BODY_EXTENDED ||
		    (ipm->body.items[i].message != NULL && !is_basic(&ipm->body.items[i].message->ipm)))
			return false;
	return ipm->heading.extensions.count == 0 && ipm->heading.multipart_subtype == NULL && ipm->heading.rfc_822_fields.count == 0;
}

/* The identifiers of messages that are made for multiparts, and encoding lengths, are not compared. */
static char *shown(struct arena *a, struct mx_message *m)
{
	m->losses.count = 0;
	return mixer_setup_dump(a, m);
}

static void run_case(size_t i)
{
	static const struct p1_options old = {.content_p2 = true};
	struct arena *a = arena_new(0);
	struct config_bodies bodies = *config_bodies_default();
	struct mixer_setup s;
	struct mx_message *today, *m, *back = mx_message_new(a, MX_MESSAGE);
	struct mime_entity *mail = mime_new(a, "text/plain");
	struct buf *b = buf_in(a, 1u << 20);
	struct stream *out = stream_to_buf(a, b);
	struct err e = {0};
	struct blob content;
	size_t n = strlen(cases[i].mail);
	char *text;

	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "GW", "mg1-00004715");
	s.context.read_body_part = p1_read_body_part;
	today = to_x400(a, &s, cases[i].mail, n);
	bodies.no_general_text = bodies.no_file_transfer = bodies.no_extended = true;
	s.settings.bodies = &bodies;
	m = to_x400(a, &s, cases[i].mail, n);
	if (!ok(m != NULL && p22_encode(a, m, &old, out, &e) == 0 && stream_finish(out, &e) == 0, "%s is sent as P2 %s", cases[i].name, e.detail))
		goto end;
	content = blob_mem(b->p, b->len);
	ok(p22_decode(a, &content, &P1_LIMITS_DEFAULT, back, &e) == 0 && is_basic(&back->ipm), "%s: in basic body parts alone", cases[i].name);
	is_int((long long)back->ipm.body.count, cases[i].parts, "%s: %d of them", cases[i].name, cases[i].parts);
	s.settings.bodies = NULL;
	mail->has_content_type = mail->has_mime_version = false;
	if (!ok(body_to_822(a, &s.context, back, &back->ipm, mail, &e) == 0, "%s comes back %s", cases[i].name, e.detail))
		goto end;
	text = mixer_setup_write(a, mail, &n);
	m = to_x400(a, &s, text, n);
	is(shown(a, m), shown(a, today), "%s is whole", cases[i].name);
end:
	arena_free(a);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		run_case(i);
	return tap_done();
}
