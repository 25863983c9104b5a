/*
 * mixer/body_types.c - see body_types.h.  Rows marked RULE_TO_822 are only read: older arcs and vendors' references, of which
 * those with B-259 are written too when bodies.vendor_types says so.
 */
#include "mixer/body_types.h"

#include "base/macros.h"
#include "base/str.h"

/* Where an object identifier stands. */
enum place { REFERENCE, PART };
struct type_row {
	struct rule rule;
	const char *type, *subtype;
	enum place place;
	const char *oid;
};

#define REFERENCE_ROW(id, section, direction, type, subtype, oid)                                                      \
	{{id, section, direction, type "/" subtype, "file-transfer, application-reference " oid, "-", "-", "-", "-"}, type, subtype, REFERENCE, oid}
#define PART_ROW(id, section, direction, type, subtype, oid)                                                           \
	{{id, section, direction, type "/" subtype, "extended " oid, "-", "-", "-", "-"}, type, subtype, PART, oid}

static const struct type_row rows[] = {
	REFERENCE_ROW("B-203", "2157 6.4", RULE_BOTH, "application", "octet-stream", BODY_EMA_UNKNOWN),
	REFERENCE_ROW("B-204", "2157 6.4", RULE_TO_822, "application", "octet-stream", "1.2.840.1.113694.2.2.1.1"),
	REFERENCE_ROW("B-204", "2157 6.4", RULE_TO_822, "application", "octet-stream", "1.2.840.113556.3.10.2"),
	REFERENCE_ROW("B-252", "2160", RULE_TO_X400, "application", "postscript", "1.3.6.1.7.1.2.1.6"),
	REFERENCE_ROW("B-253", "2160", RULE_TO_822, "application", "postscript", "1.3.6.1.7.1.2.1.6"),
	REFERENCE_ROW("B-254", "2158", RULE_TO_X400, "image", "jpeg", "2.16.840.1.113694.2.2.1.6"),
	REFERENCE_ROW("B-255", "2158", RULE_TO_822, "image", "jpeg", "2.16.840.1.113694.2.2.1.6"),
	REFERENCE_ROW("B-256", "2158", RULE_TO_X400, "image", "gif", "2.16.840.1.113694.2.2.1.4"),
	REFERENCE_ROW("B-257", "2158", RULE_TO_822, "image", "gif", "2.16.840.1.113694.2.2.1.4"),
	PART_ROW("B-252", "2160", RULE_TO_X400, "application", "postscript", "1.3.6.1.7.1.2.1.2"),
	PART_ROW("B-253", "2160", RULE_TO_822, "application", "postscript", "1.3.6.1.7.1.2.1.2"),
	PART_ROW("B-254", "2158", RULE_TO_X400, "image", "jpeg", "1.3.6.1.7.1.2.1.3"),
	PART_ROW("B-255", "2158", RULE_TO_822, "image", "jpeg", "1.3.6.1.7.1.2.1.3"),
	PART_ROW("B-256", "2158", RULE_TO_X400, "image", "gif", "1.3.6.1.7.1.2.1.4"),
	PART_ROW("B-257", "2158", RULE_TO_822, "image", "gif", "1.3.6.1.7.1.2.1.4"),
#define VENDOR(subtype, oid)                                                                                           \
	REFERENCE_ROW("B-259", "-", RULE_TO_X400, "application", subtype, oid), REFERENCE_ROW("B-260", "-", RULE_TO_822, "application", subtype, oid)
	VENDOR("msword", "1.2.840.113556.4.2"),
	VENDOR("vnd.ms-excel", "1.2.840.113556.4.3"),
	VENDOR("vnd.ms-project", "1.2.840.113556.4.4"),
	VENDOR("vnd.ms-powerpoint", "1.2.840.113556.4.5"),
	VENDOR("vnd.ms-works", "1.2.840.113556.4.6"),
	VENDOR("ms-tnef", "1.2.840.113556.3.10.1"),
};
const struct rule_table body_type_rules = {"application references", &rows[0].rule, sizeof(rows[0]), ARRAY_LEN(rows)};

static const char *oid_of(const char *type, const char *subtype, enum place place, bool vendor)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rule.direction != RULE_TO_822 && rows[i].place == place && str_eq(rows[i].rule.id, "B-259") == vendor &&
		    str_eq(rows[i].type, type) && str_eq(rows[i].subtype, subtype) && rule_active(&rows[i].rule))
			return rows[i].oid;
	return NULL;
}

static const char *type_of(const struct mx_oid *oid, enum place place)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rule.direction != RULE_TO_X400 && rows[i].place == place && mx_oid_is(oid, rows[i].oid) && rule_active(&rows[i].rule))
			return rows[i].rule.field;
	return NULL;
}

const char *body_reference_of(const char *type, const char *subtype) { return oid_of(type, subtype, REFERENCE, false); }

const char *body_vendor_reference_of(const char *type, const char *subtype) { return oid_of(type, subtype, REFERENCE, true); }

const char *body_part_of(const char *type, const char *subtype) { return oid_of(type, subtype, PART, false); }

const char *body_type_of(const struct mx_oid *reference) { return type_of(reference, REFERENCE); }

const char *body_type_of_part(const struct mx_oid *type) { return type_of(type, PART); }
