/*
 * dump.c - see dump.h.  One walk over the rows of fields.c, two sinks: "path: value" lines and JSON.
 */
#include "msg/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "msg/fields.h"

#define OCTETS_A_LINE 64
#define TEXT_A_LINE 1024 /* longer lines are broken */
#define PIECE 256

struct walk;

/* What can be written.  Names are NULL inside of lists. */
struct sink {
	void (*open)(struct walk *w, const char *name, size_t n); /* a struct; without a name it is item n, from 1 */
	void (*close)(struct walk *w);
	void (*open_list)(struct walk *w, const char *name);
	void (*close_list)(struct walk *w);
	void (*value)(struct walk *w, const struct mx_field *f, const char *name, const char *text);
	void (*octets)(struct walk *w, const char *name, struct octets o, bool may_be_text);
	/* The one-line form of a struct; false: it is opened, and its members follow. */
	bool (*compact)(struct walk *w, const struct mx_table *t, const char *name, const char *text, bool complete);
};

struct walk {
	const struct sink *sink;
	const struct mx_dump_options *options;
	struct stream *out;
	struct json json;
	struct arena *scratch; /* emptied between elements */
	struct mx_fresh fresh;
	int kind;       /* of the message that is being walked */
	unsigned nesting;
	struct buf path; /* "recipients[1]." */
	struct marks {
		struct mark {
			size_t path;
			uint64_t lines;
		} *items;
		size_t count, capacity;
	} marks;
	uint64_t lines;
	size_t item; /* of a list of values */
};

/* ---- text ---- */

static void push(struct walk *w) { *ARENA_PUSH(w->fresh.a, &w->marks) = (struct mark){w->path.len, w->lines}; }

static void text_open(struct walk *w, const char *name, size_t n)
{
	push(w);
	if (name != NULL)
		buf_printf(&w->path, "%s.", name);
	else
		buf_printf(&w->path, "[%zu].", n);
}

/* Something that is there and has nothing to say must be seen too. */
static void text_close(struct walk *w)
{
	const struct mark *m = &w->marks.items[--w->marks.count];

	if (m->lines == w->lines) {
		stream_put(w->out, w->path.p, w->path.len - 1);
		stream_puts(w->out, ": empty\n");
		w->lines++;
	}
	w->path.len = m->path;
}

static void text_open_list(struct walk *w, const char *name)
{
	push(w);
	buf_puts(&w->path, name);
}

static void text_close_list(struct walk *w) { w->path.len = w->marks.items[--w->marks.count].path; }

static void begin_line(struct walk *w, const char *name)
{
	stream_put(w->out, w->path.p, w->path.len);
	if (name != NULL)
		stream_puts(w->out, name);
	else
		stream_printf(w->out, "[%zu]", w->item);
	stream_put(w->out, ": ", 2);
	w->lines++;
}

/* At most max octets, not within a character of UTF-8. */
static size_t piece_of(const uint8_t *p, size_t n, size_t max)
{
	size_t len = MIN_OF(n, max);

	for (int back = 0; len < n && back < 3 && len > 1 && (p[len] & 0xc0) == 0x80; back++)
		len--;
	return len;
}

static void put_quoted(struct walk *w, const uint8_t *p, size_t n)
{
	char shown[4 * PIECE + 1];

	stream_put(w->out, "\"", 1);
	while (n > 0) {
		size_t len = piece_of(p, n, PIECE);
		str_printable(shown, sizeof shown, p, len);
		stream_puts(w->out, shown);
		p += len;
		n -= len;
	}
	stream_put(w->out, "\"", 1);
}

static void text_value(struct walk *w, const struct mx_field *f, const char *name, const char *text)
{
	begin_line(w, name);
	if (f->kind == MX_FIELD_STRING || f->kind == MX_FIELD_STRINGS)
		put_quoted(w, (const uint8_t *)text, strlen(text));
	else
		stream_puts(w->out, text);
	stream_put(w->out, "\n", 1);
}

/* How much of a value goes into its next line. */
static size_t line_of(const uint8_t *p, size_t n, bool text)
{
	const uint8_t *end;
	size_t len;

	if (!text)
		return MIN_OF(n, (size_t)OCTETS_A_LINE);
	len = piece_of(p, n, TEXT_A_LINE);
	end = memchr(p, '\n', len);
	return end == NULL ? len : (size_t)(end - p) + 1;
}

static bool is_text(struct octets o) { return memchr(o.p, '\0', o.len) == NULL && str_is_utf8(o.p, o.len); }

static void text_octets(struct walk *w, const char *name, struct octets o, bool may_be_text)
{
	bool text = o.len == 0 || (may_be_text && is_text(o));
	size_t len, shown = w->options->cut > 0 && w->options->cut < o.len ? w->options->cut : o.len;
	char hex[2 * OCTETS_A_LINE + 1];

	for (size_t off = 0; off < shown || off == 0; off += len) {
		begin_line(w, name);
		len = line_of(o.p + off, shown - off, text);
		if (text) {
			put_quoted(w, o.p + off, len);
		} else {
			str_hex(hex, o.p + off, len);
			stream_puts(w->out, hex);
		}
		stream_put(w->out, "\n", 1);
		if (shown == 0)
			break;
	}
	if (shown < o.len) {
		begin_line(w, name);
		stream_printf(w->out, "... (%zu octets)\n", o.len);
	}
}

static bool text_compact(struct walk *w, const struct mx_table *t, const char *name, const char *text, bool complete)
{
	if (!complete) {
		text_open(w, name, w->item);
		return false;
	}
	begin_line(w, name);
	if (t->words)
		stream_puts(w->out, text);
	else
		put_quoted(w, (const uint8_t *)text, strlen(text));
	stream_put(w->out, "\n", 1);
	return true;
}

static const struct sink text_sink = {text_open,  text_close,  text_open_list, text_close_list,
                                      text_value, text_octets, text_compact};

/* ---- JSON ---- */

static void to_json_open(struct walk *w, const char *name, size_t n UNUSED) { json_object(&w->json, name); }
static void to_json_close(struct walk *w) { json_end_object(&w->json); }
static void to_json_open_list(struct walk *w, const char *name) { json_array(&w->json, name); }
static void to_json_close_list(struct walk *w) { json_end_array(&w->json); }

/* A list in one line. */
static void to_json_words(struct walk *w, const struct mx_field *f, const char *name, const char *text)
{
	json_array(&w->json, name);
	for (const char *p = str_eq(text, "none") ? "" : text; *p != '\0';) {
		size_t n = strcspn(p, " ");
		char word[64];

		snprintf(word, sizeof word, "%.*s", (int)n, p);
		if (f->kind == MX_FIELD_INTEGERS)
			json_int(&w->json, NULL, strtoll(word, NULL, 10));
		else
			json_string(&w->json, NULL, word);
		p += n + (p[n] == ' ');
	}
	json_end_array(&w->json);
}

static void to_json_value(struct walk *w, const struct mx_field *f, const char *name, const char *text)
{
	switch (f->kind) {
	case MX_FIELD_FLAG:
		json_bool(&w->json, name, str_eq(text, "TRUE"));
		break;
	case MX_FIELD_BIT:
		if (*text == 'T' || *text == 'F')
			json_bool(&w->json, name, *text == 'T');
		else
			json_int(&w->json, name, strtoll(text, NULL, 10));
		break;
	case MX_FIELD_INTEGER:
		if (f->word_count == 0) {
			json_int(&w->json, name, strtoll(text, NULL, 10));
			break;
		}
		json_string_n(&w->json, name, text, strcspn(text, " ")); /* without the number behind the word */
		break;
	case MX_FIELD_TYPE:
		json_string_n(&w->json, name, text, strcspn(text, " "));
		break;
	case MX_FIELD_INTEGERS:
	case MX_FIELD_BITS:
		to_json_words(w, f, name, text);
		break;
	default:
		json_string(&w->json, name, text);
		break;
	}
}

static void to_json_octets(struct walk *w, const char *name, struct octets o, bool may_be_text)
{
	if (!may_be_text) {
		json_hex(&w->json, name, o.p, o.len);
		return;
	}
	json_object(&w->json, name);
	json_int(&w->json, "octets", (int64_t)o.len);
	json_hex(&w->json, "hex", o.p, o.len);
	if (is_text(o))
		json_string_n(&w->json, "text", o.p, o.len);
	json_end_object(&w->json);
}

static bool to_json_compact(struct walk *w, const struct mx_table *t UNUSED, const char *name, const char *text, bool complete UNUSED)
{
	json_object(&w->json, name);
	json_string(&w->json, "text", text);
	return false;
}

static const struct sink json_sink = {to_json_open,  to_json_close,  to_json_open_list, to_json_close_list,
                                      to_json_value, to_json_octets, to_json_compact};

/* ---- the walk ---- */

static void walk_members(struct walk *w, const struct mx_table *t, const void *object, const void *fresh);

static void walk_object(struct walk *w, const struct mx_table *t, const void *object)
{
	int outer = w->kind;

	if (t->is_message)
		w->kind = (int)((const struct mx_message *)object)->kind;
	walk_members(w, t, object, mx_fresh(&w->fresh, t, w->kind));
	w->kind = outer;
}

/* A struct under a name, or item n of a list. */
static void walk_struct(struct walk *w, const struct mx_table *t, const char *name, size_t n, const void *object, const void *fresh)
{
	if (t->format != NULL) {
		const char *text = t->format(w->scratch, object);
		void *back = mx_new(w->scratch, t, w->kind);
		bool complete = t->parse(w->scratch, text, back) == 0 && mx_equal(t, object, back, true);

		w->item = n;
		if (w->sink->compact(w, t, name, text, complete))
			return;
	} else {
		w->sink->open(w, name, n);
	}
	walk_members(w, t, object, fresh);
	w->sink->close(w);
}

static void walk_list(struct walk *w, const struct mx_field *f, const void *object)
{
	struct mx_any_list l = mx_list_get(f, object);

	w->sink->open_list(w, f->name);
	for (size_t i = 0; i < l.count; i++) {
		const char *item = (const char *)l.items + i * mx_list_item_size(f);

		w->item = i + 1;
		if (f->kind == MX_FIELD_STRINGS) {
			w->sink->value(w, f, NULL, *(const char *const *)(const void *)item);
		} else if (f->kind == MX_FIELD_OIDS) {
			w->sink->value(w, f, NULL, mx_oid_dump(w->scratch, (const void *)item));
		} else {
			walk_struct(w, f->table, NULL, i + 1, item, mx_fresh(&w->fresh, f->table, w->kind));
		}
	}
	w->sink->close_list(w);
}

static void walk_pointer(struct walk *w, const struct mx_field *f, const void *object)
{
	w->sink->open(w, f->name, 0);
	w->nesting++;
	walk_object(w, f->table, mx_pointer_get(f, object));
	w->nesting--;
	w->sink->close(w);
}

/* A file is mapped, and let go at once: file pages, not memory. */
static void walk_blob(struct walk *w, const struct mx_field *f, const struct blob *b)
{
	struct arena *a = arena_new(0);
	struct octets o;
	struct err e;

	if (blob_map(a, b, &o, &e) != 0)
		stream_fail(w->out, &e);
	else
		w->sink->octets(w, f->name, o, true);
	arena_free(a);
}

static void walk_field(struct walk *w, const struct mx_field *f, const void *object, const void *fresh)
{
	const void *p = mx_member(f, object);

	switch (f->kind) {
	case MX_FIELD_STRUCT:
		walk_struct(w, f->table, f->name, 0, p, mx_member(f, fresh));
		break;
	case MX_FIELD_INLINE:
		walk_members(w, f->table, p, mx_member(f, fresh));
		break;
	case MX_FIELD_POINTER:
		walk_pointer(w, f, object);
		break;
	case MX_FIELD_LIST:
	case MX_FIELD_STRINGS:
	case MX_FIELD_OIDS:
		walk_list(w, f, object);
		break;
	case MX_FIELD_OCTETS:
		w->sink->octets(w, f->name, *(const struct octets *)p, false);
		break;
	case MX_FIELD_BLOB:
		walk_blob(w, f, p);
		break;
	default:
		w->sink->value(w, f, f->name, mx_value_text(w->scratch, f, object));
		break;
	}
}

/* Written is what differs from a new object, so that the parser, which starts with one, ends with the same. */
static bool is_there(const struct walk *w, const struct mx_field *f, const void *object, const void *fresh)
{
	unsigned kind = 1u << w->kind;

	if ((f->only != 0 && (f->only & kind) == 0) || mx_field_hidden(f, object, w->options->as_received))
		return false;
	/* a message inside is one: no word needed */
	if (f == &mx_message_table.fields[0] && w->nesting > 0 && w->kind == MX_MESSAGE)
		return false;
	return (f->always & kind) != 0 || !mx_field_equal(f, object, fresh, w->options->as_received);
}

static void walk_members(struct walk *w, const struct mx_table *t, const void *object, const void *fresh)
{
	for (size_t i = 0; i < t->count; i++) {
		struct arena *outer = w->scratch;

		if (!is_there(w, &t->fields[i], object, fresh))
			continue;
		if (t->fields[i].kind == MX_FIELD_LIST || arena_used(outer) > 1u << 20)
			w->scratch = arena_new(0);
		walk_field(w, &t->fields[i], object, fresh);
		if (w->scratch != outer) {
			arena_free(w->scratch);
			w->scratch = outer;
		}
	}
}

static void dump_root(struct arena *a, const struct mx_table *t, const void *root, const struct mx_dump_options *options, struct stream *out)
{
	struct walk w = {.sink = options->json ? &json_sink : &text_sink, .options = options, .out = out,
	                 .json = JSON_INIT(out), .scratch = arena_new(0), .path = BUF_INIT(1u << 20), .fresh.a = a};

	if (options->json)
		json_object(&w.json, NULL);
	walk_object(&w, t, root);
	if (options->json)
		json_end_object(&w.json);
	arena_free(w.scratch);
	buf_free(&w.path);
}

void mx_dump_with(struct arena *a, const struct mx_message *m, const struct mx_dump_options *options, struct stream *out)
{
	dump_root(a, &mx_message_table, m, options, out);
}

void mx_dump_octets(struct arena *a, const struct mx_octets *o, const struct mx_dump_options *options, struct stream *out)
{
	dump_root(a, &mx_octets_table, o, options, out);
}

void mx_dump(struct arena *a, const struct mx_message *m, struct stream *out)
{
	mx_dump_with(a, m, &(struct mx_dump_options){0}, out);
}
