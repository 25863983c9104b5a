/*
 * relay/link.c - see link.h.
 */
#include "relay/link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/sockets.h"
#include "relay/tap.h"

#define READ_SIZE 262144

static void lose(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	osi_disconnected(l->osi, clock_monotonic_ms());
}

/* A tap that ends the connection has done what had to be done before. */
static void obey(struct link *l, enum tap_verdict v)
{
	struct linger at_once = {.l_onoff = 1};

	if (v != TAP_CLOSE && v != TAP_RESET)
		return;
	if (v == TAP_RESET)
		(void)setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	lose(l);
}

/* What waits to be sent. */
static struct buf *to_send(struct link *l)
{
	struct buf *out = osi_out(l->osi);

	if (l->tap != NULL && l->fd >= 0)
		obey(l, tap_outgoing(l->tap, l->fd, out, &out));
	return out;
}

/* True when something is left. */
static bool write_some(struct link *l)
{
	struct buf *out = to_send(l);
	size_t at = 0; /* consumed once: what is left is moved then */

	while (l->fd >= 0 && at < out->len) {
		ssize_t w = send(l->fd, out->p + at, out->len - at, MSG_NOSIGNAL);

		if (w >= 0)
			at += (size_t)w;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			lose(l);
	}
	buf_consume(out, at);
	return out->len > 0;
}

static void take_input(struct link *l, const uint8_t *p, size_t n)
{
	struct buf *ready;
	enum tap_verdict v;

	if (l->tap == NULL) {
		osi_input(l->osi, p, n, clock_monotonic_ms());
		return;
	}
	v = tap_incoming(l->tap, l->fd, p, n, &ready);
	osi_input(l->osi, ready->p, ready->len, clock_monotonic_ms());
	buf_reset(ready);
	obey(l, v);
}

static void read_some(struct link *l)
{
	uint8_t octets[READ_SIZE];
	ssize_t r = recv(l->fd, octets, tap_portion(l->tap, sizeof(octets)), 0);

	if (r > 0)
		take_input(l, octets, (size_t)r);
	else if (r == 0 || (errno != EAGAIN && errno != EINTR))
		lose(l);
}

enum link_result link_next(struct link *l, struct osi_event *ev, int other_fd, int64_t deadline)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = l->fd, .events = POLLIN}, {.fd = other_fd, .events = POLLIN}};
		int64_t now = clock_monotonic_ms();
		int n;

		if (osi_deadline(l->osi) <= now)
			osi_tick(l->osi, now);
		osi_next_event(l->osi, ev);
		if (ev->kind != OSI_EV_NONE)
			return LINK_EVENT;
		if (write_some(l))
			p[0].events |= POLLOUT;
		p[0].fd = l->fd;
		n = poll(p, 2, l->fd < 0 ? 0 : sockets_poll_ms(MIN_OF(deadline, osi_deadline(l->osi)), now));
		if (n > 0 && p[0].revents != 0 && l->fd >= 0) {
			if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
				read_some(l);
		}
		if (n > 0 && p[1].revents != 0)
			return LINK_OTHER;
		if (n == 0 && clock_monotonic_ms() >= deadline)
			return LINK_DEADLINE;
	}
}

void link_flush(struct link *l, int64_t deadline)
{
	struct buf *out = to_send(l);

	if (l->fd >= 0)
		(void)!sockets_flush(l->fd, out, deadline, NULL);
}

void link_close(struct link *l, int64_t deadline)
{
	struct buf *out;

	if (l->fd < 0)
		return;
	out = to_send(l);
	if (l->fd < 0)
		return;
	if (sockets_flush(l->fd, out, deadline, NULL) == 0)
		shutdown(l->fd, SHUT_WR);
	close(l->fd);
	l->fd = -1;
}

int link_send_apdu(struct link *l, const struct blob *apdu, uint64_t *at, struct err *e)
{
	uint8_t octets[READ_SIZE];

	while (*at < apdu->len) {
		size_t room = osi_transfer_room(l->osi), got;

		if (room == 0)
			return 0;
		if (apdu->mem != NULL) {
			got = (size_t)MIN_OF(room, apdu->len - *at);
			osi_transfer_data(l->osi, apdu->mem + *at, got, clock_monotonic_ms());
		} else {
			TRY(blob_read(apdu, *at, octets, MIN_OF(room, sizeof(octets)), &got, e));
			if (got == 0)
				return ERR(e, ERR_SYSTEM, "APDU file ends after %llu octets", (unsigned long long)*at);
			osi_transfer_data(l->osi, octets, got, clock_monotonic_ms());
		}
		*at += got;
	}
	return 0;
}
