/*
 * relay/lookup.c - correlation: the journal's entry of the message that a report, DSN, notification or MDN speaks of, in
 * the form that mixer wants (struct mixer_subject).
 *
 * Identifiers are tried in the order of their worth: our own envelope id, the MTS-identifier, then Message-ID.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/worker.h"

/* "[/PRMD=x/ADMD=y/C=z/;local]" (mx_mts_id_text) back to its parts. */
static int parse_mts_id(struct arena *a, const char *text, struct mx_mts_id *out)
{
	const char *semicolon = text != NULL ? strrchr(text, ';') : NULL;
	const char *end = semicolon != NULL ? strrchr(semicolon, ']') : NULL;
	struct or_address o;
	struct err e;

	if (end == NULL || text[0] != '[')
		return -1;
	if (addr_parse_or(a, arena_strndup(a, text + 1, (size_t)(semicolon - text - 1)), &o, &e) != 0)
		return -1;
	out->domain = (struct mx_global_domain){o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]};
	out->local = arena_strndup(a, semicolon + 1, (size_t)(end - semicolon - 1));
	return 0;
}

static void add_recipient(struct arena *a, const struct journal_recipient *r, struct mixer_subject *out)
{
	struct mixer_subject_recipient *s = ARENA_PUSH(a, &out->recipients);

	s->number = r->number;
	s->x400 = r->x400;
	s->rfc822 = r->rfc822;
	s->notify = r->notify;
	s->orcpt_type = r->orcpt_type;
	s->orcpt = r->orcpt;
	s->rn_requested = r->rn_requested;
	s->nrn_requested = r->nrn_requested;
	s->originator_report = r->originator_report;
}

static struct mixer_subject *to_subject(struct arena *a, const struct journal_message *m)
{
	struct mixer_subject *s = NEW(a, struct mixer_subject);

	s->found = parse_mts_id(a, m->mts_id, &s->mts_id) == 0;
	s->mail_from = m->originator_822;
	s->originator = m->originator_x400;
	s->ret = (enum smtp_ret)m->ret;
	s->envid = m->envid;
	s->content_identifier = m->content_identifier;
	s->content_correlator = m->content_correlator;
	s->content_type = m->content_type;
	s->header = m->header;
	for (size_t i = 0; i < m->recipients.count; i++)
		add_recipient(a, &m->recipients.items[i], s);
	return s;
}

static int find(struct worker *w, enum journal_find how, enum journal_direction d, const char *key,
                struct journal_message *out, bool *found, struct err *e)
{
	if (*found || key == NULL || *key == '\0')
		return 0;
	return journal_client_find(&w->journal, how, d, key, out, found, e);
}

int lookup_for_mail(struct worker *w, struct arena *a, const struct mixer_report_key *key, struct mixer_subject **out, struct err *e)
{
	struct journal_message m;
	bool found = false;

	*out = NULL;
	TRY(find(w, JOURNAL_FIND_ENVID, JOURNAL_TO_822, key->original_envelope_id, &m, &found, e));
	TRY(find(w, JOURNAL_FIND_MTS_ID, JOURNAL_TO_822, key->mts_id, &m, &found, e));
	TRY(find(w, JOURNAL_FIND_ANY, JOURNAL_TO_822, key->original_message_id, &m, &found, e));
	TRY(find(w, JOURNAL_FIND_ANY, JOURNAL_TO_822, key->returned_message_id, &m, &found, e));
	if (found)
		*out = to_subject(a, &m);
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
		*out = to_subject(a, row);
	return 0;
}
