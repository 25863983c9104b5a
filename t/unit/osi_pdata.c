/*
 * The data path: User-data with RTTR and the EXTERNAL, in every form that BER allows, cut at every octet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osi/pdata.h"
#include "t/lib/hex.h"
#include "t/lib/tap.h"

struct result {
	uint8_t octets[4096];
	size_t n;
	bool failed;
	struct err e;
};

/* One SSDU through pdata and external in pieces. */
static void read_all(const uint8_t *p, size_t n, size_t piece, bool strip, struct result *r)
{
	struct pdata d;
	struct external x;

	*r = (struct result){0};
	pdata_start(&d, 3);
	external_start(&x, 5);
	for (size_t at = 0; at < n && !r->failed; at += piece) {
		struct octets in = {p + at, n - at < piece ? n - at : piece}, rttr, data;
		int got, inner;

		while ((got = pdata_next(&d, &in, &rttr, &r->e)) > 0) {
			if (!strip) {
				memcpy(r->octets + r->n, rttr.p, rttr.len);
				r->n += rttr.len;
				continue;
			}
			while ((inner = external_next(&x, &rttr, &data, &r->e)) > 0) {
				memcpy(r->octets + r->n, data.p, data.len);
				r->n += data.len;
			}
			r->failed |= inner < 0;
		}
		r->failed |= got < 0;
	}
	r->failed = r->failed || pdata_end(&d, &r->e) != 0 || (strip && external_end(&x, &r->e) != 0);
}

static void test(const char *name, const char *in, bool strip, const char *want)
{
	uint8_t p[2048], w[2048];
	size_t n = hex_decode(in, p), nw = want == NULL ? 0 : hex_decode(want, w), wrong = 0;
	struct result r;

	for (size_t piece = 1; piece <= n; piece++) {
		read_all(p, n, piece, strip, &r);
		wrong += want == NULL ? !r.failed : r.failed || r.n != nw || memcmp(r.octets, w, nw) != 0;
	}
	if (!ok(wrong == 0, "%s", name)) {
		diag("%zu of %zu ways to cut it went wrong: %s", wrong, n, r.e.detail);
		tap_is_octets(r.octets, r.n, w, nw, __FILE__, __LINE__, "last of them");
	}
}

static void forms_of_user_data(void)
{
	test("definite", "61 0d 30 0b 02 01 03 a0 06 04 04 01 02 03 04", false, "01 02 03 04");
	test("indefinite outside", "61 80 30 80 02 01 03 a0 80 04 02 01 02 00 00 00 00 00 00", false, "01 02");
	test("long lengths", "61 83 00 00 11 30 81 0e 02 02 00 03 a0 82 00 06 04 84 00 00 00 00", false, "");
	test("constructed RTTR", "61 80 30 80 02 01 03 a0 80 24 80 04 01 01 24 06 04 01 02 04 01 03 04 00 00 00 00 00 00 00 00 00", false, "01 02 03");
	test("octet-aligned", "61 0b 30 09 02 01 03 81 04 04 02 01 02", false, "01 02");
	test("transfer syntax named", "61 0f 30 0d 06 02 51 01 02 01 03 a0 04 04 02 01 02", false, "01 02");
	test("two PDVs", "61 14 30 08 02 01 03 a0 03 04 01 01 30 08 02 01 03 a0 03 04 01 02", false, "01 02");
	test("zeros in RTTR are data", "61 80 30 80 02 01 03 a0 80 04 04 00 00 00 00 00 00 00 00 00 00", false, "00 00 00 00");
	test("another context", "61 09 30 07 02 01 01 a0 02 04 00", false, NULL);
	test("no context", "61 06 30 04 a0 02 04 00", false, NULL);
	test("context of nine octets", "61 12 30 10 02 09 00 00 00 00 00 00 00 00 03 a0 03 04 01 01", false, NULL);
	test("child longer than its parent", "61 0d 30 0b 02 01 03 a0 07 04 04 01 02 03 04 05", false, NULL);
	test("end-of-contents in a definite value", "61 0b 30 09 02 01 03 a0 04 00 00 04 00", false, NULL);
	test("malformed end-of-contents", "61 80 30 80 02 01 03 a0 80 04 00 00 01 00 00 00 00 00", false, NULL);
	test("cut short", "61 0d 30 0b 02 01 03 a0 06 04 04 01 02", false, NULL);
	test("octets behind", "61 09 30 07 02 01 03 a0 02 04 00 61 00", false, NULL);
	test("indefinite primitive", "61 80 30 80 02 01 03 a0 80 04 80 00 00", false, NULL);
	test("length of nine octets", "61 89 01 00 00 00 00 00 00 00 00 30", false, NULL);
	test("high tag number", "61 05 3f 81 01 02 00", false, NULL);
	test("nested without end",
	     "61 80 30 80 02 01 03 a0 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80 24 80", false, NULL);
	test("nothing inside", "61 00", false, "");
	test("nothing", "30 00", false, NULL);
}

/* The EXTERNAL inside one RTTR. */
static void external(const char *name, const char *in, const char *want)
{
	char text[1024];
	uint8_t p[512];
	size_t n = hex_decode(in, p), at;

	at = (size_t)snprintf(text, sizeof text, "61 80 30 80 02 01 03 a0 80 04 %02zx", n);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, " %02x", p[i]);
	snprintf(text + at, sizeof text - at, " 00 00 00 00 00 00");
	test(name, text, true, want);
}

static void forms_of_external(void)
{
	external("definite", "28 09 02 01 05 a0 04 a0 02 05 00", "a0 02 05 00");
	external("all indefinite, APDU ends in zeros", "28 80 02 01 05 a0 80 a0 80 05 00 00 00 00 00 00 00", "a0 80 05 00 00 00");
	external("EXTERNAL indefinite, encoding definite", "28 80 02 01 05 a0 04 a0 02 05 00 00 00", "a0 02 05 00");
	external("EXTERNAL definite, encoding indefinite", "28 0b 02 01 05 a0 80 a0 02 05 00 00 00", "a0 02 05 00");
	external("direct reference too", "28 0d 06 02 51 01 02 01 05 a0 04 a0 02 05 00", "a0 02 05 00");
	external("descriptor too", "28 0c 02 01 05 07 01 41 a0 04 a0 02 05 00", "a0 02 05 00");
	external("octet-aligned", "28 09 02 01 05 81 04 a0 02 05 00", "a0 02 05 00");
	external("many zeros in the middle and at the end", "28 80 02 01 05 a0 80 a0 00 00 00 00 00 00 01 00 00 00 00 00 00 00",
	         "a0 00 00 00 00 00 00 01 00 00 00");
	external("no EXTERNAL: X.410 peers", "a0 02 05 00", "a0 02 05 00");
	external("no reference at all", "28 06 a0 04 a0 02 05 00", "a0 02 05 00");
	external("a form that is not taken off: segmented", "28 0b 02 01 05 a1 06 04 04 a0 02 05 00", "28 0b 02 01 05 a1 06 04 04 a0 02 05 00");
	external("lengths that do not agree pass as they are", "28 0a 02 01 05 a0 04 a0 02 05 00 99", "28 0a 02 01 05 a0 04 a0 02 05 00 99");
	external("another context", "28 09 02 01 07 a0 04 a0 02 05 00", NULL);
	external("cut in the head", "28 09 02 01", NULL);
	external("cut in the APDU", "28 09 02 01 05 a0 04 a0", NULL);
	external("end-of-contents missing", "28 80 02 01 05 a0 80 a0 02 05 01 00 00", NULL);
	external("octets behind the end", "28 09 02 01 05 a0 04 a0 02 05 00 01", NULL);
	external("too many zeros behind the end", "28 80 02 01 05 a0 04 a0 02 05 01 00 00 00", NULL);
	external("empty", "28 05 02 01 05 a0 00", NULL);
}

/* What we write we read, at the lengths where heads grow. */
static void round_trip(uint64_t n, long context)
{
	uint8_t head[PDATA_HEAD_MAX], ext[EXTERNAL_HEAD_MAX];
	size_t nh = pdata_head(head, context, n), nx = external_head(ext, context, n);
	struct pdata d;
	struct external x;
	struct octets in = {head, nh}, data;
	struct err e;

	pdata_start(&d, context);
	ok(pdata_next(&d, &in, &data, &e) == 0 && d.in == PDATA_RTTR && d.contents == n, "User-data head for %llu octets, context %ld",
	   (unsigned long long)n, context);
	external_start(&x, context);
	in = (struct octets){ext, nx};
	ok(external_next(&x, &in, &data, &e) == 0 && x.in == EXTERNAL_DEFINITE && x.left == n, "EXTERNAL head for %llu octets",
	   (unsigned long long)n);
}

int main(void)
{
	static const uint64_t lengths[] = {1, 100, 127, 128, 200, 255, 256, 65000, 65535, 65536, 16777215, 16777216, 5000000000u};

	forms_of_user_data();
	forms_of_external();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		round_trip(lengths[i], i % 2 == 0 ? 3 : 201);
	return tap_done();
}
