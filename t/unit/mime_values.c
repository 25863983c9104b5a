/* mime_values.c - the values of fields against the tables of t/vectors/mime. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mime/mime.h"
#include "t/lib/tap.h"

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/* \xHH, \r, \n, \t and \\ in a table. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p != '\\') {
			*to++ = *p;
		} else if (p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
			*to++ = (char)(hex(p[2]) << 4 | hex(p[3]));
			p += 3;
		} else {
			p++;
			*to++ = *p == 'r' ? '\r' : *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
		}
	}
	*to = '\0';
	return s;
}

static void run(const char *path, const char *(*fn)(struct arena *, const char *))
{
	char *text = tap_read_file(path, NULL), *line = text, *next;

	for (int n = 1; *line != '\0'; line = next, n++) {
		char *tab = strchr(line, '\t'), *end = strchr(line, '\n');
		struct arena *a = arena_new(64u << 20);
		next = end == NULL ? line + strlen(line) : end + 1;
		if (end != NULL)
			*end = '\0';
		if (*line != '#' && tab != NULL) {
			*tab = '\0';
			unescape(line);
			is(fn(a, line), unescape(tab + 1), "%s:%d %s", path, n, line);
		}
		arena_free(a);
	}
	free(text);
}

static const char *or_dash(const char *s) { return s == NULL ? "-" : s; }

static const char *addresses(struct arena *a, const char *value)
{
	struct mime_mailboxes l;
	struct buf *b = buf_in(a, 1u << 20);
	struct err e;

	if (mime_parse_mailboxes(a, value, &l, &e) != 0)
		return e.id == ERR_MIME_ADDRESS && *e.detail != '\0' ? "!" : "wrong error";
	for (size_t i = 0; i < l.count; i++) {
		const struct mime_mailbox *m = &l.items[i];
		const char *spec = *m->domain == '\0' ? m->local_part : arena_printf(a, "%s@%s", m->local_part, m->domain);
		buf_printf(b, "%s%s|%s|%s|%s|%s|%s%s", i > 0 ? " , " : "", or_dash(m->display_name), m->local_part, m->domain,
		           or_dash(m->route), or_dash(m->comment), or_dash(m->group), str_eq(spec, m->addr_spec) ? "" : " addr_spec?");
	}
	buf_puts(b, !l.empty_group ? "" : l.count > 0 ? " {}" : "{}");
	return arena_strdup(a, buf_str(b));
}

static const char *dates(struct arena *a, const char *value)
{
	struct when w;
	char iso[32];

	if (mime_parse_date(value, &w) != 0)
		return "!";
	clock_format_iso(&w, iso);
	return arena_strdup(a, iso);
}

static const char *words(struct arena *a, const char *value) { return mime_decode_words(a, value); }

static const char *params(struct arena *a, const char *value)
{
	const char *text = arena_printf(a, "Content-Type: %s\r\n\r\n", value);
	struct blob in = blob_mem(text, strlen(text));
	struct buf *b = buf_in(a, 1u << 20);
	struct mime_entity *m;
	struct err e;

	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) != 0)
		return "!";
	buf_printf(b, "%s/%s", m->type, m->subtype);
	for (size_t i = 0; i < m->params.count; i++)
		buf_printf(b, " ; %s=%s", m->params.items[i].name, m->params.items[i].value);
	return arena_strdup(a, buf_str(b));
}

static const char *msgids(struct arena *a, const char *value)
{
	struct mime_msgids l = {0};
	struct buf *b = buf_in(a, 1u << 20);

	mime_parse_msgids(a, value, &l);
	for (size_t i = 0; i < l.count; i++)
		if (l.items[i].id != NULL)
			buf_printf(b, "%s%s", i > 0 ? " , " : "", l.items[i].id);
		else
			buf_printf(b, "%s\"%s\"", i > 0 ? " , " : "", l.items[i].phrase);
	return arena_strdup(a, buf_str(b));
}

/* What we write decodes to what it was, in words and as a name in an address; lines stay short. */
static void test_round_trips(void)
{
	static const char *const texts[] = {"plain", "two words", "gr\xC3\xBCn", "a gr\xC3\xBCn b \xE2\x82\xAC\xE2\x82\xAC c", "=?x?", "a  b", "\"quoted\" \\",
	                                    "Bloggs, Jo", "J. (x) B", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xE6\x97\xA5\xE6\x9C\xAC", "a=?utf-8?q?b?= c", "x@y <z>"};
	struct arena *a = arena_new(0);
	char longer[3000];
	struct mime_mailboxes l;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *w = mime_encode_words(a, texts[i]);
		is(mime_decode_words(a, w), texts[i], "words there and back: %s", w);
		ok(str_is_printable_ascii(w), "in ASCII");
		w = arena_printf(a, "%s <a@b>", mime_encode_phrase(a, texts[i]));
		if (mime_parse_mailboxes(a, w, &l, &e) != 0 || l.count != 1)
			ok(false, "phrase %s: %s", w, e.detail);
		else
			is(l.items[0].display_name, texts[i], "phrase there and back: %s", w);
	}
	for (size_t i = 0; i < sizeof longer - 1; i++)
		longer[i] = i % 3 == 0 ? '\xE2' : i % 3 == 1 ? '\x82' : '\xAC';
	longer[2997] = '\0';
	is(mime_decode_words(a, mime_encode_words(a, longer)), longer, "1,000 euro signs there and back");
	for (const char *p = mime_encode_words(a, longer); *p != '\0'; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
		if (strcspn(p, " ") > 75)
			ok(false, "an encoded-word over 75");
	is(mime_strip_comments(a, " (a) \"x(y)\" z (b(c)\\)) "), "\"x(y)\" z", "comments taken out, not from quotes");
	arena_free(a);
}

int main(void)
{
	run("t/vectors/mime/addresses.tsv", addresses);
	run("t/vectors/mime/dates.tsv", dates);
	run("t/vectors/mime/words.tsv", words);
	run("t/vectors/mime/params.tsv", params);
	run("t/vectors/mime/msgids.tsv", msgids);
	test_round_trips();
	return tap_done();
}
