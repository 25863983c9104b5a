/*
 * relay/board.h - a page of memory that the parent writes and all children read: which next hops are down, and over which
 * mail workers have died.
 *
 * It only saves questions: a worker that reads an old value meets the same fact a moment later as an error, or dies once
 * more.  Deaths are forgotten when mixgated ends, and the oldest when there are many.
 */
#ifndef MIXGATE_RELAY_BOARD_H
#define MIXGATE_RELAY_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BOARD_DIGEST 32

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
/* A worker died while it read and translated the mail of this digest; killed: by SIGKILL, which comes from outside. */
struct board_deaths {
	unsigned itself, killed;
};
void board_add_death(struct board *b, const uint8_t digest[static BOARD_DIGEST], bool killed);
struct board_deaths board_deaths_of(const struct board *b, const uint8_t digest[static BOARD_DIGEST]);
/* A reload brings a new board. */
void board_take_deaths(struct board *b, const struct board *old);

#endif
