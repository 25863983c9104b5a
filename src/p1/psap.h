/*
 * p1/psap.h - presentation addresses (X.520 6.9) as text after RFC 1278, for extended-network-address.
 *
 * Only the general form is written and read: selectors as 'hex'H or "text", network addresses as NS+hex, joined by "_".
 * RFC 1278 macros are not known here.
 */
#ifndef MIXGATE_P1_PSAP_H
#define MIXGATE_P1_PSAP_H

#include "ber/writer.h"

/* content: the members of PresentationAddress; NULL when they are not what X.520 says. */
char *p1_psap_text(struct arena *a, struct octets content) MUST_USE;
/* Writes the members; false (and nothing written) for text that is not of this form. */
bool p1_psap_write(struct arena *a, struct ber_writer *w, const char *text) MUST_USE;

#endif
