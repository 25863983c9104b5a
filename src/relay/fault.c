/*
 * relay/fault.c - see fault.h.  Called by twin.c (options), tap.c and exchange.c.
 */
#include "relay/fault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/config.h"
#include "base/str.h"

#define SHARED_MAX 64 /* faults with a counter */

/* ---- points ---- */

static const struct {
	const char *name;
	unsigned point;
} points[] = {
	{"accepted", POINT_ACCEPTED},     {"cr", POINT_CR},                 {"cc", POINT_CC},
	{"cn", POINT_SPDU + SPDU_CN},     {"ac", POINT_SPDU + SPDU_AC},     {"rf", POINT_SPDU + SPDU_RF},
	{"as", POINT_SPDU + SPDU_AS},     {"data", POINT_DATA},             {"mip", POINT_SPDU + SPDU_MIP},
	{"mia", POINT_SPDU + SPDU_MIA},   {"ae", POINT_SPDU + SPDU_AE},     {"aea", POINT_SPDU + SPDU_AEA},
	{"ad", POINT_SPDU + SPDU_AD},     {"ada", POINT_SPDU + SPDU_ADA},   {"ai", POINT_SPDU + SPDU_AI},
	{"aia", POINT_SPDU + SPDU_AIA},   {"ed", POINT_SPDU + SPDU_ED},     {"pt", POINT_SPDU + SPDU_PT},
	{"gtc", POINT_SPDU + SPDU_GTC},   {"gta", POINT_SPDU + SPDU_GTA},   {"fn", POINT_SPDU + SPDU_FN},
	{"dn", POINT_SPDU + SPDU_DN},     {"ab", POINT_SPDU + SPDU_AB},     {"aa", POINT_SPDU + SPDU_AA},
};

const char *fault_points(struct arena *a)
{
	struct buf *b = buf_in(a, 1024);

	for (size_t i = 0; i < ARRAY_LEN(points); i++)
		buf_printf(b, "%s%s", i == 0 ? "" : " ", points[i].name);
	return buf_str(b);
}

static int number(const char *text, long max, long *out, struct err *e)
{
	if (str_to_long(text, 0, max, out) != 0)
		return ERR(e, ERR_CONFIG, "%s: a number up to %ld is wanted", text, max);
	return 0;
}

/* "ae", "ae+", "as:3", "data:1000" */
static int parse_point(char *text, struct fault *f, struct err *e)
{
	char *colon = strchr(text, ':');
	size_t n;
	long nth = 0;

	if (colon != NULL) {
		*colon = '\0';
		TRY(number(colon + 1, 1L << 40, &nth, e));
	}
	f->nth = (uint64_t)nth;
	n = strlen(text);
	f->after = n > 0 && text[n - 1] == '+';
	if (f->after)
		text[n - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(points); i++)
		if (str_ieq(points[i].name, text)) {
			f->point = points[i].point;
			return 0;
		}
	return ERR(e, ERR_CONFIG, "%s: no such point; --help lists them", text);
}

/* ---- how often ---- */

/* "always", "first:3", "every:2", "percent:10", "percent:10:SEED" */
static int parse_when(char *text, struct fault *f, struct err *e)
{
	static const char *const names[] = {[FAULT_ALWAYS] = "always", [FAULT_FIRST] = "first", [FAULT_EVERY] = "every", [FAULT_PERCENT] = "percent"};
	char *colon = strchr(text, ':'), *seed = colon == NULL ? NULL : strchr(colon + 1, ':');
	long n = 0;

	if (colon != NULL)
		*colon = '\0';
	if (seed != NULL)
		*seed = '\0';
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_ieq(names[i], text))
			continue;
		f->when = i;
		if ((colon == NULL) != (i == FAULT_ALWAYS) || (seed != NULL && i != FAULT_PERCENT))
			break;
		if (colon != NULL)
			TRY(number(colon + 1, i == FAULT_PERCENT ? 100 : 1000000000, &n, e));
		f->when_n = (uint64_t)n;
		if (i == FAULT_EVERY && n == 0)
			break;
		if (seed != NULL) {
			TRY(number(seed + 1, 1000000000, &n, e));
			f->seed = (uint64_t)n;
		}
		return 0;
	}
	return ERR(e, ERR_CONFIG, "@%s: always, first:N, every:N or percent:N[:SEED] is wanted", text);
}

/* The same seed strikes at the same times. */
static uint64_t scatter(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

bool fault_strikes(const struct fault *f)
{
	uint64_t n = __atomic_add_fetch(f->reached, 1, __ATOMIC_RELAXED);

	switch (f->when) {
	case FAULT_FIRST:
		return n <= f->when_n;
	case FAULT_EVERY:
		return n % f->when_n == 0;
	case FAULT_PERCENT:
		return scatter(f->seed * 0x9e3779b97f4a7c15u + n) % 100 < f->when_n;
	case FAULT_ALWAYS:
		break;
	}
	return true;
}

const struct fault *faults_take(const struct faults *f, enum fault_action action)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].action == action && fault_strikes(&f->items[i]))
			return &f->items[i];
	return NULL;
}

bool faults_need_tap(const struct faults *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].action < FAULT_REFUSE_BIND)
			return true;
	return false;
}

/* ---- the options ---- */

static const struct layer {
	const char *name;
	enum fault_action action;
	unsigned point;
	long number, second; /* when none is given */
	long max, second_max;
} layers[] = {
	{"transport", FAULT_REFUSE_TRANSPORT, POINT_CR, 3, 0, 255, 0},
	{"session", FAULT_REFUSE_SESSION, POINT_SPDU + SPDU_CN, 133, 0, 255, 0},
	{"presentation", FAULT_REFUSE_PRESENTATION, POINT_SPDU + SPDU_CN, 3, 0, 255, 0},
	{"acse", FAULT_REFUSE_ACSE, POINT_SPDU + SPDU_CN, 1, 2, 2, 255},
	{"bind", FAULT_REFUSE_BIND, POINT_SPDU + SPDU_CN, 2, 0, 255, 0},
	{"transfer", FAULT_REFUSE_TRANSFER, POINT_DATA, 1, 0, 255, 1L << 40},
};

/* "bind:2", "acse:1/2", "transfer:5/1000" */
static int parse_refusal(char *text, struct fault *f, struct err *e)
{
	char *colon = strchr(text, ':'), *slash = colon == NULL ? NULL : strchr(colon, '/');

	if (colon != NULL)
		*colon = '\0';
	if (slash != NULL)
		*slash = '\0';
	for (const struct layer *l = layers; l < layers + ARRAY_LEN(layers); l++) {
		if (!str_ieq(l->name, text))
			continue;
		f->action = l->action;
		f->point = l->point;
		f->number = l->number;
		f->second = l->second;
		if (colon != NULL)
			TRY(number(colon + 1, l->max, &f->number, e));
		if (slash != NULL)
			TRY(number(slash + 1, l->second_max, &f->second, e));
		return 0;
	}
	return ERR(e, ERR_CONFIG, "--refuse %s: transport, session, presentation, acse, bind or transfer", text);
}

static int parse_abort(char *text, struct fault *f, struct err *e)
{
	static const struct {
		const char *name;
		enum fault_action action;
		long number;
	} kinds[] = {
		{"user", FAULT_ABORT_USER, 6}, {"presentation", FAULT_ABORT_PRESENTATION, 0}, {"provider", FAULT_ABORT_PROVIDER, 5},
	};
	char *colon = text == NULL ? NULL : strchr(text, ':');

	if (colon != NULL)
		*colon = '\0';
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text == NULL || str_ieq(kinds[i].name, text)) {
			f->action = kinds[i].action;
			f->number = kinds[i].number;
			return colon == NULL ? 0 : number(colon + 1, 255, &f->number, e);
		}
	return ERR(e, ERR_CONFIG, "--abort POINT=%s: user, presentation or provider", text);
}

static int parse_seconds(const char *text, int64_t *ms, struct err *e)
{
	char *end;
	double s = strtod(text == NULL ? "" : text, &end);

	if (text == NULL || end == text || *end != '\0' || !(s >= 0 && s <= 86400))
		return ERR(e, ERR_CONFIG, "--delay POINT=SECONDS: up to 86400 seconds");
	*ms = (int64_t)(s * 1000);
	return 0;
}

static int parse_hex(struct arena *a, const char *digits, struct octets *out, struct err *e)
{
	return config_octets(a, arena_printf(a, "0x%s", digits), out, e);
}

/* "20:0009" for --set, "56000207:56000208" for --replace */
static int parse_change(struct arena *a, char *text, struct fault *f, struct err *e)
{
	char *colon = text == NULL ? NULL : strchr(text, ':');

	if (colon == NULL)
		return ERR(e, ERR_CONFIG, "--set POINT=PARAMETER:HEX, --replace POINT=HEX:HEX");
	*colon = '\0';
	TRY(parse_hex(a, colon + 1, &f->to, e));
	if (f->action == FAULT_SET)
		return number(text, 255, &f->number, e);
	TRY(parse_hex(a, text, &f->from, e));
	if (f->from.len == 0 || f->from.len != f->to.len)
		return ERR(e, ERR_CONFIG, "--replace: both must have the same number of octets");
	return 0;
}

/* "16/5": checkpoint size and window of AC. */
static int parse_agree(char *text, struct fault *f, struct err *e)
{
	char *slash = strchr(text, '/');

	if (slash == NULL)
		return ERR(e, ERR_CONFIG, "--agree CHECKPOINT/WINDOW");
	*slash = '\0';
	f->point = POINT_SPDU + SPDU_AC;
	TRY(number(text, 65535, &f->number, e));
	return number(slash + 1, 65535, &f->second, e);
}

static const struct {
	const char *option;
	enum fault_action action;
} options[] = {
	{"delay", FAULT_DELAY},     {"silence", FAULT_SILENCE},   {"close", FAULT_CLOSE}, {"reset", FAULT_RESET},
	{"drop", FAULT_DROP},       {"abort", FAULT_ABORT_USER},  {"set", FAULT_SET},     {"replace", FAULT_REPLACE},
	{"discard", FAULT_DISCARD}, {"interrupt", FAULT_INTERRUPT}, {"agree", FAULT_AGREE}, {"refuse", FAULT_REFUSE_BIND},
};

static int parse(struct arena *a, struct fault *f, char *text, struct err *e)
{
	char *equals;

	switch (f->action) {
	case FAULT_REFUSE_BIND:
		return parse_refusal(text, f, e);
	case FAULT_AGREE:
		return parse_agree(text, f, e);
	case FAULT_DISCARD:
	case FAULT_INTERRUPT:
		return number(text, 1L << 40, &f->number, e);
	default:
		break;
	}
	equals = strchr(text, '=');
	if (equals != NULL)
		*equals++ = '\0';
	TRY(parse_point(text, f, e));
	switch (f->action) {
	case FAULT_DELAY:
		return parse_seconds(equals, &f->ms, e);
	case FAULT_ABORT_USER:
		return parse_abort(equals, f, e);
	case FAULT_SET:
	case FAULT_REPLACE:
		return parse_change(a, equals, f, e);
	default:
		return equals == NULL ? 0 : ERR(e, ERR_CONFIG, "=%s: nothing is wanted behind the point", equals);
	}
}

int faults_add(struct arena *a, struct faults *list, const char *option, const char *value, struct err *e)
{
	struct fault f = {0};
	char *text = arena_strdup(a, value), *at = strrchr(text, '@');

	if (list->shared == NULL) {
		list->shared = mmap(NULL, SHARED_MAX * sizeof(*list->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (list->shared == MAP_FAILED)
			return ERR_ERRNO(e, ERR_SYSTEM, "mmap");
	}
	if (list->count == SHARED_MAX)
		return ERR(e, ERR_CONFIG, "more than %d faults", SHARED_MAX);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (str_eq(options[i].option, option))
			f.action = options[i].action;
	if (at != NULL) {
		*at = '\0';
		TRY(parse_when(at + 1, &f, e));
	}
	TRY(parse(a, &f, text, e));
	f.reached = &list->shared[list->count];
	*ARENA_PUSH(a, list) = f;
	return 0;
}
