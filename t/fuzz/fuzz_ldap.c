/*
 * fuzz_ldap.c - values of LDAP entries as rules and users, names, filters, and lines of the users' file (A-240 .. A-248).
 * Input: lines "letter value"; the letter is the attribute: d g n x m o s b, or N a name, F a filter value, L a line.
 */
#include <string.h>

#include "addr/dn.h"
#include "addr/rfc822.h"
#include "base/str.h"
#include "dir/ldap_value.h"
#include "dir/users.h"
#include "t/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct arena *a, const char *dn)
{
	struct addr_node n;

	(void)ldap_count_rdns(dn);
	(void)ldap_rdns_below(dn, "o=test");
	if (ldap_node_of_dn(a, dn, &n, NULL) != 0 || n.depth == 0)
		return;
	/* The entry of that node is below the subtree by as many names as it has levels, less gaps. */
	MUST(ldap_rdns_below(addr_dn_of_node(a, &n, "o=test"), "CN=X.400 to RFC 822,o=test") > 0);
}

static void check_filter(struct arena *a, const char *value)
{
	char *out = ldap_filter_escape(a, value);

	MUST(out == NULL || out[strcspn(out, "*()\n")] == '\0');
}

static void check_user(struct arena *a, const struct addr_user *u)
{
	struct addr_822 addr;
	struct or_address back;

	MUST(addr_822_parse(a, u->rfc822, &addr, NULL) == 0);
	MUST(addr_check_or(&u->x400, NULL) == 0);
	MUST(addr_parse_or(a, addr_print_or(a, &u->x400), &back, NULL) == 0);
	MUST(u->size_max >= 0);
}

static void put(struct arena *a, struct ldap_values *v, const uint8_t *p, size_t n)
{
	if (v->items == NULL)
		v->items = arena_array(a, 8, sizeof *v->items);
	if (v->count < 8)
		v->items[v->count++] = (struct octets){arena_memdup(a, p, n), n};
}

static void take(struct arena *a, struct ldap_entry *entry, char letter, const uint8_t *p, size_t n)
{
	struct addr_user user;

	switch (letter) {
	case 'd': put(a, &entry->domain, p, n); break;
	case 'g': put(a, &entry->internet_gateway, p, n); break;
	case 'n': put(a, &entry->or_name, p, n); break;
	case 'x': put(a, &entry->x400_gateway, p, n); break;
	case 'm': put(a, &entry->mail, p, n); break;
	case 'o': put(a, &entry->or_address, p, n); break;
	case 's': put(a, &entry->size, p, n); break;
	case 'b': put(a, &entry->body_types, p, n); break;
	case 'N': check_name(a, arena_strndup(a, (const char *)p, n)); break;
	case 'F': check_filter(a, arena_strndup(a, (const char *)p, n)); break;
	case 'L':
		if (users_parse_line(a, arena_strndup(a, (const char *)p, n), &user, NULL) == 0)
			check_user(a, &user);
		break;
	default: break;
	}
}

static void check_rules(struct arena *a, const struct ldap_entry *entry)
{
	const struct addr_query by_domain = {.table = ADDR_MAPPING2, .domain = "x.example"}, by_node = {.table = ADDR_MAPPING1};
	struct dir_rule rule;
	struct or_address o;
	struct err e = {0};

	if (ldap_rule_of_entry(a, &by_domain, entry, &rule, &e) == 0) {
		MUST(rule.hit.node != NULL && rule.hit.value != NULL);
		MUST(addr_node_to_or(a, rule.hit.node, &o, &e) == 0);
	}
	if (ldap_rule_of_entry(a, &by_node, entry, &rule, &e) == 0)
		MUST(addr_is_domain(rule.hit.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct ldap_entry entry = {.dn = "cn=x,o=test"};
	struct addr_user user;
	struct err e = {0};

	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end == NULL ? size : (size_t)(end - data);

		if (n > 2)
			take(a, &entry, (char)data[0], data + 2, n - 2);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	check_rules(a, &entry);
	if (ldap_user_of_entry(a, &entry, &user, &e) == 0) {
		check_user(a, &user);
		MUST(ldap_entry_has_or(a, &entry, &user.x400));
	}
	arena_free(a);
	return 0;
}
