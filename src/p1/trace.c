/*
 * p1/trace.c - see trace.h.
 */
#include "p1/trace.h"

#include <string.h>

#include "asn1gen/X4-InternalTraceInformation.h"
#include "asn1gen/X4-InternalTraceInformationElement.h"
#include "asn1gen/X4-TraceInformation.h"
#include "asn1gen/X4-TraceInformationElement.h"
#include "ber/codec.h"
#include "p1/names.h"
#include "p1/values.h"

#define OTHER_REDIRECTED (1u << 0)
#define OTHER_DL_OPERATION (1u << 1)

/* Trace is written by others and told to people: a time that is none refuses no message.  *text is set when the time is
 * not of the form that we would write. */
static void time_decode(struct arena *a, const OCTET_STRING_t *in, struct when *out, const char **text)
{
	struct octets o = p1_string_octets(in);
	char again[20] = "";

	if (in == NULL)
		return;
	if (p1_time_decode(o, out, NULL) != 0)
		*out = (struct when){0};
	else
		clock_format_utctime(out, again);
	if (!out->set || strlen(again) != o.len || memcmp(again, o.p, o.len) != 0)
		*text = p1_text(a, o);
}

static OCTET_STRING_t *time_encode(struct arena *a, const struct when *time, const char *text)
{
	return text != NULL ? p1_new_text(a, text) : p1_new_time(a, time);
}

void p1_arrival_encode(struct arena *a, const struct mx_trace *t, OCTET_STRING_t *out)
{
	if (t->arrival_time_text != NULL)
		p1_set_text(out, t->arrival_time_text);
	else
		p1_set_time(a, out, &t->arrival_time);
}

void p1_arrival_decode(struct arena *a, const OCTET_STRING_t *in, struct mx_trace *out)
{
	time_decode(a, in, &out->arrival_time, &out->arrival_time_text);
}

/* Whoever shows a trace needs a date for each element: the nearest one before, else behind. */
static void lend_times(struct p1_traces *t)
{
	size_t i, n;

	for (i = 0; i < t->count; i++) {
		struct when *w = &t->items[i].arrival_time;
		if (w->set)
			continue;
		if (i > 0) {
			*w = t->items[i - 1].arrival_time;
		} else {
			for (n = 1; n < t->count && !t->items[n].arrival_time.set; n++)
				;
			if (n < t->count)
				*w = t->items[n].arrival_time;
		}
		w->set = false;
	}
}

/* What domain- and MTA-supplied information have in common. */
static void supplied_decode(struct arena *a, const OCTET_STRING_t *arrival, long action, const OCTET_STRING_t *deferred,
                            const X4_EncodedInformationTypes_t *converted, const BIT_STRING_t *other, struct mx_trace *out)
{
	uint32_t bits;

	p1_arrival_decode(a, arrival, out);
	time_decode(a, deferred, &out->deferred_time, &out->deferred_time_text);
	out->routing_action = (int)action;
	p1_eits_decode(a, converted, &out->converted);
	p1_bits(other, &bits, NULL);
	out->redirected = (bits & OTHER_REDIRECTED) != 0;
	out->dl_operation = (bits & OTHER_DL_OPERATION) != 0;
}

static BIT_STRING_t *other_actions(struct arena *a, const struct mx_trace *t)
{
	if (!t->redirected && !t->dl_operation)
		return NULL;
	return p1_new_bits(a, (t->redirected ? OTHER_REDIRECTED : 0) | (t->dl_operation ? OTHER_DL_OPERATION : 0), P1_BITS_TRIMMED);
}

void p1_trace_decode(struct arena *a, const X4_TraceInformation_t *in, struct p1_traces *out)
{
	int i;

	for (i = 0; i < in->list.count; i++) {
		const X4_TraceInformationElement_t *x = in->list.array[i];
		const X4_DomainSuppliedInformation_t *s = &x->domain_supplied_information;
		struct mx_trace *t = ARENA_PUSH(a, out);
		p1_domain_decode(a, &x->global_domain_identifier, &t->domain);
		supplied_decode(a, &s->arrival_time, s->routing_action, s->deferred_time, s->converted_encoded_information_types,
		                s->other_actions, t);
		if (s->attempted_domain != NULL)
			p1_domain_decode(a, s->attempted_domain, &t->attempted_domain);
	}
	lend_times(out);
}

static int element_encode(struct arena *a, const struct mx_trace *t, X4_TraceInformationElement_t *x, struct err *e)
{
	X4_DomainSuppliedInformation_t *s = &x->domain_supplied_information;

	TRY(p1_domain_encode(a, &t->domain, &x->global_domain_identifier, e));
	p1_arrival_encode(a, t, &s->arrival_time);
	s->routing_action = t->routing_action;
	s->deferred_time = time_encode(a, &t->deferred_time, t->deferred_time_text);
	s->converted_encoded_information_types = p1_eits_encode(a, &t->converted);
	s->other_actions = other_actions(a, t);
	if (t->attempted_domain.country.printable == NULL)
		return 0;
	s->attempted_domain = NEW(a, X4_GlobalDomainIdentifier_t);
	return p1_domain_encode(a, &t->attempted_domain, s->attempted_domain, e);
}

int p1_trace_encode(struct arena *a, const struct mx_trace *in, size_t count, X4_TraceInformation_t *out, struct err *e)
{
	size_t i;

	for (i = 0; i < count; i++) {
		X4_TraceInformationElement_t *x = NEW(a, X4_TraceInformationElement_t);
		TRY(element_encode(a, &in[i], x, e));
		p1_list_add(a, &out->list, x);
	}
	return 0;
}

int p1_internal_trace_read(struct arena *a, struct octets value, struct p1_traces *out, struct err *e)
{
	const X4_InternalTraceInformation_t *in;
	void *decoded;
	int i;

	TRY(ber_decode_type(a, &asn_DEF_X4_InternalTraceInformation, value, &decoded, e));
	in = decoded;
	for (i = 0; i < in->list.count; i++) {
		const X4_InternalTraceInformationElement_t *x = in->list.array[i];
		const X4_MTASuppliedInformation_t *s = &x->mta_supplied_information;
		struct mx_trace *t = ARENA_PUSH(a, out);
		p1_domain_decode(a, &x->global_domain_identifier, &t->domain);
		t->mta_name = p1_string_text(a, &x->mta_name);
		supplied_decode(a, &s->arrival_time, s->routing_action, s->deferred_time, s->converted_encoded_information_types,
		                s->other_actions, t);
		if (s->attempted == NULL)
			continue;
		if (s->attempted->present == X4_AttemptedMTAorDomain_PR_mta)
			t->attempted_mta = p1_string_text(a, &s->attempted->choice.mta);
		else
			p1_domain_decode(a, &s->attempted->choice.domain, &t->attempted_domain);
	}
	lend_times(out);
	return 0;
}

static int attempted_encode(struct arena *a, const struct mx_trace *t, X4_MTASuppliedInformation_t *s, struct err *e)
{
	if (t->attempted_mta == NULL && t->attempted_domain.country.printable == NULL)
		return 0;
	s->attempted = NEW(a, X4_AttemptedMTAorDomain_t);
	if (t->attempted_mta != NULL) {
		s->attempted->present = X4_AttemptedMTAorDomain_PR_mta;
		p1_set_text(&s->attempted->choice.mta, t->attempted_mta);
		return 0;
	}
	s->attempted->present = X4_AttemptedMTAorDomain_PR_domain;
	return p1_domain_encode(a, &t->attempted_domain, &s->attempted->choice.domain, e);
}

int p1_internal_trace_write(struct arena *a, const struct mx_trace *in, size_t count, struct octets *value, struct err *e)
{
	X4_InternalTraceInformation_t out = {0};
	size_t i;

	for (i = 0; i < count; i++) {
		X4_InternalTraceInformationElement_t *x = NEW(a, X4_InternalTraceInformationElement_t);
		X4_MTASuppliedInformation_t *s = &x->mta_supplied_information;
		TRY(p1_domain_encode(a, &in[i].domain, &x->global_domain_identifier, e));
		p1_set_text(&x->mta_name, in[i].mta_name != NULL ? in[i].mta_name : "");
		p1_arrival_encode(a, &in[i], &s->arrival_time);
		s->routing_action = in[i].routing_action;
		s->deferred_time = time_encode(a, &in[i].deferred_time, in[i].deferred_time_text);
		s->converted_encoded_information_types = p1_eits_encode(a, &in[i].converted);
		s->other_actions = other_actions(a, &in[i]);
		TRY(attempted_encode(a, &in[i], s, e));
		p1_list_add(a, &out.list, x);
	}
	return ber_encode_type(a, &asn_DEF_X4_InternalTraceInformation, &out, value, e);
}
