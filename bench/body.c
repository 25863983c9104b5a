/*
 * body [MEGABYTES] - one attachment through the mapping of bodies, both ways, beside the plain library call.
 *
 * Each way runs in a process of its own: mail in a file to the octets of a P22 content in a file (parse, map, encode), and
 * that content back to mail (decode, map, write).  The plain work is GLib's base64 over the same octets from file to file.
 * Processor time counts, user and system; resident memory is the process's maximum.  Goals: 64 MB resident, 60 % of the
 * speed of the library call; the exit status is 1 when one is missed.
 */
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mixer/parts.h"
#include "p1/p1.h"

#define CHUNK 49152

static const char head[] = "Subject: bench\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n"
                           "Content-Disposition: attachment; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
static size_t size;

static void stop(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->detail);
	exit(2);
}

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0600);

	if (fd < 0) {
		perror(name);
		exit(2);
	}
	return fd;
}

static struct blob whole(int fd) { return blob_file(fd, 0, (uint64_t)lseek(fd, 0, SEEK_END)); }

static void context(struct mixer_settings *s, struct mixer_context *c)
{
	*s = (struct mixer_settings){.mta_name = "bench", .host_name = "bench.example", .max_received = 50, .max_passages = 5};
	*c = (struct mixer_context){.settings = s, .trusted = true, .id = {"b-1", "b-1", "b-1", "b1"}};
}

static void to_x400(void)
{
	static const struct p1_options options;
	struct arena *a = arena_new(0);
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct stream *out = stream_to_fd(a, open_file("content", O_WRONLY | O_CREAT | O_TRUNC), 0);
	struct blob in = whole(open_file("mail", O_RDONLY));
	struct mixer_settings s;
	struct mixer_context c;
	struct mime_entity *mail;
	struct err e = {0};

	context(&s, &c);
	limits.size = UINT64_MAX;
	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm.set = true;
	m->ipm.heading.this_ipm.user_relative = "1";
	if (mime_parse(a, &in, &limits, &mail, &e) != 0 || body_to_x400(a, &c, mail, m, &e) != 0 || p22_encode(a, m, &options, out, &e) != 0 ||
	    stream_finish(out, &e) != 0)
		stop("to X.400", &e);
	arena_free(a);
}

static void to_822(void)
{
	struct arena *a = arena_new(0);
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mime_entity *mail = mime_new(a, "text/plain");
	struct stream *out = stream_to_fd(a, open_file("back", O_WRONLY | O_CREAT | O_TRUNC), 0);
	struct blob in = whole(open_file("content", O_RDONLY));
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct mixer_settings s;
	struct mixer_context c;
	struct err e = {0};

	context(&s, &c);
	limits.ber.size = UINT64_MAX;
	if (p22_decode(a, &in, &limits, m, &e) != 0 || body_to_822(a, &c, m, &m->ipm, mail, &e) != 0 || mime_write(a, mail, out, &e) != 0)
		stop("to mail", &e);
	arena_free(a);
}

static void put(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n) {
		perror("write");
		exit(2);
	}
}

static void plain_decode(void)
{
	static guchar in[CHUNK], out[CHUNK];
	int from = open_file("mail", O_RDONLY), to = open_file("plain.out", O_WRONLY | O_CREAT | O_TRUNC), state = 0;
	guint save = 0;
	ssize_t n;

	(void)lseek(from, sizeof(head) - 1, SEEK_SET);
	while ((n = read(from, in, sizeof in)) > 0)
		put(to, out, g_base64_decode_step((const gchar *)in, (gsize)n, out, &state, &save));
}

static void plain_encode(void)
{
	static guchar in[CHUNK];
	static gchar out[CHUNK * 2];
	int from = open_file("plain.out", O_RDONLY), to = open_file("plain.back", O_WRONLY | O_CREAT | O_TRUNC), state = 0, save = 0;
	ssize_t n;

	while ((n = read(from, in, sizeof in)) > 0)
		put(to, out, g_base64_encode_step(in, (gsize)n, TRUE, out, &state, &save));
	put(to, out, g_base64_encode_close(TRUE, out, &state, &save));
}

static double seconds(const struct timeval *t) { return (double)t->tv_sec + (double)t->tv_usec / 1e6; }

/* MB a second of processor time, and the most memory in MB. */
static double run(void (*work)(void), double *resident)
{
	struct rusage u;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		work();
		_exit(0);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid || status != 0)
		exit(2);
	*resident = (double)u.ru_maxrss / 1024;
	return (double)size / 1048576 / (seconds(&u.ru_utime) + seconds(&u.ru_stime));
}

static void make_mail(void)
{
	int fd = open_file("mail", O_WRONLY | O_CREAT | O_TRUNC), state = 0, save = 0;
	static guchar in[CHUNK];
	static gchar out[CHUNK * 2], lines[CHUNK * 3];
	uint32_t seed = 1;

	put(fd, head, sizeof(head) - 1);
	for (size_t left = size; left > 0;) {
		size_t n = left < 57 * 800 ? left : 57 * 800, k = 0;

		for (size_t i = 0; i < n; i++)
			in[i] = (guchar)((seed = seed * 1664525 + 1013904223) >> 24);
		state = save = 0;
		size_t got = g_base64_encode_step(in, n, FALSE, out, &state, &save);
		got += g_base64_encode_close(FALSE, out + got, &state, &save);
		for (size_t i = 0; i < got; i += 76) {
			size_t w = got - i < 76 ? got - i : 76;

			memcpy(lines + k, out + i, w);
			memcpy(lines + k + w, "\r\n", 2);
			k += w + 2;
		}
		put(fd, lines, k);
		left -= n;
	}
	close(fd);
}

static bool report(const char *what, double speed, double plain, double resident)
{
	bool good = speed >= 0.6 * plain && resident < 64;

	printf("%-10s %7.0f MB/s of processor time, %3.0f %% of the library's %.0f; %5.1f MB resident  %s\n", what, speed, 100 * speed / plain, plain,
	       resident, good ? "good" : "MISSED");
	return good;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/mixgate-bench.XXXXXX";
	double best[4] = {0}, most[4] = {0};
	void (*const work[4])(void) = {plain_decode, to_x400, plain_encode, to_822};
	bool good;

	size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 100) << 20;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 2;
	make_mail();
	for (int round = 0; round < 3; round++) /* side by side, so that other work on the machine meets both */
		for (int i = 0; i < 4; i++) {
			double resident, speed = run(work[i], &resident);

			best[i] = speed > best[i] ? speed : best[i];
			most[i] = resident > most[i] ? resident : most[i];
		}
	good = report("to X.400", best[1], best[0], most[1]);
	good = report("to mail", best[3], best[2], most[3]) && good;
	for (int i = 0; i < 5; i++)
		unlink(((const char *[]){"mail", "content", "back", "plain.out", "plain.back"})[i]);
	rmdir(dir);
	return good ? 0 : 1;
}
