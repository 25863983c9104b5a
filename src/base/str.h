/*
 * str.h - what <string.h> lacks: ASCII comparison without locale, numbers with bounds, printable foreign text.
 */
#ifndef MIXGATE_BASE_STR_H
#define MIXGATE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

/* ASCII case-insensitive, never the locale's. */
bool str_ieq(const char *a, const char *b);
bool str_ieqn(const char *a, const char *b, size_t n);
bool str_istarts(const char *s, const char *prefix);
int str_icmp(const char *a, const char *b);
static inline bool str_eq(const char *a, const char *b) { return __builtin_strcmp(a, b) == 0; }
static inline char str_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline char str_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }
static inline bool str_is_digit(char c) { return c >= '0' && c <= '9'; }
/* Decimal digits alone, min <= value <= max; 0 or -1. */
int str_to_long(const char *s, long min, long max, long *out) MUST_USE;
/* Foreign text for people and logs: control characters, quotes and backslash as \xHH (so no line break, no escape
 * sequence gets through); octets over 7F only when the whole is valid UTF-8.  Always NUL terminated. */
void str_printable(char *out, size_t size, const void *p, size_t n);
/* Lower-case hexadecimal of n octets; out needs 2n+1. */
void str_hex(char *out, const uint8_t *p, size_t n);
/* The value of one hexadecimal digit, -1 if it is none. */
int str_hex_digit(char c);
/* Well-formed UTF-8 without surrogates and overlong forms (RFC 3629). */
bool str_is_utf8(const void *p, size_t n);
/* Only octets 20..7E. */
bool str_is_printable_ascii(const char *s);
/* PrintableString repertoire (X.680 table 10): one character, n octets, a string. */
bool str_is_ps_char(unsigned char c);
bool str_is_ps(const void *p, size_t n);
bool str_is_printable_string(const char *s);

#endif
