/*
 * relay/journal_pack.h - journal entries as they travel between a worker and the journal writer.
 */
#ifndef MIXGATE_RELAY_JOURNAL_PACK_H
#define MIXGATE_RELAY_JOURNAL_PACK_H

#include "journal/journal.h"
#include "relay/pack.h"

void pack_when(struct buf *b, const struct when *w);
void unpack_when(struct unpack *u, struct when *w);
void pack_journal_message(struct buf *b, const struct journal_message *m);
/* 0, or -1 when the octets are not a message. */
int unpack_journal_message(struct arena *a, struct unpack *u, struct journal_message *m) MUST_USE;
void pack_journal_event(struct buf *b, const struct journal_event *ev);
void unpack_journal_event(struct arena *a, struct unpack *u, struct journal_event *ev);

#endif
