/*
 * relay/subject.h - a journal entry in the form that mixer wants: the message that a report, DSN, notification or MDN
 * speaks of.  Used by the workers and by `mixgate convert --journal`.
 */
#ifndef MIXGATE_RELAY_SUBJECT_H
#define MIXGATE_RELAY_SUBJECT_H

#include "journal/journal.h"
#include "mixer/mixer.h"

/* Strings stay the entry's. */
struct mixer_subject *subject_from_journal(struct arena *a, const struct journal_message *m) MUST_USE;

#endif
