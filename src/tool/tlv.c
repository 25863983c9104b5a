/* tool/tlv.c - see tlv.h. */
#include "tool/tlv.h"

#include <string.h>

#include "ber/cursor.h"
#include "ber/gate.h"

#define DEPTH 32 /* values below are shown as octets */

/* What the tag of the whole says (X.226 8.2, X.227 9, X.228 9): names only; the members are shown by their tags. */
static const struct {
	uint32_t tag;
	const char *name;
} pdus[] = {
	{BER_U(BER_SET), "CP or CPA PPDU, if of OSI"},
	{BER_A(0), "AARQ APDU"}, {BER_A(1), "AARE APDU"}, {BER_A(2), "RLRQ APDU"}, {BER_A(3), "RLRE APDU"}, {BER_A(4), "ABRT APDU"},
	{BER_C(16), "RTORQ APDU"}, {BER_C(17), "RTOAC APDU"}, {BER_C(18), "RTORJ APDU"}, {BER_C(20), "RTTP APDU"}, {BER_C(21), "RTTR APDU"},
	{BER_C(22), "RTAB APDU"},
};

static const char *pdu_name(uint32_t tag)
{
	for (size_t i = 0; i < ARRAY_LEN(pdus); i++)
		if (pdus[i].tag == tag)
			return pdus[i].name;
	return NULL;
}

static const char *tag_text(struct arena *a, uint32_t tag)
{
	static const char *const universal[] = {
		[BER_BOOLEAN] = "BOOLEAN", [BER_INTEGER] = "INTEGER", [BER_BIT_STRING] = "BIT STRING", [BER_OCTET_STRING] = "OCTET STRING",
		[BER_NULL] = "NULL", [BER_OID] = "OBJECT IDENTIFIER", [BER_EXTERNAL] = "EXTERNAL", [BER_ENUMERATED] = "ENUMERATED",
		[BER_UTF8_STRING] = "UTF8String", [BER_SEQUENCE] = "SEQUENCE", [BER_SET] = "SET", [BER_NUMERIC_STRING] = "NumericString",
		[BER_PRINTABLE_STRING] = "PrintableString", [BER_TELETEX_STRING] = "TeletexString",
		[BER_VIDEOTEX_STRING] = "VideotexString", [BER_IA5_STRING] = "IA5String", [BER_UTC_TIME] = "UTCTime",
		[BER_GENERALIZED_TIME] = "GeneralizedTime", [BER_GRAPHIC_STRING] = "GraphicString",
		[BER_VISIBLE_STRING] = "VisibleString", [BER_GENERAL_STRING] = "GeneralString",
		[BER_UNIVERSAL_STRING] = "UniversalString", [BER_BMP_STRING] = "BMPString"};
	static const char *const classes[] = {"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "};
	uint32_t number = BER_NUMBER_OF(tag);

	if (BER_CLASS_OF(tag) == BER_UNIVERSAL && number < ARRAY_LEN(universal) && universal[number] != NULL)
		return universal[number];
	return arena_printf(a, "[%s%u]", classes[BER_CLASS_OF(tag) & 3], number);
}

static void fill(struct arena *a, const struct ber_tlv *t, unsigned depth, struct mx_tlv *out)
{
	struct ber_cursor c = ber_cursor_over(t->value);
	struct ber_tlv inner;

	out->tag = tag_text(a, t->tag);
	if (!t->constructed || depth == DEPTH) {
		out->constructed = t->constructed;
		out->value = blob_mem(t->value.p, t->value.len);
		return;
	}
	out->constructed = t->value.len == 0;
	while (!ber_cursor_end(&c)) {
		if (ber_cursor_next(&c, &inner, NULL) != 0) {
			out->value = blob_mem(c.left.p, c.left.len);
			return;
		}
		fill(a, &inner, depth + 1, ARENA_PUSH(a, &out->inside));
	}
}

void tlv_read(struct arena *a, struct octets in, const char *note, struct mx_octets *out)
{
	static const struct ber_limits limits = BER_LIMITS_DEFAULT;
	struct octets gated;
	struct ber_tlv t;
	size_t used;

	*out = (struct mx_octets){.note = note};
	while (in.len > 0 && ber_gate_prefix(a, in, &limits, &gated, &used, NULL) == 0 && used > 0 && ber_tlv_read(gated, &t, NULL) == 0) {
		if (out->values.count == 0 && pdu_name(t.tag) != NULL)
			out->note = note == NULL ? pdu_name(t.tag) : arena_printf(a, "%s: %s", pdu_name(t.tag), note);
		fill(a, &t, 1, ARENA_PUSH(a, &out->values));
		in.p += used;
		in.len -= used;
	}
	out->rest = blob_mem(in.p, in.len);
}
