/* tap.c - see tap.h. */
#include "tap.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count, failed;

static bool report(bool cond, const char *file, int line, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof text, fmt, ap);
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '#')
			*p = ' ';
	printf("%sok %d - %s\n", cond ? "" : "not ", ++count, text);
	if (!cond) {
		failed++;
		diag("failed at %s:%d", file, line);
	}
	fflush(stdout);
	return cond;
}

#define REPORT(cond)                                                                                                   \
	do {                                                                                                               \
		va_list ap_;                                                                                                   \
		va_start(ap_, fmt);                                                                                            \
		result = report((cond), file, line, fmt, ap_);                                                                 \
		va_end(ap_);                                                                                                   \
	} while (0)

bool tap_ok(bool cond, const char *file, int line, const char *fmt, ...)
{
	bool result;

	REPORT(cond);
	return result;
}

bool tap_is(const char *got, const char *want, const char *file, int line, const char *fmt, ...)
{
	bool result;

	REPORT(got == NULL || want == NULL ? got == want : strcmp(got, want) == 0);
	if (!result) {
		diag("     got: %s", got == NULL ? "(null)" : got);
		diag("expected: %s", want == NULL ? "(null)" : want);
	}
	return result;
}

bool tap_is_int(long long got, long long want, const char *file, int line, const char *fmt, ...)
{
	bool result;

	REPORT(got == want);
	if (!result)
		diag("got %lld, expected %lld", got, want);
	return result;
}

static void show_octets(const char *label, const uint8_t *p, size_t n, size_t at)
{
	char line[3 * 16 + 1] = "";
	size_t from = at > 8 ? at - 8 : 0;

	for (size_t i = 0; i < 16 && from + i < n; i++)
		snprintf(line + 3 * i, 4, "%02x ", p[from + i]);
	diag("%s (%zu octets) from %zu: %s", label, n, from, line);
}

bool tap_is_octets(const void *got, size_t ngot, const void *want, size_t nwant, const char *file, int line, const char *fmt, ...)
{
	bool result;
	size_t at = 0;

	while (at < ngot && at < nwant && ((const uint8_t *)got)[at] == ((const uint8_t *)want)[at])
		at++;
	REPORT(at == ngot && at == nwant);
	if (!result) {
		diag("first difference at octet %zu", at);
		show_octets("     got", got, ngot, at);
		show_octets("expected", want, nwant, at);
	}
	return result;
}

void tap_diag(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

const char *tap_srcdir(void)
{
	const char *dir = getenv("srcdir");

	return dir == NULL || *dir == '\0' ? "." : dir;
}

/* Files stay reachable until the test ends, so that a leak report speaks of what is tested. */
static char *kept[4096];
static size_t kept_count;

char *tap_read_file(const char *path, size_t *n)
{
	char full[4096];
	size_t used = 0, capacity = 65536;
	char *data = malloc(capacity);
	FILE *f;

	snprintf(full, sizeof full, "%s%s%s", *path == '/' ? "" : tap_srcdir(), *path == '/' ? "" : "/", path);
	f = fopen(full, "rb");
	if (f == NULL || data == NULL) {
		printf("Bail out! cannot read %s\n", full);
		exit(1);
	}
	for (;;) {
		size_t got = fread(data + used, 1, capacity - used - 1, f);
		if (got == 0)
			break;
		used += got;
		if (used + 1 == capacity && (data = realloc(data, capacity *= 2)) == NULL)
			abort();
	}
	fclose(f);
	data[used] = '\0';
	kept[kept_count++ % (sizeof kept / sizeof kept[0])] = data;
	if (n != NULL)
		*n = used;
	return data;
}

long tap_memory(void)
{
	char line[256];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "RssAnon: %ld", &kib);
	if (f != NULL)
		fclose(f);
	if (kib < 0) {
		printf("Bail out! no RssAnon in /proc/self/status\n");
		exit(1);
	}
	return kib;
}

int tap_done(void)
{
	printf("1..%d\n", count);
	if (failed > 0)
		diag("%d of %d failed", failed, count);
	return failed > 0 || count == 0;
}
