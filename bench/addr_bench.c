/*
 * addr_bench.c - address tables of N rules (default a million) in each direction: reading the text, compiling, opening the
 * compiled file, mapping addresses.  Usage: addr_bench [RULES [FOLDER]]; the folder is left as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/log.h"

#define MAPPINGS 200000

static int64_t wall, cpu;

static int64_t cpu_ms(const struct rusage *ru)
{
	return (int64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000 + (ru->ru_utime.tv_usec + ru->ru_stime.tv_usec) / 1000;
}

/* Rates are of processor time: the machine may have other things to do. */
static void report(const char *what, double count, const char *unit)
{
	struct rusage ru;
	int64_t used;

	getrusage(RUSAGE_SELF, &ru);
	used = cpu_ms(&ru) - cpu;
	printf("%-24s %7lld ms %7lld ms cpu %10.0f %s/s   max rss %ld MB\n", what, (long long)(clock_monotonic_ms() - wall),
	       (long long)used, used > 0 ? count * 1000 / (double)used : 0, unit, ru.ru_maxrss / 1024);
	fflush(stdout);
	wall = clock_monotonic_ms();
	cpu = cpu_ms(&ru);
}

static void write_tables(const char *m1, const char *m2, long rules)
{
	FILE *f1 = fopen(m1, "w"), *f2 = fopen(m2, "w");

	if (f1 == NULL || f2 == NULL) {
		perror("tables");
		exit(1);
	}
	for (long i = 0; i < rules; i++) {
		fprintf(f1, "O$org%ld.PRMD$net%ld.ADMD$ .C$XA#o%ld.n%ld.example#\n", i, i % 1000, i, i % 1000);
		fprintf(f2, "o%ld.n%ld.example#O$org%ld.PRMD$net%ld.ADMD$ .C$XA#\n", i, i % 1000, i, i % 1000);
	}
	fclose(f1);
	fclose(f2);
}

static int fail(const struct err *e)
{
	char text[600];

	err_text(e, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return 1;
}

static int map_some(const struct addr_tables *t, long rules, struct err *e)
{
	unsigned long random = 1;

	for (int i = 0; i < MAPPINGS; i++) {
		struct arena *a = arena_new(0);
		struct or_address o;
		enum addr_how how;
		char *back;
		long n;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = (long)((random >> 33) % (unsigned long)rules);
		if (addr_to_x400(a, t, arena_printf(a, "Jo.Doe@x.o%ld.n%ld.example", n, n % 1000), ADDR_RECIPIENT, &o, &how, NULL, e) != 0 ||
		    addr_to_822(a, t, &o, ADDR_RECIPIENT, &back, &how, NULL, e) != 0)
			return -1;
		arena_free(a);
	}
	return 0;
}

int main(int argc, char **argv)
{
	long rules = argc > 1 ? atol(argv[1]) : 1000000;
	struct arena *a = arena_new(0), *b = arena_new(0);
	const char *dir = argc > 2 ? argv[2] : "/tmp/mixgate-addr-bench";
	const char *m1[2] = {arena_printf(a, "%s/mapping1", dir), NULL}, *m2[2] = {arena_printf(a, "%s/mapping2", dir), NULL};
	struct addr_tables_source src = {.mapping1 = m1, .mapping2 = m2, .local_domain = "gw.example", .local_or = "/PRMD=gw/ADMD= /C=XA/",
	                                 .compiled = arena_printf(a, "%s/tables.tbl", dir)};
	struct addr_tables *t;
	struct err e;

	log_open("addr_bench", LOG_TO_STDERR, LOG_LEVEL_WARN);
	(void)mkdir(dir, 0755);
	(void)remove(src.compiled);
	wall = clock_monotonic_ms();
	write_tables(m1[0], m2[0], rules);
	report("write the texts", 2.0 * (double)rules, "rules");
	if (addr_tables_compile(b, &src, &e) != 0)
		return fail(&e);
	report("compile", 2.0 * (double)rules, "rules");
	arena_free(b);
	if (addr_tables_load(a, &src, &t, &e) != 0)
		return fail(&e);
	report("open the compiled file", 2.0 * (double)rules, "rules");
	if (map_some(t, rules, &e) != 0)
		return fail(&e);
	report("map to X.400 and back", MAPPINGS, "pairs");
	(void)remove(src.compiled);
	if (addr_tables_load(a, &src, &t, &e) != 0)
		return fail(&e);
	report("load the texts", 2.0 * (double)rules, "rules");
	if (map_some(t, rules, &e) != 0)
		return fail(&e);
	report("map to X.400 and back", MAPPINGS, "pairs");
	arena_free(a);
	return 0;
}
