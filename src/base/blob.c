/* blob.c - see blob.h. */
#include "base/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

struct blob blob_slice(const struct blob *b, uint64_t off, uint64_t len)
{
	struct blob s = *b;

	if (off > b->len)
		off = b->len;
	if (len > b->len - off)
		len = b->len - off;
	if (s.mem != NULL)
		s.mem += off;
	else
		s.off += (off_t)off;
	s.len = len;
	return s;
}

int blob_read(const struct blob *b, uint64_t off, void *out, size_t n, size_t *got, struct err *e)
{
	struct blob s = blob_slice(b, off, n);
	size_t done = 0;

	if (s.mem != NULL) {
		memcpy(out, s.mem, s.len);
		*got = s.len;
		return 0;
	}
	while (done < s.len) {
		ssize_t r = pread(s.fd, (char *)out + done, s.len - done, s.off + (off_t)done);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ERR_ERRNO(e, ERR_SYSTEM, "reading a temporary file");
		if (r == 0)
			return ERR(e, ERR_SYSTEM, "a temporary file is shorter than its slice");
		done += (size_t)r;
	}
	*got = done;
	return 0;
}

struct mapping {
	void *p;
	size_t len;
	struct mapping *next;
};
static struct mapping *mappings; /* all that are there, so that blob_passed knows them from other memory */

static void unmap(void *p)
{
	struct mapping *m = p, **at = &mappings;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	munmap(m->p, m->len);
}

void blob_passed(struct octets o, size_t *mark, size_t at)
{
	const size_t step = (size_t)4 << 20;
	uintptr_t page, from, to;

	if (at - *mark < step)
		return;
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	from = ((uintptr_t)o.p + *mark) / page * page;
	to = ((uintptr_t)o.p + at) / page * page;
	*mark = at;
	for (const struct mapping *m = mappings; m != NULL; m = m->next)
		if ((uintptr_t)m->p <= from && to <= (uintptr_t)m->p + m->len) {
			(void)madvise((char *)m->p + (from - (uintptr_t)m->p), to - from, MADV_DONTNEED); /* shared: nothing is lost */
			return;
		}
}

int blob_map(struct arena *a, const struct blob *b, struct octets *out, struct err *e)
{
	off_t page = sysconf(_SC_PAGESIZE), start;
	struct mapping *m;
	struct stat st;

	if (b->mem != NULL || b->len == 0) {
		*out = (struct octets){b->mem != NULL ? b->mem : (const uint8_t *)"", b->len};
		return 0;
	}
	/* a page beyond the end of the file would be a SIGBUS later */
	if (fstat(b->fd, &st) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "fstat of a temporary file");
	if (b->off < 0 || (uint64_t)st.st_size < (uint64_t)b->off + b->len)
		return ERR(e, ERR_SYSTEM, "a temporary file is shorter than its slice");
	start = b->off / page * page;
	m = NEW(a, struct mapping);
	m->len = (size_t)(b->len + (uint64_t)(b->off - start));
	m->p = mmap(NULL, m->len, PROT_READ, MAP_SHARED, b->fd, start);
	if (m->p == MAP_FAILED)
		return ERR_ERRNO(e, ERR_SYSTEM, "mapping %zu octets", m->len);
	m->next = mappings;
	mappings = m;
	arena_cleanup(a, unmap, m);
	*out = (struct octets){(const uint8_t *)m->p + (b->off - start), b->len};
	return 0;
}

int blob_map_path(struct arena *a, const char *path, struct octets *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	arena_close_fd(a, fd);
	if (fstat(fd, &st) != 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return ERR(e, ERR_CONFIG, "%s is not a file", path);
	struct blob b = blob_file(fd, 0, (uint64_t)st.st_size);
	return blob_map(a, &b, out, e);
}

int blob_tempfile(struct arena *a, const char *dir, int *fd, struct err *e)
{
	char path[4096];

	if (dir == NULL || *dir == '\0')
		dir = getenv("TMPDIR");
	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	*fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
		/* a file system without O_TMPFILE */
		snprintf(path, sizeof path, "%s/mixgate.XXXXXX", dir);
		*fd = mkostemp(path, O_CLOEXEC);
		if (*fd >= 0)
			unlink(path);
	}
	if (*fd < 0)
		return ERR_ERRNO(e, errno == ENOSPC ? ERR_NO_SPACE : ERR_SYSTEM, "temporary file in %s", dir);
	arena_close_fd(a, *fd);
	return 0;
}

bool blob_equal(const struct blob *x, const struct blob *y)
{
	uint8_t bx[4096], by[4096];
	uint64_t off = 0;

	if (x->len != y->len)
		return false;
	while (off < x->len) {
		size_t nx, ny;
		if (blob_read(x, off, bx, sizeof bx, &nx, NULL) != 0 || blob_read(y, off, by, sizeof by, &ny, NULL) != 0 ||
		    nx != ny || memcmp(bx, by, nx) != 0)
			return false;
		off += nx;
	}
	return true;
}
