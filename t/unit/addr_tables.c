/*
 * addr_tables.c - table sets: the samples, errors with file and line, the compiled form, base/table itself (A-200 .. A-216).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/px.h"
#include "addr/table_import.h"
#include "addr/tables.h"
#include "base/log.h"
#include "base/str.h"
#include "base/table.h"
#include "t/lib/tap.h"

static char dir[] = "/tmp/mixgate-addr-XXXXXX";

static const char *in_dir(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static struct octets text(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

/* ---- base/table ---- */

static struct table_writer *filled(unsigned n)
{
	struct table_writer *w = table_writer_new(0);
	char key[32], value[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		snprintf(value, sizeof(value), "v%u", i * 7);
		if (table_add(w, text(key), text(value), NULL) != 0)
			abort();
	}
	return w;
}

static bool has_all(const struct table *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char key[32], value[32];
		struct octets v;

		snprintf(key, sizeof(key), "key%u", i);
		snprintf(value, sizeof(value), "v%u", i * 7);
		if (table_find(t, text(key), &v) != 0 || v.len != strlen(value) || memcmp(v.p, value, v.len) != 0)
			return false;
	}
	return true;
}

static void test_table(void)
{
	struct arena *a = arena_new(0);
	struct table_writer *w = filled(5000);
	const char *path = in_dir(a, "x.tbl");
	struct octets k, v;
	struct table *t;
	size_t at = 0;
	int rc = 0;
	struct err e;

	ok(table_add(w, text("key17"), text("other"), &e) != 0 && e.id == ERR_TABLE_DUPLICATE, "a second entry with a key is refused");
	is_int((long long)table_writer_count(w), 5000, "and changes nothing");
	ok(table_add(w, text(""), text(""), &e) == 0, "an empty key is a key");
	ok(table_write(w, path, &e) == 0, "a table is written");
	t = table_from_writer(a, w);
	ok(has_all(t, 5000), "all entries are found in memory");
	ok(table_find(t, text("key5000"), &v) == 1, "an absent key is not");
	ok(table_find(t, text(""), &v) == 0 && v.len == 0, "an empty value is a value");
	for (int i = 0; i < 4; i++)
		rc = table_next(t, &at, &k, &v);
	ok(rc == 0 && k.len == 4 && memcmp(k.p, "key3", 4) == 0, "entries keep their order");
	while (table_next(t, &at, &k, &v) == 0)
		rc++;
	is_int(rc, 5001 - 4, "and end");
	ok(table_open(a, path, &t, &e) == 0, "and mapped");
	is_int((long long)table_count(t), 5001, "with all entries");
	ok(has_all(t, 5000), "all entries are found in the file");
	table_writer_free(w);
	ok(table_open(a, in_dir(a, "none.tbl"), &t, &e) != 0 && e.id == ERR_SYSTEM, "a missing file is an error");
	write_file(in_dir(a, "short.tbl"), "MIXTABL\n");
	ok(table_open(a, in_dir(a, "short.tbl"), &t, &e) != 0 && e.id == ERR_TABLE_FORMAT, "a short file is refused");
	write_file(in_dir(a, "empty.tbl"), "");
	ok(table_open(a, in_dir(a, "empty.tbl"), &t, &e) != 0 && e.id == ERR_TABLE_FORMAT, "an empty file is refused");
	arena_free(a);
}

/* Every octet of a small table changed in turn: refused or harmless. */
static void test_damage(void)
{
	struct arena *a = arena_new(0);
	struct table_writer *w = filled(20);
	const char *path = in_dir(a, "good.tbl"), *bad = in_dir(a, "bad.tbl");
	char image[65536];
	int fd, refused = 0;
	ssize_t n;
	struct err e;

	if (table_write(w, path, &e) != 0)
		abort();
	table_writer_free(w);
	fd = open(path, O_RDONLY);
	n = read(fd, image, sizeof(image));
	close(fd);
	ok(n > 48 && n < (ssize_t)sizeof(image), "a small table");
	for (ssize_t i = 0; i < n; i += i < 64 ? 1 : 37) {
		struct arena *b = arena_new(0);
		struct table *t;
		struct octets v;

		image[i] = (char)(image[i] ^ 0x81);
		fd = open(bad, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (write(fd, image, (size_t)n) != n)
			abort();
		close(fd);
		if (table_open(b, bad, &t, &e) != 0)
			refused++;
		else
			for (int k = 0; k < 20; k++)
				(void)!table_find(t, text(arena_printf(b, "key%d", k)), &v);
		image[i] = (char)(image[i] ^ 0x81);
		arena_free(b);
	}
	ok(refused >= 48, "damage in the header is refused (%d times)", refused);
	arena_free(a);
}

/* ---- table sets ---- */

static struct addr_tables_source sample(struct arena *a, const char *folder)
{
	static const char *lists[4][2];
	static const char *const names[4] = {"mapping1", "mapping2", "gate1", "gate2"};

	for (int i = 0; i < 4; i++)
		lists[i][0] = arena_printf(a, "%s/%s", folder, names[i]);
	return (struct addr_tables_source){.mapping1 = lists[0], .mapping2 = lists[1], .gate1 = lists[2], .gate2 = lists[3],
	                                   .routes = arena_printf(a, "%s/routes", folder), .local_domain = "gw.example",
	                                   .local_or = "/PRMD=gw/ADMD= /C=XA/"};
}

static void test_samples(void)
{
	struct arena *a = arena_new(0);
	struct addr_tables_source src = sample(a, arena_printf(a, "%s/mappings", tap_srcdir()));
	struct addr_findings found = {0};
	struct addr_tables *t = NULL;
	struct or_address o;
	enum addr_how how;
	struct err e = {0};

	ok(addr_tables_check(a, &src, &found, &t, &e) == 0, "the sample tables load %s", e.detail);
	is_int((long long)found.warnings, 0, "without a warning");
	if (t != NULL && addr_to_x400(a, t, "Jo.Doe@lab.sales.x400.example", ADDR_RECIPIENT, &o, &how, NULL, &e) == 0)
		is(or_text(a, &o), "/G=Jo/S=Doe/OU=lab/O=sales/PRMD=Example Org/ADMD= /C=XA/", "and do what their comments say");
	arena_free(a);
}

static void test_bad(void)
{
	struct arena *a = arena_new(0);
	const char *file[2] = {arena_printf(a, "%s/t/vectors/address/tables/bad/mapping2.rfc2or", tap_srcdir()), NULL};
	struct addr_tables_source src = {.mapping2 = file};
	struct addr_findings found = {0};
	struct addr_tables *t;
	struct err e;

	ok(addr_tables_check(a, &src, &found, &t, &e) != 0, "A-206 a set with wrong lines is refused");
	is_int((long long)found.errors, 22, "with every wrong line");
	is(e.detail, "mapping2.rfc2or:3:1: no-separator: nohash.example PRMD$x.ADMD$ .C$XA", "the first is named by file and line");
	ok(found.items[21].severity == ADDR_ERROR && str_istarts(found.items[21].where, "mapping2.rfc2or:24:"), "so is the last %s", found.items[21].where);
	ok(addr_tables_load(a, &src, &t, &e) != 0, "and loading fails");
	file[0] = "/nonexistent/mapping2";
	ok(addr_tables_load(a, &src, &t, &e) != 0 && e.id == ERR_CONFIG, "a missing file is an error");
	arena_free(a);
}

static const char *to_x400(struct arena *a, const struct addr_tables *t, const char *mail)
{
	struct or_address o;
	enum addr_how how;

	return addr_to_x400(a, t, mail, ADDR_RECIPIENT, &o, &how, NULL, NULL) == 0 ? or_text(a, &o) : "error";
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static void test_compiled(void)
{
	struct arena *a = arena_new(0);
	const char *path = in_dir(a, "m2"), *tbl = in_dir(a, "m2.tbl"), *file[2] = {path, NULL};
	struct addr_tables_source src = {.mapping2 = file, .local_domain = "gw.example", .local_or = "/PRMD=gw/ADMD= /C=XA/"};
	struct addr_tables *t;
	struct err e = {0};

	write_file(path, "a.example#PRMD$one.ADMD$ .C$XA#\n");
	ok(addr_tables_compile(a, &src, &e) == 0 && exists(tbl), "a set is compiled beside its first text %s", e.detail);
	ok(addr_tables_load(a, &src, &t, &e) == 0, "and loaded");
	is(to_x400(a, t, "x@a.example"), "/S=x/PRMD=one/ADMD= /C=XA/", "with the same answers");
	/* The text stays as it is while the compiled file is made of another: what is read shows which one was used. */
	write_file(path, "a.example#PRMD$two.ADMD$ .C$XA# \n");
	ok(addr_tables_load(a, &src, &t, &e) == 0, "a changed text is noticed");
	is(to_x400(a, t, "x@a.example"), "/S=x/PRMD=two/ADMD= /C=XA/", "and read instead");
	ok(addr_tables_compile(a, &src, &e) == 0 && addr_tables_load(a, &src, &t, &e) == 0, "compiled again");
	is(to_x400(a, t, "x@a.example"), "/S=x/PRMD=two/ADMD= /C=XA/", "it is right again");
	write_file(tbl, "MIXTABL\nrubbish");
	ok(addr_tables_load(a, &src, &t, &e) == 0, "a damaged compiled file is passed over");
	is(to_x400(a, t, "x@a.example"), "/S=x/PRMD=two/ADMD= /C=XA/", "for the text");
	write_file(path, "a.example#PRMD$two#\n");
	ok(addr_tables_compile(a, &src, &e) != 0 && e.id == ERR_TABLE_SYNTAX, "a wrong set is not compiled");
	arena_free(a);
}

static void add_domain(void *context, const char *domain, const struct or_address *o)
{
	struct arena *a = arena_new(0);

	buf_printf(context, "%s %s\n", domain, or_text(a, o));
	arena_free(a);
}

static void test_each(void)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_in(a, 65536);
	struct addr_tables *t;
	struct err e;

	ok(addr_tables_load_dir(a, arena_printf(a, "%s/t/vectors/address/tables/own", tap_srcdir()), &t, &e) == 0, "a folder loads");
	addr_each_domain(a, t, add_domain, b);
	is(buf_str(b), "root.example /PRMD=root/ADMD= /C=XA/\nkunst.example /O=Kunst .uk/PRMD=root/ADMD= /C=XA/\n",
	   "the domains of mapping 2, in order");
	is(addr_local_domain(t), "gw.example", "the gateway's domain");
	ok(addr_local_or(t)->v[OR_PRMD].printable != NULL, "and its O/R address");
	arena_free(a);
}

static void test_trace(void)
{
	struct arena *a = arena_new(0);
	struct addr_trace trace = {0};
	struct addr_tables *t;
	struct or_address o;
	enum addr_how how;
	struct err e;

	if (addr_tables_load_dir(a, arena_printf(a, "%s/t/vectors/address/tables/own", tap_srcdir()), &t, &e) != 0)
		abort();
	ok(addr_to_x400(a, t, "Jo.Doe@x.root.example", ADDR_RECIPIENT, &o, &how, &trace, &e) == 0 && how == ADDR_MAPPED, "mapped");
	ok(trace.count >= 4, "A-297 the steps are told");
	is(trace.items[0].rule, "A-130", "with their rule");
	is(trace.items[0].text, "longest match for x.root.example is mapping2.rfc2or:1, PRMD$root.ADMD$ .C$XA", "and line of the table");
	ok(addr_to_x400(a, t, "\"/S=x/ADMD=a/C=XB/\"@any.example", ADDR_HEADER, &o, &how, NULL, &e) == 0 && how == ADDR_EXPLICIT,
	   "A-126 explicit");
	ok(addr_to_x400(a, t, "a_b@x.root.example", ADDR_HEADER, &o, &how, NULL, &e) == 0 && how == ADDR_ENCAPSULATED, "A-150 encapsulated");
	arena_free(a);
}

/* ---- other people's tables, and ours for others ---- */

static void test_import(void)
{
	struct arena *a = arena_new(0);
	enum addr_table table = ADDR_ROUTES;
	struct err e = {0};
	char *rule;

	ok(addr_import_line(a, ADDR_DIALECT_PP, "uni.test:O$one\\:two.PRMD$uni.ADMD$ .C$XA", &table, &rule, &e) == 0, "A-215: a line of PP");
	ok(table == ADDR_MAPPING2, "A-215: is mapping 2");
	is(rule, "uni.test#O$one:two.PRMD$uni.ADMD$ .C$XA#", "A-215: with a colon in a value");
	ok(addr_import_line(a, ADDR_DIALECT_PP, "uni.test#PRMD$uni.ADMD$ .C$XA#", &table, &rule, &e) < 0, "A-215: and no other separator");
	arena_free(a);
}

static void test_published(void)
{
	struct addr_rule r = {.table = ADDR_MAPPING2, .file = "mapping2"};

	ok(addr_px_published(&r), "A-234: a rule of a table may stand in DNS");
	r.file = "mapping2.local";
	ok(!addr_px_published(&r), "A-234: one that is ours alone may not");
	r = (struct addr_rule){.table = ADDR_ROUTES, .file = "routes"};
	ok(!addr_px_published(&r), "A-234: nor may a route");
}

int main(void)
{
	log_open("addr_tables.t", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	if (mkdtemp(dir) == NULL)
		return 2;
	test_table();
	test_damage();
	test_samples();
	test_bad();
	test_compiled();
	test_each();
	test_trace();
	test_import();
	test_published();
	if (fork() == 0)
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
	return tap_done();
}
