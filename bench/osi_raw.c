/*
 * osi_raw.c - the yardstick of bench/osi: the same octets as messages of the same size over plain TCP on loopback, one
 * process on each side, each message answered by one octet as an RT-TRANSFER is by its confirm.
 *
 * osi_raw MESSAGES OCTETS [stream]    stream: no answers but one at the end.  Prints messages and MiB a second.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE 262144

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what)
{
	perror(what);
	return EX_OSERR;
}

/* Reads messages, answers each, until the other side closes. */
static void sink(int fd, size_t octets, int stream)
{
	static char in[READ_SIZE];
	size_t have = 0;
	ssize_t r;

	while ((r = read(fd, in, sizeof in)) > 0) {
		have += (size_t)r;
		for (; !stream && have >= octets; have -= octets)
			if (write(fd, "+", 1) != 1)
				return;
	}
	(void)!write(fd, "+", 1);
}

static int source(int fd, long messages, size_t octets, int stream)
{
	char *message = calloc(1, octets), answer;

	if (message == NULL)
		return -1;
	memset(message, 'x', octets);
	for (long i = 0; i < messages; i++) {
		for (size_t at = 0; at < octets;) {
			ssize_t w = write(fd, message + at, octets - at);

			if (w <= 0)
				return -1;
			at += (size_t)w;
		}
		if (!stream && read(fd, &answer, 1) != 1)
			return -1;
	}
	shutdown(fd, SHUT_WR);
	free(message);
	return read(fd, &answer, 1) == 1 ? 0 : -1;
}

static void no_delay(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof to;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), stream = argc > 3;
	long messages = argc > 2 ? strtol(argv[1], NULL, 10) : 0, octets = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	double start, seconds;

	if (messages <= 0 || octets <= 0)
		return EX_USAGE;
	if (bind(listener, (struct sockaddr *)&to, n) != 0 || listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&to, &n) != 0)
		return fail("listen");
	if (fork() == 0) {
		int peer = accept(listener, NULL, NULL);

		no_delay(peer);
		sink(peer, (size_t)octets, stream);
		_exit(0);
	}
	no_delay(fd);
	start = now();
	if (connect(fd, (struct sockaddr *)&to, n) != 0 || source(fd, messages, (size_t)octets, stream) != 0)
		return fail("send");
	seconds = now() - start;
	wait(NULL);
	printf("%.1f %.1f\n", (double)messages / seconds, (double)messages * (double)octets / 1048576 / seconds);
	return 0;
}
