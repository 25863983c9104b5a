/*
 * mixgate-milter.c - the milter program (mixgate-milter(8)): options, and two processes.
 *
 * The supervisor keeps the pid that the operator knows; the child runs libmilter.  libmilter takes SIGHUP, SIGTERM and
 * SIGINT for itself, all to stop, so a reload comes to the child as SIGUSR1, which a thread of ours waits for.  A child
 * that dies is started again: a crash then costs one connection a 451, not the service.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "milter/screen.h"
#include "milter/session.h"

#define STOP_SECONDS 10    /* libmilter takes up to 5 */
#define RESTART_MS 1000    /* between two starts of the child */

static struct {
	const char *config;
	const char *pid_file;
	bool foreground, check;
} options = {.config = MIXGATE_SYSCONFDIR "/mixgate.conf"};

static const char help[] =
	"usage: mixgate-milter [-c FILE] [--foreground] [--pid FILE] [--check]\n"
	"  -c, --config FILE  settings [" MIXGATE_SYSCONFDIR "/mixgate.conf]\n"
	"  -f, --foreground   stay in the foreground\n"
	"  -p, --pid FILE     write the process id there\n"
	"      --check        read settings and tables, say what is wrong, end\n"
	"  -h, --help         this text\n"
	"  -V, --version      version\n"
	"SIGHUP reads settings and tables again; a set with an error is not taken, the last good one stays.\n";

static int parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'}, {"foreground", no_argument, NULL, 'f'}, {"pid", required_argument, NULL, 'p'},
		{"check", no_argument, NULL, 'C'},        {"help", no_argument, NULL, 'h'},       {"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:fp:hV", names, NULL)) != -1) {
		switch (c) {
		case 'c': options.config = optarg; break;
		case 'f': options.foreground = true; break;
		case 'p': options.pid_file = optarg; break;
		case 'C': options.check = true; break;
		case 'h': fputs(help, stdout); exit(EX_OK);
		case 'V': printf("mixgate-milter %s\n", PACKAGE_VERSION); exit(EX_OK);
		default: return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

static void open_log(const struct config *c)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_LEVEL_INFO;

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (str_ieq(c->log.level, levels[i]))
			level = (enum log_level)i;
	log_open("mixgate-milter", str_eq(c->log.target, "syslog") ? LOG_TO_SYSLOG : LOG_TO_STDERR, level);
}

/* ---- the child ---- */

/* The socket is where it was told to be at the start; all else follows the new set from the next message on. */
static void *wait_for_reload(void *set_of_signals)
{
	for (;;) {
		struct screen_set *set;
		struct err e = {0};
		int which;

		if (sigwait(set_of_signals, &which) != 0)
			continue;
		if (screen_set_load(options.config, &set, &e) != 0) {
			log_err(LOG_LEVEL_ERROR, "reload-failed", &e, "stays", "the last good set", NULL);
			continue;
		}
		screen_set_use(set);
		log_event(LOG_LEVEL_INFO, "reloaded", "config", options.config, NULL);
	}
	return NULL;
}

static int start_reload_thread(struct err *e)
{
	static sigset_t signals;
	pthread_t thread;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	errno = pthread_create(&thread, NULL, wait_for_reload, &signals);
	return errno == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "thread");
}

static int serve(struct err *e)
{
	struct screen_set *set = screen_set_get();
	const char *spec = set->config->milter.socket;

	if (start_reload_thread(e) != 0 || session_open(spec, e) != 0)
		return -1;
	log_event(LOG_LEVEL_INFO, "started", "socket", spec, "dry_run", set->config->lmtp.screen, "version", PACKAGE_VERSION, NULL);
	screen_set_put(set);
	TRY(session_serve(e));
	log_event(LOG_LEVEL_INFO, "stopped", "config", options.config, NULL);
	return 0;
}

static NORETURN void run_child(void)
{
	struct err e = {0};

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (serve(&e) == 0)
		_exit(EX_OK);
	log_err(LOG_LEVEL_ERROR, "start-failed", &e, NULL);
	_exit(EX_UNAVAILABLE);
}

/* ---- the supervisor ---- */

/* The child gets the signal mask that was there before. */
static pid_t start_child(const sigset_t *mask)
{
	pid_t child = fork();

	if (child == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		run_child();
	}
	return child;
}

static int stop_child(pid_t child)
{
	int status;

	kill(child, SIGTERM);
	for (int i = 0; i < STOP_SECONDS * 20; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return EX_OK;
		usleep(50000);
	}
	log_event(LOG_LEVEL_WARN, "killed", "why", "did not stop in time", NULL);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return EX_OK;
}

/* A set that cannot be read must not reach the child that is started next: the supervisor's own copy is that one. */
static void reload(pid_t child)
{
	struct screen_set *set;
	struct err e = {0};

	if (screen_set_load(options.config, &set, &e) == 0)
		screen_set_use(set);
	kill(child, SIGUSR1); /* the child says what is wrong */
}

/* The end of the child is ours too: it was told to stop, or could not even start.  Anything else (a crash, or memory that
 * was used up: base/arena.h ends the process) costs its connections a 451, and another one is started. */
static bool is_end(int status, bool first)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == EX_OK || (first && WEXITSTATUS(status) == EX_UNAVAILABLE));
}

static int supervise(void)
{
	sigset_t signals, old;
	int64_t started = clock_monotonic_ms();
	bool first = true;
	pid_t child;
	int which, status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &old);
	child = start_child(&old);
	while (child > 0) {
		if (sigwait(&signals, &which) != 0)
			continue;
		if (which == SIGHUP)
			reload(child);
		else if (which != SIGCHLD)
			return stop_child(child);
		if (waitpid(child, &status, WNOHANG) != child)
			continue;
		if (is_end(status, first))
			return WEXITSTATUS(status);
		first = false;
		log_event(LOG_LEVEL_ERROR, "child-died", "signal", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : NULL, "status",
		          WIFEXITED(status) ? log_num(WEXITSTATUS(status)) : NULL, NULL);
		if (clock_monotonic_ms() - started < RESTART_MS)
			usleep(RESTART_MS * 1000);
		started = clock_monotonic_ms();
		child = start_child(&old);
	}
	return EX_OSERR;
}

static int write_pid(struct err *e)
{
	FILE *f;

	if (options.pid_file == NULL)
		return 0;
	f = fopen(options.pid_file, "we");
	if (f == NULL)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", options.pid_file);
	fprintf(f, "%d\n", (int)getpid());
	return fclose(f) == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "%s", options.pid_file);
}

int main(int argc, char **argv)
{
	struct screen_set *set;
	struct err e = {0};
	char text[512];
	int result;

	if (parse_options(argc, argv) != 0) {
		fputs(help, stderr);
		return EX_USAGE;
	}
	log_open("mixgate-milter", LOG_TO_STDERR, LOG_LEVEL_INFO);
	if (screen_set_load(options.config, &set, &e) != 0) {
		err_text(&e, text, sizeof text);
		fprintf(stderr, "mixgate-milter: %s\n", text);
		return EX_CONFIG;
	}
	if (options.check) {
		screen_set_put(set);
		return EX_OK;
	}
	open_log(set->config);
	screen_set_use(set);
	if (!options.foreground && daemon(0, 0) != 0)
		return EX_OSERR;
	signal(SIGPIPE, SIG_IGN);
	if (write_pid(&e) != 0) {
		log_err(LOG_LEVEL_ERROR, "start-failed", &e, NULL);
		return EX_CANTCREAT;
	}
	result = supervise();
	if (options.pid_file != NULL)
		unlink(options.pid_file);
	return result;
}
