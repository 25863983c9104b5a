/*
 * relay/journal_client.h - a worker's side of the journal writer (relay/journal_writer.c).
 *
 * Each call that waits returns when the writer has committed: what it says is durable.  When the writer dies, the call
 * asks for a new channel and repeats itself; every request may be made twice.  When it does not come back in time the
 * error is temporary and the mail stays with its sender.
 */
#ifndef MIXGATE_RELAY_JOURNAL_CLIENT_H
#define MIXGATE_RELAY_JOURNAL_CLIENT_H

#include "journal/journal.h"

struct journal_client {
	int fd;                                  /* -1: none yet */
	int (*connect)(void *owner, int64_t deadline); /* a channel from the parent, or -1 */
	void *owner;
	struct arena *arena; /* of the message at hand */
	struct {
		int64_t *items;
		size_t count, capacity;
	} claims; /* rows that are ours */
};

/* Where a recipient stands in the journal. */
struct journal_place {
	int64_t message, row;
	int number;
	enum journal_state state; /* before this attempt */
	bool busy;                /* another worker has it in hand */
	bool fresh;               /* inserted now */
	const char *mts_id, *local_id;
};

struct journal_change {
	int64_t row;
	int state; /* enum journal_state, -1: only the event */
	struct journal_event event; /* what NULL: none */
};

enum journal_find { JOURNAL_FIND_MTS_ID, JOURNAL_FIND_ENVID, JOURNAL_FIND_ANY };

/* A new message: nothing is claimed. */
void journal_client_begin(struct journal_client *c, struct arena *a);
void journal_client_end(struct journal_client *c);
/* Finds each recipient of m by its identity, or inserts it (with m's identifiers and its own number), and claims it for
 * this worker.  places has m->recipients.count members.  *other_content: a message from X.400 with this MTS-identifier
 * and another digest is there already; nothing was inserted. */
int journal_client_reserve(struct journal_client *c, const struct journal_message *m, struct journal_place *places,
                           bool *other_content, struct err *e) MUST_USE;
int journal_client_change(struct journal_client *c, const struct journal_change *changes, size_t n, struct err *e) MUST_USE;
/* The same without waiting: rides along with the next commit. */
void journal_client_note(struct journal_client *c, const struct journal_change *changes, size_t n);
void journal_client_queue_id(struct journal_client *c, int64_t message, const char *queue_id);
int journal_client_next(struct journal_client *c, const char *counter, uint64_t *out, struct err *e) MUST_USE;
int journal_client_find(struct journal_client *c, enum journal_find how, enum journal_direction d, const char *key,
                        struct journal_message *out, bool *found, struct err *e) MUST_USE;
int journal_client_attempt(struct journal_client *c, const uint8_t digest[32], const char *kind, unsigned *count, struct err *e) MUST_USE;

#endif
