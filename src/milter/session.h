/*
 * milter/session.h - libmilter's callbacks (https://www.milter.org; libmilter 8.17).
 *
 * One SMTP connection may be served by many threads in turn: everything lives in the session that smfi_setpriv keeps,
 * nothing in a thread.
 */
#ifndef MIXGATE_MILTER_SESSION_H
#define MIXGATE_MILTER_SESSION_H

#include "base/err.h"

/* Registers the callbacks and opens the socket ("unix:/path", "inet:port@host", "fd:N"); who may connect to a local one is a
 * matter of its folder.  The set in use (milter/screen.h) must be there. */
int session_open(const char *spec, struct err *e) MUST_USE;
/* Serves until SIGTERM, SIGINT or SIGHUP, which libmilter takes for itself. */
int session_serve(struct err *e) MUST_USE;

#endif
