/*
 * px.c - RFC 2163: O/R notation of tables as DNS labels and back, names under X42D, PX records; A-220 .. A-238.
 *
 * Text only, no query: dir asks the servers, `mixgate table` prints zones.
 */
#include "addr/px.h"

#include <string.h>

#include "base/str.h"

#define LABEL_MAX 63

static const char *const part_keys[] = {"C", "ADMD", "PRMD", "O", "OU"};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c);
}

static bool is_key(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(part_keys); i++)
		if (strlen(part_keys[i]) == n && str_ieqn(part_keys[i], s, n))
			return true;
	return false;
}

/* ---- to labels ---- */

/* A-224, A-225: a value, left to right; the hyphen that would end the label is dropped. */
static bool put_value(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* A-203: a backslash is only there before a full stop. */
		if (s[i] < 32 || s[i] > 126 || (s[i] == '\\' && (i + 1 == n || s[i + 1] != '.')))
			return false;
		if (s[i] == '\\') {
			buf_puts(b, "-d-");
			i++;
		} else if (s[i] == '-') {
			buf_puts(b, "-h-");
		} else if (s[i] == ' ') {
			buf_puts(b, rule_id_active("A-224") ? "-b-" : "-032-");
		} else if (is_alnum(s[i])) {
			buf_putc(b, (unsigned char)s[i]);
		} else {
			buf_printf(b, "-%03u-", (unsigned char)s[i]);
		}
	}
	if (b->len > 0 && b->p[b->len - 1] == '-' && rule_id_active("A-225"))
		b->len--;
	return true;
}

static int put_part(struct arena *a, struct buf *b, const char *s, size_t n, struct err *e)
{
	const char *dollar = memchr(s, '$', n);
	struct buf *label = buf_in(a, 4096);
	size_t key = dollar == NULL ? 0 : (size_t)(dollar - s), value = n - key - 1;

	if (dollar == NULL || !is_key(s, key))
		return ERR(e, ERR_PX_LABEL, "%.*s", (int)MIN_OF(n, (size_t)200), s);
	buf_put(label, s, key);
	if (value == 1 && dollar[1] == ' ' && rule_id_active("A-223")) {
		buf_putc(label, 'b');
	} else if (value != 1 || dollar[1] != '@') {
		buf_putc(label, '-');
		if (!put_value(label, dollar + 1, value))
			return ERR(e, ERR_PX_LABEL, "character that tables have not");
	}
	/* A-227: such a key can only stand in a table or in LDAP. */
	if ((label->len > LABEL_MAX && rule_id_active("A-227")) || !buf_ok(label))
		return ERR(e, ERR_PX_LABEL, "label over 63 octets: %.*s", (int)MIN_OF(n, (size_t)200), s);
	if (b->len > 0)
		buf_putc(b, '.');
	buf_put(b, label->p, label->len);
	return 0;
}

/* The first parts of rule, up to end. */
static int encode_until(struct arena *a, const char *rule, const char *end, char **out, struct err *e)
{
	struct buf *b = buf_in(a, 65536);

	if (*rule == '\0')
		return ERR(e, ERR_PX_LABEL, "no parts");
	for (const char *s = rule; s < end;) {
		size_t n = addr_part_length(s);

		TRY(put_part(a, b, s, n, e));
		s += n + (s[n] == '.');
	}
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

int addr_px_encode(struct arena *a, const char *rule, char **out, struct err *e)
{
	return encode_until(a, rule, rule + strlen(rule), out, e);
}

/* The last part, which must be the country. */
static const char *country_part(const char *rule)
{
	const char *s = rule;

	for (size_t n; s[n = addr_part_length(s)] != '\0';)
		s += n + 1;
	return str_istarts(s, "C$") ? s : NULL;
}

int addr_px_name(struct arena *a, const char *rule, char **out, struct err *e)
{
	const char *country = country_part(rule);

	if (country == NULL)
		return ERR(e, ERR_PX_LABEL, "no country: %.200s", rule);
	TRY(encode_until(a, rule, country, out, e));
	*out = arena_printf(a, "%s%s%s%s.", *out, **out == '\0' ? "" : ".", rule_id_active("A-222") ? "X42D." : "C-", country + 2);
	return 0;
}

/* ---- from labels ---- */

/* Three digits of a character that a table may hold; 0: not so. */
static unsigned char numeric_code(const char *s, size_t n)
{
	int c;

	if (n != 3 || !str_is_digit(s[0]) || !str_is_digit(s[1]) || !str_is_digit(s[2]))
		return 0;
	c = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	return c >= 32 && c <= 126 && c != '\\' && c != '.' ? (unsigned char)c : 0;
}

/* One code, from behind its hyphen up to the next hyphen or the end. */
static bool put_code(struct buf *b, const char *s, size_t n)
{
	unsigned char c = numeric_code(s, n);

	if (!rule_id_active("A-226"))
		return false;
	if (n == 1 && str_lower(*s) == 'h')
		buf_putc(b, '-');
	else if (n == 1 && str_lower(*s) == 'd')
		buf_puts(b, "\\.");
	else if (n == 1 && str_lower(*s) == 'b')
		buf_putc(b, ' ');
	else if (c != 0)
		buf_putc(b, c);
	else
		return false;
	return true;
}

/* A-226 */
static bool decode_value(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		const char *hyphen;
		size_t code;

		if (s[i] != '-') {
			buf_putc(b, (unsigned char)s[i++]);
			continue;
		}
		hyphen = memchr(s + i + 1, '-', n - i - 1);
		code = hyphen == NULL ? n - i - 1 : (size_t)(hyphen - (s + i + 1));
		if (!put_code(b, s + i + 1, code))
			return false;
		i += code + 1 + (hyphen != NULL);
	}
	return true;
}

static int decode_label(struct buf *b, const char *s, size_t n, struct err *e)
{
	const char *hyphen = memchr(s, '-', n);
	size_t key = hyphen == NULL ? n : (size_t)(hyphen - s);

	if (hyphen != NULL && is_key(s, key)) {
		buf_put(b, s, key);
		buf_putc(b, '$');
		if (decode_value(b, s + key + 1, n - key - 1))
			return 0;
	} else if (hyphen == NULL && is_key(s, n)) {
		buf_put(b, s, n);
		buf_puts(b, "$@");
		return 0;
	} else if (hyphen == NULL && n > 1 && str_lower(s[n - 1]) == 'b' && is_key(s, n - 1)) {
		buf_put(b, s, n - 1);
		buf_puts(b, "$ ");
		return 0;
	}
	return ERR(e, ERR_PX_LABEL, "%.*s", (int)MIN_OF(n, (size_t)200), s);
}

int addr_px_decode(struct arena *a, const char *labels, char **out, struct err *e)
{
	struct buf *b = buf_in(a, 65536);

	for (const char *s = labels;;) {
		size_t n = strcspn(s, ".");

		TRY(decode_label(b, s, n, e));
		if (s[n] == '\0' || s[n + 1] == '\0')
			break;
		buf_putc(b, '.');
		s += n + 1;
	}
	*out = arena_strdup(a, buf_str(b));
	return 0;
}

int addr_px_rdata(struct arena *a, const char *labels, bool *gate, char **out, struct err *e)
{
	size_t n = strlen(labels);

	if (n > 0 && labels[n - 1] == '.')
		n--;
	*gate = n > 2 && str_ieqn(labels + n - 2, ".G", 2) && rule_id_active("A-228");
	return addr_px_decode(a, arena_strndup(a, labels, *gate ? n - 2 : n), out, e);
}

int addr_px_record(struct arena *a, enum addr_table which, const char *line, char **out, struct err *e)
{
	bool by_domain = which == ADDR_MAPPING2 || which == ADDR_GATE2;
	bool gate = which == ADDR_GATE1 || which == ADDR_GATE2;
	struct addr_line rule;
	const char *reason;
	char *owner, *x400;

	if (addr_line_parse(a, which, line, &rule, &reason, e) != 0)
		return -1;
	TRY(addr_px_encode(a, rule.node_text, &x400, e));
	if (by_domain == rule_id_active("A-221"))
		owner = arena_printf(a, "%s.", rule.domain);
	else
		TRY(addr_px_name(a, rule.node_text, &owner, e));
	/* A-229: wildcard and preference; A-235: the domain comes first, always. */
	owner = arena_printf(a, rule_id_active("A-229") ? "*.%s IN PX 50" : "%s IN PX 10", owner);
	if (rule_id_active("A-235"))
		*out = arena_printf(a, "%s %s. %s.%s", owner, rule.domain, x400, gate ? "G." : "");
	else
		*out = arena_printf(a, "%s %s.%s %s.", owner, x400, gate ? "G" : "", rule.domain);
	return 0;
}

bool addr_px_published(const struct addr_rule *r)
{
	size_t n = strlen(r->file), k = strlen(ADDR_OVERLAY);

	if (r->table == ADDR_ROUTES)
		return false;
	return n < k || !str_eq(r->file + n - k, ADDR_OVERLAY) || !rule_id_active("A-234");
}
