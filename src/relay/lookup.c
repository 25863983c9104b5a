/*
 * relay/lookup.c - correlation: the journal's entry of the message that a report, DSN, notification or MDN speaks of, in
 * the form that mixer wants (struct mixer_subject).
 *
 * Identifiers are tried in the order of their worth: our own envelope id, the MTS-identifier, then Message-ID.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/subject.h"
#include "relay/worker.h"

static int find(struct worker *w, enum journal_find how, enum journal_direction d, const char *key,
                struct journal_message *out, bool *found, struct err *e)
{
	if (*found || key == NULL || *key == '\0')
		return 0;
	return journal_client_find(&w->journal, how, d, key, out, found, e);
}

int lookup_for_mail(struct worker *w, struct arena *a, const struct mixer_report_key *key, struct mixer_subject **out,
                    struct journal_message *row, struct err *e)
{
	bool found = false;

	*out = NULL;
	TRY(find(w, JOURNAL_FIND_ENVID, JOURNAL_TO_822, key->original_envelope_id, row, &found, e));
	TRY(find(w, JOURNAL_FIND_MTS_ID, JOURNAL_TO_822, key->mts_id, row, &found, e));
	TRY(find(w, JOURNAL_FIND_ANY, JOURNAL_TO_822, key->original_message_id, row, &found, e));
	TRY(find(w, JOURNAL_FIND_ANY, JOURNAL_TO_822, key->returned_message_id, row, &found, e));
	if (found)
		*out = subject_from_journal(a, row);
	return 0;
}

int lookup_for_report(struct worker *w, struct arena *a, const struct mx_message *m, struct mixer_subject **out,
                      struct journal_message *row, struct err *e)
{
	const char *key = m->kind == MX_REPORT ? mx_mts_id_text(a, &m->report.subject_identifier) : m->ipn.subject_ipm.user_relative;
	bool found = false;

	*out = NULL;
	TRY(find(w, m->kind == MX_REPORT ? JOURNAL_FIND_MTS_ID : JOURNAL_FIND_ANY, JOURNAL_TO_X400, key, row, &found, e));
	if (found)
		*out = subject_from_journal(a, row);
	return 0;
}
