/*
 * tool/addr.c - mixgate addr: an address in either form, mapped to the other, with the rules that did it, and its route.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "tool/tool.h"

struct answer {
	const char *input, *output;
	bool to_x400;
	enum addr_how how;
	struct addr_trace trace;
	struct addr_route route;
	struct err err;
};

static const char *how_text(enum addr_how how)
{
	static const char *const text[] = {"explicit", "mapped", "encapsulated", "decapsulated", "gateway", "user"};

	return text[how];
}

/* An '@' outside of quotes is an Internet address; text with separators and no domain is std-or. */
static bool is_internet(const char *s)
{
	bool quoted = false;

	for (; *s != '\0'; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '@' && !quoted)
			return true;
	}
	return false;
}

static const char *route_text(struct tool *t, const struct addr_route *r)
{
	switch (r->kind) {
	case ADDR_ROUTE_PEER:
		return arena_printf(t->arena, "peer %s (%s)", r->peer, r->where);
	case ADDR_ROUTE_SMTP:
		return arena_printf(t->arena, "smtp (%s)", r->where);
	case ADDR_ROUTE_REJECT:
		return arena_printf(t->arena, "reject %s %s (%s)", r->status, r->text, r->where);
	default:
		if (t->tables_dir == NULL && *t->config->routes == '\0' && t->config->peers.count == 1)
			return arena_printf(t->arena, "peer %s (the only one, and no routes are set)", t->config->peers.items[0].name);
		return "none; mail there is refused: give it a line in the file of routes (mixgate-tables(5))";
	}
}

static int map_one(struct tool *t, const char *input, enum addr_use use, struct answer *w)
{
	struct or_address o = {0};

	*w = (struct answer){.input = input, .to_x400 = is_internet(input)};
	if (w->to_x400) {
		TRY(addr_to_x400(t->arena, t->tables, input, use, &o, &w->how, &w->trace, &w->err));
		w->output = addr_print_or(t->arena, &o);
	} else {
		char *out = NULL;
		TRY(addr_parse_or(t->arena, input, &o, &w->err));
		TRY(addr_to_822(t->arena, t->tables, &o, use, &out, &w->how, &w->trace, &w->err));
		w->output = out;
	}
	addr_route(t->arena, t->tables, &o, &w->route);
	return 0;
}

static void print_text(struct tool *t, const struct answer *w, int rc, bool explain)
{
	char text[600];

	if (rc != 0) {
		err_text(&w->err, text, sizeof text);
		stream_printf(t->out, "%s\n  error: %d %s %s\n", w->input, err_smtp(&w->err), err_status(&w->err), text);
	} else {
		stream_printf(t->out, "%s\n  %s: %s\n  how: %s\n", w->input, w->to_x400 ? "x400" : "rfc822", w->output, how_text(w->how));
		stream_printf(t->out, "  route: %s\n", route_text(t, &w->route));
	}
	for (size_t i = 0; explain && i < w->trace.count; i++)
		stream_printf(t->out, "  %-6s %s\n", w->trace.items[i].rule, w->trace.items[i].text);
}

static void print_json(struct tool *t, struct json *j, const struct answer *w, int rc)
{
	char text[600];

	json_object(j, NULL);
	json_string(j, "input", w->input);
	if (rc != 0) {
		err_text(&w->err, text, sizeof text);
		json_string(j, "error", err_row(w->err.id)->name);
		json_string(j, "status", err_status(&w->err));
		json_string(j, "text", text);
	} else {
		json_string(j, w->to_x400 ? "x400" : "rfc822", w->output);
		json_string(j, "how", how_text(w->how));
		json_string(j, "route", route_text(t, &w->route));
	}
	json_array(j, "steps");
	for (size_t i = 0; i < w->trace.count; i++) {
		json_object(j, NULL);
		json_string(j, "rule", w->trace.items[i].rule);
		json_string(j, "text", w->trace.items[i].text);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

int tool_addr(struct tool *t, int argc, char **argv)
{
	bool header = false, originator = false, explain = false;
	const struct tool_option options[] = {
		{"--header", NULL, &header}, {"--originator", NULL, &originator}, {"--explain", NULL, &explain}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv), bad = 0;
	struct json j = JSON_INIT(t->out);
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n == 0)
		return tool_usage("addr", "needs an address");
	if (tool_setup(t, &e) != 0)
		return tool_fail("addr", &e, TOOL_TROUBLE);
	if (t->json)
		json_array(&j, NULL);
	for (int i = 0; i < n; i++) {
		struct answer w;
		int rc = map_one(t, argv[i], header ? ADDR_HEADER : originator ? ADDR_ORIGINATOR : ADDR_RECIPIENT, &w);
		bad |= rc != 0;
		if (t->json)
			print_json(t, &j, &w, rc);
		else
			print_text(t, &w, rc, explain);
	}
	if (t->json)
		json_end_array(&j);
	return bad ? TOOL_NO : TOOL_OK;
}
