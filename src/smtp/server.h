/*
 * smtp/server.h - the LMTP server (RFC 2033, 5321, 1870, 2920, 3461, 6152, 2034) as octets in, octets out.
 *
 * No sockets here: relay feeds what it read, looks at the event, answers it, and sends what stands in out.  One reply a
 * recipient after the final dot, in RCPT order.  Data octets go to a stream as they come, dot-stuffing removed, line ends
 * as CRLF; a bare CR or LF is an error before anything else is believed (smuggling): the message is read to its end,
 * refused for every recipient, and smtp_server_input fails with ERR_SMTP_NEWLINE.  Whenever it fails the caller sends
 * what stands in out and closes.  A message over size_max is answered here too and ends in SMTP_EV_RESET.
 */
#ifndef MIXGATE_SMTP_SERVER_H
#define MIXGATE_SMTP_SERVER_H

#include "base/buf.h"
#include "base/stream.h"
#include "smtp/envelope.h"

struct smtp_server;

struct smtp_server_options {
	const char *hostname; /* in banner and LHLO reply */
	uint64_t size_max;    /* announced in SIZE */
	unsigned rcpt_max;
	bool dsn;             /* announce DSN (always, in use) */
};

enum smtp_event {
	SMTP_NEED_INPUT,  /* feed more octets */
	SMTP_EV_MAIL,     /* new transaction: envelope has mail_from; answer with smtp_server_reply */
	SMTP_EV_RCPT,     /* the last recipient of the envelope is new: answer; a 4xx/5xx answer removes it */
	SMTP_EV_DATA,     /* give a stream by smtp_server_data (or refuse with a reply) */
	SMTP_EV_MESSAGE,  /* the final dot: answer each recipient in order with smtp_server_reply */
	SMTP_EV_RESET,    /* RSET, LHLO again: the transaction is gone; nothing to answer */
	SMTP_EV_QUIT      /* send out, then close */
};

/* The arena holds the connection; each transaction's envelope lives in the arena given by smtp_server_transaction. */
struct smtp_server *smtp_server_new(struct arena *a, const struct smtp_server_options *o) MUST_USE;
/* Octets to send; the caller consumes what it has sent. */
struct buf *smtp_server_out(struct smtp_server *s);
/* "421 4.3.2 text" as greeting and end (or, later, as the last word); send out, then close. */
void smtp_server_refuse(struct smtp_server *s, const char *status, const char *text);
/* The arena for the next transaction; must be set before the first MAIL and after every end of a transaction. */
void smtp_server_transaction(struct smtp_server *s, struct arena *a);
/* Takes n octets; *used tells how many were used before the event.  Call again with the rest after answering. */
int smtp_server_input(struct smtp_server *s, const void *p, size_t n, size_t *used, enum smtp_event *event, struct err *e) MUST_USE;
const struct smtp_envelope *smtp_server_envelope(const struct smtp_server *s);
/* XFORWARD attribute of the client, NULL: not given ("ADDR", "NAME", "PROTO", "IDENT" the MTA's queue id ...); they hold
 * until the transaction ends. */
const char *smtp_server_xforward(const struct smtp_server *s, const char *name);
/* Answers the pending event. status "2.1.5" etc., text one line. */
void smtp_server_reply(struct smtp_server *s, int code, const char *status, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The reply of an error row. */
void smtp_server_reply_err(struct smtp_server *s, const struct err *e);
/* After SMTP_EV_DATA: 354, and octets go to out. */
void smtp_server_data(struct smtp_server *s, struct stream *out);

#endif
