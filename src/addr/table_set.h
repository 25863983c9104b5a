/*
 * addr/table_set.h - a set of tables from the inside: for the files of addr that read, check and look up.
 */
#ifndef MIXGATE_ADDR_TABLE_SET_H
#define MIXGATE_ADDR_TABLE_SET_H

#include "addr/table_image.h"
#include "base/table.h"

struct addr_country {
	const char *numeric, *alpha;
};

struct addr_tables {
	const struct table *table;
	struct {
		const char **items;
		size_t count, capacity;
	} files; /* names for messages, by number */
	struct {
		struct addr_country *items;
		size_t count, capacity;
	} countries;
	const char *local_domain, *local_or_text;
	struct or_address local_or;
	bool keep_routes, x400_1984, inversion;
	struct addr_sources sources;
	const struct addr_users *users;
	const struct addr_watch *watch;
};

/* A text file of a set, in order of precedence. */
struct addr_file {
	const char *path, *name;
	enum addr_table which;
	bool overlay; /* "mapping1.local" beside "mapping1" */
};
struct addr_files {
	struct addr_file *items;
	size_t count, capacity;
};

enum addr_finding_id {
	FINDING_SYNTAX,
	FINDING_VALUE,
	FINDING_LENGTH,
	FINDING_DUPLICATE,
	FINDING_CONFLICT,
	FINDING_OCTETS,
	FINDING_TLD_CODE,
	FINDING_NO_INVERSE,
	FINDING_ASYMMETRIC,
	FINDING_SHADOWED,
	FINDING_GATE_BELOW,
	FINDING_TLD_LIKE,
	FINDING_GAP,
	FINDING_ONE_LABEL,
	FINDING_NO_ADMD,
};

/* The texts of a set on their way into a table. */
struct addr_reader {
	struct arena *a;
	struct table_writer *w;
	struct addr_files files;
	struct addr_findings *found;
	const char *first_where, *first_text; /* the first error */
};

void addr_files_list(struct arena *a, const struct addr_tables_source *src, struct addr_files *out);
/* What a compiled table must say about itself to fit these texts. */
int addr_files_describe(struct arena *a, const struct addr_files *files, char **out, struct err *e) MUST_USE;
/* The names in such a description. */
void addr_files_names(struct arena *a, const char *description, struct addr_tables *t);
/* About how many rules they hold. */
size_t addr_files_rules(const struct addr_files *files);

/* All texts; -1 when one cannot be read or is written meanwhile.  Wrong lines are findings. */
int addr_reader_read(struct addr_reader *r, struct err *e) MUST_USE;
/* Lines of a file; text is cut up. */
void addr_reader_lines(struct addr_reader *r, size_t file, char *text, size_t n);
void addr_reader_report(struct addr_reader *r, enum addr_finding_id id, size_t file, size_t line, size_t column, const char *text);
/* -1 with the first error that was found. */
int addr_reader_result(const struct addr_reader *r, struct err *e) MUST_USE;
/* What only shows when all rules are there. */
void addr_reader_lint(struct addr_reader *r);

#endif
