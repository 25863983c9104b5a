/*
 * err.h - one failure, in the languages of both sides.
 *
 * Functions that can fail return 0 or -1, are must-use, and take a struct err * last.  err.def has a row per id: class,
 * SMTP reply code and enhanced code (RFC 5321, 3463), X.400 reason and diagnostic (X.411 non-delivery), the clause, and
 * the English text.  detail adds what was seen and what to do next; it is foreign text made printable.
 */
#ifndef MIXGATE_BASE_ERR_H
#define MIXGATE_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

enum err_class {
	ERR_TEMPORARY, /* the same thing may work later: 4xx, refuse the transfer */
	ERR_PERMANENT, /* this message or recipient can never pass: 5xx, non-delivery report */
	ERR_PROTOCOL,  /* the peer broke its protocol: the connection ends, the mail stays where it is */
	ERR_BUG        /* we broke: temporary towards both sides, alarm in the log */
};

enum err_id {
	ERR_NONE = 0,
#define ERR_ROW(id, class, smtp, status, reason, diagnostic, section, text) id,
#include "base/err.def"
#undef ERR_ROW
	ERR_COUNT
};

#define ERR_NO_DIAGNOSTIC (-1)

struct err_row {
	const char *name; /* "ERR_OR_SYNTAX" */
	enum err_class class;
	int smtp;           /* 550 */
	const char *status; /* "5.1.3" */
	int reason;         /* X.411 NonDeliveryReasonCode */
	int diagnostic;     /* X.411 NonDeliveryDiagnosticCode or ERR_NO_DIAGNOSTIC */
	const char *section;
	const char *text;
};

struct err {
	enum err_id id;
	const char *where; /* "addr/oraddr.c:120" */
	char status[12];   /* enhanced code that takes the place of the row's, as an operator's table says it; "": the row's */
	char detail[384];  /* "" or one printable line, NUL terminated */
};

/* Fills e (which may be NULL) and returns -1, so that a caller can write: return ERR(e, ERR_X, "..."). */
int err_set(struct err *e, enum err_id id, const char *where, const char *fmt, ...) PRINTF_LIKE(4, 5);
#define ERR_STR2(x) #x
#define ERR_STR(x) ERR_STR2(x)
#define ERR(e, id, ...) err_set((e), (id), __FILE__ ":" ERR_STR(__LINE__), __VA_ARGS__)
/* As ERR, with ": strerror(errno)" behind the detail. */
int err_set_errno(struct err *e, enum err_id id, const char *where, const char *fmt, ...) PRINTF_LIKE(4, 5);
#define ERR_ERRNO(e, id, ...) err_set_errno((e), (id), __FILE__ ":" ERR_STR(__LINE__), __VA_ARGS__)
/* Leaves the function when expr fails. */
#define TRY(expr)                                                                                                      \
	do {                                                                                                               \
		if ((expr) != 0)                                                                                               \
			return -1;                                                                                                 \
	} while (0)

/* The row of id; never NULL. */
const struct err_row *err_row(enum err_id id);
/* The enhanced code, reply code and class of e: those of its row, or what its own status makes of them. */
const char *err_status(const struct err *e);
int err_smtp(const struct err *e);
enum err_class err_class_of(const struct err *e);
/* As err_set, with a status of its own ("4.7.1", "5.7.1"). */
int err_set_status(struct err *e, enum err_id id, const char *where, const char *status, const char *fmt, ...) PRINTF_LIKE(5, 6);
#define ERR_STATUS(e, id, status, ...) err_set_status((e), (id), __FILE__ ":" ERR_STR(__LINE__), (status), __VA_ARGS__)
/* "text: detail" of e in out, always NUL terminated. */
void err_text(const struct err *e, char *out, size_t size);
static inline void err_clear(struct err *e) { *e = (struct err){0}; }

#endif
