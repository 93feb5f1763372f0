/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * digits.h: numbers in decimal, straight to where they belong. Half of what a record says are
 * numbers, most of them short.
 */
#ifndef EXITTRACE_DIGITS_H
#define EXITTRACE_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of 64 bits */

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

static inline void digits__2(char *dst, uint32_t v)
{
	memcpy(dst, digit_pairs + 2 * v, 2);
}

static inline void digits__4(char *dst, uint32_t v)
{
	digits__2(dst, v / 100);
	digits__2(dst + 2, v % 100);
}

static inline void digits__8(char *dst, uint32_t v)
{
	digits__4(dst, v / 10000);
	digits__4(dst + 4, v % 10000);
}

/* Below 10,000, without zeros in front. Returns the end, like those below. */
static inline char *digits__lead4(char *dst, uint32_t v)
{
	if (v >= 1000) {
		digits__4(dst, v);
		return dst + 4;
	}
	if (v >= 100) {
		*dst = (char)('0' + v / 100);
		digits__2(dst + 1, v % 100);
		return dst + 3;
	}
	if (v >= 10) {
		digits__2(dst, v);
		return dst + 2;
	}
	*dst = (char)('0' + v);
	return dst + 1;
}

static inline char *digits__lead8(char *dst, uint32_t v)
{
	if (v < 10000)
		return digits__lead4(dst, v);
	dst = digits__lead4(dst, v / 10000);
	digits__4(dst, v % 10000);
	return dst + 4;
}

static inline char *digits__u64(char *dst, uint64_t v)
{
	const uint64_t high = v / 100000000;

	if (!high)
		return digits__lead8(dst, (uint32_t)v);
	if (high < 100000000) {
		dst = digits__lead8(dst, (uint32_t)high);
	} else {
		dst = digits__lead4(dst, (uint32_t)(high / 100000000));
		digits__8(dst, (uint32_t)(high % 100000000));
		dst += 8;
	}
	digits__8(dst, (uint32_t)(v % 100000000));
	return dst + 8;
}

#endif
