/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes strings and numbers, gives them as JSON. Does not know what a line holds
 * and does not keep count of braces.
 */
#include "json.h"

#define SCHEMA "exittrace/1"

/* ---- strings ---- */

static char *put_u16(char *dst, uint32_t unit)
{
	unsigned int i;

	dst[0] = '\\';
	dst[1] = 'u';
	for (i = 0; i < 4; i++)
		dst[2 + i] = "0123456789abcdef"[unit >> (12 - 4 * i) & 0xf];
	return dst + 6;
}

static char *put_escape(char *dst, uint32_t cp)
{
	if (cp >= 0x10000)
		return put_u16(put_u16(dst, 0xd800 + ((cp - 0x10000) >> 10)), 0xdc00 + (cp & 0x3ff));
	if (cp != '"' && cp != '\\')
		return put_u16(dst, cp);
	dst[0] = '\\';
	dst[1] = (char)cp;
	return dst + 2;
}

/* Bytes that go out as they are: printable ASCII but the quote and the backslash. */
static const bool plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

/* The same of BLOCK bytes at once. Compared as signed: those of UTF-8 are below the space, too. */
#define BLOCK 16
typedef signed char block __attribute__((vector_size(BLOCK)));
typedef uint64_t words __attribute__((vector_size(BLOCK)));

static bool is_plain(words w)
{
	const block b = (block)w;
	const words odd = (words)((b < ' ') | (b == '"') | (b == '\\') | (b == 0x7f));

	return !(odd[0] | odd[1]);
}

static bool copy_block(char *dst, const char *s)
{
	words w;

	memcpy(&w, s, BLOCK);
	memcpy(dst, &w, BLOCK);
	return is_plain(w);
}

/* Fewer than a block: the first and the last bytes, which overlap. */
static bool copy_short(char *dst, const char *s, size_t n)
{
	uint32_t half[4] = { 0x20202020, 0x20202020, 0x20202020, 0x20202020 };
	const size_t part = n >= 8 ? 8 : 4;
	words w;

	memcpy(half, s, part);
	memcpy(half + 2, s + n - part, part);
	memcpy(dst, half, part);
	memcpy(dst + n - part, half + 2, part);
	memcpy(&w, half, BLOCK);
	return is_plain(w);
}

/* Copies what goes out as it is, from `s` on; returns how many bytes. */
static size_t copy_plain(char *dst, const char *s, size_t len)
{
	size_t n = 0;

	while (len - n >= BLOCK && copy_block(dst + n, s + n))
		n += BLOCK;
	if (n == len)
		return len;
	if (n && len - n < BLOCK && copy_block(dst + len - BLOCK, s + len - BLOCK))
		return len;
	if (!n && len < BLOCK && len >= 4 && copy_short(dst, s, len))
		return len;
	for (; n < len && plain[(unsigned char)s[n]]; n++)
		dst[n] = s[n];
	return n;
}

static char *put_character(char *dst, struct text t, size_t *at, bool *whole)
{
	uint32_t cp;
	size_t n = text__decode(t, *at, &cp);

	if (cp == TEXT_INVALID) {
		memcpy(dst, "\xef\xbf\xbd", 3);
		dst += 3;
		*whole = false;
	} else if (cp == '"' || cp == '\\' || text__is_hidden(cp)) {
		dst = put_escape(dst, cp);
	} else {
		memcpy(dst, t.bytes + *at, n);
		dst += n;
	}
	*at += n;
	return dst;
}

static __attribute__((noinline)) char *encode_from(char *dst, struct text t, size_t at, bool *whole)
{
	size_t n;

	while (at < t.len) {
		dst = put_character(dst, t, &at, whole);
		n = copy_plain(dst, t.bytes + at, t.len - at);
		dst += n;
		at += n;
	}
	return dst;
}

char *json__encode(char *dst, struct text t, bool *whole)
{
	const size_t n = copy_plain(dst + 1, t.bytes, t.len);

	*whole = true;
	*dst = '"';
	dst += 1 + n;
	if (n < t.len)
		dst = encode_from(dst, t, n, whole);
	*dst = '"';
	return dst + 1;
}

bool json__string(struct buf *b, struct text t)
{
	bool whole = true;

	if (buf__room(b, JSON_ROOM(t.len)))
		b->len = (size_t)(json__encode(b->data + b->len, t, &whole) - b->data);
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
	if (v > JSON_EXACT_MAX)
		json__u64_string(b, v);
	else
		buf__u64(b, v);
}

void json__i64(struct buf *b, int64_t v)
{
	bool exact = v <= (int64_t)JSON_EXACT_MAX && v >= -(int64_t)JSON_EXACT_MAX;

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
