/*
 * milter/carry.h - milter.carry: which messages are handed over inside the SMTP transaction, and what the worker's answer
 * means for a recipient (relay/carry.h has the terms).
 */
#ifndef MIXGATE_MILTER_CARRY_H
#define MIXGATE_MILTER_CARRY_H

#include "base/config.h"
#include "smtp/client.h"

/* What the header says, field by field. */
struct carry_header {
	bool urgent;
	bool identified; /* a Message-ID that the client gave */
};
void carry_see(struct carry_header *h, const char *name, const char *value, const char *queue_id);

/* Do the settings ask for it at all? */
bool carry_is_set(const struct config *c);
/* After the header: this message?  One that a retry could not be told from is left to the queue, where the MTA's own
 * Received tells. */
bool carry_takes(const struct config *c, const struct carry_header *h, const struct smtp_envelope *env);

enum carry_fate {
	CARRY_DONE,    /* the X.400 peer has it: not for the MTA any more */
	CARRY_QUEUE,   /* certainly not begun: the MTA's queue may have it */
	CARRY_REFUSED, /* for good */
	CARRY_DOUBT    /* neither is certain: the client must come again */
};
enum carry_fate carry_fate_of(const struct smtp_reply *r);

#endif
