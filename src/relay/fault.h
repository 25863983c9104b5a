/*
 * relay/fault.h - what mixgate-source and mixgate-sink do wrong on purpose: which fault, at which point of an
 * association, how often.
 *
 * A point is a PDU that passes, in either direction, or a number of octets of APDU.  A fault strikes before the PDU goes any
 * further, or behind it when the point's name ends in '+'.  relay/tap.c strikes; this file reads and counts.
 */
#ifndef MIXGATE_RELAY_FAULT_H
#define MIXGATE_RELAY_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "osi/session_pdu.h"

/* Behind POINT_SPDU follow the kinds of SPDU. */
enum { POINT_ACCEPTED, POINT_CR, POINT_CC, POINT_DATA, POINT_SPDU, POINTS = POINT_SPDU + SPDU_KINDS };

enum fault_action {
	FAULT_DELAY,
	FAULT_SILENCE,
	FAULT_CLOSE,
	FAULT_RESET,
	FAULT_DROP,
	FAULT_ABORT_USER,         /* AB with ARU, ABRT, RTAB: number is the RTAB's reason */
	FAULT_ABORT_PRESENTATION, /* AB with ARP: number is its reason */
	FAULT_ABORT_PROVIDER,     /* AB of the session provider: number is the transport disconnect octet */
	FAULT_REFUSE_TRANSPORT,   /* number is the reason of DR, RF, CPR */
	FAULT_REFUSE_SESSION,
	FAULT_REFUSE_PRESENTATION,
	FAULT_REFUSE_ACSE,        /* AARE: number the result, second the diagnostic */
	FAULT_SET,                /* parameter number of the SPDU gets the value to */
	FAULT_REPLACE,            /* octets from become to, of the same length */
	FAULT_AGREE,              /* AC says checkpoint size number, window second */
	FAULT_REFUSE_BIND,        /* here and below: the programs', not the tap's */
	FAULT_REFUSE_TRANSFER,    /* ED with reason number, after second octets (0: at the end) */
	FAULT_DISCARD,            /* after number octets */
	FAULT_INTERRUPT
};

struct fault {
	enum fault_action action;
	unsigned point;
	bool after;
	uint64_t nth; /* passing of the point in one association, 0: each; POINT_DATA: octets of one APDU */
	long number, second;
	int64_t ms;
	struct octets from, to;
	enum { FAULT_ALWAYS, FAULT_FIRST, FAULT_EVERY, FAULT_PERCENT } when;
	uint64_t when_n, seed;
	uint64_t *reached; /* by all associations; shared memory */
};
struct faults {
	struct fault *items;
	size_t count, capacity;
	uint64_t *shared;
};

/* Options: --refuse and so on; value is what stands behind.  faults_option_name ends the list with NULL. */
int faults_add(struct arena *a, struct faults *f, const char *option, const char *value, struct err *e) MUST_USE;
/* Counts that the fault's point was reached: does it strike this time? */
bool fault_strikes(const struct fault *f);
/* The first fault of that action that strikes now, NULL: none.  For those that are not the tap's. */
const struct fault *faults_take(const struct faults *f, enum fault_action action);
/* Is anything the tap's? */
bool faults_need_tap(const struct faults *f);
/* All names of points in one line, for --help. */
const char *fault_points(struct arena *a);

#endif
