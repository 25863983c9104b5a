/*
 * parse.c - see dump.h: the text of a dump back into a central message, by the rows of fields.c.
 *
 * Lines may stand in any order, but the items of a list are numbered in theirs.  Any text may come: every line ends in the
 * message or in an error with its place; memory is counted, long octets go to a temporary file.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "msg/dump.h"
#include "msg/fields.h"

#define HELD_MAX 65536 /* longer values are in the temporary file */
#define PATH_MAX_OCTETS 65536

struct place {
	const struct mx_field *field;
	void *object;
	const struct mx_table *table; /* of object */
	size_t item;                  /* from 1, of a list of values; 0: the field itself */
	int kind;                     /* of the message around */
};

struct parser {
	struct arena *a;
	struct mx_source *source;
	const struct mx_parse_limits *limits;
	struct err *e;
	struct mx_dumped *root;
	struct mx_fresh fresh;
	size_t memory;
	bool replace; /* what is given already */
	const char *line, *end; /* the present one, without its line feed */
	/* octets that go on in the next line */
	struct octets open_path;
	struct place open;
	struct buf held;
	struct stream *file;
	int fd;
	uint64_t start, length; /* of the open value in the file; length 0: still in held */
};

static int fail(struct parser *p, const char *at, const char *text) MUST_USE;
static int fail(struct parser *p, const char *at, const char *text)
{
	return ERR(p->e, ERR_DUMP_SYNTAX, "%s:%zu:%zu: %s", p->source->name, p->source->line, (size_t)(at - p->line) + 1, text);
}

static int fail_name(struct parser *p, const char *at, size_t n, const char *text) MUST_USE;
static int fail_name(struct parser *p, const char *at, size_t n, const char *text)
{
	char shown[200];

	str_printable(shown, sizeof shown, at, MIN_OF(n, (size_t)48));
	return fail(p, at, arena_printf(p->a, "%s \"%s\"", text, shown));
}

static int account(struct parser *p, const char *at, size_t n)
{
	p->memory += n;
	return p->memory > p->limits->memory ? fail(p, at, "too much for one message") : 0;
}

/* ---- the path ---- */

/* The field at s by the longest name; objects that stand inline are looked into. */
static size_t find_field(const char *s, const char *end, const struct mx_table *t, void *object, int kind, struct place *out)
{
	size_t best = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct mx_field *f = &t->fields[i];
		size_t n;

		if (f->only != 0 && (f->only & 1u << kind) == 0)
			continue;
		if (f->kind == MX_FIELD_INLINE) {
			struct place inner;
			n = find_field(s, end, f->table, mx_member_of(f, object), kind, &inner);
			if (n > best) {
				best = n;
				*out = inner;
			}
			continue;
		}
		n = strlen(f->name);
		if (n > best && (size_t)(end - s) >= n && memcmp(s, f->name, n) == 0 &&
		    (s + n == end || s[n] == '.' || s[n] == '[')) {
			best = n;
			*out = (struct place){.field = f, .object = object, .table = t, .kind = kind};
		}
	}
	return best;
}

/* "[12]" */
static int read_index(struct parser *p, const char **s, const char *end, size_t *out)
{
	const char *at = *s, *c = at + 1;

	if (at == end || *at != '[')
		return fail(p, at, "a number in brackets is missing");
	for (*out = 0; c < end && str_is_digit(*c) && c - at < 10; c++)
		*out = *out * 10 + (size_t)(*c - '0');
	if (c == at + 1 || c == end || *c != ']' || *out == 0 || at[1] == '0')
		return fail(p, at, "no list index");
	*s = c + 1;
	return 0;
}

/* Item n of a list, made when it is the next one. */
static int take_item(struct parser *p, const char *at, struct place *w, size_t n, void **item)
{
	struct mx_any_list l = mx_list_get(w->field, w->object);
	size_t size = mx_list_item_size(w->field);

	if (n > l.count + 1)
		return fail(p, at, arena_printf(p->a, "item %zu stands before item %zu", n, l.count + 1));
	if (n == l.count + 1) {
		TRY(account(p, at, 2 * size));
		(void)!arena_grow(p->a, &l.items, &l.count, &l.capacity, size);
		l.count++;
		mx_list_set(w->field, w->object, &l);
		if (w->field->kind == MX_FIELD_LIST) {
			mx_init(w->field->table, w->kind, (char *)l.items + (n - 1) * size);
			if (w->field->table->set != 0)
				mx_flag_set(w->field->table->set, (char *)l.items + (n - 1) * size, true);
		}
	} else if (w->field->kind != MX_FIELD_LIST && !p->replace) {
		return fail(p, at, "given twice");
	}
	*item = (char *)l.items + (n - 1) * size;
	return 0;
}

static void mark_present(const struct place *w)
{
	const struct mx_field *f = w->field;

	if (f->has != 0)
		mx_flag_set(f->has, w->object, true);
	if (f->kind == MX_FIELD_STRUCT && f->table->set != 0)
		mx_flag_set(f->table->set, mx_member_of(f, w->object), true);
}

/* The struct that a step leads into; *item is where the path goes on behind an index. */
static int step_into(struct parser *p, const char *at, const char **s, const char *end, struct place *w, void **inner)
{
	const struct mx_field *f = w->field;
	size_t n;

	switch (f->kind) {
	case MX_FIELD_STRUCT:
		*inner = mx_member_of(f, w->object);
		return 0;
	case MX_FIELD_POINTER:
		*inner = mx_pointer_get(f, w->object);
		if (*inner == NULL) {
			TRY(account(p, at, f->table->size));
			*inner = mx_new(p->a, f->table, MX_MESSAGE);
			mx_pointer_set(f, w->object, *inner);
		}
		return 0;
	case MX_FIELD_LIST:
		TRY(read_index(p, s, end, &n));
		return take_item(p, at, w, n, inner);
	default:
		*inner = NULL;
		return 0;
	}
}

/* Where the path leads.  *inner: the struct itself that it names, or NULL when it names a value. */
static int find_place(struct parser *p, const char *s, const char *end, struct place *out, void **inner)
{
	const struct mx_table *t = p->root->message != NULL ? &mx_message_table : &mx_octets_table;
	void *object = p->root->message != NULL ? (void *)p->root->message : p->root->octets;
	int kind = p->root->message != NULL ? (int)p->root->message->kind : MX_MESSAGE;
	unsigned nesting = 0;

	for (;;) {
		const char *at = s;
		size_t n = find_field(s, end, t, object, kind, out);

		if (n == 0)
			return fail_name(p, s, (size_t)(end - s), "no element");
		s += n;
		mark_present(out);
		TRY(step_into(p, at, &s, end, out, inner));
		if (s == end || *inner == NULL)
			break;
		if (*s != '.')
			return fail_name(p, s, (size_t)(end - s), "a dot is missing before");
		if ((out->field->kind == MX_FIELD_POINTER || out->field->table == t) && ++nesting > p->limits->nesting)
			return fail(p, at, "nested too deep");
		s++;
		t = out->field->table;
		object = *inner;
		if (t->is_message)
			kind = (int)((const struct mx_message *)object)->kind;
	}
	if (*inner == NULL && (out->field->kind == MX_FIELD_STRINGS || out->field->kind == MX_FIELD_OIDS))
		TRY(read_index(p, &s, end, &out->item));
	return s == end ? 0 : fail_name(p, s, (size_t)(end - s), "nothing is below a value:");
}

/* ---- values ---- */

/* The text between the first and the last quote of the line, \xHH taken back; into p->held. */
static int unquote(struct parser *p, const char *s)
{
	const char *last = p->end - 1, *from = s + 1;

	if (last <= s || *last != '"')
		return fail(p, s, "the closing quote is missing");
	for (const char *c = from; c < last; c++) {
		int high, low;
		if (*c != '\\')
			continue;
		buf_put(&p->held, from, (size_t)(c - from));
		high = last - c > 3 && c[1] == 'x' ? str_hex_digit(c[2]) : -1;
		low = high >= 0 ? str_hex_digit(c[3]) : -1;
		if (low < 0)
			return fail(p, c, "after a backslash comes x and two hexadecimal digits");
		buf_putc(&p->held, (unsigned char)(high << 4 | low));
		c += 3;
		from = c + 1;
	}
	buf_put(&p->held, from, (size_t)(last - from));
	return buf_ok(&p->held) ? 0 : fail(p, s, "line too long");
}

static int read_string(struct parser *p, const char *s, const char **out)
{
	if (s == p->end || *s != '"')
		return fail(p, s, "text in quotes is missing");
	buf_reset(&p->held);
	TRY(unquote(p, s));
	TRY(account(p, s, p->held.len + 1));
	if (p->held.len > 0 && memchr(p->held.p, '\0', p->held.len) != NULL)
		return fail(p, s, "a text cannot hold a zero octet");
	*out = arena_strdup(p->a, buf_str(&p->held));
	return 0;
}

/* Ends the value that was open: its octets are known now. */
static int close_value(struct parser *p)
{
	struct blob b;
	struct octets o;

	if (p->open_path.p == NULL)
		return 0;
	p->open_path.p = NULL;
	if (p->length > 0) {
		TRY(stream_finish(p->file, p->e));
		b = blob_file(p->fd, (off_t)p->start, p->length);
	} else {
		TRY(account(p, p->line, p->held.len));
		b = blob_mem(arena_memdup(p->a, p->held.p != NULL ? p->held.p : (const uint8_t *)"", p->held.len), p->held.len);
	}
	if (p->open.field->kind == MX_FIELD_BLOB) {
		*(struct blob *)mx_member_of(p->open.field, p->open.object) = b;
		return 0;
	}
	TRY(blob_map(p->a, &b, &o, p->e));
	*(struct octets *)mx_member_of(p->open.field, p->open.object) = o;
	return 0;
}

/* What is held goes to the file when it gets long. */
static int spill(struct parser *p)
{
	if (p->length == 0 && p->held.len <= HELD_MAX)
		return 0;
	if (p->file == NULL) {
		TRY(blob_tempfile(p->a, p->source->dir, &p->fd, p->e));
		p->file = stream_to_fd(p->a, p->fd, 0);
	}
	if (p->length == 0)
		p->start = p->file->written;
	p->length += p->held.len;
	stream_put(p->file, p->held.p, p->held.len);
	buf_reset(&p->held);
	return p->file->err.id == ERR_NONE ? 0 : stream_finish(p->file, p->e);
}

static int add_octets(struct parser *p, const char *s)
{
	if (s < p->end && *s == '"')
		TRY(unquote(p, s));
	else if (p->end - s > 3 && memcmp(s, "...", 3) == 0)
		return fail(p, s, "this dump was cut for people");
	else if (s == p->end || mx_hex_parse(&p->held, s, (size_t)(p->end - s)) != 0)
		return fail(p, s, "neither hexadecimal digits nor text in quotes");
	return spill(p);
}

static bool is_given(struct parser *p, const struct place *w)
{
	const void *fresh = mx_fresh(&p->fresh, w->table, w->kind);

	if (w->field->kind == MX_FIELD_TYPE) /* its initial value depends on the message */
		return ((const struct mx_oid *)(const void *)((const char *)w->object + w->field->other))->der.p != NULL;
	return w->item == 0 && w->field->has == 0 && !mx_field_equal(w->field, w->object, fresh, true);
}

/* kind: everything else depends on it. */
static int set_kind(struct parser *p, const struct place *w, const char *at, const char *text)
{
	struct mx_message *m = w->object, wanted = *m;

	if (mx_value_parse(p->a, w->field, text, &wanted) != 0)
		return fail_name(p, at, strlen(text), "no such kind:");
	if (!mx_equal(&mx_message_table, m, mx_fresh(&p->fresh, &mx_message_table, (int)m->kind), true))
		return fail(p, p->line, "the kind stands first");
	mx_message_table.adapt(m, (int)wanted.kind);
	return 0;
}

static int take_list_value(struct parser *p, struct place *w, const char *s)
{
	void *item;
	char *text;

	TRY(take_item(p, p->line, w, w->item, &item));
	if (w->field->kind == MX_FIELD_STRINGS)
		return read_string(p, s, item);
	text = arena_strndup(p->a, s, (size_t)(p->end - s));
	TRY(account(p, s, 2 * strlen(text)));
	return mx_oid_undump(p->a, text, item) == 0 ? 0 : fail_name(p, s, strlen(text), "no object identifier:");
}

static int take_value(struct parser *p, struct place *w, const char *path, size_t path_len, const char *s)
{
	const struct mx_field *f = w->field;
	char *text;

	if (f->kind == MX_FIELD_STRINGS || f->kind == MX_FIELD_OIDS)
		return take_list_value(p, w, s);
	if (!p->replace && is_given(p, w))
		return fail(p, p->line, "given twice");
	if (f->kind == MX_FIELD_STRING)
		return read_string(p, s, (const char **)mx_member_of(f, w->object));
	if (f->kind == MX_FIELD_OCTETS || f->kind == MX_FIELD_BLOB) {
		p->open = *w;
		p->open_path = (struct octets){(const uint8_t *)path, path_len};
		p->length = 0;
		buf_reset(&p->held);
		return add_octets(p, s);
	}
	text = arena_strndup(p->a, s, (size_t)(p->end - s));
	TRY(account(p, s, 2 * strlen(text)));
	if (w->table->is_message && f->offset == offsetof(struct mx_message, kind))
		return set_kind(p, w, s, text);
	return mx_value_parse(p->a, f, text, w->object) == 0 ? 0 : fail_name(p, s, strlen(text), "no value of this element:");
}

/* A struct in one line; "empty" for one that has nothing to say. */
static int take_struct(struct parser *p, struct place *w, void *inner, const char *s)
{
	const struct mx_table *t = w->field->table;
	const char *text = NULL;

	if (t->format == NULL || (p->end - s == 5 && memcmp(s, "empty", 5) == 0 && t->words == false))
		return p->end - s == 5 && memcmp(s, "empty", 5) == 0 ? 0 : fail(p, s, "its members have lines of their own");
	if (!p->replace && !mx_equal(t, inner, mx_fresh(&p->fresh, t, w->kind), true))
		return fail(p, p->line, "given twice");
	memcpy(inner, mx_fresh(&p->fresh, t, w->kind), t->size);
	if (!t->words)
		TRY(read_string(p, s, &text));
	else
		text = arena_strndup(p->a, s, (size_t)(p->end - s));
	TRY(account(p, s, 4 * strlen(text)));
	return t->parse(p->a, text, inner) == 0 ? 0 : fail_name(p, s, (size_t)(p->end - s), "no value of this element:");
}

/* ---- lines ---- */

static int take_line(struct parser *p)
{
	const char *colon = memchr(p->line, ':', (size_t)(p->end - p->line)), *s;
	struct place w;
	void *inner;

	if (colon == NULL || colon - p->line > PATH_MAX_OCTETS)
		return fail(p, p->line, "neither \"path: value\" nor a comment");
	s = colon + 1;
	while (s < p->end && *s == ' ')
		s++;
	if (p->open_path.p != NULL && (size_t)(colon - p->line) == p->open_path.len &&
	    memcmp(p->line, p->open_path.p, p->open_path.len) == 0)
		return add_octets(p, s);
	TRY(close_value(p));
	TRY(find_place(p, p->line, colon, &w, &inner));
	return inner != NULL ? take_struct(p, &w, inner, s) : take_value(p, &w, p->line, (size_t)(colon - p->line), s);
}

/* The next line that says something; false: the end. */
static bool next_line(struct parser *p, bool first)
{
	struct mx_source *in = p->source;

	while (in->at < in->text.len) {
		const char *start = (const char *)in->text.p + in->at;
		const char *end = memchr(start, '\n', in->text.len - in->at);
		size_t n = end != NULL ? (size_t)(end - start) : in->text.len - in->at;

		if (!first && n > 5 && memcmp(start, "kind:", 5) == 0)
			return false;
		in->at += n + (end != NULL);
		in->line++;
		if (n > 0 && start[n - 1] == '\r')
			n--;
		p->line = start;
		p->end = start + n;
		if (n > 0 && *start != '#')
			return true;
	}
	return false;
}

int mx_parse(struct arena *a, struct mx_source *s, const struct mx_parse_limits *limits, struct mx_dumped *out, struct err *e)
{
	struct parser p = {.a = a, .source = s, .limits = limits, .e = e, .root = out, .fresh.a = a, .held = BUF_INIT(limits->memory), .fd = -1};
	int rc = 0;

	*out = (struct mx_dumped){NULL, NULL};
	if (!next_line(&p, true))
		return 1;
	if (p.end - p.line == 12 && memcmp(p.line, "kind: octets", 12) == 0)
		out->octets = mx_new(a, &mx_octets_table, MX_MESSAGE);
	else
		out->message = mx_message_new(a, MX_MESSAGE);
	do
		rc = take_line(&p);
	while (rc == 0 && next_line(&p, false));
	if (rc == 0)
		rc = close_value(&p);
	buf_free(&p.held);
	return rc;
}

int mx_parse_line(struct arena *a, struct mx_message *m, const char *line, struct err *e)
{
	struct mx_source s = {.name = "line", .text = {(const uint8_t *)line, strlen(line)}};
	struct mx_dumped root = {.message = m};
	struct parser p = {.a = a, .source = &s, .limits = &MX_PARSE_LIMITS_DEFAULT, .e = e, .root = &root, .fresh.a = a,
	                   .held = BUF_INIT(strlen(line) + 1), .fd = -1, .replace = true};
	int rc = 0;

	if (next_line(&p, true))
		rc = take_line(&p);
	if (rc == 0)
		rc = close_value(&p);
	buf_free(&p.held);
	return rc;
}
