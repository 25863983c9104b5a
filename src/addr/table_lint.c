/*
 * table_lint.c - what is wrong or strange with a whole set of tables: rules without inverse, gateway rules that are never
 * reached (A-101, A-191, A-209, A-213); and the list of all findings with their ids (mixgate-tables(5)).
 *
 * A million rules are gone through in seconds: the look-ups of a batch wait for memory at the same time.
 */
#include <string.h>

#include "addr/table_set.h"
#include "base/rule.h"
#include "base/str.h"

#define BATCH 16

/* In the order of enum addr_finding_id. */
const struct addr_finding_kind addr_finding_kinds[] = {
	{"T-101", ADDR_ERROR, "line does not follow the syntax", "write it as key#value#, or as a comment with # at its start"},
	{"T-102", ADDR_ERROR, "value is not legal", "use PrintableString characters, \\. for a full stop, and a country of ISO 3166"},
	{"T-103", ADDR_ERROR, "value is too long", "shorten it to the bound of X.411, or split what it stands for"},
	{"T-104", ADDR_ERROR, "second rule with the same key", "take one of the two out"},
	{"T-105", ADDR_ERROR, "key in a mapping and a gateway table", "take it out of one of the two"},
	{"T-106", ADDR_ERROR, "octets that are no text", "save the file as plain text again"},
	{"T-107", ADDR_ERROR, "top-level domain as country", "put the country there: a top-level domain is none"},
	{"T-201", ADDR_WARNING, "no rule the other way", "add the inverse to the other table, or !oneway behind this rule"},
	{"T-202", ADDR_WARNING, "the rule the other way gives something else", "make the two agree, or put !oneway behind this rule"},
	{"T-203", ADDR_WARNING, "shadowed by a file that comes before", "take the rule out of one of the files, or put it into a .local file"},
	{"T-204", ADDR_WARNING, "gateway rule below a mapping rule", "take it out, or the mapping rule, which is used instead"},
	{"T-205", ADDR_WARNING, "country that looks like a top-level domain", "use the code of ISO 3166, GB for UK"},
	{"T-206", ADDR_WARNING, "level left out", "write the level as KEY$@"},
	{"T-301", ADDR_NOTE, "domain of one label", "nothing, if there are levels below that become labels"},
	{"T-302", ADDR_NOTE, "no ADMD", "write ADMD$ with one blank if addresses have that"},
};
const size_t addr_finding_kinds_count = ARRAY_LEN(addr_finding_kinds);

/* A rule whose look-up is under way. */
struct pending {
	struct octets own;
	struct addr_value value;
	enum addr_table table;
	struct addr_key key;
	uint32_t hash;
};

static bool find(const struct table *t, const struct addr_key *k, struct octets *value)
{
	return k->len > 0 && table_find(t, addr_key_octets(k), value) == 0;
}

static void report(struct addr_reader *r, enum addr_finding_id id, const struct addr_value *v, const char *text)
{
	addr_reader_report(r, id, v->file, v->line, 1, text);
}

/* ---- gateway tables ---- */

/* Where a gateway rule goes when mapping rules stand above it: the mapping rule is used (A-191). */
static bool find_above(const struct table *t, enum addr_table mapping, const struct addr_value *rule, const char *domain)
{
	struct addr_key k;
	struct octets v;

	if (mapping == ADDR_MAPPING1) {
		for (int depth = rule->node.depth - 1; depth > 0; depth--) {
			addr_key_of_node(&k, mapping, &rule->node, depth);
			if (find(t, &k, &v))
				return true;
		}
		return false;
	}
	for (const char *s = strchr(domain, '.'); s != NULL; s = strchr(s + 1, '.')) {
		addr_key_of_domain(&k, mapping, s + 1);
		if (find(t, &k, &v))
			return true;
	}
	return false;
}

/* A-209: not in a mapping and in a gate table. */
static void lint_gate(struct addr_reader *r, const struct table *t, struct arena *scratch, const struct pending *p)
{
	enum addr_table mapping = p->table == ADDR_GATE1 ? ADDR_MAPPING1 : ADDR_MAPPING2;
	const char *domain = arena_strndup(scratch, (const char *)p->own.p, p->own.len - 1);
	struct addr_key k;
	struct octets v;

	if (mapping == ADDR_MAPPING1)
		addr_key_of_node(&k, mapping, &p->value.node, p->value.node.depth);
	else
		addr_key_of_domain(&k, mapping, domain);
	if (find(t, &k, &v) && rule_id_active("A-209"))
		report(r, FINDING_CONFLICT, &p->value, "key is in a mapping table too (A-209)");
	else if (find_above(t, mapping, &p->value, domain))
		report(r, FINDING_GATE_BELOW, &p->value, "gate rule below a mapping rule, which is used instead (A-191)");
}

/* ---- mapping tables: A-101, A-213 ---- */

static void begin_inverse(const struct table *t, struct pending *p)
{
	if (p->table == ADDR_MAPPING1)
		addr_key_of_domain(&p->key, ADDR_MAPPING2, p->value.text);
	else
		addr_key_of_node(&p->key, ADDR_MAPPING1, &p->value.node, p->value.node.depth);
	p->hash = table_hash(t, addr_key_octets(&p->key));
}

/* Does the rule the other way give the key of p? */
static bool is_inverse(const struct pending *p, const struct addr_value *other)
{
	struct addr_key k;

	if (p->table == ADDR_MAPPING1)
		addr_key_of_node(&k, ADDR_MAPPING1, &other->node, other->node.depth);
	else
		addr_key_of_domain(&k, ADDR_MAPPING2, other->text);
	return k.len == p->own.len && memcmp(k.p, p->own.p, k.len) == 0;
}

static const char *rule_place(struct arena *a, const struct addr_reader *r, const struct addr_value *v)
{
	return arena_printf(a, "%s:%u", v->file < r->files.count ? r->files.items[v->file].name : "?", v->line);
}

static void end_inverse(struct addr_reader *r, const struct table *t, struct arena *scratch, const struct pending *p)
{
	struct addr_value other;
	struct octets v;

	if (p->table == ADDR_MAPPING1 && strchr(p->value.text, '.') == NULL)
		report(r, FINDING_ONE_LABEL, &p->value, "domain of one label: only of use with a further one (A-187)");
	if (table_find_hash(t, p->hash, addr_key_octets(&p->key), &v) != 0 || !addr_value_read(v, &other))
		report(r, FINDING_NO_INVERSE, &p->value, "no rule the other way (A-101)");
	else if (!is_inverse(p, &other))
		report(r, FINDING_ASYMMETRIC, &p->value,
		       arena_printf(scratch, "%s leads elsewhere: %.200s (A-101)", rule_place(scratch, r, &other), other.text));
}

/* ---- */

static bool wants_inverse(const struct pending *p)
{
	return (p->table == ADDR_MAPPING1 || p->table == ADDR_MAPPING2) && !p->value.one_way && rule_id_active("A-213");
}

void addr_reader_lint(struct addr_reader *r)
{
	const struct table *t = table_of_writer(r->w);
	struct arena *scratch = arena_new(0);
	struct pending *batch = arena_array(r->a, BATCH, sizeof(*batch));
	struct octets value;
	size_t at = 0, n;

	do {
		for (n = 0; n < BATCH && table_next(t, &at, &batch[n].own, &value) == 0;) {
			struct pending *p = &batch[n];

			if (!addr_key_table(p->own, &p->table) || !addr_value_read(value, &p->value))
				continue;
			if (p->table == ADDR_GATE1 || p->table == ADDR_GATE2)
				lint_gate(r, t, scratch, p);
			if (!wants_inverse(p))
				continue;
			begin_inverse(t, p);
			n++;
		}
		for (size_t i = 0; i < n; i++)
			table_touch(t, batch[i].hash);
		for (size_t i = 0; i < n; i++)
			end_inverse(r, t, scratch, &batch[i]);
		arena_reset(scratch);
	} while (n == BATCH);
	arena_free(scratch);
}
