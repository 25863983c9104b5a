/* relay_options.c - every quirk changes what is written to a peer, and each mode what is offered; nothing is set that nobody reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/options.h"
#include "t/lib/tap.h"

static void must(int status, const struct err *e)
{
	if (status == 0)
		return;
	diag("%s", e->detail);
	exit(1);
}

static const struct config_peer *peer(struct arena *a, const char *lines, const struct config **c)
{
	char path[] = "/tmp/mixgate-options.XXXXXX";
	int fd = mkstemp(path);
	struct err e = {0};

	if (fd < 0)
		abort();
	dprintf(fd, "peers = ( { name = \"p\"; host = \"h\"; twa = true; %s } );", lines);
	close(fd);
	must(config_load(a, path, c, &e), &e);
	unlink(path);
	return &(*c)->peers.items[0];
}

/* What an association and a message look like for this peer, as text. */
static const char *signature(struct arena *a, const char *lines)
{
	const struct config *c;
	const struct config_peer *p = peer(a, lines, &c);
	struct p1_options p1 = options_p1(p);
	struct osi_options o;
	struct err e = {0};

	must(options_initiator(a, c, p, &o, &e), &e);
	return arena_printf(a, "mode %u swapped %d versions %u ss %s common %s octets %d first %d; 99 %d 84 %d p2 %d 1327 %d none %d", o.mode,
	                    o.protocol_swapped, o.session_versions, o.ss_reference == NULL ? "name" : "none",
	                    o.common_reference == NULL ? "none" : "time", o.local.octets, o.turn_to_responder, p1.extension_type_99, p1.p1_84,
	                    p1.content_p2, p1.fields_1327, p1.no_heading_extensions);
}

static const struct mx_message *message(struct arena *a)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	m->envelope.content_type = MX_CONTENT_P22;
	m->content = MX_CONTENT_IPM;
	mx_heading_init(&m->ipm.heading);
	m->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .user_relative = "1"};
	*ARENA_PUSH(a, &m->ipm.heading.rfc_822_fields) = "X-Field: value";
	return m;
}

/* Does the content of that message hold these octets? */
static bool has(struct arena *a, const char *lines, const void *octets, size_t n)
{
	const struct config *c;
	struct p1_options o = options_p1(peer(a, lines, &c));
	struct buf *b = buf_in(a, 65536);
	struct stream *s = stream_to_buf(a, b);
	struct err e = {0};

	must(p22_encode(a, message(a), &o, s, &e), &e);
	must(stream_finish(s, &e), &e);
	return memmem(b->p, b->len, octets, n) != NULL;
}

int main(void)
{
	struct arena *a = arena_new(0);
	const char *plain = signature(a, "");
	static const uint8_t oid_2156[] = {0x06, 0x06, 0x2b, 0x06, 0x01, 0x07, 0x03, 0x02}, arc_1327[] = {0x09, 0x92, 0x26};
	static const char old[] = "quirks = [\"rfc1327-heading-extension\"];";
	struct osi_options o;
	struct err e = {0};
	const struct config *c;

	is(plain, "mode 0 swapped 0 versions 0 ss name common time octets 0 first 0; 99 0 84 0 p2 0 1327 0 none 0", "a peer of defaults");
	for (size_t i = 0; i < config_quirk_count; i++) {
		const char *said = signature(a, arena_printf(a, "quirks = [\"%s\"];", config_quirk_words[i].word));

		ok(strcmp(said, plain) != 0, "%s: %s", config_quirk_words[i].word, said);
	}
	is(signature(a, "mode = \"x410-1984\";"), "mode 2 swapped 0 versions 0 ss name common time octets 0 first 0; 99 0 84 1 p2 1 1327 0 none 0",
	   "a peer of 1984");
	ok(has(a, "", "X-Field", 7) && !has(a, "", arc_1327, sizeof arc_1327), "RFC 822 fields under the OID of RFC 2156");
	ok(has(a, "", oid_2156 + 2, 4), "which is 1.3.6.1.7.1.3.2");
	ok(has(a, old, "X-Field", 7) && has(a, old, arc_1327, sizeof arc_1327), "or that of RFC 1327");
	ok(!has(a, "quirks = [\"no-heading-extensions\"];", "X-Field", 7), "or not at all");
	(void)peer(a, "mode = \"x410-1988\"; checkpoint = 7;", &c);
	ok(options_responder(a, c, &o, &e) == 0 && o.modes == (OSI_MODE_BIT(OSI_MODE_NORMAL) | OSI_MODE_BIT(OSI_MODE_X410_1988)) && o.twa && o.checkpoint == 7,
	   "whoever calls may have what some peer has");
	arena_free(a);
	return tap_done();
}
