/*
 * mixer/translate.c - the two translations: which part runs when, for a message, a report or a notification.
 *
 * RFC 2156 5.1.1 and 5.3.1.  The order matters: to X.400 the header comes before the SMTP envelope, which overrides it,
 * and the trace last, because the gateway's element names the types of the finished body; to RFC 822 the order is that of
 * the fields.
 */
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

static bool is_report_type(const struct mime_entity *mail, const char *report_type)
{
	const char *type = mime_get_param(mail, "report-type");

	return str_ieq(mail->type, "multipart") && str_ieq(mail->subtype, "report") && type != NULL &&
		   str_ieq(type, report_type);
}

/* The n-th child of that type, and its first group of fields. */
static const struct mime_entity *child_of_type(const struct mime_entity *mail, const char *type, const char *subtype)
{
	for (size_t i = 0; i < mail->children.count; i++)
		if (str_ieq(mail->children.items[i]->type, type) && str_ieq(mail->children.items[i]->subtype, subtype))
			return mail->children.items[i];
	return NULL;
}

static const char *field_of(const struct mime_fields *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_ieq(f->items[i].name, name))
			return f->items[i].value;
	return NULL;
}

static void read_report_fields(struct arena *a, const struct mime_entity *part, struct mixer_report_key *out)
{
	struct mime_field_groups groups = {0};
	struct err err = {0};

	if (part == NULL || mime_parse_field_groups(a, part, &groups, &err) != 0 || groups.count == 0)
		return;
	out->original_envelope_id = field_of(&groups.items[0], "Original-Envelope-Id");
	out->original_message_id = field_of(&groups.items[0], "Original-Message-ID");
	out->mts_id = field_of(&groups.items[0], "X400-Subject-Submision-Identifier");
}

/* The Message-ID of the mail that came back, whole or as header alone. */
static const char *returned_message_id(struct arena *a, const struct mime_entity *mail)
{
	const struct mime_entity *whole = child_of_type(mail, "message", "rfc822"),
							 *header = child_of_type(mail, "text", "rfc822-headers");
	struct mime_field_groups groups = {0};
	struct err err = {0};

	if (whole != NULL && whole->children.count == 1)
		return mime_get(whole->children.items[0], "Message-ID");
	if (header != NULL && mime_parse_field_groups(a, header, &groups, &err) == 0 && groups.count > 0)
		return field_of(&groups.items[0], "Message-ID");
	return NULL;
}

void mixer_classify(struct arena *a, const struct mime_entity *mail, const struct smtp_envelope *env,
					struct mixer_report_key *out)
{
	*out = (struct mixer_report_key){.kind = MIXER_MAIL};
	(void)env;
	/* RFC 2156 names the type by another word */
	if (is_report_type(mail, "delivery-status") || is_report_type(mail, "delivery-status-notifications")) {
		out->kind = MIXER_DSN;
		read_report_fields(a, child_of_type(mail, "message", "delivery-status"), out);
	} else if (is_report_type(mail, "disposition-notification")) {
		out->kind = MIXER_MDN;
		read_report_fields(a, child_of_type(mail, "message", "disposition-notification"), out);
	}
	if (out->kind != MIXER_MAIL)
		out->returned_message_id = returned_message_id(a, mail);
}

static int message_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
						   const struct smtp_envelope *env, const int *numbers, bool ipn, struct mx_message *m,
						   struct err *e)
{
	m->content = ipn ? MX_CONTENT_IPN : MX_CONTENT_IPM;
	if (!ipn)
		TRY(heading_to_x400(a, c, mail, m, e));
	TRY(envelope_to_x400(a, c, mail, env, numbers, m, e));
	if (ipn)
		TRY(notification_to_x400(a, c, mail, m, e));
	else
		TRY(body_to_x400(a, c, mail, m, e));
	envelope_finish_to_x400(a, c, mail, m);
	return trace_to_x400(a, c, mail, m, e);
}

int mixer_to_x400(struct arena *a, const struct mixer_context *c, const struct mime_entity *mail,
				  const struct smtp_envelope *env, const int *numbers, struct mx_message **out, struct err *e)
{
	struct mixer_report_key key;

	mixer_classify(a, mail, env, &key);
	if (key.kind == MIXER_DSN && report_is_for_x400(a, c, mail)) {
		*out = mx_message_new(a, MX_REPORT);
		return report_to_x400(a, c, mail, env, *out, e);
	}
	*out = mx_message_new(a, MX_MESSAGE);
	return message_to_x400(a, c, mail, env, numbers, key.kind == MIXER_MDN && notification_is_ipn(a, c, mail, env),
						   *out, e);
}

/* H-312: the message says that it is MIME.  B-101 leaves the fields of a sole us-ascii text out, which RFC 2157 6.1 has in a
 * note and no reader of today needs; that stays the strict form. */
static const struct rule mime_rows[] = {
	{"H-312", "2156 1.8", RULE_TO_822, "MIME-Version", "-", "1.0", "single", "-", "-"},
};
const struct rule_table translate_rules = {"message", mime_rows, sizeof mime_rows[0], ARRAY_LEN(mime_rows)};

static void give_mime_fields(struct arena *a, const struct mixer_context *c, struct mime_entity *mail)
{
	if (c->settings->strict_mixer || !rule_active(&mime_rows[0]))
		return;
	if (!mail->has_content_type && str_eq(mail->type, "text")) {
		mail->has_content_type = true;
		mime_set_param(a, mail, "charset", "us-ascii");
	}
	mail->has_mime_version = true;
}

static int message_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m,
						  struct mixer_mail *out, struct err *e)
{
	/* G-002 */
	if (m->content != MX_CONTENT_IPM)
		return ERR(e, ERR_MIXER_CONTENT_TYPE, "content type %d", m->envelope.content_type);
	out->entity = mime_new(a, "text/plain");
	TRY(trace_to_822(a, c, m, out->entity, e));
	TRY(envelope_to_822(a, c, m, out, e));
	if (out->envelope.rcpt.count == 0) {
		out->entity = NULL;
		return 0;
	}
	TRY(heading_to_822(a, c, m, out->entity, e));
	TRY(body_to_822(a, c, m, &m->ipm, out->entity, e));
	give_mime_fields(a, c, out->entity);
	return 0;
}

int mixer_to_822(struct arena *a, const struct mixer_context *c, const struct mx_message *m, struct mixer_mail *out,
				 struct err *e)
{
	*out = (struct mixer_mail){.envelope = {.size = -1}};
	if (m->kind == MX_REPORT)
		return report_to_822(a, c, m, out, e);
	if (m->content == MX_CONTENT_IPN)
		return notification_to_822(a, c, m, out, e);
	return message_to_822(a, c, m, out, e);
}
