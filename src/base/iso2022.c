/*
 * iso2022.c - see iso2022.h.  The table is the part of the ISO International Register that X.400 peers use; the machine
 * replaces the pseudo-code of RFC 2157 appendix A, which has the two locking shifts exchanged (B-125).
 */
#include "base/iso2022.h"

#include <string.h>

#include "base/charset.h"
#include "base/str.h"

enum set_class { SET_94, SET_96, SET_94X94 };

struct set_row {
	int ir;
	enum set_class class;
	unsigned char final;  /* last octet of its designation */
	const char *charset;  /* iconv's name of ASCII with this set in the right half; NULL: see emit_run */
	const char *euc;      /* 94x94: the EUC code that has it in GR */
};

/* By registration number; designations ESC I F with I from the class (ISO 2022 13.2). */
static const struct set_row set_rows[] = {
	{2, SET_94, 0x40, NULL, NULL},
	{6, SET_94, 0x42, NULL, NULL},
	{13, SET_94, 0x49, NULL, NULL},
	{14, SET_94, 0x4a, NULL, NULL},
	{42, SET_94X94, 0x40, NULL, "EUC-JP"},
	{58, SET_94X94, 0x41, NULL, "EUC-CN"},
	{87, SET_94X94, 0x42, NULL, "EUC-JP"},
	{100, SET_96, 0x41, "ISO-8859-1", NULL},
	{101, SET_96, 0x42, "ISO-8859-2", NULL},
	{102, SET_94, 0x75, NULL, NULL},
	{109, SET_96, 0x43, "ISO-8859-3", NULL},
	{110, SET_96, 0x44, "ISO-8859-4", NULL},
	{126, SET_96, 0x46, "ISO-8859-7", NULL},
	{127, SET_96, 0x47, "ISO-8859-6", NULL},
	{138, SET_96, 0x48, "ISO-8859-8", NULL},
	{144, SET_96, 0x4c, "ISO-8859-5", NULL},
	{148, SET_96, 0x4d, "ISO-8859-9", NULL},
	{149, SET_94X94, 0x43, NULL, "EUC-KR"},
	{157, SET_96, 0x56, "ISO-8859-10", NULL},
	{166, SET_96, 0x54, "ISO-8859-11", NULL},
	{171, SET_94X94, 0x47, NULL, "EUC-TW"},
	{179, SET_96, 0x59, "ISO-8859-13", NULL},
	{198, SET_96, 0x5e, "ISO-8859-8", NULL},
	{199, SET_96, 0x5f, "ISO-8859-14", NULL},
	{203, SET_96, 0x62, "ISO-8859-15", NULL},
	{226, SET_96, 0x66, "ISO-8859-16", NULL},
	{227, SET_96, 0x69, "ISO-8859-7", NULL},
};

/* A set that is designated but not in the table. */
static const struct set_row unknown_94 = {-1, SET_94, 0, NULL, NULL}, unknown_96 = {-1, SET_96, 0, NULL, NULL},
                            unknown_94x94 = {-1, SET_94X94, 0, NULL, NULL};

static const struct set_row *row_of_ir(int ir)
{
	for (size_t i = 0; i < ARRAY_LEN(set_rows); i++)
		if (set_rows[i].ir == ir)
			return &set_rows[i];
	return NULL;
}

static const struct set_row *row_of_final(enum set_class class, unsigned char final)
{
	for (size_t i = 0; i < ARRAY_LEN(set_rows); i++)
		if (set_rows[i].class == class && set_rows[i].final == final)
			return &set_rows[i];
	return class == SET_94 ? &unknown_94 : class == SET_96 ? &unknown_96 : &unknown_94x94;
}

const char *iso2022_charset(int ir)
{
	const struct set_row *r = row_of_ir(ir);

	return r != NULL ? r->charset : NULL;
}

int iso2022_of_8859(int part)
{
	static const int ir[] = {0, 100, 101, 109, 110, 144, 127, 126, 138, 148, 157, 166, 0, 179, 199, 203, 226};

	return part > 0 && (size_t)part < ARRAY_LEN(ir) ? ir[part] : 0;
}

/* ---- reading ---- */

struct machine {
	struct arena *a;
	const uint8_t *p, *end;
	const struct set_row *g[4]; /* designated; NULL: nothing yet */
	int gl, gr, single;         /* G set in the left half, the right half, for the next character (-1: none) */
	const struct set_row *run_set;
	struct buf run;             /* octets of one set, waiting for iconv */
	struct buf out;
	int default_g1;
	struct iso2022_used *used;
	struct err *e;
};

static void note_used(struct iso2022_used *u, int ir)
{
	size_t i = 0;

	while (i < u->count && u->ir[i] < ir)
		i++;
	if (ir < 0)
		u->unknown = true;
	else if ((i == u->count || u->ir[i] != ir) && u->count < ISO2022_SETS) {
		memmove(&u->ir[i + 1], &u->ir[i], (u->count - i) * sizeof(u->ir[0]));
		u->ir[i] = ir;
		u->count++;
	}
}

static void put_utf8(struct buf *b, unsigned u)
{
	if (u < 0x80) {
		buf_putc(b, (unsigned char)u);
	} else if (u < 0x800) {
		buf_putc(b, (unsigned char)(0xc0 | u >> 6));
		buf_putc(b, (unsigned char)(0x80 | (u & 0x3f)));
	} else {
		buf_putc(b, (unsigned char)(0xe0 | u >> 12));
		buf_putc(b, (unsigned char)(0x80 | (u >> 6 & 0x3f)));
		buf_putc(b, (unsigned char)(0x80 | (u & 0x3f)));
	}
}

/* The octets gathered for one set become UTF-8. */
static int emit_run(struct machine *m)
{
	const char *charset;
	size_t lost = 0;
	char *text;

	if (m->run.len == 0)
		return 0;
	charset = m->run_set->charset != NULL ? m->run_set->charset : m->run_set->euc;
	TRY(charset_to_utf8(m->a, charset, buf_octets(&m->run), &text, &lost, m->e));
	m->used->lost += lost;
	buf_puts(&m->out, text);
	buf_reset(&m->run);
	return 0;
}

static int put_ascii_like(struct machine *m, const struct set_row *s, unsigned c)
{
	TRY(emit_run(m));
	if (s->ir == 13)
		put_utf8(&m->out, 0xff61 + c - 0x21);
	else if (s->ir == 14 && c == '\\')
		put_utf8(&m->out, 0xa5);
	else if (s->ir == 14 && c == '~')
		put_utf8(&m->out, 0x203e);
	else
		buf_putc(&m->out, (unsigned char)c); /* 2: 2/4 is read as dollar (B-102) */
	return 0;
}

/* One character whose seven bits are c, in set s. */
static int put_char(struct machine *m, const struct set_row *s, unsigned c)
{
	note_used(m->used, s->ir);
	if (s->charset == NULL && s->euc == NULL && s->ir >= 0)
		return put_ascii_like(m, s, c);
	if (s->ir < 0) {
		TRY(emit_run(m));
		put_utf8(&m->out, 0xfffd);
		if (s->class == SET_94X94 && m->p < m->end)
			m->p++;
		return 0;
	}
	if (m->run_set != s)
		TRY(emit_run(m));
	m->run_set = s;
	buf_putc(&m->run, (unsigned char)(c | 0x80));
	if (s->class == SET_94X94 && m->p < m->end)
		buf_putc(&m->run, (unsigned char)(*m->p++ | 0x80));
	return 0;
}

/* UTF-8 from here to ESC 25 40 (when it may return) or to the end. */
static int put_utf8_section(struct machine *m, bool may_return, int ir)
{
	const uint8_t *start = m->p, *stop = m->end;
	size_t lost = 0;
	char *text;

	TRY(emit_run(m));
	for (const uint8_t *q = start; may_return && q + 2 < m->end; q++)
		if (q[0] == 0x1b && q[1] == 0x25 && q[2] == 0x40) {
			stop = q;
			break;
		}
	TRY(charset_to_utf8(m->a, "UTF-8", (struct octets){start, (size_t)(stop - start)}, &text, &lost, m->e));
	m->used->lost += lost;
	note_used(m->used, ir);
	buf_puts(&m->out, text);
	m->p = stop == m->end ? stop : stop + 3;
	return 0;
}

static int other_coding_system(struct machine *m)
{
	static const int level[] = {190, 191, 192};

	if (m->p < m->end && *m->p == 0x2f) {
		m->p++;
		if (m->p < m->end && *m->p >= 0x47 && *m->p <= 0x49) {
			int ir = level[*m->p++ - 0x47];

			return put_utf8_section(m, false, ir);
		}
	} else if (m->p < m->end && *m->p == 0x47) {
		m->p++;
		return put_utf8_section(m, true, 196);
	} else if (m->p < m->end && *m->p == 0x40) {
		m->p++;
		return 0;
	}
	m->used->unknown = true;
	return 0;
}

/* Designation: intermediate i (already read), then the final octet. */
static void designate(struct machine *m, unsigned i)
{
	bool multiple = i == 0x24;
	enum set_class class;

	if (multiple) {
		if (m->p < m->end && *m->p >= 0x28 && *m->p <= 0x2f)
			i = *m->p++;
		else
			i = 0x28; /* ESC 24 40/41/42: the short form, to G0 */
	}
	class = multiple ? SET_94X94 : i >= 0x2d ? SET_96 : SET_94;
	if (m->p < m->end)
		m->g[i & 3] = row_of_final(class, *m->p++);
	if (i >= 0x2c && m->g[i & 3] != NULL && class == SET_94)
		m->g[i & 3] = &unknown_96; /* 2C is not assigned */
}

static int escape(struct machine *m)
{
	unsigned c = m->p < m->end ? *m->p++ : 0;

	if (c == 0x25)
		return other_coding_system(m);
	if (c == 0x24 || (c >= 0x28 && c <= 0x2f)) {
		designate(m, c);
		return 0;
	}
	switch (c) {
	case 0x6e: m->gl = 2; break;
	case 0x6f: m->gl = 3; break;
	case 0x7e: m->gr = 1; break;
	case 0x7d: m->gr = 2; break;
	case 0x7c: m->gr = 3; break;
	case 0x4e: m->single = 2; break;
	case 0x4f: m->single = 3; break;
	default:
		/* C0 (21), C1 (22), announcers (20), revisions (26) and the like: skipped with their final octet (B-126) */
		while (c >= 0x20 && c <= 0x2f && m->p < m->end)
			c = *m->p++;
	}
	return 0;
}

static int control(struct machine *m, unsigned c)
{
	switch (c) {
	case 0x1b: return escape(m);
	case 0x0e: m->gl = 1; return 0;
	case 0x0f: m->gl = 0; return 0;
	case 0x8e: m->single = 2; return 0;
	case 0x8f: m->single = 3; return 0;
	case 0x85:
		TRY(emit_run(m));
		buf_puts(&m->out, "\r\n");
		return 0;
	default:
		TRY(emit_run(m));
		put_utf8(&m->out, c);
		return 0;
	}
}

/* High octets and nothing designated (B-128): the one announced set, else what the caller says. */
static const struct set_row *assumed_g1(const int *declared, size_t count, int default_g1)
{
	const struct set_row *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct set_row *r = row_of_ir(declared[i]);

		if (r != NULL && r->class != SET_94) {
			found = r;
			n++;
		}
	}
	return n == 1 ? found : row_of_ir(default_g1 != 0 ? default_g1 : 100);
}

static int graphic(struct machine *m, unsigned c)
{
	int which = m->single >= 0 ? m->single : c >= 0x80 ? m->gr : m->gl;
	const struct set_row *s = m->g[which];

	m->single = -1;
	if (s == NULL) {
		m->used->lost++;
		TRY(emit_run(m));
		put_utf8(&m->out, 0xfffd);
		return 0;
	}
	/* a 94-set leaves 2/0 and 7/15 to the controls */
	if (s->class != SET_96 && ((c & 0x7f) == 0x20 || (c & 0x7f) == 0x7f)) {
		TRY(emit_run(m));
		buf_putc(&m->out, (unsigned char)(c & 0x7f));
		return 0;
	}
	return put_char(m, s, c & 0x7f);
}

static int run_machine(struct machine *m)
{
	while (m->p < m->end) {
		unsigned c = *m->p++;

		if (c < 0x20 || (c >= 0x80 && c < 0xa0))
			TRY(control(m, c));
		else
			TRY(graphic(m, c));
	}
	return emit_run(m);
}

static bool has_designation_or_high(struct octets in, bool *high)
{
	bool escapes = false;

	*high = false;
	for (size_t i = 0; i < in.len; i++) {
		escapes = escapes || in.p[i] == 0x1b;
		*high = *high || in.p[i] >= 0x80;
	}
	return escapes;
}

int iso2022_to_utf8(struct arena *a, struct octets in, const int *declared, size_t count, int default_g1, char **out,
                    struct iso2022_used *used, struct err *e)
{
	struct machine m = {.a = a, .p = in.p, .end = in.p + in.len, .gr = 1, .single = -1, .used = used, .e = e,
	                    .run = BUF_INIT(in.len * 2 + 16), .out = BUF_INIT(in.len * 6 + 16)};
	bool high;
	int result;

	*used = (struct iso2022_used){0};
	/* raw UTF-8 without any escape sequence (B-229) */
	if (!has_designation_or_high(in, &high) && high && default_g1 == 0 && str_is_utf8(in.p, in.len) &&
	    row_of_ir(100) == assumed_g1(declared, count, 0)) {
		*out = arena_strndup(a, (const char *)in.p, in.len);
		note_used(used, 196);
		return 0;
	}
	m.g[0] = row_of_ir(6);
	m.g[1] = assumed_g1(declared, count, default_g1);
	result = run_machine(&m);
	if (result == 0 && m.out.len > 0 && memchr(m.out.p, 0, m.out.len) != NULL)
		for (size_t i = 0; i < m.out.len; i++) /* a string ends at NUL */
			if (m.out.p[i] == 0)
				m.out.p[i] = ' ';
	*out = arena_strndup(a, m.out.len > 0 ? (const char *)m.out.p : "", m.out.len);
	buf_free(&m.run);
	buf_free(&m.out);
	return result;
}

/* ---- writing ---- */

int iso2022_from_utf8(struct arena *a, const char *in, int ir, struct octets *out, size_t *lost, struct err *e)
{
	const struct set_row *r = row_of_ir(ir);
	struct octets text;
	uint8_t *p;

	if (r == NULL || r->charset == NULL)
		return ERR(e, ERR_CHARSET, "no character set for registration %d", ir);
	TRY(charset_from_utf8(a, r->charset, in, &text, lost, e));
	p = arena_alloc(a, text.len + 6);
	memcpy(p, "\x1b\x28\x42\x1b\x2d", 5);
	p[5] = r->final;
	if (text.len > 0)
		memcpy(p + 6, text.p, text.len);
	*out = (struct octets){p, text.len + 6};
	return 0;
}
