/* structure.c - see structure.h. */
#include "mime/structure.h"

#include <string.h>

#include "base/str.h"
#include "mime/field.h"
#include "mime/guard.h"
#include "mime/param.h"

/* An entity whose end has not been seen, inside the ones before it. */
struct open_entity {
	struct mime_entity *m;
	size_t start, body;   /* places of header and body */
	const char *boundary; /* of a multipart until its close-delimiter, else NULL */
	size_t boundary_len;
};

struct walk {
	struct arena *a;
	const struct blob *in;
	struct octets o;
	struct mime_guard guard;
	struct {
		struct open_entity *items;
		size_t count, capacity;
	} open;
	size_t at; /* beginning of a line, always */
	size_t passed; /* of blob_passed */
};

enum delimiter { NO_DELIMITER, DELIMITER, CLOSE_DELIMITER };

static size_t line_end(const struct walk *w, size_t from)
{
	const uint8_t *p = memchr(w->o.p + from, '\n', w->o.len - from);

	return p == NULL ? w->o.len : (size_t)(p - w->o.p) + 1;
}

static bool only_blanks(const uint8_t *p, size_t n)
{
	while (n > 0 && mime_is_blank((char)*p)) {
		p++;
		n--;
	}
	return n == 0;
}

/* Does the line from..to end or divide an open multipart?  The innermost that fits, its place in *level. */
static enum delimiter find_delimiter(const struct walk *w, size_t from, size_t to, size_t *level)
{
	const uint8_t *p = w->o.p + from;
	size_t n = to - from;

	if (n < 2 || p[0] != '-' || p[1] != '-')
		return NO_DELIMITER;
	for (size_t i = w->open.count; i-- > 0;) {
		const struct open_entity *o = &w->open.items[i];
		size_t len = o->boundary_len;
		if (o->boundary == NULL || n - 2 < len || memcmp(p + 2, o->boundary, len) != 0)
			continue;
		*level = i;
		if (n - 2 - len >= 2 && p[2 + len] == '-' && p[3 + len] == '-' && only_blanks(p + 4 + len, n - 4 - len))
			return CLOSE_DELIMITER;
		if (only_blanks(p + 2 + len, n - 2 - len))
			return DELIMITER;
	}
	return NO_DELIMITER;
}

/* The header block at w->at: *end is behind its last field, *body behind the empty line.  A line that is no field ends
 * the block and begins the body, so that nothing is lost; a boundary does so as well. */
static void find_header(const struct walk *w, size_t *end, size_t *body)
{
	size_t at = w->at, level;
	bool any = false;

	while (at < w->o.len) {
		size_t next = line_end(w, at);
		struct octets line = {w->o.p + at, next - at};
		if (line.p[0] == '\n' || (line.len >= 2 && line.p[0] == '\r' && line.p[1] == '\n')) {
			*end = at;
			*body = next;
			return;
		}
		if (find_delimiter(w, at, next, &level) != NO_DELIMITER)
			break;
		if (!(any && (line.p[0] == ' ' || line.p[0] == '\t')) && !mime_is_field(line))
			break;
		any = true;
		at = next;
		if (at - w->at > w->guard.limits->header_size)
			break; /* the guard refuses it */
	}
	*end = *body = at;
}

/* Ends the entities above level: their octets reach to end. */
static void close_above(struct walk *w, size_t level, size_t end)
{
	while (w->open.count > level) {
		struct open_entity *o = &w->open.items[--w->open.count];
		size_t stop = end < o->body ? o->body : end;
		o->m->raw = blob_slice(w->in, o->start, stop - o->start);
		o->m->body = blob_slice(w->in, o->body, stop - o->body);
		memset(o, 0, sizeof *o);
	}
}

static bool is_signed(const struct walk *w)
{
	for (size_t i = 0; i < w->open.count; i++)
		if (str_eq(w->open.items[i].m->type, "multipart") && str_eq(w->open.items[i].m->subtype, "signed"))
			return true;
	return false;
}

/* Opens what m contains, if it is a container that may be opened: true when an inner message follows at once. */
static bool enter(struct walk *w, struct open_entity *o)
{
	struct mime_entity *m = o->m;
	bool multipart = str_eq(m->type, "multipart");
	const char *boundary = multipart ? mime_get_param(m, "boundary") : NULL;
	size_t level;

	if (!multipart && !mime_is_message_type(m))
		return false;
	if (!multipart && (m->encoding == MIME_BASE64 || m->encoding == MIME_QUOTED_PRINTABLE || m->encoding == MIME_UNKNOWN_ENCODING))
		return false; /* against RFC 2046 5.2.1: a leaf, its decoded body is a message */
	if (w->open.count > w->guard.limits->depth) {
		m->too_deep = true;
		return false;
	}
	if (multipart) {
		if (boundary == NULL || *boundary == '\0' || strlen(boundary) > MIME_GUARD_BOUNDARY)
			return false;
		o->boundary = boundary;
		o->boundary_len = strlen(boundary);
		return false;
	}
	return w->at < w->o.len && find_delimiter(w, w->at, line_end(w, w->at), &level) == NO_DELIMITER;
}

static struct mime_entity *add_entity(struct walk *w, size_t start, size_t body)
{
	struct open_entity *o;
	struct mime_entity *m = NEW(w->a, struct mime_entity);

	m->signed_region = is_signed(w);
	if (w->open.count > 0)
		*ARENA_PUSH(w->a, &w->open.items[w->open.count - 1].m->children) = m;
	o = ARENA_PUSH(w->a, &w->open);
	*o = (struct open_entity){.m = m, .start = start, .body = body};
	return m;
}

/* A mailbox line ("From " and an envelope address) before the first field is no part of the message. */
static void skip_from_line(struct walk *w)
{
	size_t n = w->o.len - w->at;
	const uint8_t *p = w->o.p + w->at;

	if (n > 5 && memcmp(p, "From ", 5) == 0)
		w->at = line_end(w, w->at);
	else if (n > 6 && memcmp(p, ">From ", 6) == 0)
		w->at = line_end(w, w->at);
}

/* Reads the header at w->at and opens its entity; again for the message inside a message. */
static int read_entity(struct walk *w, bool message, struct err *e)
{
	for (;; message = true) {
		size_t start = w->at, end, body;
		struct mime_entity *m;
		bool digest = w->open.count > 0 && !message && str_eq(w->open.items[w->open.count - 1].m->subtype, "digest");
		if (message)
			skip_from_line(w);
		find_header(w, &end, &body);
		TRY(mime_guard_header(&w->guard, (struct octets){w->o.p + w->at, end - w->at}, e));
		if (w->open.count > 0)
			TRY(mime_guard_part(&w->guard, e));
		m = add_entity(w, start, body);
		mime_read_fields(w->a, (struct octets){w->o.p + w->at, end - w->at}, &m->fields);
		TRY(mime_read_content_fields(w->a, m, digest, e));
		w->at = body;
		if (!enter(w, &w->open.items[w->open.count - 1]))
			return 0;
	}
}

/* The next delimiter from w->at on; its line is at *from. */
static enum delimiter next_delimiter(struct walk *w, size_t *from, size_t *level)
{
	bool any = false;

	for (size_t i = 0; i < w->open.count && !any; i++)
		any = w->open.items[i].boundary != NULL;
	while (any && w->at < w->o.len) {
		size_t next = line_end(w, w->at);
		enum delimiter d = find_delimiter(w, w->at, next, level);
		*from = w->at;
		w->at = next;
		blob_passed(w->o, &w->passed, w->at);
		if (d != NO_DELIMITER)
			return d;
	}
	return NO_DELIMITER;
}

/* The line end before a delimiter belongs to it (RFC 2046 5.1.1). */
static size_t before_delimiter(const struct walk *w, size_t from)
{
	if (from > 0 && w->o.p[from - 1] == '\n')
		from--;
	if (from > 0 && w->o.p[from] == '\n' && w->o.p[from - 1] == '\r')
		from--;
	return from;
}

/* A delimiter that another one follows at once holds no part. */
static bool is_empty_part(const struct walk *w)
{
	size_t level;

	return w->at >= w->o.len || find_delimiter(w, w->at, line_end(w, w->at), &level) != NO_DELIMITER;
}

int mime_find_structure(struct arena *a, const struct blob *in, struct octets octets, const struct mime_limits *limits,
                        struct mime_entity **out, struct err *e)
{
	struct walk w = {.a = a, .in = in, .o = octets, .guard = {.limits = limits}};
	enum delimiter d;
	size_t from, level;

	TRY(mime_guard_message(&w.guard, octets.len, e));
	TRY(read_entity(&w, true, e));
	*out = w.open.items[0].m;
	while ((d = next_delimiter(&w, &from, &level)) != NO_DELIMITER) {
		close_above(&w, level + 1, before_delimiter(&w, from));
		if (d == CLOSE_DELIMITER)
			w.open.items[level].boundary = NULL; /* what follows is its epilogue */
		else if (!is_empty_part(&w))
			TRY(read_entity(&w, false, e));
	}
	close_above(&w, 0, octets.len);
	return 0;
}
