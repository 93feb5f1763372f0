/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes any bytes for one string from outside. Escaped for people it must be printable and tell
 * every byte; as JSON, with its twin, it must give back the same bytes; cut, it must be the beginning.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json.h"

static struct buf line;

/* What an escape stands for: nothing may be lost or mistaken. Gives its length. */
static size_t unescape(const char *s, char *dst, size_t *n)
{
	unsigned long v;
	char *end;

	if (s[1] == 'n' || s[1] == 't' || s[1] == '\\') {
		dst[(*n)++] = s[1] == 'n' ? '\n' : s[1] == 't' ? '\t' : '\\';
		return 2;
	}
	if (s[1] == 'x') {
		FUZZ_CHECK(s[2] && s[3]);
		dst[(*n)++] = (char)strtoul((char[]){ s[2], s[3], '\0' }, &end, 16);
		FUZZ_CHECK(!*end);
		return 4;
	}
	FUZZ_CHECK(s[1] == 'u' && s[2] == '{');
	v = strtoul(s + 3, &end, 16);
	FUZZ_CHECK(*end == '}' && v >= 0x80);
	*n += judge__put_utf8(dst + *n, (uint32_t)v);
	return (size_t)(end + 1 - s);
}

static void compare_unescaped(const char *escaped, struct text t)
{
	char *bytes = malloc(t.len + 4);
	size_t n = 0;

	while (*escaped) {
		FUZZ_CHECK(n < t.len);
		if (*escaped == '\\')
			escaped += unescape(escaped, bytes, &n);
		else
			bytes[n++] = *escaped++;
	}
	FUZZ_CHECK(n == t.len && !memcmp(bytes, t.bytes, n));
	free(bytes);
}

static void check_escape(struct text t)
{
	const size_t cap = t.len * TEXT_ESCAPE_MAX + 2, len = text__escape(line.data, cap, t);

	FUZZ_CHECK(line.data[len] == '\0' && strlen(line.data) == len);
	compare_unescaped(line.data, t);
	text__width(line.data);
	line.data[len] = '\n';
	FUZZ_CHECK(judge__lines(line.data, len + 1, false) == 1);
}

/* A shorter one is the beginning of the longer one, and never part of a character. */
static void check_cut(struct text t, size_t cap)
{
	char *whole = malloc(t.len * TEXT_ESCAPE_MAX + 2), *cut = malloc(cap);
	size_t len;

	text__escape(whole, t.len * TEXT_ESCAPE_MAX + 1, t);
	len = text__escape(cut, cap, t);
	FUZZ_CHECK(len < cap && strlen(cut) == len && !strncmp(cut, whole, len));
	cut[len] = '\n';
	FUZZ_CHECK(judge__lines(cut, len + 1, false) == 1);
	len = text__fit(whole, cap);
	FUZZ_CHECK(len <= strlen(whole));
	whole[len] = '\n';
	FUZZ_CHECK(judge__lines(whole, len + 1, false) == 1);
	free(whole);
	free(cut);
}

static void check_buffer(struct text t)
{
	buf__reset(&line);
	buf__text(&line, t);
	buf__char(&line, '\0');
	compare_unescaped(line.data, t);
}

/* As json_record.c does it; judge__json() compares twins. */
static void check_json(struct text t)
{
	const bool whole = text__is_utf8(t);
	char *bytes = malloc(t.len + 1);

	buf__reset(&line);
	FUZZ_CHECK(json__string(&line, t) == whole);
	if (whole)
		FUZZ_CHECK(judge__decode(line.data, line.len, bytes) == t.len && !memcmp(bytes, t.bytes, t.len));
	free(bytes);
	buf__reset(&line);
	json__begin(&line, "test");
	json__key(&line, "s");
	json__string(&line, t);
	json__key(&line, whole ? "another" : "s_b64");
	json__base64(&line, t);
	json__key(&line, "list");
	json__strings(&line, t);
	json__key(&line, "list_b64");
	json__base64s(&line, t);
	buf__str(&line, "}\n");
	FUZZ_CHECK(judge__json(line.data, line.len) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { .len = size ? size - 1 : 0 };
	char *own;

	if (size > 4096)
		return 0;
	own = malloc(t.len);
	if (t.len)
		memcpy(own, data + 1, t.len);
	t.bytes = own;
	if (line.cap < 128 << 10)
		buf__grow(&line, 128 << 10);
	check_escape(t);
	check_cut(t, 1 + (size ? data[0] : 0));
	check_buffer(t);
	check_json(t);
	free(own);
	return 0;
}
