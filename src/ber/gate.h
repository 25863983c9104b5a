/*
 * ber/gate.h - the gate: no octet from outside reaches generated code before it has passed here (X.690 8; DESIGN 3, 5).
 *
 * The walk is iterative: every length fits its parent, every indefinite form ends in its own end-of-contents, depth and
 * number of values stay under the limits.  Where an indefinite form or a segmented string stands, a definite copy is made
 * (small input in the arena, large input in an unlinked temporary file that is mapped); otherwise nothing is copied.
 */
#ifndef MIXGATE_BER_GATE_H
#define MIXGATE_BER_GATE_H

#include "base/arena.h"
#include "base/blob.h"
#include "base/err.h"

struct ber_limits {
	uint64_t size;  /* octets, default 200 MB */
	unsigned depth; /* default 4096 */
	uint64_t count; /* values, default 2 million */
};
#define BER_LIMITS_INIT {.size = 210000000, .depth = 4096, .count = 2000000}
#define BER_LIMITS_DEFAULT ((struct ber_limits)BER_LIMITS_INIT)

/* Checks that in is exactly one BER value and gives its definite form (in itself when it has it already). */
int ber_gate(struct arena *a, struct octets in, const struct ber_limits *limits, struct octets *out, struct err *e) MUST_USE;
/* As ber_gate, but octets may follow; *used tells how long the value was in the input. */
int ber_gate_prefix(struct arena *a, struct octets in, const struct ber_limits *limits, struct octets *out, size_t *used, struct err *e) MUST_USE;

#endif
