/*
 * oraddr.c - O/R addresses as plain data: copy, comparison, text of what the wire may bring.
 */
#include <string.h>

#include "base/str.h"
#include "msg/oraddr.h"
#include "t/lib/tap.h"

static struct octets text(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

static struct or_address person(struct arena *a, const char *surname)
{
	struct or_address o = {0};

	or_set(a, &o, OR_C, "XA");
	or_set(a, &o, OR_ADMD, " ");
	or_set(a, &o, OR_PRMD, "42");
	or_set(a, &o, OR_S, surname);
	or_add_dda(a, &o, "a", "1");
	or_add_dda(a, &o, "RFC-822", "x(a)y");
	return o;
}

static void test_text(struct arena *a)
{
	struct or_address o = person(a, "a/b=c");

	is(or_text(a, &o), "/RFC-822=x(a)y/DD.a=1/S=a$/b$=c/PRMD=42/ADMD= /C=XA/", "A-112 order, A-091 quoting, A-111 DDAs");
	ok(o.v[OR_PRMD].numeric && !o.v[OR_ADMD].numeric && !o.v[OR_S].numeric, "A-049 digits alone are numeric");
	o = (struct or_address){0};
	is(or_text(a, &o), "", "an address without attributes is nothing");
	o.v[OR_S].teletex = text("Mu\xf1oz");
	is(or_text(a, &o), "/S=*Mu{241}oz/", "A-036 teletex alone");
	o.v[OR_S].printable = "Munoz";
	is(or_text(a, &o), "/S=Munoz*Mu{241}oz/", "A-036 both forms");
	o.v[OR_S].teletex = text("Munoz");
	is(or_text(a, &o), "/S=Munoz/", "A-051 both the same");
	o.v[OR_S] = (struct or_value){.teletex = text("Munoz")};
	is(or_text(a, &o), "/S=Munoz/", "A-050 teletex that is printable");
	o.v[OR_S] = (struct or_value){.printable = "a_b@c"};
	is(or_text(a, &o), "/S=*a{095}b{064}c/", "octets that PrintableString has not are not hidden");
	o.v[OR_S] = (struct or_value){.universal = "M\xc3\xbcller"};
	is(or_text(a, &o), "/S=^M{195188}ller/", "A-069 a universal form alone is shown, not lost");
	o.v[OR_S] = (struct or_value){.universal = "Miller"};
	is(or_text(a, &o), "/S=Miller/", "a universal form that is printable");
	o.v[OR_S] = (struct or_value){0};
	o.unsupported_attributes = true;
	is(or_text(a, &o), "/^=/", "attributes that we do not know are marked");
}

/* What a peer put into a PrintableString against the rules must read back, or no report could name it. */
static void test_misprinted(struct arena *a)
{
	struct or_address o = {0};

	or_set(a, &o, OR_C, "GB");
	or_add_dda(a, &o, "RFC-822", "alice(a)b.example\r\nRCPT TO:<x@y>");
	is(or_text(a, &o), "/DD.*RFC-822=*alice(a)b.example{013010}RCPT TO:{060}x{064}y{062}/C=GB/",
	   "A-087: type and value stand in the same place");
}

static void test_equal(struct arena *a)
{
	struct or_address x = person(a, "Doe"), y = person(a, " DOE "), z;

	ok(or_equal(&x, &y), "X.402 18.4 case and outer blanks do not count");
	y = person(a, "Do e");
	x = person(a, "do   e");
	ok(or_equal(&x, &y), "nor do repeated blanks");
	y = person(a, "Do");
	ok(!or_equal(&x, &y), "another name is another address");
	y = person(a, "do e");
	or_add_dda(a, &y, "b", "2");
	ok(!or_equal(&x, &y), "so is a further DDA");
	y = person(a, "do e");
	y.v[OR_S] = (struct or_value){.teletex = text("DO E")};
	ok(or_equal(&x, &y), "a teletex form may say the same");
	y.v[OR_S] = (struct or_value){.universal = "Do E"};
	ok(or_equal(&x, &y), "a universal form too");
	y.v[OR_S] = (struct or_value){0};
	ok(!or_equal(&x, &y) && !or_equal(&y, &x), "absent is not equal");
	y = person(a, "do e");
	y.v[OR_PRMD] = (struct or_value){0};
	ok(!or_equal(&x, &y), "nor is an absent level");
	or_copy(a, &z, &x);
	ok(or_equal(&x, &z) && z.dda.items != x.dda.items && z.v[OR_S].printable != x.v[OR_S].printable, "a copy is equal and its own");
	x.unsupported_attributes = z.unsupported_attributes = true;
	ok(!or_equal(&x, &z), "unknown attributes without octets are never equal");
	x.raw = text("0102");
	or_copy(a, &z, &x);
	ok(or_equal(&x, &z), "with the same octets they are");
}

static void test_find(struct arena *a)
{
	struct or_address o = person(a, "x");
	struct or_dda *d;

	ok(or_find_dda(&o, "rfc-822") == &o.dda.items[1], "A-089 types are found without case");
	ok(or_find_dda(&o, "rfc-82") == NULL, "whole types only");
	d = ARENA_PUSH(a, &o.dda);
	d->type.teletex = text("Tele");
	d->value.teletex = text("v");
	ok(or_find_dda(&o, "TELE") == &o.dda.items[2], "teletex types too");
	ok(str_eq(or_rows[OR_PD_SYSTEM].keyword, "PD-SERVICE") && or_rows[OR_S].ub == 40, "A-046, A-064 rows");
}

int main(void)
{
	struct arena *a = arena_new(0);

	test_text(a);
	test_misprinted(a);
	test_equal(a);
	test_find(a);
	arena_free(a);
	return tap_done();
}
