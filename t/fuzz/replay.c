/*
 * replay.c - main for fuzz targets without libFuzzer: runs every file of the folders (or files) named as arguments, or
 * of $srcdir/t/fuzz/NAME for a program fuzz_NAME, and speaks TAP.  So the seeds run in make check with plain gcc.
 */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "t/lib/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *path)
{
	size_t n;
	char *data = tap_read_file(path, &n);
	/* an exact copy, so that a read beyond the end is seen */
	uint8_t *exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		abort();
	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	ok(true, "%s (%zu octets)", path, n);
	free(exact);
	free(data);
}

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static void run(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	n = scandir(path, &names, visible, alphasort);
	for (int i = 0; i < n; i++) {
		char full[PATH_MAX];
		snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name);
		run_file(full);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX], *name = basename(argv[0]), *dot;

	for (int i = 1; i < argc; i++)
		run(argv[i]);
	if (argc == 1) {
		if (strncmp(name, "fuzz_", 5) == 0)
			name += 5;
		dot = strrchr(name, '.');
		if (dot != NULL)
			*dot = '\0';
		snprintf(folder, sizeof folder, "%s/t/fuzz/%s", tap_srcdir(), name);
		run(folder);
	}
	return tap_done();
}
