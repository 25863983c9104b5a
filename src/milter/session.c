/*
 * milter/session.c - see session.h.
 *
 * The milter asks for no more than it needs: no HELO, no unknown commands, no modification; after DATA a message without
 * need of a dry run is let go at once (SMFIS_ACCEPT), so that header and body are never sent here.  Where "no reply" was
 * agreed on (SMFIP_NR_...) the callback must return SMFIS_NOREPLY: anything else is an error a line in the MTA's log.
 */
#include "milter/session.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/log.h"
#include "base/str.h"
#include "base/stream.h"
#include "milter/dry_run.h"
#include "milter/screen.h"

#define MESSAGE_ARENA_MAX (256u << 20)
#define REPLY_MAX 400u

struct session {
	struct arena *arena; /* the connection's */
	struct screen_set *set; /* the message's */
	bool no_reply_connect, no_reply_header, no_reply_eoh, no_reply_body; /* agreed on with the MTA */
	bool leading_space; /* header values come with the blank behind the colon */
	char client[INET6_ADDRSTRLEN + 8]; /* "" : local */
	/* the message */
	struct arena *message;
	const char *sender;
	bool trusted;
	bool sender_checked; /* a report can reach it */
	size_t x400, other;  /* recipients taken */
	struct smtp_envelope env;
	struct stream *copy; /* for the dry run; NULL: none */
	int copy_fd;
};

static struct session *of(SMFICTX *ctx) { return smfi_getpriv(ctx); }

/* ---- answers ---- */

static const char *queue_id(SMFICTX *ctx)
{
	char name[] = "i";
	const char *id = smfi_getsymval(ctx, name);

	return id == NULL ? "" : id;
}

/* libmilter's reply text: one line, and '%' would be a directive to Sendmail. */
static void set_reply(SMFICTX *ctx, int code, const char *status, const char *text)
{
	char rcode[8], xcode[16], clean[REPLY_MAX];
	size_t n = 0;

	for (; *text != '\0' && n + 1 < sizeof clean; text++)
		clean[n++] = *text == '%' || *text < 0x20 || *text >= 0x7f ? '?' : *text;
	clean[n] = '\0';
	snprintf(rcode, sizeof rcode, "%d", code);
	snprintf(xcode, sizeof xcode, "%s", status);
	if (smfi_setreply(ctx, rcode, *xcode == '\0' ? NULL : xcode, clean) != MI_SUCCESS)
		log_event(LOG_LEVEL_WARN, "reply-not-set", "code", rcode, "status", xcode, "text", clean, NULL);
}

static void log_decision(SMFICTX *ctx, const char *stage, const char *decision, const char *rcpt, const char *status, const char *text)
{
	const struct session *s = of(ctx);

	log_event(LOG_LEVEL_INFO, "screen", "decision", decision, "stage", stage, "client", s->client[0] == '\0' ? "local" : s->client, "from",
	          s->sender == NULL ? NULL : *s->sender == '\0' ? "<>" : s->sender, "rcpt", rcpt, "queue_id", queue_id(ctx), "status", status, "text",
	          text, NULL);
}

/* What went wrong is mixgate's: milter.on_error decides. */
static sfsistat trouble(SMFICTX *ctx, const char *stage, const struct err *e)
{
	struct session *s = of(ctx);
	bool accept = s->set != NULL && str_eq(s->set->config->milter.on_error, "accept");

	log_err(LOG_LEVEL_ERROR, "screen-trouble", e, "stage", stage, "client", s->client, "from", s->sender, "queue_id", queue_id(ctx), "answer",
	        accept ? "accept" : "tempfail", NULL);
	if (accept)
		return SMFIS_CONTINUE;
	/* A directory that does not answer is said as that: 4.4.3. */
	set_reply(ctx, 451, err_class_of(e) == ERR_TEMPORARY ? err_status(e) : "4.3.0", "mixgate is in trouble, try again later");
	return SMFIS_TEMPFAIL;
}

static sfsistat refuse(SMFICTX *ctx, const char *stage, const char *rcpt, const struct err *e)
{
	char text[REPLY_MAX];

	if (err_class_of(e) != ERR_PERMANENT && e->status[0] == '\0')
		return trouble(ctx, stage, e);
	err_text(e, text, sizeof text);
	log_decision(ctx, stage, "refuse", rcpt, err_status(e), text);
	set_reply(ctx, err_smtp(e), err_status(e), text);
	return err_class_of(e) == ERR_PERMANENT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* ---- the message's life ---- */

static void end_message(struct session *s)
{
	arena_free(s->message);
	screen_set_put(s->set);
	s->message = NULL;
	s->set = NULL;
	s->sender = NULL;
	s->sender_checked = false;
	s->x400 = s->other = 0;
	s->env = (struct smtp_envelope){.size = -1};
	s->copy = NULL;
	s->copy_fd = -1;
}

static void begin_message(struct session *s)
{
	end_message(s);
	s->message = arena_new(MESSAGE_ARENA_MAX);
	s->set = screen_set_get();
}

/* Does this load of the settings ask for dry runs? */
static bool wants_dry_run(void)
{
	struct screen_set *set = screen_set_get();
	bool wants = set->config->lmtp.screen[0] != '\0';

	screen_set_put(set);
	return wants;
}

static unsigned long offered(unsigned long mask, unsigned long step, bool *taken)
{
	*taken = (mask & step) != 0;
	return mask & step;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0 UNUSED, unsigned long f1, unsigned long f2 UNUSED, unsigned long f3 UNUSED,
                             unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	struct arena *a = arena_new(0);
	struct session *s = NEW(a, struct session);

	s->arena = a;
	end_message(s);
	*pf0 = 0; /* nothing is ever changed */
	*pf1 = f1 & (SMFIP_NOHELO | SMFIP_NOUNKNOWN);
	*pf1 |= offered(f1, SMFIP_NR_CONN, &s->no_reply_connect);
	if (wants_dry_run()) {
		*pf1 |= offered(f1, SMFIP_NR_HDR, &s->no_reply_header) | offered(f1, SMFIP_NR_EOH, &s->no_reply_eoh) |
		        offered(f1, SMFIP_NR_BODY, &s->no_reply_body) | offered(f1, SMFIP_HDR_LEADSPC, &s->leading_space);
	} else {
		*pf1 |= f1 & (SMFIP_NODATA | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY);
	}
	*pf2 = *pf3 = 0;
	if (smfi_setpriv(ctx, s) != MI_SUCCESS) {
		arena_free(a);
		return SMFIS_REJECT;
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name UNUSED, _SOCK_ADDR *address)
{
	struct session *s = of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	if (address != NULL && address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, s->client, sizeof s->client);
	} else if (address != NULL && address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof in6);
		inet_ntop(AF_INET6, &in6.sin6_addr, s->client, sizeof s->client);
	}
	return s->no_reply_connect ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* A local submission (no address), a client of milter.trusted, or one that has said who it is (RFC 4954). */
static bool is_trusted(SMFICTX *ctx, const struct session *s)
{
	char macro[] = "{auth_authen}";
	const char *login = smfi_getsymval(ctx, macro);

	return s->client[0] == '\0' || screen_is_trusted(s->set, s->client) || (login != NULL && *login != '\0');
}

/* "<a@b>" or "a@b" as the client said it to the MTA, without <> and source route.  What needs quotes and has none, a..b@c,
 * gets them, as the MTA will do when it sends it on. */
static const char *plain_address(struct arena *a, const char *arg)
{
	size_t n = strlen(arg);
	bool pointed = n >= 2 && arg[0] == '<' && arg[n - 1] == '>';
	const char *plain = pointed ? arena_strndup(a, arg + 1, n - 2) : arena_strdup(a, arg);
	const char *at = strrchr(plain, '@');
	struct smtp_rcpt parsed;

	if (smtp_parse_rcpt(a, arena_printf(a, "RCPT TO:<%s>", plain), &parsed, NULL) == 0)
		return parsed.address;
	if (at != NULL && smtp_parse_rcpt(a, arena_printf(a, "RCPT TO:<\"%.*s\"%s>", (int)(at - plain), plain, at), &parsed, NULL) == 0)
		return parsed.address;
	return plain;
}

/* For the dry run: the parameters that we know, one by one; the MTA has its own beside them. */
static const char *known_parameters(struct session *s, const char *command, char **argv, bool mail)
{
	const char *line = command;
	struct smtp_envelope env;
	struct smtp_rcpt rcpt;

	for (char **p = argv + 1; argv[0] != NULL && *p != NULL; p++) {
		const char *longer = arena_printf(s->message, "%s %s", line, *p);

		if (mail ? smtp_parse_mail(s->message, longer, &env, NULL) == 0 : smtp_parse_rcpt(s->message, longer, &rcpt, NULL) == 0)
			line = longer;
	}
	return line;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	struct session *s = of(ctx);
	struct err e = {0};

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	begin_message(s);
	s->sender = plain_address(s->message, argv[0]);
	s->trusted = is_trusted(ctx, s);
	if (screen_sender(s->set, s->message, s->sender, s->trusted, &e) != 0)
		return refuse(ctx, "mail", NULL, &e);
	if (smtp_parse_mail(s->message, known_parameters(s, arena_printf(s->message, "MAIL FROM:<%s>", s->sender), argv, true), &s->env, NULL) != 0)
		s->env = (struct smtp_envelope){.mail_from = s->sender, .size = -1};
	return SMFIS_CONTINUE;
}

/* 553 at the first X.400 recipient, not at MAIL: to everybody else the sender may write. */
static sfsistat check_x400(SMFICTX *ctx, const char *rcpt)
{
	struct session *s = of(ctx);
	struct err e = {0};

	if (!s->sender_checked && screen_reports(s->set, s->message, s->sender, &e) != 0)
		return refuse(ctx, "rcpt", rcpt, &e);
	s->sender_checked = true;
	if (screen_recipient(s->set, s->message, rcpt, &e) != 0)
		return refuse(ctx, "rcpt", rcpt, &e);
	log_decision(ctx, "rcpt", "pass", rcpt, NULL, NULL);
	return SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = of(ctx);
	const char *rcpt, *line;
	struct smtp_rcpt parsed;
	sfsistat answer;

	if (s == NULL || s->message == NULL)
		return SMFIS_TEMPFAIL;
	rcpt = plain_address(s->message, argv[0]);
	if (!screen_is_x400(s->set, s->message, rcpt)) {
		s->other++;
		return SMFIS_CONTINUE;
	}
	answer = check_x400(ctx, rcpt);
	if (answer != SMFIS_CONTINUE)
		return answer;
	s->x400++;
	line = known_parameters(s, arena_printf(s->message, "RCPT TO:<%s>", rcpt), argv, false);
	if (smtp_parse_rcpt(s->message, line, &parsed, NULL) == 0)
		*ARENA_PUSH(s->message, &s->env.rcpt) = parsed;
	return SMFIS_CONTINUE;
}

static int begin_copy(struct session *s, struct err *e)
{
	const struct config *c = s->set->config;

	TRY(blob_tempfile(s->message, *c->lmtp.spooldir == '\0' ? NULL : c->lmtp.spooldir, &s->copy_fd, e));
	s->copy = stream_to_fd(s->message, s->copy_fd, (uint64_t)c->limits.message_size);
	return 0;
}

/* Only when every recipient is X.400 may the message be refused for what X.400 cannot carry. */
static bool needs_dry_run(const struct session *s)
{
	return s->x400 > 0 && s->other == 0 && s->env.rcpt.count > 0 && s->set->config->lmtp.screen[0] != '\0';
}

static sfsistat on_data(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	struct err e = {0};

	if (s == NULL || s->message == NULL)
		return SMFIS_TEMPFAIL;
	if (!needs_dry_run(s))
		return SMFIS_ACCEPT;
	if (begin_copy(s, &e) != 0) {
		sfsistat answer = trouble(ctx, "data", &e);

		return answer == SMFIS_CONTINUE ? SMFIS_ACCEPT : answer;
	}
	return SMFIS_CONTINUE;
}

/* An MTA of before the DATA callback: the copy begins with the first header. */
static void begin_late(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	struct err e = {0};

	if (s != NULL && s->message != NULL && s->copy == NULL && needs_dry_run(s) && begin_copy(s, &e) != 0)
		(void)trouble(ctx, "header", &e);
}

/* Folded lines come with LF. */
static void put_value(struct stream *out, const char *value)
{
	for (;;) {
		size_t n = strcspn(value, "\r\n");

		stream_put(out, value, n);
		if (value[n] == '\0')
			return;
		if (value[n] == '\n')
			stream_puts(out, "\r\n");
		value += n + 1;
	}
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = of(ctx);

	begin_late(ctx);
	if (s != NULL && s->copy != NULL) {
		stream_puts(s->copy, name);
		stream_puts(s->copy, s->leading_space ? ":" : ": ");
		put_value(s->copy, value);
		stream_puts(s->copy, "\r\n");
	}
	return s != NULL && s->no_reply_header ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	struct session *s = of(ctx);

	begin_late(ctx);
	if (s != NULL && s->copy != NULL)
		stream_puts(s->copy, "\r\n");
	return s != NULL && s->no_reply_eoh ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	struct session *s = of(ctx);

	if (s != NULL && s->copy != NULL)
		stream_put(s->copy, p, n);
	return s != NULL && s->no_reply_body ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static int ask_worker(SMFICTX *ctx, const struct smtp_reply **refusal, struct err *e)
{
	struct session *s = of(ctx);
	const struct config *c = s->set->config;
	const char *id = queue_id(ctx);
	struct dry_run d = {.socket = c->lmtp.screen,
	                    .hostname = c->local.domain,
	                    .timeout = c->milter.timeout,
	                    .client = s->client[0] == '\0' ? NULL : s->client,
	                    .queue_id = *id == '\0' ? NULL : id};
	struct blob message;

	TRY(stream_finish(s->copy, e));
	message = blob_file(s->copy_fd, 0, s->copy->written);
	s->env.size = (int64_t)message.len;
	return dry_run(s->message, &d, &s->env, &message, refusal, e);
}

static sfsistat judge(SMFICTX *ctx)
{
	const struct smtp_reply *refusal = NULL;
	struct err e = {0};
	sfsistat answer;

	if (ask_worker(ctx, &refusal, &e) != 0) {
		answer = refuse(ctx, "eom", NULL, &e);
		return answer == SMFIS_CONTINUE ? SMFIS_ACCEPT : answer;
	}
	if (refusal == NULL) {
		log_decision(ctx, "eom", "pass", NULL, NULL, NULL);
		return SMFIS_ACCEPT;
	}
	log_decision(ctx, "eom", "refuse", NULL, refusal->status, refusal->text);
	set_reply(ctx, refusal->code, *refusal->status == '\0' ? "5.6.0" : refusal->status, refusal->text);
	return SMFIS_REJECT;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	sfsistat answer = s != NULL && s->copy != NULL ? judge(ctx) : SMFIS_ACCEPT;

	if (s != NULL)
		end_message(s);
	return answer;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct session *s = of(ctx);

	if (s != NULL)
		end_message(s);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *s = of(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE; /* the MTA looked whether somebody listens and went away */
	end_message(s);
	smfi_setpriv(ctx, NULL);
	arena_free(s->arena);
	return SMFIS_CONTINUE;
}

static int register_callbacks(struct err *e)
{
	static char name[] = "mixgate";
	struct smfiDesc callbacks = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = 0,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	return smfi_register(callbacks) == MI_SUCCESS ? 0 : ERR(e, ERR_BUG_INTERNAL, "smfi_register");
}

int session_open(const char *spec, struct err *e)
{
	char text[256];
	mode_t old;
	int result;

	TRY(register_callbacks(e));
	snprintf(text, sizeof text, "%s", spec);
	if (smfi_setconn(text) != MI_SUCCESS)
		return ERR(e, ERR_MILTER_SET, "milter.socket: %s", spec);
	old = umask(0);
	result = smfi_opensocket(true);
	umask(old);
	return result == MI_SUCCESS ? 0 : ERR(e, ERR_RELAY_LISTEN, "milter.socket: %s", spec);
}

int session_serve(struct err *e)
{
	return smfi_main() == MI_SUCCESS ? 0 : ERR(e, ERR_SYSTEM, "libmilter ended");
}
