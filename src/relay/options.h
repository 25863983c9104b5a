/*
 * relay/options.h - what mixgate.conf says of a peer, as options of an association and of the P1 writer.
 *
 * The one place that reads peers.*.mode, twa, selectors, passwords and quirks for the wire: the association processes,
 * the workers that encode and `mixgate ping` ask here, so that what ping shows is what the daemon does.
 */
#ifndef MIXGATE_RELAY_OPTIONS_H
#define MIXGATE_RELAY_OPTIONS_H

#include "base/config.h"
#include "osi/association.h"
#include "p1/p1.h"

/* For an association that we open with this peer. */
int options_initiator(struct arena *a, const struct config *c, const struct config_peer *p, struct osi_options *out, struct err *e) MUST_USE;
/* For one that somebody opens with us: who it is, the bind will tell. */
int options_responder(struct arena *a, const struct config *c, struct osi_options *out, struct err *e) MUST_USE;
/* The identity that we show to this peer: peers.lmta and lpass. */
struct osi_mta options_local_mta(const struct config_peer *p);
enum osi_mode options_mode(const struct config_peer *p);
struct p1_options options_p1(const struct config_peer *p);
/* Does the peer that we have called say who it should be? */
int options_check_answer(const struct config_peer *p, const struct osi_mta *said, struct err *e) MUST_USE;

#endif
