/*
 * mixer/parts.h - how the files of mixer call one another: one function a chapter and direction.
 */
#ifndef MIXGATE_MIXER_PARTS_H
#define MIXGATE_MIXER_PARTS_H

#include "mixer/mixer.h"

/* heading.c and heading_822.c: RFC 2156 5.1.3 and 5.3.4 (H rows).  heading_to_x400 walks the whole header, so the fields
 * that belong to the envelope (E rows) are taken there too; envelope_to_x400 comes after it, because SMTP overrides. */
int heading_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e) MUST_USE;
int heading_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mime_entity *mail, struct err *e) MUST_USE;
/* The fields of a forwarded IPM's heading alone, for message/rfc822. */
int heading_of_ipm_to_822(struct arena *a, const struct mixer_context *c, const struct mx_heading *h, struct mime_entity *mail, struct err *e) MUST_USE;
/* The heading of a message/rfc822 body part, for a forwarded IPM. */
int heading_of_ipm_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_heading *h, struct err *e) MUST_USE;

/* envelope.c and envelope_822.c: 5.1.5, 5.3.6, 5.3.7 (E rows).  to_x400 fills envelope and recipients, finish what follows
 * from the body (EITs, content type); to_822 fills the SMTP envelope, the verdicts and the X400-* fields. */
int envelope_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                     const int *numbers, struct mx_message *m, struct err *e) MUST_USE;
void envelope_finish_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m);
int envelope_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e) MUST_USE;

/* trace.c: 5.1.6, 5.3.7 (T rows); also the loop checks.  to_x400 comes last: the gateway's element has the EITs. */
int trace_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e) MUST_USE;
int trace_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mime_entity *mail, struct err *e) MUST_USE;

/* One element as X400-Received and X400-Subject-Intermediate-Trace-Information write it (T rows):
 * "by /PRMD=HUB/ADMD=ACME/C=GB/; Relayed; Tue, 05 Mar 2024 09:20:03 +0000". */
char *trace_text(struct arena *a, const struct mx_trace *t) MUST_USE;
/* A host name as MTA name, cut to its bound. */
const char *trace_mta_name(struct arena *a, const char *host) MUST_USE;
/* The global domain that a mapping rule gives to a host (A-252, T-105); false: there is no rule. */
bool trace_host_domain(struct arena *a, const struct mixer_context *c, const char *host, struct mx_global_domain *out);

/* ids.c: message identifiers of both worlds (H-107, H-241 ff.) and the text forms that fields share. */
int ipm_id_to_x400(struct arena *a, const struct mixer_context *c, const char *msgid, struct mx_ipm_id *out) MUST_USE;
char *ipm_id_to_822(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id) MUST_USE;
/* The same for In-Reply-To and References, where a strict gateway may write a phrase (H-243). */
char *ipm_reference_to_822(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id) MUST_USE;

/* The MTS-identifier that a gateway which follows 4.6.3 makes from a Message-ID.  mixgate draws its own
 * (E-118), but an operator looks for what others have made. */
int mts_id_of_msg_id(struct arena *a, const struct mixer_context *c, const char *msgid, struct mx_mts_id *out, struct err *e) MUST_USE;

/* address.c: 4.7.1 and 4.7.2 (H-150 ff., H-230 ff.): mailboxes in headings. */
struct mixer_recipients {
	struct mx_recipient_specifier *items;
	size_t count, capacity;
};
/* All mailboxes of an address-list; a group gives one more entry that has only a free-form-name. */
int addresses_to_x400(struct arena *a, const struct mixer_context *c, const char *value, struct mixer_recipients *out, struct err *e) MUST_USE;
void mailbox_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_mailbox *mailbox, struct mx_recipient_specifier *out);
/* "Bob Jones <bob@example.com> (Tel 123)"; never NULL. */
char *descriptor_to_822(struct arena *a, const struct mixer_context *c, const struct mx_or_descriptor *d) MUST_USE;
char *recipient_to_822(struct arena *a, const struct mixer_context *c, const struct mx_recipient_specifier *r) MUST_USE;
/* " (CN=Jo Doe,O=Art,C=XA)" for a name that has a directory name, else "". */
const char *directory_comment(struct arena *a, const struct mixer_context *c, const struct or_name *n) MUST_USE;

/* body.c: RFC 2157 (B rows): entity tree <-> body parts; also sets original EITs / content type of the entity. */
int body_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e) MUST_USE;
/* Gives mail its content (type, children, body); header fields that are there already stay. */
int body_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, const struct mx_ipm *ipm, struct mime_entity *mail, struct err *e) MUST_USE;

/* body_delivery.c: delivery-time and delivery-envelope of a forwarded message, in the header of its mail. */
void delivery_to_822(struct arena *a, const struct mixer_context *c, const struct mx_body_part *p, struct mime_entity *mail);
void delivery_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_body_part *out);

/* report_822.c, report_x400.c: 5.3.8 and 5.1.8 (R rows).  Both are complete: to_822 fills envelope and entity (entity
 * NULL: nobody asked for this report), to_x400 the identifier, destination, trace and content for env's first recipient. */
int report_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e) MUST_USE;
int report_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env,
                   struct mx_message *m, struct err *e) MUST_USE;

/* status.c: 5.1.8.4 and 5.3.8.2 (R-301..R-490): enhanced status codes <-> reason and diagnostic. */
void status_to_x400(const char *status, bool strict, int *reason, int *diagnostic, const char **row);
const char *status_to_822(int reason, int diagnostic, const char **row);
const char *reason_text(int reason);          /* "unable-to-transfer" */
const char *diagnostic_text(int diagnostic);  /* "unrecognised-OR-name" */
/* "Unable to transfer: address not recognised" */
char *status_explain(struct arena *a, int reason, int diagnostic) MUST_USE;

/* notification.c: 5.3.9 and MDN (N rows).  to_822 is complete like report_to_822. */
int notification_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out, struct err *e) MUST_USE;
/* Can this MDN become an IPN (N-304)?  Else it is an ordinary message (N-303). */
bool notification_is_ipn(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, const struct smtp_envelope *env);
/* Fills m->ipn; the envelope is envelope.c's. */
int notification_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m, struct err *e) MUST_USE;
/* Does this DSN become a report here: some recipient failed or delivered (or relayed, R-103), and its message is known
 * or names its MTS-identifier itself?  Else it is an ordinary message. */
bool report_is_for_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail);

/* Every file's rule tables; mixer_rules lists them. */
extern const struct rule_table status_code_rules, status_reason_rules, status_diagnostic_rules, report_to_822_rules, report_to_x400_rules,
	body_to_x400_rules, body_to_822_rules, body_delivery_rules, body_rules, notification_to_822_rules, notification_to_x400_rules;

#endif
