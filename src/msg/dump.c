/*
 * dump.c - see dump.h.  One walk over the message serves both forms: it calls struct out, which writes either
 * "path: value" lines or JSON members.
 */
#include "msg/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define DUMP_OCTETS 64 /* hex digits shown of a long octet string: 2 * this */

struct out {
	struct arena *a;
	struct stream *stream;
	struct json *json; /* NULL: text */
	char path[512];    /* "recipients[1]." of the text form */
};

/* ---- the two forms ---- */

static size_t enter(struct out *o, const char *name, bool array)
{
	size_t mark = strlen(o->path);

	if (o->json != NULL)
		array ? json_array(o->json, name) : json_object(o->json, name);
	else if (name != NULL)
		snprintf(o->path + mark, sizeof o->path - mark, "%s%s", name, array ? "" : ".");
	return mark;
}

static void leave(struct out *o, size_t mark, bool array)
{
	if (o->json != NULL)
		array ? json_end_array(o->json) : json_end_object(o->json);
	o->path[mark] = '\0';
}

/* Element n (from 1) of an array: "[n]." */
static size_t enter_item(struct out *o, size_t n)
{
	size_t mark = strlen(o->path);

	if (o->json != NULL)
		json_object(o->json, NULL);
	else
		snprintf(o->path + mark, sizeof o->path - mark, "[%zu].", n);
	return mark;
}

static void line(struct out *o, const char *name, const char *value) { stream_printf(o->stream, "%s%s: %s\n", o->path, name, value); }

/* Text in double quotes, control characters spelled out. */
static void put_string(struct out *o, const char *name, const char *value)
{
	size_t n;
	char *shown;

	if (value == NULL)
		return;
	if (o->json != NULL) {
		json_string(o->json, name, value);
		return;
	}
	n = strlen(value);
	shown = arena_alloc(o->a, 4 * n + 1);
	str_printable(shown, 4 * n + 1, value, n);
	stream_printf(o->stream, "%s%s: \"%s\"\n", o->path, name, shown);
}

/* A word of the standard or our own text: no quotes. */
static void put_word(struct out *o, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (o->json != NULL)
		json_string(o->json, name, value);
	else
		line(o, name, value);
}

static void put_int(struct out *o, const char *name, int64_t value)
{
	if (o->json != NULL)
		json_int(o->json, name, value);
	else
		stream_printf(o->stream, "%s%s: %lld\n", o->path, name, (long long)value);
}

static void put_flag(struct out *o, const char *name, bool value)
{
	if (!value)
		return;
	if (o->json != NULL)
		json_bool(o->json, name, true);
	else
		line(o, name, "TRUE");
}

static void put_octets(struct out *o, const char *name, struct octets v)
{
	size_t shown = o->json == NULL && v.len > DUMP_OCTETS ? DUMP_OCTETS : v.len;
	char *hex;

	if (v.p == NULL)
		return;
	hex = arena_alloc(o->a, 2 * shown + 64);
	str_hex(hex, v.p, shown);
	if (shown < v.len)
		snprintf(hex + 2 * shown, 60, "... (%zu octets)", v.len);
	put_word(o, name, hex);
}

static void put_when(struct out *o, const char *name, const struct when *w)
{
	char text[32];

	if (!w->set)
		return;
	clock_format_iso(w, text);
	put_word(o, name, text);
}

static void put_text(struct out *o, const char *name, const struct mx_text *t) { put_string(o, name, t->utf8); }

/* "word (n)" of a named number; the number alone when it has no name. */
static void put_named(struct out *o, const char *name, int value, const char *const *words, size_t count)
{
	if (value == MX_ABSENT)
		return;
	if (value >= 0 && (size_t)value < count && words[value] != NULL)
		put_word(o, name, arena_printf(o->a, "%s (%d)", words[value], value));
	else
		put_int(o, name, value);
}
#define PUT_NAMED(o, name, value, words) put_named((o), (name), (value), (words), ARRAY_LEN(words))

static void put_oid(struct out *o, const char *name, const struct mx_oid *oid)
{
	if (oid->der.p != NULL)
		put_word(o, name, mx_oid_text(o->a, oid));
}

static void put_blob(struct out *o, const char *name, const struct blob *b)
{
	uint8_t head[DUMP_OCTETS];
	uint64_t off = 0;
	struct octets all;

	if (o->json != NULL) { /* whole: stable and complete */
		if (blob_map(o->a, b, &all, NULL) == 0 && str_is_utf8(all.p, all.len) && memchr(all.p, 0, all.len) == NULL)
			json_string_n(o->json, name, all.p, all.len);
		else
			put_octets(o, arena_printf(o->a, "%s-hex", name), all);
		return;
	}
	/* text shows line by line, octets as hex */
	if (b->len <= 65536 && blob_map(o->a, b, &all, NULL) == 0 && str_is_utf8(all.p, all.len) &&
	    memchr(all.p, 0, all.len) == NULL) {
		while (off < all.len) {
			const uint8_t *end = memchr(all.p + off, '\n', all.len - off);
			size_t n = end == NULL ? all.len - off : (size_t)(end - all.p) - off + 1;
			char *shown = arena_alloc(o->a, 4 * n + 1);
			str_printable(shown, 4 * n + 1, all.p + off, n);
			stream_printf(o->stream, "%s%s: \"%s\"\n", o->path, name, shown);
			off += n;
		}
		return;
	}
	stream_printf(o->stream, "%s%s-octets: %llu\n", o->path, name, (unsigned long long)b->len);
	size_t got;
	if (blob_read(b, 0, head, sizeof head, &got, NULL) == 0)
		put_octets(o, name, (struct octets){head, got});
}

/* ---- X.411 ---- */

static void put_or(struct out *o, const char *name, const struct or_name *n)
{
	if (!or_has(&n->address, OR_C) && !or_has(&n->address, OR_ADMD) && !or_has(&n->address, OR_S) &&
	    !or_has(&n->address, OR_O) && !or_has(&n->address, OR_X121) && n->address.dda.count == 0 &&
	    !or_has(&n->address, OR_PRMD) && n->directory_name.p == NULL)
		return;
	put_string(o, name, or_text(o->a, &n->address));
	if (n->directory_name.p != NULL)
		put_octets(o, arena_printf(o->a, "%s-directory-name", name), n->directory_name);
	if (n->address.unsupported_attributes)
		put_flag(o, arena_printf(o->a, "%s-has-unknown-attributes", name), true);
}

static void put_domain(struct out *o, const char *name, const struct mx_global_domain *d)
{
	if (d->country.printable != NULL)
		put_string(o, name, mx_domain_text(o->a, d));
}

static void put_mts_id(struct out *o, const char *name, const struct mx_mts_id *id)
{
	if (id->local != NULL)
		put_string(o, name, mx_mts_id_text(o->a, id));
}

static void put_eits(struct out *o, const char *name, const struct mx_eits *e)
{
	static const char *const names[] = {"unknown", NULL, "ia5-text", "g3-facsimile", "g4-class-1", "teletex",
	                                    "videotex", "voice", "sfd", "mixed-mode"};
	struct buf b = BUF_INIT(65536);

	if (!e->set)
		return;
	for (unsigned i = 0; i < 32; i++) {
		if ((e->built_in >> i & 1) == 0)
			continue;
		if (i < ARRAY_LEN(names) && names[i] != NULL)
			buf_printf(&b, "%s%s", b.len > 0 ? " " : "", names[i]);
		else
			buf_printf(&b, "%sbit-%u", b.len > 0 ? " " : "", i);
	}
	for (size_t i = 0; i < e->extended.count; i++)
		buf_printf(&b, "%s%s", b.len > 0 ? " " : "", mx_oid_text(o->a, &e->extended.items[i]));
	put_word(o, name, b.len > 0 ? buf_str(&b) : "none");
	buf_free(&b);
}

static void put_content_type(struct out *o, const char *name, int type, const struct mx_oid *oid)
{
	const char *word;

	if (oid->der.p != NULL) {
		put_oid(o, name, oid);
		return;
	}
	word = type == 0    ? "unidentified"
	       : type == 1  ? "external"
	       : type == 2  ? "interpersonal-messaging-1984"
	       : type == 22 ? "interpersonal-messaging-1988"
	       : type == 35 ? "edi-messaging"
	       : type == 40 ? "voice-messaging"
	                    : NULL;
	if (type != MX_ABSENT)
		put_word(o, name, word == NULL ? arena_printf(o->a, "%d", type) : arena_printf(o->a, "%s (%d)", word, type));
}

static void put_extension(struct out *o, size_t n, const struct mx_extension *x)
{
	size_t mark = enter_item(o, n);

	if (x->oid.der.p != NULL)
		put_oid(o, "type", &x->oid);
	else
		put_int(o, "type", x->number);
	put_flag(o, "critical-for-submission", x->criticality & MX_CRITICAL_SUBMISSION);
	put_flag(o, "critical-for-transfer", x->criticality & MX_CRITICAL_TRANSFER);
	put_flag(o, "critical-for-delivery", x->criticality & MX_CRITICAL_DELIVERY);
	put_octets(o, "value", x->value);
	leave(o, mark, false);
}

/* A list of anything: name[1]., name[2]. ... with a function that writes item n. */
#define PUT_LIST(o, name, list, fn)                                                                                    \
	do {                                                                                                               \
		if ((list).count > 0) {                                                                                        \
			size_t mark_ = enter((o), (name), true);                                                                   \
			for (size_t i_ = 0; i_ < (list).count; i_++)                                                               \
				fn((o), i_ + 1, &(list).items[i_]);                                                                    \
			leave((o), mark_, true);                                                                                   \
		}                                                                                                              \
	} while (0)

static void put_trace(struct out *o, size_t n, const struct mx_trace *t)
{
	static const char *const actions[] = {"relayed", "rerouted"};
	size_t mark = enter_item(o, n);

	put_domain(o, "global-domain-identifier", &t->domain);
	put_string(o, "mta-name", t->mta_name);
	put_when(o, "arrival-time", &t->arrival_time);
	PUT_NAMED(o, "routing-action", t->routing_action, actions);
	put_domain(o, "attempted-domain", &t->attempted_domain);
	put_string(o, "attempted-mta", t->attempted_mta);
	put_when(o, "deferred-time", &t->deferred_time);
	put_eits(o, "converted-encoded-information-types", &t->converted);
	put_flag(o, "redirected", t->redirected);
	put_flag(o, "dl-operation", t->dl_operation);
	leave(o, mark, false);
}

static void put_dl(struct out *o, size_t n, const struct mx_dl_history *d)
{
	size_t mark = enter_item(o, n);

	put_or(o, "dl", &d->dl);
	put_when(o, "time", &d->time);
	leave(o, mark, false);
}

static void put_redirection(struct out *o, size_t n, const struct mx_redirection *r)
{
	static const char *const reasons[] = {"recipient-assigned-alternate-recipient", "originator-requested-alternate-recipient",
	                                      "recipient-MD-assigned-alternate-recipient", "directory-look-up", "alias"};
	size_t mark = enter_item(o, n);

	put_or(o, "intended-recipient", &r->name);
	put_when(o, "time", &r->time);
	PUT_NAMED(o, "redirection-reason", r->reason, reasons);
	leave(o, mark, false);
}

static void put_indicators(struct out *o, bool responsibility, int mta_report, int originator_report)
{
	static const char *const mta[] = {"no", "non-delivery-report", "report", "audited-report"};
	static const char *const originator[] = {"no-report", "non-delivery-report", "report"};

	put_word(o, "responsibility", responsibility ? "responsible" : "not-responsible");
	PUT_NAMED(o, "originating-MTA-report", mta_report, mta);
	PUT_NAMED(o, "originator-report", originator_report, originator);
}

static void put_recipient(struct out *o, size_t n, const struct mx_recipient *r)
{
	size_t mark = enter_item(o, n);

	put_or(o, "recipient-name", &r->name);
	put_int(o, "originally-specified-recipient-number", r->number);
	put_indicators(o, r->responsibility, r->mta_report, r->originator_report);
	if (r->explicit_conversion != MX_ABSENT)
		put_int(o, "explicit-conversion", r->explicit_conversion);
	put_or(o, "originator-requested-alternate-recipient", &r->originator_requested_alternate);
	put_or(o, "originally-intended-recipient-name", &r->original);
	PUT_LIST(o, "redirection-history", r->redirection_history, put_redirection);
	PUT_LIST(o, "extensions", r->extensions, put_extension);
	leave(o, mark, false);
}

static const char *const priorities[] = {"normal", "non-urgent", "urgent"};

static void put_envelope_flags(struct out *o, const struct mx_envelope *e)
{
	put_flag(o, "disclosure-of-other-recipients", e->disclosure_of_other_recipients);
	put_flag(o, "implicit-conversion-prohibited", e->implicit_conversion_prohibited);
	put_flag(o, "alternate-recipient-allowed", e->alternate_recipient_allowed);
	put_flag(o, "content-return-request", e->content_return_request);
	put_flag(o, "conversion-with-loss-prohibited", e->conversion_with_loss_prohibited);
	put_flag(o, "dl-expansion-prohibited", e->dl_expansion_prohibited);
	put_flag(o, "recipient-reassignment-prohibited", e->recipient_reassignment_prohibited);
}

static void put_envelope(struct out *o, const struct mx_message *m)
{
	static const char *const ids[] = {"message-identifier", "report-identifier", "probe-identifier"};
	const struct mx_envelope *e = &m->envelope;
	size_t mark = enter(o, "envelope", false);

	put_mts_id(o, ids[m->kind], &e->id);
	put_or(o, m->kind == MX_REPORT ? "report-destination-name" : "originator-name", &e->originator);
	put_eits(o, "original-encoded-information-types", &e->original_eits);
	if (m->kind != MX_REPORT) {
		put_content_type(o, "content-type", e->content_type, &e->content_type_oid);
		put_string(o, "content-identifier", e->content_identifier);
		PUT_NAMED(o, "priority", (int)e->priority, priorities);
	}
	put_envelope_flags(o, e);
	put_when(o, "deferred-delivery-time", &e->deferred_delivery_time);
	put_when(o, "latest-delivery-time", &e->latest_delivery_time);
	put_or(o, "originator-return-address", &e->originator_return_address);
	put_string(o, "content-correlator", e->content_correlator);
	if (e->content_length != MX_ABSENT)
		put_int(o, "content-length", e->content_length);
	PUT_LIST(o, "trace-information", e->trace, put_trace);
	PUT_LIST(o, "internal-trace-information", e->internal_trace, put_trace);
	PUT_LIST(o, "dl-expansion-history", e->dl_history, put_dl);
	PUT_LIST(o, "extensions", e->extensions, put_extension);
	if (e->per_domain_bilateral.p != NULL)
		put_octets(o, "per-domain-bilateral-information", e->per_domain_bilateral);
	leave(o, mark, false);
}

/* ---- X.420 ---- */

static void put_ipm_id_members(struct out *o, const struct mx_ipm_id *id)
{
	if (id->has_user)
		put_or(o, "user", &id->user);
	put_string(o, "user-relative-identifier", id->user_relative);
}

static void put_ipm_id(struct out *o, const char *name, const struct mx_ipm_id *id)
{
	size_t mark;

	if (!id->set)
		return;
	mark = enter(o, name, false);
	put_ipm_id_members(o, id);
	leave(o, mark, false);
}

static void put_ipm_id_item(struct out *o, size_t n, const struct mx_ipm_id *id)
{
	size_t mark = enter_item(o, n);

	put_ipm_id_members(o, id);
	leave(o, mark, false);
}

static void put_descriptor_members(struct out *o, const struct mx_or_descriptor *d)
{
	if (d->has_formal_name)
		put_or(o, "formal-name", &d->formal_name);
	put_text(o, "free-form-name", &d->free_form_name);
	put_string(o, "telephone-number", d->telephone);
}

static void put_descriptor(struct out *o, const char *name, const struct mx_or_descriptor *d)
{
	size_t mark = enter(o, name, false);

	put_descriptor_members(o, d);
	leave(o, mark, false);
}

static void put_descriptor_item(struct out *o, size_t n, const struct mx_or_descriptor *d)
{
	size_t mark = enter_item(o, n);

	put_descriptor_members(o, d);
	leave(o, mark, false);
}

static void put_specifier(struct out *o, size_t n, const struct mx_recipient_specifier *r)
{
	size_t mark = enter_item(o, n);

	put_descriptor_members(o, &r->recipient);
	put_flag(o, "rn", r->rn);
	put_flag(o, "nrn", r->nrn);
	put_flag(o, "ipm-return", r->ipm_return);
	put_flag(o, "reply-requested", r->reply_requested);
	PUT_LIST(o, "recipient-extensions", r->extensions, put_extension);
	leave(o, mark, false);
}

/* Strings of a list, each under the same name with its number. */
static void put_strings(struct out *o, const char *name, const char *const *items, size_t count)
{
	size_t mark;

	if (count == 0)
		return;
	mark = enter(o, name, true);
	for (size_t i = 0; i < count; i++)
		put_string(o, o->json != NULL ? NULL : arena_printf(o->a, "[%zu]", i + 1), items[i]);
	leave(o, mark, true);
}

static void put_heading_fields(struct out *o, const struct mx_heading *h)
{
	static const char *const importance[] = {"low", "normal", "high"};
	static const char *const sensitivity[] = {NULL, "personal", "private", "company-confidential"};
	static const char *const submitted[] = {"not-auto-submitted", "auto-generated", "auto-replied"};

	put_text(o, "subject", &h->subject);
	put_when(o, "expiry-time", &h->expiry_time);
	put_when(o, "reply-time", &h->reply_time);
	PUT_LIST(o, "reply-recipients", h->reply_recipients, put_descriptor_item);
	PUT_NAMED(o, "importance", h->importance, importance);
	PUT_NAMED(o, "sensitivity", h->sensitivity, sensitivity);
	if (h->has_auto_forwarded)
		put_word(o, "auto-forwarded", h->auto_forwarded ? "TRUE" : "FALSE");
	put_flag(o, "incomplete-copy", h->incomplete_copy);
	put_string(o, "multipart-message.subtype", h->multipart_subtype);
	put_flag(o, "multipart-message.is-not-a-message", h->multipart_not_a_message);
	put_strings(o, "languages", h->languages.items, h->languages.count);
	PUT_NAMED(o, "auto-submitted", h->auto_submitted, submitted);
	put_strings(o, "rfc-822-field-list", h->rfc_822_fields.items, h->rfc_822_fields.count);
	PUT_LIST(o, "extensions", h->extensions, put_extension);
}

static void put_heading(struct out *o, const struct mx_heading *h)
{
	size_t mark = enter(o, "heading", false);

	put_ipm_id(o, "this-IPM", &h->this_ipm);
	if (h->has_originator)
		put_descriptor(o, "originator", &h->originator);
	PUT_LIST(o, "authorizing-users", h->authorizing_users, put_descriptor_item);
	PUT_LIST(o, "primary-recipients", h->primary_recipients, put_specifier);
	PUT_LIST(o, "copy-recipients", h->copy_recipients, put_specifier);
	PUT_LIST(o, "blind-copy-recipients", h->blind_copy_recipients, put_specifier);
	put_ipm_id(o, "replied-to-IPM", &h->replied_to_ipm);
	PUT_LIST(o, "obsoleted-IPMs", h->obsoleted_ipms, put_ipm_id_item);
	PUT_LIST(o, "related-IPMs", h->related_ipms, put_ipm_id_item);
	put_heading_fields(o, h);
	leave(o, mark, false);
}

static void put_content(struct out *o, const struct mx_message *m);

static void put_file(struct out *o, const struct mx_file *f)
{
	put_string(o, "pathname", f->pathname);
	put_oid(o, "contents-type", &f->contents_type);
	put_oid(o, "application-reference", &f->application_reference);
	put_string(o, "user-visible-string", f->user_visible_string);
	put_string(o, "content-description", f->content_description);
	put_when(o, "date-and-time-of-creation", &f->creation);
	put_when(o, "date-and-time-of-last-modification", &f->last_modification);
	put_when(o, "date-and-time-of-last-read-access", &f->last_read_access);
	if (f->object_size != MX_ABSENT)
		put_int(o, "actual-values-object-size", f->object_size);
	put_string(o, "message-reference", f->message_reference);
	put_strings(o, "rfc-822-field-list", f->rfc_822_fields.items, f->rfc_822_fields.count);
	put_flag(o, "irreducible", f->irreducible);
}

static void put_body_part(struct out *o, size_t n, const struct mx_body_part *p)
{
	static const char *const kinds[] = {
		[MX_BODY_IA5] = "ia5-text", [MX_BODY_GENERAL_TEXT] = "general-text", [MX_BODY_FILE_TRANSFER] = "file-transfer",
		[MX_BODY_BILATERAL] = "bilaterally-defined", [MX_BODY_MESSAGE] = "message",
		[MX_BODY_NATIONALLY_DEFINED] = "nationally-defined", [MX_BODY_TELETEX] = "teletex",
		[MX_BODY_EXTENDED] = "extended", [MX_BODY_OTHER] = "other"};
	size_t mark = enter_item(o, n);

	put_word(o, "body-part", kinds[p->kind]);
	if (p->tag != MX_ABSENT)
		put_int(o, "tag", p->tag);
	put_oid(o, "type", &p->type);
	if (p->kind == MX_BODY_IA5 && p->repertoire != 5)
		put_int(o, "repertoire", p->repertoire);
	if (p->kind == MX_BODY_GENERAL_TEXT) {
		struct buf b = BUF_INIT(4096);
		for (size_t i = 0; i < p->character_sets.count; i++)
			buf_printf(&b, "%s%d", i > 0 ? " " : "", p->character_sets.items[i]);
		put_word(o, "character-sets", buf_str(&b));
		buf_free(&b);
	}
	if (p->kind == MX_BODY_FILE_TRANSFER)
		put_file(o, &p->file);
	if (p->kind == MX_BODY_MESSAGE && p->message != NULL) {
		put_when(o, "delivery-time", &p->delivery_time);
		put_content(o, p->message);
	} else {
		put_blob(o, "data", &p->data);
	}
	leave(o, mark, false);
}

static void put_ipn(struct out *o, const struct mx_ipn *n)
{
	static const char *const modes[] = {"manual", "automatic"};
	static const char *const reasons[] = {"ipm-discarded", "ipm-auto-forwarded"};
	static const char *const discards[] = {"ipm-expired", "ipm-obsoleted", "user-subscription-terminated", "not-used"};
	size_t mark = enter(o, n->receipt ? "receipt-notification" : "non-receipt-notification", false);

	put_ipm_id(o, "subject-ipm", &n->subject_ipm);
	if (n->has_ipn_originator)
		put_descriptor(o, "ipn-originator", &n->ipn_originator);
	if (n->has_ipm_preferred_recipient)
		put_descriptor(o, "ipm-intended-recipient", &n->ipm_preferred_recipient);
	put_eits(o, "conversion-eits", &n->conversion_eits);
	if (n->receipt) {
		put_when(o, "receipt-time", &n->receipt_time);
		PUT_NAMED(o, "acknowledgment-mode", n->acknowledgment_mode, modes);
		put_string(o, "suppl-receipt-info", n->suppl_receipt_info);
	} else {
		PUT_NAMED(o, "non-receipt-reason", n->non_receipt_reason, reasons);
		PUT_NAMED(o, "discard-reason", n->discard_reason, discards);
		put_string(o, "auto-forward-comment", n->auto_forward_comment);
		put_flag(o, "returned-ipm", n->has_returned_ipm);
	}
	PUT_LIST(o, "extensions", n->extensions, put_extension);
	leave(o, mark, false);
}

static void put_content(struct out *o, const struct mx_message *m)
{
	if (m->content == MX_CONTENT_IPM) {
		put_heading(o, &m->ipm.heading);
		PUT_LIST(o, "body", m->ipm.body, put_body_part);
	} else if (m->content == MX_CONTENT_IPN) {
		put_ipn(o, &m->ipn);
	} else if (m->content_octets.len > 0) {
		put_blob(o, "content", &m->content_octets);
	}
}

/* ---- report ---- */

static void put_report_recipient(struct out *o, size_t n, const struct mx_report_recipient *r)
{
	size_t mark = enter_item(o, n);

	put_or(o, "actual-recipient-name", &r->actual_recipient);
	put_int(o, "originally-specified-recipient-number", r->number);
	put_indicators(o, r->responsibility, r->mta_report, r->originator_report);
	put_word(o, "report-type", r->delivered ? "delivery" : "non-delivery");
	if (r->delivered) {
		put_when(o, "message-delivery-time", &r->delivery_time);
		put_int(o, "type-of-MTS-user", r->type_of_user);
	} else {
		put_int(o, "non-delivery-reason-code", r->reason);
		if (r->diagnostic != MX_ABSENT)
			put_int(o, "non-delivery-diagnostic-code", r->diagnostic);
	}
	if (r->last_trace.arrival_time.set || r->last_trace.domain.country.printable != NULL) {
		size_t inner = enter(o, "last-trace-information", true);
		put_trace(o, 1, &r->last_trace);
		leave(o, inner, true);
	}
	put_or(o, "originally-intended-recipient-name", &r->originally_intended_recipient);
	put_eits(o, "converted-encoded-information-types", &r->converted);
	put_string(o, "supplementary-information", r->supplementary_information);
	PUT_LIST(o, "redirection-history", r->redirection_history, put_redirection);
	put_strings(o, "dsn-field-list", r->dsn_fields.items, r->dsn_fields.count);
	PUT_LIST(o, "extensions", r->extensions, put_extension);
	leave(o, mark, false);
}

static void put_report(struct out *o, const struct mx_report *r)
{
	size_t mark = enter(o, "report", false);

	put_mts_id(o, "subject-identifier", &r->subject_identifier);
	PUT_LIST(o, "subject-intermediate-trace-information", r->subject_intermediate_trace, put_trace);
	put_eits(o, "original-encoded-information-types", &r->original_eits);
	put_content_type(o, "content-type", r->content_type, &r->content_type_oid);
	put_string(o, "content-identifier", r->content_identifier);
	put_string(o, "content-correlator", r->content_correlator);
	put_strings(o, "dl-names", r->dl_history_names.items, r->dl_history_names.count);
	put_strings(o, "dsn-header-list", r->dsn_header_list.items, r->dsn_header_list.count);
	put_strings(o, "dsn-field-list", r->dsn_fields.items, r->dsn_fields.count);
	PUT_LIST(o, "extensions", r->extensions, put_extension);
	if (r->returned_content.len > 0)
		put_int(o, "returned-content-octets", (int64_t)r->returned_content.len);
	PUT_LIST(o, "recipients", r->recipients, put_report_recipient);
	leave(o, mark, false);
}

static void put_loss(struct out *o, size_t n, const struct mx_loss *l)
{
	size_t mark = enter_item(o, n);

	put_word(o, "row", l->row);
	put_string(o, "element", l->element);
	put_string(o, "why", l->why);
	leave(o, mark, false);
}

static void put_message(struct out *o, const struct mx_message *m)
{
	static const char *const kinds[] = {"message", "report", "probe"};

	put_word(o, "kind", kinds[m->kind]);
	if (m->envelope.id.local != NULL || m->kind != MX_MESSAGE)
		put_envelope(o, m);
	PUT_LIST(o, "recipients", m->recipients, put_recipient);
	if (m->kind == MX_REPORT)
		put_report(o, &m->report);
	put_content(o, m);
	PUT_LIST(o, "losses", m->losses, put_loss);
}

void mx_dump(struct arena *a, const struct mx_message *m, struct stream *stream)
{
	struct out o = {.a = a, .stream = stream};

	put_message(&o, m);
}

void mx_dump_json(struct arena *a, const struct mx_message *m, struct stream *stream)
{
	struct json j = JSON_INIT(stream);
	struct out o = {.a = a, .stream = stream, .json = &j};

	json_object(&j, NULL);
	put_message(&o, m);
	json_end_object(&j);
}
