/*
 * relay/setup.c - see setup.h.
 */
#include "relay/setup.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "relay/mapped.h"

static const char *tmpdir(const struct config *c) { return c->lmtp.spooldir[0] == '\0' ? NULL : c->lmtp.spooldir; }

int setup_settings(struct arena *a, const struct config *c, struct mixer_settings *out, struct err *e)
{
	struct or_address o;

	TRY(addr_parse_or(a, c->local.gdi, &o, e));
	if (!or_has(&o, OR_C))
		return ERR(e, ERR_CONFIG, "local.gdi: %s names no country", c->local.gdi);
	*out = (struct mixer_settings){
		.domain = {o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]},
		.mta_name = c->local.mta_name,
		.host_name = c->local.domain,
		.postmaster = c->local.postmaster,
		.strict_mixer = c->mapping.strict_mixer,
		.max_received = (unsigned)c->limits.received,
		.max_passages = (unsigned)c->limits.passages,
		.max_depth = (unsigned)c->limits.nesting,
		.bodies = &c->bodies,
		.header_store = true,
		.never_return = str_ieq(c->reports.return_content, "never"),
		.tmpdir = tmpdir(c),
	};
	return 0;
}

const char *setup_tmpdir(const struct setup *s) { return tmpdir(s->config); }

int setup_begin(const char *path, struct setup **out, struct err *e)
{
	struct arena *a = arena_new(0);
	struct setup *s = NEW(a, struct setup);

	s->arena = a;
	if (config_load(a, path, &s->config, e) == 0 && setup_settings(a, s->config, &s->settings, e) == 0)
		s->board = board_new(s->config->peers.count, e);
	if (s->board == NULL) {
		arena_free(a);
		return -1;
	}
	*out = s;
	return 0;
}

int setup_map_tables(struct setup *s, int fd, int users, struct err *e)
{
	struct addr_tables_source src;

	addr_tables_source_config(s->config, &src);
	TRY(addr_tables_map(s->arena, &src, fd, &s->tables, e));
	mapped_open(s->arena, s->config, s->tables, &s->mapped);
	return dir_open(s->arena, s->config, s->tables, users, &s->dir, e);
}

int setup_load(const char *path, struct setup **out, struct err *e)
{
	struct addr_tables_source src;

	TRY(setup_begin(path, out, e));
	addr_tables_source_config((*out)->config, &src);
	src.keep_compiled = false;
	if (addr_tables_load((*out)->arena, &src, &(*out)->tables, e) == 0 &&
	    dir_open((*out)->arena, (*out)->config, (*out)->tables, -1, &(*out)->dir, e) == 0)
		return 0;
	setup_free(*out);
	return -1;
}

void setup_begin_message(const struct setup *s)
{
	dir_begin(s->dir);
	mapped_begin(s->mapped);
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
