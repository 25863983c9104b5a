/*
 * relay/children.c - forks and reaps (see parent.h).
 *
 * A child keeps no descriptor but its own channel (and the connection it was made for), so that the end of a channel
 * means what it says.  Children that die quickly are started again after a growing pause.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/parent.h"
#include "relay/processes.h"

#define QUICK_DEATH_MS 1000
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000

static const char *const kind_names[] = {"journal", "worker", "assoc", "tables"};

size_t children_count(const struct parent *p, enum child_kind kind)
{
	size_t n = 0;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		n += c->kind == kind && !c->stopping && c->channel >= 0;
	return n;
}

static struct child *new_child(struct parent *p)
{
	struct child *c = p->free_children;

	if (c == NULL)
		return NEW(p->arena, struct child);
	p->free_children = c->next;
	*c = (struct child){0};
	return c;
}

/* In the child: nothing of the parent's descriptors and signal handling stays. */
static void leave_parent(struct parent *p)
{
	sigset_t none;

	for (struct child *c = p->children; c != NULL; c = c->next)
		if (c->channel >= 0)
			close(c->channel);
	for (struct door *d = p->doors; d != NULL; d = d->next)
		close(d->fd);
	for (struct delivery *d = p->deliveries; d != NULL; d = d->next) {
		close(d->apdu);
		close(d->answer);
	}
	close(p->signals);
	if (p->ready >= 0)
		close(p->ready);
	/* The terminal's or the group's signals are for the parent, which tells us over the channel. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (p->setup != NULL)
		board_protect(p->setup->board);
}

static int run_child(struct parent *p, const struct child *c, int channel, int socket)
{
	char name[16] = "mixgate-";

	strncat(name, kind_names[c->kind], sizeof(name) - 9);
	prctl(PR_SET_NAME, name);
	leave_parent(p);
	switch (c->kind) {
	case CHILD_JOURNAL:
		return journal_main(p->setup, channel);
	case CHILD_WORKER:
		return worker_main(p->setup, channel);
	case CHILD_ASSOC:
		return socket < 0 ? assoc_main(p->setup, channel, c->peer) : assoc_inbound_main(p->setup, channel, socket, c->source, c->quiet);
	case CHILD_TABLES:
		return tables_main(p->next, channel);
	case CHILD_KINDS:
		break;
	}
	return 0;
}

static void copy_text(char *out, size_t size, const char *s)
{
	size_t n = MIN_OF(strlen(s), size - 1);

	memcpy(out, s, n);
	out[n] = '\0';
}

static struct child *fork_as(struct parent *p, const struct child *as, int socket)
{
	int pair[2];
	struct err e = {0};
	struct child *c;
	pid_t pid;

	if (ipc_pair(pair, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "fork", &e, "kind", kind_names[as->kind], NULL);
		return NULL;
	}
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(run_child(p, as, pair[1], socket));
	}
	close(pair[1]);
	if (pid < 0) {
		ERR_ERRNO(&e, ERR_SYSTEM, "fork");
		log_err(LOG_LEVEL_ERROR, "fork", &e, "kind", kind_names[as->kind], NULL);
		close(pair[0]);
		return NULL;
	}
	c = new_child(p);
	*c = *as;
	c->pid = pid;
	c->channel = pair[0];
	c->born = clock_monotonic_ms();
	c->next = p->children;
	p->children = c;
	return c;
}

struct child *children_fork(struct parent *p, enum child_kind kind, const char *peer)
{
	struct child as = {.kind = kind, .outbound = kind == CHILD_ASSOC, .idle = kind == CHILD_WORKER};

	copy_text(as.peer, sizeof(as.peer), peer);
	return fork_as(p, &as, -1);
}

struct child *children_fork_inbound(struct parent *p, int socket, const char *source, bool quiet)
{
	struct child as = {.kind = CHILD_ASSOC, .quiet = quiet};

	copy_text(as.source, sizeof(as.source), source);
	return fork_as(p, &as, socket);
}

void children_closed(struct parent *p, struct child *c)
{
	if (c->channel < 0)
		return;
	close(c->channel);
	c->channel = -1;
	c->idle = false;
	if (c->kind == CHILD_JOURNAL)
		p->journal_ready = false;
	if (c->kind == CHILD_TABLES)
		parent_refuse_tables(p, NULL);
	broker_forget(p, c);
}

static void note_death(struct parent *p, const struct child *c, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	int64_t now = clock_monotonic_ms(), pause = PAUSE_MIN_MS;

	if (!good && !c->shown_out)
		log_event(LOG_LEVEL_WARN, "child-died", "kind", kind_names[c->kind], "pid", log_num(c->pid), "peer", c->peer,
		          "signal", WIFSIGNALED(status) ? log_num(WTERMSIG(status)) : "",
		          "status", WIFEXITED(status) ? log_num(WEXITSTATUS(status)) : "", NULL);
	if (good || now - c->born > QUICK_DEATH_MS) {
		p->quick_deaths[c->kind] = 0;
		p->fork_after[c->kind] = 0;
		return;
	}
	for (unsigned i = 0; i < p->quick_deaths[c->kind] && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	p->quick_deaths[c->kind]++;
	p->fork_after[c->kind] = now + MIN_OF(pause, PAUSE_MAX_MS);
}

/* SIGKILL comes from outside (the CPU limit sends SIGXCPU first): such a death says little about the APDU. */
static void note_killed(struct parent *p, const struct child *worker, int status)
{
	if (worker->apdu_of == 0 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return;
	for (struct child *c = p->children; c != NULL; c = c->next)
		if (c->kind == CHILD_ASSOC && c->pid == worker->apdu_of)
			c->worker_killed = true;
}

/* The mail comes again from its MTA; the worker that gets it asks how many have died over it. */
static void note_mail(struct parent *p, const struct child *worker, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (worker->kind == CHILD_WORKER && worker->reading && !good && !p->stopping)
		board_add_death(p->setup->board, worker->mail, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void children_reap(struct parent *p)
{
	int status;
	pid_t pid;

	p->reap = false;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child **at = &p->children;

		while (*at != NULL && (*at)->pid != pid)
			at = &(*at)->next;
		if (*at != NULL) {
			struct child *c = *at;

			/* What it said before it died still counts. */
			parent_read(p, c);
			note_death(p, c, status);
			note_killed(p, c, status);
			note_mail(p, c, status);
			children_closed(p, c);
			*at = c->next;
			c->next = p->free_children;
			p->free_children = c;
		}
	}
}

void children_fill(struct parent *p)
{
	int64_t now = clock_monotonic_ms();

	if (p->stopping)
		return;
	if (children_count(p, CHILD_JOURNAL) == 0 && now >= p->fork_after[CHILD_JOURNAL])
		children_fork(p, CHILD_JOURNAL, "");
	if (now < p->fork_after[CHILD_WORKER])
		return;
	for (size_t n = children_count(p, CHILD_WORKER); n < (size_t)p->setup->config->lmtp.workers; n++)
		if (children_fork(p, CHILD_WORKER, "") == NULL) {
			p->fork_after[CHILD_WORKER] = now + PAUSE_MAX_MS;
			return;
		}
}

int64_t children_deadline(const struct parent *p)
{
	int64_t d = INT64_MAX;

	if (p->stopping)
		return d;
	if (children_count(p, CHILD_JOURNAL) == 0)
		d = p->fork_after[CHILD_JOURNAL];
	if (children_count(p, CHILD_WORKER) < (size_t)p->setup->config->lmtp.workers)
		d = MIN_OF(d, p->fork_after[CHILD_WORKER]);
	return d;
}

void children_stop(struct parent *p, enum child_kind kind)
{
	for (struct child *c = p->children; c != NULL; c = c->next) {
		if (c->kind != kind || c->stopping || c->channel < 0)
			continue;
		c->stopping = true;
		c->idle = false;
		if (kind == CHILD_TABLES)
			kill(c->pid, SIGKILL);
		else if (kind != CHILD_JOURNAL)
			broker_tell(c, kind == CHILD_WORKER ? W_STOP : A_STOP, NULL, NULL, 0);
	}
}
