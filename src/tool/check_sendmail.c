/*
 * tool/check_sendmail.c - mixgate check --mta sendmail: sendmail.cf, which m4 makes of sendmail.mc, and the text of the
 * mailertable against mixgate.conf.  mixgate-sendmail(7) explains each setting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "tool/check.h"

#define CF_MAX (16u << 20)
#define DATAFINAL "1h" /* Sendmail's defaults */
#define RECIPIENTS_LEAST 100

struct sendmail {
	struct findings *f;
	struct arena *a;
	const char *dir;
	const char *cf;    /* lines, continuations joined, no comments */
};

static void wrong(struct sendmail *s, const char *what, const char *text) { check_finding(s->f, true, what, text); }

/* ---- reading ---- */

/* NULL: it cannot be read. */
static char *read_text(struct arena *a, const char *path)
{
	FILE *in = fopen(path, "re");
	struct buf *b = buf_in(a, CF_MAX);
	char block[4096];
	size_t n;

	if (in == NULL)
		return NULL;
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		buf_put(b, block, n);
	fclose(in);
	return arena_strndup(a, (const char *)b->p, b->len);
}

/* Comments out, and lines that begin with a blank added to the one before. */
static char *logical_lines(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, CF_MAX);

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (*line == '#' || n == 0)
			continue;
		if (*line != ' ' && *line != '\t' && b->len > 0)
			buf_putc(b, '\n');
		buf_put(b, line, n);
	}
	return arena_strdup(a, buf_str(b));
}

/* The next line that begins with prefix, without it; *at goes on from there.  NULL: none. */
static const char *next_line(struct sendmail *s, const char **at, const char *prefix)
{
	for (const char *line = *at; *line != '\0'; line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		*at = line + n + (line[n] == '\n');
		if (n >= strlen(prefix) && strncasecmp(line, prefix, strlen(prefix)) == 0)
			return arena_strndup(s->a, line + strlen(prefix), n - strlen(prefix));
		line += n;
	}
	return NULL;
}

/* "O name=value"; NULL: the default holds. */
static const char *option(struct sendmail *s, const char *name)
{
	const char *at = s->cf, *found = NULL, *v;

	while ((v = next_line(s, &at, arena_printf(s->a, "O %s=", name))) != NULL)
		found = v;
	return found;
}

/* "Name=X, Addr=Y" or "P=[IPC], F=...": the value of key, up to a comma; NULL: it is not there. */
static const char *equate(struct sendmail *s, const char *line, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = line; *p != '\0'; p += strcspn(p, ","), p += *p == ',') {
		p += strspn(p, ", \t");
		if (strncmp(p, key, n) == 0 && p[n] == '=') /* R= and r= are two */
			return arena_strndup(s->a, p + n + 1, strcspn(p + n + 1, ","));
	}
	return NULL;
}

/* ---- settings that hold for all mail ---- */

static void check_size(struct sendmail *s)
{
	const char *v = option(s, "MaxMessageSize");
	long long theirs = v == NULL ? 0 : strtoll(v, NULL, 10), ours = s->f->t->config->limits.message_size;

	if (theirs != 0 && theirs < ours / 3 * 4)
		wrong(s, "confMAX_MESSAGE_SIZE",
		      arena_printf(s->a, "%lld is less than limits.message_size (%lld) after base64; define(`confMAX_MESSAGE_SIZE', `%lld')", theirs, ours, ours / 2 * 3));
}

static void check_times(struct sendmail *s)
{
	const char *v = option(s, "Timeout.datafinal");

	if (check_seconds('m', v == NULL ? DATAFINAL : v) <= s->f->t->config->lmtp.answer_within)
		wrong(s, "confTO_DATAFINAL", arena_printf(s->a, "%s is not longer than lmtp.answer_within (%d s); define(`confTO_DATAFINAL', `%ds')", v,
		                                          s->f->t->config->lmtp.answer_within, s->f->t->config->lmtp.answer_within + 100));
}

static void check_privacy(struct sendmail *s)
{
	const char *list = option(s, "PrivacyOptions"), *word;

	while (list != NULL && check_next_word(s->a, &list, &word))
		if (str_ieq(word, "noreceipts") || str_ieq(word, "goaway"))
			wrong(s, "confPRIVACY_FLAGS", arena_printf(s->a, "%s: the return port does not offer DSN, so that delivery reports do not come back; take it out", word));
}

/* ---- the milter ---- */

static const char *find_filter(struct sendmail *s, const char *socket, const char **name)
{
	const char *at = s->cf, *line, *where;

	while ((line = next_line(s, &at, "X")) != NULL)
		if ((where = equate(s, line, "S")) != NULL && str_eq(where, socket)) {
			*name = arena_strndup(s->a, line, strcspn(line, ","));
			return line;
		}
	return NULL;
}

/* The time behind E: in T=C:30s;S:30s;R:60s;E:600s. */
static long long end_of_message(struct sendmail *s, const char *line)
{
	const char *t = equate(s, line, "T"), *at = t == NULL ? NULL : strstr(t, "E:");

	return at == NULL ? 300 : check_seconds('s', arena_strndup(s->a, at + 2, strcspn(at + 2, ";")));
}

static void check_milter(struct sendmail *s)
{
	const struct config *c = s->f->t->config;
	const char *name, *list = option(s, "InputMailFilters"), *word, *last = "", *line = find_filter(s, c->milter.socket, &name), *flags;
	bool used = false;

	if (line == NULL) {
		wrong(s, "INPUT_MAIL_FILTER", arena_printf(s->a, "no mixgate-milter; add MIXGATE_MILTER(`%s') as the last", c->milter.socket));
		return;
	}
	while (list != NULL && check_next_word(s->a, &list, &word)) {
		used = used || str_eq(word, name);
		last = word;
	}
	if (!used)
		wrong(s, "confINPUT_MAIL_FILTERS", arena_printf(s->a, "does not name %s, so that it is never asked", name));
	else if (!str_eq(last, name))
		wrong(s, "confINPUT_MAIL_FILTERS", arena_printf(s->a, "%s stands behind %s, which must be the last", last, name));
	flags = equate(s, line, "F");
	if (str_eq(c->milter.on_error, "tempfail") && (flags == NULL || strchr(flags, 'T') == NULL))
		wrong(s, "INPUT_MAIL_FILTER", arena_printf(s->a, "%s has no F=T, so that mail passes it by while it is down", name));
	if (end_of_message(s, line) <= c->milter.timeout)
		wrong(s, "INPUT_MAIL_FILTER", arena_printf(s->a, "%s: T=E: is not longer than milter.timeout (%d s), so that Sendmail gives up first", name, c->milter.timeout));
}

/* ---- the return port ---- */

static void check_return_port(struct sendmail *s)
{
	const struct config *c = s->f->t->config;
	const char *at = s->cf, *line, *port, *filters, *modifiers;

	while ((line = next_line(s, &at, "O DaemonPortOptions=")) != NULL) {
		if ((port = equate(s, line, "Port")) == NULL || strtol(port, NULL, 10) != c->smtp_out.port)
			continue;
		filters = equate(s, line, "InputMailFilters");
		modifiers = equate(s, line, "M");
		if (option(s, "InputMailFilters") != NULL && (filters == NULL || *filters != '\0'))
			wrong(s, "DAEMON_OPTIONS", arena_printf(s->a, "the return port %d has milters, which would refuse X.400 senders; add InputMailFilters=", c->smtp_out.port));
		if (modifiers != NULL && strchr(modifiers, 'a') != NULL)
			wrong(s, "DAEMON_OPTIONS", arena_printf(s->a, "the return port %d wants authentication, which mixgated does not do; take the a out of M=", c->smtp_out.port));
		return;
	}
	wrong(s, "DAEMON_OPTIONS", arena_printf(s->a, "nothing listens at smtp_out, port %d; add MIXGATE_RETURN_PORT(`%d')", c->smtp_out.port, c->smtp_out.port));
}

/* ---- the way to X.400 ---- */

const char *check_sendmail_address(struct arena *a, const char *spec)
{
	const char *at = strchr(spec, '@');

	if (!str_istarts(spec, "inet:"))
		return arena_printf(a, "FILE %s", str_istarts(spec, "unix:") ? spec + 5 : spec);
	return at == NULL ? arena_printf(a, "TCP [127.0.0.1] %s", spec + 5) : arena_printf(a, "TCP [%s] %.*s", at + 1, (int)(at - spec - 5), spec + 5);
}

static bool is_our_door(struct sendmail *s, const char *address)
{
	const struct config *c = s->f->t->config;
	bool ours = str_ieq(address, check_sendmail_address(s->a, c->lmtp.socket));

	for (size_t i = 0; i < c->peers.count && !ours; i++)
		ours = *c->peers.items[i].lmtp != '\0' && str_ieq(address, check_sendmail_address(s->a, c->peers.items[i].lmtp));
	return ours;
}

static void check_mailer(struct sendmail *s, const char *mailer)
{
	static const struct {
		char flag;
		bool wanted;
		const char *why;
	} flags[] = {
		{'z', true, "it does not speak LMTP, so that one answer holds for all recipients"},
		{'m', true, "each recipient is a message of its own"},
		{'E', false, "lines that begin with From are changed"},
	};
	const char *at = s->cf, *line = next_line(s, &at, arena_printf(s->a, "M%s,", mailer)), *v;

	if (line == NULL) {
		wrong(s, "mailertable", arena_printf(s->a, "no mailer %s; add MIXGATE_MAILER(`%s', `%s')", mailer, mailer, check_sendmail_address(s->a, s->f->t->config->lmtp.socket)));
		return;
	}
	v = equate(s, line, "A");
	if (v == NULL || !is_our_door(s, v))
		wrong(s, mailer, arena_printf(s->a, "A=%s is no LMTP socket of mixgate.conf; take MIXGATE_MAILER(`%s', `%s')", v == NULL ? "" : v, mailer,
		                              check_sendmail_address(s->a, s->f->t->config->lmtp.socket)));
	v = equate(s, line, "F");
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if ((v != NULL && strchr(v, flags[i].flag) != NULL) != flags[i].wanted)
			wrong(s, mailer, arena_printf(s->a, "F= %s %c: %s", flags[i].wanted ? "wants" : "must not have", flags[i].flag, flags[i].why));
	v = equate(s, line, "L");
	if (v == NULL || strtol(v, NULL, 10) != 0)
		wrong(s, mailer, "L= breaks long lines; take L=0");
	v = equate(s, line, "r");
	if (v != NULL && strtol(v, NULL, 10) < RECIPIENTS_LEAST)
		wrong(s, mailer, arena_printf(s->a, "r=%s: a longer list is sent in pieces; take r=1000", v));
}

/* The file behind FEATURE(`mailertable'): its text, from which makemap makes the .db. */
static const char *table_path(struct sendmail *s)
{
	const char *at = s->cf, *line = next_line(s, &at, "Kmailertable "), *path;
	size_t n;

	if (line == NULL)
		return NULL;
	path = strrchr(line, ' ');
	path = path == NULL ? line : path + 1;
	n = strlen(path);
	return n > 3 && str_eq(path + n - 3, ".db") ? arena_strndup(s->a, path, n - 3) : path;
}

/* "x400:mixgate" for the domain: its own line, or that of ".parent"; NULL: none. */
static const char *mailer_of(struct sendmail *s, const char *table, const char *domain)
{
	for (const char *key = domain; key != NULL; key = strchr(key + 1, '.'))
		for (const char *line = table; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
			size_t n = strcspn(line, " \t\n"), blanks = strspn(line + n, " \t");

			if (n == strlen(key) && strncasecmp(line, key, n) == 0)
				return arena_strndup(s->a, line + n + blanks, strcspn(line + n + blanks, " \t\n"));
		}
	return NULL;
}

/* Class R: a domain there stands for all below it. */
static bool is_relayed(struct sendmail *s, const char *relayed, const char *domain)
{
	for (const char *d = domain; d != NULL; d = strchr(d, '.') == NULL ? NULL : strchr(d, '.') + 1) {
		const char *at = s->cf, *line, *word;

		for (line = relayed; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
			if (strcspn(line, " \t\n") == strlen(d) && strncasecmp(line, d, strlen(d)) == 0)
				return true;
		while ((line = next_line(s, &at, "CR")) != NULL)
			while (check_next_word(s->a, &line, &word))
				if (str_ieq(word, d))
					return true;
	}
	return false;
}

/* The file of "FR-o /etc/mail/relay-domains"; "" : none, or it cannot be read. */
static const char *relay_domains(struct sendmail *s)
{
	const char *at = s->cf, *line = next_line(s, &at, "FR"), *path = line == NULL ? NULL : strrchr(line, ' '), *text;

	text = line == NULL ? NULL : read_text(s->a, path == NULL ? line : path + 1);
	return text == NULL ? "" : text;
}

static void check_domains(struct sendmail *s)
{
	struct check_domains domains = {0}, done = {0};
	const char *path = table_path(s), *table = path == NULL ? NULL : read_text(s->a, path), *relayed = relay_domains(s);

	if (path == NULL) {
		wrong(s, "mailertable", "there is none; add FEATURE(`mailertable')");
		return;
	}
	if (table == NULL) {
		wrong(s, "mailertable", arena_printf(s->a, "%s cannot be read; `mixgate table sendmail` prints it", path));
		return;
	}
	check_x400_domains(s->f, &domains);
	for (size_t i = 0; i < domains.count; i++) {
		const char *hop = mailer_of(s, table, domains.items[i]), *mailer;

		if (!is_relayed(s, relayed, domains.items[i]))
			wrong(s, "relay-domains", arena_printf(s->a, "%s is missing: mail from outside is refused", domains.items[i]));
		if (hop == NULL) {
			wrong(s, "mailertable", arena_printf(s->a, "%s is missing; `mixgate table sendmail` prints the table", domains.items[i]));
			continue;
		}
		mailer = arena_strndup(s->a, hop, strcspn(hop, ":"));
		if (!check_seen(&done, s->a, mailer))
			check_mailer(s, mailer);
	}
}

int check_sendmail(struct findings *f, const char *dir, struct err *e)
{
	struct sendmail s = {.f = f, .a = f->t->arena, .dir = dir == NULL ? "/etc/mail" : dir};
	const char *path = arena_printf(s.a, "%s/sendmail.cf", s.dir), *text = read_text(s.a, path);

	if (text == NULL)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s: is Sendmail installed, and its settings there?", path);
	s.cf = logical_lines(s.a, text);
	check_size(&s);
	check_times(&s);
	check_privacy(&s);
	check_milter(&s);
	check_return_port(&s);
	check_domains(&s);
	return 0;
}
