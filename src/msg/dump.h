/*
 * msg/dump.h - the canonical text of a central message: golden tests, `mixgate dump` and the debug log are one text.
 *
 * One element a line, "path: value", elements in the order and with the names of X.411 and X.420, absent ones left out.
 * Octet strings that are not text are hex; long ones are cut to DUMP_OCTETS with their length and stay whole in JSON.
 */
#ifndef MIXGATE_MSG_DUMP_H
#define MIXGATE_MSG_DUMP_H

#include "base/json.h"
#include "base/stream.h"
#include "msg/msg.h"

void mx_dump(struct arena *a, const struct mx_message *m, struct stream *out);
/* The same elements as one JSON object. */
void mx_dump_json(struct arena *a, const struct mx_message *m, struct stream *out);

#endif
