/*
 * smtp/client.c - the SMTP and LMTP client (RFC 5321, 2033; 1870, 2034, 2920, 3461, 6152, 6531, 6710).
 *
 * Octets in, octets out; called by relay (to Postfix) and by the milter (to a worker's LMTP socket).  A table of states
 * says what a reply means in each.  Commands are pipelined in windows of WINDOW, so a caller that first writes and then
 * reads cannot run into a deadlock with full socket buffers (2920 3.1).  Nothing that stands in an envelope or a message
 * can become a command: each command line is parsed back before it is sent, and data leaves with CRLF line ends and
 * stuffed dots only.  Reply text is foreign: bounded, and made printable before anybody sees it.
 */
#include "smtp/client.h"

#include <string.h>

#include "base/str.h"

#define WINDOW 50u             /* commands without a reply; 50 replies of 512 octets fit any socket buffer */
#define LINE_MAX_KEPT 1024u    /* octets of a reply line that are kept; 512 is the standard's limit */
#define LINE_MAX_TAKEN 65536u  /* a longer one is no SMTP server */
#define REPLY_LINES_MAX 500u
#define REPLY_TEXT_MAX 2048u
#define EXTENSIONS_MAX 64u
#define OUT_MAX (16u << 20)

enum state {
	GREETING,
	HELLO,    /* EHLO or LHLO sent */
	READY,
	FORWARD,  /* XFORWARD sent */
	ENVELOPE, /* MAIL and RCPTs under way */
	ANSWERED, /* all of them answered: the caller's turn */
	DATA,     /* DATA sent */
	SENDING,  /* 354: the caller's turn */
	FINAL,    /* dot sent */
	RSET,
	QUIT,
	CLOSED,
};

struct smtp_client {
	struct arena *arena;       /* the connection's */
	struct arena *transaction; /* replies of the running transaction */
	bool lmtp;
	const char *hostname;
	struct buf *out;
	enum state state;
	/* the line and reply being collected */
	char line[LINE_MAX_KEPT + 1];
	size_t line_len, line_taken;
	unsigned reply_lines;
	int reply_code;
	char reply_status[12];
	char reply_text[REPLY_TEXT_MAX];
	/* what the server offers: "SIZE 1000" ... */
	const char *extensions[EXTENSIONS_MAX];
	size_t extension_count;
	/* the transaction */
	const struct smtp_envelope *env;
	struct smtp_envelope offered; /* env less what the server does not take */
	bool dsn;
	size_t sent, answered;   /* of 1 + rcpt.count commands */
	size_t final_answered;   /* replies after the dot */
	struct smtp_reply mail, data;
	struct smtp_reply *rcpt;  /* one a recipient */
	struct smtp_reply *final; /* LMTP: one a recipient; SMTP: one */
	size_t final_count;
	bool line_start, cr; /* of the data sent */
};

static bool positive(const struct smtp_reply *r) { return r->code >= 200 && r->code < 300; }

/* ---- what the server said ---- */

/* "2.1.5 " at the front of a reply's text, of the class of its code; gives its length without the blank, 0: none. */
static size_t status_length(const char *text, int code)
{
	size_t n = 1, digits;

	if (text[0] != '0' + code / 100 || strchr("245", text[0]) == NULL)
		return 0;
	for (int part = 0; part < 2; part++) {
		if (text[n] != '.')
			return 0;
		digits = strspn(text + n + 1, "0123456789");
		if (digits == 0 || digits > 3)
			return 0;
		n += 1 + digits;
	}
	return text[n] == ' ' || text[n] == '\0' ? n : 0;
}

static void add_text(struct smtp_client *c, const char *text)
{
	size_t n = strlen(c->reply_text);

	if (n > 0 && n + 1 < sizeof c->reply_text)
		c->reply_text[n++] = ' ';
	for (; *text != '\0' && n + 1 < sizeof c->reply_text; text++)
		c->reply_text[n++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
	c->reply_text[n] = '\0';
}

static void note_extension(struct smtp_client *c, const char *text)
{
	if (c->extension_count < EXTENSIONS_MAX)
		c->extensions[c->extension_count++] = arena_strdup(c->arena, text);
}

/* A whole line stands in c->line: 1 when it ends a reply, 0 when more lines follow. */
static int end_of_line(struct smtp_client *c, struct err *e)
{
	char *line = c->line;
	const char *text;
	size_t n;

	while (c->line_len > 0 && line[c->line_len - 1] == '\r')
		c->line_len--;
	line[c->line_len] = '\0';
	for (size_t i = 0; i < c->line_len; i++)
		if (line[i] == '\0')
			line[i] = '?';
	c->line_len = c->line_taken = 0;
	if (line[0] < '2' || line[0] > '5' || !str_is_digit(line[1]) || !str_is_digit(line[2]) || strchr(" -", line[3]) == NULL) {
		char seen[80];

		str_printable(seen, sizeof seen, line, strlen(line));
		return ERR(e, ERR_SMTP_REPLY, "\"%s\"", seen);
	}
	if (c->reply_lines == 0)
		c->reply_text[0] = c->reply_status[0] = '\0';
	if (++c->reply_lines > REPLY_LINES_MAX)
		return ERR(e, ERR_SMTP_REPLY, "more than %u lines in a reply", REPLY_LINES_MAX);
	c->reply_code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	text = line[3] == '\0' ? "" : line + 4;
	n = status_length(text, c->reply_code);
	if (n > 0 && n < sizeof c->reply_status) {
		memcpy(c->reply_status, text, n);
		c->reply_status[n] = '\0';
		text += n + (text[n] == ' ');
	}
	if (c->state == HELLO && c->reply_lines > 1)
		note_extension(c, text);
	add_text(c, text);
	if (line[3] == '-')
		return 0;
	c->reply_lines = 0;
	return 1;
}

/* 1 when a reply is complete, 0 when octets are missing. */
static int take_reply(struct smtp_client *c, const uint8_t *p, size_t n, size_t *used, struct err *e)
{
	while (*used < n) {
		char ch = (char)p[(*used)++];
		int done;

		if (ch == '\n') {
			done = end_of_line(c, e);
			if (done != 0)
				return done;
			continue;
		}
		if (c->line_len < LINE_MAX_KEPT)
			c->line[c->line_len++] = ch;
		if (++c->line_taken > LINE_MAX_TAKEN)
			return ERR(e, ERR_SMTP_REPLY, "a reply line of more than %u octets", LINE_MAX_TAKEN);
	}
	return 0;
}

static struct smtp_reply keep_reply(const struct smtp_client *c)
{
	struct smtp_reply r = {.code = c->reply_code, .text = arena_strdup(c->transaction, c->reply_text)};

	memcpy(r.status, c->reply_status, sizeof r.status);
	return r;
}

/* ---- what we say ---- */

static void put_line(struct smtp_client *c, const char *line)
{
	buf_puts(c->out, line);
	buf_puts(c->out, "\r\n");
}

static void say_hello(struct smtp_client *c)
{
	buf_printf(c->out, "%s %s\r\n", c->lmtp ? "LHLO" : "EHLO", c->hostname);
	c->state = HELLO;
}

/* MAIL is command 0, the recipients follow. */
static void send_commands(struct smtp_client *c)
{
	size_t window = smtp_client_has(c, "PIPELINING") ? WINDOW : 1;

	while (c->sent <= c->env->rcpt.count && c->sent - c->answered < window) {
		if (c->sent == 0)
			put_line(c, smtp_format_mail(c->transaction, &c->offered, c->dsn));
		else
			put_line(c, smtp_format_rcpt(c->transaction, &c->env->rcpt.items[c->sent - 1], c->dsn));
		c->sent++;
	}
}

/* ---- replies by state ---- */

/* No transaction can start: what stands in the reply is about the server, never about a message. */
static int refused(struct smtp_client *c, const char *what, struct err *e)
{
	c->state = CLOSED;
	return ERR(e, ERR_SMTP_REFUSED, "%s: %d %s%s%.200s", what, c->reply_code, c->reply_status, *c->reply_status == '\0' ? "" : " ", c->reply_text);
}

static int on_greeting(struct smtp_client *c, enum smtp_client_event *event UNUSED, struct err *e)
{
	if (c->reply_code != 220)
		return refused(c, "greeting", e);
	say_hello(c);
	return 0;
}

static int on_hello(struct smtp_client *c, enum smtp_client_event *event, struct err *e)
{
	if (c->reply_code != 250)
		return refused(c, c->lmtp ? "LHLO" : "EHLO", e);
	c->state = READY;
	*event = SMTP_CLIENT_READY;
	return 0;
}

static int on_envelope(struct smtp_client *c, enum smtp_client_event *event, struct err *e UNUSED)
{
	struct smtp_reply r = keep_reply(c);

	if (c->answered == 0)
		c->mail = r;
	else /* a recipient behind a refused sender is refused for the sender's reason, not as "503 need MAIL" */
		c->rcpt[c->answered - 1] = positive(&c->mail) ? r : c->mail;
	c->answered++;
	if (!positive(&c->mail))
		while (c->sent <= c->env->rcpt.count && c->answered == c->sent) {
			c->rcpt[c->sent++ - 1] = c->mail;
			c->answered++;
		}
	else
		send_commands(c);
	if (c->answered <= c->env->rcpt.count)
		return 0;
	c->state = ANSWERED;
	*event = SMTP_CLIENT_RCPT_DONE;
	return 0;
}

/* 354 or the end: a refusal of DATA is the final reply of every recipient that was taken. */
static int on_data(struct smtp_client *c, enum smtp_client_event *event, struct err *e)
{
	c->data = keep_reply(c);
	if (c->reply_code == 354) {
		c->state = SENDING;
		c->line_start = true;
		c->cr = false;
		*event = SMTP_CLIENT_SEND_DATA;
		return 0;
	}
	if (c->reply_code < 400) {
		c->state = CLOSED;
		return ERR(e, ERR_SMTP_REPLY, "%d to DATA", c->reply_code);
	}
	for (size_t i = 0; i < c->final_count; i++)
		if (!c->lmtp || positive(&c->rcpt[i]))
			c->final[i] = c->data;
	c->state = READY;
	*event = SMTP_CLIENT_DONE;
	return 0;
}

/* LMTP: the next recipient that was taken (2033 4.2); SMTP: the one. */
static void skip_refused(struct smtp_client *c)
{
	while (c->lmtp && c->final_answered < c->final_count && !positive(&c->rcpt[c->final_answered]))
		c->final_answered++;
}

static int on_final(struct smtp_client *c, enum smtp_client_event *event, struct err *e UNUSED)
{
	skip_refused(c);
	if (c->final_answered < c->final_count)
		c->final[c->final_answered++] = keep_reply(c);
	skip_refused(c);
	if (c->final_answered < c->final_count)
		return 0;
	c->state = READY;
	*event = SMTP_CLIENT_DONE;
	return 0;
}

static int on_rset(struct smtp_client *c, enum smtp_client_event *event, struct err *e)
{
	if (c->reply_code != 250)
		return refused(c, "RSET", e);
	c->state = READY;
	*event = SMTP_CLIENT_READY;
	return 0;
}

/* XFORWARD is advice: a server that does not take it goes on without. */
static int on_forward(struct smtp_client *c, enum smtp_client_event *event, struct err *e UNUSED)
{
	c->state = READY;
	*event = SMTP_CLIENT_READY;
	return 0;
}

static int on_quit(struct smtp_client *c, enum smtp_client_event *event, struct err *e UNUSED)
{
	c->state = CLOSED;
	*event = SMTP_CLIENT_CLOSED;
	return 0;
}

/* Nothing was asked: the server speaks out of turn. */
static int on_unasked(struct smtp_client *c, enum smtp_client_event *event UNUSED, struct err *e)
{
	int code = c->reply_code;

	c->state = CLOSED;
	return ERR(e, ERR_SMTP_REPLY, "reply %d without a command", code);
}

/* seconds: how long to wait for the server there (5321 4.5.3.2). */
static const struct {
	int (*reply)(struct smtp_client *c, enum smtp_client_event *event, struct err *e);
	int seconds;
} states[] = {
	[GREETING] = {on_greeting, 300}, [HELLO] = {on_hello, 300},   [READY] = {on_unasked, 300},   [FORWARD] = {on_forward, 300},  [ENVELOPE] = {on_envelope, 300},
	[ANSWERED] = {on_unasked, 300},  [DATA] = {on_data, 120},     [SENDING] = {on_unasked, 180}, [FINAL] = {on_final, 600},
	[RSET] = {on_rset, 300},         [QUIT] = {on_quit, 30},      [CLOSED] = {on_unasked, 30},
};

/* Outside a transaction its arena may be gone: nothing of it is touched then. */
static bool in_transaction(const struct smtp_client *c) { return c->state >= ENVELOPE && c->state <= FINAL; }

/* The connection is over: what was not answered gets code, status and text. */
static void answer_rest(struct smtp_client *c, int code, const char *status, const char *text)
{
	struct smtp_reply reply = {.code = code}, *r = &reply;

	if (!in_transaction(c)) {
		c->state = CLOSED;
		return;
	}
	memcpy(reply.status, status, MIN_OF(strlen(status) + 1, sizeof reply.status - 1));
	reply.text = arena_strdup(c->transaction, text);
	if (c->mail.code == 0)
		c->mail = *r;
	for (size_t i = 0; i < c->env->rcpt.count; i++)
		if (c->rcpt[i].code == 0)
			c->rcpt[i] = *r;
	for (size_t i = 0; i < c->final_count; i++)
		if (c->final[i].code == 0 && (!c->lmtp || positive(&c->rcpt[i])))
			c->final[i] = *r;
	c->state = CLOSED;
}

/* ---- the interface ---- */

struct smtp_client *smtp_client_new(struct arena *a, const struct smtp_client_options *o)
{
	struct smtp_client *c = NEW(a, struct smtp_client);

	c->arena = a;
	c->lmtp = o->lmtp;
	c->hostname = arena_strdup(a, o->hostname);
	c->out = buf_in(a, OUT_MAX);
	return c;
}

struct buf *smtp_client_out(struct smtp_client *c) { return c->out; }

int smtp_client_timeout(const struct smtp_client *c) { return states[c->state].seconds; }

int smtp_client_input(struct smtp_client *c, const void *p, size_t n, size_t *used, enum smtp_client_event *event, struct err *e)
{
	*used = 0;
	*event = SMTP_CLIENT_NEED_INPUT;
	while (*used < n && *event == SMTP_CLIENT_NEED_INPUT && c->state != CLOSED) {
		int done = take_reply(c, p, n, used, e);

		if (done < 0) {
			c->state = CLOSED;
			return -1;
		}
		if (done == 0)
			break;
		if (c->reply_code == 421 && c->state > HELLO)
			answer_rest(c, 421, c->reply_status, c->reply_text);
		else
			TRY(states[c->state].reply(c, event, e));
		if (!buf_ok(c->out))
			return ERR(e, ERR_SMTP_OUTPUT, "commands are not sent");
	}
	if (c->state == CLOSED) {
		*used = n;
		*event = SMTP_CLIENT_CLOSED;
	}
	return 0;
}

void smtp_client_lost(struct smtp_client *c, const char *text)
{
	answer_rest(c, 421, "4.4.2", text);
}

/* The parameter of an extension: "" when it has none, NULL when it is not offered. */
static const char *extension(const struct smtp_client *c, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < c->extension_count; i++)
		if (str_istarts(c->extensions[i], name) && strchr(" =", c->extensions[i][n]) != NULL)
			return c->extensions[i] + n + (c->extensions[i][n] != '\0');
	return NULL;
}

bool smtp_client_has(const struct smtp_client *c, const char *name) { return extension(c, name) != NULL; }

/* What the server does not offer is left out; what it cannot take at all fails before a word is said. */
static int fit_envelope(struct smtp_client *c, const struct smtp_envelope *env, struct err *e)
{
	const char *size = extension(c, "SIZE");
	long limit;

	c->offered = *env;
	c->dsn = smtp_client_has(c, "DSN");
	if (size == NULL)
		c->offered.size = -1;
	else if (env->size >= 0 && str_to_long(size, 1, INT64_MAX, &limit) == 0 && env->size > limit)
		return ERR(e, ERR_SMTP_TOO_BIG, "%lld octets, the server's limit is %ld", (long long)env->size, limit);
	if (env->smtputf8 && !smtp_client_has(c, "SMTPUTF8"))
		return ERR(e, ERR_SMTP_UTF8_ADDRESS, "the server does not offer SMTPUTF8");
	if (!smtp_client_has(c, "8BITMIME"))
		c->offered.body_8bit = false;
	if (!smtp_client_has(c, "MT-PRIORITY"))
		c->offered.has_mt_priority = false;
	return 0;
}

static int check_recipient(struct arena *a, const struct smtp_rcpt *r, bool smtputf8, struct err *e)
{
	struct smtp_rcpt back;

	TRY(smtp_parse_rcpt(a, smtp_format_rcpt(a, r, true), &back, e));
	if (!str_eq(back.address, r->address))
		return ERR(e, ERR_SMTP_RCPT_SYNTAX, "<%.200s>", r->address);
	if (r->orcpt != NULL && r->orcpt_type != NULL && !str_eq(back.orcpt_type, r->orcpt_type))
		return ERR(e, ERR_SMTP_SYNTAX, "ORCPT type %.40s", r->orcpt_type);
	for (const char *p = r->address; *p != '\0' && !smtputf8; p++)
		if ((unsigned char)*p >= 0x80)
			return ERR(e, ERR_SMTP_UTF8_ADDRESS, "<%.200s>", r->address);
	return 0;
}

/* Reads every line back before the first is sent: an address with CRLF, > or a blank in it must not become protocol. */
static int check_envelope(struct arena *a, const struct smtp_envelope *env, struct err *e)
{
	struct smtp_envelope back;

	TRY(smtp_parse_mail(a, smtp_format_mail(a, env, true), &back, e));
	if (!str_eq(back.mail_from, env->mail_from))
		return ERR(e, ERR_SMTP_SENDER_SYNTAX, "<%.200s>", env->mail_from);
	for (size_t i = 0; i < env->rcpt.count; i++)
		TRY(check_recipient(a, &env->rcpt.items[i], env->smtputf8, e));
	return env->rcpt.count > 0 ? 0 : ERR(e, ERR_BUG_INTERNAL, "an envelope without recipients");
}

/* " NAME=value" when the server lists NAME. */
static const char *forward_pair(const struct smtp_client *c, struct arena *a, const char *name, const char *value)
{
	const char *list = extension(c, "XFORWARD");
	size_t n = strlen(name);

	for (; value != NULL && list != NULL && *list != '\0'; list += strcspn(list, " "), list += *list == ' ')
		if (str_ieqn(list, name, n) && (list[n] == ' ' || list[n] == '\0'))
			return arena_printf(a, " %s=%s", name, smtp_xtext_encode(a, value));
	return "";
}

bool smtp_client_forward(struct smtp_client *c, struct arena *a, const char *addr, const char *ident)
{
	const char *pairs = arena_printf(a, "%s%s", forward_pair(c, a, "ADDR", addr), forward_pair(c, a, "IDENT", ident));

	if (c->state != READY || *pairs == '\0')
		return false;
	put_line(c, arena_printf(a, "XFORWARD%s", pairs));
	c->state = FORWARD;
	return true;
}

int smtp_client_send(struct smtp_client *c, struct arena *a, const struct smtp_envelope *env, struct err *e)
{
	if (c->state != READY)
		return ERR(e, ERR_BUG_INTERNAL, "SMTP transaction in state %d", (int)c->state);
	c->env = NULL;
	TRY(fit_envelope(c, env, e));
	TRY(check_envelope(a, &c->offered, e));
	c->transaction = a;
	c->env = env;
	c->mail = c->data = (struct smtp_reply){.text = ""};
	c->sent = c->answered = c->final_answered = 0;
	c->rcpt = arena_array(a, env->rcpt.count, sizeof *c->rcpt);
	c->final_count = c->lmtp ? env->rcpt.count : 1;
	c->final = arena_array(a, c->final_count, sizeof *c->final);
	c->state = ENVELOPE;
	send_commands(c);
	return 0;
}

static const struct smtp_reply no_reply = {.text = ""};

const struct smtp_reply *smtp_client_mail_reply(const struct smtp_client *c) { return c->env == NULL ? &no_reply : &c->mail; }

const struct smtp_reply *smtp_client_rcpt_reply(const struct smtp_client *c, size_t rcpt)
{
	return c->env == NULL || rcpt >= c->env->rcpt.count || c->rcpt[rcpt].code == 0 ? &no_reply : &c->rcpt[rcpt];
}

const struct smtp_reply *smtp_client_final_reply(const struct smtp_client *c, size_t rcpt)
{
	const struct smtp_reply *r;

	if (c->env == NULL || rcpt >= c->env->rcpt.count)
		return &no_reply;
	if (!positive(&c->rcpt[rcpt]))
		return smtp_client_rcpt_reply(c, rcpt); /* refused before the data: that is its last word */
	r = &c->final[c->lmtp ? rcpt : 0];
	return r->code == 0 ? &no_reply : r;
}

/* Without a recipient that was taken there is nobody to send the data to (2033 4.2, 5321 3.3). */
void smtp_client_data(struct smtp_client *c)
{
	size_t taken = 0;

	if (c->state != ANSWERED)
		return;
	for (size_t i = 0; i < c->env->rcpt.count; i++)
		taken += positive(&c->rcpt[i]);
	if (taken == 0) {
		smtp_client_reset(c);
		return;
	}
	put_line(c, "DATA");
	c->state = DATA;
}

/* A line's octets without its end; a dot at its start is doubled (5321 4.5.2). */
static void put_text(struct smtp_client *c, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	if (c->line_start && *p == '.')
		buf_putc(c->out, '.');
	buf_put(c->out, p, n);
	c->line_start = false;
}

static void put_line_end(struct smtp_client *c)
{
	buf_put(c->out, "\r\n", 2);
	c->line_start = true;
}

/* The writer gives CRLF; should a bare CR or LF come, it leaves as a line end, never as it is (VU#302671). */
void smtp_client_data_octets(struct smtp_client *c, const void *data, size_t n)
{
	const uint8_t *p = data, *end = p + n;

	if (c->state != SENDING)
		return;
	while (p < end) {
		const uint8_t *stop = p;

		if (c->cr && *p == '\n') { /* the line end was written at the CR */
			c->cr = false;
			p++;
			continue;
		}
		c->cr = false;
		while (stop < end && *stop != '\r' && *stop != '\n')
			stop++;
		put_text(c, p, (size_t)(stop - p));
		if (stop < end) {
			put_line_end(c);
			c->cr = *stop++ == '\r';
		}
		p = stop;
	}
}

void smtp_client_data_end(struct smtp_client *c)
{
	if (c->state != SENDING)
		return;
	if (!c->line_start)
		put_line_end(c);
	put_line(c, ".");
	c->state = FINAL;
}

void smtp_client_reset(struct smtp_client *c)
{
	if (c->state != READY && c->state != ANSWERED)
		return;
	put_line(c, "RSET");
	c->state = RSET;
}

void smtp_client_quit(struct smtp_client *c)
{
	if (c->state != READY && c->state != ANSWERED)
		return;
	put_line(c, "QUIT");
	c->state = QUIT;
}
