/* mixer_setup.c - see mixer_setup.h. */
#include "t/lib/mixer_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg/dump.h"
#include "t/lib/tap.h"

static void stop(const char *what, const struct err *e)
{
	char text[512];

	err_text(e, text, sizeof(text));
	printf("Bail out! %s: %s\n", what, text);
	exit(1);
}

void mixer_setup(struct arena *a, struct mixer_setup *s, const char *now, const char *local_id, const char *received_id)
{
	static struct addr_tables *tables;
	static struct arena *kept;
	struct err e = {0};

	*s = (struct mixer_setup){.settings = {.mta_name = "mixgate1", .host_name = "gw.example.net",
	                                       .postmaster = "postmaster@gw.example.net", .max_received = 50, .max_passages = 5}};
	s->settings.domain.country.printable = "GB";
	s->settings.domain.admd.printable = "ACME";
	s->settings.domain.prmd.printable = "MIXGATE";
	if (tables == NULL) {
		kept = arena_new(0);
		if (addr_tables_load_dir(kept, arena_printf(kept, "%s/t/golden/mixer/tables", tap_srcdir()), &tables, &e) != 0)
			stop("tables", &e);
	}
	s->context = (struct mixer_context){.settings = &s->settings, .tables = tables, .trusted = true};
	s->context.id.local_id = local_id;
	s->context.id.envid = arena_printf(a, "%s@gw.example.net", received_id);
	s->context.id.received_id = received_id;
	s->context.id.boundary = "b1";
	if (clock_parse_iso(now, &s->context.now) != 0)
		stop("time", &e);
}

struct mime_entity *mixer_setup_parse(struct arena *a, const void *p, size_t n)
{
	struct blob in = blob_mem(p, n);
	struct mime_entity *m;
	struct err e = {0};

	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &m, &e) != 0)
		stop("mime_parse", &e);
	return m;
}

struct mime_entity *mixer_setup_mail(struct arena *a, const char *path)
{
	size_t n;
	char *p = tap_read_file(path, &n);
	void *copy = arena_memdup(a, p, n);

	free(p);
	return mixer_setup_parse(a, copy, n);
}

char *mixer_setup_write(struct arena *a, const struct mime_entity *m, size_t *n)
{
	struct buf *b = buf_in(a, 64u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e = {0};

	if (mime_write(a, m, s, &e) != 0)
		stop("mime_write", &e);
	if (n != NULL)
		*n = b->len;
	return arena_memdup(a, b->p, b->len); /* a body may hold NUL */
}

char *mixer_setup_dump(struct arena *a, const struct mx_message *m)
{
	struct buf *b = buf_in(a, 16u << 20);
	struct stream *s = stream_to_buf(a, b);
	struct err e = {0};

	mx_dump(a, m, s);
	if (stream_finish(s, &e) != 0)
		stop("mx_dump", &e);
	return arena_strdup(a, buf_str(b));
}

void mixer_setup_or(struct arena *a, const char *std_or, struct or_address *out)
{
	struct err e = {0};

	if (addr_parse_or(a, std_or, out, &e) != 0)
		stop(std_or, &e);
}
