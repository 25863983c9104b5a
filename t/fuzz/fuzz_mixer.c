/*
 * fuzz_mixer.c - any mail to X.400 and back, twice: bounds of X.411 and X.420 hold, the field list holds nothing but
 * fields, and a second passage gives the same identifiers.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/mixer.h"
#include "t/fuzz/must.h"
#include "t/lib/mixer_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_id(const struct mx_ipm_id *id)
{
	if (id->set) {
		MUST(id->user_relative != NULL && strlen(id->user_relative) <= 64);
		MUST(str_is_printable_string(id->user_relative));
	}
}

static void check_elements(const struct mx_message *m)
{
	const struct mx_envelope *env = &m->envelope;
	const struct mx_heading *h = &m->ipm.heading;

	MUST(env->content_identifier == NULL || strlen(env->content_identifier) <= 16);
	MUST(env->content_correlator == NULL || strlen(env->content_correlator) <= 512);
	for (size_t i = 0; i < env->internal_trace.count; i++) {
		MUST(strlen(env->internal_trace.items[i].mta_name) <= 32);
		MUST(env->internal_trace.items[i].arrival_time.set);
	}
	for (size_t i = 0; i < env->trace.count; i++)
		MUST(env->trace.items[i].domain.country.printable != NULL && env->trace.items[i].arrival_time.set);
	if (m->content != MX_CONTENT_IPM)
		return;
	MUST(h->this_ipm.set);
	check_id(&h->this_ipm);
	check_id(&h->replied_to_ipm);
	for (size_t i = 0; i < h->related_ipms.count; i++)
		check_id(&h->related_ipms.items[i]);
	MUST(h->subject.t61.len <= 128);
	MUST(h->originator.free_form_name.t61.len <= 64);
	for (size_t i = 0; i < h->rfc_822_fields.count; i++)
		MUST(str_is_printable_ascii(h->rfc_822_fields.items[i]) && strchr(h->rfc_822_fields.items[i], ':') != NULL);
}

static void check_fields(const struct mime_entity *mail)
{
	for (size_t i = 0; i < mail->fields.count; i++) {
		const struct mime_field *f = &mail->fields.items[i];
		MUST(*f->name != '\0' && str_is_printable_ascii(f->name) && strpbrk(f->name, ": ") == NULL);
		MUST(strpbrk(f->value, "\r\n") == NULL);
	}
}

static struct mx_message *to_x400(struct arena *a, const struct mixer_context *c, const void *p, size_t n)
{
	struct smtp_envelope env = {.mail_from = "alice@example.com", .size = -1};
	struct blob in = blob_mem(p, n);
	struct mime_entity *mail;
	struct mx_message *m;
	struct err e = {0};

	ARENA_PUSH(a, &env.rcpt)->address = "Bob.Jones@sales.widget.example";
	if (mime_parse(a, &in, &MIME_LIMITS_DEFAULT, &mail, &e) != 0 || mixer_to_x400(a, c, mail, &env, NULL, &m, &e) != 0)
		return NULL;
	check_elements(m);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct mixer_setup s;
	struct mixer_mail mail;
	struct mx_message *m, *again;
	struct err e = {0};
	size_t n;

	mixer_setup(a, &s, "2024-03-05T09:15:22+00:00", "mg1-20240305091522-00004711", "mg1-00004711");
	m = to_x400(a, &s.context, data, size);
	if (m != NULL && m->kind == MX_MESSAGE && m->content == MX_CONTENT_IPM &&
	    mixer_to_822(a, &s.context, m, &mail, &e) == 0 && mail.entity != NULL) {
		check_fields(mail.entity);
		char *octets = mixer_setup_write(a, mail.entity, &n);
		again = to_x400(a, &s.context, octets, n);
		if (again != NULL && again->kind == MX_MESSAGE && again->content == MX_CONTENT_IPM)
			MUST(strcmp(again->ipm.heading.this_ipm.user_relative, m->ipm.heading.this_ipm.user_relative) == 0);
	}
	arena_free(a);
	return 0;
}
