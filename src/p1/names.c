/*
 * p1/names.c - see names.h.
 */
#include "p1/names.h"

#include <string.h>

#include "asn1gen/X4-GlobalDomainIdentifier.h"
#include "asn1gen/X4-MTSIdentifier.h"
#include "asn1gen/X4-ORAddress.h"
#include "asn1gen/X4-ORName.h"
#include "ber/codec.h"
#include "p1/attributes.h"
#include "p1/values.h"
#include "base/rule.h"

/* ---- reading ---- */

static struct or_value country(struct arena *a, const X4_CountryName_t *in)
{
	bool numeric = in->present == X4_CountryName_PR_x121_dcc_code;

	return (struct or_value){
		.printable = p1_string_text(a, numeric ? &in->choice.x121_dcc_code : &in->choice.iso_3166_alpha2_code), .numeric = numeric};
}

static struct or_value admd(struct arena *a, const X4_AdministrationDomainName_t *in)
{
	bool numeric = in->present == X4_AdministrationDomainName_PR_numeric;

	return (struct or_value){.printable = p1_string_text(a, numeric ? &in->choice.numeric : &in->choice.printable), .numeric = numeric};
}

static struct or_value prmd(struct arena *a, const X4_PrivateDomainName_t *in)
{
	bool numeric = in->present == X4_PrivateDomainName_PR_numeric;

	return (struct or_value){.printable = p1_string_text(a, numeric ? &in->choice.numeric : &in->choice.printable), .numeric = numeric};
}

static const enum or_attribute units[] = {OR_OU1, OR_OU2, OR_OU3, OR_OU4};

static void standard_decode(struct arena *a, const X4_BuiltInStandardAttributes_t *in, struct or_address *out)
{
	const X4_PersonalName_t *p = in->personal_name;
	int i;

	if (in->country_name != NULL)
		out->v[OR_C] = country(a, in->country_name);
	if (in->administration_domain_name != NULL)
		out->v[OR_ADMD] = admd(a, in->administration_domain_name);
	if (in->private_domain_name != NULL)
		out->v[OR_PRMD] = prmd(a, in->private_domain_name);
	out->v[OR_X121].printable = p1_string_text(a, in->network_address);
	out->v[OR_T_ID].printable = p1_string_text(a, in->terminal_identifier);
	out->v[OR_O].printable = p1_string_text(a, in->organization_name);
	out->v[OR_UA_ID].printable = p1_string_text(a, in->numeric_user_identifier);
	if (p != NULL) {
		out->v[OR_S].printable = p1_string_text(a, &p->surname);
		out->v[OR_G].printable = p1_string_text(a, p->given_name);
		out->v[OR_I].printable = p1_string_text(a, p->initials);
		out->v[OR_GQ].printable = p1_string_text(a, p->generation_qualifier);
	}
	if (in->organizational_unit_names == NULL)
		return;
	for (i = 0; i < in->organizational_unit_names->list.count; i++) {
		if ((size_t)i < ARRAY_LEN(units))
			out->v[units[i]].printable = p1_string_text(a, in->organizational_unit_names->list.array[i]);
		else
			out->unsupported_attributes = true;
	}
}

static void extension_decode(struct arena *a, const X4_ExtensionAttributes_t *in, struct or_address *out)
{
	bool known;
	int i;

	for (i = 0; i < in->list.count; i++) {
		const X4_ExtensionAttribute_t *x = in->list.array[i];
		p1_attribute_decode(a, x->extension_attribute_type, p1_any_octets(&x->extension_attribute_value), out, &known);
		if (!known)
			out->unsupported_attributes = true;
	}
}

int p1_address_decode(struct arena *a, const X4_ORAddress_t *in, struct or_address *out, struct err *e)
{
	int i;

	standard_decode(a, &in->built_in_standard_attributes, out);
	if (in->built_in_domain_defined_attributes != NULL) {
		for (i = 0; i < in->built_in_domain_defined_attributes->list.count; i++) {
			const X4_BuiltInDomainDefinedAttribute_t *d = in->built_in_domain_defined_attributes->list.array[i];
			struct or_dda *dda = ARENA_PUSH(a, &out->dda);
			dda->type.printable = p1_string_text(a, &d->type);
			dda->value.printable = p1_string_text(a, &d->value);
		}
	}
	if (in->extension_attributes != NULL)
		extension_decode(a, in->extension_attributes, out);
	/* what has no member goes back as it came */
	if (out->unsupported_attributes)
		return ber_encode_type(a, &asn_DEF_X4_ORAddress, in, &out->raw, e);
	return 0;
}

/* The address part of an ORName, sharing everything with it. */
static X4_ORAddress_t address_of(const X4_ORName_t *n)
{
	return (X4_ORAddress_t){.built_in_standard_attributes = n->built_in_standard_attributes,
	                        .built_in_domain_defined_attributes = n->built_in_domain_defined_attributes,
	                        .extension_attributes = n->extension_attributes};
}

int p1_name_decode(struct arena *a, const X4_ORName_t *in, struct or_name *out, struct err *e)
{
	X4_ORAddress_t address = address_of(in);
	struct octets dn = p1_any_octets(in->directory_name);

	if (dn.p != NULL)
		out->directory_name = (struct octets){arena_memdup(a, dn.p, dn.len), dn.len};
	return p1_address_decode(a, &address, &out->address, e);
}

int p1_name_read(struct arena *a, struct octets in, struct or_name *out, struct err *e)
{
	struct ber_tlv t;
	void *value;

	TRY(ber_tlv_read(in, &t, e));
	if (t.tag == BER_U(BER_SEQUENCE)) {
		TRY(ber_decode_type(a, &asn_DEF_X4_ORAddress, in, &value, e));
		return p1_address_decode(a, value, &out->address, e);
	}
	TRY(ber_decode_type(a, &asn_DEF_X4_ORName, in, &value, e));
	return p1_name_decode(a, value, out, e);
}

bool p1_name_given(const struct or_name *name)
{
	int i;

	for (i = 0; i < OR_ATTRIBUTE_COUNT; i++) {
		if (or_has(&name->address, i))
			return true;
	}
	return name->address.dda.count > 0 || name->address.postal_lines.count > 0 || name->directory_name.p != NULL;
}

/* ---- writing ---- */

static void country_encode(const struct or_value *v, X4_CountryName_t *out)
{
	out->present = v->numeric ? X4_CountryName_PR_x121_dcc_code : X4_CountryName_PR_iso_3166_alpha2_code;
	p1_set_text(v->numeric ? &out->choice.x121_dcc_code : &out->choice.iso_3166_alpha2_code, v->printable);
}

static void admd_encode(const struct or_value *v, X4_AdministrationDomainName_t *out)
{
	out->present = v->numeric ? X4_AdministrationDomainName_PR_numeric : X4_AdministrationDomainName_PR_printable;
	p1_set_text(v->numeric ? &out->choice.numeric : &out->choice.printable, v->printable);
}

static X4_PrivateDomainName_t *prmd_encode(struct arena *a, const struct or_value *v)
{
	X4_PrivateDomainName_t *out;

	if (v->printable == NULL)
		return NULL;
	out = NEW(a, X4_PrivateDomainName_t);
	out->present = v->numeric ? X4_PrivateDomainName_PR_numeric : X4_PrivateDomainName_PR_printable;
	p1_set_text(v->numeric ? &out->choice.numeric : &out->choice.printable, v->printable);
	return out;
}

static int personal_encode(struct arena *a, const struct or_address *in, X4_BuiltInStandardAttributes_t *out, struct err *e)
{
	X4_PersonalName_t *p;

	if (in->v[OR_S].printable == NULL) {
		if (in->v[OR_G].printable != NULL || in->v[OR_I].printable != NULL || in->v[OR_GQ].printable != NULL)
			return ERR(e, ERR_P1_NAME, "a personal name without surname (X.411 8.5.5.1)");
		return 0;
	}
	p = out->personal_name = NEW(a, X4_PersonalName_t);
	p1_set_text(&p->surname, in->v[OR_S].printable);
	p->given_name = p1_new_text(a, in->v[OR_G].printable);
	p->initials = p1_new_text(a, in->v[OR_I].printable);
	p->generation_qualifier = p1_new_text(a, in->v[OR_GQ].printable);
	return 0;
}

static int standard_encode(struct arena *a, const struct or_address *in, X4_BuiltInStandardAttributes_t *out, struct err *e)
{
	size_t i;

	if (in->v[OR_C].printable != NULL)
		country_encode(&in->v[OR_C], out->country_name = NEW(a, X4_CountryName_t));
	if (in->v[OR_ADMD].printable != NULL)
		admd_encode(&in->v[OR_ADMD], out->administration_domain_name = NEW(a, X4_AdministrationDomainName_t));
	out->private_domain_name = prmd_encode(a, &in->v[OR_PRMD]);
	out->network_address = p1_new_text(a, in->v[OR_X121].printable);
	out->terminal_identifier = p1_new_text(a, in->v[OR_T_ID].printable);
	out->organization_name = p1_new_text(a, in->v[OR_O].printable);
	out->numeric_user_identifier = p1_new_text(a, in->v[OR_UA_ID].printable);
	for (i = 0; i < ARRAY_LEN(units) && in->v[units[i]].printable != NULL; i++) {
		if (out->organizational_unit_names == NULL)
			out->organizational_unit_names = NEW(a, X4_OrganizationalUnitNames_t);
		p1_list_add(a, &out->organizational_unit_names->list, p1_new_text(a, in->v[units[i]].printable));
	}
	for (; i < ARRAY_LEN(units); i++) {
		if (in->v[units[i]].printable != NULL)
			return ERR(e, ERR_P1_NAME, "%s without the unit above it", or_rows[units[i]].keyword);
	}
	return personal_encode(a, in, out, e);
}

static void dda_encode(struct arena *a, const struct or_address *in, X4_ORAddress_t *out)
{
	size_t i;

	for (i = 0; i < in->dda.count; i++) {
		const struct or_dda *d = &in->dda.items[i];
		X4_BuiltInDomainDefinedAttribute_t *x;
		if (d->type.printable == NULL || d->value.printable == NULL)
			continue;
		if (out->built_in_domain_defined_attributes == NULL)
			out->built_in_domain_defined_attributes = NEW(a, X4_BuiltInDomainDefinedAttributes_t);
		x = NEW(a, X4_BuiltInDomainDefinedAttribute_t);
		p1_set_text(&x->type, d->type.printable);
		p1_set_text(&x->value, d->value.printable);
		p1_list_add(a, &out->built_in_domain_defined_attributes->list, x);
	}
}

static void extension_encode(struct arena *a, const struct or_address *in, X4_ORAddress_t *out)
{
	struct octets value;
	long number;
	size_t i;

	for (i = 0; p1_attribute_encode(a, in, i, &number, &value); i++) {
		X4_ExtensionAttribute_t *x;
		if (value.len == 0 || !rule_id_active("A-048"))
			continue;
		if (out->extension_attributes == NULL)
			out->extension_attributes = NEW(a, X4_ExtensionAttributes_t);
		x = NEW(a, X4_ExtensionAttribute_t);
		x->extension_attribute_type = number;
		x->extension_attribute_value = *p1_new_any(a, value);
		p1_list_add(a, &out->extension_attributes->list, x);
	}
}

int p1_address_encode(struct arena *a, const struct or_address *in, X4_ORAddress_t *out, struct err *e)
{
	static const struct ber_limits limits = BER_LIMITS_DEFAULT;
	void *value;

	*out = (X4_ORAddress_t){0};
	if (in->unsupported_attributes && in->raw.p != NULL) {
		TRY(ber_gate_decode_type(a, &asn_DEF_X4_ORAddress, in->raw, &limits, &value, e));
		*out = *(X4_ORAddress_t *)value;
		return 0;
	}
	TRY(standard_encode(a, in, &out->built_in_standard_attributes, e));
	dda_encode(a, in, out);
	extension_encode(a, in, out);
	return 0;
}

int p1_name_encode(struct arena *a, const struct or_name *in, X4_ORName_t *out, struct err *e)
{
	X4_ORAddress_t address;

	TRY(p1_address_encode(a, &in->address, &address, e));
	*out = (X4_ORName_t){.built_in_standard_attributes = address.built_in_standard_attributes,
	                     .built_in_domain_defined_attributes = address.built_in_domain_defined_attributes,
	                     .extension_attributes = address.extension_attributes};
	if (in->directory_name.p != NULL)
		out->directory_name = p1_new_any(a, in->directory_name);
	return 0;
}

/* ---- domains and MTS identifiers ---- */

void p1_domain_decode(struct arena *a, const X4_GlobalDomainIdentifier_t *in, struct mx_global_domain *out)
{
	out->country = country(a, &in->country_name);
	out->admd = admd(a, &in->administration_domain_name);
	if (in->private_domain_identifier != NULL)
		out->prmd = prmd(a, in->private_domain_identifier);
}

int p1_domain_encode(struct arena *a, const struct mx_global_domain *in, X4_GlobalDomainIdentifier_t *out, struct err *e)
{
	*out = (X4_GlobalDomainIdentifier_t){0};
	if (in->country.printable == NULL || in->admd.printable == NULL)
		return ERR(e, ERR_P1_MISSING, "country or ADMD of a global domain identifier");
	country_encode(&in->country, &out->country_name);
	admd_encode(&in->admd, &out->administration_domain_name);
	out->private_domain_identifier = prmd_encode(a, &in->prmd);
	return 0;
}

void p1_mts_id_decode(struct arena *a, const X4_MTSIdentifier_t *in, struct mx_mts_id *out)
{
	p1_domain_decode(a, &in->global_domain_identifier, &out->domain);
	out->local = p1_string_text(a, &in->local_identifier);
}

int p1_mts_id_encode(struct arena *a, const struct mx_mts_id *in, X4_MTSIdentifier_t *out, struct err *e)
{
	*out = (X4_MTSIdentifier_t){0};
	if (in->local == NULL)
		return ERR(e, ERR_P1_MISSING, "local part of an MTS identifier");
	p1_set_text(&out->local_identifier, in->local);
	return p1_domain_encode(a, &in->domain, &out->global_domain_identifier, e);
}
