/*
 * relay/twin_make.h - the APDUs that mixgate-source, and mixgate-sink when it has the turn, send: messages, probes and
 * reports that are made, or octets from files.
 */
#ifndef MIXGATE_RELAY_TWIN_MAKE_H
#define MIXGATE_RELAY_TWIN_MAKE_H

#include "relay/twin_store.h"

#define TWIN_TEXT_MAX (200L << 20)

struct twin_make {
	enum mx_kind kind;
	long length, length_max; /* octets of text, at random between the two */
	long recipients, report_request;
	enum mx_priority priority;
	const char *from, *to, *subject; /* subject NULL: the identifier */
	struct twin_report report; /* MX_REPORT: what it says */
	const char *about;         /* MX_REPORT: local identifier of the subject, of our domain; NULL: its own */
	struct {
		const char **items;
		size_t count, capacity;
	} files; /* sent in turn, octets as they are */
	struct blob text;
};
#define TWIN_MAKE_DEFAULT                                                                                              \
	((struct twin_make){.length = 2000, .recipients = 1, .report_request = 1,                                          \
	                    .from = "/G=source/S=test/O=twin/PRMD=SOURCE/ADMD= /C=XX/", .to = "/S=sink/O=twin/PRMD=SINK/ADMD= /C=XX/"})

/* Once, before the first APDU. */
int twin_make_prepare(const struct twin *t, struct twin_make *m, struct err *e) MUST_USE;
/* The n-th APDU of a session, for an association of that mode; its octets may stand in room, which one session uses again and again, or in a file of a's. */
int twin_make_apdu(struct arena *a, const struct twin *t, const struct twin_make *m, enum osi_mode mode, long n, struct buf *room,
                   struct blob *out, struct err *e) MUST_USE;
struct buf *twin_make_room(struct arena *a) MUST_USE;
/* "2000" or "100-5000"; "normal", "non-urgent", "urgent"; a file, or a folder for all its files. */
int twin_make_length(struct twin_make *m, const char *text, struct err *e) MUST_USE;
int twin_make_priority(struct twin_make *m, const char *text, struct err *e) MUST_USE;
int twin_make_files(const struct twin *t, struct twin_make *m, const char *path, struct err *e) MUST_USE;

#endif
