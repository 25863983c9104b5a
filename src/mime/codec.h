/*
 * mime/codec.h - the transfer encodings of RFC 2045 6.7 and 6.8, octets in memory (or mapped) to a stream.
 */
#ifndef MIXGATE_MIME_CODEC_H
#define MIXGATE_MIME_CODEC_H

#include "base/buf.h"
#include "base/stream.h"

/* Base64: characters outside the alphabet are skipped, padding ends a piece and another may follow. */
void mime_base64_decode(struct octets in, struct stream *out);
/* Decodes into p (room for in.len / 4 * 3 + 3) and returns the length; *bad: something was not of the alphabet. */
size_t mime_base64_decode_to(struct octets in, uint8_t *p, bool *bad);
/* Lines of 76 characters ended by CRLF, the last one too. */
void mime_base64_encode(struct octets in, struct stream *out);
/* One run without line ends, appended to b. */
void mime_base64_put(struct buf *b, struct octets in);
void mime_qp_decode(struct octets in, struct stream *out);
/* text: line ends of the content are line ends; otherwise CR and LF are octets like others.  False: the last line has
 * no end (the writer adds a soft one where it needs one). */
bool mime_qp_encode(struct octets in, bool text, struct stream *out);

#endif
