/*
 * undump.c - see undump.h.  A table of members a struct; paths are walked from the message down.
 */
#include "t/lib/undump.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "addr/addr.h"
#include "base/charset.h"
#include "base/str.h"

enum kind { STRING, INT, FLAG, BITS, WHEN, TEXT, OR, DOMAIN, MTS_ID, EITS, OID, OCTETS, STRINGS, STRUCT, LIST };
struct type;
struct member {
	const char *name;
	enum kind kind;
	size_t offset;
	const struct type *type; /* STRUCT, LIST */
	size_t present;          /* 1 + offset of a bool that becomes true; 0: none. BITS: the mask */
};
struct type {
	size_t size;
	const struct member *members;
	size_t count;
};
#define AT(s, m) offsetof(struct s, m)
#define TYPE(name, s)                                                                                                  \
	static const struct type name##_type = {sizeof(struct s), name##_members, ARRAY_LEN(name##_members)}

static const struct member extension_members[] = {
	{"type", OID, AT(mx_extension, oid), NULL, 0},
	{"number", INT, AT(mx_extension, number), NULL, 0},
	{"critical-for-submission", BITS, AT(mx_extension, criticality), NULL, MX_CRITICAL_SUBMISSION},
	{"critical-for-transfer", BITS, AT(mx_extension, criticality), NULL, MX_CRITICAL_TRANSFER},
	{"critical-for-delivery", BITS, AT(mx_extension, criticality), NULL, MX_CRITICAL_DELIVERY},
	{"value", OCTETS, AT(mx_extension, value), NULL, 0},
};
TYPE(extension, mx_extension);
static const struct member trace_members[] = {
	{"global-domain-identifier", DOMAIN, AT(mx_trace, domain), NULL, 0},
	{"mta-name", STRING, AT(mx_trace, mta_name), NULL, 0},
	{"arrival-time", WHEN, AT(mx_trace, arrival_time), NULL, 0},
	{"routing-action", INT, AT(mx_trace, routing_action), NULL, 0},
	{"attempted-domain", DOMAIN, AT(mx_trace, attempted_domain), NULL, 0},
	{"attempted-mta", STRING, AT(mx_trace, attempted_mta), NULL, 0},
	{"deferred-time", WHEN, AT(mx_trace, deferred_time), NULL, 0},
	{"converted-encoded-information-types", EITS, AT(mx_trace, converted), NULL, 0},
	{"redirected", FLAG, AT(mx_trace, redirected), NULL, 0},
	{"dl-operation", FLAG, AT(mx_trace, dl_operation), NULL, 0},
};
TYPE(trace, mx_trace);
static const struct member dl_members[] = {{"dl", OR, AT(mx_dl_history, dl), NULL, 0},
										   {"time", WHEN, AT(mx_dl_history, time), NULL, 0}};
TYPE(dl, mx_dl_history);
static const struct member redirection_members[] = {{"intended-recipient", OR, AT(mx_redirection, name), NULL, 0},
													{"time", WHEN, AT(mx_redirection, time), NULL, 0},
													{"redirection-reason", INT, AT(mx_redirection, reason), NULL, 0}};
TYPE(redirection, mx_redirection);
static const struct member recipient_members[] = {
	{"recipient-name", OR, AT(mx_recipient, name), NULL, 0},
	{"originally-specified-recipient-number", INT, AT(mx_recipient, number), NULL, 0},
	{"responsibility", FLAG, AT(mx_recipient, responsibility), NULL, 0},
	{"originating-MTA-report", INT, AT(mx_recipient, mta_report), NULL, 0},
	{"originator-report", INT, AT(mx_recipient, originator_report), NULL, 0},
	{"originator-requested-alternate-recipient", OR, AT(mx_recipient, originator_requested_alternate), NULL, 0},
	{"originally-intended-recipient-name", OR, AT(mx_recipient, original), NULL, 0},
	{"redirection-history", LIST, AT(mx_recipient, redirection_history), &redirection_type, 0},
	{"extensions", LIST, AT(mx_recipient, extensions), &extension_type, 0},
};
TYPE(recipient, mx_recipient);
static const struct member envelope_members[] = {
	{"message-identifier", MTS_ID, AT(mx_envelope, id), NULL, 0},
	{"originator-name", OR, AT(mx_envelope, originator), NULL, 0},
	{"original-encoded-information-types", EITS, AT(mx_envelope, original_eits), NULL, 0},
	{"content-type", INT, AT(mx_envelope, content_type), NULL, 0},
	{"content-identifier", STRING, AT(mx_envelope, content_identifier), NULL, 0},
	{"priority", INT, AT(mx_envelope, priority), NULL, 0},
	{"disclosure-of-other-recipients", FLAG, AT(mx_envelope, disclosure_of_other_recipients), NULL, 0},
	{"implicit-conversion-prohibited", FLAG, AT(mx_envelope, implicit_conversion_prohibited), NULL, 0},
	{"alternate-recipient-allowed", FLAG, AT(mx_envelope, alternate_recipient_allowed), NULL, 0},
	{"content-return-request", FLAG, AT(mx_envelope, content_return_request), NULL, 0},
	{"conversion-with-loss-prohibited", FLAG, AT(mx_envelope, conversion_with_loss_prohibited), NULL, 0},
	{"deferred-delivery-time", WHEN, AT(mx_envelope, deferred_delivery_time), NULL, 0},
	{"latest-delivery-time", WHEN, AT(mx_envelope, latest_delivery_time), NULL, 0},
	{"originator-return-address", OR, AT(mx_envelope, originator_return_address), NULL, 0},
	{"content-correlator", STRING, AT(mx_envelope, content_correlator), NULL, 0},
	{"trace-information", LIST, AT(mx_envelope, trace), &trace_type, 0},
	{"internal-trace-information", LIST, AT(mx_envelope, internal_trace), &trace_type, 0},
	{"dl-expansion-history", LIST, AT(mx_envelope, dl_history), &dl_type, 0},
	{"extensions", LIST, AT(mx_envelope, extensions), &extension_type, 0},
};
TYPE(envelope, mx_envelope);
static const struct member ipm_id_members[] = {
	{"user", OR, AT(mx_ipm_id, user), NULL, 1 + AT(mx_ipm_id, has_user)},
	{"user-relative-identifier", STRING, AT(mx_ipm_id, user_relative), NULL, 1 + AT(mx_ipm_id, set)},
};
TYPE(ipm_id, mx_ipm_id);
static const struct member descriptor_members[] = {
	{"formal-name", OR, AT(mx_or_descriptor, formal_name), NULL, 1 + AT(mx_or_descriptor, has_formal_name)},
	{"free-form-name", TEXT, AT(mx_or_descriptor, free_form_name), NULL, 0},
	{"telephone-number", STRING, AT(mx_or_descriptor, telephone), NULL, 0},
};
TYPE(descriptor, mx_or_descriptor);
#define SPECIFIER(m) (AT(mx_recipient_specifier, recipient) + AT(mx_or_descriptor, m))
static const struct member specifier_members[] = {
	{"formal-name", OR, SPECIFIER(formal_name), NULL, 1 + SPECIFIER(has_formal_name)},
	{"free-form-name", TEXT, SPECIFIER(free_form_name), NULL, 0},
	{"telephone-number", STRING, SPECIFIER(telephone), NULL, 0},
	{"rn", FLAG, AT(mx_recipient_specifier, rn), NULL, 0},
	{"nrn", FLAG, AT(mx_recipient_specifier, nrn), NULL, 0},
	{"ipm-return", FLAG, AT(mx_recipient_specifier, ipm_return), NULL, 0},
	{"reply-requested", FLAG, AT(mx_recipient_specifier, reply_requested), NULL, 0},
	{"recipient-extensions", LIST, AT(mx_recipient_specifier, extensions), &extension_type, 0},
};
TYPE(specifier, mx_recipient_specifier);
static const struct member heading_members[] = {
	{"this-IPM", STRUCT, AT(mx_heading, this_ipm), &ipm_id_type, 0},
	{"originator", STRUCT, AT(mx_heading, originator), &descriptor_type, 1 + AT(mx_heading, has_originator)},
	{"authorizing-users", LIST, AT(mx_heading, authorizing_users), &descriptor_type, 0},
	{"primary-recipients", LIST, AT(mx_heading, primary_recipients), &specifier_type, 0},
	{"copy-recipients", LIST, AT(mx_heading, copy_recipients), &specifier_type, 0},
	{"blind-copy-recipients", LIST, AT(mx_heading, blind_copy_recipients), &specifier_type, 0},
	{"replied-to-IPM", STRUCT, AT(mx_heading, replied_to_ipm), &ipm_id_type, 0},
	{"obsoleted-IPMs", LIST, AT(mx_heading, obsoleted_ipms), &ipm_id_type, 0},
	{"related-IPMs", LIST, AT(mx_heading, related_ipms), &ipm_id_type, 0},
	{"subject", TEXT, AT(mx_heading, subject), NULL, 0},
	{"expiry-time", WHEN, AT(mx_heading, expiry_time), NULL, 0},
	{"reply-time", WHEN, AT(mx_heading, reply_time), NULL, 0},
	{"reply-recipients", LIST, AT(mx_heading, reply_recipients), &descriptor_type, 0},
	{"importance", INT, AT(mx_heading, importance), NULL, 0},
	{"sensitivity", INT, AT(mx_heading, sensitivity), NULL, 0},
	{"auto-forwarded", FLAG, AT(mx_heading, auto_forwarded), NULL, 1 + AT(mx_heading, has_auto_forwarded)},
	{"incomplete-copy", FLAG, AT(mx_heading, incomplete_copy), NULL, 0},
	{"languages", STRINGS, AT(mx_heading, languages), NULL, 0},
	{"auto-submitted", INT, AT(mx_heading, auto_submitted), NULL, 0},
	{"rfc-822-field-list", STRINGS, AT(mx_heading, rfc_822_fields), NULL, 0},
	{"extensions", LIST, AT(mx_heading, extensions), &extension_type, 0},
};
TYPE(heading, mx_heading);
static const struct member message_members[] = {
	{"envelope", STRUCT, AT(mx_message, envelope), &envelope_type, 0},
	{"recipients", LIST, AT(mx_message, recipients), &recipient_type, 0},
	{"heading", STRUCT, AT(mx_message, ipm) + AT(mx_ipm, heading), &heading_type, 0},
};
TYPE(message, mx_message);

/* ---- values ---- */

struct list {
	uint8_t *items;
	size_t count, capacity;
};

static char *unquoted(struct arena *a, const char *value)
{
	size_t n = strlen(value);

	return n >= 2 && value[0] == '"' ? arena_strndup(a, value + 1, n - 2) : arena_strdup(a, value);
}

static int set_domain(struct arena *a, const char *text, struct mx_global_domain *out)
{
	struct or_address o = {0};

	if (addr_parse_or(a, text, &o, NULL) != 0)
		return -1;
	*out = (struct mx_global_domain){o.v[OR_C], o.v[OR_ADMD], o.v[OR_PRMD]};
	return 0;
}

static int set_mts_id(struct arena *a, char *text, struct mx_mts_id *out)
{
	char *semicolon = strchr(text, ';'), *end = strrchr(text, ']');

	if (text[0] != '[' || semicolon == NULL || end == NULL)
		return -1;
	*semicolon = *end = '\0';
	out->local = semicolon + 1;
	return set_domain(a, text + 1, &out->domain);
}

static int set_eits(struct arena *a, char *text, struct mx_eits *out)
{
	static const char *const names[] = {"unknown", "telex",    "ia5-text", "g3-facsimile", "g4-class-1",
										"teletex", "videotex", "voice",    "sfd",          "mixed-mode"};

	out->set = true;
	for (char *word = text, *next; word != NULL; word = next) {
		bool named = false;
		next = strchr(word, ' ');
		if (next != NULL)
			*next++ = '\0';
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (str_eq(word, names[i])) {
				out->built_in |= 1u << i;
				named = true;
			}
		if (!named && !str_eq(word, "none"))
			*ARENA_PUSH(a, &out->extended) = mx_oid_parse(a, word);
	}
	return 0;
}

static int set_octets(struct arena *a, const char *hex, struct octets *out)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
	*out = (struct octets){p, n};
	return 0;
}

/* "report (2)", "2" */
static int number_of(const char *value)
{
	const char *open = strchr(value, '(');

	return atoi(open != NULL ? open + 1 : value);
}

static int set_oid(struct arena *a, const char *value, struct mx_extension *x)
{
	x->number = MX_ABSENT;
	if (strchr(value, '.') != NULL)
		return mx_oid_parse_text(a, value, &x->oid);
	x->number = atoi(value);
	return 0;
}

static int set_value(struct arena *a, const struct member *m, uint8_t *at, const char *value)
{
	char *text = unquoted(a, value);
	void *p = at;
	size_t lost;

	switch (m->kind) {
	case STRING:
		*(const char **)p = text;
		return 0;
	case INT:
		*(int *)p = number_of(value);
		return 0;
	case FLAG:
		*(bool *)p = str_eq(value, "TRUE") || str_eq(value, "responsible");
		return 0;
	case BITS:
		*at |= (uint8_t)m->present;
		return 0;
	case WHEN:
		return clock_parse_iso(value, p);
	case TEXT:
		*(struct mx_text *)p = (struct mx_text){text, charset_utf8_to_t61(a, text, &lost)};
		return 0;
	case OR:
		return addr_parse_or(a, text, &((struct or_name *)p)->address, NULL);
	case DOMAIN:
		return set_domain(a, text, p);
	case MTS_ID:
		return set_mts_id(a, text, p);
	case EITS:
		return set_eits(a, text, p);
	case OID: /* only in extensions, whose type may be a number */
		return set_oid(a, value, (struct mx_extension *)(void *)(at - AT(mx_extension, oid)));
	case OCTETS:
		return set_octets(a, value, p);
	default:
		return -1;
	}
}

/* ---- paths ---- */

static uint8_t *item(struct arena *a, struct list *list, size_t size, size_t number)
{
	while (list->count < number) {
		if (arena_grow(a, (void **)&list->items, &list->count, &list->capacity, size) != NULL)
			list->count++;
	}
	return list->items + (number - 1) * size;
}

static int set_path(struct arena *a, const struct type *t, uint8_t *base, const char *path, const char *value)
{
	size_t n = strcspn(path, ".[");

	for (size_t i = 0; i < t->count; i++) {
		const struct member *m = &t->members[i];
		const char *rest = path + n;
		uint8_t *at = base + m->offset;
		size_t number = 0;
		if (strlen(m->name) != n || strncmp(m->name, path, n) != 0)
			continue;
		if (m->present > 0 && m->kind != BITS)
			*(bool *)(void *)(base + m->present - 1) = true;
		if (*rest == '[') {
			char *end;
			number = strtoul(rest + 1, &end, 10);
			rest = end + 1;
		}
		if (*rest == '.')
			rest++;
		if (m->kind == STRUCT)
			return set_path(a, m->type, at, rest, value);
		if (m->kind == LIST && number > 0)
			return set_path(a, m->type, item(a, (struct list *)(void *)at, m->type->size, number), rest, value);
		if (m->kind == STRINGS && number > 0) {
			*(const char **)(void *)item(a, (struct list *)(void *)at, sizeof(char *), number) = unquoted(a, value);
			return 0;
		}
		return set_value(a, m, at, value);
	}
	return -1;
}

int undump_line(struct arena *a, struct mx_message *m, const char *line)
{
	const char *colon = strstr(line, ": ");

	if (colon == NULL)
		return -1;
	return set_path(a, &message_type, (uint8_t *)m, arena_strndup(a, line, (size_t)(colon - line)), colon + 2);
}
