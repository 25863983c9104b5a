/*
 * Presentation, ACSE, RTSE and bind: any octets as each of their PDUs; the first octet says which.  An opening that is
 * taken is accepted and refused too, so that what came of it is written again; refusals and aborts are put into words.
 */
#include <stdint.h>
#include <stdlib.h>

#include "osi/acse.h"
#include "osi/bind.h"
#include "osi/explain.h"
#include "osi/opening.h"
#include "osi/pdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct osi_options everything = {.modes = 7, .checkpoint = 63, .window = 3, .local = {.name = "a"}};

static void opened(struct arena *a, struct octets in)
{
	struct opening o;
	struct octets out;
	struct err e;

	opening_init(&o, &everything, a);
	if (opening_indication(&o, a, in, &out, &e) != 0)
		return;
	if (opening_accept(&o, a, &everything.local, &out, &e) != 0 || opening_refuse(&o, a, OSI_BIND_BUSY).p == NULL ||
	    opening_abort(&o, a, RTAB_USER_ERROR, &out, &e) != 0)
		abort(); /* what could be read can be answered */
}

static void confirmed(struct arena *a, struct octets in, enum osi_mode mode)
{
	struct osi_options options = everything;
	struct opening o;
	struct octets out;
	struct err e;

	options.initiator = true;
	options.mode = mode;
	opening_init(&o, &options, a);
	if (opening_request(&o, a, &out, &e) != 0)
		abort();
	(void)!opening_confirm(&o, a, in, &e);
}

static void refused(struct octets in, bool abort_too)
{
	struct err e = {0};

	if (abort_too)
		explain_abort(in, &e);
	else
		explain_refusal(&everything, 2, in, &e);
	if (e.id == ERR_NONE || e.detail[0] == '\0')
		abort(); /* there are always words */
}

static void data_path(struct octets in, long context)
{
	struct pdata d;
	struct external x;
	struct octets slice, apdu;
	struct err e;

	pdata_start(&d, context);
	external_start(&x, context == 0 ? 0 : 5);
	while (pdata_next(&d, &in, &slice, &e) > 0)
		while (external_next(&x, &slice, &apdu, &e) > 0)
			if (apdu.len == 0)
				abort(); /* data are never nothing */
	(void)!pdata_end(&d, &e);
	(void)!external_end(&x, &e);
}

static void one(struct arena *a, unsigned which, struct octets in)
{
	struct presentation ps = {.x410 = (which & 1) != 0};
	struct rtse_open open;
	struct osi_mta mta;
	struct octets value;
	int number;
	struct err e;

	switch (which / 2 % 10) {
	case 0:
		opened(a, in);
		break;
	case 1:
		confirmed(a, in, (which & 1) != 0 ? OSI_MODE_X410_1988 : OSI_MODE_NORMAL);
		break;
	case 2:
		refused(in, false);
		break;
	case 3:
		refused(in, true);
		break;
	case 4:
		data_path(in, (which & 1) != 0 ? 0 : 3);
		break;
	case 5:
		(void)!presentation_decode_user_data(a, &ps, in, &value, &e);
		break;
	case 6:
		(void)!rtse_decode_rtorq(a, in, &open, &e);
		(void)!rtse_decode_rtoac(a, in, &open, &e);
		break;
	case 7:
		(void)!rtse_decode_rtorj(a, in, &number, &value, &e);
		(void)!rtse_decode_rtab(a, in, &number, &e);
		(void)!rtse_decode_rttp(a, in, &number, &e);
		break;
	case 8:
		(void)!bind_decode_argument(a, in, ps.x410, a, &mta, &e);
		(void)!bind_decode_result(a, in, ps.x410, a, &mta, &e);
		break;
	default:
		(void)!bind_decode_error(a, in, &number, &e);
		(void)!acse_decode_abrt(a, in, &number, &value, &e);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a;

	if (n < 1)
		return 0;
	a = arena_new(0);
	one(a, p[0], (struct octets){p + 1, n - 1});
	arena_free(a);
	return 0;
}
