/*
 * to_822.c - O/R address to RFC 822 address: RFC 2156 4.3.5, mapping A (an RFC 822 address out of domain-defined
 * attributes) and mapping B (a genuine X.400 address); A-170 .. A-197.
 *
 * Called for every O/R address of a message.  It promises a syntactically valid address without control characters
 * and that mapping B can be reversed by to_x400.c with the same tables.
 */
#include <string.h>

#include "addr/addr.h"
#include "addr/coding.h"
#include "addr/levels.h"
#include "addr/rfc822.h"
#include "addr/source.h"
#include "addr/std_or.h"
#include "addr/steps.h"
#include "addr/tables.h"
#include "base/str.h"

struct mapping {
	struct arena *a;
	const struct addr_tables *t;
	enum addr_use use;
	struct addr_trace *trace;
	struct err *e;
};

static const char *const dda_chain[4] = {"RFC-822", "RFC822C1", "RFC822C2", "RFC822C3"};

/* ---- mapping A ---- */

/* One form, printable or teletex, of the chain of DDAs. */
struct chain {
	struct octets part[4];
	int count[4];
};

static bool type_is(struct octets type, const char *name)
{
	if (type.p == NULL || type.len != strlen(name))
		return false;
	/* */
	return rule_id_active("A-157") ? str_ieqn((const char *)type.p, name, type.len) : memcmp(type.p, name, type.len) == 0;
}

static struct octets form_of(const struct or_value *v, bool teletex)
{
	if (teletex)
		return v->teletex;
	return v->printable == NULL ? (struct octets){NULL, 0}
	                            : (struct octets){(const uint8_t *)v->printable, strlen(v->printable)};
}

static void collect(const struct or_address *o, bool teletex, struct chain *c)
{
	*c = (struct chain){0};
	for (size_t i = 0; i < o->dda.count; i++)
		for (int j = 0; j < 4; j++)
			if (type_is(form_of(&o->dda.items[i].type, teletex), dda_chain[j])) {
				c->part[j] = form_of(&o->dda.items[i].value, teletex);
				c->count[j]++;
			}
}

/* joined in the order of their names, without a missing link. */
static int join(struct arena *a, const struct chain *c, struct octets *out, struct err *e)
{
	struct buf *b = buf_in(a, (size_t)64 * 1024 * 1024);

	for (int j = 0; j < 4; j++) {
		if (c->count[j] > 1 || (j > 0 && c->count[j] > 0 && c->count[j - 1] == 0))
			return ERR(e, ERR_OR_DDA, "%s comes twice or without the one before it", dda_chain[j]);
		if (c->count[j] > 0 && (j == 0 || rule_id_active("A-173")))
			buf_put(b, c->part[j].p, c->part[j].len);
	}
	*out = (struct octets){arena_memdup(a, b->p == NULL ? (const void *)"" : b->p, b->len), b->len};
	return 0;
}

/* The address that one form of the chain spells. */
static int decode_chain(struct arena *a, const struct chain *c, bool teletex, const char **out, struct err *e)
{
	struct octets joined = {NULL, 0};
	const char *text;

	TRY(join(a, c, &joined, e));
	if (memchr(joined.p, '\0', joined.len) != NULL)
		return ERR(e, ERR_ADDR_CONTROL, "NUL in a domain-defined attribute");
	text = (const char *)joined.p;
	/* teletex with other characters is taken as it is; A-027: so is what cannot be decoded. */
	if ((!teletex || str_is_ps(joined.p, joined.len)) && rule_id_active("A-171"))
		text = addr_printable_to_ascii_lenient(a, text);
	*out = text;
	return 0;
}

/* 0: *out is the address; 1: not mapping A; -1: mapping A that fails. */
static int mapping_a(struct arena *a, const struct or_address *o, char **out, struct err *e)
{
	const char *text[2] = {NULL, NULL};
	struct addr_822 addr;

	for (int teletex = 0; teletex < 2; teletex++) {
		struct chain c;

		collect(o, teletex == 1, &c);
		/* a single one. */
		if (c.count[0] > 1)
			return 1;
		if (c.count[0] == 1 && (!teletex || rule_id_active("A-174")))
			TRY(decode_chain(a, &c, teletex == 1, &text[teletex], e));
	}
	if (text[0] == NULL && text[1] == NULL)
		return 1;
	/* both forms must say the same. */
	if (text[0] != NULL && text[1] != NULL && !str_eq(text[0], text[1]) && rule_id_active("A-175"))
		return ERR(e, ERR_OR_DDA, "printable and teletex RFC-822 attributes differ");
	*out = arena_strdup(a, text[0] != NULL ? text[0] : text[1]);
	/* */
	return rule_id_active("A-176") ? addr_822_parse(a, *out, &addr, e) : 0;
}

/* ---- mapping B: the address as it can be written ---- */

/* blanks collapsed; forms that text cannot have are reduced or refused. */
static int normalise_value(struct arena *a, struct or_value *v, bool printable_only, const char *what, struct err *e)
{
	if (v->universal != NULL && v->printable == NULL && v->teletex.p == NULL) {
		const char *p = or_value_printable(a, v);

		if (p == NULL && rule_id_active("A-069"))
			return ERR(e, ERR_OR_UNSUPPORTED, "%s has a universal form only", what);
		v->printable = p;
	}
	v->universal = NULL;
	if (v->teletex.p != NULL && printable_only)
		return ERR(e, ERR_OR_VALUE, "%s in teletex", what);
	/* what a 1984 system sent empty stays empty. */
	if (v->printable != NULL && *v->printable == '\0' && !rule_id_active("A-283"))
		v->printable = NULL;
	if (v->printable != NULL && !str_is_printable_string(v->printable)) {
		/* Peers do send this; octets outside PrintableString can only be written as teletex. */
		if (printable_only)
			return ERR(e, ERR_OR_VALUE, "%s is no PrintableString", what);
		if (v->teletex.p == NULL)
			v->teletex = (struct octets){(const uint8_t *)v->printable, strlen(v->printable)};
		v->printable = NULL;
	}
	if (v->printable != NULL && rule_id_active("A-177"))
		v->printable = addr_collapse(a, v->printable);
	if (v->teletex.p != NULL && memchr(v->teletex.p, '\0', v->teletex.len) == NULL && rule_id_active("A-177")) {
		const char *s = addr_collapse(a, arena_strndup(a, (const char *)v->teletex.p, v->teletex.len));

		v->teletex = (struct octets){(const uint8_t *)s, strlen(s)};
	}
	return 0;
}

/* Type and value of a DDA must stay in one coding. */
static int normalise_dda(struct arena *a, struct or_dda *d, struct err *e)
{
	TRY(normalise_value(a, &d->type, false, "DDA type", e));
	TRY(normalise_value(a, &d->value, false, "DDA value", e));
	if ((d->type.printable != NULL) == (d->value.printable != NULL) && (d->type.teletex.p != NULL) == (d->value.teletex.p != NULL))
		return 0;
	for (int i = 0; i < 2; i++) {
		struct or_value *v = i == 0 ? &d->type : &d->value;

		if (v->teletex.p == NULL && v->printable != NULL)
			v->teletex = (struct octets){(const uint8_t *)v->printable, strlen(v->printable)};
		v->printable = NULL;
	}
	return 0;
}

static int normalise(struct arena *a, const struct or_address *o, struct or_address *out, struct err *e)
{
	if (o->unsupported_attributes)
		return ERR(e, ERR_OR_UNSUPPORTED, "attributes of a later X.400");
	/* The values are replaced, never written to: only the lists need a copy. */
	*out = *o;
	if (o->dda.count > 0)
		out->dda.items = arena_memdup(a, o->dda.items, o->dda.count * sizeof(*o->dda.items));
	if (o->postal_lines.count > 0)
		out->postal_lines.items = arena_memdup(a, o->postal_lines.items, o->postal_lines.count * sizeof(*o->postal_lines.items));
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (or_has(out, (enum or_attribute)i))
			TRY(normalise_value(a, &out->v[i], !addr_has_teletex_form((enum or_attribute)i), or_rows[i].keyword, e));
	for (size_t i = 0; i < out->dda.count; i++)
		TRY(normalise_dda(a, &out->dda.items[i], e));
	for (size_t i = 0; i < out->postal_lines.count; i++) {
		if (!str_is_printable_string(out->postal_lines.items[i]))
			return ERR(e, ERR_OR_VALUE, "PD-ADDRESS is no PrintableString");
		if (rule_id_active("A-177"))
			out->postal_lines.items[i] = addr_collapse(a, out->postal_lines.items[i]);
	}
	/* A-178; a blank ADMD has just been collapsed to nothing. */
	if (or_has(out, OR_ADMD) && *out->v[OR_ADMD].printable == '\0' && rule_id_active("A-178"))
		or_set(a, out, OR_ADMD, " ");
	return 0;
}

/* ---- mapping B: domain and local part ---- */

struct split {
	const char *domain;
	int used; /* levels that went into the domain */
	enum addr_how how;
};

/* Attributes that are not of the mnemonic form: everything stays on the left. */
static bool is_mnemonic(const struct or_address *o)
{
	for (int i = 0; i < OR_CN; i++)
		if (or_has(o, (enum or_attribute)i))
			return false;
	return o->postal_lines.count == 0 && !or_has(o, OR_UA_ID) && !or_has(o, OR_X121) && !or_has(o, OR_T_ID);
}

/* Is there anything but C .. OU? */
static bool has_below(const struct or_address *o)
{
	for (int i = OR_CN; i <= OR_S; i++)
		if (or_has(o, (enum or_attribute)i))
			return true;
	return o->dda.count > 0;
}

/* The node to look up: the lowest level stays on the left when nothing else would. */
static void lookup_node(struct arena *a, const struct addr_tables *t, const struct or_address *o, struct addr_node *n)
{
	const char *alpha;

	addr_node_of(a, o, n);
	if (is_mnemonic(o) && !has_below(o) && n->depth > 0 && rule_id_active("A-189"))
		n->depth--;
	if (n->depth > 0 && n->level[0] != NULL && (alpha = addr_alpha_country(t, n->level[0])) != NULL)
		n->level[0] = alpha;
}

/* A-185 .. A-188: levels below the rule become labels while they are there and fit. */
static void add_labels(struct arena *a, const struct addr_node *n, struct split *s)
{
	while (s->used < n->depth && rule_id_active("A-185")) {
		const char *level = n->level[s->used];

		if (level == NULL && !rule_id_active("A-188"))
			level = "none";
		if (level == NULL || (!addr_is_label(level) && rule_id_active("A-186")))
			return;
		s->domain = arena_join(a, level, '.', s->domain);
		s->used++;
	}
}

/* 0: *s is set; 1: there is no usable rule. */
static int find_domain(struct mapping *m, const struct or_address *o, const struct addr_node *n, struct split *s)
{
	const struct addr_query q = {.table = ADDR_MAPPING1, .node = n};
	struct addr_hit hit;
	enum addr_answer answer = addr_find_for(m->a, m->t, m->use, &q, &hit, m->e);

	if (answer == ADDR_NO_ANSWER)
		return -1;
	if (answer == ADDR_NO_RULE) {
		addr_step_add(m->a, m->trace, "A-182", "no mapping rule (MCGAM)");
		return 1;
	}
	addr_step_decide(m->a, m->trace, "A-180", hit.where, "longest match is %s, %s", hit.where, hit.value);
	*s = (struct split){hit.value, hit.depth, ADDR_MAPPED};
	if (is_mnemonic(o)) {
		add_labels(m->a, n, s);
	} else if (rule_id_active("A-193")) {
		s->used = 0;
		addr_step_add(m->a, m->trace, "A-193", "not of the mnemonic form: all attributes stay on the left");
	}
	if (strchr(s->domain, '.') == NULL && rule_id_active("A-187")) {
		addr_step_add(m->a, m->trace, "A-187", "%s is one label and cannot be a gateway: as if there were no mapping rule (MCGAM)", s->domain);
		return 1;
	}
	return 0;
}

/* a preferred gateway, and all attributes on the left. 0: found, 1: none, -1: no answer. */
static int find_gate(struct mapping *m, const struct addr_node *n, struct split *s)
{
	const struct addr_query q = {.table = ADDR_GATE1, .node = n};
	struct addr_hit hit;
	enum addr_answer answer = rule_id_active("A-190") ? addr_find_for(m->a, m->t, m->use, &q, &hit, m->e) : ADDR_NO_RULE;

	if (answer != ADDR_FOUND)
		return answer == ADDR_NO_ANSWER ? -1 : 1;
	*s = (struct split){hit.value, 0, ADDR_GATEWAY_LHS};
	addr_step_decide(m->a, m->trace, "A-190", hit.where, "preferred gateway %s, %s", hit.where, hit.value);
	return 0;
}

static int choose_gateway(struct mapping *m, const struct addr_node *n, struct split *s)
{
	int rc = find_gate(m, n, s);

	if (rc <= 0)
		return rc;
	*s = (struct split){addr_local_domain(m->t), 0, ADDR_GATEWAY_LHS};
	addr_step_decide(m->a, m->trace, "A-182", NULL, "local gateway %s", s->domain);
	return *s->domain == '\0' || !rule_id_active("A-182") ? ERR(m->e, ERR_CONFIG, "no domain of the local gateway") : 0;
}

static bool is_name_only(const struct or_address *o)
{
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (i != OR_S && i != OR_G && i != OR_I && or_has(o, (enum or_attribute)i))
			return false;
	return o->dda.count == 0 && o->postal_lines.count == 0;
}

/* short form when a name alone is left, else O/R text. */
static const char *local_part(struct arena *a, const struct or_address *o, int used, struct addr_trace *trace)
{
	struct or_address left = *o;
	char *name;

	for (int i = 0; i < used; i++)
		left.v[addr_level_attribute[i]] = (struct or_value){0};
	if (is_name_only(&left) && rule_id_active("A-195") && (name = addr_pn_build(a, &left)) != NULL) {
		addr_step_add(a, trace, "A-070", "personal name in short form: %s", name);
		return name;
	}
	name = or_text(a, &left);
	addr_step_add(a, trace, "A-080", "attributes on the left: %s", name);
	return name;
}

static int mapping_b(struct mapping *m, const struct or_address *o, char **out, enum addr_how *how)
{
	struct or_address plain;
	struct addr_node n;
	struct split s;
	const char *local;
	int rc;

	TRY(normalise(m->a, o, &plain, m->e));
	lookup_node(m->a, m->t, &plain, &n);
	addr_step_add(m->a, m->trace, "A-184", "look-up of %s", addr_node_text(m->a, &n));
	/* a mapping rule, however short, before a gateway rule. */
	rc = rule_id_active("A-191") ? 1 : find_gate(m, &n, &s);
	if (rc > 0 && (rc = find_domain(m, &plain, &n, &s)) > 0)
		rc = choose_gateway(m, &n, &s);
	TRY(rc);
	local = local_part(m->a, &plain, s.used, m->trace);
	if (*local == '\0')
		return ERR(m->e, ERR_OR_FORM, "address without attributes");
	*out = arena_join(m->a, addr_822_quote(m->a, local), '@', s.domain);
	*how = s.how;
	return 0;
}

/* 0: *out is the address of the user's own entry; 1: there is none; -1: nobody can say, or there is no such user. */
static int find_user(struct mapping *m, const struct or_address *o, char **out, enum addr_how *how)
{
	struct addr_user user;

	switch (addr_find_user_x400(m->a, m->t, m->use, o, &user, m->e)) {
	case ADDR_NO_ANSWER:
		return -1;
	case ADDR_NO_RULE:
		return 1;
	case ADDR_FOUND:
		break;
	}
	*out = arena_strdup(m->a, user.rfc822);
	*how = ADDR_PERSONAL;
	addr_step_decide(m->a, m->trace, "4.2", user.where, "entry of the user: %s", user.where);
	return 0;
}

static int map(struct arena *a, const struct addr_tables *t, const struct or_address *o, enum addr_use use, char **out,
               enum addr_how *how, struct addr_trace *trace, struct err *e)
{
	struct mapping m = {a, t, use, trace, e};
	int rc = find_user(&m, o, out, how);

	if (rc <= 0)
		return rc;
	rc = rule_id_active("A-170") ? mapping_a(a, o, out, e) : 1;
	if (rc == 0) {
		addr_step_decide(a, trace, "A-171", NULL, "mapping A, out of the RFC-822 attribute: %s", *out);
		*how = ADDR_DECAPSULATED;
		return 0;
	}
	/* a header address that carries no usable RFC 822 address is shown as it is. */
	if (rc < 0 && use != ADDR_HEADER && use != ADDR_HEADER_LATE)
		return -1;
	if (rc < 0)
		addr_step_add(a, trace, "A-176", "RFC-822 attribute is not usable: mapping B");
	return mapping_b(&m, o, out, how);
}

/* A-296, as in to_x400.c */
int addr_to_822(struct arena *a, const struct addr_tables *t, const struct or_address *o, enum addr_use use, char **out,
                enum addr_how *how, struct addr_trace *trace, struct err *e)
{
	const struct addr_watch *watch = addr_tables_watch(t);
	struct addr_trace own = {.brief = true};

	if (watch == NULL)
		return map(a, t, o, use, out, how, trace, e);
	if (trace == NULL)
		trace = &own;
	TRY(map(a, t, o, use, out, how, trace, e));
	watch->mapped(watch->context, &(struct addr_mapped){false, use, *how, or_text(a, o), *out, trace->rule, trace->where});
	return 0;
}

const char *addr_how_name(enum addr_how how)
{
	static const char *const names[] = {"explicit", "mapped", "encapsulated", "decapsulated", "gateway", "personal"};

	return names[how];
}
