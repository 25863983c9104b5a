/*
 * relay/exchange.c - see exchange.h.  Called by mixgate-source and mixgate-sink.
 */
#include "relay/exchange.h"

#include <stdio.h>

#include "base/clock.h"
#include "relay/sockets.h"

#define RELEASE_MS 10000

void exchange_init(struct exchange *x, const struct twin *t, const struct twin_store_options *o)
{
	*x = (struct exchange){.twin = t, .link = {.fd = -1}, .in = {.twin = t, .o = o}};
}

static int64_t now(void) { return clock_monotonic_ms(); }
static void count(uint64_t *n, uint64_t more) { __atomic_add_fetch(n, more, __ATOMIC_RELAXED); }

bool exchange_has_turn(const struct exchange *x) { return x->open && !x->over && osi_has_turn(x->link.osi); }

/* ---- events ---- */

static void answer_bind(struct exchange *x)
{
	const struct fault *refusal = faults_take(&x->twin->faults, FAULT_REFUSE_BIND);

	if (refusal != NULL)
		osi_bind_refuse(x->link.osi, (enum osi_bind_error)refusal->number, now());
	else
		osi_bind_accept(x->link.osi, &x->twin->osi.local, now());
}

static void refuse_transfer(struct exchange *x, long reason)
{
	osi_transfer_refuse(x->link.osi, (enum osi_refusal)reason, now());
	count(&x->twin->counts->refused, 1);
	twin_store_drop(&x->in);
}

/* A fault that refuses in mid-transfer says after how many octets. */
static void take_data(struct exchange *x, struct octets data)
{
	const struct faults *list = &x->twin->faults;
	uint64_t before = x->in.out == NULL ? 0 : x->in.out->written;

	twin_store_put(&x->in, data.p, data.len);
	count(&x->twin->counts->octets_in, data.len);
	for (size_t i = 0; i < list->count; i++) {
		const struct fault *f = &list->items[i];

		if (f->action == FAULT_REFUSE_TRANSFER && f->second > 0 && before < (uint64_t)f->second && before + data.len >= (uint64_t)f->second &&
		    fault_strikes(f)) {
			refuse_transfer(x, f->number);
			return;
		}
	}
}

static const struct fault *refusal_at_end(const struct faults *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].action == FAULT_REFUSE_TRANSFER && list->items[i].second == 0 && fault_strikes(&list->items[i]))
			return &list->items[i];
	return NULL;
}

/* The confirm goes out first: the report comes after it, as in a real MTA. */
static void confirm(struct exchange *x)
{
	struct blob report;
	struct err e = {0};

	osi_transfer_confirm(x->link.osi, now());
	link_flush(&x->link, now() + 1000);
	if (twin_store_look(&x->in, x->arena, osi_mode_of(x->link.osi), &report, &e) != 0)
		twin_complain(x->twin, &e);
	count(&x->twin->counts->received, 1);
	if (x->received != NULL)
		x->received(x, &report);
	twin_store_drop(&x->in);
}

static void end_of_transfer(struct exchange *x)
{
	const struct fault *refusal = refusal_at_end(&x->twin->faults);
	struct err e = {0};

	if (refusal != NULL) {
		refuse_transfer(x, refusal->number);
	} else if (twin_store_keep(&x->in, &e) != 0) {
		twin_complain(x->twin, &e);
		refuse_transfer(x, OSI_REFUSE_TEMPORARY);
	} else {
		confirm(x);
	}
}

static void take_event(struct exchange *x, const struct osi_event *ev)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		answer_bind(x);
		break;
	case OSI_EV_OPEN:
		x->open = true;
		count(&x->twin->counts->associations, 1);
		break;
	case OSI_EV_TRANSFER_START:
		twin_store_begin(&x->in);
		break;
	case OSI_EV_TRANSFER_DATA:
		take_data(x, ev->data);
		break;
	case OSI_EV_TRANSFER_END:
		end_of_transfer(x);
		break;
	case OSI_EV_TRANSFER_DROPPED:
		count(&x->twin->counts->dropped, 1);
		twin_store_drop(&x->in);
		break;
	case OSI_EV_CONFIRMED:
	case OSI_EV_NOT_CONFIRMED:
		x->answered = true;
		x->why = ev->err;
		break;
	case OSI_EV_TURN_PLEASE:
		x->asked = true;
		count(&x->twin->counts->turns_asked, 1);
		if (x->twin->verbose) {
			printf("turn please, priority %d\n", ev->number);
			fflush(stdout);
		}
		break;
	case OSI_EV_TURN_GIVEN:
		x->wanted = false;
		x->back = true;
		count(&x->twin->counts->turns, 1);
		break;
	case OSI_EV_REFUSED:
	case OSI_EV_ABORTED:
	case OSI_EV_RELEASED:
		x->over = true;
		x->why = ev->err;
		break;
	default:
		break;
	}
}

bool exchange_step(struct exchange *x, int64_t deadline)
{
	struct osi_event ev;

	if (link_next(&x->link, &ev, -1, deadline) != LINK_EVENT)
		return false;
	take_event(x, &ev);
	return true;
}

/* ---- opening and closing ---- */

static void start(struct exchange *x, int fd)
{
	x->arena = arena_new(0);
	x->open = x->over = x->asked = x->wanted = false;
	x->link = (struct link){.fd = fd, .osi = osi_new(x->arena, &x->twin->osi, now())};
	twin_tap(x->arena, x->twin, &x->link);
}

void exchange_accept(struct exchange *x, int fd) { start(x, fd); }

static int lost(struct exchange *x, const char *when, struct err *e)
{
	*e = x->why;
	if (e->id == ERR_NONE)
		ERR(e, ERR_RELAY_LOST, "association ended %s", when);
	exchange_close(x);
	return -1;
}

int exchange_open(struct exchange *x, const char *host, int port, struct err *e)
{
	int fd;

	TRY(sockets_connect(host, port, now() + 1000LL * x->twin->osi.timeouts.connect, &fd, e));
	start(x, fd);
	osi_connected(x->link.osi, now());
	while (!x->open && !x->over)
		exchange_step(x, INT64_MAX);
	return x->over ? lost(x, "before it was open", e) : 0;
}

void exchange_close(struct exchange *x)
{
	int64_t deadline = now() + RELEASE_MS;

	if (x->arena == NULL)
		return;
	if (x->open && !x->over && x->twin->osi.initiator) {
		osi_release(x->link.osi, now());
		while (!x->over && exchange_step(x, deadline)) {
		}
	}
	link_close(&x->link, deadline);
	twin_store_drop(&x->in);
	arena_free(x->arena);
	x->arena = NULL;
	x->open = false;
	x->link = (struct link){.fd = -1};
}

/* ---- sending ---- */

/* Gives octets; true when a fault ended the activity instead. */
static bool cut_short(struct exchange *x, const struct blob *apdu, const struct fault *cut, uint64_t *at, struct err *e, int *status)
{
	struct blob first = *apdu;

	if (cut != NULL)
		first = blob_slice(apdu, 0, MIN_OF((uint64_t)cut->number, apdu->len - 1));
	*status = link_send_apdu(&x->link, &first, at, e);
	if (cut == NULL || *at < first.len || *status != 0)
		return false;
	count(&x->twin->counts->discarded, 1);
	if (cut->action == FAULT_INTERRUPT)
		osi_transfer_interrupt(x->link.osi, now());
	else
		osi_transfer_discard(x->link.osi, now());
	return true;
}

int exchange_send(struct exchange *x, const struct blob *apdu, struct err *e)
{
	const struct fault *cut = faults_take(&x->twin->faults, FAULT_DISCARD);
	bool ended = false;
	uint64_t at = 0;
	int status = 0;

	if (cut == NULL)
		cut = faults_take(&x->twin->faults, FAULT_INTERRUPT);
	TRY(osi_transfer_start(x->link.osi, apdu->len, now(), e));
	for (x->answered = false; !x->answered && !x->over; exchange_step(x, INT64_MAX)) {
		if (!ended)
			ended = cut_short(x, apdu, cut, &at, e, &status);
		if (status != 0)
			return status;
		if (at == apdu->len && !ended) {
			osi_transfer_end(x->link.osi, now());
			ended = true;
		}
	}
	if (!x->answered)
		return lost(x, "inside a transfer", e);
	*e = x->why;
	if (e->id != ERR_NONE)
		return -1;
	count(&x->twin->counts->octets_out, apdu->len);
	return 0;
}

void exchange_give_turn(struct exchange *x, int64_t deadline)
{
	if (!exchange_has_turn(x))
		return;
	x->asked = x->back = false;
	osi_turn_give(x->link.osi, now());
	while (!x->over && !x->back && exchange_step(x, deadline)) {
	}
}
