/*
 * t/unit/relay_ipc.c - messages, descriptors and packed values between processes (relay/ipc.h, relay/pack.h), and what
 * happens when the other side is gone or sends nonsense.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/ipc.h"
#include "relay/pack.h"
#include "relay/sockets.h"
#include "t/lib/tap.h"

static void test_values(struct arena *a)
{
	struct buf b = BUF_INIT(4096);
	struct unpack u;
	struct err e = {.id = ERR_CONFIG, .detail = "line 3"}, back;
	char text[4];

	pack_int(&b, -5);
	pack_str(&b, "hello");
	pack_str(&b, NULL);
	pack_str(&b, "");
	pack_octets(&b, "\0\1", 2);
	pack_err(&b, &e);
	pack_str(&b, "abcdef");
	u = unpack_of(buf_octets(&b));
	is_int(unpack_int(&u), -5, "a number");
	is(unpack_str(a, &u), "hello", "a string");
	ok(unpack_str(a, &u) == NULL, "NULL stays NULL");
	is(unpack_str(a, &u), "", "an empty string is not NULL");
	is_int((long long)unpack_octets(&u).len, 2, "octets");
	unpack_err(&u, &back);
	ok(back.id == ERR_CONFIG && strcmp(back.detail, "line 3") == 0, "an error");
	unpack_text(&u, text, sizeof(text));
	is(text, "abc", "text is cut to its place");
	ok(!u.bad && u.len == 0, "all was read");
	is_int(unpack_int(&u), 0, "beyond the end: zero");
	ok(u.bad, "beyond the end: bad");
	buf_free(&b);
}

static void test_hostile_values(struct arena *a)
{
	uint32_t huge = 0x7fffffff;
	struct unpack u = {(const uint8_t *)&huge, sizeof(huge), false};
	struct buf b = BUF_INIT(64);
	struct err e;

	ok(unpack_str(a, &u) == NULL && u.bad, "a length that is not there");
	pack_int(&b, 99999999);
	pack_str(&b, "x");
	u = unpack_of(buf_octets(&b));
	unpack_err(&u, &e);
	ok(u.bad && e.id == ERR_NONE, "an error id that does not exist");
	buf_free(&b);
}

static void test_messages(void)
{
	int pair[2], pipes[2];
	struct ipc_message m;
	struct buf b = BUF_INIT(1 << 20);
	char octet = 0;

	ok(ipc_pair(pair, NULL) == 0, "a pair");
	is_int(ipc_receive(pair[1], 0, &m), IPC_TIMEOUT, "nothing there");
	ok(ipc_send(pair[0], 7, NULL, NULL, 0, NULL) == 0, "empty message");
	ok(ipc_receive(pair[1], 0, &m) == IPC_MESSAGE && m.type == 7 && m.body.len == 0, "arrives");
	ipc_done(&m);

	ok(pipe(pipes) == 0, "a pipe");
	buf_puts(&b, "body");
	ok(ipc_send(pair[0], 8, &b, pipes, 2, NULL) == 0, "message with two descriptors");
	close(pipes[0]);
	ok(ipc_receive(pair[1], clock_monotonic_ms() + 1000, &m) == IPC_MESSAGE && m.fd_count == 2, "both arrive");
	is_octets(m.body.p, m.body.len, "body", 4, "with the body");
	close(pipes[1]);
	pipes[0] = ipc_take_fd(&m, 0);
	ok(ipc_take_fd(&m, 0) == -1, "a descriptor is taken once");
	ipc_done(&m);
	ok(read(pipes[0], &octet, 1) == 0, "ipc_done closed the other one: the pipe is at its end");
	close(pipes[0]);

	buf_reset(&b);
	while (b.len < 500000)
		buf_puts(&b, "0123456789");
	ok(ipc_send(pair[0], 9, &b, pair, 1, NULL) == 0, "a long body with a descriptor");
	ok(ipc_receive(pair[1], 0, &m) == IPC_MESSAGE && m.fd_count == 1, "arrives through a memory file");
	is_octets(m.body.p, m.body.len, b.p, b.len, "octet by octet");
	ipc_done(&m);

	ok(send(pair[0], "short", 5, 0) == 5 && ipc_receive(pair[1], 0, &m) == IPC_CLOSED, "nonsense counts as the end");
	close(pair[0]);
	is_int(ipc_receive(pair[1], 0, &m), IPC_CLOSED, "the other side is gone");
	ok(ipc_send(pair[1], 1, NULL, NULL, 0, NULL) == -1, "and cannot be written to, without a signal");
	close(pair[1]);
	buf_free(&b);
}

static void test_sources(void)
{
	ok(sockets_same_source("192.0.2.1", "192.0.2.1"), "an IPv4 address is one source");
	ok(!sockets_same_source("192.0.2.1", "192.0.2.2"), "and its neighbour another");
	ok(sockets_same_source("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), "a /64 of IPv6 is one source");
	ok(!sockets_same_source("2001:db8:1:2::1", "2001:db8:1:3::1"), "and the next one another");
	ok(!sockets_same_source("::ffff:192.0.2.1", "::ffff:192.0.2.2"), "mapped IPv4 addresses are not a /64");
}

int main(void)
{
	struct arena *a = arena_new(0);

	test_values(a);
	test_hostile_values(a);
	test_messages();
	test_sources();
	arena_free(a);
	return tap_done();
}
