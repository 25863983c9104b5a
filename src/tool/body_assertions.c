/*
 * tool/body_assertions.c - what the entries of a body manifest that have no file to compare with must give, written from
 * their prose: see body_vectors.h.  To X.400 the lines are those of `mixgate dump`, to mail those of the description that
 * body_vectors.c prints on failure.
 */
#include "base/macros.h"
#include "tool/body_vectors.h"

#define GENERAL(sets, data) "+body[1].body-part: general-text\n+body[1].character-sets: " sets "\n+body[1].data: " data "\n"
#define ONE "-body[2].\n"
#define AS_FILE(type) "+body[1].body-part: file-transfer\n+body[1].application-reference: 1.3.6.1.7.1.2.1.5\n+Content-Type: " type "\n"
#define ENCLOSED_AT_20 "+message/rfc822\n+application/x400-bp bp-type=9\n-error:\n"

const struct body_assertion body_assertions[] = {
	/* past the limit the subtree is a part of its own; never a crash */
	{"deep20", "x2m", "+message/rfc822\n+[x]\n-x400-bp\n-error:\n"},
	{"deep50", "x2m", ENCLOSED_AT_20},
	{"deep1000", "x2m", ENCLOSED_AT_20},
	{"deep100", "x2m", ENCLOSED_AT_20},
	{"deepmime", "m2x", "+.message.body[1].body-part: \n-error:\n"},
	{"trunc", "x2m", "+error: ERR_P1_CONTENT\n"},
	{"hugelen", "x2m", "+error: ERR_P1_CONTENT\n"},
	{"longoid", "x2m", "+application/x400-bp\n-error:\n"},
	{"hightag", "x2m", "+error: ERR_P1_CONTENT\n"},
	{"fwd-noparams", "x2m", "+application/x400-bp bp-type=9 \n"},
	{"indef", "x2m", "+text/plain [Hello]\n"},
	{"seg-ia5", "x2m", "+text/plain [Hello]\n"},
	/* files that are not simply one */
	{"ftbp-two", "x2m", "+application/x400-bp bp-type=2.6.1.4.12 \n"},
	{"ftbp-compressed", "x2m", "+application/x400-bp bp-type=2.6.1.4.12 \n"},
	{"ftbp-ctype", "x2m", "+application/x400-bp bp-type=2.6.1.4.12 \n"},
	{"ftbp-crlf", "x2m", "+filename=a  \n-\nBcc:\n-error:\n"},
	{"ftbp-noname", "x2m", "+filename=report.pdf\n"},
	/* forwarded contents */
	{"fwdcontent-p22", "x2m", "+message/rfc822\n+text/plain [Hello]\n-x400-bp\n"},
	{"fwdcontent-cms", "x2m", "+application/x400-bp bp-type=2.6.1.4.17.1.2.840.113549.1.9.16.1.6 \n"},
	{"notification", "x2m", "+application/x400-bp bp-type=2.6.1.4.15 \n"},
	{"voice", "x2m", "+application/x400-bp bp-type=2.6.1.4.16 \n"},
	{"empty-body", "x2m", "+text/plain []\n"},
	{"gt-badreg", "x2m", "+text/plain \n-x400-bp\n-x-iso\n"},
	/* texts: which set */
	{"nomime", "m2x", "+body[1].body-part: ia5-text\n" ONE},
	{"nomime-8bit", "m2x", GENERAL("1 6 100", "1b28421b2d41") ONE},
	{"u8-ascii", "m2x", "+body[1].body-part: ia5-text\n" ONE},
	{"u8-latin1", "m2x", GENERAL("1 6 100", "1b28421b2d41") ONE},
	{"u8-latin2", "m2x", GENERAL("1 6 101", "1b28421b2d42") ONE},
	{"u8-greek", "m2x", GENERAL("1 6 126", "1b28421b2d46") ONE},
	{"u8-cyr", "m2x", GENERAL("1 6 144", "1b28421b2d4c") ONE},
	{"u8-euro", "m2x", GENERAL("1 6 203", "1b28421b2d62") ONE},
	{"u8-jp", "m2x", GENERAL("1 6 14 42 87", "") ONE},
	{"u8-nfd", "m2x", GENERAL("1 6 100", "1b28421b2d41") ONE},
	{"gt-jp", "m2x", GENERAL("1 6 14 42 87", "1b2442") ONE},
	{"koi8", "m2x", GENERAL("1 6 144", "1b28421b2d4c") ONE},
	/* texts: none has it all, so the octets go as they are */
	{"u8-kr", "m2x", AS_FILE("text/plain; charset=utf-8") ONE},
	{"u8-smart", "m2x", AS_FILE("text/plain; charset=utf-8") ONE},
	{"u8-emoji", "m2x", AS_FILE("text/plain; charset=utf-8") ONE},
	{"u8-mixed", "m2x", AS_FILE("text/plain; charset=utf-8") ONE},
	{"cp1252", "m2x", "+body[1].body-part: \n-losses[\n" ONE},
	{"unkcs", "m2x", AS_FILE("text/plain; charset=x-martian") ONE},
	{"badutf8", "m2x", AS_FILE("text/plain; charset=utf-8") ONE},
	{"flowed", "m2x", "+body[1].body-part: ia5-text\n-  \\x0D\\x0A\n-\\x0A \n" ONE},
	{"uu", "m2x", "+body[1].body-part: ia5-text\n+begin 644 \n" ONE},
	/* structure */
	{"alt-html", "m2x",
     "+heading.multipart-message.subtype: \"alternative\"\n+body[1].body-part: ia5-text\n+body[2].body-part: file-transfer\n"
     "+Content-Type: text/html\n"},
	{"related", "m2x", "+heading.multipart-message.subtype: \"related\"\n+heading.rfc-822-field-list[1]: \"Content-Type: multipart/related\n"
                       "+body[2].\n"},
	{"global", "m2x", "+body[1].body-part: message\n" ONE},
	{"noclose", "m2x", "+body[1].body-part: ia5-text\n-error:\n"},
	{"emptymp", "m2x", "+body[1].body-part: ia5-text\n-body[1].data: \n" ONE},
	{"partial", "m2x", AS_FILE("message/partial") ONE},
	{"encrypted", "m2x",
     "+body[1].body-part: ia5-text\n+body[1].data: \"MIME-Version: 1.0\n+Content-Type: multipart/encrypted\n" ONE},
	{"signed8", "m2x", AS_FILE("multipart/signed") ONE},
	{"html", "m2x", AS_FILE("text/html") ONE},
	/* files */
	{"fn2231", "m2x", "+body[1].body-part: file-transfer\n+body[1].pathname: \"\xc3\x9c\n" ONE},
	{"fn2047", "m2x", "+body[1].body-part: file-transfer\n+body[1].pathname: \"\xc3\x9c" "ber.pdf\"\n" ONE},
	{"padding", "m2x", "+body[1].body-part: bilaterally-defined\n-padding\n" ONE},
	{"edifact", "m2x", "+body[1].body-part: bilaterally-defined\n+body[1].data: \"UN\n" ONE},
	{"tnef", "m2x", AS_FILE("application/ms-tnef") ONE},
	{"wanted", "m2x", "+body[1].body-part: bilaterally-defined\n-Wanted-X400\n"},
};
const size_t body_assertions_count = ARRAY_LEN(body_assertions);
