/*
 * clock.h - points in time with the zone they were written in, and deadlines.
 *
 * X.400's UTCTime and RFC 5322's date-time both carry a zone, and RFC 2156 3.3.5 keeps it (G-013, G-014), so a time is
 * seconds since 1970 plus an offset.  Translators never look at the clock: the time is a parameter.
 */
#ifndef MIXGATE_BASE_CLOCK_H
#define MIXGATE_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct when {
	int64_t seconds;   /* since 1970-01-01T00:00:00Z */
	int offset;        /* minutes east of UTC */
	bool set;          /* false: absent */
	bool no_seconds;   /* the UTCTime had none */
	bool z;            /* the UTCTime ended in Z, not in an offset */
};

/* The wall clock now, offset 0. */
struct when clock_now(void);
/* A monotonic clock in milliseconds, for deadlines. */
int64_t clock_monotonic_ms(void);
/* X.680 UTCTime text "YYMMDDhhmm[ss](Z|+hhmm|-hhmm)"; years 80-99 are 19yy, 00-79 20yy (G-015); a four-digit year is
 * taken too.  0 or -1. */
int clock_parse_utctime(const char *s, size_t n, struct when *out) MUST_USE;
/* "YYMMDDhhmm[ss]+hhmm", or Z when w.z.  out needs 20 octets. */
void clock_format_utctime(const struct when *w, char out[static 20]);
/* RFC 5322 date-time "Tue, 05 Mar 2024 09:15:20 +0000".  out needs 40 octets. */
void clock_format_rfc5322(const struct when *w, char out[static 40]);
/* ISO 8601 "2024-03-05T09:15:20+00:00", for logs, dumps and --now.  out needs 32 octets. */
void clock_format_iso(const struct when *w, char out[static 32]);
int clock_parse_iso(const char *s, struct when *out) MUST_USE;
/* Seconds since 1970 of a civil UTC time (month 1..12). */
int64_t clock_from_civil(int year, int month, int day, int hour, int minute, int second);

#endif
