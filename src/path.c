/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes a path back to front, gives it in reading order. Does not know what is at its end. */
#include "path.h"

#include <string.h>

/* Walking from a dentry up to the root gives the last name first. */
size_t path__put_in_order(char *dst, const char *reversed, size_t len, bool cut)
{
	const size_t mark = cut ? strlen(PATH_CUT_MARK) : 0;
	char *p = dst + mark;

	memcpy(dst, PATH_CUT_MARK, mark);
	if (len && !reversed[len - 1])
		len--;
	while (len) {
		size_t begin = len;

		while (begin && reversed[begin - 1])
			begin--;
		*p++ = '/';
		memcpy(p, reversed + begin, len - begin);
		p += len - begin;
		len = begin ? begin - 1 : 0;
	}
	if (p == dst)
		*p++ = '/';
	return p - dst;
}
