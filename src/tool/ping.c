/*
 * tool/ping.c - mixgate ping: opens an association with a peer exactly as mixgated would, layer by layer, and releases it.
 *
 * The layers are those of the wire, lowest first; each is good, failed, not reached or not in use.  The first one that
 * failed is named with what both sides said and with the setting that decides it, here and at the peer.  Options come from
 * relay/options.c and the call from relay/dial.c, so that nothing can work here and fail in the daemon.  No mail is touched.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "relay/dial.h"
#include "relay/options.h"
#include "relay/twin.h"
#include "tool/tool.h"

#define TIMEOUT_DEFAULT "30"
#define COUNT_MAX 100000
#define PAUSE_MS 1000
#define REFUSED_BY_USER 2 /* RF: the SS-user, whose data say more */
#define EXIT_FIRST 10 /* exit status of a failure in the first layer */

/* In the order in which they open; the exit status is EXIT_FIRST and this. */
enum layer { L_TCP, L_TLS, L_TPKT, L_TRANSPORT, L_SESSION, L_PRESENTATION, L_ACSE, L_RTSE, L_BIND, L_RELEASE, LAYERS };
static const char *const layer_names[LAYERS] = {"tcp",  "tls",  "tpkt", "transport", "session", "presentation",
                                                "acse", "rtse", "bind", "release"};
enum layer_state { NOT_REACHED, GOOD, FAILED, NOT_USED };
static const char *const state_names[] = {"not reached", "ok", "failed", "not in use"};

/* What both sides said about one thing; NULL: nothing, or it is not known. */
struct value {
	enum layer layer;
	const char *name, *ours, *theirs;
};

struct ping {
	struct tool *t;
	struct arena *arena; /* of one attempt */
	const struct config_peer *peer;
	const char *host;
	int port;
	bool configured; /* the peer stands in mixgate.conf */
	enum layer want; /* --layer: success when this one is good */
	struct osi_options options;
	/* the attempt */
	struct link link;
	struct osi_progress progress;
	int64_t began;
	enum layer_state state[LAYERS];
	int64_t at[LAYERS]; /* ms since began; -1: unknown */
	enum layer failed;  /* LAYERS: none */
	struct err err;
	MX_LIST(struct value) values;
};

/* ---- which layer ---- */

static const struct {
	enum err_id id;
	enum layer layer;
} layer_of[] = {
	{ERR_RELAY_ADDRESS, L_TCP},
	{ERR_RELAY_CONNECT, L_TCP},
	{ERR_OSI_TPKT, L_TPKT},
	{ERR_OSI_TRANSPORT, L_TRANSPORT},
	{ERR_OSI_ECHO, L_TRANSPORT},
	{ERR_OSI_TRANSPORT_REFUSED, L_TRANSPORT},
	{ERR_OSI_SESSION, L_SESSION},
	{ERR_OSI_SESSION_UNITS, L_SESSION},
	{ERR_OSI_SESSION_REFUSED, L_SESSION},
	{ERR_OSI_PRESENTATION, L_PRESENTATION},
	{ERR_OSI_PRESENTATION_REFUSED, L_PRESENTATION},
	{ERR_OSI_CONTEXT, L_PRESENTATION},
	{ERR_OSI_ACSE, L_ACSE},
	{ERR_OSI_ASSOCIATION_REFUSED, L_ACSE},
	{ERR_OSI_RTSE, L_RTSE},
	{ERR_OSI_BIND, L_BIND},
	{ERR_OSI_BIND_REFUSED, L_BIND},
	{ERR_RELAY_BIND, L_BIND},
};

/* An end without a layer of its own (silence, a closed connection, an abort) belongs to what was waited for. */
static enum layer find_layer(const struct ping *p)
{
	for (size_t i = 0; i < ARRAY_LEN(layer_of); i++)
		if (layer_of[i].id == p->err.id)
			return layer_of[i].layer;
	if (p->link.osi == NULL)
		return L_TCP;
	if (p->err.id == ERR_OSI_BUSY) /* each layer can say it */
		return p->progress.transport == 0 ? L_TRANSPORT : p->progress.refusal == REFUSED_BY_USER ? L_BIND : L_SESSION;
	if (!p->progress.received)
		return L_TPKT;
	if (p->progress.transport == 0)
		return L_TRANSPORT;
	return p->progress.answered == 0 ? L_SESSION : L_BIND;
}

/* ---- what to change ---- */

struct advice {
	enum layer layer; /* LAYERS: any */
	enum err_id id;   /* ERR_NONE: any */
	const char *text; /* %s is the peer: "peers.NAME" */
};
static const struct advice advices[] = {
	{LAYERS, ERR_OSI_BUSY, "nothing: the peer has enough associations or is overloaded; if it stays so, %s.max_assoc, or the peer's limit for us"},
	{L_TCP, ERR_RELAY_ADDRESS, "%s.host: the name is not known here; the peer's operator can tell name or address"},
	{L_TCP, ERR_NONE, "%s.host and %s.port; or a firewall between, or the peer's MTA does not run"},
	{L_TPKT, ERR_OSI_TPKT, "%s.port: what listens there is not an X.400 MTA over RFC 1006 (port 102 in most places)"},
	{L_TPKT, ERR_NONE, "the peer takes the connection and says nothing: ask for its list of allowed addresses; or %s.port is another service"},
	{L_TRANSPORT, ERR_OSI_TRANSPORT_REFUSED, "%s.tsel must be the peer's transport selector; some peers want %s.calling_tsel too"},
	{L_TRANSPORT, ERR_OSI_ECHO, "%s.port: what listens there sends our own octets back: an echo service or a looped line, not an X.400 MTA"},
	{L_TRANSPORT, ERR_OSI_TRANSPORT, "%s.tpdu_size = 11, or 0; the peer must offer transport class 0 over RFC 1006"},
	{L_TRANSPORT, ERR_NONE, "%s.tsel: the transport selector may lead to an application that does not answer"},
	{L_SESSION, ERR_OSI_SESSION_REFUSED, "%s.ssel must be the peer's session selector, %s.calling_ssel what it expects of us; %s.quirks = [\"session-version-1\"] for stacks of 1984"},
	{L_SESSION, ERR_OSI_SESSION, "nothing here: the peer's answer is not one of the session protocol (X.225); %s.tsel may lead to another application, else its operator must see the line above"},
	{L_SESSION, ERR_OSI_SESSION_UNITS, "the peer's session lacks what RTSE needs: half-duplex, minor synchronize, activity management, exceptions; its operator must switch them on; when only the tokens differ, %s.twa and %s.quirks = [\"turn-to-responder\"]"},
	{L_SESSION, ERR_NONE, "the peer took the transport connection and not our CONNECT: %s.ssel, %s.psel, %s.mode (x410-1988 or x410-1984 for an X.410-only peer), then its log"},
	{L_PRESENTATION, ERR_OSI_PRESENTATION_REFUSED, "%s.psel must be the peer's presentation selector; %s.mode = \"x410-1988\" or \"x410-1984\" when it knows no normal mode"},
	{L_PRESENTATION, ERR_OSI_CONTEXT, "the peer lacks a presentation context of P1 over RTSE: this address may be another application's (%s.psel), or %s.mode"},
	{L_PRESENTATION, ERR_NONE, "%s.mode, %s.psel"},
	{L_ACSE, ERR_NONE, "the peer does not take the application context mts-transfer here: %s.psel may be another application's, or it wants an X.410 mode (%s.mode)"},
	{L_RTSE, ERR_OSI_RTSE, "%s.checkpoint and %s.window, when it speaks of these: offer what the peer answers; else %s.mode, %s.twa"},
	{L_RTSE, ERR_NONE, "%s.mode, %s.checkpoint, %s.window, %s.twa"},
	{L_BIND, ERR_RELAY_BIND, "%s.rmta must be the MTA name that the peer says"},
	{L_BIND, ERR_OSI_BIND, "nothing here: what the peer says of itself in the bind cannot be read; its MTA name must be an IA5String of 1 to 32 characters (X.411), and its operator must mend it"},
	{L_BIND, ERR_OSI_BIND_REFUSED, "%s.lmta and %s.lpass_file must be the MTA name and password that the peer has for us; %s.quirks = [\"password-octets\"]; %s.twa when it speaks of the dialogue mode"},
	{L_BIND, ERR_NONE, "%s.lmta, %s.lpass_file, then the peer's log"},
	{L_RELEASE, ERR_NONE, "nothing here: the association works, and the peer does not end it in order"},
};

static const char *advice(const struct ping *p)
{
	const char *name = p->configured ? arena_printf(p->arena, "peers.%s", p->peer->name) : "peers.NAME";

	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if ((advices[i].layer == p->failed || advices[i].layer == LAYERS) && (advices[i].id == ERR_NONE || advices[i].id == p->err.id)) {
			struct buf *b = buf_in(p->arena, 4096);

			for (const char *s = advices[i].text, *at; *s != '\0'; s = at) {
				at = strstr(s, "%s");
				if (at == NULL)
					at = s + strlen(s);
				buf_put(b, s, (size_t)(at - s));
				if (*at != '\0') {
					buf_puts(b, name);
					at += 2;
				}
			}
			return arena_strdup(p->arena, buf_str(b));
		}
	return NULL;
}

/* ---- what both sides said ---- */

static void add(struct ping *p, enum layer layer, const char *name, const char *ours, const char *theirs)
{
	*ARENA_PUSH(p->arena, &p->values) = (struct value){layer, name, ours, theirs};
}

static const char *selector(struct ping *p, struct octets o)
{
	char text[3 * 64 + 1];
	bool plain = true;

	if (o.p == NULL)
		return "(none)";
	for (size_t i = 0; i < o.len; i++)
		plain = plain && o.p[i] > 0x20 && o.p[i] < 0x7f;
	o.len = MIN_OF(o.len, (size_t)64);
	if (plain)
		return arena_printf(p->arena, "\"%.*s\"", (int)o.len, (const char *)o.p);
	str_hex(text, o.p, o.len);
	return arena_printf(p->arena, "0x%s", text);
}

static const char *number(struct ping *p, unsigned long n) { return arena_printf(p->arena, "%lu", n); }
static const char *printable(struct ping *p, const char *s)
{
	char text[256];

	if (s == NULL)
		return "(none)";
	str_printable(text, sizeof(text), s, strlen(s));
	return arena_strdup(p->arena, text);
}

static void add_address(struct ping *p)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char text[INET6_ADDRSTRLEN] = "";

	if (getpeername(p->link.fd, (struct sockaddr *)&a, &n) != 0)
		return;
	if (a.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, text, sizeof(text));
	add(p, L_TCP, "address", NULL, arena_strdup(p->arena, text));
}

static void add_lower(struct ping *p)
{
	const struct osi_options *o = &p->options;
	const struct osi_progress *g = &p->progress;

	add(p, L_TRANSPORT, "called TSEL", selector(p, o->called.tsel), NULL);
	add(p, L_TRANSPORT, "calling TSEL", selector(p, o->calling.tsel), NULL);
	add(p, L_TRANSPORT, "TPDU size", o->tpdu_size == 0 ? "not said" : number(p, 1UL << o->tpdu_size), g->tpdu_size == 0 ? NULL : number(p, g->tpdu_size));
	add(p, L_SESSION, "called SSEL", selector(p, o->called.ssel), NULL);
	add(p, L_SESSION, "calling SSEL", selector(p, o->calling.ssel), NULL);
	add(p, L_SESSION, "session version", o->session_versions == 1 || o->mode != OSI_MODE_NORMAL ? "1" : "1 or 2",
	    g->session_version == 0 ? NULL : number(p, g->session_version));
	add(p, L_SESSION, "functional units", "half-duplex, minor synchronize, activity management, exceptions",
	    g->session_version == 0 ? NULL : "the same");
	add(p, L_PRESENTATION, "mode", o->mode == OSI_MODE_NORMAL ? "normal" : "X.410-1984", p->state[L_PRESENTATION] == GOOD ? "the same" : NULL);
	if (o->mode != OSI_MODE_NORMAL)
		return;
	add(p, L_PRESENTATION, "called PSEL", selector(p, o->called.psel), NULL);
	add(p, L_PRESENTATION, "calling PSEL", selector(p, o->calling.psel), NULL);
	add(p, L_PRESENTATION, "contexts", "ACSE, RTSE, MTSE", p->state[L_PRESENTATION] == GOOD ? "accepted" : NULL);
	add(p, L_ACSE, "application context", "mts-transfer 2.6.0.1.6", p->state[L_ACSE] == GOOD ? "accepted" : NULL);
}

static const char *password(const struct osi_mta *m) { return m->password.len == 0 ? "no" : m->octets ? "yes, as octets" : "yes"; }

/* The answer's password counts for nothing in the daemon; here it is told when it is not the one of rpass_file. */
static const char *their_password(struct ping *p, const struct osi_mta *m)
{
	const char *want = p->peer->rpass;

	if (want == NULL || (m->password.len == strlen(want) && (m->password.len == 0 || memcmp(m->password.p, want, m->password.len) == 0)))
		return password(m);
	return arena_printf(p->arena, "%s; not that of rpass_file", password(m));
}

static void add_upper(struct ping *p, bool answered)
{
	const struct osi_options *o = &p->options;
	const struct osi_progress *g = &p->progress;
	const struct osi_mta *said = answered ? osi_peer(p->link.osi) : NULL;

	if (o->mode != OSI_MODE_NORMAL)
		add(p, L_RTSE, "application protocol",
		    o->mode == OSI_MODE_X410_1988 ? (o->protocol_swapped ? "3072" : "12") : (o->protocol_swapped ? "256" : "1"), NULL);
	add(p, L_RTSE, "dialogue mode", o->twa ? "two-way-alternate" : "monologue", answered ? "accepted" : NULL);
	add(p, L_RTSE, "checkpoint size", number(p, o->checkpoint), answered ? number(p, g->checkpoint) : NULL);
	add(p, L_RTSE, "window", number(p, o->window), answered ? number(p, g->window) : NULL);
	add(p, L_BIND, "MTA name", printable(p, o->local.name), answered ? printable(p, said->name) : NULL);
	add(p, L_BIND, "expected MTA name", NULL, p->configured ? printable(p, p->peer->rmta) : NULL);
	add(p, L_BIND, "password", password(&o->local), answered ? their_password(p, said) : NULL);
}

/* ---- one attempt ---- */

static int64_t since(const struct ping *p, int64_t when) { return when == 0 ? -1 : when - p->began; }

static void good(struct ping *p, enum layer l, int64_t when)
{
	p->state[l] = GOOD;
	p->at[l] = since(p, when);
}

static void fail(struct ping *p, enum layer l)
{
	p->failed = l;
	p->state[l] = FAILED;
	p->at[l] = since(p, clock_monotonic_ms());
}

static bool in_use(const struct ping *p, enum layer l) { return l != L_TLS && (l != L_ACSE || p->options.mode == OSI_MODE_NORMAL); }

/* Everything from TPKT to bind, after dial_bind. */
static void judge(struct ping *p, int status)
{
	enum layer last = status == 0 ? LAYERS : find_layer(p);

	for (enum layer l = L_TPKT; l <= L_BIND && l < last; l++)
		if (in_use(p, l))
			good(p, l, l <= L_TRANSPORT ? p->progress.transport : p->progress.answered);
	if (status != 0)
		fail(p, MAX_OF(last, L_TPKT));
}

static void begin_attempt(struct ping *p)
{
	arena_free(p->arena);
	p->arena = arena_new(0);
	p->link = (struct link){.fd = -1};
	p->progress = (struct osi_progress){0};
	p->values.items = NULL;
	p->values.count = p->values.capacity = 0;
	p->failed = LAYERS;
	err_clear(&p->err);
	for (int l = 0; l < LAYERS; l++) {
		p->state[l] = in_use(p, (enum layer)l) ? NOT_REACHED : NOT_USED;
		p->at[l] = -1;
	}
	p->began = clock_monotonic_ms();
}

static void release(struct ping *p)
{
	struct err e = {0};
	int status = dial_end(&p->link, &e);

	if (p->failed != LAYERS)
		return; /* the names did not fit: that is what counts */
	if (status == 0) {
		good(p, L_RELEASE, clock_monotonic_ms());
	} else {
		p->err = e;
		fail(p, L_RELEASE);
	}
}

static void attempt(struct ping *p)
{
	int status;

	begin_attempt(p);
	if (dial_connect(p->host, p->port, &p->options, &p->link, &p->err) != 0) {
		fail(p, L_TCP);
		return;
	}
	good(p, L_TCP, clock_monotonic_ms());
	add_address(p);
	status = dial_bind(p->arena, &p->options, &p->link, &p->err);
	osi_progress(p->link.osi, &p->progress);
	if (status == 0 && p->configured)
		status = options_check_answer(p->peer, osi_peer(p->link.osi), &p->err);
	judge(p, status);
	add_lower(p);
	add_upper(p, p->progress.answered != 0 && !p->progress.refused && (status == 0 || p->err.id == ERR_RELAY_BIND));
	if (p->link.fd >= 0)
		release(p);
}

/* ---- output ---- */

static void print_values(const struct ping *p, struct json *j, enum layer l)
{
	for (size_t i = 0; i < p->values.count; i++) {
		const struct value *v = &p->values.items[i];

		if (v->layer != l)
			continue;
		if (j != NULL) {
			json_object(j, NULL);
			json_string(j, "name", v->name);
			json_string(j, "ours", v->ours);
			json_string(j, "theirs", v->theirs);
			json_end_object(j);
		} else if (v->ours == NULL && v->theirs != NULL) {
			stream_printf(p->t->out, "    %-20s %s\n", v->name, v->theirs);
		} else if (v->ours != NULL) {
			stream_printf(p->t->out, "    %-20s ours %s%s%s\n", v->name, v->ours, v->theirs != NULL ? "; theirs " : "",
			              v->theirs != NULL ? v->theirs : "");
		}
	}
}

static const char *failure_text(const struct ping *p)
{
	char text[600];

	err_text(&p->err, text, sizeof(text));
	return arena_strdup(p->arena, text);
}

static void print_text(const struct ping *p)
{
	struct stream *out = p->t->out;
	const char *what = advice(p);

	stream_printf(out, "%s: %s port %d, mode %s%s\n", p->configured ? p->peer->name : "not in mixgate.conf", p->host, p->port,
	              p->peer->mode, p->options.twa ? ", two-way-alternate" : "");
	for (int l = 0; l < LAYERS; l++) {
		stream_printf(out, "%-13s %s", layer_names[l], state_names[p->state[l]]);
		if (p->at[l] >= 0)
			stream_printf(out, "  %lld ms", (long long)p->at[l]);
		stream_printf(out, "%s\n", l == L_TLS ? " (not configured)" : "");
		if (l == (int)p->failed)
			stream_printf(out, "    %s\n", failure_text(p));
		if (p->state[l] == GOOD || p->state[l] == FAILED)
			print_values(p, NULL, (enum layer)l);
		if (l == (int)p->failed && what != NULL)
			stream_printf(out, "    change: %s\n", what);
	}
}

static void print_json(const struct ping *p, struct json *j, int status)
{
	json_object(j, NULL);
	json_string(j, "peer", p->configured ? p->peer->name : NULL);
	json_string(j, "host", p->host);
	json_int(j, "port", p->port);
	json_string(j, "mode", p->peer->mode);
	json_bool(j, "two_way_alternate", p->options.twa);
	json_string(j, "failed", p->failed == LAYERS ? NULL : layer_names[p->failed]);
	json_int(j, "status", status);
	json_string(j, "error", p->failed == LAYERS ? NULL : failure_text(p));
	json_string(j, "error_id", p->failed == LAYERS ? NULL : err_row(p->err.id)->name);
	json_string(j, "change", p->failed == LAYERS ? NULL : advice(p));
	json_array(j, "layers");
	for (int l = 0; l < LAYERS; l++) {
		json_object(j, NULL);
		json_string(j, "layer", layer_names[l]);
		json_string(j, "state", state_names[p->state[l]]);
		if (p->at[l] >= 0)
			json_int(j, "ms", p->at[l]);
		else
			json_string(j, "ms", NULL);
		json_array(j, "values");
		print_values(p, j, (enum layer)l);
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

/* ---- the verb ---- */

static int exit_status(const struct ping *p)
{
	return p->failed == LAYERS || p->failed > p->want ? TOOL_OK : EXIT_FIRST + (int)p->failed;
}

static int run(struct ping *p, long count)
{
	struct json j = JSON_INIT(p->t->out);
	int status = TOOL_OK;

	if (p->t->json)
		json_array(&j, NULL);
	for (long i = 0; i < count; i++) {
		if (i > 0)
			poll(NULL, 0, PAUSE_MS);
		attempt(p);
		status = MAX_OF(status, exit_status(p));
		if (p->t->json)
			print_json(p, &j, exit_status(p));
		else
			print_text(p);
		if (stream_finish(p->t->out, NULL) != 0)
			break; /* nobody reads; the caller says so */
	}
	if (p->t->json)
		json_end_array(&j);
	arena_free(p->arena);
	return status;
}

/* A peer of mixgate.conf by its name, or host[:port] with defaults. */
static int find_target(struct ping *p, const char *word, struct err *e)
{
	const struct config *c = p->t->config;
	const char *with_port = strchr(word, ':') != NULL ? word : arena_printf(p->t->arena, "%s:102", word);

	p->peer = config_find_peer(c, word);
	p->configured = p->peer != NULL;
	if (p->configured) {
		p->host = p->peer->host;
		p->port = p->peer->port;
		return *p->host != '\0' ? 0 : ERR(e, ERR_CONFIG, "peers.%s.host is empty: this peer only calls in", word);
	}
	p->peer = config_default_peer(p->t->arena, c, word);
	return twin_host_port(p->t->arena, with_port, &p->host, &p->port, e);
}

static void set_timeouts(struct ping *p, unsigned seconds)
{
	p->options.timeouts = (struct osi_timeouts){.connect = seconds, .bind = seconds, .confirm = seconds, .idle = seconds, .abort = 1, .data = seconds};
}

static int find_layer_name(const char *name)
{
	for (int l = 0; l < LAYERS; l++)
		if (str_eq(layer_names[l], name))
			return l;
	return -1;
}

int tool_ping(struct tool *t, int argc, char **argv)
{
	const char *count = "1", *timeout = TIMEOUT_DEFAULT, *layer = "release";
	const struct tool_option options[] = {{"--count", &count, NULL}, {"--timeout", &timeout, NULL}, {"--layer", &layer, NULL}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv), want = find_layer_name(layer);
	struct ping p = {.t = t};
	long times, seconds;
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("ping", "one peer of mixgate.conf, or host:port");
	if (str_to_long(count, 1, COUNT_MAX, &times) != 0 || str_to_long(timeout, 1, 3600, &seconds) != 0 || want < 0)
		return tool_usage("ping", "--count takes 1 to 100000, --timeout 1 to 3600 seconds, --layer the name of a layer");
	if (tool_config(t, &e) != 0)
		return tool_fail("ping", &e, TOOL_TROUBLE);
	if (find_target(&p, argv[0], &e) != 0 || options_initiator(t->arena, t->config, p.peer, &p.options, &e) != 0)
		return tool_fail("ping", &e, TOOL_USAGE);
	set_timeouts(&p, (unsigned)seconds);
	p.want = (enum layer)want;
	return run(&p, times);
}
