/*
 * relay/to_822_report.c - reports and probes that came over P1 (see inbound.h, RFC 2156 5.3.8).
 *
 * A report is passed on only when the journal knows the message it speaks of: anything else could be used to send mail to
 * strangers (backscatter).  What it says of a recipient counts as that recipient's confirmation.
 */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/inbound.h"
#include "sec/digest.h"

int inbound_find_subject(struct inbound *in, struct err *e)
{
	struct journal_message row;
	struct mixer_subject *subject;

	TRY(lookup_for_report(in->w, in->a, in->m, &subject, &row, e));
	in->c.subject = subject;
	return 0;
}

int inbound_reserve_report(struct inbound *in, const char *to, const char *peer, struct journal_place *place, struct err *e)
{
	struct journal_message jm = {
		.direction = JOURNAL_TO_822,
		.mts_id = in->mts_id,
		.local_id = in->id,
		.envid = in->id,
		.originator_822 = "",
		.content_type = MX_ABSENT,
		.size = (int64_t)in->size,
		.received = in->c.now,
	};
	struct journal_recipient *r = ARENA_PUSH(in->a, &jm.recipients);
	struct digest *d = digest_new(in->a);
	bool other;

	memcpy(jm.digest, in->digest, sizeof(jm.digest));
	*r = (struct journal_recipient){.number = 1, .rfc822 = to, .peer = peer};
	digest_put_string(d, "mixgate p1 identity 1");
	digest_put_string(d, in->mts_id);
	digest_put(d, in->digest, sizeof(in->digest));
	digest_finish(d, r->identity);
	TRY(journal_client_reserve(&in->w->journal, &jm, place, &other, e));
	if (other)
		return ERR(e, ERR_RELAY_OTHER_CONTENT, "%s", in->mts_id);
	return place->busy ? ERR(e, ERR_RELAY_IN_FLIGHT, "%s", in->mts_id) : 0;
}

static const struct journal_recipient *find_number(const struct journal_message *subject, int number)
{
	for (size_t i = 0; i < subject->recipients.count; i++)
		if (subject->recipients.items[i].number == number)
			return &subject->recipients.items[i];
	return NULL;
}

/* The recipients of the subject are reported, the report itself is confirmed. */
static int note_report(struct inbound *in, const struct journal_message *subject, const struct journal_place *place, struct err *e)
{
	const struct mx_report *r = &in->m->report;
	struct journal_change *c = arena_array(in->a, r->recipients.count + 1, sizeof(*c));
	size_t n = 0;

	for (size_t i = 0; i < r->recipients.count; i++) {
		const struct mx_report_recipient *rr = &r->recipients.items[i];
		const struct journal_recipient *jr = find_number(subject, rr->number);

		if (jr == NULL)
			continue;
		c[n].row = jr->row;
		c[n].state = JOURNAL_REPORTED;
		c[n++].event = (struct journal_event){
			.message = subject->row,
			.recipient = jr->row,
			.what = rr->delivered ? "delivery-report" : "non-delivery-report",
			.peer = in->peer != NULL ? in->peer->name : NULL,
			.reason = rr->delivered ? MX_ABSENT : rr->reason,
			.diagnostic = rr->delivered ? MX_ABSENT : rr->diagnostic,
			.text = rr->supplementary_information,
			.time = in->c.now,
		};
	}
	c[n++] = (struct journal_change){.row = place->row, .state = JOURNAL_CONFIRMED};
	return journal_client_change(&in->w->journal, c, n, e);
}

static int submit_report(struct inbound *in, struct journal_place *place, struct err *e)
{
	const char *queue_id = NULL;
	const char *to = in->mail.entity != NULL && in->mail.envelope.rcpt.count > 0 ? in->mail.envelope.rcpt.items[0].address : NULL;

	TRY(inbound_reserve_report(in, to, "smtp", place, e));
	if (place->state >= JOURNAL_CONFIRMED) {
		log_event(LOG_LEVEL_INFO, "duplicate", "report", in->mts_id, NULL);
		return 0;
	}
	if (to == NULL) {
		log_event(LOG_LEVEL_INFO, "report-not-wanted", "subject", mx_mts_id_text(in->a, &in->m->report.subject_identifier), NULL);
		return 0;
	}
	if (submit_mail(in->w, in->a, &in->mail, &queue_id, e) != 0) {
		if (err_row(e->id)->class != ERR_PERMANENT)
			return -1;
		/* No report about a report: it ends here, and the journal says so. */
		log_err(LOG_LEVEL_WARN, "report-refused", e, "to", to, NULL);
		err_clear(e);
		return 0;
	}
	log_event(LOG_LEVEL_INFO, "report-delivered", "subject", mx_mts_id_text(in->a, &in->m->report.subject_identifier), "to", to,
	          "queue_id", queue_id, NULL);
	return 0;
}

int inbound_report(struct inbound *in, struct err *e)
{
	struct journal_message row = {0};
	struct journal_place place = {0};
	struct mixer_subject *subject;
	struct err why = {0};
	int gone = transit_report(in, e);

	if (gone != 0)
		return gone < 0 ? -1 : 0;
	TRY(lookup_for_report(in->w, in->a, in->m, &subject, &row, e));
	if (subject == NULL) {
		ERR(&why, ERR_RELAY_REPORT_UNKNOWN, "%s", mx_mts_id_text(in->a, &in->m->report.subject_identifier));
		log_err(LOG_LEVEL_WARN, "report-dropped", &why, NULL);
		return 0;
	}
	in->c.subject = subject;
	if (mixer_to_822(in->a, &in->c, in->m, &in->mail, &why) != 0) {
		log_err(LOG_LEVEL_WARN, "report-untranslated", &why, NULL);
		if (err_row(why.id)->class == ERR_TEMPORARY) {
			*e = why;
			return -1;
		}
		in->mail.entity = NULL;
	}
	TRY(submit_report(in, &place, e));
	return note_report(in, &row, &place, e);
}

/* A probe asks whether a message could be delivered (X.411 8.2.1.2): as far as this gateway, yes, when the address has an
 * Internet form and the user takes such messages. */
int inbound_probe(struct inbound *in, struct err *e)
{
	struct mixer_outcome *o = arena_array(in->a, MAX_OF(in->m->recipients.count, 1), sizeof(*o));
	struct journal_place place = {0};
	struct mixer_mail dsn = {0};
	size_t n = 0;

	for (size_t i = 0; i < in->m->recipients.count; i++) {
		struct err why = {0};
		enum addr_how how;
		char *address;
		int mapped = addr_to_822(in->a, in->w->setup->tables, &in->m->recipients.items[i].name.address, ADDR_RECIPIENT, &address,
		                         &how, NULL, &why);

		if (mapped == 0 && in->m->recipients.items[i].responsibility) {
			mapped = inbound_judge_capability(in, address, MAX_OF(in->m->envelope.content_length, 0), &why, e);
			if (mapped < 0)
				return -1;
		}
		if (mapped != 0 && err_class_of(&why) == ERR_TEMPORARY) {
			*e = why;
			return -1;
		}
		if (in->m->recipients.items[i].responsibility)
			o[n++] = (struct mixer_outcome){.recipient = i, .action = mapped == 0 ? "delivered" : "failed", .err = why};
	}
	if (n == 0)
		return 0;
	TRY(inbound_reserve_report(in, NULL, "smtp", &place, e));
	if (place.state >= JOURNAL_CONFIRMED)
		return 0;
	TRY(inbound_send_dsn(in, o, n, &dsn, e));
	return journal_client_change(&in->w->journal, &(struct journal_change){.row = place.row, .state = JOURNAL_CONFIRMED}, 1, e);
}
