/*
 * smtp/server.c - the LMTP server (RFC 2033 over RFC 5321; 1870, 2034, 2920, 3461, 6152; Postfix's XFORWARD).
 *
 * Octets in, octets out.  A table of commands says in which states each is allowed; a command in another state is 503 by
 * construction.  What only relay can decide (is this recipient reachable, has the peer taken the message) leaves as an
 * event, and nothing behind it is looked at until the answer came.
 *
 * Line ends: CRLF is the only one.  A bare CR or LF in a command ends the connection; in data the message is read to its
 * true end (CRLF.CRLF), refused for every recipient, and then the connection ends, for whatever stands behind it may be
 * commands that a stranger smuggled into a message (VU#302671).
 */
#include "smtp/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define COMMAND_MAX 4096u     /* 5321 asks 512, 3461 and 1870 add 500 + 26; std-or local parts are long */
#define ERRORS_MAX 20u        /* protocol errors in a row that end a connection */
#define XFORWARD_MAX 256u     /* an attribute's value */
#define REPLY_TEXT_MAX 400u   /* a reply line has 512 octets (5321 4.5.3.1.5) */
#define OUT_MAX (4u << 20)

enum state {
	START,  /* no LHLO yet */
	READY,  /* no transaction */
	MAIL,   /* sender known, no recipient */
	RCPT,   /* at least one recipient */
	DATA,   /* after 354 */
	CLOSED, /* 421 or 221 sent */
	STATE_COUNT
};
#define IN(state) (1u << (state))
#define ANY (IN(START) | IN(READY) | IN(MAIL) | IN(RCPT))

/* What the last octets of the data were. */
enum data_at { AT_LINE, AT_TEXT, AT_CR, AT_DOT, AT_DOT_CR };

static const char *const xforward_names[] = {"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};

struct smtp_server {
	struct arena *arena;       /* the connection's */
	struct arena *transaction; /* the next or running transaction's */
	struct smtp_server_options o;
	struct buf *out;
	enum state state;
	enum smtp_event pending; /* an event that waits for its answer, or SMTP_NEED_INPUT */
	struct smtp_envelope env;
	size_t answered;         /* final replies given */
	unsigned errors;
	bool greeted;            /* something behind the greeting was written */
	/* the command line being collected */
	char line[COMMAND_MAX + 1];
	size_t line_len;
	bool line_too_long, line_cr;
	/* data */
	struct stream *data;
	enum data_at at;
	uint64_t data_octets;
	bool bare; /* bare CR or LF seen: the message is refused */
	char xforward[ARRAY_LEN(xforward_names)][XFORWARD_MAX];
};

/* ---- replies ---- */

static void put_reply(struct smtp_server *s, int code, char separator, const char *status, const char *text)
{
	char clean[REPLY_TEXT_MAX];
	size_t n = 0;

	for (; *text != '\0' && n + 1 < sizeof clean; text++)
		clean[n++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
	clean[n] = '\0';
	s->greeted = true;
	buf_printf(s->out, "%03d%c%s%s%s\r\n", code, separator, status, *status == '\0' ? "" : " ", clean);
}

static void reply(struct smtp_server *s, int code, const char *status, const char *text)
{
	put_reply(s, code, ' ', status, text);
}

static void reply_row(struct smtp_server *s, const struct err *e)
{
	const struct err_row *row = err_row(e->id);
	char text[REPLY_TEXT_MAX];

	err_text(e, text, sizeof text);
	if (row->smtp == 0)
		reply(s, 451, "4.3.0", text);
	else
		reply(s, err_smtp(e), err_status(e), text);
}

/* The connection ends: what stands in out is the last that is said. */
static int close_with(struct smtp_server *s, enum err_id id, const char *detail, struct err *e)
{
	s->state = CLOSED;
	s->pending = SMTP_NEED_INPUT;
	return ERR(e, id, "%s", detail);
}

static void end_transaction(struct smtp_server *s)
{
	s->env = (struct smtp_envelope){.size = -1};
	s->answered = 0;
	s->data = NULL;
	memset(s->xforward, 0, sizeof s->xforward); /* XFORWARD holds for one transaction: trust must not leak into the next */
	if (s->state != START && s->state != CLOSED)
		s->state = READY;
}

static bool in_transaction(const struct smtp_server *s) { return s->state == MAIL || s->state == RCPT; }

/* ---- commands: return the event, or SMTP_NEED_INPUT when answered here; failures are e and SMTP_NEED_INPUT ---- */

static enum smtp_event do_lhlo(struct smtp_server *s, const char *arg, struct err *e)
{
	enum smtp_event event = in_transaction(s) ? SMTP_EV_RESET : SMTP_NEED_INPUT;
	char size[40];

	if (*arg == '\0' || !str_is_printable_ascii(arg) || strchr(arg, ' ') != NULL) {
		ERR(e, ERR_SMTP_SYNTAX, "LHLO needs a host name");
		return SMTP_NEED_INPUT;
	}
	s->state = READY;
	end_transaction(s);
	snprintf(size, sizeof size, "SIZE %llu", (unsigned long long)s->o.size_max);
	put_reply(s, 250, '-', "", s->o.hostname);
	put_reply(s, 250, '-', "", size);
	put_reply(s, 250, '-', "", "PIPELINING");
	put_reply(s, 250, '-', "", "ENHANCEDSTATUSCODES");
	put_reply(s, 250, '-', "", "8BITMIME");
	if (s->o.dsn)
		put_reply(s, 250, '-', "", "DSN");
	put_reply(s, 250, ' ', "", "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
	return event;
}

/* RFC 2033 4.1: HELO and EHLO must be refused with 500, so that an SMTP client finds out at once. */
static enum smtp_event do_helo(struct smtp_server *s UNUSED, const char *arg UNUSED, struct err *e)
{
	ERR(e, ERR_SMTP_COMMAND, "this is LMTP: LHLO");
	return SMTP_NEED_INPUT;
}

/* Parameters that the parser knows but that this server does not offer. */
static int refuse_unoffered(const struct smtp_server *s, struct err *e)
{
	if (s->env.smtputf8)
		return ERR(e, ERR_SMTP_PARAMETER, "SMTPUTF8");
	if (s->env.has_mt_priority)
		return ERR(e, ERR_SMTP_PARAMETER, "MT-PRIORITY");
	if (!s->o.dsn && (s->env.ret != SMTP_RET_ABSENT || s->env.envid != NULL))
		return ERR(e, ERR_SMTP_PARAMETER, "RET, ENVID");
	if (s->o.size_max > 0 && s->env.size > 0 && (uint64_t)s->env.size > s->o.size_max)
		return ERR(e, ERR_SMTP_TOO_BIG, "SIZE=%lld, limit %llu", (long long)s->env.size, (unsigned long long)s->o.size_max);
	return 0;
}

static enum smtp_event do_mail(struct smtp_server *s, const char *arg UNUSED, struct err *e)
{
	if (s->transaction == NULL) {
		ERR(e, ERR_BUG_INTERNAL, "no arena for the transaction");
		return SMTP_NEED_INPUT;
	}
	if (smtp_parse_mail(s->transaction, s->line, &s->env, e) != 0 || refuse_unoffered(s, e) != 0) {
		s->env = (struct smtp_envelope){.size = -1};
		return SMTP_NEED_INPUT;
	}
	return SMTP_EV_MAIL;
}

static int parse_recipient(struct smtp_server *s, struct smtp_rcpt *r, struct err *e)
{
	if (s->o.rcpt_max > 0 && s->env.rcpt.count >= s->o.rcpt_max)
		return ERR(e, ERR_SMTP_TOO_MANY_RECIPIENTS, "limit %u", s->o.rcpt_max);
	TRY(smtp_parse_rcpt(s->transaction, s->line, r, e));
	if (!s->o.dsn && (r->notify != 0 || r->orcpt != NULL))
		return ERR(e, ERR_SMTP_PARAMETER, "NOTIFY, ORCPT");
	for (const char *p = r->address; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return ERR(e, ERR_SMTP_UTF8_ADDRESS, "<%.200s>", r->address);
	return 0;
}

static enum smtp_event do_rcpt(struct smtp_server *s, const char *arg UNUSED, struct err *e)
{
	struct smtp_rcpt r;

	if (parse_recipient(s, &r, e) != 0)
		return SMTP_NEED_INPUT;
	*ARENA_PUSH(s->transaction, &s->env.rcpt) = r;
	return SMTP_EV_RCPT;
}

static enum smtp_event do_data(struct smtp_server *s UNUSED, const char *arg, struct err *e)
{
	if (*arg != '\0') {
		ERR(e, ERR_SMTP_SYNTAX, "DATA takes no argument");
		return SMTP_NEED_INPUT;
	}
	return SMTP_EV_DATA;
}

static enum smtp_event do_rset(struct smtp_server *s, const char *arg, struct err *e)
{
	enum smtp_event event = in_transaction(s) ? SMTP_EV_RESET : SMTP_NEED_INPUT;

	if (*arg != '\0') {
		ERR(e, ERR_SMTP_SYNTAX, "RSET takes no argument");
		return SMTP_NEED_INPUT;
	}
	end_transaction(s);
	reply(s, 250, "2.0.0", "Ok");
	return event;
}

static enum smtp_event do_noop(struct smtp_server *s, const char *arg UNUSED, struct err *e UNUSED)
{
	reply(s, 250, "2.0.0", "Ok");
	return SMTP_NEED_INPUT;
}

/* 5321 3.5.3: an address that is not looked up is 252. */
static enum smtp_event do_vrfy(struct smtp_server *s, const char *arg, struct err *e)
{
	if (*arg == '\0')
		ERR(e, ERR_SMTP_SYNTAX, "VRFY needs an address");
	else
		reply(s, 252, "2.0.0", "send mail to find out");
	return SMTP_NEED_INPUT;
}

static enum smtp_event do_help(struct smtp_server *s, const char *arg UNUSED, struct err *e UNUSED)
{
	reply(s, 214, "2.0.0", "LHLO XFORWARD MAIL RCPT DATA RSET NOOP VRFY HELP QUIT; see mixgated(8)");
	return SMTP_NEED_INPUT;
}

static enum smtp_event do_quit(struct smtp_server *s, const char *arg UNUSED, struct err *e UNUSED)
{
	reply(s, 221, "2.0.0", "Bye");
	s->state = CLOSED;
	return SMTP_EV_QUIT;
}

static enum smtp_event do_unimplemented(struct smtp_server *s UNUSED, const char *arg UNUSED, struct err *e)
{
	ERR(e, ERR_SMTP_NOT_IMPLEMENTED, "%.20s", s->line);
	return SMTP_NEED_INPUT;
}

static int set_xforward(struct smtp_server *s, const char *pair, size_t n, struct err *e)
{
	const char *eq = memchr(pair, '=', n);
	size_t key = eq == NULL ? 0 : (size_t)(eq - pair);
	char value[XFORWARD_MAX] = "";

	for (size_t i = 0; i < ARRAY_LEN(xforward_names); i++) {
		if (strlen(xforward_names[i]) != key || !str_ieqn(pair, xforward_names[i], key))
			continue;
		if (smtp_xtext_decode_into(value, sizeof value, eq + 1, n - key - 1) != 0 || !str_is_printable_ascii(value))
			return ERR(e, ERR_SMTP_SYNTAX, "XFORWARD %s", xforward_names[i]);
		/* [UNAVAILABLE] and [TEMPUNAVAIL]: the MTA does not know, so we do not either */
		if (str_ieq(value, "[UNAVAILABLE]") || str_ieq(value, "[TEMPUNAVAIL]"))
			*value = '\0';
		memcpy(s->xforward[i], value, sizeof value);
		return 0;
	}
	return ERR(e, ERR_SMTP_SYNTAX, "XFORWARD attribute %.*s", (int)MIN_OF(n, 40u), pair);
}

static enum smtp_event do_xforward(struct smtp_server *s, const char *arg, struct err *e)
{
	if (*arg == '\0') {
		ERR(e, ERR_SMTP_SYNTAX, "XFORWARD needs attributes");
		return SMTP_NEED_INPUT;
	}
	while (*arg != '\0') {
		size_t n = strcspn(arg, " ");

		if (n > 0 && set_xforward(s, arg, n, e) != 0)
			return SMTP_NEED_INPUT;
		arg += n + (arg[n] == ' ');
	}
	reply(s, 250, "2.0.0", "Ok");
	return SMTP_NEED_INPUT;
}

/* The state table: a command outside its states is 503. */
static const struct command {
	const char *name;
	unsigned states;
	enum smtp_event (*run)(struct smtp_server *s, const char *arg, struct err *e);
} commands[] = {
	{"LHLO", ANY, do_lhlo},
	{"HELO", ANY, do_helo},
	{"EHLO", ANY, do_helo},
	{"XFORWARD", IN(READY), do_xforward},
	{"MAIL", IN(READY), do_mail},
	{"RCPT", IN(MAIL) | IN(RCPT), do_rcpt},
	{"DATA", IN(RCPT), do_data}, /* 2033 4.2: without a recipient that was taken, 503 */
	{"RSET", ANY, do_rset},
	{"NOOP", ANY, do_noop},
	{"VRFY", ANY, do_vrfy},
	{"HELP", ANY, do_help},
	{"QUIT", ANY, do_quit},
	{"EXPN", ANY, do_unimplemented},
	{"BDAT", ANY, do_unimplemented},
	{"STARTTLS", ANY, do_unimplemented},
	{"AUTH", ANY, do_unimplemented},
	{"TURN", ANY, do_unimplemented},
	{"ETRN", ANY, do_unimplemented},
	{"XCLIENT", ANY, do_unimplemented},
};

static enum smtp_event dispatch(struct smtp_server *s, struct err *e)
{
	size_t verb = strcspn(s->line, " ");

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strlen(commands[i].name) != verb || !str_ieqn(s->line, commands[i].name, verb))
			continue;
		if ((commands[i].states & IN(s->state)) == 0) {
			ERR(e, ERR_SMTP_SEQUENCE, "%s", commands[i].name);
			return SMTP_NEED_INPUT;
		}
		return commands[i].run(s, s->line + verb + strspn(s->line + verb, " "), e);
	}
	ERR(e, ERR_SMTP_COMMAND, "%.40s", s->line);
	return SMTP_NEED_INPUT;
}

/* A bad address or a full transaction is about one recipient, not about the client. */
static bool counts_as_error(enum err_id id)
{
	return err_row(id)->class == ERR_PROTOCOL || id == ERR_SMTP_SYNTAX || id == ERR_SMTP_PARAMETER;
}

static int end_of_command(struct smtp_server *s, enum smtp_event *event, struct err *e)
{
	struct err why = {0};
	size_t n = s->line_len;

	s->line_len = 0;
	s->line_cr = false;
	s->line[n] = '\0';
	if (s->line_too_long)
		ERR(&why, ERR_SMTP_LINE_LENGTH, "limit %u", COMMAND_MAX);
	else if (memchr(s->line, '\0', n) != NULL)
		ERR(&why, ERR_SMTP_SYNTAX, "NUL in command");
	else
		*event = s->pending = dispatch(s, &why);
	s->line_too_long = false;
	if (s->pending == SMTP_EV_RESET)
		s->pending = SMTP_NEED_INPUT; /* nothing to answer */
	if (why.id == ERR_NONE)
		return 0;
	reply_row(s, &why);
	if (!counts_as_error(why.id) || ++s->errors < ERRORS_MAX)
		return 0;
	ERR(&why, ERR_SMTP_TOO_MANY_ERRORS, "%u", s->errors);
	reply_row(s, &why);
	return close_with(s, ERR_SMTP_TOO_MANY_ERRORS, "connection closed", e);
}

/* Collects one command line; returns after its CRLF. */
static int take_command(struct smtp_server *s, const uint8_t *p, size_t n, size_t *used, enum smtp_event *event, struct err *e)
{
	while (*used < n) {
		char c = (char)p[(*used)++];

		if (s->line_cr != (c == '\n')) {
			struct err why;

			ERR(&why, ERR_SMTP_NEWLINE, "in command");
			reply(s, 521, "5.5.2", "bare CR or LF in command"); /* as Postfix does: the connection is over */
			return close_with(s, ERR_SMTP_NEWLINE, "in command", e);
		}
		if (c == '\n')
			return end_of_command(s, event, e);
		if (c == '\r')
			s->line_cr = true;
		else if (s->line_len < COMMAND_MAX)
			s->line[s->line_len++] = c;
		else
			s->line_too_long = true;
	}
	return 0;
}

/* ---- data ---- */

static void put_data(struct smtp_server *s, const void *p, size_t n)
{
	s->data_octets += n;
	if (!s->bare && (s->o.size_max == 0 || s->data_octets <= s->o.size_max))
		stream_put(s->data, p, n);
}

/* The final dot.  A message that was refused while it came is answered here, for every recipient. */
static int end_of_data(struct smtp_server *s, enum smtp_event *event, struct err *e)
{
	struct err why = {0};

	s->errors = 0;
	s->answered = 0;
	if (s->bare)
		ERR(&why, ERR_SMTP_NEWLINE, "in message");
	else if (s->o.size_max > 0 && s->data_octets > s->o.size_max)
		ERR(&why, ERR_SMTP_TOO_BIG, "%llu octets, limit %llu", (unsigned long long)s->data_octets, (unsigned long long)s->o.size_max);
	if (why.id == ERR_NONE) {
		*event = s->pending = SMTP_EV_MESSAGE;
		return 0;
	}
	for (size_t i = 0; i < s->env.rcpt.count; i++)
		reply_row(s, &why);
	end_transaction(s);
	if (why.id == ERR_SMTP_NEWLINE)
		return close_with(s, ERR_SMTP_NEWLINE, "in message; connection closed", e);
	*event = SMTP_EV_RESET;
	return 0;
}

/* Text up to and with the next LF, or all there is.  Returns the octets used. */
static size_t take_text(struct smtp_server *s, const uint8_t *p, size_t n)
{
	const uint8_t *lf = memchr(p, '\n', n);
	size_t len = lf == NULL ? n : (size_t)(lf - p);
	const uint8_t *cr = memchr(p, '\r', len);
	bool cr_last = len > 0 && p[len - 1] == '\r';

	if (cr != NULL && cr + 1 != p + len)
		s->bare = true; /* a CR that no LF follows */
	if (lf == NULL) {
		put_data(s, p, cr_last ? len - 1 : len);
		s->at = cr_last ? AT_CR : AT_TEXT;
		return len;
	}
	if (!cr_last)
		s->bare = true; /* an LF without CR: no line end, so a dot behind it means nothing */
	put_data(s, p, len + 1);
	s->at = cr_last ? AT_LINE : AT_TEXT;
	return len + 1;
}

/* A CR was held back: LF makes it a line end, anything else makes it bare. */
static void after_cr(struct smtp_server *s, uint8_t c)
{
	if (c == '\n') {
		put_data(s, "\r\n", 2);
		s->at = AT_LINE;
		return;
	}
	s->bare = true;
	s->at = c == '\r' ? AT_CR : AT_TEXT;
}

static int take_data(struct smtp_server *s, const uint8_t *p, size_t n, size_t *used, enum smtp_event *event, struct err *e)
{
	while (*used < n) {
		uint8_t c = p[*used];

		switch (s->at) {
		case AT_LINE:
			s->at = c == '.' ? AT_DOT : AT_TEXT;
			*used += c == '.';
			break;
		case AT_TEXT:
			*used += take_text(s, p + *used, n - *used);
			break;
		case AT_CR:
			(*used)++;
			after_cr(s, c);
			break;
		case AT_DOT: /* the dot itself was stuffing, or the end */
			*used += c == '\r';
			s->at = c == '\r' ? AT_DOT_CR : AT_TEXT;
			break;
		case AT_DOT_CR:
			if (c == '\n') {
				(*used)++;
				return end_of_data(s, event, e);
			}
			s->bare = true;
			s->at = AT_TEXT;
			break;
		}
	}
	return 0;
}

/* ---- the interface ---- */

static void greet(struct smtp_server *s)
{
	buf_printf(s->out, "220 %s LMTP mixgate\r\n", s->o.hostname);
}

struct smtp_server *smtp_server_new(struct arena *a, const struct smtp_server_options *o)
{
	struct smtp_server *s = NEW(a, struct smtp_server);

	s->arena = a;
	s->o = *o;
	s->o.hostname = arena_strdup(a, o->hostname);
	s->out = buf_in(a, OUT_MAX);
	s->env.size = -1;
	greet(s);
	return s;
}

struct buf *smtp_server_out(struct smtp_server *s) { return s->out; }

void smtp_server_refuse(struct smtp_server *s, const char *status, const char *text)
{
	if (!s->greeted)
		buf_reset(s->out); /* the 421 stands where the 220 would have stood */
	reply(s, 421, status, text);
	s->state = CLOSED;
	s->pending = SMTP_NEED_INPUT;
}

void smtp_server_transaction(struct smtp_server *s, struct arena *a)
{
	s->transaction = a;
	s->env = (struct smtp_envelope){.size = -1};
}

int smtp_server_input(struct smtp_server *s, const void *p, size_t n, size_t *used, enum smtp_event *event, struct err *e)
{
	*used = 0;
	*event = SMTP_NEED_INPUT;
	s->greeted = true;
	if (s->pending != SMTP_NEED_INPUT)
		return ERR(e, ERR_BUG_INTERNAL, "LMTP input before event %d was answered", (int)s->pending);
	while (*used < n && *event == SMTP_NEED_INPUT && s->state != CLOSED) {
		if (s->state == DATA)
			TRY(take_data(s, p, n, used, event, e));
		else
			TRY(take_command(s, p, n, used, event, e));
		if (!buf_ok(s->out))
			return close_with(s, ERR_SMTP_OUTPUT, "replies are not read", e);
	}
	if (s->state == CLOSED) {
		*used = n;
		*event = SMTP_EV_QUIT;
		s->pending = SMTP_NEED_INPUT;
	}
	return 0;
}

const struct smtp_envelope *smtp_server_envelope(const struct smtp_server *s) { return &s->env; }

const char *smtp_server_xforward(const struct smtp_server *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(xforward_names); i++)
		if (str_ieq(xforward_names[i], name))
			return s->xforward[i][0] == '\0' ? NULL : s->xforward[i];
	return NULL;
}

/* The event is answered: the next state. */
static void answer(struct smtp_server *s, bool positive)
{
	enum smtp_event was = s->pending;

	if (was == SMTP_EV_MESSAGE) {
		if (++s->answered < s->env.rcpt.count)
			return;
		end_transaction(s);
	} else if (was == SMTP_EV_RCPT && !positive) {
		s->env.rcpt.count--;
	} else if (was == SMTP_EV_RCPT) {
		s->state = RCPT;
	} else if (was == SMTP_EV_MAIL && positive) {
		s->state = MAIL;
	} else if (was == SMTP_EV_MAIL) {
		end_transaction(s);
	}
	s->pending = SMTP_NEED_INPUT;
}

void smtp_server_reply(struct smtp_server *s, int code, const char *status, const char *fmt, ...)
{
	char text[REPLY_TEXT_MAX];
	va_list ap;

	if (s->pending == SMTP_NEED_INPUT)
		return; /* nothing waits: a late answer after refuse or close */
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	reply(s, code, status, text);
	answer(s, code >= 200 && code < 400);
}

void smtp_server_reply_err(struct smtp_server *s, const struct err *e)
{
	if (s->pending == SMTP_NEED_INPUT)
		return;
	reply_row(s, e);
	answer(s, false);
}

void smtp_server_data(struct smtp_server *s, struct stream *out)
{
	if (s->pending != SMTP_EV_DATA)
		return;
	put_reply(s, 354, ' ', "", "end with <CRLF>.<CRLF>");
	s->data = out;
	s->data_octets = 0;
	s->bare = false;
	s->at = AT_LINE;
	s->state = DATA;
	s->pending = SMTP_NEED_INPUT;
}
