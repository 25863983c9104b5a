/*
 * relay/processes.h - the main functions of the children; each returns the exit status of its process.
 *
 * Exit status 0: the child ended because it was told to, had served its time, or its channel ended.
 */
#ifndef MIXGATE_RELAY_PROCESSES_H
#define MIXGATE_RELAY_PROCESSES_H

#include "relay/setup.h"

/* Calls the peer. */
int assoc_main(const struct setup *s, int channel, const char *peer);
/* socket is an accepted connection, source its address; quiet: a refusal needs no line in the log. */
int assoc_inbound_main(const struct setup *s, int channel, int socket, const char *source, bool quiet);
int worker_main(const struct setup *s, int channel);
int journal_main(const struct setup *s, int channel);
int tables_main(const struct setup *s, int channel);

#endif
