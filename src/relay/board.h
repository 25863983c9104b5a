/*
 * relay/board.h - a page of memory that the parent writes and all children read: which next hops are down.
 *
 * It only saves questions: a worker that reads an old value meets the same fact a moment later as an error.
 */
#ifndef MIXGATE_RELAY_BOARD_H
#define MIXGATE_RELAY_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct board;

/* A board for count peers (indices of config.peers). */
struct board *board_new(size_t count, struct err *e) MUST_USE;
void board_free(struct board *b);
/* Children: from now on a write is a fault of ours that ends the process. */
void board_protect(struct board *b);
/* until: monotonic ms, 0: up. */
void board_set_peer(struct board *b, size_t peer, int64_t until);
bool board_peer_down(const struct board *b, size_t peer, int64_t now);
void board_set_smtp(struct board *b, int64_t until);
bool board_smtp_down(const struct board *b, int64_t now);

#endif
