/*
 * address_vectors.c - the address vectors, through the runner that is the product's own (addr/vectors.h).
 * Vectors that do not pass yet are listed with their reason in pending.tsv; one of them that passes fails the test.
 */
#include <stdio.h>
#include <unistd.h>

#include "addr/vectors.h"
#include "base/macros.h"
#include "mixer/directions.h"
#include "t/lib/tap.h"

static const char *const files[] = {"vectors.tsv", "interop.tsv", "own.tsv", "corners.tsv"};

int main(void)
{
	struct arena *a = arena_new(0);
	struct stream *out = stream_to_fd(a, STDOUT_FILENO, 0);
	const char *dir = arena_printf(a, "%s/t/vectors/address", tap_srcdir());
	const struct addr_vectors_options options = {
		.pending = arena_printf(a, "%s/pending.tsv", dir), .more = mixer_directions, .more_count = mixer_directions_count};
	struct addr_vectors_count count = {0};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (addr_run_vectors_with(arena_printf(a, "%s/%s", dir, files[i]), &options, out, &count, &e) != 0)
			stream_printf(out, "not ok - %s: %s\n", files[i], e.detail), count.failed++;
	stream_printf(out, "1..%zu\n", count.run);
	if (stream_finish(out, &e) != 0)
		return 2;
	arena_free(a);
	return count.failed > 0;
}
