/*
 * p1_whole.c - messages that use every member of the central message: written, read and dumped again they are the same
 * text, and written again the same octets, in both encodings of extension types.
 *
 * With P1_WRITE_DIR set the octets are left there as NAME.ber for t/golden/p1-tshark.t.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ber/writer.h"
#include "msg/dump.h"
#include "p1/p1.h"
#include "t/lib/tap.h"

static const struct p1_limits limits = P1_LIMITS_DEFAULT;
static struct arena *a;

static struct when at(int64_t seconds, int offset)
{
	return (struct when){.seconds = 1709630122 + seconds, .offset = offset, .set = true, .z = offset == 0};
}

static struct octets lit(const char *s)
{
	return (struct octets){(const uint8_t *)s, strlen(s)};
}

static struct blob text(const char *s)
{
	return blob_mem(s, strlen(s));
}

/* ---- addresses ---- */

static struct or_name simple(const char *surname)
{
	struct or_name n = {0};

	or_set(a, &n.address, OR_C, "GB");
	or_set(a, &n.address, OR_ADMD, "GOLD 400");
	or_set(a, &n.address, OR_PRMD, "ACME");
	or_set(a, &n.address, OR_O, "Acme Ltd");
	or_set(a, &n.address, OR_S, surname);
	return n;
}

/* Every attribute in every form that it may have. */
static struct or_name rich(void)
{
	static const struct {
		enum or_attribute i;
		const char *printable, *teletex, *universal;
	} rows[] = {
		{OR_C, "234", NULL, NULL},
		{OR_ADMD, "", NULL, NULL},
		{OR_PRMD, "4711", NULL, NULL},
		{OR_X121, "23421920030013", NULL, NULL},
		{OR_T_ID, "TERM 1", NULL, NULL},
		{OR_UA_ID, "100200", NULL, NULL},
		{OR_CN, "Robert Mueller", "Robert M\xC8uller", "Robert M\xC3\xBCller"},
		{OR_G, "Robert", "Rob\xC2" "ert", "Rob\xC3\xA9rt"},
		{OR_I, "RJ", NULL, NULL},
		{OR_S, "Mueller", "M\xC8uller", "M\xC3\xBCller"},
		{OR_GQ, "III", NULL, NULL},
		{OR_O, "Widget", "W\xC8idget", "\xF0\x9F\x93\xA7"},
		{OR_OU1, "sales", "s\xC8" "ales", "s\xC3\xA4les"},
		{OR_OU2, "north", "north", "north"}, /* the lists of teletex and universal units have no gaps */
		{OR_OU3, "desk", "d\xC2" "esk", "d\xC3\xA9sk"},
		{OR_OU4, "7", "s\xC8" "even", "s\xC3\xAB" "ven"},
		{OR_PD_SYSTEM, "post", NULL, NULL},
		{OR_PD_C, "GB", NULL, NULL},
		{OR_POSTCODE, "WC1E 6BT", NULL, NULL},
		{OR_PD_OFFICE, "London", "L\xC8ondon", "L\xC3\xB6ndon"},
		{OR_PD_OFFICE_NUM, "12", "N\xC8o 12", "N\xC3\xB6 12"},
		{OR_PD_EXT_D, "Floor 2", "Fl\xC8oor 2", "Fl\xC3\xB6or 2"},
		{OR_PD_PN, "Bob", "B\xC8ob", "B\xC3\xB6" "b"},
		{OR_PD_O, "Widget", "W\xC8idget", "W\xC3\xAF"},
		{OR_PD_EXT_LOC, "North", "N\xC8orth", "N\xC3\xB6rth"},
		{OR_PD_ADDRESS, NULL, "Stra\xFB" "e 1", "Stra\xC3\x9F" "e 1"},
		{OR_PD_STREET, "Gower Street", "G\xC8ower Street", "G\xC3\xB6wer Street"},
		{OR_PD_BOX, "42", "B\xC8ox 42", "B\xC3\xB6x 42"},
		{OR_PD_RESTANTE, "yes", "y\xC8" "es", "y\xC3\xABs"},
		{OR_PD_UNIQUE, "U1", "\xC8U1", "\xC3\x9C" "1"},
		{OR_PD_LOCAL, "near the bridge", "n\xC2" "ear the bridge", "n\xC3\xA9" "ar the bridge"},
		{OR_NET_NUM, "441713877050", NULL, NULL},
		{OR_NET_SUB, "12", NULL, NULL},
		{OR_T_TY, "5", NULL, NULL},
	};
	struct or_name n = {0};
	size_t k;

	for (k = 0; k < ARRAY_LEN(rows); k++) {
		if (rows[k].printable != NULL)
			or_set(a, &n.address, rows[k].i, rows[k].printable);
		if (rows[k].teletex != NULL)
			n.address.v[rows[k].i].teletex = lit(rows[k].teletex);
		n.address.v[rows[k].i].universal = rows[k].universal;
	}
	or_add_dda(a, &n.address, "RFC-822", "bob(a)example.com");
	or_add_dda(a, &n.address, "SECOND", "value");
	n.address.dda.items[0].type.teletex = lit("RFC-822");
	n.address.dda.items[0].value.teletex = lit("b\xC8ob");
	n.address.dda.items[0].type.universal = "RFC-822";
	n.address.dda.items[0].value.universal = "b\xC3\xB6" "b";
	*ARENA_PUSH(a, &n.address.postal_lines) = "Gower Street";
	*ARENA_PUSH(a, &n.address.postal_lines) = "London";
	n.directory_name = (struct octets){(const uint8_t *)"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02GB", 15};
	return n;
}

static struct mx_global_domain domain(const char *prmd)
{
	struct mx_global_domain d = {.country.printable = "GB", .admd.printable = "GOLD 400", .prmd.printable = prmd};

	return d;
}

static struct mx_eits eits(void)
{
	struct mx_eits e = {.set = true, .built_in = MX_EIT_IA5_TEXT | MX_EIT_MIXED_MODE};

	*ARENA_PUSH(a, &e.extended) = mx_oid_parse(a, "1.3.6.1.7.1.3.5");
	*ARENA_PUSH(a, &e.extended) = mx_oid_parse(a, "1.0.10021.7.1.0.100");
	/* g3-facsimile: fine-resolution; teletex: page-formats, private-use */
	e.non_basic_parameters = (struct octets){(const uint8_t *)"\x81\x03\x06\x00\x40\xa2\x06\x82\x01\x01\x84\x01\x02", 13};
	return e;
}

static struct mx_extension raw_extension(int number, const char *oid, uint8_t criticality)
{
	struct mx_extension x = {.number = number, .criticality = criticality};

	if (oid != NULL)
		x.oid = mx_oid_parse(a, oid);
	x.value = lit("\x02\x01\x01");
	return x;
}

/* ---- every standard extension that has no member (X.411:1999, X.420:1999 for 41 to 44) ---- */

enum { IN_MESSAGE = 1, IN_RECIPIENT = 2, IN_PROBE = 4, IN_PROBED = 8, IN_REPORT = 16, IN_REPORTED = 32, IN_DELIVERY = 64 };
#define VALUE(s) s, sizeof(s) - 1
#define ALGORITHM "\x30\x05\x06\x03\x2a\x03\x04"
#define SIGNATURE "\x30\x0b" ALGORITHM "\x03\x02\x00\xaa"
#define TIME_Z "240305091522Z"
/* Certificates { userCertificate }: version 1, no names, an empty key */
#define CERTIFICATE                                                                                                    \
	"\x30\x4a\x30\x48\x30\x3b\x02\x01\x01" ALGORITHM "\x30\x00\x30\x1e\x17\x0d" TIME_Z "\x17\x0d" TIME_Z "\x30\x00\x30\x0b" ALGORITHM         \
	"\x03\x02\x00\xaa" ALGORITHM "\x03\x02\x00\xbb"
#define NAME "\x60\x0d\x30\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X"
static const struct {
	int number;
	uint8_t criticality;
	unsigned places;
	const char *value;
	size_t n;
} standard[] = {
	{6, 0, IN_RECIPIENT | IN_PROBED | IN_DELIVERY, VALUE("\x30\x06\x02\x01\x01\x02\x01\x02")},
	{7, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x0a\x01\x01")},
	{8, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x0a\x01\x01")},
	{9, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x03\x02\x06\x40")},
	{10, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x02\x01\x02")},
	{11, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x14\x02" "42")},
	{12, MX_CRITICAL_DELIVERY, IN_RECIPIENT | IN_PROBED, VALUE("\x06\x04\x56\x02\x05\x00")},
	{14, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x02\x01\x03")},
	{15, 0, IN_MESSAGE | IN_PROBE, VALUE(CERTIFICATE)},
	{16, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x30\x09\x80\x03\x2a\x03\x04\xa1\x02\x05\x00")},
	{17, MX_CRITICAL_DELIVERY, IN_MESSAGE, VALUE(ALGORITHM)},
	{18, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE(SIGNATURE)},
	{19, MX_CRITICAL_DELIVERY, IN_MESSAGE, VALUE(SIGNATURE)},
	{20, MX_CRITICAL_DELIVERY, IN_MESSAGE | IN_PROBE | IN_REPORT | IN_DELIVERY, VALUE("\x31\x08\x06\x03\x2a\x03\x04\x02\x01\x03")},
	{21, MX_CRITICAL_SUBMISSION, IN_MESSAGE, VALUE("\x0a\x01\x01")},
	{22, MX_CRITICAL_DELIVERY, IN_RECIPIENT, VALUE("\x0a\x01\x01")},
	{24, MX_CRITICAL_DELIVERY, IN_PROBE, VALUE(SIGNATURE)},
	{25, 0, IN_REPORT, VALUE("\x30\x25\x30\x23\x30\x1e" NAME "\x17\x0d" TIME_Z "\x0a\x01\x03")},
	{27, 0, IN_REPORTED, VALUE(NAME)},
	{28, 0, IN_RECIPIENT | IN_REPORTED, VALUE(CERTIFICATE)},
	{29, 0, IN_REPORTED, VALUE(SIGNATURE)},
	{30, 0, IN_REPORT, VALUE("\x30\x20\x30\x1e" NAME "\x17\x0d" TIME_Z)},
	{31, 0, IN_REPORT, VALUE(NAME)},
	{32, MX_CRITICAL_DELIVERY, IN_REPORT, VALUE(CERTIFICATE)},
	{33, MX_CRITICAL_DELIVERY, IN_REPORT, VALUE(SIGNATURE)},
	{34, 0, IN_DELIVERY, VALUE(CERTIFICATE)},
	{35, 0, IN_DELIVERY, VALUE(SIGNATURE)},
	{36, 0, IN_MESSAGE, VALUE("\x02\x01\x05")},
	{37, 0, IN_DELIVERY,
     VALUE("\x69\x23\x30\x21\x63\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X\x31\x12\x80\x0d" TIME_Z "\x82\x01\x00")},
	{39, 0, IN_REPORT, VALUE("\x30\x10\x63\x0b\x61\x04\x13\x02GB\x62\x03\x13\x01X\x16\x01M")},
	{40, 0, IN_MESSAGE, VALUE("\x31\x04\xa0\x02\x30\x00")},
	{41, 0, IN_RECIPIENT, VALUE("\x30\x13\x31\x11\xa0\x0f" NAME)},
	{42, 0, IN_MESSAGE, VALUE("\x31\x0f" NAME)},
	{43, 0, IN_RECIPIENT, VALUE("\x31\x00")},
	{44, 0, IN_RECIPIENT, VALUE("\x31\x00")},
	{45, 0, IN_MESSAGE, VALUE("\x31\x00")},
	{46, 0, IN_RECIPIENT, VALUE("\x31\x00")},
};

static void put_standard(struct mx_extensions *out, unsigned place)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(standard); i++) {
		if ((standard[i].places & place) == 0)
			continue;
		*ARENA_PUSH(a, out) = (struct mx_extension){.number = standard[i].number, .criticality = standard[i].criticality,
		                                            .value = {(const uint8_t *)standard[i].value, standard[i].n}};
	}
}

/* ---- envelopes ---- */

static void traces(struct mx_envelope *env)
{
	struct mx_trace *t = ARENA_PUSH(a, &env->trace);

	*t = (struct mx_trace){.domain = domain("ACME"), .arrival_time = at(0, 60), .converted = eits()};
	t->deferred_time = at(5, 0);
	t = ARENA_PUSH(a, &env->trace);
	*t = (struct mx_trace){.domain = domain(NULL), .arrival_time = at(9, -330), .routing_action = 1, .redirected = true, .dl_operation = true};
	t->attempted_domain = domain("HUB");
	t = ARENA_PUSH(a, &env->internal_trace);
	*t = (struct mx_trace){.domain = domain("ACME"), .mta_name = "mta.acme", .arrival_time = at(1, 0), .attempted_mta = "mta.hub"};
	t = ARENA_PUSH(a, &env->internal_trace);
	*t = (struct mx_trace){.domain = domain("ACME"), .mta_name = "mta2.acme", .arrival_time = at(2, 0), .dl_operation = true};
	t->attempted_domain = domain("HUB");
}

static void fill_envelope(struct mx_message *m)
{
	struct mx_envelope *env = &m->envelope;
	struct mx_dl_history *dl;

	env->id = (struct mx_mts_id){domain("ACME"), "ACME-000001"};
	env->originator = rich();
	traces(env);
	put_standard(&env->extensions, m->kind == MX_MESSAGE ? IN_MESSAGE : m->kind == MX_PROBE ? IN_PROBE : IN_REPORT);
	if (m->kind == MX_REPORT)
		return;
	env->notification_type = 2;
	env->service_message = true;
	env->original_eits = eits();
	env->content_identifier = "CID-1";
	env->disclosure_of_other_recipients = env->alternate_recipient_allowed = env->content_return_request = true;
	env->implicit_conversion_prohibited = true;
	env->latest_delivery_time = at(86400, 0);
	env->originator_return_address = simple("Return");
	env->content_correlator = "corr-1";
	env->conversion_with_loss_prohibited = env->dl_expansion_prohibited = env->recipient_reassignment_prohibited = true;
	dl = ARENA_PUSH(a, &env->dl_history);
	*dl = (struct mx_dl_history){simple("List"), at(3, 0)};
	*ARENA_PUSH(a, &env->extensions) = raw_extension(-1, "1.2.3.4", 0);
	env->per_domain_bilateral = (struct octets){
		(const uint8_t *)"\x30\x11\x61\x04\x13\x02GB\x62\x06\x13\x04GOLD\x80\x01X", 19};
}

static void fill_recipients(struct mx_message *m)
{
	struct mx_recipient *r = mx_add_recipient(a, m);
	struct mx_redirection *d;

	r->name = simple("Jones");
	r->responsibility = true;
	r->mta_report = 2;
	r->originator_report = 1;
	r->explicit_conversion = 0;
	r->originator_requested_alternate = simple("Alternate");
	d = ARENA_PUSH(a, &r->redirection_history);
	*d = (struct mx_redirection){simple("Intended"), at(4, 0), 3};
	r->original = d->name;
	put_standard(&r->extensions, m->kind == MX_PROBE ? IN_PROBED : IN_RECIPIENT);
	r = mx_add_recipient(a, m);
	r->name = simple("Smith");
	or_set(a, &r->name.address, OR_NET_PSAP, "'4130'H/'53'H/NS+4900017205a0");
	r->number = 32767;
	r->mta_report = 3;
}

/* ---- contents ---- */

static struct mx_or_descriptor descriptor(const char *surname, const char *free_form)
{
	struct mx_or_descriptor d = {.has_formal_name = true, .formal_name = simple(surname)};

	d.free_form_name.utf8 = free_form;
	d.telephone = "+44 171 387 7050";
	return d;
}

static struct mx_ipm_id ipm_id(const char *user, const char *relative)
{
	struct mx_ipm_id id = {.set = true, .has_user = user != NULL, .user_relative = relative};

	if (user != NULL)
		id.user = simple(user);
	return id;
}

static struct mx_recipient_specifier specifier(const char *surname)
{
	struct mx_recipient_specifier s = {.recipient = descriptor(surname, NULL), .rn = true, .ipm_return = true, .reply_requested = true};

	s.an_supported = s.suppress_an = true;

	*ARENA_PUSH(a, &s.extensions) = raw_extension(-1, "2.6.1.20.1", 0);
	return s;
}

static void fill_heading(struct mx_heading *h)
{
	h->this_ipm = ipm_id("Smith", "42-acme");
	h->originator = descriptor("Smith", "Alice Smith");
	h->has_originator = true;
	*ARENA_PUSH(a, &h->authorizing_users) = descriptor("Boss", "The B\xC3\xB6ss");
	*ARENA_PUSH(a, &h->primary_recipients) = specifier("Jones");
	*ARENA_PUSH(a, &h->copy_recipients) = specifier("Copy");
	*ARENA_PUSH(a, &h->blind_copy_recipients) = specifier("Blind");
	h->replied_to_ipm = ipm_id("Jones", "147");
	*ARENA_PUSH(a, &h->obsoleted_ipms) = ipm_id(NULL, "41-acme");
	*ARENA_PUSH(a, &h->related_ipms) = ipm_id("Jones", "146");
	*ARENA_PUSH(a, &h->related_ipms) = ipm_id("Jones", "145");
	h->subject.utf8 = "Pr\xC3\xBC" "fung";
	h->expiry_time = at(900000, 0);
	h->reply_time = at(90000, 120);
	*ARENA_PUSH(a, &h->reply_recipients) = descriptor("Desk", NULL);
	h->importance = MX_IMPORTANCE_HIGH;
	h->sensitivity = MX_COMPANY_CONFIDENTIAL;
	h->auto_forwarded = h->has_auto_forwarded = true;
	h->incomplete_copy = true;
	h->multipart_subtype = "alternative";
	h->multipart_not_a_message = true;
	*ARENA_PUSH(a, &h->languages) = "en";
	*ARENA_PUSH(a, &h->languages) = "de";
	h->auto_submitted = 2;
	*ARENA_PUSH(a, &h->rfc_822_fields) = "X-Mailer: mixgate";
	*ARENA_PUSH(a, &h->rfc_822_fields) = "Comments: two";
	*ARENA_PUSH(a, &h->extensions) = raw_extension(-1, "1.2.3.5", 0);
}

/* type: NULL for a basic body part */
static struct mx_body_part *part(struct mx_ipm *ipm, enum mx_body_kind kind, const char *type, const char *data)
{
	struct mx_body_part *p = mx_add_body_part(a, ipm, kind);

	p->extended = type != NULL;
	if (type != NULL)
		p->type = mx_oid_parse(a, type);
	p->data = text(data);
	return p;
}

static void fill_file(struct mx_file *f)
{
	f->pathname = "Pr\xC3\xBC" "fung.pdf";
	f->application_reference = mx_oid_parse(a, "2.16.840.1.113694.2.2.1.1");
	f->contents_type = mx_oid_parse(a, "1.0.8571.5.3");
	f->creation = at(0, 0);
	f->last_modification = at(1, 60);
	f->last_read_access = at(2, -330);
	f->object_size = 8;
	f->user_visible_string = "Quarterly report";
	f->message_reference = "part1@example.com";
	*ARENA_PUSH(a, &f->rfc_822_fields) = "Content-Type: application/pdf";
}

static struct mx_delivery *delivery(void)
{
	struct mx_delivery *d = NEW(a, struct mx_delivery);

	d->content_type = MX_CONTENT_P22;
	d->originator = simple("Smith");
	d->original_eits = d->converted_eits = eits();
	d->priority = MX_URGENT;
	d->implicit_conversion_prohibited = true;
	*ARENA_PUSH(a, &d->other_recipients) = simple("Other");
	d->this_recipient = simple("Jones");
	d->originally_intended_recipient = simple("Intended");
	d->submission_time = at(70, 0);
	d->content_identifier = "CID-2";
	put_standard(&d->extensions, IN_DELIVERY);
	return d;
}

static void fill_body(struct mx_ipm *ipm, bool forward)
{
	struct mx_body_part *p;

	part(ipm, MX_BODY_IA5, NULL, "Hello\r\n")->repertoire = 2;
	part(ipm, MX_BODY_IA5, "2.6.1.4.0", "Hello\r\n");
	p = part(ipm, MX_BODY_GENERAL_TEXT, "2.6.1.4.11", "\x1b(B\x1b-AGr\xfc\xdf" "e");
	*ARENA_PUSH(a, &p->character_sets) = 1;
	*ARENA_PUSH(a, &p->character_sets) = 6;
	*ARENA_PUSH(a, &p->character_sets) = 100;
	p = part(ipm, MX_BODY_FILE_TRANSFER, "2.6.1.4.12", "%PDF-1.4");
	fill_file(&p->file);
	part(ipm, MX_BODY_BILATERAL, NULL, "UNB+UNOA:2");
	part(ipm, MX_BODY_BILATERAL, "2.6.1.4.9", "UNB+UNOA:2");
	part(ipm, MX_BODY_NATIONALLY_DEFINED, NULL, "\x04\x01x");
	part(ipm, MX_BODY_TELETEX, NULL, "one\x0ctwo\x0c");
	part(ipm, MX_BODY_TELETEX, "2.6.1.4.4", "page\x0c");
	p = part(ipm, MX_BODY_EXTENDED, "1.3.6.1.7.1.2.1.3", "\x04\x03jpg");
	p->parameters = (struct octets){(const uint8_t *)"\xa0\x0e\x06\x08\x2b\x06\x01\x07\x01\x02\x02\x03\xa0\x02\x05\x00", 16};
	part(ipm, MX_BODY_OTHER, NULL, "\xa4\x00")->tag = 4;
	ipm->body.items[ipm->body.count - 1].data.len = 2;
	if (forward) {
		p = mx_add_body_part(a, ipm, MX_BODY_MESSAGE);
		p->delivery_time = at(77, 0);
		p->delivery = delivery();
		p->message = mx_message_new(a, MX_MESSAGE);
		p->message->content = MX_CONTENT_IPM;
		fill_heading(&p->message->ipm.heading);
		fill_body(&p->message->ipm, false);
	}
}

/* ---- the messages ---- */

static struct mx_message *message(void)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	fill_envelope(m);
	m->envelope.priority = MX_URGENT;
	m->envelope.deferred_delivery_time = at(600, 0);
	fill_recipients(m);
	m->content = MX_CONTENT_IPM;
	fill_heading(&m->ipm.heading);
	fill_body(&m->ipm, true);
	return m;
}

static struct mx_message *probe(void)
{
	struct mx_message *m = mx_message_new(a, MX_PROBE);

	fill_envelope(m);
	fill_recipients(m);
	m->envelope.content_length = 210000000;
	return m;
}

enum notification { RN, NRN, ON };

static struct mx_message *notification(enum notification kind)
{
	struct mx_message *m = mx_message_new(a, MX_MESSAGE);

	fill_envelope(m);
	fill_recipients(m);
	m->content = MX_CONTENT_IPN;
	m->ipn.subject_ipm = ipm_id("Smith", "42-acme");
	m->ipn.ipn_originator = descriptor("Jones", "Bob Jones");
	m->ipn.has_ipn_originator = true;
	m->ipn.ipm_preferred_recipient = descriptor("Desk", NULL);
	m->ipn.has_ipm_preferred_recipient = true;
	m->ipn.conversion_eits = eits();
	m->ipn.receipt = kind == RN;
	m->ipn.other = kind == ON;
	if (kind == ON) { /* absence-advice { next-available } */
		*ARENA_PUSH(a, &m->ipn.other_fields) = raw_extension(-1, "2.6.1.19.0", 0);
		m->ipn.other_fields.items[0].value = lit("\x30\x0f\x17\x0d" TIME_Z);
	} else if (kind == RN) {
		m->ipn.receipt_time = at(100, 60);
		m->ipn.acknowledgment_mode = 1;
		m->ipn.suppl_receipt_info = "displayed";
	} else {
		m->ipn.non_receipt_reason = 1;
		m->ipn.discard_reason = 2;
		m->ipn.auto_forward_comment = "on leave";
		m->ipn.has_returned_ipm = true;
		m->ipn.returned_ipm = blob_mem("\x31\x07\x6b\x05\x13\x03X-1\x30\x00", 11);
	}
	if (kind != ON)
		*ARENA_PUSH(a, &m->ipn.kind_extensions) = raw_extension(-1, "1.2.3.9", 0);
	*ARENA_PUSH(a, &m->ipn.extensions) = raw_extension(-1, "1.2.3.6", 0);
	return m;
}

static void fill_outcome(struct mx_report_recipient *r, const char *surname)
{
	struct mx_redirection *d;

	r->actual_recipient = simple(surname);
	r->responsibility = true;
	r->mta_report = 2;
	r->originator_report = 2;
	r->last_trace.arrival_time = at(10, 0);
	r->originally_intended_recipient = simple("Intended");
	r->converted = eits();
	r->supplementary_information = "mailbox closed";
	d = ARENA_PUSH(a, &r->redirection_history);
	*d = (struct mx_redirection){simple("Intended"), at(4, 0), 0};
	*ARENA_PUSH(a, &r->dsn_fields) = "Status: 5.2.2";
	put_standard(&r->extensions, IN_REPORTED);
	*ARENA_PUSH(a, &r->extensions) = raw_extension(-1, "1.2.3.7", 0);
}

static struct mx_message *report(void)
{
	struct mx_message *m = mx_message_new(a, MX_REPORT);
	struct mx_report_recipient *r;
	struct mx_trace *t;

	fill_envelope(m);
	m->report.subject_identifier = (struct mx_mts_id){domain("ACME"), "ACME-000001"};
	t = ARENA_PUSH(a, &m->report.subject_intermediate_trace);
	*t = (struct mx_trace){.domain = domain("HUB"), .arrival_time = at(7, 0)};
	m->report.original_eits = eits();
	m->report.content_type = MX_CONTENT_P22;
	m->report.content_identifier = "CID-1";
	m->report.additional_information = lit("\xa2\x03\x02\x01\x07");
	m->report.content_correlator = "caf\xC3\xA9";
	m->report.returned_content = blob_mem("\xa0\x0b\x31\x07\x6b\x05\x13\x03X-1\x30\x00", 13);
	/* texts of originator-and-DL-expansion-history and reporting-DL-name, which reading makes */
	*ARENA_PUSH(a, &m->report.dl_history_names) = "/ADMD=X/C=GB/";
	*ARENA_PUSH(a, &m->report.dl_history_names) = "/ADMD=X/C=GB/";
	*ARENA_PUSH(a, &m->report.dsn_header_list) = "Subject: Undelivered";
	*ARENA_PUSH(a, &m->report.dsn_fields) = "Reporting-MTA: dns; mail.example.com";
	*ARENA_PUSH(a, &m->report.extensions) = raw_extension(-1, "1.2.3.8", 0);
	r = mx_add_report_recipient(a, m);
	fill_outcome(r, "Jones");
	r->delivered = true;
	r->delivery_time = at(20, 0);
	r->type_of_user = 3;
	r = mx_add_report_recipient(a, m);
	fill_outcome(r, "Smith");
	r->reason = 1;
	r->diagnostic = 0;
	return m;
}

/* ---- running them ---- */

static struct octets encode(const struct mx_message *m, const struct p1_options *o, struct err *e)
{
	struct buf *b = buf_in(a, 1 << 20);
	struct stream *s = stream_to_buf(a, b);

	if (p1_encode(a, m, o, s, e) != 0 || stream_finish(s, e) != 0)
		return (struct octets){NULL, 0};
	return buf_octets(b);
}

static char *dump(const struct mx_message *m)
{
	struct buf *b = buf_in(a, 1 << 20);
	struct stream *s = stream_to_buf(a, b);

	mx_dump(a, m, s);
	return stream_finish(s, NULL) == 0 ? arena_strdup(a, buf_str(b)) : NULL;
}

static void forget_octets(struct mx_message *m)
{
	size_t i;

	m->content_octets.len = 0;
	for (i = 0; i < m->ipm.body.count; i++) {
		struct mx_body_part *b = &m->ipm.body.items[i];
		b->raw.len = 0;
		if (b->message != NULL)
			forget_octets(b->message);
	}
}

static void leave(const char *name, bool form_99, struct octets o)
{
	const char *dir = getenv("P1_WRITE_DIR");
	char path[4096];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s-%s.ber", dir, name, form_99 ? "1999" : "1988");
	f = fopen(path, "wb");
	if (f == NULL || fwrite(o.p, 1, o.len, f) != o.len || fclose(f) != 0)
		ok(false, "writing %s", path);
}

/* The first line that differs, for people. */
static void show_difference(const char *x, const char *y)
{
	while (*x != '\0' && *y != '\0') {
		size_t nx = strcspn(x, "\n"), ny = strcspn(y, "\n");
		if (nx != ny || memcmp(x, y, nx) != 0)
			break;
		x += nx + (x[nx] != '\0');
		y += ny + (y[ny] != '\0');
	}
	diag("wanted: %.*s", (int)strcspn(x, "\n"), x);
	diag("   got: %.*s", (int)strcspn(y, "\n"), y);
}

static void whole(const char *name, struct mx_message *m, bool form_99)
{
	const struct p1_options options = {.extension_type_99 = form_99};
	struct err e = {0}, ce = {0};
	struct octets first = encode(m, &options, &e), second;
	struct blob b = blob_mem(first.p, first.len);
	struct mx_message *back;
	char *want, *got;

	if (!ok(first.len > 0, "%s %s is written%s%s", name, form_99 ? "(1999)" : "(1988)", e.id ? ": " : "", e.detail))
		return;
	leave(name, form_99, first);
	if (!ok(p1_decode(a, &b, &limits, &back, &ce, &e) == 0 && ce.id == 0, "%s is read%s%s%s", name, e.id || ce.id ? ": " : "",
	        e.detail, ce.detail))
		return;
	forget_octets(back);
	second = encode(back, &options, &e);
	is_octets(second.p, second.len, first.p, first.len, "%s: written again, the same octets", name);
	want = dump(m);
	got = dump(back);
	if (!ok(str_eq(want, got), "%s: the same dump", name))
		show_difference(want, got);
}

int main(void)
{
	int form;

	a = arena_new(0);
	for (form = 0; form < 2; form++) {
		whole("message", message(), form == 1);
		whole("probe", probe(), form == 1);
		whole("receipt", notification(RN), form == 1);
		whole("non-receipt", notification(NRN), form == 1);
		whole("other-notification", notification(ON), form == 1);
		whole("report", report(), form == 1);
	}
	arena_free(a);
	return tap_done();
}
