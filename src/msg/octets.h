/*
 * msg/octets.h - octets that are no message: what `mixgate dump` shows of them, values in values.
 *
 * Filled by tool/tlv.c, which reads BER; dumped and parsed by the rows of fields.c like a message.
 */
#ifndef MIXGATE_MSG_OCTETS_H
#define MIXGATE_MSG_OCTETS_H

#include "msg/msg.h"

/* One BER value. */
struct mx_tlv {
	const char *tag;  /* "SEQUENCE", "[0]", "[APPLICATION 4]" */
	bool constructed; /* and value holds what is inside as octets, because it is too deep or no BER */
	struct blob value;
	struct {
		struct mx_tlv *items;
		size_t count, capacity;
	} inside;
};

struct mx_octets {
	int kind;         /* 0: so that it stands first in a dump as a message's kind does */
	const char *note; /* why this is shown as octets, or what it may be */
	MX_LIST(struct mx_tlv) values;
	struct blob rest; /* behind the last value: no BER */
};

#endif
