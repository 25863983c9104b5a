/*
 * tool/tool.h - what the verbs of mixgate(1) share: options, set-up, output.
 */
#ifndef MIXGATE_TOOL_TOOL_H
#define MIXGATE_TOOL_TOOL_H

#include <stdbool.h>

#include "addr/addr.h"
#include "base/config.h"
#include "dir/dir.h"
#include "base/stream.h"
#include "mixer/mixer.h"

/* Exit codes of all verbs: 0 done, 1 the answer is "no" (a bad table, an unmappable address, a difference), 2 wrong use,
 * 3 trouble of our own (file, memory). */
enum { TOOL_OK = 0, TOOL_NO = 1, TOOL_USAGE = 2, TOOL_TROUBLE = 3 };

struct tool {
	struct arena *arena;
	const char *config_path; /* --config; NULL: the installed one if it exists, else defaults */
	const char *tables_dir;  /* --tables: a folder in the form of t/vectors/address/tables */
	bool json;               /* --json */
	struct stream *out;      /* stdout */
	/* by tool_setup: */
	const struct config *config;
	struct addr_tables *tables;
	struct dir *dir; /* NULL with --tables */
	struct mixer_settings settings;
};

struct tool_verb {
	const char *name, *usage, *summary;
	int (*run)(struct tool *t, int argc, char **argv);
};
extern const struct tool_verb tool_verbs[];
extern const size_t tool_verbs_count;

/* One option of a verb: value NULL for flags. */
struct tool_option {
	const char *name; /* "--to" */
	const char **value;
	bool *flag;
};
/* Reads the options of a verb and those that all have (--config, --tables, --json); the words left are moved to the
 * front of argv, their number returned, or -1 after a message. */
int tool_options(struct tool *t, const struct tool_option *options, size_t count, int argc, char **argv) MUST_USE;
/* Configuration alone (`mixgate ping` is for a house that is not yet in order). */
int tool_config(struct tool *t, struct err *e) MUST_USE;
/* Configuration, tables and the names the gateway goes by. */
int tool_setup(struct tool *t, struct err *e) MUST_USE;
/* The texts of the tables alone, not read yet. */
int tool_source(struct tool *t, struct addr_tables_source *out, struct err *e) MUST_USE;
/* A file, or "-" for standard input (copied to a temporary file), as blob. */
int tool_read(struct tool *t, const char *path, struct blob *out, struct err *e) MUST_USE;
/* "mixgate addr: text" on stderr; returns code. */
int tool_fail(const char *verb, const struct err *e, int code);
int tool_usage(const char *verb, const char *text);

int tool_addr(struct tool *t, int argc, char **argv);
int tool_check(struct tool *t, int argc, char **argv);
int tool_convert(struct tool *t, int argc, char **argv);
int tool_dump(struct tool *t, int argc, char **argv);
int tool_ping(struct tool *t, int argc, char **argv);
int tool_prune(struct tool *t, int argc, char **argv);
int tool_rules(struct tool *t, int argc, char **argv);
int tool_table(struct tool *t, int argc, char **argv);
int tool_track(struct tool *t, int argc, char **argv);
int tool_vectors(struct tool *t, int argc, char **argv);

#endif
