/*
 * p1/heading_extensions.h - IPMSExtension of X.420 (7.2.17 and annex A): those with members of the central message and
 * all others.
 */
#ifndef MIXGATE_P1_HEADING_EXTENSIONS_H
#define MIXGATE_P1_HEADING_EXTENSIONS_H

#include "msg/msg.h"
#include "p1/p1.h"

struct IPM_ExtensionsField;
struct IPM_IPMSExtension;

struct mx_extension p1_ipms_extension_decode(struct arena *a, const struct IPM_IPMSExtension *in) MUST_USE;
struct IPM_IPMSExtension *p1_ipms_extension_encode(struct arena *a, const struct mx_extension *in) MUST_USE;
void p1_heading_extensions_decode(struct arena *a, const struct IPM_ExtensionsField *in, struct mx_heading *out);
/* *out stays NULL when there are none. */
void p1_heading_extensions_encode(struct arena *a, const struct mx_heading *in, const struct p1_options *options, struct IPM_ExtensionsField **out);

#endif
