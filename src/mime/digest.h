/*
 * mime/digest.h - SHA-1 of a text, for names and never for security: a Message-ID that does not fit an X.420 identifier is
 * shortened to a digest of it (H-107).  By GLib, which stands here; mixer is pure and must not reach OpenSSL.
 */
#ifndef MIXGATE_MIME_DIGEST_H
#define MIXGATE_MIME_DIGEST_H

#include <stddef.h>
#include <stdint.h>

void mime_sha1(const void *p, size_t n, uint8_t out[static 20]);

#endif
