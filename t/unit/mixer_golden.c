/*
 * mixer_golden.c - the worked examples of reports and notifications with their P1 octets.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/dsn.h"
#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

static const struct p1_options options;

static struct mx_message *decode(struct arena *a, const char *path)
{
	struct mx_message *m;
	struct blob b;
	struct err e = {0}, content = {0};
	size_t n;
	char *p = tap_read_file(path, &n);

	b = blob_mem(arena_memdup(a, p, n), n);
	free(p);
	if (p1_decode(a, &b, &P1_LIMITS_DEFAULT, &m, &content, &e) != 0) {
		diag("%s: %s %s", path, err_row(e.id)->name, e.detail);
		exit(1);
	}
	return m;
}

static void know(struct arena *a, struct mixer_setup *s, const char *prmd, const char *local, const char *mail_from, const char *rfc822, const char *x400)
{
	struct mixer_subject_recipient *r = ARENA_PUSH(a, &s->subject.recipients);

	s->subject.found = true;
	s->subject.mts_id.domain.country.printable = "GB";
	s->subject.mts_id.domain.admd.printable = "ACME";
	s->subject.mts_id.domain.prmd.printable = prmd;
	s->subject.mts_id.local = local;
	s->subject.mail_from = mail_from;
	s->subject.content_type = 22;
	*r = (struct mixer_subject_recipient){.number = 1, .rfc822 = rfc822, .x400 = x400, .notify = SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE,
	                                      .rn_requested = true, .nrn_requested = true, .originator_report = 2};
	s->context.subject = &s->subject;
}

#define BOB "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/"
#define ALICE "/RFC-822=alice(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"

/* ---- mails ---- */

static char *body_of(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;

	if (mime_decode_body(a, m, s, &e) != 0 || stream_finish(s, &e) != 0)
		exit(1);
	return arena_strndup(a, buf_str(b), b->len);
}

static void compare_fields(const struct mime_fields *got, const struct mime_fields *want, const char *what)
{
	for (size_t i = 0; i < want->count; i++) {
		const char *name = want->items[i].name, *value = NULL;
		size_t n = 0;

		for (size_t k = 0; k < i; k++)
			n += str_ieq(want->items[k].name, name);
		for (size_t k = 0, seen = 0; k < got->count && value == NULL; k++)
			if (str_ieq(got->items[k].name, name) && seen++ == n)
				value = got->items[k].value;
		if (!str_ieq(name, "Content-Type"))
			is(value, want->items[i].value, "%s: %s", what, name);
	}
	is_int((long long)got->count, (long long)want->count, "%s: no other fields", what);
}

static void compare_mail(struct arena *a, struct mixer_setup *s, const char *ber, const char *eml)
{
	struct mime_entity *want = mixer_setup_mail(a, eml), *got;
	struct mime_field_groups g = {0}, w = {0};
	struct mixer_mail out;
	struct err e = {0};
	size_t n;
	char *text;

	if (!ok(mixer_to_822(a, &s->context, decode(a, ber), &out, &e) == 0 && out.entity != NULL, "%s becomes a mail %s", ber, e.detail))
		return;
	text = mixer_setup_write(a, out.entity, &n);
	got = mixer_setup_parse(a, text, n);
	compare_fields(&got->fields, &want->fields, eml);
	if (!is_int((long long)got->children.count, (long long)want->children.count, "%s: parts", eml))
		return;
	is(body_of(a, got->children.items[0]), body_of(a, want->children.items[0]), "%s: text", eml);
	ok(mime_parse_field_groups(a, got->children.items[1], &g, &e) == 0 && mime_parse_field_groups(a, want->children.items[1], &w, &e) == 0 &&
	       g.count == w.count,
	   "%s: groups", eml);
	for (size_t i = 0; i < w.count && i < g.count; i++)
		compare_fields(&g.items[i], &w.items[i], eml);
}

static void compare_octets(struct arena *a, const struct mx_message *m, const char *path)
{
	struct buf *b = buf_in(a, 1u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e = {0};
	size_t n;
	char *want = tap_read_file(path, &n);

	if (ok(p1_encode(a, m, &options, s, &e) == 0 && stream_finish(s, &e) == 0, "%s is written %s", path, e.detail) &&
	    !is_octets(b->p, b->len, want, n, "%s", path)) {
		diag("got\n%s", mixer_setup_dump(a, m));
		diag("want\n%s", mixer_setup_dump(a, decode(a, path)));
	}
	free(want);
}

static struct mx_message *to_x400(struct arena *a, struct mixer_setup *s, const char *eml, const char *rcpt)
{
	struct smtp_envelope env = {.mail_from = "", .size = -1};
	struct smtp_rcpt *r = ARENA_PUSH(a, &env.rcpt);
	struct mx_message *m;
	struct err e = {0};

	r->address = rcpt;
	if (mixer_to_x400(a, &s->context, mixer_setup_mail(a, eml), &env, NULL, &m, &e) == 0)
		return m;
	diag("%s: %s %s", eml, err_row(e.id)->name, e.detail);
	exit(1);
}

static void test_examples(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mx_message *m, *original;
	struct buf *content = buf_in(a, 65536);
	struct stream *out = stream_to_buf(a, content);
	struct err e;

	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "", "mg1-00004715");
	know(a, &s, "MIXGATE", "mg1-20240305091522-00004711", "alice@example.com", "Bob.Jones@sales.widget.example", BOB);
	s.subject.ret = SMTP_RET_HDRS;
	s.subject.recipients.items[0].orcpt_type = "rfc822";
	s.subject.recipients.items[0].orcpt = "Bob.Jones@sales.widget.example";
	s.subject.header = "Date: Tue, 05 Mar 2024 10:15:00 +0100\r\nSubject: x\r\n";
	compare_mail(a, &s, "t/golden/mixer/3-report-from-x400.p1.ber", "t/golden/mixer/3-report-to-smtp.eml");

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-20240305103025-R0000012", "");
	know(a, &s, "WIDGET", "240305-0042", NULL, "alice@example.com", ALICE);
	s.subject.content_identifier = "Re: Tender 42";
	original = decode(a, "t/golden/mixer/4-report-to-x400.p1.ber");
	s.subject.content = original->report.returned_content;
	compare_octets(a, to_x400(a, &s, "t/golden/mixer/4-report-from-smtp.eml", "Bob.Jones@sales.widget.example"),
	               "t/golden/mixer/4-report-to-x400.p1.ber");

	mixer_setup(a, &s, "2024-03-05T09:45:03+00:00", "", "mg1-00004716");
	compare_mail(a, &s, "t/golden/mixer/5-ipn-from-x400.p1.ber", "t/golden/mixer/5-ipn-to-smtp.eml");

	mixer_setup(a, &s, "2024-03-05T10:31:05+00:00", "mg1-20240305103105-00004730", "");
	know(a, &s, "WIDGET", "240305-0042", NULL, "alice@example.com", ALICE);
	m = to_x400(a, &s, "t/golden/mixer/6-ipn-from-smtp.eml", "Bob.Jones@sales.widget.example");
	is_int(m->content, MX_CONTENT_IPN, "N-304 the MDN becomes an IPN");
	compare_octets(a, m, "t/golden/mixer/6-ipn-to-x400.p1.ber");
	s.subject.recipients.items[0].rn_requested = false;
	m = to_x400(a, &s, "t/golden/mixer/6-ipn-from-smtp.eml", "Bob.Jones@sales.widget.example");
	is_int(m->content, MX_CONTENT_IPM, "N-303 nobody asked: an ordinary message");
	ok(p22_encode(a, m, &options, out, &e) == 0 && stream_finish(out, &e) == 0, "and it can be written");
	arena_free(a);
}

int main(void)
{
	test_examples();
	return tap_done();
}
