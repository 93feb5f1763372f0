/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes hostile bytes and large amounts, checks what text.c and buf.c make of them. */
#include "buf.h"
#include "text.h"
#include "unit.h"

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

static const struct {
	struct text in;
	const char *out;
} corpus[] = {
	{ TEXT(""), "" },
	{ TEXT("worker"), "worker" },
	{ TEXT("~ !\"'$`"), "~ !\"'$`" },
	{ TEXT("a\\b"), "a\\\\b" },
	{ TEXT("\\x41"), "\\\\x41" },
	{ TEXT("\n\t\r"), "\\n\\t\\x0d" },
	{ TEXT("\0a\0"), "\\x00a\\x00" },
	{ TEXT("\033[31mred\033]0;title\a"), "\\x1b[31mred\\x1b]0;title\\x07" },
	{ TEXT("\x7f"), "\\x7f" },
	{ TEXT("\x9b" "31m"), "\\x9b31m" },		      /* raw C1: invalid UTF-8 */
	{ TEXT("\xc2\x9b" "31m"), "\\u{009b}31m" },	      /* encoded C1 */
	{ TEXT("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u{0080}\\u{009f}\xc2\xa0" },
	{ TEXT("h\xc3\xa9llo \xe6\x97\xa5 \xf0\x9f\x92\x80"), "h\xc3\xa9llo \xe6\x97\xa5 \xf0\x9f\x92\x80" },
	{ TEXT("\xd8\x9c"), "\\u{061c}" },
	{ TEXT("\xe2\x80\x8b\xe2\x80\x8e\xe2\x80\x8f"), "\\u{200b}\\u{200e}\\u{200f}" },
	{ TEXT("\xe2\x80\xa8\xe2\x80\xa9"), "\\u{2028}\\u{2029}" },
	{ TEXT("\xe2\x80\xaa\xe2\x80\xae"), "\\u{202a}\\u{202e}" },
	{ TEXT("\xe2\x81\xa6\xe2\x81\xa9"), "\\u{2066}\\u{2069}" },
	{ TEXT("\xef\xbb\xbf"), "\\u{feff}" },
	{ TEXT("\xf3\xa0\x81\x81"), "\\u{e0041}" },	      /* tag letter A */
	{ TEXT("\xc0\xaf"), "\\xc0\\xaf" },		      /* overlong / */
	{ TEXT("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf" },	      /* overlong */
	{ TEXT("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf" }, /* overlong */
	{ TEXT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },	      /* surrogate */
	{ TEXT("\xed\x9f\xbf"), "\xed\x9f\xbf" },	      /* the last before them */
	{ TEXT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
	{ TEXT("\xf4\x8f\xbf\xbd"), "\xf4\x8f\xbf\xbd" },
	{ TEXT("\xf5\xff\xfe"), "\\xf5\\xff\\xfe" },
	{ TEXT("ab\xe6\x97"), "ab\\xe6\\x97" },		      /* cut */
	{ TEXT("\xf0\x9f\x92"), "\\xf0\\x9f\\x92" },
	{ TEXT("\xc3"), "\\xc3" },
	{ TEXT("\xc3" "a\xbf"), "\\xc3a\\xbf" },	      /* continuation missing, and alone */
};

#define NR_CORPUS (sizeof(corpus) / sizeof(corpus[0]))

static void escapes(void)
{
	char out[256];
	size_t i, n;

	for (i = 0; i < NR_CORPUS; i++) {
		n = text__escape(out, sizeof(out), corpus[i].in);
		CHECK_STR(out, corpus[i].out);
		CHECK_U64(n, strlen(corpus[i].out));
	}
}

static void buffers_escape_alike(void)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < NR_CORPUS; i++) {
		buf__reset(&b);
		buf__str(&b, "<");
		buf__text(&b, corpus[i].in);
		CHECK_BYTES(b.data + 1, b.len - 1, corpus[i].out, strlen(corpus[i].out));
	}
	buf__free(&b);
}

/* Whatever the room, what is written is a beginning of the whole and ends at a character. */
static void escape_fits(void)
{
	struct text t = TEXT("a\033\xe6\x97\xa5\xc2\x9b\\\xf0\x9f\x92\x80\xff");
	char whole[128], out[128];
	size_t cap, n;

	text__escape(whole, sizeof(whole), t);
	for (cap = 0; cap < 64; cap++) {
		memset(out, '#', sizeof(out));
		n = text__escape(out, cap, t);
		CHECK(out[cap] == '#');
		CHECK(n == 0 || n < cap);
		if (!cap)
			continue;
		CHECK_U64(strlen(out), n);
		CHECK(!memcmp(out, whole, n));
		CHECK(text__is_utf8(text__str(out)));
	}
	CHECK_STR(out, whole);
}

static size_t encode(char *dst, uint32_t cp)
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4, i;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = n; i-- > 1; cp >>= 6)
		dst[i] = (char)(0x80 | (cp & 0x3f));
	dst[0] = (char)(lead[n] | cp);
	return n;
}

static void every_code_point_decodes(void)
{
	uint32_t cp, got;
	char bytes[4];
	size_t n;

	for (cp = 0; cp < 0x120000; cp++) {
		struct text t = { bytes, encode(bytes, cp) };
		bool good = cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);

		n = text__decode(t, 0, &got);
		CHECK_U64(n, good ? t.len : 1);
		CHECK_U64(got, good ? cp : TEXT_INVALID);
		CHECK(text__is_utf8(t) == good);
	}
}

/* Each sequence of two and three bytes that decodes is the one that encodes to itself. */
static void nothing_else_decodes(void)
{
	char bytes[3], again[4];
	uint32_t i, cp;
	size_t n;

	for (i = 0; i < 1 << 24; i += i < 0x800000 ? 251 : 1) {
		bytes[0] = (char)(i >> 16);
		bytes[1] = (char)(i >> 8);
		bytes[2] = (char)i;
		n = text__decode((struct text){ bytes, 3 }, 0, &cp);
		if (cp == TEXT_INVALID)
			CHECK_U64(n, 1);
		else
			CHECK(encode(again, cp) == n && !memcmp(again, bytes, n));
	}
}

/* Random bytes: nothing that acts on a terminal gets out, and no two inputs look alike. */
static void random_bytes_are_harmless(void)
{
	char in[24], out[24 * TEXT_ESCAPE_MAX];
	unsigned int seed = 1, round, i;
	uint32_t cp;
	size_t at;

	for (round = 0; round < 100000; round++) {
		struct text t = { in, round % (sizeof(in) + 1) }, e;

		for (i = 0; i < t.len; i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = (char)(seed >> 16 & (round & 1 ? 0xff : 0xbf));
		}
		e = (struct text){ out, text__escape(out, sizeof(out), t) };
		CHECK(e.len >= t.len);
		for (at = 0; at < e.len;) {
			at += text__decode(e, at, &cp);
			CHECK(cp != TEXT_INVALID && !text__is_hidden(cp));
		}
	}
}

static void widths(void)
{
	CHECK_U64(text__width(""), 0);
	CHECK_U64(text__width("worker"), 6);
	CHECK_U64(text__width("h\xc3\xa9"), 2);
	CHECK_U64(text__width("e\xcc\x81"), 1);		/* e and a combining acute */
	CHECK_U64(text__width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	CHECK_U64(text__width("\xf0\x9f\x92\x80"), 2);
	CHECK_U64(text__width("\xe2\x80\xa6"), 1);	/* ellipsis */
	CHECK_U64(text__fit("worker", 3), 3);
	CHECK_U64(text__fit("worker", 9), 6);
	CHECK_U64(text__fit("\xe6\x97\xa5\xe6\x9c\xac", 3), 3);
	CHECK_U64(text__fit("e\xcc\x81" "a", 1), 3);	/* the accent stays with its letter */
	CHECK_U64(text__fit("abc", 0), 0);
}

static void lists_and_arrays(void)
{
	struct text list = TEXT("ls\0-l\0\0/tmp"), one;

	CHECK(text__next(&list, &one) && text__equal(one, "ls"));
	CHECK(text__next(&list, &one) && text__equal(one, "-l"));
	CHECK(text__next(&list, &one) && text__equal(one, ""));
	CHECK(text__next(&list, &one) && text__equal(one, "/tmp"));
	CHECK(!text__next(&list, &one));
	CHECK_U64(text__array("abc\0def", 7).len, 3);
	CHECK_U64(text__array("abcdef", 4).len, 4);
	CHECK(!text__equal(text__str("abc"), "abcd"));
	CHECK(!text__equal(text__str("abcd"), "abc"));
}

static void numbers(void)
{
	static const char want[] = "0 18446744073709551615 -9223372036854775808 9223372036854775807 0x0 "
				   "0xffffffffffffffff 0x55d0 7%x";
	struct buf b = { 0 };

	buf__u64(&b, 0);
	buf__char(&b, ' ');
	buf__u64(&b, UINT64_MAX);
	buf__char(&b, ' ');
	buf__i64(&b, INT64_MIN);
	buf__char(&b, ' ');
	buf__i64(&b, INT64_MAX);
	buf__char(&b, ' ');
	buf__hex(&b, 0);
	buf__char(&b, ' ');
	buf__hex(&b, UINT64_MAX);
	buf__char(&b, ' ');
	buf__hex(&b, 0x55d0);
	buf__printf(&b, " %d%%%s", 7, "x");
	CHECK_BYTES(b.data, b.len, want, strlen(want));
	buf__free(&b);
	buf__free(NULL);
}

static void durations(void)
{
	static const struct {
		uint64_t ns;
		const char *words;
	} all[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 812345, "812us" },
		{ 999999, "999us" },
		{ 1000000, "1ms" },
		{ 1050000, "1.05ms" },
		{ 1500000, "1.5ms" },
		{ 9999999, "9.99ms" },
		{ 10990000, "10.9ms" },
		{ 99009000, "99ms" },
		{ 699999999, "699ms" },
		{ 999999999, "999ms" },
		{ 1000000000, "1s" },
		{ 59999999999, "59.9s" },
		{ 60000000000, "1m00s" },
		{ 3599999999999, "59m59s" },
		{ 3600000000000, "1h00m" },
		{ 86399999999999, "23h59m" },
		{ 86400000000000, "1d00h" },
		{ 8639999999999999, "99d23h" },
		{ 8640000000000000, "100d" },
		{ UINT64_MAX, "213503d" },
	};
	char words[TEXT_AMOUNT_MAX];
	size_t i, n;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		n = text__duration(words, all[i].ns);
		CHECK_STR(words, all[i].words);
		CHECK_U64(n, strlen(words));
	}
}

static void sizes(void)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} all[] = {
		{ 0, "0B" },
		{ 1023, "1023B" },
		{ 1024, "1K" },
		{ 1075, "1.04K" },
		{ 1048575, "1023K" },
		{ 1048576, "1M" },
		{ 12288000, "11.7M" },
		{ UINT64_MAX, "15.9E" },
	};
	char words[TEXT_AMOUNT_MAX];
	size_t i, n;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		n = text__size(words, all[i].bytes);
		CHECK_STR(words, all[i].words);
		CHECK_U64(n, strlen(words));
	}
}

static void counts_and_columns(void)
{
	static const char want[] = "0 deaths|1 death|2 deaths|   7|1234";
	struct buf b = { 0 };
	size_t from;

	buf__count(&b, 0, "death");
	buf__char(&b, '|');
	buf__count(&b, 1, "death");
	buf__char(&b, '|');
	buf__count(&b, 2, "death");
	buf__char(&b, '|');
	from = b.len;
	buf__u64(&b, 7);
	buf__align_right(&b, from, 4);
	buf__char(&b, '|');
	from = b.len;
	buf__u64(&b, 1234);
	buf__align_right(&b, from, 3);
	CHECK_BYTES(b.data, b.len, want, strlen(want));
	buf__free(&b);
}

static void buffers_grow_and_fail(void)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 100000; i++)
		buf__u64(&b, i % 10);
	CHECK_U64(b.len, 100000);
	CHECK(b.data[99999] == '9' && b.data[50001] == '1');
	CHECK(!b.failed);
	CHECK(!buf__room(&b, SIZE_MAX / 2));
	CHECK(b.failed);
	buf__char(&b, 'x');
	CHECK_U64(b.len, 100000);
	buf__reset(&b);
	buf__char(&b, 'x');
	CHECK(!b.failed && b.len == 1);
	buf__free(&b);
}

/* A word of the command line in an error: escaped, and of a long one the beginning. */
static void words_are_shown(void)
{
	char word[4096];
	struct text_shown shown;

	CHECK_STR(text__shown("").s, "");
	CHECK_STR(text__shown("/var/log/a b").s, "/var/log/a b");
	CHECK_STR(text__shown("\033]52;c;x\a\\\n\x9b").s, "\\x1b]52;c;x\\x07\\\\\\n\\x9b");
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	shown = text__shown(word);
	CHECK_U64(strlen(shown.s), TEXT_SHOWN - 1);
	CHECK_STR(shown.s + TEXT_SHOWN - 5, "x...");
	memset(word, '\033', sizeof(word) - 1);
	shown = text__shown(word);
	CHECK(strlen(shown.s) < TEXT_SHOWN);
	CHECK_STR(shown.s + strlen(shown.s) - 7, "\\x1b...");
	memset(word, 'x', TEXT_SHOWN - 1);
	word[TEXT_SHOWN - 4] = '\0'; /* fits, with room for the dots */
	CHECK_U64(strlen(text__shown(word).s), TEXT_SHOWN - 4);
	CHECK(!strchr(text__shown(word).s, '.'));
}

/* Invisible ones, whatever their category: two names that look alike must not be two. */
static void invisible_is_shown(void)
{
	static const char *const words[] = { "\u034f", "\u115f", "\u17b4", "\u180b",
					     "\u3164", "\ufe0f", "\uffa0", "\u200b" };
	char dst[32];
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		text__escape(dst, sizeof(dst), text__str(words[i]));
		CHECK(!strncmp(dst, "\\u{", 3) && dst[strlen(dst) - 1] == '}');
	}
}

int main(void)
{
	UNIT(words_are_shown);
	UNIT(invisible_is_shown);
	UNIT(escapes);
	UNIT(buffers_escape_alike);
	UNIT(escape_fits);
	UNIT(every_code_point_decodes);
	UNIT(nothing_else_decodes);
	UNIT(random_bytes_are_harmless);
	UNIT(widths);
	UNIT(lists_and_arrays);
	UNIT(numbers);
	UNIT(durations);
	UNIT(sizes);
	UNIT(counts_and_columns);
	UNIT(buffers_grow_and_fail);
	return unit__end();
}
