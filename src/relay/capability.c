/* capability.c - see capability.h. */
#include "relay/capability.h"

#include "base/rule.h"

int capability_of(const struct setup *s, struct arena *a, const char *address, struct capability *out, struct err *e)
{
	struct addr_user user;

	*out = (struct capability){.text = address};
	switch (dir_user(s->dir, a, address, &user, e)) {
	case ADDR_NO_ANSWER:
		return -1;
	case ADDR_FOUND:
		out->size_max = user.size_max;
		out->body_types = user.body_types;
		break;
	case ADDR_NO_RULE:
		break;
	}
	return 0;
}

int capability_judge_size(const struct capability *c, int64_t size, struct err *e)
{
	if (c->size_max == 0 || size <= c->size_max || !rule_id_active("B-322"))
		return 0;
	return ERR(e, ERR_DIR_SIZE, "%lld octets, %s takes %lld", (long long)size, c->text, (long long)c->size_max);
}

int capability_judge_bodies(struct arena *a, const struct capability *c, const struct mx_eits *eits, struct err *e)
{
	const char *other = c->body_types == NULL ? NULL : mx_eits_beyond(a, eits, c->body_types);

	return other == NULL ? 0 : ERR(e, ERR_DIR_BODIES, "type %s, %s", other, c->text);
}
