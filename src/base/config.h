/*
 * base/config.h - mixgate.conf read by libconfig and checked against our own schema (config.def), with file and line.
 *
 * libconfig 1.5 takes unknown keys and wraps large numbers, so every setting is looked up in the schema: unknown group
 * or key, wrong type, out of range are errors.  The same rows print `mixgate check --defaults` and mixgate.conf(5).
 */
#ifndef MIXGATE_BASE_CONFIG_H
#define MIXGATE_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/stream.h"

struct config_strings {
	const char **items; /* count strings and a NULL behind them */
	size_t count;
};

struct config_selectors {
	const char *tsel, *ssel, *psel; /* text, or "0x..." hex; "" absent */
};

/* peers.*.quirks, word by word (quirks.def). */
struct config_quirks {
#define QUIRK_ROW(word, member, meaning, source) bool member;
#include "base/quirks.def"
#undef QUIRK_ROW
};
struct config_quirk {
	const char *word, *meaning, *source;
};
extern const struct config_quirk config_quirk_words[];
extern const size_t config_quirk_count;

/* How bodies are mapped (RFC 2157): the group `bodies`, and with peers.*.body_parts one more of them a peer. */
struct config_bodies {
	const char *charset_default, *nomime_8bit, *ia5_8bit_charset, *charset_list, *text_utf8,
		*bad_charset, *flowed, *text_84, *gt_prefix, *gt_ls1r, *gt_c0, *gt_unknown, *gt_default_g1, *teletex_out,
		*t61_lenient, *t61_strict, *octet_stream, *name_part, *unknown, *unknown_x400, *image, *postscript,
		*vendor_types, *keep_part_headers, *fax, *ftbp_name_from_description, *filename_encoding, *filename_sanitise,
		*alternative, *signed_parts, *signed_8bit, *pkcs7_bp, *mime_without_version, *hdrpart_filter,
		*wanted_conversion, *edi, *edi_sniff;
	int wrap_ia5;
	bool no_general_text, no_file_transfer, no_extended; /* body parts that the peer does not take */
};

struct config_peer {
	const char *name;
	const char *host; /* "" : only calls in */
	int port;
	const char *rmta, *rpass_file; /* what the peer must say */
	const char *lmta, *lpass_file; /* what we say; "" : local.mta_name */
	const char *rpass, *lpass;     /* contents of the files, one line */
	struct config_selectors called, calling;
	const char *mode;              /* "normal" | "x410-1988" | "x410-1984" */
	bool twa;
	int checkpoint, window;
	int tpdu_size;                 /* exponent 7..16, 0: leave out */
	int max_assoc, urgent_assoc, lifetime;
	int64_t size_max;
	bool reports;                  /* false: no reports come from there; `relayed` at once */
	bool relay;                    /* may messages from there go on to other peers? */
	struct config_strings body_parts;
	const struct config_bodies *bodies; /* those of all, changed by body_parts */
	struct config_strings quirks;  /* as they stand there; */
	struct config_quirks quirk;    /* what they mean */
	const char *lmtp;              /* path of this peer's LMTP socket, "" : none of its own */
};

struct config {
	const char *path;
	struct {
		const char *mta_name, *domain, *gdi, *or_address, *postmaster;
	} local;
	struct {
		const char *host;
		int port, max_assoc, idle_timeout, connect_timeout, bind_timeout, confirm_timeout, data_timeout;
		struct config_selectors selectors;
	} listen;
	struct {
		const char *socket; /* "unix:/path" or "inet:port@host" */
		const char *screen; /* dry-run socket; "" : none */
		const char *carry;  /* the milter's; "" : none */
		const char *spooldir; /* temporary files */
		int workers, recycle, answer_within, timeout;
		struct config_strings trusted; /* client networks whose MIXER fields are believed */
	} lmtp;
	struct {
		const char *socket, *mode, *carry, *on_error;
		struct config_strings domains;
		struct config_strings trusted;
		int timeout;
	} milter;
	struct {
		const char *host;
		int port, timeout;
		const char *helo;
		bool dsn;
	} smtp_out;
	struct {
		struct config_peer *items;
		size_t count;
	} peers;
	const char *routes;
	struct {
		struct config_strings or2rfc, rfc2or, gate1, gate2;
		const char *compiled, *numeric_country;
		bool strict_mixer, inversion;
		struct config_strings sources; /* "text", "dns", "ldap" */
		int deadline, header_wait;
		struct {
			struct config_strings server; /* "127.0.0.1@5353" */
			int timeout;
			bool validated;
		} dns;
		struct {
			const char *uri, *ca_file, *bind_dn, *password_file;
			const char *password; /* contents of the file, one line; NULL: none */
			bool starttls;
			int timeout;
			struct config_strings bases;
		} ldap;
		struct {
			struct config_strings files, validated;
			const char *ldap_base;
		} users;
	} mapping;
	struct config_bodies bodies;
	struct {
		const char *return_content;
		bool relayed;
	} reports;
	const char *profile;
	struct {
		const char *path;
		int keep_days;
	} journal;
	struct {
		bool enabled;
		const char *dir;
		int bad_files;
		int64_t bad_size;
		int keep_days;
	} archive;
	struct {
		const char *target, *level;
	} log;
	struct {
		const char *listen;
	} metrics;
	struct {
		int64_t message_size, header_size;
		int nesting, parts, recipients, header_fields, tlv_depth, received, passages;
		int64_t worker_memory;
		int worker_cpu;
	} limits;
};

/* Reads and checks path; every problem is one line in e ("mixgate.conf:12: listen.prot: unknown key; did you mean
 * listen.port?"). *out belongs to the arena. */
int config_load(struct arena *a, const char *path, const struct config **out, struct err *e) MUST_USE;
/* The defaults without a file (tests, `mixgate convert`). */
const struct config *config_defaults(struct arena *a) MUST_USE;
/* A peer of nothing but defaults (`mixgate ping HOST:PORT`). */
const struct config_peer *config_default_peer(struct arena *a, const struct config *c, const char *name) MUST_USE;
const struct config_peer *config_find_peer(const struct config *c, const char *name);
/* "octet_stream=bp14" (or octet-stream=bp14): one key of the group bodies; -1: no such key or value. */
int config_bodies_set(struct arena *a, struct config_bodies *b, const char *word, struct err *e) MUST_USE;
/* The defaults of the group; lasts as long as the process. */
const struct config_bodies *config_bodies_default(void);
/* All keys with type, range, default and meaning, as a commented mixgate.conf. */
void config_print_schema(struct stream *out);
/* "text" or "0x41.." selector to octets; "" gives p NULL. */
int config_octets(struct arena *a, const char *text, struct octets *out, struct err *e) MUST_USE;

#endif
