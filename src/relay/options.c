/*
 * relay/options.c - see options.h.
 */
#include "relay/options.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define ABORT_SECONDS 5 /* for the answer to an abort, which changes nothing for anybody; a silent peer costs no more */

static int selectors(struct arena *a, const struct config_selectors *c, struct osi_selectors *out, struct err *e)
{
	TRY(config_octets(a, c->tsel, &out->tsel, e));
	TRY(config_octets(a, c->ssel, &out->ssel, e));
	return config_octets(a, c->psel, &out->psel, e);
}

struct osi_mta options_local_mta(const struct config_peer *p)
{
	struct osi_mta m = {.name = p->lmta, .octets = p->quirk.password_octets};

	if (p->lpass != NULL && *p->lpass != '\0')
		m.password = (struct octets){(const uint8_t *)p->lpass, strlen(p->lpass)};
	return m;
}

enum osi_mode options_mode(const struct config_peer *p)
{
	return str_eq(p->mode, "x410-1984") ? OSI_MODE_X410_1984 : str_eq(p->mode, "x410-1988") ? OSI_MODE_X410_1988 : OSI_MODE_NORMAL;
}

struct p1_options options_p1(const struct config_peer *p)
{
	return (struct p1_options){
		.extension_type_99 = p->quirk.extension_99,
		.p1_84 = p->quirk.p1_84,
		.content_p2 = p->quirk.content_p2,
		.fields_1327 = p->quirk.rfc1327_heading_extension,
		.no_heading_extensions = p->quirk.no_heading_extensions,
	};
}

int options_check_answer(const struct config_peer *p, const struct osi_mta *said, struct err *e)
{
	if (said->name != NULL && str_eq(said->name, p->rmta))
		return 0;
	return ERR(e, ERR_RELAY_BIND, "answered as %s, peers.rmta is %s", said->name != NULL ? said->name : "nobody", p->rmta);
}

static const char *common_reference(struct arena *a)
{
	struct when now = clock_now();
	char *utctime = arena_alloc(a, 20);

	now.z = true;
	clock_format_utctime(&now, utctime);
	return utctime;
}

/* What both roles have. */
static void shared(const struct config *c, struct osi_options *out)
{
	*out = (struct osi_options){
		.timeouts =
			{
				.connect = (unsigned)c->listen.connect_timeout,
				.bind = (unsigned)c->listen.bind_timeout,
				.confirm = (unsigned)c->listen.confirm_timeout,
				.idle = (unsigned)c->listen.idle_timeout,
				.abort = ABORT_SECONDS,
				.data = (unsigned)c->listen.data_timeout,
			},
		.apdu_max = (uint64_t)c->limits.message_size,
	};
}

int options_initiator(struct arena *a, const struct config *c, const struct config_peer *p, struct osi_options *out, struct err *e)
{
	shared(c, out);
	out->initiator = true;
	out->mode = options_mode(p);
	out->protocol_swapped = p->quirk.protocol_swapped;
	out->local = options_local_mta(p);
	out->tpdu_size = (unsigned)p->tpdu_size;
	out->checkpoint = (unsigned)p->checkpoint;
	out->window = (unsigned)p->window;
	out->twa = p->twa;
	out->turn_to_responder = p->twa && p->quirk.turn_to_responder;
	out->timeouts.idle = (unsigned)p->lifetime;
	out->session_versions = p->quirk.session_version_1 ? 1 : 0;
	out->ss_reference = p->quirk.no_ss_reference ? "" : NULL;
	out->common_reference = p->quirk.no_common_reference ? NULL : common_reference(a);
	TRY(selectors(a, &p->called, &out->called, e));
	return selectors(a, &p->calling, &out->calling, e);
}

int options_responder(struct arena *a, const struct config *c, struct osi_options *out, struct err *e)
{
	shared(c, out);
	/* Before the bind nobody knows who calls: the largest of what is set for anybody holds. */
	out->modes = OSI_MODE_BIT(OSI_MODE_NORMAL);
	for (size_t i = 0; i < c->peers.count; i++) {
		out->modes |= OSI_MODE_BIT(options_mode(&c->peers.items[i]));
		out->twa = out->twa || c->peers.items[i].twa;
		out->checkpoint = MAX_OF(out->checkpoint, (unsigned)c->peers.items[i].checkpoint);
		out->window = MAX_OF(out->window, (unsigned)c->peers.items[i].window);
	}
	out->local.name = c->local.mta_name;
	return selectors(a, &c->listen.selectors, &out->called, e);
}
