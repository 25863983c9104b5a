/* date.c - date-time of RFC 5322 3.3 with the obsolete forms of 4.3, the more so as old X.400 gateways write them. */
#include <string.h>

#include "base/str.h"
#include "mime/field.h"
#include "mime/mime.h"

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};

static const struct {
	const char *name;
	int minutes;
} zones[] = {
	{"ut", 0},     {"gmt", 0},    {"utc", 0},    {"z", 0},      {"est", -300}, {"edt", -240},
	{"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420},
};

/* min..max digits; -1 when there are not as many. */
static int read_number(const char **p, int min, int max, int *digits)
{
	int n = 0, v = 0;

	*p = mime_skip_cfws(*p);
	while (n < max && str_is_digit(**p)) {
		v = v * 10 + (*(*p)++ - '0');
		n++;
	}
	*digits = n;
	return n < min || str_is_digit(**p) ? -1 : v;
}

static bool is_alpha(char c) { return str_lower(c) >= 'a' && str_lower(c) <= 'z'; }

/* A word of letters, behind white space and comments. */
static size_t read_letters(const char **p, const char **word)
{
	const char *from = *word = mime_skip_cfws(*p);

	for (*p = from; is_alpha(**p); (*p)++)
		;
	return (size_t)(*p - from);
}

static int read_month(const char **p)
{
	const char *word;
	size_t n = read_letters(p, &word);

	for (int i = 0; n >= 3 && i < 12; i++)
		if (str_ieqn(word, months[i], 3))
			return i + 1;
	return -1;
}

static int read_year(const char **p)
{
	int digits, year = read_number(p, 2, 4, &digits);

	if (year < 0)
		return -1;
	if (digits == 2) /* RFC 5322 4.3 */
		year += year < 50 ? 2000 : 1900;
	else if (digits == 3)
		year += 1900;
	return year < 1900 ? -1 : year;
}

/* "+hhmm", a name, or nothing; unknown names mean no more than -0000 (RFC 5322 4.3). */
static int read_zone(const char *p, int *minutes)
{
	const char *word;
	size_t n;
	int digits, v, sign;

	p = mime_skip_cfws(p);
	*minutes = 0;
	if (*p == '+' || *p == '-') {
		sign = *p++ == '-' ? -1 : 1;
		v = read_number(&p, 4, 4, &digits);
		if (v < 0 || v % 100 > 59 || v / 100 > 23)
			return -1;
		*minutes = sign * (v / 100 * 60 + v % 100);
		return 0;
	}
	n = read_letters(&p, &word);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		if (strlen(zones[i].name) == n && str_ieqn(word, zones[i].name, n))
			*minutes = zones[i].minutes;
	return 0;
}

static int days_in(int month, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "hh:mm[:ss]". */
static int read_time(const char **p, int *hour, int *minute, int *second, bool *no_seconds)
{
	int digits;

	*second = 0;
	*hour = read_number(p, 1, 2, &digits);
	*p = mime_skip_cfws(*p);
	if (*hour < 0 || *hour > 23 || **p != ':')
		return -1;
	(*p)++;
	*minute = read_number(p, 2, 2, &digits);
	if (*minute < 0 || *minute > 59)
		return -1;
	*p = mime_skip_cfws(*p);
	*no_seconds = **p != ':';
	if (*no_seconds)
		return 0;
	(*p)++;
	*second = read_number(p, 2, 2, &digits);
	return *second < 0 || *second > 60 ? -1 : 0;
}

int mime_parse_date(const char *value, struct when *out)
{
	const char *p = value, *word;
	int day, month, year, hour, minute, second, digits, zone;
	bool no_seconds;

	*out = (struct when){0};
	if (read_letters(&p, &word) > 0) { /* the day of the week says nothing */
		p = mime_skip_cfws(p);
		if (*p == ',')
			p++;
	}
	day = read_number(&p, 1, 2, &digits);
	p = mime_skip_cfws(p);
	if (*p == '-') /* "5-Mar-2024" of some old senders */
		p++;
	month = read_month(&p);
	if (*p == '-')
		p++;
	year = read_year(&p);
	if (day < 1 || month < 1 || year < 0 || day > days_in(month, year))
		return -1;
	if (read_time(&p, &hour, &minute, &second, &no_seconds) != 0 || read_zone(p, &zone) != 0)
		return -1;
	out->seconds = clock_from_civil(year, month, day, hour, minute, second) - 60 * zone;
	out->offset = zone;
	out->set = true;
	out->no_seconds = no_seconds;
	return 0;
}
