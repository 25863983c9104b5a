/*
 * mixer/ids.c - message identifiers of both worlds, RFC 2156 4.7.3 (rows H-103..H-108, H-121, H-240..H-245).
 *
 * Each direction is a list of alternatives in order; the first active row that takes the identifier decides.  The mapping
 * is algorithmic (no tables), so that replies and receipts find their message whatever gateway they cross.
 */
#include <string.h>

#include "base/str.h"
#include "mime/digest.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_LOCAL_ID      32 /* */
#define UB_USER_RELATIVE 64 /* X.420 ub-local-ipm-identifier */
#define HASH_HEAD        20 /* H-107: encoded octets before the digest */

struct id_to_x400 {
	struct rule rule;
	/* text is a msg-id with < > or a phrase; true: *out is filled */
	bool (*take)(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out);
};
struct id_to_822 {
	struct rule rule;
	char *(*give)(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id, bool phrase_allowed);
};

static bool is_bracketed(const char *text)
{
	size_t n = strlen(text);

	return n > 2 && text[0] == '<' && text[n - 1] == '>';
}

static bool is_atext(char c)
{
	return str_is_digit(c) || (str_lower(c) >= 'a' && str_lower(c) <= 'z') ||
		   (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* RFC 5322 3.2.3, n octets. */
static bool is_dot_atom(const char *s, size_t n)
{
	if (n == 0 || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_atext(s[i]) && !(s[i] == '.' && s[i + 1] != '.'))
			return false;
	return true;
}

static bool is_quoted_string(const char *s, size_t n)
{
	if (n < 2 || s[0] != '"' || s[n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		if (s[i] == '\\' && i + 2 < n)
			i++;
		else if (s[i] == '"' || (unsigned char)s[i] < 0x20)
			return false;
	}
	return true;
}

/* RFC 5322 3.6.4 msg-id without its brackets. */
static bool is_msg_id_body(const char *s)
{
	const char *at = strrchr(s, '@');

	if (at == NULL || !str_is_printable_ascii(s) ||
		!(is_dot_atom(s, (size_t)(at - s)) || is_quoted_string(s, (size_t)(at - s))))
		return false;
	size_t n = strlen(at + 1);
	if (n > 2 && at[1] == '[' && at[n] == ']')
		return strpbrk(at + 2, "[ \t\r\n") == NULL;
	return is_dot_atom(at + 1, n);
}

static char *bare(struct arena *a, const char *text)
{
	return arena_strndup(a, text + 1, strlen(text) - 2);
}

/* The coding of 3.4; an octet that has none becomes '?'. */
static char *coded(struct arena *a, const char *text)
{
	char *ascii = arena_strdup(a, text);

	for (char *p = ascii; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return addr_ascii_to_printable(a, ascii);
}

/* H-104: <id*std-or@MHS>.  The first '*' divides: std-or values have one only in their teletex parts. */
static bool take_mhs(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out)
{
	(void)c;
	if (!is_bracketed(text))
		return false;
	char *id = bare(a, text);
	char *at = strrchr(id, '@');
	if (at == NULL || !str_ieq(at + 1, "MHS"))
		return false;
	*at = '\0';
	char *local = forms_unword(a, id);
	char *star = strchr(local, '*');
	if (star == NULL)
		return false;
	*star = '\0';
	if (!str_is_printable_string(local) || strlen(local) > UB_USER_RELATIVE)
		return false;

	struct or_address user = {0};
	if (star[1] != '\0' && addr_parse_or(a, star + 1, &user, NULL) != 0)
		return false;
	out->user_relative = local;
	out->has_user = star[1] != '\0';
	out->user.address = user;
	return true;
}

/* H-121: words that are no msg-id. */
static bool take_phrase(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out)
{
	(void)c;
	if (is_bracketed(text))
		return false;
	char *ps = coded(a, text);
	if (strlen(ps) > UB_USER_RELATIVE)
		ps[UB_USER_RELATIVE] = '\0';
	out->user_relative = ps;
	return true;
}

/* H-107: too long for X.420, or no ASCII: the head, a digest, and "(h)", which the coding of 3.4 never makes. */
static bool take_long(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out)
{
	char *id = bare(a, text), *ps = coded(a, id);
	uint8_t digest[20];
	char hex[41];

	if (c->settings->strict_mixer || (strlen(ps) <= UB_USER_RELATIVE && str_is_printable_ascii(id)))
		return false;
	mime_sha1(id, strlen(id), digest);
	str_hex(hex, digest, sizeof digest);
	out->user_relative = arena_printf(a, "%.*s-%s(h)", HASH_HEAD, ps, hex);
	return true;
}

/* H-106: the letter of 1998. */
static bool take_cut(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out)
{
	char *ps = coded(a, bare(a, text));

	(void)c;
	if (strlen(ps) <= UB_USER_RELATIVE)
		return false;
	ps[UB_USER_RELATIVE] = '\0';
	out->user_relative = ps;
	return true;
}

/* H-103: an Internet identifier, whole. */
static bool take_plain(struct arena *a, const struct mixer_context *c, const char *text, struct mx_ipm_id *out)
{
	(void)c;
	out->user_relative = coded(a, bare(a, text));
	return true;
}

#define TO_X400(id, section, bound, failure)                                                                           \
	{                                                                                                                  \
		id, section, RULE_TO_X400, "msg-id", "IPMIdentifier", "ipm_id", "single", bound, failure                       \
	}
static const struct id_to_x400 to_x400_rows[] = {
	{TO_X400("H-104", "2156 4.7.3.3", "ub-local-ipm-identifier 64", "H-103"), take_mhs},
	{TO_X400("H-108", "2156 4.7.3.6", "-", "not-generated"), NULL},
	{TO_X400("H-121", "2156 4.7.3.5", "ub-local-ipm-identifier 64", "truncate"), take_phrase},
	{TO_X400("H-107", "modern", "ub-local-ipm-identifier 64", "digest"), take_long},
	{TO_X400("H-106", "2156 4.7.3.1", "ub-local-ipm-identifier 64", "truncate"), take_cut},
	{TO_X400("H-103", "2156 4.7.3.3", "-", "-"), take_plain},
};
const struct rule_table ids_to_x400_rules = RULE_TABLE("ids", to_x400_rows);

int ipm_id_to_x400(struct arena *a, const struct mixer_context *c, const char *msgid, struct mx_ipm_id *out)
{
	*out = (struct mx_ipm_id){0};
	for (size_t i = 0; i < ARRAY_LEN(to_x400_rows); i++) {
		const struct id_to_x400 *row = &to_x400_rows[i];
		if (row->take != NULL && rule_active(&row->rule) && row->take(a, c, msgid, out)) {
			out->set = true;
			return 0;
		}
	}
	return -1;
}

/* H-240: the identifier of an Internet message comes home. */
static char *give_internet(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id,
						   bool phrase_allowed)
{
	char *ascii;

	(void)c, (void)phrase_allowed;
	if (id->has_user || addr_printable_to_ascii(a, id->user_relative, &ascii, NULL) != 0 || !is_msg_id_body(ascii))
		return NULL;
	return arena_printf(a, "<%s>", ascii);
}

/* H-243: the letter of 1998; RFC 5322 has no phrase there. */
static char *give_phrase(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id,
						 bool phrase_allowed)
{
	char *ascii;

	if (!phrase_allowed || !c->settings->strict_mixer || id->has_user ||
		addr_printable_to_ascii(a, id->user_relative, &ascii, NULL) != 0)
		return NULL;
	return forms_word(a, ascii);
}

static char *mhs_form(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id)
{
	const char *user = id->has_user ? addr_print_or(a, &id->user.address) : "";
	char *local = arena_printf(a, "%s*%s", id->user_relative, user);

	for (char *p = local; *p != '\0'; p++) /* a peer's PrintableString may hold anything */
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';

	/* H-242: quoted only when it must be; identifiers are compared without quotes.  A-274: always, as in the example of
	 * 4.7.3.2, for gateways that agree on that letter and compare octets. */
	if (is_dot_atom(local, strlen(local)) && !(c->settings->strict_mixer && rule_id_active("A-274")))
		return arena_printf(a, "<%s@MHS>", local);
	return arena_printf(a, "<%s@MHS>", forms_quoted(a, local));
}

/* H-244: words in X.400 without a user; the form maps back to the same identifier. */
static char *give_quoted_words(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id,
							   bool phrase_allowed)
{
	(void)phrase_allowed;
	return id->has_user ? NULL : mhs_form(a, c, id);
}

/* H-241. */
static char *give_mhs(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id, bool phrase_allowed)
{
	(void)phrase_allowed;
	return mhs_form(a, c, id);
}

#define TO_822(id, section, failure)                                                                                   \
	{                                                                                                                  \
		id, section, RULE_TO_822, "msg-id", "IPMIdentifier", "ipm_id", "single", "-", failure                          \
	}
static const struct id_to_822 to_822_rows[] = {
	{TO_822("H-240", "2156 4.7.3.4", "H-241"), give_internet},
	{TO_822("H-245", "2156 4.7.3.6", "not-generated"), NULL},
	{TO_822("H-243", "2156 4.7.3.5", "H-241"), give_phrase},
	{{"H-244", "modern", RULE_TO_822, "msg-id", "IPMIdentifier", "default", "single", "-", "H-241"}, give_quoted_words},
	{TO_822("H-241", "2156 4.7.3.4", "-"), give_mhs},
};
const struct rule_table ids_to_822_rules = RULE_TABLE("ids", to_822_rows);

static char *give_id(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id, bool phrase_allowed)
{
	if (!id->set || id->user_relative == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(to_822_rows); i++) {
		const struct id_to_822 *row = &to_822_rows[i];
		char *text;
		if (row->give != NULL && rule_active(&row->rule) && (text = row->give(a, c, id, phrase_allowed)) != NULL)
			return text;
	}
	return NULL;
}

char *ipm_id_to_822(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id)
{
	return give_id(a, c, id, false);
}

char *ipm_reference_to_822(struct arena *a, const struct mixer_context *c, const struct mx_ipm_id *id)
{
	return give_id(a, c, id, true);
}

int mts_id_of_msg_id(struct arena *a, const struct mixer_context *c, const char *msgid, struct mx_mts_id *out, struct err *e)
{
	struct or_address o = {0};
	enum addr_how how;

	TRY(addr_to_x400(a, c->tables, bare(a, msgid), ADDR_ORIGINATOR, &o, &how, NULL, e));
	if (rule_id_active("A-255"))
		forms_domain_of(&o, &out->domain);
	out->local = arena_strndup(a, msgid, rule_id_active("A-256") ? MIN_OF(strlen(msgid), (size_t)UB_LOCAL_ID) : strlen(msgid));
	return 0;
}
