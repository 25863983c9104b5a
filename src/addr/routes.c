/*
 * routes.c - where an O/R address goes: the longest key of the routes table among C, ADMD, PRMD, O, OU
 * (mixgate-tables(5)).  Called once for each recipient, by the door and by the bridge.  Domain-defined attributes never
 * choose a route.
 */
#include <string.h>

#include "addr/addr.h"
#include "addr/levels.h"
#include "addr/tables.h"
#include "base/str.h"

/* "peer=viat", "smtp", "reject 5.1.2 text" */
static void read_action(struct arena *a, const char *action, struct addr_route *out)
{
	if (str_eq(action, "smtp")) {
		out->kind = ADDR_ROUTE_SMTP;
	} else if (str_istarts(action, "peer=")) {
		out->kind = ADDR_ROUTE_PEER;
		out->peer = action + 5;
	} else {
		const char *status = action + 7;
		size_t n = strcspn(status, " ");

		out->kind = ADDR_ROUTE_REJECT;
		out->status = arena_strndup(a, status, n);
		out->text = status[n] == '\0' ? "" : status + n + 1;
	}
}

void addr_route(struct arena *a, const struct addr_tables *t, const struct or_address *o, struct addr_route *out)
{
	struct addr_node n;
	struct addr_hit hit;
	const char *alpha;

	*out = (struct addr_route){.kind = ADDR_ROUTE_NONE};
	addr_node_of(a, o, &n);
	if (n.depth > 0 && n.level[0] != NULL && (alpha = addr_alpha_country(t, n.level[0])) != NULL)
		n.level[0] = alpha;
	/* the table of routes alone; a mapping rule says nothing about it. */
	if (!rule_id_active("A-014") || !addr_find_node(a, t, ADDR_ROUTES, &n, &hit))
		return;
	out->where = hit.where;
	read_action(a, hit.value, out);
}
