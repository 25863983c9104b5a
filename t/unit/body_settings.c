/*
 * body_settings.t - bodies.* one by one, and the rows of RFC 2157 that a vector with files does not show: each case of
 * t/vectors/mixer/body-settings.txt.
 *
 * A case is "== ROWS to-x400|to-822 [KEY=VALUE ...]", its input, a line "--", and lines that the result must have (+) or must
 * not have (-).  To X.400 the input is mail and the result a dump; to 822 the input is lines of a dump and the result mail.
 * Other words: conversion=prohibited, loss=prohibited, untrusted, basic (a peer of 1984), nested=N.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

struct test {
	struct arena *a;
	struct mixer_setup s;
	struct config_bodies bodies;
	bool conversion, loss;
};

static void take_word(struct test *t, const char *word)
{
	struct err e;

	if (str_eq(word, "conversion=prohibited"))
		t->conversion = true;
	else if (str_eq(word, "loss=prohibited"))
		t->loss = true;
	else if (str_eq(word, "untrusted"))
		t->s.context.trusted = false;
	else if (str_eq(word, "basic"))
		t->bodies.no_general_text = t->bodies.no_file_transfer = t->bodies.no_extended = true;
	else if (str_istarts(word, "nested="))
		t->s.settings.max_depth = (unsigned)strtoul(word + 7, NULL, 10);
	else if (config_bodies_set(t->a, &t->bodies, word, &e) != 0)
		ok(false, "%s", e.detail);
}

static struct mx_message *message_of(struct test *t)
{
	struct mx_message *m = mx_message_new(t->a, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	m->envelope.implicit_conversion_prohibited = t->conversion;
	m->envelope.conversion_with_loss_prohibited = t->loss;
	return m;
}

static char *failure(struct test *t, const struct err *e)
{
	return arena_printf(t->a, "error: %s %d/%d %s %s\n", err_row(e->id)->name, err_row(e->id)->reason, err_row(e->id)->diagnostic,
	                    err_row(e->id)->status, e->detail);
}

/* "\xHH" in the text of a case becomes that octet. */
static size_t unescape(char *text)
{
	char *to = text;

	for (char *p = text; *p != '\0'; p++) {
		char hex[3] = "";

		if (p[0] == '\\' && p[1] == 'x' && p[2] != '\0' && p[3] != '\0') {
			memcpy(hex, p + 2, 2);
			*to++ = (char)strtoul(hex, NULL, 16);
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static const char *to_x400(struct test *t, const char *input)
{
	struct buf *b = buf_in(t->a, 1u << 24);
	struct mx_message *m = message_of(t);
	struct err e = {0};
	char *copy = arena_strdup(t->a, input);
	size_t n = unescape(copy);

	for (size_t i = 0; i < n; i++) {
		if (copy[i] == '\n')
			buf_putc(b, '\r');
		buf_putc(b, (unsigned char)copy[i]);
	}
	if (body_to_x400(t->a, &t->s.context, mixer_setup_parse(t->a, b->p, b->len), m, &e) != 0)
		return failure(t, &e);
	return mixer_setup_dump(t->a, m);
}

static const char *to_822(struct test *t, const char *input)
{
	struct mime_entity *mail = mime_new(t->a, "text/plain");
	struct mx_message *m = message_of(t);
	char *copy = arena_strdup(t->a, input), *save = NULL;
	struct buf *out = buf_in(t->a, 1u << 24);
	struct err e = {0};
	size_t n;
	const char *text;

	for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (!ok(mx_parse_line(t->a, m, line, &e) == 0, "%s", line))
			diag("%s", e.detail);
	mail->has_content_type = mail->has_mime_version = false;
	if (body_to_822(t->a, &t->s.context, m, &m->ipm, mail, &e) != 0)
		return failure(t, &e);
	text = mixer_setup_write(t->a, mail, &n);
	for (size_t i = 0; i < n; i++)
		if (text[i] != '\r' && text[i] != '\0')
			buf_putc(out, (unsigned char)text[i]);
	return arena_strdup(t->a, buf_str(out));
}

static void run_case(char *head, const char *input, const char *wanted)
{
	struct test t = {.a = arena_new(0), .bodies = *config_bodies_default()};
	char *save = NULL, *title = arena_strdup(t.a, head);
	bool x400 = strstr(head, " to-x400") != NULL;
	const char *got;

	mixer_setup(t.a, &t.s, "2024-03-05T09:20:05+00:00", "GW", "mg1-00004715");
	t.s.settings.bodies = &t.bodies;
	t.s.context.read_body_part = p1_read_body_part;
	for (char *w = strtok_r(head, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		if (strchr(w, '=') != NULL || str_eq(w, "untrusted") || str_eq(w, "basic"))
			take_word(&t, w);
	got = x400 ? to_x400(&t, input) : to_822(&t, input);
	for (const char *p = wanted; *p != '\0';) {
		size_t n = strcspn(p, "\n");
		char *line = arena_strndup(t.a, p + 1, n > 0 ? n - 1 : 0);

		if (*p == '+' || *p == '-')
			if (!ok((strstr(got, line) != NULL) == (*p == '+'), "%s: %.*s", title, (int)n, p))
				diag("%s", got);
		p += n + (p[n] == '\n');
	}
	arena_free(t.a);
}

int main(void)
{
	char *text = tap_read_file("t/vectors/mixer/body-settings.txt", NULL), *next;

	for (char *p = strstr(text, "\n== "); p != NULL; p = next) {
		char *head = p + 4, *input = strchr(head, '\n'), *wanted;

		next = strstr(head, "\n== ");
		if (next != NULL)
			*next = '\0';
		*input++ = '\0';
		wanted = strstr(input, "\n--\n");
		if (!ok(wanted != NULL, "%s has a line --", head))
			continue;
		wanted[1] = '\0'; /* the last line of the input keeps its end */
		run_case(head, input, wanted + 4);
	}
	free(text);
	return tap_done();
}
