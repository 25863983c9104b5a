/*
 * table.c - the read-only string table behind compiled mapping tables (base/table.h).
 *
 * One image, in memory and in the file alike: header, hash slots (open addressing, at most half full), entries in order of
 * addition (key length, value length, key, value, padding to 8).  Nothing is unpacked at opening, so a table of a million
 * entries is ready at once and its pages are shared by all processes.  A damaged file is refused by its digest; all the
 * same every offset is checked against the size of the file each time it is followed, so what changes underneath gives
 * "not found", never a fault.
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
#define TABLE_VERSION 2u
#define TABLE_BYTE_ORDER 0x01020304u
#define ENTRY_MAX (64u * 1024 * 1024)
#define UNIT 8u /* entries start at multiples of this */

struct header {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t count;    /* entries */
	uint64_t slots;    /* power of two */
	uint64_t data;     /* octets of entries */
	uint64_t digest;   /* of slots and data */
	uint64_t reserved;
	uint64_t checksum; /* of everything above */
};
struct slot {
	uint32_t hash;
	uint32_t at; /* offset of the entry in units, plus one; 0: free */
};
struct table {
	const uint8_t *image;
	size_t size; /* of the map, 0: none */
	const struct slot *slots;
	const uint8_t *data;
	uint64_t nslots, count, data_len;
};
struct table_writer {
	uint8_t *data;
	size_t len, capacity, count;
	struct slot *slots;
	size_t nslots;
	struct table view;
};

/* ---- hashing ---- */

static uint64_t word(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* 64 x 64 to 128 bits, folded: each bit of the product depends on all bits of both. */
static uint64_t mix(uint64_t x, uint64_t y)
{
	unsigned __int128 r = (unsigned __int128)x * y;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t hash64(const uint8_t *p, size_t n, uint64_t h)
{
	h ^= n * 0x9e3779b97f4a7c15u;
	for (; n >= 8; p += 8, n -= 8)
		h = mix(h ^ word(p, 8), 0xd6e8feb86659fd93u);
	h = mix(h ^ (n > 0 ? word(p, n) : 0), 0xa0761d6478bd642fu);
	return mix(h ^ (h >> 29), 0xe7037ed1a0b428dbu);
}

/* Four chains at once: one would wait for each of its multiplications. */
static uint64_t digest_of(const void *octets, size_t n, uint64_t h)
{
	const uint8_t *p = octets;
	uint64_t lane[4] = {h, h + 1, h + 2, h + 3};

	for (; n >= 32; p += 32, n -= 32)
		for (int i = 0; i < 4; i++)
			lane[i] = mix(lane[i] ^ word(p + 8 * i, 8), 0xd6e8feb86659fd93u + (uint64_t)i * 2);
	return hash64(p, n, lane[0] ^ mix(lane[1], 3) ^ mix(lane[2], 5) ^ mix(lane[3], 7));
}

static uint32_t hash_of(struct octets key)
{
	return (uint32_t)hash64(key.p, key.len, 0x2545f4914f6cdd1du);
}

static uint64_t header_sum(const struct header *h)
{
	return hash64((const uint8_t *)h, offsetof(struct header, checksum), 1);
}

/* ---- looking up ---- */

/* The entry at offset off, or 0 when it leaves the data; else where the next one starts. */
static uint64_t entry_at(const struct table *t, uint64_t off, struct octets *key, struct octets *value)
{
	uint32_t len[2];

	if (off > t->data_len || t->data_len - off < sizeof(len))
		return 0;
	memcpy(len, t->data + off, sizeof(len));
	if (t->data_len - off - sizeof(len) < (uint64_t)len[0] + len[1])
		return 0;
	*key = (struct octets){t->data + off + sizeof(len), len[0]};
	*value = (struct octets){t->data + off + sizeof(len) + len[0], len[1]};
	return (off + sizeof(len) + len[0] + len[1] + UNIT - 1) / UNIT * UNIT;
}

static bool same(struct octets x, struct octets y)
{
	return x.len == y.len && (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
}

uint32_t table_hash(const struct table *t, struct octets key)
{
	uint32_t h = hash_of(key);

	__builtin_prefetch(&t->slots[h & (t->nslots - 1)]);
	return h;
}

void table_touch(const struct table *t, uint32_t hash)
{
	const struct slot *s = &t->slots[hash & (t->nslots - 1)];

	if (s->at != 0 && (uint64_t)(s->at - 1) * UNIT < t->data_len)
		__builtin_prefetch(t->data + (uint64_t)(s->at - 1) * UNIT);
}

int table_find_hash(const struct table *t, uint32_t hash, struct octets key, struct octets *value)
{
	struct octets k, v;

	for (uint64_t n = 0, i = hash & (t->nslots - 1); n < t->nslots; n++, i = (i + 1) & (t->nslots - 1)) {
		const struct slot *s = &t->slots[i];

		if (s->at == 0)
			return 1;
		if (s->hash == hash && entry_at(t, (uint64_t)(s->at - 1) * UNIT, &k, &v) > 0 && same(k, key)) {
			*value = v;
			return 0;
		}
	}
	return 1;
}

int table_find(const struct table *t, struct octets key, struct octets *value)
{
	return table_find_hash(t, hash_of(key), key, value);
}

size_t table_count(const struct table *t)
{
	return (size_t)t->count;
}

int table_next(const struct table *t, size_t *at, struct octets *key, struct octets *value)
{
	uint64_t next = entry_at(t, *at, key, value);

	if (next == 0)
		return 1;
	*at = (size_t)next;
	return 0;
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

static struct slot *new_slots(size_t n)
{
	struct slot *s = calloc(n, sizeof(*s));

	if (s == NULL)
		_exit(75);
	return s;
}

struct table_writer *table_writer_new(size_t expected)
{
	struct table_writer *w = grow_or_exit(NULL, sizeof(*w));

	*w = (struct table_writer){.nslots = 1024};
	while (w->nslots / 2 < expected && w->nslots < UINT32_MAX / 2)
		w->nslots *= 2;
	w->slots = new_slots(w->nslots);
	return w;
}

void table_writer_free(struct table_writer *w)
{
	if (w == NULL)
		return;
	free(w->data);
	free(w->slots);
	free(w);
}

size_t table_writer_count(const struct table_writer *w)
{
	return w->count;
}

static void double_slots(struct table_writer *w)
{
	size_t n = w->nslots * 2;
	struct slot *slots = new_slots(n);

	for (size_t i = 0; i < w->nslots; i++) {
		size_t at = w->slots[i].hash & (n - 1);

		if (w->slots[i].at == 0)
			continue;
		while (slots[at].at != 0)
			at = (at + 1) & (n - 1);
		slots[at] = w->slots[i];
	}
	free(w->slots);
	w->slots = slots;
	w->nslots = n;
}

static void append_entry(struct table_writer *w, struct octets key, struct octets value)
{
	uint32_t len[2] = {(uint32_t)key.len, (uint32_t)value.len};
	size_t n = (sizeof(len) + key.len + value.len + UNIT - 1) / UNIT * UNIT;
	uint8_t *to;

	if (w->capacity - w->len < n) {
		w->capacity = MAX_OF(w->len + n, w->capacity * 2 + 65536);
		w->data = grow_or_exit(w->data, w->capacity);
	}
	to = w->data + w->len;
	memset(to + n - UNIT, 0, UNIT);
	memcpy(to, len, sizeof(len));
	if (key.len > 0)
		memcpy(to + sizeof(len), key.p, key.len);
	if (value.len > 0)
		memcpy(to + sizeof(len) + key.len, value.p, value.len);
	w->len += n;
}

const struct table *table_of_writer(struct table_writer *w)
{
	w->view = (struct table){.slots = w->slots, .data = w->data, .nslots = w->nslots, .count = w->count, .data_len = w->len};
	return &w->view;
}

int table_add(struct table_writer *w, struct octets key, struct octets value, struct err *e)
{
	return table_add_hash(w, hash_of(key), key, value, e);
}

int table_add_hash(struct table_writer *w, uint32_t hash, struct octets key, struct octets value, struct err *e)
{
	struct octets old;
	size_t i;

	if (key.len > ENTRY_MAX || value.len > ENTRY_MAX || w->len / UNIT >= UINT32_MAX - 1)
		return ERR(e, ERR_TABLE_FORMAT, "entry too large or too many entries");
	if (w->count * 2 >= w->nslots)
		double_slots(w);
	if (table_find_hash(table_of_writer(w), hash, key, &old) == 0)
		return ERR(e, ERR_TABLE_DUPLICATE, "%.*s", (int)MIN_OF(key.len, 200), (const char *)key.p);
	for (i = hash & (w->nslots - 1); w->slots[i].at != 0;)
		i = (i + 1) & (w->nslots - 1);
	w->slots[i] = (struct slot){hash, (uint32_t)(w->len / UNIT) + 1};
	w->count++;
	append_entry(w, key, value);
	return 0;
}

static struct header header_of(const struct table_writer *w)
{
	struct header h = {.version = TABLE_VERSION, .byte_order = TABLE_BYTE_ORDER, .count = w->count, .slots = w->nslots, .data = w->len};

	memcpy(h.magic, TABLE_MAGIC, sizeof(h.magic));
	h.digest = digest_of(w->data, w->len, digest_of(w->slots, w->nslots * sizeof(*w->slots), w->count));
	h.checksum = header_sum(&h);
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

int table_write_fd(struct table_writer *w, int fd, const char *name, struct err *e)
{
	struct header h = header_of(w);

	TRY(write_all(fd, &h, sizeof(h), name, e));
	TRY(write_all(fd, w->slots, w->nslots * sizeof(*w->slots), name, e));
	return write_all(fd, w->data, w->len, name, e);
}

/* No fsync: a file that a power cut spoils is refused by its digest and made again from the texts. */
int table_write(struct table_writer *w, const char *path, struct err *e)
{
	char name[4096];
	int fd, rc;

	if (snprintf(name, sizeof(name), "%s.XXXXXX", path) >= (int)sizeof(name))
		return ERR(e, ERR_SYSTEM, "path too long");
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", name);
	rc = table_write_fd(w, fd, name, e);
	if (rc == 0 && fchmod(fd, 0644) != 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", name);
	if (close(fd) != 0 && rc == 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", name);
	if (rc == 0 && rename(name, path) != 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	if (rc != 0)
		(void)unlink(name);
	return rc;
}

static void free_parts(void *p)
{
	struct table *t = p;

	free((void *)(uintptr_t)t->slots);
	free((void *)(uintptr_t)t->data);
}

struct table *table_from_writer(struct arena *a, struct table_writer *w)
{
	struct table *t = NEW(a, struct table);

	*t = *table_of_writer(w);
	arena_cleanup(a, free_parts, t);
	*w = (struct table_writer){.nslots = 1024, .slots = new_slots(1024)};
	return t;
}

/* ---- opening ---- */

/* Checks the header and the digest, and lays the parts of the image out. */
static int open_image(struct table *t, const char *path, bool verified, struct err *e)
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
	if (h.checksum != header_sum(&h) || h.slots == 0 || (h.slots & (h.slots - 1)) != 0 || h.slots > rest / sizeof(struct slot) ||
	    h.count >= h.slots || h.data != rest - h.slots * sizeof(struct slot))
		return ERR(e, ERR_TABLE_FORMAT, "%s: damaged", path);
	t->nslots = h.slots;
	t->count = h.count;
	t->data_len = h.data;
	t->slots = (const void *)(t->image + sizeof(h));
	t->data = t->image + sizeof(h) + h.slots * sizeof(struct slot);
	if (!verified && digest_of(t->data, h.data, digest_of(t->slots, h.slots * sizeof(struct slot), h.count)) != h.digest)
		return ERR(e, ERR_TABLE_FORMAT, "%s: damaged", path);
	return 0;
}

static void unmap(void *p)
{
	struct table *t = p;

	(void)munmap((void *)(uintptr_t)t->image, t->size);
}

int table_open_fd(struct arena *a, int fd, const char *name, bool verified, struct table **out, struct err *e)
{
	struct table *t = NEW(a, struct table);
	struct stat st;
	void *map = MAP_FAILED;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return ERR(e, ERR_TABLE_FORMAT, "%s: empty or not to be mapped", name);
	t->image = map;
	t->size = (size_t)st.st_size;
	arena_cleanup(a, unmap, t);
	TRY(open_image(t, name, verified, e));
	*out = t;
	return 0;
}

int table_open(struct arena *a, const char *path, struct table **out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	rc = table_open_fd(a, fd, path, false, out, e);
	(void)close(fd);
	return rc;
}
