/*
 * sec/digest.h - SHA-256 (FIPS 180-4) over octets, strings and files, by OpenSSL's EVP.
 *
 * relay computes the identities of the journal with it.  A failure inside OpenSSL ends the process with EX_TEMPFAIL, like
 * a failed allocation: a message without an identity must not pass, and its sender still has it.
 */
#ifndef MIXGATE_SEC_DIGEST_H
#define MIXGATE_SEC_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/err.h"

#define DIGEST_SIZE 32

struct digest;

/* Freed with the arena. */
struct digest *digest_new(struct arena *a) MUST_USE;
void digest_put(struct digest *d, const void *p, size_t n);
/* The string with its closing NUL, so that two strings in a row cannot be split differently; NULL is one octet FF. */
void digest_put_string(struct digest *d, const char *s);
int digest_put_blob(struct digest *d, const struct blob *b, struct err *e) MUST_USE;
/* The result; d starts anew. */
void digest_finish(struct digest *d, uint8_t out[static DIGEST_SIZE]);
/* Equal, in a time that does not depend on where they differ (passwords, digests). */
bool digest_same_octets(const void *x, size_t nx, const void *y, size_t ny);

#endif
