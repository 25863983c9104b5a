/*
 * table.c - the read-only string table behind compiled mapping tables (base/table.h).
 *
 * One image, in memory and in the file alike: header, hash slots (open addressing, at most half full), entry offsets in
 * order of addition, entries (key length, value length, key, value).  Nothing is unpacked at opening, so a table of a
 * million entries is ready at once and its pages are shared by all processes.  The header has a checksum; everything
 * behind it is checked against the size of the file each time it is followed, so a damaged file gives "not found", never
 * a fault.
 */
#include "base/table.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE_MAGIC "MIXTABL\n"
#define TABLE_VERSION 1u
#define TABLE_BYTE_ORDER 0x01020304u
#define ENTRY_MAX (64u * 1024 * 1024)

struct header {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t count;   /* entries */
	uint64_t slots;   /* power of two */
	uint64_t data;    /* octets of entries */
	uint64_t checksum; /* FNV-1a of everything above */
};
struct slot {
	uint32_t hash;
	uint32_t entry; /* index + 1; 0: free */
};
struct table {
	const uint8_t *image;
	size_t size;
	const struct slot *slots;
	const uint64_t *offsets;
	const uint8_t *data;
	uint64_t nslots, count, data_len;
};
struct table_writer {
	uint8_t *data;
	size_t len, capacity;
	uint64_t *offsets;
	size_t count, offsets_capacity;
	struct slot *slots;
	size_t nslots;
};

static uint64_t fnv1a(const void *p, size_t n)
{
	const uint8_t *s = p;
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * 1099511628211u;
	return h;
}

static uint32_t hash_of(struct octets key)
{
	uint64_t h = fnv1a(key.p, key.len);

	/* FNV mixes the last octets badly, and keys of tables differ at their ends: without this step they come in clusters. */
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
	return (uint32_t)(h ^ (h >> 33));
}

/* The entry at offset off, or false when it leaves the data. */
static bool entry_at(const uint8_t *data, uint64_t data_len, uint64_t off, struct octets *key, struct octets *value)
{
	uint32_t len[2];

	if (off > data_len || data_len - off < sizeof(len))
		return false;
	memcpy(len, data + off, sizeof(len));
	if (data_len - off - sizeof(len) < (uint64_t)len[0] + len[1])
		return false;
	*key = (struct octets){data + off + sizeof(len), len[0]};
	*value = (struct octets){data + off + sizeof(len) + len[0], len[1]};
	return true;
}

static bool same(struct octets x, struct octets y)
{
	return x.len == y.len && (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
}

/* ---- writing ---- */

/* base owns the heap; when it is used up the process ends as arena.h says. */
static void *grow_or_exit(void *p, size_t n)
{
	void *q = realloc(p, n);

	if (q == NULL)
		_exit(75);
	return q;
}

struct table_writer *table_writer_new(void)
{
	struct table_writer *w = grow_or_exit(NULL, sizeof(*w));

	*w = (struct table_writer){.nslots = 1024};
	w->slots = grow_or_exit(NULL, w->nslots * sizeof(*w->slots));
	memset(w->slots, 0, w->nslots * sizeof(*w->slots));
	return w;
}

void table_writer_free(struct table_writer *w)
{
	if (w == NULL)
		return;
	free(w->data);
	free(w->offsets);
	free(w->slots);
	free(w);
}

size_t table_writer_count(const struct table_writer *w)
{
	return w->count;
}

/* The slot where hash and key are or belong. */
static struct slot *find_slot(struct table_writer *w, uint32_t hash, struct octets key)
{
	struct octets k, v;

	for (size_t i = hash & (w->nslots - 1);; i = (i + 1) & (w->nslots - 1)) {
		struct slot *s = &w->slots[i];

		if (s->entry == 0)
			return s;
		if (s->hash == hash && entry_at(w->data, w->len, w->offsets[s->entry - 1], &k, &v) && same(k, key))
			return s;
	}
}

static void double_slots(struct table_writer *w)
{
	size_t n = w->nslots * 2;
	struct slot *slots = grow_or_exit(NULL, n * sizeof(*slots));

	memset(slots, 0, n * sizeof(*slots));
	for (size_t i = 0; i < w->nslots; i++) {
		size_t at = w->slots[i].hash & (n - 1);

		if (w->slots[i].entry == 0)
			continue;
		while (slots[at].entry != 0)
			at = (at + 1) & (n - 1);
		slots[at] = w->slots[i];
	}
	free(w->slots);
	w->slots = slots;
	w->nslots = n;
}

static void append(struct table_writer *w, const void *p, size_t n)
{
	if (w->capacity - w->len < n) {
		w->capacity = MAX_OF(w->len + n, w->capacity * 2 + 65536);
		w->data = grow_or_exit(w->data, w->capacity);
	}
	if (n > 0)
		memcpy(w->data + w->len, p, n);
	w->len += n;
}

int table_add(struct table_writer *w, struct octets key, struct octets value, struct err *e)
{
	uint32_t hash = hash_of(key), len[2] = {(uint32_t)key.len, (uint32_t)value.len};
	struct slot *s;

	if (key.len > ENTRY_MAX || value.len > ENTRY_MAX || w->count >= UINT32_MAX / 4)
		return ERR(e, ERR_TABLE_FORMAT, "entry too large or too many entries");
	if (w->count * 2 >= w->nslots)
		double_slots(w);
	s = find_slot(w, hash, key);
	if (s->entry != 0)
		return ERR(e, ERR_TABLE_DUPLICATE, "%.*s", (int)MIN_OF(key.len, 200), (const char *)key.p);
	if (w->count == w->offsets_capacity) {
		w->offsets_capacity = w->offsets_capacity * 2 + 1024;
		w->offsets = grow_or_exit(w->offsets, w->offsets_capacity * sizeof(*w->offsets));
	}
	w->offsets[w->count++] = w->len;
	*s = (struct slot){hash, (uint32_t)w->count};
	append(w, len, sizeof(len));
	append(w, key.p, key.len);
	append(w, value.p, value.len);
	return 0;
}

static struct header header_of(const struct table_writer *w)
{
	struct header h = {.version = TABLE_VERSION,
	                   .byte_order = TABLE_BYTE_ORDER,
	                   .count = w->count,
	                   .slots = w->nslots,
	                   .data = w->len};

	memcpy(h.magic, TABLE_MAGIC, sizeof(h.magic));
	h.checksum = fnv1a(&h, offsetof(struct header, checksum));
	return h;
}

static int write_all(int fd, const void *p, size_t n, const char *path, struct err *e)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, MIN_OF(n, (size_t)1 << 30));

		if (k < 0)
			return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

static int write_image(const struct table_writer *w, int fd, const char *path, struct err *e)
{
	struct header h = header_of(w);

	TRY(write_all(fd, &h, sizeof(h), path, e));
	TRY(write_all(fd, w->slots, w->nslots * sizeof(*w->slots), path, e));
	TRY(write_all(fd, w->offsets, w->count * sizeof(*w->offsets), path, e));
	TRY(write_all(fd, w->data, w->len, path, e));
	if (fsync(fd) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	return 0;
}

int table_write(struct table_writer *w, const char *path, struct err *e)
{
	struct buf name = BUF_INIT(4096);
	int fd, rc;

	buf_printf(&name, "%s.new", path);
	if (!buf_ok(&name)) {
		buf_free(&name);
		return ERR(e, ERR_SYSTEM, "path too long");
	}
	fd = open(buf_str(&name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	rc = fd < 0 ? ERR_ERRNO(e, ERR_SYSTEM, "%s", buf_str(&name)) : write_image(w, fd, buf_str(&name), e);
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", buf_str(&name));
	if (rc == 0 && rename(buf_str(&name), path) != 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	if (rc != 0 && fd >= 0)
		(void)unlink(buf_str(&name));
	buf_free(&name);
	return rc;
}

/* ---- reading ---- */

/* Checks the header and lays the parts of the image out. */
static int open_image(struct table *t, const char *path, struct err *e)
{
	struct header h;
	size_t rest;

	if (t->size < sizeof(h))
		return ERR(e, ERR_TABLE_FORMAT, "%s: not a table", path);
	memcpy(&h, t->image, sizeof(h));
	if (memcmp(h.magic, TABLE_MAGIC, sizeof(h.magic)) != 0 || h.byte_order != TABLE_BYTE_ORDER)
		return ERR(e, ERR_TABLE_FORMAT, "%s: not a table of this machine", path);
	if (h.version != TABLE_VERSION)
		return ERR(e, ERR_TABLE_FORMAT, "%s: version %u, this program reads %u", path, h.version, TABLE_VERSION);
	rest = t->size - sizeof(h);
	if (h.checksum != fnv1a(&h, offsetof(struct header, checksum)) || h.slots == 0 || (h.slots & (h.slots - 1)) != 0 ||
	    h.slots > rest / sizeof(struct slot) || h.count > rest / sizeof(uint64_t) || h.count >= h.slots ||
	    h.slots * sizeof(struct slot) + h.count * sizeof(uint64_t) + h.data != rest)
		return ERR(e, ERR_TABLE_FORMAT, "%s: damaged", path);
	t->nslots = h.slots;
	t->count = h.count;
	t->data_len = h.data;
	t->slots = (const void *)(t->image + sizeof(h));
	t->offsets = (const void *)(t->image + sizeof(h) + h.slots * sizeof(struct slot));
	t->data = (const uint8_t *)(t->offsets + h.count);
	return 0;
}

static uint8_t *put(uint8_t *at, const void *p, size_t n)
{
	if (n > 0)
		memcpy(at, p, n);
	return at + n;
}

struct table *table_from_writer(struct arena *a, struct table_writer *w)
{
	struct table *t = NEW(a, struct table);
	struct header h = header_of(w);
	uint8_t *image, *at;

	t->size = sizeof(h) + w->nslots * sizeof(*w->slots) + w->count * sizeof(*w->offsets) + w->len;
	image = at = arena_alloc(a, t->size);
	at = put(at, &h, sizeof(h));
	at = put(at, w->slots, w->nslots * sizeof(*w->slots));
	at = put(at, w->offsets, w->count * sizeof(*w->offsets));
	(void)put(at, w->data, w->len);
	t->image = image;
	/* An image that was just made is always well-formed. */
	(void)!open_image(t, "memory", NULL);
	return t;
}

static void unmap(void *p)
{
	struct table *t = p;

	(void)munmap((void *)(uintptr_t)t->image, t->size);
}

int table_open(struct arena *a, const char *path, struct table **out, struct err *e)
{
	struct table *t = NEW(a, struct table);
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = MAP_FAILED;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		(void)close(fd);
		return ERR(e, ERR_TABLE_FORMAT, "%s: empty or not to be mapped", path);
	}
	(void)close(fd);
	t->image = map;
	t->size = (size_t)st.st_size;
	arena_cleanup(a, unmap, t);
	TRY(open_image(t, path, e));
	*out = t;
	return 0;
}

int table_find(const struct table *t, struct octets key, struct octets *value)
{
	uint32_t hash = hash_of(key);
	struct octets k, v;

	for (uint64_t n = 0, i = hash & (t->nslots - 1); n < t->nslots; n++, i = (i + 1) & (t->nslots - 1)) {
		const struct slot *s = &t->slots[i];

		if (s->entry == 0)
			return 1;
		if (s->hash != hash || s->entry > t->count)
			continue;
		if (entry_at(t->data, t->data_len, t->offsets[s->entry - 1], &k, &v) && same(k, key)) {
			*value = v;
			return 0;
		}
	}
	return 1;
}

size_t table_count(const struct table *t)
{
	return (size_t)t->count;
}

int table_entry(const struct table *t, size_t i, struct octets *key, struct octets *value)
{
	return i < t->count && entry_at(t->data, t->data_len, t->offsets[i], key, value) ? 0 : 1;
}
