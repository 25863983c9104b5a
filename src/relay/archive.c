/*
 * relay/archive.c - octets that nobody could read are kept for a person: archive.dir/bad/NAME (invariant I2: held by an
 * operator).  Written and flushed before the caller confirms anything.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/worker.h"

static int make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	return 0;
}

static int copy(struct arena *a, int from, uint64_t size, int to, struct err *e)
{
	struct stream *s = stream_to_fd(a, to, 0);
	struct blob b = blob_file(from, 0, size);

	stream_blob(s, &b);
	TRY(stream_finish(s, e));
	return fsync(to) == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "fsync");
}

static int sync_dir(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd >= 0 ? fsync(fd) : -1;

	if (fd >= 0)
		close(fd);
	return status == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
}

int archive_bad(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *name, char **path, struct err *e)
{
	const char *dir = arena_printf(a, "%s/bad", s->config->archive.dir);
	int out, status;

	TRY(make_dir(s->config->archive.dir, e));
	TRY(make_dir(dir, e));
	*path = arena_printf(a, "%s/%s.ber", dir, name);
	out = open(*path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", *path);
	status = copy(a, fd, size, out, e);
	close(out);
	return status == 0 ? sync_dir(dir, e) : -1;
}
