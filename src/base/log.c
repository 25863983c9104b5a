/* log.c - see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

/* A line longer than this is cut, so that one write keeps it whole (PIPE_BUF is 4096). */
#define LINE_MAX_OCTETS 4000

static struct {
	enum log_target target;
	enum log_level level;
	char program[32];
	char context[512];
} state = {.level = LOG_LEVEL_INFO, .program = "mixgate"};

void log_open(const char *program, enum log_target target, enum log_level level)
{
	snprintf(state.program, sizeof state.program, "%s", program);
	state.target = target;
	state.level = level;
	if (target == LOG_TO_SYSLOG)
		openlog(state.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

/* key=value, value quoted when it is empty or has a blank, '=' or '"' (which becomes \x22). */
static void put_pair(struct buf *line, const char *key, const char *value)
{
	char text[1024];

	str_printable(text, sizeof text, value, strlen(value));
	buf_printf(line, " %s=", key);
	if (*text != '\0' && strpbrk(text, " =\"") == NULL) {
		buf_puts(line, text);
		return;
	}
	buf_putc(line, '"');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			buf_puts(line, "\\x22");
		else
			buf_putc(line, (unsigned char)*p);
	}
	buf_putc(line, '"');
}

static void put_pairs(struct buf *line, const char *key, va_list ap)
{
	for (; key != NULL; key = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);
		if (value != NULL && *value != '\0')
			put_pair(line, key, value);
	}
}

void log_context(const char *key, ...)
{
	struct buf b = BUF_INIT(sizeof state.context - 1);
	va_list ap;

	va_start(ap, key);
	put_pairs(&b, key, ap);
	va_end(ap);
	snprintf(state.context, sizeof state.context, "%s", buf_str(&b));
	buf_free(&b);
}

static void emit(enum log_level level, struct buf *line)
{
	static const int priority[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
	static const char *const names[] = {"debug", "info", "warn", "error"};
	struct buf whole = BUF_INIT(LINE_MAX_OCTETS + 100);

	if (line->failed) {
		line->failed = false;
		buf_consume(line, 0);
	}
	if (state.target == LOG_TO_SYSLOG) {
		syslog(priority[level], "%s", buf_str(line));
		return;
	}
	buf_printf(&whole, "%s[%d]: %s %s\n", state.program, (int)getpid(), names[level], buf_str(line));
	(void)!write(STDERR_FILENO, whole.p, whole.len);
	buf_free(&whole);
}

void log_event(enum log_level level, const char *event, ...)
{
	struct buf line = BUF_INIT(LINE_MAX_OCTETS);
	va_list ap;
	const char *key;

	if (level < state.level)
		return;
	buf_printf(&line, "%s%s", event, state.context);
	va_start(ap, event);
	key = va_arg(ap, const char *);
	put_pairs(&line, key, ap);
	va_end(ap);
	emit(level, &line);
	buf_free(&line);
}

void log_err(enum log_level level, const char *event, const struct err *e, ...)
{
	struct buf line = BUF_INIT(LINE_MAX_OCTETS);
	char text[512];
	va_list ap;
	const char *key;

	if (level < state.level)
		return;
	buf_printf(&line, "%s%s", event, state.context);
	err_text(e, text, sizeof text);
	put_pair(&line, "error", err_row(e->id)->name);
	put_pair(&line, "text", text);
	va_start(ap, e);
	key = va_arg(ap, const char *);
	put_pairs(&line, key, ap);
	va_end(ap);
	if (e->where != NULL)
		put_pair(&line, "where", e->where);
	emit(level, &line);
	buf_free(&line);
}

const char *log_num(long long n)
{
	static char ring[16][24];
	static unsigned next;
	char *s = ring[next++ % 16];

	snprintf(s, sizeof ring[0], "%lld", n);
	return s;
}
