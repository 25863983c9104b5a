/* smtp_envelope.c - MAIL and RCPT lines read and written back: the envelope files of `mixgate convert` and xtext. */
#include "smtp/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "base/str.h"

/* Lines that come back as they were, or as the second text says. */
static const struct {
	const char *line, *back;
} mails[] = {
	{"MAIL FROM:<>", NULL},
	{"mail from:<a@b.example> body=8bitmime smtputf8 ret=full", "MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8 RET=FULL"},
	{"MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By+3Dz MT-PRIORITY=-9", NULL},
	{"MAIL FROM:<a@b.example> BODY=7BIT", "MAIL FROM:<a@b.example>"},
	{"MAIL FROM: <a@b.example>  ", "MAIL FROM:<a@b.example>"},
	{"MAIL FROM:<j\xc3\xb6@b\xc3\xbc" "cher.example> SMTPUTF8", NULL},
	{"MAIL FROM:<a@b.example> MT-PRIORITY=+3", "ERR_SMTP_SYNTAX"},
	{"MAIL FROM:<a@b.example> MT-PRIORITY=10", "ERR_SMTP_SYNTAX"},
	{"MAIL FROM:<a@b.example> SMTPUTF8=x", "ERR_SMTP_SYNTAX"},
	{"MAIL FROM:<a@b.example> ENVID=", "ERR_SMTP_SYNTAX"},
	{"MAIL FROM:<j\xc3@b.example> SMTPUTF8", "ERR_SMTP_UTF8_ADDRESS"},
	{"MAIL TO:<a@b.example>", "ERR_SMTP_SYNTAX"},
	{"", "ERR_SMTP_SYNTAX"},
};
static const struct {
	const char *line, *back;
} rcpts[] = {
	{"RCPT TO:<a@b.example>", NULL},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER", NULL},
	{"RCPT TO:<a@b.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bx@b.example", NULL},
	{"RCPT TO:<a@b.example> NOTIFY=delay,success", "RCPT TO:<a@b.example> NOTIFY=SUCCESS,DELAY"},
	{"RCPT TO:<\"/I=\\\"x\\\"/S=B b/\"@gw.example> ORCPT=x400;/S+3DB+20b/", NULL},
	{"RCPT TO:<a@b.example> ORCPT=;x", "ERR_SMTP_SYNTAX"},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;", "ERR_SMTP_SYNTAX"},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;a+0Ab", "ERR_SMTP_SYNTAX"},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;a+00b", "ERR_SMTP_SYNTAX"},
	{"RCPT TO:<a@b.example>\r\nDATA", "ERR_SMTP_SYNTAX"},
	{"RCPT TO:<a@b.example> \x01", "ERR_SMTP_SYNTAX"},
};

static void test_mail(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mails); i++) {
		struct arena *a = arena_new(0);
		struct smtp_envelope env;
		struct err e = {0};
		bool good = smtp_parse_mail(a, mails[i].line, &env, &e) == 0;

		is(good ? smtp_format_mail(a, &env, true) : err_row(e.id)->name, mails[i].back == NULL ? mails[i].line : mails[i].back, "%s", mails[i].line);
		arena_free(a);
	}
}

static void test_rcpt(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rcpts); i++) {
		struct arena *a = arena_new(0);
		struct smtp_rcpt r;
		struct err e = {0};
		bool good = smtp_parse_rcpt(a, rcpts[i].line, &r, &e) == 0;

		is(good ? smtp_format_rcpt(a, &r, true) : err_row(e.id)->name, rcpts[i].back == NULL ? rcpts[i].line : rcpts[i].back, "%s", rcpts[i].line);
		arena_free(a);
	}
}

static void test_without_dsn(void)
{
	struct arena *a = arena_new(0);
	struct smtp_envelope env;
	struct smtp_rcpt r;
	struct err e;

	ok(smtp_parse_mail(a, "MAIL FROM:<a@b> SIZE=1 RET=HDRS ENVID=x", &env, &e) == 0, "DSN parameters are read");
	is(smtp_format_mail(a, &env, false), "MAIL FROM:<a@b> SIZE=1", "and left out for a server without DSN");
	ok(smtp_parse_rcpt(a, "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=x400;y", &r, &e) == 0, "those of RCPT too");
	is(smtp_format_rcpt(a, &r, false), "RCPT TO:<a@b>", "and left out");
	arena_free(a);
}

/* Every octet but NUL goes through xtext and back. */
static void test_xtext(void)
{
	struct arena *a = arena_new(0);
	char all[256], small[4], *back = NULL;

	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	ok(smtp_xtext_decode(a, smtp_xtext_encode(a, all), &back) == 0, "xtext of every octet");
	is_octets(back, strlen(back), all, 255, "comes back");
	is(smtp_xtext_encode(a, "a+b=c d"), "a+2Bb+3Dc+20d", "RFC 3461 4: + = and blank are coded");
	ok(smtp_xtext_decode_into(small, sizeof small, "abc", 3) == 0 && smtp_xtext_decode_into(small, sizeof small, "abcd", 4) == -1, "a value that does not fit is refused");
	ok(smtp_xtext_decode(a, "a+2", &back) == -1 && smtp_xtext_decode(a, "a+", &back) == -1 && smtp_xtext_decode(a, "a+zz", &back) == -1 &&
	       smtp_xtext_decode(a, "a=b", &back) == -1 && smtp_xtext_decode(a, "a b", &back) == -1,
	   "broken xtext is refused");
	arena_free(a);
}

int main(void)
{
	test_mail();
	test_rcpt();
	test_without_dsn();
	test_xtext();
	return tap_done();
}
