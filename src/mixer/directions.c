/*
 * mixer/directions.c - address vectors that speak of more than an address: how mixer's functions answer them, a row each
 * (addr/vectors.h).  Settings are those of RFC 2156 to the letter, which is what the vectors quote.
 *
 * An O/R descriptor is written "formal=/S=joe/.../;free=Joe;tel=..;reply=1", an IPM identifier "user=..;rel=..", "-" for
 * what is absent; several descriptors stand with " | " between.
 */
#include "mixer/directions.h"

#include <string.h>

#include "base/str.h"
#include "mixer/forms.h"
#include "mixer/parts.h"
#include "mixer/rows.h"
#include "smtp/envelope.h"

static const struct mixer_settings settings = {.mta_name = "mixgate", .host_name = "gw.example", .strict_mixer = true};

static struct mixer_context context_of(const struct addr_tables *t)
{
	return (struct mixer_context){.settings = &settings, .tables = t};
}

static const char *dash(const char *s)
{
	return s == NULL ? "-" : s;
}

/* The value of name in "name=value;name=value": up to the next of the names, because values hold ";" and "=" too. */
static const char *value_of(struct arena *a, const char *text, const char *name)
{
	static const char *const names[] = {";formal=", ";free=", ";tel=", ";reply=", ";user=", ";rel="};
	const char *s = str_istarts(text, name) ? text : NULL, *end = NULL;

	for (const char *p = text; s == NULL && (p = strchr(p, ';')) != NULL; p++)
		if (str_istarts(p + 1, name))
			s = p + 1;
	if (s == NULL)
		return NULL;
	s += strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *p = strstr(s, names[i]);

		if (p != NULL && (end == NULL || p < end))
			end = p;
	}
	s = end == NULL ? arena_strdup(a, s) : arena_strndup(a, s, (size_t)(end - s));
	return str_eq(s, "-") ? NULL : s;
}

/* ---- dates ---- */

static char *utctime(struct arena *a, const struct when *w)
{
	char text[20];

	if (!w->set)
		return arena_strdup(a, "-");
	clock_format_utctime(w, text);
	return arena_strdup(a, text);
}

static char *run_utctime_to_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct when w;

	(void)t;
	if (clock_parse_utctime(in, strlen(in), &w) == 0)
		return forms_date(a, &w);
	ERR(e, ERR_ADDR_CODING, "UTCTime %s", in);
	return NULL;
}

static char *run_822_to_utctime(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct when w = {0};

	(void)t;
	if (mime_parse_date(in, &w) == 0)
		return utctime(a, &w);
	ERR(e, ERR_ADDR_CODING, "date %s", in);
	return NULL;
}

/* ---- identifiers ---- */

static char *run_msgid_to_x400(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mx_ipm_id id;

	if (ipm_id_to_x400(a, &c, in, &id) == 0)
		return arena_printf(a, "user=%s;rel=%s", id.has_user ? or_text(a, &id.user.address) : "-", id.user_relative);
	ERR(e, ERR_ADDR_CODING, "identifier %s", in);
	return NULL;
}

static int read_ipm_id(struct arena *a, const char *in, struct mx_ipm_id *id, struct err *e)
{
	const char *user = value_of(a, in, "user="), *rel = value_of(a, in, "rel=");

	*id = (struct mx_ipm_id){.set = true, .has_user = user != NULL, .user_relative = rel == NULL ? "" : rel};
	return user == NULL ? 0 : addr_parse_or(a, user, &id->user.address, e);
}

static char *run_msgid_to_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mx_ipm_id id;

	return read_ipm_id(a, in, &id, e) == 0 ? ipm_id_to_822(a, &c, &id) : NULL;
}

static char *run_inreplyto_to_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mx_ipm_id id;

	return read_ipm_id(a, in, &id, e) == 0 ? ipm_reference_to_822(a, &c, &id) : NULL;
}

static int read_domain(struct arena *a, const char *in, struct mx_global_domain *out, struct err *e)
{
	return forms_parse_domain(a, in, out) == 0 ? 0 : ERR(e, ERR_OR_SYNTAX, "global domain %s", in);
}

static char *run_gdi(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct mx_global_domain d;

	(void)t;
	return read_domain(a, in, &d, e) == 0 ? mx_domain_text(a, &d) : NULL;
}

/* "GDI|local" */
static char *run_mts_id(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const char *bar = strrchr(in, '|');
	struct mx_mts_id id = {.local = bar == NULL ? "" : bar + 1};

	(void)t;
	if (bar == NULL) {
		ERR(e, ERR_OR_SYNTAX, "no \"|\"");
		return NULL;
	}
	return read_domain(a, arena_strndup(a, in, (size_t)(bar - in)), &id.domain, e) == 0 ? mx_mts_id_text(a, &id) : NULL;
}

static char *run_mtsid(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mx_mts_id id = {0};

	if (mts_id_of_msg_id(a, &c, in, &id, e) != 0)
		return NULL;
	return arena_printf(a, "%s|%s", mx_domain_text(a, &id.domain), id.local);
}

/* ---- trace ---- */

static char *run_mta_name(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t, (void)e;
	return arena_strdup(a, trace_mta_name(a, in));
}

static char *run_mta_word(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t, (void)e;
	return forms_word(a, in);
}

static char *run_host_domain(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mx_global_domain d;

	if (trace_host_domain(a, &c, in, &d))
		return mx_domain_text(a, &d);
	ERR(e, ERR_ADDR_SYNTAX, "no rule for %s", in);
	return NULL;
}

static const char *actions(struct arena *a, const struct mx_trace *t)
{
	return arena_printf(a, "%s%s%s", t->routing_action == 1 ? "Rerouted" : "Relayed", t->dl_operation ? ", Expanded" : "",
	                    t->redirected ? ", Redirected" : "");
}

static const char *attempted(struct arena *a, const struct mx_trace *t)
{
	if (t->attempted_mta != NULL)
		return arena_printf(a, "MTA %s", t->attempted_mta);
	return t->attempted_domain.country.printable == NULL ? "-" : arena_printf(a, "MD %s", mx_domain_text(a, &t->attempted_domain));
}

/* Names of encoded information types are shown in lower case without hyphens: X400-Received spells them in many ways. */
static const char *converted(struct arena *a, const struct mx_trace *t)
{
	char *s = t->converted.set ? forms_eits(a, &t->converted) : NULL, *to = s;

	for (char *p = s; p != NULL && *p != '\0'; p++)
		if (*p != '-')
			*to++ = str_lower(*p);
	if (s != NULL)
		*to = '\0';
	return dash(s);
}

static char *run_trace(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct mx_trace x;

	(void)t;
	if (trace_parse(a, in, &x) != 0) {
		ERR(e, ERR_ADDR_CODING, "trace %s", in);
		return NULL;
	}
	return arena_printf(a, "mta=%s;gdi=%s;deferred=%s;converted=%s;attempted=%s;actions=%s;arrival=%s", dash(x.mta_name),
	                    mx_domain_text(a, &x.domain), utctime(a, &x.deferred_time), converted(a, &x), attempted(a, &x), actions(a, &x),
	                    utctime(a, &x.arrival_time));
}

/* ---- addresses with more beside them ---- */

static char *run_orcpt(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	(void)t;
	if (addr_parse_or(a, in, &o, e) != 0)
		return NULL;
	return arena_printf(a, "x400;%s", smtp_xtext_encode(a, or_text(a, &o)));
}

static char *run_descriptor_to_x400(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	struct mixer_recipients list = {0};
	struct buf *b = buf_in(a, 65536);

	if (addresses_to_x400(a, &c, in, &list, e) != 0)
		return NULL;
	for (size_t i = 0; i < list.count; i++) {
		const struct mx_or_descriptor *d = &list.items[i].recipient;

		buf_printf(b, "%sformal=%s;free=%s", i > 0 ? " | " : "", d->has_formal_name ? or_text(a, &d->formal_name.address) : "-",
		           dash(d->free_form_name.utf8));
	}
	return arena_strdup(a, buf_str(b));
}

static char *run_descriptor_to_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	const struct mixer_context c = context_of(t);
	const char *formal = value_of(a, in, "formal=");
	struct mx_recipient_specifier r = {.reply_requested = value_of(a, in, "reply=") != NULL};

	r.recipient.free_form_name.utf8 = value_of(a, in, "free=");
	r.recipient.telephone = value_of(a, in, "tel=");
	r.recipient.has_formal_name = formal != NULL;
	if (formal != NULL && addr_parse_or(a, formal, &r.recipient.formal_name.address, e) != 0)
		return NULL;
	return recipient_to_822(a, &c, &r);
}

const struct addr_direction mixer_directions[] = {
	{"utctime-to-822", false, run_utctime_to_822},
	{"822-to-utctime", false, run_822_to_utctime},
	{"msgid-to-x400", false, run_msgid_to_x400},
	{"msgid-to-822", false, run_msgid_to_822},
	{"inreplyto-to-x400", false, run_msgid_to_x400},
	{"inreplyto-to-822", false, run_inreplyto_to_822},
	{"gdi-text", false, run_gdi},
	{"mts-msg-id-text", false, run_mts_id},
	{"mtsid", true, run_mtsid},
	{"mta-name", false, run_mta_name},
	{"mta-word", false, run_mta_word},
	{"received-by-to-gdi", true, run_host_domain},
	{"trace-parse", false, run_trace},
	{"orcpt", false, run_orcpt},
	{"ordesc-to-x400", true, run_descriptor_to_x400},
	{"ordesc-to-822", true, run_descriptor_to_822},
};
const size_t mixer_directions_count = ARRAY_LEN(mixer_directions);
