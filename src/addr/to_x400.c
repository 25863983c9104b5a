/*
 * to_x400.c - RFC 822 address to O/R address: RFC 2156 4.3.4, stage I (an X.400 address written in RFC 822) and stage II
 * (an RFC 822 address carried in domain-defined attributes); A-116 .. A-168.
 *
 * Called for every envelope recipient, the return path and every header address.  It promises that what stage I gives is
 * a legal O/R address within X.411's bounds, and that anything else is encapsulated so that it can come back unchanged.
 */
#include "addr/to_x400.h"

#include <string.h>

#include "addr/levels.h"
#include "addr/rfc822.h"
#include "addr/source.h"
#include "addr/std_or.h"
#include "addr/steps.h"
#include "addr/tables.h"
#include "base/str.h"

#define DDA_VALUE 128
#define DDA_MAX 4

/* The attributes that the domain gives (step 8). */
struct rhs {
	bool found;    /* there is an MCGAM */
	bool overflow; /* a label did not fit: what is in node so far goes to stage II */
	struct addr_node node;
};

struct mapping {
	struct arena *a;
	const struct addr_tables *t;
	struct addr_822 addr;
	const char *domain; /* that the address is routed to: A-159 */
	enum addr_use use;
	const struct addr_to_x400_options *options;
	struct rhs rhs;
	struct addr_trace *trace;
	struct err *e;
};

/* ---- step 8: the domain ---- */

static bool label_fits(int level, const char *label)
{
	if (level >= ADDR_LEVELS)
		return false;
	return strlen(label) <= (size_t)or_rows[addr_level_attribute[level]].ub || !rule_id_active("A-136");
}

/* unmatched labels, right to left, become the next levels. */
static void allocate_labels(struct mapping *m, char *labels)
{
	struct addr_node *n = &m->rhs.node;

	while (*labels != '\0' && rule_id_active("A-135")) {
		char *dot = strrchr(labels, '.'), *label = dot == NULL ? labels : dot + 1;

		if (!label_fits(n->depth, label)) {
			m->rhs.overflow = true;
			addr_step_add(m->a, m->trace, "A-137", "label \"%s\" does not fit at the next level", label);
			return;
		}
		n->level[n->depth++] = arena_strdup(m->a, label);
		*(dot == NULL ? labels : dot) = '\0';
	}
}

/* The domain without its last n labels. */
static char *labels_before(struct arena *a, const char *domain, int n)
{
	const char *end = domain + strlen(domain);

	for (; n > 0 && end > domain; n--)
		while (end > domain && *--end != '.')
			;
	return arena_strndup(a, domain, (size_t)(end - domain));
}

static int hit_node(struct mapping *m, enum addr_node_kind kind, const struct addr_hit *hit, struct addr_node *out)
{
	const char *reason;

	if (hit->node == NULL)
		return addr_node_parse(m->a, hit->value, kind, out, &reason, m->e);
	*out = *hit->node;
	return 0;
}

/* -1: no source could say whether there is a rule. */
static int derive_from_domain(struct mapping *m)
{
	struct addr_hit hit;
	const struct addr_query q = {.table = ADDR_MAPPING2, .domain = m->domain};
	enum addr_answer answer;

	/* one bad label defeats the look-up. */
	if (!addr_is_domain(m->domain) && rule_id_active("A-133")) {
		addr_step_add(m->a, m->trace, "A-133", "domain %s has a label outside the domain syntax: no mapping rule (MCGAM)", m->domain);
		return 0;
	}
	answer = addr_find_for(m->a, m->t, m->use, &q, &hit, m->e);
	if (answer == ADDR_NO_ANSWER)
		return -1;
	if (answer == ADDR_NO_RULE || hit_node(m, ADDR_NODE_MAPPING, &hit, &m->rhs.node) != 0) {
		addr_step_add(m->a, m->trace, "A-132", "no mapping rule (MCGAM) for domain %s", m->domain);
		return 0;
	}
	m->rhs.found = true;
	addr_step_decide(m->a, m->trace, "A-130", hit.where, "longest match for %s is %s, %s", m->domain, hit.where, hit.value);
	allocate_labels(m, labels_before(m->a, m->domain, hit.depth));
	addr_step_add(m->a, m->trace, "A-135", "attributes of the domain: %s", addr_node_text(m->a, &m->rhs.node));
	return 0;
}

/* ---- stage I ---- */

static int refuse(struct mapping *m, const char *rule, const char *why)
{
	addr_step_add(m->a, m->trace, rule, "%s: to be encapsulated (stage II)", why);
	return 1;
}

/* outer or double blanks. */
static bool has_odd_blanks(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && (s[0] == ' ' || s[n - 1] == ' ' || strstr(s, "  ") != NULL);
}

/* "IMCEAX400-c=US+3Ba=+20+3Bp=Org+3Bs=Doe": how Exchange writes O/R text into a local part; "+XX" is an octet, "_" is "/".
 * Read like an alternative keyword, never written. */
static bool parse_imcea(struct mapping *m, const char *local, struct or_address *out)
{
	static const char prefix[] = "IMCEAX400-";
	enum std_failure why;
	struct buf *b;

	if (!str_istarts(local, prefix) || !rule_id_active("A-054"))
		return false;
	b = buf_in(m->a, strlen(local) + 1);
	for (const char *s = local + sizeof(prefix) - 1; *s != '\0'; s++) {
		int high = *s == '+' ? str_hex_digit(s[1]) : -1, low = high < 0 ? -1 : str_hex_digit(s[2]);

		if (low >= 0) {
			buf_putc(b, (unsigned char)(high * 16 + low));
			s += 2;
		} else {
			buf_putc(b, *s == '_' ? '/' : (unsigned char)*s);
		}
	}
	if (memchr(b->p, '\0', b->len) != NULL || addr_std_or_parse(m->a, buf_str(b), out, &why, NULL) != 0)
		return false;
	addr_step_add(m->a, m->trace, "A-054", "local part is O/R text as Exchange writes it: %s", or_text(m->a, out));
	return true;
}

/* Steps 2 to 5: the local part as attributes. 1: stage II. */
static int parse_left(struct mapping *m, struct or_address *lhs)
{
	const char *local = rule_id_active("A-121") ? m->addr.unquoted : m->addr.local;
	/* A text that says why is made only for those who read it: most local parts are names. */
	struct err why_not, *err = m->trace == NULL ? NULL : &why_not;
	enum std_failure why;

	if (has_odd_blanks(local) && rule_id_active("A-122"))
		return refuse(m, "A-122", "outer or double blanks in the local part");
	if (parse_imcea(m, local, lhs))
		return 0;
	/* Step 3 is the character test of the two parsers. */
	if (addr_std_or_parse(m->a, local, lhs, &why, err) == 0) {
		addr_step_add(m->a, m->trace, "A-080", "local part is O/R text: %s", or_text(m->a, lhs));
		return 0;
	}
	if (why == STD_VALUE && rule_id_active("A-093"))
		return refuse(m, "A-093", err == NULL ? "" : err->detail);
	*lhs = (struct or_address){0};
	if (!rule_id_active("A-124") || addr_pn_parse(m->a, local, lhs, err) != 0)
		return refuse(m, "A-124", "local part is neither O/R text nor personal name");
	addr_step_add(m->a, m->trace, "A-073", "local part is a personal name: %s", or_text(m->a, lhs));
	return 0;
}

static bool has_teletex(const struct or_value *v)
{
	return v->teletex.p != NULL;
}

/* a text that 1984 cannot carry is an RFC 822 address. */
static bool is_beyond_1984(const struct or_address *o)
{
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if ((i < OR_GQ && or_has(o, (enum or_attribute)i)) || has_teletex(&o->v[i]))
			return true;
	for (size_t i = 0; i < o->dda.count; i++)
		if (has_teletex(&o->dda.items[i].type) || has_teletex(&o->dda.items[i].value))
			return true;
	return o->postal_lines.count > 0;
}

/* Step 7: only attributes of the mnemonic form? */
static bool is_mnemonic_part(const struct or_address *o)
{
	static const enum or_attribute others[] = {OR_UA_ID, OR_T_ID, OR_X121};

	for (int i = 0; i < OR_CN; i++)
		if (or_has(o, (enum or_attribute)i))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (or_has(o, others[i]))
			return false;
	return o->postal_lines.count == 0;
}

/* A-139 .. A-142: how many levels of the domain count beside what is on the left. */
static int levels_taken(const struct or_address *lhs, int depth)
{
	static const struct {
		enum or_attribute attribute;
		int levels;
		const char *rule;
	} steps[] = {{OR_ADMD, 1, "A-139"}, {OR_PRMD, 2, "A-140"}, {OR_O, 3, "A-141"}};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (or_has(lhs, steps[i].attribute) && rule_id_active(steps[i].rule))
			return MIN_OF(steps[i].levels, depth);
	return depth;
}

/* OUs of the left follow those of the domain. 1: there are more than four. */
static int append_ous(struct or_address *out, const struct or_address *lhs)
{
	int at = 4;

	while (rule_id_active("A-142") && at < ADDR_LEVELS && or_has(out, addr_level_attribute[at]))
		at++;
	for (int i = 4; i < ADDR_LEVELS && or_has(lhs, addr_level_attribute[i]); i++) {
		if (at == ADDR_LEVELS)
			return 1;
		out->v[addr_level_attribute[at++]] = lhs->v[addr_level_attribute[i]];
	}
	return 0;
}

/* Step 8, second half. 1: stage II. */
static int merge(struct mapping *m, const struct or_address *lhs, struct or_address *out)
{
	struct addr_node n = m->rhs.node;

	n.depth = levels_taken(lhs, n.depth);
	if (addr_node_to_or(m->a, &n, out, NULL) != 0)
		return refuse(m, "A-134", "attributes of the domain");
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++)
		if (or_has(lhs, (enum or_attribute)i) && !(i >= OR_OU4 && i <= OR_OU1) && rule_id_active("A-143"))
			out->v[i] = lhs->v[i];
	out->dda = lhs->dda;
	if (append_ous(out, lhs) != 0)
		return refuse(m, "A-146", "more than four OUs");
	addr_step_add(m->a, m->trace, "A-142", "with the attributes of the local part: %s", or_text(m->a, out));
	return 0;
}

/* Steps 7 and 8. 1: stage II. */
static int complete(struct mapping *m, const struct or_address *lhs, struct or_address *out)
{
	if (!is_mnemonic_part(lhs) && rule_id_active("A-127"))
		return refuse(m, "A-127", "attributes that no domain can complete");
	/* Without a rule, or with a country on the left, what comes out is incomplete: step 9 sees it. */
	if (m->rhs.overflow && rule_id_active("A-137"))
		return refuse(m, "A-137", "a label of the domain does not fit");
	return merge(m, lhs, out);
}

/* Steps 6 to 9. 0: out and how are set; 1: stage II. */
static int assemble(struct mapping *m, const struct or_address *lhs, struct or_address *out, enum addr_how *how)
{
	struct err why_not, *err = m->trace == NULL ? NULL : &why_not;

	if (addr_form_of(lhs) != ADDR_FORM_NONE && rule_id_active("A-126")) {
		addr_step_decide(m->a, m->trace, "A-126", NULL, "complete O/R address, the domain is not used");
		*out = *lhs;
		*how = ADDR_EXPLICIT;
	} else {
		if (complete(m, lhs, out) != 0)
			return 1;
		*how = ADDR_MAPPED;
	}
	/* Step 9 */
	if (addr_check_or(out, err) != 0 && rule_id_active("A-146"))
		return refuse(m, "A-146", err == NULL ? "" : err->detail);
	return 0;
}

/* The operator's routes say that nothing gets there. */
static bool is_rejected(struct mapping *m, const struct or_address *o)
{
	struct addr_route route;

	addr_route(m->a, m->t, o, &route);
	if (route.kind == ADDR_ROUTE_REJECT)
		addr_step_add(m->a, m->trace, "A-156", "routes reject %s (%s)", or_text(m->a, o), route.where);
	return route.kind == ADDR_ROUTE_REJECT;
}

/* the OUs the other way round, when the address as it stands is no good. 1: that is none either. */
static int try_inverted(struct mapping *m, struct or_address *out, enum addr_how *how)
{
	struct or_address lhs, other;
	enum addr_how other_how;

	if (!m->options->inversion || !rule_id_active("A-114") || addr_std_or_parse_inverted(m->a, m->addr.unquoted, &lhs) != 0 ||
	    assemble(m, &lhs, &other, &other_how) != 0 || is_rejected(m, &other))
		return 1;
	addr_step_add(m->a, m->trace, "A-114", "organization left of its units, read the other way round: %s", or_text(m->a, &other));
	*out = other;
	*how = other_how;
	return 0;
}

/* 0: out and how are set; 1: stage II. */
static int stage_one(struct mapping *m, struct or_address *out, enum addr_how *how)
{
	struct or_address lhs = {0};
	int rc;

	if (!rule_id_active("A-116"))
		return 1;
	if (m->addr.route_first != NULL && rule_id_active("A-117"))
		return refuse(m, "A-117", "source route");
	if (parse_left(m, &lhs) != 0)
		return 1;
	if (m->options->x400_1984 && is_beyond_1984(&lhs) && rule_id_active("A-282"))
		return refuse(m, "A-282", "attributes that X.400(1984) has not");
	rc = assemble(m, &lhs, out, how);
	if (m->options->inversion && (rc != 0 || is_rejected(m, out)) && try_inverted(m, out, how) == 0)
		return 0;
	return rc;
}

/* ---- stage II ---- */

/* the preferred gateway of the domain.  The return path always comes back to this gateway. */
static enum addr_answer find_gateway(struct mapping *m, struct addr_hit *hit)
{
	const struct addr_query q = {.table = ADDR_GATE2, .domain = m->domain};

	if ((m->use == ADDR_ORIGINATOR && rule_id_active("A-161")) || !rule_id_active("A-162"))
		return ADDR_NO_RULE;
	return addr_find_for(m->a, m->t, m->use, &q, hit, m->e);
}

/* A-161 .. A-164: the rest of the address when there is no MCGAM. */
static int choose_gateway(struct mapping *m, struct or_address *out)
{
	struct addr_hit hit;
	struct addr_node n;
	enum addr_answer answer = find_gateway(m, &hit);

	if (answer == ADDR_NO_ANSWER)
		return -1;
	if (answer == ADDR_FOUND) {
		addr_step_decide(m->a, m->trace, "A-162", hit.where, "preferred gateway for %s: %s, %s", m->domain, hit.where, hit.value);
		TRY(hit_node(m, ADDR_NODE_GATE, &hit, &n));
		return addr_node_to_or(m->a, &n, out, m->e);
	}
	addr_step_decide(m->a, m->trace, m->use == ADDR_ORIGINATOR ? "A-161" : "A-163", NULL, "local gateway: %s", addr_local_or_text(m->t));
	if (*addr_local_or_text(m->t) == '\0' || !rule_id_active("A-163"))
		return ERR(m->e, ERR_CONFIG, "no O/R address of the local gateway");
	or_copy(m->a, out, addr_local_or(m->t));
	return 0;
}

/* RFC-822 and then RFC822C1 .. C3, each filled before the next, before any DDA of the gateway. */
static int add_ddas(struct mapping *m, struct or_address *out, const char *coded)
{
	static const char *const types[DDA_MAX] = {"RFC-822", "RFC822C1", "RFC822C2", "RFC822C3"};
	struct or_address own = {0};
	size_t n = strlen(coded);

	for (size_t i = 0; i < DDA_MAX && (n > 0 || i == 0); i++) {
		size_t part = rule_id_active("A-151") ? MIN_OF(n, (size_t)DDA_VALUE) : n;

		or_add_dda(m->a, &own, types[i], arena_strndup(m->a, coded, part));
		coded += part;
		n -= part;
	}
	for (size_t i = 0; i < out->dda.count && rule_id_active("A-153"); i++)
		*ARENA_PUSH(m->a, &own.dda) = out->dda.items[i];
	if ((n > 0 || own.dda.count > DDA_MAX) && rule_id_active("A-152"))
		return ERR(m->e, ERR_ADDR_TOO_LONG, "%.200s", m->addr.text);
	out->dda = own.dda;
	return 0;
}

/* what the domain gives is known to lead nowhere. */
static bool is_unroutable(struct mapping *m)
{
	struct or_address o;

	return rule_id_active("A-156") && addr_node_to_or(m->a, &m->rhs.node, &o, NULL) == 0 && is_rejected(m, &o);
}

static int stage_two(struct mapping *m, struct or_address *out)
{
	/* all of it, as received. */
	const char *coded = addr_ascii_to_printable(m->a, rule_id_active("A-150") ? m->addr.text : m->addr.unquoted);

	*out = (struct or_address){0};
	if (coded == NULL)
		return ERR(m->e, ERR_ADDR_UTF8, "%.200s", m->addr.text);
	/* the attributes of an MCGAM go with the DDA in all three cases. */
	if (m->rhs.found && rule_id_active("A-160") && !is_unroutable(m))
		TRY(addr_node_to_or(m->a, &m->rhs.node, out, m->e));
	else
		TRY(choose_gateway(m, out));
	TRY(add_ddas(m, out, coded));
	addr_step_add(m->a, m->trace, "A-150", "encapsulated: %s", or_text(m->a, out));
	return 0;
}

/* ---- per-user entries ---- */

/* 0: out and how are set; 1: there is no entry; -1: nobody can say, or there is no such user. */
static int find_user(struct mapping *m, struct or_address *out, enum addr_how *how)
{
	struct addr_user user;

	switch (addr_find_user_822(m->a, m->t, m->use, m->addr.addr_spec, &user, m->e)) {
	case ADDR_NO_ANSWER:
		return -1;
	case ADDR_NO_RULE:
		return 1;
	case ADDR_FOUND:
		break;
	}
	or_copy(m->a, out, &user.x400);
	*how = ADDR_PERSONAL;
	addr_step_decide(m->a, m->trace, "4.2", user.where, "entry of the user: %s", user.where);
	return 0;
}

/* ---- */

/* what the route is good for today is to be dropped; an envelope address may keep it by configuration. */
static int strip_route(struct mapping *m, bool keep)
{
	bool header = m->use == ADDR_HEADER || m->use == ADDR_HEADER_LATE;

	if (m->addr.route_first == NULL || (!header && keep) || !rule_id_active("A-118"))
		return 0;
	addr_step_add(m->a, m->trace, "A-118", "source route dropped");
	return addr_822_parse(m->a, m->addr.addr_spec, &m->addr, m->e);
}

static int map(struct arena *a, const struct addr_tables *t, const char *address, enum addr_use use,
               const struct addr_to_x400_options *options, struct or_address *out, enum addr_how *how, struct addr_trace *trace, struct err *e)
{
	struct mapping m = {.a = a, .t = t, .use = use, .options = options, .trace = trace, .e = e};
	int rc;

	TRY(addr_822_parse(a, address, &m.addr, e));
	TRY(strip_route(&m, options->keep_route));
	if ((rc = find_user(&m, out, how)) <= 0)
		return rc;
	m.domain = m.addr.route_first != NULL && rule_id_active("A-159") ? m.addr.route_first : m.addr.domain;
	TRY(derive_from_domain(&m));
	if (stage_one(&m, out, how) == 0)
		return 0;
	*how = ADDR_ENCAPSULATED;
	return stage_two(&m, out);
}

/* whoever listens wants to know what decided, though the caller may not. */
int addr_to_x400_with(struct arena *a, const struct addr_tables *t, const char *address, enum addr_use use,
                      const struct addr_to_x400_options *options, struct or_address *out, enum addr_how *how, struct addr_trace *trace,
                      struct err *e)
{
	const struct addr_watch *watch = addr_tables_watch(t);
	struct addr_trace own = {.brief = true};

	if (watch == NULL)
		return map(a, t, address, use, options, out, how, trace, e);
	if (trace == NULL)
		trace = &own;
	TRY(map(a, t, address, use, options, out, how, trace, e));
	watch->mapped(watch->context, &(struct addr_mapped){true, use, *how, address, or_text(a, out), trace->rule, trace->where});
	return 0;
}

int addr_to_x400(struct arena *a, const struct addr_tables *t, const char *addr_spec, enum addr_use use, struct or_address *out,
                 enum addr_how *how, struct addr_trace *trace, struct err *e)
{
	const struct addr_to_x400_options options = {addr_keep_routes(t), addr_tables_1984(t), addr_tables_inversion(t)};

	return addr_to_x400_with(a, t, addr_spec, use, &options, out, how, trace, e);
}

/* ---- what SMTP asks before anything is mapped ---- */

static bool is_local_domain(const struct addr_tables *t, const char *domain)
{
	return *addr_local_domain(t) != '\0' && str_ieq(domain, addr_local_domain(t));
}

/* A domain for which nobody answers may well be: mapping the address will then say so. */
static bool is_mapped(struct arena *a, const struct addr_tables *t, const char *domain)
{
	const struct addr_query q = {.table = ADDR_MAPPING2, .domain = domain};
	struct addr_hit hit;

	if (!addr_is_domain(domain))
		return false;
	if (addr_find(a, t, &q, &hit, NULL) != ADDR_NO_RULE)
		return true;
	/* a preferred gateway never makes a domain X.400. */
	return !rule_id_active("A-154") &&
	       addr_find(a, t, &(struct addr_query){.table = ADDR_GATE2, .domain = domain}, &hit, NULL) == ADDR_FOUND;
}

bool addr_is_x400(const struct addr_tables *t, const char *addr_spec)
{
	struct arena *a = arena_new(0);
	struct addr_822 addr;
	struct or_address o;
	enum std_failure why;
	bool is = false;

	if (addr_822_parse(a, addr_spec, &addr, NULL) == 0)
		is = is_mapped(a, t, addr.domain) ||
		     (is_local_domain(t, addr.domain) && addr_std_or_parse(a, addr.unquoted, &o, &why, NULL) == 0);
	arena_free(a);
	return is;
}

int addr_check_recipient(const struct addr_tables *t, const char *addr_spec, enum addr_how how, struct err *e)
{
	struct arena *a = arena_new(0);
	struct addr_822 addr;
	struct or_address o;
	enum std_failure why;
	int rc = addr_822_parse(a, addr_spec, &addr, e);

	if (rc == 0 && rule_id_active("A-149")) {
		/* A typing error in O/R text would become a strange surname or come straight back (U4). */
		bool separator = addr.unquoted[0] == '/' || addr.unquoted[0] == ';';

		if (separator && (how == ADDR_ENCAPSULATED || addr_std_or_parse(a, addr.unquoted, &o, &why, NULL) != 0))
			rc = ERR(e, ERR_OR_SYNTAX, "%.200s", addr_spec);
		else if (how == ADDR_ENCAPSULATED && is_local_domain(t, addr.domain))
			rc = ERR(e, ERR_OR_GATEWAY_LOOP, "%.200s", addr_spec);
	}
	arena_free(a);
	return rc;
}
