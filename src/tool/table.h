/*
 * tool/table.h - the words behind `mixgate table`; each returns an exit code of tool.h.
 */
#ifndef MIXGATE_TOOL_TABLE_H
#define MIXGATE_TOOL_TABLE_H

#include "tool/tool.h"

int table_lint(struct tool *t, int argc, char **argv);
int table_query(struct tool *t, int argc, char **argv);
int table_dump(struct tool *t, int argc, char **argv);
int table_diff(struct tool *t, int argc, char **argv);
int table_import(struct tool *t, int argc, char **argv);

#endif
