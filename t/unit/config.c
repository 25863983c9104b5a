/* config.c - mixgate.conf is checked against the schema, with file and line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "t/lib/tap.h"

static const struct config *load(struct arena *a, const char *text, struct err *e)
{
	char path[] = "/tmp/mixgate-config.XXXXXX";
	int fd = mkstemp(path);
	const struct config *c = NULL;
	int rc;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	rc = config_load(a, path, &c, e);
	unlink(path);
	return rc == 0 ? c : NULL;
}

static void refuse(const char *text, const char *want)
{
	struct arena *a = arena_new(0);
	struct err e = {0};

	if (ok(load(a, text, &e) == NULL, "refused: %s", text) && !ok(strstr(e.detail, want) != NULL, "it says: %s", want))
		diag("%s", e.detail);
	arena_free(a);
}

static void test_good(void)
{
	struct arena *a = arena_new(0);
	struct err e = {0};
	const struct config *c = load(a,
	                              "local = { mta_name = \"gw1\"; domain = \"gw.example\"; };\n"
	                              "listen: { port = 20102; };\n"
	                              "peers = ( { name = \"viat\"; host = \"p1.example\"; twa = true; size_max = \"5G\"; },\n"
	                              "  { name = \"b\"; quirks = [\"password-octets\", \"extension-99\"]; },\n"
	                              "  { name = \"c\"; body_parts = [\"ia5\", \"ftbp\", \"image=bp15\", \"wrap-ia5=80\"]; },\n"
	                              "  { name = \"d\"; mode = \"x410-1984\"; } );\n"
	                              "bodies = { octet_stream = \"bp14\"; };\n"
	                              "limits = { message_size = 300000000; };\n",
	                              &e);
	const struct config_peer *p;
	struct octets o;

	if (!ok(c != NULL, "a good file loads")) {
		diag("%s", e.detail);
		return;
	}
	is(c->local.mta_name, "gw1", "a string");
	is(c->local.postmaster, "postmaster@gw.example", "a default that depends on another key");
	is_int(c->listen.port, 20102, "a number");
	is_int(c->limits.message_size, 300000000, "a size as number");
	is_int(c->limits.header_fields, 5000, "a default");
	p = config_find_peer(c, "VIAT");
	ok(p != NULL && p->twa && p->size_max == 5LL << 30 && p->window == 3, "a peer, a size as string");
	ok(p != NULL && strcmp(p->lmta, "gw1") == 0 && strcmp(p->rmta, "viat") == 0, "MTA names of a peer by default");
	p = config_find_peer(c, "b");
	ok(p != NULL && p->quirks.count == 2 && p->quirks.items[2] == NULL, "a list of strings");
	ok(p != NULL && p->quirk.password_octets && p->quirk.extension_99 && !p->quirk.session_version_1, "quirks are read");
	is(p->bodies->octet_stream, "bp14", "bodies of all hold for a peer");
	p = config_find_peer(c, "c");
	ok(p->bodies->no_general_text && p->bodies->no_extended && !p->bodies->no_file_transfer, "body parts that a peer takes");
	ok(strcmp(p->bodies->image, "bp15") == 0 && p->bodies->wrap_ia5 == 80 && strcmp(c->bodies.image, "ftbp") == 0, "bodies of one peer alone");
	p = config_find_peer(c, "d");
	ok(p->bodies->no_general_text && p->bodies->no_extended && p->bodies->no_file_transfer, "a peer of 1984 takes basic body parts alone");
	is_int((long long)c->milter.trusted.count, 2, "a list by default");
	ok(config_octets(a, "0x0041ff", &o, &e) == 0 && o.len == 3 && memcmp(o.p, "\0A\xff", 3) == 0, "a selector in hex");
	ok(config_octets(a, "0x004", &o, &e) != 0 && config_octets(a, "0x0g", &o, &e) != 0, "not hex");
	ok(config_octets(a, "", &o, &e) == 0 && o.p == NULL, "an absent selector");
	arena_free(a);
}

static void test_schema(void)
{
	struct arena *a = arena_new(0);
	struct buf b = BUF_INIT(1u << 20);
	struct stream *s = stream_to_buf(a, &b);
	struct err e = {0};
	char *plain, *to;

	config_print_schema(s);
	plain = to = arena_strdup(a, buf_str(&b));
	for (const char *p = buf_str(&b); *p != '\0'; p++)
		if (*p != '#' || (p != buf_str(&b) && p[-1] != '\n'))
			*to++ = *p;
	*to = '\0';
	/* the name of a peer may not be empty, so give it one */
	to = strstr(plain, "name = \"\"");
	ok(to != NULL, "the printed schema has peers");
	if (to != NULL)
		memcpy(to, "name=\"xx\"", 9);
	ok(load(a, plain, &e) != NULL, "the printed defaults, uncommented, are a good file");
	if (e.id != ERR_NONE)
		diag("%s", e.detail);
	buf_free(&b);
	arena_free(a);
}

int main(void)
{
	struct arena *a = arena_new(0);
	const struct config *c;
	struct err e;

	test_good();
	test_schema();
	refuse("listen = { prot = 1; };", ":1: listen.prot: unknown key; did you mean port?");
	refuse("\n\nlisten = { port = 70000; };", ":3: listen.port: must be from 0 to 65535");
	refuse("listen = { port = \"102\"; };", "must be a whole number");
	refuse("lisen = { port = 102; };", "lisen: unknown group");
	refuse("peers = ( { name = \"a\"; body_parts = [\"fax\"]; } );", "peers.a.body_parts: fax is neither");
	refuse("peers = ( { name = \"a\"; body_parts = [\"image=bp14\"]; } );", "peers.a.body_parts: image=bp14: must be one of");
	refuse("peers = ( { name = \"a\"; quirks = [\"extension-98\"]; } );", ":1: peers.quirks: extension-98 is not known");
	refuse("peers = ( { name = \"a\"; mode = \"x410\"; } );", "must be one of: normal|x410-1988|x410-1984");
	refuse("listen = 5;", "must be a group");
	refuse("limits = { message_size = 5000000000; };", ":1: 5000000000 does not fit"); /* wraps in libconfig 1.5 */
	refuse("log = { level = \"loud\"; };", "must be one of: info|debug|warn|error");
	refuse("smtp_out = { dsn = 1; };", "must be true or false");
	refuse("peers = ( { host = \"x\"; } );", "peers.name: is missing");
	refuse("peers = ( { name = \"x\"; }, { name = \"X\"; } );", "stands there twice");
	refuse("peers = ( { name = \"x\"; lpass_file = \"/nonexistent/p\"; } );", "password file");
	refuse("listen = { port = 1", ":1: ");
	ok(config_load(a, "/nonexistent/mixgate.conf", &c, &e) != 0 && strstr(e.detail, "cannot be read") != NULL, "a missing file");
	ok(config_defaults(a)->listen.port == 102, "defaults without a file");
	arena_free(a);
	return tap_done();
}
