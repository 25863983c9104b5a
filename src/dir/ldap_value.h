/*
 * dir/ldap_value.h - what stands in LDAP entries (RFC 2164, 2294, X.402) as rules and users, and what goes into names and
 * filters; pure.
 */
#ifndef MIXGATE_DIR_LDAP_VALUE_H
#define MIXGATE_DIR_LDAP_VALUE_H

#include "dir/rule.h"

/* The values of one attribute, as octets. */
struct ldap_values {
	struct octets *items;
	size_t count;
};
/* The attributes that matter of one entry; count 0: not there. */
struct ldap_entry {
	const char *dn;
	struct ldap_values domain, internet_gateway; /* associatedDomain, associatedInternetGateway */
	struct ldap_values or_name, x400_gateway;    /* associatedORAddress, associatedX400Gateway */
	struct ldap_values mail, or_address, size, body_types;
};

/* A distinguished name with the attributes of RFC 2294 as a node of the O/R tree. */
int ldap_node_of_dn(struct arena *a, const char *dn, struct addr_node *out, struct err *e) MUST_USE;
/* The rule of an entry: 0 *out (but for where and depth) is set, 1 it has none, -1 it is wrong. */
int ldap_rule_of_entry(struct arena *a, const struct addr_query *q, const struct ldap_entry *entry, struct dir_rule *out,
                       struct err *e) MUST_USE;
/* noSuchObject: how deep to look next.  RFC 2164 3: the answer names the longest entry that is there; a server that may
 * not say so is asked for the next shorter name. */
int ldap_next_depth(const char *matched, const char *root, int depth);
/* of several subtrees the longest match, of equals the first. */
bool ldap_rule_is_longer(const struct dir_rule *r, const struct dir_rule *best);
/* whom to bind as; both "" is anonymous.  A name without a password would be an anonymous bind that looks like a
 * good one (RFC 4513 5.1.2), so it is an error. */
struct ldap_credentials {
	const char *dn, *password;
};
int ldap_credentials(const char *bind_dn, const char *password, struct ldap_credentials *out, struct err *e) MUST_USE;
/* The user of an entry. */
int ldap_user_of_entry(struct arena *a, const struct ldap_entry *entry, struct addr_user *out, struct err *e) MUST_USE;
/* Has the entry this very address?  (A filter compares text, this compares addresses.) */
bool ldap_entry_has_or(struct arena *a, const struct ldap_entry *entry, const struct or_address *o);
/* RFC 4515 3: value inside of a filter. */
char *ldap_filter_escape(struct arena *a, const char *value) MUST_USE;
/* RDNs of a name, -1: it is none. */
int ldap_count_rdns(const char *dn);
/* Is dn the name base, or below it?  How many RDNs below; -1: not so. */
int ldap_rdns_below(const char *dn, const char *base);

#endif
