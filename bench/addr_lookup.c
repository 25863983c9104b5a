/*
 * addr_lookup.c - one look-up of a rule by its longest match, among a million rules, beside LMDB and tinycdb that hold the same
 * keys.  Usage: addr_lookup [RULES [ROUNDS]].
 *
 * Each asks for "x.oN.nM.example" with random N, whose rule is "oN.nM.example": the whole domain is tried, then what follows
 * each of its dots until there is a rule.  "rule" is what mixgate does: fold, hash, find, read the value and say where it stands.
 * "find" is the find of its table alone, by the same loop as the two others; LMDB reads in one transaction, cdb from its map.
 * Every round runs every row once; a ratio is taken within its round.
 */
#include <cdb.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "addr/addr.h"
#include "addr/source.h"
#include "base/log.h"
#include "base/table.h"

#define LOOKUPS   400000
#define ROUNDS_MAX 99

enum row { RULE, NODE, FIND, LMDB, CDB, ROWS };
static const char *const names[ROWS] = {"rule of a domain", "rule of an O/R address", "find in the table", "find in LMDB", "find in tinycdb"};

static long rules = 1000000;
static const char *dir;
static struct arena *tables_arena;
static struct addr_tables *tables;
static struct table *table;
static MDB_env *env;
static MDB_dbi dbi;
static MDB_txn *txn;
static struct cdb cdb;
static char (*domains)[48];
static struct addr_node *nodes;

static void die(const char *what)
{
	fprintf(stderr, "addr_lookup: %s\n", what);
	exit(1);
}
#define MUST(cond) ((cond) ? (void)0 : die(#cond))

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *path(const char *name)
{
	static char text[4][512];
	static int n;

	n = (n + 1) % 4;
	snprintf(text[n], sizeof text[n], "%s/%s", dir, name);
	return text[n];
}

static const char *key(long i)
{
	static char text[48];

	snprintf(text, sizeof text, "o%ld.n%ld.example", i, i % 1000);
	return text;
}

static void make_texts(void)
{
	FILE *f1 = fopen(path("mapping1"), "w"), *f2 = fopen(path("mapping2"), "w");

	MUST(f1 != NULL && f2 != NULL);
	for (long i = 0; i < rules; i++) {
		fprintf(f1, "O$org%ld.PRMD$net%ld.ADMD$ .C$XA#%s#\n", i, i % 1000, key(i));
		fprintf(f2, "%s#O$org%ld.PRMD$net%ld.ADMD$ .C$XA#\n", key(i), i, i % 1000);
	}
	fclose(f1);
	fclose(f2);
}

static void load_tables(void)
{
	const char *m1[] = {strdup(path("mapping1")), NULL}, *m2[] = {strdup(path("mapping2")), NULL};
	struct addr_tables_source src = {.mapping1 = m1, .mapping2 = m2, .local_domain = "gw.example", .local_or = "/PRMD=gw/ADMD= /C=XA/",
	                                 .compiled = strdup(path("tables.tbl")), .keep_compiled = true};
	struct err e;

	tables_arena = arena_new(0);
	MUST(addr_tables_load(tables_arena, &src, &tables, &e) == 0);
}

static void make_table(void)
{
	struct table_writer *w = table_writer_new((size_t)rules);
	struct err e;

	for (long i = 0; i < rules; i++) {
		const char *k = key(i);
		MUST(table_add(w, (struct octets){(const uint8_t *)k, strlen(k)}, (struct octets){(const uint8_t *)&i, sizeof i}, &e) == 0);
	}
	MUST(table_write(w, path("plain.tbl"), &e) == 0);
	table_writer_free(w);
	MUST(table_open(tables_arena, path("plain.tbl"), &table, &e) == 0);
}

static void make_lmdb(void)
{
	MUST(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, (size_t)1 << 30) == 0);
	MUST(mdb_env_open(env, path("keys.mdb"), MDB_NOSUBDIR | MDB_NOSYNC, 0644) == 0);
	MUST(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
	for (long i = 0; i < rules; i++) {
		const char *k = key(i);
		MDB_val mk = {strlen(k), (void *)(uintptr_t)k}, mv = {sizeof i, &i};
		MUST(mdb_put(txn, dbi, &mk, &mv, 0) == 0);
	}
	MUST(mdb_txn_commit(txn) == 0 && mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
}

static void make_cdb(void)
{
	struct cdb_make m;
	int fd = open(path("keys.cdb"), O_RDWR | O_CREAT | O_TRUNC, 0644);

	MUST(fd >= 0 && cdb_make_start(&m, fd) == 0);
	for (long i = 0; i < rules; i++) {
		const char *k = key(i);
		MUST(cdb_make_add(&m, k, (unsigned)strlen(k), &i, sizeof i) == 0);
	}
	MUST(cdb_make_finish(&m) == 0 && cdb_init(&cdb, fd) == 0);
}

/* The same questions for every row: made before the clock runs. */
static void make_questions(void)
{
	unsigned long random = 1;

	domains = calloc(LOOKUPS, sizeof *domains);
	nodes = calloc(LOOKUPS, sizeof *nodes);
	MUST(domains != NULL && nodes != NULL);
	for (int i = 0; i < LOOKUPS; i++) {
		const char *reason;
		char text[80];
		struct err e;
		long n;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = (long)((random >> 33) % (unsigned long)rules);
		snprintf(domains[i], sizeof domains[i], "x.%s", key(n));
		snprintf(text, sizeof text, "OU$x.O$org%ld.PRMD$net%ld.ADMD$ .C$XA", n, n % 1000);
		MUST(addr_node_parse(tables_arena, text, ADDR_NODE_MAPPING, &nodes[i], &reason, &e) == 0);
	}
}

static bool in_table(const char *k, size_t n)
{
	struct octets value;

	return table_find(table, (struct octets){(const uint8_t *)k, n}, &value) == 0;
}

static bool in_lmdb(const char *k, size_t n)
{
	MDB_val mk = {n, (void *)(uintptr_t)k}, mv;

	return mdb_get(txn, dbi, &mk, &mv) == 0;
}

static bool in_cdb(const char *k, size_t n) { return cdb_find(&cdb, k, (unsigned)n) > 0; }

static bool longest(const char *domain, bool (*find)(const char *k, size_t n))
{
	for (; domain != NULL; domain = strchr(domain, '.')) {
		domain += *domain == '.';
		if (find(domain, strlen(domain)))
			return true;
	}
	return false;
}

/* Nanoseconds of a look-up. */
static double run(enum row row)
{
	static bool (*const find[ROWS])(const char *, size_t) = {[FIND] = in_table, [LMDB] = in_lmdb, [CDB] = in_cdb};
	struct arena *a = arena_new(0);
	double from = seconds();

	for (int i = 0; i < LOOKUPS; i++) {
		if (find[row] != NULL) {
			MUST(longest(domains[i], find[row]));
			continue;
		}
		struct addr_query q = row == RULE ? (struct addr_query){.table = ADDR_MAPPING2, .domain = domains[i]}
		                                  : (struct addr_query){.table = ADDR_MAPPING1, .node = &nodes[i]};
		struct addr_hit hit;
		struct err e;

		MUST(addr_find(a, tables, &q, &hit, &e) == ADDR_FOUND);
		arena_reset(a);
	}
	from = seconds() - from;
	arena_free(a);
	return from * 1e9 / LOOKUPS;
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static void print_row(enum row row, double ns[ROWS][ROUNDS_MAX], int rounds)
{
	double ratio[ROUNDS_MAX], sorted[ROUNDS_MAX];

	for (int r = 0; r < rounds; r++) {
		ratio[r] = ns[row][r] / ns[LMDB][r];
		sorted[r] = ns[row][r];
	}
	qsort(ratio, (size_t)rounds, sizeof *ratio, by_value);
	qsort(sorted, (size_t)rounds, sizeof *sorted, by_value);
	printf("%-24s %6.0f ns [%5.0f .. %5.0f]   %.2f of LMDB\n", names[row], sorted[rounds / 2], sorted[0], sorted[rounds - 1], ratio[rounds / 2]);
}

int main(int argc, char **argv)
{
	static double ns[ROWS][ROUNDS_MAX];
	char template[] = "/tmp/mixgate-addr-lookup.XXXXXX", command[100];
	int rounds = argc > 2 ? atoi(argv[2]) : 5;

	rules = argc > 1 ? atol(argv[1]) : rules;
	MUST(rules > 0 && rounds > 0 && rounds <= ROUNDS_MAX && (dir = mkdtemp(template)) != NULL);
	log_open("addr_lookup", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	make_texts();
	load_tables();
	make_table();
	make_lmdb();
	make_cdb();
	make_questions();
	for (int r = 0; r < rounds; r++)
		for (int row = 0; row < ROWS; row++)
			ns[row][r] = run((enum row)row);
	printf("# %ld rules in each direction, %d look-ups a row, %d rounds; processor time, median [lowest .. highest]\n", rules, LOOKUPS, rounds);
	for (int row = 0; row < ROWS; row++)
		print_row((enum row)row, ns, rounds);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) == 0 ? 0 : 1;
}
