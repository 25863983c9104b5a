/*
 * charset.h - character sets to and from UTF-8 (iconv), and T.61 with the repairs that X.400 needs.
 *
 * The one place that touches iconv.  Conversion never invents characters: what cannot be expressed is counted and
 * written as the replacement that the caller chose.
 */
#ifndef MIXGATE_BASE_CHARSET_H
#define MIXGATE_BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Octets in charset (a MIME name) to NUL-terminated UTF-8.  *lost counts octets that have no meaning there (written as
 * U+FFFD); ERR_CHARSET only when the charset itself is unknown. */
int charset_to_utf8(struct arena *a, const char *charset, struct octets in, char **out, size_t *lost, struct err *e) MUST_USE;
/* UTF-8 to charset; *lost counts characters that became replacement (0: written as '?'). */
int charset_from_utf8(struct arena *a, const char *charset, const char *in, struct octets *out, size_t *lost, struct err *e) MUST_USE;
/* TeletexString (T.61, floating accents, Latin-1 tolerated; G-011) to UTF-8: never fails. */
char *charset_t61_to_utf8(struct arena *a, struct octets in) MUST_USE;
/* UTF-8 to TeletexString; *lost as above. */
struct octets charset_utf8_to_t61(struct arena *a, const char *in, size_t *lost) MUST_USE;
/* The same as T.61 is written: '$' and '#' where T.61 has them, and nothing that it does not have. */
struct octets charset_utf8_to_t61_strict(struct arena *a, const char *in, size_t *lost) MUST_USE;
/* Octets of T.61 that are ISO 8859-1 in truth: some have no meaning in T.61, and no diacritic stands before its letter. */
bool charset_t61_is_latin1(struct octets in);
/* Letter and combining mark as one character, for the letters that ISO 8859 has (NFC of those). */
char *charset_compose(struct arena *a, const char *in) MUST_USE;
/* ASCII that says nearly the same: "Gruesse", "EUR", '"'; what has no likeness is '?'.  *lost counts characters changed. */
struct octets charset_transliterate(struct arena *a, const char *in, size_t *lost) MUST_USE;
/* True when iconv knows the charset. */
bool charset_known(const char *charset);

#endif
