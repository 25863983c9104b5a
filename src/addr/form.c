/*
 * form.c - the legal forms of O/R address (X.402 18.5), X.411's bounds, and what X.400(1984) has (A-064, A-129, A-146,
 *
 *
 * Called at steps 6 and 9 of stage I and by whoever must know whether an address from outside can be used.
 */
#include "addr/addr.h"

#include <string.h>

#include "addr/levels.h"
#include "addr/std_or.h"
#include "base/str.h"

/* What is in an address, by groups of X.402 table 10. */
struct groups {
	bool base, any_mnemonic, personal, network, terminal_extra, postal, unformatted, formatted, service;
	int networks;
};

static const enum or_attribute formatted_parts[] = {OR_PD_LOCAL, OR_PD_UNIQUE, OR_PD_RESTANTE, OR_PD_BOX, OR_PD_STREET, OR_PD_EXT_LOC,
                                                    OR_PD_EXT_D, OR_PD_O, OR_PD_PN, OR_PD_OFFICE_NUM, OR_PD_OFFICE};

static struct groups groups_of(const struct or_address *o)
{
	struct groups g = {.base = or_has(o, OR_C) && or_has(o, OR_ADMD)};

	g.personal = or_has(o, OR_S) || or_has(o, OR_G) || or_has(o, OR_I) || or_has(o, OR_GQ);
	g.any_mnemonic = g.personal || or_has(o, OR_CN) || or_has(o, OR_O) || or_has(o, OR_OU1);
	g.networks = or_has(o, OR_X121) + or_has(o, OR_NET_NUM) + or_has(o, OR_NET_PSAP);
	g.network = g.networks > 0 || or_has(o, OR_NET_SUB);
	g.terminal_extra = or_has(o, OR_T_ID) || or_has(o, OR_T_TY);
	g.unformatted = o->postal_lines.count > 0 || or_has(o, OR_PD_ADDRESS);
	g.service = or_has(o, OR_PD_SYSTEM);
	for (size_t i = 0; i < ARRAY_LEN(formatted_parts); i++)
		g.formatted = g.formatted || or_has(o, formatted_parts[i]);
	g.postal = g.unformatted || g.formatted || g.service || or_has(o, OR_PD_C) || or_has(o, OR_POSTCODE);
	return g;
}

static bool is_terminal(const struct or_address *o, const struct groups *g)
{
	if (g->networks != 1 || (or_has(o, OR_NET_SUB) && !or_has(o, OR_NET_NUM)))
		return false;
	if (g->postal || g->any_mnemonic || or_has(o, OR_UA_ID))
		return false;
	return g->base || (!or_has(o, OR_C) && !or_has(o, OR_ADMD) && !or_has(o, OR_PRMD) && o->dda.count == 0);
}

enum addr_form addr_form_of(const struct or_address *o)
{
	struct groups g = groups_of(o);

	if (is_terminal(o, &g))
		return ADDR_FORM_TERMINAL;
	if (!g.base || g.network || g.terminal_extra)
		return ADDR_FORM_NONE;
	if (g.postal)
		return or_has(o, OR_PD_C) && or_has(o, OR_POSTCODE) && !(g.unformatted && g.formatted) && !g.any_mnemonic &&
		               !or_has(o, OR_UA_ID)
		           ? ADDR_FORM_POSTAL
		           : ADDR_FORM_NONE;
	if (or_has(o, OR_UA_ID))
		return g.any_mnemonic ? ADDR_FORM_NONE : ADDR_FORM_NUMERIC;
	if (g.personal && !or_has(o, OR_S))
		return ADDR_FORM_NONE;
	return g.any_mnemonic || or_has(o, OR_PRMD) || o->dda.count > 0 ? ADDR_FORM_MNEMONIC : ADDR_FORM_NONE;
}

/* Nothing but blanks counts as empty (X.402 18.4: outer blanks do not count). */
static bool is_blank(struct octets s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != ' ')
			return false;
	return true;
}

/* neither too long nor empty. */
static int check_value(const struct or_value *v, size_t ub, bool may_be_empty, const char *what, struct err *e)
{
	size_t n = v->printable == NULL ? 0 : strlen(v->printable);

	if ((n > ub || v->teletex.len > ub) && rule_id_active("A-064"))
		return ERR(e, ERR_OR_BOUND, "%s is longer than %zu", what, ub);
	if (may_be_empty || !rule_id_active("A-096"))
		return 0;
	if ((v->printable != NULL && v->printable[strspn(v->printable, " ")] == '\0') || (v->teletex.p != NULL && is_blank(v->teletex)))
		return ERR(e, ERR_OR_FORM, "%s is empty", what);
	return 0;
}

static int check_ddas(const struct or_address *o, struct err *e)
{
	if (o->dda.count > 4)
		return ERR(e, ERR_OR_BOUND, "more than four domain-defined attributes");
	for (size_t i = 0; i < o->dda.count; i++) {
		if (!addr_fits_coding(OR_O, &o->dda.items[i].type) || !addr_fits_coding(OR_O, &o->dda.items[i].value))
			return ERR(e, ERR_OR_VALUE, "DDA has characters that it cannot have");
		TRY(check_value(&o->dda.items[i].type, 8, false, "DDA type", e));
		TRY(check_value(&o->dda.items[i].value, 128, false, "DDA value", e));
	}
	return 0;
}

static int check_postal(const struct or_address *o, struct err *e)
{
	if (o->postal_lines.count > 6)
		return ERR(e, ERR_OR_BOUND, "more than six lines of PD-ADDRESS");
	for (size_t i = 0; i < o->postal_lines.count; i++)
		if (strlen(o->postal_lines.items[i]) > 30 || *o->postal_lines.items[i] == '\0')
			return ERR(e, ERR_OR_BOUND, "a line of PD-ADDRESS is empty or longer than 30");
	return 0;
}

int addr_check_or(const struct or_address *o, struct err *e)
{
	static const enum or_attribute countries[] = {OR_C, OR_PD_C};

	if (o->unsupported_attributes)
		return ERR(e, ERR_OR_UNSUPPORTED, "attributes of a later X.400");
	if (addr_form_of(o) == ADDR_FORM_NONE && rule_id_active("A-129"))
		return ERR(e, ERR_OR_FORM, "neither mnemonic, numeric, postal nor terminal");
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++) {
		if (!or_has(o, (enum or_attribute)i))
			continue;
		if (!addr_fits_coding((enum or_attribute)i, &o->v[i]))
			return ERR(e, ERR_OR_VALUE, "%s has characters that it cannot have", or_rows[i].keyword);
		TRY(check_value(&o->v[i], (size_t)or_rows[i].ub, i == OR_ADMD, or_rows[i].keyword, e));
	}
	for (size_t i = 0; i < ARRAY_LEN(countries); i++) {
		const char *c = o->v[countries[i]].printable;

		if (c != NULL && !addr_is_country(c) && rule_id_active("A-064"))
			return ERR(e, ERR_OR_BOUND, "%s is neither two letters nor three digits", or_rows[countries[i]].keyword);
	}
	/* OUs fill from the first. */
	for (int i = 5; i < ADDR_LEVELS; i++)
		if (or_has(o, addr_level_attribute[i]) && !or_has(o, addr_level_attribute[i - 1]))
			return ERR(e, ERR_OR_FORM, "gap in the OUs");
	TRY(check_postal(o, e));
	return check_ddas(o, e);
}

/* ---- X.400(1984), appendix B ---- */

static bool is_1984_attribute(int i)
{
	return i >= OR_GQ && i != OR_CN;
}

static bool has_teletex(const struct or_value *v)
{
	return v->teletex.p != NULL || v->universal != NULL;
}

/* A printable form that is there, or that the teletex form amounts to, is enough. */
static int reduce(struct arena *a, struct or_value *v, const char *what, struct err *e)
{
	const char *p = v->printable != NULL ? v->printable : or_value_printable(a, v);

	if (has_teletex(v) && p == NULL)
		return ERR(e, ERR_OR_UNSUPPORTED, "%s has no printable form for X.400(1984)", what);
	if (has_teletex(v))
		*v = (struct or_value){.printable = p, .numeric = v->numeric};
	return 0;
}

int addr_downgrade_1984(struct arena *a, struct or_address *o, struct err *e)
{
	for (int i = 0; i < OR_ATTRIBUTE_COUNT; i++) {
		if (!or_has(o, (enum or_attribute)i) && !(i == OR_PD_ADDRESS && o->postal_lines.count > 0))
			continue;
		if (!is_1984_attribute(i) && i != OR_CN && rule_id_active("A-281"))
			return ERR(e, ERR_OR_UNSUPPORTED, "%s towards X.400(1984)", or_rows[i].keyword);
		TRY(reduce(a, &o->v[i], or_rows[i].keyword, e));
	}
	for (size_t i = 0; i < o->dda.count; i++) {
		TRY(reduce(a, &o->dda.items[i].type, "DDA", e));
		TRY(reduce(a, &o->dda.items[i].value, "DDA", e));
	}
	if (or_has(o, OR_CN) && rule_id_active("A-282")) {
		if (o->dda.count >= 4)
			return ERR(e, ERR_OR_BOUND, "no room for DDA Common");
		or_add_dda(a, o, "Common", o->v[OR_CN].printable);
		o->v[OR_CN] = (struct or_value){0};
	}
	return 0;
}
