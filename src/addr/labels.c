/*
 * labels.c - numbers with labels (RFC 2156 3.3.6) and object identifiers as text (3.3.7).
 *
 * Only the number counts on input.  Called for T-TY and by the header fields that carry such values.
 */
#include "addr/labels.h"

#include <string.h>

#include "base/buf.h"
#include "base/rule.h"
#include "base/str.h"

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* [label] "(" digits ")" at *s; the digits go to *digits and *n. */
static bool take_component(const char **s, const char **digits, size_t *n)
{
	const char *p = *s;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || str_is_digit(*p) || *p == '-')
		p++;
	p = skip_blanks(p);
	if (*p++ != '(')
		return false;
	*digits = p;
	*n = strspn(p, "0123456789");
	if (*n == 0 || p[*n] != ')')
		return false;
	*s = p + *n + 1;
	return true;
}

int addr_labelled_integer(const char *text, long *out, struct err *e)
{
	const char *s = text, *digits;
	char number[12];
	size_t n;

	if (!rule_id_active("A-044") || !take_component(&s, &digits, &n) || *s != '\0' || n >= sizeof(number))
		return ERR(e, ERR_ADDR_CODING, "labelled integer %s", text);
	memcpy(number, digits, n);
	number[n] = '\0';
	if (str_to_long(number, 0, 2147483647, out) != 0)
		return ERR(e, ERR_ADDR_CODING, "labelled integer %s", text);
	return 0;
}

int addr_oid_from_text(struct arena *a, const char *text, char **out, struct err *e)
{
	struct buf *b = buf_in(a, 65536);
	const char *s = skip_blanks(text), *digits;
	size_t n;

	while (*s != '\0' && rule_id_active("A-045")) {
		if (!take_component(&s, &digits, &n))
			return ERR(e, ERR_ADDR_CODING, "object identifier %s", text);
		while (n > 1 && *digits == '0')
			digits++, n--;
		if (b->len > 0)
			buf_putc(b, '.');
		buf_put(b, digits, n);
		s = skip_blanks(s);
	}
	if (b->len == 0 || !buf_ok(b))
		return ERR(e, ERR_ADDR_CODING, "object identifier %s", text);
	*out = arena_strdup(a, buf_str(b));
	return 0;
}
