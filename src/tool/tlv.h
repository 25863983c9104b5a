/*
 * tool/tlv.h - any octets as BER values in values: what mixgate dump shows when they are no message.
 */
#ifndef MIXGATE_TOOL_TLV_H
#define MIXGATE_TOOL_TLV_H

#include "base/blob.h"
#include "msg/octets.h"

/* Never fails: what is no BER, or nested deeper than a person reads, stays octets.  note: why they are shown so, or NULL. */
void tlv_read(struct arena *a, struct octets in, const char *note, struct mx_octets *out);

#endif
