/*
 * relay/hand_over.c - transfers of one message to one or several peers, in parallel (see worker.h).
 *
 * A channel that ends before JOB_END means that nothing was delivered, so another association is tried at once (the idle
 * one may just have been released by the peer).  After JOB_END it means that nobody knows: HAND_UNKNOWN.
 */
#include "relay/worker.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/pack.h"
#include "relay/sockets.h"

#define TRIES_MAX 3
#define JOBS_MAX 256

static void finish(struct hand_over *h, enum hand_over_state state, const struct err *e)
{
	if (h->channel >= 0)
		close(h->channel);
	h->channel = -1;
	h->request = 0;
	h->state = state;
	if (e != NULL)
		h->err = *e;
}

static void ask(struct worker *w, struct hand_over *h)
{
	struct buf b = BUF_INIT(1024);
	struct err e = {0};

	h->state = HAND_WAITING;
	h->request = ++w->last_request;
	h->tries++;
	pack_int(&b, h->request);
	pack_str(&b, h->peer);
	pack_int(&b, h->deadline);
	pack_int(&b, h->priority == HAND_OVER_URGENT);
	if (ipc_send(w->control, W_ASSOC, &b, NULL, 0, &e) != 0)
		finish(h, HAND_FAILED, &e);
	buf_free(&b);
}

void hand_over_start(struct worker *w, struct hand_over *jobs, size_t n)
{
	w->jobs = jobs;
	w->job_count = n;
	for (size_t i = 0; i < n; i++) {
		jobs[i].channel = -1;
		ask(w, &jobs[i]);
	}
}

static struct hand_over *find_request(struct worker *w, int64_t request)
{
	for (size_t i = 0; i < w->job_count; i++)
		if (w->jobs[i].request == request && w->jobs[i].state == HAND_WAITING)
			return &w->jobs[i];
	return NULL;
}

void hand_over_granted(struct worker *w, int64_t request, int channel)
{
	struct hand_over *h = find_request(w, request);
	struct buf b = BUF_INIT(1024);

	if (channel < 0)
		return;
	if (h == NULL) {
		close(channel); /* too late; the association goes back to the pool */
		return;
	}
	h->channel = channel;
	h->state = HAND_SENT;
	pack_int(&b, (int64_t)h->size);
	pack_int(&b, h->deadline);
	pack_int(&b, h->priority);
	pack_str(&b, h->mts_id);
	/* A failure shows as the end of the channel. */
	(void)!ipc_send(channel, JOB_SEND, &b, &h->apdu, 1, NULL);
	buf_free(&b);
}

void hand_over_denied(struct worker *w, int64_t request, const struct err *e)
{
	struct hand_over *h = find_request(w, request);

	if (h != NULL)
		finish(h, HAND_FAILED, e);
}

static void lost(struct worker *w, struct hand_over *h, const struct err *e)
{
	bool ended = h->state == HAND_ENDED;

	finish(h, ended ? HAND_UNKNOWN : HAND_FAILED, e);
	if (!ended && h->tries < TRIES_MAX && clock_monotonic_ms() < h->deadline)
		ask(w, h);
}

static void take_message(struct worker *w, struct hand_over *h, const struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	struct err e;

	switch ((enum relay_type)m->type) {
	case JOB_END:
		h->state = HAND_ENDED;
		break;
	case JOB_CONFIRMED:
		finish(h, HAND_CONFIRMED, NULL);
		break;
	case JOB_FAILED:
		unpack_err(&u, &e);
		finish(h, HAND_FAILED, &e);
		break;
	case JOB_LOST:
		unpack_err(&u, &e);
		lost(w, h, &e);
		break;
	default: /* JOB_STARTED */
		break;
	}
}

static void read_job(struct worker *w, struct hand_over *h)
{
	struct ipc_message m;
	struct err e = {0};
	enum ipc_result r;

	while (h->channel >= 0 && (r = ipc_receive(h->channel, 0, &m)) != IPC_TIMEOUT) {
		if (r == IPC_MESSAGE) {
			take_message(w, h, &m);
			ipc_done(&m);
		} else {
			ERR(&e, ERR_RELAY_LOST, "the association's process ended");
			lost(w, h, &e);
		}
	}
}

void hand_over_cancel(struct worker *w, const struct err *e)
{
	for (size_t i = 0; i < w->job_count; i++)
		if (w->jobs[i].state == HAND_WAITING)
			finish(&w->jobs[i], HAND_FAILED, e);
}

void hand_over_wait(struct worker *w, int64_t deadline)
{
	struct pollfd p[JOBS_MAX + 1];
	struct hand_over *who[JOBS_MAX];
	nfds_t n = 0;

	for (size_t i = 0; i < w->job_count && n < JOBS_MAX; i++)
		if (w->jobs[i].channel >= 0) {
			who[n] = &w->jobs[i];
			p[n++] = (struct pollfd){.fd = w->jobs[i].channel, .events = POLLIN};
		}
	p[n] = (struct pollfd){.fd = w->control, .events = POLLIN};
	if (poll(p, n + 1, sockets_poll_ms(deadline, clock_monotonic_ms())) <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents != 0)
			read_job(w, who[i]);
	if (p[n].revents != 0 && !worker_read_parent(w, 0) && w->stop) {
		struct err e = {0};

		/* The parent is gone: what waits for an association waits in vain. */
		ERR(&e, ERR_CANCELLED, "no parent process");
		hand_over_cancel(w, &e);
		poll(NULL, 0, 10);
	}
}

void hand_over_finish(struct worker *w)
{
	for (size_t i = 0; i < w->job_count; i++)
		if (w->jobs[i].channel >= 0)
			close(w->jobs[i].channel);
	w->jobs = NULL;
	w->job_count = 0;
}
