/*
 * members.c - see fields.h: members of the central message by their rows: read, set, initial values, deep comparison.
 */
#include <string.h>

#include "base/str.h"
#include "msg/fields.h"

/* Lists of different types have one form; memcpy, because C does not let one type be read as another. */
struct mx_any_list mx_list_get(const struct mx_field *f, const void *object)
{
	struct mx_any_list l;

	memcpy(&l, mx_member(f, object), sizeof l);
	return l;
}

void mx_list_set(const struct mx_field *f, void *object, const struct mx_any_list *list)
{
	memcpy(mx_member_of(f, object), list, sizeof *list);
}

size_t mx_list_item_size(const struct mx_field *f)
{
	switch (f->kind) {
	case MX_FIELD_STRINGS:
		return sizeof(const char *);
	case MX_FIELD_OIDS:
		return sizeof(struct mx_oid);
	case MX_FIELD_INTEGERS:
		return sizeof(int);
	default:
		return f->table->size;
	}
}

bool mx_flag_get(size_t has, const void *object) { return *((const bool *)object + has - 1); }
void mx_flag_set(size_t has, void *object, bool value) { *((bool *)object + has - 1) = value; }

int64_t mx_number_get(const struct mx_field *f, const void *object)
{
	const void *p = mx_member(f, object);
	uint32_t u32;
	int32_t i32;
	int64_t i64;

	switch (f->size) {
	case 1:
		return *(const uint8_t *)p;
	case 4:
		memcpy(&u32, p, 4);
		memcpy(&i32, p, 4);
		return f->kind == MX_FIELD_BITS || f->kind == MX_FIELD_BIT ? (int64_t)u32 : i32;
	default:
		memcpy(&i64, p, 8);
		return i64;
	}
}

void mx_number_set(const struct mx_field *f, void *object, int64_t value)
{
	void *p = mx_member_of(f, object);
	uint32_t u32 = (uint32_t)value;

	if (f->size == 1)
		*(uint8_t *)p = (uint8_t)value;
	else
		memcpy(p, f->size == 4 ? (const void *)&u32 : (const void *)&value, f->size);
}

void *mx_pointer_get(const struct mx_field *f, const void *object)
{
	void *p;

	memcpy(&p, mx_member(f, object), sizeof p);
	return p;
}

void mx_pointer_set(const struct mx_field *f, void *object, void *value) { memcpy(mx_member_of(f, object), &value, sizeof value); }

void mx_init(const struct mx_table *t, int kind, void *object)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct mx_field *f = &t->fields[i];

		if (f->kind == MX_FIELD_STRUCT || f->kind == MX_FIELD_INLINE)
			mx_init(f->table, kind, mx_member_of(f, object));
		else if (f->kind == MX_FIELD_BLOB)
			((struct blob *)mx_member_of(f, object))->fd = -1;
		else if (f->initial != 0)
			mx_number_set(f, object, f->initial);
	}
	if (t->adapt != NULL)
		t->adapt(object, kind);
}

void *mx_new(struct arena *a, const struct mx_table *t, int kind)
{
	void *object = arena_alloc(a, t->size);

	mx_init(t, kind, object);
	if (t->set != 0)
		mx_flag_set(t->set, object, true);
	return object;
}

const void *mx_fresh(struct mx_fresh *cache, const struct mx_table *t, int kind)
{
	for (size_t i = 0; i < cache->count; i++)
		if (cache->items[i].table == t && cache->items[i].kind == kind)
			return cache->items[i].object;
	struct mx_fresh_item *item = ARENA_PUSH(cache->a, cache);
	*item = (struct mx_fresh_item){t, kind, mx_new(cache->a, t, kind)};
	return item->object;
}

/* ---- comparison ---- */

static bool same_string(const char *x, const char *y) { return x == NULL || y == NULL ? x == y : str_eq(x, y); }

static bool same_octets(struct octets x, struct octets y)
{
	return (x.p == NULL) == (y.p == NULL) && x.len == y.len && (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
}

static bool same_time(const struct when *x, const struct when *y)
{
	if (!x->set || !y->set)
		return x->set == y->set;
	return x->seconds == y->seconds && x->offset == y->offset && x->no_seconds == y->no_seconds && x->z == y->z;
}

static bool same_list(const struct mx_field *f, const void *x, const void *y, bool received)
{
	struct mx_any_list a = mx_list_get(f, x), b = mx_list_get(f, y);

	if (a.count != b.count)
		return false;
	for (size_t i = 0; i < a.count; i++) {
		const char *p = (const char *)a.items + i * mx_list_item_size(f), *q = (const char *)b.items + i * mx_list_item_size(f);
		bool same = f->kind == MX_FIELD_INTEGERS  ? memcmp(p, q, sizeof(int)) == 0
		            : f->kind == MX_FIELD_STRINGS ? same_string(*(const char *const *)(const void *)p, *(const char *const *)(const void *)q)
		            : f->kind == MX_FIELD_OIDS    ? same_octets(((const struct mx_oid *)(const void *)p)->der,
		                                                        ((const struct mx_oid *)(const void *)q)->der)
		                                          : mx_equal(f->table, p, q, received);
		if (!same)
			return false;
	}
	return true;
}

static bool same_struct(const struct mx_table *t, const void *x, const void *y, bool received)
{
	if (t->set != 0 && (!mx_flag_get(t->set, x) || !mx_flag_get(t->set, y)))
		return mx_flag_get(t->set, x) == mx_flag_get(t->set, y);
	return mx_equal(t, x, y, received);
}

static bool same_type(const struct mx_field *f, const void *x, const void *y)
{
	struct octets p = ((const struct mx_oid *)(const void *)((const char *)x + f->other))->der;
	struct octets q = ((const struct mx_oid *)(const void *)((const char *)y + f->other))->der;

	return same_octets(p, q) && (p.p != NULL || mx_number_get(f, x) == mx_number_get(f, y));
}

static bool same_pointer(const struct mx_field *f, const void *x, const void *y, bool received)
{
	const void *p = mx_pointer_get(f, x), *q = mx_pointer_get(f, y);

	return p == NULL || q == NULL ? p == q : mx_equal(f->table, p, q, received);
}

bool mx_field_equal(const struct mx_field *f, const void *x, const void *y, bool received)
{
	const void *p = mx_member(f, x), *q = mx_member(f, y);

	if (f->has != 0 && (!mx_flag_get(f->has, x) || !mx_flag_get(f->has, y)))
		return mx_flag_get(f->has, x) == mx_flag_get(f->has, y);
	switch (f->kind) {
	case MX_FIELD_STRING:
		return same_string(*(const char *const *)p, *(const char *const *)q);
	case MX_FIELD_TIME:
		return same_time(p, q);
	case MX_FIELD_OID:
		return same_octets(((const struct mx_oid *)p)->der, ((const struct mx_oid *)q)->der);
	case MX_FIELD_TYPE:
		return same_type(f, x, y);
	case MX_FIELD_OCTETS:
		return same_octets(*(const struct octets *)p, *(const struct octets *)q);
	case MX_FIELD_BLOB:
		return blob_equal(p, q);
	case MX_FIELD_STRUCT:
	case MX_FIELD_INLINE:
		return same_struct(f->table, p, q, received);
	case MX_FIELD_POINTER:
		return same_pointer(f, x, y, received);
	case MX_FIELD_LIST:
	case MX_FIELD_STRINGS:
	case MX_FIELD_OIDS:
	case MX_FIELD_INTEGERS:
		return same_list(f, x, y, received);
	case MX_FIELD_BIT:
		return ((mx_number_get(f, x) ^ mx_number_get(f, y)) & f->mask) == 0;
	case MX_FIELD_FLAG:
	case MX_FIELD_CHOICE:
	case MX_FIELD_INTEGER:
	case MX_FIELD_BITS:
		break;
	}
	return mx_number_get(f, x) == mx_number_get(f, y);
}

bool mx_field_hidden(const struct mx_field *f, const void *object, bool received)
{
	return f->received && !received && (f->shown == NULL || !f->shown(object));
}

bool mx_equal(const struct mx_table *t, const void *x, const void *y, bool received)
{
	for (size_t i = 0; i < t->count; i++)
		if (!mx_field_hidden(&t->fields[i], x, received) && !mx_field_equal(&t->fields[i], x, y, received))
			return false;
	return true;
}
