/*
 * relay/sockets.c - see sockets.h.
 */
#include "config.h"

#include "relay/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define BACKLOG 1024

static void set_option(int fd, int level, int option)
{
	int one = 1;

	/* A failure costs speed or a quick restart, never mail. */
	(void)setsockopt(fd, level, option, &one, sizeof(one));
}

static int add_listener(struct arena *a, int fd, struct sockets_list *out)
{
	*ARENA_PUSH(a, out) = fd;
	return 0;
}

static int lookup(const char *host, int port, int flags, struct addrinfo **out, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
	char service[16];
	int status;

	snprintf(service, sizeof(service), "%d", port);
	status = getaddrinfo(host[0] == '\0' ? NULL : host, service, &hints, out);
	if (status != 0)
		return ERR(e, ERR_RELAY_ADDRESS, "%s: %s", host, gai_strerror(status));
	return 0;
}

static int listen_address(const struct addrinfo *ai, int *out)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (ai->ai_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	*out = fd;
	return 0;
}

int sockets_listen_tcp(struct arena *a, const char *host, int port, struct sockets_list *out, struct err *e)
{
	struct addrinfo *list;
	size_t before = out->count;
	int fd;

	if (str_eq(host, "::"))
		host = "";
	TRY(lookup(host, port, AI_PASSIVE, &list, e));
	for (struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (listen_address(ai, &fd) == 0)
			add_listener(a, fd, out);
		else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) /* a kernel without IPv6 is no fault */
			ERR_ERRNO(e, ERR_RELAY_LISTEN, "%s port %d", host[0] == '\0' ? "any address" : host, port);
	}
	freeaddrinfo(list);
	if (out->count > before)
		return 0;
	return e != NULL && e->id != ERR_NONE ? -1 : ERR(e, ERR_RELAY_LISTEN, "%s port %d: no usable address", host, port);
}

static int unix_address(const char *path, struct sockaddr_un *out, struct err *e)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path))
		return ERR(e, ERR_RELAY_ADDRESS, "%s: path of a local socket is longer than %zu", path, sizeof(out->sun_path) - 1);
	memcpy(out->sun_path, path, strlen(path) + 1);
	return 0;
}

/* Another living server at that path?  Then it is not ours to replace. */
static bool socket_alive(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0;

	if (fd >= 0)
		close(fd);
	return alive;
}

static int listen_unix(struct arena *a, const char *path, struct sockets_list *out, struct err *e)
{
	struct sockaddr_un sun;
	struct stat st;
	int fd;

	TRY(unix_address(path, &sun, e));
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode) || socket_alive(&sun))
			return ERR(e, ERR_RELAY_LISTEN, "%s is in use or not a socket", path);
		unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 || chmod(path, 0666) != 0 || listen(fd, BACKLOG) != 0) {
		ERR_ERRNO(e, ERR_RELAY_LISTEN, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return add_listener(a, fd, out);
}

/* "port@host" or "port" */
static int inet_spec(const char *spec, char *host, size_t size, int *port, struct err *e)
{
	const char *at = strchr(spec, '@');
	char digits[8] = "";
	long n = 0;
	size_t len = at != NULL ? (size_t)(at - spec) : strlen(spec);

	if (len < sizeof(digits)) {
		memcpy(digits, spec, len);
		digits[len] = '\0';
	}
	if (str_to_long(digits, 1, 65535, &n) != 0 || (at != NULL && strlen(at + 1) >= size))
		return ERR(e, ERR_RELAY_ADDRESS, "inet:%s: write inet:port@host", spec);
	*port = (int)n;
	snprintf(host, size, "%s", at != NULL ? at + 1 : "");
	return 0;
}

int sockets_listen(struct arena *a, const char *spec, struct sockets_list *out, struct err *e)
{
	char host[256];
	int port;

	if (strncmp(spec, "unix:", 5) == 0)
		return listen_unix(a, spec + 5, out, e);
	if (spec[0] == '/')
		return listen_unix(a, spec, out, e);
	if (strncmp(spec, "inet:", 5) != 0)
		return ERR(e, ERR_RELAY_ADDRESS, "%s: write unix:/path or inet:port@host", spec);
	TRY(inet_spec(spec + 5, host, sizeof(host), &port, e));
	return sockets_listen_tcp(a, host, port, out, e);
}

/* Non-blocking connect of one address. */
static int connect_address(int family, const struct sockaddr *sa, socklen_t len, int64_t deadline)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -1;
	if (connect(fd, sa, len) != 0) {
		error = errno;
		if (error == EINPROGRESS) {
			error = ETIMEDOUT;
			if (sockets_wait(fd, SOCKETS_WRITE, deadline))
				(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		}
	}
	if (error != 0) {
		close(fd);
		errno = error;
		return -1;
	}
	if (family != AF_UNIX) {
		set_option(fd, IPPROTO_TCP, TCP_NODELAY);
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
	}
	return fd;
}

static int connect_unix(const char *path, int64_t deadline, int *fd, struct err *e)
{
	struct sockaddr_un sun;

	TRY(unix_address(path, &sun, e));
	*fd = connect_address(AF_UNIX, (struct sockaddr *)&sun, sizeof(sun), deadline);
	return *fd >= 0 ? 0 : ERR_ERRNO(e, ERR_RELAY_CONNECT, "%s", path);
}

int sockets_connect(const char *host, int port, int64_t deadline, int *fd, struct err *e)
{
	struct addrinfo *list;

	if (host[0] == '/')
		return connect_unix(host, deadline, fd, e);
	TRY(lookup(host, port, 0, &list, e));
	*fd = -1;
	for (struct addrinfo *ai = list; ai != NULL && *fd < 0; ai = ai->ai_next)
		*fd = connect_address(ai->ai_family, ai->ai_addr, ai->ai_addrlen, deadline);
	if (*fd < 0)
		ERR_ERRNO(e, ERR_RELAY_CONNECT, "%s port %d", host, port);
	freeaddrinfo(list);
	return *fd >= 0 ? 0 : -1;
}

int sockets_connect_spec(const char *spec, int64_t deadline, int *fd, struct err *e)
{
	char host[256];
	int port;

	if (strncmp(spec, "unix:", 5) == 0)
		return connect_unix(spec + 5, deadline, fd, e);
	if (spec[0] == '/')
		return connect_unix(spec, deadline, fd, e);
	if (strncmp(spec, "inet:", 5) != 0)
		return ERR(e, ERR_RELAY_ADDRESS, "%s: write unix:/path or inet:port@host", spec);
	TRY(inet_spec(spec + 5, host, sizeof(host), &port, e));
	return sockets_connect(host[0] == '\0' ? "localhost" : host, port, deadline, fd, e);
}

int sockets_accept(int listener, char *peer, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = accept4(listener, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	if (ss.ss_family == AF_UNIX) {
		snprintf(peer, size, "local");
		return fd;
	}
	set_option(fd, IPPROTO_TCP, TCP_NODELAY);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
	if (getnameinfo((struct sockaddr *)&ss, len, peer, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(peer, size, "unknown");
	return fd;
}

bool sockets_same_source(const char *a, const char *b)
{
	struct in6_addr x, y;

	if (inet_pton(AF_INET6, a, &x) == 1 && inet_pton(AF_INET6, b, &y) == 1 && !IN6_IS_ADDR_V4MAPPED(&x))
		return memcmp(&x, &y, 8) == 0;
	return strcmp(a, b) == 0;
}

int sockets_poll_ms(int64_t deadline, int64_t now)
{
	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

bool sockets_wait(int fd, int what, int64_t deadline)
{
	struct pollfd p = {.fd = fd};

	if (what & SOCKETS_READ)
		p.events |= POLLIN;
	if (what & SOCKETS_WRITE)
		p.events |= POLLOUT;
	for (;;) {
		int n = poll(&p, 1, sockets_poll_ms(deadline, clock_monotonic_ms()));
		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

int sockets_read(int fd, void *p, size_t n, int64_t deadline, size_t *got, struct err *e)
{
	for (;;) {
		ssize_t r = recv(fd, p, n, 0);

		if (r >= 0) {
			*got = (size_t)r;
			return 0;
		}
		if (errno == EAGAIN && !sockets_wait(fd, SOCKETS_READ, deadline))
			return ERR(e, ERR_RELAY_DEADLINE, "nothing read");
		if (errno != EAGAIN && errno != EINTR)
			return ERR_ERRNO(e, ERR_RELAY_LOST, "read");
	}
}

int sockets_flush(int fd, struct buf *b, int64_t deadline, struct err *e)
{
	while (b->len > 0) {
		ssize_t w = send(fd, b->p, b->len, MSG_NOSIGNAL);

		if (w >= 0)
			buf_consume(b, (size_t)w);
		else if (errno == EAGAIN && !sockets_wait(fd, SOCKETS_WRITE, deadline))
			return ERR(e, ERR_RELAY_DEADLINE, "%zu octets not written", b->len);
		else if (errno != EAGAIN && errno != EINTR)
			return ERR_ERRNO(e, ERR_RELAY_LOST, "write");
	}
	return 0;
}
