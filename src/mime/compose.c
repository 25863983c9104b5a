/* compose.c - entities made by us, and bodies without their transfer encoding. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "mime/codec.h"
#include "mime/mime.h"
#include "mime/param.h"

struct mime_entity *mime_new(struct arena *a, const char *type)
{
	struct mime_entity *m = NEW(a, struct mime_entity);
	const char *slash = strchr(type, '/');

	m->type = slash == NULL ? arena_strdup(a, type) : arena_strndup(a, type, (size_t)(slash - type));
	m->subtype = slash == NULL ? "plain" : arena_strdup(a, slash + 1);
	m->has_content_type = true;
	m->has_mime_version = true;
	return m;
}

struct mime_entity *mime_new_leaf(struct arena *a, const char *type, struct blob content, enum mime_encoding encoding)
{
	struct mime_entity *m = mime_new(a, type);

	m->body = content;
	m->encoding = encoding;
	m->decoded = true;
	return m;
}

void mime_add(struct arena *a, struct mime_entity *parent, struct mime_entity *child)
{
	*ARENA_PUSH(a, &parent->children) = child;
}

void mime_add_field(struct arena *a, struct mime_entity *m, const char *name, const char *value)
{
	struct mime_field *f = ARENA_PUSH(a, &m->fields);
	char *copy = arena_strdup(a, value), *to = copy;

	for (const char *p = value; *p != '\0'; p++)
		if (*p != '\r' && *p != '\n')
			*to++ = *p;
	*to = '\0';
	f->name = arena_strdup(a, name);
	f->value = copy;
}

void mime_add_field_printf(struct arena *a, struct mime_entity *m, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	mime_add_field(a, m, name, arena_vprintf(a, fmt, ap));
	va_end(ap);
}

/* The value of an existing parameter is replaced. */
static void set_param(struct arena *a, struct mime_params *list, const char *name, const char *utf8)
{
	struct mime_param *p = NULL;

	for (size_t i = 0; i < list->count && p == NULL; i++)
		if (str_ieq(list->items[i].name, name))
			p = &list->items[i];
	if (p == NULL)
		p = ARENA_PUSH(a, list);
	p->name = arena_strdup(a, name);
	p->value = arena_strdup(a, utf8);
}

void mime_set_param(struct arena *a, struct mime_entity *m, const char *name, const char *utf8)
{
	struct mime_params list = {m->params.items, m->params.count, m->params.capacity};

	set_param(a, &list, name, utf8);
	m->params.items = list.items;
	m->params.count = list.count;
	m->params.capacity = list.capacity;
}

void mime_set_disposition_param(struct arena *a, struct mime_entity *m, const char *name, const char *utf8)
{
	struct mime_params list = {m->disposition_params.items, m->disposition_params.count, m->disposition_params.capacity};

	set_param(a, &list, name, utf8);
	m->disposition_params.items = list.items;
	m->disposition_params.count = list.count;
	m->disposition_params.capacity = list.capacity;
}

int mime_decode_body(struct arena *a, const struct mime_entity *part, struct stream *out, struct err *e)
{
	struct octets o;

	if (part->decoded || (part->encoding != MIME_BASE64 && part->encoding != MIME_QUOTED_PRINTABLE)) {
		stream_blob(out, &part->body);
	} else {
		TRY(blob_map(a, &part->body, &o, e));
		if (part->encoding == MIME_BASE64)
			mime_base64_decode(o, out);
		else
			mime_qp_decode(o, out);
	}
	return 0;
}
