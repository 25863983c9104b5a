/*
 * fuzz_mixer_p1.c - any APDU or content from X.400 to mail, and what can be mailed read again: no crash, and our mail
 * parses.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mail_it(struct arena *a, const struct mime_entity *mail)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *out = stream_to_buf(a, b);
	struct mime_entity *again;
	struct blob in;
	struct err e;

	if (mime_write(a, mail, out, &e) != 0 || stream_finish(out, &e) != 0)
		return;
	in = blob_mem(b->p, b->len);
	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &again, &e) != 0)
		abort();
}

static void pass_content(struct arena *a, struct mixer_setup *s, const struct blob *in)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mime_entity *mail = mime_new(a, "text/plain");
	struct err e;

	if (p1_read_content(a, in, m, &e) == 0 && m->content == MX_CONTENT_IPM && heading_to_822(a, &s->context, m, mail, &e) == 0 &&
	    body_to_822(a, &s->context, m, &m->ipm, mail, &e) == 0)
		mail_it(a, mail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(256u << 20);
	struct blob in = blob_mem(data, size);
	struct mx_message *m;
	struct mixer_setup s;
	struct mixer_mail out;
	struct err e, content;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-20240305103025-R0000012", "mg1-00004721");
	s.context.read_content = p1_read_content;
	if (p1_decode(a, &in, &P1_LIMITS_DEFAULT, &m, &content, &e) != 0)
		pass_content(a, &s, &in);
	else if (mixer_to_822(a, &s.context, m, &out, &e) == 0 && out.entity != NULL)
		mail_it(a, out.entity);
	arena_free(a);
	return 0;
}
