/*
 * relay/ipc.c - see ipc.h.  sendmsg/recvmsg with SCM_RIGHTS; a long body is a memfd, passed as the last descriptor.
 */
#include "config.h"

#include "relay/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "relay/sockets.h"

struct ipc_head {
	uint32_t magic, type, len, external; /* external: the body is in the last descriptor */
};
#define IPC_MAGIC 0x6d786731 /* "mxg1" */

union ipc_control {
	struct cmsghdr align;
	char octets[CMSG_SPACE(sizeof(int) * (IPC_FDS + 1))];
};

int ipc_pair(int out[static 2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "socketpair");
	return 0;
}

/* A memory file with the body, or -1. */
static int external_body(const struct buf *body)
{
	int fd = memfd_create("mixgate-ipc", MFD_CLOEXEC);
	size_t done = 0;

	if (fd < 0)
		return -1;
	while (done < body->len) {
		ssize_t w = write(fd, body->p + done, body->len - done);
		if (w <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)w;
	}
	return fd;
}

static int send_packet(int fd, struct ipc_head *h, const struct buf *body, const int *fds, size_t n)
{
	union ipc_control control;
	struct iovec iov[2] = {{h, sizeof(*h)}, {NULL, 0}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 1};

	if (body != NULL && body->len > 0 && !h->external) {
		iov[1] = (struct iovec){body->p, body->len};
		msg.msg_iovlen = 2;
	}
	if (n > 0) {
		struct cmsghdr *c = &control.align;

		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	}
	for (;;) {
		if (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EINTR)
			return -1;
	}
}

int ipc_send(int fd, uint32_t type, const struct buf *body, const int *fds, size_t n, struct err *e)
{
	struct ipc_head h = {IPC_MAGIC, type, body != NULL ? (uint32_t)body->len : 0, 0};
	int all[IPC_FDS + 1] = {0};
	int external = -1, status;

	if (n > IPC_FDS || (body != NULL && (!buf_ok(body) || body->len > IPC_BODY_MAX)))
		return ERR(e, ERR_RELAY_IPC, "message of type %u does not fit", (unsigned)type);
	if (n > 0)
		memcpy(all, fds, n * sizeof(int));
	if (h.len > IPC_INLINE) {
		external = external_body(body);
		if (external < 0)
			return ERR_ERRNO(e, ERR_SYSTEM, "memory file of %u octets", (unsigned)h.len);
		h.external = 1;
		all[n++] = external;
	}
	status = send_packet(fd, &h, body, all, n);
	if (status != 0)
		ERR_ERRNO(e, ERR_RELAY_IPC, "message of type %u", (unsigned)type);
	if (external >= 0)
		close(external);
	return status;
}

/* The descriptors of a received packet; false: more than there may be. */
static bool take_descriptors(struct msghdr *msg, int all[static IPC_FDS + 1], size_t *count)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	*count = 0;
	if (c == NULL)
		return true;
	if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return false;
	*count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (*count > IPC_FDS + 1)
		return false;
	memcpy(all, CMSG_DATA(c), *count * sizeof(int));
	return true;
}

static bool map_external(struct ipc_message *m, int fd, size_t len)
{
	m->map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return false;
	}
	m->body = (struct octets){m->map, len};
	return true;
}

/* The packet is consistent: fills m. */
static bool accept_packet(struct ipc_message *m, const struct ipc_head *h, size_t got, int *all, size_t count)
{
	bool good = h->magic == IPC_MAGIC && h->len <= IPC_BODY_MAX;

	m->type = h->type;
	if (good && h->external) {
		good = got == 0 && count > 0 && map_external(m, all[count - 1], h->len);
		if (count > 0)
			close(all[--count]);
	} else {
		good = good && got == h->len;
		m->body = (struct octets){m->hold, got};
	}
	for (size_t i = 0; i < count; i++) {
		if (good && i < IPC_FDS)
			m->fds[m->fd_count++] = all[i];
		else
			close(all[i]);
	}
	return good;
}

enum ipc_result ipc_receive(int fd, int64_t deadline, struct ipc_message *m)
{
	struct ipc_head h;
	union ipc_control control;
	struct iovec iov[2] = {{&h, sizeof(h)}, {m->hold, sizeof(m->hold)}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)};
	int all[IPC_FDS + 1];
	size_t count;
	ssize_t got;

	m->map = NULL;
	m->fd_count = 0;
	m->body = (struct octets){m->hold, 0};
	for (size_t i = 0; i < IPC_FDS; i++)
		m->fds[i] = -1;
	for (;;) {
		got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (got >= 0)
			break;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return IPC_CLOSED;
		if (deadline == 0 || !sockets_wait(fd, SOCKETS_READ, deadline))
			return IPC_TIMEOUT;
	}
	if (got == 0 || !take_descriptors(&msg, all, &count))
		return IPC_CLOSED;
	if ((size_t)got < sizeof(h) || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    !accept_packet(m, &h, (size_t)got - sizeof(h), all, count)) {
		ipc_done(m);
		return IPC_CLOSED;
	}
	return IPC_MESSAGE;
}

int ipc_take_fd(struct ipc_message *m, size_t i)
{
	int fd;

	if (i >= m->fd_count)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

void ipc_done(struct ipc_message *m)
{
	for (size_t i = 0; i < m->fd_count; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->fd_count = 0;
	if (m->map != NULL)
		munmap(m->map, m->body.len);
	m->map = NULL;
}
