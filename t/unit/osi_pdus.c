/*
 * Presentation, ACSE, RTSE and bind PDUs: forms that peers send, what is refused, and every truncation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/explain.h"
#include "osi/opening.h"
#include "osi/session_pdu.h"
#include "t/lib/hex.h"
#include "t/lib/tap.h"

static struct octets hex(struct arena *a, const char *text)
{
	uint8_t *p = arena_alloc(a, strlen(text) + 1);

	return (struct octets){p, hex_decode(text, p)};
}

/* The connect data of a recorded CN, AC or RF. */
static struct octets recorded(struct arena *a, const char *name, bool refuse)
{
	char path[200];
	size_t n;
	uint8_t *file;
	struct spdu s;
	struct err e;

	snprintf(path, sizeof path, "t/vectors/osi/%s.hex", name);
	file = hex_file(path, &n);
	if (spdu_decode((struct octets){arena_memdup(a, file + 7, n - 7), n - 7}, &s, &e) != 0)
		return (struct octets){0};
	free(file);
	if (refuse)
		return (struct octets){s.p[SP_REASON].p + 1, s.p[SP_REASON].len - 1};
	return s.p[SP_USER_DATA].p != NULL ? s.p[SP_USER_DATA] : s.p[SP_EXTENDED_DATA];
}

static void bind_forms(struct arena *a)
{
	static const struct {
		const char *name, *in, *mta, *password; /* mta NULL: unauthenticated, "-": refused */
	} rows[] = {
		{"IA5String password", "b0 0c a1 0a 80 01 61 a1 05 16 03 61 62 63", "a", "abc"},
		{"OCTET STRING password", "b0 0c a1 0a 80 01 61 a1 05 04 03 61 62 63", "a", "abc"},
		{"members in the other order", "b0 0c a1 0a a1 05 16 03 61 62 63 80 01 61", "a", "abc"},
		{"indefinite forms, segmented name", "b0 80 a1 80 a0 80 16 01 61 16 01 62 00 00 a1 80 16 01 78 00 00 00 00 00 00", "ab", "x"},
		{"empty password", "b0 09 a1 07 80 01 61 a1 02 16 00", "a", ""},
		{"blank password", "b0 0a a1 08 80 01 61 a1 03 16 01 20", "a", " "},
		{"no credentials", "b0 05 a1 03 80 01 61", "a", NULL},
		{"strong credentials", "b0 0b a1 09 80 01 61 a1 04 a0 02 31 00", "a", NULL},
		{"unknown member", "b0 0c a1 0a 80 01 61 a1 02 16 00 99 01 01", "a", ""},
		{"unauthenticated", "b0 02 05 00", NULL, NULL},
		{"name with NUL", "b0 0b a1 09 80 03 61 00 62 a1 02 16 00", "-", NULL},
		{"a result where an argument is due", "b1 02 05 00", "-", NULL},
		{"another member in the place of the name", "b0 0c a1 0a d7 01 61 a1 05 04 03 61 62 63", "-", NULL},
		{"no name", "b0 06 a1 04 a1 02 16 00", "-", NULL},
		{"nothing", "", "-", NULL},
		{"octets behind", "b0 02 05 00 00", "-", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct osi_mta m;
		struct err e = {0};
		int r = bind_decode_argument(a, hex(a, rows[i].in), false, a, &m, &e);

		if (rows[i].mta != NULL && strcmp(rows[i].mta, "-") == 0) {
			ok(r != 0 && e.id == ERR_OSI_BIND, "bind: %s is refused", rows[i].name);
			continue;
		}
		is(r == 0 ? m.name : e.detail, rows[i].mta, "bind: %s: name", rows[i].name);
		is(r == 0 && m.password.p != NULL ? (const char *)m.password.p : NULL, rows[i].password, "bind: %s: password", rows[i].name);
	}
}

static void bind_comparison(void)
{
	struct osi_mta want = {.name = "a", .password = {(const uint8_t *)"pw", 2}}, nobody = {0};
	struct osi_mta said = want;

	ok(bind_matches(&said, &want), "same name and password");
	ok(bind_matches(&said, &nobody) && bind_matches(&nobody, &nobody), "nobody expected: everybody may come");
	ok(!bind_matches(&nobody, &want), "unauthenticated is not the one expected");
	said.name = "A";
	ok(!bind_matches(&said, &want), "names are compared exactly");
	said = want;
	said.password.len = 1;
	ok(!bind_matches(&said, &want), "the beginning of a password is not enough");
	said.password.len = want.password.len = 0;
	said.password.p = NULL;
	ok(bind_matches(&said, &want), "absent and empty password are the same");
}

static void rtse_forms(struct arena *a)
{
	struct rtse_open o;
	struct octets data;
	struct err e = {0};
	int n;

	ok(rtse_decode_rtorq(a, hex(a, "b0 06 a3 04 a0 02 05 00"), &o, &e) == 0 && o.checkpoint == 0 && o.window == 3 && o.dialogue == RT_MONOLOGUE,
	   "RTORQ: defaults");
	ok(rtse_decode_rtorq(a, hex(a, "b0 0f a3 04 a0 02 05 00 82 01 01 81 01 07 80 01 3f"), &o, &e) == 0 && o.checkpoint == 63 && o.window == 7 && o.dialogue == RT_TWA,
	   "RTORQ: members in another order");
	ok(rtse_decode_rtorq(a, hex(a, "b0 0f 80 04 7f ff ff ff 81 01 00 a3 04 a0 02 05 00"), &o, &e) == 0 && o.checkpoint == 1 << 20 && o.window == 1,
	   "REL-038 RTORQ: checkpoint size 2^31-1 and window 0 are brought into our range");
	ok(rtse_decode_rtorq(a, hex(a, "b0 0b 81 02 00 ff a3 04 a0 02 05 00 85 00"), &o, &e) != 0, "RTORQ: octets behind");
	ok(rtse_decode_rtorq(a, hex(a, "b0 0a 81 02 00 ff a3 04 a0 02 05 00"), &o, &e) == 0 && o.window == 255, "REL-038 RTORQ: window 255");
	ok(rtse_decode_rtorq(a, hex(a, "b0 09 81 01 ff a3 04 a0 02 05 00"), &o, &e) != 0, "REL-038 RTORQ: negative window");
	ok(rtse_decode_rtorq(a, hex(a, "b0 14 a3 12 a1 10 14 01 41 17 0b 32 35 31 31 32 33 31 36 30 30 5a"), &o, &e) == 0 && o.recover, "RTORQ: recover");
	ok(rtse_decode_rtab(a, hex(a, "b6 03 80 01 04"), &n, &e) == 0 && n == 4, "RTAB");
	ok(rtse_decode_rtab(a, hex(a, "31 03 80 01 04"), &n, &e) == 0 && n == 4, "RTAB as a universal SET (ISODE's provider abort)");
	ok(rtse_decode_rtab(a, hex(a, "b6 00"), &n, &e) == 0 && n == -1, "RTAB without a reason");
	ok(rtse_decode_rtorj(a, hex(a, "b2 03 80 01 00"), &n, &data, &e) == 0 && n == 0 && data.p == NULL, "RTORJ with a reason alone");
	ok(rtse_decode_rttp(a, hex(a, "02 01 05"), &n, &e) == 0 && n == 5, "RTTP");
	ok(rtse_decode_rttp(a, hex(a, "02 01 ff"), &n, &e) == 0 && n == 255, "RTTP: a priority that is none is the lowest");
}

/* What a refusal says in words. */
static void refusals(struct arena *a)
{
	static const uint8_t psel[] = "P9";
	struct osi_options o = {.local = {.name = "mta.us"}, .called = {.psel = {psel, 2}}};
	struct err e;

	explain_refusal(&o, 2, recorded(a, "reject-bind-04-RF-CPR-AARE-RTORJ-binderror", true), &e);
	is(e.detail, "bind error 2 (authentication-error); we are MTA \"mta.us\"", "bind error in RF");
	explain_refusal(&o, 2, recorded(a, "reject-acname-04-RF-CPR-AARE-acname", true), &e);
	is(e.detail, "AARE rejected (permanent): application context name not supported", "AARE in RF");
	explain_refusal(&o, 2, recorded(a, "reject-psel-04-RF-CPR-psap-unknown", true), &e);
	is_int(e.id, ERR_OSI_PRESENTATION_REFUSED, "CPR in RF: %s", e.detail);
	ok(strstr(e.detail, "P9") != NULL && strstr(e.detail, "called presentation address unknown") != NULL, "it names what we called");
	explain_refusal(&o, 2, hex(a, "31 03 80 01 02"), &e);
	is(e.detail, "refuse reason 2 (validation failure); we are MTA \"mta.us\", in normal mode", "CPR in X.410 mode to our CP in normal mode");
	o.mode = OSI_MODE_X410_1988;
	explain_refusal(&o, 2, hex(a, "31 03 80 01 00"), &e);
	is_int(e.id, ERR_OSI_BUSY, "CPR in X.410 mode: %s", e.detail);
	explain_abort(hex(a, "31 03 80 01 04"), &e);
	is(e.detail, "by its RTSE: reason 4 (protocol error)", "ARU in X.410 mode");
	explain_refusal(&o, 2, hex(a, "30 82 ff"), &e);
	is_int(e.id, ERR_OSI_PRESENTATION, "a CPR that is none: %s", e.detail);
	explain_refusal(&o, 1, (struct octets){0}, &e);
	is_int(e.id, ERR_OSI_BUSY, "RF 1: %s", e.detail);
	explain_refusal(&o, 133, (struct octets){0}, &e);
	is_int(e.id, ERR_OSI_SESSION_REFUSED, "RF without data: %s", e.detail);
	explain_abort(hex(a, "30 03 80 01 02"), &e);
	is(e.detail, "by its presentation provider: ARP reason 2, event -1", "ARP");
	explain_abort(hex(a, "a0 0d 61 0b 30 09 02 01 01 a0 04 64 02 80 00"), &e);
	is_int(e.id, ERR_OSI_ABORTED, "ABRT with an empty number: %s", e.detail);
	explain_abort((struct octets){0}, &e);
	is_int(e.id, ERR_OSI_ABORTED, "AB without data: %s", e.detail);
}

/* Every truncation of what opens is refused with words of some layer, and nothing else happens. */
static void truncated(const char *name, bool confirm)
{
	struct arena *a = arena_new(0);
	struct octets whole = recorded(a, name, false), cpr;
	struct osi_options o = {.initiator = confirm};
	size_t wrong = 0;

	for (size_t n = 0; n <= whole.len; n++) {
		struct opening p;
		uint8_t *exact = malloc(n > 0 ? n : 1);
		struct err e = {0};
		int r;

		if (exact == NULL)
			abort();
		memcpy(exact, whole.p, n);
		opening_init(&p, &o, a);
		if (confirm && opening_request(&p, a, &cpr, &e) != 0)
			wrong++;
		r = confirm ? opening_confirm(&p, a, (struct octets){exact, n}, &e) : opening_indication(&p, a, (struct octets){exact, n}, &cpr, &e);
		wrong += (r == 0) != (n == whole.len) || (r != 0 && (e.id == ERR_NONE || *e.detail == '\0'));
		free(exact);
	}
	is_int((long long)wrong, 0, "%s: %zu truncations, the whole alone is taken", name, whole.len);
	arena_free(a);
}

int main(void)
{
	struct arena *a = arena_new(0);

	bind_forms(a);
	bind_comparison();
	rtse_forms(a);
	refusals(a);
	truncated("mono-03-CN-CP-AARQ-RTORQ-MTABindArgument", false);
	truncated("extud-03-CN-ext-user-data-segmented-TPDU", false);
	truncated("mono-04-AC-CPA-AARE-RTOAC-MTABindResult", true);
	arena_free(a);
	return tap_done();
}
