/*
 * mime/structure.h - where the parts of a message lie: one walk over the octets, boundaries as RFC 2046 5.1.1 has them.
 *
 * The walk only reads (a mapped file costs no memory of ours), looks at each line once, keeps no more than the open
 * boundaries, and opens nothing below the depth limit.  Slices are exact to the octet, because signatures depend on them.
 */
#ifndef MIXGATE_MIME_STRUCTURE_H
#define MIXGATE_MIME_STRUCTURE_H

#include "mime/mime.h"

/* octets is the same as in, mapped. */
int mime_find_structure(struct arena *a, const struct blob *in, struct octets octets, const struct mime_limits *limits,
                        struct mime_entity **out, struct err *e) MUST_USE;

#endif
