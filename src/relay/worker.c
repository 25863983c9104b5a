/*
 * relay/worker.c - the life of a worker and its channel to the parent (see worker.h).
 */
#include "config.h"

#include "relay/worker.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "p1/p1.h"
#include "relay/pack.h"
#include "relay/processes.h"
#include "relay/sockets.h"

#define JOURNAL_CHANNEL_MS 2000
#define IDS_PER_BLOCK 1000

/* ---- the parent ---- */

static void take_message(struct worker *w, struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	int64_t request;
	struct err e;

	switch ((enum relay_type)m->type) {
	case W_GRANTED:
		request = unpack_int(&u);
		hand_over_granted(w, request, ipc_take_fd(m, 0));
		break;
	case W_DENIED:
		request = unpack_int(&u);
		unpack_err(&u, &e);
		hand_over_denied(w, request, &e);
		break;
	case W_JOURNAL:
		w->journal_answered = true;
		w->journal_fd = ipc_take_fd(m, 0);
		break;
	case W_STOP:
		w->stop = true;
		break;
	default:
		log_event(LOG_LEVEL_ERROR, "unknown-message", "type", log_num(m->type), NULL);
	}
}

bool worker_read_parent(struct worker *w, int64_t deadline)
{
	struct ipc_message m;
	enum ipc_result r = ipc_receive(w->control, deadline, &m);

	if (r == IPC_MESSAGE) {
		take_message(w, &m);
		ipc_done(&m);
	} else if (r == IPC_CLOSED) {
		w->stop = true;
	}
	return r == IPC_MESSAGE;
}

bool worker_wait(struct worker *w, int fd, int64_t deadline)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = w->control, .events = POLLIN}};

	while (!w->stop) {
		int n = poll(p, 2, sockets_poll_ms(deadline, clock_monotonic_ms()));

		if (n > 0 && p[1].revents != 0)
			worker_read_parent(w, 0);
		if (n > 0 && p[0].revents != 0)
			return true;
		if (n == 0 && clock_monotonic_ms() >= deadline)
			return false;
	}
	return false;
}

/* For the journal client: a channel to the writer. */
static int journal_connect(void *owner, int64_t deadline)
{
	struct worker *w = owner;

	w->journal_answered = false;
	w->journal_fd = -1;
	if (ipc_send(w->control, W_WANT_JOURNAL, NULL, NULL, 0, NULL) != 0)
		return -1;
	deadline = MIN_OF(deadline, clock_monotonic_ms() + JOURNAL_CHANNEL_MS);
	while (!w->journal_answered && worker_read_parent(w, deadline)) {
	}
	return w->journal_fd;
}

/* ---- what a message needs ---- */

void worker_limit_cpu(const struct worker *w)
{
	struct rusage used;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0)
		return;
	limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + w->setup->config->limits.worker_cpu);
	(void)setrlimit(RLIMIT_CPU, &limit);
}

static void limit_memory(const struct worker *w)
{
#ifdef __SANITIZE_ADDRESS__
	(void)w; /* the sanitizer reserves terabytes of address space */
	return;
#endif
	struct rlimit limit = {(rlim_t)w->setup->config->limits.worker_memory, (rlim_t)w->setup->config->limits.worker_memory};

	if (setrlimit(RLIMIT_AS, &limit) != 0)
		log_event(LOG_LEVEL_WARN, "no-memory-limit", "limit", log_num((long long)limit.rlim_cur), NULL);
}

int worker_local_id(struct worker *w, struct arena *a, char **out, struct err *e)
{
	struct when now = clock_now();
	char utc[20];

	if (w->id_next % IDS_PER_BLOCK == 0) {
		TRY(journal_client_next(&w->journal, "local_id", &w->id_block, e));
		w->id_next = 0;
	}
	now.z = true;
	clock_format_utctime(&now, utc);
	/* Name and time are for people; the counter alone makes it unique, and it survives kills and steps of the clock. */
	*out = arena_printf(a, "%.8s-%.12s-%08llu", w->setup->config->local.mta_name, utc,
	                    (unsigned long long)(w->id_block * IDS_PER_BLOCK + w->id_next) % 100000000ULL);
	w->id_next++;
	return 0;
}

void worker_mixer_context(const struct worker *w, struct mixer_context *c, const char *local_id)
{
	*c = (struct mixer_context){
		.settings = &w->setup->settings,
		.tables = w->setup->tables,
		.now = clock_now(),
		.read_content = p1_read_content, /* mixer sees no ASN.1 */
		.read_body_part = p1_read_body_part,
		.directory_name = p1_directory_name,
		.id = {.local_id = local_id, .envid = local_id, .received_id = local_id, .boundary = local_id},
	};
}

/* ---- life ---- */

static void serve_lmtp(struct worker *w, struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	enum relay_door door = (enum relay_door)unpack_int(&u);
	char peer[64], source[64];
	int fd = ipc_take_fd(m, 0);

	unpack_text(&u, peer, sizeof(peer));
	unpack_text(&u, source, sizeof(source));
	ipc_done(m);
	if (fd >= 0)
		lmtp_serve(w, fd, door, peer, source);
}

static void serve_apdu(struct worker *w, struct ipc_message *m)
{
	struct unpack u = unpack_of(m->body);
	char peer[64];
	int64_t size, died;
	int apdu = ipc_take_fd(m, 0), answer = ipc_take_fd(m, 1);

	unpack_text(&u, peer, sizeof(peer));
	size = unpack_int(&u);
	died = unpack_int(&u);
	ipc_done(m);
	if (apdu >= 0 && answer >= 0 && !u.bad) {
		w->served++;
		to_822_apdu(w, apdu, (uint64_t)size, peer, answer, (enum relay_death)died);
	}
	if (apdu >= 0)
		close(apdu);
	if (answer >= 0)
		close(answer);
}

/* Waits for work and does it; false: the parent wants us to end, or is gone. */
static bool serve_one(struct worker *w)
{
	struct ipc_message m;

	if (ipc_receive(w->control, INT64_MAX, &m) != IPC_MESSAGE)
		return false;
	log_context(NULL, NULL);
	if (m.type == W_LMTP) {
		serve_lmtp(w, &m);
	} else if (m.type == W_APDU) {
		serve_apdu(w, &m);
	} else {
		take_message(w, &m);
		ipc_done(&m);
		return !w->stop;
	}
	return !w->stop && w->served < w->setup->config->lmtp.recycle &&
	       ipc_send(w->control, W_IDLE, NULL, NULL, 0, NULL) == 0;
}

int worker_main(const struct setup *s, int channel)
{
	struct arena *a = arena_new(0);
	struct worker *w = NEW(a, struct worker);

	w->setup = s;
	w->control = channel;
	w->smtp.fd = -1;
	w->journal = (struct journal_client){.fd = -1, .connect = journal_connect, .owner = w};
	limit_memory(w);
	while (serve_one(w)) {
	}
	submit_close(w);
	return 0;
}
