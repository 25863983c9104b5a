/*
 * dns.c - see dns.h: the names to ask for, one after the other, and the exchange with a
 * resolver.
 *
 * The exchange is ours, not libresolv's res_nsend: that waits for ever on a TCP connection and counts its time-outs in
 * whole seconds a server, and a worker has a deadline.  Each question has a socket (the kernel draws its port) and a random
 * number of its own.  Nothing is cached here but for the message at hand (dir.c): caching is the resolver's job, which all
 * processes share, and which knows the TTLs.
 */
#include "dir/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr/px.h"
#include "addr/rfc822.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dir/px_answer.h"

#define SERVERS_MAX 8
#define ROUNDS 3          /* tries of each server */
#define FIRST_WAIT_MS 800 /* for the first try, twice as long for each further one */
#define MESSAGE_MAX 65535
#define QUESTION_MAX 512
#define CLIMB_LABELS 16   /* no rule is deeper: a longer domain is asked for whole and then from there up */

struct server {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
	socklen_t length;
	char text[64];
};

struct dns {
	struct server servers[SERVERS_MAX];
	size_t count;
	bool validated;
};

/* ---- which servers ---- */

static bool set_server(struct server *s, const char *host, long port)
{
	*s = (struct server){.length = sizeof s->address.in};
	if (inet_pton(AF_INET, host, &s->address.in.sin_addr) == 1) {
		s->address.in.sin_family = AF_INET;
		s->address.in.sin_port = htons((uint16_t)port);
		return true;
	}
	s->length = sizeof s->address.in6;
	if (inet_pton(AF_INET6, host, &s->address.in6.sin6_addr) != 1)
		return false;
	s->address.in6.sin6_family = AF_INET6;
	s->address.in6.sin6_port = htons((uint16_t)port);
	return true;
}

/* "192.0.2.1", "127.0.0.1@5353", "::1@5353" */
static int parse_server(struct arena *a, const char *text, struct server *out, struct err *e)
{
	const char *at = strchr(text, '@');
	long port = 53;

	if ((at != NULL && str_to_long(at + 1, 1, 65535, &port) != 0) ||
	    !set_server(out, arena_strndup(a, text, at == NULL ? strlen(text) : (size_t)(at - text)), port))
		return ERR(e, ERR_CONFIG, "mapping.dns.server: %s is no \"address\" or \"address@port\"", text);
	str_printable(out->text, sizeof out->text, text, strlen(text));
	return 0;
}

/* /etc/resolv.conf, as libresolv reads it. */
static void system_servers(struct dns *d)
{
	struct __res_state state = {0};

	if (res_ninit(&state) != 0)
		return;
	for (int i = 0; i < state.nscount && d->count < SERVERS_MAX; i++) {
		struct server *s = &d->servers[d->count];
		const struct sockaddr_in6 *in6 = state._u._ext.nsaddrs[i];
		const void *host = &state.nsaddr_list[i].sin_addr;

		*s = (struct server){.address.in = state.nsaddr_list[i], .length = sizeof s->address.in};
		if (state.nsaddr_list[i].sin_family != AF_INET) {
			if (in6 == NULL)
				continue;
			s->address.in6 = *in6;
			s->length = sizeof s->address.in6;
			host = &s->address.in6.sin6_addr;
		}
		if (inet_ntop(s->address.any.sa_family, host, s->text, sizeof s->text) != NULL)
			d->count++;
	}
	res_nclose(&state);
}

int dns_open(struct arena *a, const struct config *c, struct dns **out, struct err *e)
{
	struct dns *d = NEW(a, struct dns);
	const struct config_strings *list = &c->mapping.dns.server;

	d->validated = c->mapping.dns.validated;
	for (size_t i = 0; i < list->count && d->count < SERVERS_MAX; i++)
		TRY(parse_server(a, list->items[i], &d->servers[d->count++], e));
	if (d->count == 0)
		system_servers(d);
	if (d->count == 0)
		return ERR(e, ERR_CONFIG, "mapping.dns.server is empty and /etc/resolv.conf names no server");
	*out = d;
	return 0;
}

/* ---- one exchange ---- */

struct exchange {
	struct arena *a;
	const struct server *server;
	struct dir_px_question question;
	uint8_t query[QUESTION_MAX];
	size_t query_length;
	int64_t deadline;
	uint8_t *message; /* MESSAGE_MAX octets */
	struct dir_px_answer *answer;
	struct err *e;
};

/* Waits for events on fd; false: the time is up. */
static bool wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		int n = left <= 0 ? 0 : poll(&p, 1, (int)MIN_OF(left, (int64_t)60000));

		if (n > 0)
			return true;
		if (left <= 0 || (n < 0 && errno != EINTR))
			return false;
	}
}

static enum dir_px_state failed(struct exchange *x, const char *what)
{
	(void)ERR_ERRNO(x->e, ERR_DIR_DNS, "%s: %s", x->server->text, what);
	return DIR_PX_FAILED;
}

static enum dir_px_state too_late(struct exchange *x)
{
	(void)ERR(x->e, ERR_DIR_DNS, "%s does not answer in time", x->server->text);
	return DIR_PX_FAILED;
}

static int open_socket(const struct server *s, int type)
{
	int fd = socket(s->address.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, &s->address.any, s->length) != 0 && errno != EINPROGRESS) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* Datagrams that are not the answer do not end the wait: they may be spoofed. */
static enum dir_px_state receive_udp(struct exchange *x, int fd)
{
	while (wait_for(fd, POLLIN, x->deadline)) {
		ssize_t n = recv(fd, x->message, MESSAGE_MAX, 0);
		enum dir_px_state state;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return failed(x, "no answer"); /* nobody listens there */
		state = dir_px_read(x->a, &x->question, x->message, (size_t)n, x->answer, x->e);
		if (state != DIR_PX_FOREIGN)
			return state;
	}
	return too_late(x);
}

static enum dir_px_state ask_udp(struct exchange *x)
{
	int fd = open_socket(x->server, SOCK_DGRAM);
	enum dir_px_state state;

	if (fd < 0)
		return failed(x, "cannot be asked");
	if (send(fd, x->query, x->query_length, MSG_NOSIGNAL) != (ssize_t)x->query_length)
		state = failed(x, "cannot be asked");
	else
		state = receive_udp(x, fd);
	(void)close(fd);
	return state;
}

/* n octets, in whatever pieces. */
static bool transfer(int fd, uint8_t *p, size_t n, bool out, int64_t deadline)
{
	while (n > 0) {
		ssize_t done;

		if (!wait_for(fd, out ? POLLOUT : POLLIN, deadline))
			return false;
		done = out ? send(fd, p, n, MSG_NOSIGNAL) : recv(fd, p, n, 0);
		if (done <= 0 && !(done < 0 && (errno == EAGAIN || errno == EINTR)))
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

/* RFC 7766: two octets of length before each message. */
static enum dir_px_state ask_tcp(struct exchange *x)
{
	uint8_t framed[2 + QUESTION_MAX], length[2];
	int fd = open_socket(x->server, SOCK_STREAM);
	enum dir_px_state state = DIR_PX_FOREIGN;
	size_t n;

	if (fd < 0)
		return failed(x, "cannot be asked by TCP");
	framed[0] = (uint8_t)(x->query_length >> 8);
	framed[1] = (uint8_t)x->query_length;
	memcpy(framed + 2, x->query, x->query_length);
	if (transfer(fd, framed, x->query_length + 2, true, x->deadline) && transfer(fd, length, 2, false, x->deadline)) {
		n = (size_t)length[0] << 8 | length[1];
		if (transfer(fd, x->message, n, false, x->deadline))
			state = dir_px_read(x->a, &x->question, x->message, n, x->answer, x->e);
	}
	(void)close(fd);
	return state == DIR_PX_ANSWERED || state == DIR_PX_FAILED ? state : too_late(x);
}

/* One server, one try. */
static enum dir_px_state ask_server(struct exchange *x)
{
	enum dir_px_state state = ask_udp(x);

	return state == DIR_PX_TRUNCATED ? ask_tcp(x) : state;
}

/* All servers in turn, with growing patience: 0, or -1 when none says anything. */
static int ask(const struct dns *d, struct arena *a, const char *name, int64_t deadline, struct dir_px_answer *answer, struct err *e)
{
	struct exchange x = {.a = a, .answer = answer, .e = e, .message = arena_alloc(a, MESSAGE_MAX)};
	int64_t wait = FIRST_WAIT_MS;

	for (int round = 0; round < ROUNDS; round++, wait *= 2)
		for (size_t i = 0; i < d->count; i++) {
			int64_t now = clock_monotonic_ms();
			int n;

			if (now >= deadline)
				return ERR(e, ERR_DIR_DNS, "no answer about %s in time", name);
			x.server = &d->servers[i];
			/* The last round may use up what is left. */
			x.deadline = round == ROUNDS - 1 && i == d->count - 1 ? deadline : MIN_OF(deadline, now + wait);
			if (getrandom(&x.question.id, sizeof x.question.id, 0) != (ssize_t)sizeof x.question.id)
				return ERR_ERRNO(e, ERR_SYSTEM, "random numbers");
			if ((n = dir_px_question(&x.question, name, x.query, sizeof x.query, e)) < 0)
				return -1;
			x.query_length = (size_t)n;
			if (ask_server(&x) == DIR_PX_ANSWERED)
				return 0;
		}
	return -1;
}

/* ---- rules out of records ---- */

/* The domain key of a rule: how many labels of domain it is; 0: none of its. */
static int match_domain(const char *domain, const char *key)
{
	size_t n = strlen(domain), k = strlen(key);
	int labels = 1;

	if (k > n || !str_ieq(domain + n - k, key) || (k < n && domain[n - k - 1] != '.'))
		return 0;
	for (const char *c = key; *c != '\0'; c++)
		labels += *c == '.';
	return labels;
}

/* Name servers lower-case what they serve. */
static bool level_equal(const char *x, const char *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	return rule_id_active("A-232") ? str_ieq(x, y) : str_eq(x, y);
}

/* The O/R key of a rule: how many levels of node it is; 0: none of its. */
static int match_node(const struct addr_node *node, const struct addr_node *key)
{
	if (key->depth > node->depth)
		return 0;
	for (int i = 0; i < key->depth; i++)
		if (!level_equal(key->level[i], node->level[i]))
			return 0;
	return key->depth;
}

static const char *upper_case(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *c = copy; *c != '\0'; c++)
		*c = str_upper(*c);
	return copy;
}

/* The side of the record that is the key says how much it covers: a wildcard has been expanded, so the
 * name asked for does not tell.  0: *out is set; 1: the rule is not about what was asked; -1: it cannot be read. */
static int read_rule(struct arena *a, const struct addr_query *q, const struct dir_px_record *r, const char *name, struct dir_rule *out)
{
	struct addr_node *node = NEW(a, struct addr_node);
	const char *reason;
	char *text;
	int depth;

	if (!addr_is_domain(r->map822) || addr_px_rdata(a, r->mapx400, &out->gateway, &text, NULL) != 0 ||
	    addr_node_parse(a, text, ADDR_NODE_MAPPING, node, &reason, NULL) != 0)
		return -1;
	/* Of all values the country has one way to be written. */
	node->level[0] = upper_case(a, node->level[0]);
	depth = q->domain != NULL ? match_domain(q->domain, r->map822) : match_node(q->node, node);
	if (depth == 0)
		return 1;
	out->hit = (struct addr_hit){.where = arena_printf(a, "dns:%s PX %u", name, r->preference), .depth = depth};
	out->hit.value = q->domain != NULL ? addr_node_rule(a, node) : r->map822;
	out->hit.node = q->domain != NULL ? node : NULL;
	return 0;
}

/* What stands at one name. */
static enum addr_answer find_at(const struct dns *d, struct arena *a, const struct addr_query *q, const char *name, int64_t deadline,
                                struct dir_rule *out, struct err *e)
{
	struct dir_px_answer answer;
	bool bad;

	if (ask(d, a, name, deadline, &answer, e) != 0)
		return ADDR_NO_ANSWER;
	if (d->validated && !answer.validated && rule_id_active("A-233"))
		return ADDR_NO_RULE;
	bad = answer.bad;
	for (size_t i = 0; i < answer.records.count; i++) {
		int rc = read_rule(a, q, &answer.records.items[i], name, out);

		if (rc == 0)
			return ADDR_FOUND;
		bad = bad || rc < 0;
		log_event(LOG_LEVEL_WARN, "px-unusable", "name", name, "map822", answer.records.items[i].map822, "mapx400",
		          answer.records.items[i].mapx400, "why", rc < 0 ? "cannot be read" : "is about another key", NULL);
	}
	if (!bad)
		return ADDR_NO_RULE;
	/* A shorter rule in its place would be a wrong mapping. */
	(void)ERR(e, ERR_DIR_PX, "%s", name);
	return ADDR_NO_ANSWER;
}

/* ---- the climb (A-231) ---- */

/* The name that stands for the last depth labels of a domain, or the first depth levels of a node; NULL: there is none
 * (A-227). */
static const char *name_of(struct arena *a, const struct addr_query *q, int labels, int depth)
{
	struct addr_node part;
	const char *s = q->domain;
	char *name;

	if (s == NULL) {
		part = *q->node;
		part.depth = depth;
		return addr_px_name(a, addr_node_rule(a, &part), &name, NULL) == 0 && strlen(name) < 250 ? name : NULL;
	}
	for (; labels > depth; labels--)
		s = strchr(s, '.') + 1;
	return arena_printf(a, "%s.", s);
}

/* A wildcard record answers neither for its own parent nor below names that exist for other reasons (measured): after the
 * name itself the wildcards are asked for literally, from the name upwards. */
enum addr_answer dns_find(const struct dns *d, struct arena *a, const struct addr_query *q, int64_t deadline, struct dir_rule *out,
                          struct err *e)
{
	int whole = q->domain != NULL ? match_domain(q->domain, q->domain) : q->node->depth;
	const char *name = name_of(a, q, whole, whole);
	enum addr_answer answer = name == NULL ? ADDR_NO_RULE : find_at(d, a, q, name, deadline, out, e);

	for (int depth = MIN_OF(whole, CLIMB_LABELS); answer == ADDR_NO_RULE && depth > 0 && rule_id_active("A-231"); depth--) {
		name = name_of(a, q, whole, depth);
		if (name != NULL)
			answer = find_at(d, a, q, arena_printf(a, "*.%s", name), deadline, out, e);
	}
	return answer;
}
