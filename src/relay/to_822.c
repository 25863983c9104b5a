/*
 * relay/to_822.c - X.400 -> SMTP: one APDU, from the end of its activity to our answer (see worker.h).
 *
 * The order of commits, which must not change:
 *
 *   1. decode, translate        a failure is this message's: reported below; nothing is known to anybody yet
 *   2. reserve (durable)        per recipient: MTS-identifier, recipient number, content digest.  What was confirmed in an
 *                               earlier attempt is not sent again, only confirmed again
 *      (what goes on to another X.400 peer, peers.relay, is encoded here too, so that its failures are known)
 *   3. non-delivery DSN         accepted by the SMTP server (MAIL FROM:<>, it comes back through LMTP as a P1 report), then
 *                               noted as refused: before the message, so that a failure here leaves nothing half done
 *   4. the message              accepted: 250 to the final dot
 *   5. confirmed (durable)      a repeat of this APDU, should our answer be lost, makes no second mail
 *      the other X.400 peers: handed over, confirmed, noted (durable), by the order of to_x400.c
 *   6. WORK_CONFIRM             S-ACTIVITY-END response: the peer may forget the message
 *
 * Whatever is temporary is WORK_REFUSE: the peer keeps the message and comes again.
 */
#include "relay/worker.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "p1/p1.h"
#include "relay/inbound.h"
#include "relay/pack.h"
#include "relay/wait.h"
#include "sec/digest.h"

#define RCPT_4XX_MAX 3 /* so often a recipient may be refused for now; then it gets its DSN and the others their message */
#define ROUNDS_MAX 4 /* transactions of one attempt for RCPT_MAX recipients: replies may change from one to the next */
#define RCPT_MAX 100 /* of one transaction: what every server takes (RFC 5321 4.5.3.1.8) */
#define REPORTED_MAX 100000 /* recipients of a message with more than limits.recipients, still told one by one */

/* ---- small things ---- */

void inbound_failed(struct inbound *in, size_t i, const struct err *e, const char *smtp_reply)
{
	in->rcpt[i].err = *e;
	in->rcpt[i].smtp_reply = smtp_reply;
	log_err(LOG_LEVEL_WARN, "not-delivered", e, "or", or_text(in->a, &in->m->recipients.items[in->rcpt[i].index].name.address), NULL);
}

static struct journal_event event_of(const struct inbound *in, const char *what, const struct err *e)
{
	return (struct journal_event){
		.what = what,
		.peer = "smtp",
		.reason = e != NULL ? err_row(e->id)->reason : MX_ABSENT,
		.diagnostic = e != NULL && err_row(e->id)->diagnostic != ERR_NO_DIAGNOSTIC ? err_row(e->id)->diagnostic : MX_ABSENT,
		.status = e != NULL ? err_status(e) : NULL,
		.text = e != NULL ? e->detail : NULL,
		.time = in->c.now,
	};
}

int inbound_change_state(struct inbound *in, bool failed, enum journal_state state, const char *what, struct err *e)
{
	struct journal_change *c = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*c));
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		struct inbound_recipient *r = &in->rcpt[i];

		if (inbound_done(r) || (r->err.id != ERR_NONE) != failed || (!failed && !r->sent))
			continue;
		c[n] = (struct journal_change){.row = r->place.row, .state = (int)state, .event = event_of(in, what, failed ? &r->err : NULL)};
		c[n].event.message = r->place.message;
		c[n++].event.recipient = r->place.row;
		r->place.state = state;
	}
	return n == 0 ? 0 : journal_client_change(&in->w->journal, c, n, e);
}

/* ---- reserving ---- */

static void identity_of(struct inbound *in, int number, uint8_t out[static DIGEST_SIZE])
{
	struct digest *d = digest_new(in->a);

	digest_put_string(d, "mixgate p1 identity 1");
	digest_put_string(d, in->mts_id);
	digest_put(d, &number, sizeof(number));
	digest_put(d, in->digest, sizeof(in->digest));
	digest_finish(d, out);
}

static void add_journal_recipient(struct inbound *in, struct journal_message *jm, const struct inbound_recipient *r)
{
	struct journal_recipient *jr = ARENA_PUSH(in->a, &jm->recipients);
	const struct mx_recipient *mr = &in->m->recipients.items[r->index];

	*jr = (struct journal_recipient){
		.number = mr->number,
		.x400 = or_text(in->a, &mr->name.address),
		.rfc822 = r->rcpt >= 0 ? in->mail.envelope.rcpt.items[r->rcpt].address : NULL,
		.peer = r->next >= 0 ? in->w->setup->config->peers.items[r->next].name : "smtp",
		.notify = r->rcpt >= 0 ? in->mail.envelope.rcpt.items[r->rcpt].notify : 0,
		.orcpt_type = r->rcpt >= 0 ? in->mail.envelope.rcpt.items[r->rcpt].orcpt_type : NULL,
		.orcpt = r->rcpt >= 0 ? in->mail.envelope.rcpt.items[r->rcpt].orcpt : NULL,
		.originator_report = mr->originator_report,
	};
	identity_of(in, mr->number, jr->identity);
}

static void fill_journal_message(struct inbound *in, struct journal_message *jm)
{
	const struct mx_envelope *env = &in->m->envelope;
	bool ipm = in->m->content == MX_CONTENT_IPM;

	*jm = (struct journal_message){
		.direction = JOURNAL_TO_822,
		.mts_id = in->mts_id,
		.local_id = in->id,
		.ipm_id = ipm ? in->m->ipm.heading.this_ipm.user_relative : NULL,
		.message_id = in->mail.entity != NULL ? mime_get(in->mail.entity, "Message-ID") : NULL,
		.envid = in->mail.envelope.envid != NULL ? in->mail.envelope.envid : in->id,
		.originator_x400 = or_text(in->a, &env->originator.address),
		.originator_822 = in->mail.envelope.mail_from,
		.content_identifier = env->content_identifier,
		.content_correlator = env->content_correlator,
		.subject = ipm ? in->m->ipm.heading.subject.utf8 : NULL,
		.content_type = env->content_type,
		.ret = in->mail.envelope.ret,
		.size = (int64_t)in->size,
		.received = in->c.now,
	};
	memcpy(jm->digest, in->digest, sizeof(jm->digest));
	for (size_t i = 0; i < in->count; i++)
		add_journal_recipient(in, jm, &in->rcpt[i]);
}

/* *busy: another worker has a copy of this very message in hand. */
static int reserve(struct inbound *in, bool *other_content, bool *again, struct err *e)
{
	struct journal_message jm;
	struct journal_place *places = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*places));

	fill_journal_message(in, &jm);
	*again = false;
	TRY(journal_client_reserve(&in->w->journal, &jm, places, other_content, e));
	for (size_t i = 0; i < in->count && !*other_content; i++) {
		if (places[i].busy)
			return ERR(e, ERR_RELAY_IN_FLIGHT, "%s", in->mts_id);
		in->rcpt[i].place = places[i];
		*again = *again || !places[i].fresh;
	}
	return 0;
}

/* ---- the DSN that we owe ---- */

/* One DSN for all recipients that have failed and are not reported yet. */
static int report_failures(struct inbound *in, struct err *e)
{
	struct mixer_outcome *o = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*o));
	struct mixer_mail dsn = {0};
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct inbound_recipient *r = &in->rcpt[i];

		if (r->err.id != ERR_NONE && !inbound_done(r))
			o[n++] = (struct mixer_outcome){.recipient = r->index, .action = "failed", .err = r->err, .smtp_reply = r->smtp_reply};
	}
	if (n == 0)
		return 0;
	TRY(inbound_send_dsn(in, o, n, &dsn, e));
	return inbound_change_state(in, true, JOURNAL_REFUSED, "refused", e);
}

int inbound_send_dsn(struct inbound *in, const struct mixer_outcome *o, size_t n, struct mixer_mail *dsn, struct err *e)
{
	const char *queue_id = NULL;

	if (mixer_own_dsn(in->a, &in->c, in->m, o, n, dsn, e) != 0) {
		/* A report that cannot be made must not keep the message coming again for ever: a person gets it. */
		log_err(LOG_LEVEL_ERROR, "report-impossible", e, "alarm", "report", NULL);
		err_clear(e);
		return 0;
	}
	if (dsn->entity == NULL || dsn->envelope.rcpt.count == 0) {
		log_event(LOG_LEVEL_INFO, "report-not-wanted", NULL);
		return 0;
	}
	if (submit_mail(in->w, in->a, dsn, &queue_id, e) != 0) {
		if (err_row(e->id)->class != ERR_PERMANENT)
			return -1;
		log_err(LOG_LEVEL_ERROR, "report-refused", e, "alarm", "report", NULL);
		err_clear(e);
		return 0;
	}
	log_event(LOG_LEVEL_INFO, "report-sent", "queue_id", queue_id, "to",
	          dsn->envelope.rcpt.items[0].address, NULL);
	return 0;
}

/* ---- the message ---- */

/* Recipients that route to another X.400 peer, or nowhere, are not ours to pass on. */
static int judge_route(struct inbound *in, size_t i, struct err *later)
{
	struct mx_recipient *r = &in->m->recipients.items[in->rcpt[i].index];
	struct addr_route route = {0};
	struct err e = {0};

	if (in->w->setup->config->routes[0] == '\0')
		return 0;
	addr_route(in->a, in->w->setup->tables, &r->name.address, &route);
	if (route.kind == ADDR_ROUTE_PEER)
		in->rcpt[i].next = transit_peer(in, &route, &e);
	else if (route.kind == ADDR_ROUTE_REJECT)
		ERR_STATUS(&e, ERR_RELAY_ROUTE_REJECT, route.status, "%s", route.text);
	else
		return 0;
	r->responsibility = false; /* not for SMTP */
	if (e.id == ERR_NONE)
		return 0;
	if (err_class_of(&e) == ERR_TEMPORARY) { /* "reject 4...": the peer keeps the message */
		*later = e;
		return -1;
	}
	inbound_failed(in, i, &e, NULL);
	return 0;
}

/* -1: the routes table says: not now. */
static int list_recipients(struct inbound *in, struct err *e)
{
	in->rcpt = arena_array(in->a, MAX_OF(in->m->recipients.count, 1), sizeof(*in->rcpt));
	for (size_t i = 0; i < in->m->recipients.count; i++)
		if (in->m->recipients.items[i].responsibility)
			in->rcpt[in->count++] = (struct inbound_recipient){.index = i, .rcpt = -1, .next = -1};
	for (size_t i = 0; i < in->count; i++)
		TRY(judge_route(in, i, e));
	return 0;
}

/* -1: DNS or LDAP could not say how a recipient is mapped, or a header address that has not waited long enough. */
static int judge_mappings(struct inbound *in, struct err *e)
{
	for (size_t v = 0; v < in->mail.verdicts.count; v++)
		if (in->mail.verdicts.items[v].rcpt < 0 && err_class_of(&in->mail.verdicts.items[v].err) == ERR_TEMPORARY) {
			*e = in->mail.verdicts.items[v].err;
			return -1;
		}
	return wait_judge(in->w->setup, in->c.late, e);
}

/* What the message is of: what somebody on its way has converted it to, else as it was submitted. */
static const struct mx_eits *types_of(const struct mx_message *m)
{
	for (size_t i = m->envelope.trace.count; i-- > 0;)
		if (m->envelope.trace.items[i].converted.set)
			return &m->envelope.trace.items[i].converted;
	return &m->envelope.original_eits;
}

int inbound_judge_capability(struct inbound *in, const char *address, int64_t size, struct err *why, struct err *e)
{
	struct capability c;

	TRY(capability_of(in->w->setup, in->a, address, &c, e));
	if (capability_judge_size(&c, size, why) != 0 || capability_judge_bodies(in->a, &c, types_of(in->m), why) != 0)
		return 1;
	return 0;
}

static int judge_capabilities(struct inbound *in, struct err *e)
{
	for (size_t i = 0; i < in->count; i++) {
		struct err why = {0};
		int rc;

		if (in->rcpt[i].err.id != ERR_NONE || in->rcpt[i].rcpt < 0)
			continue;
		rc = inbound_judge_capability(in, in->mail.envelope.rcpt.items[in->rcpt[i].rcpt].address, (int64_t)in->size, &why, e);
		if (rc < 0)
			return -1;
		if (rc > 0)
			inbound_failed(in, i, &why, NULL);
	}
	return 0;
}

/* Is there a recipient that is not already decided, or another peer's? */
static bool for_smtp(const struct inbound *in)
{
	for (size_t i = 0; i < in->count; i++)
		if (in->rcpt[i].next < 0 && in->rcpt[i].err.id == ERR_NONE)
			return true;
	return false;
}

/* mixer's verdicts, or one failure for all; -1: temporary. */
static int translate(struct inbound *in, struct err *e)
{
	struct err all = {0};

	if (!for_smtp(in))
		return 0;
	in->c.late = wait_is_over_for_x400(in->w->setup, in->m);
	dir_watch(in->w->setup->dir);
	if (in->peer != NULL && in->size > (uint64_t)in->peer->size_max)
		ERR(&all, ERR_RELAY_TOO_LARGE, "%llu octets from %s", (unsigned long long)in->size, in->peer->name);
	else if (mixer_to_822(in->a, &in->c, in->m, &in->mail, &all) == 0)
		err_clear(&all);
	TRY(judge_mappings(in, e));
	/* Of a type that we do carry, but unreadable: the report says that, not that the type is unknown. */
	if (all.id == ERR_MIXER_CONTENT_TYPE && in->content_err.id == ERR_P1_CONTENT)
		all = in->content_err;
	if (all.id != ERR_NONE && err_row(all.id)->class != ERR_PERMANENT && err_row(all.id)->class != ERR_PROTOCOL) {
		*e = all;
		return -1;
	}
	for (size_t i = 0; i < in->count; i++) {
		if (in->rcpt[i].err.id != ERR_NONE || in->rcpt[i].next >= 0)
			continue;
		if (all.id != ERR_NONE)
			inbound_failed(in, i, &all, NULL);
		for (size_t v = 0; all.id == ERR_NONE && v < in->mail.verdicts.count; v++)
			if (in->mail.verdicts.items[v].recipient == in->rcpt[i].index) {
				in->rcpt[i].rcpt = in->mail.verdicts.items[v].rcpt;
				if (in->rcpt[i].rcpt < 0)
					inbound_failed(in, i, &in->mail.verdicts.items[v].err, NULL);
			}
		if (in->rcpt[i].rcpt < 0 && in->rcpt[i].err.id == ERR_NONE) {
			ERR(&all, ERR_BUG_INTERNAL, "recipient without a verdict");
			*e = all;
			return -1;
		}
	}
	return judge_capabilities(in, e);
}

/* The envelope for those that are still to get it, or the first of them; place[k] is the recipient behind its k-th RCPT. */
static size_t open_envelope(struct inbound *in, struct smtp_envelope *env, size_t *place)
{
	size_t n = 0;

	*env = in->mail.envelope;
	env->rcpt.items = arena_array(in->a, RCPT_MAX, sizeof(*env->rcpt.items));
	for (size_t i = 0; i < in->count && n < RCPT_MAX; i++) {
		if (inbound_done(&in->rcpt[i]) || in->rcpt[i].err.id != ERR_NONE || in->rcpt[i].next >= 0)
			continue;
		env->rcpt.items[n] = in->mail.envelope.rcpt.items[in->rcpt[i].rcpt];
		place[n++] = i;
	}
	env->rcpt.count = env->rcpt.capacity = n;
	if (!in->w->setup->config->smtp_out.dsn) {
		env->envid = NULL;
		env->ret = SMTP_RET_ABSENT;
		for (size_t i = 0; i < n; i++) {
			env->rcpt.items[i].notify = 0;
			env->rcpt.items[i].orcpt_type = env->rcpt.items[i].orcpt = NULL;
		}
	}
	return n;
}

static void fail_by_reply(struct inbound *in, size_t i, const struct smtp_reply *r)
{
	struct err e = {0};

	submit_reply_error(r, &e);
	inbound_failed(in, i, &e, arena_printf(in->a, "%d %s %s", r->code, r->status, r->text != NULL ? r->text : ""));
}

/* Looks at the replies to MAIL and RCPT.  0: all were taken; 1: some have failed for good, the transaction must be begun
 * again without them; -1: not now. */
static int judge_replies(struct inbound *in, const struct smtp_envelope *env, const size_t *place, struct err *e)
{
	const struct smtp_reply *mail = smtp_client_mail_reply(in->w->smtp.client);
	const struct smtp_reply *later = NULL;
	unsigned attempts = 0;
	size_t failed = 0;

	if (mail->code >= 400 && mail->code < 500) {
		submit_reply_error(mail, e);
		return -1;
	}
	for (size_t k = 0; k < env->rcpt.count; k++) {
		const struct smtp_reply *r = mail->code >= 500 ? mail : smtp_client_rcpt_reply(in->w->smtp.client, k);

		if (r->code >= 400 && r->code < 500)
			later = r;
		else if (r->code >= 500)
			failed++;
	}
	if (later != NULL) {
		/* The port has no recipient policy, so 4xx means the server; but not for ever. */
		TRY(journal_client_attempt(&in->w->journal, in->apdu_digest, "rcpt-4xx", &attempts, e));
		if (attempts < RCPT_4XX_MAX) {
			submit_reply_error(later, e);
			return -1;
		}
	}
	for (size_t k = 0; k < env->rcpt.count && (failed > 0 || later != NULL); k++) {
		const struct smtp_reply *r = mail->code >= 500 ? mail : smtp_client_rcpt_reply(in->w->smtp.client, k);

		if (r->code >= 400)
			fail_by_reply(in, place[k], r);
	}
	return failed > 0 || later != NULL;
}

/* The message itself. 0: accepted, 1: refused for good (all have failed), -1: not now. */
static int submit_body(struct inbound *in, const struct smtp_envelope *env, const size_t *place, struct err *e)
{
	const struct smtp_reply *r;
	const char *queue_id;

	TRY(submit_message(in->w, in->a, in->mail.entity, &r, e));
	if (r->code >= 400 && r->code < 500) {
		submit_reply_error(r, e);
		return -1;
	}
	if (r->code >= 500) {
		for (size_t k = 0; k < env->rcpt.count; k++)
			fail_by_reply(in, place[k], r);
		return 1;
	}
	queue_id = submit_queue_id(in->a, r);
	log_event(LOG_LEVEL_INFO, "delivered", "envid", env->envid, "message_id",
	          mime_get(in->mail.entity, "Message-ID"), "queue_id", queue_id,
	          "rcpts", log_num((long long)env->rcpt.count), "size", log_num((long long)in->size), "from", env->mail_from, NULL);
	if (queue_id != NULL)
		journal_client_queue_id(&in->w->journal, in->rcpt[place[0]].place.message, queue_id);
	return 0;
}

/* A server without DSN will not report: `relayed` is said by us.  Not worth keeping the message for. */
static void report_relayed(struct inbound *in, const struct smtp_envelope *env, const size_t *place)
{
	struct mixer_outcome *o = arena_array(in->a, MAX_OF(env->rcpt.count, 1), sizeof(*o));
	struct mixer_mail dsn = {0};
	struct err e = {0};
	size_t n = 0;

	if (in->w->setup->config->smtp_out.dsn && smtp_client_has(in->w->smtp.client, "DSN"))
		return;
	for (size_t k = 0; k < env->rcpt.count; k++) {
		const struct inbound_recipient *r = &in->rcpt[place[k]];

		if (in->mail.envelope.rcpt.items[r->rcpt].notify & SMTP_NOTIFY_SUCCESS)
			o[n++] = (struct mixer_outcome){.recipient = r->index, .action = "relayed"};
	}
	if (n > 0 && in->w->setup->config->reports.relayed && inbound_send_dsn(in, o, n, &dsn, &e) != 0)
		log_err(LOG_LEVEL_WARN, "relayed-not-reported", &e, NULL);
}

/* Steps 3 and 4. */
static int submit(struct inbound *in, struct err *e)
{
	size_t *place = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*place));
	struct smtp_envelope env;

	for (size_t round = 0; round < ROUNDS_MAX * (in->count / RCPT_MAX + 1); round++) {
		int verdict;

		TRY(report_failures(in, e));
		if (open_envelope(in, &env, place) == 0)
			return 0;
		if (submit_envelope(in->w, in->a, &env, e) != 0) {
			if (err_row(e->id)->class != ERR_PERMANENT)
				return -1;
			for (size_t k = 0; k < env.rcpt.count; k++)
				inbound_failed(in, place[k], e, NULL);
			err_clear(e);
			continue;
		}
		verdict = judge_replies(in, &env, place, e);
		if (verdict != 0) {
			submit_reset(in->w);
			if (verdict < 0)
				return -1;
			continue;
		}
		verdict = submit_body(in, &env, place, e);
		if (verdict < 0)
			return -1;
		if (verdict == 0) {
			for (size_t k = 0; k < env.rcpt.count; k++)
				in->rcpt[place[k]].sent = true;
			report_relayed(in, &env, place);
			if (inbound_change_state(in, false, JOURNAL_CONFIRMED, "confirmed", e) != 0) {
				/* The SMTP server has it: to refuse now would make a copy for certain. */
				log_err(LOG_LEVEL_ERROR, "confirmed-not-noted", e, "alarm", "journal", NULL);
				err_clear(e);
			}
		}
	}
	return ERR(e, ERR_RELAY_SMTP_TEMPORARY, "replies change from one attempt to the next");
}

/* The same MTS-identifier came before with other content: kept for a person, reported, never passed on. */
static int other_content(struct inbound *in, struct err *e)
{
	struct mixer_outcome *o = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*o));
	struct mixer_mail dsn = {0};
	struct err why = {0};
	char hex[2 * DIGEST_SIZE + 1], *path;

	ERR(&why, ERR_RELAY_OTHER_CONTENT, "%s", in->mts_id);
	str_hex(hex, in->digest, sizeof(in->digest));
	TRY(archive_bad(in->w->setup, in->a, in->apdu, in->size, arena_printf(in->a, "%s.ber", hex), &path, e));
	log_err(LOG_LEVEL_ERROR, "other-content", &why, "alarm", "security", "archive", path, NULL);
	for (size_t i = 0; i < in->count; i++)
		o[i] = (struct mixer_outcome){.recipient = in->rcpt[i].index, .action = "failed", .err = why};
	return in->count == 0 ? 0 : inbound_send_dsn(in, o, in->count, &dsn, e);
}

static bool all_done(const struct inbound *in)
{
	for (size_t i = 0; i < in->count; i++)
		if (!inbound_done(&in->rcpt[i]))
			return false;
	return true;
}

static int take_message(struct inbound *in, struct err *e)
{
	bool other, again;

	TRY(list_recipients(in, e));
	if (in->count == 0) {
		log_event(LOG_LEVEL_WARN, "no-responsible-recipient", NULL);
		return 0;
	}
	TRY(translate(in, e));
	TRY(transit_prepare(in, e));
	TRY(reserve(in, &other, &again, e));
	if (other)
		return other_content(in, e);
	if (all_done(in)) {
		log_event(LOG_LEVEL_INFO, "duplicate", NULL);
		return 0;
	}
	if (again && in->mail.entity != NULL) {
		/* Under the envelope id that the first attempt had, so that a DSN about either finds its message. */
		log_event(LOG_LEVEL_INFO, "submitted-again", NULL);
		in->mail.envelope.envid = in->rcpt[0].place.local_id;
	}
	TRY(submit(in, e));
	return transit_send(in, e);
}

/* ---- what nobody can read ---- */

/* The non-delivery report for a message that kills its readers is made in a process of its own. */
static void report_bad(struct inbound *in, const struct err *why)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct err e = {0};
		struct mixer_mail dsn = {0};
		struct blob b = blob_file(in->apdu, 0, in->size);
		struct p1_limits limits = P1_LIMITS_DEFAULT;
		struct mixer_outcome *o;

		limits.recipients = REPORTED_MAX;
		in->w->smtp.arena = NULL; /* our own connection: the other one is the worker's */
		worker_limit_cpu(in->w);
		if (p1_decode(in->a, &b, &limits, &in->m, NULL, &e) != 0 || in->m->kind != MX_MESSAGE)
			_exit(1);
		in->mts_id = mx_mts_id_text(in->a, &in->m->envelope.id);
		if (list_recipients(in, &e) != 0)
			err_clear(&e);
		o = arena_array(in->a, MAX_OF(in->count, 1), sizeof(*o));
		for (size_t i = 0; i < in->count; i++)
			o[i] = (struct mixer_outcome){.recipient = in->rcpt[i].index, .action = "failed", .err = *why};
		_exit(in->count > 0 && inbound_send_dsn(in, o, in->count, &dsn, &e) != 0);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0) {
		}
}

static int bad_apdu(struct inbound *in, const struct err *why, bool readable, struct err *e)
{
	char hex[2 * DIGEST_SIZE + 1], *path;

	str_hex(hex, in->apdu_digest, sizeof(in->apdu_digest));
	TRY(archive_bad(in->w->setup, in->a, in->apdu, in->size, arena_printf(in->a, "%s.ber", hex), &path, e));
	log_err(LOG_LEVEL_ERROR, "bad-apdu", why, "alarm", "content", "archive", path, NULL);
	if (readable)
		report_bad(in, why);
	return 0;
}

/* ---- the APDU ---- */

static int read_digests(struct inbound *in, const struct blob *apdu, struct err *e)
{
	struct digest *d = digest_new(in->a);

	TRY(digest_put_blob(d, apdu, e));
	digest_finish(d, in->apdu_digest);
	return 0;
}

static int content_digest(struct inbound *in, struct err *e)
{
	struct digest *d = digest_new(in->a);

	if (in->m->kind != MX_MESSAGE || in->m->content_octets.len == 0) {
		memcpy(in->digest, in->apdu_digest, sizeof(in->digest));
		return 0;
	}
	TRY(digest_put_blob(d, &in->m->content_octets, e));
	digest_finish(d, in->digest);
	return 0;
}

static int decode(struct inbound *in, const struct blob *apdu, struct err *e)
{
	const struct config *c = in->w->setup->config;
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct err content = {0};

	limits.ber.size = (uint64_t)c->limits.message_size;
	limits.ber.depth = (unsigned)c->limits.tlv_depth;
	limits.recipients = (unsigned)c->limits.recipients;
	limits.body_parts = (unsigned)c->limits.parts;
	limits.nesting = (unsigned)c->limits.nesting;
	TRY(p1_decode(in->a, apdu, &limits, &in->m, &content, e));
	if (content.id != ERR_NONE)
		log_err(LOG_LEVEL_WARN, "content-unreadable", &content, NULL);
	in->content_err = content;
	in->mts_id = mx_mts_id_text(in->a, &in->m->envelope.id);
	log_context("mts_id", in->mts_id, "peer", in->peer != NULL ? in->peer->name : "", NULL);
	return content_digest(in, e);
}

/* archive.enabled: before anything of it leaves us. */
static int archive_apdu(struct inbound *in, struct err *e)
{
	char hex[2 * DIGEST_SIZE + 1], *path;

	str_hex(hex, in->apdu_digest, sizeof(in->apdu_digest));
	if (archive_message(in->w->setup, in->a, in->apdu, in->size, arena_printf(in->a, "%s.p1", hex), &path, e) != 0) {
		log_err(LOG_LEVEL_ERROR, "archive-failed", e, "alarm", "archive", NULL);
		return -1;
	}
	if (path != NULL)
		log_event(LOG_LEVEL_INFO, "archived", "archive", path, NULL);
	return 0;
}

static int take_apdu(struct inbound *in, enum relay_death died, struct err *e)
{
	struct blob apdu = blob_file(in->apdu, 0, in->size);
	struct err why = {0};
	unsigned deaths = 0;

	TRY(read_digests(in, &apdu, e));
	if (died != DIED_NOT) {
		bool killed = died == DIED_KILLED;
		TRY(journal_client_attempt(&in->w->journal, in->apdu_digest, killed ? "worker-killed" : "worker-died", &deaths, e));
		ERR(&why, ERR_RELAY_WORKER_DIED, "%u times%s", deaths, killed ? " by SIGKILL" : "");
		if (deaths >= (killed ? MESSAGE_KILLS_MAX : MESSAGE_DEATHS_MAX))
			return bad_apdu(in, &why, true, e);
		log_err(LOG_LEVEL_WARN, "worker-died-before", &why, NULL);
	}
	TRY(worker_local_id(in->w, in->a, &in->id, e));
	worker_mixer_context(in->w, &in->c, in->id);
	if (decode(in, &apdu, &why) != 0) {
		if (err_row(why.id)->class != ERR_TEMPORARY && err_row(why.id)->class != ERR_BUG)
			return bad_apdu(in, &why, why.id == ERR_P1_RECIPIENTS, e); /* no more is wrong with it */
		*e = why;
		return -1;
	}
	TRY(archive_apdu(in, e));
	if (in->m->kind == MX_REPORT)
		return inbound_report(in, e);
	if (in->m->kind == MX_PROBE)
		return inbound_probe(in, e);
	if (in->m->content == MX_CONTENT_IPN)
		TRY(inbound_find_subject(in, e));
	return take_message(in, e);
}

static void answer_assoc(int answer, const struct err *e)
{
	struct buf b = BUF_INIT(1024);

	if (e == NULL) {
		/* When the association is gone the peer sends again and the journal knows. */
		(void)!ipc_send(answer, WORK_CONFIRM, NULL, NULL, 0, NULL);
	} else {
		pack_int(&b, OSI_REFUSAL_TEMPORARY);
		pack_err(&b, e);
		(void)!ipc_send(answer, WORK_REFUSE, &b, NULL, 0, NULL);
	}
	buf_free(&b);
}

void to_822_apdu(struct worker *w, int apdu, uint64_t size, const char *peer, int answer, enum relay_death died)
{
	struct inbound in = {.w = w, .a = arena_new(0), .apdu = apdu, .size = size};
	struct err e = {0};
	int i = setup_find_peer(w->setup, peer);

	in.peer = i >= 0 ? &w->setup->config->peers.items[i] : NULL;
	in.mts_id = "";
	log_context("peer", peer, NULL);
	(void)!ipc_send(answer, WORK_TAKEN, NULL, NULL, 0, NULL);
	worker_limit_cpu(w);
	setup_begin_message(w->setup);
	worker_mixer_context(w, &in.c, "");
	journal_client_begin(&w->journal, in.a);
	if (take_apdu(&in, died, &e) == 0) {
		answer_assoc(answer, NULL);
	} else {
		log_err(LOG_LEVEL_WARN, "refused", &e, NULL);
		answer_assoc(answer, &e);
	}
	journal_client_end(&w->journal);
	arena_free(in.a);
}
