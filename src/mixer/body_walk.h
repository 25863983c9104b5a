/*
 * mixer/body_walk.h - what the files that make X.400 body parts of MIME entities share: body_x400.c has the rows, texts and
 * structure, body_files.c files and what is encapsulated, body_media.c facsimile and ODA.
 */
#ifndef MIXGATE_MIXER_BODY_WALK_H
#define MIXGATE_MIXER_BODY_WALK_H

#include "mixer/body_text.h"
#include "mixer/mixer.h"

/* Wanted-X400-Conversion (RFC 2157 4.1). */
enum wanted_encoding { WANTED_BP14, WANTED_BP15, WANTED_FTBP, WANTED_IA5 };
struct wanted {
	const char *from;      /* "application/msword"; NULL: this entity */
	struct mx_oid to;      /* der.p NULL: tunnel */
	enum wanted_encoding in;
	const struct wanted *next; /* of the multipart around */
};

/* One message on its way to X.400. */
struct body_walk {
	struct arena *a;
	const struct mixer_context *c;
	const struct config_bodies *b;
	struct mx_message *m;
	struct stream *file; /* temporary file of this message, NULL: none yet */
	uint64_t file_end;
	unsigned depth, max_depth;
	unsigned generated; /* IPM identifiers made for multiparts */
	struct text_rules text;
	const struct wanted *wanted; /* innermost first */
};

/* One entity on its way into ipm; sole: it is the whole body of its message. */
struct body_job {
	const struct mime_entity *entity;
	struct mx_ipm *ipm;
	bool sole;
};

/* ---- body_files.c ---- */

/* Where octets go next: the end of the temporary file, at which the next slice starts. */
int body_open_file(struct body_walk *w, struct err *e) MUST_USE;
int body_close_slice(struct body_walk *w, struct blob *out, struct err *e) MUST_USE;
/* The body without its transfer encoding, small ones in memory. */
int body_decode(struct body_walk *w, const struct mime_entity *m, struct blob *out, struct err *e) MUST_USE;
int body_is_7bit(const struct blob *b, bool *clean, struct err *e) MUST_USE;
struct mx_body_part *body_add_part(struct body_walk *w, const struct body_job *j, enum mx_body_kind kind) MUST_USE;
void body_add_eit(struct body_walk *w, const char *dotted);
void body_add_eit_oid(struct body_walk *w, const struct mx_oid *oid);
void body_add_eit_bit(struct body_walk *w, uint32_t bit);
void body_add_ia5(struct body_walk *w, const struct body_job *j, struct blob data);
const char *body_file_name(const struct mime_entity *m);
bool body_is_type(const struct mime_entity *m, const char *type, const char *subtype);
bool body_is_multipart(const struct mime_entity *m);

/* What makes a part: 0 made, 1 not after all (the next row is asked), -1 error. */
int body_make_harpoon(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_raw_file(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_undecoded(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_bp14(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_bp15(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_octets(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_encapsulated(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_x_ftbp(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_file(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_vendor_file(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_wanted(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
/* The settings for this peer, when it does not take files or extended parts. */
const char *body_unknown(const struct body_walk *w);
/* A part that is left out: a text in its place says so (B-334).  Error when loss is prohibited. */
int body_drop(struct body_walk *w, const struct body_job *j, const char *why, struct err *e) MUST_USE;
/* The innermost wish that fits this leaf, NULL: none. */
const struct wanted *body_wanted(struct body_walk *w, const struct mime_entity *m);
/* Those of a multipart put before list. */
const struct wanted *body_wishes(struct body_walk *w, const struct mime_entity *m, const struct wanted *list);

/* ---- body_media.c ---- */

int body_make_g3fax(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_tiff(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
int body_make_oda(struct body_walk *w, const struct body_job *j, struct err *e) MUST_USE;
/* The same back. */
void media_g3fax(struct arena *a, const struct mx_body_part *p, struct mime_entity *m, struct octets *out);
/* Pages as TIFF-F (RFC 2306); false: libtiff does not take them. */
bool media_tiff(struct arena *a, const struct mx_body_part *p, const char *tmpdir, struct blob *out);
void media_oda(struct arena *a, const struct mx_body_part *p, struct mime_entity *m);

#endif
