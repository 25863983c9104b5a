/*
 * mixer/trace.c - Received and X400-Received <-> trace-information, RFC 2156 5.1.6, 5.1.7, 5.3.7 (T rows) and the loop
 * checks (G-043, G-044).
 *
 * X.400 finds loops by its trace, SMTP by counting Received, so neither side may lose the other's.  Order of fields, never
 * time stamps, is the order of events (T-116, T-214).
 */
#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

#define UB_MTA_NAME  32
#define UB_TRANSFERS 512

#define ROW_IN(id, section, field, element, codec, multiplicity, bound, failure)                                       \
	{                                                                                                                  \
		id, section, RULE_TO_X400, field, element, codec, multiplicity, bound, failure                                 \
	}
#define ROW_OUT(id, section, element, field, failure)                                                                  \
	{                                                                                                                  \
		id, section, RULE_TO_822, field, element, "trace", "list", "-", failure                                        \
	}

/* ---- the text of one element ---- */

/* T-203..T-210 in the order of the grammar. */
static void text_place(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	buf_puts(b, "by ");
	if (t->mta_name != NULL && rule_id_active("T-204"))
		buf_printf(b, "mta %s in ", forms_word(a, t->mta_name));
	buf_printf(b, "%s; ", mx_domain_text(a, &t->domain));
}

static void text_deferred(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	if (t->deferred_time.set)
		buf_printf(b, "deferred until %s; ", forms_date(a, &t->deferred_time));
}

static void text_converted(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	if (t->converted.set)
		buf_printf(b, "converted (%s); ", forms_eits(a, &t->converted));
}

static void text_attempted(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	if (t->attempted_mta != NULL)
		buf_printf(b, "attempted MTA %s; ", forms_word(a, t->attempted_mta));
	else if (t->attempted_domain.country.printable != NULL)
		buf_printf(b, "attempted MD %s; ", mx_domain_text(a, &t->attempted_domain));
}

static void text_routing_action(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	(void)a;
	buf_puts(b, t->routing_action == 1 ? "Rerouted" : "Relayed");
}

static void text_other_actions(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	(void)a;
	if (t->dl_operation)
		buf_puts(b, ", Expanded");
	if (t->redirected)
		buf_puts(b, ", Redirected");
}

static void text_arrival(struct arena *a, const struct mx_trace *t, struct buf *b)
{
	buf_printf(b, "; %s", forms_date(a, &t->arrival_time));
}

struct trace_text_row {
	struct rule rule;
	void (*put)(struct arena *a, const struct mx_trace *t, struct buf *b);
};
static const struct trace_text_row text_rows[] = {
	{ROW_OUT("T-203", "2156 5.3.7", "global-domain-identifier, mta-name", "X400-Received by", "-"), text_place},
	{ROW_OUT("T-209", "2156 5.3.7", "deferred-time", "X400-Received deferred until", "-"), text_deferred},
	{ROW_OUT("T-210", "2156 5.3.7", "converted-encoded-information-types", "X400-Received converted", "-"),
	 text_converted},
	{ROW_OUT("T-208", "2156 5.3.7", "attempted-domain, attempted", "X400-Received attempted", "-"), text_attempted},
	{ROW_OUT("T-206", "2156 5.3.7", "routing-action", "X400-Received action", "-"), text_routing_action},
	{ROW_OUT("T-207", "2156 5.3.7", "other-actions", "X400-Received action", "-"), text_other_actions},
	{ROW_OUT("T-205", "2156 5.3.7", "arrival-time", "X400-Received date", "-"), text_arrival},
};
const struct rule_table trace_text_rules = RULE_TABLE("trace", text_rows);

char *trace_text(struct arena *a, const struct mx_trace *t)
{
	struct buf *b = buf_in(a, 65536);

	for (size_t i = 0; i < ARRAY_LEN(text_rows); i++)
		if (rule_active(&text_rows[i].rule))
			text_rows[i].put(a, t, b);
	return arena_strdup(a, buf_str(b));
}

/* ---- to X.400 ---- */

struct trace_in {
	struct arena *a;
	const struct mixer_context *c;
	const struct mime_entity *mail;
	struct mx_message *m;
	struct when last; /* time of the element before */
	bool x400_seen;   /* the message has been in X.400 (T-101) */
};

/* Reports and notifications carry the trace between domains only: they never meet a second MTA of ours (T-106). */
static bool wants_internal(const struct trace_in *t)
{
	return t->m->kind == MX_MESSAGE && t->m->content != MX_CONTENT_IPN;
}

/* The domain part of the SMTP originator, back from the O/R address it became; the gateway for the null sender. */
static const char *originator_host(const struct trace_in *t)
{
	char *text;
	enum addr_how how;
	struct err err = {0};
	const char *at;

	if (addr_to_822(t->a, t->c->tables, &t->m->envelope.originator.address, ADDR_ORIGINATOR, &text, &how, NULL, &err) !=
			0 ||
		(at = strrchr(text, '@')) == NULL)
		return t->c->settings->host_name;
	return at + 1;
}

const char *trace_mta_name(struct arena *a, const char *host)
{
	return arena_strndup(a, host, strnlen(host, UB_MTA_NAME));
}

static bool last_domain_is(const struct trace_in *t, const struct mx_global_domain *d)
{
	size_t n = t->m->envelope.trace.count;

	return n > 0 && mx_domain_equal(&t->m->envelope.trace.items[n - 1].domain, d);
}

static void add_external(struct trace_in *t, const struct mx_trace *element)
{
	struct mx_trace *to = ARENA_PUSH(t->a, &t->m->envelope.trace);

	*to = *element;
	to->mta_name = to->attempted_mta = NULL;
}

static void add_internal(struct trace_in *t, const struct mx_trace *element)
{
	if (wants_internal(t))
		*ARENA_PUSH(t->a, &t->m->envelope.internal_trace) = *element;
}

/* T-101, T-103; T-102: the most recent Resent-Date counts; G-051: an unreadable one is now. */
static struct when submission_date(const struct trace_in *t)
{
	const char *date = rule_id_active("T-102") ? mime_get(t->mail, "Resent-Date") : NULL;
	struct when at = {0};

	if (date == NULL)
		date = mime_get(t->mail, "Date");
	return date != NULL && mime_parse_date(date, &at) == 0 ? at : t->c->now;
}

static void from_date(struct trace_in *t)
{
	struct mx_trace element = {.arrival_time = submission_date(t)};

	t->last = element.arrival_time;
	if (t->x400_seen)
		return;
	if (t->m->kind == MX_REPORT)
		element.domain = t->c->settings->domain;
	else
		forms_domain_of(&t->m->envelope.originator.address, &element.domain);
	if (rule_id_active("T-101"))
		add_external(t, &element);
	element.mta_name = trace_mta_name(t->a, originator_host(t));
	if (rule_id_active("T-103"))
		add_internal(t, &element);
}

/* The word after "by" of a Received field, NULL when there is none. */
static const char *by_host(struct arena *a, const char *received)
{
	char *clauses = mime_strip_comments(a, received), *semicolon = strchr(clauses, ';');
	const char *rest = clauses, *word;

	if (semicolon != NULL)
		*semicolon = '\0';
	while ((word = forms_next_item(a, &rest, ' ')) != NULL)
		if (str_ieq(word, "by"))
			return forms_next_item(a, &rest, ' ');
	return NULL;
}

/* T-105: the domain that a mapping rule gives to a host. */
bool trace_host_domain(struct arena *a, const struct mixer_context *c, const char *host, struct mx_global_domain *out)
{
	struct or_address o = {0};
	enum addr_how how;
	struct err err = {0};

	if (addr_to_x400(a, c->tables, arena_printf(a, "postmaster@%s", host), mixer_header_use(c), &o, &how, NULL, &err) != 0 ||
		how != ADDR_MAPPED)
		return false;
	forms_domain_of(&o, out);
	return true;
}

/* T-104, T-105, T-107, T-108. */
static void from_received(struct trace_in *t, const char *value)
{
	const char *host = by_host(t->a, value), *date = strrchr(value, ';');
	struct mx_trace element = {.domain = t->c->settings->domain};

	if (date == NULL || mime_parse_date(date + 1, &element.arrival_time) != 0)
		element.arrival_time = t->last;
	if (host != NULL && rule_id_active("T-105"))
		(void)trace_host_domain(t->a, t->c, host, &element.domain);
	if (!last_domain_is(t, &element.domain))
		add_external(t, &element);
	if (host == NULL || !str_is_printable_ascii(host) || *host == '\0')
		host = "unknown";
	element.mta_name = trace_mta_name(t->a, host);
	add_internal(t, &element);
	t->last = element.arrival_time;
}

/* One word of the action list; 0, or -1. */
static int read_action(const char *word, struct mx_trace *out)
{
	if (str_ieq(word, "Relayed"))
		out->routing_action = 0;
	else if (str_ieq(word, "Rerouted"))
		out->routing_action = 1;
	else if (str_ieq(word, "Redirected"))
		out->redirected = true;
	else if (str_ieq(word, "Expanded"))
		out->dl_operation = true;
	else
		return -1;
	return 0;
}

static int read_actions(struct arena *a, const char *item, struct mx_trace *out)
{
	const char *rest = item;
	char *word;

	while ((word = forms_next_item(a, &rest, ',')) != NULL)
		TRY(read_action(word, out));
	return 0;
}

/* "by [mta M in] G". */
static int read_place(struct arena *a, const char *item, struct mx_trace *out)
{
	if (item == NULL || !str_istarts(item, "by "))
		return -1;
	for (item += 3; *item == ' '; item++)
		;
	if (str_istarts(item, "mta ")) {
		const char *rest = item + 4;
		char *name;
		while ((name = forms_next_item(a, &rest, ' ')) != NULL && *name == '\0')
			;
		if (name == NULL || rest == NULL || !str_istarts(rest, "in "))
			return -1;
		out->mta_name = trace_mta_name(a, forms_unword(a, name));
		item = rest + 3;
	}
	return forms_parse_domain(a, item, &out->domain);
}

/* A clause between place and date. */
static int read_clause(struct arena *a, char *item, struct mx_trace *out)
{
	if (str_istarts(item, "deferred until "))
		return mime_parse_date(item + 15, &out->deferred_time);
	if (str_istarts(item, "attempted MD "))
		return forms_parse_domain(a, item + 13, &out->attempted_domain);
	if (str_istarts(item, "attempted MTA ")) {
		out->attempted_mta = trace_mta_name(a, forms_unword(a, item + 14));
		return 0;
	}
	if (!str_istarts(item, "converted"))
		return read_actions(a, item, out);
	char *open = strchr(item, '('), *close = strrchr(item, ')');
	if (open == NULL || close == NULL || close < open)
		return -1;
	*close = '\0';
	out->converted.set = true;
	forms_parse_eits(a, open + 1, &out->converted);
	return 0;
}

int trace_parse(struct arena *a, const char *value, struct mx_trace *out)
{
	const char *rest = value;
	char *item = forms_next_item(a, &rest, ';'), *next;

	*out = (struct mx_trace){0};
	TRY(read_place(a, item, out));
	while ((item = forms_next_item(a, &rest, ';')) != NULL) {
		next = item;
		if (rest == NULL || *rest == '\0')
			return mime_parse_date(next, &out->arrival_time);
		TRY(read_clause(a, item, out));
	}
	return -1;
}

/* T-112, T-113: what cannot be read still counts for loops and is kept as text by its field row. */
static void from_x400_received(struct trace_in *t, const char *value)
{
	struct mx_trace element;

	if (trace_parse(t->a, value, &element) != 0)
		return;
	t->last = element.arrival_time;
	if (element.mta_name == NULL || !last_domain_is(t, &element.domain))
		add_external(t, &element);
	if (element.mta_name != NULL)
		add_internal(t, &element);
}

/* T-110: the gateway's own element, in both kinds. */
static void from_gateway(struct trace_in *t)
{
	struct mx_trace element = {.domain = t->c->settings->domain, .arrival_time = t->c->now};
	struct mx_oid mixer = mx_oid_parse(t->a, FORMS_EIT_MIXER);

	forms_merge_eits(t->a, &element.converted, &t->m->envelope.original_eits);
	forms_add_eit(t->a, &element.converted, &mixer);
	add_external(t, &element);
	element.mta_name = trace_mta_name(t->a, t->c->settings->mta_name);
	add_internal(t, &element);
}

static enum field_fate take_date(struct field_walk *w, const char *value)
{
	struct when at = {0};

	/* G-050: an unreadable date is kept; inside a message there is no trace to hold it */
	return w->m == NULL || mime_parse_date(value, &at) != 0 ? FIELD_KEEP : FIELD_DONE;
}

static enum field_fate take_received(struct field_walk *w, const char *value)
{
	(void)value;
	return w->m == NULL ? FIELD_KEEP : FIELD_DONE;
}

static enum field_fate take_x400_received(struct field_walk *w, const char *value)
{
	struct mx_trace element;

	return w->m == NULL || trace_parse(w->a, value, &element) != 0 ? FIELD_KEEP : FIELD_DONE;
}

static enum field_fate keep_text(struct field_walk *w, const char *value)
{
	(void)w, (void)value;
	return FIELD_KEEP;
}

static const struct field_row field_rows[] = {
	{ROW_IN("H-101", "2156 5.1.3", "Date", "trace-information", "utctime", "first", "-", "now, list"), take_date},
	{ROW_IN("H-102", "2156 5.1.3", "Received", "internal-trace-information", "trace", "list", "512",
			"time of the one before"),
	 take_received},
	{ROW_IN("T-112", "2156 5.1.7", "X400-Received", "trace-information, internal-trace-information", "trace", "list",
			"512", "list"),
	 take_x400_received},
	{ROW_IN("T-114", "4021", "X400-Trace", "rfc-822-field", "field", "list", "-", "-"), keep_text},
};
const struct rule_table trace_field_rules = RULE_TABLE("trace", field_rows);

static const struct rule in_rows[] = {
	ROW_IN("T-101", "2156 5.1.6", "Date", "trace-information[0]", "trace", "single", "-", "now"),
	ROW_IN("T-102", "2156 5.1.6", "Resent-Date", "trace-information[0]", "utctime", "first", "-", "now"),
	ROW_IN("T-103", "2156 5.1.6", "Date", "internal-trace-information[0]", "trace", "single", "32", "now"),
	ROW_IN("T-105", "2156 5.1.6", "Received by", "global-domain-identifier", "domain", "list", "-", "local domain"),
	ROW_IN("T-107", "2156 5.1.6", "Received", "internal-trace-information", "trace", "list", "32", "T-108"),
	ROW_IN("T-110", "2156 5.1.6", "-", "trace-information, internal-trace-information", "trace", "single", "32", "-"),
	ROW_IN("G-043", "2156 5.1.5", "X400-Received, Received", "-", "loop", "list", "5", "reject 5.4.6"),
};
const struct rule_table trace_to_x400_rules = {"trace", in_rows, sizeof in_rows[0], ARRAY_LEN(in_rows)};

/* G-043: passages of this direction are trace elements with eit-mixer; without any, Received lines tell of the other. */
static unsigned count_passages(const struct mx_envelope *env)
{
	unsigned external = 0, internal = 0;

	for (size_t i = 0; i < env->trace.count; i++)
		external += forms_has_eit(&env->trace.items[i].converted, FORMS_EIT_MIXER);
	for (size_t i = 0; i < env->internal_trace.count; i++)
		internal += forms_has_eit(&env->internal_trace.items[i].converted, FORMS_EIT_MIXER);
	return MAX_OF(external, internal);
}

static unsigned limit(unsigned configured, unsigned fallback)
{
	return configured > 0 ? configured : fallback;
}

static int check_loops_to_x400(const struct trace_in *t, unsigned fields, unsigned conversions, struct err *e)
{
	unsigned passages = count_passages(&t->m->envelope);

	if (fields > limit(t->c->settings->max_received, 50) || fields + 1 > UB_TRANSFERS)
		return ERR(e, ERR_MIXER_HOPS, "%u Received and X400-Received fields", fields);
	if (passages == 0)
		passages = conversions;
	if (rule_id_active("G-043") && passages > limit(t->c->settings->max_passages, 5))
		return ERR(e, ERR_MIXER_LOOP, "%u earlier passages", passages);
	return 0;
}

int trace_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail, struct mx_message *m,
				  struct err *e)
{
	struct trace_in t = {.a = a, .c = c, .mail = mail, .m = m};
	unsigned fields = 0, conversions = 0;

	t.x400_seen = mime_get(mail, "X400-Received") != NULL && rule_id_active("T-112");
	from_date(&t);
	for (size_t i = mail->fields.count; i > 0; i--) { /* T-104, T-115: bottom to top */
		const struct mime_field *f = &mail->fields.items[i - 1];
		if (str_ieq(f->name, "Received")) {
			fields++;
			conversions += strstr(f->value, "(MIXER Conversion") != NULL;
			if (rule_id_active("T-107"))
				from_received(&t, f->value);
		} else if (str_ieq(f->name, "X400-Received")) {
			fields++;
			if (rule_id_active("T-112"))
				from_x400_received(&t, f->value);
		}
	}
	TRY(check_loops_to_x400(&t, fields, conversions, e));
	if (rule_id_active("T-110"))
		from_gateway(&t);
	return 0;
}

/* ---- to RFC 822 ---- */

static bool same_but_mta(const struct mx_trace *x, const struct mx_trace *y)
{
	return mx_domain_equal(&x->domain, &y->domain) && x->arrival_time.seconds == y->arrival_time.seconds &&
		   x->routing_action == y->routing_action && x->redirected == y->redirected &&
		   x->dl_operation == y->dl_operation;
}

static bool domain_follows(const struct mx_envelope *env, size_t from, const struct mx_global_domain *d)
{
	for (size_t i = from; i < env->trace.count; i++)
		if (mx_domain_equal(&env->trace.items[i].domain, d))
			return true;
	return false;
}

struct trace_list {
	const struct mx_trace **items;
	size_t count, capacity;
};

/* T-201: internal elements follow the external one of their domain; of two equal ones the internal stays. */
static void merge_traces(struct arena *a, const struct mx_envelope *env, struct trace_list *out)
{
	size_t k = 0;

	for (size_t i = 0; i < env->trace.count; i++) {
		const struct mx_trace *external = &env->trace.items[i];
		size_t end;
		for (; k < env->internal_trace.count && !domain_follows(env, i, &env->internal_trace.items[k].domain); k++)
			*ARENA_PUSH(a, out) = &env->internal_trace.items[k];
		bool shown = false;
		for (end = k; end < env->internal_trace.count &&
					  mx_domain_equal(&env->internal_trace.items[end].domain, &external->domain);
			 end++) {
			/* our own first element and our last one may stand in one run: those of a later external element wait */
			if (i + 1 < env->trace.count && same_but_mta(&env->internal_trace.items[end], &env->trace.items[i + 1]))
				break;
			shown = shown || same_but_mta(&env->internal_trace.items[end], external);
		}
		if (!shown)
			*ARENA_PUSH(a, out) = external;
		for (; k < end; k++)
			*ARENA_PUSH(a, out) = &env->internal_trace.items[k];
	}
	for (; k < env->internal_trace.count; k++)
		*ARENA_PUSH(a, out) = &env->internal_trace.items[k];
}

static const struct rule out_rows[] = {
	ROW_OUT("T-211", "2156 5.3.7", "-", "Received", "-"),
	ROW_OUT("T-201", "2156 5.3.7", "trace-information, internal-trace-information", "X400-Received", "-"),
	ROW_OUT("T-202", "2156 5.3.7", "trace-information, internal-trace-information", "X400-Received", "-"),
	ROW_OUT("T-204", "2156 5.3.7", "mta-name", "X400-Received by mta", "-"),
	ROW_OUT("G-044", "modern", "trace-information", "-", "non-delivery 1/3"),
};
const struct rule_table trace_to_822_rules = {"trace", out_rows, sizeof out_rows[0], ARRAY_LEN(out_rows)};

static int check_loops_to_822(const struct mixer_context *c, const struct mx_envelope *env, size_t elements,
							  struct err *e)
{
	unsigned passages = count_passages(env);

	if (elements > limit(c->settings->max_received, 50))
		return ERR(e, ERR_MIXER_HOPS, "%zu trace elements", elements);
	if (rule_id_active("G-044") && passages > limit(c->settings->max_passages, 5))
		return ERR(e, ERR_MIXER_LOOP, "%u earlier passages", passages);
	return 0;
}

int trace_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mime_entity *mail,
				 struct err *e)
{
	struct trace_list list = {0};

	if (rule_id_active("T-201"))
		merge_traces(a, &m->envelope, &list);
	else
		for (size_t i = 0; i < m->envelope.trace.count; i++)
			*ARENA_PUSH(a, &list) = &m->envelope.trace.items[i];
	TRY(check_loops_to_822(c, &m->envelope, list.count, e));
	/* T-212: our line is the newest */
	if (rule_id_active("T-211"))
		mime_add_field_printf(a, mail, "Received",
							  "from %s by %s via X400 (MIXER Conversion following RFC 2156) id %s; %s",
							  c->settings->mta_name, c->settings->host_name, c->id.received_id, forms_date(a, &c->now));
	for (size_t i = list.count; rule_id_active("T-202") && i > 0; i--)
		mime_add_field(a, mail, "X400-Received", trace_text(a, list.items[i - 1]));
	return 0;
}
