/*
 * mixer/dsn.c - see dsn.h.  Writing never lets foreign text become a field of its own; reading takes what the examples
 * of RFC 2156 get wrong.
 */
#include "mixer/dsn.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"

#define TEXT_MAX (16u << 20) /* 10,000 recipients of long addresses */
#define FOLD_AT 78

struct dsn_text dsn_text_new(struct arena *a)
{
	return (struct dsn_text){a, buf_in(a, TEXT_MAX)};
}

/* One line of visible ASCII and blanks: no CR, LF or NUL gets through. */
static char *one_line(struct arena *a, const char *value)
{
	char *s = arena_strdup(a, value);

	for (char *p = s; *p != '\0'; p++) {
		if (*p == '\t' || *p == '\r' || *p == '\n')
			*p = ' ';
		else if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	}
	return s;
}

void dsn_field(struct dsn_text *t, const char *name, const char *value)
{
	char *line, *p;

	if (value == NULL)
		return;
	line = arena_printf(t->a, "%s: %s", name, one_line(t->a, value));
	for (p = line; strlen(p) > FOLD_AT;) {
		char *cut = NULL;

		for (char *q = p + 1; *q != '\0' && (q - p <= FOLD_AT || cut == NULL); q++)
			if (*q == ' ' && q[1] != ' ' && q[1] != '\0')
				cut = q;
		if (cut == NULL)
			break;
		buf_put(t->buf, p, (size_t)(cut - p));
		buf_puts(t->buf, "\r\n");
		p = cut;
	}
	buf_puts(t->buf, p);
	buf_puts(t->buf, "\r\n");
}

void dsn_field_printf(struct dsn_text *t, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dsn_field(t, name, arena_vprintf(t->a, fmt, ap));
	va_end(ap);
}

void dsn_end_group(struct dsn_text *t)
{
	buf_puts(t->buf, "\r\n");
}

void dsn_line(struct dsn_text *t, const char *fmt, ...)
{
	va_list ap;
	const char *p;

	va_start(ap, fmt);
	p = arena_vprintf(t->a, fmt, ap);
	va_end(ap);
	for (;;) {
		size_t n = strcspn(p, "\r\n");

		buf_puts(t->buf, one_line(t->a, arena_strndup(t->a, p, n)));
		buf_puts(t->buf, "\r\n");
		p += n;
		if (*p == '\r' && p[1] == '\n')
			p++;
		if (*p == '\0' || *++p == '\0')
			return;
	}
}

static struct blob text_blob(struct dsn_text *t)
{
	return blob_mem(buf_str(t->buf), t->buf->len);
}

void dsn_fill(struct arena *a, const struct mixer_context *c, struct mime_entity *m, const char *report_type, struct dsn_text *text,
              struct dsn_text *machine)
{
	struct mime_entity *part = mime_new_leaf(a, "text/plain", text_blob(text), MIME_7BIT);

	mime_set_param(a, part, "charset", "us-ascii");
	m->type = "multipart";
	m->subtype = "report";
	m->has_content_type = true;
	mime_set_param(a, m, "report-type", report_type);
	mime_set_param(a, m, "boundary", c->id.boundary);
	mime_add(a, m, part);
	mime_add(a, m, mime_new_leaf(a, arena_printf(a, "message/%s", report_type), text_blob(machine), MIME_7BIT));
}

void dsn_add_headers(struct arena *a, struct mime_entity *m, const char *header)
{
	mime_add(a, m, mime_new_leaf(a, "text/rfc822-headers", blob_mem(header, strlen(header)), MIME_7BIT));
}

void dsn_envelope(struct arena *a, struct smtp_envelope *env, const char *to)
{
	struct smtp_rcpt *r = ARENA_PUSH(a, &env->rcpt);

	env->mail_from = "";
	env->size = -1;
	r->address = to;
	r->notify = SMTP_NOTIFY_NEVER;
}

char *dsn_saved_field(struct arena *a, const char *header, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = header; p != NULL && *p != '\0'; p = (p = strchr(p, '\n')) != NULL ? p + 1 : NULL) {
		struct buf *b;

		if (!str_ieqn(p, name, n) || p[n] != ':')
			continue;
		b = buf_in(a, 65536);
		for (p += n + 1; *p != '\0' && !(*p == '\n' && p[1] != ' ' && p[1] != '\t'); p++)
			if (*p != '\r' && *p != '\n' && (b->len > 0 || (*p != ' ' && *p != '\t')))
				buf_putc(b, (unsigned char)*p);
		return arena_strdup(a, buf_str(b));
	}
	return NULL;
}

static bool is_machine_part(const struct mime_entity *part, const char *report_type)
{
	/* message/global-delivery-status and its like (RFC 6533) read the same way */
	return str_eq(part->type, "message") &&
	       (str_ieq(part->subtype, report_type) ||
	        (str_istarts(part->subtype, "global-") && str_ieq(part->subtype + 7, report_type)));
}

bool dsn_read(struct arena *a, const struct mime_entity *mail, const char *report_type, struct mime_field_groups *out)
{
	const char *type = mime_get_param(mail, "report-type");

	*out = (struct mime_field_groups){0};
	if (!str_eq(mail->type, "multipart") || !str_eq(mail->subtype, "report") || mail->children.count < 2)
		return false;
	/* "delivery-status-notifications" is RFC 2156's slip */
	if (type == NULL || !(str_ieq(type, report_type) || (str_ieq(type, "delivery-status-notifications") && str_eq(report_type, "delivery-status"))))
		return false;
	return is_machine_part(mail->children.items[1], report_type) &&
	       mime_parse_field_groups(a, mail->children.items[1], out, NULL) == 0 && out->count > 0;
}

const char *dsn_get(const struct mime_fields *group, const char *name)
{
	for (size_t i = 0; i < group->count; i++)
		if (str_ieq(group->items[i].name, name))
			return group->items[i].value;
	return NULL;
}

static char *trim(struct arena *a, const char *p, size_t n)
{
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return arena_strndup(a, p, n);
}

bool dsn_split(struct arena *a, const char *value, char **type, char **rest)
{
	const char *semicolon = value != NULL ? strchr(value, ';') : NULL;

	if (semicolon == NULL)
		return false;
	*type = trim(a, value, (size_t)(semicolon - value));
	for (char *p = *type; *p != '\0'; p++)
		*p = str_lower(*p);
	*rest = trim(a, semicolon + 1, strlen(semicolon + 1));
	return true;
}

int dsn_address_to_x400(struct arena *a, const struct mixer_context *c, const char *value, struct or_address *out)
{
	char *type, *rest;
	size_t n;
	enum addr_how how;

	if (!dsn_split(a, value, &type, &rest))
		return -1;
	if (str_eq(type, "x400"))
		return addr_parse_or(a, rest, out, NULL);
	if (!str_eq(type, "rfc822") && !str_eq(type, "utf-8"))
		return -1;
	n = strlen(rest);
	if (n > 1 && rest[0] == '<' && rest[n - 1] == '>')
		rest = arena_strndup(a, rest + 1, n - 2);
	return addr_to_x400(a, c->tables, rest, mixer_header_use(c), out, &how, NULL, NULL);
}

char *dsn_x400_diagnostic(struct arena *a, int reason, int diagnostic)
{
	char *head = arena_printf(a, "x400; Reason %d (%s)", reason, reason_text(reason));

	return diagnostic == MX_ABSENT ? head : arena_printf(a, "%s; Diagnostic %d (%s)", head, diagnostic, diagnostic_text(diagnostic));
}

/* A number behind word, which may stand anywhere in text. */
static bool number_after(const char *text, const char *word, int *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		long n = 0;

		if (!str_istarts(p, word))
			continue;
		for (p += strlen(word); *p == ' ' || *p == '\t'; p++)
			;
		if (!str_is_digit(*p))
			return false;
		for (; str_is_digit(*p) && n <= 32767; p++)
			n = n * 10 + (*p - '0');
		*out = (int)n;
		return n <= 32767;
	}
	return false;
}

bool dsn_parse_x400_diagnostic(struct arena *a, const char *value, int *reason, int *diagnostic)
{
	char *type, *rest;

	if (!dsn_split(a, value, &type, &rest) || !str_eq(type, "x400") || !number_after(rest, "Reason", reason))
		return false;
	if (!number_after(rest, "Diagnostic", diagnostic))
		*diagnostic = MX_ABSENT;
	return true;
}
