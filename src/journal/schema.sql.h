/*
 * schema.sql.h - the journal's tables, one step a version; included by journal/open.c alone.
 *
 * A step is never changed once it was released: what changes is a new step.  STRICT, so that a wrong bind is an error
 * and not a surprise a year later.  Indexes are on what comes back from either side (DESIGN 4: identity, correlation) and
 * on age (prune); partial, because most identifiers are absent in most rows.
 */
static const char *const schema_steps[] = {
	/* 0 -> 1 */
	"CREATE TABLE migration(version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT;"
	"CREATE TABLE message(id INTEGER PRIMARY KEY, direction INTEGER NOT NULL, mts_id TEXT, local_id TEXT, ipm_id TEXT,"
	" message_id TEXT, envid TEXT, queue_id TEXT, originator_x400 TEXT, originator_822 TEXT, content_identifier TEXT,"
	" content_correlator TEXT, subject TEXT, content_type INTEGER NOT NULL, ret INTEGER NOT NULL, size INTEGER NOT NULL,"
	" digest BLOB NOT NULL, header TEXT, received INTEGER NOT NULL, received_offset INTEGER NOT NULL) STRICT;"
	"CREATE TABLE recipient(id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,"
	" number INTEGER NOT NULL, x400 TEXT, rfc822 TEXT, peer TEXT, notify INTEGER NOT NULL, orcpt_type TEXT, orcpt TEXT,"
	" originator_report INTEGER NOT NULL, rn INTEGER NOT NULL, nrn INTEGER NOT NULL, identity BLOB NOT NULL,"
	" state INTEGER NOT NULL) STRICT;"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,"
	" recipient INTEGER NOT NULL, what TEXT NOT NULL, peer TEXT, reason INTEGER NOT NULL, diagnostic INTEGER NOT NULL,"
	" status TEXT, text TEXT, time INTEGER NOT NULL, time_offset INTEGER NOT NULL) STRICT;"
	"CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE attempt(digest BLOB, kind TEXT, count INTEGER NOT NULL, last INTEGER NOT NULL,"
	" PRIMARY KEY(digest, kind)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX message_mts_id ON message(mts_id) WHERE mts_id IS NOT NULL;"
	"CREATE INDEX message_local_id ON message(local_id) WHERE local_id IS NOT NULL;"
	"CREATE INDEX message_ipm_id ON message(ipm_id) WHERE ipm_id IS NOT NULL;"
	"CREATE INDEX message_message_id ON message(message_id) WHERE message_id IS NOT NULL;"
	"CREATE INDEX message_envid ON message(envid) WHERE envid IS NOT NULL;"
	"CREATE INDEX message_queue_id ON message(queue_id) WHERE queue_id IS NOT NULL;"
	"CREATE INDEX message_correlator ON message(content_correlator) WHERE content_correlator IS NOT NULL;"
	"CREATE INDEX message_received ON message(received);"
	"CREATE INDEX recipient_identity ON recipient(identity);"
	"CREATE INDEX recipient_message ON recipient(message);"
	"CREATE INDEX recipient_in_flight ON recipient(id) WHERE state = 1;"
	"CREATE INDEX event_message ON event(message);",
};
