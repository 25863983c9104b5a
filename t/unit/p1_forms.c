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

/* RFC 2156 4.5, RFC 4514: what people see of a directory name. */
static void name(const char *hex, const char *want, const char *what)
{
	struct arena *a = arena_new(0);
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_alloc(a, n + 1);
	char *text;

	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;
		(void)sscanf(hex + 2 * i, "%2x", &v);
		p[i] = (uint8_t)v;
	}
	text = p1_directory_name(a, (struct octets){p, n});
	is(text != NULL ? text : "none", want, "A-020: %s", what);
	arena_free(a);
}

static void test_names(void)
{
	char many[4 * 150 + 9] = "3082012c"; /* 300 octets follow */

	name("302c310b3009060355040613025841310c300a060355040a1303417274310f300d060355040313064a6f20446f65", "CN=Jo Doe,O=Art,C=XA", "the last part first");
	name("306531123010060355040a1309612c20622b63286429311d300b0603550403140420237820300e06035504040c074dc3bc6c6c65723109300706022a03130178310b3009060355040304020102310b3009060355040b1402c875310b3009060355040b1e0203a9",
	     "OU=\xce\xa9,OU=\xc3\xbc,CN=#04020102,1.2.3=#130178,CN=\\ #x\\ +SN=M\xc3\xbcller,O=a\\, b\\+c(d)",
	     "quoting, T.61, UTF-8, BMP, two values in a part, types and values without text");
	name("3011310f300d060355040313060a0d0041", "none", "a value longer than its part");
	name("300f310d300b06035504031304410d0a4200", "none", "octets behind the name");
	name("300f310d300b06035504031304410d0a42", "CN=A\\0D\\0AB", "control characters");
	name("", "none", "no octets");
	name("3000", "none", "an empty name");
	name("310b3009060355040613025841", "none", "not a sequence");
	name("300e310b3009060355040613025841", "none", "longer than its octets");
	name("300431020500", "none", "a part that is none");
	for (size_t i = 0; i < 150; i++)
		memcpy(many + 8 + 4 * i, "3100", 5);
	name(many, "none", "more parts than anybody has");
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
	test_names();
	return tap_done();
}
