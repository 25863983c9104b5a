/*
 * relay/worker.h - the worker process: one message at a time, in either direction.
 *
 * worker.c has its life and its channel to the parent; lmtp.c the dialogue with the MTA; to_x400.c and to_822.c the two
 * directions with the order of their commits; hand_over.c transfers to associations; submit.c the SMTP client; lookup.c
 * what the journal knows of earlier messages.  A worker that dies costs one message one retry, so nothing here is kept
 * from one message to the next but connections.
 */
#ifndef MIXGATE_RELAY_WORKER_H
#define MIXGATE_RELAY_WORKER_H

#include "relay/archive.h"
#include "relay/capability.h"
#include "relay/ipc.h"
#include "relay/journal_client.h"
#include "relay/protocol.h"
#include "relay/setup.h"
#include "relay/trust.h"
#include "smtp/client.h"
#include "smtp/server.h"

struct hand_over;

struct worker {
	const struct setup *setup;
	int control; /* to the parent */
	bool stop;   /* end after the message at hand */
	int served;
	struct journal_client journal;
	bool journal_answered; /* the parent answered W_WANT_JOURNAL */
	int journal_fd;
	uint64_t id_block, id_next; /* local identifiers: a durable block number and a count inside it */
	struct {
		struct arena *arena; /* NULL: not connected */
		int fd;
		struct smtp_client *client;
		bool fresh;
	} smtp;
	/* transfers of the message at hand */
	struct hand_over *jobs;
	size_t job_count;
	int64_t last_request;
};

/* worker.c */
/* Reads one message of the parent, waiting until deadline; false: there was none (or the parent is gone: w->stop). */
bool worker_read_parent(struct worker *w, int64_t deadline);
/* Waits for fd to become readable; serves the parent meanwhile.  False: deadline, or w->stop was set. */
bool worker_wait(struct worker *w, int fd, int64_t deadline);
/* CPU time for one more message (limits.worker_cpu). */
void worker_limit_cpu(const struct worker *w);
/* "mg1-240305091522-00004711": unique for ever, ub-local-id-length 32. */
int worker_local_id(struct worker *w, struct arena *a, char **out, struct err *e) MUST_USE;
void worker_mixer_context(const struct worker *w, struct mixer_context *c, const char *local_id);

/* lmtp.c */
void lmtp_serve(struct worker *w, int fd, enum relay_door door, const char *peer, const char *source);

/* to_x400.c: one LMTP transaction */
struct target { /* one accepted RCPT */
	struct or_address address;
	const char *text; /* std-or */
	int peer;         /* index in config.peers */
	struct capability takes;
};
struct transaction {
	struct arena *arena;
	struct smtp_envelope envelope;
	struct {
		struct target *items;
		size_t count, capacity;
	} targets; /* as envelope.rcpt */
	struct stream *data;
	int data_fd;
	bool dry;     /* the milter's dry run: nothing is handed over */
	bool carry;   /* from the milter, inside an SMTP transaction: relay/carry.h */
	bool trusted;
	const char *queue_id;
};
/* Maps and routes one recipient; size is that of MAIL, -1: not said. */
int to_x400_recipient(struct worker *w, struct transaction *t, const struct smtp_rcpt *r, int64_t size, struct target *out,
                      struct err *e) MUST_USE;
/* Answers for recipient i in order by reply(); err id ERR_NONE: 250. Returns when all are answered and nothing is in
 * flight any more. */
struct to_x400_answers {
	void (*reply)(void *ctx, size_t rcpt, const struct err *e);
	void *ctx;
};
void to_x400_message(struct worker *w, struct transaction *t, const struct to_x400_answers *answers);

/* to_822.c: one APDU; WORK_CONFIRM or WORK_REFUSE is sent on answer */
void to_822_apdu(struct worker *w, int apdu, uint64_t size, const char *peer, int answer, enum relay_death died);

/* hand_over.c: one APDU to one peer */
enum hand_over_state { HAND_WAITING, HAND_SENT, HAND_ENDED, HAND_CONFIRMED, HAND_FAILED, HAND_UNKNOWN };
#define HAND_OVER_URGENT 1
struct hand_over {
	const char *peer, *mts_id;
	int apdu;
	uint64_t size;
	int64_t deadline;
	int priority; /* of the turn, when it must be asked for: 1 urgent, 2 normal, 3 non-urgent (X.228: 0 is the release) */
	/* result */
	enum hand_over_state state; /* HAND_UNKNOWN: the commit point was passed, no answer came */
	struct err err;
	bool seen; /* the owner has looked at the result */
	/* own */
	int64_t request;
	int channel;
	int tries;
};
static inline int hand_over_priority(enum mx_priority p) { return p == MX_URGENT ? HAND_OVER_URGENT : p == MX_NON_URGENT ? 3 : 2; }
static inline bool hand_over_done(const struct hand_over *h) { return h->state >= HAND_CONFIRMED; }
/* Starts all; then hand_over_wait until all are done. */
void hand_over_start(struct worker *w, struct hand_over *jobs, size_t n);
/* Returns when something was done, or at deadline. */
void hand_over_wait(struct worker *w, int64_t deadline);
/* Jobs that have no association yet fail, and get none any more. */
void hand_over_cancel(struct worker *w, const struct err *e);
void hand_over_finish(struct worker *w);
/* The parent's answers. */
void hand_over_granted(struct worker *w, int64_t request, int channel);
void hand_over_denied(struct worker *w, int64_t request, const struct err *e);

/* submit.c: to the dedicated SMTP port */
/* MAIL and RCPT; replies are then at smtp_client_mail_reply and _rcpt_reply of w->smtp.client.  An error is about the
 * server (or, permanent, about the envelope), never about a recipient. */
int submit_envelope(struct worker *w, struct arena *a, const struct smtp_envelope *env, struct err *e) MUST_USE;
/* The message itself, for the recipients that were taken.  *reply is the server's last word. */
int submit_message(struct worker *w, struct arena *a, const struct mime_entity *m, const struct smtp_reply **reply, struct err *e) MUST_USE;
/* Instead of the message: RSET. */
void submit_reset(struct worker *w);
void submit_close(struct worker *w);
/* The reply as an error row: temporary or permanent by its first digit. */
void submit_reply_error(const struct smtp_reply *r, struct err *e);
/* A whole mail at once, every recipient must be taken: DSNs. queue_id may be NULL. */
int submit_mail(struct worker *w, struct arena *a, const struct mixer_mail *mail, const char **queue_id, struct err *e) MUST_USE;
/* "queued as X" of Postfix and its likes; NULL: not said. */
char *submit_queue_id(struct arena *a, const struct smtp_reply *r);

/* lookup.c */
/* What is known of the message that a report or notification speaks of; *out NULL: nothing, and *row stays as it was. */
int lookup_for_mail(struct worker *w, struct arena *a, const struct mixer_report_key *key, struct mixer_subject **out,
                    struct journal_message *row, struct err *e) MUST_USE;
int lookup_for_report(struct worker *w, struct arena *a, const struct mx_message *m, struct mixer_subject **out,
                      struct journal_message *row, struct err *e) MUST_USE;

#endif
