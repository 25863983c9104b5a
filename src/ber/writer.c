/*
 * ber/writer.c - see writer.h.
 */
#include "ber/writer.h"

#include <string.h>

struct octets ber_writer_octets(const struct ber_writer *w)
{
	return (struct octets){w->p != NULL ? w->p + (w->capacity - w->len) : (const uint8_t *)"", w->len};
}

/* Room for n octets before the others. */
static uint8_t *reserve(struct ber_writer *w, size_t n)
{
	if (w->capacity - w->len < n) {
		size_t capacity = MAX_OF(w->capacity * 2, 256);
		uint8_t *p;

		while (capacity - w->len < n)
			capacity *= 2;
		p = arena_alloc(w->arena, capacity);
		if (w->len > 0)
			memcpy(p + (capacity - w->len), w->p + (w->capacity - w->len), w->len);
		w->p = p;
		w->capacity = capacity;
	}
	w->len += n;
	return w->p + (w->capacity - w->len);
}

static unsigned length_octets(uint64_t length)
{
	unsigned n = 0;

	if (length >= 0x80) {
		for (; length != 0; length >>= 8)
			n++;
	}
	return n;
}

static unsigned number_octets(uint32_t number)
{
	unsigned n = 1;

	while (number >>= 7)
		n++;
	return n;
}

size_t ber_head_size(uint32_t tag, uint64_t length)
{
	uint32_t number = BER_NUMBER_OF(tag);

	return (number < 0x1F ? 1 : 1 + number_octets(number)) + 1 + length_octets(length);
}

size_t ber_head_write(uint8_t out[static BER_HEAD_MAX], uint32_t tag, bool constructed, uint64_t length)
{
	uint32_t number = BER_NUMBER_OF(tag);
	uint8_t first = (uint8_t)(BER_CLASS_OF(tag) << 6 | (constructed ? 0x20 : 0));
	unsigned k, n = 0;

	if (number < 0x1F) {
		out[n++] = (uint8_t)(first | number);
	} else {
		out[n++] = first | 0x1F;
		for (k = number_octets(number); k > 0; k--)
			out[n++] = (uint8_t)((number >> (7 * (k - 1)) & 0x7F) | (k > 1 ? 0x80 : 0));
	}
	k = length_octets(length);
	out[n++] = (uint8_t)(k > 0 ? 0x80 | k : length);
	for (; k > 0; k--)
		out[n++] = (uint8_t)(length >> (8 * (k - 1)));
	return n;
}

void ber_put_head(struct ber_writer *w, uint32_t tag, bool constructed, size_t mark)
{
	uint8_t head[BER_HEAD_MAX];
	size_t n = ber_head_write(head, tag, constructed, w->len - mark);

	memcpy(reserve(w, n), head, n);
}

void ber_close(struct ber_writer *w, uint32_t tag, size_t mark)
{
	ber_put_head(w, tag, true, mark);
}

void ber_put_raw(struct ber_writer *w, struct octets in)
{
	if (in.len > 0)
		memcpy(reserve(w, in.len), in.p, in.len);
}

void ber_put_octets(struct ber_writer *w, uint32_t tag, const void *p, size_t n)
{
	size_t mark = ber_mark(w);

	ber_put_raw(w, (struct octets){p, n});
	ber_put_head(w, tag, false, mark);
}

void ber_put_text(struct ber_writer *w, uint32_t tag, const char *s)
{
	ber_put_octets(w, tag, s, strlen(s));
}

void ber_put_integer_octets(struct ber_writer *w, int64_t value)
{
	uint8_t v[8];
	uint64_t u;
	size_t i, skip = 0;

	memcpy(&u, &value, sizeof(u));
	for (i = 0; i < 8; i++)
		v[i] = (uint8_t)(u >> (56 - 8 * i));
	/* the nine first bits must not be all equal (X.690 8.3.2) */
	while (skip < 7 && ((v[skip] == 0 && v[skip + 1] < 0x80) || (v[skip] == 0xFF && v[skip + 1] >= 0x80)))
		skip++;
	ber_put_raw(w, (struct octets){v + skip, 8 - skip});
}

void ber_put_integer(struct ber_writer *w, uint32_t tag, int64_t value)
{
	size_t mark = ber_mark(w);

	ber_put_integer_octets(w, value);
	ber_put_head(w, tag, false, mark);
}

void ber_put_boolean(struct ber_writer *w, uint32_t tag, bool value)
{
	uint8_t v = value ? 0xFF : 0;

	ber_put_octets(w, tag, &v, 1);
}

void ber_put_null(struct ber_writer *w, uint32_t tag)
{
	ber_put_octets(w, tag, "", 0);
}

void ber_put_bits(struct ber_writer *w, uint32_t tag, uint32_t value, unsigned count)
{
	uint8_t v[5] = {0};
	unsigned i;

	count = MIN_OF(count, 32u);
	v[0] = (uint8_t)((8 - count % 8) % 8);
	for (i = 0; i < count; i++) {
		if ((value >> i & 1) != 0)
			v[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	ber_put_octets(w, tag, v, 1 + (count + 7) / 8);
}
