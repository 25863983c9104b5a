/* Any octets as answers to our initiator; how many there are chooses mode, dialogue and first turn. */
#include "t/fuzz/osi_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct osi_options o = {.initiator = true, .local = {.name = "mta.acme"}, .checkpoint = 1, .twa = n % 2 == 0,
	                        .mode = n % 3 == 1 ? OSI_MODE_X410_1988 : OSI_MODE_NORMAL, .turn_to_responder = n % 7 == 0};

	drive(&o, p, n);
	return 0;
}
