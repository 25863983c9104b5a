/* tool/tool.c - see tool.h. */
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "relay/setup.h"

int tool_fail(const char *verb, const struct err *e, int code)
{
	char text[600];

	err_text(e, text, sizeof text);
	fprintf(stderr, "mixgate %s: %s\n", verb, text);
	return code;
}

int tool_usage(const char *verb, const char *text)
{
	fprintf(stderr, "mixgate %s: %s; `mixgate %s --help` shows the options\n", verb, text, verb);
	return TOOL_USAGE;
}

static const struct tool_option *find_option(const struct tool_option *o, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(o[i].name, name))
			return &o[i];
	return NULL;
}

int tool_options(struct tool *t, const struct tool_option *options, size_t count, int argc, char **argv)
{
	const struct tool_option shared[] = {
		{"--config", &t->config_path, NULL}, {"--tables", &t->tables_dir, NULL}, {"--json", NULL, &t->json}};
	int left = 0;

	for (int i = 0; i < argc; i++) {
		const struct tool_option *o;

		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[left++] = argv[i];
			continue;
		}
		if (str_eq(argv[i], "--")) {
			while (++i < argc)
				argv[left++] = argv[i];
			break;
		}
		o = find_option(options, count, argv[i]);
		if (o == NULL)
			o = find_option(shared, ARRAY_LEN(shared), argv[i]);
		if (o == NULL) {
			fprintf(stderr, "mixgate: unknown option %s; --help lists them\n", argv[i]);
			return -1;
		}
		if (o->flag != NULL) {
			*o->flag = true;
		} else if (++i == argc) {
			fprintf(stderr, "mixgate: %s needs a value\n", o->name);
			return -1;
		} else {
			*o->value = argv[i];
		}
	}
	return left;
}

int tool_config(struct tool *t, struct err *e)
{
	static const char installed[] = MIXGATE_SYSCONFDIR "/mixgate.conf";

	if (t->config_path == NULL && t->tables_dir == NULL && access(installed, R_OK) == 0)
		t->config_path = installed;
	if (t->config_path != NULL)
		return config_load(t->arena, t->config_path, &t->config, e);
	t->config = config_defaults(t->arena);
	return 0;
}

int tool_source(struct tool *t, struct addr_tables_source *out, struct err *e)
{
	TRY(tool_config(t, e));
	if (t->tables_dir != NULL)
		TRY(addr_tables_source_dir(t->arena, t->tables_dir, out, e));
	else
		addr_tables_source_config(t->config, out);
	out->keep_compiled = false; /* that is the daemon's, and so are warnings in the log */
	out->quiet = true;
	return 0;
}

/* Settings as the daemon's, save that nothing here keeps headers.  With --tables and no --config the gateway is the one of
 * the tables. */
static int load_settings(struct tool *t, struct err *e)
{
	const struct or_address *o;

	TRY(setup_settings(t->arena, t->config, &t->settings, e));
	t->settings.header_store = false;
	if (*t->config->path != '\0')
		return 0;
	t->settings.host_name = addr_local_domain(t->tables);
	t->settings.postmaster = arena_printf(t->arena, "postmaster@%s", t->settings.host_name);
	if (t->tables_dir == NULL)
		return 0;
	o = addr_local_or(t->tables);
	t->settings.domain = (struct mx_global_domain){o->v[OR_C], o->v[OR_ADMD], o->v[OR_PRMD]};
	return 0;
}

int tool_setup(struct tool *t, struct err *e)
{
	struct addr_tables_source src;

	TRY(tool_source(t, &src, e));
	TRY(addr_tables_load(t->arena, &src, &t->tables, e));
	if (t->tables_dir == NULL)
		TRY(dir_open(t->arena, t->config, t->tables, -1, &t->dir, e));
	return load_settings(t, e);
}

static int copy_stdin(struct tool *t, struct blob *out, struct err *e)
{
	char block[65536];
	struct stream *s;
	ssize_t n;
	int fd;

	TRY(blob_tempfile(t->arena, NULL, &fd, e));
	s = stream_to_fd(t->arena, fd, 0);
	while ((n = read(STDIN_FILENO, block, sizeof block)) > 0)
		stream_put(s, block, (size_t)n);
	if (n < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "reading standard input");
	TRY(stream_finish(s, e));
	*out = blob_file(fd, 0, s->written);
	return 0;
}

int tool_read(struct tool *t, const char *path, struct blob *out, struct err *e)
{
	struct stat st;
	int fd;

	if (str_eq(path, "-"))
		return copy_stdin(t, out, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ERR_ERRNO(e, ERR_SYSTEM, "%s", path);
	arena_close_fd(t->arena, fd);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR(e, ERR_SYSTEM, "%s is not a plain file; use - and a pipe", path);
	*out = blob_file(fd, 0, (uint64_t)st.st_size);
	return 0;
}
