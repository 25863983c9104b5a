/*
 * osi/session_pdu.c - see session_pdu.h.  Called by session.c and the tests; keeps nothing.
 *
 * Tolerant reader, strict writer: units come in any order, LI in the FF form for short lengths too, unknown PIs and PGIs
 * are skipped (X.225 8.2.4); units go out in ascending order of their codes, LI 0 where PGI 1 has nothing inside, because
 * that is what the other implementations send.
 */
#include "osi/session_pdu.h"

#include <string.h>

enum { PGI_CONNECTION_IDENTIFIER = 1, PGI_CONNECT_ACCEPT = 5, PGI_LINKING = 33 };

/* X.225 table 4 ff.: code, place, longest value that we take. */
static const struct parameter {
	uint8_t code;
	enum spdu_parameter place;
	size_t max;
} parameters[] = {
	{9, SP_CALLED_REF, 64},      {10, SP_CALLING_REF, 64},    {11, SP_COMMON_REF, 64},
	{12, SP_ADDITIONAL_REF, 4},  {15, SP_SYNC_TYPE, 1},       {16, SP_TOKEN_ITEM, 1},
	{17, SP_TC_DISCONNECT, 1},   {19, SP_OPTIONS, 1},         {20, SP_REQUIREMENTS, 2},
	{21, SP_TSDU_MAX, 4},        {22, SP_VERSION, 1},         {23, SP_INITIAL_SERIAL, 6},
	{25, SP_ENCLOSURE, 1},       {26, SP_TOKEN_SETTING, 1},   {41, SP_ACTIVITY_ID, 6},
	{42, SP_SERIAL, 6},          {46, SP_MIA_DATA, 65535},    {49, SP_REFLECT, 65535},
	{50, SP_REASON, 65535},      {51, SP_CALLING_SSEL, 16},   {52, SP_CALLED_SSEL, 16},
	{60, SP_OVERFLOW, 1},        {193, SP_USER_DATA, 65535},  {194, SP_EXTENDED_DATA, 65535},
};

/* Each kind: SI, category, and the codes it is written with, in order; P(n) opens PGI n, END closes it. */
#define PGI(n) (0x100 | (n))
#define END    0x200
#define ITEMS  16
static const struct layout {
	const char *name;
	uint8_t si, category;
	uint16_t items[ITEMS]; /* ended by 0 */
} layouts[SPDU_KINDS] = {
	[SPDU_CN] = {"CN", 13, 1, {PGI(1), 10, 11, 12, END, PGI(5), 19, 21, 22, 23, 26, END, 20, 51, 52, END | 1}},
	[SPDU_AC] = {"AC", 14, 1, {PGI(1), 9, 11, 12, END, PGI(5), 19, 21, 22, 26, END, 16, 20, 52, 193}},
	[SPDU_RF] = {"RF", 12, 1, {17, 22, 50}},
	[SPDU_FN] = {"FN", 9, 1, {17, 193}},
	[SPDU_DN] = {"DN", 10, 1, {193}},
	[SPDU_AB] = {"AB", 25, 1, {17, 49, 193}},
	[SPDU_AA] = {"AA", 26, 1, {0}},
	[SPDU_DT] = {"DT", 1, 2, {25}},
	[SPDU_GT] = {"GT", 1, 0, {16}},
	[SPDU_PT] = {"PT", 2, 0, {16, 193}},
	[SPDU_GTC] = {"GTC", 21, 1, {0}},
	[SPDU_GTA] = {"GTA", 22, 1, {0}},
	[SPDU_MIP] = {"MIP", 49, 2, {15, 42}},
	[SPDU_MIA] = {"MIA", 50, 2, {42}},
	[SPDU_AS] = {"AS", 45, 2, {41}},
	[SPDU_AR] = {"AR", 29, 2, {41}},
	[SPDU_AI] = {"AI", 25, 2, {50}},
	[SPDU_AIA] = {"AIA", 26, 2, {0}},
	[SPDU_AD] = {"AD", 57, 2, {50}},
	[SPDU_ADA] = {"ADA", 58, 2, {0}},
	[SPDU_AE] = {"AE", 41, 2, {42}},
	[SPDU_AEA] = {"AEA", 42, 2, {42}},
	[SPDU_ED] = {"ED", 48, 2, {50}},
	[SPDU_ER] = {"ER", 0, 2, {49}},
};
#define CONNECT_DATA (END | 1) /* 193, or 194 when that is what is set */

const char *spdu_name(enum spdu_kind k) { return layouts[k].name; }

static const struct parameter *parameter_of(unsigned code)
{
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		if (parameters[i].code == code)
			return &parameters[i];
	return NULL;
}

uint32_t spdu_number(struct octets p, uint32_t absent)
{
	uint32_t n = 0;

	if (p.p == NULL || p.len > 4)
		return absent;
	for (size_t i = 0; i < p.len; i++)
		n = n << 8 | p.p[i];
	return n;
}

unsigned spdu_serial(struct octets p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (p.p[i] < '0' || p.p[i] > '9')
			return 0;
		n = n * 10 + (p.p[i] - '0');
	}
	return p.len > 6 ? 0 : n;
}

/* ---- decoding ---- */

/* Code and LI at the front of in: 0 with *head octets used and *length, 2 when cut short. */
static int read_head(struct octets in, unsigned *code, size_t *head, size_t *length)
{
	if (in.len < 2 || (in.p[1] == 255 && in.len < 4))
		return 2;
	*code = in.p[0];
	*head = in.p[1] == 255 ? 4 : 2;
	*length = in.p[1] == 255 ? (size_t)in.p[2] << 8 | in.p[3] : in.p[1];
	return 0;
}

static struct octets cut(struct octets in, size_t from) { return (struct octets){in.p + from, in.len - from}; }

static int take_unit(struct spdu *out, unsigned code, struct octets value, struct err *e)
{
	const struct parameter *p = parameter_of(code);

	if (p == NULL || value.len == 0)
		return 0; /* unknown: skipped; LI 0: as if absent (X.225 8.2.3) */
	if (value.len > p->max)
		return ERR(e, ERR_OSI_SESSION, "parameter %u of %s has %zu octets; %zu are allowed", code,
		           layouts[out->kind].name, value.len, p->max);
	out->p[p->place] = value;
	return 0;
}

/* Units at one level; PGI 1 and 5 hold PIs.  PGI 33 (linking information of AR) is not needed: resume is refused. */
static int decode_units(struct octets in, struct spdu *out, bool inside, struct err *e)
{
	while (in.len > 0) {
		unsigned code;
		size_t head, length;
		struct octets value;

		if (read_head(in, &code, &head, &length) != 0 || length > in.len - head)
			return ERR(e, ERR_OSI_SESSION, "parameter %u of %s passes the end of its parent", in.p[0], layouts[out->kind].name);
		value = (struct octets){in.p + head, length};
		if (!inside && (code == PGI_CONNECTION_IDENTIFIER || code == PGI_CONNECT_ACCEPT))
			TRY(decode_units(value, out, true, e)); /* one level, no deeper */
		else if (code != PGI_LINKING)
			TRY(take_unit(out, code, value, e));
		in = cut(in, head + length);
	}
	return 0;
}

static int kind_of(unsigned si, bool prefixed, enum spdu_kind *out, struct err *e)
{
	for (unsigned k = 0; k < SPDU_KINDS; k++)
		if (layouts[k].si == si && (layouts[k].category == 2) == prefixed) {
			*out = (enum spdu_kind)k;
			return 0;
		}
	return ERR(e, ERR_OSI_SESSION, "SPDU with SI %u%s is of no functional unit that was agreed", si, prefixed ? " behind a prefix" : "");
}

/* GT or PT before another SPDU: mostly empty. */
static int take_prefix(struct octets units, enum spdu_kind kind, struct spdu *out, struct err *e)
{
	struct spdu p = {.kind = kind};

	out->prefix = SPDU_KINDS;
	TRY(decode_units(units, &p, false, e));
	if (spdu_number(p.p[SP_TOKEN_ITEM], 0) == 0)
		return 0;
	out->prefix = kind;
	out->prefix_tokens = p.p[SP_TOKEN_ITEM];
	out->prefix_data = p.p[SP_USER_DATA];
	return 0;
}

int spdu_decode(struct octets tsdu, struct spdu *out, struct err *e)
{
	unsigned si;
	size_t head, length;
	bool prefixed = false;

	*out = (struct spdu){.prefix = SPDU_KINDS};
	for (;;) {
		if (read_head(tsdu, &si, &head, &length) != 0 || length > tsdu.len - head)
			return ERR(e, ERR_OSI_SESSION, "SPDU passes the end of its TSDU of %zu octets", tsdu.len);
		/* basic concatenation: GT or PT before one SPDU of category 2 */
		if (prefixed || si < 1 || si > 2 || tsdu.len == head + length)
			break;
		prefixed = true;
		TRY(take_prefix((struct octets){tsdu.p + head, length}, si == 1 ? SPDU_GT : SPDU_PT, out, e));
		tsdu = cut(tsdu, head + length);
	}
	TRY(kind_of(si, prefixed, &out->kind, e));
	if (out->kind == SPDU_DT)
		return ERR(e, ERR_OSI_SESSION, "DT behind PT"); /* behind GT it does not come here */
	TRY(decode_units((struct octets){tsdu.p + head, length}, out, false, e));
	if (tsdu.len > head + length)
		return ERR(e, ERR_OSI_SESSION, "%zu octets behind %s", tsdu.len - head - length, layouts[out->kind].name);
	return 0;
}

int spdu_decode_dt_head(struct octets in, struct spdu *out, size_t *head_end, struct err *e)
{
	unsigned si;
	size_t head, length, at;

	*out = (struct spdu){.kind = SPDU_DT, .prefix = SPDU_KINDS};
	if (in.len > 0 && in.p[0] != 1)
		return 0;
	if (read_head(in, &si, &head, &length) != 0)
		return 2;
	at = head + length;
	if (length > 254)
		return 0;
	if (in.len <= at)
		return 2;
	if (in.p[at] != 1)
		return 0;
	TRY(take_prefix((struct octets){in.p + head, length}, SPDU_GT, out, e));
	in = cut(in, at);
	if (read_head(in, &si, &head, &length) != 0)
		return 2;
	if (length > 254)
		return ERR(e, ERR_OSI_SESSION, "DT with %zu octets of parameters", length);
	if (in.len < head + length)
		return 2;
	TRY(decode_units((struct octets){in.p + head, length}, out, false, e));
	*head_end = at + head + length;
	return 1;
}

/* ---- encoding ---- */

static size_t li_size(size_t n) { return n > 254 ? 3 : 1; }

static void put_head(struct buf *out, unsigned code, size_t n)
{
	buf_putc(out, (unsigned char)code);
	if (n > 254) {
		buf_putc(out, 255);
		buf_putc(out, (unsigned char)(n >> 8));
	}
	buf_putc(out, (unsigned char)n);
}

static unsigned code_of(unsigned item, const struct spdu *s)
{
	if (item == CONNECT_DATA)
		return s->p[SP_EXTENDED_DATA].p != NULL ? 194 : 193;
	return item;
}

static size_t unit_size(unsigned item, const struct spdu *s)
{
	const struct octets *v = &s->p[parameter_of(code_of(item, s))->place];

	return v->p == NULL ? 0 : 1 + li_size(v->len) + v->len;
}

/* Octets of the items from i to the next END (or the end). */
static size_t group_size(const uint16_t *items, size_t i, const struct spdu *s)
{
	size_t n = 0;

	for (; i < ITEMS && items[i] != 0 && items[i] != END; i++)
		n += unit_size(items[i], s);
	return n;
}

static size_t all_size(const uint16_t *items, const struct spdu *s)
{
	size_t n = 0;

	for (size_t i = 0; i < ITEMS && items[i] != 0; i++) {
		if (items[i] == END)
			continue;
		if (items[i] < PGI(0) || items[i] == CONNECT_DATA)
			n += unit_size(items[i], s);
		else
			n += 1 + li_size(group_size(items, i + 1, s));
	}
	return n;
}

void spdu_encode(struct buf *out, const struct spdu *s)
{
	const struct layout *l = &layouts[s->kind];

	if (l->category == 2) {
		/* who has the tokens prefixes GT, the other PT; AR goes with GT (X.225 1988 table 8, ISODE), not PT (1995 print) */
		bool pt = s->kind == SPDU_MIA || s->kind == SPDU_AEA || s->kind == SPDU_AIA || s->kind == SPDU_ADA ||
		          s->kind == SPDU_ED || s->kind == SPDU_ER;
		put_head(out, pt ? 2 : 1, 0);
	}
	put_head(out, l->si, all_size(l->items, s));
	for (size_t i = 0; i < ITEMS && l->items[i] != 0; i++) {
		unsigned item = l->items[i];
		const struct octets *v;

		if (item == END)
			continue;
		if (item >= PGI(0) && item < END) {
			put_head(out, item & 0xff, group_size(l->items, i + 1, s));
			continue;
		}
		v = &s->p[parameter_of(code_of(item, s))->place];
		if (v->p == NULL)
			continue;
		put_head(out, code_of(item, s), v->len);
		buf_put(out, v->p, v->len);
	}
}
