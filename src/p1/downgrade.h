/*
 * p1/downgrade.h - messages as X.400 (1984) can say them (X.419 annex B, RFC 1328, RFC 1496 3.1).
 */
#ifndef MIXGATE_P1_DOWNGRADE_H
#define MIXGATE_P1_DOWNGRADE_H

#include "msg/msg.h"
#include "p1/p1.h"

/* in itself when options ask for nothing; else a copy without what 1984 does not know.  What must not get lost and has no
 * 1984 form is ERR_P1_DOWNGRADE.  Contents that are there as octets are left alone. */
int p1_downgrade(struct arena *a, const struct mx_message *in, const struct p1_options *options, const struct mx_message **out,
                 struct err *e) MUST_USE;

#endif
