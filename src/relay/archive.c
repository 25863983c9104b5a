/*
 * relay/archive.c - octets that nobody could read are kept for a person: archive.dir/bad/NAME (invariant I2: held by an
 * operator).  Written and flushed before the caller confirms anything.
 *
 * The folder has a quota, for a peer that sends nonsense without end.  When it is full the oldest files stay: they were confirmed
 * because they are held here, and are nowhere else.  What would come next is refused for now and stays with its peer, so nothing
 * is lost, and an alarm tells the operator.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
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

/* What the folder holds beside the file name, which may be there from an earlier attempt. */
static int count(int folder, const char *name, long long *files, long long *octets, struct err *e)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	*files = *octets = 0;
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_ERRNO(e, ERR_SYSTEM, "archive/bad");
	}
	while ((entry = readdir(dir)) != NULL)
		if (!str_eq(entry->d_name, name) && fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
			++*files;
			*octets += st.st_size;
		}
	closedir(dir);
	return 0;
}

static int check_quota(const struct config *c, int folder, const char *name, uint64_t size, struct err *e)
{
	long long files, octets;

	TRY(count(folder, name, &files, &octets, e));
	if (files < c->archive.bad_files && octets + (long long)size <= c->archive.bad_size)
		return 0;
	ERR(e, ERR_RELAY_ARCHIVE_FULL, "%lld files, %lld octets, and %llu more; archive.bad_files is %d, archive.bad_size %lld", files,
	    octets, (unsigned long long)size, c->archive.bad_files, (long long)c->archive.bad_size);
	log_err(LOG_LEVEL_ERROR, "archive-full", e, "alarm", "archive", NULL);
	return -1;
}

static int write_file(struct arena *a, int folder, const char *name, int from, uint64_t size, struct err *e)
{
	int out = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), status;

	if (out < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", name);
	status = copy(a, from, size, out, e);
	close(out);
	/* half a file is worth nothing, and counts */
	if (status != 0)
		unlinkat(folder, name, 0);
	else if (fsync(folder) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "archive/bad");
	return status;
}

int archive_bad(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *digest, char **path, struct err *e)
{
	const char *dir = arena_printf(a, "%s/bad", s->config->archive.dir), *name = arena_printf(a, "%s.ber", digest);
	int folder, status;

	TRY(make_dir(s->config->archive.dir, e));
	TRY(make_dir(dir, e));
	*path = arena_printf(a, "%s/%s", dir, name);
	folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* one worker at a time counts and writes; the lock goes with the descriptor */
	if (folder < 0 || flock(folder, LOCK_EX) != 0)
		status = ERR_ERRNO(e, ERR_SYSTEM, "%s", dir);
	else
		status = check_quota(s->config, folder, name, size, e);
	if (status == 0)
		status = write_file(a, folder, name, fd, size, e);
	if (folder >= 0)
		close(folder);
	return status;
}
