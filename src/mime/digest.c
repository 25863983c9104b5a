/* mime/digest.c - see digest.h. */
#include "mime/digest.h"

#include <glib.h>

void mime_sha1(const void *p, size_t n, uint8_t out[static 20])
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA1);
	gsize size = 20;

	g_checksum_update(sum, p, (gssize)n);
	g_checksum_get_digest(sum, out, &size);
	g_checksum_free(sum);
}
