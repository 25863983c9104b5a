/*
 * p1/names.h - O/R names, domains and MTS identifiers (X.411 8.5.5) between the generated structs and the central message.
 */
#ifndef MIXGATE_P1_NAMES_H
#define MIXGATE_P1_NAMES_H

#include "base/err.h"
#include "msg/msg.h"

struct X4_ORName;
struct X4_ORAddress;
struct X4_GlobalDomainIdentifier;
struct X4_MTSIdentifier;

int p1_name_decode(struct arena *a, const struct X4_ORName *in, struct or_name *out, struct err *e) MUST_USE;
int p1_name_encode(struct arena *a, const struct or_name *in, struct X4_ORName *out, struct err *e) MUST_USE;
/* An ORAddress without application tag. */
int p1_address_decode(struct arena *a, const struct X4_ORAddress *in, struct or_address *out, struct err *e) MUST_USE;
int p1_address_encode(struct arena *a, const struct or_address *in, struct X4_ORAddress *out, struct err *e) MUST_USE;
/* Is there anything in it?  (An optional name that is absent has nothing.) */
bool p1_name_given(const struct or_name *name) MUST_USE;
/* One ORName as octets: in has passed the gate; either form of tag ([APPLICATION 0] or SEQUENCE) is read. */
int p1_name_read(struct arena *a, struct octets in, struct or_name *out, struct err *e) MUST_USE;

void p1_domain_decode(struct arena *a, const struct X4_GlobalDomainIdentifier *in, struct mx_global_domain *out);
int p1_domain_encode(struct arena *a, const struct mx_global_domain *in, struct X4_GlobalDomainIdentifier *out, struct err *e) MUST_USE;
void p1_mts_id_decode(struct arena *a, const struct X4_MTSIdentifier *in, struct mx_mts_id *out);
int p1_mts_id_encode(struct arena *a, const struct mx_mts_id *in, struct X4_MTSIdentifier *out, struct err *e) MUST_USE;

#endif
