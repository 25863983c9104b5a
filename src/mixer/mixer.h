/*
 * mixer/mixer.h - the two translations of RFC 2156 (and 2157 for bodies) as pure functions over plain structs.
 *
 * SMTP envelope + mail <-> central message.  Clock, identifiers, tables, settings and what the journal knows are
 * parameters, so the same input gives the same octets.  Rules are rows in heading.c, envelope.c, trace.c, body.c,
 * report.c and status.c; nothing is decided outside a row or its hook.
 */
#ifndef MIXGATE_MIXER_MIXER_H
#define MIXGATE_MIXER_MIXER_H

#include "addr/addr.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/rule.h"
#include "mime/mime.h"
#include "msg/msg.h"
#include "smtp/envelope.h"

/* What the gateway is called and how it behaves. */
struct mixer_settings {
	struct mx_global_domain domain; /* our global domain identifier: trace and MTS-identifiers */
	const char *mta_name;           /* "mixgate1", ub 32 */
	const char *host_name;          /* "gw.example.net": Received, Reporting-MTA, Message-ID */
	const char *postmaster;         /* "postmaster@gw.example.net" */
	bool strict_mixer;              /* RFC 2156 to the letter instead of the modern rows */
	bool mdn_requests;              /* receipt requests <-> Disposition-Notification-To (N-301, N-302) */
	bool header_store;              /* the journal keeps the header, so RET=HDRS need not ask for the content (E-113) */
	bool never_return;              /* no content goes back with a report, whatever was asked for (reports.return_content) */
	unsigned max_received;          /* 50: more Received fields or trace elements are a loop */
	unsigned max_passages;          /* 5: MIXER passages one way (T rows) */
	const char *tmpdir;             /* for decoded attachments */
	const struct config_bodies *bodies; /* how bodies are mapped, NULL: the defaults (B-202) */
	unsigned max_depth;             /* nested messages and multiparts mapped, 0: 20 (B-320) */
};

/* Identifiers are drawn by the caller once and kept in the journal; here they are data. */
struct mixer_identity {
	const char *local_id;    /* MTS local identifier of the P1 message to make, ub 32, e.g. "mg1-20240305091522-00004711" */
	const char *envid;       /* envelope id of the mail to make */
	const char *received_id; /* id in the Received field we write */
	const char *boundary;    /* seed of multipart boundaries, "b" plus digits; unique in the message */
};

/* What is known of an earlier message that a report or notification speaks of (from the journal), by relay. */
struct mixer_subject_recipient {
	int number;              /* recipient number in the P1 message */
	const char *x400;        /* std-or text */
	const char *rfc822;      /* addr-spec it was (or is) known by */
	unsigned notify;         /* SMTP_NOTIFY_ bits, 0: absent */
	const char *orcpt_type, *orcpt;
	bool rn_requested, nrn_requested;
	int originator_report;   /* as requested in the P1 message, MX_ABSENT unknown */
};
struct mixer_subject {
	bool found;
	struct mx_mts_id mts_id;
	const char *mail_from;   /* SMTP originator of a message to X.400 */
	const char *originator;  /* std-or text of the originator */
	enum smtp_ret ret;
	const char *envid;
	const char *content_identifier, *content_correlator;
	int content_type;
	struct mx_eits original_eits;
	const char *header;      /* saved mail header (CRLF lines) for RET=HDRS */
	struct blob content;     /* saved P22 octets for returned-content, len 0: none */
	struct {
		struct mixer_subject_recipient *items;
		size_t count, capacity;
	} recipients;
};

struct mixer_context {
	const struct mixer_settings *settings;
	const struct addr_tables *tables;
	struct when now;
	struct mixer_identity id;
	const struct mixer_subject *subject; /* NULL: nothing known, or not a report */
	bool trusted;                        /* MIXER fields of this sender are believed (G-055) */
	bool late;                           /* header addresses have waited long enough for their mapping */
	/* Reads one BER BodyPart (application/x400-bp, B-262): p1's, given by the caller because mixer sees no ASN.1.  NULL:
	 * such parts are wrapped as files. */
	int (*read_body_part)(struct arena *a, const struct blob *ber, struct mx_body_part *out, struct err *e);
	/* Reads a P22 or P2 content into m (the returned content of a report); NULL: it is passed on as octets. */
	int (*read_content)(struct arena *a, const struct blob *content, struct mx_message *m, struct err *e);
	/* The text of a directory name, NULL when there is none; the function NULL: directory names are not shown. */
	char *(*directory_name)(struct arena *a, struct octets name);
};

/* What a header address is mapped as. */
static inline enum addr_use mixer_header_use(const struct mixer_context *c) { return c->late ? ADDR_HEADER_LATE : ADDR_HEADER; }

/* ---- SMTP -> X.400 ---- */

/* The recipients that mail goes to, mapped one by one, so that a bad one fails alone (5.1.x by err). */
int mixer_recipient_to_x400(struct arena *a, const struct mixer_context *c, const char *addr_spec, struct or_address *out, struct err *e) MUST_USE;
/* What kind of thing an incoming mail is and, for reports and notifications, what to look up first. */
enum mixer_kind { MIXER_MAIL, MIXER_DSN, MIXER_MDN };
struct mixer_report_key {
	enum mixer_kind kind;
	const char *original_envelope_id; /* Original-Envelope-Id, NULL */
	const char *original_message_id;  /* Original-Message-ID, NULL */
	const char *mts_id;               /* X400-Subject-Submision-Identifier as text, NULL */
	const char *returned_message_id;  /* Message-ID in the returned header, NULL */
};
void mixer_classify(struct arena *a, const struct mime_entity *mail, const struct smtp_envelope *env, struct mixer_report_key *out);
/* The whole mail for the recipients of env (all of one next hop, numbered numbers[i], or from 1 when numbers is NULL).
 * A DSN becomes a report (or a message, by R-101 ff.), everything else an IPM. */
int mixer_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                  const int *numbers, struct mx_message **out, struct err *e) MUST_USE;

/* ---- X.400 -> SMTP ---- */

/* One recipient's verdict: rcpt >= 0 is its place in env->rcpt; failed ones carry an error for the non-delivery DSN. */
struct mixer_verdict {
	size_t recipient; /* index in m->recipients */
	int rcpt;         /* index in envelope.rcpt, or -1 */
	struct err err;
};
struct mixer_mail {
	struct smtp_envelope envelope;
	struct mime_entity *entity;
	struct {
		struct mixer_verdict *items;
		size_t count, capacity;
	} verdicts; /* messages: one for each recipient that we are responsible for */
};
/* A message or report to mail.  -1: nothing can pass at all (e), report it for every recipient.  When every verdict is an
 * error, envelope.rcpt is empty and entity is NULL. */
int mixer_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e) MUST_USE;
/* The DSN (RFC 3464) that we owe the originator of m for recipients that failed here (err) or that were relayed into a
 * world without reports: goes by SMTP, comes back through LMTP as a P1 report. */
struct mixer_outcome {
	size_t recipient;        /* index in m->recipients */
	const char *action;      /* "failed", "relayed", "delivered" */
	struct err err;          /* failed: why */
	const char *smtp_reply;  /* "550 5.1.1 user unknown" of the next hop, NULL */
};
int mixer_own_dsn(struct arena *a, const struct mixer_context *c, const struct mx_message *m, const struct mixer_outcome *outcomes,
                  size_t count, struct mixer_mail *out, struct err *e) MUST_USE;
/* The same for SMTP -> X.400: `relayed` or `failed` DSN to the SMTP sender. */
struct mixer_smtp_outcome {
	size_t rcpt;
	const char *action;
	struct err err;
};
int mixer_own_dsn_822(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                      const struct mixer_smtp_outcome *outcomes, size_t count, struct mixer_mail *out, struct err *e) MUST_USE;

/* All rule tables, for `mixgate rules` (pointers: each table stands in the file of its rows, see parts.h). */
extern const struct rule_table *const mixer_rules[];
extern const size_t mixer_rules_count;

#endif
