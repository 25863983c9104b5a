/*
 * table_source.c - where the tables of a set are: named by mixgate.conf, or all in one folder (mapping1.or2rfc or mapping1,
 * mapping2.rfc2or or mapping2, gate1, gate2, routes, gateway.conf: the form of t/vectors/address/tables and of
 * `--tables DIR`).
 */
#include <string.h>
#include <unistd.h>

#include "addr/tables.h"
#include "base/blob.h"
#include "base/config.h"
#include "base/str.h"

/* A NULL-terminated list with dir/name or dir/other, or NULL when there is no such file. */
static const char *const *one_file(struct arena *a, const char *dir, const char *name, const char *other)
{
	const char **list = arena_array(a, 2, sizeof(*list));

	list[0] = arena_printf(a, "%s/%s", dir, name);
	if (access(list[0], F_OK) != 0)
		list[0] = arena_printf(a, "%s/%s", dir, other);
	return access(list[0], F_OK) == 0 ? list : NULL;
}

static char *trimmed(struct arena *a, const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		n--;
	return arena_strndup(a, s, n);
}

/* "key = value" lines; "#" begins a comment line. */
static int set_line(struct arena *a, const char *path, size_t number, const char *line, struct addr_tables_source *out, struct err *e)
{
	const char *equals = strchr(line, '=');
	char *key, *value;

	if (*line == '#' || line[strspn(line, " \t\r")] == '\0')
		return 0;
	if (equals == NULL)
		return ERR(e, ERR_CONFIG, "%s:%zu: no \"=\"", path, number);
	key = trimmed(a, line, (size_t)(equals - line));
	value = trimmed(a, equals + 1, strlen(equals + 1));
	if (str_eq(key, "local-domain"))
		out->local_domain = value;
	else if (str_eq(key, "local-or"))
		out->local_or = value;
	else if (str_eq(key, "numeric-country"))
		out->numeric_country = value;
	else if (str_eq(key, "keep-routes"))
		out->keep_routes = str_ieq(value, "yes");
	else if (str_eq(key, "inversion"))
		out->inversion = str_ieq(value, "yes");
	else if (str_eq(key, "x400-1984"))
		out->x400_1984 = str_ieq(value, "yes");
	else
		return ERR(e, ERR_CONFIG, "%s:%zu: unknown key %s", path, number, key);
	return 0;
}

static int read_gateway(struct arena *a, const char *path, struct addr_tables_source *out, struct err *e)
{
	struct octets text = {0};
	size_t number = 0;

	if (access(path, F_OK) != 0)
		return 0;
	TRY(blob_map_path(a, path, &text, e));
	for (const char *s = (const char *)text.p, *end = s + text.len; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = nl == NULL ? (size_t)(end - s) : (size_t)(nl - s);

		TRY(set_line(a, path, ++number, arena_strndup(a, s, n), out, e));
		s += n + (nl != NULL);
	}
	return 0;
}

int addr_tables_source_dir(struct arena *a, const char *dir, struct addr_tables_source *out, struct err *e)
{
	const char *const *routes = one_file(a, dir, "routes", "routes");

	*out = (struct addr_tables_source){.mapping1 = one_file(a, dir, "mapping1.or2rfc", "mapping1"),
	                                   .mapping2 = one_file(a, dir, "mapping2.rfc2or", "mapping2"),
	                                   .gate1 = one_file(a, dir, "gate1", "gate1"),
	                                   .gate2 = one_file(a, dir, "gate2", "gate2"),
	                                   .routes = routes == NULL ? NULL : routes[0],
	                                   .compiled = arena_printf(a, "%s/tables.tbl", dir)};
	if (access(dir, R_OK | X_OK) != 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", dir);
	return read_gateway(a, arena_printf(a, "%s/gateway.conf", dir), out, e);
}

int addr_tables_load_dir(struct arena *a, const char *dir, struct addr_tables **out, struct err *e)
{
	struct addr_tables_source src;

	TRY(addr_tables_source_dir(a, dir, &src, e));
	return addr_tables_load(a, &src, out, e);
}

static const char *or_null(const char *s)
{
	return s == NULL || *s == '\0' ? NULL : s;
}

void addr_tables_source_config(const struct config *c, struct addr_tables_source *out)
{
	*out = (struct addr_tables_source){
		.mapping1 = c->mapping.or2rfc.items,
		.mapping2 = c->mapping.rfc2or.items,
		.gate1 = c->mapping.gate1.items,
		.gate2 = c->mapping.gate2.items,
		.routes = or_null(c->routes),
		.local_domain = c->local.domain,
		/* A gateway without an O/R address of its own is its management domain. */
		.local_or = or_null(c->local.or_address) != NULL ? c->local.or_address : c->local.gdi,
		.compiled = or_null(c->mapping.compiled),
		.keep_compiled = true,
		.inversion = c->mapping.inversion,
		.numeric_country = or_null(c->mapping.numeric_country),
	};
}
