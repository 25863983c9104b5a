/*
 * relay/twin.c - see twin.h.
 */
#include "relay/twin.h"

#include <string.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/str.h"

static int parse_domain(struct arena *a, const char *text, struct mx_global_domain *out, struct err *e)
{
	struct or_address o;

	TRY(addr_parse_or(a, text, &o, e));
	if (!or_has(&o, OR_C))
		return ERR(e, ERR_CONFIG, "%s names no country", text);
	*out = (struct mx_global_domain){o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]};
	return 0;
}

static void set_timeouts(struct twin *t, unsigned seconds)
{
	t->osi.timeouts = (struct osi_timeouts){seconds, seconds, seconds, seconds * 10, 10, seconds};
}

int twin_init(struct twin *t, bool initiator, const char *name, const char *domain, struct err *e)
{
	struct when now = clock_now();
	char *utctime;

	*t = (struct twin){.arena = arena_new(0)};
	utctime = arena_alloc(t->arena, 20);
	now.z = true;
	clock_format_utctime(&now, utctime);
	t->osi.initiator = initiator;
	t->osi.local.name = name;
	t->osi.window = 3;
	t->osi.common_reference = utctime;
	t->osi.apdu_max = 1ULL << 40;
	set_timeouts(t, 60);
	return parse_domain(t->arena, domain, &t->domain, e);
}

int twin_number(const char *text, long min, long max, long *out, struct err *e)
{
	if (str_to_long(text, min, max, out) != 0)
		return ERR(e, ERR_CONFIG, "%s: a number from %ld to %ld is wanted", text, min, max);
	return 0;
}

static struct octets text_octets(const char *s) { return (struct octets){(const uint8_t *)s, strlen(s)}; }

static int set_unsigned(const char *text, long max, unsigned *out, struct err *e)
{
	long n;

	TRY(twin_number(text, 0, max, &n, e));
	*out = (unsigned)n;
	return 0;
}

int twin_option(struct twin *t, int code, const char *value, struct err *e)
{
	struct osi_options *o = &t->osi;
	struct octets *selectors[] = {&o->called.tsel, &o->called.ssel, &o->called.psel, &o->calling.tsel, &o->calling.ssel, &o->calling.psel};
	unsigned seconds;

	switch (code - TWIN_OPTION_BASE) {
	case 0:
		o->local.name = value;
		return 0;
	case 1:
		o->local.password = text_octets(value);
		return 0;
	case 2:
		o->expected.name = value;
		return 0;
	case 3:
		o->expected.password = text_octets(value);
		return 0;
	case 10:
		return set_unsigned(value, 65535, &o->checkpoint, e);
	case 11:
		return set_unsigned(value, 255, &o->window, e);
	case 12:
		return set_unsigned(value, 16, &o->tpdu_size, e);
	case 13:
		TRY(set_unsigned(value, 86400, &seconds, e));
		set_timeouts(t, seconds);
		return 0;
	case 14:
		return parse_domain(t->arena, value, &t->domain, e);
	default:
		return config_octets(t->arena, value, selectors[code - TWIN_OPTION_BASE - 4], e);
	}
}

int twin_host_port(struct arena *a, const char *text, const char **host, int *port, struct err *e)
{
	const char *colon = strrchr(text, ':');
	long n;

	TRY(twin_number(colon != NULL ? colon + 1 : text, 1, 65535, &n, e));
	*port = (int)n;
	if (colon == NULL)
		*host = "";
	else if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
		*host = arena_strndup(a, text + 1, (size_t)(colon - text - 2));
	else
		*host = arena_strndup(a, text, (size_t)(colon - text));
	return 0;
}

void twin_stamp(struct arena *a, const struct twin *t, struct mx_message *m, const char *local_id)
{
	struct mx_trace *trace = ARENA_PUSH(a, &m->envelope.trace);

	m->envelope.id = (struct mx_mts_id){t->domain, local_id};
	trace->domain = t->domain;
	trace->arrival_time = clock_now();
	trace->arrival_time.z = true;
}
