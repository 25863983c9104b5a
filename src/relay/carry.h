/*
 * relay/carry.h - what mixgate-milter and mixgated agree on for milter.carry: mail that is handed over inside the SMTP
 * transaction, through the door lmtp.carry.
 *
 * The door, and not a parameter of the dialogue, says that a message comes from the milter: an LMTP client that could say
 * so itself could choose the weaker identity.  It differs from the others in three things.  The MTA's own Received is not
 * in the octets yet, so that a message is known again by what its author and the hosts before us wrote, never by what this
 * MTA and the filters in front of us add at each attempt.  That needs a Message-ID or ENVID that the client gave: without
 * one nothing is suppressed (and the milter, which asks the same function, does not carry it at all).  And 4xx has two
 * meanings: 4.4.7 (ERR_RELAY_IN_DOUBT) when the X.400 peer may have it, after this attempt or one before; anything else
 * means that it certainly has not, so that the MTA's queue may have the recipient.
 */
#ifndef MIXGATE_RELAY_CARRY_H
#define MIXGATE_RELAY_CARRY_H

#include <stdbool.h>
#include <string.h>

#include "mime/mime.h"
#include "sec/digest.h"

struct carry_identity {
	uint8_t digest[DIGEST_SIZE];
	bool lasting; /* a retry has the same one */
};

/* A Message-ID with the queue id in it was made by the MTA and is another one at the next attempt (Postfix does that). */
static inline bool carry_is_clients(const char *message_id, const char *queue_id)
{
	return message_id != NULL && *message_id != '\0' && (queue_id == NULL || *queue_id == '\0' || strstr(message_id, queue_id) == NULL);
}

/* Seconds of milter.timeout that the worker has: its answer must be known before the milter stops waiting. */
static inline int carry_answer_within(int timeout) { return timeout > 10 ? timeout - timeout / 10 : timeout > 1 ? timeout - 1 : 1; }

/* A temporary failure of which it is not certain that nothing was delivered becomes ERR_RELAY_IN_DOUBT; others stay. */
void carry_doubt(struct err *e);

int carry_identity_of(struct arena *a, const struct mime_entity *mail, const char *envid, const char *queue_id,
                      struct carry_identity *out, struct err *e) MUST_USE;

#endif
