/*
 * table.h - a read-only string table in a file that all processes map (compiled mapping tables, ARCHITECTURE "Processes").
 *
 * Keys are octet strings, values too; a key has one value.  A table is written to a file beside its place that is then
 * renamed, or to an open descriptor (a memory file); table_open maps it.  The format has a magic, a version, the byte
 * order, a checksum of its header and a digest of all that follows; a file that does not fit is refused, never read.
 */
#ifndef MIXGATE_BASE_TABLE_H
#define MIXGATE_BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct table; /* opened table */
struct table_writer;

/* Collects entries in memory (heap), about expected of them; a second entry with the same key is ERR_TABLE_DUPLICATE and
 * changes nothing. */
struct table_writer *table_writer_new(size_t expected) MUST_USE;
void table_writer_free(struct table_writer *w);
int table_add(struct table_writer *w, struct octets key, struct octets value, struct err *e) MUST_USE;
/* With the hash that table_hash gave for the key, on table_of_writer. */
int table_add_hash(struct table_writer *w, uint32_t hash, struct octets key, struct octets value, struct err *e) MUST_USE;
/* Number of entries. */
size_t table_writer_count(const struct table_writer *w);
/* Writes path: a new file beside it, then rename. */
int table_write(struct table_writer *w, const char *path, struct err *e) MUST_USE;
/* Writes to fd; name is for messages. */
int table_write_fd(struct table_writer *w, int fd, const char *name, struct err *e) MUST_USE;
/* What has been added so far, to look things up in; valid until the next table_add and as long as w. */
const struct table *table_of_writer(struct table_writer *w) MUST_USE;
/* The same table without a file, owned by the arena from now on; w is empty afterwards. */
struct table *table_from_writer(struct arena *a, struct table_writer *w) MUST_USE;
/* Maps path until the arena ends. */
int table_open(struct arena *a, const char *path, struct table **out, struct err *e) MUST_USE;
/* The same by a descriptor, which stays the caller's; with a digest that was looked at before (verified) at once. */
int table_open_fd(struct arena *a, int fd, const char *name, bool verified, struct table **out, struct err *e) MUST_USE;
/* The value of key; returns 0 and fills *value, or 1 when there is none.  value points into the map. */
int table_find(const struct table *t, struct octets key, struct octets *value) MUST_USE;
/* The same in steps, so that several look-ups can wait for memory at the same time: table_hash for each, if they are many
 * table_touch for each, then table_find_hash. */
uint32_t table_hash(const struct table *t, struct octets key) MUST_USE;
void table_touch(const struct table *t, uint32_t hash);
int table_find_hash(const struct table *t, uint32_t hash, struct octets key, struct octets *value) MUST_USE;
size_t table_count(const struct table *t);
/* The next entry in order of addition: *at is 0 at first and moved; 0, or 1 when there is none. */
int table_next(const struct table *t, size_t *at, struct octets *key, struct octets *value) MUST_USE;

#endif
