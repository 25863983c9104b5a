/*
 * smtp/envelope.c - MAIL and RCPT lines read and written (RFC 5321 4.1.2, 1870, 3461, 6152, 6531, 6710).
 *
 * Called by the LMTP server for what came, by the client for what goes, and by `mixgate convert` for its envelope files.
 * A path is checked octet by octet and kept verbatim, quotes included: "/G=Jo/S=Bloggs/C=GB/"@gw is an address of
 * RFC 2156 4.3.3, and taking its quotes off would lose where it ends.  Source routes are accepted and dropped (5321
 * appendix C).  A local part may be longer than 64 octets: O/R addresses are (2156 4.3.3), and 5321 4.5.3.1 asks for no
 * limit where none is needed; the command line's length bounds it.
 */
#include "smtp/envelope.h"

#include <string.h>

#include "base/str.h"

/* Where parsing stands; every take_ function moves p on success only. */
struct scan {
	const char *p;
	bool eight_bit; /* an octet over 7F was seen: needs SMTPUTF8 (RFC 6531 3.3) */
};

static bool is_let_dig(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit((char)c) || c >= 0x80;
}

static bool is_atext(unsigned char c) { return is_let_dig(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL); }

/* Of a sub-domain; '_' is not in the grammar but in the world. */
static bool is_label(unsigned char c) { return is_let_dig(c) || c == '-' || c == '_'; }

static void note_eight_bit(struct scan *s, const char *from)
{
	for (; from < s->p; from++)
		if ((unsigned char)*from >= 0x80)
			s->eight_bit = true;
}

/* 1*octet *("." 1*octet), where none of the words begins or ends with the octet edge. */
static bool take_dotted(struct scan *s, bool (*is_octet)(unsigned char), char edge)
{
	const char *p = s->p;

	for (;;) {
		const char *word = p;

		while (is_octet((unsigned char)*p))
			p++;
		if (p == word || *word == edge || p[-1] == edge)
			return false;
		if (*p != '.')
			break;
		p++;
	}
	s->p = p;
	return true;
}

/* Dot-string = Atom *("." Atom) */
static bool take_dot_string(struct scan *s) { return take_dotted(s, is_atext, '\0'); }

/* Quoted-string = DQUOTE *( %d32-33 / %d35-91 / %d93-126 / "\" %d32-126 ) DQUOTE */
static bool take_quoted_string(struct scan *s)
{
	const char *p = s->p;

	if (*p++ != '"')
		return false;
	for (; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	}
	s->p = p + 1;
	return true;
}

/* Domain = sub-domain *("." sub-domain) */
static bool take_domain(struct scan *s) { return take_dotted(s, is_label, '-'); }

/* address-literal = "[" 1*dcontent "]" */
static bool take_literal(struct scan *s)
{
	const char *p = s->p;

	if (*p++ != '[')
		return false;
	while ((unsigned char)*p > 0x20 && *p < 0x7f && strchr("[]\\", *p) == NULL)
		p++;
	if (*p != ']' || p == s->p + 1)
		return false;
	s->p = p + 1;
	return true;
}

/* A-d-l ":" = "@" Domain *( "," "@" Domain ) ":" */
static bool take_source_route(struct scan *s)
{
	struct scan at = *s;

	while (*at.p == '@') {
		at.p++;
		if (!take_domain(&at))
			return false;
		if (*at.p == ',' && at.p[1] == '@') {
			at.p++;
			continue;
		}
		if (*at.p != ':')
			return false;
		s->p = at.p + 1;
		return true;
	}
	return false;
}

/* Local-part "@" ( Domain / address-literal ); bare "postmaster" when allowed (5321 4.5.1). */
static bool take_mailbox(struct scan *s, bool bare_postmaster)
{
	struct scan at = *s;

	if (!take_quoted_string(&at) && !take_dot_string(&at))
		return false;
	if (*at.p == '@') {
		at.p++;
		if (!take_domain(&at) && !take_literal(&at))
			return false;
	} else if (!bare_postmaster || at.p - s->p != 10 || !str_ieqn(s->p, "postmaster", 10)) {
		return false;
	}
	*s = at;
	return true;
}

/* "<" path ">": *out is the mailbox without <> and source route, "" for <> where allowed. */
static int take_path(struct arena *a, struct scan *s, bool sender, const char **out, struct err *e)
{
	enum err_id id = sender ? ERR_SMTP_SENDER_SYNTAX : ERR_SMTP_RCPT_SYNTAX;
	const char *from;

	while (*s->p == ' ')
		s->p++; /* not in the grammar; hand-written envelope files have it */
	if (*s->p != '<')
		return ERR(e, id, "address without <>");
	s->p++;
	from = s->p;
	if (*s->p == '@' && !take_source_route(s))
		return ERR(e, id, "bad source route: <%.200s", from);
	if (!(sender && *s->p == '>' && s->p == from) && !take_mailbox(s, !sender))
		return ERR(e, id, "<%.200s", from);
	from = from + (*from == '@' ? strcspn(from, ":") + 1 : 0);
	if (*s->p != '>')
		return ERR(e, id, "<%.200s", from);
	note_eight_bit(s, from);
	*out = arena_strndup(a, from, (size_t)(s->p - from));
	s->p++;
	return 0;
}

/* ---- parameters ---- */

struct mail_state {
	struct arena *a;
	struct smtp_envelope *env; /* MAIL */
	struct smtp_rcpt *rcpt;    /* RCPT */
};

static int set_size(struct mail_state *m, const char *value, struct err *e)
{
	int64_t n = 0;

	if (*value == '\0' || strlen(value) > 20 || value[strspn(value, "0123456789")] != '\0')
		return ERR(e, ERR_SMTP_SYNTAX, "SIZE=%.40s", value);
	for (; *value != '\0'; value++)
		n = n > (INT64_MAX - 9) / 10 ? INT64_MAX - 9 : n * 10 + (*value - '0');
	m->env->size = n;
	return 0;
}

static int set_body(struct mail_state *m, const char *value, struct err *e)
{
	m->env->body_8bit = str_ieq(value, "8BITMIME");
	if (!m->env->body_8bit && !str_ieq(value, "7BIT"))
		return ERR(e, ERR_SMTP_PARAMETER, "BODY=%.40s", value);
	return 0;
}

static int set_smtputf8(struct mail_state *m, const char *value, struct err *e)
{
	if (*value != '\0')
		return ERR(e, ERR_SMTP_SYNTAX, "SMTPUTF8 takes no value");
	m->env->smtputf8 = true;
	return 0;
}

static int set_ret(struct mail_state *m, const char *value, struct err *e)
{
	if (str_ieq(value, "FULL"))
		m->env->ret = SMTP_RET_FULL;
	else if (str_ieq(value, "HDRS"))
		m->env->ret = SMTP_RET_HDRS;
	else
		return ERR(e, ERR_SMTP_SYNTAX, "RET=%.40s", value);
	return 0;
}

/* RFC 3461 4.4: printable US-ASCII once decoded. */
static int decode_printable(struct arena *a, const char *value, const char *name, const char **out, struct err *e)
{
	char *text;

	if (*value == '\0' || smtp_xtext_decode(a, value, &text) != 0 || !str_is_printable_ascii(text))
		return ERR(e, ERR_SMTP_SYNTAX, "%s is not xtext of printable characters", name);
	*out = text;
	return 0;
}

static int set_envid(struct mail_state *m, const char *value, struct err *e)
{
	return decode_printable(m->a, value, "ENVID", &m->env->envid, e);
}

/* RFC 6710 4.1: "-"? digit, -9..9. */
static int set_mt_priority(struct mail_state *m, const char *value, struct err *e)
{
	long n;

	if (str_to_long(*value == '-' ? value + 1 : value, 0, 9, &n) != 0 || strlen(value) > 2)
		return ERR(e, ERR_SMTP_SYNTAX, "MT-PRIORITY=%.40s", value);
	m->env->mt_priority = (int)(*value == '-' ? -n : n);
	m->env->has_mt_priority = true;
	return 0;
}

static const struct {
	const char *name;
	unsigned bit;
} notify_names[] = {{"NEVER", SMTP_NOTIFY_NEVER}, {"SUCCESS", SMTP_NOTIFY_SUCCESS}, {"FAILURE", SMTP_NOTIFY_FAILURE}, {"DELAY", SMTP_NOTIFY_DELAY}};

static unsigned notify_bit(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(notify_names); i++)
		if (strlen(notify_names[i].name) == n && str_ieqn(name, notify_names[i].name, n))
			return notify_names[i].bit;
	return 0;
}

/* RFC 3461 4.1: NEVER alone, or a list of the others. */
static int set_notify(struct mail_state *m, const char *value, struct err *e)
{
	unsigned all = 0;

	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");
		unsigned bit = notify_bit(p, n);

		if (bit == 0 || (all & bit) != 0)
			return ERR(e, ERR_SMTP_SYNTAX, "NOTIFY=%.80s", value);
		all |= bit;
		p += n;
		if (*p == '\0')
			break;
	}
	if ((all & SMTP_NOTIFY_NEVER) != 0 && all != SMTP_NOTIFY_NEVER)
		return ERR(e, ERR_SMTP_SYNTAX, "NOTIFY=NEVER stands alone");
	m->rcpt->notify = all;
	return 0;
}

/* RFC 3461 4.2: addr-type ";" xtext. */
static int set_orcpt(struct mail_state *m, const char *value, struct err *e)
{
	size_t n = strcspn(value, ";");

	for (size_t i = 0; i < n; i++)
		if (!is_atext((unsigned char)value[i]) || (unsigned char)value[i] >= 0x80)
			n = 0;
	if (n == 0 || value[n] == '\0')
		return ERR(e, ERR_SMTP_SYNTAX, "ORCPT is not type;address");
	m->rcpt->orcpt_type = arena_strndup(m->a, value, n);
	return decode_printable(m->a, value + n + 1, "ORCPT", &m->rcpt->orcpt, e);
}

struct parameter {
	const char *name;
	int (*set)(struct mail_state *m, const char *value, struct err *e);
};
static const struct parameter mail_parameters[] = {
	{"SIZE", set_size},   {"BODY", set_body},   {"SMTPUTF8", set_smtputf8},
	{"RET", set_ret},     {"ENVID", set_envid}, {"MT-PRIORITY", set_mt_priority},
	{NULL, NULL},
};
static const struct parameter rcpt_parameters[] = {{"NOTIFY", set_notify}, {"ORCPT", set_orcpt}, {NULL, NULL}};

/* One esmtp-param of n octets; *seen has a bit a row of the table. */
static int take_parameter(struct mail_state *m, const struct parameter *table, const char *p, size_t n, unsigned *seen, struct err *e)
{
	size_t key = 0;
	const char *value;

	while (key < n && (is_let_dig((unsigned char)p[key]) || (key > 0 && p[key] == '-')))
		key++;
	if (key == 0 || (key < n && (p[key] != '=' || memchr(p + key + 1, '=', n - key - 1) != NULL)))
		return ERR(e, ERR_SMTP_SYNTAX, "%.*s", (int)MIN_OF(n, 80u), p);
	value = key < n ? arena_strndup(m->a, p + key + 1, n - key - 1) : "";
	for (size_t i = 0; table[i].name != NULL; i++) {
		if (strlen(table[i].name) != key || !str_ieqn(p, table[i].name, key))
			continue;
		if ((*seen & 1u << i) != 0)
			return ERR(e, ERR_SMTP_SYNTAX, "%s given twice", table[i].name);
		*seen |= 1u << i;
		return table[i].set(m, value, e);
	}
	return ERR(e, ERR_SMTP_PARAMETER, "%.*s", (int)MIN_OF(n, 80u), p);
}

static int take_parameters(struct mail_state *m, const struct parameter *table, const char *p, struct err *e)
{
	unsigned seen = 0;

	while (*p == ' ') {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, " ");
		if (n == 0)
			return 0; /* trailing blanks */
		TRY(take_parameter(m, table, p, n, &seen, e));
		p += n;
	}
	return *p == '\0' ? 0 : ERR(e, ERR_SMTP_SYNTAX, "%.80s", p);
}

int smtp_parse_mail(struct arena *a, const char *line, struct smtp_envelope *env, struct err *e)
{
	struct scan s = {.p = line};
	struct mail_state m = {.a = a, .env = env};

	*env = (struct smtp_envelope){.size = -1};
	if (!str_istarts(line, "MAIL FROM:"))
		return ERR(e, ERR_SMTP_SYNTAX, "MAIL FROM:<address> expected");
	s.p += strlen("MAIL FROM:");
	TRY(take_path(a, &s, true, &env->mail_from, e));
	TRY(take_parameters(&m, mail_parameters, s.p, e));
	if (s.eight_bit && (!env->smtputf8 || !str_is_utf8(env->mail_from, strlen(env->mail_from))))
		return ERR(e, ERR_SMTP_UTF8_ADDRESS, "<%.200s>", env->mail_from);
	return 0;
}

/* Whether an 8-bit address is allowed is the transaction's matter (RFC 6531 3.4): the caller that has the envelope asks;
 * here it must at least be UTF-8. */
int smtp_parse_rcpt(struct arena *a, const char *line, struct smtp_rcpt *out, struct err *e)
{
	struct scan s = {.p = line};
	struct mail_state m = {.a = a, .rcpt = out};

	*out = (struct smtp_rcpt){0};
	if (!str_istarts(line, "RCPT TO:"))
		return ERR(e, ERR_SMTP_SYNTAX, "RCPT TO:<address> expected");
	s.p += strlen("RCPT TO:");
	TRY(take_path(a, &s, false, &out->address, e));
	TRY(take_parameters(&m, rcpt_parameters, s.p, e));
	if (s.eight_bit && !str_is_utf8(out->address, strlen(out->address)))
		return ERR(e, ERR_SMTP_UTF8_ADDRESS, "<%.200s>", out->address);
	return 0;
}

/* ---- writing ---- */

char *smtp_format_mail(struct arena *a, const struct smtp_envelope *env, bool dsn)
{
	const char *size = env->size < 0 ? "" : arena_printf(a, " SIZE=%lld", (long long)env->size);
	const char *ret = env->ret == SMTP_RET_FULL ? " RET=FULL" : env->ret == SMTP_RET_HDRS ? " RET=HDRS" : "";
	const char *envid = env->envid == NULL || !dsn ? "" : arena_printf(a, " ENVID=%s", smtp_xtext_encode(a, env->envid));
	const char *priority = !env->has_mt_priority ? "" : arena_printf(a, " MT-PRIORITY=%d", env->mt_priority);

	return arena_printf(a, "MAIL FROM:<%s>%s%s%s%s%s%s", env->mail_from, size, env->body_8bit ? " BODY=8BITMIME" : "",
	                    env->smtputf8 ? " SMTPUTF8" : "", dsn ? ret : "", envid, priority);
}

char *smtp_format_rcpt(struct arena *a, const struct smtp_rcpt *r, bool dsn)
{
	char *line = arena_printf(a, "RCPT TO:<%s>", r->address);
	const char *sep = " NOTIFY=";

	if (!dsn)
		return line;
	for (size_t i = 0; i < ARRAY_LEN(notify_names); i++) {
		if ((r->notify & notify_names[i].bit) == 0)
			continue;
		line = arena_printf(a, "%s%s%s", line, sep, notify_names[i].name);
		sep = ",";
	}
	if (r->orcpt != NULL)
		line = arena_printf(a, "%s ORCPT=%s;%s", line, r->orcpt_type == NULL ? "rfc822" : r->orcpt_type, smtp_xtext_encode(a, r->orcpt));
	return line;
}

/* xchar = any ASCII CHAR from 33 to 126 except "+" and "=" */
char *smtp_xtext_encode(struct arena *a, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = arena_alloc(a, 3 * strlen(s) + 1), *q = out;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c > 0x20 && c < 0x7f && c != '+' && c != '=') {
			*q++ = (char)c;
			continue;
		}
		*q++ = '+';
		*q++ = hex[c >> 4];
		*q++ = hex[c & 15];
	}
	*q = '\0';
	return out;
}

/* hexchar = "+" and two of 0-9 A-F; lower case is taken too. */
static int hex_digit(char c)
{
	if (str_is_digit(c))
		return c - '0';
	c = str_upper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int smtp_xtext_decode_into(char *out, size_t size, const char *s, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if ((unsigned char)c <= 0x20 || (unsigned char)c >= 0x7f || c == '=' || len + 1 >= size)
			return -1;
		if (c == '+') {
			if (n - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
				return -1;
			c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return -1;
		out[len++] = c;
	}
	out[len] = '\0';
	return 0;
}

int smtp_xtext_decode(struct arena *a, const char *s, char **out)
{
	size_t n = strlen(s);

	*out = arena_alloc(a, n + 1);
	return smtp_xtext_decode_into(*out, n + 1, s, n);
}
