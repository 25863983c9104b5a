/*
 * msg/oraddr.h - O/R addresses and O/R names as plain data (X.411 8.5.5, X.402 18; RFC 2156 4.1).
 *
 * An attribute may have a printable form, a teletex form (T.61 octets) and a universal form at once; the text forms and
 * the mapping are addr's, the octets p1's.  Attributes are rows of oraddr.def in the order of their text form.
 *
 * Where the printable form of a row is not simply the string of the encoding: OR_T_TY holds the terminal type number in
 * decimal ("5"), OR_NET_PSAP the presentation address as RFC 1278 text, OR_PD_ADDRESS only the teletex and universal
 * forms (the printable lines are postal_lines).
 */
#ifndef MIXGATE_MSG_ORADDR_H
#define MIXGATE_MSG_ORADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum or_attribute {
#define OR_ROW(id, keyword, ub, x411, section) id,
#include "msg/oraddr.def"
#undef OR_ROW
	OR_ATTRIBUTE_COUNT
};

struct or_row {
	const char *keyword; /* generated keyword of RFC 2156 4.1.1, e.g. "PRMD", "PD-OFFICE" */
	int ub;              /* X.411 upper bound in characters */
	const char *x411;    /* name in X.411 */
	const char *section;
};
extern const struct or_row or_rows[OR_ATTRIBUTE_COUNT];

/* One value.  Absent: all NULL.  A zero-length value is "" (ADMD= is legal and differs from absent). */
struct or_value {
	const char *printable;  /* PrintableString, NumericString or (terminal identifier etc.) as X.411 says */
	bool numeric;           /* C, ADMD, PRMD chose NumericString (x121-dcc, numeric) */
	struct octets teletex;  /* T.61 octets; p NULL: absent */
	const char *universal;  /* UTF-8 of a UniversalOrBMPString; NULL: absent */
	const char *language;   /* its iso-639-language-code; NULL: none */
};

/* Domain-defined attribute. */
struct or_dda {
	struct or_value type, value;
};

struct or_address {
	struct or_value v[OR_ATTRIBUTE_COUNT];
	struct {
		struct or_dda *items;
		size_t count, capacity;
	} dda; /* in the order of the encoding */
	/* PD-ADDRESS lines (unformatted postal address), at most 6 */
	struct {
		const char **items;
		size_t count, capacity;
	} postal_lines;
	bool unsupported_attributes; /* the encoding held attributes that are not in oraddr.def (kept in raw) */
	struct octets raw;           /* BER of the ORAddress as received, NULL when built here */
};

struct or_name {
	struct or_address address;
	struct octets directory_name; /* BER of the Name, NULL: absent */
};

static inline bool or_has(const struct or_address *a, enum or_attribute i)
{
	return a->v[i].printable != NULL || a->v[i].teletex.p != NULL || a->v[i].universal != NULL;
}
/* Sets the printable form (copied), and for C, ADMD, PRMD, PD-C and PD-CODE the choice of NumericString. */
void or_set(struct arena *a, struct or_address *o, enum or_attribute i, const char *printable);
void or_add_dda(struct arena *a, struct or_address *o, const char *type, const char *value);
/* The only text that a value has when its forms agree or a single printable one is there; NULL: a teletex or
 * universal form says something that PrintableString cannot. */
const char *or_value_printable(struct arena *a, const struct or_value *v) MUST_USE;
/* Teletex octets in the coding of RFC 2156 3.3.4: PrintableString characters as they are, others as {ddd}. */
void or_put_teletex(struct buf *b, struct octets t61);
/* "[printable][*teletex]" of a value without quoting; a universal form that stands alone behind "^", which is not
 * RFC 2156 and cannot be read back. */
char *or_value_text(struct arena *a, const struct or_value *v) MUST_USE;
/* X.402 18.4 for one attribute value: case, outer and repeated blanks do not count. */
bool or_value_equal(const struct or_value *x, const struct or_value *y);
/* The value of the DDA whose type matches without regard to case; NULL: none. */
const struct or_dda *or_find_dda(const struct or_address *o, const char *type);
/* Deep copy. */
void or_copy(struct arena *a, struct or_address *to, const struct or_address *from);
/* Equal by X.402 18.4: without regard to case and to leading, trailing and repeated blanks. */
bool or_equal(const struct or_address *x, const struct or_address *y);
/* The plain listing used in dumps and journal: "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/", most significant
 * last, '$' before '/' and '='; teletex as printable*{ddd}.  addr re-uses it for RFC 2156 std-or text. */
char *or_text(struct arena *a, const struct or_address *o) MUST_USE;

#endif
