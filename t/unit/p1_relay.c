/*
 * p1_relay.c - what passes through goes on octet by octet: contents whatever they are, envelopes in X.411's order and in that
 * of DER, extension fields in every form of their type, returned contents; and what X.400 (1984) is sent instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ber/writer.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static const struct p1_limits limits = P1_LIMITS_DEFAULT;
static struct arena *a;

static struct octets file(const char *path)
{
	size_t n;
	char *p = tap_read_file(path, &n);
	struct octets o = {arena_memdup(a, p, n), n};

	free(p);
	return o;
}

static struct mx_message *decode(struct octets in, struct err *e)
{
	struct blob b = blob_mem(in.p, in.len);
	struct mx_message *m;

	return p1_decode(a, &b, &limits, &m, NULL, e) == 0 ? m : NULL;
}

static struct octets encode(const struct mx_message *m, const struct p1_options *o, struct err *e)
{
	struct buf *b = buf_in(a, 1 << 20);
	struct stream *s = stream_to_buf(a, b);

	if (p1_encode(a, m, o, s, e) != 0 || stream_finish(s, e) != 0)
		return (struct octets){NULL, 0};
	return buf_octets(b);
}

static bool contains(struct octets in, struct octets part)
{
	return memmem(in.p, in.len, part.p, part.len) != NULL;
}

/* ---- the order of DER ---- */

static uint32_t tag_of(const struct ber_tlv *t) { return t->tag; }

static int by_tag(const void *x, const void *y)
{
	uint32_t p = tag_of(x), q = tag_of(y);

	return p < q ? -1 : p > q;
}

/* The SETs of a transfer envelope: universal ones, and those that X.411 tags implicitly. */
static bool is_set(const struct ber_tlv *t)
{
	return t->constructed && (t->tag == BER_U(BER_SET) || t->tag == BER_A(5));
}

/* in with the members of every SET in the order of their tags; a SET OF has one tag and stays. */
static struct octets sorted(const struct ber_tlv *t)
{
	struct ber_writer w = ber_writer_in(a);
	struct ber_tlv members[64];
	struct ber_cursor c;
	size_t n = 0;

	if (!t->constructed)
		return t->whole;
	for (c = ber_cursor_over(t->value); !ber_cursor_end(&c) && n < ARRAY_LEN(members); n++) {
		if (ber_cursor_next(&c, &members[n], NULL) != 0)
			return t->whole;
	}
	if (is_set(t))
		qsort(members, n, sizeof(members[0]), by_tag);
	while (n-- > 0)
		ber_put_raw(&w, sorted(&members[n]));
	ber_close(&w, t->tag, 0);
	return ber_writer_octets(&w);
}

static void same(const char *path, bool der)
{
	static const struct p1_options form_99 = {.extension_type_99 = true};
	struct octets in = file(path), out;
	struct err e = {0};
	struct mx_message *m;
	struct ber_tlv t;

	if (der && ber_tlv_read(in, &t, &e) == 0)
		in = sorted(&t);
	m = decode(in, &e);
	if (!ok(m != NULL, "%s%s is read%s%s", path, der ? " in the order of DER" : "", e.id ? ": " : "", e.detail))
		return;
	out = encode(m, &form_99, &e);
	is_octets(out.p, out.len, in.p, in.len, "%s%s goes on octet by octet", path, der ? " in the order of DER" : "");
}

/* ---- contents ---- */

/* Content octets that nobody would write so: they stay, although they can be read. */
static void contents(void)
{
	static const char odd[] = "\xa0\x81\x0e\x31\x81\x08\x6b\x81\x05\x13\x81\x02X1\x30\x81\x00";
	static const struct p1_options options = {.extension_type_99 = false};
	struct octets in = file("t/vectors/p1/mapping/1-message-to-x400.p1.ber"), content = {(const uint8_t *)odd, sizeof(odd) - 1};
	struct mx_message *m = decode(in, NULL), *again;
	struct octets out;

	if (!ok(m != NULL, "a message"))
		return;
	m->content_octets = blob_mem(content.p, content.len);
	out = encode(m, &options, NULL);
	ok(contains(out, content), "odd content octets are relayed as they are");
	again = decode(out, NULL);
	ok(again != NULL && again->content == MX_CONTENT_IPM, "and are an IPM");
	m->content_octets = blob_mem("\xff\xff\xff", 3);
	ok(contains(encode(m, &options, NULL), (struct octets){(const uint8_t *)"\xff\xff\xff", 3}), "and so is what is no BER at all");
	m = mx_message_new(a, MX_MESSAGE);
	in = file("t/vectors/p1/mapping/4-report-to-x400.p1.ber");
	m = decode(in, NULL);
	if (ok(m != NULL && m->kind == MX_REPORT, "a report")) {
		m->report.returned_content = blob_mem(content.p, content.len);
		ok(contains(encode(m, &options, NULL), content), "odd content octets are returned as they are");
	}
}

/* ---- the type of an extension field ---- */

static void extension_types(void)
{
	static const struct {
		const char *what, *type;
		size_t n;
		int number;
		const char *oid;
	} rows[] = {
		{"[0] INTEGER of 1994", "\x80\x01\x63", 3, 99, NULL},
		{"[0] EXPLICIT INTEGER of 1988", "\xa0\x03\x02\x01\x63", 5, 99, NULL},
		{"[0] EXPLICIT OBJECT IDENTIFIER of 1992", "\xa0\x05\x06\x03\x2a\x03\x04", 7, -1, "1.2.3.4"},
		{"[1] EXPLICIT OBJECT IDENTIFIER", "\xa1\x05\x06\x03\x2a\x03\x04", 7, -1, "1.2.3.4"},
		{"[3] OBJECT IDENTIFIER of 1994", "\x83\x03\x2a\x03\x04", 5, -1, "1.2.3.4"},
		{"[3] EXPLICIT OBJECT IDENTIFIER", "\xa3\x05\x06\x03\x2a\x03\x04", 7, -1, "1.2.3.4"},
		{"INTEGER without a tag", "\x02\x01\x63", 3, 99, NULL},
		{"OBJECT IDENTIFIER without a tag", "\x06\x03\x2a\x03\x04", 5, -1, "1.2.3.4"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets in = file("t/vectors/p1/mapping/7-probe-from-x400.p1.ber");
		struct ber_writer w = ber_writer_in(a);
		struct mx_message *m;
		struct ber_cursor c;
		struct ber_tlv t, all[16];
		size_t n = 0;
		struct err e = {0};

		/* the probe with one extension field in place of its own */
		if (ber_tlv_read(in, &t, &e) != 0)
			continue;
		for (c = ber_cursor_over(t.value); n < ARRAY_LEN(all) && ber_cursor_next(&c, &all[n], NULL) == 0; n++)
			;
		while (n-- > 0) {
			if (all[n].tag != BER_C(3))
				ber_put_raw(&w, all[n].whole);
			if (n == 0) {
				size_t mark = ber_mark(&w);
				ber_put_raw(&w, (struct octets){(const uint8_t *)"\xa2\x03\x02\x01\x07", 5});
				ber_put_raw(&w, (struct octets){(const uint8_t *)"\x81\x02\x05\x20", 4});
				ber_put_raw(&w, (struct octets){(const uint8_t *)rows[i].type, rows[i].n});
				ber_close(&w, BER_U(BER_SEQUENCE), mark);
				ber_close(&w, BER_C(3), mark);
			}
		}
		ber_close(&w, BER_C(2), 0);
		m = decode(ber_writer_octets(&w), &e);
		if (!ok(m != NULL && m->envelope.extensions.count == 1, "%s is read%s%s", rows[i].what, e.id ? ": " : "", e.detail))
			continue;
		is_int(m->envelope.extensions.items[0].number, rows[i].number, "%s: number", rows[i].what);
		is_int(m->envelope.extensions.items[0].criticality, MX_CRITICAL_DELIVERY, "%s: criticality", rows[i].what);
		is(rows[i].oid != NULL ? mx_oid_text(a, &m->envelope.extensions.items[0].oid) : NULL, rows[i].oid, "%s: identifier", rows[i].what);
	}
}

/* ---- 1984 ---- */

static struct or_name name(const char *cn)
{
	struct or_name n = {0};

	or_set(a, &n.address, OR_C, "GB");
	or_set(a, &n.address, OR_ADMD, "GOLD 400");
	or_set(a, &n.address, OR_O, "Acme");
	or_set(a, &n.address, OR_CN, cn);
	return n;
}

static struct mx_message *modern(void)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_trace *t = ARENA_PUSH(a, &m->envelope.trace);
	struct mx_body_part *p;

	m->envelope.id = (struct mx_mts_id){{.country.printable = "GB", .admd.printable = "GOLD 400"}, "1"};
	*t = (struct mx_trace){.domain = m->envelope.id.domain, .arrival_time = {.seconds = 1709630122, .set = true, .z = true}, .dl_operation = true};
	m->envelope.originator = name("Alice");
	m->envelope.conversion_with_loss_prohibited = true;
	m->envelope.content_correlator = "corr";
	m->envelope.original_eits.set = true;
	*ARENA_PUSH(a, &m->envelope.original_eits.extended) = mx_oid_parse(a, "1.0.10021.7.1.0.100");
	*ARENA_PUSH(a, &m->envelope.internal_trace) = (struct mx_trace){.domain = t->domain, .mta_name = "mta", .arrival_time = t->arrival_time};
	mx_add_recipient(a, m)->name = name("Bob");
	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .has_user = true, .user = name("Alice"), .user_relative = "1"};
	m->ipm.heading.auto_submitted = 1;
	*ARENA_PUSH(a, &m->ipm.heading.rfc_822_fields) = "X-Mailer: abc";
	p = mx_add_body_part(a, &m->ipm, MX_BODY_IA5);
	p->extended = true;
	p->data = blob_mem("Hello\r\n", 7);
	p = mx_add_body_part(a, &m->ipm, MX_BODY_GENERAL_TEXT);
	p->extended = true;
	p->data = blob_mem("plain", 5);
	p = mx_add_body_part(a, &m->ipm, MX_BODY_FILE_TRANSFER);
	p->extended = true;
	p->data = blob_mem("%PDF", 4);
	return m;
}

static void old_message(void)
{
	static const struct p1_options old = {.p1_84 = true, .content_p2 = true};
	struct err e = {0};
	struct mx_message *m = modern(), *back;
	struct octets out = encode(m, &old, &e);
	const struct or_dda *d;

	if (!ok(out.len > 0, "a message for 1984 is written%s%s", e.id ? ": " : "", e.detail))
		return;
	is_int(m->envelope.content_type, MX_CONTENT_P22, "the message itself is not touched");
	back = decode(out, &e);
	if (!ok(back != NULL && back->content == MX_CONTENT_IPM, "and read%s%s", e.id ? ": " : "", e.detail))
		return;
	is_int((long long)(back->envelope.extensions.count + back->envelope.extension_marks.count + back->recipients.items[0].extension_marks.count), 0,
	       "no extension fields, not even an empty set of them");
	ok(back->envelope.implicit_conversion_prohibited, "conversion-with-loss-prohibited forbids all conversion");
	ok(!back->envelope.trace.items[0].dl_operation && back->envelope.internal_trace.count == 0, "no other-actions, no internal trace");
	ok((back->envelope.original_eits.built_in & MX_EIT_UNKNOWN) != 0 && back->envelope.original_eits.extended.count == 0,
	   "an extended information type is an undefined one");
	is_int(back->envelope.content_type, MX_CONTENT_P2, "content type 2");
	ok(!or_has(&back->recipients.items[0].name.address, OR_CN), "no common-name");
	d = or_find_dda(&back->recipients.items[0].name.address, "Common");
	is(d != NULL ? d->value.printable : NULL, "Bob", "but DDA Common (RFC 1328 3.2)");
	d = or_find_dda(&back->ipm.heading.this_ipm.user.address, "Common");
	is(d != NULL ? d->value.printable : NULL, "Alice", "in the content too");
	ok(back->ipm.heading.auto_submitted == MX_ABSENT && back->ipm.heading.rfc_822_fields.count == 0, "no heading extensions");
	if (is_int((long long)back->ipm.body.count, 4, "body parts")) {
		const struct mx_body_part *p = back->ipm.body.items;
		is_octets(p[0].data.mem, (size_t)p[0].data.len, "RFC-822-Headers:\r\nX-Mailer: abc\r\n", 33, "header fields come first");
		ok(p[1].kind == MX_BODY_IA5 && !p[1].extended, "ia5-text is basic");
		ok(p[2].kind == MX_BODY_IA5 && p[2].data.len == 5, "general-text of ASCII is ia5-text");
		ok(p[3].kind == MX_BODY_BILATERAL && !p[3].extended && p[3].data.len == 4, "a file is bilaterally defined");
	}
}

static void refused(const char *what, const struct mx_message *m)
{
	static const struct p1_options old = {.p1_84 = true, .content_p2 = true};
	struct err e = {0};

	ok(encode(m, &old, &e).len == 0 && e.id == ERR_P1_DOWNGRADE, "%s: refused (%s)", what, e.detail);
}

static void old_refusals(void)
{
	struct mx_message *m = modern();

	*ARENA_PUSH(a, &m->envelope.extensions) = (struct mx_extension){.number = 99, .criticality = MX_CRITICAL_TRANSFER};
	refused("an extension critical for transfer", m);
	m = modern();
	*ARENA_PUSH(a, &m->recipients.items[0].extensions) = (struct mx_extension){.number = 16, .criticality = MX_CRITICAL_DELIVERY};
	refused("a message token critical for delivery", m);
	m = modern();
	or_set(a, &m->recipients.items[0].name.address, OR_PD_STREET, "Gower Street");
	refused("a postal attribute", m);
	m = modern();
	m->recipients.items[0].name.address.v[OR_O].universal = "Acm\xC3\xA9";
	m->recipients.items[0].name.address.v[OR_O].printable = NULL;
	refused("an organization that is not printable", m);
	m = modern();
	m->envelope.content_type_oid = mx_oid_parse(a, "1.2.3.4");
	m->content_octets = blob_mem("x", 1);
	refused("a content type with an OBJECT IDENTIFIER", m);
	m = modern();
	m->ipm.body.items[1].data = blob_mem("\x1b-Agr\xfc\xdf" "e", 8);
	refused("text that is not ASCII", m);
	m = modern();
	m->content = MX_CONTENT_IPN;
	m->ipn.other = true;
	m->ipn.subject_ipm = m->ipm.heading.this_ipm;
	refused("an advice notification", m);
}

/* 176148, 188597, 174039: delivery reports survive the way through 1984. */
static void old_report(void)
{
	static const struct p1_options old = {.p1_84 = true};
	struct mx_message *m = decode(file("t/vectors/p1/mapping/4-report-to-x400.p1.ber"), NULL), *back;
	struct err e = {0};

	if (!ok(m != NULL, "a report for 1984"))
		return;
	m->report.recipients.items[0].reason = 8;
	m->report.recipients.items[0].diagnostic = 62;
	or_add_dda(a, &m->report.recipients.items[0].actual_recipient.address, "Role", "boss");
	back = decode(encode(m, &old, &e), &e);
	if (!ok(back != NULL && back->kind == MX_REPORT, "is written and read%s%s", e.id ? ": " : "", e.detail))
		return;
	/* 174039: and a domain-defined attribute stays one */
	is(or_text(a, &back->report.recipients.items[0].actual_recipient.address),
	   or_text(a, &m->report.recipients.items[0].actual_recipient.address), "about the same address");
	ok(or_find_dda(&back->report.recipients.items[0].actual_recipient.address, "Role") != NULL, "with its domain-defined attribute");
	ok(back->report.extension_marks.count == 0 && back->envelope.extension_marks.count == 0, "without extensions");
	is_int((long long)back->report.recipients.count, (long long)m->report.recipients.count, "about the same recipients");
	is_int(back->report.recipients.items[0].reason, 1, "a reason of 1988 is unable-to-transfer");
	is_int(back->report.recipients.items[0].diagnostic, MX_ABSENT, "a diagnostic of 1988 is none");
	for (int i = 0; i <= 12; i++) {
		m->report.recipients.items[0].reason = i;
		m->report.recipients.items[0].diagnostic = i;
		back = decode(encode(m, &old, &e), &e);
		if (back != NULL)
			ok(back->report.recipients.items[0].reason == (i <= 2 ? i : 1) &&
			       back->report.recipients.items[0].diagnostic == (i <= 11 ? i : MX_ABSENT),
			   "reason %d, diagnostic %d", i, i);
	}
}

/* A body part with a basic twin, as octets. */
static void twin(void)
{
	static const char g3[] = "\xaf\x1b\xa0\x0a\x06\x04\x56\x01\x0b\x02\xa0\x02\x31\x00\x28\x0d\x06\x04\x56\x01\x04\x02\xa0\x05\x30\x03\x03\x01\x00";
	static const struct p1_options old = {.content_p2 = true};
	struct mx_message *m = modern(), *back;
	struct blob b = blob_mem(g3, sizeof(g3) - 1);
	struct err e = {0};

	if (!ok(p1_read_body_part(a, &b, &m->ipm.body.items[0], &e) == 0 && m->ipm.body.items[0].kind == MX_BODY_G3,
	        "an extended g3-facsimile%s%s", e.id ? ": " : "", e.detail))
		return;
	back = decode(encode(m, &old, &e), &e);
	if (ok(back != NULL && back->ipm.body.count == 4, "in P2%s%s", e.id ? ": " : "", e.detail)) {
		const struct mx_body_part *p = &back->ipm.body.items[1];
		ok(p->kind == MX_BODY_G3 && !p->extended, "is a basic one");
		is_octets(p->raw.mem, (size_t)p->raw.len, "\xa3\x07\x31\x00\x30\x03\x03\x01\x00", 9, "of the same value");
	}
}

int main(void)
{
	static const char *const files[] = {
		"t/vectors/p1/mapping/1-message-to-x400.p1.ber", "t/vectors/p1/mapping/2-message-from-x400.p1.ber",
		"t/vectors/p1/mapping/3-report-from-x400.p1.ber", "t/vectors/p1/mapping/4-report-to-x400.p1.ber",
		"t/vectors/p1/mapping/7-probe-from-x400.p1.ber"};
	size_t i;

	a = arena_new(0);
	for (i = 0; i < ARRAY_LEN(files); i++) {
		same(files[i], false);
		same(files[i], true);
	}
	contents();
	extension_types();
	old_message();
	old_refusals();
	old_report();
	twin();
	arena_free(a);
	return tap_done();
}
