/*
 * fuzz_p1.c - any octets as APDU and as content: no crash, no hang; what can be read can be written or says why not.
 */
#include <stdint.h>

#include "p1/p1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget_octets(struct mx_message *m)
{
	size_t i;

	if (m->content != MX_CONTENT_OPAQUE)
		m->content_octets.len = 0;
	for (i = 0; i < m->ipm.body.count; i++) {
		m->ipm.body.items[i].raw.len = 0;
		if (m->ipm.body.items[i].message != NULL)
			forget_octets(m->ipm.body.items[i].message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct p1_limits limits = {{1 << 20, 4096, 100000}, 100, 100, 20};
	static const struct p1_options options = {.extension_type_99 = false};
	struct arena *a = arena_new(0);
	struct blob b = blob_mem(data, size);
	struct mx_message *m;
	struct err e = {0}, content_error = {0};

	(void)p1_guess((struct octets){data, size});
	if (p1_decode(a, &b, &limits, &m, &content_error, &e) == 0) {
		struct stream *s = stream_to_nothing(a);
		(void)!p1_encode(a, m, &options, s, &e);
		forget_octets(m);
		(void)!p1_encode(a, m, &options, s, &e);
	}
	m = mx_message_new(a, MX_MESSAGE);
	if (p22_decode(a, &b, &limits, m, &e) == 0) {
		forget_octets(m);
		(void)!p22_encode(a, m, &options, stream_to_nothing(a), &e);
	}
	arena_free(a);
	return 0;
}
