/*
 * mime/guard.h - what is counted before anything else looks at a message, so that no input costs more than its size.
 *
 * Every excess has its row in err.def.  The guard runs inside the walk of mime/structure.c: a header is counted before
 * its fields are read, a part before it is made, and GMime sees only what has passed (mime/second.c).
 */
#ifndef MIXGATE_MIME_GUARD_H
#define MIXGATE_MIME_GUARD_H

#include "base/buf.h"
#include "mime/mime.h"

/* Limits that are not the operator's: they stand far above anything seen and only bound work. */
#define MIME_GUARD_PARAMS 500     /* parameters of one Content-Type or Content-Disposition */
#define MIME_GUARD_BOUNDARY 200   /* octets of a boundary; RFC 2046 5.1.1 has 70 */
#define MIME_GUARD_ALL_HEADERS 8  /* times header_size, in all headers of a message together */
#define MIME_GUARD_ALL_FIELDS 4   /* times header_fields, in all headers of a message together */

struct mime_guard {
	const struct mime_limits *limits;
	uint64_t header_octets; /* of all headers so far */
	uint64_t fields;
	unsigned parts;
};

/* The size of the whole message. */
int mime_guard_message(const struct mime_guard *g, uint64_t size, struct err *e) MUST_USE;
/* A header block (the message's or a part's), before its fields are read. */
int mime_guard_header(struct mime_guard *g, struct octets block, struct err *e) MUST_USE;
/* One more part. */
int mime_guard_part(struct mime_guard *g, struct err *e) MUST_USE;
/* A structured value with parameters. */
int mime_guard_params(const char *value, struct err *e) MUST_USE;

#endif
