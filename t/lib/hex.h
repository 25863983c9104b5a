/*
 * hex.h - hex dumps of the vectors to octets, for tests: two-digit groups are octets, longer ones offsets, # a comment.
 */
#ifndef MIXGATE_T_HEX_H
#define MIXGATE_T_HEX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* Appends the octets of text to p (which must have room for strlen(text) / 2) and gives their number. */
static inline size_t hex_decode(const char *text, uint8_t *p)
{
	size_t n = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " \t\r\n");

		if (*text == '#') {
			text += strcspn(text, "\n");
		} else if (word == 0) {
			text++;
		} else {
			char digits[3] = {text[0], word > 1 ? text[1] : '0', 0};

			if (word == 2)
				p[n++] = (uint8_t)strtoul(digits, NULL, 16);
			text += word;
		}
	}
	return n;
}

/* A file of t/vectors; the heap owns it. */
static inline uint8_t *hex_file(const char *path, size_t *n)
{
	size_t size;
	char *text = tap_read_file(path, &size);
	uint8_t *p = malloc(size + 1);

	if (p == NULL)
		abort();
	*n = hex_decode(text, p);
	free(text);
	return p;
}

#endif
