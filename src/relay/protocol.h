/*
 * relay/protocol.h - what the processes of mixgated say to one another (bodies are written with relay/pack.h).
 *
 *   parent -- assoc     one channel each, lives as long as the association
 *   parent -- worker    one channel each
 *   worker -- assoc     a job channel for one transfer: made by the parent (outbound) or by assoc (inbound)
 *   worker -- journal   one channel each, made by the parent when the worker asks
 *   parent -- journal   one channel, for new client channels
 *   parent -- tables    at start and at a reload, until the tables are there
 *
 * The end of a channel is always the death (or the decision to stop) of the other side.
 */
#ifndef MIXGATE_RELAY_PROTOCOL_H
#define MIXGATE_RELAY_PROTOCOL_H

enum relay_type {
	/* parent -> assoc */
	A_JOB = 1,   /* fd: job channel */
	A_BIND_OK,   /* the binding peer may stay */
	A_BIND_BUSY, /* int quiet: too many, or nothing can be taken now: refuse with busy; quiet: without a line in the log */
	A_STOP,      /* release when idle, then end */
	/* assoc -> parent */
	A_OPEN,      /* bound: the peer answers */
	A_IDLE,      /* open, without a job; from a caller: two-way-alternate, so that it can take one */
	A_NO_TURN,   /* a caller that does not give the turn: no jobs until A_IDLE */
	A_DOWN,      /* err: no association; assoc ends */
	A_BIND,      /* str peer: a peer wants to bind */
	A_WORK,      /* fds: APDU, answer channel; str peer, int size, int died: for an idle worker */

	/* parent -> worker */
	W_LMTP = 20, /* fd; int kind (enum relay_door), str peer or "" */
	W_APDU,      /* as A_WORK */
	W_GRANTED,   /* fd: job channel; int request, int fresh */
	W_DENIED,    /* int request, err */
	W_JOURNAL,   /* fd: a channel to the journal writer; none: it is down */
	W_STOP,      /* end after the message at hand */
	/* worker -> parent */
	W_IDLE,
	W_ASSOC,     /* int request, str peer, int deadline, int urgent: an association is wanted */
	W_WANT_JOURNAL,
	W_SMTP,      /* int up: state of the SMTP server */
	W_MAIL,      /* octets digest: translates this mail, and W_ASSOC or W_IDLE says that it survived; none: it did */

	/* worker -> assoc, on the job channel */
	JOB_SEND = 40, /* fd: APDU; int size, int deadline, int priority, str name (for the log) */
	/* assoc -> worker */
	JOB_STARTED,   /* S-ACTIVITY-START is out */
	JOB_END,       /* the commit point was passed: S-ACTIVITY-END is out */
	JOB_CONFIRMED,
	JOB_FAILED,    /* err: nothing was delivered */
	JOB_LOST,      /* err: after JOB_END: unknown; before: nothing was delivered */
	/* worker -> assoc, answer to A_WORK */
	WORK_TAKEN,    /* from here on the worker's end counts as a death over this APDU */
	WORK_CONFIRM,
	WORK_REFUSE,   /* int reason (enum osi_refusal), err */

	/* tables helper -> parent: one of the two, then it ends */
	T_READY = 50, /* fds: the compiled tables; users, when there are files of them */
	T_FAILED,     /* err */

	/* parent -> journal */
	J_CLIENT = 60, /* fd: a worker's channel */
	/* journal -> parent */
	J_READY,
	/* client -> journal; the first group is answered by J_ANSWER or J_FAILED, the second never */
	J_RESERVE, /* message: find or insert each recipient, mark them as ours */
	J_CHANGE,  /* int wait, int count, then for each: int row, int state (-1: only the event), event; wait 0: no answer */
	J_NEXT,    /* str counter: its next number */
	J_FIND,    /* int how, int direction, str key: message */
	J_ATTEMPT, /* octets digest, str kind: count */
	J_QUEUE_ID, /* int message row, str queue id */
	J_CLAIM,   /* int count, rows: ours already, before the writer was started again */
	J_RELEASE, /* the message at hand is done */
	/* journal -> client */
	J_ANSWER,
	J_FAILED /* err */
};

/* The door an SMTP client came through. */
enum relay_door { DOOR_LMTP, DOOR_PEER, DOOR_SCREEN, DOOR_CARRY };

/* How the worker ended that had this APDU before (A_WORK says only that it did; the parent knows how). */
enum relay_death { DIED_NOT, DIED_ITSELF, DIED_KILLED };

/* So many workers may die over one message, in either direction; then it goes to archive/bad and is reported. */
#define MESSAGE_DEATHS_MAX 2
/* By SIGKILL: an operator or the kernel, not likely the message; still not for ever. */
#define MESSAGE_KILLS_MAX 10

#endif
