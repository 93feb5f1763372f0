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
#include <string.h>

#include "text.h"

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

void buf__free(struct buf *b); /* NULL is fine */
void buf__reset(struct buf *b); /* keeps the memory */
__attribute__((cold)) bool buf__grow(struct buf *b, size_t more);

/* Inline: a record is some hundred of these. */
static inline bool buf__room(struct buf *b, size_t more)
{
	if (b->cap - b->len >= more && !b->failed)
		return true;
	return buf__grow(b, more);
}

static inline void buf__put(struct buf *b, const void *data, size_t len)
{
	if (!len || !buf__room(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void buf__char(struct buf *b, char c)
{
	if (buf__room(b, 1))
		b->data[b->len++] = c;
}

void buf__str(struct buf *b, const char *trusted); /* our own words only */
void buf__u64(struct buf *b, uint64_t v);
void buf__i64(struct buf *b, int64_t v);
void buf__hex(struct buf *b, uint64_t v); /* 0x... */
void buf__count(struct buf *b, uint64_t n, const char *noun); /* "1 death", "2 deaths" */
void buf__text(struct buf *b, struct text t); /* escaped for people */
/* Shifts what was put since b->len was `from`, ASCII, to the right end of `width` columns. */
void buf__align_right(struct buf *b, size_t from, size_t width);
__attribute__((format(printf, 2, 3))) void buf__printf(struct buf *b, const char *fmt, ...);

#endif
