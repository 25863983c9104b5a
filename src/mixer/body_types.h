/*
 * mixer/body_types.h - object identifiers of body parts and the table of media types that have a file-transfer
 * application reference of their own (RFC 2157 3.3, 6.4, RFC 2158, RFC 2160).
 */
#ifndef MIXGATE_MIXER_BODY_TYPES_H
#define MIXGATE_MIXER_BODY_TYPES_H

#include "base/rule.h"
#include "msg/msg.h"

#define BODY_MIME_FTBP_DATA "1.3.6.1.7.1.2.1.5"
#define BODY_MIME_BP_DATA "1.3.6.1.7.1.2.1.1"
#define BODY_EMA_UNKNOWN "2.16.840.1.113694.2.2.1.1"
#define BODY_UNSTRUCTURED_BINARY "1.0.8571.5.3"
#define BODY_EIT_FILE_TRANSFER "2.6.1.12.0"
#define BODY_FILE_TRANSFER "2.6.1.4.12"

/* The application reference that type/subtype is sent with; NULL: none of its own. */
const char *body_reference_of(const char *type, const char *subtype);
/* The extended body part that carries nothing else (RFC 2158, 2160), NULL: none. */
const char *body_part_of(const char *type, const char *subtype);
/* The application reference that its maker uses (B-259), NULL: none. */
const char *body_vendor_reference_of(const char *type, const char *subtype);
/* "image/gif" of such a body part, NULL: none. */
const char *body_type_of_part(const struct mx_oid *type);
/* "image/gif" of an application reference; NULL: none. */
const char *body_type_of(const struct mx_oid *reference);
extern const struct rule_table body_type_rules;

#endif
