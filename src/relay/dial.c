/*
 * relay/dial.c - see dial.h.
 */
#include "relay/dial.h"

#include "base/clock.h"
#include "relay/sockets.h"

#define RELEASE_MS 10000

static int ended(struct link *l, const struct osi_event *ev, const char *when, struct err *e)
{
	struct err why = ev->err;

	if (why.id == ERR_NONE)
		ERR(&why, ERR_RELAY_LOST, "association ended %s", when);
	link_close(l, clock_monotonic_ms() + RELEASE_MS);
	if (e != NULL)
		*e = why;
	return -1;
}

int dial_connect(const char *host, int port, const struct osi_options *o, struct link *l, struct err *e)
{
	l->fd = -1;
	l->osi = NULL;
	return sockets_connect(host, port, clock_monotonic_ms() + 1000LL * o->timeouts.connect, &l->fd, e);
}

int dial_bind(struct arena *a, const struct osi_options *o, struct link *l, struct err *e)
{
	struct osi_event ev;

	l->osi = osi_new(a, o, clock_monotonic_ms());
	osi_connected(l->osi, clock_monotonic_ms());
	for (;;) {
		if (link_next(l, &ev, -1, INT64_MAX) != LINK_EVENT)
			continue;
		if (ev.kind == OSI_EV_OPEN)
			return 0;
		if (ev.kind == OSI_EV_REFUSED || ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_RELEASED)
			return ended(l, &ev, "before it was open", e);
	}
}

int dial_open(struct arena *a, const char *host, int port, const struct osi_options *o, struct link *l, struct err *e)
{
	TRY(dial_connect(host, port, o, l, e));
	return dial_bind(a, o, l, e);
}

int dial_send(struct link *l, const struct blob *apdu, struct err *e)
{
	struct osi_event ev = {0};
	uint64_t at = 0;
	bool over = false;

	TRY(osi_transfer_start(l->osi, apdu->len, clock_monotonic_ms(), e));
	for (;;) {
		TRY(link_send_apdu(l, apdu, &at, e));
		if (at == apdu->len && !over) {
			osi_transfer_end(l->osi, clock_monotonic_ms());
			over = true;
		}
		if (link_next(l, &ev, -1, INT64_MAX) != LINK_EVENT)
			continue;
		if (ev.kind == OSI_EV_CONFIRMED)
			return 0;
		if (ev.kind == OSI_EV_NOT_CONFIRMED) {
			*e = ev.err;
			return e->id != ERR_NONE ? -1 : ERR(e, ERR_RELAY_NOT_CONFIRMED, "no reason given");
		}
		if (ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_RELEASED)
			return ended(l, &ev, "inside a transfer", e);
	}
}

int dial_end(struct link *l, struct err *e)
{
	struct osi_event ev = {0};
	int64_t deadline = clock_monotonic_ms() + RELEASE_MS;

	osi_release(l->osi, clock_monotonic_ms());
	while (link_next(l, &ev, -1, deadline) == LINK_EVENT && ev.kind != OSI_EV_RELEASED)
		if (ev.kind == OSI_EV_ABORTED)
			return ended(l, &ev, "before it was released", e);
	if (ev.kind == OSI_EV_RELEASED) {
		link_close(l, deadline);
		return 0;
	}
	ERR(&ev.err, ERR_RELAY_DEADLINE, "no answer to the release");
	return ended(l, &ev, "", e);
}

void dial_release(struct link *l)
{
	if (l->fd >= 0)
		(void)!dial_end(l, NULL);
}
