/*
 * journal/journal.h - the durable store: identity, correlation, tracking (DESIGN 4).  Not a queue.
 *
 * One SQLite file, one writer process (relay/journal_writer.c) that opens it with journal_open and commits many requests
 * at once; tools open it read-only.  Functions here work inside the transaction that journal_begin opened.  Every
 * function fails with ERR_JOURNAL_...: temporary, so the mail stays where it is.
 */
#ifndef MIXGATE_JOURNAL_JOURNAL_H
#define MIXGATE_JOURNAL_JOURNAL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "msg/msg.h"

struct journal;

enum journal_direction { JOURNAL_TO_X400, JOURNAL_TO_822 };

/* A recipient's state; the order of a normal life. */
enum journal_state {
	JOURNAL_NEW,       /* identifiers drawn, nothing handed over */
	JOURNAL_IN_FLIGHT, /* a worker has it now (worker = pid and boot id) */
	JOURNAL_SENT,      /* handed over, answer unknown */
	JOURNAL_CONFIRMED, /* the next hop has it */
	JOURNAL_REFUSED,   /* the next hop said no for good, or we did */
	JOURNAL_REPORTED   /* a report came back and was passed on */
};

struct journal_recipient {
	int64_t row;          /* 0: new */
	int number;           /* recipient number in the P1 message */
	const char *x400;     /* std-or text */
	const char *rfc822;   /* addr-spec */
	const char *peer;     /* next hop: peer name, or "smtp" */
	unsigned notify;
	const char *orcpt_type, *orcpt;
	int originator_report;
	bool rn_requested, nrn_requested;
	uint8_t identity[32]; /* SHA-256, made by relay */
	enum journal_state state;
};
struct journal_message {
	int64_t row;
	enum journal_direction direction;
	const char *mts_id;       /* mx_mts_id_text */
	const char *local_id;
	const char *ipm_id;       /* text */
	const char *message_id;   /* with <> */
	const char *envid;        /* the ENVID given to us (to X.400) or by us (to 822) */
	const char *queue_id;     /* of the neighbour MTA, NULL unknown */
	const char *originator_x400, *originator_822;
	const char *content_identifier, *content_correlator;
	const char *subject;
	int content_type;
	int ret;                  /* enum smtp_ret */
	int64_t size;
	uint8_t digest[32];       /* of the octets received */
	const char *header;       /* saved header for RET=HDRS */
	struct when received;
	struct {
		struct journal_recipient *items;
		size_t count, capacity;
	} recipients;
};

/* What happened, for tracking and audit. */
struct journal_event {
	int64_t message, recipient; /* rows; recipient 0: the whole message */
	const char *what;  /* "received", "transfer-started", "sent", "confirmed", "refused", "report", "expanded" ... */
	const char *peer;
	int reason, diagnostic; /* MX_ABSENT */
	const char *status;     /* "5.1.1" */
	const char *text;
	struct when time;
};

/* Opens (and, for the writer, creates or migrates) the file; closed with the arena at the latest.  A second writer fails
 * with ERR_JOURNAL_LOCKED.  Readers see what was last committed, also while the writer is inside a transaction. */
int journal_open(struct arena *a, const char *path, bool writer, struct journal **out, struct err *e) MUST_USE;
void journal_close(struct journal *j);
int journal_begin(struct journal *j, struct err *e) MUST_USE;
int journal_commit(struct journal *j, struct err *e) MUST_USE; /* durable on return */
void journal_rollback(struct journal *j);
/* One request among many of a transaction: what was done since journal_savepoint is kept or undone alone. */
int journal_savepoint(struct journal *j, struct err *e) MUST_USE;
int journal_keep(struct journal *j, struct err *e) MUST_USE;
void journal_undo(struct journal *j);

/* Finds the message to which a recipient with this identity belongs (whole, with all its recipients); *found false when
 * new.  from SMTP. */
int journal_find_identity(struct journal *j, struct arena *a, const uint8_t identity[32], struct journal_message *out, bool *found, struct err *e) MUST_USE;
/* From P1: by MTS-identifier text. */
int journal_find_mts_id(struct journal *j, struct arena *a, enum journal_direction d, const char *mts_id, struct journal_message *out, bool *found, struct err *e) MUST_USE;
/* By any identifier of either side (track; correlation of reports by ENVID, Message-ID, IPM identifier, queue id). */
int journal_find_any(struct journal *j, struct arena *a, const char *id, int64_t **rows, size_t *count, struct err *e) MUST_USE;
int journal_find_envid(struct journal *j, struct arena *a, enum journal_direction d, const char *envid, struct journal_message *out, bool *found, struct err *e) MUST_USE;
int journal_load(struct journal *j, struct arena *a, int64_t row, struct journal_message *out, struct err *e) MUST_USE;
int journal_events(struct journal *j, struct arena *a, int64_t message, struct journal_event **out, size_t *count, struct err *e) MUST_USE;
/* Stores a new message with its recipients; fills the row numbers. */
int journal_insert(struct journal *j, struct journal_message *m, struct err *e) MUST_USE;
int journal_set_state(struct journal *j, int64_t recipient, enum journal_state state, struct err *e) MUST_USE;
/* At the writer's start no worker has anything: what is IN_FLIGHT becomes SENT (its answer is unknown), to be sent again
 * with the same identifiers when it comes again. */
int journal_release_in_flight(struct journal *j, int64_t *released, struct err *e) MUST_USE;
int journal_set_queue_id(struct journal *j, int64_t message, const char *queue_id, struct err *e) MUST_USE;
int journal_add_event(struct journal *j, const struct journal_event *ev, struct err *e) MUST_USE;
/* The next number of a durable counter (local identifiers); survives kills. */
int journal_next(struct journal *j, const char *counter, uint64_t *out, struct err *e) MUST_USE;
/* Counts a failed attempt of an APDU (digest): worker deaths, refusals; *count is the new value. */
int journal_count_attempt(struct journal *j, const uint8_t digest[32], const char *kind, unsigned *count, struct err *e) MUST_USE;
/* Deletes what is older, at most 500 messages a call, so that mail does not wait for it: call again in a new transaction
 * until *removed is 0. */
int journal_prune(struct journal *j, struct when before, int64_t *removed, struct err *e) MUST_USE;
const char *journal_state_name(enum journal_state s);

#endif
