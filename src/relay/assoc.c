/*
 * relay/assoc.c - what initiator and responder share (see assoc.h).
 */
#include "relay/assoc.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/pack.h"
#include "relay/processes.h"

#define CLOSE_MS 5000

void assoc_read_parent(struct assoc *s, int *job)
{
	struct ipc_message m;

	for (;;) {
		enum ipc_result r = ipc_receive(s->channel, 0, &m);

		if (r == IPC_TIMEOUT)
			return;
		if (r == IPC_CLOSED) {
			s->stop = true;
			return;
		}
		if (m.type == A_STOP)
			s->stop = true;
		else if (m.type == A_JOB && job != NULL)
			*job = ipc_take_fd(&m, 0);
		ipc_done(&m);
		if (r == IPC_MESSAGE && job != NULL && *job >= 0)
			return;
	}
}

void assoc_tell(struct assoc *s, enum relay_type type, const struct err *why)
{
	struct buf b = BUF_INIT(1024);

	if (why != NULL)
		pack_err(&b, why);
	if (ipc_send(s->channel, type, &b, NULL, 0, NULL) != 0)
		s->stop = true;
	buf_free(&b);
}

void assoc_end(struct assoc *s, const char *how, const struct err *why)
{
	if (why != NULL && why->id != ERR_NONE)
		log_err(LOG_LEVEL_WARN, "association-closed", why, "how", how, NULL);
	else
		log_event(LOG_LEVEL_INFO, "association-closed", "how", how, NULL);
	link_close(&s->link, clock_monotonic_ms() + CLOSE_MS);
}

int assoc_main(const struct setup *setup, int channel, const char *peer, int socket, const char *source)
{
	struct arena *a = arena_new(0);
	struct assoc s = {.arena = a, .setup = setup, .channel = channel, .link = {.fd = socket}, .source = source};
	int i = setup_find_peer(setup, peer);

	if (socket >= 0) {
		log_context("role", "responder", "source", source, NULL);
		return assoc_in(&s);
	}
	if (i < 0)
		return 1;
	s.peer = &setup->config->peers.items[i];
	log_context("role", "initiator", "peer", peer, NULL);
	return assoc_out(&s);
}
