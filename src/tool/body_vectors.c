/*
 * tool/body_vectors.c - see body_vectors.h.
 *
 * What is compared is the meaning: octets are enough, and where they differ the two are read and their canonical forms
 * compared.  Canonical leaves out what RFC 2157 does not settle: generated identifiers, boundaries, quotes of parameters
 * that need none, and the line end before a boundary, which RFC 2046 5.1.1 counts to the boundary and the vectors to the text.
 */
#include "tool/body_vectors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "msg/dump.h"
#include "p1/p1.h"

struct run {
	struct tool *t;
	const char *folder;
	const char *pending; /* text of the list, "" : none */
	int count, failed;
};

/* One entry of the manifest. */
struct entry {
	struct run *r;
	struct arena *a;
	const char *name, *direction, *knobs;
	struct octets ipm, bp, mime; /* p NULL: no such file */
	struct mixer_settings settings;
	struct config_bodies bodies;
	struct mixer_context context;
};

/* ---- TAP ---- */

static void comment(struct run *r, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		stream_puts(r->t->out, "# ");
		stream_put(r->t->out, text, n);
		stream_puts(r->t->out, "\n");
		text += n + (text[n] == '\n');
	}
}

static void verdict(struct entry *n, const char *direction, bool passes, const char *why)
{
	struct run *r = n->r;
	const char *reason = strstr(r->pending, arena_printf(n->a, "\n%s\t%s\t", n->name, direction));

	r->count++;
	if (passes && reason != NULL)
		why = "it passes now: take it off the list";
	if (reason == NULL || passes)
		r->failed += !passes || reason != NULL;
	if (reason != NULL && !passes) {
		reason += strlen(n->name) + strlen(direction) + 3;
		stream_printf(r->t->out, "not ok %d - %s %s # TODO %.*s\n", r->count, n->name, direction, (int)strcspn(reason, "\n"), reason);
		return;
	}
	passes = passes && reason == NULL;
	stream_printf(r->t->out, "%s %d - %s %s\n", passes ? "ok" : "not ok", r->count, n->name, direction);
	if (!passes)
		comment(r, why);
}

/* ---- mail as text ---- */

static struct octets octets_of(struct arena *a, const struct mime_entity *m)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;

	if (mime_decode_body(a, m, s, &e) != 0 || stream_finish(s, &e) != 0)
		return (struct octets){(const uint8_t *)"", 0};
	return buf_octets(b);
}

static void put_visible(struct buf *b, struct octets o)
{
	for (size_t i = 0; i < o.len; i++)
		if (o.p[i] == '\n')
			buf_puts(b, "\\n");
		else if (o.p[i] >= 0x20 && o.p[i] < 0x7f)
			buf_putc(b, o.p[i]);
		else if (o.p[i] != '\r' || (i + 1 < o.len && o.p[i + 1] != '\n'))
			buf_printf(b, "\\x%02X", o.p[i]);
}

static void describe(struct arena *a, const struct mime_entity *m, struct buf *b, int depth)
{
	const char *charset = mime_get_param(m, "charset");

	buf_printf(b, "%*s%s/%s", depth, "", m->type, m->subtype);
	for (size_t i = 0; i < m->params.count; i++)
		if (!str_eq(m->params.items[i].name, "charset") && !str_eq(m->params.items[i].name, "boundary"))
			buf_printf(b, " %s=%s", m->params.items[i].name, m->params.items[i].value);
	if (charset != NULL && !str_ieq(charset, "us-ascii"))
		buf_printf(b, " charset=%s", charset);
	for (size_t i = 0; i < m->disposition_params.count; i++)
		buf_printf(b, " %s=%s", m->disposition_params.items[i].name, m->disposition_params.items[i].value);
	if (m->id != NULL)
		buf_printf(b, " id=%s", m->id);
	if (m->description != NULL)
		buf_printf(b, " description=%s", m->description);
	if (m->children.count == 0) {
		struct octets o = octets_of(a, m);

		while (o.len > 0 && (o.p[o.len - 1] == '\n' || o.p[o.len - 1] == '\r') && (depth > 0 || str_eq(m->type, "text")))
			o.len--;
		buf_puts(b, " [");
		put_visible(b, o);
		buf_puts(b, "]");
	}
	buf_puts(b, "\n");
	for (size_t i = 0; i < m->children.count; i++)
		describe(a, m->children.items[i], b, depth + 1);
}

static const char *description(struct arena *a, struct octets in)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct blob blob = blob_mem(in.p, in.len);
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mime_entity *m;
	struct err e = {0};

	if (mime_parse(a, &blob, &limits, &m, &e) != 0)
		return arena_printf(a, "error: %s %s\n", err_row(e.id)->name, e.detail);
	for (size_t i = 0; i < m->fields.count; i++)
		if (!str_istarts(m->fields.items[i].name, "Content-") && !str_ieq(m->fields.items[i].name, "MIME-Version"))
			buf_printf(b, "%s: %s\n", m->fields.items[i].name, m->fields.items[i].value);
	describe(a, m, b, 0);
	return arena_strdup(a, buf_str(b));
}

/* ---- messages as text ---- */

/* crossed: it has been mail, whose last line has an end (RFC 5321 4.1.1.4). */
static void canonical_ipm(struct arena *a, struct mx_ipm *ipm, bool nested, bool crossed);

/* Quotes around a value that needs none. */
static const char *without_quotes(struct arena *a, const char *text)
{
	struct buf *b = buf_in(a, strlen(text) + 1);

	for (; *text != '\0'; text++) {
		const char *end = *text == '"' ? strchr(text + 1, '"') : NULL;
		size_t n = end != NULL ? (size_t)(end - text) - 1 : 0;

		if (end == NULL || n == 0 || strcspn(text + 1, " ()<>@,;:\\\"/[]?=") < n) {
			buf_putc(b, (unsigned char)*text);
			continue;
		}
		buf_put(b, text + 1, n);
		text = end;
	}
	return arena_strdup(a, buf_str(b));
}

static void canonical_part(struct arena *a, struct mx_body_part *p, bool several, bool crossed)
{
	struct octets o;

	p->raw.len = 0;
	for (size_t i = 0; i < p->file.rfc_822_fields.count; i++)
		p->file.rfc_822_fields.items[i] = without_quotes(a, p->file.rfc_822_fields.items[i]);
	if (p->message != NULL) {
		p->message->content_octets.len = 0;
		canonical_ipm(a, &p->message->ipm, true, crossed);
	}
	if ((p->kind != MX_BODY_IA5 && p->kind != MX_BODY_GENERAL_TEXT) || blob_map(a, &p->data, &o, NULL) != 0)
		return;
	if (o.len > 13 && str_ieqn((const char *)o.p, "MIME-Version:", 13)) { /* HARPOON: what it says */
		const char *text = description(a, o);

		p->data = blob_mem(text, strlen(text));
	} else if (several && o.len > 2 && memcmp(o.p + o.len - 2, "\r\n", 2) == 0) {
		p->data = blob_mem(o.p, o.len - 2);
	}
}

/* nested: its identifier, and originator and recipients that say nothing (G-037), are the gateway's. */
static void canonical_ipm(struct arena *a, struct mx_ipm *ipm, bool nested, bool crossed)
{
	if (nested) {
		ipm->heading.this_ipm = (struct mx_ipm_id){.set = true, .user_relative = "-"};
		ipm->heading.has_originator = false;
		ipm->heading.originator = (struct mx_or_descriptor){0};
		ipm->heading.rfc_822_fields.count = 0;
		if (ipm->heading.primary_recipients.count == 1 && !ipm->heading.primary_recipients.items[0].recipient.has_formal_name)
			ipm->heading.primary_recipients.count = 0;
	}
	for (size_t i = 0; i < ipm->body.count; i++)
		canonical_part(a, &ipm->body.items[i], crossed || ipm->body.count > 1 || ipm->heading.multipart_subtype != NULL, crossed);
}

static const char *dump_of(struct arena *a, const struct mx_message *m)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e;

	mx_dump(a, m, s);
	return stream_finish(s, &e) == 0 ? arena_strdup(a, buf_str(b)) : "";
}

static const char *canonical(struct arena *a, struct octets content, bool crossed)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct blob in = blob_mem(content.p, content.len);
	struct err e = {0};

	if (p22_decode(a, &in, &P1_LIMITS_DEFAULT, m, &e) != 0)
		return arena_printf(a, "error: %s %s\n", err_row(e.id)->name, e.detail);
	canonical_ipm(a, &m->ipm, false, crossed);
	return dump_of(a, m);
}

/* ---- the ways ---- */

static bool encode(struct entry *n, const struct mx_message *m, struct octets *out, struct err *e)
{
	static const struct p1_options options;
	struct buf *b = buf_in(n->a, 64u << 20);
	struct stream *s = stream_to_buf(n->a, b);

	if (p22_encode(n->a, m, &options, s, e) != 0 || stream_finish(s, e) != 0)
		return false;
	*out = buf_octets(b);
	return true;
}

/* "nested position": the entity is one of a multipart/mixed, so that its own multipart is no outermost one. */
static struct octets positioned(struct entry *n, struct octets mime)
{
	struct buf *b = buf_in(n->a, mime.len + 256);

	if (strstr(n->knobs, "nested position") == NULL)
		return mime;
	buf_puts(b, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_position\"\r\n\r\n--=_position\r\n");
	buf_put(b, mime.p, mime.len);
	buf_puts(b, "\r\n--=_position--\r\n");
	return buf_octets(b);
}

static bool to_x400(struct entry *n, struct octets mime, struct mx_message **out, struct err *e)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mime_entity *mail;
	struct blob in;

	mime = positioned(n, mime);
	in = blob_mem(mime.p, mime.len);
	*out = mx_message_new(n->a, MX_MESSAGE);
	(*out)->content = MX_CONTENT_IPM;
	(*out)->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .user_relative = "MIX-0001"};
	(*out)->ipm.heading.subject.utf8 = "Test";
	return mime_parse(n->a, &in, &limits, &mail, e) == 0 && body_to_x400(n->a, &n->context, mail, *out, e) == 0;
}

static bool to_822(struct entry *n, struct octets *out, struct mx_message **m, struct err *e)
{
	struct mime_entity *mail = mime_new(n->a, "text/plain");
	struct buf *b = buf_in(n->a, 64u << 20);
	struct stream *s = stream_to_buf(n->a, b);
	struct blob in = blob_mem(n->ipm.p != NULL ? n->ipm.p : n->bp.p, n->ipm.p != NULL ? n->ipm.len : n->bp.len);

	*m = mx_message_new(n->a, MX_MESSAGE);
	(*m)->content = MX_CONTENT_IPM;
	mail->has_content_type = mail->has_mime_version = false;
	if (n->ipm.p != NULL ? p22_decode(n->a, &in, &P1_LIMITS_DEFAULT, *m, e) != 0
	                     : p1_read_body_part(n->a, &in, mx_add_body_part(n->a, &(*m)->ipm, MX_BODY_OTHER), e) != 0)
		return false;
	if ((*m)->content != MX_CONTENT_IPM || body_to_822(n->a, &n->context, *m, &(*m)->ipm, mail, e) != 0 ||
	    mime_write(n->a, mail, s, e) != 0 || stream_finish(s, e) != 0)
		return false;
	*out = buf_octets(b);
	return true;
}

/* ---- assertions ---- */

static const struct body_assertion *assertion_of(const char *name, const char *direction)
{
	for (size_t i = 0; i < body_assertions_count; i++)
		if (str_eq(body_assertions[i].name, name) && str_eq(body_assertions[i].direction, direction))
			return &body_assertions[i];
	return NULL;
}

static void check_assertion(struct entry *n, const char *direction, const char *text)
{
	const struct body_assertion *as = assertion_of(n->name, direction);
	const char *missing = NULL;

	for (const char *p = as != NULL ? as->lines : ""; *p != '\0' && missing == NULL;) {
		size_t len = strcspn(p, "\n");
		const char *line = arena_strndup(n->a, p + 1, len - 1);

		if ((strstr(text, line) != NULL) != (*p == '+'))
			missing = arena_strndup(n->a, p, len);
		p += len + (p[len] == '\n');
	}
	verdict(n, direction, as != NULL && missing == NULL,
	        as == NULL ? arena_printf(n->a, "no assertion of this name; it gives\n%s", text)
	                   : arena_printf(n->a, "%s\nof\n%s", missing, text));
}

static void run_x2m(struct entry *n)
{
	struct octets got;
	struct mx_message *m;
	struct err e = {0};
	const char *text, *want;

	if (!to_822(n, &got, &m, &e))
		text = arena_printf(n->a, "error: %s %s\n", err_row(e.id)->name, e.detail);
	else
		text = description(n->a, got);
	if (n->mime.p == NULL) {
		check_assertion(n, "x2m", text);
		return;
	}
	want = description(n->a, n->mime);
	verdict(n, "x2m", str_eq(text, want), arena_printf(n->a, "got\n%swant\n%s", text, want));
}

static bool same_content(struct entry *n, struct octets got, bool crossed, const char **why)
{
	const char *x, *y;

	if (got.len == n->ipm.len && memcmp(got.p, n->ipm.p, got.len) == 0)
		return true;
	x = canonical(n->a, got, crossed);
	y = canonical(n->a, n->ipm, crossed);
	*why = arena_printf(n->a, "got\n%swant\n%s", x, y);
	return str_eq(x, y);
}

static void run_m2x(struct entry *n)
{
	struct mx_message *m;
	struct octets got = {0};
	struct err e = {0};
	const char *why = "";
	bool made = to_x400(n, n->mime, &m, &e);

	if (n->ipm.p == NULL) {
		check_assertion(n, "m2x", made ? dump_of(n->a, m) : arena_printf(n->a, "error: %s %s\n", err_row(e.id)->name, e.detail));
		return;
	}
	if (!made || !encode(n, m, &got, &e))
		verdict(n, "m2x", false, e.detail);
	else if (same_content(n, got, false, &why))
		verdict(n, "m2x", true, "");
	else
		verdict(n, "m2x", false, why);
}

/* X.400 to mail and back: the same content again. */
static void run_there_and_back(struct entry *n)
{
	struct mx_message *there, *back;
	struct octets mail, got = {0};
	struct err e = {0};
	const char *why = "";
	bool made = to_822(n, &mail, &there, &e) && to_x400(n, mail, &back, &e);

	if (made) {
		/* the heading is not the body's affair, but for the kind of multipart */
		there->ipm.heading.multipart_subtype = back->ipm.heading.multipart_subtype;
		back->ipm.heading = there->ipm.heading;
		made = encode(n, back, &got, &e);
	}
	if (!made)
		verdict(n, "x2m2x", false, e.detail);
	else if (same_content(n, got, true, &why))
		verdict(n, "x2m2x", true, "");
	else
		verdict(n, "x2m2x", false, why);
}

/* ---- the manifest ---- */

static bool read_file(struct entry *n, const char *suffix, struct octets *out)
{
	struct err e;

	return blob_map_path(n->a, arena_printf(n->a, "%s/%s%s", n->r->folder, n->name, suffix), out, &e) == 0;
}

/* "octet-stream=bp14; image=ftbp", of alternatives the first; words that are no setting of ours are prose. */
static void take_knobs(struct entry *n)
{
	char *copy = arena_strdup(n->a, n->knobs), *save = NULL;
	struct err e;
	long depth;

	for (char *w = strtok_r(copy, "; ,", &save); w != NULL; w = strtok_r(NULL, "; ,", &save)) {
		w[strcspn(w, "|")] = '\0';
		if (str_istarts(w, "max-nesting=") && str_to_long(w + 12, 1, 100, &depth) == 0)
			n->settings.max_depth = (unsigned)depth;
		else if (str_istarts(w, "84-text=") && config_bodies_set(n->a, &n->bodies, w, &e) == 0)
			n->bodies.no_general_text = true; /* a peer of 1984 is meant */
		else if (config_bodies_set(n->a, &n->bodies, w, &e) != 0)
			continue;
	}
}

static void run_entry(struct run *r, const char *name, const char *direction, const char *knobs)
{
	struct entry n = {.r = r, .a = arena_new(0), .name = name, .direction = direction, .knobs = knobs, .settings = r->t->settings,
	                  .bodies = *r->t->settings.bodies};
	bool x2m = !str_eq(direction, "m2x"), m2x = !str_eq(direction, "x2m");

	take_knobs(&n);
	n.settings.bodies = &n.bodies;
	n.context = (struct mixer_context){.settings = &n.settings, .tables = r->t->tables, .now = clock_now(), .trusted = true,
	                                   .read_body_part = p1_read_body_part, .read_content = p1_read_content,
	                                   .id = {"GW-1", "GW-1", "GW-1", "b1"}};
	(void)read_file(&n, ".ipm.ber", &n.ipm);
	(void)read_file(&n, ".bp.ber", &n.bp);
	(void)read_file(&n, ".mime", &n.mime);
	if (x2m && (n.ipm.p != NULL || n.bp.p != NULL))
		run_x2m(&n);
	if (m2x && n.mime.p != NULL)
		run_m2x(&n);
	if (x2m && m2x && n.ipm.p != NULL)
		run_there_and_back(&n);
	if (n.ipm.p == NULL && n.bp.p == NULL && n.mime.p == NULL)
		verdict(&n, direction, false, "there is no file of that name");
	arena_free(n.a);
}

int tool_body_vectors(struct tool *t, const char *folder, const char *pending, struct err *e)
{
	struct run r = {.t = t, .folder = folder, .pending = ""};
	struct octets text;
	char *copy, *lines = NULL;

	TRY(tool_setup(t, e));
	if (pending != NULL) {
		TRY(blob_map_path(t->arena, pending, &text, e));
		r.pending = arena_printf(t->arena, "\n%s", arena_strndup(t->arena, (const char *)text.p, text.len));
	}
	TRY(blob_map_path(t->arena, arena_printf(t->arena, "%s/manifest.tsv", folder), &text, e));
	copy = arena_strndup(t->arena, (const char *)text.p, text.len);
	for (char *line = strtok_r(copy, "\r\n", &lines); line != NULL; line = strtok_r(NULL, "\r\n", &lines)) {
		char *fields = NULL, *name = strtok_r(line, "\t", &fields), *direction = strtok_r(NULL, "\t", &fields);
		const char *knobs = strtok_r(NULL, "\t", &fields);

		if (knobs != NULL && *name != '#' && !str_eq(name, "name"))
			run_entry(&r, name, direction, knobs);
	}
	stream_printf(t->out, "1..%d\n", r.count);
	return r.failed;
}
