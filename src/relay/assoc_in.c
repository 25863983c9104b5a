/*
 * relay/assoc_in.c - the responder: lets a caller in whose name and password are those of a peer (see assoc.h).
 */
#include "relay/assoc.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/options.h"
#include "relay/pack.h"
#include "sec/digest.h"

#define BIND_WAIT_MS 10000

static bool password_matches(const struct config_peer *p, const struct octets *said)
{
	const char *want = p->rpass != NULL ? p->rpass : "";

	return digest_same_octets(want, strlen(want), said->p != NULL ? said->p : (const uint8_t *)"", said->len);
}

/* The peer with that MTA-name and password.  Every peer is looked at, so that the time tells nothing; *known, for our own log,
 * is whether the name alone would fit. */
static const struct config_peer *authenticate(const struct assoc *s, const struct osi_mta *said, bool *known)
{
	const struct config_peer *found = NULL;
	const struct config *c = s->setup->config;

	for (size_t i = 0; i < c->peers.count; i++) {
		const struct config_peer *p = &c->peers.items[i];
		bool password = password_matches(p, &said->password);
		bool name = said->name != NULL && str_eq(said->name, p->rmta);

		*known = *known || name;
		if (name && password)
			found = p;
	}
	return found;
}

/* May this peer have one more association? */
static bool ask_parent(struct assoc *s)
{
	struct ipc_message m;
	struct buf b = BUF_INIT(256);
	struct unpack u;
	int64_t deadline = clock_monotonic_ms() + BIND_WAIT_MS;
	bool granted = false, answered = false;

	pack_str(&b, s->peer->name);
	if (ipc_send(s->channel, A_BIND, &b, NULL, 0, NULL) != 0)
		answered = true;
	/* A reload may say A_STOP just now; the answer comes behind it, and the peer may send what it has come for. */
	while (!answered && ipc_receive(s->channel, deadline, &m) == IPC_MESSAGE) {
		granted = m.type == A_BIND_OK;
		if (m.type == A_BIND_BUSY) {
			u = unpack_of(m.body);
			s->quiet = unpack_int(&u) != 0;
		}
		answered = m.type != A_STOP;
		s->stop = s->stop || m.type == A_STOP;
		ipc_done(&m);
	}
	buf_free(&b);
	return granted;
}

static const char *selector(struct assoc *s, struct octets o)
{
	char text[3 * 64];

	if (o.p == NULL)
		return "";
	str_printable(text, sizeof(text), o.p, o.len);
	return arena_strdup(s->arena, text);
}

/* The caller hears authentication-error whatever it is; the operator hears who called from which PSAP, and what did not fit. */
static void refuse_stranger(struct assoc *s, const struct osi_mta *said, bool known)
{
	const struct osi_selectors *from = osi_peer_selectors(s->link.osi);
	struct err e = {0};

	ERR(&e, ERR_RELAY_BIND, "MTA-name %s", said->name != NULL ? said->name : "(none)");
	log_err(assoc_refusal_level(s), "bind-refused", &e, "alarm", "authentication", "differs",
	        !known ? "name" : said->password.len == 0 ? "no password" : "password", "tsel", selector(s, from->tsel), "ssel",
	        selector(s, from->ssel), "psel", selector(s, from->psel), NULL);
	osi_bind_refuse(s->link.osi, OSI_BIND_AUTHENTICATION, clock_monotonic_ms());
}

void assoc_take_bind(struct assoc *s)
{
	const struct osi_mta *said = osi_peer(s->link.osi);
	struct osi_mta local;
	bool known = false;

	s->peer = authenticate(s, said, &known);
	if (s->peer == NULL) {
		refuse_stranger(s, said, known);
		return;
	}
	log_context("role", "responder", "peer", s->peer->name, "source", s->source, NULL);
	if (!ask_parent(s)) {
		log_event(assoc_refusal_level(s), "bind-refused", "why", "busy", NULL);
		osi_bind_refuse(s->link.osi, OSI_BIND_BUSY, clock_monotonic_ms());
		return;
	}
	local = options_local_mta(s->peer);
	osi_bind_accept(s->link.osi, &local, clock_monotonic_ms());
}

int assoc_in(struct assoc *s)
{
	struct osi_options o;
	struct err e = {0};

	if (options_responder(s->arena, s->setup->config, &o, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "association-failed", &e, NULL);
		return 1;
	}
	s->link.osi = osi_new(s->arena, &o, clock_monotonic_ms());
	return assoc_life(s, NULL);
}
