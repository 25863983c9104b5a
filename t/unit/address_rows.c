/*
 * address_rows.c - every address rule is needed: with the row taken out (MIXGATE_ROW_OFF) some vector fails.
 * Built only with --enable-row-switch.
 */
#include <stdlib.h>

#include "addr/vectors.h"
#include "base/macros.h"
#include "mixer/directions.h"
#include "t/lib/tap.h"

static const char *const files[] = {"vectors.tsv", "interop.tsv", "own.tsv"};

/* How many vectors fail as things are. */
static size_t failures(void)
{
	struct arena *a = arena_new(0);
	struct stream *out = stream_to_nothing(a);
	const char *dir = arena_printf(a, "%s/t/vectors/address", tap_srcdir());
	const struct addr_vectors_options options = {
		.pending = arena_printf(a, "%s/pending.tsv", dir), .more = mixer_directions, .more_count = mixer_directions_count};
	struct addr_vectors_count count = {0};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (addr_run_vectors_with(arena_printf(a, "%s/%s", dir, files[i]), &options, out, &count, &e) != 0)
			count.failed++;
	arena_free(a);
	return count.failed;
}

int main(void)
{
	ok(failures() == 0, "no vector fails with all rows");
	for (size_t i = 0; i < addr_rules_count; i++)
		for (size_t j = 0; j < addr_rules[i].count; j++) {
			const struct rule *r = &addr_rules[i].first[j];

			setenv("MIXGATE_ROW_OFF", r->id, 1);
			ok(failures() > 0, "%s %s is needed", r->id, r->section);
		}
	return tap_done();
}
