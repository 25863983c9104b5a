/*
 * fuzz_dns.c - a DNS message as the answer to a PX question, and the names of rules (A-220 .. A-238).  The first octet is the
 * length of the name asked for, then the name, then the message; the identifier is put right, or nothing would be read.
 */
#include <string.h>

#include "addr/px.h"
#include "addr/rfc822.h"
#include "base/str.h"
#include "dir/px_answer.h"
#include "t/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(struct arena *a, const struct dir_px_record *r)
{
	struct addr_node node;
	const char *reason;
	bool gate;
	char *text, *back;

	MUST(r->preference <= 65535 && str_is_printable_ascii(r->map822) && str_is_printable_ascii(r->mapx400));
	(void)addr_is_domain(r->map822);
	if (addr_px_rdata(a, r->mapx400, &gate, &text, NULL) != 0 || addr_node_parse(a, text, ADDR_NODE_MAPPING, &node, &reason, NULL) != 0)
		return;
	/* What can be read can be written, and reads back as the same. */
	if (addr_px_encode(a, addr_node_rule(a, &node), &text, NULL) == 0) {
		MUST(addr_px_decode(a, text, &back, NULL) == 0);
		MUST(str_ieq(back, addr_node_rule(a, &node)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct dir_px_question q = {.id = 0x4d47};
	struct dir_px_answer answer;
	uint8_t query[512], *message;
	size_t n = size > 0 ? MIN_OF((size_t)data[0], size - 1) : 0;
	struct err e = {0};
	enum dir_px_state state;

	if (size >= n + 1 + 2 && dir_px_question(&q, arena_strndup(a, (const char *)data + 1, n), query, sizeof query, &e) > 0) {
		message = arena_memdup(a, data + 1 + n, size - 1 - n);
		message[0] = 0x4d;
		message[1] = 0x47;
		state = dir_px_read(a, &q, message, size - 1 - n, &answer, &e);
		MUST(state == DIR_PX_ANSWERED || answer.records.count == 0 || state == DIR_PX_FAILED);
		MUST(state != DIR_PX_FAILED || e.id != ERR_NONE);
		for (size_t i = 0; i < answer.records.count; i++) {
			MUST(i == 0 || answer.records.items[i - 1].preference <= answer.records.items[i].preference || state == DIR_PX_FAILED);
			check_record(a, &answer.records.items[i]);
		}
	}
	arena_free(a);
	return 0;
}
