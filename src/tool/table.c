/*
 * tool/table.c - mixgate table: its words, of which compile, postfix and sendmail are here; mixgate vectors: vectors of
 * addresses and bodies.
 */
#include <string.h>
#include <sys/stat.h>

#include "addr/tables.h"
#include "addr/vectors.h"
#include "base/str.h"
#include "mixer/directions.h"
#include "tool/body_vectors.h"
#include "tool/check.h"
#include "tool/table.h"

static int compile(struct tool *t, int argc, char **argv, struct err *e)
{
	struct addr_tables_source src;

	if (argc > 1)
		return ERR(e, ERR_CONFIG, "table compile takes at most one word: the file to write");
	TRY(tool_source(t, &src, e));
	if (argc == 1)
		src.compiled = argv[0];
	TRY(addr_tables_compile(t->arena, &src, e));
	stream_puts(t->out, "compiled\n");
	return 0;
}

/* "unix:/run/x.sock" is how we say it; Postfix's lmtp(8) wants lmtp:unix:/run/x.sock or lmtp:inet:host:port. */
static const char *nexthop(struct tool *t, const char *spec)
{
	const char *at;

	if (!str_istarts(spec, "inet:"))
		return arena_printf(t->arena, "x400:%s", spec);
	at = strchr(spec, '@');
	if (at == NULL)
		return arena_printf(t->arena, "x400:inet:127.0.0.1:%s", spec + 5);
	return arena_printf(t->arena, "x400:inet:[%s]:%.*s", at + 1, (int)(at - spec - 5), spec + 5);
}

/* How the MTA writes a line for a domain (and all below it) that goes to that peer; NULL: the generic socket. */
struct map_style {
	struct tool *t;
	void (*print)(struct tool *t, const char *domain, const struct config_peer *peer);
};

static void print_postfix(struct tool *t, const char *domain, const struct config_peer *peer)
{
	const char *hop = nexthop(t, peer == NULL ? t->config->lmtp.socket : peer->lmtp);

	stream_printf(t->out, "%s\t%s\n.%s\t%s\n", domain, hop, domain, hop);
}

/* A mailer is named x400, or x400-PEER. */
static void print_sendmail(struct tool *t, const char *domain, const struct config_peer *peer)
{
	const char *dash = peer == NULL ? "" : "-", *name = peer == NULL ? "" : peer->name;

	stream_printf(t->out, "%s\tx400%s%s:mixgate\n.%s\tx400%s%s:mixgate\n", domain, dash, name, domain, dash, name);
}

/* One line a domain of mapping 2: to the socket of the peer that its O/R addresses are routed to, else to the generic
 * one; a domain that is routed to SMTP stays the MTA's own. */
static void print_domain(const struct map_style *style, const char *domain)
{
	struct tool *t = style->t;
	const struct config_peer *peer = NULL;
	struct or_address o = {0};
	struct addr_route r;
	enum addr_how how;
	struct err e;

	if (addr_to_x400(t->arena, t->tables, arena_printf(t->arena, "postmaster@%s", domain), ADDR_RECIPIENT, &o, &how, NULL, &e) != 0)
		return;
	addr_route(t->arena, t->tables, &o, &r);
	if (r.kind == ADDR_ROUTE_SMTP)
		return;
	if (r.kind == ADDR_ROUTE_PEER)
		peer = config_find_peer(t->config, r.peer);
	style->print(t, domain, peer != NULL && *peer->lmtp != '\0' ? peer : NULL);
}

static void put_domain(void *context, const char *domain, const struct or_address *o UNUSED)
{
	print_domain(context, domain);
}

static int postfix(struct tool *t, struct err *e)
{
	TRY(tool_setup(t, e));
	stream_puts(t->out, "# transport_maps for Postfix, made by `mixgate table postfix`; run postmap on it\n");
	addr_each_domain(t->arena, t->tables, put_domain, &(struct map_style){t, print_postfix});
	stream_printf(t->out, "%s\t%s\n", t->config->local.domain, nexthop(t, t->config->lmtp.socket));
	return 0;
}

static int sendmail(struct tool *t, struct err *e)
{
	const struct config *c;

	TRY(tool_setup(t, e));
	c = t->config;
	stream_puts(t->out, "# mailertable for Sendmail, made by `mixgate table sendmail`; run makemap on it.  Its mailers, in sendmail.mc:\n");
	stream_printf(t->out, "# MIXGATE_MAILER(`x400', `%s')\n", check_sendmail_address(t->arena, c->lmtp.socket));
	for (size_t i = 0; i < c->peers.count; i++)
		if (*c->peers.items[i].lmtp != '\0')
			stream_printf(t->out, "# MIXGATE_MAILER(`x400-%s', `%s')\n", c->peers.items[i].name, check_sendmail_address(t->arena, c->peers.items[i].lmtp));
	addr_each_domain(t->arena, t->tables, put_domain, &(struct map_style){t, print_sendmail});
	stream_printf(t->out, "%s\tx400:mixgate\n", c->local.domain);
	return 0;
}

static int run_compile(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv);
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	return compile(t, n, argv, &e) == 0 ? TOOL_OK : tool_fail("table compile", &e, e.id == ERR_TABLE_SYNTAX ? TOOL_NO : TOOL_TROUBLE);
}

static int run_map(struct tool *t, const char *word, int (*map)(struct tool *t, struct err *e), int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv);
	struct err e;

	if (n != 0)
		return n < 0 ? TOOL_USAGE : tool_usage("table", arena_printf(t->arena, "%s takes no words", word));
	return map(t, &e) == 0 ? TOOL_OK : tool_fail(arena_printf(t->arena, "table %s", word), &e, TOOL_TROUBLE);
}

static int run_postfix(struct tool *t, int argc, char **argv) { return run_map(t, "postfix", postfix, argc, argv); }

static int run_sendmail(struct tool *t, int argc, char **argv) { return run_map(t, "sendmail", sendmail, argc, argv); }

int tool_table(struct tool *t, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct tool *t, int argc, char **argv);
	} words[] = {{"compile", run_compile}, {"diff", table_diff},   {"dump", table_dump},     {"import", table_import},
	             {"lint", table_lint},     {"query", table_query}, {"postfix", run_postfix},
	             {"sendmail", run_sendmail}};

	for (size_t i = 0; argc > 0 && i < ARRAY_LEN(words); i++)
		if (str_eq(argv[0], words[i].name))
			return words[i].run(t, argc - 1, argv + 1);
	return tool_usage("table", "needs compile, diff, dump, import, lint, postfix, query or sendmail as the first word");
}

int tool_vectors(struct tool *t, int argc, char **argv)
{
	const char *pending = NULL;
	const struct tool_option own[] = {{"--pending", &pending, NULL}};
	int n = tool_options(t, own, ARRAY_LEN(own), argc, argv), failed;
	struct addr_vectors_options options = {
		.tables = t->tables_dir, .pending = pending, .more = mixer_directions, .more_count = mixer_directions_count};
	struct stat st;
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("vectors", "needs one FILE.tsv and --tables DIR, the folder of its table sets, or a folder of bodies");
	if (stat(argv[0], &st) == 0 && S_ISDIR(st.st_mode))
		failed = tool_body_vectors(t, argv[0], pending, &e);
	else
		failed = addr_run_vectors(argv[0], &options, t->out, &e);
	if (failed < 0)
		return tool_fail("vectors", &e, TOOL_TROUBLE);
	return failed > 0 ? TOOL_NO : TOOL_OK;
}
