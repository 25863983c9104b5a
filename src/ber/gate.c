/*
 * ber/gate.c - see gate.h.
 *
 * One iterative walk (struct walk: no recursion, its stack is on the arena) is used up to three times: to check, to
 * find the definite sizes, to write the copy.  The last two only run when something is indefinite or segmented.
 */
#include "ber/gate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/stream.h"
#include "ber/writer.h"

/* Copies over this size, and size tables, go to an unlinked file. */
#define IN_MEMORY ((size_t)1 << 20)

struct frame {
	size_t end;       /* where the enclosing octets end */
	bool indefinite;  /* ends with end-of-contents */
	uint32_t string;  /* inside a segmented string of this universal type; 0: no */
	size_t slot;      /* index into the table of sizes; of a string: of the outermost one */
};

enum event { EV_PRIMITIVE, EV_OPEN, EV_CLOSE, EV_END };

struct walk {
	struct octets in;
	const struct ber_limits *limits;
	size_t pos;
	uint64_t count;       /* values met */
	size_t constructed;   /* constructed values met, each is a slot */
	bool indefinite, segmented; /* met any */
	struct {
		struct frame *items;
		size_t count, capacity;
	} stack;
	struct arena *a;
	/* the event */
	struct ber_head head;
	size_t start;         /* of the value */
	struct frame closed;  /* EV_CLOSE */
	bool done;
};

static struct frame *top(struct walk *w)
{
	return w->stack.count > 0 ? &w->stack.items[w->stack.count - 1] : NULL;
}

/* The string types, whose constructed form is a row of segments (X.690 8.6.4, 8.7.3, 8.23.6). */
static bool is_string(uint32_t tag)
{
	switch (tag) {
	case BER_U(BER_BIT_STRING):
	case BER_U(BER_OCTET_STRING):
	case BER_U(7): /* ObjectDescriptor */
	case BER_U(BER_UTF8_STRING):
	case BER_U(BER_NUMERIC_STRING):
	case BER_U(BER_PRINTABLE_STRING):
	case BER_U(BER_TELETEX_STRING):
	case BER_U(BER_VIDEOTEX_STRING):
	case BER_U(BER_IA5_STRING):
	case BER_U(BER_UTC_TIME):
	case BER_U(BER_GENERALIZED_TIME):
	case BER_U(BER_GRAPHIC_STRING):
	case BER_U(BER_VISIBLE_STRING):
	case BER_U(BER_GENERAL_STRING):
	case BER_U(BER_UNIVERSAL_STRING):
	case BER_U(BER_BMP_STRING):
		return true;
	default:
		return false;
	}
}

static int check_segment(struct walk *w, uint32_t string, struct err *e)
{
	const struct ber_head *h = &w->head;

	/* OCTET STRING segments, or BIT STRING ones; some coders repeat the tag of the whole */
	if (h->tag != string && (string == BER_U(BER_BIT_STRING) || h->tag != BER_U(BER_OCTET_STRING)))
		return ERR(e, ERR_BER_SYNTAX, "a segment of another type at octet %zu", w->start);
	if (string == BER_U(BER_BIT_STRING) && !h->constructed &&
	    (h->length == 0 || w->in.p[w->start + h->size] > 7))
		return ERR(e, ERR_BER_SYNTAX, "a bit string segment without its first octet at %zu", w->start);
	return 0;
}

static int open_value(struct walk *w, uint32_t string, size_t end, size_t string_slot, struct err *e)
{
	struct frame *f;

	if (w->stack.count >= w->limits->depth)
		return ERR(e, ERR_BER_DEPTH, "more than %u levels", w->limits->depth);
	f = ARENA_PUSH(w->a, &w->stack);
	f->indefinite = w->head.indefinite;
	f->end = w->head.indefinite ? end : w->pos + (size_t)w->head.length;
	f->string = string != 0 ? string : is_string(w->head.tag) ? w->head.tag : 0;
	f->slot = string != 0 ? string_slot : w->constructed;
	w->constructed++;
	w->indefinite |= f->indefinite;
	w->segmented |= f->string != 0;
	return 0;
}

static int close_value(struct walk *w, enum event *ev)
{
	w->closed = *top(w);
	w->stack.count--;
	*ev = EV_CLOSE;
	return 0;
}

static int walk_next(struct walk *w, enum event *ev, struct err *e)
{
	struct frame *f = top(w);
	size_t end = f != NULL ? f->end : w->in.len;
	uint32_t string = f != NULL ? f->string : 0;

	if (f == NULL && w->done) {
		*ev = EV_END;
		return 0;
	}
	if (f != NULL && !f->indefinite && w->pos == end)
		return close_value(w, ev);
	w->start = w->pos;
	if (ber_head_read((struct octets){w->in.p + w->pos, end - w->pos}, &w->head, e) != 0)
		return -1;
	if (w->head.tag == 0) {
		if (f == NULL || !f->indefinite || w->head.constructed || w->head.size != 2 || w->head.length != 0)
			return ERR(e, ERR_BER_SYNTAX, "end-of-contents out of place at octet %zu", w->pos);
		w->pos += 2;
		return close_value(w, ev);
	}
	if (w->head.length > end - w->pos - w->head.size)
		return ERR(e, ERR_BER_SYNTAX, "the value at octet %zu is longer than what holds it", w->pos);
	if (++w->count > w->limits->count)
		return ERR(e, ERR_BER_COUNT, "more than %llu", (unsigned long long)w->limits->count);
	if (string != 0)
		TRY(check_segment(w, string, e));
	w->done = true;
	w->pos += w->head.size;
	if (w->head.constructed) {
		*ev = EV_OPEN;
		return open_value(w, string, end, f != NULL ? f->slot : 0, e);
	}
	w->pos += (size_t)w->head.length;
	*ev = EV_PRIMITIVE;
	return 0;
}

static struct walk walk_over(struct arena *a, struct octets in, const struct ber_limits *limits)
{
	return (struct walk){.a = a, .in = in, .limits = limits};
}

static int walk_check(struct walk *w, struct err *e)
{
	enum event ev;

	do
		TRY(walk_next(w, &ev, e));
	while (ev != EV_END);
	return 0;
}

/* Content size of each constructed value once all is definite; for a bit string the unused bits of its last segment
 * too.  In the arena when small, else in a mapped unlinked file. */
struct size {
	uint64_t size : 56, unused : 8;
};

struct table {
	void *p;
	size_t len;
};

static void table_unmap(void *p)
{
	struct table *t = p;

	munmap(t->p, t->len);
}

static int table_new(struct arena *a, size_t count, struct size **out, struct err *e)
{
	size_t len = count * sizeof(struct size);
	struct table *t;
	int fd;

	if (len <= IN_MEMORY) {
		*out = arena_array(a, count, sizeof(struct size));
		return 0;
	}
	TRY(blob_tempfile(a, NULL, &fd, e));
	if (posix_fallocate(fd, 0, (off_t)len) != 0)
		return ERR(e, ERR_NO_SPACE, "%zu octets for a table of sizes", len);
	t = NEW(a, struct table);
	*t = (struct table){mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), len};
	if (t->p == MAP_FAILED)
		return ERR_ERRNO(e, ERR_SYSTEM, "mapping %zu octets", len);
	arena_cleanup(a, table_unmap, t);
	*out = t->p;
	return 0;
}

/* A segment's octets, without the first one of a bit string. */
static struct octets segment(const struct walk *w, uint32_t string)
{
	size_t skip = string == BER_U(BER_BIT_STRING) ? 1 : 0;

	return (struct octets){w->in.p + w->start + w->head.size + skip, (size_t)w->head.length - skip};
}

static int measure_segment(struct walk *w, struct size *s, uint32_t string, struct err *e)
{
	if (string == BER_U(BER_BIT_STRING)) {
		if (s->unused != 0)
			return ERR(e, ERR_BER_SYNTAX, "unused bits in the middle of a bit string, octet %zu", w->start);
		s->unused = w->in.p[w->start + w->head.size];
	}
	s->size += segment(w, string).len;
	return 0;
}

/* Adds the finished value's head and content to the one around it. */
static void measure_close(struct walk *w, struct size *table, const uint32_t *tags)
{
	const struct frame *c = &w->closed, *parent = top(w);

	if (parent == NULL || (parent->string != 0 && parent->slot == c->slot))
		return; /* the outermost value, or a segment of segments */
	table[parent->slot].size += ber_head_size(tags[w->stack.count], table[c->slot].size) + table[c->slot].size;
}

static int measure(struct walk *w, struct size *table, struct err *e)
{
	struct {
		uint32_t *items;
		size_t count, capacity;
	} tags = {0}; /* of the open values */
	enum event ev;

	for (;;) {
		const struct frame *f = top(w);
		TRY(walk_next(w, &ev, e));
		switch (ev) {
		case EV_PRIMITIVE:
			if (f == NULL)
				break;
			if (f->string != 0)
				TRY(measure_segment(w, &table[f->slot], f->string, e));
			else
				table[f->slot].size += w->pos - w->start;
			break;
		case EV_OPEN:
			tags.count = w->stack.count - 1;
			*ARENA_PUSH(w->a, &tags) = w->head.tag;
			/* a bit string starts with its unused bits */
			if (w->head.tag == BER_U(BER_BIT_STRING) && top(w)->slot == w->constructed - 1)
				table[top(w)->slot].size = 1;
			break;
		case EV_CLOSE:
			measure_close(w, table, tags.items);
			break;
		case EV_END:
			return 0;
		}
	}
}

static void write_open(struct walk *w, const struct size *table, struct stream *out)
{
	const struct frame *f = top(w);
	uint8_t head[BER_HEAD_MAX], unused;

	if (f->string != 0 && f->slot != w->constructed - 1)
		return; /* a segment of segments */
	stream_put(out, head, ber_head_write(head, w->head.tag, f->string == 0, table[f->slot].size));
	if (f->string == BER_U(BER_BIT_STRING)) {
		unused = (uint8_t)table[f->slot].unused;
		stream_put(out, &unused, 1);
	}
}

static int write_definite(struct walk *w, const struct size *table, struct stream *out, struct err *e)
{
	enum event ev;

	do {
		const struct frame *f = top(w);
		TRY(walk_next(w, &ev, e));
		if (ev == EV_OPEN) {
			write_open(w, table, out);
		} else if (ev == EV_PRIMITIVE) {
			struct octets o = {w->in.p + w->start, w->pos - w->start};
			if (f != NULL && f->string != 0)
				o = segment(w, f->string);
			stream_put(out, o.p, o.len);
		}
	} while (ev != EV_END);
	return stream_finish(out, e);
}

/* in has been checked; constructed tells how many constructed values it has. */
static int definite_copy(struct arena *a, struct octets in, const struct ber_limits *limits, size_t constructed,
                         struct octets *out, struct err *e)
{
	struct walk w = walk_over(a, in, limits);
	struct size *table = NULL;
	struct buf *b;
	struct blob file;
	int fd;

	TRY(table_new(a, constructed, &table, e));
	TRY(measure(&w, table, e));
	w = walk_over(a, in, limits);
	/* heads may grow by a few octets, never more than the whole again */
	if (in.len <= IN_MEMORY) {
		b = buf_in(a, in.len * 2 + 64);
		TRY(write_definite(&w, table, stream_to_buf(a, b), e));
		*out = buf_octets(b);
		return 0;
	}
	TRY(blob_tempfile(a, NULL, &fd, e));
	{
		struct stream *s = stream_to_fd(a, fd, 0);
		TRY(write_definite(&w, table, s, e));
		file = blob_file(fd, 0, s->written);
	}
	return blob_map(a, &file, out, e);
}

int ber_gate_prefix(struct arena *a, struct octets in, const struct ber_limits *limits, struct octets *out, size_t *used, struct err *e)
{
	struct walk w = walk_over(a, in, limits);

	TRY(walk_check(&w, e));
	*used = w.pos;
	if (w.pos > limits->size)
		return ERR(e, ERR_BER_SIZE, "%zu octets", w.pos);
	in.len = w.pos;
	if (!w.indefinite && !w.segmented) {
		*out = in;
		return 0;
	}
	return definite_copy(a, in, limits, w.constructed, out, e);
}

int ber_gate(struct arena *a, struct octets in, const struct ber_limits *limits, struct octets *out, struct err *e)
{
	size_t used;

	if (in.len > limits->size)
		return ERR(e, ERR_BER_SIZE, "%zu octets", in.len);
	TRY(ber_gate_prefix(a, in, limits, out, &used, e));
	if (used != in.len)
		return ERR(e, ERR_BER_SYNTAX, "%zu octets behind the value", in.len - used);
	return 0;
}
