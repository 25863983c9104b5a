/*
 * p1/psap.c - see psap.h.
 */
#include "p1/psap.h"

#include <string.h>

#include "base/str.h"
#include "base/rule.h"

static const char *hex(struct arena *a, struct octets o)
{
	char *s = arena_alloc(a, 2 * o.len + 1);

	str_hex(s, o.p, o.len);
	return s;
}

char *p1_psap_text(struct arena *a, struct octets content)
{
	struct ber_cursor c = ber_cursor_over(content), list;
	const char *selector[3] = {NULL, NULL, NULL}; /* p, s, t */
	struct ber_tlv m, inner;
	struct buf *b = buf_in(a, 4096);
	bool any = false, first = true;
	int i;

	while (!ber_cursor_end(&c)) {
		if (ber_cursor_next(&c, &m, NULL) != 0 || ber_tlv_inner(&m, &inner, NULL) != 0)
			return NULL;
		if (m.tag == BER_C(3) && inner.tag == BER_U(BER_SET)) {
			for (list = ber_cursor_over(inner.value); !ber_cursor_end(&list); first = false) {
				if (ber_cursor_next(&list, &m, NULL) != 0)
					return NULL;
				buf_printf(b, "%sNS+%s", first ? "" : "_", hex(a, m.value));
			}
		} else if (BER_CLASS_OF(m.tag) == BER_CONTEXT && BER_NUMBER_OF(m.tag) < 3 && inner.tag == BER_U(BER_OCTET_STRING)) {
			/* hexadecimal, which PrintableString can hold */
			selector[BER_NUMBER_OF(m.tag)] = arena_printf(a, rule_id_active("A-062") ? "'%s'H" : "\"%s\"", hex(a, inner.value));
		} else {
			return NULL;
		}
	}
	if (first || !buf_ok(b))
		return NULL;
	{
		char *addresses = arena_strdup(a, buf_str(b));
		buf_reset(b);
		/* a selector stands only where it or a higher one is there */
		for (i = 0; i < 3; i++) {
			any |= selector[i] != NULL;
			if (any)
				buf_printf(b, "%s/", selector[i] != NULL ? selector[i] : "");
		}
		buf_puts(b, addresses);
	}
	return buf_ok(b) ? arena_strdup(a, buf_str(b)) : NULL;
}

static bool unhex(struct arena *a, const char *s, size_t n, struct octets *out)
{
	uint8_t *p = arena_alloc(a, n / 2 + 1);
	size_t i;

	for (i = 0; i + 1 < n; i += 2) {
		if (str_hex_digit(s[i]) < 0 || str_hex_digit(s[i + 1]) < 0)
			return false;
		p[i / 2] = (uint8_t)(str_hex_digit(s[i]) << 4 | str_hex_digit(s[i + 1]));
	}
	*out = (struct octets){p, n / 2};
	return n % 2 == 0 && n > 0;
}

static bool read_selector(struct arena *a, const char *s, size_t n, struct octets *out)
{
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		*out = (struct octets){(const uint8_t *)s + 1, n - 2};
		return true;
	}
	return n >= 5 && s[0] == '\'' && s[n - 2] == '\'' && s[n - 1] == 'H' && unhex(a, s + 1, n - 3, out);
}

/* Network addresses from the last to the first. */
static bool write_addresses(struct arena *a, struct ber_writer *w, const char *s)
{
	size_t set = ber_mark(w), n = strlen(s), start;
	struct octets o;

	for (;; n = start - 1) {
		for (start = n; start > 0 && s[start - 1] != '_'; start--)
			;
		if (n - start < 5 || strncmp(s + start, "NS+", 3) != 0 || !unhex(a, s + start + 3, n - start - 3, &o))
			return false;
		ber_put_octets(w, BER_U(BER_OCTET_STRING), o.p, o.len);
		if (start == 0)
			break;
	}
	ber_close(w, BER_U(BER_SET), set);
	ber_close(w, BER_C(3), set);
	return true;
}

bool p1_psap_write(struct arena *a, struct ber_writer *w, const char *text)
{
	struct ber_writer trial = ber_writer_in(a);
	const char *part[3], *slash;
	size_t len[3], parts = 0, mark;
	struct octets o;

	while ((slash = strchr(text, '/')) != NULL) {
		if (parts == 3)
			return false;
		part[parts] = text;
		len[parts++] = (size_t)(slash - text);
		text = slash + 1;
	}
	if (!write_addresses(a, &trial, text))
		return false;
	for (size_t i = parts; i-- > 0;) {
		/* the last of parts is the transport selector, number 2 */
		if (len[i] == 0)
			continue;
		if (!read_selector(a, part[i], len[i], &o))
			return false;
		mark = ber_mark(&trial);
		ber_put_octets(&trial, BER_U(BER_OCTET_STRING), o.p, o.len);
		ber_close(&trial, BER_C(3 - parts + i), mark);
	}
	ber_put_raw(w, ber_writer_octets(&trial));
	return true;
}
