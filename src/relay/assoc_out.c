/*
 * relay/assoc_out.c - the initiator: opens an association with a peer for the first job (see assoc.h).
 */
#include "relay/assoc.h"

#include "base/clock.h"
#include "relay/dial.h"
#include "relay/options.h"

#define CLOSE_MS 1000

static int open_association(struct assoc *s, struct err *e)
{
	struct osi_options o;

	TRY(options_initiator(s->arena, s->setup->config, s->peer, &o, e));
	TRY(dial_open(s->arena, s->peer->host, s->peer->port, &o, &s->link, e));
	return options_check_answer(s->peer, osi_peer(s->link.osi), e);
}

int assoc_out(struct assoc *s)
{
	struct osi_event open = {.kind = OSI_EV_OPEN};
	struct err e = {0};

	/* The first job stands in the channel since we were forked. */
	assoc_read_parent(s);
	if (open_association(s, &e) != 0) {
		assoc_drop_job(s, &e);
		assoc_tell(s, A_DOWN, &e);
		if (s->link.osi != NULL)
			link_close(&s->link, clock_monotonic_ms() + CLOSE_MS);
		return 0;
	}
	s->sends = true;
	assoc_tell(s, A_OPEN, NULL);
	return assoc_life(s, &open);
}
