/*
 * osi/tlv.c - see tlv.h.  Used by pdata.c.
 */
#include "osi/tlv.h"

#include <string.h>

int tlv_head_read(struct octets in, struct tlv_head *out)
{
	size_t n;

	if (in.len < 2)
		return in.len == 1 && (in.p[0] & 0x1f) == 0x1f ? -1 : 0;
	*out = (struct tlv_head){.tag = in.p[0], .size = 2};
	if ((in.p[0] & 0x1f) == 0x1f)
		return -1;
	if (in.p[1] == 0x80) {
		out->indefinite = true;
		return (in.p[0] & 0x20) != 0 ? 1 : -1; /* indefinite is for constructed values alone */
	}
	if (in.p[1] < 0x80) {
		out->length = in.p[1];
		return 1;
	}
	n = in.p[1] & 0x7f;
	if (n > 8)
		return -1;
	if (in.len < 2 + n)
		return 0;
	for (size_t i = 0; i < n; i++)
		out->length = out->length << 8 | in.p[2 + i];
	out->size = 2 + n;
	return out->length >> 62 != 0 ? -1 : 1;
}

static uint64_t limit_of(const struct tlv_reader *r)
{
	return r->depth == 0 ? UINT64_MAX : r->frame[r->depth - 1].limit;
}

void tlv_skip(struct tlv_reader *r, struct octets *in, uint64_t n)
{
	in->p += n;
	in->len -= (size_t)n;
	r->at += n;
}

bool tlv_enter(struct tlv_reader *r, const struct tlv_head *head, uint8_t kind)
{
	if (r->depth == TLV_DEPTH)
		return false;
	r->frame[r->depth] = (struct tlv_frame){kind, head->indefinite, head->indefinite ? limit_of(r) : r->at + head->length};
	r->depth++;
	return true;
}

enum tlv_event tlv_next(struct tlv_reader *r, struct octets *in, struct tlv_head *head, uint8_t *kind)
{
	struct tlv_frame *top = r->depth > 0 ? &r->frame[r->depth - 1] : NULL;
	int got = 0;

	if (r->held == 0 && top != NULL && !top->indefinite && r->at == top->limit) {
		*kind = top->kind;
		r->depth--;
		return TLV_CLOSED;
	}
	while (got == 0) {
		if (in->len == 0)
			return TLV_MORE;
		if (r->at >= limit_of(r))
			return TLV_BAD; /* the parent ends inside a head, or before the end-of-contents */
		r->head[r->held++] = in->p[0];
		tlv_skip(r, in, 1);
		got = tlv_head_read((struct octets){r->head, r->held}, head);
	}
	r->held = 0;
	if (got < 0)
		return TLV_BAD;
	if (head->tag == 0) {
		if (top == NULL || !top->indefinite || head->length != 0 || head->size != 2)
			return TLV_BAD;
		*kind = top->kind;
		r->depth--;
		return TLV_CLOSED;
	}
	if (!head->indefinite && head->length > limit_of(r) - r->at)
		return TLV_BAD;
	return TLV_HEAD;
}
