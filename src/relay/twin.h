/*
 * relay/twin.h - what mixgate-source and mixgate-sink share: the options of an association on the command line, and the
 * central messages that they make.
 */
#ifndef MIXGATE_RELAY_TWIN_H
#define MIXGATE_RELAY_TWIN_H

#include <getopt.h>

#include "msg/msg.h"
#include "osi/association.h"

struct twin {
	struct arena *arena; /* lives as long as the program */
	struct osi_options osi;
	struct mx_global_domain domain;
};

/* Long options with these codes belong to twin_option. */
#define TWIN_OPTION_BASE 1000
#define TWIN_LONG_OPTIONS                                                                                              \
	{"name", required_argument, NULL, TWIN_OPTION_BASE}, {"password", required_argument, NULL, TWIN_OPTION_BASE + 1},  \
		{"peer-name", required_argument, NULL, TWIN_OPTION_BASE + 2},                                                  \
		{"peer-password", required_argument, NULL, TWIN_OPTION_BASE + 3},                                              \
		{"tsel", required_argument, NULL, TWIN_OPTION_BASE + 4}, {"ssel", required_argument, NULL, TWIN_OPTION_BASE + 5}, \
		{"psel", required_argument, NULL, TWIN_OPTION_BASE + 6},                                                       \
		{"calling-tsel", required_argument, NULL, TWIN_OPTION_BASE + 7},                                               \
		{"calling-ssel", required_argument, NULL, TWIN_OPTION_BASE + 8},                                               \
		{"calling-psel", required_argument, NULL, TWIN_OPTION_BASE + 9},                                               \
		{"checkpoint", required_argument, NULL, TWIN_OPTION_BASE + 10},                                                \
		{"window", required_argument, NULL, TWIN_OPTION_BASE + 11},                                                    \
		{"tpdu-size", required_argument, NULL, TWIN_OPTION_BASE + 12},                                                 \
		{"timeout", required_argument, NULL, TWIN_OPTION_BASE + 13}, {"domain", required_argument, NULL, TWIN_OPTION_BASE + 14}
#define TWIN_HELP                                                                                                      \
	"  --name MTA, --password TEXT            what we say in the MTA bind\n"                                           \
	"  --peer-name MTA, --peer-password TEXT  what the other side must say\n"                                          \
	"  --tsel, --ssel, --psel SELECTOR        of the called side, text or 0x...\n"                                     \
	"  --calling-tsel, --calling-ssel, --calling-psel SELECTOR\n"                                                      \
	"  --checkpoint N, --window N             checkpoint size in 1024 octets (0: none) and window\n"                   \
	"  --tpdu-size N                          power of two, 7 to 16; 0: as large as RFC 1006 allows\n"                 \
	"  --timeout SECONDS                      for every wait (60)\n"                                                   \
	"  --domain GDI                           our domain, as /PRMD=x/ADMD=y/C=z/\n"

/* Defaults; name and domain may be changed by options. */
int twin_init(struct twin *t, bool initiator, const char *name, const char *domain, struct err *e) MUST_USE;
/* Takes an option of TWIN_LONG_OPTIONS. */
int twin_option(struct twin *t, int code, const char *value, struct err *e) MUST_USE;
/* A number on the command line. */
int twin_number(const char *text, long min, long max, long *out, struct err *e) MUST_USE;
/* "host:port", "[2001:db8::1]:port" or "port". */
int twin_host_port(struct arena *a, const char *text, const char **host, int *port, struct err *e) MUST_USE;
/* Identifier, one trace element and our domain. */
void twin_stamp(struct arena *a, const struct twin *t, struct mx_message *m, const char *local_id);

#endif
