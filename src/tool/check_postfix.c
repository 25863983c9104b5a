/*
 * tool/check_postfix.c - mixgate check --mta postfix: main.cf and master.cf, as postconf(1) prints them, against
 * mixgate.conf.  mixgate-postfix(7) explains each setting.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "tool/check.h"

#define OUTPUT_MAX (4u << 20)
#define RECIPIENTS_LEAST 1000

struct postfix {
	struct findings *f;
	struct arena *a;
	const char *dir;
	const char *main, *services, *overrides; /* postconf -x, -M, -P */
};

static void wrong(struct postfix *p, const char *what, const char *text) { check_finding(p->f, true, what, text); }

/* ---- asking Postfix ---- */

static NORETURN void run_child(const char *const *argv, int out)
{
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv); /* execvp changes nothing there */
	_exit(127);
}

/* What argv prints; NULL: it could not be run.  An exit status is not looked at: postmap says "not found" by it. */
static char *ask(struct arena *a, const char *const *argv)
{
	char block[4096];
	struct buf b = BUF_INIT(OUTPUT_MAX);
	int fd[2], status;
	ssize_t n;
	pid_t child;
	char *text;

	if (pipe(fd) != 0)
		return NULL;
	child = fork();
	if (child == 0)
		run_child(argv, fd[1]);
	close(fd[1]);
	while (child > 0 && (n = read(fd[0], block, sizeof block)) > 0)
		buf_put(&b, block, (size_t)n);
	close(fd[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
		text = NULL;
	else
		text = arena_strndup(a, (const char *)b.p, b.len);
	buf_free(&b);
	return text;
}

/* "NAME = value" of a text of such lines; NULL: there is none. */
static const char *value_of(struct arena *a, const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + n;

		if (strncmp(line, name, n) != 0 || strncmp(at, " =", 2) != 0)
			continue;
		at += 2;
		at += strspn(at, " ");
		return arena_strndup(a, at, strcspn(at, "\n"));
	}
	return NULL;
}

/* Of main.cf, "" when absent. */
static const char *main_value(struct postfix *p, const char *name)
{
	const char *v = value_of(p->a, p->main, name);

	return v == NULL ? "" : v;
}

/* Of a service ("x400/unix"): its own -o, else that of main.cf. */
static const char *service_value(struct postfix *p, const char *service, const char *name)
{
	const char *v = value_of(p->a, p->overrides, arena_printf(p->a, "%s/%s", service, name));

	return v == NULL ? main_value(p, name) : v;
}

/* Field n (0: name) of the service "NAME TYPE" in master.cf; NULL: no such service. */
static const char *service_field(struct postfix *p, const char *name, const char *type, int field)
{
	for (const char *line = p->services; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line, *word[8];
		size_t len[8];
		int n = 0;

		for (; n < 8; n++) {
			at += strspn(at, " \t");
			word[n] = at;
			len[n] = strcspn(at, " \t\n");
			at += len[n];
		}
		if (strlen(name) == len[0] && strncmp(word[0], name, len[0]) == 0 && strlen(type) == len[1] && strncmp(word[1], type, len[1]) == 0)
			return arena_strndup(p->a, word[field], len[field]);
	}
	return NULL;
}

/* ---- look-ups ---- */

/* The value of key in the first of the maps that has it; "" : none has. */
static const char *look_up(struct postfix *p, const char *maps, const char *key)
{
	const char *map, *found;

	while (check_next_word(p->a, &maps, &map)) {
		const char *const argv[] = {"postmap", "-c", p->dir, "-q", key, map, NULL};

		if (strchr(map, ':') == NULL || (found = ask(p->a, argv)) == NULL || *found == '\0')
			continue;
		return arena_strndup(p->a, found, strcspn(found, "\n"));
	}
	return "";
}

static bool listed(struct postfix *p, const char *list, const char *domain)
{
	const char *rest = list, *word;

	while (check_next_word(p->a, &rest, &word))
		for (const char *d = domain; d != NULL; d = strchr(d, '.') == NULL ? NULL : strchr(d, '.') + 1)
			if (str_ieq(word, d) || (strchr(word, ':') != NULL && *look_up(p, word, d) != '\0'))
				return true;
	return false;
}

/* ---- settings that hold for all mail ---- */

static void check_size(struct postfix *p)
{
	long long theirs = strtoll(main_value(p, "message_size_limit"), NULL, 10), ours = p->f->t->config->limits.message_size;

	if (theirs != 0 && theirs < ours / 3 * 4)
		wrong(p, "message_size_limit",
		      arena_printf(p->a, "%lld is less than limits.message_size (%lld) after base64; set message_size_limit = %lld", theirs, ours, ours / 2 * 3));
}

static void check_newline(struct postfix *p)
{
	const char *v = main_value(p, "smtpd_forbid_bare_newline");

	if (!str_ieq(v, "yes") && !str_ieq(v, "normalize") && !str_ieq(v, "reject"))
		wrong(p, "smtpd_forbid_bare_newline", "one message can be made two of (SMTP smuggling); set smtpd_forbid_bare_newline = yes");
}

/* ---- the milter ---- */

/* libmilter's inet:port@host is Postfix's inet:host:port. */
static const char *our_milter(struct postfix *p, const char *spec)
{
	const char *at = strchr(spec, '@');

	if (!str_istarts(spec, "inet:"))
		return strchr(spec, ':') == NULL ? arena_printf(p->a, "unix:%s", spec) : spec;
	return at == NULL ? arena_printf(p->a, "inet:127.0.0.1:%s", spec + 5) : arena_printf(p->a, "inet:%s:%.*s", at + 1, (int)(at - spec - 5), spec + 5);
}

/* One value of smtpd_milters; is ours in it? */
static bool check_milters(struct postfix *p, const char *where, const char *list)
{
	const char *ours = our_milter(p, p->f->t->config->milter.socket), *word, *last = "";
	bool found = false;

	while (check_next_word(p->a, &list, &word)) {
		if (str_eq(word, p->f->t->config->milter.socket) && !str_eq(word, ours)) {
			wrong(p, where, arena_printf(p->a, "%s is how mixgate.conf writes it; Postfix wants %s", word, ours));
			found = true;
		}
		found = found || str_eq(word, ours);
		if (strchr(word, '=') == NULL)
			last = word;
	}
	if (found && !str_eq(last, ours) && !str_eq(last, p->f->t->config->milter.socket))
		wrong(p, where, arena_printf(p->a, "%s stands behind mixgate-milter, which must be the last", last));
	return found;
}

static void check_milter(struct postfix *p)
{
	static const char key[] = "/smtpd_milters =";
	const struct config *c = p->f->t->config;
	bool found = check_milters(p, "smtpd_milters", main_value(p, "smtpd_milters"));

	for (const char *line = p->overrides; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *whole = arena_strndup(p->a, line, strcspn(line, "\n")), *at = strstr(whole, key);

		if (at != NULL)
			found = check_milters(p, arena_strndup(p->a, whole, (size_t)(at - whole) + sizeof key - 3), at + sizeof key - 1) || found;
	}
	if (!found)
		wrong(p, "smtpd_milters", arena_printf(p->a, "does not name mixgate-milter; add %s as the last", our_milter(p, c->milter.socket)));
	if (check_seconds('s', main_value(p, "milter_content_timeout")) <= c->milter.timeout)
		wrong(p, "milter_content_timeout", arena_printf(p->a, "is not longer than milter.timeout (%d s), so that Postfix gives up first", c->milter.timeout));
}

/* ---- the return port ---- */

static const char *find_return_port(struct postfix *p, const char **chroot)
{
	const struct config *c = p->f->t->config;
	const char *names[] = {arena_printf(p->a, "%s:%d", c->smtp_out.host, c->smtp_out.port), arena_printf(p->a, "[%s]:%d", c->smtp_out.host, c->smtp_out.port),
	                       arena_printf(p->a, "localhost:%d", c->smtp_out.port), arena_printf(p->a, "%d", c->smtp_out.port)};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((*chroot = service_field(p, names[i], "inet", 4)) != NULL)
			return arena_printf(p->a, "%s/inet", names[i]);
	return NULL;
}

static void check_return_port(struct postfix *p)
{
	const char *unused, *service = find_return_port(p, &unused), *discarded, *word;

	if (service == NULL) {
		wrong(p, "master.cf", arena_printf(p->a, "no smtpd at smtp_out, %s:%d; add the return port of mixgate-postfix(7)", p->f->t->config->smtp_out.host,
		                                   p->f->t->config->smtp_out.port));
		return;
	}
	if (*service_value(p, service, "smtpd_milters") != '\0' && strstr(service_value(p, service, "receive_override_options"), "no_milters") == NULL)
		wrong(p, service, "the return port has milters, which would refuse X.400 senders; add -o smtpd_milters=");
	discarded = service_value(p, service, "smtpd_discard_ehlo_keywords");
	while (check_next_word(p->a, &discarded, &word))
		if (str_ieq(word, "dsn"))
			wrong(p, service, "the return port does not offer DSN, so that delivery reports do not come back; add -o smtpd_discard_ehlo_keywords=");
}

/* ---- the way to X.400 ---- */

/* The lmtp service that brings mail here. */
static void check_transport(struct postfix *p, const char *transport, bool local_socket)
{
	const struct config *c = p->f->t->config;
	const char *service = arena_printf(p->a, "%s/unix", transport), *chroot = service_field(p, transport, "unix", 4);
	const char *limit = value_of(p->a, p->main, arena_printf(p->a, "%s_destination_recipient_limit", transport)), *processes;
	int wanted = (c->lmtp.workers * 3 + 3) / 4;

	if (chroot == NULL) {
		wrong(p, "master.cf", arena_printf(p->a, "no service %s, which transport_maps names", transport));
		return;
	}
	if (local_socket && str_eq(chroot, "y"))
		wrong(p, service, "runs in a chroot and cannot see a socket outside; take n in the fifth column");
	if (check_seconds('s', service_value(p, service, "lmtp_data_done_timeout")) <= c->lmtp.answer_within)
		wrong(p, "lmtp_data_done_timeout", arena_printf(p->a, "is not longer than lmtp.answer_within (%d s); set lmtp_data_done_timeout = %ds",
		                                                c->lmtp.answer_within, c->lmtp.answer_within + 100));
	if (limit == NULL || *limit == '$')
		limit = main_value(p, "default_destination_recipient_limit");
	if (strtol(limit, NULL, 10) < RECIPIENTS_LEAST && strtol(limit, NULL, 10) != 0)
		wrong(p, arena_printf(p->a, "%s_destination_recipient_limit", transport),
		      arena_printf(p->a, "%s: a longer list is sent in pieces; set it to %d", limit, RECIPIENTS_LEAST));
	processes = service_field(p, transport, "unix", 6);
	if (str_eq(processes, "-"))
		processes = main_value(p, "default_process_limit");
	if (strtol(processes, NULL, 10) == 0 || strtol(processes, NULL, 10) > wanted)
		wrong(p, service, arena_printf(p->a, "%s processes, but %d of lmtp.workers serve LMTP at a time; take %d in the seventh column", processes, wanted, wanted));
}

static void check_domains(struct postfix *p)
{
	struct check_domains domains = {0}, done = {0};

	check_x400_domains(p->f, &domains);
	for (size_t i = 0; i < domains.count; i++) {
		const char *domain = domains.items[i], *hop = look_up(p, main_value(p, "transport_maps"), domain), *transport;

		if (!listed(p, main_value(p, "relay_domains"), domain))
			wrong(p, "relay_domains", arena_printf(p->a, "%s is missing: mail from outside is refused", domain));
		if (*hop == '\0') {
			wrong(p, "transport_maps", arena_printf(p->a, "%s is missing; `mixgate table postfix` prints the map", domain));
			continue;
		}
		transport = arena_strndup(p->a, hop, strcspn(hop, ":"));
		if (!check_seen(&done, p->a, transport))
			check_transport(p, transport, strstr(hop, "unix:") != NULL);
	}
}

int check_postfix(struct findings *f, const char *dir, struct err *e)
{
	struct postfix p = {.f = f, .a = f->t->arena, .dir = dir == NULL ? "/etc/postfix" : dir};
	const char *const ask_main[] = {"postconf", "-c", p.dir, "-x", NULL}, *const ask_services[] = {"postconf", "-c", p.dir, "-M", NULL},
	                  *const ask_overrides[] = {"postconf", "-c", p.dir, "-x", "-P", NULL};

	p.main = ask(p.a, ask_main);
	p.services = ask(p.a, ask_services);
	p.overrides = ask(p.a, ask_overrides);
	if (p.main == NULL || p.services == NULL || p.overrides == NULL || *p.main == '\0' || *p.services == '\0')
		return ERR(e, ERR_SYSTEM, "postconf -c %s says nothing: is Postfix installed, and its settings there?", p.dir);
	check_size(&p);
	check_newline(&p);
	check_milter(&p);
	check_return_port(&p);
	check_domains(&p);
	return 0;
}
