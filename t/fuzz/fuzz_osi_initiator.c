/* Any octets as answers to our initiator. */
#include "t/fuzz/osi_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct osi_options o = {.initiator = true, .local = {.name = "mta.acme"}, .checkpoint = 1, .twa = n % 2 == 0};

	drive(&o, p, n);
	return 0;
}
