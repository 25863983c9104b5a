/*
 * directions.c - one row for each direction of an address vector: how the product's functions answer it (addr/vectors.h).
 */
#include "addr/directions.h"

#include <string.h>

#include "addr/coding.h"
#include "addr/dn.h"
#include "addr/labels.h"
#include "addr/px.h"
#include "addr/std_or.h"
#include "addr/tables.h"
#include "addr/to_x400.h"
#include "base/str.h"

/* The base of the LDAP examples of RFC 2164. */
#define DN_BASE "OU=MIXER MCGAMs,O=Zydeco Plc,C=GB"

/* ---- codings ---- */

static char *run_asc2ps(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out = addr_ascii_to_printable(a, in);

	(void)t;
	if (out == NULL)
		ERR(e, ERR_ADDR_UTF8, "%s", in);
	return out;
}

static char *run_ps2asc(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out;

	(void)t;
	return addr_printable_to_ascii(a, in, &out, e) == 0 ? out : NULL;
}

static char *run_ps2asc_lenient(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t, (void)e;
	return addr_printable_to_ascii_lenient(a, in);
}

static char *run_t61enc(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	size_t n = strlen(in) / 2;
	uint8_t *p = arena_alloc(a, n + 1);

	(void)t;
	for (size_t i = 0; i < n; i++) {
		int hi = str_hex_digit(in[2 * i]), lo = str_hex_digit(in[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			ERR(e, ERR_ADDR_CODING, "no hex: %s", in);
			return NULL;
		}
		p[i] = (uint8_t)(hi * 16 + lo);
	}
	return addr_teletex_text(a, (struct octets){p, n});
}

static char *run_t61dec(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct octets out;
	char *hex;

	(void)t;
	if (addr_teletex_parse(a, in, &out, e) != 0)
		return NULL;
	hex = arena_alloc(a, out.len * 2 + 1);
	str_hex(hex, out.p, out.len);
	return hex;
}

static char *run_pt_text(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_value v;

	(void)t;
	return addr_value_parse(a, in, &v, e) == 0 ? or_value_text(a, &v) : NULL;
}

static char *run_labelled_integer(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	long n;

	(void)t;
	return addr_labelled_integer(in, &n, e) == 0 ? arena_printf(a, "%ld", n) : NULL;
}

static char *run_oid(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out;

	(void)t;
	return addr_oid_from_text(a, in, &out, e) == 0 ? out : NULL;
}

static char *run_num_or_print(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o = {0};

	(void)t, (void)e;
	or_set(a, &o, OR_ADMD, in);
	return arena_strdup(a, o.v[OR_ADMD].numeric ? "Numeric" : "Printable");
}

/* ---- texts ---- */

static char *run_pn_parse(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o = {0};

	(void)t;
	return addr_pn_parse(a, in, &o, e) == 0 ? or_text(a, &o) : NULL;
}

static char *run_pn_build(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;
	char *name;

	(void)t;
	if (addr_parse_or(a, in, &o, e) != 0)
		return NULL;
	name = addr_pn_build(a, &o);
	return name != NULL ? name : arena_strdup(a, "NONE");
}

static char *run_std_parse(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	(void)t;
	return addr_parse_or(a, in, &o, e) == 0 ? or_text(a, &o) : NULL;
}

static char *run_card(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	(void)t;
	return addr_parse_or(a, in, &o, e) == 0 ? addr_print_card(a, &o) : NULL;
}

/* ---- mappings ---- */

static char *to_x400(struct arena *a, const struct addr_tables *t, const char *in, enum addr_use use, bool keep, bool old, struct err *e)
{
	const struct addr_to_x400_options options = {.keep_route = keep, .x400_1984 = old, .inversion = addr_tables_inversion(t)};
	struct or_address o;
	enum addr_how how;

	return addr_to_x400_with(a, t, in, use, &options, &o, &how, NULL, e) == 0 ? or_text(a, &o) : NULL;
}

/* "+strip": source routes are dropped; ".84": towards X.400(1984). */
#define TO_X400(name, use, keep, old)                                                                                      \
	static char *run_##name(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)                   \
	{                                                                                                                      \
		return to_x400(a, t, in, use, keep, old, e);                                                                       \
	}
TO_X400(recipient, ADDR_RECIPIENT, true, false)
TO_X400(recipient_strip, ADDR_RECIPIENT, false, false)
TO_X400(recipient_1984, ADDR_RECIPIENT, true, true)
TO_X400(originator, ADDR_ORIGINATOR, true, false)
TO_X400(originator_strip, ADDR_ORIGINATOR, false, false)
TO_X400(originator_1984, ADDR_ORIGINATOR, true, true)
TO_X400(header, ADDR_HEADER, true, false)
TO_X400(header_1984, ADDR_HEADER, true, true)

/* Input of this direction is data: nothing is defaulted, so a missing or empty ADMD stays so. */
static int parse_data(struct arena *a, const char *in, struct or_address *o, struct err *e)
{
	static const char *const keys[] = {"/ADMD=", "/A=", "/admd=", "/a=", ";ADMD=", ";A=", ";admd=", ";a="};
	const char *value = NULL;

	TRY(addr_parse_or(a, in, o, e));
	for (size_t i = 0; i < ARRAY_LEN(keys) && value == NULL; i++)
		if ((value = strstr(in, keys[i])) != NULL)
			value += strlen(keys[i]);
	if (value == NULL)
		o->v[OR_ADMD] = (struct or_value){0};
	else if (*value == '\0' || *value == '/' || *value == ';')
		or_set(a, o, OR_ADMD, "");
	return 0;
}

static char *to_822(struct arena *a, const struct addr_tables *t, const struct or_address *o, enum addr_use use, struct err *e)
{
	enum addr_how how;
	char *out;

	return addr_to_822(a, t, o, use, &out, &how, NULL, e) == 0 ? out : NULL;
}

static char *run_to_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	return parse_data(a, in, &o, e) == 0 ? to_822(a, t, &o, ADDR_RECIPIENT, e) : NULL;
}

static char *run_to_822_header(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	return parse_data(a, in, &o, e) == 0 ? to_822(a, t, &o, ADDR_HEADER, e) : NULL;
}

/* 822 -> X.400 -> 822 */
static char *run_roundtrip_822(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;
	enum addr_how how;

	return addr_to_x400(a, t, in, ADDR_RECIPIENT, &o, &how, NULL, e) == 0 ? to_822(a, t, &o, ADDR_RECIPIENT, e) : NULL;
}

/* X.400 -> 822 -> X.400 */
static char *run_roundtrip_x400(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *mail = run_to_822(a, t, in, e);

	return mail == NULL ? NULL : run_recipient(a, t, mail, e);
}

static char *run_route(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct addr_route r;
	struct or_address o;

	if (addr_parse_or(a, in, &o, e) != 0)
		return NULL;
	addr_route(a, t, &o, &r);
	switch (r.kind) {
	case ADDR_ROUTE_PEER:
		return arena_printf(a, "peer %s %s", r.peer, r.where);
	case ADDR_ROUTE_SMTP:
		return arena_printf(a, "smtp %s", r.where);
	case ADDR_ROUTE_REJECT:
		return arena_printf(a, "reject %s %s %s", r.status, r.text, r.where);
	case ADDR_ROUTE_NONE:
		break;
	}
	return arena_strdup(a, "none");
}

static char *run_is_x400(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)e;
	return arena_strdup(a, addr_is_x400(t, in) ? "yes" : "no");
}

/* What RCPT says: OK or an error. */
static char *run_rcpt(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;
	enum addr_how how;

	if (addr_to_x400(a, t, in, ADDR_RECIPIENT, &o, &how, NULL, e) != 0 || addr_check_recipient(t, in, how, e) != 0)
		return NULL;
	return or_text(a, &o);
}

static char *run_check(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	static const char *const names[] = {"none", "mnemonic", "numeric", "postal", "terminal"};
	struct or_address o;

	(void)t;
	if (addr_parse_or(a, in, &o, e) != 0 || addr_check_or(&o, e) != 0)
		return NULL;
	return arena_strdup(a, names[addr_form_of(&o)]);
}

static char *run_downgrade(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	(void)t;
	return addr_parse_or(a, in, &o, e) == 0 && addr_downgrade_1984(a, &o, e) == 0 ? or_text(a, &o) : NULL;
}

/* ---- tables ---- */

static char *lower(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p != '\0'; p++)
		*p = str_lower(*p);
	return out;
}

static char *table_line(struct arena *a, enum addr_table which, const char *in, struct err *e)
{
	struct addr_line line;
	const char *reason, *node;
	const char *ok;

	if (addr_line_parse(a, which, in, &line, &reason, e) != 0)
		return NULL;
	node = addr_node_text(a, &line.node);
	ok = line.node.gap && which != ADDR_GATE2 && rule_id_active("A-205") ? "WARN gap:" : "OK";
	if (which == ADDR_MAPPING2 || which == ADDR_GATE2)
		return arena_printf(a, "%s %s -> %s", ok, lower(a, line.domain), node);
	return arena_printf(a, "%s %s -> %s", ok, node, line.domain);
}

static char *run_line_1(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return table_line(a, ADDR_MAPPING1, in, e);
}

static char *run_line_2(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return table_line(a, ADDR_MAPPING2, in, e);
}

static char *run_line_gate2(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return table_line(a, ADDR_GATE2, in, e);
}

static char *run_line_gate1(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return table_line(a, ADDR_GATE1, in, e);
}

static char *run_dmn_parse(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct addr_node n;
	const char *reason;

	(void)t;
	return addr_node_parse(a, in, ADDR_NODE_GATE, &n, &reason, e) == 0 ? addr_node_text(a, &n) : NULL;
}

/* "mapping2 LINE ; gate2 LINE": a set of lines as if each were a file. */
static char *run_lint(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct addr_findings found = {0};
	const char *text = NULL;

	(void)t;
	if (addr_tables_lint_text(a, in, &found, e) != 0)
		return NULL;
	for (size_t i = 0; i < found.count && text == NULL; i++)
		if (strstr(found.items[i].text, "A-191") != NULL)
			text = found.items[i].text;
	return text == NULL ? arena_strdup(a, "OK") : arena_strdup(a, "WARN gate-key-below-mapping-key");
}

/* The rules behind the warnings of a set, as ids. */
static char *run_warnings(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct addr_findings found = {0};
	struct buf *b = buf_in(a, 65536);

	(void)t;
	if (addr_tables_lint_text(a, in, &found, e) != 0)
		return NULL;
	for (size_t i = 0; i < found.count; i++) {
		const char *id = strrchr(found.items[i].text, '(');

		buf_printf(b, "%s%.5s", b->len > 0 ? " " : "", id == NULL ? "?" : id + 1);
	}
	return arena_strdup(a, b->len > 0 ? buf_str(b) : "none");
}

/* ---- DNS and directory ---- */

static char *run_px_enc(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out;

	(void)t;
	return addr_px_encode(a, in, &out, e) == 0 ? out : NULL;
}

static char *run_px_dec(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out;

	(void)t;
	return addr_px_decode(a, in, &out, e) == 0 ? out : NULL;
}

static char *run_px_name(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	char *out;

	(void)t;
	return addr_px_name(a, in, &out, e) == 0 ? out : NULL;
}

static char *run_px_rdata(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	bool gate;
	char *out;

	(void)t;
	if (addr_px_rdata(a, in, &gate, &out, e) != 0)
		return NULL;
	return arena_printf(a, "%s %s", gate ? "gate" : "mapping", out);
}

static char *px_record(struct arena *a, enum addr_table which, const char *in, struct err *e)
{
	char *out;

	return addr_px_record(a, which, in, &out, e) == 0 ? out : NULL;
}

static char *run_rr_1(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return px_record(a, ADDR_MAPPING1, in, e);
}

static char *run_rr_2(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return px_record(a, ADDR_MAPPING2, in, e);
}

static char *run_rr_gate1(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return px_record(a, ADDR_GATE1, in, e);
}

static char *run_rr_gate2(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t;
	return px_record(a, ADDR_GATE2, in, e);
}

static char *run_dn_or(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;
	struct addr_node n;

	(void)t;
	if (addr_parse_or(a, in, &o, e) != 0)
		return NULL;
	addr_node_of(a, &o, &n);
	return addr_dn_of_node(a, &n, DN_BASE);
}

static char *run_dn_domain(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	(void)t, (void)e;
	return addr_dn_of_domain(a, in, DN_BASE);
}

static char *run_dn_or_plain(struct arena *a, const struct addr_tables *t, const char *in, struct err *e)
{
	struct or_address o;

	(void)t;
	return addr_parse_or(a, in, &o, e) == 0 ? addr_dn_of_or(a, &o) : NULL;
}

const struct addr_direction addr_directions[] = {
	{"asc2ps", false, run_asc2ps},
	{"ps2asc", false, run_ps2asc},
	{"ps2asc-lenient", false, run_ps2asc_lenient},
	{"t61enc", false, run_t61enc},
	{"t61dec", false, run_t61dec},
	{"pt-text", false, run_pt_text},
	{"labelled-integer", false, run_labelled_integer},
	{"oid", false, run_oid},
	{"num-or-print", false, run_num_or_print},
	{"pn-parse", false, run_pn_parse},
	{"pn-build", false, run_pn_build},
	{"std-parse", false, run_std_parse},
	{"card", false, run_card},
	{"check", false, run_check},
	{"downgrade-84", false, run_downgrade},
	{"to-x400.recip", true, run_recipient},
	{"to-x400.recip+strip", true, run_recipient_strip},
	{"to-x400.recip.84", true, run_recipient_1984},
	{"to-x400.orig", true, run_originator},
	{"to-x400.orig+strip", true, run_originator_strip},
	{"to-x400.orig.84", true, run_originator_1984},
	{"to-x400.ipms", true, run_header},
	{"to-x400.ipms+strip", true, run_header},
	{"to-x400.ipms.84", true, run_header_1984},
	{"to-x400.84", true, run_recipient_1984},
	{"to-822", true, run_to_822},
	{"to-822.recip", true, run_to_822},
	{"to-822.orig", true, run_to_822},
	{"to-822.ipms", true, run_to_822_header},
	{"roundtrip-822", true, run_roundtrip_822},
	{"roundtrip-x400", true, run_roundtrip_x400},
	{"recursion-822", true, run_roundtrip_822},
	{"recursion-x400", true, run_roundtrip_x400},
	{"route", true, run_route},
	{"is-x400", true, run_is_x400},
	{"rcpt", true, run_rcpt},
	{"table-line.1", false, run_line_1},
	{"table-line.2", false, run_line_2},
	{"table-line.gate1", false, run_line_gate1},
	{"table-line.gate2", false, run_line_gate2},
	{"dmn-parse", false, run_dmn_parse},
	{"table-lint", false, run_lint},
	{"table-warnings", false, run_warnings},
	{"px-enc", false, run_px_enc},
	{"px-dec", false, run_px_dec},
	{"px-name", false, run_px_name},
	{"px-rdata", false, run_px_rdata},
	{"px-rr.1", false, run_rr_1},
	{"px-rr.2", false, run_rr_2},
	{"px-rr.gate1", false, run_rr_gate1},
	{"px-rr.gate2", false, run_rr_gate2},
	{"dn-or", false, run_dn_or},
	{"dn-domain", false, run_dn_domain},
	{"dn-or-plain", false, run_dn_or_plain},
};
const size_t addr_directions_count = ARRAY_LEN(addr_directions);
