/*
 * mixer/status.c - enhanced status codes (RFC 3463) <-> reason and diagnostic of X.411 (RFC 2156 5.1.8.4, 5.3.8.2).
 *
 * Called by report.c and own_dsn.c.  The tables are the rows R-301 to R-372 (a Status seen in a DSN) and
 * (what a report says), in the RFC's order, with the codes that came after 1998 behind.  They lose information by nature;
 * the x400 Diagnostic-Code beside them makes the round trip exact.  Nothing here fails: the last resort is
 * 1/None one way and 5.0.0 the other.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "mixer/parts.h"

#define NONE MX_ABSENT

struct code_row {
	struct rule rule;
	int subject, low, high;  /* X.subject.low .. X.subject.high */
	int reason, diagnostic;
	int strict_reason, strict_diagnostic; /* RFC 2156 to the letter: fallback X.n.0 for what it does not list */
	bool success;            /* a success code: these values serve only if it comes with Action failed */
};
struct diagnostic_row {
	struct rule rule;
	int reason, diagnostic;
	const char *name;   /* X.411 identifier */
	const char *status;
	const char *text;   /* for people */
};

#define CODE(id, codes, subject, low, high, reason, diagnostic, sreason, sdiagnostic, success)                         \
	{{id, "2156 5.1.8.4", RULE_TO_X400, "Status " codes, "non-delivery-reason-code, non-delivery-diagnostic-code", "-", \
	  "single", "-", "R-129"}, subject, low, high, reason, diagnostic, sreason, sdiagnostic, success}
#define REASON(id, section, reason, name, status, text)                                                                \
	{{id, section, RULE_TO_822, "Status", "non-delivery-reason-code " name, "-", "single", "-", "-"},                    \
	 reason, NONE, name, status, text}
#define DIAGNOSTIC(id, section, reason, diagnostic, name, status, text)                                                \
	{{id, section, RULE_TO_822, "Status", "non-delivery-diagnostic-code " name, "-", "single", "-", "R-489"},            \
	 reason, diagnostic, name, status, text}

static const struct code_row code_rows[] = {
	CODE("R-301", "X.0.0 (other undefined status)", 0, 0, 0, 1, NONE, 1, NONE, false),
	CODE("R-302", "X.1.0 (other address status)", 1, 0, 0, 1, NONE, 1, NONE, false),
	CODE("R-303", "X.1.1 (bad mailbox address)", 1, 1, 1, 1, 0, 1, 0, false),
	CODE("R-304", "X.1.2 (bad system address)", 1, 2, 2, 1, 0, 1, 0, false),
	CODE("R-305", "X.1.3 (bad address syntax)", 1, 3, 3, 1, 0, 1, 0, false),
	CODE("R-306", "X.1.4 (address ambiguous)", 1, 4, 4, 1, 1, 1, 1, false),
	CODE("R-307", "X.1.5 (destination address valid)", 1, 5, 5, 1, NONE, 1, NONE, true),
	CODE("R-308", "X.1.6 (mailbox moved)", 1, 6, 6, 1, 43, 1, 43, false),
	CODE("R-309", "X.1.7 (bad sender mailbox syntax)", 1, 7, 7, 1, 11, 1, 11, false),
	CODE("R-310", "X.1.8 (bad sender system)", 1, 8, 8, 1, 11, 1, 11, false),
	CODE("R-311", "X.2.0 (other mailbox status)", 2, 0, 0, 1, NONE, 1, NONE, false),
	CODE("R-312", "X.2.1 (mailbox disabled)", 2, 1, 1, 1, 4, 1, 4, false),
	CODE("R-313", "X.2.2 (mailbox full)", 2, 2, 2, 1, 4, 1, 4, false),
	CODE("R-314", "X.2.3 (message exceeds mailbox limit)", 2, 3, 3, 1, 7, 1, 7, false),
	CODE("R-315", "X.2.4 (list expansion problem)", 2, 4, 4, 1, 30, 1, 30, false),
	CODE("R-316", "X.3.0 (other system status)", 3, 0, 0, 0, NONE, 0, NONE, false),
	CODE("R-317", "X.3.1 (system full)", 3, 1, 1, 1, 2, 1, 2, false),
	CODE("R-318", "X.3.2 (system not accepting messages)", 3, 2, 2, 1, 2, 1, 2, false),
	CODE("R-319", "X.3.3 (system lacks feature)", 3, 3, 3, 1, 18, 1, 18, false),
	CODE("R-320", "X.3.4 (message too big for system)", 3, 4, 4, 1, 7, 1, 7, false),
	CODE("R-321", "X.3.5 (system misconfigured)", 3, 5, 5, 1, NONE, 1, NONE, false),
	CODE("R-322", "X.4.0 (other network/routing)", 4, 0, 0, 0, NONE, 0, NONE, false),
	CODE("R-323", "X.4.1 (no answer from host)", 4, 1, 1, 0, NONE, 0, NONE, false),
	CODE("R-324", "X.4.2 (bad connection)", 4, 2, 2, 0, NONE, 0, NONE, false),
	CODE("R-325", "X.4.3 (directory/routing server failure)", 4, 3, 3, 6, NONE, 6, NONE, false),
	CODE("R-326", "X.4.4 (unable to route)", 4, 4, 4, 0, NONE, 0, NONE, false),
	CODE("R-327", "X.4.5 (congestion)", 4, 5, 5, 1, 2, 1, 2, false),
	CODE("R-328", "X.4.6 (routing loop)", 4, 6, 6, 1, 3, 1, 3, false),
	CODE("R-329", "X.4.7 (delivery time expired)", 4, 7, 7, 1, 5, 1, 5, false),
	CODE("R-330", "X.5.0 (other protocol status)", 5, 0, 0, 1, NONE, 1, NONE, false),
	CODE("R-331", "X.5.1 (invalid command)", 5, 1, 1, 1, 14, 1, 14, false),
	CODE("R-332", "X.5.2 (syntax error)", 5, 2, 2, 1, 14, 1, 14, false),
	CODE("R-333", "X.5.3 (too many recipients)", 5, 3, 3, 1, 16, 1, 16, false),
	CODE("R-334", "X.5.4 (invalid arguments)", 5, 4, 4, 1, 14, 1, 14, false),
	CODE("R-335", "X.5.5 (wrong protocol version)", 5, 5, 5, 1, 18, 1, 18, false),
	CODE("R-336", "X.6.0 (other media error)", 6, 0, 0, 2, NONE, 2, NONE, false),
	CODE("R-337", "X.6.1 (media not supported)", 6, 1, 1, 1, 6, 1, 6, false),
	CODE("R-338", "X.6.2 (conversion required and prohibited)", 6, 2, 2, 1, 9, 1, 9, false),
	CODE("R-339", "X.6.3 (conversion required, not supported)", 6, 3, 3, 2, 8, 2, 8, false),
	CODE("R-340", "X.6.4 (conversion with loss performed)", 6, 4, 4, 2, 19, 2, 19, true),
	CODE("R-341", "X.6.5 (conversion failed)", 6, 5, 5, 2, 47, 2, 47, false),
	CODE("R-342", "X.7.0 (other security status)", 7, 0, 0, 1, 46, 1, 46, false),
	CODE("R-343", "X.7.1 (delivery not authorized)", 7, 1, 1, 5, NONE, 1, 29, false),
	CODE("R-344", "X.7.2 (list expansion prohibited)", 7, 2, 2, 1, 28, 1, 28, false),
	CODE("R-345", "X.7.3 (security conversion not possible)", 7, 3, 3, 1, 46, 1, 46, false),
	CODE("R-346", "X.7.4 (security features not supported)", 7, 4, 4, 1, 46, 1, 46, false),
	CODE("R-347", "X.7.5 (cryptographic failure)", 7, 5, 5, 1, 46, 1, 46, false),
	CODE("R-348", "X.7.6 (algorithm not supported)", 7, 6, 6, 1, 46, 1, 46, false),
	CODE("R-349", "X.7.7 (integrity failure)", 7, 7, 7, 1, 46, 1, 46, false),
	CODE("R-351", "X.1.9 (relayed to non-tracking mailer (RFC 3886))", 1, 9, 9, 1, NONE, 1, NONE, true),
	CODE("R-352", "X.1.10 (recipient null MX (RFC 7505))", 1, 10, 10, 1, 0, 1, NONE, false),
	CODE("R-353", "X.3.6 (priority changed (RFC 6710))", 3, 6, 6, 0, NONE, 0, NONE, true),
	CODE("R-354", "X.5.6 (AUTH line too long (RFC 4954))", 5, 6, 6, 1, 14, 1, NONE, false),
	CODE("R-355", "X.6.6 (BURL content not available (RFC 4468))", 6, 6, 6, 1, NONE, 2, NONE, false),
	CODE("R-356", "X.6.7 (non-ASCII address not permitted (RFC 6531))", 6, 7, 7, 1, 11, 2, NONE, false),
	CODE("R-357", "X.6.8 (UTF-8 reply required (RFC 6531))", 6, 8, 8, 1, 14, 2, NONE, false),
	CODE("R-358", "X.6.9 (UTF-8 header cannot be transferred (RFC 6531))", 6, 9, 9, 2, 8, 2, NONE, false),
	CODE("R-359", "X.6.10 (duplicate of 6.8 (RFC 6531))", 6, 10, 10, 1, 14, 2, NONE, false),
	CODE("R-360", "X.7.8 - 14 (authentication/encryption at submission (RFC 4954, RFC 5248))", 7, 8, 14, 1, NONE, 1, 46, false),
	CODE("R-361", "X.7.15 (priority too low (RFC 6710))", 7, 15, 15, 1, NONE, 1, 46, false),
	CODE("R-362", "X.7.16 (too big for priority (RFC 6710; RFC 4865 reused the number for quota))", 7, 16, 16, 1, 7, 1, 46, false),
	CODE("R-363", "X.7.17 (mailbox owner changed (RFC 7293; RFC 4865 reused the number))", 7, 17, 17, 1, 43, 1, 46, false),
	CODE("R-364", "X.7.18 (domain owner changed (RFC 7293))", 7, 18, 18, 1, 43, 1, 46, false),
	CODE("R-365", "X.7.19 (RRVS test impossible (RFC 7293))", 7, 19, 19, 1, NONE, 1, 46, false),
	CODE("R-366", "X.7.20 - 22 (DKIM failures (RFC 7372))", 7, 20, 22, 5, NONE, 1, 46, false),
	CODE("R-367", "X.7.23 - 24 (SPF failures (RFC 7372))", 7, 23, 24, 5, NONE, 1, 46, false),
	CODE("R-368", "X.7.25 (reverse DNS failure (RFC 7372))", 7, 25, 25, 5, NONE, 1, 46, false),
	CODE("R-369", "X.7.26 (several authentication failures (RFC 7372))", 7, 26, 26, 5, NONE, 1, 46, false),
	CODE("R-370", "X.7.27 (sender null MX (RFC 7505))", 7, 27, 27, 1, 11, 1, 46, false),
	CODE("R-371", "X.7.29 (ARC failure (RFC 8617))", 7, 29, 29, 5, NONE, 1, 46, false),
	CODE("R-372", "X.7.30 (REQUIRETLS not supported (RFC 8689))", 7, 30, 30, 1, 18, 1, 46, false),
};

static const struct diagnostic_row reason_rows[] = {
	REASON("R-401", "2156 5.3.8.2", 0, "transfer-failure", "4.4.0", "Transfer failure"),
	REASON("R-402", "2156 5.3.8.2", 1, "unable-to-transfer", "5.0.0", "Unable to transfer"),
	REASON("R-403", "2156 5.3.8.2", 2, "conversion-not-performed", "5.6.3", "Conversion not performed"),
	REASON("R-404", "2156 5.3.8.2", 3, "physical-rendition-not-performed", "5.6.0", "Physical rendition not performed"),
	REASON("R-405", "2156 5.3.8.2", 4, "physical-delivery-not-performed", "5.1.0", "Physical delivery not performed"),
	REASON("R-406", "2156 5.3.8.2", 5, "restricted-delivery", "5.7.1", "Restricted delivery"),
	REASON("R-407", "2156 5.3.8.2", 6, "directory-operation-unsuccessful", "5.4.3", "Directory operation unsuccessful"),
	REASON("R-408", "2156 5.3.8.2", 7, "deferred-delivery-not-performed", "5.3.3", "Deferred delivery not performed"),
	REASON("R-409", "2156 5.3.8.2", 8, "transfer-failure-for-security-reason", "5.7.0", "Transfer failure for security reason"),
};

static const struct diagnostic_row diagnostic_rows[] = {
	DIAGNOSTIC("R-410", "2156 5.3.8.2", 1, 0, "unrecognised-OR-name", "5.1.1", "address not recognised"),
	DIAGNOSTIC("R-411", "2156 5.3.8.2", 1, 1, "ambiguous-OR-name", "5.1.4", "address ambiguous"),
	DIAGNOSTIC("R-412", "2156 5.3.8.2", 1, 2, "mts-congestion", "4.3.1", "the message transfer system is congested"),
	DIAGNOSTIC("R-413", "2156 5.3.8.2", 1, 3, "loop-detected", "5.4.6", "message loop detected"),
	DIAGNOSTIC("R-414", "2156 5.3.8.2", 1, 4, "recipient-unavailable", "4.2.1", "recipient unavailable"),
	DIAGNOSTIC("R-415", "2156 5.3.8.2", 1, 5, "maximum-time-expired", "4.4.7", "maximum time for delivery expired"),
	DIAGNOSTIC("R-416", "2156 5.3.8.2", 1, 6, "encoded-information-types-unsupported", "5.6.1", "information types not supported by the recipient"),
	DIAGNOSTIC("R-417", "2156 5.3.8.2", 1, 7, "content-too-long", "5.2.3", "content too long"),
	DIAGNOSTIC("R-418", "2156 5.3.8.2", 2, 8, "conversion-impractical", "5.6.3", "conversion impractical"),
	DIAGNOSTIC("R-419", "2156 5.3.8.2", 2, 9, "implicit-conversion-prohibited", "5.6.3", "conversion prohibited"),
	DIAGNOSTIC("R-420", "2156 5.3.8.2", 1, 10, "implicit-conversion-not-subscribed", "5.6.3", "conversion not subscribed to"),
	DIAGNOSTIC("R-421", "2156 5.3.8.2", 1, 11, "invalid-arguments", "5.5.2", "invalid arguments"),
	DIAGNOSTIC("R-422", "2156 5.3.8.2", 1, 12, "content-syntax-error", "5.5.2", "content syntax error"),
	DIAGNOSTIC("R-423", "2156 5.3.8.2", 1, 13, "size-constraint-violation", "5.5.2", "size constraint violation"),
	DIAGNOSTIC("R-424", "2156 5.3.8.2", 1, 14, "protocol-violation", "5.5.0", "protocol violation"),
	DIAGNOSTIC("R-425", "2156 5.3.8.2", 1, 15, "content-type-not-supported", "5.6.1", "content type not supported"),
	DIAGNOSTIC("R-426", "2156 5.3.8.2", 1, 16, "too-many-recipients", "5.5.3", "too many recipients"),
	DIAGNOSTIC("R-427", "2156 5.3.8.2", 1, 17, "no-bilateral-agreement", "5.4.4", "no bilateral agreement"),
	DIAGNOSTIC("R-428", "2156 5.3.8.2", 1, 18, "unsupported-critical-function", "5.3.3", "unsupported critical function"),
	DIAGNOSTIC("R-429", "2156 5.3.8.2", 2, 19, "conversion-with-loss-prohibited", "5.6.2", "conversion with loss prohibited"),
	DIAGNOSTIC("R-430", "2156 5.3.8.2", 2, 20, "line-too-long", "5.6.0", "line too long"),
	DIAGNOSTIC("R-431", "2156 5.3.8.2", 2, 21, "page-split", "5.6.0", "page would be split"),
	DIAGNOSTIC("R-432", "2156 5.3.8.2", 2, 22, "pictorial-symbol-loss", "5.6.2", "pictorial symbols would be lost"),
	DIAGNOSTIC("R-433", "2156 5.3.8.2", 2, 23, "punctuation-symbol-loss", "5.6.2", "punctuation symbols would be lost"),
	DIAGNOSTIC("R-434", "2156 5.3.8.2", 2, 24, "alphabetic-character-loss", "5.6.2", "alphabetic characters would be lost"),
	DIAGNOSTIC("R-435", "2156 5.3.8.2", 2, 25, "multiple-information-loss", "5.6.2", "information of several kinds would be lost"),
	DIAGNOSTIC("R-436", "2156 5.3.8.2", 1, 26, "recipient-reassignment-prohibited", "5.4.0", "recipient reassignment prohibited"),
	DIAGNOSTIC("R-437", "2156 5.3.8.2", 1, 27, "redirection-loop-detected", "5.4.6", "redirection loop detected"),
	DIAGNOSTIC("R-438", "2156 5.3.8.2", 1, 28, "dl-expansion-prohibited", "5.7.2", "distribution list expansion prohibited"),
	DIAGNOSTIC("R-439", "2156 5.3.8.2", 1, 29, "no-dl-submit-permission", "5.7.1", "no permission to submit to the distribution list"),
	DIAGNOSTIC("R-440", "2156 5.3.8.2", 1, 30, "dl-expansion-failure", "4.2.4", "distribution list expansion failed"),
	DIAGNOSTIC("R-441", "2156 5.3.8.2", 4, 31, "physical-rendition-attributes-not-supported", "5.6.0", "physical rendition attributes not supported"),
	DIAGNOSTIC("R-442", "2156 5.3.8.2", 4, 32, "undeliverable-mail-physical-delivery-address-incorrect", "5.1.0", "physical delivery address incorrect"),
	DIAGNOSTIC("R-443", "2156 5.3.8.2", 4, 33, "undeliverable-mail-physical-delivery-office-incorrect-or-invalid", "5.1.0", "physical delivery office incorrect or invalid"),
	DIAGNOSTIC("R-444", "2156 5.3.8.2", 4, 34, "undeliverable-mail-physical-delivery-address-incomplete", "5.1.0", "physical delivery address incomplete"),
	DIAGNOSTIC("R-445", "2156 5.3.8.2", 4, 35, "undeliverable-mail-recipient-unknown", "5.1.0", "recipient unknown at the physical delivery address"),
	DIAGNOSTIC("R-446", "2156 5.3.8.2", 4, 36, "undeliverable-mail-recipient-deceased", "5.1.0", "recipient deceased"),
	DIAGNOSTIC("R-447", "2156 5.3.8.2", 4, 37, "undeliverable-mail-organization-expired", "5.1.0", "organization no longer exists"),
	DIAGNOSTIC("R-448", "2156 5.3.8.2", 4, 38, "undeliverable-mail-recipient-refused-to-accept", "5.1.0", "recipient refused to accept"),
	DIAGNOSTIC("R-449", "2156 5.3.8.2", 4, 39, "undeliverable-mail-recipient-did-not-claim", "5.1.0", "recipient did not claim the item"),
	DIAGNOSTIC("R-450", "2156 5.3.8.2", 4, 40, "undeliverable-mail-recipient-changed-address-permanently", "5.1.0", "recipient changed address permanently"),
	DIAGNOSTIC("R-451", "2156 5.3.8.2", 4, 41, "undeliverable-mail-recipient-changed-address-temporarily", "5.1.0", "recipient changed address temporarily"),
	DIAGNOSTIC("R-452", "2156 5.3.8.2", 4, 42, "undeliverable-mail-recipient-changed-temporary-address", "5.1.0", "recipient changed temporary address"),
	DIAGNOSTIC("R-453", "2156 5.3.8.2", 1, 43, "undeliverable-mail-new-address-unknown", "5.1.6", "recipient moved, new address unknown"),
	DIAGNOSTIC("R-454", "2156 5.3.8.2", 4, 44, "undeliverable-mail-recipient-did-not-want-forwarding", "5.1.0", "recipient did not want forwarding"),
	DIAGNOSTIC("R-455", "2156 5.3.8.2", 4, 45, "undeliverable-mail-originator-prohibited-forwarding", "5.1.0", "originator prohibited forwarding"),
	DIAGNOSTIC("R-456", "2156 5.3.8.2", 1, 46, "secure-messaging-error", "5.7.0", "secure messaging error"),
	DIAGNOSTIC("R-457", "2156 5.3.8.2", 2, 47, "unable-to-downgrade", "5.3.3", "unable to downgrade"),
	DIAGNOSTIC("R-458", "2156 5.3.8.2", 0, 48, "unable-to-complete-transfer", "5.3.4", "unable to complete transfer"),
	DIAGNOSTIC("R-459", "2156 5.3.8.2", 0, 49, "transfer-attempts-limit-reached", "4.4.7", "limit of transfer attempts reached"),
	DIAGNOSTIC("R-460", "X.411:1999", 1, 50, "incorrect-notification-type", "5.5.4", "incorrect notification type"),
	DIAGNOSTIC("R-461", "X.411:1999", 8, 51, "dl-expansion-prohibited-by-security-policy", "5.7.2", "distribution list expansion prohibited by security policy"),
	DIAGNOSTIC("R-462", "X.411:1999", 8, 52, "forbidden-alternate-recipient", "5.7.1", "forbidden alternate recipient"),
	DIAGNOSTIC("R-463", "X.411:1999", 8, 53, "security-policy-violation", "5.7.0", "security policy violation"),
	DIAGNOSTIC("R-464", "X.411:1999", 8, 54, "security-services-refusal", "5.7.4", "security services refusal"),
	DIAGNOSTIC("R-465", "X.411:1999", 8, 55, "unauthorised-dl-member", "5.7.1", "unauthorised distribution list member"),
	DIAGNOSTIC("R-466", "X.411:1999", 8, 56, "unauthorised-dl-name", "5.7.2", "unauthorised distribution list name"),
	DIAGNOSTIC("R-467", "X.411:1999", 8, 57, "unauthorised-originally-intended-recipient-name", "5.7.1", "unauthorised originally intended recipient name"),
	DIAGNOSTIC("R-468", "X.411:1999", 8, 58, "unauthorised-originator-name", "5.7.1", "unauthorised originator name"),
	DIAGNOSTIC("R-469", "X.411:1999", 8, 59, "unauthorised-recipient-name", "5.7.1", "unauthorised recipient name"),
	DIAGNOSTIC("R-470", "X.411:1999", 8, 60, "unreliable-system", "5.7.0", "unreliable system"),
	DIAGNOSTIC("R-471", "X.411:1999", 8, 61, "authentication-failure-on-subject-message", "5.7.0", "authentication failure on subject message"),
	DIAGNOSTIC("R-472", "X.411:1999", 8, 62, "decryption-failed", "5.7.5", "decryption failed"),
	DIAGNOSTIC("R-473", "X.411:1999", 8, 63, "decryption-key-unobtainable", "5.7.5", "decryption key unobtainable"),
	DIAGNOSTIC("R-474", "X.411:1999", 8, 64, "double-envelope-creation-failure", "5.7.3", "double envelope creation failure"),
	DIAGNOSTIC("R-475", "X.411:1999", 8, 65, "double-enveloping-message-restoring-failure", "5.7.5", "double enveloping message restoring failure"),
	DIAGNOSTIC("R-476", "X.411:1999", 8, 66, "failure-of-proof-of-message", "5.7.0", "failure of proof of message"),
	DIAGNOSTIC("R-477", "X.411:1999", 8, 67, "integrity-failure-on-subject-message", "5.7.7", "integrity failure on subject message"),
	DIAGNOSTIC("R-478", "X.411:1999", 8, 68, "invalid-security-label", "5.7.0", "invalid security label"),
	DIAGNOSTIC("R-479", "X.411:1999", 8, 69, "key-failure", "5.7.5", "key failure"),
	DIAGNOSTIC("R-480", "X.411:1999", 8, 70, "mandatory-parameter-absence", "5.5.4", "mandatory parameter absence"),
	DIAGNOSTIC("R-481", "X.411:1999", 8, 71, "operation-security-failure", "5.7.0", "operation security failure"),
	DIAGNOSTIC("R-482", "X.411:1999", 8, 72, "repudiation-failure-of-message", "5.7.0", "repudiation failure of message"),
	DIAGNOSTIC("R-483", "X.411:1999", 8, 73, "security-context-failure", "5.7.0", "security context failure"),
	DIAGNOSTIC("R-484", "X.411:1999", 8, 74, "token-decryption-failed", "5.7.5", "token decryption failed"),
	DIAGNOSTIC("R-485", "X.411:1999", 8, 75, "token-error", "5.7.5", "token error"),
	DIAGNOSTIC("R-486", "X.411:1999", 8, 76, "unknown-security-label", "5.7.0", "unknown security label"),
	DIAGNOSTIC("R-487", "X.411:1999", 8, 77, "unsupported-algorithm-identifier", "5.7.6", "unsupported algorithm identifier"),
	DIAGNOSTIC("R-488", "X.411:1999", 8, 78, "unsupported-security-policy", "5.7.4", "unsupported security policy"),
};

const struct rule_table status_code_rules = {"status to reason and diagnostic", &code_rows[0].rule, sizeof(code_rows[0]), ARRAY_LEN(code_rows)};
const struct rule_table status_reason_rules = {"reason to status", &reason_rows[0].rule, sizeof(reason_rows[0]), ARRAY_LEN(reason_rows)};
const struct rule_table status_diagnostic_rules = {"diagnostic to status", &diagnostic_rows[0].rule, sizeof(diagnostic_rows[0]),
                                                   ARRAY_LEN(diagnostic_rows)};

/* One number of a status code, at most three digits (RFC 3463 2). */
static const char *read_number(const char *p, int *out)
{
	int digits = 0;

	for (*out = 0; str_is_digit(*p) && digits < 4; p++, digits++)
		*out = *out * 10 + (*p - '0');
	return digits > 0 && digits < 4 ? p : NULL;
}

/* "5.1.1" or "5.1.1 (comment)" to subject and detail; the class is not looked at. */
static bool read_status(const char *status, int *subject, int *detail)
{
	const char *p = status;

	while (*p == ' ' || *p == '\t')
		p++;
	if (*p < '2' || *p > '5' || p[1] != '.' || (p = read_number(p + 2, subject)) == NULL || *p != '.')
		return false;
	p = read_number(p + 1, detail);
	return p != NULL && (*p == '\0' || *p == ' ' || *p == '\t' || *p == '(');
}

static const struct code_row *find_code(int subject, int detail)
{
	for (size_t i = 0; i < ARRAY_LEN(code_rows); i++) {
		const struct code_row *r = &code_rows[i];

		if (r->subject == subject && r->low <= detail && detail <= r->high && rule_active(&r->rule))
			return r;
	}
	return NULL;
}

void status_to_x400(const char *status, bool strict, int *reason, int *diagnostic, const char **row)
{
	const struct code_row *r = NULL;
	int subject, detail;

	if (status != NULL && read_status(status, &subject, &detail) && (r = find_code(subject, detail)) == NULL)
		r = find_code(subject, 0); /* */
	if (r == NULL)
		r = &code_rows[0];
	*reason = strict ? r->strict_reason : r->reason;
	*diagnostic = strict ? r->strict_diagnostic : r->diagnostic;
	if (row != NULL)
		*row = r->rule.id;
}

static const struct diagnostic_row *find_diagnostic(int diagnostic)
{
	for (size_t i = 0; i < ARRAY_LEN(diagnostic_rows); i++)
		if (diagnostic_rows[i].diagnostic == diagnostic && rule_active(&diagnostic_rows[i].rule))
			return &diagnostic_rows[i];
	return NULL;
}

static const struct diagnostic_row *find_reason(int reason)
{
	for (size_t i = 0; i < ARRAY_LEN(reason_rows); i++)
		if (reason_rows[i].reason == reason && rule_active(&reason_rows[i].rule))
			return &reason_rows[i];
	return NULL;
}

/* the exact pair, the range 4/32-45, the diagnostic with any reason, the reason with any diagnostic. */
const char *status_to_822(int reason, int diagnostic, const char **row)
{
	const struct diagnostic_row *r = diagnostic == NONE ? NULL : find_diagnostic(diagnostic);

	if (r != NULL && r->reason != reason && reason == 4 && diagnostic >= 32 && diagnostic <= 45)
		r = find_reason(4); /* 4/43 is one of the various physical things, not 1/43 */
	if (r == NULL)
		r = find_reason(reason);
	if (row != NULL)
		*row = r != NULL ? r->rule.id : "R-402";
	return r != NULL ? r->status : "5.0.0";
}

const char *reason_text(int reason)
{
	for (size_t i = 0; i < ARRAY_LEN(reason_rows); i++)
		if (reason_rows[i].reason == reason)
			return reason_rows[i].name;
	return "unknown";
}

const char *diagnostic_text(int diagnostic)
{
	for (size_t i = 0; i < ARRAY_LEN(diagnostic_rows); i++)
		if (diagnostic_rows[i].diagnostic == diagnostic)
			return diagnostic_rows[i].name;
	return "unknown";
}

char *status_explain(struct arena *a, int reason, int diagnostic)
{
	const struct diagnostic_row *r = find_reason(reason), *d = find_diagnostic(diagnostic);
	char *head = r != NULL ? arena_strdup(a, r->text) : arena_printf(a, "Not delivered (reason %d)", reason);

	if (diagnostic == NONE)
		return head;
	return d != NULL ? arena_printf(a, "%s: %s", head, d->text) : arena_printf(a, "%s: diagnostic %d", head, diagnostic);
}
