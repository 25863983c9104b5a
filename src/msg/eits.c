/*
 * eits.c - the kinds of body that somebody can take, and whether encoded information types are among them (X.411 8.2.1.2.1:
 * deliverable-encoded-information-types).
 *
 * Words are those of mixgate-directory(7), or object identifiers; X.411 has one for each built-in type as well.
 */
#include <string.h>

#include "base/str.h"
#include "msg/msg.h"

#define ID_EIT "2.6.3.4."                /* X.411 annex A: id-eit, then the number of the bit */
#define CHARACTER_SETS "1.0.10021.7.1.0." /* X.420 annex: general-text, then a registration number */
#define FILE_TRANSFER "2.6.1.12.0"
#define MIXER "1.3.6.1.7.1.3.5"          /* RFC 2156 appendix D: marks a gateway, is no kind of body */
#define BIT_TYPES 10

static const struct {
	const char *word;
	int bit;         /* -1: none */
	const char *oid; /* a last full stop: all below */
} words[] = {
	{"any", -1, ""},
	{"undefined", 0, NULL},
	{"telex", 1, NULL},
	{"ia5", 2, NULL},
	{"ia5-text", 2, NULL},
	{"g3", 3, NULL},
	{"g3-facsimile", 3, NULL},
	{"g4", 4, NULL},
	{"g4-class-1", 4, NULL},
	{"teletex", 5, NULL},
	{"videotex", 6, NULL},
	{"voice", 7, NULL},
	{"sfd", 8, NULL},
	{"mixed-mode", 9, NULL},
	{"general-text", -1, CHARACTER_SETS},
	{"ftbp", -1, FILE_TRANSFER},
	{"file-transfer", -1, FILE_TRANSFER},
};

static int find_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_ieq(word, words[i].word))
			return (int)i;
	return -1;
}

/* The bit that an identifier below ID_EIT stands for, or -1. */
static int bit_of(const char *dotted)
{
	long bit;

	return str_istarts(dotted, ID_EIT) && str_to_long(dotted + strlen(ID_EIT), 0, BIT_TYPES - 1, &bit) == 0 ? (int)bit : -1;
}

static bool covers(const char *oid, const char *dotted)
{
	size_t n = strlen(oid);

	return n > 0 && oid[n - 1] == '.' ? str_istarts(dotted, oid) : str_eq(oid, dotted);
}

/* One type, by its bit or its identifier. */
static bool takes(const char *word, int bit, const char *dotted)
{
	int i = find_word(word);

	if (i < 0)
		return bit >= 0 ? bit_of(word) == bit : str_eq(word, dotted);
	if (words[i].oid != NULL && *words[i].oid == '\0')
		return true;
	return bit >= 0 ? words[i].bit == bit : words[i].oid != NULL && covers(words[i].oid, dotted);
}

static bool any_takes(const char *const *list, int bit, const char *dotted)
{
	for (; *list != NULL; list++)
		if (takes(*list, bit, dotted))
			return true;
	return false;
}

bool mx_body_word_known(const char *word)
{
	return find_word(word) >= 0 || (strchr(word, '.') != NULL && word[strspn(word, "0123456789.")] == '\0');
}

const char *mx_eits_beyond(struct arena *a, const struct mx_eits *eits, const char *const *list)
{
	for (int bit = 0; bit < BIT_TYPES; bit++)
		if ((eits->built_in & (1u << bit)) != 0 && !any_takes(list, bit, NULL))
			return arena_printf(a, "%s%d", ID_EIT, bit);
	for (size_t i = 0; i < eits->extended.count; i++) {
		const char *dotted = mx_oid_text(a, &eits->extended.items[i]);
		int bit = bit_of(dotted);

		if (!str_eq(dotted, MIXER) && !any_takes(list, bit, dotted))
			return dotted;
	}
	return NULL;
}
