/*
 * fuzz_mixer_mail.c - any mail to X.400 (message, report or notification), through P1, and back to mail: no crash, and
 * what we make of it p1 can write and read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mixer/mixer.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void know(struct arena *a, struct mixer_setup *s)
{
	struct mixer_subject_recipient *r = ARENA_PUSH(a, &s->subject.recipients);

	s->subject.found = true;
	s->subject.mts_id.domain = s->settings.domain;
	s->subject.mts_id.local = "240305-0042";
	s->subject.content_type = 22;
	*r = (struct mixer_subject_recipient){.number = 1, .rfc822 = "alice@example.com", .rn_requested = true, .nrn_requested = true,
	                                      .x400 = "/RFC-822=alice(a)example.com/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"};
	s->context.subject = &s->subject;
	s->context.read_body_part = p1_read_body_part;
	s->context.read_content = p1_read_content;
}

static void pass(struct arena *a, struct mixer_setup *s, const struct mime_entity *mail)
{
	static const struct p1_options options;
	struct smtp_envelope env = {.mail_from = "", .size = -1};
	struct smtp_rcpt *r = ARENA_PUSH(a, &env.rcpt);
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *out = stream_to_buf(a, b);
	struct mx_message *m, *again;
	struct mixer_mail back;
	struct blob apdu;
	struct err e, content = {0};

	r->address = "Bob.Jones@sales.widget.example";
	if (mixer_to_x400(a, &s->context, mail, &env, NULL, &m, &e) != 0 || p1_encode(a, m, &options, out, &e) != 0 ||
	    stream_finish(out, &e) != 0)
		return;
	apdu = blob_mem(b->p, b->len);
	if (p1_decode(a, &apdu, &P1_LIMITS_DEFAULT, &again, &content, &e) != 0 || content.id != ERR_NONE)
		abort();
	if (mixer_to_822(a, &s->context, again, &back, &e) == 0 && back.entity != NULL)
		(void)!mime_write(a, back.entity, stream_to_nothing(a), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(256u << 20);
	struct mime_limits limits = {10u << 20, 500, 65536, 8, 200};
	struct blob in = blob_mem(data, size);
	struct mime_entity *mail;
	struct mixer_setup s;
	struct err e;

	mixer_setup(a, &s, "2024-03-05T10:30:25+00:00", "mg1-20240305103025-R0000012", "mg1-00004721");
	know(a, &s);
	if (mime_parse(a, &in, &limits, &mail, &e) == 0)
		pass(a, &s, mail);
	arena_free(a);
	return 0;
}
