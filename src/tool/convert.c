/*
 * tool/convert.c - mixgate convert: one message through the translators, without daemon or MTA.
 *
 * --to x400 reads mail and writes the MTS-APDU (BER); --to 822 reads an MTS-APDU or a bare content and writes mail.  The
 * envelope is a file of SMTP lines ("MAIL FROM:<..> ..", "RCPT TO:<..> .."); without one, mail goes from its From (or
 * Sender) to all of To, Cc and Bcc.  Clock and identifiers can be given, so the result can be repeated octet by octet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "journal/journal.h"
#include "mime/mime.h"
#include "p1/p1.h"
#include "relay/subject.h"
#include "smtp/envelope.h"
#include "tool/tool.h"

struct conversion {
	struct tool *t;
	const char *to, *now, *seed, *journal, *envelope, *envelope_out;
	bool untrusted;
	struct mixer_context context;
	struct smtp_envelope env;
};

/* "mg1-00004711": prefix and number. The MTS local identifier carries the time as the daemon's do. */
static int make_identity(struct conversion *c, struct err *e)
{
	struct arena *a = c->t->arena;
	const char *seed = c->seed != NULL ? c->seed : "cv-00000001", *dash = strrchr(seed, '-');
	char stamp[20];
	struct when utc = c->context.now;

	if (dash == NULL || dash == seed || dash[1] == '\0' || strlen(seed) > 17)
		return ERR(e, ERR_CONFIG, "--id-seed %s: wanted PREFIX-NUMBER of at most 17 characters, e.g. mg1-00004711", seed);
	utc.offset = 0;
	utc.z = true;
	clock_format_utctime(&utc, stamp);
	c->context.id.local_id = arena_printf(a, "%.*s-20%.12s-%s", (int)(dash - seed), seed, stamp, dash + 1);
	c->context.id.received_id = arena_strdup(a, seed);
	c->context.id.envid = arena_printf(a, "%s@%s", seed, c->t->settings.host_name);
	c->context.id.boundary = arena_printf(a, "b%s", dash + 1);
	return 0;
}

static int read_envelope(struct conversion *c, struct err *e)
{
	char line[8192];
	FILE *f = fopen(c->envelope, "re");
	int rc = 0;

	if (f == NULL)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", c->envelope);
	c->env.mail_from = NULL;
	while (rc == 0 && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		if (str_istarts(line, "MAIL"))
			rc = smtp_parse_mail(c->t->arena, line, &c->env, e);
		else
			rc = smtp_parse_rcpt(c->t->arena, line, ARENA_PUSH(c->t->arena, &c->env.rcpt), e);
	}
	fclose(f);
	if (rc == 0 && (c->env.mail_from == NULL || c->env.rcpt.count == 0))
		return ERR(e, ERR_CONFIG, "%s: needs one MAIL FROM and at least one RCPT TO", c->envelope);
	return rc;
}

static int add_field_recipients(struct conversion *c, const struct mime_entity *mail, const char *field, struct err *e)
{
	const char *value;

	for (size_t i = 0; (value = mime_get_nth(mail, field, i)) != NULL; i++) {
		struct mime_mailboxes boxes = {0};
		TRY(mime_parse_mailboxes(c->t->arena, value, &boxes, e));
		for (size_t k = 0; k < boxes.count; k++)
			ARENA_PUSH(c->t->arena, &c->env.rcpt)->address = boxes.items[k].addr_spec;
	}
	return 0;
}

/* No --envelope: the header speaks. */
static int envelope_of_header(struct conversion *c, const struct mime_entity *mail, struct err *e)
{
	const char *from = mime_get(mail, "Sender") != NULL ? mime_get(mail, "Sender") : mime_get(mail, "From");
	struct mime_mailboxes boxes = {0};

	c->env.size = -1;
	c->env.mail_from = "";
	if (from != NULL && mime_parse_mailboxes(c->t->arena, from, &boxes, e) == 0 && boxes.count > 0)
		c->env.mail_from = boxes.items[0].addr_spec;
	TRY(add_field_recipients(c, mail, "To", e));
	TRY(add_field_recipients(c, mail, "Cc", e));
	TRY(add_field_recipients(c, mail, "Bcc", e));
	if (c->env.rcpt.count == 0)
		return ERR(e, ERR_CONFIG, "the mail names no recipient; give --envelope FILE");
	return 0;
}

/* Recipients that cannot be mapped are named on stderr and left out, as LMTP would answer them one by one. */
static int keep_mappable(struct conversion *c, struct err *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->env.rcpt.count; i++) {
		struct or_address o;
		if (mixer_recipient_to_x400(c->t->arena, &c->context, c->env.rcpt.items[i].address, &o, e) != 0) {
			fprintf(stderr, "%s: ", c->env.rcpt.items[i].address);
			tool_fail("convert", e, TOOL_NO);
		} else {
			c->env.rcpt.items[kept++] = c->env.rcpt.items[i];
		}
	}
	c->env.rcpt.count = kept;
	return kept > 0 ? 0 : -1;
}

/* What the journal knows of the message that key names; the order of worth is that of relay/lookup.c. */
static int look_up(struct conversion *c, enum journal_direction d, const struct mixer_report_key *key, struct err *e)
{
	const char *const ids[] = {key->original_message_id, key->returned_message_id};
	struct arena *a = c->t->arena;
	struct journal_message m;
	struct journal *j;
	bool found = false;
	int64_t *rows;
	size_t count = 0;

	if (c->journal == NULL)
		return 0;
	TRY(journal_open(a, c->journal, false, &j, e));
	if (key->original_envelope_id != NULL)
		TRY(journal_find_envid(j, a, d, key->original_envelope_id, &m, &found, e));
	if (!found && key->mts_id != NULL)
		TRY(journal_find_mts_id(j, a, d, key->mts_id, &m, &found, e));
	for (size_t i = 0; i < ARRAY_LEN(ids) && !found; i++) {
		if (ids[i] == NULL)
			continue;
		TRY(journal_find_any(j, a, ids[i], &rows, &count, e));
		if (count > 0) {
			TRY(journal_load(j, a, rows[0], &m, e));
			found = true;
		}
	}
	journal_close(j);
	if (found)
		c->context.subject = subject_from_journal(a, &m);
	return 0;
}

static int to_x400(struct conversion *c, const struct blob *in, struct err *e)
{
	struct mime_limits limits = MIME_LIMITS_DEFAULT;
	struct p1_options options = {0};
	struct mixer_report_key key;
	struct mime_entity *mail;
	struct mx_message *m;

	TRY(mime_parse(c->t->arena, in, &limits, &mail, e));
	if (c->envelope != NULL)
		TRY(read_envelope(c, e));
	else
		TRY(envelope_of_header(c, mail, e));
	mixer_classify(c->t->arena, mail, &c->env, &key);
	if (key.kind != MIXER_MAIL)
		TRY(look_up(c, JOURNAL_TO_822, &key, e));
	TRY(keep_mappable(c, e));
	TRY(mixer_to_x400(c->t->arena, &c->context, mail, &c->env, NULL, &m, e));
	return p1_encode(c->t->arena, m, &options, c->t->out, e);
}

static int write_envelope(struct conversion *c, const struct mixer_mail *mail, struct err *e)
{
	FILE *f;

	if (c->envelope_out == NULL)
		return 0;
	f = fopen(c->envelope_out, "we");
	if (f == NULL)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", c->envelope_out);
	fprintf(f, "%s\n", smtp_format_mail(c->t->arena, &mail->envelope, true));
	for (size_t i = 0; i < mail->envelope.rcpt.count; i++)
		fprintf(f, "%s\n", smtp_format_rcpt(c->t->arena, &mail->envelope.rcpt.items[i], true));
	if (fclose(f) != 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", c->envelope_out);
	return 0;
}

static int decode_x400(struct conversion *c, const struct blob *in, struct mx_message **m, struct err *e)
{
	struct p1_limits limits = P1_LIMITS_DEFAULT;
	struct err content = {0};
	struct octets octets;

	TRY(blob_map(c->t->arena, in, &octets, e));
	if (p1_guess(octets) == P1_IS_CONTENT) {
		*m = mx_message_new(c->t->arena, MX_MESSAGE);
		return p22_decode(c->t->arena, in, &limits, *m, e);
	}
	TRY(p1_decode(c->t->arena, in, &limits, m, &content, e));
	if (content.id != ERR_NONE) {
		*e = content;
		return -1;
	}
	return 0;
}

static int to_822(struct conversion *c, const struct blob *in, struct err *e)
{
	struct mixer_mail mail = {0};
	struct mx_message *m;
	bool any = false;

	TRY(decode_x400(c, in, &m, e));
	if (m->kind == MX_REPORT) {
		struct mixer_report_key key = {.kind = MIXER_DSN, .mts_id = mx_mts_id_text(c->t->arena, &m->report.subject_identifier)};
		TRY(look_up(c, JOURNAL_TO_X400, &key, e));
	}
	TRY(mixer_to_822(c->t->arena, &c->context, m, &mail, e));
	for (size_t i = 0; i < mail.verdicts.count; i++) {
		const struct mixer_verdict *v = &mail.verdicts.items[i];
		any |= v->rcpt >= 0;
		if (v->rcpt < 0) {
			fprintf(stderr, "%s: ", or_text(c->t->arena, &m->recipients.items[v->recipient].name.address));
			tool_fail("convert", &v->err, TOOL_NO);
			*e = v->err;
		}
	}
	if (mail.entity == NULL || (mail.verdicts.count > 0 && !any))
		return -1;
	TRY(write_envelope(c, &mail, e));
	return mime_write(c->t->arena, mail.entity, c->t->out, e);
}

static int run(struct conversion *c, const char *path, struct err *e)
{
	struct blob in;

	TRY(tool_setup(c->t, e));
	c->context.settings = &c->t->settings;
	c->context.tables = c->t->tables;
	c->context.read_content = p1_read_content;
	c->context.read_body_part = p1_read_body_part;
	c->context.directory_name = p1_directory_name;
	c->context.trusted = !c->untrusted; /* the operator hands the file over */
	c->context.now = clock_now();
	if (c->now != NULL && clock_parse_iso(c->now, &c->context.now) != 0)
		return ERR(e, ERR_CONFIG, "--now %s: wanted YYYY-MM-DDThh:mm:ssZ", c->now);
	TRY(make_identity(c, e));
	TRY(tool_read(c->t, path, &in, e));
	return str_eq(c->to, "x400") ? to_x400(c, &in, e) : to_822(c, &in, e);
}

int tool_convert(struct tool *t, int argc, char **argv)
{
	struct conversion c = {.t = t};
	const struct tool_option options[] = {{"--to", &c.to, NULL},
	                                      {"--now", &c.now, NULL},
	                                      {"--id-seed", &c.seed, NULL},
	                                      {"--journal", &c.journal, NULL},
	                                      {"--envelope", &c.envelope, NULL},
	                                      {"--envelope-out", &c.envelope_out, NULL},
	                                      {"--untrusted", NULL, &c.untrusted}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv);
	struct err e = {0};

	if (n < 0)
		return TOOL_USAGE;
	if (c.to == NULL || (!str_eq(c.to, "x400") && !str_eq(c.to, "822")))
		return tool_usage("convert", "needs --to x400 or --to 822");
	if (n != 1)
		return tool_usage("convert", "needs one file, or - for standard input");
	if (str_eq(c.to, "x400") && isatty(STDOUT_FILENO))
		return tool_usage("convert", "will not write BER to a terminal: send it to a file or to `mixgate dump -`");
	if (run(&c, argv[0], &e) != 0)
		return e.id == ERR_NONE ? TOOL_NO : tool_fail("convert", &e, TOOL_NO);
	return TOOL_OK;
}
