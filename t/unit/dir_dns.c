/*
 * dir_dns.c - mapping rules in DNS (RFC 2163) against a name server of a few lines in a thread of its own: which names are
 * asked for, and what becomes of the answers (A-168, A-220, A-230 .. A-233).  t/live/dns.t asks a real one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dir/dns.h"
#include "t/lib/tap.h"

/* Names as NSD serves them: in lower case.  rcode 2 is SERVFAIL; other names do not exist. */
static const struct record {
	const char *owner, *map822, *mapx400;
	int preference, rcode;
	bool elsewhere; /* stands in the additional section */
} zone[] = {
	{"*.wild.test", "wild.test", "prmd-wild.admdb.c-xa", 50, 0, false},
	{"*.lab.wild.test", "lab.wild.test", "o-lab.prmd-wild.admdb.c-xa", 50, 0, false},
	{"several.test", "several.test", "prmd-sixty.admdb.c-xa", 60, 0, false},
	{"several.test", "several.test", "prmd-ten.admdb.c-xa", 10, 0, false},
	{"several.test", "several.test", "prmd-fifty.admdb.c-xa", 50, 0, false},
	{"broken.test", "", "", 0, 2, false},
	{"extra.test", "extra.test", "prmd-extra.admdb.c-xa", 50, 0, true},
	{"*.prmd-uni.admdb.x42d.xa", "uni.test", "prmd-uni.admdb.c-xa", 50, 0, false},
	{"*.gw.test", "gw.test", "prmd-gate.admdb.c-xa.g", 50, 0, false},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char asked[4096]; /* names in order, a blank behind each */
static bool say_validated;

static size_t put_name(uint8_t *p, const char *name)
{
	size_t at = 0;

	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		p[at++] = (uint8_t)n;
		memcpy(p + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	p[at++] = 0;
	return at;
}

static size_t put_record(uint8_t *p, const struct record *r)
{
	size_t n = 12, data;

	memcpy(p, "\xc0\x0c\0\x1a\0\1\0\0\0\x3c", 10);
	p[n++] = 0;
	p[n++] = (uint8_t)r->preference;
	n += put_name(p + n, r->map822);
	n += put_name(p + n, r->mapx400);
	data = n - 12;
	p[10] = (uint8_t)(data >> 8);
	p[11] = (uint8_t)data;
	return n;
}

/* The question's name as text; its length in octets. */
static size_t take_name(const uint8_t *p, char *text)
{
	size_t at = 0, n = 0;

	while (p[at] != 0) {
		for (size_t k = 1; k <= p[at]; k++)
			text[n++] = str_lower((char)p[at + k]);
		text[n++] = '.';
		at += p[at] + 1u;
	}
	text[n > 0 ? n - 1 : 0] = '\0';
	return at + 1;
}

static size_t answer(uint8_t *m)
{
	char name[300];
	size_t end = 12 + take_name(m + 12, name) + 4, counts[2] = {0, 0};
	int rcode = 3;

	pthread_mutex_lock(&lock);
	if (strlen(asked) + strlen(name) + 2 < sizeof asked)
		strncat(strncat(asked, name, sizeof asked - strlen(asked) - 1), " ", sizeof asked - strlen(asked) - 1);
	for (int extra = 0; extra < 2; extra++)
		for (size_t i = 0; i < ARRAY_LEN(zone); i++)
			if (str_eq(zone[i].owner, name) && zone[i].elsewhere == (extra == 1)) {
				rcode = zone[i].rcode;
				if (rcode == 0) {
					end += put_record(m + end, &zone[i]);
					counts[extra]++;
				}
			}
	m[2] = 0x81;
	m[3] = (uint8_t)(0x80 | rcode | (say_validated ? 0x20 : 0));
	pthread_mutex_unlock(&lock);
	m[7] = (uint8_t)counts[0];
	m[11] = (uint8_t)counts[1];
	return end;
}

static void *serve(void *p)
{
	int fd = *(int *)p;
	struct sockaddr_in from;
	uint8_t m[4096];

	for (;;) {
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(fd, m, 512, 0, (struct sockaddr *)&from, &size);

		if (n < 12)
			return NULL;
		(void)!sendto(fd, m, answer(m), 0, (struct sockaddr *)&from, size);
	}
}

struct setting {
	struct arena *a;
	struct dns *dns;
};

/* What DNS says: the rule and where it stands, or why there is none. */
static const char *find(struct setting *s, const struct addr_query *q)
{
	struct dir_rule r = {0};
	struct err e = {0};

	pthread_mutex_lock(&lock);
	*asked = '\0';
	pthread_mutex_unlock(&lock);
	switch (dns_find(s->dns, s->a, q, clock_monotonic_ms() + 20000, &r, &e)) {
	case ADDR_FOUND:
		return arena_printf(s->a, "%s%s %d", r.gateway ? "gateway " : "", r.hit.value, r.hit.depth);
	case ADDR_NO_RULE:
		return "no rule";
	case ADDR_NO_ANSWER:
		break;
	}
	return err_row(e.id)->name;
}

static const char *by_domain(struct setting *s, const char *domain)
{
	const struct addr_query q = {.table = ADDR_MAPPING2, .domain = domain};

	return find(s, &q);
}

static const char *by_node(struct setting *s, const char *text)
{
	struct addr_query q = {.table = ADDR_MAPPING1};
	struct or_address o = {0};
	struct addr_node n;

	if (addr_parse_or(s->a, text, &o, NULL) != 0)
		return "no address";
	addr_node_of(s->a, &o, &n);
	q.node = &n;
	return find(s, &q);
}

static void test_rules(struct setting *s)
{
	is(by_domain(s, "x.lab.wild.test"), "O$lab.PRMD$wild.ADMD$ .C$XA 3", "A-231: the longest rule");
	is(asked, "x.lab.wild.test *.x.lab.wild.test *.lab.wild.test ", "A-231: the name, then each wildcard by its own name");
	is(by_domain(s, "wild.test"), "PRMD$wild.ADMD$ .C$XA 2", "A-231: a wildcard counts for its own parent");
	is(by_domain(s, "y.wild.test"), "PRMD$wild.ADMD$ .C$XA 2", "A-231: beside the longer rule");
	is(by_domain(s, "nowhere.test"), "no rule", "A-230: no such name is no rule");
	is(asked, "nowhere.test *.nowhere.test *.test ", "A-231: up to the top");
	is(by_domain(s, "broken.test"), "ERR_DIR_DNS", "A-230: a server that fails is no answer");
	is(by_domain(s, "several.test"), "PRMD$ten.ADMD$ .C$XA 2", "A-168: the lowest preference");
	is(by_domain(s, "extra.test"), "no rule", "A-220: records of the additional section are not looked at");
	is(by_domain(s, "a.gw.test"), "gateway PRMD$gate.ADMD$ .C$XA 2", "A-228: a gateway");
	is(by_node(s, "/S=Doe/O=x/PRMD=UNI/ADMD= /C=XA/"), "uni.test 3", "A-232: the case of a record does not count");
	is(by_node(s, "/S=Doe/PRMD=other/ADMD= /C=XA/"), "no rule", "another PRMD");
}

static void test_validated(struct setting *s, struct config *c)
{
	struct err e = {0};

	c->mapping.dns.validated = true;
	ok(dns_open(s->a, c, &s->dns, &e) == 0, "mapping.dns.validated");
	is(by_domain(s, "several.test"), "no rule", "A-233: what the resolver has not validated is not used");
	pthread_mutex_lock(&lock);
	say_validated = true;
	pthread_mutex_unlock(&lock);
	is(by_domain(s, "several.test"), "PRMD$ten.ADMD$ .C$XA 2", "A-233: what it has is");
}

int main(void)
{
	struct setting s = {.a = arena_new(0)};
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof me;
	struct config c = *config_defaults(s.a);
	const char *server;
	pthread_t thread;
	struct err e = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	log_open("dir_dns.t", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	if (bind(fd, (struct sockaddr *)&me, sizeof me) != 0 || getsockname(fd, (struct sockaddr *)&me, &size) != 0 ||
	    pthread_create(&thread, NULL, serve, &fd) != 0)
		return 2;
	server = arena_printf(s.a, "127.0.0.1@%u", ntohs(me.sin_port));
	c.mapping.dns.server = (struct config_strings){.items = &server, .count = 1};
	ok(dns_open(s.a, &c, &s.dns, &e) == 0, "a server at %s", server);
	test_rules(&s);
	test_validated(&s, &c);
	/* an empty datagram ends serve(); no pthread_cancel(), whose unwinding AddressSanitizer takes for an overflow */
	(void)!sendto(fd, "", 0, 0, (struct sockaddr *)&me, size);
	(void)pthread_join(thread, NULL);
	(void)close(fd);
	arena_free(s.a);
	return tap_done();
}
