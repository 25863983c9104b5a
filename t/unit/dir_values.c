/* dir_values.c - what DNS answers and LDAP entries say, without servers: dir/px_answer.c, ldap_value.c, users.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr/dn.h"
#include "base/str.h"
#include "msg/msg.h"
#include "dir/ldap_value.h"
#include "dir/px_answer.h"
#include "dir/users.h"
#include "t/lib/tap.h"

static struct arena *a;

static const char *node_of(const char *dn)
{
	struct addr_node n;
	struct err e = {0};

	return ldap_node_of_dn(a, dn, &n, &e) == 0 ? addr_node_rule(a, &n) : "ERROR";
}

static void test_names(void)
{
	is(node_of("PRMD=Isode,ADMD=Mailnet,C=FI"), "PRMD$Isode.ADMD$Mailnet.C$FI", "A-243: a name as a node");
	is(node_of("pRMDName=Isode, aDMDName=Mailnet, countryName=FI"), "PRMD$Isode.ADMD$Mailnet.C$FI", "A-248: by long names");
	is(node_of("1.3.6.1.4.1.453.7.2.2.10=Isode,1.3.6.1.4.1.453.7.2.2.1=Mailnet,2.5.4.6=FI"), "PRMD$Isode.ADMD$Mailnet.C$FI",
	   "A-248: by identifiers");
	is(node_of("PRMD=x.y,ADMD=\\20,C=XA"), "PRMD$x\\.y.ADMD$ .C$XA", "A-248: a blank ADMD, a full stop");
	is(node_of("MHS-OU=b,MHS-OU=a,MHS-O=o,PRMD=p,ADMD=m,C=XA"), "OU$b.OU$a.O$o.PRMD$p.ADMD$m.C$XA", "two OUs");
	is(node_of("MHS-OU=lab,oRAddressComponentType=1.3.6.1.4.1.453.7.2.2.6,PRMD=uni,ADMD=\\20,C=XA"),
	   "OU$lab.O$@.PRMD$uni.ADMD$ .C$XA", "A-244: an omitted O");
	is(node_of("MHS-O=o,oRAddressComponentType=pRMDName,ADMD=m,C=XA"), "O$o.PRMD$@.ADMD$m.C$XA", "A-244: by name");
	static const char *const wrong[] = {"", "cn=x,o=test", "C=XA,ADMD=m", "PRMD=p,C=X", "PRMD=p+ADMD=m,C=XA", "PRMD=#04024142,C=XA", "C=XA,C=XB",
	                                    "ADMD=a\\00b,C=XA", "oRAddressComponentType=2.5.4.6", "oRAddressComponentType=1.2.3,C=XA",
	                                    "MHS-OU=5,MHS-OU=4,MHS-OU=3,MHS-OU=2,MHS-OU=1,MHS-O=o,PRMD=p,ADMD=m,C=XA",
	                                    "PRMD=12345678901234567,ADMD=m,C=XA", "PRMD"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		ok(str_eq(node_of(wrong[i]), "ERROR"), "no O/R name: %s", wrong[i]);
	ok(ldap_rdns_below("C=XA,CN=X.400 to RFC 822,o=Test", "cn=x.400 to rfc 822,O=test") == 1, "one below, case aside");
	ok(ldap_rdns_below("o=test", "cn=a,o=test") < 0 && ldap_rdns_below("cn=b,o=test", "cn=a,o=test") < 0, "not below");
	is(ldap_filter_escape(a, "a*(b)\\c\x01\xff"), "a\\2a\\28b\\29\\5cc\\01\\ff", "RFC 4515 3: a value inside of a filter");
}

/* One value, or two with y. */
static struct ldap_values both(const char *x, const char *y)
{
	struct octets *o = arena_array(a, 2, sizeof *o);

	o[0] = (struct octets){(const uint8_t *)x, strlen(x)};
	if (y != NULL)
		o[1] = (struct octets){(const uint8_t *)y, strlen(y)};
	return (struct ldap_values){o, y != NULL ? 2 : 1};
}

static struct ldap_values one(const char *text) { return both(text, NULL); }

/* Which entry, whom to ask, and as whom. */
static void test_directory(void)
{
	const char *root = "CN=X.400 to RFC 822,o=test";
	struct dir_rule shorter = {.hit.depth = 2}, longer = {.hit.depth = 3};
	struct ldap_credentials c;
	struct err e = {0};

	is_int(ldap_next_depth("ADMD=m,C=XA,CN=X.400 to RFC 822,o=test", root, 5), 2, "A-241: go on at matchedDN: two reads, not five");
	is_int(ldap_next_depth("", root, 5), 4, "A-241: a server that names none: the next shorter name");
	is_int(ldap_next_depth("o=other", root, 5), 4, "A-241: one that names another tree too");
	is_int(ldap_next_depth("MHS-O=o,PRMD=p,ADMD=m,C=XA,CN=X.400 to RFC 822,o=test", root, 3), 2, "A-241: never deeper, so that it ends");
	ok(ldap_rule_is_longer(&longer, &shorter) && !ldap_rule_is_longer(&shorter, &longer) && !ldap_rule_is_longer(&longer, &longer),
	   "A-245: of several subtrees the longest match, of equals the first");
	ok(ldap_credentials("cn=gw,o=test", "secret", &c, &e) == 0 && str_eq(c.dn, "cn=gw,o=test") && str_eq(c.password, "secret"),
	   "A-246: a bind with name and password");
	ok(ldap_credentials("cn=gw,o=test", "", &c, &e) != 0 && e.id == ERR_DIR_LDAP, "A-246: never without the password");
	ok(ldap_credentials("", NULL, &c, &e) == 0 && *c.dn == '\0', "A-246: anonymous when no name is given");
}

/* A-247: identifiers of RFC 2164 appendix A, in names and in the schema that we deliver. */
static void test_identifiers(void)
{
	static const char *const wanted[] = {
		"objectidentifier mhsds 1.3.6.1.4.1.453.7\n", "objectidentifier mcgamClass mhsds:4.1\n", "objectidentifier mcgamAttribute mhsds:4.2\n",
		"( mcgamClass:1 NAME 'rFC822ToX400Mapping'", "( mcgamClass:2 NAME 'x400ToRFC822Mapping'",
		"( mcgamClass:3 NAME 'omittedORAddressComponent'", "( mcgamClass:4 NAME 'mixerGateway'",
		"( mcgamAttribute:3 NAME 'associatedX400Gateway'", "( mcgamAttribute:4 NAME 'mcgamAssociatedDomain'",
		"( mcgamAttribute:6 NAME 'associatedORAddress'", "( mcgamAttribute:7 NAME 'oRAddressComponentType'",
		"( mcgamAttribute:8 NAME 'associatedInternetGateway'", "( mcgamAttribute:9 NAME 'mcgamTables'",
	};
	size_t n;
	char *schema = tap_read_file("etc/directory/mixgate.schema", &n);

	is(node_of("MHS-O=o,1.3.6.1.4.1.453.7.4.2.7=1.3.6.1.4.1.453.7.2.2.10,ADMD=m,C=XA"), "O$o.PRMD$@.ADMD$m.C$XA", "A-247: by identifier");
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		ok(strstr(schema, wanted[i]) != NULL, "A-247: %.*s", (int)strcspn(wanted[i], "\n"), wanted[i]);
	free(schema);
}

static void test_entries(void)
{
	const struct addr_query q = {.table = ADDR_MAPPING2, .domain = "x.example"}, by_node = {.table = ADDR_MAPPING1};
	struct ldap_entry entry = {.dn = "dc=x", .x400_gateway = one("/O=gw/DD.mail=x/PRMD=p/ADMD=m/C=XA/")};
	struct dir_rule r;
	struct or_address o = {0};
	struct addr_user user;
	struct err e = {0};

	ok(ldap_rule_of_entry(a, &q, &entry, &r, &e) == 0 && r.gateway, "A-243: a gateway rule");
	ok(addr_node_to_or(a, r.hit.node, &o, &e) == 0, "as an address");
	is(or_text(a, &o), "/DD.mail=x/O=gw/PRMD=p/ADMD=m/C=XA/", "with all its attributes");
	ok(ldap_rule_of_entry(a, &by_node, &entry, &r, &e) == 1, "nothing for the other direction");
	entry.or_name = one("C=XA");
	ok(ldap_rule_of_entry(a, &q, &entry, &r, &e) < 0 && e.id == ERR_DIR_ENTRY, "A-243: never both");
	entry = (struct ldap_entry){.dn = "c=x", .domain = one("no domain")};
	ok(ldap_rule_of_entry(a, &by_node, &entry, &r, &e) < 0, "A-242: associatedDomain that is none");
	entry.domain = one("x.example");
	ok(ldap_rule_of_entry(a, &by_node, &entry, &r, &e) == 0 && !r.gateway && str_eq(r.hit.value, "x.example"), "A-242: associatedDomain is a mapping");
	entry.internet_gateway = one("gw.example");
	ok(ldap_rule_of_entry(a, &by_node, &entry, &r, &e) < 0 && e.id == ERR_DIR_ENTRY, "A-242: never both");
	entry.domain = (struct ldap_values){0};
	ok(ldap_rule_of_entry(a, &by_node, &entry, &r, &e) == 0 && r.gateway && str_eq(r.hit.value, "gw.example"), "A-242: associatedInternetGateway is a gateway");
	entry = (struct ldap_entry){.dn = "dc=y", .x400_gateway = both("/O=zz/PRMD=p/ADMD=m/C=XA/", "/O=aa/PRMD=p/ADMD=m/C=XA/")};
	ok(ldap_rule_of_entry(a, &q, &entry, &r, &e) == 0 && strstr(r.hit.value, "O$aa") != NULL, "A-168: of several gateways always the same");
	entry = (struct ldap_entry){.dn = "cn=x", .mail = one("a@b.example"), .or_address = one("S=x;P=p;A=m;C=XA"), .size = one("12"), .body_types = one("ia5")};
	ok(ldap_user_of_entry(a, &entry, &user, &e) == 0 && user.size_max == 12 && str_eq(user.body_types[0], "ia5") && user.body_types[1] == NULL,
	   "X.402: a user with what he takes");
	is(user.where, "ldap:cn=x", "and where he stands");
	entry.size = one("many");
	ok(ldap_user_of_entry(a, &entry, &user, &e) < 0, "a size that is no number");
	entry.size = one("12");
	entry.body_types = one("html");
	ok(ldap_user_of_entry(a, &entry, &user, &e) < 0, "a kind of body that is none");
	entry.body_types = one("ia5");
	entry.mail = one("a@b\r\nRCPT TO:<x@y>");
	ok(ldap_user_of_entry(a, &entry, &user, &e) < 0, "a mail address with a line end");
}

/* One built-in type, or one by its identifier (NULL: none), against words. */
static const char *beyond(uint32_t built_in, const char *dotted, const char *const *words)
{
	struct mx_eits eits = {.set = true, .built_in = built_in};
	const char *other;

	if (dotted != NULL)
		*ARENA_PUSH(a, &eits.extended) = mx_oid_parse(a, dotted);
	other = mx_eits_beyond(a, &eits, words);
	return other != NULL ? other : "-";
}

static void test_body_types(void)
{
	static const char *const ia5[] = {"ia5", NULL}, *const by_oid[] = {"2.6.3.4.2", NULL}, *const many[] = {"IA5-Text", "general-text", "ftbp", NULL};
	static const char *const any[] = {"any", NULL}, *const own[] = {"1.2.3", NULL};

	is(beyond(MX_EIT_IA5_TEXT, NULL, ia5), "-", "ia5 takes IA5 text");
	is(beyond(0, "2.6.3.4.2", ia5), "-", "by its identifier too");
	is(beyond(MX_EIT_IA5_TEXT, NULL, by_oid), "-", "and the other way round");
	is(beyond(MX_EIT_IA5_TEXT | MX_EIT_G3, NULL, ia5), "2.6.3.4.3", "but no facsimile beside it");
	is(beyond(MX_EIT_IA5_TEXT, "1.3.6.1.7.1.3.5", ia5), "-", "the mark of a MIXER gateway is no body");
	is(beyond(0, "1.0.10021.7.1.0.100", many), "-", "general-text takes any character set");
	is(beyond(0, "1.0.10021.7.1.0.100", ia5), "1.0.10021.7.1.0.100", "ia5 does not");
	is(beyond(0, "2.6.1.12.0", many), "-", "ftbp takes files");
	is(beyond(0, "1.2.3", own), "-", "an identifier takes its own");
	is(beyond(0, "1.2.30", own), "1.2.30", "and no other that begins like it");
	is(beyond(MX_EIT_UNKNOWN, "1.2.3", any), "-", "any takes all");
	ok(mx_body_word_known("FTBP") && mx_body_word_known("1.2.3") && !mx_body_word_known("html") && !mx_body_word_known("12"), "words that are known");
}

static void test_question(void)
{
	struct dir_px_question q = {.id = 0x1234};
	uint8_t out[512];
	struct err e = {0};
	char label[70], name[300] = "";

	ok(dir_px_question(&q, "*.nrc.it.", out, sizeof out, &e) == 12 + 10 + 4 + 11 && q.name_length == 10, "A-220: a question");
	ok(memcmp(out, "\x12\x34\x01\x20\0\1\0\0\0\0\0\1\1*\3nrc\2it\0\0\x1a\0\1", 26) == 0, "octet by octet");
	memset(label, 'a', 64);
	label[64] = '\0';
	ok(dir_px_question(&q, label, out, sizeof out, &e) < 0, "A-227: a label of 64");
	for (int i = 0; i < 130; i++)
		memcpy(name + 2 * i, "a.", 3);
	ok(dir_px_question(&q, name, out, sizeof out, &e) < 0, "a name of 260");
	ok(dir_px_question(&q, "a..b", out, sizeof out, &e) < 0, "an empty label");
}

static const char *user_line(const char *line)
{
	struct addr_user u;
	struct err e = {0};
	int rc = users_parse_line(a, line, &u, &e);

	if (rc != 0)
		return rc > 0 ? "comment" : "ERROR";
	return arena_printf(a, "%s %s %lld %s", u.rfc822, or_text(a, &u.x400), (long long)u.size_max, u.body_types == NULL ? "-" : u.body_types[0]);
}

static void test_users(void)
{
	char path[] = "/tmp/mixgate-users.XXXXXX";
	const char *const files[] = {path};
	int fd = mkstemp(path), table = -1;
	FILE *f = fdopen(fd, "w");
	struct users *u;
	struct addr_user user;
	struct or_address o = {0};
	struct err e = {0};

	is(user_line("a#b@c.example#/S=x/PRMD=p/ADMD=m/C=XA/#\r\n"), "a#b@c.example /S=x/PRMD=p/ADMD=m/C=XA/ 0 -", "# in a local part");
	is(user_line("a@c.example#/S=x/PRMD=p/ADMD=m/C=XA/#  size=2k bodies=ia5,ftbp"), "a@c.example /S=x/PRMD=p/ADMD=m/C=XA/ 2048 ia5", "capabilities");
	is(user_line("a@c.example#/S=x/PRMD=p/ADMD=m/C=XA/# size=9999999999999"), "ERROR", "too large a size");
	is(user_line("a@c.example#/S=x/PRMD=p/ADMD=m/C=XA/# bodies="), "ERROR", "no words");
	is(user_line("a@c.example#/S=x/PRMD=p/ADMD=m/C=XA/# bodies=ia5,html"), "ERROR", "a word that means nothing");
	is(user_line("@a:b@c.example#/S=x/PRMD=p/ADMD=m/C=XA/#"), "ERROR", "a source route");
	is(user_line("  \t\n"), "comment", "an empty line");
	for (int i = 0; i < 10000; i++)
		fprintf(f, "u%d@users.example#/S=u%d/PRMD=p/ADMD= /C=XA/# size=%d\n", i, i, i + 1);
	fclose(f);
	ok(users_build(files, 1, &table, &e) == 0 && users_map(a, table, &u, &e) == 0, "10,000 users by way of a file");
	ok(users_by_822(u, a, "U9999@Users.Example", &user) == ADDR_FOUND && user.size_max == 10000, "by mail address, case aside");
	or_set(a, &o, OR_C, "xa");
	or_set(a, &o, OR_ADMD, " ");
	or_set(a, &o, OR_PRMD, "P");
	or_set(a, &o, OR_S, " U7 ");
	ok(users_by_x400(u, a, &o, &user) == ADDR_FOUND && str_eq(user.rfc822, "u7@users.example"), "by O/R address, case and blanks aside");
	or_set(a, &o, OR_O, "o");
	ok(users_by_x400(u, a, &o, &user) == ADDR_NO_RULE && users_by_822(u, a, "u@users.example", &user) == ADDR_NO_RULE, "and nobody else");
	close(table);
	unlink(path);
}

int main(void)
{
	a = arena_new(0);
	test_names();
	test_entries();
	test_directory();
	test_identifiers();
	test_body_types();
	test_question();
	test_users();
	arena_free(a);
	return tap_done();
}
