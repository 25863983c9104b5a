/*
 * mixgated.c - the bridge daemon's main: options, then relay/parent.c (mixgated(8)).
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include <config.h>
#include "relay/parent.h"

static void help(FILE *to)
{
	fputs("usage: mixgated [-c FILE] [--foreground] [--check] [--ready-fd N] [--pid-file FILE]\n\n"
	      "  -c, --config FILE   settings (" MIXGATE_SYSCONFDIR "/mixgate.conf)\n"
	      "      --foreground    stay attached; without it mixgated returns when it is ready to serve\n"
	      "      --check         read settings and tables, say what is wrong, end\n"
	      "      --ready-fd N    write READY=1 to descriptor N when ready\n"
	      "      --pid-file FILE lock file that holds the process id (journal.path with .pid behind it)\n"
	      "      --version, --help\n\n"
	      "SIGHUP reads settings and tables again, SIGTERM stops in order. mixgated(8) has the rest.\n",
	      to);
}

static int check(const char *path)
{
	struct setup *s;
	struct err e = {0};
	char text[512];

	if (setup_load(path, &s, &e) != 0) {
		err_text(&e, text, sizeof(text));
		fprintf(stderr, "mixgated: %s\n", text);
		return EX_CONFIG;
	}
	printf("%s: good, %zu peers\n", path, s->config->peers.count);
	setup_free(s);
	return EX_OK;
}

/* The caller's process waits until the daemon says that it is ready, or ends. */
static int detach(struct parent_options *o)
{
	int ready[2];
	char octet;
	pid_t pid;

	if (pipe(ready) != 0 || (pid = fork()) < 0) {
		perror("mixgated");
		return EX_OSERR;
	}
	if (pid > 0) {
		close(ready[1]);
		return read(ready[0], &octet, 1) == 1 ? EX_OK : EX_UNAVAILABLE;
	}
	close(ready[0]);
	setsid();
	o->ready_fd = ready[1];
	return parent_run(o);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"foreground", no_argument, NULL, 'f'}, {"check", no_argument, NULL, 'k'},
		{"ready-fd", required_argument, NULL, 'r'}, {"pid-file", required_argument, NULL, 'p'},
		{"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {0},
	};
	struct parent_options o = {.config = MIXGATE_SYSCONFDIR "/mixgate.conf", .ready_fd = -1};
	bool foreground = false, only_check = false;
	long n;
	int c;

	log_open("mixgated", LOG_TO_STDERR, LOG_LEVEL_INFO);
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case 'f':
			foreground = true;
			break;
		case 'k':
			only_check = true;
			break;
		case 'r':
			if (str_to_long(optarg, 0, 65535, &n) != 0) {
				fprintf(stderr, "mixgated: --ready-fd %s: not a descriptor\n", optarg);
				return EX_USAGE;
			}
			o.ready_fd = (int)n;
			break;
		case 'p':
			o.lock_file = optarg;
			break;
		case 'V':
			puts("mixgated " PACKAGE_VERSION);
			return EX_OK;
		case 'h':
			help(stdout);
			return EX_OK;
		default:
			help(stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		help(stderr);
		return EX_USAGE;
	}
	if (only_check)
		return check(o.config);
	return foreground ? parent_run(&o) : detach(&o);
}
