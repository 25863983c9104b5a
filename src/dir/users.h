/*
 * dir/users.h - mappings/users: one user a line, mail address and O/R address (mixgate-directory(7)).
 */
#ifndef MIXGATE_DIR_USERS_H
#define MIXGATE_DIR_USERS_H

#include "addr/source.h"

struct users;

/* Wrong lines are one error with file and line; a second line for a mail address too.  Several lines may have one O/R
 * address: the first is its mail address. */
int users_load(struct arena *a, const char *const *files, size_t count, struct users **out, struct err *e) MUST_USE;
/* The same in two steps: a helper process reads the files and leaves a table in a new memory file, which others map. */
int users_build(const char *const *files, size_t count, int *fd, struct err *e) MUST_USE;
int users_map(struct arena *a, int fd, struct users **out, struct err *e) MUST_USE;
/* ADDR_FOUND or ADDR_NO_RULE. */
enum addr_answer users_by_822(const struct users *u, struct arena *a, const char *addr_spec, struct addr_user *out);
enum addr_answer users_by_x400(const struct users *u, struct arena *a, const struct or_address *o, struct addr_user *out);

/* One line: 0 a user, 1 comment or empty, -1 wrong.  *out is without origin. */
int users_parse_line(struct arena *a, const char *line, struct addr_user *out, struct err *e) MUST_USE;

#endif
