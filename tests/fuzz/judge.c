/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes what an output wrote, ends the process when it is not fit to be shown or read. Does not
 * use text.c or json.c: a mistake there must not judge itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define DEPTH_MAX 16
#define MEMBERS_MAX 256
#define STRING_MAX (64 << 10)
#define BAD UINT32_MAX
#define LOST 0xfffd

void fuzz__fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	abort();
}

/* ---- characters ---- */

static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* that needs so many bytes */

/* One character of UTF-8; a byte that begins none is BAD, and one byte long. */
static size_t character(const char *s, size_t len, uint32_t *cp)
{
	const unsigned char *u = (const unsigned char *)s;
	const size_t n = u[0] < 0x80 ? 1 : u[0] >> 5 == 6 ? 2 : u[0] >> 4 == 14 ? 3 : u[0] >> 3 == 30 ? 4 : 0;
	size_t i;

	*cp = n == 1 ? u[0] : n ? u[0] & ((1U << (7 - n)) - 1) : BAD;
	for (i = 1; i < n; i++) {
		if (i >= len || u[i] >> 6 != 2) {
			*cp = BAD;
			return 1;
		}
		*cp = *cp << 6 | (u[i] & 0x3f);
	}
	if (n && *cp >= least[n] && *cp <= 0x10ffff && *cp >> 11 != 0x1b)
		return n;
	*cp = BAD;
	return 1;
}

/* What nobody may send to a terminal, or hide in a name. */
static bool is_harmful(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	       cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) || cp >> 12 == 0xe0 || cp == BAD;
}

/* How much is ASCII and printable, which most of it is; and without `quote` and `backslash` if they are such. */
static size_t plain(const char *s, size_t len, char quote, char backslash)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != quote && s[n] != backslash)
		n++;
	return n;
}

static size_t printable(const char *s, size_t len)
{
	uint32_t cp;
	size_t n = character(s, len, &cp);

	FUZZ_CHECK(!is_harmful(cp));
	return n;
}

/* ESC [ digits and semicolons m; 0: it is none. */
static size_t colour_at(const char *s, size_t len)
{
	size_t n = 2;

	if (len < 3 || memcmp(s, "\033[", 2))
		return 0;
	while (n < len && ((s[n] >= '0' && s[n] <= '9') || s[n] == ';'))
		n++;
	return n < len && s[n] == 'm' ? n + 1 : 0;
}

size_t judge__lines(const char *s, size_t len, bool colour)
{
	size_t lines = 0, at = 0, n;

	FUZZ_CHECK(!len || s[len - 1] == '\n');
	while ((at += plain(s + at, len - at, '\n', '\n')) < len) {
		n = colour ? colour_at(s + at, len - at) : 0;
		if (!n && s[at] == '\n') {
			lines++;
			n = 1;
		}
		at += n ? n : printable(s + at, len - at);
	}
	return lines;
}

/* ---- JSON ---- */

struct span {
	const char *s;
	size_t len;
};

struct reader {
	const char *p, *end;
	unsigned int depth;
};

static void value(struct reader *r, struct span *text);

static char take(struct reader *r)
{
	FUZZ_CHECK(r->p < r->end);
	return *r->p++;
}

static bool next_is(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static uint32_t four_digits(struct reader *r)
{
	uint32_t v = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		const char c = take(r);

		FUZZ_CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
		v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

static uint32_t escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char c = take(r), *letter = memchr(letters, c, sizeof(letters) - 1);
	uint32_t high, low;

	if (c != 'u') {
		FUZZ_CHECK(letter);
		return (uint32_t)means[letter - letters];
	}
	high = four_digits(r);
	if (high >> 10 != 0x36) {
		FUZZ_CHECK(high >> 10 != 0x37);
		return high;
	}
	FUZZ_CHECK(take(r) == '\\' && take(r) == 'u');
	low = four_digits(r);
	FUZZ_CHECK(low >> 10 == 0x37);
	return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

/* One character of a string as its code point; BAD: its end. */
static uint32_t string_character(struct reader *r)
{
	uint32_t cp;

	if (next_is(r, '"'))
		return BAD;
	if (next_is(r, '\\'))
		return escape(r);
	FUZZ_CHECK(r->p < r->end);
	r->p += character(r->p, (size_t)(r->end - r->p), &cp);
	FUZZ_CHECK(!is_harmful(cp));
	return cp;
}

/* Gives what is between the quotes, escapes and all. */
static struct span string(struct reader *r)
{
	struct span text;

	FUZZ_CHECK(take(r) == '"');
	text.s = r->p;
	do
		r->p += plain(r->p, (size_t)(r->end - r->p), '"', '\\');
	while (string_character(r) != BAD);
	text.len = (size_t)(r->p - text.s) - 1;
	return text;
}

size_t judge__put_utf8(char *dst, uint32_t cp)
{
	const size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	size_t i;

	for (i = n - 1; i; i--, cp >>= 6)
		dst[i] = (char)(0x80 | (cp & 0x3f));
	dst[0] = (char)(n == 1 ? cp : (0xf0 << (4 - n)) | cp);
	return n;
}

size_t judge__decode(const char *s, size_t len, char *dst)
{
	struct reader r = { .p = s + 1, .end = s + len };
	size_t n = 0;
	uint32_t cp;

	FUZZ_CHECK(len >= 2 && *s == '"');
	while ((cp = string_character(&r)) != BAD)
		n += judge__put_utf8(dst + n, cp);
	FUZZ_CHECK(r.p == r.end);
	return n;
}

/* An integer that a double holds. */
static void number(struct reader *r)
{
	uint64_t v = 0;
	const char *first;

	next_is(r, '-');
	first = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && v <= 1ULL << 53)
		v = v * 10 + (uint64_t)(*r->p++ - '0');
	FUZZ_CHECK(r->p > first && v <= 1ULL << 53);
	FUZZ_CHECK(*first != '0' || r->p == first + 1);
}

static void word(struct reader *r)
{
	static const char *const words[] = { "null", "true", "false" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const size_t n = strlen(words[i]);

		if ((size_t)(r->end - r->p) >= n && !memcmp(r->p, words[i], n)) {
			r->p += n;
			return;
		}
	}
	number(r);
}

static void array(struct reader *r)
{
	struct span text;

	if (next_is(r, ']'))
		return;
	do
		value(r, &text);
	while (next_is(r, ','));
	FUZZ_CHECK(take(r) == ']');
}

/* ---- twins: "x" and what was lost in it, "x_b64" ---- */

static int digit64(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = memchr(digits, c, 64);

	FUZZ_CHECK(at);
	return (int)(at - digits);
}

static size_t decode64(struct span t, char *dst)
{
	size_t n = 0, i;

	FUZZ_CHECK(t.len % 4 == 0 && t.len < STRING_MAX);
	for (i = 0; i < t.len; i += 4) {
		const char *s = t.s + i;
		const int pad = s[3] != '=' ? 0 : s[2] != '=' ? 1 : 2;
		const int v = digit64(s[0]) << 18 | digit64(s[1]) << 12 | (pad < 2 ? digit64(s[2]) << 6 : 0) |
			      (pad < 1 ? digit64(s[3]) : 0);

		FUZZ_CHECK(!pad || i + 4 == t.len);
		dst[n] = (char)(v >> 16);
		dst[n + 1] = (char)(v >> 8);
		dst[n + 2] = (char)v;
		n += 3 - (size_t)pad;
	}
	return n;
}

/* The string is that of the twin's bytes, with LOST for each that is no UTF-8; and there is one such. */
static void compare_twin(struct span text, struct span twin)
{
	static char bytes[STRING_MAX];
	const size_t len = decode64(twin, bytes);
	struct reader r = { .p = text.s, .end = text.s + text.len + 1 };
	unsigned int lost = 0;
	uint32_t cp;
	size_t at;

	for (at = 0; at < len;) {
		at += character(bytes + at, len - at, &cp);
		lost += cp == BAD;
		FUZZ_CHECK(string_character(&r) == (cp == BAD ? LOST : cp));
	}
	FUZZ_CHECK(string_character(&r) == BAD && lost);
}

static bool is_twin_of(struct span key, struct span before)
{
	return before.s && key.len == before.len + 4 && !memcmp(key.s, before.s, before.len) &&
	       !memcmp(key.s + before.len, "_b64", 4);
}

/* ---- objects ---- */

static void check_new(const struct span *keys, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i + 1 < nr; i++)
		FUZZ_CHECK(keys[i].len != keys[nr - 1].len || memcmp(keys[i].s, keys[nr - 1].s, keys[i].len));
}

static void object(struct reader *r)
{
	struct span keys[MEMBERS_MAX], text = { 0 }, before;
	unsigned int nr = 0;

	if (next_is(r, '}'))
		return;
	do {
		FUZZ_CHECK(nr < MEMBERS_MAX);
		keys[nr++] = string(r);
		check_new(keys, nr);
		FUZZ_CHECK(take(r) == ':');
		before = text;
		value(r, &text);
		if (nr > 1 && text.s && before.s && is_twin_of(keys[nr - 1], keys[nr - 2]))
			compare_twin(before, text);
	} while (next_is(r, ','));
	FUZZ_CHECK(take(r) == '}');
}

/* No white space: a line is as short as it can be. *text: of a string. */
static void value(struct reader *r, struct span *text)
{
	*text = (struct span){ 0 };
	FUZZ_CHECK(++r->depth < DEPTH_MAX);
	if (next_is(r, '{'))
		object(r);
	else if (next_is(r, '['))
		array(r);
	else if (r->p < r->end && *r->p == '"')
		*text = string(r);
	else
		word(r);
	r->depth--;
}

size_t judge__json(const char *s, size_t len)
{
	struct reader r = { .p = s, .end = s + len };
	size_t lines = 0;

	while (r.p < r.end) {
		FUZZ_CHECK(take(&r) == '{');
		object(&r);
		FUZZ_CHECK(take(&r) == '\n');
		lines++;
	}
	return lines;
}
