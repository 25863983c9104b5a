/*
 * msg/fields.h - the central message as descriptor tables: one row per member of the structs of msg.h and oraddr.h.
 *
 * A row has the element's name in the words of X.411 and X.420, where the member lies and how it is written.  The text
 * dump, JSON, the parser of the text, default values and deep comparison are all driven by these rows and by nothing
 * else: a new member needs a row in fields.c (t/lint/fields.t) and no code.
 */
#ifndef MIXGATE_MSG_FIELDS_H
#define MIXGATE_MSG_FIELDS_H

#include "msg/msg.h"
#include "msg/octets.h"

enum mx_field_kind {
	MX_FIELD_FLAG,    /* bool: TRUE */
	MX_FIELD_CHOICE,  /* bool or enum of ours: one of words, without its number */
	MX_FIELD_BIT,     /* the bits of mask in an unsigned member: TRUE */
	MX_FIELD_INTEGER, /* "5"; with words "urgent (2)" */
	MX_FIELD_STRING,  /* const char *: "text" */
	MX_FIELD_TIME,    /* struct when: 2024-03-05T09:15:20Z */
	MX_FIELD_OID,     /* struct mx_oid: 1.2.3, or # and hex of octets that are no good OBJECT IDENTIFIER */
	MX_FIELD_TYPE,    /* an int, or instead of it the struct mx_oid at other */
	MX_FIELD_BITS,    /* uint32_t: words of the bits that are set */
	MX_FIELD_OCTETS,  /* struct octets: hex */
	MX_FIELD_BLOB,    /* struct blob: hex, or "text" */
	MX_FIELD_STRUCT,  /* a struct inside: path.member */
	MX_FIELD_INLINE,  /* the same without a step in the path */
	MX_FIELD_POINTER, /* pointer to a struct of the arena */
	MX_FIELD_LIST,    /* MX_LIST of structs: path[1].member */
	MX_FIELD_STRINGS, /* MX_LIST(const char *): path[1]: "text" */
	MX_FIELD_OIDS,    /* MX_LIST(struct mx_oid) */
	MX_FIELD_INTEGERS /* MX_LIST(int): "1 6 100" */
};

#define MX_IN_MESSAGE (1u << MX_MESSAGE)
#define MX_IN_REPORT (1u << MX_REPORT)
#define MX_IN_PROBE (1u << MX_PROBE)
#define MX_IN_ALL (MX_IN_MESSAGE | MX_IN_REPORT | MX_IN_PROBE)

struct mx_table;

struct mx_field {
	const char *name;
	enum mx_field_kind kind;
	size_t offset, size; /* of the member */
	size_t other;        /* MX_FIELD_TYPE: offset of the OID */
	size_t has;          /* 1 + offset of the bool that tells whether the element is there; 0: none */
	int64_t initial;     /* numbers: the value that says "absent" or is the DEFAULT; everything else starts as zero */
	uint32_t mask;       /* MX_FIELD_BIT */
	unsigned only;       /* kinds of message that have the element, MX_IN_ bits; 0: all */
	unsigned always;     /* kinds of message in which the initial value is written too */
	bool received;       /* how the octets came, not what they say: written on demand */
	bool (*shown)(const void *object); /* a received field that is written for this object all the same */
	const char *const *words;
	size_t word_count;
	const struct mx_table *table;
};

struct mx_table {
	const char *name; /* "mx_trace" */
	size_t size;
	const struct mx_field *fields;
	size_t count;
	size_t set;  /* 1 + offset of the bool in the struct itself that tells whether it is there; 0: none */
	/* One line for the whole struct, where it says everything: what parse makes of it is compared before it is written. */
	char *(*format)(struct arena *a, const void *object);
	int (*parse)(struct arena *a, const char *text, void *object);
	bool words; /* that line is words without quotes */
	/* What depends on the kind of message; called on a fresh object. */
	void (*adapt)(void *object, int kind);
	bool is_message; /* its first member is enum mx_kind */
};

extern const struct mx_table mx_message_table, mx_heading_table, mx_recipient_table, mx_report_recipient_table,
	mx_body_part_table, mx_loss_table, mx_extension_table, mx_octets_table;

/* A list of any type. */
struct mx_any_list {
	void *items;
	size_t count, capacity;
};
struct mx_any_list mx_list_get(const struct mx_field *f, const void *object);
void mx_list_set(const struct mx_field *f, void *object, const struct mx_any_list *list);
size_t mx_list_item_size(const struct mx_field *f);

/* Member f of object. */
static inline const void *mx_member(const struct mx_field *f, const void *object) { return (const char *)object + f->offset; }
static inline void *mx_member_of(const struct mx_field *f, void *object) { return (char *)object + f->offset; }
bool mx_flag_get(size_t has, const void *object);
void mx_flag_set(size_t has, void *object, bool value);
int64_t mx_number_get(const struct mx_field *f, const void *object);
void mx_number_set(const struct mx_field *f, void *object, int64_t value);
void *mx_pointer_get(const struct mx_field *f, const void *object);
void mx_pointer_set(const struct mx_field *f, void *object, void *value);

/* A zeroed object gets its initial values. */
void mx_init(const struct mx_table *t, int kind, void *object);
/* A new object with its initial values. */
void *mx_new(struct arena *a, const struct mx_table *t, int kind) MUST_USE;
/* One new object per table and kind of message, to compare with. */
struct mx_fresh {
	struct arena *a;
	struct mx_fresh_item {
		const struct mx_table *table;
		int kind;
		const void *object;
	} *items;
	size_t count, capacity;
};
const void *mx_fresh(struct mx_fresh *cache, const struct mx_table *t, int kind);
/* A field that tells how the octets came, and is not asked for. */
bool mx_field_hidden(const struct mx_field *f, const void *object, bool received);
/* Does every member say the same?  received: those too that tell how the octets came. */
bool mx_equal(const struct mx_table *t, const void *x, const void *y, bool received);
bool mx_field_equal(const struct mx_field *f, const void *x, const void *y, bool received);

/* Values of one line, text <-> member (msg/codec.c).  The text of a number, time, OID or word list; NULL: not such a kind. */
const char *mx_value_text(struct arena *a, const struct mx_field *f, const void *object);
/* 0; -1: text is no such value. */
int mx_value_parse(struct arena *a, const struct mx_field *f, const char *text, void *object) MUST_USE;
int mx_time_parse(const char *text, struct when *out) MUST_USE;
extern const struct mx_field *const mx_eits_built_in;
char *mx_oid_dump(struct arena *a, const struct mx_oid *oid);
int mx_oid_undump(struct arena *a, const char *text, struct mx_oid *out) MUST_USE;
int mx_hex_parse(struct buf *out, const char *text, size_t n) MUST_USE;

/* The one-line forms of tables (msg/compact.c). */
char *mx_or_name_format(struct arena *a, const void *object);
int mx_or_name_parse(struct arena *a, const char *text, void *object);
char *mx_domain_format(struct arena *a, const void *object);
int mx_domain_parse(struct arena *a, const char *text, void *object);
char *mx_mts_id_format(struct arena *a, const void *object);
int mx_mts_id_parse(struct arena *a, const char *text, void *object);
char *mx_eits_format(struct arena *a, const void *object);
int mx_eits_parse(struct arena *a, const char *text, void *object);

#endif
