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

static int selectors(struct arena *a, const struct config_selectors *c, struct osi_selectors *out, struct err *e)
{
	TRY(config_octets(a, c->tsel, &out->tsel, e));
	TRY(config_octets(a, c->ssel, &out->ssel, e));
	return config_octets(a, c->psel, &out->psel, e);
}

/* The identity we show: peers.lmta and lpass, or local.mta_name. */
static void local_mta(const struct assoc *s, struct osi_mta *out)
{
	const struct config_peer *p = s->peer;

	out->name = p != NULL && p->lmta[0] != '\0' ? p->lmta : s->setup->config->local.mta_name;
	if (p != NULL && p->lpass != NULL && p->lpass[0] != '\0')
		out->password = (struct octets){(const uint8_t *)p->lpass, __builtin_strlen(p->lpass)};
}

int assoc_options(struct assoc *s, bool initiator, struct osi_options *o, struct err *e)
{
	const struct config *c = s->setup->config;
	struct when now = clock_now();
	char *utctime = arena_alloc(s->arena, 20);

	*o = (struct osi_options){.initiator = initiator};
	o->timeouts = (struct osi_timeouts){
		.connect = (unsigned)c->listen.connect_timeout,
		.bind = (unsigned)c->listen.bind_timeout,
		.confirm = (unsigned)c->listen.confirm_timeout,
		.idle = (unsigned)(initiator ? s->peer->lifetime : c->listen.idle_timeout),
		.abort = 30,
		.data = (unsigned)c->listen.data_timeout,
	};
	o->apdu_max = (uint64_t)c->limits.message_size;
	o->window = 3;
	now.z = true;
	clock_format_utctime(&now, utctime);
	o->common_reference = utctime;
	local_mta(s, &o->local);
	if (!initiator)
		return selectors(s->arena, &c->listen.selectors, &o->called, e);
	o->tpdu_size = (unsigned)s->peer->tpdu_size;
	o->checkpoint = (unsigned)s->peer->checkpoint;
	o->window = (unsigned)s->peer->window;
	TRY(selectors(s->arena, &s->peer->called, &o->called, e));
	return selectors(s->arena, &s->peer->calling, &o->calling, e);
}

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
