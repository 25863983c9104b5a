/*
 * tool/addr.c - mixgate addr: an address in either form, mapped to the other: by which rule, in which steps, what came second,
 * what comes back, and where its route leads.  With "-" a stream of addresses, one a line.
 */
#include <stdio.h>
#include <string.h>

#include "addr/explain.h"
#include "base/json.h"
#include "base/str.h"
#include "dir/dir.h"
#include "tool/tool.h"

#define LINE_MAX_OCTETS 65536

struct request {
	struct tool *t;
	enum addr_use use;
	const char *to;   /* "x400", "822"; NULL: by the look of the address */
	const char *role; /* as asked for */
	bool explain, lines;
};

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

static bool to_x400(const struct request *r, const char *input)
{
	return r->to == NULL ? is_internet(input) : str_eq(r->to, "x400");
}

static const char *route_text(struct tool *t, struct arena *a, const struct addr_route *r)
{
	switch (r->kind) {
	case ADDR_ROUTE_PEER:
		return arena_printf(a, "peer %s (%s)", r->peer, r->where);
	case ADDR_ROUTE_SMTP:
		return arena_printf(a, "smtp (%s)", r->where);
	case ADDR_ROUTE_REJECT:
		return arena_printf(a, "reject %s %s (%s)", r->status, r->text, r->where);
	default:
		if (t->tables_dir == NULL && *t->config->routes == '\0' && t->config->peers.count == 1)
			return arena_printf(a, "peer %s (the only one, and no routes are set)", t->config->peers.items[0].name);
		return "none; mail there is refused: give it a line in the file of routes (mixgate-tables(5))";
	}
}

static const char *error_text(struct arena *a, const struct err *e)
{
	char text[600];

	err_text(e, text, sizeof text);
	return arena_strdup(a, text);
}

/* "A-130 mapping2:12" */
static const char *decision(struct arena *a, const struct addr_explanation *x)
{
	const char *rule = x->trace.rule == NULL ? "-" : x->trace.rule;

	return x->trace.where == NULL ? rule : arena_printf(a, "%s %s", rule, x->trace.where);
}

/* What the user's own entry says that the user can take, if anything. */
static void print_capabilities(struct request *r, struct arena *a, const struct addr_explanation *x)
{
	struct stream *out = r->t->out;
	struct addr_user user;
	struct err e;

	if (r->t->dir == NULL || dir_user(r->t->dir, a, x->to_x400 ? x->input : x->result, &user, &e) != ADDR_FOUND ||
	    (user.size_max == 0 && user.body_types == NULL))
		return;
	stream_puts(out, "  takes:");
	if (user.size_max > 0)
		stream_printf(out, " %lld octets", (long long)user.size_max);
	for (size_t i = 0; user.body_types != NULL && user.body_types[i] != NULL; i++)
		stream_printf(out, "%s%s", i > 0 ? ", " : user.size_max > 0 ? "; " : " ", user.body_types[i]);
	stream_printf(out, " (%s)\n", user.where);
}

static void print_reverse(struct stream *out, struct arena *a, const struct addr_explanation *x)
{
	if (x->reverse == NULL)
		stream_printf(out, "  back: none: %s\n", error_text(a, &x->reverse_err));
	else
		stream_printf(out, "  back: %s (%s)\n", x->reverse, x->exact ? "exact" : "differs");
}

static void print_text(struct request *r, struct arena *a, const struct addr_explanation *x)
{
	struct stream *out = r->t->out;

	if (x->result == NULL) {
		stream_printf(out, "%s\n  error: %d %s %s\n", x->input, err_smtp(&x->err), err_status(&x->err), error_text(a, &x->err));
	} else {
		stream_printf(out, "%s\n  %s: %s\n  how: %s\n  rule: %s\n", x->input, x->to_x400 ? "x400" : "rfc822", x->result,
		              addr_how_name(x->how), decision(a, x));
		print_reverse(out, a, x);
		stream_printf(out, "  route: %s\n", route_text(r->t, a, &x->route));
		print_capabilities(r, a, x);
	}
	if (!r->explain)
		return;
	if (x->result != NULL && *addr_print_card(a, &x->x400) != '\0')
		stream_printf(out, "  card: %s\n", addr_print_card(a, &x->x400));
	for (size_t i = 0; i < x->trace.count; i++)
		stream_printf(out, "  %-6s %s\n", x->trace.items[i].rule, x->trace.items[i].text);
	for (size_t i = 0; i < x->alternatives_count; i++) {
		const struct addr_alternative *y = &x->alternatives[i];

		stream_printf(out, "  not    %s, %s: %s\n", y->where, y->value, y->why);
	}
}

static void json_steps(struct json *j, const struct addr_explanation *x)
{
	json_array(j, "steps");
	for (size_t i = 0; i < x->trace.count; i++) {
		json_object(j, NULL);
		json_string(j, "rule", x->trace.items[i].rule);
		json_string(j, "text", x->trace.items[i].text);
		json_end_object(j);
	}
	json_end_array(j);
	json_array(j, "alternatives");
	for (size_t i = 0; i < x->alternatives_count; i++) {
		json_object(j, NULL);
		json_string(j, "table", x->alternatives[i].table);
		json_string(j, "where", x->alternatives[i].where);
		json_string(j, "value", x->alternatives[i].value);
		json_string(j, "why", x->alternatives[i].why);
		json_end_object(j);
	}
	json_end_array(j);
}

/* The members are documented in mixgate(1) and never change their meaning. */
static void print_json(struct request *r, struct arena *a, struct json *j, const struct addr_explanation *x)
{
	json_object(j, NULL);
	json_string(j, "input", x->input);
	json_string(j, "to", x->to_x400 ? "x400" : "822");
	json_string(j, "role", r->role);
	if (x->result == NULL) {
		json_string(j, "error", err_row(x->err.id)->name);
		json_int(j, "code", err_smtp(&x->err));
		json_string(j, "status", err_status(&x->err));
		json_string(j, "text", error_text(a, &x->err));
	} else {
		json_string(j, "result", x->result);
		json_string(j, "how", addr_how_name(x->how));
		json_string(j, "rule", x->trace.rule);
		json_string(j, "where", x->trace.where);
		json_string(j, "card", addr_print_card(a, &x->x400));
		json_string(j, "route", route_text(r->t, a, &x->route));
		json_string(j, "reverse", x->reverse);
		json_bool(j, "exact", x->exact);
	}
	json_steps(j, x);
	json_end_object(j);
}

/* The short form of a stream: address, tab, result; or "!", status and reason. */
static int print_line(struct request *r, struct arena *a, const char *input)
{
	struct or_address o = {0};
	enum addr_how how;
	struct err e = {0};
	char *text = NULL;
	int rc;

	if (to_x400(r, input)) {
		rc = addr_to_x400(a, r->t->tables, input, r->use, &o, &how, NULL, &e);
		if (rc == 0)
			text = addr_print_or(a, &o);
	} else {
		rc = addr_parse_or(a, input, &o, &e);
		if (rc == 0)
			rc = addr_to_822(a, r->t->tables, &o, r->use, &text, &how, NULL, &e);
	}
	if (rc == 0) {
		stream_puts(r->t->out, input);
		stream_put(r->t->out, "\t", 1);
		stream_puts(r->t->out, text);
		stream_put(r->t->out, "\n", 1);
	} else {
		stream_printf(r->t->out, "%s\t!%s %s\n", input, err_status(&e), error_text(a, &e));
	}
	return rc;
}

static int answer_one(struct request *r, struct arena *a, struct json *j, const char *input)
{
	struct addr_explanation x;
	int rc;

	if (r->lines && !r->explain && !r->t->json)
		return print_line(r, a, input);
	rc = addr_explain(a, r->t->tables, input, to_x400(r, input), r->use, &x);
	if (r->t->json)
		print_json(r, a, j, &x);
	else
		print_text(r, a, &x);
	return rc;
}

/* One address a line; with --json one object a line. */
static int answer_stream(struct request *r)
{
	struct arena *a = arena_new(0);
	char *line = arena_alloc(r->t->arena, LINE_MAX_OCTETS);
	int bad = 0;

	r->lines = true;
	while (fgets(line, LINE_MAX_OCTETS, stdin) != NULL) {
		struct json j = JSON_INIT(r->t->out);
		size_t n = strcspn(line, "\r\n");

		j.compact = true;
		line[n] = '\0';
		if (n > 0)
			bad |= answer_one(r, a, &j, line) != 0;
		arena_reset(a);
	}
	arena_free(a);
	return bad;
}

static int answer_all(struct request *r, int n, char **argv)
{
	struct json j = JSON_INIT(r->t->out);
	int bad = 0;

	if (r->t->json)
		json_array(&j, NULL);
	for (int i = 0; i < n; i++)
		bad |= answer_one(r, r->t->arena, &j, argv[i]) != 0;
	if (r->t->json)
		json_end_array(&j);
	return bad;
}

static bool set_role(struct request *r)
{
	static const struct {
		const char *name;
		enum addr_use use;
	} roles[] = {{"recipient", ADDR_RECIPIENT}, {"originator", ADDR_ORIGINATOR}, {"heading", ADDR_HEADER}};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (str_eq(r->role, roles[i].name)) {
			r->use = roles[i].use;
			return true;
		}
	return false;
}

int tool_addr(struct tool *t, int argc, char **argv)
{
	struct request r = {.t = t, .role = "recipient"};
	const struct tool_option options[] = {
		{"--to", &r.to, NULL}, {"--role", &r.role, NULL}, {"--explain", NULL, &r.explain}};
	int n = tool_options(t, options, ARRAY_LEN(options), argc, argv);
	struct err e;

	if (n < 0)
		return TOOL_USAGE;
	if (n == 0)
		return tool_usage("addr", "needs an address");
	if (!set_role(&r))
		return tool_usage("addr", "--role is recipient, originator or heading");
	if (r.to != NULL && !str_eq(r.to, "x400") && !str_eq(r.to, "822"))
		return tool_usage("addr", "--to is x400 or 822");
	if (tool_setup(t, &e) != 0)
		return tool_fail("addr", &e, TOOL_TROUBLE);
	return (n == 1 && str_eq(argv[0], "-") ? answer_stream(&r) : answer_all(&r, n, argv)) != 0 ? TOOL_NO : TOOL_OK;
}
