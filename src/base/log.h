/*
 * log.h - one line per event: "event key=value key=value", to syslog or stderr (mixgate-log(5)).
 *
 * Keys are stable; values with blanks are quoted; foreign text is made printable.  A line has the ids of both sides
 * wherever they are known: log_context sets the pairs that every later line of this process starts with.
 */
#ifndef MIXGATE_BASE_LOG_H
#define MIXGATE_BASE_LOG_H

#include "base/err.h"
#include "base/macros.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };

void log_open(const char *program, enum log_target target, enum log_level level);
/* Pairs "key", "value", ..., NULL, kept (copied) until the next call; log_context(NULL) clears. */
void log_context(const char *key, ...) __attribute__((sentinel));
/* log_event(level, "transferred", "peer", name, "mts_id", id, NULL): pairs of strings, ended by NULL.  A NULL value
 * skips its pair only if written as "". */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
/* The event with error=NAME text="..." where=... of e, then the pairs. */
void log_err(enum log_level level, const char *event, const struct err *e, ...) __attribute__((sentinel));
/* Decimal text of n for a log pair, valid until 16 later calls. */
const char *log_num(long long n);

#endif
