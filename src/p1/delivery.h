/*
 * p1/delivery.h - OtherMessageDeliveryFields (X.411 8.3.1.1.1): the delivery-envelope of a forwarded message (X.420 7.3.8).
 */
#ifndef MIXGATE_P1_DELIVERY_H
#define MIXGATE_P1_DELIVERY_H

#include "ber/cursor.h"
#include "msg/msg.h"
#include "p1/p1.h"

/* t: delivery-envelope [1], past the gate. */
int p1_delivery_read(struct arena *a, const struct ber_tlv *t, struct mx_delivery **out, struct err *e) MUST_USE;
int p1_delivery_write(struct arena *a, const struct mx_delivery *in, const struct p1_options *options, struct octets *out,
                      struct err *e) MUST_USE;

#endif
