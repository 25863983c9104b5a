/*
 * mixer_report.t - reports and DSNs: the worked examples 3 and 4, the notifications that mixgate owes on their way back
 * to P1, and the rows of the corner cases.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

#define BOB "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/"
#define ALICE "/RFC-822=alice(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"

static void domain(struct mx_global_domain *d, const char *prmd)
{
	d->country.printable = "GB";
	d->admd.printable = "ACME";
	d->prmd.printable = prmd;
}

/* What the journal knows of example 2: Bob's message to Alice. */
static void know_example_2(struct arena *a, struct mixer_setup *s)
{
	struct mixer_subject_recipient *r = ARENA_PUSH(a, &s->subject.recipients);

	s->subject.found = true;
	domain(&s->subject.mts_id.domain, "WIDGET");
	s->subject.mts_id.local = "240305-0042";
	s->subject.content_type = 22;
	s->subject.content_identifier = "Re: Tender 42";
	*r = (struct mixer_subject_recipient){.number = 1, .rfc822 = "alice@example.com", .x400 = ALICE, .originator_report = 2};
	s->context.subject = &s->subject;
}

/* ... and of example 1: Alice's message to Bob. */
static void know_example_1(struct arena *a, struct mixer_setup *s, unsigned notify)
{
	struct mixer_subject_recipient *r = ARENA_PUSH(a, &s->subject.recipients);

	s->subject.found = true;
	domain(&s->subject.mts_id.domain, "MIXGATE");
	s->subject.mts_id.local = "mg1-20240305091522-00004711";
	s->subject.mail_from = "alice@example.com";
	s->subject.envid = "QQ314159";
	s->subject.ret = SMTP_RET_HDRS;
	s->subject.header = "Date: Tue, 05 Mar 2024 10:15:00 +0100\r\nFrom: Alice Smith <alice@example.com>\r\n"
	                    "To: Bob Jones <Bob.Jones@sales.widget.example>\r\nSubject: Tender 42 - delivery dates for lot 3\r\n"
	                    "Message-ID: <20240305091500.7A1@mail.example.com>\r\n";
	*r = (struct mixer_subject_recipient){.number = 1, .rfc822 = "Bob.Jones@sales.widget.example", .x400 = BOB, .notify = notify,
	                                      .orcpt_type = "rfc822", .orcpt = "Bob.Jones@sales.widget.example", .originator_report = 2};
	s->context.subject = &s->subject;
}

static struct mx_message *example_3(struct arena *a)
{
	static const struct {
		const char *prmd, *time;
	} trace[] = {{"WIDGET", "2024-03-05T09:20:01+00:00"}, {"HUB", "2024-03-05T09:20:03+00:00"}};
	struct mx_message *m = mx_message_new(a, MX_REPORT);
	struct mx_report_recipient *r;

	domain(&m->envelope.id.domain, "WIDGET");
	m->envelope.id.local = "R240305-0007";
	mixer_setup_or(a, ALICE, &m->envelope.originator.address);
	for (size_t i = 0; i < ARRAY_LEN(trace); i++) {
		struct mx_trace *t = ARENA_PUSH(a, &m->envelope.trace);

		domain(&t->domain, trace[i].prmd);
		if (clock_parse_iso(trace[i].time, &t->arrival_time) != 0)
			exit(1);
	}
	domain(&m->report.subject_identifier.domain, "MIXGATE");
	m->report.subject_identifier.local = "mg1-20240305091522-00004711";
	m->report.content_type = 22;
	m->report.content_identifier = "Tender 42 - d...";
	m->report.content_correlator = "SMTP/NOTARY ENVID: QQ314159";
	r = mx_add_report_recipient(a, m);
	mixer_setup_or(a, BOB, &r->actual_recipient.address);
	r->number = 1;
	r->originator_report = 2;
	if (clock_parse_iso("2024-03-05T09:20:00+00:00", &r->last_trace.arrival_time) != 0)
		exit(1);
	r->reason = 1;
	r->diagnostic = 0;
	r->supplementary_information = "mailbox closed 2024-02";
	return m;
}

static struct mx_message *to_x400(struct arena *a, struct mixer_setup *s, const struct mime_entity *mail, const char *rcpt)
{
	struct smtp_envelope env = {.mail_from = "", .size = -1};
	struct smtp_rcpt *r = ARENA_PUSH(a, &env.rcpt);
	struct mx_message *m;
	struct err e = {0};

	r->address = rcpt;
	if (mixer_to_x400(a, &s->context, mail, &env, NULL, &m, &e) == 0)
		return m;
	diag("%s %s", err_row(e.id)->name, e.detail);
	return NULL;
}

/* Every header field and every field of the machine part of want is in got with the same value. */
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

static char *body_of(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 1u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;

	if (mime_decode_body(a, m, s, &e) != 0 || stream_finish(s, &e) != 0)
		exit(1);
	return arena_strdup(a, buf_str(b));
}

static void compare_mails(struct arena *a, const struct mime_entity *got, const struct mime_entity *want, const char *what)
{
	struct mime_field_groups g = {0}, w = {0};
	struct err e;

	compare_fields(&got->fields, &want->fields, what);
	is_int((long long)got->children.count, (long long)want->children.count, "%s: parts", what);
	is(body_of(a, got->children.items[0]), body_of(a, want->children.items[0]), "%s: text", what);
	ok(mime_parse_field_groups(a, got->children.items[1], &g, &e) == 0 && mime_parse_field_groups(a, want->children.items[1], &w, &e) == 0 &&
	       g.count == w.count,
	   "%s: groups of the second part", what);
	for (size_t i = 0; i < w.count && i < g.count; i++)
		compare_fields(&g.items[i], &w.items[i], what);
	if (want->children.count > 2)
		is(body_of(a, got->children.items[2]), body_of(a, want->children.items[2]), "%s: returned header", what);
}

static void test_example_3(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mixer_mail out;
	struct err e = {0};
	char *text;
	size_t n;

	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "", "mg1-00004715");
	know_example_1(a, &s, SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE);
	ok(mixer_to_822(a, &s.context, example_3(a), &out, &e) == 0 && out.entity != NULL, "R-201 the report becomes a mail");
	is(out.envelope.mail_from, "", "R-255 MAIL FROM:<>");
	is(out.envelope.rcpt.items[0].address, "alice@example.com", "R-203 RCPT TO");
	is_int(out.envelope.rcpt.items[0].notify, SMTP_NOTIFY_NEVER, "R-255 NOTIFY=NEVER");
	text = mixer_setup_write(a, out.entity, &n);
	compare_mails(a, mixer_setup_parse(a, text, n), mixer_setup_mail(a, "t/golden/mixer/3-report-to-smtp.eml"), "example 3");
	arena_free(a);
}

static void test_example_4(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mx_message *m;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-20240305103025-R0000012", "");
	know_example_2(a, &s);
	m = to_x400(a, &s, mixer_setup_mail(a, "t/golden/mixer/4-report-from-smtp.eml"), "Bob.Jones@sales.widget.example");
	if (ok(m != NULL && m->kind == MX_REPORT, "R-101 the DSN becomes a report")) {
		char *want = tap_read_file("t/golden/mixer/4-report.dump", NULL);

		is(mixer_setup_dump(a, m), want, "R-104 to R-137 example 4");
		free(want);
	}
	/* a DSN about nothing that we know is a message */
	s.context.subject = NULL;
	m = to_x400(a, &s, mixer_setup_mail(a, "t/golden/mixer/4-report-from-smtp.eml"), "Bob.Jones@sales.widget.example");
	ok(m != NULL && m->kind == MX_MESSAGE && m->content == MX_CONTENT_IPM, "R-111 without a known subject it is an IPM");
	arena_free(a);
}

/* who wants to hear what. */
static void test_suppression(void)
{
	static const struct {
		unsigned notify;
		bool delivered, sent;
	} cases[] = {
		{0, false, true}, {0, true, false}, {SMTP_NOTIFY_NEVER, false, false}, {SMTP_NOTIFY_SUCCESS, false, false},
		{SMTP_NOTIFY_SUCCESS, true, true}, {SMTP_NOTIFY_FAILURE, true, false}, {SMTP_NOTIFY_DELAY, false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		struct mixer_setup s;
		struct mixer_mail out;
		struct mx_message *m = example_3(a);
		struct err e;

		mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "", "mg1-00004715");
		know_example_1(a, &s, cases[i].notify);
		m->report.recipients.items[0].delivered = cases[i].delivered;
		ok(mixer_to_822(a, &s.context, m, &out, &e) == 0 && (out.entity != NULL) == cases[i].sent, "R-115 NOTIFY %u, %s: %s", cases[i].notify,
		   cases[i].delivered ? "delivered" : "failed", cases[i].sent ? "sent" : "not sent");
		s.context.subject = NULL;
		m->report.recipients.items[0].originator_report = 0;
		ok(mixer_to_822(a, &s.context, m, &out, &e) == 0 && out.entity == NULL, "R-254 a report for the MTA alone is not sent");
		arena_free(a);
	}
}

static const char *part_text(struct arena *a, const struct mixer_mail *out, size_t part)
{
	return arena_strndup(a, (const char *)out->entity->children.items[part]->body.mem, (size_t)out->entity->children.items[part]->body.len);
}

/* In place of p1's. */
static char *shown_name(struct arena *a, struct octets name)
{
	return arena_printf(a, "CN=%.*s", (int)name.len, (const char *)name.p);
}

static void test_delivered(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mixer_mail out;
	struct mx_message *m = example_3(a);
	struct mx_report_recipient *r = &m->report.recipients.items[0];
	struct mx_redirection *h = ARENA_PUSH(a, &r->redirection_history);
	struct err e;
	const char *text;

	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "", "mg1-00004715");
	r->delivered = true;
	r->type_of_user = 2;
	r->delivery_time = r->last_trace.arrival_time;
	r->converted = (struct mx_eits){.set = true, .built_in = MX_EIT_IA5_TEXT};
	r->last_trace.converted = r->converted;
	mixer_setup_or(a, "/S=Sales/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/", &r->originally_intended_recipient.address);
	r->actual_recipient.directory_name = (struct octets){(const uint8_t *)"Jo", 2};
	s.context.directory_name = shown_name;
	h->name = r->originally_intended_recipient;
	h->time = r->delivery_time;
	h->reason = 4;
	r->supplementary_information = "say \"when\"";
	m->report.content_correlator = "Subject: x\nDate: y";
	ARENA_PUSH(a, &m->report.extensions)->number = 99;
	if (!ok(mixer_to_822(a, &s.context, m, &out, &e) == 0 && out.entity != NULL, "R-242 a delivery report"))
		return;
	is(mime_get(out.entity, "Subject"), "Delivery Report (success) for Sales@sales.widget.example", "R-205 success");
	text = part_text(a, &out, 1);
	ok(strstr(text, "Action: delivered\r\nStatus: 2.0.0\r\nX400-Delivery-Time: Tue, 05 Mar 2024 09:20:00 +0000\r\nX400-Type-of-MTS-User: ms (2)\r\n") != NULL,
	   "R-242 fields");
	ok(strstr(text, "X400-Mapped-Redirect-Recipient: rfc822; Bob.Jones@sales.widget.example\r\n") != NULL &&
	       strstr(text, "X400-Redirect-Recipient: x400;") != NULL,
	   "R-239 redirected");
	text = strstr(text, "X400-Redirect-Recipient: x400;");
	ok(text != NULL && strstr(text, "/C=GB/ (CN=Jo)\r\n") != NULL, "A-020, A-262: a directory name behind the X.400 form");
	text = part_text(a, &out, 1);
	ok(strstr(text, "X400-Converted-EITs: IA5-Text;\r\n") != NULL, "R-244");
	ok(strstr(text, "X400-Last-Trace: IA5-Text Tue, 05 Mar 2024 09:20:00 +0000\r\n") != NULL, "R-252");
	ok(strstr(text, "X400-Supplementary-Info: \"say 'when'\";\r\n") != NULL, "R-245 quotes");
	ok(strstr(text, "X400-Redirection-History: intended recipient Sales@sales.widget.example\r\n redirected to Alias on Tue, 05 Mar 2024 09:20:00 +0000\r\n") != NULL,
	   "R-246");
	ok(strstr(text, "X400-Content-Correlator: Subject: x; Date: y\r\n") != NULL, "R-228");
	ok(strstr(text, "X400-Discarded-DR-Extensions: (99)\r\n") != NULL, "R-230");
	ok(strstr(text, "Original-Envelope-Id:\r\n [/PRMD=MIXGATE/ADMD=ACME/C=GB/;mg1-20240305091522-00004711]\r\n") != NULL, "R-220 nothing known");
	is(part_text(a, &out, 0),
	   "This report relates to your message:\r\n  Subject: x\r\n  Date: y\r\n\r\nYour message was successfully delivered to:\r\n"
	   "  Sales@sales.widget.example\r\nat Tue, 05 Mar 2024 09:20:00 +0000\r\n\r\nThe Original Message is not available\r\n",
	   "R-211, R-212, R-214 text");
	s.settings.strict_mixer = true;
	ok(mixer_to_822(a, &s.context, m, &out, &e) == 0, "strict");
	text = part_text(a, &out, 1);
	ok(strstr(text, "Final-Recipient: rfc822; Sales@sales.widget.example\r\n") != NULL && strstr(text, "Original-Recipient: x400; /S=Sales/") != NULL,
	   "R-240 strict: types as RFC 2156 has them");
	arena_free(a);
}

static struct mx_message *message_of_bob(struct arena *a)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	domain(&m->envelope.id.domain, "WIDGET");
	m->envelope.id.local = "240305-0042";
	m->envelope.content_type = 22;
	m->envelope.content_identifier = "Re: Tender 42";
	mixer_setup_or(a, BOB, &m->envelope.originator.address);
	for (int i = 0; i < 3; i++) {
		struct mx_recipient *r = mx_add_recipient(a, m);

		mixer_setup_or(a, i == 1 ? "/S=Nobody/PRMD=NOWHERE/ADMD=ACME/C=GB/" : i == 0 ? ALICE : "/RFC-822=carol(a)example.org/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/",
		               &r->name.address);
		r->number = i + 3;
	}
	return m;
}

/* mixgate's own DSN must come back as the report that it meant. */
static void test_own_loop(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mixer_outcome outcomes[3] = {{.recipient = 0, .action = "failed", .smtp_reply = "550 5.2.1 <alice@example.com> disabled"},
	                                    {.recipient = 1, .action = "failed"},
	                                    {.recipient = 2, .action = "relayed"}};
	struct mixer_report_key key;
	struct mixer_mail out;
	struct mx_message *m;
	struct err e = {0};
	char *text;
	size_t n;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-20240305103025-R0000013", "mg1-00004722");
	(void)ERR(&outcomes[1].err, ERR_MIXER_CRITICAL, "extension 20");
	if (!ok(mixer_own_dsn(a, &s.context, message_of_bob(a), outcomes, 3, &out, &e) == 0, "own DSN is made"))
		return;
	is(out.envelope.rcpt.items[0].address, "Bob.Jones@sales.widget.example", "it goes to the originator");
	text = mixer_setup_write(a, out.entity, &n);
	mixer_classify(a, mixer_setup_parse(a, text, n), &out.envelope, &key);
	is_int(key.kind, MIXER_DSN, "it is a DSN");
	is(key.mts_id, "[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]", "its subject can be found by the MTS-identifier");
	m = to_x400(a, &s, mixer_setup_parse(a, text, n), "Bob.Jones@sales.widget.example");
	if (!ok(m != NULL && m->kind == MX_REPORT && m->report.recipients.count == 3, "it comes back as a report on three recipients"))
		return;
	is(mx_mts_id_text(a, &m->report.subject_identifier), "[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]", "subject-identifier");
	is(or_text(a, &m->report.recipients.items[0].actual_recipient.address), ALICE, "recipient 1");
	is_int(m->report.recipients.items[0].number, 3, "R-120 number of the transfer");
	is_int(m->report.recipients.items[0].reason, 1, "R-312 reason of the reply");
	is_int(m->report.recipients.items[0].diagnostic, 4, "R-312 diagnostic of the reply");
	is(m->report.recipients.items[0].supplementary_information, "550 5.2.1 alice(a)example.com disabled", "R-133");
	is_int(m->report.recipients.items[1].reason, err_row(ERR_MIXER_CRITICAL)->reason, "R-130 reason of the error row");
	is_int(m->report.recipients.items[1].diagnostic, err_row(ERR_MIXER_CRITICAL)->diagnostic, "R-130 diagnostic of the error row");
	is_int(m->report.recipients.items[1].number, 4, "R-120 number");
	ok(m->report.recipients.items[2].delivered && m->report.recipients.items[2].type_of_user == 6, "R-103 relayed: delivered, user other");
	is(m->report.recipients.items[2].supplementary_information, "Relayed to a system without delivery reports", "R-103 text");
	arena_free(a);
}

/* reason and diagnostic survive X.400 -> 822 -> X.400 exactly. */
static void test_exact_codes(void)
{
	size_t wrong = 0;

	for (int reason = 0; reason <= 8; reason++)
		for (int diagnostic = MX_ABSENT; diagnostic <= 80; diagnostic++) {
			struct arena *a = arena_new(0);
			struct mixer_setup s;
			struct mixer_mail out;
			struct mx_message *m = example_3(a);
			struct err e;
			char *text;
			size_t n;

			mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "mg1-1", "mg1-2");
			m->report.recipients.items[0].reason = reason;
			m->report.recipients.items[0].diagnostic = diagnostic;
			if (mixer_to_822(a, &s.context, m, &out, &e) != 0 || out.entity == NULL)
				exit(1);
			text = mixer_setup_write(a, out.entity, &n);
			m = to_x400(a, &s, mixer_setup_parse(a, text, n), "Bob.Jones@sales.widget.example");
			wrong += m == NULL || m->kind != MX_REPORT || m->report.recipients.items[0].reason != reason ||
			         m->report.recipients.items[0].diagnostic != diagnostic;
			arena_free(a);
		}
	is_int((long long)wrong, 0, "R-130 all pairs of reason and diagnostic come back");
}

static const char dsn_head[] = "From: d@example.com\r\nTo: Bob.Jones@sales.widget.example\r\nDate: Tue, 05 Mar 2024 10:30:24 +0000\r\n"
	"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n"
	"--x\r\nContent-Type: message/delivery-status\r\n\r\n"
	"Reporting-MTA: dns; example.com\r\nOriginal-Envelope-Id: X400-MTS-Identifier: [/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]\r\n\r\n";

static struct mx_message *dsn(struct arena *a, struct mixer_setup *s, const char *recipients)
{
	char *text = arena_printf(a, "%s%s\r\n--x--\r\n", dsn_head, recipients);

	return to_x400(a, s, mixer_setup_parse(a, text, strlen(text)), "Bob.Jones@sales.widget.example");
}

static void test_actions(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mx_message *m;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-1", "mg1-2");
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nAction: failure (RFC 2156 spelling)\r\nStatus: 5.1.1\r\n");
	ok(m != NULL && m->kind == MX_REPORT && !m->report.recipients.items[0].delivered, "R-124 \"failure\" is read");
	is_int(m != NULL ? m->report.recipients.items[0].diagnostic : 99, 0, "R-303");
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nAction: delayed\r\nStatus: 4.4.1\r\n");
	ok(m != NULL && m->kind == MX_MESSAGE, "R-102 delayed is a message");
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nAction: expanded\r\nStatus: 2.0.0\r\n");
	ok(m != NULL && m->kind == MX_REPORT && m->report.recipients.items[0].type_of_user == 3, "R-103 expanded: delivered to a DL");
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nOriginal-Recipient: rfc822; info@example.com\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
	               "Last-Attempt-Date: Tue, 05 Mar 2024 10:30:21 +0000\r\n\r\n"
	               "Final-Recipient: rfc822; b@example.com\r\nAction: delayed\r\nStatus: 4.0.0\r\n\r\n"
	               "Final-Recipient: rfc822; c@example.com\r\nAction: failed\r\nStatus: 5.7.1\r\n");
	if (ok(m != NULL && m->kind == MX_REPORT && m->report.recipients.count == 2, "R-102 the delayed one stands not in the report")) {
		const struct mx_report_recipient *r = m->report.recipients.items;

		is(or_text(a, &r[0].originally_intended_recipient.address), "/RFC-822=info(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/", "R-121");
		is_int(r[0].delivery_time.seconds, clock_from_civil(2024, 3, 5, 10, 30, 21), "R-127 delivery time");
		is_int(r[1].number, 3, "R-119 numbers by place");
		ok(r[1].reason == 5 && r[1].diagnostic == MX_ABSENT, "R-343 modern reading of 5.7.1");
		is_int((long long)m->losses.count, 1, "R-102 the loss is noted");
	}
	s.settings.strict_mixer = true;
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nAction: relayed\r\nStatus: 2.0.0\r\n");
	ok(m != NULL && m->kind == MX_MESSAGE, "R-103 strict: relayed is a message");
	m = dsn(a, &s, "Final-Recipient: rfc822; alice@example.com\r\nAction: failed\r\nStatus: 5.7.1\r\n");
	ok(m != NULL && m->kind == MX_REPORT && m->report.recipients.items[0].diagnostic == 29, "R-343 strict");
	arena_free(a);
}

static void test_own_822(void)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mime_entity *mail = mixer_setup_mail(a, "t/golden/mixer/6-ipn-from-smtp.eml");
	struct smtp_envelope env = {.mail_from = "alice@example.com", .envid = "E 1", .ret = SMTP_RET_HDRS};
	struct smtp_rcpt *r = ARENA_PUSH(a, &env.rcpt);
	struct mixer_smtp_outcome relayed = {0, "relayed", {0}}, failed = {0, "failed", {0}};
	struct mixer_mail out;
	struct err e;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-1", "mg1-2");
	*r = (struct smtp_rcpt){.address = "Bob.Jones@sales.widget.example", .orcpt_type = "rfc822", .orcpt = "bob@x.example"};
	ok(mixer_own_dsn_822(a, &s.context, mail, &env, &relayed, 1, &out, &e) == 0 && out.entity == NULL, "no NOTIFY: relayed is not told");
	r->notify = SMTP_NOTIFY_SUCCESS;
	ok(mixer_own_dsn_822(a, &s.context, mail, &env, &relayed, 1, &out, &e) == 0 && out.entity != NULL, "NOTIFY=SUCCESS: relayed is told");
	ok(strstr(part_text(a, &out, 1), "Original-Recipient: rfc822;bob@x.example\r\nFinal-Recipient: rfc822; Bob.Jones@sales.widget.example\r\nAction: relayed\r\n") != NULL,
	   "fields of the recipient");
	ok(strstr(part_text(a, &out, 1), "Original-Envelope-Id: E 1\r\n") != NULL, "envelope id");
	ok(strstr(part_text(a, &out, 2), "Subject: Read: Re: Tender 42\r\n") != NULL, "RET=HDRS: the header comes back");
	r->notify = SMTP_NOTIFY_FAILURE;
	(void)ERR(&failed.err, ERR_MIXER_EAI, "%s", "x");
	ok(mixer_own_dsn_822(a, &s.context, mail, &env, &failed, 1, &out, &e) == 0 && strstr(part_text(a, &out, 1), "Status: 5.6.7\r\n") != NULL, "failed");
	env.mail_from = "";
	ok(mixer_own_dsn_822(a, &s.context, mail, &env, &failed, 1, &out, &e) == 0 && out.entity == NULL, "R-142 nothing for a null sender");
	arena_free(a);
}

int main(void)
{
	test_example_3();
	test_example_4();
	test_suppression();
	test_delivered();
	test_own_loop();
	test_exact_codes();
	test_actions();
	test_own_822();
	return tap_done();
}
