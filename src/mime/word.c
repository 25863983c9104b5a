/*
 * word.c - encoded-words (RFC 2047), read and written.
 *
 * Octets of adjoining words of one charset are joined before they are converted, because senders cut characters in two;
 * padding inside does not end the text (a defect of GMime 3.2.13).  What cannot be decoded stays as it is.
 */
#include <string.h>

#include "base/charset.h"
#include "base/str.h"
#include "mime/codec.h"
#include "mime/field.h"
#include "mime/mime.h"

#define CHARSET_MAX 40
#define TEXT_MAX 63 /* of 75 less "=?UTF-8?Q?" and "?=" */

struct word {
	struct octets charset, text;
	char encoding; /* 'b' or 'q' */
	const char *end;
};

struct reader {
	struct arena *a;
	struct buf *out;
	struct buf *octets; /* of adjoining words, not yet converted */
	char charset[CHARSET_MAX + 1];
	const char *from; /* the source of octets */
};

/* "=?charset*language?B?text?=" at p. */
static bool find_word(const char *p, struct word *w)
{
	const char *q = p + 2;

	if (p[0] != '=' || p[1] != '?')
		return false;
	while (*q > 32 && *q != '?' && q - p <= CHARSET_MAX + 20)
		q++;
	if (*q != '?' || q == p + 2)
		return false;
	w->charset = (struct octets){(const uint8_t *)p + 2, (size_t)(q - p) - 2};
	w->encoding = str_lower(q[1]);
	if ((w->encoding != 'b' && w->encoding != 'q') || q[2] != '?')
		return false;
	p = q + 3;
	for (q = p; (unsigned char)*q > 32 && *q != '?'; q++)
		;
	if (q[0] != '?' || q[1] != '=')
		return false;
	w->text = (struct octets){(const uint8_t *)p, (size_t)(q - p)};
	w->end = q + 2;
	return true;
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode_q(struct octets in, struct buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '=') {
			if (i + 2 >= in.len || hex(in.p[i + 1]) < 0 || hex(in.p[i + 2]) < 0)
				return false;
			buf_putc(out, (uint8_t)(hex(in.p[i + 1]) << 4 | hex(in.p[i + 2])));
			i += 2;
		} else {
			buf_putc(out, in.p[i] == '_' ? ' ' : in.p[i]);
		}
	}
	return true;
}

static bool decode_text(const struct word *w, struct buf *out)
{
	uint8_t *to;
	bool bad;

	if (w->encoding == 'q')
		return decode_q(w->text, out);
	to = buf_reserve(out, w->text.len / 4 * 3 + 3);
	if (to == NULL)
		return false;
	out->len += mime_base64_decode_to(w->text, to, &bad);
	return !bad;
}

/* Text is one line: line ends that were hidden in an encoded-word are blanks (they must never become a field). */
static void put_text(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		buf_putc(out, *s == '\r' || *s == '\n' ? ' ' : (unsigned char)*s);
}

/* Converts the octets collected, which came from ->from up to end. */
static void flush_words(struct reader *r, const char *end)
{
	size_t lost;
	char *text;

	if (r->from == NULL)
		return;
	if (charset_to_utf8(r->a, r->charset, buf_octets(r->octets), &text, &lost, NULL) == 0)
		put_text(r->out, text);
	else
		buf_put(r->out, r->from, (size_t)(end - r->from));
	buf_reset(r->octets);
	r->from = NULL;
}

/* Takes a word; false when it cannot be decoded. */
static bool take_word(struct reader *r, const char *p, const struct word *w, const char *last_end)
{
	const uint8_t *star = memchr(w->charset.p, '*', w->charset.len); /* RFC 2231 5: a language */
	size_t n = star == NULL ? w->charset.len : (size_t)(star - w->charset.p), before;
	bool same = r->from != NULL && strlen(r->charset) == n && str_ieqn(r->charset, (const char *)w->charset.p, n);

	if (n == 0 || n > CHARSET_MAX)
		return false;
	if (!same) {
		flush_words(r, last_end);
		memcpy(r->charset, w->charset.p, n);
		r->charset[n] = '\0';
		if (!charset_known(r->charset))
			return false;
	}
	before = r->octets->len;
	if (!decode_text(w, r->octets)) {
		r->octets->len = before;
		return false;
	}
	if (r->from == NULL)
		r->from = p;
	return true;
}

char *mime_decode_words(struct arena *a, const char *value)
{
	size_t n = strlen(value);
	struct reader r = {.a = a, .out = buf_in(a, 8 * n + 64), .octets = buf_in(a, n + 64)};
	const char *p = value, *plain = value, *last_end = NULL; /* plain: text not written yet */
	char *text;

	while ((p = memchr(p, '=', (size_t)(value + n - p))) != NULL) {
		struct word w;
		bool adjoining = last_end != NULL;
		if (!find_word(p, &w)) {
			p++;
			continue;
		}
		for (const char *c = plain; c < p && adjoining; c++)
			adjoining = mime_is_blank(*c);
		if (!adjoining) {
			flush_words(&r, last_end);
			buf_puts(r.out, mime_text_to_utf8(a, (struct octets){(const uint8_t *)plain, (size_t)(p - plain)}));
			plain = p;
		}
		if (take_word(&r, p, &w, last_end)) {
			last_end = plain = w.end;
		} else {
			flush_words(&r, last_end);
			last_end = NULL; /* plain stays: the blanks before it and the word itself are text */
		}
		p = w.end;
	}
	flush_words(&r, last_end);
	text = mime_text_to_utf8(a, (struct octets){(const uint8_t *)plain, strlen(plain)});
	buf_puts(r.out, text);
	return arena_strdup(a, buf_str(r.out));
}

/* ---- writing ---- */

static size_t char_len(const char *p)
{
	size_t n = 1;

	while (((unsigned char)p[n] & 0xC0) == 0x80 && n < 4)
		n++;
	return n;
}

/* RFC 2047 5 (3), the narrowest set: letters, digits and ! * + - /. */
static bool is_q_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c) || (c != '\0' && strchr("!*+-/", c) != NULL);
}

static size_t q_len(const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += is_q_plain(p[i]) || p[i] == ' ' ? 1 : 3;
	return len;
}

static void put_q(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ')
			buf_putc(b, '_');
		else if (is_q_plain(p[i]))
			buf_putc(b, (unsigned char)p[i]);
		else
			buf_printf(b, "=%02X", (unsigned char)p[i]);
	}
}

/* One text as encoded-words, cut between characters, each word at most 75 long. */
static void put_encoded(struct buf *b, const char *p, size_t n)
{
	bool q = q_len(p, n) <= (n + 2) / 3 * 4;
	bool first = true;

	while (n > 0) {
		size_t take = 0;
		while (take < n) {
			size_t next = take + char_len(p + take);
			if (next > n)
				next = n;
			if (take > 0 && (q ? q_len(p, next) : (next + 2) / 3 * 4) > TEXT_MAX)
				break;
			take = next;
		}
		buf_puts(b, first ? "" : " ");
		buf_puts(b, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
		if (q)
			put_q(b, p, take);
		else
			mime_base64_put(b, (struct octets){(const uint8_t *)p, take});
		buf_puts(b, "?=");
		p += take;
		n -= take;
		first = false;
	}
}

/* A run without blanks that cannot stand as it is. */
static bool needs_encoding(const char *p, size_t n)
{
	if (n > 200) /* could not be folded */
		return true;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 32 || (unsigned char)p[i] > 126 || (p[i] == '=' && i + 1 < n && p[i + 1] == '?'))
			return true;
	return false;
}

static size_t run_len(const char *p) { return strcspn(p, " "); }

char *mime_encode_words(struct arena *a, const char *utf8)
{
	const char *p = mime_text_to_utf8(a, (struct octets){(const uint8_t *)utf8, strlen(utf8)});
	struct buf *b = buf_in(a, 16 * strlen(p) + 128);

	while (*p != '\0') {
		size_t n = run_len(p), end = n;
		if (*p == ' ' || !needs_encoding(p, n)) {
			buf_put(b, p, *p == ' ' ? 1 : n);
			p += *p == ' ' ? 1 : n;
			continue;
		}
		/* adjoining runs that need it go together with the blanks between them, which are lost otherwise */
		for (;;) {
			size_t blanks = strspn(p + end, " "), next = run_len(p + end + blanks);
			if (next == 0 || !needs_encoding(p + end + blanks, next))
				break;
			end += blanks + next;
		}
		put_encoded(b, p, end);
		p += end;
	}
	return arena_strdup(a, buf_str(b));
}

char *mime_encode_phrase(struct arena *a, const char *utf8)
{
	const char *s = mime_text_to_utf8(a, (struct octets){(const uint8_t *)utf8, strlen(utf8)});
	struct buf *b = buf_in(a, 16 * strlen(s) + 128);
	bool atoms = *s != '\0' && *s != ' ', ascii = strstr(s, "=?") == NULL;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == ' ' ? p[1] == ' ' || p[1] == '\0' : !mime_is_atext(*p))
			atoms = false;
		if ((unsigned char)*p < 32 || (unsigned char)*p > 126)
			ascii = false;
	}
	if (!ascii || strlen(s) > 200) {
		put_encoded(b, s, strlen(s));
	} else if (atoms) {
		buf_puts(b, s);
	} else {
		buf_putc(b, '"');
		for (const char *p = s; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_putc(b, '\\');
			buf_putc(b, (unsigned char)*p);
		}
		buf_putc(b, '"');
	}
	return arena_strdup(a, buf_str(b));
}
