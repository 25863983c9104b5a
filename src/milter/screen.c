/* milter/screen.c - see screen.h. */
#include "milter/screen.h"

#include <pthread.h>
#include <string.h>

#include "base/str.h"
#include "relay/trust.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct screen_set *current;

static int check_config(const struct config *c, struct err *e)
{
	if (!str_eq(c->milter.mode, "screen"))
		return ERR(e, ERR_MILTER_SET, "milter.mode: only \"screen\"");
	if (!str_eq(c->milter.carry, "none") && *c->lmtp.carry == '\0')
		return ERR(e, ERR_MILTER_SET, "milter.carry = \"%s\" needs lmtp.carry, a socket of its own", c->milter.carry);
	return 0;
}

int screen_set_load(const char *path, struct screen_set **out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct screen_set *set = NEW(a, struct screen_set);
	struct addr_tables_source source;

	set->arena = a;
	set->references = 1;
	if (config_load(a, path, &set->config, e) != 0 || check_config(set->config, e) != 0) {
		arena_free(a);
		return -1;
	}
	addr_tables_source_config(set->config, &source);
	if (addr_tables_load(a, &source, &set->tables, e) != 0 || dir_open(a, set->config, set->tables, -1, &set->dir, e) != 0) {
		arena_free(a);
		return -1;
	}
	*out = set;
	return 0;
}

void screen_set_put(struct screen_set *set)
{
	bool last;

	if (set == NULL)
		return;
	pthread_mutex_lock(&lock);
	last = --set->references == 0;
	pthread_mutex_unlock(&lock);
	if (last)
		arena_free(set->arena);
}

void screen_set_use(struct screen_set *set)
{
	struct screen_set *old;

	pthread_mutex_lock(&lock);
	old = current;
	current = set;
	pthread_mutex_unlock(&lock);
	screen_set_put(old);
}

struct screen_set *screen_set_get(void)
{
	struct screen_set *set;

	pthread_mutex_lock(&lock);
	set = current;
	if (set != NULL)
		set->references++;
	pthread_mutex_unlock(&lock);
	return set;
}

bool screen_is_trusted(const struct screen_set *set, const char *address)
{
	return trust_contains(&set->config->milter.trusted, address);
}

static const char *domain_of(const char *addr)
{
	const char *at = strrchr(addr, '@');

	return at == NULL ? "" : at + 1;
}

/* At the gateway's own domain only O/R text is X.400: postmaster there is the MTA's.  What looks like O/R text and is
 * none is a typing error, which screen_recipient then names. */
static bool looks_like_or_text(const char *addr)
{
	size_t local = strcspn(addr, "@");

	return *addr == '/' || strncmp(addr, "\"/", 2) == 0 || memchr(addr, '=', local) != NULL;
}

bool screen_is_x400(const struct screen_set *set, struct arena *a, const char *rcpt)
{
	const char *domain = domain_of(rcpt), *local = addr_local_domain(set->tables);
	const struct config_strings *more = &set->config->milter.domains;

	(void)a;
	for (size_t i = 0; i < more->count; i++)
		if (str_ieq(more->items[i], domain))
			return true;
	if (addr_is_x400(set->tables, rcpt))
		return true;
	return local != NULL && str_ieq(domain, local) && looks_like_or_text(rcpt);
}

int screen_sender(const struct screen_set *set, struct arena *a, const char *sender, bool trusted, struct err *e)
{
	if (*sender == '\0' || trusted || !screen_is_x400(set, a, sender))
		return 0;
	return ERR(e, ERR_MILTER_SENDER_SPACE, "<%.200s>", sender);
}

/* The originator must have an X.400 form, and that form must lead back to a mail address. */
int screen_reports(const struct screen_set *set, struct arena *a, const char *sender, struct err *e)
{
	struct or_address o = {0};
	enum addr_how how;
	struct err why = {0};
	char *back;

	if (*sender == '\0')
		return 0;
	if (addr_to_x400(a, set->tables, sender, ADDR_ORIGINATOR, &o, &how, NULL, &why) != 0) {
		if (err_row(why.id)->class != ERR_PERMANENT) {
			*e = why;
			return -1;
		}
		return ERR(e, ERR_MILTER_SENDER_MAPPING, "%s", why.detail);
	}
	if (addr_to_822(a, set->tables, &o, ADDR_ORIGINATOR, &back, &how, NULL, &why) != 0)
		return ERR(e, ERR_MILTER_SENDER_BACK, "%s", why.detail);
	return 0;
}

static int route(const struct screen_set *set, struct arena *a, const struct or_address *o, struct err *e)
{
	struct addr_route r;

	if (set->config->routes[0] == '\0' && set->config->peers.count == 1)
		return 0;
	addr_route(a, set->tables, o, &r);
	switch (r.kind) {
	case ADDR_ROUTE_PEER:
		if (config_find_peer(set->config, r.peer) != NULL)
			return 0;
		return ERR(e, ERR_RELAY_PEER_UNKNOWN, "%s (%s)", r.peer, r.where);
	case ADDR_ROUTE_SMTP:
		return ERR(e, ERR_RELAY_ROUTE_BACK, "%s", r.where);
	case ADDR_ROUTE_REJECT:
		return ERR_STATUS(e, ERR_RELAY_ROUTE_REJECT, r.status, "%s", r.text);
	case ADDR_ROUTE_NONE:
		break;
	}
	return ERR(e, ERR_RELAY_ROUTE_NONE, "%s", or_text(a, o));
}

int screen_recipient(const struct screen_set *set, struct arena *a, const char *rcpt, struct err *e)
{
	struct or_address o = {0};
	enum addr_how how;

	TRY(addr_to_x400(a, set->tables, rcpt, ADDR_RECIPIENT, &o, &how, NULL, e));
	TRY(addr_check_recipient(set->tables, rcpt, how, e));
	return route(set, a, &o, e);
}
