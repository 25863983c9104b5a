/*
 * p1/trace.h - trace-information (X.411 12.2.1.1.1) and internal-trace-information (12.3.1), in the order of the encoding.
 */
#ifndef MIXGATE_P1_TRACE_H
#define MIXGATE_P1_TRACE_H

#include "base/err.h"
#include "msg/msg.h"

struct X4_TraceInformation;
struct X4_InternalTraceInformationElement;

/* Appends to out, which is a vector of struct mx_trace (any of those of msg.h). */
struct p1_traces {
	struct mx_trace *items;
	size_t count, capacity;
};
void p1_trace_decode(struct arena *a, const struct X4_TraceInformation *in, struct p1_traces *out);
/* The arrival-time of a last-trace-information, as leniently as in a trace. */
struct OCTET_STRING;
void p1_arrival_decode(struct arena *a, const struct OCTET_STRING *in, struct mx_trace *out);
void p1_arrival_encode(struct arena *a, const struct mx_trace *in, struct OCTET_STRING *out);
int p1_trace_encode(struct arena *a, const struct mx_trace *in, size_t count, struct X4_TraceInformation *out, struct err *e) MUST_USE;
/* The value of the extension internal-trace-information. */
int p1_internal_trace_read(struct arena *a, struct octets value, struct p1_traces *out, struct err *e) MUST_USE;
int p1_internal_trace_write(struct arena *a, const struct mx_trace *in, size_t count, struct octets *value, struct err *e) MUST_USE;

#endif
