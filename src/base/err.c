/* err.c - see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct err_row rows[ERR_COUNT] = {
	[ERR_NONE] = {"ERR_NONE", ERR_BUG, 250, "2.0.0", 0, ERR_NO_DIAGNOSTIC, "-", "no error"},
#define ERR_ROW(id, class, smtp, status, reason, diagnostic, section, text)                                            \
	[id] = {#id, class, smtp, status, reason, diagnostic, section, text},
#include "base/err.def"
#undef ERR_ROW
};

static void set(struct err *e, enum err_id id, const char *where, const char *fmt, va_list ap)
{
	char detail[sizeof e->detail];
	int n = vsnprintf(detail, sizeof detail, fmt, ap);

	e->id = id;
	e->where = where;
	e->status[0] = '\0';
	str_printable(e->detail, sizeof e->detail, detail, n < 0 ? 0 : strlen(detail));
}

int err_set(struct err *e, enum err_id id, const char *where, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	set(e, id, where, fmt, ap);
	va_end(ap);
	return -1;
}

int err_set_status(struct err *e, enum err_id id, const char *where, const char *status, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	set(e, id, where, fmt, ap);
	va_end(ap);
	snprintf(e->status, sizeof e->status, "%s", status != NULL ? status : "");
	return -1;
}

int err_set_errno(struct err *e, enum err_id id, const char *where, const char *fmt, ...)
{
	const char *reason = strerror(errno);
	size_t n;
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	set(e, id, where, fmt, ap);
	va_end(ap);
	n = strlen(e->detail);
	snprintf(e->detail + n, sizeof e->detail - n, ": %s", reason);
	return -1;
}

const struct err_row *err_row(enum err_id id)
{
	return (unsigned)id < ERR_COUNT ? &rows[id] : &rows[ERR_BUG_INTERNAL];
}

const char *err_status(const struct err *e)
{
	return e->status[0] != '\0' ? e->status : err_row(e->id)->status;
}

int err_smtp(const struct err *e)
{
	const struct err_row *row = err_row(e->id);

	if (e->status[0] == '\0' || e->status[0] - '0' == row->smtp / 100)
		return row->smtp;
	return e->status[0] == '4' ? 450 : 550;
}

enum err_class err_class_of(const struct err *e)
{
	if (e->status[0] == '\0')
		return err_row(e->id)->class;
	return e->status[0] == '4' ? ERR_TEMPORARY : ERR_PERMANENT;
}

void err_text(const struct err *e, char *out, size_t size)
{
	const struct err_row *row = err_row(e->id);

	snprintf(out, size, "%s%s%s", row->text, e->detail[0] != '\0' ? ": " : "", e->detail);
}
