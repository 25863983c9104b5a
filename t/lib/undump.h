/*
 * undump.h - sets one element of a central message from a line of its canonical dump ("heading.subject: \"x\""), so that
 * vectors can state X.400 messages in the same words that they expect.
 */
#ifndef MIXGATE_T_UNDUMP_H
#define MIXGATE_T_UNDUMP_H

#include "msg/msg.h"

/* 0, or -1 for a path or value that is not known.  Covers envelope, recipients and heading. */
int undump_line(struct arena *a, struct mx_message *m, const char *line);

#endif
