/* codec.c - see codec.h.  Base64 works on blocks of 48 KiB, so that memory stays small and the stream sees large pieces. */
#include "mime/codec.h"

#include <string.h>

#include "base/str.h"

#define SKIP 64  /* no character of the alphabet */
#define PAD 65   /* '=' */
#define BLOCK 49152

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t value_of[256];

static void make_table(void)
{
	if (value_of[0] == SKIP)
		return;
	memset(value_of, SKIP, sizeof value_of);
	for (uint8_t i = 0; i < 64; i++)
		value_of[(uint8_t)alphabet[i]] = i;
	value_of['='] = PAD;
}

struct base64 {
	uint32_t bits;
	unsigned n; /* characters in bits, 0..3 */
	bool bad;
};

/* The octets of an unfinished group: two characters hold one, three hold two. */
static uint8_t *finish_group(struct base64 *s, uint8_t *to)
{
	if (s->n == 2)
		*to++ = (uint8_t)(s->bits >> 4);
	if (s->n == 3) {
		*to++ = (uint8_t)(s->bits >> 10);
		*to++ = (uint8_t)(s->bits >> 2);
	}
	s->n = 0;
	s->bits = 0;
	return to;
}

static uint8_t *decode_block(struct base64 *s, const uint8_t *p, size_t n, uint8_t *to)
{
	const uint8_t *end = p + n;

	while (p < end) {
		while (s->n == 0 && end - p >= 4) { /* the common case: four characters, three octets */
			uint32_t a = value_of[p[0]], b = value_of[p[1]], c = value_of[p[2]], d = value_of[p[3]];
			if ((a | b | c | d) & SKIP)
				break;
			a = a << 18 | b << 12 | c << 6 | d;
			to[0] = (uint8_t)(a >> 16);
			to[1] = (uint8_t)(a >> 8);
			to[2] = (uint8_t)a;
			to += 3;
			p += 4;
		}
		if (p == end)
			break;
		uint8_t v = value_of[*p++];
		if (v < SKIP) {
			s->bits = s->bits << 6 | v;
			if (++s->n == 4) {
				*to++ = (uint8_t)(s->bits >> 16);
				*to++ = (uint8_t)(s->bits >> 8);
				*to++ = (uint8_t)s->bits;
				s->n = 0;
				s->bits = 0;
			}
		} else if (v == PAD) {
			to = finish_group(s, to);
		} else if (p[-1] != '\r' && p[-1] != '\n' && p[-1] != ' ' && p[-1] != '\t') {
			s->bad = true;
		}
	}
	return to;
}

void mime_base64_decode(struct octets in, struct stream *out)
{
	uint8_t block[BLOCK / 4 * 3 + 8];
	struct base64 s = {0};
	size_t mark = 0;

	make_table();
	for (size_t at = 0; at < in.len;) {
		size_t n = in.len - at < BLOCK ? in.len - at : BLOCK;
		uint8_t *to = decode_block(&s, in.p + at, n, block);
		stream_put(out, block, (size_t)(to - block));
		at += n;
		blob_passed(in, &mark, at);
	}
	stream_put(out, block, (size_t)(finish_group(&s, block) - block));
}

size_t mime_base64_decode_to(struct octets in, uint8_t *p, bool *bad)
{
	struct base64 s = {0};
	uint8_t *to;

	make_table();
	to = decode_block(&s, in.p, in.len, p);
	*bad = s.bad || s.n == 1;
	return (size_t)(finish_group(&s, to) - p);
}

/* n octets (a multiple of 3 unless the last) to characters. */
static uint8_t *encode_run(const uint8_t *p, size_t n, uint8_t *to)
{
	for (; n >= 3; p += 3, n -= 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		to[0] = (uint8_t)alphabet[v >> 18];
		to[1] = (uint8_t)alphabet[v >> 12 & 63];
		to[2] = (uint8_t)alphabet[v >> 6 & 63];
		to[3] = (uint8_t)alphabet[v & 63];
		to += 4;
	}
	if (n > 0) {
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);
		*to++ = (uint8_t)alphabet[v >> 18];
		*to++ = (uint8_t)alphabet[v >> 12 & 63];
		*to++ = n > 1 ? (uint8_t)alphabet[v >> 6 & 63] : '=';
		*to++ = '=';
	}
	return to;
}

void mime_base64_encode(struct octets in, struct stream *out)
{
	uint8_t block[640 * 78];
	size_t mark = 0;

	for (size_t at = 0; at < in.len;) {
		uint8_t *to = block;
		for (int line = 0; line < 640 && at < in.len; line++) {
			size_t n = in.len - at < 57 ? in.len - at : 57;
			to = encode_run(in.p + at, n, to);
			*to++ = '\r';
			*to++ = '\n';
			at += n;
		}
		stream_put(out, block, (size_t)(to - block));
		blob_passed(in, &mark, at);
	}
}

void mime_base64_put(struct buf *b, struct octets in)
{
	uint8_t *to = buf_reserve(b, in.len / 3 * 4 + 4);

	if (to != NULL)
		b->len += (size_t)(encode_run(in.p, in.len, to) - to);
}

/* ---- quoted-printable ---- */

/* One line without its end: true when it ends in a soft line break. */
static bool decode_line(const uint8_t *p, size_t n, struct stream *out)
{
	const uint8_t *end;
	bool soft;

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t')) /* added on the way, RFC 2045 6.7 (3) */
		n--;
	soft = n > 0 && p[n - 1] == '=';
	end = p + n - (soft ? 1 : 0);
	while (p < end) {
		const uint8_t *eq = memchr(p, '=', (size_t)(end - p));
		uint8_t c;
		if (eq == NULL)
			eq = end;
		stream_put(out, p, (size_t)(eq - p));
		if (eq == end)
			break;
		if (end - eq > 2 && str_hex_digit((char)eq[1]) >= 0 && str_hex_digit((char)eq[2]) >= 0) {
			c = (uint8_t)(str_hex_digit((char)eq[1]) << 4 | str_hex_digit((char)eq[2]));
			p = eq + 3;
		} else { /* no encoding: what stands there is meant */
			c = '=';
			p = eq + 1;
		}
		stream_put(out, &c, 1);
	}
	return soft;
}

void mime_qp_decode(struct octets in, struct stream *out)
{
	const uint8_t *p = in.p, *end = in.p + in.len;
	size_t mark = 0;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p)), *stop = eol == NULL ? end : eol;
		bool cr = eol != NULL && stop > p && stop[-1] == '\r';
		bool soft = decode_line(p, (size_t)(stop - p) - cr, out);

		blob_passed(in, &mark, (size_t)(p - in.p));
		if (eol == NULL)
			break;
		if (!soft)
			stream_put(out, cr ? "\r\n" : "\n", cr ? 2 : 1);
		p = eol + 1;
	}
}

struct qp {
	struct stream *out;
	size_t column;
	uint8_t line[80];
};

static void qp_flush(struct qp *q, const char *end)
{
	stream_put(q->out, q->line, q->column);
	stream_puts(q->out, end);
	q->column = 0;
}

static void qp_put(struct qp *q, uint8_t c, bool encode)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t need = encode ? 3 : 1;

	if (q->column + need > 75)
		qp_flush(q, "=\r\n");
	if (encode) {
		q->line[q->column++] = '=';
		q->line[q->column++] = (uint8_t)digits[c >> 4];
		q->line[q->column++] = (uint8_t)digits[c & 15];
	} else {
		q->line[q->column++] = c;
	}
}

static bool is_line_end(const struct octets *in, size_t i)
{
	return in->p[i] == '\n' || (in->p[i] == '\r' && i + 1 < in->len && in->p[i + 1] == '\n');
}

bool mime_qp_encode(struct octets in, bool text, struct stream *out)
{
	struct qp q = {.out = out};
	size_t mark = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c == '\n')
			blob_passed(in, &mark, i);
		bool last = i + 1 == in.len || (text && is_line_end(&in, i + 1));
		if (text && is_line_end(&in, i)) {
			qp_flush(&q, "\r\n");
			i += c == '\r';
			continue;
		}
		/* a blank at the end of a line would be lost; "From " and a lone dot do not survive every relay */
		qp_put(&q, c, c < 32 ? c != '\t' || last : c > 126 || c == '=' || (c == ' ' && last) ||
		          (q.column == 0 && (c == '.' || (c == 'F' && in.len - i > 4 && memcmp(in.p + i, "From ", 5) == 0))));
	}
	if (q.column == 0)
		return true;
	qp_flush(&q, "");
	return false;
}
