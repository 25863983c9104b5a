/*
 * relay/twin.h - what mixgate-source and mixgate-sink share: the command line, the options of an association, faults, and
 * the marks of the central messages that they make.
 */
#ifndef MIXGATE_RELAY_TWIN_H
#define MIXGATE_RELAY_TWIN_H

#include "msg/msg.h"
#include "osi/association.h"
#include "p1/p1.h"
#include "relay/fault.h"
#include "relay/link.h"

/* What all associations of a run count, in shared memory. */
struct twin_counts {
	uint64_t associations;
	uint64_t confirmed, failed, discarded; /* of what we sent */
	uint64_t received, refused, dropped;   /* of what came: confirmed; refused by us; ended by the peer */
	uint64_t turns, turns_asked;           /* turns that came to us; that the peer asked for */
	uint64_t octets_in, octets_out;
};

/* First member of the program's own struct. */
struct twin {
	struct arena *arena; /* lives as long as the program */
	const char *program;
	struct osi_options osi;
	struct mx_global_domain domain;
	enum { TWIN_P1_OF_MODE, TWIN_P1_1984, TWIN_P1_1988 } p1; /* which P1 we write */
	struct faults faults;
	long slow; /* octets a second */
	bool verbose, json;
	struct twin_counts *counts;
	int64_t start; /* monotonic ms */
};

/* A row of the command line. */
struct twin_option {
	const char *name; /* long name, NULL: none */
	char letter;      /* 0: none */
	const char *arg;  /* NULL: none */
	const char *help;
	int (*take)(struct twin *t, const char *value, struct err *e);
};

/* Defaults; name and domain may be changed by options. */
int twin_init(struct twin *t, const char *program, bool initiator, const char *name, const char *domain, struct err *e) MUST_USE;
/* Takes all options, the program's own and the common ones; *first is the first argument behind them.  1: --help or
 * --version was shown. */
int twin_options(struct twin *t, const struct twin_option *own, const char *usage, const char *notes, int argc, char **argv,
                 int *first, struct err *e) MUST_USE;
/* After the options: counters and clock. */
int twin_start(struct twin *t, struct err *e) MUST_USE;
/* What was counted, as one line (first is its beginning) or, with --json, one object. */
void twin_statistics(const struct twin *t, const char *first);
/* Says what went wrong on stderr; the exit status that goes with it. */
int twin_complain(const struct twin *t, const struct err *e);
/* A number on the command line. */
int twin_number(const char *text, long min, long max, long *out, struct err *e) MUST_USE;
/* "host:port", "[2001:db8::1]:port" or "port". */
int twin_host_port(struct arena *a, const char *text, const char **host, int *port, struct err *e) MUST_USE;
/* Identifier, one trace element and our domain. */
void twin_stamp(struct arena *a, const struct twin *t, struct mx_message *m, const char *local_id);
/* How we write P1 on an association of that mode. */
struct p1_options twin_p1(const struct twin *t, enum osi_mode mode);
/* Gives the link its tap, when any option asks for one. */
void twin_tap(struct arena *a, const struct twin *t, struct link *l);

#endif
