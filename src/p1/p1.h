/*
 * p1/p1.h - central message <-> octets of P1 (X.411 MTS-APDU) and of P22/P2 contents (X.420).
 *
 * Decoding goes through the gate; envelopes, headings and small values through the generated types; contents and body
 * octets are sliced from the input, never copied into memory.  What has no member in the central message is kept as raw
 * octets (extensions with criticality).  Encoding streams: a 200 MB attachment is copied from file to file.
 */
#ifndef MIXGATE_P1_P1_H
#define MIXGATE_P1_P1_H

#include "ber/gate.h"
#include "base/stream.h"
#include "msg/msg.h"

struct p1_limits {
	struct ber_limits ber;
	unsigned recipients; /* 10,000 */
	unsigned body_parts; /* 1,000 */
	unsigned nesting;    /* forwarded messages mapped to depth 20 */
};
#define P1_LIMITS_DEFAULT ((struct p1_limits){BER_LIMITS_INIT, 10000, 1000, 20})

/* How we write (peers.*.quirks). */
struct p1_options {
	bool extension_type_99; /* write [0] IMPLICIT (X.411:1999); default false: [0] EXPLICIT as 1988 peers want it */
	bool p1_84;      /* 1984: no extensions, addresses without extension attributes (X.419 annex B) */
	bool fields_1327;           /* RFC 822 field list under its OID of RFC 1327 instead of that of RFC 2156 */
	bool no_heading_extensions; /* none at all: for peers that report a message for them */
	bool content_p2; /* content type 2 instead of 22: no heading extensions, no extended body parts (X.420 annex on 1984) */
};

/* An MTS-APDU (message, report or probe), with or without the EXTERNAL of RTSE normal mode around it.  The blob must
 * stay open as long as the arena. A content that is an IPM or IPN of type 2 or 22 is decoded too; any other content, and
 * one that cannot be decoded, stays MX_CONTENT_OPAQUE (*content_error, if not NULL, then says why). */
int p1_decode(struct arena *a, const struct blob *apdu, const struct p1_limits *limits, struct mx_message **out,
              struct err *content_error, struct err *e) MUST_USE;
/* A bare P22/P2 content (InformationObject: IPM [0] or IPN [1]). */
int p22_decode(struct arena *a, const struct blob *content, const struct p1_limits *limits, struct mx_message *m, struct err *e) MUST_USE;
/* The two readers that mixer is given, with the default limits: a content, and one BodyPart alone (what
 * application/x400-bp carries). */
int p1_read_content(struct arena *a, const struct blob *content, struct mx_message *m, struct err *e) MUST_USE;
int p1_read_body_part(struct arena *a, const struct blob *part, struct mx_body_part *out, struct err *e) MUST_USE;
/* And a directory name (BER of an X.501 Name) as RFC 4514 text; NULL: it cannot be read, or is longer than 1,024 octets. */
char *p1_directory_name(struct arena *a, struct octets name) MUST_USE;
/* Writes the MTS-APDU without EXTERNAL.  m->content_octets, when len > 0, goes out as it is; else the content is
 * encoded from m->ipm or m->ipn. */
int p1_encode(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct stream *out, struct err *e) MUST_USE;
/* Writes the content alone. */
int p22_encode(struct arena *a, const struct mx_message *m, const struct p1_options *options, struct stream *out, struct err *e) MUST_USE;
/* What octets are, by their first tags: for `mixgate dump`. */
enum p1_guess { P1_IS_APDU, P1_IS_CONTENT, P1_IS_TPKT, P1_IS_UNKNOWN };
enum p1_guess p1_guess(struct octets in);

#endif
