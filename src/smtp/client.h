/*
 * smtp/client.h - the SMTP and LMTP client (RFC 5321, 2033, 2920 pipelining, 3461, 1870, 6152) as octets in, octets out.
 *
 * Greeting, EHLO or LHLO run by themselves up to SMTP_CLIENT_READY.  smtp_client_input fails (ERR_SMTP_REFUSED,
 * ERR_SMTP_REPLY) when the server does not want the connection or does not speak SMTP: about the server, never about a
 * message, so never permanent.
 */
#ifndef MIXGATE_SMTP_CLIENT_H
#define MIXGATE_SMTP_CLIENT_H

#include "base/buf.h"
#include "smtp/envelope.h"

struct smtp_client;

struct smtp_reply {
	int code;           /* 250 */
	char status[12];    /* "2.1.5" or "" */
	const char *text;   /* the reply's lines joined by blanks, printable, without code and status */
};

enum smtp_client_event {
	SMTP_CLIENT_NEED_INPUT,
	SMTP_CLIENT_READY,     /* greeted: the next transaction may start */
	SMTP_CLIENT_RCPT_DONE, /* MAIL and all RCPT answered: look at the replies, then smtp_client_data or smtp_client_reset */
	SMTP_CLIENT_SEND_DATA, /* 354: send the message by smtp_client_data_octets, then smtp_client_data_end */
	SMTP_CLIENT_DONE,      /* final reply (LMTP: one a recipient) */
	SMTP_CLIENT_CLOSED     /* 421 or QUIT answered; whatever had no reply yet has the 421 as its reply */
};

struct smtp_client_options {
	bool lmtp;
	const char *hostname; /* EHLO/LHLO name */
};

struct smtp_client *smtp_client_new(struct arena *a, const struct smtp_client_options *o) MUST_USE;
struct buf *smtp_client_out(struct smtp_client *c);
int smtp_client_input(struct smtp_client *c, const void *p, size_t n, size_t *used, enum smtp_client_event *event, struct err *e) MUST_USE;
/* Does the server offer the keyword?  (After SMTP_CLIENT_READY.) */
bool smtp_client_has(const struct smtp_client *c, const char *extension);
/* XFORWARD for the next transaction, of what the server takes: client address and the MTA's queue id (NULL: not known).
 * True: SMTP_CLIENT_READY comes once more; false: nothing was sent. */
bool smtp_client_forward(struct smtp_client *c, struct arena *a, const char *addr, const char *ident);
/* Starts a transaction: MAIL and RCPTs, pipelined where offered; replies' text lives in a, env stays until the end.
 * Fails at once, with nothing sent, when env cannot go there: ERR_SMTP_TOO_BIG, ERR_SMTP_UTF8_ADDRESS, a bad address. */
int smtp_client_send(struct smtp_client *c, struct arena *a, const struct smtp_envelope *env, struct err *e) MUST_USE;
const struct smtp_reply *smtp_client_mail_reply(const struct smtp_client *c);
const struct smtp_reply *smtp_client_rcpt_reply(const struct smtp_client *c, size_t rcpt);
/* LMTP: per recipient; SMTP: the one reply, whatever rcpt. */
const struct smtp_reply *smtp_client_final_reply(const struct smtp_client *c, size_t rcpt);
void smtp_client_data(struct smtp_client *c);
/* Message octets with CRLF lines; dots are stuffed here.  Send what stands in out after each call: it holds 16 MB. */
void smtp_client_data_octets(struct smtp_client *c, const void *p, size_t n);
void smtp_client_data_end(struct smtp_client *c);
void smtp_client_reset(struct smtp_client *c);
void smtp_client_quit(struct smtp_client *c);
/* The connection broke or a deadline passed: what had no reply gets "421 4.4.2 text". */
void smtp_client_lost(struct smtp_client *c, const char *text);
/* Seconds to wait for the server where the dialogue stands (RFC 5321 4.5.3.2). */
int smtp_client_timeout(const struct smtp_client *c);

#endif
