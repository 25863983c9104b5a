/*
 * coding.c - the character codings of RFC 2156 chapter 3: ASCII in PrintableString (3.4), teletex in ASCII (3.3.4), and
 * the pair of both (A-021 .. A-039).
 *
 * Called by the std-or parser, both mappings and message ids.  The ASCII coding is only for what came from ASCII
 * (RFC-822 DDAs and IPM identifiers), never for ordinary attributes.  Decoding promises nothing about control
 * characters: who lets the result out checks them.
 */
#include "addr/coding.h"

#include <string.h>

#include "addr/addr.h"
#include "base/str.h"

#define CODED_MAX ((size_t)64 * 1024 * 1024)

/* letter codes. */
static const struct letter_code {
	char letter, ascii;
} letter_codes[] = {{'a', '@'}, {'p', '%'}, {'b', '!'}, {'q', '"'}, {'u', '_'}, {'l', '('}, {'r', ')'}};

bool addr_is_numeric_text(const char *s)
{
	return s[strspn(s, "0123456789 ")] == '\0';
}

static char letter_of(char ascii)
{
	for (size_t i = 0; i < ARRAY_LEN(letter_codes); i++)
		if (letter_codes[i].ascii == ascii && rule_id_active("A-021"))
			return letter_codes[i].letter;
	return '\0';
}

char *addr_ascii_to_printable(struct arena *a, const char *ascii)
{
	struct buf *b = buf_in(a, CODED_MAX);

	for (const char *s = ascii; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		char letter = letter_of(*s);

		if (c > 127 && rule_id_active("A-024"))
			return NULL;
		if (letter != '\0')
			buf_printf(b, "(%c)", letter);
		else if (str_is_ps_char(c) && c != '(' && c != ')' && rule_id_active("A-022"))
			buf_putc(b, c);
		else if (rule_id_active("A-023"))
			buf_printf(b, "(%03u)", c);
	}
	return arena_strdup(a, buf_str(b));
}

/* Three decimal digits at s, at most max; -1: not so. */
static int three_digits(const char *s, int max)
{
	int n;

	if (!str_is_digit(s[0]) || !str_is_digit(s[1]) || !str_is_digit(s[2]))
		return -1;
	n = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	return n <= max ? n : -1;
}

/* The character of the code at s ("(a)", "(064)") and its length; 0: none. */
static size_t decode_code(const char *s, char *out)
{
	int n;

	if (s[0] != '(' || s[1] == '\0')
		return 0;
	if (s[2] == ')')
		for (size_t i = 0; i < ARRAY_LEN(letter_codes); i++)
			if (str_lower(s[1]) == letter_codes[i].letter && (s[1] >= 'a' || rule_id_active("A-021"))) {
				*out = letter_codes[i].ascii;
				return 3;
			}
	if ((n = three_digits(s + 1, 127)) < 0 || s[4] != ')' || !rule_id_active("A-025"))
		return 0;
	*out = (char)n;
	return 5;
}

/* NUL can only come from (000); it is kept out of C strings as octet 01, so that the control check sees it. */
static char keep_visible(char c)
{
	return c == '\0' ? '\1' : c;
}

int addr_printable_to_ascii(struct arena *a, const char *ps, char **out, struct err *e)
{
	struct buf *b = buf_in(a, CODED_MAX);

	for (const char *s = ps; *s != '\0';) {
		char c;
		size_t n = decode_code(s, &c);

		if (n > 0) {
			buf_putc(b, (unsigned char)keep_visible(c));
			s += n;
			continue;
		}
		if (*s == '(' || *s == ')' || !str_is_ps_char((unsigned char)*s)) {
			if (rule_id_active("A-026"))
				return ERR(e, ERR_ADDR_CODING, "%s", ps);
		}
		buf_putc(b, (unsigned char)*s++);
	}
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

char *addr_printable_to_ascii_lenient(struct arena *a, const char *ps)
{
	char *out;

	if (addr_printable_to_ascii(a, ps, &out, NULL) == 0)
		return out;
	return arena_strdup(a, rule_id_active("A-027") ? ps : "");
}

char *addr_teletex_text(struct arena *a, struct octets t61)
{
	struct buf *b = buf_in(a, CODED_MAX);

	or_put_teletex(b, t61);
	return arena_strdup(a, buf_str(b));
}

/* One "{ddd..}" at s; gives its length, 0 when it is not well-formed. */
static size_t braces(struct buf *b, const char *s)
{
	const char *p = s + 1;

	for (; *p != '\0' && *p != '}'; p += 3) {
		int n = three_digits(p, 255);

		if (n < 0)
			return 0;
		buf_putc(b, (unsigned char)n);
	}
	return *p == '}' && p > s + 1 ? (size_t)(p + 1 - s) : 0;
}

int addr_teletex_parse(struct arena *a, const char *text, struct octets *out, struct err *e)
{
	struct buf *b = buf_in(a, CODED_MAX);

	for (const char *s = text; *s != '\0';) {
		size_t n;

		if (str_is_ps_char((unsigned char)*s)) {
			buf_putc(b, (unsigned char)*s++);
			continue;
		}
		if (*s != '{' || (n = braces(b, s)) == 0 || !rule_id_active("A-032"))
			return ERR(e, ERR_OR_VALUE, "teletex text %s", text);
		s += n;
	}
	*out = (struct octets){arena_memdup(a, b->p == NULL ? (const void *)"" : b->p, b->len), b->len};
	return 0;
}

int addr_value_parse(struct arena *a, const char *text, struct or_value *out, struct err *e)
{
	const char *star = rule_id_active("A-036") ? strchr(text, '*') : NULL;

	*out = (struct or_value){0};
	if (star != text) {
		char *p = star != NULL ? arena_strndup(a, text, (size_t)(star - text)) : arena_strdup(a, text);

		if (!str_is_printable_string(p) && rule_id_active("A-039"))
			return ERR(e, ERR_OR_VALUE, "%s", text);
		out->printable = p;
	}
	return star == NULL ? 0 : addr_teletex_parse(a, star + 1, &out->teletex, e);
}

static bool is_collapsed(const char *s)
{
	size_t n = strlen(s);

	return n == 0 || (s[0] != ' ' && s[n - 1] != ' ' && strstr(s, "  ") == NULL);
}

const char *addr_collapse(struct arena *a, const char *s)
{
	char *out, *to;

	if (is_collapsed(s))
		return s;
	out = to = arena_strdup(a, s);
	for (const char *p = s; *p != '\0'; p++) {
		if (*p == ' ' && (to == out || p[1] == ' ' || p[1] == '\0'))
			continue;
		*to++ = *p;
	}
	*to = '\0';
	return out;
}
