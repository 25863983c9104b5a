/* str.c - see str.h. */
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int str_icmp(const char *a, const char *b)
{
	while (*a != '\0' && str_lower(*a) == str_lower(*b))
		a++, b++;
	return (unsigned char)str_lower(*a) - (unsigned char)str_lower(*b);
}

bool str_ieq(const char *a, const char *b) { return str_icmp(a, b) == 0; }

bool str_ieqn(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_lower(a[i]) != str_lower(b[i]))
			return false;
		if (a[i] == '\0')
			return true;
	}
	return true;
}

bool str_istarts(const char *s, const char *prefix) { return str_ieqn(s, prefix, strlen(prefix)); }

int str_to_long(const char *s, long min, long max, long *out)
{
	char *end;
	long n;

	if (!str_is_digit(*s) && !(*s == '-' && str_is_digit(s[1])))
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return -1;
	*out = n;
	return 0;
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void str_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

/* Length of the UTF-8 sequence at p, 0 if it is none. */
static size_t utf8_sequence(const uint8_t *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c;

	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	c = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return len;
}

bool str_is_utf8(const void *p, size_t n)
{
	const uint8_t *s = p;

	while (n > 0) {
		size_t len = utf8_sequence(s, n);
		if (len == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

void str_printable(char *out, size_t size, const void *p, size_t n)
{
	const uint8_t *s = p;
	bool utf8 = str_is_utf8(p, n);
	size_t o = 0;

	if (size == 0)
		return;
	for (size_t i = 0; i < n;) {
		size_t len = utf8 ? utf8_sequence(s + i, n - i) : 1;
		/* U+0080..U+009F are control characters too */
		bool c1 = utf8 && len == 2 && s[i] == 0xc2 && s[i + 1] < 0xa0;
		bool plain = len > 1 ? !c1 : s[i] >= 0x20 && s[i] < 0x7f && s[i] != '\\';

		if (plain) {
			if (o + len >= size)
				break;
			memcpy(out + o, s + i, len);
			o += len;
		} else {
			static const char digits[] = "0123456789ABCDEF";
			if (o + 4 * len >= size)
				break;
			for (size_t k = 0; k < len; k++) {
				out[o++] = '\\';
				out[o++] = 'x';
				out[o++] = digits[s[i + k] >> 4];
				out[o++] = digits[s[i + k] & 15];
			}
		}
		i += len;
	}
	out[o] = '\0';
}

bool str_is_printable_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

/* One bit a character: addresses are asked about octet by octet. */
bool str_is_ps_char(unsigned char c)
{
	static const uint32_t set[4] = {0, 0xa7fffb81u, 0x07fffffeu, 0x07fffffeu};

	return c < 128 && (set[c / 32] >> (c % 32) & 1) != 0;
}

bool str_is_ps(const void *p, size_t n)
{
	const uint8_t *s = p;

	for (size_t i = 0; i < n; i++)
		if (!str_is_ps_char(s[i]))
			return false;
	return true;
}

bool str_is_printable_string(const char *s)
{
	return str_is_ps(s, strlen(s));
}
