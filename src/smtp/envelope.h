/*
 * smtp/envelope.h - an SMTP envelope with the DSN parameters of RFC 3461 and the few others that we use.
 */
#ifndef MIXGATE_SMTP_ENVELOPE_H
#define MIXGATE_SMTP_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum smtp_ret { SMTP_RET_ABSENT, SMTP_RET_FULL, SMTP_RET_HDRS };
#define SMTP_NOTIFY_NEVER 1
#define SMTP_NOTIFY_SUCCESS 2
#define SMTP_NOTIFY_FAILURE 4
#define SMTP_NOTIFY_DELAY 8

struct smtp_rcpt {
	const char *address;     /* addr-spec without <> */
	unsigned notify;         /* SMTP_NOTIFY_ bits, 0: absent */
	const char *orcpt_type;  /* "rfc822", "x400"; NULL: absent */
	const char *orcpt;       /* xtext decoded */
};
struct smtp_envelope {
	const char *mail_from; /* "" for <> */
	enum smtp_ret ret;
	const char *envid;     /* xtext decoded, NULL: absent */
	int64_t size;          /* SIZE=, -1: absent */
	bool body_8bit, smtputf8;
	int mt_priority;       /* RFC 6710, -9..9 */
	bool has_mt_priority;
	struct {
		struct smtp_rcpt *items;
		size_t count, capacity;
	} rcpt;
};

/* "MAIL FROM:<..> RET=.. ENVID=.." and "RCPT TO:<..> NOTIFY=.. ORCPT=.." as in SMTP. Used by the LMTP server and for the
 * envelope files of `mixgate convert`. */
int smtp_parse_mail(struct arena *a, const char *line, struct smtp_envelope *env, struct err *e) MUST_USE;
int smtp_parse_rcpt(struct arena *a, const char *line, struct smtp_rcpt *out, struct err *e) MUST_USE;
/* The same lines back, without CRLF; dsn false leaves the DSN parameters out. */
char *smtp_format_mail(struct arena *a, const struct smtp_envelope *env, bool dsn) MUST_USE;
char *smtp_format_rcpt(struct arena *a, const struct smtp_rcpt *r, bool dsn) MUST_USE;
/* RFC 3461 4 xtext. */
char *smtp_xtext_encode(struct arena *a, const char *s) MUST_USE;
int smtp_xtext_decode(struct arena *a, const char *s, char **out) MUST_USE;
/* The same for n octets into out of size octets; too long is a failure. */
int smtp_xtext_decode_into(char *out, size_t size, const char *s, size_t n) MUST_USE;

#endif
