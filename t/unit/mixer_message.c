/*
 * mixer_message.c - the worked examples 1 and 2: a whole message in each direction, through mixer_to_x400 and mixer_to_822.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixer/mixer.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

/* Calls fn with every line of a file, without its line end. */
static void each_line(const char *path, void (*fn)(void *context, char *line), void *context)
{
	char *text = tap_read_file(path, NULL);

	for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		fn(context, line);
	}
	free(text);
}

struct taken {
	struct arena *a;
	struct smtp_envelope env;
	bool bad;
};

static void take_smtp(void *context, char *line)
{
	struct taken *t = context;

	if (strncmp(line, "MAIL", 4) == 0)
		t->bad |= smtp_parse_mail(t->a, line, &t->env, NULL) != 0;
	else
		t->bad |= smtp_parse_rcpt(t->a, line, ARENA_PUSH(t->a, &t->env.rcpt), NULL) != 0;
}

/* The APDU of m against the golden octets. */
static void same_apdu(struct arena *a, const struct mx_message *m, const char *path)
{
	struct p1_options options = {.extension_type_99 = true}; /* the examples are of 1999 */
	struct buf *b = buf_in(a, 1000000);
	struct stream *out = stream_to_buf(a, b);
	struct err e = {0};
	size_t n;
	char *want = tap_read_file(path, &n);

	if (ok(p1_encode(a, m, &options, out, &e) == 0 && stream_finish(out, &e) == 0, "the APDU is written: %s", e.detail))
		is_octets(b->p, b->len, want, n, "octet for octet %s", path);
	free(want);
}

static struct mx_message *apdu(struct arena *a, const char *path)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct mx_message *m = NULL;
	struct err e = {0}, content = {0};
	size_t n;
	char *octets = tap_read_file(path, &n);
	struct blob in = blob_mem(arena_memdup(a, octets, n), n);

	free(octets);
	if (!ok(p1_decode(a, &in, &limits, &m, &content, &e) == 0 && content.id == ERR_NONE, "%s is read", path))
		diag("%s %s", e.detail, content.detail);
	return m;
}

static void message_to_x400(void)
{
	struct arena *a = arena_new(0);
	struct taken t = {.a = a};
	struct mixer_setup s;
	struct mx_message *m;
	struct err e = {0};

	mixer_setup(a, &s, "2024-03-05T09:15:22+00:00", "mg1-20240305091522-00004711", "mg1-00004711");
	each_line("t/golden/mixer/1-message.envelope", take_smtp, &t);
	ok(!t.bad, "example 1: the envelope is read");
	const struct mime_entity *mail = mixer_setup_mail(a, "t/golden/mixer/1-message-from-smtp.eml");
	if (ok(mixer_to_x400(a, &s.context, mail, &t.env, NULL, &m, &e) == 0, "example 1 goes to X.400: %s", e.detail)) {
		char *want = mixer_setup_dump(a, apdu(a, "t/golden/mixer/1-message-to-x400.p1.ber"));
		is(mixer_setup_dump(a, m), want, "example 1: every element");
		same_apdu(a, m, "t/golden/mixer/1-message-to-x400.p1.ber");
	}
	arena_free(a);
}

/* Lines that begin with a blank joined to the one before, CR removed: where a field is folded says nothing. */
static char *unfolded(struct arena *a, const char *mail)
{
	char *out = arena_strdup(a, mail), *to = out;
	const char *body = strstr(mail, "\r\n\r\n") != NULL ? strstr(mail, "\r\n\r\n") : strstr(mail, "\n\n");

	for (const char *p = mail; *p != '\0'; p++) {
		if (*p == '\r')
			continue;
		if (p < body && *p == '\n' && (p[1] == ' ' || p[1] == '\t'))
			continue;
		*to++ = *p;
	}
	*to = '\0';
	return out;
}

static void message_to_822(void)
{
	struct arena *a = arena_new(0);
	const struct mx_message *m = apdu(a, "t/golden/mixer/2-message-from-x400.p1.ber");
	struct mixer_setup s;
	struct mixer_mail mail;
	struct err e = {0};
	char *want = tap_read_file("t/golden/mixer/2-message-to-smtp.eml", NULL);

	mixer_setup(a, &s, "2024-03-05T10:30:12+00:00", "", "mg1-00004720");
	s.settings.mdn_requests = true;
	if (ok(m != NULL && mixer_to_822(a, &s.context, m, &mail, &e) == 0 && mail.entity != NULL, "example 2 goes to SMTP: %s", e.detail)) {
		is(unfolded(a, mixer_setup_write(a, mail.entity, NULL)), unfolded(a, want), "example 2: every field in its place");
		is(arena_printf(a, "%s\n%s\n", smtp_format_mail(a, &mail.envelope, true),
		                smtp_format_rcpt(a, &mail.envelope.rcpt.items[0], true)),
		   tap_read_file("t/golden/mixer/2-message.envelope", NULL), "example 2: the envelope");
		is_int((long long)mail.verdicts.count, 1, "example 2: one verdict");
	}
	free(want);
	arena_free(a);
}

int main(void)
{
	message_to_x400();
	message_to_822();
	return tap_done();
}
