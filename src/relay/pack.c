/*
 * relay/pack.c - see pack.h.
 */
#include "relay/pack.h"

#include <string.h>

/* A string length that no string has: NULL. */
#define PACK_NULL UINT32_MAX

void pack_int(struct buf *b, int64_t v)
{
	buf_put(b, &v, sizeof(v));
}

void pack_octets(struct buf *b, const void *p, size_t n)
{
	uint32_t len = (uint32_t)n;

	if (n >= PACK_NULL) {
		b->failed = true;
		return;
	}
	buf_put(b, &len, sizeof(len));
	buf_put(b, p, n);
}

void pack_str(struct buf *b, const char *s)
{
	uint32_t null = PACK_NULL;

	if (s == NULL)
		buf_put(b, &null, sizeof(null));
	else
		pack_octets(b, s, strlen(s));
}

void pack_err(struct buf *b, const struct err *e)
{
	pack_int(b, e->id);
	pack_str(b, e->detail);
	pack_str(b, e->status);
}

void unpack_exact(struct unpack *u, void *out, size_t n)
{
	if (u->bad || u->len < n) {
		u->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, u->p, n);
	u->p += n;
	u->len -= n;
}

int64_t unpack_int(struct unpack *u)
{
	int64_t v;

	unpack_exact(u, &v, sizeof(v));
	return v;
}

struct octets unpack_octets(struct unpack *u)
{
	uint32_t len;
	struct octets out = {NULL, 0};

	unpack_exact(u, &len, sizeof(len));
	if (u->bad || len == PACK_NULL)
		return out;
	if (len > u->len) {
		u->bad = true;
		return out;
	}
	out = (struct octets){u->p, len};
	u->p += len;
	u->len -= len;
	return out;
}

char *unpack_str(struct arena *a, struct unpack *u)
{
	struct octets o = unpack_octets(u);

	return o.p == NULL ? NULL : arena_strndup(a, (const char *)o.p, o.len);
}

void unpack_text(struct unpack *u, char *out, size_t size)
{
	struct octets o = unpack_octets(u);
	size_t n = MIN_OF(o.len, size - 1);

	if (n > 0)
		memcpy(out, o.p, n);
	out[n] = '\0';
}

void unpack_err(struct unpack *u, struct err *e)
{
	int64_t id = unpack_int(u);

	*e = (struct err){.where = "relay/pack.c"};
	if (id < 0 || id >= ERR_COUNT)
		u->bad = true;
	else
		e->id = (enum err_id)id;
	unpack_text(u, e->detail, sizeof(e->detail));
	unpack_text(u, e->status, sizeof(e->status));
}
