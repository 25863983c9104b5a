/*
 * tool/track.c - mixgate track and prune: what the journal knows of a message, found by any identifier of either side.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "journal/journal.h"
#include "relay/archive.h"
#include "tool/tool.h"

static int open_journal(struct tool *t, const char *path, bool writer, struct journal **j, struct err *e)
{
	if (path == NULL) {
		TRY(tool_setup(t, e));
		path = t->config->journal.path;
	}
	return journal_open(t->arena, path, writer, j, e);
}

static void text_pair(struct tool *t, const char *name, const char *value)
{
	char shown[1024];

	if (value == NULL || *value == '\0')
		return;
	str_printable(shown, sizeof shown, value, strlen(value));
	stream_printf(t->out, "  %-20s %s\n", name, shown);
}

static void text_message(struct tool *t, const struct journal_message *m, const struct journal_event *ev, size_t events)
{
	char when[32];

	clock_format_iso(&m->received, when);
	stream_printf(t->out, "%s %s\n", when, m->direction == JOURNAL_TO_X400 ? "SMTP -> X.400" : "X.400 -> SMTP");
	text_pair(t, "MTS-identifier", m->mts_id);
	text_pair(t, "IPM identifier", m->ipm_id);
	text_pair(t, "Message-ID", m->message_id);
	text_pair(t, "envelope id", m->envid);
	text_pair(t, "queue id", m->queue_id);
	text_pair(t, "originator", m->originator_822);
	text_pair(t, "originator (X.400)", m->originator_x400);
	text_pair(t, "subject", m->subject);
	for (size_t i = 0; i < m->recipients.count; i++) {
		const struct journal_recipient *r = &m->recipients.items[i];
		text_pair(t, arena_printf(t->arena, "recipient %d", r->number),
		          arena_printf(t->arena, "%s  %s  %s by %s", r->rfc822 == NULL ? "-" : r->rfc822, r->x400 == NULL ? "-" : r->x400,
		                       journal_state_name(r->state), r->peer == NULL ? "-" : r->peer));
	}
	for (size_t i = 0; i < events; i++) {
		clock_format_iso(&ev[i].time, when);
		stream_printf(t->out, "  %s %s", when, ev[i].what);
		if (ev[i].peer != NULL)
			stream_printf(t->out, " peer=%s", ev[i].peer);
		if (ev[i].status != NULL)
			stream_printf(t->out, " status=%s", ev[i].status);
		if (ev[i].reason != MX_ABSENT)
			stream_printf(t->out, " reason=%d diagnostic=%d", ev[i].reason, ev[i].diagnostic);
		if (ev[i].text != NULL) {
			char shown[1024];
			str_printable(shown, sizeof shown, ev[i].text, strlen(ev[i].text));
			stream_printf(t->out, " \"%s\"", shown);
		}
		stream_puts(t->out, "\n");
	}
}

static void json_when(struct json *j, const char *key, const struct when *w)
{
	char text[32];

	clock_format_iso(w, text);
	json_string(j, key, text);
}

static void json_recipient(struct json *j, const struct journal_recipient *r)
{
	json_object(j, NULL);
	json_int(j, "number", r->number);
	json_string(j, "rfc822", r->rfc822);
	json_string(j, "x400", r->x400);
	json_string(j, "next_hop", r->peer);
	json_string(j, "state", journal_state_name(r->state));
	json_end_object(j);
}

static void json_event(struct json *j, const struct journal_event *ev)
{
	json_object(j, NULL);
	json_when(j, "time", &ev->time);
	json_string(j, "what", ev->what);
	json_string(j, "peer", ev->peer);
	json_string(j, "status", ev->status);
	if (ev->reason != MX_ABSENT) {
		json_int(j, "reason", ev->reason);
		json_int(j, "diagnostic", ev->diagnostic);
	}
	json_string(j, "text", ev->text);
	json_end_object(j);
}

static void json_message(struct json *j, const struct journal_message *m, const struct journal_event *ev, size_t events)
{
	json_object(j, NULL);
	json_string(j, "direction", m->direction == JOURNAL_TO_X400 ? "to-x400" : "to-822");
	json_when(j, "received", &m->received);
	json_string(j, "mts_identifier", m->mts_id);
	json_string(j, "ipm_identifier", m->ipm_id);
	json_string(j, "message_id", m->message_id);
	json_string(j, "envelope_id", m->envid);
	json_string(j, "queue_id", m->queue_id);
	json_string(j, "originator_rfc822", m->originator_822);
	json_string(j, "originator_x400", m->originator_x400);
	json_string(j, "subject", m->subject);
	json_int(j, "size", m->size);
	json_array(j, "recipients");
	for (size_t i = 0; i < m->recipients.count; i++)
		json_recipient(j, &m->recipients.items[i]);
	json_end_array(j);
	json_array(j, "events");
	for (size_t i = 0; i < events; i++)
		json_event(j, &ev[i]);
	json_end_array(j);
	json_end_object(j);
}

static int show_rows(struct tool *t, struct journal *j, const int64_t *rows, size_t count, struct err *e)
{
	struct json json = JSON_INIT(t->out);

	if (t->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < count; i++) {
		struct journal_message m = {0};
		struct journal_event *ev;
		size_t events;
		TRY(journal_load(j, t->arena, rows[i], &m, e));
		TRY(journal_events(j, t->arena, rows[i], &ev, &events, e));
		if (t->json)
			json_message(&json, &m, ev, events);
		else
			text_message(t, &m, ev, events);
	}
	if (t->json)
		json_end_array(&json);
	return 0;
}

int tool_track(struct tool *t, int argc, char **argv)
{
	const char *path = NULL;
	const struct tool_option options[] = {{"--journal", &path, NULL}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv);
	struct journal *j;
	int64_t *rows;
	size_t count;
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n != 1)
		return tool_usage("track", "needs one identifier: Message-ID, MTS-identifier, IPM identifier, ENVID or queue id");
	if (open_journal(t, path, false, &j, &e) != 0 || journal_find_any(j, t->arena, argv[0], &rows, &count, &e) != 0 ||
	    show_rows(t, j, rows, count, &e) != 0)
		return tool_fail("track", &e, TOOL_TROUBLE);
	journal_close(j);
	if (count == 0 && !t->json)
		fprintf(stderr, "mixgate track: nothing known of %s\n", argv[0]);
	return count > 0 ? TOOL_OK : TOOL_NO;
}

/* In small transactions: a kill in the middle costs nothing, and a large journal no large WAL. */
static int prune_all(struct journal *j, struct when before, int64_t *removed, struct err *e)
{
	int64_t some;

	*removed = 0;
	do {
		TRY(journal_begin(j, e));
		TRY(journal_prune(j, before, &some, e));
		TRY(journal_commit(j, e));
		*removed += some;
	} while (some > 0);
	return 0;
}

static int prune_archive(const struct config *c, struct when before, int64_t *removed, struct err *e)
{
	int64_t some;

	*removed = 0;
	do {
		TRY(archive_prune(c, before, &some, e));
		*removed += some;
	} while (some > 0);
	return 0;
}

int tool_prune(struct tool *t, int argc, char **argv)
{
	const char *path = NULL, *days = NULL;
	const struct tool_option options[] = {{"--journal", &path, NULL}, {"--days", &days, NULL}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv);
	struct when before = clock_now();
	struct journal *j;
	int64_t removed;
	long keep = 0;
	struct err e;

	if (n != 0 || (days != NULL && str_to_long(days, 0, 36500, &keep) != 0))
		return tool_usage("prune", "takes no words; --days wants a number of days");
	if (open_journal(t, path, true, &j, &e) != 0)
		return tool_fail("prune", &e, TOOL_TROUBLE);
	if (days == NULL)
		keep = t->config != NULL ? t->config->journal.keep_days : 30;
	before.seconds -= keep * 86400;
	if (prune_all(j, before, &removed, &e) != 0)
		return tool_fail("prune", &e, TOOL_TROUBLE);
	journal_close(j);
	stream_printf(t->out, "%lld message%s older than %ld days removed\n", (long long)removed, removed == 1 ? "" : "s", keep);
	if (path == NULL && t->config != NULL) {
		before = clock_now();
		before.seconds -= (days == NULL ? t->config->archive.keep_days : keep) * 86400LL;
		if (prune_archive(t->config, before, &removed, &e) != 0)
			return tool_fail("prune", &e, TOOL_TROUBLE);
		stream_printf(t->out, "%lld archived file%s removed\n", (long long)removed, removed == 1 ? "" : "s");
	}
	return TOOL_OK;
}
