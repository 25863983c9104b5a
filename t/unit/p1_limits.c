/*
 * p1_limits.c - large messages without memory, limits with their own errors, and hostile octets of every kind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ber/rope.h"
#include "ber/writer.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static const struct p1_limits limits = P1_LIMITS_DEFAULT;
static const struct p1_options options = {.extension_type_99 = false};

static struct octets file(const char *path)
{
	size_t n;
	char *p = tap_read_file(path, &n);

	return (struct octets){(const uint8_t *)p, n};
}

/* ---- size ---- */

static void little_memory(long before, const char *what)
{
	long grown = tap_memory() - before;

#ifdef __SANITIZE_ADDRESS__
	diag("%s: %ld KiB (not compared in this build)", what, grown);
#else
	ok(grown < 4096, "%s takes no memory (%ld KiB)", what, grown);
#endif
}

static struct or_name name(struct arena *a, const char *surname)
{
	struct or_name n = {0};

	or_set(a, &n.address, OR_C, "GB");
	or_set(a, &n.address, OR_ADMD, "GOLD 400");
	or_set(a, &n.address, OR_S, surname);
	return n;
}

static struct mx_message *message(struct arena *a, struct blob attachment)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_trace *t = ARENA_PUSH(a, &m->envelope.trace);
	struct mx_body_part *p;

	m->envelope.id.domain.country.printable = "GB";
	m->envelope.id.domain.admd.printable = "GOLD 400";
	m->envelope.id.local = "1";
	t->domain = m->envelope.id.domain;
	t->arrival_time = (struct when){.seconds = 1709630122, .set = true, .z = true};
	m->envelope.originator = name(a, "Smith");
	mx_add_recipient(a, m)->name = name(a, "Jones");
	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .user_relative = "1"};
	p = mx_add_body_part(a, &m->ipm, MX_BODY_FILE_TRANSFER);
	p->extended = true;
	p->data = attachment;
	return m;
}

#define MEGABYTE ((size_t)1 << 20)

/* A file of size octets whose octet n is n / 4096. */
static int big_file(struct arena *a, size_t size, struct blob *out)
{
	uint8_t page[4096];
	struct stream *s;
	int fd;
	size_t n;

	TRY(blob_tempfile(a, NULL, &fd, NULL));
	s = stream_to_fd(a, fd, 0);
	for (n = 0; n < size; n += sizeof(page)) {
		memset(page, (int)(n / sizeof(page)), sizeof(page));
		stream_put(s, page, sizeof(page));
	}
	TRY(stream_finish(s, NULL));
	*out = blob_file(fd, 0, size);
	return 0;
}

/* Encodes m to a file. */
static int to_file(struct arena *a, const struct mx_message *m, struct blob *out)
{
	struct stream *s;
	int fd;

	TRY(blob_tempfile(a, NULL, &fd, NULL));
	s = stream_to_fd(a, fd, 0);
	TRY(p1_encode(a, m, &options, s, NULL));
	TRY(stream_finish(s, NULL));
	*out = blob_file(fd, 0, s->written);
	return 0;
}

static void large(void)
{
	struct arena *a = arena_new(0);
	struct blob attachment, apdu;
	struct mx_message *back;
	struct err e = {0}, ce = {0};
	long before;

	if (!ok(big_file(a, 100 * MEGABYTE, &attachment) == 0, "100 MB"))
		return;
	before = tap_memory();
	ok(to_file(a, message(a, attachment), &apdu) == 0, "a message with 100 MB is written");
	little_memory(before, "writing");
	before = tap_memory();
	ok(p1_decode(a, &apdu, &limits, &back, &ce, &e) == 0 && ce.id == ERR_NONE, "and read");
	little_memory(before, "reading");
	ok(back->ipm.body.count == 1 && blob_equal(&back->ipm.body.items[0].data, &attachment), "the same octets");
	arena_free(a);
}

/* The same in the manner of PP: everything indefinite, the content in segments of 1 KB. */
static void large_in_segments(void)
{
	struct arena *a = arena_new(0);
	struct blob attachment, apdu, wire;
	struct mx_message *back;
	struct err e = {0}, ce = {0};
	struct octets in;
	struct ber_tlv t, envelope, content;
	struct ber_cursor c;
	struct stream *s;
	size_t at;
	long before;
	int fd;

	if (big_file(a, 40 * MEGABYTE, &attachment) != 0 || to_file(a, message(a, attachment), &apdu) != 0 ||
	    blob_map(a, &apdu, &in, &e) != 0 || ber_tlv_read(in, &t, &e) != 0 || blob_tempfile(a, NULL, &fd, &e) != 0) {
		ok(false, "40 MB in segments");
		return;
	}
	c = ber_cursor_over(t.value);
	ok(ber_cursor_next(&c, &envelope, &e) == 0 && ber_cursor_next(&c, &content, &e) == 0, "envelope and content");
	s = stream_to_fd(a, fd, 0);
	stream_put(s, "\x28\x80\x02\x01\x05\xa0\x80\xa0\x80", 9);
	stream_put(s, envelope.whole.p, envelope.whole.len);
	stream_put(s, "\x24\x80", 2);
	for (at = 0; at < content.value.len; at += 1024) {
		uint8_t head[BER_HEAD_MAX];
		size_t n = MIN_OF(content.value.len - at, (size_t)1024);
		stream_put(s, head, ber_head_write(head, BER_U(BER_OCTET_STRING), false, n));
		stream_put(s, content.value.p + at, n);
	}
	stream_put(s, "\0\0\0\0\0\0\0\0", 8);
	ok(stream_finish(s, &e) == 0, "40 MB in segments");
	wire = blob_file(fd, 0, s->written);
	before = tap_memory();
	ok(p1_decode(a, &wire, &limits, &back, &ce, &e) == 0 && ce.id == ERR_NONE, "are read%s%s", e.id ? ": " : "", e.detail);
	little_memory(before, "joining");
	ok(back->ipm.body.count == 1 && blob_equal(&back->ipm.body.items[0].data, &attachment), "the same octets");
	arena_free(a);
}

/* ---- limits ---- */

static void refused(const char *what, struct octets in, struct p1_limits l, enum err_id want, enum err_id want_content)
{
	struct arena *a = arena_new(0);
	struct blob b = blob_mem(in.p, in.len);
	struct mx_message *m = NULL;
	struct err e = {0}, ce = {0};
	int r = p1_decode(a, &b, &l, &m, &ce, &e);

	is(r == 0 ? "passed" : err_row(e.id)->name, want == ERR_NONE ? "passed" : err_row(want)->name, "%s", what);
	if (want_content != ERR_NONE) {
		is(err_row(ce.id)->name, err_row(want_content)->name, "%s: what is wrong with the content", what);
		ok(r == 0 && m->content == MX_CONTENT_OPAQUE && m->content_octets.len > 0 && m->ipm.body.count == 0,
		   "%s: the content stays as octets", what);
	}
	arena_free(a);
}

static void limits_hold(void)
{
	struct octets probe = file("t/vectors/p1/mapping/7-probe-from-x400.p1.ber");
	struct octets report = file("t/vectors/p1/mapping/7-probe-answer.p1.ber");
	struct octets mail = file("t/vectors/p1/mapping/1-message-to-x400.p1.ber");
	struct p1_limits l = limits;

	l.recipients = 2;
	refused("two recipients of two", probe, l, ERR_NONE, ERR_NONE);
	l.recipients = 1;
	refused("two recipients of one", probe, l, ERR_P1_RECIPIENTS, ERR_NONE);
	refused("two reported recipients of one", report, l, ERR_P1_RECIPIENTS, ERR_NONE);
	l = limits;
	l.body_parts = 0;
	refused("one body part of none", mail, l, ERR_NONE, ERR_P1_BODY_PARTS);
	l = limits;
	l.ber.size = mail.len - 1;
	refused("size", mail, l, ERR_BER_SIZE, ERR_NONE);
	l = limits;
	l.ber.depth = 3;
	refused("depth", mail, l, ERR_BER_DEPTH, ERR_NONE);
	free((void *)(uintptr_t)probe.p);
	free((void *)(uintptr_t)report.p);
	free((void *)(uintptr_t)mail.p);
}

/* Forwarded messages to the limit are mapped, what is below stays whole (B-262). */
static void nesting(const char *path, unsigned want, bool rest)
{
	struct arena *a = arena_new(0);
	struct octets in = file(path);
	struct blob b = blob_mem(in.p, in.len);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	const struct mx_message *inner;
	struct err e = {0};
	unsigned depth = 0;

	ok(p22_decode(a, &b, &limits, m, &e) == 0, "%s%s%s", path, e.id ? ": " : "", e.detail);
	for (inner = m; inner->ipm.body.count > 0 && inner->ipm.body.items[0].kind == MX_BODY_MESSAGE; depth++)
		inner = inner->ipm.body.items[0].message;
	is_int(depth, want, "%s: forwarded messages mapped", path);
	if (rest)
		ok(inner->ipm.body.count == 1 && inner->ipm.body.items[0].kind == MX_BODY_OTHER && inner->ipm.body.items[0].tag == 9 &&
		           inner->ipm.body.items[0].raw.len > 0, "%s: the rest stays whole", path);
	free((void *)(uintptr_t)in.p);
	arena_free(a);
}

/* ---- what is missing or wrong ---- */

/* Replaces the first occurrence of from in path's octets (same length) and decodes. */
static void damaged(const char *what, const char *path, const char *from, const char *to, size_t n, enum err_id want, enum err_id want_content)
{
	struct octets in = file(path);
	uint8_t *at = memmem((void *)(uintptr_t)in.p, in.len, from, n);

	if (ok(at != NULL, "%s: %s has the octets", what, path)) {
		memcpy(at, to, n);
		refused(what, in, limits, want, want_content);
	}
	free((void *)(uintptr_t)in.p);
}

static void semantics(void)
{
#define MAIL "t/vectors/p1/mapping/2-message-from-x400.p1.ber"
	damaged("an unknown priority", MAIL, "\x47\x01\x01", "\x47\x01\x07", 3, ERR_P1_VALUE, ERR_NONE);
	damaged("recipient number 0", MAIL, "\x80\x01\x01\x81", "\x80\x01\x00\x81", 4, ERR_P1_VALUE, ERR_NONE);
	damaged("an impossible time in the trace is kept", MAIL, "240305103000Z", "241305103000Z", 13, ERR_NONE, ERR_NONE);
	damaged("no message identifier", MAIL, "\x64\x25\x63", "\x7c\x25\x63", 3, ERR_BER_TYPE, ERR_NONE);
	damaged("two originators", MAIL, "\x64\x25\x63", "\x60\x25\x63", 3, ERR_BER_TYPE, ERR_NONE);
	damaged("no APDU", MAIL, "\xa0\x82", "\xa5\x82", 2, ERR_P1_KIND, ERR_NONE);
	damaged("content that is neither IPM nor IPN", MAIL, "\xa0\x82\x01\x7a", "\xa7\x82\x01\x7a", 4, ERR_NONE, ERR_P1_CONTENT);
	damaged("a heading without this-IPM", MAIL, "\x6b\x36\x60", "\x6c\x36\x60", 3, ERR_NONE, ERR_P1_CONTENT);
	damaged("an impossible reply time", MAIL, "240306170000Z", "240399170000Z", 13, ERR_NONE, ERR_P1_CONTENT);
	damaged("a content type that nobody knows", MAIL, "\x46\x01\x16", "\x46\x01\x63", 3, ERR_NONE, ERR_NONE);
}

/* A message to nobody can neither be read nor written. */
static void nobody(void)
{
	struct arena *a = arena_new(0);
	struct mx_message *m = message(a, blob_mem("x", 1));
	struct err e = {0};

	m->recipients.count = 0;
	ok(p1_encode(a, m, &options, stream_to_nothing(a), &e) != 0 && e.id == ERR_P1_NO_RECIPIENT, "no recipient");
	m->recipients.count = 1;
	m->envelope.trace.count = 0;
	ok(p1_encode(a, m, &options, stream_to_nothing(a), &e) != 0 && e.id == ERR_P1_MISSING, "no trace");
	m->envelope.trace.count = 1;
	m->content = MX_CONTENT_OPAQUE;
	ok(p1_encode(a, m, &options, stream_to_nothing(a), &e) != 0 && e.id == ERR_P1_MISSING, "no content");
	m->content = MX_CONTENT_IPM;
	m->envelope.originator.address.v[OR_S].printable = NULL;
	or_set(a, &m->envelope.originator.address, OR_G, "Alice");
	ok(p1_encode(a, m, &options, stream_to_nothing(a), &e) != 0 && e.id == ERR_P1_NAME, "a given name without surname");
	arena_free(a);
}

/* Octets for which there is no member come back as they were: an unknown extension attribute (99). */
static void unknown_attribute(void)
{
	static const uint8_t content[] = {0xA0, 0x24, 0x31, 0x20, 0x6B, 0x1E, 0x60, 0x17, 0x30, 0x06, 0x61, 0x04, 0x13, 0x02, 'G', 'B',
	                                  0x31, 0x0D, 0x30, 0x0B, 0x80, 0x01, 0x63, 0xA1, 0x06, 0x13, 0x04, 'n',  'e',  'w',  's',
	                                  0x13, 0x03, 'X',  '-',  '1',  0x30, 0x00};
	struct arena *a = arena_new(0);
	struct blob b = blob_mem(content, sizeof(content));
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct buf *out = buf_in(a, 4096);
	struct stream *s = stream_to_buf(a, out);
	struct err e = {0};

	ok(p22_decode(a, &b, &limits, m, &e) == 0, "an address with attribute 99%s%s", e.id ? ": " : "", e.detail);
	ok(m->ipm.heading.this_ipm.user.address.unsupported_attributes, "is noted");
	ok(p22_encode(a, m, &options, s, &e) == 0 && stream_finish(s, &e) == 0, "is written");
	is_octets(out->p, out->len, content, sizeof(content), "as it came");
	arena_free(a);
}

/* ---- hostile octets ---- */

static uint32_t random_state = 2156;

static uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* Every cut and many changes of real messages: no crash, no hang; the verdict does not matter. */
static void hostile(const char *path)
{
	struct octets in = file(path);
	uint8_t *copy = malloc(in.len);
	size_t n, accepted = 0, cuts = 0;
	int i;

	for (n = 0; n < in.len; n++) {
		struct arena *a = arena_new(0);
		uint8_t *exact = malloc(n + 1);
		struct blob b;
		struct mx_message *m;
		memcpy(exact, in.p, n);
		b = blob_mem(exact, n);
		cuts += p1_decode(a, &b, &limits, &m, NULL, NULL) == 0;
		arena_free(a);
		free(exact);
	}
	is_int((long long)cuts, 0, "%s: no cut passes", path);
	for (i = 0; i < 2000; i++) {
		struct arena *a = arena_new(0);
		struct blob b = blob_mem(copy, in.len);
		struct mx_message *m;
		memcpy(copy, in.p, in.len);
		copy[next_random() % in.len] = (uint8_t)next_random();
		copy[next_random() % in.len] = (uint8_t)next_random();
		if (p1_decode(a, &b, &limits, &m, NULL, NULL) == 0) {
			accepted++;
			(void)!p1_encode(a, m, &options, stream_to_nothing(a), NULL);
		}
		arena_free(a);
	}
	ok(true, "%s: 2000 changes, %zu still a message", path, accepted);
	free(copy);
	free((void *)(uintptr_t)in.p);
}

int main(void)
{
	large();
	large_in_segments();
	limits_hold();
	nesting("t/vectors/p1/body/deep20.ipm.ber", 20, false);
	nesting("t/vectors/p1/body/deep50.ipm.ber", 20, true);
	nesting("t/vectors/p1/body/deep1000.ipm.ber", 20, true);
	semantics();
	nobody();
	unknown_attribute();
	hostile("t/vectors/p1/mapping/1-message-to-x400.p1.ber");
	hostile("t/vectors/p1/mapping/4-report-to-x400.p1.ber");
	hostile("t/vectors/p1/mapping/7-probe-from-x400.p1.ber");
	hostile("t/vectors/p1/captures/p1-88-msg01-p1-wire.ber");
	return tap_done();
}
