/*
 * relay/subject.c - see subject.h.
 */
#include "relay/subject.h"

#include <string.h>

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

struct mixer_subject *subject_from_journal(struct arena *a, const struct journal_message *m)
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
