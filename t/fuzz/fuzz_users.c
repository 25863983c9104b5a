/*
 * fuzz_users.c - mappings/users as octets of a stranger: whole as a file, and line by line; a user that is taken is found again by
 * each address (mixgate-directory(7)).
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "addr/rfc822.h"
#include "base/str.h"
#include "dir/users.h"
#include "t/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_again(struct arena *a, const struct users *u, const char *line)
{
	struct addr_user user, found;
	struct err e = {0};

	if (users_parse_line(a, line, &user, &e) != 0)
		return;
	MUST(str_is_printable_ascii(user.rfc822) || strpbrk(user.rfc822, "\r\n") == NULL);
	if (u == NULL)
		return;
	MUST(users_by_822(u, a, user.rfc822, &found) == ADDR_FOUND && or_equal(&found.x400, &user.x400));
	MUST(users_by_x400(u, a, &user.x400, &found) == ADDR_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	const char *path = arena_printf(a, "/proc/self/fd/%d", fd);
	struct users *u = NULL;
	struct err e = {0};

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (users_load(a, &path, 1, &u, &e) != 0)
		u = NULL;
	close(fd);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end == NULL ? size : (size_t)(end - data);

		if (memchr(data, '\0', n) == NULL)
			find_again(a, u, arena_strndup(a, (const char *)data, n));
		n += end != NULL;
		data += n;
		size -= n;
	}
	arena_free(a);
	return 0;
}
