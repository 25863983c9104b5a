/*
 * relay/board.c - see board.h.
 */
#include "config.h"

#include "relay/board.h"

#include <string.h>
#include <sys/mman.h>

#define DEATHS_KNOWN 64

struct death {
	uint8_t digest[BOARD_DIGEST];
	struct board_deaths n;
};

struct board {
	size_t size, count;
	int64_t smtp_until;
	struct death deaths[DEATHS_KNOWN];
	size_t deaths_next;
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

static size_t find_death(const struct board *b, const uint8_t *digest)
{
	size_t i = 0;

	while (i < DEATHS_KNOWN && (b->deaths[i].n.itself + b->deaths[i].n.killed == 0 || memcmp(b->deaths[i].digest, digest, BOARD_DIGEST) != 0))
		i++;
	return i;
}

void board_add_death(struct board *b, const uint8_t digest[static BOARD_DIGEST], bool killed)
{
	size_t i = find_death(b, digest);

	if (i == DEATHS_KNOWN) {
		i = b->deaths_next++ % DEATHS_KNOWN;
		b->deaths[i].n = (struct board_deaths){0};
		memcpy(b->deaths[i].digest, digest, BOARD_DIGEST);
	}
	__atomic_thread_fence(__ATOMIC_RELEASE); /* whoever sees the number sees its digest */
	if (killed)
		b->deaths[i].n.killed++;
	else
		b->deaths[i].n.itself++;
}

struct board_deaths board_deaths_of(const struct board *b, const uint8_t digest[static BOARD_DIGEST])
{
	size_t i = find_death(b, digest);

	return i < DEATHS_KNOWN ? b->deaths[i].n : (struct board_deaths){0};
}

void board_take_deaths(struct board *b, const struct board *old)
{
	memcpy(b->deaths, old->deaths, sizeof(b->deaths));
	b->deaths_next = old->deaths_next;
}
