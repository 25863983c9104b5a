/*
 * dir.c - see dir.h: the list of sources, what is remembered, and the deadline of a message.
 *
 * A look-up runs without the lock, in an arena of its own; the lock is only for the memory of results.
 */
#include "dir/dir.h"

#include <pthread.h>
#include <string.h>

#include "addr/levels.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dir/directory.h"
#include "dir/dns.h"
#include "dir/rule.h"
#include "dir/users.h"

#define MEMO_SLOTS 1024
#define MEMO_OCTETS ((size_t)4 * 1024 * 1024) /* all that is remembered; then it is forgotten */
#define MEMO_MS 3000                          /* so long without dir_begin, as in the milter */

enum kind { KIND_DNS, KIND_LDAP, KIND_USER_822, KIND_USER_X400 };

/* A result with its key; a later one may take its slot. */
struct memo {
	const char *key;
	int64_t until;
	enum addr_answer answer;
	struct err err;
	struct dir_rule rule;
	struct addr_user user;
};

struct dir {
	const struct config *config;
	struct dns *dns;             /* NULL: not a source */
	struct directory *directory; /* NULL: neither source nor users */
	struct users *users;         /* NULL: none */
	struct addr_users callbacks;
	struct {
		struct or_address *items;
		size_t count, capacity;
	} validated_or; /* those of mapping.users.validated that are O/R addresses */
	pthread_mutex_t lock; /* of what follows */
	struct arena *memory;
	struct memo **memo; /* NULL: free slot */
	bool begun;     /* there is a message at hand */
	int64_t budget; /* milliseconds that its look-ups may still take */
	size_t unanswered;
	struct err first;
};

/* ---- what is remembered ---- */

static void forget(struct dir *d)
{
	arena_free(d->memory);
	d->memory = arena_new(0);
	d->memo = arena_array(d->memory, MEMO_SLOTS, sizeof *d->memo);
}

static struct memo **slot_of(struct dir *d, const char *key)
{
	uint32_t h = 2166136261u;

	for (const char *c = key; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	return &d->memo[h % MEMO_SLOTS];
}

static struct addr_node *copy_node(struct arena *a, const struct addr_node *n)
{
	struct addr_node *out = arena_memdup(a, n, sizeof *n);

	for (int i = 0; i < ADDR_LEVELS; i++)
		out->level[i] = n->level[i] == NULL ? NULL : arena_strdup(a, n->level[i]);
	if (n->other != NULL) {
		out->other = NEW(a, struct or_address);
		or_copy(a, out->other, n->other);
	}
	return out;
}

static void copy_rule(struct arena *a, struct dir_rule *to, const struct dir_rule *from)
{
	*to = *from;
	to->hit.value = arena_strdup(a, from->hit.value);
	to->hit.where = arena_strdup(a, from->hit.where);
	to->hit.node = from->hit.node == NULL ? NULL : copy_node(a, from->hit.node);
}

static void copy_user(struct arena *a, struct addr_user *to, const struct addr_user *from)
{
	const char **words;
	size_t n = 0;

	*to = (struct addr_user){.rfc822 = arena_strdup(a, from->rfc822), .where = arena_strdup(a, from->where), .size_max = from->size_max};
	or_copy(a, &to->x400, &from->x400);
	while (from->body_types != NULL && from->body_types[n] != NULL)
		n++;
	if (from->body_types == NULL)
		return;
	words = arena_array(a, n + 1, sizeof *words);
	for (size_t i = 0; i < n; i++)
		words[i] = arena_strdup(a, from->body_types[i]);
	to->body_types = words;
}

/* What a look-up gives: one of rule and user is set when it has been found. */
struct finding {
	enum addr_answer answer;
	struct dir_rule rule;
	struct addr_user user;
	struct err err;
};

static void copy_finding(struct arena *a, enum kind kind, struct finding *to, const struct finding *from)
{
	*to = (struct finding){.answer = from->answer, .err = from->err};
	if (from->answer != ADDR_FOUND)
		return;
	if (kind == KIND_DNS || kind == KIND_LDAP)
		copy_rule(a, &to->rule, &from->rule);
	else
		copy_user(a, &to->user, &from->user);
}

static bool recall(struct dir *d, struct arena *a, enum kind kind, const char *key, struct finding *out)
{
	struct memo *m;
	bool known;

	pthread_mutex_lock(&d->lock);
	m = *slot_of(d, key);
	known = m != NULL && str_eq(m->key, key) && (d->begun || clock_monotonic_ms() < m->until);
	if (known) {
		const struct finding f = {m->answer, m->rule, m->user, m->err};

		copy_finding(a, kind, out, &f);
	}
	pthread_mutex_unlock(&d->lock);
	return known;
}

static void remember(struct dir *d, enum kind kind, const char *key, const struct finding *f)
{
	struct finding copy;
	struct memo *m;

	pthread_mutex_lock(&d->lock);
	if (arena_used(d->memory) > MEMO_OCTETS)
		forget(d);
	copy_finding(d->memory, kind, &copy, f);
	m = NEW(d->memory, struct memo);
	*slot_of(d, key) = m;
	*m = (struct memo){arena_strdup(d->memory, key), clock_monotonic_ms() + MEMO_MS, copy.answer, copy.err, copy.rule, copy.user};
	pthread_mutex_unlock(&d->lock);
}

/* ---- one look-up ---- */

struct lookup {
	enum kind kind;
	const char *key;
	const struct addr_query *query; /* rules */
	const char *mail;               /* users */
	const struct or_address *x400;
};

/* Milliseconds for one look-up; not over 0: the message has none left. */
static int64_t time_for(struct dir *d, enum kind kind)
{
	int64_t own = 1000LL * (kind == KIND_DNS ? d->config->mapping.dns.timeout : d->config->mapping.ldap.timeout);

	pthread_mutex_lock(&d->lock);
	if (d->begun)
		own = MIN_OF(own, d->budget);
	pthread_mutex_unlock(&d->lock);
	return own;
}

static void spend(struct dir *d, int64_t ms)
{
	pthread_mutex_lock(&d->lock);
	d->budget -= ms;
	pthread_mutex_unlock(&d->lock);
}

static void run(struct dir *d, struct arena *a, const struct lookup *l, struct finding *out)
{
	int64_t start = clock_monotonic_ms(), time = time_for(d, l->kind), deadline = start + time;

	if (time <= 0) {
		(void)ERR(&out->err, ERR_DIR_DEADLINE, "mapping.deadline is %d s", d->config->mapping.deadline);
		out->answer = ADDR_NO_ANSWER;
	} else if (l->kind == KIND_DNS) {
		out->answer = dns_find(d->dns, a, l->query, deadline, &out->rule, &out->err);
	} else if (l->kind == KIND_LDAP) {
		out->answer = directory_find(d->directory, a, l->query, deadline, &out->rule, &out->err);
	} else {
		out->answer = directory_user(d->directory, a, l->mail, l->x400, deadline, &out->user, &out->err);
	}
	spend(d, clock_monotonic_ms() - start);
}

static void count(struct dir *d, const struct finding *f)
{
	if (f->answer != ADDR_NO_ANSWER)
		return;
	pthread_mutex_lock(&d->lock);
	if (d->unanswered++ == 0)
		d->first = f->err;
	pthread_mutex_unlock(&d->lock);
}

static void look_up(struct dir *d, struct arena *a, const struct lookup *l, struct finding *out)
{
	struct arena *scratch;
	struct finding f = {0};

	if (recall(d, a, l->kind, l->key, out)) {
		count(d, out);
		return;
	}
	scratch = arena_new(0);
	run(d, scratch, l, &f);
	if (f.answer == ADDR_NO_ANSWER)
		log_err(LOG_LEVEL_WARN, "no-mapping-answer", &f.err, "asked", l->key + 1, NULL);
	remember(d, l->kind, l->key, &f);
	count(d, &f);
	copy_finding(a, l->kind, out, &f);
	arena_free(scratch);
}

static bool is_gateway_query(const struct addr_query *q)
{
	return q->table == ADDR_GATE1 || q->table == ADDR_GATE2;
}

static enum addr_answer find_rule(struct dir *d, enum kind kind, struct arena *a, const struct addr_query *q, struct addr_hit *hit,
                                  struct err *e)
{
	struct lookup l = {.kind = kind, .query = q};
	struct finding f;

	if (q->table == ADDR_ROUTES)
		return ADDR_NO_RULE;
	l.key = arena_printf(a, "%c%s", kind == KIND_DNS ? 'd' : 'l', q->domain != NULL ? q->domain : addr_node_text(a, q->node));
	look_up(d, a, &l, &f);
	if (f.answer == ADDR_NO_ANSWER && e != NULL)
		*e = f.err;
	if (f.answer != ADDR_FOUND)
		return f.answer;
	/* U10: the longest rule of either kind counts. */
	if (f.rule.gateway != is_gateway_query(q))
		return ADDR_NO_RULE;
	*hit = f.rule.hit;
	return ADDR_FOUND;
}

static enum addr_answer find_in_dns(void *context, struct arena *a, const struct addr_query *q, struct addr_hit *hit, struct err *e)
{
	return find_rule(context, KIND_DNS, a, q, hit, e);
}

static enum addr_answer find_in_ldap(void *context, struct arena *a, const struct addr_query *q, struct addr_hit *hit, struct err *e)
{
	return find_rule(context, KIND_LDAP, a, q, hit, e);
}

/* ---- users ---- */

static enum addr_answer find_user(struct dir *d, struct arena *a, const char *mail, const struct or_address *o, struct addr_user *out,
                                  struct err *e)
{
	struct lookup l = {.kind = mail != NULL ? KIND_USER_822 : KIND_USER_X400, .mail = mail, .x400 = o};
	struct finding f = {.answer = ADDR_NO_RULE};

	if (d->users != NULL) {
		f.answer = mail != NULL ? users_by_822(d->users, a, mail, out) : users_by_x400(d->users, a, o, out);
		if (f.answer == ADDR_FOUND)
			return f.answer;
	}
	if (*d->config->mapping.users.ldap_base == '\0')
		return ADDR_NO_RULE;
	l.key = arena_printf(a, "%c%s", mail != NULL ? 'u' : 'o', mail != NULL ? mail : addr_print_or(a, o));
	look_up(d, a, &l, &f);
	if (f.answer == ADDR_NO_ANSWER && e != NULL)
		*e = f.err;
	*out = f.user;
	return f.answer;
}

/* ".x.example": all below x.example; "x.example": that domain alone. */
static bool in_validated_domain(const struct dir *d, const char *mail)
{
	const struct config_strings *list = &d->config->mapping.users.validated;
	const char *domain = strrchr(mail, '@');
	size_t n = domain == NULL ? 0 : strlen(domain + 1);

	for (size_t i = 0; domain != NULL && i < list->count; i++) {
		const char *v = list->items[i];
		size_t k = strlen(v);

		if (str_ieq(v, domain + 1) || (*v == '.' && n > k && str_ieq(domain + 1 + n - k, v)))
			return true;
	}
	return false;
}

/* Has o all the attributes of one of the listed addresses? */
static bool in_validated_or(const struct dir *d, const struct or_address *o)
{
	for (size_t i = 0; i < d->validated_or.count; i++) {
		const struct or_address *v = &d->validated_or.items[i];
		bool all = true;

		for (int k = 0; k < OR_ATTRIBUTE_COUNT; k++)
			all = all && (!or_has(v, (enum or_attribute)k) || or_value_equal(&v->v[k], &o->v[k]));
		if (all)
			return true;
	}
	return false;
}

static enum addr_answer by_822(void *context, struct arena *a, const char *addr_spec, struct addr_user *out, bool *unknown, struct err *e)
{
	enum addr_answer answer = find_user(context, a, addr_spec, NULL, out, e);

	*unknown = answer == ADDR_NO_RULE && in_validated_domain(context, addr_spec);
	return answer;
}

static enum addr_answer by_x400(void *context, struct arena *a, const struct or_address *o, struct addr_user *out, bool *unknown,
                                struct err *e)
{
	enum addr_answer answer = find_user(context, a, NULL, o, out, e);

	*unknown = answer == ADDR_NO_RULE && in_validated_or(context, o);
	return answer;
}

enum addr_answer dir_user(struct dir *d, struct arena *a, const char *addr_spec, struct addr_user *out, struct err *e)
{
	if (d->callbacks.by_822 == NULL)
		return ADDR_NO_RULE;
	return find_user(d, a, addr_spec, NULL, out, e);
}

/* ---- opening ---- */

static void end(void *p)
{
	struct dir *d = p;

	arena_free(d->memory);
	pthread_mutex_destroy(&d->lock);
}

static int open_sources(struct arena *a, struct dir *d, struct addr_tables *t, struct err *e)
{
	const struct config_strings *list = &d->config->mapping.sources;
	struct addr_source *items = arena_array(a, list->count, sizeof *items);

	for (size_t i = 0; i < list->count; i++) {
		items[i] = (struct addr_source){.name = list->items[i], .context = d};
		if (str_eq(list->items[i], "dns")) {
			items[i].find = find_in_dns;
			TRY(dns_open(a, d->config, &d->dns, e));
		} else if (str_eq(list->items[i], "ldap")) {
			items[i].find = find_in_ldap;
			TRY(directory_open(a, d->config, &d->directory, e));
			if (d->config->mapping.ldap.bases.count == 0)
				return ERR(e, ERR_CONFIG, "mapping.ldap.bases is empty, but mapping.sources has ldap");
		} else if (!str_eq(list->items[i], "text")) {
			return ERR(e, ERR_CONFIG, "mapping.sources: \"%s\" is none of text, dns, ldap", list->items[i]);
		}
		for (size_t k = 0; k < i; k++)
			if (str_eq(list->items[k], list->items[i]))
				return ERR(e, ERR_CONFIG, "mapping.sources: \"%s\" stands there twice", list->items[i]);
	}
	addr_tables_set_sources(t, (struct addr_sources){items, list->count});
	return 0;
}

int dir_build_users(const struct config *c, int *fd, struct err *e)
{
	*fd = -1;
	if (c->mapping.users.files.count == 0)
		return 0;
	return users_build(c->mapping.users.files.items, c->mapping.users.files.count, fd, e);
}

static int open_users(struct arena *a, struct dir *d, struct addr_tables *t, int users, struct err *e)
{
	const struct config *c = d->config;
	bool listed = c->mapping.users.files.count > 0, ldap = *c->mapping.users.ldap_base != '\0';

	for (size_t i = 0; i < c->mapping.users.validated.count; i++)
		if (c->mapping.users.validated.items[i][0] == '/')
			TRY(addr_parse_or(a, c->mapping.users.validated.items[i], ARENA_PUSH(a, &d->validated_or), e));
	if (!listed && !ldap && c->mapping.users.validated.count > 0)
		return ERR(e, ERR_CONFIG, "mapping.users.validated without mapping.users.files or mapping.users.ldap_base: nobody would exist");
	if (listed && users >= 0)
		TRY(users_map(a, users, &d->users, e));
	else if (listed)
		TRY(users_load(a, c->mapping.users.files.items, c->mapping.users.files.count, &d->users, e));
	if (ldap && d->directory == NULL)
		TRY(directory_open(a, c, &d->directory, e));
	d->callbacks = (struct addr_users){.context = d};
	if (!listed && !ldap)
		return 0;
	d->callbacks.by_822 = by_822;
	d->callbacks.by_x400 = by_x400;
	addr_tables_set_users(t, &d->callbacks);
	return 0;
}

int dir_open(struct arena *a, const struct config *c, struct addr_tables *t, int users, struct dir **out, struct err *e)
{
	struct dir *d = NEW(a, struct dir);

	d->config = c;
	pthread_mutex_init(&d->lock, NULL);
	forget(d);
	arena_cleanup(a, end, d);
	*out = d;
	TRY(open_sources(a, d, t, e));
	return open_users(a, d, t, users, e);
}

void dir_begin(struct dir *d)
{
	pthread_mutex_lock(&d->lock);
	/* Nothing was asked for by the message before: nothing to forget. */
	if (d->dns != NULL || d->directory != NULL)
		forget(d);
	d->begun = true;
	d->budget = 1000LL * d->config->mapping.deadline;
	pthread_mutex_unlock(&d->lock);
	dir_watch(d);
}

void dir_watch(struct dir *d)
{
	pthread_mutex_lock(&d->lock);
	d->unanswered = 0;
	err_clear(&d->first);
	pthread_mutex_unlock(&d->lock);
}

size_t dir_unanswered(const struct dir *d, struct err *e)
{
	if (d->unanswered > 0)
		*e = d->first;
	return d->unanswered;
}
