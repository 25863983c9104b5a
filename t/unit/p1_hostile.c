/*
 * p1_hostile.c - octets that were made to hurt: the cases REL-048 to REL-065 and REL-067, each as far as the codec is asked.
 *
 * Each says what happened, how long it took and what memory it left behind.  P1_HOSTILE_ALL=1 (make check-long) flips every
 * bit of every vector instead of a part of them.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ber/rope.h"
#include "ber/writer.h"
#include "base/str.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static const struct p1_limits limits = P1_LIMITS_DEFAULT;
static const struct p1_options options = {.extension_type_99 = true};

#if defined(__SANITIZE_ADDRESS__)
#define SLOW 20
#else
#define SLOW 5 /* a bound for any machine */
#endif

static void bail(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

/* ---- measuring ---- */

/* Milliseconds of CPU, for others may have the machine too. */
static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct verdict {
	enum err_id id, content; /* of the message, of its content */
	int64_t ms;
	long kib;
};

/* Decodes a copy of in that ends where its heap block ends; *out and the arena stay when keep is given. */
static struct verdict decode(struct octets in, struct arena *keep, struct mx_message **out)
{
	struct arena *a = keep != NULL ? keep : arena_new(0);
	uint8_t *exact = malloc(in.len + 1);
	struct err e = {0}, ce = {0};
	struct mx_message *m = NULL;
	long before = tap_memory();
	int64_t start = cpu_ms();
	struct verdict v;
	struct blob b;

	if (keep != NULL) { /* slices of the input live as long as the arena */
		free(exact);
		exact = NULL;
		b = blob_mem(in.p, in.len);
	} else {
		memcpy(exact, in.p, in.len);
		b = blob_mem(exact, in.len);
	}
	v.id = p1_decode(a, &b, &limits, &m, &ce, &e) == 0 ? ERR_NONE : e.id;
	v.content = ce.id;
	v.ms = cpu_ms() - start;
	v.kib = tap_memory() - before;
	if (out != NULL)
		*out = v.id == ERR_NONE ? m : NULL;
	if (keep == NULL)
		arena_free(a);
	free(exact);
	return v;
}

static const char *name_of(enum err_id id)
{
	return id == ERR_NONE ? "read" : err_row(id)->name;
}

/* wanted: of the message, or where that is ERR_NONE, of the content. */
static void judged(const char *rel, const char *what, struct octets in, enum err_id wanted, enum err_id wanted_content, int64_t most_ms,
                   long most_kib)
{
	struct verdict v = decode(in, NULL, NULL);

	diag("%s: %s, %zu octets: %s, content %s, %lld ms, %ld KiB", rel, what, in.len, name_of(v.id), name_of(v.content), (long long)v.ms,
	     v.kib);
	is(name_of(v.id), name_of(wanted), "%s %s", rel, what);
	is(name_of(v.content), name_of(wanted_content), "%s %s: content", rel, what);
	ok(v.ms <= most_ms * SLOW, "%s %s: within %lld ms", rel, what, (long long)most_ms * SLOW);
	if (SLOW == 5)
		ok(v.kib <= most_kib, "%s %s: within %ld KiB", rel, what, most_kib);
}

/* ---- building ---- */

struct part {
	const char *p;
	size_t n;
};
#define PART(s) {s, sizeof(s) - 1}

/* The members of an envelope, in X.411's order. */
#define ORIGINATOR "\x60\x12\x30\x10\x61\x04\x13\x02GB\x62\x03\x13\x01X\xa5\x03\x80\x01S"
#define RECIPIENT "\x31\x1b\x60\x12\x30\x10\x61\x04\x13\x02GB\x62\x03\x13\x01X\xa5\x03\x80\x01R\x80\x01\x01\x81\x02\x00\x00"
enum { ID, FROM, TYPE, PRIORITY, TRACE, RECIPIENTS, MEMBERS };
static const struct part members[MEMBERS] = {
	[ID] = PART("\x64\x10\x63\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X\x16\x01" "1"),
	[FROM] = PART(ORIGINATOR),
	[TYPE] = PART("\x46\x01\x16"),
	[PRIORITY] = PART("\x47\x01\x02"),
	[TRACE] = PART("\x69\x23\x30\x21\x63\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X\x31\x12\x80\x0d" "240305091522Z\x82\x01\x00"),
	[RECIPIENTS] = PART("\xa2\x1d" RECIPIENT),
};
#define IPM "\xa0\x09\x31\x05\x6b\x03\x13\x01" "1\x30\x00"

static struct octets flat(struct arena *a, const struct ber_rope *r)
{
	struct buf *b = buf_in(a, 256 << 20);
	struct stream *s = stream_to_buf(a, b);

	ber_rope_write(r, s);
	if (stream_finish(s, NULL) != 0)
		bail("no memory");
	return buf_octets(b);
}

static void add(struct arena *a, struct ber_rope *r, struct octets o)
{
	ber_rope_octets(a, r, o);
}

static struct octets lit(struct part p)
{
	return (struct octets){(const uint8_t *)p.p, p.n};
}

/* An APDU of these members (in place of those of MEMBERS where with is given) and content. */
static struct octets apdu(struct arena *a, const struct octets *with, const struct part *extra, struct octets content)
{
	struct ber_rope envelope = {0}, body = {0};
	int i;

	for (i = 0; i < MEMBERS; i++)
		add(a, &envelope, with != NULL && with[i].p != NULL ? with[i] : lit(members[i]));
	if (extra != NULL)
		add(a, &envelope, lit(*extra));
	ber_rope_wrap(a, &envelope, BER_U(BER_SET), true);
	add(a, &body, content);
	ber_rope_wrap(a, &body, BER_U(BER_OCTET_STRING), false);
	ber_rope_append(&envelope, &body);
	ber_rope_wrap(a, &envelope, BER_C(0), true);
	return flat(a, &envelope);
}

static struct octets ipm(void)
{
	return (struct octets){(const uint8_t *)IPM, sizeof(IPM) - 1};
}

static struct octets repeat(struct arena *a, const char *p, size_t n, size_t times)
{
	uint8_t *out = arena_alloc(a, n * times);
	size_t i;

	for (i = 0; i < times; i++)
		memcpy(out + i * n, p, n);
	return (struct octets){out, n * times};
}

static struct octets wrap(struct arena *a, struct octets in, uint32_t tag, bool constructed)
{
	struct ber_rope r = {0};

	add(a, &r, in);
	ber_rope_wrap(a, &r, tag, constructed);
	return flat(a, &r);
}

static struct octets join(struct arena *a, struct octets x, struct octets y)
{
	struct ber_rope r = {0};

	add(a, &r, x);
	add(a, &r, y);
	return flat(a, &r);
}

/* ---- lengths and depth ---- */

static void end_of_contents(struct arena *a)
{
	static const struct part bad = PART("\x64\x80\x63\x80\x61\x80\x13\x02gb\x00\x01\x62\x03\x13\x01X\x00\x00\x16\x01" "1\x00\x00");
	struct octets with[MEMBERS] = {{NULL, 0}};

	judged("REL-048", "00 01 for end-of-contents, alone", lit((struct part)PART("\x61\x80\x13\x02gb\x00\x01")), ERR_BER_SYNTAX, ERR_NONE, 50,
	       1024);
	with[ID] = lit(bad);
	judged("REL-048", "00 01 for end-of-contents in an envelope", apdu(a, with, NULL, ipm()), ERR_BER_SYNTAX, ERR_NONE, 50, 1024);
}

static void deep(struct arena *a)
{
	judged("REL-049", "a string in a string, 1,000,000 times", repeat(a, "\x24\x80", 2, 1000000), ERR_BER_DEPTH, ERR_NONE, 200, 4096);
	judged("REL-049", "[0] in [0], 1,000,000 times", repeat(a, "\xa0\x80", 2, 1000000), ERR_BER_DEPTH, ERR_NONE, 200, 4096);
}

/* IPM in IPM: content octets [0] { heading, body { [9] { SET {}, SEQUENCE { heading, body { ... */
static struct octets forwarded(struct arena *a, size_t depth)
{
	static const char heading[] = "\x31\x05\x6b\x03\x13\x01" "1";
	struct ber_writer w = ber_writer_in(a);
	size_t mark = 0;

	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	for (; depth > 0; depth--) {
		ber_put_raw(&w, (struct octets){(const uint8_t *)heading, sizeof(heading) - 1});
		ber_close(&w, BER_U(BER_SEQUENCE), mark);
		ber_put_raw(&w, (struct octets){(const uint8_t *)"\x31", 2});
		ber_close(&w, BER_C(9), mark);
		ber_close(&w, BER_U(BER_SEQUENCE), mark);
	}
	ber_put_raw(&w, (struct octets){(const uint8_t *)heading, sizeof(heading) - 1});
	ber_close(&w, BER_C(0), 0);
	return ber_writer_octets(&w);
}

static void *nested_thread(void *arg)
{
	struct arena *a = arg;

	judged("REL-050", "an IPM in an IPM, 100,000 times", apdu(a, NULL, NULL, forwarded(a, 100000)), ERR_NONE, ERR_P1_CONTENT, 1000, 65536);
	judged("REL-050", "an IPM in an IPM, 900 times", apdu(a, NULL, NULL, forwarded(a, 900)), ERR_NONE, ERR_NONE, 200, 4096);
	return NULL;
}

static void nested(struct arena *a)
{
	pthread_attr_t attr;
	pthread_t t;

	if (SLOW > 1) { /* the sanitizer's frames are larger */
		nested_thread(a);
		return;
	}
	if (pthread_attr_init(&attr) != 0 || pthread_attr_setstacksize(&attr, 256 * 1024) != 0 || pthread_create(&t, &attr, nested_thread, a) != 0)
		bail("no thread");
	pthread_join(t, NULL);
	ok(true, "REL-050 on a stack of 256 KiB");
	pthread_attr_destroy(&attr);
}

static void lengths(struct arena *a)
{
	static const struct {
		const char *what;
		struct part in;
	} rows[] = {
		{"a length of 2^32-1", PART("\xa0\x84\xff\xff\xff\xff\x31\x00")},
		{"a length of 2^64-1", PART("\xa0\x88\xff\xff\xff\xff\xff\xff\xff\xff\x31\x00")},
		{"a length of 2^63", PART("\xa0\x88\x80\x00\x00\x00\x00\x00\x00\x00\x31\x00")},
		{"126 length octets", PART("\xa0\xfe\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01")},
		{"the reserved length FF", PART("\xa0\xff\x31\x00")},
		{"a child longer than its parent", PART("\xa0\x04\x31\x7f\x00\x00")},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		judged("REL-051", rows[i].what, lit(rows[i].in), ERR_BER_SYNTAX, ERR_NONE, 50, 256);
	(void)a;
}

/* ---- vectors, cut and flipped ---- */

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static bool flip_all(void) { return getenv("P1_HOSTILE_ALL") != NULL; }

struct tally {
	size_t files, octets, cuts, passed_cuts, flips, read, slow, large;
};

static void one_flip(const uint8_t *in, size_t n, size_t bit, bool content, struct tally *t)
{
	struct arena *a = arena_new(0);
	uint8_t *copy = malloc(n);
	struct blob b = blob_mem(copy, n);
	int64_t start = cpu_ms();
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	int r;

	memcpy(copy, in, n);
	copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	r = content ? p22_decode(a, &b, &limits, m, NULL) : p1_decode(a, &b, &limits, &m, NULL, NULL);
	if (r == 0) {
		t->read++;
		(void)!(content ? p22_encode(a, m, &options, stream_to_nothing(a), NULL) : p1_encode(a, m, &options, stream_to_nothing(a), NULL));
	}
	t->flips++;
	t->slow += cpu_ms() - start > 1000;
	arena_free(a);
	free(copy);
}

static void cut_and_flip(const char *path, bool content, struct tally *t)
{
	size_t n, i, step;
	uint8_t *in = (uint8_t *)tap_read_file(path, &n);
	long before = tap_memory();

	if (n > 16384 && !flip_all()) {
		free(in);
		return;
	}
	t->files++;
	t->octets += n;
	for (i = 0; i < n; i += n > 4096 ? 1 + n / 4096 : 1) {
		struct arena *a = arena_new(0);
		uint8_t *exact = malloc(i + 1);
		struct blob b = blob_mem(exact, i);
		struct mx_message *m = mx_message_new(a, MX_MESSAGE);
		memcpy(exact, in, i);
		t->cuts++;
		t->passed_cuts += (content ? p22_decode(a, &b, &limits, m, NULL) : p1_decode(a, &b, &limits, &m, NULL, NULL)) == 0;
		arena_free(a);
		free(exact);
	}
	/* another residue for each file, so that every bit position of a kind of value has its turn somewhere */
	step = flip_all() ? 1 : 1 + n * 8 * SLOW / 1500;
	for (i = flip_all() ? 0 : t->files % step; i < n * 8; i += step)
		one_flip(in, n, i, content, t);
	t->large += tap_memory() - before > 65536;
	free(in);
}

static void vectors(const char *folder, bool content, struct tally *t)
{
	char full[4096];
	struct dirent **names;
	int n, i;

	snprintf(full, sizeof(full), "%s/%s", tap_srcdir(), folder);
	n = scandir(full, &names, visible, alphasort);
	for (i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		snprintf(full, sizeof(full), "%s/%s", folder, name);
		if (strstr(name, ".ber") != NULL && (strstr(name, "ipm") != NULL) == content && strstr(name, ".bp.") == NULL)
			cut_and_flip(full, content, t);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void cut_and_flipped(void)
{
	struct tally t = {0};

	vectors("t/vectors/p1/mapping", false, &t);
	vectors("t/vectors/p1/captures", false, &t);
	vectors("t/vectors/p1/captures", true, &t);
	vectors("t/vectors/p1/body", true, &t);
	diag("REL-052, REL-053: %zu vectors of %zu octets, %zu cuts, %zu bits flipped, %zu of them still read", t.files, t.octets, t.cuts, t.flips,
	     t.read);
	ok(t.files >= 50, "REL-052 at least 50 vectors");
	is_int((long long)t.passed_cuts, 0, "REL-052 no cut passes");
	is_int((long long)t.slow, 0, "REL-053 none took a second");
	if (SLOW == 5)
		is_int((long long)t.large, 0, "REL-053 none left 64 MiB");
}

/* ---- counts ---- */

static void counts(struct arena *a)
{
	struct octets with[MEMBERS] = {{NULL, 0}}, many, few;
	struct verdict small, large;
	struct mx_message *m;
	struct arena *keep;

	with[RECIPIENTS] = wrap(a, repeat(a, "\x31\x07\x60\x02\x30\x00\x80\x01\x01", 9, 1000000), BER_C(2), true);
	many = apdu(a, with, NULL, ipm());
	judged("REL-054", "1,000,000 recipients, 4,000,000 values", many, ERR_BER_COUNT, ERR_NONE, 1000, (long)(many.len * 4 / 1024));
	with[RECIPIENTS] = wrap(a, repeat(a, RECIPIENT, sizeof(RECIPIENT) - 1, 100000), BER_C(2), true);
	many = apdu(a, with, NULL, ipm());
	judged("REL-054", "100,000 recipients", many, ERR_P1_RECIPIENTS, ERR_NONE, 1000, (long)(many.len * 4 / 1024));
	many = wrap(a, repeat(a, "\x80\x00", 2, 1000000), BER_U(BER_SEQUENCE), true);
	many = wrap(a, join(a, (struct octets){(const uint8_t *)IPM + 2, 7}, many), BER_C(0), true);
	judged("REL-055", "1,000,000 empty body parts", apdu(a, NULL, NULL, many), ERR_NONE, ERR_P1_BODY_PARTS, 1000, (long)(many.len * 4 / 1024));
	/* in pieces of one octet: accepted, in linear time */
	{
		struct ber_rope envelope = {0};
		int i;
		for (i = 0; i < MEMBERS; i++)
			add(a, &envelope, i == TYPE ? lit((struct part)PART("\x46\x01\x00")) : lit(members[i]));
		ber_rope_wrap(a, &envelope, BER_U(BER_SET), true);
		few = flat(a, &envelope);
	}
	many = wrap(a, repeat(a, "\x04\x01x", 3, 250000), BER_U(BER_OCTET_STRING), true);
	small = decode(wrap(a, join(a, few, many), BER_C(0), true), NULL, NULL);
	many = wrap(a, repeat(a, "\x04\x01x", 3, 1000000), BER_U(BER_OCTET_STRING), true);
	keep = arena_new(0);
	large = decode(wrap(a, join(a, few, many), BER_C(0), true), keep, &m);
	diag("REL-056: 250,000 pieces %lld ms, 1,000,000 pieces %lld ms, %ld KiB", (long long)small.ms, (long long)large.ms, large.kib);
	is(name_of(large.id), "read", "REL-056 1,000,000 pieces of one octet");
	ok(large.ms <= small.ms * 10 + 100, "REL-056 in linear time");
	if (m != NULL) {
		struct octets o;
		size_t i = 0;
		ok(blob_map(keep, &m->content_octets, &o, NULL) == 0 && o.len == 1000000, "REL-056 1,000,000 octets");
		while (i < o.len && o.p[i] == 'x')
			i++;
		is_int((long long)i, 1000000, "REL-056 of the same content");
	}
	arena_free(keep);
}

/* ---- members of a SET ---- */

static char *dump(struct arena *a, const struct mx_message *m)
{
	struct buf *b = buf_in(a, 1 << 20);
	struct stream *s = stream_to_buf(a, b);

	mx_dump(a, m, s);
	return stream_finish(s, NULL) == 0 ? arena_strdup(a, buf_str(b)) : NULL;
}

static struct octets of_order(struct arena *a, const int *order, size_t n)
{
	struct ber_rope envelope = {0}, body = {0};
	size_t i;

	for (i = 0; i < n; i++)
		add(a, &envelope, lit(members[order[i]]));
	ber_rope_wrap(a, &envelope, BER_U(BER_SET), true);
	add(a, &body, ipm());
	ber_rope_wrap(a, &body, BER_U(BER_OCTET_STRING), false);
	ber_rope_append(&envelope, &body);
	ber_rope_wrap(a, &envelope, BER_C(0), true);
	return flat(a, &envelope);
}

static void permute(struct arena *outer, int *order, int at, const char **want, size_t *same, size_t *all)
{
	struct arena *a;
	struct mx_message *m;
	char *text;
	int i, t;

	if (at < MEMBERS) {
		for (i = at; i < MEMBERS; i++) {
			t = order[at], order[at] = order[i], order[i] = t;
			permute(outer, order, at + 1, want, same, all);
			t = order[at], order[at] = order[i], order[i] = t;
		}
		return;
	}
	a = arena_new(0);
	(void)decode(of_order(a, order, MEMBERS), a, &m);
	text = m != NULL ? dump(a, m) : NULL;
	if (*want == NULL && text != NULL)
		*want = arena_strdup(outer, text);
	*same += text != NULL && str_eq(text, *want);
	(*all)++;
	arena_free(a);
}

static void sets(struct arena *a)
{
	int order[MEMBERS + 1], i, k, n;
	const char *want = NULL;
	size_t same = 0, all = 0;
	struct verdict v;

	for (i = 0; i < MEMBERS; i++)
		order[i] = i;
	permute(a, order, 0, &want, &same, &all);
	diag("REL-057: %zu orders of %d members, %zu read to the same", all, MEMBERS, same);
	is_int((long long)same, 720, "REL-057 every order is read to the same");
	for (i = 0; i < MEMBERS; i++) {
		for (k = n = 0; k < MEMBERS; k++) {
			if (k != i)
				order[n++] = k;
		}
		v = decode(of_order(a, order, (size_t)n), NULL, NULL);
		is(name_of(v.id), i == PRIORITY ? "read" : "ERR_BER_TYPE", "REL-057 without member %d", i);
		order[n++] = i;
		order[n++] = i;
		v = decode(of_order(a, order, (size_t)n), NULL, NULL);
		is(name_of(v.id), "ERR_BER_TYPE", "REL-057 with member %d twice", i);
	}
}

/* ---- extensions ---- */

static bool contains(struct octets in, const void *p, size_t n)
{
	return memmem(in.p, in.len, p, n) != NULL;
}

static void extensions(struct arena *a)
{
	static const struct {
		const char *what;
		struct part field; /* as written with extension_type_99 */
		uint8_t criticality;
		int number;
	} rows[] = {
		{"critical for transfer", PART("\x30\x0d\x80\x01\x63\x81\x02\x06\x40\xa2\x04\x04\x02\xde\xad"), MX_CRITICAL_TRANSFER, 99},
		{"critical for delivery", PART("\x30\x0d\x80\x01\x63\x81\x02\x05\x20\xa2\x04\x04\x02\xde\xad"), MX_CRITICAL_DELIVERY, 99},
		{"critical for submission", PART("\x30\x0d\x80\x01\x63\x81\x02\x07\x80\xa2\x04\x04\x02\xde\xad"), MX_CRITICAL_SUBMISSION, 99},
		{"not critical", PART("\x30\x09\x80\x01\x63\xa2\x04\x04\x02\xde\xad"), 0, 99},
		{"not critical, without a value", PART("\x30\x03\x80\x01\x63"), 0, 99},
		{"private, critical for delivery", PART("\x30\x0f\x83\x03\x2a\x03\x04\x81\x02\x05\x20\xa2\x04\x04\x02\xde\xad"), MX_CRITICAL_DELIVERY, -1},
		{"message-security-label", PART("\x30\x0f\x80\x01\x14\x81\x02\x05\x20\xa2\x06\x31\x04\x06\x02\x2a\x03"), MX_CRITICAL_DELIVERY, 20},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *keep = arena_new(0);
		struct octets set = wrap(a, lit(rows[i].field), BER_C(3), true);
		struct part extra = {(const char *)set.p, set.len};
		struct mx_message *m;
		struct buf *b = buf_in(keep, 65536);
		struct stream *s = stream_to_buf(keep, b);
		const struct mx_extension *x;

		(void)decode(apdu(a, NULL, &extra, ipm()), keep, &m);
		if (ok(m != NULL && m->envelope.extensions.count == 1, "REL-058 %s: is kept", rows[i].what)) {
			x = &m->envelope.extensions.items[0];
			diag("REL-058: %s: number %d, criticality %d, %zu octets", rows[i].what, x->number, x->criticality, x->value.len);
			is_int(x->criticality, rows[i].criticality, "REL-058 %s: criticality", rows[i].what);
			is_int(x->number, rows[i].number, "REL-058 %s: number", rows[i].what);
			ok(p1_encode(keep, m, &options, s, NULL) == 0 && stream_finish(s, NULL) == 0 &&
			           contains(buf_octets(b), rows[i].field.p, rows[i].field.n), "REL-058 %s: goes on octet by octet", rows[i].what);
		}
		arena_free(keep);
	}
}

/* ---- values ---- */

static void integers(struct arena *a)
{
	struct octets with[MEMBERS] = {{NULL, 0}}, big = repeat(a, "\x7f", 1, 1000);
	struct ber_writer w = ber_writer_in(a);
	struct part extra;

	with[TYPE] = wrap(a, big, BER_A(6), false);
	judged("REL-059", "a content type of 1,000 octets", apdu(a, with, NULL, ipm()), ERR_BER_TYPE, ERR_NONE, 50, 1024);
	with[TYPE] = lit((struct part)PART("\x46\x09\x01\x00\x00\x00\x00\x00\x00\x00\x16"));
	judged("REL-059", "a content type of 2^64 + 22", apdu(a, with, NULL, ipm()), ERR_BER_TYPE, ERR_NONE, 50, 1024);
	with[TYPE] = lit((struct part)PART("\x46\x05\x01\x00\x00\x00\x16"));
	judged("REL-059", "a content type of 2^32 + 22", apdu(a, with, NULL, ipm()), ERR_P1_VALUE, ERR_NONE, 50, 1024);
	with[TYPE] = lit((struct part)PART("\x06\x00"));
	judged("REL-059", "a content type of no OID", apdu(a, with, NULL, ipm()), ERR_P1_VALUE, ERR_NONE, 50, 1024);
	with[TYPE] = lit((struct part)PART("\x06\x0d\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01"));
	judged("REL-059", "a content type with an arc over 2^64", apdu(a, with, NULL, ipm()), ERR_NONE, ERR_NONE, 50, 1024);
	with[TYPE] = (struct octets){NULL, 0};
	with[RECIPIENTS] = lit((struct part)PART("\xa2\x1f\x31\x1d\x60\x12\x30\x10\x61\x04\x13\x02GB\x62\x03\x13\x01X\xa5\x03\x80\x01R\x80\x04\x7f\xff\xff\xff\x81\x01\x00"));
	judged("REL-059", "recipient number 2^31-1", apdu(a, with, NULL, ipm()), ERR_P1_VALUE, ERR_NONE, 50, 1024);
	/* an extension of number 2^32 + 1 must not be extension 1 */
	ber_put_integer(&w, BER_C(0), INT64_C(4294967297));
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	ber_close(&w, BER_C(3), 0);
	extra = (struct part){(const char *)ber_writer_octets(&w).p, w.len};
	judged("REL-059", "extension 2^32 + 1", apdu(a, NULL, &extra, ipm()), ERR_P1_VALUE, ERR_NONE, 50, 1024);
	/* auto-forwarded [14] as a BOOLEAN of two octets */
	judged("REL-059", "a BOOLEAN of two octets",
	       apdu(a, NULL, NULL, lit((struct part)PART("\xa0\x0d\x31\x09\x6b\x03\x13\x01" "1\x8e\x02\x00\xff\x30\x00"))), ERR_NONE, ERR_NONE, 50, 1024);
}

static void times(struct arena *a)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"2403050915Z", "2024-03-05T09:15:00+00:00"},
		{"240305091522Z", "2024-03-05T09:15:22+00:00"},
		{"240305091522+0530", "2024-03-05T09:15:22+05:30"},
		{"2403050915-1200", "2024-03-05T09:15:00-12:00"},
		{"790305091522Z", "2079-03-05T09:15:22+00:00"}, /* G-015 */
		{"800305091522Z", "1980-03-05T09:15:22+00:00"},
		{"20240305091522Z", "2024-03-05T09:15:22+00:00"},
		{"240229091522Z", "2024-02-29T09:15:22+00:00"},
		{"990230091522Z", NULL},
		{"990229091522Z", NULL},
		{"241305091522Z", NULL},
		{"240305251522Z", NULL},
		{"240305091522", NULL},
		{"240305091522+9900", NULL},
		{"", NULL},
	};
	struct octets big = wrap(a, repeat(a, "1", 1, 1000), BER_C(0), false);
	struct part extra = {(const char *)big.p, big.len};
	char iso[32];
	size_t i;

	judged("REL-060", "a time of 1,000 octets", apdu(a, NULL, &extra, ipm()), ERR_P1_VALUE, ERR_NONE, 50, 1024);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets t = wrap(a, (struct octets){(const uint8_t *)rows[i].text, strlen(rows[i].text)}, BER_C(0), false);
		struct arena *keep = arena_new(0);
		struct mx_message *m;
		struct verdict v;
		extra = (struct part){(const char *)t.p, t.len};
		v = decode(apdu(a, NULL, &extra, ipm()), keep, &m);
		if (rows[i].want == NULL) {
			is(name_of(v.id), "ERR_P1_VALUE", "REL-060 \"%s\" is refused", rows[i].text);
		} else if (ok(m != NULL, "REL-060 \"%s\" is read", rows[i].text)) {
			clock_format_iso(&m->envelope.deferred_delivery_time, iso);
			is(iso, rows[i].want, "REL-060 \"%s\"", rows[i].text);
		}
		arena_free(keep);
	}
}

/* A trace time never refuses a message (a bank of interworking faults: 329595), and goes on as it came. */
static void trace_times(struct arena *a)
{
	static const struct {
		const char *text;
		bool set;
	} rows[] = {{"20240305091522Z", true}, {"241305091522Z", false}, {"yesterday", false}, {"", false}, {"2403050915Z", true}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets with[MEMBERS] = {{NULL, 0}}, in;
		struct ber_writer w = ber_writer_in(a);
		struct arena *keep = arena_new(0);
		struct buf *b = buf_in(keep, 65536);
		struct stream *s = stream_to_buf(keep, b);
		struct mx_message *m;

		ber_put_integer(&w, BER_C(2), 0);
		ber_put_text(&w, BER_C(0), rows[i].text);
		ber_close(&w, BER_U(BER_SET), 0);
		ber_put_raw(&w, (struct octets){(const uint8_t *)"\x63\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X", 13});
		ber_close(&w, BER_U(BER_SEQUENCE), 0);
		ber_close(&w, BER_A(9), 0);
		with[TRACE] = join(a, (struct octets){NULL, 0}, ber_writer_octets(&w));
		in = apdu(a, with, NULL, ipm());
		(void)decode(in, keep, &m);
		if (ok(m != NULL && m->envelope.trace.count == 1, "REL-060 a trace of \"%s\" is read", rows[i].text)) {
			ok(m->envelope.trace.items[0].arrival_time.set == rows[i].set, "REL-060 a trace of \"%s\": %s", rows[i].text,
			   rows[i].set ? "a time" : "no time");
			ok(p1_encode(keep, m, &options, s, NULL) == 0 && stream_finish(s, NULL) == 0, "REL-060 a trace of \"%s\" is written", rows[i].text);
			is_octets(b->p, b->len, in.p, in.len, "REL-060 a trace of \"%s\" goes on as it came", rows[i].text);
		}
		arena_free(keep);
	}
}

/* ---- texts ---- */

static void subjects(struct arena *a)
{
	static const struct {
		const char *what;
		struct part t61;
	} rows[] = {
		{"a diacritic without a letter", PART("x\xc8")},
		{"a diacritic before a digit", PART("\xc8" "1y")},
		{"an escape that leads nowhere", PART("a\x1b\x28\x7e" "b")},
		{"an escape at the end", PART("a\x1b")},
		{"NUL inside", PART("a\x00" "b")},
		{"every octet of the right half", PART("\xa0\xbf\xc0\xd0\xff")},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *keep = arena_new(0);
		struct octets subject = wrap(a, wrap(a, lit(rows[i].t61), BER_U(BER_TELETEX_STRING), false), BER_C(8), true);
		struct octets heading = wrap(a, join(a, (struct octets){(const uint8_t *)"\x6b\x03\x13\x01" "1", 5}, subject), BER_U(BER_SET), true);
		struct octets content = wrap(a, join(a, heading, (struct octets){(const uint8_t *)"\x30", 2}), BER_C(0), true);
		struct mx_message *m;

		(void)decode(apdu(a, NULL, NULL, content), keep, &m);
		if (ok(m != NULL && m->content == MX_CONTENT_IPM && m->ipm.heading.subject.utf8 != NULL, "REL-061 %s: is read", rows[i].what)) {
			const struct mx_text *t = &m->ipm.heading.subject;
			diag("REL-061: %s: \"%s\"", rows[i].what, t->utf8);
			ok(str_is_utf8(t->utf8, strlen(t->utf8)) && t->utf8[0] != '\0', "REL-061 %s: is text", rows[i].what);
			is_octets(t->t61.p, t->t61.len, rows[i].t61.p, rows[i].t61.n, "REL-061 %s: octets are kept", rows[i].what);
		}
		arena_free(keep);
	}
}

/* An originator with this surname [0] and this extension attribute. */
static struct octets originator(struct arena *a, struct octets surname, struct octets attribute)
{
	struct octets name = wrap(a, wrap(a, surname, BER_C(0), false), BER_C(5), true);
	struct octets standard =
		wrap(a, join(a, (struct octets){(const uint8_t *)"\x61\x04\x13\x02GB\x62\x03\x13\x01X", 11}, name), BER_U(BER_SEQUENCE), true);

	if (attribute.len > 0)
		standard = join(a, standard, wrap(a, attribute, BER_U(BER_SET), true));
	return wrap(a, standard, BER_A(0), true);
}

static void address_goes_on(struct arena *a, const char *rel, const char *what, struct octets from)
{
	struct octets with[MEMBERS] = {{NULL, 0}}, in;
	struct arena *keep = arena_new(0);
	struct buf *b = buf_in(keep, 1 << 20);
	struct stream *s = stream_to_buf(keep, b);
	struct mx_message *m;

	with[FROM] = from;
	in = apdu(a, with, NULL, ipm());
	(void)decode(in, keep, &m);
	if (ok(m != NULL, "%s %s: is read", rel, what)) {
		char *text = or_text(keep, &m->envelope.originator.address);
		ok(str_is_utf8(text, strlen(text)), "%s %s: is text", rel, what);
		ok(p1_encode(keep, m, &options, s, NULL) == 0 && stream_finish(s, NULL) == 0 && contains(buf_octets(b), from.p, from.len),
		   "%s %s: goes on octet by octet", rel, what);
	}
	arena_free(keep);
}

static void addresses(struct arena *a)
{
	static const struct part surnames[] = {PART("a/b=c;d\"e\\f(g)h"), PART("a\r\nBcc: x"), PART(" lead and trail "), PART("$, +<>@!")};
	static const struct {
		const char *what;
		struct part attribute;
	} rows[] = {
		{"a BMPString of odd length", PART("\x30\x0c\x80\x01\x18\xa1\x07\x31\x05\x1e\x03\x00" "A\x00")},
		{"a lone surrogate", PART("\x30\x0b\x80\x01\x18\xa1\x06\x31\x04\x1e\x02\xd8\x00")},
		{"a language code", PART("\x30\x0f\x80\x01\x18\xa1\x0a\x31\x08\x1e\x02\x00" "A\x13\x02" "de")},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		address_goes_on(a, "REL-061", rows[i].what, originator(a, lit((struct part)PART("S")), lit(rows[i].attribute)));
	for (i = 0; i < ARRAY_LEN(surnames); i++)
		address_goes_on(a, "REL-062", surnames[i].p, originator(a, lit(surnames[i]), (struct octets){NULL, 0}));
	address_goes_on(a, "REL-063", "a surname of 40", originator(a, repeat(a, "s", 1, 40), (struct octets){NULL, 0}));
	address_goes_on(a, "REL-063", "a surname of 41", originator(a, repeat(a, "s", 1, 41), (struct octets){NULL, 0}));
	address_goes_on(a, "REL-063", "a surname of 65,536", originator(a, repeat(a, "s", 1, 65536), (struct octets){NULL, 0}));
}

/* ---- trace, identifiers, content types ---- */

static void long_trace(struct arena *a)
{
	struct octets with[MEMBERS] = {{NULL, 0}};
	struct arena *keep = arena_new(0);
	struct mx_message *m;
	struct verdict v;

	with[TRACE] = wrap(a, repeat(a, members[TRACE].p + 2, members[TRACE].n - 2, 1000), BER_A(9), true);
	v = decode(apdu(a, with, NULL, ipm()), keep, &m);
	diag("REL-064: 1,000 trace elements in %lld ms", (long long)v.ms);
	ok(m != NULL && m->envelope.trace.count == 1000, "REL-064 1,000 trace elements are there for whoever looks for a loop");
	ok(v.ms < 200 * SLOW, "REL-064 in no time");
	arena_free(keep);
}

static void identifiers(struct arena *a)
{
	struct arena *keep = arena_new(0);
	struct mx_message *x, *y;
	struct octets other = lit((struct part)PART("\xa0\x09\x31\x05\x6b\x03\x13\x01" "2\x30\x00"));

	(void)decode(apdu(a, NULL, NULL, ipm()), keep, &x);
	(void)decode(apdu(a, NULL, NULL, other), keep, &y);
	ok(x != NULL && y != NULL && mx_mts_id_equal(&x->envelope.id, &y->envelope.id) && !blob_equal(&x->content_octets, &y->content_octets),
	   "REL-065 the same identifier with another content can be told");
	arena_free(keep);
}

static void content_types(struct arena *a)
{
	static const struct {
		const char *what;
		struct part type;
		enum mx_content content;
		int number;
	} rows[] = {
		{"2", PART("\x46\x01\x02"), MX_CONTENT_IPM, 2},
		{"22", PART("\x46\x01\x16"), MX_CONTENT_IPM, 22},
		{"35", PART("\x46\x01\x23"), MX_CONTENT_OPAQUE, 35},
		{"external", PART("\x46\x01\x01"), MX_CONTENT_OPAQUE, 1},
		{"unidentified", PART("\x46\x01\x00"), MX_CONTENT_OPAQUE, 0},
		{"unknown", PART("\x46\x02\x7f\xff"), MX_CONTENT_OPAQUE, 32767},
		{"the OID of P22", PART("\x06\x04\x56\x01\x0a\x01"), MX_CONTENT_IPM, MX_ABSENT},
		{"another OID", PART("\x06\x03\x2a\x03\x04"), MX_CONTENT_OPAQUE, MX_ABSENT},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets with[MEMBERS] = {{NULL, 0}};
		struct arena *keep = arena_new(0);
		struct mx_message *m;

		with[TYPE] = lit(rows[i].type);
		(void)decode(apdu(a, with, NULL, ipm()), keep, &m);
		if (ok(m != NULL, "REL-067 content type %s is read", rows[i].what)) {
			is_int(m->content, rows[i].content, "REL-067 content type %s: interpreted or not", rows[i].what);
			is_int(m->envelope.content_type, rows[i].number, "REL-067 content type %s: its number", rows[i].what);
			is_octets(m->content_octets.mem, (size_t)m->content_octets.len, IPM, sizeof(IPM) - 1, "REL-067 content type %s: octets as received",
			          rows[i].what);
		}
		arena_free(keep);
	}
}

int main(void)
{
	static void (*const cases[])(struct arena *) = {end_of_contents, deep, nested, lengths, counts, sets, extensions, integers,
	                                                times, trace_times, subjects, addresses, long_trace, identifiers, content_types};
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(0);
		cases[i](a);
		arena_free(a);
	}
	cut_and_flipped();
	return tap_done();
}
