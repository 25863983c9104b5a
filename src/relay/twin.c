/*
 * relay/twin.c - see twin.h.
 */
#include <config.h>

#include "relay/twin.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/str.h"
#include "relay/tap.h"

static int parse_domain(struct arena *a, const char *text, struct mx_global_domain *out, struct err *e)
{
	struct or_address o;

	TRY(addr_parse_or(a, text, &o, e));
	if (!or_has(&o, OR_C))
		return ERR(e, ERR_CONFIG, "%s names no country", text);
	*out = (struct mx_global_domain){o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]};
	return 0;
}

static void set_timeouts(struct twin *t, unsigned seconds)
{
	t->osi.timeouts = (struct osi_timeouts){seconds, seconds, seconds, seconds * 10, MIN_OF(seconds, 10u), seconds};
}

int twin_init(struct twin *t, const char *program, bool initiator, const char *name, const char *domain, struct err *e)
{
	struct when now = clock_now();
	char *utctime;

	t->arena = arena_new(0);
	t->program = program;
	utctime = arena_alloc(t->arena, 20);
	now.z = true;
	clock_format_utctime(&now, utctime);
	t->osi.initiator = initiator;
	t->osi.local.name = name;
	/* a responder takes what is offered, up to this */
	t->osi.checkpoint = initiator ? 0 : 65535;
	t->osi.window = initiator ? 3 : 255;
	t->osi.common_reference = utctime;
	t->osi.apdu_max = 1ULL << 40;
	set_timeouts(t, 60);
	return parse_domain(t->arena, domain, &t->domain, e);
}

int twin_complain(const struct twin *t, const struct err *e)
{
	char text[512];

	err_text(e, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", t->program, text);
	return e->id == ERR_CONFIG ? EX_USAGE : EX_UNAVAILABLE;
}

int twin_number(const char *text, long min, long max, long *out, struct err *e)
{
	if (str_to_long(text, min, max, out) != 0)
		return ERR(e, ERR_CONFIG, "%s: a number from %ld to %ld is wanted", text, min, max);
	return 0;
}

int twin_start(struct twin *t, struct err *e)
{
	t->counts = mmap(NULL, sizeof(*t->counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->counts == MAP_FAILED)
		return ERR_ERRNO(e, ERR_SYSTEM, "mmap");
	t->start = clock_monotonic_ms();
	return 0;
}

void twin_statistics(const struct twin *t, const char *first)
{
	const struct twin_counts *c = t->counts;
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{"associations", c->associations}, {"confirmed", c->confirmed}, {"failed", c->failed}, {"discarded", c->discarded},
		{"received", c->received}, {"refused", c->refused}, {"dropped", c->dropped}, {"turns", c->turns},
		{"turns-asked", c->turns_asked}, {"octets-in", c->octets_in}, {"octets-out", c->octets_out},
	};
	int64_t ms = MAX_OF(clock_monotonic_ms() - t->start, (int64_t)1);
	struct stream *out = stream_to_fd(t->arena, STDOUT_FILENO, 0);
	struct json j = JSON_INIT(out);
	struct err e;

	if (!t->json) {
		stream_printf(out, "%s%s", first, *first != '\0' ? ", " : "");
		stream_printf(out, "%lld.%03lld s, %llu messages/s, %.1f MiB/s", (long long)ms / 1000, (long long)ms % 1000,
		              (unsigned long long)((c->confirmed + c->received) * 1000 / (uint64_t)ms),
		              (double)(c->octets_in + c->octets_out) / 1048.576 / (double)ms);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (rows[i].n > 0 && strstr(first, rows[i].name) == NULL)
				stream_printf(out, ", %s %llu", rows[i].name, (unsigned long long)rows[i].n);
		stream_puts(out, "\n");
	} else {
		json_object(&j, NULL);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			json_int(&j, rows[i].name, (int64_t)rows[i].n);
		json_int(&j, "milliseconds", ms);
		json_end_object(&j);
	}
	(void)!stream_finish(out, &e);
}

struct p1_options twin_p1(const struct twin *t, enum osi_mode mode)
{
	bool old = t->p1 == TWIN_P1_1984 || (t->p1 == TWIN_P1_OF_MODE && mode == OSI_MODE_X410_1984);

	return (struct p1_options){.p1_84 = old, .content_p2 = old};
}

void twin_tap(struct arena *a, const struct twin *t, struct link *l)
{
	l->tap = t->slow > 0 || faults_need_tap(&t->faults) ? tap_new(a, &t->faults, (uint64_t)t->slow) : NULL;
}

/* ---- options of an association ---- */

#define TAKE(name) static int name(struct twin *t, const char *value, struct err *e)

static struct octets text_octets(const char *s) { return (struct octets){(const uint8_t *)s, strlen(s)}; }

static int set_unsigned(const char *text, long max, unsigned *out, struct err *e)
{
	long n;

	TRY(twin_number(text, 0, max, &n, e));
	*out = (unsigned)n;
	return 0;
}

TAKE(take_name) { return (void)e, t->osi.local.name = *value == '\0' ? NULL : value, 0; }
TAKE(take_password) { return (void)e, t->osi.local.password = text_octets(value), 0; }
TAKE(take_peer_name) { return (void)e, t->osi.expected.name = value, 0; }
TAKE(take_peer_password) { return (void)e, t->osi.expected.password = text_octets(value), 0; }
TAKE(take_tsel) { return config_octets(t->arena, value, &t->osi.called.tsel, e); }
TAKE(take_ssel) { return config_octets(t->arena, value, &t->osi.called.ssel, e); }
TAKE(take_psel) { return config_octets(t->arena, value, &t->osi.called.psel, e); }
TAKE(take_calling_tsel) { return config_octets(t->arena, value, &t->osi.calling.tsel, e); }
TAKE(take_calling_ssel) { return config_octets(t->arena, value, &t->osi.calling.ssel, e); }
TAKE(take_calling_psel) { return config_octets(t->arena, value, &t->osi.calling.psel, e); }
TAKE(take_checkpoint) { return set_unsigned(value, 65535, &t->osi.checkpoint, e); }
TAKE(take_window) { return set_unsigned(value, 255, &t->osi.window, e); }
TAKE(take_tpdu_size) { return set_unsigned(value, 16, &t->osi.tpdu_size, e); }
TAKE(take_session_versions) { return set_unsigned(value, 3, &t->osi.session_versions, e); }
TAKE(take_domain) { return parse_domain(t->arena, value, &t->domain, e); }
TAKE(take_slow) { return twin_number(value, 1, 1L << 40, &t->slow, e); }
TAKE(take_twa) { return (void)value, (void)e, t->osi.twa = true, 0; }

TAKE(take_json) { return (void)value, (void)e, t->json = true, 0; }
TAKE(take_verbose) { return (void)value, (void)e, t->verbose = true, 0; }

TAKE(take_mode)
{
	static const char *const names[OSI_MODES] = {[OSI_MODE_NORMAL] = "normal", [OSI_MODE_X410_1988] = "x410-1988", [OSI_MODE_X410_1984] = "x410-1984"};

	for (unsigned i = 0; i < OSI_MODES; i++)
		if (str_ieq(names[i], value)) {
			t->osi.mode = (enum osi_mode)i;
			t->osi.modes = OSI_MODE_BIT(i);
			return 0;
		}
	return ERR(e, ERR_CONFIG, "--mode %s: normal, x410-1988 or x410-1984", value);
}

TAKE(take_p1)
{
	if (!str_eq(value, "1984") && !str_eq(value, "1988"))
		return ERR(e, ERR_CONFIG, "--p1 %s: 1984 or 1988", value);
	t->p1 = str_eq(value, "1984") ? TWIN_P1_1984 : TWIN_P1_1988;
	return 0;
}

TAKE(take_timeout)
{
	unsigned seconds;

	TRY(set_unsigned(value, 86400, &seconds, e));
	set_timeouts(t, seconds);
	return 0;
}

TAKE(take_application_context)
{
	struct mx_oid oid;

	if (mx_oid_parse_text(t->arena, value, &oid) != 0)
		return ERR(e, ERR_CONFIG, "%s: an object identifier with dots is wanted", value);
	t->osi.application_context = oid.der;
	return 0;
}

TAKE(take_context)
{
	struct octets *more = arena_array(t->arena, t->osi.n_further_contexts + 1, sizeof(*more));
	struct mx_oid oid;

	if (mx_oid_parse_text(t->arena, value, &oid) != 0)
		return ERR(e, ERR_CONFIG, "%s: an object identifier with dots is wanted", value);
	if (t->osi.n_further_contexts > 0)
		memcpy(more, t->osi.further_contexts, t->osi.n_further_contexts * sizeof(*more));
	more[t->osi.n_further_contexts++] = oid.der;
	t->osi.further_contexts = more;
	return 0;
}

TAKE(take_refuse) { return faults_add(t->arena, &t->faults, "refuse", value, e); }
TAKE(take_delay) { return faults_add(t->arena, &t->faults, "delay", value, e); }
TAKE(take_silence) { return faults_add(t->arena, &t->faults, "silence", value, e); }
TAKE(take_close) { return faults_add(t->arena, &t->faults, "close", value, e); }
TAKE(take_reset) { return faults_add(t->arena, &t->faults, "reset", value, e); }
TAKE(take_drop) { return faults_add(t->arena, &t->faults, "drop", value, e); }
TAKE(take_abort) { return faults_add(t->arena, &t->faults, "abort", value, e); }
TAKE(take_set) { return faults_add(t->arena, &t->faults, "set", value, e); }
TAKE(take_replace) { return faults_add(t->arena, &t->faults, "replace", value, e); }
TAKE(take_agree) { return faults_add(t->arena, &t->faults, "agree", value, e); }
TAKE(take_discard) { return faults_add(t->arena, &t->faults, "discard", value, e); }
TAKE(take_interrupt) { return faults_add(t->arena, &t->faults, "interrupt", value, e); }

static const struct twin_option common[] = {
	{NULL, 'v', NULL, "print each APDU that comes in, in the standards' words, and each wish for the turn", take_verbose},
	{"json", 0, NULL, "the statistics as a JSON object", take_json},
	{NULL, 0, NULL, "The association:", NULL},
	{"name", 0, "MTA", "what we say in the MTA bind; empty: an unauthenticated bind", take_name},
	{"password", 0, "TEXT", "", take_password},
	{"peer-name", 0, "MTA", "what the other side must say", take_peer_name},
	{"peer-password", 0, "TEXT", "", take_peer_password},
	{"tsel", 0, "SELECTOR", "of the called side, text or 0x...", take_tsel},
	{"ssel", 0, "SELECTOR", "", take_ssel},
	{"psel", 0, "SELECTOR", "", take_psel},
	{"calling-tsel", 0, "SELECTOR", "of the calling side", take_calling_tsel},
	{"calling-ssel", 0, "SELECTOR", "", take_calling_ssel},
	{"calling-psel", 0, "SELECTOR", "", take_calling_psel},
	{"application-context", 0, "OID", "instead of mts-transfer 2.6.0.1.6", take_application_context},
	{"context", 0, "OID", "an abstract syntax offered beside the three of P1", take_context},
	{"checkpoint", 0, "N", "checkpoint size in 1024 octets (source 0: none; sink: as offered)", take_checkpoint},
	{"window", 0, "N", "window (source 3; sink: as offered)", take_window},
	{"mode", 0, "MODE", "normal, x410-1988 or x410-1984; the sink takes all when none is named", take_mode},
	{"p1", 0, "YEAR", "P1 of 1984 (and P2) or 1988 (and P22) in what we make; else as the mode has it", take_p1},
	{"twa", 0, NULL, "two-way alternate", take_twa},
	{"tpdu-size", 0, "N", "power of two, 7 to 16; 0: as large as RFC 1006 allows", take_tpdu_size},
	{"session-versions", 0, "N", "1, 2 or 3 (both)", take_session_versions},
	{"timeout", 0, "SECONDS", "for every wait (60)", take_timeout},
	{"domain", 0, "GDI", "our domain, as /PRMD=x/ADMD=y/C=z/", take_domain},
	{NULL, 0, NULL, "Faults; @WHEN may stand behind each: always, first:N, every:N, percent:N[:SEED]:", NULL},
	{"refuse", 0, "LAYER[:REASON]", "transport:DR, session:RF, presentation:CPR, acse:RESULT/DIAGNOSTIC, bind:ERROR,\n"
	 "transfer:ED[/OCTETS]", take_refuse},
	{"delay", 0, "POINT=SECONDS", "", take_delay},
	{"silence", 0, "POINT", "nothing more is sent or answered", take_silence},
	{"close", 0, "POINT", "TCP is closed", take_close},
	{"reset", 0, "POINT", "TCP is reset", take_reset},
	{"drop", 0, "POINT", "the PDU is lost", take_drop},
	{"abort", 0, "POINT[=KIND[:N]]", "user:RTAB-REASON (6), presentation:ARP-REASON (0), provider:TC-OCTET (5)", take_abort},
	{"set", 0, "POINT=PI:HEX", "a parameter of the SPDU gets this value", take_set},
	{"replace", 0, "POINT=HEX:HEX", "octets become others of the same length", take_replace},
	{"agree", 0, "CHECKPOINT/WINDOW", "what AC says, whatever was offered", take_agree},
	{"discard", 0, "OCTETS", "of an APDU sent, then S-ACTIVITY-DISCARD", take_discard},
	{"interrupt", 0, "OCTETS", "the same with S-ACTIVITY-INTERRUPT", take_interrupt},
	{"slow", 0, "N", "octets a second that pass at most", take_slow},
};

/* ---- the command line ---- */

#define LONG_MAX_OPTIONS 96
#define CODE_LONG 1000 /* getopt's code of a row without a letter */

struct command_line {
	const struct twin_option *row[LONG_MAX_OPTIONS];
	struct option options[LONG_MAX_OPTIONS + 3];
	char letters[2 * LONG_MAX_OPTIONS + 1];
	int rows;
};

static void add_row(struct command_line *c, const struct twin_option *o)
{
	size_t n = strlen(c->letters);

	if (o->letter != 0) {
		c->letters[n++] = o->letter;
		if (o->arg != NULL)
			c->letters[n++] = ':';
		c->letters[n] = '\0';
	}
	c->row[c->rows] = o;
	/* a row without a long name has a letter or is a heading: getopt never finds its empty name */
	c->options[c->rows] = (struct option){o->name == NULL ? "" : o->name, o->arg != NULL, NULL, CODE_LONG + c->rows};
	c->rows++;
}

static void show_row(const struct twin_option *o)
{
	char left[64];
	const char *help = o->help, *end;

	if (o->take == NULL) {
		printf("\n%s\n", o->help);
		return;
	}
	snprintf(left, sizeof(left), "%s%c%s%s%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ', o->letter && o->name ? ", " : "",
	         o->name ? "--" : "", o->name ? o->name : "", o->arg ? " " : "", o->arg ? o->arg : "");
	printf("  %-30s", left[0] == ' ' ? left + 1 : left);
	for (; (end = strchr(help, '\n')) != NULL; help = end + 1)
		printf(" %.*s\n%32s", (int)(end - help), help, "");
	printf(" %s\n", help);
}

static void show_help(const struct twin *t, const struct command_line *c, const char *usage, const char *notes)
{
	printf("usage: %s %s\n\n", t->program, usage);
	for (int i = 0; i < c->rows; i++)
		show_row(c->row[i]);
	printf("\n  --version, --help\n\nA POINT is one of\n  %s\nwith + behind it: after it has passed; with :N, the Nth of an association, data: N octets of an APDU.\n\n%s",
	       fault_points(t->arena), notes);
}

static const struct twin_option *row_of(const struct command_line *c, int code)
{
	if (code >= CODE_LONG && code < CODE_LONG + c->rows)
		return c->row[code - CODE_LONG];
	for (int i = 0; i < c->rows; i++)
		if (c->row[i]->letter != 0 && c->row[i]->letter == code)
			return c->row[i];
	return NULL;
}

int twin_options(struct twin *t, const struct twin_option *own, const char *usage, const char *notes, int argc, char **argv,
                 int *first, struct err *e)
{
	struct command_line *c = NEW(t->arena, struct command_line);
	int code;

	for (; own->help != NULL; own++)
		add_row(c, own);
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		add_row(c, &common[i]);
	c->options[c->rows] = (struct option){"help", no_argument, NULL, 1};
	c->options[c->rows + 1] = (struct option){"version", no_argument, NULL, 2};
	while ((code = getopt_long(argc, argv, c->letters, c->options, NULL)) != -1) {
		const struct twin_option *o = row_of(c, code);

		if (code == 1 || code == 2) {
			code == 1 ? show_help(t, c, usage, notes) : (void)printf("%s %s\n", t->program, PACKAGE_VERSION);
			return 1;
		}
		if (o == NULL || o->take == NULL)
			return ERR(e, ERR_CONFIG, "--help shows the options");
		TRY(o->take(t, optarg, e));
	}
	*first = optind;
	return 0;
}

int twin_host_port(struct arena *a, const char *text, const char **host, int *port, struct err *e)
{
	const char *colon = strrchr(text, ':');
	long n;

	TRY(twin_number(colon != NULL ? colon + 1 : text, 1, 65535, &n, e));
	*port = (int)n;
	if (colon == NULL)
		*host = "";
	else if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
		*host = arena_strndup(a, text + 1, (size_t)(colon - text - 2));
	else
		*host = arena_strndup(a, text, (size_t)(colon - text));
	return 0;
}

void twin_stamp(struct arena *a, const struct twin *t, struct mx_message *m, const char *local_id)
{
	struct mx_trace *trace = ARENA_PUSH(a, &m->envelope.trace);

	m->envelope.id = (struct mx_mts_id){t->domain, local_id};
	trace->domain = t->domain;
	trace->arrival_time = clock_now();
	trace->arrival_time.z = true;
}
