/*
 * fields.c - see fields.h: the rows.  Their order is the order of the dump and of JSON.
 *
 * Each macro names the struct and the member, so that t/lint/fields.t can tell which members have a row.
 */
#include "msg/fields.h"

#include <string.h>

#define MEMBER(s, m, n, k) .name = (n), .kind = MX_FIELD_##k, .offset = offsetof(struct s, m), .size = sizeof(((struct s *)0)->m)
#define FIELD(s, m, n, k, ...) {MEMBER(s, m, n, k), __VA_ARGS__}
#define FLAG(s, m, n, ...) {MEMBER(s, m, n, FLAG), __VA_ARGS__}
#define STRING(s, m, n, ...) {MEMBER(s, m, n, STRING), __VA_ARGS__}
#define TIME(s, m, n, ...) {MEMBER(s, m, n, TIME), __VA_ARGS__}
#define OID(s, m, n, ...) {MEMBER(s, m, n, OID), __VA_ARGS__}
#define OCTETS(s, m, n, ...) {MEMBER(s, m, n, OCTETS), __VA_ARGS__}
#define BLOB(s, m, n, ...) {MEMBER(s, m, n, BLOB), __VA_ARGS__}
#define INTEGER(s, m, n, ...) {MEMBER(s, m, n, INTEGER), __VA_ARGS__}
#define BIT(s, m, bits, n, ...) {MEMBER(s, m, n, BIT), .mask = (bits), __VA_ARGS__}
#define TYPE(s, m, oid, n, ...) {MEMBER(s, m, n, TYPE), .other = offsetof(struct s, oid), __VA_ARGS__}
#define STRUCT(s, m, n, t, ...) {MEMBER(s, m, n, STRUCT), .table = &t##_table, __VA_ARGS__}
#define INLINE(s, m, t, ...) {MEMBER(s, m, NULL, INLINE), .table = &t##_table, __VA_ARGS__}
#define POINTER(s, m, n, t, ...) {MEMBER(s, m, n, POINTER), .table = &t##_table, __VA_ARGS__}
#define LIST(s, m, n, t, ...) {MEMBER(s, m, n, LIST), .table = &t##_table, __VA_ARGS__}
#define STRINGS(s, m, n, ...) {MEMBER(s, m, n, STRINGS), __VA_ARGS__}
/* UTF-8 and, behind it, the T.61 octets that it came as. */
#define TEXT(s, m, n, ...) {MEMBER(s, m.utf8, n, STRING), __VA_ARGS__}, {MEMBER(s, m.t61, n "-teletex", OCTETS), .received = true}
#define WORDS(w) .words = (w), .word_count = ARRAY_LEN(w)
#define ALWAYS .always = MX_IN_ALL
#define ABSENT .initial = MX_ABSENT
#define RECEIVED .received = true
#define HAS(s, m) .has = 1 + offsetof(struct s, m)
#define NOTHING .only = 0
#define TABLE(s, ...)                                                                                                  \
	const struct mx_table s##_table = {                                                                               \
		.name = #s, .size = sizeof(struct s), .fields = s##_fields, .count = ARRAY_LEN(s##_fields), __VA_ARGS__}
#define TABLE_OF(s, ...) static TABLE(s, __VA_ARGS__)

/* ---- O/R names ---- */

static const struct mx_field or_value_fields[] = {
	STRING(or_value, printable, "printable", NOTHING),
	FLAG(or_value, numeric, "numeric", NOTHING),
	OCTETS(or_value, teletex, "teletex", NOTHING),
	STRING(or_value, universal, "universal", NOTHING),
	STRING(or_value, language, "iso-639-language-code", NOTHING),
};
TABLE_OF(or_value, .set = 0);

static const struct mx_field or_dda_fields[] = {
	STRUCT(or_dda, type, "type", or_value, NOTHING),
	STRUCT(or_dda, value, "value", or_value, NOTHING),
};
TABLE_OF(or_dda, .set = 0);

static const struct mx_field or_address_fields[] = {
#define OR_ROW(id, keyword, ub, x411, section) STRUCT(or_address, v[id], x411, or_value, NOTHING),
#include "msg/oraddr.def"
#undef OR_ROW
	STRINGS(or_address, postal_lines, "unformatted-postal-address printable-address", NOTHING),
	LIST(or_address, dda, "domain-defined-attributes", or_dda, NOTHING),
	FLAG(or_address, unsupported_attributes, "unsupported-attributes", NOTHING),
	OCTETS(or_address, raw, "or-address", NOTHING),
};
TABLE_OF(or_address, .set = 0);

static const struct mx_field or_name_fields[] = {
	INLINE(or_name, address, or_address, NOTHING),
	OCTETS(or_name, directory_name, "directory-name", NOTHING),
};
TABLE_OF(or_name, .format = mx_or_name_format, .parse = mx_or_name_parse);

/* ---- X.411 ---- */

static const struct mx_field mx_global_domain_fields[] = {
	STRUCT(mx_global_domain, country, "country-name", or_value, NOTHING),
	STRUCT(mx_global_domain, admd, "administration-domain-name", or_value, NOTHING),
	STRUCT(mx_global_domain, prmd, "private-domain-identifier", or_value, NOTHING),
};
TABLE_OF(mx_global_domain, .format = mx_domain_format, .parse = mx_domain_parse);

static const struct mx_field mx_mts_id_fields[] = {
	STRUCT(mx_mts_id, domain, "global-domain-identifier", mx_global_domain, NOTHING),
	STRING(mx_mts_id, local, "local-identifier", NOTHING),
};
TABLE_OF(mx_mts_id, .format = mx_mts_id_format, .parse = mx_mts_id_parse);

static const struct mx_field mx_extension_fields[] = {
	TYPE(mx_extension, number, oid, "type", ABSENT, ALWAYS),
	FLAG(mx_extension, number_as_88, "type-as-1988", RECEIVED),
	BIT(mx_extension, criticality, MX_CRITICAL_SUBMISSION, "critical-for-submission", NOTHING),
	BIT(mx_extension, criticality, MX_CRITICAL_TRANSFER, "critical-for-transfer", NOTHING),
	BIT(mx_extension, criticality, MX_CRITICAL_DELIVERY, "critical-for-delivery", NOTHING),
	BIT(mx_extension, criticality, 0xf8, "critical-for-others", NOTHING),
	OCTETS(mx_extension, value, "value", NOTHING),
};
TABLE(mx_extension, .set = 0);

static const struct mx_field mx_extension_mark_fields[] = {
	INTEGER(mx_extension_mark, number, "type", ABSENT, RECEIVED),
	INTEGER(mx_extension_mark, criticality, "criticality", RECEIVED),
	OCTETS(mx_extension_mark, value, "value", RECEIVED),
};
TABLE_OF(mx_extension_mark, .set = 0);

static const char *const built_in_eits[] = {"unknown", "telex", "ia5-text", "g3-facsimile", "g4-class-1", "teletex",
                                            "videotex", "voice", "sfd", "mixed-mode"};
static const struct mx_field mx_eits_fields[] = {
	FIELD(mx_eits, built_in, "built-in-encoded-information-types", BITS, WORDS(built_in_eits)),
	FIELD(mx_eits, extended, "extended-encoded-information-types", OIDS, NOTHING),
	OCTETS(mx_eits, non_basic_parameters, "non-basic-parameters", NOTHING),
};
const struct mx_field *const mx_eits_built_in = &mx_eits_fields[0];
TABLE_OF(mx_eits, .set = 1 + offsetof(struct mx_eits, set), .format = mx_eits_format, .parse = mx_eits_parse, .words = true);

static const char *const routing_actions[] = {"relayed", "rerouted"};
static const struct mx_field mx_trace_fields[] = {
	STRUCT(mx_trace, domain, "global-domain-identifier", mx_global_domain, NOTHING),
	STRING(mx_trace, mta_name, "mta-name", NOTHING),
	TIME(mx_trace, arrival_time, "arrival-time", NOTHING),
	INTEGER(mx_trace, routing_action, "routing-action", WORDS(routing_actions), ALWAYS),
	STRUCT(mx_trace, attempted_domain, "attempted-domain", mx_global_domain, NOTHING),
	STRING(mx_trace, attempted_mta, "attempted-mta", NOTHING),
	TIME(mx_trace, deferred_time, "deferred-time", NOTHING),
	STRUCT(mx_trace, converted, "converted-encoded-information-types", mx_eits, NOTHING),
	FLAG(mx_trace, redirected, "redirected", NOTHING),
	FLAG(mx_trace, dl_operation, "dl-operation", NOTHING),
	STRING(mx_trace, arrival_time_text, "arrival-time-as-received", NOTHING),
	STRING(mx_trace, deferred_time_text, "deferred-time-as-received", NOTHING),
};
TABLE_OF(mx_trace, .set = 0);

static const struct mx_field mx_dl_history_fields[] = {
	STRUCT(mx_dl_history, dl, "dl", or_name, NOTHING),
	TIME(mx_dl_history, time, "time", NOTHING),
};
TABLE_OF(mx_dl_history, .set = 0);

static const char *const redirection_reasons[] = {"recipient-assigned-alternate-recipient", "originator-requested-alternate-recipient",
                                                  "recipient-MD-assigned-alternate-recipient", "directory-look-up", "alias"};
static const struct mx_field mx_redirection_fields[] = {
	STRUCT(mx_redirection, name, "intended-recipient", or_name, NOTHING),
	TIME(mx_redirection, time, "time", NOTHING),
	INTEGER(mx_redirection, reason, "redirection-reason", WORDS(redirection_reasons), ALWAYS),
};
TABLE_OF(mx_redirection, .set = 0);

static const char *const responsibilities[] = {"not-responsible", "responsible"};
static const char *const mta_reports[] = {"no", "non-delivery-report", "report", "audited-report"};
static const char *const originator_reports[] = {"no-report", "non-delivery-report", "report"};
static const struct mx_field mx_recipient_fields[] = {
	STRUCT(mx_recipient, name, "recipient-name", or_name, NOTHING),
	INTEGER(mx_recipient, number, "originally-specified-recipient-number", ALWAYS),
	FIELD(mx_recipient, responsibility, "responsibility", CHOICE, WORDS(responsibilities), ALWAYS),
	INTEGER(mx_recipient, mta_report, "originating-MTA-report", WORDS(mta_reports), ALWAYS),
	INTEGER(mx_recipient, originator_report, "originator-report", WORDS(originator_reports), ALWAYS),
	INTEGER(mx_recipient, explicit_conversion, "explicit-conversion", ABSENT),
	STRUCT(mx_recipient, originator_requested_alternate, "originator-requested-alternate-recipient", or_name, NOTHING),
	STRUCT(mx_recipient, original, "originally-intended-recipient-name", or_name, NOTHING),
	LIST(mx_recipient, redirection_history, "redirection-history", mx_redirection, NOTHING),
	LIST(mx_recipient, extensions, "extensions", mx_extension, NOTHING),
	LIST(mx_recipient, extension_marks, "extensions-as-received", mx_extension_mark, RECEIVED),
	INTEGER(mx_recipient, indicator_bits, "indicator-bits", RECEIVED),
};
TABLE(mx_recipient, .set = 0);

static const struct mx_field mx_as_received_fields[] = {
	FLAG(mx_as_received, recipients_first, "recipients-first", RECEIVED),
	FLAG(mx_as_received, no_indicators, "no-indicators", RECEIVED),
	INTEGER(mx_as_received, indicator_bits, "indicator-bits", RECEIVED),
	FLAG(mx_as_received, der, "der", RECEIVED),
};
TABLE_OF(mx_as_received, .set = 0);

static const char *const priorities[] = {"normal", "non-urgent", "urgent"};
static const char *const content_types[] = {
	[MX_CONTENT_UNIDENTIFIED] = "unidentified", [MX_CONTENT_EXTERNAL] = "external",
	[MX_CONTENT_P2] = "interpersonal-messaging-1984", [MX_CONTENT_P22] = "interpersonal-messaging-1988",
	[MX_CONTENT_EDI] = "edi-messaging", [MX_CONTENT_VOICE] = "voice-messaging"};
static const struct mx_field mx_envelope_fields[] = {
	STRUCT(mx_envelope, id, "message-identifier", mx_mts_id, .only = MX_IN_MESSAGE),
	STRUCT(mx_envelope, id, "report-identifier", mx_mts_id, .only = MX_IN_REPORT),
	STRUCT(mx_envelope, id, "probe-identifier", mx_mts_id, .only = MX_IN_PROBE),
	STRUCT(mx_envelope, originator, "originator-name", or_name, .only = MX_IN_MESSAGE | MX_IN_PROBE),
	STRUCT(mx_envelope, originator, "report-destination-name", or_name, .only = MX_IN_REPORT),
	STRUCT(mx_envelope, original_eits, "original-encoded-information-types", mx_eits, NOTHING),
	/* initial value: see adapt_envelope */
	TYPE(mx_envelope, content_type, content_type_oid, "content-type", WORDS(content_types), .initial = MX_CONTENT_P22,
	     .always = MX_IN_MESSAGE | MX_IN_PROBE),
	STRING(mx_envelope, content_identifier, "content-identifier", NOTHING),
	INTEGER(mx_envelope, priority, "priority", WORDS(priorities), .always = MX_IN_MESSAGE | MX_IN_PROBE),
	FLAG(mx_envelope, disclosure_of_other_recipients, "disclosure-of-other-recipients", NOTHING),
	FLAG(mx_envelope, implicit_conversion_prohibited, "implicit-conversion-prohibited", NOTHING),
	FLAG(mx_envelope, alternate_recipient_allowed, "alternate-recipient-allowed", NOTHING),
	FLAG(mx_envelope, content_return_request, "content-return-request", NOTHING),
	FLAG(mx_envelope, reserved_indicator, "reserved", NOTHING),
	INTEGER(mx_envelope, notification_type, "notification-type", NOTHING),
	FLAG(mx_envelope, service_message, "service-message", NOTHING),
	FLAG(mx_envelope, conversion_with_loss_prohibited, "conversion-with-loss-prohibited", NOTHING),
	FLAG(mx_envelope, dl_expansion_prohibited, "dl-expansion-prohibited", NOTHING),
	FLAG(mx_envelope, recipient_reassignment_prohibited, "recipient-reassignment-prohibited", NOTHING),
	TIME(mx_envelope, deferred_delivery_time, "deferred-delivery-time", NOTHING),
	TIME(mx_envelope, latest_delivery_time, "latest-delivery-time", NOTHING),
	STRUCT(mx_envelope, originator_return_address, "originator-return-address", or_name, NOTHING),
	STRING(mx_envelope, content_correlator, "content-correlator", NOTHING),
	INTEGER(mx_envelope, content_length, "content-length", ABSENT),
	LIST(mx_envelope, trace, "trace-information", mx_trace, NOTHING),
	LIST(mx_envelope, internal_trace, "internal-trace-information", mx_trace, NOTHING),
	LIST(mx_envelope, dl_history, "dl-expansion-history", mx_dl_history, NOTHING),
	LIST(mx_envelope, extensions, "extensions", mx_extension, NOTHING),
	LIST(mx_envelope, extension_marks, "extensions-as-received", mx_extension_mark, RECEIVED),
	OCTETS(mx_envelope, per_domain_bilateral, "per-domain-bilateral-information", NOTHING),
	STRUCT(mx_envelope, as_received, "as-received", mx_as_received, RECEIVED),
};
TABLE_OF(mx_envelope, .set = 0);

/* ---- X.420 ---- */

static const struct mx_field mx_ipm_id_fields[] = {
	STRUCT(mx_ipm_id, user, "user", or_name, HAS(mx_ipm_id, has_user)),
	STRING(mx_ipm_id, user_relative, "user-relative-identifier", NOTHING),
};
TABLE_OF(mx_ipm_id, .set = 1 + offsetof(struct mx_ipm_id, set));

static const struct mx_field mx_or_descriptor_fields[] = {
	STRUCT(mx_or_descriptor, formal_name, "formal-name", or_name, HAS(mx_or_descriptor, has_formal_name)),
	TEXT(mx_or_descriptor, free_form_name, "free-form-name", NOTHING),
	STRING(mx_or_descriptor, telephone, "telephone-number", NOTHING),
};
TABLE_OF(mx_or_descriptor, .set = 0);

static const struct mx_field mx_recipient_specifier_fields[] = {
	INLINE(mx_recipient_specifier, recipient, mx_or_descriptor, NOTHING),
	FLAG(mx_recipient_specifier, rn, "rn", NOTHING),
	FLAG(mx_recipient_specifier, nrn, "nrn", NOTHING),
	FLAG(mx_recipient_specifier, ipm_return, "ipm-return", NOTHING),
	FLAG(mx_recipient_specifier, an_supported, "an-supported", NOTHING),
	FLAG(mx_recipient_specifier, suppress_an, "suppress-an", NOTHING),
	FLAG(mx_recipient_specifier, reply_requested, "reply-requested", NOTHING),
	LIST(mx_recipient_specifier, extensions, "recipient-extensions", mx_extension, NOTHING),
};
TABLE_OF(mx_recipient_specifier, .set = 0);

static const char *const importances[] = {"low", "normal", "high"};
static const char *const sensitivities[] = {NULL, "personal", "private", "company-confidential"};
static const char *const auto_submissions[] = {"not-auto-submitted", "auto-generated", "auto-replied"};
static const struct mx_field mx_heading_fields[] = {
	STRUCT(mx_heading, this_ipm, "this-IPM", mx_ipm_id, NOTHING),
	STRUCT(mx_heading, originator, "originator", mx_or_descriptor, HAS(mx_heading, has_originator)),
	LIST(mx_heading, authorizing_users, "authorizing-users", mx_or_descriptor, NOTHING),
	LIST(mx_heading, primary_recipients, "primary-recipients", mx_recipient_specifier, NOTHING),
	LIST(mx_heading, copy_recipients, "copy-recipients", mx_recipient_specifier, NOTHING),
	LIST(mx_heading, blind_copy_recipients, "blind-copy-recipients", mx_recipient_specifier, NOTHING),
	STRUCT(mx_heading, replied_to_ipm, "replied-to-IPM", mx_ipm_id, NOTHING),
	LIST(mx_heading, obsoleted_ipms, "obsoleted-IPMs", mx_ipm_id, NOTHING),
	LIST(mx_heading, related_ipms, "related-IPMs", mx_ipm_id, NOTHING),
	TEXT(mx_heading, subject, "subject", NOTHING),
	TIME(mx_heading, expiry_time, "expiry-time", NOTHING),
	TIME(mx_heading, reply_time, "reply-time", NOTHING),
	LIST(mx_heading, reply_recipients, "reply-recipients", mx_or_descriptor, NOTHING),
	INTEGER(mx_heading, importance, "importance", WORDS(importances), ABSENT),
	INTEGER(mx_heading, sensitivity, "sensitivity", WORDS(sensitivities), ABSENT),
	FLAG(mx_heading, auto_forwarded, "auto-forwarded", HAS(mx_heading, has_auto_forwarded)),
	FLAG(mx_heading, incomplete_copy, "incomplete-copy", NOTHING),
	STRING(mx_heading, multipart_subtype, "multipart-message.subtype", NOTHING),
	FLAG(mx_heading, multipart_not_a_message, "multipart-message.is-not-a-message", NOTHING),
	STRINGS(mx_heading, languages, "languages", NOTHING),
	INTEGER(mx_heading, auto_submitted, "auto-submitted", WORDS(auto_submissions), ABSENT),
	STRINGS(mx_heading, rfc_822_fields, "rfc-822-field-list", NOTHING),
	LIST(mx_heading, extensions, "extensions", mx_extension, NOTHING),
};
TABLE(mx_heading, .set = 0);

/* Then its parameters say more than the members above. */
static bool is_irreducible(const void *object) { return ((const struct mx_file *)object)->irreducible; }

static const struct mx_field mx_file_fields[] = {
	STRING(mx_file, pathname, "pathname", NOTHING),
	OID(mx_file, contents_type, "contents-type", NOTHING),
	OID(mx_file, application_reference, "application-reference", NOTHING),
	STRING(mx_file, user_visible_string, "user-visible-string", NOTHING),
	STRING(mx_file, content_description, "content-description", NOTHING),
	TIME(mx_file, creation, "date-and-time-of-creation", NOTHING),
	TIME(mx_file, last_modification, "date-and-time-of-last-modification", NOTHING),
	TIME(mx_file, last_read_access, "date-and-time-of-last-read-access", NOTHING),
	INTEGER(mx_file, object_size, "actual-values-object-size", ABSENT),
	STRING(mx_file, message_reference, "message-reference", NOTHING),
	STRINGS(mx_file, rfc_822_fields, "rfc-822-field-list", NOTHING),
	FLAG(mx_file, irreducible, "irreducible", NOTHING),
	OCTETS(mx_file, parameters, "file-transfer-parameters", RECEIVED, .shown = is_irreducible),
	FLAG(mx_file, octet_aligned, "octet-aligned", RECEIVED),
};
TABLE_OF(mx_file, .set = 0);

static const struct mx_field mx_delivery_fields[] = {
	TYPE(mx_delivery, content_type, content_type_oid, "content-type", WORDS(content_types), ALWAYS),
	STRUCT(mx_delivery, originator, "originator-name", or_name, NOTHING),
	STRUCT(mx_delivery, original_eits, "original-encoded-information-types", mx_eits, NOTHING),
	INTEGER(mx_delivery, priority, "priority", WORDS(priorities), ALWAYS),
	FLAG(mx_delivery, implicit_conversion_prohibited, "implicit-conversion-prohibited", NOTHING),
	LIST(mx_delivery, other_recipients, "other-recipient-names", or_name, NOTHING),
	STRUCT(mx_delivery, this_recipient, "this-recipient-name", or_name, NOTHING),
	STRUCT(mx_delivery, originally_intended_recipient, "originally-intended-recipient-name", or_name, NOTHING),
	STRUCT(mx_delivery, converted_eits, "converted-encoded-information-types", mx_eits, NOTHING),
	TIME(mx_delivery, submission_time, "message-submission-time", NOTHING),
	STRING(mx_delivery, content_identifier, "content-identifier", NOTHING),
	LIST(mx_delivery, extensions, "extensions", mx_extension, NOTHING),
	OCTETS(mx_delivery, raw, "delivery-envelope-octets", RECEIVED),
};
TABLE_OF(mx_delivery, .set = 0);

static const char *const body_kinds[] = {
	[MX_BODY_IA5] = "ia5-text", [MX_BODY_GENERAL_TEXT] = "general-text", [MX_BODY_FILE_TRANSFER] = "file-transfer",
	[MX_BODY_BILATERAL] = "bilaterally-defined", [MX_BODY_MESSAGE] = "message",
	[MX_BODY_NATIONALLY_DEFINED] = "nationally-defined", [MX_BODY_TELETEX] = "teletex",
	[MX_BODY_EXTENDED] = "extended", [MX_BODY_OTHER] = "other", [MX_BODY_MEDIA] = "mime", [MX_BODY_OCTETS] = "octets",
	[MX_BODY_ODA] = "oda", [MX_BODY_G3] = "g3-facsimile", [MX_BODY_ISO6937] = "iso6937-text"};

static const struct mx_field mx_media_fields[] = {
	STRING(mx_media, type, "content-type", NOTHING),
	STRINGS(mx_media, parameters, "content-parameters", NOTHING),
	STRINGS(mx_media, fields, "other-header-fields", NOTHING),
};
TABLE_OF(mx_media, .set = 0);

static const struct mx_field mx_page_fields[] = {
	BLOB(mx_page, bits, "bits", NOTHING),
	INTEGER(mx_page, unused, "unused-bits", NOTHING),
};
TABLE_OF(mx_page, .set = 0);

/* Bits of G3FacsimileNonBasicParameters (X.411) that RFC 2159 names. */
static const char *const g3_words[32] = {
	[8] = "two-dimensional", [9] = "fine-resolution", [20] = "unlimited-length", [21] = "b4-length", [22] = "a3-width",
	[23] = "b4-width", [30] = "uncompressed"};
/* A type of its own: nothing else shows its parameters. */
static bool is_extended(const void *object) { return ((const struct mx_body_part *)object)->kind == MX_BODY_EXTENDED; }

/* Basic or extended: elsewhere the kind tells (X.420 7.3, annex B). */
static bool has_two_forms(const void *object)
{
	enum mx_body_kind kind = ((const struct mx_body_part *)object)->kind;

	return kind != MX_BODY_GENERAL_TEXT && kind != MX_BODY_FILE_TRANSFER && kind != MX_BODY_EXTENDED && kind != MX_BODY_MEDIA &&
	       kind != MX_BODY_OCTETS && kind != MX_BODY_ODA;
}

static const char *const data_forms[] = {"single-ASN1-type", "octet-aligned", "arbitrary"};
static const char *const oda_classes[] = {"formatted", "processable", "formatted-processable"};
static const struct mx_field mx_body_part_fields[] = {
	FIELD(mx_body_part, kind, "body-part", CHOICE, WORDS(body_kinds), ALWAYS),
	INTEGER(mx_body_part, tag, "tag", ABSENT),
	FLAG(mx_body_part, extended, "externally-defined", RECEIVED, .shown = has_two_forms),
	OID(mx_body_part, type, "type", NOTHING),
	INTEGER(mx_body_part, repertoire, "repertoire", .initial = 5),
	FIELD(mx_body_part, character_sets, "character-sets", INTEGERS, NOTHING),
	OCTETS(mx_body_part, parameters, "parameters", RECEIVED, .shown = is_extended),
	INTEGER(mx_body_part, data_form, "data-encoding", WORDS(data_forms), RECEIVED, .shown = is_extended),
	INLINE(mx_body_part, file, mx_file, NOTHING),
	INLINE(mx_body_part, media, mx_media, NOTHING),
	OID(mx_body_part, oda_profile, "document-application-profile", NOTHING),
	INTEGER(mx_body_part, oda_class, "document-architecture-class", WORDS(oda_classes), ABSENT),
	FIELD(mx_body_part, g3_parameters, "non-basic-parameters", BITS, WORDS(g3_words)),
	LIST(mx_body_part, pages, "page", mx_page, NOTHING),
	TIME(mx_body_part, delivery_time, "delivery-time", NOTHING),
	POINTER(mx_body_part, delivery, "delivery-envelope", mx_delivery, NOTHING),
	POINTER(mx_body_part, message, "message", mx_message, NOTHING),
	BLOB(mx_body_part, data, "data", NOTHING),
	BLOB(mx_body_part, raw, "body-part-octets", RECEIVED),
};
TABLE(mx_body_part, .set = 0);

static const struct mx_field mx_ipm_fields[] = {
	STRUCT(mx_ipm, heading, "heading", mx_heading, NOTHING),
	LIST(mx_ipm, body, "body", mx_body_part, NOTHING),
};
TABLE_OF(mx_ipm, .set = 0);

static const char *const ipn_choices[] = {"non-receipt-fields", "receipt-fields"};
static const char *const acknowledgment_modes[] = {"manual", "automatic"};
static const char *const non_receipt_reasons[] = {"ipm-discarded", "ipm-auto-forwarded"};
static const char *const discard_reasons[] = {"ipm-expired", "ipm-obsoleted", "user-subscription-terminated", "not-used"};
static const struct mx_field mx_ipn_fields[] = {
	STRUCT(mx_ipn, subject_ipm, "subject-ipm", mx_ipm_id, NOTHING),
	STRUCT(mx_ipn, ipn_originator, "ipn-originator", mx_or_descriptor, HAS(mx_ipn, has_ipn_originator)),
	STRUCT(mx_ipn, ipm_preferred_recipient, "ipm-intended-recipient", mx_or_descriptor, HAS(mx_ipn, has_ipm_preferred_recipient)),
	STRUCT(mx_ipn, conversion_eits, "conversion-eits", mx_eits, NOTHING),
	FIELD(mx_ipn, receipt, "choice", CHOICE, WORDS(ipn_choices), ALWAYS),
	TIME(mx_ipn, receipt_time, "receipt-time", NOTHING),
	INTEGER(mx_ipn, acknowledgment_mode, "acknowledgment-mode", WORDS(acknowledgment_modes), NOTHING),
	STRING(mx_ipn, suppl_receipt_info, "suppl-receipt-info", NOTHING),
	INTEGER(mx_ipn, non_receipt_reason, "non-receipt-reason", WORDS(non_receipt_reasons), NOTHING),
	INTEGER(mx_ipn, discard_reason, "discard-reason", WORDS(discard_reasons), ABSENT),
	STRING(mx_ipn, auto_forward_comment, "auto-forward-comment", NOTHING),
	FLAG(mx_ipn, has_returned_ipm, "returned-ipm", NOTHING),
	BLOB(mx_ipn, returned_ipm, "returned-ipm-octets", NOTHING),
	LIST(mx_ipn, kind_extensions, "nrn-or-rn-extensions", mx_extension, NOTHING),
	FLAG(mx_ipn, other, "other-notification-type", NOTHING),
	LIST(mx_ipn, other_fields, "other-notification-type-fields", mx_extension, NOTHING),
	LIST(mx_ipn, extensions, "extensions", mx_extension, NOTHING),
};
TABLE_OF(mx_ipn, .set = 0);

/* ---- reports ---- */

static const char *const report_types[] = {"non-delivery", "delivery"};
static const struct mx_field mx_report_recipient_fields[] = {
	STRUCT(mx_report_recipient, actual_recipient, "actual-recipient-name", or_name, NOTHING),
	INTEGER(mx_report_recipient, number, "originally-specified-recipient-number", ALWAYS),
	FIELD(mx_report_recipient, responsibility, "responsibility", CHOICE, WORDS(responsibilities), ALWAYS),
	INTEGER(mx_report_recipient, mta_report, "originating-MTA-report", WORDS(mta_reports), ALWAYS),
	INTEGER(mx_report_recipient, originator_report, "originator-report", WORDS(originator_reports), ALWAYS),
	FIELD(mx_report_recipient, delivered, "report-type", CHOICE, WORDS(report_types), ALWAYS),
	TIME(mx_report_recipient, delivery_time, "message-delivery-time", NOTHING),
	INTEGER(mx_report_recipient, type_of_user, "type-of-MTS-user", NOTHING),
	FLAG(mx_report_recipient, type_of_user_absent, "type-of-MTS-user-absent", RECEIVED),
	INTEGER(mx_report_recipient, reason, "non-delivery-reason-code", NOTHING),
	INTEGER(mx_report_recipient, diagnostic, "non-delivery-diagnostic-code", ABSENT),
	STRUCT(mx_report_recipient, last_trace, "last-trace-information", mx_trace, NOTHING),
	STRUCT(mx_report_recipient, originally_intended_recipient, "originally-intended-recipient-name", or_name, NOTHING),
	STRUCT(mx_report_recipient, converted, "converted-encoded-information-types", mx_eits, NOTHING),
	STRING(mx_report_recipient, supplementary_information, "supplementary-information", NOTHING),
	LIST(mx_report_recipient, redirection_history, "redirection-history", mx_redirection, NOTHING),
	STRINGS(mx_report_recipient, dsn_fields, "dsn-field-list", NOTHING),
	LIST(mx_report_recipient, extensions, "extensions", mx_extension, NOTHING),
	LIST(mx_report_recipient, extension_marks, "extensions-as-received", mx_extension_mark, RECEIVED),
	INTEGER(mx_report_recipient, indicator_bits, "indicator-bits", RECEIVED),
};
TABLE(mx_report_recipient, .set = 0);

static const struct mx_field mx_report_fields[] = {
	STRUCT(mx_report, subject_identifier, "subject-identifier", mx_mts_id, NOTHING),
	LIST(mx_report, subject_intermediate_trace, "subject-intermediate-trace-information", mx_trace, NOTHING),
	STRUCT(mx_report, original_eits, "original-encoded-information-types", mx_eits, NOTHING),
	TYPE(mx_report, content_type, content_type_oid, "content-type", WORDS(content_types), ABSENT),
	STRING(mx_report, content_identifier, "content-identifier", NOTHING),
	STRING(mx_report, content_correlator, "content-correlator", NOTHING),
	STRINGS(mx_report, dl_history_names, "dl-names", NOTHING),
	STRINGS(mx_report, dsn_header_list, "dsn-header-list", NOTHING),
	STRINGS(mx_report, dsn_fields, "dsn-field-list", NOTHING),
	OCTETS(mx_report, additional_information, "additional-information", NOTHING),
	LIST(mx_report, extensions, "extensions", mx_extension, NOTHING),
	LIST(mx_report, extension_marks, "extensions-as-received", mx_extension_mark, RECEIVED),
	FLAG(mx_report, der, "der", RECEIVED),
	BLOB(mx_report, returned_content, "returned-content", NOTHING),
	LIST(mx_report, recipients, "recipients", mx_report_recipient, NOTHING),
};
TABLE_OF(mx_report, .set = 0);

/* ---- octets that are no message ---- */

static const struct mx_table mx_tlv_table; /* values stand in values */
static const struct mx_field mx_tlv_fields[] = {
	STRING(mx_tlv, tag, "tag", NOTHING),
	FLAG(mx_tlv, constructed, "constructed", NOTHING),
	BLOB(mx_tlv, value, "value", NOTHING),
	LIST(mx_tlv, inside, "tlv", mx_tlv, NOTHING),
};
TABLE_OF(mx_tlv, .set = 0);

static const char *const octets_kinds[] = {"octets"};
static const struct mx_field mx_octets_fields[] = {
	FIELD(mx_octets, kind, "kind", CHOICE, WORDS(octets_kinds), ALWAYS),
	STRING(mx_octets, note, "note", NOTHING),
	LIST(mx_octets, values, "tlv", mx_tlv, NOTHING),
	BLOB(mx_octets, rest, "octets", NOTHING),
};
TABLE(mx_octets, .set = 0);

/* ---- the whole ---- */

static const struct mx_field mx_loss_fields[] = {
	STRING(mx_loss, row, "row", NOTHING),
	STRING(mx_loss, element, "element", NOTHING),
	STRING(mx_loss, why, "why", NOTHING),
	TYPE(mx_loss, number, oid, "type", ABSENT),
	FLAG(mx_loss, of_content, "of-content", NOTHING),
};
TABLE(mx_loss, .set = 0);

static bool is_opaque(const void *object) { return ((const struct mx_message *)object)->content == MX_CONTENT_OPAQUE; }

/* The content of a report is the subject's and may be absent. */
static void adapt_message(void *object, int kind)
{
	struct mx_message *m = object;

	m->kind = (enum mx_kind)kind;
	m->envelope.content_type = kind == MX_REPORT ? MX_ABSENT : MX_CONTENT_P22;
}

static const char *const kinds[] = {"message", "report", "probe"};
static const char *const information_objects[] = {[MX_CONTENT_OPAQUE] = "none", [MX_CONTENT_IPM] = "ipm", [MX_CONTENT_IPN] = "ipn"};
static const struct mx_field mx_message_fields[] = {
	FIELD(mx_message, kind, "kind", CHOICE, WORDS(kinds), ALWAYS),
	STRUCT(mx_message, envelope, "envelope", mx_envelope, NOTHING),
	LIST(mx_message, recipients, "recipients", mx_recipient, NOTHING),
	STRUCT(mx_message, report, "report", mx_report, NOTHING),
	FIELD(mx_message, content, "information-object", CHOICE, WORDS(information_objects), NOTHING),
	INLINE(mx_message, ipm, mx_ipm, NOTHING),
	STRUCT(mx_message, ipn, "ipn", mx_ipn, NOTHING),
	BLOB(mx_message, content_octets, "content", RECEIVED, .shown = is_opaque),
	LIST(mx_message, losses, "losses", mx_loss, NOTHING),
};
TABLE(mx_message, .adapt = adapt_message, .is_message = true);
