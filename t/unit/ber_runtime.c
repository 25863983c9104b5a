/*
 * ber_runtime.c - the fixes of asn1/runtime.patch, one by one, without the gate in front (which lets none of these through).
 *
 * Each fails with the runtime as Debian ships it; the shifts only in a build with -fsanitize=undefined.
 */
#include <string.h>
#include <unistd.h>

#include "asn1gen/X4-CountryName.h"
#include "asn1gen/X4-EncodedInformationTypes.h"
#include "asn1gen/X4-LastTraceInformation.h"
#include "asn1gen/X4-NonDeliveryReport.h"
#include "asn1gen/X4-PerMessageIndicators.h"
#include "asn1gen/X4-PersonalName.h"
#include "ber/codec.h"
#include "t/lib/tap.h"

static struct arena *a;

#define DECODE(type, in, out, e) ber_decode_type(a, &asn_DEF_##type, (struct octets){(const uint8_t *)(in), sizeof(in) - 1}, (out), (e))

/* A CHOICE of indefinite length whose end-of-contents is 00 xx: 8 octets were an endless loop. */
static void end_of_contents(void)
{
	struct err e = {0};
	void *v;

	alarm(10);
	ok(DECODE(X4_CountryName, "\x61\x80\x13\x02gb\x00\x01", &v, &e) != 0, "00 01 is no end-of-contents of a CHOICE");
	ok(DECODE(X4_CountryName, "\x61\x80\x13\x02gb\x00\xff\x00\x00", &v, &e) != 0, "00 FF neither");
	ok(DECODE(X4_CountryName, "\x61\x80\x13\x02gb\x00\x00", &v, &e) == 0, "00 00 is one");
	alarm(0);
}

/* X.690 8.6.4, 8.23.6: the segments of a string are OCTET STRINGs whatever its own tag is. */
static void segments(void)
{
	struct err e = {0};
	X4_PersonalName_t *p;
	BIT_STRING_t *b;
	void *v;

	if (ok(DECODE(X4_PersonalName, "\x31\x08\xa0\x06\x04\x01S\x04\x01m", &v, &e) == 0, "a [0] string in OCTET STRING segments")) {
		p = v;
		is_octets(p->surname.buf, (size_t)p->surname.size, "Sm", 2, "joined");
	}
	if (ok(DECODE(X4_PerMessageIndicators, "\x68\x08\x03\x02\x00\xaa\x03\x02\x04\xf0", &v, &e) == 0,
	       "an [APPLICATION 8] bit string in BIT STRING segments")) {
		b = v;
		is_octets(b->buf, (size_t)b->size, "\xaa\xf0", 2, "joined");
		is_int(b->bits_unused, 4, "unused bits of the last one");
	}
	ok(DECODE(X4_PersonalName, "\x31\x05\xa0\x03\x02\x01S", &v, &e) != 0, "an INTEGER is no segment");
}

static void unused_bits(void)
{
	struct err e = {0};
	void *v;

	ok(DECODE(X4_PerMessageIndicators, "\x48\x02\x08\x80", &v, &e) != 0, "8 unused bits");
	ok(DECODE(X4_PerMessageIndicators, "\x48\x02\xff\x80", &v, &e) != 0, "255 unused bits");
	ok(DECODE(X4_PerMessageIndicators, "\x48\x02\x07\x80", &v, &e) == 0, "7 unused bits");
}

static void shifts(void)
{
	struct err e = {0};
	X4_NonDeliveryReport_t *n;
	void *v;

	ok(DECODE(X4_PersonalName, "\x31\x88\x80\x00\x00\x00\x00\x00\x00\x00", &v, &e) != 0, "a length of 2^63");
	ok(DECODE(X4_PersonalName, "\x31\x88\xff\xff\xff\xff\xff\xff\xff\xff", &v, &e) != 0, "a length of 2^64-1");
	ok(DECODE(X4_PersonalName, "\x31\x8a\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", &v, &e) != 0, "a length of 2^72");
	if (ok(DECODE(X4_NonDeliveryReport, "\x31\x04\x80\x02\xff\x00", &v, &e) == 0, "a negative INTEGER")) {
		n = v;
		is_int(n->non_delivery_reason_code, -256, "its value");
	}
}

/* The order is the sender's in BER, and what was read in one order goes out in it. */
static void order(void)
{
	static const char trace[] = "\x31\x1f\x80\x0d" "240305092000Z" "\x65\x04\x80\x02\x05\x20\xa1\x08\xa1\x06\x80\x01\x01\x81\x01\x00";
	static const char types[] = "\x65\x0e\x80\x02\x05\x20\xa4\x08\x06\x02\x55\x04\x06\x02\x2a\x03";
	struct octets out;
	struct err e = {0};
	void *v;

	if (ok(DECODE(X4_LastTraceInformation, trace, &v, &e) == 0, "a SET")) {
		ok(ber_encode_type(a, &asn_DEF_X4_LastTraceInformation, v, &out, &e) == 0, "written");
		is_octets(out.p, out.len, trace, sizeof(trace) - 1, "in the order of its definition, not of its tags");
	}
	if (ok(DECODE(X4_EncodedInformationTypes, types, &v, &e) == 0, "a SET OF")) {
		ok(ber_encode_type(a, &asn_DEF_X4_EncodedInformationTypes, v, &out, &e) == 0, "written");
		is_octets(out.p, out.len, types, sizeof(types) - 1, "in the order of its elements, unsorted");
	}
}

/* What codec.c adds. */
static void door(void)
{
	struct err e = {0};
	uint8_t *big = arena_alloc(a, BER_TYPED_MAX + 1);
	X4_PersonalName_t *empty = NEW(a, X4_PersonalName_t);
	struct octets out;
	void *v;

	ok(DECODE(X4_CountryName, "\x61\x04\x13\x02gb\x00", &v, &e) != 0 && e.id == ERR_BER_TYPE, "octets behind the value");
	ok(DECODE(X4_CountryName, "\x61\x04\x13\x02g", &v, &e) != 0 && e.id == ERR_BER_TYPE, "octets missing");
	ok(v == NULL, "no half value");
	ok(ber_decode_type(a, &asn_DEF_X4_CountryName, (struct octets){big, BER_TYPED_MAX + 1}, &v, &e) != 0 && e.id == ERR_BER_SIZE,
	   "more than generated code may see");
	e = (struct err){0};
	{
		X4_CountryName_t none = {0};
		ok(ber_encode_type(a, &asn_DEF_X4_CountryName, &none, &out, &e) != 0 && e.id == ERR_BER_ENCODE, "a CHOICE of nothing");
	}
	ok(ber_encode_type(a, &asn_DEF_X4_PersonalName, empty, &out, &e) == 0 && out.len == 4, "an empty string is a string");
}

int main(void)
{
	a = arena_new(0);
	end_of_contents();
	segments();
	unused_bits();
	shifts();
	order();
	door();
	arena_free(a);
	return tap_done();
}
