/* relay/carry.c - see carry.h. */
#include "relay/carry.h"

#include "base/str.h"

/* Fields that are the same at each attempt.  Date is not among them, for MTAs add a missing one; nor is anything that a
 * filter writes, for its time stamp or queue id may be in it.  Received tells two messages with one Message-ID apart that
 * came on two ways. */
static const char *const lasting_fields[] = {
	"Received", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "In-Reply-To", "References", "MIME-Version",
};
static const char *const lasting_prefixes[] = {"Resent-", "Content-"};

static bool is_lasting(const struct mime_field *f, const char *queue_id)
{
	if (str_ieq(f->name, "Message-ID"))
		return carry_is_clients(f->value, queue_id);
	for (size_t i = 0; i < ARRAY_LEN(lasting_fields); i++)
		if (str_ieq(f->name, lasting_fields[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(lasting_prefixes); i++)
		if (str_istarts(f->name, lasting_prefixes[i]))
			return true;
	return false;
}

void carry_doubt(struct err *e)
{
	char text[sizeof(e->detail)];

	if (e->id == ERR_NONE || err_smtp(e) >= 500)
		return;
	err_text(e, text, sizeof(text));
	ERR(e, ERR_RELAY_IN_DOUBT, "%s", text);
}

int carry_identity_of(struct arena *a, const struct mime_entity *mail, const char *envid, const char *queue_id,
                      struct carry_identity *out, struct err *e)
{
	struct digest *d = digest_new(a);

	for (size_t i = 0; i < mail->fields.count; i++) {
		const struct mime_field *f = &mail->fields.items[i];

		if (!is_lasting(f, queue_id))
			continue;
		digest_put_string(d, f->name);
		digest_put_string(d, f->value);
	}
	TRY(digest_put_blob(d, &mail->body, e));
	digest_finish(d, out->digest);
	out->lasting = (envid != NULL && *envid != '\0') || carry_is_clients(mime_get(mail, "Message-ID"), queue_id);
	return 0;
}
