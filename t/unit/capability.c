/* capability.t - what a recipient or peer takes: sizes (B-322). */
#include "relay/capability.h"
#include "t/lib/tap.h"

int main(void)
{
	struct capability c = {.text = "peer", .size_max = 1000};
	struct err e = {0};

	ok(capability_judge_size(&c, 1000, &e) == 0, "B-322 as large as allowed");
	ok(capability_judge_size(&c, 1001, &e) != 0, "B-322 one octet more is refused");
	is(err_status(&e), "5.3.4", "B-322 as too large");
	c.size_max = 0;
	ok(capability_judge_size(&c, 1001, &e) == 0, "no limit");
	return tap_done();
}
