/* dialogue.c - see dialogue.h. */
#include "dialogue.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void bail(const char *path, int number, const char *why)
{
	printf("Bail out! %s:%d: %s\n", path, number, why);
	exit(1);
}

static char *unescape(const char *s, size_t n, bool wire, size_t *len)
{
	size_t room = 0, used = 0;
	char *out = NULL;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		size_t times = 1;
		char c = s[i];

		if (c == '\\' && i + 1 == n) {
			open = true;
			break;
		}
		if (c == '\\') {
			char *end;

			c = s[++i];
			switch (c) {
			case 'r': c = '\r'; break;
			case 'n': c = '\n'; break;
			case 't': c = '\t'; break;
			case '0': c = '\0'; break;
			case 'x':
				c = (char)strtoul((char[]){s[i + 1], s[i + 2], '\0'}, NULL, 16);
				i += 2;
				break;
			case '*':
				times = strtoul(s + i + 1, &end, 10);
				c = end[1];
				i = (size_t)(end + 1 - s);
				break;
			default: break;
			}
		}
		if (used + times + 3 > room && (out = realloc(out, room = 2 * (used + times) + 64)) == NULL)
			abort();
		memset(out + used, c, times);
		used += times;
	}
	if (out == NULL && (out = malloc(4)) == NULL)
		abort();
	if (wire && !open) {
		out[used++] = '\r';
		out[used++] = '\n';
	}
	out[used] = '\0';
	*len = used;
	return out;
}

static void finish(struct dialogue *d, void (*run)(const struct dialogue *d, size_t step))
{
	if (d->title != NULL)
		for (size_t i = 0; i < 3; i++)
			run(d, (const size_t[]){SIZE_MAX, 2, 1}[i]);
	for (size_t i = 0; i < d->count; i++)
		free(d->lines[i].text);
	d->count = 0;
}

void dialogue_run(const char *path, void (*run)(const struct dialogue *d, size_t step))
{
	char *file = tap_read_file(path, NULL), *next = file;
	struct dialogue d = {0};

	for (int number = 1; *next != '\0'; number++) {
		char *line = next;
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		line[n] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		if (strncmp(line, "== ", 3) == 0) {
			finish(&d, run);
			d.title = line + 3;
			continue;
		}
		if (d.title == NULL || *line < 'A' || *line > 'Z' || line[1] != ':' || (line[2] != ' ' && line[2] != '\0'))
			bail(path, number, "neither \"== title\" nor \"X: text\"");
		d.lines = realloc(d.lines, (d.count + 1) * sizeof *d.lines);
		if (d.lines == NULL)
			abort();
		d.lines[d.count] = (struct dialogue_line){.tag = *line, .number = number};
		d.lines[d.count].text = unescape(line + 3, n < 3 ? 0 : n - 3, *line == 'C' || *line == 'S' || *line == 'D', &d.lines[d.count].len);
		d.count++;
	}
	finish(&d, run);
	free(d.lines);
	free(file);
}

char *dialogue_join(const struct dialogue *d, char tag, size_t *len)
{
	char *out = malloc(1);
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (d->lines[i].tag != tag)
			continue;
		out = realloc(out, n + d->lines[i].len + 1);
		if (out == NULL)
			abort();
		memcpy(out + n, d->lines[i].text, d->lines[i].len);
		n += d->lines[i].len;
	}
	out[n] = '\0';
	*len = n;
	return out;
}

const struct dialogue_line *dialogue_next(const struct dialogue *d, char tag, size_t *at)
{
	while (*at < d->count)
		if (d->lines[(*at)++].tag == tag)
			return &d->lines[*at - 1];
	return NULL;
}
