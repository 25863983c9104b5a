/*
 * blob.h - octets that are in memory or in a slice of a file: attachments, contents, whole messages.
 *
 * A message of 200 MB is a file that mixgate maps or reads piece by piece; only its slices travel in the central
 * message.  A blob owns nothing: the arena closes the descriptor.
 */
#ifndef MIXGATE_BASE_BLOB_H
#define MIXGATE_BASE_BLOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct blob {
	const uint8_t *mem; /* in memory, or NULL */
	int fd;             /* otherwise: octets off .. off + len of this file */
	off_t off;
	uint64_t len;
};

struct arena;

static inline struct blob blob_mem(const void *p, size_t n) { return (struct blob){.mem = p, .fd = -1, .len = n}; }
static inline struct blob blob_file(int fd, off_t off, uint64_t len) { return (struct blob){.fd = fd, .off = off, .len = len}; }
/* The part of b that starts at off; both are cut to b's end. */
struct blob blob_slice(const struct blob *b, uint64_t off, uint64_t len);
/* Reads at most n octets at off; *got tells how many (0 at the end). */
int blob_read(const struct blob *b, uint64_t off, void *out, size_t n, size_t *got, struct err *e) MUST_USE;
/* The whole blob as octets: memory as it is, a file mapped read-only until the arena ends (file pages, not anonymous
 * memory).  An empty blob gives a non-NULL pointer. */
int blob_map(struct arena *a, const struct blob *b, struct octets *out, struct err *e) MUST_USE;
/* A file by its name, mapped in the same way. */
int blob_map_path(struct arena *a, const char *path, struct octets *out, struct err *e) MUST_USE;
/* An unlinked temporary file (mode 0600) in dir (NULL: TMPDIR or /tmp), closed by the arena. */
int blob_tempfile(struct arena *a, const char *dir, int *fd, struct err *e) MUST_USE;
/* For a pass over octets that may be a mapped file of any size: up to at they are done with.  Every 4 MiB pages of a mapping
 * leave our memory, to be read again if somebody asks; octets that are elsewhere stay as they are.  *mark starts as 0. */
void blob_passed(struct octets o, size_t *mark, size_t at);
/* The same octets? */
bool blob_equal(const struct blob *x, const struct blob *y);

#endif
