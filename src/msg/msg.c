/* msg.c - see msg.h: constructors, identifiers and object identifiers of the central message. */
#include "msg/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "msg/fields.h"

void mx_heading_init(struct mx_heading *h) { mx_init(&mx_heading_table, MX_MESSAGE, h); }

struct mx_message *mx_message_new(struct arena *a, enum mx_kind kind) { return mx_new(a, &mx_message_table, (int)kind); }

struct mx_recipient *mx_add_recipient(struct arena *a, struct mx_message *m)
{
	struct mx_recipient *r = ARENA_PUSH(a, &m->recipients);

	mx_init(&mx_recipient_table, (int)m->kind, r);
	r->number = (int)m->recipients.count;
	return r;
}

struct mx_report_recipient *mx_add_report_recipient(struct arena *a, struct mx_message *m)
{
	struct mx_report_recipient *r = ARENA_PUSH(a, &m->report.recipients);

	mx_init(&mx_report_recipient_table, (int)m->kind, r);
	r->number = (int)m->report.recipients.count;
	return r;
}

struct mx_body_part *mx_add_body_part(struct arena *a, struct mx_ipm *ipm, enum mx_body_kind kind)
{
	struct mx_body_part *p = ARENA_PUSH(a, &ipm->body);

	mx_init(&mx_body_part_table, MX_MESSAGE, p);
	p->kind = kind;
	return p;
}

void mx_note_loss(struct arena *a, struct mx_message *m, const char *row, const char *element, const char *why)
{
	struct mx_loss *l = ARENA_PUSH(a, &m->losses);

	mx_init(&mx_loss_table, (int)m->kind, l);
	l->row = row;
	l->element = arena_strdup(a, element);
	l->why = arena_strdup(a, why);
}

/* ---- object identifiers (X.690 8.19) ---- */

char *mx_oid_text(struct arena *a, const struct mx_oid *oid)
{
	struct buf b = BUF_INIT(4096);
	uint64_t arc = 0;
	bool first = true;
	char *out;

	for (size_t i = 0; i < oid->der.len; i++) {
		if (arc > UINT64_MAX >> 7) {
			buf_free(&b);
			return arena_strdup(a, "arc-too-large");
		}
		arc = arc << 7 | (oid->der.p[i] & 0x7f);
		if (oid->der.p[i] & 0x80)
			continue;
		if (first) {
			uint64_t top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
			buf_printf(&b, "%llu.%llu", (unsigned long long)top, (unsigned long long)(arc - top * 40));
		} else {
			buf_printf(&b, ".%llu", (unsigned long long)arc);
		}
		first = false;
		arc = 0;
	}
	out = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return out;
}

static void put_arc(struct buf *b, uint64_t arc)
{
	uint8_t octets[10];
	int n = 0;

	do {
		octets[n++] = arc & 0x7f;
		arc >>= 7;
	} while (arc > 0);
	while (n-- > 0)
		buf_putc(b, n > 0 ? octets[n] | 0x80 : octets[n]);
}

/* One decimal arc at *s; moves behind it and a following dot. */
static int next_arc(const char **s, uint64_t *arc)
{
	const char *p = *s;

	if (!str_is_digit(*p))
		return -1;
	for (*arc = 0; str_is_digit(*p); p++) {
		if (__builtin_mul_overflow(*arc, 10u, arc) || __builtin_add_overflow(*arc, (uint64_t)(*p - '0'), arc))
			return -1;
	}
	if (*p == '.' && p[1] != '\0')
		p++;
	else if (*p != '\0')
		return -1;
	*s = p;
	return 0;
}

int mx_oid_parse_text(struct arena *a, const char *dotted, struct mx_oid *out)
{
	struct buf b = BUF_INIT(4096);
	uint64_t top, arc;
	int rc = -1;

	if (next_arc(&dotted, &top) != 0 || *dotted == '\0' || next_arc(&dotted, &arc) != 0 || top > 2 ||
	    (top < 2 && arc > 39) || arc > UINT64_MAX - 80)
		return -1;
	put_arc(&b, top * 40 + arc);
	while (*dotted != '\0')
		if (next_arc(&dotted, &arc) != 0)
			goto done;
		else
			put_arc(&b, arc);
	out->der = (struct octets){arena_memdup(a, b.p, b.len), b.len};
	rc = 0;
done:
	buf_free(&b);
	return rc;
}

struct mx_oid mx_oid_parse(struct arena *a, const char *dotted)
{
	struct mx_oid oid;

	if (mx_oid_parse_text(a, dotted, &oid) != 0)
		abort(); /* only literals of our own come here */
	return oid;
}

bool mx_oid_equal(const struct mx_oid *x, const struct mx_oid *y)
{
	return x->der.len == y->der.len && (x->der.len == 0 || memcmp(x->der.p, y->der.p, x->der.len) == 0);
}

bool mx_oid_is(const struct mx_oid *oid, const char *dotted)
{
	struct arena *a = arena_new(0);
	struct mx_oid other = mx_oid_parse(a, dotted);
	bool same = mx_oid_equal(oid, &other);

	arena_free(a);
	return same;
}

/* ---- identifiers ---- */

char *mx_domain_text(struct arena *a, const struct mx_global_domain *d)
{
	struct or_address o = {0};

	o.v[OR_C] = d->country;
	o.v[OR_ADMD] = d->admd;
	o.v[OR_PRMD] = d->prmd;
	return or_text(a, &o);
}

char *mx_mts_id_text(struct arena *a, const struct mx_mts_id *id)
{
	return arena_printf(a, "[%s;%s]", mx_domain_text(a, &id->domain), id->local == NULL ? "" : id->local);
}

bool mx_domain_equal(const struct mx_global_domain *x, const struct mx_global_domain *y)
{
	struct or_address ox = {0}, oy = {0};

	ox.v[OR_C] = x->country, ox.v[OR_ADMD] = x->admd, ox.v[OR_PRMD] = x->prmd;
	oy.v[OR_C] = y->country, oy.v[OR_ADMD] = y->admd, oy.v[OR_PRMD] = y->prmd;
	return or_equal(&ox, &oy);
}

bool mx_mts_id_equal(const struct mx_mts_id *x, const struct mx_mts_id *y)
{
	return x->local != NULL && y->local != NULL && str_eq(x->local, y->local) && mx_domain_equal(&x->domain, &y->domain);
}
