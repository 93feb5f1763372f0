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
	UNIT(base64);
	UNIT(arrays);
	UNIT(numbers);
	UNIT(objects);
	buf__free(&b);
	return unit__end();
}
