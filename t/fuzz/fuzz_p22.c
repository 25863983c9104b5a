/*
 * fuzz_p22.c - any octets as a content and as one body part: no crash, no hang; what can be read can be written from its
 * members, also as P2, or says why not.
 */
#include <stdint.h>

#include "p1/p1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget_octets(struct mx_message *m)
{
	size_t i;

	m->content_octets.len = 0;
	for (i = 0; i < m->ipm.body.count; i++) {
		struct mx_body_part *p = &m->ipm.body.items[i];
		p->raw.len = 0;
		if (p->delivery != NULL)
			p->delivery->raw = (struct octets){NULL, 0};
		if (p->message != NULL)
			forget_octets(p->message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct p1_limits limits = {{1 << 20, 4096, 100000}, 100, 100, 20};
	static const struct p1_options p22 = {.content_p2 = false}, p2 = {.content_p2 = true};
	struct arena *a = arena_new(0);
	struct blob b = blob_mem(data, size);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_body_part part = {.tag = MX_ABSENT};
	struct err e = {0};

	if (p22_decode(a, &b, &limits, m, &e) == 0) {
		(void)!p22_encode(a, m, &p2, stream_to_nothing(a), &e);
		forget_octets(m);
		(void)!p22_encode(a, m, &p22, stream_to_nothing(a), &e);
		(void)!p22_encode(a, m, &p2, stream_to_nothing(a), &e);
	}
	(void)!p1_read_body_part(a, &b, &part, &e);
	arena_free(a);
	return 0;
}
