/*
 * relay/parent.h - the parent process: binds, forks, passes descriptors, counts.  Nothing from the network is parsed here,
 * nor are tables: a helper process reads them and hands the compiled form over.
 *
 * parent.c has the loop, start, reload and stop; children.c forks and reaps; doors.c has the listening sockets; broker.c
 * brings together who needs something with who is free.  All state is in one struct, touched by one thread.
 */
#ifndef MIXGATE_RELAY_PARENT_H
#define MIXGATE_RELAY_PARENT_H

#include <sys/types.h>

#include "relay/ipc.h"
#include "relay/protocol.h"
#include "relay/setup.h"
#include "relay/strangers.h"

#define PEER_NAME_MAX 64

enum child_kind { CHILD_JOURNAL, CHILD_WORKER, CHILD_ASSOC, CHILD_TABLES, CHILD_KINDS };

struct child {
	struct child *next;
	enum child_kind kind;
	pid_t pid;
	int channel; /* -1: its end was seen, the process not yet reaped */
	bool stopping;
	bool idle;            /* may be given something */
	int64_t born;
	char peer[PEER_NAME_MAX]; /* assoc: "" until bound */
	char source[64];      /* inbound assoc: network address of the caller */
	bool quiet;           /* inbound assoc: the log has enough of its source's refusals */
	bool known;           /* inbound assoc: a peer's source */
	bool shown_out;       /* inbound assoc: killed, for it did not bind and others wait */
	bool outbound;
	bool urgent;          /* assoc: what it was granted for last */
	bool open;            /* it can send: the peer has answered, or has called for two-way-alternate */
	pid_t apdu_of;        /* worker: the assoc whose APDU it has; 0: none */
	bool reading;         /* worker: translates the mail of this digest */
	uint8_t mail[BOARD_DIGEST];
	bool worker_killed;   /* assoc: the last worker that had its APDU was ended by SIGKILL */
};

/* A worker waits for an association. */
struct request {
	struct request *next;
	struct child *worker;
	int64_t id, deadline;
	bool urgent;
	char peer[PEER_NAME_MAX];
};

/* An APDU waits for a worker. */
struct delivery {
	struct delivery *next;
	struct child *assoc;
	int apdu, answer;
	int64_t size, died;
	char peer[PEER_NAME_MAX];
};

struct door {
	struct door *next;
	const char *spec;  /* how it was asked for: stays over a reload when the same */
	bool p1;           /* else LMTP */
	enum relay_door kind;
	char peer[PEER_NAME_MAX];
	int fd;
	bool wanted;
};

struct peer_state {
	int64_t down_until;
	unsigned failures;
	unsigned limit; /* the peer refused more than this as busy; 0: no such sign */
	struct err why;
};

struct parent {
	struct arena *arena; /* lives as long as the process; lists below recycle their members */
	const char *path;    /* of mixgate.conf */
	struct setup *setup;
	struct setup *next;  /* a reload is under way: waits for its tables */
	bool reload;         /* SIGHUP came */
	struct peer_state *peers; /* as config.peers; belongs to setup's arena */
	struct child *children, *free_children;
	struct request *requests, *free_requests;
	struct delivery *deliveries, *free_deliveries;
	struct door *doors;
	struct strangers strangers;
	int64_t doors_after; /* no descriptors were left: nobody is let in before */
	int signals;      /* signalfd */
	int ready;        /* descriptor to write to when ready, -1 */
	bool journal_ready, said_ready;
	bool reap; /* SIGCHLD came */
	bool stopping;
	int64_t stop_limit;
	int64_t fork_after[CHILD_KINDS]; /* by child_kind: back-off after quick deaths */
	unsigned quick_deaths[CHILD_KINDS];
};

/* parent.c */
struct parent_options {
	const char *config;
	const char *lock_file; /* NULL: journal.path with .pid: one daemon a journal */
	int ready_fd;
};
/* Runs until SIGTERM; the exit status of the daemon. */
int parent_run(const struct parent_options *o);
/* Reads a child's channel until nothing is left. */
void parent_read(struct parent *p, struct child *c);
/* What the tables helper said, or that it ended without a word. */
void parent_take_tables(struct parent *p, int fd, int users);
void parent_refuse_tables(struct parent *p, const struct err *e);

/* children.c */
struct child *children_fork(struct parent *p, enum child_kind kind, const char *peer);
/* For a caller, whose connection socket is. */
struct child *children_fork_inbound(struct parent *p, int socket, const char *source, bool quiet);
void children_reap(struct parent *p);
void children_closed(struct parent *p, struct child *c);
/* Forks what is missing: the journal writer and workers. */
void children_fill(struct parent *p);
void children_stop(struct parent *p, enum child_kind kind);
size_t children_count(const struct parent *p, enum child_kind kind);
/* When children_fill has something to do again. */
int64_t children_deadline(const struct parent *p);

/* doors.c */
int doors_open(struct parent *p, struct err *e) MUST_USE;
void doors_close(struct parent *p);
void doors_accept(struct parent *p, struct door *d);
/* False: leave its connections in the backlog for now. */
bool doors_watch(const struct parent *p, const struct door *d);

/* broker.c */
void broker_message(struct parent *p, struct child *from, struct ipc_message *m);
/* Sends; a child that does not take it is killed. */
bool broker_tell(struct child *to, enum relay_type type, const struct buf *body, const int *fds, size_t n);
struct child *broker_idle_worker(struct parent *p, size_t reserve);
size_t broker_reserve(const struct parent *p);
void broker_deliver(struct parent *p);
void broker_tick(struct parent *p, int64_t now);
int64_t broker_deadline(const struct parent *p);
/* c is gone: what it waited for and what waited for it. */
void broker_forget(struct parent *p, struct child *c);

#endif
