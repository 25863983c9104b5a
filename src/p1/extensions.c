/*
 * p1/extensions.c - see extensions.h.
 *
 * A table per place where extensions stand (X.411 figure 4: message, probe and report envelopes, recipients, report content,
 * reported recipients): number, criticality when we write it (X.411:1999 RECOMMENDED CRITICALITY), the member, and how its
 * value is read and written.  A field that stood twice, or whose value is not what X.411 says, is kept raw like one that
 * has no row.
 */
#include "p1/extensions.h"

#include <stddef.h>
#include <string.h>

#include "asn1gen/X4-DLExpansion.h"
#include "asn1gen/X4-DLExpansionHistory.h"
#include "asn1gen/X4-ExtensionFields.h"
#include "asn1gen/X4-ORAddress.h"
#include "asn1gen/X4-ORName.h"
#include "asn1gen/X4-Redirection.h"
#include "asn1gen/X4-RedirectionHistory.h"
#include "base/str.h"
#include "ber/codec.h"
#include "p1/names.h"
#include "p1/trace.h"
#include "p1/values.h"

/* ---- one field ---- */

/* [0] INTEGER and [3] OBJECT IDENTIFIER (1994 and later), implicit or, as in the first edition's [0] ExtensionType with
 * both behind it, explicit; drafts had the OBJECT IDENTIFIER behind [1]. */
static int type_read(struct arena *a, const struct ber_tlv *t, struct mx_extension *out, struct err *e)
{
	struct ber_tlv inner = *t;
	int64_t number;

	out->number = -1;
	if (t->constructed) {
		TRY(ber_tlv_inner(t, &inner, e));
		out->number_as_88 = t->tag == BER_C(0);
	}
	if (inner.tag == BER_U(BER_OID) || (t->tag == BER_C(3) && !t->constructed)) {
		out->oid = p1_oid(a, inner.value);
		return inner.value.len > 0 ? 0 : ERR(e, ERR_P1_VALUE, "an extension type of no octets");
	}
	if (inner.constructed || (t->tag != BER_C(0) && inner.tag != BER_U(BER_INTEGER)))
		return ERR(e, ERR_BER_TYPE, "extension type with tag %u", BER_NUMBER_OF(t->tag));
	TRY(ber_tlv_integer(&inner, &number, e));
	if (number < 0 || number > 32767)
		return ERR(e, ERR_P1_VALUE, "extension number %lld", (long long)number);
	out->number = (int)number;
	return 0;
}

static int field_read(struct arena *a, struct octets in, struct mx_extension *out, struct err *e)
{
	struct ber_tlv t, m;
	struct ber_cursor c;
	uint32_t bits = 0;
	bool found;

	*out = (struct mx_extension){.number = -1};
	TRY(ber_tlv_read(in, &t, e));
	c = ber_cursor_over(t.value);
	TRY(ber_cursor_next(&c, &m, e));
	TRY(type_read(a, &m, out, e));
	TRY(ber_cursor_optional(&c, BER_C(1), &m, &found, e));
	if (found)
		TRY(ber_tlv_bits(&m, &bits, NULL, e));
	out->criticality = (uint8_t)bits; /* bits that no edition names are passed on too */
	TRY(ber_cursor_optional(&c, BER_C(2), &m, &found, e));
	if (found) {
		TRY(ber_tlv_inner(&m, &t, e));
		out->value = (struct octets){arena_memdup(a, t.whole.p, t.whole.len), t.whole.len};
	}
	return 0;
}

static unsigned bits_needed(uint32_t bits)
{
	unsigned n = 0;

	while (n < 32 && bits >> n != 0)
		n++;
	return n;
}

static struct octets field_write(struct arena *a, const struct mx_extension *x, const struct p1_options *options)
{
	struct ber_writer w = ber_writer_in(a);
	size_t mark;

	if (x->value.len > 0) {
		ber_put_raw(&w, x->value);
		ber_close(&w, BER_C(2), 0);
	}
	if (x->criticality != 0)
		ber_put_bits(&w, BER_C(1), x->criticality, bits_needed(x->criticality));
	mark = ber_mark(&w);
	if (x->number < 0) {
		ber_put_octets(&w, BER_C(3), x->oid.der.p, x->oid.der.len);
	} else if (options->extension_type_99) {
		ber_put_integer(&w, BER_C(0), x->number);
	} else {
		ber_put_integer(&w, BER_U(BER_INTEGER), x->number);
		ber_close(&w, BER_C(0), mark);
	}
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	return ber_writer_octets(&w);
}

/* ---- values ----
 *
 * A codec reads the value of a field into its member (-1: it is not what X.411 says, the member may be half filled) and
 * writes it: nothing when the member is absent, unless given, when the field stood there. */

struct codec {
	size_t size; /* of the member */
	int (*read)(struct arena *a, struct octets value, void *member);
	int (*write)(struct arena *a, const void *member, bool given, struct octets *value, struct err *e);
};

/* The vectors of msg.h are anonymous structs of one shape. */
struct texts {
	const char **items;
	size_t count, capacity;
};
struct redirections {
	struct mx_redirection *items;
	size_t count, capacity;
};
struct expansions {
	struct mx_dl_history *items;
	size_t count, capacity;
};

/* ENUMERATED { ...-allowed(0), ...-prohibited(1) } */
static int prohibited_read(struct arena *a UNUSED, struct octets value, void *member)
{
	struct ber_tlv t;
	int64_t v;

	TRY(ber_tlv_read(value, &t, NULL));
	TRY(ber_tlv_integer(&t, &v, NULL));
	*(bool *)member = v == 1;
	return v == 0 || v == 1 ? 0 : -1;
}

static int prohibited_write(struct arena *a, const void *member, bool given, struct octets *value, struct err *e UNUSED)
{
	struct ber_writer w = ber_writer_in(a);

	if (!*(const bool *)member && !given)
		return 0;
	ber_put_integer(&w, BER_U(BER_ENUMERATED), *(const bool *)member);
	*value = ber_writer_octets(&w);
	return 0;
}
static const struct codec prohibited = {sizeof(bool), prohibited_read, prohibited_write};

static int time_read(struct arena *a UNUSED, struct octets value, void *member)
{
	struct ber_tlv t;

	TRY(ber_tlv_read(value, &t, NULL));
	return t.constructed ? -1 : p1_time_decode(t.value, member, NULL);
}

static int time_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e UNUSED)
{
	const struct when *time = member;
	struct ber_writer w = ber_writer_in(a);
	char text[20];

	if (!time->set)
		return 0;
	clock_format_utctime(time, text);
	ber_put_text(&w, BER_U(BER_UTC_TIME), text);
	*value = ber_writer_octets(&w);
	return 0;
}
static const struct codec utc_time = {sizeof(struct when), time_read, time_write};

static int name_read(struct arena *a, struct octets value, void *member)
{
	return p1_name_read(a, value, member, NULL);
}

static int name_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e)
{
	X4_ORName_t name;

	if (!p1_name_given(member))
		return 0;
	TRY(p1_name_encode(a, member, &name, e));
	return ber_encode_type(a, &asn_DEF_X4_ORName, &name, value, e);
}
static const struct codec or_name = {sizeof(struct or_name), name_read, name_write};

static int address_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e)
{
	const struct or_name *name = member;
	X4_ORAddress_t address;

	if (!p1_name_given(name))
		return 0;
	TRY(p1_address_encode(a, &name->address, &address, e));
	return ber_encode_type(a, &asn_DEF_X4_ORAddress, &address, value, e);
}
static const struct codec or_address = {sizeof(struct or_name), name_read, address_write};

/* ContentCorrelator: IA5String, or octets, which PP fills with lines of text. */
static int correlator_read(struct arena *a, struct octets value, void *member)
{
	const char **out = member;
	struct ber_tlv t;

	TRY(ber_tlv_read(value, &t, NULL));
	if (t.constructed)
		return -1;
	if (t.tag == BER_U(BER_TELETEX_STRING))
		*out = p1_teletex_text(a, t.value).utf8;
	else if (t.tag == BER_U(BER_OCTET_STRING) && str_is_utf8(t.value.p, t.value.len) && memchr(t.value.p, 0, t.value.len) == NULL)
		*out = arena_strndup(a, (const char *)t.value.p, t.value.len);
	else
		*out = p1_text(a, t.value);
	return 0;
}

static int correlator_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e UNUSED)
{
	const char *text = *(const char *const *)member, *s;
	struct ber_writer w = ber_writer_in(a);

	if (text == NULL)
		return 0;
	for (s = text; *s != '\0' && (unsigned char)*s < 0x80; s++)
		;
	ber_put_text(&w, BER_U(*s == '\0' ? BER_IA5_STRING : BER_OCTET_STRING), text);
	*value = ber_writer_octets(&w);
	return 0;
}
static const struct codec correlator = {sizeof(const char *), correlator_read, correlator_write};

static int redirections_read(struct arena *a, struct octets value, void *member)
{
	struct redirections *out = member;
	const X4_RedirectionHistory_t *in;
	void *decoded;
	int i;

	TRY(ber_decode_type(a, &asn_DEF_X4_RedirectionHistory, value, &decoded, NULL));
	in = decoded;
	for (i = 0; i < in->list.count; i++) {
		const X4_Redirection_t *x = in->list.array[i];
		struct mx_redirection *r = ARENA_PUSH(a, out);
		TRY(p1_name_decode(a, &x->intended_recipient_name.intended_recipient, &r->name, NULL));
		TRY(p1_string_time(x->intended_recipient_name.redirection_time, &r->time, NULL));
		r->reason = (int)x->redirection_reason;
	}
	return 0;
}

static int redirections_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e)
{
	const struct redirections *in = member;
	X4_RedirectionHistory_t out = {0};
	size_t i;

	if (in->count == 0)
		return 0;
	for (i = 0; i < in->count; i++) {
		X4_Redirection_t *x = NEW(a, X4_Redirection_t);
		TRY(p1_name_encode(a, &in->items[i].name, &x->intended_recipient_name.intended_recipient, e));
		x->intended_recipient_name.redirection_time = p1_new_time(a, &in->items[i].time);
		x->redirection_reason = in->items[i].reason;
		p1_list_add(a, &out.list, x);
	}
	return ber_encode_type(a, &asn_DEF_X4_RedirectionHistory, &out, value, e);
}
static const struct codec redirections = {sizeof(struct redirections), redirections_read, redirections_write};

static int expansions_read(struct arena *a, struct octets value, void *member)
{
	struct expansions *out = member;
	const X4_DLExpansionHistory_t *in;
	void *decoded;
	int i;

	TRY(ber_decode_type(a, &asn_DEF_X4_DLExpansionHistory, value, &decoded, NULL));
	in = decoded;
	for (i = 0; i < in->list.count; i++) {
		struct mx_dl_history *d = ARENA_PUSH(a, out);
		TRY(p1_name_decode(a, &in->list.array[i]->address, &d->dl, NULL));
		TRY(p1_string_time(in->list.array[i]->dl_expansion_time, &d->time, NULL));
	}
	return 0;
}

static int expansions_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e)
{
	const struct expansions *in = member;
	X4_DLExpansionHistory_t out = {0};
	size_t i;

	if (in->count == 0)
		return 0;
	for (i = 0; i < in->count; i++) {
		X4_DLExpansion_t *x = NEW(a, X4_DLExpansion_t);
		TRY(p1_name_encode(a, &in->items[i].dl, &x->address, e));
		x->dl_expansion_time = p1_new_time(a, &in->items[i].time);
		p1_list_add(a, &out.list, x);
	}
	return ber_encode_type(a, &asn_DEF_X4_DLExpansionHistory, &out, value, e);
}
static const struct codec expansions = {sizeof(struct expansions), expansions_read, expansions_write};

static int internal_trace_read(struct arena *a, struct octets value, void *member)
{
	return p1_internal_trace_read(a, value, member, NULL);
}

static int internal_trace_write(struct arena *a, const void *member, bool given UNUSED, struct octets *value, struct err *e)
{
	const struct p1_traces *in = member;

	return in->count > 0 ? p1_internal_trace_write(a, in->items, in->count, value, e) : 0;
}
static const struct codec internal_trace = {sizeof(struct p1_traces), internal_trace_read, internal_trace_write};

int p1_field_list_read(struct arena *a, struct octets tlv, const char ***items, size_t *count, struct err *e)
{
	struct texts list = {0};
	struct ber_tlv t, m;
	struct ber_cursor c;

	TRY(ber_tlv_read(tlv, &t, e));
	if (t.tag != BER_U(BER_SEQUENCE))
		return ERR(e, ERR_BER_TYPE, "a list of fields with tag %u", BER_NUMBER_OF(t.tag));
	for (c = ber_cursor_over(t.value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &m, e));
		if (m.constructed)
			return ERR(e, ERR_BER_TYPE, "a list of fields holds no strings");
		*ARENA_PUSH(a, &list) = p1_text(a, m.value);
	}
	*items = list.items;
	*count = list.count;
	return 0;
}

struct octets p1_field_list_write(struct arena *a, const char *const *items, size_t count)
{
	struct ber_writer w = ber_writer_in(a);

	while (count-- > 0)
		ber_put_text(&w, BER_U(BER_IA5_STRING), items[count]);
	ber_close(&w, BER_U(BER_SEQUENCE), 0);
	return ber_writer_octets(&w);
}

static int fields_read(struct arena *a, struct octets value, void *member)
{
	struct texts *out = member;

	TRY(p1_field_list_read(a, value, &out->items, &out->count, NULL));
	out->capacity = out->count;
	return 0;
}

static int fields_write(struct arena *a, const void *member, bool given, struct octets *value, struct err *e UNUSED)
{
	const struct texts *in = member;

	if (in->count > 0 || given)
		*value = p1_field_list_write(a, in->items, in->count);
	return 0;
}
static const struct codec field_list = {sizeof(struct texts), fields_read, fields_write};

/* ---- the places ---- */

struct row {
	int number;      /* P1_FIRST_PRIVATE and above: known by oid */
	const char *oid;
	uint8_t criticality;
	const struct codec *codec;
	size_t member;
};
struct place {
	const struct row *rows;
	size_t count;
	size_t extensions, marks; /* struct mx_extensions, struct mx_extension_marks */
};
#define PLACE(type, table)                                                                                             \
	{                                                                                                                  \
		table, ARRAY_LEN(table), offsetof(type, extensions), offsetof(type, extension_marks)                           \
	}

#define ENVELOPE(m) offsetof(struct mx_envelope, m)
static const struct row envelope_rows[] = {
	/* X.411 8.2.1.1.1.6 */
	{P1_RECIPIENT_REASSIGNMENT_PROHIBITED, NULL, MX_CRITICAL_DELIVERY, &prohibited, ENVELOPE(recipient_reassignment_prohibited)},
	/* 8.2.1.1.1.7 */
	{P1_DL_EXPANSION_PROHIBITED, NULL, MX_CRITICAL_DELIVERY, &prohibited, ENVELOPE(dl_expansion_prohibited)},
	/* 8.2.1.1.1.10 */
	{P1_CONVERSION_WITH_LOSS_PROHIBITED, NULL, MX_CRITICAL_DELIVERY, &prohibited, ENVELOPE(conversion_with_loss_prohibited)},
	/* 8.2.1.1.1.13 */
	{P1_LATEST_DELIVERY_TIME, NULL, MX_CRITICAL_DELIVERY, &utc_time, ENVELOPE(latest_delivery_time)},
	/* 8.2.1.1.1.21 */
	{P1_ORIGINATOR_RETURN_ADDRESS, NULL, 0, &or_address, ENVELOPE(originator_return_address)},
	/* 8.2.1.1.1.36 */
	{P1_CONTENT_CORRELATOR, NULL, 0, &correlator, ENVELOPE(content_correlator)},
	/* 8.3.1.1.1.7 */
	{P1_DL_EXPANSION_HISTORY, NULL, 0, &expansions, ENVELOPE(dl_history)},
	/* 12.3.1.6 */
	{P1_INTERNAL_TRACE_INFORMATION, NULL, 0, &internal_trace, ENVELOPE(internal_trace)},
};
static const struct place envelope_place = PLACE(struct mx_envelope, envelope_rows);

static const struct row recipient_rows[] = {
	/* 8.2.1.1.1.5 */
	{P1_ORIGINATOR_REQUESTED_ALTERNATE_RECIPIENT, NULL, MX_CRITICAL_SUBMISSION, &or_name,
     offsetof(struct mx_recipient, originator_requested_alternate)},
	/* 8.3.1.1.1.5 */
	{P1_REDIRECTION_HISTORY, NULL, 0, &redirections, offsetof(struct mx_recipient, redirection_history)},
};
static const struct place recipient_place = PLACE(struct mx_recipient, recipient_rows);

static const struct row report_rows[] = {
	{P1_CONTENT_CORRELATOR, NULL, 0, &correlator, offsetof(struct mx_report, content_correlator)},
	/* RFC 2156 appendix D */
	{P1_DSN_FIELD_LIST, P1_OID_DSN_FIELD_LIST, 0, &field_list, offsetof(struct mx_report, dsn_fields)},
	{P1_DSN_HEADER_LIST, P1_OID_DSN_HEADER_LIST, 0, &field_list, offsetof(struct mx_report, dsn_header_list)},
};
static const struct place report_place = PLACE(struct mx_report, report_rows);

static const struct row reported_rows[] = {
	{P1_REDIRECTION_HISTORY, NULL, 0, &redirections, offsetof(struct mx_report_recipient, redirection_history)},
	{P1_DSN_FIELD_LIST, P1_OID_DSN_FIELD_LIST, 0, &field_list, offsetof(struct mx_report_recipient, dsn_fields)},
};
static const struct place reported_place = PLACE(struct mx_report_recipient, reported_rows);

/* ---- reading ---- */

static const struct row *find_row(const struct place *p, const struct mx_extension *x)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		const struct row *row = &p->rows[i];
		if (x->number >= 0 ? x->number == row->number : row->oid != NULL && mx_oid_is(&x->oid, row->oid))
			return row;
	}
	return NULL;
}

static const struct mx_extension_mark *find_mark(const struct mx_extension_marks *marks, int number)
{
	size_t i;

	for (i = 0; i < marks->count; i++) {
		if (marks->items[i].number == number)
			return &marks->items[i];
	}
	return NULL;
}

static int fields_decode(struct arena *a, const struct place *p, const X4_ExtensionFields_t *in, void *out, struct err *e)
{
	struct mx_extensions *extensions = (void *)((char *)out + p->extensions);
	struct mx_extension_marks *marks = (void *)((char *)out + p->marks);
	struct mx_extension x;
	int i;

	for (i = 0; in != NULL && i < in->list.count; i++) {
		const struct row *row;
		void *value;
		TRY(field_read(a, p1_any_octets(in->list.array[i]), &x, e));
		row = find_row(p, &x);
		if (row != NULL && find_mark(marks, row->number) == NULL &&
		    row->codec->read(a, x.value, value = arena_alloc(a, row->codec->size)) == 0) {
			memcpy((char *)out + row->member, value, row->codec->size);
			*ARENA_PUSH(a, marks) = (struct mx_extension_mark){row->number, x.criticality, x.value};
		} else {
			*ARENA_PUSH(a, marks) = (struct mx_extension_mark){.number = -1};
			*ARENA_PUSH(a, extensions) = x;
		}
	}
	return 0;
}

/* ---- writing ---- */

static void put_field(struct arena *a, X4_ExtensionFields_t **fields, const struct mx_extension *x, const struct p1_options *options)
{
	if (*fields == NULL)
		*fields = NEW(a, X4_ExtensionFields_t);
	p1_list_add(a, &(*fields)->list, p1_new_any(a, field_write(a, x, options)));
}

/* The value as it came, when the member still says the same: a codec writes one form of those that it reads. */
static int as_received(struct arena *a, const struct row *row, struct octets received, struct octets *value)
{
	void *member = arena_alloc(a, row->codec->size);
	struct octets again = {NULL, 0};

	TRY(row->codec->read(a, received, member));
	TRY(row->codec->write(a, member, true, &again, NULL));
	if (again.len == value->len && memcmp(again.p, value->p, again.len) == 0)
		*value = received;
	return 0;
}

static int put_row(struct arena *a, const struct row *row, const struct mx_extension_mark *mark, const void *in,
                   const struct p1_options *options, X4_ExtensionFields_t **out, struct err *e)
{
	struct mx_extension x = {.number = row->oid == NULL ? row->number : -1, .criticality = row->criticality};

	TRY(row->codec->write(a, (const char *)in + row->member, mark != NULL, &x.value, e));
	if (x.value.len == 0)
		return 0;
	if (row->oid != NULL)
		x.oid = mx_oid_parse(a, row->oid);
	if (mark != NULL) {
		x.criticality = mark->criticality;
		(void)!as_received(a, row, mark->value, &x.value);
	}
	put_field(a, out, &x, options);
	return 0;
}

/* The standard rows, or the private ones, that have no mark. */
static int put_unmarked(struct arena *a, const struct place *p, bool private_ones, const struct mx_extension_marks *marks, const void *in,
                        const struct p1_options *options, X4_ExtensionFields_t **out, struct err *e)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		if ((p->rows[i].oid != NULL) == private_ones && find_mark(marks, p->rows[i].number) == NULL)
			TRY(put_row(a, &p->rows[i], NULL, in, options, out, e));
	}
	return 0;
}

/* First those that stood there, in their order, then what came new. */
static int fields_encode(struct arena *a, const struct place *p, const void *in, const struct p1_options *options,
                         X4_ExtensionFields_t **out, struct err *e)
{
	const struct mx_extensions *extensions = (const void *)((const char *)in + p->extensions);
	const struct mx_extension_marks *marks = (const void *)((const char *)in + p->marks);
	size_t i, r, raw = 0;

	*out = NULL;
	for (i = 0; i < marks->count; i++) {
		if (marks->items[i].number < 0 && raw < extensions->count)
			put_field(a, out, &extensions->items[raw++], options);
		for (r = 0; r < p->count; r++) {
			if (p->rows[r].number == marks->items[i].number)
				TRY(put_row(a, &p->rows[r], &marks->items[i], in, options, out, e));
		}
	}
	TRY(put_unmarked(a, p, false, marks, in, options, out, e));
	while (raw < extensions->count)
		put_field(a, out, &extensions->items[raw++], options);
	return put_unmarked(a, p, true, marks, in, options, out, e);
}

/* ---- the four places ---- */

int p1_envelope_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_envelope *out, struct err *e)
{
	return fields_decode(a, &envelope_place, in, out, e);
}

int p1_envelope_extensions_encode(struct arena *a, const struct mx_envelope *in, const struct p1_options *options,
                                  X4_ExtensionFields_t **out, struct err *e)
{
	return fields_encode(a, &envelope_place, in, options, out, e);
}

int p1_recipient_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_recipient *out, struct err *e)
{
	TRY(fields_decode(a, &recipient_place, in, out, e));
	if (out->redirection_history.count > 0)
		out->original = out->redirection_history.items[0].name; /* X.411 8.3.1.1.1.4: the first one is whom the originator meant */
	return 0;
}

int p1_recipient_extensions_encode(struct arena *a, const struct mx_recipient *in, const struct p1_options *options,
                                   X4_ExtensionFields_t **out, struct err *e)
{
	return fields_encode(a, &recipient_place, in, options, out, e);
}

int p1_report_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_report *out, struct err *e)
{
	return fields_decode(a, &report_place, in, out, e);
}

int p1_report_extensions_encode(struct arena *a, const struct mx_report *in, const struct p1_options *options,
                                X4_ExtensionFields_t **out, struct err *e)
{
	return fields_encode(a, &report_place, in, options, out, e);
}

int p1_report_recipient_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_report_recipient *out, struct err *e)
{
	return fields_decode(a, &reported_place, in, out, e);
}

int p1_report_recipient_extensions_encode(struct arena *a, const struct mx_report_recipient *in, const struct p1_options *options,
                                          X4_ExtensionFields_t **out, struct err *e)
{
	return fields_encode(a, &reported_place, in, options, out, e);
}

int p1_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_extensions *out, struct err *e)
{
	int i;

	for (i = 0; in != NULL && i < in->list.count; i++)
		TRY(field_read(a, p1_any_octets(in->list.array[i]), ARENA_PUSH(a, out), e));
	return 0;
}

void p1_extensions_encode(struct arena *a, const struct mx_extensions *in, const struct p1_options *options, X4_ExtensionFields_t **out)
{
	size_t i;

	for (i = 0; i < in->count; i++)
		put_field(a, out, &in->items[i], options);
}

/* ---- texts for people ---- */

static int dl_names(struct arena *a, const struct mx_extension *x, struct mx_report *out)
{
	struct ber_tlv t, m;
	struct ber_cursor c;
	struct or_name name = {0};

	if (x->number == P1_REPORTING_DL_NAME) {
		TRY(p1_name_read(a, x->value, &name, NULL));
		*ARENA_PUSH(a, &out->dl_history_names) = or_text(a, &name.address);
		return 0;
	}
	TRY(ber_tlv_read(x->value, &t, NULL));
	for (c = ber_cursor_over(t.value); !ber_cursor_end(&c);) {
		TRY(ber_cursor_next(&c, &m, NULL));
		/* SEQUENCE { name, time }; the first edition had the name alone */
		if (m.tag == BER_U(BER_SEQUENCE)) {
			struct ber_cursor pair = ber_cursor_over(m.value);
			TRY(ber_cursor_next(&pair, &m, NULL));
		}
		name = (struct or_name){0};
		TRY(p1_name_read(a, m.whole, &name, NULL));
		*ARENA_PUSH(a, &out->dl_history_names) = or_text(a, &name.address);
	}
	return 0;
}

void p1_dl_names_decode(struct arena *a, const struct mx_envelope *envelope, struct mx_report *out)
{
	size_t i;

	for (i = 0; i < envelope->extensions.count; i++) {
		const struct mx_extension *x = &envelope->extensions.items[i];
		/* text for people: what cannot be read is left out, and stays in the extension */
		if (x->number == P1_REPORTING_DL_NAME || x->number == P1_ORIGINATOR_AND_DL_EXPANSION_HISTORY)
			(void)!dl_names(a, x, out);
	}
}
