/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes pieces of output, gives one growing run of bytes. Does not write it
 * anywhere.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

#define FIRST_SIZE 4096

void buf__free(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf__reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

bool buf__grow(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : FIRST_SIZE;
	char *data;

	if (b->failed || more > SIZE_MAX / 2 - b->len)
		goto fail;
	while (cap - b->len < more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		goto fail;
	b->data = data;
	b->cap = cap;
	return true;
fail:
	b->failed = true;
	return false;
}

void buf__str(struct buf *b, const char *trusted)
{
	buf__put(b, trusted, strlen(trusted));
}

void buf__u64(struct buf *b, uint64_t v)
{
	if (buf__room(b, DIGITS_MAX))
		b->len = (size_t)(digits__u64(b->data + b->len, v) - b->data);
}

void buf__i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf__char(b, '-');
	buf__u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void buf__hex(struct buf *b, uint64_t v)
{
	char digits[18];
	char *end = digits + sizeof(digits), *p = end;

	do {
		*--p = "0123456789abcdef"[v & 0xf];
		v >>= 4;
	} while (v);
	*--p = 'x';
	*--p = '0';
	buf__put(b, p, (size_t)(end - p));
}

void buf__count(struct buf *b, uint64_t n, const char *noun)
{
	buf__u64(b, n);
	buf__char(b, ' ');
	buf__str(b, noun);
	if (n != 1)
		buf__char(b, 's');
}

void buf__align_right(struct buf *b, size_t from, size_t width)
{
	size_t len = b->len - from;

	if (len >= width || !buf__room(b, width - len))
		return;
	memmove(b->data + from + width - len, b->data + from, len);
	memset(b->data + from, ' ', width - len);
	b->len = from + width;
}

void buf__text(struct buf *b, struct text t)
{
	char one[TEXT_ESCAPE_MAX];
	size_t at = 0, n;

	while (at < t.len) {
		n = text__plain_run(t, at);
		buf__put(b, t.bytes + at, n);
		at += n;
		if (at < t.len) {
			n = text__escape_char(one, t, &at);
			buf__put(b, one, n);
		}
	}
}

void buf__printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (!buf__room(b, (size_t)n + 1)) /* vsnprintf ends with a NUL that is not kept */
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
