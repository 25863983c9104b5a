/*
 * tool/dump.c - mixgate dump: octets of P1, P22 or P2 in the standards' words, and those words back into octets.
 *
 * A recorded TPKT stream (what an initiator sent) is played to a responder of our own that accepts everything; each APDU
 * that it is handed is shown.  What is no message is shown as BER values (tlv.h), with the reason as note.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ber/cursor.h"
#include "msg/dump.h"
#include "osi/association.h"
#include "p1/p1.h"
#include "tool/tlv.h"
#include "tool/tool.h"

#define NO_DEADLINE 0

struct dump {
	struct tool *tool;
	struct mx_dump_options options;
	bool parse, ber, p2, p1_84, form_99;
	uint64_t shown; /* dumps so far */
};

static int write_ber(struct dump *d, const struct mx_message *m, struct err *e)
{
	struct p1_options options = {.extension_type_99 = d->form_99, .p1_84 = d->p1_84, .content_p2 = d->p2};

	/* without an envelope: what a content was the dump of */
	if (m->envelope.id.local == NULL && m->content != MX_CONTENT_OPAQUE)
		return p22_encode(d->tool->arena, m, &options, d->tool->out, e);
	return p1_encode(d->tool->arena, m, &options, d->tool->out, e);
}

static int show(struct dump *d, const struct mx_dumped *m, struct err *e)
{
	struct tool *t = d->tool;

	if (d->ber && m->message != NULL)
		return write_ber(d, m->message, e);
	if (d->ber)
		return ERR(e, ERR_P1_KIND, "--ber writes messages, reports, probes and contents");
	if (d->shown++ > 0 && !t->json)
		stream_puts(t->out, "\n");
	if (m->message != NULL)
		mx_dump_with(t->arena, m->message, &d->options, t->out);
	else
		mx_dump_octets(t->arena, m->octets, &d->options, t->out);
	return 0;
}

static int show_message(struct dump *d, struct mx_message *m, struct err *e)
{
	return show(d, &(struct mx_dumped){.message = m}, e);
}

static char *reason(struct dump *d, const struct err *why)
{
	char text[600];

	err_text(why, text, sizeof text);
	return arena_strdup(d->tool->arena, text);
}

static int dump_apdu(struct dump *d, const struct blob *in, struct err *e)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct err content = {0};
	struct mx_message *m;

	TRY(p1_decode(d->tool->arena, in, &limits, &m, &content, e));
	TRY(show_message(d, m, e));
	if (content.id != ERR_NONE)
		fprintf(stderr, "mixgate dump: the content is shown as octets: %s\n", reason(d, &content));
	return 0;
}

static int dump_content(struct dump *d, const struct blob *in, struct err *e)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct mx_message *m = mx_message_new(d->tool->arena, MX_MESSAGE);

	TRY(p22_decode(d->tool->arena, in, &limits, m, e));
	return show_message(d, m, e);
}

/* One body part, as if it were the body of a message. */
static int dump_body_part(struct dump *d, const struct blob *in, struct err *e)
{
	struct mx_message *m = mx_message_new(d->tool->arena, MX_MESSAGE);

	m->content = MX_CONTENT_IPM;
	TRY(p1_read_body_part(d->tool->arena, in, mx_add_body_part(d->tool->arena, &m->ipm, MX_BODY_OTHER), e));
	return show_message(d, m, e);
}

static int dump_as_octets(struct dump *d, struct octets in, const char *note, struct err *e)
{
	struct mx_octets o;

	tlv_read(d->tool->arena, in, note, &o);
	return show(d, &(struct mx_dumped){.octets = &o}, e);
}

/* The text of dumps, back. */
static int dump_text(struct dump *d, const char *name, struct octets in, struct err *e)
{
	struct mx_source source = {.name = name, .text = in};
	int rc;

	do {
		struct mx_dumped m;
		rc = mx_parse(d->tool->arena, &source, &MX_PARSE_LIMITS_DEFAULT, &m, e);
		if (rc == 0)
			rc = show(d, &m, e);
	} while (rc == 0);
	return rc < 0 ? -1 : 0;
}

/* One event of the responder; 1: the stream is at its end. */
static int take_event(struct dump *d, struct osi_association *o, const struct osi_event *ev, struct stream **apdu, int *fd, struct err *e)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		osi_bind_accept(o, &(struct osi_mta){.name = "dump"}, NO_DEADLINE);
		break;
	case OSI_EV_TRANSFER_START:
		TRY(blob_tempfile(d->tool->arena, NULL, fd, e));
		*apdu = stream_to_fd(d->tool->arena, *fd, 0);
		break;
	case OSI_EV_TRANSFER_DATA:
		if (*apdu != NULL)
			stream_put(*apdu, ev->data.p, ev->data.len);
		break;
	case OSI_EV_TRANSFER_END: {
		struct blob b;
		TRY(stream_finish(*apdu, e));
		b = blob_file(*fd, 0, (*apdu)->written);
		TRY(dump_apdu(d, &b, e));
		osi_transfer_confirm(o, NO_DEADLINE);
		break;
	}
	case OSI_EV_ABORTED:
	case OSI_EV_REFUSED:
		*e = ev->err;
		return -1;
	case OSI_EV_RELEASED:
		return 1;
	default:
		break;
	}
	return 0;
}

static int dump_tpkt(struct dump *d, struct octets in, struct err *e)
{
	struct osi_options options = {.initiator = false, .apdu_max = UINT64_MAX / 2};
	struct osi_association *o = osi_new(d->tool->arena, &options, NO_DEADLINE);
	struct stream *apdu = NULL;
	int fd = -1, rc = 0;

	for (size_t off = 0; off < in.len && rc == 0;) {
		size_t n = MIN_OF(in.len - off, (size_t)65536);
		struct osi_event ev;

		osi_input(o, in.p + off, n, NO_DEADLINE);
		off += n;
		do {
			osi_next_event(o, &ev);
			rc = ev.kind == OSI_EV_NONE ? 0 : take_event(d, o, &ev, &apdu, &fd, e);
			buf_consume(osi_out(o), osi_out(o)->len);
		} while (ev.kind != OSI_EV_NONE && rc == 0);
	}
	if (rc == 0 && apdu == NULL)
		return ERR(e, ERR_BER_SYNTAX, "the TPKT stream holds no complete transfer");
	return rc < 0 ? -1 : 0;
}

/* BodyPart is told from an APDU and a content by its tag; [0] to [2] may be any of them (X.420 7.3). */
static bool may_be_body_part(struct octets in)
{
	static const uint32_t tags[] = {BER_C(0), BER_C(3), BER_C(5), BER_C(6), BER_C(7), BER_C(8), BER_C(9), BER_C(10), BER_C(11),
	                                BER_C(12), BER_C(13), BER_C(14), BER_C(15)};
	struct ber_head head;

	if (ber_head_read(in, &head, NULL) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (head.tag == tags[i])
			return true;
	return false;
}

static int dump_guessed(struct dump *d, const struct blob *b, struct octets in, struct err *e)
{
	struct err why = {0};
	uint64_t shown = d->shown;
	int rc;

	switch (p1_guess(in)) {
	case P1_IS_TPKT:
		rc = dump_tpkt(d, in, &why);
		break;
	case P1_IS_CONTENT:
		rc = dump_content(d, b, &why);
		break;
	default:
		rc = dump_apdu(d, b, &why);
		break;
	}
	if (rc == 0 || d->shown > shown || d->ber)
		return rc == 0 ? 0 : (*e = why, -1);
	if (may_be_body_part(in) && dump_body_part(d, b, e) == 0)
		return 0;
	return dump_as_octets(d, in, reason(d, &why), e);
}

static int dump_typed(struct dump *d, const char *type, const struct blob *b, struct octets in, struct err *e)
{
	if (str_eq(type, "apdu"))
		return dump_apdu(d, b, e);
	if (str_eq(type, "content"))
		return dump_content(d, b, e);
	if (str_eq(type, "body-part"))
		return dump_body_part(d, b, e);
	if (str_eq(type, "tpkt"))
		return dump_tpkt(d, in, e);
	if (str_eq(type, "ber"))
		return dump_as_octets(d, in, NULL, e);
	return dump_guessed(d, b, in, e);
}

int tool_dump(struct tool *t, int argc, char **argv)
{
	static const char *const types[] = {"auto", "apdu", "content", "body-part", "tpkt", "ber"};
	struct dump d = {.tool = t};
	const char *type = "auto", *cut = NULL;
	struct tool_option options[] = {
		{"--type", &type, NULL}, {"--parse", NULL, &d.parse}, {"--ber", NULL, &d.ber}, {"--as-received", NULL, &d.options.as_received},
		{"--cut", &cut, NULL}, {"--p2", NULL, &d.p2}, {"--p1-84", NULL, &d.p1_84}, {"--extension-type-99", NULL, &d.form_99}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv), rc;
	bool known = false;
	struct octets in;
	struct blob b;
	struct err e = {0};
	long octets = 0;

	if (n < 0)
		return TOOL_USAGE;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		known = known || str_eq(types[i], type);
	if (!known)
		return tool_usage("dump", "--type is one of auto, apdu, content, body-part, tpkt, ber");
	if (cut != NULL && str_to_long(cut, 1, LONG_MAX, &octets) != 0)
		return tool_usage("dump", "--cut takes a number of octets");
	if (n != 1)
		return tool_usage("dump", "needs one file, or - for standard input");
	d.options.json = t->json;
	d.options.cut = (uint64_t)octets;
	if (tool_read(t, argv[0], &b, &e) != 0 || blob_map(t->arena, &b, &in, &e) != 0)
		return tool_fail("dump", &e, TOOL_TROUBLE);
	rc = d.parse ? dump_text(&d, argv[0], in, &e) : dump_typed(&d, type, &b, in, &e);
	return rc == 0 ? TOOL_OK : tool_fail("dump", &e, TOOL_NO);
}
