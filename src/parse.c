/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes words of the command line, gives numbers, durations and single words.
 * Does not know any option and prints nothing.
 */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "array.h"

#define BILLION 1000000000ULL

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", BILLION },
	{ "m", 60 * BILLION },
	{ "h", 3600 * BILLION },
	{ "d", 86400 * BILLION },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Leading digits; *s moves behind them. */
static int take_digits(const char **s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!is_digit(**s))
		return -EINVAL;
	for (; is_digit(**s); (*s)++) {
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(**s - '0'), &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int parse__number(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v;
	int err = take_digits(&s, max, &v);

	if (err)
		return err;
	if (*s)
		return -EINVAL;
	*out = v;
	return 0;
}

/* What follows a decimal point, in billionths; finer digits are dropped. */
static int take_fraction(const char **s, uint64_t *billionths)
{
	uint64_t weight = BILLION / 10;

	*billionths = 0;
	if (**s != '.')
		return 0;
	(*s)++;
	if (!is_digit(**s))
		return -EINVAL;
	for (; is_digit(**s); (*s)++, weight /= 10)
		*billionths += weight * (uint64_t)(**s - '0');
	return 0;
}

static int take_unit(const char **s, uint64_t *unit)
{
	size_t len = 0, i;

	while (islower((unsigned char)(*s)[len]))
		len++;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == len && !strncmp(*s, units[i].name, len)) {
			*s += len;
			*unit = units[i].ns;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_part(const char **s, bool only, uint64_t *ns)
{
	uint64_t whole, billionths, unit = BILLION;
	unsigned __int128 v;
	int err = take_digits(s, UINT64_MAX, &whole);

	if (!err)
		err = take_fraction(s, &billionths);
	if (!err && !(only && !**s)) /* a lone number is seconds */
		err = take_unit(s, &unit);
	if (err)
		return err;
	v = (unsigned __int128)whole * unit + (unsigned __int128)billionths * unit / BILLION;
	if (v > INT64_MAX)
		return -ERANGE;
	*ns = (uint64_t)v;
	return 0;
}

int parse__duration(const char *s, uint64_t *ns)
{
	uint64_t sum = 0, part;
	bool first = true;
	int err;

	do {
		err = take_part(&s, first, &part);
		if (err)
			return err;
		sum += part; /* both at most INT64_MAX */
		if (sum > INT64_MAX)
			return -ERANGE;
		first = false;
	} while (*s);
	*ns = sum;
	return 0;
}

int parse__size(const char *s, uint64_t *bytes)
{
	static const char factors[] = "KMGT";
	const size_t len = strlen(s);
	const char *unit = len > 1 ? strchr(factors, s[len - 1]) : NULL;
	const unsigned int shift = unit ? 10 * (unsigned int)(unit - factors + 1) : 0;
	char digits[24];
	int err;

	if (len >= sizeof(digits))
		return -ERANGE;
	memcpy(digits, s, len + 1);
	if (unit)
		digits[len - 1] = '\0';
	err = parse__number(digits, INT64_MAX >> shift, bytes);
	*bytes <<= err ? 0 : shift;
	return err;
}

/* A date, a time or both; what is not there is today, or midnight. */
static int read_calendar(const char *s, time_t now, time_t *when)
{
	static const struct {
		const char *format;
		bool today;
	} forms[] = {
		{ "%Y-%m-%d %H:%M:%S", false }, { "%Y-%m-%dT%H:%M:%S", false }, { "%Y-%m-%d %H:%M", false },
		{ "%Y-%m-%dT%H:%M", false },	 { "%Y-%m-%d", false },	       { "%H:%M:%S", true },
		{ "%H:%M", true },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end;

		if (forms[i].today)
			localtime_r(&now, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_isdst = -1;
		end = strptime(s, forms[i].format, &tm);
		if (!end || *end)
			continue;
		*when = mktime(&tm);
		if (forms[i].today && *when > now)
			*when -= 86400;
		return *when < 0 ? -ERANGE : 0;
	}
	return -EINVAL;
}

int parse__when(const char *s, uint64_t now_s, uint64_t *ns)
{
	const size_t len = strlen(s), ago = strlen(" ago");
	char word[64];
	uint64_t n;
	time_t when;
	int err;

	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, s, len + 1);
	if (len > ago && !strcmp(word + len - ago, " ago"))
		word[len - ago] = '\0';
	if (word[0] == '@') {
		err = parse__number(word + 1, INT64_MAX / BILLION, &n);
		*ns = n * BILLION;
		return err;
	}
	if (!parse__duration(word, &n)) {
		*ns = n < now_s * BILLION ? now_s * BILLION - n : 1;
		return 0;
	}
	err = read_calendar(s, (time_t)now_s, &when);
	if (!err)
		*ns = (uint64_t)when * BILLION;
	return err;
}

int parse__next_word(const char **list, char word[PARSE_WORD_MAX])
{
	size_t len;

	if (!*list)
		return 0;
	len = strcspn(*list, ",");
	if (!len || len >= PARSE_WORD_MAX)
		return -EINVAL;
	memcpy(word, *list, len);
	word[len] = '\0';
	*list = (*list)[len] ? *list + len + 1 : NULL;
	return 1;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's, one row at a time. */
unsigned int parse__distance(const char *a, const char *b)
{
	unsigned int row[PARSE_WORD_MAX + 1];
	size_t n = strnlen(b, PARSE_WORD_MAX), i, j;

	for (j = 0; j <= n; j++)
		row[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i + 1;
		for (j = 1; j <= n; j++) {
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j - 1]);
			unsigned int up = row[j];

			row[j] = min3(row[j - 1] + 1, up + 1, diagonal + !same);
			diagonal = up;
		}
	}
	return row[n];
}
