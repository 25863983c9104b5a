/*
 * relay/claims.h - which worker has which recipient in hand right now.
 *
 * Kept in the journal writer's memory: a mark that ends with the channel of its worker needs no pid, no boot id and no
 * sweeping after a crash.  The durable state of such a recipient is JOURNAL_IN_FLIGHT, which, without a mark here, means
 * "may have been handed over": the next attempt sends it again under the same identifiers.
 */
#ifndef MIXGATE_RELAY_CLAIMS_H
#define MIXGATE_RELAY_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct claims;

struct claims *claims_new(struct arena *a) MUST_USE;
/* Marks row for owner; false: another one has it. */
bool claims_take(struct claims *c, int64_t row, const void *owner);
/* Drops the mark of row if owner has it. */
void claims_drop(struct claims *c, int64_t row, const void *owner);
void claims_drop_all(struct claims *c, const void *owner);

#endif
