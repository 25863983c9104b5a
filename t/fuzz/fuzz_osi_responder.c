/* Any octets against our responder. */
#include "t/fuzz/osi_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct osi_options o = {.local = {.name = "mta.beta"}, .checkpoint = 1, .twa = n % 2 == 0, .apdu_max = 100000,
	                        .modes = OSI_MODE_BIT(OSI_MODE_NORMAL) | OSI_MODE_BIT(OSI_MODE_X410_1988) | OSI_MODE_BIT(OSI_MODE_X410_1984)};

	drive(&o, p, n);
	return 0;
}
