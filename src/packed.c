/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a message, gives it in fewer bytes, and back. Does not know what it says.
 *
 * Words of 8 bytes: a bit for each that differs, then for each of these how many bytes differ, counted
 * from the low end, and the bytes. Times of deaths at about the same time differ in few, and those who
 * die in large numbers are of one family.
 */
#include "packed.h"

#include <string.h>

static uint64_t word(const void *msg, size_t i)
{
	uint64_t w;

	memcpy(&w, (const char *)msg + 8 * i, 8);
	return w;
}

static unsigned int bytes_of(uint64_t w)
{
	return (64 - (unsigned int)__builtin_clzll(w) + 7) / 8;
}

size_t packed__pack(uint8_t *dst, const void *msg, const void *like, size_t size)
{
	const size_t words = size / 8;
	uint8_t *p = dst + (words + 7) / 8;
	size_t i;

	memset(dst, 0, (words + 7) / 8);
	for (i = 0; i < words; i++) {
		uint64_t w = word(msg, i) ^ (like ? word(like, i) : 0);

		if (!w)
			continue;
		dst[i / 8] |= (uint8_t)(1 << i % 8);
		for (*p++ = (uint8_t)bytes_of(w); w; w >>= 8)
			*p++ = (uint8_t)w;
	}
	return (size_t)(p - dst);
}

void packed__unpack(void *msg, const uint8_t *packed, const void *like, size_t size)
{
	const size_t words = size / 8;
	const uint8_t *p = packed + (words + 7) / 8;
	size_t i;

	for (i = 0; i < words; i++) {
		uint64_t w = 0;
		unsigned int n, at;

		if (packed[i / 8] >> i % 8 & 1)
			for (n = *p++, at = 0; at < n; at++)
				w |= (uint64_t)*p++ << 8 * at;
		w ^= like ? word(like, i) : 0;
		memcpy((char *)msg + 8 * i, &w, 8);
	}
}
