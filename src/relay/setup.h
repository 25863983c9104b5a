/*
 * relay/setup.h - everything that a reload replaces at once: settings, tables, the names the gateway goes by.
 *
 * Loaded by the parent (and by `mixgated --check`); children inherit it by fork and never change it.  A set that has an
 * error anywhere is not taken at all; the last good one stays.
 */
#ifndef MIXGATE_RELAY_SETUP_H
#define MIXGATE_RELAY_SETUP_H

#include "addr/addr.h"
#include "base/config.h"
#include "dir/dir.h"
#include "mixer/mixer.h"
#include "relay/board.h"

struct setup {
	struct arena *arena;
	const struct config *config;
	struct addr_tables *tables;
	struct dir *dir; /* what tables ask beside their texts */
	struct mapped *mapped;
	struct mixer_settings settings;
	struct board *board;
};

/* All but the tables. */
int setup_begin(const char *path, struct setup **out, struct err *e) MUST_USE;
/* Maps the compiled tables and users that a helper process left in fd and users (tables_main); users -1: none. */
int setup_map_tables(struct setup *s, int fd, int users, struct err *e) MUST_USE;
/* setup_begin, and the tables read here: for `mixgated --check`. */
int setup_load(const char *path, struct setup **out, struct err *e) MUST_USE;
/* A message begins: look-ups have a new allowance of time, and mapped addresses are logged anew. */
void setup_begin_message(const struct setup *s);
void setup_free(struct setup *s);
/* What the translators want to know, from the configuration alone: local.gdi "/PRMD=x/ADMD=y/C=z/" is the global domain
 * identifier of our trace and identifiers.  header_store is on, for the journal keeps the header.  Strings are those of
 * c or live in a. */
int setup_settings(struct arena *a, const struct config *c, struct mixer_settings *out, struct err *e) MUST_USE;
/* Folder of temporary files; NULL: TMPDIR or /tmp. */
const char *setup_tmpdir(const struct setup *s);
/* Index in config.peers, or -1. */
int setup_find_peer(const struct setup *s, const char *name);
/* log.target and log.level of mixgate.conf take effect. */
void setup_open_log(const struct setup *s, const char *program);

#endif
