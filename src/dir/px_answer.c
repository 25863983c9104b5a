/*
 * px_answer.c - see px_answer.h.  The message is taken apart by libresolv's ns_ functions; here is what may stand in it.
 *
 * Only records of the very name that was asked for count: an alias (CNAME, DNAME) names another domain, whose rules are
 * not ours to use, so no chain is followed and none can be a loop.  Names with anything but letters, digits, hyphens and
 * underscores (a full stop or NUL inside of a label comes out of libresolv as an escape) make a record unreadable.
 */
#include "dir/px_answer.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#include "base/rule.h"
#include "base/str.h"

#define UDP_SIZE 1232 /* what we offer to take (EDNS, RFC 6891): passes everywhere unfragmented */
#define TYPE_PX 26

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

int dir_px_question(struct dir_px_question *q, const char *name, uint8_t *out, size_t size, struct err *e)
{
	uint8_t *p = out;

	if (size < 12 + NS_MAXCDNAME + 4 + 11 || ns_name_pton(name, out + 12, NS_MAXCDNAME) < 0)
		return ERR(e, ERR_DIR_DNS, "%.200s cannot be a domain name", name);
	for (q->name = out + 12, q->name_length = 1; q->name[q->name_length - 1] != 0;)
		q->name_length += q->name[q->name_length - 1] + 1u;
	p = put16(p, q->id);
	p = put16(p, 0x0120); /* a standard query, recursion desired, AD: say whether it is validated (RFC 6840 5.7) */
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, 1);
	p += q->name_length;
	p = put16(p, TYPE_PX);
	p = put16(p, ns_c_in);
	*p++ = 0; /* the root as owner of the OPT record */
	p = put16(p, ns_t_opt);
	p = put16(p, UDP_SIZE);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, 0);
	return (int)(p - out);
}

/* Is the question section ours, case aside (a server may have changed it)? */
static bool is_our_question(const struct dir_px_question *q, const uint8_t *p, size_t n)
{
	const uint8_t *at = p + 12;

	if (n < 12 + q->name_length + 4 || p[4] != 0 || p[5] != 1)
		return false;
	for (size_t i = 0; i < q->name_length; i++)
		if (str_lower((char)at[i]) != str_lower((char)q->name[i]))
			return false;
	at += q->name_length;
	return at[0] == 0 && at[1] == TYPE_PX && at[2] == 0 && at[3] == ns_c_in;
}

/* One name of the RDATA; NULL: it is wrong or has characters that no mapping has. */
static const char *take_name(struct arena *a, const ns_msg *m, const uint8_t **p, const uint8_t *end)
{
	char text[NS_MAXDNAME];
	int n = ns_name_uncompress(ns_msg_base(*m), end, *p, text, sizeof text);

	if (n < 0)
		return NULL;
	*p += n;
	if (*text == '\0' || text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] != '\0')
		return NULL;
	return arena_strdup(a, text);
}

/* RFC 2163 4: preference, MAP822, MAPX400, and nothing behind them. */
static bool read_record(struct arena *a, const ns_msg *m, const ns_rr *rr, struct dir_px_record *out)
{
	const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
	char *domain;

	if (end - p < 4 || !rule_id_active("A-220"))
		return false;
	out->preference = (unsigned)p[0] << 8 | p[1];
	p += 2;
	out->map822 = take_name(a, m, &p, end);
	out->mapx400 = out->map822 == NULL || p >= end ? NULL : take_name(a, m, &p, end);
	if (out->mapx400 == NULL || p != end)
		return false;
	domain = arena_strdup(a, out->map822);
	for (char *c = domain; *c != '\0'; c++)
		*c = str_lower(*c);
	out->map822 = domain;
	return true;
}

/* The owner as text against the name in the question. */
static bool is_owner(const struct dir_px_question *q, const ns_rr *rr)
{
	char text[NS_MAXDNAME];

	if (ns_name_ntop(q->name, text, sizeof text) < 0)
		return false;
	/* libresolv names the root "." and gives others no last full stop. */
	return str_ieq(text, ns_rr_name(*rr));
}

static int by_preference(const void *x, const void *y)
{
	const struct dir_px_record *r = x, *s = y;
	int order = r->preference < s->preference ? -1 : r->preference > s->preference;

	if (order == 0)
		order = strcmp(r->map822, s->map822);
	return order != 0 ? order : str_icmp(r->mapx400, s->mapx400);
}

static enum dir_px_state read_records(struct arena *a, const struct dir_px_question *q, ns_msg *m, struct dir_px_answer *out, struct err *e)
{
	for (int i = 0; i < ns_msg_count(*m, ns_s_an); i++) {
		struct dir_px_record r;
		ns_rr rr;

		if (ns_parserr(m, ns_s_an, i, &rr) != 0) {
			(void)ERR(e, ERR_DIR_DNS, "answer is malformed");
			return DIR_PX_FAILED;
		}
		if ((int)ns_rr_type(rr) != TYPE_PX || ns_rr_class(rr) != ns_c_in || !is_owner(q, &rr))
			continue;
		if (read_record(a, m, &rr, &r))
			*ARENA_PUSH(a, &out->records) = r;
		else
			out->bad = true;
	}
	if (out->records.count > 1 && rule_id_active("A-168"))
		qsort(out->records.items, out->records.count, sizeof(*out->records.items), by_preference);
	return DIR_PX_ANSWERED;
}

enum dir_px_state dir_px_read(struct arena *a, const struct dir_px_question *q, const uint8_t *p, size_t n, struct dir_px_answer *out,
                              struct err *e)
{
	ns_msg m;
	int rcode;

	*out = (struct dir_px_answer){0};
	if (n < 12 || ((unsigned)p[0] << 8 | p[1]) != q->id || (p[2] & 0x80) == 0)
		return DIR_PX_FOREIGN;
	rcode = p[3] & 0x0f;
	/* A server that understands nothing may leave the question out: FORMERR, NOTIMP. */
	if (!is_our_question(q, p, n) && (rcode != ns_r_formerr || p[5] != 0))
		return DIR_PX_FOREIGN;
	if ((p[2] & 0x02) != 0)
		return DIR_PX_TRUNCATED;
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain && rule_id_active("A-230")) {
		(void)ERR(e, ERR_DIR_DNS, "the server says %s", rcode == ns_r_servfail ? "SERVFAIL" : rcode == ns_r_refused ? "REFUSED" : "it cannot");
		return DIR_PX_FAILED;
	}
	out->validated = (p[3] & 0x20) != 0;
	if (n > NS_MAXMSG || ns_initparse(p, (int)n, &m) != 0) {
		(void)ERR(e, ERR_DIR_DNS, "answer is malformed");
		return DIR_PX_FAILED;
	}
	return read_records(a, q, &m, out, e);
}
