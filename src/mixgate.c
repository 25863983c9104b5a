/*
 * mixgate.c - the operator's tool: one program, a verb a job (mixgate(1)).  Nothing here talks to a running daemon.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include <config.h>
#include "tool/tool.h"

const struct tool_verb tool_verbs[] = {
	{"addr", "addr [--to x400|822] [--role recipient|originator|heading] [--explain] ADDRESS...|-", "map addresses, either way, and say by which rules", tool_addr},
	{"check", "check [--defaults] [--mta postfix|sendmail [--mta-config DIR]]", "check mixgate.conf, the tables it names, and the settings of the MTA", tool_check},
	{"convert", "convert --to x400|822 [--envelope FILE] [--envelope-out FILE] [--now TIME] [--id-seed TEXT] [--journal FILE] [--untrusted] FILE|-",
     "translate one message", tool_convert},
	{"dump",
     "dump [--type auto|apdu|content|body-part|tpkt|ber] [--as-received] [--cut OCTETS] FILE|-\n"
     "       mixgate dump --parse [--as-received | --ber [--p1-84] [--p2] [--extension-type-99]] FILE|-",
     "show P1, P22 or P2 octets (BER or TPKT) in the standards' words, and read such words", tool_dump},
	{"ping", "ping [--count N] [--timeout SECONDS] [--layer LAYER] PEER|HOST[:PORT]", "open an association with a peer, layer by layer, and release it", tool_ping},
	{"prune", "prune [--days N] [--journal FILE]", "remove old journal entries", tool_prune},
	{"rules", "rules [ID...]", "print the rules that are built in", tool_rules},
	{"table",
     "table lint [--notes] | query KEY | dump [--origin] [TABLE] | diff OLD NEW | import [--from DIALECT] [--gate] [--out DIR] FILE|- | "
     "compile [OUT] | postfix | sendmail",
     "check, ask, show, compare, import and compile the mapping tables; print the transport map for Postfix", tool_table},
	{"track", "track [--journal FILE] ID", "what happened to a message, by any identifier of either side", tool_track},
	{"vectors", "vectors FILE.tsv|FOLDER [--pending FILE]", "run vectors of addresses or bodies, TAP on standard output", tool_vectors},
};
const size_t tool_verbs_count = ARRAY_LEN(tool_verbs);

static void help(FILE *to)
{
	fprintf(to, "usage: mixgate VERB [--config FILE] [--tables DIR] [--json] ...\n\n");
	for (size_t i = 0; i < tool_verbs_count; i++)
		fprintf(to, "  %-8s %s\n", tool_verbs[i].name, tool_verbs[i].summary);
	fprintf(to, "\n`mixgate VERB --help` shows a verb's options; mixgate(1) has examples.\n"
	            "Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 trouble; ping: 10 and up, the layer that failed.\n");
}

static int run_verb(const struct tool_verb *v, int argc, char **argv)
{
	struct tool t = {.arena = arena_new(0)};
	struct err e;
	int rc;

	for (int i = 0; i < argc; i++) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			printf("usage: mixgate %s [--config FILE] [--tables DIR] [--json]\n%s.\n", v->usage, v->summary);
			arena_free(t.arena);
			return TOOL_OK;
		}
	}
	t.out = stream_to_fd(t.arena, STDOUT_FILENO, 0);
	rc = v->run(&t, argc, argv);
	if (stream_finish(t.out, &e) != 0 && rc == TOOL_OK)
		rc = tool_fail(v->name, &e, TOOL_TROUBLE);
	arena_free(t.arena);
	return rc;
}

int main(int argc, char **argv)
{
	log_open("mixgate", LOG_TO_STDERR, LOG_LEVEL_WARN);
	if (argc < 2) {
		help(stderr);
		return TOOL_USAGE;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") || str_eq(argv[1], "help")) {
		help(stdout);
		return TOOL_OK;
	}
	if (str_eq(argv[1], "--version")) {
		printf("mixgate %s\n", PACKAGE_VERSION);
		return TOOL_OK;
	}
	for (size_t i = 0; i < tool_verbs_count; i++)
		if (str_eq(argv[1], tool_verbs[i].name))
			return run_verb(&tool_verbs[i], argc - 2, argv + 2);
	fprintf(stderr, "mixgate: no verb '%s'; `mixgate --help` lists them\n", argv[1]);
	return TOOL_USAGE;
}
