/*
 * mime/param.h - Content-Type, Content-Disposition and Content-Transfer-Encoding as values (RFC 2045 5 and 6, 2183, 2231).
 */
#ifndef MIXGATE_MIME_PARAM_H
#define MIXGATE_MIME_PARAM_H

#include "mime/mime.h"

struct mime_params {
	struct mime_param *items;
	size_t count, capacity;
};

/* Reads "; name=value ..." into out; the first of two equal names wins, an RFC 2231 form wins over a plain one. */
int mime_read_params(struct arena *a, const char *p, struct mime_params *out, struct err *e) MUST_USE;
/* Sets type, subtype, disposition, parameters, encoding, id, description and location of m from its fields.
 * in_digest: the default type is message/rfc822 (RFC 2046 5.1.5). */
int mime_read_content_fields(struct arena *a, struct mime_entity *m, bool in_digest, struct err *e) MUST_USE;
/* message/rfc822 and the types that GMime also takes for a message: global, news, rfc2822. */
bool mime_is_message_type(const struct mime_entity *m);

#endif
