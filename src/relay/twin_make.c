/*
 * relay/twin_make.c - see twin_make.h.  Called by mixgate-source and mixgate-sink.
 */
#include "relay/twin_make.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/str.h"
#include "p1/p1.h"

#define IN_MEMORY ((size_t)48 << 20) /* a longer APDU is made in a file */
#define ROOM ((size_t)64 << 20)

/* ---- options ---- */

int twin_make_length(struct twin_make *m, const char *text, struct err *e)
{
	const char *dash = strchr(text, '-');
	char low[16] = "";

	if (dash == NULL) {
		m->length_max = 0;
		return twin_number(text, 0, TWIN_TEXT_MAX, &m->length, e);
	}
	strncat(low, text, MIN_OF((size_t)(dash - text), sizeof(low) - 1));
	TRY(twin_number(low, 0, TWIN_TEXT_MAX, &m->length, e));
	return twin_number(dash + 1, m->length, TWIN_TEXT_MAX, &m->length_max, e);
}

int twin_make_priority(struct twin_make *m, const char *text, struct err *e)
{
	static const char *const names[] = {[MX_NORMAL] = "normal", [MX_NON_URGENT] = "non-urgent", [MX_URGENT] = "urgent"};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (str_ieq(names[i], text)) {
			m->priority = (enum mx_priority)i;
			return 0;
		}
	return ERR(e, ERR_CONFIG, "--priority %s: normal, non-urgent or urgent", text);
}

static int by_name(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

int twin_make_files(const struct twin *t, struct twin_make *m, const char *path, struct err *e)
{
	size_t before = m->files.count;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (stat(path, &st) != 0)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		*ARENA_PUSH(t->arena, &m->files) = path;
		return 0;
	}
	dir = opendir(path);
	if (dir == NULL)
		return ERR_ERRNO(e, ERR_CONFIG, "%s", path);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			*ARENA_PUSH(t->arena, &m->files) = arena_printf(t->arena, "%s/%s", path, entry->d_name);
	closedir(dir);
	if (m->files.count == before)
		return ERR(e, ERR_CONFIG, "%s: an empty folder", path);
	qsort(m->files.items + before, m->files.count - before, sizeof(*m->files.items), by_name);
	return 0;
}

/* ---- the text ---- */

/* Lines of 72 characters, like smtp-source's. */
static void fill_text(uint8_t *p, size_t at, size_t n, size_t total)
{
	for (size_t i = at; i < at + n; i++) {
		size_t column = i % 74;

		if (i + 2 >= total)
			p[i - at] = i + 1 == total ? '\n' : '\r';
		else
			p[i - at] = column == 72 ? '\r' : column == 73 ? '\n' : (uint8_t)('A' + (i / 74 + column) % 26);
	}
}

/* Made once, in a file that is mapped: the sessions share it, and no size of it needs memory. */
int twin_make_prepare(const struct twin *t, struct twin_make *m, struct err *e)
{
	size_t total = (size_t)MAX_OF(m->length, m->length_max);
	uint8_t piece[65536];
	struct octets mapped;
	struct stream *out;
	int fd;

	TRY(blob_tempfile(t->arena, NULL, &fd, e));
	out = stream_to_fd(t->arena, fd, 0);
	for (size_t at = 0; at < total; at += sizeof(piece)) {
		size_t n = MIN_OF(sizeof(piece), total - at);

		fill_text(piece, at, n, total);
		stream_put(out, piece, n);
	}
	TRY(stream_finish(out, e));
	m->text = blob_file(fd, 0, total);
	TRY(blob_map(t->arena, &m->text, &mapped, e));
	m->text = blob_mem(mapped.p, mapped.len);
	return 0;
}

/* The same n, the same length: what is sent again is the same. */
static uint64_t length_of(const struct twin_make *m, long n)
{
	uint64_t x = (uint64_t)n * 0x9e3779b97f4a7c15u;

	if (m->length_max <= m->length)
		return (uint64_t)m->length;
	return (uint64_t)m->length + (x ^ (x >> 29)) % (uint64_t)(m->length_max - m->length + 1);
}

/* ---- messages ---- */

static int add_recipient(struct arena *a, const struct twin_make *o, long n, struct mx_message *m, struct err *e)
{
	struct mx_recipient *r = mx_add_recipient(a, m);
	struct mx_recipient_specifier *to;

	TRY(addr_parse_or(a, o->to, &r->name.address, e));
	if (o->recipients > 1)
		or_set(a, &r->name.address, OR_S,
		       arena_printf(a, "%s%ld", or_has(&r->name.address, OR_S) ? r->name.address.v[OR_S].printable : "r", n));
	r->number = (int)n;
	r->responsibility = true;
	r->originator_report = (int)o->report_request;
	r->mta_report = o->report_request == 2 ? 2 : 1;
	if (m->kind != MX_MESSAGE)
		return 0;
	to = ARENA_PUSH(a, &m->ipm.heading.primary_recipients);
	to->recipient.has_formal_name = true;
	to->recipient.formal_name = r->name;
	return 0;
}

static void fill_ipm(struct arena *a, const struct twin_make *o, const char *id, uint64_t length, struct mx_message *m)
{
	struct mx_heading *h = &m->ipm.heading;
	struct mx_body_part *part;

	m->content = MX_CONTENT_IPM;
	mx_heading_init(h);
	h->this_ipm = (struct mx_ipm_id){.set = true, .has_user = true, .user = m->envelope.originator, .user_relative = id};
	h->has_originator = true;
	h->originator.has_formal_name = true;
	h->originator.formal_name = m->envelope.originator;
	h->subject.utf8 = o->subject != NULL ? o->subject : id;
	part = mx_add_body_part(a, &m->ipm, MX_BODY_IA5);
	part->repertoire = 5;
	part->data = blob_slice(&o->text, 0, length);
}

/* A message or a probe for one. */
static int make_message(struct arena *a, const struct twin *t, const struct twin_make *o, const struct p1_options *p1, const char *id,
                        uint64_t length, struct mx_message **out, struct err *e)
{
	struct mx_message *m = mx_message_new(a, o->kind);
	struct mx_envelope *v = &m->envelope;

	twin_stamp(a, t, m, id);
	TRY(addr_parse_or(a, o->from, &v->originator.address, e));
	v->content_type = p1->content_p2 ? MX_CONTENT_P2 : MX_CONTENT_P22;
	v->priority = o->priority;
	v->original_eits = (struct mx_eits){.set = true, .built_in = MX_EIT_IA5_TEXT};
	v->alternate_recipient_allowed = true;
	if (o->kind == MX_PROBE)
		v->content_length = (int64_t)length;
	else
		fill_ipm(a, o, id, length, m);
	for (long n = 1; n <= o->recipients; n++)
		TRY(add_recipient(a, o, n, m, e));
	*out = m;
	return 0;
}

/* As if a message from --from to the recipients had been sent by our domain. */
static int make_report(struct arena *a, const struct twin *t, const struct twin_make *o, const struct p1_options *p1, const char *id,
                       struct mx_message **out, struct err *e)
{
	struct twin_make about = *o;
	struct mx_message *subject;

	about.kind = MX_PROBE; /* no content is needed */
	TRY(make_message(a, t, &about, p1, o->about != NULL ? o->about : id, 0, &subject, e));
	*out = twin_report_about(a, t, id, subject);
	for (size_t i = 0; i < subject->recipients.count; i++)
		twin_report_add(a, &o->report, &subject->recipients.items[i], *out);
	return 0;
}

/* ---- octets ---- */

static int read_file(struct arena *a, const char *path, struct blob *out, struct err *e)
{
	struct octets in;

	TRY(blob_map_path(a, path, &in, e));
	if (in.len == 0)
		return ERR(e, ERR_SYSTEM, "%s: empty", path);
	*out = blob_mem(in.p, in.len);
	return 0;
}

struct buf *twin_make_room(struct arena *a) { return buf_in(a, ROOM); }

static int encode(struct arena *a, const struct mx_message *m, const struct p1_options *o, uint64_t text, struct buf *room,
                  struct blob *out, struct err *e)
{
	bool large = text > IN_MEMORY;
	struct stream *stream;
	int fd = -1;

	buf_reset(room);
	if (large)
		TRY(blob_tempfile(a, NULL, &fd, e));
	stream = large ? stream_to_fd(a, fd, 0) : stream_to_buf(a, room);
	TRY(p1_encode(a, m, o, stream, e));
	TRY(stream_finish(stream, e));
	*out = large ? blob_file(fd, 0, stream->written) : blob_mem(room->p, room->len);
	return 0;
}

int twin_make_apdu(struct arena *a, const struct twin *t, const struct twin_make *m, enum osi_mode mode, long n, struct buf *room,
                   struct blob *out, struct err *e)
{
	/* Unique among all runs: the second, our process, the place in it. */
	const char *id = arena_printf(a, "src-%lld-%ld-%ld", (long long)clock_now().seconds, (long)getpid(), n);
	uint64_t length = length_of(m, n);
	const struct p1_options options = twin_p1(t, mode);
	struct mx_message *message;

	if (m->files.count > 0)
		return read_file(a, m->files.items[(size_t)n % m->files.count], out, e);
	if (m->kind == MX_REPORT)
		TRY(make_report(a, t, m, &options, id, &message, e));
	else
		TRY(make_message(a, t, m, &options, id, length, &message, e));
	return encode(a, message, &options, m->kind == MX_MESSAGE ? length : 0, room, out, e);
}
