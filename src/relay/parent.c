/*
 * relay/parent.c - the loop of the parent, start, reload and orderly stop (see parent.h).
 */
#include "config.h"

#include "relay/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/pack.h"
#include "relay/sockets.h"

/* Messages at hand may take this long after SIGTERM; then their senders keep them. */
#define STOP_LIMIT_MS 8000

/* ---- start ---- */

/* One daemon a lock file: the second one stops here.  The file holds our pid for the operator. */
static int take_lock(struct parent *p, const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[32];
	int n;

	/* fcntl's lock is the parent's alone: children that finish a message do not hold it. */
	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	if (fcntl(fd, F_SETLK, &lock) != 0) {
		close(fd);
		return ERR(e, ERR_CONFIG, "%s is locked: another mixgated is running", path);
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n) {
		close(fd);
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	}
	arena_close_fd(p->arena, fd);
	return 0;
}

/* A descriptor an association and some for each door and worker: as many as the system lets us have. */
static void raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int open_signals(struct parent *p, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "sigprocmask");
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals >= 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "signalfd");
}

/* sd_notify(3) without its library: one datagram to $NOTIFY_SOCKET. */
static void notify_systemd(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, strlen(path));
	if (sun.sun_path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&sun,
	           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		log_event(LOG_LEVEL_WARN, "notify-failed", "socket", path, NULL);
	close(fd);
}

/* Ready means: doors are open and the journal can commit. */
static void say_ready(struct parent *p)
{
	if (p->said_ready || !p->journal_ready)
		return;
	p->said_ready = true;
	if (p->ready >= 0) {
		if (write(p->ready, "READY=1\n", 8) != 8)
			log_event(LOG_LEVEL_WARN, "notify-failed", "fd", log_num(p->ready), NULL);
		close(p->ready);
		p->ready = -1;
	}
	notify_systemd();
	log_event(LOG_LEVEL_INFO, "ready", "pid", log_num(getpid()), "workers", log_num(p->setup->config->lmtp.workers),
	          "peers", log_num((long long)p->setup->config->peers.count), NULL);
}

/* ---- reload and stop ---- */

static void use_setup(struct parent *p, struct setup *s)
{
	struct setup *old = p->setup;

	p->setup = s;
	if (old != NULL)
		board_take_deaths(s->board, old->board);
	p->peers = arena_array(s->arena, MAX_OF(s->config->peers.count, 1), sizeof(*p->peers));
	setup_free(old);
}

static void begin_reload(struct parent *p)
{
	struct err e = {0};

	p->reload = false;
	if (setup_begin(p->path, &p->next, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "reload-failed", &e, "kept", "the last good settings", NULL);
		return;
	}
	if (children_fork(p, CHILD_TABLES, "") == NULL)
		parent_refuse_tables(p, NULL);
}

void parent_take_tables(struct parent *p, int fd, int users)
{
	struct setup *s = p->next;
	struct err e = {0};

	if (fd < 0 || s == NULL)
		return;
	if (setup_map_tables(s, fd, users, &e) != 0) {
		parent_refuse_tables(p, &e);
	} else {
		p->next = NULL;
		use_setup(p, s);
		if (doors_open(p, &e) != 0)
			log_err(LOG_LEVEL_ERROR, "reload-doors", &e, NULL);
		/* Those at work finish with the old set; new ones inherit the new one. */
		children_stop(p, CHILD_WORKER);
		children_stop(p, CHILD_ASSOC);
		log_event(LOG_LEVEL_INFO, "reloaded", "path", p->path, NULL);
	}
	close(fd);
	if (users >= 0)
		close(users);
}

void parent_refuse_tables(struct parent *p, const struct err *e)
{
	struct err died = {0};

	if (p->next == NULL)
		return;
	if (e == NULL) {
		ERR(&died, ERR_SYSTEM, "the process that reads the tables ended");
		e = &died;
	}
	log_err(LOG_LEVEL_ERROR, "reload-failed", e, "kept", "the last good settings", NULL);
	setup_free(p->next);
	p->next = NULL;
}

static void begin_stop(struct parent *p)
{
	if (p->stopping)
		return;
	log_event(LOG_LEVEL_INFO, "stopping", NULL);
	p->stopping = true;
	p->stop_limit = clock_monotonic_ms() + STOP_LIMIT_MS;
	doors_close(p);
	strangers_tell(&p->strangers, INT64_MAX);
	/* Associations follow when the workers that may need them have ended. */
	children_stop(p, CHILD_WORKER);
	children_stop(p, CHILD_TABLES);
}

static size_t alive(const struct parent *p, enum child_kind kind)
{
	size_t n = 0;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		n += c->kind == kind;
	return n;
}

/* The next step of the stop; true: all is done. */
static bool go_on_stopping(struct parent *p, int64_t now)
{
	if (now >= p->stop_limit) {
		for (struct child *c = p->children; c != NULL; c = c->next)
			kill(c->pid, SIGKILL);
		p->stop_limit = INT64_MAX;
	}
	if (alive(p, CHILD_WORKER) > 0)
		return false;
	children_stop(p, CHILD_ASSOC);
	if (alive(p, CHILD_ASSOC) > 0)
		return false;
	for (struct child *c = p->children; c != NULL; c = c->next)
		if (c->channel >= 0)
			children_closed(p, c); /* the journal writer ends with its channel */
	return p->children == NULL;
}

static void take_signals(struct parent *p)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP)
			p->reload = true;
		else if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT)
			begin_stop(p);
		else if (si.ssi_signo == SIGCHLD)
			p->reap = true;
	}
}

/* ---- the loop ---- */

void parent_read(struct parent *p, struct child *c)
{
	struct ipc_message m;

	while (c->channel >= 0) {
		enum ipc_result r = ipc_receive(c->channel, 0, &m);

		if (r == IPC_TIMEOUT)
			return;
		if (r == IPC_CLOSED) {
			children_closed(p, c);
			return;
		}
		broker_message(p, c, &m);
		ipc_done(&m);
	}
}

struct watch {
	struct pollfd *fds;
	struct child **child;
	struct door **door;
	size_t count, size;
};

/* Room for all; grows by doubling, so that what is left behind in the arena is less than what is used. */
static void begin_watch(struct parent *p, struct watch *w)
{
	size_t n = 1;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		n++;
	for (const struct door *d = p->doors; d != NULL; d = d->next)
		n++;
	w->count = 0;
	if (n <= w->size)
		return;
	w->size = MAX_OF(2 * w->size, n + 64);
	w->fds = arena_array(p->arena, w->size, sizeof(*w->fds));
	w->child = arena_array(p->arena, w->size, sizeof(*w->child));
	w->door = arena_array(p->arena, w->size, sizeof(*w->door));
}

static void add_watch(struct watch *w, int fd, struct child *c, struct door *d)
{
	w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
	w->child[w->count] = c;
	w->door[w->count] = d;
	w->count++;
}

static int64_t next_deadline(const struct parent *p)
{
	int64_t d = MIN_OF(broker_deadline(p), children_deadline(p));

	if (p->doors_after > clock_monotonic_ms())
		d = MIN_OF(d, p->doors_after);
	d = MIN_OF(d, strangers_deadline(&p->strangers));
	return p->stopping ? MIN_OF(d, p->stop_limit) : d;
}

static void wait_and_serve(struct parent *p, struct watch *w)
{
	begin_watch(p, w);
	add_watch(w, p->signals, NULL, NULL);
	for (struct child *c = p->children; c != NULL; c = c->next)
		if (c->channel >= 0)
			add_watch(w, c->channel, c, NULL);
	for (struct door *d = p->doors; d != NULL; d = d->next)
		if (doors_watch(p, d))
			add_watch(w, d->fd, NULL, d);
	if (poll(w->fds, w->count, sockets_poll_ms(next_deadline(p), clock_monotonic_ms())) <= 0)
		return;
	/* Children first: they make room for what stands at the doors. A struct child is recycled only by children_reap. */
	for (size_t i = 1; i < w->count; i++)
		if (w->child[i] != NULL && w->fds[i].revents != 0)
			parent_read(p, w->child[i]);
	for (size_t i = 1; i < w->count && !p->stopping; i++)
		if (w->door[i] != NULL && w->fds[i].revents != 0 && doors_watch(p, w->door[i]))
			doors_accept(p, w->door[i]);
	if (w->fds[0].revents != 0)
		take_signals(p);
}

static int serve(struct parent *p)
{
	struct watch *w = NEW(p->arena, struct watch);

	for (;;) {
		children_fill(p);
		wait_and_serve(p, w);
		if (p->reap)
			children_reap(p);
		if (p->reload && p->next == NULL && !p->stopping)
			begin_reload(p);
		broker_tick(p, clock_monotonic_ms());
		strangers_tell(&p->strangers, clock_monotonic_ms());
		broker_deliver(p);
		say_ready(p);
		if (p->stopping && go_on_stopping(p, clock_monotonic_ms())) {
			log_event(LOG_LEVEL_INFO, "stopped", NULL);
			return EX_OK;
		}
	}
}

/* Nothing can begin without tables: the first set is waited for. */
static int first_tables(struct parent *p, struct err *e)
{
	struct child *c = children_fork(p, CHILD_TABLES, "");
	struct ipc_message m;
	struct unpack u;
	int fd, users, rc;

	if (c == NULL || ipc_receive(c->channel, INT64_MAX, &m) != IPC_MESSAGE)
		return ERR(e, ERR_SYSTEM, "the process that reads the tables ended");
	fd = ipc_take_fd(&m, 0);
	users = ipc_take_fd(&m, 1);
	u = unpack_of(m.body);
	if (fd < 0)
		unpack_err(&u, e);
	rc = fd < 0 ? -1 : setup_map_tables(p->next, fd, users, e);
	if (fd >= 0)
		close(fd);
	if (users >= 0)
		close(users);
	ipc_done(&m);
	if (rc == 0) {
		use_setup(p, p->next);
		p->next = NULL;
	}
	return rc;
}

static int start(struct parent *p, const struct parent_options *o, struct err *e)
{
	const char *lock_file = o->lock_file;

	TRY(setup_begin(o->config, &p->next, e));
	setup_open_log(p->next, "mixgated");
	if (lock_file == NULL)
		lock_file = arena_printf(p->arena, "%s.pid", p->next->config->journal.path);
	TRY(take_lock(p, lock_file, e));
	raise_descriptors();
	TRY(open_signals(p, e));
	TRY(first_tables(p, e));
	return doors_open(p, e);
}

int parent_run(const struct parent_options *o)
{
	struct arena *a = arena_new(0);
	struct parent *p = NEW(a, struct parent);
	struct err e = {0};
	int status;

	p->arena = a;
	p->path = o->config;
	p->ready = o->ready_fd;
	if (start(p, o, &e) == 0) {
		status = serve(p);
	} else {
		log_err(LOG_LEVEL_ERROR, "start-failed", &e, NULL);
		status = e.id == ERR_SYSTEM || e.id == ERR_RELAY_LISTEN ? EX_OSERR : EX_CONFIG;
	}
	setup_free(p->next);
	setup_free(p->setup);
	arena_free(a);
	return status;
}
