/*
 * p1/extensions.c - see extensions.h.
 *
 * A table per place where extensions stand: number, criticality when we write it (X.411:1999 RECOMMENDED CRITICALITY),
 * how the member is read and written.
 */
#include "p1/extensions.h"

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

static int type_read(struct arena *a, const struct ber_tlv *t, struct mx_extension *out, struct err *e)
{
	struct ber_tlv inner = *t;
	int64_t number;

	out->number = -1;
	if (t->tag == BER_C(3)) {
		out->oid = p1_oid(a, t->value);
		return 0;
	}
	if (t->tag != BER_C(0))
		return ERR(e, ERR_BER_TYPE, "extension type with tag %u", BER_NUMBER_OF(t->tag));
	out->number_as_88 = t->constructed;
	if (t->constructed) {
		TRY(ber_tlv_inner(t, &inner, e));
		/* [0] EXPLICIT, and inside an INTEGER or (first edition drafts) an OBJECT IDENTIFIER */
		if (inner.tag == BER_U(BER_OID)) {
			out->oid = p1_oid(a, inner.value);
			return 0;
		}
	}
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
	out->criticality = (uint8_t)(bits & (MX_CRITICAL_SUBMISSION | MX_CRITICAL_TRANSFER | MX_CRITICAL_DELIVERY));
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

static void fields_add(struct arena *a, X4_ExtensionFields_t **fields, const struct mx_extension *x, const struct p1_options *options)
{
	if (*fields == NULL)
		*fields = NEW(a, X4_ExtensionFields_t);
	p1_list_add(a, &(*fields)->list, p1_new_any(a, field_write(a, x, options)));
}

/* ---- values ---- */

static int prohibited_read(struct octets value, bool *out)
{
	struct ber_tlv t;
	int64_t v;

	TRY(ber_tlv_read(value, &t, NULL));
	TRY(ber_tlv_integer(&t, &v, NULL));
	*out = v == 1;
	return v == 0 || v == 1 ? 0 : -1;
}

static void prohibited_write(struct arena *a, bool value, struct octets *out)
{
	struct ber_writer w = ber_writer_in(a);

	if (!value)
		return;
	ber_put_integer(&w, BER_U(BER_ENUMERATED), 1);
	*out = ber_writer_octets(&w);
}

/* ContentCorrelator: IA5String, or octets, which PP fills with lines of text. */
static int correlator_read(struct arena *a, struct octets value, const char **out)
{
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

static void correlator_write(struct arena *a, const char *text, struct octets *out)
{
	struct ber_writer w = ber_writer_in(a);
	const char *s;

	if (text == NULL)
		return;
	for (s = text; *s != '\0' && (unsigned char)*s < 0x80; s++)
		;
	ber_put_text(&w, BER_U(*s == '\0' ? BER_IA5_STRING : BER_OCTET_STRING), text);
	*out = ber_writer_octets(&w);
}

static int redirection_read(struct arena *a, struct octets value, struct mx_redirection **items, size_t *count)
{
	struct {
		struct mx_redirection *items;
		size_t count, capacity;
	} list = {0};
	const X4_RedirectionHistory_t *in;
	void *decoded;
	int i;

	TRY(ber_decode_type(a, &asn_DEF_X4_RedirectionHistory, value, &decoded, NULL));
	in = decoded;
	for (i = 0; i < in->list.count; i++) {
		const X4_Redirection_t *x = in->list.array[i];
		struct mx_redirection *r = ARENA_PUSH(a, &list);
		TRY(p1_name_decode(a, &x->intended_recipient_name.intended_recipient, &r->name, NULL));
		TRY(p1_string_time(x->intended_recipient_name.redirection_time, &r->time, NULL));
		r->reason = (int)x->redirection_reason;
	}
	*items = list.items;
	*count = list.count;
	return 0;
}

static int redirection_write(struct arena *a, const struct mx_redirection *in, size_t count, struct octets *value, struct err *e)
{
	X4_RedirectionHistory_t out = {0};
	size_t i;

	if (count == 0)
		return 0;
	for (i = 0; i < count; i++) {
		X4_Redirection_t *x = NEW(a, X4_Redirection_t);
		TRY(p1_name_encode(a, &in[i].name, &x->intended_recipient_name.intended_recipient, e));
		x->intended_recipient_name.redirection_time = p1_new_time(a, &in[i].time);
		x->redirection_reason = in[i].reason;
		p1_list_add(a, &out.list, x);
	}
	return ber_encode_type(a, &asn_DEF_X4_RedirectionHistory, &out, value, e);
}

int p1_field_list_read(struct arena *a, struct octets tlv, const char ***items, size_t *count, struct err *e)
{
	struct {
		const char **items;
		size_t count, capacity;
	} list = {0};
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

/* ---- of the envelope ---- */

struct envelope_row {
	int number;
	uint8_t criticality;
	int (*read)(struct arena *a, struct octets value, struct mx_envelope *out);
	int (*write)(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e);
};

static int reassignment_read(struct arena *a UNUSED, struct octets value, struct mx_envelope *out)
{
	return prohibited_read(value, &out->recipient_reassignment_prohibited);
}

static int reassignment_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e UNUSED)
{
	prohibited_write(a, in->recipient_reassignment_prohibited, value);
	return 0;
}

static int expansion_read(struct arena *a UNUSED, struct octets value, struct mx_envelope *out)
{
	return prohibited_read(value, &out->dl_expansion_prohibited);
}

static int expansion_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e UNUSED)
{
	prohibited_write(a, in->dl_expansion_prohibited, value);
	return 0;
}

static int loss_read(struct arena *a UNUSED, struct octets value, struct mx_envelope *out)
{
	return prohibited_read(value, &out->conversion_with_loss_prohibited);
}

static int loss_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e UNUSED)
{
	prohibited_write(a, in->conversion_with_loss_prohibited, value);
	return 0;
}

static int latest_read(struct arena *a UNUSED, struct octets value, struct mx_envelope *out)
{
	struct ber_tlv t;
	struct when w = {0};

	TRY(ber_tlv_read(value, &t, NULL));
	TRY(p1_time_decode(t.value, &w, NULL));
	out->latest_delivery_time = w;
	return 0;
}

static int latest_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e UNUSED)
{
	struct ber_writer w = ber_writer_in(a);
	char text[20];

	if (!in->latest_delivery_time.set)
		return 0;
	clock_format_utctime(&in->latest_delivery_time, text);
	ber_put_text(&w, BER_U(BER_UTC_TIME), text);
	*value = ber_writer_octets(&w);
	return 0;
}

static int return_address_read(struct arena *a, struct octets value, struct mx_envelope *out)
{
	struct or_name name = {0};

	TRY(p1_name_read(a, value, &name, NULL));
	out->originator_return_address = name;
	return 0;
}

static int return_address_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e)
{
	X4_ORAddress_t address;

	if (!p1_name_given(&in->originator_return_address))
		return 0;
	TRY(p1_address_encode(a, &in->originator_return_address.address, &address, e));
	return ber_encode_type(a, &asn_DEF_X4_ORAddress, &address, value, e);
}

static int envelope_correlator_read(struct arena *a, struct octets value, struct mx_envelope *out)
{
	return correlator_read(a, value, &out->content_correlator);
}

static int envelope_correlator_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e UNUSED)
{
	correlator_write(a, in->content_correlator, value);
	return 0;
}

static int dl_history_read(struct arena *a, struct octets value, struct mx_envelope *out)
{
	const X4_DLExpansionHistory_t *in;
	void *decoded;
	int i;

	TRY(ber_decode_type(a, &asn_DEF_X4_DLExpansionHistory, value, &decoded, NULL));
	in = decoded;
	for (i = 0; i < in->list.count; i++) {
		struct mx_dl_history *d = ARENA_PUSH(a, &out->dl_history);
		if (p1_name_decode(a, &in->list.array[i]->address, &d->dl, NULL) != 0 ||
		    p1_string_time(in->list.array[i]->dl_expansion_time, &d->time, NULL) != 0) {
			out->dl_history.count = 0;
			return -1;
		}
	}
	return 0;
}

static int dl_history_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e)
{
	X4_DLExpansionHistory_t out = {0};
	size_t i;

	if (in->dl_history.count == 0)
		return 0;
	for (i = 0; i < in->dl_history.count; i++) {
		X4_DLExpansion_t *x = NEW(a, X4_DLExpansion_t);
		TRY(p1_name_encode(a, &in->dl_history.items[i].dl, &x->address, e));
		x->dl_expansion_time = p1_new_time(a, &in->dl_history.items[i].time);
		p1_list_add(a, &out.list, x);
	}
	return ber_encode_type(a, &asn_DEF_X4_DLExpansionHistory, &out, value, e);
}

static int internal_trace_read(struct arena *a, struct octets value, struct mx_envelope *out)
{
	struct p1_traces list = {0};

	TRY(p1_internal_trace_read(a, value, &list, NULL));
	out->internal_trace.items = list.items;
	out->internal_trace.count = list.count;
	out->internal_trace.capacity = list.capacity;
	return 0;
}

static int internal_trace_write(struct arena *a, const struct mx_envelope *in, struct octets *value, struct err *e)
{
	if (in->internal_trace.count == 0)
		return 0;
	return p1_internal_trace_write(a, in->internal_trace.items, in->internal_trace.count, value, e);
}

static const struct envelope_row envelope_rows[] = {
	{P1_RECIPIENT_REASSIGNMENT_PROHIBITED, MX_CRITICAL_DELIVERY, reassignment_read, reassignment_write},
	{P1_DL_EXPANSION_PROHIBITED, MX_CRITICAL_DELIVERY, expansion_read, expansion_write},
	{P1_CONVERSION_WITH_LOSS_PROHIBITED, MX_CRITICAL_DELIVERY, loss_read, loss_write},
	{P1_LATEST_DELIVERY_TIME, MX_CRITICAL_DELIVERY, latest_read, latest_write},
	{P1_ORIGINATOR_RETURN_ADDRESS, 0, return_address_read, return_address_write},
	{P1_CONTENT_CORRELATOR, 0, envelope_correlator_read, envelope_correlator_write},
	{P1_DL_EXPANSION_HISTORY, 0, dl_history_read, dl_history_write},
	{P1_INTERNAL_TRACE_INFORMATION, 0, internal_trace_read, internal_trace_write},
};

int p1_envelope_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_envelope *out, struct err *e)
{
	struct mx_extension x;
	size_t r;
	int i;

	if (in == NULL)
		return 0;
	for (i = 0; i < in->list.count; i++) {
		TRY(field_read(a, p1_any_octets(in->list.array[i]), &x, e));
		for (r = 0; r < ARRAY_LEN(envelope_rows); r++) {
			if (x.number == envelope_rows[r].number && envelope_rows[r].read(a, x.value, out) == 0)
				break;
		}
		*ARENA_PUSH(a, &out->as_received.extension_order) = r < ARRAY_LEN(envelope_rows) ? x.number : -1;
		if (r == ARRAY_LEN(envelope_rows))
			*ARENA_PUSH(a, &out->extensions) = x;
	}
	return 0;
}

static void add_row(struct arena *a, const struct envelope_row *row, struct octets *value, const struct p1_options *options,
                    X4_ExtensionFields_t **out)
{
	struct mx_extension x = {.number = row->number, .criticality = row->criticality, .value = *value};

	if (value->len > 0)
		fields_add(a, out, &x, options);
	value->len = 0; /* not twice */
}

int p1_envelope_extensions_encode(struct arena *a, const struct mx_envelope *in, const struct p1_options *options,
                                  X4_ExtensionFields_t **out, struct err *e)
{
	struct octets values[ARRAY_LEN(envelope_rows)] = {{NULL, 0}};
	size_t r, i, raw = 0;

	*out = NULL;
	for (r = 0; r < ARRAY_LEN(envelope_rows); r++)
		TRY(envelope_rows[r].write(a, in, &values[r], e));
	for (i = 0; i < in->as_received.extension_order.count; i++) {
		int number = in->as_received.extension_order.items[i];
		if (number < 0 && raw < in->extensions.count)
			fields_add(a, out, &in->extensions.items[raw++], options);
		for (r = 0; r < ARRAY_LEN(envelope_rows); r++) {
			if (envelope_rows[r].number == number)
				add_row(a, &envelope_rows[r], &values[r], options, out);
		}
	}
	for (r = 0; r < ARRAY_LEN(envelope_rows); r++)
		add_row(a, &envelope_rows[r], &values[r], options, out);
	while (raw < in->extensions.count)
		fields_add(a, out, &in->extensions.items[raw++], options);
	return 0;
}

/* ---- of a recipient ---- */

int p1_recipient_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_recipient *out, struct err *e)
{
	struct mx_redirection *items;
	struct mx_extension x;
	size_t count;
	int i;

	if (in == NULL)
		return 0;
	for (i = 0; i < in->list.count; i++) {
		struct or_name name = {0};
		TRY(field_read(a, p1_any_octets(in->list.array[i]), &x, e));
		if (x.number == P1_ORIGINATOR_REQUESTED_ALTERNATE_RECIPIENT && p1_name_read(a, x.value, &name, NULL) == 0) {
			out->originator_requested_alternate = name;
		} else if (x.number == P1_REDIRECTION_HISTORY && redirection_read(a, x.value, &items, &count) == 0) {
			out->redirection_history.items = items;
			out->redirection_history.count = out->redirection_history.capacity = count;
			if (count > 0)
				out->original = items[0].name; /* X.411 8.3.1.1.1.4: the first one is whom the originator meant */
		} else {
			*ARENA_PUSH(a, &out->extensions) = x;
		}
	}
	return 0;
}

int p1_recipient_extensions_encode(struct arena *a, const struct mx_recipient *in, const struct p1_options *options,
                                   X4_ExtensionFields_t **out, struct err *e)
{
	struct mx_extension x = {.number = P1_ORIGINATOR_REQUESTED_ALTERNATE_RECIPIENT, .criticality = MX_CRITICAL_SUBMISSION};
	X4_ORName_t name;
	size_t i;

	*out = NULL;
	if (p1_name_given(&in->originator_requested_alternate)) {
		TRY(p1_name_encode(a, &in->originator_requested_alternate, &name, e));
		TRY(ber_encode_type(a, &asn_DEF_X4_ORName, &name, &x.value, e));
		fields_add(a, out, &x, options);
	}
	if (in->redirection_history.count > 0) {
		x = (struct mx_extension){.number = P1_REDIRECTION_HISTORY};
		TRY(redirection_write(a, in->redirection_history.items, in->redirection_history.count, &x.value, e));
		fields_add(a, out, &x, options);
	}
	for (i = 0; i < in->extensions.count; i++)
		fields_add(a, out, &in->extensions.items[i], options);
	return 0;
}

/* ---- of reports ---- */

int p1_report_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_report *out, struct err *e)
{
	struct mx_extension x;
	const char **items;
	size_t count;
	int i;

	if (in == NULL)
		return 0;
	for (i = 0; i < in->list.count; i++) {
		TRY(field_read(a, p1_any_octets(in->list.array[i]), &x, e));
		if (x.number == P1_CONTENT_CORRELATOR && correlator_read(a, x.value, &out->content_correlator) == 0) {
			continue;
		} else if (mx_oid_is(&x.oid, P1_OID_DSN_HEADER_LIST) && p1_field_list_read(a, x.value, &items, &count, NULL) == 0) {
			out->dsn_header_list.items = items;
			out->dsn_header_list.count = out->dsn_header_list.capacity = count;
		} else if (mx_oid_is(&x.oid, P1_OID_DSN_FIELD_LIST) && p1_field_list_read(a, x.value, &items, &count, NULL) == 0) {
			out->dsn_fields.items = items;
			out->dsn_fields.count = out->dsn_fields.capacity = count;
		} else {
			*ARENA_PUSH(a, &out->extensions) = x;
		}
	}
	return 0;
}

static void fields_add_list(struct arena *a, X4_ExtensionFields_t **out, const char *oid, const char *const *items, size_t count,
                            const struct p1_options *options)
{
	struct mx_extension x = {.number = -1};

	if (count == 0)
		return;
	x.oid = mx_oid_parse(a, oid);
	x.value = p1_field_list_write(a, items, count);
	fields_add(a, out, &x, options);
}

void p1_report_extensions_encode(struct arena *a, const struct mx_report *in, const struct p1_options *options,
                                 X4_ExtensionFields_t **out)
{
	struct mx_extension x = {.number = P1_CONTENT_CORRELATOR};
	size_t i;

	*out = NULL;
	correlator_write(a, in->content_correlator, &x.value);
	if (x.value.len > 0)
		fields_add(a, out, &x, options);
	for (i = 0; i < in->extensions.count; i++)
		fields_add(a, out, &in->extensions.items[i], options);
	fields_add_list(a, out, P1_OID_DSN_FIELD_LIST, in->dsn_fields.items, in->dsn_fields.count, options);
	fields_add_list(a, out, P1_OID_DSN_HEADER_LIST, in->dsn_header_list.items, in->dsn_header_list.count, options);
}

int p1_report_recipient_extensions_decode(struct arena *a, const X4_ExtensionFields_t *in, struct mx_report_recipient *out, struct err *e)
{
	struct mx_redirection *redirections;
	struct mx_extension x;
	const char **items;
	size_t count;
	int i;

	if (in == NULL)
		return 0;
	for (i = 0; i < in->list.count; i++) {
		TRY(field_read(a, p1_any_octets(in->list.array[i]), &x, e));
		if (x.number == P1_REDIRECTION_HISTORY && redirection_read(a, x.value, &redirections, &count) == 0) {
			out->redirection_history.items = redirections;
			out->redirection_history.count = out->redirection_history.capacity = count;
		} else if (mx_oid_is(&x.oid, P1_OID_DSN_FIELD_LIST) && p1_field_list_read(a, x.value, &items, &count, NULL) == 0) {
			out->dsn_fields.items = items;
			out->dsn_fields.count = out->dsn_fields.capacity = count;
		} else {
			*ARENA_PUSH(a, &out->extensions) = x;
		}
	}
	return 0;
}

int p1_report_recipient_extensions_encode(struct arena *a, const struct mx_report_recipient *in, const struct p1_options *options,
                                          X4_ExtensionFields_t **out, struct err *e)
{
	struct mx_extension x = {.number = P1_REDIRECTION_HISTORY};
	size_t i;

	*out = NULL;
	TRY(redirection_write(a, in->redirection_history.items, in->redirection_history.count, &x.value, e));
	if (x.value.len > 0)
		fields_add(a, out, &x, options);
	for (i = 0; i < in->extensions.count; i++)
		fields_add(a, out, &in->extensions.items[i], options);
	fields_add_list(a, out, P1_OID_DSN_FIELD_LIST, in->dsn_fields.items, in->dsn_fields.count, options);
	return 0;
}

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
