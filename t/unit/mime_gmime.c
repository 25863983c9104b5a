/*
 * mime_gmime.c - a second opinion about octets: GMime parses every sample whole, and each leaf's content must lie where
 * our walk says.  (Only here does GMime see whole messages; they are ours and harmless.)
 */
#include <gmime/gmime.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mime/mime.h"
#include "t/lib/tap.h"

static bool same(const struct mime_entity *m, GMimeObject *o)
{
	GMimeStream *s;

	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *inner = g_mime_message_part_get_message((GMimeMessagePart *)o);
		if (inner == NULL || m->children.count != 1)
			return inner == NULL && m->children.count == 0;
		return same(m->children.items[0], g_mime_message_get_mime_part(inner));
	}
	if (GMIME_IS_MULTIPART(o)) {
		if ((size_t)g_mime_multipart_get_count((GMimeMultipart *)o) != m->children.count)
			return false;
		for (size_t i = 0; i < m->children.count; i++)
			if (!same(m->children.items[i], g_mime_multipart_get_part((GMimeMultipart *)o, (int)i)))
				return false;
		return true;
	}
	if (m->children.count != 0 || !GMIME_IS_PART(o) || g_mime_part_get_content((GMimePart *)o) == NULL)
		return m->children.count == 0;
	s = g_mime_data_wrapper_get_stream(g_mime_part_get_content((GMimePart *)o));
	return s->bound_start == m->body.off && s->bound_end == m->body.off + (off_t)m->body.len;
}

static bool agree(const char *path)
{
	struct arena *a = arena_new(0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct blob in = blob_file(fd, 0, (uint64_t)lseek(fd, 0, SEEK_END));
	GMimeStream *s;
	GMimeParser *p;
	GMimeMessage *message;
	struct mime_entity *m;
	struct err e;
	bool good = false;

	lseek(fd, 0, SEEK_SET);
	s = g_mime_stream_fs_new(fd); /* closes fd */
	p = g_mime_parser_new_with_stream(s);
	g_mime_parser_set_persist_stream(p, TRUE);
	message = g_mime_parser_construct_message(p, NULL);
	if (message != NULL && mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) == 0)
		good = same(m, g_mime_message_get_mime_part(message));
	if (message != NULL)
		g_object_unref(message);
	g_object_unref(p);
	g_object_unref(s);
	arena_free(a);
	return good;
}

static int not_dot(const struct dirent *d) { return d->d_name[0] != '.'; }

int main(void)
{
	char folder[4096], path[8192];
	struct dirent **names;
	int n;

	g_mime_init();
	snprintf(folder, sizeof folder, "%s/t/vectors/mime/samples", tap_srcdir());
	n = scandir(folder, &names, not_dot, alphasort);
	ok(n > 90, "%d samples", n);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		ok(agree(path), "%s: same parts, same octets", names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return tap_done();
}
