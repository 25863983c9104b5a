/*
 * tool/check.c - mixgate check: is mixgate.conf right, do its tables load, do folders and sockets have a place?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "tool/check.h"

void check_finding(struct findings *f, bool error, const char *what, const char *text)
{
	if (error)
		f->errors++;
	else
		f->warnings++;
	if (f->json == NULL) {
		stream_printf(f->t->out, "%s: %s: %s\n", error ? "error" : "warning", what, text);
		return;
	}
	json_object(f->json, NULL);
	json_string(f->json, "severity", error ? "error" : "warning");
	json_string(f->json, "key", what);
	json_string(f->json, "text", text);
	json_end_object(f->json);
}

/* The folder of path must exist and be writable for us. */
static void check_folder(struct findings *f, const char *key, const char *path)
{
	char *dir = arena_strdup(f->t->arena, path);
	char *slash = strrchr(dir, '/');

	if (slash == NULL)
		return;
	slash[slash == dir] = '\0';
	if (access(dir, W_OK) != 0)
		check_finding(f, true, key, arena_printf(f->t->arena, "folder %s: %s; create it and give it to the user of mixgated", dir, strerror(errno)));
}

static void check_socket(struct findings *f, const char *key, const char *spec)
{
	if (str_istarts(spec, "unix:"))
		check_folder(f, key, spec + 5);
	else if (!str_istarts(spec, "inet:") && !str_istarts(spec, "fd:") && *spec != '\0')
		check_finding(f, true, key, arena_printf(f->t->arena, "%s is neither unix:/path nor inet:port@host", spec));
}

static void check_peers(struct findings *f)
{
	const struct config *c = f->t->config;

	if (c->peers.count == 0)
		check_finding(f, false, "peers", "there is none: no message can go to X.400");
	if (c->peers.count > 1 && *c->routes == '\0')
		check_finding(f, true, "routes", "several peers and no routes: say which O/R addresses go where (mixgate-tables(5))");
	for (size_t i = 0; i < c->peers.count; i++) {
		const struct config_peer *p = &c->peers.items[i];
		if (p->rpass == NULL)
			check_finding(f, false, arena_printf(f->t->arena, "peers.%s.rpass_file", p->name), "the peer needs no password to bind to us");
		if (p->size_max > c->limits.message_size)
			check_finding(f, false, arena_printf(f->t->arena, "peers.%s.size_max", p->name), "is larger than limits.message_size, which holds");
		check_socket(f, arena_printf(f->t->arena, "peers.%s.lmtp", p->name), p->lmtp);
	}
}

static void check_rest(struct findings *f)
{
	const struct config *c = f->t->config;

	check_socket(f, "lmtp.socket", c->lmtp.socket);
	check_socket(f, "lmtp.screen", c->lmtp.screen);
	check_socket(f, "milter.socket", c->milter.socket);
	check_folder(f, "journal.path", c->journal.path);
	if (*c->lmtp.spooldir != '\0' && access(c->lmtp.spooldir, W_OK) != 0)
		check_finding(f, true, "lmtp.spooldir", arena_printf(f->t->arena, "%s: %s", c->lmtp.spooldir, strerror(errno)));
	if (strchr(c->local.domain, '.') == NULL)
		check_finding(f, false, "local.domain", "is not a full domain name: replies to encapsulated addresses will not come back");
}

static void table_finding(void *context, const struct addr_finding *x)
{
	struct findings *f = context;

	if (x->severity == ADDR_NOTE)
		return;
	check_finding(f, x->severity == ADDR_ERROR, x->where, arena_printf(f->t->arena, "%s [%s]: %s", x->text, x->id, x->advice));
}

/* All findings, not the first alone. */
static void check_tables(struct findings *f)
{
	struct addr_findings found = {.report = table_finding, .context = f};
	struct addr_tables_source src;
	struct err e = {0};

	if (tool_source(f->t, &src, &e) != 0 ||
	    (addr_tables_check(f->t->arena, &src, &found, &f->t->tables, &e) != 0 && found.errors == 0))
		check_finding(f, true, "tables", e.detail);
}

/* X.400 writes to Internet users at local.or_address, and to the mail side alone can what comes there go. */
static void check_own_route(struct findings *f)
{
	struct arena *a = f->t->arena;
	const struct or_address *own = f->t->tables == NULL ? NULL : addr_local_or(f->t->tables);
	struct addr_route r;

	if (own == NULL || *f->t->config->routes == '\0' || !or_has(own, OR_C))
		return;
	addr_route(a, f->t->tables, own, &r);
	if (r.kind == ADDR_ROUTE_REJECT || r.kind == ADDR_ROUTE_PEER)
		check_finding(f, false, r.where,
		              arena_printf(a, "%s our own O/R address (local.or_address, local.gdi), at which X.400 writes to Internet users: give it a line of its own, \": smtp\"",
		                           r.kind == ADDR_ROUTE_PEER ? "leads a peer's mail for" : "rejects"));
}

/* ---- what the checks of both MTAs share ---- */

long long check_seconds(char unit, const char *v)
{
	char *end;
	long long n = strtoll(v, &end, 10);

	switch (*end != '\0' ? *end : unit) {
	case 'm': return n * 60;
	case 'h': return n * 3600;
	case 'd': return n * 86400;
	case 'w': return n * 604800;
	default: return n;
	}
}

bool check_next_word(struct arena *a, const char **list, const char **word)
{
	size_t n;

	*list += strspn(*list, ", \t{}");
	n = strcspn(*list, ", \t{}");
	*word = arena_strndup(a, *list, n);
	*list += n;
	return n > 0;
}

bool check_seen(struct check_domains *done, struct arena *a, const char *name)
{
	for (size_t i = 0; i < done->count; i++)
		if (str_eq(done->items[i], name))
			return true;
	*ARENA_PUSH(a, done) = name;
	return false;
}

struct collecting {
	struct findings *f;
	struct check_domains *out;
};

static void add_domain(void *context, const char *domain, const struct or_address *o)
{
	struct collecting *c = context;
	struct addr_route r;

	addr_route(c->f->t->arena, c->f->t->tables, o, &r);
	if (r.kind != ADDR_ROUTE_SMTP)
		*ARENA_PUSH(c->f->t->arena, c->out) = domain;
}

void check_x400_domains(struct findings *f, struct check_domains *out)
{
	if (f->t->tables != NULL)
		addr_each_domain(f->t->arena, f->t->tables, add_domain, &(struct collecting){f, out});
	*ARENA_PUSH(f->t->arena, out) = f->t->config->local.domain;
}

int tool_check(struct tool *t, int argc, char **argv)
{
	const char *mta = NULL, *mta_dir = NULL;
	bool defaults = false;
	const struct tool_option options[] = {{"--defaults", NULL, &defaults}, {"--mta", &mta, NULL}, {"--mta-config", &mta_dir, NULL}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv);
	struct json j = JSON_INIT(t->out);
	struct findings f = {.t = t, .json = t->json ? &j : NULL};
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n > 0)
		return tool_usage("check", "takes no words; the file is named by --config");
	if (defaults) {
		config_print_schema(t->out);
		return TOOL_OK;
	}
	if (mta != NULL && !str_eq(mta, "postfix") && !str_eq(mta, "sendmail"))
		return tool_usage("check", "--mta knows postfix and sendmail");
	if (t->json)
		json_array(&j, NULL);
	if (tool_config(t, &e) != 0) {
		check_finding(&f, true, "mixgate.conf", e.detail);
	} else {
		check_tables(&f);
		check_own_route(&f);
		check_peers(&f);
		check_rest(&f);
		if (mta != NULL && (str_eq(mta, "postfix") ? check_postfix(&f, mta_dir, &e) : check_sendmail(&f, mta_dir, &e)) != 0)
			check_finding(&f, true, mta, e.detail);
	}
	if (t->json)
		json_end_array(&j);
	else if (f.errors == 0)
		stream_printf(t->out, "%s: good, %d warning%s\n", *t->config->path != '\0' ? t->config->path : "defaults", f.warnings,
		              f.warnings == 1 ? "" : "s");
	return f.errors > 0 ? TOOL_NO : TOOL_OK;
}
