/*
 * mixer/body_text.h - text bodies: which character sets carry a text (RFC 2157 6.1, 6.2, rows B-1xx).
 */
#ifndef MIXGATE_MIXER_BODY_TEXT_H
#define MIXGATE_MIXER_BODY_TEXT_H

#include "mixer/mixer.h"

/* Longer texts are not recoded in memory: ASCII streams, anything else travels as a file. */
#define BODY_TEXT_MAX (4u << 20)

/* What decides beside the text itself. */
struct text_rules {
	const struct config_bodies *b;
	const char *charset_default; /* of text that names none and is not ASCII: "auto" or a name */
	bool recode;                 /* conversion is allowed (B-139) */
	bool loss;                   /* so is loss of characters (B-140) */
};

enum text_fate {
	TEXT_IA5,        /* *out is ASCII */
	TEXT_GENERAL,    /* *out with escape sequences, sets filled */
	TEXT_TELETEX,    /* *out is T.61 */
	TEXT_ISO6937,    /* *out is ISO 6937 */
	TEXT_ENCAPSULATE /* nothing fits, or recoding is not allowed: as a file, octets exact; why says so */
};
struct text_choice {
	enum text_fate fate;
	struct octets out;
	int sets[8];
	size_t count;
	const char *row, *why;
	bool no_set; /* TEXT_ENCAPSULATE because no character set has it all: bodies.text_utf8 decides how */
	bool recoded; /* *out is in another character set than the text was (B-016) */
	size_t lost; /* characters */
};
/* MIME text octets in charset (NULL: none given) to X.400. */
void text_to_x400(struct arena *a, struct octets in, const char *charset, const struct text_rules *r, struct text_choice *out);
/* format=flowed (RFC 3676): stuffing removed, and with unwrap paragraphs joined. */
struct octets text_unflow(struct arena *a, struct octets in, bool unwrap, bool delsp);
/* Lines of at most max octets, broken at blanks where there are any (B-107). */
struct octets text_wrap(struct arena *a, struct octets in, size_t max);
/* ASCII without shifts or escapes? */
bool text_is_ia5(struct octets in);
/* Bare LF to CRLF where the text has no CRLF at all (B-108). */
struct octets text_crlf(struct arena *a, struct octets in);

/* general-text data with its registrations to text octets and MIME charset; false: a set is not known (B-124), or the text
 * would have to be recoded. */
bool text_general_to_822(struct arena *a, struct octets in, const int *sets, size_t count, const struct text_rules *r,
                         struct octets *out, const char **charset);
/* IA5String octets: the charset that their high octets have (B-103). */
const char *text_8bit_charset(struct octets in, const char *named);
/* Teletex pages (each ended by FF) to text octets and charset (B-160, B-161, B-165). */
void text_teletex_to_822(struct arena *a, struct octets in, const struct text_rules *r, struct octets *out, const char **charset);
/* Lines of ISO 6937 (B-166). */
void text_iso6937_to_822(struct arena *a, struct octets in, struct octets *out, const char **charset);

#endif
