/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes strings from outside, gives them escaped for people, decoded or measured;
 * takes durations and sizes, gives them in few characters. Does not encode JSON and
 * does not allocate.
 */
#include "text.h"

#include <string.h>

#include "array.h"
#include "text_width.h"

#define NS_PER_SEC 1000000000ULL

/* Sorted. Everything here is invisible, reorders what follows, or is taken as a command. */
static const struct range hidden[] = {
	{ 0x00, 0x1f },	      /* C0 */
	{ 0x7f, 0x9f },	      /* DEL, C1: 0x9b is ESC [ to many terminals */
	{ 0xad, 0xad },	      /* soft hyphen */
	{ 0x34f, 0x34f },     /* combining grapheme joiner: like all that Unicode calls ignorable, it shows nothing */
	{ 0x600, 0x605 },     /* Arabic number signs: format characters, like those up to Syriac and Kaithi */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian variation selectors, vowel separator */
	{ 0x200b, 0x200f },   /* zero-width space and joiners, LRM, RLM */
	{ 0x2028, 0x202e },   /* line and paragraph separator, bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, bidi isolates */
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, /* joiners of Egyptian hieroglyphs */
	{ 0x1bca0, 0x1bca3 }, /* of shorthand */
	{ 0x1d173, 0x1d17a }, /* of music */
	{ 0xe0000, 0xe0fff }, /* tags and variation selectors */
};

static bool in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cp > r[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && cp >= r[lo].first;
}

struct text text__array(const char *bytes, size_t cap)
{
	return (struct text){ bytes, strnlen(bytes, cap) };
}

struct text text__str(const char *s)
{
	return (struct text){ s, strlen(s) };
}

bool text__next(struct text *list, struct text *one)
{
	size_t n;

	if (!list->len)
		return false;
	n = strnlen(list->bytes, list->len);
	*one = (struct text){ list->bytes, n };
	n += n < list->len; /* its NUL */
	list->bytes += n;
	list->len -= n;
	return true;
}

bool text__equal(struct text a, const char *s)
{
	return strlen(s) == a.len && (!a.len || !memcmp(a.bytes, s, a.len));
}

/*
 * Length and range of the second byte by the first one (Unicode table 3-7): with
 * these bounds no overlong form, surrogate or value above U+10FFFF gets through.
 */
static size_t lead_byte(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = 0x80;
	*hi = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0)
			*lo = 0xa0;
		if (c == 0xed)
			*hi = 0x9f;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*lo = 0x90;
		if (c == 0xf4)
			*hi = 0x8f;
		return 4;
	}
	return 0;
}

size_t text__decode(struct text t, size_t at, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)t.bytes + at;
	unsigned char lo, hi;
	size_t n, i;
	uint32_t v;

	*cp = s[0];
	if (s[0] < 0x80)
		return 1;
	*cp = TEXT_INVALID;
	n = lead_byte(s[0], &lo, &hi);
	if (!n || n > t.len - at || s[1] < lo || s[1] > hi)
		return 1;
	v = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (s[i] & 0x3f);
	}
	*cp = v;
	return n;
}

bool text__is_hidden(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return false;
	return in_ranges(hidden, ARRAY_SIZE(hidden), cp);
}

static size_t put_hex(char *dst, uint32_t v, unsigned int min_digits)
{
	unsigned int digits = min_digits, i;

	while (digits < 8 && v >> (4 * digits))
		digits++;
	for (i = 0; i < digits; i++)
		dst[i] = "0123456789abcdef"[v >> (4 * (digits - 1 - i)) & 0xf];
	return digits;
}

static size_t escape_ascii(char *dst, unsigned char c)
{
	char letter = c == '\n' ? 'n' : c == '\t' ? 't' : c == '\\' ? '\\' : 0;

	dst[0] = '\\';
	if (letter) {
		dst[1] = letter;
		return 2;
	}
	dst[1] = 'x';
	return 2 + put_hex(dst + 2, c, 2);
}

size_t text__escape_char(char dst[TEXT_ESCAPE_MAX], struct text t, size_t *at)
{
	const char *s = t.bytes + *at;
	uint32_t cp;
	size_t n = text__decode(t, *at, &cp);

	*at += n;
	if (cp == TEXT_INVALID || cp == '\\' || cp < 0x20 || cp == 0x7f)
		return escape_ascii(dst, (unsigned char)s[0]);
	if (!text__is_hidden(cp)) {
		memcpy(dst, s, n);
		return n;
	}
	memcpy(dst, "\\u{", 3);
	n = 3 + put_hex(dst + 3, cp, 4);
	dst[n] = '}';
	return n + 1;
}

size_t text__plain_run(struct text t, size_t at)
{
	size_t i = at;

	while (i < t.len && t.bytes[i] >= 0x20 && t.bytes[i] < 0x7f && t.bytes[i] != '\\')
		i++;
	return i - at;
}

size_t text__escape(char *dst, size_t cap, struct text t)
{
	char one[TEXT_ESCAPE_MAX];
	size_t at = 0, len = 0, n;

	if (!cap)
		return 0;
	while (at < t.len) {
		n = text__escape_char(one, t, &at);
		if (n >= cap - len)
			break;
		memcpy(dst + len, one, n);
		len += n;
	}
	dst[len] = '\0';
	return len;
}

struct text_shown text__shown(const char *word)
{
	static const char cut[] = "...";
	const struct text t = { word, strnlen(word, TEXT_SHOWN) };
	struct text_shown shown;
	size_t at = 0, len = 0, n;
	char one[TEXT_ESCAPE_MAX];

	while (at < t.len) {
		n = text__escape_char(one, t, &at);
		if (len + n + sizeof(cut) > sizeof(shown.s)) {
			n = strlen(cut);
			memcpy(one, cut, n);
			at = t.len;
		}
		memcpy(shown.s + len, one, n);
		len += n;
	}
	shown.s[len] = '\0';
	return shown;
}

static unsigned int columns_of(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (in_ranges(zero_width, ARRAY_SIZE(zero_width), cp))
		return 0;
	return in_ranges(double_width, ARRAY_SIZE(double_width), cp) ? 2 : 1;
}

size_t text__width(const char *escaped)
{
	struct text t = text__str(escaped);
	size_t at = 0, width = 0;
	uint32_t cp;

	while (at < t.len) {
		at += text__decode(t, at, &cp);
		width += columns_of(cp);
	}
	return width;
}

size_t text__fit(const char *escaped, size_t columns)
{
	struct text t = text__str(escaped);
	size_t at = 0, width = 0;
	uint32_t cp;

	while (at < t.len) {
		size_t n = text__decode(t, at, &cp);

		width += columns_of(cp);
		if (width > columns)
			break;
		at += n;
	}
	return at;
}

bool text__is_utf8(struct text t)
{
	size_t at = 0;
	uint32_t cp;

	while (at < t.len) {
		at += text__decode(t, at, &cp);
		if (cp == TEXT_INVALID)
			return false;
	}
	return true;
}

/* ---- amounts ---- */

static size_t put_decimal(char *dst, uint64_t v, unsigned int min_digits)
{
	char reversed[20];
	size_t n = 0, i;

	do {
		reversed[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v || n < min_digits);
	for (i = 0; i < n; i++)
		dst[i] = reversed[n - 1 - i];
	return n;
}

/*
 * v / unit with three significant digits, cut and not rounded (999.9 must not
 * become 1000), without zeros at the end.
 */
static size_t put_three_digits(char *dst, uint64_t v, uint64_t unit)
{
	const uint64_t whole = v / unit;
	size_t n = put_decimal(dst, whole, 1), decimals = whole < 10 ? 2 : whole < 100 ? 1 : 0;

	dst[n] = '.';
	put_decimal(dst + n + 1, v % unit * 100 / unit, 2);
	while (decimals && dst[n + decimals] == '0')
		decimals--;
	return decimals ? n + 1 + decimals : n;
}

static size_t end_with(char *dst, size_t n, const char *unit)
{
	size_t len = strlen(unit);

	memcpy(dst + n, unit, len + 1);
	return n + len;
}

static size_t put_two_units(char *dst, uint64_t big, char big_unit, uint64_t small, const char *small_unit)
{
	size_t n = put_decimal(dst, big, 1);

	dst[n++] = big_unit;
	n += put_decimal(dst + n, small, 2);
	return end_with(dst, n, small_unit);
}

size_t text__duration(char dst[TEXT_AMOUNT_MAX], uint64_t ns)
{
	const uint64_t seconds = ns / NS_PER_SEC, days = seconds / 86400;

	if (ns < 1000)
		return end_with(dst, put_decimal(dst, ns, 1), "ns");
	if (ns < 1000000)
		return end_with(dst, put_decimal(dst, ns / 1000, 1), "us");
	if (ns < NS_PER_SEC)
		return end_with(dst, put_three_digits(dst, ns, 1000000), "ms");
	if (seconds < 60)
		return end_with(dst, put_three_digits(dst, ns, NS_PER_SEC), "s");
	if (seconds < 3600)
		return put_two_units(dst, seconds / 60, 'm', seconds % 60, "s");
	if (days < 1)
		return put_two_units(dst, seconds / 3600, 'h', seconds / 60 % 60, "m");
	if (days < 100)
		return put_two_units(dst, days, 'd', seconds / 3600 % 24, "h");
	return end_with(dst, put_decimal(dst, days, 1), "d");
}

size_t text__size(char dst[TEXT_AMOUNT_MAX], uint64_t bytes)
{
	static const char units[][2] = { "K", "M", "G", "T", "P", "E" };
	unsigned int i = 0;

	if (bytes < 1024)
		return end_with(dst, put_decimal(dst, bytes, 1), "B");
	for (; bytes >> 10 >= 1024; bytes >>= 10)
		i++;
	return end_with(dst, put_three_digits(dst, bytes, 1024), units[i]);
}
