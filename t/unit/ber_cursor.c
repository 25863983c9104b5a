/*
 * ber_cursor.c - cursor and writer: what one writes the other reads, and what neither may take.
 */
#include <inttypes.h>
#include <string.h>

#include "ber/cursor.h"
#include "ber/writer.h"
#include "t/lib/tap.h"

static void integers(struct arena *a)
{
	static const struct {
		int64_t value;
		const char *octets;
		size_t n;
	} rows[] = {
		{0, "\x02\x01\x00", 3},
		{127, "\x02\x01\x7f", 3},
		{128, "\x02\x02\x00\x80", 4},
		{-1, "\x02\x01\xff", 3},
		{-128, "\x02\x01\x80", 3},
		{-129, "\x02\x02\xff\x7f", 4},
		{65536, "\x02\x03\x01\x00\x00", 5},
		{INT64_MAX, "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10},
		{INT64_MIN, "\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00", 10},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct ber_writer w = ber_writer_in(a);
		struct ber_tlv t;
		int64_t v = 0;
		ber_put_integer(&w, BER_U(BER_INTEGER), rows[i].value);
		is_octets(ber_writer_octets(&w).p, w.len, rows[i].octets, rows[i].n, "INTEGER %" PRId64, rows[i].value);
		ok(ber_tlv_read(ber_writer_octets(&w), &t, NULL) == 0 && ber_tlv_integer(&t, &v, NULL) == 0 && v == rows[i].value,
		   "and back");
	}
}

static void structure(struct arena *a)
{
	struct ber_writer w = ber_writer_in(a);
	size_t outer = ber_mark(&w), inner;
	struct ber_cursor c;
	struct ber_tlv t, u;
	struct err e = {0};
	uint32_t bits;
	unsigned count;
	bool found, b;
	char big[300];

	memset(big, 'x', sizeof(big));
	ber_put_octets(&w, BER_C(40), big, sizeof(big));
	inner = ber_mark(&w);
	ber_put_boolean(&w, BER_U(BER_BOOLEAN), true);
	ber_put_bits(&w, BER_C(1), 1u << 0 | 1u << 9, 10);
	ber_close(&w, BER_A(3), inner);
	ber_put_text(&w, BER_U(BER_IA5_STRING), "hello");
	ber_close(&w, BER_U(BER_SEQUENCE), outer);

	ok(ber_tlv_read(ber_writer_octets(&w), &t, &e) == 0 && t.tag == BER_U(BER_SEQUENCE) && t.constructed, "a SEQUENCE");
	c = ber_cursor_over(t.value);
	ok(ber_cursor_expect(&c, BER_U(BER_IA5_STRING), &u, &e) == 0, "first written last");
	is_octets(u.value.p, u.value.len, "hello", 5, "text");
	ok(ber_cursor_optional(&c, BER_C(7), &u, &found, &e) == 0 && !found, "an optional value that is not there");
	ok(ber_cursor_optional(&c, BER_A(3), &t, &found, &e) == 0 && found, "an optional value that is");
	ok(ber_cursor_expect(&c, BER_C(41), &u, &e) != 0 && e.id == ERR_BER_TYPE, "another tag than the expected one");
	ok(ber_cursor_end(&c), "the end");
	ok(ber_cursor_next(&c, &u, &e) != 0 && e.id == ERR_BER_SYNTAX, "nothing behind the end");
	c = ber_cursor_over(t.value);
	ok(ber_cursor_next(&c, &u, &e) == 0 && ber_tlv_bits(&u, &bits, &count, &e) == 0 && bits == (1u << 0 | 1u << 9) && count == 10,
	   "ten bits, first and last set");
	ok(ber_cursor_next(&c, &u, &e) == 0 && ber_tlv_boolean(&u, &b, &e) == 0 && b, "TRUE");
}

static void refused(void)
{
	static const struct {
		const char *what;
		const char *octets;
		size_t n;
	} bad[] = {
		{"indefinite", "\x30\x80\x00\x00", 4},
		{"too long", "\x04\x05x", 3},
		{"cut", "\x04", 1},
	};
	struct ber_tlv t;
	int64_t v;
	uint32_t bits;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		ok(ber_tlv_read((struct octets){(const uint8_t *)bad[i].octets, bad[i].n}, &t, NULL) != 0, "%s", bad[i].what);
	t = (struct ber_tlv){.value = {(const uint8_t *)"\x01\0\0\0\0\0\0\0\0", 9}};
	ok(ber_tlv_integer(&t, &v, NULL) != 0, "INTEGER of 9 octets");
	t.value.len = 0;
	ok(ber_tlv_integer(&t, &v, NULL) != 0, "INTEGER of none");
	ok(ber_bits((struct octets){(const uint8_t *)"\x08\xff", 2}, &bits, NULL, NULL) != 0, "8 unused bits");
	ok(ber_bits((struct octets){(const uint8_t *)"\x01", 1}, &bits, NULL, NULL) != 0, "unused bits of nothing");
	ok(ber_bits((struct octets){(const uint8_t *)"\x00\x80\0\0\0\xff", 6}, &bits, NULL, NULL) == 0 && bits == 1, "bits over 31");
}

int main(void)
{
	struct arena *a = arena_new(0);

	integers(a);
	structure(a);
	refused();
	arena_free(a);
	return tap_done();
}
