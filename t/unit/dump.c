/*
 * dump.t - the text of a message says everything: messages with every member filled by the rows of fields.c come back
 * equal; t/vectors/dump/errors.txt; long values need no memory.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "msg/dump.h"
#include "msg/fields.h"
#include "t/lib/tap.h"

static struct arena *a;
static unsigned counter;
static unsigned seen[MX_FIELD_INTEGERS + 1]; /* kinds of rows that were filled */

/* ---- a value for every row ---- */

static void fill(const struct mx_table *t, void *object, int kind, int depth);

static struct octets some_octets(size_t n)
{
	uint8_t *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(++counter * 37 + i);
	return (struct octets){p, n};
}

static char *some_text(void)
{
	static const char *const forms[] = {"text %u", "say \"%u\"", "back\\slash \x01 %u", "J\xC3\xB6rg %u: \xE2\x82\xAC", "\xFF%u", " %u ",
	                                    "/A=%u/B=$=/"};

	counter++;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return arena_printf(a, forms[counter % ARRAY_LEN(forms)], counter);
#pragma GCC diagnostic pop
}

static struct mx_oid some_oid(void)
{
	if (counter++ % 4 == 0) /* no OBJECT IDENTIFIER */
		return (struct mx_oid){{(const uint8_t *)"\x80\x81", 2}};
	return mx_oid_parse(a, arena_printf(a, "2.6.%u.%u", counter, counter * 1000));
}

static void fill_list(const struct mx_field *f, void *object, int kind, int depth)
{
	struct mx_any_list l = {0};

	if (f->table == mx_octets_table.fields[2].table && depth-- == 0)
		return; /* values in values */
	for (int i = 0; i < 2; i++) {
		char *item = arena_grow(a, &l.items, &l.count, &l.capacity, mx_list_item_size(f));
		l.count++;
		if (f->kind == MX_FIELD_STRINGS)
			*(const char **)(void *)item = some_text();
		else if (f->kind == MX_FIELD_OIDS)
			*(struct mx_oid *)(void *)item = some_oid();
		else if (f->kind == MX_FIELD_INTEGERS)
			*(int *)(void *)item = (int)++counter - 3;
		else
			fill(f->table, item, kind, depth);
	}
	mx_list_set(f, object, &l);
}

static void fill_pointer(const struct mx_field *f, void *object, int depth)
{
	void *inner;

	if (depth == 0)
		return;
	inner = mx_new(a, f->table, MX_MESSAGE);
	fill(f->table, inner, MX_MESSAGE, depth - 1);
	mx_pointer_set(f, object, inner);
}

static void fill_field(const struct mx_field *f, void *object, int kind, int depth)
{
	void *p = mx_member_of(f, object);

	seen[f->kind]++;
	if (f->has != 0)
		mx_flag_set(f->has, object, true);
	switch (f->kind) {
	case MX_FIELD_FLAG:
		*(bool *)p = true;
		break;
	case MX_FIELD_CHOICE:
		mx_number_set(f, object, 1);
		break;
	case MX_FIELD_BIT:
		mx_number_set(f, object, mx_number_get(f, object) | (f->mask & (++counter % 3 == 0 ? 0x28 : 0xff)));
		break;
	case MX_FIELD_INTEGER:
		counter++;
		mx_number_set(f, object, f->word_count > 0 && counter % 2 ? 1 : f->size == 8 ? INT64_MIN : counter % 200 + 7);
		break;
	case MX_FIELD_STRING:
		*(const char **)p = some_text();
		break;
	case MX_FIELD_TIME:
		counter++;
		*(struct when *)p = (struct when){.seconds = 1709630100 + 60 * (int64_t)counter, .set = true, .z = counter % 3 == 0,
		                                  .no_seconds = counter % 2 == 0, .offset = counter % 3 == 1 ? -90 : 0};
		if (counter % 7 == 0)
			((struct when *)p)->seconds = -70000000000;
		break;
	case MX_FIELD_OID:
		*(struct mx_oid *)p = some_oid();
		break;
	case MX_FIELD_TYPE:
		if (++counter % 2 == 0)
			*(struct mx_oid *)(void *)((char *)object + f->other) = some_oid();
		mx_number_set(f, object, counter % 2 == 0 ? MX_ABSENT : (int)(counter % 50));
		break;
	case MX_FIELD_BITS:
		mx_number_set(f, object, 0x80000005);
		break;
	case MX_FIELD_OCTETS:
		*(struct octets *)p = some_octets(counter % 3 == 0 ? 0 : counter % 200);
		break;
	case MX_FIELD_BLOB:
		*(struct blob *)p = counter % 2 ? blob_mem("J\xC3\xB6rg\r\n\"quoted\"\nend", 20) : blob_mem(some_octets(300).p, 300);
		break;
	case MX_FIELD_STRUCT:
	case MX_FIELD_INLINE:
		fill(f->table, p, kind, depth);
		break;
	case MX_FIELD_POINTER:
		fill_pointer(f, object, depth);
		break;
	case MX_FIELD_LIST:
	case MX_FIELD_STRINGS:
	case MX_FIELD_OIDS:
	case MX_FIELD_INTEGERS:
		fill_list(f, object, kind, depth);
		break;
	}
}

static void fill(const struct mx_table *t, void *object, int kind, int depth)
{
	if (t->set != 0)
		mx_flag_set(t->set, object, true);
	for (size_t i = t->is_message ? 1 : 0; i < t->count; i++)
		if (t->fields[i].only == 0 || (t->fields[i].only & 1u << kind) != 0)
			fill_field(&t->fields[i], object, kind, depth);
}

/* ---- there and back ---- */

static char *dump(const struct mx_message *m, bool as_received)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *s = stream_to_buf(a, b);

	mx_dump_with(a, m, &(struct mx_dump_options){.as_received = as_received}, s);
	return stream_finish(s, NULL) == 0 ? arena_strdup(a, buf_str(b)) : NULL;
}

static struct mx_message *parse(const char *text, struct err *e)
{
	struct mx_source s = {.name = "text", .text = {(const uint8_t *)text, strlen(text)}};
	struct mx_dumped d;

	return mx_parse(a, &s, &MX_PARSE_LIMITS_DEFAULT, &d, e) == 0 ? d.message : NULL;
}

static void show_difference(const char *x, const char *y)
{
	size_t n = 0;

	while (x[n] != '\0' && x[n] == y[n])
		n++;
	while (n > 0 && x[n - 1] != '\n')
		n--;
	diag("wanted: %.*s", (int)strcspn(x + n, "\n"), x + n);
	diag("   got: %.*s", (int)strcspn(y + n, "\n"), y + n);
}

static void full_message(enum mx_kind kind)
{
	static const char *const names[] = {"message", "report", "probe"};
	struct mx_message *m = mx_message_new(a, kind), *back;
	struct err e = {0};
	char *text, *again;

	fill(&mx_message_table, m, (int)kind, 2);
	text = dump(m, true);
	back = parse(text, &e);
	if (!ok(back != NULL, "a full %s is read back %s", names[kind], e.detail))
		return;
	ok(mx_equal(&mx_message_table, m, back, true), "a full %s: all members are equal", names[kind]);
	again = dump(back, true);
	if (!ok(str_eq(text, again), "a full %s: the second dump is the same", names[kind]))
		show_difference(text, again);
	text = dump(m, false);
	back = parse(text, &e);
	again = back == NULL ? arena_strdup(a, "") : dump(back, false);
	if (!ok(str_eq(text, again), "a full %s without --as-received: the second dump is the same", names[kind]))
		show_difference(text, again);
}

static void full_octets(void)
{
	struct mx_octets o = {0};
	struct buf *b[2] = {buf_in(a, 1u << 22), buf_in(a, 1u << 22)};
	struct mx_source s = {.name = "octets"};
	struct stream *out[2] = {stream_to_buf(a, b[0]), stream_to_buf(a, b[1])};
	struct mx_dumped d;
	struct err e = {0};

	for (size_t i = 1; i < mx_octets_table.count; i++)
		fill_field(&mx_octets_table.fields[i], &o, MX_MESSAGE, 2);
	mx_dump_octets(a, &o, &(struct mx_dump_options){0}, out[0]);
	s.text = buf_octets(b[0]);
	if (!ok(mx_parse(a, &s, &MX_PARSE_LIMITS_DEFAULT, &d, &e) == 0 && d.octets != NULL, "octets are read back %s", e.detail))
		return;
	ok(mx_equal(&mx_octets_table, &o, d.octets, true), "octets: all members are equal");
	mx_dump_octets(a, d.octets, &(struct mx_dump_options){0}, out[1]);
	is(buf_str(b[1]), buf_str(b[0]), "octets: the second dump is the same");
}

/* Every single member by itself is in the dump. */
static void single_members(const struct mx_table *t, void *(*within)(struct mx_message *m))
{
	for (size_t i = 1; i < t->count; i++) {
		struct mx_message *m = mx_message_new(a, MX_MESSAGE), *back;
		struct err e = {0};

		if (t->fields[i].only != 0 && (t->fields[i].only & MX_IN_MESSAGE) == 0)
			continue;
		fill_field(&t->fields[i], within(m), MX_MESSAGE, 1);
		back = parse(dump(m, true), &e);
		ok(back != NULL && mx_equal(&mx_message_table, m, back, true), "%s: %s alone %s", t->name,
		   t->fields[i].name != NULL ? t->fields[i].name : t->fields[i].table->name, e.detail);
	}
}

static void *whole(struct mx_message *m) { return m; }
static void *heading_of(struct mx_message *m) { return &m->ipm.heading; }
static void *new_recipient(struct mx_message *m) { return mx_add_recipient(a, m); }
static void *new_report_recipient(struct mx_message *m) { return mx_add_report_recipient(a, m); }
static void *new_part(struct mx_message *m) { return mx_add_body_part(a, &m->ipm, MX_BODY_OTHER); }

static void constructors(void)
{
	struct mx_message *m = mx_message_new(a, MX_REPORT);

	is_int(m->envelope.content_type, MX_ABSENT, "a report has no content type");
	is_int(m->envelope.content_length, MX_ABSENT, "no content length");
	is_int(m->ipm.heading.importance, MX_ABSENT, "no importance");
	is_int(mx_message_new(a, MX_PROBE)->envelope.content_type, MX_CONTENT_P22, "a probe is about P22");
	is_int(mx_add_body_part(a, &m->ipm, MX_BODY_IA5)->repertoire, 5, "the repertoire of IA5 text is 5");
	is_int(mx_add_recipient(a, m)->number, 1, "the first recipient is number 1");
}

/* ---- what cannot be read ---- */

/* "name | text with \n | error without "text:"" */
static void errors(void)
{
	size_t n;
	char *file = tap_read_file("t/vectors/dump/errors.txt", &n), *line, *save;

	for (line = strtok_r(file, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *text = strstr(line, " | "), *want = text != NULL ? strstr(text + 3, " | ") : NULL, *to;
		struct err e = {0};
		if (*line == '#' || want == NULL)
			continue;
		*text = *want = '\0';
		text += 3;
		want += 3;
		to = text;
		for (char *from = text; *from != '\0'; from++)
			*to++ = from[0] == '\\' && from[1] == 'n' ? (from++, '\n') : *from;
		*to = '\0';
		(void)!parse(text, &e);
		is(strncmp(e.detail, "text:", 5) == 0 ? e.detail + 5 : e.detail, want, "%s", line);
	}
	free(file);
}

static void limits(void)
{
	struct mx_parse_limits small = {.memory = 100000, .nesting = 3};
	struct mx_dumped d;
	struct buf *b = buf_in(a, 1u << 22);
	struct err e = {0};

	buf_puts(b, "kind: message\n");
	for (int i = 1; i < 1000; i++)
		buf_printf(b, "recipients[%d]: empty\n", i);
	struct mx_source s = {.name = "many", .text = buf_octets(b)};
	ok(mx_parse(a, &s, &small, &d, &e) == -1 && strstr(e.detail, "too much") != NULL, "memory is counted: %s", e.detail);
	b = buf_in(a, 1u << 22);
	for (int i = 0; i < 5; i++)
		buf_puts(b, "body[1].message.");
	buf_puts(b, "kind: message\n");
	s = (struct mx_source){.name = "deep", .text = buf_octets(b)};
	ok(mx_parse(a, &s, &small, &d, &e) == -1 && strstr(e.detail, "too deep") != NULL, "nesting is counted: %s", e.detail);
}

/* ---- long values ---- */

#define LONG_SIZE ((size_t)24 << 20)

static int file_of(void (*put)(struct stream *s), struct blob *out)
{
	struct err e = {0};
	struct stream *s;
	int fd;

	TRY(blob_tempfile(a, NULL, &fd, &e));
	s = stream_to_fd(a, fd, 0);
	put(s);
	TRY(stream_finish(s, &e));
	*out = blob_file(fd, 0, s->written);
	return 0;
}

static void put_binary(struct stream *s)
{
	for (size_t i = 0; i < LONG_SIZE / 64; i++)
		stream_put(s, "\xFF\x00 sixty-four octets that are no text, in one piece of a long part", 64);
}

static void put_text(struct stream *s)
{
	for (size_t i = 0; i < LONG_SIZE / 64; i++)
		stream_puts(s, "sixty-four octets of text, J\xC3\xB6rg, as a line without its end....-");
}

static struct blob long_in;
static void put_dump(struct stream *s)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	mx_add_body_part(a, &m->ipm, MX_BODY_FILE_TRANSFER)->data = long_in;
	mx_dump(a, m, s);
}

/* 24 MB through a parser and a writer whose arena has 2 MB. */
static void long_value(void (*put)(struct stream *s), const char *what)
{
	struct arena *outer = a;
	struct blob text, second;
	struct octets in;
	struct mx_dumped d;
	struct err e = {0};
	bool same;

	if (file_of(put, &long_in) != 0 || file_of(put_dump, &text) != 0 || blob_map(a, &text, &in, &e) != 0)
		exit(1);
	a = arena_new((size_t)2 << 20);
	struct mx_source s = {.name = what, .text = in};
	if (ok(mx_parse(a, &s, &MX_PARSE_LIMITS_DEFAULT, &d, &e) == 0, "%s: read %s", what, e.detail)) {
		ok(blob_equal(&d.message->ipm.body.items[0].data, &long_in), "%s: the same octets", what);
		long_in = d.message->ipm.body.items[0].data;
		same = file_of(put_dump, &second) == 0 && blob_equal(&text, &second);
		ok(same, "%s: the same dump, within 2 MB", what);
	}
	arena_free(a);
	a = outer;
}

int main(void)
{
	a = arena_new(0);
	full_message(MX_MESSAGE);
	full_message(MX_REPORT);
	full_message(MX_PROBE);
	full_octets();
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		ok(seen[i] > 0, "a row of kind %zu was filled", i);
	single_members(&mx_message_table, whole);
	single_members(&mx_heading_table, heading_of);
	single_members(&mx_recipient_table, new_recipient);
	single_members(&mx_report_recipient_table, new_report_recipient);
	single_members(&mx_body_part_table, new_part);
	constructors();
	errors();
	limits();
	long_value(put_binary, "24 MB of octets");
	long_value(put_text, "24 MB of text");
	arena_free(a);
	return tap_done();
}
