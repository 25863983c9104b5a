/*
 * relay/trust.h - is a client inside one of the configured networks?
 */
#ifndef MIXGATE_RELAY_TRUST_H
#define MIXGATE_RELAY_TRUST_H

#include <stdbool.h>

#include "base/config.h"

/* True when address (NULL: false) is inside one of the networks ("192.0.2.0/24", "2001:db8::/32", a single address). */
bool trust_contains(const struct config_strings *networks, const char *address);

#endif
