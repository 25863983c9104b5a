/*
 * mime/mime.h - mail as plain data: ordered fields and a tree of entities, read from octets and written to octets.
 *
 * One walk under the guard (mime/guard.h) finds parts and their octet slices; GMime reads the skeleton as a second
 * reader, and what the two do not agree on is not opened (mime/second.h).  RFC 2047 words, base64, parameters, addresses
 * and field groups of DSN/MDN are read here, because of the defects of GMime named in HACKING.  An entity that was parsed
 * and one that is to be written have the same form.
 */
#ifndef MIXGATE_MIME_MIME_H
#define MIXGATE_MIME_MIME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/stream.h"

#define MIME_LIST(type)                                                                                                \
	struct {                                                                                                           \
		type *items;                                                                                                   \
		size_t count, capacity;                                                                                        \
	}

struct mime_limits {
	uint64_t size;          /* message octets, 200 MB */
	unsigned header_fields; /* 5,000 a message */
	size_t header_size;     /* 1 MiB a header */
	unsigned depth;         /* 20: a deeper subtree stays one opaque entity with .too_deep set */
	unsigned parts;         /* 1,000 */
};
#define MIME_LIMITS_DEFAULT ((struct mime_limits){209715200, 5000, 1048576, 20, 1000})

struct mime_field {
	const char *name;
	const char *value; /* unfolded: every CRLF (or LF) before white space removed, outer blanks removed; octets as received */
};
struct mime_param {
	const char *name;  /* lower case */
	const char *value; /* UTF-8; RFC 2231 continuations joined and decoded, RFC 2047 in quotes tolerated */
};

enum mime_encoding { MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_QUOTED_PRINTABLE, MIME_BASE64, MIME_UNKNOWN_ENCODING };

struct mime_entity;
struct mime_entity {
	struct mime_fields {
		struct mime_field *items;
		size_t count, capacity;
	} fields; /* all fields of this entity in order; for a message its whole header */
	const char *type;    /* "text", lower case; "text/plain" when absent */
	const char *subtype; /* "plain", lower case */
	bool has_content_type;
	bool has_mime_version;
	MIME_LIST(struct mime_param) params;
	const char *disposition; /* "attachment", lower case, NULL: absent */
	MIME_LIST(struct mime_param) disposition_params;
	const char *id, *description, *location; /* Content-ID without <>, Content-Description (UTF-8) */
	enum mime_encoding encoding;
	bool too_deep;      /* a container that was not opened: below the depth limit, or its structure has two readings */
	bool signed_region; /* inside multipart/signed: octets must be kept, see raw */
	/* read: */
	struct blob raw;  /* header and body as received */
	struct blob body; /* body as received, still in its transfer encoding */
	/* children of a multipart, or the one message of message/rfc822 */
	MIME_LIST(struct mime_entity *) children;
	/* write: body is the decoded content when write_encoding says how to encode it; NULL children */
	bool decoded; /* body holds content without transfer encoding */
};

/* ---- reading ---- */

/* Parses a whole message (RFC 5322; CRLF or LF lines).  fields limits and parts limits are errors; depth is not. */
int mime_parse(struct arena *a, const struct blob *in, const struct mime_limits *limits, struct mime_entity **out, struct err *e) MUST_USE;
/* The body of a leaf without its transfer encoding (RFC 2045 6.7, 6.8; padded base64 pieces are all read). */
int mime_decode_body(struct arena *a, const struct mime_entity *part, struct stream *out, struct err *e) MUST_USE;
/* First field of that name (case-insensitive) or NULL; the n-th (0..) one. */
const char *mime_get(const struct mime_entity *m, const char *name);
const char *mime_get_nth(const struct mime_entity *m, const char *name, size_t n);
const char *mime_get_param(const struct mime_entity *m, const char *name);

struct mime_mailbox {
	const char *display_name; /* UTF-8, RFC 2047 decoded, unquoted; NULL: none */
	const char *local_part;   /* as in the address, quotes kept */
	const char *domain;       /* "" when missing */
	const char *addr_spec;    /* local@domain, comments and folding removed */
	const char *route;        /* "@a,@b" of an obsolete source route, NULL: none */
	const char *comment;      /* text of comments after the mailbox, without parentheses, NULL: none */
	const char *comments;     /* each of them in its parentheses: "(Tel 123) (Reply requested)"; NULL: none */
	const char *group;        /* display name of the group it stands in, NULL: none */
};
struct mime_mailboxes {
	struct mime_mailbox *items;
	size_t count, capacity;
	const char *empty_group; /* display name of a group without members ("undisclosed-recipients:;"), NULL: none */
};
/* An address-list (RFC 5322 3.4 and 4.4).  What cannot be read is ERR_MIME_ADDRESS with the place. */
int mime_parse_mailboxes(struct arena *a, const char *value, struct mime_mailboxes *out, struct err *e) MUST_USE;
/* RFC 5322 3.3 and 4.3 date-time, comments allowed. */
int mime_parse_date(const char *value, struct when *out) MUST_USE;
/* RFC 2047 encoded-words to UTF-8; adjoining words are joined; what cannot be decoded stays as it is; raw 8-bit is
 * taken as UTF-8, else ISO 8859-1. */
char *mime_decode_words(struct arena *a, const char *value) MUST_USE;
/* Message-ids of References and the like: "<...>" tokens in order, with the phrases between them. */
struct mime_msgid {
	const char *id;     /* with < and >; NULL for a phrase */
	const char *phrase; /* UTF-8 */
};
struct mime_msgids {
	struct mime_msgid *items;
	size_t count, capacity;
};
void mime_parse_msgids(struct arena *a, const char *value, struct mime_msgids *out);
/* Field groups of message/delivery-status and message/disposition-notification (RFC 3464 2.1, RFC 8098): groups are
 * separated by empty lines; values unfolded. */
struct mime_field_groups {
	struct mime_fields *items;
	size_t count, capacity;
};
int mime_parse_field_groups(struct arena *a, const struct mime_entity *part, struct mime_field_groups *out, struct err *e) MUST_USE;
/* Removes RFC 5322 comments and outer white space. */
char *mime_strip_comments(struct arena *a, const char *value) MUST_USE;

/* ---- writing ---- */

/* A new entity to write. type "multipart/mixed" etc.  Boundaries are made when it is written, unique in the message; the
 * parameter "boundary" of the outermost multipart, if set, is their seed (letters and digits). */
struct mime_entity *mime_new(struct arena *a, const char *type) MUST_USE;
struct mime_entity *mime_new_leaf(struct arena *a, const char *type, struct blob content, enum mime_encoding encoding) MUST_USE;
void mime_add(struct arena *a, struct mime_entity *parent, struct mime_entity *child);
/* Adds a field; value is one line of ASCII, folded when written.  A value with CR, LF or NUL loses them (never becomes
 * protocol, invariant I6). */
void mime_add_field(struct arena *a, struct mime_entity *m, const char *name, const char *value);
void mime_add_field_printf(struct arena *a, struct mime_entity *m, const char *name, const char *fmt, ...) PRINTF_LIKE(4, 5);
void mime_set_param(struct arena *a, struct mime_entity *m, const char *name, const char *utf8);
void mime_set_disposition_param(struct arena *a, struct mime_entity *m, const char *name, const char *utf8);
/* UTF-8 text as unstructured ASCII: encoded-words where needed (RFC 2047, UTF-8, B or Q whichever is shorter). */
char *mime_encode_words(struct arena *a, const char *utf8) MUST_USE;
/* A display name as phrase: atoms, quoted-string or encoded-words. */
char *mime_encode_phrase(struct arena *a, const char *utf8) MUST_USE;
/* Writes header and body with CRLF lines: fields in order folded at 78 (never over 998), then MIME-Version (top only),
 * Content-* from the members, body encoded.  A leaf with .raw set and no .decoded is written as received. */
int mime_write(struct arena *a, const struct mime_entity *m, struct stream *out, struct err *e) MUST_USE;
/* The encoding for text octets: 7bit, quoted-printable or base64. */
int mime_choose_encoding(const struct blob *content, bool text, enum mime_encoding *out, struct err *e) MUST_USE;

#endif
