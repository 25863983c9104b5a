/*
 * mixer_setup.h - the setting of the worked examples (t/golden/mixer): gateway gw.example.net, MTA mixgate1, the pair
 * widget.example <-> /PRMD=WIDGET/ADMD=ACME/C=GB/, and what tests of mixer share.
 */
#ifndef MIXGATE_T_MIXER_SETUP_H
#define MIXGATE_T_MIXER_SETUP_H

#include "mixer/mixer.h"

struct mixer_setup {
	struct mixer_settings settings;
	struct mixer_context context;
	struct mixer_subject subject; /* context.subject when a test says so */
};
/* now in ISO form; local_id etc. as they stand in the examples. */
void mixer_setup(struct arena *a, struct mixer_setup *s, const char *now, const char *local_id, const char *received_id);
/* A file below the source folder as a parsed mail; ends the test when that fails. */
struct mime_entity *mixer_setup_mail(struct arena *a, const char *path);
struct mime_entity *mixer_setup_parse(struct arena *a, const void *p, size_t n);
/* mail as octets, NUL behind. */
char *mixer_setup_write(struct arena *a, const struct mime_entity *m, size_t *n);
char *mixer_setup_dump(struct arena *a, const struct mx_message *m);
void mixer_setup_or(struct arena *a, const char *std_or, struct or_address *out);

#endif
