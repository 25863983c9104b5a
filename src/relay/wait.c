/* relay/wait.c - see wait.h. */
#include "relay/wait.h"

#include <string.h>

#include "base/log.h"

static bool is_over(const struct setup *s, const struct when *since)
{
	return since->set && clock_now().seconds - since->seconds >= s->config->mapping.header_wait;
}

/* The uppermost Received is the one of the MTA that we talk to. */
bool wait_is_over_for_mail(const struct setup *s, const struct mime_entity *mail)
{
	const char *received = mime_get(mail, "Received"), *date = received == NULL ? NULL : strrchr(received, ';');
	struct when since = {0};

	return date != NULL && mime_parse_date(date + 1, &since) == 0 && is_over(s, &since);
}

bool wait_is_over_for_x400(const struct setup *s, const struct mx_message *m)
{
	size_t n = m->envelope.trace.count;

	return n > 0 && is_over(s, &m->envelope.trace.items[n - 1].arrival_time);
}

int wait_judge(const struct setup *s, bool late, struct err *e)
{
	struct err why = {0};
	size_t n = dir_unanswered(s->dir, &why);

	if (n == 0)
		return 0;
	if (!late) {
		*e = why;
		return -1;
	}
	log_err(LOG_LEVEL_WARN, "header-encapsulated", &why, "look_ups", log_num((long long)n), NULL);
	return 0;
}
