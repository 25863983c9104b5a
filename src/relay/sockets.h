/*
 * relay/sockets.h - TCP and local sockets with a deadline for every wait; the only place that opens one.
 *
 * All sockets are non-blocking and close-on-exec, TCP without Nagle's delay.  Deadlines are monotonic milliseconds
 * (base/clock.h); a wait that ends there is an error of class temporary, never a hang (invariant I4).
 */
#ifndef MIXGATE_RELAY_SOCKETS_H
#define MIXGATE_RELAY_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SOCKETS_READ 1
#define SOCKETS_WRITE 2

struct sockets_list {
	int *items;
	size_t count, capacity;
};

/* Listens on every address of host ("" and "::" : all, IPv6 and IPv4). */
int sockets_listen_tcp(struct arena *a, const char *host, int port, struct sockets_list *out, struct err *e) MUST_USE;
/* "unix:/path" or "inet:port@host" (as Postfix and libmilter write it). A stale socket file is replaced; who may connect
 * is a matter of its folder's permissions. */
int sockets_listen(struct arena *a, const char *spec, struct sockets_list *out, struct err *e) MUST_USE;
/* Connects to host:port, trying every address, until deadline. host with a '/' in front is a local socket. */
int sockets_connect(const char *host, int port, int64_t deadline, int *fd, struct err *e) MUST_USE;
int sockets_connect_spec(const char *spec, int64_t deadline, int *fd, struct err *e) MUST_USE;
/* Accepts one connection; -1 when there is none (any reason). peer gets "192.0.2.1" or "local". */
int sockets_accept(int listener, char *peer, size_t size);
/* True when fd is ready (or broken) before the deadline. */
bool sockets_wait(int fd, int what, int64_t deadline);
/* Two callers that count as one: the same address, or one /64 of IPv6, which a single host can have all of. */
bool sockets_same_source(const char *a, const char *b);
/* Milliseconds for poll(2) until the earlier deadline, rounded up, never negative. */
int sockets_poll_ms(int64_t deadline, int64_t now);
/* Reads what is there, at least one octet, or 0 at the end. */
int sockets_read(int fd, void *p, size_t n, int64_t deadline, size_t *got, struct err *e) MUST_USE;
/* Writes and consumes the whole buffer. */
int sockets_flush(int fd, struct buf *b, int64_t deadline, struct err *e) MUST_USE;

#endif
