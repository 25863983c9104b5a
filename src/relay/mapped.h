/*
 * relay/mapped.h - the log lines of mapped addresses: which rule made what of which address, once a message.
 *
 * Addresses of the envelope are told at level info, those of headings and reports at level debug.
 */
#ifndef MIXGATE_RELAY_MAPPED_H
#define MIXGATE_RELAY_MAPPED_H

#include "addr/addr.h"
#include "base/config.h"

struct mapped;

/* From here on addresses that t maps are logged, if log.level has it; *out ends with the arena. */
void mapped_open(struct arena *a, const struct config *c, struct addr_tables *t, struct mapped **out);
/* A message begins: what was logged may be logged again. */
void mapped_begin(struct mapped *m);

#endif
