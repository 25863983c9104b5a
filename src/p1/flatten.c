/*
 * p1/flatten.c - see flatten.h.
 */
#include "p1/flatten.h"

#include "base/stream.h"

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
