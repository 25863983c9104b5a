/*
 * relay/twin_store.h - what mixgate-sink and mixgate-source do with an APDU that comes in: write it to a file before it is
 * confirmed, print it, answer it with a report.
 */
#ifndef MIXGATE_RELAY_TWIN_STORE_H
#define MIXGATE_RELAY_TWIN_STORE_H

#include "base/stream.h"
#include "relay/twin.h"

struct twin_report {
	enum { TWIN_REPORT_NONE, TWIN_REPORT_DELIVERY, TWIN_REPORT_NONDELIVERY } kind;
	int reason, diagnostic;
};
struct twin_store_options {
	const char *dir; /* NULL: octets are counted and forgotten */
	bool sync;
	struct twin_report report;
};

/* One APDU, or none. */
struct twin_store {
	const struct twin *twin;
	const struct twin_store_options *o;
	struct arena *arena; /* NULL: no APDU is coming in */
	struct stream *out;
	int fd;
	char *path, *temporary;
	long number;
};

void twin_store_begin(struct twin_store *s);
void twin_store_put(struct twin_store *s, const void *p, size_t n);
/* The file has its name: the APDU may be confirmed. */
int twin_store_keep(struct twin_store *s, struct err *e) MUST_USE;
/* After the confirm: shows it; *report is the APDU that the originator asked for, in arena a and the P1 of that mode, len 0: none. */
int twin_store_look(struct twin_store *s, struct arena *a, enum osi_mode mode, struct blob *report, struct err *e) MUST_USE;
void twin_store_drop(struct twin_store *s);

/* "delivery", "nondelivery", "nondelivery:1/0" */
int twin_report_parse(const char *text, struct twin_report *out, struct err *e) MUST_USE;
/* A report without recipients about a message. */
struct mx_message *twin_report_about(struct arena *a, const struct twin *t, const char *id, const struct mx_message *subject) MUST_USE;
void twin_report_add(struct arena *a, const struct twin_report *r, const struct mx_recipient *about, struct mx_message *report);

#endif
