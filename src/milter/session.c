/*
 * milter/session.c - see session.h.
 *
 * The milter asks for no more than it needs: no HELO, no unknown commands, no modification but the removal of recipients
 * that it has carried; after DATA a message without need of a dry run or of a carrier is let go at once (SMFIS_ACCEPT), so
 * that header and body are never sent here.  Where "no reply" was
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
#include "milter/carry.h"
#include "milter/dialogue.h"
#include "milter/screen.h"

#define MESSAGE_ARENA_MAX (256u << 20)
#define REPLY_MAX 400u
#define HEADER_CUT 59900u /* Postfix cuts a field that is longer, in its queue as well, and tells nobody */

struct session {
	struct arena *arena; /* the connection's */
	struct screen_set *set; /* the message's */
	bool no_reply_connect, no_reply_header, no_reply_eoh, no_reply_body; /* agreed on with the MTA */
	bool may_delete;    /* recipients: agreed on with the MTA */
	bool leading_space; /* header values come with the blank behind the colon */
	char client[INET6_ADDRSTRLEN + 8]; /* "" : local */
	/* the message */
	struct arena *message;
	const char *sender;
	bool trusted;
	bool sender_checked; /* a report can reach it */
	size_t x400, other;  /* recipients taken */
	struct smtp_envelope env; /* the X.400 recipients, each once */
	struct {
		const char **items;
		size_t count, capacity;
	} said; /* as env.rcpt: what the MTA said */
	struct carry_header header;
	bool carry;
	struct stream *copy; /* for the worker; NULL: none */
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
	s->said.items = NULL;
	s->said.count = s->said.capacity = 0;
	s->header = (struct carry_header){false, false};
	s->carry = false;
	s->copy = NULL;
	s->copy_fd = -1;
}

static void begin_message(struct session *s)
{
	end_message(s);
	s->message = arena_new(MESSAGE_ARENA_MAX);
	s->set = screen_set_get();
}

/* What does this load of the settings ask for? */
static void look_at_settings(bool *dry_run, bool *carry)
{
	struct screen_set *set = screen_set_get();

	*dry_run = set->config->lmtp.screen[0] != '\0';
	*carry = carry_is_set(set->config);
	screen_set_put(set);
}

static unsigned long offered(unsigned long mask, unsigned long step, bool *taken)
{
	*taken = (mask & step) != 0;
	return mask & step;
}

/* Without "you may delete recipients" the mail goes through the queue. */
static bool may_carry(bool wanted, unsigned long actions)
{
	if (wanted && (actions & SMFIF_DELRCPT) == 0)
		log_event(LOG_LEVEL_WARN, "cannot-carry", "missing", "SMFIF_DELRCPT", "why", "the MTA does not let recipients be deleted", NULL);
	return wanted && (actions & SMFIF_DELRCPT) != 0;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2 UNUSED, unsigned long f3 UNUSED,
                             unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	struct arena *a = arena_new(0);
	struct session *s = NEW(a, struct session);
	bool dry_run, carry;

	s->arena = a;
	end_message(s);
	look_at_settings(&dry_run, &carry);
	s->may_delete = may_carry(carry, f0);
	*pf0 = s->may_delete ? SMFIF_DELRCPT : 0;
	*pf1 = f1 & (SMFIP_NOHELO | SMFIP_NOUNKNOWN);
	*pf1 |= offered(f1, SMFIP_NR_CONN, &s->no_reply_connect);
	if (dry_run || s->may_delete) {
		*pf1 |= offered(f1, SMFIP_NR_HDR, &s->no_reply_header) | offered(f1, SMFIP_NR_BODY, &s->no_reply_body) |
		        offered(f1, SMFIP_HDR_LEADSPC, &s->leading_space);
		if (!s->may_delete) /* else the header may say that the body is of no use */
			*pf1 |= offered(f1, SMFIP_NR_EOH, &s->no_reply_eoh);
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

/* For the worker: the parameters that we know, one by one; the MTA has its own beside them. */
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

/* One that was named before is the same recipient. */
static void add_x400(struct session *s, const char *rcpt, char **argv)
{
	const char *line = known_parameters(s, arena_printf(s->message, "RCPT TO:<%s>", rcpt), argv, false);
	struct smtp_rcpt parsed;

	for (size_t i = 0; i < s->said.count; i++)
		if (str_eq(s->said.items[i], argv[0]))
			return;
	s->x400++;
	if (smtp_parse_rcpt(s->message, line, &parsed, NULL) != 0)
		return;
	*ARENA_PUSH(s->message, &s->env.rcpt) = parsed;
	*ARENA_PUSH(s->message, &s->said) = arena_strdup(s->message, argv[0]);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = of(ctx);
	const char *rcpt;
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
	add_x400(s, rcpt, argv);
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

static bool may_be_carried(const struct session *s)
{
	return s->may_delete && s->env.rcpt.count > 0 && carry_is_set(s->set->config);
}

static bool needs_copy(const struct session *s) { return needs_dry_run(s) || may_be_carried(s); }

static sfsistat on_data(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	struct err e = {0};

	if (s == NULL || s->message == NULL)
		return SMFIS_TEMPFAIL;
	if (!needs_copy(s))
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

	if (s != NULL && s->message != NULL && s->copy == NULL && needs_copy(s) && begin_copy(s, &e) != 0)
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

static void see_header(SMFICTX *ctx, const char *name, const char *value)
{
	struct session *s = of(ctx);
	size_t n = strlen(value);

	carry_see(&s->header, name, value, queue_id(ctx));
	if (n >= HEADER_CUT)
		log_event(LOG_LEVEL_WARN, "header-cut", "field", name, "octets", log_num((long long)n), "queue_id", queue_id(ctx), "why",
		          "Postfix passes no more of a field; the envelope has all recipients", NULL);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = of(ctx);

	begin_late(ctx);
	if (s != NULL && s->copy != NULL) {
		see_header(ctx, name, value);
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
	if (s != NULL && s->copy != NULL) {
		stream_puts(s->copy, "\r\n");
		s->carry = may_be_carried(s) && carry_takes(s->set->config, &s->header, &s->env);
		if (!s->carry && !needs_dry_run(s) && !s->no_reply_eoh) {
			end_message(s);
			return SMFIS_ACCEPT;
		}
	}
	return s != NULL && s->no_reply_eoh ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	struct session *s = of(ctx);

	if (s != NULL && s->copy != NULL)
		stream_put(s->copy, p, n);
	return s != NULL && s->no_reply_body ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* ---- end of message ---- */

static void still_waiting(void *ctx) { (void)smfi_progress(ctx); } /* that the MTA is gone shows soon enough */

static int ask_worker(SMFICTX *ctx, const char *socket, struct dialogue_end *end, struct err *e)
{
	struct session *s = of(ctx);
	const struct config *c = s->set->config;
	const char *id = queue_id(ctx);
	struct dialogue d = {.socket = socket,
	                     .hostname = c->local.domain,
	                     .timeout = c->milter.timeout,
	                     .client = s->client[0] == '\0' ? NULL : s->client,
	                     .queue_id = *id == '\0' ? NULL : id,
	                     .waiting = still_waiting,
	                     .ctx = ctx};
	struct blob message;

	*end = (struct dialogue_end){.whole = false};
	TRY(stream_finish(s->copy, e));
	message = blob_file(s->copy_fd, 0, s->copy->written);
	s->env.size = (int64_t)message.len;
	return dialogue_run(s->message, &d, &s->env, &message, end, e);
}

static sfsistat refuse_message(SMFICTX *ctx, const struct smtp_reply *r)
{
	log_decision(ctx, "eom", "refuse", NULL, r->status, r->text);
	set_reply(ctx, r->code, *r->status == '\0' ? "5.6.0" : r->status, r->text);
	return SMFIS_REJECT;
}

static sfsistat judge(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	const struct smtp_reply *refusal;
	struct dialogue_end end;
	struct err e = {0};
	sfsistat answer;

	if (ask_worker(ctx, s->set->config->lmtp.screen, &end, &e) != 0) {
		answer = refuse(ctx, "eom", NULL, &e);
		return answer == SMFIS_CONTINUE ? SMFIS_ACCEPT : answer;
	}
	refusal = dialogue_refusal(&end);
	if (refusal != NULL)
		return refuse_message(ctx, refusal);
	log_decision(ctx, "eom", "pass", NULL, NULL, NULL);
	return SMFIS_ACCEPT;
}

/* What became of each recipient; the counts by fate. */
static void tally(SMFICTX *ctx, const struct dialogue_end *end, size_t counts[static CARRY_DOUBT + 1])
{
	static const char *const words[] = {"carried", "queue", "refuse", "doubt"};
	struct session *s = of(ctx);

	for (size_t i = 0; i < end->count; i++) {
		const struct smtp_reply *r = end->reply[i];
		enum carry_fate fate = carry_fate_of(r);

		counts[fate]++;
		log_decision(ctx, "carry", words[fate], s->env.rcpt.items[i].address, r->status, r->text);
	}
}

/* Those that the peer has are the MTA's no more.  A recipient that cannot be deleted would be sent twice: the retry is
 * answered from the journal. */
static sfsistat delete_carried(SMFICTX *ctx, const struct dialogue_end *end, size_t carried)
{
	struct session *s = of(ctx);

	if (carried == s->x400 && s->other == 0)
		return SMFIS_DISCARD;
	for (size_t i = 0; i < end->count; i++) {
		char *rcpt = arena_strdup(s->message, s->said.items[i]);

		if (carry_fate_of(end->reply[i]) != CARRY_DONE || smfi_delrcpt(ctx, rcpt) == MI_SUCCESS)
			continue;
		log_decision(ctx, "carry", "not-deleted", rcpt, NULL, NULL);
		set_reply(ctx, 451, "4.3.0", "mixgate is in trouble, try again later");
		return SMFIS_TEMPFAIL;
	}
	return SMFIS_ACCEPT;
}

static sfsistat carry(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	size_t counts[CARRY_DOUBT + 1] = {0};
	struct dialogue_end end;
	struct err e = {0};
	int asked = ask_worker(ctx, s->set->config->lmtp.carry, &end, &e);

	if (asked != 0 && !end.whole) {
		sfsistat answer = s->other == 0 ? refuse(ctx, "carry", NULL, &e) : trouble(ctx, "carry", &e);

		return answer == SMFIS_CONTINUE ? SMFIS_ACCEPT : answer;
	}
	if (asked != 0)
		log_err(LOG_LEVEL_WARN, "carry-cut", &e, "queue_id", queue_id(ctx), NULL);
	tally(ctx, &end, counts);
	if (counts[CARRY_DOUBT] > 0) {
		const struct err_row *row = err_row(ERR_RELAY_IN_DOUBT);

		set_reply(ctx, row->smtp, row->status, row->text);
		return SMFIS_TEMPFAIL;
	}
	if (counts[CARRY_REFUSED] == s->x400 && s->other == 0)
		return refuse_message(ctx, end.reply[0]);
	return delete_carried(ctx, &end, counts[CARRY_DONE]);
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct session *s = of(ctx);
	sfsistat answer = SMFIS_ACCEPT;

	if (s != NULL && s->copy != NULL)
		answer = s->carry ? carry(ctx) : needs_dry_run(s) ? judge(ctx) : SMFIS_ACCEPT;
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
		.xxfi_flags = SMFIF_DELRCPT,
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
