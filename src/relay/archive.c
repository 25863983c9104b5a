/*
 * relay/archive.c - octets that nobody could read are kept for a person: archive.dir/bad/NAME (invariant I2: held by an
 * operator).  Written and flushed before the caller confirms anything.  With archive.enabled every message and report is kept
 * as it came, in a folder a day, archive.dir/YYYY-MM-DD, for archive.keep_days: what could not be archived is not taken.
 *
 * archive/bad has a quota, for a peer that sends nonsense without end.  When it is full the oldest files stay: they were confirmed
 * because they are held here, and are nowhere else.  What would come next is refused for now and stays with its peer, so nothing
 * is lost, and an alarm tells the operator.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/archive.h"

#define PRUNE_MAX 500 /* files a call, so that mail does not wait for it */

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

int archive_bad(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *name, char **path, struct err *e)
{
	const char *dir = arena_printf(a, "%s/bad", s->config->archive.dir);
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

/* ---- what is kept of everything ---- */

static char *day_of(struct arena *a, const struct when *w)
{
	char iso[32];

	clock_format_iso(w, iso);
	return arena_strndup(a, iso, 10);
}

/* Under its name it is whole, whatever happens. */
static int write_whole(struct arena *a, int folder, const char *name, int from, uint64_t size, struct err *e)
{
	const char *part = arena_printf(a, "%s.part", name);

	TRY(write_file(a, folder, part, from, size, e));
	return renameat(folder, part, folder, name) == 0 && fsync(folder) == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "%s", name);
}

int archive_message(const struct setup *s, struct arena *a, int fd, uint64_t size, const char *name, char **path, struct err *e)
{
	struct when now = clock_now();
	const char *dir = arena_printf(a, "%s/%s", s->config->archive.dir, day_of(a, &now));
	int folder, status;

	*path = NULL;
	if (!s->config->archive.enabled)
		return 0;
	*path = arena_printf(a, "%s/%s", dir, name);
	folder = make_dir(s->config->archive.dir, e) == 0 && make_dir(dir, e) == 0 ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder < 0)
		return e->id != ERR_NONE ? -1 : ERR_ERRNO(e, ERR_SYSTEM, "%s", dir);
	status = faccessat(folder, name, F_OK, 0) == 0 ? 0 : write_whole(a, folder, name, fd, size, e); /* an earlier attempt's */
	close(folder);
	return status;
}

static bool is_day(const char *s)
{
	return strlen(s) == 10 && strspn(s, "0123456789-") == 10 && s[4] == '-' && s[7] == '-';
}

static int empty_day(int parent, const char *day, int64_t *removed, struct err *e)
{
	int fd = openat(parent, day, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int status = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", day);
	}
	while (status == 0 && *removed < PRUNE_MAX && (entry = readdir(dir)) != NULL) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		status = unlinkat(fd, entry->d_name, 0) == 0 ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "%s/%s", day, entry->d_name);
		++*removed;
	}
	closedir(dir);
	if (status == 0 && *removed < PRUNE_MAX && unlinkat(parent, day, AT_REMOVEDIR) != 0)
		status = ERR_ERRNO(e, ERR_SYSTEM, "%s", day);
	return status;
}

int archive_prune(const struct config *c, struct when before, int64_t *removed, struct err *e)
{
	DIR *dir = opendir(c->archive.dir);
	struct dirent *entry;
	char first[32];
	int status = 0;

	*removed = 0;
	if (dir == NULL)
		return errno == ENOENT ? 0 : ERR_ERRNO(e, ERR_SYSTEM, "%s", c->archive.dir);
	clock_format_iso(&before, first);
	first[10] = '\0';
	while (status == 0 && *removed < PRUNE_MAX && (entry = readdir(dir)) != NULL)
		if (is_day(entry->d_name) && strcmp(entry->d_name, first) < 0)
			status = empty_day(dirfd(dir), entry->d_name, removed, e);
	closedir(dir);
	return status;
}
