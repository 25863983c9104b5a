/*
 * tool/table.c - mixgate table: its words, of which compile and postfix are here; mixgate vectors: address vectors.
 */
#include <string.h>

#include "addr/tables.h"
#include "addr/vectors.h"
#include "base/str.h"
#include "mixer/directions.h"
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

/* One line a domain of mapping 2: to the socket of the peer that its O/R addresses are routed to, else to the generic
 * one; a domain that is routed to SMTP stays Postfix's own. */
static void print_domain(struct tool *t, const char *domain)
{
	const char *socket = t->config->lmtp.socket;
	struct or_address o = {0};
	struct addr_route r;
	enum addr_how how;
	struct err e;

	if (addr_to_x400(t->arena, t->tables, arena_printf(t->arena, "postmaster@%s", domain), ADDR_RECIPIENT, &o, &how, NULL, &e) != 0)
		return;
	addr_route(t->arena, t->tables, &o, &r);
	if (r.kind == ADDR_ROUTE_SMTP)
		return;
	if (r.kind == ADDR_ROUTE_PEER) {
		const struct config_peer *peer = config_find_peer(t->config, r.peer);
		if (peer != NULL && *peer->lmtp != '\0')
			socket = peer->lmtp;
	}
	stream_printf(t->out, "%s\t%s\n.%s\t%s\n", domain, nexthop(t, socket), domain, nexthop(t, socket));
}

static void put_domain(void *context, const char *domain, const struct or_address *o UNUSED)
{
	print_domain(context, domain);
}

static int postfix(struct tool *t, struct err *e)
{
	TRY(tool_setup(t, e));
	stream_puts(t->out, "# transport_maps for Postfix, made by `mixgate table postfix`; run postmap on it\n");
	addr_each_domain(t->arena, t->tables, put_domain, t);
	stream_printf(t->out, "%s\t%s\n", t->config->local.domain, nexthop(t, t->config->lmtp.socket));
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

static int run_postfix(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv);
	struct err e;

	if (n != 0)
		return n < 0 ? TOOL_USAGE : tool_usage("table", "postfix takes no words");
	return postfix(t, &e) == 0 ? TOOL_OK : tool_fail("table postfix", &e, TOOL_TROUBLE);
}

int tool_table(struct tool *t, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct tool *t, int argc, char **argv);
	} words[] = {{"compile", run_compile}, {"diff", table_diff},   {"dump", table_dump},     {"import", table_import},
	             {"lint", table_lint},     {"query", table_query}, {"postfix", run_postfix}};

	for (size_t i = 0; argc > 0 && i < ARRAY_LEN(words); i++)
		if (str_eq(argv[0], words[i].name))
			return words[i].run(t, argc - 1, argv + 1);
	return tool_usage("table", "needs compile, diff, dump, import, lint, postfix or query as the first word");
}

int tool_vectors(struct tool *t, int argc, char **argv)
{
	const char *pending = NULL;
	const struct tool_option own[] = {{"--pending", &pending, NULL}};
	int n = tool_options(t, own, ARRAY_LEN(own), argc, argv), failed;
	struct addr_vectors_options options = {
		.tables = t->tables_dir, .pending = pending, .more = mixer_directions, .more_count = mixer_directions_count};
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("vectors", "needs one FILE.tsv and --tables DIR, the folder of its table sets");
	failed = addr_run_vectors(argv[0], &options, t->out, &e);
	if (failed < 0)
		return tool_fail("vectors", &e, TOOL_TROUBLE);
	return failed > 0 ? TOOL_NO : TOOL_OK;
}
