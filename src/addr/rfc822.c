/*
 * rfc822.c - mail addresses as RFC 822 6.1 writes them, strictly and without comments: what SMTP carries.
 *
 * Called for every address that comes in and for every one that comes out of a domain-defined attribute
 * .  It is the last check before text from X.400 reaches SMTP or a header, so it refuses control characters
 * wherever they hide.
 */
#include "addr/rfc822.h"

#include <string.h>

#include "base/buf.h"
#include "base/rule.h"
#include "base/str.h"

#define ADDRESS_MAX ((size_t)1024 * 1024)

static bool is_atom_char(unsigned char c)
{
	return c > 32 && c < 127 && strchr("()<>@,;:\\\".[]", c) == NULL;
}

bool addr_822_is_atom(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!is_atom_char((unsigned char)*s))
			return false;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c);
}

static bool is_label(const char *s, size_t n)
{
	/* DNS takes no longer label. */
	if (n == 0 || (n > 63 && rule_id_active("A-186")) || !is_alnum(s[0]) || !is_alnum(s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

bool addr_is_label(const char *s)
{
	return is_label(s, strlen(s));
}

bool addr_is_domain(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, ".");

		if (!is_label(s, n))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

/* ---- parsing: each function takes what it names at *s and moves *s behind it ---- */

static bool take_atom(const char **s)
{
	const char *from = *s;

	while (is_atom_char((unsigned char)**s))
		(*s)++;
	return *s > from;
}

/* The contents without quotes and backslashes go to b. */
static bool take_quoted(const char **s, struct buf *b)
{
	const char *p = *s + 1;

	for (; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return false;
		buf_putc(b, (unsigned char)*p);
	}
	*s = p + 1;
	return true;
}

static bool take_literal(const char **s)
{
	const char *p = *s + 1;

	for (; *p != ']'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0' || *p == '[')
			return false;
	}
	*s = p + 1;
	return true;
}

static bool take_domain(const char **s)
{
	for (;;) {
		if (**s == '[' ? !take_literal(s) : !take_atom(s))
			return false;
		if (**s != '.')
			return true;
		(*s)++;
	}
}

static bool take_local(const char **s, struct buf *unquoted)
{
	for (;;) {
		const char *from = *s;

		if (**s == '"') {
			if (!take_quoted(s, unquoted))
				return false;
		} else {
			if (!take_atom(s))
				return false;
			buf_put(unquoted, from, (size_t)(*s - from));
		}
		if (**s != '.')
			return true;
		buf_putc(unquoted, '.');
		(*s)++;
	}
}

/* "@a,@b:" before the addr-spec. */
static bool take_route(struct arena *a, const char **s, struct addr_822 *out)
{
	for (;;) {
		const char *from = *s + 1;

		if (**s != '@')
			return false;
		*s = from;
		if (!take_domain(s))
			return false;
		if (out->route_first == NULL)
			out->route_first = arena_strndup(a, from, (size_t)(*s - from));
		if (**s != ',')
			break;
		(*s)++;
	}
	return *(*s)++ == ':';
}

static int check_characters(const char *text, struct err *e)
{
	for (const char *s = text; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 32 || c == 127) && rule_id_active("A-029"))
			return ERR(e, ERR_ADDR_CONTROL, "%.200s", text);
		/* */
		if (c > 127 && rule_id_active("A-024"))
			return ERR(e, ERR_ADDR_UTF8, "%.200s", text);
	}
	return 0;
}

int addr_822_parse(struct arena *a, const char *text, struct addr_822 *out, struct err *e)
{
	struct buf *unquoted = buf_in(a, ADDRESS_MAX);
	const char *s = text, *from;
	bool good;

	*out = (struct addr_822){.text = text, .local = text, .unquoted = text, .domain = ""};
	TRY(check_characters(text, e));
	good = *s != '@' || take_route(a, &s, out);
	out->addr_spec = from = s;
	good = good && take_local(&s, unquoted) && *s == '@';
	if (good) {
		out->local = arena_strndup(a, from, (size_t)(s - from));
		out->unquoted = arena_strdup(a, buf_str(unquoted));
		from = ++s;
		good = take_domain(&s) && *s == '\0';
		out->domain = arena_strdup(a, from);
	}
	/* X.400 addresses in local parts are longer than the 64 octets of RFC 5321. */
	if (strlen(out->local) > 64 && !rule_id_active("A-295"))
		good = false;
	if ((!good || !buf_ok(unquoted)) && rule_id_active("A-120"))
		return ERR(e, ERR_ADDR_SYNTAX, "%.200s", text);
	return 0;
}

static bool is_dot_atom(const char *s)
{
	for (;;) {
		const char *from = s;

		while (is_atom_char((unsigned char)*s))
			s++;
		if (s == from)
			return false;
		if (*s == '\0')
			return true;
		if (*s++ != '.')
			return false;
	}
}

char *addr_822_quote(struct arena *a, const char *local)
{
	struct buf *b = buf_in(a, ADDRESS_MAX);

	if (is_dot_atom(local) || !rule_id_active("A-192"))
		return arena_strdup(a, local);
	buf_putc(b, '"');
	for (const char *s = local; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)*s);
	}
	buf_putc(b, '"');
	return arena_strdup(a, buf_str(b));
}
