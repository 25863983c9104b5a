/*
 * osi/explain.h - what a peer's refusal or abort says, through all its layers, as one err with both sides' values.
 */
#ifndef MIXGATE_OSI_EXPLAIN_H
#define MIXGATE_OSI_EXPLAIN_H

#include "osi/association.h"

/* RF: its reason and what its SS-user put behind (CPR, AARE, RTORJ, bind error). */
void explain_refusal(const struct osi_options *o, unsigned reason, struct octets data, struct err *e);
/* AB of the SS-user: ARU with ABRT and RTAB, or ARP. */
void explain_abort(struct octets data, struct err *e);

#endif
