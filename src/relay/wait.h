/*
 * relay/wait.h - a message with header addresses that DNS or LDAP could not say anything about (RFC 2156 4.2.1).
 *
 * It stays with the MTA that brought it, which tries again; after mapping.header_wait seconds such addresses are
 * encapsulated.  Nothing is kept for this: the message says itself when it reached that MTA, in its newest trace.
 */
#ifndef MIXGATE_RELAY_WAIT_H
#define MIXGATE_RELAY_WAIT_H

#include "mime/mime.h"
#include "msg/msg.h"
#include "relay/setup.h"

bool wait_is_over_for_mail(const struct setup *s, const struct mime_entity *mail);
bool wait_is_over_for_x400(const struct setup *s, const struct mx_message *m);
/* After the translation: -1: look-ups since dir_watch have had no answer, and it is not late: *e says why. */
int wait_judge(const struct setup *s, bool late, struct err *e) MUST_USE;

#endif
