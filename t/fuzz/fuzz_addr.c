/*
 * fuzz_addr.c - address texts of all kinds; what was written must read back.
 * The first octet chooses: T O/R text, M mail address, E explanation, L table line, P DNS labels, N numbers with labels and object
 * identifiers, C character codings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/coding.h"
#include "addr/dn.h"
#include "addr/explain.h"
#include "addr/labels.h"
#include "addr/px.h"
#include "addr/rfc822.h"
#include "addr/tables.h"
#include "addr/to_x400.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                                     \
	do {                                                                                                               \
		if (!(cond)) {                                                                                                 \
			fprintf(stderr, "%s:%d: %s does not hold for: %s\n", __FILE__, __LINE__, #cond, input);                    \
			abort();                                                                                                   \
		}                                                                                                              \
	} while (0)

static struct addr_tables *tables;
static struct arena *kept; /* theirs */

static void free_tables(void)
{
	arena_free(kept);
}

static void load_tables(void)
{
	struct arena *a = kept = arena_new(0);
	const char *srcdir = getenv("srcdir");
	struct err e;
	char text[600];

	atexit(free_tables);
	if (addr_tables_load_dir(a, arena_printf(a, "%s/t/fuzz/addr.tables", srcdir == NULL ? "." : srcdir), &tables, &e) == 0)
		return;
	err_text(&e, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	exit(1);
}

/* A legal address without a hidden mail address comes back through any mail address that is made of it. */
static void check_to_822(struct arena *a, const char *input, const struct or_address *o)
{
	const struct addr_to_x400_options options = {.keep_route = true};
	struct or_address back;
	struct addr_822 parsed;
	enum addr_how how;
	char *mail;

	if (addr_to_822(a, tables, o, ADDR_RECIPIENT, &mail, &how, NULL, NULL) != 0)
		return;
	MUST(addr_822_parse(a, mail, &parsed, NULL) == 0);
	if (addr_check_or(o, NULL) != 0 || how == ADDR_DECAPSULATED)
		return;
	MUST(addr_to_x400_with(a, tables, mail, ADDR_RECIPIENT, &options, &back, &how, NULL, NULL) == 0);
	if (!or_equal(o, &back))
		fprintf(stderr, "%s\n%s\n%s\n", or_text(a, o), mail, or_text(a, &back));
	MUST(or_equal(o, &back));
}

static void fuzz_or(struct arena *a, const char *input)
{
	struct or_address o, again, copy;
	struct addr_route route;
	char *text;

	if (addr_parse_or(a, input, &o, NULL) != 0)
		return;
	text = or_text(a, &o);
	MUST(addr_parse_or(a, text, &again, NULL) == 0);
	MUST(str_eq(or_text(a, &again), text));
	MUST(or_equal(&o, &again));
	or_copy(a, &copy, &o);
	MUST(or_equal(&o, &copy));
	addr_route(a, tables, &o, &route);
	(void)!addr_dn_of_or(a, &o);
	if (*addr_print_card(a, &o) != '\0') {
		/* A card says all but a blank ADMD. */
		MUST(addr_parse_or(a, addr_print_card(a, &o), &again, NULL) == 0);
		if (!or_has(&again, OR_ADMD))
			again.v[OR_ADMD] = o.v[OR_ADMD];
		MUST(or_equal(&o, &again));
	}
	check_to_822(a, input, &o);
}

static void fuzz_mail(struct arena *a, const char *input)
{
	for (int use = ADDR_RECIPIENT; use <= ADDR_HEADER; use++) {
		const struct addr_to_x400_options options = {.keep_route = true};
		struct addr_trace trace = {0};
		struct or_address o;
		struct addr_822 parsed;
		enum addr_how how, back_how;
		char *back;

		if (addr_to_x400_with(a, tables, input, (enum addr_use)use, &options, &o, &how, &trace, NULL) != 0)
			continue;
		MUST(trace.count > 0);
		MUST(addr_822_parse(a, input, &parsed, NULL) == 0);
		if (addr_check_or(&o, NULL) != 0)
			fprintf(stderr, "%s\n", or_text(a, &o));
		MUST(addr_check_or(&o, NULL) == 0);
		if (how != ADDR_ENCAPSULATED) {
			check_to_822(a, input, &o);
			continue;
		}
		/* What is encapsulated comes out as it went in. */
		MUST(addr_to_822(a, tables, &o, ADDR_RECIPIENT, &back, &back_how, NULL, NULL) == 0);
		MUST(str_eq(back, use == ADDR_HEADER ? parsed.addr_spec : input));
	}
	(void)addr_is_x400(tables, input);
}

static void fuzz_explain(struct arena *a, const char *input)
{
	for (int use = ADDR_RECIPIENT; use <= ADDR_HEADER_LATE; use++)
		for (int to_x400 = 0; to_x400 < 2; to_x400++) {
			struct addr_explanation x;

			if (addr_explain(a, tables, input, to_x400 == 1, (enum addr_use)use, &x) == 0)
				MUST(x.result != NULL && x.trace.rule != NULL && str_is_printable_ascii(x.result));
			else
				MUST(x.err.id != ERR_NONE);
		}
}

static void fuzz_labels(struct arena *a, const char *input)
{
	char *oid;
	long n;

	if (addr_labelled_integer(input, &n, NULL) == 0)
		MUST(n >= 0);
	if (addr_oid_from_text(a, input, &oid, NULL) == 0)
		MUST(oid[strspn(oid, "0123456789.")] == '\0');
}

static void fuzz_line(struct arena *a, const char *input)
{
	for (int which = 0; which < ADDR_TABLE_COUNT; which++) {
		struct addr_line line;
		struct addr_node again;
		const char *reason;
		char *rule;

		if (addr_line_parse(a, (enum addr_table)which, input, &line, &reason, NULL) != 0 || line.node.depth == 0)
			continue;
		rule = addr_node_rule(a, &line.node);
		MUST(addr_node_parse(a, rule, ADDR_NODE_MAPPING, &again, &reason, NULL) == 0);
		MUST(str_eq(addr_node_rule(a, &again), rule));
	}
}

static void fuzz_px(struct arena *a, const char *input)
{
	char *labels, *rule, *again;

	(void)!addr_px_decode(a, input, &rule, NULL);
	if (addr_px_encode(a, input, &labels, NULL) != 0)
		return;
	MUST(addr_px_decode(a, labels, &rule, NULL) == 0);
	MUST(addr_px_encode(a, rule, &again, NULL) == 0);
	MUST(str_eq(labels, again));
}

static void fuzz_coding(struct arena *a, const char *input, size_t size)
{
	char *coded = addr_ascii_to_printable(a, input), *back;
	struct octets octets = {(const uint8_t *)input, size}, out;

	if (coded != NULL) {
		MUST(str_is_printable_string(coded));
		MUST(addr_printable_to_ascii(a, coded, &back, NULL) == 0);
		MUST(str_eq(back, input));
	}
	MUST(addr_printable_to_ascii_lenient(a, input) != NULL);
	MUST(addr_teletex_parse(a, addr_teletex_text(a, octets), &out, NULL) == 0);
	MUST(out.len == size && memcmp(out.p, input, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	char *input;

	if (tables == NULL)
		load_tables();
	if (size == 0 || size > 4096)
		return 0;
	a = arena_new(0);
	input = arena_memdup(a, data + 1, size - 1); /* with a NUL behind it */
	switch (data[0]) {
	case 'T':
		fuzz_or(a, input);
		break;
	case 'M':
		fuzz_mail(a, input);
		break;
	case 'E':
		fuzz_explain(a, input);
		break;
	case 'N':
		fuzz_labels(a, input);
		break;
	case 'L':
		fuzz_line(a, input);
		break;
	case 'P':
		fuzz_px(a, input);
		break;
	default:
		fuzz_coding(a, input, size - 1);
	}
	arena_free(a);
	return 0;
}
