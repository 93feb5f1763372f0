/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes any bytes for a path, back to front as the kernel half writes it. In order it must fit its
 * room; the container and the unit found on it must be on it, and look like one.
 */
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "fuzz.h"
#include "path.h"

static bool is_inside(struct text part, struct text whole)
{
	return part.bytes >= whole.bytes && part.bytes + part.len <= whole.bytes + whole.len;
}

static void check_parts(struct text path)
{
	struct container c;
	struct text unit;
	size_t i;

	container__parse(path, &c, &unit);
	FUZZ_CHECK(!c.id.len == (c.runtime == RUNTIME_NONE));
	if (c.id.len) {
		FUZZ_CHECK(c.id.len == 64 && is_inside(c.id, path));
		for (i = 0; i < c.id.len; i++)
			FUZZ_CHECK(strchr("0123456789abcdef", c.id.bytes[i]) && c.id.bytes[i]);
	}
	if (unit.len) {
		FUZZ_CHECK(is_inside(unit, path) && !memchr(unit.bytes, '/', unit.len));
		FUZZ_CHECK(unit.bytes == path.bytes || unit.bytes[-1] == '/');
		FUZZ_CHECK(unit.bytes + unit.len == path.bytes + path.len || unit.bytes[unit.len] == '/');
	}
}

/* As it is, for paths out of /proc; and as the kernel half sends it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool cut = size && data[0] & 1;
	const size_t len = size ? size - 1 : 0;
	char *reversed = malloc(len), *path = malloc(len + PATH_ROOM);
	size_t n;

	if (len)
		memcpy(reversed, data + 1, len);
	check_parts((struct text){ reversed, len });
	n = path__put_in_order(path, reversed, len, cut);
	FUZZ_CHECK(n && n <= len + PATH_ROOM);
	FUZZ_CHECK(cut ? !memcmp(path, PATH_CUT_MARK, strlen(PATH_CUT_MARK)) : *path == '/');
	check_parts((struct text){ path, n });
	free(reversed);
	free(path);
	return 0;
}
