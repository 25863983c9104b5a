/*
 * tool/dump.c - mixgate dump: octets of P1, P22 or P2 in the standards' words.
 *
 * A recorded TPKT stream (what an initiator sent) is played to a responder of our own that accepts everything; each APDU
 * that it is handed is shown.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "msg/dump.h"
#include "osi/association.h"
#include "p1/p1.h"
#include "tool/tool.h"

#define NO_DEADLINE 0

struct dump {
	struct tool *tool;
	struct mx_dump_options options;
	bool parse, ber;
	uint64_t shown; /* messages so far */
};

static int show(struct dump *d, const struct mx_message *m, struct err *e)
{
	struct tool *t = d->tool;

	if (d->ber)
		return m->envelope.id.local == NULL && m->content != MX_CONTENT_OPAQUE
		           ? p22_encode(t->arena, m, &(struct p1_options){0}, t->out, e)
		           : p1_encode(t->arena, m, &(struct p1_options){0}, t->out, e);
	if (d->shown++ > 0 && !t->json)
		stream_puts(t->out, "\n");
	mx_dump_with(t->arena, m, &d->options, t->out);
	return 0;
}

static int dump_apdu(struct dump *d, const struct blob *in, struct err *e)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct err content = {0};
	struct mx_message *m;
	char text[600];

	TRY(p1_decode(d->tool->arena, in, &limits, &m, &content, e));
	TRY(show(d, m, e));
	if (content.id != ERR_NONE) {
		err_text(&content, text, sizeof text);
		fprintf(stderr, "mixgate dump: the content is shown as octets: %s\n", text);
	}
	return 0;
}

static int dump_content(struct dump *d, const struct blob *in, struct err *e)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct mx_message *m = mx_message_new(d->tool->arena, MX_MESSAGE);

	TRY(p22_decode(d->tool->arena, in, &limits, m, e));
	return show(d, m, e);
}

/* The text of dumps, back. */
static int dump_text(struct dump *d, const char *name, struct octets in, struct err *e)
{
	struct mx_source source = {.name = name, .text = in};
	int rc;

	do {
		struct mx_message *m;
		rc = mx_parse(d->tool->arena, &source, &MX_PARSE_LIMITS_DEFAULT, &m, e);
		if (rc == 0)
			rc = show(d, m, e);
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

static int dump_octets(struct dump *d, const struct blob *b, struct octets in, struct err *e)
{
	switch (p1_guess(in)) {
	case P1_IS_TPKT:
		return dump_tpkt(d, in, e);
	case P1_IS_CONTENT:
		return dump_content(d, b, e);
	default:
		return dump_apdu(d, b, e);
	}
}

int tool_dump(struct tool *t, int argc, char **argv)
{
	struct dump d = {.tool = t};
	struct tool_option options[] = {{"--parse", NULL, &d.parse}, {"--ber", NULL, &d.ber}, {"--as-received", NULL, &d.options.as_received}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv), rc;
	struct octets in;
	struct blob b;
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("dump", "needs one file, or - for standard input");
	d.options.json = t->json;
	if (tool_read(t, argv[0], &b, &e) != 0 || blob_map(t->arena, &b, &in, &e) != 0)
		return tool_fail("dump", &e, TOOL_TROUBLE);
	rc = d.parse ? dump_text(&d, argv[0], in, &e) : dump_octets(&d, &b, in, &e);
	return rc == 0 ? TOOL_OK : tool_fail("dump", &e, TOOL_NO);
}
