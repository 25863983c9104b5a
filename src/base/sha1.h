/*
 * sha1.h - SHA-1 (FIPS 180-4) for names, never for security: RFC 2156 gateways shorten a Message-ID that does not fit an
 * X.420 identifier to a digest of it (H-107), and the translation is pure and must not reach OpenSSL.
 */
#ifndef MIXGATE_BASE_SHA1_H
#define MIXGATE_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

void sha1(const void *p, size_t n, uint8_t out[static 20]);

#endif
