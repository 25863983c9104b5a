/*
 * p1/notification.h - IPN of X.420 (clause 8): receipt and non-receipt notifications.
 */
#ifndef MIXGATE_P1_NOTIFICATION_H
#define MIXGATE_P1_NOTIFICATION_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/p1.h"

/* in: the IPN under any constructed tag of one octet ([1] of InformationObject, SET in a forwarded notification). */
int p1_ipn_read(struct arena *a, struct octets in, struct mx_ipn *out, struct err *e) MUST_USE;
/* As [1] of InformationObject. */
int p1_ipn_write(struct arena *a, const struct mx_ipn *in, struct ber_rope *out, struct err *e) MUST_USE;

#endif
