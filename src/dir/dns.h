/*
 * dir/dns.h - mapping and gateway rules out of DNS (RFC 2163), by a resolver's answers.
 */
#ifndef MIXGATE_DIR_DNS_H
#define MIXGATE_DIR_DNS_H

#include "base/config.h"
#include "dir/rule.h"

struct dns;

/* Asks nobody yet. */
int dns_open(struct arena *a, const struct config *c, struct dns **out, struct err *e) MUST_USE;
/* The longest rule of either kind; deadline by clock_monotonic_ms. */
enum addr_answer dns_find(const struct dns *d, struct arena *a, const struct addr_query *q, int64_t deadline, struct dir_rule *out,
                          struct err *e);

#endif
