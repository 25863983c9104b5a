/*
 * t/unit/sec_digest.c - SHA-256 of sec/digest.c against the examples of FIPS 180-4, and what identities rely on.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sec/digest.h"
#include "t/lib/tap.h"

static const char *hex_of(struct digest *d)
{
	static char hex[2 * DIGEST_SIZE + 1];
	uint8_t out[DIGEST_SIZE];

	digest_finish(d, out);
	str_hex(hex, out, sizeof(out));
	return hex;
}

int main(void)
{
	struct arena *a = arena_new(0);
	struct digest *d = digest_new(a);
	struct err e = {0};
	uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE];
	struct blob file;
	int fd;

	is(hex_of(d), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "no octets");
	digest_put(d, "a", 1);
	digest_put(d, "bc", 2);
	is(hex_of(d), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc in two pieces");

	digest_put_string(d, "ab");
	digest_put_string(d, "c");
	digest_finish(d, first);
	digest_put_string(d, "a");
	digest_put_string(d, "bc");
	digest_finish(d, second);
	ok(memcmp(first, second, DIGEST_SIZE) != 0, "strings do not run into one another");
	digest_put_string(d, NULL);
	digest_finish(d, first);
	digest_put_string(d, "");
	digest_finish(d, second);
	ok(memcmp(first, second, DIGEST_SIZE) != 0, "an absent ENVID differs from an empty one");

	ok(blob_tempfile(a, NULL, &fd, &e) == 0 && write(fd, "xxabc", 5) == 5, "a file");
	file = blob_file(fd, 2, 3);
	ok(digest_put_blob(d, &file, &e) == 0, "slice of a file");
	is(hex_of(d), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "the same as from memory");
	file = blob_file(fd, 2, 10);
	ok(digest_put_blob(d, &file, &e) == -1 && e.id == ERR_SYSTEM, "a file that is too short is an error");

	ok(digest_same_octets("pw", 2, "pw", 2) && !digest_same_octets("pw", 2, "px", 2) && !digest_same_octets("pw", 2, "p", 1),
	   "comparison without telling where");
	arena_free(a);
	return tap_done();
}
