/*
 * msg/msg.h - the central message: the abstract service of X.411 and X.420 as plain C structs.
 *
 * RFC 2156 is written as "element of MTA/MTS/IPMS <-> field", so both translations go through this form and each rule
 * touches it once.  p1 fills it from octets and writes octets from it, mixer maps it to and from mail, mx_dump prints it
 * with the standards' element names.  Everything belongs to one arena.  Absent elements are NULL, count 0, when.set
 * false, or -1 in an enumeration.  Member names are the ASN.1 identifiers of X.411:1999 and X.420:1999.
 */
#ifndef MIXGATE_MSG_MSG_H
#define MIXGATE_MSG_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/clock.h"
#include "msg/oraddr.h"

#define MX_ABSENT (-1)

/* A vector in the arena; grows with ARENA_PUSH. */
#define MX_LIST(type)                                                                                                  \
	struct {                                                                                                           \
		type *items;                                                                                                   \
		size_t count, capacity;                                                                                        \
	}

/* OBJECT IDENTIFIER content octets (no tag, no length); dotted text by mx_oid_text. */
struct mx_oid {
	struct octets der;
};

/* Text for people.  utf8 is always set when present; t61 holds the TeletexString octets as received. */
struct mx_text {
	const char *utf8; /* NULL: absent */
	struct octets t61;
};

/* ---- X.411 ---- */

struct mx_global_domain {
	struct or_value country, admd, prmd; /* prmd absent: all NULL */
};

struct mx_mts_id {
	struct mx_global_domain domain;
	const char *local; /* IA5String, ub-local-id-length 32 */
};

/* ExtensionField: number >= 0 for standard-extension, else oid for private-extension. */
struct mx_extension {
	int number;
	struct mx_oid oid;
	bool number_as_88; /* the type came as [0] EXPLICIT (1988 encoding), not as [0] IMPLICIT */
	uint8_t criticality; /* MX_CRITICAL_... bits */
	struct octets value; /* BER of the value as received */
};
#define MX_CRITICAL_SUBMISSION 1
#define MX_CRITICAL_TRANSFER 2
#define MX_CRITICAL_DELIVERY 4

/* One place where ExtensionFields stand.  Those that have a member of their own are there; the others are kept here, in
 * order, with all that they came with. */
struct mx_extensions {
	struct mx_extension *items;
	size_t count, capacity;
};

/* How the fields of such a place stood: the number of one that has a member (a private one: p1's number for it), the
 * criticality and the value that it came with, or -1 for the next one of mx_extensions.  Empty for what is built here. */
struct mx_extension_mark {
	int number;
	uint8_t criticality;
	struct octets value;
};
struct mx_extension_marks {
	struct mx_extension_mark *items;
	size_t count, capacity;
};

/* EncodedInformationTypes; bits as BuiltInEncodedInformationTypes numbers them: bit n is 1u << n. */
struct mx_eits {
	bool set;
	uint32_t built_in;
	MX_LIST(struct mx_oid) extended;
	struct octets non_basic_parameters; /* BER of g3-facsimile [1], teletex [2], g4-class-1-and-mixed-mode [3] one after
	                                       another as received; p NULL: none */
};
#define MX_EIT_UNKNOWN (1u << 0)
#define MX_EIT_IA5_TEXT (1u << 2)
#define MX_EIT_G3 (1u << 3)
#define MX_EIT_G4 (1u << 4)
#define MX_EIT_TELETEX (1u << 5)
#define MX_EIT_VIDEOTEX (1u << 6)
#define MX_EIT_VOICE (1u << 7)
#define MX_EIT_SFD (1u << 8)
#define MX_EIT_MIXED_MODE (1u << 9)

/* RoutingAction 0 relayed, 1 rerouted; other-actions bit 0 redirected, bit 1 dl-operation. */
struct mx_trace {
	struct mx_global_domain domain;
	const char *mta_name;           /* internal trace only (MTA-name) */
	struct when arrival_time;
	int routing_action;
	struct mx_global_domain attempted_domain; /* country absent: none */
	const char *attempted_mta;      /* internal trace only */
	struct when deferred_time;
	struct mx_eits converted;
	bool redirected, dl_operation;
	/* A time of another form than ours (a year of four digits), or that is none: as received.  One that is none is not
	 * set, its seconds are those of the nearest element that has one. */
	const char *arrival_time_text, *deferred_time_text;
};

struct mx_dl_history {
	struct or_name dl;
	struct when time;
};

struct mx_redirection {
	struct or_name name;
	struct when time; /* 1988: absent */
	int reason;       /* RedirectionReason, 3 alias */
};

enum mx_content_type { MX_CONTENT_UNIDENTIFIED = 0, MX_CONTENT_EXTERNAL = 1, MX_CONTENT_P2 = 2, MX_CONTENT_P22 = 22, MX_CONTENT_EDI = 35, MX_CONTENT_VOICE = 40 };

/* Priority of X.411: normal 0, non-urgent 1, urgent 2. */
enum mx_priority { MX_NORMAL = 0, MX_NON_URGENT = 1, MX_URGENT = 2 };

/* PerRecipientIndicators, two bits each: 0 no report, 1 non-delivery report, 2 delivery report (X.411 report values). */
struct mx_recipient {
	struct or_name name;
	int number;               /* originally-specified-recipient-number, from 1 */
	bool responsibility;
	int mta_report;           /* originating-MTA-report bits: 1 non-delivery (01), 2 report (10), 3 audited (11) */
	int originator_report;    /* 0 no-report, 1 non-delivery-report, 2 report */
	int explicit_conversion;  /* MX_ABSENT or number */
	struct mx_extensions extensions; /* those that have no member of their own */
	struct mx_extension_marks extension_marks;
	MX_LIST(struct mx_redirection) redirection_history;
	struct or_name originator_requested_alternate; /* OR_C absent: none */
	struct or_name original;  /* intended recipient: originally-intended or [0] of redirection; OR_C absent: none */
	uint8_t indicator_bits;   /* per-recipient-indicators came with so many bits; 0: built here */
};

/* What BER leaves to the sender, as a decoder met it: an envelope that is not changed goes out octet by octet as it came.
 * All zero for one that is built here. */
struct mx_as_received {
	bool recipients_first;       /* per-recipient-fields stood before extensions */
	bool der;                    /* members of SETs stood in the order of their tags (X.690 10.3) */
	bool no_indicators;          /* per-message-indicators were absent */
	uint8_t indicator_bits;      /* their number; 0: built here */
};

struct mx_envelope {
	struct mx_mts_id id; /* message-, probe- or report-identifier */
	struct or_name originator; /* report: report-destination-name */
	struct mx_eits original_eits;
	int content_type;          /* enum mx_content_type, or MX_ABSENT with content_type_oid */
	struct mx_oid content_type_oid;
	const char *content_identifier; /* ub 16 */
	enum mx_priority priority;
	bool disclosure_of_other_recipients, implicit_conversion_prohibited, alternate_recipient_allowed, content_return_request;
	bool reserved_indicator;   /* per-message-indicators bit 4 (MOTIS 1986) */
	int notification_type;     /* bits 5 and 6 as a number: 0 none, 1 to 3 */
	bool service_message;      /* bit 7 */
	struct when deferred_delivery_time;
	struct when latest_delivery_time;    /* extension 5 */
	struct or_name originator_return_address; /* extension 13; OR_C absent: none */
	const char *content_correlator;      /* extension 23 as text (IA5 or T.61), NULL: none */
	bool conversion_with_loss_prohibited, dl_expansion_prohibited, recipient_reassignment_prohibited;
	int64_t content_length;              /* probe: octets; MX_ABSENT: none */
	MX_LIST(struct mx_trace) trace;          /* trace-information, oldest first */
	MX_LIST(struct mx_trace) internal_trace; /* extension 38, oldest first */
	MX_LIST(struct mx_dl_history) dl_history; /* extension 26 */
	struct mx_extensions extensions; /* those that have no member of their own, in order */
	struct mx_extension_marks extension_marks;
	struct octets per_domain_bilateral;      /* BER of the elements as received */
	struct mx_as_received as_received;
};

/* ---- X.420 IPM ---- */

struct mx_ipm_id {
	bool set;
	bool has_user;
	struct or_name user; /* ORAddress only */
	const char *user_relative; /* PrintableString, ub 64 */
};

struct mx_or_descriptor {
	bool has_formal_name;
	struct or_name formal_name;
	struct mx_text free_form_name; /* ub 64 */
	const char *telephone;
};

struct mx_recipient_specifier {
	struct mx_or_descriptor recipient;
	bool rn, nrn, ipm_return; /* notification-requests bits 0, 1, 2 */
	bool an_supported, suppress_an; /* bits 3, 4 */
	bool reply_requested;
	struct mx_extensions extensions;
};

enum mx_importance { MX_IMPORTANCE_LOW = 0, MX_IMPORTANCE_NORMAL = 1, MX_IMPORTANCE_HIGH = 2 };
enum mx_sensitivity { MX_PERSONAL = 1, MX_PRIVATE = 2, MX_COMPANY_CONFIDENTIAL = 3 };

struct mx_heading {
	struct mx_ipm_id this_ipm;
	struct mx_or_descriptor originator; /* has_formal_name or free_form_name; else absent */
	bool has_originator;
	MX_LIST(struct mx_or_descriptor) authorizing_users;
	MX_LIST(struct mx_recipient_specifier) primary_recipients;
	MX_LIST(struct mx_recipient_specifier) copy_recipients;
	MX_LIST(struct mx_recipient_specifier) blind_copy_recipients;
	struct mx_ipm_id replied_to_ipm;
	MX_LIST(struct mx_ipm_id) obsoleted_ipms;
	MX_LIST(struct mx_ipm_id) related_ipms;
	struct mx_text subject; /* ub 128 */
	struct when expiry_time;
	struct when reply_time;
	MX_LIST(struct mx_or_descriptor) reply_recipients;
	int importance;   /* enum mx_importance or MX_ABSENT */
	int sensitivity;  /* enum mx_sensitivity or MX_ABSENT */
	bool auto_forwarded, has_auto_forwarded;
	bool incomplete_copy;                 /* extension 2.6.1.5.0 */
	const char *multipart_subtype;        /* extension multipart-message-v2 1.3.6.1.7.1.1.3 (on reading also the old
	                                         ENUMERATED 1.3.6.1.7.1.1.2: 1 mixed 2 alternative 3 digest 4 parallel) */
	bool multipart_not_a_message;         /* its isAMessage is FALSE (DEFAULT TRUE, B-403 to B-405) */
	MX_LIST(const char *) languages;      /* extension 2.6.1.5.1 */
	int auto_submitted;                   /* extension 2.6.1.5.2: 0 not, 1 auto-generated, 2 auto-replied, or MX_ABSENT */
	MX_LIST(const char *) rfc_822_fields; /* extension 1.3.6.1.7.1.3.2: "Name: value" each, unfolded */
	struct mx_extensions extensions; /* all others, number -1 and oid; criticality 0 */
};

/* Body parts of X.420.  The number is the context tag of BodyPart for the basic ones; extended ones carry an OID. */
enum mx_body_kind {
	MX_BODY_IA5,           /* basic 0 or extended id-et-ia5-text */
	MX_BODY_GENERAL_TEXT,  /* extended id-et-general-text 2.6.1.4.11 */
	MX_BODY_FILE_TRANSFER, /* extended id-et-file-transfer 2.6.1.4.12 */
	MX_BODY_BILATERAL,     /* basic 14 */
	MX_BODY_MESSAGE,       /* basic 9: forwarded IPM */
	MX_BODY_NATIONALLY_DEFINED, /* basic 7 */
	MX_BODY_TELETEX,       /* basic 5 */
	MX_BODY_EXTENDED,      /* basic 15 with any other OID */
	MX_BODY_OTHER,         /* any other basic part, kept as octets */
	MX_BODY_MEDIA,         /* extended id-mime-bp-data 1.3.6.1.7.1.2.1.1: a MIME entity (RFC 2157 3.1.2) */
	MX_BODY_OCTETS,        /* extended, one of the types that are an OCTET STRING and nothing else (RFC 2158, 2160) */
	MX_BODY_ODA,           /* extended 2.8.1.0.1 (RFC 2161) */
	MX_BODY_G3,            /* basic 3: g3-facsimile */
	MX_BODY_ISO6937        /* basic 13, of no Recommendation: lines of ISO 6937 */
};

/* MimeParameters of RFC 2157 3.1.2. */
struct mx_media {
	const char *type;               /* "audio/basic" */
	MX_LIST(const char *) parameters; /* "name=value", quotes of the value kept */
	MX_LIST(const char *) fields;     /* "Name: value" */
};

/* A page of g3-facsimile: a BIT STRING. */
struct mx_page {
	struct blob bits;
	int unused; /* bits of the last octet that do not count */
};

/* FTAM parameters that RFC 2157 uses; all texts UTF-8. */
struct mx_file {
	const char *pathname;      /* incomplete-pathname, components joined by '/' */
	const char *content_description; /* NULL: absent */
	struct mx_oid application_reference; /* application-reference registered-identifier; der.p NULL: absent */
	struct mx_oid contents_type;         /* document-type-name; default unstructured-binary */
	struct when creation, last_modification, last_read_access;
	int64_t object_size; /* octets, MX_ABSENT: none */
	const char *user_visible_string; /* environment */
	struct octets parameters; /* BER of the parameters as received, for what has no member */
	bool octet_aligned; /* the data EXTERNALs came octet-aligned, not as single-ASN1-type */
	const char *message_reference; /* related-stored-file marked "Internet MIME Body Part" (RFC 2157 2.3.2): the
	                                  user-relative-identifier of its message-reference, a Content-ID; NULL: none */
	MX_LIST(const char *) rfc_822_fields; /* extensions [5], rfc-822-field-list 1.3.6.1.7.1.3.2: "Name: value" each */
	bool irreducible; /* as received: more than one FileTransferData, compression, or a contents-type other than
	                     unstructured-binary: data is not simply the file (B-207) */
};

/* OtherMessageDeliveryFields (X.411 8.3.1.1.1): what the envelope of a forwarded message said at its delivery. */
struct mx_delivery {
	int content_type; /* MX_ABSENT with content_type_oid */
	struct mx_oid content_type_oid;
	struct or_name originator;
	struct mx_eits original_eits;
	enum mx_priority priority;
	bool implicit_conversion_prohibited; /* delivery-flags bit 1 */
	MX_LIST(struct or_name) other_recipients;
	struct or_name this_recipient;
	struct or_name originally_intended_recipient; /* OR_C absent: none */
	struct mx_eits converted_eits;
	struct when submission_time;
	const char *content_identifier;
	struct mx_extensions extensions; /* all of them: message-security-label, redirection-history ... */
	struct octets raw; /* BER of delivery-envelope [1] as received: goes out as it is; p NULL: built here */
};

struct mx_message;

struct mx_body_part {
	enum mx_body_kind kind;
	int tag;               /* context tag for MX_BODY_OTHER, else MX_ABSENT */
	struct mx_oid type;    /* extended: direct-reference of data */
	bool extended;         /* came (or goes) as extended [15] */
	int repertoire;        /* ia5-text: 5 (default) or 2 (ita2) */
	MX_LIST(int) character_sets; /* general-text: registration numbers */
	struct octets parameters; /* extended: BER of the parameters EXTERNAL as received; NULL: none */
	int data_form;         /* MX_BODY_EXTENDED: how its EXTERNAL holds the data: 0 single-ASN1-type, 1 octet-aligned, 2 arbitrary */
	struct blob data;      /* the text or data octets themselves, tags and segments removed (general-text: with its
	                          escape sequences; teletex: the pages, each followed by FF 0C); for
	                          MX_BODY_EXTENDED and MX_BODY_OTHER the BER of the value */
	struct mx_file file;   /* MX_BODY_FILE_TRANSFER */
	struct mx_media media; /* MX_BODY_MEDIA */
	struct mx_oid oda_profile; /* MX_BODY_ODA */
	int oda_class;         /* 0 formatted, 1 processable, 2 formatted-processable, or MX_ABSENT */
	uint32_t g3_parameters; /* MX_BODY_G3: G3FacsimileNonBasicParameters, bit n is 1u << n */
	MX_LIST(struct mx_page) pages;
	/* MX_BODY_MESSAGE: the forwarded IPM and its delivery information */
	struct mx_message *message;
	struct when delivery_time;
	struct mx_delivery *delivery; /* delivery-envelope; NULL: absent */
	struct blob raw;       /* BER of the whole BodyPart as received, len 0 when built here; where it is set on
	                          encoding it goes out unchanged (application/x400-bp, B-262) */
};

struct mx_ipm {
	struct mx_heading heading;
	MX_LIST(struct mx_body_part) body;
};

/* IPN (X.420 8).  Exactly one of the three kinds: RN when receipt, ON when other, else NRN. */
struct mx_ipn {
	struct mx_ipm_id subject_ipm;
	struct mx_or_descriptor ipn_originator;
	bool has_ipn_originator;
	struct mx_or_descriptor ipm_preferred_recipient;
	bool has_ipm_preferred_recipient;
	struct mx_eits conversion_eits;
	bool receipt;
	bool other;   /* other-notification-type-fields (1999) */
	struct mx_extensions other_fields; /* absence-advice 2.6.1.19.0, change-of-address-advice 2.6.1.19.1, private ones */
	struct when receipt_time;
	int acknowledgment_mode; /* 0 manual, 1 automatic */
	const char *suppl_receipt_info;
	int non_receipt_reason;  /* 0 ipm-discarded, 1 ipm-auto-forwarded */
	int discard_reason;      /* MX_ABSENT or number */
	const char *auto_forward_comment;
	bool has_returned_ipm;
	struct blob returned_ipm; /* its heading and body, octets as received: the IPM without its tag; len 0: none */
	struct mx_extensions extensions;      /* notification-extensions */
	struct mx_extensions kind_extensions; /* rn-extensions or nrn-extensions */
};

/* ---- X.411 report ---- */

struct mx_report_recipient {
	struct or_name actual_recipient;
	int number;
	bool responsibility;
	int mta_report, originator_report;
	/* report-type: exactly one */
	bool delivered;
	struct when delivery_time;
	int type_of_user;  /* TypeOfMTSUser, default 0 public */
	bool type_of_user_absent; /* came without it */
	int reason;        /* NonDeliveryReasonCode */
	int diagnostic;    /* NonDeliveryDiagnosticCode or MX_ABSENT */
	struct mx_trace last_trace;
	struct or_name originally_intended_recipient; /* OR_C absent: none */
	struct mx_eits converted;
	const char *supplementary_information; /* ub 256 */
	MX_LIST(struct mx_redirection) redirection_history;
	MX_LIST(const char *) dsn_fields; /* extension 1.3.6.1.7.1.3.4, "Name: value" each */
	struct mx_extensions extensions;
	struct mx_extension_marks extension_marks;
	uint8_t indicator_bits; /* as in mx_recipient */
};

struct mx_report {
	struct mx_mts_id subject_identifier;
	MX_LIST(struct mx_trace) subject_intermediate_trace;
	struct mx_eits original_eits;
	int content_type; /* of the subject; MX_ABSENT: none */
	struct mx_oid content_type_oid;
	const char *content_identifier;
	const char *content_correlator;
	struct blob returned_content; /* len 0: none */
	MX_LIST(struct mx_report_recipient) recipients;
	MX_LIST(const char *) dsn_header_list; /* extension 1.3.6.1.7.1.3.3 */
	MX_LIST(const char *) dsn_fields;      /* extension 1.3.6.1.7.1.3.4, per message */
	MX_LIST(const char *) dl_history_names; /* reporting-DL-name etc. as text, for people */
	bool der; /* members of the content stood in the order of their tags (X.690 10.3) */
	struct octets additional_information; /* BER of additional-information [2], deprecated, as received; p NULL: none */
	struct mx_extensions extensions; /* of the report content */
	struct mx_extension_marks extension_marks;
};

/* ---- the whole ---- */

enum mx_kind { MX_MESSAGE, MX_REPORT, MX_PROBE };
enum mx_content { MX_CONTENT_OPAQUE, MX_CONTENT_IPM, MX_CONTENT_IPN };

/* What a translation left behind: the row, the element and why (Discarded-... fields, journal). */
struct mx_loss {
	const char *row;
	const char *element;
	const char *why;
	struct mx_oid oid;
	int number; /* extension number or MX_ABSENT */
	bool of_content; /* IPMS extension, not an MTS one */
};

struct mx_message {
	enum mx_kind kind;
	struct mx_envelope envelope;
	MX_LIST(struct mx_recipient) recipients; /* message, probe */
	enum mx_content content;
	struct mx_ipm ipm;
	struct mx_ipn ipn;
	struct mx_report report;
	struct blob content_octets; /* the content as received, never re-encoded where it is returned or relayed; len 0: none */
	MX_LIST(struct mx_loss) losses;
};

/* An empty message: enumerations that may be absent are MX_ABSENT. */
struct mx_message *mx_message_new(struct arena *a, enum mx_kind kind) MUST_USE;
void mx_heading_init(struct mx_heading *h);
struct mx_recipient *mx_add_recipient(struct arena *a, struct mx_message *m) MUST_USE;
struct mx_report_recipient *mx_add_report_recipient(struct arena *a, struct mx_message *m) MUST_USE;
struct mx_body_part *mx_add_body_part(struct arena *a, struct mx_ipm *ipm, enum mx_body_kind kind) MUST_USE;
void mx_note_loss(struct arena *a, struct mx_message *m, const char *row, const char *element, const char *why);

/* "1.3.6.1.7.1.3.2" <-> content octets (arcs up to 64 bits).  mx_oid_parse ends the process on a bad literal. */
char *mx_oid_text(struct arena *a, const struct mx_oid *oid) MUST_USE;
struct mx_oid mx_oid_parse(struct arena *a, const char *dotted) MUST_USE;
int mx_oid_parse_text(struct arena *a, const char *dotted, struct mx_oid *out) MUST_USE;
bool mx_oid_equal(const struct mx_oid *a, const struct mx_oid *b);
bool mx_oid_is(const struct mx_oid *oid, const char *dotted);

/* Words for kinds of body, NULL-terminated ("ia5", "ftbp", "1.0.10021.7.1.0.100"; mixgate-directory(7)): the first of eits that
 * is not among them, as an identifier, or NULL. */
const char *mx_eits_beyond(struct arena *a, const struct mx_eits *eits, const char *const *list) MUST_USE;
bool mx_body_word_known(const char *word);

/* "[/PRMD=WIDGET/ADMD=ACME/C=GB/;240305-0042]" (RFC 2156 X400-MTS-Identifier), and "/PRMD=../ADMD=../C=../". */
char *mx_mts_id_text(struct arena *a, const struct mx_mts_id *id) MUST_USE;
char *mx_domain_text(struct arena *a, const struct mx_global_domain *d) MUST_USE;
bool mx_domain_equal(const struct mx_global_domain *x, const struct mx_global_domain *y);
bool mx_mts_id_equal(const struct mx_mts_id *x, const struct mx_mts_id *y);

#endif
