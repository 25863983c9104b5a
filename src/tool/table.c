/*
 * tool/table.c - mixgate table: compile the mapping tables; print what Postfix needs; mixgate vectors: address vectors.
 */
#include <stdio.h>
#include <string.h>

#include "addr/tables.h"
#include "addr/vectors.h"
#include "base/str.h"
#include "mixer/directions.h"
#include "tool/tool.h"

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

static int print_file(struct tool *t, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[4096];
	const char *reason;
	int rc = 0;

	if (f == NULL)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	while (rc >= 0 && fgets(line, sizeof line, f) != NULL) {
		struct addr_line l = {0};
		line[strcspn(line, "\r\n")] = '\0';
		rc = addr_line_parse(t->arena, ADDR_MAPPING2, line, &l, &reason, e);
		if (rc == 0 && l.domain != NULL)
			print_domain(t, l.domain);
	}
	fclose(f);
	return rc < 0 ? -1 : 0;
}

static int postfix(struct tool *t, struct err *e)
{
	TRY(tool_setup(t, e));
	stream_puts(t->out, "# transport_maps for Postfix, made by `mixgate table postfix`; run postmap on it\n");
	for (size_t i = 0; i < t->config->mapping.rfc2or.count; i++)
		TRY(print_file(t, t->config->mapping.rfc2or.items[i], e));
	stream_printf(t->out, "%s\t%s\n", t->config->local.domain, nexthop(t, t->config->lmtp.socket));
	return 0;
}

int tool_table(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv), rc;
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n >= 1 && str_eq(argv[0], "compile"))
		rc = compile(t, n - 1, argv + 1, &e);
	else if (n == 1 && str_eq(argv[0], "postfix"))
		rc = postfix(t, &e);
	else
		return tool_usage("table", "needs `compile [OUT]` or `postfix`");
	return rc == 0 ? TOOL_OK : tool_fail("table", &e, TOOL_TROUBLE);
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
