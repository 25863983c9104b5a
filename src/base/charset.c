/*
 * charset.c - see charset.h.  iconv for everything that has a MIME name; T.61 by our own table, because glibc's
 * T.61-8BIT knows no escapes and refuses what peers really send (backslash, braces, Latin-1).
 */
#include "base/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define NAME_MAX_LEN 40
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Names that mail uses and iconv does not know, or knows as something smaller than what is sent under them. */
static const struct {
	const char *mime, *iconv;
} aliases[] = {
	{"utf8", "UTF-8"},
	{"ascii", "US-ASCII"},
	{"iso-8859-8-i", "ISO-8859-8"},
	{"iso-8859-8-e", "ISO-8859-8"},
	{"iso-8859-6-i", "ISO-8859-6"},
	{"iso-8859-6-e", "ISO-8859-6"},
	{"gb2312", "GBK"},
	{"ks_c_5601-1987", "CP949"},
	{"x-sjis", "SHIFT_JIS"},
	{"x-gbk", "GBK"},
	{"x-user-defined", "ISO-8859-1"},
	{"utf-16", "UTF-16BE"}, /* RFC 2781 4.3: without a mark big-endian; a mark is seen to before iconv */
};

static bool is_t61_name(const char *name)
{
	return str_ieq(name, "teletex") || str_ieq(name, "t.61") || str_ieq(name, "t61") || str_ieq(name, "t.61-8bit");
}

/* The name for iconv, or NULL.  "//TRANSLIT" and the like never come from a message (they depend on the locale). */
static const char *iconv_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_LEN)
		return NULL;
	for (const char *p = name; *p != '\0'; p++)
		if (!(str_lower(*p) >= 'a' && str_lower(*p) <= 'z') && !str_is_digit(*p) && strchr("-_.:+()", *p) == NULL)
			return NULL;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (str_ieq(name, aliases[i].mime))
			return aliases[i].iconv;
	return name;
}

static iconv_t open_pair(const char *to, const char *from)
{
	return to == NULL || from == NULL ? (iconv_t)-1 : iconv_open(to, from);
}

bool charset_known(const char *charset)
{
	iconv_t cd;

	if (is_t61_name(charset))
		return true;
	cd = open_pair("UTF-8", iconv_name(charset));
	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

/* Runs cd over in; what it refuses is written as replacement, step octets (a character of UTF-8, else one octet) at a
 * time.  The shift state is closed at the end. */
static void convert(iconv_t cd, struct octets in, bool from_utf8, const char *replacement, struct buf *out, size_t *lost)
{
	char block[4096];
	char *p = (char *)(uintptr_t)in.p; /* iconv's parameter lacks const */
	size_t left = in.len;
	bool flushing = false;

	for (;;) {
		char *to = block;
		size_t room = sizeof block;
		size_t r = flushing ? iconv(cd, NULL, NULL, &to, &room) : iconv(cd, &p, &left, &to, &room);
		buf_put(out, block, sizeof block - room);
		if (r != (size_t)-1) {
			if (flushing)
				return;
			flushing = true; /* everything read */
		} else if (errno == E2BIG) {
			continue;
		} else if (left == 0) {
			return;
		} else {
			size_t step = 1;
			while (from_utf8 && step < left && ((uint8_t)p[step] & 0xC0) == 0x80)
				step++;
			p += step;
			left -= step;
			*lost += 1;
			to = block;
			room = sizeof block;
			iconv(cd, NULL, NULL, &to, &room); /* back to the initial shift state before the replacement */
			buf_put(out, block, sizeof block - room);
			buf_puts(out, replacement);
		}
	}
}

/* A C string ends at NUL, so U+0000 is shown as what it is: a character without meaning here. */
static void copy_without_nul(struct buf *out, const uint8_t *p, size_t n, size_t *lost)
{
	while (n > 0) {
		const uint8_t *nul = memchr(p, 0, n);
		size_t run = nul == NULL ? n : (size_t)(nul - p);
		buf_put(out, p, run);
		if (nul == NULL)
			return;
		buf_puts(out, REPLACEMENT);
		*lost += 1;
		p += run + 1;
		n -= run + 1;
	}
}

static const char *byte_order_mark(const char *name, struct octets *in)
{
	if (name == NULL || !str_ieq(name, "UTF-16BE") || in->len < 2)
		return name;
	if (in->p[0] == 0xFF && in->p[1] == 0xFE) {
		*in = (struct octets){in->p + 2, in->len - 2};
		return "UTF-16LE";
	}
	if (in->p[0] == 0xFE && in->p[1] == 0xFF)
		*in = (struct octets){in->p + 2, in->len - 2};
	return name;
}

int charset_to_utf8(struct arena *a, const char *charset, struct octets in, char **out, size_t *lost, struct err *e)
{
	struct buf *b = buf_in(a, 6 * in.len + 64);
	const char *name;
	iconv_t cd;

	*lost = 0;
	if (is_t61_name(charset)) {
		*out = charset_t61_to_utf8(a, in);
		return 0;
	}
	if (str_ieq(charset, "utf-8") && str_is_utf8(in.p, in.len)) {
		copy_without_nul(b, in.p, in.len, lost);
		*out = arena_strdup(a, buf_str(b));
		return 0;
	}
	name = byte_order_mark(iconv_name(charset), &in);
	cd = open_pair("UTF-8", name);
	if (cd == (iconv_t)-1)
		return ERR(e, ERR_CHARSET, "unknown character set %s", charset);
	convert(cd, in, false, REPLACEMENT, b, lost);
	iconv_close(cd);
	if (memchr(b->p == NULL ? (const uint8_t *)"" : b->p, 0, b->len) != NULL) {
		struct buf *clean = buf_in(a, 3 * b->len + 64);
		copy_without_nul(clean, b->p, b->len, lost);
		b = clean;
	}
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

int charset_from_utf8(struct arena *a, const char *charset, const char *in, struct octets *out, size_t *lost, struct err *e)
{
	size_t n = strlen(in);
	struct buf *b = buf_in(a, 8 * n + 64);
	iconv_t cd;

	*lost = 0;
	if (is_t61_name(charset)) {
		*out = charset_utf8_to_t61(a, in, lost);
		return 0;
	}
	cd = open_pair(iconv_name(charset), "UTF-8");
	if (cd == (iconv_t)-1)
		return ERR(e, ERR_CHARSET, "unknown character set %s", charset);
	convert(cd, (struct octets){(const uint8_t *)in, n}, true, "?", b, lost);
	iconv_close(cd);
	*out = buf_octets(b);
	return 0;
}

/* ---- T.61 (X.208 table 3, CCITT T.61; digest G-011) ---- */

/* A diacritic (T.61 3.3.3) comes before its letter: pairs of letter and result. */
static const struct mark {
	uint8_t code;
	uint16_t combining;
	const char *pairs; /* letter, composite, letter, composite ... */
} marks[] = {
	{0xC1, 0x0300, "AÀEÈIÌOÒUÙaàeèiìoòuù"},
	{0xC2, 0x0301, " ´AÁCĆEÉIÍLĹNŃOÓRŔSŚUÚYÝZŹaácćeéiílĺnńoórŕsśuúyýzź"},
	{0xC3, 0x0302, "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷ"},
	{0xC4, 0x0303, "AÃIĨNÑOÕUŨaãiĩnñoõuũ"},
	{0xC5, 0x0304, " ¯AĀEĒIĪOŌUŪaāeēiīoōuū"},
	{0xC6, 0x0306, " ˘AĂGĞUŬaăgğuŭ"},
	{0xC7, 0x0307, " ˙CĊEĖGĠIİZŻcċeėgġzż"},
	{0xC8, 0x0308, " ¨AÄEËIÏOÖUÜYŸaäeëiïoöuüyÿ"},
	{0xCA, 0x030A, " ˚AÅUŮaåuů"},
	{0xCB, 0x0327, " ¸CÇGĢKĶLĻNŅRŖSŞTŢcçgģkķlļnņrŗsştţ"},
	{0xCD, 0x030B, " ˝OŐUŰoőuű"},
	{0xCE, 0x0328, " ˛AĄEĘIĮUŲaąeęiįuų"},
	{0xCF, 0x030C, " ˇCČDĎEĚLĽNŇRŘSŠTŤZŽcčdďeělľnňrřsštťzž"},
};

/* Right half from A0; 0: nothing there.  Where T.61 has no character the one of ISO 6937, its successor, stands. */
static const uint16_t right_half[96] = {
	0x00A0, 0x00A1, 0x00A2, 0x00A3, 0x0024, 0x00A5, 0x0023, 0x00A7, /* A0 */
	0x00A4, 0x2018, 0x201C, 0x00AB, 0x2190, 0x2191, 0x2192, 0x2193, /* A8 */
	0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00D7, 0x00B5, 0x00B6, 0x00B7, /* B0 */
	0x00F7, 0x2019, 0x201D, 0x00BB, 0x00BC, 0x00BD, 0x00BE, 0x00BF, /* B8 */
	0,      0,      0,      0,      0,      0,      0,      0,      /* C0: diacritics */
	0,      0,      0,      0,      0,      0,      0,      0,      /* C8 */
	0x2014, 0x00B9, 0x00AE, 0x00A9, 0x2122, 0x266A, 0x00AC, 0x00A6, /* D0 */
	0,      0,      0,      0,      0x215B, 0x215C, 0x215D, 0x215E, /* D8 */
	0x2126, 0x00C6, 0x00D0, 0x00AA, 0x0126, 0,      0x0132, 0x013F, /* E0 */
	0x0141, 0x00D8, 0x0152, 0x00BA, 0x00DE, 0x0166, 0x014A, 0x0149, /* E8 */
	0x0138, 0x00E6, 0x0111, 0x00F0, 0x0127, 0x0131, 0x0133, 0x0140, /* F0 */
	0x0142, 0x00F8, 0x0153, 0x00DF, 0x00FE, 0x0167, 0x014B, 0x00AD, /* F8 */
};
/* What ISO 6937 adds: read, but not sent, since a T.61 terminal has no such character. */
static const char only_6937[] = "\xA0\xA9\xAA\xAC\xAD\xAE\xAF\xB9\xBA\xD0\xD1\xD2\xD3\xD4\xD5\xD6\xD7\xDC\xDD\xDE\xDF\xFF";

static void put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(b, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(b, (uint8_t)(0xC0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(b, (uint8_t)(0xE0 | c >> 12));
		} else {
			buf_putc(b, (uint8_t)(0xF0 | c >> 18));
			buf_putc(b, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
		}
		buf_putc(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
	}
	buf_putc(b, (uint8_t)(0x80 | (c & 0x3F)));
}

/* The next character of UTF-8 and its length; an octet that starts none is U+FFFD of length 1. */
static uint32_t get_utf8(const uint8_t *p, size_t n, size_t *len)
{
	size_t want = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
	uint32_t c;

	*len = 1;
	if (want == 1)
		return p[0];
	if (want > n || !str_is_utf8(p, want))
		return 0xFFFD;
	c = p[0] & (0x7Fu >> want);
	for (size_t i = 1; i < want; i++)
		c = c << 6 | (p[i] & 0x3Fu);
	*len = want;
	return c;
}

static const struct mark *find_mark(uint8_t code)
{
	if (code == 0xC9) /* a second diaeresis, for the German umlaut (T.61 note) */
		code = 0xC8;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].code == code)
			return &marks[i];
	return NULL;
}

/* The composite of mark and letter, 0 if T.61 has none. */
static uint32_t compose(const struct mark *m, uint8_t letter)
{
	const uint8_t *p = (const uint8_t *)m->pairs;
	size_t n = strlen(m->pairs), len;

	while (n > 0) {
		uint32_t c = get_utf8(p + 1, n - 1, &len);
		if (*p == letter)
			return c;
		p += 1 + len;
		n -= 1 + len;
	}
	return 0;
}

enum t61_form { FORM_NONE, FORM_LATIN1, FORM_T61, FORM_OTHER };

/* An escape sequence (ISO 2022) at p: its length and what it designates to the right half. */
static size_t escape_at(const uint8_t *p, size_t n, enum t61_form *form)
{
	size_t i = 1;

	while (i < n && p[i] >= 0x20 && p[i] <= 0x2F)
		i++;
	*form = FORM_OTHER;
	if (i >= n || p[i] < 0x30 || p[i] > 0x7E)
		return 0;
	if (i == 2 && p[1] == 0x2D && p[2] == 0x41) /* G1: ISO 8859-1, IR 100 */
		*form = FORM_LATIN1;
	else if (i == 2 && p[1] == 0x29 && p[2] == 0x76) /* G1: T.61 supplementary, IR 103 */
		*form = FORM_T61;
	return i + 1;
}

/* Octets that T.61 cannot mean are a sign that the sender's right half was ISO 8859-1 all along (2156 3.3.4). */
static bool looks_like_latin1(struct octets in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];
		const struct mark *m = find_mark(c);
		if (m != NULL) {
			if (i + 1 >= in.len || compose(m, in.p[i + 1]) == 0)
				return true;
			i++;
		} else if (c >= 0xC0 && right_half[c - 0xA0] == 0) {
			return true;
		}
	}
	return false;
}

static size_t put_t61(struct buf *b, const uint8_t *p, size_t n)
{
	const struct mark *m = find_mark(p[0]);
	uint32_t c;

	if (m != NULL && n > 1 && (c = compose(m, p[1])) != 0) {
		put_utf8(b, c);
		return 2;
	}
	if (p[0] < 0x80)
		c = p[0] == 0 ? 0xFFFD : p[0];
	else
		c = p[0] < 0xA0 || right_half[p[0] - 0xA0] == 0 ? 0xFFFD : right_half[p[0] - 0xA0];
	put_utf8(b, c);
	return 1;
}

char *charset_t61_to_utf8(struct arena *a, struct octets in)
{
	struct buf *b = buf_in(a, 3 * in.len + 16);
	bool latin1 = memchr(in.len > 0 ? in.p : (const uint8_t *)"", 0x1B, in.len) == NULL && looks_like_latin1(in);

	for (size_t i = 0; i < in.len;) {
		enum t61_form form;
		size_t skip = in.p[i] == 0x1B ? escape_at(in.p + i, in.len - i, &form) : 0;
		if (skip > 0) {
			if (form != FORM_OTHER)
				latin1 = form == FORM_LATIN1;
			i += skip;
		} else if (latin1 && in.p[i] >= 0xA0) {
			put_utf8(b, in.p[i++]);
		} else {
			i += put_t61(b, in.p + i, in.len - i);
		}
	}
	return arena_strdup(a, buf_str(b));
}

/* Letter and mark of a composite character. */
static const struct mark *decompose(uint32_t c, uint8_t *letter)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const uint8_t *p = (const uint8_t *)marks[i].pairs;
		size_t n = strlen(marks[i].pairs), len;
		while (n > 0) {
			if (get_utf8(p + 1, n - 1, &len) == c) {
				*letter = *p;
				return &marks[i];
			}
			p += 1 + len;
			n -= 1 + len;
		}
	}
	return NULL;
}

/* The octet of c in T.61, 0 if there is none.  '$' and '#' stand where ASCII has them: peers read them there. */
static uint8_t single_octet(uint32_t c)
{
	if (c == 0x0110) /* T.61 has one D with stroke, for Croatian and Icelandic */
		return 0xE2;
	if (c < 0x80)
		return c == 0x1B || c == 0x7F ? 0 : (uint8_t)c; /* no escape gets in, it would be a designation */
	for (size_t i = 0; i < ARRAY_LEN(right_half); i++)
		if (right_half[i] == c && strchr(only_6937, (char)(0xA0 + i)) == NULL)
			return (uint8_t)(0xA0 + i);
	return 0;
}

static const struct mark *combining_mark(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].combining == c)
			return &marks[i];
	return NULL;
}

/* T.61 to the letter (mixer-body 5.4): it has no \ ^ ` { } ~, and the dollar and the number sign stand to the right. */
static uint8_t strict_octet(uint32_t c)
{
	if (c < 0x80 && strchr("\\^`{}~", (int)c) != NULL && c != 0)
		return 0;
	return c == '$' ? 0xA4 : c == '#' ? 0xA6 : single_octet(c);
}

static struct octets utf8_to_t61(struct arena *a, const char *in, bool strict, size_t *lost)
{
	size_t n = strlen(in), len, next_len;
	struct buf *b = buf_in(a, 2 * n + 16);
	const uint8_t *p = (const uint8_t *)in;

	*lost = 0;
	for (; n > 0; p += len, n -= len) {
		uint32_t c = get_utf8(p, n, &len);
		const struct mark *m = n > len ? combining_mark(get_utf8(p + len, n - len, &next_len)) : NULL;
		uint8_t letter = (uint8_t)c, octet;

		if (m != NULL && c < 0x80 && compose(m, letter) != 0) {
			len += next_len;
		} else {
			m = decompose(c, &letter);
		}
		if (m != NULL) {
			buf_putc(b, m->code);
			buf_putc(b, letter);
		} else if ((octet = strict ? strict_octet(c) : single_octet(c)) != 0) {
			buf_putc(b, octet);
		} else {
			buf_putc(b, '?');
			*lost += 1;
		}
	}
	return buf_octets(b);
}

struct octets charset_utf8_to_t61(struct arena *a, const char *in, size_t *lost) { return utf8_to_t61(a, in, false, lost); }

struct octets charset_utf8_to_t61_strict(struct arena *a, const char *in, size_t *lost) { return utf8_to_t61(a, in, true, lost); }

bool charset_t61_is_latin1(struct octets in)
{
	bool odd = false;

	for (size_t i = 0; i < in.len; i++) {
		const struct mark *m = find_mark(in.p[i]);

		if (in.p[i] == 0x1B)
			return false;
		if (m != NULL && i + 1 < in.len && compose(m, in.p[i + 1]) != 0)
			return false;
		odd = odd || m != NULL || (in.p[i] >= 0xC0 && (right_half[in.p[i] - 0xA0] == 0 || strchr(only_6937, (char)in.p[i]) != NULL));
	}
	return odd;
}

/* ---- likenesses ---- */

/* Beyond the marks of T.61: letters of Greek and Cyrillic that ISO 8859 has composed. */
static const struct {
	uint32_t letter, mark, composite;
} more_composites[] = {
	{0x0438, 0x0306, 0x0439}, {0x0418, 0x0306, 0x0419}, {0x0435, 0x0308, 0x0451}, {0x0415, 0x0308, 0x0401},
	{0x0456, 0x0308, 0x0457}, {0x0406, 0x0308, 0x0407}, {0x0443, 0x0306, 0x045E}, {0x0423, 0x0306, 0x040E},
	{0x0433, 0x0301, 0x0453}, {0x043A, 0x0301, 0x045C}, {0x03B1, 0x0301, 0x03AC}, {0x03B5, 0x0301, 0x03AD},
	{0x03B7, 0x0301, 0x03AE}, {0x03B9, 0x0301, 0x03AF}, {0x03BF, 0x0301, 0x03CC}, {0x03C5, 0x0301, 0x03CD},
	{0x03C9, 0x0301, 0x03CE}, {0x0391, 0x0301, 0x0386}, {0x0395, 0x0301, 0x0388}, {0x0397, 0x0301, 0x0389},
	{0x0399, 0x0301, 0x038A}, {0x039F, 0x0301, 0x038C}, {0x03A5, 0x0301, 0x038E}, {0x03A9, 0x0301, 0x038F},
	{0x03B9, 0x0308, 0x03CA}, {0x03C5, 0x0308, 0x03CB},
};

static uint32_t composite_of(uint32_t letter, uint32_t mark)
{
	const struct mark *m = combining_mark(mark);

	if (m != NULL && letter > ' ' && letter < 0x80)
		return compose(m, (uint8_t)letter);
	for (size_t i = 0; i < ARRAY_LEN(more_composites); i++)
		if (more_composites[i].letter == letter && more_composites[i].mark == mark)
			return more_composites[i].composite;
	return 0;
}

char *charset_compose(struct arena *a, const char *in)
{
	size_t n = strlen(in), len, next;
	struct buf *b = buf_in(a, n + 16);
	const uint8_t *p = (const uint8_t *)in;

	for (; n > 0; p += len, n -= len) {
		uint32_t c = get_utf8(p, n, &len), both;

		if (n > len && p[len] >= 0x80 && (both = composite_of(c, get_utf8(p + len, n - len, &next))) != 0) {
			put_utf8(b, both);
			len += next;
		} else {
			buf_put(b, p, len);
		}
	}
	return arena_strdup(a, buf_str(b));
}

static const struct {
	uint32_t c;
	const char *ascii;
} likenesses[] = {
	{0x00A0, " "},   {0x00A9, "(C)"}, {0x00AB, "\""}, {0x00AD, "-"},  {0x00AE, "(R)"}, {0x00BB, "\""}, {0x00C4, "Ae"}, {0x00C6, "AE"},
	{0x00D6, "Oe"},  {0x00D8, "O"},   {0x00DC, "Ue"}, {0x00DF, "ss"}, {0x00E4, "ae"},  {0x00E6, "ae"}, {0x00F6, "oe"}, {0x00F8, "o"},
	{0x00FC, "ue"},  {0x0110, "D"},   {0x0111, "d"},  {0x0131, "i"},  {0x0141, "L"},   {0x0142, "l"},  {0x0152, "OE"}, {0x0153, "oe"},
	{0x2010, "-"},   {0x2011, "-"},   {0x2013, "-"},  {0x2014, "-"},  {0x2018, "'"},   {0x2019, "'"},  {0x201A, "'"},  {0x201C, "\""},
	{0x201D, "\""}, {0x201E, "\""}, {0x2022, "*"},  {0x2026, "..."}, {0x2039, "'"},  {0x203A, "'"},  {0x20AC, "EUR"}, {0x2122, "(TM)"},
};

struct octets charset_transliterate(struct arena *a, const char *in, size_t *lost)
{
	size_t n = strlen(in), len;
	struct buf *b = buf_in(a, 4 * n + 16);
	const uint8_t *p = (const uint8_t *)in;

	*lost = 0;
	for (; n > 0; p += len, n -= len) {
		uint32_t c = get_utf8(p, n, &len);
		uint8_t letter = '?';
		size_t i = 0;

		if (c < 0x80) {
			buf_putc(b, (uint8_t)c);
			continue;
		}
		*lost += 1;
		while (i < ARRAY_LEN(likenesses) && likenesses[i].c != c)
			i++;
		if (i < ARRAY_LEN(likenesses)) {
			buf_puts(b, likenesses[i].ascii);
		} else {
			(void)decompose(c, &letter);
			buf_putc(b, letter);
		}
	}
	return buf_octets(b);
}
