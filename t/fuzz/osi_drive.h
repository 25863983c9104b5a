/*
 * osi_drive.h - plays the owner of an association for the fuzz targets: octets in uneven pieces, every event answered,
 * now and then the clock goes on.
 */
#ifndef MIXGATE_T_FUZZ_OSI_DRIVE_H
#define MIXGATE_T_FUZZ_OSI_DRIVE_H

#include <stdint.h>
#include <stdlib.h>

#include "osi/association.h"

static uint8_t octets[3000];

static void give(struct osi_association *a, uint64_t *left, int64_t now)
{
	size_t room;

	while (*left > 0 && (room = osi_transfer_room(a)) > 0) {
		room = MIN_OF(MIN_OF(room, sizeof octets), (size_t)*left);
		osi_transfer_data(a, octets, room, now);
		*left -= room;
	}
	if (*left == 0)
		osi_transfer_end(a, now);
}

static void start(struct osi_association *a, uint64_t *left, unsigned dice, int64_t now)
{
	static const uint64_t sizes[] = {1, 100, 2500, 70000, 400000};
	struct err e;

	*left = sizes[dice % ARRAY_LEN(sizes)];
	if (osi_transfer_start(a, *left, now, &e) == 0)
		give(a, left, now);
}

static void answer(struct osi_association *a, const struct osi_event *ev, uint64_t *left, unsigned dice, int64_t now)
{
	switch (ev->kind) {
	case OSI_EV_BIND:
		if (dice % 8 == 0)
			osi_bind_refuse(a, (enum osi_bind_error)(dice / 8 % 5), now);
		else
			osi_bind_accept(a, &(struct osi_mta){.name = "mta.beta"}, now);
		break;
	case OSI_EV_OPEN:
	case OSI_EV_CONFIRMED:
	case OSI_EV_NOT_CONFIRMED:
	case OSI_EV_TURN_GIVEN:
		start(a, left, dice, now);
		break;
	case OSI_EV_SEND_MORE:
		if (dice % 16 == 0)
			osi_transfer_discard(a, now);
		else if (dice % 16 == 1)
			osi_transfer_interrupt(a, now);
		else
			give(a, left, now);
		break;
	case OSI_EV_TRANSFER_START:
		if (dice % 4 == 0)
			osi_turn_please(a, (int)(dice % 3), now);
		break;
	case OSI_EV_TRANSFER_DATA:
		if (ev->data.len == 0 || ev->data.p == NULL)
			abort(); /* data are never nothing */
		if (dice % 64 == 0)
			osi_transfer_refuse(a, OSI_REFUSE_TEMPORARY, now);
		break;
	case OSI_EV_TRANSFER_END:
		if (dice % 8 == 1)
			osi_turn_please(a, 1, now);
		if (dice % 4 == 0)
			osi_transfer_refuse(a, OSI_REFUSE_UNRECOVERABLE, now);
		else
			osi_transfer_confirm(a, now);
		break;
	case OSI_EV_TURN_PLEASE:
		osi_turn_give(a, now);
		break;
	default:
		break;
	}
}

static void drive(const struct osi_options *o, const uint8_t *p, size_t n)
{
	struct arena *arena = arena_new(0);
	struct osi_association *a = osi_new(arena, o, 0);
	uint64_t left = 0;
	int64_t now = 0;
	unsigned dice = (unsigned)n * 2654435761u;
	unsigned ends = 0;

	osi_connected(a, now);
	for (size_t at = 0; at <= n;) {
		struct osi_event ev;
		size_t piece = 1 + (dice >> 8) % ((dice & 3) == 0 ? 1000 : 9);

		piece = MIN_OF(piece, n - at);
		if (at == n)
			osi_disconnected(a, now);
		else
			osi_input(a, p + at, piece, now);
		at += at == n ? 1 : piece;
		if ((dice >> 12) % 16 == 0 && at < n) { /* an owner that is slow to ask */
			osi_next_event(a, &ev);
			ends += ev.kind == OSI_EV_RELEASED || ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_REFUSED;
			answer(a, &ev, &left, dice >> 16, now);
			dice = dice * 1664525u + 1013904223u;
			continue;
		}
		do {
			osi_next_event(a, &ev);
			ends += ev.kind == OSI_EV_RELEASED || ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_REFUSED;
			dice = dice * 1664525u + 1013904223u;
			answer(a, &ev, &left, dice >> 16, now);
		} while (ev.kind != OSI_EV_NONE);
		if (dice >> 30 != 0) /* sometimes the peer does not read */
			buf_consume(osi_out(a), osi_out(a)->len);
		if ((dice >> 20) % 32 == 0)
			osi_tick(a, now += 40000);
	}
	/* whatever came: the association ends, once */
	for (unsigned i = 0; i < 40 && ends == 0; i++) {
		struct osi_event ev;

		osi_tick(a, now += 1000000);
		do {
			osi_next_event(a, &ev);
			ends += ev.kind == OSI_EV_RELEASED || ev.kind == OSI_EV_ABORTED || ev.kind == OSI_EV_REFUSED;
		} while (ev.kind != OSI_EV_NONE);
	}
	if (ends != 1)
		abort();
	arena_free(arena);
}

#endif
