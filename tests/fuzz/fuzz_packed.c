/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes two messages of one size, as the dead are kept when there are many: what one is made of the
 * other must be the same again, and no larger than was said.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "packed.h"

static void check(const uint8_t *msg, const uint8_t *like, size_t size)
{
	uint8_t *packed = malloc(PACKED_MAX(size)), *exact, *again = malloc(size);
	const size_t len = packed__pack(packed, msg, like, size);

	FUZZ_CHECK(len <= PACKED_MAX(size));
	exact = malloc(len); /* nothing behind it may be read */
	memcpy(exact, packed, len);
	packed__unpack(again, exact, like, size);
	FUZZ_CHECK(!memcmp(again, msg, size));
	free(packed);
	free(exact);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t half = size / 16 * 8;
	uint8_t *msg = malloc(half), *like = malloc(half);

	if (half) {
		memcpy(msg, data, half);
		memcpy(like, data + half, half);
		check(msg, like, half);
		check(msg, NULL, half);
	}
	free(msg);
	free(like);
	return 0;
}
