/*
 * directory.c - see directory.h.  The one file that talks to libldap about connections.
 *
 * A thread borrows a connection for one look-up; a process opens as many as it has look-ups at the same time (a worker:
 * one) and keeps them.  A connection that fails is closed; a kept one may have been closed by the server meanwhile, so the
 * look-up is then tried once more with a new one.  When no connection can be made, others are not tried for a moment, or
 * each recipient of a message would wait out the time-out.  Referrals are not followed: they would take us to servers
 * that the operator has not named.
 */
#include "dir/directory.h"

#include <ldap.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "addr/dn.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dir/ldap_value.h"

#define KEPT 8          /* connections for the next look-ups */
#define DOWN_MS 2000    /* a server that could not be reached is not asked again for so long */
#define CLIMB_MAX 32    /* reads of one look-up in one subtree */
#define VALUES_MAX 64   /* of one attribute */
#define USERS_MAX 2     /* entries for one user: two are one too many */

struct directory {
	const struct config *config;
	pthread_mutex_t lock; /* of what follows */
	LDAP *kept[KEPT];
	pid_t owner; /* the process that opened them: a child must not use its parent's */
	size_t kept_count;
	int64_t down_until;
	struct err down;
};

/* ---- connections ---- */

static int ldap_failed(struct err *e, int rc, const char *what)
{
	return ERR(e, ERR_DIR_LDAP, "%s: %s", what, ldap_err2string(rc));
}

static struct timeval time_left(int64_t deadline)
{
	int64_t left = MAX_OF(deadline - clock_monotonic_ms(), (int64_t)1);

	return (struct timeval){.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};
}

static void close_connection(LDAP *ld)
{
	if (ld != NULL)
		(void)ldap_unbind_ext_s(ld, NULL, NULL);
}

static void forget_connections(void *p)
{
	struct directory *d = p;

	for (size_t i = 0; d->owner == getpid() && i < d->kept_count; i++)
		close_connection(d->kept[i]);
	d->kept_count = 0;
	pthread_mutex_destroy(&d->lock);
}

int directory_open(struct arena *a, const struct config *c, struct directory **out, struct err *e)
{
	struct directory *d = NEW(a, struct directory);

	if (*c->mapping.ldap.uri == '\0' || !ldap_is_ldap_url(c->mapping.ldap.uri))
		return ERR(e, ERR_CONFIG, "mapping.ldap.uri: \"%s\" is no LDAP URI", c->mapping.ldap.uri);
	if (*c->mapping.ldap.bind_dn != '\0' && ldap_count_rdns(c->mapping.ldap.bind_dn) < 1)
		return ERR(e, ERR_CONFIG, "mapping.ldap.bind_dn: \"%s\" is no distinguished name", c->mapping.ldap.bind_dn);
	for (size_t i = 0; i < c->mapping.ldap.bases.count; i++)
		if (ldap_count_rdns(c->mapping.ldap.bases.items[i]) < 1)
			return ERR(e, ERR_CONFIG, "mapping.ldap.bases: \"%s\" is no distinguished name", c->mapping.ldap.bases.items[i]);
	d->config = c;
	pthread_mutex_init(&d->lock, NULL);
	arena_cleanup(a, forget_connections, d);
	*out = d;
	return 0;
}

/* ---- the watchdog of a connection that is being made ----
 *
 * libldap's time-outs do not cover the TLS handshake: with a server that says nothing Debian's 2.5 (GnuTLS) spins in it for
 * ever.  So a thread shuts the socket down at the deadline, which ends whatever libldap is waiting for. */

struct watchdog {
	struct ldap_conncb callbacks; /* libldap tells us the socket */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t deadline;
	int fd;    /* -1: not yet connected */
	bool over; /* the connection stands, or has failed */
};

static void *watch(void *p)
{
	struct watchdog *w = p;
	const struct timespec at = {.tv_sec = w->deadline / 1000, .tv_nsec = (w->deadline % 1000) * 1000000};

	pthread_mutex_lock(&w->lock);
	while (!w->over) {
		if (clock_monotonic_ms() < w->deadline) {
			(void)pthread_cond_timedwait(&w->changed, &w->lock, &at);
			continue;
		}
		if (w->fd >= 0)
			(void)shutdown(w->fd, SHUT_RDWR);
		(void)pthread_cond_wait(&w->changed, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int note_socket(LDAP *ld UNUSED, Sockbuf *sb, LDAPURLDesc *server UNUSED, struct sockaddr *address UNUSED, struct ldap_conncb *cb)
{
	struct watchdog *w = cb->lc_arg;

	pthread_mutex_lock(&w->lock);
	if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &w->fd) != 1)
		w->fd = -1;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* libldap closes a socket: its number may soon be another's. */
static void forget_socket(LDAP *ld UNUSED, Sockbuf *sb UNUSED, struct ldap_conncb *cb)
{
	struct watchdog *w = cb->lc_arg;

	pthread_mutex_lock(&w->lock);
	w->fd = -1;
	pthread_mutex_unlock(&w->lock);
}

static int watchdog_start(struct watchdog *w, LDAP *ld, int64_t deadline)
{
	pthread_condattr_t clock;

	*w = (struct watchdog){.callbacks = {note_socket, forget_socket, w}, .deadline = deadline, .fd = -1};
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &w->callbacks) == LDAP_OPT_SUCCESS && pthread_create(&w->thread, NULL, watch, w) == 0)
		return 0;
	return -1;
}

static void watchdog_stop(struct watchdog *w, LDAP *ld)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	/* To get this option is to take it out. */
	(void)ldap_get_option(ld, LDAP_OPT_CONNECT_CB, &w->callbacks);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

/* The system's certificates unless the operator names some; a server without a good one is never asked. */
static int set_tls(const struct config *c, LDAP *ld)
{
	int demand = LDAP_OPT_X_TLS_DEMAND, client = 0, rc = 0;

	rc |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	if (*c->mapping.ldap.ca_file != '\0')
		rc |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, c->mapping.ldap.ca_file);
	rc |= ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	return rc;
}

static int set_options(LDAP *ld, int64_t deadline)
{
	struct timeval left = time_left(deadline);
	int version = LDAP_VERSION3, deref = LDAP_DEREF_ALWAYS, size = USERS_MAX, rc = 0;

	rc |= ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	rc |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	rc |= ldap_set_option(ld, LDAP_OPT_DEREF, &deref);
	rc |= ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &size);
	rc |= ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
	rc |= ldap_set_option(ld, LDAP_OPT_TIMEOUT, &left);
	return rc;
}

/* TLS as set, then the bind. */
static int greet(const struct config *c, LDAP *ld, int64_t deadline, struct err *e)
{
	struct ldap_credentials me;
	struct berval secret;
	struct timeval left;
	LDAPMessage *answer = NULL;
	int rc, id, code = LDAP_OTHER;

	if (c->mapping.ldap.starttls && (rc = ldap_start_tls_s(ld, NULL, NULL)) != LDAP_SUCCESS)
		return ldap_failed(e, rc, "StartTLS");
	TRY(ldap_credentials(c->mapping.ldap.bind_dn, c->mapping.ldap.password, &me, e));
	secret = (struct berval){.bv_val = (char *)(uintptr_t)me.password, .bv_len = strlen(me.password)};
	if ((rc = ldap_sasl_bind(ld, me.dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &id)) != LDAP_SUCCESS)
		return ldap_failed(e, rc, "bind");
	left = time_left(deadline);
	rc = ldap_result(ld, id, LDAP_MSG_ALL, &left, &answer);
	if (rc <= 0)
		return ldap_failed(e, rc == 0 ? LDAP_TIMEOUT : LDAP_SERVER_DOWN, "bind");
	rc = ldap_parse_result(ld, answer, &code, NULL, NULL, NULL, NULL, 1);
	if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS)
		return ldap_failed(e, rc != LDAP_SUCCESS ? rc : code, "bind");
	return 0;
}

static int open_connection(const struct directory *d, int64_t deadline, LDAP **out, struct err *e)
{
	const struct config *c = d->config;
	struct watchdog w;
	LDAP *ld = NULL;
	int rc = ldap_initialize(&ld, c->mapping.ldap.uri);

	*out = NULL;
	if (rc != LDAP_SUCCESS)
		return ldap_failed(e, rc, c->mapping.ldap.uri);
	/* TLS before the rest: a context with a bad CA file is an error of its own. */
	if ((!str_istarts(c->mapping.ldap.uri, "ldapi:") && set_tls(c, ld) != 0) || set_options(ld, deadline) != 0) {
		close_connection(ld);
		return ERR(e, ERR_DIR_LDAP, "options of the connection (mapping.ldap.ca_file?)");
	}
	if (watchdog_start(&w, ld, deadline) != 0) {
		close_connection(ld);
		return ERR(e, ERR_DIR_LDAP, "no thread to watch the connection");
	}
	rc = greet(c, ld, deadline, e);
	watchdog_stop(&w, ld);
	if (rc != 0) {
		close_connection(ld);
		return -1;
	}
	*out = ld;
	return 0;
}

/* *fresh: it has just been made. */
static int borrow(struct directory *d, int64_t deadline, bool new_one, LDAP **out, bool *fresh, struct err *e)
{
	int rc = 0;

	*out = NULL;
	pthread_mutex_lock(&d->lock);
	if (d->owner != getpid()) {
		d->owner = getpid();
		d->kept_count = 0;
	}
	if (!new_one && d->kept_count > 0) {
		*out = d->kept[--d->kept_count];
	} else if (clock_monotonic_ms() < d->down_until) {
		*e = d->down;
		rc = -1;
	}
	pthread_mutex_unlock(&d->lock);
	*fresh = *out == NULL;
	if (rc != 0 || *out != NULL)
		return rc;
	rc = open_connection(d, deadline, out, e);
	if (rc != 0) {
		pthread_mutex_lock(&d->lock);
		d->down_until = clock_monotonic_ms() + DOWN_MS;
		d->down = *e;
		pthread_mutex_unlock(&d->lock);
		log_err(LOG_LEVEL_WARN, "ldap-down", e, "uri", d->config->mapping.ldap.uri, NULL);
	}
	return rc;
}

static void give_back(struct directory *d, LDAP *ld)
{
	pthread_mutex_lock(&d->lock);
	if (d->kept_count < KEPT) {
		d->kept[d->kept_count++] = ld;
		ld = NULL;
	}
	pthread_mutex_unlock(&d->lock);
	close_connection(ld);
}

/* ---- one search ---- */

/* The attributes that are asked for: names of RFC 2164 and X.402, and identifiers where names may differ (OpenLDAP's own
 * schema has another associatedDomain). */
static const struct {
	const char *name;
	size_t member;
} attributes[] = {
#define A(name, member) {name, offsetof(struct ldap_entry, member)}
	A("mcgamAssociatedDomain", domain),
	A("associatedDomain", domain),
	A("1.3.6.1.4.1.453.7.4.2.4", domain),
	A("associatedInternetGateway", internet_gateway),
	A("1.3.6.1.4.1.453.7.4.2.8", internet_gateway),
	A("associatedORAddress", or_name),
	A("1.3.6.1.4.1.453.7.4.2.6", or_name),
	A("associatedX400Gateway", x400_gateway),
	A("1.3.6.1.4.1.453.7.4.2.3", x400_gateway),
	A("mail", mail),
	A("mhsORAddresses", or_address),
	A("mhsMaximumContentLength", size),
	A("mhsDeliverableEITs", body_types),
	A("mhsExclusivelyAcceptableEITs", body_types),
#undef A
};

/* What a search brought. */
struct result {
	int code; /* LDAP result */
	const char *matched;
	struct ldap_entry entries[USERS_MAX];
	size_t count; /* may be more than there are entries */
};

static void take_values(struct arena *a, LDAP *ld, LDAPMessage *m, const char *name, struct ldap_values *out)
{
	struct berval **v = ldap_get_values_len(ld, m, name);

	if (v == NULL)
		return;
	if (out->count == 0) {
		out->items = arena_array(a, VALUES_MAX, sizeof *out->items);
		for (; out->count < VALUES_MAX && v[out->count] != NULL; out->count++)
			out->items[out->count] = (struct octets){arena_memdup(a, v[out->count]->bv_val, v[out->count]->bv_len), v[out->count]->bv_len};
	}
	ldap_value_free_len(v);
}

static void take_entry(struct arena *a, LDAP *ld, LDAPMessage *m, struct ldap_entry *out)
{
	char *dn = ldap_get_dn(ld, m);

	*out = (struct ldap_entry){.dn = arena_strdup(a, dn != NULL ? dn : "")};
	ldap_memfree(dn);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		take_values(a, ld, m, attributes[i].name, (struct ldap_values *)(void *)((char *)out + attributes[i].member));
}

static void take_result(struct arena *a, LDAP *ld, LDAPMessage *answer, struct result *r)
{
	char *matched = NULL;

	*r = (struct result){.code = LDAP_OTHER, .matched = ""};
	for (LDAPMessage *m = ldap_first_entry(ld, answer); m != NULL; m = ldap_next_entry(ld, m)) {
		if (r->count < USERS_MAX)
			take_entry(a, ld, m, &r->entries[r->count]);
		r->count++;
	}
	if (ldap_parse_result(ld, answer, &r->code, &matched, NULL, NULL, NULL, 0) == LDAP_SUCCESS && matched != NULL)
		r->matched = arena_strdup(a, matched);
	ldap_memfree(matched);
}

/* 0: the server has answered, whatever it says. */
static int search_on(struct arena *a, LDAP *ld, const char *base, int scope, const char *filter, int64_t deadline, struct result *r,
                     struct err *e)
{
	const char *names[ARRAY_LEN(attributes) + 1] = {NULL};
	struct timeval left = time_left(deadline);
	LDAPMessage *answer = NULL;
	int id, rc;

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		names[i] = attributes[i].name;
	rc = ldap_search_ext(ld, base, scope, filter, (char **)(uintptr_t)names, 0, NULL, NULL, &left, USERS_MAX, &id);
	if (rc != LDAP_SUCCESS)
		return ldap_failed(e, rc, base);
	left = time_left(deadline);
	rc = ldap_result(ld, id, LDAP_MSG_ALL, &left, &answer);
	if (rc <= 0) {
		int code = LDAP_SERVER_DOWN;

		if (rc == 0)
			(void)ldap_abandon_ext(ld, id, NULL, NULL);
		else
			(void)ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
		return ldap_failed(e, rc == 0 ? LDAP_TIMEOUT : code, base);
	}
	take_result(a, ld, answer, r);
	ldap_msgfree(answer);
	return 0;
}

/* A connection that was kept may be dead: once more with a new one. */
static int search(struct directory *d, struct arena *a, const char *base, int scope, const char *filter, int64_t deadline,
                  struct result *r, struct err *e)
{
	LDAP *ld;
	bool fresh = false;

	for (int i = 0; i < 2 && !fresh; i++) {
		if (clock_monotonic_ms() >= deadline)
			return ERR(e, ERR_DIR_LDAP, "no answer in time");
		TRY(borrow(d, deadline, i > 0, &ld, &fresh, e));
		if (search_on(a, ld, base, scope, filter, deadline, r, e) == 0) {
			give_back(d, ld);
			return 0;
		}
		close_connection(ld);
	}
	return -1;
}

/* ---- rules (A-240 .. A-246) ---- */

/* The name of the first depth levels, or last depth labels, in the subtree below base; *root: of the subtree itself. */
static const char *entry_name(struct arena *a, const struct addr_query *q, int labels, int depth, const char *base)
{
	struct addr_node part;
	const char *s = q->domain;

	if (depth == 0)
		return arena_printf(a, "CN=%s,%s", q->domain != NULL ? "RFC 822 to X.400" : "X.400 to RFC 822", base);
	if (s == NULL) {
		part = *q->node;
		part.depth = depth;
		return addr_dn_of_node(a, &part, base);
	}
	for (; labels > depth; labels--)
		s = strchr(s, '.') + 1;
	return addr_dn_of_domain(a, s, base);
}

static int count_labels(const char *domain)
{
	int n = 1;

	for (; *domain != '\0'; domain++)
		n += *domain == '.';
	return n;
}

/* One subtree.  Two reads do when every entry has a rule; one that only holds others passes on to its parent. */
static enum addr_answer find_below(struct directory *d, struct arena *a, const struct addr_query *q, const char *base, int64_t deadline,
                                   struct dir_rule *out, struct err *e)
{
	int whole = q->domain != NULL ? count_labels(q->domain) : q->node->depth, depth = whole;
	const char *root = entry_name(a, q, whole, 0, base);
	bool seen = false;

	/* Depth 0 is the subtree itself, which must be there, or every address would look as if it had no rule. */
	for (int reads = 0; (depth > 0 || !seen) && reads < CLIMB_MAX; reads++) {
		const char *name = entry_name(a, q, whole, depth, base);
		struct result r;
		int rc;

		if (search(d, a, name, LDAP_SCOPE_BASE, "(objectClass=*)", deadline, &r, e) != 0)
			return ADDR_NO_ANSWER;
		if (r.code == LDAP_NO_SUCH_OBJECT && depth > 0) {
			depth = ldap_next_depth(r.matched, root, depth);
			continue;
		}
		seen = true;
		if (r.code != LDAP_SUCCESS) {
			(void)ldap_failed(e, r.code, name);
			return ADDR_NO_ANSWER;
		}
		rc = r.count == 0 || depth == 0 ? 1 : ldap_rule_of_entry(a, q, &r.entries[0], out, e);
		if (rc < 0)
			return ADDR_NO_ANSWER;
		if (rc == 0) {
			out->hit.depth = depth;
			out->hit.where = arena_printf(a, "ldap:%s", name);
			return ADDR_FOUND;
		}
		depth--;
	}
	return ADDR_NO_RULE;
}

/* all bases, the longest match; of equals the first. */
enum addr_answer directory_find(struct directory *d, struct arena *a, const struct addr_query *q, int64_t deadline,
                                struct dir_rule *out, struct err *e)
{
	const struct config_strings *bases = &d->config->mapping.ldap.bases;
	enum addr_answer best = ADDR_NO_RULE;

	for (size_t i = 0; i < bases->count; i++) {
		struct dir_rule rule;
		enum addr_answer answer = find_below(d, a, q, bases->items[i], deadline, &rule, e);

		if (answer == ADDR_NO_ANSWER)
			return answer;
		if (answer == ADDR_FOUND && (best == ADDR_NO_RULE || ldap_rule_is_longer(&rule, out))) {
			*out = rule;
			best = ADDR_FOUND;
		}
	}
	return best;
}

/* ---- users ---- */

/* The forms in which an O/R address is likely to have been typed in: ours, and that of F.401. */
static char *or_filter(struct arena *a, const struct or_address *o)
{
	char *text = addr_print_or(a, o), *other = arena_strdup(a, text), *x, *y;
	size_t n = strlen(text);

	/* "$/" is a quoted separator: such an address is looked for as it is. */
	if (n > 2 && strchr(text, '$') == NULL) {
		for (char *c = other; *c != '\0'; c++)
			if (*c == '/')
				*c = ';';
		other[n - 1] = '\0';
		other++;
	}
	x = ldap_filter_escape(a, text);
	y = ldap_filter_escape(a, other);
	return x == NULL || y == NULL ? NULL : arena_printf(a, "(|(mhsORAddresses=%s)(mhsORAddresses=%s))", x, y);
}

enum addr_answer directory_user(struct directory *d, struct arena *a, const char *mail, const struct or_address *o, int64_t deadline,
                                struct addr_user *out, struct err *e)
{
	const char *base = d->config->mapping.users.ldap_base;
	char *escaped = mail == NULL ? NULL : ldap_filter_escape(a, mail), *filter;
	struct result r;

	filter = mail == NULL ? or_filter(a, o) : escaped == NULL ? NULL : arena_printf(a, "(&(mail=%s)(mhsORAddresses=*))", escaped);
	if (filter == NULL)
		return ADDR_NO_RULE;
	if (search(d, a, base, LDAP_SCOPE_SUBTREE, filter, deadline, &r, e) != 0)
		return ADDR_NO_ANSWER;
	if (r.code != LDAP_SUCCESS && r.code != LDAP_SIZELIMIT_EXCEEDED) {
		(void)ldap_failed(e, r.code, base);
		return ADDR_NO_ANSWER;
	}
	if (r.count > 1 || r.code == LDAP_SIZELIMIT_EXCEEDED) {
		(void)ERR(e, ERR_DIR_ENTRY, "%s and another entry have the same address", r.entries[0].dn);
		return ADDR_NO_ANSWER;
	}
	if (r.count == 0)
		return ADDR_NO_RULE;
	if (ldap_user_of_entry(a, &r.entries[0], out, e) != 0)
		return ADDR_NO_ANSWER;
	if (mail == NULL && !ldap_entry_has_or(a, &r.entries[0], o))
		return ADDR_NO_RULE;
	return ADDR_FOUND;
}
