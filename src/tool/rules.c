/*
 * tool/rules.c - mixgate rules: the rows of addr and mixer as they are built in, so that documentation, conformance
 * statement and code are one text.
 */
#include "base/json.h"
#include "base/str.h"
#include "tool/tool.h"

static const char *direction_text(enum rule_direction d)
{
	return d == RULE_TO_X400 ? "to-x400" : d == RULE_TO_822 ? "to-822" : "both";
}

static bool wanted(const struct rule *r, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (str_ieq(argv[i], r->id) || (str_istarts(r->id, argv[i]) && argv[i][0] != '\0' && argv[i][1] == '\0'))
			return true;
	return argc == 0;
}

static void print_json(struct json *j, const char *table, const struct rule *r)
{
	json_object(j, NULL);
	json_string(j, "id", r->id);
	json_string(j, "table", table);
	json_string(j, "section", r->section);
	json_string(j, "direction", direction_text(r->direction));
	json_string(j, "field", r->field);
	json_string(j, "element", r->element);
	json_string(j, "codec", r->codec);
	json_string(j, "multiplicity", r->multiplicity);
	json_string(j, "bound", r->bound);
	json_string(j, "on_failure", r->on_failure);
	json_end_object(j);
}

static const char *dash(const char *s) { return s == NULL || *s == '\0' ? "-" : s; }

static int print_table(struct tool *t, struct json *j, const struct rule_table *table, int argc, char **argv)
{
	int shown = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct rule *r = (const struct rule *)((const char *)table->first + i * table->stride);
		if (!wanted(r, argc, argv))
			continue;
		shown++;
		if (t->json)
			print_json(j, table->name, r);
		else
			stream_printf(t->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r->id, table->name, dash(r->section),
			              direction_text(r->direction), dash(r->field), dash(r->element), dash(r->codec), dash(r->multiplicity),
			              dash(r->bound), dash(r->on_failure));
	}
	return shown;
}

int tool_rules(struct tool *t, int argc, char **argv)
{
	int n = tool_options(t, NULL, 0, argc, argv), shown = 0;
	struct json j = JSON_INIT(t->out);

	if (n < 0)
		return TOOL_USAGE;
	if (t->json)
		json_array(&j, NULL);
	else
		stream_puts(t->out, "id\ttable\tsection\tdirection\tfield\telement\tcodec\tmultiplicity\tbound\ton failure\n");
	for (size_t i = 0; i < addr_rules_count; i++)
		shown += print_table(t, &j, &addr_rules[i], n, argv);
	for (size_t i = 0; i < mixer_rules_count; i++)
		shown += print_table(t, &j, mixer_rules[i], n, argv);
	if (t->json)
		json_end_array(&j);
	return shown > 0 ? TOOL_OK : TOOL_NO;
}
