/*
 * codec.c - see fields.h: values of one line as text, and back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "msg/fields.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* ---- numbers ---- */

static const char *word_of(const struct mx_field *f, int64_t n)
{
	return n >= 0 && (uint64_t)n < f->word_count ? f->words[n] : NULL;
}

static char *number_text(struct arena *a, const struct mx_field *f, int64_t n)
{
	const char *word = word_of(f, n);

	if (word == NULL)
		return arena_printf(a, "%lld", (long long)n);
	return f->kind == MX_FIELD_CHOICE ? arena_strdup(a, word) : arena_printf(a, "%s (%lld)", word, (long long)n);
}

static int read_number(const char *text, int64_t *out)
{
	const char *p = text + (*text == '-');

	for (*out = 0; str_is_digit(*p); p++)
		if (__builtin_mul_overflow(*out, (int64_t)10, out) || __builtin_sub_overflow(*out, (int64_t)(*p - '0'), out))
			return -1; /* counted downwards, for the least number has no opposite */
	if (p == text || !str_is_digit(p[-1]) || *p != '\0')
		return -1;
	return *text == '-' ? 0 : __builtin_sub_overflow((int64_t)0, *out, out) ? -1 : 0;
}

/* "urgent (2)", "urgent" or "2". */
static int number_parse(const struct mx_field *f, const char *text, int64_t *out)
{
	size_t n = strcspn(text, " ");

	for (size_t i = 0; i < f->word_count; i++) {
		char suffix[32];
		if (f->words[i] == NULL || strlen(f->words[i]) != n || strncmp(f->words[i], text, n) != 0)
			continue;
		snprintf(suffix, sizeof suffix, " (%zu)", i);
		*out = (int64_t)i;
		return text[n] == '\0' || (f->kind != MX_FIELD_CHOICE && str_eq(text + n, suffix)) ? 0 : -1;
	}
	return read_number(text, out);
}

static int number_set(const struct mx_field *f, void *object, int64_t n)
{
	if ((f->size == 1 && (n < 0 || n > 255)) || (f->size == 4 && f->kind != MX_FIELD_BITS && (n < INT32_MIN || n > INT32_MAX)))
		return -1;
	if (f->kind == MX_FIELD_CHOICE && ((uint64_t)n >= f->word_count || f->words[n] == NULL))
		return -1; /* only values that we know: it is an enum of ours */
	mx_number_set(f, object, n);
	return 0;
}

static int flag_parse(const struct mx_field *f, const char *text, void *object)
{
	bool value = str_eq(text, "TRUE");

	if (!value && !str_eq(text, "FALSE"))
		return -1;
	if (f->kind == MX_FIELD_BIT)
		mx_number_set(f, object, value ? mx_number_get(f, object) | f->mask : mx_number_get(f, object) & ~(int64_t)f->mask);
	else
		*(bool *)mx_member_of(f, object) = value;
	return 0;
}

/* Several bits in one row (those without a name) are a number. */
static bool one_bit(const struct mx_field *f) { return (f->mask & (f->mask - 1)) == 0; }

static int bits_parse_number(const struct mx_field *f, const char *text, void *object)
{
	int64_t n;

	if (read_number(text, &n) != 0 || n < 0 || (n & ~(int64_t)f->mask) != 0)
		return -1;
	mx_number_set(f, object, (mx_number_get(f, object) & ~(int64_t)f->mask) | n);
	return 0;
}

static char *bits_text(struct arena *a, const struct mx_field *f, uint32_t bits)
{
	struct buf *b = buf_in(a, 4096);

	for (unsigned i = 0; i < 32; i++) {
		const char *word = word_of(f, i);
		if ((bits >> i & 1) == 0)
			continue;
		buf_puts(b, b->len > 0 ? " " : "");
		if (word != NULL)
			buf_puts(b, word);
		else
			buf_printf(b, "bit-%u", i);
	}
	return arena_strdup(a, b->len > 0 ? buf_str(b) : "none");
}

static int bit_parse(const struct mx_field *f, const char *word, size_t n, uint32_t *bits)
{
	char digits[4];
	long bit;

	for (size_t i = 0; i < f->word_count; i++)
		if (f->words[i] != NULL && strlen(f->words[i]) == n && strncmp(f->words[i], word, n) == 0) {
			*bits |= 1u << i;
			return 0;
		}
	if (n < 5 || n > 6 || strncmp(word, "bit-", 4) != 0)
		return -1;
	snprintf(digits, sizeof digits, "%.*s", (int)(n - 4), word + 4);
	if (str_to_long(digits, 0, 31, &bit) != 0)
		return -1;
	*bits |= 1u << bit;
	return 0;
}

static int bits_parse(const struct mx_field *f, const char *text, uint32_t *bits)
{
	*bits = 0;
	if (str_eq(text, "none"))
		return 0;
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, " ");
		TRY(bit_parse(f, p, n, bits));
		p += n + (p[n] == ' ');
	}
	return 0;
}

/* ---- times ---- */

static char *time_text(struct arena *a, const struct when *w)
{
	char iso[32], *shown;
	struct when back;

	clock_format_iso(w, iso);
	/* 2024-03-05T09:15:20+00:00 */
	shown = strlen(iso) != 25 ? NULL : arena_printf(a, "%.*s%s", w->no_seconds ? 16 : 19, iso, w->z ? "Z" : iso + 19);
	if (shown != NULL && mx_time_parse(shown, &back) == 0 && back.seconds == w->seconds && back.offset == w->offset)
		return shown;
	/* outside of what a date can say */
	return arena_printf(a, "@%lld %d %d", (long long)w->seconds, w->offset, w->no_seconds << 1 | w->z);
}

#define ODD_TIME_MAX 400000000000 /* beyond the years 0 to 9999, within what clock.c can compute */

static int odd_time_parse(const char *text, struct when *out)
{
	long long seconds;
	int flags, n = 0;

	if (strlen(text) > 40 || sscanf(text, "@%lld %d %d%n", &seconds, &out->offset, &flags, &n) != 3 || text[n] != '\0')
		return -1;
	if (flags < 0 || flags > 3 || out->offset < -1440 || out->offset > 1440 || seconds < -ODD_TIME_MAX || seconds > ODD_TIME_MAX)
		return -1;
	out->seconds = seconds;
	out->no_seconds = flags >> 1;
	out->z = flags & 1;
	out->set = true;
	return 0;
}

int mx_time_parse(const char *text, struct when *out)
{
	char iso[32];
	size_t n = strlen(text);
	bool no_seconds = n > 16 && text[16] != ':';

	*out = (struct when){0};
	if (*text == '@')
		return odd_time_parse(text, out);
	if (n < 17 || n > 25)
		return -1;
	snprintf(iso, sizeof iso, "%.16s%s%s", text, no_seconds ? ":00" : "", text + 16);
	TRY(clock_parse_iso(iso, out));
	out->no_seconds = no_seconds;
	out->z = text[n - 1] == 'Z';
	return 0;
}

/* ---- object identifiers, octets ---- */

int mx_hex_parse(struct buf *out, const char *text, size_t n)
{
	uint8_t octets[256];
	size_t have = 0;

	if (n % 2 != 0)
		return -1;
	for (size_t i = 0; i < n; i += 2) {
		int high = str_hex_digit(text[i]), low = str_hex_digit(text[i + 1]);
		if (high < 0 || low < 0)
			return -1;
		octets[have++] = (uint8_t)(high << 4 | low);
		if (have == sizeof octets || i + 2 == n) {
			buf_put(out, octets, have);
			have = 0;
		}
	}
	return buf_ok(out) ? 0 : -1;
}

char *mx_oid_dump(struct arena *a, const struct mx_oid *oid)
{
	char *text = mx_oid_text(a, oid);
	struct mx_oid back;

	if (mx_oid_parse_text(a, text, &back) == 0 && mx_oid_equal(oid, &back))
		return text;
	text = arena_alloc(a, 2 * oid->der.len + 2);
	*text = '#';
	str_hex(text + 1, oid->der.p, oid->der.len);
	return text;
}

int mx_oid_undump(struct arena *a, const char *text, struct mx_oid *out)
{
	struct buf *b;

	if (*text != '#')
		return mx_oid_parse_text(a, text, out);
	b = buf_in(a, TEXT_MAX);
	TRY(mx_hex_parse(b, text + 1, strlen(text + 1)));
	out->der = (struct octets){arena_memdup(a, b->p != NULL ? b->p : (const uint8_t *)"", b->len), b->len};
	return 0;
}

static char *type_text(struct arena *a, const struct mx_field *f, const void *object)
{
	const struct mx_oid *oid = (const void *)((const char *)object + f->other);
	int64_t n = mx_number_get(f, object);

	if (oid->der.p != NULL)
		return mx_oid_dump(a, oid);
	return n == MX_ABSENT ? arena_strdup(a, "none") : number_text(a, f, n);
}

static int type_parse(struct arena *a, const struct mx_field *f, const char *text, void *object)
{
	struct mx_oid *oid = (void *)((char *)object + f->other);
	int64_t n = MX_ABSENT;

	*oid = (struct mx_oid){{NULL, 0}};
	if (!str_eq(text, "none") && number_parse(f, text, &n) != 0) {
		TRY(mx_oid_undump(a, text, oid));
		n = MX_ABSENT;
	}
	return number_set(f, object, n);
}

/* ---- lists in one line ---- */

static char *integers_text(struct arena *a, const struct mx_any_list *l)
{
	struct buf *b = buf_in(a, TEXT_MAX);

	for (size_t i = 0; i < l->count; i++)
		buf_printf(b, "%s%d", i > 0 ? " " : "", ((const int *)l->items)[i]);
	return arena_strdup(a, buf_str(b));
}

static int integers_parse(struct arena *a, const char *text, struct mx_any_list *l)
{
	*l = (struct mx_any_list){0};
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, " ");
		char digits[16];
		int64_t v;

		if (n >= sizeof digits)
			return -1;
		snprintf(digits, sizeof digits, "%.*s", (int)n, p);
		if (read_number(digits, &v) != 0 || v < INT32_MIN || v > INT32_MAX)
			return -1;
		*(int *)arena_grow(a, &l->items, &l->count, &l->capacity, sizeof(int)) = (int)v;
		l->count++;
		p += n + (p[n] == ' ');
	}
	return l->count > 0 ? 0 : -1;
}

/* ---- EncodedInformationTypes ---- */

char *mx_eits_format(struct arena *a, const void *object)
{
	const struct mx_eits *e = object;
	struct buf *b = buf_in(a, TEXT_MAX);

	if (e->built_in != 0 || e->extended.count == 0)
		buf_puts(b, bits_text(a, mx_eits_built_in, e->built_in));
	for (size_t i = 0; i < e->extended.count; i++)
		buf_printf(b, "%s%s", b->len > 0 ? " " : "", mx_oid_dump(a, &e->extended.items[i]));
	return arena_strdup(a, buf_str(b));
}

int mx_eits_parse(struct arena *a, const char *text, void *object)
{
	struct mx_eits *e = object;

	e->set = true;
	if (str_eq(text, "none"))
		return 0;
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (bit_parse(mx_eits_built_in, p, n, &e->built_in) != 0)
			TRY(mx_oid_undump(a, arena_strndup(a, p, n), ARENA_PUSH(a, &e->extended)));
		p += n + (p[n] == ' ');
	}
	return 0;
}

/* ---- all ---- */

const char *mx_value_text(struct arena *a, const struct mx_field *f, const void *object)
{
	const void *p = mx_member(f, object);
	struct mx_any_list l;

	switch (f->kind) {
	case MX_FIELD_FLAG:
		return *(const bool *)p ? "TRUE" : "FALSE";
	case MX_FIELD_BIT:
		if (one_bit(f))
			return mx_number_get(f, object) & f->mask ? "TRUE" : "FALSE";
		return arena_printf(a, "%lld", (long long)(mx_number_get(f, object) & f->mask));
	case MX_FIELD_CHOICE:
	case MX_FIELD_INTEGER:
		return number_text(a, f, mx_number_get(f, object));
	case MX_FIELD_BITS:
		return bits_text(a, f, (uint32_t)mx_number_get(f, object));
	case MX_FIELD_STRING:
		return *(const char *const *)p;
	case MX_FIELD_TIME:
		return time_text(a, p);
	case MX_FIELD_OID:
		return mx_oid_dump(a, p);
	case MX_FIELD_TYPE:
		return type_text(a, f, object);
	case MX_FIELD_INTEGERS:
		l = mx_list_get(f, object);
		return integers_text(a, &l);
	default:
		return NULL;
	}
}

int mx_value_parse(struct arena *a, const struct mx_field *f, const char *text, void *object)
{
	void *p = mx_member_of(f, object);
	struct mx_any_list l;
	uint32_t bits;
	int64_t n;

	switch (f->kind) {
	case MX_FIELD_FLAG:
		return flag_parse(f, text, object);
	case MX_FIELD_BIT:
		return one_bit(f) ? flag_parse(f, text, object) : bits_parse_number(f, text, object);
	case MX_FIELD_CHOICE:
	case MX_FIELD_INTEGER:
		TRY(number_parse(f, text, &n));
		return number_set(f, object, n);
	case MX_FIELD_BITS:
		TRY(bits_parse(f, text, &bits));
		mx_number_set(f, object, bits);
		return 0;
	case MX_FIELD_STRING:
		*(const char **)p = arena_strdup(a, text);
		return 0;
	case MX_FIELD_TIME:
		return mx_time_parse(text, p);
	case MX_FIELD_OID:
		return mx_oid_undump(a, text, p);
	case MX_FIELD_TYPE:
		return type_parse(a, f, text, object);
	case MX_FIELD_INTEGERS:
		TRY(integers_parse(a, text, &l));
		mx_list_set(f, object, &l);
		return 0;
	default:
		return -1;
	}
}
