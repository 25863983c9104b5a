/*
 * iso2022.h - text in the code extension technique of ISO 2022, as GeneralString and GraphicString carry it.
 *
 * X.420 general-text, file names and descriptions of X.400 are octets with escape sequences that designate registered
 * character sets (ISO-IR numbers).  Reading runs the state machine (designations, locking and single shifts, UTF-8 by
 * ESC 25) and yields UTF-8 and the sets that were really used; writing puts one 96-set beside ASCII.  RFC 2157 6.2.
 */
#ifndef MIXGATE_BASE_ISO2022_H
#define MIXGATE_BASE_ISO2022_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define ISO2022_SETS 16
struct iso2022_used {
	int ir[ISO2022_SETS]; /* registration numbers of the graphic sets used, ascending */
	size_t count;
	bool unknown;         /* a set without a table was used: the text is not complete */
	size_t lost;          /* octets without meaning, written as U+FFFD */
};

/* Octets to UTF-8.  declared: the registrations announced beside the text (X.420 parameters), which help where high
 * octets come without a designation (one G1-capable registration: that; none: default_g1, 0 for "UTF-8 if valid, else
 * ISO 8859-1").  Fails only when a character set cannot be converted at all. */
int iso2022_to_utf8(struct arena *a, struct octets in, const int *declared, size_t count, int default_g1, char **out,
                    struct iso2022_used *used, struct err *e) MUST_USE;
/* The MIME charset of ASCII with this 96-set ("ISO-8859-1" for 100); NULL: none. */
const char *iso2022_charset(int ir);
/* The registration of the right half of ISO 8859 part n: 100 for 1; 0: none. */
int iso2022_of_8859(int part);
/* UTF-8 to octets: ESC 28 42 (ASCII to G0), the designation of ir to G1, the text.  *lost as in charset_from_utf8. */
int iso2022_from_utf8(struct arena *a, const char *in, int ir, struct octets *out, size_t *lost, struct err *e) MUST_USE;

#endif
