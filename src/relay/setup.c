/*
 * relay/setup.c - see setup.h.
 */
#include "relay/setup.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"

static int load_tables(struct setup *s, struct err *e)
{
	struct addr_tables_source src;

	addr_tables_source_config(s->config, &src);
	return addr_tables_load(s->arena, &src, &s->tables, e);
}

/* local.gdi "/PRMD=x/ADMD=y/C=z/" is the global domain identifier of our trace and identifiers. */
static int load_domain(struct setup *s, struct err *e)
{
	struct or_address o;

	TRY(addr_parse_or(s->arena, s->config->local.gdi, &o, e));
	if (!or_has(&o, OR_C))
		return ERR(e, ERR_CONFIG, "local.gdi: %s names no country", s->config->local.gdi);
	s->settings.domain = (struct mx_global_domain){o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]};
	return 0;
}

static void load_settings(struct setup *s)
{
	const struct config *c = s->config;

	s->settings.mta_name = c->local.mta_name;
	s->settings.host_name = c->local.domain;
	s->settings.postmaster = c->local.postmaster[0] != '\0' ? c->local.postmaster
	                                                         : arena_printf(s->arena, "postmaster@%s", c->local.domain);
	s->settings.strict_mixer = c->mapping.strict_mixer;
	s->settings.max_received = (unsigned)c->limits.received;
	s->settings.max_passages = (unsigned)c->limits.passages;
	s->settings.header_store = true; /* the journal keeps the header */
	s->settings.max_depth = (unsigned)c->limits.nesting;
	s->settings.tmpdir = setup_tmpdir(s);
}

const char *setup_tmpdir(const struct setup *s)
{
	return s->config->lmtp.spooldir[0] == '\0' ? NULL : s->config->lmtp.spooldir;
}

int setup_load(const char *path, struct setup **out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct setup *s = NEW(a, struct setup);

	s->arena = a;
	if (config_load(a, path, &s->config, e) != 0 || load_tables(s, e) != 0 || load_domain(s, e) != 0) {
		arena_free(a);
		return -1;
	}
	load_settings(s);
	s->board = board_new(s->config->peers.count, e);
	if (s->board == NULL) {
		arena_free(a);
		return -1;
	}
	*out = s;
	return 0;
}

void setup_free(struct setup *s)
{
	if (s == NULL)
		return;
	board_free(s->board);
	arena_free(s->arena);
}

int setup_find_peer(const struct setup *s, const char *name)
{
	for (size_t i = 0; i < s->config->peers.count; i++)
		if (str_eq(s->config->peers.items[i].name, name))
			return (int)i;
	return -1;
}

void setup_open_log(const struct setup *s, const char *program)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_LEVEL_INFO;

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (str_ieq(s->config->log.level, levels[i]))
			level = (enum log_level)i;
	log_open(program, str_ieq(s->config->log.target, "syslog") ? LOG_TO_SYSLOG : LOG_TO_STDERR, level);
}
