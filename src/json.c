/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes strings and numbers, gives them as JSON. Does not know what a line holds
 * and does not keep count of braces.
 */
#include "json.h"

#define SCHEMA "exittrace/1"
#define EXACT_MAX (1ULL << 53)

/* ---- strings ---- */

static void put_u16(struct buf *b, uint32_t unit)
{
	char esc[6] = "\\u";
	unsigned int i;

	for (i = 0; i < 4; i++)
		esc[2 + i] = "0123456789abcdef"[unit >> (12 - 4 * i) & 0xf];
	buf__put(b, esc, sizeof(esc));
}

static void put_escape(struct buf *b, uint32_t cp)
{
	if (cp >= 0x10000) {
		put_u16(b, 0xd800 + ((cp - 0x10000) >> 10));
		put_u16(b, 0xdc00 + (cp & 0x3ff));
	} else if (cp == '"' || cp == '\\') {
		buf__char(b, '\\');
		buf__char(b, (char)cp);
	} else {
		put_u16(b, cp);
	}
}

/* Bytes that go out as they are: printable ASCII but the quote and the backslash. */
static const bool plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

static size_t plain_run(struct text t, size_t at)
{
	size_t i = at;

	while (i < t.len && plain[(unsigned char)t.bytes[i]])
		i++;
	return i - at;
}

bool json__string(struct buf *b, struct text t)
{
	bool whole = true;
	size_t at = 0, n;
	uint32_t cp;

	buf__char(b, '"');
	while (at < t.len) {
		n = plain_run(t, at);
		buf__put(b, t.bytes + at, n);
		at += n;
		if (at == t.len)
			break;
		n = text__decode(t, at, &cp);
		if (cp == TEXT_INVALID) {
			buf__str(b, "\xef\xbf\xbd");
			whole = false;
		} else if (cp == '"' || cp == '\\' || text__is_hidden(cp)) {
			put_escape(b, cp);
		} else {
			buf__put(b, t.bytes + at, n);
		}
		at += n;
	}
	buf__char(b, '"');
	return whole;
}

void json__words(struct buf *b, const char *s)
{
	json__string(b, text__str(s));
}

void json__base64(struct buf *b, struct text t)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)t.bytes;
	size_t i;

	buf__char(b, '"');
	for (i = 0; i < t.len; i += 3) {
		size_t left = t.len - i;
		uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? s[i + 1] : 0U) << 8 | (left > 2 ? s[i + 2] : 0U);
		char four[4] = {
			digits[v >> 18],
			digits[v >> 12 & 0x3f],
			left > 1 ? digits[v >> 6 & 0x3f] : '=',
			left > 2 ? digits[v & 0x3f] : '=',
		};

		buf__put(b, four, sizeof(four));
	}
	buf__char(b, '"');
}

static bool put_array(struct buf *b, struct text list, bool base64)
{
	bool whole = true, first = true;
	struct text one;

	buf__char(b, '[');
	while (text__next(&list, &one)) {
		if (!first)
			buf__char(b, ',');
		first = false;
		if (base64)
			json__base64(b, one);
		else
			whole &= json__string(b, one);
	}
	buf__char(b, ']');
	return whole;
}

bool json__strings(struct buf *b, struct text list)
{
	return put_array(b, list, false);
}

void json__base64s(struct buf *b, struct text list)
{
	put_array(b, list, true);
}

/* ---- numbers ---- */

void json__u64_string(struct buf *b, uint64_t v)
{
	buf__char(b, '"');
	buf__u64(b, v);
	buf__char(b, '"');
}

void json__u64(struct buf *b, uint64_t v)
{
	if (v > EXACT_MAX)
		json__u64_string(b, v);
	else
		buf__u64(b, v);
}

void json__i64(struct buf *b, int64_t v)
{
	bool exact = v <= (int64_t)EXACT_MAX && v >= -(int64_t)EXACT_MAX;

	if (!exact)
		buf__char(b, '"');
	buf__i64(b, v);
	if (!exact)
		buf__char(b, '"');
}

/* ---- objects ---- */

void json__begin(struct buf *b, const char *type)
{
	buf__str(b, "{\"schema\":\"" SCHEMA "\",\"type\":\"");
	buf__str(b, type);
	buf__char(b, '"');
}

void json__key(struct buf *b, const char *key)
{
	if (b->len && b->data[b->len - 1] != '{')
		buf__char(b, ',');
	buf__char(b, '"');
	buf__str(b, key);
	buf__str(b, "\":");
}

void json__member(struct buf *b, const char *key, uint64_t v)
{
	json__key(b, key);
	json__u64(b, v);
}
