/*
 * mixer/rules.c - all rule tables of mixer in the order of RFC 2156, for `mixgate rules` and the conformance statement.
 */
#include "mixer/body_types.h"
#include "mixer/parts.h"
#include "mixer/rows.h"

const struct rule_table *const mixer_rules[] = {
	&heading_field_rules,
	&heading_after_rules,
	&heading_list_rules,
	&address_to_x400_rules,
	&ids_to_x400_rules,
	&envelope_message_rules,
	&envelope_recipient_in_rules,
	&envelope_field_rules,
	&envelope_finish_rules,
	&trace_field_rules,
	&trace_to_x400_rules,
	&heading_to_822_rules,
	&heading_inner_rules,
	&address_to_822_rules,
	&ids_to_822_rules,
	&envelope_smtp_rules,
	&envelope_recipient_rules,
	&envelope_to_822_rules,
	&envelope_extension_rules,
	&envelope_other_rules,
	&trace_to_822_rules,
	&trace_text_rules,
	&translate_rules,
	&absent_rules,
	&body_to_x400_rules,
	&body_type_rules,
	&body_to_822_rules,
	&body_delivery_rules,
	&body_rules,
	&status_code_rules,
	&status_reason_rules,
	&status_diagnostic_rules,
	&report_to_x400_rules,
	&report_to_822_rules,
	&notification_to_x400_rules,
	&notification_to_822_rules,
};
const size_t mixer_rules_count = sizeof mixer_rules / sizeof mixer_rules[0];
