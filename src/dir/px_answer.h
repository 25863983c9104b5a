/*
 * dir/px_answer.h - one DNS message as the answer to a PX question (RFC 2163 4, RFC 1035 4); pure.
 */
#ifndef MIXGATE_DIR_PX_ANSWER_H
#define MIXGATE_DIR_PX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct dir_px_question {
	uint16_t id;
	const uint8_t *name; /* as sent: labels, uncompressed */
	size_t name_length;
};

enum dir_px_state {
	DIR_PX_FOREIGN,   /* not the answer to this question: go on waiting */
	DIR_PX_TRUNCATED, /* ask again by TCP */
	DIR_PX_FAILED,    /* the server could not or would not say; *e has why */
	DIR_PX_ANSWERED   /* records, or none for certain (no such name, no such record) */
};

struct dir_px_record {
	unsigned preference;
	const char *map822;  /* "net2.it", without the last full stop, in lower case */
	const char *mapx400; /* "PRMD-net2.ADMD-p400.C-it" */
};

struct dir_px_answer {
	bool validated; /* AD bit */
	bool bad;       /* there were PX records that cannot be read */
	struct {
		struct dir_px_record *items;
		size_t count, capacity;
	} records; /* lowest preference first, then by text: the order of the answer means nothing */
};

/* q in the form of RFC 1035 into out; the length, or -1: no legal name. */
int dir_px_question(struct dir_px_question *q, const char *name, uint8_t *out, size_t size, struct err *e) MUST_USE;
enum dir_px_state dir_px_read(struct arena *a, const struct dir_px_question *q, const uint8_t *p, size_t n, struct dir_px_answer *out,
                              struct err *e);

#endif
