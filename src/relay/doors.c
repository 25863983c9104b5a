/*
 * relay/doors.c - the listening sockets (see parent.h): P1, and LMTP generic, per peer and for the milter's dry run.
 *
 * The parent accepts and passes the connection on: it alone knows who is free, so nobody takes a connection that he
 * cannot serve, and some workers stay free for APDUs that come in.  What cannot be served now waits in the backlog.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/pack.h"
#include "relay/parent.h"
#include "relay/sockets.h"

/* Of listen.max_assoc callers that have not bound, one source may have this part. */
#define SOURCE_SHARE 4
/* This part of them is for known sources. */
#define KNOWN_SHARE 4
#define GRACE_MS 1000
#define REST_MS 1000

static struct door *find_door(struct parent *p, const char *spec)
{
	for (struct door *d = p->doors; d != NULL; d = d->next)
		if (str_eq(d->spec, spec))
			return d;
	return NULL;
}

static void mark_doors(struct parent *p, const char *spec)
{
	for (struct door *d = p->doors; d != NULL; d = d->next)
		if (str_eq(d->spec, spec))
			d->wanted = true;
}

static void add_doors(struct parent *p, const char *spec, bool p1, enum relay_door kind, const char *peer,
                      const struct sockets_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct door *d = NEW(p->arena, struct door);

		d->spec = arena_strdup(p->arena, spec);
		d->p1 = p1;
		d->kind = kind;
		strncat(d->peer, peer, sizeof(d->peer) - 1);
		d->fd = list->items[i];
		d->wanted = true;
		d->next = p->doors;
		p->doors = d;
	}
}

static int want_lmtp(struct parent *p, const char *spec, enum relay_door kind, const char *peer, struct err *e)
{
	struct sockets_list list = {0};

	if (spec[0] == '\0')
		return 0;
	if (find_door(p, spec) == NULL) {
		TRY(sockets_listen(p->arena, spec, &list, e));
		add_doors(p, spec, false, kind, peer, &list);
	}
	mark_doors(p, spec);
	return 0;
}

static int want_p1(struct parent *p, struct err *e)
{
	const struct config *c = p->setup->config;
	struct sockets_list list = {0};
	const char *spec;

	if (c->listen.port == 0)
		return 0;
	spec = arena_printf(p->arena, "p1:%d@%s", c->listen.port, c->listen.host);
	if (find_door(p, spec) == NULL) {
		TRY(sockets_listen_tcp(p->arena, c->listen.host, c->listen.port, &list, e));
		add_doors(p, spec, true, DOOR_LMTP, "", &list);
	}
	mark_doors(p, spec);
	return 0;
}

static void remove_socket(const struct door *d)
{
	const char *path = strncmp(d->spec, "unix:", 5) == 0 ? d->spec + 5 : d->spec;

	close(d->fd);
	if (path[0] == '/')
		unlink(path);
}

/* Opens what the settings name and closes what they name no more. */
int doors_open(struct parent *p, struct err *e)
{
	const struct config *c = p->setup->config;
	struct door **at = &p->doors;

	for (struct door *d = p->doors; d != NULL; d = d->next)
		d->wanted = false;
	TRY(want_p1(p, e));
	TRY(want_lmtp(p, c->lmtp.socket, DOOR_LMTP, "", e));
	TRY(want_lmtp(p, c->lmtp.screen, DOOR_SCREEN, "", e));
	TRY(want_lmtp(p, c->lmtp.carry, DOOR_CARRY, "", e));
	for (size_t i = 0; i < c->peers.count; i++)
		TRY(want_lmtp(p, c->peers.items[i].lmtp, DOOR_PEER, c->peers.items[i].name, e));
	while (*at != NULL) {
		struct door *d = *at;

		if (d->wanted) {
			at = &d->next;
			continue;
		}
		remove_socket(d);
		*at = d->next;
	}
	return 0;
}

void doors_close(struct parent *p)
{
	for (struct door *d = p->doors; d != NULL; d = d->next)
		remove_socket(d);
	p->doors = NULL;
}

bool doors_watch(const struct parent *p, const struct door *d)
{
	size_t idle = 0;

	if (clock_monotonic_ms() < p->doors_after)
		return false;
	if (d->p1)
		return true;
	for (const struct child *c = p->children; c != NULL; c = c->next)
		idle += c->kind == CHILD_WORKER && c->idle;
	return idle > broker_reserve(p);
}

static void refuse_lmtp(const struct parent *p, int fd)
{
	char line[512];
	struct buf b = BUF_INIT(sizeof(line));

	buf_printf(&b, "421 4.4.1 %s the X.400 peer of this socket cannot be reached now\r\n", p->setup->config->local.domain);
	/* A fresh socket takes one line; if not, the client sees the end, which means the same. */
	(void)send(fd, b.p, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_free(&b);
}

static void accept_lmtp(struct parent *p, const struct door *d, int fd, const char *source)
{
	struct child *worker = broker_idle_worker(p, broker_reserve(p));
	struct buf b = BUF_INIT(1024);
	int index = setup_find_peer(p->setup, d->peer);

	if (d->kind == DOOR_PEER && index >= 0 && board_peer_down(p->setup->board, (size_t)index, clock_monotonic_ms())) {
		refuse_lmtp(p, fd);
		return;
	}
	if (worker == NULL)
		return;
	pack_int(&b, d->kind);
	pack_str(&b, d->peer);
	pack_str(&b, source);
	worker->idle = false;
	broker_tell(worker, W_LMTP, &b, &fd, 1);
	buf_free(&b);
}

/* ---- the P1 door ----
 *
 * Those that have bound are counted apart (broker.c).  Who has not may be anybody: a place is his as long as nobody else wants
 * it, and GRACE_MS in any case, in which a peer has long bound.  Sources from which a peer has bound, and addresses that stand
 * in peers.host, have places of their own. */

static bool stands_in_settings(const struct parent *p, const char *source)
{
	const struct config *c = p->setup->config;

	for (size_t i = 0; i < c->peers.count; i++)
		if (sockets_same_source(c->peers.items[i].host, source))
			return true;
	return false;
}

static bool is_known(const struct parent *p, const char *source)
{
	return strangers_known(&p->strangers, source) || stands_in_settings(p, source);
}

static bool unbound(const struct child *c)
{
	return c->kind == CHILD_ASSOC && !c->outbound && c->peer[0] == '\0' && !c->shown_out && c->channel >= 0;
}

/* The one that has stood there longest, of one source (NULL: of all that nobody knows); NULL: all have come just now. */
static struct child *longest_there(struct parent *p, const char *source, int64_t now)
{
	struct child *found = NULL;

	for (struct child *c = p->children; c != NULL; c = c->next)
		if (unbound(c) && now - c->born >= GRACE_MS && (found == NULL || c->born < found->born) &&
		    (source != NULL ? sockets_same_source(c->source, source) : !c->known))
			found = c;
	return found;
}

static void show_out(struct child *c, int64_t now)
{
	if (!c->quiet)
		log_event(LOG_LEVEL_WARN, "association-refused", "source", c->source, "why", "others wait, and it has not bound", "ms",
		          log_num(now - c->born), NULL);
	c->shown_out = true;
	kill(c->pid, SIGKILL); /* it has nothing that could get lost */
}

/* True: there is a place, or there is one now. */
static bool make_room(struct parent *p, const char *source, bool known, int64_t now)
{
	size_t max = (size_t)p->setup->config->listen.max_assoc, n = 0, same = 0;
	size_t places = known ? max : MAX_OF(max - max / KNOWN_SHARE, 1);
	struct child *out;

	for (const struct child *c = p->children; c != NULL; c = c->next)
		if (unbound(c)) {
			n++;
			same += sockets_same_source(c->source, source);
		}
	if (same < MAX_OF(max / SOURCE_SHARE, 1) && n < places)
		return true;
	out = longest_there(p, same >= MAX_OF(max / SOURCE_SHARE, 1) ? source : NULL, now);
	if (out != NULL)
		show_out(out, now);
	return out != NULL;
}

static void accept_p1(struct parent *p, int fd, const char *source)
{
	int64_t now = clock_monotonic_ms();
	bool quiet = strangers_came(&p->strangers, source, now), known = is_known(p, source);
	struct child *c;

	if (make_room(p, source, known, now)) {
		c = children_fork_inbound(p, fd, source, quiet);
		if (c != NULL)
			c->known = known;
	} else if (!quiet) {
		log_event(LOG_LEVEL_WARN, "association-refused", "source", source, "why", "too many that have not bound", NULL);
	}
}

/* Without a descriptor the caller stays in the backlog, and poll would tell of it without end. */
static void rest(struct parent *p)
{
	struct err e = {0};

	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return;
	ERR_ERRNO(&e, ERR_SYSTEM, "accept");
	log_err(LOG_LEVEL_ERROR, "doors-closed", &e, "seconds", log_num(REST_MS / 1000), NULL);
	p->doors_after = clock_monotonic_ms() + REST_MS;
}

void doors_accept(struct parent *p, struct door *d)
{
	char source[64];
	int fd = sockets_accept(d->fd, source, sizeof(source));

	if (fd < 0) {
		rest(p);
		return;
	}
	if (d->p1)
		accept_p1(p, fd, source);
	else
		accept_lmtp(p, d, fd, source);
	close(fd);
}
