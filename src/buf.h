/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * buf.h: a growing byte buffer for one output. It is kept and reused, so that a
 * record costs no allocation. After a failed allocation `failed` stays set and
 * appends do nothing: check once, at the end.
 */
#ifndef EXITTRACE_BUF_H
#define EXITTRACE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

void buf__free(struct buf *b); /* NULL is fine */
void buf__reset(struct buf *b); /* keeps the memory */
void buf__put(struct buf *b, const void *data, size_t len);
void buf__str(struct buf *b, const char *trusted); /* our own words only */
void buf__char(struct buf *b, char c);
void buf__u64(struct buf *b, uint64_t v);
void buf__i64(struct buf *b, int64_t v);
void buf__hex(struct buf *b, uint64_t v); /* 0x... */
void buf__text(struct buf *b, struct text t); /* escaped for people */
__attribute__((format(printf, 2, 3))) void buf__printf(struct buf *b, const char *fmt, ...);

#endif
