/*
 * addr/addr.h - O/R address <-> text <-> RFC 822 address (RFC 2156 chapters 3 and 4), pure functions over tables.
 *
 * Nothing here opens a file, asks a server or looks at a clock, except addr_tables_load, which the programs call at start
 * and on reload.
 */
#ifndef MIXGATE_ADDR_ADDR_H
#define MIXGATE_ADDR_ADDR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rule.h"
#include "msg/oraddr.h"

struct addr_tables; /* mapping1, mapping2, gate1, gate2 and routes, ready for look-up; read-only */

struct addr_tables_source {
	const char *const *mapping1; /* NULL-terminated lists of files; NULL: none */
	const char *const *mapping2;
	const char *const *gate1;
	const char *const *gate2;
	const char *routes;          /* NULL: none */
	const char *local_domain;    /* this gateway's domain, e.g. "gw.example.net" */
	const char *local_or;        /* this gateway's O/R address in std-or text */
	const char *numeric_country; /* "826:GB 840:US" or NULL */
	const char *compiled;        /* file of addr_tables_compile, used when it fits the texts; NULL: first text and ".tbl" */
	bool keep_compiled;          /* write it when it does not fit */
	bool quiet;                  /* only errors go to the log */
	bool keep_routes;            /* envelope addresses keep their source route and are encapsulated, else A-118 */
	bool x400_1984;              /* only 1984 attributes towards X.400 */
	bool inversion;              /* O left of an OU, and the address is invalid: try the OUs the other way round */
};

struct config;
/* The tables that mixgate.conf names. */
void addr_tables_source_config(const struct config *c, struct addr_tables_source *out);

/* What loading or checking tables found.  An error keeps the set from being used; a note is something that may well be
 * meant. */
enum addr_severity { ADDR_ERROR, ADDR_WARNING, ADDR_NOTE };
struct addr_finding {
	enum addr_severity severity;
	const char *id;     /* "T-201", mixgate-tables(5) */
	const char *where;  /* "mapping2.rfc2or:12:3", file, line, column */
	const char *text;   /* one sentence */
	const char *advice; /* what to do */
};
struct addr_findings {
	struct addr_finding *items;
	size_t count, capacity;
	size_t errors, warnings, notes; /* all of them; items stops at 1,000 */
	/* NULL, or called for each one instead of keeping it. */
	void (*report)(void *context, const struct addr_finding *f);
	void *context;
};

/* Finds the compiled tables when they fit the texts, else reads the texts, and with src->keep_compiled writes them for
 * the next one.  A wrong set is an error that names file, line and column; what was found goes to the log. */
int addr_tables_load(struct arena *a, const struct addr_tables_source *src, struct addr_tables **out, struct err *e) MUST_USE;
/* In two steps, for a process that must not read texts itself: a helper calls addr_tables_build, which leaves the compiled
 * tables in an open file *fd (the compiled file, or a sealed memory file), and the other one maps that. */
int addr_tables_build(const struct addr_tables_source *src, int *fd, struct err *e) MUST_USE;
int addr_tables_map(struct arena *a, const struct addr_tables_source *src, int fd, struct addr_tables **out, struct err *e) MUST_USE;
/* Reads the texts, with every finding for the caller: -1 when any is an error. */
int addr_tables_check(struct arena *a, const struct addr_tables_source *src, struct addr_findings *found, struct addr_tables **out,
                      struct err *e) MUST_USE;
/* Reads the text files and writes them to src->compiled, which all processes then map.  addr_tables_load with the same
 * texts finds it by itself. */
int addr_tables_compile(struct arena *a, const struct addr_tables_source *src, struct err *e) MUST_USE;
/* All rules of a table set folder as in vectors/address/tables (mapping1.or2rfc, mapping2.rfc2or, gate1, gate2,
 * routes, gateway.conf; those that are there; tables.tbl is the compiled form). */
int addr_tables_source_dir(struct arena *a, const char *dir, struct addr_tables_source *out, struct err *e) MUST_USE;
int addr_tables_load_dir(struct arena *a, const char *dir, struct addr_tables **out, struct err *e) MUST_USE;

/* One step of an explanation: rule id and what it did. */
struct addr_step {
	const char *rule;
	const char *text;
};
struct addr_trace {
	struct addr_step *items;
	size_t count, capacity;
	const char *rule, *where; /* what decided in the end: rule id, and line of a table (NULL: none) */
	bool brief;               /* given by the caller: only what decided, no steps */
};

/* Std-or text (RFC 2156 4.1: "/G=Bob/S=Jones/O=x/C=GB/", also with ';') to an address. */
int addr_parse_or(struct arena *a, const char *text, struct or_address *out, struct err *e) MUST_USE;
/* The canonical text of A-112 (same as or_text). */
char *addr_print_or(struct arena *a, const struct or_address *o) MUST_USE;
/* As people write it, "" when that form has no place for something. */
char *addr_print_card(struct arena *a, const struct or_address *o) MUST_USE;
/* RFC 2156 3.4: ASCII <-> PrintableString coding of the RFC-822 DDA and of message ids.  NULL: there is an octet over 127
 * .  The way back fails on what is no coding and lets control characters through: check them. */
char *addr_ascii_to_printable(struct arena *a, const char *ascii) MUST_USE;
int addr_printable_to_ascii(struct arena *a, const char *ps, char **out, struct err *e) MUST_USE;

/* What an address is for.  When a source of rules does not answer, mapping fails with a temporary error, so that the
 * message is tried again; ADDR_HEADER_LATE is a header address for which that has gone on for too long: it
 * is mapped as if there were no rule. */
enum addr_use { ADDR_RECIPIENT, ADDR_ORIGINATOR, ADDR_HEADER, ADDR_HEADER_LATE };
/* How an address was mapped: where it came from decides trust and loops.  ADDR_PERSONAL: by the user's own entry. */
enum addr_how { ADDR_EXPLICIT, ADDR_MAPPED, ADDR_ENCAPSULATED, ADDR_DECAPSULATED, ADDR_GATEWAY_LHS, ADDR_PERSONAL };

/* RFC 822 address (addr-spec without <>) to O/R address, RFC 2156 4.3.4. trace may be NULL. */
int addr_to_x400(struct arena *a, const struct addr_tables *t, const char *addr_spec, enum addr_use use, struct or_address *out,
                 enum addr_how *how, struct addr_trace *trace, struct err *e) MUST_USE;
/* O/R address to RFC 822 addr-spec, RFC 2156 4.3.5. */
int addr_to_822(struct arena *a, const struct addr_tables *t, const struct or_address *o, enum addr_use use, char **out,
                enum addr_how *how, struct addr_trace *trace, struct err *e) MUST_USE;

/* "explicit", "mapped" ... */
const char *addr_how_name(enum addr_how how);

/* whoever is set here hears of each address that has been mapped, headings included; it must not map itself. */
struct addr_mapped {
	bool to_x400;
	enum addr_use use;
	enum addr_how how;
	const char *from, *to;    /* as text */
	const char *rule, *where; /* as in struct addr_trace */
};
struct addr_watch {
	void (*mapped)(void *context, const struct addr_mapped *m);
	void *context;
};
/* w must live as long as t; NULL: nobody. */
void addr_tables_set_watch(struct addr_tables *t, const struct addr_watch *w);

/* X.402 18.5: the form of an address, with X.411's bounds and no empty values. */
enum addr_form { ADDR_FORM_NONE, ADDR_FORM_MNEMONIC, ADDR_FORM_NUMERIC, ADDR_FORM_POSTAL, ADDR_FORM_TERMINAL };
enum addr_form addr_form_of(const struct or_address *o);
int addr_check_or(const struct or_address *o, struct err *e) MUST_USE;
/* A-149, U4: a recipient that would be encapsulated towards this gateway itself, or a mistyped O/R address in its local
 * part, is refused at RCPT.  how is what addr_to_x400 gave. */
int addr_check_recipient(const struct addr_tables *t, const char *addr_spec, enum addr_how how, struct err *e) MUST_USE;
/* what X.400(1984) cannot carry is turned into it (common name into DDA "Common") or refused. */
int addr_downgrade_1984(struct arena *a, struct or_address *o, struct err *e) MUST_USE;

/* Where an O/R address goes: longest match on C, ADMD, PRMD, O, OU of the routes table ("PRMD$x.ADMD$ .C$DE : peer=viat",
 * "default : smtp", "... : reject 5.1.2 text"). */
enum addr_route_kind { ADDR_ROUTE_PEER, ADDR_ROUTE_SMTP, ADDR_ROUTE_REJECT, ADDR_ROUTE_NONE };
struct addr_route {
	enum addr_route_kind kind;
	const char *peer;   /* ADDR_ROUTE_PEER */
	const char *status; /* ADDR_ROUTE_REJECT: "5.1.2" */
	const char *text;
	const char *where;  /* "routes:12" */
};
void addr_route(struct arena *a, const struct addr_tables *t, const struct or_address *o, struct addr_route *out);
/* True when the domain of an addr-spec belongs to X.400 space: mapped by mapping2, or a local part in std-or form at
 * the local gateway domain. */
bool addr_is_x400(const struct addr_tables *t, const char *addr_spec);
const char *addr_local_domain(const struct addr_tables *t);
const struct or_address *addr_local_or(const struct addr_tables *t);

/* Every domain of mapping 2 with the O/R address it stands for, in the order of the tables (transport maps for the MTA). */
void addr_each_domain(struct arena *a, const struct addr_tables *t,
                      void (*fn)(void *context, const char *domain, const struct or_address *o), void *context);

/* Rows A-..., for `mixgate rules`. */
extern const struct rule_table addr_rules[];
extern const size_t addr_rules_count;

#endif
