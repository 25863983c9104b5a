/*
 * source.c - asks the sources of mapping and gateway rules in order of precedence (addr/source.h).
 */
#include "addr/source.h"

#include "addr/tables.h"

enum addr_answer addr_find(struct arena *a, const struct addr_tables *t, const struct addr_query *q, struct addr_hit *hit,
                           struct err *e)
{
	struct addr_sources list = addr_tables_sources(t);

	for (size_t i = 0; i < list.count; i++) {
		const struct addr_source *s = &list.items[i];
		enum addr_answer answer = ADDR_NO_RULE;

		if (s->find != NULL)
			answer = s->find(s->context, a, q, hit, e);
		else if (q->domain != NULL ? addr_find_domain(a, t, q->table, q->domain, hit) : addr_find_node(a, t, q->table, q->node, hit))
			answer = ADDR_FOUND;
		if (answer != ADDR_NO_RULE)
			return answer;
	}
	return ADDR_NO_RULE;
}

enum addr_answer addr_find_for(struct arena *a, const struct addr_tables *t, enum addr_use use, const struct addr_query *q,
                               struct addr_hit *hit, struct err *e)
{
	enum addr_answer answer = addr_find(a, t, q, hit, e);

	if (answer == ADDR_NO_ANSWER && !rule_id_active("A-016"))
		return ADDR_NO_RULE;
	return answer == ADDR_NO_ANSWER && use == ADDR_HEADER_LATE && rule_id_active("A-018") ? ADDR_NO_RULE : answer;
}

/* What the answer means for an address of that use. */
static enum addr_answer judge_user(enum addr_answer answer, enum addr_use use, bool unknown, const char *text, struct err *e)
{
	if (answer == ADDR_NO_ANSWER && use == ADDR_HEADER_LATE && rule_id_active("A-018"))
		return ADDR_NO_RULE;
	if (answer == ADDR_NO_RULE && unknown && use == ADDR_RECIPIENT) {
		(void)ERR(e, ERR_ADDR_NO_USER, "%.200s", text);
		return ADDR_NO_ANSWER;
	}
	return answer;
}

enum addr_answer addr_find_user_822(struct arena *a, const struct addr_tables *t, enum addr_use use, const char *addr_spec,
                                    struct addr_user *out, struct err *e)
{
	const struct addr_users *u = addr_tables_users(t);
	enum addr_answer answer;
	bool unknown = false;

	if (u == NULL)
		return ADDR_NO_RULE;
	answer = u->by_822(u->context, a, addr_spec, out, &unknown, e);
	return judge_user(answer, use, unknown, addr_spec, e);
}

enum addr_answer addr_find_user_x400(struct arena *a, const struct addr_tables *t, enum addr_use use, const struct or_address *o,
                                     struct addr_user *out, struct err *e)
{
	const struct addr_users *u = addr_tables_users(t);
	enum addr_answer answer;
	bool unknown = false;

	if (u == NULL)
		return ADDR_NO_RULE;
	answer = u->by_x400(u->context, a, o, out, &unknown, e);
	return judge_user(answer, use, unknown, or_text(a, o), e);
}
