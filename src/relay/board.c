/*
 * relay/board.c - see board.h.
 */
#include "config.h"

#include "relay/board.h"

#include <sys/mman.h>

struct board {
	size_t size, count;
	int64_t smtp_until;
	int64_t peer_until[];
};

struct board *board_new(size_t count, struct err *e)
{
	size_t size = sizeof(struct board) + count * sizeof(int64_t);
	struct board *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED) {
		ERR_ERRNO(e, ERR_SYSTEM, "shared page");
		return NULL;
	}
	b->size = size;
	b->count = count;
	return b;
}

void board_free(struct board *b)
{
	if (b != NULL)
		munmap(b, b->size);
}

void board_protect(struct board *b)
{
	/* Failing to protect changes nothing for anybody who does not write. */
	(void)mprotect(b, b->size, PROT_READ);
}

void board_set_peer(struct board *b, size_t peer, int64_t until)
{
	if (peer < b->count)
		__atomic_store_n(&b->peer_until[peer], until, __ATOMIC_RELAXED);
}

bool board_peer_down(const struct board *b, size_t peer, int64_t now)
{
	return peer < b->count && __atomic_load_n(&b->peer_until[peer], __ATOMIC_RELAXED) > now;
}

void board_set_smtp(struct board *b, int64_t until)
{
	__atomic_store_n(&b->smtp_until, until, __ATOMIC_RELAXED);
}

bool board_smtp_down(const struct board *b, int64_t now)
{
	return __atomic_load_n(&b->smtp_until, __ATOMIC_RELAXED) > now;
}
