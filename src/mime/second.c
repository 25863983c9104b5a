/* second.c - see second.h.  The only file that knows GMime. */
#include "mime/second.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/str.h"

/* ---- the skeleton ---- */

static void put_line_safe(struct buf *b, const char *value)
{
	for (; *value != '\0'; value++)
		buf_putc(b, *value == '\r' || *value == '\n' ? ' ' : (unsigned char)*value);
}

static void put_field(struct buf *b, const struct mime_entity *m, const char *name)
{
	const char *value = mime_get(m, name);

	if (value == NULL)
		return;
	buf_puts(b, name);
	buf_puts(b, ": ");
	put_line_safe(b, value);
	buf_puts(b, "\n");
}

static void put_skeleton(struct buf *b, const struct mime_entity *m)
{
	const char *boundary = mime_get_param(m, "boundary");

	if (!m->too_deep) {
		put_field(b, m, "Content-Type");
		put_field(b, m, "Content-Transfer-Encoding");
	}
	buf_puts(b, "\n");
	for (size_t i = 0; i < m->children.count; i++) {
		if (str_eq(m->type, "multipart")) {
			buf_puts(b, "\n--");
			buf_puts(b, boundary);
			buf_puts(b, "\n");
		}
		put_skeleton(b, m->children.items[i]); /* as deep as limits.depth at most */
	}
	if (m->children.count > 0 && str_eq(m->type, "multipart")) {
		buf_puts(b, "\n--");
		buf_puts(b, boundary);
		buf_puts(b, "--\n");
	}
}

/* ---- the comparison ---- */

static bool same_type(const struct mime_entity *m, GMimeObject *o)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);

	return t != NULL && str_ieq(g_mime_content_type_get_media_type(t), m->type) &&
	       str_ieq(g_mime_content_type_get_media_subtype(t), m->subtype);
}

static void close_entity(struct mime_entity *m)
{
	m->too_deep = true;
	m->children.count = 0;
	m->children.items = NULL;
	m->children.capacity = 0;
}

/* GMime's child i of the container o, NULL when it has none. */
static GMimeObject *child_of(GMimeObject *o, size_t i)
{
	GMimeMessage *inner;

	if (GMIME_IS_MULTIPART(o))
		return (int)i < g_mime_multipart_get_count((GMimeMultipart *)o) ? g_mime_multipart_get_part((GMimeMultipart *)o, (int)i) : NULL;
	if (!GMIME_IS_MESSAGE_PART(o) || i > 0)
		return NULL;
	inner = g_mime_message_part_get_message((GMimeMessagePart *)o);
	return inner == NULL ? NULL : g_mime_message_get_mime_part(inner);
}

static void confirm(struct mime_entity *m, GMimeObject *o)
{
	if (m->children.count == 0)
		return;
	if (!same_type(m, o) || child_of(o, m->children.count - 1) == NULL || child_of(o, m->children.count) != NULL) {
		close_entity(m);
		return;
	}
	for (size_t i = 0; i < m->children.count; i++)
		confirm(m->children.items[i], child_of(o, i));
}

static GMimeMessage *read_skeleton(const struct buf *b)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)b->p, b->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

void mime_confirm_structure(struct arena *a, struct mime_entity *m)
{
	static bool ready;
	struct buf *b;
	GMimeMessage *message;

	if (m->children.count == 0)
		return;
	if (!ready) {
		g_mime_init();
		ready = true;
	}
	b = buf_in(a, 1u << 28);
	put_skeleton(b, m);
	message = buf_ok(b) ? read_skeleton(b) : NULL;
	if (message != NULL && g_mime_message_get_mime_part(message) != NULL)
		confirm(m, g_mime_message_get_mime_part(message));
	else
		close_entity(m);
	if (message != NULL)
		g_object_unref(message);
	buf_free(b);
}
