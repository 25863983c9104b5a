/*
 * mixer/body_text.c - see body_text.h.  The order of character sets is RFC 1502's advice and mixer-body 5.1: ASCII, the
 * part that the sender named, then the ISO 8859 parts from the widely known to the rare; UTF-8 has no agreed form in
 * general-text, so a text that needs it goes as a file.
 */
#include "mixer/body_text.h"

#include <stdio.h>
#include <string.h>

#include "base/charset.h"
#include "base/iso2022.h"
#include "base/str.h"

/* B-132 default list; 6 and 8 last because they say nothing of the order of letters (B-142). */
static const int parts_tried[] = {1, 2, 5, 7, 9, 15, 3, 4, 10, 13, 6, 8};

bool text_is_ia5(struct octets in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] >= 0x80 || in.p[i] == 0x0e || in.p[i] == 0x0f || in.p[i] == 0x1b)
			return false;
	return true;
}

static bool has_high(struct octets in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] >= 0x80)
			return true;
	return false;
}

struct octets text_crlf(struct arena *a, struct octets in)
{
	size_t bare = 0, n = 0;
	uint8_t *p;

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			bare++;
		else if (in.p[i] == '\n')
			return in;
	}
	if (bare == 0)
		return in;
	p = arena_alloc(a, in.len + bare);
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\n')
			p[n++] = '\r';
		p[n++] = in.p[i];
	}
	return (struct octets){p, n};
}

static void set_general(struct text_choice *c, struct octets out, int ir)
{
	c->fate = TEXT_GENERAL;
	c->out = out;
	c->sets[c->count++] = 1; /* B-121 */
	c->sets[c->count++] = 6;
	if (ir != 0)
		c->sets[c->count++] = ir;
}

static void encapsulate(struct text_choice *c, const char *row, const char *why)
{
	c->fate = TEXT_ENCAPSULATE;
	c->row = row;
	c->why = why;
}

/* "iso-8859-8-i" to 8; 0: another name. */
static int part_of_8859(const char *charset)
{
	int part = 0;
	const char *p;

	if (!str_istarts(charset, "iso-8859-") && !str_istarts(charset, "iso_8859-"))
		return 0;
	for (p = charset + 9; str_is_digit(*p) && part < 100; p++)
		part = part * 10 + (*p - '0');
	return *p == '\0' || str_ieq(p, "-i") || str_ieq(p, "-e") ? part : 0;
}

/* B-130: the escapes of ISO-2022-JP are those of GeneralString. */
static void set_japanese(struct text_choice *c, struct octets out)
{
	static const int sets[] = {1, 6, 14, 42, 87};

	c->fate = TEXT_GENERAL;
	c->out = out;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		c->sets[c->count++] = sets[i];
}

/* B-146: "x-iso-1-6-240", octets as they are. */
static bool set_x_iso(struct text_choice *c, struct octets in, const char *charset)
{
	const char *p = charset + 6;

	while (c->count < ARRAY_LEN(c->sets) && str_is_digit(*p)) {
		int n = 0;

		for (; str_is_digit(*p) && n < 1000; p++)
			n = n * 10 + (*p - '0');
		c->sets[c->count++] = n;
		if (*p == '-')
			p++;
	}
	if (*p != '\0' || c->count == 0) {
		c->count = 0;
		return false;
	}
	c->fate = TEXT_GENERAL;
	c->out = in;
	return true;
}

/* B-132: the first set that has every character. */
static void choose_set(struct arena *a, const char *utf8, struct text_choice *c)
{
	struct octets out;
	size_t lost;

	if (!has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)})) {
		c->fate = TEXT_IA5;
		c->out = (struct octets){(const uint8_t *)utf8, strlen(utf8)};
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(parts_tried); i++) {
		int ir = iso2022_of_8859(parts_tried[i]);

		if (iso2022_from_utf8(a, utf8, ir, &out, &lost, NULL) == 0 && lost == 0) {
			set_general(c, out, ir);
			return;
		}
	}
	if (charset_from_utf8(a, "ISO-2022-JP", utf8, &out, &lost, NULL) == 0 && lost == 0)
		set_japanese(c, out);
	else
		encapsulate(c, "B-132", "no character set of general-text has all characters");
}

/* The part that the sender named, octets unchanged behind the designation: no conversion (B-120). */
static bool keep_8859(struct arena *a, struct octets in, int part, struct text_choice *c)
{
	int ir = iso2022_of_8859(part);
	struct octets head;
	uint8_t *p;
	size_t lost;
	char *utf8;

	if (ir == 0)
		return false;
	if (charset_to_utf8(a, iso2022_charset(ir), in, &utf8, &lost, NULL) != 0 || lost > 0) {
		encapsulate(c, "B-330", "octets that its character set does not have");
		return true;
	}
	if (iso2022_from_utf8(a, "", ir, &head, &lost, NULL) != 0)
		return false;
	p = arena_alloc(a, head.len + in.len);
	memcpy(p, head.p, head.len);
	memcpy(p + head.len, in.p, in.len);
	set_general(c, (struct octets){p, head.len + in.len}, ir);
	return true;
}

void text_to_x400(struct arena *a, struct octets in, const char *charset, bool recode, struct text_choice *c)
{
	size_t lost;
	char *utf8;

	*c = (struct text_choice){0};
	in = text_crlf(a, in);
	if (text_is_ia5(in) && (charset == NULL || !str_istarts(charset, "utf-16"))) { /* B-105 */
		c->fate = TEXT_IA5;
		c->out = in;
		return;
	}
	if (charset == NULL || str_ieq(charset, "us-ascii") || str_ieq(charset, "unknown-8bit")) /* B-003, B-110 */
		charset = !has_high(in) ? "us-ascii" : str_is_utf8(in.p, in.len) ? "utf-8" : "iso-8859-1";
	if (str_ieq(charset, "us-ascii")) { /* a text with shifts or escapes that says nothing of them */
		c->fate = TEXT_IA5;
		c->out = in;
		return;
	}
	if (str_ieq(charset, "iso-2022-jp") && !has_high(in)) {
		set_japanese(c, in);
		return;
	}
	if (str_istarts(charset, "x-iso-") && set_x_iso(c, in, charset))
		return;
	if (part_of_8859(charset) != 0 && keep_8859(a, in, part_of_8859(charset), c))
		return;
	if (!recode) {
		encapsulate(c, "B-139", "conversion is prohibited");
		return;
	}
	if (memchr(in.p, 0, in.len) != NULL && str_istarts(charset, "utf-8"))
		encapsulate(c, "B-330", "NUL in text");
	else if (charset_to_utf8(a, charset, in, &utf8, &lost, NULL) != 0)
		encapsulate(c, "B-138", "character set without correspondence");
	else if (lost > 0)
		encapsulate(c, "B-330", "octets that its character set does not have");
	else
		choose_set(a, utf8, c);
}

/* ---- to MIME ---- */

const char *text_ia5_charset(struct octets in)
{
	return !has_high(in) ? "us-ascii" : str_is_utf8(in.p, in.len) ? "utf-8" : "iso-8859-1";
}

static bool is_japanese(const struct iso2022_used *u)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->ir[i] != 6 && u->ir[i] != 14 && u->ir[i] != 42 && u->ir[i] != 87)
			return false;
	return true;
}

/* B-123: the narrowest name for the sets that were used. */
static const char *charset_for(const struct iso2022_used *u, bool ascii)
{
	const char *one = NULL;
	size_t others = 0;

	if (ascii)
		return "us-ascii";
	for (size_t i = 0; i < u->count; i++)
		if (u->ir[i] != 2 && u->ir[i] != 6) {
			one = iso2022_charset(u->ir[i]);
			others++;
		}
	if (others == 1 && one != NULL)
		return one;
	return is_japanese(u) ? "ISO-2022-JP" : "UTF-8";
}

static const char *lower(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);

	for (char *p = s; *p != '\0'; p++)
		*p = str_lower(*p);
	return s;
}

/* UTF-8 in charset, or as it is when that loses something. */
static void express(struct arena *a, const char *utf8, const char *charset, struct octets *out, const char **name)
{
	size_t lost = 0;

	if (!str_ieq(charset, "us-ascii") && !str_ieq(charset, "UTF-8") && charset_from_utf8(a, charset, utf8, out, &lost, NULL) == 0 &&
	    lost == 0) {
		*name = lower(a, charset);
		return;
	}
	*out = (struct octets){(const uint8_t *)utf8, strlen(utf8)};
	*name = str_ieq(charset, "us-ascii") ? "us-ascii" : "utf-8";
}

bool text_general_to_822(struct arena *a, struct octets in, const int *sets, size_t count, struct octets *out, const char **charset)
{
	struct iso2022_used used;
	char *utf8;

	if (iso2022_to_utf8(a, in, sets, count, 0, &utf8, &used, NULL) != 0 || used.unknown)
		return false;
	express(a, utf8, charset_for(&used, !has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)})), out, charset);
	return true;
}

void text_teletex_to_822(struct arena *a, struct octets in, struct octets *out, const char **charset)
{
	char *utf8 = charset_t61_to_utf8(a, in);

	express(a, utf8, has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)}) ? "ISO-8859-1" : "us-ascii", out, charset);
}
