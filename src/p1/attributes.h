/*
 * p1/attributes.h - extension attributes of an O/R address (X.411 figure 2, numbers 1 to 40), a row each.
 */
#ifndef MIXGATE_P1_ATTRIBUTES_H
#define MIXGATE_P1_ATTRIBUTES_H

#include "ber/writer.h"
#include "msg/msg.h"

/* Reads the value of extension attribute number into out.  *known false: no such attribute here, or its value is not
 * what X.411 says; the caller keeps the octets. */
void p1_attribute_decode(struct arena *a, int64_t number, struct octets value, struct or_address *out, bool *known);
/* Calls with index 0, 1, ... give the attributes that the address has, in ascending order of their numbers: *number and
 * the BER of the value; false at the end of the table (value->len 0: this one is absent). */
bool p1_attribute_encode(struct arena *a, const struct or_address *in, size_t index, long *number, struct octets *value);

#endif
