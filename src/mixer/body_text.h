/*
 * mixer/body_text.h - text bodies: which character sets carry a text (RFC 2157 6.1, 6.2, rows B-1xx).
 */
#ifndef MIXGATE_MIXER_BODY_TEXT_H
#define MIXGATE_MIXER_BODY_TEXT_H

#include "mixer/mixer.h"

/* Longer texts are not recoded in memory: ASCII streams, anything else travels as a file. */
#define BODY_TEXT_MAX (4u << 20)

enum text_fate {
	TEXT_IA5,        /* *out is ASCII */
	TEXT_GENERAL,    /* *out with escape sequences, sets filled */
	TEXT_ENCAPSULATE /* nothing fits, or recoding is not allowed: as a file, octets exact; why says so */
};
struct text_choice {
	enum text_fate fate;
	struct octets out;
	int sets[8];
	size_t count;
	const char *row, *why;
};
/* MIME text octets in charset (NULL: none given) to X.400; recode false: conversion is prohibited (B-139). */
void text_to_x400(struct arena *a, struct octets in, const char *charset, bool recode, struct text_choice *out);
/* ASCII without shifts or escapes? */
bool text_is_ia5(struct octets in);
/* Bare LF to CRLF where the text has no CRLF at all (B-108). */
struct octets text_crlf(struct arena *a, struct octets in);

/* general-text data with its registrations to text octets and MIME charset; false: a set is not known (B-124). */
bool text_general_to_822(struct arena *a, struct octets in, const int *sets, size_t count, struct octets *out, const char **charset);
/* IA5String octets: the charset that their high octets have (B-103). */
const char *text_ia5_charset(struct octets in);
/* Teletex pages (each ended by FF) to text octets and charset (B-160, B-161). */
void text_teletex_to_822(struct arena *a, struct octets in, struct octets *out, const char **charset);

#endif
