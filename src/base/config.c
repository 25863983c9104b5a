/*
 * config.c - see config.h.  The one place that touches libconfig.  The schema (config.def) decides: libconfig's tree is
 * only walked, key by key, each key looked up in the rows.
 */
#include "base/config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum type { STRING, INT, SIZE, BOOL, STRINGS, CHOICE };

struct row {
	const char *group, *key;
	enum type type;
	size_t offset; /* in struct config, for peers in struct config_peer */
	int64_t min, max;
	const char *preset, *meaning;
};

static const struct row rows[] = {
#define CONFIG_ROW(group, key, type, member, min, max, preset, meaning)                                                \
	{group, key, type, offsetof(struct config, member), min, max, preset, meaning},
#define PEER_ROW(group, key, type, member, min, max, preset, meaning)                                                  \
	{group, key, type, offsetof(struct config_peer, member), min, max, preset, meaning},
#include "base/config.def"
#undef CONFIG_ROW
#undef PEER_ROW
};

const struct config_quirk config_quirk_words[] = {
#define QUIRK_ROW(word, member, meaning, source) {word, meaning, source},
#include "base/quirks.def"
#undef QUIRK_ROW
};
const size_t config_quirk_count = ARRAY_LEN(config_quirk_words);
static const size_t quirk_offsets[] = {
#define QUIRK_ROW(word, member, meaning, source) offsetof(struct config_quirks, member),
#include "base/quirks.def"
#undef QUIRK_ROW
};

struct reader {
	struct arena *a;
	const char *path;
	struct config *c;
	struct err *e;
};

#define AT(base, row) ((void *)((char *)(base) + (row)->offset))

/* ---- values ---- */

/* "200M", "5000000000", "1G": octets. */
static int parse_size(const char *s, int64_t *out)
{
	char *end;
	long long n;
	int shift = 0;

	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || end == s || n < 0)
		return -1;
	if (*end != '\0') {
		static const char units[] = "KMGT";
		const char *u = strchr(units, str_upper(*end));
		if (u == NULL || end[1] != '\0')
			return -1;
		shift = 10 * (int)(u - units + 1);
	}
	if (n > INT64_MAX >> shift)
		return -1;
	*out = (int64_t)n << shift;
	return 0;
}

static void set_strings(struct arena *a, struct config_strings *s, const char *const *items, size_t count)
{
	s->items = arena_array(a, count + 1, sizeof *s->items);
	s->count = count;
	for (size_t i = 0; i < count; i++)
		s->items[i] = arena_strdup(a, items[i]);
}

/* The blank-separated words of a preset. */
static void preset_strings(struct arena *a, struct config_strings *s, const char *words)
{
	const char *items[32];
	size_t n = 0;
	char *copy = arena_strdup(a, words), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w != NULL && n < ARRAY_LEN(items); w = strtok_r(NULL, " ", &save))
		items[n++] = w;
	set_strings(a, s, items, n);
}

static void set_preset(struct arena *a, const struct row *r, void *base)
{
	void *p = AT(base, r);

	switch (r->type) {
	case STRING:
		*(const char **)p = arena_strdup(a, r->preset);
		break;
	case CHOICE:
		*(const char **)p = arena_strndup(a, r->preset, strcspn(r->preset, "|"));
		break;
	case INT:
		*(int *)p = (int)strtol(r->preset, NULL, 10);
		break;
	case BOOL:
		*(bool *)p = str_eq(r->preset, "true");
		break;
	case SIZE:
		(void)!parse_size(r->preset, p);
		break;
	case STRINGS:
		preset_strings(a, p, r->preset);
		break;
	}
}

static void set_presets(struct arena *a, const char *group, void *base)
{
	bool peers = group != NULL && str_eq(group, "peers");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].group, "peers") == peers)
			set_preset(a, &rows[i], base);
}

/* "mixgate.conf:12: listen.port: ..." */
static int complain(const struct reader *r, const config_setting_t *s, const char *group, const char *key, const char *text)
{
	return ERR(r->e, ERR_CONFIG, "%s:%u: %s%s%s: %s", r->path, config_setting_source_line(s), group,
	           *group != '\0' && *key != '\0' ? "." : "", key, text);
}

static int set_string(const struct reader *r, const struct row *row, const config_setting_t *s, void *p)
{
	const char *v = config_setting_get_string(s);
	size_t n = v == NULL ? 0 : strlen(v);

	if (v == NULL)
		return complain(r, s, row->group, row->key, "must be a string in quotes");
	if ((int64_t)n < row->min || (int64_t)n > row->max)
		return complain(r, s, row->group, row->key,
		                arena_printf(r->a, "must have %lld to %lld characters", (long long)row->min, (long long)row->max));
	*(const char **)p = arena_strdup(r->a, v);
	return 0;
}

static int set_choice(const struct reader *r, const struct row *row, const config_setting_t *s, void *p)
{
	const char *v = config_setting_get_string(s);

	for (const char *w = row->preset; v != NULL && w != NULL;) {
		size_t n = strcspn(w, "|");
		if (strlen(v) == n && memcmp(w, v, n) == 0) {
			*(const char **)p = arena_strdup(r->a, v);
			return 0;
		}
		w = w[n] == '|' ? w + n + 1 : NULL;
	}
	return complain(r, s, row->group, row->key, arena_printf(r->a, "must be one of: %s", row->preset));
}

/* libconfig 1.5 wraps 5000000000 without L; the text of the number is gone by then, so large settings may be strings. */
static int set_number(const struct reader *r, const struct row *row, const config_setting_t *s, void *p)
{
	int type = config_setting_type(s);
	int64_t n;

	if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		n = config_setting_get_int64(s);
	else if (type != CONFIG_TYPE_STRING || row->type != SIZE || parse_size(config_setting_get_string(s), &n) != 0)
		return complain(r, s, row->group, row->key,
		                row->type == SIZE ? "must be a size: a number, or a string as \"200M\"" : "must be a whole number");
	if (n < row->min || n > row->max)
		return complain(r, s, row->group, row->key,
		                arena_printf(r->a, "must be from %lld to %lld%s", (long long)row->min, (long long)row->max,
		                             row->type == SIZE ? " (write large sizes as strings: \"5G\")" : ""));
	if (row->type == SIZE)
		*(int64_t *)p = n;
	else
		*(int *)p = (int)n;
	return 0;
}

static int set_list(const struct reader *r, const struct row *row, const config_setting_t *s, void *p)
{
	int n = config_setting_length(s), type = config_setting_type(s);
	const char **items;

	if (type == CONFIG_TYPE_STRING) {
		const char *one = config_setting_get_string(s);
		set_strings(r->a, p, &one, *one == '\0' ? 0 : 1);
		return 0;
	}
	if ((type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) || n < 0 || n > row->max)
		return complain(r, s, row->group, row->key, "must be a list of strings: [\"a\", \"b\"]");
	items = arena_array(r->a, (size_t)n + 1, sizeof *items);
	for (int i = 0; i < n; i++) {
		items[i] = config_setting_get_string_elem(s, i);
		if (items[i] == NULL)
			return complain(r, s, row->group, row->key, "every element must be a string");
	}
	set_strings(r->a, p, items, (size_t)n);
	return 0;
}

static int set_value(const struct reader *r, const struct row *row, const config_setting_t *s, void *base)
{
	void *p = AT(base, row);

	switch (row->type) {
	case STRING:
		return set_string(r, row, s, p);
	case CHOICE:
		return set_choice(r, row, s, p);
	case INT:
	case SIZE:
		return set_number(r, row, s, p);
	case STRINGS:
		return set_list(r, row, s, p);
	case BOOL:
		if (config_setting_type(s) != CONFIG_TYPE_BOOL)
			return complain(r, s, row->group, row->key, "must be true or false");
		*(bool *)p = config_setting_get_bool(s) != 0;
		return 0;
	}
	return 0;
}

/* ---- the tree ---- */

/* Edit distance of short words, for "did you mean". */
static size_t distance(const char *x, const char *y)
{
	size_t nx = strlen(x), ny = strlen(y), row[64];

	if (ny >= ARRAY_LEN(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= ny; j++)
		row[j] = j;
	for (size_t i = 1; i <= nx; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= ny; j++) {
			size_t keep = diagonal + (x[i - 1] != y[j - 1]);
			diagonal = row[j];
			row[j] = MIN_OF(keep, MIN_OF(row[j], row[j - 1]) + 1);
		}
	}
	return row[ny];
}

static int unknown_key(const struct reader *r, const config_setting_t *s, const char *group, const char *key)
{
	const struct row *best = NULL;
	size_t least = 4;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t d = str_eq(rows[i].group, group) ? distance(key, rows[i].key) : SIZE_MAX;
		if (d < least) {
			least = d;
			best = &rows[i];
		}
	}
	return complain(r, s, group, key,
	                best == NULL ? "unknown key; see mixgate.conf(5)"
	                             : arena_printf(r->a, "unknown key; did you mean %s?", best->key));
}

static const struct row *find_row(const char *group, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].group, group) && str_eq(rows[i].key, key))
			return &rows[i];
	return NULL;
}

static bool known_group(const char *group)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].group, group))
			return true;
	return false;
}

static int read_group(const struct reader *r, const config_setting_t *group, const char *name, void *base)
{
	if (config_setting_type(group) != CONFIG_TYPE_GROUP)
		return complain(r, group, name, "", "must be a group: { key = value; ... }");
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct row *row = find_row(name, config_setting_name(s));
		const char *inner = arena_printf(r->a, "%s.%s", name, config_setting_name(s));
		if (row == NULL && known_group(inner)) { /* mapping = { dns = { server = ...; }; } */
			TRY(read_group(r, s, inner, base));
			continue;
		}
		if (row == NULL)
			return unknown_key(r, s, name, config_setting_name(s));
		TRY(set_value(r, row, s, base));
	}
	return 0;
}

/* The first line of a password file, without its line end. */
static int read_secret(const struct reader *r, const char *path, const char **out)
{
	char line[256];
	FILE *f;

	if (*path == '\0') {
		*out = NULL;
		return 0;
	}
	f = fopen(path, "re");
	if (f == NULL)
		return ERR_ERRNO(r->e, ERR_CONFIG, "%s: password file %s", r->path, path);
	if (fgets(line, sizeof line, f) == NULL)
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	*out = arena_strdup(r->a, line);
	return 0;
}

static int read_quirks(const struct reader *r, const config_setting_t *peer, struct config_peer *p)
{
	for (size_t i = 0; i < p->quirks.count; i++) {
		size_t k = 0;

		while (k < config_quirk_count && !str_eq(config_quirk_words[k].word, p->quirks.items[i]))
			k++;
		if (k == config_quirk_count)
			return complain(r, peer, "peers", "quirks", arena_printf(r->a, "%s is not known; see mixgate-peers(7)", p->quirks.items[i]));
		*(bool *)((char *)&p->quirk + quirk_offsets[k]) = true;
	}
	if (str_eq(p->mode, "x410-1984")) /* mts-transfer-protocol-1984 carries nothing else */
		p->quirk.p1_84 = p->quirk.content_p2 = true;
	return 0;
}

static int read_peers(const struct reader *r, const config_setting_t *list)
{
	int n = config_setting_length(list);

	if (config_setting_type(list) != CONFIG_TYPE_LIST)
		return complain(r, list, "peers", "", "must be a list of groups: ( { name = \"...\"; ... } )");
	r->c->peers.items = arena_array(r->a, (size_t)n, sizeof *r->c->peers.items);
	for (int i = 0; i < n; i++) {
		struct config_peer *p = &r->c->peers.items[i];
		const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		set_presets(r->a, "peers", p);
		TRY(read_group(r, s, "peers", p));
		if (*p->name == '\0')
			return complain(r, s, "peers", "name", "is missing");
		if (config_find_peer(r->c, p->name) != NULL)
			return complain(r, s, "peers", "name", "stands there twice");
		TRY(read_quirks(r, s, p));
		r->c->peers.count++;
		if (*p->rmta == '\0')
			p->rmta = p->name;
		TRY(read_secret(r, p->rpass_file, &p->rpass));
		TRY(read_secret(r, p->lpass_file, &p->lpass));
	}
	return 0;
}

static int read_root(const struct reader *r, const config_setting_t *root)
{
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(s);
		const struct row *row = find_row("", name);

		if (row != NULL)
			TRY(set_value(r, row, s, r->c));
		else if (str_eq(name, "peers"))
			TRY(read_peers(r, s));
		else if (known_group(name))
			TRY(read_group(r, s, name, r->c));
		else
			return complain(r, s, name, "", "unknown group; see mixgate.conf(5)");
	}
	return 0;
}

/* ---- bodies ---- */

static const struct row *bodies_row(const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t k = 0;

		if (!str_eq(rows[i].group, "bodies") || strlen(rows[i].key) != n)
			continue;
		while (k < n && (key[k] == '-' ? '_' : key[k]) == rows[i].key[k])
			k++;
		if (k == n)
			return &rows[i];
	}
	return n == 7 && memcmp(key, "84-text", 7) == 0 ? find_row("bodies", "text_84") : NULL;
}

static bool is_choice(const struct row *r, const char *value)
{
	for (const char *w = r->preset; w != NULL;) {
		size_t n = strcspn(w, "|");
		if (strlen(value) == n && memcmp(w, value, n) == 0)
			return true;
		w = w[n] == '|' ? w + n + 1 : NULL;
	}
	return false;
}

int config_bodies_set(struct arena *a, struct config_bodies *b, const char *word, struct err *e)
{
	size_t n = strcspn(word, "=");
	const struct row *r = bodies_row(word, n);
	const char *value = word[n] == '=' ? word + n + 1 : "";
	void *p;
	long number;

	if (r == NULL || *value == '\0')
		return ERR(e, ERR_CONFIG, "%s: wanted KEY=VALUE with a key of the group bodies", word);
	p = (char *)b + (r->offset - offsetof(struct config, bodies));
	if (r->type == INT) {
		if (str_to_long(value, r->min, r->max, &number) != 0)
			return ERR(e, ERR_CONFIG, "%s: must be from %lld to %lld", word, (long long)r->min, (long long)r->max);
		*(int *)p = (int)number;
		return 0;
	}
	if (r->type == CHOICE && !is_choice(r, value))
		return ERR(e, ERR_CONFIG, "%s: must be one of: %s", word, r->preset);
	*(const char **)p = arena_strdup(a, value);
	return 0;
}

const struct config_bodies *config_bodies_default(void)
{
	static struct arena *kept;
	static const struct config *c;

	if (kept == NULL) { /* asked for, so that it stays: a leak checker looks for it */
		kept = arena_new(0);
		c = config_defaults(kept);
	}
	return &c->bodies;
}

/* body_parts without an equals sign: what the peer takes, when it does not take all. */
static int take_body_words(const struct config_peer *p, struct config_bodies *b, struct err *e)
{
	static const char *const words[] = {"ia5", "bp14", "general-text", "ftbp", "bp15"};
	bool has[ARRAY_LEN(words)] = {false}, any = false;

	for (size_t i = 0; i < p->body_parts.count; i++) {
		size_t k = 0;

		if (strchr(p->body_parts.items[i], '=') != NULL)
			continue;
		while (k < ARRAY_LEN(words) && !str_eq(words[k], p->body_parts.items[i]))
			k++;
		if (k == ARRAY_LEN(words))
			return ERR(e, ERR_CONFIG, "peers.%s.body_parts: %s is neither KEY=VALUE nor ia5, general-text, ftbp, bp14 or bp15", p->name,
			           p->body_parts.items[i]);
		any = has[k] = true;
	}
	if (p->quirk.content_p2)
		b->no_general_text = b->no_file_transfer = b->no_extended = true;
	if (any) {
		b->no_general_text |= !has[2];
		b->no_file_transfer |= !has[3];
		b->no_extended |= !has[4];
	}
	return 0;
}

static int read_peer_bodies(struct arena *a, struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->peers.count; i++) {
		struct config_peer *p = &c->peers.items[i];
		struct config_bodies *b = arena_memdup(a, &c->bodies, sizeof(c->bodies));
		struct err why;

		TRY(take_body_words(p, b, e));
		for (size_t k = 0; k < p->body_parts.count; k++)
			if (strchr(p->body_parts.items[k], '=') != NULL && config_bodies_set(a, b, p->body_parts.items[k], &why) != 0)
				return ERR(e, ERR_CONFIG, "peers.%s.body_parts: %s", p->name, why.detail);
		p->bodies = b;
	}
	return 0;
}

/* Settings whose default depends on others. */
static void derive(struct arena *a, struct config *c)
{
	if (*c->local.or_address == '\0')
		c->local.or_address = c->local.gdi;
	if (*c->local.postmaster == '\0')
		c->local.postmaster = arena_printf(a, "postmaster@%s", c->local.domain);
	if (*c->smtp_out.helo == '\0')
		c->smtp_out.helo = c->local.domain;
	for (size_t i = 0; i < c->peers.count; i++)
		if (*c->peers.items[i].lmta == '\0')
			c->peers.items[i].lmta = c->local.mta_name;
}

/* libconfig 1.5 reads 5000000000 as 705032704 without a word, and the digits are gone when we see the setting: so the
 * text is searched for whole numbers of more than 32 bits without an L, outside of strings and comments. */
static int check_numbers(const struct reader *r)
{
	FILE *f = fopen(r->path, "re");
	char line[4096];
	bool block = false; /* inside a comment over several lines */
	int rc = 0;

	for (unsigned n = 1; f != NULL && rc == 0 && fgets(line, sizeof line, f) != NULL; n++) {
		bool quoted = false;
		for (const char *p = line; *p != '\0' && rc == 0; p++) {
			if (block) {
				block = !(p[0] == '*' && p[1] == '/');
			} else if (*p == '"') {
				quoted = !quoted;
			} else if (quoted) {
				p += *p == '\\' && p[1] != '\0';
			} else if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
				break;
			} else if (p[0] == '/' && p[1] == '*') {
				block = true;
			} else if (str_is_digit(*p)) {
				size_t digits = strspn(p, "0123456789");
				if ((digits > 10 || (digits == 10 && memcmp(p, "2147483647", 10) > 0)) && p[digits] != 'L' &&
				    p[digits] != '.')
					rc = ERR(r->e, ERR_CONFIG, "%s:%u: %.*s does not fit 32 bits; write it as %.*sL, or a size as string: \"5G\"",
					         r->path, n, (int)digits, p, (int)digits, p);
				p += digits - 1;
			}
		}
	}
	if (f != NULL)
		fclose(f);
	return rc;
}

int config_load(struct arena *a, const char *path, const struct config **out, struct err *e)
{
	struct reader r = {a, path, NEW(a, struct config), e};
	config_t lib;
	int rc;

	set_presets(a, NULL, r.c);
	r.c->path = arena_strdup(a, path);
	config_init(&lib);
	if (config_read_file(&lib, path) != CONFIG_TRUE) {
		if (config_error_type(&lib) == CONFIG_ERR_FILE_IO)
			rc = ERR(e, ERR_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
		else
			rc = ERR(e, ERR_CONFIG, "%s:%d: %s", config_error_file(&lib) != NULL ? config_error_file(&lib) : path,
			         config_error_line(&lib), config_error_text(&lib));
	} else {
		rc = check_numbers(&r);
		if (rc == 0)
			rc = read_root(&r, config_root_setting(&lib));
		if (rc == 0)
			rc = read_peer_bodies(a, r.c, e);
		if (rc == 0)
			rc = read_secret(&r, r.c->mapping.ldap.password_file, &r.c->mapping.ldap.password);
	}
	config_destroy(&lib);
	if (rc == 0)
		derive(a, r.c);
	*out = r.c;
	return rc;
}

const struct config *config_defaults(struct arena *a)
{
	struct config *c = NEW(a, struct config);

	set_presets(a, NULL, c);
	c->path = "";
	derive(a, c);
	return c;
}

const struct config_peer *config_default_peer(struct arena *a, const struct config *c, const char *name)
{
	struct config_peer *p = NEW(a, struct config_peer);

	set_presets(a, "peers", p);
	p->name = p->rmta = arena_strdup(a, name);
	p->lmta = c->local.mta_name;
	p->bodies = &c->bodies;
	return p;
}

const struct config_peer *config_find_peer(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->peers.count; i++)
		if (str_ieq(c->peers.items[i].name, name))
			return &c->peers.items[i];
	return NULL;
}

static void print_value(struct stream *out, const struct row *r)
{
	switch (r->type) {
	case STRINGS:
		stream_printf(out, "[%s%s%s]", *r->preset != '\0' ? "\"" : "", r->preset, *r->preset != '\0' ? "\"" : "");
		break;
	case CHOICE:
		stream_printf(out, "\"%.*s\"", (int)strcspn(r->preset, "|"), r->preset);
		break;
	case STRING:
	case SIZE:
		stream_printf(out, "\"%s\"", r->preset);
		break;
	default:
		stream_puts(out, r->preset);
	}
}

/* Closes the groups of from that to is not inside of, opens those of to: "mapping.dns" is a group inside mapping. */
static void print_groups(struct stream *out, const char *from, const char *to)
{
	size_t outer = strcspn(to, "."), before = strcspn(from, ".");
	bool same = outer == before && outer > 0 && memcmp(from, to, outer) == 0;

	if (from[before] == '.')
		stream_puts(out, "# };\n");
	if (!same && *from != '\0')
		stream_puts(out, str_eq(from, "peers") ? "# } );\n" : "# };\n");
	if (!same && *to != '\0')
		stream_printf(out, "# %.*s = %s\n", (int)outer, to, str_eq(to, "peers") ? "( {" : "{");
	if (to[outer] == '.')
		stream_printf(out, "# %s = {\n", to + outer + 1);
}

void config_print_schema(struct stream *out)
{
	const char *group = "";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		if (!str_eq(r->group, group)) {
			print_groups(out, group, r->group);
			group = r->group;
		}
		stream_printf(out, "#     %s = ", r->key);
		print_value(out, r);
		stream_printf(out, "; # %s", r->meaning);
		if (r->type == CHOICE)
			stream_printf(out, " (%s)", r->preset);
		else if (r->type == INT || r->type == SIZE)
			stream_printf(out, " (%lld to %lld)", (long long)r->min, (long long)r->max);
		stream_puts(out, "\n");
	}
	print_groups(out, group, "");
}

static int hex_digit(char c) { return str_is_digit(c) ? c - '0' : str_lower(c) >= 'a' && str_lower(c) <= 'f' ? str_lower(c) - 'a' + 10 : -1; }

int config_octets(struct arena *a, const char *text, struct octets *out, struct err *e)
{
	size_t n = strlen(text);
	uint8_t *p;

	*out = (struct octets){0};
	if (n == 0)
		return 0;
	if (!str_istarts(text, "0x")) {
		*out = (struct octets){arena_memdup(a, text, n), n};
		return 0;
	}
	p = arena_alloc(a, n / 2);
	for (size_t i = 2; i + 1 < n; i += 2) {
		int hi = hex_digit(text[i]), lo = hex_digit(text[i + 1]);
		if (hi < 0 || lo < 0)
			return ERR(e, ERR_CONFIG, "%s: not hexadecimal", text);
		p[i / 2 - 1] = (uint8_t)(hi << 4 | lo);
	}
	if (n % 2 != 0)
		return ERR(e, ERR_CONFIG, "%s: an odd number of hexadecimal digits", text);
	*out = (struct octets){p, n / 2 - 1};
	return 0;
}
