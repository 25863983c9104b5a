/*
 * fuzz_p1.c - any octets as an MTS-APDU: no crash, no hang; what can be read goes on octet by octet where it was in our form,
 * can be written from its members, also as X.400 (1984), or says why not.  The same as a directory name.
 */
#include <stdint.h>

#include "p1/p1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct p1_limits limits = {{1 << 20, 4096, 100000}, 100, 100, 20};
	static const struct p1_options all[] = {{.extension_type_99 = false}, {.extension_type_99 = true, .p1_84 = true, .content_p2 = true}};
	struct arena *a = arena_new(0);
	struct blob b = blob_mem(data, size);
	struct mx_message *m;
	struct err e = {0}, content_error = {0};

	(void)p1_guess((struct octets){data, size});
	(void)!p1_directory_name(a, (struct octets){data, size});
	if (p1_decode(a, &b, &limits, &m, &content_error, &e) == 0) {
		(void)!p1_encode(a, m, &all[0], stream_to_nothing(a), &e);
		if (m->content != MX_CONTENT_OPAQUE)
			m->content_octets.len = 0;
		(void)!p1_encode(a, m, &all[0], stream_to_nothing(a), &e);
		(void)!p1_encode(a, m, &all[1], stream_to_nothing(a), &e);
	}
	arena_free(a);
	return 0;
}
