/*
 * p1/flatten.c - see flatten.h.
 */
#include "p1/flatten.h"

#include "base/stream.h"
#include "ber/codec.h"
#include "ber/writer.h"

#define IN_MEMORY ((size_t)1 << 20)

static int copy_segments(const struct ber_tlv *t, struct stream *out, struct err *e)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv s;

	while (!ber_cursor_end(&c)) {
		TRY(ber_cursor_next(&c, &s, e));
		/* the gate has made constructed universal strings primitive already */
		if (s.constructed || BER_CLASS_OF(s.tag) != BER_UNIVERSAL)
			return ERR(e, ERR_BER_TYPE, "a string with a segment that is none");
		stream_put(out, s.value.p, s.value.len);
	}
	return stream_finish(out, e);
}

int p1_flatten(struct arena *a, const struct ber_tlv *t, struct blob *out, struct err *e)
{
	struct stream *s;
	struct octets o;
	struct buf *b;
	int fd;

	if (!t->constructed) {
		*out = blob_mem(t->value.p, t->value.len);
		return 0;
	}
	if (t->value.len <= IN_MEMORY) {
		b = buf_in(a, IN_MEMORY);
		TRY(copy_segments(t, stream_to_buf(a, b), e));
		o = buf_octets(b);
		*out = blob_mem(o.p != NULL ? o.p : (const uint8_t *)"", o.len);
		return 0;
	}
	TRY(blob_tempfile(a, NULL, &fd, e));
	s = stream_to_fd(a, fd, 0);
	TRY(copy_segments(t, s, e));
	*out = blob_file(fd, 0, s->written);
	TRY(blob_map(a, out, &o, e));
	*out = blob_mem(o.p, o.len);
	return 0;
}

int p1_split_set(struct arena *a, struct octets in, const uint32_t *tags, size_t n, struct ber_tlv *taken, struct octets *small,
                 struct err *e)
{
	struct buf *b = buf_in(a, BER_TYPED_MAX);
	struct ber_writer w = ber_writer_in(a);
	struct ber_tlv set, t;
	struct ber_cursor c;
	size_t i;

	for (i = 0; i < n; i++)
		taken[i] = (struct ber_tlv){0};
	TRY(ber_tlv_read(in, &set, e));
	if (!set.constructed)
		return ERR(e, ERR_BER_TYPE, "a SET without members");
	for (c = ber_cursor_over(set.value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &t, e));
		for (i = 0; i < n && t.tag != tags[i]; i++)
			;
		if (i == n)
			buf_put(b, t.whole.p, t.whole.len);
		else if (taken[i].whole.p != NULL)
			return ERR(e, ERR_BER_TYPE, "member %u stands twice", BER_NUMBER_OF(t.tag));
		else
			taken[i] = t;
	}
	if (!buf_ok(b))
		return ERR(e, ERR_BER_SIZE, "a SET of %zu octets", in.len);
	ber_put_raw(&w, buf_octets(b));
	ber_close(&w, BER_U(BER_SET), 0);
	*small = ber_writer_octets(&w);
	return 0;
}
