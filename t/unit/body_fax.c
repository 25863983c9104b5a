/*
 * body_fax.t - facsimile: TIFF-F of any compression to g3-facsimile and back, the same picture line by line; image/g3fax octet
 * by octet; and TIFF that is no facsimile, or broken, stays a file (B-174, B-175).
 */
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "p1/p1.h"
#include "t/lib/mixer_setup.h"
#include "t/lib/tap.h"

#define LINES 60

static char path[] = "/tmp/mixgate-fax.XXXXXX";

/* Line y of page n: bars that move. */
static void picture(uint8_t *line, unsigned width, unsigned y, unsigned n)
{
	memset(line, 0, width / 8);
	for (unsigned x = 0; x < width; x++)
		if ((x + 7 * y) / (11 + n) % 3 == 0)
			line[x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static size_t make_tiff(unsigned width, unsigned pages, uint16_t compression, uint16_t bits, uint8_t **out)
{
	TIFF *t = TIFFOpen(path, "w");
	uint8_t line[4096 * 3];
	size_t n;
	FILE *f;

	for (unsigned i = 0; i < pages; i++) {
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, LINES);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, bits);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
		TIFFSetField(t, TIFFTAG_COMPRESSION, compression);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
		TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 16);
		TIFFSetField(t, TIFFTAG_YRESOLUTION, 196.0);
		for (unsigned y = 0; y < LINES; y++) {
			memset(line, 0, sizeof line);
			picture(line, width, y, i);
			TIFFWriteScanline(t, line, y, 0);
		}
		TIFFWriteDirectory(t);
	}
	TIFFClose(t);
	f = fopen(path, "rb");
	*out = malloc(1u << 20);
	n = fread(*out, 1, 1u << 20, f);
	fclose(f);
	return n;
}

static struct mx_message *to_x400(struct arena *a, struct mixer_setup *s, const uint8_t *tiff, size_t n)
{
	struct mime_entity *mail = mime_new_leaf(a, "image/tiff", blob_mem(tiff, n), MIME_BASE64);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	size_t length;
	char *text = mixer_setup_write(a, mail, &length);
	struct err e = {0};

	m->content = MX_CONTENT_IPM;
	return body_to_x400(a, &s->context, mixer_setup_parse(a, text, length), m, &e) == 0 ? m : NULL;
}

static void compare_picture(const char *what, const uint8_t *tiff, size_t n, unsigned width, unsigned pages)
{
	uint8_t got[4096], want[4096];
	unsigned page = 0, different = 0;
	FILE *f = fopen(path, "wb");
	uint32_t w = 0, h = 0;
	TIFF *t;

	fwrite(tiff, 1, n, f);
	fclose(f);
	t = TIFFOpen(path, "r");
	if (!ok(t != NULL, "%s: it is TIFF", what))
		return;
	do {
		TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &w);
		TIFFGetField(t, TIFFTAG_IMAGELENGTH, &h);
		for (unsigned y = 0; y < LINES && y < h; y++) {
			picture(want, width, y, page);
			different += TIFFReadScanline(t, got, y, 0) != 1 || memcmp(got, want, width / 8) != 0;
		}
		different += w != width || h < LINES;
		page++;
	} while (TIFFReadDirectory(t) == 1);
	TIFFClose(t);
	is_int(page, pages, "%s: pages", what);
	is_int(different, 0, "%s: every line is the same", what);
}

static void there_and_back(struct mixer_setup *s, const char *what, unsigned width, unsigned pages, uint16_t compression)
{
	static const struct p1_options options;
	struct arena *a = arena_new(0);
	uint8_t *tiff;
	size_t n = make_tiff(width, pages, compression, 1, &tiff);
	struct mx_message *m = to_x400(a, s, tiff, n), *again = mx_message_new(a, MX_MESSAGE);
	struct mime_entity *mail = mime_new(a, "text/plain");
	struct buf *b = buf_in(a, 1u << 22), *back = buf_in(a, 1u << 22);
	struct stream *out = stream_to_buf(a, b), *body = stream_to_buf(a, back);
	struct blob content;
	struct err e = {0};

	free(tiff);
	if (!ok(m != NULL && m->ipm.body.count == 1 && m->ipm.body.items[0].kind == MX_BODY_G3, "%s becomes g3-facsimile", what))
		return;
	is_int((long long)m->ipm.body.items[0].pages.count, pages, "%s: a BIT STRING a page", what);
	ok((m->ipm.body.items[0].g3_parameters & 1u << 9) != 0, "%s: fine-resolution", what);
	m->ipm.heading.this_ipm.set = true;
	m->ipm.heading.this_ipm.user_relative = "1";
	if (p22_encode(a, m, &options, out, &e) != 0 || stream_finish(out, &e) != 0)
		exit(1);
	content = blob_mem(b->p, b->len);
	if (!ok(p22_decode(a, &content, &P1_LIMITS_DEFAULT, again, &e) == 0 && body_to_822(a, &s->context, again, &again->ipm, mail, &e) == 0 &&
	            str_eq(mail->subtype, "tiff"),
	        "%s: comes back as image/tiff", what))
		return;
	if (mime_decode_body(a, mail, body, &e) != 0 || stream_finish(body, &e) != 0)
		exit(1);
	compare_picture(what, back->p, back->len, width, pages);
	arena_free(a);
}

static void stays_a_file(struct mixer_setup *s, const char *what, const uint8_t *tiff, size_t n)
{
	struct arena *a = arena_new(0);
	struct mx_message *m = to_x400(a, s, tiff, n);

	ok(m != NULL && m->ipm.body.count == 1 && m->ipm.body.items[0].kind == MX_BODY_FILE_TRANSFER && m->ipm.body.items[0].data.len == n,
	   "%s stays a file", what);
	arena_free(a);
}

int main(void)
{
	struct arena *a = arena_new(0);
	struct config_bodies bodies = *config_bodies_default();
	struct mixer_setup s;
	uint8_t *tiff;
	size_t n;

	close(mkstemp(path));
	mixer_setup(a, &s, "2024-03-05T09:20:05+00:00", "GW", "mg1-00004715");
	bodies.fax = "tiff";
	s.settings.bodies = &bodies;
	there_and_back(&s, "one page of G3", 1728, 1, COMPRESSION_CCITTFAX3);
	there_and_back(&s, "two pages of G4", 1728, 2, COMPRESSION_CCITTFAX4);
	there_and_back(&s, "B4, without compression", 2048, 1, COMPRESSION_NONE);
	there_and_back(&s, "A3, packed bits", 2432, 1, COMPRESSION_PACKBITS);
	n = make_tiff(1728, 1, COMPRESSION_NONE, 8, &tiff);
	stays_a_file(&s, "a picture of grey", tiff, n);
	free(tiff);
	n = make_tiff(800, 1, COMPRESSION_CCITTFAX4, 1, &tiff);
	stays_a_file(&s, "a picture of another width", tiff, n);
	stays_a_file(&s, "half a TIFF", tiff, n / 2);
	stays_a_file(&s, "no TIFF", (const uint8_t *)"hello", 5);
	free(tiff);
	unlink(path);
	arena_free(a);
	return tap_done();
}
