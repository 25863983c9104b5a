/*
 * ber/rope.c - see rope.h.
 */
#include "ber/rope.h"

#include "ber/writer.h"

void ber_rope_blob(struct arena *a, struct ber_rope *r, struct blob b)
{
	struct ber_rope_piece *p;

	if (b.len == 0)
		return;
	p = NEW(a, struct ber_rope_piece);
	p->blob = b;
	if (r->last != NULL)
		r->last->next = p;
	else
		r->first = p;
	r->last = p;
	r->len += b.len;
}

void ber_rope_octets(struct arena *a, struct ber_rope *r, struct octets o)
{
	ber_rope_blob(a, r, blob_mem(o.p, o.len));
}

void ber_rope_append(struct ber_rope *r, struct ber_rope *other)
{
	if (other->first == NULL)
		return;
	if (r->last != NULL)
		r->last->next = other->first;
	else
		r->first = other->first;
	r->last = other->last;
	r->len += other->len;
	*other = (struct ber_rope){0};
}

void ber_rope_wrap(struct arena *a, struct ber_rope *r, uint32_t tag, bool constructed)
{
	uint8_t *head = arena_alloc(a, BER_HEAD_MAX);
	size_t n = ber_head_write(head, tag, constructed, r->len);
	struct ber_rope_piece *p = NEW(a, struct ber_rope_piece);

	p->blob = blob_mem(head, n);
	p->next = r->first;
	r->first = p;
	if (r->last == NULL)
		r->last = p;
	r->len += n;
}

void ber_rope_write(const struct ber_rope *r, struct stream *out)
{
	const struct ber_rope_piece *p;

	for (p = r->first; p != NULL; p = p->next)
		stream_blob(out, &p->blob);
}
