/*
 * relay/processes.h - the main functions of the children; each returns the exit status of its process.
 *
 * Exit status 0: the child ended because it was told to, had served its time, or its channel ended.
 */
#ifndef MIXGATE_RELAY_PROCESSES_H
#define MIXGATE_RELAY_PROCESSES_H

#include "relay/setup.h"

/* Outbound: peer names whom to call, socket is -1.  Inbound: socket is the accepted connection, source its address. */
int assoc_main(const struct setup *s, int channel, const char *peer, int socket, const char *source);
int worker_main(const struct setup *s, int channel);
int journal_main(const struct setup *s, int channel);
int tables_main(const struct setup *s, int channel);

#endif
