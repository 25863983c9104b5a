/*
 * addr_properties.c - round trips of made-up addresses through made-up tables (A-005): 822 -> X.400 -> 822 and X.400 -> 822 ->
 * X.400 give the address again, or there is a row of exceptions[] that says by which clause it differs.  Whatever comes out
 * has no control character and is a mail address, or O/R text that reads back.
 *
 * ADDR_CASES is how many addresses [20000], ADDR_SEED the first number of the generator [1]; t/long/run takes a million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/rfc822.h"
#include "addr/explain.h"
#include "addr/tables.h"
#include "base/str.h"
#include "t/lib/tap.h"

#define ADDRESSES_PER_SET 500
#define RULES 40

/* ---- the generator ---- */

static uint64_t state;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 33) % n);
}

static const char *pick(const char *const *list, unsigned n)
{
	return list[below(n)];
}
#define PICK(list) pick((list), ARRAY_LEN(list))

static const char *const labels[] = {"a", "b", "art", "X", "r-d", "dept1", "x9", "sales", "MiXed", "0", "long-label-of-28-characters"};
static const char *const values[] = {"a",       "b",     "art",    "Region Sud", "R&D",      "x.y",      "a/b",       "S=x",  "",
                                     " lead",   "two  blanks", "sales",  "MIXED",      "(a)",      "A,B",      "o'neil",    "*",    "-",
                                     "0",       "1.Smith", "Rose.Jr", "M.T.Rose",   "seventeen letters", "$", "end-", "a;b"};
static const char *const pieces[] = {"a",   "Z",   "1",  "-",  ".",   " ",  "/",    "=",    ";",     "$",     "@",     "\"",    "\\", "(",
                                     ")",   "*",   "{",  "}",  "|",   "_",  "%",    "!",    "{165}", "(a)",   "/S=",   "/O=",   "/OU=", "/G=",
                                     "/C=", "XA",  "/ADMD=", "/PRMD=", "/DD.x=", "/RFC-822=", "/PN=", "/CN=", "\r", "\n", "\t", "\x80", "\xff",
                                     "name", "Mary", "..", "\"a b\"", "/T-TY=", "(7)", "/PD-A1=", ",", ":", "<", ">", "[", "]"};

static const char *join_some(struct arena *a, const char *const *list, unsigned n, unsigned most, const char *between)
{
	struct buf *b = buf_in(a, 65536);

	for (unsigned i = 0, count = 1 + below(most); i < count; i++)
		buf_printf(b, "%s%s", i > 0 ? between : "", pick(list, n));
	return arena_strdup(a, buf_str(b));
}

static const char *make_domain(struct arena *a)
{
	static const char *const ends[] = {"test", "example", "a.test", "art.example"};

	return arena_printf(a, "%s.%s", join_some(a, labels, ARRAY_LEN(labels), 3, "."), PICK(ends));
}

static const char *make_822(struct arena *a)
{
	static const char *const texts[] = {"/S=%s/", "/G=%s/S=Doe/", "/O=%s/S=x/", "S=Doe;O=%s", "/CN=%s/OU=x/", "%s.Doe", "/S=x/O=%s/PRMD=p/C=XA/",
	                                    "/DD.%s=y/S=x/", "/PN=%s/"};
	const char *domain = make_domain(a), *local;
	struct buf *b;

	if (below(40) == 0)
		return arena_printf(a, "@a.test,@b.example:%s@%s", PICK(labels), domain);
	if (below(3) == 0)
		return arena_printf(a, "%s@%s", join_some(a, pieces, ARRAY_LEN(pieces), 8, ""), domain);
	b = buf_in(a, 65536);
	for (const char *s = PICK(texts); *s != '\0'; s++) {
		if (*s == '%')
			buf_puts(b, PICK(values)), s++;
		else
			buf_putc(b, (unsigned char)*s);
	}
	local = buf_str(b);
	return arena_printf(a, "%s@%s", addr_822_quote(a, local), domain);
}

static void maybe(struct arena *a, struct or_address *o, enum or_attribute i, unsigned one_in)
{
	if (below(one_in) != 0)
		return;
	if (below(12) == 0 && i != OR_PRMD) {
		static const uint8_t latin[] = {'a', 0xe9, 27, 'b', 'c'};
		o->v[i].teletex = (struct octets){latin, 1 + below(sizeof latin)};
	}
	if (o->v[i].teletex.p == NULL || below(2) == 0)
		or_set(a, o, i, below(2) == 0 ? PICK(labels) : PICK(values));
}

static void make_or(struct arena *a, struct or_address *o)
{
	static const char *const countries[] = {"XA", "XB", "990", "xa"}, *const admds[] = {" ", "net", "0", ""};
	static const enum or_attribute units[] = {OR_OU1, OR_OU2, OR_OU3, OR_OU4};

	*o = (struct or_address){0};
	or_set(a, o, OR_C, PICK(countries));
	if (below(20) != 0)
		or_set(a, o, OR_ADMD, PICK(admds));
	maybe(a, o, OR_PRMD, 2);
	maybe(a, o, OR_O, 2);
	for (size_t i = 0; i < ARRAY_LEN(units) && (i == 0 || or_has(o, units[i - 1])); i++)
		maybe(a, o, units[i], 2);
	maybe(a, o, OR_S, 2);
	maybe(a, o, OR_CN, 5);
	maybe(a, o, OR_PD_PN, 60);
	if (or_has(o, OR_S) || below(20) == 0) {
		maybe(a, o, OR_G, 3);
		maybe(a, o, OR_I, 4);
		maybe(a, o, OR_GQ, 6);
	}
	if (below(40) == 0)
		or_set(a, o, below(2) == 0 ? OR_X121 : OR_UA_ID, "3134 4");
	for (unsigned n = below(6) == 0 ? 1 + below(3) : 0; n > 0; n--)
		or_add_dda(a, o, below(4) == 0 ? "RFC-822" : PICK(values), below(2) == 0 ? "u(a)host.example" : PICK(values));
}

/* Line i of both mapping tables is one rule; ends of some domains stand below others, as in life. */
static void make_tables(struct arena *a, const char *dir)
{
	static const char *const parts[] = {"a", "b", "art", "Region Sud", "sales", "x\\.y"};
	struct buf *one = buf_in(a, 65536), *two = buf_in(a, 65536), *seen = buf_in(a, 65536);

	for (int i = 0; i < RULES; i++) {
		const char *domain = make_domain(a);
		struct buf *node = buf_in(a, 4096);
		const char *key;

		for (unsigned k = below(3); k > 0; k--)
			buf_printf(node, "OU$%s.", PICK(parts));
		buf_printf(node, "O$%s.PRMD$%s.ADMD$%s.C$%s", below(5) == 0 && node->len == 0 ? "@" : PICK(parts), PICK(parts),
		           below(2) == 0 ? " " : "net", below(2) == 0 ? "XA" : "XB");
		key = arena_printf(a, "\n%s\n|%s|", domain, buf_str(node));
		if (strcasestr(buf_str(seen), arena_printf(a, "\n%s\n", domain)) != NULL ||
		    strcasestr(buf_str(seen), arena_printf(a, "|%s|", buf_str(node))) != NULL)
			domain = arena_printf(a, "unique%d.test", i), buf_reset(node), buf_printf(node, "PRMD$unique%d.ADMD$ .C$XA", i);
		buf_puts(seen, key);
		buf_printf(one, "%s#%s#\n", buf_str(node), domain);
		buf_printf(two, "%s#%s#\n", domain, buf_str(node));
	}
	for (int i = 0; i < 3; i++) {
		const char *name[] = {"mapping1.or2rfc", "mapping2.rfc2or", "gateway.conf"};
		const char *text[] = {buf_str(one), buf_str(two), "local-domain = gw.test\nlocal-or = /O=gw/PRMD=gw/ADMD= /C=XA/\nnumeric-country = 990:XA\n"};
		FILE *f = fopen(arena_printf(a, "%s/%s", dir, name[i]), "w");

		if (f == NULL || fputs(text[i], f) < 0 || fclose(f) != 0)
			exit(1);
	}
}

/* ---- the properties ---- */

enum exception_id { KEY_ORDER, SHORT_NAME, COMPLETE, OTHER_RULE, DROPPED, NO_ADMD, NOT_LEGAL, ROUTE, COUNTRY, NO_ADDRESS, EXCEPTION_COUNT };
static struct exception {
	const char *rule, *clause, *what;
	unsigned long seen;
} exceptions[EXCEPTION_COUNT] = {
	[KEY_ORDER] = {"A-055", "2156 4.1.1, 4.3.3", "O/R text in another spelling or order of keys: the same O/R address", 0},
	[SHORT_NAME] = {"A-071", "2156 4.1.2", "a name that the short form may be read as, but not be written in: the same O/R address", 0},
	[COMPLETE] = {"A-126", "2156 4.3.4 I.6", "a complete O/R address at a domain that is not its own: the same O/R address", 0},
	[OTHER_RULE] = {"A-012", "2156 4.2", "a name below one rule's node that another rule gives to another node", 0},
	[DROPPED] = {"A-172", "2156 4.3.5 A", "attributes beside an RFC-822 attribute", 0},
	[NO_ADMD] = {"A-094", "2156 4.1.3", "a country without ADMD comes back with a blank one", 0},
	[NOT_LEGAL] = {"A-146", "2156 4.3.4 I.9", "an address that is no legal one in X.400(1988)", 0},
	[ROUTE] = {"A-118", "2156 4.3.4 I.1", "a source route is dropped", 0},
	[NO_ADDRESS] = {"A-176", "2156 4.3.5 A", "an RFC-822 attribute that holds no mail address", 0},
	[COUNTRY] = {"A-181", "2156 4.3.5 B.2", "a numeric country comes back as two letters", 0},
};
static unsigned long failed, exact, refused;

static void fail(const char *what, const char *input, const char *result, const char *back)
{
	if (failed++ < 20)
		diag("%s: %s -> %s -> %s", what, input, result, back == NULL ? "none" : back);
}

static bool is_clean(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 32 || (unsigned char)*s > 126)
			return false;
	return true;
}

/* The number behind the last colon: rules of a pair stand on one line of their files. */
static long line_of(const char *where)
{
	const char *colon = where == NULL ? NULL : strrchr(where, ':');

	return colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
}

/* Did the same pair of rules work in both directions? */
static bool is_one_pair(struct arena *a, const struct addr_tables *t, const struct addr_explanation *x)
{
	struct addr_explanation back;

	return addr_explain(a, t, x->reverse, x->to_x400, x->use, &back) == 0 && line_of(back.trace.where) == line_of(x->trace.where);
}

static int why_822_differs(struct arena *a, const struct addr_tables *t, const struct addr_explanation *x)
{
	struct addr_822 addr;
	struct or_address again;
	enum addr_how how;

	if (addr_822_parse(a, x->input, &addr, NULL) != 0)
		return -1;
	if (addr.route_first != NULL)
		return ROUTE;
	if (x->how == ADDR_ENCAPSULATED)
		return -1;
	/* Somebody wrote the attribute of the coding into an address. */
	if (or_find_dda(&x->x400, "RFC-822") != NULL)
		return x->reverse == NULL ? NO_ADDRESS : DROPPED;
	if (x->reverse == NULL)
		return -1;
	if (addr_to_x400(a, t, x->reverse, x->use, &again, &how, NULL, NULL) != 0)
		return -1;
	if (!or_equal(&x->x400, &again))
		return !is_one_pair(a, t, x) ? OTHER_RULE : -1;
	if (x->how == ADDR_EXPLICIT)
		return COMPLETE;
	return strchr(addr.unquoted, '=') != NULL ? KEY_ORDER : SHORT_NAME;
}

static void check_822(struct arena *a, const struct addr_tables *t)
{
	const char *input = make_822(a);
	struct addr_explanation x;
	struct or_address again;
	int why;

	if (addr_explain(a, t, input, true, (enum addr_use)below(3), &x) != 0) {
		refused++;
		return;
	}
	if (!is_clean(x.result) || addr_parse_or(a, x.result, &again, NULL) != 0 || !or_equal(&x.x400, &again))
		fail("not O/R text", input, x.result, x.reverse);
	if (addr_check_or(&x.x400, NULL) != 0)
		fail("not a legal O/R address", input, x.result, x.reverse);
	if (x.exact)
		exact++;
	else if ((why = why_822_differs(a, t, &x)) < 0)
		fail("does not come back", input, x.result, x.reverse);
	else
		exceptions[why].seen++;
}

static int why_x400_differs(struct arena *a, const struct addr_tables *t, const struct or_address *o, const char *mail, enum addr_how how,
                            const struct or_address *back)
{
	struct addr_explanation x;
	struct or_address with = *o;

	if (how == ADDR_DECAPSULATED)
		return DROPPED;
	if (!or_has(o, OR_ADMD)) {
		or_set(a, &with, OR_ADMD, " ");
		return or_equal(&with, back) ? NO_ADMD : NOT_LEGAL;
	}
	if (addr_check_or(o, NULL) != 0)
		return NOT_LEGAL;
	if (str_eq(o->v[OR_C].printable, "990")) {
		or_set(a, &with, OR_C, "XA");
		if (or_equal(&with, back))
			return COUNTRY;
	}
	x = (struct addr_explanation){0};
	if (addr_explain(a, t, mail, true, ADDR_RECIPIENT, &x) != 0)
		return -1;
	for (size_t i = 0; i < x.alternatives_count; i++)
		if (x.alternatives[i].where != NULL)
			return OTHER_RULE;
	return -1;
}

static void check_x400(struct arena *a, const struct addr_tables *t)
{
	struct or_address o, back;
	struct addr_822 parsed;
	enum addr_how how, how_back;
	char *mail;
	int why;

	make_or(a, &o);
	if (addr_to_822(a, t, &o, ADDR_RECIPIENT, &mail, &how, NULL, NULL) != 0) {
		refused++;
		return;
	}
	if (!is_clean(mail) || addr_822_parse(a, mail, &parsed, NULL) != 0) {
		fail("no mail address", or_text(a, &o), mail, NULL);
		return;
	}
	if (addr_to_x400(a, t, mail, ADDR_RECIPIENT, &back, &how_back, NULL, NULL) != 0)
		fail("does not come back", or_text(a, &o), mail, NULL);
	else if (or_equal(&o, &back))
		exact++;
	else if ((why = why_x400_differs(a, t, &o, mail, how, &back)) < 0)
		fail("comes back as another", or_text(a, &o), mail, or_text(a, &back));
	else
		exceptions[why].seen++;
}

static void one_set(const char *dir, unsigned long cases)
{
	struct arena *a = arena_new(0), *each = arena_new(0);
	struct addr_tables *t;
	struct err e;

	make_tables(a, dir);
	if (addr_tables_load_dir(a, dir, &t, &e) != 0) {
		failed++;
		diag("tables: %s", e.detail);
		cases = 0;
	}
	for (unsigned long i = 0; i < cases; i++) {
		if (i % 2 == 0)
			check_822(each, t);
		else
			check_x400(each, t);
		arena_reset(each);
	}
	arena_free(each);
	arena_free(a);
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return s == NULL ? otherwise : strtoul(s, NULL, 10);
}

int main(void)
{
	unsigned long cases = number("ADDR_CASES", 20000), done = 0, known = 0;
	char dir[] = "/tmp/addr-properties-XXXXXX";

	state = number("ADDR_SEED", 1) * 0x9E3779B97F4A7C15u;
	(void)!freopen("/dev/null", "w", stderr); /* warnings about the tables */
	if (mkdtemp(dir) == NULL)
		return 2;
	for (; done < cases; done += ADDRESSES_PER_SET)
		one_set(dir, ADDRESSES_PER_SET);
	ok(failed == 0, "%lu addresses: %lu exact, %lu refused, the others by a named exception", done, exact, refused);
	for (size_t i = 0; i < ARRAY_LEN(exceptions); i++) {
		known += exceptions[i].seen;
		diag("%s %-16s %7lu %s", exceptions[i].rule, exceptions[i].clause, exceptions[i].seen, exceptions[i].what);
	}
	ok(exact > done / 4 && exact + refused + known + failed >= done, "more than a quarter exact, %lu exceptions", known);
	for (int i = 0; i < 3; i++) {
		const char *name[] = {"mapping1.or2rfc", "mapping2.rfc2or", "gateway.conf"};
		char path[128];

		snprintf(path, sizeof path, "%s/%s", dir, name[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	return tap_done();
}
