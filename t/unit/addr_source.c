/*
 * addr_source.c - rules from several sources: precedence, depth, and what happens when one does not answer (A-016 .. A-019,
 *
 */
#include "addr/source.h"
#include "t/lib/tap.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A source with one rule a kind; an empty text is no rule, NULL is no answer. */
struct stub {
	const char *rule[ADDR_ROUTES];
	int depth[ADDR_ROUTES];
	int asked[ADDR_ROUTES];
};

static enum addr_answer stub_find(void *context, struct arena *a, const struct addr_query *q, struct addr_hit *hit, struct err *e)
{
	struct stub *s = context;
	const char *rule = s->rule[q->table];

	s->asked[q->table]++;
	if (rule == NULL) {
		ERR(e, ERR_DIR_DNS, "%s", q->domain != NULL ? q->domain : addr_node_rule(a, q->node));
		return ADDR_NO_ANSWER;
	}
	*hit = (struct addr_hit){.value = rule, .where = "stub", .depth = s->depth[q->table]};
	return *rule == '\0' ? ADDR_NO_RULE : ADDR_FOUND;
}

static const char *to_x400(struct arena *a, const struct addr_tables *t, const char *address, enum addr_use use)
{
	struct or_address o;
	enum addr_how how;
	struct err e = {0};

	if (addr_to_x400(a, t, address, use, &o, &how, NULL, &e) != 0)
		return arena_printf(a, "%s %d", err_row(e.id)->name, err_smtp(&e));
	return addr_print_or(a, &o);
}

static const char *to_822(struct arena *a, const struct addr_tables *t, const char *address, enum addr_use use)
{
	struct or_address o;
	enum addr_how how;
	struct err e = {0};
	char *out;

	if (addr_parse_or(a, address, &o, &e) != 0 || addr_to_822(a, t, &o, use, &out, &how, NULL, &e) != 0)
		return arena_printf(a, "%s %d", err_row(e.id)->name, err_smtp(&e));
	return out;
}

static void contains(const char *text, const char *part, const char *what)
{
	if (!ok(strstr(text, part) != NULL, "%s", what))
		diag("%s", text);
}

/* Universal attributes have no key in RFC 2156; the steps tell how an address was mapped. */
static void what_text_cannot_say(struct arena *a, const struct addr_tables *t)
{
	struct or_address o = {0};
	struct addr_trace trace = {0};
	enum addr_how how;
	struct err e = {0};
	char *out;

	or_set(a, &o, OR_C, "XA");
	or_set(a, &o, OR_ADMD, " ");
	or_set(a, &o, OR_PRMD, "uni");
	o.v[OR_CN].universal = "Gro\xC3\x9F";
	ok(addr_to_822(a, t, &o, ADDR_RECIPIENT, &out, &how, NULL, &e) != 0 && e.id == ERR_OR_UNSUPPORTED,
	   "A-069: a universal value without printable form is refused, not lost");
	o.v[OR_CN].universal = "Gross";
	ok(addr_to_822(a, t, &o, ADDR_RECIPIENT, &out, &how, &trace, &e) == 0, "A-069: with one it is written so");
	is(out, "/CN=Gross/@ac.xa", "as this");
	ok(trace.count > 1, "A-297: %zu steps", trace.count);
}

static void note_mapped(void *context, const struct addr_mapped *m)
{
	(void)snprintf(context, 400, "%s %s -> %s: %s %s (%s)", m->to_x400 ? "to x400" : "to 822", m->from, m->to, addr_how_name(m->how), m->rule,
	               m->where != NULL ? m->where : "-");
}

/* what the log says of each address. */
static void who_listens(struct arena *a, struct addr_tables *t)
{
	char heard[400] = "";
	const struct addr_watch watch = {note_mapped, heard};

	addr_tables_set_watch(t, &watch);
	(void)to_x400(a, t, "Doe@art.ac.xa", ADDR_RECIPIENT);
	is(heard, "to x400 Doe@art.ac.xa -> /S=Doe/O=art/PRMD=uni/ADMD= /C=XA/: mapped A-130 (mapping2.rfc2or:5)", "A-296: with the rule that decided");
	(void)to_822(a, t, "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/", ADDR_HEADER);
	is(heard, "to 822 /S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/ -> /S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/@gw.mixgate.example: gateway A-182 (-)", "A-296: the other way round");
	*heard = '\0';
	(void)to_x400(a, t, "no address", ADDR_RECIPIENT);
	is(heard, "", "A-296: what could not be mapped is an error, which is logged by itself");
	addr_tables_set_watch(t, NULL);
}

int main(void)
{
	struct arena *a = arena_new(0);
	struct stub second = {.rule = {"second.example.net", "O$second.PRMD$x.ADMD$ .C$XA", "", ""}, .depth = {2, 1, 0, 0}};
	struct stub dead = {.rule = {NULL, NULL, NULL, NULL}};
	struct stub gates = {.rule = {"", "", "gate.example.net", "O$gate.PRMD$x.ADMD$ .C$XA"}, .depth = {0, 0, 1, 1}};
	const struct addr_source list[] = {{"table", NULL, NULL}, {"dns", stub_find, &second}};
	const struct addr_source down[] = {{"table", NULL, NULL}, {"dns", stub_find, &dead}};
	const struct addr_source gate[] = {{"ldap", stub_find, &gates}, {"table", NULL, NULL}};
	struct addr_tables *t;
	struct err e = {0};

	ok(addr_tables_load_dir(a, arena_printf(a, "%s/t/vectors/address/tables/mixnet", tap_srcdir()), &t, &e) == 0, "tables are read");
	is(to_x400(a, t, "Doe@art.ac.xa", ADDR_RECIPIENT), "/S=Doe/O=art/PRMD=uni/ADMD= /C=XA/", "text tables alone");
	who_listens(a, t);
	addr_tables_set_sources(t, (struct addr_sources){list, ARRAY_LEN(list)});
	is(to_x400(a, t, "Doe@art.ac.xa", ADDR_RECIPIENT), "/S=Doe/O=art/PRMD=uni/ADMD= /C=XA/", "the first source decides");
	ok(second.asked[ADDR_MAPPING2] == 0, "the second is not asked then");
	is(to_x400(a, t, "Doe@a.test", ADDR_RECIPIENT), "/S=Doe/OU=a/O=second/PRMD=x/ADMD= /C=XA/", "the second source, depth 1");
	is(to_822(a, t, "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/", ADDR_RECIPIENT), "Doe@o.p.second.example.net", "the same to RFC 822, depth 2");

	addr_tables_set_sources(t, (struct addr_sources){down, ARRAY_LEN(down)});
	is(to_x400(a, t, "Doe@art.ac.xa", ADDR_RECIPIENT), "/S=Doe/O=art/PRMD=uni/ADMD= /C=XA/", "an answer before a dead source");
	is(to_x400(a, t, "Doe@a.test", ADDR_RECIPIENT), "ERR_DIR_DNS 451", "A-016: no answer is no \"no rule\"");
	is(to_x400(a, t, "Doe@a.test", ADDR_HEADER), "ERR_DIR_DNS 451", "A-016: a header address waits too");
	contains(to_x400(a, t, "Doe@a.test", ADDR_HEADER_LATE), "/RFC-822=Doe(a)a.test/", "A-018: in the end it is encapsulated");
	is(to_822(a, t, "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/", ADDR_ORIGINATOR), "ERR_DIR_DNS 451", "A-016 to RFC 822");
	contains(to_822(a, t, "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/", ADDR_HEADER_LATE), "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/@gw.",
	     "A-018: in the end all attributes are on the left");
	is(to_x400(a, t, "\"/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/\"@a.test", ADDR_HEADER_LATE), "/S=Doe/O=o/PRMD=p/ADMD=a/C=QQ/",
	   "a complete address does not need the domain");
	ok(addr_is_x400(t, "Doe@a.test"), "a domain that nobody answers for may be X.400");

	addr_tables_set_sources(t, (struct addr_sources){gate, ARRAY_LEN(gate)});
	is(to_x400(a, t, "Doe@art.ac.xa", ADDR_RECIPIENT), "/S=Doe/O=art/PRMD=uni/ADMD= /C=XA/",
	   "A-191: a mapping of the second source before a gateway of the first");
	is(to_x400(a, t, "Doe@a.test", ADDR_RECIPIENT), "/RFC-822=Doe(a)a.test/O=gate/PRMD=x/ADMD= /C=XA/", "A-162: gateway of a source");
	what_text_cannot_say(a, t);
	arena_free(a);
	return tap_done();
}
