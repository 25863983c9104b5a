/*
 * table.h - a read-only string table in a file that all processes map (compiled mapping tables, DESIGN "Processes").
 *
 * Keys are octet strings, values too; a key has one value.  table_build writes a file beside its place and renames it;
 * table_open maps it.  The format has a magic, a version, the byte order and a checksum of its header; a file that does
 * not fit is refused, never read.
 */
#ifndef MIXGATE_BASE_TABLE_H
#define MIXGATE_BASE_TABLE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct table; /* opened table */
struct table_writer;

/* Collects entries in memory (heap); a second entry with the same key is ERR_TABLE_DUPLICATE and changes nothing. */
struct table_writer *table_writer_new(void) MUST_USE;
void table_writer_free(struct table_writer *w);
int table_add(struct table_writer *w, struct octets key, struct octets value, struct err *e) MUST_USE;
/* Number of entries. */
size_t table_writer_count(const struct table_writer *w);
/* Writes path (path.new, fsync, rename). */
int table_write(struct table_writer *w, const char *path, struct err *e) MUST_USE;
/* The same table without a file, owned by the arena: for small sets and tests. */
struct table *table_from_writer(struct arena *a, struct table_writer *w) MUST_USE;
/* Maps path until the arena ends. */
int table_open(struct arena *a, const char *path, struct table **out, struct err *e) MUST_USE;
/* The value of key; returns 0 and fills *value, or 1 when there is none.  value points into the map. */
int table_find(const struct table *t, struct octets key, struct octets *value) MUST_USE;
size_t table_count(const struct table *t);
/* Entry i (0 .. table_count - 1) in order of addition: 0, or 1 when there is none. */
int table_entry(const struct table *t, size_t i, struct octets *key, struct octets *value) MUST_USE;

#endif
