/*
 * p1_bench.c - writing and reading P1: an envelope of N recipients (default 100) by the runtime's encoder, which asks for
 * every length again at every level, and by ours, which goes through once; then whole APDUs from the central message.
 * Usage: p1_bench [RECIPIENTS [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "asn1gen/X4-MessageTransferEnvelope.h"
#include "ber/codec.h"
#include "ber/cursor.h"
#include "p1/p1.h"

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct or_name name(struct arena *a, int n)
{
	struct or_name x = {0};

	or_set(a, &x.address, OR_C, "GB");
	or_set(a, &x.address, OR_ADMD, "GOLD 400");
	or_set(a, &x.address, OR_PRMD, "ACME");
	or_set(a, &x.address, OR_O, "Acme Ltd");
	or_set(a, &x.address, OR_OU1, "Sales");
	or_set(a, &x.address, OR_S, arena_printf(a, "Jones%d", n));
	or_set(a, &x.address, OR_G, "Bob");
	return x;
}

static struct mx_message *message(struct arena *a, int recipients)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);
	struct mx_trace *t = ARENA_PUSH(a, &m->envelope.trace);
	int i;

	m->envelope.id.domain = (struct mx_global_domain){.country.printable = "GB", .admd.printable = "GOLD 400"};
	m->envelope.id.local = "BENCH-1";
	*t = (struct mx_trace){.domain = m->envelope.id.domain, .arrival_time = {.seconds = 1709630122, .set = true, .z = true}};
	m->envelope.originator = name(a, 0);
	for (i = 1; i <= recipients; i++)
		mx_add_recipient(a, m)->name = name(a, i);
	m->content = MX_CONTENT_IPM;
	m->ipm.heading.this_ipm = (struct mx_ipm_id){.set = true, .user_relative = "1"};
	mx_add_body_part(a, &m->ipm, MX_BODY_IA5)->data = blob_mem("Hello\r\n", 7);
	return m;
}

static int drop(const void *p, size_t n, void *key)
{
	(void)p;
	*(size_t *)key += n;
	return 0;
}

static void row(const char *what, double us, int rounds, double base)
{
	us /= rounds;
	printf("%-44s %10.1f us", what, us);
	if (base > 0)
		printf("   %5.2f of the runtime's", us / base);
	printf("\n");
}

static int run(int recipients, int rounds, struct err *e)
{
	struct arena *a = arena_new(0);
	struct mx_message *m = message(a, recipients), *back;
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct p1_options options = {0};
	struct buf *b = buf_in(a, 64 << 20);
	struct stream *s = stream_to_buf(a, b);
	struct octets in, envelope;
	struct blob blob;
	struct ber_cursor c;
	struct ber_tlv t;
	void *value;
	double start, naive;
	size_t n = 0;
	int i;

	TRY(p1_encode(a, m, &options, s, e));
	TRY(stream_finish(s, e));
	in = buf_octets(b);
	blob = blob_mem(in.p, in.len);
	TRY(ber_tlv_read(in, &t, e));
	c = ber_cursor_over(t.value);
	TRY(ber_cursor_next(&c, &t, e));
	envelope = t.whole;
	TRY(ber_decode_type(a, &asn_DEF_X4_MessageTransferEnvelope, envelope, &value, e));
	printf("%d recipients, envelope %zu octets\n", recipients, envelope.len);
	start = cpu_us();
	for (i = 0; i < rounds; i++)
		(void)der_encode(&asn_DEF_X4_MessageTransferEnvelope, value, drop, &n);
	naive = (cpu_us() - start) / rounds;
	row("envelope struct -> octets, asn1c's runtime", naive * rounds, rounds, 0);
	start = cpu_us();
	for (i = 0; i < rounds; i++) {
		struct arena *each = arena_new(0);
		TRY(ber_encode_type(each, &asn_DEF_X4_MessageTransferEnvelope, value, &envelope, e));
		arena_free(each);
	}
	row("envelope struct -> octets, one pass", cpu_us() - start, rounds, naive);
	start = cpu_us();
	for (i = 0; i < rounds; i++) {
		struct arena *each = arena_new(0);
		TRY(p1_encode(each, m, &options, stream_to_nothing(each), e));
		arena_free(each);
	}
	row("central message -> APDU", cpu_us() - start, rounds, naive);
	start = cpu_us();
	for (i = 0; i < rounds; i++) {
		struct arena *each = arena_new(0);
		TRY(p1_decode(each, &blob, &limits, &back, NULL, e));
		arena_free(each);
	}
	row("APDU -> central message", cpu_us() - start, rounds, 0);
	arena_free(a);
	return 0;
}

int main(int argc, char **argv)
{
	int recipients = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100;
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000;
	struct err e = {0};
	char text[600];

	if (recipients < 1 || recipients > 10000 || rounds < 1) {
		fprintf(stderr, "usage: p1_bench [RECIPIENTS [ROUNDS]]\n");
		return 2;
	}
	if (run(recipients, rounds, &e) == 0)
		return 0;
	err_text(&e, text, sizeof(text));
	fprintf(stderr, "p1_bench: %s\n", text);
	return 1;
}
