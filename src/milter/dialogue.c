/* milter/dialogue.c - see dialogue.h. */
#include "milter/dialogue.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/sockets.h"

#define WAITING_MS 5000 /* between two calls of waiting */

struct run {
	struct arena *a;
	const struct dialogue *d;
	const struct smtp_envelope *env;
	const struct blob *message;
	struct smtp_client *client;
	int fd;
	int64_t deadline;
	bool forwarded, done, whole;
};

static int send_message(struct run *g, struct err *e)
{
	uint8_t piece[65536];
	size_t n;

	for (uint64_t off = 0; off < g->message->len; off += n) {
		TRY(blob_read(g->message, off, piece, sizeof piece, &n, e));
		if (n == 0)
			break;
		smtp_client_data_octets(g->client, piece, n);
		TRY(sockets_flush(g->fd, smtp_client_out(g->client), g->deadline, e));
	}
	g->whole = true;
	smtp_client_data_end(g->client);
	return 0;
}

static int on_event(struct run *g, enum smtp_client_event event, struct err *e)
{
	switch (event) {
	case SMTP_CLIENT_NEED_INPUT:
		return 0;
	case SMTP_CLIENT_READY:
		if (!g->forwarded) {
			g->forwarded = true;
			if (smtp_client_forward(g->client, g->a, g->d->client, g->d->queue_id))
				return 0;
		}
		if (!g->done)
			g->done = smtp_client_mail_reply(g->client)->code != 0; /* READY after the transaction: RSET was answered */
		return g->done ? 0 : smtp_client_send(g->client, g->a, g->env, e);
	case SMTP_CLIENT_RCPT_DONE:
		smtp_client_data(g->client);
		return 0;
	case SMTP_CLIENT_SEND_DATA:
		return send_message(g, e);
	case SMTP_CLIENT_DONE:
		g->done = true;
		return 0;
	case SMTP_CLIENT_CLOSED:
		g->done = true;
		return 0;
	}
	return 0;
}

static int read_some(struct run *g, uint8_t *octets, size_t size, size_t *got, struct err *e)
{
	int64_t now;

	while ((now = clock_monotonic_ms()) + WAITING_MS < g->deadline && !sockets_wait(g->fd, SOCKETS_READ, now + WAITING_MS))
		g->d->waiting(g->d->ctx);
	return sockets_read(g->fd, octets, size, g->deadline, got, e);
}

static int converse(struct run *g, struct err *e)
{
	while (!g->done) {
		uint8_t octets[4096];
		size_t got, used;

		TRY(sockets_flush(g->fd, smtp_client_out(g->client), g->deadline, e));
		TRY(read_some(g, octets, sizeof octets, &got, e));
		if (got == 0)
			return ERR(e, ERR_SMTP_LOST, "%s", g->d->socket);
		for (size_t off = 0; off < got && !g->done; off += used) {
			enum smtp_client_event event;

			TRY(smtp_client_input(g->client, octets + off, got - off, &used, &event, e));
			TRY(on_event(g, event, e));
		}
	}
	return 0;
}

/* The worker's connection ends politely, without waiting for its 221. */
static void say_goodbye(struct run *g)
{
	struct err ignored;

	smtp_client_quit(g->client);
	(void)!sockets_flush(g->fd, smtp_client_out(g->client), clock_monotonic_ms() + 1000, &ignored);
}

static void note_end(const struct run *g, struct dialogue_end *end)
{
	end->whole = g->whole;
	for (size_t i = 0; i < end->count; i++)
		end->reply[i] = smtp_client_final_reply(g->client, i);
}

int dialogue_run(struct arena *a, const struct dialogue *d, const struct smtp_envelope *env, const struct blob *message,
                 struct dialogue_end *end, struct err *e)
{
	static const struct smtp_reply none = {.text = ""};
	struct run g = {.a = a, .d = d, .env = env, .message = message, .fd = -1};
	int result;

	*end = (struct dialogue_end){.count = env->rcpt.count};
	end->reply = arena_array(a, MAX_OF(end->count, 1), sizeof *end->reply);
	for (size_t i = 0; i < end->count; i++)
		end->reply[i] = &none;
	g.deadline = clock_monotonic_ms() + 1000LL * d->timeout;
	TRY(sockets_connect_spec(d->socket, g.deadline, &g.fd, e));
	g.client = smtp_client_new(a, &(struct smtp_client_options){.lmtp = true, .hostname = d->hostname});
	result = converse(&g, e);
	note_end(&g, end);
	if (result == 0)
		say_goodbye(&g);
	close(g.fd);
	return result;
}

const struct smtp_reply *dialogue_refusal(const struct dialogue_end *end)
{
	for (size_t i = 0; i < end->count; i++)
		if (end->reply[i]->code < 500)
			return NULL;
	return end->count > 0 ? end->reply[0] : NULL;
}
