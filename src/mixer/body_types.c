/*
 * mixer/body_types.c - see body_types.h.  Rows marked RULE_TO_822 are only read: older arcs and vendors' references.
 */
#include "mixer/body_types.h"

#include "base/macros.h"
#include "base/str.h"

struct type_row {
	struct rule rule;
	const char *type, *subtype;
	const char *reference;
};

#define ROW(id, section, direction, type, subtype, reference)                                                          \
	{{id, section, direction, type "/" subtype, "file-transfer, application-reference " reference, "-", "-", "-", "-"},  \
	 type, subtype, reference}

static const struct type_row rows[] = {
	ROW("B-203", "2157 6.4", RULE_BOTH, "application", "octet-stream", BODY_EMA_UNKNOWN),
	ROW("B-204", "2157 6.4", RULE_TO_822, "application", "octet-stream", "1.2.840.1.113694.2.2.1.1"),
	ROW("B-252", "2160", RULE_BOTH, "application", "postscript", "1.3.6.1.7.1.2.1.6"),
	ROW("B-254", "2158", RULE_BOTH, "image", "jpeg", "2.16.840.1.113694.2.2.1.6"),
	ROW("B-256", "2158", RULE_BOTH, "image", "gif", "2.16.840.1.113694.2.2.1.4"),
	ROW("B-260", "-", RULE_TO_822, "application", "msword", "1.2.840.113556.4.2"),
	ROW("B-260", "-", RULE_TO_822, "application", "vnd.ms-excel", "1.2.840.113556.4.3"),
	ROW("B-260", "-", RULE_TO_822, "application", "vnd.ms-powerpoint", "1.2.840.113556.4.5"),
	ROW("B-260", "-", RULE_TO_822, "application", "ms-tnef", "1.2.840.113556.3.10.1"),
};
const struct rule_table body_type_rules = {"application references", &rows[0].rule, sizeof(rows[0]), ARRAY_LEN(rows)};

const char *body_reference_of(const char *type, const char *subtype)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rule.direction == RULE_BOTH && str_eq(rows[i].type, type) && str_eq(rows[i].subtype, subtype) &&
		    rule_active(&rows[i].rule))
			return rows[i].reference;
	return NULL;
}

const char *body_type_of(const struct mx_oid *reference)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (mx_oid_is(reference, rows[i].reference) && rule_active(&rows[i].rule))
			return rows[i].rule.field;
	return NULL;
}
