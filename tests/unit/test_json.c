/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes hostile bytes and large numbers, checks what json.c makes of them. */
#include "json.h"
#include "unit.h"

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

static struct buf b;

static void check(const char *want)
{
	CHECK_BYTES(b.data, b.len, want, strlen(want));
	buf__reset(&b);
}

static void strings(void)
{
	static const struct {
		struct text in;
		const char *out;
		bool whole;
	} all[] = {
		{ TEXT(""), "\"\"", true },
		{ TEXT("worker ~"), "\"worker ~\"", true },
		{ TEXT("a\"b\\c/"), "\"a\\\"b\\\\c/\"", true },
		{ TEXT("\n\0\033\x7f"), "\"\\u000a\\u0000\\u001b\\u007f\"", true },
		{ TEXT("h\xc3\xa9 \xe6\x97\xa5"), "\"h\xc3\xa9 \xe6\x97\xa5\"", true },
		{ TEXT("\xc2\x9b\xe2\x80\xae"), "\"\\u009b\\u202e\"", true },
		{ TEXT("\xf3\xa0\x81\x81"), "\"\\udb40\\udc41\"", true }, /* tag letter A */
		{ TEXT("a\xff" "b"), "\"a\xef\xbf\xbd" "b\"", false },
		{ TEXT("\xe6\x97"), "\"\xef\xbf\xbd\xef\xbf\xbd\"", false }, /* cut */
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		CHECK(json__string(&b, all[i].in) == all[i].whole);
		check(all[i].out);
	}
	json__words(&b, "fentry");
	check("\"fentry\"");
}

/* Bytes are looked at in blocks: wherever an odd one stands, it comes out as it does alone. */
static void blocks(void)
{
	static const char *const odd[] = { "\"", "\\", "\n", "\x1f", "\x7f", "\x80", "\xff", "\xc3\xa9",
					   "\xe2\x80\xae",
					   "\xf0\x9f\x92\x80", "\xf3\xa0\x81\x81", "\xe6\x97", "~", " ",
					   "!", "[", "]" };
	char in[64], alone[32], want[128];
	unsigned int at, len, i;
	size_t n, out;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		n = strlen(odd[i]);
		json__string(&b, (struct text){ odd[i], n });
		out = b.len - 2;
		memcpy(alone, b.data + 1, out);
		for (len = n; len < 60; len++) {
			for (at = 0; at + n <= len; at++) {
				memset(in, 'a', len);
				memcpy(in + at, odd[i], n);
				memset(want, 'a', sizeof(want));
				memcpy(want + at, alone, out);
				buf__reset(&b);
				json__string(&b, (struct text){ in, len });
				CHECK(b.data[0] == '"' && b.data[b.len - 1] == '"');
				CHECK_BYTES(b.data + 1, b.len - 2, want, len - n + out);
			}
		}
		buf__reset(&b);
	}
}

static void base64(void)
{
	json__base64(&b, TEXT(""));
	check("\"\"");
	json__base64(&b, TEXT("f"));
	check("\"Zg==\"");
	json__base64(&b, TEXT("fo"));
	check("\"Zm8=\"");
	json__base64(&b, TEXT("foo"));
	check("\"Zm9v\"");
	json__base64(&b, TEXT("\0\xff\xfe\xfb"));
	check("\"AP/++w==\"");
}

static void arrays(void)
{
	CHECK(json__strings(&b, TEXT("")));
	check("[]");
	CHECK(json__strings(&b, TEXT("ls\0\0-l\0")));
	check("[\"ls\",\"\",\"-l\"]");
	CHECK(!json__strings(&b, TEXT("\xff\0a")));
	check("[\"\xef\xbf\xbd\",\"a\"]");
	json__base64s(&b, TEXT("\xff\0a"));
	check("[\"/w==\",\"YQ==\"]");
}

/* jq 1.6 and JavaScript round above 2^53. */
static void numbers(void)
{
	json__u64(&b, 1ULL << 53);
	check("9007199254740992");
	json__u64(&b, (1ULL << 53) + 1);
	check("\"9007199254740993\"");
	json__u64(&b, UINT64_MAX);
	check("\"18446744073709551615\"");
	json__u64_string(&b, 0);
	check("\"0\"");
	json__i64(&b, -(1LL << 53));
	check("-9007199254740992");
	json__i64(&b, -(1LL << 53) - 1);
	check("\"-9007199254740993\"");
	json__i64(&b, INT64_MIN);
	check("\"-9223372036854775808\"");
	json__i64(&b, INT64_MAX);
	check("\"9223372036854775807\"");
}

static void digits(void)
{
	uint64_t around, v;
	char want[32];
	int i, step;

	for (i = 0; i < 20; i++) {
		for (around = 1, step = 0; step < i; step++)
			around *= 10;
		for (step = -101; step <= 101; step++) {
			v = around * (i % 9 + 1) + (uint64_t)step;
			snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
			buf__u64(&b, v);
			check(want);
		}
	}
	for (v = 0; v < 20000; v++) {
		snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
		buf__u64(&b, v);
		check(want);
	}
}

static void objects(void)
{
	json__begin(&b, "bye");
	json__member(&b, "lost", 0);
	json__key(&b, "by");
	buf__char(&b, '{');
	json__member(&b, "a", 1);
	json__key(&b, "b");
	json__words(&b, "{");
	json__member(&b, "c", 3);
	buf__str(&b, "}}");
	check("{\"schema\":\"exittrace/1\",\"type\":\"bye\",\"lost\":0,\"by\":{\"a\":1,\"b\":\"{\",\"c\":3}}");
}

int main(void)
{
	UNIT(strings);
	UNIT(blocks);
	UNIT(base64);
	UNIT(arrays);
	UNIT(numbers);
	UNIT(digits);
	UNIT(objects);
	buf__free(&b);
	return unit__end();
}
