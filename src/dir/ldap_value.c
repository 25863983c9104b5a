/*
 * ldap_value.c - see ldap_value.h.  Names are taken apart by libldap (RFC 4514), O/R addresses by addr.
 *
 * Attribute types are known by the names of RFC 2294 table 3, by their long names and by their identifiers, for servers
 * spell them as their schema does.
 */
#include "dir/ldap_value.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>

#include "addr/coding.h"
#include "addr/rfc822.h"
#include "base/rule.h"
#include "base/str.h"
#include "msg/msg.h"

#define VALUE_MAX 4096

static const struct {
	const char *keyword, *name, *oid;
} level_types[] = {
	{"C", "countryName", "2.5.4.6"},
	{"ADMD", "aDMDName", "1.3.6.1.4.1.453.7.2.2.1"},
	{"PRMD", "pRMDName", "1.3.6.1.4.1.453.7.2.2.10"},
	{"MHS-O", "mHSOrganizationName", "1.3.6.1.4.1.453.7.2.2.6"},
	{"MHS-OU", "mHSOrganizationalUnitName", "1.3.6.1.4.1.453.7.2.2.7"},
};

/* A value as text; NULL: too long, with a NUL or empty. */
static char *text_of(struct arena *a, struct octets v)
{
	if (v.len == 0 || v.len > VALUE_MAX || memchr(v.p, '\0', v.len) != NULL)
		return NULL;
	return arena_strndup(a, (const char *)v.p, v.len);
}

/* ---- names ---- */

static int level_of_type(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(level_types); i++)
		if (str_ieq(type, level_types[i].keyword) || str_ieq(type, level_types[i].name) || str_eq(type, level_types[i].oid))
			return (int)i;
	/* RFC 2294's example and older trees. */
	if (str_ieq(type, "mhsNumericCountryName") || str_ieq(type, "MHS-Numeric-Country"))
		return 0;
	return -1;
}

static int set_level(struct arena *a, struct addr_node *n, int i, const char *value, struct err *e)
{
	struct or_value v;

	/* Each OU takes the next level. */
	if (i == 4)
		i = MAX_OF(n->depth, 4);
	if (i >= ADDR_LEVELS || i < n->depth || (n->depth == 0 && i > 0))
		return ERR(e, ERR_DIR_ENTRY, "parts of an O/R name in a wrong order");
	n->gap = n->gap || i > n->depth;
	n->depth = i + 1;
	if (value == NULL)
		return i == 0 || i > 3 ? ERR(e, ERR_DIR_ENTRY, "country or organizational unit is omitted") : 0;
	if ((i == 0 && !addr_is_country(value)) || addr_value_parse(a, value, &v, NULL) != 0 ||
	    strlen(value) > (size_t)or_rows[addr_level_attribute[i]].ub)
		return ERR(e, ERR_DIR_ENTRY, "no value for %s: %.100s", level_types[MIN_OF(i, 4)].keyword, value);
	n->level[i] = i == 1 && value[strspn(value, " ")] == '\0' ? " " : addr_collapse(a, value);
	return 0;
}

/* which level the identifier in oRAddressComponentType omits; a name will do as well. */
static int set_omitted(struct arena *a, struct addr_node *n, const char *value, struct err *e)
{
	int i = level_of_type(value);

	return i < 0 ? ERR(e, ERR_DIR_ENTRY, "oRAddressComponentType=%.100s", value) : set_level(a, n, i, NULL, e);
}

static int add_rdn(struct arena *a, struct addr_node *n, LDAPRDN rdn, struct err *e)
{
	struct octets v, t;
	char *type, *value;

	if (rdn == NULL || rdn[0] == NULL || rdn[1] != NULL)
		return ERR(e, ERR_DIR_ENTRY, "part of an O/R name that is no level");
	t = (struct octets){(const uint8_t *)rdn[0]->la_attr.bv_val, rdn[0]->la_attr.bv_len};
	v = (struct octets){(const uint8_t *)rdn[0]->la_value.bv_val, rdn[0]->la_value.bv_len};
	type = text_of(a, t);
	value = text_of(a, v);
	if (type == NULL || value == NULL || (rdn[0]->la_flags & LDAP_AVA_BINARY) != 0)
		return ERR(e, ERR_DIR_ENTRY, "part of an O/R name without a text value");
	if (str_ieq(type, "oRAddressComponentType") || (str_eq(type, "1.3.6.1.4.1.453.7.4.2.7") && rule_id_active("A-247")))
		return set_omitted(a, n, value, e);
	if (level_of_type(type) < 0)
		return ERR(e, ERR_DIR_ENTRY, "%.100s is no level of an O/R name", type);
	return set_level(a, n, level_of_type(type), value, e);
}

int ldap_node_of_dn(struct arena *a, const char *dn, struct addr_node *out, struct err *e)
{
	LDAPDN parts = NULL;
	int rc = 0, n = 0;

	*out = (struct addr_node){0};
	if (strlen(dn) > VALUE_MAX || ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || parts == NULL)
		return ERR(e, ERR_DIR_ENTRY, "no distinguished name: %.200s", dn);
	while (parts[n] != NULL)
		n++;
	while (rc == 0 && n-- > 0)
		rc = add_rdn(a, out, parts[n], e);
	ldap_dnfree(parts);
	return rc == 0 && out->depth == 0 ? ERR(e, ERR_DIR_ENTRY, "empty name") : rc;
}

int ldap_count_rdns(const char *dn)
{
	LDAPDN parts = NULL;
	int n = 0;

	if (strlen(dn) > (size_t)16 * VALUE_MAX || ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
		return -1;
	while (parts != NULL && parts[n] != NULL)
		n++;
	ldap_dnfree(parts);
	return n;
}

/* Equal attribute and value, as far as text can tell. */
static bool rdn_equal(LDAPRDN x, LDAPRDN y)
{
	const struct berval *p, *q;

	if (x == NULL || y == NULL || x[0] == NULL || y[0] == NULL || x[1] != NULL || y[1] != NULL)
		return false;
	p = &x[0]->la_value;
	q = &y[0]->la_value;
	return p->bv_len == q->bv_len && str_ieqn(p->bv_val, q->bv_val, p->bv_len);
}

int ldap_rdns_below(const char *dn, const char *base)
{
	LDAPDN x = NULL, y = NULL;
	int n = 0, m = 0, below = -1;

	if (ldap_str2dn(dn, &x, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && ldap_str2dn(base, &y, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS) {
		while (x != NULL && x[n] != NULL)
			n++;
		while (y != NULL && y[m] != NULL)
			m++;
		below = n - m;
		while (below >= 0 && m > 0)
			if (!rdn_equal(x[--n], y[--m]))
				below = -1;
	}
	if (x != NULL)
		ldap_dnfree(x);
	if (y != NULL)
		ldap_dnfree(y);
	return below;
}

/* ---- rules ---- */

int ldap_next_depth(const char *matched, const char *root, int depth)
{
	int below = *matched == '\0' || !rule_id_active("A-241") ? -1 : ldap_rdns_below(matched, root);

	return below >= 0 && below < depth ? below : depth - 1;
}

bool ldap_rule_is_longer(const struct dir_rule *r, const struct dir_rule *best)
{
	return r->hit.depth > best->hit.depth && rule_id_active("A-245");
}

int ldap_credentials(const char *bind_dn, const char *password, struct ldap_credentials *out, struct err *e)
{
	*out = (struct ldap_credentials){"", ""};
	if (*bind_dn == '\0' || !rule_id_active("A-246"))
		return 0;
	if (password == NULL || *password == '\0')
		return ERR(e, ERR_DIR_LDAP, "mapping.ldap.password_file is empty");
	*out = (struct ldap_credentials){bind_dn, password};
	return 0;
}

static int by_octets(const void *x, const void *y)
{
	const struct octets *p = x, *q = y;
	int order = memcmp(p->p, q->p, MIN_OF(p->len, q->len));

	return order != 0 ? order : (p->len > q->len) - (p->len < q->len);
}

/* any gateway will do, but always the same: values have no order in LDAP. */
static char *first_value(struct arena *a, const struct ldap_values *v)
{
	struct octets *sorted = arena_memdup(a, v->items, v->count * sizeof(*v->items));

	if (rule_id_active("A-168"))
		qsort(sorted, v->count, sizeof(*sorted), by_octets);
	return text_of(a, sorted[0]);
}

static int domain_rule(struct arena *a, const struct ldap_entry *entry, struct dir_rule *out, struct err *e)
{
	const struct ldap_values *v = entry->domain.count > 0 ? &entry->domain : &entry->internet_gateway;
	char *domain;

	if (v->count == 0 || !rule_id_active("A-242"))
		return 1;
	domain = first_value(a, v);
	if (domain == NULL || !addr_is_domain(domain))
		return ERR(e, ERR_DIR_ENTRY, "%.200s: no domain", entry->dn);
	out->gateway = v == &entry->internet_gateway;
	out->hit.value = domain;
	return 0;
}

/* associatedX400Gateway: all its attributes go into the address. */
static int gateway_node(struct arena *a, const struct ldap_entry *entry, struct addr_node *out, struct err *e)
{
	char *text = first_value(a, &entry->x400_gateway);
	struct or_address o = {0};

	if (text == NULL || addr_parse_or(a, text, &o, NULL) != 0 || !or_has(&o, OR_C))
		return ERR(e, ERR_DIR_ENTRY, "%.200s: associatedX400Gateway is no O/R address", entry->dn);
	addr_node_of(a, &o, out);
	out->other = NEW(a, struct or_address);
	or_copy(a, out->other, &o);
	return 0;
}

static int or_rule(struct arena *a, const struct ldap_entry *entry, struct dir_rule *out, struct err *e)
{
	struct addr_node *node = NEW(a, struct addr_node);

	if (entry->or_name.count == 0 && entry->x400_gateway.count == 0)
		return 1;
	out->gateway = entry->or_name.count == 0;
	if (out->gateway) {
		TRY(gateway_node(a, entry, node, e));
	} else {
		char *dn = first_value(a, &entry->or_name);

		if (dn == NULL)
			return ERR(e, ERR_DIR_ENTRY, "%.200s: associatedORAddress", entry->dn);
		TRY(ldap_node_of_dn(a, dn, node, e));
	}
	out->hit.node = node;
	out->hit.value = addr_node_rule(a, node);
	return 0;
}

int ldap_rule_of_entry(struct arena *a, const struct addr_query *q, const struct ldap_entry *entry, struct dir_rule *out, struct err *e)
{
	const struct ldap_values *mapping = q->domain != NULL ? &entry->or_name : &entry->domain;
	const struct ldap_values *gateway = q->domain != NULL ? &entry->x400_gateway : &entry->internet_gateway;

	*out = (struct dir_rule){0};
	if (mapping->count > 0 && gateway->count > 0)
		return ERR(e, ERR_DIR_ENTRY, "%.200s has a mapping and a gateway", entry->dn);
	return q->domain != NULL ? or_rule(a, entry, out, e) : domain_rule(a, entry, out, e);
}

/* ---- users ---- */

static int read_or(struct arena *a, struct octets v, struct or_address *out)
{
	char *text = text_of(a, v);

	*out = (struct or_address){0};
	return text != NULL && addr_parse_or(a, text, out, NULL) == 0 && addr_check_or(out, NULL) == 0 ? 0 : -1;
}

static int body_types(struct arena *a, const struct ldap_entry *entry, const char *const **out, struct err *e)
{
	const struct ldap_values *v = &entry->body_types;
	const char **list = arena_array(a, v->count + 1, sizeof *list);

	for (size_t i = 0; i < v->count; i++)
		if ((list[i] = text_of(a, v->items[i])) == NULL || !mx_body_word_known(list[i]))
			return ERR(e, ERR_DIR_ENTRY, "%.200s: mhsDeliverableEITs: no kind of body", entry->dn);
	*out = v->count == 0 ? NULL : list;
	return 0;
}

int ldap_user_of_entry(struct arena *a, const struct ldap_entry *entry, struct addr_user *out, struct err *e)
{
	struct addr_822 addr;
	char *mail = entry->mail.count == 0 ? NULL : text_of(a, entry->mail.items[0]), *size;
	long n = 0;

	*out = (struct addr_user){.where = arena_printf(a, "ldap:%s", entry->dn)};
	if (mail == NULL || addr_822_parse(a, mail, &addr, NULL) != 0 || addr.route_first != NULL)
		return ERR(e, ERR_DIR_ENTRY, "%.200s: mail is no address", entry->dn);
	if (entry->or_address.count == 0 || read_or(a, entry->or_address.items[0], &out->x400) != 0)
		return ERR(e, ERR_DIR_ENTRY, "%.200s: mhsORAddresses is no O/R address", entry->dn);
	size = entry->size.count == 0 ? NULL : text_of(a, entry->size.items[0]);
	if (entry->size.count > 0 && (size == NULL || str_to_long(size, 0, 0x7fffffffffffffff, &n) != 0))
		return ERR(e, ERR_DIR_ENTRY, "%.200s: mhsMaximumContentLength is no number", entry->dn);
	out->rfc822 = mail;
	out->size_max = n;
	return body_types(a, entry, &out->body_types, e);
}

bool ldap_entry_has_or(struct arena *a, const struct ldap_entry *entry, const struct or_address *o)
{
	for (size_t i = 0; i < entry->or_address.count; i++) {
		struct or_address x;

		if (read_or(a, entry->or_address.items[i], &x) == 0 && or_equal(&x, o))
			return true;
	}
	return false;
}

char *ldap_filter_escape(struct arena *a, const char *value)
{
	struct buf *b = buf_in(a, (size_t)4 * VALUE_MAX);

	for (; *value != '\0'; value++)
		if (strchr("*()\\", *value) != NULL || (unsigned char)*value < 32 || (unsigned char)*value > 126)
			buf_printf(b, "\\%02x", (unsigned char)*value);
		else
			buf_putc(b, (unsigned char)*value);
	return buf_ok(b) ? arena_strdup(a, buf_str(b)) : NULL;
}
