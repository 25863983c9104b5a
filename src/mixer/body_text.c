/*
 * mixer/body_text.c - see body_text.h.  The order of character sets is RFC 1502's advice and mixer-body 5.1: ASCII, the
 * part that the sender named, then the ISO 8859 parts from the widely known to the rare; UTF-8 has no agreed form in
 * general-text, so a text that needs it goes as a file.
 */
#include "mixer/body_text.h"

#include <limits.h>
#include <string.h>

#include "base/charset.h"
#include "base/iso2022.h"
#include "base/str.h"

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

	if (!rule_id_active("B-108"))
		return in;
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

/* B-121, B-122: text in the right half ir (0: none) behind its designation. */
static bool set_general(struct arena *a, struct text_choice *c, const struct text_rules *r, struct octets text, int ir)
{
	struct buf *b = buf_in(a, text.len + 32);
	struct octets head;
	size_t lost;

	if (iso2022_from_utf8(a, "", ir, &head, &lost, NULL) != 0 || head.len != 6)
		return false;
	if (!str_eq(r->b->gt_prefix, "none") && rule_id_active("B-122")) {
		buf_put(b, head.p, 3);
		if (str_eq(r->b->gt_prefix, "ls0"))
			buf_putc(b, 0x0f);
		buf_put(b, head.p + 3, 3);
		if (str_eq(r->b->gt_ls1r, "on"))
			buf_puts(b, "\x1b~");
	}
	buf_put(b, text.p, text.len);
	c->fate = TEXT_GENERAL;
	c->out = buf_octets(b);
	if (str_eq(r->b->gt_c0, "on") && rule_id_active("B-121"))
		c->sets[c->count++] = 1;
	c->sets[c->count++] = 6;
	c->sets[c->count++] = ir;
	return true;
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

/* B-137: a 94x94 set in the right half, octets as EUC has them. */
static bool set_euc(struct arena *a, struct text_choice *c, struct octets euc, char final, int ir)
{
	struct buf *b = buf_in(a, euc.len + 16);

	for (size_t i = 0; i < euc.len; i++)
		if (euc.p[i] == 0x8e || euc.p[i] == 0x8f) /* what is beyond the set itself */
			return false;
	buf_printf(b, "\x1b(B\x1b$)%c", final);
	buf_put(b, euc.p, euc.len);
	c->fate = TEXT_GENERAL;
	c->out = buf_octets(b);
	c->sets[c->count++] = 1;
	c->sets[c->count++] = 6;
	c->sets[c->count++] = ir;
	return true;
}

static const struct {
	const char *charset, *word;
	char final;
	int ir;
} euc_sets[] = {{"euc-kr", "kr", 'C', 149}, {"gb2312", "cn", 'A', 58}, {"euc-cn", "cn", 'A', 58}};

/* The octets themselves, when they are of the 94x94 set and nothing beyond. */
static bool keep_euc(struct arena *a, struct octets in, const char *charset, struct text_choice *c)
{
	size_t lost;
	char *utf8;

	for (size_t i = 0; i < ARRAY_LEN(euc_sets) && rule_id_active("B-137"); i++)
		if (str_ieq(euc_sets[i].charset, charset))
			return charset_to_utf8(a, euc_sets[i].ir == 149 ? "EUC-KR" : "EUC-CN", in, &utf8, &lost, NULL) == 0 && lost == 0 &&
			       set_euc(a, c, in, euc_sets[i].final, euc_sets[i].ir);
	return false;
}

/* B-132: the first of bodies.charset_list that has every character, then the sets of ISO-2022-JP. */
static bool choose_listed(struct arena *a, const char *utf8, const struct text_rules *r, struct text_choice *c)
{
	const char *list = r->b->charset_list;
	char *save = NULL, *copy = arena_strdup(a, list);
	struct octets out;
	size_t lost;
	long part;

	if (!rule_id_active("B-132"))
		return false;
	for (char *w = strtok_r(copy, " ,", &save); w != NULL; w = strtok_r(NULL, " ,", &save)) {
		int ir = str_to_long(w, 1, 16, &part) == 0 ? iso2022_of_8859((int)part) : 0;

		if (ir != 0 && charset_from_utf8(a, iso2022_charset(ir), utf8, &out, &lost, NULL) == 0 && lost == 0 &&
		    set_general(a, c, r, out, ir))
			return true;
		for (size_t i = 0; i < 2; i++)
			if (str_ieq(w, euc_sets[i].word) && charset_from_utf8(a, i == 0 ? "EUC-KR" : "EUC-CN", utf8, &out, &lost, NULL) == 0 &&
			    lost == 0 && set_euc(a, c, out, euc_sets[i].final, euc_sets[i].ir))
				return true;
	}
	if (charset_from_utf8(a, "ISO-2022-JP", utf8, &out, &lost, NULL) != 0 || lost > 0)
		return false;
	set_japanese(c, out);
	return true;
}

/* B-163, B-167: for a peer without general-text. */
static bool choose_84(struct arena *a, const char *utf8, const struct text_rules *r, struct text_choice *c)
{
	size_t lost = 0;

	if (!rule_id_active("B-163"))
		return false;
	if (str_eq(r->b->text_84, "teletex")) {
		c->out = str_eq(r->b->t61_strict, "on") ? charset_utf8_to_t61_strict(a, utf8, &lost) : charset_utf8_to_t61(a, utf8, &lost);
		c->fate = TEXT_TELETEX;
	} else if (str_eq(r->b->text_84, "iso6937")) {
		c->fate = TEXT_ISO6937;
		if (charset_from_utf8(a, "ISO_6937", utf8, &c->out, &lost, NULL) != 0)
			return false;
	} else if (str_eq(r->b->text_84, "ia5-translit") && r->loss) {
		c->out = charset_transliterate(a, utf8, &c->lost);
		c->fate = TEXT_IA5;
	} else {
		return false;
	}
	return lost == 0;
}

/* B-132, B-133, B-141. */
static void choose_set(struct arena *a, const char *utf8, const struct text_rules *r, struct text_choice *c)
{
	utf8 = charset_compose(a, utf8);
	c->recoded = true;
	if (!has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)})) {
		c->fate = TEXT_IA5;
		c->out = (struct octets){(const uint8_t *)utf8, strlen(utf8)};
		return;
	}
	if (r->b->no_general_text ? choose_84(a, utf8, r, c) : choose_listed(a, utf8, r, c))
		return;
	c->recoded = false;
	if (str_eq(r->b->text_utf8, "generaltext-196") && rule_id_active("B-133") && !r->b->no_general_text) {
		c->fate = TEXT_GENERAL;
		c->sets[c->count++] = 1;
		c->sets[c->count++] = 196;
		c->out.p = (const uint8_t *)arena_printf(a, "\x1b%%G%s\x1b%%@", utf8);
		c->out.len = strlen((const char *)c->out.p);
	} else if (str_eq(r->b->text_utf8, "transliterate") && r->loss && rule_id_active("B-141")) {
		c->fate = TEXT_IA5;
		c->recoded = true;
		c->out = charset_transliterate(a, utf8, &c->lost);
	} else {
		encapsulate(c, "B-132", "no character set of general-text has all characters");
		c->no_set = true;
	}
}

/* The part that the sender named, octets unchanged behind the designation: no conversion (B-120). */
static bool keep_8859(struct arena *a, struct octets in, int part, const struct text_rules *r, struct text_choice *c)
{
	int ir = iso2022_of_8859(part);
	size_t lost;
	char *utf8;

	if (ir == 0 || r->b->no_general_text || !rule_id_active("B-120"))
		return false;
	if (charset_to_utf8(a, iso2022_charset(ir), in, &utf8, &lost, NULL) != 0 || lost > 0)
		return false;
	return set_general(a, c, r, in, ir);
}

const char *text_8bit_charset(struct octets in, const char *named)
{
	if (!has_high(in))
		return "us-ascii";
	return !str_ieq(named, "auto") ? named : str_is_utf8(in.p, in.len) ? "utf-8" : "iso-8859-1";
}

/* Sets that need no look at the characters; false: the text has to be read. */
static bool keep_as_is(struct arena *a, struct octets in, const char *charset, const struct text_rules *r, struct text_choice *c)
{
	if (str_ieq(charset, "us-ascii")) { /* a text with shifts or escapes that says nothing of them */
		c->fate = TEXT_IA5;
		c->out = in;
		return true;
	}
	if (str_ieq(charset, "teletex") && rule_id_active("B-162")) {
		c->fate = TEXT_TELETEX;
		c->out = in;
		return true;
	}
	if (r->b->no_general_text)
		return false;
	if (str_ieq(charset, "iso-2022-jp") && !has_high(in)) {
		set_japanese(c, in);
		return true;
	}
	return (str_istarts(charset, "x-iso-") && rule_id_active("B-146") && set_x_iso(c, in, charset)) || keep_euc(a, in, charset, c) ||
	       (part_of_8859(charset) != 0 && keep_8859(a, in, part_of_8859(charset), r, c));
}

/* What had no meaning, as question marks (bodies.bad_charset replace). */
static char *questions(struct arena *a, const char *utf8)
{
	struct buf *b = buf_in(a, strlen(utf8) + 1);

	for (; *utf8 != '\0'; utf8++)
		if (str_istarts(utf8, "\xef\xbf\xbd")) {
			buf_putc(b, '?');
			utf8 += 2;
		} else {
			buf_putc(b, (unsigned char)*utf8);
		}
	return arena_strdup(a, buf_str(b));
}

void text_to_x400(struct arena *a, struct octets in, const char *charset, const struct text_rules *r, struct text_choice *c)
{
	bool named = charset != NULL && !str_ieq(charset, "us-ascii") && !str_ieq(charset, "unknown-8bit");
	size_t lost;
	char *utf8;

	*c = (struct text_choice){0};
	in = text_crlf(a, in);
	if (text_is_ia5(in) && (rule_id_active("B-105") || charset == NULL || str_ieq(charset, "us-ascii")) && (charset == NULL || !(str_istarts(charset, "utf-16") || str_istarts(charset, "utf-32")))) { /* B-105 */
		c->fate = TEXT_IA5;
		c->out = in;
		return;
	}
	if (!named) /* B-110 */
		charset = rule_id_active("B-003") ? text_8bit_charset(in, r->charset_default) : "us-ascii";
	if (keep_as_is(a, in, charset, r, c))
		return;
	if (!r->recode && rule_id_active("B-139")) {
		encapsulate(c, "B-139", "conversion is prohibited");
		return;
	}
	if (memchr(in.p, 0, in.len) != NULL && str_istarts(charset, "utf-8"))
		encapsulate(c, "B-330", "NUL in text");
	else if (charset_to_utf8(a, charset, in, &utf8, &lost, NULL) != 0)
		encapsulate(c, "B-138", "character set without correspondence");
	else if (lost > 0 && rule_id_active("B-330") && !(r->loss && str_eq(r->b->bad_charset, "replace")))
		encapsulate(c, "B-330", "octets that its character set does not have");
	else if (choose_set(a, lost > 0 ? questions(a, utf8) : utf8, r, c), lost > 0)
		c->lost += lost;
}

/* ---- lines ---- */

struct octets text_wrap(struct arena *a, struct octets in, size_t max)
{
	struct buf *b = buf_in(a, 4 * in.len + 16);
	size_t column = 0, blank = 0; /* where the line may be broken, as a length of b */

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\r' || in.p[i] == '\n') {
			column = blank = 0;
		} else if (++column > max) {
			size_t at = blank != 0 ? blank : b->len, moved = b->len - at;
			char *rest = arena_memdup(a, b->p + at, moved);

			b->len = at;
			buf_puts(b, "\r\n");
			buf_put(b, rest, moved);
			column = moved + 1;
			blank = 0;
		}
		buf_putc(b, in.p[i]);
		if (in.p[i] == ' ')
			blank = b->len;
	}
	return buf_octets(b);
}

/* One line without its end: depth of quotes, and the text behind them and behind stuffing. */
static size_t quote_depth(const uint8_t *p, size_t n, size_t *text)
{
	size_t depth = 0;

	while (depth < n && p[depth] == '>')
		depth++;
	*text = depth + (depth < n && p[depth] == ' ');
	return depth;
}

struct octets text_unflow(struct arena *a, struct octets in, bool unwrap, bool delsp)
{
	struct buf *b = buf_in(a, 2 * in.len + 16);
	bool joined = false; /* the line before goes on */
	size_t before = 0;

	for (size_t i = 0, n; i < in.len; i += n) {
		const uint8_t *nl = memchr(in.p + i, '\n', in.len - i);
		size_t end, text, depth;
		bool flows;

		n = nl != NULL ? (size_t)(nl - in.p) - i + 1 : in.len - i;
		end = nl == NULL ? n : n > 1 && nl[-1] == '\r' ? n - 2 : n - 1;
		depth = quote_depth(in.p + i, end, &text);
		if (!unwrap) { /* the text stays fixed, only the blank that protects a line goes */
			buf_put(b, in.p + i, depth);
			if (depth > 0)
				text = depth;
			buf_put(b, in.p + i + text, n - text);
			continue;
		}
		flows = end > text && in.p[i + end - 1] == ' ' && !(end - text == 3 && memcmp(in.p + i + text, "-- ", 3) == 0);
		if (joined && depth != before && b->len > 0)
			buf_puts(b, "\r\n");
		if (!joined || depth != before) {
			for (size_t k = 0; k < depth; k++)
				buf_putc(b, '>');
			if (depth > 0)
				buf_putc(b, ' ');
		}
		buf_put(b, in.p + i + text, end - text - (flows && delsp));
		if (!flows)
			buf_put(b, in.p + i + end, n - end);
		joined = flows;
		before = depth;
	}
	if (joined)
		buf_puts(b, "\r\n");
	return buf_octets(b);
}

/* ---- to MIME ---- */

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

	if (ascii && rule_id_active("B-144"))
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

/* Designations and shifts removed: what RFC 2157 6.2 puts under charset=x-iso-... */
static struct octets without_escapes(struct arena *a, struct octets in)
{
	struct buf *b = buf_in(a, in.len + 1);

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == 0x1b) {
			for (i++; i < in.len && in.p[i] >= 0x20 && in.p[i] <= 0x2f; i++)
				;
		} else if (in.p[i] != 0x0e && in.p[i] != 0x0f) {
			buf_putc(b, in.p[i]);
		}
	}
	return buf_octets(b);
}

static const char *x_iso_name(struct arena *a, const int *sets, size_t count)
{
	struct buf *b = buf_in(a, 512);

	buf_puts(b, "x-iso");
	for (int last = 0, next; (next = INT_MAX) > 0; last = next) { /* ascending */
		for (size_t i = 0; i < count; i++)
			if (sets[i] > last && sets[i] < next)
				next = sets[i];
		if (next == INT_MAX)
			return arena_strdup(a, buf_str(b));
		buf_printf(b, "-%d", next);
	}
	return NULL;
}

/* B-351: are these one right half, or Unicode in the first place?  Anything else would be recoded. */
static bool is_one_set(const struct iso2022_used *u)
{
	size_t others = 0;

	for (size_t i = 0; i < u->count; i++)
		others += u->ir[i] != 2 && u->ir[i] != 6;
	return others <= 1 || is_japanese(u);
}

bool text_general_to_822(struct arena *a, struct octets in, const int *sets, size_t count, const struct text_rules *r,
                         struct octets *out, const char **charset)
{
	int g1 = str_ieq(r->b->gt_default_g1, "iso-8859-1") ? 0 : iso2022_of_8859(part_of_8859(r->b->gt_default_g1));
	struct iso2022_used used;
	char *utf8;

	if (iso2022_to_utf8(a, in, sets, count, g1, &utf8, &used, NULL) != 0)
		return false;
	if (used.unknown && rule_id_active("B-124") && str_eq(r->b->gt_unknown, "x-iso") && count > 0) {
		*out = without_escapes(a, in);
		*charset = x_iso_name(a, sets, count);
		return true;
	}
	if (used.unknown || (!r->recode && !is_one_set(&used)))
		return false;
	express(a, utf8, charset_for(&used, !has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)})), out, charset);
	return true;
}

static const char *ascii_or(const char *utf8, const char *charset)
{
	return has_high((struct octets){(const uint8_t *)utf8, strlen(utf8)}) ? charset : "us-ascii";
}

void text_teletex_to_822(struct arena *a, struct octets in, const struct text_rules *r, struct octets *out, const char **charset)
{
	char *utf8;
	size_t lost;

	if (str_eq(r->b->teletex_out, "teletex") || !r->recode || !rule_id_active("B-161")) { /* B-160 */
		*out = in;
		*charset = text_is_ia5(in) ? "us-ascii" : "Teletex";
		return;
	}
	if (in.len > 0 && memchr(in.p, '\f', in.len) == in.p + in.len - 1) /* one page needs no end */
		in.len--;
	if (str_eq(r->b->t61_lenient, "latin1") && rule_id_active("B-165") && charset_t61_is_latin1(in) &&
	    charset_to_utf8(a, "ISO-8859-1", in, &utf8, &lost, NULL) == 0) {
		*out = in;
		*charset = "iso-8859-1";
		return;
	}
	utf8 = charset_t61_to_utf8(a, in);
	express(a, utf8, ascii_or(utf8, "ISO-8859-1"), out, charset);
}

void text_iso6937_to_822(struct arena *a, struct octets in, struct octets *out, const char **charset)
{
	char *utf8;
	size_t lost;

	if (charset_to_utf8(a, "ISO_6937", in, &utf8, &lost, NULL) != 0 || lost > 0)
		utf8 = charset_t61_to_utf8(a, in);
	express(a, utf8, ascii_or(utf8, "ISO-8859-1"), out, charset);
}
