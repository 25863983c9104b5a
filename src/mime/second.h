/*
 * mime/second.h - the second reader: GMime reads the structural skeleton of a message and must see the same tree.
 *
 * Two readers that differ about where a part begins are how filters are deceived, so what they do not agree on is not
 * opened: the entity stays whole.  The skeleton has the Content-* fields and delimiters without bodies and without any
 * other field: its size is bounded by the guard, and no defect of GMime lies on the way (HACKING, "GMime").
 */
#ifndef MIXGATE_MIME_SECOND_H
#define MIXGATE_MIME_SECOND_H

#include "mime/mime.h"

/* Takes the children from entities that GMime reads differently and marks them too_deep. */
void mime_confirm_structure(struct arena *a, struct mime_entity *m);

#endif
