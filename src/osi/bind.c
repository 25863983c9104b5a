/*
 * osi/bind.c - see bind.h.  Called by association.c.
 *
 * The wrapper of X.880 is normal mode's; the generated type inside is the same without it.
 * Peers send the password as IA5String or as OCTET STRING, empty or one blank when they mean none: octets are compared.
 */
#include "osi/bind.h"

#include <string.h>

#include "asn1gen/MB-Argument.h"
#include "asn1gen/MB-Bind-error.h"
#include "asn1gen/MB-Bind-invoke.h"
#include "asn1gen/MB-Bind-result.h"
#include "asn1gen/MB-Result.h"
#include "base/str.h"
#include "ber/codec.h"
#include "osi/presentation.h"

#define NAME_MAX_OCTETS 1024 /* ub-mta-name-length is 32; longer names are kept for the log */

static bool is_ia5(struct octets v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] > 0x7f)
			return false;
	return true;
}

static void set(OCTET_STRING_t *s, const void *p, size_t n)
{
	s->buf = (uint8_t *)(uintptr_t)p; /* encoders only read */
	s->size = (int)n;
}

static void authenticated(struct arena *a, const struct osi_mta *mta, bool as_octets, MB_Authenticated_t *t)
{
	struct MB_Credentials *c = NEW(a, struct MB_Credentials);
	struct octets password = mta->password.p != NULL ? mta->password : (struct octets){(const uint8_t *)"", 0};

	set(&t->mta_name, mta->name, strlen(mta->name));
	if (as_octets || mta->octets || !is_ia5(password)) {
		c->present = MB_Credentials_PR_simple_octets;
		set(&c->choice.simple_octets, password.p, password.len);
	} else {
		c->present = MB_Credentials_PR_simple_ia5;
		set(&c->choice.simple_ia5, password.p, password.len);
	}
	t->credentials = c;
}

int bind_encode_argument(struct arena *a, const struct osi_mta *mta, bool as_octets, bool x410, struct octets *out, struct err *e)
{
	MB_Bind_invoke_t *t = NEW(a, MB_Bind_invoke_t);

	t->present = mta->name == NULL ? MB_Argument_PR_unauthenticated : MB_Argument_PR_authenticated;
	if (mta->name != NULL)
		authenticated(a, mta, as_octets, &t->choice.authenticated);
	return ber_encode_type(a, x410 ? &asn_DEF_MB_Argument : &asn_DEF_MB_Bind_invoke, t, out, e);
}

int bind_encode_result(struct arena *a, const struct osi_mta *mta, bool as_octets, bool x410, struct octets *out, struct err *e)
{
	MB_Bind_result_t *t = NEW(a, MB_Bind_result_t);

	t->present = mta->name == NULL ? MB_Result_PR_unauthenticated : MB_Result_PR_authenticated;
	if (mta->name != NULL)
		authenticated(a, mta, as_octets, &t->choice.authenticated);
	return ber_encode_type(a, x410 ? &asn_DEF_MB_Result : &asn_DEF_MB_Bind_result, t, out, e);
}

int bind_encode_error(struct arena *a, int error, struct octets *out, struct err *e)
{
	MB_Bind_error_t value = error;

	return ber_encode_type(a, &asn_DEF_MB_Bind_error, &value, out, e);
}

static int decode(struct arena *a, struct asn_TYPE_descriptor_s *type, struct octets in, void **out, struct err *e)
{
	struct ber_limits limits = OSI_BER_LIMITS;
	struct err why = {0};

	if (in.p == NULL || in.len == 0)
		return ERR(e, ERR_OSI_BIND, "no %s: no octets", type->name);
	if (ber_gate_decode_type(a, type, in, &limits, out, &why) != 0)
		return ERR(e, ERR_OSI_BIND, "%s: %s", type->name, why.detail);
	return 0;
}

static int read_authenticated(const MB_Authenticated_t *t, struct arena *keep, struct osi_mta *out, struct err *e)
{
	const OCTET_STRING_t *password = NULL;

	if (t->mta_name.buf == NULL) /* a member of another kind in its place satisfies asn1c */
		return ERR(e, ERR_OSI_BIND, "no MTA name");
	if (t->mta_name.size > NAME_MAX_OCTETS || memchr(t->mta_name.buf, 0, (size_t)t->mta_name.size) != NULL)
		return ERR(e, ERR_OSI_BIND, "MTA name of %d octets or with NUL", t->mta_name.size);
	out->name = arena_strndup(keep, (const char *)t->mta_name.buf, (size_t)t->mta_name.size);
	if (t->credentials != NULL && t->credentials->present == MB_Credentials_PR_simple_ia5)
		password = &t->credentials->choice.simple_ia5;
	else if (t->credentials != NULL && t->credentials->present == MB_Credentials_PR_simple_octets)
		password = &t->credentials->choice.simple_octets;
	out->octets = password != NULL && t->credentials->present == MB_Credentials_PR_simple_octets;
	if (password != NULL)
		out->password = (struct octets){arena_memdup(keep, password->size > 0 ? (const void *)password->buf : "", (size_t)password->size),
		                                (size_t)password->size};
	return 0;
}

int bind_decode_argument(struct arena *a, struct octets in, bool x410, struct arena *keep, struct osi_mta *out, struct err *e)
{
	MB_Bind_invoke_t *t;

	*out = (struct osi_mta){0};
	TRY(decode(a, x410 ? &asn_DEF_MB_Argument : &asn_DEF_MB_Bind_invoke, in, (void **)&t, e));
	if (t->present == MB_Argument_PR_authenticated)
		return read_authenticated(&t->choice.authenticated, keep, out, e);
	return 0;
}

int bind_decode_result(struct arena *a, struct octets in, bool x410, struct arena *keep, struct osi_mta *out, struct err *e)
{
	MB_Bind_result_t *t;

	*out = (struct osi_mta){0};
	TRY(decode(a, x410 ? &asn_DEF_MB_Result : &asn_DEF_MB_Bind_result, in, (void **)&t, e));
	if (t->present == MB_Result_PR_authenticated)
		return read_authenticated(&t->choice.authenticated, keep, out, e);
	return 0;
}

int bind_decode_error(struct arena *a, struct octets in, int *error, struct err *e)
{
	MB_Bind_error_t *t;

	*error = -1;
	TRY(decode(a, &asn_DEF_MB_Bind_error, in, (void **)&t, e));
	*error = (int)*t;
	return 0;
}

const char *bind_error_name(int error)
{
	static const char *const names[] = {"busy", "(1)", "authentication-error", "unacceptable-dialogue-mode",
	                                    "unacceptable-security-context", "inadequate-association-confidentiality"};

	return error >= 0 && (size_t)error < ARRAY_LEN(names) ? names[error] : "unknown bind error";
}

bool bind_matches(const struct osi_mta *said, const struct osi_mta *expected)
{
	if (expected->name == NULL)
		return true;
	if (said->name == NULL || strcmp(said->name, expected->name) != 0)
		return false;
	return said->password.len == expected->password.len &&
	       (said->password.len == 0 || memcmp(said->password.p, expected->password.p, said->password.len) == 0);
}
