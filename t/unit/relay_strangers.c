/*
 * t/unit/relay_strangers.c - how many refusals of a source are told one by one (relay/strangers.h), with a clock of our own.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/strangers.h"
#include "t/lib/tap.h"

static unsigned told(struct strangers *s, const char *source, unsigned times, int64_t now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < times; i++)
		n += !strangers_came(s, source, now);
	return n;
}

static unsigned untold(const struct strangers *s)
{
	unsigned n = 0;

	for (size_t i = 0; i <= STRANGERS_SOURCES; i++)
		n += s->entry[i].source[0] != '\0' ? s->entry[i].untold : 0;
	return n;
}

static void test_one(struct strangers *s)
{
	memset(s, 0, sizeof(*s));
	is_int(told(s, "192.0.2.1", 500, 0), STRANGERS_TOLD, "of 500 the first ones are told");
	is_int(untold(s), 500 - STRANGERS_TOLD, "the others are a number");
	is_int(told(s, "192.0.2.2", 3, 0), 3, "another source has its own");
	ok(strangers_deadline(s) == STRANGERS_MS, "the number is due when the minute is over");
	strangers_tell(s, STRANGERS_MS - 1);
	is_int(untold(s), 500 - STRANGERS_TOLD, "not before");
	strangers_tell(s, STRANGERS_MS);
	is_int(untold(s), 0, "then it is told");
	ok(strangers_deadline(s) == INT64_MAX, "and nothing more");
	is_int(told(s, "192.0.2.1", 20, STRANGERS_MS), STRANGERS_TOLD, "the next minute is a new one");
}

static void test_networks(struct strangers *s)
{
	memset(s, 0, sizeof(*s));
	told(s, "2001:db8::1", 100, 0);
	is_int(told(s, "2001:db8::ffff:2", 5, 0), 0, "addresses of one IPv6 network are one source");
	is_int(told(s, "2001:db8:1::1", 5, 0), 5, "those of another are another");
}

static void test_many(struct strangers *s)
{
	unsigned n = 0;

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < 60000; i++) {
		char source[64];

		snprintf(source, sizeof(source), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		n += told(s, source, 2, 1000);
	}
	is_int(n, 2 * STRANGERS_SOURCES + STRANGERS_TOLD, "60,000 sources fill no more lines than the table has room for");
	is_int(untold(s), 120000 - n, "the others are one number");
}

static void test_bound(struct strangers *s)
{
	unsigned quiet = 0;

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < 1000; i++) {
		bool q = strangers_came(s, "192.0.2.9", 0);

		quiet += q;
		strangers_bound(s, "192.0.2.9", q);
	}
	is_int(quiet, 0, "who binds uses up nothing");
	ok(strangers_known(s, "192.0.2.9"), "and is known afterwards");
	ok(!strangers_known(s, "192.0.2.8"), "his neighbour is not");
	told(s, "192.0.2.8", 30, 0);
	strangers_bound(s, "192.0.2.8", true);
	is_int(untold(s), 19, "one that was thought a stranger and binds is not counted");
	for (int i = 0; i < STRANGERS_KNOWN; i++) {
		char source[64];

		snprintf(source, sizeof(source), "10.1.1.%d", i);
		strangers_bound(s, source, false);
	}
	ok(!strangers_known(s, "192.0.2.9") && strangers_known(s, "10.1.1.255"), "the oldest known ones give way");
	told(s, "0123456789012345678901234567890123456789012345678901234567890123456789", 1, 0);
	ok(true, "a source longer than its place does no harm");
}

int main(void)
{
	static struct strangers s;

	log_open("relay_strangers.t", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	test_one(&s);
	test_networks(&s);
	test_many(&s);
	test_bound(&s);
	return tap_done();
}
