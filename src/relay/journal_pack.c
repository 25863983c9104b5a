/*
 * relay/journal_pack.c - see journal_pack.h.
 */
#include "relay/journal_pack.h"

#define RECIPIENTS_MAX 32767 /* X.411 ub-recipients */

void pack_when(struct buf *b, const struct when *w)
{
	pack_int(b, w->seconds);
	pack_int(b, w->offset);
	pack_int(b, w->set | w->no_seconds << 1 | w->z << 2);
}

void unpack_when(struct unpack *u, struct when *w)
{
	int64_t flags;

	w->seconds = unpack_int(u);
	w->offset = (int)unpack_int(u);
	flags = unpack_int(u);
	w->set = flags & 1;
	w->no_seconds = flags & 2;
	w->z = flags & 4;
}

static void pack_recipient(struct buf *b, const struct journal_recipient *r)
{
	pack_int(b, r->row);
	pack_int(b, r->number);
	pack_str(b, r->x400);
	pack_str(b, r->rfc822);
	pack_str(b, r->peer);
	pack_int(b, r->notify);
	pack_str(b, r->orcpt_type);
	pack_str(b, r->orcpt);
	pack_int(b, r->originator_report);
	pack_int(b, r->rn_requested | r->nrn_requested << 1);
	buf_put(b, r->identity, sizeof(r->identity));
	pack_int(b, r->state);
}

static void unpack_recipient(struct arena *a, struct unpack *u, struct journal_recipient *r)
{
	int64_t flags;

	r->row = unpack_int(u);
	r->number = (int)unpack_int(u);
	r->x400 = unpack_str(a, u);
	r->rfc822 = unpack_str(a, u);
	r->peer = unpack_str(a, u);
	r->notify = (unsigned)unpack_int(u);
	r->orcpt_type = unpack_str(a, u);
	r->orcpt = unpack_str(a, u);
	r->originator_report = (int)unpack_int(u);
	flags = unpack_int(u);
	r->rn_requested = flags & 1;
	r->nrn_requested = flags & 2;
	unpack_exact(u, r->identity, sizeof(r->identity));
	r->state = (enum journal_state)unpack_int(u);
}

void pack_journal_message(struct buf *b, const struct journal_message *m)
{
	pack_int(b, m->row);
	pack_int(b, m->direction);
	pack_str(b, m->mts_id);
	pack_str(b, m->local_id);
	pack_str(b, m->ipm_id);
	pack_str(b, m->message_id);
	pack_str(b, m->envid);
	pack_str(b, m->queue_id);
	pack_str(b, m->originator_x400);
	pack_str(b, m->originator_822);
	pack_str(b, m->content_identifier);
	pack_str(b, m->content_correlator);
	pack_str(b, m->subject);
	pack_int(b, m->content_type);
	pack_int(b, m->ret);
	pack_int(b, m->size);
	buf_put(b, m->digest, sizeof(m->digest));
	pack_str(b, m->header);
	pack_when(b, &m->received);
	pack_int(b, (int64_t)m->recipients.count);
	for (size_t i = 0; i < m->recipients.count; i++)
		pack_recipient(b, &m->recipients.items[i]);
}

int unpack_journal_message(struct arena *a, struct unpack *u, struct journal_message *m)
{
	int64_t count;

	*m = (struct journal_message){0};
	m->row = unpack_int(u);
	m->direction = (enum journal_direction)unpack_int(u);
	m->mts_id = unpack_str(a, u);
	m->local_id = unpack_str(a, u);
	m->ipm_id = unpack_str(a, u);
	m->message_id = unpack_str(a, u);
	m->envid = unpack_str(a, u);
	m->queue_id = unpack_str(a, u);
	m->originator_x400 = unpack_str(a, u);
	m->originator_822 = unpack_str(a, u);
	m->content_identifier = unpack_str(a, u);
	m->content_correlator = unpack_str(a, u);
	m->subject = unpack_str(a, u);
	m->content_type = (int)unpack_int(u);
	m->ret = (int)unpack_int(u);
	m->size = unpack_int(u);
	unpack_exact(u, m->digest, sizeof(m->digest));
	m->header = unpack_str(a, u);
	unpack_when(u, &m->received);
	count = unpack_int(u);
	if (u->bad || count < 0 || count > RECIPIENTS_MAX)
		return -1;
	for (int64_t i = 0; i < count; i++)
		unpack_recipient(a, u, ARENA_PUSH(a, &m->recipients));
	return u->bad ? -1 : 0;
}

void pack_journal_event(struct buf *b, const struct journal_event *ev)
{
	pack_int(b, ev->message);
	pack_int(b, ev->recipient);
	pack_str(b, ev->what);
	pack_str(b, ev->peer);
	pack_int(b, ev->reason);
	pack_int(b, ev->diagnostic);
	pack_str(b, ev->status);
	pack_str(b, ev->text);
	pack_when(b, &ev->time);
}

void unpack_journal_event(struct arena *a, struct unpack *u, struct journal_event *ev)
{
	ev->message = unpack_int(u);
	ev->recipient = unpack_int(u);
	ev->what = unpack_str(a, u);
	ev->peer = unpack_str(a, u);
	ev->reason = (int)unpack_int(u);
	ev->diagnostic = (int)unpack_int(u);
	ev->status = unpack_str(a, u);
	ev->text = unpack_str(a, u);
	unpack_when(u, &ev->time);
}
