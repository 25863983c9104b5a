/*
 * dn.c - RFC 2164 and 2294: O/R addresses and domains as distinguished names (A-240 .. A-249), as RFC 4514 text.
 *
 * Text only: dir asks the directory.
 */
#include "addr/dn.h"

#include <string.h>

#include "base/rule.h"
#include "base/str.h"

static const char *const level_names[ADDR_LEVELS] = {"C", "ADMD", "PRMD", "MHS-O", "MHS-OU", "MHS-OU", "MHS-OU", "MHS-OU"};

/* object identifiers of the omitted level's attribute: aDMDName, pRMDName, mHSOrganizationName. */
static const char *const omitted_oids[4] = {NULL, "1.3.6.1.4.1.453.7.2.2.1", "1.3.6.1.4.1.453.7.2.2.10",
                                            "1.3.6.1.4.1.453.7.2.2.6"};

/* RFC 4514 2.4 */
static void put_value(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		bool edge = (i == 0 && (s[i] == ' ' || s[i] == '#')) || (i == n - 1 && s[i] == ' ');

		if (edge || strchr(",+\"\\<>;", s[i]) != NULL)
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)s[i]);
	}
}

static void put_rdn(struct buf *b, const char *name, const char *value)
{
	if (b->len > 0)
		buf_putc(b, ',');
	buf_printf(b, "%s=", name);
	put_value(b, value);
}

static void put_levels(struct buf *b, const struct addr_node *n)
{
	for (int i = n->depth; i-- > 0;) {
		if (n->level[i] != NULL) /* a numeric country is an alias of its own */
			put_rdn(b, i == 0 && str_is_digit(n->level[i][0]) ? "MHS-Numeric-Country" : level_names[i], n->level[i]);
		else if (i < 4 && omitted_oids[i] != NULL && rule_id_active("A-244"))
			put_rdn(b, "oRAddressComponentType", omitted_oids[i]);
	}
}

char *addr_dn_of_node(struct arena *a, const struct addr_node *n, const char *base)
{
	struct buf *b = buf_in(a, 65536);

	put_levels(b, n);
	/* */
	buf_printf(b, ",CN=%s,%s", rule_id_active("A-240") ? "X.400 to RFC 822" : "MCGAM", base);
	return arena_strdup(a, buf_str(b));
}

char *addr_dn_of_domain(struct arena *a, const char *domain, const char *base)
{
	struct buf *b = buf_in(a, 65536);

	for (const char *s = domain;;) {
		size_t n = strcspn(s, ".");

		put_rdn(b, "DC", arena_strndup(a, s, n));
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	/* */
	buf_printf(b, ",CN=%s,%s", rule_id_active("A-243") ? "RFC 822 to X.400" : "MCGAM", base);
	return arena_strdup(a, buf_str(b));
}

char *addr_dn_of_or(struct arena *a, const struct or_address *o)
{
	static const struct {
		enum or_attribute attribute;
		const char *name;
	} names[] = {{OR_I, "MHS-I"}, {OR_G, "MHS-G"}, {OR_S, "MHS-S"}, {OR_GQ, "MHS-GQ"}};
	struct buf *b = buf_in(a, 65536);
	struct addr_node n;

	for (int i = 0; i < OR_CN; i++)
		if (or_has(o, (enum or_attribute)i))
			return NULL;
	if (o->postal_lines.count > 0)
		return NULL;
	if (or_has(o, OR_CN))
		put_rdn(b, "MHS-CN", or_value_text(a, &o->v[OR_CN]));
	/* The parts of a personal name are one multi-valued RDN. */
	for (size_t i = 0, parts = 0; i < ARRAY_LEN(names); i++) {
		if (!or_has(o, names[i].attribute))
			continue;
		if (parts++ > 0) {
			/* */
			buf_printf(b, rule_id_active("A-248") ? "+%s=" : ",%s=", names[i].name);
			put_value(b, or_value_text(a, &o->v[names[i].attribute]));
		} else {
			put_rdn(b, names[i].name, or_value_text(a, &o->v[names[i].attribute]));
		}
	}
	addr_node_of(a, o, &n);
	put_levels(b, &n);
	return arena_strdup(a, buf_str(b));
}
