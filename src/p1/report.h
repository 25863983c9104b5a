/*
 * p1/report.h - ReportTransferContent (X.411 12.2.1.3): what became of each recipient, and the returned content.
 */
#ifndef MIXGATE_P1_REPORT_H
#define MIXGATE_P1_REPORT_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/p1.h"

/* in: the report content's octets, past the gate, with tag; the returned content is sliced from it. */
int p1_report_content_read(struct arena *a, struct octets in, struct mx_report *out, struct err *e) MUST_USE;
/* Appends it to out. */
int p1_report_content_write(struct arena *a, const struct mx_report *in, const struct p1_options *options, struct ber_rope *out,
                            struct err *e) MUST_USE;

#endif
