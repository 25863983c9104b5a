/*
 * users.c - see users.h.  A line is "mail#O/R address#", like the tables, and behind the second "#" words "size=20M" and
 * "bodies=ia5,ftbp":
 *
 *     jo.doe@x400.example#/G=Jo/S=Doe/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/# size=20M
 *
 * Kept as a table (base/table.h) with two keys a user: "m" and the mail address in lower case, "o" and the O/R address in
 * its canonical text, in lower case with blanks collapsed (X.402 18.4).  The value is "file:line TAB the line".
 */
#include "dir/users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "addr/coding.h"
#include "addr/rfc822.h"
#include "base/str.h"
#include "base/table.h"
#include "msg/msg.h"

#define LINE_MAX_OCTETS 4096
#define KEY_MAX 8192
#define LINES_PER_ARENA 2000

struct users {
	struct table *table;
};

static int wrong(struct err *e, const char *what, const char *line)
{
	return ERR(e, ERR_TABLE_SYNTAX, "%s: %.200s", what, line);
}

/* "20M", "5000000" */
static int parse_size(const char *s, int64_t *out)
{
	static const char units[] = "KMG";
	size_t digits = strspn(s, "0123456789");
	const char *unit = strchr(units, str_upper(s[digits]));
	char number[16];
	long n;

	if (digits == 0 || digits >= sizeof number || (s[digits] != '\0' && (unit == NULL || s[digits + 1] != '\0')))
		return -1;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (str_to_long(number, 1, 1000000000000, &n) != 0)
		return -1;
	*out = (int64_t)n << (s[digits] == '\0' ? 0 : 10 * (unit - units + 1));
	return 0;
}

/* "ia5,ftbp" */
static const char *const *parse_words(struct arena *a, char *s)
{
	const char **list = arena_array(a, strlen(s) / 2 + 2, sizeof *list);
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(s, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		if (!mx_body_word_known(w))
			return NULL;
		list[n++] = w;
	}
	return n == 0 ? NULL : list;
}

static int parse_capabilities(struct arena *a, char *s, struct addr_user *out, struct err *e)
{
	char *save = NULL;

	for (char *w = strtok_r(s, " \t", &save); w != NULL; w = strtok_r(NULL, " \t", &save)) {
		if (str_istarts(w, "size=") && parse_size(w + 5, &out->size_max) == 0)
			continue;
		if (!str_istarts(w, "bodies=") || (out->body_types = parse_words(a, w + 7)) == NULL)
			return wrong(e, "neither size=N nor bodies=WORD,.. with the words of mixgate-directory(7)", w);
	}
	return 0;
}

int users_parse_line(struct arena *a, const char *line, struct addr_user *out, struct err *e)
{
	char *mail = arena_strdup(a, line), *at, *sharp, *end;
	struct addr_822 addr;
	size_t n = strlen(mail);

	*out = (struct addr_user){0};
	while (n > 0 && (mail[n - 1] == '\r' || mail[n - 1] == '\n'))
		mail[--n] = '\0';
	if (*mail == '#' || *mail == '!' || mail[strspn(mail, " \t")] == '\0')
		return 1;
	/* "#" may be in a local part, not in a domain. */
	at = strchr(mail, '@');
	sharp = at == NULL ? NULL : strchr(at, '#');
	end = sharp == NULL ? NULL : strchr(sharp + 1, '#');
	if (end == NULL)
		return wrong(e, "not \"mail#O/R address#\"", line);
	*sharp = *end = '\0';
	if (addr_822_parse(a, mail, &addr, NULL) != 0 || addr.route_first != NULL)
		return wrong(e, "not a mail address", mail);
	if (addr_parse_or(a, sharp + 1, &out->x400, e) != 0 || addr_check_or(&out->x400, e) != 0)
		return wrong(e, "not a complete O/R address", sharp + 1);
	out->rfc822 = mail;
	return parse_capabilities(a, end + 1, out, e);
}

static struct octets mail_key(struct arena *a, const char *mail)
{
	char *key = arena_printf(a, "m%s", mail);

	for (char *c = key; *c != '\0'; c++)
		*c = str_lower(*c);
	return (struct octets){(const uint8_t *)key, strlen(key)};
}

static struct octets or_key(struct arena *a, const struct or_address *o)
{
	struct buf *b = buf_in(a, KEY_MAX);
	char *text = addr_print_or(a, o);
	bool outer = true; /* at the edge of a value blanks do not count */

	buf_putc(b, 'o');
	for (char *c = text; *c != '\0'; c++) {
		bool edge = *c == '/' || *c == '=';

		if (*c == ' ' && (outer || c[1] == ' ' || c[1] == '/'))
			continue;
		buf_putc(b, (unsigned char)str_lower(*c));
		outer = edge;
	}
	return buf_octets(b);
}

struct loader {
	struct table_writer *w;
	const char *path, *name;
	size_t line;
	struct err *e;
};

static int complain(struct loader *l, const char *text)
{
	char copy[sizeof(l->e->detail)]; /* text may stand in l->e */

	(void)snprintf(copy, sizeof copy, "%s", text);
	return ERR(l->e, ERR_TABLE_SYNTAX, "%s:%zu: %s", l->path, l->line, copy);
}

static int add_line(struct loader *l, struct arena *scratch, const char *line)
{
	struct addr_user user;
	struct octets value;
	struct err why = {0};
	int rc = users_parse_line(scratch, line, &user, &why);
	char *text;

	if (rc != 0)
		return rc > 0 ? 0 : complain(l, why.detail);
	text = arena_printf(scratch, "%s:%zu\t%.*s", l->name, l->line, (int)strcspn(line, "\r\n"), line);
	value = (struct octets){(const uint8_t *)text, strlen(text)};
	if (table_add(l->w, mail_key(scratch, user.rfc822), value, &why) != 0)
		return complain(l, why.id == ERR_TABLE_DUPLICATE ? "there was a line for this mail address before" : why.detail);
	if (table_add(l->w, or_key(scratch, &user.x400), value, &why) != 0 && why.id != ERR_TABLE_DUPLICATE)
		return complain(l, why.detail);
	return 0;
}

static int read_file(struct loader *l, const char *path)
{
	struct arena *scratch = arena_new(0);
	const char *slash = strrchr(path, '/');
	char line[LINE_MAX_OCTETS];
	FILE *f = fopen(path, "re");
	int rc = 0;

	l->path = path;
	l->name = slash == NULL ? path : slash + 1;
	if (f == NULL)
		rc = ERR_ERRNO(l->e, ERR_CONFIG, "mapping.users.files: %s", path);
	for (l->line = 1; rc == 0 && fgets(line, sizeof line, f) != NULL; l->line++) {
		if (strchr(line, '\n') == NULL && !feof(f))
			rc = complain(l, "line too long, or with a NUL");
		else
			rc = add_line(l, scratch, line);
		if (l->line % LINES_PER_ARENA == 0) {
			arena_free(scratch);
			scratch = arena_new(0);
		}
	}
	if (f != NULL && fclose(f) != 0 && rc == 0)
		rc = ERR_ERRNO(l->e, ERR_CONFIG, "mapping.users.files: %s", path);
	arena_free(scratch);
	return rc;
}

/* All files into a new writer, which the caller frees, wrong files or not. */
static int read_files(const char *const *files, size_t count, struct table_writer **w, struct err *e)
{
	struct loader l = {.w = table_writer_new(0), .e = e};

	*w = l.w;
	for (size_t i = 0; i < count; i++)
		TRY(read_file(&l, files[i]));
	return 0;
}

int users_load(struct arena *a, const char *const *files, size_t count, struct users **out, struct err *e)
{
	struct table_writer *w;
	int rc = read_files(files, count, &w, e);

	*out = NEW(a, struct users);
	if (rc == 0)
		(*out)->table = table_from_writer(a, w);
	table_writer_free(w);
	return rc;
}

int users_build(const char *const *files, size_t count, int *fd, struct err *e)
{
	struct table_writer *w;
	int rc = read_files(files, count, &w, e);

	*fd = -1;
	if (rc == 0 && (*fd = memfd_create("mixgate-users", MFD_CLOEXEC)) < 0)
		rc = ERR_ERRNO(e, ERR_SYSTEM, "memfd_create");
	if (rc == 0 && (rc = table_write_fd(w, *fd, "users", e)) != 0) {
		(void)close(*fd);
		*fd = -1;
	}
	table_writer_free(w);
	return rc;
}

int users_map(struct arena *a, int fd, struct users **out, struct err *e)
{
	*out = NEW(a, struct users);
	return table_open_fd(a, fd, "users", false, &(*out)->table, e);
}

static enum addr_answer find(const struct users *u, struct arena *a, struct octets key, struct addr_user *out)
{
	struct octets value;
	char *where, *tab;

	if (table_find(u->table, key, &value) != 0)
		return ADDR_NO_RULE;
	where = arena_strndup(a, (const char *)value.p, value.len);
	tab = strchr(where, '\t');
	if (tab == NULL || users_parse_line(a, tab + 1, out, NULL) != 0)
		return ADDR_NO_RULE;
	*tab = '\0';
	out->where = where;
	return ADDR_FOUND;
}

enum addr_answer users_by_822(const struct users *u, struct arena *a, const char *addr_spec, struct addr_user *out)
{
	return find(u, a, mail_key(a, addr_spec), out);
}

enum addr_answer users_by_x400(const struct users *u, struct arena *a, const struct or_address *o, struct addr_user *out)
{
	return find(u, a, or_key(a, o), out);
}
