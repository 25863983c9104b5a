/*
 * osi/bind.h - the MTA bind of X.411 (MTABind) inside X.880's [16] [17] [18] in normal mode, alone in X.410 mode.
 */
#ifndef MIXGATE_OSI_BIND_H
#define MIXGATE_OSI_BIND_H

#include "base/arena.h"
#include "osi/association.h"

/* Argument and result have one shape.  as_octets: the password as OCTET STRING, else as IA5String when it can be. */
int bind_encode_argument(struct arena *a, const struct osi_mta *mta, bool as_octets, bool x410, struct octets *out, struct err *e) MUST_USE;
int bind_encode_result(struct arena *a, const struct osi_mta *mta, bool as_octets, bool x410, struct octets *out, struct err *e) MUST_USE;
int bind_encode_error(struct arena *a, int error, struct octets *out, struct err *e) MUST_USE;
/* Strings in *out live in the arena keep; the password is NULL when the credentials are not simple. */
int bind_decode_argument(struct arena *a, struct octets in, bool x410, struct arena *keep, struct osi_mta *out, struct err *e) MUST_USE;
int bind_decode_result(struct arena *a, struct octets in, bool x410, struct arena *keep, struct osi_mta *out, struct err *e) MUST_USE;
int bind_decode_error(struct arena *a, struct octets in, int *error, struct err *e) MUST_USE;
const char *bind_error_name(int error);
/* Does said match expected?  A name of NULL in expected takes anything; passwords are compared as octets, an absent and
 * an empty one are the same. */
bool bind_matches(const struct osi_mta *said, const struct osi_mta *expected);

#endif
