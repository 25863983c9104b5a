/*
 * t/replay/replay.c - plays scripts of OSI conversations against one end of an association, with a fake clock.
 *
 * A script (t/replay/osi/NAME.replay) has a command a line.  Each is played three times, the peer's octets coming in one
 * piece, in pieces of seven and one by one; what we send must be the same each time.
 *   option NAME VALUE        before the first other command; see set_option
 *   connected | closed       TCP opens (initiator), TCP ends
 *   < FILE | < 03 00 ..      octets of the peer: a file of t/vectors, or hex
 *   <rttr N FILE             octets of the peer: the file's in RTTRs of N, each a P-DATA of its own
 *   > FILE | > 03 00 ..      what we must have sent, exactly; what is not asked for is an error
 *   >any                     drops what we sent
 *   >has 30 01 ..            what we sent has these octets somewhere; drops it
 *   event KIND [ERR_NAME [words of its detail]]   the next event; TRANSFER_DATA is collected, SEND_MORE passed over
 *   apdu FILE | apdu size N  the octets of TRANSFER_DATA since TRANSFER_START
 *   tick SECONDS             the clock goes on
 *   call accept NAME PASSWORD | refuse N | transfer FILE | start N | data N | end | discard | interrupt | confirm |
 *        reject N | release | abort | please N | give
 *   peer NAME PASSWORD       what the peer said in its bind
 *   idle yes | idle no       is the association free?
 *   turn yes | turn no       have we the turn?
 *   mode NAME [PROTOCOL]     mode in use, application protocol as the peer sent it
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include "base/str.h"
#include "osi/association.h"
#include "osi/cotp.h"
#include "osi/pdata.h"
#include "osi/table.h"
#include "t/lib/hex.h"
#include "t/lib/tap.h"

#define EVENTS 64

static const char *const kinds[] = {
	"NONE", "BIND", "OPEN", "REFUSED", "TRANSFER_START", "TRANSFER_DATA", "TRANSFER_END", "TRANSFER_DROPPED", "SEND_MORE",
	"CONFIRMED", "NOT_CONFIRMED", "TURN_PLEASE", "TURN_GIVEN", "RELEASED", "ABORTED",
};

struct play {
	const char *script;
	int line;
	size_t chunk;
	bool failed;
	struct arena *arena;
	struct osi_options options;
	struct osi_association *a;
	int64_t now;
	struct osi_event events[EVENTS];
	size_t first, count;
	struct buf apdu;
	uint8_t *source; /* call transfer */
	size_t source_len, source_at;
};

static bool check(struct play *p, bool good, const char *what, const char *detail)
{
	if (!good && !p->failed) {
		diag("%s:%d (pieces of %zu): %s: %s", p->script, p->line, p->chunk, what, detail);
		p->failed = true;
	}
	return good;
}

static struct octets octets_of(struct play *p, const char *text)
{
	char path[512];
	uint8_t *octets;
	size_t n;

	if (strstr(text, ".hex") != NULL) {
		snprintf(path, sizeof path, "t/vectors/%s", text);
		octets = hex_file(path, &n);
	} else {
		octets = malloc(strlen(text) + 1);
		if (octets == NULL)
			abort();
		n = hex_decode(text, octets);
	}
	text = arena_memdup(p->arena, octets, n);
	free(octets);
	return (struct octets){(const uint8_t *)text, n};
}

static struct octets text_value(struct play *p, const char *v)
{
	if (strncmp(v, "0x", 2) == 0) {
		uint8_t *octets = arena_alloc(p->arena, strlen(v));
		size_t n = 0;

		for (v += 2; v[0] != '\0' && v[1] != '\0'; v += 2)
			octets[n++] = (uint8_t)strtoul((char[]){v[0], v[1], 0}, NULL, 16);
		return (struct octets){octets, n};
	}
	return (struct octets){(const uint8_t *)arena_strdup(p->arena, v), strlen(v)};
}

/* thirty private abstract syntaxes 1.3.6.1.4.1.99999.n, as the extud vectors offer them */
static void further_contexts(struct play *p, size_t n)
{
	struct octets *list = arena_array(p->arena, n, sizeof *list);

	for (size_t i = 0; i < n; i++) {
		uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, (uint8_t)i};

		list[i] = (struct octets){arena_memdup(p->arena, oid, sizeof oid), sizeof oid};
	}
	p->options.further_contexts = list;
	p->options.n_further_contexts = n;
}

static const char *const mode_names[OSI_MODES] = {"normal", "x410-1988", "x410-1984"};

/* "normal x410-1988": OSI_MODE_BITs. */
static unsigned modes_of(const char *v)
{
	unsigned modes = 0;

	for (unsigned m = 0; m < OSI_MODES; m++)
		if (strstr(v, mode_names[m]) != NULL)
			modes |= OSI_MODE_BIT(m);
	return modes;
}

static void set_option(struct play *p, const char *name, const char *v)
{
	struct osi_options *o = &p->options;
	unsigned long n = strtoul(v, NULL, 0);
	const struct {
		const char *name;
		struct octets *at;
	} strings[] = {
		{"calling-tsel", &o->calling.tsel}, {"calling-ssel", &o->calling.ssel}, {"calling-psel", &o->calling.psel},
		{"called-tsel", &o->called.tsel},   {"called-ssel", &o->called.ssel},   {"called-psel", &o->called.psel},
		{"password", &o->local.password},   {"expected-password", &o->expected.password},
		{"application-context", &o->application_context},
	};
	const struct {
		const char *name;
		unsigned *at;
	} numbers[] = {
		{"tpdu-size", &o->tpdu_size}, {"checkpoint", &o->checkpoint}, {"window", &o->window},
		{"session-versions", &o->session_versions}, {"connect-timeout", &o->timeouts.connect},
		{"bind-timeout", &o->timeouts.bind}, {"confirm-timeout", &o->timeouts.confirm},
		{"idle-timeout", &o->timeouts.idle}, {"abort-timeout", &o->timeouts.abort}, {"data-timeout", &o->timeouts.data},
	};

	const struct {
		const char *name;
		bool *at;
	} switches[] = {
		{"twa", &o->twa}, {"monologue-only", &o->monologue_only}, {"turn-to-responder", &o->turn_to_responder},
		{"protocol-swapped", &o->protocol_swapped}, {"password-octets", &o->password_octets},
	};

	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (str_eq(name, switches[i].name)) {
			*switches[i].at = str_eq(v, "yes");
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		if (str_eq(name, strings[i].name)) {
			*strings[i].at = text_value(p, v);
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (str_eq(name, numbers[i].name)) {
			*numbers[i].at = (unsigned)n;
			return;
		}
	if (str_eq(name, "role"))
		o->initiator = str_eq(v, "initiator");
	else if (str_eq(name, "mta"))
		o->local.name = arena_strdup(p->arena, v);
	else if (str_eq(name, "expected-mta"))
		o->expected.name = arena_strdup(p->arena, v);
	else if (str_eq(name, "ss-reference"))
		o->ss_reference = arena_strdup(p->arena, str_eq(v, "none") ? "" : v);
	else if (str_eq(name, "common-reference"))
		o->common_reference = arena_strdup(p->arena, v);
	else if (str_eq(name, "reference"))
		o->reference = (uint16_t)n;
	else if (str_eq(name, "mode"))
		o->mode = modes_of(v) == OSI_MODE_BIT(OSI_MODE_X410_1984)   ? OSI_MODE_X410_1984
		          : modes_of(v) == OSI_MODE_BIT(OSI_MODE_X410_1988) ? OSI_MODE_X410_1988
		                                                            : OSI_MODE_NORMAL;
	else if (str_eq(name, "modes"))
		o->modes = modes_of(v);
	else if (str_eq(name, "busy"))
		o->busy = str_eq(v, "transport") ? OSI_BUSY_TRANSPORT : OSI_BUSY_SESSION;
	else if (str_eq(name, "apdu-max"))
		o->apdu_max = n;
	else if (str_eq(name, "fragment"))
		o->fragment = n;
	else if (str_eq(name, "further-contexts"))
		further_contexts(p, n);
	else
		check(p, false, "unknown option", name);
}

/* Gives what call transfer has, as far as there is room, and ends it. */
static void give(struct play *p)
{
	size_t room;

	if (p->source == NULL)
		return;
	while (p->source_at < p->source_len && (room = osi_transfer_room(p->a)) > 0) {
		room = MIN_OF(room, p->source_len - p->source_at);
		osi_transfer_data(p->a, p->source + p->source_at, room, p->now);
		p->source_at += room;
	}
	if (p->source_at == p->source_len) {
		osi_transfer_end(p->a, p->now);
		free(p->source);
		p->source = NULL;
	}
}

static void collect(struct play *p)
{
	struct osi_event ev;

	for (;;) {
		osi_next_event(p->a, &ev);
		if (ev.kind == OSI_EV_NONE)
			return;
		if (ev.kind == OSI_EV_SEND_MORE) {
			give(p);
			continue;
		}
		if (ev.kind == OSI_EV_TRANSFER_START)
			buf_reset(&p->apdu);
		if (ev.kind == OSI_EV_TRANSFER_DATA)
			buf_put(&p->apdu, ev.data.p, ev.data.len);
		else if (check(p, p->first + p->count < EVENTS, "too many events", ""))
			p->events[p->first + p->count++] = ev;
	}
}

static void expect_output(struct play *p, struct octets want)
{
	struct buf *out = osi_out(p->a);
	size_t at = 0;
	char text[160];

	while (at < out->len && at < want.len && out->p[at] == want.p[at])
		at++;
	if (at == want.len) {
		buf_consume(out, at);
		return;
	}
	snprintf(text, sizeof text, "octet %zu of %zu is %02x, expected %02x; %zu octets stand in out", at, want.len,
	         at < out->len ? out->p[at] : 0, want.p[at], out->len);
	check(p, false, "not what we must send", text);
	for (size_t i = 0; i < out->len && i < 400; i += 16) {
		char line[40] = "";

		str_hex(line, out->p + i, MIN_OF(out->len - i, (size_t)16));
		diag("%06zx %s", i, line);
	}
}

static void no_output(struct play *p)
{
	char text[80] = "";

	if (osi_out(p->a)->len > 0) {
		str_hex(text, osi_out(p->a)->p, MIN_OF(osi_out(p->a)->len, (size_t)32));
		check(p, false, "we sent something that the script does not have", text);
	}
}

static void has_output(struct play *p, struct octets want)
{
	struct buf *out = osi_out(p->a);
	bool found = false;

	for (size_t i = 0; i + want.len <= out->len && !found; i++)
		found = memcmp(out->p + i, want.p, want.len) == 0;
	check(p, found, "these octets are not in what we sent", "");
	buf_consume(out, out->len);
}

static void feed(struct play *p, struct octets in)
{
	no_output(p);
	for (size_t i = 0; i < in.len; i += p->chunk) {
		osi_input(p->a, in.p + i, MIN_OF(p->chunk, in.len - i), p->now);
		collect(p);
	}
}

/* RTTRs of n octets each in context 3, a TSDU each, with the octets of a file in them. */
static void feed_rttr(struct play *p, char *rest)
{
	size_t n = strtoul(strtok(rest, " "), NULL, 0);
	struct octets in = octets_of(p, strtok(NULL, " "));

	while (in.len > 0 && !p->failed) {
		uint8_t *tsdu = arena_alloc(p->arena, TPKT_HEADER + COTP_DT_HEAD + 4 + PDATA_HEAD_MAX + n), *at = tsdu + 11;
		size_t take = MIN_OF(n, in.len), whole;

		at += pdata_head(at, 3, take);
		memcpy(at, in.p, take);
		whole = (size_t)(at - tsdu) + take;
		memcpy(tsdu, (uint8_t[11]){3, 0, (uint8_t)(whole >> 8), (uint8_t)whole, 2, 0xf0, 0x80, 1, 0, 1, 0}, 11);
		feed(p, (struct octets){tsdu, whole});
		in.p += take;
		in.len -= take;
	}
}

static void expect_event(struct play *p, char *rest)
{
	char *kind = strtok(rest, " "), *name = strtok(NULL, " "), *words = strtok(NULL, "");
	const struct osi_event *ev = &p->events[p->first];

	collect(p);
	if (!check(p, p->count > 0, "no event, expected", kind))
		return;
	p->first++;
	p->count--;
	if (p->count == 0)
		p->first = 0;
	if (!check(p, str_eq(kinds[ev->kind], kind), "event is", kinds[ev->kind])) {
		diag("%s: %s", err_row(ev->err.id)->name, ev->err.detail);
		return;
	}
	if (name == NULL)
		return;
	if (strspn(name, "0123456789") == strlen(name)) {
		check(p, ev->number == atoi(name), "number differs", name);
		return;
	}
	check(p, str_eq(err_row(ev->err.id)->name, name), "error is", err_row(ev->err.id)->name);
	if (words != NULL)
		check(p, strstr(ev->err.detail, words) != NULL, "detail is", ev->err.detail);
}

static void start(struct play *p, const char *file)
{
	struct err e = {0};
	char path[512];

	snprintf(path, sizeof path, "t/vectors/%s", file);
	p->source = hex_file(path, &p->source_len);
	p->source_at = 0;
	check(p, osi_transfer_start(p->a, p->source_len, p->now, &e) == 0, "transfer does not start", e.detail);
	give(p);
}

static void some_data(struct play *p, size_t n)
{
	static const uint8_t letters[64] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	for (size_t take; n > 0; n -= take) {
		take = MIN_OF(n, sizeof letters - 1);
		osi_transfer_data(p->a, letters, take, p->now);
	}
}

static void call(struct play *p, char *rest)
{
	char *what = strtok(rest, " "), *x = strtok(NULL, " "), *y = strtok(NULL, " ");
	size_t n = x == NULL ? 0 : strtoul(x, NULL, 0);
	struct osi_mta mta = {.name = x};
	struct err e = {0};

	if (str_eq(what, "accept")) {
		if (y != NULL)
			mta.password = text_value(p, y);
		osi_bind_accept(p->a, &mta, p->now);
	} else if (str_eq(what, "refuse")) {
		osi_bind_refuse(p->a, (enum osi_bind_error)n, p->now);
	} else if (str_eq(what, "transfer")) {
		start(p, x);
	} else if (str_eq(what, "start")) {
		check(p, osi_transfer_start(p->a, n, p->now, &e) == 0, "transfer does not start", e.detail);
	} else if (str_eq(what, "data")) {
		some_data(p, n);
	} else if (str_eq(what, "end")) {
		osi_transfer_end(p->a, p->now);
	} else if (str_eq(what, "discard")) {
		osi_transfer_discard(p->a, p->now);
	} else if (str_eq(what, "interrupt")) {
		osi_transfer_interrupt(p->a, p->now);
	} else if (str_eq(what, "confirm")) {
		osi_transfer_confirm(p->a, p->now);
	} else if (str_eq(what, "reject")) {
		osi_transfer_refuse(p->a, (enum osi_refusal)n, p->now);
	} else if (str_eq(what, "release")) {
		osi_release(p->a, p->now);
	} else if (str_eq(what, "abort")) {
		osi_abort(p->a, p->now);
	} else if (str_eq(what, "please")) {
		osi_turn_please(p->a, (int)n, p->now);
	} else if (str_eq(what, "give")) {
		osi_turn_give(p->a, p->now);
	} else {
		check(p, false, "unknown call", what);
	}
}

static void check_apdu(struct play *p, const char *rest)
{
	struct octets want;
	char text[80];

	if (strncmp(rest, "size ", 5) == 0) {
		want.len = strtoul(rest + 5, NULL, 0);
	} else {
		want = octets_of(p, rest);
		check(p, p->apdu.len >= want.len && memcmp(p->apdu.p, want.p, want.len) == 0, "the APDU differs from", rest);
	}
	snprintf(text, sizeof text, "%zu octets, expected %zu", p->apdu.len, want.len);
	check(p, p->apdu.len == want.len, "the APDU has", text);
}

static void check_peer(struct play *p, char *rest)
{
	char *name = strtok(rest, " "), *password = strtok(NULL, " ");
	const struct osi_mta *said = osi_peer(p->a);
	struct octets want = password == NULL ? (struct octets){0} : text_value(p, password);

	check(p, said->name != NULL && str_eq(said->name, name), "peer's name is", said->name == NULL ? "absent" : said->name);
	check(p, said->password.len == want.len && (want.len == 0 || memcmp(said->password.p, want.p, want.len) == 0), "password differs", name);
}

static void check_mode(struct play *p, char *rest)
{
	char *name = strtok(rest, " "), *protocol = strtok(NULL, " ");
	enum osi_mode m = osi_mode_of(p->a);

	check(p, str_eq(mode_names[m], name), "mode is", mode_names[m]);
	if (protocol != NULL)
		check(p, osi_application_protocol(p->a) == strtol(protocol, NULL, 0), "application protocol is not", protocol);
}

static void run_line(struct play *p, char *line)
{
	char *word = strtok(line, " "), *rest = strtok(NULL, "");

	if (str_eq(word, "option")) {
		char *name = strtok(rest, " "), *value = strtok(NULL, "");

		set_option(p, name, value == NULL ? "" : value);
		return;
	}
	if (p->a == NULL)
		p->a = osi_new(p->arena, &p->options, p->now);
	if (str_eq(word, "connected")) {
		osi_connected(p->a, p->now);
	} else if (str_eq(word, "closed")) {
		no_output(p);
		osi_disconnected(p->a, p->now);
	} else if (str_eq(word, "<")) {
		feed(p, octets_of(p, rest));
	} else if (str_eq(word, "<rttr")) {
		feed_rttr(p, rest);
	} else if (str_eq(word, ">")) {
		expect_output(p, octets_of(p, rest));
	} else if (str_eq(word, ">any")) {
		check(p, osi_out(p->a)->len > 0, "nothing was sent", "");
		buf_consume(osi_out(p->a), osi_out(p->a)->len);
	} else if (str_eq(word, ">has")) {
		has_output(p, octets_of(p, rest));
	} else if (str_eq(word, "event")) {
		expect_event(p, rest);
	} else if (str_eq(word, "apdu")) {
		check_apdu(p, rest);
	} else if (str_eq(word, "tick")) {
		p->now += strtol(rest, NULL, 10) * 1000;
		osi_tick(p->a, p->now);
	} else if (str_eq(word, "call")) {
		call(p, rest);
	} else if (str_eq(word, "peer")) {
		check_peer(p, rest);
	} else if (str_eq(word, "mode")) {
		check_mode(p, rest);
	} else if (str_eq(word, "turn")) {
		check(p, osi_has_turn(p->a) == str_eq(rest, "yes"), "the turn is not", rest);
	} else if (str_eq(word, "idle")) {
		check(p, osi_idle(p->a) == str_eq(rest, "yes"), "idle is not", rest);
	} else {
		check(p, false, "unknown command", word);
	}
	collect(p);
}

static bool play(const char *script, const char *text, size_t chunk)
{
	struct play p = {.script = script, .chunk = chunk, .now = 1000000, .apdu = BUF_INIT((size_t)1 << 24)};
	const char *next;

	p.arena = arena_new(0);
	for (; *text != '\0' && !p.failed; text = next) {
		size_t n = strcspn(text, "\n");
		char *line = arena_strndup(p.arena, text, n);

		next = text + n + (text[n] == '\n');
		p.line++;
		if (*line != '#' && *line != '\0')
			run_line(&p, line);
	}
	if (!p.failed) {
		no_output(&p);
		check(&p, p.count == 0, "an event was not asked for", p.count == 0 ? "" : kinds[p.events[p.first].kind]);
	}
	buf_free(&p.apdu);
	free(p.source);
	arena_free(p.arena);
	return !p.failed;
}

/* ---- what the scripts reach ---- */

#define TABLES   3
#define ROWS_MAX 128
static unsigned taken[TABLES][ROWS_MAX];

static void count_row(const struct table *t, size_t row)
{
	for (size_t i = 0; i < TABLES; i++)
		if (osi_table(i) == t && row < ROWS_MAX)
			taken[i][row]++;
}

/* Rows that no conversation of an association can reach, with the reason. */
static const struct {
	const char *table, *state, *event, *why;
} unreachable[] = {
	{"session", "STA01", "S_ANY", "TCP is gone: the association gives nothing to its session any more (t/unit/osi_session.c takes it)"},
};

static bool excused(const struct table *t, const struct table_names *n)
{
	for (size_t i = 0; i < ARRAY_LEN(unreachable); i++)
		if (str_eq(t->name, unreachable[i].table) && str_eq(n->state, unreachable[i].state) && str_eq(n->event, unreachable[i].event)) {
			diag("%s: %s %s: %s", t->name, n->state, n->event, unreachable[i].why);
			return true;
		}
	return false;
}

/* Every row of the state tables is taken by some script. */
static void check_rows(size_t i)
{
	const struct table *t = osi_table(i);
	size_t reached = 0, due = t->count;

	for (size_t row = 0; row < t->count; row++) {
		const struct table_names *n = t->names(row);

		reached += taken[i][row] > 0;
		if (taken[i][row] == 0 && excused(t, n))
			due--;
		else if (taken[i][row] == 0)
			diag("no script takes %s: %s %s %s", t->name, n->state, n->event, n->predicate);
	}
	is_int((long long)reached, (long long)due, "%s: %zu of %zu rows are taken", t->name, reached, t->count);
}

/* Every recorded file is named by some script. */
static void check_named(const char *where, const char *scripts)
{
	char folder[4096];
	unsigned unnamed = 0, files = 0;
	DIR *d;

	snprintf(folder, sizeof folder, "%s/t/vectors/%s", tap_srcdir(), where);
	d = opendir(folder);
	for (struct dirent *f; d != NULL && (f = readdir(d)) != NULL;) {
		char name[512];

		snprintf(name, sizeof name, " %s/%s", where, f->d_name);
		if (strstr(f->d_name, ".hex") == NULL)
			continue;
		files++;
		if (strstr(scripts, name) == NULL) {
			diag("no script names%s", name);
			unnamed++;
		}
	}
	if (d != NULL)
		closedir(d);
	ok(files > 0 && unnamed == 0, "t/vectors/%s: each of %u files is named by a script", where, files);
}

static int by_name(const void *x, const void *y) { return strcmp(*(char *const *)x, *(char *const *)y); }

int main(void)
{
	char folder[4096];
	char *names[512];
	size_t count = 0;
	struct buf scripts = BUF_INIT((size_t)1 << 24);
	DIR *d;

	table_hook = count_row;
	snprintf(folder, sizeof folder, "%s/t/replay/osi", tap_srcdir());
	d = opendir(folder);
	for (struct dirent *f; d != NULL && (f = readdir(d)) != NULL;)
		if (strstr(f->d_name, ".replay") != NULL && count < ARRAY_LEN(names))
			names[count++] = strdup(f->d_name);
	if (d != NULL)
		closedir(d);
	ok(count > 0, "there are scripts in t/replay/osi");
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		char path[512];
		char *text;

		snprintf(path, sizeof path, "t/replay/osi/%s", names[i]);
		text = tap_read_file(path, NULL);
		ok(play(names[i], text, SIZE_MAX) && play(names[i], text, 7) && play(names[i], text, 1), "%s", names[i]);
		buf_put(&scripts, text, strlen(text));
		free(text);
		free(names[i]);
	}
	for (size_t i = 0; i < TABLES; i++)
		check_rows(i);
	buf_putc(&scripts, '\0');
	check_named("osi", (const char *)scripts.p);
	check_named("captures", (const char *)scripts.p);
	buf_free(&scripts);
	return tap_done();
}
