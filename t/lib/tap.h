/*
 * tap.h - TAP output for the C tests (https://testanything.org).  plan is printed at the end by tap_done.
 */
#ifndef MIXGATE_T_TAP_H
#define MIXGATE_T_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* One test point; the text names the rule it shows, e.g. "H-107 Message-ID becomes this-IPM". Returns cond. */
bool tap_ok(bool cond, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
/* Compares strings (NULL allowed) and shows both when they differ. */
bool tap_is(const char *got, const char *want, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
#define is(got, want, ...) tap_is((got), (want), __FILE__, __LINE__, __VA_ARGS__)
bool tap_is_int(long long got, long long want, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
#define is_int(got, want, ...) tap_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
/* Compares octets and shows the first difference in hex. */
bool tap_is_octets(const void *got, size_t ngot, const void *want, size_t nwant, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
#define is_octets(got, ngot, want, nwant, ...) tap_is_octets((got), (ngot), (want), (nwant), __FILE__, __LINE__, __VA_ARGS__)
void tap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define diag tap_diag
/* A file below the source folder ($srcdir or "."), e.g. "t/golden/1.eml": heap memory with a NUL behind it, or ends the
 * test. */
char *tap_read_file(const char *path, size_t *n);
const char *tap_srcdir(void);
/* Anonymous memory of this process in KiB (RssAnon); ends the test when it cannot be told. */
long tap_memory(void);
/* Prints the plan; exit status for main. */
int tap_done(void);

#endif
