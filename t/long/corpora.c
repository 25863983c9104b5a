/*
 * corpora FOLDER... - real mail through the gateway: each file that is a mail goes MIME -> IPM -> MIME, and what comes back is
 * compared part by part.  A table of what was found, and "not ok" for each file that differs.
 *
 * Texts are compared as UTF-8, line by line ("equal after charset unification"); everything else octet by octet.  A mail that
 * is refused must have a row of err.def that says why; the reasons are listed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/charset.h"
#include "base/str.h"
#include "mixer/body_text.h"
#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

static struct {
	unsigned files, mails, refused, parts, texts, attachments, bad_texts, bad_attachments, bad_structure, as_files;
} total, one;

struct leaf {
	const char *type;
	struct octets o;
	bool text, flowed;
	const char *charset;
};
struct leaves {
	struct leaf *items;
	size_t count, capacity;
};

static struct octets decoded(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 256u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;

	if (mime_decode_body(a, m, s, &e) != 0 || stream_finish(s, &e) != 0)
		exit(1);
	return buf_octets(b);
}

static bool is_opaque(const struct mime_entity *m)
{
	return str_eq(m->type, "multipart") && (m->children.count == 0 || str_eq(m->subtype, "signed") || str_eq(m->subtype, "encrypted"));
}

/* Delimiters and nothing between them: it becomes an empty text (B-414). */
static bool is_empty_multipart(struct arena *a, const struct mime_entity *m)
{
	const char *boundary = mime_get_param(m, "boundary");
	struct octets o;

	return str_eq(m->type, "multipart") && m->children.count == 0 && !m->too_deep && boundary != NULL && blob_map(a, &m->body, &o, NULL) == 0 &&
	       memmem(o.p, o.len, boundary, strlen(boundary)) != NULL;
}

static void gather(struct arena *a, const struct mime_entity *m, struct leaves *out)
{
	struct leaf *l;

	if (m->children.count > 0 && !is_opaque(m)) {
		for (size_t i = 0; i < m->children.count; i++)
			gather(a, m->children.items[i], out);
		return;
	}
	l = ARENA_PUSH(a, out);
	l->type = arena_printf(a, "%s/%s", m->type, m->subtype);
	l->text = str_eq(m->type, "text");
	l->charset = mime_get_param(m, "charset");
	l->flowed = mime_get_param(m, "format") != NULL && str_ieq(mime_get_param(m, "format"), "flowed");
	if (is_empty_multipart(a, m)) {
		*l = (struct leaf){.type = "text/plain", .text = true, .o = {(const uint8_t *)"", 0}};
	} else if (is_opaque(m) || m->too_deep) {
		if (blob_map(a, &m->body, &l->o, NULL) != 0)
			exit(1);
	} else {
		l->o = decoded(a, m);
	}
}

/* UTF-8 with LF lines, no end of the last line; NULL: the octets are not of their character set. */
static char *unified(struct arena *a, const struct leaf *l)
{
	const char *charset = l->charset != NULL && charset_known(l->charset) ? l->charset : str_is_utf8(l->o.p, l->o.len) ? "utf-8" : "iso-8859-1";
	struct buf *b = buf_in(a, 256u << 20);
	size_t lost;
	struct octets o = l->flowed ? text_unflow(a, l->o, false, false) : l->o; /* B-109 */
	char *text;

	if (str_ieq(charset, "us-ascii") || str_ieq(charset, "unknown-8bit"))
		charset = str_is_utf8(l->o.p, l->o.len) ? "utf-8" : "iso-8859-1";
	if (charset_to_utf8(a, charset, o, &text, &lost, NULL) != 0 || lost > 0)
		return NULL;
	text = charset_compose(a, text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\r')
			buf_putc(b, (unsigned char)*p);
	text = arena_strdup(a, buf_str(b));
	for (size_t n = strlen(text); n > 0 && text[n - 1] == '\n'; n--)
		text[n - 1] = '\0';
	return text;
}

/* Line ends alone may differ: LF files are CRLF in mail. */
static bool same_octets(struct arena *a, struct octets x, struct octets y)
{
	struct buf *bx = buf_in(a, 256u << 20), *by = buf_in(a, 256u << 20);

	if (x.len == y.len && memcmp(x.p, y.p, x.len) == 0)
		return true;
	for (size_t i = 0; i < x.len; i++)
		if (x.p[i] != '\r')
			buf_putc(bx, x.p[i]);
	for (size_t i = 0; i < y.len; i++)
		if (y.p[i] != '\r')
			buf_putc(by, y.p[i]);
	while (bx->len > 0 && bx->p[bx->len - 1] == '\n')
		bx->len--;
	while (by->len > 0 && by->p[by->len - 1] == '\n')
		by->len--;
	return bx->len == by->len && (bx->len == 0 || memcmp(bx->p, by->p, bx->len) == 0);
}

static bool same_leaf(struct arena *a, const struct leaf *x, const struct leaf *y)
{
	char *tx, *ty;

	if (!x->text)
		return same_octets(a, x->o, y->o);
	tx = unified(a, x);
	ty = unified(a, y);
	return tx != NULL && ty != NULL ? str_eq(tx, ty) : same_octets(a, x->o, y->o);
}

static void compare(struct arena *a, const char *path, const struct mime_entity *sent, const struct mime_entity *got)
{
	struct leaves x = {0}, y = {0};

	gather(a, sent, &x);
	gather(a, got, &y);
	if (x.count != y.count) {
		one.bad_structure++;
		ok(false, "%s: %zu parts became %zu", path, x.count, y.count);
		return;
	}
	for (size_t i = 0; i < x.count; i++) {
		bool same = same_leaf(a, &x.items[i], &y.items[i]);

		one.parts++;
		one.texts += x.items[i].text;
		one.attachments += !x.items[i].text;
		one.bad_texts += x.items[i].text && !same;
		one.bad_attachments += !x.items[i].text && !same;
		if (!same)
			ok(false, "%s: part %zu, %s %s", path, i + 1, x.items[i].type, x.items[i].charset != NULL ? x.items[i].charset : "");
	}
}

static void refused(const char *path, const char *where, const struct err *e)
{
	one.refused++;
	diag("refused %s: %s: %s: %s", path, where, err_row(e->id)->text, e->detail);
	if (e->id == ERR_NONE || err_row(e->id)->class == ERR_BUG || err_row(e->id)->class == ERR_TEMPORARY)
		ok(false, "%s is refused without cause", path);
}

static void cross(struct arena *a, const char *path, struct mime_entity *mail)
{
	static const struct p1_options options;
	struct mixer_setup s;
	struct mx_message *m = mx_message_new(a, MX_MESSAGE), *there = mx_message_new(a, MX_MESSAGE);
	struct mime_entity *back = mime_new(a, "text/plain");
	struct buf *b = buf_in(a, 256u << 20);
	struct stream *out = stream_to_buf(a, b);
	struct blob content;
	struct err e = {0};
	char *text;
	size_t n;

	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "GW", "mg1-00004715");
	s.context.read_body_part = p1_read_body_part;
	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm.set = true;
	m->ipm.heading.this_ipm.user_relative = "1";
	if (body_to_x400(a, &s.context, mail, m, &e) != 0 || p22_encode(a, m, &options, out, &e) != 0 || stream_finish(out, &e) != 0) {
		refused(path, "to X.400", &e);
		return;
	}
	content = blob_mem(b->p, b->len);
	back->has_content_type = back->has_mime_version = false;
	if (p22_decode(a, &content, &P1_LIMITS_DEFAULT, there, &e) != 0 || body_to_822(a, &s.context, there, &there->ipm, back, &e) != 0) {
		refused(path, "back", &e);
		return;
	}
	text = mixer_setup_write(a, back, &n);
	compare(a, path, mail, mixer_setup_parse(a, text, n));
}

/* A field that no other file begins with, in the first fields. */
static bool is_mail(const struct mime_entity *m)
{
	static const char *const names[] = {"From", "To", "Date", "Subject", "Received", "MIME-Version", "Message-ID", "Return-Path"};
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		found += mime_get(m, names[i]) != NULL;
	return found >= 2 || (found == 1 && m->has_content_type);
}

static void run_file(const char *path, off_t size)
{
	struct arena *a = arena_new(0);
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mime_entity *mail;
	struct octets o;
	struct blob in;
	struct err e = {0};

	one.files++;
	if (size > 0 && size < (off_t)50 << 20 && blob_map_path(a, path, &o, &e) == 0) {
		in = blob_mem(o.p, o.len);
		if (mime_parse(a, &in, &limits, &mail, &e) != 0) {
			refused(path, "parsing", &e);
		} else if (is_mail(mail)) {
			one.mails++;
			cross(a, path, mail);
		}
	}
	arena_free(a);
}

static void run_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char name[4096];
		struct stat st;

		if (entry->d_name[0] == '.' || snprintf(name, sizeof name, "%s/%s", path, entry->d_name) >= (int)sizeof name ||
		    lstat(name, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			run_folder(name);
		else if (S_ISREG(st.st_mode))
			run_file(name, st.st_size);
	}
	if (d != NULL)
		closedir(d);
}

static void row(const char *name)
{
	diag("%-24.24s %6u %6u %8u %6u %6u %9u %12u %13u %10u", name, one.files, one.mails, one.refused, one.parts, one.texts, one.bad_texts,
	     one.attachments, one.bad_attachments, one.bad_structure);
	for (size_t i = 0; i < sizeof(total) / sizeof(unsigned); i++)
		((unsigned *)&total)[i] += ((unsigned *)&one)[i];
	memset(&one, 0, sizeof one);
}

int main(int argc, char **argv)
{
	char names[32][256] = {""};

	diag("%-24s %6s %6s %8s %6s %6s %9s %12s %13s %10s", "corpus", "files", "mails", "refused", "parts", "texts", "differing", "attachments", "differing",
	     "structure");
	for (int i = 1; i < argc && i < 32; i++) {
		const char *slash = strrchr(argv[i], '/');

		snprintf(names[i], sizeof names[i], "%s", slash != NULL ? slash + 1 : argv[i]);
		run_folder(argv[i]);
		row(names[i]);
	}
	one = total;
	memset(&total, 0, sizeof total);
	ok(one.mails > 0 || argc == 1, "%u mails", one.mails);
	ok(one.bad_structure + one.bad_texts + one.bad_attachments == 0, "%u of %u parts differ, and %u mails", one.bad_texts + one.bad_attachments, one.parts,
	   one.bad_structure);
	row("all");
	return tap_done();
}
