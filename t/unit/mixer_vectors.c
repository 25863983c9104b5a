/*
 * mixer_vectors.c - heading, envelope, trace and identifier rules against the text files of t/vectors/mixer.
 *
 * A case names its rules and its direction, gives a header or X.400 elements, and says what must come out:
 *
 *   case H-123 to x400: the subject
 *     with trusted                      (also: strict, mdn, store, first N: recipient numbers)
 *     give Subject: Tender 42
 *     want heading.subject: "Tender 42"
 *     none heading.extensions           (nothing may begin like this)
 *
 *   case H-213 to 822: the subject
 *     give heading.subject: "Tender 42"
 *     want Subject: Tender 42
 *
 * To X.400, give is a field, or MAIL FROM / RCPT TO with their parameters; want is a line of the dump.  To 822, give is a
 * line of the dump on top of a small message from Bob to alice; want is a field, MAIL FROM or RCPT TO.  fail NAME is an
 * error of the whole, fail N NAME the verdict on recipient N.  The arguments are files; the default is all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

static const char *const files[] = {"heading", "ids", "address", "envelope", "trace", "list"};

struct check {
	char verb; /* 'w' want, 'n' none, 'f' fail */
	const char *text;
};
struct test_case {
	struct arena *a;
	const char *title;
	bool to_x400;
	struct mixer_setup setup;
	int first; /* number of the first recipient, 0: from 1 without numbers */
	struct buf *header;
	struct smtp_envelope env;
	struct mx_message *m; /* to 822: what is given */
	struct check checks[100];
	size_t count;
	bool bad;
};
static const char *wrong; /* first unmet check of a case */

static void start_case(struct test_case *t, const char *title)
{
	*t = (struct test_case){.a = arena_new(0), .env = {.size = -1}};
	mixer_setup(t->a, &t->setup, "2024-03-05T09:15:22+00:00", "mg1-20240305091522-00004711", "mg1-00004711");
	t->setup.context.trusted = false;
	t->setup.context.directory_name = p1_directory_name;
	t->title = arena_strdup(t->a, title);
	t->to_x400 = strstr(title, " to x400") != NULL;
	t->header = buf_in(t->a, 1000000);
	t->m = mx_message_new(t->a, MX_MESSAGE);
	t->m->content = MX_CONTENT_IPM;
	static const char *const given[] = {
		"envelope.message-identifier: \"[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]\"",
		"envelope.originator-name: \"/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/\"",
		"envelope.content-type: 22",
		"envelope.trace-information[1].global-domain-identifier: \"/PRMD=WIDGET/ADMD=ACME/C=GB/\"",
		"envelope.trace-information[1].arrival-time: 2024-03-05T10:30:00+00:00",
		"recipients[1].recipient-name: \"/RFC-822=alice(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/\"",
		"recipients[1].originally-specified-recipient-number: 1",
		"recipients[1].responsibility: responsible",
		"recipients[1].originating-MTA-report: 1",
		"recipients[1].originator-report: 1",
		"heading.this-IPM.user-relative-identifier: \"148\""};
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		if (mx_parse_line(t->a, t->m, given[i], NULL) != 0)
			t->bad = true;
}

static void take_with(struct test_case *t, const char *word)
{
	if (str_eq(word, "trusted"))
		t->setup.context.trusted = true;
	else if (str_eq(word, "strict"))
		t->setup.settings.strict_mixer = true;
	else if (str_eq(word, "mdn"))
		t->setup.settings.mdn_requests = true;
	else if (str_eq(word, "store"))
		t->setup.settings.header_store = true;
	else if (str_istarts(word, "first "))
		t->first = atoi(word + 6);
	else
		t->bad = true;
}

static void take_give(struct test_case *t, const char *text)
{
	if (!t->to_x400)
		t->bad |= mx_parse_line(t->a, t->m, text, NULL) != 0;
	else if (str_istarts(text, "MAIL FROM:"))
		t->bad |= smtp_parse_mail(t->a, text, &t->env, NULL) != 0;
	else if (str_istarts(text, "RCPT TO:"))
		t->bad |= smtp_parse_rcpt(t->a, text, ARENA_PUSH(t->a, &t->env.rcpt), NULL) != 0;
	else
		buf_printf(t->header, "%s\r\n", text);
}

static void take_line(struct test_case *t, const char *line)
{
	if (str_istarts(line, "with "))
		take_with(t, line + 5);
	else if (str_istarts(line, "give "))
		take_give(t, arena_strdup(t->a, line + 5));
	else if ((str_istarts(line, "want ") || str_istarts(line, "none ") || str_istarts(line, "fail ")) &&
			 t->count < ARRAY_LEN(t->checks))
		t->checks[t->count++] = (struct check){line[0], arena_strdup(t->a, line + 5)};
	else
		t->bad = true;
}

/* The result as lines. */
static char *run_to_x400(struct test_case *t, const struct mixer_context *c, struct err *e)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mx_message *m = mx_message_new(t->a, MX_MESSAGE);
	struct buf *out = buf_in(t->a, 10000000);
	struct stream *s = stream_to_buf(t->a, out);
	struct mime_entity *mail;
	struct blob in;
	int numbers[16];

	for (int i = 0; i < (int)ARRAY_LEN(numbers); i++)
		numbers[i] = t->first + i;
	if (t->env.mail_from == NULL)
		t->env.mail_from = "alice@example.com";
	if (t->env.rcpt.count == 0)
		ARENA_PUSH(t->a, &t->env.rcpt)->address = "Bob.Jones@sales.widget.example";
	buf_puts(t->header, "\r\nHello\r\n");
	in = blob_mem(t->header->p, t->header->len);
	m->content = MX_CONTENT_IPM;
	if (mime_parse(t->a, &in, &limits, &mail, e) != 0 || heading_to_x400(t->a, c, mail, m, e) != 0 ||
		envelope_to_x400(t->a, c, mail, &t->env, t->first > 0 ? numbers : NULL, m, e) != 0)
		return NULL;
	envelope_finish_to_x400(t->a, c, mail, m);
	if (trace_to_x400(t->a, c, mail, m, e) != 0)
		return NULL;
	mx_dump(t->a, m, s);
	if (stream_finish(s, e) != 0)
		return NULL;
	return arena_strdup(t->a, buf_str(out));
}

static char *run_to_822(struct test_case *t, const struct mixer_context *c, struct mixer_mail *mail, struct err *e)
{
	struct buf *out = buf_in(t->a, 10000000);

	mail->entity = mime_new(t->a, "text/plain");
	if (trace_to_822(t->a, c, t->m, mail->entity, e) != 0 || envelope_to_822(t->a, c, t->m, mail, e) != 0 ||
		heading_to_822(t->a, c, t->m, mail->entity, e) != 0)
		return NULL;
	buf_printf(out, "%s\n", smtp_format_mail(t->a, &mail->envelope, true));
	for (size_t i = 0; i < mail->envelope.rcpt.count; i++)
		buf_printf(out, "%s\n", smtp_format_rcpt(t->a, &mail->envelope.rcpt.items[i], true));
	for (size_t i = 0; i < mail->entity->fields.count; i++)
		buf_printf(out, "%s: %s\n", mail->entity->fields.items[i].name, mail->entity->fields.items[i].value);
	return arena_strdup(t->a, buf_str(out));
}

/* A whole line, or one that begins with text. */
static bool has_line(const char *result, const char *text, bool whole)
{
	size_t n = strlen(text);

	for (const char *p = result; p != NULL && *p != '\0'; p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, text, n) == 0 && (!whole || p[n] == '\n'))
			return true;
	return false;
}

static bool failed_as(const char *text, const struct err *e, const struct mixer_mail *mail)
{
	if (!str_is_digit(*text))
		return e->id != ERR_NONE && str_eq(err_row(e->id)->name, text);
	for (size_t i = 0; i < mail->verdicts.count; i++)
		if (mail->verdicts.items[i].recipient + 1 == (size_t)(*text - '0') && mail->verdicts.items[i].rcpt < 0)
			return str_eq(err_row(mail->verdicts.items[i].err.id)->name, text + 2);
	return false;
}

static bool meets(const struct check *k, const char *result, const struct err *e, const struct mixer_mail *mail)
{
	if (k->verb == 'f')
		return failed_as(k->text, e, mail);
	return result != NULL && (k->verb == 'w' ? has_line(result, k->text, true) : !has_line(result, k->text, false));
}

static void finish_case(struct test_case *t, const char *file, int line)
{
	const struct mixer_context *c = &t->setup.context;
	struct mixer_mail mail = {.envelope = {.size = -1}};
	struct err e = {0};
	char *result;
	bool may_fail = false;

	if (t->a == NULL)
		return;
	result = t->to_x400 ? run_to_x400(t, c, &e) : run_to_822(t, c, &mail, &e);
	wrong = t->bad ? "a line of the case itself" : t->count == 0 ? "nothing is asked" : NULL;
	for (size_t i = 0; i < t->count; i++) {
		may_fail |= t->checks[i].verb == 'f';
		if (wrong == NULL && !meets(&t->checks[i], result, &e, &mail))
			wrong = t->checks[i].text;
	}
	if (!ok(wrong == NULL && (may_fail || e.id == ERR_NONE), "%s:%d: %s", file, line, t->title)) {
		diag("not met: %s", wrong != NULL ? wrong : "no error");
		if (e.id != ERR_NONE)
			diag("error %s %s", err_row(e.id)->name, e.detail);
		if (result != NULL)
			diag("%s", result);
	}
	arena_free(t->a);
	t->a = NULL;
}

static void run_file(const char *name)
{
	char path[128];
	struct test_case t = {0};
	int number = 0, start = 0;

	snprintf(path, sizeof path, "t/vectors/mixer/%s.txt", name);
	char *text = tap_read_file(path, NULL);
	for (char *line = text, *next; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		if (!str_istarts(line, "case ")) {
			take_line(&t, line);
			continue;
		}
		finish_case(&t, name, start);
		start = number;
		start_case(&t, line + 5);
	}
	finish_case(&t, name, start);
}

/* For t/lint/rows.t: id, table and codec of every row that these files must show. */
static int print_rows(void)
{
	static const char *const shown[] = {"heading", "ids", "address", "envelope", "trace"};

	for (size_t i = 0; i < mixer_rules_count; i++)
		for (size_t k = 0; k < ARRAY_LEN(shown); k++)
			for (size_t n = 0; str_eq(mixer_rules[i]->name, shown[k]) && n < mixer_rules[i]->count; n++) {
				const char *at = (const char *)mixer_rules[i]->first + n * mixer_rules[i]->stride;
				const struct rule *r = (const void *)at;
				printf("%s\t%s\t%s\t%s\n", r->id, mixer_rules[i]->name, r->codec, r->on_failure);
			}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && str_eq(argv[1], "--rows"))
		return print_rows();
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	for (size_t i = 0; argc == 1 && i < ARRAY_LEN(files); i++)
		run_file(files[i]);
	return tap_done();
}
