/* clock.c - see clock.h.  Civil dates are computed here (proleptic Gregorian), never with the locale or TZ. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/rule.h"
#include "base/str.h"

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct civil {
	int year, month, day, hour, minute, second, weekday;
};

struct when clock_now(void) { return (struct when){.seconds = time(NULL), .set = true}; }

int64_t clock_monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Days since 1970-01-01; March is month 0 of the computing year, so that the leap day is the last one. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t clock_from_civil(int year, int month, int day, int hour, int minute, int second)
{
	return days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

static struct civil to_civil(const struct when *w)
{
	int64_t local = w->seconds + (int64_t)w->offset * 60;
	int64_t days = local / 86400, rest = local % 86400;
	int64_t z, era, doe, yoe, doy, mp;
	struct civil c;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	z = days + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest % 3600 / 60);
	c.second = (int)(rest % 60);
	c.weekday = (int)(((days + 4) % 7 + 7) % 7);
	return c;
}

/* n digits at s as a number, or -1. */
static int digits(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (!str_is_digit(s[i]))
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static bool civil_ok(const struct civil *c)
{
	static const int length[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (c->month == 2 && c->day == 29 && (c->year % 4 != 0 || (c->year % 100 == 0 && c->year % 400 != 0)))
		return false;
	return c->year >= 0 && c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= length[c->month - 1] &&
	       c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60;
}

/* "Z", "+hhmm" or "-hhmm" (a colon allowed when iso); minutes east, 0 or -1. */
static int parse_zone(const char *s, size_t n, bool iso, struct when *w)
{
	int h, m;

	if (n == 1 && (*s == 'Z' || *s == 'z')) {
		w->z = true;
		return 0;
	}
	if ((*s != '+' && *s != '-') || (n != 5 && !(iso && n == 6 && s[3] == ':')))
		return -1;
	h = digits(s + 1, 2);
	m = digits(s + n - 2, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return -1;
	w->offset = (h * 60 + m) * (*s == '-' ? -1 : 1);
	return 0;
}

static void set_when(const struct civil *c, struct when *w)
{
	w->seconds = clock_from_civil(c->year, c->month, c->day, c->hour, c->minute, c->second) - (int64_t)w->offset * 60;
	w->set = true;
}

int clock_parse_utctime(const char *s, size_t n, struct when *out)
{
	size_t d = 0;
	struct civil c = {0};
	int y;

	while (d < n && str_is_digit(s[d]))
		d++;
	*out = (struct when){.no_seconds = d == 10};
	if (d != 10 && d != 12 && d != 14)
		return -1;
	if (d == 14) { /* a peer's four-digit year */
		c.year = digits(s, 4);
		s += 4;
	} else {
		y = digits(s, 2);
		c.year = y >= 80 && rule_id_active("A-043") ? 1900 + y : 2000 + y; /* G-015 */
		s += 2;
	}
	c.month = digits(s, 2);
	c.day = digits(s + 2, 2);
	c.hour = digits(s + 4, 2);
	c.minute = digits(s + 6, 2);
	if (!out->no_seconds)
		c.second = digits(s + 8, 2);
	s += out->no_seconds ? 8 : 10;
	if (!civil_ok(&c) || n == d || parse_zone(s, n - d, false, out) != 0)
		return -1;
	set_when(&c, out);
	return 0;
}

void clock_format_utctime(const struct when *w, char out[static 20])
{
	struct civil c = to_civil(w);
	int z = w->offset < 0 ? -w->offset : w->offset;
	size_t n;

	n = (size_t)snprintf(out, 20, "%02d%02d%02d%02d%02d", (unsigned)c.year % 100, c.month, c.day, c.hour, c.minute);
	if (!w->no_seconds)
		n += (size_t)snprintf(out + n, 20 - n, "%02d", c.second);
	if (w->z)
		snprintf(out + n, 20 - n, "Z");
	else
		snprintf(out + n, 20 - n, "%c%02d%02d", w->offset < 0 ? '-' : '+', z / 60 % 100, z % 60);
}

void clock_format_rfc5322(const struct when *w, char out[static 40])
{
	struct civil c = to_civil(w);
	int z = w->offset < 0 ? -w->offset : w->offset;

	snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d", day_names[c.weekday], c.day, month_names[c.month - 1],
	         c.year, c.hour, c.minute, c.second, w->offset < 0 ? '-' : '+', z / 60 % 100, z % 60);
}

void clock_format_iso(const struct when *w, char out[static 32])
{
	struct civil c = to_civil(w);
	int z = w->offset < 0 ? -w->offset : w->offset;

	snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second,
	         w->offset < 0 ? '-' : '+', z / 60 % 100, z % 60);
}

int clock_parse_iso(const char *s, struct when *out)
{
	size_t n = strlen(s);
	struct civil c;

	*out = (struct when){0};
	if (n < 20 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != ' ') || s[13] != ':' || s[16] != ':')
		return -1;
	c = (struct civil){digits(s, 4),      digits(s + 5, 2),  digits(s + 8, 2), digits(s + 11, 2),
	                   digits(s + 14, 2), digits(s + 17, 2), 0};
	if (!civil_ok(&c) || parse_zone(s + 19, n - 19, true, out) != 0)
		return -1;
	out->z = false;
	set_when(&c, out);
	return 0;
}
