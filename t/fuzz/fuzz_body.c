/*
 * fuzz_body.c - bodies alone, both ways, under any settings.  The first octet says which way, the second and third which
 * settings: mail to body parts, through P22 and back; or a BodyPart (BER) to mail, and that back to X.400.
 *
 * What we make must be readable: a content that p1 refuses, or mail that mime refuses, is an error here.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[16] = {
	"unknown=bp15", "unknown=harpoon", "text_utf8=generaltext-196", "text_utf8=transliterate", "flowed=unwrap", "wrap_ia5=40",
	"octet_stream=bp14", "image=bp15", "fax=tiff", "alternative=best", "signed=strip-with-note", "teletex_out=teletex", "gt_unknown=x-iso",
	"wanted_conversion=on", "bad_charset=replace", "filename_encoding=both"};

struct crossing {
	struct arena *a;
	struct mixer_setup s;
	struct config_bodies bodies;
	bool conversion;
};

static struct mx_message *message_of(struct crossing *c)
{
	struct mx_message *m = mx_message_new(c->a, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm.set = true;
	m->ipm.heading.this_ipm.user_relative = "1";
	m->envelope.implicit_conversion_prohibited = m->envelope.conversion_with_loss_prohibited = c->conversion;
	return m;
}

static void to_822(struct crossing *c, const struct mx_message *m, struct octets *out)
{
	struct mime_entity *mail = mime_new(c->a, "text/plain");
	struct buf *b = buf_in(c->a, 64u << 20);
	struct err e;

	mail->has_content_type = mail->has_mime_version = false;
	*out = (struct octets){NULL, 0};
	if (body_to_822(c->a, &c->s.context, m, &m->ipm, mail, &e) == 0 && mime_write(c->a, mail, stream_to_buf(c->a, b), &e) == 0)
		*out = buf_octets(b);
}

static void to_x400(struct crossing *c, struct octets in, bool and_back)
{
	static const struct p1_options today, old = {.content_p2 = true};
	struct mime_limits limits = {10u << 20, 500, 65536, 8, 200};
	struct mx_message *m = message_of(c), *again = message_of(c);
	struct buf *b = buf_in(c->a, 64u << 20);
	struct stream *out = stream_to_buf(c->a, b);
	struct blob blob = blob_mem(in.p, in.len), content;
	struct mime_entity *mail;
	struct octets back;
	struct err e;

	if (mime_parse(c->a, &blob, &limits, &mail, &e) != 0 || body_to_x400(c->a, &c->s.context, mail, m, &e) != 0)
		return;
	if (p22_encode(c->a, m, c->bodies.no_extended ? &old : &today, out, &e) != 0 || stream_finish(out, &e) != 0)
		return;
	content = blob_mem(b->p, b->len);
	if (p22_decode(c->a, &content, &P1_LIMITS_DEFAULT, again, &e) != 0)
		abort();
	if (and_back)
		to_822(c, again, &back);
}

static void from_x400(struct crossing *c, struct octets in)
{
	struct mx_message *m = message_of(c);
	struct blob blob = blob_mem(in.p, in.len);
	struct octets mail;
	struct err e;

	if (p1_read_body_part(c->a, &blob, mx_add_body_part(c->a, &m->ipm, MX_BODY_OTHER), &e) != 0)
		return;
	to_822(c, m, &mail);
	if (mail.len > 0)
		to_x400(c, mail, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crossing c = {.a = arena_new(256u << 20), .bodies = *config_bodies_default()};
	struct octets in;
	struct err e;
	unsigned bits;

	if (size >= 3) {
		bits = data[1] | (unsigned)data[2] << 8;
		for (unsigned i = 0; i < 16; i++)
			if ((bits >> i & 1) != 0 && config_bodies_set(c.a, &c.bodies, words[i], &e) != 0)
				abort();
		c.conversion = (data[0] & 2) != 0;
		c.bodies.no_extended = c.bodies.no_file_transfer = c.bodies.no_general_text = (data[0] & 4) != 0;
		mixer_setup(c.a, &c.s, "2024-03-05T09:20:05+00:00", "GW", "mg1-00004715");
		c.s.settings.bodies = &c.bodies;
		c.s.settings.max_depth = 6;
		c.s.context.read_body_part = p1_read_body_part;
		in = (struct octets){data + 3, size - 3};
		if ((data[0] & 1) != 0)
			from_x400(&c, in);
		else
			to_x400(&c, in, true);
	}
	arena_free(c.a);
	return 0;
}
