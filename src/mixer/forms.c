/*
 * mixer/forms.c - text forms of RFC 2156 3.3 and 5.3.3.1 (G rows) that several fields share.
 *
 * The EIT names, OID labels and extension labels are tables; a name that is not in them has no text but its number.
 */
#include "mixer/forms.h"

#include <stdlib.h>
#include <string.h>

#include "addr/addr.h"
#include "base/charset.h"
#include "base/str.h"
#include "mime/mime.h"

/* G-021: labels of arcs, found by the dotted prefix that ends in the arc. */
static const struct {
	const char *prefix;
	const char *label;
} oid_labels[] = {
	{"0", "itu-t"},
	{"1", "iso"},
	{"2", "joint-iso-itu-t"},
	{"2.6", "mhs"},
	{"2.6.1", "ipms"},
	{"2.6.1.5", "hex"},
	{"2.6.1.5.0", "incomplete-copy"},
	{"2.6.1.5.1", "languages"},
	{"2.6.1.5.2", "auto-submitted"},
	{"2.6.1.5.3", "body-part-signatures"},
	{"2.6.1.5.4", "ipm-security-label"},
	{"2.6.1.5.5", "authorization-time"},
	{"2.6.1.5.6", "circulation-list-recipients"},
	{"2.6.1.5.7", "distribution-codes"},
	{"2.6.1.5.8", "extended-subject"},
	{"2.6.1.5.9", "information-category"},
	{"2.6.1.5.10", "manual-handling-instructions"},
	{"2.6.1.5.11", "originators-reference"},
	{"2.6.1.5.12", "precedence-policy-identifier"},
};

char *forms_oid(struct arena *a, const struct mx_oid *oid)
{
	const char *dotted = mx_oid_text(a, oid);
	struct buf *b = buf_in(a, 4096);
	size_t start = 0;

	for (size_t i = 0;; i++) {
		if (dotted[i] != '.' && dotted[i] != '\0')
			continue;
		if (start > 0)
			buf_putc(b, ' ');
		for (size_t k = 0; k < ARRAY_LEN(oid_labels); k++)
			if (strlen(oid_labels[k].prefix) == i && strncmp(oid_labels[k].prefix, dotted, i) == 0)
				buf_puts(b, oid_labels[k].label);
		buf_putc(b, '(');
		buf_put(b, dotted + start, i - start);
		buf_putc(b, ')');
		if (dotted[i] == '\0')
			break;
		start = i + 1;
	}
	return arena_strdup(a, buf_str(b));
}

int forms_parse_oid(struct arena *a, const char *text, struct mx_oid *out)
{
	if (strchr(text, '(') == NULL)
		return mx_oid_parse_text(a, text, out);

	struct buf *b = buf_in(a, 512);
	for (const char *p = text; (p = strchr(p, '(')) != NULL;) {
		const char *digits = ++p;
		while (str_is_digit(*p))
			p++;
		if (p == digits || *p != ')')
			return -1;
		if (b->len > 0)
			buf_putc(b, '.');
		buf_put(b, digits, (size_t)(p - digits));
	}
	return buf_ok(b) ? mx_oid_parse_text(a, buf_str(b), out) : -1;
}

char *forms_labelled(struct arena *a, const char *label, int number)
{
	return label != NULL ? arena_printf(a, "%s (%d)", label, number) : arena_printf(a, "(%d)", number);
}

int forms_parse_labelled(const char *text, int *number)
{
	const char *open = strrchr(text, '(');
	char *end;
	const char *digits = open != NULL ? open + 1 : text;

	if (!str_is_digit(*digits))
		return -1;
	long n = strtol(digits, &end, 10);
	if (n < 0 || n > 32767 || *end != (open != NULL ? ')' : '\0'))
		return -1;
	*number = (int)n;
	return 0;
}

/* X.411 figure 2: standard extensions by number. */
static const char *const extension_labels[] = {
	[1] = "recipient-reassignment-prohibited",
	[2] = "originator-requested-alternate-recipient",
	[3] = "dl-expansion-prohibited",
	[4] = "conversion-with-loss-prohibited",
	[5] = "latest-delivery-time",
	[6] = "requested-delivery-method",
	[7] = "physical-forwarding-prohibited",
	[8] = "physical-forwarding-address-request",
	[9] = "physical-delivery-modes",
	[10] = "registered-mail-type",
	[11] = "recipient-number-for-advice",
	[12] = "physical-rendition-attributes",
	[13] = "originator-return-address",
	[14] = "physical-delivery-report-request",
	[15] = "originator-certificate",
	[16] = "message-token",
	[17] = "content-confidentiality-algorithm-identifier",
	[18] = "content-integrity-check",
	[19] = "message-origin-authentication-check",
	[20] = "message-security-label",
	[21] = "proof-of-submission-request",
	[22] = "proof-of-delivery-request",
	[23] = "content-correlator",
	[24] = "probe-origin-authentication-check",
	[25] = "redirection-history",
	[26] = "dl-expansion-history",
	[27] = "physical-forwarding-address",
	[28] = "recipient-certificate",
	[29] = "proof-of-delivery",
	[30] = "originator-and-DL-expansion-history",
	[31] = "reporting-DL-name",
	[32] = "reporting-MTA-certificate",
	[33] = "report-origin-authentication-check",
	[34] = "originating-MTA-certificate",
	[35] = "proof-of-submission",
	[36] = "forwarding-request",
	[37] = "trace-information",
	[38] = "internal-trace-information",
	[39] = "reporting-MTA-name",
	[40] = "multiple-originator-certificates",
	[41] = "blind-copy-recipients",
	[42] = "dl-exempted-recipients",
	[43] = "body-part-encryption-token",
	[44] = "forwarded-content-token",
	[45] = "certificate-selectors",
	[46] = "certificate-selectors-override",
};

const char *forms_extension_label(int number)
{
	return number > 0 && (size_t)number < ARRAY_LEN(extension_labels) ? extension_labels[number] : NULL;
}

/* G-025: generated names by bit. */
static const char *const eit_names[] = {"Undefined", "Telex",    "IA5-Text", "G3-Fax", "TIF0",
										"Teletex",   "Videotex", "Voice",    "SFD",    "TIF1"};
/* G-026: other spellings met on input: RFC examples, RFC 1327, X.411:1999. */
static const struct {
	const char *name;
	int bit;
} eit_aliases[] = {
	{"unknown", 0},
	{"ia5", 2},
	{"g3fax", 3},
	{"g3-facsimile", 3},
	{"g4-class-1", 4},
	{"mixed-mode", 9},
	{"simple-formattable-document", 8},
};

char *forms_eits(struct arena *a, const struct mx_eits *eits)
{
	struct buf *b = buf_in(a, 65536);

	for (size_t bit = 0; bit < ARRAY_LEN(eit_names); bit++)
		if (eits->built_in & (1u << bit))
			buf_printf(b, "%s%s", b->len > 0 ? ", " : "", eit_names[bit]);
	for (size_t i = 0; i < eits->extended.count; i++)
		buf_printf(b, "%s%s", b->len > 0 ? ", " : "", forms_oid(a, &eits->extended.items[i]));
	return arena_strdup(a, buf_str(b));
}

static bool eit_by_name(const char *word, uint32_t *bits)
{
	for (size_t bit = 0; bit < ARRAY_LEN(eit_names); bit++)
		if (str_ieq(word, eit_names[bit])) {
			*bits |= 1u << bit;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(eit_aliases); i++)
		if (str_ieq(word, eit_aliases[i].name)) {
			*bits |= 1u << eit_aliases[i].bit;
			return true;
		}
	return false;
}

void forms_parse_eits(struct arena *a, const char *text, struct mx_eits *eits)
{
	const char *rest = text;
	char *item;
	struct mx_oid oid;

	while ((item = forms_next_item(a, &rest, ',')) != NULL) {
		if (*item == '\0')
			continue;
		if (eit_by_name(item, &eits->built_in))
			eits->set = true;
		else if (forms_parse_oid(a, item, &oid) == 0)
			forms_add_eit(a, eits, &oid);
	}
}

void forms_add_eit(struct arena *a, struct mx_eits *eits, const struct mx_oid *oid)
{
	eits->set = true;
	for (size_t i = 0; i < eits->extended.count; i++)
		if (mx_oid_equal(&eits->extended.items[i], oid))
			return;
	*ARENA_PUSH(a, &eits->extended) = *oid;
}

void forms_merge_eits(struct arena *a, struct mx_eits *to, const struct mx_eits *from)
{
	if (!from->set)
		return;
	to->set = true;
	to->built_in |= from->built_in;
	for (size_t i = 0; i < from->extended.count; i++)
		forms_add_eit(a, to, &from->extended.items[i]);
}

bool forms_has_eit(const struct mx_eits *eits, const char *dotted)
{
	for (size_t i = 0; i < eits->extended.count; i++)
		if (mx_oid_is(&eits->extended.items[i], dotted))
			return true;
	return false;
}

char *forms_content_type(struct arena *a, int content_type, const struct mx_oid *oid)
{
	static const struct {
		int number;
		const char *label;
	} labels[] = {{0, "unidentified"}, {1, "external"}, {2, "P2-1984"}, {22, "P2-1988"}, {35, "edi"}, {40, "voice"}};

	if (content_type == MX_ABSENT)
		return forms_oid(a, oid);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (labels[i].number == content_type)
			return forms_labelled(a, labels[i].label, content_type);
	return forms_labelled(a, NULL, content_type);
}

char *forms_date(struct arena *a, const struct when *w)
{
	char text[40];

	clock_format_rfc5322(w, text);
	return arena_strdup(a, text);
}

int forms_parse_domain(struct arena *a, const char *text, struct mx_global_domain *out)
{
	struct or_address o = {0};

	if (addr_parse_or(a, text, &o, NULL) != 0)
		return -1;
	forms_domain_of(&o, out);
	return or_has(&o, OR_C) ? 0 : -1;
}

void forms_domain_of(const struct or_address *o, struct mx_global_domain *out)
{
	out->country = o->v[OR_C];
	out->admd = o->v[OR_ADMD];
	out->prmd = o->v[OR_PRMD];
}

static bool is_atom(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!(str_is_digit(*s) || (str_lower(*s) >= 'a' && str_lower(*s) <= 'z') ||
			  strchr("!#$%&'*+-/=?^_`{|}~", *s) != NULL))
			return false;
	return true;
}

char *forms_word(struct arena *a, const char *text)
{
	return is_atom(text) ? arena_strdup(a, text) : forms_quoted(a, text);
}

char *forms_quoted(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, 4096);
	buf_putc(b, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)*text);
	}
	buf_putc(b, '"');
	return arena_strdup(a, buf_str(b));
}

char *forms_unword(struct arena *a, const char *text)
{
	if (*text != '"')
		return arena_strdup(a, text);

	struct buf *b = buf_in(a, 4096);
	for (text++; *text != '\0' && *text != '"'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		buf_putc(b, (unsigned char)*text);
	}
	return arena_strdup(a, buf_str(b));
}

char *forms_next_item(struct arena *a, const char **rest, char sep)
{
	const char *p = *rest;
	int depth = 0;
	bool quoted = false;

	if (p == NULL)
		return NULL;
	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')' && depth > 0)
			depth--;
		else if (!quoted && depth == 0 && *p == sep)
			break;
	}
	const char *start = *rest, *end = p;
	*rest = *p == '\0' ? NULL : p + 1;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return arena_strndup(a, start, (size_t)(end - start));
}

char *forms_comment(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, 65536);

	for (; *text != '\0'; text++) {
		if (*text == '(' || *text == ')' || *text == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)*text);
	}
	return arena_strdup(a, buf_str(b));
}

/* The length of the first at most max characters of s. */
static size_t utf8_prefix(const char *s, size_t max)
{
	size_t i = 0;

	for (size_t n = 0; s[i] != '\0' && n < max; n++)
		for (i++; (s[i] & 0xc0) == 0x80; i++)
			;
	return i;
}

/* Ends text before an open parenthesis that has lost its partner, and before blanks. */
static void cut_open_comment(char *text)
{
	int depth = 0;
	char *open = NULL;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '(' && depth++ == 0)
			open = p;
		else if (*p == ')' && depth > 0)
			depth--;
	}
	if (depth > 0)
		*open = '\0';
	for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
}

bool forms_text(struct arena *a, const char *utf8, size_t max, struct mx_text *out)
{
	size_t keep = utf8_prefix(utf8, max), lost = 0;
	char *text = arena_strndup(a, utf8, keep);
	bool whole = utf8[keep] == '\0';

	out->t61 = charset_utf8_to_t61(a, text, &lost);
	while (out->t61.len > max) {
		whole = false;
		while (keep > 0 && (text[--keep] & 0xc0) == 0x80)
			;
		text[keep] = '\0';
		out->t61 = charset_utf8_to_t61(a, text, &lost);
	}
	if (!whole) {
		cut_open_comment(text);
		out->t61 = charset_utf8_to_t61(a, text, &lost);
	}
	/* what the peer will read, so that the central message is the same before and after the wire */
	out->utf8 = lost > 0 ? charset_t61_to_utf8(a, out->t61) : text;
	return whole && lost == 0;
}
