/*
 * fuzz_ber_gate.c - any octets at the gate: no crash, and what passes passes again untouched, definite and whole.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ber/cursor.h"
#include "ber/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every value can be walked with the cursor. */
static void walk(struct octets in, int depth)
{
	struct ber_cursor c = ber_cursor_over(in);
	struct ber_tlv t;

	while (!ber_cursor_end(&c)) {
		if (ber_cursor_next(&c, &t, NULL) != 0)
			abort();
		if (t.constructed && depth < 100)
			walk(t.value, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ber_limits limits = {.size = 1 << 20, .depth = 4096, .count = 100000};
	struct arena *a = arena_new(0);
	struct octets out, again;
	struct err e = {0};
	size_t used;

	if (ber_gate_prefix(a, (struct octets){data, size}, &limits, &out, &used, &e) == 0) {
		struct ber_limits twice = limits;
		/* a definite head may be longer than an indefinite one */
		twice.size *= 2;
		if (used > size || ber_gate(a, out, &twice, &again, NULL) != 0 || again.p != out.p || again.len != out.len)
			abort();
		walk(out, 0);
	}
	arena_free(a);
	return 0;
}
