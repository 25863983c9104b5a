/*
 * mixer/forms.h - the text forms that MIXER fields share (RFC 2156 3.3 and 5.3.3.1): object identifiers with labels,
 * labelled integers, encoded information types, global domains and dates.
 *
 * Used by heading, envelope, trace, report and notification.  Reading is lenient (G-021, G-026), writing exact (G-056).
 */
#ifndef MIXGATE_MIXER_FORMS_H
#define MIXGATE_MIXER_FORMS_H

#include "base/arena.h"
#include "base/rule.h"
#include "msg/msg.h"

/* The pseudo EIT of MIXER (RFC 2156 appendix D). */
#define FORMS_EIT_MIXER "1.3.6.1.7.1.3.5"
/* The heading extension of RFC 2156 5.1.2. */
#define FORMS_OID_RFC_822_FIELD "1.3.6.1.7.1.3.2"

/* G-021: "iso(1) (2) (3) (4)", with the labels that are known. */
char *forms_oid(struct arena *a, const struct mx_oid *oid) MUST_USE;
/* The same back, dotted form too; only the numbers count. */
int forms_parse_oid(struct arena *a, const char *text, struct mx_oid *out) MUST_USE;
/* G-018: "P2-1988 (22)"; label NULL: "(22)". */
char *forms_labelled(struct arena *a, const char *label, int number) MUST_USE;
/* G-019: the number in the last parentheses, or a bare number. */
int forms_parse_labelled(const char *text, int *number) MUST_USE;
/* The label of a standard MTS extension number ("message-token"), NULL when it is unknown. */
const char *forms_extension_label(int number);
/* G-025: "IA5-Text, G3-Fax"; "" when there are none. */
char *forms_eits(struct arena *a, const struct mx_eits *eits) MUST_USE;
/* G-026: adds the types of a list to *eits; unknown words are passed over. */
void forms_parse_eits(struct arena *a, const char *text, struct mx_eits *eits);
void forms_add_eit(struct arena *a, struct mx_eits *eits, const struct mx_oid *oid);
void forms_merge_eits(struct arena *a, struct mx_eits *to, const struct mx_eits *from);
bool forms_has_eit(const struct mx_eits *eits, const char *dotted);
/* "P2-1988 (22)" or an object identifier. */
char *forms_content_type(struct arena *a, int content_type, const struct mx_oid *oid) MUST_USE;
/* RFC 5322 date-time. */
char *forms_date(struct arena *a, const struct when *w) MUST_USE;
/* G-028 back: "/PRMD=x/ADMD=y/C=gb/". */
int forms_parse_domain(struct arena *a, const char *text, struct mx_global_domain *out) MUST_USE;
/* C, ADMD and PRMD of an address. */
void forms_domain_of(const struct or_address *o, struct mx_global_domain *out);
/* A word of RFC 822: an atom as it is, anything else quoted (T-204); and back. */
char *forms_word(struct arena *a, const char *text) MUST_USE;
char *forms_quoted(struct arena *a, const char *text) MUST_USE;
char *forms_unword(struct arena *a, const char *text) MUST_USE;
/* The next item of a list, up to sep outside quotes and parentheses; NULL at the end.  Outer blanks are removed. */
char *forms_next_item(struct arena *a, const char **rest, char sep) MUST_USE;
/* Text for people as T.61 of at most max octets (G-022, G-023): cut at a character and before a comment that would stay
 * open.  False when something was lost, so that the caller keeps the field (G-024). */
bool forms_text(struct arena *a, const char *utf8, size_t max, struct mx_text *out);
/* text as the content of a comment: parentheses and backslashes quoted. */
char *forms_comment(struct arena *a, const char *text) MUST_USE;

#endif
