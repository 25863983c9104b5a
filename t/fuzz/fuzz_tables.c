/*
 * fuzz_tables.c - mapping tables as octets of a stranger.  The first octet chooses:
 *   1 2 g h r   the text of one table (mapping 1 and 2, gate 1 and 2, routes): what is taken can be looked up, and each rule
 *               that is printed is a line of that table again (A-203 .. A-213)
 *   R P E X M A a table of another gateway (RFC 1327, PP, EAN, Exchange, PMDF, whatever it looks like): what is understood is a
 *               line of ours
 *   C           the compiled file of t/fuzz/addr.tables with octets changed behind its digest (offset, offset, octet): nothing
 *               outside of it is ever read
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/addr.h"
#include "addr/levels.h"
#include "addr/source.h"
#include "addr/table_image.h"
#include "addr/table_import.h"
#include "addr/tables.h"
#include "base/log.h"
#include "base/table.h"
#include "t/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	return fd;
}

static void is_a_line(struct arena *a, enum addr_table which, const char *rule)
{
	struct addr_findings found = {0};
	struct err e = {0};

	/* " ; " divides the lines of that notation */
	if (strstr(rule, " ; ") == NULL)
		MUST(addr_tables_lint_text(a, arena_printf(a, "%s %s", addr_table_names[which], rule), &found, &e) == 0);
}

static void ask(struct arena *a, const struct addr_tables *t, const char *domain)
{
	static const char *const levels[] = {"XA", " ", "net2", "org", "cs"};
	struct addr_node node = {.depth = 5};
	struct addr_hit hit;
	struct err e;

	memcpy(node.level, levels, sizeof levels);
	for (int i = 0; i < ADDR_TABLE_COUNT; i++) {
		struct addr_query q = {.table = (enum addr_table)i};

		if (addr_table_by_domain(q.table))
			q.domain = domain;
		else
			q.node = &node;
		if (addr_find(a, t, &q, &hit, &e) == ADDR_FOUND)
			MUST(strlen(hit.value) < 1u << 20 && strlen(hit.where) > 0);
	}
}

static void look_around(struct arena *a, const struct addr_tables *t, bool sound)
{
	struct addr_rule r;
	size_t at = 0;

	for (int n = 0; n < 1000 && addr_tables_next(t, a, &at, &r) == 0; n++) {
		char *text = addr_rule_text(a, &r);

		if (sound)
			is_a_line(a, r.table, text);
		if (r.domain != NULL)
			ask(a, t, arena_printf(a, "sub.%s", r.domain));
	}
	ask(a, t, "x.org.net2.example");
}

static void read_text(struct arena *a, enum addr_table which, const uint8_t *p, size_t n)
{
	int fd = memory_file(p, n);
	const char *path = arena_printf(a, "/proc/self/fd/%d", fd), *list[] = {path, NULL};
	struct addr_tables_source src = {.local_domain = "gw.example", .quiet = true};
	struct addr_findings found = {0};
	struct addr_tables *t;
	struct err e = {0};

	src.mapping1 = which == ADDR_MAPPING1 ? list : NULL;
	src.mapping2 = which == ADDR_MAPPING2 ? list : NULL;
	src.gate1 = which == ADDR_GATE1 ? list : NULL;
	src.gate2 = which == ADDR_GATE2 ? list : NULL;
	src.routes = which == ADDR_ROUTES ? path : NULL;
	if (addr_tables_check(a, &src, &found, &t, &e) == 0) {
		MUST(found.errors == 0);
		look_around(a, t, true);
	} else {
		MUST(e.id != ERR_NONE);
	}
	close(fd);
}

static void import(struct arena *a, enum addr_dialect dialect, const char *text, size_t size)
{
	if (dialect == ADDR_DIALECT_AUTO)
		dialect = addr_import_detect(text, size);
	for (const char *end; dialect != ADDR_DIALECT_AUTO && size > 0; text = end) {
		enum addr_table which;
		struct err e = {0};
		char *rule;
		size_t n;

		end = memchr(text, '\n', size);
		n = end == NULL ? size : (size_t)(end - text);
		if (memchr(text, '\0', n) == NULL && addr_import_line(a, dialect, arena_strndup(a, text, n), &which, &rule, &e) == 0) {
			MUST(which == ADDR_MAPPING1 || which == ADDR_MAPPING2);
			is_a_line(a, which, rule);
		}
		n += end != NULL;
		end = text + n;
		size -= n;
	}
}

static struct octets compiled(void)
{
	static struct octets image;
	struct addr_tables_source src;
	struct arena *a = arena_new(0);
	const char *srcdir = getenv("srcdir");
	struct stat st;
	struct err e;
	int fd;

	if (image.p == NULL) {
		MUST(addr_tables_source_dir(a, arena_printf(a, "%s/t/fuzz/addr.tables", srcdir == NULL ? "." : srcdir), &src, &e) == 0);
		MUST(addr_tables_build(&src, &fd, &e) == 0 && fstat(fd, &st) == 0);
		image = (struct octets){mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0), (size_t)st.st_size};
		MUST(image.p != MAP_FAILED);
		close(fd);
	}
	arena_free(a);
	return image;
}

static void change(struct arena *a, const uint8_t *p, size_t n)
{
	struct octets image = compiled();
	uint8_t *copy = arena_memdup(a, image.p, image.len);
	struct addr_tables_source src = {.local_domain = "gw.example"};
	struct addr_tables *t;
	struct err e;
	int fd;

	for (; n >= 3; p += 3, n -= 3)
		copy[((size_t)p[0] << 8 | p[1]) % image.len] = p[2];
	fd = memory_file(copy, image.len);
	if (addr_tables_map(a, &src, fd, &t, &e) == 0)
		look_around(a, t, false);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char tables[] = "12ghr", dialects[] = "ARPEXM";
	struct arena *a = arena_new(0);
	const char *which;

	log_open("fuzz_tables", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	if (size > 1 && *data != '\0' && (which = strchr(tables, *data)) != NULL)
		read_text(a, (enum addr_table)(which - tables), data + 1, size - 1);
	else if (size > 1 && *data != '\0' && (which = strchr(dialects, *data)) != NULL)
		import(a, (enum addr_dialect)(which - dialects), (const char *)data + 1, size - 1);
	else if (size > 1 && *data == 'C')
		change(a, data + 1, size - 1);
	arena_free(a);
	return 0;
}
