/*
 * p1_vectors.c - real octets through the codec: what is decoded and encoded again from its members alone must be the same
 * octets, unless a line says why not.
 *
 * t/vectors/p1/osi: MTS-APDUs and contents that tshark has verified; mapping: those of RFC 2156 examples; captures: an
 * independent MTA; body: a content for each kind of body part.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static const struct p1_limits limits = P1_LIMITS_DEFAULT;
static const struct p1_options form_88 = {.extension_type_99 = false}, form_99 = {.extension_type_99 = true};

/* Octets of a "000000 a0 82 ..." dump, or of a binary file. */
static struct octets load(struct arena *a, const char *path)
{
	size_t n, used = 0;
	char *text = tap_read_file(path, &n);
	uint8_t *p = arena_alloc(a, n + 1);
	const char *line;

	if (strstr(path, ".hex") == NULL) {
		memcpy(p, text, n);
		free(text);
		return (struct octets){p, n};
	}
	for (line = text; *line != '\0';) {
		unsigned v;
		int len;
		line += strcspn(line, " \n");
		while (*line == ' ' && sscanf(line, " %2x%n", &v, &len) == 1) {
			p[used++] = (uint8_t)v;
			line += len;
		}
		line += strspn(line, " \n");
	}
	free(text);
	return (struct octets){p, used};
}

/* Takes away everything that came as octets, so that the encoder has only the members. */
static void forget_octets(struct mx_message *m)
{
	size_t i;

	if (m->content != MX_CONTENT_OPAQUE)
		m->content_octets.len = 0;
	for (i = 0; i < m->ipm.body.count; i++) {
		struct mx_body_part *b = &m->ipm.body.items[i];
		b->raw.len = 0;
		if (b->message != NULL)
			forget_octets(b->message);
	}
}

static struct octets encode(struct arena *a, const struct mx_message *m, bool content, const struct p1_options *o, struct err *e)
{
	struct buf *b = buf_in(a, 1 << 20);
	struct stream *s = stream_to_buf(a, b);

	if ((content ? p22_encode(a, m, o, s, e) : p1_encode(a, m, o, s, e)) != 0 || stream_finish(s, e) != 0)
		return (struct octets){NULL, 0};
	return buf_octets(b);
}

static char *dump(struct arena *a, const struct mx_message *m)
{
	struct buf *b = buf_in(a, 8 << 20);
	struct stream *s = stream_to_buf(a, b);

	mx_dump(a, m, s);
	return stream_finish(s, NULL) == 0 ? arena_strdup(a, buf_str(b)) : NULL;
}

enum want { SAME, EQUAL, DECODES };

/* For t/golden/p1-tshark.t. */
static void leave(const char *path, struct octets o)
{
	const char *dir = getenv("P1_WRITE_DIR");
	const char *name = strrchr(path, '/');
	char out[4096];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(out, sizeof(out), "%s/again-%s", dir, name != NULL ? name + 1 : path);
	f = fopen(out, "wb");
	if (f == NULL || fwrite(o.p, 1, o.len, f) != o.len || fclose(f) != 0)
		ok(false, "writing %s", out);
}

/* SAME: identical octets from the members.  EQUAL: the octets that we write are read to the same. */
static void apdu(const char *path, enum want want, const struct p1_options *o)
{
	struct arena *a = arena_new(0);
	struct octets in = load(a, path), out, again;
	struct blob b = blob_mem(in.p, in.len);
	struct mx_message *m;
	struct err e = {0}, ce = {0};
	char *text;

	if (!ok(p1_decode(a, &b, &limits, &m, &ce, &e) == 0, "%s is an APDU%s%s", path, e.id ? ": " : "", e.detail))
		goto out;
	ok(ce.id == ERR_NONE, "%s: content%s%s", path, ce.id ? ": " : "", ce.detail);
	if (want == DECODES)
		goto out;
	if (m->content != MX_CONTENT_OPAQUE || m->kind != MX_MESSAGE)
		forget_octets(m);
	text = dump(a, m);
	out = encode(a, m, false, o, &e);
	if (!ok(out.len > 0, "%s is written%s%s", path, e.id ? ": " : "", e.detail))
		goto out;
	leave(path, out);
	if (want == SAME)
		is_octets(out.p, out.len, in.p, in.len, "%s: the same octets", path);
	b = blob_mem(out.p, out.len);
	ok(p1_decode(a, &b, &limits, &m, &ce, &e) == 0, "%s: what is written is read", path);
	forget_octets(m);
	ok(str_eq(dump(a, m), text), "%s: as an equal message", path);
	again = encode(a, m, false, o, &e);
	is_octets(again.p, again.len, out.p, out.len, "%s: and written alike", path);
out:
	arena_free(a);
}

static void content(const char *path, enum want want, const char *error)
{
	struct arena *a = arena_new(0);
	struct octets in = load(a, path), out;
	struct blob b = blob_mem(in.p, in.len);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE), *again;
	struct err e = {0};
	int r = p22_decode(a, &b, &limits, m, &e);
	char *text;

	if (error != NULL) {
		is(r == 0 ? "passed" : err_row(e.id)->name, error, "%s is refused", path);
	} else if (ok(r == 0, "%s is a content%s%s", path, e.id ? ": " : "", e.detail)) {
		text = dump(a, m);
		if (want != DECODES)
			forget_octets(m);
		out = encode(a, m, true, &form_88, &e);
		if (want != DECODES)
			is_octets(out.p, out.len, in.p, in.len, "%s: the same octets%s%s", path, e.id ? ": " : "", e.detail);
		b = blob_mem(out.p, out.len);
		again = mx_message_new(a, MX_MESSAGE);
		ok(p22_decode(a, &b, &limits, again, &e) == 0 && str_eq(dump(a, again), text), "%s: written and read, an equal message", path);
	}
	arena_free(a);
}

/* Contents that are read but not written as they came, and why. */
static const struct {
	const char *file;
	const char *error;
	const char *why;
} special[] = {
	{"trunc.ipm.ber", "ERR_P1_CONTENT", "cut off"},
	{"hightag.ipm.ber", "ERR_P1_CONTENT", "tag [200] without a value"},
	{"indef.ipm.ber", NULL, "indefinite lengths"},
	{"gt-octet.ipm.ber", NULL, "octet-aligned EXTERNAL"},
	{"jpeg15-octet.ipm.ber", NULL, "octet-aligned EXTERNAL"},
	{"ftbp-single.ipm.ber", NULL, "single-ASN1-type file data"},
	{"ftbp-two.ipm.ber", NULL, "two files in one"},
	{"ftbp-compressed.ipm.ber", NULL, "compression has no member"},
	{"ftbp-complete.ipm.ber", NULL, "complete-pathname"},
	{"ftbp-complete-ftam.ipm.ber", NULL, "complete-pathname"},
	{"ftbp-default-ctype.ipm.ber", NULL, "contents-type left to its default"},
	{"ftbp-nosize.ipm.ber", NULL, "no-value-available"},
};

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static void folder(const char *path, void (*run)(const char *file, const char *name))
{
	char full[4096];
	struct dirent **names;
	int n, i;

	snprintf(full, sizeof(full), "%s/%s", tap_srcdir(), path);
	n = scandir(full, &names, visible, alphasort);
	ok(n > 0, "files in %s", path);
	for (i = 0; i < n; i++) {
		snprintf(full, sizeof(full), "%s/%s", path, names[i]->d_name);
		run(full, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void body(const char *path, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(special); i++) {
		if (str_eq(special[i].file, name)) {
			content(path, DECODES, special[i].error);
			return;
		}
	}
	content(path, SAME, NULL);
}

static void osi(const char *path, const char *name)
{
	if (strncmp(name, "p1p22-ip", 8) == 0)
		content(path, SAME, NULL);
	else
		apdu(path, SAME, &form_99);
}

static void mapping(const char *path, const char *name UNUSED)
{
	apdu(path, SAME, &form_99);
}

static void capture(const char *path, const char *name)
{
	if (strstr(name, "-ipm") != NULL)
		content(path, DECODES, NULL);
	else
		apdu(path, EQUAL, &form_88);
}

int main(void)
{
	folder("t/vectors/p1/osi", osi);
	folder("t/vectors/p1/mapping", mapping);
	folder("t/vectors/p1/captures", capture);
	folder("t/vectors/p1/body", body);
	return tap_done();
}
