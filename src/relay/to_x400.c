/*
 * relay/to_x400.c - SMTP -> X.400: one LMTP transaction, from the final dot to the last reply (see worker.h).
 *
 * The order of commits, which must not change:
 *
 *   1. translate                nothing is known to anybody; a failure is a 5xx or 4xx of this attempt alone
 *   2. reserve (durable)        identifiers and recipient numbers, per recipient: a retry after any crash below uses the
 *                               same ones, so that a copy on the wire is recognised as a copy
 *   3. S-ACTIVITY-START ...     before our S-ACTIVITY-END request a failure discards: nothing was delivered, 451
 *   4. S-ACTIVITY-END           the commit point: from here only the peer's answer counts; none in time: 451, and the
 *                               retry finds the recipient in flight (451), confirmed (250) or sends the same again
 *   5. peer's confirm           the peer is responsible now
 *   6. confirmed (durable)      so that a retry, should our reply be lost, gets its 250 without a second copy.  When the
 *                               journal fails here we still answer 250: it is the truth, and a 451 would make a copy for
 *                               certain
 *   7. the `relayed` DSN        where the peer sends no reports (peers.reports = no); then JOURNAL_REPORTED
 *   8. 250                      in RCPT order, each as it is known
 */
#include "relay/worker.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "p1/p1.h"
#include "relay/carry.h"
#include "relay/options.h"
#include "relay/pack.h"
#include "relay/wait.h"
#include "sec/digest.h"

#define SAVED_HEADER_MAX 65536 /* for RET=HDRS; a longer one is cut at a line's end */
#define LINGER_MS 30000        /* beyond confirm_timeout, before a worker gives up on a silent assoc process */

/* One recipient of the transaction. */
struct recipient {
	bool known; /* err is final */
	struct err err;
	struct journal_place place;
	bool begun; /* this attempt may have delivered it */
	bool owed; /* a `relayed` DSN is ours to send */
};

/* One P1 message: recipients with the same peer and the same MTS-identifier. */
struct unit {
	int peer;
	const char *local_id;
	size_t *rcpt; /* indices in the transaction */
	size_t count;
	struct mx_message *m;
	int64_t message; /* journal row */
	const char *mts_id;
};

struct run {
	struct worker *w;
	struct transaction *t;
	struct arena *a;
	const struct to_x400_answers *answers;
	struct recipient *rcpt;
	size_t count, answered;
	struct mime_entity *mail;
	struct mixer_context context;
	struct journal_message subject; /* row 0: none: what a DSN or MDN speaks of */
	uint8_t digest[DIGEST_SIZE];
	struct carry_identity carry;
	struct {
		struct unit *items;
		size_t count, capacity;
	} units;
	struct hand_over *jobs;
	int64_t deadline;
};

/* ---- recipients ---- */

static int route_to_peer(struct worker *w, struct arena *a, const struct or_address *o, int *peer, struct err *e)
{
	const struct config *c = w->setup->config;
	struct addr_route route;

	if (c->routes[0] == '\0' && c->peers.count == 1) {
		*peer = 0;
		return 0;
	}
	addr_route(a, w->setup->tables, o, &route);
	switch (route.kind) {
	case ADDR_ROUTE_PEER:
		*peer = setup_find_peer(w->setup, route.peer);
		return *peer >= 0 ? 0 : ERR(e, ERR_RELAY_PEER_UNKNOWN, "%s (%s)", route.peer, route.where);
	case ADDR_ROUTE_SMTP:
		return ERR(e, ERR_RELAY_ROUTE_BACK, "%s", route.where);
	case ADDR_ROUTE_REJECT:
		return ERR_STATUS(e, ERR_RELAY_ROUTE_REJECT, route.status, "%s", route.text);
	case ADDR_ROUTE_NONE:
		break;
	}
	return ERR(e, ERR_RELAY_ROUTE_NONE, "%s", or_text(a, o));
}

/* A report has no bounds of a user's: nobody would hear of it when it is refused. */
static bool is_bounce(const struct transaction *t)
{
	return t->envelope.mail_from != NULL && *t->envelope.mail_from == '\0';
}

int to_x400_recipient(struct worker *w, struct transaction *t, const struct smtp_rcpt *r, int64_t size, struct target *out,
                      struct err *e)
{
	struct mixer_context c;

	worker_mixer_context(w, &c, "");
	TRY(mixer_recipient_to_x400(t->arena, &c, r->address, &out->address, e));
	out->text = or_text(t->arena, &out->address);
	TRY(capability_of(w->setup, t->arena, r->address, &out->takes, e));
	if (!is_bounce(t))
		TRY(capability_judge_size(&out->takes, size, e));
	TRY(route_to_peer(w, t->arena, &out->address, &out->peer, e));
	/* What the milter carries may be a retry: the journal is asked before the peer is. */
	if (!t->dry && !t->carry && board_peer_down(w->setup->board, (size_t)out->peer, clock_monotonic_ms()))
		return ERR(e, ERR_RELAY_PEER_DOWN, "%s", w->setup->config->peers.items[out->peer].name);
	return 0;
}

/* ---- answers ---- */

/* Certain: no attempt, this or an earlier one, can have delivered it.  Without a row of the journal nothing is. */
static bool never_begun(const struct recipient *rcpt)
{
	return rcpt->place.row != 0 && rcpt->place.state == JOURNAL_NEW && !rcpt->begun;
}

/* A recipient that the milter carries goes to the MTA's queue after any other 4xx, and from there it would be sent as a new
 * message: so whatever is not certain is ERR_RELAY_IN_DOUBT, which makes the SMTP client come again. */
static void settle(struct run *r, size_t i, const struct err *e)
{
	struct recipient *rcpt = &r->rcpt[i];

	if (rcpt->known)
		return;
	rcpt->known = true;
	if (e != NULL)
		rcpt->err = *e;
	if (r->t->carry && !never_begun(rcpt))
		carry_doubt(&rcpt->err);
}

static void settle_all(struct run *r, const struct err *e)
{
	for (size_t i = 0; i < r->count; i++)
		settle(r, i, e);
}

static void settle_unit(struct run *r, const struct unit *u, const struct err *e)
{
	for (size_t i = 0; i < u->count; i++)
		settle(r, u->rcpt[i], e);
}

/* Replies in RCPT order as far as they are known. */
static void answer_known(struct run *r)
{
	for (; r->answered < r->count && r->rcpt[r->answered].known; r->answered++) {
		const struct err *e = &r->rcpt[r->answered].err;

		if (e->id != ERR_NONE)
			log_err(LOG_LEVEL_WARN, "not-delivered", e, "rcpt", r->t->envelope.rcpt.items[r->answered].address,
			        "or", r->t->targets.items[r->answered].text, NULL);
		r->answers->reply(r->answers->ctx, r->answered, e);
	}
}

/* ---- translation ---- */

/* The parent hears of each mail before it is read, so that it knows which one a worker died over. */
static int tell_mail(struct run *r, const void *digest, size_t n, struct err *e)
{
	struct buf b = BUF_INIT(64);
	int rc;

	pack_octets(&b, digest, n);
	rc = ipc_send(r->w->control, W_MAIL, &b, NULL, 0, e);
	buf_free(&b);
	return rc;
}

/* A mail that ends every process that reads it must not come again until its MTA tires of it: it is kept for a person and refused
 * for good, and its MTA tells the sender.  Nothing was handed over: deaths count only before that. */
static int judge_deaths(struct run *r, struct err *e)
{
	struct board_deaths deaths = board_deaths_of(r->w->setup->board, r->digest);
	char hex[2 * DIGEST_SIZE + 1], *path;

	if (deaths.itself + deaths.killed == 0)
		return 0;
	if (deaths.itself < MESSAGE_DEATHS_MAX && deaths.killed < MESSAGE_KILLS_MAX) {
		ERR(e, ERR_RELAY_WORKER_DIED, "%u times, %u by SIGKILL", deaths.itself + deaths.killed, deaths.killed);
		log_err(LOG_LEVEL_WARN, "worker-died-before", e, NULL);
		err_clear(e);
		return 0;
	}
	str_hex(hex, r->digest, sizeof(r->digest));
	TRY(archive_bad(r->w->setup, r->a, r->t->data_fd, r->t->data->written, arena_printf(r->a, "%s.eml", hex), &path, e));
	ERR_STATUS(e, ERR_RELAY_WORKER_DIED, "5.6.0", "%u times", deaths.itself + deaths.killed);
	log_err(LOG_LEVEL_ERROR, "bad-mail", e, "alarm", "content", "archive", path, NULL);
	return -1;
}

static int read_mail(struct run *r, struct err *e)
{
	const struct config *c = r->w->setup->config;
	struct mime_limits limits = {
		.size = (uint64_t)c->limits.message_size,
		.header_fields = (unsigned)c->limits.header_fields,
		.header_size = (size_t)c->limits.header_size,
		.depth = (unsigned)c->limits.nesting,
		.parts = (unsigned)c->limits.parts,
	};
	struct blob data;
	struct digest *d = digest_new(r->a);

	TRY(stream_finish(r->t->data, e));
	data = blob_file(r->t->data_fd, 0, r->t->data->written);
	TRY(digest_put_blob(d, &data, e));
	digest_finish(d, r->digest);
	TRY(judge_deaths(r, e));
	TRY(tell_mail(r, r->digest, sizeof(r->digest), e));
	TRY(mime_parse(r->a, &data, &limits, &r->mail, e));
	return r->t->carry ? carry_identity_of(r->a, r->mail, r->t->envelope.envid, r->t->queue_id, &r->carry, e) : 0;
}

/* archive.enabled: kept before anything of it leaves us.  Named by the digest, which the journal has too. */
static int archive_mail(struct run *r, struct err *e)
{
	char hex[2 * DIGEST_SIZE + 1], *path;

	str_hex(hex, r->digest, sizeof(r->digest));
	if (r->t->dry)
		return 0;
	if (archive_message(r->w->setup, r->a, r->t->data_fd, r->t->data->written, arena_printf(r->a, "%s.eml", hex), &path, e) != 0) {
		log_err(LOG_LEVEL_ERROR, "archive-failed", e, "alarm", "archive", NULL);
		return -1;
	}
	if (path != NULL)
		log_event(LOG_LEVEL_INFO, "archived", "message_id", mime_get(r->mail, "Message-ID"), "archive", path, NULL);
	return 0;
}

static int find_subject(struct run *r, struct err *e)
{
	struct mixer_report_key key;
	struct mixer_subject *subject = NULL;

	mixer_classify(r->a, r->mail, &r->t->envelope, &key);
	if (key.kind == MIXER_MAIL)
		return 0;
	TRY(lookup_for_mail(r->w, r->a, &key, &subject, &r->subject, e));
	r->context.subject = subject;
	return 0;
}

/* The envelope with the recipients of u alone. */
static void unit_envelope(struct run *r, const struct unit *u, struct smtp_envelope *out)
{
	*out = r->t->envelope;
	out->rcpt.items = arena_array(r->a, u->count, sizeof(*out->rcpt.items));
	out->rcpt.count = out->rcpt.capacity = u->count;
	for (size_t i = 0; i < u->count; i++)
		out->rcpt.items[i] = r->t->envelope.rcpt.items[u->rcpt[i]];
}

/* B-350: what the mapping could not carry is told, a line each, a hundred at most. */
static void log_losses(const struct run *r, const struct unit *u)
{
	for (size_t i = 0; i < u->m->losses.count && i < 100 && !r->t->dry; i++) {
		const struct mx_loss *l = &u->m->losses.items[i];

		log_event(LOG_LEVEL_INFO, "loss", "row", l->row, "element", l->element, "why", l->why, "message_id", mime_get(r->mail, "Message-ID"),
		          "mts_id", u->mts_id, NULL);
	}
}

/* numbers NULL: from 1. */
static int translate(struct run *r, struct unit *u, const int *numbers, struct err *e)
{
	struct smtp_envelope env;
	struct mixer_context c = r->context;
	struct mixer_settings settings = *c.settings;

	unit_envelope(r, u, &env);
	settings.bodies = r->w->setup->config->peers.items[u->peer].bodies; /* B-006, B-352 */
	c.settings = &settings;
	c.id = (struct mixer_identity){u->local_id, u->local_id, u->local_id, u->local_id};
	c.late = r->t->dry || wait_is_over_for_mail(r->w->setup, r->mail);
	dir_watch(r->w->setup->dir);
	TRY(mixer_to_x400(r->a, &c, r->mail, &env, numbers, &u->m, e));
	TRY(wait_judge(r->w->setup, c.late, e));
	u->mts_id = mx_mts_id_text(r->a, &u->m->envelope.id);
	log_losses(r, u);
	return 0;
}

/* ---- the journal's entry ---- */

/* SHA-256 over MAIL FROM, ENVID, this RCPT and all octets received, the MTA's own trace included: a retry is equal octet
 * by octet, a second message is not.  Of what the milter carries, where that trace is missing, see relay/carry.h. */
static void identity_of(struct run *r, size_t i, const char *local_id, uint8_t out[static DIGEST_SIZE])
{
	struct digest *d = digest_new(r->a);

	digest_put_string(d, r->t->carry ? "mixgate carry 1" : "mixgate identity 1");
	digest_put_string(d, r->t->envelope.mail_from);
	digest_put_string(d, r->t->envelope.envid);
	digest_put_string(d, r->t->envelope.rcpt.items[i].address);
	digest_put(d, r->t->carry ? r->carry.digest : r->digest, DIGEST_SIZE);
	if (r->t->carry && !r->carry.lasting)
		digest_put_string(d, local_id); /* never seen before, never again */
	digest_finish(d, out);
}

static char *saved_header(struct run *r)
{
	uint64_t whole = r->mail->raw.len > r->mail->body.len ? r->mail->raw.len - r->mail->body.len : 0;
	size_t n = (size_t)MIN_OF(whole, SAVED_HEADER_MAX), got = 0;
	char *text = arena_alloc(r->a, n + 1);
	struct err e;

	if (blob_read(&r->mail->raw, 0, text, n, &got, &e) != 0)
		got = 0;
	while (got > 0 && text[got - 1] != '\n')
		got--;
	text[got] = '\0';
	return text;
}

static bool notification_requested(const struct mx_message *m, bool rn)
{
	const struct mx_heading *h = &m->ipm.heading;

	for (size_t i = 0; m->content == MX_CONTENT_IPM && i < h->primary_recipients.count; i++)
		if (rn ? h->primary_recipients.items[i].rn : h->primary_recipients.items[i].nrn)
			return true;
	return false;
}

static void add_journal_recipient(struct run *r, const struct unit *u, size_t at, struct journal_message *jm)
{
	size_t i = u->rcpt[at];
	const struct smtp_rcpt *rcpt = &r->t->envelope.rcpt.items[i];
	struct journal_recipient *jr = ARENA_PUSH(r->a, &jm->recipients);

	*jr = (struct journal_recipient){
		.number = (int)at + 1,
		.x400 = r->t->targets.items[i].text,
		.rfc822 = rcpt->address,
		.peer = r->w->setup->config->peers.items[u->peer].name,
		.notify = rcpt->notify,
		.orcpt_type = rcpt->orcpt_type,
		.orcpt = rcpt->orcpt,
		.originator_report = at < u->m->recipients.count ? u->m->recipients.items[at].originator_report : MX_ABSENT,
		.rn_requested = notification_requested(u->m, true),
		.nrn_requested = notification_requested(u->m, false),
	};
	identity_of(r, i, u->local_id, jr->identity);
}

static void fill_journal_message(struct run *r, const struct unit *u, struct journal_message *jm)
{
	const struct mx_message *m = u->m;

	*jm = (struct journal_message){
		.direction = JOURNAL_TO_X400,
		.mts_id = u->mts_id,
		.local_id = u->local_id,
		.ipm_id = m->content == MX_CONTENT_IPM ? m->ipm.heading.this_ipm.user_relative : NULL,
		.message_id = mime_get(r->mail, "Message-ID"),
		.envid = r->t->envelope.envid,
		.queue_id = r->t->queue_id,
		.originator_x400 = or_text(r->a, &m->envelope.originator.address),
		.originator_822 = r->t->envelope.mail_from,
		.content_identifier = m->envelope.content_identifier,
		.content_correlator = m->envelope.content_correlator,
		.subject = m->content == MX_CONTENT_IPM ? m->ipm.heading.subject.utf8 : NULL,
		.content_type = m->envelope.content_type,
		.ret = r->t->envelope.ret,
		.size = (int64_t)r->t->data->written,
		.header = saved_header(r),
		.received = r->context.now,
	};
	memcpy(jm->digest, r->digest, sizeof(jm->digest));
	for (size_t i = 0; i < u->count; i++)
		add_journal_recipient(r, u, i, jm);
}

/* ---- grouping ---- */

static struct unit *unit_of(struct run *r, int peer, const char *local_id)
{
	struct unit *u;

	for (size_t i = 0; i < r->units.count; i++) {
		u = &r->units.items[i];
		if (u->peer == peer && str_eq(u->local_id, local_id))
			return u;
	}
	u = ARENA_PUSH(r->a, &r->units);
	u->peer = peer;
	u->local_id = local_id;
	u->rcpt = arena_array(r->a, r->count, sizeof(*u->rcpt));
	return u;
}

/* First attempt: all recipients of one peer are one message with one new identifier. */
static void group_by_peer(struct run *r, int peer, const char *local_id, struct unit *out)
{
	*out = (struct unit){.peer = peer, .local_id = local_id};
	out->rcpt = arena_array(r->a, r->count, sizeof(*out->rcpt));
	for (size_t i = 0; i < r->count; i++)
		if (!r->rcpt[i].known && r->t->targets.items[i].peer == peer)
			out->rcpt[out->count++] = i;
}

/* What the journal said about one recipient: settled, or a member of a unit. */
static void place_recipient(struct run *r, size_t i, int peer)
{
	struct journal_place *p = &r->rcpt[i].place;
	const struct config_peer *c = &r->w->setup->config->peers.items[peer];
	const struct smtp_rcpt *rcpt = &r->t->envelope.rcpt.items[i];
	struct err e = {0};

	r->rcpt[i].owed = !c->reports && r->w->setup->config->reports.relayed && (rcpt->notify & SMTP_NOTIFY_SUCCESS) != 0 &&
	                  p->state != JOURNAL_REPORTED;
	if (p->busy) {
		ERR(&e, ERR_RELAY_IN_FLIGHT, "%s", p->mts_id);
		settle(r, i, &e);
	} else if (p->state == JOURNAL_CONFIRMED || p->state == JOURNAL_REPORTED) {
		log_event(LOG_LEVEL_INFO, "duplicate", "mts_id", p->mts_id, "rcpt", rcpt->address, "state", journal_state_name(p->state), NULL);
		if (!r->rcpt[i].owed)
			settle(r, i, NULL);
	} else {
		struct unit *u = unit_of(r, peer, p->local_id);

		u->rcpt[u->count++] = i;
	}
}

/* True: the journal gave exactly the identifier and the numbers that first was translated with. */
static bool as_translated(const struct run *r, const struct unit *first)
{
	for (size_t i = 0; i < first->count; i++) {
		const struct journal_place *p = &r->rcpt[first->rcpt[i]].place;

		if (!p->fresh || p->number != (int)i + 1)
			return false;
	}
	return true;
}

/* Translates and reserves the recipients of one peer and makes units of them. */
static int reserve_peer(struct run *r, int peer, struct err *e)
{
	struct unit first;
	struct journal_message jm;
	struct journal_place *places;
	char *local_id = arena_strdup(r->a, "screen");
	bool other;

	if (!r->t->dry)
		TRY(worker_local_id(r->w, r->a, &local_id, e));
	group_by_peer(r, peer, local_id, &first);
	if (first.count == 0)
		return 0;
	TRY(translate(r, &first, NULL, e));
	if (r->t->dry) {
		*ARENA_PUSH(r->a, &r->units) = first;
		return 0;
	}
	fill_journal_message(r, &first, &jm);
	places = arena_array(r->a, first.count, sizeof(*places));
	TRY(journal_client_reserve(&r->w->journal, &jm, places, &other, e));
	for (size_t i = 0; i < first.count; i++)
		r->rcpt[first.rcpt[i]].place = places[i];
	if (as_translated(r, &first)) {
		first.message = places[0].message;
		*ARENA_PUSH(r->a, &r->units) = first;
		for (size_t i = 0; i < first.count; i++) {
			const struct config_peer *c = &r->w->setup->config->peers.items[peer];

			r->rcpt[first.rcpt[i]].owed = !c->reports && r->w->setup->config->reports.relayed &&
			                              (r->t->envelope.rcpt.items[first.rcpt[i]].notify & SMTP_NOTIFY_SUCCESS) != 0;
		}
		return 0;
	}
	for (size_t i = 0; i < first.count; i++)
		place_recipient(r, first.rcpt[i], peer);
	return 0;
}

/* A unit of a retry: the same message again, under its stored identifier and numbers. */
static int translate_again(struct run *r, struct unit *u, struct err *e)
{
	int *numbers = arena_array(r->a, u->count, sizeof(*numbers));

	for (size_t i = 0; i < u->count; i++)
		numbers[i] = r->rcpt[u->rcpt[i]].place.number;
	u->message = r->rcpt[u->rcpt[0]].place.message;
	log_event(LOG_LEVEL_INFO, "sent-again", "mts_id", r->rcpt[u->rcpt[0]].place.mts_id, NULL);
	return translate(r, u, numbers, e);
}

/* ---- encoding and handing over ---- */

static int encode(struct run *r, struct unit *u, struct hand_over *job, struct err *e)
{
	const struct config_peer *peer = &r->w->setup->config->peers.items[u->peer];
	struct p1_options o = options_p1(peer);
	struct stream *out;

	if (u->m == NULL)
		TRY(translate_again(r, u, e));
	if (r->t->dry) {
		out = stream_to_nothing(r->a);
	} else {
		TRY(blob_tempfile(r->a, setup_tmpdir(r->w->setup), &job->apdu, e));
		out = stream_to_fd(r->a, job->apdu, 0);
	}
	TRY(p1_encode(r->a, u->m, &o, out, e));
	TRY(stream_finish(out, e));
	if (out->written > (uint64_t)peer->size_max)
		return ERR(e, ERR_RELAY_TOO_LARGE, "%llu octets, %s takes %lld", (unsigned long long)out->written, peer->name,
		           (long long)peer->size_max);
	*job = (struct hand_over){.peer = peer->name,
	                          .mts_id = u->mts_id,
	                          .apdu = job->apdu,
	                          .size = out->written,
	                          .deadline = r->deadline,
	                          .priority = hand_over_priority(u->m->envelope.priority)};
	return 0;
}

static struct journal_event event_of(const struct unit *u, const char *what, const struct hand_over *job)
{
	return (struct journal_event){
		.message = u->message,
		.what = what,
		.peer = job->peer,
		.reason = MX_ABSENT,
		.diagnostic = MX_ABSENT,
		.status = job->err.id != ERR_NONE ? err_status(&job->err) : NULL,
		.text = job->err.id != ERR_NONE ? job->err.detail : NULL,
		.time = clock_now(),
	};
}

/* The changes of all recipients of u; the event stands with the first one. */
static struct journal_change *changes_of(struct run *r, const struct unit *u, enum journal_state state, const char *what,
                                         const struct hand_over *job)
{
	struct journal_change *c = arena_array(r->a, u->count, sizeof(*c));

	for (size_t i = 0; i < u->count; i++) {
		const struct journal_place *p = &r->rcpt[u->rcpt[i]].place;

		/* An attempt that failed does not undo one of before whose answer nobody knows. */
		bool in_doubt = state == JOURNAL_NEW && (p->state == JOURNAL_IN_FLIGHT || p->state == JOURNAL_SENT);

		c[i].row = p->row;
		c[i].state = (int)(in_doubt ? JOURNAL_SENT : state);
	}
	c[0].event = event_of(u, what, job);
	return c;
}

/* A report that the peer has: those it speaks of have been reported. */
static void note_reported(struct run *r, const struct unit *u, const struct hand_over *job)
{
	const struct mx_report *report = &u->m->report;
	struct journal_change *c;
	size_t n = 0;

	if (u->m->kind != MX_REPORT || r->subject.row == 0)
		return;
	c = arena_array(r->a, MAX_OF(report->recipients.count * r->subject.recipients.count, 1), sizeof(*c));
	for (size_t i = 0; i < report->recipients.count; i++)
		for (size_t k = 0; k < r->subject.recipients.count; k++) {
			const struct mx_report_recipient *rr = &report->recipients.items[i];

			if (rr->number != r->subject.recipients.items[k].number)
				continue;
			c[n].row = r->subject.recipients.items[k].row;
			c[n].state = JOURNAL_REPORTED;
			c[n].event = event_of(u, rr->delivered ? "delivery-report" : "non-delivery-report", job);
			c[n].event.message = r->subject.row;
			c[n].event.reason = rr->delivered ? MX_ABSENT : rr->reason;
			c[n].event.diagnostic = rr->delivered ? MX_ABSENT : rr->diagnostic;
			c[n].event.recipient = c[n].row;
			n++;
		}
	journal_client_note(&r->w->journal, c, n);
}

static void unit_confirmed(struct run *r, struct unit *u, const struct hand_over *job)
{
	struct err e = {0};

	log_event(LOG_LEVEL_INFO, "transferred", "mts_id", u->mts_id, "message_id", mime_get(r->mail, "Message-ID"),
	          "envid", r->t->envelope.envid, "peer", job->peer, "rcpts", log_num((long long)u->count),
	          "size", log_num((long long)job->size), "from", r->t->envelope.mail_from, NULL);
	if (journal_client_change(&r->w->journal, changes_of(r, u, JOURNAL_CONFIRMED, "confirmed", job), u->count, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "confirmed-not-noted", &e, "alarm", "journal", "mts_id", u->mts_id, NULL);
	note_reported(r, u, job);
	for (size_t i = 0; i < u->count; i++) {
		r->rcpt[u->rcpt[i]].place.state = JOURNAL_CONFIRMED;
		if (!r->rcpt[u->rcpt[i]].owed)
			settle(r, u->rcpt[i], NULL);
	}
}

static void mark_begun(struct run *r, const struct unit *u)
{
	for (size_t i = 0; i < u->count; i++)
		r->rcpt[u->rcpt[i]].begun = true;
}

static void take_result(struct run *r, struct unit *u, struct hand_over *job)
{
	job->seen = true;
	switch (job->state) {
	case HAND_CONFIRMED:
		unit_confirmed(r, u, job);
		return;
	case HAND_UNKNOWN:
		mark_begun(r, u);
		journal_client_note(&r->w->journal, changes_of(r, u, JOURNAL_SENT, "sent", job), u->count);
		break;
	default:
		journal_client_note(&r->w->journal, changes_of(r, u, JOURNAL_NEW, "failed", job), u->count);
	}
	/* Below the message nothing is ever permanent: a wrong password or selector is an operator's slip. */
	if (err_row(job->err.id)->smtp >= 500 || job->err.id == ERR_NONE)
		ERR(&job->err, ERR_RELAY_NOT_CONFIRMED, "%s", job->err.detail);
	settle_unit(r, u, &job->err);
}

/* ---- the report that we owe for a peer that sends none ---- */

static int send_relayed(struct run *r, const size_t *rcpt, size_t n, struct err *e)
{
	struct mixer_smtp_outcome *o = arena_array(r->a, n, sizeof(*o));
	struct mixer_context c = r->context;
	struct mixer_mail mail = {0};
	char *id;

	TRY(worker_local_id(r->w, r->a, &id, e));
	c.id = (struct mixer_identity){id, id, id, id};
	for (size_t i = 0; i < n; i++)
		o[i] = (struct mixer_smtp_outcome){.rcpt = rcpt[i], .action = "relayed"};
	TRY(mixer_own_dsn_822(r->a, &c, r->mail, &r->t->envelope, o, n, &mail, e));
	return mail.entity == NULL ? 0 : submit_mail(r->w, r->a, &mail, NULL, e);
}

/* All confirmed recipients for which it is owed, in one DSN. */
static void report_relayed(struct run *r)
{
	size_t *rcpt = arena_array(r->a, r->count, sizeof(*rcpt)), n = 0;
	struct journal_change *c = arena_array(r->a, r->count, sizeof(*c));
	struct err e = {0};

	for (size_t i = 0; i < r->count; i++)
		if (!r->rcpt[i].known && r->rcpt[i].owed && r->rcpt[i].place.state == JOURNAL_CONFIRMED) {
			c[n] = (struct journal_change){.row = r->rcpt[i].place.row, .state = JOURNAL_REPORTED};
			rcpt[n++] = i;
		}
	if (n == 0)
		return;
	if (r->t->envelope.mail_from[0] != '\0' && send_relayed(r, rcpt, n, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "relayed-not-reported", &e, NULL);
		/* Still with the sender: the retry finds it confirmed and comes straight here. */
		if (err_row(e.id)->smtp >= 500)
			ERR(&e, ERR_RELAY_SMTP_TEMPORARY, "report refused: %s", e.detail);
	} else {
		err_clear(&e);
		journal_client_note(&r->w->journal, c, n);
	}
	for (size_t i = 0; i < n; i++) {
		r->rcpt[rcpt[i]].begun = true;
		settle(r, rcpt[i], &e);
	}
}

/* ---- the run ---- */

static void judge_sizes(struct run *r)
{
	for (size_t i = 0; i < r->count && !is_bounce(r->t); i++) {
		struct err e = {0};

		if (capability_judge_size(&r->t->targets.items[i].takes, (int64_t)r->t->data->written, &e) != 0)
			settle(r, i, &e);
	}
}

/* Only the translation tells of which types a message is; it is done for nothing else here, and only when somebody is
 * particular.  Its errors come up again when it is done in earnest. */
static void judge_bodies(struct run *r)
{
	struct mixer_context c = r->context;
	struct mx_message *m;
	bool particular = false;
	struct err e = {0};

	for (size_t i = 0; i < r->count; i++)
		particular = particular || (!r->rcpt[i].known && r->t->targets.items[i].takes.body_types != NULL);
	c.late = true;
	if (!particular || mixer_to_x400(r->a, &c, r->mail, &r->t->envelope, NULL, &m, &e) != 0 || m->kind != MX_MESSAGE)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (capability_judge_bodies(r->a, &r->t->targets.items[i].takes, &m->envelope.original_eits, &e) != 0)
			settle(r, i, &e);
}

static size_t take_results(struct run *r)
{
	size_t open = 0;

	for (size_t i = 0; i < r->units.count; i++) {
		struct hand_over *job = &r->jobs[i];

		if (job->seen)
			continue;
		if (hand_over_done(job))
			take_result(r, &r->units.items[i], job);
		else
			open++;
	}
	return open;
}

/* Seconds after the final dot. */
static int answer_within(const struct config *c, const struct transaction *t)
{
	return t->carry ? MIN_OF(c->lmtp.answer_within, carry_answer_within(c->milter.timeout)) : c->lmtp.answer_within;
}

/* At the deadline: what waits for an association will get none, what has one may be confirmed at any moment. */
static void give_up(struct run *r, const struct err *e)
{
	if (r->t->carry)
		hand_over_cancel(r->w, e);
	take_results(r);
	for (size_t i = 0; i < r->units.count; i++)
		if (!r->jobs[i].seen)
			mark_begun(r, &r->units.items[i]);
	settle_all(r, e);
}

/* Everything that is not known at lmtp.answer_within gets its 451; the transfers go on, and what they bring is noted for
 * the retry. */
static void wait_for_peers(struct run *r)
{
	int64_t last = r->deadline + 1000LL * r->w->setup->config->listen.confirm_timeout + LINGER_MS;
	struct err e = {0};

	ERR(&e, ERR_RELAY_DEADLINE, "%d s have passed", answer_within(r->w->setup->config, r->t));
	while (take_results(r) > 0) {
		int64_t now = clock_monotonic_ms();

		report_relayed(r);
		if (now >= r->deadline)
			give_up(r, &e);
		answer_known(r);
		if (now >= last)
			return;
		hand_over_wait(r->w, now >= r->deadline ? last : r->deadline);
	}
	report_relayed(r);
}

static void hand_over_all(struct run *r)
{
	size_t ready = 0;

	r->jobs = arena_array(r->a, MAX_OF(r->units.count, 1), sizeof(*r->jobs));
	for (size_t i = 0; i < r->units.count; i++) {
		struct unit *u = &r->units.items[i];
		struct hand_over job = {.apdu = -1};
		struct err e = {0};

		if (encode(r, u, &job, &e) != 0) {
			job.err = e;
			if (!r->t->dry && u->message != 0)
				journal_client_note(&r->w->journal,
				                    changes_of(r, u, err_row(e.id)->smtp >= 500 ? JOURNAL_REFUSED : JOURNAL_NEW, "refused", &job), u->count);
			settle_unit(r, u, &e);
			continue;
		}
		r->units.items[ready] = *u;
		r->jobs[ready++] = job;
	}
	r->units.count = ready;
	if (!r->t->dry) {
		hand_over_start(r->w, r->jobs, ready);
		wait_for_peers(r);
		hand_over_finish(r->w);
	}
}

static void reserve_all(struct run *r)
{
	for (size_t i = 0; i < r->w->setup->config->peers.count; i++) {
		struct err e = {0};

		if (reserve_peer(r, (int)i, &e) == 0)
			continue;
		for (size_t k = 0; k < r->count; k++)
			if (r->t->targets.items[k].peer == (int)i)
				settle(r, k, &e);
	}
}

void to_x400_message(struct worker *w, struct transaction *t, const struct to_x400_answers *answers)
{
	struct run r = {.w = w, .t = t, .a = t->arena, .answers = answers, .count = t->envelope.rcpt.count};
	struct err e = {0};

	r.rcpt = arena_array(r.a, MAX_OF(r.count, 1), sizeof(*r.rcpt));
	r.deadline = clock_monotonic_ms() + 1000LL * answer_within(w->setup->config, t);
	worker_mixer_context(w, &r.context, "");
	r.context.trusted = t->trusted;
	journal_client_begin(&w->journal, r.a);
	log_context("queue_id", t->queue_id != NULL ? t->queue_id : "", NULL);
	if (read_mail(&r, &e) != 0 || archive_mail(&r, &e) != 0 || find_subject(&r, &e) != 0) {
		settle_all(&r, &e);
	} else {
		judge_sizes(&r);
		judge_bodies(&r);
		reserve_all(&r);
		hand_over_all(&r);
	}
	if (t->dry)
		settle_all(&r, NULL);
	ERR(&e, ERR_BUG_INTERNAL, "recipient without an outcome");
	settle_all(&r, &e);
	answer_known(&r);
	if (r.jobs == NULL || r.units.count == 0 || t->dry)
		(void)!tell_mail(&r, NULL, 0, NULL); /* it was not handed over, and nobody died of it */
	journal_client_end(&w->journal);
}
