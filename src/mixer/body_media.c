/*
 * mixer/body_media.c - facsimile and ODA (RFC 2159, 2161, 2306): g3-facsimile <-> image/g3fax and image/tiff, oda <->
 * application/oda.
 *
 * A page of g3-facsimile is a BIT STRING whose octets have their first bit on the left; image/g3fax has it on the right,
 * and six EOLs between pages (B-174, B-175).  TIFF-F is read and written by libtiff, in memory, so no message can name a
 * file to it; its words about a bad image go nowhere.
 */
#include <string.h>
#include <tiffio.h>

#include "base/str.h"
#include "mime/codec.h"
#include "mixer/body_walk.h"

#define G3_MAX (64u << 20) /* octets of a document that are worked on in memory */
static const uint8_t return_to_control[] = {0x00, 0x10, 0x01, 0x00, 0x10, 0x01, 0x00, 0x10, 0x01}; /* six EOLs */

static uint8_t reversed(uint8_t c)
{
	c = (uint8_t)((c & 0xf0) >> 4 | (c & 0x0f) << 4);
	c = (uint8_t)((c & 0xcc) >> 2 | (c & 0x33) << 2);
	return (uint8_t)((c & 0xaa) >> 1 | (c & 0x55) << 1);
}

/* ---- parameters (RFC 1494 6.2.1) ---- */

#define G3_TWO_DIMENSIONAL (1u << 8)
#define G3_FINE (1u << 9)
#define G3_UNCOMPRESSED (1u << 30)
static const struct {
	const char *name, *value;
	uint32_t bit;
} g3_parameters[] = {
	{"encoding", "2-dimensional", G3_TWO_DIMENSIONAL}, {"encoding", "Uncompressed", G3_UNCOMPRESSED}, {"resolution", "Fine", G3_FINE},
	{"page-length", "Unlimited", 1u << 20},     {"page-length", "B4", 1u << 21},          {"page-width", "A3", 1u << 22},
	{"page-width", "B4", 1u << 23},
};

static void give_parameters(struct arena *a, const struct mx_body_part *p, struct mime_entity *m)
{
	uint32_t known = 0;
	struct buf *b = buf_in(a, 64);
	uint8_t dcs[4] = {0};

	for (size_t i = 0; i < ARRAY_LEN(g3_parameters); i++) {
		known |= g3_parameters[i].bit;
		if ((p->g3_parameters & g3_parameters[i].bit) != 0)
			mime_set_param(a, m, g3_parameters[i].name, g3_parameters[i].value);
	}
	if ((p->g3_parameters & ~known) != 0) {
		for (unsigned i = 0; i < 32; i++)
			if ((p->g3_parameters >> i & 1) != 0)
				dcs[i / 8] |= (uint8_t)(0x80 >> i % 8);
		mime_base64_put(b, (struct octets){dcs, sizeof(dcs)});
		mime_set_param(a, m, "dcs", buf_str(b));
	}
	if (p->pages.count > 1)
		mime_set_param(a, m, "pages", arena_printf(a, "%zu", p->pages.count));
}

static uint32_t take_parameters(const struct mime_entity *m)
{
	const char *dcs = mime_get_param(m, "dcs"), *value;
	uint32_t bits = 0;
	uint8_t octets[64];
	bool bad;

	if (dcs != NULL && strlen(dcs) <= 40) {
		size_t n = mime_base64_decode_to((struct octets){(const uint8_t *)dcs, strlen(dcs)}, octets, &bad);

		for (unsigned i = 0; i < 32 && i / 8 < n; i++)
			if ((octets[i / 8] & (0x80 >> i % 8)) != 0)
				bits |= 1u << i;
	}
	for (size_t i = 0; i < ARRAY_LEN(g3_parameters); i++) {
		value = mime_get_param(m, g3_parameters[i].name);
		if (value != NULL && str_ieq(value, g3_parameters[i].value))
			bits |= g3_parameters[i].bit;
	}
	return bits;
}

/* ---- image/g3fax ---- */

static bool bit_at(const uint8_t *p, size_t n) { return (p[n / 8] & (0x80 >> n % 8)) != 0; }

/* The number of bits before the EOLs (eleven zeros and a one) that end a page. */
static size_t bits_without_eols(const uint8_t *p, size_t bits)
{
	for (;;) {
		size_t last = bits, zeros = 0;

		while (last > 0 && !bit_at(p, last - 1))
			last--;
		if (last == 0)
			return bits;
		while (zeros < 11 && last - 1 > zeros && !bit_at(p, last - 2 - zeros))
			zeros++;
		if (zeros < 11)
			return bits;
		bits = last - 12;
	}
}

/* The page's bits turned round, zero behind the last one. */
static uint8_t *turned(struct arena *a, const struct mx_page *page, size_t *bits)
{
	struct octets in;
	uint8_t *p;

	if (blob_map(a, &page->bits, &in, NULL) != 0)
		return NULL;
	p = arena_alloc(a, in.len + 1);
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (i == in.len - 1)
			c = (uint8_t)(c & (0xff << page->unused)); /* what does not count is not to be seen (mixer-body 12, 12) */
		p[i] = reversed(c);
	}
	*bits = in.len * 8;
	return p;
}

void media_g3fax(struct arena *a, const struct mx_body_part *p, struct mime_entity *m, struct octets *out)
{
	struct buf *b = buf_in(a, G3_MAX);
	size_t bits;

	give_parameters(a, p, m);
	for (size_t i = 0; i < p->pages.count; i++) {
		uint8_t *page = turned(a, &p->pages.items[i], &bits);

		if (page == NULL)
			continue;
		bits = bits_without_eols(page, bits);
		if (bits % 8 != 0)
			page[bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
		buf_put(b, page, (bits + 7) / 8);
		buf_put(b, return_to_control, sizeof(return_to_control));
	}
	*out = buf_octets(b);
}

static void add_page(struct body_walk *w, struct mx_body_part *part, const uint8_t *p, size_t n)
{
	struct mx_page *page = ARENA_PUSH(w->a, &part->pages);
	uint8_t *bits = arena_alloc(w->a, n + 1);

	for (size_t i = 0; i < n; i++)
		bits[i] = reversed(p[i]);
	*page = (struct mx_page){.bits = blob_mem(bits, n)};
}

static struct mx_body_part *add_fax(struct body_walk *w, const struct body_job *j, uint32_t parameters)
{
	struct mx_body_part *part = body_add_part(w, j, MX_BODY_G3);

	part->g3_parameters = parameters;
	body_add_eit_bit(w, MX_EIT_G3);
	return part;
}

int body_make_g3fax(struct body_walk *w, const struct body_job *j, struct err *e)
{
	struct mx_body_part *part;
	struct blob data;
	struct octets in;
	size_t start = 0;

	TRY(body_decode(w, j->entity, &data, e));
	if (data.len == 0 || data.len > G3_MAX)
		return 1;
	TRY(blob_map(w->a, &data, &in, e));
	part = add_fax(w, j, take_parameters(j->entity));
	for (size_t i = 0; i + sizeof(return_to_control) <= in.len; i++) {
		if (in.p[i] != 0 || memcmp(in.p + i, return_to_control, sizeof(return_to_control)) != 0)
			continue;
		i += sizeof(return_to_control);
		add_page(w, part, in.p + start, i - start); /* the EOLs stay in the page (RFC 2159) */
		start = i--;
	}
	if (start < in.len) { /* a last page without delimiter gets one */
		struct buf *b = buf_in(w->a, in.len + sizeof(return_to_control));

		buf_put(b, in.p + start, in.len - start);
		buf_put(b, return_to_control, sizeof(return_to_control));
		add_page(w, part, b->p, b->len);
	}
	return 0;
}

/* ---- image/tiff ---- */

/* A file in memory for libtiff. */
struct memory {
	struct buf *b;   /* what is written */
	struct octets in; /* what is read */
	uint64_t at;
};

static tmsize_t memory_read(thandle_t h, void *p, tmsize_t n)
{
	struct memory *m = h;
	struct octets in = m->b != NULL ? buf_octets(m->b) : m->in;
	size_t got = m->at >= in.len ? 0 : MIN_OF((size_t)n, in.len - (size_t)m->at);

	if (got > 0)
		memcpy(p, in.p + m->at, got);
	m->at += got;
	return (tmsize_t)got;
}

static tmsize_t memory_write(thandle_t h, void *p, tmsize_t n)
{
	struct memory *m = h;

	if (m->b == NULL || n < 0 || m->at > m->b->max)
		return -1;
	while (m->b->len < m->at && buf_ok(m->b))
		buf_putc(m->b, 0);
	if (m->at < m->b->len) {
		size_t over = MIN_OF((size_t)n, m->b->len - (size_t)m->at);

		memcpy(m->b->p + m->at, p, over);
		buf_put(m->b, (const uint8_t *)p + over, (size_t)n - over);
	} else {
		buf_put(m->b, p, (size_t)n);
	}
	m->at += (uint64_t)n;
	return buf_ok(m->b) ? n : -1;
}

static toff_t memory_size(thandle_t h)
{
	const struct memory *m = h;

	return m->b != NULL ? m->b->len : m->in.len;
}

static toff_t memory_seek(thandle_t h, toff_t offset, int whence)
{
	struct memory *m = h;

	m->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? m->at + offset : memory_size(h) + offset;
	return m->at;
}

static int memory_close(thandle_t h)
{
	(void)h;
	return 0;
}

static TIFF *memory_open(struct memory *m, const char *mode)
{
	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	return TIFFClientOpen("body part", mode, m, memory_read, memory_write, memory_seek, memory_close, memory_size, NULL, NULL);
}

/* Columns and lines an inch of the parameters (T.4). */
static uint32_t width_of(uint32_t parameters)
{
	return (parameters & (1u << 22)) != 0 ? 2432 : (parameters & (1u << 23)) != 0 ? 2048 : 1728;
}

static bool put_tiff_page(TIFF *t, const struct mx_body_part *p, uint8_t *page, size_t n, uint32_t number)
{
	uint32_t rows = 0;

	/* the lines are counted by their EOLs: eleven zeros and a one */
	for (size_t i = 0, zeros = 0; i < n * 8; i++) {
		rows += bit_at(page, i) && zeros >= 11;
		zeros = bit_at(page, i) ? 0 : zeros + 1;
	}
	if (rows == 0)
		rows = 1;
	return TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width_of(p->g3_parameters)) == 1 && TIFFSetField(t, TIFFTAG_IMAGELENGTH, rows) == 1 &&
	       TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE) == 1 && TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1) == 1 &&
	       TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 && TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX3) == 1 &&
	       TIFFSetField(t, TIFFTAG_GROUP3OPTIONS, (p->g3_parameters & G3_TWO_DIMENSIONAL) != 0 ? GROUP3OPT_2DENCODING : 0) == 1 &&
	       TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) == 1 && TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == 1 &&
	       TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, rows) == 1 && TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) == 1 &&
	       TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0) == 1 &&
	       TIFFSetField(t, TIFFTAG_YRESOLUTION, (p->g3_parameters & G3_FINE) != 0 ? 196.0 : 98.0) == 1 &&
	       TIFFSetField(t, TIFFTAG_PAGENUMBER, (int)number, (int)p->pages.count) == 1 &&
	       TIFFWriteRawStrip(t, 0, page, (tmsize_t)n) == (tmsize_t)n && TIFFWriteDirectory(t) == 1;
}

bool media_tiff(struct arena *a, const struct mx_body_part *p, const char *tmpdir, struct blob *out)
{
	struct memory m = {.b = buf_in(a, G3_MAX)};
	bool good = p->pages.count > 0 && (p->g3_parameters & G3_UNCOMPRESSED) == 0;
	TIFF *t = good ? memory_open(&m, "w") : NULL;

	(void)tmpdir;
	if (t == NULL)
		return false;
	for (size_t i = 0; i < p->pages.count && good; i++) {
		size_t bits = 0;
		uint8_t *page = turned(a, &p->pages.items[i], &bits);

		good = page != NULL && put_tiff_page(t, p, page, (bits_without_eols(page, bits) + 7) / 8, (uint32_t)i);
	}
	TIFFClose(t);
	if (good && buf_ok(m.b))
		*out = blob_mem(m.b->p, m.b->len);
	return good && buf_ok(m.b);
}

/* One bilevel image as T.4 lines: libtiff decodes whatever it is and encodes it again into memory. */
static bool t4_lines(struct arena *a, TIFF *from, uint32_t width, uint32_t rows, struct octets *out)
{
	struct memory m = {.b = buf_in(a, G3_MAX)};
	TIFF *to = memory_open(&m, "w");
	uint8_t *line = arena_alloc(a, width / 8 + 16);
	uint16_t photometric = PHOTOMETRIC_MINISWHITE;
	bool good = to != NULL && TIFFScanlineSize(from) <= (tmsize_t)(width / 8 + 16);
	tmsize_t size;
	uint8_t *raw;

	if (to == NULL)
		return false;
	(void)TIFFGetField(from, TIFFTAG_PHOTOMETRIC, &photometric);
	good = good && TIFFSetField(to, TIFFTAG_IMAGEWIDTH, width) == 1 && TIFFSetField(to, TIFFTAG_IMAGELENGTH, rows) == 1 &&
	       TIFFSetField(to, TIFFTAG_BITSPERSAMPLE, 1) == 1 && TIFFSetField(to, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 &&
	       TIFFSetField(to, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX3) == 1 && TIFFSetField(to, TIFFTAG_PHOTOMETRIC, photometric) == 1 &&
	       TIFFSetField(to, TIFFTAG_ROWSPERSTRIP, rows) == 1 && TIFFSetField(to, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == 1;
	for (uint32_t i = 0; i < rows && good; i++)
		good = TIFFReadScanline(from, line, i, 0) == 1 && TIFFWriteScanline(to, line, i, 0) == 1;
	good = good && TIFFFlushData(to) == 1;
	size = good ? (tmsize_t)TIFFRawStripSize(to, 0) : 0;
	if (size > 0 && (good = TIFFWriteDirectory(to) == 1 && TIFFSetDirectory(to, 0) == 1)) {
		size = (tmsize_t)TIFFRawStripSize(to, 0);
		raw = arena_alloc(a, (size_t)(size > 0 ? size : 1));
		good = size > 0 && TIFFReadRawStrip(to, 0, raw, size) == size;
		*out = (struct octets){raw, (size_t)size};
	}
	TIFFClose(to);
	return good && size > 0;
}

static bool add_tiff_page(struct body_walk *w, TIFF *t, struct mx_body_part *part)
{
	uint32_t width = 0, rows = 0;
	uint16_t bits = 1, samples = 1;
	float y = 98;
	struct octets lines;
	struct buf *b;

	(void)TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &width);
	(void)TIFFGetField(t, TIFFTAG_IMAGELENGTH, &rows);
	(void)TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
	(void)TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &samples);
	(void)TIFFGetField(t, TIFFTAG_YRESOLUTION, &y);
	if (bits != 1 || samples != 1 || (width != 1728 && width != 2048 && width != 2432) || rows == 0 || rows > 65536 || TIFFIsTiled(t) ||
	    !t4_lines(w->a, t, width, rows, &lines))
		return false;
	if (y > 150)
		part->g3_parameters |= G3_FINE;
	part->g3_parameters |= width == 2048 ? 1u << 23 : width == 2432 ? 1u << 22 : 0;
	b = buf_in(w->a, lines.len + sizeof(return_to_control));
	buf_put(b, lines.p, lines.len);
	buf_put(b, return_to_control, sizeof(return_to_control));
	add_page(w, part, b->p, b->len);
	return true;
}

/* A TIFF whose pages are all facsimiles; any other is a file like others. */
int body_make_tiff(struct body_walk *w, const struct body_job *j, struct err *e)
{
	size_t before = j->ipm->body.count;
	struct mx_body_part *part;
	struct memory m = {0};
	struct blob data;
	bool good = true;
	TIFF *t;

	TRY(body_decode(w, j->entity, &data, e));
	if (data.len > G3_MAX)
		return 1;
	TRY(blob_map(w->a, &data, &m.in, e));
	t = memory_open(&m, "rm");
	if (t == NULL)
		return 1;
	part = add_fax(w, j, 0);
	do
		good = add_tiff_page(w, t, part);
	while (good && part->pages.count < 1000 && TIFFReadDirectory(t) == 1);
	TIFFClose(t);
	if (!good)
		j->ipm->body.count = before;
	return good ? 0 : 1;
}

/* ---- ODA (RFC 2161) ---- */

#define ODA_Q112 "1.3.16.2.6.0.1"
static const char *const oda_classes[] = {"formatted", "processable", "formatted-processable"};

int body_make_oda(struct body_walk *w, const struct body_job *j, struct err *e)
{
	const char *profile = mime_get_param(j->entity, "profile"), *class = mime_get_param(j->entity, "class");
	struct mx_body_part *part;
	struct mx_oid oid = mx_oid_parse(w->a, ODA_Q112);
	struct blob data;
	int number = 2;

	if (profile != NULL && !str_ieq(profile, "Q112") && mx_oid_parse_text(w->a, profile, &oid) != 0)
		return 1;
	for (size_t i = 0; class != NULL && i < ARRAY_LEN(oda_classes); i++)
		if (str_ieq(class, oda_classes[i]))
			number = (int)i;
	TRY(body_decode(w, j->entity, &data, e));
	part = body_add_part(w, j, MX_BODY_ODA);
	part->extended = true;
	part->data = data;
	part->oda_profile = oid;
	part->oda_class = number;
	body_add_eit_oid(w, &oid);
	body_add_eit(w, "2.8.0.0");
	return 0;
}

void media_oda(struct arena *a, const struct mx_body_part *p, struct mime_entity *m)
{
	if (mx_oid_is(&p->oda_profile, ODA_Q112))
		mime_set_param(a, m, "profile", "Q112");
	else if (p->oda_profile.der.p != NULL)
		mime_set_param(a, m, "profile", mx_oid_text(a, &p->oda_profile));
	if (p->oda_class >= 0 && (size_t)p->oda_class < ARRAY_LEN(oda_classes))
		mime_set_param(a, m, "class", oda_classes[p->oda_class]);
}
