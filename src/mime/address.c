/*
 * address.c - address lists (RFC 5322 3.4, obsolete forms of 4.4), one pass, no recursion.
 *
 * Own code, because GMime recurses for every nested group, drops comments, and rewrites quoted local parts, which for
 * X.400 addresses ("/G=Jo/S=Bloggs/ADMD= /C=GB/"@gw) would be another address.
 */
#include <string.h>

#include "base/str.h"
#include "mime/field.h"
#include "mime/mime.h"

struct reader {
	struct arena *a;
	const char *start, *p;
	struct err *e;
	struct mime_mailboxes *out;
	const char *group;  /* display name while in a group */
	size_t group_first; /* mailboxes before the group */
	struct buf *phrase; /* words of the item, unquoted, single blanks */
	struct buf *local;  /* the same as local part: quotes kept, no blanks */
	struct buf *comment;
	struct buf *comments; /* decoded, in parentheses */
	struct buf *domain, *route;
	bool adjoining; /* two words without a dot between them: no local part */
	size_t words;
};

static int fail(struct reader *r, const char *what)
{
	return ERR(r->e, ERR_MIME_ADDRESS, "%s at octet %zu: \"%.60s\"", what, (size_t)(r->p - r->start), r->p);
}

/* Behind white space and comments; the comments' text is kept for the mailbox. True when there was something. */
static bool skip(struct reader *r)
{
	const char *from = r->p;

	while (mime_is_blank(*r->p) || *r->p == '(') {
		const char *end;
		size_t text;
		if (*r->p != '(') {
			r->p++;
			continue;
		}
		end = mime_skip_comment(r->p);
		if (r->comment->len > 0)
			buf_putc(r->comment, ' ');
		text = r->comment->len;
		for (const char *c = r->p + 1; c < end && !(c + 1 == end && *c == ')'); c++) {
			if (*c == '\\' && c + 1 < end)
				c++;
			buf_putc(r->comment, (unsigned char)*c);
		}
		buf_printf(r->comments, "%s(%s)", r->comments->len > 0 ? " " : "", mime_decode_words(r->a, buf_str(r->comment) + text));
		r->p = end;
	}
	return r->p > from;
}

static bool is_word_char(char c)
{
	/* what is no special; control characters are taken as they come, the mixer refuses them where it matters */
	return c != '\0' && !mime_is_blank(c) && strchr("()<>@,;:\"[]\\", c) == NULL && c != '.';
}

/* Words and dots up to a special. */
static int read_words(struct reader *r)
{
	bool dot = true, blank;

	for (;;) {
		const char *from;
		blank = skip(r);
		from = r->p;
		if (*r->p != '"' && *r->p != '.' && *r->p != '\\' && !is_word_char(*r->p))
			return 0;
		if (*r->p == '.') {
			buf_putc(r->phrase, '.');
			buf_putc(r->local, '.');
			r->p++;
			dot = true;
			continue;
		}
		if (blank && r->phrase->len > 0)
			buf_putc(r->phrase, ' ');
		r->adjoining = r->adjoining || !dot;
		dot = false;
		r->words++;
		if (*r->p == '"') {
			r->p = mime_skip_quoted(r->p, r->phrase);
			if (r->p[-1] != '"' || r->p - from < 2)
				return fail(r, "quoted string without end");
		} else {
			while (is_word_char(*r->p) || (*r->p == '\\' && r->p[1] != '\0'))
				r->p += *r->p == '\\' ? 2 : 1;
			if (r->p == from)
				return fail(r, "backslash at the end");
			buf_put(r->phrase, from, (size_t)(r->p - from));
		}
		buf_put(r->local, from, (size_t)(r->p - from));
	}
}

/* "@" is behind us: dot-atom or literal, without blanks. */
static int read_domain(struct reader *r, const char **out)
{
	struct buf *b = r->domain;

	buf_reset(b);
	for (;;) {
		skip(r);
		if (*r->p == '[') {
			const char *end = strchr(r->p, ']');
			if (end == NULL)
				return fail(r, "domain literal without end");
			for (; r->p <= end; r->p++)
				if (!mime_is_blank(*r->p))
					buf_putc(b, (unsigned char)*r->p);
			break;
		}
		if (*r->p != '.' && !is_word_char(*r->p))
			break;
		if (is_word_char(*r->p) && b->len > 0 && b->p[b->len - 1] != '.')
			return fail(r, "two words in a domain");
		do
			buf_putc(b, (unsigned char)*r->p++);
		while (is_word_char(*r->p));
	}
	if (b->len == 0)
		return fail(r, "domain missing");
	*out = arena_strdup(r->a, buf_str(b));
	return 0;
}

static void add(struct reader *r, const char *name, const char *local, const char *domain, const char *route)
{
	struct mime_mailbox *m = ARENA_PUSH(r->a, r->out);

	m->display_name = name;
	m->local_part = local;
	m->domain = domain;
	m->addr_spec = *domain == '\0' ? local : arena_printf(r->a, "%s@%s", local, domain);
	m->route = route;
	m->group = r->group;
}

/* "@a,@b:" in angle brackets (RFC 5322 4.4). */
static int read_route(struct reader *r, const char **route)
{
	struct buf *b = r->route;

	buf_reset(b);
	while (*r->p == '@' || *r->p == ',') {
		const char *domain;
		if (*r->p++ == ',') {
			skip(r);
			continue;
		}
		TRY(read_domain(r, &domain));
		buf_puts(b, b->len > 0 ? ",@" : "@");
		buf_puts(b, domain);
		skip(r);
	}
	if (*r->p != ':')
		return fail(r, "route without colon");
	r->p++;
	*route = arena_strdup(r->a, buf_str(b));
	return 0;
}

/* "<" is next; the words before it are the name. */
static int read_angle(struct reader *r)
{
	const char *name = r->words == 0 ? NULL : mime_decode_words(r->a, buf_str(r->phrase));
	const char *domain = "", *route = NULL;

	r->p++;
	skip(r);
	if (*r->p == '@')
		TRY(read_route(r, &route));
	buf_reset(r->phrase);
	buf_reset(r->local);
	r->adjoining = false;
	TRY(read_words(r));
	if (r->adjoining)
		return fail(r, "blank in a local part");
	if (*r->p == '@') {
		r->p++;
		TRY(read_domain(r, &domain));
		skip(r);
	}
	if (*r->p != '>')
		return fail(r, "address without '>'");
	r->p++;
	add(r, name, arena_strdup(r->a, buf_str(r->local)), domain, route);
	return 0;
}

static int read_bare(struct reader *r)
{
	const char *domain = "";

	if (r->adjoining)
		return fail(r, "words without an address");
	if (*r->p == '@') {
		r->p++;
		TRY(read_domain(r, &domain));
	}
	add(r, NULL, arena_strdup(r->a, buf_str(r->local)), domain, NULL);
	return 0;
}

static int begin_group(struct reader *r)
{
	if (r->group != NULL)
		return fail(r, "a group in a group");
	r->p++;
	r->group = mime_decode_words(r->a, buf_str(r->phrase));
	r->group_first = r->out->count;
	return 0;
}

static void end_group(struct reader *r)
{
	if (r->group != NULL && r->out->count == r->group_first)
		r->out->empty_group = r->group;
	r->group = NULL;
}

/* One mailbox, or the beginning of a group. */
static int read_item(struct reader *r)
{
	size_t before = r->out->count;

	buf_reset(r->phrase);
	buf_reset(r->local);
	buf_reset(r->comment);
	buf_reset(r->comments);
	r->adjoining = false;
	r->words = 0;
	TRY(read_words(r));
	if (*r->p == ':' && r->words > 0)
		return begin_group(r);
	if (*r->p == '<')
		TRY(read_angle(r));
	else if (r->local->len > 0)
		TRY(read_bare(r));
	else
		return fail(r, "no address");
	skip(r);
	if (r->comment->len > 0) {
		r->out->items[before].comment = mime_decode_words(r->a, buf_str(r->comment));
		r->out->items[before].comments = arena_strdup(r->a, buf_str(r->comments));
	}
	if (*r->p != '\0' && *r->p != ',' && *r->p != ';')
		return fail(r, "something behind an address");
	return 0;
}

int mime_parse_mailboxes(struct arena *a, const char *value, struct mime_mailboxes *out, struct err *e)
{
	size_t n = strlen(value) + 2;
	struct reader r = {.a = a, .start = value, .p = value, .e = e, .out = out};

	r.phrase = buf_in(a, 2 * n);
	r.local = buf_in(a, n);
	r.comment = buf_in(a, 2 * n);
	r.comments = buf_in(a, 8 * n);
	r.domain = buf_in(a, n);
	r.route = buf_in(a, 2 * n);
	*out = (struct mime_mailboxes){0};
	for (;;) {
		r.p = mime_skip_cfws(r.p);
		if (*r.p == '\0')
			break;
		if (*r.p == ',' || *r.p == ';') {
			if (*r.p++ == ';')
				end_group(&r);
			continue;
		}
		TRY(read_item(&r));
	}
	end_group(&r);
	return 0;
}
