/*
 * sec/digest.c - see digest.h.
 */
#include "sec/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PIECE 65536

struct digest {
	EVP_MD_CTX *ctx;
};

static void need(int success)
{
	if (success != 1)
		_exit(EX_TEMPFAIL);
}

static void release(void *p)
{
	EVP_MD_CTX_free(p);
}

struct digest *digest_new(struct arena *a)
{
	struct digest *d = NEW(a, struct digest);

	d->ctx = EVP_MD_CTX_new();
	need(d->ctx != NULL && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL));
	arena_cleanup(a, release, d->ctx);
	return d;
}

void digest_put(struct digest *d, const void *p, size_t n)
{
	need(EVP_DigestUpdate(d->ctx, p, n));
}

void digest_put_string(struct digest *d, const char *s)
{
	if (s == NULL)
		digest_put(d, "\xff", 1);
	else
		digest_put(d, s, strlen(s) + 1);
}

int digest_put_blob(struct digest *d, const struct blob *b, struct err *e)
{
	uint8_t piece[PIECE];
	size_t got;

	if (b->mem != NULL) {
		digest_put(d, b->mem, b->len);
		return 0;
	}
	for (uint64_t off = 0; off < b->len; off += got) {
		TRY(blob_read(b, off, piece, sizeof(piece), &got, e));
		if (got == 0)
			return ERR(e, ERR_SYSTEM, "file is shorter than its blob");
		digest_put(d, piece, got);
	}
	return 0;
}

void digest_finish(struct digest *d, uint8_t out[static DIGEST_SIZE])
{
	unsigned n = DIGEST_SIZE;

	need(EVP_DigestFinal_ex(d->ctx, out, &n));
	need(EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL));
}

bool digest_same_octets(const void *x, size_t nx, const void *y, size_t ny)
{
	/* The length of the right password may show; its octets may not. */
	return nx == ny && CRYPTO_memcmp(x, y, nx) == 0;
}
