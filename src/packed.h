/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* packed.h: a message in less memory, by what it differs from another one in. */
#ifndef EXITTRACE_PACKED_H
#define EXITTRACE_PACKED_H

#include <stddef.h>
#include <stdint.h>

/* The most that `size` bytes, a multiple of 8, can take. */
#define PACKED_MAX(size) ((size) / 64 + 1 + (size) / 8 * 9)

/*
 * `like` is a message of the same size, or NULL: then it is compared with nothing but zeros. Returns
 * bytes written; unpack with the same `like`.
 */
size_t packed__pack(uint8_t *dst, const void *msg, const void *like, size_t size);
void packed__unpack(void *msg, const uint8_t *packed, const void *like, size_t size);

#endif
