/*
 * mixer/body_rules.c - rules of RFC 2157 that stand inside the code of a body part and not in the tables of kinds: a row each,
 * for `mixgate rules`.
 *
 * The id stands at the place of the code that does it, as rule_id_active("B-..."), so that a build with --enable-row-switch
 * can take one out and a vector must then fail (t/lint/body_rows.t).  Rules that others carry out are in
 * base/rule_carried.def; codec "none" with a reason is a rule that asks nothing of this gateway.
 */
#include "base/macros.h"
#include "mixer/rows.h"

#define NOT_DONE(id, section, direction, field, why) {id, section, direction, field, "-", "none", "-", "-", "reason: " why}

/* clang-format off */
static const struct rule rows[] = {
	{"B-003", "advice", RULE_TO_X400, "no MIME-Version but 8-bit octets", "-", "-", "-", "-", "-"},
	{"B-004", "advice", RULE_TO_X400, "Content-Type present without MIME-Version", "-", "-", "-", "-", "-"},
	{"B-007", "2157 2.2", RULE_TO_822, "first body part RFC-822-Headers:", "-", "-", "-", "-", "-"},
	{"B-008", "2157 2.2", RULE_TO_822, "RFC-822-Headers: hostile content", "-", "-", "-", "-", "-"},
	{"B-013", "advice", RULE_TO_822, "zero body parts", "-", "-", "-", "-", "-"},
	{"B-015", "2156", RULE_TO_X400, "original-encoded-information-types", "-", "-", "-", "-", "-"},
	{"B-103", "2157 6.1", RULE_TO_822, "8-bit octets in IA5String", "-", "-", "-", "-", "-"},
	{"B-105", "advice", RULE_TO_X400, "text/plain charset missing or us-ascii-compatible", "-", "-", "-", "-", "-"},
	{"B-107", "advice", RULE_TO_X400, "long lines towards X.400", "-", "-", "-", "-", "-"},
	{"B-108", "2045", RULE_TO_822, "bare CR, bare LF in IA5String", "-", "-", "-", "-", "-"},
	{"B-109", "3676", RULE_TO_X400, "format=flowed", "-", "-", "-", "-", "-"},
	{"B-120", "2157 6.2", RULE_TO_X400, "text/plain; charset=iso-8859-N", "-", "-", "-", "-", "-"},
	{"B-121", "X.420", RULE_BOTH, "registration 1 (C0)", "-", "-", "-", "-", "-"},
	{"B-122", "2157 6.2", RULE_TO_X400, "designations", "-", "-", "-", "-", "-"},
	{"B-124", "2157 6.2", RULE_TO_822, "no table entry, no conversion", "-", "-", "-", "-", "-"},
	{"B-132", "advice", RULE_TO_X400, "charset=utf-8 and other Unicode forms", "-", "-", "-", "-", "-"},
	{"B-133", "advice", RULE_TO_X400, "GeneralText UTF-8 (196)", "-", "-", "-", "-", "-"},
	{"B-137", "advice", RULE_TO_X400, "gb2312, gbk, big5, euc-kr, euc-jp, shift_jis", "-", "-", "-", "-", "-"},
	{"B-139", "2157 6.2", RULE_BOTH, "conversion-prohibited", "-", "-", "-", "-", "-"},
	{"B-140", "2157 6.2", RULE_BOTH, "conversion-with-loss-prohibited", "-", "-", "-", "-", "-"},
	{"B-141", "1502", RULE_BOTH, "loss allowed", "-", "-", "-", "-", "-"},
	{"B-144", "advice", RULE_TO_822, "GeneralText wholly 7-bit", "-", "-", "-", "-", "-"},
	{"B-145", "2157 6.2", RULE_BOTH, "GeneralText EIT in envelope", "-", "-", "-", "-", "-"},
	{"B-146", "1555", RULE_TO_X400, "x-iso-nnn charset from another MIXER gateway", "-", "-", "-", "-", "-"},
	{"B-161", "2157 6.7", RULE_TO_822, "teletex to common charset", "-", "-", "-", "-", "-"},
	{"B-162", "2157 6.7", RULE_TO_X400, "text/plain; charset=teletex", "-", "-", "-", "-", "-"},
	{"B-163", "advice", RULE_TO_X400, "choose Teletex for 84 peers", "-", "-", "-", "-", "-"},
	{"B-165", "advice", RULE_TO_822, "T.61 string that is really Latin-1", "-", "-", "-", "-", "-"},
	NOT_DONE("B-181", "2157 4.2", RULE_TO_822, "wanted-MIME-conversion heading extension",
	         "no object identifier was ever assigned to wanted-MIME-conversions (RFC 2157 4.2), so no peer can send it"),
	{"B-207", "2157 3.3", RULE_TO_822, "FTBP not reducible", "-", "-", "-", "-", "-"},
	{"B-209", "2157 3.1.1", RULE_TO_822, "FTBP id-mime-ftbp-data", "-", "-", "-", "-", "-"},
	{"B-220", "2157 2.3.2", RULE_BOTH, "Content-ID", "-", "-", "-", "-", "-"},
	{"B-222", "2157 2.3.2", RULE_BOTH, "Content-Description", "-", "-", "-", "-", "-"},
	{"B-223", "2157 2.3.2", RULE_TO_X400, "Content-Disposition type", "-", "-", "-", "-", "-"},
	{"B-224", "2157 2.3.2", RULE_TO_822, "Content-Disposition type", "-", "-", "-", "-", "-"},
	{"B-225", "2157 2.3.2", RULE_TO_X400, "filename", "-", "-", "-", "-", "-"},
	{"B-226", "2157 2.3.2", RULE_TO_822, "pathname", "-", "-", "-", "-", "-"},
	{"B-227", "KB Q164852", RULE_TO_822, "name missing", "-", "-", "-", "-", "-"},
	{"B-228", "2157 2.3.1", RULE_TO_822, "GraphicString to header", "-", "-", "-", "-", "-"},
	{"B-231", "2157 2.3.2", RULE_BOTH, "creation-date, modification-date, read-date", "-", "-", "-", "-", "-"},
	{"B-232", "2157 2.3.2", RULE_BOTH, "size", "-", "-", "-", "-", "-"},
	{"B-233", "2157 2.3.2", RULE_TO_X400, "other header fields of the part", "-", "-", "-", "-", "-"},
	{"B-234", "2157 2.3.2", RULE_TO_822, "extensions rfc-822-field-list", "-", "-", "-", "-", "-"},
	{"B-238", "security", RULE_BOTH, "hostile file names", "-", "-", "-", "-", "-"},
	{"B-250", "2157 3.1.2", RULE_TO_X400, "any MIME leaf, BP15 encapsulation", "-", "-", "-", "-", "-"},
	{"B-264", "2157 3.1.3", RULE_TO_X400, "HARPOON", "-", "-", "-", "-", "-"},
	NOT_DONE("B-267", "1496 3.2", RULE_BOTH, "84 to 88 upgrade",
	         "a relay's duty; a gateway passes contents on unchanged, and from mail it makes 1988 parts itself"),
	{"B-268", "2157 3.1.4", RULE_TO_X400, "content passing in BP14", "-", "-", "-", "-", "-"},
	{"B-300", "2045", RULE_TO_822, "choose Content-Transfer-Encoding", "-", "-", "-", "-", "-"},
	{"B-321", "advice", RULE_BOTH, "number of body parts", "-", "-", "-", "-", "-"},
	{"B-322", "X.411", RULE_BOTH, "size", "-", "-", "-", "-", "-"},
	{"B-323", "advice", RULE_BOTH, "header lengths", "-", "-", "-", "-", "-"},
	{"B-330", "measured", RULE_TO_X400, "invalid octets for the declared charset", "-", "-", "-", "-", "-"},
	{"B-402", "2157 6.6", RULE_TO_X400, "outermost multipart/*", "-", "-", "-", "-", "-"},
	{"B-407", "2157 6.6", RULE_BOTH, "84 downgrade of the subtype", "-", "-", "-", "-", "-"},
	{"B-408", "2157 2.2", RULE_TO_822, "all parts are messages", "-", "-", "-", "-", "-"},
	{"B-410", "2157 2", RULE_TO_X400, "multipart/alternative", "-", "-", "-", "-", "-"},
	{"B-411", "advice", RULE_TO_X400, "multipart/related, report, form-data, appledouble, unknown", "-", "-", "-", "-", "-"},
	{"B-412", "2157 6.6", RULE_TO_822, "unknown subtype text", "-", "-", "-", "-", "-"},
};
/* clang-format on */
const struct rule_table body_rules = {"bodies", rows, sizeof(rows[0]), ARRAY_LEN(rows)};
