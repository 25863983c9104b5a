/* milter/carry.c - see carry.h. */
#include "milter/carry.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "relay/carry.h"

/* The first word of value is word. */
static bool says(const char *value, const char *word)
{
	size_t n = strlen(word);

	return str_ieqn(value, word, n) && (value[n] == '\0' || strchr(" \t\r\n;(", value[n]) != NULL);
}

/* RFC 2156 has Priority, X.420's importance comes as Importance; mail programs write X-Priority 1 or 2; RFC 6758 has
 * MT-Priority, above 0 urgent. */
static bool says_urgent(const char *name, const char *value)
{
	if (str_ieq(name, "Priority"))
		return says(value, "urgent");
	if (str_ieq(name, "Importance"))
		return says(value, "high");
	if (str_ieq(name, "X-Priority"))
		return says(value, "1") || says(value, "2");
	return str_ieq(name, "MT-Priority") && strtol(value, NULL, 10) > 0;
}

void carry_see(struct carry_header *h, const char *name, const char *value, const char *queue_id)
{
	value += strspn(value, " \t\r\n");
	h->urgent = h->urgent || says_urgent(name, value);
	h->identified = h->identified || (str_ieq(name, "Message-ID") && carry_is_clients(value, queue_id));
}

bool carry_is_set(const struct config *c) { return !str_eq(c->milter.carry, "none"); }

bool carry_takes(const struct config *c, const struct carry_header *h, const struct smtp_envelope *env)
{
	bool urgent = h->urgent || (env->has_mt_priority && env->mt_priority > 0);

	if (!h->identified && env->envid == NULL)
		return false;
	return str_eq(c->milter.carry, "all") || (str_eq(c->milter.carry, "urgent") && urgent);
}

/* 421 is what stands for a connection that was lost. */
enum carry_fate carry_fate_of(const struct smtp_reply *r)
{
	if (r->code >= 200 && r->code < 300)
		return CARRY_DONE;
	if (r->code >= 500)
		return CARRY_REFUSED;
	if (r->code < 400 || r->code == 421 || str_eq(r->status, err_row(ERR_RELAY_IN_DOUBT)->status))
		return CARRY_DOUBT;
	return CARRY_QUEUE;
}
