/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hash.h: what every hash table here needs: a size and a slot. */
#ifndef EXITTRACE_HASH_H
#define EXITTRACE_HASH_H

#include <stdint.h>

/* Buckets for n entries, less one: a mask. */
static inline unsigned int hash__mask(unsigned int n)
{
	unsigned int size = 1;

	while (size < n && size < 1U << 24)
		size <<= 1;
	return size - 1;
}

/* Fibonacci hashing: pids and inode numbers differ in their low bits, the product in its high ones. */
static inline unsigned int hash__slot(uint64_t key, unsigned int mask)
{
	return (key * 0x9e3779b97f4a7c15ULL >> 40) & mask;
}

#endif
