/*
 * p1_forms.c - other ways to say the same, which are read and never written: t/vectors/p1/forms.txt.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t");
}

static void form(const char *name, const char *hex, const char *want)
{
	static const struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct arena *a = arena_new(0);
	size_t n = strlen(hex) / 2, i;
	uint8_t *p = arena_alloc(a, n + 1);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct buf *b = buf_in(a, 65536);
	struct stream *s = stream_to_buf(a, b);
	struct err e = {0};
	struct blob content;

	for (i = 0; i < n; i++) {
		unsigned v = 0;
		(void)sscanf(hex + 2 * i, "%2x", &v);
		p[i] = (uint8_t)v;
	}
	content = blob_mem(p, n);
	if (ok(p22_decode(a, &content, &limits, m, &e) == 0, "%s is read%s%s", name, e.id ? ": " : "", e.detail)) {
		mx_dump(a, m, s);
		if (!ok(stream_finish(s, &e) == 0 && strstr(buf_str(b), want) != NULL, "%s: %s", name, want))
			diag("%s", buf_str(b));
	}
	arena_free(a);
}

int main(void)
{
	size_t n;
	char *text = tap_read_file("t/vectors/p1/forms.txt", &n), *line, *save;

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *in = strchr(line, '|'), *want = in != NULL ? strchr(in + 1, '|') : NULL;
		if (*line == '#' || want == NULL)
			continue;
		*in++ = *want++ = '\0';
		form(trim(line), trim(in), trim(want));
	}
	free(text);
	return tap_done();
}
